"""The engines of this machine that need no server: which are here, and whether they give one answer.

A rubric, a card or a policy hands over what each engine takes of it (`Trial`); polars, eager, says what
is right.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final, Literal, Protocol

import polars as pl

from lishui_credit.backends import node
from lishui_credit.backends.cell_differences import Differences, of_cells, texts
from lishui_credit.backends.local_databases import (
    Database,
    Frames,
    InClickHouse,
    InDuckDB,
    InSpark,
    InSQLite,
)
from lishui_credit.backends.python_code import loaded
from lishui_credit.errors import CreditError
from lishui_credit.language import Bilingual, plural, tr

SPARK: Final = "Spark"
ROW: Final = "prove_row"
"""Key of made rows that have none of their own."""
WITHOUT_NAN: Final = ("mysql", "mariadb", "sqlite")
"""Dialects of databases that hold no NaN."""
Answer = Callable[[Frames], pl.DataFrame]
"""Answers for made rows."""


class Trial(Protocol):
    """A rubric, a card or a policy, as engines take it, and made rows to try it on."""

    @property
    def tables(self) -> tuple[str, ...]:
        """Roles of the frames."""
        ...

    @property
    def function(self) -> str:
        """Name of the function that the plain code defines."""
        ...

    def differences(self, dialect: str, answer: Answer) -> Differences:
        """Return what differs from polars in an answer for rows that a dialect can hold."""
        ...

    def lazily(self, frames: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
        """Return the answer over lazy frames of polars."""
        ...

    def statement(self, dialect: str, tables: Mapping[str, str]) -> str:
        """Return the statement over tables, whose names are given by their roles."""
        ...

    def code(self, language: Literal["python", "javascript"]) -> str:
        """Return the text that defines the function."""
        ...

    def given(self, frames: Frames) -> list[Sequence[Any]]:
        """Return what the function takes for each row."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRun:
    """What became of one engine: it ran, it stopped, or it did not run."""

    engine: str
    differences: Differences | None = None
    stopped: str = ""  # what it said when it stopped
    not_run: Bilingual | None = None  # why

    @property
    def holds(self) -> bool | None:
        """Whether it gives what polars gives; None where it did not run."""
        if self.not_run is not None:
            return None
        return self.differences is not None and self.differences.none

    @property
    def told(self) -> str:
        """What is said of it, in the language in use."""
        if self.not_run is not None:
            return tr(f"not run: {self.not_run.en}", f"未运行:{self.not_run.zh}")
        found = self.differences
        if found is None:
            return tr(f"stopped: {self.stopped}", f"中止:{self.stopped}")
        apart, others = found.cells_that_differ, found.missing + found.unasked
        rows = plural(found.rows, "row")
        said = tr(
            f"{rows}, {found.cells:,} cells, {apart:,} differ",
            f"{found.rows:,} 行、{found.cells:,} 格,{apart:,} 格不同",
        )
        return (
            said + tr(f", {others:,} rows too few or too many", f",缺少或多出 {others:,} 行")
            if others
            else said
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One engine: what it is called, why it is not here, how it is made ready for a trial."""

    name: str
    dialect: str
    lacking: Callable[[], Bilingual | None]
    ready: Callable[[Trial], Answer]


def absent(*names: str) -> str:
    """Return which of these libraries, or Java, are not here."""

    def here(name: str) -> bool:
        if name == "Java":
            return bool(shutil.which("java") or os.environ.get("JAVA_HOME"))
        return find_spec(name) is not None

    return ", ".join(name for name in names if not here(name))


def _library(*names: str) -> Callable[[], Bilingual | None]:
    def lacking() -> Bilingual | None:
        found = absent(*names)
        return Bilingual(f"{found} is not installed", f"未安装 {found}") if found else None

    return lacking


def _node() -> Bilingual | None:
    if node.program() is not None:
        return None
    return Bilingual("node is not on the PATH", "PATH 中没有 node")


def _polars(how: Literal["in-memory", "streaming"]) -> Callable[[Trial], Answer]:
    def ready(trial: Trial) -> Answer:
        def answer(frames: Frames) -> pl.DataFrame:
            lazy = {role: frame.lazy() for role, frame in frames.items()}
            return texts(trial.lazily(lazy).collect(engine=how))

        return answer

    return ready


def _database(made: Callable[[], Database], dialect: str) -> Callable[[Trial], Answer]:
    def ready(trial: Trial) -> Answer:
        statement = trial.statement(dialect, {role: role for role in trial.tables})
        return lambda frames: made().answer(statement, frames)

    return ready


def _python(trial: Trial) -> Answer:
    function = loaded(trial.code("python"))[trial.function]
    return lambda frames: of_cells([function(*one) for one in trial.given(frames)])


def script_of(trial: Trial) -> str:
    """Return a JavaScript function that answers for each row of a list; see `node.run`."""
    each = f"given.map((one) => {trial.function}(...one))"
    return f"(given) => {{ {trial.code('javascript')}\nreturn {each}; }}"


def _javascript(trial: Trial) -> Answer:
    script = script_of(trial)

    def answer(frames: Frames) -> pl.DataFrame:
        found = node.run(script, node.passed(trial.given(frames)))
        return of_cells(node.received(found))

    return answer


ENGINES: Final = (
    Engine(name="polars lazy", dialect="polars", lacking=_library(), ready=_polars("in-memory")),
    Engine(
        name="polars streaming", dialect="polars", lacking=_library(), ready=_polars("streaming")
    ),
    *(
        Engine(name=name, dialect=dialect, lacking=lacking, ready=_database(made, dialect))
        for name, dialect, lacking, made in (
            ("DuckDB", "duckdb", _library("duckdb", "sqlglot"), InDuckDB),
            ("SQLite", "sqlite", _library("sqlglot"), InSQLite),
            ("ClickHouse", "clickhouse", _library("chdb", "sqlglot"), InClickHouse),
            (SPARK, "spark", _library("Java", "pyspark", "sqlglot"), InSpark),
        )
    ),
    Engine(name="plain Python", dialect="python", lacking=_library(), ready=_python),
    Engine(name="JavaScript", dialect="javascript", lacking=_node, ready=_javascript),
)
"""Every engine that needs no server; the answer of polars over eager frames is what they must give."""


class _StoppedError(CreditError):
    """An engine stopped; what it said."""


def everywhere(trial: Trial, *, spark: bool = False) -> tuple[EngineRun, ...]:
    """Run every engine that is here on made rows, and compare each cell with polars.

    Parameters
    ----------
    trial : Trial
        What to run.
    spark : bool, default False
        Whether Spark runs too; it takes seconds to start.

    Returns
    -------
    tuple of EngineRun
        One for every engine of `ENGINES`: what differs, or why it did not run.

    Raises
    ------
    CreditError
        If polars itself refuses what is asked.

    Examples
    --------
    >>> import polars as pl
    >>> from lishui_credit.scorecards import Scorecard
    >>> from lishui_credit.scorecards.cards.card_trial import CardTrial
    >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
    >>> card = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_
    >>> found = {run.engine: run for run in everywhere(CardTrial(card, frame))}
    >>> found["SQLite"].told
    '100 rows, 300 cells, 0 differ'
    >>> found["Spark"].holds, found["Spark"].told
    (None, 'not run: it was not asked for')
    """
    return tuple(_run(engine, trial, spark) for engine in ENGINES)


def _run(engine: Engine, trial: Trial, spark: bool) -> EngineRun:
    not_run = engine.lacking()
    if engine.name == SPARK and not spark:
        not_run = Bilingual("it was not asked for", "未要求运行")
    if not_run is not None:
        return EngineRun(engine=engine.name, not_run=not_run)
    try:
        answer = engine.ready(trial)
    except CreditError as refusal:  # there is no exact way to say it there, and nothing to compare
        what = str(refusal).partition("\n")[0]
        return EngineRun(engine=engine.name, not_run=Bilingual(what, what))

    def guarded(frames: Frames) -> pl.DataFrame:
        try:
            return answer(frames)
        except Exception as error:  # each library has errors of its own
            raise _StoppedError(_first_line(error)) from error

    try:
        return EngineRun(engine=engine.name, differences=trial.differences(engine.dialect, guarded))
    except _StoppedError as stop:
        return EngineRun(engine=engine.name, stopped=str(stop))
    except CreditError:  # polars refuses what is asked, so that there is nothing to compare with
        raise
    except Exception as error:  # an answer of another shape
        return EngineRun(engine=engine.name, stopped=_first_line(error))


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip()}".partition("\n")[0][:300]

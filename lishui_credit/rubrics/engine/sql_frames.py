"""Frames of engines that answer SQL: a recorded query is printed for the engine and runs in it, lazily.

A relation of DuckDB and a frame of Spark stay what they are: nothing of them is collected here.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, Protocol

from lishui_credit.backends import recorder
from lishui_credit.backends.dialects import dialect_of
from lishui_credit.backends.dialects.spark import SPARK_SETTINGS
from lishui_credit.backends.statement import printed
from lishui_credit.errors import CreditError, Problem
from lishui_credit.language import tr
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.tables.columns import dictionary

SUBJECTS: Final = "lishui_credit_subjects"
EVENTS: Final = "lishui_credit_events"
_TYPES: Final[Mapping[recorder.Kind, frozenset[str]]] = {
    "Boolean": frozenset({"boolean"}),
    "Date": frozenset({"date"}),
    "Int64": frozenset(
        {"tinyint", "smallint", "integer", "int", "bigint", "int8", "int16", "int32", "int64"}
    ),
    "String": frozenset({"varchar", "string"}),
}
"""Types that hold a kind exactly, as DuckDB, Spark or polars calls them."""


class SqlEngine(Protocol):
    """What an engine does with its own frames."""

    dialect: str

    def types(self, frame: Any) -> dict[str, str]:
        """Return the type of every column, as the engine calls it."""
        ...

    def answered(self, statement: str, subjects: Any, events: Any = None) -> Any:
        """Return the lazy frame of a statement over frames that it calls `SUBJECTS` and `EVENTS`."""
        ...


class DuckDBFrames:
    """Relations of DuckDB."""

    dialect = "duckdb"

    def types(self, frame: Any) -> dict[str, str]:
        """Return the type of every column."""
        return {n: str(kind).lower() for n, kind in zip(frame.columns, frame.types, strict=True)}

    def answered(self, statement: str, subjects: Any, events: Any = None) -> Any:
        """Return a relation; it leaves no view behind."""
        lishui_credit_events = events  # noqa: F841  # DuckDB finds it by the name of the variable
        return subjects.query(SUBJECTS, statement)


class SparkFrames:
    """Frames of Spark; CreditError where the session would read or compute a text otherwise."""

    dialect = "spark"

    def types(self, frame: Any) -> dict[str, str]:
        """Return the type of every column."""
        return dict(frame.dtypes)

    def answered(self, statement: str, subjects: Any, events: Any = None) -> Any:
        """Return a frame; it knows its tables from now on, so that their names can go again."""
        session = subjects.sparkSession
        for name, value in SPARK_SETTINGS.items():
            if (found := str(session.conf.get(name)).lower()) != value:
                what = tr("the Spark session has another setting", "Spark 会话的设置不符")
                hint = tr(f"set it to {value}", f"请设为 {value}")
                raise CreditError(what, f"{name} = {found}", hint)
        named = {SUBJECTS: subjects, **({} if events is None else {EVENTS: events})}
        for name, frame in named.items():
            frame.createOrReplaceTempView(name)
        try:
            return session.sql(statement)
        finally:
            for name in named:
                session.catalog.dropTempView(name)


def engine_of(frame: object) -> SqlEngine | None:
    """Return the engine of a relation of DuckDB or a frame of Spark; None for any other frame."""
    # Whoever has such a frame has imported its library.
    duck, spark = sys.modules.get("duckdb"), sys.modules.get("pyspark.sql.classic.dataframe")
    if duck is not None and isinstance(frame, duck.DuckDBPyRelation):
        return DuckDBFrames()
    if spark is not None and isinstance(frame, spark.DataFrame):
        return SparkFrames()
    return None


def source(table: str, names: Iterable[str]) -> recorder.Table:
    """Return a table with columns of the dictionary, recorded."""
    return recorder.source(table, kinds_of(names))


def kinds_of(names: Iterable[str]) -> recorder.Schema:
    """Return the kinds of columns of the dictionary."""
    known = dictionary()
    return {name: compiled.dtype(known[name], recorder) for name in names}


def mistyped(types: Mapping[str, str], asked: Collection[str], where: str) -> Iterator[Problem]:
    """Yield a problem for each asked column whose type does not hold what the dictionary says."""
    for name, kind in kinds_of(n for n in asked if n in types).items():
        held = types[name].partition(" collate")[0]
        if held not in _TYPES[kind] and held != "null":  # a column of nulls alone
            yield Problem(
                tr(
                    f"{name} must be {kind}, as `to_sql` and the data dictionary say",
                    f"{name} 的类型须为 {kind}(见数据字典)",
                ),
                types[name],
                tr("cast it exactly, or have it read by intake", "请精确转换,或先经导入检查"),
                where,
            )


def run(engine: SqlEngine, query: recorder.Table, subjects: Any, events: Any = None) -> Any:
    """Return the lazy frame of a recorded query over an engine's frames."""
    return engine.answered(printed(query, dialect_of(engine.dialect)), subjects, events)


def reasoned(
    engine: SqlEngine, query: recorder.Table, columns: Iterable[str], reasons: Mapping[str, str]
) -> str:
    """Return a statement for rows with flags: in place of these, ``_reasons`` of those that are set."""
    from sqlglot import exp

    def said(made: exp.Expression) -> str:
        return made.sql(dialect=engine.dialect)

    cases = (
        f"CASE WHEN {said(exp.column(flag, quoted=True))} THEN {said(exp.Literal.string(reason))} END"
        for flag, reason in reasons.items()
    )
    shown = ", ".join(said(exp.column(name, quoted=True)) for name in columns)
    told = f"CONCAT_WS('; ', {', '.join(cases)}) AS {said(exp.column('_reasons', quoted=True))}"
    rows = printed(query, dialect_of(engine.dialect))
    return f"SELECT {told}, {shown} FROM (\n{rows}\n) AS rejected"

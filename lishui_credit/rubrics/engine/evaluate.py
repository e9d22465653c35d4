"""Grade subjects: a conformed frame and an edition in, an `Evaluation` out.

One code path serves polars (eager, lazy, streaming; pandas and pyarrow are taken over), and a recorded
table, which writes down what grades it: DuckDB and Spark run that as SQL. Other lazy frames are graded
through narwhals.
Results carry the subject id and are joined on it, never on position: a polars scan that selects only
when/then expressions returns row groups out of order.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import narwhals as nw
import polars as pl

from lishui_credit.backends import recorder
from lishui_credit.citation import Evidence
from lishui_credit.errors import EditionError, SubjectError, refuse
from lishui_credit.expressions import E, F, Namespace
from lishui_credit.language import either, tr
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.engine import held_frames, sql_frames
from lishui_credit.rubrics.engine.explain import explain
from lishui_credit.rubrics.engine.explanation import Explanation
from lishui_credit.rubrics.engine.stages import stages
from lishui_credit.rubrics.engine.tally import tally, tally_elsewhere
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.rubric import Override, Rubric
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.asked_ids import read_as, standard_id
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.header_words import no_column

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame, IntoLazyFrame

Native = TypeVar("Native", bound="IntoLazyFrame")


def _gathered(frame: nw.DataFrame[Any] | nw.LazyFrame[Any]) -> pl.DataFrame:
    """Return a narwhals frame's rows as a polars frame."""
    return frame.lazy().collect("polars").to_polars()


def grading_day(rubric: Rubric, period: int | None, as_of: date | None) -> date:
    """Return the day of grading: the one given, else the cycle's result day, else today."""
    if as_of is not None:
        return as_of
    if period is not None and rubric.cycle is not None:
        month, day = (int(part) for part in rubric.cycle.result_by.split("-"))
        return date(period + 1, month, day)
    return date.today()


@dataclass(frozen=True, slots=True)
class Evaluation(Generic[Native]):
    """Graded subjects: the one noun that holds a frame.

    Parameters
    ----------
    frame : native lazy frame
        One row per subject: id, carried and read columns, ``points__<row>``, ``earned``,
        ``possible``, ``grade``, ``grade_label``, ``outcome``, ``decided_by``, ``withheld_by``,
        amounts in fen. Points are integers of 1/`point_unit`.
    rubric : Rubric
        The edition that graded them.
    as_of : date
        Day of grading.
    period : int or None
        Year assessed.
    available : frozenset of str
        Columns the subjects came with.
    """

    frame: Native
    rubric: Rubric
    as_of: date
    period: int | None = None
    available: frozenset[str] = field(default_factory=frozenset)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the result's columns."""
        return tuple(nw.from_native(self.frame).collect_schema().names())

    @property
    def points_columns(self) -> tuple[str, ...]:
        """Names of the contributions, in the order of the edition."""
        return tuple(name for name in self.columns if name.startswith(compiled.POINTS))

    @property
    def unchecked(self) -> tuple[Override, ...]:
        """Overrides no column told anything about: never collected is not "no"."""
        return compiled.unchecked(self.rubric, self.available)

    def _select(self, names: list[str]) -> Native:
        frame = nw.from_native(self.frame)
        present = set(frame.collect_schema().names())
        return frame.select([name for name in names if name in present]).to_native()

    def grades(self) -> Native:
        """Return id, carried columns, total, grade and what decided it; the engine's own frame."""
        amounts = [f"{amount.id}_fen" for amount in self.rubric.amounts]
        adjusted = [self.rubric.adjustment.column] if self.rubric.adjustment else []
        return self._select(
            [
                self.rubric.subject_id,
                *self.rubric.carries,
                "earned",
                "possible",
                "grade",
                "grade_label",
                "outcome",
                "decided_by",
                "withheld_by",
                *adjusted,
                *amounts,
            ]
        )

    def contributions(self) -> Native:
        """Return id and one ``points__<row>`` column per scoring row; they add up to ``earned``."""
        return self._select([self.rubric.subject_id, *self.points_columns])

    def collect(self) -> pl.DataFrame:
        """Return the whole result as a polars frame, whatever engine made it."""
        if isinstance(self.frame, pl.LazyFrame):
            return self.frame.collect()
        return _gathered(nw.from_native(self.frame))

    def summary(self, by: str | None = None) -> pl.DataFrame:
        """Count subjects by outcome and grade, over all or by one carried column such as ``county``."""
        if by is not None and by not in self.columns:
            raise SubjectError(no_column(by, self.rubric.carries))
        keys = [*([by] if by else []), "outcome", "grade", "grade_label"]
        frame = nw.from_native(self.frame)
        counted = frame.group_by(keys).agg(nw.len().alias("subjects"))
        native = _gathered(counted)
        order = {row.id: place for place, row in enumerate(self.rubric.grades)}
        whole = pl.col("subjects").sum().over(by) if by else pl.col("subjects").sum()
        return (
            native.with_columns(pl.col("subjects").cast(pl.Int64))
            .with_columns(
                (pl.col("subjects") / whole).alias("share"),
                pl.col("grade").replace_strict(order, default=len(order)).alias("_order"),
            )
            .sort([*([by] if by else []), "_order", "outcome"])
            .drop("_order")
        )

    def subject(self, subject_id: str) -> dict[str, Any]:
        """Return one subject's row as a dict; raises `SubjectError` where no subject has that id."""
        frame = nw.from_native(self.frame)
        found = _gathered(frame.filter(nw.col(self.rubric.subject_id) == subject_id))
        if found.is_empty() and (plain := standard_id(subject_id)) != subject_id:
            found = _gathered(frame.filter(nw.col(self.rubric.subject_id) == plain))
            if not found.is_empty():
                read_as(subject_id, plain)
        if found.is_empty():
            raise SubjectError(
                tr("no such subject in the result", "结果中没有该主体"),
                subject_id,
                tr(f"give a {self.rubric.subject_id}", f"请给出 {self.rubric.subject_id}"),
            )
        return found.row(0, named=True)

    def explain(self, subject_id: str) -> Explanation:
        """Return why one subject has its grade: every row, value, points, clause, evidence."""
        return explain(self.subject(subject_id), self.rubric)

    def evidence(self) -> dict[Evidence, int]:
        """Return how many points the edition's rows can move, by evidence level, in its unit."""
        return tables.by_evidence(self.rubric)


def refuse_if_lacking(rubric: Rubric) -> None:
    """Raise `EditionError` for an edition that is only an outline."""
    if rubric.lacking is None:
        return
    raise EditionError(
        tr(
            f"{rubric.name}@{rubric.edition} is an outline and refuses to grade",
            f"{rubric.name}@{rubric.edition} 仅为提纲,拒绝评级",
        ),
        either(rubric.lacking.what, rubric.lacking.what_zh),
        either(rubric.lacking.how, rubric.lacking.how_zh),
    )


def _refuse_unknown_labels(rubric: Rubric, labels: str | None) -> None:
    known = sorted({name for row in rubric.grades for name in row.labels})
    if labels is not None and labels not in known:
        raise SubjectError(
            tr(f"{rubric.name} has no such label set", f"{rubric.name} 没有此标签组"),
            labels,
            tr("known: ", "已有:") + (", ".join(known) or "—"),
        )


@overload
def evaluate(
    frame: pl.DataFrame | pl.LazyFrame,
    rubric: Rubric,
    *,
    events: pl.DataFrame | pl.LazyFrame | None = None,
    events_in_order: bool | None = None,
    period: int | None = None,
    as_of: date | None = None,
    labels: str | None = None,
) -> Evaluation[pl.LazyFrame]: ...
@overload
def evaluate(
    frame: IntoFrame | recorder.Table,
    rubric: Rubric,
    *,
    events: IntoFrame | recorder.Table | None = None,
    events_in_order: bool | None = None,
    period: int | None = None,
    as_of: date | None = None,
    labels: str | None = None,
) -> Evaluation[Any]: ...
def evaluate(
    frame: IntoFrame | recorder.Table,
    rubric: Rubric,
    *,
    events: IntoFrame | recorder.Table | None = None,
    events_in_order: bool | None = None,
    period: int | None = None,
    as_of: date | None = None,
    labels: str | None = None,
) -> Evaluation[Any]:
    """Grade every subject of a conformed frame by one edition.

    Parameters
    ----------
    frame : frame
        Conformed subjects, one row each: polars, a relation of DuckDB or a frame of Spark, which are
        graded by a printed statement in the engine, any other frame narwhals accepts, or a recorded
        table (`backends.recorder`), of which the result is the query. Columns as in the data
        dictionary, numbers as its integers; columns the edition does not need are ignored, optional
        ones may be absent.
    rubric : Rubric
        The edition.
    events : frame, optional
        Conformed events of the same engine, with the subject's id; needed where the edition counts
        events. An edition that counts events graded without any counts none.
    events_in_order : bool, optional
        Whether the events of a polars frame stand in the order of their subjects, which halves what
        they cost; looked for if None. As `Intake.events_in_order` knows it; false is never wrong.
    period : int, optional
        Year assessed: only events of that year count.
    as_of : date, optional
        Day of grading; the cycle's result day, or today, if None.
    labels : str, optional
        Label set for ``grade_label``.

    Returns
    -------
    Evaluation
        Lazy: until it is asked for, nothing is computed but what the tally of events needs.

    Raises
    ------
    EditionError
        If the edition is only an outline.
    SubjectError
        If columns the edition needs are absent, all named at once; for an unknown label set; of
        pandas, pyarrow, DuckDB and Spark, for columns of another type than the dictionary's.
    CreditError
        For a Spark session with ANSI off, or without sqlglot.

    Notes
    -----
    Cost: one pass, about one comparison per band and row, and three over the events. Subjects and
    events in the order of the subjects' ids are merged as they stream; nothing is held but the
    costs of subjects that have several events of one unit. In any other order the tally of events
    is held, one row per subject that has any. See `engine.set_up` for how much of a Parquet file
    polars holds at a time.

    Examples
    --------
    >>> import polars as pl
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> firm = pl.DataFrame({"uscc": ["12331102398259791Y"], "has_non_recurring_info": [True]})
    >>> result = evaluate(firm, rubric("tax-credit", on="2019-04-30"), period=2018)
    >>> result.grades().collect()["grade"].to_list()
    ['A']
    """
    refuse_if_lacking(rubric)
    _refuse_unknown_labels(rubric, labels)
    day = grading_day(rubric, period, as_of)
    if isinstance(frame, pl.DataFrame | pl.LazyFrame):
        assert events is None or isinstance(events, pl.DataFrame | pl.LazyFrame)
        lazy = frame.lazy()
        available = frozenset(lazy.collect_schema().names())
        wide = _with_needed(lazy, rubric, pl, available)
        if rubric.uses_events:
            happened = None if events is None else events.lazy()
            wide = with_tally(wide, happened, rubric, day, period, events_in_order)
        native = _graded(wide, rubric, pl, day, available, labels)
        return Evaluation(native, rubric, day, period, available)
    if (speaks := sql_frames.engine_of(frame)) is not None:
        return _in_sql(speaks, frame, events, rubric, day, period, labels)
    if held_frames.held(frame):
        people, told = held_frames.taken(frame, events, rubric)
        return evaluate(people, rubric, events=told, period=period, as_of=day, labels=labels)
    engine: Any = recorder if isinstance(frame, recorder.Table) else nw
    other = engine.from_native(frame).lazy()
    available = frozenset(other.collect_schema().names())
    broad = _with_needed(other, rubric, engine, available)
    if rubric.uses_events:
        table = None if events is None else engine.from_native(events).lazy()
        broad = _with_tally_elsewhere(broad, table, rubric, engine, day, period)
    found = _graded(broad, rubric, engine, day, available, labels)
    return Evaluation(found.to_native(), rubric, day, period, available)


def _in_sql(
    engine: sql_frames.SqlEngine,
    subjects: Any,
    events: Any,
    rubric: Rubric,
    day: date,
    period: int | None,
    labels: str | None,
) -> Evaluation[Any]:
    """Grade frames of an engine by the statement that grades recorded tables, printed for it."""
    types, of_events = engine.types(subjects), engine.types(events) if events is not None else {}
    people = [name for name in compiled.needed_columns(rubric) if name in types]
    asked = [rubric.subject_id, *event_rules.needed_columns(rubric)]
    happened = [name for name in asked if name in of_events] if rubric.uses_events else []
    refuse(
        [
            *sql_frames.mistyped(types, people, "frame"),
            *sql_frames.mistyped(of_events, happened, "events"),
        ]
    )
    told = sql_frames.source(sql_frames.EVENTS, happened) if happened else None
    recorded = evaluate(
        sql_frames.source(sql_frames.SUBJECTS, people),
        rubric,
        events=told,
        period=period,
        as_of=day,
        labels=labels,
    )
    found = sql_frames.run(engine, recorded.frame, subjects, events)
    return replace(recorded, frame=found, available=frozenset(types))


def _with_needed(frame: F, rubric: Rubric, ns: Namespace[E], available: frozenset[str]) -> F:
    """Return the columns that the edition reads; those that are not at hand are null."""
    needed = compiled.needed_columns(rubric)
    refuse(lacking([name for name, required in needed.items() if required], sorted(available)))
    carried = frame.select(*(name for name in needed if name in available))
    return filled(carried, ns, [name for name in needed if name not in available])


def filled(frame: F, ns: Namespace[E], absent: Collection[str]) -> F:
    """Return a frame with columns of the dictionary that it lacks, all null."""
    known = dictionary()
    nulls = [ns.lit(None, dtype=compiled.dtype(known[name], ns)).alias(name) for name in absent]
    return frame.with_columns(*nulls) if nulls else frame


def with_event_columns(events: F, rubric: Rubric, ns: Namespace[E], present: Collection[str]) -> F:
    """Return events with every column that the edition reads of them, null where it is not `present`."""
    absent = [name for name in event_rules.needed_columns(rubric) if name not in present]
    return filled(events, ns, absent)


def with_tally(
    frame: pl.LazyFrame,
    events: pl.LazyFrame | None,
    rubric: Rubric,
    day: date,
    period: int | None,
    in_order: bool | None,
) -> pl.LazyFrame:
    """Return subjects with what their events cost and trigger; zero and false without events."""
    if events is None:
        return _with_events(frame, (), rubric, pl)
    table = with_event_columns(events, rubric, pl, events.collect_schema().names())
    told = tally(table, rubric, as_of=day, period=period, in_order=in_order)
    if told is None:
        return _with_events(frame, (), rubric, pl)
    joined = frame.join(told, on=rubric.subject_id, how="left", maintain_order="left")
    return _with_events(joined, told.collect_schema().names(), rubric, pl)


def _with_tally_elsewhere(
    frame: Any, events: Any, rubric: Rubric, engine: Any, day: date, period: int | None
) -> Any:
    if events is None:
        return _with_events(frame, (), rubric, engine)
    table = with_event_columns(events, rubric, engine, events.collect_schema().names())
    told = tally_elsewhere(table, rubric, engine, as_of=day, period=period)
    joined = frame.join(told, on=rubric.subject_id, how="left")
    return _with_events(joined, told.collect_schema().names(), rubric, engine)


def _with_events(frame: F, touched: Collection[str], rubric: Rubric, ns: Namespace[E]) -> F:
    """Fill in what events cost and trigger where none does: zero and false."""
    points = event_rules.point_names(event_rules.event_rows(rubric))
    flags = event_rules.flag_names(event_rules.triggers(rubric))
    nothing = {
        **dict.fromkeys(points, ns.lit(0, dtype=ns.Int32)),
        **dict.fromkeys(flags, ns.lit(False, dtype=ns.Boolean)),
    }
    return frame.with_columns(
        *(
            (ns.coalesce(ns.col(name), value) if name in touched else value).alias(name)
            for name, value in nothing.items()
        )
    )


def _graded(
    frame: F,
    rubric: Rubric,
    ns: Namespace[E],
    day: date,
    available: frozenset[str],
    labels: str | None,
) -> F:
    """Run the stages and keep the columns of an `Evaluation`."""
    for stage in stages(rubric, ns, as_of=day, available=available, labels=labels):
        frame = frame.with_columns(*stage)
    points = [f"{compiled.POINTS}{row.id}" for row in rubric.scoring]
    totals = ["earned", "possible"]
    if rubric.aggregate == "deduct":
        points.insert(0, f"{compiled.POINTS}start")
    if rubric.aggregate in ("deduct", "worst"):
        totals = ["earned"]
    if rubric.aggregate == "none":
        points, totals = [], []
    return frame.select(
        *(name for name in compiled.needed_columns(rubric) if name in available),
        *points,
        *totals,
        *("grade", "grade_label", "outcome", "decided_by", "withheld_by"),
        *(f"{amount.id}_fen" for amount in rubric.amounts),
    )

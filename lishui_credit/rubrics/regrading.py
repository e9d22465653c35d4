"""Subjects held to be graded again: only what a changed edition or a changed fact touches is reckoned.

A `Register` holds what the rows of an edition gave every subject. Under another edition the rows that
both say alike keep their points, and of the events only those of changed codes are added up again;
totals, override rules and grades are always reckoned anew, so the result is that of `evaluate`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Final

import polars as pl

from lishui_credit.citation import PLACE
from lishui_credit.errors import EditionError, refuse
from lishui_credit.language import tr
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.engine.evaluate import (
    filled,
    grading_day,
    refuse_if_lacking,
    with_event_columns,
    with_tally,
)
from lishui_credit.rubrics.engine.stages import stages
from lishui_credit.rubrics.engine.tally import tally
from lishui_credit.rubrics.law.rubric import Indicator, Override, Rubric
from lishui_credit.rubrics.law.rule_hash import TOLD, plain
from lishui_credit.statistics.refusals import lacking

SILENT: Final = frozenset({"label_en", "labels_en", "evidence", "better", *PLACE, *TOLD})
"""What a row says that no amendment is."""

RESULT: Final = ("grade", "outcome", "decided_by")
DIRECTIONS: Final = ("up", "down", "other")


def direction_of(was: pl.Expr, now: pl.Expr, order: Sequence[str]) -> pl.Expr:
    """Return which way a grade that changes goes, `order` best first: up, down, or other to or from none."""
    ranks = {grade: place for place, grade in enumerate(order)}
    before, after = (
        cell.replace_strict(ranks, default=None, return_dtype=pl.Int32) for cell in (was, now)
    )
    return (
        pl.when(before.is_null() | after.is_null())
        .then(pl.lit("other"))
        .when(after < before)
        .then(pl.lit("up"))
        .otherwise(pl.lit("down"))
    )


def refuse_other_subjects(old: Rubric, new: Rubric) -> None:
    """Raise `EditionError` for editions that grade different kinds of subjects."""
    if old.subject_id != new.subject_id:
        raise EditionError(
            tr("the editions grade different subjects", "两个版本的评价对象不同"),
            f"{old.subject}, {new.subject}",
        )


def differing(one: Any, other: Any) -> tuple[str, ...]:
    """Return the keys by which two rows of an edition differ, notes and evidence aside."""
    return tuple(
        entry.name
        for entry in fields(one)
        if entry.name not in SILENT
        and (mine := getattr(one, entry.name)) != (theirs := getattr(other, entry.name))
        and plain(mine, SILENT) != plain(theirs, SILENT)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Register:
    """Conformed subjects with the points an edition gives them, held in memory."""

    rubric: Rubric
    # Columns as they came, ``points__<row>`` of every row, what events trigger, and `RESULT`,
    # ``earned`` and the amounts.
    frame: pl.DataFrame
    as_of: date
    period: int | None
    available: frozenset[str]  # columns the subjects came with
    events: pl.DataFrame | None

    def graded(self) -> pl.DataFrame:
        """Return the grades: the subject's id, its columns, total, grade, what decided it, amounts."""
        return self.frame

    def under(self, rubric: Rubric) -> Register:
        """Return the same subjects under another edition; raises `EditionError` for another kind."""
        refuse_other_subjects(self.rubric, rubric)
        refuse_if_lacking(rubric)
        needed = compiled.needed_columns(rubric)
        required = [name for name, must in needed.items() if must]
        refuse(lacking(required, sorted(self.available)))
        alike = _alike(self.rubric, rubric)
        frame = self.frame.lazy()
        frame = filled(frame, pl, [name for name in needed if name not in self.frame.columns])
        frame = self._tallied(frame, rubric, alike)
        frame = decided(frame, rubric, self.as_of, self.available, alike)
        return replace(self, rubric=rubric, frame=_kept(frame, rubric, self.available).collect())

    def _tallied(self, frame: pl.LazyFrame, rubric: Rubric, alike: Collection[str]) -> pl.LazyFrame:
        """Return the frame with what changed rows say of events, added up again."""
        rows = [row for row in event_rules.event_rows(rubric) if row.id not in alike]
        rules = {row.id: row for row in event_rules.triggers(self.rubric)}
        changed = [
            row
            for row in event_rules.triggers(rubric)
            if row.id not in rules or differing(row, rules[row.id])
        ]
        return with_events_of(frame, self.events, rubric, rows, changed, self.as_of, self.period)


def hold(
    subjects: pl.DataFrame | pl.LazyFrame,
    rubric: Rubric,
    *,
    events: pl.DataFrame | pl.LazyFrame | None = None,
    events_in_order: bool | None = None,
    period: int | None = None,
    as_of: date | None = None,
) -> Register:
    """Grade conformed subjects and hold what each row gave, to grade them again.

    Parameters
    ----------
    subjects, events : polars frames
        As for `evaluate`, with the columns of every edition that is to grade them.
    rubric : Rubric
        The edition in force.
    events_in_order, period, as_of
        As for `evaluate`.

    Returns
    -------
    Register

    Raises
    ------
    EditionError
        If the edition is only an outline.
    SubjectError
        If columns the edition needs are absent, all named at once.

    Notes
    -----
    Cost: one grading, and every row's points in memory, 4 bytes each.

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> firm = pl.DataFrame({"uscc": ["12331102398259791Y"], "has_non_recurring_info": [True]})
    >>> held = hold(firm, rubric("tax-credit@2018-04-01"), period=2018)
    >>> held.under(rubric("tax-credit@2014-10-01")).graded()["grade"].to_list()
    ['A']
    """
    refuse_if_lacking(rubric)
    day = grading_day(rubric, period, as_of)
    lazy = subjects.lazy()
    available = frozenset(lazy.collect_schema().names())
    needed = compiled.needed_columns(rubric)
    refuse(lacking([name for name, must in needed.items() if must], sorted(available)))
    wide = filled(lazy, pl, [name for name in needed if name not in available])
    happened = None if events is None else events.lazy().collect()
    if rubric.uses_events:
        told = None if happened is None else happened.lazy()
        wide = with_tally(wide, told, rubric, day, period, events_in_order)
    wide = decided(wide, rubric, day, available)
    frame = _kept(wide, rubric, available).collect()
    return Register(rubric, frame, day, period, available, happened)


def decided(
    frame: pl.LazyFrame,
    rubric: Rubric,
    as_of: date,
    available: frozenset[str],
    alike: Collection[str] = (),
) -> pl.LazyFrame:
    """Return a frame with totals and grades; the rows `alike` have their points in it already."""
    for stage in stages(rubric, pl, as_of=as_of, available=available, held=alike):
        frame = frame.with_columns(*stage)
    return frame


def with_events_of(
    frame: pl.LazyFrame,
    events: pl.DataFrame | None,
    rubric: Rubric,
    rows: list[Indicator],
    triggers: list[Override],
    as_of: date,
    period: int | None,
) -> pl.LazyFrame:
    """Return the frame with what these rows and rules alone say of events, added up."""
    points, flags = event_rules.point_names(rows), event_rules.flag_names(triggers)
    if not points and not flags:
        return frame
    touched: set[str] = set()
    frame = frame.drop(*points, *flags, strict=False)
    if events is not None:
        codes = {event_rules.code_of(row) for row in rows} | {str(row.event) for row in triggers}
        theirs = events.filter(pl.col("code").is_in(list(codes)))
        whole = with_event_columns(theirs.lazy(), rubric, pl, theirs.columns)
        told = tally(whole, rubric, as_of=as_of, period=period)
        if told is not None:
            touched = set(told.collect_schema().names()) & {*points, *flags}
            mine = told.select(rubric.subject_id, *sorted(touched))
            frame = frame.join(mine, on=rubric.subject_id, how="left", maintain_order="left")
    nothing: Mapping[str, pl.Expr] = {
        **dict.fromkeys(points, pl.lit(0, dtype=pl.Int32)),
        **dict.fromkeys(flags, pl.lit(False)),
    }
    return frame.with_columns(
        (pl.col(name).fill_null(value) if name in touched else value).alias(name)
        for name, value in nothing.items()
    )


def _alike(old: Rubric, new: Rubric) -> frozenset[str]:
    """Return the rows that give the same points under both editions."""
    same = ("aggregate", "point_unit")
    if any(getattr(old, name) != getattr(new, name) for name in same):
        return frozenset()
    if old.choice_values() != new.choice_values() or old.choices != new.choices:
        return frozenset()
    repairs = {row.id: row for row in old.repairs}
    moved = {
        row.id for row in new.repairs if row.id not in repairs or differing(row, repairs[row.id])
    }
    rows = {row.id: row for row in old.scoring}
    return frozenset(
        row.id
        for row in new.scoring
        if row.id in rows
        and not differing(row, rows[row.id])
        and not (row.event is not None and row.event.repair in moved)
    )


def _kept(frame: pl.LazyFrame, rubric: Rubric, available: Iterable[str]) -> pl.LazyFrame:
    """Return the columns a register holds."""
    own = [rubric.subject_id, *(name for name in available if name != rubric.subject_id)]
    own += [name for name in compiled.needed_columns(rubric) if name not in own]
    points = [f"{compiled.POINTS}{row.id}" for row in rubric.scoring]
    if rubric.aggregate == "deduct":
        points.insert(0, f"{compiled.POINTS}start")
    totals = ["earned", "possible"]
    if rubric.aggregate == "none":
        points, totals = [], []
    flags = event_rules.flag_names(event_rules.triggers(rubric))
    amounts = [f"{amount.id}_fen" for amount in rubric.amounts]
    return frame.select(*own, *points, *flags, *totals, *RESULT, *amounts)

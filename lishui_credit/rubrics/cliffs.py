"""Cliffs (等级断崖): who stands one event, one day or one unit of a column from another grade.

Every step is taken for every subject and graded again, so that nothing is estimated: a column one
unit up and one down, a yes for a no and a no for a yes, each other level, the day of grading one day
on and one back, one event of each code more and each event less. What the step cannot touch keeps its
points. A step that the intake would reject (out of a column's bounds, or contradicting another cell)
is no step. Subjects of whom the rules read the same are stepped as one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Final

import numpy as np
import polars as pl

from lishui_credit.rubrics.cliff_steps import ROW, WAS, Kind, compared, deciding, steps_of
from lishui_credit.rubrics.cliff_words import direction_said, rule_said, step_said
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.engine.evaluate import with_event_columns
from lishui_credit.rubrics.engine.stages import stages
from lishui_credit.rubrics.intake_rules import subject_rules
from lishui_credit.rubrics.law.rubric import Indicator, Override, Rubric
from lishui_credit.rubrics.regrading import (
    DIRECTIONS,
    RESULT,
    Register,
    hold,
    with_events_of,
)
from lishui_credit.statistics.proportions import wilson
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.conform import Rule

_ALIKE: Final = "_alike"
SCHEMA: Final = {
    "kind": pl.String,
    "what": pl.String,
    "step": pl.Int64,
    "to": pl.String,
    "direction": pl.String,
    "rule": pl.String,
    "subjects": pl.Int64,
}


@dataclass(frozen=True, slots=True, eq=False)
class Cliffs:
    """Subjects one step from another grade under an edition.

    Parameters
    ----------
    frame : polars.DataFrame
        One row per step, direction and rule: ``kind`` (value, flag, level, day, event), ``what``
        (column, event code, or as_of), ``step`` (+1 or -1; of a flag to yes or to no), ``to`` (the
        level that is stepped to, else empty), ``direction`` (up, down; other where a grade is gained
        or lost), ``rule`` (row or rule that makes the step), ``subjects``, ``share`` of all with
        ``low`` and ``high`` (Wilson, 95 %), most first.
    subjects : int
        Subjects looked at.
    near : mapping of str to int
        Subjects that any step moves, by direction; each counted once a direction. An event more, a
        flag or a level whose rule sets the grade at once moves nearly everybody and is not counted
        here; nor is a level that does not stand beside the subject's own in the list of the column.
    near_any : int
        Subjects that any such step moves.
    """

    rubric: Rubric
    frame: pl.DataFrame
    subjects: int
    near: dict[str, int]
    near_any: int

    def said(self) -> pl.DataFrame:
        """Return the cliffs in words: ``step``, ``direction``, ``rule``, ``clause``, ``subjects``, ``share``."""
        rows = [
            (
                step_said(self.rubric, row["kind"], row["what"], row["step"], row["to"]),
                direction_said(row["direction"]),
                *rule_said(self.rubric, row["rule"]),
                row["subjects"],
                row["share"],
            )
            for row in self.frame.iter_rows(named=True)
        ]
        names = ("step", "direction", "rule", "clause", "subjects", "share")
        kinds = (pl.String, pl.String, pl.String, pl.String, pl.Int64, pl.Float64)
        return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")


def cliffs(register: Register) -> Cliffs:
    """Count the subjects that one step of a fact brings to another grade.

    Parameters
    ----------
    register : Register
        Subjects held under the edition that is looked at; see `regrading.hold`.

    Returns
    -------
    Cliffs

    Notes
    -----
    A new event is of the last day that counts, known at once, and neither corrected nor paid. A
    column moves by its unit as held: a yuan, a day, a piece, a hundredth of a percent. Values of the
    county (bases) are no fact of the subject and do not move.
    Cost: for each column two reckonings of the rows that read it, for each event code one, over as
    many subjects as differ in what the rules read of them.

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> firm = pl.DataFrame({"uscc": ["12331102398259791Y"], "has_non_recurring_info": [True]})
    >>> found = cliffs(hold(firm, rubric("tax-credit@2018-04-01"), period=2018))
    >>> found.subjects, found.near["down"]
    (1, 1)
    """
    walk = _Walk(register)
    for steps in (walk.values(), walk.days(), walk.more_events(), walk.fewer_events()):
        for taken in steps:
            walk.count(*taken)
    total = register.frame.height
    frame = pl.DataFrame(walk.found, schema=SCHEMA, orient="row")
    frame = frame.group_by(list(SCHEMA)[:-1], maintain_order=True).agg(pl.col("subjects").sum())
    low, high = wilson(frame["subjects"].to_numpy(), np.full(frame.height, total))
    frame = frame.with_columns(
        (pl.col("subjects") / total).alias("share"), pl.Series("low", low), pl.Series("high", high)
    ).sort("subjects", "kind", "what", "step", "to", "rule", descending=[True, *[False] * 5])
    near = {name: int(mask.sum()) for name, mask in walk.near.items()}
    any_way = reduce(or_, walk.near.values())
    return Cliffs(register.rubric, frame, total, near, int(any_way.sum()))


_Step = tuple[Kind, str, int, str, pl.LazyFrame]


@dataclass(slots=True)
class _Walk:
    """The steps, and what was found on the way."""

    register: Register
    found: list[tuple[str, str, int, str, str, str, int]] = field(default_factory=list)
    near: dict[str, np.ndarray] = field(default_factory=dict)
    held: pl.DataFrame = field(init=False)
    whom: pl.DataFrame = field(init=False)  # their rows, and who is alike
    kinds: pl.DataFrame | None = None  # one of each of them
    grading: list[list[pl.Expr]] = field(init=False)  # of points that are known, step after step

    def __post_init__(self) -> None:
        was = [pl.col(name).alias(f"{WAS}{name}") for name in RESULT]
        alike = pl.struct(self.read()).rank("dense").cast(pl.UInt32).alias(_ALIKE)
        self.held = self.register.frame.with_columns(was).with_columns(alike).with_row_index(ROW)
        self.whom = self.held.select(ROW, _ALIKE, self.rubric.subject_id)
        own, rows = self.register, [row.id for row in self.rubric.scoring]
        told = stages(self.rubric, pl, as_of=own.as_of, available=own.available, held=rows)
        self.grading = list(told)
        self.near = {name: np.zeros(self.held.height, dtype=bool) for name in DIRECTIONS}

    @property
    def rubric(self) -> Rubric:
        return self.register.rubric

    def read(self) -> list[pl.Expr]:
        """Return what the rules read of a subject: who has the same is moved alike."""
        rubric = self.rubric
        names = {*compiled.needed_columns(replace(rubric, carries=())), *RESULT}
        for rule in self.checks():
            names.update(rule.columns)
        names.update(event_rules.flag_names(event_rules.triggers(rubric)))
        names -= {rubric.subject_id, "synthetic"}
        points = event_rules.point_names(event_rules.event_rows(rubric))
        if (
            rubric.aggregate == "deduct"
        ):  # what events take off counts by its sum, but where asked for
            asked = [c for row in rubric.overrides for c in row.when]
            asked += [c for grade in rubric.grades for c in grade.requires]
            names.update(f"{compiled.POINTS}{c.points}" for c in asked if c.points is not None)
            return [*map(pl.col, sorted(names)), pl.sum_horizontal(0, *points).alias(_ALIKE)]
        return [*map(pl.col, sorted({*names, *points}))]

    def one_of_each(self, whom: pl.DataFrame) -> pl.DataFrame:
        """Return one of these subjects for all who are alike, under the number of them all."""
        if whom is self.whom and self.kinds is not None:
            return self.kinds
        rows = whom.unique(_ALIKE, keep="first")[ROW]
        found = self.held[rows].with_columns(pl.col(_ALIKE).alias(ROW))
        if whom is self.whom:
            self.kinds = found
        return found

    def everyone(self, moved: pl.LazyFrame, whom: pl.DataFrame) -> pl.LazyFrame:
        """Return all of these whom the moved ones stand for."""
        members = whom.lazy().select(ROW, _ALIKE)
        return moved.rename({ROW: _ALIKE}).join(members, on=_ALIKE).drop(_ALIKE)

    def count(self, kind: Kind, what: str, step: int, to: str, moved: pl.LazyFrame) -> None:
        """Add up a step that some were moved by."""
        frame = moved.collect()
        at_once: set[str] = set()
        if kind == "event" and step > 0:
            at_once = {row.id for row in event_rules.triggers(self.rubric)}
        elif kind in ("flag", "level"):
            at_once = {row.id for row in self.rubric.active_overrides}
        near = frame.filter(~pl.col("rule").is_in(at_once)) if at_once else frame
        if kind == "level":
            levels = list(dictionary()[what].values)
            place = levels.index(to)
            own = self.held[what].gather(near[ROW])
            near = near.filter(own.is_in(levels[max(place - 1, 0) : place + 2]))
        for (direction,), part in near.group_by("direction"):
            self.near[str(direction)][part[ROW].to_numpy()] = True
        counted = frame.group_by("direction", "rule").agg(pl.col(ROW).n_unique())
        for direction, rule, subjects in counted.iter_rows():
            self.found.append((kind, what, step, to, direction, rule, subjects))

    def moved(
        self, frame: pl.LazyFrame, rows: list[Indicator], rules: Collection[str] | None
    ) -> pl.LazyFrame:
        """Return who has another grade after a step: row, direction, rule.

        `rules` are the override rules that the step reaches itself; None where it only moves points.
        """
        if rules is None:
            points = [f"{compiled.POINTS}{row.id}" for row in rows]
            changed = [pl.col(name).ne_missing(pl.col(f"{WAS}{name}")) for name in points]
            frame = frame.filter(pl.any_horizontal(changed) if changed else pl.lit(False))
            frame = frame.collect().lazy()  # few are left: the grades are reckoned of these
        for stage in self.grading:
            frame = frame.with_columns(stage)
        return compared(frame, self.rubric, rows, rules or ())

    def kept(self, rows: list[Indicator], frame: pl.DataFrame | None = None) -> pl.LazyFrame:
        """Return the subjects, or some, with the points of these rows as they were beside them."""
        points = [f"{compiled.POINTS}{row.id}" for row in rows]
        held = self.held if frame is None else frame
        return held.lazy().with_columns(pl.col(p).alias(f"{WAS}{p}") for p in points)

    # ---- a column one unit up or down, or another answer ------------------------------------------

    def values(self) -> Iterator[_Step]:
        """Yield the steps of every column: a unit up and down, yes and no, each level."""
        rubric, known = self.rubric, dictionary()
        apart = {rubric.subject_id, *rubric.carries, "synthetic"}
        apart |= set(rubric.bases.columns) if rubric.bases is not None else set()
        some = self.one_of_each(self.whom)
        for name in compiled.needed_columns(rubric):
            if name in apart or name not in self.register.available:
                continue
            rows = [row for row in rubric.scoring if name in compiled.row_columns(row)]
            rules = deciding(rubric, name)
            for kind, step, to, cell in steps_of(known[name]):
                frame = self.kept(rows, some).with_columns(cell)
                frame = self.possible(frame, name)
                frame = frame.with_columns(
                    compiled.points(rubric, row, pl, self.register.as_of).alias(
                        f"{compiled.POINTS}{row.id}"
                    )
                    for row in rows
                )
                moved = self.moved(frame, rows, rules)
                yield kind, name, step, to, self.everyone(moved, self.whom)

    def checks(self) -> list[Rule]:
        """Return what the intake checks between the columns that are here."""
        names = self.register.available
        rules = subject_rules(self.rubric, self.register.as_of, pl)
        return [rule for rule in rules if names.issuperset(rule.columns)]

    def possible(self, frame: pl.LazyFrame, name: str) -> pl.LazyFrame:
        """Leave out subjects whose row the intake would reject after the step."""
        for rule in self.checks():
            if name in rule.columns:
                broken = rule.test(*(pl.col(part) for part in rule.columns))
                frame = frame.filter(~broken.fill_null(False))
        return frame

    # ---- the day of grading -----------------------------------------------------------------------

    def days(self) -> Iterator[_Step]:
        """Yield the same facts graded a day later and a day earlier."""
        own = self.register
        facts = self.held.select(ROW, *sorted(own.available))
        for step in (1, -1):
            day = own.as_of + timedelta(days=step)
            again = hold(facts, self.rubric, events=own.events, period=own.period, as_of=day)
            rows = list(self.rubric.scoring)
            points = [f"{compiled.POINTS}{row.id}" for row in rows]
            new = again.frame.lazy().select(self.rubric.subject_id, *RESULT, *points)
            was = self.kept(rows).select(ROW, self.rubric.subject_id, pl.col(f"^{WAS}.*$"))
            frame = was.join(new, on=self.rubric.subject_id, how="inner")
            rules = [row.id for row in self.rubric.active_overrides]
            yield "day", "as_of", step, "", compared(frame, self.rubric, rows, rules)

    # ---- events -----------------------------------------------------------------------------------

    def more_events(self) -> Iterator[_Step]:
        """Yield one event of every code more."""
        key = self.rubric.subject_id
        for code, rows, rules in self.codes():
            rest, theirs = self.whom, self.of_code(code)
            if theirs is not None:
                has = pl.col(key).is_in(theirs[key].unique().implode())
                rest, some = self.whom.filter(~has), self.whom.filter(has)
                both = pl.concat([theirs, self.another(code, some)], how="diagonal")
                frame = self.tallied(self.kept(rows, self.held[some[ROW]]), both, rows, rules)
                yield "event", code, 1, "", self.moved(frame, rows, _ids(rules))
            if rest.height:  # alone, one event does the same to all who are alike
                event = self.another(code, rest.head(1))
                moved = self.moved(self.alone(event, rest, rows, rules), rows, _ids(rules))
                yield "event", code, 1, "", self.everyone(moved, rest)

    def another(self, code: str, whom: pl.DataFrame) -> pl.DataFrame:
        """Return one event of a code for each of these subjects."""
        own = self.register
        day = own.as_of if own.period is None else min(own.as_of, date(own.period, 12, 31))
        return whom.select(
            self.rubric.subject_id,
            pl.lit(code).alias("code"),
            pl.lit(day).alias("occurred_on"),
            pl.lit(day).alias("recorded_on"),
            pl.lit("+1").alias("event_id"),
        )

    def alone(
        self,
        event: pl.DataFrame,
        whom: pl.DataFrame,
        rows: list[Indicator],
        rules: list[Override],
    ) -> pl.LazyFrame:
        """Return one of each kind of subjects with what one event alone costs and triggers."""
        names = [*event_rules.point_names(rows), *event_rules.flag_names(rules)]
        one = self.held.lazy().join(
            event.lazy().select(self.rubric.subject_id), on=self.rubric.subject_id
        )
        told = self.tallied(one, event, rows, rules).select(names).collect().row(0, named=True)
        kinds = self.held.schema
        return self.kept(rows, self.one_of_each(whom)).with_columns(
            pl.lit(value, dtype=kinds[name]).alias(name) for name, value in told.items()
        )

    def fewer_events(self) -> Iterator[_Step]:
        """Yield every event less, of subjects that have it."""
        key = self.rubric.subject_id
        for code, rows, rules in self.codes():
            theirs = self.of_code(code)
            if theirs is None:
                continue
            # One subject stands for each event that it would lack; the others of its code stay.
            numbered = theirs.with_row_index("_gone")
            away = numbered.select(key, "_gone")
            name = pl.format("{}#{}", key, "_gone").alias(key)
            others = numbered.rename({"_gone": "_stays"}).join(away, on=key)
            left = others.filter(pl.col("_gone") != pl.col("_stays")).with_columns(name)
            people = self.kept(rows).join(away.lazy(), on=key).with_columns(name)
            frame = self.tallied(people, left.drop("_gone", "_stays"), rows, rules)
            moved = self.moved(frame, rows, _ids(rules)).unique([ROW, "direction", "rule"])
            yield "event", code, -1, "", moved

    def codes(self) -> Iterator[tuple[str, list[Indicator], list[Override]]]:
        """Yield every code that costs points or triggers a rule, with its rows and rules."""
        rows, rules = event_rules.event_rows(self.rubric), event_rules.triggers(self.rubric)
        for code in event_rules.codes(self.rubric):
            mine = [row for row in rows if event_rules.code_of(row) == code]
            theirs = [row for row in rules if row.event == code]
            if mine or theirs:
                yield code, mine, theirs

    def of_code(self, code: str) -> pl.DataFrame | None:
        """Return the events of a code, None where there is none."""
        events = self.register.events
        if events is None:
            return None
        found = events.filter(pl.col("code") == code)
        whole = with_event_columns(found.lazy(), self.rubric, pl, found.columns).collect()
        return None if whole.is_empty() else whole

    def tallied(
        self,
        frame: pl.LazyFrame,
        events: pl.DataFrame,
        rows: list[Indicator],
        rules: list[Override],
    ) -> pl.LazyFrame:
        """Return subjects with what other events of one code cost and trigger."""
        own = self.register
        return with_events_of(frame, events, self.rubric, rows, rules, own.as_of, own.period)


def _ids(rules: list[Override]) -> list[str] | None:
    """Return the ids of rules; None where there is none."""
    return [row.id for row in rules] or None

"""Cliffs (等级断崖): who stands one event, one day or one unit of a column from another grade.

Every step is taken for every subject and graded again, so that nothing is estimated: a column one
unit up and one down, the day of grading one day on and one back, one event of each code more and each
event less. What the step cannot touch keeps its points. A step that the intake would reject (out of
a column's bounds, or contradicting another cell) is no step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Final, Literal

import numpy as np
import polars as pl

from lishui_credit.rubrics.cliff_words import direction_said, rule_said, step_said
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.engine.evaluate import with_event_columns
from lishui_credit.rubrics.intake_rules import subject_rules
from lishui_credit.rubrics.law.rubric import Indicator, Override, Rubric
from lishui_credit.rubrics.regrading import (
    DIRECTIONS,
    RESULT,
    Register,
    decided,
    direction_of,
    hold,
    with_events_of,
)
from lishui_credit.statistics.proportions import wilson
from lishui_credit.tables.columns import Column, dictionary

Kind = Literal["value", "day", "event"]
_ROW: Final = "_row"
_WAS: Final = "_was__"
_STEP_OF_MONEY: Final = 100  # fen: one yuan
SCHEMA: Final = {
    "kind": pl.String,
    "what": pl.String,
    "step": pl.Int64,
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
        One row per step, direction and rule: ``kind`` (value, day, event), ``what`` (column, event
        code, or as_of), ``step`` (+1 or -1), ``direction`` (up, down; other where a grade is gained
        or lost), ``rule`` (row or rule that makes the step), ``subjects``, ``share`` of all with
        ``low`` and ``high`` (Wilson, 95 %), most first.
    subjects : int
        Subjects looked at.
    near : mapping of str to int
        Subjects that any step moves, by direction; each counted once a direction. An event more
        whose rule sets the grade at once moves nearly everybody and is not counted here.
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
                step_said(self.rubric, row["kind"], row["what"], row["step"]),
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
    Cost: for each column two reckonings of the rows that read it, for each event code one.

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
        for kind, what, step, moved in steps:
            walk.count(kind, what, step, moved)
    total = register.frame.height
    frame = pl.DataFrame(walk.found, schema=SCHEMA, orient="row")
    frame = frame.group_by(list(SCHEMA)[:-1], maintain_order=True).agg(pl.col("subjects").sum())
    low, high = wilson(frame["subjects"].to_numpy(), np.full(frame.height, total))
    frame = frame.with_columns(
        (pl.col("subjects") / total).alias("share"), pl.Series("low", low), pl.Series("high", high)
    ).sort("subjects", "kind", "what", "step", "rule", descending=[True, *[False] * 4])
    near = {name: int(mask.sum()) for name, mask in walk.near.items()}
    any_way = reduce(or_, walk.near.values())
    return Cliffs(register.rubric, frame, total, near, int(any_way.sum()))


_Step = tuple[Kind, str, int, pl.LazyFrame]


@dataclass(slots=True)
class _Walk:
    """The steps, and what was found on the way."""

    register: Register
    found: list[tuple[str, str, int, str, str, int]] = field(default_factory=list)
    near: dict[str, np.ndarray] = field(default_factory=dict)
    held: pl.DataFrame = field(init=False)
    all_rows: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        was = [pl.col(name).alias(f"{_WAS}{name}") for name in RESULT]
        self.held = self.register.frame.with_columns(was).with_row_index(_ROW)
        self.all_rows = frozenset(row.id for row in self.rubric.scoring)
        self.near = {name: np.zeros(self.held.height, dtype=bool) for name in DIRECTIONS}

    @property
    def rubric(self) -> Rubric:
        return self.register.rubric

    def count(self, kind: Kind, what: str, step: int, moved: pl.LazyFrame) -> None:
        """Add up a step that some were moved by."""
        frame = moved.unique([_ROW, "direction", "rule"]).collect()
        at_once = (
            {row.id for row in event_rules.triggers(self.rubric)} if kind == "event" else set()
        )
        near = frame.filter(~pl.col("rule").is_in(at_once)) if step > 0 and at_once else frame
        for (direction,), part in near.group_by("direction"):
            self.near[str(direction)][part[_ROW].to_numpy()] = True
        counted = frame.group_by("direction", "rule").agg(pl.col(_ROW).n_unique())
        for direction, rule, subjects in counted.iter_rows():
            self.found.append((kind, what, step, direction, rule, subjects))

    def moved(
        self, frame: pl.LazyFrame, rows: list[Indicator], rules: Collection[str] | None
    ) -> pl.LazyFrame:
        """Return who has another grade after a step: row, direction, rule.

        `rules` are the override rules that the step reaches itself; None where it only moves points.
        """
        if rules is None:
            points = [f"{compiled.POINTS}{row.id}" for row in rows]
            changed = [pl.col(name).ne_missing(pl.col(f"{_WAS}{name}")) for name in points]
            frame = frame.filter(pl.any_horizontal(changed) if changed else pl.lit(False))
            frame = frame.collect().lazy()  # few are left: the grades are reckoned of these
        again = self.register
        frame = decided(frame, self.rubric, again.as_of, again.available, self.all_rows)
        return _compared(frame, self.rubric, rows, rules or ())

    def kept(self, rows: list[Indicator]) -> pl.LazyFrame:
        """Return the subjects, with the points of these rows as they were beside them."""
        points = [f"{compiled.POINTS}{row.id}" for row in rows]
        return self.held.lazy().with_columns(pl.col(p).alias(f"{_WAS}{p}") for p in points)

    # ---- a column one unit up or down -------------------------------------------------------------

    def values(self) -> Iterator[_Step]:
        """Yield a step up and a step down of every column that has an order."""
        rubric, known = self.rubric, dictionary()
        apart = {rubric.subject_id, *rubric.carries, "synthetic"}
        apart |= set(rubric.bases.columns) if rubric.bases is not None else set()
        for name in compiled.needed_columns(rubric):
            column = known[name]
            if name in apart or name not in self.register.available:
                continue
            if not column.numeric and column.type != "date":
                continue
            rows = [row for row in rubric.scoring if name in compiled.row_columns(row)]
            rules = _deciding(rubric, name)
            for step in (1, -1):
                frame = self.kept(rows).with_columns(_stepped(column, step))
                frame = self.possible(frame, name)
                frame = frame.with_columns(
                    compiled.points(rubric, row, pl, self.register.as_of).alias(
                        f"{compiled.POINTS}{row.id}"
                    )
                    for row in rows
                )
                yield "value", name, step, self.moved(frame, rows, rules)

    def possible(self, frame: pl.LazyFrame, name: str) -> pl.LazyFrame:
        """Leave out subjects whose row the intake would reject after the step."""
        names = set(self.register.available)
        for rule in subject_rules(self.rubric, self.register.as_of, pl):
            if name in rule.columns and names.issuperset(rule.columns):
                broken = rule.test(*(pl.col(part) for part in rule.columns))
                frame = frame.filter(~broken.fill_null(False))
        return frame

    # ---- the day of grading -----------------------------------------------------------------------

    def days(self) -> Iterator[_Step]:
        """Yield the same facts graded a day later and a day earlier."""
        own = self.register
        facts = self.held.select(_ROW, *sorted(own.available))
        for step in (1, -1):
            day = own.as_of + timedelta(days=step)
            again = hold(facts, self.rubric, events=own.events, period=own.period, as_of=day)
            rows = list(self.rubric.scoring)
            points = [f"{compiled.POINTS}{row.id}" for row in rows]
            new = again.frame.lazy().select(self.rubric.subject_id, *RESULT, *points)
            was = self.kept(rows).select(_ROW, self.rubric.subject_id, pl.col(f"^{_WAS}.*$"))
            frame = was.join(new, on=self.rubric.subject_id, how="inner")
            rules = [row.id for row in self.rubric.active_overrides]
            yield "day", "as_of", step, _compared(frame, self.rubric, rows, rules)

    # ---- events -----------------------------------------------------------------------------------

    def more_events(self) -> Iterator[_Step]:
        """Yield one event of every code more."""
        own, key = self.register, self.rubric.subject_id
        day = own.as_of if own.period is None else min(own.as_of, date(own.period, 12, 31))
        for code, rows, rules in self.codes():
            subjects = self.held.select(key)
            new = subjects.with_columns(
                pl.lit(code).alias("code"),
                pl.lit(day).alias("occurred_on"),
                pl.lit(day).alias("recorded_on"),
                pl.lit("+1").alias("event_id"),
            )
            theirs = self.of_code(code)
            if theirs is None:
                # Alone, one event does the same to everybody: it is reckoned once.
                frame = self.alone(new.head(1), rows, rules)
            else:
                ids = theirs[key].unique()
                rest = subjects.filter(~pl.col(key).is_in(ids.implode()))
                both = pl.concat(
                    [theirs, new.filter(pl.col(key).is_in(ids.implode()))], how="diagonal"
                )
                with_others = self.tallied(self.kept(rows), both, rows, rules)
                parts = [with_others.filter(pl.col(key).is_in(ids.implode()))]
                if rest.height:
                    first = self.alone(new.join(rest.head(1), on=key), rows, rules)
                    parts.append(first.filter(~pl.col(key).is_in(ids.implode())))
                frame = pl.concat(parts, how="diagonal")
            yield "event", code, 1, self.moved(frame, rows, _ids(rules))

    def alone(
        self, event: pl.DataFrame, rows: list[Indicator], rules: list[Override]
    ) -> pl.LazyFrame:
        """Return every subject with what one event alone costs and triggers."""
        names = [*event_rules.point_names(rows), *event_rules.flag_names(rules)]
        one = self.held.lazy().join(
            event.lazy().select(self.rubric.subject_id), on=self.rubric.subject_id
        )
        told = self.tallied(one, event, rows, rules).select(names).collect().row(0, named=True)
        kinds = self.held.schema
        return self.kept(rows).with_columns(
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
            yield "event", code, -1, self.moved(frame, rows, _ids(rules))

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


def _deciding(rubric: Rubric, name: str) -> list[str] | None:
    """Return the override rules that read a column; None where it decides by points alone."""
    rules = [row.id for row in rubric.active_overrides if name in compiled.override_columns(row)]
    other: set[str | None] = {flag for grade in rubric.grades for flag in grade.at_least_if}
    tests = [c for grade in rubric.grades for c in grade.requires]
    if rubric.start is not None:
        tests += [c for row in rubric.start.rows for c in row.when]
        other |= {rubric.start.bonus.column} if rubric.start.bonus is not None else set()
    other |= {part for c in tests for part in (c.column, c.over)}
    return rules if rules or name in other else None


def _stepped(column: Column, step: int) -> pl.Expr:
    """Return a column one unit on; as it is where it would leave its bounds."""
    cell = pl.col(column.id)
    if column.type == "date":
        return cell.dt.offset_by(f"{step}d").alias(column.id)
    size = _STEP_OF_MONEY if column.type == "money" else 1
    on = cell + pl.lit(step * size, dtype=pl.Int64)
    inside = pl.lit(True)
    for end, sign in ((column.maximum, 1), (column.minimum, -1)):
        if end is not None and sign == step:
            mark = int(end * column.per_unit)
            inside = on <= mark if sign > 0 else on >= mark
    return pl.when(inside).then(on).otherwise(cell).alias(column.id)


def _compared(
    frame: pl.LazyFrame, rubric: Rubric, rows: list[Indicator], rules: Collection[str]
) -> pl.LazyFrame:
    """Return the subjects with another grade: their row, the direction, the rule behind it."""
    grade, was = pl.col("grade"), pl.col(f"{_WAS}grade")
    way = direction_of(was, grade, [row.id for row in rubric.grades])
    points = [(f"{compiled.POINTS}{row.id}", row.id) for row in rows]
    changed = [
        pl.when(pl.col(name).ne_missing(pl.col(f"{_WAS}{name}"))).then(pl.lit(row))
        for name, row in points
    ]
    by, by_was = pl.col("decided_by"), pl.col(f"{_WAS}decided_by")
    by, by_was = (cell.str.strip_prefix("not graded: ") for cell in (by, by_was))
    other, set_by = by != by_was, list(rules)
    better = pl.when(way == "up").then(grade).otherwise(was)
    by_points = pl.concat_str(changed, separator="+", ignore_nulls=True) if changed else pl.lit("")
    plain = ["score", compiled.WITHHELD]
    said = (
        pl.when(other & by.is_in(set_by))
        .then(by)
        .when(other & by_was.is_in(set_by))
        .then(by_was)
        .when(by_points != "")
        .then(by_points)
        .when(other & ~by.is_in(plain))
        .then(by)
        .when(other & ~by_was.is_in(plain))
        .then(by_was)
        .otherwise(pl.format("grade:{}", better.fill_null("")))
    )
    moved = grade.ne_missing(was) | (pl.col("outcome") != pl.col(f"{_WAS}outcome"))
    return frame.filter(moved).select(_ROW, way.alias("direction"), said.alias("rule"))

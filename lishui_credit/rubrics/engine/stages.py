"""Points and conditions -> a grade: what `evaluate` adds to a frame, stage by stage.

`stages` yields lists of named expressions; each may read the columns of those before it:

1. ``points__<row>`` for every scoring row (those of events come from `tally`);
2. ``earned`` and ``possible``;
3. ``_o__<override>``: true, false, or null where it cannot be told;
4. ``_step``, ``_rank``: which step decided, and the grade's place in the scale;
5. ``grade``, ``outcome``, ``decided_by``, ``withheld_by``; then amounts that follow from the grade.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import reduce
from operator import and_, or_
from typing import Final, Generic

from lishui_credit.expressions import E, Namespace, first_of, number
from lishui_credit.rubrics.engine.compile import (
    EVENT_REPAIRED,
    GRADED,
    NOT_GRADED,
    OVERRIDE,
    POINTS,
    REQUIRES,
    WITHHELD,
    by_formula,
    earned,
    every,
    overrides,
    points,
    possible,
    reaches,
    start_score,
    triggered,
)
from lishui_credit.rubrics.law.rubric import GradeRow, Override, Rubric

_WITHHELD_RANK: Final = -1
_NOT_GRADED_RANK: Final = -2


@dataclass(frozen=True, slots=True)
class _Step(Generic[E]):
    """One way the grade can be decided before the score: a test, the rank it gives, its name."""

    test: E
    rank: int
    decided_by: str


def _steps(rubric: Rubric, rows: Sequence[Override], ns: Namespace[E]) -> list[_Step[E]]:
    """Ways the grade is decided before the score, in the order they are tried."""
    ranks = {grade.id: place for place, grade in enumerate(rubric.grades)}
    steps: list[_Step[E]] = []
    deciding = [row for row in rows if row.effect.set is not None or row.effect.not_graded]
    for order in sorted({row.order for row in deciding}):
        peers = [row for row in deciding if row.order == order]
        peers.sort(key=lambda row: (-ranks.get(row.effect.set or "", -1), row.id))
        for row in peers:
            test = ns.col(f"{OVERRIDE}{row.id}").fill_null(False)
            if row.effect.set is not None:
                steps.append(_Step(test, ranks[row.effect.set], row.id))
            else:
                steps.append(_Step(test, _NOT_GRADED_RANK, f"not graded: {row.id}"))
        for row in peers:
            if row.missing == "withhold":
                test = ns.col(f"{OVERRIDE}{row.id}").is_null()
                steps.append(_Step(test, _WITHHELD_RANK, WITHHELD))
    bounds = [row for row in rows if row.effect.cap is not None or row.effect.shift is not None]
    unknown = [
        ns.col(f"{OVERRIDE}{row.id}").is_null() for row in bounds if row.missing == "withhold"
    ]
    unknown += [
        ns.col(f"{REQUIRES}{grade.id}").is_null()
        for grade in rubric.grades
        if grade.requires_missing == "withhold"
    ]
    if rubric.aggregate != "none":
        unknown.append(ns.col("earned").is_null())
    if unknown:
        steps.append(_Step(reduce(or_, unknown), _WITHHELD_RANK, WITHHELD))
    return steps


def _by_score(rubric: Rubric, ns: Namespace[E]) -> E:
    """Rank the score gives: the first grade whose cut-off and requirements are met."""
    cases: list[tuple[E, E]] = []
    open_grades = [(place, row) for place, row in enumerate(rubric.grades) if not row.set_only]
    for place, row in open_grades[:-1]:
        tests: list[E] = []
        if row.at_least is not None:
            tests.append(_cut(rubric, row, ns))
        if row.requires:
            tests.append(ns.col(f"{REQUIRES}{row.id}").fill_null(False))
        cases.append((reduce(and_, tests), _rank(ns, place)))
    return first_of(ns, cases, _rank(ns, open_grades[-1][0]))


def _cut(rubric: Rubric, row: GradeRow, ns: Namespace[E]) -> E:
    assert row.at_least is not None
    test = reaches(rubric, ns, ">=", Fraction(row.at_least))
    for flag, bound in row.at_least_if.items():
        other = reaches(rubric, ns, ">=", Fraction(bound))
        test = ns.when(ns.col(flag).fill_null(False)).then(other).otherwise(test)
    return test


def _bounded(rubric: Rubric, rows: Sequence[Override], ns: Namespace[E]) -> tuple[E, E]:
    """Rank after caps and shifts, and the id of the one that acted last ("score" if none)."""
    ranks = {grade.id: place for place, grade in enumerate(rubric.grades)}
    rank = ns.col("_rank")
    caps = [
        (ranks[cap], f"{OVERRIDE}{row.id}", row.id)
        for row in rows
        for cap in (row.effect.cap,)
        if cap is not None
    ]
    for row in rows:
        then = row.repair.then if row.repair is not None else None
        if then is not None and then.cap is not None:
            caps.append((ranks[then.cap], f"{EVENT_REPAIRED}{row.id}", row.id))
    caps.sort(key=lambda cap: (-cap[0], cap[2]))
    acting = [
        (ns.col(column).fill_null(False) & (rank < place), place, name)
        for place, column, name in caps
    ]
    capped = first_of(ns, [(test, _rank(ns, place)) for test, place, _ in acting], rank)
    decided = first_of(ns, [(test, ns.lit(name)) for test, _, name in acting], ns.lit("score"))
    ladder = [place for place, grade in enumerate(rubric.grades) if not grade.set_only]
    for row in rows:
        if row.effect.shift is None:
            continue
        test = ns.col(f"{OVERRIDE}{row.id}").fill_null(False)
        targets = [*ladder[row.effect.shift :], *[ladder[-1]] * row.effect.shift]
        moved = [
            (test & (capped == ns.lit(place)), _rank(ns, target))
            for place, target in zip(ladder[:-1], targets, strict=False)
        ]
        decided = ns.when(test & (capped < ladder[-1])).then(ns.lit(row.id)).otherwise(decided)
        capped = first_of(ns, moved, capped)
    return capped, decided


def _rank(ns: Namespace[E], place: int) -> E:
    return number(ns, place, ns.Int16)


def stages(
    rubric: Rubric,
    ns: Namespace[E],
    *,
    as_of: date,
    available: frozenset[str],
    labels: str | None = None,
    held: Collection[str] = (),
) -> Iterator[list[E]]:
    """Yield the named expressions added to the frame; each stage may read those before it.

    Rows `held` have their points in the frame already and are not reckoned again.
    """
    if rubric.aggregate != "none":
        yield _points(rubric, ns, as_of, held)
        yield [earned(rubric, ns).alias("earned"), possible(rubric, ns).alias("possible")]
    rows = overrides(rubric, available)
    tested = [triggered(row, rubric, ns).alias(f"{OVERRIDE}{row.id}") for row in rows]
    tested += [
        every(grade.requires, rubric, ns).alias(f"{REQUIRES}{grade.id}")
        for grade in rubric.grades
        if grade.requires
    ]
    if tested:
        yield tested
    steps = list(enumerate(_steps(rubric, rows, ns), start=1))
    taken = [(step.test, _rank(ns, place)) for place, step in steps]
    yield [
        first_of(ns, taken, _rank(ns, 0)).alias("_step"),
        _by_score(rubric, ns).alias("_rank"),
    ]
    rank, decided = _bounded(rubric, rows, ns)
    at = [(ns.col("_step") == ns.lit(place), step) for place, step in steps]
    yield [
        first_of(ns, [(test, _rank(ns, step.rank)) for test, step in at], rank).alias("_final"),
        first_of(ns, [(test, ns.lit(step.decided_by)) for test, step in at], decided).alias(
            "decided_by"
        ),
    ]
    yield _results(rubric, rows, ns, labels)
    if rubric.amounts:
        grade = ns.col("grade")
        if rubric.adjustment is not None and rubric.adjustment.column in available:
            grade = ns.coalesce(ns.col(rubric.adjustment.column), grade)
        yield [grade.alias("_grade_in_use")]
        yield [
            by_formula(rubric, amount.formula, ns, as_of).cast(ns.Int64).alias(f"{amount.id}_fen")
            for amount in rubric.amounts
        ]


def _points(rubric: Rubric, ns: Namespace[E], as_of: date, held: Collection[str]) -> list[E]:
    found = [
        points(rubric, row, ns, as_of).alias(f"{POINTS}{row.id}")
        for row in rubric.scoring
        if row.event is None and row.id not in held
    ]
    if rubric.aggregate == "deduct":
        found.append(start_score(rubric, ns).alias(f"{POINTS}start"))
    return found


def _results(
    rubric: Rubric, rows: Sequence[Override], ns: Namespace[E], labels: str | None
) -> list[E]:
    final = ns.col("_final")
    nothing = ns.lit(None, dtype=ns.String)

    def per_grade(text: Callable[[GradeRow], str]) -> E:
        pairs = [(final == ns.lit(n), ns.lit(text(row))) for n, row in enumerate(rubric.grades)]
        return first_of(ns, pairs, nothing)

    withheld, left_out = final == ns.lit(_WITHHELD_RANK), final == ns.lit(_NOT_GRADED_RANK)
    outcomes = [(withheld, ns.lit(WITHHELD)), (left_out, ns.lit(NOT_GRADED))]
    lacking = first_of(ns, _lacking(rubric, rows, ns), nothing)
    return [
        per_grade(lambda row: row.id).alias("grade"),
        per_grade(lambda row: row.labels.get(labels or "", row.label_zh)).alias("grade_label"),
        first_of(ns, outcomes, ns.lit(GRADED)).alias("outcome"),
        ns.when(withheld).then(lacking).otherwise(nothing).alias("withheld_by"),
    ]


def _lacking(rubric: Rubric, rows: Sequence[Override], ns: Namespace[E]) -> list[tuple[E, E]]:
    """Return what may withhold a grade, in the order it is named: a test and a name each."""
    found = {f"{OVERRIDE}{row.id}": row.id for row in rows if row.missing == "withhold"}
    for grade in rubric.grades:
        if grade.requires_missing == "withhold":
            found[f"{REQUIRES}{grade.id}"] = f"grade {grade.id}"
    if rubric.aggregate == "deduct":
        found[f"{POINTS}start"] = "start"
    for row in rubric.scoring:
        if row.missing == "withhold":
            found[f"{POINTS}{row.id}"] = row.id
    return [(ns.col(column).is_null(), ns.lit(name)) for column, name in found.items()]

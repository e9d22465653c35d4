"""Points and conditions -> a grade: what `evaluate` adds to a frame, stage by stage.

`stages` yields lists of named expressions; each may read the columns of those before it:

1. ``points__<row>`` for every scoring row (those of events come from `tally`);
2. ``earned`` and ``possible``;
3. ``_o__<override>``: true, false, or null where it cannot be told;
4. ``_step``, ``_rank``: which step decided, and the grade's place in the scale;
5. ``grade``, ``outcome``, ``decided_by``, ``withheld_by``; then amounts that follow from the grade.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import reduce
from operator import and_, or_
from typing import Final

from lishui_credit.expressions import Expr, Namespace
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

Stage = list[Expr]


@dataclass(frozen=True, slots=True)
class _Step:
    """One way the grade can be decided before the score: a test, the rank it gives, its name."""

    test: Expr
    rank: int
    decided_by: str


def _steps(rubric: Rubric, rows: Sequence[Override], ns: Namespace) -> list[_Step]:
    """Ways the grade is decided before the score, in the order they are tried."""
    ranks = {grade.id: place for place, grade in enumerate(rubric.grades)}
    steps: list[_Step] = []
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


def _by_score(rubric: Rubric, ns: Namespace) -> Expr:
    """Rank the score gives: the first grade whose cut-off and requirements are met."""

    def lit(rank: int) -> Expr:
        return ns.lit(rank, dtype=ns.Int16)

    chain = ns
    open_grades = [(place, row) for place, row in enumerate(rubric.grades) if not row.set_only]
    for place, row in open_grades[:-1]:
        tests: list[Expr] = []
        if row.at_least is not None:
            tests.append(_cut(rubric, row, ns))
        if row.requires:
            tests.append(ns.col(f"{REQUIRES}{row.id}").fill_null(False))
        chain = chain.when(reduce(and_, tests)).then(lit(place))
    last = lit(open_grades[-1][0])
    return last if chain is ns else chain.otherwise(last)


def _cut(rubric: Rubric, row: GradeRow, ns: Namespace) -> Expr:
    assert row.at_least is not None
    test = reaches(rubric, ns, ">=", Fraction(row.at_least))
    for flag, bound in row.at_least_if.items():
        other = reaches(rubric, ns, ">=", Fraction(bound))
        test = ns.when(ns.col(flag).fill_null(False)).then(other).otherwise(test)
    return test


def _bounded(rubric: Rubric, rows: Sequence[Override], ns: Namespace) -> tuple[Expr, Expr]:
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
    chain, named = ns, ns
    for place, column, name in caps:
        test = ns.col(column).fill_null(False) & (rank < place)
        chain = chain.when(test).then(ns.lit(place, dtype=ns.Int16))
        named = named.when(test).then(ns.lit(name))
    capped = rank if chain is ns else chain.otherwise(rank)
    decided = ns.lit("score") if named is ns else named.otherwise(ns.lit("score"))
    ladder = [place for place, grade in enumerate(rubric.grades) if not grade.set_only]
    for row in rows:
        if row.effect.shift is None:
            continue
        test = ns.col(f"{OVERRIDE}{row.id}").fill_null(False)
        moved = ns
        for at, place in enumerate(ladder[:-1]):
            target = ladder[min(at + row.effect.shift, len(ladder) - 1)]
            moved = moved.when(test & (capped == place)).then(ns.lit(target, dtype=ns.Int16))
        decided = ns.when(test & (capped < ladder[-1])).then(ns.lit(row.id)).otherwise(decided)
        capped = moved.otherwise(capped)
    return capped, decided


def _choose(ns: Namespace, pairs: Sequence[tuple[Expr, Expr]], otherwise: Expr) -> Expr:
    chain = ns
    for test, result in pairs:
        chain = chain.when(test).then(result)
    return otherwise if chain is ns else chain.otherwise(otherwise)


def stages(
    rubric: Rubric,
    ns: Namespace,
    *,
    as_of: date,
    available: frozenset[str],
    labels: str | None = None,
) -> Iterator[Stage]:
    """Yield what is added to the frame, stage by stage.

    Parameters
    ----------
    rubric : Rubric
        An edition that can grade.
    ns : module
        polars or narwhals, the one whose frame the expressions go to.
    as_of : date
        Day of grading.
    available : frozenset of str
        Columns the subjects came with.
    labels : str, optional
        Label set of the grades; the printed labels if None.

    Yields
    ------
    list of expressions
        Named; each stage may read those before it.
    """
    events = {row.id for row in rubric.scoring if row.event is not None}
    first = [
        points(rubric, row, ns, as_of).alias(f"{POINTS}{row.id}")
        for row in rubric.scoring
        if row.id not in events
    ]
    if rubric.aggregate == "deduct":
        first.append(start_score(rubric, ns).alias(f"{POINTS}start"))
    if rubric.aggregate != "none":
        yield first
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

    steps = _steps(rubric, rows, ns)

    def number(value: int) -> Expr:
        return ns.lit(value, dtype=ns.Int16)

    yield [
        _choose(
            ns,
            [(step.test, number(place)) for place, step in enumerate(steps, start=1)],
            number(0),
        ).alias("_step"),
        _by_score(rubric, ns).alias("_rank"),
    ]
    rank, decided = _bounded(rubric, rows, ns)
    at = ns.col("_step")
    yield [
        _choose(
            ns,
            [(at == place, number(step.rank)) for place, step in enumerate(steps, start=1)],
            rank,
        ).alias("_final"),
        _choose(
            ns,
            [(at == n, ns.lit(step.decided_by)) for n, step in enumerate(steps, start=1)],
            decided,
        ).alias("decided_by"),
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


def _results(rubric: Rubric, rows: Sequence[Override], ns: Namespace, labels: str | None) -> Stage:
    final = ns.col("_final")
    nothing = ns.lit(None, dtype=ns.String)

    def per_grade(text: Callable[[GradeRow], str]) -> Expr:
        pairs = [(final == n, ns.lit(text(row))) for n, row in enumerate(rubric.grades)]
        return _choose(ns, pairs, nothing)

    lacking = [
        (ns.col(f"{OVERRIDE}{row.id}").is_null(), ns.lit(row.id))
        for row in rows
        if row.missing == "withhold"
    ]
    lacking += [
        (ns.col(f"{REQUIRES}{row.id}").is_null(), ns.lit(f"grade {row.id}"))
        for row in rubric.grades
        if row.requires_missing == "withhold"
    ]
    if rubric.aggregate == "deduct":
        lacking.append((ns.col(f"{POINTS}start").is_null(), ns.lit("start")))
    lacking += [
        (ns.col(f"{POINTS}{row.id}").is_null(), ns.lit(row.id))
        for row in rubric.scoring
        if row.missing == "withhold"
    ]
    withheld = final == _WITHHELD_RANK
    return [
        per_grade(lambda row: row.id).alias("grade"),
        per_grade(lambda row: row.labels.get(labels or "", row.label_zh)).alias("grade_label"),
        _choose(
            ns,
            [
                (withheld, ns.lit(WITHHELD)),
                (final == _NOT_GRADED_RANK, ns.lit(NOT_GRADED)),
            ],
            ns.lit(GRADED),
        ).alias("outcome"),
        ns.when(withheld)
        .then(_choose(ns, lacking, nothing))
        .otherwise(nothing)
        .alias("withheld_by"),
    ]

"""Rows of an edition -> named expressions: points, totals, overrides, grades.

Every builder takes the expression namespace (polars or narwhals) and uses element-wise verbs only,
so one code path serves every engine. Integers only; a null is decided before any comparison.
`stages` lists what `evaluate` adds to a frame, in order:

1. ``points__<row>`` for every scoring row (those of events come from `events.tally`);
2. ``earned`` and ``possible``;
3. ``_o__<override>``: true, false, or null where it cannot be told;
4. ``_step``, ``_rank``: which step decided, and the grade's place in the scale;
5. ``grade``, ``outcome``, ``decided_by``, ``withheld_by``; then amounts that follow from the grade.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import reduce
from operator import add, and_, or_
from typing import Final

from lishui_credit.columns import dictionary
from lishui_credit.points import INT64_MAX, Expr, Namespace, compare
from lishui_credit.rubrics import tables
from lishui_credit.rubrics.formulas import FORMULAS, rounded
from lishui_credit.rubrics.rubric import (
    Condition,
    FormulaRule,
    GradeRow,
    Indicator,
    Override,
    Rubric,
)

POINTS: Final = "points__"
_OVERRIDE: Final = "_o__"
_REQUIRES: Final = "_q__"
EVENT_OPEN: Final = "_event__"
EVENT_REPAIRED: Final = "_repaired__"

GRADED: Final = "graded"
WITHHELD: Final = "withheld"
NOT_GRADED: Final = "not_graded"

_WITHHELD_RANK: Final = -1
_NOT_GRADED_RANK: Final = -2

Stage = list[Expr]


@dataclass(frozen=True, slots=True)
class _Step:
    """One way the grade can be decided before the score: a test, the rank it gives, its name."""

    test: Expr
    rank: int
    decided_by: str


def needed_columns(rubric: Rubric) -> dict[str, bool]:
    """Return every subject column the edition reads, and whether it must be there.

    A column must be there when its absence would withhold every grade.

    Parameters
    ----------
    rubric : Rubric
        An edition that can grade.

    Returns
    -------
    dict of str to bool
        Column id to required, in the order of the edition.
    """
    needed: dict[str, bool] = {rubric.subject_id: True}

    def note(names: Iterable[str | None], required: bool) -> None:
        for name in names:
            if name is not None:
                needed[name] = needed.get(name, False) or required

    if rubric.bases is not None:
        note([rubric.bases.key], True)
    for row in rubric.scoring:
        required = row.missing == "withhold"
        parts = [part for term in row.mix for part in (term.column, term.over)]
        note([row.column, row.over, *parts], required and row.judged is None)
        note([row.judged], False)
        if row.formula is not None:
            first, *rest = FORMULAS[row.formula.name].columns
            note([first], required)
            note(rest, False)
    for override in rubric.active_overrides:
        note([override.column], override.missing == "withhold")
        for condition in override.when:
            note([condition.column, condition.over], override.missing == "withhold")
    for grade in rubric.grades:
        note(grade.at_least_if, False)
        for condition in grade.requires:
            required = grade.requires_missing == "withhold"
            note([condition.column, condition.over], required)
    if rubric.start is not None:
        for start in rubric.start.rows:
            for condition in start.when:
                note([condition.column, condition.over], rubric.start.missing == "withhold")
        if rubric.start.bonus is not None:
            note([rubric.start.bonus.column], False)
    for amount in rubric.amounts:
        note(FORMULAS[amount.formula.name].columns, False)
    if rubric.adjustment is not None:
        note([rubric.adjustment.column], False)
    note([*rubric.carries, "synthetic"], False)
    return needed


# ---- points -----------------------------------------------------------------------------------


def _share(rubric: Rubric, row: Indicator, ns: Namespace) -> Expr:
    """Points in proportion to a benchmark; see `rubric.Share`."""
    assert row.share is not None
    assert row.share.benchmark is not None
    assert row.max_points is not None
    value = tables.value(row.column, row.over, row.mix)
    most = tables.units(row.max_points, tables.row_unit(rubric, row))
    mark = Fraction(row.share.benchmark)
    top_most, down_most = value.bound()
    widest = 4 * most * max(top_most * mark.denominator, down_most * mark.numerator)
    top, down = value.fraction(ns, wide=widest > INT64_MAX)
    nothing = ns.lit(tables.missing_points(rubric, row), dtype=ns.Int32)
    full = ns.lit(most, dtype=ns.Int32)
    if row.share.direction == "higher":
        met = compare(top, down, ">=", mark)
        part, whole = top * (most * mark.denominator), down * mark.numerator
    else:
        met = compare(top, down, "<=", mark)
        part, whole = down * (most * mark.numerator), top * mark.denominator
    share = (part * 2 + whole) // (whole * 2)
    return (
        ns.when(~value.known(ns))
        .then(nothing)
        .when(met)
        .then(full)
        .when(top <= 0)
        .then(ns.lit(0, dtype=ns.Int32))
        .otherwise(share.cast(ns.Int32))
    )


def _formula(rubric: Rubric, rule: FormulaRule, ns: Namespace, as_of: date) -> Expr:
    params = {**rubric.choice_values(), **rule.params}
    return FORMULAS[rule.name].function(ns, params, rubric.point_unit, as_of)


def points(rubric: Rubric, row: Indicator, ns: Namespace, as_of: date) -> Expr:
    """Return the expression of one scoring row's points, Int32 in the edition's unit.

    Parameters
    ----------
    rubric : Rubric
        The edition.
    row : Indicator
        One of ``rubric.scoring`` that is not scored by events.
    ns : module
        polars or narwhals.
    as_of : date
        Day of grading, for formulas that read it.

    Returns
    -------
    expression
        Null where the row withholds the grade.
    """
    if row.formula is not None:
        found = _formula(rubric, row.formula, ns, as_of)
        lacking = tables.missing_points(rubric, row)
        result = ns.when(found.is_null()).then(ns.lit(lacking, dtype=ns.Int32)).otherwise(found)
    elif row.share is not None:
        result = _share(rubric, row, ns)
    else:
        result = tables.points_table(rubric, row).expr(ns)
    if row.judged is not None:
        unit = tables.row_unit(rubric, row)
        figure = (ns.col(row.judged).cast(ns.Int64) * unit).cast(ns.Int32)
        scale = dictionary()[row.judged].per_unit
        if scale != 1:
            figure = rounded(ns, ns.col(row.judged).cast(ns.Int64) * unit, scale).cast(ns.Int32)
        result = ns.when(ns.col(row.judged).is_null()).then(result).otherwise(figure)
    if rubric.aggregate == "weighted":
        result = result * ns.lit(row.weight or 0, dtype=ns.Int32)
    return result


def _start(rubric: Rubric, ns: Namespace) -> Expr:
    assert rubric.start is not None
    unit = rubric.point_unit

    def lit(value: int | None) -> Expr:
        return ns.lit(value, dtype=ns.Int32)

    chain = ns
    for row in rubric.start.rows:
        value = tables.units(row.points, unit)
        if not row.when:
            result = chain.otherwise(lit(value)) if chain is not ns else lit(value)
            break
        test = every(row.when, rubric, ns)
        if rubric.start.missing == "withhold":
            chain = chain.when(test.is_null()).then(lit(None))
        chain = chain.when(test).then(lit(value))
    bonus = rubric.start.bonus
    if bonus is not None:
        each, most = tables.units(bonus.points_each, unit), tables.units(bonus.at_most, unit)
        extra = (ns.col(bonus.column).fill_null(0) * each).cast(ns.Int32)
        total = result + extra
        result = ns.when(total > most).then(lit(most)).otherwise(total)
    return result


def earned(rubric: Rubric, ns: Namespace) -> Expr:
    """Return the total in the edition's unit: a fold of the points, null if any is null."""
    columns = [ns.col(f"{POINTS}{row.id}") for row in rubric.scoring]
    if rubric.aggregate == "worst":
        return reduce(lambda a, b: ns.when(b < a).then(b).otherwise(a), columns) + reduce(
            add, [column * 0 for column in columns]
        )
    if rubric.aggregate == "deduct":
        columns.insert(0, ns.col(f"{POINTS}start"))
    return reduce(add, columns)


def possible(rubric: Rubric, ns: Namespace) -> Expr:
    """Return what the rows that apply could earn at most, in the edition's unit."""
    total = ns.lit(tables.reachable(rubric), dtype=ns.Int32)
    for row in rubric.scoring:
        if row.missing == "exclude":
            known = _row_known(rubric, row, ns)
            total = total - ns.when(known).then(ns.lit(0, dtype=ns.Int32)).otherwise(
                ns.lit(tables.best(rubric, row), dtype=ns.Int32)
            )
    return total


def _row_known(rubric: Rubric, row: Indicator, ns: Namespace) -> Expr:
    if row.formula is not None:
        known = ~ns.col(FORMULAS[row.formula.name].columns[0]).is_null()
    else:
        known = tables.value(row.column, row.over, row.mix).known(ns)
    return known if row.judged is None else known | ~ns.col(row.judged).is_null()


def partial(rubric: Rubric) -> bool:
    """Tell whether scores must be set against what is possible rather than read as they are."""
    if rubric.aggregate not in ("sum", "weighted"):
        return False
    whole = tables.reachable(rubric) == tables.nominal(rubric)
    return not whole or any(row.missing == "exclude" for row in rubric.scoring)


def _reaches(rubric: Rubric, ns: Namespace, sign: str, bound: Fraction) -> Expr:
    """Test the total against a printed cut-off, as a share of what is possible where needed."""
    total, cut = ns.col("earned").cast(ns.Int64), bound * rubric.point_unit
    if partial(rubric):
        return compare(total * tables.nominal(rubric), ns.col("possible").cast(ns.Int64), sign, cut)
    return compare(total, 1, sign, cut)


# ---- conditions -------------------------------------------------------------------------------


def _tests(condition: Condition) -> Iterator[tuple[str, Fraction]]:
    for sign, bound in (
        (">=", condition.at_least),
        (">", condition.above),
        ("<", condition.below),
        ("<=", condition.at_most),
    ):
        if bound is not None:
            yield sign, Fraction(bound)


def holds(condition: Condition, rubric: Rubric, ns: Namespace) -> Expr:
    """Return whether a condition holds: true, false, or null where it cannot be told."""
    parts: list[Expr] = []
    if condition.score:
        parts = [_reaches(rubric, ns, sign, bound) for sign, bound in _tests(condition)]
        known = ~ns.col("earned").is_null()
    elif condition.points is not None:
        row = rubric.indicator(condition.points)
        unit = rubric.point_unit if rubric.aggregate != "weighted" else (row.weight or 1)
        cell = ns.col(f"{POINTS}{row.id}").cast(ns.Int64)
        parts = [compare(cell, unit, sign, bound) for sign, bound in _tests(condition)]
        known = ~cell.is_null()
    else:
        assert condition.column is not None
        kind = dictionary()[condition.column].type
        cell = ns.col(condition.column)
        if condition.over is None:
            known = ~cell.is_null()
        else:
            known = tables.value(condition.column, condition.over).known(ns)
        if isinstance(condition.equals, bool):
            parts.append(cell if condition.equals else ~cell)
        elif condition.equals is not None:
            parts.append(cell == ns.lit(condition.equals))
        if condition.one_of:
            parts.append(cell.is_in(list(condition.one_of)))
        if kind not in ("flag", "level", "text", "date"):
            value = tables.value(condition.column, condition.over)
            top_most, down_most = value.bound()
            sides = [1] + [max(b.denominator, abs(b.numerator)) for _, b in _tests(condition)]
            wide = max(top_most, down_most) * max(sides) > INT64_MAX
            top, down = value.fraction(ns, wide=wide)
            parts += [compare(top, down, sign, bound) for sign, bound in _tests(condition)]
    whole = reduce(and_, parts)
    return ns.when(known).then(whole).otherwise(ns.lit(None, dtype=ns.Boolean))


def every(conditions: Sequence[Condition], rubric: Rubric, ns: Namespace) -> Expr:
    """Return whether all conditions hold; one that is false settles it, else null spreads."""
    return reduce(and_, [holds(condition, rubric, ns) for condition in conditions])


def _override(row: Override, rubric: Rubric, ns: Namespace) -> Expr:
    if row.event is not None:
        return ns.col(f"{EVENT_OPEN}{row.id}")
    if row.column is not None:
        return ns.col(row.column)
    return every(row.when, rubric, ns)


def overrides(rubric: Rubric, available: frozenset[str]) -> tuple[Override, ...]:
    """Return the overrides that can be tested with the columns at hand.

    One whose column was never collected and whose null counts as "no" is left out, and reported
    by `unchecked`.
    """
    return tuple(
        row
        for row in rubric.active_overrides
        if row.missing == "withhold" or _override_columns(row) <= available
    )


def unchecked(rubric: Rubric, available: frozenset[str]) -> tuple[Override, ...]:
    """Return the overrides no column at hand can tell anything about."""
    kept = {row.id for row in overrides(rubric, available)}
    return tuple(row for row in rubric.active_overrides if row.id not in kept)


def _override_columns(row: Override) -> frozenset[str]:
    names = {row.column} | {c.column for c in row.when} | {c.over for c in row.when}
    return frozenset(name for name in names if name is not None)


# ---- grades -----------------------------------------------------------------------------------


def _steps(rubric: Rubric, rows: Sequence[Override], ns: Namespace) -> list[_Step]:
    """Ways the grade is decided before the score, in the order they are tried."""
    ranks = {grade.id: place for place, grade in enumerate(rubric.grades)}
    steps: list[_Step] = []
    deciding = [row for row in rows if row.effect.set is not None or row.effect.not_graded]
    for order in sorted({row.order for row in deciding}):
        peers = [row for row in deciding if row.order == order]
        peers.sort(key=lambda row: (-ranks.get(row.effect.set or "", -1), row.id))
        for row in peers:
            test = ns.col(f"{_OVERRIDE}{row.id}").fill_null(False)
            if row.effect.set is not None:
                steps.append(_Step(test, ranks[row.effect.set], row.id))
            else:
                steps.append(_Step(test, _NOT_GRADED_RANK, f"not graded: {row.id}"))
        for row in peers:
            if row.missing == "withhold":
                test = ns.col(f"{_OVERRIDE}{row.id}").is_null()
                steps.append(_Step(test, _WITHHELD_RANK, WITHHELD))
    bounds = [row for row in rows if row.effect.cap is not None or row.effect.shift is not None]
    unknown = [
        ns.col(f"{_OVERRIDE}{row.id}").is_null() for row in bounds if row.missing == "withhold"
    ]
    unknown += [
        ns.col(f"{_REQUIRES}{grade.id}").is_null()
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
            tests.append(ns.col(f"{_REQUIRES}{row.id}").fill_null(False))
        chain = chain.when(reduce(and_, tests)).then(lit(place))
    last = lit(open_grades[-1][0])
    return last if chain is ns else chain.otherwise(last)


def _cut(rubric: Rubric, row: GradeRow, ns: Namespace) -> Expr:
    assert row.at_least is not None
    test = _reaches(rubric, ns, ">=", Fraction(row.at_least))
    for flag, bound in row.at_least_if.items():
        other = _reaches(rubric, ns, ">=", Fraction(bound))
        test = ns.when(ns.col(flag).fill_null(False)).then(other).otherwise(test)
    return test


def _bounded(rubric: Rubric, rows: Sequence[Override], ns: Namespace) -> tuple[Expr, Expr]:
    """Rank after caps and shifts, and the id of the one that acted last ("score" if none)."""
    ranks = {grade.id: place for place, grade in enumerate(rubric.grades)}
    rank = ns.col("_rank")
    caps = [
        (ranks[cap], f"{_OVERRIDE}{row.id}", row.id)
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
        test = ns.col(f"{_OVERRIDE}{row.id}").fill_null(False)
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
        first.append(_start(rubric, ns).alias(f"{POINTS}start"))
    if rubric.aggregate != "none":
        yield first
        yield [earned(rubric, ns).alias("earned"), possible(rubric, ns).alias("possible")]

    rows = overrides(rubric, available)
    tested = [_override(row, rubric, ns).alias(f"{_OVERRIDE}{row.id}") for row in rows]
    tested += [
        every(grade.requires, rubric, ns).alias(f"{_REQUIRES}{grade.id}")
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
            _formula(rubric, amount.formula, ns, as_of).cast(ns.Int64).alias(f"{amount.id}_fen")
            for amount in rubric.amounts
        ]


def _results(rubric: Rubric, rows: Sequence[Override], ns: Namespace, labels: str | None) -> Stage:
    final = ns.col("_final")
    nothing = ns.lit(None, dtype=ns.String)

    def per_grade(text: Callable[[GradeRow], str]) -> Expr:
        pairs = [(final == n, ns.lit(text(row))) for n, row in enumerate(rubric.grades)]
        return _choose(ns, pairs, nothing)

    lacking = [
        (ns.col(f"{_OVERRIDE}{row.id}").is_null(), ns.lit(row.id))
        for row in rows
        if row.missing == "withhold"
    ]
    lacking += [
        (ns.col(f"{_REQUIRES}{row.id}").is_null(), ns.lit(f"grade {row.id}"))
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

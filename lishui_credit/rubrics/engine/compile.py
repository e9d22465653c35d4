"""Rows of an edition -> named expressions: points, totals, conditions, overrides.

Every builder takes the expression namespace (polars or narwhals) and uses element-wise verbs only,
so one code path serves every engine. Integers only; a null is decided before any comparison.
Nothing here decides a grade: `stages` puts these expressions in order and does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from functools import reduce
from operator import add, and_
from typing import Final

from lishui_credit.expressions import DataType, E, Namespace, first_of, number
from lishui_credit.points import INT64_MAX, compare, rounded
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.formulas import FORMULAS
from lishui_credit.rubrics.law.rubric import Condition, FormulaRule, Indicator, Override, Rubric
from lishui_credit.tables.columns import Column, dictionary

POINTS: Final = "points__"
OVERRIDE: Final = "_o__"
REQUIRES: Final = "_q__"
EVENT_OPEN: Final = "_event__"
EVENT_REPAIRED: Final = "_repaired__"

GRADED: Final = "graded"
WITHHELD: Final = "withheld"
NOT_GRADED: Final = "not_graded"
REJECTED_EVENT: Final = "rejected_event"  # withholds a subject whose record is not whole


def dtype(column: Column, ns: Namespace[E]) -> DataType:
    """Return the type of an engine that a column is held in."""
    if column.numeric:
        return ns.Int64
    return {"flag": ns.Boolean, "date": ns.Date}.get(column.type, ns.String)


def needed_columns(rubric: Rubric) -> dict[str, bool]:
    """Return every subject column the edition reads, and whether grades need it."""
    # Needed is what would withhold every grade if the column were absent.
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
        # Where an empty cell settles a condition, the others are needed of some subjects only.
        settled = any(condition.missing == "no" for condition in override.when)
        for condition in override.when:
            needed_of_all = override.missing == "withhold" and not settled
            note([condition.column, condition.over], needed_of_all)
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


def row_columns(row: Indicator) -> tuple[str, ...]:
    """Return the subject columns one row reads, each once."""
    terms = [name for term in row.mix for name in (term.column, term.over)]
    formula = FORMULAS[row.formula.name].columns if row.formula is not None else ()
    read = (row.column, row.over, row.judged, *terms, *formula)
    return tuple(dict.fromkeys(name for name in read if name is not None))


# ---- points -----------------------------------------------------------------------------------


def _share(rubric: Rubric, row: Indicator, ns: Namespace[E]) -> E:
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
    part: E
    whole: E | int
    nothing = number(ns, tables.missing_points(rubric, row), ns.Int32)
    full = number(ns, most, ns.Int32)
    if row.share.direction == "higher":
        met = compare(top, down, ">=", mark)
        part, whole = top * (most * mark.denominator), down * mark.numerator
    else:
        met = compare(top, down, "<=", mark)
        over = number(ns, down, ns.Int64) if isinstance(down, int) else down
        part, whole = over * (most * mark.numerator), top * mark.denominator
    share = rounded(ns, part, whole, signed=False)
    none = number(ns, 0, ns.Int32)
    cases = [(~value.known(ns), nothing), (met, full), (top <= 0, none)]
    return first_of(ns, cases, share.cast(ns.Int32))


def by_formula(rubric: Rubric, rule: FormulaRule, ns: Namespace[E], as_of: date) -> E:
    """Return the expression of a named formula; see `formulas`."""
    params = {**rubric.choice_values(), **rule.params}
    return FORMULAS[rule.name].function(ns, params, rubric.point_unit, as_of)


def points(rubric: Rubric, row: Indicator, ns: Namespace[E], as_of: date) -> E:
    """Return the expression of one scoring row's points, Int32 in the edition's unit."""
    if row.formula is not None:
        found = by_formula(rubric, row.formula, ns, as_of)
        lacking = tables.missing_points(rubric, row)
        result = ns.when(found.is_null()).then(number(ns, lacking, ns.Int32)).otherwise(found)
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
        result = result * number(ns, row.weight or 0, ns.Int32)
    return result


def start_score(rubric: Rubric, ns: Namespace[E]) -> E:
    """Return the start score of a deducting rubric, null where it cannot be told."""
    assert rubric.start is not None
    unit = rubric.point_unit

    def lit(value: int | None) -> E:
        return number(ns, value, ns.Int32)

    *conditional, last = rubric.start.rows
    cases: list[tuple[E, E]] = []
    for row in conditional:
        test = every(row.when, rubric, ns)
        if rubric.start.missing == "withhold":
            cases.append((test.is_null(), lit(None)))
        cases.append((test, lit(tables.units(row.points, unit))))
    result = first_of(ns, cases, lit(tables.units(last.points, unit)))
    bonus = rubric.start.bonus
    if bonus is not None:
        each, most = tables.units(bonus.points_each, unit), tables.units(bonus.at_most, unit)
        extra = (ns.col(bonus.column).fill_null(0) * each).cast(ns.Int32)
        total = result + extra
        result = ns.when(total > most).then(lit(most)).otherwise(total)
    return result


def earned(rubric: Rubric, ns: Namespace[E]) -> E:
    """Return the total in the edition's unit: a fold of the points, null if any is null."""
    columns = [ns.col(f"{POINTS}{row.id}") for row in rubric.scoring]
    if rubric.aggregate == "worst":
        return reduce(lambda a, b: ns.when(b < a).then(b).otherwise(a), columns) + reduce(
            add, [column * 0 for column in columns]
        )
    if rubric.aggregate == "deduct":
        columns.insert(0, ns.col(f"{POINTS}start"))
    return reduce(add, columns)


def possible(rubric: Rubric, ns: Namespace[E]) -> E:
    """Return what the rows that apply could earn at most, in the edition's unit."""
    total = number(ns, tables.reachable(rubric), ns.Int32)
    for row in rubric.scoring:
        if row.missing == "exclude":
            known = _row_known(rubric, row, ns)
            total = total - ns.when(known).then(number(ns, 0, ns.Int32)).otherwise(
                number(ns, tables.best(rubric, row), ns.Int32)
            )
    return total


def _row_known(rubric: Rubric, row: Indicator, ns: Namespace[E]) -> E:
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


def reaches(rubric: Rubric, ns: Namespace[E], sign: str, bound: Fraction) -> E:
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


def holds(condition: Condition, rubric: Rubric, ns: Namespace[E]) -> E:
    """Return whether a condition holds: true, false, or null where it cannot be told."""
    parts: list[E] = []
    if condition.score:
        parts = [reaches(rubric, ns, sign, bound) for sign, bound in _tests(condition)]
        known = ~ns.col("earned").is_null()
    elif condition.points is not None:
        row = rubric.indicator(condition.points)
        unit = tables.held_unit(rubric, row)
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
    lacking = ns.lit(False if condition.missing == "no" else None, dtype=ns.Boolean)
    return ns.when(known).then(whole).otherwise(lacking)


def every(conditions: Sequence[Condition], rubric: Rubric, ns: Namespace[E]) -> E:
    """Return whether all conditions hold; one that is false settles it, else null spreads."""
    return reduce(and_, [holds(condition, rubric, ns) for condition in conditions])


def triggered(row: Override, rubric: Rubric, ns: Namespace[E]) -> E:
    """Return whether an override applies: true, false, or null where it cannot be told."""
    if row.event is not None:
        return ns.col(f"{EVENT_OPEN}{row.id}")
    if row.column is not None:
        return ns.col(row.column)
    return every(row.when, rubric, ns)


def overrides(rubric: Rubric, available: frozenset[str]) -> tuple[Override, ...]:
    """Return the overrides that the columns at hand can test; `unchecked` returns the others."""
    # One whose column was never collected and whose null counts as "no" is left out.
    return tuple(
        row
        for row in rubric.active_overrides
        if row.missing == "withhold" or override_columns(row) <= available
    )


def unchecked(rubric: Rubric, available: frozenset[str]) -> tuple[Override, ...]:
    """Return the overrides no column at hand can tell anything about."""
    kept = {row.id for row in overrides(rubric, available)}
    return tuple(row for row in rubric.active_overrides if row.id not in kept)


def favourable_columns(rubric: Rubric) -> tuple[str, ...]:
    """Return the columns of override rules for which an empty cell means that the rule is not met."""
    names = [row.column for row in rubric.overrides if row.enabled and row.missing == "no"]
    for row in rubric.overrides:
        if row.enabled:
            told = [c for c in row.when if row.missing == "no" or c.missing == "no"]
            names += [name for c in told for name in (c.column, c.over)]
    return tuple(dict.fromkeys(name for name in names if name is not None))


def override_columns(row: Override) -> frozenset[str]:
    """Return the columns an override reads."""
    names = {row.column} | {c.column for c in row.when} | {c.over for c in row.when}
    return frozenset(name for name in names if name is not None)

"""From a row as printed to the integer tables of `points`: `Indicator` -> `PointsTable`.

Also the small arithmetic every reader of an edition needs: best possible points of a row, what a
missing value costs, what the rows of an edition can reach together.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from lishui_credit.citation import Evidence
from lishui_credit.points import Band, Level, PointsTable, Term, Value
from lishui_credit.rubrics.law.event_rules import Number
from lishui_credit.rubrics.law.rubric import BandRow, Indicator, MixTerm, Rubric
from lishui_credit.tables.columns import Column, dictionary


@lru_cache(maxsize=4096)  # an edition has few numbers, and proofs and sums ask for them often
def units(value: Number, point_unit: int) -> int:
    """Return printed points as integers of the edition's unit; ValueError for finer points."""
    exact = Fraction(value) * point_unit
    if exact.denominator != 1:
        raise ValueError(f"{value} is finer than 1/{point_unit} point")
    return int(exact)


def row_unit(rubric: Rubric, row: Indicator) -> int:
    """Integers per printed point of one row's own table: 1 where weights multiply it later."""
    return 1 if rubric.aggregate == "weighted" else rubric.point_unit


def times(rubric: Rubric, row: Indicator) -> int:
    """What the points of a row's own table are multiplied by in the total: its weight, or 1."""
    return row.weight or 1 if rubric.aggregate == "weighted" else 1


def held_unit(rubric: Rubric, row: Indicator) -> int:
    """Integers per printed point of a row where its points are held, weight included."""
    return row_unit(rubric, row) * times(rubric, row)


def term(column_id: str, over: str | None = None, weight: Number = 1) -> Term:
    """Return the `Term` of one or two dictionary columns."""
    known = dictionary()
    top = known[column_id]
    down: Column | None = known[over] if over else None
    return Term(
        column=column_id,
        over=over,
        weight=Fraction(weight),
        per_unit=top.per_unit,
        over_per_unit=down.per_unit if down else 1,
        largest=top.largest if top.numeric else 1,
        over_largest=down.largest if down else 1,
    )


def value(column_id: str | None, over: str | None, mix: tuple[MixTerm, ...] = ()) -> Value:
    """Return the `Value` a row or condition reads."""
    if mix:
        return Value(tuple(term(part.column, part.over, part.weight) for part in mix))
    assert column_id is not None
    return Value((term(column_id, over),))


def band(row: BandRow, unit: int, *, linear: bool = False) -> Band:
    """Return the integer band of a printed one; without points of its own its range counts its top."""
    if row.at_least is not None:
        lower, lower_closed = Fraction(row.at_least), True
    elif row.above is not None:
        lower, lower_closed = Fraction(row.above), False
    else:
        lower, lower_closed = None, True
    if row.at_most is not None:
        upper, upper_closed = Fraction(row.at_most), True
    elif row.below is not None:
        upper, upper_closed = Fraction(row.below), False
    else:
        upper, upper_closed = None, False
    placed = linear and row.range is not None and lower is not None and upper is not None
    if placed and row.range is not None:
        points, points_to = (units(end, unit) for end in row.range)
        return Band(
            points=points,
            points_to=points_to,
            lower=lower,
            lower_closed=lower_closed,
            upper=upper,
            upper_closed=upper_closed,
        )
    assert row.points is not None
    return Band(
        points=units(row.points, unit),
        lower=lower,
        lower_closed=lower_closed,
        upper=upper,
        upper_closed=upper_closed,
    )


def best(rubric: Rubric, row: Indicator) -> int:
    """Return the most a row can add to the total, in the edition's unit."""
    unit = row_unit(rubric, row)
    reach: list[Number] = []
    if row.max_points is not None:
        reach = [row.max_points]
    elif row.bands:
        for entry in row.bands:
            if rubric.taken(entry.choice):
                reach.extend(entry.range or ())
                reach.extend(() if entry.points is None else (entry.points,))
    else:
        reach.extend(row.levels.values())
        for low, high in row.ranges.values():
            reach.extend((low, high))
    if rubric.aggregate == "weighted" and not reach:
        reach = [100]
    top = max((units(points, unit) for points in reach), default=0)
    return max(top, 0) * times(rubric, row)


def missing_points(rubric: Rubric, row: Indicator) -> int | None:
    """Return what a missing value earns in the row's own unit; None where it stays missing."""
    if row.missing == "full":
        return best(rubric, row) // times(rubric, row)
    return None if row.missing == "withhold" else 0


def points_table(rubric: Rubric, row: Indicator) -> PointsTable:
    """Return the integer table, in `row_unit`, of a row with bands or levels."""
    unit = row_unit(rubric, row)
    bands = tuple(
        band(entry, unit, linear=row.place == "linear")
        for entry in row.bands
        if rubric.taken(entry.choice)
    )
    levels = tuple(
        Level(value=_level(row, key), points=units(points, unit))
        for key, points in row.levels.items()
    )
    return PointsTable(
        value=value(row.column, row.over, row.mix),
        bands=bands,
        levels=levels,
        missing=missing_points(rubric, row),
    )


def _level(row: Indicator, key: str) -> str | bool:
    assert row.column is not None
    if dictionary()[row.column].type == "flag":
        return key == "true"
    return key


def reachable(rubric: Rubric) -> int:
    """Return the most all scoring rows can add up to, in the edition's unit."""
    return sum(best(rubric, row) for row in rubric.scoring)


def nominal(rubric: Rubric) -> int:
    """Return the printed total: all rows switched on, those whose points are unknown included."""
    return sum(best(rubric, row) for row in rubric.indicators if row.enabled)


def printed(points: int, point_unit: int) -> str:
    """Return integer points as people print them.

    Examples
    --------
    >>> printed(547, 10), printed(-300, 100), printed(85, 1)
    ('54.7', '-3', '85')
    """
    sign = "-" if points < 0 else ""
    whole, rest = divmod(abs(points), point_unit)
    if not rest:
        return f"{sign}{whole}"
    digits = len(str(point_unit)) - 1
    return f"{sign}{whole}.{rest:0{digits}d}".rstrip("0")


def by_evidence(rubric: Rubric) -> dict[Evidence, int]:
    """Return how many points the scoring rows can move, by evidence level, in the edition's unit.

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> sorted(by_evidence(rubric("environment-credit", on="2016-01-01")))[:1]
    ['copy']
    """
    shares: dict[Evidence, int] = {}
    for row in rubric.scoring:
        if row.event is not None and row.event.deduct is not None:
            weight = units(row.event.deduct, rubric.point_unit)
        elif rubric.aggregate == "deduct":
            weight = max((abs(units(p, rubric.point_unit)) for p in row.levels.values()), default=0)
        else:
            weight = best(rubric, row)
        shares[row.evidence] = shares.get(row.evidence, 0) + weight
    return shares

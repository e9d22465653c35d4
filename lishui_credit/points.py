"""Value to integer points: `PointsTable`, decreed by a regulation or learned from outcomes.

A table reads a `Value` (a column, a ratio of two, or a weighted sum of ratios), finds the first
`Band` or the `Level` it falls in and gives that band's points. Ratios are never divided: bounds
are cross-multiplied in integers, so the same points come out on every engine. A column of measured
doubles is compared as it stands, with bounds that are doubles too. A missing value is decided
before any comparison, a NaN is one.

Builders take the expression namespace (``polars`` or ``narwhals``) and use element-wise verbs
only.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import floor, gcd, prod
from operator import add, and_
from typing import Any, Final, Literal

import polars as pl

from lishui_credit.expressions import Expr, Namespace

INT64_MAX: Final = 2**63 - 1
INT128_MAX: Final = 2**127 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """``weight * column / over``, both held as integers.

    Parameters
    ----------
    column, over : str, str or None
        Column ids; None divides by nothing.
    weight : Fraction, default 1
        Factor.
    per_unit, over_per_unit : int
        Integers per printed unit of either column.
    largest, over_largest : int
        Largest absolute integers the columns may hold.
    """

    column: str
    over: str | None = None
    weight: Fraction = Fraction(1)
    per_unit: int = 1
    over_per_unit: int = 1
    largest: int = 10**12
    over_largest: int = 10**12


@dataclass(frozen=True, slots=True)
class Value:
    """What a table reads: a sum of terms, kept as numerator and denominator.

    Parameters
    ----------
    terms : tuple of Term
        At least one.
    kind : {"exact", "real", "text", "coded"}
        How the column is compared: integers, exactly (the only kind a published rubric uses);
        one column of doubles; one column as text; one column of whole numbers that stand for
        categories, as text without a decimal part.
    """

    terms: tuple[Term, ...]
    kind: Literal["exact", "real", "text", "coded"] = "exact"

    @property
    def columns(self) -> tuple[str, ...]:
        """Column ids read, each once."""
        names = [name for term in self.terms for name in (term.column, term.over) if name]
        return tuple(dict.fromkeys(names))

    def _factors(self) -> tuple[tuple[int, ...], int]:
        """Integer factor of each numerator, and the constant part of the common denominator."""
        raw = [term.weight * Fraction(term.over_per_unit, term.per_unit) for term in self.terms]
        common = reduce(lambda a, b: a * b // gcd(a, b), (f.denominator for f in raw), 1)
        return tuple(int(f * common) for f in raw), common

    def bound(self) -> tuple[int, int]:
        """Largest absolute numerator and denominator."""
        if self.kind != "exact":
            return 0, 1
        factors, constant = self._factors()
        overs = [term.over_largest if term.over else 1 for term in self.terms]
        whole = prod(overs)
        top = sum(
            abs(factor) * term.largest * (whole // over)
            for factor, term, over in zip(factors, self.terms, overs, strict=True)
        )
        return top, constant * whole

    def known(self, ns: Namespace) -> Expr:
        """Expression: no column is null, and no divisor is negative or a zero under a positive."""
        if self.kind == "real":
            cell = ns.col(self.columns[0])
            return ~cell.is_null() & ~cell.cast(ns.Float64).is_nan()
        tests = [~ns.col(name).is_null() for name in self.columns]
        for term in self.terms:
            if term.over:
                over, top = ns.col(term.over), ns.col(term.column)
                tests.append((over > 0) | ((over == 0) & (top <= 0)))
        return reduce(and_, tests)

    def cell(self, ns: Namespace) -> Expr:
        """Return the one column a category or a measure reads, as it is compared."""
        cell = ns.col(self.columns[0])
        if self.kind == "exact":
            return cell
        if self.kind == "real":
            return cell.cast(ns.Float64)
        text = cell.cast(ns.String)
        return text.str.replace(r"\.0+$", "") if self.kind == "coded" else text

    def fraction(self, ns: Namespace, wide: bool = False) -> tuple[Expr, Expr | int]:
        """Return numerator and denominator (an int where constant), both exact.

        Parameters
        ----------
        ns : module
            polars or narwhals.
        wide : bool
            Compute in 128-bit integers.
        """
        kind = ns.Int128 if wide else ns.Int64
        factors, constant = self._factors()

        def read(name: str) -> Expr:
            return ns.col(name).cast(kind)

        def divisor(term: Term) -> Expr:
            # A zero under a numerator of at most zero keeps its sign with any divisor; `known`
            # has ruled out every other zero.
            over = read(str(term.over))
            return ns.when(over == 0).then(ns.lit(1, dtype=kind)).otherwise(over)

        overs = [divisor(term) if term.over else None for term in self.terms]
        tops = []
        for place, (factor, term) in enumerate(zip(factors, self.terms, strict=True)):
            top = read(term.column)
            if factor != 1:
                top = top * factor
            for other, over in enumerate(overs):
                if other != place and over is not None:
                    top = top * over
            tops.append(top)
        down: Expr | int = constant
        for over in overs:
            if over is not None:
                down = over if isinstance(down, int) and down == 1 else down * over
        return reduce(add, tops), down


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One band of values and its points.

    Parameters
    ----------
    points : int
        Points in the table's unit; at `lower` when `points_to` is given.
    lower, upper : Fraction, optional
        Bounds in the printed unit of the value; None where open.
    lower_closed, upper_closed : bool
        Whether the bound itself belongs to the band.
    points_to : int, optional
        Points at `upper`: between the two the points run straight, rounded down, so that full
        points are for the full value only.
    """

    points: int
    lower: Fraction | None = None
    lower_closed: bool = True
    upper: Fraction | None = None
    upper_closed: bool = False
    points_to: int | None = None

    def holds(self, value: Fraction) -> bool:
        """Tell whether `value` lies in the band."""
        if self.lower is not None and (
            value < self.lower or (value == self.lower and not self.lower_closed)
        ):
            return False
        return self.upper is None or (
            value < self.upper or (value == self.upper and self.upper_closed)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One value and its points: of a category, or a special code of a number."""

    value: str | bool | float
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsTable:
    """A value's points: bands of a number or levels of a category.

    Parameters
    ----------
    value : Value
        What is read; one plain column for levels.
    bands : tuple of Band
        First hit wins.
    levels : tuple of Level
        In place of bands.
    special : tuple of Level
        Codes of a number that are no quantities (-9 for "no record"), decided before the bands.
    other : int or None
        Points of a category that is not listed; None keeps it missing.
    missing : int or None
        Points of a missing value; None keeps it missing.

    Examples
    --------
    >>> table = PointsTable(
    ...     value=Value((Term(column="people"),)),
    ...     bands=(Band(points=10, lower=Fraction(3)), Band(points=3)),
    ...     missing=None,
    ... )
    >>> table.of(Fraction(3)), table.of(Fraction(2))
    (10, 3)
    >>> import polars as pl
    >>> pl.DataFrame({"people": [3, 2, None]}).select(p=table.expr(pl))["p"].to_list()
    [10, 3, None]
    """

    value: Value
    bands: tuple[Band, ...] = ()
    levels: tuple[Level, ...] = ()
    special: tuple[Level, ...] = ()
    other: int | None = None
    missing: int | None = None

    @property
    def wide(self) -> bool:
        """Whether 64-bit integers could overflow at the columns' largest values."""
        return self.heaviest > INT64_MAX

    @property
    def heaviest(self) -> int:
        """Largest absolute integer the comparisons can meet."""
        top, down = self.value.bound()
        heaviest = max(top, down)
        for band in self.bands:
            for bound in (band.lower, band.upper):
                if bound is not None:
                    heaviest = max(heaviest, top * bound.denominator, abs(bound.numerator) * down)
            if band.points_to is not None and band.lower is not None and band.upper is not None:
                top_line, down_line = _line_weights(band, top, down)
                heaviest = max(heaviest, 2 * top_line + down_line, 2 * down_line)
        return heaviest

    def of(self, value: Fraction | str | bool | None) -> int | None:
        """Return the points of one value, by exact fractions; the oracle of `expr`."""
        if value is None:
            return self.missing
        if self.levels or self.value.kind in ("text", "coded"):
            return next((row.points for row in self.levels if row.value == value), self.other)
        assert isinstance(value, Fraction)
        for code in self.special:
            if code.value == value:
                return code.points
        for band in self.bands:
            if band.holds(value):
                if band.points_to is None:
                    return band.points
                assert band.lower is not None
                assert band.upper is not None
                run = (band.points_to - band.points) * (value - band.lower)
                return band.points + floor(run / (band.upper - band.lower))
        return None

    def expr(self, ns: Namespace) -> Expr:
        """Return the expression that gives the points, an Int32 column; null stays null.

        Parameters
        ----------
        ns : module
            polars or narwhals.
        """

        def points(value: int | None) -> Expr:
            return ns.lit(value, dtype=ns.Int32)

        chain = ns.when(~self.value.known(ns)).then(points(self.missing))
        if self.levels or self.value.kind in ("text", "coded"):
            cell = self.value.cell(ns)
            for test, value in _levels(ns, cell, self.levels):
                chain = chain.when(test).then(points(value))
            return chain.otherwise(points(self.other))
        for test, value in _levels(ns, self.value.cell(ns) if self.special else None, self.special):
            chain = chain.when(test).then(points(value))
        if self.value.kind == "real":
            return _measured(ns, chain, self.value.cell(ns), self.bands)
        top, down = self.value.fraction(ns, self.wide)
        for band in self.bands:
            test = within(top, down, band)
            result = points(band.points)
            if band.points_to is not None:
                result = _line(top, down, band).cast(ns.Int32)
            if test is None:
                return chain.otherwise(result)
            chain = chain.when(test).then(result)
        return chain.otherwise(points(None))


def _levels(ns: Namespace, cell: Expr, levels: tuple[Level, ...]) -> list[tuple[Expr, int]]:
    """Return a test and its points per level; many levels of the same points are one test."""
    if not levels:
        return []
    if isinstance(levels[0].value, bool):
        return [(cell if row.value else ~cell, row.points) for row in levels]
    groups: dict[int, list[Any]] = {}
    for row in levels:
        groups.setdefault(row.points, []).append(row.value)
    return [
        (cell == ns.lit(values[0]) if len(values) == 1 else cell.is_in(values), points)
        for points, values in groups.items()
    ]


def _measured(ns: Namespace, chain: Expr, cell: Expr, bands: tuple[Band, ...]) -> Expr:
    """Add the bands of a measure to a chain; a band that starts where one ended needs no test."""
    before: Band | None = None
    for band in bands:
        tests = []
        follows = (
            before is not None
            and band.lower == before.upper
            and band.lower_closed != before.upper_closed
        )
        if band.lower is not None and not follows:
            bound = float(band.lower)
            tests.append(cell >= bound if band.lower_closed else cell > bound)
        if band.upper is not None:
            bound = float(band.upper)
            tests.append(cell <= bound if band.upper_closed else cell < bound)
        points = ns.lit(band.points, dtype=ns.Int32)
        if not tests:
            return chain.otherwise(points)
        chain = chain.when(reduce(and_, tests)).then(points)
        before = band
    return chain.otherwise(ns.lit(None, dtype=ns.Int32))


def half_away(value: Fraction) -> int:
    """Round to the nearest integer, halves away from zero.

    Examples
    --------
    >>> half_away(Fraction(-5, 2)), half_away(Fraction(5, 2)), half_away(Fraction(7, 3))
    (-3, 3, 2)
    """
    doubled = 2 * abs(value.numerator) + value.denominator
    rounded = doubled // (2 * value.denominator)
    return rounded if value >= 0 else -rounded


def compare(top: Expr, down: Expr | int, sign: str, bound: Fraction) -> Expr:
    """Return the exact test ``top / down <sign> bound``, for a positive denominator.

    Parameters
    ----------
    top, down : expression, expression or int
        Numerator and denominator.
    sign : {">=", ">", "<", "<="}
        The comparison.
    bound : Fraction
        Compared with.
    """
    left: Expr
    right: Expr | int
    if isinstance(down, int):
        exact = bound * down
        left = top if exact.denominator == 1 else top * exact.denominator
        right = exact.numerator
    else:
        left = top if bound.denominator == 1 else top * bound.denominator
        right = down * bound.numerator
    if sign == ">=":
        return left >= right
    if sign == ">":
        return left > right
    return left < right if sign == "<" else left <= right


def within(top: Expr, down: Expr | int, band: Band) -> Expr | None:
    """Return the exact test that a value lies in a band; None for a band without bounds."""
    tests = []
    if band.lower is not None:
        tests.append(compare(top, down, ">=" if band.lower_closed else ">", band.lower))
    if band.upper is not None:
        tests.append(compare(top, down, "<=" if band.upper_closed else "<", band.upper))
    return reduce(and_, tests) if tests else None


def _line_weights(band: Band, top: int, down: int) -> tuple[int, int]:
    """Largest numerator and denominator met while placing a value inside a band."""
    assert band.lower is not None
    assert band.upper is not None
    assert band.points_to is not None
    width = band.upper - band.lower
    rise = abs(band.points_to - band.points)
    reach = top * band.lower.denominator + abs(band.lower.numerator) * down
    return rise * reach * width.denominator, down * band.lower.denominator * width.numerator


def _line(top: Expr, down: Expr | int, band: Band) -> Expr:
    """Points on the straight line from (lower, points) to (upper, points_to)."""
    assert band.lower is not None
    assert band.upper is not None
    assert band.points_to is not None
    width = band.upper - band.lower
    rise = band.points_to - band.points
    run = top * band.lower.denominator - down * band.lower.numerator
    run = run * (rise * width.denominator)
    whole = down * (band.lower.denominator * width.numerator)
    return run // whole + band.points


def rounded(ns: Namespace, top: Expr, down: int) -> Expr:
    """Return ``top / down`` rounded half away from zero, for a positive integer `down`."""
    if ns is pl:  # rounds down below zero too: one division, and `top` stands twice, not five times
        return (top * 2 + (down - (top < 0).cast(ns.Int64))) // (2 * down)
    size = ns.when(top < 0).then(-top).otherwise(top)
    whole = (size * 2 + down) // (2 * down)
    return ns.when(top < 0).then(-whole).otherwise(whole)

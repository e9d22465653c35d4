"""Value to integer points: `PointsTable`, decreed by a regulation or learned from outcomes.

A table reads a `Value` (a column, a ratio of two, or a weighted sum of ratios), finds the first
`Band` or the `Level` it falls in and gives that band's points. Ratios are never divided: bounds
are cross-multiplied in integers, so the same points come out on every engine. A column of measured
doubles is compared as it stands, with bounds that are doubles too. A missing value is decided
before any comparison, and NaN counts as missing.

Builders take the namespace of an engine and use the verbs of `expressions` only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import floor, gcd, prod
from operator import add, and_
from typing import TYPE_CHECKING, Final, Literal, overload

from lishui_credit.expressions import E, Namespace, first_of, number, of_polars

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

INT64_MAX: Final = 2**63 - 1
INT128_MAX: Final = 2**127 - 1
_LARGEST: Final = 1.7976931348623157e308  # of all finite doubles


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """``weight * column / over``, both columns held as integers."""

    column: str
    over: str | None = None  # None divides by nothing
    weight: Fraction = Fraction(1)
    per_unit: int = 1  # integers per printed unit
    over_per_unit: int = 1
    largest: int = 10**12  # largest absolute integer the column may hold
    over_largest: int = 10**12


@dataclass(frozen=True, slots=True)
class Value:
    """What a table reads: a sum of terms, kept as numerator and denominator."""

    terms: tuple[Term, ...]  # at least one
    # How the column is compared: integers, exactly (the only kind that a published rubric uses);
    # one column of doubles; one column as text; one column of whole numbers that stand for
    # categories, as doubles, so that 1, 1.0 and a decimal 1.00 are one category.
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

    @property
    def measured(self) -> bool:
        """Whether the column is compared as doubles: NaN is missing, infinity has no points."""
        return self.kind in ("real", "coded")

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

    def known(self, ns: Namespace[E]) -> E:
        """Test that no column is null, and no divisor negative or zero under a positive value."""
        if self.measured:
            cell = ns.col(self.columns[0])
            return ~cell.is_null() & ~cell.cast(ns.Float64).is_nan()
        tests = [~ns.col(name).is_null() for name in self.columns]
        for term in self.terms:
            if term.over:
                over, top = ns.col(term.over), ns.col(term.column)
                tests.append((over > 0) | ((over == ns.lit(0)) & (top <= 0)))
        return reduce(and_, tests)

    def cell(self, ns: Namespace[E]) -> E:
        """Return the one column a category or a measure reads, as it is compared."""
        cell = ns.col(self.columns[0])
        if self.kind == "exact":
            return cell
        return cell.cast(ns.Float64 if self.measured else ns.String)

    def fraction(self, ns: Namespace[E], wide: bool = False) -> tuple[E, E | int]:
        """Return numerator and denominator (an int where constant), exact; `wide` takes 128 bits."""
        kind = ns.Int128 if wide else ns.Int64
        factors, constant = self._factors()

        def read(name: str) -> E:
            return ns.col(name).cast(kind)

        def divisor(term: Term) -> E:
            # A zero under a numerator of at most zero keeps its sign with any divisor; `known`
            # has ruled out every other zero.
            over = read(str(term.over))
            return ns.when(over == ns.lit(0)).then(number(ns, 1, kind)).otherwise(over)

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
        down: E | int = constant
        for over in overs:
            if over is not None:
                down = over if isinstance(down, int) and down == 1 else over * down
        return reduce(add, tops), down


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One band of values and its points; a bound that is None is open."""

    points: int  # in the table's unit; at `lower` where `points_to` is given
    lower: Fraction | None = None  # bounds in the printed unit of the value
    lower_closed: bool = True
    upper: Fraction | None = None
    upper_closed: bool = False
    # Points at `upper`: between the bounds the points run straight, rounded down, so that full
    # points are for the full value only.
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
    """A value's points: bands of a number (the first that holds) or levels of a category."""

    value: Value
    bands: tuple[Band, ...] = ()
    levels: tuple[Level, ...] = ()  # in place of bands
    special: tuple[Level, ...] = ()  # codes that are no quantities (-9: no record), tested first
    other: int | None = None  # points of a category that is not listed; None keeps it missing
    missing: int | None = None  # points of a missing value; None keeps it missing

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
        """Return the points of one value, by exact fractions; the tests hold `expr` against it."""
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

    def expr(self, ns: Namespace[E], of: Callable[[int], E] | None = None) -> E:
        """Return the expression that gives the points, an Int32 column; null stays null.

        `of` says something else for points, such as the points of a second value.
        """

        def points(value: int | None) -> E:
            return number(ns, value, ns.Int32) if of is None or value is None else of(value)

        value = self.value
        cases = [(~value.known(ns), points(self.missing))]
        if value.measured:
            cell = value.cell(ns)
            cases.append(((cell > _LARGEST) | (cell < -_LARGEST), points(None)))
        if self.levels or value.kind in ("text", "coded"):
            cases += _levels(value.cell(ns), self.levels, ns, points)
            return first_of(ns, cases, points(self.other))
        if self.special:
            cases += _levels(value.cell(ns), self.special, ns, points)
        if value.kind == "real":
            bands = _measured(value.cell(ns), self.bands, points)
        else:
            bands = _exact(ns, *value.fraction(ns, self.wide), self.bands)
        for test, result in bands:
            if test is None:
                return first_of(ns, cases, result)
            cases.append((test, result))
        return first_of(ns, cases, points(None))


def _levels(
    cell: E, levels: tuple[Level, ...], ns: Namespace[E], of: Callable[[int], E]
) -> Iterator[tuple[E, E]]:
    """Yield a test and points per level; levels of the same points share one test."""
    groups: dict[int, list[str | float]] = {}
    for row in levels:
        if isinstance(row.value, bool):
            yield cell if row.value else ~cell, of(row.points)
        else:
            groups.setdefault(row.points, []).append(row.value)
    for points, values in groups.items():
        test = cell == ns.lit(values[0]) if len(values) == 1 else cell.is_in(values)
        yield test, of(points)


def _exact(
    ns: Namespace[E], top: E, down: E | int, bands: tuple[Band, ...]
) -> Iterator[tuple[E | None, E]]:
    """Yield the test and points of each band of a fraction; no test for a band without bounds."""
    for band in bands:
        points = number(ns, band.points, ns.Int32)
        if band.points_to is not None:
            points = _line(top, down, band).cast(ns.Int32)
        yield within(top, down, band), points


def _measured(
    cell: E, bands: tuple[Band, ...], of: Callable[[int], E]
) -> Iterator[tuple[E | None, E]]:
    """Yield the test and points of each band of doubles; where one ended, the next needs no test."""
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
        yield reduce(and_, tests) if tests else None, of(band.points)
        before = band


@overload
def half_away(top: Fraction | int, down: int = 1) -> int: ...
@overload
def half_away(top: NDArray[np.int64], down: int = 1) -> NDArray[np.int64]: ...
def half_away(top: Fraction | int | NDArray[np.int64], down: int = 1) -> int | NDArray[np.int64]:
    """Return ``top / down``, `down` above 0, rounded to the nearest integer, halves away from 0."""
    if isinstance(top, Fraction):
        top, down = top.numerator, top.denominator * down
    return (2 * top + (down - (top < 0))) // (2 * down)


def rounded(ns: Namespace[E], top: E, down: E | int, *, signed: bool = True) -> E:
    """Return the expression of `half_away`; with `signed` false for a `top` that is never below 0."""
    if not signed:
        return (top * 2 + down) // (down * 2)
    if of_polars(
        ns
    ):  # rounds down below zero too: one division, and `top` stands twice, not five times
        return (top * 2 - (top < 0).cast(ns.Int64) + down) // (down * 2)
    size = ns.when(top < 0).then(-top).otherwise(top)
    whole = (size * 2 + down) // (down * 2)
    return ns.when(top < 0).then(-whole).otherwise(whole)


def compare(top: E, down: E | int, sign: str, bound: Fraction) -> E:
    """Return the exact test ``top / down <sign> bound``, for a denominator above 0."""
    left = top
    right: E | int
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


def within(top: E, down: E | int, band: Band) -> E | None:
    """Return the exact test that a value lies in a band; None for a band without bounds."""
    tests = []
    if band.lower is not None:
        tests.append(compare(top, down, ">=" if band.lower_closed else ">", band.lower))
    if band.upper is not None:
        tests.append(compare(top, down, "<=" if band.upper_closed else "<", band.upper))
    return reduce(and_, tests) if tests else None


def _line_weights(band: Band, top: int, down: int) -> tuple[int, int]:
    """Return the largest numerator and denominator met while placing a value inside a band."""
    assert band.lower is not None
    assert band.upper is not None
    assert band.points_to is not None
    width = band.upper - band.lower
    rise = abs(band.points_to - band.points)
    reach = top * band.lower.denominator + abs(band.lower.numerator) * down
    return rise * reach * width.denominator, down * band.lower.denominator * width.numerator


def _line(top: E, down: E | int, band: Band) -> E:
    """Return points on the straight line from (lower, points) to (upper, points_to)."""
    assert band.lower is not None
    assert band.upper is not None
    assert band.points_to is not None
    width = band.upper - band.lower
    rise = band.points_to - band.points
    run = top * band.lower.denominator - down * band.lower.numerator
    run = run * (rise * width.denominator)
    whole = down * (band.lower.denominator * width.numerator)
    return run // whole + band.points

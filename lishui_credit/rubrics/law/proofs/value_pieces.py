"""A value's range cut at every bound: pieces inside which no rule of an edition tells values apart.

A column of numbers holds whole steps (fen, tenths), so its pieces are counted exactly. A ratio of two
columns takes every fraction that its columns can form: a piece is empty where even the simplest
fraction in it, which has the least numerator and the least denominator, does not fit the columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

from lishui_credit.points import Value
from lishui_credit.rubrics.law.column_relations import WITHIN
from lishui_credit.tables.columns import dictionary

Held = Fraction | str | bool


@dataclass(frozen=True, slots=True)
class Piece:
    """Values of a column or a ratio that no bound tells apart, one of which stands for all."""

    sample: Held
    low: Fraction = Fraction(0)  # ends of a piece of numbers, in the printed unit
    high: Fraction = Fraction(0)
    low_closed: bool = True
    high_closed: bool = True

    def holds(self, value: Held) -> bool:
        """Tell whether a value lies in the piece."""
        if isinstance(value, str | bool) or isinstance(self.sample, str | bool):
            return value == self.sample
        above = value > self.low or (self.low_closed and value == self.low)
        return above and (value < self.high or (self.high_closed and value == self.high))

    def times(self, step: Fraction) -> range:
        """Return the whole numbers whose multiples of a step lie in the piece."""
        low, high = self.low / step, self.high / step
        first = ceil(low) if self.low_closed else floor(low) + 1
        last = floor(high) if self.high_closed else ceil(high) - 1
        return range(first, last + 1)


def pieces(value: Value, bounds: Iterable[Fraction] = ()) -> list[Piece]:
    """Return the pieces of all a value can be, from the lowest up; levels in their listed order."""
    column = dictionary()[value.columns[0]]
    if len(value.terms) == 1 and value.terms[0].over is None:
        if column.type == "flag":
            return [Piece(True), Piece(False)]
        if column.type == "level":
            return [Piece(level) for level in column.values]
        if not column.numeric:
            return []
        low, high = (Fraction(end or 0) for end in (column.minimum, column.maximum))
        step = column.per_unit
        return [kept for p in _cut(low, high, bounds) if (kept := _on_steps(p, step)) is not None]
    low, high = _ends(value)
    return [kept for p in _cut(low, high, bounds) if (kept := _as_fraction(p, value)) is not None]


def _cut(low: Fraction, high: Fraction, bounds: Iterable[Fraction]) -> Iterator[Piece]:
    """Yield the range cut at its bounds: each bound by itself, and what lies between."""
    inner = sorted({bound for bound in bounds if low <= bound <= high})
    edges = [low, *inner, high]
    for place, (a, b) in enumerate(pairwise(edges)):
        first, last = place == 0, place == len(edges) - 2
        whole = Piece(a, a, b, first and low not in inner, last and high not in inner)
        if a < b or (whole.low_closed and whole.high_closed):
            yield whole
        if not last:
            yield Piece(b, b, b)


def _on_steps(piece: Piece, step: int) -> Piece | None:
    """Return a piece of a column of whole steps, ends on steps; None where no step lies in it."""
    inside = piece.times(Fraction(1, step))
    if not inside:
        return None
    ends = Piece(Fraction(0), Fraction(inside[0], step), Fraction(inside[-1], step))
    return Piece(_round_value(ends, step), ends.low, ends.high)


def _round_value(piece: Piece, finest: int) -> Fraction:
    """Return the value with the fewest decimals in a piece, the middle one of several."""
    scale = 1
    while True:
        scale = min(scale, finest)
        if inside := piece.times(Fraction(1, scale)):
            first, last = inside[0], inside[-1]
            if scale == 1:
                return Fraction(min((first, last), key=abs) if first * last > 0 else 0)
            return Fraction((first + last) // 2, scale)
        if scale == finest:
            return (piece.low + piece.high) / 2
        scale *= 10


def _ends(value: Value) -> tuple[Fraction, Fraction]:
    """Return the lowest and the highest a sum of ratios can be."""
    known = dictionary()
    low = high = Fraction(0)
    for term in value.terms:
        top = known[term.column]
        least, most = (Fraction(end or 0) for end in (top.minimum, top.maximum))
        over = known[str(term.over)]
        small = max(Fraction(over.minimum or 0), Fraction(1, over.per_unit))
        large = Fraction(over.maximum or 1)
        a, b = least / (small if least < 0 else large), most / (small if most > 0 else large)
        if (term.column, term.over) in WITHIN:
            b = min(b, Fraction(1))
        ends = sorted((a * term.weight, b * term.weight))
        low, high = low + ends[0], high + ends[1]
    return low, high


def _as_fraction(piece: Piece, value: Value) -> Piece | None:
    """Return a piece of ratios with a fraction its columns can form; None where they form none."""
    if piece.low == piece.high:
        samples = [piece.low]
    else:
        samples = [_round_value(piece, 1_000_000), _simplest(piece)]
    for sample in samples:
        if piece.holds(sample) and _formed(sample, value):
            return Piece(sample, piece.low, piece.high, piece.low_closed, piece.high_closed)
    return None


def _simplest(piece: Piece) -> Fraction:
    """Return the fraction in a piece with the least denominator and numerator."""
    if piece.low < 0 < piece.high:
        return Fraction(0)
    if piece.high <= 0:
        mirror = Piece(piece.sample, -piece.high, -piece.low, piece.high_closed, piece.low_closed)
        return -_simplest(mirror)
    # Stern and Brocot: go down the tree of fractions until one lies in the piece.
    a, b, c, d = 0, 1, 1, 0
    for _ in range(10_000):
        middle = Fraction(a + c, b + d)
        if piece.holds(middle):
            return middle
        if middle <= piece.low:
            a, b = a + c, b + d
        else:
            c, d = a + c, b + d
    return (piece.low + piece.high) / 2


def _formed(sample: Fraction, value: Value) -> bool:
    """Tell whether a ratio's columns can form a fraction; a sum of ratios fills its range."""
    if len(value.terms) != 1:
        return True
    term = value.terms[0]
    top, over = dictionary()[term.column], dictionary()[str(term.over)]
    ratio = sample / term.weight * top.per_unit / over.per_unit
    down, up = ratio.denominator, ratio.numerator
    least = max(1, ceil(Fraction(over.minimum or 0) * over.per_unit))
    first, last = -(-least // down), floor(Fraction(over.maximum or 0) * over.per_unit) // down
    low, high = (Fraction(end or 0) * top.per_unit for end in (top.minimum, top.maximum))
    if up == 0:
        return first <= last and low <= 0 <= high
    sides = sorted((low / up, high / up))
    return max(first, ceil(sides[0])) <= min(last, floor(sides[1]))

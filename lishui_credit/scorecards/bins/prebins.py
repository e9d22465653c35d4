"""Pre-bins of a number: where the candidate cut points lie, and what is counted between them.

Candidates are quantiles of the values that are quantities, and the steps of a monotone fit. Sorting
the values once, and the bads among them once, gives every count by looking up the candidates: no
row is assigned to a bin. Cost: one sort of the rows per characteristic.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lishui_credit.statistics.outcomes import Flags, Floats

_FEWEST: Final = 50_000
_PIECE_ROWS: Final = 5
_MOST_PIECES: Final = 16_384
_REACH: Final = 256  # a cut moves by at most this part of the rows when it is made finer
_HALVES: Final = 2.0**22  # below it a float of 32 bits holds halves
_FLOAT32: Final = 3.4e38  # larger doubles have no float of 32 bits


@dataclass(frozen=True, slots=True)
class Counted:
    """Cut points (k,), rising, each the start of a pre-bin, and what lies between them (k + 1,).

    `below` is the largest value of the sample under each cut, NaN where there is none.
    """

    cuts: Floats
    below: Floats
    goods: Floats
    bads: Floats
    rows: NDArray[np.int64]


class Ranked(ABC):
    """The quantities of a characteristic in rising order, by rank, ready to be counted between any cuts."""

    __slots__ = ()

    @property
    @abstractmethod
    def height(self) -> int:
        """Number of rows that hold a quantity."""

    @abstractmethod
    def at(self, ranks: NDArray[np.int64]) -> Floats:
        """Return the quantities of rows by their rank, from 0."""

    @abstractmethod
    def before(self, cuts: Floats) -> NDArray[np.int64]:
        """Return how many rows are below each cut."""

    @abstractmethod
    def upto(self, cuts: Floats) -> NDArray[np.int64]:
        """Return how many rows are at or below each cut."""

    @abstractmethod
    def firsts(self, low: int = 0, high: int | None = None) -> NDArray[np.int64]:
        """Return the ranks above `low` and below `high` at which a new value begins."""

    @abstractmethod
    def between(self, cuts: Floats) -> Counted:
        """Count goods and bads between rising cut points, each the start of a pre-bin."""

    def candidates(self, most: int) -> Floats:
        """Return candidate cut points: each starts a pre-bin.

        Every distinct value where there are at most `most`; otherwise quantiles, taken finer where a few
        values hold many rows. A value that fills a quantile alone has a pre-bin of its own, so that there
        may be up to ``2 * most``.
        """
        rows = self.height
        if rows == 0:
            return np.empty(0)
        starts = self.firsts()
        if len(starts) < most:
            return self.at(starts)
        least = self._least

        def marks(pieces: int) -> Floats:
            places = (np.arange(1, pieces) * rows) // pieces
            cut: Floats = np.unique(self.at(places))
            kept: Floats = cut[cut > least]
            return kept

        # More quantiles than pre-bins where many fall on the same value.
        fewest, most_pieces = most, 32 * most
        while most_pieces - fewest > 1:
            middle = (fewest + most_pieces) // 2
            if len(marks(middle)) < most:
                fewest = middle
            else:
                most_pieces = middle
        return self._after_ties(marks(fewest), most)

    @property
    def _least(self) -> float:
        return float(self.at(np.zeros(1, dtype=np.int64))[0])

    def _after_ties(self, marks: Floats, most: int) -> Floats:
        """Add the value next to each that many rows share, so that its pre-bin holds nothing else."""
        heads = np.concatenate(([self._least], marks))
        starts, ends = self.before(heads), self.upto(heads)
        heavy = (ends - starts >= self.height / most) & (ends < self.height)
        return np.union1d(marks, self.at(ends[heavy]))

    def ends(self, rows: int) -> Floats:
        """Return cuts that leave one, two or three times so many rows, or a few more, at an end.

        A bin of the least size fits between them, which quantiles seldom leave room for.
        """
        sizes = rows * np.arange(1, 4)
        sizes = sizes[(sizes > 0) & (sizes < self.height)]
        return np.union1d(self._above(sizes), self._below(self.height - sizes))

    def beside(self, cuts: Floats, rows: int) -> Floats:
        """Return the nearest cuts that leave at least so many rows between them and one of `cuts`."""
        ranks = self.before(cuts)
        return np.union1d(self._above(ranks + max(rows, 1)), self._below(ranks - max(rows, 1)))

    def _above(self, ranks: NDArray[np.int64]) -> Floats:
        """Return the lowest cut at or above each rank, but for what is no cut."""
        after = self.upto(self.at(ranks[ranks < self.height] - 1))
        return self.at(after[after < self.height])

    def _below(self, ranks: NDArray[np.int64]) -> Floats:
        """Return the highest cut at or below each rank, but for what is no cut."""
        found = self.at(ranks[ranks > 0])
        return found[found > self._least] if self.height else found

    def steps(self) -> Floats:
        """Return where the best rising and the best falling bad rate step; nothing on few rows.

        Cuts of the best monotone grouping lie among the steps of the isotonic fit, but for those that its
        least bin sizes and its most bins move: quantiles alone miss them by up to a pre-bin. Under 50,000
        rows a step so fine follows noise, and quantiles are all there is.
        """
        # Barlow, R. E., Bartholomew, D. J., Bremner, J. M. and Brunk, H. D. (1972). Statistical inference
        # under order restrictions. Pool adjacent violators.
        if not self.many:
            return np.empty(0)
        fine = self._pieces(0, self.height, max(self.height // _MOST_PIECES, _PIECE_ROWS))
        found = [_steps(fine.goods, fine.bads), _steps(fine.bads, fine.goods)]
        return fine.cuts[np.union1d(*found) - 1]

    @property
    def many(self) -> bool:
        """Whether there are rows enough for cuts finer than quantiles."""
        return self.height >= _FEWEST

    def near(self, cut: float, *, rising: bool) -> Floats:
        """Return where, around a cut, the best rising or falling bad rate steps, row by row.

        While the cuts on its two sides stay, the best place of a cut is one of these.
        """
        here, reach = int(self.before(np.array([cut]))[0]), self.height // _REACH
        fine = self._pieces(max(here - reach, 0), min(here + reach, self.height))
        # The first and the last piece hold all that is outside.
        goods, bads = fine.goods[1:-1], fine.bads[1:-1]
        return fine.cuts[_steps(goods, bads) if rising else _steps(bads, goods)]

    def _pieces(self, low: int, high: int, size: int = 1) -> Counted:
        """Count between the first new values in every `size` rows from rank `low` to `high`."""
        starts = self.firsts(low, high)
        if size > 1:  # a heavy value fills many pieces and stands alone
            blocks = starts // size
            starts = starts[np.concatenate((blocks[:1] > low // size, blocks[1:] > blocks[:-1]))]
        return self.between(self.at(starts))


@dataclass(frozen=True, slots=True)
class Ordered(Ranked):
    """Quantities row by row.

    Rows are counted by `bad_values`, the sorted values of the bads; under weights that is None and
    `goods` and `bads` are running sums.
    """

    values: Floats
    bad_values: Floats | None
    goods: Floats | None
    bads: Floats | None

    @classmethod
    def of(cls, values: Floats, bad: Flags, weight: Floats | None) -> Ordered:
        """Sort values (n,), NaN where missing, once."""
        if weight is None:
            return cls(_known(np.sort(values)), _known(np.sort(values[bad])), None, None)
        order = np.argsort(values, kind="stable")
        ordered = _known(values[order])
        order = order[: len(ordered)]
        heavy = weight[order]

        def running(part: Floats) -> Floats:
            return np.concatenate(([0.0], np.cumsum(part)))

        return cls(ordered, None, running(heavy * ~bad[order]), running(heavy * bad[order]))

    @property
    def height(self) -> int:
        """Number of rows that hold a quantity."""
        return len(self.values)

    def at(self, ranks: NDArray[np.int64]) -> Floats:
        """Return the quantities of rows by their rank, from 0."""
        found: Floats = self.values[ranks]
        return found

    def before(self, cuts: Floats) -> NDArray[np.int64]:
        """Return how many rows are below each cut."""
        return np.searchsorted(self.values, cuts, side="left")

    def upto(self, cuts: Floats) -> NDArray[np.int64]:
        """Return how many rows are at or below each cut."""
        return np.searchsorted(self.values, cuts, side="right")

    def firsts(self, low: int = 0, high: int | None = None) -> NDArray[np.int64]:
        """Return the ranks above `low` and below `high` at which a new value begins."""
        held = self.values[low:high]
        return np.flatnonzero(held[1:] != held[:-1]) + (low + 1)

    def between(self, cuts: Floats) -> Counted:
        """Count goods and bads between rising cut points, each the start of a pre-bin."""
        known = len(self.values)
        places = np.searchsorted(self.values, cuts, side="left")
        rows = np.diff(places, prepend=0, append=known)
        before = np.full(len(cuts), np.nan)
        if known:
            before = np.where(places > 0, self.values[np.maximum(places - 1, 0)], np.nan)
        if self.bad_values is not None:
            of_bads = np.searchsorted(self.bad_values, cuts, side="left")
            bads = np.diff(of_bads, prepend=0, append=len(self.bad_values)).astype(np.float64)
            return Counted(cuts, before, rows - bads, bads, rows)
        assert self.goods is not None
        assert self.bads is not None
        ends = np.concatenate(([0], places, [known]))
        # A difference of running sums can fall short of zero by rounding.
        goods, bads = (np.maximum(np.diff(part[ends]), 0.0) for part in (self.goods, self.bads))
        return Counted(cuts, before, goods, bads, rows)


def _steps(fewer: Floats, more: Floats) -> NDArray[np.int64]:
    """Return the first piece of every block but the first of the best rising share of `more`.

    All neighbours in the wrong order are pooled at once, until none is left: which of them go
    first does not matter to the fit. A few passes over the pieces; a library's loop would first
    cost a second of imports.
    """
    whole = fewer + more
    first = np.flatnonzero(whole > 0)
    part, whole = more[first], whole[first]
    while len(first) > 1:
        share = part / whole
        heads = np.flatnonzero(np.concatenate(([True], share[1:] > share[:-1])))
        if len(heads) == len(first):
            break
        first, part, whole = (
            first[heads],
            np.add.reduceat(part, heads),
            np.add.reduceat(whole, heads),
        )
    return first[1:]


def _known(ordered: Floats) -> Floats:
    """Sorted values without the NaNs at their end."""
    return ordered[: len(ordered) - int(np.isnan(ordered).sum())]


def tidy(below: float, at: float) -> float:
    """Return the shortest decimal strictly between two neighbouring values of a sample.

    Their nearest floats of 32 bits, and the decimals that those are written as, lie on the same
    sides of it, so that data of any width fall in the same bins. Of several the highest, but half
    way between whole numbers that follow each other. Where no number lies between, `at`.
    """
    low, high = max(_readings(below)), min(_readings(at))
    if not low < high:
        low, high = Decimal(repr(below)), Decimal(repr(at))
    gap = float(high - low)
    if gap <= 0:
        return at
    if gap == 1 and below.is_integer() and abs(at) < _HALVES:
        return at - 0.5
    top = math.floor(math.log10(max(abs(at), gap))) + 1
    for power in range(top, top - 20, -1):
        step = Decimal(1).scaleb(power)
        mark = (high / step).to_integral_value(rounding=ROUND_FLOOR) * step
        if mark == high:
            mark -= step
        if low < mark < high and below < float(mark) < at:
            return float(mark)
    between = below + (at - below) / 2
    return between if below < between < at else at


def _readings(value: float) -> list[Decimal]:
    """Return a double, its nearest float of 32 bits and the shortest decimal of that."""
    found = [Decimal(repr(value))]
    if abs(value) < _FLOAT32:
        short = np.float32(value)
        found += [Decimal(repr(float(short))), Decimal(str(short))]
    return found

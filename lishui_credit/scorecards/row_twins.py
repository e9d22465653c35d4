"""Pairs of rows that agree on all but a few fields, found by sorting instead of comparing all pairs.

Rows that agree on all but `differ` fields agree wholly on some of any ``differ + 1`` blocks of fields.
So rows are sorted by what stands in a block, and only neighbours are compared. Amounts that may differ
a little are sorted by themselves, or stand in two cells of a grid each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import ceil, log, log2
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.statistics.outcomes import Flags, Floats

Numbers = NDArray[np.int64]

MISSING_AMOUNT: Final = 80_000.0  # places far from every logarithm of a number, which is under 750
_ZERO: Final = 40_000.0
_NEGATIVE: Final = 20_000.0
_EDGE: Final = 1e-9  # 95 agrees with 100 whatever their logarithms are rounded to
_SAMPLED: Final = 4_000  # rows by which the cheapest blocks are chosen
_IN_GRID: Final = 2  # amounts of a block beside the one it is sorted by
_TRIPLES_UP_TO: Final = 7  # amounts, of which every three make a block
_CHECKS_A_ROW: Final = 400  # comparisons after which a search ends unfinished
_LEAST_CHECKS: Final = 20_000_000
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, eq=False)
class Fields:
    """Rows as they are compared: two values of a field agree where they lie at most `near` apart.

    Parameters
    ----------
    values : ndarray, shape (k, n)
        Whole numbers for what must be equal, logarithms of amounts.
    amount : ndarray of bool, shape (k,)
        Which fields are amounts.
    known : ndarray of bool, shape (k, n)
        Which amounts say something; False for every other field.
    near : float
        Under 1.
    """

    values: Floats
    amount: Flags
    known: Flags
    near: float

    @classmethod
    def read(cls, frame: pl.DataFrame, amounts: Sequence[str], tolerance: float) -> Fields:
        """Return the columns of a frame; amounts agree within a share of the larger."""
        values = np.empty((frame.width, frame.height))
        amount = np.array([name in amounts for name in frame.columns], dtype=np.bool_)
        known = np.zeros(values.shape, dtype=np.bool_)
        for place, column in enumerate(frame.iter_columns()):
            if not amount[place]:
                values[place] = column.rank("dense").fill_null(0).cast(pl.Float64).to_numpy()
                continue
            number = column.cast(pl.Float64).to_numpy()
            gap, zero = np.isnan(number), number == 0
            with np.errstate(divide="ignore"):
                line = np.log(np.abs(number)) + np.where(number < 0, _NEGATIVE, 0.0)
            values[place] = np.where(gap, MISSING_AMOUNT, np.where(zero, _ZERO, line))
            known[place] = ~(gap | zero)
        return cls(values, amount, known, -log(1.0 - tolerance) + _EDGE)

    def of(self, rows: Numbers | Flags) -> Fields:
        """Return some of the rows."""
        return replace(self, values=self.values[:, rows], known=self.known[:, rows])

    def shuffled(self, classes: NDArray[np.int8], draw: np.random.Generator) -> Fields:
        """Return rows made up: every field drawn by itself among the rows of a class, without replacement."""
        values, known = self.values.copy(), self.known.copy()
        for group in np.unique(classes):
            rows = np.flatnonzero(classes == group)
            for place in range(len(values)):
                other = draw.permutation(rows)
                values[place, rows], known[place, rows] = (
                    self.values[place, other],
                    self.known[place, other],
                )
        return replace(self, values=values, known=known)


@dataclass(frozen=True, slots=True, eq=False)
class Twins:
    """Pairs of rows, the smaller number first, shape (p, 2); `whole` tells whether all were found."""

    pairs: Numbers
    whole: bool


def twins(fields: Fields, *, differ: int, known: int) -> Twins:
    """Return the pairs that agree on all but `differ` fields, `known` amounts or more among them.

    Parameters
    ----------
    fields : Fields
    differ : int
        At least 0.
    known : int
        At least 1: amounts that agree and say something.

    Notes
    -----
    Cost: O(b n log n) for b blocks, at most 35 where the amounts are few, else at most
    ``(differ + 2) (differ + 1) / 2``, each of up to four entries a row; beside it one comparison of k
    fields for every pair of neighbours. After 400 comparisons a row (20 million at least) the search
    ends, and `whole` is False.

    Examples
    --------
    >>> frame = pl.DataFrame({"loan": [100, 104, 100], "value": [50, 51, 80], "job": [1, 1, 1]})
    >>> fields = Fields.read(frame, ["loan", "value"], 0.05)
    >>> twins(fields, differ=0, known=2).pairs.tolist()
    [[0, 1]]
    """
    kept = np.flatnonzero(fields.known.sum(axis=0) >= known)
    own = fields.of(kept)
    rows = len(kept)
    left = max(_CHECKS_A_ROW * rows, _LEAST_CHECKS)
    found = [np.empty(0, dtype=np.int64)]
    for block, only_known in _blocks(own, differ, known) if rows > 1 else ():
        for first, second in _neighbours(own, block, only_known):
            left -= len(first)
            if left < 0:
                break
            true = _agreeing(own, block, first, second, differ, known)
            low, high = np.minimum(first[true], second[true]), np.maximum(first[true], second[true])
            found.append(low * rows + high)
        if left < 0:
            break
    both = np.unique(np.concatenate(found))
    return Twins(kept[np.column_stack(np.divmod(both, max(rows, 1)))], left >= 0)


def _agreeing(
    fields: Fields,
    block: Sequence[int],
    first: Numbers,
    second: Numbers,
    differ: int,
    known: int,
) -> Numbers:
    """Return the places of those pairs that agree; fields of the block they were found by come last."""
    place = np.arange(len(first))
    apart, sure = np.zeros(len(first), np.int16), np.zeros(len(first), np.int16)
    for field in sorted(
        range(len(fields.values)), key=lambda one: (one in block, not fields.amount[one])
    ):
        if not len(place):
            break
        line, says = fields.values[field], fields.known[field]
        agree = np.abs(line[first] - line[second]) <= fields.near
        apart += ~agree
        sure += agree & says[first] & says[second]
        kept = apart <= differ
        if not kept.all():
            place, first, second = place[kept], first[kept], second[kept]
            apart, sure = apart[kept], sure[kept]
    return place[sure >= known]


def _neighbours(
    fields: Fields, block: Sequence[int], only_known: bool
) -> Iterator[tuple[Numbers, Numbers]]:
    """Yield pairs of rows that agree on a block of fields, or nearly so; some of them twice."""
    rows = np.arange(fields.values.shape[1])
    amounts = [place for place in block if fields.amount[place]]
    if only_known:
        rows = np.flatnonzero(fields.known[amounts].all(axis=0))
    if len(rows) < 2:
        return
    line = fields.values[amounts[0]][rows] if amounts else np.zeros(len(rows))
    order = np.argsort(line, kind="stable")
    rows, line = rows[order], line[order]
    keys = np.zeros(len(rows), dtype=np.uint64)
    for place in block:
        if not fields.amount[place]:
            keys = _mixed(keys, fields.values[place][rows].astype(np.int64))
    several = [keys]
    for place in amounts[1 : 1 + _IN_GRID]:
        cell = np.floor(fields.values[place][rows] / fields.near).astype(np.int64)
        several = [_mixed(key, cell + step) for key in several for step in (0, 1)]
    bits = np.uint64(max(1, ceil(log2(len(rows)))))
    place_of = (np.uint64(1) << bits) - np.uint64(1)
    own = np.arange(len(rows), dtype=np.uint64)
    entries = np.sort(np.concatenate([(key & ~place_of) | own for key in several]))
    keys, places = entries & ~place_of, (entries & place_of).astype(np.int64)
    at, step = np.arange(len(entries) - 1), 1
    while len(at):
        here, there = places[at], places[at + step]
        same = (keys[at] == keys[at + step]) & (line[there] - line[here] <= fields.near)
        at = at[same]
        if len(at):
            yield rows[here[same]], rows[there[same]]
        step += 1
        at = at[: np.searchsorted(at, len(entries) - step)]


def _mixed(keys: NDArray[np.uint64], more: Numbers) -> NDArray[np.uint64]:
    """Return keys that tell apart what they told apart before, and other numbers besides."""
    found = (keys ^ more.astype(np.uint64)) * _MIX
    found ^= found >> np.uint64(29)
    found *= np.uint64(0xBF58476D1CE4E5B9)
    return np.asarray(found ^ (found >> np.uint64(32)), dtype=np.uint64)


def _blocks(fields: Fields, differ: int, known: int) -> list[tuple[list[int], bool]]:
    """Return blocks of fields of which every pair agrees on one: of several such lists the cheapest.

    With each block stands whether its amounts must be known.
    """
    count, rows = fields.values.shape
    chance = _chances(fields)
    order = sorted(range(count), key=lambda place: float(chance[place]))
    amounts = [place for place in order if fields.amount[place]]
    lists: list[list[tuple[list[int], bool]]] = []
    if known >= 3 and 3 <= len(amounts) <= _TRIPLES_UP_TO:
        lists.append([(list(three), True) for three in combinations(amounts, 3)])
    for agreeing in (1, 2):
        parts = differ + agreeing
        if parts > count:
            continue
        dealt = [order[start::parts] for start in range(parts)]
        lists.append(
            [
                (sorted((place for part in some for place in part), key=order.index), False)
                for some in combinations(dealt, agreeing)
            ]
        )

    def cost(blocks: list[tuple[list[int], bool]]) -> float:
        total = 0.0
        for block, _ in blocks:
            sizes = [place for place in block if fields.amount[place]][: 1 + _IN_GRID]
            sizes += [place for place in block if not fields.amount[place]]
            entries = 2.0 ** min(_IN_GRID, max(0, fields.amount[block].sum() - 1))
            total += entries * (1 + 3 * rows * float(np.prod(chance[sizes])))
        return total

    return min(lists, key=cost) if lists else [([], False)]


def _chances(fields: Fields) -> Floats:
    """Return how often two rows agree on each field, by some of the rows."""
    rows = fields.values.shape[1]
    some = fields.values[:, np.linspace(0, rows - 1, min(rows, _SAMPLED)).astype(np.int64)]
    found = np.empty(len(some))
    for place, line in enumerate(some):
        ordered = np.sort(line)
        reach = np.searchsorted(ordered, ordered + fields.near, side="right")
        later = (reach - np.arange(len(ordered)) - 1).sum()
        found[place] = later / max(1, len(ordered) * (len(ordered) - 1) / 2)
    return found

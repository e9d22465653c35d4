"""The tables that a jointly fitted card may hold: one-way on few bins, two-way on a coarse grid.

A `Grid` has every characteristic of a sample in fine pieces. A table is one place in it or two; its
cells are groups of pieces, and its penalty and its order constraints follow from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from math import prod
from typing import Final, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lishui_credit.scorecards.bins.binning import Binning
from lishui_credit.scorecards.joint.neighbour_groups import even_groups, numbered
from lishui_credit.statistics.outcomes import Flags, Floats

Places: TypeAlias = NDArray[np.intp]
Table: TypeAlias = tuple[int, ...]
"""Places of one characteristic, or of two."""

RIDGE: Final = 0.05  # on every cell: what the data do not tell is drawn to no points
_LOOSE: Final = 4.0  # times the smoothing: draws a one-way cell without neighbours to 0
_FLAT: Final = 0.25  # share of the smoothing that draws a two-way cell to no points
SPARED: Final = 0.9
"""Share of the smoothing of a one-way table from which the effect of its characteristic alone is free."""
_WAYS: Final = {"up": -1, "down": 1}  # points fall where the bad rate rises


@dataclass(frozen=True, slots=True)
class Smoothing:
    """Weight of the squared differences of neighbours, in one-way and in two-way tables.

    That of one-way tables is for a slope over all of the characteristic, so that a straight line costs
    the same in few pieces and in many; see `spared`.
    """

    one_way: float
    crossed: float = 8.0
    spared: float = SPARED


@dataclass(frozen=True, slots=True)
class Axis:
    """Pieces of a characteristic, ranges first, and how tables group them.

    Parameters
    ----------
    feature : str
        Name of its column.
    ordered : int
        Number of ranges.
    single, crossed : array of int, shape (pieces,)
        Group of every piece in its one-way table, and in two-way ones; groups of ranges come first.
    way : {1, 0, -1}
        1 where points may not fall along the ranges, -1 where they may not rise.
    kept : frozenset of int
        Ranges that begin a group of the one-way table whatever the data say.
    """

    feature: str
    ordered: int
    single: Places
    crossed: Places
    way: int = 0
    kept: frozenset[int] = frozenset()

    @classmethod
    def of(cls, binning: Binning, cells: int, kept: Sequence[float] = ()) -> Self:
        """Lay out fine bins, at most `cells` ranges or groups of levels in a pair, of about equal rows."""
        kinds = [row.kind for row in binning.bins]
        ordered = kinds.count("range")
        held = ordered or kinds.count("levels")
        rows = np.array([row.goods + row.bads for row in binning.bins[:held]])
        crossed = numbered(even_groups(rows, cells) if held else [], held, len(kinds))
        starts = frozenset(n for n, row in enumerate(binning.bins[:ordered]) if row.lower in kept)
        way = _WAYS.get(binning.asked, 0)
        return cls(binning.feature, ordered, np.arange(len(kinds)), crossed, way, starts)

    def groups(self, paired: bool) -> Places:
        """Return the group of every piece, in a two-way table or in the one-way table."""
        return self.crossed if paired else self.single

    def size(self, paired: bool) -> int:
        """Return the number of groups."""
        return int(self.groups(paired)[-1]) + 1

    def lined(self, paired: bool) -> int:
        """Return the number of groups of ranges."""
        return int(self.groups(paired)[self.ordered - 1]) + 1 if self.ordered else 0


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of a sample by the pieces of every characteristic."""

    axes: tuple[Axis, ...]
    pieces: tuple[Places, ...]  # piece of every row, by axis

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.pieces[0])

    def only(self, rows: Places | Flags) -> Grid:
        """Return some of the rows."""
        return Grid(self.axes, tuple(column[rows] for column in self.pieces))

    def fewer(self, place: int, single: Places) -> Grid:
        """Return the grid with other groups in the one-way table of a characteristic."""
        axes = list(self.axes)
        axes[place] = replace(axes[place], single=single)
        return Grid(tuple(axes), self.pieces)

    def pairs(self, only: Sequence[tuple[str, str]] | None = None) -> list[Table]:
        """Return every two-way table there can be, or those of some pairs of columns."""
        every: list[Table] = list(combinations(range(len(self.axes)), 2))
        if only is None:
            return every
        wanted = set(map(frozenset, only))
        names = [axis.feature for axis in self.axes]
        return [table for table in every if frozenset(names[place] for place in table) in wanted]

    def shape(self, table: Table) -> tuple[int, ...]:
        """Return the cells along each axis of a table."""
        return tuple(self.axes[place].size(len(table) == 2) for place in table)

    def size(self, table: Table) -> int:
        """Return the number of cells of a table."""
        return prod(self.shape(table))

    def cells(self, table: Table) -> Places:
        """Return the cell of every row."""
        return next(self.each([table]))

    def each(self, tables: Iterable[Table]) -> Iterator[Places]:
        """Yield the cell of every row in each table; the pieces of a characteristic are grouped once."""
        known: dict[tuple[int, bool], Places] = {}
        for table in tables:
            paired = len(table) == 2
            for place in table:
                if (place, paired) not in known:
                    known[place, paired] = self.axes[place].groups(paired)[self.pieces[place]]
            found = known[table[0], paired]
            for place in table[1:]:
                found = found * self.axes[place].size(paired) + known[place, paired]
            yield found

    def penalty(self, table: Table, smoothing: Smoothing) -> Floats:
        """Return the matrix P of a table's penalty ``theta' P theta / 2``.

        First differences between neighbouring ranges, a ridge on what has no neighbours, and a small
        ridge on every cell (Eilers and Marx 1996, Flexible smoothing with B-splines and penalties).
        """
        paired = len(table) == 2
        sides = tuple((axis.size(paired), axis.lined(paired)) for axis in self._of(table))
        return _penalty(sides, smoothing.crossed if paired else smoothing.one_way)

    def rises(self, table: Table) -> Iterator[tuple[int, int]]:
        """Yield pairs of cells of which the second may not have fewer points than the first."""
        numbers = np.arange(self.size(table)).reshape(self.shape(table))
        for side, axis in enumerate(self._of(table)):
            lines = np.moveaxis(numbers, side, 0)[: axis.lined(len(table) == 2)]
            steps = zip(lines[:-1].ravel().tolist(), lines[1:].ravel().tolist(), strict=True)
            if axis.way:
                yield from ((low, high) if axis.way > 0 else (high, low) for low, high in steps)

    def _of(self, table: Table) -> list[Axis]:
        return [self.axes[place] for place in table]


def spared(penalty: Floats, slope: Floats, curve: Floats, share: float) -> Floats:
    """Return a one-way table's penalty that hardly costs the effect of its characteristic alone.

    So smoothing draws a table towards a multiple of that effect, as WoE times a coefficient is one, and
    not towards no points. The effect alone is as smooth as the table.

    Parameters
    ----------
    penalty : array, shape (size, size)
        Of `Grid.penalty`.
    slope, curve : array, shape (..., size)
        Of the likelihood by cell, where no table says anything: one Newton step finds the effect.
    """
    bent = np.eye(penalty.shape[-1]) * curve[..., None, :] + penalty
    alone = np.linalg.solve(bent, slope[..., None])
    pull = penalty @ alone
    cost = np.maximum((alone * pull).sum(axis=-2, keepdims=True), np.finfo(float).tiny)
    found: Floats = penalty - share * pull @ np.swapaxes(pull, -1, -2) / cost
    return found


@lru_cache(maxsize=256)
def _penalty(sides: tuple[tuple[int, int], ...], smoothing: float) -> Floats:
    """Return `Grid.penalty` by the cells and the ranges along each side: many tables have the same."""
    chains = [_chain(size, lined) for size, lined in sides]
    found: Floats
    if len(sides) == 1:
        lined = sides[0][1]
        ridge = RIDGE + smoothing * _LOOSE * (np.arange(len(chains[0])) >= lined)
        found = smoothing * max(lined - 1, 1) * chains[0] + np.diag(ridge)
    else:
        first, second = (np.eye(len(chain)) for chain in chains)
        differences = np.kron(chains[0], second) + np.kron(first, chains[1])
        found = smoothing * (differences + _FLAT * np.eye(len(differences)))
    found.setflags(write=False)
    return found


def _chain(size: int, lined: int) -> Floats:
    """Return the sum of squared first differences of the first `lined` cells, as a matrix."""
    steps = np.diff(np.eye(size), axis=0)[: max(lined - 1, 0)]
    found: Floats = steps.T @ steps
    return found

"""`CrossedTable`: the points of two characteristics together, that neither has alone.

Its cells are pairs of bins. Each of its points is shared between the two characteristics, so that a
score is still the sum of one number for each: reasons, policies and files need nothing new.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import ModelError
from lishui_credit.expressions import E, Namespace
from lishui_credit.language import tr
from lishui_credit.points import PointsTable, half_away
from lishui_credit.scorecards.bins.binning import Bin, Binning
from lishui_credit.statistics.outcomes import Floats

BETWEEN: Final = " x "
"""Between the columns of a crossed table's name."""

Points: TypeAlias = tuple[tuple[int, ...], ...]
Figures: TypeAlias = tuple[tuple[float, ...], ...]
TableOf: TypeAlias = Callable[[Binning, Sequence[int]], PointsTable]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossedTable:
    """A two-way table of a card.

    Parameters
    ----------
    first, second : Binning
        Bins along the rows and along the columns, each counted over the whole sample.
    points : tuple of tuple of int, shape (rows, columns)
        Of each cell, in units of 1/`point_unit` of the card.
    log_odds : tuple of tuple of float
        Log-odds good:bad that the fit found for the cell, before rounding and before averages moved to
        one-way tables.
    goods, bads : tuple of tuple of float
        Weight of the sample's rows in the cell.

    Attributes
    ----------
    name : str
        The two columns.
    """

    first: Binning
    second: Binning
    points: Points
    log_odds: Figures = ()
    goods: Figures = ()
    bads: Figures = ()

    @property
    def features(self) -> tuple[str, str]:
        """Names of its columns."""
        return self.first.feature, self.second.feature

    @property
    def name(self) -> str:
        """Names of its columns, as one text."""
        return BETWEEN.join(self.features)

    @property
    def matrix(self) -> NDArray[np.int64]:
        """Points as an array, shape (rows, columns)."""
        return np.array(self.points, dtype=np.int64)

    @property
    def rows(self) -> Floats:
        """Weight of the sample's rows in each cell; 1 where rows were not counted."""
        if not self.goods:
            return np.ones(self.matrix.shape)
        found: Floats = np.array(self.goods, dtype=np.float64) + np.array(self.bads)
        return found

    @property
    def held(self) -> NDArray[np.bool_]:
        """Cells in which the sample has rows."""
        found: NDArray[np.bool_] = self.rows > 0
        return found

    @property
    def mean(self) -> float:
        """Average points over the sample."""
        return float(np.average(self.matrix, weights=self.rows))

    @property
    def known(self) -> NDArray[np.bool_]:
        """Cells of known values of both, neither missing nor a special code nor unseen."""
        sides = [
            np.array([row.kind in ("range", "levels") for row in of.bins])
            for of in (self.first, self.second)
        ]
        found: NDArray[np.bool_] = np.logical_and.outer(*sides)
        return found

    def share(self, feature: str) -> NDArray[np.int64]:
        """Return the part of each cell's points that counts as one characteristic's, shape (rows, columns).

        The average of its row belongs to the first characteristic, that of its column to the second; of
        what is left each has half, and the first the odd point. Both parts add up to the cell's points:
        the Shapley value of two characteristics whose averages are known.
        """
        points = self.matrix
        along, across = average(points, self.rows, 1), average(points, self.rows, 0)
        left = points - along[:, None] - across
        first = along[:, None] + -(-left // 2)
        found: NDArray[np.int64] = first if feature == self.first.feature else points - first
        return found

    def expr(
        self,
        ns: Namespace[E],
        points: NDArray[np.int64] | None = None,
        table_of: TableOf = Binning.points_table,
    ) -> E:
        """Return the expression of its points, Int32, or of other whole numbers by cell."""
        marks = (self.matrix if points is None else points).tolist()
        rows = table_of(self.first, range(len(marks)))
        return rows.expr(ns, lambda place: table_of(self.second, marks[place]).expr(ns))

    def side(self, feature: str) -> Binning:
        """Return the bins of one of its characteristics."""
        return self.first if feature == self.first.feature else self.second

    def table(self) -> pl.DataFrame:
        """Return one row per cell, row by row: its bins, points as integers, rows (weight) and bad rate.

        Rows are null where they were not counted, bad rates also where a cell has none.
        """
        bads, rows = np.array(self.bads).ravel(), self.rows.ravel()
        rates = [
            bad / whole if whole > 0 else None for bad, whole in zip(bads, rows, strict=False)
        ] or [None] * len(rows)
        return pl.DataFrame(
            {
                "first_bin": [row.said for row in self.first.bins for _ in self.second.bins],
                "second_bin": [row.said for _ in self.first.bins for row in self.second.bins],
                "points": self.matrix.ravel(),
                "rows": pl.Series(rows if self.goods else [None] * len(rows), dtype=pl.Float64),
                "bad_rate": pl.Series(rates, dtype=pl.Float64),
            }
        )


def within(fine: Binning, coarse: Binning) -> list[int]:
    """Return the number of the coarse bin that each fine bin lies in.

    Raises
    ------
    ModelError
        If one lies in none, or in more than one.
    """
    places = []
    for row in fine.bins:
        inside = [place for place, whole in enumerate(coarse.bins) if _holds(whole, row)]
        if len(inside) != 1:
            what = tr(
                "a bin is no part of one bin of a crossed table", "分箱不在交叉表的某一箱之内"
            )
            raise ModelError(what, row.said, where=fine.feature)
        places += inside
    return places


def _holds(whole: Bin, row: Bin) -> bool:
    if whole.kind != row.kind:
        return False
    if row.kind != "range":
        return set(row.values) <= set(whole.values)
    low = whole.lower is None or (row.lower is not None and row.lower >= whole.lower)
    return low and (whole.upper is None or (row.upper is not None and row.upper <= whole.upper))


def average(points: NDArray[np.int64], rows: Floats, axis: int) -> NDArray[np.int64]:
    """Return the average points along an axis, weighted by rows and rounded; 0 where there are none."""
    whole, total = rows.sum(axis=axis), (points * rows).sum(axis=axis)
    pairs = zip(total.tolist(), whole.tolist(), strict=True)
    return np.array([half_away(Fraction(a) / Fraction(b)) if b > 0 else 0 for a, b in pairs])

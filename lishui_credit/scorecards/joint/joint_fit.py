"""Log-odds of all cells of a set of tables, fitted at once: penalised likelihood, damped Newton.

The model is ``ln(good / bad) = a + sum of the cells that a row is in``. The objective is convex and
has one optimum. In declared directions each step is a quadratic programme under order constraints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Final

import numpy as np

from lishui_credit.errors import ModelError
from lishui_credit.language import tr
from lishui_credit.scorecards.joint.score_tables import Grid, Smoothing, Table, spared
from lishui_credit.statistics.logistic import expit
from lishui_credit.statistics.outcomes import Flags, Floats

_PROMISE: Final = 1e-10  # share of the objective that a step must promise to go on
_HALVINGS: Final = 30
_DIGITS: Final = 10  # after the point, of log-odds


@dataclass(frozen=True, slots=True)
class Fitted:
    """Tables, the log-odds good:bad of their cells (intercept first), and of every row."""

    tables: tuple[Table, ...]
    theta: Floats
    line: Floats
    steps: int = 0

    def parts(self, grid: Grid) -> list[Floats]:
        """Return the log-odds of the cells of each table, in its shape."""
        shapes = [grid.shape(table) for table in self.tables]
        ends = np.cumsum([1, *map(prod, shapes)])
        parts = [self.theta[start:end] for start, end in pairwise(ends.tolist())]
        return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]

    def of(self, grid: Grid) -> Floats:
        """Return the log-odds of other rows."""
        found = np.full(grid.rows, self.theta[0])
        for cells, part in zip(grid.each(self.tables), self.parts(grid), strict=True):
            found += part.ravel()[cells]
        return found

    def with_table(self, grid: Grid, table: Table) -> Fitted:
        """Return the tables and one more, all of whose cells are 0."""
        theta = np.concatenate([self.theta, np.zeros(grid.size(table))])
        return Fitted((*self.tables, table), theta, self.line)


def blank(grid: Grid, tables: Sequence[Table], good: Flags, weight: Floats) -> Fitted:
    """Return tables all of whose cells are 0: the sample's odds for every row."""
    goods, whole = float(weight[good].sum()), float(weight.sum())
    theta = np.zeros(1 + sum(grid.size(table) for table in tables))
    theta[0] = np.log(goods / (whole - goods))
    return Fitted(tuple(tables), theta, np.full(len(good), theta[0]))


def at_rest(good: Flags, weight: Floats) -> tuple[Floats, Floats]:
    """Return slope and curve of the likelihood by row, where every row has the same log-odds."""
    p = float((weight * good).sum() / weight.sum())
    return weight * (good - p), weight * (p * (1 - p))


def fit_tables(
    grid: Grid,
    start: Fitted,
    good: Flags,
    weight: Floats,
    smoothing: Smoothing,
    *,
    most: int = 60,
    directed: bool = False,
    offset: Floats | float = 0.0,
) -> Fitted:
    """Return the most likely cells of the tables of `start`, climbing from its own.

    Parameters
    ----------
    grid : Grid
        Rows, n.
    start : Fitted
        Tables, and where to start.
    good : array of bool, shape (n,)
        Outcome.
    weight : array of float, shape (n,)
        Of rows.
    smoothing : Smoothing
        Of the penalty.
    most : int, default 60
        Steps; fewer than needed give a rough fit, which is no error where fewer than 60 are asked for.
    directed : bool, default False
        Whether declared directions are kept, exactly.
    offset : array of float, shape (n,), or float, default 0
        Log-odds good:bad of rows that other tables give and the fit leaves as they are.

    Raises
    ------
    ModelError
        If 60 steps do not reach the optimum.

    Notes
    -----
    Cost: O(n t^2) a step for t tables, some six steps.
    """
    design = _Design(grid, start.tables, smoothing, good, weight)
    order = design.order() if directed else np.empty((0, len(start.theta)))
    theta = _risen(start.theta, design) if directed else start.theta
    line = design.line(theta) + offset
    worth = design.worth(theta, line, good, weight)
    steps = 0
    while steps < most:
        steps += 1
        p = expit(line)
        slope = design.sums(weight * (good - p)) - design.penalty @ theta
        curve = design.gram(weight * p * (1 - p)) + design.penalty
        aim = _step(curve, slope, theta, order)
        move = aim - theta
        promise = float(slope @ move)
        if promise < _PROMISE * (1 + abs(worth)):
            theta = aim  # as near as a step can bring it
            break
        size, along = 1.0, design.line(move)
        for _ in range(_HALVINGS):
            tried, its_line = theta + size * move, line + size * along
            its_worth = design.worth(tried, its_line, good, weight)
            if its_worth > worth:
                break
            size /= 2
        else:
            break  # no double is nearer
        theta, line, worth = tried, its_line, its_worth
    else:
        if most >= 60:
            raise ModelError(
                tr("the points of the tables do not converge", "分值表的拟合不收敛"),
                tr(f"{most} steps", f"{most} 步"),
                tr("use a larger smoothing", "请加大平滑参数"),
            )
    if directed:
        theta = _risen(theta, design)
    # Linear algebra of another processor gives other last bits.
    theta = np.round(theta, _DIGITS) + 0.0
    return Fitted(start.tables, theta, design.line(theta) + offset, steps)


class _Design:
    """Cells of every row in each table, the penalty, and sums over rows."""

    def __init__(
        self,
        grid: Grid,
        tables: Sequence[Table],
        smoothing: Smoothing,
        good: Flags,
        weight: Floats,
    ) -> None:
        self.grid, self.tables = grid, tables
        self.cells = list(grid.each(tables))
        self.sizes = [grid.size(table) for table in tables]
        self.starts = np.concatenate([[1], 1 + np.cumsum(self.sizes)]).astype(int)
        width = int(self.starts[-1])
        self.penalty = np.zeros((width, width))
        slope, curve = map(self.sums, at_rest(good, weight))
        for place, table in enumerate(tables):
            own = self._own(place)
            drawn = grid.penalty(table, smoothing)
            if len(table) == 1:
                drawn = spared(drawn, slope[own], curve[own], smoothing.spared)
            self.penalty[own, own] = drawn

    def _own(self, place: int) -> slice:
        return slice(int(self.starts[place]), int(self.starts[place + 1]))

    def line(self, theta: Floats) -> Floats:
        """Return the log-odds of every row."""
        found = np.full(self.grid.rows, theta[0])
        for place, cells in enumerate(self.cells):
            found += theta[self._own(place)][cells]
        return found

    def worth(self, theta: Floats, line: Floats, good: Flags, weight: Floats) -> float:
        """Return the log-likelihood less the penalty."""
        likelihood = -(weight * np.logaddexp(0.0, np.where(good, -line, line))).sum()
        return float(likelihood - theta @ self.penalty @ theta / 2)

    def sums(self, values: Floats) -> Floats:
        """Return the sum of values in every cell, and of all first."""
        pairs = zip(self.cells, self.sizes, strict=True)
        parts = [np.bincount(cells, values, size) for cells, size in pairs]
        return np.concatenate([[values.sum()], *parts])

    def gram(self, values: Floats) -> Floats:
        """Return the sum of values in every pair of cells."""
        width = int(self.starts[-1])
        found = np.zeros((width, width))
        found[0] = found[:, 0] = self.sums(values)
        np.fill_diagonal(found, found[0])
        for one, (cells, size) in enumerate(zip(self.cells, self.sizes, strict=True)):
            for other in range(one):
                its = self.sizes[other]
                both = np.bincount(cells * its + self.cells[other], values, size * its)
                block = both.reshape(size, its)
                found[self._own(one), self._own(other)] = block
                found[self._own(other), self._own(one)] = block.T
        return found

    def rises(self) -> list[tuple[int, int]]:
        """Return the pairs of cells of all tables of which the second may not be lower."""
        return [
            (low + int(self.starts[place]), high + int(self.starts[place]))
            for place, table in enumerate(self.tables)
            for low, high in self.grid.rises(table)
        ]

    def order(self) -> Floats:
        """Return the matrix D of the constraints ``D theta >= 0``."""
        rises = self.rises()
        found = np.zeros((len(rises), int(self.starts[-1])))
        for row, (low, high) in enumerate(rises):
            found[row, low], found[row, high] = -1.0, 1.0
        return found


def _step(curve: Floats, slope: Floats, theta: Floats, order: Floats) -> Floats:
    """Return the optimum of the quadratic around theta, under the order constraints."""
    from scipy.linalg import cho_factor, cho_solve, solve_triangular
    from scipy.optimize import nnls

    root = cho_factor(curve, lower=True)
    free: Floats = theta + cho_solve(root, slope)
    broken = order @ free
    if not (broken < 0).any():
        return free
    # The dual: min over multipliers l >= 0 of |R^-1 (D' l) + R' free|, R R' = curve.
    sides = solve_triangular(root[0], order.T, lower=True)
    aim = -np.tril(root[0]).T @ free
    multipliers, _ = nnls(sides, aim, maxiter=50 * len(order))
    found: Floats = free + cho_solve(root, order.T @ multipliers)
    return found


def _risen(theta: Floats, design: _Design) -> Floats:
    """Return cells that keep every declared direction, also where the last bits did not."""
    found = theta.copy()
    rises = design.rises()
    while True:
        before = found.copy()
        for low, high in rises:
            found[high] = max(found[high], found[low])
        if np.array_equal(before, found):
            return found

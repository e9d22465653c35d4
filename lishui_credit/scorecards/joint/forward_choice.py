"""Which tables a card takes: forward, by the gain that each promises on rows that did not choose it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from lishui_credit.scorecards.joint.joint_fit import Fitted, at_rest, blank, fit_tables
from lishui_credit.scorecards.joint.score_tables import Grid, Places, Smoothing, Table, spared
from lishui_credit.statistics.logistic import expit
from lishui_credit.statistics.outcomes import Flags, Floats

LEAST_GAIN: Final = 2.0
"""Nats of held-out likelihood that a two-way table must promise."""
_ALONE: Final = 1.0  # nats that a one-way table must promise where there is no other
_KEPT: Final = 120  # pairs that are looked at again after the first look at all
_STEPS: Final = 2  # of the fit after each entry


@dataclass(frozen=True, slots=True)
class Rows:
    """The outcome of rows, their weight, and the inner fold each is in."""

    good: Flags
    weight: Floats
    fold: Places

    @property
    def folds(self) -> int:
        """Number of folds."""
        return int(self.fold.max()) + 1

    def only(self, places: Places | Flags) -> Rows:
        """Return some of the rows."""
        return Rows(self.good[places], self.weight[places], self.fold[places])


def gains(
    grid: Grid, tables: Sequence[Table], line: Floats, rows: Rows, smoothing: Smoothing
) -> Floats:
    """Return what each table promises on the rows of each fold, shape (tables, folds), in nats.

    One Newton step from the sums of the other folds, judged by the sums of its own. Cost: O(n) a table.
    """
    p = expit(line)
    slope, curve = rows.weight * (rows.good - p), rows.weight * p * (1 - p)
    folds, alone = rows.folds, at_rest(rows.good, rows.weight)
    found = np.empty((len(tables), folds))
    for place, (table, own) in enumerate(zip(tables, grid.each(tables), strict=True)):
        size = grid.size(table)
        cells = rows.fold * size + own

        def sums(values: Floats, cells: Places = cells, size: int = size) -> Floats:
            return np.bincount(cells, values, folds * size).reshape(folds, size).astype(np.float64)

        g, h = sums(slope), sums(curve)
        drawn = grid.penalty(table, smoothing)
        if len(table) == 1:
            at, by = (part.sum(axis=0) - part for part in map(sums, alone))
            drawn = spared(drawn, at, by, smoothing.spared)
        others = np.eye(size) * (h.sum(axis=0) - h)[:, None, :] + drawn
        step = np.linalg.solve(others, (g.sum(axis=0) - g)[:, :, None])[:, :, 0]
        found[place] = (g * step - h * step**2 / 2).sum(axis=1)
    return found


def one_way(
    grid: Grid, rows: Rows, smoothing: Smoothing, most: int, tolerance: float = 0.0
) -> Fitted:
    """Return the fit of the one-way tables that promise most, in the order in which they came in.

    Only those that alone promise more than a nat, what a parameter costs by AIC. With a tolerance, none
    after the first that promises less than that share of what those before it promised, by more than a
    standard error over the folds.
    """
    fit = blank(grid, (), rows.good, rows.weight)
    left: list[Table] = [(place,) for place in range(len(grid.axes))]
    gained = 0.0
    while left and len(fit.tables) < most:
        found = gains(grid, left, fit.line, rows, smoothing)
        if not fit.tables:
            strong = np.flatnonzero(found.sum(axis=1) > _ALONE)
            left, found = [left[place] for place in strong], found[strong]
            if not left:
                break
        worth = found.sum(axis=1)
        best = int(np.argmax(worth))
        doubt = found[best].std(ddof=1) * np.sqrt(rows.folds)
        if tolerance and fit.tables and worth[best] < tolerance * gained - doubt:
            break
        gained += worth[best]
        fit = _entered(grid, fit, left.pop(best), rows, smoothing)
    return fit


def crossed(
    grid: Grid,
    fit: Fitted,
    rows: Rows,
    smoothing: Smoothing,
    most: int,
    only: Sequence[tuple[str, str]] | None = None,
) -> list[Fitted]:
    """Return the fit with none, one, two and so on of the two-way tables that promise most."""
    path = [fit]
    left = grid.pairs(only)
    while left and len(path) <= most:
        found = gains(grid, left, path[-1].line, rows, smoothing)
        worth = found.sum(axis=1)
        if len(path) == 1:
            order = np.argsort(-worth, kind="stable")[:_KEPT]
            left, found, worth = [left[place] for place in order], found[order], worth[order]
        best = int(np.argmax(worth))
        if worth[best] < LEAST_GAIN:
            break
        path.append(_entered(grid, path[-1], left.pop(best), rows, smoothing))
        left = [table for table in left if table != path[-1].tables[-1]]
    return path


def _entered(grid: Grid, fit: Fitted, table: Table, rows: Rows, smoothing: Smoothing) -> Fitted:
    start = fit.with_table(grid, table)
    return fit_tables(grid, start, rows.good, rows.weight, smoothing, most=_STEPS)

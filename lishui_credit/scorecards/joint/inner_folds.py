"""Rows held out inside a sample: what settles how fine and how smooth the tables are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.scorecards.features import TrainingSample
from lishui_credit.scorecards.folds import split
from lishui_credit.scorecards.joint.fine_pieces import fine_binnings, grid_of
from lishui_credit.scorecards.joint.forward_choice import Rows, one_way
from lishui_credit.scorecards.joint.joint_fit import Fitted, blank, fit_tables
from lishui_credit.scorecards.joint.score_tables import Grid, Places, Smoothing, Table
from lishui_credit.statistics.outcomes import Floats, Values, ranked, roc_area

CHOOSING: Final = 60_000
"""Rows, at most, that settle pieces, smoothing and numbers of tables."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Log-loss in nats a row, and AUC, on rows held out."""

    loss: float
    auc: float


@dataclass(frozen=True, slots=True)
class InnerFolds:
    """Rows that settle things, and the fold of each row of the whole sample."""

    sample: TrainingSample
    fold: Places
    rows: Places
    folds: int
    seed: int

    @classmethod
    def of(
        cls, sample: TrainingSample, folds: int, seed: int, groups: Values | None = None
    ) -> InnerFolds:
        """Cut a sample; rows of one group share a fold."""
        fold = np.empty(len(sample.outcome), dtype=np.intp)
        pairs = split(sample.outcome, folds=folds, seed=seed, groups=groups)
        for number, (_, held) in enumerate(pairs):
            fold[held] = number
        drawn = np.random.default_rng(seed).permutation(len(fold))[:CHOOSING]
        return cls(sample, fold, np.sort(drawn), folds, seed)

    def _parts(self) -> list[tuple[Places, Places]]:
        own = self.fold[self.rows]
        return [(self.rows[own != n], self.rows[own == n]) for n in range(self.folds)]

    def whole(self) -> Rows:
        """Return every row with its fold."""
        return self._of(np.arange(len(self.fold)))

    def _of(self, rows: Places) -> Rows:
        return Rows(self.sample.outcome[rows] == 0, self.sample.weighed[rows], self.fold[rows])

    def losses(
        self,
        process: BinningProcess,
        pieces: int,
        strengths: Sequence[float],
        tables: int,
        cells: int,
    ) -> Floats:
        """Return the held-out loss of one-way tables by their smoothing; cuts and tables are of the other folds."""
        found = np.zeros(len(strengths))
        for fit, held in self._parts():
            own, other = (_part(self.sample, rows) for rows in (fit, held))
            binnings = fine_binnings(process, own, pieces)
            grid = grid_of(process, binnings, own.frame, cells)
            beside = grid_of(process, binnings, other.frame, cells)
            rows = self._of(fit)
            chosen = one_way(grid, rows, Smoothing(float(np.median(strengths))), tables)
            for place, strength in enumerate(strengths):
                fitted = fit_tables(grid, chosen, rows.good, rows.weight, Smoothing(strength))
                found[place] += _loss(fitted.of(beside), self._of(held))
        return found

    def held_out(self, grid: Grid, tables: Sequence[Table], smoothing: Smoothing) -> HeldOut:
        """Return how tables of the whole sample's choice do, their points fitted without the rows they are judged on."""
        line, rows = np.empty(len(self.rows)), self._of(self.rows)
        own = self.fold[self.rows]
        for number, (fit, held) in enumerate(self._parts()):
            some, part = self._of(fit), grid.only(fit)
            start = blank(part, tables, some.good, some.weight)
            fitted: Fitted = fit_tables(part, start, some.good, some.weight, smoothing)
            line[own == number] = fitted.of(grid.only(held))
        levels = ranked((~rows.good).astype(np.float64), -line, rows.weight)
        return HeldOut(
            loss=_loss(line, rows) / float(rows.weight.sum()),
            auc=roc_area(levels.bads, levels.goods),
        )


def _part(sample: TrainingSample, rows: NDArray[np.intp]) -> TrainingSample:
    weight = None if sample.weight is None else sample.weight[rows]
    return TrainingSample(sample.frame[rows], sample.outcome[rows], weight)


def _loss(line: Floats, rows: Rows) -> float:
    return float((rows.weight * np.logaddexp(0.0, np.where(rows.good, -line, line))).sum())

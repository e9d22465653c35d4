"""Rows held out inside a sample: what settles how smooth the tables are and how many there are."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from lishui_credit.errors import ModelError, SubjectError
from lishui_credit.scorecards.estimator import Learner
from lishui_credit.scorecards.features import TrainingSample
from lishui_credit.scorecards.folds import out_of_fold, split
from lishui_credit.scorecards.joint.forward_choice import Rows, one_way
from lishui_credit.scorecards.joint.joint_fit import Fitted, blank, fit_tables
from lishui_credit.scorecards.joint.score_tables import Grid, Places, Smoothing
from lishui_credit.statistics.outcomes import Floats, Values, ranked, roc_area

CHOOSING: Final = 100_000
"""Rows, at most, that settle which tables there are and how smooth; every row then fits them."""
_ROUGH: Final = 4  # steps of a fit that only has to tell which setting is better


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Log-loss in nats a row, and AUC, on rows held out."""

    loss: float
    auc: float


@dataclass(frozen=True, slots=True)
class InnerFolds:
    """Rows of a sample that settle things: which they are, their outcome, and the fold of each."""

    drawn: Places
    rows: Rows

    @classmethod
    def of(
        cls, sample: TrainingSample, folds: int, seed: int, groups: Values | None = None
    ) -> InnerFolds:
        """Cut a sample; rows of one group share a fold."""
        fold = np.empty(len(sample.outcome), dtype=np.intp)
        pairs = split(sample.outcome, folds=folds, seed=seed, groups=groups)
        for number, (_, held) in enumerate(pairs):
            fold[held] = number
        drawn = np.sort(np.random.default_rng(seed).permutation(len(fold))[:CHOOSING])
        return cls(drawn, Rows(sample.outcome == 0, sample.weighed, fold).only(drawn))

    def single(self, grid: Grid, strengths: Sequence[float], tables: int) -> int:
        """Return the place of the smoothing whose one-way tables lose least; which tables is each fold's own choice."""
        rows = self.rows
        lost = np.zeros(len(strengths))
        for held in range(rows.folds):
            fit, out = rows.fold != held, rows.fold == held
            own, some, beside = grid.only(fit), rows.only(fit), grid.only(out)
            found = one_way(own, some, Smoothing(float(np.median(strengths))), tables)
            for place, strength in enumerate(strengths):
                found = _rough(own, found, some, Smoothing(strength))
                lost[place] += losses(found.of(beside), rows.only(out)).sum()
        return int(np.argmin(lost))

    def lines(self, grid: Grid, path: Sequence[Fitted], smoothing: Smoothing) -> list[Floats]:
        """Return the log-odds of rows whose outcome the points have not seen, for fits of more and more tables."""
        rows = self.rows
        found = [np.empty(grid.rows) for _ in path]
        for held in range(rows.folds):
            fit, out = rows.fold != held, rows.fold == held
            own, some, beside = grid.only(fit), rows.only(fit), grid.only(out)
            start = blank(own, (), some.good, some.weight)
            for line, step in zip(found, path, strict=True):
                for table in step.tables[len(start.tables) :]:
                    start = start.with_table(own, table)
                start = _rough(own, start, some, smoothing)
                line[out] = start.of(beside)
        return found

    def by(self, estimator: Learner, sample: TrainingSample) -> HeldOut | None:
        """Return how another estimator does on the same rows and folds, fitted anew in each; None where it cannot."""
        rows, outcome = self.rows, sample.outcome[self.drawn]
        kept = [rows.fold != held for held in range(rows.folds)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of folds, which nobody can act on
            try:
                bad = out_of_fold(
                    estimator,
                    sample.frame[self.drawn],
                    outcome,
                    sample_weight=None if sample.weight is None else rows.weight,
                    cut=[(np.flatnonzero(fit), np.flatnonzero(~fit)) for fit in kept],
                )
            except (SubjectError, ModelError):
                return None
        return self.said(-bad)

    def lost(self, line: Floats) -> Floats:
        """Return the log-loss of every row, in nats."""
        return losses(line, self.rows)

    def said(self, line: Floats) -> HeldOut:
        """Return how rows do by their log-odds."""
        rows = self.rows
        levels = ranked((~rows.good).astype(np.float64), -line, rows.weight)
        return HeldOut(
            loss=float(losses(line, rows).sum() / rows.weight.sum()),
            auc=roc_area(levels.bads, levels.goods),
        )


def losses(line: Floats, rows: Rows) -> Floats:
    """Return the log-loss of every row, in nats."""
    found: Floats = rows.weight * np.logaddexp(0.0, np.where(rows.good, -line, line))
    return found


def _rough(grid: Grid, start: Fitted, rows: Rows, smoothing: Smoothing) -> Fitted:
    return fit_tables(grid, start, rows.good, rows.weight, smoothing, most=_ROUGH)

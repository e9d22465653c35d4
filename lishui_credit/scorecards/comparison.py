"""What a card gives up against a challenger: the difference of two AUCs on the same rows.

Both models score the same subjects, so their errors are correlated, and an interval for the
difference must draw subjects, not scores. `compare` draws goods and bads apart, each with
replacement, and keeps both scores of a subject together (paired stratified bootstrap).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lishui_credit.errors import CreditError, SubjectError
from lishui_credit.language import tr
from lishui_credit.scorecards.features import target
from lishui_credit.statistics.outcomes import Values, roc_area


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two AUCs on the same rows and the interval of their difference.

    Parameters
    ----------
    card, challenger : float
        AUC of each, in [0, 1].
    low, high : float
        Interval of challenger less card.
    confidence : float
        Of the interval, in (0, 1).
    resamples, seed : int
        Of the bootstrap.
    rows, bads : int
        Number of subjects, and of bads among them.
    """

    card: float
    challenger: float
    low: float
    high: float
    confidence: float
    resamples: int
    seed: int
    rows: int
    bads: int

    @property
    def difference(self) -> float:
        """AUC of the challenger less that of the card: what the card gives up."""
        return self.challenger - self.card

    def __str__(self) -> str:
        """Return one sentence for a report."""
        span = f"[{self.low:+.4f}, {self.high:+.4f}]"
        return tr(
            f"The card gives up {self.difference:+.4f} of AUC ({self.card:.4f} against"
            f" {self.challenger:.4f}), {self.confidence:.0%} interval {span},"
            f" {self.rows} rows, {self.bads} bads.",
            f"评分卡 AUC 为 {self.card:.4f},挑战者模型为 {self.challenger:.4f},"
            f"相差 {self.difference:+.4f}({self.confidence:.0%} 区间 {span}),"
            f"{self.rows} 行,违约 {self.bads}。",
        )


def compare(
    card_risk: ArrayLike,
    challenger_risk: ArrayLike,
    y: Values,
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Comparison:
    """Return both AUCs and a paired bootstrap interval of their difference.

    Parameters
    ----------
    card_risk, challenger_risk : array-like, shape (n,)
        Any number that rises with risk (a PD, or minus points), of rows that neither model was
        fitted to.
    y : array-like, shape (n,)
        1 bad, 0 good.
    confidence : float, default 0.95
        In (0, 1); ends are quantiles of the resampled differences.
    resamples : int, default 2000
    seed : int, default 0

    Raises
    ------
    SubjectError
        If a risk is missing or the lengths differ.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = rng.random(2000) < 0.3
    >>> sharp, blunt = y + rng.normal(size=(2, 2000)) * [[1.0], [2.0]]
    >>> found = compare(blunt, sharp, y)
    >>> found.low > 0, round(found.difference, 2)
    (True, 0.11)
    """
    if not 0.0 < confidence < 1.0 or resamples < 1:
        raise CreditError(
            tr("confidence or resamples is out of range", "置信水平或重抽样次数超出范围"),
            f"{confidence}, {resamples}",
        )
    outcome = target(y)
    bad, good = np.flatnonzero(outcome == 1), np.flatnonzero(outcome == 0)
    ranks = [_ranks(risk, len(outcome)) for risk in (card_risk, challenger_risk)]
    of_card, of_challenger = (_auc(rank, bad, good) for rank in ranks)
    draw = np.random.default_rng(seed)
    drawn = np.empty(resamples)
    for place in range(resamples):
        some_bad = bad[draw.integers(0, len(bad), len(bad))]
        some_good = good[draw.integers(0, len(good), len(good))]
        card, challenger = (_auc(rank, some_bad, some_good) for rank in ranks)
        drawn[place] = challenger - card
    low, high = np.quantile(drawn, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0])
    return Comparison(
        card=of_card,
        challenger=of_challenger,
        low=float(low),
        high=float(high),
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        rows=len(outcome),
        bads=len(bad),
    )


def _ranks(risk: ArrayLike, rows: int) -> NDArray[np.intp]:
    """Return the dense rank of each risk, 0 the riskiest."""
    values = np.asarray(risk, dtype=np.float64)
    if values.shape != (rows,) or np.isnan(values).any():
        raise SubjectError(
            tr("a risk is missing, or not one per row", "风险值缺失,或并非每行一个"),
            f"{values.shape}, {int(np.isnan(values).sum())} NaN",
        )
    found: NDArray[np.intp] = np.unique(-values, return_inverse=True)[1]
    return found


def _auc(rank: NDArray[np.intp], bad: NDArray[np.intp], good: NDArray[np.intp]) -> float:
    size = int(rank.max()) + 1
    of_bads, of_goods = (
        np.bincount(rank[rows], minlength=size).astype(np.float64) for rows in (bad, good)
    )
    return roc_area(of_bads, of_goods)

"""What AUC and bad rate are to be expected before outcomes exist: CBPE from calibrated PDs.

A PD says how likely a row is bad, so a month's PDs say what bad rate and what AUC it will show, if
the PDs still hold. Later outcomes outside that range say that they hold no more: the odds behind
the same features have changed (concept drift), which no look at features can show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from lishui_credit.scorecards.cards.card import Card
from lishui_credit.statistics.bisection import crossing
from lishui_credit.statistics.logistic import expit
from lishui_credit.statistics.outcomes import Floats

DRAWS: Final = 1999
_SLOPES: Final = (0.2, 2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """ln(bad / good) = level + slope · the card's, how sure that is, and the AUC it implies."""

    level: float
    slope: float
    covariance: Floats

    @classmethod
    def of_card(cls, card: Card, counts: Mapping[int, int]) -> Self:
        """Return what the card's own sample says of its PDs.

        PDs may spread too far on rows the sample has not, and a straight line through the scores
        too little. The slope is the one, from 0.2 to 2, at which the sample's scores imply the AUC
        that was measured out of fold, at the same mean PD; 1 where none was measured. The
        covariance is that of a logistic regression on those scores.

        Parameters
        ----------
        card : Card
            With ``metrics["out_of_fold"]["auc"]``, as `lishui_credit.models.fit_file` writes it.
        counts : mapping of int to int
            Rows of the sample by score.
        """
        scores = np.array(sorted(counts), dtype=np.int64)
        rows = np.array([counts[int(score)] for score in scores], dtype=np.float64)
        line = -card.log_odds(scores)
        mean = float(rows @ expit(line))
        seen = card.metrics.get("out_of_fold", {}).get("auc")
        slope = 1.0
        if seen is not None:
            slope = crossing(
                lambda b: implied_auc(rows, expit(_level(rows, line, b, mean) + b * line)),
                float(seen),
                *_SLOPES,
            )
        level = _level(rows, line, slope, mean)
        pd = expit(level + slope * line)
        weight = rows * pd * (1 - pd)
        basis = np.stack([np.ones_like(line), line])
        covariance = np.linalg.pinv((basis * weight) @ basis.T).astype(np.float64)
        return cls(level=level, slope=slope, covariance=covariance)

    def pd(self, line: Floats) -> Floats:
        """Return PDs of the card's log-odds of bad."""
        found: Floats = expit(self.level + self.slope * line)
        return found


def _level(rows: Floats, line: Floats, slope: float, mean: float) -> float:
    """Return the level at which PDs of a slope add up to as many bads."""
    return crossing(lambda a: float(rows @ expit(a + slope * line)), mean, -30.0, 30.0)


def implied_auc(rows: Floats, pd: Floats) -> float:
    """Return the AUC that PDs imply, of rows per level of PD.

    The expected number of pairs of a bad and a good that are ordered right, over all such pairs; a
    row makes no pair with itself.

    Examples
    --------
    >>> implied_auc(np.array([100.0, 100.0]), np.array([0.9, 0.1])) > 0.89
    True
    """
    order = np.argsort(pd)
    bads, goods = (rows * pd)[order], (rows * (1 - pd))[order]
    itself = float((rows * pd * (1 - pd)).sum())
    right = float(bads @ (np.cumsum(goods) - goods / 2)) - itself / 2
    pairs = float(bads.sum() * goods.sum()) - itself
    return right / pairs if pairs > 0 else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Bad rate and AUC to be expected of rows, each with the range that chance leaves it."""

    rows: int
    bad_rate: float
    bad_rate_low: float
    bad_rate_high: float
    auc: float | None
    auc_low: float | None
    auc_high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Outcomes against what was expected: observed values, p of each, p of both together."""

    bad_rate: float
    auc: float | None
    p_bad_rate: float
    p_auc: float | None
    p_family: float


@dataclass(frozen=True, slots=True)
class Prospect:
    """What the PDs of some rows promise, and draws of what they would show if they hold.

    Outcomes are drawn per score from binomials whose PDs are themselves drawn, as sure as the
    card's sample makes them.

    Parameters
    ----------
    expected : Expected
        Values and ranges.
    bad_rates, areas : ndarray of shape (draws,)
        Of each draw; an area is NaN where a draw has one outcome only.
    """

    expected: Expected
    bad_rates: Floats
    areas: Floats

    @classmethod
    def of(
        cls,
        card: Card,
        calibration: Calibration,
        scores: NDArray[np.int64],
        *,
        level: float = 0.05,
        draws: int = DRAWS,
        seed: int = 0,
    ) -> Self:
        """Return the prospect of rows by their scores; at least one.

        Examples
        --------
        >>> from lishui_credit.scorecards import Scorecard
        >>> import polars as pl
        >>> frame = pl.DataFrame({"late": [0] * 500 + [1] * 500})
        >>> card = Scorecard().fit(frame, [0] * 450 + [1] * 150 + [0] * 400).card_
        >>> scores = card.score(frame)
        >>> sure = Calibration.of_card(card, dict(scores.value_counts().iter_rows()))
        >>> found = Prospect.of(card, sure, scores.to_numpy()).expected
        >>> round(found.bad_rate, 2), round(found.auc, 2)
        (0.15, 0.6)
        """
        values, counts = np.unique(scores, return_counts=True)
        line = -card.log_odds(values[::-1])  # safest first
        rows = counts[::-1].astype(np.int64)
        pd = calibration.pd(line)
        rng = np.random.default_rng(seed)
        sure = rng.multivariate_normal(
            [calibration.level, calibration.slope], calibration.covariance, size=draws
        )
        bads = rng.binomial(rows, expit(sure[:, :1] + sure[:, 1:] * line)).astype(np.float64)
        rates, areas = bads.sum(axis=1) / rows.sum(), _areas(bads, rows - bads)
        ends = (level / 2, 1 - level / 2)
        area = implied_auc(rows.astype(np.float64), pd)
        known = areas[np.isfinite(areas)]
        low, high = np.quantile(known, ends) if len(known) else (np.nan, np.nan)
        rate_low, rate_high = np.quantile(rates, ends)
        expected = Expected(
            rows=int(rows.sum()),
            bad_rate=float(rows @ pd / rows.sum()),
            bad_rate_low=float(rate_low),
            bad_rate_high=float(rate_high),
            auc=_number(area),
            auc_low=_number(float(low)),
            auc_high=_number(float(high)),
        )
        return cls(expected, rates, areas)

    def against(self, scores: NDArray[np.int64], outcome: Floats) -> Held:
        """Return how outcomes (1 bad) of the same rows agree, by bad rate and AUC, both at once."""
        values, places = np.unique(-scores, return_inverse=True)
        bads = np.bincount(places, weights=outcome, minlength=len(values)).astype(np.float64)
        goods = np.bincount(places, minlength=len(values)).astype(np.float64) - bads
        rate = float(outcome.mean())
        area = float(_areas(bads[None, :], goods[None, :])[0])
        alone = [_two_sided(self.bad_rates, rate)]
        drawn = [_ranks(self.bad_rates)]
        if np.isfinite(area) and (known := np.isfinite(self.areas)).any():
            alone.append(_two_sided(self.areas[known], area))
            drawn.append(_ranks(np.where(known, self.areas, np.median(self.areas[known]))))
        least = np.min(drawn, axis=0)
        return Held(
            bad_rate=rate,
            auc=_number(area),
            p_bad_rate=alone[0],
            p_auc=alone[1] if len(alone) > 1 else None,
            p_family=float((1 + (least <= min(alone)).sum()) / (1 + len(least))),
        )


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _areas(bads: Floats, goods: Floats) -> Floats:
    """Return the AUC of every line of bads and goods per score, safest first; NaN of one class."""
    pairs = bads.sum(axis=1) * goods.sum(axis=1)
    right = (bads * (np.cumsum(goods, axis=1) - goods / 2)).sum(axis=1)
    found: Floats = np.divide(right, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
    return found


def _two_sided(drawn: Floats, value: float) -> float:
    below, above = (drawn <= value).sum(), (drawn >= value).sum()
    return float(min(1.0, 2 * (1 + min(below, above)) / (1 + len(drawn))))


def _ranks(drawn: Floats) -> Floats:
    """Return the two-sided p of every draw among all draws."""
    rising = np.sort(drawn)
    below = np.searchsorted(rising, drawn, side="right")
    above = len(drawn) - np.searchsorted(rising, drawn, side="left")
    found: Floats = np.minimum(1.0, 2 * np.minimum(below, above) / len(drawn))
    return found

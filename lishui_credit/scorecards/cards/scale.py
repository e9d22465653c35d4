"""From log-odds to points: base points at base odds, and points to double the odds (pdo)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lishui_credit.errors import ModelError
from lishui_credit.language import tr
from lishui_credit.statistics.logistic import expit


@dataclass(frozen=True, slots=True)
class Odds:
    """Odds of good to bad, named so that nobody reads them the other way round.

    Parameters
    ----------
    good, bad : float
        Above 0.

    Examples
    --------
    >>> Odds(good=50, bad=1).ratio, Odds(good=19, bad=1).pd
    (50.0, 0.05)
    """

    good: float
    bad: float = 1

    def __post_init__(self) -> None:
        """Refuse odds that are not above zero."""
        if not (self.good > 0 and self.bad > 0):
            raise ModelError(
                tr("odds must be above 0", "好坏比须大于 0"), f"{self.good}:{self.bad}"
            )

    @property
    def ratio(self) -> float:
        """Goods per bad."""
        return self.good / self.bad

    @property
    def pd(self) -> float:
        """The probability of bad these odds mean."""
        return self.bad / (self.good + self.bad)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The straight line ``score = offset + factor * ln(good / bad)``.

    Parameters
    ----------
    pdo : float
        Points that double the odds, above 0.
    base_score : float
        Score at `base_odds`.
    base_odds : Odds
        Good to bad.

    References
    ----------
    Siddiqi, N. (2006). Credit Risk Scorecards, ch. 6.

    Examples
    --------
    >>> import math
    >>> scale = Scale(pdo=20, base_score=600, base_odds=Odds(50, 1))
    >>> scale.score(math.log(50)), scale.score(math.log(100)), round(scale.pd(600), 5)
    (600.0, 620.0, 0.01961)
    """

    pdo: float
    base_score: float
    base_odds: Odds

    def __post_init__(self) -> None:
        """Refuse a scale that does not rise."""
        if not self.pdo > 0:
            raise ModelError(tr("pdo must be above 0", "pdo 须大于 0"), str(self.pdo))

    @property
    def factor(self) -> float:
        """Points per unit of log-odds."""
        return self.pdo / math.log(2)

    @property
    def offset(self) -> float:
        """Score at even odds."""
        return self.base_score - self.factor * math.log(self.base_odds.ratio)

    def score(self, log_odds: float) -> float:
        """Return the score of log-odds good:bad, before any rounding."""
        return self.base_score + self.factor * (log_odds - math.log(self.base_odds.ratio))

    def log_odds(self, score: float) -> float:
        """Return the log-odds good:bad of a score."""
        return (score - self.offset) / self.factor

    def pd(self, score: float) -> float:
        """Return the probability of bad of a score."""
        return float(expit(-self.log_odds(score)))

    @classmethod
    def between(cls, worst: float, best: float, low: float, high: float) -> Scale:
        """Return the scale that gives the worst log-odds `low` points and the best `high`.

        Raises
        ------
        ModelError
            Unless worst < best and low < high.

        Examples
        --------
        >>> scale = Scale.between(-2.0, 3.0, 300, 850)
        >>> round(scale.score(-2.0)), round(scale.score(3.0))
        (300, 850)
        """
        if not (worst < best and low < high):
            raise ModelError(
                tr("the best must be above the worst", "最好值须高于最差值"),
                f"{worst:g}..{best:g} -> {low:g}..{high:g}",
            )
        factor = (high - low) / (best - worst)
        return cls(pdo=factor * math.log(2), base_score=low - factor * worst, base_odds=Odds(1, 1))

"""`Shock`: a change of the world, and what it does to the money of one loan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.pricing.terms import FULL_BP, Terms

Floats = NDArray[np.float64]

Shocked = Mapping[str, float | Floats]
"""One shock, or many at once, by factor."""

Factor = Literal["bad_odds", "bad_rate", "lgd_bp", "funding_bp", "rate_bp", "score_points"]
FACTORS: Final[tuple[Factor, ...]] = (
    "bad_odds",
    "bad_rate",
    "lgd_bp",
    "funding_bp",
    "rate_bp",
    "score_points",
)
MULTIPLIERS: Final = ("bad_odds", "bad_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """A change of the world; every field says "no change" when not given.

    Parameters
    ----------
    bad_odds : float, default 1
        Multiplies the odds of default of every loan, positive.
    bad_rate : float, default 1
        Multiplies the bad rate (after the odds), positive; a rate stops at 1.
    lgd_bp, funding_bp, rate_bp : int or float, default 0
        Added to LGD, to the funding cost and to the loans' rate, basis points; LGD stays in 0 to
        10,000, the others at 0 or more.
    score_points : float, default 0
        Points by which scores fall (in the file's own unit; steps, where the score is a grade). For
        an income shock score the book again with lower incomes and put the mean fall here.

    Raises
    ------
    SubjectError
        If a multiplier is not positive or a figure not finite.

    Examples
    --------
    >>> Shock(bad_odds=1.5, lgd_bp=1000).lgd_bp
    1000
    """

    bad_odds: float = 1.0
    bad_rate: float = 1.0
    lgd_bp: float = 0
    funding_bp: float = 0
    rate_bp: float = 0
    score_points: float = 0

    def __post_init__(self) -> None:
        """Refuse figures that are no change of anything."""
        problems = []
        for name, value in asdict(self).items():
            if not isinstance(value, int | float | np.number) or not np.isfinite(value):
                problems.append(
                    Problem(tr("not a finite number", "不是有限的数"), str(value), "", name)
                )
            elif name in MULTIPLIERS and value <= 0:
                what = tr("a multiplier must be positive", "倍数必须为正")
                problems.append(Problem(what, str(value), tr("1 is no change", "1 表示不变"), name))
        refuse(problems)


NONE: Final = Shock()


def factors(terms: Terms, shock: Shocked) -> tuple[Floats, Floats]:
    """Return margin and severity per fen lent under shocks: `Terms` in floats, for many at once."""
    rate = (
        np.maximum(terms.rate_bp + np.asarray(shock["rate_bp"], dtype=np.float64), 0) / FULL_BP / 12
    )
    funding = np.maximum(terms.funding_bp + np.asarray(shock["funding_bp"]), 0) / FULL_BP / 12
    lgd = np.clip(terms.lgd_bp + np.asarray(shock["lgd_bp"]), 0, FULL_BP) / FULL_BP
    term, stop = terms.term_months, terms.stops_after
    whole: Floats | float
    until: Floats | float
    exposure: Floats | float
    if terms.repayment == "bullet":
        whole, until, exposure = term, stop, 1.0
    else:
        flat = rate < 1e-7  # below a thousandth of a basis point instalments are principal only
        step = np.log1p(np.where(flat, 1.0, rate))
        grown = np.expm1(term * step)

        def months(k: int) -> Floats:
            curved = (k * (grown + 1) - np.expm1(k * step) / np.where(flat, 1.0, rate)) / grown
            return np.where(flat, k - k * (k - 1) / (2 * term), curved)

        whole, until = months(term), months(stop)
        exposure = np.where(flat, 1 - stop / term, 1 - np.expm1(stop * step) / grown)
    back = (1 - lgd) * (1 + funding) ** -float(terms.recovery_months)
    spread = rate - funding
    return np.asarray(spread * whole), np.asarray(exposure * (1 - back) - spread * until)

"""The smallest shock of one factor at which a policy loses money."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from lishui_credit.cutoffs.books import Book
from lishui_credit.cutoffs.money import Products
from lishui_credit.cutoffs.portfolios import portfolio, undetermined
from lishui_credit.cutoffs.shocks import FACTORS, MULTIPLIERS, NONE, Factor
from lishui_credit.cutoffs.sweeps import Approve
from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.pricing.terms import FULL_BP

_FARTHEST: Final = 1e6  # a multiplier of odds beyond which nobody asks


@dataclass(frozen=True, slots=True)
class Break:
    """The smallest shock of one factor at which a policy loses money.

    Parameters
    ----------
    factor : str
        One of `FACTORS`.
    at : float or None
        Size of the shock asked for: a multiplier (of every cell, whose bad rate stops at 1), basis points (whole), or points of score; the value of "no
        change" where the policy loses money as it is, None where no shock of the factor does it.
    profit_fen : int
        Profit without a shock.
    bad_rate : float
        Bad rate of the approved without a shock.
    bad_rate_at : float or None
        The same at the break.
    """

    factor: Factor
    at: float | None
    profit_fen: int
    bad_rate: float
    bad_rate_at: float | None

    @property
    def sentence(self) -> str:
        """The break in plain words, in the language in use."""
        what = {
            "bad_odds": tr("the odds of default", "违约优势比"),
            "bad_rate": tr("the bad rate", "坏账率"),
            "lgd_bp": tr("the loss given default", "违约损失率"),
            "funding_bp": tr("the funding cost", "资金成本"),
            "rate_bp": tr("the loan rate", "贷款利率"),
            "score_points": tr("the score of everybody", "全体评分"),
        }[self.factor]
        if self.profit_fen < 0:
            return tr("The policy loses money as it is.", "该政策目前已经亏损。")
        if self.at is None or self.bad_rate_at is None:
            return tr(f"No shock of {what} alone makes the policy lose money.",
                      f"仅{what}变动不会使该政策亏损。")  # fmt: skip
        size = self.at
        if self.factor == "bad_rate" and self.bad_rate > 0:
            size = (
                self.bad_rate_at / self.bad_rate
            )  # a cell stops at 1, so it may be less than asked
        before, after = f"{self.bad_rate:.2%}", f"{self.bad_rate_at:.2%}"
        bads = tr(f" (bad rate from {before} to {after})", f"(坏账率由 {before} 升至 {after})")
        if self.factor in MULTIPLIERS:
            return tr(
                f"The policy loses money at {size:.2f} times {what}{bads}.",
                f"当{what}升至 {size:.2f} 倍时,该政策开始亏损{bads}。",
            )
        if self.factor == "score_points":
            return tr(
                f"The policy loses money once {what} falls by {self.at:.1f} points{bads}.",
                f"当{what}下降 {self.at:.1f} 分时,该政策开始亏损{bads}。",
            )
        points = f"{abs(self.at) / 100:.2f}"
        falls = self.at < 0
        return tr(
            f"The policy loses money once {what} {'falls' if falls else 'rises'} by {points} points.",
            f"当{what}{'下降' if falls else '上升'} {points} 个百分点时,该政策开始亏损。",
        )


def breaking_point(
    book: Book,
    approve: Approve,
    terms: Products,
    which: Factor,
    *,
    product: str | None = None,
    points_to_double: float | None = None,
) -> Break:
    """Return the smallest shock of one factor at which a policy loses money, by bisection.

    Bisection relies on profit falling all along: so it does wherever a bad loan is worth less than a
    good one.

    Parameters
    ----------
    book, approve, terms, product, points_to_double
        As in `one_at_a_time`.
    which : str
        One of `FACTORS`; the loan rate is shocked downwards, the others upwards.

    Returns
    -------
    Break
        Basis points are whole: the policy loses money at `at`, not one basis point before.

    Raises
    ------
    SubjectError
        As in `one_at_a_time`, or if there is no such factor.

    Examples
    --------
    >>> import polars as pl
    >>> from lishui_credit.cutoffs.books import book
    >>> from lishui_credit.pricing.terms import Terms
    >>> frame = pl.DataFrame({"score": [1] * 20, "bad": [1] + [0] * 19, "amount_fen": [10_000] * 20})
    >>> breaking_point(book(frame), 1, Terms(800, 300), "bad_rate").sentence
    'The policy loses money at 2.11 times the bad rate (bad rate from 5.00% to 10.53%).'
    """
    if which not in FACTORS:
        what = tr("no such factor", "没有该因素")
        raise SubjectError(what, repr(which), ", ".join(FACTORS), "which")
    held = portfolio(book, approve, terms, product=product, points_to_double=points_to_double)

    def shocked(size: float) -> dict[str, float]:
        return {**asdict(NONE), which: size}

    def loses(size: float) -> bool:
        return float(held.profit(shocked(size))) < 0

    neutral = float(getattr(NONE, which))
    base, rate = float(held.profit(asdict(NONE))), held.bad_rate(asdict(NONE))

    def found(at: float | None) -> Break:
        then = None if at is None else held.bad_rate(shocked(at))
        return Break(which, at, round(base), rate, then)

    if base < 0:
        return found(neutral)
    if which.endswith("_bp"):
        safe, lost = 0, -FULL_BP if which == "rate_bp" else FULL_BP
        if not loses(lost):
            return found(None)
        while abs(lost - safe) > 1:
            halfway = (safe + lost) // 2
            safe, lost = (safe, halfway) if loses(halfway) else (halfway, lost)
        return found(float(lost))
    steep = 1.0
    if which == "score_points":
        if held.slope is None:
            raise SubjectError(undetermined())
        steep = held.slope
    end = np.log(_FARTHEST) / steep if which == "score_points" and steep > 0 else _FARTHEST
    if steep <= 0 or not loses(end):
        return found(None)
    low, high = neutral, float(end)
    while high - low > 1e-12 * max(1.0, high):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (low, middle) if loses(middle) else (middle, high)
    return found(high)

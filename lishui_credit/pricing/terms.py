"""What one loan product earns on a good loan and loses on a bad one: `Terms`, in whole fen.

Money is linear in the amount lent: a good loan earns ``amount x margin - operating``, a bad one
loses ``amount x severity + operating``. The two factors are exact fractions of the terms; only the
product is rounded, once, to whole fen, half away from zero.

Money is counted as sums over the term, without discounting; time is paid for by the funding cost of
the balance outstanding. Only what is recovered after default is discounted, at the funding rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal, overload

import numpy as np
from numpy.typing import NDArray

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import Bilingual, tr
from lishui_credit.points import half_away

Fen = NDArray[np.int64]

FULL_BP: Final = 10_000

YUAN: Final = Bilingual("yuan", "元")
"""What a hundred fen are called unless told otherwise."""

_MONTH: Final = 12 * FULL_BP  # basis points a year to a share a month
_LONGEST: Final = 600  # months
# Keeps products of remainders inside 64 bits; moves a factor by less than 1e-16 (see `_times`).
_DENOMINATOR: Final = 10**8


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one loan product (贷款产品条款).

    Interest and funding cost are due monthly on the balance outstanding; the monthly rate is a
    twelfth of the yearly one. A bad loan pays as agreed for `default_month` months, then nothing:
    the balance then outstanding is the exposure at default, of which ``1 - LGD`` comes back
    `recovery_months` later and is discounted to the default month at the funding rate, compounded
    monthly. Interest accrued but unpaid at default is not claimed.

    Parameters
    ----------
    rate_bp : int
        Interest rate, basis points a year (435 is 4.35%), 0 to 10,000.
    funding_bp : int
        Funding cost (资金成本), basis points a year, 0 to 10,000.
    operating_fen : int, default 0
        Operating cost of an approved loan, fen, good or bad.
    lgd_bp : int, default 4500
        Loss given default (违约损失率): share of the exposure at default never recovered, not
        discounted, 0 to 10,000. 45% is a supervisory figure, see the references.
    recovery_months : int, default 0
        Months from default to recovery, 0 to 600.
    term_months : int, default 12
        Term, months, 1 to 600.
    repayment : {"bullet", "annuity"}, default "bullet"
        Principal at maturity (按月付息到期还本) or equal instalments (等额本息).
    default_month : int, optional
        Months a bad loan pays before it stops: 0 to the term, below the term for an annuity. Half
        the term, rounded down, when not given.

    Raises
    ------
    SubjectError
        If a term is not an integer in its range: all of them at once.

    References
    ----------
    Basel Committee (2006), International Convergence of Capital Measurement, paragraph 287: 45%
    for senior unsecured claims (40% for corporates since CRE32.6 of 2017); a retail lender puts
    its own. Thomas (2009), Consumer Credit Models, Oxford, section 1.3, for profit by odds.

    Examples
    --------
    100,000 yuan for a year at 8%, funded at 3%, 200 yuan of work; a bad stops after half a year:

    >>> terms = Terms(rate_bp=800, funding_bp=300, operating_fen=20_000)
    >>> terms.gain(10_000_000), terms.loss(10_000_000)
    (480000, 4270000)
    >>> terms.break_even_odds(10_000_000), float(terms.break_even_pd(10_000_000))
    (Fraction(427, 48), 0.10105263157894737)
    """

    rate_bp: int
    funding_bp: int
    operating_fen: int = 0
    lgd_bp: int = 4500
    recovery_months: int = 0
    term_months: int = 12
    repayment: Literal["bullet", "annuity"] = "bullet"
    default_month: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no loan can have, everything at once."""
        problems = [
            problem
            for name, top in (
                ("rate_bp", FULL_BP),
                ("funding_bp", FULL_BP),
                ("operating_fen", 10**12),
                ("lgd_bp", FULL_BP),
                ("recovery_months", _LONGEST),
            )
            for problem in _range(name, getattr(self, name), 0, top)
        ]
        wrong_term = _range("term_months", self.term_months, 1, _LONGEST)
        problems += wrong_term
        if self.repayment not in ("bullet", "annuity"):
            problems.append(
                Problem(
                    tr("unknown way of repayment", "没有这种还款方式"),
                    repr(self.repayment),
                    "bullet, annuity",
                    "repayment",
                )
            )
        if self.default_month is not None and not wrong_term:
            last = self.term_months - (self.repayment == "annuity")
            problems += _range("default_month", self.default_month, 0, last)
        refuse(problems)

    @property
    def stops_after(self) -> int:
        """Months a bad loan pays: `default_month`, or half the term."""
        return self.term_months // 2 if self.default_month is None else self.default_month

    @property
    def schedule(self) -> Schedule:
        """Balances of one fen lent, over the term and up to default."""
        return _schedule(self.rate_bp, self.term_months, self.repayment, self.stops_after)

    @property
    def margin(self) -> Fraction:
        """What a good loan earns over its term per fen lent, before operating cost."""
        spread = Fraction(self.rate_bp - self.funding_bp, _MONTH)
        return spread * self.schedule.balance_months

    @property
    def credit_severity(self) -> Fraction:
        """Exposure at default less the discounted recovery, per fen lent."""
        discount = (1 + Fraction(self.funding_bp, _MONTH)) ** -self.recovery_months
        return self.schedule.exposure * (1 - Fraction(FULL_BP - self.lgd_bp, FULL_BP) * discount)

    @property
    def severity(self) -> Fraction:
        """What a bad loan loses per fen lent, before operating cost; negative where it earns."""
        spread = Fraction(self.rate_bp - self.funding_bp, _MONTH)
        return self.credit_severity - spread * self.schedule.balance_months_to_default

    @overload
    def gain(self, amount_fen: int) -> int: ...
    @overload
    def gain(self, amount_fen: Fen | Sequence[int]) -> Fen: ...
    def gain(self, amount_fen: int | Fen | Sequence[int]) -> int | Fen:
        """Return what a good loan earns: interest less funding and operating cost, fen.

        Negative where the margin does not pay the operating cost.

        >>> Terms(800, 300, term_months=24, repayment="annuity").gain(10_000_000)
        534094
        """
        return _times(amount_fen, _limited(self)[0]) - self.operating_fen

    @overload
    def loss(self, amount_fen: int) -> int: ...
    @overload
    def loss(self, amount_fen: Fen | Sequence[int]) -> Fen: ...
    def loss(self, amount_fen: int | Fen | Sequence[int]) -> int | Fen:
        """Return what a bad loan loses, fen; negative where even a bad loan has earned money.

        Exposure at default less discounted recovery, less the interest received before default,
        plus the funding cost until then, plus the operating cost. Two years of waiting for the
        recovery cost 3% a year on 55,000 yuan:

        >>> Terms(800, 300, default_month=0).loss(10_000_000)
        4500000
        >>> Terms(800, 300, default_month=0, recovery_months=24).loss(10_000_000)
        4819907
        """
        return _times(amount_fen, _limited(self)[1]) + self.operating_fen

    @overload
    def credit_loss(self, amount_fen: int) -> int: ...
    @overload
    def credit_loss(self, amount_fen: Fen | Sequence[int]) -> Fen: ...
    def credit_loss(self, amount_fen: int | Fen | Sequence[int]) -> int | Fen:
        """Return exposure at default less the discounted recovery, fen: the loss of expected loss.

        >>> Terms(800, 300, lgd_bp=4000).credit_loss(10_000_000)
        4000000
        """
        return _times(amount_fen, _limited(self)[2])

    def break_even_odds(self, amount_fen: int) -> Fraction | None:
        """Return how many good loans pay for one bad loan of this amount: loss / gain, unrounded.

        Approving pays where good : bad is above it; 0 where even a bad loan earns, None where a
        good loan earns nothing, so that no odds pay.

        >>> Terms(800, 300).break_even_odds(10_000_000)
        Fraction(17, 2)
        >>> Terms(300, 300).break_even_odds(10_000_000) is None
        True
        """
        gain = amount_fen * self.margin - self.operating_fen
        loss = amount_fen * self.severity + self.operating_fen
        return None if gain <= 0 else max(Fraction(0), loss / gain)

    def break_even_pd(self, amount_fen: int) -> Fraction:
        """Return the PD at which a loan of this amount earns nothing on average: gain/(gain+loss).

        A loan pays below it; 0 where none pays, 1 where all do.

        >>> Terms(800, 300).break_even_pd(10_000_000)
        Fraction(2, 19)
        """
        odds = self.break_even_odds(amount_fen)
        return Fraction(0) if odds is None else 1 / (1 + odds)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Balances of one fen lent, as shares of it."""

    balance_months: Fraction  # sum of the balances at the start of every month of the term
    balance_months_to_default: Fraction  # the same over the months a bad loan pays
    exposure: Fraction  # balance when a bad loan stops


def _range(name: str, value: object, low: int, high: int) -> list[Problem]:
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return []
    what = tr(
        f"must be a whole number from {low:,} to {high:,}", f"应为 {low:,} 至 {high:,} 的整数"
    )
    hint = ""
    if name.endswith("_bp"):
        hint = tr("basis points: 4.35% is 435", "单位为基点:4.35% 记为 435")
    return [Problem(what, repr(value), hint, name)]


@lru_cache(maxsize=1024)
def _schedule(rate_bp: int, term: int, repayment: str, stop: int) -> Schedule:
    if repayment == "bullet":
        return Schedule(Fraction(term), Fraction(stop), Fraction(1))
    if rate_bp == 0:

        def sums(k: int) -> Fraction:
            return k - Fraction(k * (k - 1), 2 * term)

        return Schedule(sums(term), sums(stop), Fraction(term - stop, term))
    # The balance after k instalments is (q^T - q^k) / (q^T - 1), q = 1 + monthly rate.
    q = 1 + Fraction(rate_bp, _MONTH)
    whole = q**term

    def months(k: int) -> Fraction:
        return (k * whole - (q**k - 1) / (q - 1)) / (whole - 1)

    return Schedule(months(term), months(stop), (whole - q**stop) / (whole - 1))


@lru_cache(maxsize=1024)
def _limited(terms: Terms) -> tuple[Fraction, Fraction, Fraction]:
    """Return margin, severity and credit severity with denominators that fit 64-bit products."""
    margin, severity, credit = (
        factor.limit_denominator(_DENOMINATOR)
        for factor in (terms.margin, terms.severity, terms.credit_severity)
    )
    return margin, severity, credit


def _times(amount: int | Fen | Sequence[int], factor: Fraction) -> int | Fen:
    """Return amount x factor in whole fen, half away from zero, without leaving integers."""
    # The amount is split by the denominator, so that no product passes 64 bits: the remainder's product
    # stays below 10^16 x factor.
    whole: int | Fen = amount if isinstance(amount, int) else np.asarray(amount, dtype=np.int64)
    top, down = abs(factor.numerator), factor.denominator
    times = whole // down
    rest = whole - times * down
    size = times * top + half_away(rest * top, down)
    return size if factor >= 0 else -size

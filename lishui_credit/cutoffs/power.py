"""Champion against challenger (冠军/挑战者): how many loans, how long, and who goes where.

Sizes are those of the two-sample z test, of two rates (variance pooled under "no difference") or of
two means. What is compared must be defined for everybody assigned: profit per applicant, nothing
for the declined, is; a bad rate is a figure of whom each arm approves, so count approvals there.
Assignment is a hash of the applicant's id: the same person falls in the same arm on every run and
machine, and nobody chooses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Final

import polars as pl

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.pricing.terms import FULL_BP

ARMS: Final = ("champion", "challenger")

_ROUNDING: Final = 1e-9  # a size that is whole but for rounding is that whole


@dataclass(frozen=True, slots=True)
class Split:
    """Sizes of the two arms.

    Parameters
    ----------
    champion, challenger : int
        Loans (or applicants) in each arm.
    """

    champion: int
    challenger: int

    @property
    def total(self) -> int:
        """Both together."""
        return self.champion + self.challenger


def split_size(
    p_champion: float,
    p_challenger: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    share: float = 0.5,
) -> Split:
    """Return how many loans tell two rates apart.

    N = (z₁ √(p̄ q̄ (1/(1-s) + 1/s)) + z₂ √(p₁q₁/(1-s) + p₂q₂/s))² / (p₁ - p₂)², with s the share
    of the challenger, p̄ the mean rate weighted by it, z₁ and z₂ the normal quantiles of 1 - α/2 and
    of the power.

    Parameters
    ----------
    p_champion, p_challenger : float
        Rates (bad rate, approval rate), above 0 and below 1, different.
    power : float, default 0.8
        Chance to see the difference if it is so large, above alpha and below 1.
    alpha : float, default 0.05
        Chance of a false alarm, two-sided, above 0 and below 1.
    share : float, default 0.5
        Share that goes to the challenger, above 0 and below 1.

    Returns
    -------
    Split

    Raises
    ------
    SubjectError
        If a figure is out of its range: all at once.

    References
    ----------
    Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, Wiley, 3rd ed.,
    chapter 4 (without the correction for continuity).

    Examples
    --------
    >>> split_size(0.5, 0.6)
    Split(champion=388, challenger=388)
    >>> split_size(0.04, 0.03, share=0.1).total
    30659
    """
    refuse(
        _inside(p_champion=p_champion, p_challenger=p_challenger)
        + _different(p_champion, p_challenger)
        + _options(power, alpha, share)
    )
    tail, reach = _quantiles(alpha, power)
    null, spread = _deviations(p_champion, p_challenger, share)
    return _split(((tail * null + reach * spread) / (p_champion - p_challenger)) ** 2, share)


def split_size_of_means(
    difference: float,
    sd_champion: float,
    sd_challenger: float | None = None,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    share: float = 0.5,
) -> Split:
    """Return how many applicants tell two means (profit per applicant) apart.

    N = (z₁ + z₂)² (σ₁²/(1-s) + σ₂²/s) / δ².

    Parameters
    ----------
    difference : float
        Difference of means worth seeing, not zero, in any unit (fen).
    sd_champion, sd_challenger : float
        Standard deviations of one applicant in the same unit, positive; equal when not given.
    power, alpha, share
        As in `split_size`.

    Returns
    -------
    Split

    Raises
    ------
    SubjectError
        As in `split_size`.

    Examples
    --------
    Profit of 5,000 yuan give or take, 200 yuan worth seeing:

    >>> split_size_of_means(20_000, 500_000)
    Split(champion=9812, challenger=9812)
    """
    other = sd_champion if sd_challenger is None else sd_challenger
    refuse(
        _positive(sd_champion=sd_champion, sd_challenger=other)
        + _different(difference, 0.0)
        + _options(power, alpha, share)
    )
    tail, reach = _quantiles(alpha, power)
    variance = sd_champion**2 / (1 - share) + other**2 / share
    return _split((tail + reach) ** 2 * variance / difference**2, share)


def power_of(split: Split, p_champion: float, p_challenger: float, *, alpha: float = 0.05) -> float:
    """Return the chance that a split shows a difference of rates that is there.

    Parameters
    ----------
    split : Split
        Sizes, 1 or more each.
    p_champion, p_challenger, alpha
        As in `split_size`.

    Returns
    -------
    float
        0 to 1; significance in the true direction only.

    Raises
    ------
    SubjectError
        As in `split_size`.

    Examples
    --------
    >>> round(power_of(Split(50, 50), 0.5, 0.75), 3)
    0.74
    """
    from scipy.special import ndtr

    rates = _inside(p_champion=p_champion, p_challenger=p_challenger, alpha=alpha)
    refuse(rates + _sizes(split))
    tail, _ = _quantiles(alpha, 0.5)
    null, spread = _deviations(p_champion, p_challenger, split.challenger / split.total)
    gap = abs(p_champion - p_challenger) * sqrt(split.total)
    return float(ndtr((gap - tail * null) / spread))


def detectable(
    split: Split,
    p_champion: float,
    *,
    better: bool = True,
    power: float = 0.8,
    alpha: float = 0.05,
) -> float | None:
    """Return the challenger's bad rate nearest to the champion's that a split can tell from it.

    Parameters
    ----------
    split : Split
        Sizes, 1 or more each.
    p_champion : float
        The champion's bad rate, above 0 and below 1.
    better : bool, default True
        Whether a lower rate is looked for, or a higher one.
    power, alpha
        As in `split_size`.

    Returns
    -------
    float or None
        None where the split is too small for any difference in that direction.

    Raises
    ------
    SubjectError
        As in `split_size`.

    Examples
    --------
    >>> round(detectable(Split(388, 388), 0.5, better=False), 3)
    0.6
    """
    refuse(_inside(p_champion=p_champion) + _options(power, alpha, 0.5) + _sizes(split))
    near, far = p_champion, 1e-12 if better else 1 - 1e-12
    if power_of(split, p_champion, far, alpha=alpha) < power:
        return None
    while abs(far - near) > 1e-12:
        middle = (near + far) / 2
        enough = power_of(split, p_champion, middle, alpha=alpha) >= power
        near, far = (near, middle) if enough else (middle, far)
    return far


def detectable_mean(
    split: Split,
    sd_champion: float,
    sd_challenger: float | None = None,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
) -> float:
    """Return the smallest difference of means that a split can show: (z₁ + z₂) √(σ₁²/n₁ + σ₂²/n₂).

    Parameters and errors as in `split_size_of_means`.

    Examples
    --------
    >>> round(detectable_mean(Split(9812, 9812), 500_000), -1)
    20000.0
    """
    other = sd_champion if sd_challenger is None else sd_challenger
    refuse(
        _positive(sd_champion=sd_champion, sd_challenger=other)
        + _options(power, alpha, 0.5)
        + _sizes(split)
    )
    tail, reach = _quantiles(alpha, power)
    variance = sd_champion**2 / split.champion + other**2 / split.challenger
    return float((tail + reach) * sqrt(variance))


def months_needed(
    split: Split, applications_a_month: int, *, approval: float = 1.0, window_months: int = 0
) -> int:
    """Return the months until a split can be judged: intake, then the outcome window of the last.

    Parameters
    ----------
    split : Split
        Loans needed (or applicants, with approval 1).
    applications_a_month : int
        All applications that enter the test, 1 or more.
    approval : float, default 1
        Share of applications that become loans, above 0, at most 1.
    window_months : int, default 0
        Months after which a loan is known good or bad, 0 or more.

    Returns
    -------
    int

    Raises
    ------
    SubjectError
        If a figure is out of its range: all at once.

    Examples
    --------
    >>> months_needed(Split(4_000, 4_000), 1_000, approval=0.7, window_months=12)
    24
    """
    problems = _sizes(split)
    if not applications_a_month >= 1:
        what = tr("there are no applications", "没有申请")
        problems.append(Problem(what, str(applications_a_month), "", "applications_a_month"))
    if not 0 < approval <= 1:
        problems.append(
            Problem(
                tr("must be a share above 0 and at most 1", "应为大于 0 且不超过 1 的占比"),
                str(approval),
                "",
                "approval",
            )
        )
    if not window_months >= 0:
        what = tr("window_months must be 0 or more", "观察期不能为负")
        problems.append(Problem(what, str(window_months), "", "window_months"))
    refuse(problems)
    return ceil(split.total / (applications_a_month * approval) - _ROUNDING) + window_months


def assign(ids: pl.Series | Sequence[object], *, salt: str, share_bp: int = 5000) -> pl.Series:
    """Return the arm of every applicant: the first 64 bits of SHA-256 of salt and id.

    Parameters
    ----------
    ids : polars.Series or sequence, shape (n,)
        Ids, none missing; 7 and "7" are one id.
    salt : str
        Name of the test, such as "card-2027". Another salt draws anew; the same one never does.
    share_bp : int, default 5000
        Share of the challenger, basis points, 0 to 10,000. Raising it moves nobody back to the
        champion.

    Returns
    -------
    polars.Series of Enum, shape (n,)
        "champion" or "challenger".

    Raises
    ------
    SubjectError
        If an id is missing, the salt is empty or the share out of range: all at once.

    References
    ----------
    NIST, FIPS 180-4 (2015), Secure Hash Standard.

    Examples
    --------
    >>> assign(["a", "b", "c"], salt="card-2027").to_list()
    ['challenger', 'champion', 'challenger']
    """
    given = ids if isinstance(ids, pl.Series) else [None if v is None else str(v) for v in ids]
    named = pl.Series("arm", given).cast(pl.String)
    problems = []
    if named.null_count():
        found = tr(f"{named.null_count()} rows", f"{named.null_count()} 行")
        problems.append(Problem(tr("an id is missing", "缺少编号"), found, "", "ids"))
    if not salt:
        what = tr(
            "salt is empty: give the test a name of its own", "salt 为空:每次试验须有自己的名称"
        )
        problems.append(Problem(what, where="salt"))
    if not (isinstance(share_bp, int) and 0 <= share_bp <= FULL_BP):
        what = tr("share_bp must be 0 to 10,000 basis points", "占比应为 0 至 10,000 基点")
        problems.append(Problem(what, repr(share_bp), "", "share_bp"))
    refuse(problems)
    start = hashlib.sha256(salt.encode() + b"\0")
    below = share_bp * 2**64
    drawn = []
    for name in named.to_list():
        one = start.copy()
        one.update(name.encode())
        drawn.append(ARMS[int.from_bytes(one.digest()[:8], "big") * FULL_BP < below])
    return pl.Series("arm", drawn, dtype=pl.Enum(ARMS))


def _quantiles(alpha: float, power: float) -> tuple[float, float]:
    from scipy.special import ndtri

    return float(ndtri(1 - alpha / 2)), float(ndtri(power))


def _deviations(p: float, q: float, share: float) -> tuple[float, float]:
    """Return √N times the standard error of the difference, without and with one."""
    mean = (1 - share) * p + share * q
    null = sqrt(mean * (1 - mean) * (1 / (1 - share) + 1 / share))
    return null, sqrt(p * (1 - p) / (1 - share) + q * (1 - q) / share)


def _split(total: float, share: float) -> Split:
    return Split(ceil(total * (1 - share) - _ROUNDING), ceil(total * share - _ROUNDING))


def _inside(**shares: float) -> list[Problem]:
    what = tr("must lie between 0 and 1", "应大于 0 且小于 1")
    hint = tr("3% is 0.03", "3% 记为 0.03")
    return [
        Problem(what, str(value), hint, name)
        for name, value in shares.items()
        if not (isinstance(value, int | float) and 0 < value < 1)
    ]


def _positive(**values: float) -> list[Problem]:
    what = tr("must be positive", "必须为正")
    return [Problem(what, str(value), "", name) for name, value in values.items() if not value > 0]


def _different(one: float, other: float) -> list[Problem]:
    what = tr(
        "the two are equal: no sample size can show a difference", "没有差异则任何样本量都不够"
    )
    return [Problem(what, str(one))] if one == other else []


def _options(power: float, alpha: float, share: float) -> list[Problem]:
    found = _inside(power=power, alpha=alpha, share=share)
    if not found and power <= alpha:
        what = tr("power must be greater than alpha", "检验功效应高于显著性水平")
        found.append(Problem(what, f"{power} <= {alpha}", "", "power"))
    return found


def _sizes(split: Split) -> list[Problem]:
    what = tr("each arm needs at least one loan", "两组都至少需要一笔贷款")
    enough = split.champion >= 1 and split.challenger >= 1
    return [] if enough else [Problem(what, str(split), "", "split")]

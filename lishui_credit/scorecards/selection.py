"""Which characteristics a card keeps: correlation, variance inflation, forward steps, L1 path, signs.

A `Pool` starts with every candidate and its WoE; each step takes some out and says why.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lishui_credit.errors import SubjectError
from lishui_credit.language import Bilingual, tr
from lishui_credit.statistics.chi_square import tail
from lishui_credit.statistics.logistic import Logistic, expit, fit_logistic
from lishui_credit.statistics.outcomes import Flags, Floats

Counts = NDArray[np.int64] | None


class SignWarning(UserWarning):
    """A characteristic's coefficient has the wrong sign."""


@dataclass(slots=True)
class Pool:
    """Characteristics still in, their WoE (n, k), and those left out, each with its reason."""

    names: list[str]
    x: Floats
    left: dict[str, Bilingual] = field(default_factory=dict)

    def drop(self, dropped: Mapping[str, Bilingual]) -> None:
        """Take characteristics out, for the reasons given."""
        self.left.update(dropped)
        keep = [place for place, name in enumerate(self.names) if name not in dropped]
        for place, column in enumerate(keep):  # in place: a copy would double the largest array
            if place != column:
                self.x[:, place] = self.x[:, column]
        self.names, self.x = [self.names[place] for place in keep], self.x[:, : len(keep)]

    def keep(self, order: Sequence[int], reason: Bilingual) -> None:
        """Keep some characteristics in a new order; the others are left out for one reason."""
        self.left.update(
            {name: reason for place, name in enumerate(self.names) if place not in order}
        )
        self.names, self.x = [self.names[place] for place in order], self.x[:, order]


def told_apart(ivs: Mapping[str, float], min_iv: float) -> tuple[list[str], dict[str, Bilingual]]:
    """Return the characteristics of enough information value, and why the others are left out."""
    weak = {
        name: Bilingual(
            f"information value {iv:.4f} below {min_iv:g}", f"信息值 {iv:.4f} 低于 {min_iv:g}"
        )
        for name, iv in ivs.items()
        if iv < min_iv
    }
    names = [name for name in ivs if name not in weak]
    if not names:
        best = max(ivs.values(), default=0.0)
        raise SubjectError(
            tr("no characteristic tells good from bad", "没有特征能区分好坏"),
            tr(f"largest information value {best:.4f}", f"最大信息值 {best:.4f}"),
            tr("lower min_iv, or use other data", "请降低 min_iv 或补充数据"),
        )
    return names, weak


def select(
    pool: Pool,
    ivs: Mapping[str, float],
    bad: Flags,
    weight: Floats | None,
    rows: Counts = None,
    *,
    method: Literal["all", "forward", "l1"],
    max_correlation: float | None,
    max_vif: float | None,
    ridge: float,
    stop_p: float,
) -> None:
    """Narrow the pool by every rule asked for, or refuse where nothing is left.

    Where each row of the pool stands for several, `rows` says for how many, and weights are their sums.
    """
    if max_correlation is not None:
        its = [ivs[name] for name in pool.names]
        pool.drop(correlated(pool.x, pool.names, its, max_correlation, rows))
    if max_vif is not None:
        pool.drop(inflated(pool.x, pool.names, max_vif, rows))
    if method == "forward":
        pool.keep(
            forward(pool.x, bad, weight, ridge=ridge, stop_p=stop_p),
            Bilingual(
                f"adds nothing significant to those kept (stops at p {stop_p:g})",
                f"对已选特征无显著增益(p {stop_p:g} 停止)",
            ),
        )
    elif method == "l1":
        kept = l1_path(pool.x, bad, weight, rows, ridge=ridge)
        reason = Bilingual(
            "not in the set of lowest BIC on the L1 path", "不在 L1 路径上 BIC 最小的集合中"
        )
        pool.drop({name: reason for place, name in enumerate(pool.names) if place not in kept})
    if not pool.names:
        raise SubjectError(tr("the selection keeps no characteristic", "筛选后没有剩余特征"))


def fit_signed(
    pool: Pool,
    bad: Flags,
    weight: Floats | None,
    *,
    ridge: float,
    sign: Literal["constrain", "drop", "flag"],
) -> Logistic:
    """Fit the pool, and leave out, or warn of, characteristics whose coefficient is negative."""

    def fitted() -> Logistic:
        return fit_logistic(pool.x, bad, weight, ridge=ridge, positive=sign == "constrain")

    fit = fitted()
    reason = Bilingual(
        "its coefficient would be negative beside the other characteristics",
        "与其他特征同用时系数为负(符号反转)",
    )
    if sign == "flag":
        flipped = [name for name, b in zip(pool.names, fit.coefficients, strict=True) if b < 0]
        if flipped:
            warnings.warn(f"{reason}: {', '.join(flipped)}", SignWarning, stacklevel=3)
        return fit
    while len(pool.names) > 1 and (fit.coefficients <= 0).any():
        gone = (
            np.flatnonzero(fit.coefficients <= 0)
            if sign == "constrain"
            else [int(np.argmin(fit.coefficients))]
        )
        pool.drop({pool.names[place]: reason for place in gone})
        if not pool.names:
            break
        fit = fitted()
    if not pool.names or fit.coefficients[0] <= 0:
        raise SubjectError(
            tr("no characteristic has a positive coefficient", "没有特征的系数为正"),
            hint=tr("a higher WoE must mean better odds", "WoE 越高,好坏比应越高"),
        )
    return fit


def correlated(
    x: Floats, names: Sequence[str], ivs: Sequence[float], most: float, rows: Counts = None
) -> dict[str, Bilingual]:
    """Leave out, of every pair correlated beyond `most` in absolute terms, the one of lower IV."""
    order = sorted(range(len(names)), key=lambda place: (-ivs[place], names[place]))
    whole = np.zeros((len(names), len(names)))
    moving = np.flatnonzero(np.ptp(x, axis=0) > 0)
    if len(moving) > 1:
        whole[np.ix_(moving, moving)] = _correlations(x[:, moving], rows)
    kept: list[int] = []
    left: dict[str, Bilingual] = {}
    for place in order:
        close = [other for other in kept if abs(whole[place, other]) > most]
        if close:
            other = max(close, key=lambda row: abs(whole[place, row]))
            by = f"{whole[place, other]:.2f}"
            left[names[place]] = Bilingual(
                f"correlated {by} with {names[other]}, which has the higher IV",
                f"与信息值更高的 {names[other]} 相关系数 {by}",
            )
        else:
            kept.append(place)
    return left


def _correlations(x: Floats, rows: Counts) -> Floats:
    """Return the correlations of two columns or more."""
    close = np.cov(x, rowvar=False, fweights=rows)
    spread = np.sqrt(np.diag(close))
    found: Floats = close / spread[:, None] / spread
    return found


def inflated(
    x: Floats, names: Sequence[str], most: float, rows: Counts = None
) -> dict[str, Bilingual]:
    """Leave out the characteristic of the largest variance inflation factor until none is above `most`."""
    # Belsley, D., Kuh, E. and Welsch, R. (1980). Regression Diagnostics, ch. 3.
    kept = np.flatnonzero(np.ptp(x, axis=0) > 0).tolist()
    left: dict[str, Bilingual] = {}
    while len(kept) > 1:
        # The ridge keeps exact copies from being singular: their factor is then about 1e9.
        close = _correlations(x[:, kept], rows) + 1e-9 * np.eye(len(kept))
        factors = np.diag(np.linalg.inv(close))
        top = int(np.argmax(factors))
        if factors[top] <= most:
            break
        name = names[kept.pop(top)]
        left[name] = Bilingual(
            f"variance inflation factor {factors[top]:.1f}", f"方差膨胀因子 {factors[top]:.1f}"
        )
    return left


def forward(
    x: Floats, bad: Flags, weight: Floats | None, *, ridge: float, stop_p: float
) -> list[int]:
    """Take the characteristic that raises the likelihood most, until none does significantly.

    It stops where the likelihood ratio test of the best newcomer has a p-value above `stop_p`. The
    newcomer is found by the score test, which needs no fit: O(n k) per step, one fit for each
    characteristic kept.
    """
    heavy = np.ones(len(bad)) if weight is None else weight
    kept: list[int] = []
    fit = fit_logistic(x[:, kept], bad, weight, ridge=ridge)
    while len(kept) < x.shape[1]:
        p = expit(fit.log_odds(x[:, kept]))
        miss, curve = heavy * (~bad - p), heavy * p * (1 - p)
        inside = np.column_stack([np.ones(len(bad)), x[:, kept]])
        cross = inside.T @ (x * curve[:, None])
        solved = np.linalg.pinv(inside.T @ (inside * curve[:, None])) @ cross
        room = (x**2 * curve[:, None]).sum(axis=0) - (cross * solved).sum(axis=0)
        slope = x.T @ miss
        # A coefficient that would come in negative is no candidate.
        fits = (slope > 0) & (room > 1e-9 * heavy.sum())
        fits[kept] = False
        if not fits.any():
            break
        worth = np.where(fits, slope**2 / np.where(fits, room, 1.0), -np.inf)
        newcomer = int(np.argmax(worth))
        tried = fit_logistic(x[:, [*kept, newcomer]], bad, weight, ridge=ridge)
        if tail(2 * (tried.log_likelihood - fit.log_likelihood), 1) > stop_p:
            break
        kept.append(newcomer)
        fit = tried
    return kept


def l1_path(
    x: Floats, bad: Flags, weight: Floats | None, rows: Counts = None, *, ridge: float
) -> list[int]:
    """Take the set on scikit-learn's L1 path of twenty penalties whose refit has the lowest BIC."""
    # Tibshirani, R. (1996). Regression shrinkage and selection via the lasso. JRSS B 58, 267-288.
    from sklearn.linear_model import LogisticRegression

    spread = np.sqrt(np.average((x - np.average(x, axis=0, weights=rows)) ** 2, 0, rows))
    ready = x / np.where(spread > 0, spread, 1.0)
    whole = len(bad) if rows is None else int(rows.sum())
    # liblinear stops sooner the smaller the rarer class is among the rows it is given.
    sooner = _rarer(bad, rows) / _rarer(bad, None)
    best: tuple[float, list[int]] = (np.inf, [])
    tried: set[tuple[int, ...]] = set()
    for strength in np.logspace(-4, 0, 20):
        model = LogisticRegression(
            l1_ratio=1.0,
            C=strength,
            solver="liblinear",
            tol=1e-4 * sooner,
            max_iter=1000,
            random_state=0,
        )
        model.fit(ready, (~bad).astype(int), sample_weight=weight)
        kept = [int(place) for place in np.flatnonzero(model.coef_[0] > 0)]
        if not kept or tuple(kept) in tried:
            continue
        tried.add(tuple(kept))
        refit = fit_logistic(x[:, kept], bad, weight, ridge=ridge, positive=True)
        bic = -2 * refit.log_likelihood + np.log(whole) * (len(kept) + 1)
        best = min(best, (float(bic), kept), key=lambda pair: pair[0])
    return best[1]


def _rarer(bad: Flags, rows: Counts) -> float:
    """Return the share of the rarer class."""
    share = float(np.average(bad, weights=rows))
    return min(share, 1 - share)

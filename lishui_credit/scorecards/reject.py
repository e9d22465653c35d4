"""Reject inference (拒绝推断): outcomes inferred for applicants whose outcome nobody saw.

Every method fills the gap by an assumption, and none can test it: the accepted say nothing about
how the rejected would have paid if the old lender knew more than the file. `Augmented` therefore
carries, beside the rows, the assumption that must be true for it to help. What the simulation in
``tests/test_reject.py`` shows: where acceptance depends on the file alone, fuzzy augmentation
changes nothing, and hard labels or a needless markup hurt; where the lender saw more, a model of
the accepted is too kind to the rejected, fuzzy augmentation repeats its mistake, and only a markup
taken from outside knowledge (`factor`) corrects it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import CreditError, Problem, SubjectError, refuse
from lishui_credit.language import Bilingual, tr
from lishui_credit.points import half_away
from lishui_credit.scorecards.estimator import Learner, Predictor
from lishui_credit.scorecards.features import TrainingSample, features
from lishui_credit.scorecards.folds import fresh
from lishui_credit.statistics.outcomes import Floats, Values
from lishui_credit.tables.frames import Frame

Fit = Callable[[pl.DataFrame, NDArray[np.int8], Floats], Predictor]

_NAMES = {
    "fuzzy": Bilingual("fuzzy augmentation", "模糊扩充法"),
    "parcelling": Bilingual("parcelling", "分段打包法"),
    "extrapolation": Bilingual("extrapolation", "简单外推法"),
    "hard cut-off": Bilingual("hard cut-off", "硬截断法"),
}
_ASSUMPTIONS = {
    "fuzzy": Bilingual(
        "Assumes that, at equal features, the rejected have {factor:g} times the odds of bad of the"
        " accepted. At 1 it repeats what the accepted say and adds no information.",
        "假设:特征相同时,被拒者的违约几率(odds)为通过者的 {factor:g} 倍。"
        "取 1 时只是重复通过样本的信息,不增加新信息。",
    ),
    "parcelling": Bilingual(
        "Assumes that, within each of {bands} score bands, the bad rate of the rejected is"
        " {factor:g} times that of the accepted. This factor must come from outside these data;"
        " which of the rejected go bad inside a band is drawn at random (seed {seed}).",
        "假设:在 {bands} 个分数段内,被拒者违约率均为通过者的 {factor:g} 倍。该倍数须来自本数据之外;"
        "段内哪些被拒者违约为随机抽取(种子 {seed})。",
    ),
    "extrapolation": Bilingual(
        "Assumes that the model of the accepted also holds where nobody was accepted, with"
        " {factor:g} times its mean PD, and that the worst-ranked rejected are all bad and the others"
        " all good. The labels are surer than what is known, so probabilities fitted to them are too"
        " extreme.",
        "假设:通过者模型在无人通过的区域仍成立(均值乘以 {factor:g}),且排序最差的被拒者全部违约、"
        "其余全部正常。标签比已知信息更确定,据此拟合的概率会过于极端。",
    ),
    "hard cut-off": Bilingual(
        "Assumes that every rejected applicant with a PD of at least {cutoff:g} would have gone bad"
        " and every other would have paid. The labels are surer than what is known, so probabilities"
        " fitted to them are too extreme.",
        "假设:预测违约概率不低于 {cutoff:g} 的被拒者全部违约,其余全部正常。"
        "标签比已知信息更确定,据此拟合的概率会过于极端。",
    ),
}


@dataclass(frozen=True, slots=True, eq=False)
class Augmented:
    """Accepted and rejected rows together, and what must be true of them.

    The accepted come first; `fuzzy` gives every rejected row twice. Outcomes of `rejected` rows are
    inferred; a rejected applicant weighs 1 in all.
    """

    method: str
    X: pl.DataFrame
    y: NDArray[np.int8]
    weight: Floats
    rejected: NDArray[np.bool_]
    settings: dict[str, float]

    @property
    def bad_rate_accepted(self) -> float:
        """Weighted share of bads among the accepted."""
        return self._bad_rate(~self.rejected)

    @property
    def bad_rate_rejected(self) -> float:
        """Weighted share of bads inferred for the rejected."""
        return self._bad_rate(self.rejected)

    def _bad_rate(self, rows: NDArray[np.bool_]) -> float:
        return float(np.average(self.y[rows], weights=self.weight[rows]))

    @property
    def assumption(self) -> str:
        """What must be true for the method to help, in the language in use."""
        return str(_ASSUMPTIONS[self.method]).format(**self.settings)

    def __str__(self) -> str:
        """Return method, assumption and bad rates in words: print it beside any result."""
        name = _NAMES[self.method]
        return tr(
            f"Reject inference, {name}. {self.assumption} Bad rate of the accepted"
            f" {self.bad_rate_accepted:.1%}, inferred for the rejected"
            f" {self.bad_rate_rejected:.1%}.",
            f"拒绝推断,{name}。{self.assumption}通过者违约率"
            f" {self.bad_rate_accepted:.1%},推断的被拒者违约率 {self.bad_rate_rejected:.1%}。",
        )


def fuzzy_augmentation(
    model: Learner | Fit,
    X: Frame,
    y: Values,
    rejects: Frame,
    *,
    factor: float = 1.0,
    sample_weight: Values | None = None,
) -> Augmented:
    """Take each rejected row twice: as bad with weight PD, as good with weight 1 - PD.

    Parameters
    ----------
    model : estimator or callable
        An estimator, which is cloned and fitted to the accepted; or ``fit(X, y, weight)`` that
        returns something with predict_proba.
    X, y : frame, shape (n, k), and array-like, shape (n,)
        The accepted, 1 bad.
    rejects : frame
        The rejected, with the same columns.
    factor : float, default 1.0
        Times the odds of bad that the accepted model gives; above 0.
    sample_weight : array-like, shape (n,), optional
        Of the accepted.

    References
    ----------
    Siddiqi (2017), Intelligent Credit Scoring, 2nd ed., chapter on reject inference; Crook &
    Banasik (2004), Does reject inference really improve the performance of application scoring
    models?, Journal of Banking & Finance 28.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> frame = pl.DataFrame({"a": [0.0, 1.0, 2.0, 3.0]})
    >>> more = fuzzy_augmentation(LogisticRegression(), frame, [0, 1, 0, 1], frame[:1])
    >>> more.y.tolist(), more.weight.round(2).tolist(), more.rejected.sum()
    ([0, 1, 0, 1, 1, 0], [1.0, 1.0, 1.0, 1.0, 0.34, 0.66], np.int64(2))
    """
    found = _Accepted.read(model, X, y, rejects, sample_weight, factor)
    odds = factor * found.reject_pd / (1.0 - found.reject_pd)
    bad = odds / (1.0 + odds)
    ones = np.ones(len(bad), dtype=np.int8)
    lent = np.concatenate([ones, 0 * ones])
    return found.joined("fuzzy", lent, {"factor": factor}, np.concatenate([bad, 1.0 - bad]))


def parcelling(
    model: Learner | Fit,
    X: Frame,
    y: Values,
    rejects: Frame,
    *,
    factor: float = 1.5,
    bands: int = 10,
    seed: int = 0,
    sample_weight: Values | None = None,
) -> Augmented:
    """Give each score band of the rejected the accepted's bad rate there, times a factor.

    Bands hold equal numbers of accepted by the accepted model's PD; a rejected applicant beyond
    the worst falls in the worst. In a band with n rejected, round(n rate factor) of them, at most
    n, are drawn to be bad.

    Parameters
    ----------
    model, X, y, rejects, sample_weight
        As in `fuzzy_augmentation`.
    factor : float, default 1.5
        Times the accepted's bad rate in a band; above 0.
    bands : int, default 10
        At least 2.
    seed : int, default 0
        Of the draw.

    References
    ----------
    Siddiqi (2017), Intelligent Credit Scoring, 2nd ed., chapter on reject inference.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> frame = pl.DataFrame({"a": [float(n % 10) for n in range(100)]})
    >>> more = parcelling(LogisticRegression(), frame, [0, 1] * 50, frame, bands=2, factor=1.2)
    >>> round(more.bad_rate_rejected, 2)
    0.6
    """
    found = _Accepted.read(model, X, y, rejects, sample_weight, factor, bands)
    edges = np.unique(np.quantile(found.pd, np.arange(1, bands) / bands, method="inverted_cdf"))
    band = np.searchsorted(edges, found.pd, side="right")
    reject_band = np.searchsorted(edges, found.reject_pd, side="right")
    draw = np.random.default_rng(seed)
    lent = np.zeros(len(reject_band), dtype=np.int8)
    overall = float(np.average(found.y, weights=found.weight))
    for place in range(len(edges) + 1):
        here = np.flatnonzero(reject_band == place)
        seen = band == place
        rate = (
            float(np.average(found.y[seen], weights=found.weight[seen]))
            if found.weight[seen].sum() > 0
            else overall
        )
        number = half_away(Fraction(min(1.0, rate * factor) * len(here)))
        lent[draw.permutation(here)[:number]] = 1
    settings = {"factor": factor, "bands": bands, "seed": seed}
    return found.joined("parcelling", lent, settings)


def extrapolation(
    model: Learner | Fit,
    X: Frame,
    y: Values,
    rejects: Frame,
    *,
    factor: float = 1.0,
    sample_weight: Values | None = None,
) -> Augmented:
    """Call the worst-ranked rejected bad, as many as the accepted model expects times a factor.

    Parameters
    ----------
    model, X, y, rejects, sample_weight
        As in `fuzzy_augmentation`.
    factor : float, default 1.0
        Times the mean PD that the accepted model gives the rejected; above 0.

    References
    ----------
    Hand & Henley (1993), Can reject inference ever work?, IMA Journal of Management Mathematics 5;
    Crook & Banasik (2004), Journal of Banking & Finance 28.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> frame = pl.DataFrame({"a": [0.0, 1.0, 2.0, 3.0]})
    >>> more = extrapolation(LogisticRegression(), frame, [0, 1, 0, 1], frame)
    >>> more.y[more.rejected].tolist()
    [0, 0, 1, 1]
    """
    found = _Accepted.read(model, X, y, rejects, sample_weight, factor)
    expected = min(1.0, factor * float(found.reject_pd.mean())) * len(found.reject_pd)
    lent = np.zeros(len(found.reject_pd), dtype=np.int8)
    worst_first = np.argsort(-found.reject_pd, kind="stable")
    lent[worst_first[: half_away(Fraction(expected))]] = 1
    return found.joined("extrapolation", lent, {"factor": factor})


def hard_cutoff(
    model: Learner | Fit,
    X: Frame,
    y: Values,
    rejects: Frame,
    *,
    cutoff: float,
    sample_weight: Values | None = None,
) -> Augmented:
    """Call every rejected applicant bad whose PD reaches a cut-off, every other good.

    Parameters
    ----------
    model, X, y, rejects, sample_weight
        As in `fuzzy_augmentation`.
    cutoff : float
        PD from which a rejected applicant is bad, in (0, 1).

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> frame = pl.DataFrame({"a": [0.0, 1.0, 2.0, 3.0]})
    >>> more = hard_cutoff(LogisticRegression(), frame, [0, 1, 0, 1], frame, cutoff=0.6)
    >>> more.y[more.rejected].tolist()
    [0, 0, 0, 1]
    """
    if not 0.0 < cutoff < 1.0:
        raise CreditError(tr("cutoff is not within (0, 1)", "cutoff 不在 (0, 1) 内"), str(cutoff))
    found = _Accepted.read(model, X, y, rejects, sample_weight)
    lent = (found.reject_pd >= cutoff).astype(np.int8)
    return found.joined("hard cut-off", lent, {"cutoff": cutoff})


@dataclass(frozen=True, slots=True, eq=False)
class _Accepted:
    """The accepted, the rejected, and both scored by a model of the accepted."""

    X: pl.DataFrame
    y: NDArray[np.int8]
    weight: Floats
    rejects: pl.DataFrame
    pd: Floats
    reject_pd: Floats

    @classmethod
    def read(
        cls,
        model: Learner | Fit,
        X: Frame,
        y: Values,
        rejects: Frame,
        sample_weight: Values | None,
        factor: float = 1.0,
        bands: int = 10,
    ) -> _Accepted:
        problems = []
        if not (np.isfinite(factor) and factor > 0.0):
            problems.append(Problem(tr("factor is not above 0", "factor 应大于 0"), str(factor)))
        if bands < 2:
            problems.append(Problem(tr("bands is under 2", "bands 应至少为 2"), str(bands)))
        refuse(problems, CreditError)
        sample = TrainingSample.read(X, y, sample_weight)
        refused = features(rejects, sample.frame.columns)
        if not refused.height:
            raise SubjectError(tr("there is no rejected row", "没有被拒样本"))
        frame, refused = _alike(sample.frame, refused)
        sample = replace(sample, frame=frame)
        fitted = fitted_to(model, sample)
        pds = pd_of(fitted, frame), pd_of(fitted, refused)
        return cls(frame, sample.outcome, sample.weighed, refused, *pds)

    def joined(
        self,
        method: str,
        lent: NDArray[np.int8],
        settings: dict[str, float],
        weight: Floats | None = None,
    ) -> Augmented:
        """Return both together, the rejected as often as outcomes are lent to each."""
        copies = [self.rejects] * (len(lent) // self.rejects.height)
        return Augmented(
            method,
            pl.concat([self.X, *copies]),
            np.concatenate([self.y, lent]),
            np.concatenate([self.weight, np.ones(len(lent)) if weight is None else weight]),
            np.arange(len(self.y) + len(lent)) >= len(self.y),
            settings,
        )


def _alike(frame: pl.DataFrame, other: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return both with the same types: whole numbers with gaps in one are floats in both."""
    problems = [
        Problem(
            tr("accepted and rejected rows differ in type", "通过与被拒样本的列类型不同"),
            f"{frame[name].dtype}, {other[name].dtype}",
            where=name,
        )
        for name in frame.columns
        if (frame[name].dtype == pl.String) != (other[name].dtype == pl.String)
    ]
    refuse(problems)
    if frame.schema == other.schema:
        return frame, other
    both = pl.concat([frame, other], how="vertical_relaxed")
    return both[: frame.height], both[frame.height :]


def fitted_to(model: Learner | Fit, sample: TrainingSample) -> Predictor:
    """Return a clone of an estimator fitted to a sample, or what the callable makes of it."""
    if hasattr(model, "fit"):
        extra = {} if sample.weight is None else {"sample_weight": sample.weight}
        return cast(Predictor, fresh(model).fit(sample.frame, sample.outcome, **extra))
    if not callable(model):
        raise CreditError(
            tr("the model can neither be fitted nor called", "模型既不能拟合也不能调用"),
            type(model).__name__,
        )
    return model(sample.frame, sample.outcome, sample.weighed)


def pd_of(fitted: Predictor, X: pl.DataFrame) -> Floats:
    """Return probabilities of bad, kept off 0 and 1, shape (n,)."""
    pd = np.asarray(fitted.predict_proba(X), dtype=np.float64)[:, 1]
    return np.clip(pd, 1e-9, 1.0 - 1e-9)

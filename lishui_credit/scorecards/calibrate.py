"""Probabilities that mean what they say: Platt, isotonic and beta calibration out of fold.

A model's probabilities on the rows it was fitted to are too extreme. `Calibrated` therefore scores
every row by a model that has not seen it, learns from those log-odds how often such a score turns
bad, and only then fits the model to all rows. `Calibrator` is the second step alone, for scores that
come from elsewhere, such as the card in force.
"""

from __future__ import annotations

import itertools
import os
import warnings
from dataclasses import KW_ONLY, dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lishui_credit.errors import CreditError, Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.scorecards.estimator import Classifier, Estimator, Learner
from lishui_credit.scorecards.features import refuse_rows, target, weights
from lishui_credit.scorecards.folds import (
    Matrix,
    collected,
    log_odds_of_bad,
    out_of_fold,
    takes_groups,
)
from lishui_credit.scorecards.sealed_json import read_sealed, seal
from lishui_credit.statistics.logistic import expit, logit, newton
from lishui_credit.statistics.outcomes import Floats, Values

Method = Literal["platt", "isotonic", "beta"]

_KIND = "lishui_credit.calibrator"
_METHODS = ("platt", "isotonic", "beta")


@dataclass(eq=False, repr=False)
class Calibrator(Estimator):
    """Learns the probability of bad from log-odds of bad, rising throughout.

    With s the log-odds of bad (bad:good), the fitted probability is

    - ``platt``: 1 / (1 + exp(-(a s + c))), a >= 0;
    - ``beta``: 1 / (1 + exp(-(a ln p - b ln(1 - p) + c))) with p = 1 / (1 + exp(-s)), a, b >= 0,
      which is Platt's where a = b;
    - ``isotonic``: the rising step function closest to the outcomes, straight between its knots.
      It ties many scores: keep the raw score for a cut-off.

    Platt's targets, (bads + 1) / (bads + 2) for a bad and 1 / (goods + 2) for a good, replace 1 and
    0 in the first two, so that scores which separate the classes perfectly still get finite
    answers. Every probability is kept within [`floor_`, 1 - `floor_`]: none is 0 or 1.

    Parameters
    ----------
    method : {"platt", "isotonic", "beta"}, default "platt"
        Platt needs some 100 rows, beta some 500, isotonic some 2,000 with 200 bads.
    floor : float, optional
        Least probability that is given, in (0, 0.5); by default 0.5 / (weight of all rows + 1), the
        Jeffreys mean of a grade that holds every row and no bad.

    Attributes
    ----------
    slopes_ : tuple of float
        (a,) of Platt, (a, b) of beta, () of isotonic.
    intercept_ : float
        c; 0 of isotonic.
    knots_ : tuple of two arrays
        Log-odds and probabilities of isotonic, rising; empty otherwise.
    floor_ : float
        The least probability given.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines, in Advances in Large Margin
    Classifiers; Lin, Lin & Weng (2007), Machine Learning 68; Zadrozny & Elkan (2002), KDD;
    Kull, Silva Filho & Flach (2017), Beta calibration, AISTATS.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> s = rng.normal(size=5000)
    >>> y = rng.random(5000) < 1 / (1 + np.exp(-(0.5 * s - 1)))  # twice too sure, base rate wrong
    >>> fitted = Calibrator().fit(s, y)
    >>> round(fitted.slopes_[0], 1), round(fitted.intercept_, 1)
    (0.5, -1.0)
    """

    method: Method = "platt"
    _: KW_ONLY
    floor: float | None = None

    def fit(self, log_odds: ArrayLike, y: Values, sample_weight: Values | None = None) -> Self:
        """Learn from log-odds by a model that was not fitted to these rows.

        Parameters
        ----------
        log_odds : array-like of float, shape (n,)
            Log-odds of bad.
        y : array-like, shape (n,)
            1 bad, 0 good.
        sample_weight : array-like, shape (n,), optional

        Raises
        ------
        CreditError
            If there is no such method, or the floor is out of range.
        SubjectError
            If a log-odds is not finite, or the target or the weights are wrong.
        """
        self._check()
        s = _finite(log_odds)
        outcome = target(y, len(s))
        weight = weights(sample_weight, len(s))
        self.slopes_: tuple[float, ...] = ()
        self.intercept_ = 0.0
        self.knots_: tuple[Floats, Floats] = (np.empty(0), np.empty(0))
        self.floor_ = 0.5 / (float(weight.sum()) + 1.0) if self.floor is None else self.floor
        if self.method == "isotonic":
            self.knots_ = _isotonic(s, outcome, weight)
            flat = len(set(self.knots_[1].tolist())) == 1
        else:
            columns = s[:, None] if self.method == "platt" else _beta_columns(s)
            *slopes, self.intercept_ = _rising_logistic(columns, outcome, weight)
            self.slopes_ = tuple(slopes)
            flat = not any(slopes)
        if flat:
            warnings.warn(
                tr(
                    "the score does not tell good from bad: every probability is the base rate"
                    " (slope 0)",
                    "评分不能区分好坏:所有概率均取基准违约率(斜率为 0)",
                ),
                stacklevel=2,
            )
        return self

    def probability(self, log_odds: ArrayLike) -> Floats:
        """Return the probability of bad, within [`floor_`, 1 - `floor_`]; shape (n,)."""
        self._require_fit()
        s = _finite(log_odds)
        if self.method == "isotonic":
            raw = np.interp(s, *self.knots_)
        else:
            columns = s[:, None] if self.method == "platt" else _beta_columns(s)
            raw = expit(columns @ np.asarray(self.slopes_) + self.intercept_)
        return np.clip(raw, self.floor_, 1.0 - self.floor_)

    def to_json(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the calibrator as sealed JSON; also write it where a new `path` is given."""
        self._require_fit()
        return seal(
            {
                "kind": _KIND,
                "schema": 1,
                "method": self.method,
                "floor": self.floor,
                "learned": {
                    "slopes": list(self.slopes_),
                    "intercept": self.intercept_,
                    "knots": [knots.tolist() for knots in self.knots_],
                    "floor": self.floor_,
                },
            },
            path,
        )

    @classmethod
    def from_json(cls, source: str | os.PathLike[str]) -> Self:
        """Return a calibrator from `to_json`'s text or file: the same to the last bit."""
        found = read_sealed(source, _KIND)
        self = cls(found["method"], floor=found["floor"])
        learned = found["learned"]
        self.slopes_ = tuple(learned["slopes"])
        self.intercept_ = learned["intercept"]
        low, high = (np.asarray(knots, dtype=np.float64) for knots in learned["knots"])
        self.knots_ = (low, high)
        self.floor_ = learned["floor"]
        return self

    def _check(self) -> None:
        problems = []
        if self.method not in _METHODS:
            problems.append(
                Problem(
                    tr("there is no such method", "没有该方法"),
                    repr(self.method),
                    ", ".join(_METHODS),
                )
            )
        if self.floor is not None and not 0.0 < self.floor < 0.5:
            problems.append(
                Problem(
                    tr("the floor is not within (0, 0.5)", "下限不在 (0, 0.5) 内"), f"{self.floor}"
                )
            )
        refuse(problems, CreditError)


@dataclass(eq=False, repr=False)
class Calibrated(Classifier):
    """A classifier whose probabilities are calibrated out of fold.

    Parameters
    ----------
    estimator : classifier
        Anything with fit and predict_proba (or decision_function, log-odds of bad); it is cloned,
        never changed.
    method : {"platt", "isotonic", "beta"}, default "platt"
        See `Calibrator`.
    folds : int, default 5
        At least 2; each fold keeps the share of bads.
    seed : int, default 0
        Of the folds.

    Attributes
    ----------
    estimator_ : classifier
        Fitted to all rows; its own score is the one to rank and cut by.
    calibrator_ : Calibrator
        Fitted to the out-of-fold log-odds.
    out_of_fold_ : numpy.ndarray, shape (n,)
        Log-odds of bad of each row by a model that has not seen it: for honest validation.

    Examples
    --------
    >>> import polars as pl
    >>> from sklearn.naive_bayes import GaussianNB
    >>> rng = np.random.default_rng(0)
    >>> y = rng.random(2000) < 0.2
    >>> a = rng.normal(size=2000) + y
    >>> X = pl.DataFrame({"a": a, "a_again": a})  # counted twice: naive Bayes is too sure
    >>> model = Calibrated(GaussianNB()).fit(X, y)
    >>> round(model.calibrator_.slopes_[0], 1)
    0.5
    """

    estimator: Learner
    _: KW_ONLY
    method: Method = "platt"
    folds: int = 5
    seed: int = 0

    def fit(
        self,
        X: Matrix,
        y: Values,
        sample_weight: Values | None = None,
        groups: Values | None = None,
    ) -> Self:
        """Score out of fold, learn to calibrate, then fit the estimator to all rows.

        Parameters
        ----------
        X : frame or matrix, shape (n, k)
        y : array-like, shape (n,)
            1 bad, 0 good.
        sample_weight : array-like, shape (n,), optional
        groups : array-like, shape (n,), optional
            Rows of one group (a firm, a household, near copies) stay in one fold.
        """
        from sklearn.base import clone

        X = collected(X)
        calibrator = Calibrator(self.method)
        calibrator._check()
        self.out_of_fold_ = out_of_fold(
            self.estimator,
            X,
            y,
            folds=self.folds,
            seed=self.seed,
            sample_weight=sample_weight,
            groups=groups,
        )
        self.calibrator_ = calibrator.fit(self.out_of_fold_, y, sample_weight)
        extra = {} if sample_weight is None else {"sample_weight": sample_weight}
        if groups is not None and takes_groups(self.estimator):
            extra["groups"] = groups
        self.estimator_ = clone(self.estimator).fit(X, y, **extra)
        return self

    def predict_proba(self, X: Matrix) -> Floats:
        """Return calibrated probabilities of good and bad, shape (n, 2)."""
        self._require_fit()
        bad = self.calibrator_.probability(log_odds_of_bad(self.estimator_, collected(X)))
        return np.column_stack([1.0 - bad, bad])

    def decision_function(self, X: Matrix) -> Floats:
        """Return calibrated log-odds of bad, shape (n,)."""
        return logit(self.predict_proba(X)[:, 1])


def _finite(log_odds: ArrayLike) -> Floats:
    s = np.asarray(log_odds, dtype=np.float64)
    if s.ndim != 1:
        raise SubjectError(tr("log-odds are not one column", "对数几率不是单列"), str(s.shape))
    refuse_rows(~np.isfinite(s), tr("log-odds are missing or infinite", "对数几率缺失或无穷大"))
    return s


def _beta_columns(s: Floats) -> Floats:
    """Return ln p and -ln(1 - p) of p = 1 / (1 + exp(-s)); both rise with s."""
    return np.column_stack([-np.logaddexp(0.0, -s), np.logaddexp(0.0, s)])


def _isotonic(s: Floats, y: NDArray[np.int8], w: Floats) -> tuple[Floats, Floats]:
    from sklearn.isotonic import IsotonicRegression

    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    fitted.fit(s, y.astype(np.float64), sample_weight=w)
    return fitted.X_thresholds_, fitted.y_thresholds_


def _rising_logistic(columns: Floats, y: NDArray[np.int8], w: Floats) -> list[float]:
    """Return slopes >= 0 and an intercept of least log loss on Platt's targets.

    The loss is convex, so the best of the answers whose free slopes come out positive, over every
    choice of slopes held at zero, is the constrained optimum.
    """
    bads, goods = float(w[y == 1].sum()), float(w[y == 0].sum())
    aim = np.where(y == 1, (bads + 1.0) / (bads + 2.0), 1.0 / (goods + 2.0))
    scale = np.maximum(np.abs(columns).max(axis=0, initial=0.0), 1e-12)
    scaled = columns / scale
    tops = []
    for chosen in itertools.product((False, True), repeat=columns.shape[1]):
        free = np.array(chosen)
        top = newton(scaled, aim, w, free=free, tolerance=1e-18, limit=np.inf)
        if (top.coefficients[1:][free] > 0.0).all():
            tops.append(top)
    best = max(tops, key=lambda top: top.likelihood)
    return [*(best.coefficients[1:] / scale).tolist(), float(best.coefficients[0])]

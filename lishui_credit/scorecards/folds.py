"""Rows scored by models that have not seen them: folds, clones and log-odds of bad."""

# ruff: noqa: N803 - X is what scikit-learn calls it

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import ModelError, Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.scorecards.features import target, weights
from lishui_credit.statistics.logistic import logit

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


def split(
    y: NDArray[np.int8], *, folds: int, seed: int = 0, groups: Any = None
) -> list[tuple[Places, Places]]:
    """Return (rows to fit, rows held out) of each fold; every fold keeps the share of bads.

    Parameters
    ----------
    y : numpy.ndarray of int8, shape (n,)
        1 bad, 0 good.
    folds : int
        At least 2, at most the rows of the rarer class.
    seed : int, default 0
    groups : array-like, shape (n,), optional
        Rows of one group stay together.

    Raises
    ------
    SubjectError
        If a class has fewer rows than folds, or a fold is left with one class only.

    Examples
    --------
    >>> [held.tolist() for _, held in split(np.array([0, 1, 0, 1], dtype=np.int8), folds=2)]
    [[1, 2], [0, 3]]
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    rarer = int(min(y.sum(), len(y) - y.sum()))
    if not 2 <= folds <= rarer:
        raise SubjectError(
            Problem(
                tr(
                    "folds must be from 2 to the rows of the rarer class",
                    "折数应在 2 与少数类行数之间",
                ),
                tr(f"{folds} folds, {rarer} rows", f"{folds} 折,{rarer} 行"),
            )
        )
    if groups is None:
        cut = StratifiedKFold(folds, shuffle=True, random_state=seed)
        pairs = list(cut.split(y, y))
    else:
        labels = np.asarray(groups)
        if len(labels) != len(y):
            raise SubjectError(
                Problem(
                    tr("groups are not as many as rows", "分组数与行数不一致"),
                    f"{len(labels)}, {len(y)}",
                )
            )
        cut = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
        pairs = list(cut.split(y, y, labels))
    for fit, held in pairs:
        if any(len(np.unique(y[rows])) < 2 for rows in (fit, held)):
            raise SubjectError(
                Problem(
                    tr("a fold is left with one class only", "有一折只剩一个类别"),
                    hint=tr("use fewer folds or smaller groups", "请减少折数或缩小分组"),
                )
            )
    return pairs


def collected(X: Any) -> Any:
    """Return a lazy polars frame read, anything else as it is."""
    return X.collect() if isinstance(X, pl.LazyFrame) else X


def rows(X: Any, places: Places) -> Any:
    """Return some rows of a frame or matrix, as the type it came in."""
    if isinstance(X, np.ndarray):
        return X[places]
    return nw.to_native(nw.from_native(X, eager_only=True)[places])


def log_odds_of_bad(model: Any, X: Any) -> Floats:
    """Return a fitted model's log-odds of bad: its decision function, else from probabilities.

    Probabilities of 0 and 1 are taken as 1e-12 from the end.
    """
    if hasattr(model, "decision_function"):
        return np.asarray(model.decision_function(X), dtype=np.float64)
    if not hasattr(model, "predict_proba"):
        raise ModelError(
            Problem(
                tr("the model gives no probabilities", "模型不给出概率"),
                type(model).__name__,
                "predict_proba, decision_function",
            )
        )
    bad = np.asarray(model.predict_proba(X), dtype=np.float64)[:, 1]
    return logit(np.clip(bad, 1e-12, 1.0 - 1e-12))


def out_of_fold(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    folds: int = 5,
    seed: int = 0,
    sample_weight: Any = None,
    groups: Any = None,
) -> Floats:
    """Return each row's log-odds of bad by a clone that has not seen it.

    Parameters
    ----------
    estimator : classifier
        Cloned for each fold, never changed.
    X : frame or matrix, shape (n, k)
    y : array-like, shape (n,)
    folds, seed, groups
        As in `split`.
    sample_weight : array-like, shape (n,), optional

    Returns
    -------
    numpy.ndarray of float64, shape (n,)
    """
    from sklearn.base import clone

    frame = collected(X)
    height = len(frame)
    outcome = target(y, height)
    weight = None if sample_weight is None else weights(sample_weight, height)
    found = np.empty(height)
    for fit, held in split(outcome, folds=folds, seed=seed, groups=groups):
        extra = {} if weight is None else {"sample_weight": weight[fit]}
        model = clone(estimator).fit(rows(frame, fit), outcome[fit], **extra)
        found[held] = log_odds_of_bad(model, rows(frame, held))
    return found

"""Rows scored by models that have not seen them: folds, clones and log-odds of bad."""

from __future__ import annotations

from typing import Any, TypeAlias

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import ModelError, SubjectError
from lishui_credit.language import tr
from lishui_credit.scorecards.estimator import Learner
from lishui_credit.scorecards.features import target, weights
from lishui_credit.statistics.logistic import logit
from lishui_credit.statistics.outcomes import Floats, Values
from lishui_credit.tables.frames import Frame

Places = NDArray[np.intp]
Matrix: TypeAlias = "Frame | NDArray[Any]"
"""Rows as a classifier of any library takes them."""


def split(
    y: NDArray[np.int8], *, folds: int, seed: int = 0, groups: Values | None = None
) -> list[tuple[Places, Places]]:
    """Return (rows to fit, rows held out) of each fold; every fold keeps the share of bads.

    Rows of one group stay together. Fewer than 2 folds, more folds than the rarer class has rows, or
    a fold of one class only is refused.

    Examples
    --------
    >>> [held.tolist() for _, held in split(np.array([0, 1, 0, 1], dtype=np.int8), folds=2)]
    [[1, 2], [0, 3]]
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    rarer = int(min(y.sum(), len(y) - y.sum()))
    if not 2 <= folds <= rarer:
        raise SubjectError(
            tr(
                "folds must be between 2 and the number of rows of the rarer class",
                "折数应在 2 与少数类行数之间",
            ),
            tr(f"{folds} folds, {rarer} rows", f"{folds} 折,{rarer} 行"),
        )
    if groups is None:
        cut = StratifiedKFold(folds, shuffle=True, random_state=seed)
        pairs = list(cut.split(y, y))
    else:
        labels = np.asarray(groups)
        if len(labels) != len(y):
            raise SubjectError(
                tr("groups and rows differ in number", "分组数与行数不一致"),
                f"{len(labels)}, {len(y)}",
            )
        cut = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
        pairs = list(cut.split(y, y, labels))
    for fit, held in pairs:
        if any(len(np.unique(y[rows])) < 2 for rows in (fit, held)):
            raise SubjectError(
                tr("a fold has one class only", "有一折只有一个类别"),
                hint=tr("use fewer folds or smaller groups", "请减少折数或缩小分组"),
            )
    return pairs


def collected(X: Matrix) -> Any:
    """Return a lazy polars frame collected, anything else as it is."""
    return X.collect() if isinstance(X, pl.LazyFrame) else X


def rows(X: Matrix, places: Places) -> Any:
    """Return some rows of a frame or matrix, as the type it came in."""
    if isinstance(X, np.ndarray):
        return X[places]
    frame: Any = X
    return nw.to_native(nw.from_native(frame, eager_only=True)[places])


def log_odds_of_bad(model: object, X: Matrix) -> Floats:
    """Return a fitted model's log-odds of bad: its decision function, else from its probabilities.

    Probabilities of 0 and 1 count as 1e-12 from the end.
    """
    if hasattr(model, "decision_function"):
        return np.asarray(model.decision_function(X), dtype=np.float64)
    if not hasattr(model, "predict_proba"):
        raise ModelError(
            tr("the model gives no probabilities", "模型不给出概率"),
            type(model).__name__,
            "predict_proba, decision_function",
        )
    bad = np.asarray(model.predict_proba(X), dtype=np.float64)[:, 1]
    return logit(np.clip(bad, 1e-12, 1.0 - 1e-12))


def out_of_fold(
    estimator: Learner,
    X: Matrix,
    y: Values,
    *,
    folds: int = 5,
    seed: int = 0,
    sample_weight: Values | None = None,
    groups: Values | None = None,
) -> Floats:
    """Return each row's log-odds of bad by a clone that has not seen it, shape (n,).

    Folds are those of `split`; the estimator is cloned for each fold, never changed.
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

"""Rows scored by models that have not seen them: folds, clones and log-odds of bad."""

from __future__ import annotations

from collections.abc import Sequence
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

    Rows of one group stay together: groups of several rows, the largest first, go where they even out
    goods and bads best, single rows fill up the rest. Fewer than 2 folds, more folds than the rarer
    class has rows, or a fold of one class only is refused.

    Examples
    --------
    >>> [held.tolist() for _, held in split(np.array([0, 1, 0, 1], dtype=np.int8), folds=2)]
    [[1, 2], [0, 3]]
    """
    from sklearn.model_selection import StratifiedKFold

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
        fold = _dealt(y, np.unique(labels, return_inverse=True)[1], folds, seed)
        pairs = [(np.flatnonzero(fold != one), np.flatnonzero(fold == one)) for one in range(folds)]
    for fit, held in pairs:
        if any(len(np.unique(y[rows])) < 2 for rows in (fit, held)):
            raise SubjectError(
                tr("a fold has one class only", "有一折只有一个类别"),
                hint=tr("use fewer folds or smaller groups", "请减少折数或缩小分组"),
            )
    return pairs


def _dealt(y: NDArray[np.int8], group: Places, folds: int, seed: int) -> Places:
    """Return the fold of each row; scikit-learn's own takes minutes for 100,000 groups."""
    draw = np.random.default_rng(seed)
    counts = np.zeros((int(group.max()) + 1, 2), dtype=np.int64)
    np.add.at(counts, (group, y), 1)
    rows, fold = counts.sum(axis=1), np.empty(len(counts), dtype=np.intp)
    several = draw.permutation(np.flatnonzero(rows > 1))
    several = several[np.argsort(-rows[several], kind="stable")]
    goods, bads = (1 / max(1, int(part)) ** 2 for part in counts.sum(axis=0))
    filled = [[0, 0] for _ in range(folds)]
    for one, (good, bad) in zip(several.tolist(), counts[several].tolist(), strict=True):
        worse = [goods * good * (2 * g + good) + bads * bad * (2 * b + bad) for g, b in filled]
        fold[one] = worse.index(min(worse))
        filled[fold[one]][0] += good
        filled[fold[one]][1] += bad
    for side in (0, 1):
        single = draw.permutation(np.flatnonzero((rows == 1) & (counts[:, side] == 1)))
        held = sorted((part[side], place) for place, part in enumerate(filled))
        least = np.array([size for size, _ in held])
        levels = (least.cumsum() + len(single)) / np.arange(1, folds + 1)
        lowest = int(np.argmax(np.append(levels[:-1] <= least[1:], True))) + 1
        room = int(levels[lowest - 1]) - least[:lowest]
        room[: len(single) - int(room.sum())] += 1
        fold[single] = np.repeat([place for _, place in held[:lowest]], room)
    return fold[group]


def fresh(estimator: Any) -> Any:
    """Return a clone that does not look for faults of its sample: the whole sample is looked at once."""
    from sklearn.base import clone

    made = clone(estimator)
    if "faults" in made.get_params(deep=False):
        made.set_params(faults="off")
    return made


def takes_groups(estimator: object) -> bool:
    """Tell whether an estimator's own fit splits rows, and by groups when they are given."""
    from sklearn.utils.validation import has_fit_parameter

    return bool(has_fit_parameter(estimator, "groups"))


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
    cut: Sequence[tuple[Places, Places]] | None = None,
) -> Floats:
    """Return each row's log-odds of bad by a clone that has not seen it, shape (n,).

    Folds are those of `split`, or of `cut` where they were made before; the estimator is cloned for each fold, never changed. Groups go on to
    estimators whose own fit takes them.
    """
    frame = collected(X)
    height = len(frame)
    outcome = target(y, height)
    weight = None if sample_weight is None else weights(sample_weight, height)
    found = np.empty(height)
    inner = None if groups is None or not takes_groups(estimator) else np.asarray(groups)
    for fit, held in cut or split(outcome, folds=folds, seed=seed, groups=groups):
        extra: dict[str, Any] = {} if weight is None else {"sample_weight": weight[fit]}
        if inner is not None:
            extra["groups"] = inner[fit]
        model = fresh(estimator).fit(rows(frame, fit), outcome[fit], **extra)
        found[held] = log_odds_of_bad(model, rows(frame, held))
    return found

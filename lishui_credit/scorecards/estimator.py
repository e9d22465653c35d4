"""What scikit-learn asks of an estimator, without scikit-learn: parameters, printing, cloning, tags.

scikit-learn asks for five things and never looks at the base classes: `get_params` and `set_params`,
an ``__init__`` that only stores, learned state that ends in an underscore, and tags. `Estimator` and
`Classifier` give them, so that ``import lishui_credit.scorecards`` stays quick and `clone`,
`Pipeline`, `cross_val_score` and `GridSearchCV` work nevertheless.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Final, Protocol, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import CreditError, ModelError, SubjectError
from lishui_credit.language import tr
from lishui_credit.scorecards.features import like
from lishui_credit.scorecards.matrices import unnamed
from lishui_credit.statistics.outcomes import Floats, Values, checked, ranked, roc_area
from lishui_credit.tables.frames import Frame
from lishui_credit.tables.header_words import did_you_mean

OUTPUTS: Final = ("default", "pandas", "polars")
"""Kinds of frame that a transform may return."""


class Predictor(Protocol):
    """Whatever gives rows their probabilities of good and bad, shape (n, 2)."""

    def predict_proba(self, X: Any, /) -> Any:
        """Return them."""


class Learner(Protocol):
    """A classifier of any library that can be cloned and fitted."""

    @property
    def fit(self) -> Callable[..., Any]:
        """Learn from rows and outcomes, maybe weighted."""


class Estimator:
    """Base of everything that learns: ``__init__`` only stores, `fit` returns self."""

    _estimator_type: ClassVar[str | None] = None
    _inside: ClassVar[Mapping[str, Callable[[], Estimator]]] = {}
    """What a parameter that is None stands for, where that is an estimator."""

    @classmethod
    def _parameters(cls) -> dict[str, inspect.Parameter]:
        """Return the parameters of ``__init__`` by name, in its order."""
        if cls.__init__ is object.__init__:
            return {}
        given = list(inspect.signature(cls.__init__).parameters.values())[1:]
        loose = [one.name for one in given if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
        if loose:
            raise TypeError(f"{cls.__name__}.__init__ takes *{loose[0]}: name every parameter")
        return {one.name: one for one in given}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; `deep` adds those of estimators inside, as ``outer__inner``.

        Those of the estimator that a None stands for are there too, so that a search can vary them.
        """
        found: dict[str, Any] = {}
        for name in self._parameters():
            value = getattr(self, name)
            found[name] = value
            if deep and value is None and name in self._inside:
                value = self._inside[name]()
            if deep and hasattr(value, "get_params") and not isinstance(value, type):
                found |= {f"{name}__{key}": inner for key, inner in value.get_params().items()}
        return found

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name, ``outer__inner`` for those of an estimator inside; unknown names are refused before any is set."""
        own = self._parameters()
        strange = sorted({name for key in params if (name := key.split("__")[0]) not in own})
        if strange:
            raise CreditError(
                tr(
                    f"{type(self).__name__} has no such parameter",
                    f"{type(self).__name__} 没有该参数",
                ),
                ", ".join(strange),
                did_you_mean(strange, own) + tr("it has: ", "可用参数:") + ", ".join(own),
            )
        inner: dict[str, dict[str, Any]] = {}
        for key, value in params.items():
            name, _, rest = key.partition("__")
            if rest:
                inner.setdefault(name, {})[rest] = value
            else:
                setattr(self, name, value)
        for name, values in inner.items():
            held = getattr(self, name)
            if held is None and name in self._inside:
                setattr(self, name, self._inside[name]().set_params(**values))
            elif not hasattr(held, "set_params"):
                raise CreditError(
                    tr(f"{name} has no parameters of its own", f"{name} 没有自己的参数"),
                    ", ".join(f"{name}__{key}" for key in values),
                )
            else:
                held.set_params(**values)
        return self

    def __repr__(self) -> str:
        """Return the call that makes it; parameters at their defaults are left out."""
        changed = [
            f"{name}={getattr(self, name)!r}"
            for name, parameter in self._parameters().items()
            if repr(getattr(self, name)) != repr(parameter.default)
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether anything has been learned: an attribute that ends in an underscore."""
        return any(name.endswith("_") and not name.startswith("_") for name in vars(self))

    def __sklearn_tags__(self) -> Any:
        """Return scikit-learn's tags; only scikit-learn calls it, so it is imported here."""
        from sklearn.utils import (
            ClassifierTags,
            InputTags,
            Tags,
            TargetTags,
            TransformerTags,
        )

        kind = self._estimator_type
        return Tags(
            estimator_type=kind,
            target_tags=TargetTags(required=kind is not None),
            classifier_tags=ClassifierTags(multi_class=False) if kind == "classifier" else None,
            transformer_tags=(
                TransformerTags(preserves_dtype=[]) if kind == "transformer" else None
            ),
            input_tags=InputTags(allow_nan=True, categorical=True, string=True),
        )

    def _require_fit(self) -> None:
        """Refuse to go on before `fit`."""
        if not self.__sklearn_is_fitted__():
            raise _not_fitted()(
                tr(f"{type(self).__name__} is not fitted", f"{type(self).__name__} 尚未拟合"),
                hint=tr("call fit(X, y) first", "请先调用 fit(X, y)"),
            )

    def _name_features(self, names: Sequence[str], X: Frame | None = None) -> None:
        """Keep what was fitted on, as scikit-learn asks; columns of an array have no names."""
        self.n_features_in_ = len(names)
        if X is not None and unnamed(X) is not None:
            vars(self).pop("feature_names_in_", None)
        else:
            self.feature_names_in_ = np.array(names, dtype=object)

    def _same_width(self, X: Frame) -> None:
        """Refuse an array of another width than the one fitted on: its columns have places only."""
        matrix = unnamed(X)
        wanted = getattr(self, "n_features_in_", None)
        if matrix is None or matrix.ndim != 2 or wanted in (None, matrix.shape[1]):
            return
        raise SubjectError(
            tr(
                f"X has {matrix.shape[1]} features, but {type(self).__name__} is expecting {wanted} "
                "features as input",
                f"X 有 {matrix.shape[1]} 列,而 {type(self).__name__} 需要 {wanted} 列",
            ),
            hint=tr("give a frame with named columns", "请给出带列名的数据框"),
        )


@cache
def _not_fitted() -> type[ModelError]:
    """Return a `ModelError` that is scikit-learn's `NotFittedError` too, where scikit-learn is there."""
    try:
        from sklearn.exceptions import NotFittedError
    except ImportError:
        return ModelError
    return type(
        "NotFitted", (ModelError, NotFittedError), {"__module__": __name__, "__slots__": ()}
    )


def __getattr__(name: str) -> Any:
    """Return the error of `_not_fitted` by its name, which is how it is unpickled."""
    if name == "NotFitted":
        return _not_fitted()
    raise AttributeError(name)


def choose_output(estimator: Estimator, kind: str | None) -> None:
    """Set the kind of frame that an estimator's transform returns."""
    if kind is None:
        return
    if kind not in OUTPUTS:
        raise ModelError(tr("no such output", "没有这种输出"), str(kind), ", ".join(OUTPUTS))
    vars(estimator)["_sklearn_output_config"] = {"transform": kind}


def put_out(estimator: Estimator, X: Frame, frame: pl.DataFrame) -> Any:
    """Return a frame as was chosen for an estimator or for all of scikit-learn, else as `X` came in."""
    chosen = vars(estimator).get("_sklearn_output_config", {}).get("transform")
    if chosen is None and "sklearn" in sys.modules:
        from sklearn import get_config

        chosen = get_config()["transform_output"]
    if chosen == "polars":
        return frame
    if chosen == "pandas":
        made = frame.to_pandas()
        if (index := getattr(X, "index", None)) is not None:
            made.index = index
        return made
    return frame.to_numpy() if unnamed(X) is not None else like(X, frame)


class Classifier(Estimator):
    """Base of what tells good (0) from bad (1) by `predict_proba`.

    Its ``score(X, y)`` is the area under the ROC curve: a share of right decisions at a PD of one half
    would say little about credit.
    """

    _estimator_type: ClassVar[str | None] = "classifier"

    @property
    def classes_(self) -> NDArray[np.int8]:
        """The columns of `predict_proba`: 0 good, 1 bad; shape (2,)."""
        return np.array([0, 1], dtype=np.int8)

    def predict_proba(self, X: Frame) -> Floats:
        """Return the probabilities of good and bad, shape (n, 2)."""
        raise NotImplementedError

    def score(self, X: Frame, y: Values, sample_weight: Values | None = None) -> Any:
        """Return the area under the ROC curve of rows with outcomes, 0 to 1.

        Raises
        ------
        SubjectError
            If the outcomes are not 0 and 1, or of one class only.
        """
        risk = self.predict_proba(X)[:, 1]
        good = checked(y, weights=sample_weight, classes=True, risk=risk)
        levels = ranked(good.y, good.columns["risk"], good.weights)
        return roc_area(levels.bads, levels.goods)

    def predict(self, X: Frame) -> NDArray[np.int8]:
        """Return 1 where bad is at least as likely as good, else 0; shape (n,).

        A bank's own cut-off is seldom at one half: see `lishui_credit.cutoffs`.
        """
        return (self.predict_proba(X)[:, 1] >= 0.5).astype(np.int8)

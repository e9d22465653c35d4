"""What scikit-learn asks of an estimator, without scikit-learn: parameters, printing, cloning, tags.

scikit-learn asks for five things and never looks at the base classes: `get_params` and `set_params`,
an ``__init__`` that only stores, learned state that ends in an underscore, and tags. `Estimator` and
`Classifier` give them, so that ``import lishui_credit.scorecards`` stays quick and `clone`,
`Pipeline`, `cross_val_score` and `GridSearchCV` work nevertheless.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from lishui_credit.errors import CreditError, ModelError
from lishui_credit.language import tr
from lishui_credit.statistics.outcomes import Floats
from lishui_credit.tables.frames import Frame


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
        """Return the parameters by name; `deep` adds those of estimators inside, as ``outer__inner``."""
        found: dict[str, Any] = {}
        for name in self._parameters():
            value = getattr(self, name)
            found[name] = value
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
                tr("it has: ", "可用参数:") + ", ".join(own),
            )
        inner: dict[str, dict[str, Any]] = {}
        for key, value in params.items():
            name, _, rest = key.partition("__")
            if rest:
                inner.setdefault(name, {})[rest] = value
            else:
                setattr(self, name, value)
        for name, values in inner.items():
            getattr(self, name).set_params(**values)
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
            raise ModelError(
                tr(f"{type(self).__name__} is not fitted", f"{type(self).__name__} 尚未拟合"),
                hint=tr("call fit(X, y) first", "请先调用 fit(X, y)"),
            )


class Classifier(Estimator):
    """Base of what tells good (0) from bad (1) by `predict_proba`.

    It has no ``score(X, y)``: the score of a credit model is the number a subject gets. Name the
    measure instead, as in ``cross_val_score(model, X, y, scoring="roc_auc")``.
    """

    _estimator_type: ClassVar[str | None] = "classifier"

    @property
    def classes_(self) -> NDArray[np.int8]:
        """The columns of `predict_proba`: 0 good, 1 bad; shape (2,)."""
        return np.array([0, 1], dtype=np.int8)

    def predict_proba(self, X: Frame) -> Floats:
        """Return the probabilities of good and bad, shape (n, 2)."""
        raise NotImplementedError

    def predict(self, X: Frame) -> NDArray[np.int8]:
        """Return 1 where bad is at least as likely as good, else 0; shape (n,).

        A bank's own cut-off is seldom at one half: see `lishui_credit.cutoffs`.
        """
        return (self.predict_proba(X)[:, 1] >= 0.5).astype(np.int8)

"""scikit-learn takes our estimators for its own."""

import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.utils import estimator_html_repr
from sklearn.utils.validation import check_is_fitted

from lishui_credit.errors import CreditError, ModelError
from lishui_credit.scorecards.estimator import Classifier, Estimator


class Shift(Estimator):
    """A transformer: adds a number to every column."""

    _estimator_type = "transformer"

    def __init__(self, by=1.0):
        self.by = by

    def fit(self, X, y=None, sample_weight=None):
        self.columns_ = X.columns
        return self

    def transform(self, X):
        return X.select(pl.all() + self.by)

    def fit_transform(self, X, y=None):
        return self.fit(X, y).transform(X)


class Step(Classifier):
    """A classifier: bad above a cut, or below it when the cut is turned round."""

    def __init__(self, cut=0.0, sign=1, inner=None):
        self.cut = cut
        self.sign = sign
        self.inner = inner

    def fit(self, X, y, sample_weight=None):
        self.weight_ = None if sample_weight is None else float(np.sum(sample_weight))
        return self

    def predict_proba(self, X):
        self._require_fit()
        bad = 1 / (1 + np.exp(-self.sign * (X["a"].to_numpy() - self.cut)))
        return np.column_stack([1 - bad, bad])


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    a = rng.normal(size=200)
    return pl.DataFrame({"a": a, "b": -a}), (a + rng.normal(size=200) > 0).astype(int)


def test_parameters_are_read_from_init_in_order():
    assert list(Step(1.0).get_params()) == ["cut", "sign", "inner"]
    assert Step(1.0, inner=Shift(2.0)).get_params()["inner__by"] == 2.0
    assert "inner__by" not in Step(inner=Shift()).get_params(deep=False)


def test_set_params_reaches_the_estimator_inside():
    step = Step(inner=Shift())
    assert step.set_params(cut=3.0, inner__by=5.0) is step
    assert (step.cut, step.inner.by) == (3.0, 5.0)


def test_an_unknown_parameter_is_refused_before_any_is_set():
    step = Step()
    with pytest.raises(CreditError, match="found: pdo · hint: it has: cut, sign, inner"):
        step.set_params(cut=9.0, pdo=20)
    assert step.cut == 0.0


def test_an_init_with_loose_arguments_is_refused():
    class Loose(Estimator):
        def __init__(self, **anything):
            pass

    with pytest.raises(TypeError, match="anything"):
        Loose().get_params()


def test_the_printed_form_shows_what_differs_from_the_defaults():
    assert repr(Step()) == "Step()"
    assert repr(Step(cut=2.0, inner=Shift(by=3))) == "Step(cut=2.0, inner=Shift(by=3))"


def test_a_clone_has_the_parameters_and_nothing_learned(data):
    fitted = Step(cut=0.5, inner=Shift(2)).fit(*data)
    copied = clone(fitted)
    assert copied is not fitted
    assert copied.inner is not fitted.inner
    assert repr(copied) == repr(fitted)
    assert not hasattr(copied, "weight_")


def test_fitted_is_told_from_unfitted(data):
    with pytest.raises(Exception, match="not fitted"):
        check_is_fitted(Step())
    check_is_fitted(Step().fit(*data))
    with pytest.raises(ModelError, match="not fitted"):
        Step().predict_proba(data[0])


def test_a_classifier_is_one_and_a_transformer_is_none(data):
    assert is_classifier(Step())
    assert not is_classifier(Shift())
    assert Step().classes_.tolist() == [0, 1]


def test_predict_is_bad_from_one_half():
    frame = pl.DataFrame({"a": [-1.0, 0.0, 1.0]})
    assert Step().fit(frame, [0, 1, 1]).predict(frame).tolist() == [0, 1, 1]


def test_cross_validation_scores_by_auc(data):
    scores = cross_val_score(Step(), *data, scoring="roc_auc", cv=5, error_score="raise")
    turned = cross_val_score(Step(sign=-1), *data, scoring="roc_auc", cv=5, error_score="raise")
    assert scores.min() > 0.6
    np.testing.assert_allclose(scores, 1 - turned)


def test_cross_validation_predicts_out_of_fold(data):
    assert cross_val_predict(Step(), *data, method="predict_proba").shape == (200, 2)


def test_a_pipeline_fits_and_a_grid_finds_the_sign(data):
    pipe = Pipeline([("shift", Shift()), ("step", Step())])
    grid = GridSearchCV(pipe, {"step__sign": [-1, 1], "shift__by": [0.0]}, scoring="roc_auc")
    grid.fit(*data)
    assert grid.best_params_ == {"step__sign": 1, "shift__by": 0.0}
    assert grid.predict_proba(data[0]).shape == (200, 2)
    assert is_classifier(pipe)
    assert "Shift" in estimator_html_repr(pipe)


def test_sample_weights_pass_through_a_pipeline_and_a_grid(data):
    weight = np.full(200, 0.5)
    pipe = Pipeline([("shift", Shift()), ("step", Step())])
    pipe.fit(*data, step__sample_weight=weight)
    assert pipe[-1].weight_ == 100.0
    grid = GridSearchCV(Step(), {"sign": [1]}, scoring="roc_auc", cv=5)
    grid.fit(*data, sample_weight=weight)
    assert grid.best_estimator_.weight_ == 100.0


def test_reading_the_modules_loads_no_heavy_library():
    code = (
        "import importlib, pkgutil, sys\n"
        "import lishui_credit.scorecards as room\n"
        "for found in pkgutil.walk_packages(room.__path__, room.__name__ + '.'):\n"
        "    importlib.import_module(found.name)\n"
        "assert 'lishui_credit.scorecards.challenger' in sys.modules\n"
        "print([m for m in ('scipy', 'sklearn', 'lightgbm', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

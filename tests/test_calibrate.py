"""Calibration against scikit-learn, scipy and hand-worked steps."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.optimize import minimize
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict, cross_val_score
from sklearn.naive_bayes import GaussianNB

from lishui_credit.errors import CreditError, ModelError, SubjectError
from lishui_credit.scorecards.calibrate import Calibrated, Calibrator
from lishui_credit.scorecards.folds import out_of_fold

METHODS = ["platt", "isotonic", "beta"]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def drawn(n=3000, slope=0.6, shift=-1.0, seed=0):
    rng = np.random.default_rng(seed)
    s = rng.normal(scale=2, size=n)
    return s, (rng.random(n) < sigmoid(slope * s + shift)).astype(int)


def frame_of(s):
    return pl.DataFrame({"a": s, "a_again": s})


def test_platt_is_scikit_learns_sigmoid():
    s, y = drawn()
    rank = LogisticRegression().fit(s[:, None], y)
    rank.coef_[:], rank.intercept_[:] = 1.0, 0.0
    oracle = CalibratedClassifierCV(FrozenEstimator(rank), method="sigmoid", ensemble=False)
    expected = oracle.fit(s[:, None], y).predict_proba(s[:, None])[:, 1]
    np.testing.assert_allclose(Calibrator().fit(s, y).probability(s), expected, atol=2e-5)


def test_platt_minimises_the_log_loss_of_platts_targets():
    s, y = drawn()
    bads, goods = y.sum(), len(y) - y.sum()
    aim = np.where(y == 1, (bads + 1) / (bads + 2), 1 / (goods + 2))

    def loss(at):
        z = at[0] * s + at[1]
        return np.sum(np.logaddexp(0, z) - aim * z)

    best = minimize(loss, [1.0, 0.0], tol=1e-12).x
    fitted = Calibrator().fit(s, y)
    np.testing.assert_allclose([*fitted.slopes_, fitted.intercept_], best, atol=1e-5)


@pytest.mark.parametrize("turn", [1.0, -1.0, 0.4])
def test_beta_is_the_best_fit_with_slopes_of_zero_or_more(turn):
    rng = np.random.default_rng(1)
    s = rng.normal(scale=2, size=4000)
    # Steep on one side only, and the reverse: free slopes would leave the allowed quarter.
    z = (
        np.where(s > 0, 1.5 * s, -0.4 * turn * s)
        if turn > 0
        else np.where(s < 0, 1.5 * s, -0.3 * s)
    )
    y = (rng.random(4000) < sigmoid(z - 1)).astype(int)
    bads, goods = y.sum(), len(y) - y.sum()
    aim = np.where(y == 1, (bads + 1) / (bads + 2), 1 / (goods + 2))
    up, down = -np.logaddexp(0, -s), np.logaddexp(0, s)

    def loss(at):
        w = at[0] * up + at[1] * down + at[2]
        return np.sum(np.logaddexp(0, w) - aim * w)

    bounds = [(0, None), (0, None), (None, None)]
    best = minimize(loss, [1.0, 1.0, 0.0], bounds=bounds, method="L-BFGS-B", tol=1e-13)
    fitted = Calibrator("beta").fit(s, y)
    assert min(fitted.slopes_) >= 0
    assert loss([*fitted.slopes_, fitted.intercept_]) <= best.fun + 1e-6
    np.testing.assert_allclose([*fitted.slopes_, fitted.intercept_], best.x, atol=5e-3)


def test_beta_with_free_slopes_is_a_logistic_regression_on_two_columns():
    rng = np.random.default_rng(2)
    s = rng.normal(scale=2, size=4000)
    up, down = -np.logaddexp(0, -s), np.logaddexp(0, s)
    y = (rng.random(4000) < sigmoid(0.4 * up + 1.3 * down - 1)).astype(int)
    bads, goods = y.sum(), len(y) - y.sum()
    aim = np.where(y == 1, (bads + 1) / (bads + 2), 1 / (goods + 2))
    twice = np.tile(np.column_stack([up, down]), (2, 1))
    labels = np.repeat([1, 0], len(y))
    oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
    oracle.fit(twice, labels, sample_weight=np.concatenate([aim, 1 - aim]))
    fitted = Calibrator("beta").fit(s, y)
    np.testing.assert_allclose(fitted.slopes_, oracle.coef_[0], atol=1e-4)
    np.testing.assert_allclose(fitted.intercept_, oracle.intercept_[0], atol=1e-4)


def test_isotonic_pools_what_falls_and_keeps_off_zero_and_one():
    fitted = Calibrator("isotonic").fit([1, 2, 3, 4], [0, 1, 0, 1])
    # 0, then (1 + 0) / 2, then 1; the floor is 0.5 / (4 + 1).
    np.testing.assert_allclose(
        fitted.probability([0, 1, 2, 2.5, 3, 4, 9]), [0.1, 0.1, 0.5, 0.5, 0.5, 0.9, 0.9]
    )
    assert Calibrator("isotonic", floor=0.01).fit([1, 2], [0, 1]).probability([1.0])[0] == 0.01


@pytest.mark.parametrize("method", METHODS)
def test_probabilities_never_fall_and_are_never_zero_or_one(method):
    s, y = drawn()
    p = Calibrator(method).fit(s, y).probability(np.linspace(-800, 800, 4001))
    assert (np.diff(p) >= 0).all()
    assert p.min() > 0
    assert p.max() < 1


@pytest.mark.parametrize("method", METHODS)
def test_perfectly_separated_scores_get_finite_answers(method):
    fitted = Calibrator(method).fit([-2.0, -1.0, 1.0, 2.0], [0, 0, 1, 1])
    assert np.isfinite([*fitted.slopes_, fitted.intercept_]).all()
    assert (np.diff(fitted.probability([-2.0, 0.0, 2.0])) > 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_score_that_falls_with_risk_gives_the_base_rate_and_says_so(method):
    with pytest.warns(UserWarning, match="base rate"):
        fitted = Calibrator(method).fit(np.arange(100.0), (np.arange(100) < 40).astype(int))
    np.testing.assert_allclose(fitted.probability([0.0, 99.0]), 0.4, atol=0.01)


@pytest.mark.parametrize("method", METHODS)
def test_a_whole_weight_is_that_many_rows(method):
    s, y = drawn(300)
    w = np.random.default_rng(3).integers(0, 4, 300)
    weighted = Calibrator(method).fit(s, y, w).probability(s)
    repeated = Calibrator(method).fit(np.repeat(s, w), np.repeat(y, w)).probability(s)
    np.testing.assert_allclose(weighted[w > 0], repeated[w > 0], atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_saved_equals_loaded(method, tmp_path):
    s, y = drawn()
    fitted = Calibrator(method).fit(s, y)
    path = tmp_path / "calibrator.json"
    text = fitted.to_json(path)
    for again in (Calibrator.from_json(text), Calibrator.from_json(path)):
        assert (again.probability(s) == fitted.probability(s)).all()
        assert again.to_json() == text
    with pytest.raises(ModelError, match="never overwritten"):
        fitted.to_json(path)
    with pytest.raises(ModelError, match="sealed"):
        Calibrator.from_json(text.replace('"schema": 1', '"schema": 2'))
    with pytest.raises(ModelError, match="not a lishui_credit"):
        Calibrator.from_json("{}")


def test_wrong_input_is_refused():
    with pytest.raises(CreditError, match="platt, isotonic, beta"):
        Calibrator("temperature").fit([0.0, 1.0], [0, 1])
    with pytest.raises(CreditError, match="floor"):
        Calibrator(floor=0.5).fit([0.0, 1.0], [0, 1])
    with pytest.raises(SubjectError, match="1 of 2"):
        Calibrator().fit([0.0, np.inf], [0, 1])
    with pytest.raises(SubjectError, match="one class"):
        Calibrator().fit([0.0, 1.0], [1, 1])
    with pytest.raises(ModelError, match="not fitted"):
        Calibrator().probability([0.0])


def test_out_of_fold_is_scikit_learns_cross_val_predict():
    s, y = drawn(500)
    X = frame_of(s)
    cut = StratifiedKFold(5, shuffle=True, random_state=0)
    expected = cross_val_predict(LogisticRegression(), X, y, cv=cut, method="decision_function")
    np.testing.assert_allclose(out_of_fold(LogisticRegression(), X, y), expected)
    for same in (X.lazy(), X.to_pandas().set_index(pd.Index(range(7, 507)))):
        found = out_of_fold(LogisticRegression(), same, pd.Series(y))
        np.testing.assert_allclose(found, expected)


def test_groups_stay_in_one_fold():
    class Seen(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            self.seen_ = set(X["firm"])
            return super().fit(X, y)

        def decision_function(self, X):
            return np.array([float(firm in self.seen_) for firm in X["firm"]])

    rng = np.random.default_rng(0)
    firm = rng.integers(0, 40, 400)
    X = pl.DataFrame({"firm": firm})
    y = rng.integers(0, 2, 400)
    assert out_of_fold(Seen(), X, y).max() == 1.0
    assert out_of_fold(Seen(), X, y, groups=firm).max() == 0.0


def test_more_folds_than_bads_are_refused():
    with pytest.raises(SubjectError, match="5 folds, 2 rows"):
        out_of_fold(GaussianNB(), frame_of(np.arange(10.0)), [0] * 8 + [1] * 2)


@pytest.mark.parametrize("method", METHODS)
def test_calibration_mends_a_model_that_counts_everything_twice(method):
    s, y = drawn(4000, slope=1.0)
    later, outcome = drawn(4000, slope=1.0, seed=9)
    plain = GaussianNB().fit(frame_of(s), y)
    mended = Calibrated(GaussianNB(), method=method).fit(frame_of(s), y)
    before = log_loss(outcome, plain.predict_proba(frame_of(later))[:, 1])
    after = log_loss(outcome, mended.predict_proba(frame_of(later))[:, 1])
    assert after < before - 0.01


def test_the_estimator_given_is_cloned_and_the_calibrated_one_works_in_scikit_learn():
    s, y = drawn(600)
    given = GaussianNB()
    model = Calibrated(given).fit(frame_of(s), y)
    assert not hasattr(given, "theta_")
    np.testing.assert_allclose(model.predict_proba(frame_of(s)).sum(axis=1), 1.0)
    bad = model.predict_proba(frame_of(s))[:, 1]
    np.testing.assert_allclose(model.decision_function(frame_of(s)), np.log(bad / (1 - bad)))
    copied = clone(Calibrated(GaussianNB(), method="beta"))
    assert (
        cross_val_score(copied, frame_of(s), y, scoring="roc_auc", error_score="raise").min() > 0.5
    )


def test_calibrated_weights_reach_the_estimator_and_the_calibrator():
    s, y = drawn(600)
    heavy = np.where(y == 1, 3.0, 1.0)
    plain, weighted = (
        Calibrated(GaussianNB()).fit(frame_of(s), y, sample_weight=w) for w in (None, heavy)
    )
    assert (
        weighted.predict_proba(frame_of(s))[:, 1].mean()
        > 0.1 + plain.predict_proba(frame_of(s))[:, 1].mean()
    )

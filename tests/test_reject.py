"""Reject inference on synthetic applicants whose outcomes are known, the rejected's too.

Two old lenders decide about the same kind of applicants. The first sees what the file shows, x, and
nothing else: outcomes are missing at random given x. The second also sees h, which the file lacks.
Everything here is simulated; figures are compared in direction only.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from lishui_credit.errors import CreditError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.scorecards.reject import (
    extrapolation,
    fuzzy_augmentation,
    hard_cutoff,
    parcelling,
)


def free():
    return LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@dataclass
class Applicants:
    X: pl.DataFrame
    y: np.ndarray
    accepted: np.ndarray

    @property
    def known(self):
        return self.X.filter(self.accepted), self.y[self.accepted], self.X.filter(~self.accepted)

    def bad(self, model):
        return model.predict_proba(self.X)[:, 1]

    def loss(self, model):
        """Log loss over all applicants, the rejected with their true outcomes."""
        return log_loss(self.y, self.bad(model))

    def kindness(self, model):
        """True bad rate of the rejected less the one the model gives them."""
        return (self.y - self.bad(model))[~self.accepted].mean()


def applicants(*, hidden, n=20_000, seed=0):
    rng = np.random.default_rng(seed)
    x, h = rng.normal(size=(2, n))
    y = (rng.random(n) < sigmoid(-1.5 + x + (1.2 * h if hidden else 0))).astype(int)
    seen = x + (1.5 * h if hidden else 0)
    accepted = rng.random(n) < sigmoid(2 * (0.3 - seen))
    return Applicants(pl.DataFrame({"x": x}), y, accepted)


def refit(augmented):
    return free().fit(augmented.X, augmented.y, sample_weight=augmented.weight)


@pytest.fixture(scope="module")
def at_random():
    return applicants(hidden=False)


@pytest.fixture(scope="module")
def lender_knew_more():
    return applicants(hidden=True)


def true_ratio(people):
    """How much oftener the rejected went bad than the accepted in the same band of x."""
    x, y, taken = people.X["x"].to_numpy(), people.y, people.accepted
    band = np.digitize(x, np.quantile(x[taken], np.arange(0.1, 1, 0.1)))
    expected = np.array([y[taken & (band == k)].mean() for k in range(10)])
    return y[~taken].mean() / expected[band[~taken]].mean()


def test_fuzzy_augmentation_leaves_a_logistic_regression_where_it_was(at_random, lender_knew_more):
    for people in (at_random, lender_knew_more):
        X, y, rejects = people.known
        plain, again = free().fit(X, y), refit(fuzzy_augmentation(free(), X, y, rejects))
        np.testing.assert_allclose(again.coef_, plain.coef_, atol=1e-3)
        np.testing.assert_allclose(again.intercept_, plain.intercept_, atol=1e-3)


def test_at_random_the_accepted_alone_are_right_about_the_rejected(at_random):
    plain = free().fit(*at_random.known[:2])
    assert abs(at_random.kindness(plain)) < 0.02


def test_at_random_hard_labels_and_a_needless_markup_hurt(at_random):
    X, y, rejects = at_random.known
    plain = at_random.loss(free().fit(X, y))
    for augmented in (
        parcelling(free(), X, y, rejects, factor=2.0),
        fuzzy_augmentation(free(), X, y, rejects, factor=3.0),
        extrapolation(free(), X, y, rejects),
        hard_cutoff(free(), X, y, rejects, cutoff=0.3),
    ):
        assert at_random.loss(refit(augmented)) > plain + 0.002, augmented.method


def test_where_the_lender_knew_more_the_accepted_are_too_kind_and_fuzzy_does_not_help(
    lender_knew_more,
):
    X, y, rejects = lender_knew_more.known
    plain = free().fit(X, y)
    fuzzy = refit(fuzzy_augmentation(free(), X, y, rejects))
    assert lender_knew_more.kindness(plain) > 0.1
    assert lender_knew_more.kindness(fuzzy) == pytest.approx(
        lender_knew_more.kindness(plain), abs=1e-3
    )


def test_where_the_lender_knew_more_a_true_markup_helps_and_no_markup_does_not(lender_knew_more):
    X, y, rejects = lender_knew_more.known
    ratio = true_ratio(lender_knew_more)
    assert ratio > 1.3
    plain = free().fit(X, y)
    marked = refit(parcelling(free(), X, y, rejects, factor=ratio))
    unmarked = refit(parcelling(free(), X, y, rejects, factor=1.0))
    assert lender_knew_more.loss(marked) < lender_knew_more.loss(plain) - 0.01
    assert abs(lender_knew_more.kindness(marked)) < lender_knew_more.kindness(plain) / 2
    assert abs(lender_knew_more.loss(unmarked) - lender_knew_more.loss(plain)) < 0.01


def test_no_method_changes_how_one_feature_ranks(lender_knew_more):
    X, y, rejects = lender_knew_more.known
    marked = refit(parcelling(free(), X, y, rejects, factor=2.0))
    order = np.argsort(lender_knew_more.X["x"].to_numpy())
    assert (np.diff(lender_knew_more.bad(marked)[order]) >= 0).all()


@pytest.fixture
def few():
    frame = pl.DataFrame({"a": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], "b": [1, 0, 1, 0, 1, 0]})
    return frame, [0, 0, 1, 0, 1, 1], pl.DataFrame({"b": [0, 1], "a": [1.0, 9.0], "c": ["x", "y"]})


def test_fuzzy_rows_weigh_one_applicant_each_and_odds_take_the_factor(few):
    X, y, rejects = few
    pd_ = free_pd(X, y, rejects)
    augmented = fuzzy_augmentation(LogisticRegression(), X, y, rejects, factor=2.0)
    assert augmented.X.columns == ["a", "b"]
    assert augmented.y.tolist() == [*y, 1, 1, 0, 0]
    bad, good = augmented.weight[6:8], augmented.weight[8:]
    np.testing.assert_allclose(bad + good, 1.0)
    np.testing.assert_allclose(bad / good, 2 * pd_ / (1 - pd_))
    assert augmented.rejected.tolist() == [False] * 6 + [True] * 4


def free_pd(X, y, rejects):
    return LogisticRegression().fit(X, y).predict_proba(rejects.select(X.columns))[:, 1]


def test_extrapolation_and_cutoff_label_the_worst(few):
    X, y, rejects = few
    assert extrapolation(LogisticRegression(), X, y, rejects).y[6:].tolist() == [0, 1]
    assert hard_cutoff(LogisticRegression(), X, y, rejects, cutoff=0.01).y[6:].tolist() == [1, 1]


def test_parcelling_is_the_same_for_a_seed_and_exact_in_number():
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"a": rng.normal(size=400)})
    y = (rng.random(400) < sigmoid(frame["a"].to_numpy())).astype(int)
    one, two, other = (
        parcelling(LogisticRegression(), frame, y, frame, factor=1.0, seed=s) for s in (1, 1, 2)
    )
    assert (one.y == two.y).all()
    assert (one.y != other.y).any()
    assert one.y[400:].sum() == other.y[400:].sum() == pytest.approx(y.sum(), abs=5)
    assert parcelling(LogisticRegression(), frame, y, frame, factor=99).y[400:].mean() > 0.98


def test_a_fit_function_gets_the_accepted_and_their_weights(few):
    X, y, rejects = few
    seen = {}

    def fit(frame, outcome, weight):
        seen.update(rows=frame.height, weight=weight.tolist())
        return LogisticRegression().fit(frame, outcome, sample_weight=weight)

    heavy = [1, 1, 1, 1, 1, 2]
    called = fuzzy_augmentation(fit, X, y, rejects, sample_weight=heavy)
    given = fuzzy_augmentation(LogisticRegression(), X.to_pandas(), y, rejects, sample_weight=heavy)
    assert seen == {"rows": 6, "weight": [1.0, 1.0, 1.0, 1.0, 1.0, 2.0]}
    np.testing.assert_allclose(called.weight, given.weight)


def test_every_method_states_its_assumption_in_both_languages(few):
    X, y, rejects = few
    made = [
        fuzzy_augmentation(LogisticRegression(), X, y, rejects, factor=1.25),
        parcelling(LogisticRegression(), X, y, rejects, factor=1.25),
        extrapolation(LogisticRegression(), X, y, rejects, factor=1.25),
        hard_cutoff(LogisticRegression(), X, y, rejects, cutoff=0.125),
    ]
    try:
        set_language("en")
        for augmented in made:
            assert "Assumes that" in str(augmented)
            assert "1.25" in str(augmented) or "0.125" in str(augmented)
            assert "inferred for the rejected" in str(augmented)
        set_language("zh")
        for augmented in made:
            assert "假设:" in str(augmented)
            assert "被拒者违约率" in str(augmented)
    finally:
        set_language(None)


def test_whole_numbers_meet_numbers_with_gaps(few):
    X, y, _ = few
    gaps = pd.DataFrame({"a": [1.0], "b": [1.0]})
    assert fuzzy_augmentation(LogisticRegression(), X, y, gaps).X.schema["b"] == pl.Float64


def test_wrong_input_is_refused(few):
    X, y, rejects = few
    model = LogisticRegression()
    with pytest.raises(CreditError, match="factor"):
        fuzzy_augmentation(model, X, y, rejects, factor=0.0)
    with pytest.raises(CreditError, match="bands"):
        parcelling(model, X, y, rejects, bands=1)
    with pytest.raises(CreditError, match="cutoff"):
        hard_cutoff(model, X, y, rejects, cutoff=1.0)
    with pytest.raises(CreditError, match="neither"):
        extrapolation("model", X, y, rejects)
    with pytest.raises(SubjectError, match="no column 'b'"):
        extrapolation(model, X, y, rejects.drop("b"))
    with pytest.raises(SubjectError, match="no rejected row"):
        extrapolation(model, X, y, rejects.clear())
    with pytest.raises(SubjectError, match="differ in type"):
        extrapolation(model, X, y, rejects.with_columns(a=pl.lit("x")))

"""Brier, ECE, Hosmer-Lemeshow, Cox and the tests per grade against independent sums and scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from lishui_credit.errors import SubjectError
from lishui_credit.statistics.proportions import jeffreys_interval
from lishui_credit.validation.backtests import (
    binomial_p,
    correlated_p,
    grade_tests,
    jeffreys_p,
    light,
)
from lishui_credit.validation.calibration import brier, ece, reliability
from lishui_credit.validation.goodness import hosmer_lemeshow, recalibration


def _sample(n=1000, seed=0, shift=0.0, slope=1.0, steps=None):
    """Synthetic PDs, and outcomes whose true log-odds are shift + slope x those of the PD."""
    rng = np.random.default_rng(seed)
    z = rng.normal(-1.5, 1, n)
    if steps is not None:
        z = np.round(z * steps) / steps
    y = (rng.random(n) < 1 / (1 + np.exp(-(shift + slope * z)))).astype(float)
    return y, 1 / (1 + np.exp(-z))


@st.composite
def samples(draw):
    n = draw(st.integers(2, 60))
    y = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    y[0], y[1] = 0, 1
    pd = draw(st.lists(st.integers(0, 20), min_size=n, max_size=n))
    w = draw(st.lists(st.integers(1, 4), min_size=n, max_size=n))
    return np.array(y), np.array(pd) / 20, np.array(w), draw(st.integers(1, 12))


@given(samples())
def test_brier_and_its_parts_add_up_exactly(sample):
    y, pd, w, bins = sample
    found = brier(y, pd, bins=bins, weights=w)
    assert found.value == pytest.approx(brier_score_loss(y, pd, sample_weight=w), abs=1e-12)
    parts = found.reliability - found.resolution + found.uncertainty
    parts += found.within_variance - found.within_covariance
    assert parts == pytest.approx(found.value, abs=1e-12)


@given(samples())
def test_weights_are_repeated_rows(sample):
    y, pd, w, bins = sample
    weighted, repeated = brier(y, pd, weights=w), brier(y.repeat(w), pd.repeat(w))
    assert weighted.reliability == pytest.approx(repeated.reliability, abs=1e-12)
    one = ece(y, pd, bins=bins, weights=w, repeats=20).estimate.value
    many = ece(y.repeat(w), pd.repeat(w), bins=bins, repeats=20).estimate.value
    assert one == pytest.approx(many, abs=1e-12)


def test_a_constant_at_the_bad_rate_has_no_skill():
    found = brier([0, 0, 0, 1], [0.25] * 4)
    assert (found.skill, found.reliability, found.resolution) == (0, 0, 0)


def test_reliability_table_is_scikit_learns_curve():
    y, pd = _sample()
    table = reliability(y, pd)
    rate, mean = calibration_curve(y, pd, n_bins=10, strategy="quantile")
    np.testing.assert_allclose(table["bad_rate"], rate)
    np.testing.assert_allclose(table["pd"], mean)
    assert table["subjects"].to_list() == [100] * 10


def test_subjects_of_equal_pd_share_a_bin():
    table = reliability([0, 1, 0, 1, 0, 1, 0, 1], [0.1] * 6 + [0.2, 0.3], bins=4)
    assert table["subjects"].to_list() == [6, 2] or table["subjects"].to_list() == [6, 1, 1]


def test_ece_is_the_mean_gap_of_scikit_learns_curve():
    y, pd = _sample(seed=1)
    rate, mean = calibration_curve(y, pd, n_bins=10, strategy="quantile")
    assert ece(y, pd).estimate.value == pytest.approx(np.abs(rate - mean).mean())


@pytest.mark.parametrize("n", [800, 30_000])
def test_right_pds_stay_below_their_noise_about_as_often_as_promised(n):
    p = [ece(*_sample(n, seed), repeats=60).estimate.p for seed in range(60)]
    assert stats.kstest(p, "uniform").pvalue > 0.001


def test_both_ways_of_simulating_noise_agree(monkeypatch):
    y, pd = _sample(5000, 2)
    exact = ece(y, pd, repeats=600).noise
    monkeypatch.setattr("lishui_credit.validation.calibration.EXACT_UP_TO", 0)
    assert ece(y, pd, repeats=600).noise == pytest.approx(exact, rel=0.1)


def test_the_interval_of_ece_covers_the_true_gap():
    y, pd = _sample(400_000, 3, shift=0.3)
    truth = ece(y, pd, repeats=20).estimate.value
    hits = 0
    for seed in range(40):
        found = ece(*_sample(2000, 100 + seed, shift=0.3), repeats=100).estimate
        hits += found.low <= truth <= found.high
    assert hits >= 33  # 38 expected


@pytest.mark.parametrize("n", [40, 300, 2000])
@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_the_interval_of_ece_holds_the_ece(n, shift):
    for seed in range(25):
        found = ece(*_sample(n, 200 + seed, shift=shift), repeats=40).estimate
        assert found.low <= found.value <= found.high


def test_wrong_pds_are_seen():
    found = ece(*_sample(5000, 4, shift=0.5))
    assert found.estimate.low > 0
    assert found.estimate.p < 0.01
    assert found.estimate.value > found.noise


# -- Hosmer-Lemeshow and Cox -------------------------------------------------------------------


def test_hosmer_lemeshow_is_the_sum_over_both_outcomes():
    y, pd = _sample(seed=5)
    order = np.argsort(pd).reshape(10, 100)
    total = 0.0
    for rows in order:
        for outcome, p in ((y, pd), (1 - y, 1 - pd)):
            total += (outcome[rows].sum() - p[rows].sum()) ** 2 / p[rows].sum()
    found = hosmer_lemeshow(y, pd)
    assert found.statistic == pytest.approx(total)
    assert found.p == pytest.approx(stats.chi2.sf(total, 10))
    assert hosmer_lemeshow(y, pd, fitted=True).p == pytest.approx(stats.chi2.sf(total, 8))


def test_hosmer_lemeshow_refuses_a_bin_without_variance():
    with pytest.raises(SubjectError, match="strictly"):
        hosmer_lemeshow([0, 1], [0, 1])


def _direct(y, pd, w=None):
    """Intercept, slope, and calibration in the large by scipy's own search."""
    z = np.log(pd / (1 - pd))
    w = np.ones(len(y)) if w is None else w

    def loss(beta, x, offset):
        t = offset + x @ beta
        return -(w * (y * t - np.logaddexp(0, t))).sum()

    x = np.column_stack((np.ones(len(z)), z))
    both = optimize.minimize(loss, [0, 1], args=(x, 0), method="BFGS", options={"gtol": 1e-4})
    large = optimize.minimize_scalar(lambda a: loss(np.array([a]), x[:, :1], z))
    at_null = loss(np.array([0, 1]), x, 0)
    return both.x, large.x, 2 * (at_null - both.fun)


@pytest.mark.parametrize(("shift", "slope"), [(0, 1), (0.4, 0.7), (-0.5, 1.5)])
def test_recalibration_is_the_direct_optimum(shift, slope):
    y, pd = _sample(2000, 6, shift, slope)
    (intercept, steepness), large, ratio = _direct(y, pd)
    found = recalibration(y, pd)
    assert found.intercept.value == pytest.approx(intercept, abs=1e-4)
    assert found.slope.value == pytest.approx(steepness, abs=1e-4)
    assert found.in_the_large.value == pytest.approx(large, abs=1e-4)
    assert found.p == pytest.approx(stats.chi2.sf(ratio, 2), rel=1e-3)


def test_weighted_recalibration_is_the_direct_optimum():
    y, pd = _sample(500, 7)
    w = np.random.default_rng(8).integers(1, 4, 500)
    (intercept, steepness), large, _ = _direct(y, pd, w)
    found = recalibration(y, pd, weights=w)
    assert (found.intercept.value, found.slope.value) == pytest.approx(
        (intercept, steepness), abs=1e-4
    )
    assert found.in_the_large.value == pytest.approx(large, abs=1e-4)


def test_the_slopes_interval_spreads_as_simulated():
    slopes = [recalibration(*_sample(1000, seed)).slope for seed in range(200)]
    errors = [(s.high - s.value) / 1.96 for s in slopes]
    assert np.std([s.value for s in slopes]) == pytest.approx(np.mean(errors), rel=0.15)


def test_pds_too_low_show_a_positive_intercept():
    assert recalibration(*_sample(3000, 9, shift=0.5)).in_the_large.low > 0


def test_separated_classes_are_refused_not_answered():
    with pytest.raises(SubjectError, match="finite"):
        recalibration([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])


def test_pds_of_0_and_1_are_counted():
    y, pd = _sample(500, 10)
    pd[:3] = 0
    y[:3] = 0
    assert recalibration(y, pd).clipped == 3


# -- per grade ---------------------------------------------------------------------------------


@given(st.integers(1, 500), st.data())
def test_tests_of_one_grade_are_scipys(n, data):
    d = data.draw(st.integers(0, n))
    p = data.draw(st.floats(0.001, 0.999))
    assert jeffreys_p([d], [n], [p])[0] == pytest.approx(stats.beta.cdf(p, d + 0.5, n - d + 0.5))
    expected = stats.binomtest(d, n, p, alternative="greater").pvalue
    assert binomial_p([d], [n], [p])[0] == pytest.approx(expected, rel=1e-6, abs=1e-12)
    low, high = jeffreys_interval([d], [n])
    law = stats.beta(d + 0.5, n - d + 0.5)
    assert low[0] == pytest.approx(0 if d == 0 else law.ppf(0.025), abs=1e-9)
    assert high[0] == pytest.approx(1 if d == n else law.ppf(0.975), abs=1e-9)


def test_without_correlation_the_correlated_test_is_the_binomial():
    d, n, p = [3, 0, 12], [100, 50, 400], [0.02, 0.01, 0.02]
    np.testing.assert_allclose(correlated_p(d, n, p, 0.0), binomial_p(d, n, p))


def test_the_correlated_tail_is_that_of_simulated_factors():
    rng = np.random.default_rng(11)
    factor = rng.normal(size=400_000)
    given_factor = stats.norm.cdf((stats.norm.ppf(0.03) + np.sqrt(0.1) * factor) / np.sqrt(0.9))
    bads = rng.binomial(200, given_factor)
    for d in (5, 10, 25):
        assert correlated_p([d], [200], [0.03], 0.1)[0] == pytest.approx(
            (bads >= d).mean(), abs=0.003
        )


def test_a_correlation_of_1_is_refused():
    with pytest.raises(SubjectError, match="correlation"):
        correlated_p([1], [10], [0.1], 1.0)


def test_lights_turn_at_their_thresholds():
    assert [light(p) for p in (0.05, 0.0499, 0.01, 0.0099)] == ["green", "yellow", "yellow", "red"]


def test_grades_keep_their_order_and_end_with_all():
    y = [0, 0, 1, 0, 1, 1]
    table = grade_tests(y, [0.1, 0.1, 0.3, 0.3, 0.6, 0.6], list("BBAACC"), order=["B", "A", "C"])
    assert table["grade"].to_list() == ["B", "A", "C", None]
    assert table["bads"].to_list() == [0, 1, 2, 3]
    assert table["subjects"].to_list() == [2, 2, 2, 6]
    assert table["pd"].to_list() == pytest.approx([0.1, 0.3, 0.6, 1 / 3])


def test_an_underestimating_grade_turns_red():
    y, pd = _sample(3000, 12, shift=1.0)
    table = grade_tests(y, pd, np.where(pd < 0.2, "low", "high"), correlation=0.02)
    assert set(table["light"]) == {"red"}
    assert (table["p_correlated"] > table["p_binomial"]).all()


def test_a_missing_or_unlisted_grade_is_refused():
    with pytest.raises(SubjectError, match="1 missing"):
        grade_tests([0, 1], [0.1, 0.2], ["A", None])
    with pytest.raises(SubjectError, match="found: Z"):
        grade_tests([0, 1], [0.1, 0.2], ["A", "Z"], order=["A", "B"])

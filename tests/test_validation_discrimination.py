"""AUC, DeLong, KS, H-measure and curves against scikit-learn, scipy, published figures and sums."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import integrate, stats
from sklearn import metrics

from lishui_credit.errors import SubjectError
from lishui_credit.statistics.bootstrap import bootstrap, bootstrap_ranks
from lishui_credit.statistics.outcomes import ranked
from lishui_credit.validation.approval import at_approval
from lishui_credit.validation.curves import cap_points, distribution, gains, roc_points, separation
from lishui_credit.validation.discrimination import (
    auc,
    auc_difference,
    auc_fall,
    gini,
    ks,
    placements,
)
from lishui_credit.validation.groups import RANK_METRICS
from lishui_credit.validation.hmeasure import h_measure, h_of


def _sample(n=400, seed=0, steps=None, shift=1.0):
    """Synthetic outcomes and a risk; `steps` rounds it so that ties occur."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.3).astype(float)
    risk = rng.normal(size=n) + shift * y
    return y, risk if steps is None else np.round(risk * steps) / steps


@st.composite
def tied_samples(draw):
    n = draw(st.integers(4, 60))
    y = draw(arrays(np.int8, n, elements=st.integers(0, 1)))
    y[0], y[1], y[2], y[3] = 0, 1, 0, 1
    risk = draw(arrays(np.float64, n, elements=st.integers(-3, 3).map(float)))
    return y, risk


@given(tied_samples())
def test_auc_with_ties_is_scikit_learns(sample):
    y, risk = sample
    assert auc(y, risk).value == pytest.approx(metrics.roc_auc_score(y, risk), abs=1e-12)


@given(tied_samples(), st.integers(0, 2**31))
def test_weighted_auc_is_scikit_learns(sample, seed):
    y, risk = sample
    w = np.random.default_rng(seed).uniform(0.1, 3, len(y))
    expected = metrics.roc_auc_score(y, risk, sample_weight=w)
    assert auc(y, risk, weights=w).value == pytest.approx(expected, abs=1e-9)


def _delong_by_pairs(y, *risks):
    """AUCs and their covariance from the kernel of every bad-good pair, as DeLong wrote it."""
    y = np.asarray(y)
    kernels = []
    for risk in risks:
        bad, good = risk[y == 1], risk[y == 0]
        kernels.append((bad[:, None] > good) + 0.5 * (bad[:, None] == good))
    m, n = kernels[0].shape
    values = [kernel.mean() for kernel in kernels]
    of_bads = np.atleast_2d(np.cov([kernel.mean(axis=1) for kernel in kernels]))
    of_goods = np.atleast_2d(np.cov([kernel.mean(axis=0) for kernel in kernels]))
    return values, of_bads / m + of_goods / n


@given(tied_samples())
def test_delong_interval_is_that_of_placement_values_over_all_pairs(sample):
    y, risk = sample
    (value,), covariance = _delong_by_pairs(y, risk)
    found = auc(y, risk)
    if covariance[0, 0] < 1e-18:
        assert found.low is None or found.high - found.low < 1e-6
        return
    reach = stats.norm.ppf(0.975) * np.sqrt(covariance[0, 0])
    assert found.low == pytest.approx(max(0, value - reach), abs=1e-9)
    assert found.high == pytest.approx(min(1, value + reach), abs=1e-9)


@pytest.mark.parametrize("steps", [None, 2])
def test_paired_difference_is_delongs_over_all_pairs(steps):
    y, risk = _sample(300, 1, steps)
    other = risk + np.random.default_rng(2).normal(size=300)
    other = other if steps is None else np.round(other)
    values, covariance = _delong_by_pairs(y, risk, other)
    error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    found = auc_difference(y, risk, other)
    assert found.value == pytest.approx(values[0] - values[1], abs=1e-12)
    assert found.p == pytest.approx(2 * stats.norm.sf(abs(found.value) / error), rel=1e-9)
    assert found.high - found.value == pytest.approx(stats.norm.ppf(0.975) * error, rel=1e-9)


def test_delong_error_agrees_with_a_big_bootstrap():
    y, risk = _sample(500, 3, steps=3)
    found = auc(y, risk)
    rng = np.random.default_rng(4)
    bad, good = risk[y == 1], risk[y == 0]
    kernel = (bad[:, None] > good) + 0.5 * (bad[:, None] == good)
    b = rng.multinomial(len(bad), np.full(len(bad), 1 / len(bad)), 4000) / len(bad)
    g = rng.multinomial(len(good), np.full(len(good), 1 / len(good)), 4000) / len(good)
    draws = ((b @ kernel) * g).sum(axis=1)
    error = (found.high - found.value) / stats.norm.ppf(0.975)
    assert error == pytest.approx(np.std(draws), rel=0.06)


def test_the_same_order_twice_has_no_difference():
    y, risk = _sample()
    found = auc_difference(y, risk, np.exp(risk))
    assert (found.value, found.p) == (0, 1)


def test_swapping_the_models_turns_the_difference_round():
    y, risk = _sample()
    other = _sample(seed=9)[1]
    there, back = auc_difference(y, risk, other), auc_difference(y, other, risk)
    assert there.value == pytest.approx(-back.value)
    assert there.p == pytest.approx(back.p)


def test_delong_test_keeps_its_level_when_models_are_equally_good():
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(400):
        y = (rng.random(200) < 0.4).astype(float)
        common = rng.normal(size=200) + y
        one, two = common + rng.normal(size=200), common + rng.normal(size=200)
        hits += auc_difference(y, one, two).p < 0.05
    assert 6 <= hits <= 36  # 20 expected; beyond four standard errors otherwise


@given(tied_samples())
def test_an_interval_stays_within_0_and_1_and_holds_its_value(sample):
    found = auc(*sample)
    if found.low is not None:
        assert 0 <= found.low <= found.value <= found.high <= 1


def test_perfect_separation_claims_no_interval():
    found = auc([0, 0, 1, 1], [1, 2, 3, 4])
    assert (found.value, found.low, found.high) == (1, None, None)


@given(tied_samples(), st.randoms())
def test_row_order_and_monotone_rescaling_change_nothing(sample, random):
    y, risk = sample
    order = list(range(len(y)))
    random.shuffle(order)
    there, back = auc(y, risk), auc(y[order], np.exp(risk[order]))
    assert there.value == pytest.approx(back.value)
    assert ks(y, risk).value == pytest.approx(ks(y[order], np.exp(risk[order])).value)
    assert h_measure(y, risk) == pytest.approx(h_measure(y[order], np.exp(risk[order])), abs=1e-9)


@given(tied_samples())
def test_whole_number_weights_are_repeated_rows(sample):
    y, risk = sample
    w = 1 + np.arange(len(y)) % 3
    assert auc(y, risk, weights=w).value == pytest.approx(auc(y.repeat(w), risk.repeat(w)).value)
    assert ks(y, risk, weights=w).value == pytest.approx(ks(y.repeat(w), risk.repeat(w)).value)
    repeated = h_measure(y.repeat(w), risk.repeat(w))
    assert h_measure(y, risk, weights=w) == pytest.approx(repeated, abs=1e-9)


def test_gini_is_somers_d_of_score_on_outcome():
    y, risk = _sample(steps=2)
    assert gini(y, risk).value == pytest.approx(stats.somersd(y, risk).statistic)


@given(tied_samples())
def test_ks_is_scipys(sample):
    y, risk = sample
    expected = stats.ks_2samp(risk[y == 1], risk[y == 0], method="asymp")
    assert ks(y, risk).value == pytest.approx(expected.statistic, abs=1e-12)


@given(tied_samples())
def test_the_cut_off_of_ks_reaches_the_gap(sample):
    y, risk = sample
    found = ks(y, risk)
    bads, goods = (risk[y == 1] >= found.risk).mean(), (risk[y == 0] >= found.risk).mean()
    assert (bads, goods) == pytest.approx((found.bads_above, found.goods_above))
    assert abs(bads - goods) == pytest.approx(found.value)


def test_fall_since_development_uses_the_current_error():
    y, risk = _sample()
    found, now = auc_fall(y, risk, 0.9), auc(y, risk)
    error = (now.high - now.value) / stats.norm.ppf(0.975)
    assert found.p == pytest.approx(stats.norm.sf((0.9 - now.value) / error), rel=1e-6)


# -- H-measure ---------------------------------------------------------------------------------


def _h_by_integration(y, risk, first, second):
    """Minimum loss over every cut-off, at each cost, integrated numerically."""
    y, prior = np.asarray(y), np.mean(y)
    cuts = [np.inf, *np.unique(risk)]
    false = np.array([(risk[y == 0] >= cut).mean() for cut in cuts])
    missed = np.array([(risk[y == 1] < cut).mean() for cut in cuts])
    grid = np.linspace(0, 1, 20001)
    density = stats.beta(first, second).pdf(grid)
    costs = np.outer(grid * (1 - prior), false) + np.outer((1 - grid) * prior, missed)
    useless = np.minimum(grid * (1 - prior), (1 - grid) * prior)
    loss = integrate.trapezoid(costs.min(axis=1) * density, grid)
    return 1 - loss / integrate.trapezoid(useless * density, grid)


@pytest.mark.parametrize("ratio", [None, 0.25, 1.0, 4.0])
@pytest.mark.parametrize("steps", [None, 1])
def test_h_measure_is_the_integral_of_least_losses(ratio, steps):
    y, risk = _sample(80, 6, steps)
    shapes = (1 + y.mean(), 2 - y.mean()) if ratio is None else (2, 1 + 1 / ratio)
    expected = _h_by_integration(y, risk, *shapes)
    assert h_measure(y, risk, severity_ratio=ratio) == pytest.approx(expected, abs=2e-5)


def test_h_measure_is_that_of_the_published_example_of_the_hmeasure_package():
    # README of hmeasure 0.1.6 (a translation of the R package), seed 66, ten rows.
    rng = np.random.default_rng(66)
    y = rng.integers(low=0, high=2, size=10)
    risk = rng.random(10)
    assert h_measure(y, risk, severity_ratio=7 / 3) == pytest.approx(0.18889596344769588, abs=1e-12)
    assert h_measure(y, risk, severity_ratio=0.7) == pytest.approx(0.13502616807120948, abs=1e-12)
    assert h_measure(y, risk, severity_ratio=0.5) == pytest.approx(0.10750123502531805, abs=1e-12)
    assert h_measure(y, risk) == pytest.approx(0.18310946512079307, abs=1e-12)


def test_h_is_1_when_perfect_and_0_when_useless():
    y = np.array([0, 0, 1, 1])
    assert h_measure(y, [1, 2, 3, 4]) == pytest.approx(1)
    assert h_measure(y, [1, 1, 1, 1]) == pytest.approx(0, abs=1e-12)


@given(tied_samples())
def test_h_lies_between_0_and_1(sample):
    assert -1e-12 <= h_measure(*sample) <= 1 + 1e-12


def test_h_refuses_a_ratio_that_is_not_positive():
    with pytest.raises(SubjectError, match="severity_ratio"):
        h_measure([0, 1], [0, 1], severity_ratio=0)


# -- curves ------------------------------------------------------------------------------------


@given(tied_samples())
def test_roc_points_hold_the_whole_curve(sample):
    y, risk = sample
    points = roc_points(y, risk)
    false, true, _ = metrics.roc_curve(y, risk, drop_intermediate=False)
    x, height = points["goods_refused"].to_numpy(), points["bads_refused"].to_numpy()
    for px, py in zip(false, true, strict=True):  # every point of scikit-learn's lies on our lines
        inside = (x[:-1] <= px + 1e-12) & (px <= x[1:] + 1e-12)
        steps = np.flatnonzero(inside)
        ok = False
        for i in steps:
            dx, dy = x[i + 1] - x[i], height[i + 1] - height[i]
            at = height[i] + (dy * (px - x[i]) / dx if dx > 0 else 0)
            ok |= abs(at - py) < 1e-9 or (
                dx == 0 and height[i] - 1e-9 <= py <= height[i + 1] + 1e-9
            )
        assert ok
    assert metrics.auc(x, height) == pytest.approx(metrics.roc_auc_score(y, risk))


def test_roc_drops_points_on_straight_lines():
    assert len(roc_points([0, 0, 0, 1, 1, 1], [1, 2, 3, 4, 5, 6])) == 3


@given(tied_samples())
def test_the_hull_lies_on_or_above_the_curve_and_bends_down(sample):
    y, risk = sample
    hull = roc_points(y, risk, hull=True)
    x, height = hull["goods_refused"].to_numpy(), hull["bads_refused"].to_numpy()
    curve = roc_points(y, risk).to_numpy()
    assert (np.interp(curve[:, 1], x, height) >= curve[:, 2] - 1e-9).all()
    slopes = np.diff(height) * np.roll(np.diff(x), -1) - np.roll(np.diff(height), -1) * np.diff(x)
    assert (slopes[:-1] >= -1e-12).all()


@given(tied_samples())
def test_area_of_the_cap_curve_gives_gini(sample):
    y, risk = sample
    cap = cap_points(y, risk)
    area = np.trapezoid(cap["bads"], cap["subjects"]) - 0.5
    assert area / ((1 - y.mean()) / 2) == pytest.approx(gini(y, risk).value, abs=1e-9)


def test_gains_add_up_and_keep_ties_together():
    y, risk = _sample(1000, 7, steps=2)
    table = gains(y, risk)
    assert table["subjects"].sum() == 1000
    assert table["bads"].sum() == y.sum()
    assert (table["risk_from"][:-1] > table["risk_to"][1:]).all()
    assert table["bads_share"][-1] == table["subjects_share"][-1] == 1
    assert table["lift_so_far"][-1] == pytest.approx(1)


def test_deciles_of_untied_scores_hold_a_tenth_each():
    y, risk = _sample(1000, 8)
    table = gains(y, risk)
    assert table["subjects"].to_list() == [100.0] * 10
    top = np.argsort(risk)[::-1][:100]
    assert table["bad_rate"][0] == pytest.approx(y[top].mean())


def test_approval_table_is_counted_by_hand():
    y, risk = _sample(500, 9)
    row = at_approval(y, risk, [0.8]).row(0, named=True)
    kept = np.argsort(risk)[:400]
    refused = np.setdiff1d(np.arange(500), kept)
    assert row["approved"] == pytest.approx(0.8)
    assert row["bad_rate"] == pytest.approx(y[kept].mean())
    predicted = np.isin(np.arange(500), refused).astype(int)
    assert row["bad_rate_refused"] == pytest.approx(metrics.precision_score(y, predicted))
    assert row["bads_refused"] == pytest.approx(metrics.recall_score(y, predicted))


def test_subjects_of_equal_risk_are_approved_together_or_not_at_all():
    table = at_approval([0, 1, 0, 1], [1, 1, 1, 2], [0.5, 0.75, 1.0])
    assert table["approved"].to_list() == [0, 0.75, 1]
    assert table["bad_rate"].to_list() == [None, pytest.approx(1 / 3), 0.5]
    assert table["bad_rate_refused"].to_list() == [0.5, 1, None]


def test_shares_at_or_above_a_risk_are_counted_by_hand():
    assert separation([0, 1, 0, 1], [1, 2, 3, 4]).row(0) == (4.0, 0.5, 0.0)


def test_each_class_is_spread_over_the_steps_by_its_own_size():
    found = distribution([0, 1, 0, 1], [4, 3, 2, 1], count=2)
    assert found.rows() == [(1.0, 2.5, 0.5, 0.5), (2.5, 4.0, 0.5, 0.5)]


def test_the_thinned_curves_of_ks_still_show_its_gap():
    y, risk = _sample(5000, 10)
    table = separation(y, risk, at_most=20)
    assert (table["bads"] - table["goods"]).abs().max() == pytest.approx(ks(y, risk).value)


# -- bootstrap ---------------------------------------------------------------------------------


def _auc_of(bads, goods):
    below = goods.sum() - np.cumsum(goods) + goods / 2
    return float(bads @ below / bads.sum() / goods.sum())


def test_drawing_counts_per_level_spreads_like_drawing_rows():
    y, risk = _sample(300, 11, steps=2)
    by_rows = bootstrap(lambda o, r: ks(o, r).value, y, risk, repeats=600)
    levels = ranked(y, risk)

    def gap(bads, goods):
        return float(np.abs(np.cumsum(bads) / bads.sum() - np.cumsum(goods) / goods.sum()).max())

    by_levels = bootstrap_ranks(gap, levels, repeats=600, seed=1)
    assert by_levels.value == pytest.approx(by_rows.value)
    assert by_levels.low == pytest.approx(by_rows.low, abs=0.02)
    assert by_levels.high == pytest.approx(by_rows.high, abs=0.02)


@pytest.mark.parametrize("name", ["ks", "h"])
def test_intervals_of_maxima_cover_the_truth_about_as_often_as_promised(name):
    truth_of = ranked(*_sample(400_000, 13))
    metric = RANK_METRICS[name]
    truth = metric(truth_of.bads, truth_of.goods)
    hits = 0
    for seed in range(100):
        found = bootstrap_ranks(metric, ranked(*_sample(600, 200 + seed)), repeats=60)
        hits += found.low <= truth <= found.high
    assert hits >= 84  # percentiles of the same draws reach about 60 for H


def test_bootstrap_of_auc_agrees_with_delong():
    y, risk = _sample(20_000, 12)
    levels = ranked(y, risk)
    found, delong = bootstrap_ranks(_auc_of, levels, repeats=1000), auc(y, risk)
    assert found.high - found.low == pytest.approx(delong.high - delong.low, rel=0.1)


def test_the_same_seed_gives_the_same_interval():
    y, risk = _sample()
    levels = ranked(y, risk)
    assert bootstrap_ranks(h_of, levels, repeats=50) == bootstrap_ranks(h_of, levels, repeats=50)
    assert bootstrap_ranks(h_of, levels, repeats=50) != bootstrap_ranks(
        h_of, levels, repeats=50, seed=1
    )


def test_too_few_repeats_are_refused():
    with pytest.raises(SubjectError, match="repeats"):
        bootstrap(lambda y: 0.0, [0, 1], repeats=5)


# -- bad input ---------------------------------------------------------------------------------


def test_every_problem_of_the_columns_comes_at_once():
    with pytest.raises(SubjectError) as caught:
        auc([0, 2, 1], [0.1, np.nan], weights=[1, -1, 1])
    words = str(caught.value)
    assert len(caught.value.problems) == 4
    assert "neither 0" in words
    assert "NaN" in words
    assert "1 rows" in words
    assert "lengths differ" in words
    assert "negative" in words


@pytest.mark.parametrize("y", [[0, 0, 0], [1, 1, 1]])
def test_one_class_only_is_refused(y):
    with pytest.raises(SubjectError, match="both outcomes"):
        auc(y, [1, 2, 3])


def test_polars_series_with_a_null_is_counted_not_guessed():
    with pytest.raises(SubjectError, match="2 rows, first row 1"):
        auc(pl.Series([0, 1, 0, 1]), pl.Series([0.1, None, 0.3, None]))


def test_text_is_not_a_risk():
    with pytest.raises(SubjectError, match="numbers"):
        auc([0, 1], ["a", "b"])


def test_placement_values_average_to_auc():
    y, risk = _sample(steps=1)
    levels = ranked(y, risk)
    value, below, above = placements(levels)
    assert levels.bads @ below / levels.bads.sum() == pytest.approx(value)
    assert levels.goods @ above / levels.goods.sum() == pytest.approx(value)

"""The expected maximum profit against plain integration and another implementation."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lishui_credit.cutoffs import emp_difference, expected_maximum_profit
from lishui_credit.errors import SubjectError

GERMAN = Path(__file__).resolve().parents[1] / "data_samples/german_credit.parquet"


def integrated(y, score, roi, p0, p1, steps=20_000):
    """Try every cut-off at every λ on a fine grid; no hull, no closed form."""
    y, score = np.asarray(y), np.asarray(score)
    declined, forgone = [0.0], [0.0]
    for cut in np.unique(score):
        out = score <= cut
        declined.append((out & (y == 1)).mean())
        forgone.append((out & (y == 0)).mean())
    declined, forgone = np.array(declined), np.array(forgone)
    grid = (np.arange(steps) + 0.5) / steps
    even = 1 - p0 - p1
    gains = np.outer(grid, declined) - roi * forgone
    chosen = gains.argmax(axis=1)
    at_one = declined - roi * forgone
    last = at_one.argmax()
    share = declined + forgone
    emp = even * gains.max(axis=1).mean() + p1 * at_one[last]
    return emp, even * share[chosen].mean() + p1 * share[last]


ROWS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 8)), min_size=4, max_size=60)


@settings(max_examples=60)
@given(
    ROWS.filter(lambda rows: len({y for y, _ in rows}) == 2),
    st.floats(0.01, 0.9),
    st.floats(0, 0.5),
    st.floats(0, 0.5),
)
def test_it_is_what_plain_integration_finds(rows, roi, p0, p1):
    y, score = zip(*rows, strict=True)
    found = expected_maximum_profit(y, score, roi=roi, p0=p0, p1=p1)
    emp, fraction = integrated(y, score, roi, p0, p1)
    assert found.emp.value == pytest.approx(emp, abs=1e-7)
    if p1 == 0:  # at λ = 1 two cut-offs may earn the same, one of them by rounding
        assert found.fraction == pytest.approx(fraction, abs=2e-4)
    assert -1e-12 <= found.emp.value <= found.perfect + 1e-12


@pytest.mark.parametrize(
    ("seed", "n", "options", "emp", "fraction"),
    [
        (0, 500, {}, 0.028755584893532218, 0.1221583224392419),
        (1, 300, {"p0": 0.4, "p1": 0.2, "roi": 0.1}, 0.08760932234432234, 0.4352802197802198),
        (2, 1000, {"p0": 0.0, "p1": 0.0, "roi": 0.05}, 0.10756878641433207, 0.6647985434267176),
    ],
)
def test_it_is_what_empulse_computes(seed, n, options, emp, fraction):
    # empulse 0.5.1, empcs(y, (60 - score) / 60); its rates are our p0 and p1
    rng = np.random.default_rng(seed)
    score = rng.integers(0, 60, n)
    y = rng.random(n) < 1 / (1 + np.exp(0.06 * (score - 10)))
    found = expected_maximum_profit(y, score, **options)
    assert found.emp.value == pytest.approx(emp, abs=1e-14)
    assert found.fraction == pytest.approx(fraction, abs=1e-14)


def test_on_the_german_data_the_duration_alone_is_worth_what_empulse_says():
    frame = pl.read_parquet(GERMAN)
    found = expected_maximum_profit(frame["bad"], -frame["duration_in_month"])
    assert found.emp.value == pytest.approx(0.025223000212363022, abs=1e-14)
    assert found.fraction == pytest.approx(0.20317592852978045, abs=1e-14)


def test_a_perfect_score_reaches_the_bound_and_a_constant_one_only_all_or_nothing():
    y = np.array([1, 0, 0, 0])
    assert expected_maximum_profit(y, -y).emp.value == pytest.approx(0.25 * (0.1 + 0.35 / 2))
    # declining everybody pays from λ = roi (1 - π) / π = 3 roi on
    roi, start = 0.2, 0.6
    constant = expected_maximum_profit(y, np.zeros(4), roi=roi)
    even = 0.35 * (0.25 * (1 - start**2) / 2 - roi * 0.75 * (1 - start))
    assert constant.emp.value == pytest.approx(even + 0.1 * (0.25 - roi * 0.75))
    assert constant.fraction == pytest.approx(0.35 * (1 - start) + 0.1)


def drawn(seed, n=600, slope=1.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return (rng.random(n) < 1 / (1 + np.exp(1.2 + slope * x))).astype(int), x, rng


def test_only_the_order_of_the_scores_counts():
    y, x, _ = drawn(1)
    assert expected_maximum_profit(y, x).emp == expected_maximum_profit(y, np.exp(x)).emp


def test_the_interval_has_the_spread_of_fresh_samples():
    truth = [expected_maximum_profit(*drawn(seed)[:2]).emp.value for seed in range(300)]
    y, x, _ = drawn(1000)
    found = expected_maximum_profit(y, x, repeats=400).emp
    width = (found.high - found.low) / (2 * 1.96)
    assert width == pytest.approx(np.std(truth), rel=0.25)
    assert found.low < found.value < found.high


def test_merging_levels_for_the_draws_changes_the_interval_little():
    y, x, _ = drawn(3, n=6000)
    fine = expected_maximum_profit(y, x, repeats=200).emp
    coarse = expected_maximum_profit(y, np.round(x, 2), repeats=200).emp
    assert fine.value != coarse.value
    assert (fine.low, fine.high) == pytest.approx((coarse.low, coarse.high), rel=0.1)


def test_a_better_score_earns_plainly_more_and_a_copy_exactly_nothing():
    y, x, rng = drawn(5, n=6000)
    worse = x + rng.normal(size=len(x))
    found = emp_difference(y, x, worse)
    single = [expected_maximum_profit(y, score).emp.value for score in (x, worse)]
    assert found.value == pytest.approx(single[0] - single[1], abs=1e-15)
    assert found.low > 0
    assert found.p < 0.05
    copy = emp_difference(y, x, 2 * x + 1)
    assert (copy.value, copy.low, copy.high, copy.p) == (0, 0, 0, 1)
    turned = emp_difference(y, worse, x)
    assert (turned.value, turned.low) == (-found.value, pytest.approx(-found.high))


def test_pairing_is_narrower_than_two_intervals_apart():
    y, x, rng = drawn(6)
    near = x + 0.2 * rng.normal(size=len(x))
    paired = emp_difference(y, x, near)
    alone = expected_maximum_profit(y, x, repeats=200).emp
    assert paired.high - paired.low < 0.8 * (alone.high - alone.low)


def test_impossible_parameters_are_refused_together():
    with pytest.raises(SubjectError) as caught:
        expected_maximum_profit([0, 1], [1, 2], roi=0, p0=0.7, p1=0.4, repeats=3)
    assert len(caught.value.problems) == 3
    with pytest.raises(SubjectError, match="both outcomes"):
        expected_maximum_profit([0, 0], [1, 2])
    with pytest.raises(SubjectError, match="repeats"):
        emp_difference([0, 1], [1, 2], [2, 1], repeats=0)

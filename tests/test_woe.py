"""WoE, information value and shrinkage against their definitions."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lishui_credit.scorecards.bins.woe import iv_part, shrunk, woe, woe_error

counts = st.lists(
    st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=2, max_size=8
).filter(lambda rows: sum(g for g, _ in rows) > 0 and sum(b for _, b in rows) > 0)


def test_without_smoothing_woe_is_the_textbook_formula() -> None:
    assert woe([400], [50], 700, 300, 0.0)[0] == pytest.approx(math.log((400 / 700) / (50 / 300)))


def test_positive_woe_is_better_than_average() -> None:
    better, worse = woe([400, 300], [50, 250], 700, 300)
    assert better > 0 > worse


def test_a_pure_bin_keeps_a_finite_woe_and_an_empty_bin_is_average() -> None:
    pure, empty = woe([400, 0], [0, 0], 700, 300)
    assert math.isfinite(pure)
    assert empty == 0.0
    assert math.isinf(woe([400], [0], 700, 300, 0.0)[0])


@given(counts)
@settings(max_examples=100, deadline=None)
def test_information_is_never_negative_without_smoothing(rows: list[tuple[int, int]]) -> None:
    goods, bads = np.array(rows, dtype=float).T
    parts = iv_part(goods, bads, goods.sum(), bads.sum(), 0.0)
    assert (parts >= 0).all()


def test_the_error_of_a_woe_is_the_spread_of_simulated_ones() -> None:
    draw = np.random.default_rng(0)
    goods = draw.multinomial(7000, [0.5, 0.3, 0.2], size=20_000)
    bads = draw.multinomial(3000, [0.2, 0.3, 0.5], size=20_000)
    simulated = np.log((goods[:, 0] / 7000) / (bads[:, 0] / 3000)).std()
    assert woe_error([3500], [600], 7000, 3000)[0] == pytest.approx(simulated, rel=0.03)


def test_three_thousand_levels_of_noise_are_drawn_to_one_rate() -> None:
    draw = np.random.default_rng(1)
    rows = np.full(3000, 160.0)
    bads = draw.binomial(160, 0.2, 3000).astype(float)
    goods, drawn = shrunk(rows - bads, bads)
    assert np.ptp(drawn / rows) < 0.02
    assert goods.sum() + drawn.sum() == pytest.approx(rows.sum())


def test_levels_that_differ_keep_their_difference() -> None:
    draw = np.random.default_rng(2)
    true = draw.beta(8, 32, 400)
    rows = np.full(400, 200.0)
    bads = draw.binomial(200, true).astype(float)
    _, drawn = shrunk(rows - bads, bads)
    raw_miss = ((bads / rows - true) ** 2).mean()
    shrunk_miss = ((drawn / rows - true) ** 2).mean()
    assert shrunk_miss < raw_miss
    assert np.corrcoef(drawn, true)[0, 1] > 0.9


def test_shrinkage_keeps_every_level_between_its_own_rate_and_the_mean() -> None:
    goods, bads = np.array([90.0, 50.0, 10.0]), np.array([10.0, 50.0, 40.0])
    mean = bads.sum() / (goods + bads).sum()
    _, drawn = shrunk(goods, bads)
    for raw, kept in zip(bads / (goods + bads), drawn / (goods + bads), strict=True):
        assert min(raw, mean) - 0.01 <= kept <= max(raw, mean) + 0.01
    assert drawn.sum() == pytest.approx(bads.sum())

"""WoE, information value and shrinkage against their definitions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lishui_credit.scorecards.bins.woe import _exceeds, iv_part, shrunk, smoothed, woe, woe_error
from lishui_credit.statistics.chi_square import tail

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


def test_smoothing_adds_rows_with_the_odds_of_the_population() -> None:
    good, bad = smoothed([400, 0], [50, 0], 700, 300, 2.0)
    assert good.tolist() == pytest.approx([401.4, 1.4])
    assert bad.tolist() == pytest.approx([50.6, 0.6])
    assert woe([400], [50], 700, 300, 2.0)[0] == pytest.approx(
        math.log((401.4 / 700) / (50.6 / 300))
    )
    assert woe([400], [50], 700, 300)[0] == woe([400], [50], 700, 300, 1.0)[0]


def test_without_smoothing_an_empty_bin_is_average_and_a_pure_one_endless() -> None:
    found = woe([0, 1, 0, 5], [0, 0, 1, 0], 700, 300, 0.0)
    assert found.tolist() == [0.0, math.inf, -math.inf, math.inf]
    assert iv_part([0, 1, 0], [0, 0, 1], 700, 300, 0.0).tolist() == [0.0, math.inf, math.inf]


def test_counts_in_single_precision_are_worked_out_in_double() -> None:
    goods, bads = np.array([400, 299]), np.array([49, 251])
    short = [counts.astype(np.float32) for counts in (goods, bads)]
    for measure in (woe, iv_part, woe_error):
        assert measure(*short, 700, 300).tolist() == measure(goods, bads, 700, 300).tolist()
    for kept, wanted in zip(shrunk(*short), shrunk(goods, bads), strict=True):
        assert kept.dtype == np.float64
        assert kept.tolist() == wanted.tolist()
    for kept, wanted in zip(
        smoothed(*short, 7, 3, 0.1), smoothed(goods, bads, 7, 3, 0.1), strict=True
    ):
        assert kept.tolist() == wanted.tolist()


def test_information_takes_shares_as_they_are_and_woe_of_smoothed_counts() -> None:
    spread = 400 / 700 - 50 / 300
    for smoothing in (0.0, 1.0, 2.0):
        weight = woe([400], [50], 700, 300, smoothing)[0]
        assert iv_part([400], [50], 700, 300, smoothing)[0] == pytest.approx(spread * weight)
    assert iv_part([400], [50], 700, 300)[0] == iv_part([400], [50], 700, 300, 1.0)[0]


def test_a_bin_with_the_odds_of_the_population_adds_a_plain_zero() -> None:
    found = iv_part([7, 70, 21, 0], [3, 30, 9, 0], 700, 300)
    assert [str(part) for part in found.tolist()] == ["0.0"] * 4


def test_the_error_of_a_pure_bin_is_endless_and_of_a_whole_sample_none() -> None:
    assert woe_error([10], [0], 700, 300)[0] == math.inf
    assert woe_error([700], [300], 700, 300)[0] == 0.0
    assert woe_error([400], [50], 700, 300)[0] == pytest.approx(
        math.sqrt(1 / 400 - 1 / 700 + 1 / 50 - 1 / 300)
    )


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


def moments(goods: list[int], bads: list[int]) -> list[Fraction]:
    """Bads after shrinking, from the moments of the beta-binomial in exact fractions."""
    rows = [Fraction(g + b) for g, b in zip(goods, bads, strict=True)]
    k, whole, mean = len(rows), sum(rows), Fraction(sum(bads)) / sum(rows)
    noise = mean * (1 - mean)
    between = sum(n * (b / n - mean) ** 2 for n, b in zip(rows, bads, strict=True))
    room = whole - sum(n * n for n in rows) / whole - (k - 1)
    half = max(noise / ((between - (k - 1) * noise) / room) - 1, Fraction(0))
    drawn = [n * (b + half * mean) / (n + half) for n, b in zip(rows, bads, strict=True)]
    return [d * sum(bads) / sum(drawn) for d in drawn]


@pytest.mark.parametrize(
    ("goods", "bads"),
    [
        ([90, 50], [10, 50]),
        ([90, 50, 10], [10, 50, 40]),
        ([40, 5, 300, 28, 60], [3, 4, 20, 9, 30]),
    ],
)
def test_a_level_is_drawn_to_the_mean_by_k_less_one_moments(goods, bads) -> None:
    kept, drawn = shrunk(goods, bads, gate=1)
    assert drawn.tolist() == pytest.approx([float(d) for d in moments(goods, bads)], rel=1e-12)
    assert (kept + drawn).tolist() == pytest.approx(np.add(goods, bads).tolist())


def test_three_levels_are_tested_with_two_degrees_of_freedom() -> None:
    # chi-square 8.00 and 9.68; the 1 % quantiles are 6.63, 9.21 and 13.28 for 1, 2 and 4 degrees
    kept, flat = shrunk([60, 50, 40], [40, 50, 60])
    assert (kept.tolist(), flat.tolist()) == ([50, 50, 50], [50, 50, 50])
    _, apart = shrunk([61, 50, 39], [39, 50, 61])
    assert apart[0] < 45 < 55 < apart[2]


def test_levels_that_differ_by_chance_alone_all_get_the_mean() -> None:
    kept, drawn = shrunk([70, 160], [30, 40])
    assert drawn.tolist() == pytest.approx([70 / 3, 140 / 3])
    assert kept.tolist() == pytest.approx([230 / 3, 460 / 3])


def test_a_single_level_and_a_pure_sample_stay_as_they_are() -> None:
    for goods, bads in (([70], [30]), ([5, 7], [0, 0]), ([0, 0], [5, 7])):
        kept, drawn = shrunk(goods, bads)
        assert (kept.tolist(), drawn.tolist()) == (goods, bads)
        assert kept.dtype == drawn.dtype == np.float64


def test_levels_spread_no_wider_than_chance_are_flat_even_untested() -> None:
    # between equals the noise to the last bit: nothing is left for a spread of true rates
    kept, drawn = shrunk([1.5, 0.5], [0.5, 1.5], gate=1)
    assert (kept.tolist(), drawn.tolist()) == ([1, 1], [1, 1])
    kept, drawn = shrunk([3.0, 6.0], [2.0, 4.0], gate=1)
    assert (kept.tolist(), drawn.tolist()) == ([3, 6], [2, 4])


def test_levels_of_one_row_each_leave_no_room_for_a_spread() -> None:
    kept, drawn = shrunk([1, 0], [0, 1], gate=1)
    assert (kept.tolist(), drawn.tolist()) == ([0.5, 0.5], [0.5, 0.5])
    kept, drawn = shrunk([1, 0], [0, 2], gate=1)  # room for a third of a row
    assert (kept.tolist(), drawn.tolist()) == ([1, 0], [0, 2])


def test_a_gate_is_passed_below_it_and_a_gate_of_one_by_everything() -> None:
    chance = tail(5.0, 2)
    assert not _exceeds(5.0, 2, chance)
    assert _exceeds(5.0, 2, math.nextafter(chance, 1))
    assert _exceeds(0.0, 2, 1)

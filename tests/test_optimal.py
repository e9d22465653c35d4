"""Grouping of pre-bins against every grouping there is, and against definitions of others."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lishui_credit.errors import CreditError, SubjectError
from lishui_credit.scorecards.bins.category_bins import category_order
from lishui_credit.scorecards.bins.constraints import Constraints, direction_of
from lishui_credit.scorecards.bins.optimal import Grouping, group
from lishui_credit.scorecards.bins.woe import iv_part, woe
from lishui_credit.statistics.proportions import two_proportions

DIRECTIONS = ["auto", "up", "down", "peak", "valley", "none"]
FREE = Constraints(min_share=0, min_bads=0, min_goods=0)


def _p_value(one, other):
    """The z test as textbooks write it, with proportions."""
    (g, b), (h, c) = one, other
    n, m = g + b, h + c
    share = (b + c) / (n + m)
    if share in (0, 1):
        return 1.0
    z = (b / n - c / m) / math.sqrt(share * (1 - share) * (1 / n + 1 / m))
    return math.erfc(abs(z) / math.sqrt(2))


def _shape(values, gap):
    """The direction of bad rates along WoE values; empty when neighbours are too close."""
    steps = [after - before for before, after in itertools.pairwise(values)]
    if any(abs(step) < max(gap - 1e-11, 1e-10) for step in steps):
        return ""
    signs = [key for key, _ in itertools.groupby(step < 0 for step in steps)]
    names = {(): "flat", (True,): "up", (False,): "down"}
    names |= {(True, False): "peak", (False, True): "valley"}
    return names.get(tuple(signs), "none")


WELCOME = {
    "auto": {"flat", "up", "down"},
    "up": {"flat", "up"},
    "down": {"flat", "down"},
    "peak": {"flat", "up", "down", "peak"},
    "valley": {"flat", "up", "down", "valley"},
    "none": {"flat", "up", "down", "peak", "valley", "none"},
}


def _bins(ends, goods, bads, rows):
    """Sums of every bin, added one by one."""
    starts = [0, *(end + 1 for end in ends[:-1])]
    return [
        (sum(goods[a : z + 1]), sum(bads[a : z + 1]), sum(rows[a : z + 1]))
        for a, z in zip(starts, ends, strict=True)
    ]


def _judge(ends, goods, bads, c, total_goods, total_bads, fixed, rows):
    """IV of a grouping by the definitions, None when it breaks a constraint."""
    if not c.min_bins <= len(ends) <= c.max_bins or not set(fixed) <= set(ends):
        return None
    s, values, iv = c.smoothing, [], 0.0
    bins = _bins(ends, goods, bads, rows)
    for g, b, n in bins:
        if g + b < c.min_share * (total_goods + total_bads) - 1e-9 or n < c.min_count:
            return None
        if b < c.min_bads or g < c.min_goods or g + b == 0 or (s == 0 and g * b == 0):
            return None
        whole = total_goods + total_bads  # s imaginary rows with the population's own odds
        good, bad = g + s * total_goods / whole, b + s * total_bads / whole
        value = math.log(good / total_goods / (bad / total_bads))
        values.append(value)
        iv += (g / total_goods - b / total_bads) * value
    if _shape(values, c.min_woe_gap) not in WELCOME[c.direction]:
        return None
    level = 1 if c.max_p_value is None else c.max_p_value
    pairs = itertools.pairwise([(g, b) for g, b, _ in bins])
    if any(_p_value(*pair) > level for pair in pairs):
        return None
    return iv


def _brute(goods, bads, c, total_goods, total_bads, fixed=(), rows=None):
    """The best of all groupings: IV and ends, or None."""
    rows = [g + b for g, b in zip(goods, bads, strict=True)] if rows is None else rows
    last = len(goods) - 1
    found = []
    for cuts in range(min(c.max_bins, len(goods))):
        for inner in itertools.combinations(range(last), cuts):
            ends = (*inner, last)
            iv = _judge(ends, goods, bads, c, total_goods, total_bads, fixed, rows)
            if iv is not None:
                found.append((iv, ends))
    if not found:
        return None
    best = max(iv for iv, _ in found)
    level = [row for row in found if row[0] >= best - 1e-12]
    fewest = [row for row in level if len(row[1]) == min(len(ends) for _, ends in level)]
    return best, [ends for _, ends in fewest]


def _draw(rng, largest=9):
    """Counts of a random small characteristic, some pre-bins empty or one-sided."""
    p = int(rng.integers(1, largest + 1))
    size = rng.choice([3.0, 12.0, 60.0])
    way = rng.choice([-1.0, 0.0, 1.0]) * np.linspace(-1, 1, p)
    bend = rng.choice([-1.5, 0.0, 1.5]) * np.linspace(-1, 1, p) ** 2
    rows = rng.poisson(size * rng.choice([0.0, 0.5, 1.0, 2.0], p))
    bads = rng.binomial(rows, 1 / (1 + np.exp(1 - way - bend - rng.normal(0, 0.4, p))))
    return (rows - bads).astype(float).tolist(), bads.astype(float).tolist()


def _draw_constraints(rng, direction):
    p_value = [None, None, 0.01, 0.2, 0.6][rng.integers(5)]
    return Constraints(
        direction=direction,
        max_bins=int(rng.integers(1, 10)),
        min_share=float(rng.choice([0, 0.05, 0.17])),
        min_count=float(rng.choice([0, 0, 11])),
        min_bads=float(rng.choice([0, 1, 4])),
        min_goods=float(rng.choice([0, 1, 5])),
        min_woe_gap=float(rng.choice([0, 0, 0.07, 0.3])),
        max_p_value=p_value,
        smoothing=float(rng.choice([0, 0.5, 0.5, 2])),
    )


def _draw_totals(rng, goods, bads):
    """Totals with missing rows outside the pre-bins, now and then none."""
    return sum(goods) + int(rng.integers(1, 4)) ** 2 - 1, sum(bads) + int(rng.integers(1, 3))


def _ladder(c):
    """The constraints and what is tried in their place, in the order the docstring states."""
    for fewest in (c.min_bins, 1):
        rung = replace(c, min_bins=fewest)
        yield rung
        yield replace(rung, max_p_value=None)
        yield replace(rung, max_p_value=None, min_woe_gap=0.0)


def _assert_best(found, goods, bads, c, total_goods, total_bads, fixed=(), rows=None):
    """Compare with every grouping, down the ladder of constraints."""
    for rung in _ladder(c):
        best = _brute(goods, bads, rung, total_goods, total_bads, fixed, rows)
        if best:
            iv, ends = best
            assert found.iv == pytest.approx(iv, abs=1e-9)
            assert found.ends in ends
            assert bool(found.relaxed) == (rung != c)
            return
    coarsest = tuple(sorted({*fixed, len(goods) - 1}))
    assert found.ends == coarsest


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_no_grouping_that_keeps_the_constraints_is_better(direction):
    rng = np.random.default_rng(DIRECTIONS.index(direction))
    several = 0
    for _ in range(200):
        goods, bads = _draw(rng)
        goods_all, bads_all = _draw_totals(rng, goods, bads)
        if goods_all == 0:
            continue
        c = _draw_constraints(rng, direction)
        found = group(goods, bads, c, total_goods=goods_all, total_bads=bads_all)
        _assert_best(found, goods, bads, c, goods_all, bads_all)
        several += len(found.ends) > 1
    assert several > 30  # the cases say something


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_more_pre_bins_and_few_bins_are_exact_too(direction):
    rng = np.random.default_rng(10 + DIRECTIONS.index(direction))
    for _ in range(3):
        rows = rng.poisson(30, 20)
        bads = rng.binomial(rows, rng.uniform(0.1, 0.5, 20))
        goods = (rows - bads).tolist()
        c = Constraints(direction=direction, max_bins=4)
        found = group(goods, bads, c)
        _assert_best(found, goods, bads.tolist(), c, sum(goods), int(bads.sum()))


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_locked_ends_and_least_bins_are_kept_at_the_best_iv(direction):
    rng = np.random.default_rng(20 + DIRECTIONS.index(direction))
    locked = 0
    for _ in range(250):
        goods, bads = _draw(rng, largest=8)
        goods_all, bads_all = sum(goods) + 1, sum(bads) + 1
        c = _draw_constraints(rng, direction)
        c = replace(c, min_bins=int(rng.integers(1, min(4, c.max_bins) + 1)))
        fixed = rng.choice(len(goods), int(rng.integers(0, min(3, len(goods)))), replace=False)
        found = group(goods, bads, c, total_goods=goods_all, total_bads=bads_all, fixed_ends=fixed)
        assert set(fixed.tolist()) <= set(found.ends)
        _assert_best(found, goods, bads, c, goods_all, bads_all, fixed.tolist())
        locked += bool(len(fixed)) and not found.relaxed
    assert locked > 5


def test_rows_and_weights_are_counted_apart():
    rng = np.random.default_rng(30)
    for _ in range(40):
        p = int(rng.integers(3, 8))
        rows = rng.integers(1, 20, p)
        weight = rows * rng.uniform(0.5, 3, p)
        bads = weight * rng.uniform(0.1, 0.6, p)
        goods = weight - bads
        c = Constraints(direction="none", min_count=15, min_share=0.1)
        found = group(goods, bads, c, rows=rows)
        totals = float(goods.sum()), float(bads.sum())
        _assert_best(found, goods.tolist(), bads.tolist(), c, *totals, (), rows.tolist())


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_direction_reported_is_the_one_of_the_bad_rates(direction):
    rng = np.random.default_rng(40)
    seen = set()
    for _ in range(40):
        rows = rng.integers(40, 80, 7)
        bads = rng.binomial(rows, rng.uniform(0.05, 0.6, 7))
        found = group(rows - bads, bads, Constraints(direction=direction, smoothing=0))
        rates = [b / (g + b) for g, b, _ in _bins(found.ends, rows - bads, bads, rows)]
        shape = _shape([-rate for rate in rates], 0)
        assert found.direction == (shape if shape != "flat" else "none")
        assert found.obeyed == (direction in ("auto", "none") or shape != "flat")
        seen.add(shape)
    assert direction in seen | {"auto"}


counts = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 15)), min_size=1, max_size=8).filter(
    lambda rows: sum(g for g, _ in rows) > 0 and sum(b for _, b in rows) > 0
)
some_constraints = st.builds(
    Constraints,
    direction=st.sampled_from(DIRECTIONS),
    max_bins=st.integers(1, 8),
    min_share=st.sampled_from([0, 0.05, 0.2]),
    min_bads=st.integers(0, 3),
    min_goods=st.integers(0, 3),
    min_woe_gap=st.sampled_from([0, 0.1, 0.5]),
    max_p_value=st.sampled_from([None, 0.05, 0.5]),
    smoothing=st.sampled_from([0.25, 0.5, 1]),
)


@given(counts, some_constraints)
def test_every_small_characteristic_gets_its_best_grouping(rows, c):
    goods, bads = [g for g, _ in rows], [b for _, b in rows]
    found = group(goods, bads, c)
    _assert_best(found, goods, bads, c, sum(goods), sum(bads))
    assert math.isfinite(found.iv)
    assert found == group(goods, bads, c)


LOOSER = [
    ("max_bins", lambda c: c.max_bins + 1),
    ("min_share", lambda c: c.min_share / 2),
    ("min_bads", lambda c: max(0, c.min_bads - 1)),
    ("min_goods", lambda c: max(0, c.min_goods - 1)),
    ("min_woe_gap", lambda c: c.min_woe_gap / 2),
    ("max_p_value", lambda c: None if c.max_p_value is None else min(1, c.max_p_value * 2)),
    ("direction", lambda _: "none"),
]


@pytest.mark.parametrize(("name", "loosen"), LOOSER, ids=[name for name, _ in LOOSER])
@given(counts, some_constraints)
def test_a_looser_constraint_never_lowers_the_iv(name, loosen, rows, c):
    goods, bads = [g for g, _ in rows], [b for _, b in rows]
    looser = replace(c, **{name: loosen(c)})
    assert group(goods, bads, looser).iv >= group(goods, bads, c).iv - 1e-12


@given(st.integers(0, 10_000), some_constraints)
def test_reading_the_pre_bins_backwards_swaps_up_and_down(seed, c):
    rng = np.random.default_rng(seed)
    goods, bads = rng.uniform(1, 40, 8), rng.uniform(1, 15, 8)  # no ties
    swap = {"up": "down", "down": "up"}
    there = group(goods, bads, c)
    back = group(goods[::-1], bads[::-1], replace(c, direction=swap.get(c.direction, c.direction)))
    assert back.iv == pytest.approx(there.iv, abs=1e-12)
    assert back.direction == swap.get(there.direction, there.direction)
    assert back.ends == (*(6 - end for end in reversed(there.ends[:-1])), 7)
    assert (back.obeyed, back.relaxed) == (there.obeyed, there.relaxed)


@given(st.integers(0, 10_000), st.sampled_from(DIRECTIONS), st.sampled_from([2, 7, 1000]))
def test_without_smoothing_only_the_mix_matters_not_the_size(seed, direction, factor):
    rng = np.random.default_rng(seed)
    goods, bads = rng.integers(1, 200, 9), rng.integers(1, 90, 9)
    c = Constraints(direction=direction, smoothing=0)
    small, large = group(goods, bads, c), group(goods * factor, bads * factor, c)
    assert (large.ends, large.direction) == (small.ends, small.direction)
    assert large.iv == pytest.approx(small.iv, abs=1e-12)


@given(counts, some_constraints, st.data())
def test_pre_bins_without_rows_change_nothing(rows, c, data):
    places = data.draw(st.lists(st.integers(0, len(rows)), max_size=4))
    padded = [(g, b, number) for number, (g, b) in enumerate(rows)]
    for place in sorted(places, reverse=True):
        padded.insert(place, (0, 0, -1))
    plain = group([g for g, _ in rows], [b for _, b in rows], c)
    found = group([g for g, _, _ in padded], [b for _, b, _ in padded], c)
    assert (found.iv, found.direction) == (pytest.approx(plain.iv, abs=1e-12), plain.direction)
    bins = itertools.pairwise((-1, *found.ends))
    members = [{n for *_, n in padded[a + 1 : z + 1]} - {-1} for a, z in bins]
    bins = itertools.pairwise((-1, *plain.ends))
    # Empty pre-bins of the plain list may fall to either side: only rows are compared.
    full = {number for number, row in enumerate(rows) if row != (0, 0)}
    assert [m & full for m in members] == [set(range(a + 1, z + 1)) & full for a, z in bins]


def test_equal_bad_rates_are_one_bin():
    assert group([10, 20, 30], [1, 2, 3], replace(FREE, smoothing=0)).ends == (2,)
    assert group([10, 10, 5, 5], [1, 1, 5, 5], replace(FREE, direction="none")).ends == (1, 3)


def test_of_equal_groupings_the_rising_one_that_ends_earliest_wins():
    # Rising to the right, falling to the left of the middle: the same IV twice.
    both = group([30, 10, 30], [5, 10, 5], Constraints(min_share=0, max_bins=2))
    assert (both.ends, both.direction) == ((0, 2), "up")
    turned = group(
        [10, 30, 30, 10], [10, 5, 5, 10], Constraints(min_share=0, max_bins=2, direction="none")
    )
    assert turned.ends == (0, 3)
    c = Constraints(min_share=0, max_bins=3, direction="none")
    later = group([50, 40, 20, 40], [10, 2, 20, 2], c, fixed_ends=(0,))
    assert later.ends == (0, 1, 3)


def test_bins_that_add_nothing_are_not_made():
    for factor in range(1, 60):
        sizes = np.array([1, 2, 4, 3]) * factor
        for direction in DIRECTIONS:
            c = replace(FREE, direction=direction)
            found = group(sizes * 0.7, sizes * 0.3, c)  # equal shares but for rounding
            assert found.ends == (3,)


def test_no_neighbours_differ_beyond_every_doubt():
    c = Constraints(max_p_value=0, min_bads=0, min_goods=0)
    assert group([50, 0, 70, 0], [10, 9, 1, 0], c).ends == (3,)


def test_a_pure_bin_keeps_a_finite_woe():
    value = woe([0, 50], [10, 40], 50, 50)
    assert np.isfinite(value).all()
    assert value == pytest.approx([math.log(0.5 / 10.5), math.log(50.5 / 40.5)])
    found = group([0, 50], [10, 40], FREE)
    assert found.ends == (0, 1)
    assert math.isfinite(found.iv)


def test_without_smoothing_pure_pre_bins_join_their_neighbours():
    found = group([0, 50, 60, 20], [10, 40, 10, 0], replace(FREE, smoothing=0))
    assert math.isfinite(found.iv)
    assert found.ends == (1, 3)


def test_a_bin_without_rows_is_neutral():
    assert woe(0, 0, 90, 10) == 0
    assert woe(0, 0, 90, 10, smoothing=0) == 0
    assert iv_part(0, 0, 90, 10) == 0


def test_the_iv_without_smoothing_is_the_symmetric_kullback_leibler_divergence():
    rng = np.random.default_rng(50)
    goods, bads = rng.integers(1, 500, 12), rng.integers(1, 300, 12)
    expected = stats.entropy(goods, bads) + stats.entropy(bads, goods)
    assert iv_part(goods, bads, goods.sum(), bads.sum(), 0).sum() == pytest.approx(expected)


def test_p_values_are_those_of_the_chi_squared_test_without_correction():
    rng = np.random.default_rng(51)
    goods, bads = rng.integers(1, 90, 40), rng.integers(1, 40, 40)
    for n in range(39):
        table = [[goods[n], bads[n]], [goods[n + 1], bads[n + 1]]]
        expected = stats.chi2_contingency(table, correction=False).pvalue
        assert two_proportions(goods + bads, bads)[1][n] == pytest.approx(expected, rel=1e-9)


def test_bins_that_cannot_be_told_apart_have_p_value_one():
    assert two_proportions([5, 7, 0, 3], [0, 0, 0, 3])[1].tolist() == [1, 1, 1]
    assert two_proportions([8], [3])[1].size == 0


def test_neighbours_differ_by_the_chi_squared_test_when_asked_to():
    rng = np.random.default_rng(52)
    split = 0
    for _ in range(30):
        rows = rng.integers(20, 200, 30)
        bads = rng.binomial(rows, np.linspace(0.1, 0.4, 30) + rng.normal(0, 0.05, 30).clip(-0.09))
        found = group(rows - bads, bads, Constraints(max_p_value=0.05))
        bins = _bins(found.ends, rows - bads, bads, rows)
        for one, other in itertools.pairwise(bins):
            assert stats.chi2_contingency([one[:2], other[:2]], correction=False).pvalue <= 0.05
        split += len(bins) > 2
    assert split > 5


def test_what_cannot_be_kept_is_named():
    few = group([30, 20], [1, 1], Constraints(min_bads=5))
    assert (few.ends, few.relaxed) == ((1,), ("min_bads",))
    same = group([50, 49], [10, 11], Constraints(min_bins=2, max_p_value=0.01, min_woe_gap=0.01))
    assert (same.ends, same.relaxed) == ((0, 1), ("max_p_value",))
    close = group([50, 49], [10, 11], Constraints(min_bins=2, min_woe_gap=3))
    assert (close.ends, close.relaxed) == ((0, 1), ("min_woe_gap",))
    locked = group([50, 20, 40], [10, 20, 5], Constraints(), fixed_ends=(0, 1))
    assert (locked.ends, locked.relaxed) == ((0, 1, 2), ("direction",))
    assert not locked.obeyed
    pure = group([9, 30], [0, 10], replace(FREE, smoothing=0), fixed_ends=(0,))
    assert (pure.ends, pure.relaxed) == ((0, 1), ("smoothing",))
    assert pure.iv == math.inf
    crowded = group([50, 30, 10], [5, 10, 15], Constraints(max_bins=2), fixed_ends=(0, 1))
    assert (crowded.ends, crowded.relaxed) == ((0, 1, 2), ("max_bins",))


def test_a_characteristic_that_goes_the_other_way_does_not_obey():
    found = group([10, 30, 50], [20, 10, 5], Constraints(direction="up"))
    assert (found.ends, found.direction, found.obeyed, found.relaxed) == ((2,), "none", False, ())
    pushed = group([10, 30, 50], [20, 10, 5], Constraints(direction="up", min_bins=2))
    assert (pushed.ends, pushed.relaxed) == ((2,), ("min_bins",))


def test_a_locked_end_among_empty_pre_bins_is_kept():
    found = group([30, 0, 0, 40, 0], [9, 0, 0, 2, 0], FREE, fixed_ends=(1,))
    assert found.ends == (1, 4)
    tail = group([30, 40, 0], [9, 2, 0], FREE, fixed_ends=(1,))
    assert tail.ends == (1, 2)
    nothing = group([0, 0], [0, 0], FREE, total_goods=5, total_bads=5)
    assert (nothing.ends, nothing.iv) == ((1,), 0.0)


def test_levels_in_order_of_their_bad_rate_give_the_best_grouping_of_a_category():
    """No way of putting the levels into up to three sets, neighbours or not, has a larger IV."""
    rng = np.random.default_rng(60)
    for _ in range(20):
        goods, bads = rng.integers(1, 60, 6), rng.integers(1, 30, 6)
        totals = goods.sum(), bads.sum()
        order = category_order(goods, bads, *totals, 0)
        c = replace(FREE, direction="up", max_bins=3, smoothing=0)
        found = group(goods[order], bads[order], c)
        best = max(
            iv_part(
                [goods[np.array(sets) == n].sum() for n in set(sets)],
                [bads[np.array(sets) == n].sum() for n in set(sets)],
                *totals,
                0,
            ).sum()
            for sets in itertools.product(range(3), repeat=6)
        )
        assert found.iv == pytest.approx(best, abs=1e-9)


def test_levels_of_equal_bad_rate_stay_in_order_and_empty_ones_in_the_middle():
    assert category_order([30, 0, 10, 20, 5], [3, 0, 1, 2, 9], 65, 15, 0).tolist() == [
        0,
        2,
        3,
        1,
        4,
    ]


def test_names_of_directions():
    for values, name in [
        ([1], "none"),
        ([2, 1], "up"),
        ([1, 2], "down"),
        ([3, 1, 2], "peak"),
        ([1, 3, 2], "valley"),
        ([1, 3, 2, 4], "none"),
        ([1, 1], "none"),
    ]:
        assert direction_of(np.array(values, dtype=float)) == name


def test_constraints_out_of_range_are_all_named_at_once():
    with pytest.raises(CreditError) as caught:
        Constraints(direction="sideways", min_share=1.5, min_bads=-1, max_p_value=2, max_bins=0)
    text = str(caught.value)
    assert len(caught.value.problems) == 5
    for name in ("direction", "min_share", "min_bads", "max_p_value", "max_bins"):
        assert name in text
    with pytest.raises(CreditError, match="min_bins"):
        Constraints(min_bins=4, max_bins=3)
    with pytest.raises(CreditError, match="smoothing"):
        Constraints(smoothing=math.nan)


@pytest.mark.parametrize(
    ("goods", "bads", "more", "text"),
    [
        ([1, 2], [1], {}, "one number per pre-bin"),
        ([], [], {}, "at least one"),
        ([1, -2], [1, 1], {}, "goods must be finite"),
        ([1, 2], [1, math.nan], {}, "bads must be finite"),
        ([1, 2], [0, 0], {}, "total_bads must be more than 0"),
        ([1, 2], [1, 1], {"total_goods": 2}, "total_goods is below the sum"),
        ([1, 2], [1, 1], {"fixed_ends": [2]}, "fixed_ends"),
    ],
)
def test_counts_that_are_none_are_refused(goods, bads, more, text):
    with pytest.raises(SubjectError, match=text):
        group(goods, bads, **more)


# ---- the edges of counts, totals and locked ends -------------------------------------------------


def problems(*args, **more):
    with pytest.raises(SubjectError) as caught:
        group(*args, **more)
    return caught.value.problems


def test_all_that_is_wrong_with_counts_is_told_at_once():
    told = problems(
        [1, -2, math.inf], [1, math.nan, 3], rows=[-1, 2, 3], total_goods=9, total_bads=0
    )
    assert [problem.found for problem in told] == ["-2.0, inf", "nan", "-1.0", "9.0 < inf", "0.0"]
    words = [problem.what.partition(" must")[0] for problem in told]
    assert words == ["goods", "bads", "rows", "total_goods is below the sum", "total_bads"]
    told = problems([5, 6], [1, 2], total_goods=math.inf, total_bads=2, fixed_ends=[-1, 2, 1])
    assert [problem.found for problem in told] == ["inf", "2.0 < 3.0", "-1, 2"]
    assert told[-1].hint == "0..1"
    many = problems([-1, -2, -3, -4, -5, -6, 9], [1] * 7, rows=[9] * 7, total_goods=9)
    assert [problem.found for problem in many] == ["-1.0, -2.0, -3.0, -4.0, -5.0"]


@pytest.mark.parametrize(
    ("goods", "bads", "rows"),
    [([1, 2], [1], None), ([[1, 2]], [[1, 2]], None), ([], [], None), ([1, 2], [1, 2], [1])],
)
def test_counts_of_another_shape_are_told_alone(goods, bads, rows):
    (problem,) = problems(goods, bads, rows=rows, total_goods=-1)
    assert str(np.shape(goods)) in str(problem)


def test_counts_and_totals_are_taken_up_to_their_edges():
    assert group([0, 5], [3, 0], FREE, total_goods=5, total_bads=3).ends == (0, 1)
    # a total may fall short of the sum by the rounding of floats alone
    assert group([1.0 + 1e-12, 3], [2, 1], FREE, total_goods=4).ends
    assert problems([1.0 + 1e-6, 3], [2, 1], FREE, total_goods=4)
    assert group([3, 4], [2, 1], FREE, fixed_ends=[0]).ends == (0, 1)
    assert group([3, 4], [2, 1], FREE, fixed_ends=[1]).ends
    assert group([3, 4], [2, 1], FREE, fixed_ends=np.array([0, 1])).ends == (0, 1)


def test_counts_in_single_precision_are_added_in_double():
    goods, bads = [2.0**24, 1.0, 5.0], [1.0, 2.0**24, 7.0]
    short = [np.array(counts, dtype=np.float32) for counts in (goods, bads)]
    c = replace(FREE, max_bins=2, direction="none")
    for fixed in ((), (1,)):
        found, wanted = (group(*pair, c, fixed_ends=fixed) for pair in (short, (goods, bads)))
        assert found == wanted
    rows = np.array([2.0**24, 1.0, 1.0], dtype=np.float32)
    counted = replace(c, min_count=2.0**24 + 2)
    assert group([5, 1, 9], [1, 7, 2], counted, rows=rows).relaxed == ()


def test_totals_count_what_stands_outside_the_pre_bins():
    plain = group([40, 20], [5, 30], FREE)
    assert plain.iv == pytest.approx(iv_part([40, 20], [5, 30], 60, 35).sum())
    wider = group([40, 20], [5, 30], FREE, total_goods=100, total_bads=50)
    assert wider.iv == pytest.approx(iv_part([40, 20], [5, 30], 100, 50).sum())
    half = group([40, 20], [5, 30], FREE, total_bads=50)
    assert half.iv == pytest.approx(iv_part([40, 20], [5, 30], 60, 50).sum())
    # 31 % of 150 rows is more than the first bin holds, 31 % of 95 is not
    share = replace(FREE, min_share=0.31)
    assert group([40, 20], [5, 30], share).ends == (0, 1)
    assert group([40, 20], [5, 30], share, total_goods=100, total_bads=50).ends == (1,)


def test_a_constraint_is_kept_on_its_edge():
    goods, bads, rows = [40, 30], [4, 16], [50, 50]
    for name, edge in (
        ("min_bads", 4),
        ("min_goods", 30),
        ("min_count", 50),
        ("min_share", 44 / 90),
    ):
        on = replace(FREE, **{name: edge})
        past = replace(FREE, **{name: edge * 1.001})
        assert group(goods, bads, on, rows=rows).ends == (0, 1), name
        assert group(goods, bads, past, rows=rows).ends == (1,), name
    assert group(goods, bads, replace(FREE, max_bins=2)).ends == (0, 1)
    assert group(goods, bads, replace(FREE, max_bins=1)).ends == (1,)
    step = float(np.diff(woe([40, 30], [4, 16], 70, 20, FREE.smoothing))[0])
    on = replace(FREE, min_woe_gap=abs(step))
    assert group(goods, bads, on).ends == (0, 1)
    assert group(goods, bads, replace(FREE, min_woe_gap=abs(step) * 1.001)).ends == (1,)


def test_neighbours_are_tested_on_the_edge_of_their_p_value():
    goods, bads = [40, 30], [4, 16]
    (p,) = two_proportions([44, 46], bads)[1]
    assert group(goods, bads, replace(FREE, max_p_value=p * (1 + 1e-9))).ends == (0, 1)
    assert group(goods, bads, replace(FREE, max_p_value=p * 0.999)).ends == (1,)
    alike = [40, 41], [10, 10]
    assert group(*alike, replace(FREE, max_p_value=1)).ends == (0, 1)
    assert group(*alike, FREE).ends == (0, 1)
    assert group(*alike, replace(FREE, max_p_value=0.99)).ends == (0, 1)
    assert group(*alike, replace(FREE, max_p_value=0.5)).ends == (1,)


def test_pure_pre_bins_stand_alone_only_with_smoothing():
    assert group([50, 0], [0, 30], FREE).ends == (0, 1)
    assert group([50, 0], [0, 30], replace(FREE, smoothing=0)).ends == (1,)
    assert group([50, 9], [0, 30], replace(FREE, smoothing=0)).ends == (1,)
    assert group([50, 0], [9, 30], replace(FREE, smoothing=0)).ends == (1,)
    assert group([50, 9], [9, 30], replace(FREE, smoothing=0)).ends == (0, 1)


def test_rows_without_weight_count_as_rows():
    goods, bads, rows = [30, 0, 20], [2, 0, 30], [32, 40, 50]
    counted = replace(FREE, min_count=60)
    found = group(goods, bads, counted, rows=rows)
    assert (found.ends, found.relaxed) == ((2,), ())
    assert group(goods, bads, replace(FREE, min_count=50), rows=rows).ends in ((1, 2), (0, 2))
    assert group(goods, bads, replace(FREE, min_count=50)).ends == (2,)


@pytest.mark.parametrize("fixed", [(0,), (1,), (2,), (0, 2), (0, 1, 2), (3,), (1, 3)])
def test_a_bin_ends_where_it_is_told_to(fixed):
    goods, bads = [50.0, 40, 30, 20], [5.0, 9, 14, 20]
    c = replace(FREE, max_bins=4, direction="none")
    found = group(goods, bads, c, fixed_ends=fixed)
    assert set(fixed) <= set(found.ends)
    few = replace(FREE, max_bins=len({*fixed, 3}), direction="none")
    tight = group(goods, bads, few, fixed_ends=fixed)
    assert set(fixed) <= set(tight.ends)
    assert (len(tight.ends), tight.relaxed) == (len({*fixed, 3}), ())
    turned = group(goods, bads, replace(FREE, direction="down"), fixed_ends=fixed)
    assert turned.ends == tuple(sorted({*fixed, 3}))
    alone = not set(fixed) - {3}
    assert turned.relaxed == (() if alone else ("direction",))


def test_one_bin_obeys_only_where_any_direction_is_welcome():
    for direction in DIRECTIONS:
        found = group([10], [5], replace(FREE, direction=direction))
        assert (found.ends, found.direction, found.iv) == ((0,), "none", 0.0)
        assert found.obeyed == (direction in ("auto", "none"))
        assert found.relaxed == ()
    both = group([40, 20], [5, 30], replace(FREE, direction="auto"))
    assert (both.direction, both.obeyed) == ("up", True)


def test_constraints_are_given_up_in_the_order_that_is_stated():
    goods, bads = [50, 49, 48], [10, 11, 12]
    c = replace(FREE, min_bins=2)
    by_p = group(goods, bads, replace(c, max_p_value=0.01))
    assert (by_p.relaxed, len(by_p.ends) > 1) == (("max_p_value",), True)
    by_gap = group(goods, bads, replace(c, min_woe_gap=2))
    assert (by_gap.relaxed, len(by_gap.ends) > 1) == (("min_woe_gap",), True)
    both = group(goods, bads, replace(c, max_p_value=0.01, min_woe_gap=2))
    assert (set(both.relaxed), len(both.ends) > 1) == ({"max_p_value", "min_woe_gap"}, True)
    # two bins of five bads each cannot be had; one bin is tested as it was asked
    few = group([9, 9], [4, 5], replace(FREE, min_bins=2, min_bads=5, max_p_value=0.01))
    assert (few.ends, few.relaxed) == ((1,), ("min_bins",))
    # two bins where three are asked for are better than one
    fewer = group([50, 20], [10, 40], replace(FREE, min_bins=3))
    assert (fewer.ends, fewer.relaxed) == ((0, 1), ("min_bins",))


def test_every_pre_bin_set_by_hand_is_a_bin():
    assert Grouping.each(3) == Grouping((0, 1, 2), 0.0, "none", True, ())
    assert Grouping.each(3).starts == [0, 1, 2]


def test_counts_of_nothing_and_of_one_are_grouped_as_well_as_can_be():
    cells = [(0, 0, 0), (1, 0, 1), (0, 1, 0), (0, 0, 1), (2, 1, 2), (1, 2, 3)]
    for c in (
        replace(FREE, min_count=2, direction="none"),
        replace(FREE, min_bins=2, direction="none"),
        replace(FREE, min_bins=2, direction="none", max_p_value=0.6),
    ):
        for rows in itertools.product(cells, repeat=3):
            goods, bads, held = map(list, zip(*rows, strict=True))
            if sum(goods) and sum(bads):
                found = group(goods, bads, c, rows=held)
                _assert_best(found, goods, bads, c, sum(goods), sum(bads), rows=held)
                bins = _bins(found.ends, goods, bads, held)
                values = woe(*np.transpose(bins)[:2], sum(goods), sum(bads), c.smoothing)
                assert found.direction == direction_of(values)


def test_the_direction_is_that_of_the_smoothed_rates():
    goods, bads = [400, 1, 500], [100, 1, 400]
    c = replace(FREE, direction="none", max_bins=3)
    assert group(goods, bads, replace(c, smoothing=0), fixed_ends=[0, 1]).direction == "peak"
    assert group(goods, bads, replace(c, smoothing=900), fixed_ends=[0, 1]).direction == "up"


def test_a_single_good_and_a_single_bad_are_told_apart_and_two_kinds_of_good_are_not():
    assert group([1, 0], [0, 1], replace(FREE, max_p_value=0.2)).ends == (0, 1)
    alike = replace(FREE, max_p_value=0.9)
    assert group([1, 50], [0, 0], alike, total_bads=5).ends == (1,)


def test_a_whole_pre_bin_is_a_bin_whatever_its_size() -> None:
    goods, bads = np.array([95, 3, 80, 60]), np.array([2, 0.3, 15, 30])
    least = Constraints(direction="up", min_share=0.1, min_bads=0)
    without = group(goods, bads, least, fixed_ends=[0, 1])
    assert (without.ends, without.relaxed) == ((0, 1, 3), ("min_share",))
    found = group(goods, bads, least, fixed_ends=[0, 1], whole=[1])
    assert (found.ends, found.direction, found.relaxed) == ((0, 1, 2, 3), "up", ())

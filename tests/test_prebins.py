"""Candidate cut points and the counts between them, against plain counting."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lishui_credit.scorecards.bins.constraints import Constraints
from lishui_credit.scorecards.bins.optimal import group
from lishui_credit.scorecards.bins.prebins import Ordered, tidy
from lishui_credit.scorecards.bins.woe import iv_part


def _of(values: np.ndarray) -> Ordered:
    return Ordered.of(values, values > 0, None)


doubles = st.floats(-1e6, 1e6, allow_nan=False, allow_infinity=False)


@given(st.lists(doubles, min_size=1, max_size=80), st.integers(2, 20))
@settings(max_examples=150, deadline=None)
def test_candidates_are_rising_values_of_the_sample_and_few_enough(
    values: list[float], most: int
) -> None:
    ordered = np.sort(np.array(values))
    found = _of(ordered).candidates(most)
    assert len(found) < 2 * most
    assert (np.diff(found) > 0).all()
    assert set(found) <= set(values)
    assert (found > ordered[0]).all()


def test_every_distinct_value_is_a_candidate_where_they_are_few() -> None:
    assert _of(np.array([0.0, 0.0, 1.0, 5.0, 5.0])).candidates(64).tolist() == [1.0, 5.0]


def test_a_value_that_half_the_rows_have_does_not_starve_the_rest() -> None:
    draw = np.random.default_rng(0)
    values = np.sort(np.concatenate([np.zeros(5000), draw.exponential(1.0, 5000)]))
    assert len(_of(values).candidates(20)) >= 16


@given(
    st.lists(st.tuples(st.one_of(doubles, st.just(float("nan"))), st.booleans()), max_size=60),
    st.integers(2, 8),
)
@settings(max_examples=150, deadline=None)
def test_counts_are_those_of_counting_row_by_row(rows: list[tuple[float, bool]], most: int) -> None:
    values = np.array([value for value, _ in rows], dtype=float)
    bad = np.array([flag for _, flag in rows], dtype=bool)
    plain = Ordered.of(values, bad, None)
    cuts = plain.candidates(most)
    found = plain.between(cuts)
    weighed = Ordered.of(values, bad, np.ones(len(rows))).between(cuts)
    bounds = [-np.inf, *found.cuts, np.inf]
    for place, (low, high) in enumerate(itertools.pairwise(bounds)):
        inside = (values >= low) & (values < high)
        assert found.rows[place] == inside.sum()
        assert found.bads[place] == (inside & bad).sum()
        assert found.goods[place] == (inside & ~bad).sum()
    assert weighed.goods == pytest.approx(found.goods)
    assert weighed.bads == pytest.approx(found.bads)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=60), st.integers(1, 30))
@settings(max_examples=200, deadline=None)
def test_ends_leave_room_for_bins_of_the_least_size(values: list[int], rows: int) -> None:
    ordered = Ordered.of(np.array(values, dtype=float), np.zeros(len(values), dtype=bool), None)
    below = [cut for cut in sorted(set(values)) if sum(v < cut for v in values) >= rows]
    above = [cut for cut in sorted(set(values)) if sum(v >= cut for v in values) >= rows]
    found = ordered.ends(rows).tolist()
    if below and rows < len(values):
        assert below[0] in found
    if above and above[-1] > min(values) and rows < len(values):
        assert above[-1] in found


def test_steps_give_the_optimum_over_every_distinct_value() -> None:
    draw = np.random.default_rng(3)
    values = np.floor(draw.exponential(60.0, 60_000))
    bad = draw.random(60_000) < 0.3 - 0.25 * np.sqrt(np.minimum(values, 400.0) / 400.0)
    ordered = Ordered.of(values, bad, None)
    asked = Constraints(direction="down", min_share=0.0, max_bins=6)

    def best(cuts: np.ndarray) -> float:
        found = ordered.between(cuts)
        return group(found.goods, found.bads, asked, rows=found.rows).iv

    quantiles = ordered.candidates(16)
    every = np.unique(values)[1:]
    assert len(ordered.steps()) < len(every) / 2
    assert best(np.union1d(quantiles, ordered.steps())) == pytest.approx(best(every), rel=1e-12)
    assert best(quantiles) < best(every) - 1e-4


def test_few_rows_have_no_steps() -> None:
    assert Ordered.of(np.arange(999.0), np.arange(999) % 2 == 0, None).steps().size == 0


@given(doubles, doubles)
@settings(max_examples=300, deadline=None)
def test_a_tidy_cut_parts_the_same_rows(one: float, other: float) -> None:
    below, at = min(one, other), max(one, other)
    if below < at:
        assert below < tidy(below, at) <= at


@pytest.mark.parametrize(
    ("below", "at", "said"),
    [(34.78, 35.12, 35.0), (0.0, 0.013, 0.01), (-120.0, -99.0, -100.0), (999.0, 1500.0, 1000.0)],
)
def test_a_tidy_cut_is_the_shortest_decimal(below: float, at: float, said: float) -> None:
    assert tidy(below, at) == said


@pytest.mark.parametrize("rising", [True, False])
def test_near_holds_the_best_of_all_cuts_around_one(rising: bool) -> None:
    draw = np.random.default_rng(5)
    values = draw.random(60_000)
    bad = draw.random(60_000) < np.where((values > 0.4) == rising, 0.3, 0.2)
    ordered = Ordered.of(values, bad, None)

    def worth(cuts: np.ndarray) -> np.ndarray:
        bads = np.searchsorted(ordered.bad_values, cuts)
        goods = ordered.before(cuts) - bads
        totals = ((~bad).sum(), bad.sum())
        below, above = (goods, bads), (totals[0] - goods, totals[1] - bads)
        return np.add(*(iv_part(*part, *totals, 0.0) for part in (below, above)))

    here = ordered.values[ordered.height * 2 // 5 + 50]
    around = np.arange(-200, 200) + int(ordered.before(np.array([here]))[0])
    found = ordered.near(float(here), rising=rising)
    assert worth(found).max() == worth(ordered.at(around)).max() > worth(np.array([here]))[0]
    assert len(found) < 40


@given(
    st.lists(st.integers(0, 12), min_size=2, max_size=60), st.integers(0, 30), st.integers(1, 12)
)
@settings(max_examples=200, deadline=None)
def test_cuts_beside_one_are_the_nearest_that_leave_the_rows_between(
    values: list[int], rows: int, cut: int
) -> None:
    known = Ordered.of(np.array(values, dtype=float), np.zeros(len(values), dtype=bool), None)
    levels = sorted(set(values))[1:]

    def between(low: float, high: float) -> int:
        return sum(low <= value < high for value in values)

    least = max(rows, 1)
    above = [level for level in levels if level > cut and between(cut, level) >= least]
    below = [level for level in levels if level < cut and between(level, cut) >= least]
    expected = {float(level) for level in [*above[:1], *below[-1:]]}
    assert set(known.beside(np.array([float(cut)]), rows).tolist()) == expected

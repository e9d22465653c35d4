"""Counties side by side: the tests against scipy, the letters against brute force, noise not ranked."""

from __future__ import annotations

from datetime import date
from itertools import combinations, product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, false_discovery_control, fisher_exact

from lishui_credit.errors import SubjectError
from lishui_credit.plan.divisions import counties
from lishui_credit.plan.league import LEAGUE, holm, league, letters, two_shares

CODES = [row.adcode for row in counties()]
DAY = date(2018, 12, 31)


def shares(hits: list[int], tries: list[int], key: str = "satisfaction_social") -> pl.DataFrame:
    codes = CODES[: len(hits)]
    return pl.DataFrame(
        {"indicator": key, "adcode": codes, "period": DAY, "frequency": "year",
         "numerator": hits, "denominator": tries}
    )  # fmt: skip


@given(st.integers(1, 30), st.integers(1, 30), st.data())
@settings(max_examples=200, deadline=None)
def test_small_shares_are_compared_as_fisher_does(n, m, data):
    a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    least = min(n, m) * min(a + b, n + m - a - b) / (n + m)
    if least >= 5:
        return
    ours = two_shares(a, n, b, m)
    assert ours == pytest.approx(fisher_exact([[a, n - a], [b, m - b]]).pvalue, rel=1e-6)


@pytest.mark.parametrize(("a", "n", "b", "m"), [(360, 400, 340, 400), (50, 90, 70, 200)])
def test_large_shares_are_compared_by_the_pooled_test(a, n, b, m):
    chi = chi2_contingency([[a, n - a], [b, m - b]], correction=False)
    assert two_shares(a, n, b, m) == pytest.approx(chi.pvalue, rel=1e-9)


def test_equal_extremes_cannot_be_told_apart():
    assert two_shares(400, 400, 120, 120) == 1.0
    assert two_shares(0, 400, 0, 120) == 1.0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(deadline=None)
def test_holm_lies_between_the_bare_p_value_and_bonferroni_and_above_the_false_discovery_rate(ps):
    for bare, made, milder in zip(ps, holm(ps), false_discovery_control(ps), strict=True):
        assert bare <= made <= min(1.0, bare * len(ps)) + 1e-12
        assert made >= milder - 1e-12


def test_holm_by_hand():
    assert holm([0.04, 0.001, 0.02]) == pytest.approx([0.04, 0.003, 0.04])


@given(st.integers(1, 6), st.data())
@settings(max_examples=80, deadline=None)
def test_letters_are_shared_by_just_those_that_are_not_apart(size, data):
    names = [f"n{i}" for i in range(size)]
    apart = {frozenset(p): data.draw(st.booleans()) for p in combinations(names, 2)}
    made = letters(names, apart)
    for a, b in combinations(names, 2):
        assert bool(set(made[a]) & set(made[b])) == (not apart[frozenset((a, b))])
    # brute force: as many letters as there are largest sets without a pair that is apart
    free = [
        {name for name, held in zip(names, mask, strict=True) if held}
        for mask in product([False, True], repeat=size)
    ]
    free = [s for s in free if s and not any(apart[frozenset(p)] for p in combinations(s, 2))]
    largest = [s for s in free if not any(s < other for other in free)]
    assert len(set("".join(made.values()))) == len(largest)


def test_a_county_is_placed_only_behind_those_that_are_better_beyond_doubt():
    found = league(shares([380, 372, 280, 120], [400] * 4), "satisfaction_social")
    assert found.select("place_from", "place_to", "groups").rows() == [
        (1, 2, "a"), (1, 2, "a"), (3, 3, "b"), (4, 4, "c"),
    ]  # fmt: skip
    assert found.schema == LEAGUE


def test_equal_counties_are_seldom_ranked():
    """Family-wise error: nine counties with one true share, any ranking is a false one."""
    rng = np.random.default_rng(7)
    rounds, ranked = 120, 0
    for _ in range(rounds):
        hits = rng.binomial(400, 0.85, size=9).tolist()
        found = league(shares(hits, [400] * 9), "satisfaction_social")
        ranked += int(found["better"].sum() > 0)
    assert ranked / rounds <= 0.05 + 3 * (0.05 * 0.95 / rounds) ** 0.5


def test_one_unit_opened_or_not_is_no_sample():
    found = league(shares([1, 1, 0], [1, 1, 1], "website_rate"), "website_rate")
    assert found["basis"].unique().to_list() == ["none"]
    assert found["low"].null_count() == found["place_from"].null_count() == 3


def yearly(key: str, values: dict[str, tuple[int, int]]) -> pl.DataFrame:
    rows = [
        (key, code, day, "year", count)
        for code, pair in values.items()
        for day, count in zip((date(2015, 12, 31), DAY), pair, strict=True)
    ]
    names = ["indicator", "adcode", "period", "frequency", "numerator"]
    return pl.DataFrame(rows, schema=names, orient="row")


def test_counts_stand_as_multiples_of_their_own_base_with_poisson_intervals():
    found = league(
        yearly("query_volume", {CODES[0]: (100, 200), CODES[1]: (10_000, 15_000)}), "query_volume"
    )
    value, low, high, basis = found.select("value", "low", "high", "basis").row(0)
    assert (value, basis) == (2.0, "poisson")
    error = (1 / 100 + 1 / 200) ** 0.5
    assert (low, high) == pytest.approx(
        (2 / np.exp(1.959964 * error), 2 * np.exp(1.959964 * error))
    )


def test_money_is_shown_and_not_placed():
    found = league(
        yearly("service_revenue", {CODES[0]: (100, 200), CODES[1]: (100, 150)}), "service_revenue"
    )
    assert found["value"].to_list() == [2.0, 1.5]
    assert found["place_from"].to_list() == [None, None]


def test_weighted_surveys_are_told_apart_by_their_intervals():
    rows = (
        shares([0, 0], [1, 1])
        .drop("numerator", "denominator")
        .with_columns(
            value=pl.Series([90.0, 70.0]), low=pl.Series([87.0, 66.0]), high=pl.Series([93.0, 74.0])
        )
    )
    found = league(rows, "satisfaction_social")
    assert found["basis"].to_list() == ["interval", "interval"]
    assert found["place_to"].to_list() == [1, 2]


def test_the_period_is_the_last_that_most_counties_have():
    late = shares([300] * 2, [400] * 2).with_columns(period=pl.lit(date(2019, 12, 31)))
    found = league(pl.concat([shares([300] * 9, [400] * 9), late]), "satisfaction_social")
    assert found["period"].unique().to_list() == [DAY]
    assert league(shares([1], [2]), "satisfaction_social", date(2017, 1, 1)).height == 0


def test_a_level_of_one_is_refused():
    with pytest.raises(SubjectError, match="between 0 and 1"):
        league(shares([1], [2]), "satisfaction_social", level=1)

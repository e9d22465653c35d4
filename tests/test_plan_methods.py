"""The formulas of progress against closed forms, worked examples and independent implementations."""

from __future__ import annotations

import math
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from lishui_credit.plan.definitions import BASE, END, Path, Step, indicator
from lishui_credit.plan.methods import (
    elapsed,
    growth_class,
    growth_ratio,
    growth_score,
    path_value,
    project,
    required_rate,
    schedule,
    schedule_class,
    share_due,
    survey_class,
    time_share,
)
from lishui_credit.statistics.proportions import wilson

DAYS = st.dates(BASE, END)
SHARES = st.floats(0, 100)


@pytest.mark.parametrize(
    ("base", "value", "target", "ratio", "done"),
    [(100, 140, 200, 0.798, 0.667), (84, 87, 90, 0.847, 0.833)],
)
def test_the_worked_examples_come_out(base, value, target, ratio, done):
    tau = time_share(date(2018, 12, 31))
    assert growth_ratio(base, value, target, 3) == pytest.approx(ratio, abs=5e-4)
    assert schedule(base, value, target, tau)[1] == pytest.approx(done, abs=5e-4)
    assert growth_class(ratio, False) == "acceleration_needed"
    assert schedule_class(base, value, target, tau) == "behind"


@pytest.mark.parametrize(
    ("day", "years"),
    [
        (date(2015, 12, 31), Fraction(0)),
        (date(2016, 1, 31), Fraction(1, 12)),
        (date(2016, 2, 29), Fraction(1, 6)),
        (date(2018, 6, 30), Fraction(5, 2)),
        (date(2018, 6, 15), Fraction(59, 24)),
        (date(2020, 12, 31), Fraction(5)),
        (date(2014, 12, 31), Fraction(-1)),
    ],
)
def test_time_is_counted_in_months_from_the_end_of_2015(day, years):
    assert elapsed(day) == years


@given(DAYS, DAYS)
def test_time_never_runs_back(a, b):
    assert (elapsed(a) <= elapsed(b)) == (a <= b)
    assert 0 <= time_share(a) <= 1


def test_the_geometric_path_is_the_published_one():
    path = indicator("query_volume").path
    printed = {2015: 1.0, 2016: 1.1487, 2017: 1.3195, 2018: 1.5157, 2019: 1.7411, 2020: 2.0}
    for year, level in printed.items():
        assert path_value(path, 1, 2, date(year, 12, 31)) == pytest.approx(level, abs=5e-5)


@given(SHARES, SHARES, DAYS, st.sampled_from(["linear", "geometric", "step"]))
def test_a_path_begins_at_the_base_ends_at_the_target_and_never_turns(base, target, day, kind):
    steps = (Step(on=date(2017, 12, 31), share=40), Step(on=date(2019, 6, 30), share=100))
    path = Path(kind=kind, evidence="", steps=steps if kind == "step" else ())
    start, end = (path_value(path, base, target, d) for d in (BASE, END))
    assert start == pytest.approx(base)
    assert end == pytest.approx(target)
    low, high = sorted((base, target))
    assert low - 1e-9 <= path_value(path, base, target, day) <= high + 1e-9


def test_a_step_is_due_on_its_day_and_not_the_day_before():
    path = indicator("uscc_coverage").path
    assert share_due(path, date(2017, 12, 30)) == 0
    assert share_due(path, date(2017, 12, 31)) == share_due(path, END) == 1
    assert schedule_class(20, 20, 100, 0) == "on_track"
    assert schedule_class(20, 19, 100, 0) == "reversed"


@pytest.mark.parametrize(
    ("ratio", "name"),
    [
        (Fraction(1), "ahead"),
        (Fraction(9999, 10000), "near"),
        (Fraction(9, 10), "near"),
        (Fraction(8999, 10000), "behind"),
        (Fraction(6, 10), "behind"),
        (Fraction(5999, 10000), "far_behind"),
        (Fraction(0), "far_behind"),
        (Fraction(-1, 10000), "reversed"),
    ],
)
@pytest.mark.parametrize("day", [date(2016, 12, 31), date(2018, 6, 30), date(2019, 4, 30)])
def test_the_edges_of_the_schedule_lie_where_the_table_says(ratio, name, day):
    due = elapsed(day) / 5
    value = 10 + Fraction(80) * due * ratio
    assert schedule_class(10, float(value), 90, time_share(day)) == name


@given(SHARES, SHARES, SHARES, SHARES, DAYS)
def test_more_is_never_a_worse_schedule(base, target, a, b, day):
    assume(base + 0.1 < target)
    order = ["reversed", "far_behind", "behind", "near", "on_track", "ahead", "achieved"]
    low, high = sorted((a, b))
    due = time_share(day)
    worse, better = (order.index(schedule_class(base, v, target, due)) for v in (low, high))
    assert worse <= better


@given(st.floats(1, 1e6), st.floats(1.01, 5), st.floats(0.1, 5))
def test_growing_as_required_is_a_ratio_of_one(base, times, years):
    value = base * times ** (years / 5)
    assert growth_ratio(base, value, base * times, years) == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize(
    "given_", [(0, 5, 10, 3), (-1, 5, 10, 3), (5, 5, 5, 3), (5, -1, 10, 3), (5, 6, 10, 0)]
)
def test_no_growth_is_defined_without_a_base_a_way_or_time(given_):
    assert growth_ratio(*given_) is None


@pytest.mark.parametrize(
    ("ratio", "name", "score"),
    [
        (0.95, "on_track", 2.5),
        (0.9499, "acceleration_needed", None),
        (0.6, "acceleration_needed", 0),
        (0.5999, "limited", None),
        (0.0, "limited", -2.5),
        (-0.0001, "deterioration", None),
        (-3, "deterioration", -5),
        (9, "on_track", 5),
    ],
)
def test_the_growth_ratio_has_the_published_classes_and_score(ratio, name, score):
    assert growth_class(ratio, False) == name
    if score is not None:
        assert growth_score(ratio, False) == pytest.approx(score)
    assert (growth_class(ratio, True), growth_score(ratio, True)) == ("achieved", 5.0)


def test_a_survey_is_met_only_by_its_whole_interval():
    assert survey_class(90.0, 93, 90) == "met"
    assert survey_class(89.9, 93, 90) == "cannot_tell"
    assert survey_class(86, 90.0, 90) == "cannot_tell"
    assert survey_class(86, 89.99, 90) == "not_met"


@given(st.floats(1, 1e5), st.floats(1, 1e5), DAYS, st.booleans())
def test_walking_at_the_required_rate_arrives(value, target, day, geometric):
    assume(day < END)
    rate = required_rate(value, target, day, geometric=geometric)
    left = float(5 - elapsed(day))
    if rate is None:
        assert geometric
        assert math.log(target / value) / left > 700
    elif value >= target:
        assert rate == 0
    else:
        end = value * (1 + rate) ** left if geometric else value + rate * left
        assert end == pytest.approx(target, rel=1e-6)


def test_on_the_last_day_there_is_no_rate_left():
    assert required_rate(50, 100, END, geometric=False) is None
    assert required_rate(0, 100, BASE, geometric=True) is None


# ---- projection -------------------------------------------------------------------------------

ENDS = [date(year, 12, 31) for year in range(2015, 2020)]


@given(st.lists(st.floats(10, 90), min_size=4, max_size=5))
def test_a_projection_is_weighted_least_squares(values):
    days = ENDS[: len(values)]
    found = project(days, values, geometric=False, limits=(-1e9, None))
    assert found is not None
    n = len(values)
    t = np.arange(n, dtype=float)
    w = np.arange(1, n + 1) / n
    slope, start = np.polyfit(t, values, 1, w=np.sqrt(w))
    assert found.value == pytest.approx(start + 5 * slope, abs=1e-6)
    if found.no_interval is not None:
        assert (found.low, found.high) == (None, None)
        return
    assert found.low is not None
    assert found.high is not None
    # The interval by the sums of the simple regression, not by matrices.
    centre = (w * t).sum() / w.sum()
    spread = (w * (t - centre) ** 2).sum()
    rest = (w * (values - start - slope * t) ** 2).sum() / (n - 2)
    error = math.sqrt(rest * (1 + 1 / w.sum() + (5 - centre) ** 2 / spread))
    half = stats.t.ppf(0.975, n - 2) * error
    assert found.high - found.value == pytest.approx(half, rel=1e-6, abs=1e-6)
    assert found.value - found.low == pytest.approx(half, rel=1e-6, abs=1e-6)


def test_even_growth_is_projected_as_even_growth():
    values = [100 * 1.1**k for k in range(4)]
    found = project(ENDS[:4], values, geometric=True, limits=(0, None))
    assert found is not None
    assert found.value == pytest.approx(100 * 1.1**5)
    assert (found.low, found.high, found.no_interval) == (None, None, "line")


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([10, 20, 30, 40, 50], "line"),  # a width of nothing would be certainty about 2020
        ([100, 100, 100, 100], "line"),
        ([20, 20, 20, 100, 100], "step"),
        ([60, 62, 61, 90, 91], "step"),  # 29 of 33 points in one year
        ([60, 75, 85, 99], None),
        ([20, 30, 45, 52, 70], None),
        ([10, 20, 30, 40.5], None),
    ],
)
def test_points_on_a_line_or_through_a_step_have_no_honest_interval(values, why):
    found = project(ENDS[: len(values)], values, geometric=False, limits=(0, 100))
    assert found is not None
    assert found.no_interval == why
    assert (found.low is None) == (found.high is None) == (why is not None)
    stepped = project(ENDS[: len(values)], values, geometric=False, limits=(0, 100), stepped=True)
    assert stepped is not None
    assert stepped.no_interval is not None
    assert stepped.value == found.value


def test_three_observations_or_a_zero_count_project_nothing():
    assert project(ENDS[:3], [1, 2, 3], geometric=False, limits=(0, 100)) is None
    assert project(ENDS[:4], [0, 1, 2, 3], geometric=True, limits=(0, None)) is None


def test_a_share_is_never_projected_above_all():
    found = project(ENDS[:4], [60, 75, 85, 99], geometric=False, limits=(0, 100))
    assert found is not None
    assert found.high == 100
    assert 0 <= found.low <= found.value <= 100


def test_nineteen_of_twenty_intervals_hold_the_end():
    rng = np.random.default_rng(7)
    held = 0
    drawn = 2_000
    rounds = 0
    for _ in range(drawn):
        # errors of the variance the weights stand for, and weight 1 for the new one
        w = np.arange(1, 6) / 5
        values = 50 + 3 * np.arange(5) + rng.standard_normal(5) / np.sqrt(w)
        found = project(ENDS, list(values), geometric=False, limits=(-1e9, None))
        assert found is not None
        end = 65 + rng.standard_normal()
        if found.low is None or found.high is None:  # chance made a step
            continue
        rounds += 1
        held += found.low <= end <= found.high
    assert rounds > 0.97 * drawn
    assert abs(held / rounds - 0.95) < 4 * math.sqrt(0.95 * 0.05 / rounds)


# ---- intervals --------------------------------------------------------------------------------


@given(st.integers(1, 5_000), st.data())
def test_wilson_agrees_with_scipy(n, data):
    x = data.draw(st.integers(0, n))
    low, high = wilson([x], [n])
    told = stats.binomtest(x, n).proportion_ci(0.95, method="wilson")
    assert low[0] == pytest.approx(told.low, abs=1e-9)
    assert high[0] == pytest.approx(told.high, abs=1e-9)


def test_no_answers_have_no_interval():
    assert np.isnan(wilson([0], [0])[0][0])

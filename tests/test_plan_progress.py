"""The city from its counties, series, targets, and the status of every indicator."""

from __future__ import annotations

import math
from datetime import date
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.plan.definitions import BASE, END, indicators
from lishui_credit.plan.divisions import CITY, counties
from lishui_credit.plan.observed.city import with_city
from lishui_credit.plan.observed.series import series
from lishui_credit.plan.observed.table import SCHEMA, latest, observations
from lishui_credit.plan.sentences import attention, changes, named_behind, sentence
from lishui_credit.plan.standings import PROGRESS, progress
from lishui_credit.plan.status import STATUSES, disagree
from lishui_credit.plan.targets import TARGETS, read_targets, yearly_targets
from lishui_credit.samples.plan_observations import office_file, plan_observations

CODES = [county.adcode for county in counties()]
MID = date(2018, 6, 30)


@pytest.fixture(autouse=True)
def _english() -> object:
    set_language("en")
    yield
    set_language(None)


@pytest.fixture(scope="module")
def sample() -> pl.DataFrame:
    return plan_observations()


def obs(key: str, adcode: str, day: date, n: int | None = None, d: int | None = None, **rest) -> dict:  # fmt: skip
    row = indicators()[key]
    made = {"indicator": key, "adcode": adcode, "period": day, "frequency": row.frequency}
    return (
        made | {"numerator": n, "denominator": d, "value": None, "low": None, "high": None} | rest
    )


def frame(rows: list[dict]) -> pl.DataFrame:
    kinds = {name: SCHEMA[name] for name in rows[0] if name in SCHEMA}
    return observations(pl.DataFrame(rows, schema_overrides=kinds))


def one(table: pl.DataFrame, key: str, adcode: str = CITY) -> dict:
    return table.filter(indicator=key, adcode=adcode).row(0, named=True)


# ---- the city ---------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)), min_size=9, max_size=9))
def test_a_city_share_is_the_sum_over_the_sum_and_not_the_mean_of_shares(pairs):
    counts = [(min(a, b), b) for a, b in pairs]
    rows = [obs("double_publicity_coverage", c, MID, a, b) for c, (a, b) in zip(CODES, counts, strict=True)]  # fmt: skip
    made = with_city(frame(rows)).frame.filter(adcode=CITY).row(0, named=True)
    exact = Fraction(sum(a for a, _ in counts), sum(b for _, b in counts))
    assert (made["numerator"], made["denominator"]) == (
        sum(a for a, _ in counts),
        sum(b for _, b in counts),
    )
    assert made["value"] == pytest.approx(float(100 * exact))


@given(st.lists(st.integers(0, 10**12), min_size=9, max_size=9))
def test_money_adds_up_to_the_fen(amounts):
    day = date(2017, 12, 31)
    rows = [obs("service_revenue", c, day, a) for c, a in zip(CODES, amounts, strict=True)]
    made = with_city(frame(rows)).frame.filter(adcode=CITY).row(0, named=True)
    assert made["numerator"] == sum(amounts)
    assert made["denominator"] is None


@given(st.lists(st.tuples(st.integers(2, 500), st.floats(0, 1)), min_size=9, max_size=9))
def test_a_survey_of_the_city_weighs_counties_by_their_people(answers):
    day = date(2019, 12, 31)
    counts = [(round(n * p), n) for n, p in answers]
    rows = [
        obs("satisfaction_social", c, day, x, n) for c, (x, n) in zip(CODES, counts, strict=True)
    ]
    made = with_city(frame(rows)).frame.filter(adcode=CITY).row(0, named=True)
    people = [county.population(2019) for county in counties()]
    shares = [w / sum(people) for w in people]
    p = sum(w * x / n for w, (x, n) in zip(shares, counts, strict=True))
    variance = sum(w * w * (x / n) * (1 - x / n) / (n - 1) for w, (x, n) in zip(shares, counts, strict=True))  # fmt: skip
    half = 1.959963984540054 * math.sqrt(variance)
    assert made["value"] == pytest.approx(100 * p)
    assert made["low"] == pytest.approx(max(100 * (p - half), 0), abs=1e-6)
    assert made["high"] == pytest.approx(min(100 * (p + half), 100), abs=1e-6)
    assert made["numerator"] is None


@pytest.mark.parametrize("lost", [1, 4, 8])
def test_no_city_is_made_of_some_of_its_counties(lost):
    rows = [obs("collection_completeness", c, MID, 9, 10) for c in CODES[lost:]]
    found = with_city(frame(rows))
    assert found.frame.filter(adcode=CITY).is_empty()
    assert found.missing["counties"].to_list() == [CODES[:lost]]
    assert found.missing["why"].to_list() == ["counties are missing"]
    reported = with_city(frame([*rows, obs("collection_completeness", CITY, MID, 80, 100)]))
    assert reported.frame.filter(adcode=CITY)["value"].to_list() == [80.0]
    assert reported.missing.height == 1


def test_a_county_with_a_share_but_no_counts_stops_the_sum():
    rows = [obs("collection_completeness", c, MID, 9, 10) for c in CODES[1:]]
    rows.append(obs("collection_completeness", CODES[0], MID, value=90.0))
    found = with_city(frame(rows))
    assert found.frame.filter(adcode=CITY).is_empty()
    assert found.missing["why"].to_list() == ["counts are missing"]


@pytest.mark.parametrize(("reported", "told"), [(90.05, 0), (90.11, 1), (89.89, 1), (89.95, 0)])
def test_a_reported_city_that_disagrees_is_said_and_not_used(reported, told):
    rows = [obs("collection_completeness", c, MID, 9, 10) for c in CODES]
    found = with_city(frame([*rows, obs("collection_completeness", CITY, MID, value=reported)]))
    assert found.reconciliation.height == told
    assert found.frame.filter(adcode=CITY)["value"].to_list() == [90.0]
    if told:
        assert found.reconciliation["reported"].to_list() == [reported]


@pytest.mark.parametrize(("n", "told"), [(6, 1), (7, 0), (8, 0), (9, 1)])
def test_the_city_s_own_units_are_neither_invented_nor_lost(n, told):
    rows = [obs("website_rate", c, MID, int(i < 7), 1) for i, c in enumerate(CODES)]
    alone = with_city(frame(rows))
    assert alone.frame.filter(adcode=CITY).is_empty()
    assert alone.missing["why"].to_list() == ["the city's own units are not reported"]
    found = with_city(frame([*rows, obs("website_rate", CITY, MID, n, 10)]))
    assert found.frame.filter(adcode=CITY)["value"].to_list() == [10.0 * n]
    assert (found.reconciliation.height, found.missing.height) == (told, 0)


# ---- series -----------------------------------------------------------------------------------


def test_flows_are_added_over_twelve_months_and_never_over_eleven():
    ends = [
        date(2016, m, [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][m - 1]) for m in range(1, 13)
    ]
    ends += [date(2017, 1, 31), date(2017, 2, 28)]
    rows = [obs("query_volume", CODES[0], day, 10 + k) for k, day in enumerate(ends)]
    made = series(frame(rows))
    assert made["period"].to_list() == [date(2016, 12, 31), *ends[12:]]
    assert made["value"].to_list() == [sum(range(10, 22)), sum(range(11, 23)), sum(range(12, 24))]
    gap = series(frame(rows[:5] + rows[6:]))
    assert gap.is_empty()
    reported = frame([*rows, obs("query_volume", CODES[0], ends[11], 999, frequency="year")])
    assert series(reported).filter(period=ends[11])["value"].to_list() == [999]


def test_a_state_is_taken_in_the_indicator_s_own_frequency():
    rows = [
        obs("double_publicity_coverage", CODES[0], date(2017, 12, 31), 50, 100, frequency="year"),
        obs("double_publicity_coverage", CODES[0], date(2017, 12, 31), 70, 100),
        obs("website_rate", CODES[0], date(2017, 12, 31), 0, 1, frequency="year"),
        obs("website_rate", CODES[0], date(2017, 12, 31), 1, 1, frequency="month"),
    ]
    assert series(frame(rows)).sort("indicator")["value"].to_list() == [70, 100]


# ---- progress ---------------------------------------------------------------------------------


def path_of(key: str, values: dict[int, float], code: str = "331102") -> pl.DataFrame:
    rows = [obs(key, code, date(y, 12, 31), value=float(v)) for y, v in values.items()]
    return frame([row | {"frequency": "year"} for row in rows])


def test_there_are_twelve_rows_an_area_whatever_is_known(sample):
    for known in (sample, sample.head(0), sample.filter(indicator="website_rate")):
        table = progress(known, MID)
        assert table.schema == PROGRESS
        assert table.height == 120
        assert set(table["status"]) <= set(STATUSES)
    assert set(progress(sample.head(0), MID)["status"]) == {"no_data"}


def test_the_worked_examples_stand_in_the_table_with_both_methods():
    found = one(progress(path_of("query_volume", {2015: 100, 2018: 140})), "query_volume", "331102")
    assert (found["target"], found["time_share"], found["status"]) == (200, 0.6, "behind")
    assert found["growth_ratio"] == pytest.approx(0.798, abs=5e-4)
    assert found["schedule"] == pytest.approx(0.667, abs=5e-4)
    found = one(progress(path_of("satisfaction_government", {2015: 84, 2018: 87})), "satisfaction_government", "331102")  # fmt: skip
    assert found["growth_ratio"] == pytest.approx(0.847, abs=5e-4)
    assert found["schedule"] == pytest.approx(0.833, abs=5e-4)
    assert found["required_rate"] == pytest.approx(1.5)


def test_on_the_geometric_path_the_two_methods_disagree_and_both_are_printed():
    found = one(
        progress(path_of("query_volume", {2015: 100, 2018: 151.6})), "query_volume", "331102"
    )
    assert (found["growth_class"], found["schedule_class"]) == ("on_track", "behind")
    assert found["disagree"]
    assert "disagree" in found["note"]
    assert found["status"] == "on_track"


def test_the_schedule_counts_to_the_day_observed_not_to_the_day_asked():
    rows = path_of("double_publicity_coverage", {2015: 0, 2016: 20})
    early, late = (one(progress(rows, day), "double_publicity_coverage", "331102") for day in (date(2017, 1, 15), END))  # fmt: skip
    assert early["schedule"] == late["schedule"] == pytest.approx(1)
    assert early["status"] == late["status"] == "ahead"
    assert "no observation after" in late["note"]
    assert "no observation after" not in early["note"]


@pytest.mark.parametrize("kind", ["coverage", "doubling", "survey"])
def test_no_baseline_is_an_answer_and_none_is_invented(kind):
    for key, row in indicators().items():
        if row.kind != kind:
            continue
        found = one(progress(path_of(key, {2016: 50, 2017: 60, 2018: 70, 2019: 75})), key, "331102")
        assert found["status"] == "no_baseline"
        assert (found["base"], found["schedule"], found["growth_ratio"], found["path"]) == (
            None,
        ) * 4
        assert "no 2015 value" in found["note"]
        assert found["projected"] is not None


def test_a_target_that_is_reached_needs_no_baseline_unless_it_is_a_multiple():
    assert (
        one(progress(path_of("client_rate", {2018: 100})), "client_rate", "331102")["status"]
        == "achieved"
    )
    assert (
        one(progress(path_of("query_volume", {2018: 1e9})), "query_volume", "331102")["status"]
        == "no_baseline"
    )
    zero = one(progress(path_of("query_volume", {2015: 0, 2018: 5})), "query_volume", "331102")
    assert zero["status"] == "no_baseline"
    assert "base is zero" in zero["note"]


@pytest.mark.parametrize(
    ("key", "value", "low", "high", "status", "missed"),
    [
        ("uscc_coverage", 99.9, None, None, "missed", True),
        ("uscc_coverage", 100.0, None, None, "achieved", False),
        ("satisfaction_judicial", 89.0, 87.0, 91.0, "cannot_tell", False),
        ("satisfaction_judicial", 88.0, 86.5, 89.5, "behind", True),
        ("satisfaction_judicial", 92.0, 90.0, 94.0, "achieved", False),
        ("query_volume", 5e6, None, None, "no_baseline", False),
    ],
)
def test_at_the_end_of_the_plan_the_target_is_due_whatever_the_base_was(
    key, value, low, high, status, missed
):
    row = obs(key, "331102", END, value=value) | {"frequency": "year", "low": low, "high": high}
    found = one(progress(frame([row])), key, "331102")
    assert found["status"] == status
    within = "the value due lies within the interval, 87.0% to 91.0%"
    assert (within in found["note"]) is (status == "cannot_tell")
    assert ("interval 87.0% to 91.0%" in sentence(found)) is (status == "cannot_tell")
    assert ("its target was not reached" in found["note"]) is missed
    assert "no 2015 value" in found["note"]
    assert found["path"] == (None if key == "query_volume" else found["target"])


def test_a_binding_target_not_reached_at_the_end_is_missed_however_near():
    rows = path_of("double_publicity_coverage", {2015: 20, 2020: 99.97})
    for at in (END, date(2024, 1, 1)):
        found = one(progress(rows, at), "double_publicity_coverage", "331102")
        assert (found["status"], found["schedule_class"]) == ("missed", "near")
        assert found["note"].startswith("the plan has ended and its target was not reached")
        said = sentence(found)
        assert "99.97% at 31 December 2020" in said
        assert "the plan has ended and its target was not reached" in said
    before = path_of("double_publicity_coverage", {2015: 20, 2019: 83})
    late = one(progress(before, date(2024, 1, 1)), "double_publicity_coverage", "331102")
    assert "ended short" not in late["note"]
    assert "no observation after 31 December 2019" in late["note"]


def test_no_data_says_what_is_there_all_the_same():
    base = path_of("website_rate", {2015: 50})
    found = one(progress(base, date(2016, 1, 1)), "website_rate", "331102")
    assert found["note"] == "no observation after 2015; value of 2015: 50.0%"
    two = frame([obs("client_rate", code, MID, 1, 2) for code in CODES[:2]])
    city = one(progress(two, MID), "client_rate")
    assert city["status"] == "no_data"
    assert city["note"] == "no value for the whole city; 2 counties have one"
    assert sentence(city).endswith(": no data (no value for the whole city; 2 counties have one).")


def test_without_a_base_the_sentence_tells_the_distance():
    found = one(progress(path_of("satisfaction_social", {2018: 80.4})), "satisfaction_social", "331102")  # fmt: skip
    assert found["status"] == "no_baseline"
    assert sentence(found) == (
        "Satisfaction with social integrity (guidance): no baseline, 80.4% at 31 December 2018,"
        " 4.6 points short of 85.0% in 2020."
    )


def test_a_value_of_file_fen_and_percent_meets_a_target_it_equals():
    from lishui_credit.plan.observed.table import computed

    cents = pl.DataFrame({"numerator": range(1, 20_001)}).with_columns(
        indicator=pl.lit("service_revenue"),
        denominator=pl.lit(None, pl.Int64),
        value=pl.lit(None, pl.Float64),
    )
    assert computed(cents)["value"].to_list() == [n / 100 for n in range(1, 20_001)]


def test_a_base_above_the_target_asks_to_keep_it():
    kept = one(
        progress(path_of("satisfaction_social", {2015: 88, 2018: 86})),
        "satisfaction_social",
        "331102",
    )
    lost = one(
        progress(path_of("satisfaction_social", {2015: 88, 2018: 84})),
        "satisfaction_social",
        "331102",
    )
    assert (kept["status"], lost["status"]) == ("achieved", "reversed")
    assert kept["path"] == lost["path"] == 85
    assert lost["gap"] == pytest.approx(-1)


@pytest.mark.parametrize(
    ("x", "status", "against_target"),
    [(376, "achieved", "met"), (368, "on_track", "cannot_tell"), (352, "cannot_tell", "cannot_tell"), (340, "cannot_tell", "not_met"), (332, "far_behind", "not_met"), (290, "reversed", "not_met")],
)  # fmt: skip
def test_a_survey_is_judged_by_its_interval_before_its_estimate(x, status, against_target):
    rows = [
        obs("satisfaction_government", "331102", BASE, value=82.0),
        obs("satisfaction_government", "331102", date(2018, 12, 31), x, 400),
    ]
    found = one(progress(frame(rows)), "satisfaction_government", "331102")
    if status == "on_track":  # the interval must lie above 86.8, the path of that day
        assert found["low"] > 86.8
    assert (found["status"], found["survey_class"]) == (status, against_target)


def test_a_change_a_survey_cannot_show_is_called_so():
    def change(then: int, now: int) -> dict:
        rows = [obs("satisfaction_social", "331102", date(y, 12, 31), x, 400) for y, x in ((2016, then), (2017, now))]  # fmt: skip
        return one(progress(frame(rows)), "satisfaction_social", "331102")

    assert change(320, 324)["change"] == pytest.approx(1)
    assert not change(320, 324)["change_significant"]
    assert change(300, 340)["change_significant"]


def test_a_step_path_is_off_from_its_day_on():
    rows = [obs("uscc_coverage", "331126", day, n, 100) for day, n in (
        (BASE, 20), (date(2016, 12, 31), 20), (date(2017, 9, 30), 60), (date(2017, 12, 31), 80), (date(2018, 3, 31), 85))]  # fmt: skip
    found = one(progress(frame(rows), MID), "uscc_coverage", "331126")
    assert (found["status"], found["off_path_since"]) == ("behind", date(2017, 12, 31))
    before = one(progress(frame(rows), date(2017, 10, 1)), "uscc_coverage", "331126")
    assert (before["status"], before["schedule"], before["off_path_since"]) == (
        "on_track",
        None,
        None,
    )


@pytest.mark.parametrize(
    "key", ["double_publicity_coverage", "blacklist_coverage", "service_revenue"]
)
@pytest.mark.parametrize("adcode", ["331127", "331102"])
def test_off_since_is_what_asking_on_every_earlier_day_would_tell(sample, key, adcode):
    rows = sample.filter(indicator=key, adcode=adcode)
    days = sorted(day for day in rows["period"].unique() if BASE < day <= MID)
    run = None
    for day in days:
        off = STATUSES[one(progress(rows, day), key, adcode)["status"]].off
        run = (run or day) if off else None
    assert one(progress(rows, MID), key, adcode)["off_path_since"] == run


def test_the_city_names_the_counties_most_behind(sample):
    table = progress(sample, MID)
    assert one(table, "double_publicity_coverage")["worst"] == ["331127"]
    for key in indicators():
        off = table.filter(pl.col("indicator") == key, pl.col("adcode") != CITY)
        off = off.filter(pl.col("status").is_in([k for k, s in STATUSES.items() if s.off]))
        assert set(one(table, key)["worst"]) <= set(off["adcode"])
        found = one(table, key)
        assert sorted(found["behind"]) == sorted(off["adcode"])
        assert found["behind"][: len(found["worst"])] == found["worst"]
        assert len(found["worst"]) >= min(3, off.height)


def test_counties_equally_far_behind_are_named_as_equal():
    shares = (10, 20, 20, 30, 30, 60, 60, 60, 60)
    rows = [obs("double_publicity_coverage", code, BASE, 0, 100) for code in CODES]
    rows += [obs("double_publicity_coverage", code, MID, n, 100) for code, n in zip(CODES, shares, strict=True)]  # fmt: skip
    city = one(progress(frame(rows), MID), "double_publicity_coverage")
    assert city["behind_places"] == [1, 2, 2, 4, 4]
    assert city["worst"] == list(CODES[:3])
    assert named_behind(city) == "Liandu, Qingtian = Jinyun (equal), Suichang = Songyang (equal)"
    assert "widest gap first: Liandu, Qingtian = Jinyun (equal), Suichang" in sentence(city)


def test_a_tie_for_the_third_place_is_not_cut():
    rows = [obs("website_rate", code, day, n, 1) for code in CODES for day, n in ((BASE, 0), (MID, 0))]  # fmt: skip
    city = one(progress(frame(rows), MID), "website_rate")
    assert city["worst"] == list(CODES)
    assert city["behind_places"] == [1] * 9
    assert named_behind(city) == "all nine counties equally"


def test_a_gap_in_observations_does_not_begin_a_new_run():
    days = (BASE, date(2016, 6, 30), date(2016, 12, 31), date(2018, 3, 31), date(2018, 6, 30))
    rows = [obs("collection_completeness", "331102", day, n, 100) for day, n in zip(days, (0, 10, 8, 9, 12), strict=True)]  # fmt: skip
    found = one(progress(frame(rows), MID), "collection_completeness", "331102")
    assert (found["off_path_since"], found["on_path_until"]) == (date(2016, 12, 31), date(2016, 6, 30))  # fmt: skip
    assert "since the observation of 31 December 2016, last on it at 30 June 2016" in sentence(
        found
    )
    first = one(progress(frame([rows[0], *rows[2:]]), MID), "collection_completeness", "331102")
    assert first["on_path_until"] is None
    assert "the first that can be judged" in sentence(first)


def test_an_observation_that_cannot_be_judged_ends_no_run():
    key = "satisfaction_judicial"
    rows = [obs(key, "331102", BASE, value=70.0)]
    for year, value, low, high in ((2016, 71.0, 70.0, 72.0), (2017, 77.0, 74.0, 80.0), (2018, 76.0, 75.0, 77.0)):  # fmt: skip
        rows.append(obs(key, "331102", date(year, 12, 31), value=value) | {"low": low, "high": high})  # fmt: skip
    table = [one(progress(frame(rows[: n + 1])), key, "331102") for n in (1, 2, 3)]
    assert [STATUSES[found["status"]].off for found in table] == [True, False, True]
    assert table[1]["status"] == "cannot_tell"
    assert table[1]["off_path_since"] is None
    assert table[2]["off_path_since"] == date(2016, 12, 31)


def test_order_extra_columns_and_the_kind_of_frame_do_not_matter(sample):
    small = sample.filter(pl.col("period") <= MID)
    expected = progress(small, MID)
    mixed = small.sample(fraction=1, shuffle=True, seed=3).with_columns(extra=pl.lit("x"))
    assert_frame_equal(progress(mixed, MID), expected)
    assert_frame_equal(progress(mixed.lazy(), MID), expected)
    assert_frame_equal(progress(mixed.to_arrow(), MID), expected)


def test_the_last_revision_counts(sample):
    assert sample.filter(pl.col("revision") == 2).height == 1
    assert_frame_equal(progress(sample, MID), progress(latest(sample), MID))
    first = progress(sample.filter(pl.col("revision") == 1), date(2017, 12, 31))
    last = progress(sample, date(2017, 12, 31))
    assert (
        one(first, "query_volume", "331121")["value"] > one(last, "query_volume", "331121")["value"]
    )


def test_two_verdicts_are_compared_and_not_two_words():
    assert not disagree("ahead", "on_track")
    assert not disagree("near", "acceleration_needed")
    assert disagree("ahead", "acceleration_needed")
    assert disagree("reversed", "limited")


# ---- targets ----------------------------------------------------------------------------------


def test_interpolated_targets_follow_the_path_and_say_what_they_are(sample):
    made = yearly_targets(sample)
    assert made.schema == TARGETS
    assert set(made["basis"]) == {"interpolated"}
    assert "satisfaction_judicial" not in set(made["indicator"])
    last = made.filter(pl.col("year") == 2020)
    for row in last.iter_rows(named=True):
        kind = indicators()[row["indicator"]].kind
        if kind != "doubling":
            assert row["target"] == pytest.approx(indicators()[row["indicator"]].target.value)
    table = progress(sample, END)
    assert_frame_equal(progress(sample, END, targets=made), table)


def test_loaded_targets_take_the_place_of_the_path(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("指标,地区,年度,目标值(%),依据\n双公示覆盖率,莲都,2018,90,已公布\n2,莲都,2020,98,\n", encoding="gb18030")  # fmt: skip
    loaded = read_targets(path)
    assert loaded["basis"].to_list() == ["published", "loaded"]
    rows = path_of("double_publicity_coverage", {2015: 30, 2018: 80})
    assert one(progress(rows), "double_publicity_coverage", "331102")["status"] == "ahead"
    found = one(progress(rows, targets=loaded), "double_publicity_coverage", "331102")
    assert (found["target"], found["path"], found["target_basis"]) == (98, 90, "published")
    assert found["schedule"] == pytest.approx(50 / 60)
    assert found["status"] == "behind"
    both = yearly_targets(rows, loaded)
    assert both["basis"].to_list() == ["interpolated", "interpolated", "published", "interpolated", "loaded"]  # fmt: skip
    no_base = rows.filter(pl.col("period") > BASE)
    assert one(progress(no_base, targets=loaded), "double_publicity_coverage", "331102")["status"] == "behind"  # fmt: skip


def test_a_wrong_target_file_is_refused_whole(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("指标,地区,年度,目标值\n2,莲都,2018,90\n2,杭州,2018,90\n2,莲都,2031,90\n2,景宁,2018,190\n2,景宁,2019,\n2,莲都,2018,91\n")  # fmt: skip
    with pytest.raises(SubjectError) as caught:
        read_targets(path)
    said = str(caught.value)
    for word in ("not one of", "outside", "above 100", "empty", "2 times"):
        assert word in said


# ---- the sample -------------------------------------------------------------------------------


def test_the_sample_says_synthetic_on_every_row_and_its_seed_decides(sample):
    assert sample.schema == SCHEMA
    assert sample["synthetic"].all()
    assert_frame_equal(sample, plan_observations())
    assert not sample.equals(plan_observations(seed=2))


def test_the_sample_has_something_to_say(sample):
    found = with_city(sample)
    assert found.missing.height == 2
    assert found.reconciliation.height == 1
    table = progress(sample, MID)
    statuses = set(table["status"])
    assert {"achieved", "ahead", "on_track", "near", "behind", "far_behind", "cannot_tell", "no_baseline"} <= statuses  # fmt: skip
    assert table["disagree"].any()


def test_the_committed_file_is_the_sample():
    text = office_file(plan_observations()).write_csv(include_bom=True)
    committed = Path(__file__).resolve().parents[1] / "data_samples" / "plan_observations.csv"
    assert committed.read_text(encoding="utf-8") == text


def test_every_month_of_ten_years_can_be_made():
    made = plan_observations(years=(2015, 2024), frequency="month")
    assert set(made["frequency"]) == {"month"}
    assert made["period"].n_unique() == 120
    assert progress(made).height == 120


# ---- in words ---------------------------------------------------------------------------------


def test_the_worst_binding_target_needs_attention_first(sample):
    found = attention(progress(sample, MID), adcode="331127")
    assert found["status"].to_list() == ["far_behind"] * 3
    assert found["indicator"].to_list() == [
        "double_publicity_coverage",
        "website_rate",
        "client_rate",
    ]
    assert "off its path since the observation of 31 March 2016" in found["sentence"][0]
    assert "points a year" in found["sentence"][0]
    set_language("zh")
    text = attention(progress(sample, MID))["sentence"][0]
    assert text.startswith(
        "失信“黑名单”覆盖率(重点行业领域)(约束性):滞后,2018年6月30日为42.9%,应达57.1%,"
    )
    assert "依次为:九个县(市、区)并列" in text


def test_what_changed_between_two_days_is_what_differs(sample):
    then, now = (progress(sample, day) for day in (date(2017, 9, 30), date(2017, 12, 31)))
    found = changes(then, now)
    turned = {(a, b): c for a, b, c in found.select("indicator", "adcode", "turned").iter_rows()}
    for key, code in then.select("indicator", "adcode").iter_rows():
        a, b = one(then, key, code), one(now, key, code)
        differs = a["value"] != b["value"] or a["status"] != b["status"]
        assert differs == ((key, code) in turned)
    assert turned["uscc_coverage", "331126"] == "worse"
    assert changes(now, now).is_empty()


@pytest.mark.parametrize(
    ("header", "cell", "found"),
    [
        ("目标值", "120.5万元", 1_205_000.0),
        ("目标值(万元)", "120.5", 1_205_000.0),
        ("目标值", "88%", "unit"),
        ("目标值(%)", "88", "unit"),
    ],
)
def test_a_target_in_another_unit_is_taken_into_account_or_refused(tmp_path, header, cell, found):
    path = tmp_path / "targets.csv"
    path.write_text(f"指标,地区,年度,{header}\n8,莲都区,2018,{cell}\n", encoding="utf-8")
    if isinstance(found, str):
        with pytest.raises(SubjectError, match=found):
            read_targets(path)
    else:
        assert read_targets(path)["target"].item() == found

"""Satisfaction surveys: the sample sizes of the proposal, raking, intervals, and broken inputs."""

from datetime import date
from itertools import product

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.optimize import minimize

from lishui_credit.errors import SubjectError
from lishui_credit.plan.divisions import counties
from lishui_credit.plan.records.raking import rake
from lishui_credit.plan.records.survey import INDEX_WEIGHTS, satisfaction
from lishui_credit.plan.records.survey_answers import QUESTIONS
from lishui_credit.plan.records.survey_change import change
from lishui_credit.plan.records.survey_design import allocation, answers_to_prove, kish, sample_size
from lishui_credit.samples import plan_records
from lishui_credit.statistics.proportions import wilson

YEAR_END = date(2018, 12, 31)
PEOPLE_2020 = {row.adcode: row.population_2020 for row in counties()}
SOCIAL = "satisfaction_social"
PLAIN = (
    "very_satisfied",
    "fairly_satisfied",
    "neutral",
    "rather_dissatisfied",
    "very_dissatisfied",
)


def sheets(by_county, **more):
    """Answer sheets: by county, how often each answer was given."""
    rows = [
        (code, answer)
        for code, counts in by_county.items()
        for answer, count in counts.items()
        for _ in range(count)
    ]
    frame = pl.DataFrame(rows, schema=["adcode", SOCIAL], orient="row")
    return frame.with_row_index("respondent").with_columns(**more)


# ---- how many to ask -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "half_width", "answers"),
    [
        (0.50, 0.02, 2401), (0.50, 0.03, 1068), (0.50, 0.05, 385),
        (0.85, 0.02, 1225), (0.85, 0.03, 545), (0.85, 0.05, 196),
        (0.90, 0.02, 865), (0.90, 0.03, 385), (0.90, 0.05, 139),
    ],
)  # fmt: skip
def test_sample_sizes_are_those_of_the_proposal(share, half_width, answers):
    assert sample_size(half_width, share) == answers


def test_the_finite_population_takes_two_answers_off():
    assert sample_size(0.02, population=2_100_000) == 2399


def test_weighting_effects_multiply_the_answers():
    assert sample_size(0.02, design_effect=1.5) == 3602


def test_proving_a_target_takes_as_many_answers_as_the_proposal_says():
    assert answers_to_prove(target=0.90, truth=0.92) == 1303
    assert answers_to_prove(target=0.90, truth=0.88) == 1471


def test_the_power_of_that_many_answers_is_what_was_asked_for():
    from scipy.stats import norm

    size = answers_to_prove(target=0.90, truth=0.92)
    least = 0.90 + norm.ppf(0.95) * np.sqrt(0.09 / size)
    assert norm.sf((least - 0.92) / np.sqrt(0.92 * 0.08 / size)) == pytest.approx(0.8, abs=0.001)


@pytest.mark.parametrize(
    ("how", "effect", "total", "worst"),
    [
        ("proportional", 1.000, 2401, 0.095),
        ("square_root", 1.076, 2584, 0.071),
        ("equal", 1.332, 3198, 0.052),
    ],
)
def test_allocations_over_the_nine_counties_are_those_of_the_proposal(how, effect, total, worst):
    table = allocation(PEOPLE_2020, how)
    assert table["design_effect"][0] == pytest.approx(effect, abs=0.0005)
    assert table["total"][0] == total
    assert table["half_width"].max() == pytest.approx(worst, abs=0.0005)


def test_the_square_root_allocation_gives_each_county_its_number():
    table = allocation(PEOPLE_2020, "square_root")
    assert dict(table.select("adcode", "answers").iter_rows()) == {
        "331102": 425, "331121": 405, "331122": 361, "331123": 250, "331124": 257,
        "331125": 204, "331126": 214, "331127": 189, "331181": 283,
    }  # fmt: skip


def test_the_equal_allocation_gives_every_county_356():
    assert set(allocation(PEOPLE_2020, "equal")["answers"]) == {356}


def test_400_a_county_give_the_city_1_9_and_each_county_4_9_points():
    effect = allocation(PEOPLE_2020, "equal")["design_effect"][0]
    assert 1.96 * np.sqrt(0.25 * effect / 3600) == pytest.approx(0.019, abs=0.0005)
    assert 1.96 * np.sqrt(0.25 / 400) == pytest.approx(0.049, abs=0.0005)


def test_kish_effect_of_county_weights_is_the_allocations_effect():
    weights = np.repeat(np.array(list(PEOPLE_2020.values()), dtype=float) / 400, 400)
    assert kish(weights) == pytest.approx(allocation(PEOPLE_2020, "equal")["design_effect"][0])


def test_impossible_sizes_are_refused_with_every_problem():
    with pytest.raises(SubjectError) as caught:
        sample_size(2, 1.0, level=95, design_effect=0.5, population=0)
    assert [problem.where for problem in caught.value.problems] == [
        "half_width", "share", "level", "design_effect", "population",
    ]  # fmt: skip
    with pytest.raises(SubjectError, match="the same"):
        answers_to_prove(0.9, 0.9)
    with pytest.raises(SubjectError, match="no such allocation"):
        allocation({"a": 1}, "alphabetical")


# ---- raking ----------------------------------------------------------------------------------


def asked(cells):
    rows = [key for key, count in cells.items() for _ in range(count)]
    return pl.DataFrame(rows, schema=["sex", "age"], orient="row")


CELLS = {("f", "young"): 30, ("f", "old"): 50, ("m", "young"): 10, ("m", "old"): 20}
WANTED = {"sex": {"f": 0.5, "m": 0.5}, "age": {"young": 0.4, "old": 0.6}}


def test_raked_weights_match_every_margin():
    frame = asked(CELLS)
    made = rake(frame, WANTED)
    for name, shares in WANTED.items():
        for category, share in shares.items():
            held = made.weights[(frame[name] == category).to_numpy()].sum() / made.weights.sum()
            assert held == pytest.approx(share, abs=1e-9)
    assert made.gap <= 1e-9
    assert (made.table["after"] - made.table["wanted"]).abs().max() <= 1e-9


def test_raking_keeps_the_odds_ratio_of_the_sample():
    frame = asked(CELLS)
    weights = rake(frame, WANTED).weights
    total = frame.with_columns(w=pl.Series(weights)).group_by("sex", "age").agg(pl.col("w").sum())
    cell = {(sex, age): w for sex, age, w in total.iter_rows()}
    odds = cell["f", "young"] * cell["m", "old"] / (cell["f", "old"] * cell["m", "young"])
    assert odds == pytest.approx(30 * 20 / (50 * 10))


def test_raking_is_the_nearest_table_in_relative_entropy():
    frame = asked(CELLS)
    weights = rake(frame, WANTED).weights
    found = frame.with_columns(w=pl.Series(weights)).group_by("sex", "age").agg(pl.col("w").sum())
    found = {(sex, age): w / frame.height for sex, age, w in found.iter_rows()}
    keys = list(product(("f", "m"), ("young", "old")))
    start = np.array([CELLS[key] for key in keys]) / sum(CELLS.values())
    rules = [
        {"type": "eq", "fun": lambda q, on=on, share=share: q[on].sum() - share}
        for place, shares in enumerate(WANTED.values())
        for category, share in shares.items()
        for on in [np.array([key[place] == category for key in keys])]
    ][:3]  # the fourth follows from the others
    best = minimize(
        lambda q: (q * np.log(q / start)).sum(), start, constraints=rules,
        bounds=[(1e-9, 1)] * 4, method="SLSQP", options={"ftol": 1e-14},
    )  # fmt: skip
    assert [found[key] for key in keys] == pytest.approx(best.x, abs=1e-5)


def test_a_cap_holds_and_what_it_costs_is_told():
    frame = asked({("f", "young"): 96, ("f", "old"): 2, ("m", "young"): 2, ("m", "old"): 1})
    free = rake(frame, WANTED)
    held = rake(frame, WANTED, cap=5.0)
    assert free.weights.max() > 5
    assert held.weights.max() <= 5 * (1 + 1e-9)
    assert held.weights.mean() == pytest.approx(1)
    assert held.trimmed > 0
    assert held.gap > 0.01
    assert held.effect < held.effect_before == pytest.approx(free.effect)


def test_a_cap_that_nothing_reaches_changes_nothing():
    frame = asked(CELLS)
    held = rake(frame, WANTED, cap=100.0)
    assert held.trimmed == 0
    assert held.weights == pytest.approx(rake(frame, WANTED).weights)


def test_margins_that_exclude_each_other_do_not_converge_and_say_so():
    frame = asked({("f", "young"): 50, ("m", "old"): 50})
    with pytest.raises(SubjectError, match="did not converge"):
        rake(frame, WANTED)


def test_margins_that_do_not_fit_the_answers_are_refused_all_at_once():
    frame = pl.DataFrame({"sex": ["f", "x", None], "age": ["young", "young", "young"]})
    wanted = {
        "sex": {"f": 50, "m": 50},
        "age": {"young": 40, "old": 20},
        "town": {"a": 1},
        "home": {},
    }
    with pytest.raises(SubjectError) as caught:
        rake(frame.with_columns(home=pl.lit("a")), wanted)
    said = str(caught.value)
    for words in (
        "without a category", "not in the margin", "nobody answered", "no column 'town'",
        "needs numbers", "different totals",
    ):  # fmt: skip
        assert words in said, words


# ---- rate, index, intervals ------------------------------------------------------------------

TWO = {"331102": 600_000, "331121": 400_000}
COUNTS = {
    "331102": {"很满意": 30, "比较满意": 50, "一般": 15, "不太满意": 4, "很不满意": 1, "说不清": 7},
    "331121": {"很满意": 10, "比较满意": 20, "一般": 15, "不太满意": 3, "很不满意": 2, "拒答": 5},
}


def test_the_city_rate_and_interval_follow_the_stratified_formula():
    found = satisfaction(sheets(COUNTS), SOCIAL, YEAR_END, populations=TWO).of(SOCIAL)
    assert found["value"] == pytest.approx(0.6 * 80 + 0.4 * 60)
    variance = 0.36 * (1 - 100 / 600_000) * 0.8 * 0.2 / 99
    variance += 0.16 * (1 - 50 / 400_000) * 0.6 * 0.4 / 49
    reach = 100 * 1.959963985 * np.sqrt(variance)
    assert (found["low"], found["high"]) == pytest.approx((72 - reach, 72 + reach))


def test_a_county_has_counts_and_wilsons_interval():
    found = satisfaction(sheets(COUNTS), SOCIAL, YEAR_END, populations=TWO).of(SOCIAL, "331121")
    low, high = wilson([30], [50])
    assert (found["numerator"], found["denominator"]) == (30, 50)
    assert (found["low"], found["high"]) == pytest.approx((100 * low[0], 100 * high[0]))


def test_rate_and_index_of_the_same_answers_differ():
    made = satisfaction(sheets(COUNTS), SOCIAL, YEAR_END, populations=TWO)
    one = (30 * 100 + 50 * 80 + 15 * 60 + 4 * 30) / 100
    two = (10 * 100 + 20 * 80 + 15 * 60 + 3 * 30) / 50
    assert made.of(f"{SOCIAL}.index")["value"] == pytest.approx(0.6 * one + 0.4 * two)
    assert made.of(SOCIAL)["value"] != pytest.approx(made.of(f"{SOCIAL}.index")["value"], abs=1)


def test_the_index_can_stand_as_the_measure_and_the_rate_beside_it():
    made = satisfaction(sheets(COUNTS), SOCIAL, YEAR_END, populations=TWO, measure="index")
    usual = satisfaction(sheets(COUNTS), SOCIAL, YEAR_END, populations=TWO)
    assert made.of(SOCIAL)["value"] == usual.of(f"{SOCIAL}.index")["value"]
    assert made.of(f"{SOCIAL}.rate")["value"] == usual.of(SOCIAL)["value"]


@pytest.mark.parametrize("name", list(INDEX_WEIGHTS))
def test_the_notes_name_the_index_weights(name):
    made = satisfaction(sheets(COUNTS), SOCIAL, YEAR_END, populations=TWO, index=name)
    assert any(name in note for note in made.notes)


def test_dont_know_is_out_of_the_rate_and_reported():
    made = satisfaction(sheets(COUNTS), SOCIAL, YEAR_END, populations=TWO)
    city = made.detail.filter(adcode="331100").row(0, named=True)
    assert (city["asked"], city["valid"], city["dont_know"], city["refused"]) == (162, 150, 7, 5)
    assert made.of(f"{SOCIAL}.dont_know")["value"] == pytest.approx(700 / 162)
    assert any("don't know" in note for note in made.notes)


def test_the_design_effect_is_the_variance_over_a_simple_samples():
    made = satisfaction(sheets(COUNTS), SOCIAL, YEAR_END, populations=TWO)
    city = made.detail.filter(adcode="331100").row(0, named=True)
    assert city["design_effect"] == pytest.approx(city["rate_error"] ** 2 / (72 * 28 / 149))
    weights = np.array([600_000 / 100] * 100 + [400_000 / 50] * 50)
    assert city["kish"] == pytest.approx(kish(weights))


def test_a_county_without_answers_leaves_no_city_figure_and_says_so():
    made = satisfaction(sheets({"331102": COUNTS["331102"]}), SOCIAL, YEAR_END, populations=TWO)
    assert made.observations["adcode"].to_list() == ["331102"]
    assert any("Qingtian" in note or "青田" in note for note in made.notes)


def test_one_answer_in_a_county_leaves_no_city_interval_and_says_so():
    counts = {"331102": COUNTS["331102"], "331121": {"很满意": 1}}
    made = satisfaction(sheets(counts), SOCIAL, YEAR_END, populations=TWO)
    assert made.of(SOCIAL)["low"] is None
    assert made.of(SOCIAL)["value"] == pytest.approx(88)
    assert any("one valid answer" in note or "仅有一份" in note for note in made.notes)


def test_when_everybody_is_satisfied_the_interval_is_not_a_point():
    counts = {"331102": {"很满意": 100}, "331121": {"很满意": 50}}
    found = satisfaction(sheets(counts), SOCIAL, YEAR_END, populations=TWO).of(SOCIAL)
    assert found["value"] == 100
    assert 95 < found["low"] < 100 == found["high"]


def test_row_order_does_not_change_the_figures():
    frame = sheets(COUNTS)
    one = satisfaction(frame, SOCIAL, YEAR_END, populations=TWO).of(SOCIAL)
    two = satisfaction(
        frame.sample(fraction=1, shuffle=True, seed=1), SOCIAL, YEAR_END, populations=TWO
    )
    assert two.of(SOCIAL)["value"] == pytest.approx(one["value"])
    assert two.of(SOCIAL)["low"] == pytest.approx(one["low"])


def test_a_pandas_frame_gives_the_same():
    frame = sheets(COUNTS)
    other = pd.DataFrame(frame.to_dict(as_series=False))
    one = satisfaction(frame, SOCIAL, YEAR_END, populations=TWO).of(SOCIAL)
    assert satisfaction(other, SOCIAL, YEAR_END, populations=TWO).of(SOCIAL) == one


def test_raking_corrects_a_sample_with_too_many_women():
    rng = np.random.default_rng(1)
    people = 40_000
    woman = rng.random(people) < 0.5
    content = rng.random(people) < np.where(woman, 0.9, 0.7)
    chosen = rng.random(people) < np.where(woman, 0.15, 0.05)
    frame = pl.DataFrame(
        {
            "respondent": np.arange(people),
            "adcode": np.where(rng.random(people) < 0.6, "331102", "331121"),
            "sex": np.where(woman, "女", "男"),
            SOCIAL: np.where(content, "很满意", "一般"),
        }
    ).filter(pl.Series(chosen))
    plain = satisfaction(frame, SOCIAL, YEAR_END, populations=TWO).of(SOCIAL)["value"]
    made = satisfaction(
        frame, SOCIAL, YEAR_END, populations=TWO, margins={"sex": {"男": 0.5, "女": 0.5}}
    )
    truth = 100 * content.mean()
    assert abs(plain - truth) > 3
    assert abs(made.of(SOCIAL)["value"] - truth) < 1.5
    assert made.of(SOCIAL)["low"] < truth < made.of(SOCIAL)["high"]
    assert made.raking is not None
    assert made.raking.effect > 1.2
    assert made.of(SOCIAL, "331102")["numerator"] is None  # a weighted rate is no ratio of counts


def test_raking_to_the_shares_the_sample_has_changes_nothing():
    frame = sheets(COUNTS).with_columns(
        sex=pl.when(pl.col("respondent") % 2 == 0).then(pl.lit("男")).otherwise(pl.lit("女"))
    )
    valid = frame.filter(~pl.col(SOCIAL).is_in(["说不清", "拒答"]))
    weight = pl.col("adcode").replace_strict({"331102": 6000.0, "331121": 8000.0})
    sums = dict(valid.group_by("sex").agg(weight.sum()).iter_rows())
    made = satisfaction(frame, SOCIAL, YEAR_END, populations=TWO, margins={"sex": sums})
    plain = satisfaction(frame, SOCIAL, YEAR_END, populations=TWO)
    assert made.of(SOCIAL)["value"] == pytest.approx(plain.of(SOCIAL)["value"])
    assert made.of(SOCIAL)["high"] == pytest.approx(plain.of(SOCIAL)["high"])


def test_intervals_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(5)
    truth, covered, rounds = 0.6 * 0.9 + 0.4 * 0.8, 0, 120
    for _ in range(rounds):
        counts = {
            code: {"很满意": int(satisfied), "一般": 200 - int(satisfied)}
            for code, satisfied in zip(TWO, rng.binomial(200, [0.9, 0.8]), strict=True)
        }
        found = satisfaction(sheets(counts), SOCIAL, YEAR_END, populations=TWO).of(SOCIAL)
        covered += found["low"] <= 100 * truth <= found["high"]
    assert 0.88 < covered / rounds <= 1


def test_a_change_within_noise_is_not_significant_and_a_large_one_is():
    def year(satisfied):
        counts = {code: {"很满意": satisfied, "一般": 400 - satisfied} for code in TWO}
        return satisfaction(sheets(counts), SOCIAL, YEAR_END, populations=TWO)

    assert change(year(336), year(340)).p > 0.5
    large = change(year(336), year(372))
    assert large.value == pytest.approx(9)
    assert large.p < 0.001


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (lambda f: f.drop("adcode"), "no column 'adcode'"),
        (lambda f: f.with_columns(adcode=pl.lit("杭州市")), "not one of 丽水市, 莲都区"),
        (lambda f: f.with_columns(pl.lit("还行").alias(SOCIAL)), "not one of"),
        (lambda f: f.with_columns(respondent=pl.lit(1)), "duplicate"),
        (lambda f: f.with_columns(adcode=pl.lit("331127")), "without a population weight"),
        (lambda f: f.with_columns(pl.lit("说不清").alias(SOCIAL)), "no valid answer"),
        (lambda f: f.with_columns(宗教信仰=pl.lit("无")), "no credit file may hold"),
        (lambda f: {"not": "a frame"}, "not a frame"),
    ],
)
def test_broken_answers_are_refused_in_words(broken, words):
    with pytest.raises(SubjectError, match=words):
        satisfaction(broken(sheets(COUNTS)), SOCIAL, YEAR_END, populations=TWO)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"index": "5_4_3_2_1"}, "no such weights"),
        ({"measure": "mean"}, "no such measure"),
        ({"level": 95}, "between 0 and 1"),
        ({"populations": {"331102": 0}}, "1 or more"),
    ],
)
def test_impossible_choices_are_refused(choice, words):
    with pytest.raises(SubjectError, match=words):
        satisfaction(sheets(COUNTS), SOCIAL, YEAR_END, **({"populations": TWO} | choice))


def test_a_period_that_is_no_year_end_is_refused():
    with pytest.raises(SubjectError, match="not the last day"):
        satisfaction(sheets(COUNTS), SOCIAL, date(2018, 6, 30), populations=TWO)


def test_the_synthetic_survey_answers_all_four_questions_and_says_synthetic():
    frame = plan_records.answers(400)
    for question in QUESTIONS:
        made = satisfaction(frame, question, YEAR_END, margins=plan_records.MARGINS)
        city = made.of(question)
        assert made.observations["synthetic"].all()
        assert made.observations.height == 10
        assert 1.5 < city["high"] - city["low"] < 4  # 3 600 answers, near 85 %
        assert any("all ages" in note or "全部常住人口" in note for note in made.notes)


def test_answers_as_figures_are_read_like_words():
    words = {"5": "很满意", "4": "比较满意", "3": "一般", "2": "不太满意", "1": "很不满意"}
    frame = sheets(COUNTS).filter(pl.col(SOCIAL).is_in(list(words.values())))
    back = {word: float(figure) for figure, word in words.items()}
    figures = frame.with_columns(pl.col(SOCIAL).replace_strict(back))
    one = satisfaction(frame, SOCIAL, YEAR_END, populations=TWO).of(SOCIAL)
    assert satisfaction(figures, SOCIAL, YEAR_END, populations=TWO).of(SOCIAL) == one


def test_counties_below_the_proposed_400_are_told():
    made = satisfaction(sheets(COUNTS), SOCIAL, YEAR_END, populations=TWO)
    assert any(
        note.startswith("2 counties have fewer than the proposed 400") for note in made.notes
    )

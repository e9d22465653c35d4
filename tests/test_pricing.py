"""Prices under a budget: against brute force, one solver against the other, and the contest data."""

import itertools
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.pricing.churn import MILLION, RateTable, default_rates, rate_table
from lishui_credit.pricing.flat_price import against_flat, realised
from lishui_credit.pricing.offers import Conditions
from lishui_credit.pricing.prices import Pricing, curve, flat, price
from lishui_credit.pricing.terms import Terms

TERMS = Terms(rate_bp=400, funding_bp=200, lgd_bp=6000)
# Made up, and not rising in places, as the published one.
TABLE = RateTable(
    (400, 700, 1000, 1500),
    {"A": (0, 450_000, 700_000, 900_000), "B": (0, 300_000, 600_000, 580_000)},
)
SMALL = Conditions(smallest_fen=10_000_000, largest_fen=40_000_000, budget_fen=90_000_000)
SHARED = Path(os.environ.get("LISHUI_SHARED") or Path(__file__).resolve().parents[2] / "shared")
CONTEST = SHARED / "data" / "cumcm2020c_sme"


def made_up(*rows: tuple[str, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["grade", "pd_ppm"], orient="row")


def expected(grade: str, chance: int, rate: int, amount: int, terms: Terms = TERMS) -> Fraction:
    """The definition, firm by firm, in fractions."""
    place = TABLE.rates_bp.index(rate)
    stay = Fraction(MILLION - TABLE.churn_ppm[grade][place], MILLION)
    asked, p = replace(terms, rate_bp=rate), Fraction(chance, MILLION)
    return stay * ((1 - p) * asked.gain(amount) - p * asked.loss(amount))


def whole(value: Fraction) -> int:
    """Whole fen, half upwards."""
    return (2 * value + 1) // 2


def brute(firms: pl.DataFrame, rules: Conditions, terms: Terms, step: int) -> Fraction:
    """The best of every choice of rate and line for every firm, lines in steps."""
    lines = range(rules.smallest_fen, rules.largest_fen + 1, step)
    options = []
    for grade, chance in firms.iter_rows():
        mine = [(Fraction(0), Fraction(0))]
        for rate, amount in itertools.product(TABLE.rates_bp, lines):
            away = TABLE.churn_ppm[grade][TABLE.rates_bp.index(rate)]
            share = Fraction(MILLION - away, MILLION) if rules.counted == "drawn" else Fraction(1)
            mine.append((expected(grade, chance, rate, amount, terms), share * amount))
        options.append(mine)
    best = Fraction(0)
    for choice in itertools.product(*options):
        if sum(use for _, use in choice) <= rules.budget_fen:
            best = max(best, sum((profit for profit, _ in choice), Fraction(0)))
    return best


def within(pricing: Pricing) -> None:
    """Lines inside their limits, the budget kept, null where nothing is lent."""
    rules, frame = pricing.conditions, pricing.frame
    lent = frame.filter(decision="lend")
    assert lent["amount_fen"].is_between(rules.smallest_fen, rules.largest_fen).all()
    used = pricing.offered_fen if rules.counted == "offered" else pricing.drawn_fen
    assert used <= rules.budget_fen
    assert frame.filter(pl.col("decision") != "lend")["amount_fen"].null_count() == (
        frame.height - lent.height
    )


@pytest.mark.parametrize("budget", [0, 5_000_000, 20_000_000, 45_000_000, 80_000_000, 500_000_000])
@pytest.mark.parametrize("counted", ["offered", "drawn"])
@pytest.mark.parametrize("cost", [0, 30_000])
def test_no_choice_of_rates_and_lines_earns_more(budget: int, counted: Any, cost: int) -> None:
    firms = made_up(("A", 5_000), ("B", 20_000), ("B", 60_000))
    rules = replace(SMALL, budget_fen=budget, counted=counted)
    terms = replace(TERMS, operating_fen=cost)
    found = price(firms, TABLE, terms, conditions=rules)
    within(found)
    best = brute(firms, rules, terms, 5_000_000)
    # whole fen per firm; brute force only tries lines in steps, so it may earn less, never more
    assert found.profit_fen >= best - 3
    if counted == "offered":  # every budget here is a multiple of the step
        assert found.profit_fen <= best + 3


@pytest.mark.parametrize("seed", range(25))
def test_handing_out_in_order_earns_what_the_program_earns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    firms = made_up(
        *((str(rng.choice(["A", "B"])), int(rng.choice([3_000, 20_000, 45_000]))) for _ in range(9))
    )
    rules = replace(SMALL, budget_fen=int(rng.integers(5_000_000, 400_000_000)))
    first = price(firms, TABLE, TERMS, conditions=rules, method="order")
    second = price(firms, TABLE, TERMS, conditions=rules, method="program")
    within(first)
    within(second)
    assert abs(first.profit_fen - second.profit_fen) <= firms.height


def test_a_smallest_line_may_be_worth_a_cut_of_another() -> None:
    firms = made_up(("A", 5_000), ("A", 6_000))
    rules = replace(SMALL, budget_fen=45_000_000)
    found = price(firms, TABLE, TERMS, conditions=rules)
    assert found.frame["amount_fen"].to_list() == [35_000_000, 10_000_000]
    assert (
        found.profit_fen
        == price(firms, TABLE, TERMS, conditions=rules, method="program").profit_fen
    )


def test_firms_that_are_alike_are_treated_alike_while_the_budget_allows() -> None:
    firms = made_up(*[("A", 5_000)] * 4)
    found = price(firms, TABLE, TERMS, conditions=SMALL)
    assert found.frame["amount_fen"].to_list() == [22_500_000] * 4
    assert found.frame["rate_bp"].n_unique() == 1


def test_each_firm_is_told_why_it_gets_nothing() -> None:
    firms = made_up(("A", 1_000), ("B", 900_000), ("B", 120_000), ("D", 1_000))
    rules = replace(SMALL, budget_fen=40_000_000)
    found = price(firms, TABLE, TERMS, conditions=rules)
    assert found.frame["decision"].to_list() == ["lend", "unprofitable", "budget", "excluded"]
    assert found.frame["expected_profit_fen"].null_count() == 3


def test_the_profit_of_a_firm_is_its_definition() -> None:
    firms = made_up(("A", 5_000), ("B", 20_000))
    found = price(firms, TABLE, TERMS, conditions=replace(SMALL, budget_fen=10**9))
    for grade, chance, _, rate, amount, _, profit in found.frame.iter_rows():
        assert profit == whole(expected(grade, chance, rate, amount))


def test_more_budget_earns_what_is_said() -> None:
    firms = made_up(("A", 5_000), ("B", 20_000), ("B", 30_000))
    found = price(firms, TABLE, TERMS, conditions=SMALL)
    wider = replace(SMALL, budget_fen=SMALL.budget_fen + 1_000_000)
    assert found.next_fen == pytest.approx(
        price(firms, TABLE, TERMS, conditions=wider).profit_fen - found.profit_fen, abs=3
    )
    set_language("zh")
    assert "万元" in found.in_words()
    set_language("en")
    assert "10,000 yuan more" in found.in_words()
    plenty = price(firms, TABLE, TERMS, conditions=replace(SMALL, budget_fen=10**9))
    assert plenty.in_words().endswith("earn nothing.")


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("counted", ["offered", "drawn"])
def test_more_budget_and_less_risk_never_earn_less(seed: int, counted: Any) -> None:
    rng = np.random.default_rng(seed)
    firms = made_up(
        *((str(rng.choice(["A", "B"])), int(rng.integers(1_000, 80_000))) for _ in range(6))
    )
    rules = replace(SMALL, counted=counted, budget_fen=int(rng.integers(10_000_000, 200_000_000)))
    first = price(firms, TABLE, TERMS, conditions=rules).profit_fen
    wider = replace(rules, budget_fen=rules.budget_fen + 7_000_000)
    assert price(firms, TABLE, TERMS, conditions=wider).profit_fen >= first - firms.height
    safer = firms.with_columns(pl.col("pd_ppm") // 2)
    assert price(safer, TABLE, TERMS, conditions=rules).profit_fen >= first - firms.height


def test_order_of_rows_and_other_columns_do_not_matter_for_the_profit() -> None:
    firms = made_up(("A", 5_000), ("B", 20_000), ("B", 30_000))
    turned = firms.reverse().with_columns(pl.lit("x").alias("note"))
    first = price(firms, TABLE, TERMS, conditions=SMALL)
    assert price(turned, TABLE, TERMS, conditions=SMALL).profit_fen == first.profit_fen


def test_a_flat_policy_is_one_rate_and_one_line_and_never_expects_more() -> None:
    firms = made_up(("A", 5_000), ("A", 5_000), ("B", 40_000), ("D", 500_000))
    same = flat(firms, TABLE, TERMS, conditions=SMALL)
    lent = same.frame.filter(decision="lend")
    assert lent.height == 3
    assert lent["rate_bp"].n_unique() == lent["amount_fen"].n_unique() == 1
    assert lent["amount_fen"][0] == 30_000_000
    assert same.profit_fen <= price(firms, TABLE, TERMS, conditions=SMALL).profit_fen
    others = [
        flat(firms, TABLE, TERMS, conditions=SMALL, rate_bp=rate).profit_fen
        for rate in TABLE.rates_bp
    ]
    assert same.profit_fen == max(others)


def test_a_curve_marks_the_rate_of_most_profit() -> None:
    found = curve(TABLE, TERMS, {"A": 5_000, "B": 20_000}, amount_fen=10_000_000)
    assert found.height == 8
    for grade, chance in (("A", 5_000), ("B", 20_000)):
        mine = found.filter(grade=grade)
        wanted = [whole(expected(grade, chance, rate, 10_000_000)) for rate in TABLE.rates_bp]
        assert mine["expected_profit_fen"].to_list() == wanted
        best = mine.filter("best")
        assert best["expected_profit_fen"].to_list() == [max(wanted)]


def test_what_firms_earned_follows_their_outcomes() -> None:
    firms = made_up(("A", 5_000), ("B", 20_000), ("D", 10_000))
    priced = price(firms, TABLE, TERMS, conditions=SMALL)
    good, bad = realised(priced, [0, 0, 0], TERMS), realised(priced, [1, 1, 1], TERMS)
    assert (good[:2] > 0).all()
    assert (bad[:2] < 0).all()
    assert good[2] == bad[2] == 0
    rate, amount, churn = priced.frame.select("rate_bp", "amount_fen", "churn_ppm").row(0)
    stay = Fraction(MILLION - churn, MILLION)
    assert bad[0] == whole(-stay * replace(TERMS, rate_bp=rate).loss(amount))


def test_leaving_one_out_is_what_leaving_each_out_in_turn_gives() -> None:
    firms = pl.DataFrame({"grade": ["A"] * 20 + ["B"] * 15 + ["D"] * 3})
    bad = np.array([0] * 19 + [1] + [0] * 13 + [1, 1] + [1] * 3)
    rules = Conditions(budget_fen=2_000_000_000)
    found = against_flat(firms, TABLE, TERMS, bad, conditions=rules, repeats=50)
    ours = same = 0
    for row in range(firms.height):
        kept = np.arange(firms.height) != row
        rates = default_rates(firms["grade"].filter(pl.Series(kept)), bad[kept])
        known = dict(rates.select("grade", "pd_ppm").iter_rows())
        ours += realised(price(firms, TABLE, TERMS, pd=known, conditions=rules), bad, TERMS)[row]
        same += realised(flat(firms, TABLE, TERMS, pd=known, conditions=rules), bad, TERMS)[row]
    last = found.filter(profit="left out")
    assert last.select("by_grade_fen", "flat_fen").row(0) == (ours, same)


def test_the_interval_of_the_difference_is_the_bootstrap_of_firms() -> None:
    firms = pl.DataFrame({"grade": ["A"] * 40 + ["B"] * 40})
    bad = np.array([0] * 39 + [1] + [0] * 36 + [1] * 4)
    found = against_flat(firms, TABLE, TERMS, bad, repeats=4000, seed=1).filter(profit="realised")
    rates = dict(default_rates(firms["grade"], bad).select("grade", "pd_ppm").iter_rows())
    apart = realised(price(firms, TABLE, TERMS, pd=rates), bad, TERMS) - realised(
        flat(firms, TABLE, TERMS, pd=rates), bad, TERMS
    )
    rng = np.random.default_rng(7)
    draws = np.array([rng.choice(apart, len(apart)).sum() for _ in range(4000)])
    spread = draws.std()  # one default more or less is a sixth of it: the ends are lumpy
    low, high = np.quantile(draws, [0.025, 0.975])
    assert abs(found["low_fen"][0] - low) < 0.3 * spread
    assert abs(found["high_fen"][0] - high) < 0.3 * spread


def test_given_probabilities_are_taken_as_they_are() -> None:
    firms = made_up(*[("A", 5_000)] * 5, *[("B", 40_000)] * 5)
    found = against_flat(firms, TABLE, TERMS, [0] * 9 + [1], pd="pd_ppm", repeats=20)
    assert found["profit"].to_list() == ["expected", "realised"]
    assert found["by_grade_fen"][0] == price(firms, TABLE, TERMS).profit_fen


def test_a_rate_table_is_read_from_any_frame_and_sorted() -> None:
    frame = pl.DataFrame({"annual_rate": [0.0425, 0.04], "a": [0.094574126, 0.0]})
    wanted = RateTable((400, 425), {"A": (0, 94_574)})
    assert rate_table(frame, {"A": "a"}) == wanted
    assert rate_table(frame.lazy(), {"A": "a"}) == wanted
    assert rate_table(pd.DataFrame(frame.to_dict(as_series=False)), {"A": "a"}) == wanted
    assert wanted.frame().columns == ["rate_bp", "churn_ppm__A"]


def test_every_problem_of_a_rate_table_is_told_at_once() -> None:
    frame = pl.DataFrame({"annual_rate": [0.04, 0.04001], "a": [0.0, 1.2], "b": [None, 0.1]})
    with pytest.raises(SubjectError) as caught:
        rate_table(frame, {"A": "a", "B": "b"})
    assert [problem.where for problem in caught.value.problems] == ["annual_rate", "a", "b"]
    with pytest.raises(SubjectError, match="did you mean 'annual_rate'"):
        rate_table(frame, {"A": "a"}, rate="anual_rate")
    with pytest.raises(SubjectError, match="is repeated"):
        rate_table(pl.DataFrame({"annual_rate": [0.04, 0.04], "a": [0.0, 0.1]}), {"A": "a"})
    with pytest.raises(SubjectError, match="not a frame"):
        rate_table({"annual_rate": [0.04]}, {"A": "a"})


def test_a_default_rate_without_a_default_is_small_and_not_zero() -> None:
    found = default_rates(["A"] * 27 + ["B"] * 3, [0] * 27 + [1, 0, 1], order=["A", "B", "C"])
    assert found["pd_ppm"].to_list() == [
        round(Fraction(1, 56) * MILLION),
        round(Fraction(5, 8) * MILLION),
        500_000,
    ]
    assert found["rate"].to_list() == [0.0, 2 / 3, None]
    raw = default_rates(["A"] * 4, [0, 0, 0, 1], prior=0)
    assert raw["pd_ppm"].to_list() == [250_000]
    with pytest.raises(SubjectError, match="prior"):
        default_rates(["A"], [0], prior=-1)


def test_every_problem_of_firms_and_conditions_is_told_at_once() -> None:
    with pytest.raises(SubjectError) as caught:
        price(
            pl.DataFrame({"grad": ["A"]}),
            TABLE,
            TERMS,
            conditions=Conditions(smallest_fen=5, largest_fen=1, budget_fen=-1),
        )
    assert len(caught.value.problems) == 4
    with pytest.raises(SubjectError) as caught:
        price(pl.DataFrame({"grade": ["A", None, "E"], "pd_ppm": [0.1, 0.2, 0.3]}), TABLE, TERMS)
    assert len(caught.value.problems) == 3
    with pytest.raises(SubjectError, match="outside 0 to 1"):
        price(made_up(("A", 1_000_001)), TABLE, TERMS)
    with pytest.raises(SubjectError, match="no default rate"):
        price(made_up(("A", 1), ("B", 1)), TABLE, TERMS, pd={"A": 1_000})
    with pytest.raises(SubjectError, match="not exact"):
        price(made_up(("A", 1)), TABLE, replace(TERMS, operating_fen=1), method="order")
    with pytest.raises(SubjectError, match="not in the table"):
        flat(made_up(("A", 1)), TABLE, TERMS, rate_bp=401)
    with pytest.raises(SubjectError, match="too small to give every firm"):
        flat(made_up(("A", 1)), TABLE, TERMS, conditions=replace(SMALL, budget_fen=1))
    with pytest.raises(SubjectError, match="did you mean 'grade'"):
        against_flat(made_up(("A", 1)), TABLE, TERMS, [0], grade="grad")
    with pytest.raises(SubjectError, match="lengths differ"):
        against_flat(made_up(("A", 1)), TABLE, TERMS, [0, 1])


def test_nobody_to_lend_to_is_no_error() -> None:
    found = price(made_up(("D", 1), ("D", 1)), TABLE, TERMS)
    assert (found.profit_fen, found.offered_fen, found.next_fen) == (0, 0, 0)
    assert found.by_grade()["firms"].to_list() == [2]
    assert flat(made_up(("D", 1)), TABLE, TERMS).profit_fen == 0


@pytest.mark.skipif(not CONTEST.is_dir(), reason="the contest data are not here (LISHUI_SHARED)")
def test_the_contest_answer_has_the_published_shape() -> None:
    table = rate_table(
        pl.read_parquet(CONTEST / "cumcm2020c_rate_churn.parquet"),
        {grade: f"churn_rating_{grade.lower()}" for grade in "ABC"},
    )
    assert len(table.rates_bp) == 29
    firms = pl.read_parquet(CONTEST / "cumcm2020c_sme.parquet")
    terms = Terms(rate_bp=400, funding_bp=0, lgd_bp=10_000, default_month=0)
    for prior in (0.0, 0.5):
        known = default_rates(firms["bank_rating"], firms["bad"], prior=prior)
        chances = dict(known.select("grade", "pd_ppm").iter_rows())
        half = Conditions(budget_fen=5_000_000_000)
        for rules in (Conditions(), half):
            found = price(firms, table, terms, grade="bank_rating", pd=chances, conditions=rules)
            within(found)
            program = price(
                firms,
                table,
                terms,
                grade="bank_rating",
                pd=chances,
                conditions=rules,
                method="program",
            )
            assert abs(program.profit_fen - found.profit_fen) <= firms.height
            lent = found.by_grade().filter(pl.col("rate_bp").is_not_null())
            assert lent["rate_bp"].is_sorted()
            assert lent["amount_fen"].is_sorted(descending=True)
            assert lent["grade"][0] == "A"
            assert "D" not in lent["grade"]
            same = flat(firms, table, terms, grade="bank_rating", pd=chances, conditions=rules)
            assert found.profit_fen > same.profit_fen

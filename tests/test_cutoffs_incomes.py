"""Incomes fall: the same people are scored again, and the stress takes the mean fall."""

import numpy as np
import polars as pl
import pytest

from lishui_credit.cutoffs import book, income_falls, income_shock, one_at_a_time
from lishui_credit.errors import SubjectError
from lishui_credit.pricing import Terms
from lishui_credit.scorecards import Scorecard
from tests.models import mixed


def test_the_fall_is_that_of_the_card_itself():
    frame, bad = mixed(2000)
    card = Scorecard().fit(frame.select("income"), bad).card_
    table = income_falls(card.score, frame, ["income"], fall_bp=3000)
    by_hand = [v * 0.7 if v is not None and v > 0 else v for v in frame["income"].to_list()]
    after = card.score(frame.with_columns(income=pl.Series(by_hand)))
    assert table["after"].to_list() == pytest.approx(list(map(float, after)))
    shock = income_shock(card.score, frame, ["income"], fall_bp=3000)
    assert shock.score_points == pytest.approx((table["before"] - table["after"]).mean())
    assert shock.score_points != 0


def test_a_fall_of_incomes_costs_money_and_a_deeper_one_more():
    rng = np.random.default_rng(1)
    income = rng.integers(1_000, 100_000, 4_000)
    odds = np.exp(-1.0 - income / 25_000)
    frame = pl.DataFrame(
        {
            "income": income,
            "score": income // 1_000,
            "bad": (rng.random(4_000) < odds / (1 + odds)).astype(int),
            "amount_fen": [100_000] * 4_000,
        }
    )

    def score(part: pl.DataFrame) -> pl.Series:
        return part["income"] // 1_000

    shocks = {
        str(fall): income_shock(score, frame, ["income"], fall_bp=fall) for fall in (1000, 3000)
    }
    table = one_at_a_time(book(frame), 10, Terms(rate_bp=1500, funding_bp=300), shocks)
    none, mild, deep = table["profit_fen"].to_list()
    assert none > mild > deep
    # The model of the data is exactly log-linear: 30 % less income, and the book drawn again.
    approved = income // 1_000 >= 10
    fallen = np.exp(-1.0 - (income * 0.7) / 25_000)
    mean = float((fallen / (1 + fallen))[approved].mean())
    assert table["bad_rate_approved"][2] == pytest.approx(mean, rel=0.12)


def test_a_score_that_runs_worse_rises_and_negative_incomes_stay():
    people = pl.DataFrame({"income": [100, -100, 7]})
    table = income_falls(lambda f: -f["income"], people, ["income"], fall_bp=5000, higher="worse")
    assert table["fall"].to_list() == [50.0, 0.0, 4.0]


def test_everything_wrong_is_told_at_once():
    people = pl.DataFrame({"income": ["a"], "x": [1]})
    with pytest.raises(SubjectError) as caught:
        income_shock(lambda f: f["x"], people, ["income", "wage"], fall_bp=0)
    assert len(caught.value.problems) == 3
    for wrong in (lambda f: 1.0, lambda f: ["a"], lambda f: [float("nan")]):
        with pytest.raises(SubjectError, match="not give one finite number per row"):
            income_shock(wrong, people, ["x"], fall_bp=100)
    with pytest.raises(SubjectError, match="no rows to score"):
        income_shock(lambda f: f["x"], people.clear(), ["x"], fall_bp=100)

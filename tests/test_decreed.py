"""Decreed points beside learned ones, against sums done by hand."""

from datetime import date
from functools import cache
from statistics import pstdev

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

import lishui_credit as lc
from lishui_credit.errors import SubjectError
from lishui_credit.rubrics.engine.evaluate import Evaluation
from lishui_credit.samples import households, tax
from lishui_credit.scorecards import BinningProcess, Scorecard
from lishui_credit.validation.decreed import (
    in_words,
    points_side_by_side,
    readings,
    refitted,
)

DAY = date(2016, 6, 30)


@cache
def graded() -> tuple[pl.DataFrame, Evaluation]:
    """Synthetic households, and their grades."""
    rubric = lc.rubric("farmer-household", on=DAY)
    raw = households.households(1500, default_rate=0.15)
    taken = lc.intake(rubric, raw, bases=households.county_bases(2015), as_of=DAY)
    return raw, lc.evaluate(taken.subjects, rubric, as_of=DAY)


@cache
def fitted() -> tuple[Scorecard, pl.DataFrame, NDArray[np.int8]]:
    """A card of the readings of borrowers."""
    raw, evaluation = graded()
    known = raw.select("household_id", "default_12m").drop_nulls()
    data = readings(evaluation).join(known, on="household_id")
    y = data["default_12m"].cast(pl.Int8).to_numpy()
    frame = data.drop("household_id", "default_12m")
    return Scorecard(BinningProcess(max_bins=4)).fit(frame, y), frame, y


def test_a_ratio_is_divided_and_a_level_stays_text() -> None:
    raw, evaluation = graded()
    found = readings(evaluation)
    first = raw.row(0, named=True)
    bases = households.county_bases(2015).filter(pl.col("county") == first["county"])
    row = found.filter(pl.col("household_id") == first["household_id"]).row(0, named=True)
    assert row["income"] == pytest.approx(first["net_income"] / bases["base_net_income"][0])
    assert row["labour"] == pytest.approx(first["labourers"] / first["family_members"])
    assert row["family"] == first["family_members"]
    assert row["peers"] == first["peer_review"]


def test_rows_that_count_events_read_the_points_given() -> None:
    firms = tax.enterprises(200)
    rubric = lc.rubric("tax-credit", on="2019-04-30")
    taken = lc.intake(rubric, firms, events=tax.tax_events(firms), period=2018)
    evaluation = lc.evaluate(taken.subjects, rubric, events=taken.events, period=2018)
    found = readings(evaluation)
    given = evaluation.collect()
    assert found["start"].unique().sort().to_list() in ([90.0, 100.0], [90.0], [100.0])
    whole = found.select(pl.sum_horizontal(pl.exclude(rubric.subject_id))).to_series()
    earned = (given["earned"] / rubric.point_unit).to_list()
    unbound = [(a, b) for a, b in zip(whole, earned, strict=True) if b is not None and b > 0]
    assert all(a == pytest.approx(b) for a, b in unbound)
    assert len(unbound) > 150


def test_parts_are_each_sides_share_of_its_own_whole() -> None:
    model, _, _ = fitted()
    _, evaluation = graded()
    found = points_side_by_side(evaluation, model.card)
    points = evaluation.contributions().collect().drop_nulls()
    spread = {
        name.removeprefix("points__"): pstdev(points[name].to_list())
        for name in points.columns
        if name.startswith("points__")
    }
    for row in found.iter_rows(named=True):
        assert row["decreed"] == pytest.approx(spread[row["row"]] / sum(spread.values()))
    read = readings(evaluation).join(points.select("household_id"), on="household_id")
    learned = {
        name: pstdev(read.select(model.card.points_expr(name)).to_series().to_list())
        for name in model.card.columns
    }
    for row in found.iter_rows(named=True):
        part = learned.get(row["row"], 0.0) / sum(learned.values())
        assert row["learned"] == pytest.approx(part)
    assert found["weighs"].null_count() == found.height


def test_a_row_the_card_left_out_has_no_learned_points() -> None:
    _, evaluation = graded()
    _, frame, y = fitted()
    alone = Scorecard().fit(frame.select("peers"), y)
    found = points_side_by_side(evaluation, alone.card)
    by_row = dict(zip(found["row"], found["learned"], strict=True))
    assert by_row.pop("peers") == pytest.approx(1.0)
    assert set(by_row.values()) == {0.0}


def test_refits_give_an_interval_that_decides_over_and_under() -> None:
    model, frame, y = fitted()
    _, evaluation = graded()
    refits = refitted(model, frame, y, repeats=8)
    found = points_side_by_side(evaluation, model.card, refits=refits)
    for row in found.iter_rows(named=True):
        assert 0 <= row["low"] <= row["learned"] <= row["high"] <= 1
        way = (
            "over"
            if row["decreed"] > row["high"]
            else "under"
            if row["decreed"] < row["low"]
            else "alike"
        )
        assert row["weighs"] == way
    assert len(in_words(found)) == found.filter(pl.col("weighs") != "alike").height


def test_refits_follow_their_seed_and_leave_the_model_alone() -> None:
    model, frame, y = fitted()
    before = model.card.table()
    one, two = (refitted(model, frame, y, repeats=2, seed=3) for _ in range(2))
    assert one[0].table().equals(two[0].table())
    assert not one[0].table().equals(one[1].table())
    assert model.card.table().equals(before)


def test_without_refits_nothing_is_said() -> None:
    model, _, _ = fitted()
    assert in_words(points_side_by_side(graded()[1], model.card)) == []


def test_a_card_of_other_columns_is_refused() -> None:
    _, frame, y = fitted()
    other = Scorecard().fit(frame.select(pl.col("peers").alias("hearsay")), y)
    with pytest.raises(SubjectError, match="hearsay"):
        points_side_by_side(graded()[1], other.card)

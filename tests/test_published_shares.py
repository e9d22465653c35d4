"""Samples have the shape of published outcomes, or it is said that they do not."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.intake import intake
from lishui_credit.rubrics.law import catalog
from lishui_credit.samples import environment, households, supervised_firms, tax

ROWS = 20_000
SHAPES = tomllib.loads((Path(__file__).parent / "published_shares.toml").read_text("utf-8"))[
    "shapes"
]
DAY = {
    "labour-security@2017-01-01": date(2020, 3, 31),
    "environment-credit@2014-03-01": date(2016, 3, 31),
    "e-commerce-star/licheng@2018-07-26": date(2018, 12, 31),
    "farmer-household@2009-01-01": date(2016, 6, 30),
    "tax-credit@2020-11-01": date(2021, 4, 30),
}
MAKERS: dict[str, Callable[[], dict[str, Any]]] = {
    "labour-security": lambda: {"subjects": supervised_firms.labour_records(ROWS)},
    "environment-credit": lambda: {"subjects": environment.environmental_records(ROWS)},
    "e-commerce-star/licheng": lambda: {"subjects": supervised_firms.star_shops(ROWS)},
    "farmer-household": lambda: {
        "subjects": households.households(ROWS),
        "bases": households.county_bases(2015),
    },
    "tax-credit": lambda: taxpayers(),
}


def taxpayers() -> dict[str, Any]:
    register = tax.enterprises(ROWS, year=2020)
    return {"subjects": register, "events": tax.tax_events(register, year=2020), "period": 2020}


def shares(counts: dict[str, int]) -> dict[str, float]:
    whole = sum(counts.values())
    return {grade: count / whole for grade, count in counts.items()}


def distance(one: dict[str, float], other: dict[str, float]) -> float:
    """Half the sum of the differences: the share of subjects that would have to change grade."""
    return sum(abs(one.get(g, 0) - other.get(g, 0)) for g in one.keys() | other.keys()) / 2


def graded(shape: dict[str, Any]) -> pl.Series:
    rubric = catalog.rubric(shape["rubric"])
    taken = intake(rubric, **MAKERS[rubric.name]())
    period = 2020 if rubric.uses_events else None
    found = evaluate(
        taken.subjects, rubric, events=taken.events, period=period, as_of=DAY[shape["rubric"]]
    )
    return found.collect()["grade"].drop_nulls()


def nearest(shape: dict[str, Any]) -> float:
    """How far the sample lies from the nearest published place, grades pooled as it pools them."""
    pooled = {part: name for name in shape["places"][0]["counts"] for part in name.split("+")}
    pooled |= dict.fromkeys(shape.get("credit", ()), "credit")
    grades = graded(shape).replace_strict(pooled, default="other", return_dtype=pl.String)
    sample = shares(dict(grades.value_counts().iter_rows()))
    return min(distance(sample, shares(place["counts"])) for place in shape["places"])


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape["rubric"])
def test_a_sample_has_a_published_shape_or_is_said_not_to(shape: dict[str, Any]) -> None:
    far = nearest(shape)
    assert (far <= shape["within"]) is shape.get("met", True), far
    assert shape.get("met", True) or shape["why"]
    assert all(place["url"].startswith("http") for place in shape["places"])


def test_the_distance_is_a_share_of_subjects() -> None:
    assert distance({"A": 1.0}, {"B": 1.0}) == 1
    assert distance({"A": 0.5, "B": 0.5}, {"A": 0.75, "B": 0.25}) == pytest.approx(0.25)

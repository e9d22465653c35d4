"""A row that contradicts itself is rejected: parts beyond their wholes, days after the grading."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.rubrics.coherence import WITHIN
from lishui_credit.rubrics.intake import intake
from lishui_credit.rubrics.law import catalog
from lishui_credit.tables.columns import dictionary
from tests.populations import POPULATIONS

FARMERS, SMALL, _, TAX = POPULATIONS[:4]
DAY = date(2016, 6, 30)


@pytest.fixture(autouse=True)
def _english() -> object:
    set_language("en")
    yield
    set_language(None)


def reasons(kind: Any, facts: dict[str, Any], **options: Any) -> list[str]:
    raw = kind.raw(3)
    changed = raw["subjects"].with_columns(
        pl.when(pl.int_range(pl.len()) == 0).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
        for name, value in facts.items()
    )
    taken = intake(
        kind.rubric, changed, events=raw.get("events"), bases=raw.get("bases"), **options
    )
    return [str(reason) for reason in taken.rejected["reasons"]]


@pytest.mark.parametrize("kind", [FARMERS, SMALL])
def test_no_part_is_more_than_its_whole(kind: Any) -> None:
    columns = kind.raw(3)["subjects"].columns
    pairs = [pair for pair in WITHIN if set(pair) <= set(columns) and "fixed" not in pair[0]]
    assert len(pairs) >= 3
    for part, whole in pairs:
        found = reasons(kind, {whole: 5, part: 6})
        assert any(f"{part} is more than {whole}" in reason for reason in found), part
        found = reasons(kind, {whole: 5, part: 5})
        assert not any(f"{part} is more than {whole}" in reason for reason in found), part


def test_parts_and_wholes_are_columns_of_one_unit() -> None:
    known = dictionary()
    for part, whole in WITHIN:
        assert (known[part].type, known[part].per_unit) == (
            known[whole].type,
            known[whole].per_unit,
        )


def test_more_bad_loans_than_loans_are_rejected() -> None:
    village = {
        "village_id": "甲", "households": 10, "credit_households": 8, "borrowers": 5,
        "borrowers_without_arrears": 5, "loan_balance": 0, "bad_loan_balance": 4,
        "bad_loan_rate_rise": "0",
    }  # fmt: skip
    taken = intake(catalog.rubric("credit-village", on=DAY), pl.DataFrame([village]))
    assert taken.rejected["reasons"].to_list() == ["bad_loan_balance is more than loan_balance"]


@pytest.mark.parametrize("name", ["defaulted_on", "repaid_on"])
def test_a_default_or_repayment_after_the_day_of_grading_is_rejected(name: str) -> None:
    facts = {
        "performance_record": "default", "default_item": "interest", "default_measure": "normal",
        "defaulted_on": date(2015, 1, 1), "repaid_on": date(2015, 2, 1),
    }  # fmt: skip
    assert reasons(FARMERS, facts, as_of=DAY) == []
    assert reasons(FARMERS, {**facts, "repaid_on": DAY}, as_of=DAY) == []
    later = {**facts, "repaid_on": date(2016, 7, 1), name: date(2016, 7, 1)}
    found = reasons(FARMERS, later, as_of=DAY)
    assert len(found) == 1
    assert f"{name} is after the day of grading, 30 June 2016" in found[0]


def test_an_event_of_the_year_assessed_after_the_day_of_grading_is_rejected() -> None:
    raw = TAX.raw(80)
    counted = [
        intake(TAX.rubric, raw["subjects"], events=raw["events"], period=2018, as_of=day)
        for day in (date(2018, 7, 1), date(2019, 4, 30))
    ]
    assert raw["events"] is not None
    late = raw["events"].filter(pl.col("occurred_on") > date(2018, 7, 1)).height
    assert [taken.rejected.height for taken in counted] == [late, 0]
    assert late > 0
    other_year = raw["events"].with_columns(pl.lit(date(2020, 1, 1)).alias("occurred_on"))
    other_year = other_year.with_columns(pl.lit(None, dtype=pl.Date).alias("corrected_on"))
    taken = intake(TAX.rubric, raw["subjects"], events=other_year, period=2018)
    assert taken.rejected.is_empty()


def test_grading_before_the_year_assessed_is_refused() -> None:
    with pytest.raises(SubjectError, match="before the year assessed"):
        intake(TAX.rubric, TAX.raw(3)["subjects"], period=2018, as_of=date(2017, 1, 1))


def test_events_that_were_not_given_are_said() -> None:
    taken = intake(TAX.rubric, TAX.raw(3)["subjects"], period=2018)
    assert "no file of events was given: no event is counted" in taken.notes

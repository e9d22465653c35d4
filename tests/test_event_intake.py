"""A file of events: codes made whole, what is said of it, and subjects whose record is not whole."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import lishui_credit as lc
from lishui_credit.errors import SubjectError
from lishui_credit.rubrics.engine.compile import REJECTED_EVENT
from lishui_credit.rubrics.engine.evaluate import Evaluation, evaluate
from lishui_credit.rubrics.intake import Intake, intake
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.rejected import rejected_path

FIRM, OTHER = "12331102398259791Y", "91330000000000002A"
FIRMS = {"uscc": [FIRM], "has_non_recurring_info": [True], "payment_info_complete": [True]}


def event(code: object, **rest: Any) -> dict[str, Any]:
    return {"uscc": FIRM, "code": code, "occurred_on": "2020-05-01", "tax_type": "增值税", **rest}


def taken(
    *rows: dict[str, Any], period: int = 2020, subject: dict[str, Any] | None = None
) -> Intake:
    rubric = catalog.for_period("tax-credit", period)
    table = None
    if rows:
        table = pl.DataFrame([row | {"occurred_on": f"{period}-05-01"} | row for row in rows])
    firms = pl.DataFrame(FIRMS | {name: [cell] for name, cell in (subject or {}).items()})
    return intake(rubric, firms, events=table, period=period)


def graded(found: Intake, period: int = 2020, as_of: date | None = None) -> dict[str, Any]:
    rubric = catalog.for_period("tax-credit", period)
    result = evaluate(found.subjects, rubric, events=found.events, period=period, as_of=as_of)
    return result.collect().row(0, named=True)


# ---- codes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [10103, 10103.0, "10103", " 10103", "10103.0", "010103"])
def test_a_code_without_its_first_zeros_is_made_whole(code: object) -> None:
    found = taken(event(code))
    assert found.rejected.is_empty()
    assert found.events is not None
    assert found.events.collect()["code"].to_list() == ["010103"]
    assert graded(found)["points__r010103"] == -300
    assert any("10103 → 010103" in note for note in found.notes) == (code != "010103")


def test_a_shortened_code_of_direct_d_is_d() -> None:
    assert graded(taken(event(104)))["decided_by"] == "d_r0104"
    assert graded(taken(event(40103)))["decided_by"] == "d_r040103"


@pytest.mark.parametrize("code", [1010, 101030, "1O103", "0010103", "10103.5", -10103])
def test_a_code_of_another_length_is_rejected(code: object) -> None:
    (reason,) = taken(event(code)).rejected["reasons"].to_list()
    assert "the edition knows no such code" in reason


def test_a_shortened_code_nobody_has_seen_is_told_the_code_meant() -> None:
    (reason,) = taken(event(30104)).rejected["reasons"].to_list()
    assert "030104" in reason
    assert "0301-DESTROY" in reason


# ---- what is known, and measured ----------------------------------------------------------------


def test_an_event_recorded_after_the_day_of_grading_is_not_counted_and_said() -> None:
    late = event("0301-FALSE-SPECIAL", recorded_on="2021-05-01", event_id="1")
    known = event("010103", recorded_on="2021-04-30", event_id="2")
    silent = event("010103", recorded_on=None, event_id="3")
    found = taken(late, known, silent)
    assert graded(found)["earned"] == 9400
    (note,) = [note for note in found.notes if "recorded after" in note]
    assert note.startswith("1 event recorded after the day of grading, 30 April 2021")
    assert graded(found, as_of=date(2021, 5, 1))["grade"] == "D"
    other = taken(late | {"occurred_on": "2019-05-01"}, known)
    assert not any("recorded after" in note for note in other.notes)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (event("010103", corrected_on="2025-05-02"), "no due_on"),
        (event("010103", corrected_on="2025-05-02", due_on=None), "no due_on"),
        (event("010103", corrected_on="2025-05-02", due_on="2025-05-01"), None),
        (event("010106", corrected_on="2025-05-02"), None),  # gives nothing back
        (event("010103"), None),
        (event("010103", corrected_on="2026-05-01"), None),  # not yet known on the day of grading
        (event("010103", corrected_on="2026-04-30"), "no due_on"),
        (event("010103", corrected_on="2025-05-02", exempt=True), None),
        (event("010103", corrected_on="2025-05-02", occurred_on="2024-12-31"), None),
        (
            event("020101", corrected_on="2025-05-02", due_on="2025-05-01", paid_amount=1),
            "no tax_amount above 0",
        ),
        (
            event(
                "020101",
                corrected_on="2025-05-02",
                due_on="2025-05-01",
                paid_amount=1,
                tax_amount=0,
            ),
            "no tax_amount above 0",
        ),
        (event("020101", corrected_on="2025-05-02", due_on="2025-05-01"), None),
        (event("010103", corrected_on="2025-05-02", due_on="2025-05-01", paid_amount=1), None),
    ],
)
def test_a_repair_that_cannot_be_measured_rejects_its_event(
    row: dict[str, Any], reason: str | None
) -> None:
    usual = {"occurred_on": "2025-05-01"}
    found = taken(usual | row if row["occurred_on"] != "2020-05-01" else row | usual, period=2025)
    told = found.rejected["reasons"].to_list()
    assert told == ([] if reason is None else [f"the repair cannot be measured: {reason}"])
    assert found.in_doubt.to_list() == ([FIRM] if reason else [])


@pytest.mark.parametrize(
    ("corrected", "months", "lost"),
    [("2020-12-01", None, False), ("2021-12-31", None, False), ("2022-01-01", None, True),
     ("2022-01-01", 3, False)],
)  # fmt: skip
def test_a_state_lifted_late_needs_its_clean_months(
    corrected: str, months: int | None, lost: bool
) -> None:
    rubric = catalog.rubric("tax-credit@2022-01-01")
    row = event("040103", corrected_on=corrected, clean_months=months)
    table = pl.DataFrame([row], schema_overrides={"clean_months": pl.Int64})
    found = intake(rubric, pl.DataFrame(FIRMS), events=table, period=2020, as_of=date(2023, 4, 30))
    assert found.rejected.height == lost


@pytest.mark.parametrize(
    ("code", "cells", "broken"),
    [
        ("020202", {"tax_amount": 49_999.99}, None),
        ("020202", {"tax_amount": 50_000}, "tax_amount below 50000"),
        ("020202", {"tax_amount": None}, None),
        ("020202", {}, None),
        ("020201", {"tax_amount": 50_000}, None),
        ("020201", {"tax_amount": 49_999.99}, "tax_amount at least 50000"),
        ("050101", {"short_tax": 9_999.99, "tax_payable": 1_000_000}, None),
        ("050101", {"short_tax": 10_000, "tax_payable": 10_000_000}, "short_tax below 10000"),
        ("050101", {"short_tax": 8_000, "tax_payable": 800_000}, "short_tax / tax_payable below 0.01"),
        ("050101", {"short_tax": 8_000, "tax_payable": 800_000.01}, None),
        ("050102", {"short_tax": 8_000, "tax_payable": 800_000}, None),
        ("060303", {"short_tax": 9_999, "tax_payable": 10_000_000}, "short_tax at least 10000"),
        ("010101", {"tax_amount": 90_000, "short_tax": 90_000, "tax_payable": 1}, None),
    ],
)  # fmt: skip
def test_an_event_is_of_the_size_its_row_is_for(
    code: str, cells: dict[str, Any], broken: str | None
) -> None:
    told = taken(event(code, **cells)).rejected["reasons"].to_list()
    assert len(told) == (broken is not None)
    for said in told:
        named, bound = re.split(" is for | are for ", said)
        assert (code in named, bound) == (True, broken)


def test_a_percentage_without_the_columns_it_divides_is_rejected() -> None:
    (reason,) = taken(event("050102")).rejected["reasons"].to_list()
    assert "counted by percentage" in reason


# ---- last year's grade --------------------------------------------------------------------------

CAUSES = ("prior_grade_direct", "prior_d_retained", "prior_d_by_score")


@pytest.mark.parametrize("period", [2014, 2015, 2017, 2018, 2019, 2020, 2021, 2024, 2025])
def test_last_years_d_of_unknown_cause_withholds_the_grade(period: int) -> None:
    rubric = catalog.for_period("tax-credit", period)
    lacks = "prior_d_cause" if period >= 2020 else "d_retained"
    for cells in ({}, dict.fromkeys(CAUSES)):
        row = graded(taken(period=period, subject={"prior_grade": "D", **cells}), period)
        assert (row["outcome"], row["withheld_by"], row["grade"]) == ("withheld", lacks, None)
    for grade in ("C", "M", "none", None):
        subject = {"prior_grade": grade, **dict.fromkeys(CAUSES)}
        row = graded(taken(period=period, subject=subject), period)
        assert (row["outcome"], row["grade"]) == ("graded", "A")
    # direct D of this year comes first, whatever last year's was
    worst = event("040103", occurred_on=f"{period}-05-01")
    row = graded(taken(worst, period=period, subject={"prior_grade": "D"}), period)
    assert row["decided_by"] == "d_r040103"
    assert rubric.edition


@pytest.mark.parametrize("period", [2020, 2021, 2025])
@pytest.mark.parametrize(
    ("direct", "retained", "by_score", "grade", "score"),
    [
        (True, None, None, "D", None),
        (None, True, None, "B", 100),
        (None, None, True, "B", 89),
        (False, False, False, "B", 100),
        (False, False, None, None, None),
        (False, None, False, None, None),
        (None, False, False, None, None),
    ],
)
def test_one_cause_that_holds_is_enough_and_all_must_be_known_where_none_does(
    period: int,
    direct: bool | None,
    retained: bool | None,
    by_score: bool | None,
    grade: str | None,
    score: int | None,
) -> None:
    cells = dict(zip(CAUSES, (direct, retained, by_score), strict=True))
    found = taken(period=period, subject={"prior_grade": "D", **cells})
    assert found.rejected.is_empty()
    row = graded(found, period)
    assert row["grade"] == grade
    assert score is None or row["earned"] == score * 100


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        ({"prior_grade": "A", "prior_d_by_score": True}, "prior_d_by_score is true, but"),
        ({"prior_grade": "B", "prior_grade_direct": True}, "prior_grade_direct is true, but"),
        ({"prior_grade": "none", "prior_d_retained": True}, "prior_d_retained is true, but"),
        (
            {"prior_grade": "D", "prior_grade_direct": True, "prior_d_by_score": True},
            "a D has one cause",
        ),
        (
            {"prior_grade": "D", "prior_grade_direct": True, "prior_d_retained": True},
            "a D has one cause",
        ),
        ({"prior_grade": "B", "consecutive_a_years": 1}, "consecutive_a_years is above 0"),
        ({"prior_grade": "A", "consecutive_a_years": 1}, None),
        ({"prior_grade": "B", "consecutive_a_years": 0}, None),
        ({"prior_d_by_score": True}, None),
    ],
)
def test_what_is_said_of_last_year_must_agree(subject: dict[str, Any], reason: str | None) -> None:
    found = taken(period=2025, subject=subject)
    told = "; ".join(found.rejected["reasons"].to_list())
    assert (reason in told) if reason else not told


# ---- records that are not whole -----------------------------------------------------------------


def files(folder: Path, *rows: dict[str, Any]) -> tuple[Rubric, Path, Path]:
    firms, events = folder / "firms.csv", folder / "events.csv"
    pl.DataFrame({"uscc": [FIRM, OTHER], "has_non_recurring_info": [True, True]}).write_csv(firms)
    pl.DataFrame(list(rows)).write_csv(events)
    return catalog.for_period("tax-credit", 2020), firms, events


def test_the_subject_of_a_rejected_event_is_withheld_never_graded_on_the_rest(
    tmp_path: Path,
) -> None:
    rubric, firms, events = files(
        tmp_path, event("no code"), event("010103", uscc=OTHER), event("合计", uscc="合计")
    )
    with pytest.raises(SubjectError):
        lc.grade(rubric, firms, tmp_path / "g.parquet", events=events, period=2020)
    manifest = lc.grade(
        rubric, firms, tmp_path / "g.parquet", events=events, period=2020, skip_rejected=True
    )
    rows = {row["uscc"]: row for row in pl.read_parquet(tmp_path / "g.parquet").to_dicts()}
    assert rows[OTHER]["earned"] == 9700
    held = rows[FIRM]
    assert (held["outcome"], held["withheld_by"]) == ("withheld", REJECTED_EVENT)
    assert {held[name] for name in held if name.startswith("points__")} == {None}
    assert (held["grade"], held["grade_label"], held["earned"]) == (None, None, None)
    assert manifest.facts.withheld == {REJECTED_EVENT: 1}
    assert manifest.facts.counts["graded"] == 1
    assert sum("1 subject withheld (rejected_event)" in note for note in manifest.notes) == 1
    told = json.loads((tmp_path / "g.parquet.manifest.json").read_text("utf-8"))
    assert told["withheld"] == {REJECTED_EVENT: 1}
    stored = Evaluation(pl.scan_parquet(tmp_path / "g.parquet"), rubric, date(2021, 4, 30))
    assert "withheld: an event of the subject was rejected" in str(stored.explain(FIRM))
    assert lc.verify(tmp_path / "g.parquet").holds


def test_a_rejected_event_of_nobody_readable_stops_the_run(tmp_path: Path) -> None:
    rubric, firms, events = files(
        tmp_path, event("010103"), event("010103", uscc="12331102398259791X"), event("x", uscc=None)
    )
    output = tmp_path / "g.csv"
    with pytest.raises(SubjectError, match="2 rejected events name no readable subject"):
        lc.grade(rubric, firms, output, events=events, period=2020, skip_rejected=True)
    assert not output.exists()
    assert rejected_path(output, "events").exists()


def test_an_event_of_a_subject_that_is_not_in_the_register_holds_nobody_up(
    tmp_path: Path,
) -> None:
    stranger = "913300000000000017"
    rubric, firms, events = files(tmp_path, event("010103"), event("010103", uscc=stranger))
    output = tmp_path / "g.parquet"
    manifest = lc.grade(rubric, firms, output, events=events, period=2020, skip_rejected=True)
    assert manifest.facts.counts["graded"] == 2
    assert manifest.facts.withheld == {}

"""One firm over years: each year's grade, and what changed since the year before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.rubrics import grade_files
from lishui_credit.rubrics.histories import subject_history
from lishui_credit.rubrics.law import catalog
from lishui_credit.tables.identifiers import uscc_check_digit

FIRM = "12331102398259791Y"
OTHER = "91331100MA2E0XXXX" + uscc_check_digit("91331100MA2E0XXXX")


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


def graded(folder: Path, period: int, events: int, firm: str = FIRM, **facts: object) -> Path:
    output = folder / f"{period}.csv"
    row = {"uscc": firm, "has_non_recurring_info": "是", **facts}
    pl.DataFrame([row]).write_csv(folder / f"firms {period}.csv")
    names = ("uscc", "event_id", "code", "occurred_on", "tax_type")
    rows = [(firm, str(n), "010101", f"{period}-05-{n + 1:02d}", "增值税") for n in range(events)]
    pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row").write_csv(
        folder / f"events {period}.csv"
    )
    grade_files.grade(
        catalog.for_period("tax-credit", period),
        folder / f"firms {period}.csv",
        output,
        events=folder / f"events {period}.csv" if events else None,
        period=period,
    )
    return output


def test_every_year_is_listed_oldest_first_with_what_changed(tmp_path: Path) -> None:
    files = [graded(tmp_path, 2020, 0), graded(tmp_path, 2018, 3), graded(tmp_path, 2019, 13)]
    found = subject_history(FIRM, files)
    assert [(row.year, row.grade, row.score, row.edition) for row in found.years] == [
        (2018, "B", "85", "2018-04-01"),
        (2019, "D", "35", "2020-01-01"),
        (2020, "A", "100", "2020-11-01"),
    ]
    assert [row.decided for row in found.years] == ["the score"] * 3
    assert found.years[0].changes == ()
    assert found.years[1].changes == (
        "edition: 2018-04-01 → 2020-01-01",
        "grade: B → D",
        "points: 85 → 35",
        "tax return late (each tax, each time): -15 → -65",
    )


def test_a_year_graded_with_another_last_grade_than_its_file_is_told(tmp_path: Path) -> None:
    files = [graded(tmp_path, 2019, 3), graded(tmp_path, 2020, 0, prior_grade="A")]
    assert "graded with A as last year's grade; the file of 2019 says B" in (
        subject_history(FIRM, files).years[1].changes
    )


def test_a_gap_and_a_year_without_the_subject_are_told(tmp_path: Path) -> None:
    files = [graded(tmp_path, 2018, 0), graded(tmp_path, 2020, 0, firm=OTHER)]
    last = subject_history(FIRM, files).years[1]
    assert (last.listed, last.decided) == (False, "not in the file")
    assert last.changes[0] == "no file for 2019"
    with pytest.raises(SubjectError, match="none of the files"):
        subject_history("nobody", files)


def test_two_files_of_one_year_are_refused(tmp_path: Path) -> None:
    file = graded(tmp_path, 2018, 0)
    with pytest.raises(SubjectError, match="two files are of the year 2018"):
        subject_history(FIRM, [file, file])


def test_the_command_prints_the_years_in_both_languages_and_as_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["history", FIRM, str(graded(tmp_path, 2019, 3)), str(graded(tmp_path, 2020, 0))]
    assert main(words) == 0
    assert "2020, what changed:" in capsys.readouterr().out
    assert main([*words, "--lang", "zh"]) == 0
    page = capsys.readouterr().out
    assert "2020 年的变化：" in page
    assert "等级：B → A" in page
    assert main([*words, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [row["grade"] for row in data["years"]] == ["B", "A"]

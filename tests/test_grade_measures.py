"""Measures rest on a document, belong to a grade that is, and punish nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.errors import EditionError, RubricError
from lishui_credit.language import set_language
from lishui_credit.rubrics import grade_files
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.grade_measures import measures_of, read_measures
from lishui_credit.rubrics.listing import page

FOLDER = Path(str(files("lishui_credit") / "rubrics" / "law" / "measures"))
ALL = [
    (rubric, grade.id)
    for rubric in (catalog.load(entry.path) for entry in catalog.entries())
    for grade in rubric.grades
]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


def test_every_shipped_measure_is_reached_by_a_grade_and_has_an_address() -> None:
    shipped = {row.id for path in FOLDER.glob("*.toml") for row in read_measures(path).measures}
    found = [m for rubric, grade in ALL for m in measures_of(rubric, grade)]
    assert {m.measure.id for m in found} == shipped
    assert all(m.source.url and m.measure.clause for m in found)
    assert {m.measure.kind for m in found} == {"incentive", "supervision"}


def test_the_plan_says_what_follows_from_the_four_grades_of_farm_produce() -> None:
    rubric = catalog.rubric("farm-produce@2016-10-01")
    said = {g.id: [m.measure.label_zh for m in measures_of(rubric, g.id)] for g in rubric.grades}
    assert said["A"][0] == "进行简化监督"
    assert said["B"] == ["进行常规监督"]
    assert said["C"][0] == "进行强化监督"
    assert not any("处罚" in text for texts in said.values() for text in texts)
    shown = page(rubric)  # an outline has no grades to explain: its page tells them
    assert all(m.measure.label_en in shown for g in "ABCD" for m in measures_of(rubric, g))


def test_measures_outside_the_term_of_their_document_are_left_out() -> None:
    rubric = catalog.rubric("tax-credit@2018-04-01")
    assert measures_of(rubric, "A", on=date(2020, 12, 31))
    assert measures_of(rubric, "A", on=date(2021, 1, 1)) == ()
    assert measures_of(rubric, "D") == ()
    with pytest.raises(EditionError, match="no such grade"):
        measures_of(rubric, "AAA")


WRONG = """format = 2
in_force = { from = 2016-01-01 }
source = { issuer = "x", title_zh = "x" }

[[measures]]
id = "one"
label_zh = "甲"
label_en = "one"
kind = "incentive"
given_to = { "tax-credit" = ["AAA"], "tax-credi" = ["A"] }
clause = "1"
evidence = "copy"
assumed_en = "ours"

[[measures]]
id = "one"
label_zh = "乙"
label_en = "two"
kind = "incentive"
given_to = {}
clause = "1"
evidence = "copy"
"""


def test_every_mistake_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(WRONG, encoding="utf-8")
    with pytest.raises(RubricError) as caught:
        read_measures(path)
    said = "\n".join(map(str, caught.value.problems))
    for part in ("format number", "AAA", "tax-credi", "both languages", "duplicate id", "no grade"):
        assert part in said
    assert len(caught.value.problems) == 6
    path.write_text(WRONG.replace('kind = "incentive"', 'kind = "punishment"'), encoding="utf-8")
    with pytest.raises(RubricError, match="punishment"):
        read_measures(path)


def test_explain_shows_what_a_grade_brings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "12331102398259791Y"
    flags = ["labour_serious_effect", "child_or_forced_labour", "refuses_labour_decision",
             "obstructs_labour_inspection", "labour_crime_prosecuted"]  # fmt: skip
    facts = {"uscc": code, "labour_investigations": 0, **dict.fromkeys(flags, "否")}
    pl.DataFrame([facts]).write_csv(tmp_path / "firms.csv")
    rubric, out = catalog.rubric("labour-security@2017-01-01"), tmp_path / "grades.csv"
    grade_files.grade(rubric, tmp_path / "firms.csv", out, as_of=date(2018, 3, 31))
    assert main(["explain", str(out), code, "--lang", "zh"]) == 0
    told = capsys.readouterr().out
    assert "绿色通道" in told
    assert "假定" in told
    grade_files.grade(rubric, tmp_path / "firms.csv", out, as_of=date(2022, 3, 31))
    assert main(["explain", str(out), code]) == 0
    assert "green channel" not in capsys.readouterr().out

"""Every reader refuses the same blank ids and the same errors of a spreadsheet, in the same words."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl
import pytest

from lishui_credit.backends.plain_inputs import words
from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.rubrics.grade_folders import grade_folder
from lishui_credit.rubrics.intake import intake
from lishui_credit.rubrics.law import catalog
from lishui_credit.tables.column_cells import EMPTY, NOTHING
from lishui_credit.tables.unreadable import is_unreadable, no_value, surely_readable
from tests.javascript import run
from tests.test_plain_rubrics import DAY, TAX, changed, checked, whole

HOUSEHOLD = "farmer-household@2009-01-01"
BLANKS = [
    *map(chr, (*range(9, 14), *range(0x1C, 0x21), 0x85, 0xA0, 0x1680, *range(0x2000, 0x2010))),
    *map(chr, (0x2028, 0x2029, 0x202F, 0x205F, 0x2060, 0x3000, 0xFEFF)),
]
ERRORS = (
    "#N/A",
    "#n/a",
    "#REF!",
    "#DIV/0!",
    "#值!",
    "#引用!",
    "\uff03\uff2e\uff0f\uff21",
    "\uff03\uff24\uff29\uff36\uff0f\uff10\uff01",
    "\uff03\uff03\uff03",
    "#引用\uff01",
    "###",
    "Err:502",
    "#ERROR! #X",
)
CELLS = {
    **dict.fromkeys(["", "  ", *BLANKS, *(f"{b}\u3000{b}" for b in BLANKS)], "no {}"),
    **dict.fromkeys([f"\u3000{word} " for word in NOTHING if word.upper() in NOTHING], "no {}"),
    **dict.fromkeys(ERRORS, no_value()),
    **dict.fromkeys([f"{b}{e}{b}" for b in BLANKS for e in ERRORS[::3]], no_value()),
}
"""Cells that are no id, and what is said of each."""


@cache
def in_javascript() -> list[str]:
    subject, _ = whole()
    function = f"""(cells) => {{
      {catalog.rubric(TAX).to_javascript(period=2020, as_of=DAY, without=())}
      return cells.map(([subject, cell]) => {{
        try {{ return String(grade({{...subject, uscc: cell}}, [])); }}
        catch (stopped) {{ return stopped.message; }}
      }});
    }}"""
    plain = {key: None if hasattr(cell, "isoformat") else cell for key, cell in subject.items()}
    found: list[str] = run(function, [[plain, cell] for cell in CELLS])
    return found


def test_printed_functions_refuse_what_is_no_id() -> None:
    subject, _ = whole()
    grade = checked(TAX)
    for (cell, said), found in zip(CELLS.items(), in_javascript(), strict=True):
        with pytest.raises(SubjectError) as refused:
            grade(changed(subject, uscc=cell), events=())
        told = f"subject uscc: {said.format('uscc')}"
        assert told in str(refused.value), repr(cell)
        assert told in found, repr(cell)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_printed_functions_say_what_intake_says(lang: str) -> None:
    set_language(lang)
    try:
        assert words()["unreadable"] == no_value()
    finally:
        set_language(None)


@pytest.mark.parametrize("name", [TAX, HOUSEHOLD])
def test_intake_refuses_what_is_no_id(name: str) -> None:
    rubric = catalog.rubric(name)
    frame = people(name)
    taken = intake(rubric, frame, period=2020, as_of=DAY)
    rejected = taken.rejected_rows["subjects"]
    reasons = dict(zip(rejected[rubric.subject_id], rejected["reasons"], strict=True))
    for cell, said in CELLS.items():
        assert said.format(rubric.subject_id) in reasons[cell], repr(cell)


@pytest.mark.parametrize("name", [TAX, HOUSEHOLD])
def test_an_engine_refuses_what_is_no_id(name: str, tmp_path: Path) -> None:
    rubric = catalog.rubric(name)
    people(name).write_parquet(tmp_path / "subjects.parquet")
    with pytest.raises(SubjectError):
        grade_folder(
            rubric,
            tmp_path / "subjects.parquet",
            tmp_path / "grades",
            engine="duckdb",
            as_of=DAY,
            period=2020,
        )
    files = tmp_path / "grades.rejected" / "subjects" / "*.parquet"
    rejected = pl.read_parquet(files)
    reasons = dict(zip(rejected[rubric.subject_id], rejected["_reasons"], strict=True))
    for cell, said in CELLS.items():
        assert said.format(rubric.subject_id) in reasons[cell], repr(cell)


def people(name: str) -> pl.DataFrame:
    """A row for each cell as the subject's id, else empty and of the right types."""
    from lishui_credit.rubrics.hostile_subjects import Hostile

    rubric = catalog.rubric(name)
    schema = Hostile(rubric, DAY, seed=5).schema
    rows = [{rubric.subject_id: cell} for cell in CELLS]
    return pl.DataFrame(rows, schema=schema)


def test_no_unreadable_text_is_surely_readable() -> None:
    cells = [c for c in CELLS if is_unreadable(c)]
    assert len(cells) > len(ERRORS)
    frame = pl.DataFrame({"a": cells}).select(surely_readable(pl.col("a").str.strip_chars()))
    assert not frame["a"].any()
    for cell in ("张三", "S1", "ｓ１", "$5"):
        assert not pl.DataFrame({"a": [cell]})["a"].str.contains(EMPTY)[0]

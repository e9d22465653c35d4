"""Every notebook lies with its outputs, runs from top to bottom, and says again what is kept with it.

Tolerances stand in `notebooks/run.py`: words are equal, whole numbers within a millionth, other printed
numbers within one in the last digit or 0.01 %, numbers of figures within 0.01 % or 0.000001.
"""

import ast
import copy
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import openpyxl
import polars as pl
import pytest

from lishui_credit.rubrics.law.catalog import rubric
from lishui_credit.rubrics.rubric_forms import rubric_form
from lishui_credit.samples import enterprises
from lishui_credit.samples.committed_files import chinese
from lishui_credit.tables.forms import HEADER, write_form
from notebooks.run import (
    DRAWN_FROM,
    FIGURE,
    METADATA,
    PICTURE,
    ROOT,
    digest,
    executed,
    figures,
    near,
    packed,
    paths,
    run,
    same_figure,
    same_text,
    settled,
    stale,
    stored,
    undrawn,
)

NOTEBOOKS = paths()
# Published data; what is made up says so in its title.
REAL = {"05_reproduce", "06_bank_cutoffs", "07_your_own_data", "09_readable_card"}
LARGEST = 1_000_000  # bytes
DECIDE = ("polars", "numpy", "scipy", "scikit-learn", "lightgbm", "plotly")

# Each in a group of its own: one after another they would take the longest of all.
each = pytest.mark.parametrize(
    "path",
    [pytest.param(p, id=p.stem, marks=pytest.mark.xdist_group(p.stem)) for p in NOTEBOOKS],
)


def code(path: Path) -> list[Any]:
    """The code cells of a notebook as kept."""
    return [cell for cell in stored(path).cells if cell.cell_type == "code"]


def locked() -> bool:
    """Whether what decides the numbers is installed in the locked versions, as outputs were made."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return all(re.search(rf"^{name}=={re.escape(version(name))}\s", lock, re.M) for name in DECIDE)


def noise(notebook: Any) -> list[str]:
    """What cells said on the side: warnings."""
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    return [out.text for out in outputs if out.output_type == "stream" and out.name == "stderr"]


def strings(part: Any) -> Iterator[str]:
    """Every text in plain data."""
    if isinstance(part, str):
        yield part
    for inner in (
        part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    ):
        yield from strings(inner)


def test_the_ten_notebooks_are_there() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == [f"0{place}" for place in range(10)]
    assert not list((ROOT / "notebooks").glob("[0-9]*.py"))  # no second copy


@each
def test_a_notebook_defines_nothing(path: Path) -> None:
    for cell in code(path):
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, kinds)]


@each
def test_a_notebook_is_kept_whole_small_and_without_what_changes_from_run_to_run(
    path: Path,
) -> None:
    notebook = stored(path)
    assert path.stat().st_size < LARGEST
    assert notebook.metadata == METADATA
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)
    cells = code(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [out for cell in cells for out in cell.outputs if out.output_type == "error"]
    here = re.compile(
        "|".join([*map(re.escape, (str(ROOT), gettempdir())), "/te?mp/", "0x[0-9a-f]{6}"])
    )
    assert not [text for text in strings(notebook) if here.search(text)]


@each
def test_every_figure_is_kept_with_the_picture_of_itself(path: Path) -> None:
    notebook = stored(path)
    assert list(figures(notebook))
    assert undrawn(notebook) == []
    for out in figures(notebook):
        words = out.data[FIGURE]["layout"]["title"]["text"]
        loud = next((word for word in ("SYNTHETIC DATA", "合成数据") if word in words), None)
        assert loud is None or loud in out.data[PICTURE]


@each
def test_a_notebook_runs_without_a_warning_and_says_again_what_is_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POLARS_MAX_THREADS", raising=False)  # as many as a reader's machine has
    kept = stored(path)
    made = run(kept)
    assert noise(made) == []
    if locked():
        assert stale(kept, made) == []
    head = kept.cells[0].source
    if path.stem in REAL:
        assert "SYNTHETIC" not in head
        assert "CC BY 4.0" in head
        return
    assert "SYNTHETIC" in head
    assert "合成数据" in head
    shown = [out.data[FIGURE]["layout"]["title"]["text"] for out in figures(made)]
    assert shown
    real = [title for title in shown if "SYNTHETIC" not in title and "合成数据" not in title]
    assert all("real" in title or "真实" in title for title in real)


def test_the_start_takes_ten_cells() -> None:
    assert len(code(NOTEBOOKS[0])) == 10


def test_every_choice_of_the_template_has_a_question_and_what_happens_without_it() -> None:
    texts = [cell.source for cell in stored(NOTEBOOKS[7]).cells if cell.cell_type == "markdown"]
    for text in texts[1:]:
        asked, without = text.count("**Question.**"), len(re.findall(r"\*If \w+", text))
        assert asked == without >= 1
        assert text.count("**问题**") == text.count("？*若") == asked


@pytest.mark.xdist_group("template")
def test_the_template_runs_on_a_form_that_was_filled_in(tmp_path: Path) -> None:
    edition = rubric("small-enterprise", on="2016-06-30")
    form = tmp_path / "form.xlsx"
    write_form(rubric_form(edition), form)
    made_up = chinese(enterprises.small_enterprises(1_200, seed=7))
    book = openpyxl.load_workbook(form)
    sheet = book.worksheets[0]
    headers = [cell.value for cell in sheet[HEADER] if cell.value]
    beside = ["十二个月内违约", "县(市、区)", "合成数据"]
    headers += [name for name in beside if name not in headers]
    for place, name in enumerate(headers, 1):
        sheet.cell(HEADER, place, name)
        if name in made_up.columns:
            for row, value in enumerate(made_up[name].to_list(), HEADER + 1):
                sheet.cell(row, place, value)
    book.save(form)
    notebook = executed(
        stored(NOTEBOOKS[7]),
        {
            "FILE": str(form),
            "OUTCOME": "十二个月内违约",
            "LEAVE_OUT": ["uscc", "name", "loan_class"],
            "GROUPS": ["county"],
            "AMOUNT": "",
            "OUTPUT": str(tmp_path / "own"),
        },
    )
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    said = "".join(out.text for out in outputs if out.output_type == "stream")
    assert "SYNTHETIC DATA 合成数据" in said
    assert "1,200 rows" in said
    assert all(
        "SYNTHETIC" in out.data[FIGURE]["layout"]["title"]["text"] for out in figures(notebook)
    )
    names = {
        "card.md",
        "card.sql",
        "points.csv",
        "scorecard.json",
        "validation.html",
        "validation.json",
    }
    assert {path.name for path in (tmp_path / "own" / "1").iterdir()} == names
    assert pl.read_csv(tmp_path / "own" / "1" / "points.csv").height > 0


# ---- a stale output fails -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("7,571", "7,571", True),
        ("7,571", "7,572", False),
        ("12345678", "12345679", True),  # a sum in fen
        ("0.7810", "0.7811", True),
        ("0.7810", "0.7812", False),
        ("158.123", "158.130", True),
        ("158.123", "158.200", False),
        ("1e-48", "2e-48", True),
        ("1e-48", "3e-48", False),
        ("-0.1", "0.1", False),
    ],
)
def test_printed_numbers_are_the_same_within_the_tolerances(old: str, new: str, same: bool) -> None:
    assert near(old, new) is same


def test_texts_are_the_same_where_words_are_and_columns_may_be_wider() -> None:
    assert same_text("│ a ┆ 0.99 │\n╞═══╡", "│ a  ┆  1.00 │\n╞════╡")
    assert not same_text("grade A: 3", "grade B: 3")
    assert not same_text("grade A: 3", "grade A: 3 4")
    assert not same_text("p1 is r050101", "p1 is r050102")  # a digit in a name is a word


def test_figures_are_compared_value_by_value() -> None:
    packed = {"dtype": "f8", "bdata": "AAAAAAAA8D8AAAAAAAAAQA=="}  # 1, 2
    assert same_figure({"x": packed}, {"x": [1.00001, 2]})
    assert not same_figure({"x": packed}, {"x": [1.001, 2]})
    assert not same_figure({"x": packed}, {"x": [1]})
    assert not same_figure({"x": True}, {"x": 1.0})
    assert not same_figure({"x": None}, {"x": 0})
    assert not same_figure({"x": 1}, {"x": 1, "y": 1})


def test_a_long_array_of_numbers_is_packed_and_says_the_same() -> None:
    numbers = [place / 7 for place in range(100)]
    traces = [{"x": numbers, "y": numbers[:99], "text": ["a"] * 100, "z": [*numbers[:99], None]}]
    made = packed(traces)
    assert set(made[0]["x"]) == {"dtype", "bdata"}
    assert {name: made[0][name] for name in ("y", "text", "z")} == {
        name: traces[0][name] for name in ("y", "text", "z")
    }
    assert same_figure(traces, made)


@pytest.fixture
def kept() -> Any:
    return stored(NOTEBOOKS[0])


def output_of(notebook: Any, kind: str) -> Any:
    """The first output of a kind."""
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    return next(out for out in outputs if kind in (out.output_type, *out.get("data", {})))


def test_a_word_a_number_a_table_or_a_figure_that_differs_is_stale(kept: Any) -> None:
    assert stale(kept, copy.deepcopy(kept)) == []
    made = copy.deepcopy(kept)
    stream = output_of(made, "stream")
    stream.text = stream.text.replace("农", "工", 1)
    assert len(stale(kept, made)) == 1
    made = copy.deepcopy(kept)
    table = output_of(made, "text/html")
    table.data["text/html"] = table.data["text/html"].replace("<td>", "<td>9", 1)
    assert len(stale(kept, made)) == 1
    made = copy.deepcopy(kept)
    figure = output_of(made, FIGURE).data[FIGURE]
    figure["data"] = figure["data"][1:]
    assert len(stale(kept, made)) == 1
    made = copy.deepcopy(kept)
    next(cell for cell in made.cells if cell.get("outputs")).outputs.pop()
    assert len(stale(kept, made)) == 1


def test_what_says_the_same_is_left_as_it_is(kept: Any) -> None:
    made = copy.deepcopy(kept)
    picture = output_of(made, FIGURE)
    del picture.data[PICTURE]
    picture.metadata.clear()
    figure = picture.data[FIGURE]["layout"]
    figure["height"] = figure["height"] * 1.000001
    assert settled(kept, made) == kept


def test_a_figure_that_differs_loses_its_picture_until_it_is_drawn_again(kept: Any) -> None:
    made = copy.deepcopy(kept)
    figure = output_of(made, FIGURE).data[FIGURE]["layout"]
    figure["height"] += 50
    assert len(undrawn(settled(kept, made))) == 1


def test_a_picture_of_an_earlier_figure_is_noticed(kept: Any) -> None:
    out = output_of(kept, FIGURE)
    assert out.metadata[DRAWN_FROM] == digest(out.data[FIGURE])
    out.data[FIGURE]["layout"]["title"]["text"] += "!"
    assert undrawn(kept) == [out]

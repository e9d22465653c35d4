"""Every notebook runs from top to bottom, only calls, and keeps no outputs."""

import ast
from pathlib import Path
from typing import Any

import jupytext
import pytest

from notebooks.render import FIGURE, executed, paths

NOTEBOOKS = paths()
REAL = {"05_reproduce", "06_bank_cutoffs"}  # published data; what is made up says so in its title


def code(path: Path) -> list[str]:
    """The code cells of a notebook as stored."""
    return [cell.source for cell in jupytext.read(path).cells if cell.cell_type == "code"]


def test_the_six_notebooks_are_there() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05", "06"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_defines_nothing(path: Path) -> None:
    for cell in code(path):
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
        assert not [node for node in ast.walk(ast.parse(cell)) if isinstance(node, kinds)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ---\n# jupyter:")
    stored = jupytext.read(path)
    assert not [cell for cell in stored.cells if cell.get("outputs")]
    assert not list(path.parent.glob("*.ipynb"))


def titles(outputs: list[Any]) -> list[str]:
    """The titles of the figures among some outputs."""
    figures = [out.data[FIGURE] for out in outputs if FIGURE in out.get("data", {})]
    return [figure["layout"]["title"]["text"] for figure in figures]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_without_a_warning_and_says_whether_it_is_synthetic(path: Path) -> None:
    notebook = executed(path, seconds=300)
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    noise = [out.text for out in outputs if out.output_type == "stream" and out.name == "stderr"]
    assert noise == []
    head = notebook.cells[0].source
    if path.stem in REAL:
        assert "SYNTHETIC" not in head
        assert "CC BY 4.0" in head
        return
    assert "SYNTHETIC" in head
    assert "合成数据" in head
    shown = titles(outputs)
    assert shown
    real = [title for title in shown if "SYNTHETIC" not in title and "合成数据" not in title]
    assert all("real" in title or "真实" in title for title in real)

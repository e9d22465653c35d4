"""Subjects whose record has holes: what an override rule takes for "no" is counted, or withholds."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.language import set_language
from lishui_credit.rubrics import grade_files, stored_grades
from lishui_credit.rubrics.engine.compile import favourable_columns
from lishui_credit.rubrics.law import catalog
from lishui_credit.tables.columns import called, dictionary

RUBRIC = catalog.rubric("environment-credit@2014-03-01")
DATA = Path(__file__).resolve().parents[1] / "data_samples"
CELLS = ("", "-", "NA", None)


@pytest.fixture(autouse=True)
def _english() -> object:
    set_language("en")
    yield
    set_language(None)


def vetoes(frame: pl.DataFrame) -> dict[str, str]:
    """Columns whose empty cell is the favourable thing, with their headers in the sample."""
    known = {name: dictionary()[name] for name in favourable_columns(RUBRIC)}
    return {
        name: head
        for name, column in known.items()
        for head in frame.columns
        if head in (column.id, column.label_zh, *column.aliases)
    }


def firms(folder: Path) -> tuple[Path, pl.DataFrame, list[str]]:
    """Six firms: one with two empty cells, one with one, the others whole."""
    frame = pl.read_csv(DATA / "environment.csv", infer_schema=False)
    heads = vetoes(frame)
    frame = frame.filter(pl.all_horizontal(pl.col(head) == "否" for head in heads.values())).head(6)
    names = list(heads)[:2]
    for name, rows in zip(names, ([0], [0, 1]), strict=True):
        cells = frame[heads[name]].to_list()
        for row in rows:
            cells[row] = CELLS[row + 1]
        frame = frame.with_columns(pl.Series(heads[name], cells))
    frame.write_csv(folder / "firms.csv")
    return folder / "firms.csv", frame, names


def graded(path: Path, output: Path, **options: Any) -> pl.DataFrame:
    grade_files.grade(RUBRIC, path, output, as_of=date(2018, 6, 30), **options)
    return stored_grades.read(output).frame.collect()


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_empty_cells_of_override_rules_are_counted_or_withhold(kind: str, tmp_path: Path) -> None:
    path, _, (first, second) = firms(tmp_path)
    usual = graded(path, tmp_path / f"usual.{kind}")
    assert usual["outcome"].to_list() == ["graded"] * 6
    told = stored_grades.read(tmp_path / f"usual.{kind}").manifest.facts
    assert dict(told.empty_overrides) == {first: 1, second: 2}
    strict = graded(path, tmp_path / f"strict.{kind}", strict=True)
    assert strict["outcome"].to_list() == ["withheld"] * 2 + ["graded"] * 4
    assert strict["withheld_by"].to_list()[:2] == [second, second]
    assert strict["grade"].to_list() == [None, None, *usual["grade"].to_list()[2:]]
    assert strict["earned"].to_list()[:2] == [None, None]
    verdict = grade_files.verify(tmp_path / f"strict.{kind}")
    assert all(verdict.checks.values()), verdict.checks


def test_the_summary_tells_of_empty_cells_and_how_to_withhold(tmp_path: Path, capsys: Any) -> None:
    path, _, (first, _) = firms(tmp_path)
    job = ["grade", RUBRIC.name, str(path), "--on", "2018-06-30", "--lang", "en"]
    assert main([*job, "-o", str(tmp_path / "a.csv")]) == 0
    assert f"taken for 'no' by override rules: {called(first)} 1" in capsys.readouterr().out
    assert main([*job, "-o", str(tmp_path / "b.csv"), "--strict"]) == 0
    assert "4 graded, 2 withheld" in capsys.readouterr().out

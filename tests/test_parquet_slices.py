"""Slices of a Parquet file are its rows: whatever is asked of them, and where a slice cannot be read."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lishui_credit.errors import SubjectError
from lishui_credit.rubrics.intake import intake
from lishui_credit.rubrics.law.catalog import rubric
from lishui_credit.samples.households import county_bases, households
from lishui_credit.tables import parquet_slices


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, pl.DataFrame]:
    """Ninety-five rows in two row groups, read ten at a time and handed on by fours."""
    monkeypatch.setattr(parquet_slices, "ROWS", 10)
    monkeypatch.setattr(parquet_slices, "PART", 4)
    rows = pl.DataFrame({"id": range(95), "text": [f"户{i % 7}" for i in range(95)], "b": 1.5})
    rows.write_parquet(tmp_path / "rows.parquet", row_group_size=60)
    return tmp_path / "rows.parquet", rows


def test_slices_give_the_rows_of_the_file_in_their_order(
    written: tuple[Path, pl.DataFrame],
) -> None:
    path, rows = written
    sliced = parquet_slices.scan_slices(path)
    assert "PYTHON SCAN" in sliced.explain()
    asked = {
        "all": lambda frame: frame,
        "no row": lambda frame: frame.head(0),
        "first": lambda frame: frame.head(25),
        "middle": lambda frame: frame.slice(37, 20),
        "last": lambda frame: frame.tail(3),
        "columns": lambda frame: frame.select("text", "id"),
        "filtered": lambda frame: frame.filter(pl.col("id") % 9 == 0).select("text"),
        "numbered": lambda frame: frame.with_row_index().filter(pl.col("index") > 50),
        "twice": lambda frame: frame.join(frame.group_by("text").len(), on="text").sort("id"),
    }
    for name, question in asked.items():
        for engine in ("in-memory", "streaming"):
            found = question(sliced).collect(engine=engine)
            assert_frame_equal(found, question(rows.lazy()).collect()), name


def test_a_file_whose_later_slice_is_damaged_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_slices, "ROWS", 50)
    path = tmp_path / "homes.parquet"
    households(200, seed=1, year=2016).write_parquet(path, row_group_size=100)
    held = bytearray(path.read_bytes())
    middle = len(held) // 2  # where the columns of the second row group begin
    held[middle : middle + 400] = b"\xff" * 400
    path.write_bytes(held)
    with pytest.raises(SubjectError, match=r"homes\.parquet"):
        intake(rubric("farmer-household@2009-01-01"), path, bases=county_bases(2016))

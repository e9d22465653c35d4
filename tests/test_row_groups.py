"""A Parquet file written over holds what it held, but for the cells that were written anew."""

from __future__ import annotations

import tempfile
from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lishui_credit.tables.row_groups import write_over

WORDS = {"told": "then", "kept": "丽水"}


def table(rows: int) -> pl.DataFrame:
    """A column of every kind that results have; texts repeat, and are longer than a page's statistics."""
    numbers = pl.int_range(rows, eager=True)
    return pl.DataFrame(
        {
            "id": numbers.cast(pl.String).str.zfill(12),
            "text": (numbers % 3).replace_strict({0: "甲" * 90, 1: "b", 2: None}),
            "points": (numbers % 7 - 3).cast(pl.Int32),
            "amount": numbers * 10**12,
            "flag": numbers % 5 == 0,
            "day": numbers.cast(pl.Int32).cast(pl.Date),
            "moment": pl.Series([datetime(2020, 1, 1)] * rows, dtype=pl.Datetime("us")),
            "share": numbers / 3,
            "empty": pl.Series([None] * rows, dtype=pl.String),
        }
    )


def made(folder: Path, frame: pl.DataFrame, group: int) -> Path:
    path = folder / "then.parquet"
    frame.write_parquet(path, row_group_size=group, metadata=WORDS)
    return path


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_what_is_written_anew_is_there_and_all_else_as_it_was(data: st.DataObject) -> None:
    rows, group = data.draw(st.integers(1, 60)), data.draw(st.integers(1, 25))
    then = table(rows)
    expected = []

    def renew(start: int, height: int) -> pl.DataFrame | None:
        piece = then.slice(start, height)
        way = data.draw(st.sampled_from(["same", "cells", "rows"]))
        if way == "same":
            expected.append(piece)
            return None
        if way == "cells":
            names = data.draw(st.sets(st.sampled_from(then.columns), min_size=1))
            fresh = piece.select(pl.col(name).reverse() for name in then.columns if name in names)
            expected.append(piece.with_columns(fresh))
            return fresh
        kept = data.draw(st.lists(st.sampled_from(range(height)), max_size=2 * height))
        expected.append(piece[kept])
        return piece[kept]

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        now = folder / "now.parquet"
        write_over(made(folder, then, group), now, renew, {"told": "now", "more": "!"}, level=1)
        whole = pl.concat([then.clear(), *expected])
        assert_frame_equal(pl.read_parquet(now), whole)
        assert_frame_equal(pl.scan_parquet(now).collect(engine="streaming"), whole)
        held = pq.read_table(now)
        assert_frame_equal(pl.DataFrame(held), whole)
        assert (
            duckdb.sql(f"SELECT id, points FROM '{now}'").fetchall()
            == whole.select("id", "points").rows()
        )
        words = pl.read_parquet_metadata(now)
        assert {key: words[key] for key in ("told", "kept", "more")} == {
            "told": "now",
            "kept": "丽水",
            "more": "!",
        }
        # Readers pass over row groups by what the footer says of their cells.
        for place in (0, rows - 1):
            one = pl.col("id") == then["id"][place]
            found = pl.scan_parquet(now).filter(one).collect()
            assert_frame_equal(found, whole.filter(one))
            asked = pq.read_table(now, filters=[("id", "=", then["id"][place])])
            assert asked.num_rows == whole.filter(one).height


def test_a_file_written_over_is_written_over_again(tmp_path: Path) -> None:
    then = table(30)
    path = made(tmp_path, then, 7)
    for turn in range(20):  # more row groups than a short list of the footer holds
        now = tmp_path / f"{turn}.parquet"
        assert write_over(path, now, lambda _start, _rows: None, {"told": str(turn)}, level=1)
        path = now
    assert_frame_equal(pl.read_parquet(path), then)
    assert path.stat().st_size <= (tmp_path / "then.parquet").stat().st_size


def test_chunks_without_a_change_are_copied(tmp_path: Path) -> None:
    then = table(40)
    path, now = made(tmp_path, then, 20), tmp_path / "now.parquet"
    fresh = then.select(pl.col("points") + 1)
    write_over(
        path, now, lambda start, rows: fresh.slice(start, rows) if start else None, {}, level=1
    )

    def chunks(file: Path, group: int) -> dict[str, bytes]:
        told = pq.ParquetFile(file).metadata.row_group(group)
        found = {}
        for place in range(told.num_columns):
            chunk = told.column(place)
            start = min(filter(None, (chunk.dictionary_page_offset, chunk.data_page_offset)))
            data = file.read_bytes()[start : start + chunk.total_compressed_size]
            found[chunk.path_in_schema] = data
        return found

    assert chunks(now, 0) == chunks(path, 0)
    was, told = chunks(path, 1), chunks(now, 1)
    assert {name for name in was if was[name] != told[name]} == {"points"}


def test_files_of_other_writers_and_other_columns_are_not_written_over(tmp_path: Path) -> None:
    then = table(5)
    foreign = tmp_path / "foreign.parquet"
    pq.write_table(then.to_arrow(), foreign)
    assert not write_over(foreign, tmp_path / "now.parquet", lambda *_: None, {}, level=1)
    assert not (tmp_path / "now.parquet").exists()
    path = made(tmp_path, then, 5)
    wrong = [
        then.select(pl.col("points").cast(pl.Int64)),  # held otherwise
        then.select(pl.col("points").alias("other")),
        then.select("points").head(3),  # rows of one column only
    ]
    for fresh in wrong:
        with pytest.raises(AssertionError):
            write_over(path, tmp_path / "now.parquet", lambda *_, fresh=fresh: fresh, {}, level=1)


@pytest.mark.parametrize("cut", [1, 9, 200])
def test_a_damaged_file_is_not_written_over(tmp_path: Path, cut: int) -> None:
    path = made(tmp_path, table(5), 5)
    whole = path.read_bytes()
    path.write_bytes(whole[:-8][:-cut] + whole[-8:])
    now = tmp_path / "now.parquet"
    try:
        told = write_over(path, now, lambda *_: None, {}, level=1)
    except (ValueError, IndexError):
        told = False
    assert not told
    path.write_bytes(whole[:-1])
    with pytest.raises(ValueError, match="no footer"):
        write_over(path, now, lambda *_: None, {}, level=1)


def test_dates_are_dates(tmp_path: Path) -> None:
    path, now = made(tmp_path, table(3), 3), tmp_path / "now.parquet"
    day = pl.DataFrame({"day": [date(2019, 4, 30), None, date(1900, 1, 1)]})
    write_over(path, now, lambda *_: day, {}, level=1)
    assert_frame_equal(pl.read_parquet(now, columns=["day"]), day)

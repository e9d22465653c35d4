"""A few damaged files of every kind; `make fuzz` reads thousands."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz import run


def test_a_damaged_file_ends_in_a_result_or_in_one_message(tmp_path: Path) -> None:
    became, failed = run(150, 7, tmp_path)
    assert failed == []
    assert len(became) > 6


def test_a_damaged_parquet_file_that_makes_polars_panic_is_refused_like_any_other(
    tmp_path: Path,
) -> None:
    became, failed = run(150, 7, tmp_path, "parquet")
    assert failed == []
    assert became["parquet: told"] > 100

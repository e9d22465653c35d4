"""A few damaged files of every kind; `make fuzz` reads thousands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz import run


def test_a_damaged_file_ends_in_a_result_or_in_one_message(tmp_path: Path) -> None:
    became, failed = run(150, 7, tmp_path)
    assert failed == []
    assert len(became) > 6


@pytest.mark.parametrize("kind", ["parquet", "parquet of a sample", "parquet to be scored"])
def test_a_damaged_parquet_file_that_makes_polars_panic_is_refused_like_any_other(
    kind: str, tmp_path: Path
) -> None:
    became, failed = run(150, 7, tmp_path, kind)
    assert failed == []
    assert became[f"{kind}: told"] > 100

"""A few damaged files of every kind; `make fuzz` reads thousands."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz import run


def test_a_damaged_file_ends_in_a_result_or_in_one_message(tmp_path: Path) -> None:
    became, failed = run(150, 7, tmp_path)
    assert failed == []
    assert len(became) > 6

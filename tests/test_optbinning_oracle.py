"""The oracle file of `benchmarks/binning.py --oracle` is sound: its pre-bins are those of the shipped
data, and every figure in it follows from them by the textbook."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.test_real_data import FOLDER

ORACLE = json.loads(
    (Path(__file__).parent / "oracles/optbinning_iv.json").read_text(encoding="utf-8")
)


def prebinned(name: str) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Column, most pre-bins, and the entry, for every entry of a set."""
    for column, entries in ORACLE["sets"][name].items():
        for prebins, entry in entries.items():
            yield column, int(prebins), entry


def grouped(entry: dict[str, Any], cuts: list[float]) -> tuple[list[int], list[int]]:
    """Goods and bads of the bins between some of the pre-bins' cut points."""
    first = [0, *(entry["cuts"].index(cut) + 1 for cut in cuts)]
    return tuple(np.add.reduceat(entry[side], first).tolist() for side in ("goods", "bads"))


def textbook_iv(goods: list[int], bads: list[int]) -> float:
    pairs = [(g / sum(goods), b / sum(bads)) for g, b in zip(goods, bads, strict=True)]
    return sum((g - b) * math.log(g / b) for g, b in pairs)


def turns(rates: list[float]) -> str:
    """The signs of the steps between neighbouring rates, equal signs said once."""
    signs = ["+" if later > earlier else "-" for earlier, later in pairwise(rates)]
    return "".join(s for s, before in zip(signs, [None, *signs], strict=False) if s != before)


SHAPES = {
    "ascending": {"", "+"},
    "descending": {"", "-"},
    "peak": {"", "+", "-", "+-"},
    "valley": {"", "+", "-", "-+"},
}


@pytest.mark.parametrize("name", ORACLE["sets"])
def test_pre_bins_are_counts_of_the_shipped_data(name: str) -> None:
    frame = pl.read_parquet(FOLDER / ORACLE["data"][name])
    for column, prebins, entry in prebinned(name):
        there = frame.select("bad", column).drop_nulls()
        place = np.searchsorted(entry["cuts"], there[column].to_numpy(), side="right")
        assert len(entry["cuts"]) < prebins
        assert entry["cuts"] == sorted(set(entry["cuts"]))
        for bad, side in ((0, "goods"), (1, "bads")):
            rows = place[there["bad"].to_numpy() == bad]
            counted = np.bincount(rows, minlength=len(entry["cuts"]) + 1)
            assert counted.tolist() == entry[side], (column, prebins, side)


@pytest.mark.parametrize("name", ORACLE["sets"])
def test_every_information_value_is_the_textbooks_and_keeps_the_limits(name: str) -> None:
    checked = 0
    for column, prebins, entry in prebinned(name):
        rows = sum(entry["goods"]) + sum(entry["bads"])
        assert entry["found"].keys() == SHAPES.keys()
        for shape, found in entry["found"].items():
            if "iv" not in found:
                assert found["status"] == "UNKNOWN"
                continue
            goods, bads = grouped(entry, found["cuts"])
            where = (column, prebins, shape)
            assert found["iv"] == pytest.approx(textbook_iv(goods, bads), abs=1e-9), where
            assert len(goods) <= 8, where
            least = min(g + b for g, b in zip(goods, bads, strict=True))
            assert least >= 0.05 * rows or len(goods) == 1, where
            rates = [b / (g + b) for g, b in zip(goods, bads, strict=True)]
            assert turns(rates) in SHAPES[shape], where
            checked += 1
    assert checked >= 4 * len(ORACLE["sets"][name])  # all coarse ones were solved


def test_what_was_not_computed_is_said() -> None:
    for said, columns in ORACLE["not_computed"].items():
        name, prebins = said.split(", ")
        most = prebins.removesuffix(" pre-bins")
        assert all(most not in ORACLE["sets"][name][column] for column in columns)
    assert {"optbinning", "ortools", "numpy", "pandas", "python"} <= ORACLE["versions"].keys()

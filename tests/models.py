"""Samples and cards that several tests of models share."""

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.scorecards import BinningProcess, Scorecard

DATA = Path(__file__).resolve().parents[1] / "data_samples"
REASONS = {
    "personal_status_and_sex": "comparison with published results",
    "age_in_years": "comparison with published results",
    "foreign_worker": "comparison with published results",
}


@cache
def german() -> tuple[pl.DataFrame, NDArray[np.int8]]:
    """Real: German credit, 1,000 rows, features and outcome."""
    table = pl.read_parquet(DATA / "german_credit.parquet")
    return table.drop("bad"), table["bad"].to_numpy()


@cache
def german_model() -> Scorecard:
    """A card fitted on all of it."""
    return Scorecard(labels={"duration_in_month": "贷款期限(月)"}).fit(*german())


def mixed(rows: int = 4000, seed: int = 0) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Synthetic: numbers with gaps and codes, categories, a boolean, whole-number categories."""
    draw = np.random.default_rng(seed)
    income = draw.gamma(2.0, 3.0, rows).round(2)
    months = draw.integers(0, 60, rows).astype(float)
    months[draw.random(rows) < 0.1] = -9.0
    trade = draw.choice(["茶叶", "农家乐", "养殖", "其他"], rows, p=[0.4, 0.3, 0.2, 0.1])
    owns = draw.random(rows) < 0.5
    line = (
        -1.2 - 0.15 * (income - 6) + 0.02 * (30 - months) * (months >= 0) + 0.6 * (trade == "养殖")
    )
    line = line - 0.5 * owns
    bad = (draw.random(rows) < 1 / (1 + np.exp(-line))).astype(int)
    gaps = np.where(draw.random(rows) < 0.08, np.nan, income)
    frame = pl.DataFrame(
        {
            "income": gaps,
            "months": months,
            "trade": trade,
            "owns": owns,
            "kind": draw.choice([1, 2, 3], rows),
        }
    )
    return frame, bad


def mixed_process() -> BinningProcess:
    """Bins of `mixed`: its code and its whole-number category named."""
    return BinningProcess(special_codes={"months": {-9: "no record"}}, categorical=["kind"])

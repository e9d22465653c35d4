"""Samples and cards that several tests of models share."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.scorecards import BinningProcess, Card, CrossedTable, Scorecard

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


@cache
def crossed_card() -> Card:
    """A card of `mixed` with two crossed tables, points by hand: fast, and every kind of bin in them."""
    frame, bad = mixed(1500)
    model = Scorecard(mixed_process(), point_unit=10, intercept="kept", min_iv=0).fit(frame, bad)
    card, draw = model.card_, np.random.default_rng(5)
    places = {item.feature: item.binning.places(frame) for item in card.characteristics}
    tables = []
    for first, second in (("income", "trade"), ("months", "income")):
        sides = [card[name].binning for name in (first, second)]
        shape = (len(sides[0].bins), len(sides[1].bins))
        counts = [np.zeros(shape), np.zeros(shape)]
        for side, own in zip(counts, (bad == 0, bad == 1), strict=True):
            np.add.at(side, (places[first][own], places[second][own]), 1.0)
        marks = draw.integers(-90, 90, shape)
        tables.append(
            CrossedTable(
                first=sides[0],
                second=sides[1],
                points=tuple(map(tuple, marks.tolist())),
                log_odds=tuple(map(tuple, (marks / card.scale.factor / 10).tolist())),
                goods=tuple(map(tuple, counts[0].tolist())),
                bads=tuple(map(tuple, counts[1].tolist())),
            )
        )
    alone = {"trade": (0,) * len(card["trade"].points)}  # points in a crossed table alone
    items = tuple(
        replace(
            item,
            points=alone.get(item.feature, item.points),
            log_odds=tuple(map(float, alone.get(item.feature, item.fitted))),
            coefficient=float("nan"),
            error=float("nan"),
            p_value=float("nan"),
        )
        for item in card.characteristics
    )
    told = {
        "pieces": 16,
        "smoothing": 4.0,
        "one_way": {"tables": 4, "loss": 0.51, "auc": 0.67},
        "without_the_cap": {"tables": 5, "loss": 0.505, "auc": 0.675},
        "crossed_smoothing": 8.0,
        "crossed": {"tables": 6, "loss": 0.5, "auc": 0.68},
    }
    return replace(
        card, id="crossed", characteristics=items, crossed=tuple(tables), metrics={"joint": told}
    )


def mixed_process() -> BinningProcess:
    """Bins of `mixed`: its code and its whole-number category named."""
    return BinningProcess(special_codes={"months": {-9: "no record"}}, categorical=["kind"])

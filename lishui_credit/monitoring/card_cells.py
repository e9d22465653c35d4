"""The cells in which a card's rows are counted: bands of its score, its own bins, cells of crossed tables."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import ModelError
from lishui_credit.language import tr
from lishui_credit.monitoring.joint_chance import Cells
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.tables.data_words import CROSSING

SCORE: Final = "score"
BANDS: Final = 10
"""Bands of the score: tenths of the card's own sample, as near as ties allow."""


def sample_counts(card: Card) -> dict[int, int]:
    """Return how many rows of the card's sample had each score; ModelError where it does not say."""
    counts = card.provenance.get("scores")
    if not counts:
        raise ModelError(
            tr(
                "the card does not say how its sample scored, so nothing can be compared with it",
                "评分卡未记录建模样本的分数分布,无从比较",
            ),
            hint=tr(
                "fit it with `lishui-credit fit` or lishui_credit.models.fit_file",
                "请用 lishui-credit fit 或 lishui_credit.models.fit_file 拟合",
            ),
            where=card.id,
        )
    return {int(score): int(rows) for score, rows in counts.items()}


def score_cells(card: Card, scores: NDArray[np.int64]) -> Cells:
    """Return the bands of the score, rows of the sample in each, and the band of every row."""
    counts = sample_counts(card)
    values = np.array(sorted(counts), dtype=np.int64)
    rows = np.array([counts[int(value)] for value in values])
    share = np.cumsum(rows) / rows.sum()
    firsts = np.searchsorted(share, np.arange(1, BANDS) / BANDS, side="left")
    cuts = np.unique(values[firsts])  # the highest score of each band but the last
    cuts = cuts[cuts < values[-1]]
    before = np.bincount(
        np.searchsorted(cuts, values), weights=rows, minlength=len(cuts) + 1
    ).astype(np.float64)
    ends = [f"{card.printed(int(cut)):g}" for cut in cuts]
    names = ["≤ " + ends[0]] if ends else [tr("all", "全部")]
    names += [f"{low} – {high}" for low, high in pairwise(ends)]
    names += ["> " + ends[-1]] if ends else []
    return Cells(tuple(names), before, np.searchsorted(cuts, scores).astype(np.int64))


def bin_cells(card: Card, places: Mapping[str, NDArray[np.int64]]) -> dict[str, Cells]:
    """Return the bins of columns, rows of the sample in each, and the bin of every row.

    Of crossed tables the cells, by the table's name; where rows have both columns, and the card says how
    many rows of its sample each cell had.
    """
    found = {}
    for name, where in places.items():
        bins = card[name].binning.bins
        before = np.array([row.rows for row in bins], dtype=np.float64)
        found[name] = Cells(tuple(row.said for row in bins), before, where)
    for crossed in card.crossed:
        if crossed.goods and places.keys() >= set(crossed.features):
            first, second = (places[name] for name in crossed.features)
            names = crossed.table().select("first_bin", "second_bin").rows()
            found[crossed.name] = Cells(
                tuple(map(CROSSING.join, names)),
                crossed.rows.ravel(),
                card.cells_by_bins(crossed)[first, second],
            )
    return found


def bin_places(card: Card, rows: pl.DataFrame) -> dict[str, NDArray[np.int64]]:
    """Return the bin of every row, of the columns of the card that rows read by `features` have."""
    return {
        item.feature: item.binning.places(rows)
        for item in card.characteristics
        if item.feature in rows.columns
    }

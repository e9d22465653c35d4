"""A sample in fine pieces, from which tables are made, and bins made of pieces again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from lishui_credit.scorecards.bins.binning import Binning
from lishui_credit.scorecards.bins.characteristic import Outcome, Policies, weighed
from lishui_credit.scorecards.bins.number_bins import NumberColumn
from lishui_credit.scorecards.bins.prebins import tidy
from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.scorecards.features import TrainingSample
from lishui_credit.scorecards.joint.score_tables import Axis, Grid, Places
from lishui_credit.statistics.outcomes import Floats


def declared(process: BinningProcess, name: str) -> str:
    """Return the direction that was asked of a characteristic; "auto" asks for none."""
    asked = (process.monotonic or {}).get(name, process.direction)
    return "none" if asked == "auto" else asked


def fine_binnings(process: BinningProcess, sample: TrainingSample, pieces: int) -> list[Binning]:
    """Return every characteristic in pieces: numbers of about equal rows, categories as `process` groups them.

    Cut points and groups set by hand stay as they are; locked cut points are among the pieces.
    """
    free = BinningProcess(
        **{**process.get_params(deep=False), "direction": "none", "monotonic": None}
    )
    outcome = Outcome(bad=sample.outcome == 1, weight=sample.weight)
    found = []
    for column in sample.frame.get_columns():
        held, name = free.held(column, outcome), column.name
        by_hand = (process.splits or {}).get(name)
        splits = by_hand
        if by_hand is None and isinstance(held, NumberColumn):
            splits = _quantiles(held, pieces, (process.locked or {}).get(name, ()))
        binning = free.binned(held, splits)
        notes = binning.notes if by_hand is not None else ()
        found.append(replace(binning, asked=declared(process, name), notes=notes))
    return found


def _quantiles(held: NumberColumn, pieces: int, locked: Sequence[float]) -> list[float]:
    """Return cut points of pieces of about equal rows, each the shortest decimal that cuts alike."""
    counted = held.ordered.between(held.ordered.candidates(pieces))
    cuts = [
        float(cut) if np.isnan(below) else tidy(float(below), float(cut))
        for cut, below in zip(counted.cuts, counted.below, strict=True)
    ]
    return sorted({*cuts, *locked})


def grid_of(
    process: BinningProcess, binnings: Sequence[Binning], frame: pl.DataFrame, cells: int
) -> Grid:
    """Return rows that have been read and checked by the pieces they are in."""
    axes = []
    for row in binnings:
        by_hand = row.cuts if row.feature in (process.splits or {}) else ()
        kept = (process.locked or {}).get(row.feature, by_hand)
        axes.append(Axis.of(row, cells, kept))
    return Grid(tuple(axes), tuple(row.places(frame).astype(np.intp) for row in binnings))


def regrouped(binning: Binning, groups: Places, policies: Policies) -> Binning:
    """Return bins made of groups of neighbouring pieces, counted and weighed."""
    bins = []
    for group in range(int(groups[-1]) + 1):
        parts = [binning.bins[place] for place in np.flatnonzero(groups == group)]
        bins.append(
            replace(
                parts[0],
                upper=parts[-1].upper,
                values=tuple(value for part in parts for value in part.values),
                goods=sum(part.goods for part in parts),
                bads=sum(part.bads for part in parts),
                rows=sum(part.rows for part in parts),
            )
        )
    return weighed(replace(binning, bins=tuple(bins)), policies)


def with_direction(binning: Binning, points: Floats) -> Binning:
    """Return bins with the direction of the bad rate that their log-odds good:bad have."""
    steps = np.diff(points[: sum(row.kind == "range" for row in binning.bins)])
    if not steps.any():
        way = "none"
    else:
        way = "down" if (steps >= 0).all() else "up" if (steps <= 0).all() else "none"
    return replace(binning, direction=way)

"""The exact grouping is never below optbinning's at equal pre-bins, limits and shape."""

from __future__ import annotations

import pytest

from lishui_credit.scorecards.bins.constraints import Constraints
from lishui_credit.scorecards.bins.optimal import group
from tests.test_optbinning_oracle import ORACLE, prebinned, textbook_iv

DIRECTIONS = {"ascending": "up", "descending": "down", "peak": "peak", "valley": "valley"}


@pytest.mark.parametrize("shape", DIRECTIONS)
@pytest.mark.parametrize("name", ORACLE["sets"])
def test_the_optimum_is_never_below_optbinnings(name: str, shape: str) -> None:
    limits = ORACLE["constraints"]
    below = []
    for column, prebins, entry in prebinned(name):
        theirs = entry["found"][shape]
        if "iv" not in theirs:
            continue
        ours = group(
            entry["goods"],
            entry["bads"],
            Constraints(
                direction=DIRECTIONS[shape],
                max_bins=limits["max_bins"],
                min_share=limits["min_share"],
                smoothing=0.0,
            ),
        )
        starts = [0, *(end + 1 for end in ours.ends[:-1])]
        bins = [
            [sum(entry[side][a : b + 1]) for a, b in zip(starts, ours.ends, strict=True)]
            for side in ("goods", "bads")
        ]
        assert textbook_iv(*bins) == pytest.approx(ours.iv, abs=1e-9)
        if ours.iv < theirs["iv"] - 1e-9:
            below.append((column, prebins, ours.iv, theirs["iv"]))
    assert not below

"""What a grouping of pre-bins must keep, and which of it given bins do not keep."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from lishui_credit.errors import CreditError, Problem, refuse
from lishui_credit.language import tr
from lishui_credit.scorecards.bins.chains import TIE
from lishui_credit.scorecards.bins.woe import woe
from lishui_credit.statistics.outcomes import Floats
from lishui_credit.statistics.proportions import two_proportions

Direction = Literal["auto", "up", "down", "peak", "valley", "none"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)

# The directions found that keep the direction asked for.
KEEPS: dict[str, tuple[str, ...]] = {
    "auto": ("up", "down"),
    "up": ("up",),
    "down": ("down",),
    "peak": ("peak", "up", "down"),
    "valley": ("valley", "up", "down"),
    "none": ("up", "down", "peak", "valley", "none"),
}
HAIR = 1e-9  # relative rounding of sums and products


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What a grouping must keep; values out of range are refused, all of them at once.

    The direction is the way of the bad rate along the bins, read from the smoothed WoE, and
    strictly: neighbours of equal WoE are one bin. "auto" is the better of up and down by IV; a peak
    or valley may have its turn in the first or last bin.
    """

    direction: Direction = "auto"
    max_bins: int = 8
    min_bins: int = 1
    min_share: float = 0.05  # of the weight of all rows, missing and special ones included
    min_count: float = 0  # rows; this and `min_share` are both kept
    min_bads: float = 1  # weight
    min_goods: float = 1
    min_woe_gap: float = 0.0  # between neighbours
    max_p_value: float | None = None  # of the pooled two-proportion z test between neighbours
    smoothing: float = 1.0  # imaginary rows per bin; at 0 a bin needs goods and bads

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        ways = get_args(Direction)
        rules: list[tuple[str, bool, str, object]] = [
            ("direction", self.direction in ways, " | ".join(ways), self.direction),
            ("max_bins", self.max_bins >= 1, "max_bins >= 1", self.max_bins),
            (
                "min_bins",
                1 <= self.min_bins <= max(1, self.max_bins),
                "1 <= min_bins <= max_bins",
                self.min_bins,
            ),
            ("min_share", 0 <= self.min_share <= 1, "0 <= min_share <= 1", self.min_share),
            (
                "max_p_value",
                self.max_p_value is None or 0 <= self.max_p_value <= 1,
                "0 <= max_p_value <= 1",
                self.max_p_value,
            ),
        ]
        for name in ("min_count", "min_bads", "min_goods", "min_woe_gap", "smoothing"):
            value = getattr(self, name)
            rules += [(name, 0 <= value < math.inf, f"0 <= {name} < inf", value)]
        wrong = [
            Problem(tr(f"{name} is out of range", f"{name} 超出范围"), repr(found), rule)
            for name, keeps, rule, found in rules
            if not keeps
        ]
        refuse(wrong, CreditError)


def broken(
    asked: Constraints,
    goods: Floats,
    bads: Floats,
    rows: Floats,
    total_goods: float,
    total_bads: float,
) -> tuple[str, ...]:
    """Return the names of the constraints that bins, counted in order, do not keep.

    One bin keeps every direction. Smoothing is not kept where it is 0 and a WoE infinite.
    """
    values = woe(goods, bads, total_goods, total_bads, asked.smoothing)
    level = 1.0 if asked.max_p_value is None else asked.max_p_value
    with np.errstate(invalid="ignore"):  # from one infinite WoE to another is no gap
        gaps = np.nan_to_num(np.abs(np.diff(values)), nan=0.0)
    share = asked.min_share * (total_goods + total_bads)
    kept = {
        "direction": len(values) == 1 or direction_of(values) in KEEPS[asked.direction],
        "max_bins": len(values) <= asked.max_bins,
        "min_bins": len(values) >= asked.min_bins,
        "min_share": np.all(goods + bads >= least(share)),
        "min_count": np.all(rows >= least(asked.min_count)),
        "min_bads": np.all(bads >= least(asked.min_bads)),
        "min_goods": np.all(goods >= least(asked.min_goods)),
        "min_woe_gap": np.all(gaps >= asked.min_woe_gap - TIE),
        "max_p_value": np.all(two_proportions(goods + bads, bads)[1] <= level + TIE),
        "smoothing": np.all(np.isfinite(values)),
    }
    return tuple(name for name, keeps in kept.items() if not keeps)


def direction_of(values: Floats) -> str:
    """Name the way of the bad rate along the WoE of bins: up, down, peak, valley or none.

    None for one bin, for equal neighbours and for more than one turn.
    """
    falls, rises = values[1:] < values[:-1], values[1:] > values[:-1]
    turns = int(np.count_nonzero(falls[1:] != falls[:-1]))
    if len(values) < 2 or not np.all(falls | rises) or turns > 1:
        return "none"
    if turns:
        return "peak" if falls[0] else "valley"
    return "up" if falls[0] else "down"


def least(minimum: float) -> float:
    """Return a minimum less the rounding of a product or a sum: 0.07 of 100 rows is 7 rows."""
    return minimum - HAIR * max(1.0, minimum)

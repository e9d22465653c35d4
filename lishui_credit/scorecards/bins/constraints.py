"""What a grouping of pre-bins must keep, and which of it given bins do not keep."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from lishui_credit.errors import CreditError, Problem
from lishui_credit.language import tr
from lishui_credit.scorecards.bins.chains import TIE
from lishui_credit.scorecards.bins.woe import woe
from lishui_credit.scorecards.cards.evidence import Floats, direction_of, neighbour_p_values

Direction = Literal["auto", "up", "down", "peak", "valley", "none"]

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
    """What a grouping must keep.

    Parameters
    ----------
    direction : {"auto", "up", "down", "peak", "valley", "none"}, default "auto"
        The way of the bad rate along the bins: rising, falling, rising then falling, falling then
        rising, any; auto is the better of up and down by IV. It is read from the smoothed WoE, and
        strictly: neighbours of equal WoE are one bin. A peak or valley may have its turn in the
        first or last bin.
    max_bins : int, default 8
        Most bins, at least 1.
    min_bins : int, default 1
        Fewest bins.
    min_share : float, default 0.05
        Least weight of a bin as a share of the weight of all rows, missing and special ones
        included, 0 to 1.
    min_count : float, default 0
        Least number of rows of a bin. Both this and `min_share` are kept.
    min_bads, min_goods : float, default 1
        Least weight of bads and of goods in a bin.
    min_woe_gap : float, default 0
        Least difference of WoE between neighbours.
    max_p_value : float or None, default None
        Neighbours must differ at this level, 0 to 1, in the pooled two-proportion z test
        (`neighbour_p_values`); None asks for no test.
    smoothing : float, default 1.0
        Imaginary rows with the population's odds in every bin before WoE; see `woe.woe`. With 0 a bin needs
        both goods and bads, as its WoE would be infinite.

    Raises
    ------
    CreditError
        Values out of range, all of them at once.
    """

    direction: Direction = "auto"
    max_bins: int = 8
    min_bins: int = 1
    min_share: float = 0.05
    min_count: float = 0
    min_bads: float = 1
    min_goods: float = 1
    min_woe_gap: float = 0.0
    max_p_value: float | None = None
    smoothing: float = 1.0

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
            Problem(tr(f"{name} must keep {rule}", f"{name} 须满足 {rule}"), repr(found))
            for name, keeps, rule, found in rules
            if not keeps
        ]
        if wrong:
            raise CreditError(wrong)


def broken(
    asked: Constraints,
    goods: Floats,
    bads: Floats,
    rows: Floats,
    total_goods: float,
    total_bads: float,
) -> tuple[str, ...]:
    """Return the names of the constraints that bins do not keep.

    Parameters
    ----------
    asked : Constraints
        What they should keep.
    goods, bads, rows : ndarray of float, shape (k,)
        Weight of goods, weight of bads and number of rows of every bin, in order.
    total_goods, total_bads : float
        Weight of all goods and bads, missing and special rows included.

    Returns
    -------
    tuple of str
        One bin keeps every direction. Smoothing is not kept where it is 0 and a WoE infinite.

    Examples
    --------
    >>> counts = np.array([40.0, 20.0]), np.array([10.0, 1.0]), np.array([50.0, 21.0])
    >>> broken(Constraints(min_bads=2, direction="up"), *counts, 60, 11)
    ('direction', 'min_bads')
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
        "max_p_value": np.all(neighbour_p_values(goods, bads) <= level + TIE),
        "smoothing": np.all(np.isfinite(values)),
    }
    return tuple(name for name, keeps in kept.items() if not keeps)


def least(minimum: float) -> float:
    """Return a minimum less the rounding of a product or a sum: 0.07 of 100 rows is 7 rows."""
    return minimum - HAIR * max(1.0, minimum)

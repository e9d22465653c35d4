"""What binning a number and binning a category share: the outcome, the policies, the weighing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol, get_args

import numpy as np

from lishui_credit.errors import ModelError, Problem, refuse
from lishui_credit.language import tr
from lishui_credit.scorecards.bins.binning import Bin, Binning
from lishui_credit.scorecards.bins.optimal import Grouping
from lishui_credit.scorecards.bins.woe import iv_part, woe
from lishui_credit.statistics.outcomes import Flags, Floats

Missing = Literal["own", "neutral", "worst"]
Unseen = Literal["raise", "warn", "worst", "neutral"]
CHOICES: Final = {"missing": get_args(Missing), "unseen": get_args(Unseen)}


class Totals(Protocol):
    """What there is of goods and bads in all."""

    @property
    def totals(self) -> tuple[float, float]:
        """Weighted goods and bads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome every characteristic is binned against; without weights every row counts one."""

    bad: Flags
    weight: Floats | None = None

    @property
    def totals(self) -> tuple[float, float]:
        """Weighted goods and bads."""
        if self.weight is None:
            bads = float(self.bad.sum())
            return len(self.bad) - bads, bads
        return float(self.weight[~self.bad].sum()), float(self.weight[self.bad].sum())

    def counted(self, row: Bin, rows: Flags) -> Bin:
        """Return a bin with its rows, goods and bads counted among chosen rows."""
        if not rows.any():
            return row
        chosen = None if self.weight is None else self.weight[rows]
        goods, bads = Outcome(bad=self.bad[rows], weight=chosen).totals
        return replace(row, rows=int(rows.sum()), goods=goods, bads=bads)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """How values that are no quantities count, and categories that few rows or no row have.

    A missing value has its own bin, counts as average or as the worst bin. A category that the
    sample lacks is an error, average with a warning, the worst bin or average. Categories of fewer
    than `rare_levels` rows are one bin. `smoothing` is in imaginary rows per bin, see `woe`.
    """

    missing: Missing = "own"
    unseen: Unseen = "warn"
    rare_levels: int = 30
    smoothing: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a policy that does not exist: it would count as another one."""
        refuse(
            [
                Problem(
                    tr(f"no such policy of {name} values", f"{name} 的处理方式无效"),
                    repr(getattr(self, name)),
                    ", ".join(allowed),
                )
                for name, allowed in CHOICES.items()
                if getattr(self, name) not in allowed
            ],
            ModelError,
        )


def weighed(draft: Binning, policies: Policies) -> Binning:
    """Return counted bins with their WoE, by counts or by policy, and their part of the IV."""
    totals, smoothing = (draft.total_goods, draft.total_bads), draft.smoothing
    held = [row for row in draft.bins if row.kind in ("range", "levels")]
    plain = [float(woe(row.goods, row.bads, *totals, smoothing)) for row in held]
    by_policy = {"neutral": 0.0, "worst": min(plain, default=0.0), "warn": 0.0, "raise": 0.0}
    bins = []
    for row in draft.bins:
        weight = float(woe(row.goods, row.bads, *totals, smoothing))
        if row.kind == "missing" and (policies.missing != "own" or row.rows == 0):
            weight = by_policy[policies.missing] if policies.missing != "own" else 0.0
        elif row.kind == "unseen":
            weight = by_policy[policies.unseen]
        part = float(iv_part(row.goods, row.bads, *totals, smoothing))
        if row.kind == "missing" and policies.missing != "own":
            part = (row.goods / totals[0] - row.bads / totals[1]) * weight
        bins.append(replace(row, woe=weight, part=part))
    return replace(draft, bins=tuple(bins))


def potential(
    goods: Floats, bads: Floats, outcome: Totals, smoothing: float, groups: int = 20
) -> float:
    """Return the IV of counts, neighbours taken together in groups of about equal rows.

    Noise alone gives k groups about ``(k - 1) * (1 / goods + 1 / bads)``, which is taken off: a few
    bads scattered over many groups are no leak.
    """
    total_goods, total_bads = outcome.totals
    if len(goods) > groups:
        running = np.cumsum(goods + bads)
        marks = np.searchsorted(running, running[-1] * np.arange(groups) / groups)
        starts = np.unique(np.minimum(marks, len(goods) - 1))
        goods, bads = np.add.reduceat(goods, starts), np.add.reduceat(bads, starts)
    noise = (len(goods) - 1) * (1 / total_goods + 1 / total_bads)
    found = float(iv_part(goods, bads, total_goods, total_bads, smoothing).sum())
    return max(found - noise, 0.0)


def likelihoods(goods: Floats, bads: Floats) -> Floats:
    """Return the log-likelihood of the rows of bins, each bin with its own bad rate; 0 for a pure one."""
    rows = goods + bads
    with np.errstate(divide="ignore", invalid="ignore"):
        of_goods, of_bads = goods * np.log(goods / rows), bads * np.log(bads / rows)
    return np.nan_to_num(of_goods) + np.nan_to_num(of_bads)


def relaxed(grouping: Grouping) -> tuple[str, ...]:
    """Return a note on the constraints that had to be relaxed, if any."""
    if not grouping.relaxed:
        return ()
    listed = ", ".join(grouping.relaxed)
    return (
        tr(
            f"no bins keep every constraint; relaxed: {listed}", f"无法满足全部约束,已放宽:{listed}"
        ),
    )

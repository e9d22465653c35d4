"""Bin a number: pre-bins, grouped by the exact dynamic programme of `optimal`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Self

import numpy as np

from lishui_credit.language import tr
from lishui_credit.scorecards.bins.binning import Bin, Binning
from lishui_credit.scorecards.bins.characteristic import (
    Outcome,
    Policies,
    Totals,
    likelihoods,
    potential,
    relaxed,
    weighed,
)
from lishui_credit.scorecards.bins.constraints import Constraints, Direction
from lishui_credit.scorecards.bins.optimal import Grouping, group
from lishui_credit.scorecards.bins.prebins import Counted, Ordered, Ranked, tidy
from lishui_credit.statistics.chi_square import tail
from lishui_credit.statistics.outcomes import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSettings:
    """How a number is cut, beside the constraints of the grouping."""

    prebins: int = 64  # of equal size; the steps of a monotone fit come on top on many rows
    splits: Sequence[float] | None = None  # cut points set by hand, used as they are
    locked: Sequence[float] = ()  # cut points that must be among those found
    whole: Sequence[tuple[float, float]] = ()  # ranges between locked cuts that stay one bin
    turn_p: float = 0.0  # of a peak or valley under "auto", see `_grouped`


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A number to be binned as often as one likes: sorted once, its codes and gaps counted."""

    feature: str
    height: int
    ordered: Ranked
    apart: tuple[Bin, ...]  # special codes, then the missing bin
    outcome: Totals

    @classmethod
    def of(
        cls, feature: str, values: Floats, outcome: Outcome, special: Mapping[float, str]
    ) -> Self:
        """Sort a number, shape (n,), NaN where missing; `special` are codes and words for them."""
        coded = {code: np.isin(values, [code, float(np.float32(code))]) for code in special}
        taken = values
        if any(rows.any() for rows in coded.values()):
            taken = np.where(np.any(list(coded.values()), axis=0), np.nan, values)
        apart = [
            outcome.counted(Bin(kind="special", values=(code,), label=special[code]), rows)
            for code, rows in coded.items()
        ]
        apart.append(outcome.counted(Bin(kind="missing"), np.isnan(values)))
        ordered = Ordered.of(taken, outcome.bad, outcome.weight)
        return cls(feature, len(values), ordered, tuple(apart), outcome)

    def candidates(self, prebins: int, min_share: float) -> Floats:
        """Return where the optimiser may cut, rising: each cut starts a pre-bin."""
        marks = [
            self.ordered.candidates(prebins),
            self.ordered.steps(),
            self.ordered.ends(ceil(min_share * self.height)),
        ]
        return np.unique(np.concatenate(marks))

    def bins(
        self, constraints: Constraints, policies: Policies, settings: NumberSettings
    ) -> Binning:
        """Bin the number: by hand where cut points are set, else optimally."""
        if settings.splits is not None:
            cuts = np.unique(np.asarray(list(settings.splits), dtype=np.float64))
            counted = self.ordered.between(cuts)
            grouping = Grouping.each(len(counted.rows))
            chosen = cuts.tolist()
            notes: tuple[str, ...] = (tr("cut points set by hand", "分箱点为人工设定"),)
        else:
            pinned = np.unique(np.asarray(list(settings.locked), dtype=np.float64))
            free = self.candidates(settings.prebins, constraints.min_share)
            for low, high in settings.whole:
                free = free[(free <= low) | (free >= high)]
            counted = self.ordered.between(np.union1d(free, pinned))
            grouping = _grouped(counted, constraints, self.outcome, pinned, settings)
            chosen = _tidied(counted, grouping, settings.locked)
            notes = relaxed(grouping)
        goods, bads = self.outcome.totals
        draft = Binning(
            feature=self.feature,
            type="number",
            bins=(*_ranges(counted, grouping, chosen), *self.apart),
            total_goods=goods,
            total_bads=bads,
            smoothing=policies.smoothing,
            asked=constraints.direction,
            direction=grouping.direction,
            obeyed=grouping.obeyed,
            notes=notes,
            potential=potential(counted.goods, counted.bads, self.outcome, policies.smoothing),
        )
        return weighed(draft, policies)


def _ranges(counted: Counted, grouping: Grouping, chosen: Sequence[float]) -> list[Bin]:
    """Return the counted bins between the chosen cut points."""
    lowers, uppers = [None, *chosen], [*chosen, None]
    return [
        Bin(
            kind="range",
            lower=lowers[place],
            upper=uppers[place],
            goods=float(counted.goods[start : end + 1].sum()),
            bads=float(counted.bads[start : end + 1].sum()),
            rows=int(counted.rows[start : end + 1].sum()),
        )
        for place, (start, end) in enumerate(zip(grouping.starts, grouping.ends, strict=True))
    ]


def _grouped(
    counted: Counted,
    constraints: Constraints,
    outcome: Totals,
    pinned: Floats,
    settings: NumberSettings,
) -> Grouping:
    """Group pre-bins; under "auto" let the bad rate turn where the evidence for it is strong.

    A peak or valley is taken where the likelihood ratio test against the better of up and down has
    a p-value below `turn_p`.
    """
    goods, bads = outcome.totals
    turn_p = settings.turn_p
    fixed = np.flatnonzero(np.isin(counted.cuts, pinned)).tolist()
    whole = [int(np.searchsorted(counted.cuts, low, side="right")) for low, _ in settings.whole]

    def grouped(direction: Direction) -> Grouping:
        return group(
            counted.goods,
            counted.bads,
            replace(constraints, direction=direction),
            total_goods=goods,
            total_bads=bads,
            fixed_ends=fixed,
            whole=whole,
            rows=counted.rows,
        )

    steady = grouped(constraints.direction)
    if constraints.direction != "auto" or turn_p <= 0:
        return steady
    best, gain = steady, 0.0
    for direction in ("peak", "valley"):
        turned = grouped(direction)
        found = 2 * (_likelihood(counted, turned) - _likelihood(counted, steady))
        extra = max(len(turned.ends) - len(steady.ends), 0) + 1
        if found > gain and turned.direction == direction and tail(found, extra) < turn_p:
            best, gain = turned, found
    return best


def _likelihood(counted: Counted, grouping: Grouping) -> float:
    """Log-likelihood of the counts when every bin has a bad rate of its own."""
    goods = np.add.reduceat(counted.goods, grouping.starts)
    bads = np.add.reduceat(counted.bads, grouping.starts)
    return float(likelihoods(goods, bads).sum())


def _tidied(counted: Counted, grouping: Grouping, locked: Sequence[float]) -> list[float]:
    """Return the cut points found, each the shortest decimal that cuts alike; locked ones stay."""
    found = []
    for end in grouping.ends[:-1]:
        cut, below = float(counted.cuts[end]), float(counted.below[end])
        keep = cut in locked or np.isnan(below)
        found.append(cut if keep else tidy(below, cut))
    return found

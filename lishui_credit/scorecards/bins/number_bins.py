"""Bin a number: pre-bins, grouped by the exact dynamic programme of `optimal`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Self, cast

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

    def allowed(self, cuts: Floats) -> Floats:
        """Return the locked cuts and those that part no whole range, rising."""
        for low, high in self.whole:
            cuts = cuts[(cuts <= low) | (cuts >= high)]
        return np.union1d(cuts, np.asarray(list(self.locked), dtype=np.float64))


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
            coarse = counted = self.ordered.between(cuts)
            grouping = Grouping.each(len(counted.rows))
            chosen = cuts.tolist()
            notes: tuple[str, ...] = (tr("cut points set by hand", "分箱点为人工设定"),)
        else:
            free = self.candidates(settings.prebins, constraints.min_share)
            coarse = self.ordered.between(settings.allowed(free))
            grouping = _grouped(coarse, constraints, self.outcome, settings)
            counted, grouping = self._finer(coarse, grouping, constraints, settings)
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
            potential=potential(coarse.goods, coarse.bads, self.outcome, policies.smoothing),
        )
        return weighed(draft, policies)

    def _finer(
        self,
        counted: Counted,
        grouping: Grouping,
        constraints: Constraints,
        settings: NumberSettings,
    ) -> tuple[Counted, Grouping]:
        """Group many rows once more, the same way, over cuts closer to those found than pre-bins are.

        These are the steps of the bad rate around each cut, and beside a bin of about the least size
        also the cuts that keep this size while both its ends move.
        """
        places = list(grouping.ends[:-1])
        if not places or not self.ordered.many:
            return counted, grouping
        least = ceil(constraints.min_share * self.height)
        goods, bads, rows = (
            np.add.reduceat(part, grouping.starts)
            for part in (counted.goods, counted.bads, counted.rows)
        )
        rising = bads[1:] * goods[:-1] > bads[:-1] * goods[1:]
        cuts = [counted.cuts[places]]
        for place, cut in enumerate(counted.cuts[places].tolist()):
            near = self.ordered.near(cut, rising=bool(rising[place]))
            cuts.append(near)
            if min(rows[place : place + 2]) < 2 * least:
                cuts.append(self.ordered.beside(np.append(near, cut), least))
        finer = self.ordered.between(settings.allowed(np.concatenate(cuts)))
        if constraints.direction == "auto" and grouping.direction != "none":
            constraints = replace(constraints, direction=cast(Direction, grouping.direction))
        return finer, _joined(finer, constraints, self.outcome, settings)


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


def _joined(
    counted: Counted, constraints: Constraints, outcome: Totals, settings: NumberSettings
) -> Grouping:
    """Group pre-bins under given constraints, locked cuts and whole ranges kept."""
    goods, bads = outcome.totals
    whole = [int(np.searchsorted(counted.cuts, low, side="right")) for low, _ in settings.whole]
    locked = list(settings.locked)
    return group(
        counted.goods,
        counted.bads,
        constraints,
        total_goods=goods,
        total_bads=bads,
        fixed_ends=np.flatnonzero(np.isin(counted.cuts, locked)).tolist() if locked else (),
        whole=whole,
        rows=counted.rows,
    )


def _grouped(
    counted: Counted, constraints: Constraints, outcome: Totals, settings: NumberSettings
) -> Grouping:
    """Group pre-bins; under "auto" let the bad rate turn where the evidence for it is strong.

    A peak or valley is taken where the likelihood ratio test against the better of up and down has
    a p-value below `turn_p`.
    """
    turn_p = settings.turn_p
    steady = _joined(counted, constraints, outcome, settings)
    if constraints.direction != "auto" or turn_p <= 0 or len(counted.rows) < 3:
        return steady  # two bins do not turn
    best, gain = steady, 0.0
    ways: tuple[Direction, ...] = ("peak", "valley")
    for way in ways:
        turned = _joined(counted, replace(constraints, direction=way), outcome, settings)
        found = 2 * (_likelihood(counted, turned) - _likelihood(counted, steady))
        extra = max(len(turned.ends) - len(steady.ends), 0) + 1
        if found > gain and turned.direction == way and tail(found, extra) < turn_p:
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

"""Bin a number: pre-bins, grouped by the exact dynamic programme of `optimal`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil

import numpy as np

from lishui_credit.language import tr
from lishui_credit.scorecards.bins.binning import Bin, Binning
from lishui_credit.scorecards.bins.characteristic import (
    Outcome,
    Policies,
    potential,
    relaxed,
    weighed,
)
from lishui_credit.scorecards.bins.constraints import Constraints, Direction
from lishui_credit.scorecards.bins.optimal import Grouping, group
from lishui_credit.scorecards.bins.prebins import Counted, Ordered, candidates, tidy
from lishui_credit.statistics.chi_square import tail
from lishui_credit.statistics.outcomes import Flags, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSettings:
    """How a number is cut, beside the constraints of the grouping."""

    prebins: int = 64  # of equal size; the steps of a monotone fit come on top on many rows
    special: Mapping[float, str] = field(default_factory=dict)  # codes, and words for them
    splits: Sequence[float] | None = None  # cut points set by hand, used as they are
    locked: Sequence[float] = ()  # cut points that must be among those found
    turn_p: float = 0.0  # of a peak or valley under "auto", see `_grouped`


def bin_number(
    feature: str,
    values: Floats,
    outcome: Outcome,
    constraints: Constraints,
    policies: Policies,
    settings: NumberSettings,
) -> Binning:
    """Bin a number, shape (n,), NaN where missing."""
    coded = {code: np.isin(values, [code, float(np.float32(code))]) for code in settings.special}
    taken = values
    if any(rows.any() for rows in coded.values()):
        taken = np.where(np.any(list(coded.values()), axis=0), np.nan, values)
    ordered = Ordered.of(taken, outcome.bad, outcome.weight)
    if settings.splits is not None:
        cuts = np.unique(np.asarray(list(settings.splits), dtype=np.float64))
        counted = ordered.between(cuts)
        grouping = Grouping.each(len(counted.rows))
        chosen = cuts.tolist()
        notes: tuple[str, ...] = (tr("cut points set by hand", "分箱点为人工设定"),)
    else:
        pinned = np.unique(np.asarray(list(settings.locked), dtype=np.float64))
        least = ceil(constraints.min_share * len(values))
        marks = [candidates(ordered.values, settings.prebins), ordered.steps(), ordered.ends(least)]
        counted = ordered.between(np.unique(np.concatenate([*marks, pinned])))
        fixed = np.isin(counted.cuts, pinned)
        grouping = _grouped(counted, constraints, outcome, fixed, settings.turn_p)
        chosen = _tidied(counted, grouping, settings.locked)
        notes = relaxed(grouping)
    bins = _ranges(counted, grouping, chosen)
    for code, rows in coded.items():
        row = Bin(kind="special", values=(code,), label=settings.special[code])
        bins.append(outcome.counted(row, rows))
    bins.append(outcome.counted(Bin(kind="missing"), np.isnan(values)))
    goods, bads = outcome.totals
    draft = Binning(
        feature=feature,
        type="number",
        bins=tuple(bins),
        total_goods=goods,
        total_bads=bads,
        smoothing=policies.smoothing,
        asked=constraints.direction,
        direction=grouping.direction,
        obeyed=grouping.obeyed,
        notes=notes,
        potential=potential(counted.goods, counted.bads, outcome, policies.smoothing),
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
    counted: Counted, constraints: Constraints, outcome: Outcome, fixed: Flags, turn_p: float
) -> Grouping:
    """Group pre-bins; under "auto" let the bad rate turn where the evidence for it is strong.

    A peak or valley is taken where the likelihood ratio test against the better of up and down has
    a p-value below `turn_p`.
    """
    goods, bads = outcome.totals

    def grouped(direction: Direction) -> Grouping:
        return group(
            counted.goods,
            counted.bads,
            replace(constraints, direction=direction),
            total_goods=goods,
            total_bads=bads,
            fixed_ends=np.flatnonzero(fixed).tolist(),
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
    rows = goods + bads
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.nan_to_num(goods * np.log(goods / rows)) + np.nan_to_num(
            bads * np.log(bads / rows)
        )
    return float(parts.sum())


def _tidied(counted: Counted, grouping: Grouping, locked: Sequence[float]) -> list[float]:
    """Return the cut points found, each the shortest decimal that cuts alike; locked ones stay."""
    found = []
    for end in grouping.ends[:-1]:
        cut, below = float(counted.cuts[end]), float(counted.below[end])
        keep = cut in locked or np.isnan(below)
        found.append(cut if keep else tidy(below, cut))
    return found

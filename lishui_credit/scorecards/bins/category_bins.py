"""Bin a category: levels ordered by their shrunken bad rates, grouped like the pre-bins of a number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.scorecards.bins.binning import Bin, Binning
from lishui_credit.scorecards.bins.characteristic import (
    Outcome,
    Policies,
    Totals,
    potential,
    relaxed,
    weighed,
)
from lishui_credit.scorecards.bins.constraints import Constraints
from lishui_credit.scorecards.bins.optimal import group
from lishui_credit.scorecards.bins.woe import shrunk, woe
from lishui_credit.statistics.outcomes import Floats


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels in order of their names, with rows, weighted goods and weighted bads."""

    names: list[str]
    rows: NDArray[np.int64]
    goods: Floats
    bads: Floats


@dataclass(frozen=True, slots=True)
class _Groups:
    """Places of levels by bin, from bad to good, the rare ones last, and their counts as binned."""

    bins: list[list[int]]
    rare: list[int]
    goods: Floats
    bads: Floats
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CategoryColumn:
    """A category to be binned as often as one likes: its levels and its gaps counted once."""

    feature: str
    coded: bool  # whether the levels were whole numbers
    levels: Levels
    missing: Bin
    outcome: Totals

    @classmethod
    def of(cls, feature: str, values: pl.Series, outcome: Outcome, *, coded: bool = False) -> Self:
        """Count a category, text of shape (n,), null where missing."""
        missing = outcome.counted(Bin(kind="missing"), values.is_null().to_numpy())
        return cls(feature, coded, _counted(values, outcome), missing, outcome)

    def without(self, names: Collection[str]) -> Self:
        """Return the column with fewer levels, as if nobody had the others."""
        kept = [place for place, name in enumerate(self.levels.names) if name not in names]
        held = self.levels
        left = Levels(
            [held.names[place] for place in kept],
            held.rows[kept],
            held.goods[kept],
            held.bads[kept],
        )
        return replace(self, levels=left)

    def bins(
        self,
        constraints: Constraints,
        policies: Policies,
        splits: Sequence[Sequence[str]] | None = None,
    ) -> Binning:
        """Bin the category, from bad to good, rare levels together in a bin of their own.

        `splits` are groups of levels set by hand; levels left out of them are rare ones.
        """
        levels, outcome = self.levels, self.outcome
        groups = (
            _grouped(levels, outcome, constraints, policies)
            if splits is None
            else _by_hand(self.feature, levels, splits)
        )
        parts = [part for part in [*groups.bins, groups.rare] if len(part)]
        bins = [
            Bin(
                kind="levels",
                values=tuple(levels.names[place] for place in part),
                goods=float(groups.goods[part].sum()),
                bads=float(groups.bads[part].sum()),
                rows=int(levels.rows[part].sum()),
            )
            for part in parts
        ]
        goods, bads = outcome.totals
        often = levels.rows >= policies.rare_levels
        draft = Binning(
            feature=self.feature,
            type="coded" if self.coded else "category",
            bins=(*bins, self.missing, Bin(kind="unseen")),
            total_goods=goods,
            total_bads=bads,
            smoothing=policies.smoothing,
            asked=constraints.direction,
            notes=groups.notes,
            potential=potential(
                levels.goods[often],
                levels.bads[often],
                outcome,
                policies.smoothing,
                len(levels.rows),
            )
            if often.any()
            else 0.0,
        )
        found = weighed(draft, policies)
        # WoE and information value are of shrunken rates; what is printed as counted was counted.
        counted = [
            replace(row, goods=float(levels.goods[part].sum()), bads=float(levels.bads[part].sum()))
            for row, part in zip(found.bins, parts, strict=False)
        ]
        return replace(found, bins=(*counted, *found.bins[len(parts) :]))


def category_order(
    goods: npt.ArrayLike,
    bads: npt.ArrayLike,
    total_goods: float,
    total_bads: float,
    smoothing: float = 1.0,
) -> NDArray[np.intp]:
    """Return the places of levels by smoothed bad rate, lowest first; equal ones by place.

    In this order they are pre-bins for `group` with direction "up". Without smoothing that gives
    the best of all groupings of the levels, contiguous or not.
    """
    # Fisher, On grouping for maximum homogeneity, JASA 53 (1958); Breiman et al., Classification
    # and Regression Trees (1984), theorem 4.5.
    value = woe(goods, bads, total_goods, total_bads, smoothing)
    return np.argsort(np.round(-value, 12), kind="stable")


def _by_hand(feature: str, levels: Levels, splits: Sequence[Sequence[str]]) -> _Groups:
    """Return groups set by hand; refuse a level in two of them, and a group that holds nobody."""
    place_of = {name: place for place, name in enumerate(levels.names)}
    named = [name for part in splits for name in part]
    problems = [
        Problem(
            tr("a category stands in two groups", "同一取值出现在两个分组中"), name, where=feature
        )
        for name in dict.fromkeys(named)
        if named.count(name) > 1
    ]
    problems += [
        Problem(
            tr("no row has any category of this group", "样本中没有该分组的任何取值"),
            ", ".join(part),
            tr("the sample has: ", "样本中有:") + ", ".join(levels.names[:8]),
            feature,
        )
        for part in splits
        if not any(name in place_of for name in part)
    ]
    refuse(problems, SubjectError)
    groups = [[place_of[name] for name in part if name in place_of] for part in splits]
    rare = [place for place, name in enumerate(levels.names) if name not in named]
    notes = [tr("groups set by hand", "分组为人工设定")]
    absent = [name for name in named if name not in place_of]
    if absent:
        listed = ", ".join(absent)
        notes.append(tr(f"not in the sample: {listed}", f"样本中没有:{listed}"))
    return _Groups(groups, rare, levels.goods, levels.bads, tuple(notes))


def _grouped(
    levels: Levels, outcome: Totals, constraints: Constraints, policies: Policies
) -> _Groups:
    common = np.flatnonzero(levels.rows >= policies.rare_levels)
    rare = np.flatnonzero(levels.rows < policies.rare_levels).tolist()
    goods, bads = levels.goods.copy(), levels.bads.copy()
    totals = outcome.totals
    groups: list[list[int]] = []
    notes: tuple[str, ...] = ()
    if rare:
        notes = (
            tr(
                f"{len(rare)} levels of fewer than {policies.rare_levels} rows are one bin",
                f"{len(rare)} 个不足 {policies.rare_levels} 行的取值合为一箱",
            ),
        )
    if len(common):
        if policies.smoothing > 0:
            gate = 0.01 if len(common) > constraints.max_bins else 1.0
            goods[common], bads[common] = shrunk(goods[common], bads[common], gate=gate)
        order = category_order(goods[common], bads[common], *totals, policies.smoothing)
        ordered = common[order][::-1]
        grouping = group(
            goods[ordered],
            bads[ordered],
            replace(constraints, direction="down"),
            total_goods=totals[0],
            total_bads=totals[1],
            rows=levels.rows[ordered],
        )
        groups = [part.tolist() for part in np.split(ordered, grouping.starts[1:])]
        notes += relaxed(grouping)
    return _Groups(groups, rare, goods, bads, notes)


def _counted(values: pl.Series, outcome: Outcome) -> Levels:
    frame = pl.DataFrame({"level": values, "bad": outcome.bad})
    weight = pl.lit(1.0) if outcome.weight is None else pl.Series("weight", outcome.weight)
    counted = (
        frame.with_columns(weight.alias("weight"))
        .drop_nulls("level")
        .group_by("level")
        .agg(
            pl.len().alias("rows"),
            pl.col("weight").filter(~pl.col("bad")).sum().alias("goods"),
            pl.col("weight").filter(pl.col("bad")).sum().alias("bads"),
        )
        .sort("level")
    )
    return Levels(
        counted["level"].to_list(),
        counted["rows"].to_numpy().astype(np.int64),
        counted["goods"].to_numpy().copy(),
        counted["bads"].to_numpy().copy(),
    )

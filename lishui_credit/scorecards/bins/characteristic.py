"""Bin one characteristic: from a column and an outcome to a `Binning`, under stated policies.

Numbers are pre-binned and grouped by the exact dynamic programme of `optimal`; categories are
ordered by their shrunken bad rates and grouped by the same programme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.language import tr
from lishui_credit.scorecards.bins.binning import Bin, Binning, Type
from lishui_credit.scorecards.bins.constraints import Direction
from lishui_credit.scorecards.bins.optimal import Constraints, Grouping, category_order, group
from lishui_credit.scorecards.bins.prebins import Counted, Ordered, candidates, tidy
from lishui_credit.scorecards.bins.woe import iv_part, shrunk, woe
from lishui_credit.statistics.chi_square import tail

Floats = NDArray[np.float64]
Missing = Literal["own", "neutral", "worst"]
Unseen = Literal["raise", "warn", "worst", "neutral"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The outcome every characteristic is binned against.

    Parameters
    ----------
    bad : ndarray of bool, shape (n,)
        The outcome.
    weight : ndarray of float, shape (n,), or None
        Weights; None is one each.
    """

    bad: NDArray[np.bool_]
    weight: Floats | None = None

    @property
    def totals(self) -> tuple[float, float]:
        """Weighted goods and bads."""
        if self.weight is None:
            bads = float(self.bad.sum())
            return len(self.bad) - bads, bads
        return float(self.weight[~self.bad].sum()), float(self.weight[self.bad].sum())

    def of(self, rows: NDArray[np.bool_]) -> tuple[int, float, float]:
        """Rows, weighted goods and weighted bads among chosen rows."""
        if not rows.any():
            return 0, 0.0, 0.0
        part = Sample(bad=self.bad[rows], weight=None if self.weight is None else self.weight[rows])
        return int(rows.sum()), *part.totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What happens to values that are no quantities, and to categories few rows have.

    Parameters
    ----------
    missing : {"own", "neutral", "worst"}
        A missing value has a bin of its own; counts as average; counts as the worst bin.
    unseen : {"raise", "warn", "worst", "neutral"}
        A category the sample lacks is an error; average, and counted in a warning; the worst bin;
        average.
    rare_levels : int
        Categories of fewer rows are one bin together.
    smoothing : float
        Imaginary rows per bin, see `woe`.
    """

    missing: Missing = "own"
    unseen: Unseen = "warn"
    rare_levels: int = 30
    smoothing: float = 1.0


def bin_number(
    feature: str,
    values: Floats,
    sample: Sample,
    constraints: Constraints,
    policies: Policies,
    *,
    prebins: int = 64,
    special: Mapping[float, str] | None = None,
    splits: Sequence[float] | None = None,
    locked: Sequence[float] = (),
    turn_p: float = 0.0,
) -> Binning:
    """Bin a number.

    Parameters
    ----------
    feature : str
        Column.
    values : ndarray of float, shape (n,)
        NaN where missing.
    sample : Sample
        The outcome.
    constraints : Constraints
        Of the grouping.
    policies : Policies
        For what is no quantity.
    prebins : int, default 64
        Most pre-bins of equal size; the steps of a monotone fit come on top on many rows.
    special : mapping of float to str, optional
        Codes that are no quantities, and words for them.
    splits : sequence of float, optional
        Cut points set by hand, used as they are.
    locked : sequence of float
        Cut points that must be among those found.
    turn_p : float, default 0
        Under direction "auto", a peak or valley is taken where the likelihood ratio test against
        the better of up and down has a smaller p-value.

    Returns
    -------
    Binning
    """
    codes = dict(special or {})
    taken = values
    coded: dict[float, NDArray[np.bool_]] = {code: values == code for code in codes}
    if any(rows.any() for rows in coded.values()):
        taken = np.where(np.isin(values, list(codes)), np.nan, values)
    ordered = Ordered.of(taken, sample.bad, sample.weight)
    if splits is not None:
        counted = ordered.between(np.unique(np.asarray(list(splits), dtype=np.float64)))
        ends = tuple(range(len(counted.rows)))
        grouping = Grouping(ends=ends, iv=0.0, direction="none", obeyed=True, relaxed=())
        notes: tuple[str, ...] = (tr("cut points set by hand", "分箱点为人工设定"),)
        chosen = counted.cuts.tolist()
    else:
        pinned = np.unique(np.asarray(list(locked), dtype=np.float64))
        least = ceil(constraints.min_share * len(values))
        marks = [candidates(ordered.values, prebins), ordered.steps(), ordered.ends(least)]
        counted = ordered.between(np.unique(np.concatenate([*marks, pinned])))
        grouping = _grouped(counted, constraints, sample, pinned, turn_p)
        notes = _relaxed(grouping)
        chosen = _tidied(counted, grouping, locked)
    bounds: list[float | None] = [None, *(float(cut) for cut in chosen), None]
    starts = [0, *(end + 1 for end in grouping.ends[:-1])]
    ranges = [
        Bin(
            kind="range",
            lower=bounds[place],
            upper=bounds[place + 1],
            goods=float(counted.goods[start : end + 1].sum()),
            bads=float(counted.bads[start : end + 1].sum()),
            rows=int(counted.rows[start : end + 1].sum()),
        )
        for place, (start, end) in enumerate(zip(starts, grouping.ends, strict=True))
    ]
    codes_bins = [
        _counted(Bin(kind="special", values=(code,), label=codes[code]), sample, rows)
        for code, rows in coded.items()
    ]
    missing = _counted(Bin(kind="missing"), sample, np.isnan(values))
    found = _weighed(
        feature, "number", [*ranges, *codes_bins, missing], sample, policies, constraints, grouping,
        notes,
    )  # fmt: skip
    return replace(found, potential=_potential(counted.goods, counted.bads, sample, policies))


def _grouped(
    counted: Counted,
    constraints: Constraints,
    sample: Sample,
    pinned: Floats,
    turn_p: float,
) -> Grouping:
    """Group pre-bins; under "auto" let the bad rate turn where the evidence for it is strong."""
    goods, bads = sample.totals
    fixed = tuple(np.flatnonzero(np.isin(counted.cuts, pinned)).tolist())

    def grouped(direction: Direction) -> Grouping:
        return group(
            counted.goods,
            counted.bads,
            replace(constraints, direction=direction),
            total_goods=goods,
            total_bads=bads,
            fixed_ends=fixed,
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
    starts = [0, *(end + 1 for end in grouping.ends[:-1])]
    goods = np.add.reduceat(counted.goods, starts)
    bads = np.add.reduceat(counted.bads, starts)
    rows = goods + bads
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.nan_to_num(goods * np.log(goods / rows)) + np.nan_to_num(
            bads * np.log(bads / rows)
        )
    return float(parts.sum())


def _tidied(counted: Counted, grouping: Grouping, locked: Sequence[float]) -> list[float]:
    found = []
    for end in grouping.ends[:-1]:
        cut, below = float(counted.cuts[end]), float(counted.below[end])
        keep = cut in locked or np.isnan(below)
        found.append(cut if keep else tidy(below, cut))
    return found


def bin_category(
    feature: str,
    values: pl.Series,
    sample: Sample,
    constraints: Constraints,
    policies: Policies,
    *,
    coded: bool = False,
    splits: Sequence[Sequence[str]] | None = None,
) -> Binning:
    """Bin a category: levels in the order of their shrunken bad rates, grouped.

    Parameters
    ----------
    feature : str
        Column.
    values : Series of str, shape (n,)
        Null where missing.
    sample : Sample
        The outcome.
    constraints : Constraints
        Of the grouping; the direction is the order of the levels.
    policies : Policies
        For rare, unseen and missing levels.
    coded : bool, default False
        Whether the levels were whole numbers.
    splits : sequence of sequence of str, optional
        Groups of levels set by hand; levels left out are rare ones.

    Returns
    -------
    Binning
        Levels from bad to good, rare levels together in a bin of their own.
    """
    levels, rows, goods, bads = _levels(values, sample)
    notes: list[str] = []
    total_goods, total_bads = sample.totals
    if splits is not None:
        groups = [[levels.index(name) for name in part if name in levels] for part in splits]
        listed = {place for part in groups for place in part}
        rare = [place for place in range(len(levels)) if place not in listed]
        grouping = Grouping(
            ends=tuple(range(len(groups))), iv=0.0, direction="none", obeyed=True, relaxed=()
        )
        notes.append(tr("groups set by hand", "分组为人工设定"))
        seen_goods, seen_bads = goods, bads
    else:
        common = np.flatnonzero(rows >= policies.rare_levels)
        rare = np.flatnonzero(rows < policies.rare_levels).tolist()
        seen_goods, seen_bads = goods.copy(), bads.copy()
        if len(common):
            many = len(common) > constraints.max_bins
            gate = 0.01 if many else 1.0
            seen_goods[common], seen_bads[common] = shrunk(goods[common], bads[common], gate=gate)
        totals: dict[str, Any] = {"total_goods": total_goods, "total_bads": total_bads}
        ordered = common[
            category_order(
                seen_goods[common], seen_bads[common], total_goods, total_bads, policies.smoothing
            )
        ][::-1]
        if len(ordered):
            grouping = group(
                seen_goods[ordered],
                seen_bads[ordered],
                replace(constraints, direction="down"),
                rows=rows[ordered],
                **totals,
            )
            starts = [0, *(end + 1 for end in grouping.ends[:-1])]
            groups = [
                ordered[start : end + 1].tolist()
                for start, end in zip(starts, grouping.ends, strict=True)
            ]
        else:
            groups = []
            grouping = Grouping(ends=(), iv=0.0, direction="none", obeyed=True, relaxed=())
        if rare:
            notes.append(
                tr(
                    f"{len(rare)} levels of fewer than {policies.rare_levels} rows are one bin",
                    f"{len(rare)} 个不足 {policies.rare_levels} 行的取值合为一箱",
                )
            )
        notes += _relaxed(grouping)
    bins = [
        Bin(
            kind="levels",
            values=tuple(levels[place] for place in part),
            goods=float(seen_goods[part].sum()),
            bads=float(seen_bads[part].sum()),
            rows=int(rows[part].sum()),
        )
        for part in [*groups, rare]
        if len(part)
    ]
    missing = _counted(Bin(kind="missing"), sample, values.is_null().to_numpy())
    kind: Type = "coded" if coded else "category"
    found = _weighed(
        feature, kind, [*bins, missing, Bin(kind="unseen")], sample, policies, constraints,
        replace(grouping, direction="none", obeyed=True), tuple(notes),
    )  # fmt: skip
    often = rows >= policies.rare_levels
    if not often.any():
        return found
    return replace(found, potential=_potential(goods[often], bads[often], sample, policies, 10**9))


def _potential(
    goods: Floats, bads: Floats, sample: Sample, policies: Policies, groups: int = 20
) -> float:
    """Information value of counts, neighbours taken together in groups of about equal rows.

    Noise alone gives k groups about ``(k - 1) * (1 / goods + 1 / bads)``, which is taken off: a few
    bads scattered over many groups are no leak.
    """
    total_goods, total_bads = sample.totals
    if len(goods) > groups:
        running = np.cumsum(goods + bads)
        marks = np.searchsorted(running, running[-1] * np.arange(groups) / groups)
        starts = np.unique(np.minimum(marks, len(goods) - 1))
        goods, bads = np.add.reduceat(goods, starts), np.add.reduceat(bads, starts)
    noise = (len(goods) - 1) * (1 / total_goods + 1 / total_bads)
    found = float(iv_part(goods, bads, total_goods, total_bads, policies.smoothing).sum())
    return max(found - noise, 0.0)


def _levels(
    values: pl.Series, sample: Sample
) -> tuple[list[str], NDArray[np.int64], Floats, Floats]:
    """Levels in order of their names, with rows, weighted goods and weighted bads."""
    frame = pl.DataFrame({"level": values, "bad": sample.bad})
    weight = pl.lit(1.0) if sample.weight is None else pl.Series("weight", sample.weight)
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
    return (
        counted["level"].to_list(),
        counted["rows"].to_numpy().astype(np.int64),
        counted["goods"].to_numpy().copy(),
        counted["bads"].to_numpy().copy(),
    )


def _counted(row: Bin, sample: Sample, rows: NDArray[np.bool_]) -> Bin:
    count, goods, bads = sample.of(rows)
    return replace(row, rows=count, goods=goods, bads=bads)


def _relaxed(grouping: Grouping) -> tuple[str, ...]:
    if not grouping.relaxed:
        return ()
    listed = ", ".join(grouping.relaxed)
    return (tr(f"no bins without relaxing {listed}", f"须放宽 {listed} 方可分箱"),)


def _weighed(
    feature: str,
    kind: Type,
    bins: list[Bin],
    sample: Sample,
    policies: Policies,
    constraints: Constraints,
    grouping: Grouping,
    notes: tuple[str, ...],
) -> Binning:
    """Give every bin its WoE, by counts or by policy, and its part of the information value."""
    goods, bads = sample.totals
    held = [row for row in bins if row.kind in ("range", "levels")]
    plain = [float(woe(row.goods, row.bads, goods, bads, policies.smoothing)) for row in held]
    worst = min(plain, default=0.0)
    by_policy = {"neutral": 0.0, "worst": worst, "warn": 0.0, "raise": 0.0}
    weighed = []
    for row in bins:
        found = float(woe(row.goods, row.bads, goods, bads, policies.smoothing))
        if row.kind == "missing" and (policies.missing != "own" or row.rows == 0):
            found = by_policy.get(policies.missing, 0.0)
        elif row.kind == "unseen":
            found = by_policy[policies.unseen]
        spread = row.goods / goods - row.bads / bads
        by_counts = row.kind != "missing" or policies.missing == "own"
        exact = float(iv_part(row.goods, row.bads, goods, bads, policies.smoothing))
        weighed.append(replace(row, woe=found, part=exact if by_counts else spread * found))
    return Binning(
        feature=feature,
        type=kind,
        bins=tuple(weighed),
        total_goods=goods,
        total_bads=bads,
        smoothing=policies.smoothing,
        asked=constraints.direction,
        direction=grouping.direction,
        obeyed=grouping.obeyed,
        notes=notes,
    )

"""Exact optimal grouping of ordered pre-bins into bins of the largest information value.

A characteristic cut into many fine pre-bins is joined into a few bins whose information value is
the largest of all groupings that keep the constraints; no solver, no heuristic. The search itself
is in `chains`, what is maximised in `woe`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Self

import numpy as np
import numpy.typing as npt

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.scorecards.bins.chains import (
    TIE,
    Followers,
    ListedFollowers,
    Places,
    SortedFollowers,
    best_length,
    climb,
    interval_sums,
    trace,
    ways,
)
from lishui_credit.scorecards.bins.constraints import (
    HAIR,
    KEEPS,
    Constraints,
    broken,
    direction_of,
    least,
)
from lishui_credit.scorecards.bins.woe import iv_part, woe
from lishui_credit.statistics.outcomes import Flags, Floats

# The way of WoE along the bins; it falls where the bad rate rises.
_SHAPES: dict[str, tuple[str, ...]] = {
    "auto": ("fall", "rise"),
    "up": ("fall",),
    "down": ("rise",),
    "peak": ("fall-rise",),
    "valley": ("rise-fall",),
    "none": ("any",),
}
_SAME_WOE = 1e-10  # neighbours closer than this have equal WoE and are one bin


@dataclass(frozen=True, slots=True)
class Grouping:
    """Pre-bins joined into bins: the last pre-bin of every bin, rising, and what was found.

    The IV is infinite only where `relaxed` names the smoothing. `direction` is that of the bad rate,
    none for one bin, which does not obey up, down, peak or valley. `relaxed` names the constraints
    that the bins do not keep, as no grouping keeps all.
    """

    ends: tuple[int, ...]
    iv: float
    direction: str
    obeyed: bool
    relaxed: tuple[str, ...]

    @classmethod
    def each(cls, count: int) -> Self:
        """Return every pre-bin as a bin, as where they were set by hand."""
        return cls(tuple(range(count)), 0.0, "none", True, ())

    @property
    def starts(self) -> list[int]:
        """The first pre-bin of every bin."""
        return [0, *(end + 1 for end in self.ends[:-1])]


def group(
    goods: npt.ArrayLike,
    bads: npt.ArrayLike,
    constraints: Constraints | None = None,
    *,
    total_goods: float | None = None,
    total_bads: float | None = None,
    fixed_ends: Iterable[int] = (),
    whole: Iterable[int] = (),
    rows: npt.ArrayLike | None = None,
) -> Grouping:
    """Join ordered pre-bins into the bins of largest information value that keep the constraints.

    The optimum is exact. Among groupings whose IV is equal within 1e-12 it is the one of fewest
    bins, then (direction auto) the rising one, then the one whose bins end earliest. Counts are
    weights by pre-bin; an empty one joins the bin after it; `rows` (for `min_count`) are goods and
    bads where not given. Totals include missing and special rows. Pre-bins of `fixed_ends` are the
    last of their bin; those of `whole`, each with a fixed end on both sides, are a bin whatever
    their size. Time grows as ``max_bins * p ** 2``, with `max_p_value` as
    ``max_bins * p ** 3``.

    Where no grouping keeps everything, these are tried in this order, and the first that has a
    grouping gives the best one: without `max_p_value`; without `min_woe_gap` too; without
    `min_bins`; without `min_bins` and `max_p_value`; without all three. If none has, the answer is
    the coarsest grouping there is: one bin, or the bins between `fixed_ends`.
    """
    asked = constraints or Constraints()
    g = np.asarray(goods, dtype=np.float64)
    b = np.asarray(bads, dtype=np.float64)
    n = g + b if rows is None and g.shape == b.shape else np.asarray(rows, dtype=np.float64)
    all_g = float(g.sum()) if total_goods is None else float(total_goods)
    all_b = float(b.sum()) if total_bads is None else float(total_bads)
    locked, alone = {int(end) for end in fixed_ends}, set(whole)
    _check(g, b, n, all_g, all_b, locked)

    last = len(g) - 1
    locked.discard(last)
    # A pre-bin without rows changes nothing, unless a bin is told to end there.
    kept = sorted(locked.union(np.flatnonzero((g > 0) | (b > 0) | (n > 0)).tolist()))
    if not kept or kept[-1] in locked:
        kept.append(last)
    forced = np.array([place in locked for place in kept])
    granted = np.array([place in alone for place in kept])
    places, strict = _Problem(
        g[kept], b[kept], n[kept], forced, granted, all_g, all_b, asked
    ).solve()
    ends = (*(kept[place] for place in places[:-1]), last)

    starts = [0, *(end + 1 for end in ends[:-1])]
    bins = [np.add.reduceat(counts, starts) for counts in (g, b, n)]
    found = direction_of(woe(bins[0], bins[1], all_g, all_b, asked.smoothing))
    return Grouping(
        ends=ends,
        iv=float(iv_part(bins[0], bins[1], all_g, all_b, asked.smoothing).sum()),
        direction=found,
        obeyed=found in KEEPS[asked.direction] or (asked.direction == "auto" and len(ends) == 1),
        relaxed=() if strict else broken(asked, bins[0], bins[1], bins[2], all_g, all_b),
    )


class _Problem:
    """All intervals of the pre-bins, with what each is worth and whether it may be a bin."""

    def __init__(
        self,
        goods: Floats,
        bads: Floats,
        rows: Floats,
        forced: Flags,
        granted: Flags,
        total_goods: float,
        total_bads: float,
        asked: Constraints,
    ) -> None:
        g, b, n = interval_sums(goods), interval_sums(bads), interval_sums(rows)
        seams = (
            interval_sums(forced.astype(np.float64)) - forced
        )  # locked ends before the last place
        # Below the diagonal everything is 0.
        sound = (g > 0) & (b > 0) if asked.smoothing == 0 else (g > 0) | (b > 0)
        usable = (
            sound
            & (seams < 0.5)
            & (g + b >= least(asked.min_share * (total_goods + total_bads)))
            & (n >= least(asked.min_count))
            & (b >= least(asked.min_bads))
            & (g >= least(asked.min_goods))
        ) | (np.diag(granted) & sound)
        value = iv_part(g, b, total_goods, total_bads, asked.smoothing)
        key = woe(g, b, total_goods, total_bads, asked.smoothing)
        self._asked, self._forced = asked, forced
        self._goods, self._bads, self._usable = g, b, usable
        self._value: Floats = np.where(usable, value, -np.inf)
        self._key: Floats = np.where(usable, key, 0.0)

    def solve(self) -> tuple[tuple[int, ...], bool]:
        """Return the ends of the best grouping, and whether it keeps every constraint."""
        if ends := self._best(self._asked):
            return ends, True
        ladder = []
        for fewest in (self._asked.min_bins, 1):
            rung = replace(self._asked, min_bins=fewest)
            untested = replace(rung, max_p_value=None)
            ladder += [rung, untested, replace(untested, min_woe_gap=0.0)]
        for rung in dict.fromkeys(ladder):
            if rung != self._asked and (ends := self._best(rung)):
                return ends, False
        return (*np.flatnonzero(self._forced[:-1]).tolist(), len(self._forced) - 1), False

    def _best(self, rung: Constraints) -> tuple[int, ...]:
        """Return the ends of the best grouping under `rung`, none when there is none."""
        if not self._usable[:, -1].any() or not self._usable[0].any():
            return ()
        answers = []
        for shape in _SHAPES[rung.direction]:
            followers = {way: self._followers(way, rung) for way in ways(shape)}
            tables = climb(self._value, followers, shape, rung.max_bins)
            length, worth = best_length(tables, rung.min_bins)
            if math.isfinite(worth):
                answers.append((worth, length, shape, followers, tables))
        if not answers:
            return ()
        level = [answer for answer in answers if answer[0] >= max(row[0] for row in answers) - TIE]
        _, length, shape, followers, tables = min(level, key=lambda answer: answer[1])
        return trace(self._value, followers, shape, tables, length)

    def _followers(self, way: str, rung: Constraints) -> Followers:
        """Return which interval may follow which when WoE goes `way`."""
        key = self._key if way == "fall" else -self._key
        gap = max(rung.min_woe_gap, _SAME_WOE) - TIE
        if rung.max_p_value is None or rung.max_p_value >= 1:
            return SortedFollowers(key, gap)
        z = NormalDist().inv_cdf(max(rung.max_p_value / 2, 1e-300))
        g, b = self._goods.ravel(), self._bads.ravel()

        def differ(one: Places, after: Places) -> Flags:
            above, below = z_squared(g[one], b[one], g[after], b[after])
            return (below > 0) & (above >= z * z * (1 - TIE) * below)

        return ListedFollowers(key, gap, self._usable, differ)


def z_squared(
    goods: Floats, bads: Floats, goods_next: Floats, bads_next: Floats
) -> tuple[Floats, Floats]:
    """Return numerator and denominator of z squared of the pooled two-proportion z test.

    Whole counts give whole numbers. The denominator is 0 where the test says nothing: only goods,
    only bads, or an empty bin.
    """
    n, m = goods + bads, goods_next + bads_next
    above = (bads * m - bads_next * n) ** 2 * (n + m)
    below = (goods + goods_next) * (bads + bads_next) * n * m
    return above, below


def _check(
    goods: Floats,
    bads: Floats,
    rows: Floats,
    total_goods: float,
    total_bads: float,
    locked: set[int],
) -> None:
    """Refuse counts that cannot be counts, all problems at once."""
    if goods.ndim != 1 or not goods.size or goods.shape != bads.shape or goods.shape != rows.shape:
        what = tr(
            "goods, bads and rows must have one number per pre-bin each, at least one",
            "好样本数、坏样本数与行数须每个预分箱各一个,且至少一个",
        )
        raise SubjectError(what, f"{goods.shape}, {bads.shape}, {rows.shape}")
    wrong = []
    for name, counts in (("goods", goods), ("bads", bads), ("rows", rows)):
        bad = counts[~(np.isfinite(counts) & (counts >= 0))]
        if bad.size:
            what = tr(f"{name} must be finite and not negative", f"{name} 须为有限的非负数")
            wrong.append(Problem(what, ", ".join(map(str, bad[:5]))))
    for name, counts, total in (("goods", goods, total_goods), ("bads", bads, total_bads)):
        if not 0 < total < math.inf:
            what = tr(f"total_{name} must be more than 0", f"total_{name} 须大于 0")
            hint = tr("the target needs goods and bads", "目标变量须好坏两类都有")
            wrong.append(Problem(what, str(total), hint))
        elif counts.sum() > total * (1 + HAIR):
            what = tr(f"total_{name} is below the sum", f"total_{name} 小于各预分箱之和")
            wrong.append(Problem(what, f"{total} < {counts.sum()}"))
    outside = sorted(end for end in locked if not 0 <= end < len(goods))
    if outside:
        what = tr("fixed_ends must be numbers of pre-bins", "fixed_ends 须为预分箱的序号")
        wrong.append(Problem(what, ", ".join(map(str, outside)), f"0..{len(goods) - 1}"))
    if wrong:
        raise SubjectError(wrong)

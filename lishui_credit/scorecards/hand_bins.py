"""Bins that a hand may change: cut points of a number, groups of a category, and the moves of each.

Both kinds hold their bins as `Parts` and answer the same questions; a move returns new parts and
counts nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cached_property
from math import inf, isfinite
from numbers import Real
from typing import Any

import numpy as np
import polars as pl

from lishui_credit.errors import ModelError
from lishui_credit.language import tr
from lishui_credit.scorecards.bins.binning import Bin, Binning
from lishui_credit.scorecards.bins.category_bins import CategoryColumn, category_order
from lishui_credit.scorecards.bins.characteristic import likelihoods
from lishui_credit.scorecards.bins.number_bins import NumberColumn
from lishui_credit.scorecards.bins.prebins import Counted, tidy
from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.statistics.outcomes import Floats

Parts = tuple[Any, ...]
"""Cut points of a number, rising; or groups of categories, each a tuple of texts."""


class HandCuts:
    """The cut points of a number."""

    def __init__(self, held: NumberColumn, process: BinningProcess) -> None:
        """Keep a sorted column and the settings by which the optimiser bins it."""
        self._held, self._process = held, process

    def parts_of(self, found: Binning) -> Parts:
        """Return the cut points of a binning."""
        return found.cuts

    @cached_property
    def fine(self) -> tuple[tuple[float, ...], Counted]:
        """Where the optimiser may cut, rising, each as short as it cuts alike, and the counts between."""
        process = self._process
        counted = self._held.ordered.between(
            self._held.candidates(process.prebins, process.min_share)
        )
        pairs = zip(counted.below.tolist(), counted.cuts.tolist(), strict=True)
        return tuple(cut if np.isnan(low) else tidy(low, cut) for low, cut in pairs), counted

    def below(self, cuts: Sequence[float]) -> tuple[float, ...]:
        """Return the share of the known values below each cut point, 0 to 1."""
        known = self._held.ordered
        places = known.before(np.array(cuts, dtype=np.float64))
        return tuple((places / max(known.height, 1)).tolist())

    def pieces(self, parts: Parts) -> pl.DataFrame:
        """Return the pre-bins, whatever the parts: start, below, rows, bad_rate."""
        starts, counted = self.fine
        return pl.DataFrame(
            {
                "start": [None, *starts],
                "below": [0.0, *self.below(starts)],
                "rows": counted.rows,
                "bad_rate": _rates(counted.goods, counted.bads),
            },
            schema_overrides={"start": pl.Float64, "bad_rate": pl.Float64},
        )

    def merged(self, parts: Parts, one: int, two: int) -> Parts:
        """Return the parts with two neighbouring ranges as one."""
        if two != one + 1:
            what = tr("only neighbouring ranges can be one bin", "只有相邻的区间可以合并")
            raise ModelError(what, f"{one}, {two}")
        return (*parts[:one], *parts[two:])

    def halved(self, parts: Parts, bin: int) -> Parts:
        """Return the parts with a range cut at the candidate that gains most likelihood."""
        lower = parts[bin - 1] if bin else -inf
        upper = parts[bin] if bin < len(parts) else inf
        names = [cut for cut in self.fine[0] if lower < cut < upper]
        ends = [cut for cut in (lower, *names, upper) if isfinite(cut)]
        counted = self._held.ordered.between(np.array(ends))
        first = int(isfinite(lower))
        inside = slice(first, first + len(names) + 1)
        at = _best_half(counted.goods[inside], counted.bads[inside])
        return tuple(sorted((*parts, names[at])))

    def moved(self, parts: Parts, cut: int, to: float) -> Parts:
        """Return the parts with a cut point elsewhere, between its neighbours."""
        low = parts[cut - 1] if cut else -inf
        high = parts[cut + 1] if cut + 1 < len(parts) else inf
        if not low < number(to) < high:
            what = tr("a cut point stays between its neighbours", "分箱点须位于相邻分箱点之间")
            raise ModelError(what, f"{to:g}", f"{low:g} < … < {high:g}")
        return (*parts[:cut], float(to), *parts[cut + 1 :])

    def rebinned(self, locked: Sequence[Bin]) -> tuple[Parts, tuple[str, ...]]:
        """Return optimal cut points that leave locked ranges whole, and notes on what had to give."""
        whole = [ends(row) for row in locked]
        kept = sorted({end for pair in whole for end in pair if isfinite(end)})
        found = self._process.binned(self._held, locked=kept, whole=whole)
        if found.notes and locked:
            settings = self._process.get_params(deep=False)
            free = BinningProcess(**settings | {"direction": "none", "monotonic": None})
            again = free.binned(self._held, locked=kept, whole=whole)
            if len(again.cuts) > len(found.cuts):
                note = tr(
                    "beside the locked bins no direction can be kept: the rest is binned without one",
                    "锁定的分箱使方向无法保持:其余分箱未限方向",
                )
                return again.cuts, (note,)
        return found.cuts, found.notes


class HandGroups:
    """The groups of a category's levels."""

    def __init__(self, held: CategoryColumn, process: BinningProcess) -> None:
        """Keep a counted column and the settings by which the optimiser bins it."""
        self.held, self._process = held, process

    def parts_of(self, found: Binning) -> Parts:
        """Return the groups of a binning, every level of the sample in one of them."""
        return tuple(row.values for row in found.bins if row.kind == "levels")

    def pieces(self, parts: Parts) -> pl.DataFrame:
        """Return the levels, bin by bin: level, place, rows, bad_rate."""
        levels = self.held.levels
        place_of = {name: place for place, part in enumerate(parts) for name in part}
        return pl.DataFrame(
            {
                "level": levels.names,
                "place": [place_of[name] for name in levels.names],
                "rows": levels.rows,
                "bad_rate": _rates(levels.goods, levels.bads),
            },
            schema_overrides={"level": pl.String, "place": pl.Int64, "bad_rate": pl.Float64},
        ).sort("place", maintain_order=True)

    def merged(self, parts: Parts, one: int, two: int) -> Parts:
        """Return the parts with two groups as one, in place of the first."""
        rest = [part for place, part in enumerate(parts) if place != two]
        rest[one] = (*parts[one], *parts[two])
        return tuple(rest)

    def halved(self, parts: Parts, bin: int) -> Parts:
        """Return the parts with a group in two, by bad rate, where that gains most likelihood."""
        levels = self.held.levels
        places = np.array([levels.names.index(name) for name in parts[bin]])
        goods, bads = levels.goods[places], levels.bads[places]
        totals = self.held.outcome.totals
        order = category_order(goods, bads, *totals, self._process.smoothing)[::-1]
        at = _best_half(goods[order], bads[order]) + 1
        names = [parts[bin][place] for place in order]
        return (*parts[:bin], tuple(names[:at]), tuple(names[at:]), *parts[bin + 1 :])

    def regrouped(self, parts: Parts, names: Collection[str], bin: int | None) -> Parts:
        """Return the parts with levels in another group, or in a new one after the last they left."""
        known = [name for part in parts for name in part]
        strange = [name for name in names if name not in known]
        if strange or not names:
            what = tr("no row has this category", "样本中没有该取值")
            raise ModelError(what, ", ".join(strange), ", ".join(known[:8]))
        taken = tuple(name for name in known if name in set(names))
        rest = [tuple(name for name in part if name not in taken) for part in parts]
        if bin is None:
            last = max(place for place, part in enumerate(parts) if set(part) & set(taken))
            rest.insert(last + 1, taken)
        else:
            rest[bin] = (*rest[bin], *taken)
        return tuple(part for part in rest if part)

    def rebinned(self, locked: Sequence[Bin]) -> tuple[Parts, tuple[str, ...]]:
        """Return optimal groups of the levels that are in no locked one, from bad to good with these."""
        kept = [row.values for row in locked]
        left = self.held.without({str(name) for part in kept for name in part})
        constraints = self._process.constraints(self.held.feature)
        fewer = replace(constraints, max_bins=max(constraints.max_bins - len(kept), 1))
        found = left.bins(fewer, self._process.policies)
        rows = [*locked, *(row for row in found.bins if row.kind == "levels")]
        rows.sort(key=lambda row: -(row.bad_rate or 0.0))
        return tuple(row.values for row in rows), found.notes


def number(value: object) -> float:
    """Return a cut point as a float; refuse what is no finite number."""
    if isinstance(value, bool) or not isinstance(value, Real) or not isfinite(value):
        raise ModelError(tr("a cut point is a finite number", "分箱点须为有限的数"), repr(value))
    return float(value)


def ends(row: Bin) -> tuple[float, float]:
    """Return the ends of a range, infinite where it is open."""
    return (
        -inf if row.lower is None else row.lower,
        inf if row.upper is None else row.upper,
    )


def _rates(goods: Floats, bads: Floats) -> list[float | None]:
    """Return bad rates, None where there is no weight."""
    pairs = zip((goods + bads).tolist(), bads.tolist(), strict=True)
    return [of_bads / rows if rows > 0 else None for rows, of_bads in pairs]


def _best_half(goods: Floats, bads: Floats) -> int:
    """Return the last piece of the first half of ordered pieces, the halves of largest likelihood."""
    if len(goods) < 2:
        raise ModelError(tr("nothing in this bin can be split", "该分箱无法再拆分"))
    first, of_bads = np.cumsum(goods)[:-1], np.cumsum(bads)[:-1]
    told = likelihoods(first, of_bads)
    told += likelihoods(goods.sum() - first, bads.sum() - of_bads)
    rows = first + of_bads
    told[(rows == 0) | (rows == (goods + bads).sum())] = -inf  # an empty half tells nothing
    return int(np.argmax(told))

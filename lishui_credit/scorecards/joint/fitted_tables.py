"""From a joint fit to the tables of a card: integers, averages in one-way tables, policies kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lishui_credit.language import Bilingual
from lishui_credit.scorecards.bins.binning import Binning
from lishui_credit.scorecards.bins.characteristic import Policies
from lishui_credit.scorecards.cards.card import Card, Characteristic
from lishui_credit.scorecards.cards.card_frame import CardFrame
from lishui_credit.scorecards.cards.crossed_table import CrossedTable, average, within
from lishui_credit.scorecards.cards.integer_points import integer_points, whole_points
from lishui_credit.scorecards.features import TrainingSample
from lishui_credit.scorecards.joint.fine_pieces import regrouped, with_direction
from lishui_credit.scorecards.joint.joint_points import Learned
from lishui_credit.statistics.outcomes import Flags, Floats

_ROUNDS = 3  # of moving averages; each leaves at most a rounding


@dataclass(slots=True)
class FittedTables:
    """Tables of a joint fit as log-odds good:bad, centred on the sample, and the intercept.

    `single` and `crossed` are in the order in which they came in; `bins` of a characteristic are those
    of its one-way table, or of two-way ones where it has no other.
    """

    intercept: float
    bins: dict[str, Binning]
    single: dict[str, Floats]
    crossed: dict[tuple[str, str], tuple[Binning, Binning, Floats, Floats, Floats]]

    @classmethod
    def of(
        cls,
        learned: Learned,
        policies: Policies,
        sample: TrainingSample,
    ) -> FittedTables:
        """Read the fit of a sample."""
        grid, fit = learned.grid, learned.fit
        good, weight = sample.outcome == 0, sample.weighed
        made = cls(float(fit.theta[0]), {}, {}, {})
        for table, part in zip(fit.tables, fit.parts(grid), strict=True):
            axes = [grid.axes[place] for place in table]
            sides = [
                regrouped(learned.binnings[place], axis.groups(len(table) == 2), policies)
                for place, axis in zip(table, axes, strict=True)
            ]
            cells = grid.cells(table)
            goods, bads = (
                np.bincount(cells[own], weight[own], part.size).astype(float).reshape(part.shape)
                for own in (good, ~good)
            )
            rows = goods + bads
            mean = float((part * rows).sum() / rows.sum())
            made.intercept += mean
            known = reduce(np.multiply.outer, map(told_of, sides))
            values = by_policy((part - mean) * known, sides, policies)
            if len(table) == 1:
                binning = with_direction(sides[0], values)
                made.bins[binning.feature], made.single[binning.feature] = binning, values
            else:
                names = (sides[0].feature, sides[1].feature)
                made.crossed[names] = (sides[0], sides[1], values, goods, bads)
        for first, second, *_ in made.crossed.values():
            for side in (first, second):
                made.bins.setdefault(side.feature, side)
        return made

    def left_out(self, names: Sequence[str]) -> dict[str, Bilingual]:
        """Return the columns that no table reads, and why."""
        why = Bilingual("adds nothing to the tables kept", "对已选分值表无增益")
        return {name: why for name in names if name not in self.bins}

    def card(self, frame: CardFrame, told: Mapping[str, Any]) -> Card:
        """Return the card in integers of 1/`point_unit`.

        Every cell is rounded once. Then the average of each row and column of a crossed table, rounded,
        moves to the one-way table of its characteristic: no score changes, and a crossed table says only
        what the others cannot.
        """
        parts = [*self.single.values(), *(of[2] for of in self.crossed.values())]
        worst, best = (
            self.intercept + sum(float(end(part)) for part in parts) for end in (np.min, np.max)
        )
        scale, unit = frame.scaled(worst, best), frame.point_unit
        base, whole = integer_points(
            [part.tolist() for part in self.single.values()],
            self.intercept,
            scale,
            unit=unit,
            folded=frame.folded and bool(self.single),
        )
        rounded = dict(zip(self.single, map(np.array, whole), strict=True))
        points, crossed = dict(rounded), []
        for first, second, values, goods, bads in self.crossed.values():
            exact = whole_points(values.ravel().tolist(), scale, unit)
            before = marks = np.array(exact).reshape(values.shape)
            sides = [(1, first), (0, second)] * _ROUNDS
            for axis, side in (each for each in sides if each[1].feature in points):
                moved = average(marks, goods + bads, axis)
                marks = marks - np.expand_dims(moved, axis)
                inside = within(self.bins[side.feature], side)
                points[side.feature] = points[side.feature] + moved[inside]
            crossed.append(
                CrossedTable(
                    first=first,
                    second=second,
                    points=_rows(marks),
                    log_odds=_rows(values + (marks - before) / (scale.factor * unit)),
                    goods=_rows(goods),
                    bads=_rows(bads),
                )
            )
        lines = {
            name: part + (points[name] - rounded[name]) / (scale.factor * unit)
            for name, part in self.single.items()
        }
        nothing = {name: np.zeros(len(of.bins), dtype=np.int64) for name, of in self.bins.items()}
        characteristics = [
            Characteristic(
                binning=binning,
                points=tuple(points.get(name, nothing[name]).tolist()),
                log_odds=tuple(map(float, lines.get(name, nothing[name]))),
                label_zh=frame.labels.get(name, ""),
                label_en=name,
            )
            for name, binning in self.bins.items()
        ]
        return frame.card(
            scale, base, self.intercept, characteristics, crossed, {"joint": dict(told)}
        )


def told_of(binning: Binning) -> Flags:
    """Return which bins the sample tells of, shape (bins,): the others are average.

    An empty range is told of by its neighbours, whose order it keeps.
    """
    return np.array([row.rows > 0 or row.kind == "range" for row in binning.bins])


def by_policy(values: Floats, sides: Sequence[Binning], policies: Policies) -> Floats:
    """Return log-odds by cell with those of missing and unseen values as the policies say."""
    found = values.copy()
    for axis, side in enumerate(sides):
        held = [n for n, row in enumerate(side.bins) if row.kind in ("range", "levels")]
        worst = np.moveaxis(values, axis, 0)[held].min(axis=0)
        lines = np.moveaxis(found, axis, 0)
        for place, row in enumerate(side.bins):
            if row.kind == "missing" and (policies.missing != "own" or not row.rows):
                lines[place] = worst if policies.missing == "worst" else 0.0
            if row.kind == "unseen":
                lines[place] = worst if policies.unseen == "worst" else 0.0
    return found


def _rows(cells: NDArray[Any]) -> tuple[tuple[Any, ...], ...]:
    return tuple(map(tuple, cells.tolist()))

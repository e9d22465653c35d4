"""The way of one indicator in one area: what is due when, and how an observation stands to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from lishui_credit.plan.definitions import BASE, END, PlanIndicator
from lishui_credit.plan.methods import (
    elapsed,
    growth_class,
    growth_ratio,
    path_value,
    schedule_class,
    share_due,
    survey_class,
)
from lishui_credit.plan.status import OF_GROWTH

_SHORT: Final = ("near", "behind", "far_behind", "reversed")


@dataclass(frozen=True, slots=True)
class Point:
    """One observation, as a judgement needs it."""

    day: date
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Way:
    """From where to where, and what is due when: the plan's path, or the targets loaded for it."""

    row: PlanIndicator
    base: float | None
    target: float | None
    basis: str
    years: Mapping[int, float]

    @property
    def begins(self) -> bool:
        """Whether there is anything to walk from: a base, or loaded targets on the way."""
        return self.base is not None or bool(self.years)

    def at(self, day: date) -> float | None:
        """The value expected on a day; None where the way has no beginning or no end."""
        if self.target is None:
            return None
        if not self.begins:  # at the end it matters not from where
            return self.target if day >= END else None
        if self.base is not None and self.base >= self.target:
            return self.target  # nothing to gain: keep what is reached
        if not self.years:
            assert self.base is not None
            return path_value(self.row.path, self.base, self.target, day)
        known = {END.year: self.target, **self.years}
        if self.base is not None:
            known[BASE.year] = self.base
        stops = sorted((year - BASE.year, level) for year, level in known.items())
        now = float(elapsed(day))
        if now < stops[0][0]:
            return None
        for (a, low), (b, high) in pairwise(stops):
            if now <= b:
                return low + (high - low) * (now - a) / (b - a)
        return stops[-1][1]

    def due(self, day: date) -> float:
        """The share of the way due on a day."""
        if not self.years or self.base is None or self.target is None or self.target <= self.base:
            return share_due(self.row.path, day)
        level = self.at(day)
        return 0.0 if level is None else (level - self.base) / (self.target - self.base)

    def growth(self, point: Point) -> float | None:
        """The growth ratio R; none for coverage, which is bounded and judged by its schedule."""
        if self.row.kind == "coverage" or self.base is None or self.target is None:
            return None
        years = float(elapsed(point.day))
        return growth_ratio(self.base, point.value, self.target, years)

    def status(self, point: Point) -> str:
        """The status on the day of an observation; of a binding target at the plan's end, met or missed."""
        found = self._on_the_way(point)
        ended = self.row.attribute == "binding" and point.day >= END
        return "missed" if ended and found in _SHORT else found

    def _on_the_way(self, point: Point) -> str:
        """The status as the methods tell it."""
        if self.target is None:
            return "no_baseline"
        survey = self.row.kind == "survey" and point.low is not None and point.high is not None
        best = point.low if survey and point.low is not None else point.value
        doubling = self.row.kind == "doubling"
        if best >= self.target and (not doubling or self.target > 0):
            return "achieved"
        level = self.at(point.day)
        if level is None:
            return "no_baseline"
        if self.base is None:  # above or below what is due is all that can be said
            by_schedule = "on_track" if point.value >= level else "behind"
        elif doubling and not self.years:
            ratio = self.growth(point)
            return "no_baseline" if ratio is None else OF_GROWTH[growth_class(ratio, False)]
        else:
            by_schedule = schedule_class(self.base, point.value, self.target, self.due(point.day))
        if not survey or point.low is None or point.high is None:
            return by_schedule
        told = survey_class(point.low, point.high, level)
        if told == "not_met" and by_schedule in ("achieved", "ahead", "on_track"):
            return "near"  # on the line by its estimate, below it by every value of the interval
        return {"met": "on_track", "not_met": by_schedule}.get(told, told)

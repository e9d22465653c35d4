"""The formulas of progress, one small function each: b the base, y the value, T the target.

Two published methods stand side by side: the schedule (序时进度) of Chinese mid-term evaluations and
the growth ratio of Statistics Canada. Their thresholds are given where they are applied.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Final, Literal

import numpy as np

from lishui_credit.plan.definitions import BASE, END, Path

YEARS: Final = END.year - BASE.year
"""Years of the plan: five."""

SCHEDULE_THRESHOLDS: Final = (1.0, 0.9, 0.6, 0.0)
"""S from which one is ahead, near, behind, far behind; below the last, reversed. Proposed."""
GROWTH_THRESHOLDS: Final = (0.95, 0.60, 0.0)
"""R from which one is on track, needs acceleration, makes limited progress (Statistics Canada)."""
LEAST_POINTS: Final = 4
"""Observations a projection needs: two for the line, two more to see how far it is off. Ours."""

STEP: Final = 0.8
"""Share of all movement from year to year above which one change is a step. Ours."""
NoInterval = Literal["line", "step"]

_EDGE: Final = 1e-9  # a hair for floats: 0.6 years' share must not fall below the 0.6 of the table


@cache
def elapsed(day: date) -> Fraction:
    """Return years from the base (2015-12-31) to a day, in months and shares of a month."""
    length = calendar.monthrange(day.year, day.month)[1]
    months = (day.year - BASE.year - 1) * 12 + day.month - 1 + Fraction(day.day, length)
    return months / 12


@cache
def time_share(day: date) -> float:
    """Return tau, the share of the plan's five years gone by a day; 0 to 1, held at both ends."""
    return float(min(max(elapsed(day) / YEARS, Fraction(0)), Fraction(1)))


def share_due(path: Path, day: date) -> float:
    """Return the share of the way from base to target that a schedule expects by a day."""
    # Time share for linear and geometric paths; for a step path, the share of the last step
    # reached.
    if path.kind != "step":
        return time_share(day)
    return max((step.share / 100 for step in path.steps if step.on <= day), default=0.0)


def path_value(path: Path, base: float, target: float, day: date) -> float:
    """Return where the expected path stands on a day."""
    # Linear and step: b + (T - b) w with w the share due; geometric: b (T / b)^tau.
    if path.kind == "geometric" and base > 0 and target > 0:
        tau = time_share(day)
        return float(base ** (1 - tau) * target**tau)
    return base + (target - base) * share_due(path, day)


def schedule(
    base: float, value: float, target: float, due: float
) -> tuple[float | None, float | None]:
    """Return P, the share of the way done, and S = P / due."""
    # P = (y - b) / (T - b).
    # Source: Practice of mid-term evaluations (序时进度): 国家发展改革委, 12th Five-Year Plan mid-term
    # report, 2013. The linear form is that of ESCAP's current status index, 10 P against 10
    # tau.
    if target <= base:
        return None, None
    done = (value - base) / (target - base)
    return done, done / due if due > 0 else None


def schedule_class(base: float, value: float, target: float, due: float) -> str:
    """Return the class of the schedule."""
    if value >= target:
        return "achieved"
    _, ratio = schedule(base, value, target, due)
    if ratio is None:
        return "on_track" if base < target and value >= base else "reversed"
    names = ("ahead", "near", "behind", "far_behind")
    for threshold, name in zip(SCHEDULE_THRESHOLDS, names, strict=True):
        if ratio >= threshold - _EDGE:
            return name
    return "reversed"


def growth_ratio(base: float, value: float, target: float, years: float) -> float | None:
    """Return R, observed growth a year over the growth a year the target needs."""
    # R = d CAGR_obs / |CAGR_req|, CAGR_obs = (y / b)^(1 / years) - 1, CAGR_req = (T / b)^(1
    # / 5) - 1, d = +1 (more is better, as in all twelve).
    # Source: Statistics Canada in Open SDG, Progress Measurement Methodology, after
    # Eurostat (2021).
    if base <= 0 or value < 0 or target <= 0 or target == base or years <= 0:
        return None
    observed = (value / base) ** (1 / years) - 1
    required = (target / base) ** (1 / YEARS) - 1
    return float(observed / abs(required))


def growth_class(ratio: float, reached: bool) -> str:
    """Return the class of a growth ratio."""
    if reached:
        return "achieved"
    for threshold, name in zip(
        GROWTH_THRESHOLDS, ("on_track", "acceleration_needed", "limited"), strict=True
    ):
        if ratio >= threshold - _EDGE:
            return name
    return "deterioration"


def growth_score(ratio: float, reached: bool) -> float:
    """Return the score of a growth ratio, -5 to 5: linear from R = -0.6 over 0.6 to 1.3."""
    # Source: Statistics Canada in Open SDG, Progress Measurement Methodology.
    return 5.0 if reached else float(np.interp(ratio, (-0.6, 0.6, 1.3), (-5.0, 0.0, 5.0)))


def survey_class(low: float, high: float, line: float) -> str:
    """Return whether an interval lies at or above a line, below it, or across it."""
    if low >= line:
        return "met"
    return "not_met" if high < line else "cannot_tell"


def required_rate(value: float, target: float, day: date, *, geometric: bool) -> float | None:
    """Return the pace needed from a day on: units a year, or growth a year for a geometric path."""
    # (T - y) / n or (T / y)^(1 / n) - 1, n the years left; 0 where the target is reached,
    # None where no time is left, or no growth rate is defined or none that a number holds.
    if value >= target:
        return 0.0
    left = float(YEARS - elapsed(day))
    if left <= 0 or (geometric and value <= 0):
        return None
    if not geometric:
        return (target - value) / left
    try:
        return math.pow(target / value, 1 / left) - 1
    except OverflowError:  # a hundredfold in the last days
        return None


@dataclass(frozen=True, slots=True)
class Projection:
    """The value a line through the observations gives for the end of 2020."""

    value: float
    low: float | None
    high: float | None
    points: int
    no_interval: NoInterval | None = None  # why it has none


def no_interval(changes: Sequence[float], *, stepped: bool, off: float) -> NoInterval | None:
    """Return why a line through values has no honest interval: they lie on it, or they step.

    >>> no_interval([1, 30, 0], stepped=False, off=5.0), no_interval([9, 11, 10], stepped=False, off=0.6)
    ('step', None)
    """
    # `changes` are those from value to value, `off` is how far these are off the line. Points on
    # one line leave nothing to measure their scatter by; one change that makes most of the way is
    # no scatter about a line.
    whole = sum(abs(change) for change in changes)
    if off <= _EDGE * max(1.0, whole):
        return "line"
    return "step" if stepped or max(map(abs, changes)) > STEP * whole else None


def project(
    days: Sequence[date],
    values: Sequence[float],
    *,
    geometric: bool,
    limits: tuple[float, float | None],
    level: float = 0.95,
    stepped: bool = False,
) -> Projection | None:
    """Return the end-2020 value of a time-weighted regression line, with a prediction interval."""
    # Without the interval where the points lie on one line or go through a step: its formula
    # would give a width, and the width would mean nothing.
    # Least squares of y (its logarithm for a geometric path) on time, weights growing
    # evenly from the first observation to 1 at the last; the interval is Student's, with n
    # - 2 degrees of freedom and weight 1 for the new observation, and is held inside what
    # the indicator can be.
    # Source: UN ESCAP and UNECE, SDG progress assessment, technical notes (anticipated
    # progress: time-weighted regression); the weights here are ours. Draper and Smith
    # (1998), Applied Regression Analysis, 3rd ed., 9.2 (weighted least squares).
    if len(days) < LEAST_POINTS or (geometric and min(values) <= 0):
        return None
    from scipy.special import stdtrit

    t = np.array([float(elapsed(day)) for day in days])
    y = np.log(values) if geometric else np.asarray(values, dtype=np.float64)
    w = np.arange(1, len(t) + 1) / len(t)
    x = np.column_stack([np.ones_like(t), t])
    inverse = np.linalg.inv(x.T @ (w[:, None] * x))
    line = inverse @ (x.T @ (w * y))
    freedom = len(t) - 2
    variance = float((w * (y - x @ line) ** 2).sum()) / freedom
    end = np.array([1.0, float(YEARS)])
    middle = float(end @ line)
    half = float(stdtrit(freedom, (1 + level) / 2)) * math.sqrt(
        variance * (1 + end @ inverse @ end)
    )
    ends = [math.exp(v) if geometric else v for v in (middle, middle - half, middle + half)]
    top = math.inf if limits[1] is None else limits[1]
    value, low, high = (min(max(v, limits[0]), top) for v in ends)
    why = no_interval(np.diff(y).tolist(), stepped=stepped, off=math.sqrt(variance))
    if why is not None:
        return Projection(value, None, None, len(t), why)
    return Projection(value, low, high, len(t))

"""Points of a card as integers, and what rounding them costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lishui_credit.points import half_away
from lishui_credit.scorecards.bins.binning import Binning
from lishui_credit.scorecards.cards.scale import Scale
from lishui_credit.statistics.outcomes import Flags, Floats, ranked, roc_area

if TYPE_CHECKING:
    from lishui_credit.scorecards.cards.card import Card


def integer_points(
    lines: Sequence[Sequence[float]], intercept: float, scale: Scale, *, unit: int, folded: bool
) -> tuple[int, list[tuple[int, ...]]]:
    """Return base points and the points of every bin, integers in units of 1/`unit`.

    `lines` are log-odds good:bad of the bins of each characteristic: one of x gets ``factor * x``,
    rounded half away from zero. The score at average odds, ``offset + factor * intercept``, is rounded
    once and is either the base points or, `folded` (base 0), shared out in whole points, the first
    characteristics getting the odd ones: folding adds no rounding of its own.
    """
    whole = half_away(Fraction(scale.score(intercept) * unit))
    share, odd = divmod(whole, len(lines)) if folded else (0, 0)
    points = []
    for place, line in enumerate(lines):
        own = share + (1 if place < odd else 0)
        points.append(tuple(own + mark for mark in whole_points(line, scale, unit)))
    return (0 if folded else whole), points


def whole_points(line: Iterable[float], scale: Scale, unit: int) -> list[int]:
    """Return the points of log-odds, integers in units of 1/`unit`."""
    return [half_away(Fraction(scale.factor * x * unit)) for x in line]


def of_woe(binnings: Sequence[Binning], coefficients: Iterable[float]) -> list[list[float]]:
    """Return the log-odds of bins where they are a coefficient times WoE."""
    pairs = zip(binnings, map(float, coefficients), strict=True)
    return [[b * row.woe for row in found.bins] for found, b in pairs]


def loss_of_rounding(
    line: Floats,
    card: Card,
    scores: NDArray[np.int64],
    bad: Flags,
    weight: Floats | None,
    rows: NDArray[np.int64] | None = None,
) -> dict[str, float]:
    """Return what rounding to whole points cost on the sample.

    Where each score stands for several rows, `rows` says for how many.
    ``mean_points`` and ``max_points`` are absolute distances, in printed points, from the score of
    `line`, the unrounded log-odds good:bad; AUC and log-loss are told before and after.
    """
    exact = line * card.scale.factor + card.scale.offset
    away = np.abs(scores / card.point_unit - exact)
    rounded = card.log_odds(scores)
    heavy = np.ones(len(bad)) if weight is None else weight

    def log_loss(odds: Floats) -> float:
        loss = np.logaddexp(0.0, np.where(bad, odds, -odds))
        return float(np.average(loss, weights=heavy))

    def area(odds: Floats) -> float:
        levels = ranked(bad.astype(np.float64), -odds, weight)
        return roc_area(levels.bads, levels.goods)

    return {
        "mean_points": round(float(np.average(away, weights=rows)), 4),
        "max_points": round(float(away.max()), 4),
        "auc_before": round(area(line), 6),
        "auc_after": round(area(rounded), 6),
        "log_loss_before": round(log_loss(line), 6),
        "log_loss_after": round(log_loss(rounded), 6),
    }

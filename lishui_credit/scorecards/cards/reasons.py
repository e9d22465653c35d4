"""Why a score is what it is, and what would change it: reason codes and cheapest changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import ModelError, Problem
from lishui_credit.language import tr
from lishui_credit.scorecards.cards.card import POINTS, Card, Characteristic
from lishui_credit.scorecards.protected import protected_as

Baseline = Literal["neutral", "mean", "best"]


def baseline_points(row: Characteristic, baseline: Baseline) -> float:
    """Return the points a characteristic is measured against.

    Parameters
    ----------
    row : Characteristic
        Of a card.
    baseline : {"neutral", "mean", "best"}
        Points at average odds; the sample's average; the most there can be.
    """
    return {"neutral": row.neutral, "mean": row.mean, "best": row.best}[baseline]


def reason_codes(
    card: Card,
    X: Any,  # noqa: N803
    *,
    top: int = 4,
    baseline: Baseline = "best",
) -> pl.DataFrame:
    """Return the characteristics that cost each row most.

    Parameters
    ----------
    card : Card
        The card.
    X : frame, shape (n, k)
        Rows.
    top : int, default 4
        Reasons per row.
    baseline : {"neutral", "mean", "best"}, default "best"
        What the points are measured against.

    Returns
    -------
    polars.DataFrame, shape (n, 2 * top + 1)
        score, then ``reason_1`` (column) and ``lost_1`` (printed points below the baseline) and so
        on, largest loss first; null where fewer characteristics lost anything. Ties go to the
        characteristic that stands first on the card.

    References
    ----------
    US Regulation B, 12 CFR 1002.9(b)(2), asks for the principal reasons of an adverse action.
    """
    if baseline not in ("neutral", "mean", "best"):
        raise ModelError(
            Problem(tr("no such baseline", "没有该基准"), baseline, "neutral, mean, best")
        )
    parts = card.contributions(X)
    names = card.columns
    against = np.array([baseline_points(row, baseline) for row in card.characteristics])
    lost = against - parts.select(f"{POINTS}{name}" for name in names).to_numpy()
    found = largest(names, lost / card.point_unit, top)
    return found.insert_column(0, parts["score"])


def largest(names: Sequence[str], lost: NDArray[np.float64], top: int) -> pl.DataFrame:
    """Return the largest losses of each row and whose they are.

    Parameters
    ----------
    names : sequence of str, length k
        What the columns of `lost` stand for.
    lost : ndarray of shape (n, k)
        Printed points; nothing is lost at 1e-9 and below.
    top : int
        Losses per row.

    Returns
    -------
    polars.DataFrame, shape (n, 2 * min(top, k))
        ``reason_1``, ``lost_1`` and so on, largest first, ties in the order of `names`; null where
        fewer lost anything.

    Examples
    --------
    >>> largest(["a", "b"], np.array([[1.0, 2.0], [0.0, 3.0]]), 2).rows()
    [('b', 2.0, 'a', 1.0), ('b', 3.0, None, None)]
    """
    order = np.argsort(-lost, axis=1, kind="stable")[:, :top]
    sizes = np.take_along_axis(lost, order, axis=1)
    labels = np.array(names, dtype=object)
    found: dict[str, Any] = {}
    for place in range(min(top, len(names))):
        some = sizes[:, place] > 1e-9
        named = labels[order[:, place]]
        found[f"reason_{place + 1}"] = [n if s else None for n, s in zip(named, some, strict=True)]
        found[f"lost_{place + 1}"] = [
            float(p) if s else None for p, s in zip(sizes[:, place], some, strict=True)
        ]
    schema: dict[str, Any] = {
        key: pl.String if key.startswith("reason_") else pl.Float64 for key in found
    }
    return pl.DataFrame(found, schema=schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change that would help: a characteristic from one bin to another.

    Parameters
    ----------
    feature, label : str
        Column and what people call it.
    now, then : str
        Bins in words.
    gain : int
        Points, in units of 1/`point_unit`.
    cost : float
        As the caller weighs it.
    """

    feature: str
    label: str
    now: str
    then: str
    gain: int
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The cheapest way to a cut-off.

    Parameters
    ----------
    score, reached : int
        Now, and after the changes.
    changes : tuple of Change
        Largest gain first; empty where the score is enough already.
    possible : bool
        False where the changeable characteristics cannot reach the cut-off.
    """

    score: int
    reached: int
    changes: tuple[Change, ...]
    possible: bool


def what_would_it_take(
    card: Card,
    row: Mapping[str, Any],
    cutoff: int,
    changeable: Mapping[str, float] | Sequence[str],
    *,
    only: Mapping[str, Literal["up", "down"]] | None = None,
) -> Way:
    """Return the cheapest changes of changeable characteristics that reach a cut-off.

    Exact: a dynamic programme over the points still needed. A step from bin to bin costs the
    characteristic's weight once per bin crossed (a category: once). Protected attributes are never
    proposed, nor missing or special codes.

    Parameters
    ----------
    card : Card
        The card.
    row : mapping
        The subject's values.
    cutoff : int
        Score to reach, in units of 1/`point_unit`.
    changeable : mapping of str to float, or sequence of str
        Characteristics the subject can change, and what a step costs (1 where not said).
    only : mapping of str to {"up", "down"}, optional
        Values that can move one way only, such as years in business.

    Returns
    -------
    Way

    Raises
    ------
    ModelError
        If a changeable characteristic is not in the card or protected.
    """
    costs = dict(changeable) if isinstance(changeable, Mapping) else dict.fromkeys(changeable, 1.0)
    problems = [
        Problem(tr("not in the card", "评分卡中没有该特征"), name, ", ".join(card.columns))
        for name in costs
        if name not in card.columns
    ]
    problems += [
        Problem(tr("a protected attribute is never proposed", "不得建议改变受保护属性"), name)
        for name in costs
        if protected_as(name)
    ]
    if problems:
        raise ModelError(problems)
    frame = pl.DataFrame({name: [row.get(name)] for name in card.columns})
    score = int(card.score(frame)[0])
    needed = cutoff - score
    if needed <= 0:
        return Way(score=score, reached=score, changes=(), possible=True)
    # cheapest[p]: least cost and its changes for a gain of at least p points, p capped at needed.
    cheapest: dict[int, tuple[float, tuple[Change, ...]]] = {0: (0.0, ())}
    for name, weight in costs.items():
        options = _options(card[name], frame, weight, (only or {}).get(name))
        grown = dict(cheapest)
        for gained, (cost, changes) in cheapest.items():
            for option in options:
                reach = min(needed, gained + option.gain)
                tried = (cost + option.cost, (*changes, option))
                if reach not in grown or tried[0] < grown[reach][0] - 1e-12:
                    grown[reach] = tried
        cheapest = grown
    if needed not in cheapest:
        most = max(cheapest)
        return Way(score=score, reached=score + most, changes=(), possible=False)
    changes = tuple(sorted(cheapest[needed][1], key=lambda change: -change.gain))
    reached = score + sum(change.gain for change in changes)
    return Way(score=score, reached=reached, changes=changes, possible=True)


def _options(
    item: Characteristic, frame: pl.DataFrame, weight: float, only: str | None
) -> list[Change]:
    """Bins of more points that a characteristic can reach, and what each costs."""
    here = int(frame.select(item.binning.index().expr(pl)).item())
    now = item.binning.bins[here]
    found = []
    for place, row in enumerate(item.binning.bins):
        gain = item.points[place] - item.points[here]
        if gain <= 0 or row.kind not in ("range", "levels") or not row.rows:
            continue
        steps = 1
        if row.kind == "range" and now.kind == "range":
            if (only == "up" and place < here) or (only == "down" and place > here):
                continue
            steps = abs(place - here)
        found.append(
            Change(
                feature=item.feature,
                label=item.label,
                now=now.said,
                then=row.said,
                gain=gain,
                cost=weight * steps,
            )
        )
    return found

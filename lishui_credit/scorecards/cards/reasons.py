"""Why a score is what it is, and what would change it: reason codes and cheapest changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
import polars as pl

from lishui_credit.errors import ModelError, Problem, refuse
from lishui_credit.language import tr
from lishui_credit.scorecards.cards.card import POINTS, Card, Characteristic
from lishui_credit.scorecards.cards.card_rows import as_learned
from lishui_credit.scorecards.features import features
from lishui_credit.scorecards.protected import protected_as
from lishui_credit.statistics.outcomes import Floats
from lishui_credit.tables.frames import Frame

LEAST: Final = 1e-9
"""Printed points from which on a loss counts."""
Baseline = Literal["neutral", "mean", "best", "best_of_all"]


def baseline_points(row: Characteristic, baseline: Baseline) -> float:
    """Return the points a characteristic is measured against: at average odds, on average, or its most."""
    if baseline == "best":
        return row.best_known[1]
    return {"neutral": row.neutral, "mean": row.mean, "best_of_all": row.best}[baseline]


def reason_codes(
    card: Card,
    X: Frame,
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
        Rows with the columns of the card.
    top : int, default 4
        Reasons per row.
    baseline : {"neutral", "mean", "best", "best_of_all"}, default "best"
        What the points are measured against: points at average odds, the sample's average, the most
        that a known value has, the most there can be. Only "best_of_all" counts the bins of missing
        values and special codes: nobody can be told to leave a value out.

    Returns
    -------
    polars.DataFrame, shape (n, 4 * top + 1)
        score, then ``reason_1`` (column), ``lost_1`` (printed points below the baseline), ``found_1``
        (the bin that the row's value is in) and ``better_1`` (the bin of known values with most
        points), and so on, largest loss first; null where fewer characteristics lost anything. Ties
        go to the characteristic that comes first on the card.

    Raises
    ------
    ModelError
        If there is no such baseline.
    SubjectError
        If the rows cannot be scored, see `Card.score`.

    References
    ----------
    US Regulation B, 12 CFR 1002.9(b)(2), asks for the principal reasons of an adverse action.

    Examples
    --------
    >>> from lishui_credit.scorecards import Scorecard
    >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
    >>> card = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_
    >>> reason_codes(card, pl.DataFrame({"late": [0, 1]}), top=1).rows()
    [(546, None, None, None, None), (530, 'late', 16.0, '>= 0.5', '< 0.5')]
    """
    if baseline not in get_args(Baseline):
        known = ", ".join(get_args(Baseline))
        raise ModelError(tr("no such baseline", "没有该基准"), str(baseline), known)
    rows = features(X, card.columns)
    parts = card.contributions(rows)
    names = card.columns
    against = np.array([baseline_points(row, baseline) for row in card.characteristics])
    lost = against - parts.select(f"{POINTS}{name}" for name in names).to_numpy()
    found = largest(names, lost / card.point_unit, top)
    return _with_bins(found, card, rows).insert_column(0, parts["score"])


def _with_bins(reasons: pl.DataFrame, card: Card, rows: pl.DataFrame) -> pl.DataFrame:
    """Return reasons, each with the bin that its value is in and the best one of known values."""
    read = as_learned(rows, [item.binning for item in card.characteristics])
    places = read.select(
        item.binning.index().expr(pl).alias(item.feature) for item in card.characteristics
    )
    columns = []
    for n in range(1, len(reasons.columns) // 2 + 1):
        reason = reasons[f"reason_{n}"].to_numpy()
        now, then = (np.full(len(reason), None, dtype=object) for _ in range(2))
        for item in card.characteristics:
            own = reason == item.feature
            said = np.array([row.said for row in item.binning.bins], dtype=object)
            now[own] = said[places[item.feature].to_numpy()[own]]
            then[own] = item.best_known[0].said
        columns += [reasons[f"reason_{n}"], reasons[f"lost_{n}"]]
        columns.append(pl.Series(f"found_{n}", now.tolist(), pl.String))
        columns.append(pl.Series(f"better_{n}", then.tolist(), pl.String))
    return pl.DataFrame(columns)


def largest(names: Sequence[str], lost: Floats, top: int) -> pl.DataFrame:
    """Return the largest losses of each row, shape (n, k) in printed points, and whose they are.

    ``reason_1``, ``lost_1`` and so on, largest first, ties in the order of `names`; null where fewer
    lost anything, that is more than `LEAST`.

    Examples
    --------
    >>> largest(["a", "b"], np.array([[1.0, 2.0], [0.0, 3.0]]), 2).rows()
    [('b', 2.0, 'a', 1.0), ('b', 3.0, None, None)]
    """
    order = np.argsort(-lost, axis=1, kind="stable")[:, :top]
    sizes = np.take_along_axis(lost, order, axis=1)
    labels = np.array(names, dtype=object)
    found = []
    for place in range(min(top, len(names))):
        some = sizes[:, place] > LEAST
        named = [n if s else None for n, s in zip(labels[order[:, place]], some, strict=True)]
        lost_here = [float(p) if s else None for p, s in zip(sizes[:, place], some, strict=True)]
        found.append(pl.Series(f"reason_{place + 1}", named, pl.String))
        found.append(pl.Series(f"lost_{place + 1}", lost_here, pl.Float64))
    return pl.DataFrame(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change that would help: a characteristic from one bin to another, its gain in points, its cost."""

    feature: str
    label: str
    now: str
    then: str
    gain: int
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The cheapest way to a cut-off; `possible` is False where what can change does not reach it."""

    score: int
    reached: int
    changes: tuple[Change, ...]
    possible: bool


def what_would_it_take(
    card: Card,
    row: Mapping[str, object],
    cutoff: int,
    changeable: Mapping[str, float] | Sequence[str],
    *,
    only: Mapping[str, Literal["up", "down"]] | None = None,
) -> Way:
    """Return the cheapest changes of changeable characteristics that reach a cut-off.

    Exact: a dynamic programme over the points still needed. A step from bin to bin costs the
    characteristic's weight once per bin crossed (a category: once). Protected attributes are never
    proposed, nor missing values or special codes.

    Parameters
    ----------
    card : Card
        The card.
    row : mapping of str to value
        The subject's values.
    cutoff : int
        Score to reach, in units of 1/`point_unit`.
    changeable : mapping of str to float, or sequence of str
        Characteristics the subject can change, and what a step costs (1 where not given).
    only : mapping of str to {"up", "down"}, optional
        Values that can move one way only, such as years in business.

    Returns
    -------
    Way
        ``score`` now, ``reached`` after ``changes`` (largest gain first; none where the score is
        enough already), ``possible``.

    Raises
    ------
    ModelError
        If a changeable characteristic is not in the card, or is protected.

    Examples
    --------
    >>> from lishui_credit.scorecards import Scorecard
    >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
    >>> card = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_
    >>> way = what_would_it_take(card, {"late": 1}, 540, ["late"])
    >>> way.score, way.reached, [(change.now, change.then) for change in way.changes]
    (530, 546, [('>= 0.5', '< 0.5')])
    """
    costs = dict(changeable) if isinstance(changeable, Mapping) else dict.fromkeys(changeable, 1.0)
    problems = card.lacking(costs)
    problems += [
        Problem(tr("a protected attribute is never proposed", "不得建议改变受保护属性"), name)
        for name in costs
        if protected_as(name)
    ]
    refuse(problems, ModelError)
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
    here = item.binning.places(frame).item()
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

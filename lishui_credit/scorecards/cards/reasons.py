"""Why a score is what it is, and what would change it: reason codes and cheapest changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

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


def baseline_points(card: Card, item: Characteristic, baseline: Baseline) -> float:
    """Return the points a characteristic is measured against: at average odds, on average, or its most.

    Its share of crossed tables is in; at average odds that is 0.
    """
    if baseline == "best":
        return card.best_known(item.feature)
    shares = list(card.crossing(item.feature))
    if baseline == "mean":
        return item.mean + sum(float(np.average(of, weights=row.rows)) for row, of in shares)
    if baseline == "best_of_all":
        return item.best + sum(int(of[row.held].max()) for row, of in shares)
    return item.neutral


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
        values and special codes: nobody can be told to leave a value out. Points of a crossed table
        are shared between its two characteristics, see `CrossedTable.share`.

    Returns
    -------
    polars.DataFrame, shape (n, 4 * top + 1)
        score, then ``reason_1`` (column), ``lost_1`` (printed points below the baseline), ``found_1``
        (the bin that the row's value is in) and ``better_1`` (the bin of known values with most
        points, in crossed tables beside the row's other values), and so on, largest loss first; null
        where fewer characteristics lost anything. Ties
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
    against = np.array([baseline_points(card, row, baseline) for row in card.characteristics])
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
            then[own] = said[_best_beside(card, item, places.filter(pl.Series(own)))]
        columns += [reasons[f"reason_{n}"], reasons[f"lost_{n}"]]
        columns.append(pl.Series(f"found_{n}", now.tolist(), pl.String))
        columns.append(pl.Series(f"better_{n}", then.tolist(), pl.String))
    return pl.DataFrame(columns)


def _best_beside(card: Card, item: Characteristic, places: pl.DataFrame) -> NDArray[np.intp]:
    """Return the bin of known values that gives each row the highest score beside its other values."""
    marks = np.tile(np.array(item.points, dtype=np.int64), (places.height, 1))
    for row in card.crossed:
        if item.feature in row.features:
            other = next(name for name in row.features if name != item.feature)
            cells = card.by_bins(row)
            lines = cells.T if item.feature == row.first.feature else cells
            marks += lines[places[other].to_numpy()]
    known = [row for row, _ in item.held if row.kind in ("range", "levels")]
    outside = [row not in known for row in item.binning.bins] if known else []
    marks[:, np.flatnonzero(outside)] = np.iinfo(np.int64).min
    best: NDArray[np.intp] = marks.argmax(axis=1)
    return best


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

    Exact: a dynamic programme over points gained, and over bins that crossed tables pair with later
    steps. A change's gain is what it adds after those of characteristics before it. A step from bin to
    bin costs the characteristic's weight once per bin crossed (a category: once). Protected attributes are never
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
    steps = _Steps(card, frame, costs, only or {})
    # cheapest[g]: least cost and its changes for a gain of g points, by what later steps depend on.
    cheapest: dict[_State, _Way] = {((), 0): (0.0, ())}
    for number, name in enumerate(costs):
        grown: dict[_State, _Way] = {}
        # No change first: of two ways of equal cost the one with fewer characteristics stays.
        moves = [
            (way, gained, move)
            for (beside, gained), way in cheapest.items()
            for move in steps.of(name, dict(beside))
        ]
        for (cost, changes), gained, (option, gain, then) in sorted(
            moves, key=lambda found: found[2][0] is not None
        ):
            kept = tuple(pair for pair in then if steps.matters(pair[0], number))
            reach = gained + gain if card.crossed else min(needed, gained + gain)
            taken = (*changes, option) if option is not None else changes
            tried = (cost + (option.cost if option is not None else 0.0), taken)
            state = (kept, reach)
            if state not in grown or tried[0] < grown[state][0] - 1e-12:
                grown[state] = tried
        cheapest = grown
    enough = [(way[0], -gained, way) for (_, gained), way in cheapest.items() if gained >= needed]
    if not enough:
        most = max(gained for _, gained in cheapest)
        return Way(score=score, reached=score + most, changes=(), possible=False)
    _, gained, (_, taken) = min(enough, key=lambda found: found[:2])
    changes = tuple(sorted(taken, key=lambda change: -change.gain))
    reached = score + sum(change.gain for change in changes)
    return Way(score=score, reached=reached, changes=changes, possible=True)


_State: TypeAlias = tuple[tuple[tuple[str, int], ...], int]
_Way: TypeAlias = tuple[float, tuple[Change, ...]]


class _Steps:
    """What one characteristic after the other can change, and what each change gains beside the others."""

    def __init__(
        self,
        card: Card,
        frame: pl.DataFrame,
        costs: Mapping[str, float],
        only: Mapping[str, Literal["up", "down"]],
    ) -> None:
        self.card, self.costs, self.only = card, costs, only
        self.order = list(costs)
        self.here = {row.feature: row.binning.places(frame).item() for row in card.characteristics}
        self.pairs = [(row.features, card.by_bins(row)) for row in card.crossed]

    def matters(self, name: str, number: int) -> bool:
        """Tell whether a step after `number` is beside this characteristic in a crossed table."""
        later = set(self.order[number + 1 :])
        return any(name in pair and later & {*pair} for pair, _ in self.pairs)

    def of(
        self, name: str, beside: dict[str, int]
    ) -> Iterator[tuple[Change | None, int, tuple[tuple[str, int], ...]]]:
        """Yield the changes of a characteristic, none among them, the gain and what is changed then."""
        item, here = self.card[name], self.here[name]
        crossed = any(name in pair for pair, _ in self.pairs)
        yield None, 0, tuple(beside.items())
        for place in range(len(item.points)):
            steps = _steps_to(item, here, place, self.only.get(name))
            gain = item.points[place] - item.points[here] + self._crossed_gain(name, place, beside)
            if not steps or (gain <= 0 and not crossed):
                continue
            option = Change(
                feature=name,
                label=item.label,
                now=item.binning.bins[here].said,
                then=item.binning.bins[place].said,
                gain=gain,
                cost=self.costs[name] * steps,
            )
            yield option, gain, (*beside.items(), (name, place))

    def _crossed_gain(self, name: str, place: int, beside: Mapping[str, int]) -> int:
        now = {**self.here, **beside}
        gain = 0
        for (first, second), points in self.pairs:
            if name in (first, second):
                then = {**now, name: place}
                gain += int(points[then[first], then[second]] - points[now[first], now[second]])
        return gain


def _steps_to(item: Characteristic, here: int, place: int, only: str | None) -> int:
    """Return how many bins a value crosses on its way to another bin; 0 where it cannot go there."""
    now, then = item.binning.bins[here], item.binning.bins[place]
    if place == here or then.kind not in ("range", "levels") or not then.rows:
        return 0
    if then.kind != "range" or now.kind != "range":
        return 1
    if (only == "up" and place < here) or (only == "down" and place > here):
        return 0
    return abs(place - here)

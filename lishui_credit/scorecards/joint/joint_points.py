"""`JointPoints`: points of bins, and of pairs of bins, fitted jointly instead of WoE times a coefficient.

Everything is settled inside the sample: inner folds choose how smooth the tables are and how many
there are; the whole sample then fits them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from lishui_credit.errors import ModelError, Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.scorecards.bins.binning import Binning
from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.scorecards.features import TrainingSample
from lishui_credit.scorecards.joint.fine_pieces import fine_binnings, grid_of
from lishui_credit.scorecards.joint.forward_choice import Rows, crossed, one_way
from lishui_credit.scorecards.joint.inner_folds import HeldOut, InnerFolds
from lishui_credit.scorecards.joint.joint_fit import Fitted, blank, fit_tables
from lishui_credit.scorecards.joint.neighbour_groups import even_groups, like_groups, numbered
from lishui_credit.scorecards.joint.score_tables import Axis, Grid, Smoothing, Table
from lishui_credit.scorecards.parameters import Within, wrong_parameters
from lishui_credit.statistics.logistic import expit, one_thread
from lishui_credit.statistics.outcomes import Floats, Values
from lishui_credit.statistics.refusals import lacking

PIECES: Final = 32
"""Of a number, from which the bins of its table are made."""
SINGLE: Final = (8.0, 2.0, 0.5, 0.125)
CROSSED: Final = (64.0, 8.0, 1.0)
"""What inner folds choose from, most first: smoothing of one-way and of two-way tables."""
# Standard errors of paired losses: by which pairs must be better than none, within which fewer pairs or
# smoother tables do as well, and by which all tables must be better than no table.
_SURE: Final = 3.0
_NEAR: Final = 1.0
_SOME: Final = 2.0
_RANGES: Final = {
    "tables": Within(least=1, whole=True),
    "crossed": Within(least=0, whole=True),
    "bins": Within(least=2, whole=True),
    "cells": Within(least=2, whole=True),
    "tolerance": Within(least=0, most=1),
    "folds": Within(least=3, whole=True),
    "seed": Within(least=0, whole=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JointPoints:
    """How the points of a card are fitted jointly.

    Parameters
    ----------
    tables : int, default 12
        Most one-way tables.
    crossed : int, default 8
        Most two-way tables; 0 for an additive card.
    bins : int, default 8
        Most ranges or groups of levels of a one-way table.
    cells : int, default 6
        Most ranges or groups of levels along each side of a two-way table, and no more than `bins`.
    tolerance : float, default 0
        A one-way table after the first stays out where it promises less than this share of what those
        before it gained, by more than a standard error; in log-likelihood of rows held out. 0 lets every
        table in, up to `tables`, that promises something where there is no other.
    folds : int, default 4
        Inner folds, at least 3.
    seed : int, default 0
        Of the inner folds.
    pairs : tuple of pairs of str, optional
        Columns that may share a two-way table, such as `PairStability.kept`; any two if None.
    smoothing : pair of float, optional
        Of one-way and of two-way tables, above 0; chosen by the inner folds if None.

    Notes
    -----
    Two-way tables come in only if they lower the loss of rows held out by three standard errors of the
    paired differences. Of more than 100,000 rows, so many choose the tables, and all fit them.
    Smoothing draws a one-way table to a multiple of the effect that its characteristic has
    alone, as WoE times a coefficient is one; beside two-way tables also to no points, if that is better.
    Missing values and special codes are levels of their own in every table. Directions declared in
    `BinningProcess` ("up", "down") are kept exactly, in one-way and in two-way tables.

    References
    ----------
    Lou, Y., Caruana, R., Gehrke, J. and Hooker, G. (2013). Accurate intelligible models with pairwise
    interactions. KDD. Eilers, P. and Marx, B. (1996). Flexible smoothing with B-splines and penalties.
    Statistical Science 11, 89-121.

    Examples
    --------
    >>> JointPoints(crossed=0).tables
    12
    """

    tables: int = 12
    crossed: int = 8
    bins: int = 8
    cells: int = 6
    tolerance: float = 0.0
    folds: int = 4
    seed: int = 0
    pairs: tuple[tuple[str, str], ...] | None = None
    smoothing: tuple[float, float] | None = None

    def wrong(self) -> list[Problem]:
        """Return what is out of range."""
        problems = wrong_parameters(asdict(self), _RANGES, {})
        if any(len(set(pair)) != 2 for pair in self.pairs or ()):
            what = tr("a pair is not two different columns", "一对须为两个不同的列")
            problems.append(Problem(what, repr(self.pairs), '(("a", "b"),)', "pairs"))
        if self.smoothing is not None and not (
            len(self.smoothing) == 2 and min(self.smoothing) > 0
        ):
            what = tr("smoothing is not two numbers above 0", "smoothing 须为两个正数")
            problems.append(Problem(what, repr(self.smoothing), "(16.0, 8.0)", "smoothing"))
        return problems


@dataclass(frozen=True, slots=True)
class Learned:
    """Fine bins, the grid with its groups, the fit, the inner folds, and how tables did on rows held out."""

    binnings: list[Binning]
    grid: Grid
    fit: Fitted
    inner: InnerFolds
    told: dict[str, Any]


@one_thread()
def learn(
    asked: JointPoints,
    process: BinningProcess,
    sample: TrainingSample,
    groups: Values | None = None,
) -> Learned:
    """Learn the tables of a sample that was read, checked and evened; rows of one group share a fold.

    SubjectError where no table tells good from bad on rows held out.
    """
    named = {name for pair in asked.pairs or () for name in pair}
    refuse(lacking(sorted(named), sample.frame.columns, "pairs"), ModelError)
    singles = SINGLE if asked.smoothing is None else asked.smoothing[:1]
    strengths = CROSSED if asked.smoothing is None else asked.smoothing[1:]
    inner = InnerFolds.of(sample, asked.folds, asked.seed, groups)
    binnings = fine_binnings(process, sample, PIECES)
    whole = grid_of(process, binnings, sample.frame, min(asked.cells, asked.bins))
    grid = whole.only(inner.drawn)
    place = 0 if len(singles) == 1 else inner.single(grid, singles, asked.tables)
    smoothing = Smoothing(singles[place])
    fit = _on_pieces(asked, grid, inner.rows, smoothing)
    found = _additive(asked, grid, inner, fit, smoothing)
    if asked.crossed:
        found = _beside_crossed(asked, grid, inner, fit, found, strengths, singles[:place][::-1])
    if _within(inner.lost(found.nothing) - inner.lost(found.line), _SOME):
        raise SubjectError(
            tr("no characteristic tells good from bad", "没有特征能区分好坏"),
            tr("no table gains on rows held out", "在留出样本上没有分值表带来增益"),
            tr("use other data, or more", "请补充或更换数据"),
        )
    whole = Grid(found.axes, whole.pieces)
    rows = Rows(sample.outcome == 0, sample.weighed, np.zeros(whole.rows, dtype=np.intp))
    fit = _fitted(whole, found.tables, rows, found.smoothing)
    return Learned(binnings, whole, fit, inner, found.told)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Tables and their groups by one smoothing, log-odds held out without them and by them, and what to tell."""

    axes: tuple[Axis, ...]
    tables: tuple[Table, ...]
    smoothing: Smoothing
    nothing: Floats
    line: Floats
    told: dict[str, Any]

    @property
    def crossed(self) -> bool:
        """Whether there is a two-way table."""
        return any(len(table) == 2 for table in self.tables)


def _on_pieces(asked: JointPoints, grid: Grid, rows: Rows, smoothing: Smoothing) -> Fitted:
    """Choose the one-way tables, and fit them on pieces in the declared directions."""
    fit = one_way(grid, rows, smoothing, asked.tables, asked.tolerance)
    return fit_tables(grid, fit, rows.good, rows.weight, smoothing, directed=True)


def _additive(
    asked: JointPoints, grid: Grid, inner: InnerFolds, fit: Fitted, smoothing: Smoothing
) -> _Chosen:
    """Return the tables of a card without two-way ones, and what that card is told by."""
    rows = inner.rows
    grid = _few_groups(grid, fit, rows, replace(asked, crossed=0))
    fit = _fitted(grid, fit.tables, rows, smoothing)
    nothing, line = inner.lines(grid, [blank(grid, (), rows.good, rows.weight), fit], smoothing)
    told: dict[str, Any] = {
        "pieces": PIECES,
        "smoothing": smoothing.one_way,
        "spared": smoothing.spared,
        "one_way": _said(fit, inner.said(line)),
    }
    if len(fit.tables) == asked.tables < len(grid.axes):
        every = blank(grid, [(place,) for place in range(len(grid.axes))], rows.good, rows.weight)
        held = inner.said(inner.lines(grid, [every], smoothing)[0])
        told["without_the_cap"] = _said(every, held)
    return _Chosen(grid.axes, fit.tables, smoothing, nothing, line, told)


def _beside_crossed(
    asked: JointPoints,
    grid: Grid,
    inner: InnerFolds,
    fit: Fitted,
    additive: _Chosen,
    strengths: Sequence[float],
    smoother: Sequence[float],
) -> _Chosen:
    """Choose the tables of a card that may have two-way ones; those of the additive card if none is better.

    `fit` are the one-way tables of the additive card on pieces. They need not bend for what two-way ones
    say. So they are drawn to no points instead of to the effect alone, if that loses less on rows held
    out; then smoother, as long as it loses no more, by more than a standard error, than the one before.
    """
    rows, beaten = inner.rows, inner.lost(additive.line)

    def tried(fit: Fitted, smoothing: Smoothing, strengths: Sequence[float]) -> _Chosen:
        own = _few_groups(grid, fit, rows, asked)
        single = _fitted(own, fit.tables, rows, smoothing)
        both, smoothing, line = _crossed(asked, own, single, inner, smoothing, strengths, beaten)
        told = additive.told | {"smoothing": smoothing.one_way, "spared": smoothing.spared}
        told |= {"crossed_smoothing": smoothing.crossed, "crossed": _said(both, inner.said(line))}
        return _Chosen(own.axes, both.tables, smoothing, additive.nothing, line, told)

    found = tried(fit, additive.smoothing, strengths)
    if not found.crossed:
        told = {"crossed_smoothing": found.smoothing.crossed, "crossed": additive.told["one_way"]}
        return replace(additive, told=additive.told | told)

    def again(smoothing: Smoothing) -> _Chosen:
        pieces = _on_pieces(asked, grid, rows, smoothing)
        return tried(pieces, smoothing, (smoothing.crossed,))

    plain = again(replace(found.smoothing, spared=0.0))
    if inner.lost(plain.line).sum() < inner.lost(found.line).sum():
        found = plain
    for each in smoother:
        other = again(replace(found.smoothing, one_way=each))
        if not _within(inner.lost(other.line) - inner.lost(found.line), _NEAR):
            break
        found = other
    return found


def _said(fit: Fitted, held: HeldOut) -> dict[str, float]:
    return {"tables": len(fit.tables), "loss": held.loss, "auc": held.auc}


def _fitted(grid: Grid, tables: Sequence[Table], rows: Rows, smoothing: Smoothing) -> Fitted:
    """Return tables fitted from nothing, in the declared directions."""
    start = blank(grid, tables, rows.good, rows.weight)
    return fit_tables(grid, start, rows.good, rows.weight, smoothing, directed=True)


def _few_groups(grid: Grid, fit: Fitted, rows: Rows, asked: JointPoints) -> Grid:
    """Return the grid with one-way tables of few bins: where neighbouring pieces have like points, one bin.

    A bin of the one-way table lies in one group of the two-way tables, so that averages can move there.
    """
    parts = {table[0]: part for table, part in zip(fit.tables, fit.parts(grid), strict=True)}
    p = expit(fit.line)
    for place, axis in enumerate(grid.axes):
        size = len(axis.single)
        if not axis.ordered:
            continue
        bent = np.bincount(grid.pieces[place], rows.weight * p * (1 - p), size)
        curve = bent[: axis.ordered].astype(np.float64)
        if place in parts:
            steps = np.flatnonzero(np.diff(axis.crossed[: axis.ordered])) + 1
            kept = {*axis.kept, *(steps.tolist() if asked.crossed else ())}
            starts = like_groups(parts[place][: axis.ordered], curve, asked.bins, kept)
        else:
            starts = even_groups(curve, asked.bins)
        grid = grid.fewer(place, numbered(starts, axis.ordered, size))
    return grid


def _crossed(
    asked: JointPoints,
    grid: Grid,
    single: Fitted,
    inner: InnerFolds,
    smoothing: Smoothing,
    strengths: Sequence[float],
    beaten: Floats,
) -> tuple[Fitted, Smoothing, Floats]:
    """Return the tables with those crossed ones that rows held out ask for, their smoothing and log-odds.

    None, unless those that lose least by a smoothing are better than `beaten` by three standard errors of
    the paired losses; else, of the best such smoothing, the fewest that are within one of those that lose least.
    """
    tried = [replace(smoothing, crossed=strength) for strength in strengths]
    paths = [crossed(grid, single, inner.rows, each, asked.crossed, asked.pairs) for each in tried]
    found = [inner.lines(grid, *way) for way in zip(paths, tried, strict=True)]
    losses = [[inner.lost(line) for line in lines] for lines in found]
    least = [min(ways, key=np.sum) for ways in losses]
    sure = [n for n, lost in enumerate(least) if not _within(beaten - lost, _SURE)]
    row = min(sure or range(len(tried)), key=lambda n: least[n].sum())
    place = 0
    if sure:
        place = next(n for n, lost in enumerate(losses[row]) if _within(lost - least[row], _NEAR))
    return paths[row][place], tried[row], found[row][place]


def _within(more: Floats, errors: float) -> bool:
    """Tell whether paired losses are more by so many standard errors of their sum at most."""
    return float(more.sum()) <= errors * float(more.std() * np.sqrt(len(more)))

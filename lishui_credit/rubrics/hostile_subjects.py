"""Subjects and events at the edges of an edition, to compare engines on: made from a seed, in arrays.

Bounds and the values beside them, the ends of the dictionary, nulls, texts that differ by case,
accent, width, blank or quote, days on every limit, events on every edge of time. Conformed frames;
nothing of them is a sample of anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.hostile_cells import (
    LIMITS,
    Flags,
    HostileCells,
    Whole,
    day_number,
    emptied,
    framed,
    gathered,
    typed,
)
from lishui_credit.rubrics.hostile_events import HostileEvents
from lishui_credit.rubrics.law.formulas import FORMULAS
from lishui_credit.rubrics.law.rubric import Condition, Indicator, Rubric
from lishui_credit.tables.columns import dictionary

NAMES: Final = [
    "S{}", "s{}", "S{} ", " S{}", "Ｓ{}", "S{}\u3000", "Ś{}", "S\u0301{}", "S'{}", 'S"{}', "\\S{}",
    "S{}\t", "S{}%", "S{}--", "S{}/*",
]  # fmt: skip
"""Ways to write the number of a subject: a collation that folds takes several for one."""
_BEST, _CHILDREN, _GENERATIONS = 24, 24, 10
_LEFT_OUT: Final = 0.05
"""Share of subjects that lack a figure, or all that one row reads."""


@dataclass(frozen=True)
class Hostile:
    """Hostile rows of one edition; equal seeds make equal rows.

    Parameters
    ----------
    rubric : Rubric
        The edition.
    day : date
        Day of grading; dates stand around it.
    seed : int
        Of everything drawn.
    largest : int, default 10**30
        No number lies beyond it, as held (fen, ten-thousandths): for an engine of 64 bits.
    period : int, optional
        Year assessed, in and around which events lie; the year before `day` if None.

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> made = Hostile(rubric("tax-credit", on="2021-04-01"), date(2021, 4, 30), seed=16)
    >>> subjects = made.subjects(1000)
    >>> events = made.events(3000, subjects["uscc"])
    >>> subjects.height, events.height, subjects["uscc"].n_unique()
    (1000, 3000, 1000)
    """

    rubric: Rubric
    day: date
    seed: int
    largest: int = 10**30
    period: int | None = None

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The columns of a subject, in the types they are held in."""
        return typed(compiled.needed_columns(self.rubric))

    def subjects(self, rows: int) -> pl.DataFrame:
        """Return subjects: half drawn cell by cell, half bred from the best of those.

        Cells that are drawn one by one make poor subjects, and hardly a good grade is reached. So
        half the rows come from a few that grade best, with none, some or many of their cells
        exchanged: every grade is met, and the rules beside it.

        Parameters
        ----------
        rows : int
            How many, at least 1.

        Returns
        -------
        DataFrame
            ``(rows, columns)``, conformed: every column the edition reads, ids that no two share.
        """
        rng = np.random.default_rng([self.seed, 0])
        pool = self._drawn(rng, rows)
        taken = np.repeat(np.arange(rows)[:, None], pool.width, axis=1)
        bred = np.flatnonzero(rng.random(rows) < 0.5)
        taken[bred] = self._bred(rng, pool, bred.size)
        made = self._left_out(rng, gathered(pool, taken))
        return made.with_columns(self._names(rng, rows))

    def _names(self, rng: np.random.Generator, rows: int) -> pl.Series:
        # Neighbours share a number, so that ids differ by their writing alone.
        made = [NAMES[place % 5 or rng.integers(len(NAMES))] for place in range(rows)]
        numbered = [name.format(f"{place // 5:06}") for place, name in enumerate(made)]
        ids = pl.Series(self.rubric.subject_id, numbered, dtype=pl.String)
        twice = ~ids.is_first_distinct()
        return ids.zip_with(~twice, ids + "." + pl.Series(range(rows)).cast(pl.String))

    @cached_property
    def _cells(self) -> HostileCells:
        return HostileCells(self.rubric, self.day, self.largest)

    # ---- cells ---------------------------------------------------------------------------------

    def _drawn(self, rng: np.random.Generator, rows: int) -> pl.DataFrame:
        """Return subjects whose cells are drawn one by one, then set on the bounds of ratios."""
        told = rng.choice([0.0, 0.0, 0.02, 0.3], rows)  # share of the flags that are set
        cells: dict[str, Any] = {
            name: self._cells.drawn(rng, dictionary()[name], rows, told) for name in self.schema
        }
        for top, over, bounds in self._cells.ratios():
            self._cells.set_on_bounds(rng, cells, (top, over), bounds)
        if "repaid_on" in cells:
            late = rng.choice(LIMITS, rows) + rng.integers(-1, 2, rows)
            ended, is_open = rng.random(rows) < 0.8, rng.random(rows) < 0.4
            end = np.where(is_open, day_number(self.day), cells["repaid_on"])
            cells["defaulted_on"] = np.where(ended, end - late, cells["defaulted_on"])
        frame = framed(cells, self.schema)
        if "repaid_on" in cells:
            settled = pl.Series(~(ended & is_open))
            frame = frame.with_columns(pl.when(settled).then("repaid_on").alias("repaid_on"))
        whole = rng.random(rows) < 0.5
        lost = {name: rng.choice([0.0, 0.02, 0.1]) for name in self.schema}
        return emptied(frame, {n: ~whole & (rng.random(rows) < p) for n, p in lost.items()})

    def _left_out(self, rng: np.random.Generator, subjects: pl.DataFrame) -> pl.DataFrame:
        """Leave out assessors' figures alone, and the cells of rows that do not count without them."""
        # Cells that are lost one by one seldom do so, and never in a subject that has all others.
        none = np.zeros(subjects.height, dtype=bool)
        lost: dict[str, Flags] = {}
        for row in self.rubric.scoring:
            gone = rng.random(subjects.height) < _LEFT_OUT
            for name in read_by(row) if row.missing == "exclude" else ():
                lost[name] = lost.get(name, none) | gone
            if row.judged is not None:
                alone = rng.random(subjects.height) < _LEFT_OUT
                lost[row.judged] = lost.get(row.judged, none) | alone
        return emptied(subjects, lost)

    # ---- breeding ------------------------------------------------------------------------------

    def _bred(self, rng: np.random.Generator, pool: pl.DataFrame, rows: int) -> Whole:
        """Return the row of the pool that each cell comes from, of subjects with some good cells."""
        graded = self._graded(pool)
        groups = self._groups
        places = [[pool.columns.index(name) for name in names] for names, _ in groups]
        good = [self._good(pool, graded, aim) for _, aim in groups]
        best = np.argsort(-_worth(graded, self.rubric), kind="stable")[:_BEST]
        taken = np.repeat(best[:, None], pool.width, axis=1)
        for _ in range(_GENERATIONS):
            children = np.repeat(taken, _CHILDREN, axis=0)
            rates = rng.choice([2 / len(groups), 0.3], len(children))
            _exchange(rng, children, places, rates, good)
            both = np.vstack([taken, children])
            worth = _worth(self._graded(gathered(pool, both)), self.rubric)
            taken = both[np.argsort(-worth, kind="stable")[:_BEST]]
        found = taken[rng.integers(0, len(taken), rows)]
        rates = rng.choice([0.0, 1 / len(groups), 0.05, 0.15, 0.4], rows)
        _exchange(rng, found, places, rates, [np.arange(pool.height)] * len(groups))
        return found

    @cached_property
    def _groups(self) -> list[tuple[list[str], str | Condition | None]]:
        """Columns that a rule reads together, and what is good in them: points, or a test."""
        rubric, found = self.rubric, dict[tuple[str, ...], str | Condition | None]()

        def note(names: Iterable[str | None], aim: str | Condition | None = None) -> None:
            read = tuple(dict.fromkeys(name for name in names if name is not None))
            if read:
                found.setdefault(read, aim)

        for row in rubric.scoring:
            note(read_by(row), None if row.event is not None else f"{compiled.POINTS}{row.id}")
        for override in rubric.active_overrides:
            note([override.column])
        for grade in rubric.grades:  # the best one first
            for condition in grade.requires:
                note([condition.column, condition.over], condition)
        for condition in rubric.conditions():
            note([condition.column, condition.over])
        grouped = {name for names in found for name in names}
        for name in [name for name in self.schema if name not in grouped]:
            note([name])
        return [([*names], aim) for names, aim in found.items()]

    def _good(self, pool: pl.DataFrame, graded: pl.DataFrame, aim: str | Condition | None) -> Whole:
        """Return the rows with the most points, or that pass a test; all if there is no such aim."""
        every = np.arange(pool.height)
        if isinstance(aim, str) and graded[aim].max() is not None:
            holds = graded[aim] == graded[aim].max()
        elif isinstance(aim, Condition):
            holds = pool.select(compiled.holds(aim, self.rubric, pl)).to_series()
        else:
            return every
        rows = np.flatnonzero(holds.fill_null(False).to_numpy())
        return rows if rows.size else every

    def _graded(self, subjects: pl.DataFrame) -> pl.DataFrame:
        """Return the grades of subjects without events, in their order."""
        rubric, key = self.rubric, self.rubric.subject_id
        ids = pl.Series(key, range(subjects.height)).cast(pl.String).str.zfill(9)
        events = self.events(0, []) if rubric.uses_events else None
        graded = evaluate(
            subjects.with_columns(ids), rubric, events=events, period=self.period, as_of=self.day
        )
        return graded.collect().sort(key)

    # ---- events --------------------------------------------------------------------------------

    def events(self, rows: int, subjects: Sequence[str] | pl.Series) -> pl.DataFrame:
        """Return events of the subjects: every code in turn, most of them of few subjects.

        Parameters
        ----------
        rows : int
            How many.
        subjects : sequence of str
            Ids that the events are of; some have none.

        Returns
        -------
        DataFrame
            ``(rows, columns)``, conformed: the subject's id and every column the edition reads.
        """
        rng = np.random.default_rng([self.seed, 1])
        year = self.period or self.day.year - 1
        return HostileEvents(self._cells, year).drawn(rng, rows, subjects)


def read_by(row: Indicator) -> list[str]:
    """Return the columns of a subject that a row reads."""
    mixed = [name for term in row.mix for name in (term.column, term.over)]
    named = FORMULAS[row.formula.name].columns if row.formula is not None else ()
    names = (row.column, row.over, row.judged, *mixed, *named)
    return [name for name in names if name is not None]


def _worth(graded: pl.DataFrame, rubric: Rubric) -> Whole:
    """Return a number that is larger for a better grade, and within a grade for more points."""
    order = {grade.id: -place for place, grade in enumerate(rubric.grades)}
    rank = pl.col("grade").replace_strict(order, default=-len(order), return_dtype=pl.Int64)
    points = pl.lit(0)
    if "earned" in graded.columns:
        points = pl.col("earned").fill_null(-(10**6)).cast(pl.Int64)
    return graded.select(rank * 10**9 + points).to_series().to_numpy()


def _exchange(
    rng: np.random.Generator,
    taken: Whole,
    groups: list[list[int]],
    rates: NDArray[np.float64],
    donors: list[Whole],
) -> None:
    """Exchange groups of cells for those of a donor of each group, in place."""
    for group, source in zip(groups, donors, strict=True):
        rows = np.flatnonzero(rng.random(len(taken)) < rates)
        taken[np.ix_(rows, np.array(group))] = rng.choice(source, rows.size)[:, None]

"""A subject before and after one value moves: cells that show what a move does to the grade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from lishui_credit.language import tr
from lishui_credit.points import Value, half_away
from lishui_credit.rubrics.law.column_relations import WITHIN, last_year_agrees
from lishui_credit.rubrics.law.proofs.cells_of_ratios import Cells, read
from lishui_credit.rubrics.law.proofs.decided_combinations import Way
from lishui_credit.rubrics.law.proofs.deciding_order import by_rank
from lishui_credit.rubrics.law.proofs.example_subjects import Example, Examples, graded
from lishui_credit.rubrics.law.proofs.proof_words import cells_words
from lishui_credit.rubrics.law.proofs.row_points import points_at, value_of
from lishui_credit.rubrics.law.proofs.rule_patterns import (
    Pattern,
    Variable,
    asked_of,
    points_unit,
    rules_of,
    truth,
)
from lishui_credit.rubrics.law.proofs.value_moves import Move
from lishui_credit.rubrics.law.proofs.value_pieces import Held
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.columns import column


@dataclass(frozen=True, slots=True)
class Pair:
    """Cells of a subject, the cells that then differ, and the grade with each."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    grades: tuple[str, str]
    events: tuple[tuple[str, bool], ...] = ()

    @property
    def said(self) -> str:
        """Both cells with their grades, in one line."""
        first = cells_words({name: self.before.get(name) for name in self.after})
        return tr(
            f"{first}: {self.grades[0]}, {cells_words(self.after)}: {self.grades[1]}",
            f"{first}为{self.grades[0]},{cells_words(self.after)}为{self.grades[1]}",
        )


class MovedSubjects:
    """Finds subjects of one edition that show a move."""

    def __init__(self, rubric: Rubric) -> None:
        """Keep the edition; examples are laid out when the first is asked for."""
        self.rubric = rubric

    @cached_property
    def _examples(self) -> Examples:
        return Examples(self.rubric)

    def example(self, way: Way) -> Example | None:
        """Return a subject that goes a way, with its grade; None where none is found."""
        return self._examples.find(way.patterns, way.piece, way.outcome)

    def shown(self, read_at: Variable, moves: Sequence[Move], *, upwards: bool) -> Pair | None:
        """Return a subject before and after one of the moves, upwards or down; None where none is found."""
        for move in moves:
            # From either end: what is found for one may leave no room for the other.
            for at, to in ((move.low, move.high), (move.high, move.low)):
                found = self._examples.find([Pattern({}, {**move.facts, read_at: at})], move.piece)
                moved = None if found is None else self._moved(found, read_at, to)
                if found is None or moved is None:
                    continue
                ends = (found, moved) if at == move.low else (moved, found)
                if self._alike(move, read_at, *ends):
                    one, two = ends if upwards else ends[::-1]
                    after = {n: two.cells[n] for n in two.cells if two.cells[n] != one.cells.get(n)}
                    grades = (one.outcome.grade, two.outcome.grade)
                    return Pair(one.cells, after, grades, found.events)
        return None

    def _alike(self, move: Move, read_at: Variable, low: Example, high: Example) -> bool:
        """Tell whether subjects move as a move does: the value up, the grade down or up."""
        ranks = by_rank(self.rubric)
        one, two = (ranks.get(example.outcome.grade) for example in (low, high))
        if one is None or two is None or one == two:
            return False
        if self._height(read_at, low.cells) >= self._height(read_at, high.cells):
            return False
        falls = ranks[move.grades[0]] < ranks[move.grades[1]]
        return (one < two) == falls

    def _height(self, read_at: Variable, cells: Cells) -> Fraction:
        """Return how high a value or a row's points are, levels by their place in the list."""
        if isinstance(read_at, Value):
            held = read(read_at, cells)
            return Fraction(
                list(column(read_at.columns[0]).values).index(held)
                if isinstance(held, str)
                else held or 0
            )
        row = self.rubric.indicator(read_at.removeprefix("points:"))
        held = read(value_of(row), cells)
        return Fraction(0 if held is None else points_at(self.rubric, row, held) or 0)

    def _moved(self, subject: Example, read_at: Variable, held: Held) -> Example | None:
        """Return a subject whose value is another by its first column alone; None where it cannot be."""
        if isinstance(read_at, Value):
            return self._with(subject, read_at, held)
        row = self.rubric.indicator(read_at.removeprefix("points:"))
        exact = Fraction(held) * points_unit(self.rubric, row.id)
        ways = (way for way in self._examples.ways.get(row.id, ()) if way.points == exact)
        made = (self._with(subject, value_of(row), way.sample) for way in ways if way.sample)
        return next((example for example in made if example is not None), None)

    def _with(self, subject: Example, value: Value, held: Held) -> Example | None:
        term, cells = value.terms[0], subject.cells
        cell: Any = held
        if not isinstance(held, str | bool):
            exact = held / term.weight * term.per_unit
            if term.over is not None:
                exact *= Fraction(cells[term.over], term.over_per_unit)
            cell = half_away(exact)
        now: Cells = {**cells, term.column: cell}
        asked = asked_of(rules_of(self.rubric)).get(value, [])
        reached = read(value, now)
        same = [truth(c, reached) for c in asked] == [truth(c, held) for c in asked]
        if not same or not _fits(term.column, cell) or not _agrees(now):
            return None
        return graded(self.rubric, now, subject.events)


def _fits(name: str, cell: Any) -> bool:
    found = column(name)
    if not found.numeric:
        return True
    low, high = found.minimum or 0, found.maximum or 0
    return bool(low * found.per_unit <= cell <= high * found.per_unit)


def _agrees(cells: Cells) -> bool:
    """Tell whether parts lie within their wholes, and what is said of last year is one story."""
    parts = all(cells[a] <= cells[b] for a, b in WITHIN if a in cells and b in cells)
    return parts and last_year_agrees(cells)

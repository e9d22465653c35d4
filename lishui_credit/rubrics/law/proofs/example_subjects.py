"""Subjects that show what an edition does: cells and events, found from wishes and graded by the text.

`outcome_of` grades one subject from its cells in exact fractions, apart from the engine; nothing is
claimed to be reached that it does not find reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from lishui_credit.points import Value, half_away
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.proofs.cells_of_ratios import Cells, read, solve
from lishui_credit.rubrics.law.proofs.deciding_order import Outcome, State, decide
from lishui_credit.rubrics.law.proofs.row_points import (
    Choice,
    bounds,
    choices,
    formula_choices,
    points_at,
    value_of,
    within,
)
from lishui_credit.rubrics.law.proofs.rule_patterns import (
    REPAIRED,
    Pattern,
    Variable,
    alike_points,
    all_of,
    points_unit,
    truth,
)
from lishui_credit.rubrics.law.proofs.score_range import per_point
from lishui_credit.rubrics.law.proofs.start_scores import start_points, start_rows
from lishui_credit.rubrics.law.proofs.value_pieces import Held, Piece
from lishui_credit.rubrics.law.rubric import Condition, Indicator, Rubric
from lishui_credit.tables.columns import column

Pins = dict[Variable, Held | None]  # what is read is to be this, or told apart from it by no rule
_WAYS = 150  # of all rows together, of which totals are made


@dataclass(frozen=True, slots=True)
class Example:
    """A subject: its cells as held, and its events, each a code that is open or repaired."""

    cells: Cells
    events: tuple[tuple[str, bool], ...] = ()  # code, whether it was corrected in time
    outcome: Outcome = field(default_factory=lambda: Outcome(""))
    score: Fraction | None = None


def conditions_on(rubric: Rubric, row: Indicator) -> list[Condition]:
    """Return the conditions that rules set on the value of a row."""
    asked = [c for c in rubric.conditions() if c.column is not None]
    for rule in rubric.active_overrides:
        asked += [] if rule.column is None else [Condition(column=rule.column, equals=True)]
    for grade in rubric.grades:
        asked += [Condition(column=name, equals=True) for name in grade.at_least_if]
    return [condition for condition in asked if value_of(condition) == value_of(row)]


def further_bounds(rubric: Rubric, row: Indicator) -> list[Fraction]:
    """Return the bounds that conditions set on the value of a row."""
    return [bound for condition in conditions_on(rubric, row) for bound in bounds(condition)]


class Examples:
    """Finds subjects of one edition."""

    def __init__(self, rubric: Rubric) -> None:
        """Lay out the ways every row can come out."""
        self.rubric = rubric
        self.each = per_point(rubric, tables.reachable(rubric))
        self.rows = [row for row in rubric.scoring if row.event is None]
        self.ways: dict[str, list[Choice]] = {
            row.id: choices(rubric, row, () if row.formula else further_bounds(rubric, row))
            for row in self.rows
        }
        for row in self.rows:
            if row.missing in ("zero", "full"):
                self.ways[row.id] += self._empty(row)
        self.starts: dict[Value, Held] = {}
        if rubric.start is not None:
            self.starts = next((at for n, at in start_rows(rubric).items() if n is not None), {})
        self._sums: dict[tuple[tuple[Choice, ...], ...], list[dict[int, tuple[int, Choice]]]] = {}
        self.asked = {
            row.id: [] if row.formula else conditions_on(rubric, row) for row in self.rows
        }
        self.costs = {
            row.event.code: tables.units(row.event.deduct, rubric.point_unit)
            for row in rubric.scoring
            if row.event is not None and row.event.deduct is not None
            if row.event.percent is None and not row.event.limits
        }

    def find(
        self, patterns: Sequence[Pattern], wanted: Piece | None, outcome: Outcome | None = None
    ) -> Example | None:
        """Return a subject that shows patterns, with a score in a piece; None where none is found."""
        pins: Pins = {}
        for pattern in patterns:
            pins |= pattern.cells
        for ways, events in self._totals(pins, wanted):
            example = self._made(pins, ways, events)
            if example is None:
                continue
            inside = wanted is None or (example.score is not None and wanted.holds(example.score))
            if inside and outcome in (None, example.outcome):
                return example
        return None

    def _made(
        self, pins: Pins, ways: Mapping[str, Choice], events: Sequence[str]
    ) -> Example | None:
        wishes = {
            at: held for at, held in pins.items() if isinstance(at, Value) and held is not None
        }
        for read_at, held in self.starts.items():
            wishes.setdefault(read_at, held)
        further: Cells = {}
        for row in self.rows:
            way = ways[row.id]
            further |= way.cells
            if way.sample is not None:
                wishes[value_of(row)] = way.sample
        cells = solve(wishes)
        if cells is None:
            return None
        cells |= further
        told = [(code, False) for code in events]
        for rule in self.rubric.active_overrides:
            state = pins.get(f"event:{rule.id}")
            if state is not None and rule.event is not None:
                told.append((rule.event, state == REPAIRED))
        return graded(self.rubric, cells, tuple(told))

    def _totals(
        self, pins: Pins, wanted: Piece | None
    ) -> Iterator[tuple[dict[str, Choice], list[str]]]:
        """Yield ways of the rows, and events, whose total lies in a piece; a few of them."""
        if self.rubric.aggregate == "deduct":
            yield from self._deducted(pins, wanted)
            return
        kept = [self._pinned(row, pins) for row in self.rows]
        if any(not ways for ways in kept):
            return
        yield {row.id: ways[0] for row, ways in zip(self.rows, kept, strict=True)}, []
        if wanted is None or self.rubric.aggregate == "none":
            return
        if self.rubric.aggregate == "worst":
            for way in {w.points for ways in kept for w in ways}:
                at_least = [[w for w in ways if w.points >= way] for ways in kept]
                if all(at_least):
                    yield {r.id: w[-1] for r, w in zip(self.rows, at_least, strict=True)}, []
            return
        levels = self._sums_of(kept)
        inside = wanted.times(self.each)
        hits = sorted((total for total in levels[-1] if total in inside), reverse=True)
        middle = len(hits) // 2
        for total in [*hits[:6], *hits[middle : middle + 6], *hits[-6:]]:
            yield self._traced(levels, total), []

    def _sums_of(self, kept: Sequence[Sequence[Choice]]) -> list[dict[int, tuple[int, Choice]]]:
        """Return the totals of the first rows, of one row more each: the total before and the way."""
        most = max(6, _WAYS // max(1, len(kept)))
        key = tuple(tuple(_few(ways, most)) for ways in kept)
        if key not in self._sums:
            levels: list[dict[int, tuple[int, Choice]]] = [{0: (0, Choice(0))}]
            for ways in key:
                step: dict[int, tuple[int, Choice]] = {}
                for total in levels[-1]:
                    for way in ways:
                        step.setdefault(total + way.points, (total, way))
                levels.append(step)
            self._sums[key] = levels
        return self._sums[key]

    def _traced(
        self, levels: Sequence[Mapping[int, tuple[int, Choice]]], total: int
    ) -> dict[str, Choice]:
        found = {}
        for row, step in zip(reversed(self.rows), reversed(levels), strict=False):
            total, found[row.id] = step[total]
        return found

    def _pinned(self, row: Indicator, pins: Pins) -> list[Choice]:
        """Return the ways of a row that what is pinned leaves."""
        points = pins.get(f"points:{row.id}")
        if isinstance(points, Fraction):
            same = alike_points(self.rubric, row, points)
            return [way for way in self.ways[row.id] if way.points in same]
        if row.formula is not None or value_of(row) not in pins:
            return self.ways[row.id]
        held = pins[value_of(row)]
        if held is None:
            return self._empty(row)
        alike = self._told(row, held)
        return [way for way in self.ways[row.id] if self._told(row, way.sample) == alike]

    def _empty(self, row: Indicator) -> list[Choice]:
        """Return what an empty value earns; no way where it withholds the grade."""
        if row.missing == "withhold":
            return []
        times = tables.times(self.rubric, row)
        return [Choice((tables.missing_points(self.rubric, row) or 0) * times)]

    def _told(self, row: Indicator, held: Held | None) -> tuple[bool | None, ...]:
        """Return what the conditions on a row's value say of it."""
        return tuple(truth(condition, held) for condition in self.asked[row.id])

    def _deducted(
        self, pins: Pins, wanted: Piece | None
    ) -> Iterator[tuple[dict[str, Choice], list[str]]]:
        """Yield events that bring the start score, as the pins leave it, into a piece."""
        ways: dict[str, Choice] = {}
        for row in self.rows:
            pinned = self._pinned(row, pins)
            if not pinned:
                return
            ways[row.id] = max(pinned, key=lambda way: way.points)
        plain = self._made(pins, ways, [])
        if plain is None or plain.score is None:
            return
        yield ways, []
        if wanted is None:
            return
        sums: dict[int, tuple[str, ...]] = {0: ()}
        for code, cost in sorted(self.costs.items(), key=lambda pair: -pair[1]):
            for total, chosen in list(sums.items()):
                if total < 10_000:
                    sums.setdefault(total + cost * 1, (*chosen, code))
        unit = self.rubric.point_unit
        hits = [t for t in sorted(sums) if wanted.holds(plain.score - Fraction(t, unit))]
        for total in hits[:6]:
            yield ways, list(sums[total])


def _few(ways: Sequence[Choice], most: int) -> list[Choice]:
    """Return ways of a row with other points each, spread over all, the best and the worst among them."""
    apart = list({way.points: way for way in reversed(ways)}.values())[::-1]
    if len(apart) <= most:
        return apart
    return [apart[n * (len(apart) - 1) // (most - 1)] for n in range(most)]


def graded(rubric: Rubric, cells: Cells, events: tuple[tuple[str, bool], ...] = ()) -> Example:
    """Grade one subject from its cells and open or repaired events, as the text orders it."""
    points = {row.id: _points(rubric, row, cells, events) for row in rubric.scoring}
    score = _score(rubric, cells, points)
    holds: dict[str, bool | None] = {}
    repaired = set()
    for row in rubric.active_overrides:
        if row.event is not None:
            states = [corrected for code, corrected in events if code == row.event]
            mends = row.repair is not None
            holds[row.id] = any(not (corrected and mends) for corrected in states)
            if any(corrected and mends for corrected in states):
                repaired.add(row.id)
            continue
        flag = () if row.column is None else (Condition(column=row.column, equals=True),)
        asked = (*flag, *row.when)
        holds[row.id] = all_of(_truth(rubric, c, cells, points, score) for c in asked)
    requires = {
        grade.id: all_of(_truth(rubric, c, cells, points, score) for c in grade.requires)
        for grade in rubric.grades
        if grade.requires
    }
    flags = frozenset(
        name for grade in rubric.grades for name in grade.at_least_if if cells.get(name) is True
    )
    state = State(score, holds, frozenset(repaired), requires, flags)
    return Example(cells, events, decide(rubric, state), score)


def _truth(
    rubric: Rubric,
    condition: Condition,
    cells: Cells,
    points: Mapping[str, int | None],
    score: Fraction | None,
) -> bool | None:
    if condition.score:
        return None if score is None else within(condition, score)
    if condition.points is not None:
        found = points[condition.points]
        unit = points_unit(rubric, condition.points)
        return truth(condition, None if found is None else Fraction(found, unit))
    return truth(condition, read(value_of(condition), cells))


def _points(
    rubric: Rubric, row: Indicator, cells: Cells, events: Sequence[tuple[str, bool]]
) -> int | None:
    """Return a row's points in the edition's unit; None where they cannot be told."""
    times = tables.times(rubric, row)
    if row.event is not None:
        cost = tables.units(row.event.deduct or 0, rubric.point_unit)
        hits = sum(code == row.event.code for code, _ in events)
        return -cost * (min(hits, 1) if row.event.count == "once" else hits)
    if row.judged is not None and cells.get(row.judged) is not None:
        unit, scale = tables.row_unit(rubric, row), column(row.judged).per_unit
        return half_away(int(cells[row.judged]) * unit, scale) * times
    if row.formula is not None:
        ways = formula_choices(rubric, row)
        same = (w.points for w in ways if all(cells.get(n) == c for n, c in w.cells.items()))
        found = next(same, None)
    else:
        held = read(value_of(row), cells)
        if held is not None:
            return points_at(rubric, row, held)
        found = None
    if found is not None or row.missing == "withhold":
        return found
    lacking = tables.missing_points(rubric, row)
    return None if lacking is None else lacking * times


def _score(rubric: Rubric, cells: Cells, points: Mapping[str, int | None]) -> Fraction | None:
    """Return the score that is held against cut-offs; None where it cannot be told."""
    given = [number for number in points.values() if number is not None]
    if rubric.aggregate == "none" or len(given) < len(points):
        return None
    if rubric.aggregate == "worst":
        return Fraction(min(given), rubric.point_unit)
    possible = tables.reachable(rubric)
    if rubric.aggregate == "deduct":
        start = start_points(rubric, cells)
        return None if start is None else Fraction(start + sum(given), rubric.point_unit)
    for row in rubric.scoring:
        if row.missing == "exclude" and _lacking(row, cells):
            possible -= tables.best(rubric, row)
    return sum(given) * per_point(rubric, possible)


def _lacking(row: Indicator, cells: Cells) -> bool:
    if row.judged is not None and cells.get(row.judged) is not None:
        return False
    return row.formula is None and read(value_of(row), cells) is None

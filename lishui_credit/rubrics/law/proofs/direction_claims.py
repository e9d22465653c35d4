"""Where better values are never worse: rows by their own points, by overrides, by columns they share.

That a row's own points rise with better values, and grades with the score, is shown in `row_claims`
and `rule_claims`. Here stands what may still undo it: a rule that acts on a better value, or another
row that reads the same column the other way. Each is an exception, listed with its clauses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import Any

from lishui_credit.language import tr
from lishui_credit.points import Value
from lishui_credit.rubrics.law.column_relations import WITHIN
from lishui_credit.rubrics.law.proofs.cells_of_ratios import read
from lishui_credit.rubrics.law.proofs.decided_combinations import (
    Decisions,
    Way,
    fraction,
    pieces_with,
    states_of,
)
from lishui_credit.rubrics.law.proofs.deciding_order import by_rank, decide
from lishui_credit.rubrics.law.proofs.example_subjects import Example, graded
from lishui_credit.rubrics.law.proofs.moved_subjects import MovedSubjects, Pair
from lishui_credit.rubrics.law.proofs.proof_words import rule_words
from lishui_credit.rubrics.law.proofs.row_claims import direction
from lishui_credit.rubrics.law.proofs.row_points import bounds, earned, taken_bands, value_of
from lishui_credit.rubrics.law.proofs.score_range import place
from lishui_credit.rubrics.law.proofs.value_moves import Move, Moves
from lishui_credit.rubrics.law.rubric import Indicator, Rubric
from lishui_credit.tables.columns import called, column


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """A better value that may lower the grade: who reads it, what undoes it, and a subject that shows it."""

    row: str  # that says which values are better: a row, or a rule whose condition declares it
    column: str
    better: str
    against: tuple[str, ...]  # rows or overrides that read the value or the column the other way
    clauses: tuple[str, ...]  # of the row, then of what is against it
    pair: Pair | None = None
    declared: bool = False  # by a condition, of what no row scores

    @property
    def said(self) -> str:
        """The exception in one sentence."""
        against = tr(", ", "、").join(map(rule_words, self.against))
        clauses = "; ".join(dict.fromkeys(self.clauses))
        row = rule_words(self.row)
        nobody = tr("no grade was found that falls", "未发现等级因此下降的主体")
        shown = nobody if self.pair is None else self.pair.said
        if self.declared:
            return tr(
                f"{called(self.column)}: better = {self.better}, yet a better value lowers the grade by"
                f" {against} [{clauses}]; {shown}",
                f"{called(self.column)}:已写 better = {self.better},但取值更优时等级因{against}"
                f"下降[{clauses}];{shown}",
            )
        return tr(
            f"{row}: a better {called(self.column)} also counts in {against} [{clauses}]; {shown}",
            f"{row}:{called(self.column)}更优,但同时影响{against}[{clauses}];{shown}",
        )


def directions(rubric: Rubric) -> dict[str, tuple[str, bool]]:
    """Return which values of each row are better, and whether the edition declares it."""
    found = {}
    for row in rubric.scoring:
        if row.bands or row.levels or row.share:
            found[row.id] = direction(row, earned(rubric, row))
    return found


def exceptions(
    found: Decisions, told: Sequence[Moves], subjects: MovedSubjects
) -> Iterator[Undone]:
    """Yield where a better value of a row may lower the grade; `told` is what values do."""
    rubric, ways = found.rubric, directions(found.rubric)
    by_read = {moves.read: moves for moves in told}
    for row in rubric.scoring:
        if row.id not in ways or ways[row.id][0] == "mixed":
            continue
        better = ways[row.id][0]
        for read_at, way in ((value_of(row), better), (f"points:{row.id}", "higher")):
            if read_at in by_read:
                moves = by_read[read_at]
                yield from undone_by_rules(rubric, (row.id, row.clause, way), moves, subjects)
        if row.bands or row.share:
            yield from _by_columns(found, row, ways)
    yield from _by_scores(found, ways, subjects)


def undone_by_rules(
    rubric: Rubric, said: tuple[str, str, str], told: Moves, subjects: MovedSubjects
) -> Iterator[Undone]:
    """Yield the rules that act on a better value and lower the grade, each set of them once."""
    # `said` is the row or rule that says which values are better, its clause, and which are.
    row, clause, better = said
    upwards = better == "higher"
    read_at = told.read
    by_rules: dict[tuple[str, ...], list[Move]] = {}
    for move in told.falls if upwards else told.rises:
        by_rules.setdefault(move.rules, []).append(move)
    for rules, moves in by_rules.items():
        yield Undone(
            row=row,
            column=read_at.columns[0] if isinstance(read_at, Value) else row,
            better=better,
            against=rules,
            clauses=(clause, *clauses_of(rubric, rules)),
            pair=subjects.shown(read_at, moves, upwards=upwards),
            declared=all(row != scored.id for scored in rubric.scoring),
        )


def _by_scores(
    found: Decisions, ways: Mapping[str, tuple[str, bool]], subjects: MovedSubjects
) -> Iterator[Undone]:
    """Yield rules on the score that lower the grade once a row's better value has raised the score."""
    # `run` compares scores that facts leave possible. Where the facts are a row's own value, the lower
    # score was that of the worse value.
    rubric, ranks, told = found.rubric, by_rank(found.rubric), set[tuple[str, ...]]()
    # Of facts that rows read: the rows, and the scores that are not possible.
    known: dict[frozenset[Any], tuple[list[Indicator], list[Fraction]]] = {}
    asked = {row.id for row in rubric.active_overrides if any(c.score for c in row.when)}
    asked |= {f"grade:{g.id}" for g in rubric.grades if any(c.score for c in g.requires)}
    for way in (way for grade in ranks for way in found.ways.get(grade, ()) if asked):
        given = dict(pair for pattern in way.patterns for pair in pattern.earning.items())
        against = tuple(
            name
            for name in sorted(asked)
            if any(pattern.holds.get(name, False) is not False for pattern in way.patterns)
        )
        if not given or not against:
            continue
        facts = frozenset(given.items())
        if facts not in known:
            rows = [
                row
                for row in rubric.scoring
                if row.id in ways
                if not given.keys().isdisjoint((value_of(row), f"points:{row.id}"))
            ]
            known[facts] = rows, _impossible(found, way) if rows else []
        rows, lost = known[facts]
        if not _was_better(rubric, way, lost):
            continue
        base = subjects.example(way)
        for row in rows:
            if (row.id, *against) in told:
                continue
            told.add((row.id, *against))
            name, better = value_of(row).columns[0], ways[row.id][0]
            up = signs(value_of(row), better)[name]
            yield Undone(
                row=row.id,
                column=name,
                better=better,
                against=against,
                clauses=(row.clause, *clauses_of(rubric, against)),
                pair=shown(found, name, up or 1, [] if base is None else [base]),
            )


def _impossible(found: Decisions, way: Way) -> list[Fraction]:
    """Return a score of each piece that the facts of a way leave no subject in."""
    rubric = found.rubric
    left = {place(rubric, fraction(p.sample)) for p in pieces_with(found, way.patterns) if p}
    every = (fraction(p.sample) for p in found.pieces if p is not None)
    return [score for score in every if place(rubric, score) not in left]


def _was_better(rubric: Rubric, way: Way, scores: Sequence[Fraction]) -> bool:
    """Tell whether at a lower one of some scores the facts of a way would have a better grade."""
    ranks = by_rank(rubric)
    state = states_of(rubric, way.patterns)
    grades = (
        decide(rubric, state(score)).grade
        for score in scores
        if way.piece is not None and score < fraction(way.piece.sample)
    )
    return any(ranks.get(grade, len(ranks)) < ranks[way.outcome.grade] for grade in grades)


def clauses_of(rubric: Rubric, rules: Sequence[str]) -> tuple[str, ...]:
    """Return where rules stand, as `rule_patterns` names them."""
    named = {row.id: row.clause for row in rubric.overrides}
    for grade in rubric.grades:
        named[f"grade:{grade.id}"] = grade.clause
        named |= {f"flag:{flag}": grade.clause for flag in grade.at_least_if}
    return tuple(named[rule] for rule in rules)


# ---- columns that rows share --------------------------------------------------------------------


def signs(value: Value, better: str) -> dict[str, int]:
    """Return for each column of a value whether more of it is better (1), less (-1) or either (0)."""
    up = {"higher": 1, "reversed": 1, "lower": -1, "listed": -1}.get(better, 0)
    signs: dict[str, int] = {}
    for term in value.terms:
        for name, sign in ((term.column, up), (term.over, -up)):
            if name is not None:
                signs[name] = sign if signs.get(name, sign) == sign else 0
    return signs


def _by_columns(
    found: Decisions, row: Indicator, ways: Mapping[str, tuple[str, bool]]
) -> Iterator[Undone]:
    """Yield the other rows that read a row's numerator the other way."""
    rubric, better = found.rubric, ways[row.id][0]
    for name in dict.fromkeys(term.column for term in value_of(row).terms):
        up = 1 if better == "higher" else -1
        against = [
            other
            for other in rubric.scoring
            if other.id in ways and other.id != row.id and not other.levels
            if signs(value_of(other), ways[other.id][0]).get(name, up) != up
        ]
        if not against:
            continue
        yield Undone(
            row=row.id,
            column=name,
            better=better,
            against=tuple(other.id for other in against),
            clauses=(row.clause, *(other.clause for other in against)),
            pair=shown(found, name, up),
        )


def shown(
    found: Decisions, name: str, up: int, bases: Sequence[Example] | None = None
) -> Pair | None:
    """Return a subject before and after one column got larger (1) or smaller (-1), whose grade falls."""
    rubric, ranks = found.rubric, by_rank(found.rubric)
    for base in list(found.grades.values()) if bases is None else bases:
        if name not in base.cells:
            continue
        tried = []
        for cell in _steps(rubric, base.cells, name):
            cells = {**base.cells, name: cell}
            if all(cells[a] <= cells[b] for a, b in WITHIN if a in cells and b in cells):
                tried.append(graded(rubric, cells, base.events))
        for a, b in pairwise(tried if up > 0 else tried[::-1]):
            before, after = a.outcome.grade, b.outcome.grade
            if before in ranks and after in ranks and ranks[after] > ranks[before]:
                return Pair(a.cells, {name: b.cells[name]}, (before, after), a.events)
    return None


def _steps(rubric: Rubric, cells: Mapping[str, Any], name: str) -> list[Any]:
    """Return the cells of a column at which some row or rule may turn, and those beside them."""
    if not column(name).numeric:
        return list(column(name).values) or [False, True]
    edges: set[Fraction] = {Fraction(cells[name])}
    for value, marks in _marks(rubric):
        if name in value.columns:
            met = (_meets(value, cells, name, mark) for mark in marks)
            edges |= {edge for edge in met if edge is not None}
    low, high = (end or 0 for end in (column(name).minimum, column(name).maximum))
    unit = column(name).per_unit
    near = {floor(e) + step for e in edges for step in (-1, 0, 1)} | {ceil(e) for e in edges}
    return sorted(cell for cell in near if low * unit <= cell <= high * unit)


def _marks(rubric: Rubric) -> Iterator[tuple[Value, set[Fraction]]]:
    """Yield what rows and conditions read, with the values at which they turn."""
    for row in rubric.scoring:
        if row.bands or row.share:
            marks = {b for _, band in taken_bands(rubric, row) for b in bounds(band)}
            if row.share is not None and row.share.benchmark is not None:
                marks |= {Fraction(row.share.benchmark) * n / 8 for n in range(1, 17)}
            yield value_of(row), marks
    for condition in rubric.conditions():
        if condition.column is not None:
            yield value_of(condition), set(bounds(condition))


def _meets(value: Value, cells: Mapping[str, Any], name: str, mark: Fraction) -> Fraction | None:
    """Return the cell of a column at which a value meets a bound, other cells equal."""
    first = value.terms[0]
    if any(cells.get(column_id) is None for column_id in value.columns if column_id != name):
        return None
    if len(value.terms) == 1 and first.over == name:
        return (
            None
            if mark == 0
            else Fraction(cells[first.column], first.per_unit) / mark * first.over_per_unit
        )
    if name not in {term.column for term in value.terms}:
        return None
    one = read(value, {**cells, name: first.per_unit * 1_000})
    return mark / one * first.per_unit * 1_000 if isinstance(one, Fraction) and one else None

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
from lishui_credit.rubrics.law.proofs.decided_combinations import Decisions, state_of
from lishui_credit.rubrics.law.proofs.deciding_order import by_rank, decide
from lishui_credit.rubrics.law.proofs.example_subjects import Example, further_bounds, graded
from lishui_credit.rubrics.law.proofs.proof_words import cell_words, cells_words
from lishui_credit.rubrics.law.proofs.row_claims import direction
from lishui_credit.rubrics.law.proofs.row_points import bounds, earned, taken_bands, value_of
from lishui_credit.rubrics.law.proofs.rule_patterns import Pattern, along, groups, modes
from lishui_credit.rubrics.law.proofs.value_pieces import Held
from lishui_credit.rubrics.law.rubric import Indicator, Rubric
from lishui_credit.tables.columns import called, column


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """A better value that may lower the grade: the row, what undoes it, and a subject that shows it."""

    row: str
    column: str
    better: str
    against: tuple[str, ...]  # rows or overrides that read the value or the column the other way
    clauses: tuple[str, ...]  # of the row, then of what is against it
    before: Mapping[str, Any] | None = None  # cells, of which the first is less good
    after: Mapping[str, Any] | None = None  # the cells that differ
    grades: tuple[str, str] | None = None  # what each gives

    @property
    def said(self) -> str:
        """The exception in one sentence."""
        against = tr(", ", "、").join(self.against)
        clauses = "; ".join(self.clauses)
        if self.after is None or self.grades is None or self.before is None:
            shown = tr("no grade was found that falls", "未发现等级因此下降的主体")
        else:
            first = cells_words({name: self.before.get(name) for name in self.after})
            shown = tr(
                f"{first}: {self.grades[0]}, {cells_words(self.after)}: {self.grades[1]}",
                f"{first}为{self.grades[0]},{cells_words(self.after)}为{self.grades[1]}",
            )
        return tr(
            f"{self.row}: a better {called(self.column)} also counts in {against} [{clauses}]; {shown}",
            f"{self.row}:{called(self.column)}更优,但同时影响{against}[{clauses}];{shown}",
        )


def directions(rubric: Rubric) -> dict[str, tuple[str, bool]]:
    """Return which values of each row are better, and whether the edition declares it."""
    found = {}
    for row in rubric.scoring:
        if row.bands or row.levels or row.share:
            found[row.id] = direction(row, earned(rubric, row))
    return found


def exceptions(found: Decisions) -> list[Undone]:
    """Return where a better value of a row may lower the grade."""
    rubric, ways = found.rubric, directions(found.rubric)
    listed: list[Undone] = []
    for row in rubric.scoring:
        if row.id in ways and ways[row.id][0] != "mixed":
            listed += _by_rules(found, row, ways[row.id][0])
            if row.bands or row.share:
                listed += _by_columns(found, row, ways)
    return listed


# ---- rules that read the value ------------------------------------------------------------------


def _by_rules(found: Decisions, row: Indicator, better: str) -> Iterator[Undone]:
    """Yield the rules that act on a better value of a row and lower the grade."""
    rubric, value = found.rubric, value_of(row)
    every = groups(rubric)
    told: set[str] = set()
    for reading, patterns in along(rubric, value):
        ordered = patterns if better == "higher" and not _listed(value) else patterns[::-1]
        if _listed(value) and better == "lower":
            ordered = patterns
        rest = [group for group in every if not set(group[0].holds) & set(patterns[0].holds)]
        for others in modes(rubric, rest):
            hit = _drop(found, others, ordered)
            name = ", ".join(reading)
            if hit is not None and name not in told:
                told.add(name)
                yield _of_rules(rubric, row, better, reading, hit)


def _listed(value: Value) -> bool:
    return column(value.columns[0]).type in ("flag", "level")


def _drop(
    found: Decisions, others: Sequence[Pattern], ordered: Sequence[Pattern]
) -> tuple[Held, Held, str, str] | None:
    """Return two values, the better of which has the lower grade at the same score."""
    ranks = by_rank(found.rubric)
    for piece in found.pieces:
        score = piece.sample if piece is not None else None
        assert score is None or isinstance(score, Fraction)
        grades = [
            decide(found.rubric, state_of(found.rubric, [*others, p], score)).grade for p in ordered
        ]
        for (a, worse), (b, better) in pairwise(zip(ordered, grades, strict=True)):
            if worse in ranks and better in ranks and ranks[better] > ranks[worse]:
                read_at = next(at for at, cell in a.cells.items() if b.cells[at] != cell)
                one, two = a.cells[read_at], b.cells[read_at]
                assert one is not None
                assert two is not None
                return one, two, worse, better
    return None


def _of_rules(
    rubric: Rubric,
    row: Indicator,
    better: str,
    reading: Sequence[str],
    hit: tuple[Held, Held, str, str],
) -> Undone:
    clauses = {o.id: o.clause for o in rubric.overrides} | {
        f"grade:{g.id}": g.clause for g in rubric.grades
    }
    value = value_of(row)
    name = value.columns[0]
    cells: list[dict[str, Any]] = []
    for held in hit[:2]:
        exact = held * column(name).per_unit if isinstance(held, Fraction) else held
        single = len(value.columns) == 1
        whole = int(exact) if isinstance(exact, Fraction) and exact.denominator == 1 else exact
        cells.append({name: whole} if single else {cell_words(value, held): None})
    plain = len(value.columns) == 1
    return Undone(
        row=row.id,
        column=name,
        better=better,
        against=tuple(reading),
        clauses=(row.clause, *(clauses.get(rule, "") for rule in reading)),
        before=cells[0] if plain else None,
        after=cells[1] if plain else None,
        grades=(hit[2], hit[3]),
    )


# ---- columns that rows share --------------------------------------------------------------------


def _signs(row: Indicator, better: str) -> dict[str, int]:
    """Return for each column of a row whether more of it earns more (1), less (-1) or either (0)."""
    up = 1 if better == "higher" else -1 if better == "lower" else 0
    signs: dict[str, int] = {}
    for term in value_of(row).terms:
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
            if _signs(other, ways[other.id][0]).get(name, up) != up
        ]
        if not against:
            continue
        shown = _shown(found, row, name, up)
        yield Undone(
            row=row.id,
            column=name,
            better=better,
            against=tuple(other.id for other in against),
            clauses=(row.clause, *(other.clause for other in against)),
            before=None if shown is None else shown[0].cells,
            after=None if shown is None else {name: shown[1].cells[name]},
            grades=None if shown is None else (shown[0].outcome.grade, shown[1].outcome.grade),
        )


def _shown(found: Decisions, row: Indicator, name: str, up: int) -> tuple[Example, Example] | None:
    """Return a subject before and after one column got better for a row, whose grade falls."""
    rubric, ranks = found.rubric, by_rank(found.rubric)
    for base in found.grades.values():
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
                return a, b
    return None


def _steps(rubric: Rubric, cells: Mapping[str, Any], name: str) -> list[int]:
    """Return the cells of a column at which some row or rule may turn, and those beside them."""
    edges: set[Fraction] = {Fraction(cells[name])}
    for row in rubric.scoring:
        if not (row.bands or row.share) or name not in value_of(row).columns:
            continue
        marks = {b for _, band in taken_bands(rubric, row) for b in bounds(band)}
        marks |= set(further_bounds(rubric, row))
        if row.share is not None and row.share.benchmark is not None:
            marks |= {Fraction(row.share.benchmark) * n / 8 for n in range(1, 17)}
        value = value_of(row)
        edges |= {edge for mark in marks if (edge := _meets(value, cells, name, mark)) is not None}
    low, high = (end or 0 for end in (column(name).minimum, column(name).maximum))
    unit = column(name).per_unit
    near = {floor(e) + step for e in edges for step in (-1, 0, 1)} | {ceil(e) for e in edges}
    return sorted(cell for cell in near if low * unit <= cell <= high * unit)


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

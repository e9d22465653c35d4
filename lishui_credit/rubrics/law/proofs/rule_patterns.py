"""Which overrides and requirements can hold together: every pattern that some subject shows.

Rules that share no column are independent of one another. Those that share one are tried together on
every combination of the pieces of their columns, an empty cell included, so that each pattern found
comes with the cells that show it, and a pattern not found is shown by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any, Final

from lishui_credit.points import Value
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.column_relations import LAST_D, last_year_agrees
from lishui_credit.rubrics.law.proofs.row_points import bounds, reached, value_of, within
from lishui_credit.rubrics.law.proofs.value_pieces import Held, pieces
from lishui_credit.rubrics.law.row_checks import columns_of as columns_read
from lishui_credit.rubrics.law.rubric import Condition, Indicator, Override, Rubric
from lishui_credit.tables.columns import column

MOST: Final = 300_000
"""Combinations that are tried; an edition with more is told to be undecided."""

OPEN, REPAIRED = "open", "repaired"
OF_LAST_YEAR: Final = frozenset({"prior_grade", "consecutive_a_years", *LAST_D})
Variable = Value | str  # a value that conditions read; ``event:<id>``, ``points:<row>``


class UndecidedError(Exception):
    """There are more combinations than are tried."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which rules hold together, and cells that show it."""

    holds: Mapping[
        str, bool | None
    ]  # overrides, grades as ``grade:<id>``, flags as ``flag:<column>``
    cells: Mapping[Variable, Held | None] = field(default_factory=dict)  # None: an empty cell
    repaired: frozenset[str] = frozenset()
    earning: Mapping[Variable, Held | None] = field(
        default_factory=dict
    )  # cells that rows read too


@dataclass(frozen=True, slots=True)
class Rule:
    """A name and the conditions that must all hold for it."""

    name: str
    conditions: tuple[Condition, ...]
    unknown_is_no: bool


def groups(rubric: Rubric) -> list[list[Pattern]]:
    """Return the patterns of every group of rules that share columns; a quiet pattern first."""
    found = [_of_event(row) for row in rubric.active_overrides if row.event is not None]
    for rules in _connected(rules_of(rubric)):
        patterns = _tried(rubric, rules)
        found.append(sorted(patterns, key=lambda p: sum(v is not False for v in p.holds.values())))
    return found


def _of_event(row: Override) -> list[Pattern]:
    key = f"event:{row.id}"
    patterns = [Pattern({row.id: False}), Pattern({row.id: True}, {key: OPEN})]
    if row.repair is not None:
        patterns.append(Pattern({row.id: False}, {key: REPAIRED}, frozenset({row.id})))
    return patterns


def rules_of(rubric: Rubric) -> list[Rule]:
    """Return what cells settle: overrides, requirements and flags; conditions on the score aside."""
    found = []
    for row in rubric.active_overrides:
        if row.event is None:
            flag = (Condition(column=row.column, equals=True),) if row.column is not None else ()
            asked = flag + tuple(c for c in row.when if not c.score)
            found.append(Rule(row.id, asked, row.missing == "no"))
    for grade in rubric.grades:
        if grade.requires:
            asked = tuple(c for c in grade.requires if not c.score)
            unknown_is_no = grade.requires_missing != "withhold"
            found.append(Rule(f"grade:{grade.id}", asked, unknown_is_no))
        for name in grade.at_least_if:
            flag = (Condition(column=name, equals=True),)
            found.append(Rule(f"flag:{name}", flag, True))
    return list({rule.name: rule for rule in found}.values())


def variable(condition: Condition) -> Variable:
    """Return what a condition reads."""
    return f"points:{condition.points}" if condition.points is not None else value_of(condition)


def columns_of(read: Variable) -> tuple[str, ...]:
    """Return the columns that a variable reads; a row's points stand for themselves."""
    return read.columns if isinstance(read, Value) else (read,)


def _connected(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Return rules in groups that share no column with one another."""
    found: list[tuple[set[str], list[Rule]]] = []
    for rule in rules:
        names = {name for c in rule.conditions for name in columns_of(variable(c))}
        shared = [group for group in found if group[0] & names]
        found = [group for group in found if not group[0] & names]
        members = [member for group in shared for member in group[1]]
        found.append((names.union(*(group[0] for group in shared)), [*members, rule]))
    return [members for _, members in found]


def asked_of(rules: Sequence[Rule]) -> dict[Variable, list[Condition]]:
    """Return what rules read, each with all conditions on it."""
    asked: dict[Variable, list[Condition]] = {}
    for rule in rules:
        for condition in rule.conditions:
            asked.setdefault(variable(condition), []).append(condition)
    return asked


def _tried(rubric: Rubric, rules: Sequence[Rule]) -> list[Pattern]:
    """Return the patterns of rules that share columns, each once."""
    asked = asked_of(rules)
    samples = {read: samples_of(rubric, read, conditions) for read, conditions in asked.items()}
    earning = [read for read in asked if earns(rubric, read)]
    return [
        _pattern(rules, truths, at, {read: at[read] for read in earning})
        for truths, at in _folded(rules, samples, earning)
    ]


def _pattern(
    rules: Sequence[Rule],
    truths: Sequence[bool | None],
    at: Mapping[Variable, Held | None],
    earning: Mapping[Variable, Held | None],
) -> Pattern:
    holds = {
        rule.name: False if held is None and rule.unknown_is_no else held
        for rule, held in zip(rules, truths, strict=True)
    }
    return Pattern(holds, at, earning=earning)


def _folded(
    rules: Sequence[Rule],
    samples: Mapping[Variable, Sequence[Held | None]],
    apart: Sequence[Variable],
) -> list[tuple[tuple[bool | None, ...], dict[Variable, Held | None]]]:
    """Return which rules can hold together, each with cells; one more variable at a time."""
    # What was tried of some variables matters for the rest only by what it leaves of each rule, and
    # by the cells kept `apart`: of cells that leave the same, one stands for all.
    kept = {read for read in samples if read in apart or columns_of(read)[0] in OF_LAST_YEAR}
    found: dict[tuple[Any, ...], tuple[tuple[bool | None, ...], dict[Variable, Held | None]]]
    found = {(): (tuple(True for _ in rules), {})}
    for read, cells in samples.items():
        if len(found) * len(cells) > MOST:
            raise UndecidedError
        step: dict[tuple[Any, ...], tuple[tuple[bool | None, ...], dict[Variable, Held | None]]]
        step = {}
        dated = columns_of(read)[0] in OF_LAST_YEAR
        told = [name for name in next(iter(found.values()))[1] if name in kept]
        of_cells = [tuple(part_of(rule, read, cell) for rule in rules) for cell in cells]
        for truths, at in found.values():
            before = tuple(at[name] for name in told)
            for cell, part in zip(cells, of_cells, strict=True):
                left = tuple(map(_BOTH.__getitem__, zip(truths, part, strict=True)))
                key = (left, (*before, cell) if read in kept else before)
                if key not in step and (not dated or agrees({**at, read: cell})):
                    step[key] = (left, {**at, read: cell})
        found = step
    return list(found.values())


def agrees(at: Mapping[Variable, Held | None]) -> bool:
    """Tell whether what cells say of last year agrees."""
    return last_year_agrees({columns_of(read)[0]: cell for read, cell in at.items()})


def part_of(rule: Rule, read: Variable, cell: Held | None) -> bool | None:
    """Return what one cell leaves of a rule."""
    return all_of(truth(c, cell) for c in rule.conditions if variable(c) == read)


def samples_of(
    rubric: Rubric, read: Variable, asked: Sequence[Condition], *, every: bool = False
) -> list[Held | None]:
    """Return values of which each is told apart from the others by some condition, and none."""
    if every:
        return list(_values(rubric, read, asked))
    found: dict[tuple[bool | None, ...], Held | None] = {}
    values = list(_values(rubric, read, asked))
    # An empty cell is the quietest, but not where a row reads it.
    for cell in [*values, None] if earns(rubric, read) else [None, *values]:
        found.setdefault(tuple(truth(condition, cell) for condition in asked), cell)
    return list(found.values())


def earns(rubric: Rubric, read: Variable) -> bool:
    """Tell whether some row earns points by a column that is read."""
    names = {n for row in rubric.scoring if not row.event for n in (*columns_read(row), row.judged)}
    return isinstance(read, str) or not names.isdisjoint(read.columns)


def _values(rubric: Rubric, read: Variable, asked: Sequence[Condition]) -> Iterable[Held]:
    if isinstance(read, str):
        row = rubric.indicator(read.removeprefix("points:"))
        unit = tables.held_unit(rubric, row)
        return [Fraction(points, unit) for points in sorted(reached(rubric, row))]
    edges = [bound for condition in asked for bound in bounds(condition)]
    edges += [Fraction(c.equals) for c in asked if type(c.equals) is int]
    kind = column(read.columns[0]).type
    if kind in ("text", "uscc", "resident_id"):
        return [*dict.fromkeys(str(c.equals) for c in asked if c.equals is not None), "—"]
    return [piece.sample for piece in pieces(read, edges)]


def truth(condition: Condition, cell: Held | None) -> bool | None:
    """Tell whether a condition holds of a value; None where the value is missing."""
    if cell is None:
        return False if condition.missing == "no" else None
    if condition.equals is not None:
        wanted: Any = condition.equals
        return bool(cell == (Fraction(wanted) if type(wanted) is int else wanted))
    if condition.one_of and cell not in condition.one_of:
        return False
    return within(condition, cell) if isinstance(cell, Fraction) else True


def all_of(truths: Iterable[bool | None]) -> bool | None:
    """Tell whether all hold: one that does not settles it, else one that cannot be told spreads."""
    listed = list(truths)
    return False if False in listed else None if None in listed else True


_BOTH: Final = {pair: all_of(pair) for pair in product((True, False, None), repeat=2)}


def modes(rubric: Rubric, found: Sequence[Sequence[Pattern]]) -> Iterator[list[Pattern]]:
    """Yield the patterns of all groups together; of groups with the same effects only one moves."""
    told: dict[frozenset[Any], list[Pattern]] = {}
    quiet: list[Pattern] = []
    for group in found:
        by_effect: dict[Any, Pattern] = {}
        for pattern in group:
            key = (effects(rubric, pattern), *pattern.earning.items())
            by_effect.setdefault(key, pattern)
        if frozenset(by_effect) in told:
            quiet.append(min(group, key=lambda p: len(effects(rubric, p))))
        told.setdefault(frozenset(by_effect), list(by_effect.values()))
    if prod(len(group) for group in told.values()) > MOST:
        raise UndecidedError
    for chosen in product(*told.values()):
        yield [*chosen, *quiet]


def effects(rubric: Rubric, pattern: Pattern) -> frozenset[Any]:
    """Return what a pattern does to a grade, the names of its rules aside."""
    found: set[Any] = {
        (name, held) for name, held in pattern.holds.items() if held is not False and ":" in name
    }
    for row in rubric.active_overrides:
        held = pattern.holds.get(row.id, False)
        if held is not False:
            asked = tuple(c for c in row.when if c.score)
            found.add((row.order, row.effect, row.missing, asked, held))
        if row.id in pattern.repaired and row.repair is not None:
            found.add((row.repair.then,))
    return frozenset(found)


def alike_points(rubric: Rubric, row: Indicator, points: Fraction) -> set[int]:
    """Return the points of a row that no condition tells apart from given ones, in the edition's unit."""
    unit = points_unit(rubric, row.id)
    asked = [condition for condition in rubric.conditions() if condition.points == row.id]
    told = [truth(condition, points) for condition in asked]
    return {
        number
        for number in reached(rubric, row)
        if [truth(condition, Fraction(number, unit)) for condition in asked] == told
    }


def points_unit(rubric: Rubric, row_id: str) -> int:
    """Return how many integers a printed point of a row is, as conditions read it."""
    return tables.held_unit(rubric, rubric.indicator(row_id))

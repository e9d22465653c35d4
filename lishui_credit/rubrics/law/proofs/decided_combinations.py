"""Every combination of rules and scores, and the outcome of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from lishui_credit.language import tr
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.proofs.deciding_order import (
    NOT_GRADED,
    NOTHING,
    WITHHELD,
    Outcome,
    State,
    by_rank,
    decide,
    score_holds,
)
from lishui_credit.rubrics.law.proofs.example_subjects import Example, conditions_on
from lishui_credit.rubrics.law.proofs.proof_words import Fault, fault, subject_with
from lishui_credit.rubrics.law.proofs.row_points import bounds, reached, value_of, within
from lishui_credit.rubrics.law.proofs.rule_patterns import (
    Pattern,
    alike_points,
    all_of,
    modes,
    truth,
)
from lishui_credit.rubrics.law.proofs.score_range import score_pieces, scores
from lishui_credit.rubrics.law.proofs.value_pieces import Held, Piece
from lishui_credit.rubrics.law.rubric import Indicator, Rubric


@dataclass(frozen=True, slots=True)
class Way:
    """Patterns and a piece of the score that lead to an outcome, if some subject shows them."""

    patterns: tuple[Pattern, ...]
    piece: Piece | None
    outcome: Outcome


@dataclass(slots=True)
class Decisions:
    """What the deciding rules do, over all patterns and scores."""

    rubric: Rubric
    groups: list[list[Pattern]] = field(default_factory=list)
    calmest: list[list[Pattern]] = field(default_factory=list)  # of every group
    pieces: list[Piece | None] = field(default_factory=list)
    apart: dict[Any, list[Piece | None]] = field(default_factory=dict)  # pieces of given cells
    combinations: int = 0
    least: Fraction | None = None
    greatest: Fraction | None = None
    ways: dict[str, list[Way]] = field(default_factory=dict)  # by grade, or why there is none
    grades: dict[str, Example] = field(default_factory=dict)
    overrides: dict[str, Example] = field(default_factory=dict)
    cutoffs: dict[str, Example] = field(default_factory=dict)


def state_of(rubric: Rubric, patterns: Sequence[Pattern], score: Fraction | None) -> State:
    """Return what decides, of patterns and a score."""
    return states_of(rubric, patterns)(score)


def states_of(rubric: Rubric, patterns: Sequence[Pattern]) -> Callable[[Fraction | None], State]:
    """Return what decides, of patterns and any score."""
    merged: dict[str, bool | None] = {}
    repaired: frozenset[str] = frozenset()
    for pattern in patterns:
        merged |= pattern.holds
        repaired |= pattern.repaired
    acting = [row for row in rubric.active_overrides if merged.get(row.id, False) is not False]
    plain = {row.id: merged[row.id] for row in acting}
    scored = [row for row in acting if any(condition.score for condition in row.when)]
    required = {
        grade.id: (merged.get(f"grade:{grade.id}", False), [c for c in grade.requires if c.score])
        for grade in rubric.grades
        if grade.requires
    }
    flags = frozenset(
        n.removeprefix("flag:") for n, held in merged.items() if held and n[:5] == "flag:"
    )

    def at(score: Fraction | None) -> State:
        holds = plain | {row.id: all_of((plain[row.id], score_holds(row, score))) for row in scored}
        requires = {
            name: told if score is None or all(within(c, score) for c in asked) else False
            for name, (told, asked) in required.items()
        }
        return State(score, holds, repaired, requires, flags)

    return at


def pieces_with(found: Decisions, patterns: Sequence[Pattern]) -> list[Piece | None]:
    """Return the pieces of the score that are left where patterns give cells that rows read."""
    given = {at: held for pattern in patterns for at, held in pattern.earning.items()}
    if not given or found.rubric.aggregate == "none":
        return found.pieces
    key = tuple(given.items())
    if key not in found.apart:
        only: dict[str, set[int]] = {}
        for row in found.rubric.scoring:
            points = given.get(f"points:{row.id}")
            if isinstance(points, Fraction):
                only[row.id] = alike_points(found.rubric, row, points)
            elif row.event is None and row.formula is None and value_of(row) in given:
                only[row.id] = _points_with(found.rubric, row, given[value_of(row)])
        left = scores(found.rubric, only)
        found.apart[key] = list(score_pieces(found.rubric, left))
    return found.apart[key]


def _points_with(rubric: Rubric, row: Indicator, held: Held | None) -> set[int]:
    """Return the points of a row whose value is told apart from a given one by no rule."""
    asked = conditions_on(rubric, row)
    if held is None:
        if row.missing == "withhold":
            return set()
        times = tables.times(rubric, row)
        return {(tables.missing_points(rubric, row) or 0) * times}
    alike = [truth(condition, held) for condition in asked]
    edges = [bound for condition in asked for bound in bounds(condition)]
    return reached(rubric, row, lambda other: [truth(c, other) for c in asked] == alike, edges)


def run(found: Decisions) -> list[Fault]:
    """Decide every combination; return where a higher score gives a lower grade."""
    ranks = by_rank(found.rubric)
    turned: list[Fault] = []
    for chosen in modes(found.rubric, found.groups):
        best: tuple[int, Piece | None] | None = None
        state = states_of(found.rubric, chosen)
        for piece in pieces_with(found, chosen):
            score = None if piece is None else fraction(piece.sample)
            outcome = decide(found.rubric, state(score))
            found.combinations += 1
            ways = found.ways.setdefault(outcome.grade, [])
            ways.append(Way(tuple(chosen), piece, outcome))
            if outcome.grade not in ranks:
                continue
            rank = ranks[outcome.grade]
            if best is not None and rank > best[0] and not turned:
                turned.append(_lower(found, chosen, best[1], piece))
            if best is None or rank < best[0]:
                best = (rank, piece)
    return turned


def fraction(held: Held) -> Fraction:
    """Return the score that stands for a piece."""
    assert isinstance(held, Fraction)
    return held


def _lower(
    found: Decisions, chosen: Sequence[Pattern], low: Piece | None, high: Piece | None
) -> Fault:
    cells = {read: held for pattern in chosen for read, held in pattern.cells.items()}
    a, b = (
        subject_with(found.rubric, fraction(p.sample), cells) if p is not None else ""
        for p in (low, high)
    )
    return fault(
        "inversion",
        ("grades",),
        "a higher score gives a lower grade",
        "得分更高等级反而更低",
        tr(f"{b} has a lower grade than {a}", f"{b}等级低于{a}"),
    )


def outcomes_told(found: Decisions) -> dict[str, int]:
    """Return how many combinations end in each kind of outcome."""
    kinds = {NOTHING: "none", WITHHELD: "withheld", NOT_GRADED: "not_graded"}
    counts = {"graded": 0, "withheld": 0, "not_graded": 0, "none": 0}
    for grade, ways in found.ways.items():
        counts[kinds.get(grade, "graded")] += len(ways)
    return counts

"""From a score and the overrides that hold to the one outcome, as the edition's text orders them.

Written from the format's description, apart from the engine, so that each can be held against the
other: overrides that set a grade or leave a subject ungraded decide first, by their order and among
equals the worst grade; then the score by cut-offs and requirements; then caps and shifts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from lishui_credit.rubrics.law.proofs.row_points import within
from lishui_credit.rubrics.law.rubric import GradeRow, Override, Rubric

WITHHELD = "withheld"
NOT_GRADED = "not graded"
NOTHING = ""  # no grade, and no rule that says so: a gap


@dataclass(frozen=True, slots=True)
class State:
    """What decides about one subject: its score, and which rules hold (None: cannot be told)."""

    score: Fraction | None
    holds: Mapping[str, bool | None] = field(default_factory=dict)  # overrides by id
    repaired: frozenset[str] = frozenset()  # overrides of events that were all corrected
    requires: Mapping[str, bool | None] = field(default_factory=dict)  # grades by id
    flags: frozenset[str] = frozenset()  # columns that are true, of other cut-offs


@dataclass(frozen=True, slots=True)
class Outcome:
    """The grade, or why there is none, and the rule that decided."""

    grade: str
    decided_by: str = "score"


def by_rank(rubric: Rubric) -> dict[str, int]:
    """Return the place of every grade, 0 the best."""
    return {grade.id: place for place, grade in enumerate(rubric.grades)}


def decide(rubric: Rubric, state: State) -> Outcome:
    """Return the outcome of one subject."""
    acting = {name for name, held in state.holds.items() if held is not False}
    rows = [row for row in rubric.overrides if row.id in acting] if acting else []
    decisive = [row for row in rows if row.effect.set is not None or row.effect.not_graded]
    for order in sorted({row.order for row in decisive}):
        peers = [row for row in decisive if row.order == order]
        held = [row for row in peers if state.holds.get(row.id)]
        setting = [row for row in held if row.effect.set is not None]
        if setting:
            ranks = by_rank(rubric)
            worst = min(setting, key=lambda row: (-ranks[str(row.effect.set)], row.id))
            return Outcome(str(worst.effect.set), worst.id)
        if held:
            return Outcome(NOT_GRADED, min(row.id for row in held))
        if any(_unknown(row, state) for row in peers):
            return Outcome(WITHHELD, WITHHELD)
    bounding = [row for row in rows if row.effect.cap is not None or row.effect.shift is not None]
    if any(_unknown(row, state) for row in bounding) or _unclear(rubric, state):
        return Outcome(WITHHELD, WITHHELD)
    place = score_rank(rubric, state)
    if place is None:
        return Outcome(NOTHING)
    return _bounded(rubric, state, place, rows)


def _unknown(row: Override, state: State) -> bool:
    return row.missing == "withhold" and state.holds.get(row.id, False) is None


def _unclear(rubric: Rubric, state: State) -> bool:
    """Tell whether a requirement that withholds, or the score, cannot be told."""
    if rubric.aggregate != "none" and state.score is None:
        return True
    return any(
        grade.requires_missing == "withhold" and state.requires.get(grade.id, False) is None
        for grade in rubric.grades
        if grade.requires
    )


def cut(grade: GradeRow, flags: frozenset[str]) -> Fraction | None:
    """Return the cut-off that counts for a subject with these flags, as printed."""
    bound = None if grade.at_least is None else Fraction(grade.at_least)
    for flag, other in grade.at_least_if.items():
        bound = Fraction(other) if flag in flags else bound
    return bound


def score_rank(rubric: Rubric, state: State) -> int | None:
    """Return the place of the first grade whose cut-off and requirements are met; None for none."""
    for place, grade in enumerate(rubric.grades):
        if grade.set_only:
            continue
        bound = cut(grade, state.flags)
        enough = bound is None or (state.score is not None and state.score >= bound)
        if enough and (not grade.requires or state.requires.get(grade.id)):
            return place
    return None


def _bounded(rubric: Rubric, state: State, place: int, rows: Sequence[Override]) -> Outcome:
    """Return the outcome after caps, of which the lowest counts, and shifts."""
    ranks, decided = by_rank(rubric), "score"
    caps = [
        (ranks[row.effect.cap], row.id)
        for row in rows
        if row.effect.cap is not None and state.holds.get(row.id)
    ]
    for row in rubric.active_overrides if state.repaired else ():
        then = row.repair.then if row.repair is not None else None
        if then is not None and then.cap is not None and row.id in state.repaired:
            caps.append((ranks[then.cap], row.id))
    acting = sorted((cap for cap in caps if cap[0] > place), key=lambda cap: (-cap[0], cap[1]))
    if acting:
        place, decided = acting[0]
    ladder = [n for n, grade in enumerate(rubric.grades) if not grade.set_only]
    for row in rows:
        if row.effect.shift is not None and state.holds.get(row.id) and place < ladder[-1]:
            decided = row.id
            if place in ladder:
                place = ladder[min(ladder.index(place) + row.effect.shift, len(ladder) - 1)]
    return Outcome(rubric.grades[place].id, decided)


def score_holds(row: Override, score: Fraction | None) -> bool | None:
    """Tell whether the score keeps what an override asks of it; None where it cannot be told."""
    asked = [condition for condition in row.when if condition.score]
    if asked and score is None:
        return None
    return all(within(condition, score) for condition in asked if score is not None)

"""Ordered grades: `Grade` and `GradeScale`, best first, each with an inclusive lower bound."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """One grade of a scale: its letter, colour or tier."""

    id: str
    label_zh: str
    at_least: int | None = None  # inclusive, in the scale's unit; None where no score gives it
    meaning_zh: str = ""  # what the grade says of a subject


@dataclass(frozen=True, slots=True)
class GradeScale:
    """Grades from best to worst, with distinct ids and falling bounds; ValueError otherwise."""

    grades: tuple[Grade, ...]

    def __post_init__(self) -> None:
        """Refuse repeated ids and bounds that do not fall."""
        ids = [grade.id for grade in self.grades]
        if len(set(ids)) != len(ids):
            raise ValueError(f"grade ids repeat: {ids}")
        bounds = [grade.at_least for grade in self.grades if grade.at_least is not None]
        if any(low >= high for high, low in itertools.pairwise(bounds)):
            raise ValueError(f"lower bounds must fall from best to worst: {bounds}")

    def rank(self, grade_id: str) -> int:
        """Return the place of a grade, 0 the best; KeyError where there is no such grade."""
        for place, grade in enumerate(self.grades):
            if grade.id == grade_id:
                return place
        raise KeyError(grade_id)

    def of(self, score: int) -> Grade:
        """Return the best grade whose lower bound `score` reaches, else the last one."""
        for grade in self.grades:
            if grade.at_least is not None and score >= grade.at_least:
                return grade
        return self.grades[-1]


def merged(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """Return two orders of grades as one: the second's, with the first's own grades kept in their places.

    >>> merged(["A", "B", "M", "C"], ["A", "B", "C"])
    ['A', 'B', 'M', 'C']
    """
    order = list(second)
    for place, name in enumerate(first):
        if name not in order:
            before = [order.index(other) for other in first[:place] if other in order]
            order.insert(before[-1] + 1 if before else 0, name)
    return order

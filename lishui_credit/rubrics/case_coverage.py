"""Which clauses of an edition the worked cases touch, and which they do not.

A case touches a row whose points it states, a grade that it expects, and an override that it names as
what decides or withholds. Facts that merely pass through a row prove nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lishui_credit.rubrics.cases import Case, all_cases
from lishui_credit.rubrics.law.rubric import Rubric


@dataclass(frozen=True, slots=True)
class Part:
    """A scoring row, a grade or an override in force, and the clause it stands on."""

    table: str
    id: str
    clause: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """The parts of an edition that cases touch, and those they leave out."""

    touched: tuple[Part, ...]
    untouched: tuple[Part, ...]

    @property
    def percent(self) -> int | None:
        """Percent of the parts that are touched, rounded down; None for an edition without parts."""
        whole = len(self.touched) + len(self.untouched)
        return 100 * len(self.touched) // whole if whole else None


def parts(rubric: Rubric) -> Iterator[Part]:
    """Yield what decides in an edition: scoring rows, grades, overrides; nothing of an outline."""
    if rubric.lacking is None:
        for row in rubric.scoring:
            yield Part("indicators", row.id, row.clause)
        for grade in rubric.grades:
            yield Part("grades", grade.id, grade.clause)
        for rule in rubric.active_overrides:
            yield Part("overrides", rule.id, rule.clause)


def coverage(rubric: Rubric) -> Coverage:
    """Return which parts of an edition its worked cases touch.

    Parameters
    ----------
    rubric : Rubric
        A shipped edition.

    Returns
    -------
    Coverage

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> coverage(rubric("credit-county", on="2021-01-01")).percent
    100
    """
    told = {
        named
        for case in all_cases()
        if case.rubric == f"{rubric.name}@{rubric.edition}"
        for named in _touched(case)
    }
    every = list(parts(rubric))
    return Coverage(
        touched=tuple(part for part in every if (part.table, part.id) in told),
        untouched=tuple(part for part in every if (part.table, part.id) not in told),
    )


def _touched(case: Case) -> Iterator[tuple[str, str]]:
    """Yield the table and id of what a case states a result of."""
    points = case.expect.get("points")
    if isinstance(points, dict):
        for row in points:
            yield "indicators", row
    yield "grades", str(case.expect.get("grade"))
    for key in ("decided_by", "withheld_by"):
        yield "overrides", str(case.expect.get(key)).removeprefix("not graded: ")

"""Hostile subjects are sharp: each mistake that is planted in the oracle shows in many of them.

An engine could make the same mistakes. A test fails where the generator makes too few of the
subjects that tell a rule from its like, in any edition that has the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lishui_credit.rubrics.hostile_subjects import Hostile
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric
from tests import exact_grades
from tests.exact_grades import ExactGrades
from tests.parity import DAY, EVENTS, GRADING, PERIOD, one_by_one

SEED = 16
SUBJECTS = 4_000
LEAST = 10
"""Subjects that show a mistake, at least: fifty of the 20,000 that the engines grade."""


class Mistake(NamedTuple):
    """Text of the oracle, what stands there by mistake, and which editions have the rule."""

    right: str
    wrong: str
    concerns: Callable[[Rubric], Any]


def repairs(rubric: Rubric) -> Iterator[Any]:
    """Every window of the classes of repair in use."""
    used = {row.event.repair for row in rubric.scoring if row.event is not None}
    return (w for repair in rubric.repairs if repair.id in used for w in repair.windows)


def shares(rubric: Rubric) -> bool:
    """Whether payments give back their share."""
    return any(repair.paid_share for repair in rubric.repairs)


def counts(way: str) -> Callable[[Rubric], bool]:
    """Whether events are counted in a way."""
    return lambda rubric: any(row.event and row.event.count == way for row in rubric.scoring)


def override(name: str) -> Callable[[Rubric], bool]:
    """Whether repaired overrides have a limit."""
    return lambda rubric: any(
        rule.repair and getattr(rule.repair, name) is not None for rule in rubric.active_overrides
    )


def window(name: str) -> Callable[[Rubric], bool]:
    """Whether windows of repairs have a limit."""
    return lambda rubric: any(getattr(one, name) for one in repairs(rubric))


def excludes(rubric: Rubric) -> bool:
    """Whether rows without a value do not count."""
    return any(row.missing == "exclude" for row in rubric.scoring)


def linear(rubric: Rubric) -> bool:
    """Whether a value is placed in a range where the assessor has given no figure."""
    return any(row.place == "linear" for row in rubric.scoring)


LATE_MONTHS = "late_clean_months_at_least"
OF_A_TAX = '(day, event["tax_type"] or "", event["event_id"])'
MISTAKES = {
    "shares of one tax add up to more than one": Mistake(
        "paid <= max(taxes)", "paid <= 10 * max(taxes)", shares
    ),
    "shares of one tax of which one is not repaired": Mistake(
        "if self.corrected(event) is not None:\n", "if True:\n", shares
    ),
    "an override repaired on the last day is late": Mistake(
        "(end - due).days > within", "(end - due).days >= within", override("within_days")
    ),
    "an override repaired a day after the last is in time": Mistake(
        "(end - due).days > within", "(end - due).days > within + 1", override("within_days")
    ),
    "an override repaired too late is repaired": Mistake(
        "(end - due).days > within", "False", override("within_days")
    ),
    "an override repaired in the year after is late": Mistake(
        "end.year - since.year <= 1", "end.year <= since.year", override(LATE_MONTHS)
    ),
    "an override repaired in the year after the next is in time": Mistake(
        "end.year - since.year <= 1", "end.year - since.year <= 2", override(LATE_MONTHS)
    ),
    "months without fault that are just enough are too few": Mistake(
        "clean < least", "clean <= least", override("clean_months_at_least")
    ),
    "months after a late repair that are just enough are too few": Mistake(
        "clean >= least", "clean > least", override(LATE_MONTHS)
    ),
    "an amount on the limit is not small": Mistake(
        "tax <= exact(window.small_amount)",
        "tax < exact(window.small_amount)",
        window("small_amount"),
    ),
    "a repair on the last day is late": Mistake(
        "days > window.days_at_most", "days >= window.days_at_most", window("days_at_most")
    ),
    "a repair a day after the last is in time": Mistake(
        "days > window.days_at_most", "days > window.days_at_most + 1", window("days_at_most")
    ),
    "a repair of the next year is of the same": Mistake(
        "window.same_year and years > 0", "window.same_year and years > 1", window("same_year")
    ),
    "a repair of the same year is one within a year": Mistake(
        "window.same_year and years > 0", "window.same_year and days > 365", window("same_year")
    ),
    "a repair of the year after the next is of the next": Mistake(
        "window.next_year and years > 1", "window.next_year and years > 2", window("next_year")
    ),
    "a repair after the day of grading is known": Mistake(
        "day is None or day > self.law.day", "day is None", window("restore_percent")
    ),
    "a row that does not apply counts": Mistake(
        "self.law.total - sum(self.law.best[name] for name in without)",
        "self.law.total",
        excludes,
    ),
    "a value in a range is rounded to the nearest": Mistake(
        "quotient(floor(points * self.law.steps), self.law.steps)",
        "nearest(points, self.law.steps)",
        linear,
    ),
    "a value earns the points of its band": Mistake('row.place == "linear"', "False", linear),
    "taxes of one kind on two days are one": Mistake(
        OF_A_TAX, '(event["tax_type"] or "", event["event_id"])', counts("per_tax_type")
    ),
    "taxes of two kinds on a day are one": Mistake(
        OF_A_TAX, '(day, event["event_id"])', counts("per_tax_type")
    ),
    "taxes of two documents are one": Mistake(
        OF_A_TAX, '(day, event["tax_type"] or "")', counts("per_tax_type")
    ),
    "one month of two years is one": Mistake(
        "(day.year, day.month)", "day.year", counts("per_month")
    ),
}


def mistaken(mistake: Mistake) -> type[ExactGrades]:
    """The oracle with a mistake."""
    text = Path(exact_grades.__file__).read_text(encoding="utf-8")
    assert text.count(mistake.right) == 1, f"the oracle has no longer one {mistake.right!r}"
    names: dict[str, Any] = {"__name__": exact_grades.__name__}
    exec(compile(text.replace(mistake.right, mistake.wrong), "mistaken", "exec"), names)
    found: type[ExactGrades] = names["ExactGrades"]
    return found


@cache
def subjects(name: str) -> list[tuple[Any, list[Any]]]:
    """Hostile subjects of an edition with their events."""
    rubric = catalog.rubric(name)
    made = Hostile(rubric, DAY, SEED, period=PERIOD)
    frames = {"subjects": made.subjects(SUBJECTS)}
    if rubric.uses_events:
        ids = frames["subjects"][rubric.subject_id]
        frames["events"] = made.events(EVENTS * SUBJECTS, ids)
    return one_by_one(rubric, frames)


@cache
def right(name: str) -> ExactGrades:
    """The oracle as it is."""
    return ExactGrades(catalog.rubric(name), DAY, PERIOD)


@cache
def expected(name: str, place: int) -> dict[str, Any]:
    """What the subject at a place gets."""
    return right(name).grade(*subjects(name)[place])


@pytest.mark.xdist_group("mistakes")
@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_shows_in_many_subjects_of_every_edition_that_has_the_rule(
    mistake: Mistake,
) -> None:
    wrong, noticed = mistaken(mistake), {}
    for name in GRADING:
        if not mistake.concerns(catalog.rubric(name)):
            continue
        law = wrong(catalog.rubric(name), DAY, PERIOD)
        differing = (
            place
            for place, one in enumerate(subjects(name))
            if law.grade(*one) != expected(name, place)
        )
        noticed[name] = len([*islice(differing, LEAST)])
    assert noticed
    assert {name: found for name, found in noticed.items() if found < LEAST} == {}

"""The script of an edition's page run outside a page, against polars: on hostile subjects, as their fields say them.

`python -m tests.calculators 100000 [SEED] [NAME …]` compares so many random subjects of every edition.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from datetime import date
from functools import cache
from typing import Any

import polars as pl

from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.hostile_subjects import Hostile
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.pages.calculator_questions import (
    Question,
    event_questions,
    questions,
    written,
)
from lishui_credit.rubrics.pages.calculator_script import calculator
from tests.javascript import run

GRADING = [
    f"{entry.name}@{entry.start}"
    for entry in catalog.entries()
    if catalog.load(entry.path).lacking is None
]
BATCH = 20_000
DAYS = [(date(2021, 4, 30), 2020), (date(2019, 2, 28), None), (date(2016, 12, 31), 2016)]
"""Days of grading and years assessed that subjects are compared on."""

# What is typed into a field is read as the page reads it; what no field could hold passes as it is.
GRADED = """(given) => {
  %s
  const row = (questions, cells) => {
    const found = {};
    for (const [key, [text, value]] of Object.entries(cells)) {
      const told = text === null ? {value} : calculator.read(questions[key], text);
      if (told.fault) throw new Error(`${key}: ${text}: ${told.fault}`);
      found[key] = told.value;
    }
    return found;
  };
  return given.rows.map(([subject, events]) => {
    const facts = [row(given.questions, subject), events.map((one) => row(given.events, one)), given.day, given.year];
    const graded = calculator.graded(...facts);
    const ahead = calculator.ahead(graded), lacking = ahead?.lacking ?? null;
    const way = given.ways && ahead && calculator.way ? calculator.way(...facts, graded, lacking ?? 0) : null;
    return [graded, lacking, given.told ? calculator.contradictions(...facts) : [], way];
  });
}"""


@cache
def script(name: str) -> str:
    """The script of an edition's page, whole."""
    return calculator(catalog.rubric(name), date(2020, 1, 1)).text


def asked(listed: tuple[Question, ...]) -> dict[str, Any]:
    """What the page knows of each question."""
    return {row.key: row.data() for row in listed}


def typed(question: Question, value: Any) -> list[Any]:
    """What is typed into a field for a value; a text, or a word that the list lacks, as it is."""
    said = written(question.column, value)
    offered = [word for word, _ in question.words]
    odd = question.kind == "text" or (
        question.kind == "word" and value is not None and said not in offered
    )
    return [None, value] if odd else [said, None]


def cells(listed: tuple[Question, ...], row: dict[str, Any]) -> dict[str, Any]:
    """The fields of one row."""
    return {one.key: typed(one, row[one.key]) for one in listed if one.key in row}


def graded(
    name: str,
    rows: list[Any],
    day: date,
    year: int | None,
    *,
    told: bool = False,
    ways: bool = False,
) -> list[Any]:
    """What the page's script makes of subjects with their events.

    Grade, distance to the next, contradictions if `told`, repairs that lead to it if `ways`.
    """
    rubric = catalog.rubric(name)
    given = {
        "questions": asked(questions(rubric)),
        "events": asked(event_questions(rubric)),
        "rows": rows,
        "told": told,
        "ways": ways,
        "day": day.isoformat(),
        "year": year,
    }
    return list(run(GRADED % script(name), given))


def expected(rubric: Rubric, frames: tuple[Any, Any], day: date, year: int | None) -> pl.DataFrame:
    """What polars makes of them."""
    subjects, events = frames
    return evaluate(subjects, rubric, events=events, period=year, as_of=day).collect()


def drawn(rubric: Rubric, count: int, seed: int, day: date, year: int | None) -> tuple[Any, Any]:
    """Hostile subjects and events of an edition."""
    made = Hostile(rubric, day, seed, period=year)
    subjects = made.subjects(count)
    events = made.events(3 * count, subjects[rubric.subject_id]) if rubric.uses_events else None
    return subjects, events


def as_fields(rubric: Rubric, frames: tuple[Any, Any]) -> list[Any]:
    """Subjects, each with its events, as they are typed into the fields."""
    key, asks, happens = rubric.subject_id, questions(rubric), event_questions(rubric)
    events: dict[str, list[Any]] = defaultdict(list)
    if frames[1] is not None:
        for row in frames[1].iter_rows(named=True):
            events[row[key]].append(cells(happens, row))
    return [[cells(asks, row), events[row[key]]] for row in frames[0].iter_rows(named=True)]


def differences(name: str, count: int, seed: int = 17) -> list[tuple[str, Any, Any]]:
    """Cells that the page's script and polars do not give alike; 20 of them at most."""
    rubric, found = catalog.rubric(name), list[tuple[str, Any, Any]]()
    key = rubric.subject_id
    read = {row.key for row in questions(rubric)}
    for turn, start in enumerate(range(0, count, BATCH)):
        day, year = DAYS[(turn + seed) % len(DAYS)]
        frames = drawn(rubric, min(BATCH, count - start), seed + turn, day, year)
        told = graded(name, as_fields(rubric, frames), day, year)
        ids = frames[0][key].to_list()
        wanted = {
            row[key]: row for row in expected(rubric, frames, day, year).iter_rows(named=True)
        }
        for subject, (one, *_) in zip(ids, told, strict=True):
            for column, value in wanted[subject].items():
                if column != key and (column in read or column not in frames[0].columns):
                    cell = value.isoformat() if isinstance(value, date) else value
                    if one.get(column) != cell or type(one.get(column)) is not type(cell):
                        found.append((f"{subject} {column} {day} {year}", one.get(column), cell))
        if len(found) >= 20:
            break
    return found[:20]


if __name__ == "__main__":
    size, first = int(sys.argv[1]), int((sys.argv[2:] or ["17"])[0])
    for edition in sys.argv[3:] or GRADING:
        unlike = differences(edition, size, first)
        print(f"{edition}: {size:,} subjects, {len(unlike)} differences", *unlike, flush=True)

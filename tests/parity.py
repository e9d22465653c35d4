"""Parity: every edition through every engine that is here, cell by cell beside polars.

`make parity` grades 10 million hostile subjects (``COUNT=n`` for another number, ``SEED=n`` for other
ones, ``ENGINES=duckdb,mariadb`` for some engines) and prints what was compared, also where it is
stopped; 20,000 of each edition run among the tests. An engine is a line in `HERE` or `SERVED`.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import polars as pl

from lishui_credit.backends import engines_here
from lishui_credit.backends.cell_differences import Differences, compared, of_cells
from lishui_credit.backends.local_databases import (
    Database,
    Frames,
    InSpark,
)
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.hostile_subjects import Hostile
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.rubric_proof import WITHIN_64_BITS, RubricTrial
from tests import database_servers, javascript
from tests.databases import InMariaDB, InPostgres
from tests.exact_grades import ExactGrades

DAY = date(2022, 4, 30)
PERIOD = 2020
"""Two turns of the year before the day, so that a repair can be of the year after the next."""
GRADING = [
    f"{entry.name}@{entry.start}"
    for entry in catalog.entries()
    if catalog.load(entry.path).lacking is None
]
PASSES_64_BITS = ("farmer-household@2009-01-01",)
CHUNK = 20_000
EVENTS = 2
"""Events of an edition that counts them, for every subject."""

Engine = Callable[[Rubric, Frames], pl.DataFrame]
"""Grades frames of subjects and events, and gives every cell as a text."""


def asked(rubric: Rubric, frames: Frames) -> pl.DataFrame:
    """What polars gives, eagerly: the other engines are held against it."""
    events = frames.get("events")
    return evaluate(frames["subjects"], rubric, events=events, period=PERIOD, as_of=DAY).collect()


@cache
def trial(name: str) -> RubricTrial:
    """An edition as engines take it; the rows are those of `population`."""
    return RubricTrial(rubric=catalog.rubric(name), rows=0, seed=0, period=PERIOD, as_of=DAY)


def of_package(engine: engines_here.Engine) -> Engine:
    """An engine that `prove` runs too."""
    ready = cache(lambda name: engine.ready(trial(name)))
    return lambda rubric, frames: ready(f"{rubric.name}@{rubric.edition}")(frames)


@cache
def statement(name: str, dialect: str) -> str:
    """The statement of an edition."""
    return trial(name).statement(dialect, {role: role for role in trial(name).tables})


def printed(database: Database) -> Engine:
    """A database that runs the printed statement."""

    def run(rubric: Rubric, frames: Frames) -> pl.DataFrame:
        name = f"{rubric.name}@{rubric.edition}"
        return database.answer(statement(name, database.dialect), frames)

    return run


def in_spark(session: Any) -> Engine:
    """Spark, which compiles: so many rows repay it."""
    graded = printed(InSpark(session))

    def run(rubric: Rubric, frames: Frames) -> pl.DataFrame:
        with database_servers.compiled(session):
            return graded(rubric, frames)

    return run


def one_by_one(rubric: Rubric, frames: Frames) -> list[Any]:
    """Every subject with its events."""
    return trial(f"{rubric.name}@{rubric.edition}").given(frames)


@cache
def script(name: str) -> str:
    """The printed function of an edition, for every subject."""
    return engines_here.script_of(trial(name))


def in_javascript(rubric: Rubric, frames: Frames) -> pl.DataFrame:
    """JavaScript, in Node or in a browser."""
    days_as_texts = pl.col(pl.Date).cast(pl.String)
    read = {name: frame.with_columns(days_as_texts) for name, frame in frames.items()}
    name = f"{rubric.name}@{rubric.edition}"
    return of_cells(javascript.run(script(name), one_by_one(rubric, read)))


def by_fractions(rubric: Rubric, frames: Frames) -> pl.DataFrame:
    """The oracle, which reads the edition and nothing of an engine."""
    law = ExactGrades(rubric, DAY, PERIOD)
    ones = one_by_one(rubric, frames)
    return of_cells([{**subject, **law.grade(subject, events)} for subject, events in ones])


_OF_PACKAGE = {engine.name: of_package(engine) for engine in engines_here.ENGINES}
LONG: dict[str, Engine] = {
    "plain Python": _OF_PACKAGE["plain Python"],
    "JavaScript": in_javascript,
}
"""Engines that take one subject after another."""
HERE: dict[str, Engine] = {
    **{name: run for name, run in _OF_PACKAGE.items() if name not in {*LONG, engines_here.SPARK}},
    "exact fractions": by_fractions,
}
SERVED: dict[str, Callable[[Any], Engine]] = {
    "postgres": lambda server: printed(InPostgres(server)),
    "mariadb": lambda server: printed(InMariaDB(server)),
    "spark": in_spark,
}


@dataclass(frozen=True)
class Population:
    """Hostile subjects and events of an edition, and what polars makes of them."""

    rubric: Rubric
    frames: Frames
    expected: pl.DataFrame


def population(name: str, rows: int, seed: int, engine: str = "") -> Population:
    """The population of an edition; a smaller one for SQLite where its numbers pass 64 bits."""
    rubric = catalog.rubric(name)
    small = engine == "SQLite" and name in PASSES_64_BITS
    made = Hostile(rubric, DAY, seed, WITHIN_64_BITS if small else 10**30, PERIOD)
    frames = {"subjects": made.subjects(rows)}
    if rubric.uses_events:
        ids = frames["subjects"][rubric.subject_id]
        frames["events"] = made.events(EVENTS * rows, ids)
    return Population(rubric, frames, asked(rubric, frames))


def held(
    engines: Mapping[str, Engine],
    name: str,
    rows: int,
    seed: int,
    made: Callable[..., Population] = population,
) -> Iterator[tuple[str, Differences, float]]:
    """Every engine beside polars on one population: what differs, and its seconds."""
    whole = made(name, rows, seed)
    for engine, run in engines.items():
        small = engine == "SQLite" and name in PASSES_64_BITS
        one = population(name, rows, seed, engine) if small else whole
        start = time.perf_counter()
        found = run(one.rubric, one.frames)
        taken = time.perf_counter() - start
        yield engine, compared(found, one.expected, one.rubric.subject_id), taken


def started(stack: ExitStack, chosen: set[str]) -> Iterator[tuple[str, Engine]]:
    """The engines that are asked for, or all; servers run until the stack is closed."""
    for name, engine in (HERE | LONG).items():
        if not chosen or name.lower() in chosen:
            yield name, engine
    programs = {"postgres": "initdb", "mariadb": "mariadbd", "spark": "java"}
    for name, made in SERVED.items():
        if chosen and name not in chosen:
            continue
        if database_servers.program(programs[name]) is None:
            print(f"{name}: not here")
            continue
        yield name, made(stack.enter_context(getattr(database_servers, name)()))


def main() -> int:
    """Run all editions in chunks until the number of subjects is reached."""
    count = int(os.environ.get("COUNT", 10_000_000))
    seed = int(os.environ.get("SEED") or int.from_bytes(os.urandom(4), "big"))
    chosen = {name for name in os.environ.get("ENGINES", "").lower().split(",") if name}
    print(f"{count:,} subjects, seed {seed}", flush=True)
    rows, cells, wrong = Counter[str](), Counter[str](), Counter[str]()
    seconds: dict[str, float] = defaultdict(float)
    most = min(CHUNK, -(-count // len(GRADING)))  # every edition has its turn
    done = chunk = 0
    with ExitStack() as stack:
        engines = dict(started(stack, chosen))
        try:
            while done < count:
                name = GRADING[chunk % len(GRADING)]
                size = min(most, count - done)
                for engine, found, taken in held(engines, name, size, seed + chunk):
                    rows[engine] += found.rows
                    cells[engine] += found.cells
                    seconds[engine] += taken
                    if not found.none:
                        wrong[engine] += found.cells_that_differ + found.missing + found.unasked
                        print(f"{engine}, {name}, seed {seed + chunk}: {dict(found.counts)}")
                        print(found.first, flush=True)
                done, chunk = done + size, chunk + 1
        except KeyboardInterrupt:
            print(f"stopped after {done:,} subjects")
        finally:  # Spark ends an interrupted query with an error of its own
            print(
                f"{'engine':18} {'subjects':>12} {'cells':>16} {'different':>10} {'subjects/s':>12}"
            )
            for engine in engines:
                rate = rows[engine] / seconds[engine] if engine in seconds else 0.0
                print(
                    f"{engine:18} {rows[engine]:12,} {cells[engine]:16,} {wrong[engine]:10,} {rate:12,.0f}"
                )
    return int(bool(wrong.total()))


if __name__ == "__main__":
    sys.exit(main())

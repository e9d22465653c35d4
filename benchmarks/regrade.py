"""What a change of the rules costs: holding a register, regrading it, counting its cliffs.

    python benchmarks/regrade.py                        480,000 households and taxpayers
    python benchmarks/regrade.py --rows 100000 --no-cliffs

hold     the first grading of conformed subjects, all points kept
regrade  the same subjects under a changed edition, by what changed: one step of a slider
reform   a step with who moves, by county, with intervals
cliffs   every step of every fact

Wall seconds in one process, the best of several runs (of cliffs one run). All subjects are synthetic.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lishui_credit.rubrics.law.rubric import Rubric
    from lishui_credit.rubrics.regrading import Register

YEAR = 2019
SEED = 7


def changed(rubric: Rubric, **change: Any) -> Rubric:
    """An edition with some numbers changed."""
    from lishui_credit.rubrics.law import catalog
    from lishui_credit.rubrics.reform_overlay import reform_overlay
    from lishui_credit.tables.toml_documents import parse_document

    text = reform_overlay(rubric, title="changed", **change)
    return catalog.check_document(parse_document(text, "changed.toml"))


def households(rows: int) -> tuple[Callable[[], Register], dict[str, Rubric]]:
    """Farm households, and a changed cut-off and a changed row of theirs."""
    from lishui_credit.rubrics.intake import intake
    from lishui_credit.rubrics.law import catalog
    from lishui_credit.rubrics.regrading import hold
    from lishui_credit.samples import households as made

    day = date(YEAR + 1, 6, 30)
    rubric = catalog.rubric("farmer-household", on=day)
    drawn, bases = made.households(rows, seed=SEED, year=YEAR), made.county_bases(YEAR)
    subjects = intake(rubric, drawn, bases=bases, as_of=day).subjects.collect()
    changes = {
        "cut-off": changed(rubric, cut_offs={"tier1": 88}),
        "row": changed(rubric, points={"shares": {0: 6}}, dimensions={"solvency": 37}),
    }
    return lambda: hold(subjects, rubric, as_of=day), changes


def taxpayers(rows: int) -> tuple[Callable[[], Register], dict[str, Rubric]]:
    """Taxpayers with their events, and a changed cut-off and a changed deduction of theirs."""
    from lishui_credit.rubrics.intake import intake
    from lishui_credit.rubrics.law import catalog
    from lishui_credit.rubrics.regrading import hold
    from lishui_credit.samples import tax

    rubric = catalog.for_period("tax-credit", YEAR)
    firms = tax.enterprises(rows, seed=SEED, year=YEAR)
    taken = intake(rubric, firms, events=tax.tax_events(firms, seed=SEED, year=YEAR), period=YEAR)
    assert taken.events is not None
    subjects, events = taken.subjects.collect(), taken.events.collect()
    changes = {
        "cut-off": changed(rubric, cut_offs={"A": 92}),
        "row": changed(rubric, points={"r010101": 3}),
    }
    in_order = taken.events_in_order
    return (
        lambda: hold(subjects, rubric, events=events, events_in_order=in_order, period=YEAR),
        changes,
    )


def best(work: Callable[[], object], repeat: int) -> float:
    """Wall seconds of the quickest run."""
    told = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        told.append(time.perf_counter() - start)
    return min(told)


def measured(
    hold: Callable[[], Register], changes: dict[str, Rubric], repeat: int, *, steps: bool
) -> Iterator[tuple[str, float]]:
    """What each task costs."""
    from lishui_credit.rubrics.cliffs import cliffs
    from lishui_credit.validation.reform_effects import reform

    yield "hold", best(hold, repeat)
    register = hold()
    for name, rubric in changes.items():
        yield f"regrade {name}", best(lambda rubric=rubric: register.under(rubric), repeat)
    for name, rubric in changes.items():
        told = best(lambda rubric=rubric: reform(register, rubric).by_group(["county"]), repeat)
        yield f"reform {name}", told
    if steps:
        yield "cliffs", best(lambda: cliffs(register), 1)


def main() -> None:
    """Measure and print one line per task."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=480_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--no-cliffs", action="store_true")
    options = parser.parse_args()
    import polars as pl

    threads = pl.thread_pool_size()
    print(f"Python {platform.python_version()}, polars {pl.__version__}, {threads} threads")
    for name, made in (("farmer-household", households), ("tax-credit", taxpayers)):
        hold, changes = made(options.rows)
        tasks = measured(hold, changes, options.repeat, steps=not options.no_cliffs)
        for task, seconds in tasks:
            print(f"{name:<18}{options.rows:>10,}  {task:<16}{seconds:>8.2f}", flush=True)


if __name__ == "__main__":
    main()

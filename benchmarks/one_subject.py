"""What one subject costs: through `evaluate`, as plain Python, with clauses, as plain JavaScript.

Of each edition, conformed subjects (and their events) that the printed function accepts; each is
graded several times in one process and its best time counts. Said are the least, the median and the
largest of these best times, in microseconds. JavaScript runs in Node, where it is installed. All
subjects are made up.

    python benchmarks/one_subject.py                      the newest edition of every rubric
    python benchmarks/one_subject.py --all                every edition
    python benchmarks/one_subject.py tax-credit@2020-11-01 --subjects 500
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from statistics import median
from time import perf_counter
from typing import Any

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.hostile_subjects import Hostile
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric

Case = tuple[dict[str, Any], list[dict[str, Any]]]
DAY = date(2021, 4, 30)
REPEAT = 20


def editions(every: bool) -> list[str]:
    graded = [entry for entry in catalog.entries() if catalog.load(entry.path).lacking is None]
    newest = {entry.name: entry for entry in graded}
    return [f"{entry.name}@{entry.start}" for entry in (graded if every else newest.values())]


def cases(rubric: Rubric, grade: Any, subjects: int) -> list[Case]:
    """Subjects that the function accepts, with their events."""
    made = Hostile(rubric, DAY, seed=16)
    frame = made.subjects(4 * subjects)
    own: dict[str, list[dict[str, Any]]] = defaultdict(list)
    if rubric.uses_events:
        events = made.events(8 * subjects, frame[rubric.subject_id].to_list())
        for row in events.iter_rows(named=True):
            own[row[rubric.subject_id]].append(row)
    found: list[Case] = []
    for row in frame.iter_rows(named=True):
        case = row, own[row[rubric.subject_id]]
        if rubric.uses_events and not case[1]:
            continue
        try:
            grade(case[0], events=case[1])
        except SubjectError:
            continue
        found.append(case)
    return found[:subjects]


def best(call: Callable[[], Any], repeat: int) -> float:
    """Microseconds of the quickest of several calls."""
    times = []
    for _ in range(repeat):
        start = perf_counter()
        call()
        times.append(perf_counter() - start)
    return min(times) * 1e6


def through_evaluate(rubric: Rubric, case: Case) -> Callable[[], Any]:
    """Grade one subject as a frame of one row, which stands ready."""
    subject = pl.DataFrame([case[0]], schema=Hostile(rubric, DAY, seed=16).schema)
    events = None
    if rubric.uses_events:
        kinds = Hostile(rubric, DAY, seed=16).events(1, [case[0][rubric.subject_id]]).schema
        events = pl.DataFrame(case[1], schema=kinds)
    return lambda: evaluate(subject, rubric, events=events, period=2020, as_of=DAY).collect()


def in_node(script: str, chosen: list[Case]) -> list[float]:
    """Best microseconds of every case in Node; calls are repeated, for its clock is coarse."""
    node = shutil.which("node")
    if node is None:
        return []
    timed = """
    const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
    for (let turn = 0; turn < 20; turn += 1) cases.forEach(([s, e]) => grade(s, e));
    console.log(JSON.stringify(cases.map(([s, e]) => {
      let least = Infinity;
      for (let turn = 0; turn < 20; turn += 1) {
        const start = process.hrtime.bigint();
        for (let call = 0; call < 20; call += 1) grade(s, e);
        least = Math.min(least, Number(process.hrtime.bigint() - start) / 20e3);
      }
      return least;
    })));"""
    done = subprocess.run(
        [node, "-e", script + timed],
        input=json.dumps(chosen, default=date.isoformat),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[float] = json.loads(done.stdout)
    return found


def said(times: list[float]) -> str:
    if not times:
        return "-"
    return f"{min(times):,.1f} / {median(times):,.1f} / {max(times):,.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("editions", nargs="*")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--subjects", type=int, default=200)
    asked = parser.parse_args()
    print(
        f"Python {platform.python_version()}, {platform.machine()}; microseconds: least/median/most"
    )
    print("edition | subjects, events | evaluate | Python | with clauses | JavaScript | bytes")
    for name in asked.editions or editions(asked.all):
        print(" | ".join([name, *figures(name, asked.subjects)]), flush=True)


def figures(name: str, subjects: int) -> list[str]:
    rubric = catalog.rubric(name)
    grade = rubric.to_python(period=2020, as_of=DAY, without=())
    script = rubric.to_javascript(period=2020, as_of=DAY, without=())
    chosen = cases(rubric, grade, subjects)
    return [
        f"{len(chosen)}, {sum(len(events) for _, events in chosen)}",
        said([best(through_evaluate(rubric, case), 3) for case in chosen[:20]]),
        said([best(lambda c=case: grade(c[0], events=c[1]), REPEAT) for case in chosen]),
        said([best(lambda c=case: grade.explain(c[0], events=c[1]), 5) for case in chosen]),
        said(in_node(script, chosen)),
        f"{len(script.encode()):,}",
    ]


if __name__ == "__main__":
    main()

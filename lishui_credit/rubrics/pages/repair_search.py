"""The search for repairs in an edition's page: what it has to know of the rules, and the script."""

from __future__ import annotations

from collections.abc import Collection
from functools import reduce
from importlib.resources import files
from operator import or_
from typing import Any

from lishui_credit.backends import recorder
from lishui_credit.backends.javascript_code import javascript_function
from lishui_credit.backends.javascript_shrunk import shrunk
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.engine.sql_frames import kinds_of
from lishui_credit.rubrics.law.formulas import day_number
from lishui_credit.rubrics.law.rubric import Override, OverrideRepair, Rubric
from lishui_credit.rubrics.pages.page_parts import compact


def repair_search(rubric: Rubric, left_out: Collection[str]) -> str:
    """Return the script that searches as `next_grade` does; none where the edition knows no repair."""
    if not (rubric.repairs or _repaired(rubric)):
        return "const way = null;"
    text = (files(__package__) / "repair_search.js.txt").read_text(encoding="utf-8")
    return "\n".join((f"const REPAIRS = {compact(_facts(rubric))};", _open(rubric, left_out), text))


def sure(test: Any) -> Any:
    """Return whether a recorded test is known to hold; printed shorter than with its nulls filled."""
    no, yes = (recorder.lit(value, dtype=recorder.Boolean) for value in (False, True))
    return recorder.when(test).then(yes).otherwise(no)


def _repaired(rubric: Rubric) -> list[tuple[Override, OverrideRepair]]:
    found = event_rules.triggers(rubric)
    return [(row, row.repair) for row in found if row.repair is not None]


def _facts(rubric: Rubric) -> dict[str, Any]:
    """Return which events a correction pays for, until when, and which direct grades it lifts."""
    counted: dict[tuple[str, str], list[str]] = {}
    for row in rubric.scoring:
        if row.event is not None and row.event.repair is not None:
            counted.setdefault((row.event.count, row.event.repair), []).append(row.event.code)
    return {
        "rows": [[*key, codes] for key, codes in counted.items()],
        "windows": {
            repair.id: [
                repair.measured_from,
                [[one.days_at_most, one.same_year, one.next_year] for one in repair.windows],
            ]
            for repair in rubric.repairs
        },
        "rules": [
            [row.event, row.id, repair.within_days, repair.late_clean_months_at_least]
            for row, repair in _repaired(rubric)
        ],
    }


def _open(rubric: Rubric, left_out: Collection[str]) -> str:
    """Return a function that tells of an event whether it triggers a rule and is not repaired."""
    alike: dict[OverrideRepair, list[Override]] = {}
    for row, repair in _repaired(rubric):
        alike.setdefault(repair, []).append(row)
    names = [name for name in event_rules.needed_columns(rubric) if name not in left_out]
    table = recorder.source("row", kinds_of(names)).with_columns(
        day_number(recorder, "corrected_on").alias("_corrected")
    )
    tests = [
        recorder.col("code").is_in([str(row.event) for row in rows])
        & ~event_rules.repaired(rows[0], recorder)
        for rows in alike.values()
    ]
    none = recorder.lit(False, dtype=recorder.Boolean)
    table = table.select(sure(reduce(or_, tests, none)).alias("open"))
    text = javascript_function(table, name="repairable", sources={}, one="row")
    return shrunk(text, kept=["repairable"])

"""Grades of what was read, for subjects whose record is whole; the others are withheld."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from lishui_credit.expressions import E, Namespace
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine.evaluate import Evaluation, evaluate
from lishui_credit.rubrics.intake import Intake
from lishui_credit.rubrics.law.rubric import Rubric


def points_columns(names: list[str]) -> list[str]:
    """Return the columns of points among names."""
    return [name for name in names if name.startswith(compiled.POINTS)] + [
        name for name in ("earned", "possible") if name in names
    ]


def evaluated(
    taken: Intake,
    rubric: Rubric,
    *,
    period: int | None,
    as_of: date | None,
    labels: str | None,
    strict: bool = False,
) -> Evaluation[pl.LazyFrame]:
    """Grade what was read, and withhold whoever's record is not whole; `strict`: or has holes."""
    result = evaluate(
        taken.subjects,
        rubric,
        events=taken.events,
        events_in_order=taken.events_in_order,
        period=period,
        as_of=as_of,
        labels=labels,
    )
    if not taken.in_doubt.is_empty():
        result = _without(result, taken.in_doubt, compiled.REJECTED_EVENT)
    if strict and taken.empty:
        # of several empty columns the last one is named
        lacking = pl.coalesce(
            pl.when(pl.col(name).is_null()).then(pl.lit(name)) for name in reversed([*taken.empty])
        )
        holes = taken.subjects.select(rubric.subject_id, lacking.alias("_lacking")).drop_nulls()
        found = holes.collect(engine="streaming")
        for (name,), some in found.partition_by("_lacking", as_dict=True).items():
            result = _without(result, some[rubric.subject_id], str(name))
    return result


def held_back(taken: Intake) -> int:
    """Return how many subjects of the register had an event rejected."""
    if taken.in_doubt.is_empty():
        return 0
    key = pl.col(taken.in_doubt.name)
    found = taken.subjects.select(key.is_in(taken.in_doubt.implode()).sum())
    return int(found.collect(engine="streaming").item())


def _without(
    result: Evaluation[pl.LazyFrame], in_doubt: pl.Series, lacking: str
) -> Evaluation[pl.LazyFrame]:
    lost = pl.col(result.rubric.subject_id).is_in(in_doubt.implode())
    return replace(result, frame=withheld(result.frame, result.rubric, lost, lacking, pl))


def withheld(frame: Any, rubric: Rubric, lost: E, lacking: str, ns: Namespace[E]) -> Any:
    """Return graded rows, of polars or recorded, of which the lost ones lack something of their record."""
    names = frame.collect_schema().names()
    amounts = [f"{row.id}_fen" for row in rubric.amounts]
    emptied = {*points_columns(names), "grade", "grade_label", *amounts}
    told = {
        "outcome": compiled.WITHHELD,
        "decided_by": compiled.WITHHELD,
        "withheld_by": lacking,
    }
    nothing = ns.lit(None)
    return frame.with_columns(
        *(
            ns.when(lost).then(nothing).otherwise(ns.col(name)).alias(name)
            for name in names
            if name in emptied
        ),
        *(
            ns.when(lost).then(ns.lit(said)).otherwise(ns.col(name)).alias(name)
            for name, said in told.items()
        ),
    )

"""Frames that another library holds in memory, pandas and pyarrow: polars takes them over."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import polars as pl

from lishui_credit.errors import refuse
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.engine import sql_frames
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.frames import as_polars


def held(frame: object) -> bool:
    """Tell whether narwhals knows a frame as one that is in memory."""
    return isinstance(nw.from_native(frame, pass_through=True), nw.DataFrame)


def taken(subjects: Any, events: Any, rubric: Rubric) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Return the columns that an edition reads, or refuse those of another type than the dictionary's."""
    # pandas holds a whole number as a double as soon as one is missing: a double decides no grade.
    asked = {
        "frame": (subjects, list(compiled.needed_columns(rubric))),
        "events": (events, [rubric.subject_id, *event_rules.needed_columns(rubric)]),
    }
    found: dict[str, pl.DataFrame | None] = dict.fromkeys(asked)
    problems = []
    for where, (frame, names) in asked.items():
        if frame is not None and (where == "frame" or rubric.uses_events):
            table = as_polars(frame, where)
            types = {name: str(kind).lower() for name, kind in table.schema.items()}
            wrong = list(sql_frames.mistyped(types, names, where))
            problems += wrong
            kinds = sql_frames.kinds_of(name for name in names if name in types)
            exact = [pl.col(name).cast(getattr(pl, kind)) for name, kind in kinds.items()]
            found[where] = None if wrong else table.select(exact)
    refuse(problems)
    assert found["frame"] is not None
    return found["frame"], found["events"]

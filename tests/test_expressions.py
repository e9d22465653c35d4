"""Builders keep to the verbs that `expressions` lists, so that any engine with these can serve them."""

from __future__ import annotations

from datetime import date
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from lishui_credit.backends import recorder
from lishui_credit.expressions import first_of
from lishui_credit.rubrics.engine import events
from lishui_credit.rubrics.engine.stages import stages
from lishui_credit.rubrics.law import catalog

DAY = date(2026, 4, 30)
GRADING = [entry for entry in catalog.entries() if catalog.load(entry.path).lacking is None]


@pytest.mark.parametrize("entry", GRADING, ids=lambda entry: f"{entry.name}@{entry.start}")
def test_every_edition_is_written_with_the_listed_verbs_only(entry: catalog.Entry) -> None:
    # `test_recorder` holds the recorder to the verbs of `expressions`: what it takes is listed.
    rubric, ns = catalog.load(entry.path), recorder
    available = frozenset(("adjusted_grade",))
    found = [part for stage in stages(rubric, ns, as_of=DAY, available=available) for part in stage]
    assert all(part.name is not None for part in found)
    rows = events.event_rows(rubric)
    triggered = events.triggers(rubric)
    made = [*events.points(rows, ns), *events.flags(triggered, ns)]
    assert len(made) == len(rows) + 2 * len(triggered)
    if rows:
        assert len([*events.amounts(rubric, rows, ns), *events.unit(rows, ns)]) == 5
        shares = any(repair.paid_share for repair in rubric.repairs)
        assert len(events.paid(rubric, rows, ns)) == 2 * shares


@pytest.mark.parametrize("ns", [pl, nw], ids=["polars", "narwhals"])
def test_the_first_case_that_holds_gives_the_value(ns: Any) -> None:
    frame = nw.from_native(pl.DataFrame({"n": [1, 5, 9, None]}))
    cell = ns.col("n")
    cases = [(cell > 4, ns.lit("over 4")), (cell > 0, ns.lit("over 0"))]
    frame = frame.to_native() if ns is pl else frame
    found = frame.select(said=first_of(ns, cases, ns.lit("unknown")))["said"].to_list()
    assert found == ["over 0", "over 4", "over 4", "unknown"]
    assert frame.select(said=first_of(ns, [], cell))["said"].to_list() == [1, 5, 9, None]

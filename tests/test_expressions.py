"""Builders keep to the verbs that `expressions` lists, so that any engine with these can serve them."""

from __future__ import annotations

from datetime import date
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from lishui_credit import expressions
from lishui_credit.expressions import first_of
from lishui_credit.rubrics.engine import events
from lishui_credit.rubrics.engine.stages import stages
from lishui_credit.rubrics.law import catalog

DAY = date(2026, 4, 30)
GRADING = [entry for entry in catalog.entries() if catalog.load(entry.path).lacking is None]
TYPES = {name for name in vars(expressions.Namespace) if name[0].isupper()}


class Text:
    """What was written down so far."""

    def __init__(self, text: str) -> None:
        self.text = text


def verb(name: str, result: list[type]) -> Any:
    def write(self: Text, *parts: Any) -> Any:
        said = [part.text if isinstance(part, Text) else repr(part) for part in parts]
        return result[0](f"{name}({', '.join([self.text, *said])})")

    return write


def recorder_of(protocol: type, result: list[type]) -> type:
    """A class with the verbs of a protocol and no others; each gives what `result` will hold."""
    own = {name: member for name, member in vars(protocol).items() if callable(member)}
    names = own.keys() - {"__init__", "__subclasshook__", "__class_getitem__", "_proto_hook"}
    return type(protocol.__name__, (Text,), {name: verb(name, result) for name in names})


column: list[type] = []
case: list[type] = []
choice: list[type] = []
column.append(recorder_of(expressions.Expr, column))
case.append(recorder_of(expressions.Case, choice))
choice.append(recorder_of(expressions.Choice, column))
choice[0].when = verb("when", case)
for name, protocol in (("dt", expressions.Dates), ("str", expressions.Texts)):
    part = recorder_of(protocol, column)
    setattr(column[0], name, property(lambda self, part=part: part(self.text)))


class Recorder:
    """A namespace that writes expressions down."""

    def __getattr__(self, name: str) -> str:
        if name not in TYPES:
            raise AttributeError(name)
        return name

    def col(self, name: str) -> Any:
        return column[0](name)

    def lit(self, value: object, dtype: str | None = None) -> Any:
        return column[0](repr(value))

    def when(self, test: Text) -> Any:
        return case[0](test.text)

    def coalesce(self, first: Text, second: Text) -> Any:
        return column[0](f"coalesce({first.text}, {second.text})")


@pytest.mark.parametrize("entry", GRADING, ids=lambda entry: f"{entry.name}@{entry.start}")
def test_every_edition_is_written_with_the_listed_verbs_only(entry: catalog.Entry) -> None:
    rubric, ns = catalog.load(entry.path), Recorder()
    available = frozenset(("adjusted_grade",))
    found = [part for stage in stages(rubric, ns, as_of=DAY, available=available) for part in stage]
    assert all(part.text.startswith("alias(") for part in found)
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

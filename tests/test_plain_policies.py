"""A policy that was recorded for SQL decides in plain Python and in JavaScript as `decide` does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

from lishui_credit.backends.javascript_code import javascript_function
from lishui_credit.backends.python_code import loaded, python_function
from lishui_credit.backends.recorder import Table
from lishui_credit.policies import policy_sql
from tests import test_policy_sql as by_sql
from tests.javascript import run
from tests.test_plain_verbs import passed

EDITIONS = ("farmer-household@2009-01-01", "small-enterprise@2009-12-01")
Asked = tuple[Any, pl.DataFrame, pl.DataFrame, dict[str, Any]]


def asked(name: str) -> Asked:
    """A policy, applicants, what `decide` says of them, and what reasons are taken from."""
    if name in by_sql.CASES:
        return by_sql.CASES[name], *by_sql.decided(name), {}
    if name == "by card":
        return by_sql.BY_CARD, *by_sql.by_card(), {"card": by_sql.GERMAN}
    rubric, frame, expected = by_sql.by_rubric(name)
    return by_sql.graded_policy(rubric), frame, expected, {"rubric": rubric}


def recorded(case: Any, **others: Any) -> Table:
    """The query that a statement is printed from."""
    taken: list[Table] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(policy_sql, "printed", lambda table, *_, **__: taken.append(table) or "")
        by_sql.statement(case, "duckdb", **others)
    return taken[0]


def plain(cell: Any) -> Any:
    """A cell as it came back from JavaScript, or as it is; a NaN by its name."""
    if isinstance(cell, dict):
        text = cell.get("$double", cell.get("$big"))
        cell = float(text.replace("Infinity", "inf")) if "$double" in cell else int(text)
    return "NaN" if isinstance(cell, float) and math.isnan(cell) else cell


def rows(found: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{name: plain(cell) for name, cell in row.items()} for row in found]


@pytest.mark.parametrize("name", [*by_sql.CASES, "by card", *EDITIONS])
def test_a_policy_decides_in_plain_code_as_decide_does(name: str) -> None:
    case, frame, expected, others = asked(name)
    some, wanted = frame.head(500), rows(by_sql.told(expected).head(500).to_dicts())
    table = recorded(case, **others)
    decide = loaded(python_function(table, name="decide", sources={}, one="subjects"))["decide"]
    assert rows([decide(row) for row in some.iter_rows(named=True)]) == wanted
    text = javascript_function(table, name="decide", sources={}, one="subjects")
    given = [{key: passed(cell) for key, cell in row.items()} for row in some.to_dicts()]
    found = run(f"(rows) => {{ {text} return rows.map((row) => decide(row)); }}", given)
    assert rows(found) == wanted

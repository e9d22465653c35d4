"""What the builders say is written down once, with the kinds of the table that takes it."""

from __future__ import annotations

from datetime import date

import pytest

from lishui_credit import expressions
from lishui_credit.backends import recorder
from lishui_credit.backends.recorder import Node, Table, Written, WrittenDate, WrittenText, col, lit
from lishui_credit.backends.sharing import shared
from lishui_credit.expressions import Expr, Namespace, first_of
from lishui_credit.rubrics.law.formulas import day_number

TABLE = recorder.source("t", {"a": "Int32", "b": "Int64", "s": "String", "d": "Date"})


def node(written: Written, table: Table = TABLE) -> Node:
    columns = table.select(written.alias("x")).columns
    assert columns is not None
    return columns["x"]


def said(node: Node) -> str:
    """A node as a reader says it."""
    if node.verb in ("col", "lit"):
        return str(node.value)
    return f"{node.verb}({', '.join(map(said, node.parts))})"


def test_the_recorder_has_the_verbs_of_the_builders_and_no_others() -> None:
    namespace: Namespace[Written] = recorder
    one: Expr = namespace.col("a")
    assert isinstance(one, Written)
    for protocol, own in (
        (expressions.Expr, Written),
        (expressions.Dates, WrittenDate),
        (expressions.Texts, WrittenText),
    ):
        listed = {name for name, member in vars(protocol).items() if callable(member)}
        listed |= {name for name, member in vars(protocol).items() if isinstance(member, property)}
        verbs = {name for name in listed if name in vars(own)}
        missing = {name for name in listed - verbs if not name.startswith("_")}
        assert missing == set()
        public = {name for name in vars(own) if not name.startswith("_")}
        assert public - listed <= {"verb", "parts", "value", "kind", "name", "of"}


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        (col("a") * 2, "Int32"),
        (col("a") + col("b"), "Int64"),
        (col("b").cast(recorder.Int128) * col("a"), "Int128"),
        (col("a") * 3_000_000_000, "Int64"),
        (col("a").cast(recorder.Float64) / lit(10.0), "Float64"),
        (col("s") + lit("."), "String"),
        (col("a") > 1, "Boolean"),
        (~col("s").is_null(), "Boolean"),
        (col("s").fill_null(""), "String"),
        (col("d").dt.year(), "Int32"),
        (recorder.days("d"), "Int64"),
        (col("a").sum(), "Int64"),
        (col("a").max(), "Int32"),
        (lit(None), "Null"),
        (lit(True), "Boolean"),
        (lit(date(2020, 1, 1)), "Date"),
        (lit(1.5), "Float64"),
        (recorder.when(col("a") > 1).then(lit(None)).otherwise(col("b")), "Int64"),
        (recorder.when(col("a") > 1).then(lit(1, dtype=recorder.Int16)).otherwise(lit(2)), "Int16"),
    ],
)
def test_a_table_gives_an_expression_its_kind(written: Written, kind: str) -> None:
    assert node(written).kind == kind


def test_one_expression_has_the_kinds_of_each_table_that_takes_it() -> None:
    double = (col("a") * 2).alias("x")
    other = recorder.source("u", {"a": "Int64"})
    assert TABLE.select(double).schema == {"x": "Int32"}
    assert other.select(double).schema == {"x": "Int64"}
    assert TABLE.with_columns(double).schema["x"] == "Int32"


def test_a_column_that_the_table_lacks_and_kinds_that_do_not_meet_are_errors() -> None:
    with pytest.raises(KeyError, match="nowhere"):
        node(col("nowhere"))
    with pytest.raises(TypeError, match="Date"):
        node(recorder.coalesce(col("d"), col("s")))


def test_equal_parts_of_a_step_are_one_node() -> None:
    found = node((col("a") + col("b")) * (col("a") + col("b")))
    assert found.parts[0] is found.parts[1]
    assert node(lit(1) == lit(1)).parts[0] is not node(lit(True) == lit(1)).parts[0]
    different = node((lit(True) == lit(True)) & (lit(1) == lit(1)))
    assert different.parts[0] is not different.parts[1]


def test_a_day_count_is_one_verb() -> None:
    assert said(node(day_number(recorder, "d"))) == "add(days(d), 719469)"


def test_steps_know_their_columns() -> None:
    rows = TABLE.filter(col("a") > 1, ~col("s").is_null())
    assert (rows.step, rows.of[0].step) == ("filter", "filter")
    groups = rows.group_by(["s"]).agg(col("b").sum().alias("b"))
    assert groups.schema == {"s": "String", "b": "Int64"}
    joined = TABLE.join(groups.select("s", col("b").alias("whole")), on="s", how="left")
    assert joined.names() == ["a", "b", "s", "d", "whole"]
    assert recorder.concat([groups, groups]).schema == groups.schema
    assert TABLE.with_columns() is TABLE


def test_what_is_said_twice_becomes_a_column_of_a_step_before() -> None:
    long = (col("a") + 1) * (col("b") + 2) - 3
    table = TABLE.select((long * long).alias("x"), (long + 1).alias("y"))
    found = shared(table)
    assert found.columns is not None
    assert {name: said(made) for name, made in found.columns.items()} == {
        "x": "mul(_1, _1)",
        "y": "add(_1, 1)",
    }
    before = found.of[0]
    assert before.columns is not None
    assert said(before.columns["_1"]) == "sub(mul(add(a, 1), add(b, 2)), 3)"
    assert list(before.columns) == ["a", "b", "s", "d", "_1"]
    assert found.schema == table.schema


def test_shared_steps_stand_on_one_another_and_take_no_name_of_the_table() -> None:
    inner = (col("_1") + 1) * (col("b") + 2)
    outer = (inner + 3) * (inner + 4)
    table = recorder.source("t", {"_1": "Int64", "b": "Int64"})
    found = shared(table.select((outer + outer * 2).alias("x")))
    assert found.columns is not None
    assert said(found.columns["x"]) == "add(_3, mul(_3, 2))"
    assert [list(step.schema) for step in (found.of[0], found.of[0].of[0])] == [
        ["_1", "b", "_2", "_3"],
        ["_1", "b", "_2"],
    ]


def test_a_division_by_a_column_stays_inside_the_test_that_guards_it() -> None:
    share = (col("a") * 2 + col("b")) // col("b") + 1
    guarded = first_of(recorder, [(col("b") > 0, share), (col("a") > 0, share)], lit(0))
    table = TABLE.select(guarded.alias("x"))
    assert shared(table).of[0].step == "source"
    by_number = ((col("a") * 2 + col("b")) // 3).alias("x")
    assert shared(TABLE.select(by_number, (by_number + 1).alias("y"))).of[0].step == "select"

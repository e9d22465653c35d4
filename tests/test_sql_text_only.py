"""Statements for databases that do not run here: held against their manuals, read by a parser of the dialect."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from lishui_credit.backends import recorder as r
from lishui_credit.backends.dialects import DIALECTS, dialect_of
from lishui_credit.backends.local_databases import InDuckDB
from lishui_credit.backends.statement import printed
from lishui_credit.errors import CreditError
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.rubric_sql import to_sql

STATEMENTS = Path(__file__).parent / "statements"
DAY = date(2021, 4, 30)
TEXT_ONLY = [name for name, made in DIALECTS.items() if not made.runs_here]
RESERVED = {"doris": "`events`"}


def steps() -> r.Table:
    """A query of the verbs that rubrics use: a rounded ratio, dates, texts, flags, events by groups."""
    kinds: r.Schema = {
        "id": "String",
        "debt": "Int64",
        "assets": "Int64",
        "named": "Boolean",
        "opened": "Date",
        "trade": "String",
    }
    events = r.source(
        "happened", {"id": "String", "code": "String", "day": "Date", "repaired": "Boolean"}
    )
    counts = (~r.col("repaired") & (r.col("day") <= r.lit(DAY))).fill_null(True)
    points = r.when(counts).then(r.lit(3)).otherwise(r.lit(1)).alias("points")
    sums = events.filter(r.col("code").is_in(["01", "02"])).select("id", points)
    deducted = sums.group_by("id").agg(r.col("points").sum().alias("deducted"))
    assets = r.col("assets").cast(r.Int128)
    percent = (r.col("debt").cast(r.Int128) * 100) // assets
    nothing = r.lit(None, dtype=r.Int64)
    return (
        r.source("firms", kinds)
        .join(deducted, on="id", how="left")
        .select(
            "id",
            r.when(assets > 0).then(percent.cast(r.Int64)).otherwise(nothing).alias("percent"),
            (r.lit(18747, dtype=r.Int64) - r.days("opened")).alias("age"),
            r.col("opened").dt.year().alias("year"),
            r.when(r.col("trade") == "茶")
            .then(r.lit("tea"))
            .otherwise(r.lit("O'Neil"))
            .alias("said"),
            (r.col("named") | (r.col("deducted") > 5)).alias("barred"),
            r.lit(None, dtype=r.Boolean).alias("unknown"),
        )
    )


@pytest.mark.parametrize(("dialect", "file"), [("oracle", "oracle"), ("tsql", "sqlserver")])
def test_the_verbs_of_a_rubric_are_said_as_the_manual_asks(dialect: str, file: str) -> None:
    text = printed(steps(), dialect_of(dialect))
    assert f"{text}\n" == (STATEMENTS / f"{file}_steps.sql").read_text(encoding="utf-8")


@pytest.mark.parametrize("dialect", TEXT_ONLY)
def test_an_edition_with_events_is_read_as_one_select_by_a_parser_of_the_dialect(
    dialect: str,
) -> None:
    rubric = catalog.rubric("tax-credit@2020-11-01")
    text = to_sql(rubric, dialect, events=RESERVED.get(dialect, "events"), period=2020, as_of=DAY)
    (tree,) = sqlglot.parse(text, dialect=dialect_of(dialect).name)
    assert isinstance(tree, exp.Select)
    assert tree.named_selects[0] == rubric.subject_id
    assert "text only: no test runs it" in text[: text.index("WITH ")]


@pytest.mark.parametrize("dialect", ["oracle", "dameng", "tsql"])
def test_no_test_is_a_value_where_there_are_no_boolean_values(dialect: str) -> None:
    tree = sqlglot.parse_one(
        printed(steps(), dialect_of(dialect)), dialect=dialect_of(dialect).name
    )
    tests = (exp.Predicate, exp.Connector, exp.Not)
    selected = [part.unalias() for select in tree.find_all(exp.Select) for part in select.selects]
    assert not [part.sql() for part in selected if isinstance(part, tests)]
    assert not list(tree.find_all(exp.Boolean))
    results = [case.args["default"] for case in tree.find_all(exp.Case)]
    results += [arm.args["true"] for arm in tree.find_all(exp.If)]
    assert not [part.sql() for part in results if isinstance(part, tests)]


def test_more_choices_inside_one_another_than_sql_server_takes_are_refused() -> None:
    found = r.col("a")
    for bound in range(11):
        found = r.when(found > bound).then(r.lit(bound)).otherwise(r.lit(None)).fill_null(1)
    table = r.source("t", {"a": "Int64"}).select(found.alias("b"))
    with pytest.raises(CreditError, match=r"SQL Server.*CASE"):
        printed(table, dialect_of("tsql"))
    assert printed(table, dialect_of("oracle"))


def test_a_choice_in_place_of_the_end_of_another_continues_it() -> None:
    import polars as pl

    end = r.when(r.col("a") > 5).then(r.lit("over 5")).otherwise(r.lit("small"))
    found = r.when(~(~r.col("a").is_null() & ~(r.col("a") > 9))).then(r.lit("none")).otherwise(end)
    text = printed(
        r.source("t", {"a": "Int64"}).select("a", found.alias("b")), dialect_of("duckdb")
    )
    assert text.count("CASE") == 1
    assert "NOT" not in text
    rows = InDuckDB().run(text, {"t": pl.DataFrame({"a": [1, 7, 11, None]})})
    assert rows == [("1", "small"), ("7", "over 5"), ("11", "none"), (None, "none")]


def test_no_comment_changes_how_duckdb_reads_the_texts_after_it() -> None:
    import polars as pl

    table = r.source("t", {"a": "String"}).select(
        r.when(r.col("a") == "x").then(r.lit("x")).otherwise(r.lit("\u3000")).alias("a\nb")
    )
    for said in ("it's", '"', "--", "---", "*/", "$a$", "`"):
        text = printed(table, dialect_of("duckdb"), values={"x": said})
        assert InDuckDB().run(text, {"t": pl.DataFrame({"a": ["y"]})}) == [("\u3000",)], said

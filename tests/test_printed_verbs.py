"""Every verb and step that editions record, in one small query: databases give what polars gives.

Rows are few and every one of them decides something, so that a mutant of a printer falls at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

import polars as pl
import pytest
from sqlglot import exp

from lishui_credit.backends import expression_sql, recorder
from lishui_credit.backends import statement as statements
from lishui_credit.backends.cell_differences import compared
from lishui_credit.backends.dialects import dialect_of
from lishui_credit.backends.dialects.embedded import SQLite
from lishui_credit.backends.local_databases import Database, InDuckDB, InSQLite
from lishui_credit.backends.sharing import shared
from lishui_credit.rubrics.law.formulas import day_number

KINDS: dict[str, Any] = {
    "id": pl.String,
    "n": pl.Int64,
    "m": pl.Int64,
    "level": pl.String,
    "flag": pl.Boolean,
    "day": pl.Date,
}
ROWS = pl.DataFrame(
    [
        ("a", 0, 1, "good", True, date(2020, 2, 29)),
        ("A", 9, 7, "Good", False, date(2020, 3, 1)),
        ("a ", 10, 7, "good ", None, date(2021, 4, 30)),
        ("á", 11, 0, "fair", True, date(2019, 12, 31)),
        ("b", -1, 10, None, False, date(1969, 12, 31)),
        ("B", -9, 100, "", True, date(1900, 3, 1)),
        ("o'", -10, 3, "O'Neil", None, date(2100, 2, 28)),
        ("\\", -11, 3, "\\n%_", False, None),
        ("--", None, 2, "/* */", True, date(2000, 1, 1)),
        ("c", 5, None, "poor", None, date(1970, 1, 1)),
        ("d", 10**9, 10**3, "good", True, date(2020, 12, 31)),
        ("e", -(10**9), 3, "fair", False, date(2020, 1, 1)),
    ],
    schema=KINDS,
    orient="row",
)
EVENTS = pl.DataFrame(
    [("a", 3, "x"), ("a", -3, "x"), ("a", None, "y"), ("A", 4, "x"), ("A", 4, "x"), ("b", None, "y"),
     ("z", 1, "x"), ("B", 2, " x")],
    schema={"id": pl.String, "cost": pl.Int64, "code": pl.String}, orient="row",
)  # fmt: skip


def cells(ns: Any) -> list[Any]:
    """Expressions of `ROWS`, written for either namespace."""
    n, m, level, flag = (ns.col(name) for name in ("n", "m", "level", "flag"))
    number = day_number(ns, "day")
    none = ns.lit(None, dtype=ns.Int64)
    safe = ns.when(m > 0).then(m).otherwise(none)
    heavy = n * 3 + m * 2 - 5  # what is said twice becomes a column of a step before, and so on
    deeper = heavy * 2 - (heavy + m)
    later = ns.when(level == ns.lit("fair")).then(ns.lit(5)).otherwise(ns.lit(9))
    return [
        (n < 10).alias("lt"),
        (n <= 10).alias("le"),
        (n > -10).alias("gt"),
        (n >= -10).alias("ge"),
        (n == 10).alias("eq"),
        ((n + m * 3) - (m - 2)).alias("sums"),
        (-(n - m) * (m + 1)).alias("products"),
        (n // 7).alias("by_seven"),
        (n // safe).alias("by_column"),
        ((n * 2 + 1) // 2).alias("of_a_sum"),
        ((n.cast(ns.Int128) * n) // 10 >= 25).alias("squares"),
        (flag & (n > 0)).alias("both"),
        (flag | (n > 0)).alias("either"),
        (~(flag & ~(m > 5))).alias("neither"),
        flag.fill_null(False).alias("told"),
        ns.coalesce(n, m).alias("first"),
        level.is_null().alias("unknown"),
        level.is_in(["good", "O'Neil", "\\n%_", ""]).alias("listed"),
        (level == ns.lit("good")).alias("good"),
        ns.when(level == ns.lit("good")).then(ns.lit(1)).otherwise(later).alias("chosen"),
        ns.when(flag).then(ns.lit("yes")).otherwise(ns.lit("no")).alias("said"),
        ns.when(n > 0).then(ns.lit(None, dtype=ns.String)).otherwise(level).alias("kept"),
        ns.col("day").dt.year().cast(ns.Int64).alias("year"),
        ns.col("day").dt.month().cast(ns.Int64).alias("month"),
        ns.col("day").dt.day().cast(ns.Int64).alias("of_month"),
        (number - 719_468).alias("number"),
        (heavy + deeper).alias("shared"),
        (deeper // 7 - heavy).alias("shared_again"),
        (heavy > deeper).alias("shared_test"),
        (number * number - number // 2 + number * 3).alias("said_again"),
        (ns.col("day") <= ns.lit(date(2020, 3, 1))).alias("by_then"),
    ]


def asked(ns: Any, rows: Any, events: Any, stack: Callable[[list[Any]], Any]) -> Any:
    """The query: a filter, a group, a union and a join under the expressions."""
    some = events.filter(~(ns.col("code") == ns.lit("y")))
    again = events.select("id", "cost", ns.lit("more").alias("code"))
    known = stack([some.select("id", "cost", "code"), again])
    sums = known.group_by(["id", "code"]).agg(
        ns.col("cost").sum().cast(ns.Int64).alias("sum"), ns.col("cost").max().alias("most")
    )
    more = sums.filter(ns.col("code") == ns.lit("more")).select("id", "sum", "most")
    taken = rows.join(more, on="id", how="left")
    return taken.select("id", *cells(ns), ns.col("sum"), ns.col("most"))


def written() -> recorder.Table:
    kinds: dict[Any, recorder.Kind] = {
        pl.String: "String",
        pl.Int64: "Int64",
        pl.Boolean: "Boolean",
        pl.Date: "Date",
    }
    rows, events = (
        recorder.source(name, {column: kinds[kind] for column, kind in frame.schema.items()})
        for name, frame in (("subjects", ROWS), ("events", EVENTS))
    )
    table: recorder.Table = asked(recorder, rows, events, recorder.concat)
    return table


@cache
def expected() -> pl.DataFrame:
    found = asked(pl, ROWS.lazy(), EVENTS.lazy(), pl.concat).collect()
    assert found.height == ROWS.height
    return found


def differing(database: Database) -> dict[str, int]:
    text = statements.printed(written(), dialect_of(database.dialect))
    found = compared(database.answer(text, {"subjects": ROWS, "events": EVENTS}), expected(), "id")
    return dict(found.counts) | ({} if found.none or found.counts else {"rows": found.rows})


@pytest.mark.parametrize("database", [InDuckDB(), InSQLite()], ids=["DuckDB", "SQLite"])
def test_every_verb_and_step_is_printed_as_polars_reads_it(database: Database) -> None:
    assert differing(database) == {}


def test_every_verb_of_the_query_is_one_that_was_recorded() -> None:
    seen: set[str] = set()

    def walk(node: recorder.Node) -> None:
        seen.add(node.verb)
        for part in node.parts:
            walk(part)

    def steps(table: recorder.Table) -> None:
        seen.add(table.step)
        for node in [*(table.columns or {}).values(), *([table.test] if table.test else [])]:
            walk(node)
        for below in table.of:
            steps(below)

    steps(written())
    of_editions = {
        *("col", "lit", "when", "coalesce", "cast", "add", "sub", "mul", "neg", "floordiv"),
        *("eq", "lt", "le", "gt", "ge", "is_in", "and", "or", "not", "is_null"),
        *("year", "month", "day", "days", "max", "sum"),
        *("source", "select", "filter", "group", "union", "join"),
    }
    assert of_editions - seen == set()


# ---- sharpness --------------------------------------------------------------------------------

Patch = pytest.MonkeyPatch
_OF = expression_sql.Expressions


def swapped(verb: str, other: str) -> Callable[[Patch], None]:
    return lambda patch: patch.setitem(expression_sql._BINARY, verb, other)


def bound_too_high(patch: Patch) -> None:
    right = _OF._number

    def wrong(self: Any, value: float, kind: recorder.Kind) -> exp.Expr:
        return right(self, value + 1 if value == 10 else value, kind)

    patch.setattr(_OF, "_number", wrong)


def null_dropped(patch: Patch) -> None:
    patch.setattr(_OF, "_is_null", lambda self, node: exp.false())


def default_dropped(patch: Patch) -> None:
    patch.setattr(_OF, "_coalesce", lambda self, node: self.of(node.parts[0]))


def cut_off(patch: Patch) -> None:
    def wrong(self: Any, node: recorder.Node) -> exp.Expr:
        return self._dialect.quotient(*self._parts(node), node.kind)

    patch.setattr(_OF, "_floordiv", wrong)


def day_too_many(patch: Patch) -> None:
    right = SQLite.days

    def wrong(self: SQLite, day: exp.Expr) -> exp.Expr:
        return exp.Paren(this=exp.Add(this=right(self, day), expression=exp.Literal.number(1)))

    patch.setattr(SQLite, "days", wrong)


def collation_kept(patch: Patch) -> None:
    patch.setattr(SQLite, "taken", lambda self, cell, kind: cell)


def level_dropped(patch: Patch) -> None:
    right = SQLite.one_of
    patch.setattr(SQLite, "one_of", lambda self, cell, listed: right(self, cell, listed[1:]))


def arm_dropped(patch: Patch) -> None:
    right = _OF._when

    def wrong(self: Any, node: recorder.Node) -> exp.Expr:
        made = right(self, node)
        arms = made.args["ifs"]
        made.set("ifs", arms[:-1] if len(arms) > 1 else arms)
        return made

    patch.setattr(_OF, "_when", wrong)


def sums_and_largest_swapped(patch: Patch) -> None:
    one, other = _OF._max, _OF._sum
    patch.setattr(_OF, "_max", other)
    patch.setattr(_OF, "_sum", one)


def step_changed(name: str, change: Callable[[Any], Any]) -> Callable[[Patch], None]:
    def apply(patch: Patch) -> None:
        right = getattr(statements._Query, name)
        patch.setattr(statements._Query, name, lambda self, table: change(right(self, table)))

    return apply


def inner(query: Any) -> Any:
    for join in query.args["joins"]:
        join.set("side", None)
    return query


def without_where(query: Any) -> Any:
    query.set("where", None)
    return query


def distinct(query: Any) -> Any:
    query.set("distinct", True)
    return query


MUTANTS: dict[str, Callable[[Patch], None]] = {
    **{
        f"{verb} as {other}": swapped(verb, other)
        for verb, other in [
            *(("lt", "LTE"), ("le", "LT"), ("gt", "GTE"), ("ge", "GT"), ("eq", "LTE")),
            *(("and", "Or"), ("or", "And"), ("add", "Sub"), ("sub", "Add"), ("mul", "Add")),
        ]
    },
    "a bound one too high": bound_too_high,
    "a null that is never seen": null_dropped,
    "a default left out": default_dropped,
    "quotients cut off": cut_off,
    "a day too many": day_too_many,
    "texts by their collation": collation_kept,
    "a level left out": level_dropped,
    "an arm left out": arm_dropped,
    "sum and largest swapped": sums_and_largest_swapped,
    "month for day": lambda patch: patch.setattr(_OF, "_day", lambda self, node: SQLite().part(
        "month", self.of(node.parts[0]))),
    "no sum for nothing": lambda patch: patch.setattr(_OF, "_sum", lambda self, node: exp.Sum(
        this=self.of(node.parts[0]))),
    "a filter left out": step_changed("_filter", without_where),
    "rows without a match left out": step_changed("_join", inner),
    "equal rows taken once": step_changed("_union", distinct),
}  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS.keys())
def test_a_mutant_of_the_printer_is_noticed(
    mutant: Callable[[Patch], None], monkeypatch: Patch
) -> None:
    mutant(monkeypatch)
    try:
        found = differing(InSQLite())
    except sqlite3.Error as stopped:  # noticed too
        found = {str(stopped): 1}
    assert found != {}


def test_what_is_said_twice_is_a_column_of_a_step_before_with_its_kind() -> None:
    def selects(table: recorder.Table) -> list[recorder.Table]:
        return [
            *([table] if table.step == "select" else []),
            *(s for b in table.of for s in selects(b)),
        ]

    found = selects(shared(written()))
    assert len(found) == len(selects(written())) + 2  # one for what stands in the other
    for step in found:
        for name, node in (step.columns or {}).items():
            assert step.schema[name] == node.kind
            if node.verb == "col":
                assert node.kind == step.of[0].schema[node.value]
                assert node.parts == ()


def test_a_fence_left_out_is_seen_in_the_text(monkeypatch: Patch) -> None:
    fence = "LIMIT 9223372036854775807"
    assert statements.printed(written(), SQLite()).count(fence) >= 4
    monkeypatch.setattr(SQLite, "fenced", lambda self, step: step)
    assert fence not in statements.printed(written(), SQLite())

"""A printed rubric gives what `evaluate` gives, cell by cell, in every database that runs here."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
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
from lishui_credit.backends.local_databases import Database, Frames, InDuckDB, InSQLite, Rows
from lishui_credit.backends.sharing import shared
from lishui_credit.commands.cli import main
from lishui_credit.errors import CreditError, EditionError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.rubrics import rubric_sql
from lishui_credit.rubrics.hostile_subjects import Hostile
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.rubric_proof import WITHIN_64_BITS
from lishui_credit.rubrics.rubric_sql import to_sql
from tests.databases import IN_PROCESS, SERVED, asked_for, parameter
from tests.parity import DAY, GRADING, PERIOD, asked

SUBJECTS, EVENTS = 300, 900
TAX = [name for name in GRADING if name.startswith("tax-credit")]


@cache
def hostile(name: str, largest: int = 10**30) -> tuple[Frames, pl.DataFrame]:
    """Hostile subjects and events of an edition, and what `evaluate` makes of them."""
    rubric = catalog.rubric(name)
    made = Hostile(rubric, DAY, seed=16, largest=largest, period=PERIOD)
    frames = {"subjects": made.subjects(SUBJECTS)}
    if rubric.uses_events:
        ids = frames["subjects"][rubric.subject_id].to_list()
        frames["events"] = made.events(EVENTS, ids)
    return frames, asked(rubric, frames)


def printed(name: str, dialect: str) -> str:
    """The statement of an edition, printed now."""
    rubric = catalog.rubric(name)
    events = "events" if rubric.uses_events else None
    return to_sql(rubric, dialect, events=events, period=2020, as_of=DAY, without=())


statement = cache(printed)


def differing(found: pl.DataFrame, expected: pl.DataFrame, key: str) -> dict[str, int]:
    """How many cells of each column differ; both have the same subjects."""
    told = compared(found, expected, key)
    assert (told.missing, told.unasked) == (0, 0)
    return dict(told.counts)


@pytest.fixture(params=[*map(parameter, (*IN_PROCESS, *SERVED))])
def database(request: pytest.FixtureRequest) -> Database:
    return asked_for(request)


# ---- sharpness --------------------------------------------------------------------------------

SWAPPED = [("lt", "LTE"), ("le", "LT"), ("gt", "GTE"), ("ge", "GT")]
EDGED = ("farmer-household@2009-01-01", "small-enterprise@2009-12-01", "tax-credit@2020-11-01")


def differs_somewhere(names: tuple[str, ...] = EDGED) -> bool:
    """Whether SQLite gives another cell anywhere in a few editions."""
    for name in names:
        frames, expected = hostile(name, WITHIN_64_BITS)
        found = InSQLite().answer(printed(name, "sqlite"), frames)
        if differing(found, expected, catalog.rubric(name).subject_id):
            return True
    return False


@pytest.mark.parametrize(("verb", "other"), SWAPPED)
def test_a_swapped_comparison_is_noticed(
    verb: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(expression_sql._BINARY, verb, other)
    assert differs_somewhere()


def test_a_day_counted_too_many_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = SQLite.days

    def late(self: SQLite, day: exp.Expr) -> exp.Expr:
        return exp.Paren(this=exp.Add(this=right(self, day), expression=exp.Literal.number(1)))

    # Of two days of the table the difference stays; the day of grading is counted here.
    monkeypatch.setattr(SQLite, "days", late)
    assert differs_somewhere(EDGED[:1])


def test_a_text_compared_by_its_collation_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SQLite, "taken", lambda self, cell, kind: cell)
    assert differs_somewhere()


WHOLE = pl.DataFrame(
    {"a": [*range(-25, 26), -(2**62), 2**62, None], "b": [1, 2, 3, 7, 10, 100] * 9}
)


def quotients() -> recorder.Table:
    a, b, seven = recorder.col("a"), recorder.col("b"), recorder.lit(7, dtype=recorder.Int64)
    wide = a.cast(recorder.Int128)
    return recorder.source("numbers", {"a": "Int64", "b": "Int64"}).select(
        recorder.col("a"),
        recorder.col("b"),
        (a // b).alias("by column"),
        (a // seven).alias("by number"),
        (wide // b).cast(recorder.Int64).alias("wide"),
        (-a // 10 - (a - b)).alias("in a sum"),
    )


def expected_quotients() -> Rows:
    found: Rows = []
    for a, b in WHOLE.iter_rows():
        cells = [None] * 4 if a is None else [a // b, a // 7, a // b, -a // 10 - (a - b)]
        found.append(tuple(None if cell is None else str(cell) for cell in (a, b, *cells)))
    return sorted(found, key=str)


def test_quotients_are_rounded_down_below_zero_too(database: Database) -> None:
    text = statements.printed(quotients(), dialect_of(database.dialect))
    assert sorted(database.run(text, {"numbers": WHOLE}), key=str) == expected_quotients()


def test_a_quotient_cut_off_towards_zero_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(self: expression_sql.Expressions, node: recorder.Node) -> exp.Expr:
        return SQLite().quotient(*self._parts(node), node.kind)

    monkeypatch.setattr(expression_sql.Expressions, "_floordiv", cut)
    text = statements.printed(quotients(), SQLite())
    assert sorted(InSQLite().run(text, {"numbers": WHOLE}), key=str) != expected_quotients()


# ---- doubles and texts, which no edition has and cards and policies do -----------------------------


def beside(number: float) -> tuple[float, float]:
    """The doubles beside one."""
    return math.nextafter(number, -math.inf), math.nextafter(number, math.inf)


NUMBERS = (
    -1e300,
    -2.5,
    0.0,
    5e-324,
    0.1,
    0.30000000000000004,
    1 / 3,
    24.5,
    2.0**53 + 2,
    1.1e17 / 3,
)
VALUES = pl.DataFrame(
    {
        "n": range(3 * len(NUMBERS) + 1),
        "x": [None, *(each for edge in NUMBERS for each in (edge, *beside(edge)))],
        "flag": [None, True, False] * len(NUMBERS) + [True],
    }
)


def choices(ns: Any) -> list[Any]:
    """What the verbs of doubles and texts make of `VALUES`."""
    x, n, flag = ns.col("x"), ns.col("n"), ns.col("flag")
    below = [(x < edge).alias(f"below {place}") for place, edge in enumerate(NUMBERS)]
    at_least = ns.when(x.is_null() | x.is_nan()).then(ns.lit(0.25)).otherwise(x) >= 0.2
    return [
        n,
        *below,
        (~x.is_nan() & (x >= 24)).alias("whole"),  # engines differ in where a NaN stands
        x.is_nan().alias("no number"),
        x.is_in([0.1, 1 / 3, 0]).alias("listed"),
        at_least.alias("at least"),
        n.is_in([1, 3, 20]).alias("counted"),
        n.cast(ns.String).alias("digits"),
        n.cast(ns.String).is_in(["7", "12"]).alias("spelled"),
        flag.cast(ns.String).alias("said"),
        (n.cast(ns.Float64) > 12.5).alias("as a double"),
    ]


def test_doubles_and_texts_are_compared_as_in_polars(database: Database) -> None:
    frame = VALUES
    if database.dialect not in ("sqlite", "mysql"):
        frame = frame.vstack(pl.DataFrame([(-1, math.nan, None)], VALUES.schema, orient="row"))
    source = recorder.source("numbers", {"n": "Int64", "x": "Float64", "flag": "Boolean"})
    text = statements.printed(source.select(choices(recorder)), dialect_of(database.dialect))
    assert (
        differing(database.answer(text, {"numbers": frame}), frame.select(choices(pl)), "n") == {}
    )


# ---- what keeps it small and fenced -----------------------------------------------------------

FENCES = {
    "sqlite": "LIMIT 9223372036854775807",
    "postgres": "OFFSET 0",
    "mysql": "LIMIT 9223372036854775807",
}
MOST_PARTS = 700
LONGEST_STATEMENT = 250_000


def recorded(rubric: Rubric) -> recorder.Table:
    """What is recorded of an edition, after sharing."""
    taken: list[recorder.Table] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rubric_sql, "printed", lambda table, *_, **__: taken.append(table) or "")
        printed(f"{rubric.name}@{rubric.edition}", "duckdb")
    return shared(taken[0])


def steps(table: recorder.Table) -> set[recorder.Table]:
    return {table}.union(*map(steps, table.of))


def parts(node: recorder.Node) -> int:
    return 1 + sum(map(parts, node.parts))


@pytest.mark.parametrize("name", GRADING)
def test_no_column_is_printed_long_and_every_step_that_computes_is_fenced(name: str) -> None:
    rubric = catalog.rubric(name)
    found = steps(recorded(rubric))
    sizes = {column: parts(node) for step in found for column, node in (step.columns or {}).items()}
    assert {column: size for column, size in sizes.items() if size > MOST_PARTS} == {}
    fenced = [step for step in found if step.step == "source"]
    fenced += [
        step
        for step in found
        if step.step == "select" and any(n.verb != "col" for n in (step.columns or {}).values())
    ]
    for dialect, fence in FENCES.items():
        text = statement(name, dialect)
        assert text.count(fence) == len(fenced)
        assert len(text) < LONGEST_STATEMENT


# ---- contract and refusals --------------------------------------------------------------------


def test_a_product_past_64_bits_stops_sqlite() -> None:
    name = "farmer-household@2009-01-01"
    frames, _ = hostile(name)
    with pytest.raises(sqlite3.OperationalError, match="integer overflow"):
        InSQLite().run(statement(name, "sqlite"), frames)


@pytest.mark.parametrize(
    ("kind", "cell"),
    [("Boolean", 2), ("String", 5), ("Date", "2020-02-30"), ("Date", "2020-2-1"), ("Int64", "x"),
     ("Int64", 1.5), ("Date", "2020-01-01 10:00:00")],
)  # fmt: skip
def test_a_cell_of_another_type_stops_sqlite(kind: recorder.Kind, cell: object) -> None:
    text = statements.printed(recorder.source("t", {"a": kind}), SQLite())
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.execute("INSERT INTO t VALUES (NULL)")
        assert connection.execute(text).fetchall() == [(None,)]
        connection.execute("INSERT INTO t VALUES (?)", [cell])
        with pytest.raises(sqlite3.OperationalError, match="integer overflow"):
            connection.execute(text).fetchall()


def test_columns_that_a_table_lacks_are_left_out_and_named() -> None:
    rubric = catalog.rubric("tax-credit@2020-11-01")
    frames, _ = hostile("tax-credit@2020-11-01")
    lacks = ("books_not_in_order", "synthetic", "tax_type", "recorded_on")
    few = {name: frame.drop(lacks, strict=False) for name, frame in frames.items()}
    text = to_sql(rubric, events="events", period=2020, as_of=DAY, without=lacks)
    head = text[: text.index("WITH ")]
    assert "NOT CHECKED, its columns are left out: bar_books" in head
    expected = asked(rubric, few)
    assert differing(InDuckDB().answer(text, few), expected, rubric.subject_id) == {}


def test_the_head_says_what_is_fixed_and_what_the_columns_must_be() -> None:
    rubric = catalog.rubric("tax-credit", on="2021-04-01")
    text = to_sql(rubric, "mysql", table="firms", events="events", period=2020, as_of=DAY)
    head = text[: text.index("WITH ")]
    assert all(line.startswith("--") for line in head.splitlines())
    for said in (
        f"tax-credit@{rubric.edition}",
        rubric.sha256,
        "Day of grading: 30 April 2022. Year assessed: 2020.",
        "integers of 1/100 point",
        "Table firms",
        "uscc: varchar, utf8mb4 NOT NULL UNIQUE",
        "tax_amount: bigint",
        "(fen, 0 .. 10,000,000,000,000)",
        "SET NAMES utf8mb4",
        "Asia/Shanghai",
    ):
        assert said in head
    assert (
        "'010101', /* tax return late (each tax, each time), 2014年第48号附件 010101, copy of the text */"
        in text
    )


def test_a_row_stands_beside_its_points_and_a_grade_beside_its_arm() -> None:
    text = to_sql(catalog.rubric("farmer-household@2009-01-01"), as_of=DAY)
    assert 'END AS "points__family", /* members of the family, ' in text
    assert "THEN 'tier1' /* " in text


def test_everything_wrong_with_what_is_asked_is_said_at_once() -> None:
    rubric = catalog.rubric("tax-credit@2020-11-01")
    with pytest.raises(SubjectError) as refused:
        to_sql(rubric, table="firms; drop", without=("uscc", "countty"))
    told = str(refused.value)
    assert len(refused.value.problems) == 4
    for said in ("uscc", "countty", "firms; drop", "counts events"):
        assert said in told


def test_a_dialect_that_is_not_known_and_an_outline_are_refused() -> None:
    rubric = catalog.rubric("tax-credit@2020-11-01")
    with pytest.raises(CreditError, match="access"):
        to_sql(rubric, "access", events="events")
    outline = next(
        found for entry in catalog.entries() if (found := catalog.load(entry.path)).lacking
    )
    with pytest.raises(EditionError):
        to_sql(outline)


@pytest.mark.parametrize(
    ("written", "named"),
    [
        (recorder.col("a").is_nan(), "is_nan Int64"),
        (recorder.col("x").cast(recorder.String), "cast Float64 String"),
        (recorder.col("t").cast(recorder.Float64), "cast String Float64"),
        (recorder.col("a").cast(recorder.Int128).cast(recorder.Float64), "cast Int128 Float64"),
        (recorder.col("a").is_in([1, 0.5]), "is_in Int64: Float64 whole"),
        (recorder.col("t").is_in([]), "is_in String"),
        (recorder.col("a") > 0.5, "gt Int64 Float64"),
        (recorder.col("x") + recorder.col("x"), "add Float64 Float64"),
        (recorder.col("x") / recorder.col("x"), "truediv Float64 Float64"),
        (recorder.col("x") / recorder.lit(0.0), "truediv Float64 Float64"),
        (recorder.col("a") / recorder.lit(2), "truediv Int64 Int16"),
        (recorder.col("x") > float("inf"), "lit inf"),
        (recorder.col("t").str.replace("a", "b"), "replace"),
        (recorder.col("a").alias("x" * 64), "x" * 64),
    ],
)
def test_a_verb_that_a_dialect_has_no_exact_way_for_is_refused_by_name(
    written: recorder.Written, named: str
) -> None:
    table = recorder.source("t", {"a": "Int64", "t": "String", "x": "Float64"})
    column = written if written.name and written.name != "a" else written.alias("found")
    with pytest.raises(CreditError, match=f"PostgreSQL.*{named}"):
        statements.printed(table.select(column), dialect_of("postgres"))


def test_the_steps_take_no_name_that_a_table_has() -> None:
    table = recorder.source("step_1", {"a": "Int64"}).select((recorder.col("a") + 1).alias("b"))
    text = statements.printed(table, dialect_of("duckdb"))
    assert InDuckDB().run(text, {"step_1": pl.DataFrame({"a": [1]})}) == [("2",)]


# ---- the command ------------------------------------------------------------------------------


def test_the_command_prints_a_statement_that_runs(capsys: pytest.CaptureFixture[str]) -> None:
    frames, expected = hostile("tax-credit@2020-11-01")
    words = "sql tax-credit@2020-11-01 --dialect sqlite --events events --period 2020"
    assert main([*words.split(), "--as-of", "2022-04-30", "--lang", "zh"]) == 0
    set_language(None)
    text = capsys.readouterr().out
    assert "评级日：2022年4月30日。评价年度：2020。" in text
    found = InSQLite().answer(text, frames)
    assert differing(found, expected.drop("synthetic", strict=False), "uscc") == {}


def test_the_command_takes_the_day_of_grading_from_the_day_of_the_edition(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = "sql tax-credit --on 2021-04-01 --dialect postgres --table firms --events events"
    assert main(asked.split()) == 0
    text = capsys.readouterr().out
    assert "Day of grading: 1 April 2021. Year assessed: none" in text
    assert "FROM firms AS t" in text

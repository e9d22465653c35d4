"""A card's SQL gives the card's own scores in every database that can run here, on hostile rows."""

import hashlib
import itertools
import json
import math
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lishui_credit.backends.cell_differences import texts as texts_of
from lishui_credit.backends.dialects import DIALECTS, dialect_of
from lishui_credit.backends.local_databases import Database, InClickHouse, InSpark, InSQLite
from lishui_credit.commands.cli import main
from lishui_credit.errors import ModelError
from lishui_credit.scorecards import load, to_sql
from lishui_credit.scorecards.bins.binning import Bin, Binning
from lishui_credit.scorecards.cards.card import Card, Characteristic
from lishui_credit.scorecards.cards.crossed_table import CrossedTable
from lishui_credit.scorecards.cards.identities import hostile_rows, look_alikes
from lishui_credit.scorecards.cards.scale import Odds, Scale
from lishui_credit.scorecards.cards.sql_identities import in_sqlite, other_types
from tests.database_servers import Server

STATEMENTS = Path(__file__).parent / "statements"
duckdb = pytest.importorskip("duckdb")
ROWS = 20_000
SOME = 4_000  # of which the types are looked at: their values are those of the others
SCALE = Scale(pdo=20, base_score=600, base_odds=Odds(50))
NAMES = (
    *('a"b', "a b", "列 名", "select", "back\\slash", "100%", "a;b", "a\nb", "a`b", "a]b", "a'b"),
    *("--x", "/*y*/", "dot.ted", "$1", ":p", "?{0}"),
)
LEVELS = (
    *("A", "a", "á", "a\u0301", "Ａ", "A ", " A", "", "'", '"', "''", "\\", "\\'", "%", "_", ";"),
    *(
        "丽水",
        "麗水",
        "丽水\u3000",
        "ß",
        "ss",
        "a\nb",
        "a\tb",
        "𠮷",
        "N'x'",
        "--",
        "/*",
        "A|",
        "null",
    ),
)
MANY_CODES = Bin(kind="levels", values=tuple(map(float, range(20, 40))))
NUMBERS = (-1e300, -2.5, 5e-324, 0.1, 0.30000000000000004, 1 / 3, 24.5, 2**53 + 2.0, 1.1e17 / 3)


def characteristic(place: int, name: str, kind: str, bins: list[Bin]) -> Characteristic:
    rest = [Bin(kind="missing")] + ([] if kind == "number" else [Bin(kind="unseen")])
    binning = Binning(
        feature=name,
        type=kind,  # type: ignore[arg-type]
        bins=(*bins, *rest),
        total_goods=1.0,
        total_bads=1.0,
        smoothing=1.0,
    )
    points = tuple(1 + (place + 3) * (own + 7) ** 2 for own in range(len(binning.bins)))
    return Characteristic(binning=binning, points=points)


def levels(values: tuple[str | float, ...]) -> list[Bin]:
    return [Bin(kind="levels", values=(value,)) for value in values]


def hostile_card(names: tuple[str, ...] = NAMES) -> Card:
    """A made card: every kind of characteristic under every hostile name."""
    edges = [None, *NUMBERS, None]
    ranges = [Bin(kind="range", lower=a, upper=b) for a, b in itertools.pairwise(edges)]
    codes = [Bin(kind="special", values=(code,)) for code in (-9.0, 0.07, 1e15)]
    kinds = [
        ("number", [*ranges, *codes]),
        ("category", levels(LEVELS)),
        ("category", levels(("true", "false"))),
        (
            "coded",
            [*levels((1.0, 2.5, -3.0, 0.1)), Bin(kind="levels", values=(0.0, 7.0)), MANY_CODES],
        ),
    ]
    rows = [
        characteristic(place, name, *kind)
        for place, (name, kind) in enumerate(zip(names, itertools.cycle(kinds)))
    ]
    return Card(characteristics=tuple(rows), scale=SCALE, base_points=-40, id="hostile")


def hostile_crossed_card() -> Card:
    """A made card whose kinds of characteristics cross each other, and one crosses twice."""
    card = hostile_card(NAMES[:4])
    pairs = [(0, 1), (2, 0), (3, 1), (2, 3)]
    tables = []
    for number, pair in enumerate(pairs):
        first, second = (card.characteristics[place].binning for place in pair)
        points = tuple(
            tuple((row * 31 + column * 17 + number) % 97 - 48 for column in range(len(second.bins)))
            for row in range(len(first.bins))
        )
        tables.append(CrossedTable(first=first, second=second, points=points))
    return replace(card, crossed=tuple(tables), id="crossed")


MODELS = Path(__file__).resolve().parents[1] / "models"
SHIPPED = sorted(MODELS.glob("*/*/scorecard.json"))
CARDS = {
    "hostile": hostile_card(),
    "crossed": hostile_crossed_card(),
    **{str(p.parent.relative_to(MODELS)): load(p) for p in SHIPPED},
}


Frames = list[tuple[str, Card, pl.DataFrame]]
FRAMES: dict[str, Frames] = {}


def frames(card: Card) -> Frames:
    """Hostile rows of a card, made once for all databases."""
    if repr(card) not in FRAMES:
        FRAMES[repr(card)] = made_frames(card)
    return FRAMES[repr(card)]


def made_frames(card: Card) -> Frames:
    """Hostile rows in the types they are learned in, and some of them in others.

    In the last ones only booleans differ: what does not read them is left out of the card.
    """
    wide = hostile_rows(card, rows=ROWS, seed=16)
    infinite = wide.head(20).with_columns(
        pl.lit(math.inf if place % 2 else -math.inf).alias(name)
        for place, (name, kind) in enumerate(wide.schema.items())
        if kind == pl.Float64
    )
    _, narrow = other_types(card, wide.head(SOME))
    found = [
        ("doubles and texts", card, pl.concat([wide, infinite])),
        ("32 bits, decimals, booleans", card, narrow),
    ]
    rows = tuple(row for row in card.characteristics if row.binning.flag)
    flags = [row.feature for row in rows]
    few = card if card.crossed else replace(card, characteristics=rows)
    whole = pl.col(flags).cast(pl.Int64)
    others = {"whole numbers": whole, "doubles": whole.cast(pl.Float64)}
    others["decimals"] = whole.cast(pl.Decimal(18, 2))
    for kind, cells in others.items() if flags else ():
        found.append((f"booleans as {kind}", few, narrow.with_columns(cells).select(few.columns)))
    return found


def asked(card: Card, frame: pl.DataFrame) -> list[int | None]:
    return frame.select(card.expr()).to_series().to_list()


def in_duckdb(card: Card, frame: pl.DataFrame) -> list[int | None]:
    with duckdb.connect() as base:
        base.register("subjects", frame.with_row_index("k").to_arrow())
        return base.sql(to_sql(card, "duckdb", key="k")).pl().sort("k")["score"].to_list()


def in_server(
    server: Server, card: Card, frame: pl.DataFrame, types: dict[str, str] | None = None
) -> list[int | None]:
    server.load("subjects", frame.with_row_index("k"), types)
    dialect = {"PostgreSQL": "postgres", "MariaDB": "mysql"}[server.name]
    told = server.run(to_sql(card, dialect, key="k") + ";\n")
    found = {int(k): None if score in ("", "NULL") else int(score) for k, score in told}
    return [found[k] for k in range(frame.height)]


pytestmark = pytest.mark.xdist_group("databases")
every_card = pytest.mark.parametrize("card", CARDS.values(), ids=CARDS.keys())


@every_card
def test_sqlite_gives_the_scores_of_the_card(card: Card) -> None:
    for name, own, frame in frames(card):
        assert in_sqlite(own, frame).to_list() == asked(own, frame), name


@every_card
def test_duckdb_gives_the_scores_of_the_card(card: Card) -> None:
    for name, own, frame in frames(card):
        assert in_duckdb(own, frame) == asked(own, frame), name


@every_card
def test_postgresql_gives_the_scores_of_the_card(card: Card, postgres: Server) -> None:
    for name, own, frame in frames(card):
        assert in_server(postgres, own, frame) == asked(own, frame), name


def storable(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows as MariaDB holds them: without NaN and infinity."""
    floats = pl.col(pl.Float64, pl.Float32)
    return frame.with_columns(pl.when(floats.is_finite()).then(floats))


@every_card
def test_mariadb_gives_the_scores_of_the_card(card: Card, mariadb: Server) -> None:
    for name, own, frame in frames(card):
        rows = storable(frame)
        assert in_server(mariadb, own, rows) == asked(own, rows), name


def in_engine(engine: Database, card: Card, frame: pl.DataFrame) -> list[int | None]:
    rows = frame.with_row_index("k").cast({"k": pl.Int64})
    told = engine.run(to_sql(card, engine.dialect, key="k"), {"subjects": rows})
    found = {int(k): None if score is None else int(score) for k, score in told if k is not None}
    return [found[k] for k in range(frame.height)]


@every_card
def test_clickhouse_gives_the_scores_of_the_card(card: Card) -> None:
    pytest.importorskip("chdb")
    names = tuple(name for name in card.columns if "\\" not in name)  # it has none
    if card is CARDS["hostile"]:
        card = hostile_card(names)
    for name, own, frame in frames(card):
        assert in_engine(InClickHouse(), own, frame) == asked(own, frame), name


@pytest.mark.xdist_group("spark")
@every_card
def test_spark_gives_the_scores_of_the_card(card: Card, spark: Any) -> None:
    for name, own, frame in frames(card):
        assert in_engine(InSpark(spark), own, frame) == asked(own, frame), name


# ---- what a database would do of its own accord ---------------------------------------------------


def texts(names: tuple[str, ...] = ("trade",)) -> Card:
    """A card of one category whose levels look alike."""
    alike = tuple(dict.fromkeys(["a", "丽水", *look_alikes("a"), *look_alikes("A")]))
    rows = [
        characteristic(place, name, "category", levels(alike)) for place, name in enumerate(names)
    ]
    return Card(characteristics=tuple(rows), scale=SCALE)


ALIKE = hostile_rows(texts(), rows=200, seed=1)


def test_a_column_that_folds_case_is_compared_byte_by_byte_in_sqlite() -> None:
    with closing(sqlite3.connect(":memory:")) as base:
        base.execute("CREATE TABLE subjects (k INTEGER, trade TEXT COLLATE NOCASE)")
        base.executemany("INSERT INTO subjects VALUES (?, ?)", enumerate(ALIKE["trade"]))
        found = sorted(base.execute(to_sql(texts(), "sqlite", key="k")).fetchall())
    assert [score for _, score in found] == asked(texts(), ALIKE)


def test_a_column_that_folds_case_is_compared_byte_by_byte_in_duckdb() -> None:
    with duckdb.connect() as base:
        base.execute("SET default_collation = 'nocase.noaccent'")
        base.execute("CREATE TABLE subjects (k INTEGER, trade VARCHAR COLLATE NOCASE)")
        base.executemany("INSERT INTO subjects VALUES (?, ?)", list(enumerate(ALIKE["trade"])))
        found = base.sql(to_sql(texts(), "duckdb", key="k")).fetchall()
    assert [score for _, score in sorted(found)] == asked(texts(), ALIKE)


def test_a_column_that_folds_accents_is_compared_byte_by_byte_in_postgresql(
    postgres: Server,
) -> None:
    postgres.run(
        "CREATE COLLATION IF NOT EXISTS folded (provider = icu, locale = 'und-u-ks-level1', "
        "deterministic = false);"
    )
    found = in_server(postgres, texts(), ALIKE, {"trade": "TEXT COLLATE folded"})
    assert found == asked(texts(), ALIKE)


@pytest.mark.parametrize("type", ["VARCHAR(50)", "TEXT COLLATE utf8mb4_unicode_ci"])
def test_a_column_of_any_collation_is_compared_byte_by_byte_in_mariadb(
    mariadb: Server, type: str
) -> None:
    assert in_server(mariadb, texts(), ALIKE, {"trade": type}) == asked(texts(), ALIKE)


def test_texts_mean_themselves_where_mariadb_takes_no_backslash_escapes(mariadb: Server) -> None:
    card = CARDS["hostile"]
    rows = storable(hostile_rows(card, rows=500, seed=2))
    mariadb.load("subjects", rows.with_row_index("k"))
    query = to_sql(card, "mysql", key="k")
    told = mariadb.run(f"SET sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES';\n{query};\n")
    found = {int(k): int(score) for k, score in told}
    assert [found[k] for k in range(rows.height)] == asked(card, rows)


@pytest.mark.parametrize("type", ["BIT(1)", "TINYINT(1)", "BOOLEAN", "CHAR(1)", "ENUM('0', '1')"])
def test_a_yes_is_a_yes_in_every_type_of_mariadb(mariadb: Server, type: str) -> None:
    card = Card(
        characteristics=(characteristic(0, "flag", "category", levels(("true", "false"))),),
        scale=SCALE,
    )
    rows = pl.DataFrame({"flag": [True, False, None]})
    as_text = {"flag": type}
    stored = (
        rows
        if "(1)" in type and "CHAR" not in type
        else rows.select(pl.col("flag").cast(pl.Int8).cast(pl.String))
    )
    assert in_server(mariadb, card, stored, as_text) == asked(card, rows)
    assert len(set(asked(card, rows))) == 3


def test_the_command_prints_a_card_that_runs(capsys: pytest.CaptureFixture[str]) -> None:
    folder = SHIPPED[0].parent
    card = load(folder)
    rows = hostile_rows(card, rows=200, seed=4)
    asked_for = ["sql", str(folder), "--dialect", "sqlite", "--table", "rows", "--key", "k"]
    assert main([*asked_for, "--contributions", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sha256"] == hashlib.sha256(SHIPPED[0].read_bytes()).hexdigest()
    found = InSQLite().run(told["sql"], {"rows": rows.with_row_index("k").cast({"k": pl.Int64})})
    parts = [card.points_expr(name) for name in card.columns]
    expected = rows.fill_nan(None).select(*parts, card.expr()).with_row_index("k")
    assert sorted(found, key=lambda row: int(row[0] or 0)) == texts_of(expected).rows()
    assert main([*asked_for, "--events", "e", "--without", "x", "--trial"]) == 2
    refused = capsys.readouterr().err
    for option in ("--events", "--without", "--trial"):
        assert f"the option means nothing for a card · found: {option}" in refused


HALVES = [Bin(kind="range", upper=0.5), Bin(kind="range", lower=0.5)]
LATE_AND_CODE = Card(
    characteristics=(
        characteristic(0, "late", "number", HALVES),
        characteristic(1, "code", "coded", levels((0.0, 1.0))),
    ),
    scale=SCALE,
)
NO_NUMBERS = pl.DataFrame({"late": ["n/a", "", "0", "x"], "code": ["1", "1", "x", ""]})


def test_a_text_that_is_no_number_has_no_score_in_sqlite() -> None:
    assert in_sqlite(LATE_AND_CODE, NO_NUMBERS).to_list() == [None] * 4


def test_a_text_that_is_no_number_has_no_score_in_mariadb(mariadb: Server) -> None:
    assert in_server(mariadb, LATE_AND_CODE, NO_NUMBERS) == [None] * 4
    fine = pl.DataFrame({"late": ["0", "-1.5e0", ".5"], "code": ["1", "0.0", "1."]})
    found = in_server(mariadb, LATE_AND_CODE, fine)
    assert found == asked(LATE_AND_CODE, fine.cast(pl.Float64))


@pytest.mark.xdist_group("spark")
def test_a_text_that_is_no_number_has_no_score_in_spark(spark: Any) -> None:
    assert in_engine(InSpark(spark), LATE_AND_CODE, NO_NUMBERS) == [None] * 4


@pytest.mark.parametrize(
    "bound",
    [
        1.01445387985155,
        8648.35876594202,
        1 / 3,
        5e-324,
        1.7976931348623157e308,
        2.0**53 + 2,
        1.1e250 / 3,
    ],
)
def test_a_bound_of_many_digits_is_read_exactly_by_sqlite(bound: float) -> None:
    ranges = [Bin(kind="range", upper=bound), Bin(kind="range", lower=bound)]
    card = Card(characteristics=(characteristic(0, "x", "number", ranges),), scale=SCALE)
    rows = pl.DataFrame({"x": [bound, math.nextafter(bound, -math.inf)]})
    scores = asked(card, rows)
    assert in_sqlite(card, rows).to_list() == scores
    assert scores[0] != scores[1]


def test_a_column_that_is_not_there_stops_sqlite() -> None:
    with closing(sqlite3.connect(":memory:")) as base:
        base.execute("CREATE TABLE subjects (k INTEGER)")
        with pytest.raises(sqlite3.OperationalError, match="no such column"):
            base.execute(to_sql(texts(), "sqlite"))


# ---- what is refused, and what is text only -------------------------------------------------------

REFUSED = {
    "oracle": ('a"b',),
    "dameng": ('a"b',),
    "bigquery": tuple(name for name in NAMES if re.search(r'["$*,./;?@\[\\\]`{}]', name)),
    "hive": ("dot.ted", ":p"),
    "clickhouse": ("back\\slash",),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_hostile_names_are_written_or_refused_one_by_one(dialect: str) -> None:
    import sqlglot
    from sqlglot import exp

    refused = REFUSED.get(dialect, ())
    if refused:
        with pytest.raises(ModelError) as caught:
            to_sql(texts(NAMES), dialect)
        assert {p.where for p in caught.value.problems} == set(refused)
    names = tuple(name for name in NAMES if name not in refused)
    tree = sqlglot.parse_one(to_sql(texts(names), dialect), dialect=dialect_of(dialect).name)
    found = {column.name for column in tree.find_all(exp.Column)}
    assert {
        name
        for name in found
        if not re.fullmatch(r"_\d+|score|join_use_nulls|short_circuit\w+", name)
    } == set(names)
    strings = {
        str(part.this).removesuffix("|") if dialect == "tsql" else str(part.this)
        for part in tree.find_all(exp.Literal, exp.National)
        if not isinstance(part, exp.Literal) or part.is_string
    }
    assert {
        str(row.value) for row in texts(names).tables[0].levels if row.value[-1] != "\\"
    } <= strings


LONG = "丽" * 130


@pytest.mark.parametrize(
    ("dialect", "names"),
    [
        ("postgres", (LONG, "")),
        ("mysql", (LONG, "blank ", "𠮷", "Late", "late", "laté")),
        ("tsql", (LONG, "Late", "late")),
        ("duckdb", ("Late", "late", "nul\0")),
        ("oracle", (LONG,)),
    ],
)
def test_a_name_that_a_database_cannot_hold_or_takes_for_another_is_refused(
    dialect: str, names: tuple[str, ...]
) -> None:
    with pytest.raises(ModelError) as caught:
        to_sql(texts(names), dialect)
    told = [p.where for p in caught.value.problems]
    assert told == [name for name in names if name != "Late"]


def test_oracle_refuses_what_it_cannot_tell_apart_all_at_once() -> None:
    ranges = [Bin(kind="range", upper=1e300), Bin(kind="range", lower=1e300)]
    rows = (
        characteristic(0, "empty", "category", levels(("", "a"))),
        characteristic(1, "long", "category", levels(("长" * 1000,))),
        characteristic(2, "large", "number", ranges),
    )
    with pytest.raises(ModelError) as caught:
        to_sql(Card(characteristics=rows, scale=SCALE), "oracle")
    assert [p.where for p in caught.value.problems] == ["empty", "long", "large"]
    same = replace(rows[0], points=(5, 6, 5, 7))
    query = to_sql(Card(characteristics=(same,), scale=SCALE), "oracle")
    assert "NLSSORT('a'" in query
    assert "NLSSORT(''" not in query


def test_oracle_gets_at_most_1000_values_in_one_list() -> None:
    row = characteristic(
        0, "x", "category", [Bin(kind="levels", values=tuple(map(str, range(2001))))]
    )
    query = to_sql(Card(characteristics=(row,), scale=SCALE), "oracle")
    assert query.count(" IN (") == 3


def plain() -> Card:
    rows = (
        characteristic(
            0, "late", "number", [Bin(kind="range", upper=0.5), Bin(kind="range", lower=0.5)]
        ),
        characteristic(1, "行业", "category", levels(("茶叶", "O'Neil"))),
    )
    return Card(characteristics=rows, scale=SCALE, id="plain")


# Held against the manuals that the modules of `backends.dialects` name: nothing here runs these two.
@pytest.mark.parametrize(
    ("dialect", "file"), [("oracle", "oracle_card.sql"), ("tsql", "sqlserver_card.sql")]
)
def test_the_text_for_a_database_that_does_not_run_here_is_as_its_manual_asks(
    dialect: str, file: str
) -> None:
    lines = to_sql(plain(), dialect).splitlines()
    text = "\n".join(row for row in lines if not row.startswith("--"))
    assert f"{text}\n" == (STATEMENTS / file).read_text(encoding="utf-8")
    assert "text only" in lines[1]


def test_the_query_says_what_each_column_must_be() -> None:
    for dialect in DIALECTS:
        lines = to_sql(texts(("a\nb", "trade")), dialect).split("\n")
        comments = [row for row in lines if row.startswith("-- ")]
        assert comments == lines[: len(comments)]
        assert any(row.startswith("--   'a\\nb': ") for row in comments)

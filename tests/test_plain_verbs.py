"""Every verb of the recorder, printed as Python and JavaScript, gives what polars gives.

Expressions are drawn from a seed, over columns that hold nulls, the ends of their kinds, NaN and odd
texts; the queries hold what events need: filters, groups, unions and joins.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lishui_credit.backends import javascript_code, nulls_and_sizes, python_code, recorder
from lishui_credit.backends.javascript_code import javascript_function
from lishui_credit.backends.node import passed, received
from lishui_credit.backends.nulls_and_sizes import MOST_ROWS, Facts, Held
from lishui_credit.backends.plain_syntax import Said
from lishui_credit.backends.python_code import loaded, python_function
from lishui_credit.backends.recorder import Kind, Table, col, lit
from lishui_credit.errors import CreditError
from lishui_credit.points import PointsTable
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rows import points_table
from lishui_credit.scorecards import load
from lishui_credit.scorecards.cards.identities import hostile_rows
from tests.javascript import run
from tests.test_rubric_sql import GRADING

Build = Callable[[Any], Any]  # takes a namespace, returns its expression
ROOT = Path(__file__).resolve().parents[1]
ROWS, EXPRESSIONS, BIG = 60, 400, 2**60
KINDS: dict[str, Kind] = {
    "a": "Int64", "b": "Int64", "big": "Int64", "x": "Float64", "y": "Float64", "s": "String",
    "t": "String", "p": "Boolean", "q": "Boolean", "d": "Date", "e": "Date",
}  # fmt: skip
LARGEST = {"a": 7, "b": 1000, "big": BIG}
POLARS = {"Int64": pl.Int64, "Float64": pl.Float64, "String": pl.String, "Boolean": pl.Boolean,
          "Date": pl.Date}  # fmt: skip
CELLS: dict[str, tuple[Any, ...]] = {
    "a": (None, -7, -1, 0, 1, 2, 7),
    "b": (None, -1000, -3, 0, 5, 1000),
    "big": (None, -BIG, BIG, BIG - 1, 2**53, 2**53 + 1, -(2**53) - 1, 0, 1),
    "x": (None, math.nan, math.inf, -math.inf, 0.0, 1.5, -2.0, 7.0),
    "y": (None, math.nan, math.inf, 0.0, 1.5, 1e300),
    "s": (None, "", "a", "A", "a ", "é", "e\u0301", "𠮷", "v1.00", "12.0"),
    "t": (None, "a", "ａ", "'", '"', "\\", "</script>", "a\nb", "丽水"),
    "p": (None, True, False),
    "q": (None, True, False),
    "d": (None, date(1, 1, 1), date(1969, 12, 31), date(2000, 2, 29), date(9999, 12, 31)),
    "e": (None, date(1900, 3, 1), date(2000, 2, 29), date(2020, 12, 31)),
}


@cache
def rows() -> list[dict[str, Any]]:
    rng = random.Random(16)
    return [{name: rng.choice(cells) for name, cells in CELLS.items()} for _ in range(ROWS)]


class Drawn:
    """Draws expressions of a kind: builders that any namespace can run."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def whole(self, depth: int) -> Build:
        pick = self.rng.randrange(10 if depth else 2)
        if pick == 0:
            name = self.rng.choice(("a", "b", "big"))
            return lambda ns: ns.col(name)
        if pick == 1:
            value = self.rng.choice((-7, -1, 0, 1, 2, 7, 100))
            return lambda ns: ns.lit(value, dtype=ns.Int64)
        one, other = self.whole(depth - 1), self.whole(depth - 1)
        if pick == 2:
            return lambda ns: one(ns).cast(ns.Int128) + other(ns).cast(ns.Int128)
        if pick == 3:
            return lambda ns: one(ns).cast(ns.Int128) - other(ns).cast(ns.Int128)
        if pick == 4:
            small = self.rng.choice(("a", "b"))
            return lambda ns: one(ns).cast(ns.Int128) * ns.col(small).cast(ns.Int128)
        if pick == 5:
            return lambda ns: one(ns).cast(ns.Int128) // other(ns).cast(ns.Int128)
        if pick == 6:
            small = self.rng.choice(("a", "b"))
            return lambda ns: -ns.col(small)
        if pick == 7:
            return lambda ns: ns.coalesce(one(ns).cast(ns.Int128), other(ns).cast(ns.Int128))
        if pick == 8:
            verb, day = self.rng.choice(("year", "month", "day")), self.rng.choice("de")
            return lambda ns: getattr(ns.col(day).dt, verb)().cast(ns.Int64)
        test, more = self.test(depth - 1), self.test(depth - 1)
        none = self.rng.random() < 0.3
        return lambda ns: (
            ns.when(test(ns))
            .then(one(ns).cast(ns.Int128))
            .when(more(ns))
            .then(ns.lit(None, dtype=ns.Int128) if none else other(ns).cast(ns.Int128))
            .otherwise(ns.lit(3, dtype=ns.Int128))
        )

    def double(self, depth: int) -> Build:
        pick = self.rng.randrange(8 if depth else 2)
        if pick == 0:
            name = self.rng.choice("xy")
            return lambda ns: ns.col(name)
        if pick == 1:
            value = self.rng.choice((-2.0, 0.0, 1.5, 7.0, math.inf))
            return lambda ns: ns.lit(value)
        if pick == 2:
            name = self.rng.choice(("a", "b", "big", "p"))
            return lambda ns: ns.col(name).cast(ns.Float64)
        one, other = self.double(depth - 1), self.double(depth - 1)
        if pick == 3:
            return lambda ns: one(ns) + other(ns)
        if pick == 4:
            return lambda ns: one(ns) - other(ns)
        if pick == 5:
            return lambda ns: one(ns) * other(ns)
        if (
            pick == 6
        ):  # by a column: polars multiplies by the inverse of a constant, which is not exact
            name = self.rng.choice("xy")
            return lambda ns: one(ns) / ns.col(name)
        test = self.test(depth - 1)
        return lambda ns: ns.when(test(ns)).then(one(ns)).otherwise(other(ns))

    def text(self, depth: int) -> Build:
        pick = self.rng.randrange(6 if depth else 2)
        name = self.rng.choice("st")
        if pick == 0:
            return lambda ns: ns.col(name)
        if pick == 1:
            value = self.rng.choice(("a", "", "丽水", "'", "</script>"))
            return lambda ns: ns.lit(value)
        if pick == 2:
            number = self.rng.choice(("a", "big", "p"))
            return lambda ns: ns.col(number).cast(ns.String)
        if pick == 3:
            return lambda ns: ns.col(name).str.replace(r"\.0+$", "")
        if pick == 4:
            return lambda ns: ns.col(name).fill_null("none")
        one, other, test = self.text(depth - 1), self.text(depth - 1), self.test(depth - 1)
        return lambda ns: ns.when(test(ns)).then(one(ns)).otherwise(other(ns))

    def test(self, depth: int) -> Build:
        pick = self.rng.randrange(18 if depth else 2)
        if pick == 0:
            name = self.rng.choice("pq")
            return lambda ns: ns.col(name)
        if pick == 1:
            day, other_day = self.rng.choice(("d", "e")), date(2000, 2, 29)
            return lambda ns: ns.col(day) <= ns.lit(other_day)
        if pick in (2, 3):
            sign, one, other = self.sign(), self.whole(depth - 1), self.whole(depth - 1)
            return lambda ns: sign(one(ns).cast(ns.Int128), other(ns).cast(ns.Int128))
        if pick in (4, 5):
            sign, one, other = self.sign(), self.double(depth - 1), self.double(depth - 1)
            return lambda ns: sign(one(ns), other(ns))
        if pick >= 13:
            return self.guarded(pick)
        one, other = self.test(depth - 1), self.test(depth - 1)
        if pick == 6:
            return lambda ns: one(ns) & other(ns)
        if pick == 7:
            return lambda ns: one(ns) | other(ns)
        if pick == 8:
            return lambda ns: ~one(ns)
        if pick == 9:
            of = self.rng.choice((self.whole, self.double, self.text, self.test))(depth - 1)
            return lambda ns: of(ns).is_null()
        if pick == 10:
            text, third = self.text(depth - 1), self.text(0)
            return lambda ns: text(ns) == third(ns)
        if pick == 11:
            text, number = self.text(depth - 1), self.double(depth - 1)
            if self.rng.random() < 0.5:
                return lambda ns: text(ns).is_in(["a", "é", "", "丽水"])
            return lambda ns: number(ns).is_in([1.5, 7.0, -2.0])
        if self.rng.random() < 0.3:
            number = self.double(depth - 1)
            return lambda ns: number(ns).is_nan()
        value = self.rng.random() < 0.5
        return lambda ns: ns.when(one(ns)).then(other(ns)).otherwise(ns.lit(value))

    def guarded(self, pick: int) -> Build:
        """A test as the builders write it: what it compares is tested for null beside it."""
        name, sign = self.rng.choice(("a", "a", "b")), self.sign()
        if pick == 13:
            return lambda ns: ns.col(name).is_null()
        if pick == 14:
            return lambda ns: ns.col(name).is_null() | sign(ns.col(name), ns.lit(1))
        if pick == 15:
            return lambda ns: sign(ns.col(name), ns.lit(0)).fill_null(False)
        return lambda ns: ~ns.col(name).is_null() & sign(ns.col(name), ns.lit(0))

    def sign(self) -> Callable[[Any, Any], Any]:
        signs: list[Callable[[Any, Any], Any]] = [
            lambda a, b: a < b, lambda a, b: a <= b, lambda a, b: a > b, lambda a, b: a >= b,
            lambda a, b: a == b,
        ]  # fmt: skip
        return self.rng.choice(signs)


def builders() -> dict[str, Build]:
    found: dict[str, Build] = {}
    for seed in range(EXPRESSIONS):
        drawn = Drawn(seed)
        of = (drawn.whole, drawn.double, drawn.text, drawn.test)[seed % 4]
        found[f"c{seed}"] = of(1 + seed % 3)
    return found


def shown(cell: Any) -> Any:
    """A cell as the two languages and polars show it alike; a zero has no sign."""
    cell = received(cell)
    if isinstance(cell, float):
        return repr(cell + 0.0)
    return cell.isoformat() if isinstance(cell, date) else cell


def held() -> dict[str, Held]:
    return {name: Held(True, LARGEST.get(name, 0)) for name in KINDS}


@cache
def of_polars() -> dict[str, list[Any]]:
    schema = {name: POLARS[kind] for name, kind in KINDS.items()}
    frame = pl.DataFrame(rows(), schema=schema)
    return {
        name: [shown(cell) for cell in frame.with_columns(build(pl).alias("z"))["z"].to_list()]
        for name, build in builders().items()
    }


@cache
def recorded() -> dict[str, Table]:
    subject = recorder.source("subject", dict(KINDS))
    return {name: subject.select(build(recorder).alias("z")) for name, build in builders().items()}


def of_python() -> dict[str, list[Any]]:
    found = {}
    for name, table in recorded().items():
        function = loaded(python_function(table, name="z", sources={"subject": held()}))["z"]
        found[name] = [attempted(function, row) for row in rows()]
    return found


def attempted(function: Callable[[Any], Any], row: dict[str, Any]) -> Any:
    try:
        return shown(function(row)["z"])
    except (TypeError, ValueError, ZeroDivisionError) as stopped:
        return repr(stopped)


def of_javascript() -> dict[str, list[Any]]:
    texts = {
        name: javascript_function(table, name="z", sources={"subject": held()})
        for name, table in recorded().items()
    }
    functions = ",".join(
        f"{name}: (() => {{ {text} return z; }})()" for name, text in texts.items()
    )
    script = f"""(rows) => Object.fromEntries(Object.entries({{{functions}}}).map(
      ([name, z]) => [name, rows.map((row) => {{
        try {{ return z(row).z; }} catch (stopped) {{ return String(stopped.stack); }}
      }})]))"""
    given = [{key: passed(cell) for key, cell in row.items()} for row in rows()]
    found = run(script, json.loads(json.dumps(given, default=date.isoformat)))
    doubles = {name for name, table in recorded().items() if table.schema["z"] == "Float64"}
    return {
        name: [
            shown(float(cell) if name in doubles and isinstance(cell, int) else cell)
            for cell in cells
        ]
        for name, cells in found.items()
    }


def first_differences(found: dict[str, list[Any]]) -> dict[str, Any]:
    """Expressions that differ from polars, with the first row that does."""
    wrong = {}
    for name, expected in of_polars().items():
        for row, one, other in zip(rows(), found[name], expected, strict=True):
            if one != other or isinstance(one, bool) is not isinstance(other, bool):
                wrong[name] = (one, other, row)
                break
    return wrong


def test_python_gives_what_polars_gives() -> None:
    assert first_differences(of_python()) == {}


def test_javascript_gives_what_polars_gives() -> None:
    assert first_differences(of_javascript()) == {}


# ---- sharpness --------------------------------------------------------------------------------


def cut_off(self: Any, top: Said, down: Said, big: bool) -> Said:
    return Said(
        f"(abs({top.text}) // abs({down.text}) * (1 if ({top.text}) * ({down.text}) >= 0 else -1))"
    )


def plainly_below(self: Any, left: str, right: str) -> Said:
    return Said(f"({left} < {right})")


def any_case(self: Any, text: str, values: list[str], outcome: bool) -> Said:
    return Said(f"(str({text}).strip() {'in' if outcome else 'not in'} {{{', '.join(values)}}})")


@pytest.mark.parametrize(
    ("verb", "made"), [("quotient", cut_off), ("below", plainly_below), ("among", any_case)]
)
def test_a_quotient_cut_off_a_nan_forgotten_and_a_text_trimmed_are_noticed(
    verb: str, made: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python_code.PythonCode, verb, made)
    assert first_differences(of_python())


@pytest.mark.parametrize("verb", ["first", "second"])
def test_a_fact_taken_from_the_wrong_outcome_is_noticed(
    verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Facts.where

    def both(self: Facts, test: Any, outcome: bool) -> Any:
        if test.verb in ("and", "or"):  # as if both parts were settled by either outcome
            return right(self, test.parts[0], outcome) | right(self, test.parts[1], outcome)
        return right(self, test, outcome)

    def other(self: Facts, test: Any, outcome: bool) -> Any:
        return right(self, test, outcome) | (
            frozenset({test.parts[0].value}) if test.verb == "is_null" else frozenset()
        )

    monkeypatch.setattr(Facts, "where", both if verb == "first" else other)
    assert first_differences(of_python())


@pytest.mark.parametrize(
    ("verb", "made"),
    [
        ("big", lambda self, size: False),
        ("quotient", lambda self, top, down, big: Said(f"({top.text}) / ({down.text})")
         if big else Said(f"Math.trunc(({top.text}) / ({down.text}))")),
        ("is_nan", lambda self, text, outcome: Said(str(not outcome).lower())),
    ],
)  # fmt: skip
def test_a_bigint_left_out_a_quotient_cut_off_and_a_nan_are_noticed_in_javascript(
    verb: str, made: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(javascript_code.JavaScriptCode, verb, made)
    assert first_differences(of_javascript())


# ---- queries upon many rows -------------------------------------------------------------------

EVENT: dict[str, Kind] = {"id": "String", "k": "Int64", "u": "String", "n": "Int64", "m": "Int64"}


def query(subjects: Any, events: Any, ns: Any, concat: Callable[[list[Any]], Any]) -> Any:
    """Filters, a group upon a union of two branches, a join: what a tally of events is made of."""
    kept = events.filter(ns.col("k") > -5, ~ns.col("u").is_null()).with_columns(
        (ns.col("k") * 2 - 1).alias("twice")
    )
    units = (
        kept.group_by(["id", "u", "k"])
        .agg(
            ns.col("n").max().alias("most"),
            ns.col("m").sum().cast(ns.Int64).alias("all"),
            ns.col("twice").max().alias("twice"),
        )
        .select(
            ns.col("id"),
            ns.coalesce(ns.col("most"), ns.lit(-1, dtype=ns.Int64)).alias("v"),
            (ns.col("all") // ns.lit(7, dtype=ns.Int64)).alias("w"),
        )
    )
    told = kept.filter(ns.col("k") == ns.lit(3)).select(
        ns.col("id"), ns.lit(0, dtype=ns.Int64).alias("v"), ns.col("n").fill_null(5).alias("w")
    )
    whole = (
        concat([units, told])
        .group_by("id")
        .agg(ns.col("v").sum().alias("v"), ns.col("w").sum().alias("w"))
    )
    joined = subjects.join(whole, on="id", how="left")
    return joined.select(
        ns.col("id"),
        ns.col("v"),
        ns.col("w"),
        ns.when(ns.col("w") > ns.col("v")).then(ns.col("g")).otherwise(ns.col("id")).alias("z"),
    )  # fmt: skip


def happened(seed: int) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    return [
        {
            "id": "S",
            "k": rng.choice((None, -7, -4, 0, 3, 3)),
            "u": rng.choice((None, "", "a", "A", "null")),
            "n": rng.choice((None, -5, 0, 9)),
            "m": rng.choice((None, -(2**52), 2**52, 2**52 + 1, 1, -1)),
        }
        for _ in range(seed % 40)
    ]


def tallies() -> list[list[dict[str, Any]]]:
    return [happened(seed) for seed in range(120)]


def expected_tallies() -> list[dict[str, Any]]:
    subject = pl.LazyFrame({"id": ["S"], "g": ["other"]})
    found = []
    for rows_of in tallies():
        frame = pl.LazyFrame(rows_of, schema={name: POLARS[kind] for name, kind in EVENT.items()})
        found.append(query(subject, frame, pl, pl.concat).collect().row(0, named=True))
    return found


def tally_table() -> tuple[Table, dict[str, dict[str, Held]]]:
    subject = recorder.source("subject", {"id": "String", "g": "String"})
    events = recorder.source("events", dict(EVENT))
    sizes = {"k": Held(True, 7), "n": Held(True, 9), "m": Held(True, 2**52 + 1)}
    return query(subject, events, recorder, recorder.concat), {"events": sizes}


def test_events_are_filtered_grouped_and_joined_as_polars_does() -> None:
    table, sources = tally_table()
    source = python_function(table, name="tally", sources=sources, many=["events"], own=["id"])
    tally = loaded(source)["tally"]
    subject = {"id": "S", "g": "other"}
    assert [tally(subject, events) for events in tallies()] == expected_tallies()
    text = javascript_function(table, name="tally", sources=sources, many=["events"], own=["id"])
    script = f"""(all) => {{ {text}
      return all.map((events) => tally({json.dumps(subject)}, events)); }}"""
    found = run(script, tallies())
    plain = [{name: shown(cell) for name, cell in row.items()} for row in found]
    assert plain == expected_tallies()
    assert "BigInt(" in text, "sums of these pass 2^53"


def test_a_query_of_many_rows_gives_rows_and_joins_every_one() -> None:
    people = recorder.source("people", {"id": "String", "a": "Int64"})
    towns = recorder.source("towns", {"id": "String", "name": "String"})
    table = people.filter(col("a") > 1).join(towns, on="id", how="left")
    given = (
        [{"id": "x", "a": 2}, {"id": "y", "a": 3}, {"id": None, "a": 4}, {"id": "x", "a": 1}],
        [{"id": "x", "name": "Liandu"}, {"id": None, "name": "nowhere"}],
    )
    expected = [
        {"id": "x", "a": 2, "name": "Liandu"},
        {"id": "y", "a": 3, "name": None},
        {"id": None, "a": 4, "name": None},
    ]
    sources = {"people": {"a": Held(True, 10)}}
    many = ["people", "towns"]
    rows_of = loaded(python_function(table, name="rows_of", sources=sources, many=many))["rows_of"]
    assert rows_of({}, *given) == expected
    text = javascript_function(table, name="rowsOf", sources=sources, many=many)
    assert run(f"(given) => {{ {text} return rowsOf({{}}, ...given); }}", given) == expected


# ---- names, texts, refusals -------------------------------------------------------------------


def test_names_that_are_words_of_a_language_and_texts_that_end_a_script_stay_what_they_are() -> (
    None
):
    names = ["class", "let", "None", "a b", "列", "列 ", "date", "events", "subject", "1st", "_1"]
    table = recorder.source("subject", dict.fromkeys(names, "Int64")).select(
        *[(col(name) + place).alias(name) for place, name in enumerate(names)],
        lit("</script>\u2028'\"\\").alias("text"),
    )
    row = {name: 10 * place for place, name in enumerate(names)}
    expected = {name: 11 * place for place, name in enumerate(names)}
    expected_text = "</script>\u2028'\"\\"
    held_of = {"subject": {name: Held(True, 1000) for name in names}}
    function = loaded(python_function(table, name="z", sources=held_of))["z"]
    assert function(row) == {**expected, "text": expected_text}
    text = javascript_function(table, name="z", sources=held_of)
    assert "</script>" not in text
    assert run(f"(row) => {{ {text} return z(row); }}", row) == {**expected, "text": expected_text}


def test_a_whole_number_that_does_not_fit_its_column_stops_both() -> None:
    table = recorder.source("subject", {"a": "Int64"}).select(
        (col("a") * 3).cast(recorder.Int32).alias("z")
    )
    sources = {"subject": {"a": Held(True, 10**10)}}
    function = loaded(python_function(table, name="z", sources=sources))["z"]
    assert function({"a": 715827882}) == {"z": 2147483646}
    with pytest.raises(OverflowError, match="2147483649"):
        function({"a": 715827883})
    text = javascript_function(table, name="z", sources=sources)
    script = f"(rows) => {{ {text} return rows.map((a) => {{"
    script += "try { return z({a}).z; } catch (stopped) { return stopped.name; } }); }"
    assert run(script, [715827882, 715827883, None]) == [2147483646, "RangeError", None]


def test_a_double_is_cut_off_to_a_whole_number_and_what_has_none_stops_both() -> None:
    for kind, most in (("Int32", 2**31), ("Int64", 2**63)):
        table = recorder.source("subject", {"x": "Float64"}).select(
            col("x").cast(kind).alias("z")  # type: ignore[arg-type]
        )
        given = [None, -2.9, 2.9, 1e9 + 0.5, -float(most), 2.0 * most, math.nan, math.inf]
        expected = [None, -2, 2, 10**9, -most, *["refused"] * 3]
        function = loaded(python_function(table, name="z", sources={}))["z"]
        found = []
        for cell in given:
            try:
                found.append(function({"x": cell})["z"])
            except (OverflowError, ValueError):
                found.append("refused")
        assert found == expected
        text = javascript_function(table, name="z", sources={})
        script = f"(cells) => {{ {text} return cells.map((x) => {{"
        script += "try { return z({x}).z; } catch (stopped) { return 'refused'; } }); }"
        assert list(map(shown, run(script, list(map(passed, given))))) == expected


@pytest.mark.parametrize(
    ("build", "named"),
    [
        (lambda t: t.select(col("x").cast(recorder.String).alias("z")), "cast Float64 String"),
        (lambda t: t.select(col("s").cast(recorder.Float64).alias("z")), "cast String Float64"),
        (lambda t: t.select((col("s") < lit("a")).alias("z")), "lt String"),
        (lambda t: t.select((col("x") // col("y")).alias("z")), "floordiv Float64"),
        (lambda t: t.select((col("a") / col("b")).alias("z")), "truediv Int64"),
        (lambda t: t.select(col("s").str.replace(r"\d+", "").alias("z")), "replace"),
        (lambda t: t.select(col("s").str.replace("a", r"\1").alias("z")), "replace"),
        (lambda t: t.filter(col("a") > 1), "filter of one row"),
    ],
)
@pytest.mark.parametrize("printer", [python_function, javascript_function])
def test_a_verb_without_an_exact_way_is_refused_by_name(
    build: Callable[[Table], Table], named: str, printer: Callable[..., str]
) -> None:
    with pytest.raises(CreditError, match=named):
        printer(build(recorder.source("subject", dict(KINDS))), name="z", sources={})


@pytest.mark.parametrize("kind", ["String", "Float64"])
def test_groups_by_doubles_and_largest_texts_are_refused_by_name(kind: Kind) -> None:
    events = recorder.source("events", {"id": kind, "n": kind})
    table = events.group_by("id").agg(col("n").max().alias("n"))
    with pytest.raises(CreditError, match=f"{'group by' if kind == 'Float64' else 'max'} {kind}"):
        python_function(table, name="z", sources={}, many=["events"])


# ---- sizes ------------------------------------------------------------------------------------


def tables_of_points() -> list[PointsTable]:
    found = []
    for name in GRADING:
        rubric = catalog.rubric(name)
        for row in rubric.scoring:
            if row.event is None and row.formula is None and row.share is None:
                found += [points_table(rubric, row)]
    return found


def test_the_size_of_a_table_of_points_is_about_what_the_table_says_itself() -> None:
    compared = 0
    for table in tables_of_points():
        if table.value.kind != "exact" or table.levels or not table.bands:
            continue
        terms = table.value.terms
        known = {term.column: Held(True, term.largest) for term in terms}
        known |= {str(term.over): Held(True, term.over_largest) for term in terms if term.over}
        subject = recorder.source("subject", dict.fromkeys(known, "Int64"))
        columns = subject.select(table.expr(recorder).alias("z")).columns
        assert columns is not None
        facts = Facts(known)

        def largest(node: recorder.Node, facts: Facts = facts) -> int:
            return max([facts.size(node), *map(largest, node.parts)])

        found = largest(columns["z"])
        # The table counts the rounding of a line, which now needs none.
        most = max(abs(band.points) for band in table.bands)
        assert table.heaviest // 4 <= found <= 4 * max(table.heaviest, most)
        compared += 1
    assert compared > 15


def test_a_sum_is_as_large_as_the_most_rows_there_may_be() -> None:
    events = recorder.source("events", {"id": "String", "n": "Int64"})
    table = events.group_by("id").agg(col("n").sum().alias("n"))
    done: dict[Table, dict[str, Held]] = {}
    nulls_and_sizes.held_columns(table, {"events": {"n": Held(True, 5)}}, done)
    assert done[table]["n"] == Held(False, 5 * MOST_ROWS)


# ---- cards ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "file",
    sorted((ROOT / "models").glob("*/*/scorecard.json")),
    ids=lambda file: f"{file.parts[-3]}/{file.parts[-2]}",
)
def test_a_card_gives_its_own_scores_in_both_languages(file: Path) -> None:
    card = load(file)
    frame = hostile_rows(card, rows=300, seed=16).select(card.columns)
    kinds: dict[str, Kind] = {
        name: "Float64" if kind.is_numeric() else "Boolean" if kind == pl.Boolean else "String"
        for name, kind in frame.schema.items()
    }
    frame = frame.cast({name: POLARS[kind] for name, kind in kinds.items()})
    expected = frame.select(card.expr()).to_series().to_list()
    table = recorder.source("subject", kinds).select(card.expr(recorder))
    score = loaded(python_function(table, name="score", sources={}))["score"]
    given = frame.to_dicts()
    assert [score(row)["score"] for row in given] == expected
    text = javascript_function(table, name="score", sources={})
    script = f"(rows) => {{ {text} return rows.map((row) => score(row).score); }}"
    assert run(script, [{k: passed(v) for k, v in row.items()} for row in given]) == expected
    assert len(set(expected)) > 20

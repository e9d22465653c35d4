"""Points by expression equal points by exact fractions, just below, on and just above every edge."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import polars as pl
import pytest

from lishui_credit.points import (
    INT64_MAX,
    Band,
    Level,
    PointsTable,
    Term,
    Value,
    compare,
    half_away,
    rounded,
    within,
)
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.rubric import Indicator, Rubric


def numeric_rows() -> list[tuple[Rubric, Indicator]]:
    found = []
    for entry in catalog.entries():
        rubric = catalog.load(entry.path)
        found += [(rubric, row) for row in rubric.scoring if row.bands and not row.mix]
    return found


def probes(table: PointsTable, per_unit: int, over: int | None) -> list[int]:
    """Integers around every bound, for a numerator over a fixed denominator."""
    edges = {
        bound for band in table.bands for bound in (band.lower, band.upper) if bound is not None
    }
    found: set[int] = {0}
    for edge in edges:
        exact = edge * (over if over is not None else per_unit)
        middle = exact.numerator // exact.denominator
        found.update(range(middle - 2, middle + 3))
    return sorted(found)


@pytest.mark.parametrize(
    ("rubric", "row"), numeric_rows(), ids=lambda v: getattr(v, "name", None) or v.id
)
def test_every_band_edge_is_exact_on_every_engine(rubric: Rubric, row: Indicator) -> None:
    table = tables.points_table(rubric, row)
    term = table.value.terms[0]
    over = 300_000 if term.over else None
    values: list[int | None] = [*probes(table, term.per_unit, over), None]
    frame = pl.DataFrame({term.column: pl.Series(values, dtype=pl.Int64)})
    scale = Fraction(term.over_per_unit, term.per_unit)
    expected = [
        table.of(
            None if v is None else Fraction(v, over) * scale if over else Fraction(v, term.per_unit)
        )
        for v in values
    ]
    if term.over:
        frame = frame.with_columns(pl.lit(over, dtype=pl.Int64).alias(term.over))
    frame = frame.with_row_index("n")
    assert frame.select(p=table.expr(pl))["p"].to_list() == expected
    connection = duckdb.connect()
    connection.register("frame", frame.to_arrow())
    lazy = nw.from_native(connection.sql("select * from frame"))
    found = lazy.select("n", p=table.expr(nw)).collect("polars").to_native().sort("n")
    assert found["p"].to_list() == expected


def test_a_zero_divisor_is_unknown_unless_the_numerator_settles_the_sign() -> None:
    rubric = catalog.rubric("farmer-household@2009-01-01")
    table = tables.points_table(rubric, rubric.indicator("net_assets"))
    frame = pl.DataFrame(
        {
            "net_assets": [0, -5, 5, 5, 5],
            "total_assets": [0, 0, 0, 5, None],
            "base_total_assets": [5, 5, 5, 5, 5],
        }
    )
    assert frame.select(p=table.expr(pl))["p"].to_list() == [0, 0, None, 130, None]


def test_better_values_never_lower_the_points_of_a_monotone_row() -> None:
    rubric = catalog.rubric("farmer-household@2009-01-01")
    for name in ("assets", "disposable", "income", "shares", "labour"):
        table = tables.points_table(rubric, rubric.indicator(name))
        points = [table.of(Fraction(n, 60)) for n in range(-60, 20_000_00, 997)]
        assert all(p is not None for p in points)
        assert points == sorted(points)


def test_only_the_full_value_earns_the_full_points_of_a_line() -> None:
    band = Band(
        points=80, points_to=100, lower=Fraction(9, 10), upper=Fraction(1), upper_closed=True
    )
    table = PointsTable(value=Value((Term(column="rate", per_unit=10_000),)), bands=(band,))
    assert [table.of(Fraction(n, 10_000)) for n in (9_000, 9_975, 9_999, 10_000)] == [
        80,
        99,
        99,
        100,
    ]
    frame = pl.DataFrame({"rate": [9_000, 9_975, 9_999, 10_000]})
    assert frame.select(p=table.expr(pl))["p"].to_list() == [80, 99, 99, 100]


F = Fraction
BOUNDS = [(True, True), (True, False), (False, True), (False, False)]


def expression(table: PointsTable, frame: pl.DataFrame) -> list[int | None]:
    """Points of every row, the same on both namespaces and always whole numbers of 32 bits."""
    found = frame.select(p=table.expr(pl))["p"]
    assert found.dtype == pl.Int32
    again = nw.from_native(frame).select(p=table.expr(nw))["p"]
    assert again.dtype == nw.Int32
    assert again.to_list() == found.to_list()
    return found.to_list()


# ---- rounding and comparing ---------------------------------------------------------------------


def test_halves_are_rounded_away_from_zero_and_the_rest_to_the_nearest() -> None:
    for n, d in product(range(-30, 31), (1, 2, 3, 4, 7)):
        value = F(n, d)
        near = half_away(value)
        assert abs(near - value) <= F(1, 2)
        if abs(near - value) == F(1, 2):
            assert abs(near) > abs(value)
        assert half_away(n, d) == half_away(F(n), d) == near
        assert half_away(np.array([n, -n]), d).tolist() == [near, -near]
    assert (half_away(F(0)), half_away(F(1, 2)), half_away(F(-1, 2))) == (0, 1, -1)


def test_quotients_are_rounded_half_away_from_zero_on_both_namespaces() -> None:
    tops = list(range(-45, 46))
    frame = pl.DataFrame({"top": tops})
    for down in (1, 2, 3, 10):
        expected = [half_away(F(top, down)) for top in tops]
        assert frame.select(n=rounded(pl, pl.col("top"), down))["n"].to_list() == expected
        found = nw.from_native(frame).select(n=rounded(nw, nw.col("top"), down))
        assert found["n"].to_list() == expected
        table = frame.with_columns(down=pl.lit(down))
        by_column = table.select(n=rounded(pl, pl.col("top"), pl.col("down")))
        assert by_column["n"].to_list() == expected
        unsigned = table.select(n=rounded(pl, pl.col("top").abs(), pl.col("down"), signed=False))
        assert unsigned["n"].to_list() == [abs(value) for value in expected]


@pytest.mark.parametrize("bound", [F(0), F(2), F(1, 3), F(-5, 2), F(7, 6)])
@pytest.mark.parametrize("down", [1, 2, 3, 6, None])
def test_a_quotient_is_compared_with_a_bound_without_dividing(bound: F, down: int | None) -> None:
    rows = [(top, d) for top in range(-16, 17) for d in ((down,) if down else (1, 2, 3, 6, 7))]
    frame = pl.DataFrame(rows, schema=["top", "down"], orient="row")
    right = pl.col("down") if down is None else down
    signs: dict[str, Any] = {
        ">=": lambda a, b: a >= b, ">": lambda a, b: a > b,
        "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    }  # fmt: skip
    for sign, holds in signs.items():
        found = frame.select(t=compare(pl.col("top"), right, sign, bound))["t"].to_list()
        assert found == [holds(F(top, d), bound) for top, d in rows]


@pytest.mark.parametrize(("lower_closed", "upper_closed"), BOUNDS)
def test_a_bound_belongs_to_its_band_only_where_it_is_closed(
    lower_closed: bool, upper_closed: bool
) -> None:
    ends = {"lower_closed": lower_closed, "upper_closed": upper_closed}
    values = [F(19, 10), F(2), F(21, 10), F(39, 10), F(4), F(41, 10)]
    inside = [False, lower_closed, True, True, upper_closed, False]
    frame = pl.DataFrame({"top": [int(value * 10) for value in values]})
    for lower, upper in ((F(2), F(4)), (F(2), None), (None, F(4))):
        band = Band(points=1, lower=lower, upper=upper, **ends)
        expected = [
            within_ or (lower is None and value <= 2) or (upper is None and value >= 4)
            for value, within_ in zip(values, inside, strict=True)
        ]
        assert [band.holds(value) for value in values] == expected
        assert frame.select(t=within(pl.col("top"), 10, band))["t"].to_list() == expected
    free = Band(points=1, **ends)
    assert free.holds(F(10**9))
    assert within(pl.col("top"), 1, free) is None


# ---- what a table reads -------------------------------------------------------------------------

RATIO = Term(column="a", over="b", weight=F(3, 2), per_unit=100, over_per_unit=10,
             largest=1000, over_largest=20)  # fmt: skip
PLAIN = Term(column="c", weight=F(1, 7), per_unit=4, largest=50)
OTHER = Term(column="d", over="e", largest=6, over_largest=5)
HALF = Term(column="d", over="e", weight=F(1, 2), largest=6, over_largest=5)


def exact(row: dict[str, int], *terms: Term) -> F:
    """A sum of terms by the definition, with any divisor for a zero over a zero."""
    return sum(
        (
            term.weight
            * F(row[term.column], term.per_unit)
            / (F(row[term.over] or 1, term.over_per_unit) if term.over else 1)
            for term in terms
        ),
        F(0),
    )


@pytest.mark.parametrize(
    "terms",
    [(RATIO,), (PLAIN,), (HALF,), (RATIO, PLAIN), (PLAIN, OTHER), (RATIO, OTHER, PLAIN)],
)
@pytest.mark.parametrize("wide", [False, True])
def test_a_sum_of_ratios_is_kept_as_one_exact_quotient(terms: tuple[Term, ...], wide: bool) -> None:
    value = Value(terms)
    cells = product((-7, 0, 1000), (1, 3, 20), (-50, 9), (0, 5), (1, 4))
    rows = [dict(zip("abcde", row, strict=True)) for row in cells]
    rows += [{"a": -7, "b": 0, "c": 1, "d": 0, "e": 0}]
    frame = pl.DataFrame(rows)
    top, down = value.fraction(pl, wide)
    found = frame.select(top=top, down=pl.lit(down) if isinstance(down, int) else down)
    for row, up, under in zip(rows, found["top"], found["down"], strict=True):
        assert under > 0
        assert F(up, under) == exact(row, *terms)
    largest, most = value.bound()
    assert found["top"].abs().max() <= largest
    assert found["down"].max() <= most
    assert found["top"].dtype == (pl.Int128 if wide else pl.Int64)
    again = nw.from_native(frame).select(top=value.fraction(nw, False)[0])
    assert again["top"].to_list() == found["top"].to_list()


def test_the_largest_numerator_and_divisor_follow_from_the_largest_cells() -> None:
    # 3/2 * a/100 / (b/10) = 3 a / (20 b); c/28
    assert Value((RATIO,)).bound() == (3 * 1000, 20 * 20)
    assert Value((PLAIN,)).bound() == (50, 28)
    assert Value((RATIO, PLAIN)).bound() == (21 * 1000 + 5 * 50 * 20, 140 * 20)
    assert Value((RATIO, OTHER)).bound() == (3 * 1000 * 5 + 20 * 6 * 20, 20 * 20 * 5)
    assert Value((Term(column="a", weight=F(-2), largest=9),)).bound() == (18, 1)
    assert Value((PLAIN,), kind="real").bound() == (0, 1)
    assert Value((RATIO, PLAIN, RATIO)).columns == ("a", "b", "c")


def test_a_value_is_known_where_no_cell_is_null_and_the_divisor_gives_a_sign() -> None:
    rows = [
        (1, 2, 0, True), (1, 0, 0, False), (0, 0, 0, True), (-1, 0, 0, True), (1, -1, 0, False),
        (-1, -1, 0, False), (None, 2, 0, False), (1, None, 0, False), (1, 2, None, False),
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=["a", "b", "c", "known"], orient="row")
    found = frame.select(k=Value((RATIO, PLAIN)).known(pl))["k"].fill_null(False)
    assert found.to_list() == frame["known"].to_list()


def test_a_measure_is_known_where_it_is_a_number() -> None:
    frame = pl.DataFrame({"c": [1.5, None, float("nan"), math.inf]})
    known = frame.select(k=Value((PLAIN,), kind="real").known(pl))["k"].to_list()
    assert known == [True, False, False, True]
    whole = pl.DataFrame({"c": [1, None]})
    assert whole.select(k=Value((PLAIN,), kind="real").known(pl))["k"].to_list() == [True, False]


def test_codes_are_compared_as_numbers_and_categories_as_text() -> None:
    coded, text = (Value((PLAIN,), kind=kind) for kind in ("coded", "text"))
    floats = pl.DataFrame({"c": [3.0, 10.0, 2.5, None]})
    assert floats.select(t=coded.cell(pl))["t"].to_list() == [3.0, 10.0, 2.5, None]
    assert floats.select(t=text.cell(pl))["t"].to_list() == ["3.0", "10.0", "2.5", None]
    words = pl.DataFrame({"c": ["3.00", "-0", "30"]})
    assert words.select(t=coded.cell(pl))["t"].to_list() == [3.0, 0.0, 30.0]
    real = Value((PLAIN,), kind="real")
    assert pl.DataFrame({"c": [1, 2]}).select(t=real.cell(pl))["t"].dtype == pl.Float64
    plain = Value((PLAIN,))
    assert pl.DataFrame({"c": [1, 2]}).select(t=plain.cell(pl))["t"].dtype == pl.Int64


# ---- points -------------------------------------------------------------------------------------


def test_the_first_band_that_holds_gives_the_points_and_a_gap_none() -> None:
    table = PointsTable(
        value=Value((Term(column="n", per_unit=10),)),
        bands=(
            Band(points=5, lower=F(3)),
            Band(points=4, lower=F(2), upper=F(4)),
            Band(points=1, lower=F(0), upper=F(1)),
        ),
        missing=-1,
    )
    cells = [30, 29, 20, 19, 10, 9, 0, -1, None]
    expected = [5, 4, 4, None, None, 1, 1, None, -1]
    assert expression(table, pl.DataFrame({"n": cells})) == expected
    assert [table.of(None if n is None else F(n, 10)) for n in cells] == expected
    rest = PointsTable(value=table.value, bands=(*table.bands, Band(points=0)))
    assert expression(rest, pl.DataFrame({"n": cells})) == [5, 4, 4, 0, 0, 1, 1, 0, None]


def test_special_codes_are_decided_before_the_bands() -> None:
    table = PointsTable(
        value=Value((Term(column="n"),)),
        bands=(Band(points=9, lower=F(0)), Band(points=1)),
        special=(Level(value=-9, points=5), Level(value=-8, points=5), Level(value=7, points=6)),
    )
    cells = [-9, -8, 7, 6, -7, None]
    expected = [5, 5, 6, 9, 1, None]
    assert expression(table, pl.DataFrame({"n": cells})) == expected
    assert [table.of(None if n is None else F(n)) for n in cells] == expected


def test_a_code_has_its_points_whatever_type_holds_it_and_infinity_has_none() -> None:
    levels = (Level(value=1.0, points=5), Level(value=2.0, points=3))
    table = PointsTable(
        value=Value((Term(column="n"),), kind="coded"), levels=levels, other=2, missing=0
    )
    cells = [1.0, 2.0, 1.5, -0.0, math.nan, None, math.inf, -math.inf]
    assert expression(table, pl.DataFrame({"n": cells})) == [5, 3, 2, 2, 0, 0, None, None]
    assert [table.of(F(cell)) for cell in cells[:4]] == [5, 3, 2, 2]
    for kind in (pl.Int8, pl.Float32, pl.Decimal(9, 2), pl.String):
        column = pl.Series("n", [1, 2, 7, None]).cast(kind)
        assert expression(table, column.to_frame()) == [5, 3, 2, 0]


def test_a_category_has_its_levels_points_or_those_of_the_others() -> None:
    kind: Any = "text"
    levels = (Level(value="1", points=5), Level(value="2", points=5), Level(value="x", points=3))
    table = PointsTable(
        value=Value((Term(column="n"),), kind=kind), levels=levels, other=2, missing=0
    )
    cells = ["1", "2", "x", "y", None]
    assert expression(table, pl.DataFrame({"n": cells})) == [5, 5, 3, 2, 0]
    assert [table.of(cell) for cell in cells] == [5, 5, 3, 2, 0]
    strict = PointsTable(value=table.value, levels=levels)
    assert expression(strict, pl.DataFrame({"n": cells})) == [5, 5, 3, None, None]
    assert strict.of("y") is None
    bare = PointsTable(value=table.value, other=4)
    assert expression(bare, pl.DataFrame({"n": ["1", None]})) == [4, None]
    assert bare.of("1") == 4


def test_a_flag_earns_by_yes_and_no() -> None:
    table = PointsTable(
        value=Value((Term(column="n"),)),
        levels=(Level(value=True, points=0), Level(value=False, points=8)),
        missing=3,
    )
    assert expression(table, pl.DataFrame({"n": [True, False, None]})) == [0, 8, 3]
    assert (table.of(True), table.of(False), table.of(None)) == (0, 8, 3)
    only = PointsTable(value=table.value, levels=(Level(value=False, points=8),), other=1)
    assert expression(only, pl.DataFrame({"n": [True, False]})) == [1, 8]


@pytest.mark.parametrize(("first", "second"), BOUNDS)
def test_a_measure_on_a_bound_falls_where_the_bound_is_closed(first: bool, second: bool) -> None:
    below = Band(points=1, upper=F(5, 2), upper_closed=first)
    middle = Band(points=2, lower=F(5, 2), lower_closed=not first, upper=F(4), upper_closed=second)
    table = PointsTable(
        value=Value((Term(column="n"),), kind="real"),
        bands=(below, middle, Band(points=3, lower=F(4), lower_closed=not second)),
        missing=0,
    )
    cells = [-math.inf, math.nextafter(2.5, 0), 2.5, math.nextafter(2.5, 9), 3.9999]
    cells += [4.0, math.nextafter(4, 9), math.inf, math.nan, None]
    on = (1 if first else 2), (2 if second else 3)
    expected = [None, 1, on[0], 2, 2, on[1], 3, None, 0, 0]  # infinity has no points
    assert expression(table, pl.DataFrame({"n": cells})) == expected


def test_a_measure_between_bands_has_no_points_and_one_beyond_them_the_last() -> None:
    bands = (Band(points=1, lower=F(0), upper=F(1)), Band(points=2, lower=F(2), upper=F(3)))
    table = PointsTable(value=Value((Term(column="n"),), kind="real"), bands=bands)
    cells = pl.DataFrame({"n": [-0.5, 0.0, 1.0, 1.5, 2.0, 2.5, 3.0, None]})
    assert expression(table, cells) == [None, 1, None, None, 2, 2, None, None]
    # both open at 1: a value on it is in neither, and the second band still needs its own test
    open_at = (Band(points=1, upper=F(1)), Band(points=2, lower=F(1), lower_closed=False))
    gap = PointsTable(value=table.value, bands=open_at)
    assert expression(gap, pl.DataFrame({"n": [0.9, 1.0, 1.1]})) == [1, None, 2]
    both = (Band(points=1, upper=F(1), upper_closed=True), Band(points=2, lower=F(1)))
    assert expression(PointsTable(value=table.value, bands=both), pl.DataFrame({"n": [1.0]})) == [1]
    rest = PointsTable(value=table.value, bands=(*bands, Band(points=0)))
    assert expression(rest, cells) == [0, 1, 0, 0, 2, 2, 0, None]
    special = PointsTable(
        value=table.value, bands=(Band(points=0),), special=(Level(value=-9.5, points=7),)
    )
    assert expression(special, pl.DataFrame({"n": [-9.5, -9.0]})) == [7, 0]


@pytest.mark.parametrize(("low", "high"), [(0, 10), (10, 0), (-3, 4), (5, 5)])
def test_points_of_a_line_are_rounded_down_between_its_ends(low: int, high: int) -> None:
    band = Band(points=low, points_to=high, lower=F(1, 3), upper=F(5, 2), upper_closed=True)
    table = PointsTable(value=Value((Term(column="n", over="m", largest=99),)), bands=(band,))
    rows = [(n, m) for m in (1, 3, 60) for n in range(151)]
    expected = [
        math.floor(low + (high - low) * (F(n, m) - F(1, 3)) / (F(5, 2) - F(1, 3)))
        if F(1, 3) <= F(n, m) <= F(5, 2)
        else None
        for n, m in rows
    ]
    assert expression(table, pl.DataFrame(rows, schema=["n", "m"], orient="row")) == expected
    assert [table.of(F(n, m)) for n, m in rows] == expected


# ---- how large the numbers get ------------------------------------------------------------------


def held(largest: int, *bands: Band) -> PointsTable:
    return PointsTable(value=Value((Term(column="n", largest=largest),)), bands=bands)


def test_the_heaviest_number_is_met_at_the_bound_with_the_largest_parts() -> None:
    assert held(100).heaviest == 100
    assert held(100, Band(points=1, lower=F(1, 7))).heaviest == 700
    assert held(100, Band(points=1, upper=F(1, 7)), Band(points=0)).heaviest == 700
    assert held(100, Band(points=1, lower=F(-900, 7))).heaviest == 900
    line = Band(points=2, points_to=5, lower=F(1, 2), upper=F(2, 3))
    # 3 * (2 * 100 + 1) * 6 over 2 * 1, met twice and once in rounding down
    assert held(100, line).heaviest == 2 * 3618 + 2
    down = Band(points=5, points_to=2, lower=F(-1, 2), upper=F(2, 3))
    assert held(100, down).heaviest == 2 * 3 * 201 * 6 + 2 * 7
    slow = PointsTable(
        value=Value((Term(column="n", per_unit=10, largest=100),)),
        bands=(Band(points=2, points_to=5, lower=F(1, 2), upper=F(2, 3)),),
    )
    # 3 * (2 * 100 + 1 * 10) * 6 over 10 * 2 * 1
    assert slow.heaviest == 2 * 3 * 210 * 6 + 20
    broad = Band(points=0, points_to=0, lower=F(0), upper=F(500))
    assert held(100, broad).heaviest == 1000


def test_numbers_past_sixty_four_bits_are_computed_in_a_hundred_and_twenty_eight() -> None:
    assert not held(INT64_MAX).wide
    assert held(INT64_MAX + 1).wide
    most = INT64_MAX // 3
    fine = Band(points=1, lower=F(most, 3))
    near, far = held(most, fine, Band(points=0)), held(most + 1, fine, Band(points=0))
    assert (near.wide, far.wide) == (False, True)
    coarse = held(10**18, Band(points=1, lower=F(10**18 * 11 - 1, 11)), Band(points=0))
    assert coarse.wide
    cells = pl.DataFrame({"n": [10**18, 10**18 - 1]})
    assert cells.select(p=coarse.expr(pl))["p"].to_list() == [1, 0]


def test_points_are_integers_of_thirty_two_bits_whatever_the_table() -> None:
    number = Value((Term(column="n", largest=9),))
    line = Band(points=1, points_to=3, lower=F(0), upper=F(9), upper_closed=True)
    measure, category = Value((Term(column="r"),), "real"), Value((Term(column="t"),), "text")
    yes = (Level(value=True, points=4), Level(value=False, points=1))
    one_each = (Level(value="a", points=2), Level(value="b", points=3))
    frame = pl.DataFrame({"n": [1, None], "r": [0.5, None], "t": ["a", None], "f": [True, None]})
    for found in (
        PointsTable(value=number, bands=(line,)),
        PointsTable(value=number, bands=(Band(points=1, lower=F(1)), Band(points=0))),
        PointsTable(value=number, bands=(Band(points=1),), missing=7),
        PointsTable(value=measure, bands=(Band(points=1, upper=F(1)), Band(points=2))),
        PointsTable(value=category, levels=one_each, other=0, missing=0),
        PointsTable(value=Value((Term(column="f"),)), levels=yes),
    ):
        assert frame.select(p=found.expr(pl)).schema == {"p": pl.Int32}, found
        assert nw.from_native(frame).select(p=found.expr(nw)).schema == {"p": nw.Int32}, found

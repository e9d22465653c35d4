"""Points by expression equal points by exact fractions, just below, on and just above every edge."""

from __future__ import annotations

from fractions import Fraction

import duckdb
import narwhals as nw
import polars as pl
import pytest

from lishui_credit.points import Band, PointsTable, Term, Value
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

"""Cells of numbers, money and rates as integers of their column's unit, as officials write them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

import polars as pl

from lishui_credit.language import tr
from lishui_credit.tables.column_cells import Cell, Plain, looked_up, text_of
from lishui_credit.tables.columns import Column
from lishui_credit.tables.header_words import UNITS
from lishui_credit.tables.headers import own_units

FIGURE: Final = r"[-+]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
"""A number as officials write it: thousands apart or not, an exponent where a spreadsheet put one."""

_TENS: Final = {"万": 10_000, "亿": 100_000_000}
_SLACK: Final = 1e-6
_EXACT: Final = 2**52


def number_cell(column: Column, header: str, unit: str, kind: pl.DataType) -> Cell:
    """Read a number as an integer of the column's unit."""
    # Float arithmetic only finds the nearest integer, which is exact below 2**52; a cell further from
    # it than rounding noise is finer than the unit, and rejected.
    factor = UNITS.get(column.type, {}).get(unit, Decimal(1)) * column.per_unit
    scale, integral = float(factor), factor == factor.to_integral_value()
    if kind == pl.String:
        units = _units(column, unit)
        written = "|".join(map(re.escape, sorted(units, key=len, reverse=True)))
        sign = "(?:¥|人民币|RMB|CNY)?" if column.type == "money" else ""
        parts = text_of(header).str.normalize("NFKC").str.replace_all(r"\s", "")
        parts = parts.str.replace_all("[−﹣]", "-")
        form = f"^{sign}({FIGURE})({written})?$" if units else f"^{sign}({FIGURE})()$"
        figure, stated = parts.str.extract(form, 1), parts.str.extract(form, 2)
        raw = figure.str.replace_all(",", "").cast(pl.Float64, strict=False)
        present = text_of(header).is_not_null()
        unreadable = present & raw.is_null()
        exact = raw * looked_up(stated, units, scale, pl.Float64())
    elif kind.is_integer() and integral:
        whole = _whole(column, header, int(factor))
        beyond = ((outside(column), ~whole.holds),)
        return Cell(column, header, whole.value, beyond, (whole,))
    elif kind == pl.Boolean:
        return Cell(
            column,
            header,
            pl.lit(None, pl.Int64),
            ((tr("not a number", "不是数字"), pl.col(header).is_not_null()),),
        )
    else:
        # by its shortest decimal: the float of 32 bits next to 0.9 is 0.9
        short_of = pl.col(header).cast(pl.String) if kind == pl.Float32 else pl.col(header)
        raw = short_of.cast(pl.Float64)
        exact, present = raw * scale, raw.is_not_null()
        unreadable = pl.lit(False)
    finite = exact.is_finite().fill_null(False)
    nearest = exact.round()
    value = pl.when(finite & (exact.abs() < float(_EXACT))).then(nearest).cast(pl.Int64)
    faults = [
        (tr("not a number", "不是数字"), unreadable),
        (tr("not a finite number", "不是有限的数"), present & ~unreadable & ~finite),
        (
            tr(
                f"more decimals than 1/{column.per_unit} of the unit",
                f"小数位过多,最小为单位的 1/{column.per_unit}",
            ),
            finite & _off(exact),
        ),
    ]
    short = [_decimal(column, pl.col(header), scale)]
    if kind == pl.String:
        # thousands apart, and cells that say there is nothing
        apart = pl.when(text_of(header).str.contains(f"^{FIGURE}$")).then(text_of(header))
        bare = apart.str.replace_all(",", "", literal=True)
        short.append(_decimal(column, bare, scale, empty=text_of(header).is_null()))
        if integral:
            short.insert(0, _whole(column, header, int(factor)))
    return Cell(column, header, value, (*faults, *_range(column, exact)), tuple(short))


def _units(column: Column, header_unit: str) -> dict[str, float]:
    """Return the units a cell may state, and the column's integers per one of them."""
    own = column.per_unit
    if column.type == "rate":
        return {"%": own / 100, "‰": own / 1_000}
    # 45万 below a header in 万元 may be meant either way
    bare = _TENS if header_unit in ("", "元", "yuan", *own_units(column)) else {}
    names = ("元", "圆") if column.type == "money" else own_units(column)
    found = {name: float(own) for name in names}
    found |= {f"{ten}{name}": float(own * times) for ten, times in _TENS.items() for name in names}
    return found | {ten: float(own * times) for ten, times in bare.items()}


def _whole(column: Column, header: str, factor: int) -> Plain:
    """Read whole numbers as they stand; they are tested before a product that might overflow."""
    low, high = bounds(column)
    cell = pl.col(header).cast(pl.Int64, strict=False)
    fits = cell.is_between(-(-low // factor), high // factor)
    holds = fits.fill_null(pl.col(header).is_null())
    return Plain(holds, cell * factor if factor != 1 else cell)


def _decimal(column: Column, cell: pl.Expr, scale: float, empty: pl.Expr | None = None) -> Plain:
    """Read numbers no unit has to be taken from; `empty` tells the cells that hold nothing."""
    low, high = bounds(column)
    exact = cell.cast(pl.Float64, strict=False) * scale
    fits = exact.is_between(max(low, 1 - _EXACT), min(high, _EXACT - 1)) & ~_off(exact)
    holds = fits.fill_null(cell.is_null() if empty is None else empty)
    return Plain(holds, exact.round().cast(pl.Int64, strict=False))


def _off(exact: pl.Expr) -> pl.Expr:
    """Tell whether a number lies further from the nearest integer than rounding noise."""
    return (exact - exact.round()).abs() > _SLACK * (exact.abs() * _SLACK + 1)


def bounds(column: Column) -> tuple[int, int]:
    """Return the least and the largest integer that a column of numbers may hold."""
    assert column.minimum is not None
    assert column.maximum is not None
    return int(column.minimum * column.per_unit), int(column.maximum * column.per_unit)


def outside(column: Column) -> str:
    """Say that a number lies beyond what its column may hold."""
    return tr(
        f"outside {column.minimum} to {column.maximum}",
        f"超出 {column.minimum} 至 {column.maximum}",
    )


def _range(column: Column, exact: pl.Expr) -> tuple[tuple[str, pl.Expr], ...]:
    low, high = bounds(column)
    return ((outside(column), ((exact < low) | (exact > high)).fill_null(False)),)

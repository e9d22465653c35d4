"""Cells of ids and codes: in one form, and wrong ones told for what they are."""

from __future__ import annotations

import polars as pl

from lishui_credit.language import tr
from lishui_credit.tables.column_cells import (
    NOTHING,
    ROUNDED,
    Cell,
    Plain,
    blank,
    plain_text,
    written,
)
from lishui_credit.tables.columns import Column
from lishui_credit.tables.identifiers import resident_id_valid, standard, uscc_valid


def code_cell(column: Column, header: str, kind: pl.DataType) -> Cell:
    """Read a text, an id or a code with a check digit."""
    text = written(header, kind)
    rounded = tr(
        "an id that a spreadsheet rounded (format the cells as text)",
        "编号已被表格软件舍入(请将该列设为文本格式)",
    )
    if column.type == "text" and not column.is_id:
        bare = (plain_text(header, rounded=False),) if kind == pl.String else ()
        return Cell(column, header, blank(text), (), bare)
    value = blank(standard(text) if column.is_key else text)
    if column.type == "text":
        way = _plain_id(header) if column.is_key else plain_text(header, rounded=True)
        plain = (way,) if kind == pl.String else ()
        return Cell(column, header, value, ((rounded, value.str.contains(ROUNDED)),), plain)
    test = uscc_valid if column.type == "uscc" else resident_id_valid
    name = "GB 32100" if column.type == "uscc" else "GB 11643"

    def valid(codes: pl.Expr) -> pl.Expr:
        return codes.map_batches(test, return_dtype=pl.Boolean, is_elementwise=True)

    wrong = value.is_not_null() & ~valid(value)
    lost = value.str.contains(ROUNDED) | value.str.contains(r"^\d{15}000$")
    old, length = value.str.contains(r"^\d{15}$"), value.str.len_chars()
    faults = (
        (rounded, wrong & lost),
        (_old_code(column), wrong & ~lost & old),
        (
            tr(f"not 18 characters ({name})", f"不是 18 位({name})"),
            wrong & ~lost & ~old & (length != 18),
        ),
        (
            tr(f"fails the check digit of {name}", f"未通过 {name} 校验码"),
            wrong & ~lost & ~old & (length == 18),
        ),
    )
    short: tuple[Plain, ...] = ()
    if kind == pl.String:  # a valid code is bare and in upper case
        cell = pl.col(header)
        short = (Plain(valid(cell) | cell.is_null(), cell),)
    return Cell(column, header, value, faults, short)


def _old_code(column: Column) -> str:
    if column.type == "uscc":
        return tr(
            "15 digits: a registration number of before 2015, not a unified social credit code",
            "15 位:是 2015 年以前的注册号,不是统一社会信用代码",
        )
    return tr(
        "15 digits: an identity number of before 1999; give the one of 18",
        "15 位:是 1999 年以前的身份证号,请填写 18 位号码",
    )


def _plain_id(header: str) -> Plain:
    """Read ids that all stand in the standard form."""
    cell = pl.col(header)
    holds = cell.str.contains(r"^[0-9A-Z_.-]*[0-9A-Z_.][0-9A-Z_.-]*$") & ~cell.str.contains(ROUNDED)
    return Plain(holds & ~cell.is_in(list(NOTHING)), cell)

"""Columns no dictionary knows, of samples and scores: text cells become numbers, or stay text."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

import polars as pl

from lishui_credit.errors import Problem
from lishui_credit.language import tr
from lishui_credit.tables.column_cells import blank
from lishui_credit.tables.number_cells import FIGURE
from lishui_credit.tables.read import TWIN


def numbers(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return text cells as numbers, integers where all are whole, and those that are none verbatim.

    A NaN is a missing number here, as it is in a frame; in a column of the dictionary it is none.

    >>> found, wrong = numbers(pl.Series("n", ["1,200", " 3 ", "NaN", "inf"]))
    >>> found.to_list(), wrong.to_list()
    ([1200, 3, None, None], [None, None, None, 'inf'])
    """
    found = typed(column)
    return found.numbers, found.wrong


class Typed(NamedTuple):
    """A text column as text without blanks around it, as numbers, and its cells that are none."""

    text: pl.Series
    numbers: pl.Series
    wrong: pl.Series


def typed(column: pl.Series) -> Typed:
    """Return what `filled` and `numbers` give of text cells, in one go."""
    cell = filled(column.alias("cell"))
    kept = pl.col("cell").str.to_lowercase() != "nan"  # as frames write a missing number
    plain = pl.col("cell").str.normalize("NFKC").str.replace_all("[−﹣]", "-")
    figure = plain.str.extract(f"^({FIGURE})$", 1).str.replace_all(",", "", literal=True)
    figures = cell.to_frame().select("cell", pl.when(kept).then(figure).alias("figure"))
    number = pl.col("figure").cast(pl.Float64, strict=False)
    read = figures.select(
        number.alias("number"),
        pl.col("figure").cast(pl.Int64, strict=False).alias("whole"),
        pl.when(number.is_null() & kept).then(pl.col("cell")).alias("wrong"),
    )
    counted = "whole" if read["whole"].null_count() == read["number"].null_count() else "number"
    return Typed(cell.alias(column.name), read[counted].alias(column.name), read["wrong"])


def filled(column: pl.Series) -> pl.Series:
    """Return text cells without blanks around them, null where one says that there is nothing."""
    cell = blank(pl.col(column.name)).alias(column.name)
    return column.cast(pl.String).to_frame().select(cell).to_series()


def shortest(column: pl.Series) -> pl.Series:
    """Return floats of 32 bits as the doubles their shortest decimals mean: 0.7, not 0.69999999."""
    if column.dtype != pl.Float32:
        return column
    return column.cast(pl.String).cast(pl.Float64)


def twins(headers: Sequence[str], used: Collection[str], where: str) -> list[Problem]:
    """Return a problem for each column in use that stands twice in a file."""
    names = [re.sub(TWIN, "", header).strip() for header in headers]
    return [
        Problem(
            tr("two columns of this name", "有两列同名"),
            name,
            tr("keep one", "请保留一列"),
            where=where,
        )
        for name in dict.fromkeys(names)
        if name in used and names.count(name) > 1
    ]

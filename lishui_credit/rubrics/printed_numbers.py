"""Numbers of a graded file as people print them, and back as grades are computed from them."""

from __future__ import annotations

import polars as pl

from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.whole_records import points_columns
from lishui_credit.tables.columns import dictionary


def printed(frame: pl.LazyFrame, rubric: Rubric) -> pl.LazyFrame:
    """Return the frame with numbers as people print them, for CSV and Excel.

    Division to floats is for the eye only; grades were decided before, in integers.
    """
    names = frame.collect_schema().names()
    known = dictionary()
    shown = []
    if rubric.point_unit != 1:
        shown += [(pl.col(name) / rubric.point_unit).alias(name) for name in points_columns(names)]
    for name in names:
        column = known.get(name)
        if column is not None and column.numeric and column.per_unit != 1:
            shown.append((pl.col(name) / column.per_unit).alias(name))
    return frame.with_columns(shown)


def held(frame: pl.LazyFrame, rubric: Rubric) -> pl.LazyFrame:
    """Turn a CSV's or sheet's printed numbers back into held ones."""
    known = dictionary()
    names = frame.collect_schema().names()
    back = []
    for name in names:
        column = known.get(name)
        text = pl.col(name).cast(pl.String).str.strip_chars("\t").replace("", None)
        number = text.cast(pl.Float64, strict=False)
        if name in points_columns(names):
            back.append((number * rubric.point_unit).round().cast(pl.Int32).alias(name))
        elif name.endswith("_fen"):
            back.append(text.cast(pl.Int64, strict=False).alias(name))
        elif column is not None and column.numeric:
            back.append((number * column.per_unit).round().cast(pl.Int64).alias(name))
        elif column is not None and column.type == "flag":
            back.append(text.str.to_lowercase().eq("true").alias(name))
        elif column is not None and column.type == "date":
            back.append(text.str.slice(0, 10).str.to_date(strict=False).alias(name))
        else:
            back.append(text.alias(name))
    return frame.with_columns(back)

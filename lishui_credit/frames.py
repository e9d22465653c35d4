"""Frames as people hand them over: any kind to polars, and what to say of a column that is not there."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr


def as_polars(frame: Any, where: str = "") -> pl.DataFrame:
    """Return any frame as polars holds it.

    Parameters
    ----------
    frame : polars DataFrame or LazyFrame, pandas DataFrame, pyarrow Table, any narwhals frame
    where : str, default ""
        What the frame holds, for the message.

    Raises
    ------
    SubjectError
        If it is no frame.

    Examples
    --------
    >>> as_polars(pl.LazyFrame({"a": [1]})).rows()
    [(1,)]
    """
    if isinstance(frame, pl.DataFrame):
        return frame
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    import narwhals as nw

    try:
        wrapped = nw.from_native(frame)
    except TypeError as error:
        raise SubjectError(
            Problem(
                tr("this is not a frame with named columns", "这不是带列名的数据框"),
                type(frame).__name__,
                tr(
                    "give a polars, pandas or pyarrow frame",
                    "请提供 polars、pandas 或 pyarrow 数据框",
                ),
                where,
            )
        ) from error
    eager: nw.DataFrame[Any] = wrapped.collect() if isinstance(wrapped, nw.LazyFrame) else wrapped
    return eager.to_polars()


def absent(name: str, columns: Sequence[str]) -> Problem:
    """Say that a column is missing, and which name is nearest."""
    near = difflib.get_close_matches(name, columns, 1)
    return Problem(
        tr(f"no column '{name}'", f"没有列“{name}”"),
        ", ".join(columns[:12]),
        tr(f"did you mean '{near[0]}'?", f"是否指“{near[0]}”?") if near else "",
    )


def rising(cell: pl.Expr, *, strictly: bool = False) -> pl.Expr:
    """Tell whether each cell of a column is at least the one before, and none is null.

    Parameters
    ----------
    cell : polars.Expr
        The column.
    strictly : bool, default False
        Each cell must be greater, so that none can stand twice.

    Notes
    -----
    Cost: one comparison per row. Select it alone or beside few columns: `shift` holds back whole
    chunks of what is read with it.

    Examples
    --------
    >>> frame = pl.DataFrame({"a": [1, 2, 2]})
    >>> frame.select(rising(pl.col("a")), strictly=rising(pl.col("a"), strictly=True)).row(0)
    (True, False)
    """
    risen = cell > cell.shift(1) if strictly else cell >= cell.shift(1)
    return (risen.sum().cast(pl.Int64) + 1 >= pl.len()) & (cell.null_count() == 0)

"""Frames as people hand them over: any kind to polars, and whether their rows stand in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

Frame: TypeAlias = "IntoFrame"
"""A frame as people hand it over: polars, pandas, pyarrow or whatever narwhals takes."""

DAMAGED: Final = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
"""What polars raises of a damaged file: some damage makes it panic, which is no `Exception`."""


def as_polars(frame: Any, where: str = "") -> pl.DataFrame:
    """Return any frame (polars, pandas, pyarrow, narwhals) as polars holds it.

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
            tr("this is not a frame with named columns", "这不是带列名的数据框"),
            type(frame).__name__,
            tr(
                "give a polars, pandas or pyarrow frame",
                "请提供 polars、pandas 或 pyarrow 数据框",
            ),
            where,
        ) from error
    eager: nw.DataFrame[Any] = wrapped.collect() if isinstance(wrapped, nw.LazyFrame) else wrapped
    return eager.to_polars()


def stands_in_order(frame: pl.LazyFrame, cell: pl.Expr, *, strictly: bool = False) -> bool:
    """Tell whether each cell of a column is at least the one before, and none is null."""
    # `strictly`: each must be greater, so that none occurs twice. Cost: one comparison per row. Held
    # are the ends of every piece; a `shift` in the query itself would hold the column.
    column = frame.select(cell.alias("first")).with_row_index("row")
    ids = column.collect_schema()
    schema = {**ids, "last": ids["first"], "rises": pl.Boolean()}

    def ends(piece: pl.DataFrame) -> pl.DataFrame:
        if piece.is_empty():
            return pl.DataFrame(schema=schema)
        cells = piece["first"]
        told = [piece["row"][0], cells[0], cells[-1], _rises(cells, strictly=strictly)]
        return pl.DataFrame([told], schema=schema, orient="row")

    found = column.map_batches(ends, schema=schema, streamable=True).collect(engine="streaming")
    pieces = found.sort("row")
    joints = pieces.select(pl.col("last").shift(1).alias("last"), "first").slice(1)
    meet = pl.col("first") > pl.col("last") if strictly else pl.col("first") >= pl.col("last")
    return bool(pieces["rises"].all()) and bool(joints.select(meet.all()).item())


def _rises(cells: pl.Series, *, strictly: bool) -> bool:
    before, after = cells.slice(0, len(cells) - 1), cells.slice(1)
    risen = after > before if strictly else after >= before
    return cells.null_count() == 0 and bool(risen.all())

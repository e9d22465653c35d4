"""Features as the matrix of floats that a tree reads: text becomes integer codes learned at the fit.

LightGBM 4.7 ends the whole process when a polars frame with a text, category, enum or date column
reaches it. Nothing but what `Codes.matrix` returns is ever handed to it: float64, NaN where a value
is missing or was never seen.

The levels of a text column are numbered by their bad rate, shrunk towards that of all rows, so that
one cut can part good levels from bad. A column of many levels is numbered by frequency instead: by
bad rate, thousands of villages of pure noise would look like the best feature there is.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import tr

Unseen = Literal["warn", "raise", "ignore"]

MANY_LEVELS: Final = 30
SHRINK: Final = 5.0  # rows of the overall bad rate that each level is given besides its own


@dataclass(frozen=True, slots=True)
class Codes:
    """How each feature becomes a column of floats, in the order of `names`.

    The place of a level is its code, None among the levels where a missing value was seen; a number
    has no levels.
    """

    names: tuple[str, ...]
    levels: tuple[tuple[str | None, ...] | None, ...]

    @classmethod
    def learn(
        cls,
        X: pl.DataFrame,
        y: NDArray[np.int8],
        weight: NDArray[np.float64],
        categorical: Collection[str] = (),
    ) -> Self:
        """Return the codes of a frame: its text columns, and the numbers named categorical."""
        prior = float(np.average(y, weights=weight))
        outcome = pl.Series("y", np.asarray(y, dtype=np.float64))
        found: list[tuple[str | None, ...] | None] = []
        for name in X.columns:
            if X[name].dtype != pl.String and name not in categorical:
                found.append(None)
                continue
            rates = (
                pl.DataFrame({"level": _text(X[name]), "y": outcome, "w": weight})
                .group_by("level")
                .agg(rows=pl.col("w").sum(), bads=(pl.col("w") * pl.col("y")).sum())
                .with_columns(rate=(pl.col("bads") + SHRINK * prior) / (pl.col("rows") + SHRINK))
            )
            order = "rate" if rates.height <= MANY_LEVELS else "rows"
            found.append(tuple(rates.sort(order, "level", nulls_last=True)["level"].to_list()))
        return cls(tuple(X.columns), tuple(found))

    def matrix(self, X: pl.DataFrame, unseen: Unseen = "warn") -> NDArray[np.float64]:
        """Return a frame read by `features` as floats, shape (n, k).

        Levels that were not there at the fit become NaN, with a warning, an error or nothing. A missing
        value of a column that had none at the fit is NaN without a warning. A number that arrives as
        text is refused.
        """
        problems = [
            Problem(
                tr("the column was a number at the fit and is text now", "拟合时为数字,现为文本"),
                str(X[name].drop_nulls().head(3).to_list()),
                where=name,
            )
            for name, levels in zip(self.names, self.levels, strict=True)
            if levels is None and X[name].dtype == pl.String and X[name].null_count() < X.height
        ]
        refuse(problems)
        matrix = np.empty((X.height, len(self.names)), dtype=np.float64, order="F")
        strange: list[Problem] = []
        for place, (name, levels) in enumerate(zip(self.names, self.levels, strict=True)):
            column = X[name]
            if levels is not None:
                column = _coded(column, levels, strange)
            elif column.dtype == pl.String:  # all missing
                column = pl.Series(name, [None] * X.height, dtype=pl.Float64)
            matrix[:, place] = column.cast(pl.Float64).to_numpy()
        if strange and unseen == "raise":
            raise SubjectError(strange)
        if strange and unseen == "warn":
            warnings.warn("; ".join(str(row) for row in strange), stacklevel=3)
        return np.ascontiguousarray(matrix)

    def to_list(self) -> list[dict[str, Any]]:
        """Return one row per feature as plain data."""
        return [
            {"name": name, "levels": None if levels is None else list(levels)}
            for name, levels in zip(self.names, self.levels, strict=True)
        ]

    @classmethod
    def from_list(cls, rows: Sequence[dict[str, Any]]) -> Self:
        """Return the codes of `to_list`."""
        return cls(
            tuple(row["name"] for row in rows),
            tuple(None if row["levels"] is None else tuple(row["levels"]) for row in rows),
        )


def _text(column: pl.Series) -> pl.Series:
    """Return a column as text; a whole number is written without a point, however it is held."""
    if not column.dtype.is_float():
        return column.cast(pl.String)
    whole = (column == column.floor()) & (column.abs() < 2**53)
    return (
        pl.select(
            pl.when(whole)
            .then(column.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(column.cast(pl.String))
        )
        .to_series()
        .alias(column.name)
    )


def _coded(column: pl.Series, levels: tuple[str | None, ...], strange: list[Problem]) -> pl.Series:
    known = [level for level in levels if level is not None]
    numbers = [float(place) for place, level in enumerate(levels) if level is not None]
    text = _text(column)
    coded = text.replace_strict(known, numbers, default=None, return_dtype=pl.Float64)
    lost = coded.is_null() & text.is_not_null()
    if lost.any():
        values = text.filter(lost).unique().sort()
        shown = ", ".join(values.head(3)) + ("…" if len(values) > 3 else "")
        strange.append(
            Problem(
                tr("categories that were not there at the fit", "有拟合时未出现的取值"),
                tr(
                    f"{int(lost.sum())} of {len(text)} rows: {shown}",
                    f"{len(text)} 行中 {int(lost.sum())} 行:{shown}",
                ),
                where=column.name,
            )
        )
    if None in levels:
        missing = float(levels.index(None))
        coded = coded.zip_with(
            text.is_not_null(), pl.Series([missing]).new_from_index(0, len(text))
        )
    return coded

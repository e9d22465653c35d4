"""Rows without names of columns, as scikit-learn passes them on: arrays, and lists of lists."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr


def unnamed(X: object) -> NDArray[Any] | None:
    """Return rows that are an array and have no names of columns; None for a frame."""
    if isinstance(X, np.ndarray):
        return X
    if isinstance(X, pl.DataFrame | pl.LazyFrame | pl.Series):
        return None
    if isinstance(X, list | tuple):
        return np.asarray(X)
    framed = (
        hasattr(X, "columns") or hasattr(X, "column_names") or hasattr(X, "__narwhals_series__")
    )
    if framed or not hasattr(X, "__array__"):
        return None
    return np.asarray(X)


def of_matrix(matrix: NDArray[Any]) -> pl.DataFrame:
    """Return an array of shape (n, k) as a frame with the columns x0, x1 and so on."""
    problems = []
    if np.iscomplexobj(matrix):
        problems.append(Problem("Complex data not supported", str(matrix.dtype)))
    if matrix.ndim != 2:
        hint = tr("Reshape your data, or give a frame with named columns", "请给出带列名的数据框")
        what = tr("Expected 2D array with a row per subject", "须为二维数组,每行一个主体")
        problems.append(Problem(what, f"{matrix.ndim}D", hint))
    elif not matrix.shape[1]:
        found = f"0 feature(s) (shape=({matrix.shape[0]}, 0)) while a minimum of 1 is required."
        problems.append(Problem(tr("there is no feature", "没有任何特征列"), found))
    refuse(problems)
    columns = {f"x{place}": matrix[:, place] for place in range(matrix.shape[1])}
    if matrix.dtype == object:
        return pl.DataFrame({name: column.tolist() for name, column in columns.items()})
    return pl.DataFrame({name: np.ascontiguousarray(column) for name, column in columns.items()})

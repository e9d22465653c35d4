"""What people hand to a model, turned into what a model reads: features, target, weights.

Features become a polars frame of numbers, booleans and text with every gap a null; the target
becomes 0 (good) and 1 (bad); weights become non-negative floats. Whatever cannot be read so is
refused with all its problems at once, never guessed and never left as a silent NaN.
"""

# ruff: noqa: N803 - X is what scikit-learn calls it

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr

_TEXT: Final = (pl.Categorical, pl.Enum)
_SHOWN: Final = 5  # values printed of those refused


def features(X: Any, names: Iterable[str] | None = None) -> pl.DataFrame:
    """Return a frame of features as models read them.

    Integers and booleans stay; floats become Float64 with NaN as null; categories and enums become
    String, also where the categories are numbers; a column without a type (all null) is Float64.

    Parameters
    ----------
    X : polars DataFrame or LazyFrame, pandas DataFrame, pyarrow Table, any narwhals frame
        One row per subject, shape (n, at least the columns named).
    names : iterable of str, optional
        Columns to pick, in this order; all of them by default. Columns that are not named are
        neither read nor checked.

    Returns
    -------
    polars.DataFrame, shape (n, k)
        Columns of integers, Float64, Boolean or String.

    Raises
    ------
    SubjectError
        If X is not a frame with text headers, a header stands twice, a named column is missing
        (with the nearest name there is), a column holds dates, lists or bytes, or a float is
        infinite: every problem at once.

    Examples
    --------
    >>> features({"age": [30, None]})
    Traceback (most recent call last):
    lishui_credit.errors.SubjectError: X is not a frame with named columns · found: dict · hint: ...
    >>> features(pl.DataFrame({"a": [1.5, float("nan")], "b": ["x", "y"]}), ["b", "a"])
    shape: (2, 2)
    ┌─────┬──────┐
    │ b   ┆ a    │
    │ --- ┆ ---  │
    │ str ┆ f64  │
    ╞═════╪══════╡
    │ x   ┆ 1.5  │
    │ y   ┆ null │
    └─────┴──────┘
    """
    frame = _wrapped(X)
    headers = _headers(X, frame)
    wanted = headers if names is None else list(names)
    problems = [*_twice(headers, wanted), *_missing(headers, wanted)]
    if not wanted:
        problems.append(Problem(tr("there is no feature", "没有任何特征列")))
    if problems:
        raise SubjectError(problems)
    declared = frame.collect_schema() if isinstance(frame, nw.LazyFrame) else frame.schema
    labels = {
        name for name in wanted if declared[name] in (nw.Categorical, nw.Enum)
    }  # pandas categories may hold numbers
    read = _read(frame, wanted)
    _refuse_types(read)
    cleaned = read.with_columns(
        *(_clean(name, dtype, name in labels) for name, dtype in read.schema.items())
    )
    _refuse_infinite(cleaned)
    return cleaned


def target(y: Any, rows: int | None = None) -> NDArray[np.int8]:
    """Return an outcome as 0 (good) and 1 (bad).

    Parameters
    ----------
    y : sequence, numpy array, polars or pandas Series, pyarrow array; shape (n,)
        Booleans, or the numbers 0 and 1 of any type; 1 is bad.
    rows : int, optional
        Number of rows expected, when known.

    Returns
    -------
    numpy.ndarray of int8, shape (n,)

    Raises
    ------
    SubjectError
        If a value is missing or neither 0 nor 1, only one class occurs, or the length is not
        `rows`: every problem at once.

    Examples
    --------
    >>> target([False, True, True])
    array([0, 1, 1], dtype=int8)
    >>> target([1, 0, 2])
    Traceback (most recent call last):
    lishui_credit.errors.SubjectError: target: values other than 0 and 1 · found: 1 of 3 rows: 2...
    """
    values = _column(y, "target", tr("target", "目标"))
    problems: list[Problem] = []
    where = tr("target", "目标")
    if rows is not None and len(values) != rows:
        problems.append(
            Problem(
                tr("its length is not that of the features", "长度与特征行数不一致"),
                tr(f"{len(values)} rows, not {rows}", f"{len(values)} 行,应为 {rows} 行"),
                where=where,
            )
        )
    missing = values.null_count()
    if missing:
        problems.append(
            Problem(
                tr("outcomes are missing", "有缺失值"),
                tr(f"{missing} of {len(values)} rows", f"{len(values)} 行中 {missing} 行"),
                tr("drop rows without an outcome", "删除没有结果的行"),
                where,
            )
        )
    known = values.drop_nulls()
    strange = known.filter((known != 0) & (known != 1)) if known.dtype.is_numeric() else known
    if known.dtype == pl.Boolean:
        strange = known.clear()
    if len(strange):
        shown = ", ".join(str(value) for value in strange.unique().sort().head(_SHOWN))
        problems.append(
            Problem(
                tr("values other than 0 and 1", "有 0 和 1 以外的值"),
                tr(
                    f"{len(strange)} of {len(values)} rows: {shown}",
                    f"{len(values)} 行中 {len(strange)} 行:{shown}",
                ),
                tr("code bad as 1 and good as 0", "违约记为 1,正常记为 0"),
                where,
            )
        )
    else:
        classes = sorted({int(value) for value in known.unique()})
        if len(classes) < 2:
            problems.append(
                Problem(
                    tr("only one class occurs", "只有一个类别"),
                    str(classes[0]) if classes else tr("no rows", "没有数据"),
                    tr("a model needs both good and bad", "建模需要好、坏两类样本"),
                    where,
                )
            )
    if problems:
        raise SubjectError(problems)
    return values.cast(pl.Int8).to_numpy().astype(np.int8)


def weights(w: Any, rows: int) -> NDArray[np.float64]:
    """Return sample weights: non-negative, finite, not all zero; ones when there are none.

    Parameters
    ----------
    w : sequence, numpy array, polars or pandas Series, or None; shape (n,)
        Weight of each row in any unit.
    rows : int
        Number of rows expected.

    Returns
    -------
    numpy.ndarray of float64, shape (rows,)

    Raises
    ------
    SubjectError
        If a weight is missing, negative, infinite or not a number, all are zero, or the length
        is not `rows`: every problem at once.

    Examples
    --------
    >>> weights(None, 2), weights([2, 0.5], 2)
    (array([1., 1.]), array([2. , 0.5]))
    """
    if w is None:
        return np.ones(rows)
    where = tr("weights", "权重")
    values = _column(w, "weights", where)
    if not (values.dtype.is_numeric() or values.dtype == pl.Boolean):
        raise SubjectError(
            Problem(tr("weights are not numbers", "权重不是数字"), str(values.dtype), where=where)
        )
    numbers = values.cast(pl.Float64).to_numpy()
    problems: list[Problem] = []
    if len(numbers) != rows:
        problems.append(
            Problem(
                tr("their length is not that of the features", "长度与特征行数不一致"),
                tr(f"{len(numbers)} rows, not {rows}", f"{len(numbers)} 行,应为 {rows} 行"),
                where=where,
            )
        )
    for en, zh, wrong in (
        ("missing", "缺失", np.isnan(numbers)),
        ("infinite", "无穷大", np.isinf(numbers)),
        ("negative", "为负", numbers < 0),
    ):
        count = int(wrong.sum())
        if count:
            problems.append(
                Problem(
                    tr(f"some are {en}", f"有{zh}的权重"),
                    tr(f"{count} rows", f"{count} 行"),
                    where=where,
                )
            )
    if not problems and not numbers.any():
        problems.append(Problem(tr("all are zero", "全部为零"), where=where))
    if problems:
        raise SubjectError(problems)
    return np.ascontiguousarray(numbers, dtype=np.float64)


def _wrapped(X: Any) -> nw.DataFrame[Any] | nw.LazyFrame[Any]:
    """Return the frame as narwhals sees it, or refuse what is not a frame."""
    if isinstance(X, nw.DataFrame | nw.LazyFrame):
        return X
    headers: list[str] = []
    if not isinstance(X, pl.LazyFrame):  # which warns when asked, and has no header twice
        headers = [str(name) for name in getattr(X, "column_names", getattr(X, "columns", ()))]
    repeated = _twice(headers, [])
    if repeated:
        raise SubjectError(repeated)
    try:
        frame: nw.DataFrame[Any] | nw.LazyFrame[Any] = nw.from_native(X)
    except TypeError as error:
        raise SubjectError(
            Problem(
                tr("X is not a frame with named columns", "X 不是带列名的数据框"),
                type(X).__name__,
                tr(
                    "give a polars, pandas or pyarrow frame; names decide what a column means",
                    "请提供 polars、pandas 或 pyarrow 数据框;列名决定各列含义",
                ),
            )
        ) from error
    return frame


def _headers(X: Any, frame: nw.DataFrame[Any] | nw.LazyFrame[Any]) -> list[str]:
    """Return the headers, or refuse those that are not text."""
    headers = (
        frame.collect_schema().names() if isinstance(frame, nw.LazyFrame) else list(frame.columns)
    )
    odd = [name for name in headers if not isinstance(name, str)]
    if odd:
        raise SubjectError(
            Problem(
                tr("column names are not text", "列名不是文本"),
                ", ".join(repr(name) for name in odd[:_SHOWN]),
                tr("name the columns", "请给各列命名"),
            )
        )
    return headers


def _twice(headers: Sequence[str], wanted: Sequence[str]) -> list[Problem]:
    problems = []
    for what, names in (
        (tr("columns stand twice", "列名重复"), headers),
        (tr("columns are named twice", "重复指定了列"), wanted),
    ):
        repeated = [name for name, count in Counter(names).items() if count > 1]
        if repeated:
            problems.append(Problem(what, ", ".join(repeated)))
            break
    return problems


def _missing(headers: Sequence[str], wanted: Sequence[str]) -> list[Problem]:
    problems = []
    for name in wanted:
        if name not in headers:
            near = difflib.get_close_matches(name, headers, n=1)
            problems.append(
                Problem(
                    tr(f"no column '{name}'", f"没有“{name}”列"),
                    hint=tr(f"is it '{near[0]}'?", f"是否为“{near[0]}”?") if near else "",
                )
            )
    return problems


def _read(frame: nw.DataFrame[Any] | nw.LazyFrame[Any], wanted: list[str]) -> pl.DataFrame:
    """Return the wanted columns as polars; name each column that cannot be read."""
    picked = frame.select(*wanted)
    eager = picked.collect(backend="polars") if isinstance(picked, nw.LazyFrame) else picked
    try:
        return eager.to_polars()
    except Exception:  # a mixed pandas column raises by many names; find which
        problems = []
        for name in wanted:
            try:
                eager.select(name).to_polars()
            except Exception as error:
                what = tr("the column cannot be read", "该列无法读取")
                hint = tr("one type per column", "每列只能有一种类型")
                problems.append(Problem(what, str(error).splitlines()[0], hint, name))
        if not problems:
            raise
        raise SubjectError(problems) from None


def _refuse_types(read: pl.DataFrame) -> None:
    problems = []
    for name, dtype in read.schema.items():
        if dtype.is_temporal():
            what = tr("a date or time is no feature as it stands", "日期时间不能直接作为特征")
            hint = tr(
                "turn it into a number, such as days up to a fixed day", "换算成数字,如距某日的天数"
            )
        elif dtype.is_numeric() or dtype in (pl.Boolean, pl.String, pl.Null, *_TEXT):
            continue
        else:
            what = tr("the type cannot be a feature", "该类型不能作为特征")
            hint = tr("give numbers, booleans or text", "请提供数字、布尔或文本")
        problems.append(Problem(what, str(dtype), hint, name))
    if problems:
        raise SubjectError(problems)


def _clean(name: str, dtype: pl.DataType, label: bool) -> pl.Expr:
    column = pl.col(name)
    if label or dtype in _TEXT:
        return column.cast(pl.String)
    if dtype.is_float():
        return column.cast(pl.Float64).fill_nan(None)
    if dtype.is_decimal() or dtype == pl.Null:
        return column.cast(pl.Float64)
    return column


def _refuse_infinite(frame: pl.DataFrame) -> None:
    floats = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    if not floats:
        return
    counts = frame.select(pl.col(floats).is_infinite().sum()).row(0, named=True)
    problems = [
        Problem(
            tr("infinite values", "有无穷大的值"),
            tr(f"{count} of {frame.height} rows", f"{frame.height} 行中 {count} 行"),
            tr("cap them or make them missing", "请截断或改为缺失"),
            name,
        )
        for name, count in counts.items()
        if count
    ]
    if problems:
        raise SubjectError(problems)


def _column(values: Any, name: str, where: str) -> pl.Series:
    """Return one column as polars, NaN as null, or refuse what is not one column."""
    try:
        if isinstance(values, nw.Series):
            series = values.to_polars()
        elif isinstance(values, (list, tuple)):
            series = _series(name, values)
        elif isinstance(values, (pl.Series, np.ndarray)):
            series = pl.Series(name, values)
        else:
            series = nw.from_native(values, series_only=True).to_polars()
    except Exception as error:
        raise SubjectError(
            Problem(
                tr("it cannot be read as one column", "无法读成一列"),
                f"{type(values).__name__}: {str(error).splitlines()[0] if str(error) else ''}",
                tr("give one value per row, of one type", "每行一个值,类型一致"),
                where,
            )
        ) from error
    if series.dtype.is_nested() or series.dtype == pl.Object:
        raise SubjectError(
            Problem(
                tr("it is not one column", "不是单列"),
                str(series.dtype),
                tr("give one value per row", "每行一个值"),
                where,
            )
        )
    return series.fill_nan(None) if series.dtype.is_float() else series


def _series(name: str, values: Sequence[Any]) -> pl.Series:
    try:
        return pl.Series(name, values)
    except TypeError:  # whole numbers first, then a fraction
        return pl.Series(name, values, dtype=pl.Float64)


def like(X: Any, frame: pl.DataFrame) -> Any:
    """Return a polars frame as the kind of frame that came in.

    Parameters
    ----------
    X : frame
        What came in; a pandas frame lends its index.
    frame : polars.DataFrame
        What goes out.

    Examples
    --------
    >>> import pandas as pd
    >>> like(pd.DataFrame({"a": [1]}, index=[7]), pl.DataFrame({"b": [2.0]})).index.to_list()
    [7]
    """
    came = _wrapped(X)
    if came.implementation.is_polars() or isinstance(came, nw.LazyFrame):
        return frame
    if came.implementation.is_pandas():
        made = frame.to_pandas()
        made.index = nw.to_native(came).index
        return made
    return nw.from_native(frame).to_arrow() if came.implementation.is_pyarrow() else frame

"""What people hand to a model, turned into what a model reads: features, target, weights.

Features become a polars frame of numbers, booleans and text with every gap a null; the target
becomes 0 (good) and 1 (bad); weights become non-negative floats. Whatever cannot be read so is
refused with all its problems at once, never guessed and never left as a silent NaN.

A frame passes here once on its way to a fit, and once on its way to scores: what comes after takes
the `TrainingSample` or the polars frame as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Self

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.scorecards.matrices import of_matrix, unnamed
from lishui_credit.statistics.outcomes import Flags, Floats, Values
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.frames import Frame

_TEXT: Final = (pl.Categorical, pl.Enum)
_SHOWN: Final = 5  # values printed of those refused

_Wrapped = nw.DataFrame[Any] | nw.LazyFrame[Any]


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSample:
    """Features, outcome and weights that a fit works on, checked; None is a weight of one each."""

    frame: pl.DataFrame
    outcome: NDArray[np.int8]
    weight: Floats | None

    @classmethod
    def read(cls, X: Frame, y: Values, sample_weight: Values | None = None) -> Self:
        """Return what was handed over, read by `features`, `target` and `weights`."""
        frame = features(X)
        outcome = target(y, frame.height)
        weight = None if sample_weight is None else weights(sample_weight, frame.height)
        if weight is not None and len({bool(bad) for bad in np.unique(outcome[weight > 0])}) < 2:
            hint = tr("a model needs both good and bad", "建模需要好、坏两类样本")
            what = tr("only one class has any weight", "仅一个类别有权重")
            raise SubjectError(what, hint=hint, where="sample_weight")
        return cls(frame, outcome, weight)

    @property
    def weighed(self) -> Floats:
        """The weights, ones where none were given."""
        return np.ones(len(self.outcome)) if self.weight is None else self.weight

    def evened(self) -> Self:
        """Return the sample with weights that sum to its effective number of rows, whatever their unit.

        That number is ``(sum w)^2 / sum w^2``: all rows where they weigh alike, fewer the more a few
        of them weigh. Weights say how much a row counts against another, not how often it was seen.
        """
        # Kish, L. (1965). Survey Sampling, ch. 11.7.
        if self.weight is None:
            return self
        shares = self.weight / self.weight.max()
        return replace(self, weight=np.round(shares * (shares.sum() / (shares**2).sum()), 12))

    def only(self, names: Sequence[str]) -> Self:
        """Return the sample with some of its features."""
        return replace(self, frame=self.frame.select(names))


def features(X: Frame, names: Iterable[str] | None = None) -> pl.DataFrame:
    """Return a frame's features as models read them: integers, Float64, Boolean or String columns.

    Integers and booleans stay; floats become Float64 with NaN as null; categories and enums become
    String, also where the categories are numbers; a column without a type (all null) is Float64.
    Columns are picked in the order of `names`; others are neither read nor checked.
    """
    frame = _wrapped(X)
    headers = _headers(frame)
    wanted = headers if names is None else list(names)
    problems = [*_twice(headers, wanted), *lacking(wanted, headers)]
    if not wanted:
        problems.append(Problem(tr("there is no feature", "没有任何特征列")))
    refuse(problems)
    declared = frame.collect_schema() if isinstance(frame, nw.LazyFrame) else frame.schema
    labels = {
        name for name in wanted if declared[name] in (nw.Categorical, nw.Enum)
    }  # pandas categories may hold numbers
    read = _read(frame, wanted)
    _refuse_types(read)
    cleaned = read.with_columns(
        *(_clean(name, dtype, name in labels) for name, dtype in read.schema.items())
    )
    refuse_infinite(cleaned.lazy(), cleaned.columns)
    return cleaned


def target(y: Values | None, rows: int | None = None) -> NDArray[np.int8]:
    """Return an outcome of booleans, or of the numbers 0 and 1, as 0 (good) and 1 (bad)."""
    where = tr("target", "目标")
    if y is None:
        raise SubjectError(
            tr("a fit requires y to be passed, but the target y is None", "拟合需要给出结果 y")
        )
    values = _column(y, "target", where)
    problems = _length(len(values), rows, where)
    missing = values.null_count()
    if missing:
        problems.append(
            Problem(
                tr("outcomes are missing", "有缺失的结果"),
                _share(missing, len(values)),
                tr("drop rows without an outcome", "请删除没有结果的行"),
                where,
            )
        )
    known = values.drop_nulls()
    strange = known.filter((known != 0) & (known != 1)) if known.dtype.is_numeric() else known
    if known.dtype == pl.Boolean:
        strange = known.clear()
    classes = sorted({int(value) for value in known.unique()}) if not len(strange) else []
    if len(strange):
        shown = ", ".join(str(value) for value in strange.unique().sort().head(_SHOWN))
        problems.append(
            Problem(
                tr(
                    "Only binary classification is supported. Unknown label type: values other than "
                    "0 and 1",
                    "有 0 和 1 以外的值",
                ),
                f"{_share(len(strange), len(values))}: {shown}",
                tr("code bad as 1 and good as 0", "违约记为 1,正常记为 0"),
                where,
            )
        )
    elif len(classes) < 2:
        problems.append(
            Problem(
                tr("there is only one class", "只有一个类别"),
                str(classes[0]) if classes else tr("no rows", "没有数据"),
                tr("a model needs both good and bad", "建模需要好、坏两类样本"),
                where,
            )
        )
    refuse(problems)
    return values.cast(pl.Int8).to_numpy().astype(np.int8)


def weights(w: Values | None, rows: int) -> Floats:
    """Return sample weights: non-negative, finite, not all zero; ones when there are none."""
    if w is None:
        return np.ones(rows)
    where = tr("weights", "权重")
    values = _column(w, "weights", where)
    if not (values.dtype.is_numeric() or values.dtype == pl.Boolean):
        raise SubjectError(
            tr("weights are not numbers", "权重不是数字"), str(values.dtype), where=where
        )
    numbers = values.cast(pl.Float64).to_numpy()
    problems = _length(len(numbers), rows, where)
    for what, wrong in (
        (tr("some weights are missing", "有缺失的权重"), np.isnan(numbers)),
        (tr("some weights are infinite", "有无穷大的权重"), np.isinf(numbers)),
        (tr("some weights are negative", "有为负的权重"), numbers < 0),
    ):
        count = int(wrong.sum())
        if count:
            problems.append(Problem(what, _share(count, len(numbers)), where=where))
    if not problems and not numbers.any():
        problems.append(Problem(tr("all weights are zero", "权重全部为零"), where=where))
    refuse(problems)
    return np.ascontiguousarray(numbers, dtype=np.float64)


def refuse_infinite(
    frame: pl.LazyFrame, names: Sequence[str], engine: Literal["auto", "streaming"] = "auto"
) -> None:
    """Refuse infinite values in the named columns, counted in one pass."""
    schema = frame.collect_schema()
    floats = [name for name in names if schema[name].is_float()]
    if not floats:
        return
    infinite = pl.struct(pl.col(floats).is_infinite().sum()).alias("infinite")
    counted = frame.select(infinite, pl.len().alias("rows")).collect(engine=engine)
    counts, rows = counted.row(0)
    problems = [
        Problem(
            tr("infinite values", "有无穷大的值"),
            _share(count, rows),
            tr("cap them or make them missing", "请截断或改为缺失"),
            name,
        )
        for name, count in counts.items()
        if count
    ]
    refuse(problems)


def refuse_rows(wrong: Flags, what: str) -> None:
    """Refuse rows in which something is wrong, counted."""
    if count := int(wrong.sum()):
        raise SubjectError(what, _share(count, len(wrong)))


def _share(count: int, rows: int) -> str:
    return tr(f"{count} of {rows} rows", f"{rows} 行中 {count} 行")


def _length(found: int, rows: int | None, where: str) -> list[Problem]:
    if rows is None or found == rows:
        return []
    return [
        Problem(
            tr("the length is not that of the features", "长度与特征行数不一致"),
            tr(f"{found} rows, not {rows}", f"{found} 行,应为 {rows} 行"),
            where=where,
        )
    ]


def _wrapped(X: Frame) -> _Wrapped:
    """Return the frame as narwhals sees it, or refuse what is not a frame."""
    if isinstance(X, nw.DataFrame | nw.LazyFrame):
        return X
    if (matrix := unnamed(X)) is not None:
        return nw.from_native(of_matrix(matrix))
    headers: list[str] = []
    if not isinstance(X, pl.LazyFrame):  # which warns when asked, and has no header twice
        headers = [str(name) for name in getattr(X, "column_names", getattr(X, "columns", ()))]
    repeated = _twice(headers, [])
    if repeated:
        raise SubjectError(repeated)
    try:
        frame: _Wrapped = nw.from_native(X)
    except TypeError as error:
        raise SubjectError(
            tr("X is not a frame with named columns", "X 不是带列名的数据框"),
            type(X).__name__,
            tr(
                "give a polars, pandas or pyarrow frame, or a dense array (sparse input is not supported)",
                "请提供 polars、pandas 或 pyarrow 数据框,或稠密数组(不支持稀疏矩阵)",
            ),
        ) from error
    return frame


def _headers(frame: _Wrapped) -> list[str]:
    """Return the headers, or refuse those that are not text."""
    headers = (
        frame.collect_schema().names() if isinstance(frame, nw.LazyFrame) else list(frame.columns)
    )
    odd = [name for name in headers if not isinstance(name, str)]
    if odd:
        raise SubjectError(
            tr("column names are not text", "列名不是文本"),
            ", ".join(repr(name) for name in odd[:_SHOWN]),
            tr("name the columns", "请给各列命名"),
        )
    return headers


def _twice(headers: Sequence[str], wanted: Sequence[str]) -> list[Problem]:
    for what, names in (
        (tr("column names occur twice", "列名重复"), headers),
        (tr("columns are asked for twice", "重复指定了列"), wanted),
    ):
        repeated = [name for name, count in Counter(names).items() if count > 1]
        if repeated:
            return [Problem(what, ", ".join(repeated))]
    return []


def _read(frame: _Wrapped, wanted: list[str]) -> pl.DataFrame:
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
            what = tr("a date or time cannot be a feature", "日期时间不能作为特征")
            hint = tr(
                "turn it into a number, such as days up to a fixed day", "换算成数字,如距某日的天数"
            )
        elif dtype.is_numeric() or dtype in (pl.Boolean, pl.String, pl.Null, *_TEXT):
            continue
        else:
            what = tr("a column of this type cannot be a feature", "该类型的列不能作为特征")
            hint = tr("give numbers, booleans or text", "请提供数字、布尔或文本")
        problems.append(Problem(what, str(dtype), hint, name))
    refuse(problems)


def _clean(name: str, dtype: pl.DataType, label: bool) -> pl.Expr:
    column = pl.col(name)
    if label or dtype in _TEXT:
        return column.cast(pl.String)
    if dtype.is_float():
        return column.cast(pl.Float64).fill_nan(None)
    if dtype.is_decimal() or dtype == pl.Null:
        return column.cast(pl.Float64)
    return column


def _column(values: Values, name: str, where: str) -> pl.Series:
    """Return one column as polars, NaN as null, or refuse what is not one column."""
    try:
        if isinstance(values, nw.Series):
            series = values.to_polars()
        elif isinstance(values, (list, tuple)):
            series = _series(name, values)
        elif isinstance(values, (pl.Series, np.ndarray)):
            series = pl.Series(name, values)
        else:
            series = _native(name, values)
    except Exception as error:
        raise SubjectError(
            tr("it cannot be read as one column", "无法读成一列"),
            f"{type(values).__name__}: {str(error).splitlines()[0] if str(error) else ''}",
            tr("give one value per row, of one type", "每行一个值,类型一致"),
            where,
        ) from error
    if series.dtype.is_nested() or series.dtype == pl.Object:
        raise SubjectError(
            tr("it is not one column (Unknown label type)", "不是单列"),
            str(series.dtype),
            tr("give one value per row", "每行一个值"),
            where,
        )
    return series.fill_nan(None) if series.dtype.is_float() else series


def _native(name: str, values: Any) -> pl.Series:
    """Return a column of another library, or whatever can be made an array."""
    try:
        return pl.Series(name, nw.from_native(values, series_only=True).to_polars())
    except TypeError:
        if not hasattr(values, "__array__"):
            raise
        return pl.Series(name, np.asarray(values))


def _series(name: str, values: Sequence[Any]) -> pl.Series:
    try:
        return pl.Series(name, values)
    except TypeError:  # whole numbers first, then a fraction
        return pl.Series(name, values, dtype=pl.Float64)


def like(X: Frame, frame: pl.DataFrame) -> Any:
    """Return a polars frame as the kind of frame that came in; a pandas frame lends its index.

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

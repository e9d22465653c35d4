"""Raw records as they arrive: named tables of columns, checked and typed before anything is counted.

Headers may be Chinese or English; frames may be polars, pandas, pyarrow or any that narwhals takes,
or a file (`read`). Whatever a table lacks or holds wrongly is one `SubjectError` with every problem:
a count made from half-read records would look like any other.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.plan.divisions import words
from lishui_credit.tables.cells import cell
from lishui_credit.tables.columns import Column, ColumnType
from lishui_credit.tables.frames import as_polars
from lishui_credit.tables.headers import banned, normal, split_unit
from lishui_credit.tables.read import read

Kind = Literal["text", "integer", "money", "flag", "level", "date", "moment", "area"]

_MOMENTS: Final = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y%m%d%H%M%S",
)
_TYPES: Final[dict[str, pl.DataType]] = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "money": pl.Int64(),
    "flag": pl.Boolean(),
    "level": pl.String(),
    "date": pl.Date(),
    "moment": pl.Datetime("us"),
    "area": pl.String(),
}


@dataclass(frozen=True, slots=True)
class RawColumn:
    """One column of a raw table; one that is not needed may have empty cells too."""

    id: str
    label_zh: str
    kind: Kind = "text"
    _: KW_ONLY
    needed: bool = True
    filled: bool = True
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()

    @property
    def read_as(self) -> Column:
        """The column in the terms of `cells`."""
        kind: ColumnType = "text"
        if self.kind != "moment" and self.kind != "area":
            kind = self.kind
        return Column(
            id=self.id,
            label_zh=self.label_zh,
            type=kind,
            minimum=Decimal(0),
            maximum=Decimal(10) ** 12,
            values=self.values,
            aliases=self.aliases,
        )


def level_column(
    id: str, label_zh: str, *, needed: bool = True, **values: tuple[str, ...]
) -> RawColumn:
    """Return a column of levels: by the id of each, the words accepted for it."""
    return RawColumn(id, label_zh, "level", needed=needed, values=values)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """A kind of raw records: what one row is, and its columns."""

    id: str
    title_zh: str
    columns: tuple[RawColumn, ...]

    @property
    def all_columns(self) -> tuple[RawColumn, ...]:
        """The columns, and whether a row is made up."""
        return (*self.columns, _SYNTHETIC)


AREA: Final = RawColumn("adcode", "区划代码", "area", aliases=("县(市、区)", "county"))
"""Where a row belongs: a county, or 331100 for the city itself."""

_SYNTHETIC: Final = RawColumn("synthetic", "合成数据", "flag", needed=False)


def _frame(source: Any, table: RawTable) -> tuple[pl.DataFrame, str, pl.Series]:
    """Return the rows of a file or a frame, its name for messages, and the numbers of its rows."""
    if isinstance(source, str | Path):
        headers = {normal(name) for column in table.all_columns for name in _names(column)}
        days = {
            normal(name)
            for column in table.columns
            if column.kind == "date"
            for name in _names(column)
        }
        raw = read(source, lambda text: normal(text) in headers, lambda text: normal(text) in days)
        found = raw.numbered().collect()
        return found.drop("_row"), raw.name, found["_row"]
    name = tr(table.id.replace("_", " "), table.title_zh)
    frame = as_polars(source, name)
    return frame, name, pl.int_range(1, frame.height + 1, eager=True)


def read_frame(source: Any, table: RawTable) -> pl.DataFrame:
    """Return the rows of a file or a frame as they are, before any column is read."""
    return _frame(source, table)[0]


def _names(column: RawColumn) -> tuple[str, ...]:
    return (column.id, column.label_zh, *column.aliases)


def _matched(
    headers: list[str], table: RawTable, where: str, problems: list[Problem]
) -> dict[str, tuple[str, str]]:
    names = {normal(name): column for column in table.all_columns for name in _names(column)}
    found: dict[str, tuple[str, str]] = {}
    for header in headers:
        plain = normal(header)
        bare, unit = (plain, "") if plain in names else split_unit(plain)
        if (problem := banned(header, where)) is not None:
            problems.append(problem)
        elif (column := names.get(bare)) is not None and (not unit or column.kind == "money"):
            if column.id in found:
                problems.append(
                    Problem(
                        tr(f"two headers for '{column.id}'", f"“{column.label_zh}”对应两列"),
                        f"{found[column.id][0]}, {header}",
                        tr("keep one", "请保留一列"),
                        where,
                    )
                )
            else:
                found[column.id] = (header, unit)
    problems += [
        Problem(
            tr(
                f"no column '{column.id}' ({column.label_zh})",
                f"缺少“{column.label_zh}”列({column.id})",
            ),
            ", ".join(headers[:8]) + ("…" if len(headers) > 8 else ""),
            tr(f"add a column '{column.id}'", f"请补充“{column.label_zh}”列"),
            where,
        )
        for column in table.columns
        if column.needed and column.id not in found
    ]
    return found


def _moment(header: str, kind: pl.DataType) -> tuple[pl.Expr, list[tuple[str, pl.Expr]]]:
    if isinstance(kind, pl.Datetime):
        value = pl.col(header)
        if kind.time_zone is not None:
            value = value.dt.convert_time_zone("Asia/Shanghai").dt.replace_time_zone(None)
        return value.cast(pl.Datetime("us")), []
    if kind == pl.Date:
        return pl.col(header).cast(pl.Datetime("us")), []
    text = pl.col(header).cast(pl.String).str.strip_chars()
    text = pl.when(text == "").then(None).otherwise(text)
    value = pl.coalesce(
        *(text.str.to_datetime(form, strict=False, time_unit="us") for form in _MOMENTS)
    )
    reason = tr("not a day and time (2019-04-01 09:30:00)", "不是日期时间(如 2019-04-01 09:30:00)")
    return value, [(reason, text.is_not_null() & value.is_null())]


def _area(text: pl.Expr) -> tuple[pl.Expr, list[tuple[str, pl.Expr]]]:
    value = text.replace_strict(words(), default=None, return_dtype=pl.String)
    reason = tr(
        "neither a code nor a name of Lishui or its counties",
        "不是丽水市及所辖县(市、区)的代码或名称",
    )
    return value, [(reason, text.is_not_null() & value.is_null())]


def _read(
    column: RawColumn, header: str, unit: str, kind: pl.DataType
) -> tuple[pl.Expr, list[tuple[str, pl.Expr]]]:
    if column.kind == "moment" and kind != pl.Null:
        value, faults = _moment(header, kind)
    else:
        found = cell(column.read_as, header, unit, kind)
        value, faults = found.value, list(found.faults)
        if column.kind == "area":
            value, faults = _area(value.cast(pl.String))
    if column.filled and column.needed:
        readable = (
            ~pl.any_horizontal(*(test.fill_null(False) for _, test in faults))
            if faults
            else pl.lit(True)
        )
        faults.append((tr("the cell is empty", "单元格为空"), value.is_null() & readable))
    return value, faults


def take(source: Any, table: RawTable) -> pl.DataFrame:
    """Return the records of a table, typed and named by id, or everything wrong with them."""
    frame, where, lines = _frame(source, table)
    problems: list[Problem] = []
    found = _matched(frame.columns, table, where, problems)
    values: list[pl.Expr] = []
    tests: list[tuple[str, str, pl.Expr]] = []
    for column in table.all_columns:
        if column.id not in found:
            values.append(pl.lit(None, _TYPES[column.kind]).alias(column.id))
            continue
        header, unit = found[column.id]
        value, faults = _read(column, header, unit, frame.schema[header])
        values.append(value.cast(_TYPES[column.kind]).alias(column.id))
        tests += [(header, reason, test) for reason, test in faults]
    if tests:
        marks = frame.select(
            test.fill_null(False).alias(str(place)) for place, (_, _, test) in enumerate(tests)
        )
        for (header, reason, _), mark in zip(tests, marks.get_columns(), strict=True):
            if mark.any():
                row = mark.arg_true()[0] % max(frame.height, 1)
                count = int(mark.sum())
                problems.append(
                    Problem(
                        reason,
                        tr(
                            f"{count} rows, first row {lines[row]}: {frame[header][row]!s}",
                            f"{count} 行,首行为第 {lines[row]} 行:{frame[header][row]!s}",
                        ),
                        where=f"{where} {header}",
                    )
                )
    refuse(problems)
    return frame.select(values).with_columns(pl.col("synthetic").fill_null(False))

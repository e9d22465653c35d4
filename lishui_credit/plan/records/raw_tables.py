"""Raw records as they arrive: named tables of columns, checked and typed before anything is counted.

Headers may be Chinese or English; frames may be polars, pandas, pyarrow or any that narwhals takes,
or a file (`read`). Whatever a table lacks or holds wrongly is one `SubjectError` with every problem:
a count made from half-read records would look like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.plan.divisions import words
from lishui_credit.tables.cells import cell
from lishui_credit.tables.column_cells import held
from lishui_credit.tables.columns import Column, ColumnType
from lishui_credit.tables.frames import as_polars
from lishui_credit.tables.headers import compared, heads
from lishui_credit.tables.read import read

_NONE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({})


def raw_column(
    id: str,
    label_zh: str,
    type: ColumnType = "text",
    *,
    unit: str = "",
    values: Mapping[str, tuple[str, ...]] = _NONE,
    aliases: tuple[str, ...] = (),
) -> Column:
    """Return a column of raw records; its numbers, if it holds numbers, are counts or sums of money."""
    return Column(
        id=id,
        label_zh=label_zh,
        type=type,
        unit=unit,
        minimum=Decimal(0),
        maximum=Decimal(10) ** 12,
        values=dict(values),
        aliases=aliases,
    )


def level_column(id: str, label_zh: str, **values: tuple[str, ...]) -> Column:
    """Return a column of levels: by the id of each, the words accepted for it."""
    return raw_column(id, label_zh, "level", values=values)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """A kind of raw records: what one row is, and its columns."""

    id: str
    title_zh: str
    columns: tuple[Column, ...]
    optional: tuple[str, ...] = ()  # columns that may be absent; their cells may be empty too
    gaps: tuple[str, ...] = ()  # columns that must be there, cells of which may be empty

    @property
    def known(self) -> dict[str, Column]:
        """The columns by id, and whether a row is made up."""
        return {column.id: column for column in (*self.columns, _SYNTHETIC)}

    @property
    def wanted(self) -> dict[str, bool]:
        """Whether each column must be there."""
        may_lack = {*self.optional, _SYNTHETIC.id}
        return {name: name not in may_lack for name in self.known}


_AREAS: Final = words()
AREA: Final = raw_column(
    "adcode",
    "区划代码",
    "level",
    values={
        code: tuple(word for word, of in _AREAS.items() if of == code)
        for code in dict.fromkeys(_AREAS.values())
    },
    aliases=("行政区划代码", "地区", "县(市、区)", "县市区", "area", "county"),
)
"""Where a row belongs: a county, or 331100 for the city itself."""

_SYNTHETIC: Final = raw_column("synthetic", "合成数据", "flag")


def read_frame(source: Any, table: RawTable) -> tuple[pl.DataFrame, str, pl.Series]:
    """Return the rows of a file or a frame, its name for messages, and the numbers of its rows."""
    if isinstance(source, str | Path):
        known = table.known.values()
        raw = read(source, heads(known), heads(row for row in known if row.type == "date"))
        found = raw.whole()
        return found.drop("_row"), raw.name, found["_row"]
    name = tr(table.id.replace("_", " "), table.title_zh)
    frame = as_polars(source, name)
    return frame, name, pl.int_range(1, frame.height + 1, eager=True)


def take(source: Any, table: RawTable) -> pl.DataFrame:
    """Return the records of a table, typed and named by id, or everything wrong with them."""
    return typed(*read_frame(source, table), table)


def typed(frame: pl.DataFrame, where: str, lines: pl.Series, table: RawTable) -> pl.DataFrame:
    """Return what `take` does, of rows as `read_frame` returns them."""
    wanted = table.wanted
    matched, _, problems = compared(frame.columns, wanted, where, table.known)
    values: list[pl.Expr] = []
    tests: list[tuple[str, str, pl.Expr]] = []
    for name, column in table.known.items():
        if name not in matched:
            values.append(pl.lit(None, held(column)).alias(name))
            continue
        header, unit = matched[name]
        found = cell(column, header, unit, frame.schema[header])
        values.append(found.value.cast(held(column)).alias(name))
        faults = [(reason, test.fill_null(False)) for reason, test in found.faults]
        if wanted[name] and name not in table.gaps:
            readable = ~pl.any_horizontal(pl.lit(False), *(test for _, test in faults))
            faults.append((tr("the cell is empty", "单元格为空"), found.value.is_null() & readable))
        tests += [(header, reason, test) for reason, test in faults]
    refuse([*problems, *_wrong_cells(frame, lines, tests, where)])
    return frame.select(values).with_columns(pl.col("synthetic").fill_null(False))


def _wrong_cells(
    frame: pl.DataFrame, lines: pl.Series, tests: list[tuple[str, str, pl.Expr]], where: str
) -> list[Problem]:
    """Return a problem for each test, of a header and for a reason, that cells meet; the first is told."""
    marks = frame.with_columns(
        test.alias(f"\0{place}") for place, (_, _, test) in enumerate(tests)
    ).select(pl.col(f"\0{place}") for place in range(len(tests)))
    problems = []
    for (header, reason, _), mark in zip(tests, marks.get_columns(), strict=True):
        if mark.any():
            row, count = mark.arg_true()[0], int(mark.sum())
            line, held_there = lines[row], frame[header][row]
            said = tr(
                f"{count} rows, first row {line}: {held_there}",
                f"{count} 行,首行为第 {line} 行:{held_there}",
            )
            problems.append(Problem(reason, said, where=f"{where} {header}"))
    return problems

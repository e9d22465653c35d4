"""Frames as a page and a file show them: cells in words, headings, whole files."""

import json
import re
import tempfile
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from lishui_credit.language import dated, spoken, tr
from lishui_credit.reports.html import Cell
from lishui_credit.tables.data_words import in_words
from lishui_credit.tables.write import write_table

_ONE_LINE = re.compile(r".{0,9}|[^a-zA-Z\u3400-\u9fff]{0,24}")  # a short word, a day, an interval


def heading(config: Any) -> str:
    """The heading of a column, however a page gives it."""
    return config if isinstance(config, str) else str(config["label"])


def said(value: Any, config: Any = None) -> str:
    """A cell in words: a dash where there is nothing, a number by its column's format."""
    form = "" if config is None or isinstance(config, str) else config["type_config"].get("format")
    if value is None:
        return "—"
    if isinstance(value, bool):
        return tr("yes", "是") if value else tr("no", "否")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return dated(value, short=True)
    if isinstance(value, str):
        return spoken(in_words(value))
    if isinstance(value, list):
        return " ".join(map(said, value))
    if form == "percent":
        return f"{value:.1%}"
    if form == "localized":
        return f"{value:,}"
    if form:
        return format(value, form.removeprefix("%"))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def laid(
    frame: pl.DataFrame, columns: Mapping[str, Any]
) -> tuple[list[Cell], list[tuple[Cell, ...]]]:
    """Heads and rows of a table, with the kinds that a report's table knows."""
    number = {name for name in columns if frame[name].dtype.is_numeric()}
    heads = [("n" if name in number else "", heading(config)) for name, config in columns.items()]
    rows = []
    for row in frame.select(list(columns)).iter_rows():
        told = [said(value, config) for value, config in zip(row, columns.values(), strict=True)]
        rows.append(
            tuple(
                ("n" if name in number else "d" if _ONE_LINE.fullmatch(text) else "", text)
                for name, text in zip(columns, told, strict=True)
            )
        )
    return heads, rows


def plain_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """A frame whose cells every kind of file holds: lists as text, times in UTC without a zone."""
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    zoned = [
        name
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.Datetime) and kind.time_zone is not None
    ]
    return frame.with_columns(
        *(pl.col(name).cast(pl.List(pl.String)).list.join(" ") for name in lists),
        *(pl.col(name).dt.convert_time_zone("UTC").dt.replace_time_zone(None) for name in zoned),
    )


def written(frame: pl.DataFrame, names: Mapping[str, str], kind: str, sheet: str) -> bytes:
    """A file of a frame, its columns called as the page calls them; Parquet keeps the ids too."""
    made = plain_columns(frame).rename(dict(names))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table.{kind}"
        ids = {said: name for name, said in names.items()}
        write_table(
            made.lazy(), path, {"columns": json.dumps(ids, ensure_ascii=False)}, sheet=sheet
        )
        return path.read_bytes()

"""Columns to count subjects by that no rule reads: an industry, a size, whatever a file has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.tables.cells import cell
from lishui_credit.tables.column_cells import blank
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.header_words import no_column
from lishui_credit.tables.headers import is_date, is_header, match
from lishui_credit.tables.read import read


def group_columns(
    path: Path | str, key: str, names: Sequence[str], sheet: str | int | None = None
) -> pl.DataFrame:
    """Return columns of a file of subjects as text, with the subject's id; raises `SubjectError`.

    A column of the dictionary is found under any of its headers, another under its own. Where an id
    stands twice the first row counts.
    """
    raw = read(path, is_header, is_date, sheet)
    schema, known = raw.frame.collect_schema(), dictionary()
    asked = {key: True, **{name: False for name in names if name in known}}
    matched, _ = match(schema.names(), asked, raw.name)
    problems: list[Problem] = []
    found = []
    for name in dict.fromkeys((key, *names)):
        if name in matched:
            header, unit = matched[name]
            value = cell(known[name], header, unit, schema[header]).value
            found.append(value.cast(pl.String).alias(name))
        elif name in schema.names():
            found.append(blank(pl.col(name).cast(pl.String)).alias(name))
        else:
            problems.append(no_column(name, schema.names()))
    if problems:
        raise SubjectError(problems)
    return raw.frame.select(found).collect().unique(key, keep="first", maintain_order=True)

"""The cells of a graded file held against those of a re-run."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl

from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.read import scan_written
from lishui_credit.tables.unlike_rows import differences
from lishui_credit.tables.write import write_table


def compared(
    path: Path, new: pl.LazyFrame, rubric: Rubric, *, sheet: str
) -> tuple[dict[str, bool], int, pl.DataFrame]:
    """Return whether the columns and cells of a file are those of a re-run, and the rows that differ.

    A re-run of CSV and Excel is written too, so that cells are compared as they stand there.
    """
    stored = scan_written(path)
    key, kinds = rubric.subject_id, new.collect_schema()
    names = stored.collect_schema().names()
    if key not in names:
        return {"columns": False, "grades": False}, 0, pl.DataFrame()
    nearly = [name for name, kind in kinds.items() if kind.is_float()]
    with tempfile.TemporaryDirectory(prefix="lishui_credit_") as folder:
        if path.suffix.lower() != ".parquet":
            second = Path(folder) / f"again{path.suffix}"
            write_table(new, second, sheet=sheet)
            new, kinds = (frame := scan_written(second)), frame.collect_schema()
        else:
            nearly = []
        both = [name for name in kinds.names() if name in names]
        old = stored.with_columns(pl.col(name).cast(kinds[name], strict=False) for name in both)
        shown = [name for name in ("grade", "earned") if name in both]
        different, subjects = differences(
            old, new, key, [name for name in both if name != key], shown=shown, nearly=nearly
        )
    checks = {"columns": names == kinds.names(), "grades": different.is_empty()}
    return checks, subjects, different

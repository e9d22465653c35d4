"""Rows that were rejected: written beside the output with their reasons, and the end of the job."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import Bilingual, plural, tr
from lishui_credit.tables.write import replacing, safe_text


def rejected_path(path: Path | str) -> Path:
    """Return where the rejected rows of an output lie."""
    path = Path(path)
    return path.with_name(path.name + ".rejected.csv")


def settle(
    rejected: pl.DataFrame,
    output: Path | None,
    job: Bilingual,
    *,
    left: int = 0,
    skip: bool = False,
) -> None:
    """Write rejected rows beside an output; stop there unless others are left and these are skipped."""
    path = None if output is None else rejected_path(output)
    # Rows have ``row`` (line of the file), ``reasons`` and, where they come from several files,
    # ``file``; an empty table takes an earlier file of rejected rows away. `job` names what is done
    # with the rows, an English verb in -e, such as grade; `left` rows can go on without the others, 0
    # where the job offers no such choice.
    if rejected.is_empty():
        if path is not None:
            path.unlink(missing_ok=True)
        return
    if path is not None:
        texts = [safe_text(name) for name, kind in rejected.schema.items() if kind == pl.String]
        with replacing(path) as draft:
            rejected.with_columns(texts).write_csv(draft, include_bom=True)
    if skip and left:
        return
    rows = rejected.height
    hint = tr("-o FILE writes all of them beside it", "加 -o 文件名可写出全部拒收行")
    if path is not None:
        hint = tr(f"see {path.name}; correct the file", f"详见 {path.name};请修正文件")
    if left:
        hint += tr(
            f", or {job.en} the other rows with --skip-rejected",
            f",或加 --skip-rejected 只对其余行{job.zh}",
        )
    raise SubjectError(
        tr(
            f"{plural(rows, 'row')} rejected; nothing was {job.en}d",
            f"{rows:,} 行被拒收,未{job.zh}",
        ),
        _first(rejected),
        hint,
    )


def _first(rejected: pl.DataFrame) -> str:
    """Say how many rows of each file were rejected, where there are several, and why the first."""
    row = rejected.row(0, named=True)
    place = "" if row["row"] is None else tr(f"row {row['row']}: ", f"第 {row['row']} 行:")
    why = f"{place}{row['reasons']}"
    if "file" not in rejected.columns:
        return why
    counts = rejected.group_by("file").len().sort("file")
    told = ", ".join(f"{file}: {count:,}" for file, count in counts.iter_rows())
    return f"{told}; {row['file']} {why}"

"""Rows that were rejected: written beside the output as they came, each reason beside its cell.

A file of rejected rows can be mended and given back: its columns stand as in the input, and no
reader takes the columns beside them (`headers.BESIDE`, and those that end in `headers.REASON`) for
data.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import Bilingual, plural, tr
from lishui_credit.tables.headers import BESIDE, REASON
from lishui_credit.tables.write import replacing, safe_text

_MOST: Final = 12  # reasons told on the screen
_OF_CELL: Final = re.compile(
    r"(?:[^:()]+ \((?P<own>.+?)\)|(?P<name>[^:]+)): (?P<why>.*)", re.DOTALL
)


def rejected_path(path: Path | str, role: str = "") -> Path:
    """Return where the rejected rows of an output lie, of one of several inputs."""
    path = Path(path)
    return path.with_name(f"{path.name}.rejected{'.' * bool(role)}{role}.csv")


def laid_out(rejected: pl.DataFrame) -> pl.DataFrame:
    """Return rejected rows (``row``, ``reasons``, cells) as they are written, reasons beside cells.

    >>> rows = {"row": [7], "reasons": ["age: not a number"], "age": ["x"], "name": ["李"]}
    >>> laid_out(pl.DataFrame(rows)).columns
    ['_row', '_reasons', 'age', 'age ✗', 'name']
    """
    cells = rejected.drop("row", "reasons", *(set(BESIDE) & set(rejected.columns)))
    told: dict[str, dict[int, str]] = {}
    for place, reasons in enumerate(rejected["reasons"]):
        for reason in str(reasons).split("; "):
            found = _OF_CELL.fullmatch(reason)
            header = found and (found["own"] or found["name"])
            if found and header in cells.columns:
                here = told.setdefault(str(header), {})
                here[place] = "; ".join(filter(None, (here.get(place), found["why"])))
    columns = [
        rejected["row"].alias("_row"),
        *([rejected["_sheet"]] if "_sheet" in rejected.columns else []),
        rejected["reasons"].alias("_reasons"),
    ]
    for column in cells:
        columns.append(column)
        if own := told.get(column.name):
            texts = [own.get(place) for place in range(rejected.height)]
            columns.append(pl.Series(f"{column.name}{REASON}", texts, dtype=pl.String))
    return pl.DataFrame(columns)


def write_rejected(rejected: pl.DataFrame, path: Path) -> None:
    """Write rejected rows into a file, safe for spreadsheets; an empty table takes it away."""
    if rejected.is_empty():
        path.unlink(missing_ok=True)
        return
    table = laid_out(rejected)
    texts = [safe_text(name) for name, kind in table.schema.items() if kind == pl.String]
    with replacing(path) as draft:
        table.with_columns(texts).write_csv(draft, include_bom=True)


def settle(
    rejected: Mapping[str, pl.DataFrame],
    output: Path | None,
    job: Bilingual,
    *,
    left: int = 0,
    skip: bool = False,
) -> None:
    """Write rejected rows beside an output; stop there unless others are left and these are skipped."""
    # `rejected` has a table by role of the input ("" where there is one), of ``row`` (line of the
    # file), ``reasons`` and the cells as they came. `job` names what is done with the rows, an
    # English verb in -e, such as grade; `left` rows can go on without the others, 0 where the job
    # offers no such choice.
    own = {role: role if place else "" for place, role in enumerate(rejected)}
    if output is not None:
        for role, table in rejected.items():
            write_rejected(table, rejected_path(output, own[role]))
    lost = {role: table for role, table in rejected.items() if table.height}
    if not lost or (skip and left):
        return
    rows = sum(table.height for table in lost.values())
    hint = tr("-o FILE writes all of them beside it", "加 -o 文件名可写出全部拒收行")
    if output is not None:
        names = ", ".join(rejected_path(output, own[role]).name for role in lost)
        hint = tr(f"see {names}; correct the file", f"详见 {names};请修正文件")
    if left:
        hint += tr(
            f", or {job.en} the other rows with --skip-rejected",
            f",或加 --skip-rejected 只对其余行{job.zh}",
        )
    what = tr(
        f"{plural(rows, 'row')} rejected; nothing was {job.en}d", f"{rows:,} 行被拒收,未{job.zh}"
    )
    raise SubjectError([Problem(what, _first(lost), hint), *_reasons(lost)])


def _first(lost: Mapping[str, pl.DataFrame]) -> str:
    """Say how many rows of each file were rejected, where there are several, and why the first."""
    role, table = next(iter(lost.items()))
    row = table.row(0, named=True)
    place = "" if row["row"] is None else tr(f"row {row['row']}: ", f"第 {row['row']} 行:")
    why = f"{place}{row['reasons']}"
    if not role:
        return why
    told = ", ".join(f"{file}: {one.height:,}" for file, one in sorted(lost.items()))
    return f"{told}; {role} {why}"


def _reasons(lost: Mapping[str, pl.DataFrame]) -> list[Problem]:
    """Return every reason once with its count, most frequent first; none where there is one row."""
    counts = Counter(
        reason
        for table in lost.values()
        for reasons in table["reasons"]
        for reason in str(reasons).split("; ")
    )
    if sum(table.height for table in lost.values()) < 2:
        return []
    rows = [
        Problem(reason, tr(f"{plural(count, 'row')}", f"{count:,} 行"))
        for reason, count in counts.most_common(_MOST)
    ]
    if len(counts) > _MOST:
        more = len(counts) - _MOST
        rows.append(Problem(tr(f"and {more:,} more reasons", f"另有 {more:,} 种原因")))
    return rows

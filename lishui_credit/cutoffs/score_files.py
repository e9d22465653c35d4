"""Files of scores as a policy reads them: Parquet, CSV, Excel, or a graded file with its manifest.

Ids and segments stay text, so that a code keeps its leading zeros; what is meant as a number must
be one. A file that says which model or edition made it is held to the policy's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from lishui_credit.cutoffs.policy import Policy
from lishui_credit.errors import PolicyError, Problem, SubjectError
from lishui_credit.headers import is_date, is_header
from lishui_credit.language import tr
from lishui_credit.read import broken
from lishui_credit.read import read as read_raw
from lishui_credit.rubrics import graded
from lishui_credit.rubrics.rubric import Rubric

KEY: Final = "lishui_credit"
"""Where a Parquet footer keeps what made the file."""

_PARQUET: Final = (".parquet", ".pq")
_NUMBERS: Final = ("points__", "lost_")


@dataclass(frozen=True, slots=True)
class Scores:
    """A file of scores as a policy reads it.

    Parameters
    ----------
    frame : polars.DataFrame
        Its rows; ids and segments of CSV and Excel stay text.
    source_sha256 : str
        Hash of the model or edition that made it; "" where the file does not say.
    rubric : Rubric, optional
        Of a graded file.
    notes : tuple of str
        What the reader remarked.
    """

    frame: pl.DataFrame
    source_sha256: str = ""
    rubric: Rubric | None = None
    notes: tuple[str, ...] = ()

    @property
    def synthetic(self) -> bool:
        """Whether any row says that it is synthetic."""
        if "synthetic" not in self.frame.columns:
            return False
        told = self.frame["synthetic"].cast(pl.String).str.to_lowercase().eq("true")
        return bool(told.any())


def read_scores(path: Path | str, policy: Policy, *also: str, check_source: bool = True) -> Scores:
    """Read a file of scores: Parquet, CSV, Excel, or a graded file with its manifest.

    Parameters
    ----------
    path : path-like
        The file.
    policy : Policy
        Tells which column must be numbers.
    *also : str
        Further columns of numbers, read where they are there.
    check_source : bool, default True
        Refuse scores of another model or edition than the policy names.

    Raises
    ------
    SubjectError
        If it cannot be read, or a cell of a number is none.
    PolicyError
        If another model or edition made it than the policy names.
    """
    path = Path(path)
    facts = facts_of(path)
    try:
        if "rubric" in facts:
            stored = graded.read(path)
            found = Scores(stored.frame.collect(), stored.manifest.edition_sha256, stored.rubric)
        else:
            raw = read_raw(path, is_header, is_date)
            table = raw.frame.collect()
            if path.suffix.lower() not in _PARQUET:
                numbers = [] if policy.score.order else [policy.score.column]
                table = cells(table, {*numbers, *also}, path.name)
            found = Scores(table, str(facts.get("model_sha256", "")), notes=raw.notes)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise broken(path.name, error) from None
    asked = policy.score.sha256 if check_source else ""
    if asked and found.source_sha256 and asked != found.source_sha256:
        raise PolicyError(
            Problem(
                tr(
                    "another model or edition made these scores", "评分并非政策指定的模型或版本所出"
                ),
                f"{found.source_sha256[:12]} != {asked[:12]}",
                policy.score.source,
                path.name,
            )
        )
    if asked and not found.source_sha256:
        note = tr(
            "the file does not say which model made the scores: not checked against the policy",
            "文件未说明评分由何模型所出,未与政策核对",
        )
        found = replace(found, notes=(*found.notes, note))
    return found


def facts_of(path: Path) -> dict[str, Any]:
    """Return what a file says of itself, beside it or in its footer."""
    beside = graded.manifest_path(path)
    try:
        if beside.exists():
            found = json.loads(beside.read_text(encoding="utf-8"))
        elif path.suffix.lower() in _PARQUET:
            found = json.loads(pl.read_parquet_metadata(path)[KEY])
        else:
            return {}
    except (KeyError, ValueError, OSError, pl.exceptions.PolarsError):
        return {}
    return found if isinstance(found, dict) else {}


def cells(table: pl.DataFrame, numbers: set[str], where: str) -> pl.DataFrame:
    """Read text cells: numbers where numbers are meant, else text, an empty cell as null."""
    made, problems = [], []
    for name in table.columns:
        cells = table[name].cast(pl.String).str.strip_chars(" \t\r\n\u3000\u00a0").replace("", None)
        if name in numbers or name.startswith(_NUMBERS):
            column = cells.cast(pl.Int64, strict=False)
            if column.null_count() > cells.null_count():
                column = cells.cast(pl.Float64, strict=False)
            wrong = cells.filter(column.is_null() & cells.is_not_null())
            if len(wrong):
                found = tr(f"{len(wrong)} cells: {wrong[0]}", f"{len(wrong)} 格:{wrong[0]}")
                problems.append(
                    Problem(tr("not a number", "不是数字"), found, where=f"{where}: {name}")
                )
            cells = column
        made.append(cells)
    if problems:
        raise SubjectError(problems)
    return pl.DataFrame(made)


def stored_rows(path: Path) -> pl.DataFrame:
    """Return the rows of a file this package wrote; cells of CSV and Excel stay text."""
    if path.suffix.lower() in _PARQUET:
        return pl.read_parquet(path)
    return cells(read_raw(path).frame.collect(), set(), path.name)

"""Put the grade by one rubric into the file of another that stands on it.

Export refund classes read the tax grade of the same firm. `feed` takes graded taxpayers and the
exporters as they came, and fills the column that the edition declares with ``stands_on``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.rubrics import stored_grades
from lishui_credit.rubrics.engine.compile import NOT_GRADED
from lishui_credit.rubrics.law.rubric import Rubric, StandsOn
from lishui_credit.tables.column_cells import blank
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.headers import is_date, is_header, match
from lishui_credit.tables.identifiers import standard
from lishui_credit.tables.read import Raw, read

_OWN: Final = "_own"
_KEY: Final = "_key"
_FED: Final = "_fed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fed:
    """Subjects with another rubric's grade beside their own cells, and how many got one."""

    subjects: pl.DataFrame  # raw, as they came, with the column filled
    column: str  # id of the column
    rubric: str  # name with edition that the grades are by
    found: int  # subjects with a grade, or left ungraded by that rubric
    unknown: int  # subjects without one: withheld there, or not in the graded file
    synthetic: bool = False  # whether the graded file says so


def feed(rubric: Rubric, subjects: Path | str | pl.DataFrame, grades: Path | str) -> Fed:
    """Fill the column of an edition that holds the grade by another rubric.

    A subject that the other rubric leaves ungraded gets the value that the edition declares for it
    (``none``); one that is withheld there, or not in the graded file, gets an empty cell.

    Parameters
    ----------
    rubric : Rubric
        An edition with ``stands_on``, such as ``export-refund-class``.
    subjects : path-like or DataFrame
        ``(rows, columns)``: the subjects of that edition, with the headers of the data dictionary.
    grades : path-like
        A graded file or folder by the rubric it stands on.

    Returns
    -------
    Fed
        ``subjects`` has the rows that came, in their order.

    Raises
    ------
    SubjectError
        If the edition stands on no rubric or on another one, if a file cannot be read, or if
        subjects already have another grade in that column: all of them at once.
    ModelError
        If `grades` is no graded file.

    References
    ----------
    国家税务总局公告2016年第46号 (classes of exporters by tax grade).

    Examples
    --------
    >>> import tempfile, polars as pl
    >>> from lishui_credit import grade, rubric
    >>> firm = "12331102398259791Y"
    >>> register = pl.DataFrame({"uscc": [firm], "has_non_recurring_info": [True]})
    >>> folder = tempfile.TemporaryDirectory()
    >>> tax, exporters = f"{folder.name}/tax.parquet", pl.DataFrame({"统一社会信用代码": [firm]})
    >>> register.write_parquet(f"{folder.name}/register.parquet")
    >>> _ = grade(rubric("tax-credit@2018-04-01"), f"{folder.name}/register.parquet", tax, period=2018)
    >>> feed(rubric("export-refund-class@2016-09-01"), exporters, tax).subjects["tax_grade"].item()
    'A'
    >>> folder.cleanup()
    """
    stored = stored_grades.read(grades)
    below = _stands_on(rubric, stored.rubric)
    raw = _raw(subjects, rubric.subject_id)
    key = rubric.subject_id
    headers = raw.frame.collect_schema().names()
    matched, _ = match(headers, {key: True, below.column: False}, raw.name)
    table = raw.whole()
    given = _given(stored, below)
    held = matched.get(below.column)
    own = pl.lit(None, dtype=pl.String) if held is None else blank(pl.col(held[0]).cast(pl.String))
    joined = table.with_columns(
        standard(pl.col(matched[key][0]).cast(pl.String)).alias(_KEY), own.alias(_OWN)
    ).join(given, on=_KEY, how="left", maintain_order="left")
    refuse(_contradictions(joined, below, raw.name))
    name = below.column if held is None else held[0]
    filled = joined.with_columns(pl.coalesce(_FED, _OWN).alias(name))
    found = int(joined[_FED].is_not_null().sum())
    return Fed(
        subjects=filled.select(*headers, *([] if name in headers else [name])),
        column=below.column,
        rubric=f"{stored.rubric.name}@{stored.rubric.edition}",
        found=found,
        unknown=filled[name].null_count(),
        synthetic=stored.manifest.synthetic,
    )


def _stands_on(rubric: Rubric, other: Rubric) -> StandsOn:
    """Return the column that takes the grades of another rubric; raises `SubjectError`."""
    for below in rubric.stands_on:
        if other.name == below.rubric:
            break
    else:
        known = ", ".join(below.rubric for below in rubric.stands_on)
        hint = tr(f"it stands on {known}", f"该办法以 {known} 为依据") if known else ""
        what = tr(
            f"{rubric.name} reads no grade of {other.name}",
            f"{rubric.name} 不使用 {other.name} 的等级",
        )
        raise SubjectError(what, hint=hint)
    values = dictionary()[below.column].values
    strange = [grade.id for grade in other.grades if grade.id not in values]
    refuse(
        Problem(
            tr(f"the column {below.column} has no such grade", f"{below.column} 列没有该等级"),
            grade,
            tr("choose an edition whose grades it knows", "请使用其等级为该列所列的版本"),
        )
        for grade in strange
    )
    return below


def _raw(subjects: Path | str | pl.DataFrame, key: str) -> Raw:
    if isinstance(subjects, pl.DataFrame):
        return Raw(frame=subjects.lazy(), name=key, first_row=1)
    return read(subjects, is_header, is_date)


def _given(stored: stored_grades.Graded, below: StandsOn) -> pl.DataFrame:
    """Return what the graded file gives each subject: ``_key``, ``_fed``."""
    ungraded = pl.col("outcome") == NOT_GRADED
    value = pl.when(ungraded).then(pl.lit(below.not_graded)).otherwise("grade").alias(_FED)
    key = pl.col(stored.rubric.subject_id).str.strip_chars()
    return stored.frame.select(key.alias(_KEY), value).collect(engine="streaming")


def _contradictions(joined: pl.DataFrame, below: StandsOn, where: str) -> Iterator[Problem]:
    """Yield the subjects whose own cell says another grade than the graded file."""
    said = pl.col(_OWN).replace(dictionary()[below.column].spelled)
    for row in joined.filter(said.ne(pl.col(_FED))).iter_rows(named=True):
        yield Problem(
            tr("the file and the graded file give another grade", "该文件与评级结果中的等级不一致"),
            f"{row[_KEY]}: {row[_OWN]} ≠ {row[_FED]}",
            tr("empty the cell, or correct it", "请清空或更正该单元格"),
            f"{where}:{row['_row']}",
        )

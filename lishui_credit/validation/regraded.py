"""Subjects graded twice: who moved between two graded files, who came, who went.

Rows are joined on the subject's id, never by position. The files may be of different editions: a
grade that only one of them knows keeps its place in that edition's order.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.grades import merged
from lishui_credit.language import tr
from lishui_credit.rubrics.stored_grades import Graded
from lishui_credit.tables.header_words import no_column
from lishui_credit.validation.migrations import Bandwidth, Migration, bandwidth, migration


@dataclass(frozen=True, slots=True, kw_only=True)
class Regraded:
    """Two gradings of one register."""

    matrix: Migration  # of the subjects that have a grade in both files
    entered: int  # subjects in the second file only
    left: int  # subjects in the first file only
    ungraded: int  # subjects in both files that lack a grade in one of them

    @property
    def widths(self) -> Bandwidth:
        """How far those moved who moved, and how many did."""
        return bandwidth(self.matrix)

    def cells(self) -> pl.DataFrame:
        """Return the matrix cell by cell, best grade first: ``from``, ``to``, ``subjects``, ``share`` of the start grade, ``move``."""
        return self.matrix.cells()

    def summary(self) -> pl.DataFrame:
        """Return the subjects that kept their grade, rose, fell, came, left or lack a grade: ``what``, ``label``, ``subjects``."""
        moved = self.cells()
        words = {
            "same": tr("same grade", "等级不变"),
            "better": tr("better grade", "上升"),
            "worse": tr("worse grade", "下降"),
            "ungraded": tr("without a grade in one of the years", "其中一年无等级"),
            "entered": tr("only in the later year", "仅后一年有"),
            "left": tr("only in the earlier year", "仅前一年有"),
        }
        counts = {
            name: int(moved.filter(pl.col("move") == name)["subjects"].sum())
            for name in ("same", "better", "worse")
        }
        counts |= {"ungraded": self.ungraded, "entered": self.entered, "left": self.left}
        return pl.DataFrame(
            {
                "what": list(words),
                "label": list(words.values()),
                "subjects": [counts[name] for name in words],
            }
        )


def regraded(first: Graded, second: Graded, *, only: tuple[str, str] | None = None) -> Regraded:
    """Compare two graded files of one rubric, all subjects or those that hold a value in a column."""
    if first.rubric.name != second.rubric.name:
        raise SubjectError(
            tr("the files are of different rubrics", "两份文件并非同一评价办法"),
            f"{first.rubric.name}, {second.rubric.name}",
        )
    key = second.rubric.subject_id
    before, after = (_grades(graded, key, only) for graded in (first, second))
    both = before.join(after, on=key, how="full", suffix="_after", coalesce=False).collect(
        engine="streaming"
    )
    if only is not None:
        place = pl.coalesce("place_after", "place")
        both = both.filter(place == only[1])
    entered = int(both[key].null_count())
    left = int(both[f"{key}_after"].null_count())
    stayed = both.drop_nulls([key, f"{key}_after"])
    twice = stayed.drop_nulls(["grade", "grade_after"])
    order = merged(
        [row.id for row in first.rubric.grades], [row.id for row in second.rubric.grades]
    )
    return Regraded(
        matrix=migration(twice["grade"], twice["grade_after"], order=order),
        entered=entered,
        left=left,
        ungraded=stayed.height - twice.height,
    )


def _grades(graded: Graded, key: str, only: tuple[str, str] | None) -> pl.LazyFrame:
    columns = [pl.col(key).cast(pl.String), pl.col("grade").cast(pl.String)]
    if only is not None:
        names = graded.frame.collect_schema().names()
        if only[0] not in names:
            raise SubjectError(no_column(only[0], graded.rubric.carries))
        columns.append(pl.col(only[0]).cast(pl.String).alias("place"))
    return graded.frame.select(columns)

"""Grade several years in order: last year's grade is an input of this year's.

A tax-credit D is kept, costs points, or bars the best grade in the years after it. `chain` grades
each year by the edition in force when its results were due, derives the next year's history columns
from the result, and goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.rubrics.engine.compile import WITHHELD
from lishui_credit.rubrics.engine.evaluate import Evaluation, evaluate
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric

HISTORY = (
    "prior_grade",
    "prior_grade_direct",
    "prior_d_retained",
    "prior_d_by_score",
    "consecutive_a_years",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """One year's facts: the year assessed, its subjects and its events, conformed."""

    period: int
    subjects: pl.DataFrame | pl.LazyFrame
    events: pl.DataFrame | pl.LazyFrame | None = None


def history(result: pl.DataFrame, rubric: Rubric) -> pl.DataFrame:
    """Return the history columns (`HISTORY`) that a graded year gives to the next one."""
    retained = [row.id for row in rubric.active_overrides if _retains(row.id)]
    let_go = [row.id for row in rubric.active_overrides if not row.kept_next_year]
    d = pl.col("grade") == "D"
    by_score = pl.col("decided_by") == "score"
    kept = pl.col("decided_by").is_in(retained)
    associated = pl.col("decided_by").is_in(let_go)  # kept no second year, and cost no points
    before = (
        pl.col("consecutive_a_years").fill_null(0)
        if "consecutive_a_years" in result.columns
        else pl.lit(0, dtype=pl.Int64)
    )
    return result.select(
        rubric.subject_id,
        pl.col("grade").alias("prior_grade"),
        (d & ~by_score & ~kept & ~associated).fill_null(False).alias("prior_grade_direct"),
        (d & kept).fill_null(False).alias("prior_d_retained"),  # itself the D of a year before
        (d & by_score).fill_null(False).alias("prior_d_by_score"),
        pl.when(pl.col("grade") == "A").then(before + 1).otherwise(0).alias("consecutive_a_years"),
    )


def _retains(row_id: str) -> bool:
    return "retained" in row_id


def chain(
    years: Iterable[Year],
    name: str = "tax-credit",
    *,
    edition_for: Callable[[str, int], Rubric] = catalog.for_period,
) -> dict[int, Evaluation[pl.LazyFrame]]:
    """Grade years in order, each with the history the years before it left.

    Parameters
    ----------
    years : iterable of Year
        Consecutive, oldest first. History columns of the first year are taken as given; those of
        later years are replaced by what the chain found. A year that withholds a grade breaks no
        chain: the history before it goes on. A subject without a history keeps its own.
    name : str, default "tax-credit"
        Rubric.
    edition_for : callable, default `catalog.for_period`
        Which edition grades a year.

    Returns
    -------
    dict of int to Evaluation
        By year, in memory.

    Raises
    ------
    SubjectError
        If years are not consecutive.

    Notes
    -----
    Cost: one grading a year and one join on the subject's id between years.
    """
    found: dict[int, Evaluation[pl.LazyFrame]] = {}
    passed: pl.DataFrame | None = None
    last: int | None = None
    for year in years:
        if last is not None and year.period != last + 1:
            raise SubjectError(
                tr("years must be consecutive", "年度须连续"),
                f"{last}, {year.period}",
            )
        rubric = edition_for(name, year.period)
        subjects = year.subjects.lazy()
        if passed is not None:
            subjects = _joined(subjects, passed, rubric.subject_id)
        result = evaluate(subjects, rubric, events=year.events, period=year.period)
        collected = result.collect()
        found[year.period] = Evaluation(
            collected.lazy(), rubric, result.as_of, year.period, result.available
        )
        names = subjects.collect_schema().names()
        before = subjects.select(
            rubric.subject_id, *(name for name in HISTORY if name in names)
        ).collect()
        passed, last = _passed(collected, before, rubric), year.period
    return found


def _passed(graded: pl.DataFrame, before: pl.DataFrame, rubric: Rubric) -> pl.DataFrame:
    """Return what a year leaves to the next: of a subject it withheld, what it came with."""
    key = rubric.subject_id
    if "consecutive_a_years" in before.columns:
        years = before.select(key, "consecutive_a_years")
        graded = graded.join(years, on=key, how="left")
    waiting = graded.filter(pl.col("decided_by") == WITHHELD).select(key)
    return pl.concat(
        [
            history(graded, rubric).join(waiting, on=key, how="anti"),
            before.join(waiting, on=key, how="semi"),
        ],
        how="diagonal_relaxed",
    )


def _joined(subjects: pl.LazyFrame, passed: pl.DataFrame, key: str) -> pl.LazyFrame:
    names = subjects.collect_schema().names()
    joined = subjects.join(
        passed.lazy(), on=key, how="left", suffix="__chain", maintain_order="left"
    )
    own = [pl.coalesce(f"{name}__chain", name).alias(name) for name in HISTORY if name in names]
    drop = [f"{name}__chain" for name in HISTORY if name in names]
    return joined.with_columns(own).drop(drop)

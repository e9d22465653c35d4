"""Reference values by area (基数), joined to the subjects that an edition divides by them."""

from __future__ import annotations

from typing import Final

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.conform import Conformed, Rule

_FEW_AREAS: Final = 64


def bases_of(rubric: Rubric, reference: Conformed, period: int | None) -> pl.DataFrame:
    """Return the bases of one year, a row an area; raises `SubjectError` where they are of several."""
    assert rubric.bases is not None
    key = rubric.bases.key
    found = reference.frame.collect()
    if "year" in found.columns and found["year"].n_unique() > 1:
        if period is None:
            raise SubjectError(
                tr("the bases hold several years", "基数文件含多个年度"),
                ", ".join(str(year) for year in found["year"].unique().sort()),
                tr("choose one with --period", "请用 --period 指定年度"),
            )
        found = found.filter(pl.col("year") == period)
    found = found.drop("year", strict=False)
    doubled = found.filter(pl.col(key).is_duplicated())[key].unique().to_list()
    if doubled:
        raise SubjectError(
            tr("an area has several rows of bases", "同一地区有多行基数"), ", ".join(doubled)
        )
    return found


def without_bases(rubric: Rubric, frame: pl.LazyFrame, bases: pl.DataFrame) -> Rule | None:
    """Return the rule that rejects subjects of an area without bases; None where there are none."""
    assert rubric.bases is not None
    key = rubric.bases.key
    areas = frame.select(key).unique().collect(engine="streaming")
    if areas.join(bases, on=key, how="anti").is_empty():
        return None
    said = tr(f"no bases for {key} '{{}}'", f"{key} “{{}}”没有基数")
    known = bases[key].implode()
    return Rule(said, (key,), lambda area: ~area.is_in(known).fill_null(False))


def join_bases(rubric: Rubric, frame: pl.LazyFrame, bases: pl.DataFrame) -> pl.LazyFrame:
    """Return subjects with the bases of their area."""
    assert rubric.bases is not None
    key = rubric.bases.key
    return frame.with_columns(
        _of_area(pl.col(key), bases[key], bases[name]).alias(name)
        for name in bases.columns
        if name != key
    )


def _of_area(area: pl.Expr, names: pl.Series, values: pl.Series) -> pl.Expr:
    """Look a base up cell by cell, which keeps the order; a join does not."""
    # For the areas of a prefecture by comparisons, which stream: a lookup table holds what passes
    # it (10 million households peaked at 3.0 GB with one, at 1.4 GB without).
    if len(names) > _FEW_AREAS:
        return area.replace_strict(names, values, default=None, return_dtype=pl.Int64)
    found = pl.lit(None, dtype=pl.Int64)
    for name, value in zip(names, values, strict=True):
        found = pl.when(area == name).then(pl.lit(value, dtype=pl.Int64)).otherwise(found)
    return found

"""Credit villages, townships and counties (信用村、信用乡镇、信用县), computed from graded households.

`village_facts` counts what the published criteria ask for; `status` grades villages by the criteria
in force, then townships by their villages and counties by their townships. Each level is a rubric
of its own (``credit-village``, ``credit-township``, ``credit-county``), so every status explains
itself like any other grade.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.rubrics import coherence
from lishui_credit.rubrics.engine.compile import WITHHELD
from lishui_credit.rubrics.engine.evaluate import Evaluation, evaluate
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.conform import conform
from lishui_credit.tables.headers import is_date, is_header
from lishui_credit.tables.read import read

LOANS = ("village", "borrowers", "borrowers_without_arrears", "loan_balance", "bad_loan_balance")


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaStatus:
    """Status of every village, township and county."""

    villages: Evaluation[pl.LazyFrame]
    townships: Evaluation[pl.LazyFrame]
    counties: Evaluation[pl.LazyFrame]


def village_facts(
    households: pl.DataFrame | pl.LazyFrame,
    loans: pl.DataFrame,
    *,
    credit_grades: Sequence[str],
) -> pl.DataFrame:
    """Count households and credit households by village, beside the figures that lenders report."""
    places = ["county", "township", "village"]
    frame = households.lazy()
    absent = [name for name in places if name not in frame.collect_schema().names()]
    if absent:
        raise SubjectError(
            Problem(
                tr(f"the graded households have no column {name}", f"农户评级文件缺少列 {name}"),
                hint=tr("add the column to the file that is graded", "请在待评级的文件中加入该列"),
            )
            for name in absent
        )
    counted = (
        frame.group_by(places)
        .agg(
            # a household without a grade counts here, not among the credit households
            pl.len().cast(pl.Int64).alias("households"),
            pl.col("grade")
            .is_in(list(credit_grades))
            .sum()
            .cast(pl.Int64)
            .alias("credit_households"),
        )
        .join(loans.lazy(), on=places, how="left")
        .with_columns(pl.concat_str(places, separator="/").alias("village_id"))
        .sort("village_id")
    )
    return counted.collect()


def from_files(
    graded: pl.LazyFrame,
    loans: Path | str,
    village: Rubric,
    township: Rubric,
    county: Rubric,
    *,
    credit_grades: Sequence[str],
) -> AreaStatus:
    """Grade areas from graded households and the lenders' file; raises `SubjectError` for a file."""
    wanted = {
        **dict.fromkeys(("county", "township", "village"), True),
        **dict.fromkeys((*LOANS[1:], "bad_loan_rate_rise"), True),
        "area_score": False,
    }
    figures = conform(
        read(loans, is_header, is_date),
        wanted,
        key="village",
        unique=False,
        rules=coherence.parts(wanted),
    )
    if figures.rejected.height:
        raise SubjectError(
            Problem(
                tr(f"row {row['row']} is rejected", f"第 {row['row']} 行被拒收"),
                row["reasons"],
                where=str(loans),
            )
            for row in figures.rejected.head(20).iter_rows(named=True)
        )
    facts = village_facts(graded, figures.frame.collect(), credit_grades=credit_grades)
    return status(facts, village, township, county)


def refuse_unknown_grades(rubric: Rubric, credit_grades: Sequence[str]) -> None:
    """Raise `SubjectError` for grades that the households' edition does not have."""
    known = [row.id for row in rubric.grades]
    strange = [name for name in credit_grades if name not in known]
    if strange:
        raise SubjectError(
            tr(f"{rubric.name} has no such grade", f"{rubric.name} 没有此等级"),
            ", ".join(strange),
            tr("known: ", "已有:") + ", ".join(known),
        )


def long(found: AreaStatus) -> pl.DataFrame:
    """Return every area in one table: level, area, grade, outcome and what it lacks."""
    parts = []
    for level, result in (
        ("village", found.villages),
        ("township", found.townships),
        ("county", found.counties),
    ):
        frame = result.collect()
        parts.append(
            frame.select(
                pl.lit(level).alias("level"),
                pl.col(result.rubric.subject_id).alias("area"),
                "grade",
                "grade_label",
                "outcome",
                "withheld_by",
            )
        )
    return pl.concat(parts)


def status(facts: pl.DataFrame, village: Rubric, township: Rubric, county: Rubric) -> AreaStatus:
    """Grade villages, then townships by their villages, then counties by their townships."""
    # What a township or county is judged by is known only where every village under it has the
    # figure: one village without it leaves the sum, lowest share, highest rise or number of credit
    # villages unknown, and the status withheld. A village nobody borrows in has no share without
    # arrears and is left out of its township's lowest; where nobody borrows in any, it is unknown.
    villages = evaluate(facts, village)
    joined = facts.join(_with_status(villages), on=village.subject_id)
    borrowers, without_arrears = pl.col("borrowers"), pl.col("borrowers_without_arrears")
    share = pl.when(borrowers > 0).then(without_arrears * 10_000 // borrowers)
    unreported = borrowers.is_null() | without_arrears.is_null()
    town_facts = _rolled(
        joined,
        ["county", "township"],
        township.subject_id,
        pl.when(~unreported.any()).then(share.min()).alias("min_village_no_arrears_share"),
    )
    townships = evaluate(town_facts, township)
    credit_towns = (
        town_facts.join(_with_status(townships), on=township.subject_id)
        .group_by("county")
        .agg(
            pl.len().cast(pl.Int64).alias("townships"),
            _if_all_known("has_status", pl.col("has_status").sum()).alias("credit_townships"),
        )
    )
    county_facts = _rolled(joined, ["county"], county.subject_id).join(
        credit_towns, on="county", how="left"
    )
    return AreaStatus(
        villages=villages, townships=townships, counties=evaluate(county_facts, county)
    )


def _with_status(areas: Evaluation[pl.LazyFrame]) -> pl.DataFrame:
    """Return each area's id and whether it reached a status; null where that was withheld."""
    without_status = areas.rubric.grades[-1].id  # areas that reach none have the last grade
    reached = (pl.col("grade") != without_status).fill_null(False)
    return areas.collect().select(
        areas.rubric.subject_id,
        pl.when(pl.col("outcome") != WITHHELD).then(reached).alias("has_status"),
    )


def _if_all_known(name: str, figure: pl.Expr) -> pl.Expr:
    """Return a group's figure, or null where the column it comes from is null in any row."""
    return pl.when(~pl.col(name).is_null().any()).then(figure.cast(pl.Int64))


def _rolled(villages: pl.DataFrame, places: list[str], key: str, *extra: pl.Expr) -> pl.DataFrame:
    """Sum villages up to their township or county; unknown where any village's figure is."""
    summed = ("households", "credit_households", *LOANS[1:])
    figures = [
        _if_all_known(name, pl.col(name).sum()).alias(name)
        for name in summed
        if name in villages.columns
    ]
    if "bad_loan_rate_rise" in villages.columns:
        rise = pl.col("bad_loan_rate_rise")
        figures.append(_if_all_known("bad_loan_rate_rise", rise.max()).alias("bad_loan_rate_rise"))
    rolled = villages.group_by(places).agg(
        pl.len().cast(pl.Int64).alias("villages"),
        _if_all_known("has_status", pl.col("has_status").sum()).alias("credit_villages"),
        *figures,
        *extra,
    )
    name = pl.concat_str(places, separator="/").alias(key)
    return (rolled if key in places else rolled.with_columns(name)).sort(key)

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

from lishui_credit.columns import dictionary
from lishui_credit.conform import conform, is_header
from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.read import read
from lishui_credit.rubrics.evaluate import Evaluation, evaluate
from lishui_credit.rubrics.rubric import Rubric

LOANS = ("village", "borrowers", "borrowers_without_arrears", "loan_balance", "bad_loan_balance")


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaStatus:
    """Status of every village, township and county."""

    villages: Evaluation
    townships: Evaluation
    counties: Evaluation


def village_facts(
    households: pl.DataFrame | pl.LazyFrame,
    loans: pl.DataFrame,
    *,
    credit_grades: Sequence[str],
) -> pl.DataFrame:
    """Count households and credit households by village, and put the lenders' figures beside.

    Parameters
    ----------
    households : polars frame
        Graded households with county, township, village and grade.
    loans : polars.DataFrame
        By village, as lenders report: county, township, village, borrowers,
        borrowers_without_arrears, loan_balance and bad_loan_balance (fen), bad_loan_rate_rise
        (ten-thousandths, may be null).
    credit_grades : sequence of str
        Grades that make a credit household.

    Returns
    -------
    polars.DataFrame
        One row per village: ``village_id`` (county/township/village), counts and figures.

    Raises
    ------
    SubjectError
        If households lack county, township or village.
    """
    places = ["county", "township", "village"]
    frame = households.lazy()
    absent = [name for name in places if name not in frame.collect_schema().names()]
    if absent:
        raise SubjectError(
            Problem(
                tr(f"households carry no {name}", f"农户数据缺少 {name}"),
                hint=tr("add the column to the graded file", "请在评级文件中带上该列"),
            )
            for name in absent
        )
    counted = (
        frame.group_by(places)
        .agg(
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
    """Grade areas from a graded household frame and the lenders' file.

    Parameters
    ----------
    graded : polars.LazyFrame
        Graded households.
    loans : path-like
        CSV, Excel or Parquet: county, township, village and the figures of `village_facts`.
    village, township, county : Rubric
        The three editions.
    credit_grades : sequence of str
        Grades that make a credit household.

    Raises
    ------
    SubjectError
        If the file cannot be read: all problems at once.
    """
    wanted = {
        **dict.fromkeys(("county", "township", "village"), True),
        **dict.fromkeys((*LOANS[1:], "bad_loan_rate_rise"), True),
        "area_score": False,
    }
    figures = conform(read(loans, is_header), wanted, key="village", unique=False)
    if figures.rejected.height:
        raise SubjectError(
            Problem(
                tr("rows that cannot be read", "存在无法读取的行"),
                f"{row['row']}: {row['reasons']}",
                where=str(loans),
            )
            for row in figures.rejected.head(20).iter_rows(named=True)
        )
    facts = village_facts(graded, figures.frame.collect(), credit_grades=credit_grades)
    return status(facts, village, township, county)


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
    """Grade villages, then townships by their villages, then counties by their townships.

    Parameters
    ----------
    facts : polars.DataFrame
        As `village_facts` returns, or a village file with its columns.
    village, township, county : Rubric
        The three editions.

    Returns
    -------
    AreaStatus

    Notes
    -----
    A village whose status is withheld counts in the denominator, not in the numerator.
    """
    best_village = village.grades[-1].id
    villages = evaluate(facts, village)
    graded = villages.collect().select(village.subject_id, "grade")
    joined = facts.join(graded, on=village.subject_id)
    credit = (pl.col("grade") != best_village).fill_null(False)
    shares = pl.col("borrowers_without_arrears") * 10_000 // pl.col("borrowers")
    lent = pl.when(pl.col("borrowers") > 0).then(shares)
    town_facts = _rolled(
        joined,
        ["county", "township"],
        township.subject_id,
        credit,
        lent.min().alias("min_village_no_arrears_share"),
    )
    townships = evaluate(town_facts, township)
    town_grades = townships.collect().select(township.subject_id, "grade")
    best_town = township.grades[-1].id
    credit_towns = (
        town_facts.join(town_grades, on=township.subject_id)
        .group_by("county")
        .agg(
            pl.len().cast(pl.Int64).alias("townships"),
            (pl.col("grade") != best_town)
            .fill_null(False)
            .sum()
            .cast(pl.Int64)
            .alias("credit_townships"),
        )
    )
    county_facts = _rolled(joined, ["county"], county.subject_id, credit).join(
        credit_towns, on="county", how="left"
    )
    return AreaStatus(
        villages=villages, townships=townships, counties=evaluate(county_facts, county)
    )


def _rolled(
    villages: pl.DataFrame, places: list[str], key: str, credit: pl.Expr, *extra: pl.Expr
) -> pl.DataFrame:
    known = dictionary()
    sums = [
        name
        for name in ("households", "credit_households", *LOANS[1:])
        if name in villages.columns and name in known
    ]
    rise = (
        [pl.col("bad_loan_rate_rise").max().alias("bad_loan_rate_rise")]
        if "bad_loan_rate_rise" in villages.columns
        else []
    )
    rolled = villages.group_by(places).agg(
        pl.len().cast(pl.Int64).alias("villages"),
        credit.sum().cast(pl.Int64).alias("credit_villages"),
        # a village without figures leaves its area's figure unknown rather than too good
        *(
            pl.when(pl.col(name).is_null().any())
            .then(None)
            .otherwise(pl.col(name).sum())
            .alias(name)
            for name in sums
        ),
        *rise,
        *extra,
    )
    name = pl.concat_str(places, separator="/").alias(key)
    return (rolled if key in places else rolled.with_columns(name)).sort(key)

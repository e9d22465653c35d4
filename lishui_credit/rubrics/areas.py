"""Credit villages, townships and counties (信用村、信用乡镇、信用县), computed from graded households.

`village_facts` counts what the published criteria ask for; `status` grades villages by the criteria
in force, then townships by their villages and counties by their townships. Each level is a rubric
of its own (``credit-village``, ``credit-township``, ``credit-county``), so every status explains
itself like any other grade.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import Bilingual, plural, tr
from lishui_credit.rubrics import coherence
from lishui_credit.rubrics.engine.compile import WITHHELD
from lishui_credit.rubrics.engine.evaluate import Evaluation, evaluate
from lishui_credit.rubrics.law.rubric import GradeRow, Rubric
from lishui_credit.rubrics.missed_conditions import Missed, missed
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.conform import conform
from lishui_credit.tables.headers import is_date, is_header
from lishui_credit.tables.read import read

LOANS = ("village", "borrowers", "borrowers_without_arrears", "loan_balance", "bad_loan_balance")
PLACES: Final = ["county", "township", "village"]
NO_LOANS: Final = Bilingual("no loans", "无贷款")
_FEW: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaStatus:
    """Status of every village, township and county."""

    villages: Evaluation[pl.LazyFrame]
    townships: Evaluation[pl.LazyFrame]
    counties: Evaluation[pl.LazyFrame]
    village_facts: pl.DataFrame  # what each level was graded from
    township_facts: pl.DataFrame
    county_facts: pl.DataFrame

    def levels(self) -> tuple[tuple[str, Evaluation[pl.LazyFrame], pl.DataFrame], ...]:
        """Return each level with its statuses and facts, villages first."""
        return (
            ("village", self.villages, self.village_facts),
            ("township", self.townships, self.township_facts),
            ("county", self.counties, self.county_facts),
        )


def village_facts(
    households: pl.DataFrame | pl.LazyFrame,
    loans: pl.DataFrame,
    *,
    credit_grades: Sequence[str],
) -> pl.DataFrame:
    """Count households and credit households by village, beside the figures that lenders report."""
    places = PLACES
    frame = households.lazy()
    said = tr("add the column to the file that is graded", "请在待评级的文件中加入该列")
    where = tr("the graded households", "农户评级文件")
    refuse(lacking(places, frame.collect_schema().names(), where, said))
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
            pl.col("grade").is_null().sum().cast(pl.Int64).alias("households_without_grade"),
        )
        .join(loans.lazy(), on=places, how="left")
        .with_columns(pl.concat_str(places, separator="/").alias("village_id"))
        .sort("village_id")
    )
    return counted.collect()


def read_loans(loans: Path | str) -> pl.DataFrame:
    """Return the lenders' figures by village; raises `SubjectError` for what cannot be read."""
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
    return figures.frame.collect()


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
    facts = village_facts(graded, read_loans(loans), credit_grades=credit_grades)
    return status(facts, village, township, county)


def absent_households(households: pl.LazyFrame, loans: pl.DataFrame) -> Iterator[str]:
    """Yield what must be said of households that are missing: of whole villages, or of a place."""
    nowhere = pl.any_horizontal(pl.col(name).is_null() for name in PLACES)
    counted = households.select(nowhere.sum()).collect(engine="streaming").item()
    if counted:
        yield tr(
            f"{plural(counted, 'household')} without county, township or village: no village of the"
            " lenders' file counts them",
            f"{counted:,} 户缺少县、乡镇或村,未计入信贷数据文件的任何村",
        )
    known = households.select(PLACES).unique().collect(engine="streaming")
    lost = loans.join(known, on=PLACES, how="anti").select(PLACES).unique().sort(PLACES)
    if not lost.is_empty():
        names = ["/".join(map(str, row)) for row in lost.head(_FEW).iter_rows()]
        more = "…" if lost.height > _FEW else ""
        yield tr(
            f"{plural(lost.height, 'village')} of the lenders' file without a graded household get"
            f" no status: {', '.join(names)}{more}",
            f"信贷数据文件中有 {lost.height:,} 个村没有已评级农户,不予评定:{'、'.join(names)}{more}",
        )


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
    """Return every area in one table: level, area, grade, outcome, what it lacks, its households."""
    return pl.concat(_long(level, result, facts) for level, result, facts in found.levels())


def _long(level: str, result: Evaluation[pl.LazyFrame], facts: pl.DataFrame) -> pl.DataFrame:
    frame, rubric = result.collect(), result.rubric
    key = rubric.subject_id
    lacking = lacks(frame, rubric)
    idle = pl.Series("idle", [nothing_to_divide(row) for row in lacking], dtype=pl.Boolean)
    told = [tr("; ", ";").join(map(str, row)) or None for row in lacking]
    last = rubric.grades[-1].id
    label = pl.when(idle & (pl.col("grade") == last)).then(pl.lit(NO_LOANS.zh))
    counts = ("households", "households_without_grade")
    return (
        frame.with_columns(
            label.otherwise("grade_label").alias("grade_label"),
            pl.Series("lacks", told, dtype=pl.String),
        )
        .join(
            facts.select(key, *counts).rename({name: f"_{name}" for name in counts}),
            on=key,
            how="left",
            maintain_order="left",
        )
        .select(
            pl.lit(level).alias("level"),
            pl.col(key).alias("area"),
            "grade",
            "grade_label",
            "outcome",
            "withheld_by",
            "lacks",
            *(pl.col(f"_{name}").alias(name) for name in counts),
        )
    )


def aims(rubric: Rubric, grade: str | None) -> GradeRow | None:
    """Return the grade an area has still to reach; None for the best."""
    open_ones = [row for row in rubric.grades if row.requires]
    places = [row.id for row in rubric.grades]
    above = (
        open_ones
        if grade is None
        else [row for row in open_ones if places.index(row.id) < places.index(grade)]
    )
    return above[-1] if above else None


def lacks(frame: pl.DataFrame, rubric: Rubric) -> list[tuple[Missed, ...]]:
    """Return, for every graded area of a level, the conditions of its next status that it misses."""
    found: list[tuple[Missed, ...]] = [()] * frame.height
    placed = frame.with_row_index("_place")
    for grade in placed["grade"].unique().to_list():
        aim = aims(rubric, grade)
        if aim is None:
            continue
        these = placed.filter(pl.col("grade").eq_missing(pl.lit(grade, dtype=pl.String)))
        for place, row in zip(these["_place"], missed(these, aim.requires, rubric), strict=True):
            found[place] = row
    return found


def nothing_to_divide(lacking: Sequence[Missed]) -> bool:
    """Whether an area misses its status only because there is nothing to divide."""
    return bool(lacking) and all(row.nothing_to_divide for row in lacking)


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
        villages=villages,
        townships=townships,
        counties=evaluate(county_facts, county),
        village_facts=facts,
        township_facts=town_facts,
        county_facts=county_facts,
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
    summed = ("households", "households_without_grade", "credit_households", *LOANS[1:])
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

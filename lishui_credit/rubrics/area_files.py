"""Files of credit areas: graded households and lenders' figures into a file with its manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from lishui_credit import proof
from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import Bilingual, tr
from lishui_credit.proof import Kind, Manifest, Progress, Stated, Verdict
from lishui_credit.reports.layout import table
from lishui_credit.rubrics import areas, stored_grades
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.missed_conditions import Missed, met_conditions
from lishui_credit.tables.asked_ids import asked_id
from lishui_credit.tables.data_words import in_words
from lishui_credit.tables.read import scan_written
from lishui_credit.tables.unlike_rows import differences
from lishui_credit.tables.write import check_suffix, keep_inputs, write_table

LEVELS: Final = ("village", "township", "county")


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaFacts:
    """What a file of areas rests on beside its inputs, and what came out."""

    editions: Mapping[str, str]  # name@edition of each level, with its SHA-256
    credit_grades: tuple[str, ...]  # that make a credit household
    as_of: date  # day of grading of the households
    counts: Mapping[str, int] = field(default_factory=dict)  # areas by level and status


KIND: Final = Kind(
    proof.AREAS, AreaFacts, Bilingual("a file of areas", "信用村评定结果文件"), ("grades", "loans")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedAreas:
    """Areas found from files: statuses, the long table, and what must be said of the inputs."""

    found: areas.AreaStatus
    rows: pl.DataFrame
    facts: AreaFacts
    notes: tuple[str, ...]
    synthetic: bool
    inputs: Mapping[str, int]  # rows by role


def grade_areas(
    grades: Path | str, loans: Path | str, *, credit_grades: Sequence[str]
) -> GradedAreas:
    """Grade villages, townships and counties from a graded file and the lenders' figures.

    Parameters
    ----------
    grades : path-like
        Farmer households that `grade` graded into a file or a folder, with county, township and village.
    loans : path-like
        The lenders' figures by village.
    credit_grades : sequence of str
        Grades that make a credit household.

    Returns
    -------
    GradedAreas

    Raises
    ------
    ModelError
        If `grades` is no graded file.
    SubjectError
        If a grade is unknown, or a row of the lenders' file cannot be read.
    """
    stored = stored_grades.read(grades)
    areas.refuse_unknown_grades(stored.rubric, credit_grades)
    day = stored.manifest.facts.as_of
    village, township, county = (catalog.rubric(f"credit-{level}", on=day) for level in LEVELS)
    figures = areas.read_loans(loans)
    facts = areas.village_facts(stored.frame, figures, credit_grades=credit_grades)
    found = areas.status(facts, village, township, county)
    rows = areas.long(found)
    counted = rows.group_by("level", "grade", "outcome").len().sort("level", "grade", "outcome")
    return GradedAreas(
        found=found,
        rows=rows,
        facts=AreaFacts(
            editions={_name(rubric): rubric.sha256 for rubric in (village, township, county)},
            credit_grades=tuple(credit_grades),
            as_of=day,
            counts={
                f"{level} {grade or outcome}": count
                for level, grade, outcome, count in counted.iter_rows()
            },
        ),
        notes=tuple(areas.absent_households(stored.frame, figures)),
        synthetic=stored.manifest.synthetic,
        inputs={"grades": int(facts["households"].sum()), "loans": figures.height},
    )


def _name(rubric: Rubric) -> str:
    return f"{rubric.name}@{rubric.edition}"


def checked_output(output: Path | str, grades: Path | str, loans: Path | str) -> Path:
    """Return where areas may be written; raises `SubjectError` where an input would be lost."""
    path, inputs = check_suffix(output), [Path(grades), Path(loans)]
    keep_inputs([path, proof.manifest_path(path)], [*inputs, proof.manifest_path(inputs[0])])
    return path


def write(
    graded: GradedAreas, grades: Path | str, loans: Path | str, output: Path | str
) -> Manifest[AreaFacts]:
    """Write areas with their manifest, and return it."""
    path = checked_output(output, grades, loans)
    files = {"grades": Path(grades), "loans": Path(loans)}
    manifest = Manifest(
        kind=KIND,
        facts=graded.facts,
        inputs=proof.input_files(files, path, graded.inputs),
        notes=graded.notes,
        synthetic=graded.synthetic,
    )

    def made(draft: Path) -> Manifest[AreaFacts]:
        write_table(graded.rows.lazy(), draft, manifest.footer(), sheet=KIND.name)
        return manifest

    return proof.publish(path, made)


def verified(said: Stated, progress: Progress) -> Verdict:
    """Return the verdict on a file of areas whose manifest was read already."""
    manifest = said.manifest(KIND, bound=False)

    def again(files: Mapping[str, Path]) -> Verdict:
        def graded() -> GradedAreas:
            progress(tr("grading again", "重新评级"))
            return grade_areas(
                files["grades"], files["loans"], credit_grades=manifest.facts.credit_grades
            )

        rerun = graded()
        different, rows = _differences(said.path, rerun.rows)
        if not different.is_empty() or rerun.notes != manifest.notes:
            rerun = proof.turned(graded)  # what an area lacks is said in the language of the run
            turned, _ = _differences(said.path, rerun.rows)
            different = min(different, turned, key=len)
        whole = replace(manifest, facts=rerun.facts, notes=rerun.notes, synthetic=rerun.synthetic)
        checks = {"areas": different.is_empty(), **proof.words(said, whole)}
        return Verdict(checks=checks, subjects=rows, different=different)

    return proof.verify(said, manifest, again, progress)


def _differences(path: Path, rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    names = [name for name in rows.columns if name != "area"]
    old, new = (
        frame.select(pl.col("area", *names).cast(pl.String).fill_null(""))
        for frame in (scan_written(path), rows.lazy())
    )
    return differences(old, new, "area", names, shown=["grade", "outcome"])


# ---- one area ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaExplanation:
    """Why one area has its status: every condition as it stands, and its households."""

    area: str
    edition: str
    source: str
    status: str  # in words
    outcome: str
    conditions: tuple[tuple[Missed, bool | None], ...]
    households: int | None
    households_without_grade: int | None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, for ``--json``."""
        told = {
            name: getattr(self, name) for name in self.__dataclass_fields__ if name != "conditions"
        }
        return {
            **told,
            "conditions": [{**row.as_dict(), "met": met} for row, met in self.conditions],
        }

    def __str__(self) -> str:
        """Return it as a page of text."""
        words = {
            True: tr("met", "满足"),
            False: tr("NOT met", "未满足"),
            None: tr("unknown", "无法判断"),
        }
        heads = (
            tr("condition", "条件"),
            tr("found", "实际"),
            tr("needed", "要求"),
            tr("result", "结论"),
            tr("by how much", "差额"),
        )
        cells = [
            (row.label, row.found, row.bounds, words[met], row.short_by or "—")
            for row, met in self.conditions
        ]
        lines = [
            f"{self.area}  ·  {self.edition}",
            self.source,
            tr("status: ", "评定:") + self.status,
            "",
            *(table(heads, cells) if cells else []),
        ]
        if self.households is not None:
            lost = self.households_without_grade or 0
            lines += [
                "",
                tr(
                    f"households: {self.households:,}, of them {lost:,} without a grade (they count"
                    " as households, not as credit households)",
                    f"农户 {self.households:,} 户,其中 {lost:,} 户未评出等级(计入总户数,不计入信用户)",
                ),
            ]
        return "\n".join(lines)


def explained(graded: GradedAreas, area: str) -> AreaExplanation:
    """Return why one area has its status; raises `SubjectError` where there is no such area."""
    hint = [note for note in graded.notes if area in note]
    lacking = Problem(
        tr("no such area among the graded households", "已评级农户中没有该地区"),
        hint=hint[0] if hint else tr("write it as county/township/village", "请写成 县/乡镇/村"),
    )
    area = asked_id(area, graded.rows.lazy().select("area"), lacking)
    for level, result, _ in graded.found.levels():
        rubric = result.rubric
        frame = result.frame.filter(pl.col(rubric.subject_id) == area).collect()
        if frame.is_empty():
            continue
        told = graded.rows.row(
            by_predicate=(pl.col("level") == level) & (pl.col("area") == area), named=True
        )
        # One that has the best status shows the conditions it meets.
        aim = areas.aims(rubric, told["grade"]) or rubric.grades[0]
        label = told["grade_label"]
        if label == areas.NO_LOANS.zh:
            label = str(areas.NO_LOANS)
        return AreaExplanation(
            area=area,
            edition=f"{_name(rubric)} ({rubric.title})",
            source=str(rubric.source),
            status=in_words(label) or tr("withheld", "暂不评级"),
            outcome=told["outcome"],
            conditions=met_conditions(frame, aim.requires, rubric),
            households=told["households"],
            households_without_grade=told["households_without_grade"],
        )
    raise SubjectError(lacking)

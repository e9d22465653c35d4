"""What a grade opens or brings: incentives and supervision, each with its legal ground.

A document's measures are one file of ``measures/*.toml``. Nothing follows from a grade by itself: an
authority or a lender decides. Penalties are not listed: they have their own law and decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

from lishui_credit.citation import EVIDENCE, Citation, Evidence, Period
from lishui_credit.errors import EditionError, Problem
from lishui_credit.language import Bilingual, either, tr
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.header_words import did_you_mean
from lishui_credit.tables.toml_documents import read_document
from lishui_credit.tables.toml_places import Loc

FORMAT: Final = 1

KINDS: Final[Mapping[str, Bilingual]] = {
    "incentive": Bilingual("incentive", "激励"),
    "supervision": Bilingual("supervision", "监管"),
}
"""Kinds of measure; a punishment is none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure and the grades it is attached to."""

    id: str
    label_zh: str  # as printed, shortened
    label_en: str
    kind: Literal["incentive", "supervision"]
    given_to: dict[str, tuple[str, ...]]  # grades, by rubric name
    clause: str
    evidence: Evidence
    # What of it is ours and not the text's, such as which grade is meant; both languages or neither.
    assumed_zh: str = ""
    assumed_en: str = ""
    note: str = ""
    note_zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureFile:
    """The measures of one document."""

    format: int
    source: Citation
    in_force: Period
    measures: tuple[Measure, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundedMeasure:
    """A measure with the document it rests on."""

    measure: Measure
    source: Citation
    in_force: Period

    def __str__(self) -> str:
        """Return it in one line: kind, what, ground, and what is assumed."""
        row = self.measure
        said = f"{KINDS[row.kind]}: {tr(row.label_en, row.label_zh)}"
        document = f"{self.source.number or ''}《{self.source.title_zh}》"
        ground = f"{document} {row.clause}; {EVIDENCE[row.evidence]}"
        assumed = tr(row.assumed_en, row.assumed_zh)
        return f"{said} [{ground}]" + (tr(" Assumed: ", " 假定:") + assumed if assumed else "")

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        row = self.measure
        return {
            "id": row.id,
            "kind": row.kind,
            "label": tr(row.label_en, row.label_zh),
            "issuer": self.source.issuer,
            "number": self.source.number,
            "title_zh": self.source.title_zh,
            "clause": row.clause,
            "evidence": row.evidence,
            "url": self.source.url,
            "read_on": None if self.source.read_on is None else self.source.read_on.isoformat(),
            "assumed": tr(row.assumed_en, row.assumed_zh),
            "note": either(row.note, row.note_zh),
        }


def measures_of(
    rubric: Rubric, grade: str, *, on: date | None = None
) -> tuple[GroundedMeasure, ...]:
    """Return what a grade opens or brings.

    Parameters
    ----------
    rubric : Rubric
        The edition; measures are looked up by its name, variant included.
    grade : str
        Id of a grade.
    on : date, optional
        Day; measures whose document was not in force then are left out. All of them if None.

    Returns
    -------
    tuple of GroundedMeasure
        By file and row; empty where no document seen attaches anything to the grade.

    Raises
    ------
    EditionError
        If the edition has no such grade.

    Notes
    -----
    Incentives and supervision only. A firm has no right to them by this list, and nobody is punished
    by it. What a document leaves open, such as which grade it means, is said as assumed.

    References
    ----------
    丽水市社会信用体系建设“十三五”规划 三(二)5, 五(二)1, 七(一), 七(三), 七(六); 环发〔2013〕150号;
    银发〔1999〕245号.

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> [row.measure.id for row in measures_of(rubric("farm-produce@2016-10-01"), "C")]
    ['farm_strengthened_supervision', 'farm_warning_and_help']
    """
    if grade not in {row.id for row in rubric.grades}:
        known = [row.id for row in rubric.grades]
        raise EditionError(
            tr("no such grade", "没有该等级"),
            grade,
            did_you_mean([grade], known) or ", ".join(known),
        )
    return tuple(
        GroundedMeasure(measure=row, source=file.source, in_force=file.in_force)
        for file in _shipped()
        if on is None or on in file.in_force
        for row in file.measures
        if grade in row.given_to.get(rubric.name, ())
    )


def read_measures(path: Path) -> MeasureFile:
    """Read a file of measures; raises `RubricError` with every mistake."""
    document = read_document(path, name=f"measures/{path.name}")
    return document.make(MeasureFile, check=_wrong)


@cache
def _shipped() -> tuple[MeasureFile, ...]:
    folder = Path(str(files("lishui_credit") / "rubrics" / "law" / "measures"))
    return tuple(read_measures(path) for path in sorted(folder.glob("*.toml")))


def _wrong(file: MeasureFile, _: frozenset[str]) -> Iterator[tuple[Loc, Problem]]:
    """Yield what is wrong beyond the shape of a file."""
    if file.format != FORMAT:
        what = tr("the file's format number is not known", "文件格式编号未知")
        yield ("format",), Problem(what, str(file.format), f"format = {FORMAT}")
    seen: set[str] = set()
    for place, row in enumerate(file.measures):
        loc: Loc = ("measures", place)
        if row.id in seen:
            yield (*loc, "id"), Problem(tr("duplicate id", "id 重复"), row.id)
        seen.add(row.id)
        if bool(row.assumed_zh) != bool(row.assumed_en):
            what = tr("an assumption is said in both languages", "假定须以两种语言写明")
            hint = tr("write assumed_zh and assumed_en", "请写 assumed_zh 与 assumed_en")
            yield loc, Problem(what, "", hint)
        if not row.given_to:
            yield loc, Problem(tr("the measure is given to no grade", "该措施未对应任何等级"))
        for name, grades in row.given_to.items():
            yield from _strange((*loc, "given_to"), name, grades)


def _strange(loc: Loc, name: str, grades: tuple[str, ...]) -> Iterator[tuple[Loc, Problem]]:
    """Yield a rubric or grades that no shipped edition has."""
    if name not in catalog.names():
        what = tr("no such rubric", "没有该评价办法")
        yield loc, Problem(what, name, did_you_mean([name], catalog.names()))
        return
    editions = [catalog.load(entry.path) for entry in catalog.entries() if entry.name == name]
    known = {row.id for edition in editions for row in edition.grades}
    for grade in grades:
        if grade not in known:
            what = tr(f"no edition of {name} has this grade", f"{name} 的各版本均无该等级")
            yield loc, Problem(what, grade, did_you_mean([grade], known))

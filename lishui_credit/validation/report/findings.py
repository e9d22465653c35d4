"""What a validation report is made of: a `Line` is one figure, a `Table` one frame, cited both."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal

import polars as pl

from lishui_credit.language import Bilingual
from lishui_credit.statistics.outcomes import Estimate
from lishui_credit.validation.report.particulars import Particulars
from lishui_credit.validation.report.settings import ValidationSettings

Standing = Literal["good", "watch", "bad", "note"]
"""How a verdict reads; a note judges nothing."""
Unit = Literal["number", "rate", "count"]
"""How a figure is printed."""

ECB = "ECB, Instructions for reporting the validation results of internal models (2019)"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a figure means: how it reads, and the words."""

    standing: Standing
    words: Bilingual


def says(standing: Standing, en: str, zh: str) -> Verdict:
    """Return a verdict from its words in both languages."""
    return Verdict(standing, Bilingual(en, zh))


NO_VERDICT = says("note", "", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure of a report: its name, value, interval, p-value, verdict and source."""

    id: str
    name: Bilingual
    value: float | None  # None where it could not be computed, and the verdict says why
    low: float | None = None
    high: float | None = None
    p: float | None = None  # of the test that the verdict reads
    verdict: Bilingual = NO_VERDICT.words
    standing: Standing = NO_VERDICT.standing
    source: str = ""
    unit: Unit = "number"


def line(
    id: str,
    name: Bilingual,
    found: Estimate | float,
    verdict: Verdict = NO_VERDICT,
    *,
    source: str = "",
    unit: Unit = "number",
) -> Line:
    """Return the line of an estimate, or of a number that has neither interval nor test."""
    one = found if isinstance(found, Estimate) else Estimate(found)
    return Line(
        id=id,
        name=name,
        value=one.value,
        low=one.low,
        high=one.high,
        p=one.p,
        verdict=verdict.words,
        standing=verdict.standing,
        source=source,
        unit=unit,
    )


@dataclass(frozen=True, slots=True)
class Table:
    """One frame of a report; figures are drawn from it by its id."""

    id: str
    name: Bilingual
    frame: pl.DataFrame
    source: str = ""
    points: bool = False  # of a curve: drawn and stored, not printed


@dataclass(frozen=True, slots=True)
class Section:
    """Lines and tables of one question."""

    id: str
    name: Bilingual
    lines: tuple[Line, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything a report shows."""

    title: str
    synthetic: bool
    subjects: int
    bads: int
    settings: ValidationSettings
    sections: tuple[Section, ...]
    remarks: tuple[Bilingual, ...] = ()
    particulars: Particulars = field(default_factory=Particulars)


def as_fields(found: Line | Table) -> dict[str, Any]:
    """Return the fields of a line or table, a text in both languages as two of them."""
    row: dict[str, Any] = {}
    for part in fields(found):
        value = getattr(found, part.name)
        if isinstance(value, Bilingual):
            row |= {f"{part.name}_en": value.en, f"{part.name}_zh": value.zh}
        else:
            row[part.name] = value
    return row

"""What a section is to hold, and the one function that lays it out.

A module of `sections` names the parts of its section in an `Outline`: each part has a name and a
function that computes its lines and tables. A part that cannot be computed becomes one line that
says why; a section without parts is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from lishui_credit.errors import CreditError
from lishui_credit.language import Bilingual
from lishui_credit.scorecards.bins.process import SpecialCodes
from lishui_credit.statistics.outcomes import Floats, Values
from lishui_credit.validation.report.findings import Line, Section, Table
from lishui_credit.validation.report.settings import ValidationSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The rows as they came, in which near copies and recording artefacts are looked for.

    Parameters
    ----------
    inputs : polars.DataFrame
        Of the sample that is validated.
    training, training_outcome : polars.DataFrame and array-like, optional
        Of the sample that the model was fitted on, with the same columns.
    codes : mapping of str to sequence or mapping, optional
        Special codes by column.
    """

    inputs: pl.DataFrame
    training: pl.DataFrame | None = None
    training_outcome: Values | None = None
    codes: Mapping[str, SpecialCodes] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a validation was given, checked: columns of one length, None where there is none."""

    y: Floats
    weights: Floats | None
    score: Floats | None
    pd: Floats | None
    reference_score: Floats | None
    features: pl.DataFrame | None
    reference: pl.DataFrame | None
    grades: pl.Series | None
    initial_grades: pl.Series | None
    grade_order: Sequence[str] | None
    groups: Mapping[str, pl.Series]
    proxies_of: Mapping[str, Values]
    periods: pl.Series | None
    settings: ValidationSettings
    records: Records | None = None
    seen: bool = False  # the rows are those the model was fitted on

    @property
    def risk(self) -> Floats | None:
        """What ranks the subjects, rising with badness: the score if there is one, else the PD."""
        return self.pd if self.score is None else -self.score

    @property
    def shown(self) -> Floats | None:
        """The same as people know it: the score, else the PD."""
        return self.pd if self.score is None else self.score


@dataclass(frozen=True, slots=True)
class Part:
    """Figures that are computed together."""

    id: str  # of the line that says why they could not be computed
    name: Bilingual
    figures: Callable[[], Iterable[Line | Table]]


@dataclass(frozen=True, slots=True)
class Outline:
    """A section to be: its id, its heading, and the parts that what was given allows."""

    id: str
    name: Bilingual
    parts: Callable[[Given], Iterable[Part]]


def laid_out(outline: Outline, given: Given) -> Section | None:
    """Return the section of an outline, None where nothing was given for any of its parts."""
    parts = list(outline.parts(given))
    lines: list[Line] = []
    tables: list[Table] = []
    for part in parts:
        try:
            for found in part.figures():
                if isinstance(found, Line):
                    lines.append(_unpraised(found) if given.seen else found)
                else:
                    tables.append(found)
        except CreditError as error:
            lines.append(_not_computed(part, error))
    return Section(outline.id, outline.name, tuple(lines), tuple(tables)) if parts else None


def _unpraised(found: Line) -> Line:
    """Return a figure of rows that the model was fitted on: what speaks for it there proves nothing."""
    if found.standing != "good":
        return found
    words = Bilingual(
        f"on the rows fitted only, not judged: {found.verdict.en}",
        f"仅就建模数据而言,不作判断:{found.verdict.zh}",
    )
    return replace(found, standing="note", verdict=words)


def _not_computed(part: Part, error: CreditError) -> Line:
    why = str(error).replace("\n", "; ")
    return Line(
        id=part.id,
        name=part.name,
        value=None,
        verdict=Bilingual(f"not computed: {why}", f"未计算:{why}"),
        standing="watch",
    )

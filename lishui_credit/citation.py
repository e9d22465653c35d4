"""Where a rule comes from: the document (`Citation`), the row's ground in it (`Cited`), the `Period`.

Evidence is loud. `EVIDENCE` orders the levels from the official text down to a stand-in; a result
that rests on rows below ``secondary`` says so wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from lishui_credit.language import Bilingual, dated, tr

Evidence = Literal["official", "copy", "secondary", "local", "memory", "placeholder"]
"""Levels that a row of a rubric may have."""

EVIDENCE: Final[Mapping[str, Bilingual]] = {
    "official": Bilingual("official text", "官方原文"),
    "copy": Bilingual("copy of the text", "原文副本"),
    "secondary": Bilingual("secondary source", "二手转述"),
    "local": Bilingual("another place's rule, unverified", "他地规则,未核实"),
    "derived": Bilingual("derived by arithmetic", "推算"),
    "proposed": Bilingual("proposed here, the text is silent", "本软件拟定,原文未规定"),
    "memory": Bilingual("from memory, unverified", "凭记忆,未核实"),
    "placeholder": Bilingual("placeholder, unverified", "占位值,未核实"),
}
"""What each evidence level is called, strongest first: the issuer's own text; a copy of it; press or
an agency page that reports it; another place's rule; computed from values that are known; a choice of
this package where the text is silent; recalled, not seen; a stand-in so that software can run."""


def is_weak(evidence: str) -> bool:
    """Tell whether an evidence level lies below ``secondary``."""
    levels = list(EVIDENCE)
    return levels.index(evidence) > levels.index("secondary")


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """The published document a rule is taken from."""

    issuer: str
    title_zh: str  # as printed
    number: str | None = None  # document number (文号); None where the copy shows none
    issued: date | None = None
    read_on: date | None = None  # day somebody last looked at the copy
    url: str | None = None  # where a copy can be read
    cut: str = ""  # where the copy ends, if it ends before the text does
    cut_zh: str = ""
    unlinked: str = ""  # why no address can be given
    unlinked_zh: str = ""
    note: str = ""  # what kind of copy it is and what is missing from it
    note_zh: str = ""

    def __str__(self) -> str:
        """Return issuer, number and title in one line."""
        number = f" {self.number}" if self.number else ""
        return f"{self.issuer}{number} 《{self.title_zh}》"


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedDocument(Citation):
    """One more document that rows of an edition are taken from."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """The ground of one row: where it stands in which document, and where a copy can be read."""

    clause: str  # annex, row or article
    evidence: Evidence
    document: str = ""  # id of a document of the edition; its source if empty
    # The row's own copy, where it is another than its document's.
    url: str | None = None
    read_on: date | None = None  # day somebody last looked at the copy
    cut: str = ""  # where that copy ends
    cut_zh: str = ""
    unlinked: str = ""  # why no address can be given for this row
    unlinked_zh: str = ""


PLACE: Final = ("document", "url", "read_on", "cut", "cut_zh", "unlinked", "unlinked_zh")
"""Keys of a row that say in which document and copy it stands."""

UNSEEN: Final = frozenset({"memory", "placeholder"})
"""Evidence of a row whose text nobody saw: it has no copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A half-open stretch of days, [start, until)."""

    start: date  # first day in force
    until: date | None = None  # first day no longer in force; None while it still is

    def __contains__(self, day: date) -> bool:
        """Tell whether `day` lies in the period."""
        return self.start <= day and (self.until is None or day < self.until)

    def __str__(self) -> str:
        """Return the period as ``2016-03-01 .. 2018-03-31`` or ``2016-03-01 ..``."""
        if self.until is None:
            return f"{self.start} .."
        return f"{self.start} .. {self.last}"

    @property
    def last(self) -> date | None:
        """Last day in force."""
        return None if self.until is None else date.fromordinal(self.until.toordinal() - 1)

    @property
    def said(self) -> str:
        """First and last day in force, as people write them."""
        first = dated(self.start)
        if self.last is None:
            return tr(f"from {first}", f"{first}起")
        return tr(f"{first} to {dated(self.last)}", f"{first}至{dated(self.last)}")

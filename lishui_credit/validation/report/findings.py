"""What a validation report is made of: a `Line` is one figure, a `Table` one frame, cited both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal, TypedDict

import polars as pl

from lishui_credit.errors import CreditError
from lishui_credit.language import tr

Standing = Literal["good", "watch", "bad", "note"]

ECB = "ECB, Instructions for reporting the validation results of internal models (2019)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Choices every section shares; see `validate`."""

    level: float = 0.95
    bins: int = 10
    repeats: int = 200
    seed: int = 0
    min_rows: int = 50


class Verdict(TypedDict):
    """What a line says: the part of `Line` that judges."""

    standing: Standing
    verdict_en: str
    verdict_zh: str


def says(standing: Standing, en: str, zh: str) -> Verdict:
    """Return a verdict in both languages."""
    return Verdict(standing=standing, verdict_en=en, verdict_zh=zh)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure of a report.

    Parameters
    ----------
    id : str
        Short name, stable.
    name_en, name_zh : str
        What it is called.
    value : float, optional
        The figure; None where it could not be computed, and the verdict says why.
    low, high : float, optional
        Its interval.
    p : float, optional
        p-value of the test that the verdict reads.
    verdict_en, verdict_zh : str
        What it says, in words.
    standing : {"good", "watch", "bad", "note"}
        How the verdict reads; "note" judges nothing.
    source : str
        Where the statistic comes from.
    unit : {"number", "rate", "count"}
        How to print it.
    """

    id: str
    name_en: str
    name_zh: str
    value: float | None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    verdict_en: str = ""
    verdict_zh: str = ""
    standing: Standing = "note"
    source: str = ""
    unit: Literal["number", "rate", "count"] = "number"

    @property
    def name(self) -> str:
        """The name in the language in use."""
        return tr(self.name_en, self.name_zh)

    @property
    def verdict(self) -> str:
        """The verdict in the language in use."""
        return tr(self.verdict_en, self.verdict_zh)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One frame of a report.

    Parameters
    ----------
    id : str
        Short name, stable; figures are drawn from tables by it.
    name_en, name_zh : str
        What it shows.
    frame : pl.DataFrame
        The figures.
    source : str
        Where the method comes from.
    points : bool
        Whether the frame is points of a curve: drawn and stored, not printed.
    """

    id: str
    name_en: str
    name_zh: str
    frame: pl.DataFrame
    source: str = ""
    points: bool = False

    @property
    def name(self) -> str:
        """The name in the language in use."""
        return tr(self.name_en, self.name_zh)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Lines and tables of one question."""

    id: str
    name_en: str
    name_zh: str
    lines: tuple[Line, ...] = ()
    tables: tuple[Table, ...] = ()

    @property
    def name(self) -> str:
        """The name in the language in use."""
        return tr(self.name_en, self.name_zh)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything a report shows.

    Parameters
    ----------
    title : str
        What was validated.
    synthetic : bool
        Whether the data are made up; every output says so, loudly.
    subjects, bads : int
        Rows and bad outcomes.
    settings : Settings
        Confidence, bins, repeats, seed, smallest group.
    sections : tuple of Section
        By question.
    remarks : tuple of (str, str)
        What a reader must know, in English and Chinese.
    """

    title: str
    synthetic: bool
    subjects: int
    bads: int
    settings: Settings
    sections: tuple[Section, ...]
    remarks: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Draft:
    """A section being written: what cannot be computed becomes a line that says why."""

    id: str
    name_en: str
    name_zh: str
    lines: list[Line] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    def add(self, id: str, name_en: str, name_zh: str, make: Callable[[], Iterable[Any]]) -> None:
        """Add the lines and tables that `make` returns, or one line with the reason."""
        try:
            for found in make():
                (self.lines if isinstance(found, Line) else self.tables).append(found)
        except CreditError as error:
            why = str(error).replace("\n", "; ")
            self.lines.append(
                Line(
                    id=id,
                    name_en=name_en,
                    name_zh=name_zh,
                    value=None,
                    verdict_en=f"not computed: {why}",
                    verdict_zh=f"未计算:{why}",
                    standing="watch",
                )
            )

    def section(self) -> Section:
        """Return the finished section."""
        return Section(
            id=self.id,
            name_en=self.name_en,
            name_zh=self.name_zh,
            lines=tuple(self.lines),
            tables=tuple(self.tables),
        )


def plain(value: Any) -> Any:
    """Return a value JSON can hold: numbers that are not finite become null.

    Examples
    --------
    >>> plain(float("nan")), plain(0.5)
    (None, 0.5)
    """
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, (int, str, bool)) or value is None:
        return value
    return str(value)


def printed(value: Any, unit: str = "number") -> str:
    """Return a figure as printed: rates in percent, counts with separators, four decimals else.

    Examples
    --------
    >>> printed(0.12345, "rate"), printed(12345, "count"), printed(0.78234), printed(None)
    ('12.35%', '12,345', '0.7823', '—')
    """
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return "—"
    if isinstance(value, bool):
        return tr("yes", "是") if value else tr("no", "否")
    if isinstance(value, str):
        return value
    if unit == "rate":
        return f"{100 * value:.2f}%"
    if unit == "count" or isinstance(value, int):
        return f"{value:,.0f}"
    if unit == "p":
        return "< 0.001" if value < 0.001 else f"{value:.3f}"
    if value == 0:
        return "0"
    if abs(value) >= 10:
        return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
    return f"{value:.4f}" if abs(value) >= 0.01 else f"{value:.6f}"

"""The figures of a validation as people read them, in the language in use."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Final

import polars as pl

from lishui_credit.language import Bilingual, tr
from lishui_credit.validation.report.findings import Line, Report, Standing

_STANDINGS: Final[Mapping[Standing, Bilingual]] = {
    "good": Bilingual("✓ pass", "✓ 通过"),
    "watch": Bilingual("▲ watch", "▲ 关注"),
    "bad": Bilingual("✗ fail", "✗ 不通过"),
    "note": Bilingual("· note", "· 说明"),
}


def standing_word(standing: Standing) -> str:
    """Return how a verdict reads, a sign and a word."""
    return str(_STANDINGS[standing])


def printed(value: float | str | None, unit: str = "number") -> str:
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


def cells(line: Line) -> dict[str, str]:
    """Return a line as text: name, value, interval, p, standing, verdict, source."""
    interval = ""
    if line.low is not None and line.high is not None:
        interval = f"{printed(line.low, line.unit)} – {printed(line.high, line.unit)}"
    return {
        "name": str(line.name),
        "value": printed(line.value, line.unit),
        "interval": interval,
        "p": "" if line.p is None else printed(line.p, "p"),
        "standing": standing_word(line.standing),
        "verdict": str(line.verdict),
        "source": line.source,
    }


def heads() -> dict[str, str]:
    """Return the headings of `cells`."""
    return {
        "name": tr("figure", "指标"),
        "value": tr("value", "数值"),
        "interval": tr("interval", "区间"),
        "p": "p",
        "verdict": tr("verdict", "结论"),
        "source": tr("source", "出处"),
    }


def printed_lines(report: Report, section: str | None = None) -> pl.DataFrame:
    """Return every figure, or those of one section by its id, as text: one row per line.

    Examples
    --------
    >>> from lishui_credit.validation.report.validate import validate
    >>> made = validate([0, 0, 1, 1] * 20, score=[4, 3, 2, 3] * 20)
    >>> printed_lines(made, "discrimination").row(0, named=True)["value"]
    '0.8750'
    """
    rows = [
        {"section": str(part.name), "id": line.id, **cells(line)}
        for part in report.sections
        if section in (None, part.id)
        for line in part.lines
    ]
    names = ("section", "id", "name", "value", "interval", "p", "standing", "verdict", "source")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String))

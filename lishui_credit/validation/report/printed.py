"""The lines of a validation as a table of text, in the language in use."""

from __future__ import annotations

from typing import Final

import polars as pl

from lishui_credit.language import tr
from lishui_credit.validation.report.findings import Standing, printed
from lishui_credit.validation.report.validation import Validation, interval

_STANDINGS: Final[dict[Standing, tuple[str, str, str]]] = {
    "good": ("✓", "good", "良好"),
    "watch": ("▲", "watch", "关注"),
    "bad": ("✗", "bad", "不良"),
    "note": ("·", "for reading", "说明"),
}


def standing_word(standing: Standing) -> str:
    """Return how a verdict reads, a sign and a word.

    Examples
    --------
    >>> from lishui_credit.language import set_language
    >>> set_language("en"); standing_word("watch")
    '▲ watch'
    >>> set_language(None)
    """
    sign, english, chinese = _STANDINGS[standing]
    return f"{sign} {tr(english, chinese)}"


def printed_lines(validation: Validation, section: str | None = None) -> pl.DataFrame:
    """Return every figure as people read it.

    Parameters
    ----------
    validation : Validation
        What was found.
    section : str, optional
        Only of this section, by its id.

    Returns
    -------
    polars.DataFrame, one row per line
        ``section``, ``id``, ``name``, ``value``, ``interval``, ``p``, ``standing``, ``verdict``,
        ``source``: all text.

    Examples
    --------
    >>> from lishui_credit.validation.report.validate import validate
    >>> made = validate([0, 0, 1, 1] * 20, score=[4, 3, 2, 3] * 20, repeats=20)
    >>> printed_lines(made, "discrimination").row(0, named=True)["value"]
    '0.8750'
    """
    rows = [
        (
            part.name,
            line.id,
            line.name,
            printed(line.value, line.unit),
            interval(line),
            printed(line.p, "p") if line.p is not None else "",
            standing_word(line.standing),
            line.verdict,
            line.source,
        )
        for part in validation.sections
        if section in (None, part.id)
        for line in part.lines
    ]
    names = ["section", "id", "name", "value", "interval", "p", "standing", "verdict", "source"]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")

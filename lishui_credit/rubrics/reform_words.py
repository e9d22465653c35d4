"""Old and new side by side, in words: each change of an edition as a council reads it."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import polars as pl

from lishui_credit.language import dated, tr
from lishui_credit.rubrics import listing
from lishui_credit.rubrics.law.event_rules import Repair
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import Amount, GradeRow, Indicator, Override, Rubric, Start
from lishui_credit.rubrics.reform import Change, changes
from lishui_credit.rubrics.repair_words import window_said

_NOTHING: Final = "—"


def part_said(part: str) -> str:
    """Return what people call a part of an edition."""
    words = {
        "grades": tr("grade", "等级"),
        "indicators": tr("row", "指标"),
        "overrides": tr("override rule", "直接判级规则"),
        "repairs": tr("repair", "信用修复"),
        "dimensions": tr("dimension", "维度"),
        "choices": tr("choice of reading", "条文取舍"),
        "amounts": tr("amount", "额度"),
        "start": tr("start score", "起评分"),
        "aggregate": tr("how the total is made", "总分计算方式"),
        "point_unit": tr("smallest part of a point", "最小计分单位"),
        "bases": tr("county bases", "县级基数"),
        "adjustment": tr("adjustment by a person", "人工调整"),
        "cycle": tr("yearly cycle", "年度周期"),
    }
    return words.get(part, part)


def side_by_side(old: Rubric, new: Rubric) -> pl.DataFrame:
    """Return every change of the text, one row each, in the language in use.

    Parameters
    ----------
    old, new : Rubric
        Two editions.

    Returns
    -------
    polars.DataFrame
        ``part``, ``id``, ``label``, ``old`` and ``new`` in words (a dash where there is none),
        ``clause`` of the new text, or of the old one where a row goes.

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> told = side_by_side(rubric("tax-credit@2014-10-01"), rubric("tax-credit@2018-04-01"))
    >>> told.columns
    ['part', 'id', 'label', 'old', 'new', 'clause']
    """
    rows = []
    for change in changes(old, new):
        before, after = _row(old, change), _row(new, change)
        shown: Any = before if after is None else after
        was, now = _said(old, before), _said(new, after)
        if was == now:  # the numbers stay; what else differs is named
            now = f"{now} ({', '.join(change.keys) or tr('source', '来源')})"
        label = row_label(shown) if hasattr(shown, "label_zh") else part_said(change.part)
        clause = getattr(shown, "clause", "")
        rows.append((part_said(change.part), change.id, label, was, now, clause))
    names = ("part", "id", "label", "old", "new", "clause")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def in_force_said(old: Rubric, new: Rubric, day: date, *, applies: bool) -> str:
    """Return whether the change grades on a day, in words."""
    if applies:
        return tr(
            f"graded on {dated(day)}, by {old.name} of {old.edition} and by the change",
            f"评级日 {dated(day)},分别按 {old.name} {old.edition} 版和改动后的版本评级",
        )
    return tr(
        f"graded on {dated(day)}: the change is in force from {dated(new.period.start)} only,"
        " so nobody moves on that day (--as-if-in-force grades by it all the same)",
        f"评级日 {dated(day)}:改动自 {dated(new.period.start)} 起施行,当日无人变动"
        "(加 --as-if-in-force 则仍按改动评级)",
    )


def _row(rubric: Rubric, change: Change) -> Any:
    if not change.id:
        return getattr(rubric, change.part)
    return next((row for row in getattr(rubric, change.part) if row.id == change.id), None)


def _said(rubric: Rubric, row: Any) -> str:
    if row is None:
        return _NOTHING
    if isinstance(row, Indicator):
        if not row.enabled:
            return tr("switched off", "停用")
        weight = "" if row.weight is None else tr(f"weight {row.weight}%: ", f"权重 {row.weight}%:")
        return weight + listing.rule(rubric, row)
    if isinstance(row, GradeRow):
        return listing.grade_rule(row)
    if isinstance(row, Override):
        return listing.override_rule(row)
    if isinstance(row, Repair):
        return "; ".join(map(window_said, row.windows))
    if isinstance(row, Amount):
        params = ", ".join(f"{name} {value}" for name, value in row.formula.params.items())
        return f"{row.formula.name} {params}".rstrip()
    if isinstance(row, Start):
        return "; ".join(listing.start_rules(row))
    return str(getattr(row, "taken", getattr(row, "points", row)))

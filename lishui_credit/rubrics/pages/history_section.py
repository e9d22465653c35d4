"""How a rubric came to read as it does: its editions in order, and what each amendment changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from lishui_credit.language import Bilingual, plural, tr
from lishui_credit.reports.html import Markup, words
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import Indicator, Rubric
from lishui_credit.rubrics.listing import rule
from lishui_credit.rubrics.pages.page_parts import anchor, in_words, listed, page_of, section
from lishui_credit.rubrics.reform import Change, changes
from lishui_credit.rubrics.reform_words import part_said

_KINDS: Final = {
    "added": Bilingual("new", "新增"),
    "removed": Bilingual("repealed", "删除"),
    "changed": Bilingual("changed", "修改"),
}
_KEYS: Final = {
    "label_zh": Bilingual("wording", "表述"),
    "clause": Bilingual("clause", "条款"),
    "at_least": Bilingual("cut-off", "下限"),
    "requires": Bilingual("conditions", "条件"),
    "weight": Bilingual("weight", "权重"),
    "max_points": Bilingual("most points", "最高分"),
    "event": Bilingual("event rule", "事件规则"),
    "repair": Bilingual("repair", "修复"),
    "windows": Bilingual("windows", "时限"),
    "effect": Bilingual("effect", "效果"),
    "when": Bilingual("conditions", "条件"),
    "missing": Bilingual("empty cells", "空值处理"),
    "enabled": Bilingual("switched on or off", "启用或停用"),
}


def history(rubric: Rubric, line: Sequence[Rubric]) -> str:
    """Return the editions of a rubric in their order, each with what it changed; this one is marked."""
    parts = []
    for before, one in zip([None, *line], line, strict=False):
        here = one.edition == rubric.edition
        title = f"{one.period.said} · {one.source.number or one.source.title_zh}"
        named = (
            f"<b>{words(title)}</b> {words(tr('(this page)', '(本页)'))}"
            if here
            else f'<a href="{page_of(one)}">{words(title)}</a>'
        )
        told = _amended(before, one, here) if before is not None else ""
        parts.append(f"<li>{named}{told}</li>")
    return section("history", tr("History", "沿革"), f'<ol class="plain">{"".join(parts)}</ol>')


def _amended(before: Rubric, after: Rubric, here: bool) -> str:
    found = changes(before, after)
    count = tr(plural(len(found), "change"), f"修改 {len(found)} 处")
    if not found:
        return f"<br>{words(tr('no rule changed', '规则未变'))}"
    lines = listed([_change(one, before, after, here) for one in found])
    opened = " open" if here and len(found) <= 12 else ""
    return f"<details{opened}><summary>{words(count)}</summary>{lines}</details>"


def _change(change: Change, before: Rubric, after: Rubric, here: bool) -> Markup:
    """Return one change in words: the row, and where it can be told its rule as it was and is."""
    head = f"{_KINDS[change.kind]}: {part_said(change.part)}"
    if not change.id:
        return Markup(words(head))
    old, new = (_row(edition, change) for edition in (before, after))
    row = old if new is None else new
    name = words(row_label(row)) if row is not None else words(change.id)
    if here and new is not None and change.part in ("indicators", "overrides", "grades"):
        name = f'<a href="#{anchor(new)}">{name}</a>'
    return Markup(f"{words(head)} {name}{_told(change, (before, old), (after, new))}")


def _row(edition: Rubric, change: Change) -> Any:
    rows: Iterable[Any] = getattr(edition, change.part)
    return next((row for row in rows if row.id == change.id), None)


def _told(change: Change, before: tuple[Rubric, Any], after: tuple[Rubric, Any]) -> str:
    if change.kind != "changed":
        return ""
    keys = tr(", ", "、").join(str(_KEYS.get(key, key.replace("_", " "))) for key in change.keys)
    said = f" ({words(keys)})"
    if isinstance(before[1], Indicator):
        was, now = (in_words(rule(*side)) for side in (before, after))
    elif change.keys == ("at_least",):
        was, now = (str(side[1].at_least) for side in (before, after))
    else:
        return said
    return said if was == now else f"{said}: {words(was)} → {words(now)}"

"""What a reform comes to, in lines of a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lishui_credit.commands.terminal import SYNTHETIC, yuan
from lishui_credit.language import tr
from lishui_credit.reports.layout import cut, table
from lishui_credit.tables.columns import called, dictionary, printed
from lishui_credit.tables.data_words import CROSSING, in_words

if TYPE_CHECKING:
    import polars as pl

    from lishui_credit.rubrics.cliffs import Cliffs
    from lishui_credit.rubrics.law.rubric import Rubric
    from lishui_credit.validation.reform_effects import Reform

_SHOWN: Final = 20
_STEPS: Final = 12  # cliffs shown


def reform_lines(
    found: Reform,
    by: list[str],
    money: pl.DataFrame,
    steps: tuple[Cliffs, ...],
    output: Path | None,
) -> list[str]:
    """Return what a reform comes to, for a terminal."""
    from lishui_credit.rubrics import reform_words

    old, new = found.old.rubric, found.change
    lines = [str(SYNTHETIC)] if found.synthetic else []
    lines += [
        f"{old.title} {old.name}@{old.edition} -> "
        + (", ".join(new.overlays) or f"{new.name}@{new.edition}"),
        reform_words.in_force_said(old, new, found.old.as_of, applies=found.applies),
        "",
        tr("What changes", "改动内容"),
    ]
    told = reform_words.side_by_side(old, new)
    heads = (tr("part", "部分"), tr("name", "名称"), tr("old", "原"), tr("new", "新"))
    cells = [
        (part, cut(label, 34), cut(was, 60), cut(now, 60))
        for part, label, was, now in told.select("part", "label", "old", "new").head(40).iter_rows()
    ]
    lines += table(heads, cells) if cells else [tr("nothing", "无")]
    if told.height > len(cells):
        rest = told.height - len(cells)
        lines.append(
            tr(f"… and {rest} more (--json lists all)", f"……另有 {rest} 处(--json 全部列出)")
        )
    lines += ["", tr("Who moves", "等级变动"), *found.sentences(), *_group_lines(found, by)]
    lines += _money_lines(money, old)
    lines += _cliff_lines(steps)
    if output is not None:
        lines += ["", tr("wrote ", "已写出 ") + str(output)]
    return lines


def _group_lines(found: Reform, by: list[str]) -> list[str]:
    frame = found.by_group(by)
    heads = (
        tr("group", "分组"),
        tr("subjects", "主体数"),
        tr("up", "上升"),
        tr("95% interval", "95% 区间"),
        tr("down", "下降"),
        tr("95% interval", "95% 区间"),
    )

    def cells(row: Mapping[str, Any]) -> tuple[str, ...]:
        name = _group_said(row["column"], row["group"])
        size = f"{row['subjects']:,}"
        if row["note"]:
            return (name, size, tr("too few", "样本过少"), "", "", "")
        told = []
        for side in ("up", "down"):
            told.append(f"{row[side]:,} ({row[f'{side}_share']:.1%})")
            told.append(f"{row[f'{side}_low']:.1%} – {row[f'{side}_high']:.1%}")
        return (name, size, *told)

    rows = [cells(row) for row in frame.head(1 + 3 * _SHOWN).iter_rows(named=True)]
    lines = ["", *table(heads, rows)]
    if frame.height > len(rows):
        rest = frame.height - len(rows)
        lines.append(tr(f"… and {rest} groups more (--json)", f"……另有 {rest} 组(--json)"))
    return lines


def _group_said(column: str, group: str) -> str:
    """Return a group by its columns and their values: ``County: Liandu × Size: 小``."""
    if not column:
        return tr("everybody", "全部")
    names = column.split("*")
    values = group.split(CROSSING, len(names) - 1)
    return CROSSING.join(
        tr(f"{called(name)}: ", f"{called(name)}:") + _value_said(name, value)
        for name, value in zip(names, values, strict=True)
    )


def _value_said(name: str, value: str) -> str:
    known = dictionary().get(name)
    if known is not None and known.type == "flag" and value in ("true", "false"):
        return printed(name, value == "true")
    return printed(name, value) if known is not None and value in known.values else in_words(value)


def _money_lines(money: pl.DataFrame, rubric: Rubric) -> list[str]:
    from lishui_credit.rubrics.law.row_labels import row_label

    if money.is_empty():
        return []
    labels = {row.id: row_label(row) for row in rubric.amounts}
    priced = "interest_fen_before" in money.columns
    heads = [
        tr("amount", "额度"),
        tr("group", "分组"),
        tr("before", "改动前"),
        tr("after", "改动后"),
    ]
    heads += [tr("change", "增减")]
    heads += [tr("a year's interest", "年利息增减")] if priced else []
    rows = []
    for row in money.head(3 * _SHOWN).iter_rows(named=True):
        name = row["amount"].removesuffix("_fen")
        cells = [labels.get(name, tr("line", "额度")), _group_said(row["column"], row["group"])]
        cells += [yuan(row[f"line_fen_{side}"]) for side in ("before", "after", "change")]
        rows.append((*cells, *([yuan(row["interest_fen_change"])] if priced else [])))
    return ["", tr("Credit lines and prices", "额度与价格"), *table(heads, rows)]


def _cliff_lines(steps: tuple[Cliffs, ...]) -> list[str]:
    from lishui_credit.rubrics.cliff_comparison import beside, near_said

    if not steps:
        return []
    before, after = steps[0], steps[-1]
    lines = ["", tr("Cliffs", "等级断崖"), tr("before: ", "改动前:") + near_said(before)]
    lines += [tr("after: ", "改动后:") + near_said(after)] if len(steps) > 1 else []
    told = beside(before, after)
    heads = [tr("step", "一步"), tr("grade", "等级"), tr("rule", "规则"), tr("clause", "条款")]
    heads += [tr("before", "改动前"), tr("after", "改动后")]
    rows = [
        (cut(step, 44), way, cut(rule, 40), cut(clause, 30), f"{was:,}", f"{now:,}")
        for step, way, rule, clause, was, now, _ in told.head(_STEPS).iter_rows()
    ]
    lines += table(heads, rows) if rows else []
    if told.height > _STEPS:
        rest = told.height - _STEPS
        lines.append(tr(f"… and {rest} more (--json)", f"……另有 {rest} 项(--json)"))
    return lines

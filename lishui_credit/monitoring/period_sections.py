"""The parts of a watch's page that tell of one period: columns, grades, migration, groups, vintages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from lishui_credit.language import tr
from lishui_credit.monitoring.card_cells import SCORE
from lishui_credit.monitoring.ledger import OUTCOMES, SCORES, Ledger
from lishui_credit.monitoring.period_records import Rules
from lishui_credit.monitoring.verdicts import alarms
from lishui_credit.monitoring.watch_tables import MEASURES, vintage_table
from lishui_credit.reports import html
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.validation.report.printed import printed

Rows = list[list[html.Cell]]
_RATES: Final = ("approval", "expected_bad_rate", "bad_rate", "approved_bad_rate")


def verdict_word(passes: bool | None) -> html.Cell:
    """Return a verdict as a cell."""
    if passes is None:
        return "s unsure", tr("not yet", "尚不可判")
    return ("s on", tr("pass", "通过")) if passes else ("s off", tr("ALARM", "报警"))


def shown(key: str, value: Any) -> str:
    """Return a figure of `MEASURES` as printed."""
    if value is None:
        return "—"
    return printed(
        float(value),
        "count" if key in ("rows", "beyond") else "rate" if key in _RATES else "number",
    )


def plain_table(heads: Sequence[str], rows: Rows, caption: str, *notes: str, names: int = 1) -> str:
    """Return a table whose first columns are names, the others numbers."""
    kinds = ["k"] * names + ["n"] * (len(heads) - names)
    top = list(zip(kinds, heads, strict=True))
    return html.table(top, rows, caption=caption, notes=notes)


def stability(ledger: Ledger, card: Card, rules: Rules, last: str) -> str:
    """Return the indices of a period's columns with their lines."""
    entry = ledger.of(last, SCORES)[-1]
    labels = {item.feature: item.label for item in card.characteristics}
    labels |= {row.name: card.label_of(row) for row in card.crossed}
    labels[SCORE] = tr("score", "分数")
    rows: Rows = [
        [
            ("k", labels[row["feature"]]),
            *(("n", printed(row[key])) for key in ("psi", "expected", "critical", "line")),
            ("n", printed(row["p_family"], "p")),
            verdict_word(not alarms(row, rules)),
        ]
        for row in sorted(entry["stability"], key=lambda row: row["p_family"])
    ]
    notes = []
    if entry["lacking"]:
        with_them = [row for row in card.crossed if set(row.features) & set(entry["lacking"])]
        told = ", ".join([*entry["lacking"], *map(card.label_of, with_them)])
        notes.append(
            tr(
                f"No CSI of {told}: the scored file did not keep them (score with --keep).",
                f"{told} 无 CSI:评分文件未保留这些列(打分时请用 --keep)。",
            )
        )
    if bare := [card.label_of(row) for row in card.crossed if not row.goods]:
        told = ", ".join(bare)
        notes.append(
            tr(
                f"No CSI of {told}: the card does not say how many rows of its sample each cell had.",
                f"{told} 无 CSI:评分卡未记录建模样本在各单元格的行数。",
            )
        )
    if entry["unbound"]:
        notes.append(
            tr("The file does not say which card scored it.", "文件未说明由何评分卡打分。")
        )
    heads = [
        tr("column", "列"),
        "PSI / CSI",
        tr("by chance on average", "偶然均值"),
        tr("line alone", "单列界线"),
        tr("line for all", "合并界线"),
        tr("p for all", "合并 p"),
        tr("verdict", "结论"),
    ]
    return plain_table(heads, rows, tr(f"Population in {last}", f"{last} 人群"), *notes)


def grades(ledger: Ledger, last: str) -> str:
    """Return the grades of a period with what became of them."""
    entry = ledger.of(last, SCORES)[-1]
    if entry["grades"] is None:
        note = tr("The card has no grades.", "评分卡未设等级。")
        return f'<p class="note">{html.words(note)}</p>'
    known = (ledger.of(last, OUTCOMES) or [{}])[-1]
    rows: Rows = []
    for grade, count in entry["grades"].items():
        seen, bads = (known.get(f"grades_{name}", {}).get(grade, 0) for name in ("known", "bads"))
        rate = printed(bads / seen, "rate") if seen else "—"
        rows.append(
            [
                ("k", grade),
                ("n", f"{count:,}"),
                ("n", printed(count / entry["rows"], "rate")),
                ("n", f"{seen:,}"),
                ("n", rate),
            ]
        )
    heads = [
        tr("grade", "等级"),
        tr("rows", "行数"),
        tr("share", "占比"),
        tr("outcomes known", "已知结果"),
        tr("bad rate", "坏账率"),
    ]
    return plain_table(heads, rows, tr(f"Grades in {last}", f"{last} 等级"))


def migration(ledger: Ledger, last: str) -> str:
    """Return where subjects went since the period before, or why that is not known."""
    found = ledger.of(last, SCORES)[-1]["migration"]
    if found is None:
        note = tr(
            "Migration of grades was not computed: it needs grades, --subject, and the period before "
            "among the files of the run.",
            "未计算等级迁移:须有等级、--subject,且上一期在本次文件之中。",
        )
        return f'<p class="note">{html.words(note)}</p>'
    rows: Rows = [
        [("k", grade), *(("n", f"{count:,}") for count in counts)]
        for grade, counts in zip(found["grades"], found["counts"], strict=True)
    ]
    heads = [tr("from / to", "从 / 到"), *found["grades"]]
    note = tr(
        f"{found['both']:,} subjects in both; {found['left']:,} left, {found['came']:,} came.",
        f"两期均有 {found['both']:,} 个主体;退出 {found['left']:,},新增 {found['came']:,}。",
    )
    caption = tr(f"Grades: {found['from']} to {last}", f"等级迁移:{found['from']} 至 {last}")
    return plain_table(heads, rows, caption, note)


def groups(ledger: Ledger, last: str) -> str:
    """Return the groups of a period, shown and not tested."""
    entry = ledger.of(last, SCORES)[-1]
    if not entry["groups"]:
        return ""
    known = {
        (row["column"], row["group"]): row
        for found in ledger.of(last, OUTCOMES)[-1:]
        for row in found["groups"]
    }
    rows: Rows = []
    for row in entry["groups"]:
        seen = known.get((row["column"], row["group"]), {})
        observed = seen.get("observed", {})
        rate = None if row["approved"] is None else row["approved"] / row["rows"]
        rows.append(
            [
                ("k", row["column"]),
                ("k", row["group"] or tr("(missing)", "(缺失)")),
                ("n", f"{row['rows']:,}"),
                ("n", shown("approval", rate)),
                ("n", shown("bad_rate", row["expected"]["bad_rate"])),
                ("n", f"{seen.get('known', 0):,}"),
                ("n", shown("bad_rate", observed.get("bad_rate"))),
                ("n", shown("auc", row["expected"]["auc"])),
                ("n", shown("auc", observed.get("auc"))),
            ]
        )
    heads = [
        tr("column", "列"),
        tr("group", "组"),
        tr("rows", "行数"),
        str(MEASURES["approval"]),
        str(MEASURES["expected_bad_rate"]),
        tr("outcomes known", "已知结果"),
        str(MEASURES["bad_rate"]),
        str(MEASURES["expected_auc"]),
        "AUC",
    ]
    note = tr(
        "Groups are shown, not tested: the promised rate of false alarms is for the checks above.",
        "分组只列示、不检验:误报率承诺仅针对上述检验。",
    )
    return plain_table(heads, rows, tr(f"Groups in {last}", f"{last} 分组"), note, names=2)


def vintages(ledger: Ledger) -> str:
    """Return bad rates by quarter of opening and months on book."""
    table = vintage_table(ledger)
    if table.is_empty():
        return ""
    rows: Rows = [
        [
            ("k", row["cohort"] or tr("(no day)", "(无日期)")),
            ("k", row["period"]),
            ("n", "—" if row["youngest"] is None else f"{row['youngest']} – {row['oldest']}"),
            ("n", f"{row['known']:,}"),
            ("n", f"{row['bads']:,}"),
            ("n", printed(row["bad_rate"], "rate")),
        ]
        for row in table.iter_rows(named=True)
    ]
    heads = [
        tr("opened", "开户季度"),
        tr("seen in", "观察期"),
        tr("months on book", "账龄(月)"),
        tr("outcomes known", "已知结果"),
        tr("bads", "坏户"),
        tr("bad rate", "坏账率"),
    ]
    return plain_table(heads, rows, tr("Vintages", "账龄分析"), names=2)

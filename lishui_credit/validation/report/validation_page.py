"""A validation as one self-contained HTML page: numbers before pictures, nothing from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

import polars as pl

from lishui_credit.language import language, tr
from lishui_credit.validation.report.charts import drawing
from lishui_credit.validation.report.findings import Line, Report, Section, Table
from lishui_credit.validation.report.printed import printed
from lishui_credit.version import __version__

PRINTED_ROWS = 60
"""Rows of a table the page prints; the JSON holds all."""

STYLE = """
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1180px;padding:16px;color:#1a1a1a;background:#fff;
font:15px/1.5 system-ui,-apple-system,"Segoe UI","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
h1{font-size:1.5rem;margin:.2em 0}h2{font-size:1.2rem;margin:2em 0 .4em;border-bottom:2px solid #1a1a1a;padding-bottom:.2em}
h3{font-size:1rem;margin:1.4em 0 .3em}
.loud{background:#1a1a1a;color:#fff;font-weight:700;padding:.6em 1em;margin:.6em 0}
.remark{margin:.2em 0;color:#404040}
.scroll{overflow-x:auto;max-width:100%;-webkit-overflow-scrolling:touch}
table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}
th,td{padding:.28em .6em;border-bottom:1px solid #d0d0d0;text-align:right;vertical-align:top;white-space:nowrap}
th{background:#f2f2f2;position:sticky;top:0}
td.word,th.word{text-align:left}td.long{white-space:normal;min-width:11em}
.cite{color:#595959;font-size:.8rem}
.standing{font-weight:700;white-space:nowrap}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(330px,100%),1fr));gap:12px;margin:.8em 0}
figure{margin:0;border:1px solid #d0d0d0;padding:8px;break-inside:avoid;min-width:0}
figcaption{font-weight:600;font-size:.9rem}
svg.plot{display:block;width:100%;height:auto;max-width:560px}
svg.plot text{font-size:13px;fill:#1a1a1a;paint-order:stroke;stroke:#fff;stroke-width:3px}.grid{stroke:#e2e2e2}.axis{stroke:#1a1a1a;fill:none}
.legend{font-size:.82rem}.legend span{margin-right:1em;white-space:nowrap}.legend svg{margin-right:.3em}
footer{margin-top:3em;color:#595959;font-size:.82rem}
@media(max-width:600px){body{padding:10px;font-size:14px}th,td{padding:.25em .4em}
.lines thead{display:none}.lines,.lines tbody,.lines tr,.lines td{display:block;width:100%}
.lines tr{border-bottom:1px solid #1a1a1a;padding:.3em 0}.lines td{border:0;text-align:left;padding:.05em 0;white-space:normal}
.lines td:empty{display:none}.lines td:first-child{font-weight:700}.lines td[data-l]:before{content:attr(data-l) " ";color:#595959}}
@media print{body{max-width:none;padding:0;font-size:10pt}.scroll{overflow:visible}th{position:static}
table{font-size:7.5pt}td,th{white-space:normal;padding:.15em .3em}tr,figure{break-inside:avoid}h2,h3{break-after:avoid}
.loud{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""

HEADS: dict[str, tuple[str, str]] = {
    "grade": ("grade", "等级"),
    "subjects": ("subjects", "主体数"),
    "bads": ("bads", "坏"),
    "pd": ("mean PD", "平均违约概率"),
    "bad_rate": ("bad rate", "坏账率"),
    "low": ("low", "下限"),
    "high": ("high", "上限"),
    "p_jeffreys": ("p Jeffreys", "p Jeffreys"),
    "p_binomial": ("p binomial", "p 二项"),
    "p_correlated": ("p correlated", "p 相关"),
    "light": ("light", "信号灯"),
    "inverted": ("inverted", "次序颠倒"),
    "band": ("band", "段"),
    "score_from": ("score from", "分数自"),
    "score_to": ("score to", "分数至"),
    "risk_from": ("PD from", "概率自"),
    "risk_to": ("PD to", "概率至"),
    "lift": ("lift", "提升"),
    "subjects_share": ("subjects so far", "累计主体"),
    "bads_share": ("bads so far", "累计坏样本"),
    "lift_so_far": ("lift so far", "累计提升"),
    "gap": ("gap", "差距"),
    "asked": ("asked", "目标通过率"),
    "approved": ("approved", "实际通过率"),
    "score_at_least": ("score at least", "最低分"),
    "risk_below_or_at": ("PD at most", "最高概率"),
    "bad_rate_refused": ("bad rate refused", "被拒坏账率"),
    "bads_refused": ("bads refused", "坏被拒占比"),
    "goods_refused": ("goods refused", "好被拒占比"),
    "bads_approved": ("bads approved", "坏通过占比"),
    "bin": ("bin", "箱"),
    "cell": ("cell", "区间"),
    "reference": ("reference", "参照"),
    "current": ("current", "当前"),
    "part": ("part", "贡献"),
    "feature": ("feature", "特征"),
    "psi": ("PSI", "PSI"),
    "expected": ("by chance", "随机期望"),
    "critical": ("chance up to", "随机上限"),
    "cells": ("cells", "箱数"),
    "smoothed": ("smoothed", "平滑"),
    "moved": ("convention", "惯例判断"),
    "metric": ("metric", "指标"),
    "group": ("group", "组"),
    "period": ("period", "时期"),
    "value": ("value", "数值"),
    "note": ("note", "备注"),
    "approval": ("approval", "通过率"),
    "approval_low": ("low", "下限"),
    "approval_high": ("high", "上限"),
    "approval_gap": ("approval gap", "通过率差"),
    "gap_low": ("low", "下限"),
    "gap_high": ("high", "上限"),
    "ratio": ("ratio to highest", "与最高之比"),
    "score_mean": ("mean score", "平均分"),
    "score_gap": ("score gap", "分数差"),
    "score_gap_low": ("low", "下限"),
    "score_gap_high": ("high", "上限"),
    "from": ("from", "自"),
    "to": ("to", "至"),
    "nearer": ("nearer", "近侧格"),
    "share": ("share", "占比"),
    "share_nearer": ("share nearer", "近侧占比"),
    "z": ("z", "z"),
    "p": ("p", "p"),
}

WORDS: dict[str, tuple[str, str]] = {
    "green": ("● green", "● 绿"),
    "yellow": ("▲ yellow", "▲ 黄"),
    "red": ("■ red", "■ 红"),
    "stable": ("stable", "稳定"),
    "watch": ("▲ watch", "▲ 关注"),
    "shifted": ("■ shifted", "■ 显著偏移"),
    "too few": ("too few", "样本过少"),
    "one class": ("one class only", "仅一类"),
    "reference": ("reference", "参照组"),
    "auc": ("AUC", "AUC"),
    "ks": ("KS", "KS"),
    "h": ("H", "H"),
    "brier": ("Brier", "Brier"),
    "gap": ("bad rate − PD", "坏账率 − 违约概率"),
    "ece": ("ECE", "ECE"),
}

STANDINGS: dict[str, tuple[str, str, str]] = {
    "good": ("✓", "holds", "成立"),
    "watch": ("▲", "look", "关注"),
    "bad": ("✗", "fails", "不成立"),
    "note": ("", "", ""),
}

RATES = frozenset(
    [
        "pd",
        "bad_rate",
        "subjects_share",
        "bads_share",
        "asked",
        "approved",
        "bad_rate_refused",
        "bads_refused",
        "goods_refused",
        "bads_approved",
        "approval",
        "approval_low",
        "approval_high",
        "approval_gap",
        "gap_low",
        "gap_high",
        "share",
        "share_nearer",
    ]
)
SHARES_OF_RATE_TABLES = frozenset(("low", "high"))
LABELLED = ' data-l="{}"'
WORDY = frozenset(
    [
        "grade",
        "group",
        "period",
        "metric",
        "note",
        "feature",
        "cell",
        "from",
        "to",
        "nearer",
        "light",
        "moved",
    ]
)


def _cell(name: str, value: Any, rate_table: bool) -> str:
    if isinstance(value, str):
        return escape(
            tr(*WORDS[value])
            if name in ("light", "moved", "note", "metric") and value in WORDS
            else value
        )
    if value is None and name == "grade":
        return tr("all", "全部")
    if value is None and name == "note":
        return ""
    unit = "p" if name == "p" or name.startswith("p_") else "number"
    if name in RATES or (rate_table and name in SHARES_OF_RATE_TABLES):
        unit = "rate"
    if name in ("subjects", "bads"):
        unit = "count"
    return printed(value, unit)


def _by_metric(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a long frame of metrics as one row per group, each figure with its interval."""
    label = "period" if "period" in frame.columns else "group"
    held = frame.unique(label, keep="first", maintain_order=True)
    wide = held.select(label, "subjects", "bads", "bad_rate")
    for metric in frame["metric"].unique(maintain_order=True):
        cells = [
            (
                row[label],
                tr(*WORDS.get(row["note"], ("—", "—")))
                if row["value"] is None
                else f"{printed(row['value'])} ({printed(row['low'])} – {printed(row['high'])})",
            )
            for row in frame.filter(pl.col("metric") == metric).iter_rows(named=True)
        ]
        name = tr(*WORDS.get(metric, (metric, metric)))
        column = pl.DataFrame(cells, {label: pl.String, name: pl.String}, orient="row")
        wide = wide.join(column, on=label, how="left", maintain_order="left")
    return wide


def _frame(frame: pl.DataFrame) -> str:
    if "metric" in frame.columns:
        frame = _by_metric(frame)
    rate_table = "bad_rate" in frame.columns and "value" not in frame.columns
    heads = "".join(
        f"<th{' class=word' if name in WORDY else ''}>{escape(tr(*HEADS.get(name, (name, name))))}</th>"
        for name in frame.columns
    )
    rows = []
    for row in frame.head(PRINTED_ROWS).iter_rows(named=True):
        cells = "".join(
            f"<td{' class=word' if name in WORDY else ''}>{_cell(name, value, rate_table)}</td>"
            for name, value in row.items()
        )
        rows.append(f"<tr>{cells}</tr>")
    more = (
        f"<p class=cite>{tr(f'first {PRINTED_ROWS} of {len(frame)} rows; the JSON report holds all', f'仅显示前 {PRINTED_ROWS} 行,共 {len(frame)} 行;JSON 报告含全部')}</p>"
        if len(frame) > PRINTED_ROWS
        else ""
    )
    return f"<div class=scroll tabindex=0><table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>{more}"


def _table(found: Table) -> str:
    source = f"<p class=cite>{escape(found.source)}</p>" if found.source else ""
    return f"<h3>{escape(str(found.name))}</h3>{_frame(found.frame)}{source}"


def _line(line: Line) -> str:
    mark, en, zh = STANDINGS[line.standing]
    standing = f"{mark} {tr(en, zh)}" if mark else ""
    bounds = (
        ""
        if line.low is None or line.high is None
        else f"{printed(line.low, line.unit)} – {printed(line.high, line.unit)}"
    )
    p = printed(line.p, "p") if line.p is not None else ""
    cells = (
        ("word long", "", str(line.name)),
        ("", tr("value", "数值"), printed(line.value, line.unit)),
        ("", tr("interval", "区间"), bounds),
        ("", "p", p),
        ("word standing", "", standing),
        ("word long", "", str(line.verdict)),
        ("word long cite", tr("source", "出处"), line.source),
    )
    return "<tr>{}</tr>".format(
        "".join(
            f'<td class="{kind}"{LABELLED.format(label) if label else ""}>{escape(text)}</td>'
            for kind, label, text in cells
        )
    )


def _section(section: Section) -> str:
    heads = (
        tr("figure", "指标"),
        tr("value", "数值"),
        tr("interval", "区间"),
        "p",
        tr("verdict", "结论"),
        "",
        tr("source", "出处"),
    )
    lines = "".join(_line(line) for line in section.lines)
    top = "".join(
        f"<th{' class=word' if place in (0, 4, 5, 6) else ''}>{escape(head)}</th>"
        for place, head in enumerate(heads)
    )
    figures = "".join(found for found in (drawing(table) for table in section.tables) if found)
    return (
        f"<section id={section.id}><h2>{escape(str(section.name))}</h2>"
        + (
            f"<div class=scroll tabindex=0><table class=lines><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table></div>"
            if lines
            else ""
        )
        + "".join(_table(table) for table in section.tables if not table.points)
        + (f"<div class=figures>{figures}</div>" if figures else "")
        + "</section>"
    )


def page(report: Report) -> str:
    """Return a report as HTML text, in the language in use.

    Everything is inside: style, drawings (SVG), figures; no script and no outside host.

    Parameters
    ----------
    report : Report

    Returns
    -------
    str
    """
    title = report.title or tr("Validation", "验证报告")
    share = printed(report.bads / report.subjects, "rate")
    loud = (
        f"<p class=loud>{tr('SYNTHETIC DATA 合成数据: made up from a seed; says nothing about real subjects', '合成数据 SYNTHETIC DATA:由随机种子生成,不代表任何真实主体')}</p>"
        if report.synthetic
        else ""
    )
    about = tr(
        f"{report.subjects:,} subjects, {report.bads:,} bad ({share})",
        f"{report.subjects:,} 个主体,其中坏 {report.bads:,}({share})",
    )
    remarks = "".join(f"<p class=remark>{escape(str(text))}</p>" for text in report.remarks)
    return (
        f'<!doctype html><html lang="{language()}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{loud}"
        f"<h1>{escape(title)}</h1><p>{about}</p>{remarks}"
        + "".join(_section(section) for section in report.sections)
        + f"<footer>lishui_credit {escape(__version__)}{loud}</footer></body></html>\n"
    )

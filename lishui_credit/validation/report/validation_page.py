"""A validation as one self-contained HTML page: numbers before pictures."""

from __future__ import annotations

from typing import Final

import polars as pl

from lishui_credit.language import Bilingual, tr
from lishui_credit.reports import html
from lishui_credit.tables.data_words import in_words
from lishui_credit.validation.report.charts import drawing
from lishui_credit.validation.report.conclusion import (
    conclusion,
    finding_heads,
    finding_rows,
    signer_heads,
    signer_names,
)
from lishui_credit.validation.report.findings import Line, Report, Section, Table
from lishui_credit.validation.report.headings import COLUMNS, WORDS, Kind
from lishui_credit.validation.report.particulars import SEEN
from lishui_credit.validation.report.printed import cells, heads, printed

PRINTED_ROWS: Final = 60
"""Rows of a table the page prints; the JSON holds all."""

STYLE: Final = """
.remark{margin:.2em 0}.conclusion{font-size:1.1rem;font-weight:600}.w{min-width:11em}td.c{color:var(--grey);font-size:.8rem}td.s{font-weight:700}
@media(max-width:600px){td.c{font-size:inherit}}
@media print{.w{min-width:0}td.c{font-size:inherit}table:not(.stack) :is(td,th){white-space:normal}}
"""

_SIGNED: Final = {0: "n", 2: "s"}
"""Kinds of the cells of a finding by place: its number, its verdict."""

_LINE: Final = {
    "name": "w lead",
    "value": "n",
    "interval": "n",
    "p": "n",
    "standing": "s",
    "verdict": "w",
    "source": "w c",
}
"""Columns of the figures of a section, and the kind of their cells."""


def page(report: Report) -> str:
    """Return a report as HTML text, in the language in use."""
    title = report.title or tr("Validation", "验证报告")
    warning, running = "", ""
    if report.synthetic:
        warning = tr(
            "SYNTHETIC DATA 合成数据: generated from a random seed; says nothing about real subjects",
            "合成数据 SYNTHETIC DATA:由随机种子生成,不代表任何真实主体",
        )
        running = tr("SYNTHETIC DATA 合成数据", "合成数据 SYNTHETIC DATA")
    remarks = "".join(f'<p class="remark">{html.words(str(text))}</p>' for text in report.remarks)
    seen = html.banner(str(SEEN)) if report.particulars.seen else ""
    told = [[("k", what), ("", value)] for what, value in report.particulars.rows()]
    summary = f'<p class="conclusion">{html.words(str(conclusion(report)))}</p>'
    return html.page(
        title,
        f"{html.banner(warning)}{seen}<h1>{html.words(title)}</h1><p>{html.words(about(report))}</p>"
        f'<section id="conclusion"><h2>{html.words(tr("Conclusion", "总体结论"))}</h2>{summary}'
        + html.table([("", tr("what", "项目")), ("", tr("value", "内容"))], told)
        + f"</section>{remarks}<main>"
        + "".join(_section(section) for section in report.sections)
        + _to_sign(report)
        + f"{html.footer(warning)}</main>",
        style=STYLE,
        running=running,
    )


def about(report: Report) -> str:
    """Return how many subjects a report is about, and how many of them are bad."""
    share = printed(report.bads / report.subjects, "rate")
    return tr(
        f"{report.subjects:,} subjects, {report.bads:,} bad ({share})",
        f"{report.subjects:,} 个主体,其中坏 {report.bads:,}({share})",
    )


def _to_sign(report: Report) -> str:
    """Return the findings with room for who answers for each, and the signatures of the report."""
    rows = [
        [(_SIGNED.get(place, ""), text) for place, text in enumerate(row)] + [("blank", "")] * 4
        for row in finding_rows(report)
    ]
    heads = [("", text) for text in finding_heads()]
    none = f"<p>{html.words(tr('There are no findings.', '没有需要处理的发现。'))}</p>"
    signers = [[("k", name), *[("blank", "")] * 3] for name in signer_names()]
    return (
        f'<section id="findings"><h2>{html.words(tr("Findings to sign", "待签发现"))}</h2>'
        + (html.table(heads, rows) if rows else none)
        + html.table([("", text) for text in signer_heads()], signers)
        + "</section>"
    )


def _section(section: Section) -> str:
    figures = (drawing(table) for table in section.tables)
    return (
        f'<section id="{section.id}"><h2>{html.words(str(section.name))}</h2>'
        + (_lines(section.lines) if section.lines else "")
        + "".join(_table(table) for table in section.tables if not table.points)
        + html.figures(found for found in figures if found)
        + "</section>"
    )


def _lines(lines: tuple[Line, ...]) -> str:
    words = heads()
    named = {**words, "standing": words["verdict"], "verdict": ""}
    rows = []
    for line in lines:
        found = cells(line)
        if line.standing == "note":  # it judges nothing
            found["standing"] = ""
        rows.append([(kinds, found[name]) for name, kinds in _LINE.items()])
    return html.table([(kinds, named[name]) for name, kinds in _LINE.items()], rows, stack=True)


def printed_table(found: Table) -> tuple[list[html.Cell], list[list[html.Cell]]]:
    """Return the headings and the first rows of a table as cells: their kinds and their words."""
    frame = _by_metric(found.frame) if "metric" in found.frame.columns else found.frame
    kinds = {name: _kind(name, found.frame) for name in frame.columns}
    top = [(_looks(kinds[name]), _head(name)) for name in frame.columns]
    rows = [
        [(_looks(kinds[name]), _cell(name, value, kinds[name])) for name, value in row.items()]
        for row in frame.head(PRINTED_ROWS).iter_rows(named=True)
    ]
    return top, rows


def _table(found: Table) -> str:
    frame = found.frame
    top, rows = printed_table(found)
    notes = [found.source] if found.source else []
    if len(frame) > PRINTED_ROWS:
        cut = tr(
            f"first {PRINTED_ROWS} of {len(frame)} rows; the JSON report has all",
            f"仅显示前 {PRINTED_ROWS} 行,共 {len(frame)} 行;JSON 报告含全部",
        )
        notes.insert(0, cut)
    return html.table(top, rows, caption=str(found.name), notes=notes)


def _head(name: str) -> str:
    return str(COLUMNS[name][1]) if name in COLUMNS else name


def _looks(kind: Kind) -> str:
    return "k" if kind == "word" else "n"


def _kind(name: str, frame: pl.DataFrame) -> Kind:
    """Return what a column holds; the ends of an interval hold what the frame has intervals of."""
    if name in ("low", "high") and "bad_rate" in frame.columns and "value" not in frame.columns:
        return "rate"
    return COLUMNS[name][0] if name in COLUMNS else "number"


def _cell(name: str, value: float | str | None, kind: Kind) -> str:
    if value is None and name in ("grade", "note"):
        return tr("all", "全部") if name == "grade" else ""
    if isinstance(value, str) and name == "group":
        return in_words(value)
    if isinstance(value, str) and name in ("light", "moved", "note"):
        return str(WORDS.get(value, value))
    return printed(value, kind)


def _by_metric(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a long frame of metrics as one row per group, each figure with its interval."""
    label = "period" if "period" in frame.columns else "group"
    held = frame.unique(label, keep="first", maintain_order=True)
    wide = held.select(label, "subjects", "bads", "bad_rate")
    for metric in frame["metric"].unique(maintain_order=True):
        told = [
            (
                row[label],
                str(WORDS.get(row["note"], Bilingual("—", "—")))
                if row["value"] is None
                else f"{printed(row['value'])} ({printed(row['low'])} – {printed(row['high'])})",
            )
            for row in frame.filter(pl.col("metric") == metric).iter_rows(named=True)
        ]
        name = str(WORDS.get(metric, metric))
        column = pl.DataFrame(told, {label: pl.String, name: pl.String}, orient="row")
        wide = wide.join(column, on=label, how="left", maintain_order="left")
    return wide

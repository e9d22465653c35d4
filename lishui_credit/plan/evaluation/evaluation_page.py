"""The mid-term evaluation as one self-contained HTML page, made to be filed, printed and read on a phone.

No script, no font and no picture from elsewhere; the observations travel inside it as a CSV file.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import date
from typing import Final

import polars as pl

from lishui_credit.language import dated, spoken, tr
from lishui_credit.plan.definitions import PlanIndicator, indicators
from lishui_credit.plan.evaluation import annex, grids
from lishui_credit.plan.evaluation.drawings import against_path, course
from lishui_credit.plan.evaluation.grids import Cell, Grid, Measured, Pace, State
from lishui_credit.plan.evaluation.method_texts import PROPOSED, methods
from lishui_credit.plan.evaluation.mid_term import MidTerm
from lishui_credit.plan.evaluation.remarks import about, both_methods, remarks, standing, warning
from lishui_credit.plan.sentences import headline, sentence
from lishui_credit.reports import html
from lishui_credit.reports.layout import width
from lishui_credit.reports.palette import STATUS_FILLS
from lishui_credit.reports.pdf import place
from lishui_credit.tables.write import safe_text

STYLE: Final = (
    "".join(
        f"td.{name}{{background:{paper};color:{ink}}}"
        for name, (paper, ink) in STATUS_FILLS.items()
    )
    + """
body{font:16px/1.65 var(--serif)}h1,h2,h3,h4,table,figure,nav,.loud,.facts,.sign,.pairs{font-family:var(--sans)}
h1{word-break:keep-all;text-wrap:balance;margin:.3em 0 .6em}table{width:100%;font-size:.84rem}.note{font-family:inherit}
.facts{border-top:1px solid var(--ink);border-bottom:1px solid var(--ink);padding:.5em 0;display:grid;grid-template-columns:max-content 1fr;gap:.15em 1.2em;font-size:.93rem}
.facts dt{color:var(--grey)}.facts dd,.pairs dd{margin:0}
nav ol,.pairs{columns:2;column-gap:2em}nav ol{padding-left:1.4em;margin:.3em 0}nav li{break-inside:avoid}.at{display:none}nav ul{list-style:none;padding:0;margin:.3em 0}
.pairs{font-size:.84rem;line-height:1.45;margin:.2em 0}.pairs div{break-inside:avoid;border-bottom:1px solid var(--rule);padding:.2em 0;display:grid;grid-template-columns:8.5em 1fr;gap:.6em}.pairs dt{font-weight:600}
sub,sup{line-height:0;font-size:.72em}.formula{white-space:nowrap}
@media(max-width:600px){body{font-size:15px}nav ol,.pairs{columns:1}.facts{grid-template-columns:1fr}.facts dt{margin-top:.3em}
table:not(.stack) td,th{white-space:nowrap}.formula{white-space:normal}}
@page wide{size:A4 landscape}
@media print{body{font-size:10.5pt}nav ol{columns:1}nav li{border-bottom:1px dotted var(--rule);margin:.25em 0}nav a{color:inherit;text-decoration:none}.at{display:inline;float:right}nav+main>section:first-child{break-before:page}table,.pairs{font-size:8pt}.facts{break-inside:avoid}h2{margin-top:.3em}nav+main>section:first-child h2{margin-top:1.4em}.note{font:8pt var(--sans)}
.cover{min-height:245mm;display:flex;flex-direction:column;justify-content:center}.cover h1{font-size:24pt;text-align:center;margin-bottom:1.2em}
.page{break-before:page}.wide,.wide~footer{page:wide}.one+.one{break-before:page}.one{font-size:9.5pt;line-height:1.4}.one h3{margin:0 0 .2em}.one p{margin:.2em 0}.one table,.one .pairs{font-size:7.4pt}.one .pairs div{padding:.1em 0;grid-template-columns:7em 1fr}.one figure{padding:4px}.one .figures{grid-template-columns:1fr 1fr;gap:8px;margin:.3em 0}
.one h4{margin:.4em 0 .1em;font-size:8pt}.one .legend{font-size:7pt}.one figcaption{font-size:8pt}.one .scroll{margin-top:.3em}}
"""
)

SHORT: Final = 12
"""Columns of a terminal up to which a word in a table is not broken."""


def running(m: MidTerm) -> str:
    """What stands at the head of every printed page."""
    if m.synthetic:
        return tr("SYNTHETIC DATA 合成数据", "合成数据 SYNTHETIC DATA")
    return ""


def _cell(cell: Cell) -> html.Cell:
    """Return the kind and the text of a cell."""
    if cell is None:
        return "n e", "—"
    if isinstance(cell, State):
        return f"s {cell.id}", str(cell)
    if isinstance(cell, Measured | Pace):
        kinds = ["n"] if isinstance(cell, Measured) else []
        return " ".join([*kinds, *(["e"] if cell.value is None else [])]), str(cell)
    if isinstance(cell, date):
        return "d", dated(cell, short=True)
    if isinstance(cell, int | float):
        return "n", f"{cell:,}" if isinstance(cell, int) else f"{cell:.2f}"
    return ("k" if cell and width(cell) <= SHORT else "" if cell else "e"), spoken(cell)


def _numeric(cells: Sequence[Cell]) -> bool:
    known = [cell for cell in cells if cell is not None]
    return bool(known) and all(isinstance(cell, Measured | int | float) for cell in known)


def table(grid: Grid, *, stack: bool = True, blank: Sequence[int] = ()) -> str:
    """Return a grid as an HTML table; its `blank` columns are left for a person to fill in."""
    if not grid.rows:
        return f"<h4>{html.words(grid.title)}</h4><p>{tr('None.', '无。')}</p>"
    numeric = [_numeric([row[n] for row in grid.rows]) for n in range(len(grid.heads))]
    heads = [
        ("n" if numeric[n] else "k" if width(head) <= SHORT else "", head)
        for n, head in enumerate(grid.heads)
    ]
    rows = []
    for row in grid.rows:
        cells = [_cell(cell) for cell in row]
        for n, cell in enumerate(row):
            if n in blank:
                cells[n] = ("blank", "")
            elif cell is None and not numeric[n]:
                cells[n] = ("e", cells[n][1])
        rows.append(cells)
    notes = [grid.note] if grid.note else []
    return html.table(heads, rows, id=grid.id, caption=grid.title, notes=notes, stack=stack)


def pairs(grid: Grid, level: int = 4) -> str:
    """Return a grid of two columns as names and what they say, under a heading of a level."""
    lines = "".join(
        f"<div><dt>{html.words(str(name))}</dt><dd>{html.words(str(text))}</dd></div>"
        for name, text in grid.rows
    )
    return f'<h{level}>{html.words(grid.title)}</h{level}><dl class="pairs" id="{grid.id}">{lines}</dl>'


def _raised(formula: str) -> str:
    """Return a formula with its indices below and its powers above the line."""
    below = re.sub(r"_(?:\(([^)]+)\)|(\w))", r"<sub>\1\2</sub>", html.words(formula))
    return re.sub(r"\^(?:\(([^)]+)\)|(\w))", r"<sup>\1\2</sup>", below)


def _formulas(grid: Grid) -> str:
    lines = "".join(
        f"<div class=whole><h4>{html.words(str(name))}</h4>{f'<p class=formula>{_raised(str(formula))}</p>' if formula else ''}"
        f"<p>{_raised(str(reading))}</p>{_sourced(str(source))}</div>"
        for name, formula, reading, source in grid.rows
    )
    told = tr("A method without a source is proposed here.", "未注明出处的方法为本系统拟定。")
    return f'<div id="{grid.id}"><p>{told}</p>{lines}</div>'


def _sourced(source: str) -> str:
    """Where a method comes from; those proposed here are told of once, above."""
    if source == str(PROPOSED):
        return ""
    return f'<p class="note">{tr("Source: ", "出处：")}{html.words(source)}</p>'


def _one(m: MidTerm, row: PlanIndicator) -> str:
    now = m.row(row.key)
    return (
        f'<section class="one" id="{row.key}"><h3>{row.number}. {html.words(row.name)}</h3>'
        f"<p>{html.words(sentence(now) + _noted(now['note']))}</p>"
        + html.figures((course(m, row).text(), against_path(m, row).text()))
        + table(grids.county_rows(m, row), stack=False)
        + table(both_methods(m, row))
        + pairs(annex.definition(row))
        + "</section>"
    )


def _noted(note: str) -> str:
    return tr(f" {note[:1].upper()}{note[1:]}.", f"{note}。") if note else ""


def observations_csv(m: MidTerm) -> str:
    """Return the observations used as CSV text that a spreadsheet does not run: UTF-8, texts guarded.

    Who recorded a row is left out.
    """
    frame = m.observations.drop("recorded_by", "recorded_at", "reason")
    texts = [safe_text(name) for name, kind in frame.schema.items() if kind == pl.String]
    return frame.with_columns(texts).write_csv(include_bom=True)


def _attached(m: MidTerm) -> str:
    name = f"{'synthetic_' if m.synthetic else ''}observations_{m.at}.csv"
    data = base64.b64encode(observations_csv(m).encode()).decode()
    told = tr("All observations as CSV", "全部观测数据(CSV)")
    link = f'<a download="{name}" href="data:text/csv;charset=utf-8;base64,{data}">{html.words(told)}</a>'
    kept = tr(
        "All observations are in the XLSX and HTML versions of this report.",
        "全部观测数据见本报告的 XLSX 和 HTML 版本。",
    )
    return f'<p class="screen">{link} ({m.observations.height:,})</p><p class="note">{kept}</p>'


def _cover(m: MidTerm) -> str:
    rows = "".join(f"<dt>{html.words(k)}</dt><dd>{html.words(v)}</dd>" for k, v in about(m))
    return f'<header class="cover">{html.banner(warning(m))}<h1>{_breakable(m.title)}</h1><dl class="facts">{rows}</dl></header>'


def _breakable(title: str) -> str:
    """A title that breaks after a closing bracket rather than inside a name."""
    return re.sub("([】》:：])", r"\1<wbr>", html.words(title).replace("-", "\u2011"))


def _chapters(m: MidTerm) -> list[tuple[str, str, str, str]]:
    """Anchor, heading, class and inside of every chapter."""
    urgent = "".join(
        f'<li><a href="#{key}">{html.words(headline(m.row(key)))}</a></li>'
        for key in m.attention["indicator"]
    )
    told = "".join(f"<li>{html.words(text)}</li>" for text in remarks(m))
    summary = (
        f"<p>{html.words(standing(m))}</p>{table(grids.counted(m), stack=False)}"
        f"<h3>{tr('What needs attention first', '最需关注')}</h3>"
        + (f"<ol>{urgent}</ol>" if urgent else f"<p>{tr('None.', '无。')}</p>")
        + (f"<h3>{tr('Notes on the data', '数据说明')}</h3><ul>{told}</ul>" if told else "")
        + table(grids.changed(m), stack=False)
        + table(annex.milestones(m), blank=(4,))
        + table(annex.supplementary())
    )
    data = (
        table(annex.completeness(m), stack=False)
        + table(annex.reconciliation(m))
        + table(annex.missing(m))
        + table(annex.revisions(m), stack=False)
        + table(annex.populations(), stack=False)
        + _attached(m)
        + f"<h3>{tr('Values at the end of each year, and the latest value', '各年末及最近一期数值')}</h3>"
        + "".join(table(grids.yearly_values(m, row), stack=False) for row in indicators().values())
    )
    return [
        ("summary", tr("1 Summary", "一、总体情况"), "", summary),
        ("table", tr("2 The twelve indicators", "二、十二项指标进展"), "wide", table(grids.twelve(m)) + table(grids.methods_beside(m), stack=False)),
        ("counties", tr("3 Counties and responsible units", "三、分县(市、区)情况和责任"), "wide",
         table(grids.by_county(m), stack=False) + table(grids.measures(m), blank=(6, 7))),
        ("indicators", tr("4 Each indicator", "四、分指标评估"), "", "".join(_one(m, row) for row in indicators().values())),
        ("annex1", tr("Annex 1 Methods", "附件1 评估方法"), "page", _formulas(methods())),
        ("annex2", tr("Annex 2 Data", "附件2 数据"), "wide", data),
    ]  # fmt: skip


def page(m: MidTerm) -> str:
    """Return the evaluation as HTML text, in the language in use; every word of the data is escaped."""
    chapters = _chapters(m)
    parts = "".join(
        f'<li><a href="#{name}">{html.words(head)}</a>{place(name)}</li>'
        for name, head, _, _ in chapters
    )
    each = "".join(
        f'<li><a href="#{row.key}">{html.words(row.short)}</a>{place(row.key)}</li>'
        for row in indicators().values()
    )
    body = "".join(
        f'<section class="{kind}" id="{name}"><h2>{html.words(head)}</h2>{inside}</section>'
        for name, head, kind, inside in chapters
    )
    contents = tr("Contents", "目录")
    return html.page(
        m.title,
        f'{_cover(m)}<nav class="page" aria-label="{contents}"><h2>{contents}</h2><ul>{parts}</ul>'
        f"<h3>{tr('Indicators', '指标')}</h3><ol>{each}</ol></nav><main>{body}"
        f"{html.footer(running(m), f'SHA-256 {m.digest}')}</main>",
        style=STYLE,
        running=running(m),
    )

"""The mid-term evaluation as one self-contained HTML page, made to be filed, printed and read on a phone.

No script, no font and no picture from elsewhere; the observations travel inside it as a CSV file.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Final

import polars as pl

from lishui_credit.language import language, tr
from lishui_credit.plan.definitions import PlanIndicator, indicators
from lishui_credit.plan.evaluation.annex import (
    completeness,
    definition,
    methods,
    milestones,
    missing,
    populations,
    reconciliation,
    revisions,
    supplementary,
)
from lishui_credit.plan.evaluation.drawings import against_path, course
from lishui_credit.plan.evaluation.grids import (
    Cell,
    Grid,
    Measured,
    Pace,
    State,
    by_county,
    changed,
    counted,
    county_rows,
    measures,
    methods_beside,
    twelve,
    yearly_values,
)
from lishui_credit.plan.evaluation.mid_term import MidTerm
from lishui_credit.plan.evaluation.remarks import about, both_methods, remarks, standing, warning
from lishui_credit.plan.sentences import sentence
from lishui_credit.reports.layout import width
from lishui_credit.tables.write import safe_text
from lishui_credit.version import __version__

STYLE: Final = """
:root{color-scheme:light;--sans:"Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",SimHei,system-ui,sans-serif;
--serif:"Noto Serif CJK SC","Source Han Serif SC","Songti SC",SimSun,"Times New Roman",serif}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1200px;padding:16px;color:#1a1a1a;background:#fff;font:16px/1.65 var(--serif);overflow-wrap:anywhere}
h1,h2,h3,h4,table,figure,nav,.loud,.facts{font-family:var(--sans)}
h1{word-break:keep-all;text-wrap:balance;font-size:1.7rem;line-height:1.35;margin:.3em 0 .6em}h2{font-size:1.3rem;margin:2em 0 .5em;border-bottom:2px solid #1a1a1a;padding-bottom:.2em}
h3{font-size:1.08rem;margin:1.5em 0 .35em}h4{font-size:.95rem;margin:1em 0 .25em}
a{color:#00518a}a:focus-visible,.scroll:focus-visible{outline:3px solid #00518a;outline-offset:2px}
.loud{background:#1a1a1a;color:#fff;font-weight:700;padding:.6em 1em;margin:.6em 0}
.facts{border-top:1px solid #1a1a1a;border-bottom:1px solid #1a1a1a;padding:.5em 0;display:grid;grid-template-columns:max-content 1fr;gap:.15em 1.2em;font-size:.93rem}
.facts dt{color:#505050}.facts dd{margin:0}
nav ol{columns:2;column-gap:2em;padding-left:1.4em;margin:.3em 0}nav li{break-inside:avoid}
.scroll{overflow-x:auto;max-width:100%;margin:.8em 0 .2em}
table{border-collapse:collapse;font-size:.84rem;line-height:1.4;font-variant-numeric:tabular-nums;width:100%}
caption{text-align:left;font-weight:700;padding:.3em 0}
th,td{padding:.28em .5em;border-bottom:1px solid #cfcfcf;text-align:left;vertical-align:top;overflow-wrap:normal}
th{background:#f0f0f0;font-weight:600}td.n,th.n{text-align:right;white-space:nowrap}td.d,td.s,td.k,th.k{white-space:nowrap}
td.off{background:#fbe0d2;color:#6b2600}td.on{background:#d8efe5;color:#00452f}td.unsure{background:#f6eccb;color:#4a3a00}
td.blank{min-width:7em;border-left:1px dotted #808080}
dl.pairs{font-family:var(--sans);font-size:.84rem;line-height:1.45;columns:2;column-gap:2em;margin:.2em 0}dl.pairs div{break-inside:avoid;border-bottom:1px solid #cfcfcf;padding:.2em 0;display:grid;grid-template-columns:8.5em 1fr;gap:.6em}
dl.pairs dt{font-weight:600}dl.pairs dd{margin:0}
nav ul{list-style:none;padding:0;margin:.3em 0}sub,sup{line-height:0;font-size:.72em}
.note{color:#505050;font-size:.84rem;margin:.3em 0}
.formula{font-family:var(--serif);white-space:nowrap}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(330px,100%),1fr));gap:12px;margin:.6em 0}
figure{margin:0;border:1px solid #cfcfcf;padding:8px;break-inside:avoid;min-width:0}
figcaption{font-weight:600;font-size:.88rem}
svg.plot{display:block;width:100%;height:auto;max-width:560px}
svg.plot text{font-size:13px;fill:#1a1a1a;paint-order:stroke;stroke:#fff;stroke-width:3px}.grid{stroke:#e2e2e2}.axis{stroke:#1a1a1a;fill:none}
.legend{font-size:.8rem}.legend span{margin-right:1em;white-space:nowrap}.legend svg{margin-right:.3em}
.sign{margin-top:2em;font-family:var(--sans);font-size:.93rem}
footer{margin-top:3em;color:#505050;font-size:.82rem}
@media(max-width:600px){body{padding:10px;font-size:15px}h1{font-size:1.35rem}nav ol,dl.pairs{columns:1}.facts{grid-template-columns:1fr}.facts dt{margin-top:.3em}
.scroll table:not(.stack) td,.scroll th{white-space:nowrap}
table.stack,table.stack caption,table.stack tbody,table.stack tr{display:block;width:100%}table.stack thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
table.stack tr{border-bottom:2px solid #1a1a1a;padding:.35em 0}table.stack td{display:grid;grid-template-columns:8.5em 1fr;gap:.6em;border:0;text-align:left;white-space:normal;padding:.08em .3em}
table.stack td:before{content:attr(data-l);color:#505050}table.stack td.e{display:none}table.stack td.blank{min-height:2.4em}.formula{white-space:normal}}
@page{size:A4;margin:17mm 14mm 15mm;@bottom-center{content:counter(page) " / " counter(pages);font:9pt sans-serif}@top-center{content:"RUNNING";font:700 9pt "Noto Sans CJK SC",sans-serif}}
@page wide{size:A4 landscape}
@media print{body{max-width:none;padding:0;font-size:10.5pt}.scroll{overflow:visible;margin:.5em 0 .1em}table,dl.pairs{font-size:8pt}th,td{padding:.18em .35em}
thead{display:table-header-group}tr,figure,.facts,.whole{break-inside:avoid}h2,h3,h4,caption{break-after:avoid}h2{margin-top:.3em}nav+main>section:first-child h2{margin-top:1.4em}.note{font:8pt var(--sans)}
.cover{min-height:245mm;display:flex;flex-direction:column;justify-content:center}.cover h1{font-size:24pt;text-align:center;margin-bottom:1.2em}
.page,nav.page{break-before:page}.wide,.wide~footer{page:wide}.one+.one{break-before:page}.one{font-size:9.5pt;line-height:1.4}.one h3{margin:0 0 .2em}.one p{margin:.2em 0}.one table,.one dl.pairs{font-size:7.4pt}.one dl.pairs div{padding:.1em 0;grid-template-columns:7em 1fr}.one figure{padding:4px}.one .figures{grid-template-columns:1fr 1fr;gap:8px;margin:.3em 0}
.one h4{margin:.4em 0 .1em;font-size:8pt}.one .legend{font-size:7pt}.one figcaption{font-size:8pt}.one .scroll{margin-top:.3em}.screen,footer .loud{display:none}footer{margin-top:1em}
svg.plot text{stroke:none}.loud,td,th{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""


SHORT: Final = 12
"""Columns of a terminal up to which a word in a table is not broken."""


WHOLE: Final = 14
"""Rows up to which a table is not broken between two printed pages."""


def _running(m: MidTerm) -> str:
    """What stands at the head of every printed page."""
    if m.synthetic:
        return tr("SYNTHETIC DATA 合成数据", "合成数据 SYNTHETIC DATA")
    return ""


def loud(m: MidTerm) -> str:
    """Return the banner of made-up data; nothing where all are reported."""
    told = warning(m)
    return f'<p class="loud" role="note">{escape(told)}</p>' if told else ""


def _cell(cell: Cell) -> tuple[str, str]:
    """Class and text of a cell."""
    if cell is None:
        return "n e", "—"
    if isinstance(cell, State):
        return f"s {cell.tone}", escape(str(cell))
    if isinstance(cell, Measured):
        return ("n e" if cell.value is None else "n"), escape(str(cell))
    if isinstance(cell, Pace):
        return ("e" if cell.value is None else ""), escape(str(cell))
    if isinstance(cell, date):
        return "d", str(cell)
    if isinstance(cell, int):
        return "n", f"{cell:,}"
    if isinstance(cell, float):
        return "n", f"{cell:.2f}"
    if not cell:
        return "e", ""
    return ("k" if width(cell) <= SHORT else ""), escape(cell)


def _numeric(cells: Sequence[Cell]) -> bool:
    known = [cell for cell in cells if cell is not None]
    return bool(known) and all(isinstance(cell, Measured | int | float) for cell in known)


def table(grid: Grid, *, stack: bool = True, blank: Sequence[int] = ()) -> str:
    """Return a grid as an HTML table that scrolls inside itself, or stacks its cells on a phone.

    Parameters
    ----------
    grid : Grid
    stack : bool, default True
        Whether a narrow screen shows each row as a list of named cells.
    blank : sequence of int
        Columns left for a person to fill in.

    Examples
    --------
    >>> grid = Grid(id="g", title="T", heads=("a",), rows=(("<b>",),))
    >>> "&lt;b&gt;</td>" in table(grid), "<b>" in table(grid)
    (True, False)
    """
    if not grid.rows:
        return f"<h4>{escape(grid.title)}</h4><p>{tr('None.', '无。')}</p>"
    numeric = [_numeric([row[n] for row in grid.rows]) for n in range(len(grid.heads))]
    heads = "".join(
        f'<th scope="col"{" class=n" if numeric[n] else " class=k" if width(head) <= SHORT else ""}>{escape(head)}</th>'
        for n, head in enumerate(grid.heads)
    )
    lines = []
    for row in grid.rows:
        cells = []
        for n, cell in enumerate(row):
            kind, text = _cell(cell)
            if cell is None and not numeric[n]:
                kind = "e"
            kind = "blank" if n in blank else kind
            quoted = f' class="{kind}"' if kind else ""
            label = escape(grid.heads[n], quote=True)
            named = f' data-l="{label}"' if not label.isalnum() else f" data-l={label}"
            cells.append(f"<td{quoted}{named if stack else ''}>{text}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    note = f'<p class="note">{escape(grid.note)}</p>' if grid.note else ""
    return (
        f'<div class="scroll{" whole" if len(grid.rows) <= WHOLE else ""}" tabindex="0" role="region" aria-label="{escape(grid.title)}">'
        f'<table id="{grid.id}"{" class=stack" if stack else ""}><caption>{escape(grid.title)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table>{note}</div>"
    )


def pairs(grid: Grid) -> str:
    """Return a grid of two columns as names and what they say."""
    lines = "".join(
        f"<div><dt>{escape(str(name))}</dt><dd>{escape(str(text))}</dd></div>"
        for name, text in grid.rows
    )
    return f'<h4>{escape(grid.title)}</h4><dl class="pairs" id="{grid.id}">{lines}</dl>'


def _raised(formula: str) -> str:
    """Return a formula with its indices below and its powers above the line."""
    below = re.sub(r"_(?:\(([^)]+)\)|(\w))", r"<sub>\1\2</sub>", escape(formula))
    return re.sub(r"\^(?:\(([^)]+)\)|(\w))", r"<sup>\1\2</sup>", below)


def _formulas(grid: Grid) -> str:
    lines = "".join(
        f"<div class=whole><h4>{escape(str(name))}</h4>{f'<p class=formula>{_raised(str(formula))}</p>' if formula else ''}"
        f'<p>{_raised(str(reading))}</p><p class="note">{tr("Source: ", "出处:")}{escape(str(source))}</p></div>'
        for name, formula, reading, source in grid.rows
    )
    return f'<div id="{grid.id}">{lines}</div>'


def _one(m: MidTerm, row: PlanIndicator) -> str:
    now = m.row(row.key)
    return (
        f'<section class="one" id="{row.key}"><h3>{row.number}. {escape(row.name)}</h3>'
        f"<p>{_prose(sentence(now) + _noted(now['note']))}</p>"
        f'<div class="figures">{course(m, row)}{against_path(m, row)}</div>'
        + table(county_rows(m, row), stack=False)
        + table(both_methods(m, row))
        + pairs(definition(row))
        + "</section>"
    )


def _prose(text: str) -> str:
    """Words escaped, with no line broken between a number and its percent sign."""
    return escape(text).replace(" %", "&nbsp;%")


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
    told = tr("Every observation as CSV", "全部观测数据(CSV)")
    link = f'<a download="{name}" href="data:text/csv;charset=utf-8;base64,{data}">{told}</a>'
    kept = tr(
        "Every observation is in the XLSX and HTML prints of this report.",
        "全部观测数据见本报告的 XLSX 和 HTML 版本。",
    )
    return f'<p class="screen">{link} ({m.observations.height:,})</p><p class="note">{kept}</p>'


def _cover(m: MidTerm) -> str:
    rows = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in about(m))
    return f'<header class="cover">{loud(m)}<h1>{_breakable(m.title)}</h1><dl class="facts">{rows}</dl></header>'


def _breakable(title: str) -> str:
    """A title that breaks after a closing bracket rather than inside a name."""
    return re.sub("([】》:])", r"\1<wbr>", escape(title).replace("-", "\u2011"))


def _chapters(m: MidTerm) -> list[tuple[str, str, str, str]]:
    """Anchor, heading, class and inside of every chapter."""
    urgent = "".join(f"<li>{_prose(text)}</li>" for text in m.attention["sentence"])
    told = "".join(f"<li>{escape(text)}</li>" for text in remarks(m))
    summary = (
        f"<p>{escape(standing(m))}</p>{table(counted(m), stack=False)}"
        f"<h3>{tr('What needs attention first', '最需关注')}</h3>"
        + (f"<ol>{urgent}</ol>" if urgent else f"<p>{tr('Nothing.', '无。')}</p>")
        + (f"<h3>{tr('What the data do not say', '数据说明')}</h3><ul>{told}</ul>" if told else "")
        + table(changed(m), stack=False)
        + table(milestones(m), blank=(4,))
        + table(supplementary())
    )
    annex = (
        table(completeness(m), stack=False)
        + table(reconciliation(m))
        + table(missing(m))
        + table(revisions(m), stack=False)
        + table(populations(), stack=False)
        + _attached(m)
        + f"<h3>{tr('Values at the ends of years, and the latest', '各年末及最近一期数值')}</h3>"
        + "".join(table(yearly_values(m, row), stack=False) for row in indicators().values())
    )
    return [
        ("summary", tr("1 Summary", "一、总体情况"), "", summary),
        ("table", tr("2 The twelve", "二、十二项指标进展"), "wide", table(twelve(m)) + table(methods_beside(m), stack=False)),
        ("counties", tr("3 Counties and owners", "三、分县(市、区)情况和责任"), "wide",
         table(by_county(m), stack=False) + table(measures(m), blank=(6, 7))),
        ("indicators", tr("4 Each indicator", "四、分指标评估"), "", "".join(_one(m, row) for row in indicators().values())),
        ("annex1", tr("Annex 1 Methods", "附件1 评估方法"), "page", _formulas(methods())),
        ("annex2", tr("Annex 2 Data", "附件2 数据"), "wide", annex),
    ]  # fmt: skip


def page(m: MidTerm) -> str:
    """Return the evaluation as HTML text, in the language in use.

    Parameters
    ----------
    m : MidTerm

    Returns
    -------
    str
        A whole document; every word of the data is escaped.
    """
    chapters = _chapters(m)
    parts = "".join(
        f'<li><a href="#{name}">{escape(head)}</a></li>' for name, head, _, _ in chapters
    )
    each = "".join(
        f'<li><a href="#{row.key}">{escape(row.short)}</a></li>' for row in indicators().values()
    )
    body = "".join(
        f'<section class="{kind}" id="{name}"><h2>{escape(head)}</h2>{inside}</section>'
        for name, head, kind, inside in chapters
    )
    style = STYLE.replace("RUNNING", _running(m))
    lang = "zh-CN" if language() == "zh" else "en"
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
        f"<title>{escape(m.title)}</title><style>{style}</style></head><body>{_cover(m)}"
        f'<nav class="page" aria-label="{tr("Contents", "目录")}"><h2>{tr("Contents", "目录")}</h2><ul>{parts}</ul>'
        f"<h3>{tr('Indicators', '指标')}</h3><ol>{each}</ol></nav><main>{body}"
        f"<footer>lishui_credit {escape(__version__)} · SHA-256 {m.digest}{loud(m)}</footer></main></body></html>\n"
    )

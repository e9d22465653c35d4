"""What every report page is made of: the shell, the style sheet, the banner, the table, the footer.

A page is one file: no font, no picture and no style from elsewhere; no script but one that is told.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final
from urllib.parse import urlencode

from lishui_credit.language import language, spoken
from lishui_credit.reports import palette
from lishui_credit.version import __version__

_COLOURS: Final = {
    "ink": palette.INK,
    "paper": palette.PAPER,
    "rule": palette.RULE,
    "faint": palette.FAINT,
    "shade": palette.SHADE,
    "grey": palette.GREY,
    "link": palette.LINK,
    "sans": palette.SANS,
    "serif": palette.SERIF,
}

STYLE: Final = (
    f"""
:root{{color-scheme:light;{";".join(f"--{name}:{value}" for name, value in _COLOURS.items())}}}
{"".join(f"td.{tone}{{background:{paper};color:{ink}}}" for tone, (paper, ink) in palette.TONES.items())}
*{{box-sizing:border-box}}
"""
    + """\
body{margin:0 auto;max-width:1200px;padding:16px;color:var(--ink);background:var(--paper);font:15px/1.5 var(--sans);overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.35;margin:.3em 0 .5em}h2{font-size:1.25rem;margin:2em 0 .5em;border-bottom:2px solid var(--ink);padding-bottom:.2em}
h3{font-size:1.08rem;margin:1.5em 0 .35em}h4{font-size:.95rem;margin:1em 0 .25em}
a{color:var(--link)}a:focus-visible,.scroll:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.loud{background:var(--ink);color:var(--paper);font-weight:700;padding:.6em 1em;margin:.6em 0}
.note{color:var(--grey);font-size:.84rem;margin:.3em 0}
.scroll{overflow-x:auto;max-width:100%;margin:.8em 0 .2em}
table{border-collapse:collapse;font-size:.86rem;line-height:1.4;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:700;padding:.3em 0}
th,td{padding:.28em .55em;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top;overflow-wrap:normal}
th{background:var(--shade);font-weight:600}td.n,th.n{text-align:right;white-space:nowrap}td.d,td.s,td.k,th.k{white-space:nowrap}
td.blank{min-width:7em;border-left:1px dotted var(--grey)}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(330px,100%),1fr));gap:12px;margin:.8em 0}
figure{margin:0;border:1px solid var(--rule);padding:8px;break-inside:avoid;min-width:0}
figcaption{font-weight:600;font-size:.9rem}
svg.plot{display:block;width:100%;height:auto;max-width:560px}
svg.plot text{font-size:13px;fill:var(--ink);paint-order:stroke;stroke:var(--paper);stroke-width:3px}.grid{stroke:var(--faint)}.axis{stroke:var(--ink);fill:none}
.legend{font-size:.82rem}.legend span{margin-right:1em;white-space:nowrap}.legend svg{margin-right:.3em}
footer{margin-top:3em;color:var(--grey);font-size:.82rem}
@media(max-width:600px){body{padding:10px;font-size:14px}h1{font-size:1.35rem}
table.stack,table.stack caption,table.stack tbody,table.stack tr{display:block;width:100%}table.stack thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
table.stack tr{border-bottom:2px solid var(--ink);padding:.35em 0}table.stack td{display:grid;grid-template-columns:8.5em 1fr;gap:.6em;border:0;text-align:left;white-space:normal;padding:.08em .3em}
table.stack td:before{content:attr(data-l);color:var(--grey);font-weight:400}table.stack td.lead{display:block;font-weight:700}table.stack td.lead:before{content:none}
table.stack td.e,table.stack td:empty:not(.blank){display:none}table.stack td.blank{min-height:2.4em}}
@page{size:A4;margin:17mm 14mm 15mm;@bottom-center{content:counter(page) " / " counter(pages);font:9pt sans-serif}@top-center{content:"RUNNING";font:700 9pt var(--sans)}}
@media print{body{max-width:none;padding:0;font-size:10pt}.scroll{overflow:visible;margin:.5em 0 .1em}table{font-size:8pt}th,td{padding:.18em .35em}
thead{display:table-header-group}tr,figure,.whole{break-inside:avoid}h2,h3,h4,caption{break-after:avoid}.note{font-size:8pt}
.screen,footer .loud{display:none}footer{margin-top:1em}svg.plot text{stroke:none}.loud,td,th{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""
)
"""Looks that every page starts from. Kinds of a cell: n number, d day, k short word, s state, e empty,
blank (left for a person to fill in), lead (heads its row on a phone), and the tones of the palette."""

Cell = tuple[str, str]
"""A cell: its kinds, separated by spaces, and its text, not yet escaped."""

WHOLE: Final = 14
"""Rows up to which a table is not broken between two printed pages."""


class Markup(str):
    """HTML that is set as it is."""

    __slots__ = ()


def words(text: str) -> str:
    """Return a text escaped; on a Chinese page with the punctuation of print."""
    return text if isinstance(text, Markup) else escape(spoken(text))


def page(
    title: str, body: str, *, style: str = "", running: str = "", head: str = "", script: str = ""
) -> str:
    """Return a whole document; `running` stands at the head of every printed page, `head` in the head.

    A script stands at the end; its hash is named in the page's policy, so that nothing else runs, and
    nothing is loaded or sent.
    """
    looks = STYLE.replace("RUNNING", running) + style
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy += f"; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        body += f"<script>{script}</script>"
    return (
        f'<!doctype html><html lang="{_tongue()}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>{words(title)}</title>{head}<style>{looks}</style></head><body>{body}</body></html>\n"
    )


def banner(text: str) -> str:
    """Return a warning across the page; nothing for an empty text."""
    return f'<p class="loud" role="note">{words(text)}</p>' if text else ""


def chip(short: str, full: str) -> str:
    """Return a short notice that a page keeps in view; `full` is read out and shown on pointing."""
    told = words(full)
    return f'<p class="chip" role="note" title="{told}">{words(short)}<span> · {told}</span></p>'


PRINTS: Final = (
    "for(const b of document.querySelectorAll('button.print'))b.onclick=()=>window.print()"
)
SPEAKS: Final = (
    "document.documentElement.lang=document.querySelector('[data-spoken]').dataset.spoken"
)
ASKS: Final = (
    "{const a=document.querySelector('[data-asked]').dataset,l=location,h=history;"
    "if(!window.asks){window.asks=1;const p=h.pushState.bind(h);h.pushState=(s,t,u)=>{"
    "const n=new URL(u,l),o=[...new URLSearchParams(l.search)];"
    "n.pathname===l.pathname&&o.length&&o.every(([k,v])=>n.searchParams.get(k)===v)?"
    "h.replaceState(s,t,u):p(s,t,u)}}"
    "if(l.pathname.split('/').pop()===a.page)h.replaceState(h.state,'',l.pathname+a.asked)}"
)
"""The three scripts of the dashboard, always these words: a server's policy names them by their hash."""


def print_button(word: str) -> str:
    """Return a button that prints the page it stands on, by a script of one line."""
    return f'<button class="print" type="button">{words(word)}</button><script>{PRINTS}</script>'


def document_language() -> str:
    """Return what tells a browser the language in use, where somebody else wrote the document."""
    return f'<i hidden data-spoken="{_tongue()}"></i><script>{SPEAKS}</script>'


def _tongue() -> str:
    return "zh-CN" if language() == "zh" else "en"


def asked_address(page: str, choices: Mapping[str, str]) -> str:
    """Return what sets the query of the page in view, where that is no step to go back over."""
    asked = escape("?" + urlencode(choices))
    return f'<i hidden data-page="{escape(page)}" data-asked="{asked}"></i><script>{ASKS}</script>'


def address(page: str, choices: Mapping[str, str]) -> str:
    """Return the address of a page, relative to its neighbours, with choices in its query."""
    return f"{page}?{urlencode(choices)}" if choices else page


def footer(warning: str, *facts: str) -> str:
    """Return who made the page, facts about it, and its warning once more."""
    told = " · ".join((f"lishui_credit {__version__}", *facts))
    return f"<footer>{words(told)}{banner(warning)}</footer>"


def figures(drawn: Iterable[str]) -> str:
    """Return drawings beside each other; nothing where there are none."""
    inside = "".join(drawn)
    return f'<div class="figures">{inside}</div>' if inside else ""


def table(
    heads: Sequence[Cell],
    rows: Sequence[Sequence[Cell]],
    *,
    id: str = "",
    caption: str = "",
    notes: Sequence[str] = (),
    stack: bool = False,
    ids: Sequence[str] = (),
) -> str:
    """Return a table that scrolls inside itself; a stacked one names its cells, for a narrow screen.

    `ids` are those of the rows, in their order, where there are any.
    """
    labels = [words(text) for _, text in heads] if stack else []
    top = "".join(f'<th scope="col"{_kinds(kinds)}>{words(text)}</th>' for kinds, text in heads)
    lines = []
    named = [f' id="{name}"' for name in ids] or [""] * len(rows)
    for row, own in zip(rows, named, strict=True):
        cells = []
        for n, (kinds, text) in enumerate(row):
            label = f' data-l="{labels[n]}"' if stack else ""
            plain = "k" in kinds.split() and not isinstance(text, Markup)
            told = escape(text) if plain else words(text)  # a label is data
            if stack and isinstance(text, Markup):  # one thing beside the cell's name
                told = f"<div>{told}</div>"
            cells.append(f"<td{_kinds(kinds)}{label}>{told}</td>")
        lines.append(f"<tr{own}>{''.join(cells)}</tr>")
    whole = " whole" if len(rows) <= WHOLE else ""
    region = f' role="region" aria-label="{words(caption)}"' if caption else ""
    anchor = f' id="{id}"' if id else ""
    said = f"<caption>{words(caption)}</caption>" if caption else ""
    below = "".join(f'<p class="note">{words(note)}</p>' for note in notes)
    return (
        f'<div class="scroll{whole}" tabindex="0"{region}>'
        f"<table{anchor}{_kinds('stack' if stack else '')}>{said}"
        f"<thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody></table>{below}</div>"
    )


_CELLS: Final = (
    "<style>.lishui.lishui :is(th,td){text-align:left;vertical-align:top;word-break:normal}"
    ".lishui td.n{white-space:nowrap}</style>"
)


def in_notebook(text: str, body: str) -> dict[str, str]:
    """Return how a notebook shows what prints as a text: as HTML, where no line breaks inside a word."""
    return {"text/plain": text, "text/html": f'<div class="lishui">{_CELLS}{body}</div>'}


def _kinds(kinds: str) -> str:
    return f' class="{kinds}"' if kinds else ""

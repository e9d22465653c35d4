"""What the sections of an edition's page are made of: addresses, cells, the mark of how well a row is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Final

from lishui_credit.backends.javascript_code import literal
from lishui_credit.citation import Citation, Evidence, is_weak
from lishui_credit.language import dated, either, language, tr
from lishui_credit.reports import html, palette
from lishui_credit.reports.html import Markup, words
from lishui_credit.rubrics.engine.explanation import how_known
from lishui_credit.rubrics.law.event_rules import Repair
from lishui_credit.rubrics.law.row_labels import Row, row_label
from lishui_credit.rubrics.law.rubric import Indicator, Override, Rubric

INDEX: Final = "index.html"
Noted = Citation | Indicator | Override | Repair
"""What has a note in both languages."""

_FILLS: Final = "".join(
    f".ev-{level}{{background:{paper};color:{ink}}}"
    for level, (paper, ink) in palette.EVIDENCE_FILLS.items()
)
STYLE: Final = (
    _FILLS
    + """
.ev{display:inline-block;padding:0 .4em;border-left:3px solid currentColor}.ev.weak{border-left-style:dotted}
td .name{font-weight:600}td .id{display:block;color:var(--grey);font-size:.9em;font-weight:400}td{min-width:4em}td.rule{min-width:13em}td:has(.ev){min-width:6.5em}
tr:target td{outline:2px solid var(--link);outline-offset:-2px}
.case{border:1px solid var(--rule);padding:.2em .8em .5em;margin:.7em 0;break-inside:avoid}.case h3{margin:.5em 0 .2em}
details{margin:.3em 0}summary{cursor:pointer}ul.plain{padding-left:1.2em;margin:.3em 0}ul.plain li{margin:.15em 0}
.calc fieldset{border:1px solid var(--rule);margin:.8em 0;padding:.4em .8em .8em;min-width:0}.calc legend{font-weight:700;padding:0 .3em}
.q label::first-letter,.qs .note::first-letter{text-transform:uppercase}
.qs{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(17rem,100%),1fr));gap:.7em 1.2em}
.q label{display:block;font-weight:600;font-size:.9rem}.q input,.q select{font:inherit;width:100%;padding:.35em .5em;border:1px solid var(--grey);border-radius:2px;background:var(--paper);color:var(--ink);min-height:2.5em}
.q [aria-invalid]{border:2px solid #A92E18}.q .must{color:#A92E18;font-weight:400;font-size:.82rem}.q .fault{color:#A92E18;font-weight:700;margin:.15em 0;font-size:.86rem}
.q .note{margin:.15em 0}.q .fault:empty,.q .note:empty{display:none}
.calc button{font:inherit;padding:.45em 1em;min-height:2.6em;border:1px solid var(--link);background:var(--paper);color:var(--link);cursor:pointer}
.calc :focus-visible,summary:focus-visible{outline:3px solid var(--link);outline-offset:1px}.does{display:flex;flex-wrap:wrap;gap:.6em 1.2em;align-items:center}
#result{border:2px solid var(--ink);padding:.3em 1em;margin:1em 0}.verdict{font-size:1.2rem;font-weight:700}.next{border-top:1px solid var(--rule);padding-top:.5em}
@media print{.does,.calc button,.q .note{display:none}.calc fieldset{break-inside:avoid}.qs{grid-template-columns:repeat(3,1fr);gap:.3em .8em}.q input,.q select{border:0;border-bottom:1px solid var(--ink);min-height:0;padding:0}}
"""
)


def page_of(rubric: Rubric) -> str:
    """Return the address of the page of an edition, as seen from its neighbours.

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> page_of(rubric("small-enterprise/abc", on="2005-01-01"))
    'small-enterprise.abc-2000-01-01.html'
    """
    return f"{rubric.name.replace('/', '.')}-{rubric.edition}.html"


def anchor(row: Row) -> str:
    """Return the id that a row, rule, grade or other part of an edition has on its page."""
    kinds = {"Indicator": "r", "Override": "o", "GradeRow": "g"}
    return f"{kinds.get(type(row).__name__, type(row).__name__.lower())}-{row.id}"


def evidence(level: Evidence) -> Markup:
    """Return how well a row is known: in a word, and in the colour of the level."""
    weak = " weak" if is_weak(level) else ""
    return Markup(f'<span class="ev ev-{level}{weak}">{words(how_known(level))}</span>')


def in_words(text: str) -> str:
    """Return a rule in words: ids of columns, which English pages show, without their underscores."""
    return text if language() == "zh" else text.replace("_", " ")


def named(row: Row) -> html.Cell:
    """Return the cell that names a row, with its id."""
    label = row_label(row)
    return "lead", Markup(
        f'<span class="name">{words(label)}</span><span class="id">{escape(row.id)}</span>'
    )


def read_at(
    url: str | None, day: date | None, unlinked: str = "", further: Sequence[str] = ()
) -> Markup:
    """Return where a copy can be read and when somebody last looked at it, and what else is known of it."""
    told = [words(unlinked or tr("no address known", "无已知网址"))]
    if url:
        said = words(tr("copy", "文本"))
        told = [f'<a href="{escape(url, quote=True)}" rel="noreferrer">{said}</a>']
        told += [words(tr("read on ", "核对日期:") + dated(day, short=True))] if day else []
    told += [f'<span class="id">{words(text)}</span>' for text in further if text]
    return Markup("<br>".join(told))


def compact(value: object) -> str:
    """Return plain data as a literal of a script, without blanks between its parts."""
    return literal(value, separators=(",", ":"))


def section(name: str, title: str, inside: str) -> str:
    """Return a section of the page; nothing without anything inside."""
    return f'<section id="{name}"><h2>{words(title)}</h2>{inside}</section>' if inside else ""


def listed(items: Sequence[str]) -> str:
    """Return texts, or `Markup`, as a list; nothing for none."""
    inside = "".join(f"<li>{words(item)}</li>" for item in items)
    return f'<ul class="plain">{inside}</ul>' if inside else ""


def with_note(said: str, row: Noted) -> Markup:
    """Return what a cell says, or `Markup`, with the row's note below it."""
    note = either(row.note, row.note_zh)
    return Markup(words(said) + (f'<span class="id">{words(note)}</span>' if note else ""))


def facts(pairs: Sequence[tuple[str, str]]) -> str:
    """Return names with what there is to each, those left out of which nothing is known."""
    lines = "".join(
        f"<div><dt>{words(head)}</dt><dd>{words(told)}</dd></div>" for head, told in pairs if told
    )
    return f'<dl class="facts">{lines}</dl>'

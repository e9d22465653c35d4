"""The overview as one HTML table: a row per indicator on a desk, a card on a phone, one page in print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from html import escape
from itertools import groupby
from typing import Final

from lishui_credit.language import dated, tr
from lishui_credit.plan.divisions import division
from lishui_credit.plan.overview import (
    OverviewRow,
    by_attribute,
    counties_said,
    gap_said,
    since_said,
    unknown_said,
)
from lishui_credit.plan.sentences import printed
from lishui_credit.plan.status import STATUSES
from lishui_credit.reports.html import words
from lishui_credit.reports.palette import (
    EDGE,
    FAINT,
    INK,
    LINK,
    PAPER,
    QUIET,
    RULE,
    SHADE,
    STATUS_FILLS,
    SURFACE,
)

Href = Callable[..., str]
"""Return the address of a page (``indicator`` or ``counties``) for an indicator and perhaps an area."""

STYLE: Final = (
    f".lc-o,.lc-l{{--ink:{INK};--quiet:{QUIET};--edge:{EDGE};--rule:{RULE};--faint:{FAINT};--shade:{SHADE};"
    f"--surface:{SURFACE};--link:{LINK};--paper:{PAPER};--off:{STATUS_FILLS['far_behind'][0]}}}"
    """
.lc-o{width:100%;border-collapse:collapse;color:var(--ink);font-size:14px;line-height:1.3}
.lc-o caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.lc-o th,.lc-o td{border:0;border-bottom:1px solid var(--faint);padding:1px 8px;text-align:left;vertical-align:middle;font-weight:400}
.lc-o thead th{color:var(--quiet);font-size:12.5px;border-bottom:1px solid var(--edge);white-space:nowrap}
.lc-o .g th{color:var(--quiet);font-size:12.5px;font-weight:600;border:0;padding:6px 8px 1px}
.lc-o tr.i>*{height:44px}.lc-o tr.off>*{background:var(--surface)}
.lc-o a{color:inherit;text-decoration:none}.lc-o a:hover{text-decoration:underline}
.lc-o a:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.lc-o .b{display:inline-block;padding:2px 7px;border:1px solid var(--edge);border-radius:3px;font-size:13px;white-space:nowrap}
.lc-o th.n{font-weight:600;white-space:nowrap}.lc-o .n i{display:inline-block;min-width:1.7em;font-style:normal}
.lc-o thead .v{text-align:right}.lc-o td.v{font-weight:700;font-size:18px;text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.lc-o .p{display:flex;align-items:center;gap:8px}.lc-o .p small{white-space:nowrap;min-width:3.2em;font-variant-numeric:tabular-nums}.lc-o .m{position:relative;display:block;flex:1;min-width:90px;height:12px;background:var(--shade);border:1px solid var(--edge);border-radius:2px}
.lc-o .m i{display:block;height:100%}.lc-o .m u{position:absolute;top:-5px;width:5px;margin-left:-2px;height:20px;background:var(--ink);border:0 solid var(--paper);border-width:0 1px}
.lc-o .d{white-space:nowrap;font-variant-numeric:tabular-nums}.lc-o small{color:var(--quiet);font-size:12.5px}.lc-o tr.off .d small{color:var(--off)}
.lc-o .q,.lc-o .y{display:flex;gap:5px}.lc-o .q span{display:flex;gap:2px}.lc-o .q i{width:9px;height:18px;border:1px solid var(--edge);border-radius:1px}.lc-o .q i.u,.lc-o .c i.u,.lc-l i.u{border:1px dashed var(--edge);background:var(--paper)!important}
.lc-o .o{display:none}.lc-o .y span{min-width:42px}.lc-o .w{white-space:nowrap}.lc-o .w small a{display:block;min-width:130px;max-width:230px;white-space:normal}.lc-o tr.off .w b{color:var(--off)}.lc-o .w small,.lc-o .k small{display:block}
.lc-o .c{display:flex;gap:2px}.lc-o .c i{width:18px;height:17px;border:1px solid var(--edge);border-radius:1px;font-style:normal;font-size:10.5px;line-height:15px;text-align:center;overflow:hidden}.lc-o .k small a{color:var(--off);font-weight:600;text-decoration:underline}
.lc-l{color:var(--quiet);font-size:12.5px;line-height:1.5;margin:6px 0}.lc-l span{white-space:nowrap;margin-right:1em}.lc-l i{display:inline-block;width:11px;height:11px;border:1px solid var(--edge);border-radius:1px;margin-right:4px;vertical-align:-1px}
.lc-n h2{font-size:1.15rem;margin:.9em 0 .3em;padding:0}.lc-n ul{margin:0;padding-left:1.2em}.lc-n li{margin:.15em 0}
@media screen and (max-width:1440px){.lc-o{font-size:13px}.lc-o th,.lc-o td{padding:1px 5px}.lc-o td.v{font-size:16px}.lc-o small,.lc-o thead th{font-size:12px}.lc-o .m{min-width:76px}.lc-o .q i{width:7px;margin-right:0}.lc-o .q span{gap:1px}.lc-o .q,.lc-o .y{gap:4px}.lc-o .y span{min-width:31px}}
@media screen and (max-width:1320px){.lc-o .c{gap:1px}.lc-o .c i{width:16px}.lc-o .m{min-width:50px}.lc-o .p{gap:5px}.lc-o .q i{width:5px}.lc-o .q span{gap:0}.lc-o .y span{min-width:24px}.lc-o .q,.lc-o .y{gap:3px}.lc-o th,.lc-o td{padding:1px 4px}}
@media screen and (max-width:1180px){.lc-o .h{display:none}}
@media screen and (max-width:1150px){.lc-o thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
.lc-o,.lc-o tbody,.lc-o .g{display:block}.lc-o .g th{display:block}
.lc-o tr.i{display:flex;flex-wrap:wrap;align-items:center;gap:3px 12px;padding:7px 4px;border-bottom:1px solid var(--faint)}.lc-o tr.i>*{border:0;padding:0;height:auto}
.lc-o tr.off{background:var(--surface)}.lc-o .n{flex:1}.lc-o .h{display:none}.lc-o .o{display:inline}.lc-o td.v{font-size:17px}.lc-o th.n{white-space:normal}
.lc-o td.x{flex:0 0 100%}.lc-o .w{white-space:normal}.lc-o .w small,.lc-o .w small a{display:inline;max-width:none}.lc-o b+small:before{content:"· "}.lc-o .w.e{display:none}.lc-o .k>a,.lc-o .k>small{display:inline-block;vertical-align:middle;margin-right:8px}}
@media screen and (max-width:640px){.lc-o .k>a{display:none}}
@media print{.lc-n h2{font-size:9pt;margin:.4em 0 .1em}.lc-n ul{columns:2}.lc-n li{font-size:7.5pt;margin:0}.lc-o{font-size:8.5pt}.lc-o th,.lc-o td{padding:0 4px}.lc-o tr.i>*{height:8.3mm}.lc-o td.v{font-size:11pt}.lc-o thead th,.lc-o .g th,.lc-o small,.lc-l,.lc-o .b{font-size:7.5pt}.lc-o .m{min-width:60px}.lc-o .c i{width:14px;height:14px;font-size:8px;line-height:12px}.lc-o .q i{width:7px;height:14px}.lc-o .q,.lc-o .y{gap:3px}.lc-o .y span{min-width:34px}.lc-o,.lc-o *{-webkit-print-color-adjust:exact;print-color-adjust:exact}.lc-o tr{break-inside:avoid}}
@media(forced-colors:active){.lc-o i,.lc-o u,.lc-o .b{forced-color-adjust:none}}
"""
)
"""Looks of the table; every selector begins with its class."""

_GOOD: Final = "#9CC3DA"
_GREY: Final = "#C3CAD1"


PAPER_SIZE: Final = (
    "@page{size:A4 landscape;margin:9mm}@media print{h1{font-size:15pt!important;padding:0}}"
)
"""Looks of a page that holds an overview and nothing else: one sheet of paper across."""


def overview_html(
    rows: Sequence[OverviewRow], caption: str, href: Href, since: date, changed: Sequence[str]
) -> str:
    """Return an overview with its looks, its legend and what changed, for a page of its own."""
    looks = f"<style>{STYLE}{PAPER_SIZE}</style>"
    return f"{looks}{table(rows, caption, href)}{legend()}{changes(since, changed)}"


def quarters_html(row: OverviewRow) -> str:
    """Return the status of every quarter of one indicator, in squares and in words."""
    since, many = since_said(row)
    told = tr("Off its path ", "偏离：") + f"{since} · {many}" if since else ""
    return (
        f'<style>{STYLE}</style><div class="lc-o"><div role="img" aria-label="{_told_quarters(row)}">'
        f'{_years([row])}{_strip(row)}</div></div><p class="lc-l">{words(told)}</p>{legend()}'
    )


def table(rows: Sequence[OverviewRow], caption: str, href: Href) -> str:
    """Return an overview as an HTML table; `href` gives the address behind everything on it."""
    heads = [
        ("", tr("Status", "状态")),
        ("", tr("Indicator", "指标")),
        (' class="v"', tr("Value", "现值")),
        ("", tr("To the 2020 target (tick: due)", "距2020年目标（竖线：应达）")),
        ("", tr("Due, gap", "应达、差距")),
        (' class="h"', _years(rows)),
        ("", tr("Off path, or why unknown", "偏离始于，或存疑原因")),
    ]
    if rows and rows[0].counties:  # each square has a letter of its county
        heads.append(("", tr("Nine counties", "九县（市、区）")))
    top = "".join(f'<th scope="col"{kind}>{text}</th>' for kind, text in heads)
    body = "".join(
        f'<tr class="g"><th colspan="{len(heads)}" scope="rowgroup">{words(_kind(name))}</th></tr>'
        + "".join(_row(row, href) for row in inside)
        for name, inside in by_attribute(rows)
    )
    return (
        f'<table class="lc-o"><caption>{words(caption)}</caption><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _kind(name: str) -> str:
    return tr(f"{name.capitalize()} targets", f"{name}指标")


def _years(rows: Sequence[OverviewRow]) -> str:
    days = [day for day, _ in rows[0].quarters] if rows else []
    named = "".join(f"<span>{year}</span>" for year, _ in groupby(days, key=lambda d: d.year))
    return f'<span class="y">{named}</span>' if named else tr("Quarters", "各季度")


def changes(since: date, said: Sequence[str]) -> str:
    """Return what changed since a day as a short list; `said` are sentences."""
    head = words(tr(f"Since {dated(since)}", f"{dated(since)}以来"))
    none = tr("No indicator changed its status.", "各项指标状态均无变化。")
    lines = "".join(f"<li>{words(one)}</li>" for one in said) or f"<li>{none}</li>"
    return f'<section class="lc-n"><h2>{head}</h2><ul>{lines}</ul></section>'


def legend() -> str:
    """Return the colours of squares in words, and by which rule a run off the path is counted."""
    named = "".join(
        f"<span>{_square(status, '')}{words(state.word)}</span>"
        for status, state in STATUSES.items()
    )
    rule = tr(
        "One square is one quarter; inside each kind of target the worst row stands first. Off its "
        "path since: the first observation of the present unbroken run below near its path; "
        "one observation near, on or above the path ends a run. A square without an observation of "
        "its own has the status of the last one before it.",
        "每格为一个季度；各类指标内按偏离程度由重到轻排列。偏离始于：本次连续偏离（滞后及以下）的首个观测期；期间有一期接近、符合或超前，即重新起算。"
        "当季无观测的方格沿用此前最近一期的状态。",
    )
    return f'<p class="lc-l">{named}<br>{rule}</p>'


def _square(status: str, said: str, letter: str = "") -> str:
    unknown = ' class="u"' if status in ("cannot_tell", "no_baseline", "no_data") else ""
    title = f' title="{words(said)}"' if said else ""
    look = _look(status) if letter else f"background:{STATUS_FILLS[status][0]}"
    return f'<i{unknown} style="{look}"{title}>{letter}</i>'


def _look(status: str) -> str:
    paper, ink = STATUS_FILLS[status]
    return f"background:{paper};color:{ink}"


def _row(row: OverviewRow, href: Href) -> str:
    found, state, key = row.found, row.state, row.row.key
    to = escape(href("indicator", indicator=key), quote=True)
    since, many = since_said(row)
    due, gap = printed(row.row, found["path"]), gap_said(row)
    value = words(printed(row.row, found["value"]))
    last = f'<td class="k">{_counties(row, href)}</td>' if row.counties else ""
    told = f"<b>{words(since)}</b> <small>{words(many)}</small>" if since else ""
    if why := unknown_said(row):
        told += f'<small><a href="{to}">{words(why)}</a></small>'
    return (
        f'<tr class="i{" off" if state.off else ""}">'
        f'<td><a href="{to}"><span class="b" style="{_look(state.id)}">{state.icon} {words(state.word)}</span></a></td>'
        f'<th scope="row" class="n"><a href="{to}"><i>{row.row.number}</i>{words(row.row.short)}</a></th>'
        f'<td class="v">{value}</td>'
        f'<td class="x">{_bar(row)}</td>'
        f'<td class="d"><span class="o">{tr("due ", "应达")}</span>{words(due)} <small>{words(gap)}</small></td>'
        f'<td class="h"><a href="{to}" aria-label="{_told_quarters(row)}">{_strip(row)}</a></td>'
        f'<td class="w{"" if told else " e"}">{told or "—"}</td>'
        f"{last}</tr>"
    )


def _bar(row: OverviewRow) -> str:
    value, due = row.share("value"), row.share("path")
    target = words(printed(row.row, row.found["target"]))
    aim = (
        f'<small title="{tr("2020 target", "2020年目标")}"><span class="o">2020{tr(": ", "年：")}</span>'
        f"{target}</small>"
    )
    if value is None:
        return f'<span class="p">{aim}</span>' if row.found["target"] is not None else ""
    good = row.state.id in ("on_track", "ahead", "achieved")
    fill = STATUS_FILLS[row.state.id][0] if row.state.off or row.state.id == "near" else ""
    colour = fill or (_GOOD if good else _GREY)
    told = tr(f"{value:.0%} of the 2020 target", f"已达2020年目标的{value:.0%}") + (
        "" if due is None else tr(f", due {due:.0%}", f"，应达{due:.0%}")
    )
    tick = "" if due is None else f'<u style="left:{due:.1%}"></u>'
    return (
        f'<span class="p"><span class="m" role="img" aria-label="{told}" title="{told}">'
        f'<i style="width:{value:.1%};background:{colour}"></i>{tick}</span>{aim}</span>'
    )


def _strip(row: OverviewRow) -> str:
    def quarter(day: date, status: str) -> str:
        said = f"{dated(day)} {STATUSES[status].word}"
        return _square(status, said)

    years = groupby(row.quarters, key=lambda q: q[0].year)
    inside = "".join(f"<span>{''.join(quarter(*one) for one in held)}</span>" for _, held in years)
    return f'<span class="q">{inside}</span>'


def _told_quarters(row: OverviewRow) -> str:
    """Say the strip in words: runs of quarters with one status."""
    runs = []
    for status, held in groupby(row.quarters, key=lambda q: q[1]):
        first, *rest = [day for day, _ in held]
        ends = f"{first:%Y-%m}" + (f"–{rest[-1]:%Y-%m}" if rest else "")
        runs.append(f"{ends} {STATUSES[status].word}")
    return escape(
        tr(f"{row.row.short}, by quarter: ", f"{row.row.short}，各季度：")
        + tr("; ", "；").join(runs),
        quote=True,
    )


def _counties(row: OverviewRow, href: Href) -> str:
    said, named = counties_said(row)
    squares = "".join(
        _square(status, f"{division(code).name} {STATUSES[status].word}", division(code).letter)
        for code, status in row.counties
    )
    told = tr("; ", "；").join(
        f"{division(code).name} {STATUSES[status].word}" for code, status in row.counties
    )
    label = escape(f"{row.row.short}{tr(': ', '：')}{told}", quote=True)
    to = escape(href("counties", indicator=row.row.key), quote=True)
    links = tr(", ", "、").join(
        f'<a href="{escape(href("indicator", indicator=row.row.key, area=code), quote=True)}">'
        f"{words(division(code).short)}</a>"
        for code in named
    )
    return (
        f'<a href="{to}" aria-label="{label}"><span class="c">{squares}</span></a>'
        f"<small>{words(said)}{links}</small>"
    )

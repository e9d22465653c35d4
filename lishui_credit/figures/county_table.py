"""The twelve indicators by the city and its nine counties, as one HTML table of statuses and values."""

from __future__ import annotations

from html import escape
from typing import Final

import polars as pl

from lishui_credit.figures.areas import short_value
from lishui_credit.language import tr
from lishui_credit.plan.definitions import indicators
from lishui_credit.plan.divisions import CITY, areas, counties, division
from lishui_credit.plan.overview_table import Href
from lishui_credit.plan.sentences import printed
from lishui_credit.plan.status import STATUSES
from lishui_credit.reports.html import words
from lishui_credit.reports.palette import EDGE, INK, LINK, PAPER, QUIET, STATUS_FILLS

STYLE: Final = (
    f".lc-hs,.lc-hn{{--ink:{INK};--quiet:{QUIET};--edge:{EDGE};--link:{LINK};--paper:{PAPER}}}"
    """
.lc-hn{color:var(--quiet);font-size:12.5px;margin:4px 2px}.lc-hs{overflow-x:auto}.lc-hs:focus-visible{outline:3px solid var(--link)}
.lc-h{border-collapse:separate;border-spacing:2px;width:100%;color:var(--ink);font-size:13px;line-height:1.25;font-variant-numeric:tabular-nums}
.lc-h caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.lc-h th,.lc-h td{border:0;padding:0 4px;height:34px;text-align:center;white-space:nowrap;font-weight:400}
.lc-h thead th,.lc-h tfoot th,.lc-h tfoot td{height:28px;font-weight:600}
.lc-h th[scope=row]{position:sticky;left:0;z-index:1;background:var(--paper);text-align:left;font-weight:600;padding-right:8px}
.lc-h a{color:inherit;text-decoration:none;display:block}.lc-h a:hover{text-decoration:underline}
.lc-h a:focus-visible{outline:3px solid var(--link);outline-offset:1px}
.lc-h td.s{border:1px solid var(--edge);border-radius:2px;padding:0}.lc-h td.s a{padding:8px 2px}
@media(max-width:700px){.lc-h th[scope=row]{white-space:normal;min-width:6.5em;max-width:7.5em}.lc-h td.s{min-width:58px}}
@media print{.lc-h{font-size:7.5pt}.lc-h th,.lc-h td{height:6mm}.lc-h td.s a{padding:2px 0}.lc-hs{overflow:visible}.lc-h,.lc-h *{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
@media(forced-colors:active){.lc-h td.s{forced-color-adjust:none}}
"""
)
"""Looks of the table; every selector begins with its class."""


def _units() -> str:
    return words(
        tr(
            "Percent; queries in thousands; money in million yuan.",
            "单位：%；查询量为万次；营业收入为万元。",
        )
    )


def off_by_county(table: pl.DataFrame) -> dict[str, int]:
    """Return how many of the twelve are off their paths in each county, the most first."""
    off = [name for name, state in STATUSES.items() if state.off]
    found = table.filter(pl.col("status").is_in(off))["adcode"].to_list()
    counted = {area.adcode: found.count(area.adcode) for area in counties()}
    return dict(sorted(counted.items(), key=lambda pair: -pair[1]))


def headline(table: pl.DataFrame) -> str:
    """Return in which counties most indicators are off their paths, equal ones together."""
    counted = off_by_county(table)
    most = max(counted.values())
    if not most:
        return tr("No county has an indicator off its path", "九县（市、区）均无偏离进度的指标")
    first = [code for code, count in counted.items() if count == most]
    if len(first) == len(counted):
        return tr(
            f"All nine counties have {most} indicators off the path",
            f"九县（市、区）各有{most}项偏离进度",
        )
    names = tr(", ", "、").join(division(code).name for code in first)
    return tr(
        f"Most indicators off the path: {names} ({most} of 12{' each' if len(first) > 1 else ''})",
        f"偏离进度最多：{names}（{'各' if len(first) > 1 else ''}{most}项）",
    )  # fmt: skip


def county_html(table: pl.DataFrame, caption: str, href: Href) -> str:
    """Return the table with its looks; `href` gives the address of an indicator in an area, and of an overview."""
    held = {(r["indicator"], r["adcode"]): r for r in table.iter_rows(named=True)}

    def cell(key: str, code: str) -> str:
        found, row = held[key, code], indicators()[key]
        state, (paper, ink) = STATUSES[found["status"]], STATUS_FILLS[found["status"]]
        said = f"{division(code).name} {row.short}: {state.word}, {printed(row, found['value'])}"
        to = escape(href("indicator", indicator=key, area=code), quote=True)
        return (
            f'<td class="s" style="background:{paper};color:{ink}"><a href="{to}" title="{words(said)}">'
            f"{state.icon} {words(short_value(key, found['value']))}</a></td>"
        )

    def place(code: str) -> str:
        area = division(code)
        name = words(tr(area.name_en, "全市" if code == CITY else area.short_zh))
        to = escape(href("overview", area=code), quote=True)
        return f'<th scope="col"><a href="{to}">{name}</a></th>'

    codes = [area.adcode for area in areas()]
    body = "".join(
        f'<tr><th scope="row">{row.number} {words(row.short)}</th>{"".join(cell(key, code) for code in codes)}</tr>'
        for key, row in indicators().items()
    )
    counted = off_by_county(table) | {
        CITY: sum(STATUSES[held[key, CITY]["status"]].off for key in indicators())
    }
    foot = "".join(f"<td>{counted[code]}</td>" for code in codes)
    label = words(caption)
    return (
        f'<style>{STYLE}</style><div class="lc-hs" tabindex="0" role="region" aria-label="{label}">'
        f'<table class="lc-h"><caption>{label}</caption><thead><tr><th scope="row">{tr("Indicator", "指标")}</th>'
        f"{''.join(map(place, codes))}</tr></thead><tbody>{body}</tbody>"
        f'<tfoot><tr><th scope="row">{tr("Off the path", "偏离项数")}</th>{foot}</tr></tfoot></table></div>'
        f'<p class="lc-hn">{_units()}</p>'
    )

"""The pages around the indicators: overviews of the ten areas, the index of names, the data, the door."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from lishui_credit.language import dated, language, plural, tr
from lishui_credit.plan.definitions import ATTRIBUTES, PlanIndicator, indicators
from lishui_credit.plan.divisions import CITY, Division, areas, counties
from lishui_credit.plan.evaluation import annex
from lishui_credit.plan.evaluation.drawings import titled
from lishui_credit.plan.evaluation.evaluation_page import table as grid_table
from lishui_credit.plan.evaluation.remarks import remarks, warning
from lishui_credit.plan.labels import with_names
from lishui_credit.plan.observed.freshness import freshness
from lishui_credit.plan.overview import verdict
from lishui_credit.plan.overview_table import PAPER_SIZE, STYLE, changes, legend, table
from lishui_credit.plan.site.indicator_pages import citation
from lishui_credit.plan.site.site_data import FIELDS, licence_said
from lishui_credit.plan.site.site_facts import (
    DATA,
    SEARCH,
    Site,
    area_page,
    href_of,
    indicator_page,
    stem,
)
from lishui_credit.plan.site.site_shell import of_areas, shell
from lishui_credit.reports import html, site_pages
from lishui_credit.reports.html import words
from lishui_credit.reports.site_pages import Link, links

_WIDE = (
    "body{max-width:1500px}h1{margin:.2em 0}"
    "@media screen and (min-width:981px) and (max-width:1399px){.lc-o thead th{white-space:normal}}"
    "@media print{.lc-l i{-webkit-print-color-adjust:exact;print-color-adjust:exact}.loud{padding:.2em .6em;margin:0}body>main p{margin:.2em 0}.lc-o tr.i>*{height:7.2mm}footer{margin:.3em 0 0}}"
)


def overview_page(site: Site, area: Division) -> str:
    """Return the overview of an area."""
    rows = list(site.overviews[area.adcode].values())
    told = verdict(rows, site.m.at, area.adcode)
    day = dated(site.m.at)
    caption = tr(f"The twelve indicators, {area.name}, {day}", f"{area.name}十二项指标，{day}")
    name = area_page(area.adcode)
    body = (
        f"<p>{words(told.below)}</p>{of_areas(name)}"
        f"{table(rows, caption, href_of(area.adcode))}{legend()}"
        f"{changes(site.before_at, site.changed[area.adcode])}"
    )
    trail: list[Link] = [] if area.adcode == CITY else [(area_page(CITY), tr("Overview", "总览"))]
    here = tr("Overview", "总览") if area.adcode == CITY else area.name
    return shell(site, name, str(told), body, trail, here=here, style=STYLE + PAPER_SIZE + _WIDE)


# ---- the index of names -----------------------------------------------------------------------


def search_page(site: Site) -> str:
    """Return the index of names, which the find of any browser searches; no script is needed."""
    title = tr("Index of names", "名称索引")
    told = tr(
        "Every name of an indicator or area and where it leads. Find a word with Ctrl+F, or with the search inside the page on a phone.",
        "列出指标和地区的全部名称及其页面。按 Ctrl+F，或用手机浏览器的“页内查找”检索。",
    )
    groups = list(_groups())
    jump = links(title, ((f"#part-{n}", name) for n, (name, _) in enumerate(groups)))
    parts = "".join(
        f'<section id="part-{n}"><h2>{words(name)}</h2><ul class="files">{"".join(items)}</ul></section>'
        for n, (name, items) in enumerate(groups)
    )
    trail = [(area_page(CITY), tr("Overview", "总览"))]
    return shell(site, SEARCH, title, f"<p>{words(told)}</p>{jump}{parts}", trail)


def _groups() -> Iterator[tuple[str, list[str]]]:
    """Yield the entries by letter (in Chinese by attribute), then the areas, then clauses."""
    rows = list(indicators().values())
    entries: dict[str, list[tuple[str, PlanIndicator]]] = {}
    for row in rows:
        for name in dict.fromkeys((row.name, row.short)):
            group = tr(name[0].upper(), str(ATTRIBUTES[row.attribute]))
            entries.setdefault(group, []).append((name, row))
    order = sorted(entries) if language() == "en" else list(entries)
    for group in order:
        held = entries[group]
        if language() == "en":
            held.sort(key=lambda one: one[0].casefold())
        yield group + tr("", "指标"), [_entry(*one) for one in held]
    yield (
        tr("Areas", "地区"),
        [
            f'<li><a href="{area_page(a.adcode)}">{words(a.name)}</a> {a.adcode}</li>'
            for a in areas()
        ],
    )
    clauses: dict[str, list[PlanIndicator]] = {}
    for row in rows:
        clauses.setdefault(row.clause, []).append(row)
    yield (
        tr("Clauses of the plan", "规划条款"),
        [
            f"<li>{words(clause)}{tr(': ', '：')}{tr(', ', '、').join(_to(row) for row in held)}</li>"
            for clause, held in clauses.items()
        ],
    )


def _to(row: PlanIndicator, area: str = CITY) -> str:
    return f'<a href="{indicator_page(row.key, area)}">{words(f"{row.number} {row.short}")}</a>'


def _entry(name: str, row: PlanIndicator) -> str:
    inside = " ".join(
        f'<a href="{indicator_page(row.key, a.adcode)}">{words(a.short)}</a>' for a in counties()
    )
    as_printed = f"规划原文：{row.as_printed}；" if name == row.name else ""
    told = tr(f"(no. {row.number}): ", f"（{as_printed}第{row.number}项）：")
    return f'<li><a href="{indicator_page(row.key, CITY)}">{words(name)}</a> {words(told)}{inside}</li>'


# ---- the data ---------------------------------------------------------------------------------


def data_page(site: Site) -> str:
    """Return the page of all files, what their columns mean, how whole they are, and how to cite."""
    title = tr("Data and citation", "数据与引用")
    whole = [
        ("../data/observations.csv", tr("every number of this site", "本网站全部数据")),
        ("../datapackage.json", tr("list of all files, for machines (Data Package)", "全部文件清单，机器可读（Data Package）")),
        ("../files.sha256", tr("SHA-256 of every file", "每个文件的 SHA-256")),
        ("../files.sha256.manifest.json", tr("what the site was made from", "本网站的生成依据")),
    ]  # fmt: skip
    items = "".join(
        f'<li><a href="{to}" download>{to.removeprefix("../")}</a> {words(told)}</li>'
        for to, told in whole
    )
    parts = [
        ("whole", tr("Whole", "整体"), f'<ul class="files">{items}</ul>'),
        ("by-page", tr("By indicator and area (CSV)", "按指标和地区（CSV）"), _downloads()),
        ("columns", tr("Columns", "各列含义"), _columns()),
        ("state", tr("How whole the data are", "数据情况"), _known(site)),
        ("cite", tr("Citation and licence", "引用与许可"), f"<p>{words(citation(site, _title(), 'index.html'))}</p><p>{words(str(licence_said(site)))}</p>"),
        ("proof", tr("Proof", "复核"), f"<p>{words(_proof())}</p>"),
    ]  # fmt: skip
    body = "".join(
        f'<section id="{name}"><h2>{words(head)}</h2>{inside}</section>'
        for name, head, inside in parts
    )
    return shell(site, DATA, title, body, [(area_page(CITY), tr("Overview", "总览"))])


def _title() -> str:
    return tr("The twelve indicators of Lishui and its nine counties", "丽水市及九县（市、区）十二项指标")  # fmt: skip


def _proof() -> str:
    return tr(
        "Whoever holds the input files and the software makes this site again and compares every file: lishui-credit verify FOLDER. "
        "The files alone are checked by sha256sum -c files.sha256.",
        "持有输入文件和本软件者，可重新生成本网站并逐个文件核对：lishui-credit verify 目录；仅核对文件是否被改动：sha256sum -c files.sha256。",
    )


def _downloads() -> str:
    heads = "".join(f'<th scope="col">{words(a.short)}</th>' for a in areas())
    csv = tr("CSV of", "CSV：")
    rows = "".join(
        f'<tr><th scope="row">{words(f"{row.number} {row.short}")}</th>'
        + "".join(
            f'<td><a href="../data/{stem(row.key, a.adcode)}.csv" download'
            f' aria-label="{escape(f"{csv} {row.short}, {a.name}", quote=True)}">CSV</a></td>'
            for a in areas()
        )
        + "</tr>"
        for row in indicators().values()
    )
    named = tr("Files by indicator and area", "各指标、各地区文件")
    head = tr("indicator", "指标")
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{named}"><table><caption>{named}</caption>'
        f'<thead><tr><th scope="col">{head}</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _columns() -> str:
    heads = [("", tr("column", "列名")), ("", tr("meaning", "含义")), ("", tr("kind", "类型"))]
    kinds = {
        "string": tr("text", "文本"), "date": tr("day", "日期"), "number": tr("number", "数值"),
        "integer": tr("whole number", "整数"), "boolean": tr("true or false", "是或否"),
    }  # fmt: skip
    rows = [[("k", f.name), ("", str(f.told)), ("", kinds[f.type])] for f in FIELDS]
    return html.table(heads, rows, caption=tr("Columns of every CSV file", "各 CSV 文件的列"))


def _known(site: Site) -> str:
    lines = remarks(site.m)
    if site.rejected:
        rows = plural(site.rejected, "row")
        en = f"{rows} of the input could not be taken and {'is' if site.rejected == 1 else 'are'} in no figure."
        lines.append(tr(en, f"有{site.rejected:,}行数据无法采用，未计入任何数值。"))
    told = "".join(f"<li>{words(line)}</li>" for line in lines)
    known = grid_table(annex.completeness(site.m))
    return f'<ul class="files">{told}</ul>{known}{_fresh(site)}'


def _fresh(site: Site) -> str:
    """Return how old the last observation of each indicator is, and which counties are not in it."""
    heads = {
        "indicator_name": tr("indicator", "指标"), "frequency_word": tr("frequency", "频率"),
        "period": tr("last period", "最近一期"), "counties": tr("counties in it", "已报县数"),
        "silent_names": tr("counties that are not", "未报县（市、区）"), "state_word": tr("state", "情况"),
    }  # fmt: skip
    found = with_names(freshness(site.m.seen, site.m.at)).select(list(heads))
    rows = [[("", "" if cell is None else str(cell)) for cell in row] for row in found.iter_rows()]
    title = tr("How fresh the data are", "数据时效")
    return html.table([("", head) for head in heads.values()], rows, caption=title, stack=True)


# ---- the door ---------------------------------------------------------------------------------


def door(site: Site) -> str:
    """Return the page at the root, which leads to both languages; in the language in use."""
    return site_pages.door(_title(), warning(site.m), titled=titled(site.m, _title()))

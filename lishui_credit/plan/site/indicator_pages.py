"""The page of one indicator in one area: the finding, its numbers, drawing, tables, definition, files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from itertools import groupby

import polars as pl

from lishui_credit.language import dated, tr
from lishui_credit.plan.definitions import END, PlanIndicator, indicators, plan
from lishui_credit.plan.divisions import CITY, Division, areas, division
from lishui_credit.plan.evaluation import annex, grids
from lishui_credit.plan.evaluation.drawings import against_path, course, titled
from lishui_credit.plan.evaluation.evaluation_page import pairs, table
from lishui_credit.plan.evaluation.grids import Cell, Grid, Measured, State
from lishui_credit.plan.labels import interval_printed
from lishui_credit.plan.overview import OverviewRow, gap_said, since_said
from lishui_credit.plan.sentences import printed, rate_printed, sentence
from lishui_credit.plan.site.companion_tables import companion_file, companion_grid, companions_of
from lishui_credit.plan.site.site_facts import (
    Site,
    area_page,
    indicator_page,
    stem,
    whole_address,
)
from lishui_credit.plan.site.site_shell import shell
from lishui_credit.plan.status import said
from lishui_credit.reports import html
from lishui_credit.reports.html import words
from lishui_credit.reports.site_pages import Link, links
from lishui_credit.reports.svg import Plot
from lishui_credit.tables.data_words import in_words
from lishui_credit.version import __version__


def drawings(site: Site, row: PlanIndicator, area: Division) -> dict[str, Plot]:
    """Return the drawings of an indicator in an area by the names of their files."""
    made = {f"{stem(row.key, area.adcode)}.svg": course(site.m, row, area)}
    if area.adcode == CITY:
        made[f"{row.key}-counties.svg"] = against_path(site.m, row)
    return made


def heading(site: Site, row: PlanIndicator, area: Division) -> str:
    """Return the finding in words, with the county it is of."""
    place = "" if area.adcode == CITY else area.name + tr(": ", "：")
    return place + sentence(dict(site.overviews[area.adcode][row.key].found))


def source(site: Site, row: PlanIndicator) -> str:
    """Return where a drawing comes from, in a line."""
    made_up = tr("SYNTHETIC DATA. ", "合成数据，非真实数据。") if site.m.synthetic else ""
    title = tr(plan().title_en, plan().title_zh)
    day = dated(site.m.at)
    return made_up + tr(f"{title} {row.clause}, as of {day}", f"{title} {row.clause}，截至{day}")


@dataclass(frozen=True, slots=True)
class Everywhere:
    """What the pages of an indicator say alike in every area, as HTML."""

    counties: str
    definition: str


def everywhere(site: Site, row: PlanIndicator) -> Everywhere:
    """Return what the pages of an indicator say alike in every area."""
    placed = _places(site, row)
    return Everywhere(
        counties=table(replace(grids.county_rows(site.m, row), note=_ratios(row)))
        + (table(placed, stack=False) if placed.rows else ""),
        definition=pairs(annex.definition(row), level=2),
    )


def page(
    site: Site, row: PlanIndicator, area: Division, drawn: dict[str, Plot], same: Everywhere
) -> str:
    """Return the page of an indicator in an area."""
    seen = site.overviews[area.adcode][row.key]
    body = [
        f'<section aria-label="{tr("Where it stands", "现状")}">{_facts(seen)}</section>',
        html.figures(plot.text() for plot in drawn.values()),
        _section("quarters", tr("Every quarter", "各季度状态"), table(_quarters(seen), stack=False)),
        _section("observations", tr("Observations", "观测值"), _observed(site, row, area)),
        _companions(site, row, area),
        _section("counties", tr("The nine counties", "九个县（市、区）"), _elsewhere(site, row, area) + same.counties),
        f'<section id="definition">{same.definition}</section>',
        _section("revisions", tr("Revisions", "修订记录"), _revisions(site, row, area)),
        _section("files", tr("Files, citation, embedding", "文件、引用与嵌入"), _files(site, row, area, drawn)),
        _neighbours(row, area),
    ]  # fmt: skip
    trail: list[Link] = [(area_page(CITY), tr("Overview", "总览"))]
    if area.adcode != CITY:
        trail.append((area_page(area.adcode), area.name))
    name = indicator_page(row.key, area.adcode)
    return shell(
        site, name, heading(site, row, area), "".join(body), trail, here=f"{row.number} {row.short}"
    )


def _section(name: str, title: str, inside: str) -> str:
    return f'<section id="{name}"><h2>{words(title)}</h2>{inside}</section>'


def _facts(seen: OverviewRow) -> str:
    row, now = seen.row, seen.found
    since, many = since_said(seen)
    reach = interval_printed(row, now["low"], now["high"])
    ahead = interval_printed(row, now["projected_low"], now["projected_high"])
    basis = {
        "plan": row.target.as_printed,
        "loaded": tr("from a file of yearly targets", "来自年度目标文件"),
        "published": tr("published yearly target", "已公布的年度目标"),
    }[now["target_basis"]]
    rows = [
        (tr("Status", "状态"), f"{seen.state.icon} {seen.state.word}"),
        (tr("Value", "现值"), printed(row, now["value"]) + (f" ({reach})" if reach else "")),
        (tr("Observed at", "观测期末"), dated(now["period"]) if now["period"] else ""),
        (tr("Due then", "同期应达"), printed(row, now["path"]) if now["path"] is not None else ""),
        (tr("Gap", "差距"), gap_said(seen)),
        (tr("Off its path", "偏离始于"), f"{since} ({many})" if since else ""),
        (tr("2015 value", "2015年基数"), printed(row, now["base"])),
        (tr("2020 target", "2020年目标"), f"{printed(row, now['target'])} ({basis})"),
        (tr("Required from now on", "今后所需速度"), rate_printed(row, now["required_rate"]) if seen.state.off and now["required_rate"] is not None else ""),
        (tr("Projected for 2020", "2020年预测"), "" if now["period"] and now["period"] >= END else _projected(row, now["projected"], ahead, now["outlook"])),
        (tr("Remarks", "说明"), now["note"] or ""),
        (tr("Source", "来源"), in_words(now["source"] or "")),
    ]  # fmt: skip
    lines = "".join(
        f"<div><dt>{words(head)}</dt><dd>{f'<b>{words(text)}</b>' if not n else _words(text)}</dd></div>"
        for n, (head, text) in enumerate(rows)
        if text
    )
    return f'<dl class="facts">{lines}</dl>'


def _words(text: str) -> str:
    """Return a text escaped, a percent sign set as its language does."""
    return words(tr(text, text.replace(" %", "%")))


def _projected(row: PlanIndicator, value: float | None, reach: str, outlook: str | None) -> str:
    if value is None:
        return ""
    told = [text for text in (reach, said(outlook) if outlook else "") if text]
    return printed(row, value) + (f" ({tr(', ', '，').join(told)})" if told else "")


def _quarters(seen: OverviewRow) -> Grid:
    years: list[tuple[Cell, ...]] = [
        (str(year), *(State(status) for _, status in held))
        for year, held in groupby(seen.quarters, key=lambda one: one[0].year)
    ]
    quarters = [tr(f"Q{n}", f"{n}季度") for n in (1, 2, 3, 4)]
    return Grid(
        id="by_quarter",
        title=tr("Status last observed by the end of each quarter", "截至各季度末最近一期观测的状态"),
        heads=(tr("year", "年份"), *quarters),
        rows=tuple((*row, *[None] * (5 - len(row))) for row in years),
    )  # fmt: skip


def _observed(site: Site, row: PlanIndicator, area: Division) -> str:
    lines, path = site.m.drawn(row.key, area.adcode)
    due = dict(path.select("period", "path").iter_rows())
    found = lines.sort("period", descending=True)
    survey = row.kind == "survey"
    shares = found["denominator"].is_not_null().any()
    rows: list[tuple[Cell, ...]] = []
    for now in found.iter_rows(named=True):
        status = site.statuses.get((row.key, area.adcode, now["period"]))
        cells: list[Cell] = [now["period"], State(status) if status else tr("base", "基期")]
        cells.append(Measured(row, now["value"]))
        cells += [grids.interval(row, now["low"], now["high"])] if survey else []
        cells += [now["numerator"], now["denominator"]] if shares else []
        mark = tr("synthetic", "合成") if now["synthetic"] else tr("reported", "上报")
        cells += [
            Measured(row, due.get(now["period"])),
            in_words(now["source"] or ""),
            now["revision"],
            mark,
        ]
        rows.append(tuple(cells))
    heads = [tr("period to", "期末"), tr("status", "状态"), tr("value", "数值")]
    heads += [tr("95 % interval", "95%区间")] if survey else []
    heads += [tr("numerator", "分子"), tr("denominator", "分母")] if shares else []
    heads += [tr("due", "应达"), tr("source", "来源"), tr("revision", "修订号"), tr("data", "数据")]
    sums = tr(
        "Each value is the sum of the twelve months that end with its period.",
        "各数值为截至期末12个月的合计。",
    )
    made = Grid(
        id="values",
        title=tr("The numbers behind the drawing, latest first", "图中数据，由近及远"),
        heads=tuple(heads),
        rows=tuple(rows),
        note=sums if row.flow else "",
    )
    return table(made) if rows else f"<p>{words(tr('No observation.', '无观测。'))}</p>"


def _companions(site: Site, row: PlanIndicator, area: Division) -> str:
    made = companion_grid(site, row, area)
    if not made.rows:
        return ""
    return _section("companions", tr("Companion series", "辅助指标"), table(made, stack=False))


def _elsewhere(site: Site, row: PlanIndicator, area: Division) -> str:
    here = indicator_page(row.key, area.adcode)
    found = [
        (
            indicator_page(row.key, place.adcode),
            f"{site.overviews[place.adcode][row.key].state.icon} {place.name}",
        )
        for place in areas()
    ]
    named = tr("This indicator elsewhere", "该指标在各地")
    return links(named, found, here=here)


def _ratios(row: PlanIndicator) -> str:
    """Return what the ratios in the table of counties are."""
    growth = tr(
        "; R: growth a year since 2015 over the growth a year that the target needs",
        "；R：2015年以来年均增速与达到目标所需年均增速之比",
    )
    return tr(
        "S: share of the way to the target that is done, over the share that is due by then",
        "S：已完成进度与同期应完成进度之比",
    ) + (growth if row.kind != "coverage" else "")


def _places(site: Site, row: PlanIndicator) -> Grid:
    """Return which counties can be told apart, at the last period that most of them have."""
    multiple = row.kind == "doubling"
    tested = site.leagues[row.key].filter(pl.col("place_from").is_not_null())
    rows: list[tuple[Cell, ...]] = [
        (
            division(code).name,
            f"{value:.2f}" if multiple else Measured(row, value),
            str(first) if first == last else f"{first}–{last}",
            groups,
        )
        for code, value, first, last, groups in tested.select(
            "adcode", "value", "place_from", "place_to", "groups"
        ).iter_rows()
    ]
    day = dated(tested["period"][0]) if rows else ""
    value = tr("multiple of 2015", "2015年的倍数") if multiple else tr("value", "数值")
    return Grid(
        id="places",
        title=tr(f"Which counties can be told apart, {day}", f"{day}各县（市、区）差异"),
        heads=(tr("county", "县（市、区）"), value, tr("place", "位次"), tr("group", "组别")),
        rows=tuple(rows),
        note=tr(
            "A place is a range: before and after it stand only counties that are better or worse beyond doubt"
            " (95 %, corrected for all pairs). Counties with the same letter cannot be told apart.",
            "位次为区间：仅当差异显著（95%，按全部两两比较校正）才分先后；同一字母表示无法区分。",
        ),
    )


def _revisions(site: Site, row: PlanIndicator, area: Division) -> str:
    here = pl.col("indicator") == row.key
    if area.adcode == CITY:  # computed from all of them
        mine = replace(
            site.m,
            revisions=site.m.revisions.filter(here),
            missing=site.m.missing.filter(here),
            reconciliation=site.m.reconciliation.filter(here),
        )
        shown = [annex.revisions(mine), annex.missing(mine), annex.reconciliation(mine)]
    else:
        here &= pl.col("adcode") == area.adcode
        shown = [annex.revisions(replace(site.m, revisions=site.m.revisions.filter(here)))]
    told = "".join(table(grid) for grid in shown if grid.rows)
    return told or f"<p>{words(tr('No observation was revised.', '无修订。'))}</p>"


def citation(site: Site, title: str, name: str) -> str:
    """Return how a page is cited: what it is, from which plan, as of when, by what made, where."""
    made_up = tr("synthetic data; ", "合成数据；") if site.m.synthetic else ""
    printed_in = tr(plan().title_en, f"《{plan().title_zh}》")
    day = dated(site.m.at)
    return tr(
        f"{title}. {printed_in}, as of {day}; {made_up}lishui_credit {__version__}; ",
        f"{title}。{printed_in}，截至{day}；{made_up}lishui_credit {__version__}；",
    ) + whole_address(site, name)


def _files(site: Site, row: PlanIndicator, area: Division, drawn: dict[str, Plot]) -> str:
    name = stem(row.key, area.adcode)
    listed = [
        (f"../data/{name}.csv", f"{name}.csv", tr("all numbers of this page", "本页全部数据")),
        (
            f"../data/{name}.metadata.json",
            f"{name}.metadata.json",
            tr("what they mean, for machines", "数据说明（机器可读）"),
        ),
        *((svg, svg, plot.title) for svg, plot in drawn.items()),
    ]
    if companions_of(site, row, area).height:
        beside = companion_file(row, area)
        listed.append((f"../data/{beside}", beside, tr("companion series", "辅助指标")))
    items = "".join(
        f'<li><a href="{to}" download>{file}</a> {words(told)}</li>' for to, file, told in listed
    )
    where = indicator_page(row.key, area.adcode)
    title = f"{row.number} {row.name}{tr(', ', '，')}{area.name}"
    svg = whole_address(site, f"{name}.svg")
    code = f'<a href="{whole_address(site, where)}"><img src="{svg}" alt="{words(titled(site.m, title))}" width="560"></a>'
    before = tr(
        "Put the address of this site before the two addresses in it. ",
        "请在两处地址前加上本网站的网址。",
    )
    return (
        f'<ul class="files">{items}</ul><h3>{words(tr("To cite", "引用"))}</h3>'
        f"<p>{words(citation(site, title, where))}</p><h3>{words(tr('To embed', '嵌入'))}</h3>"
        f"<p>{words('' if site.base_url else before)}{words(tr('The drawing is one SVG file.', '图为单个 SVG 文件。'))}</p>"
        f"<pre><code>{escape(code)}</code></pre>"
    )


def _neighbours(row: PlanIndicator, area: Division) -> str:
    rows = list(indicators().values())
    place = rows.index(row)
    ends: list[Link] = []
    if place:
        one = rows[place - 1]
        ends.append((indicator_page(one.key, area.adcode), f"← {one.number} {one.short}"))
    all_said = tr(f"{area.name}: all twelve", f"{area.name}十二项指标")
    ends.append((area_page(area.adcode), all_said))
    if place + 1 < len(rows):
        one = rows[place + 1]
        ends.append((indicator_page(one.key, area.adcode), f"{one.number} {one.short} →"))
    return links(tr("Neighbours", "前后指标"), ends, "ends")

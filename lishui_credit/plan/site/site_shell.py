"""What every page of the plan's site has: its neighbours, the mark of made-up data, its foot."""

from __future__ import annotations

from collections.abc import Sequence

from lishui_credit.language import dated, tr
from lishui_credit.plan.divisions import areas
from lishui_credit.plan.evaluation.drawings import titled
from lishui_credit.plan.evaluation.evaluation_page import running
from lishui_credit.plan.evaluation.remarks import warning
from lishui_credit.plan.site.site_facts import DATA, SEARCH, Site, area_page
from lishui_credit.reports.site_pages import Frame, Link, links, site_page


def of_areas(here: str) -> str:
    """Return the links to the overviews of all ten areas."""
    named = tr("Areas", "地区")
    return links(named, ((area_page(a.adcode), a.name) for a in areas()), here=here)


def shell(
    site: Site,
    name: str,
    title: str,
    body: str,
    trail: Sequence[Link] = (),
    *,
    here: str = "",
    style: str = "",
) -> str:
    """Return a whole page: `name` is its file, `title` its heading, `trail` the pages above it."""
    day = dated(site.m.at)
    frame = Frame(
        own=[
            ("index.html", tr("Overview", "总览")),
            (SEARCH, tr("Index of names", "名称索引")),
            (DATA, tr("Data and citation", "数据与引用")),
        ],
        warning=warning(site.m),
        foot=[tr(f"as of {day}", f"截至{day}"), f"SHA-256 {site.m.digest[:16]}…"],
        running=running(site.m),
        base_url=site.base_url,
    )
    return site_page(
        frame, name, title, body, trail, here=here, titled=titled(site.m, title), style=style
    )

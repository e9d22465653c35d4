"""What every page of a site has: its head, the way to its neighbours, the mark of made-up data, its foot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from lishui_credit.language import dated, language, tr
from lishui_credit.plan.divisions import areas
from lishui_credit.plan.evaluation.drawings import titled
from lishui_credit.plan.evaluation.evaluation_page import running
from lishui_credit.plan.evaluation.remarks import warning
from lishui_credit.plan.site.site_facts import DATA, LANGUAGES, SEARCH, Site, area_page
from lishui_credit.reports import html
from lishui_credit.reports.html import words

Link = tuple[str, str]
"""An address and its words."""

_NAMES: Final = {"zh": ("中文", "zh-CN"), "en": ("English", "en")}

STYLE: Final = """
.skip{position:absolute;left:-999em}.skip:focus{position:static}
h1{text-wrap:pretty;max-width:62rem}h2{border-bottom-width:1px}section{margin-top:1.2em}
nav ol,nav ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.2em 1em}nav a{display:inline-block;padding:.25em 0}
nav.trail li+li:before{content:"› ";color:var(--grey)}nav [aria-current]{font-weight:700}
nav.top{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.2em 2em;border-bottom:1px solid var(--rule);font-size:.9rem}
nav.ends ul{justify-content:space-between;margin-top:1.5em;border-top:1px solid var(--rule)}
.facts,.pairs{margin:.6em 0}.facts div,.pairs div{display:grid;grid-template-columns:11em 1fr;gap:.8em;border-bottom:1px solid var(--rule);padding:.25em 0}.pairs{font-size:.9rem}
.facts dt,.pairs dt{color:var(--grey)}.facts dd,.pairs dd{margin:0}.facts dd b{font-size:1.1em}
table{width:auto;min-width:min(100%,34rem)}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--shade);padding:.5em .7em;font-size:.82rem}
.files{padding-left:1.2em}.lc-o th{background:none}
@media(max-width:600px){.facts div,.pairs div{grid-template-columns:7.5em 1fr}}
@media print{nav,.skip,.screen{display:none}section{margin-top:.4em}h2{margin-top:.8em}}
"""


def links(named: str, found: Iterable[Link], kind: str = "", here: str = "") -> str:
    """Return a named list of links; the page that it stands on is marked."""
    items = "".join(
        f'<li><a href="{escape(to, quote=True)}"{_mark(to == here)}>{words(said)}</a></li>'
        for to, said in found
    )
    looks = f' class="{kind}"' if kind else ""
    ordered = "ol" if kind == "trail" else "ul"
    return f'<nav{looks} aria-label="{words(named)}"><{ordered}>{items}</{ordered}></nav>'


def _mark(here: bool) -> str:
    return ' aria-current="page"' if here else ""


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
    told = warning(site.m)
    other = next(lang for lang in LANGUAGES if lang != language())
    said, tag = _NAMES[other]
    own = [
        (SEARCH, tr("Index of names", "名称索引")),
        (DATA, tr("Data and citation", "数据与引用")),
    ]
    items = "".join(f'<li><a href="{to}"{_mark(to == name)}>{words(s)}</a></li>' for to, s in own)
    turned = f'<li><a href="../{other}/{name}" hreflang="{tag}" lang="{tag}">{said}</a></li>'
    way = links(tr("Breadcrumbs", "当前位置"), [*trail, (name, here or title)], "trail", name)
    text = (
        f'<a class="skip" href="#main">{tr("To the content", "跳到正文")}</a><header>{html.banner(told)}'
        f'<div class="screen"><nav class="top" aria-label="{tr("Site", "网站")}"><ul><li><a href="index.html">'
        f"{words(tr('Overview', '总览'))}</a></li>{items}{turned}</ul></nav>{way}</div></header>"
        f'<main id="main"><h1>{words(title)}</h1>{body}</main>'
    )
    foot = html.footer(told, tr(f"as of {dated(site.m.at)}", f"截至{dated(site.m.at)}"), f"SHA-256 {site.m.digest[:16]}…")  # fmt: skip
    return html.page(
        titled(site.m, title),
        text + foot,
        style=STYLE + style,
        running=running(site.m),
        head=_head(site, name, title),
    )


def _head(site: Site, name: str, title: str) -> str:
    """Return what machines read: description, the page in both languages, its own address."""
    base = escape(site.base_url, quote=True)
    about = f'<meta name="description" content="{escape(titled(site.m, title), quote=True)}">'
    versions = "".join(
        f'<link rel="alternate" hreflang="{_NAMES[lang][1]}" href="{base or "../"}{lang}/{name}">'
        for lang in LANGUAGES
    )
    own = f'<link rel="canonical" href="{base}{language()}/{name}">' if base else ""
    return about + versions + own

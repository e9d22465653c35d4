"""What every page of a site of static files has: its head, the way to its neighbours, its foot.

Pages lie in a folder per language, `LANGUAGES`, and need no server.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from lishui_credit.language import Language, language, tr
from lishui_credit.reports import html
from lishui_credit.reports.html import words

Link = tuple[str, str]
"""An address and its words."""

LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
"""The folders of a site, its own language first."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the pages of a site have in common, in the language in use.

    Parameters
    ----------
    own : sequence of Link
        Pages that every page leads to, the first one first.
    warning : str
        What must stand above and below the page; empty without any.
    foot : sequence of str
        Facts at the foot.
    running : str
        What stands at the head of every printed page.
    base_url : str
        Address the site will have, with a slash at its end; "" where it is not known.
    """

    own: Sequence[Link]
    warning: str = ""
    foot: Sequence[str] = ()
    running: str = ""
    base_url: str = ""


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


def site_page(
    frame: Frame,
    name: str,
    title: str,
    body: str,
    trail: Sequence[Link] = (),
    *,
    here: str = "",
    titled: str = "",
    style: str = "",
    script: str = "",
) -> str:
    """Return a whole page: `name` is its file, `title` its heading, `trail` the pages above it."""
    other = next(lang for lang in LANGUAGES if lang != language())
    said, tag = _NAMES[other]
    items = "".join(
        f'<li><a href="{to}"{_mark(to == name and place > 0)}>{words(s)}</a></li>'
        for place, (to, s) in enumerate(frame.own)
    )
    turned = f'<li><a href="../{other}/{name}" hreflang="{tag}" lang="{tag}">{said}</a></li>'
    way = links(tr("Breadcrumbs", "当前位置"), [*trail, (name, here or title)], "trail", name)
    text = (
        f'<a class="skip" href="#main">{tr("To the content", "跳到正文")}</a><header>{html.banner(frame.warning)}'
        f'<div class="screen"><nav class="top" aria-label="{tr("Site", "网站")}"><ul>'
        f"{items}{turned}</ul></nav>{way}</div></header>"
        f'<main id="main"><h1>{words(title)}</h1>{body}</main>'
    )
    return html.page(
        titled or title,
        text + html.footer(frame.warning, *frame.foot),
        style=STYLE + style,
        running=frame.running,
        head=_head(frame, name, titled or title),
        script=script,
    )


def _head(frame: Frame, name: str, titled: str) -> str:
    """Return what machines read: description, the page in both languages, its own address."""
    base = escape(frame.base_url, quote=True)
    about = f'<meta name="description" content="{escape(titled, quote=True)}">'
    versions = "".join(
        f'<link rel="alternate" hreflang="{_NAMES[lang][1]}" href="{base or "../"}{lang}/{name}">'
        for lang in LANGUAGES
    )
    own = f'<link rel="canonical" href="{base}{language()}/{name}">' if base else ""
    return about + versions + own


def door(title: str, warning: str = "", *, titled: str = "") -> str:
    """Return the page at the root of a site, which leads to both languages; in the language in use."""
    items = "".join(
        f'<li><a href="{lang}/index.html" hreflang="{_NAMES[lang][1]}" lang="{_NAMES[lang][1]}">{_NAMES[lang][0]}</a></li>'
        for lang in LANGUAGES
    )
    leads = f'<meta http-equiv="refresh" content="0;url={LANGUAGES[0]}/index.html">'
    body = f"<header>{html.banner(warning)}</header><main><h1>{words(title)}</h1><ul>{items}</ul></main>{html.footer(warning)}"
    return html.page(titled or title, body, head=leads)

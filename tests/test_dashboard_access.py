"""Whoever reads a page: with a screen reader, by keyboard, enlarged, in forced colours, on paper.

The rules are those of axe-core; what it cannot see is looked at here.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("axe_playwright_python")
pytest.importorskip("pypdf")
pytest.importorskip("streamlit")
pytest.importorskip("duckdb")
pytest.importorskip("playwright")

import axe_playwright_python
import pypdf

from tests.dashboard import LANGUAGES, PAGES, Server, needs_browser
from tests.test_dashboard_browser import WIDE, Visit, kept_open

pytestmark = [needs_browser, pytest.mark.xdist_group("dashboard access")]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
DESK = {"width": 1280, "height": 900}

# What Streamlit itself draws and no page can mend: the rule and what it is found on. One entry is
# below the line anyway (minor): the field for files is a section whose role axe finds at odds.
STREAMLITS_OWN: set[tuple[str, str]] = set()

FAULTS = """async () => (await axe.run({resultTypes: ['violations']})).violations
  .filter(rule => rule.impact !== 'minor')
  .flatMap(rule => rule.nodes.map(node => [rule.id, node.html.slice(0, 200), node.failureSummary]))"""

HEADINGS = """() => [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')]
  .filter(head => head.checkVisibility()).map(head => +head.tagName[1])"""

CHARTS = """() => [...document.querySelectorAll('[data-testid="stPlotlyChart"]')]
  .map(chart => [chart.role, chart.ariaLabel || ''])"""

# How what has the focus looks with it and without it, with the frames that it stands in.
FOCUS = """() => {
  const held = document.activeElement, looks = () => {
    const out = [];
    for (let node = held, up = 0; node && node !== document.body && up < 5; up += 1, node = node.parentElement) {
      const style = getComputedStyle(node);
      out.push(style.outlineStyle === 'none' ? '' : style.outline, style.boxShadow, style.borderColor,
               style.backgroundColor, style.textDecorationLine, style.opacity);
    }
    return out.join('|');
  };
  if (!held || held === document.body) return null;
  const name = held.tagName + ' ' + (held.ariaLabel || held.innerText || held.className).slice(0, 60);
  const seen = looks();
  held.blur();
  const unseen = looks();
  held.focus({focusVisible: true, preventScroll: true});
  return {name, differs: seen !== unseen};
}"""

MOVING = """() => [...document.querySelectorAll('*')].filter(node => {
  const style = getComputedStyle(node);
  const long = text => text.split(',').some(part => parseFloat(part) > 0.05);
  return long(style.transitionDuration) || (style.animationName !== 'none' && long(style.animationDuration));
}).map(node => node.tagName + ' ' + node.className)"""

# What a page says that paper must say too: titles, heads of tables, titles, legends and axes of charts.
OWED = """() => {
  const said = 'h1, h2, h3, h4, th, [data-testid="stMetricLabel"], .gtitle, .legendtext, .xtitle, .ytitle, '
    + '.annotation-text';
  return [...document.querySelectorAll(said)].filter(node =>
    node.checkVisibility() && !node.closest('[data-testid="stExpander"]')).map(node => node.textContent);
}"""

# A font's pieces of characters, which a PDF may name instead of the characters.
PIECES = str.maketrans({"‒": "–", "―": "—", "⻘": "青", "⻰": "龙", "⻚": "页", "⻋": "车", "⻓": "长", "⻔": "门", "⻆": "角", "戶": "户", "⻅": "见", "⻛": "风", "⻢": "马", "⻬": "齐", "⺟": "母", "⺠": "民", "⻝": "食", "⻄": "西", "黃": "黄", "內": "内"})  # fmt: skip


def plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).translate(PIECES).split())


@pytest.fixture(scope="module")
def opens(browser: Any, server: Server) -> Iterator[Callable[..., Visit]]:
    with kept_open(browser, server) as opened:
        yield opened


@pytest.fixture(
    params=[(page, lang) for page in PAGES for lang in LANGUAGES], ids=lambda view: " ".join(view)
)
def opened(request: pytest.FixtureRequest, opens: Callable[..., Visit]) -> Visit:
    """Every page in every language."""
    page, lang = request.param
    return opens(page, lang=lang)


@contextlib.contextmanager
def seen(visit: Visit, width: int = 0, **media: str) -> Iterator[None]:
    """The page in a narrower window, or as another medium shows it."""
    if width:
        visit.page.set_viewport_size({"width": width, "height": 800})
        visit.settle()
    visit.page.emulate_media(**media)
    yield
    visit.page.emulate_media(**dict.fromkeys(media, "null"))
    visit.page.set_viewport_size(DESK)


def faults(visit: Visit) -> list[list[str]]:
    """What axe finds on the page, less what is Streamlit's own."""
    if visit.page.evaluate("() => !window.axe"):
        visit.page.evaluate(AXE)
    return [
        [rule, html, why] for rule, html, why in visit.page.evaluate(FAULTS)
        if not any(rule == own and mark in html for own, mark in STREAMLITS_OWN)
    ]  # fmt: skip


def test_a_page_keeps_the_rules_of_axe(opened):
    assert faults(opened) == []
    with seen(opened, forced_colors="active"):
        assert faults(opened) == []
    with seen(opened, width=390):
        assert faults(opened) == []


def test_a_page_names_its_language_its_parts_and_its_charts(opened):
    lang = opened.asked_for()["lang"]
    assert opened.page.evaluate("document.documentElement.lang") == {"zh": "zh-CN"}.get(lang, lang)
    levels = opened.page.evaluate(HEADINGS)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(deeper <= level + 1 for level, deeper in itertools.pairwise(levels))
    charts = opened.page.evaluate(CHARTS)
    names = [name for _, name in charts]
    assert all(role == "figure" and len(name) > 15 for role, name in charts), charts
    assert len(set(names)) == len(names)
    if charts:
        away = opened.page.locator('[class*="st-key-popover_"]:not(.st-key-popover_save) button')
        assert away.count() > 0


def test_the_language_of_a_document_follows_the_switch(browser, server):
    with Visit(browser, server, DESK["width"]) as visit:
        visit.open("data", lang="zh")
        for switch, group, told in (("English", "语言", "en"), ("中文", "Language", "zh-CN")):
            visit.press(group, switch)
            assert visit.page.evaluate("document.documentElement.lang") == told


def test_a_page_twice_or_four_times_as_large_needs_no_scrolling_sideways(opened):
    for width in (DESK["width"] // 2, DESK["width"] // 4):
        with seen(opened, width=width):
            assert opened.page.evaluate(WIDE) == [], width


def test_nothing_moves_for_those_who_asked_for_stillness(opened):
    with seen(opened, reduced_motion="reduce"):
        assert opened.page.evaluate(MOVING) == []


def test_the_look_for_motion_finds_it(browser):
    page = browser.new_page()
    page.set_content("<p style='transition: color 1s'>x</p>")
    assert page.evaluate(MOVING) == ["P "]
    page.close()


@pytest.mark.parametrize("page", ["overview", "counties", "lending", "data"])
def test_what_has_the_focus_is_seen(opens, page):
    keyboard, reached, blind = opens(page, lang="en").page.keyboard, set(), []
    for _ in range(40):
        keyboard.press("Tab")
        if (found := opens(page, lang="en").page.evaluate(FOCUS)) is None:
            break
        reached.add(found["name"])
        if not found["differs"]:
            blind.append(found["name"])
    opens(page, lang="en").page.evaluate("() => document.activeElement.blur()")
    assert blind == []
    assert len(reached) > 12


def test_paper_loses_no_title_legend_or_column(opened):
    owed = opened.page.evaluate(OWED)
    assert owed
    with seen(opened, media="print"):
        sheet = opened.page.pdf(prefer_css_page_size=True)
    pages = pypdf.PdfReader(io.BytesIO(sheet)).pages
    assert {tuple(sorted(round(float(side)) for side in page.mediabox[2:])) for page in pages} == {
        (595, 842)
    }
    said = plain("".join(page.extract_text() for page in pages))
    assert [text for text in owed if plain(text) not in said] == []

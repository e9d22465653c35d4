"""Every page in both languages at a desk, and on a phone: whole, and for whoever reads it: with a screen
reader, by keyboard, enlarged, in forced colours, on paper, from its files.

A page is opened once, and left as it was found. The rules are those of axe-core; what it cannot see is
looked at here. With `SCREENS=1` pictures of what was seen lie in build/screens/ afterwards.
"""

from __future__ import annotations

import contextlib
import functools
import io
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

pytest.importorskip("axe_playwright_python")
pytest.importorskip("pypdf")
pytest.importorskip("streamlit")
pytest.importorskip("duckdb")
pytest.importorskip("playwright")

import axe_playwright_python
import pypdf

from tests.dashboard import (
    CHINESE,
    LANGUAGES,
    PAGES,
    READERS,
    SCREENS,
    VIEWS,
    Server,
    needs_browser,
)
from tests.test_dashboard_browser import BANNER, EFFECTS, SAID, WIDE, WIDTHS, Visit

pytestmark = [needs_browser, pytest.mark.xdist_group("dashboard browser")]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")

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

# The key goes on from where the focus was last, by another test too: have it be at the first field.
FROM_THE_TOP = """() => {
  for (const node of document.querySelectorAll('a[href], button, input')) {
    node.focus();
    if (document.activeElement === node) return node.blur();
  }
}"""

MOVING = """() => [...document.querySelectorAll('*')].filter(node => {
  const style = getComputedStyle(node);
  const long = text => text.split(',').some(part => parseFloat(part) > 0.05);
  return long(style.transitionDuration) || (style.animationName !== 'none' && long(style.animationDuration));
}).map(node => node.tagName + ' ' + node.className)"""

# Every table of the page: its heads and its cells.
TABLES = """() => [...document.querySelectorAll('[data-testid="stHtml"] .scroll table')].map(table => ({
  heads: [...table.tHead.rows[0].cells].map(cell => cell.textContent),
  rows: [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.textContent.trim())),
}))"""

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
    """Opens a page with its choices, once: every test leaves it as it was."""
    with contextlib.ExitStack() as held:

        @functools.cache
        def opened(page: str, width: str = "desk", **choices: str) -> Visit:
            visit = held.enter_context(Visit(browser, server, WIDTHS[width]))
            visit.open(page, **choices)
            return visit

        yield opened


@pytest.fixture(
    params=[(page, lang) for page in PAGES for lang in LANGUAGES], ids=lambda view: " ".join(view)
)
def opened(request: pytest.FixtureRequest, opens: Callable[..., Visit]) -> Visit:
    """Every page in every language."""
    page, lang = request.param
    return opens(page, lang=lang)


@pytest.fixture
def carried(page: str, lang: str, opens: Callable[..., Visit]) -> Visit:
    """A page opened on a phone."""
    return opens(page, "phone", lang=lang)


@contextlib.contextmanager
def seen(visit: Visit, width: int = 0, height: int = 800, **media: str) -> Iterator[None]:
    """The page in another window, or as another medium shows it."""
    before = visit.page.viewport_size
    if width:
        visit.page.set_viewport_size({"width": width, "height": height})
        visit.settle()
    if media:
        visit.page.emulate_media(**media)
    yield
    if media:
        visit.page.emulate_media(**dict.fromkeys(media, "null"))
    if width:
        visit.page.set_viewport_size(before)


def faults(visit: Visit) -> list[list[str]]:
    """What axe finds on the page, less what is Streamlit's own."""
    if visit.page.evaluate("() => !window.axe"):
        visit.page.evaluate(AXE)
    return [
        [rule, html, why] for rule, html, why in visit.page.evaluate(FAULTS)
        if not any(rule == own and mark in html for own, mark in STREAMLITS_OWN)
    ]  # fmt: skip


def test_a_page_is_whole(opened):
    lang = opened.asked_for()["lang"]
    opened.picture(f"{urlsplit(opened.page.url).path[1:] or 'overview'}_{lang}_desk")
    opened.check(lang)
    opened.check_quiet()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_whole_on_a_phone(carried, page, lang):
    carried.picture(f"{page}_{lang}_phone")
    carried.check(lang)
    carried.check_quiet()


def test_a_page_keeps_the_rules_of_axe(opened):
    assert faults(opened) == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_keeps_the_rules_of_axe_on_a_phone(carried):
    assert faults(carried) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_keeps_the_rules_of_axe_in_forced_colours(opens, page):
    visit = opens(page, lang="zh")
    with seen(visit, forced_colors="active"):
        assert faults(visit) == []


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
    with Visit(browser, server, WIDTHS["desk"]) as visit:
        visit.open("data", lang="zh")
        for switch, group, told in (("English", "语言", "en"), ("中文", "Language", "zh-CN")):
            visit.press(group, switch)
            assert visit.page.evaluate("document.documentElement.lang") == told


def test_a_page_twice_or_four_times_as_large_needs_no_scrolling_sideways(opened):
    for width in (WIDTHS["desk"] // 2, WIDTHS["desk"] // 4):
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
    visit, reached, blind = opens(page, lang="en"), set(), []
    visit.page.evaluate(FROM_THE_TOP)
    for _ in range(40):
        visit.page.keyboard.press("Tab")
        if (found := visit.page.evaluate(FOCUS)) is None:
            break
        reached.add(found["name"])
        if not found["differs"]:
            blind.append(found["name"])
    visit.page.evaluate("() => document.activeElement.blur()")
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


# In a year that is asked for, and in the last.
in_two_years = pytest.mark.parametrize(
    ("lang", "asked"), [(lang, asked) for lang in LANGUAGES for asked in ({"year": "2018"}, {})]
)


@in_two_years
def test_the_overview_is_printed_on_one_page_across_with_its_banner(opens, lang, asked):
    visit = opens("overview", lang=lang, **asked)
    SCREENS.mkdir(parents=True, exist_ok=True)
    with seen(visit, media="print"):
        assert visit.page.get_by_test_id("stHeader").is_hidden()
        assert visit.page.locator(".st-key-header").is_hidden()
        assert visit.page.get_by_text(BANNER[lang]).first.is_visible()
        paper = visit.page.pdf(
            path=str(SCREENS / f"overview_{lang}_{visit.asked_for()['year']}.pdf"),
            prefer_css_page_size=True,
        )
    assert paper.count(b"/Type /Page\n") == 1
    width, height = map(float, re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper).groups())
    assert (round(width), round(height)) == (842, 595)


ROWS = """() => [...document.querySelectorAll('.lc-o tr.i')].map(row => {
  const box = row.getBoundingClientRect();
  return {name: row.querySelector('th').innerText, top: box.top, bottom: box.bottom, right: box.right};
})"""


@in_two_years
def test_the_twelve_rows_of_the_overview_are_seen_at_once(opens, lang, asked):
    visit = opens("overview", lang=lang, **asked)
    for width, height, screens in ((1440, 900, 1), (1280, 900, 1), (1024, 768, 3), (390, 844, 3)):
        with seen(visit, width, height):
            rows = visit.page.evaluate(ROWS)
        assert len(rows) == 12
        assert max(row["bottom"] for row in rows) <= screens * height, width
        assert min(row["top"] for row in rows) > 0
        assert max(row["right"] for row in rows) <= width
    visit.check_quiet()


@pytest.mark.parametrize(
    ("lang", "label"), [("zh", "批准分数线（含）"), ("en", "Approve from this score up")]
)
def test_the_cut_off_and_what_it_does_are_seen_without_scrolling(opens, lang, label):
    visit = opens("lending", lang=lang)
    with seen(visit, 1440, 900):
        slider = visit.page.locator(f'[data-testid="stSlider"] input[aria-label="{label}"]')
        boxes = [slider.bounding_box()]
        boxes += [visit.page.locator(f".st-key-{name}").bounding_box() for name in EFFECTS]
    for name, box in zip(("slider", *EFFECTS), boxes, strict=True):
        assert box["height"] > 0, name
        assert box["y"] + box["height"] <= 900, (name, box)
        assert box["x"] + box["width"] <= 1440, (name, box)
    drawn = visit.page.evaluate(
        "() => document.querySelector('.st-key-effect_curve .js-plotly-plot').data"
        ".filter(trace => trace.fill === 'tonexty').length"
    )
    assert drawn == 1  # the interval of the profit


@pytest.mark.parametrize("lang", ["zh"])
@pytest.mark.parametrize("page", ["indicator", "data", "grades"])
def test_a_table_keeps_its_first_column_in_view_on_a_phone_and_is_whole_in_print(carried, page):
    regions = carried.page.locator('[data-testid="stHtml"] .scroll:visible')
    assert regions.count() > 0
    moved = 0
    for region in regions.all():
        first, far = (
            region.locator(f"tbody tr:first-child td:{n}-child") for n in ("first", "last")
        )
        before = first.bounding_box()["x"]
        region.evaluate("node => { node.scrollLeft = node.scrollWidth; }")
        moved += region.evaluate("node => node.scrollLeft > 0")
        assert first.bounding_box()["x"] == pytest.approx(before, abs=1)
        assert far.bounding_box()["x"] + far.bounding_box()["width"] <= WIDTHS["phone"]
        region.evaluate("node => { node.scrollLeft = 0; }")
    assert moved or page == "grades"
    with seen(carried, media="print"):
        for region in regions.all():
            assert region.evaluate("node => node.scrollHeight <= node.clientHeight + 1")


# In one language each: test_dashboard_downloads.py opens every file in every kind and language.
@pytest.mark.parametrize(("view", "lang"), list(zip(VIEWS, itertools.cycle(LANGUAGES))))
def test_every_download_arrives_and_opens(opens, tmp_path, view, lang):
    page, choices = VIEWS[view]
    kind = {"zh": "Excel", "en": "CSV"}[lang]
    said, (suffix, read) = SAID[lang], READERS[kind]
    visit = opens(page, lang=lang, **choices)
    visit.page.bring_to_front()  # a page behind another takes its time
    tables = visit.page.evaluate(TABLES)
    visit.page.get_by_role("button", name=said["open"]).click()
    field = visit.page.get_by_role("combobox", name=said["table"], exact=True)
    field.click()
    titles = visit.page.get_by_role("option").all_inner_texts()
    assert len(titles) == len(set(titles))
    visit.page.get_by_role("option", name=titles[0], exact=True).click()
    kinds = visit.page.get_by_role("radiogroup", name=said["kind"])
    if not (one := kinds.get_by_role("radio", name=kind)).is_checked():
        with visit.run():
            one.click()
    files = []
    # One list from end to end, of the others the first and the last.
    whole = view == "validation"
    for title in titles if whole else dict.fromkeys((titles[0], titles[-1])):
        if field.input_value() != title:
            with visit.run():
                field.click()
                visit.page.get_by_role("option", name=title, exact=True).click()
        with visit.page.expect_download() as coming:
            visit.page.get_by_role("button", name=said["get"], exact=True).click()
        path = tmp_path / coming.value.suggested_filename
        assert path.name.startswith("synthetic_")
        assert path.suffix == suffix
        assert not path.exists()  # another table, another name
        coming.value.save_as(path)
        files.append(read(path))
        assert bool(CHINESE.search("".join(files[-1].columns))) == (lang == "zh"), title
    for table in tables if whole else ():
        wide, tall = len(table["heads"]), len(table["rows"])
        assert any(
            file.columns[:wide] == table["heads"] and file.height == tall for file in files
        ), table["heads"]
    visit.page.keyboard.press("Escape")
    visit.check_quiet()

"""The dashboard in a real browser: every page in both languages, at a desk's width and a phone's.

Pictures of what was seen lie in build/screens/ afterwards, for a person to look at.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

pytest.importorskip("streamlit")
pytest.importorskip("duckdb")
pytest.importorskip("playwright")

from tests.dashboard import (
    CHINESE,
    LANGUAGES,
    PAGES,
    READERS,
    SCREENS,
    VIEWS,
    WATCH,
    Server,
    has_chinese_font,
    needs_browser,
    untranslated,
)

# Two groups, so that two processes share the work: what the phone sees, and all the rest.
pytestmark = [needs_browser, pytest.mark.xdist_group("dashboard desk")]
PHONE = pytest.param("phone", marks=pytest.mark.xdist_group("dashboard phone"))
BOTH = ("zh", pytest.param("en", marks=pytest.mark.xdist_group("dashboard phone")))
WIDTHS = {"desk": 1280, "phone": 390}
BANNER = {"zh": "合成数据", "en": "Synthetic data"}

# Whether the run is over and every chart drawn, and has been for a sixth of a second.
QUIET = """() => {
  const app = document.querySelector('[data-testid="stApp"]'), now = performance.now();
  const still = app && app.getAttribute('data-test-script-state') === 'notRunning' &&
    document.querySelector('[data-testid="stHeading"]') &&
    !document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]') &&
    [...document.querySelectorAll('[data-testid="stPlotlyChart"]')]
      .every(chart => chart.querySelector('.main-svg'));
  window.still = still ? window.still ?? now : null;
  return still && now - window.still >= 160;
}"""

# Notes every step that is added to the history of the browser.
STEPS = """(() => {
  const push = history.pushState.bind(history);
  window.steps = [];
  history.pushState = (...given) => { window.steps.push(given[2]); return push(...given); };
})()"""

# Notes that a run of the page has begun, from when it is called: by the state of the app, which may
# be another element by then, or by the address.
BEGUN = """() => {
  window.begun = false;
  window.stood = location.href;
  new MutationObserver(() => { window.begun = true; }).observe(
    document.body, {subtree: true, attributeFilter: ['data-test-script-state']});
}"""

# Every character beyond ASCII that a person can see, and whether its picture is that of a
# character no font has. Icons are ligatures of ASCII names in a font that Streamlit serves itself.
TOFU = """() => {
  const side = 48, canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  const picture = (font, text) => {
    pen.clearRect(0, 0, side, side);
    pen.font = '24px ' + font; pen.textBaseline = 'middle'; pen.fillText(text, 4, side / 2);
    let hash = 0;
    for (const value of pen.getImageData(0, 0, side, side).data) hash = (hash * 31 + value) | 0;
    return hash;
  };
  const seen = {};
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const box = node.parentElement;
    if (!box || ['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(box.tagName)) continue;
    const font = getComputedStyle(box).fontFamily;
    for (const letter of node.data)
      if (letter.codePointAt(0) > 0x7f && letter.trim()) (seen[font] ||= new Set()).add(letter);
  }
  const missing = [];
  let looked = 0;
  for (const [font, letters] of Object.entries(seen)) {
    const box = picture(font, '\\u{378}');
    for (const letter of letters) { looked += 1; if (picture(font, letter) === box) missing.push(letter); }
  }
  return {looked, missing};
}"""

# What a person reads: not the ligature names of icons, nor Streamlit's own link for the keyboard.
WORDS = """() => {
  const out = [], skip = '[data-testid="stIconMaterial"], [data-testid="stSkipToContent"], style';
  for (const part of [...document.body.querySelectorAll('[data-testid="stApp"], [data-baseweb="popover"]')]) {
    const hidden = [...part.querySelectorAll(skip)];
    hidden.push(...[...part.querySelectorAll('a')].filter(a => a.textContent.startsWith('Skip to main')));
    const kept = hidden.map(node => node.style.display);
    hidden.forEach(node => { node.style.display = 'none'; });
    out.push(part.innerText);
    hidden.forEach((node, at) => { node.style.display = kept[at]; });
  }
  return out.join('\\n');
}"""

# What sticks out of the window to the right and cannot be scrolled inside a box of its own.
WIDE = """() => {
  const wide = [], window_ = document.documentElement.clientWidth;
  const main = document.querySelector('[data-testid="stMain"]');
  if (document.documentElement.scrollWidth > window_ + 1) wide.push('document');
  if (main && main.scrollWidth > main.clientWidth + 1) wide.push('main');
  for (const node of main ? main.querySelectorAll('*') : []) {
    const box = node.getBoundingClientRect();
    if (!box.width || !box.height || box.right <= window_ + 1) continue;
    let inside = false;
    for (let up = node.parentElement; up && up !== main; up = up.parentElement)
      if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(up).overflowX)) inside = true;
    if (!inside) wide.push(node.tagName + ' ' + (node.dataset.testid || node.className) + ' ' + Math.round(box.right));
  }
  return wide.slice(0, 5);
}"""

# Charts in which a pair of axes, or the whole of it, has nothing drawn.
EMPTY = """() => [...document.querySelectorAll('.js-plotly-plot')].flatMap(chart => {
  const drawn = chart._fullData.filter(trace => trace.visible === true && (
    ['x', 'y', 'z', 'values'].some(name => trace[name] && trace[name].length)));
  const title = chart._fullLayout.title.text || 'untitled';
  if (!drawn.length) return [title];
  return chart._fullLayout._subplots.cartesian
    .filter(pair => !drawn.some(trace => trace.xaxis + trace.yaxis === pair))
    .map(pair => title + ' ' + pair);
})"""

# What stands in fields: it is no text of the document. A model's title is data, in one language.
FIELDS = """() => [...document.querySelectorAll('[data-testid="stSelectbox"] input')]
  .filter(field => field.getAttribute('aria-label') !== 'Model')
  .map(field => field.value)"""

# What every field of the page stands at, by its label.
CHOSEN = """() => Object.fromEntries([
  ...[...document.querySelectorAll('[data-testid="stSelectbox"] input')]
    .map(list => [list.ariaLabel, list.value]),
  ...[...document.querySelectorAll('[data-testid="stButtonGroup"] [role="radiogroup"]')]
    .map(group => [group.ariaLabel, group.querySelector('[aria-checked="true"]')?.innerText]),
  ...[...document.querySelectorAll('[data-testid="stSlider"] input')]
    .map(slider => [slider.ariaLabel, slider.ariaValueText]),
])"""

# Charts and tables that say nothing to somebody who cannot see them.
SILENT = """() => [...document.querySelectorAll(
  '[data-testid="stPlotlyChart"], [data-testid="stDataFrame"], [data-testid="stImage"] img, table')]
  .filter(node => !(node.getAttribute('aria-label') || node.alt || node.caption?.textContent ||
                    node.querySelector('[aria-label], img[alt]')))
  .map(node => node.dataset.testid || node.tagName)"""


# Every table of the page: its heads and its cells.
TABLES = """() => [...document.querySelectorAll('[data-testid="stHtml"] .scroll table')].map(table => ({
  heads: [...table.tHead.rows[0].cells].map(cell => cell.textContent),
  rows: [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.textContent.trim())),
}))"""


@functools.cache
def window(browser: Any, url: str) -> Any:
    """The window whose tabs are all visits to a server: its scripts are fetched and compiled once.

    A tab that stays keeps the process that holds them.
    """
    made = browser.new_context(accept_downloads=True, locale="zh-CN")
    made.new_page().goto(f"{url}/_stcore/health")
    return made


class Visit:
    """A page somebody looks at, and everything it asked for or complained about meanwhile."""

    def __init__(self, browser: Any, server: Server, width: int) -> None:
        self.server = server
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page = window(browser, server.url).new_page()
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.set_default_timeout(60_000)
        self.page.add_init_script(STEPS)
        self.page.on("websocket", lambda socket: self.asked.append(socket.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)

    def _hear(self, said: Any) -> None:
        """Keep an error; the page of an address with a path first asks below that path, in vain."""
        where = said.location.get("url", "")
        if said.type == "error" and not re.search(r"/\w+/_stcore/(health|host-config)$", where):
            self.complaints.append(f"{said.text} {where}")

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.page.close()

    def open(self, page: str, **choices: object) -> None:
        self.page.goto(self.server.address(page, **choices))
        self.settle()

    def settle(self) -> None:
        """Wait until the run is over and every chart is drawn, and stays so."""
        self.page.evaluate("() => { window.still = null; }")
        self.page.wait_for_function(QUIET, polling=40)

    @contextlib.contextmanager
    def run(self) -> Iterator[None]:
        """Do what makes the page run, and wait until it has."""
        self.page.evaluate(BEGUN)
        yield
        self.page.wait_for_function(
            "() => window.begun || location.href !== window.stood", polling=50
        )
        self.settle()

    def choose(self, label: str, option: str) -> None:
        """Pick an option of a list, as a person does."""
        field = self.page.get_by_role("combobox", name=label, exact=True)
        field.scroll_into_view_if_needed()
        self.page.wait_for_timeout(200)  # scrolling closes a list that is open
        with self.run():
            field.click()
            self.page.get_by_role("option", name=option, exact=True).click()

    def press(self, label: str, option: str) -> None:
        """Press one of a field's buttons."""
        with self.run():
            group = self.page.get_by_role("radiogroup", name=label, exact=True)
            group.get_by_role("radio", name=option, exact=True).click()

    def push(self, label: str, key: str, times: int, pause: int) -> None:
        """Push a slider by a key of the keyboard, so many milliseconds apart."""
        slider = self.page.locator(f'[data-testid="stSlider"] input[aria-label="{label}"]')
        slider.focus()
        with self.run():
            for _ in range(times):
                slider.press(key)
                self.page.wait_for_timeout(pause)
            self.page.wait_for_timeout(
                400
            )  # a slider is read when nobody has pushed it for a while

    def turn(self, title: str) -> None:
        """Go to another page by the navigation at the top."""
        with self.run():
            self.page.get_by_test_id("stTopNavLink").filter(has_text=title).click()

    def back(self) -> None:
        """Press the browser's button."""
        with self.run():
            self.page.go_back()

    def steps(self) -> list[str]:
        """The addresses that were added to the browser's history since the last call."""
        return list(self.page.evaluate("() => window.steps.splice(0)"))

    def chosen(self) -> dict[str, str]:
        """What every field stands at, by its label."""
        return dict(self.page.evaluate(CHOSEN))

    def asked_for(self) -> dict[str, str]:
        """The choices in the address."""
        return dict(parse_qsl(urlsplit(self.page.url).query))

    def upload(self, name: str, content: bytes) -> None:
        """Hand a file to the page's field for files."""
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        self.page.locator('input[type="file"]').set_input_files(file)

    def words(self) -> str:
        return str(self.page.evaluate(WORDS))

    def picture(self, name: str) -> None:
        """A picture of the whole page, not of the window alone."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        width = self.page.viewport_size["width"]
        height = self.page.evaluate(
            "() => document.querySelector('[data-testid=\"stMain\"]').scrollHeight + 60"
        )
        self.page.set_viewport_size({"width": width, "height": min(int(height), 9000)})
        self.page.wait_for_timeout(300)
        self.page.screenshot(path=str(SCREENS / f"{name}.png"))
        self.page.set_viewport_size({"width": width, "height": 900})

    def check(self, lang: str) -> None:
        """No exception box, the banner, one place for downloads, no key, no other language, no missing glyph, no overflow."""
        boxes = self.page.locator(
            '[data-testid="stException"], [data-testid="stAlertContentError"]'
        )
        assert boxes.count() == 0, boxes.all_inner_texts()
        words = self.words()
        assert BANNER[lang] in words
        assert untranslated(words, lang) == []
        buttons = self.page.get_by_test_id("stPopoverButton").all_inner_texts()
        assert [button for button in buttons if SAID[lang]["open"] in button] == buttons[-1:]
        title = self.page.locator("h1").inner_text()
        assert bool(CHINESE.search(title)) == (lang == "zh"), title
        assert untranslated("\n".join(self.page.evaluate(FIELDS)), lang) == []
        if lang == "en":
            assert not [field for field in self.page.evaluate(FIELDS) if CHINESE.search(field)]
        assert self.page.evaluate(EMPTY) == []
        assert self.page.evaluate(SILENT) == []
        assert self.page.evaluate(WIDE) == []
        if has_chinese_font():
            looked = self.page.evaluate(TOFU)
            assert looked["missing"] == []
            assert looked["looked"] > 0

    def check_quiet(self) -> None:
        """Nothing was asked of another host, and the browser complained of nothing."""
        home = urlsplit(self.server.url).netloc
        strangers = {
            url for url in self.asked
            if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).netloc != home
        }  # fmt: skip
        assert not strangers
        assert any(urlsplit(url).netloc == home for url in self.asked)
        assert self.complaints == []


@pytest.mark.parametrize("width", ["desk", PHONE])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_whole_in_both_languages(browser, server, page, width):
    with Visit(browser, server, WIDTHS[width]) as visit:
        visit.open(page, lang="zh")
        for lang in LANGUAGES:
            if lang == "en":
                visit.page.get_by_test_id("stButtonGroup").get_by_text("English").click()
                visit.page.wait_for_function(
                    "() => location.search.includes('lang=en')", polling=100
                )
                visit.settle()
            visit.picture(f"{page}_{lang}_{width}")
            visit.check(lang)
        visit.check_quiet()


def test_a_filter_changes_the_page_and_its_address_brings_the_view_back(browser, server):
    with Visit(browser, server, WIDTHS["desk"]) as visit:
        visit.open("overview", lang="zh")
        before = visit.words()
        visit.choose("地区", "莲都区")
        assert "area=331102" in visit.page.url
        after = visit.words()
        assert "莲都区" in after
        assert after != before
        address = visit.page.url
        visit.check_quiet()
    with Visit(browser, server, WIDTHS["desk"]) as again:
        again.page.goto(address)
        again.settle()
        assert again.words() == after


# Neither the first option of its field nor the one that the field starts at.
MADE = {"年度": "2017年", "截至": "9月末", "指标": "5  信用网站开通率", "地区": "云和县"}
MADE_ADDRESS = {"year": "2017", "quarter": "3", "indicator": "website_rate", "area": "331125"}
PLACES = {
    "总览": {"年度", "截至", "地区"},
    "指标": {"年度", "截至", "地区", "指标"},
    "区县": {"年度", "截至", "指标"},
    "数据": {"年度", "截至"},
    "评价": set(),  # its area is one of the register, a field of its own
    "模型": set(),
    "授信": set(),
}


@pytest.fixture
def made(browser, server):
    """A visitor whose address has made the four choices."""
    with Visit(browser, server, WIDTHS["desk"]) as visit:
        visit.open("counties", lang="zh", **MADE_ADDRESS)
        yield visit
        visit.check_quiet()


# What the fields of a page are called and show, where the address says MADE_ADDRESS.
SHOWN = {
    "zh": {"year": ("年度", "2017年"), "quarter": ("截至", "9月末"),
           "indicator": ("指标", "5  信用网站开通率"), "area": ("地区", "云和县")},
    "en": {"year": ("Year", "2017"), "quarter": ("As of the end of", "Sep"),
           "indicator": ("Indicator", "5  Credit websites"), "area": ("Area", "Yunhe")},
}  # fmt: skip
MENU = {
    "zh": ("总览", "指标", "区县", "评价", "模型", "授信", "数据"),
    "en": ("Overview", "Indicator", "Counties", "Grades", "Models", "Lending", "Data"),
}
# Which of the choices a page has a field for; in grades, the area is one of the register.
HELD = {
    "overview": ("year", "quarter", "area"),
    "indicator": ("year", "quarter", "area", "indicator"),
    "counties": ("year", "quarter", "indicator"),
    "data": ("year", "quarter"),
}
# What the page itself says of the day, where it says it.
DAY = {"zh": "2017年9月30日", "en": "30 September 2017"}
SAYS_THE_DAY = ("overview", "counties")


def walk() -> list[str]:
    """Every page after every other, each pair once: a closed way along all 42 of them."""
    left = {page: [other for other in PAGES if other != page] for page in PAGES}
    way, stack = [], [PAGES[0]]
    while stack:
        if left[stack[-1]]:
            stack.append(left[stack[-1]].pop())
        else:
            way.append(stack.pop())
    return way[::-1]


def test_the_walk_goes_along_every_pair_of_pages_once():
    pairs = list(itertools.pairwise(walk()))
    assert len(pairs) == len(set(pairs)) == len(PAGES) * (len(PAGES) - 1)


def agrees(visit: Visit, page: str, lang: str) -> None:
    """What the address says is what the page shows: its path, its choices, and its own words."""
    assert urlsplit(visit.page.url).path == ("/" if page == "overview" else f"/{page}")
    asked, chosen = visit.asked_for(), visit.chosen()
    assert asked.items() >= (MADE_ADDRESS | {"lang": lang}).items(), page
    for choice in HELD.get(page, ()):
        label, told = SHOWN[lang][choice]
        assert chosen[label] == told, (page, label)
    words = visit.words()
    assert BANNER[lang] in words
    if page in SAYS_THE_DAY:
        assert DAY[lang] in words, page


@pytest.mark.parametrize("lang", BOTH)
def test_from_every_page_to_every_other_the_address_says_what_the_page_shows(browser, server, lang):
    menu = dict(zip(PAGES, MENU[lang], strict=True))
    # What goes along knows no language: in English, once into every page and out of it.
    way = {"zh": walk(), "en": [*PAGES, PAGES[0]]}[lang]
    with Visit(browser, server, WIDTHS["desk"]) as visit:
        visit.open("indicator", lang=lang)
        assert visit.steps() == []
        for label, told in SHOWN[lang].values():
            assert visit.chosen()[label] != told
            visit.choose(label, told)
        visit.turn(menu[PAGES[0]])
        # One step for every choice and page: the choices that a page opens with are none.
        assert len(visit.steps()) == len(SHOWN[lang]) + 1
        for step, (before, page) in enumerate(itertools.pairwise(way)):
            visit.turn(menu[page])
            agrees(visit, page, lang)
            assert len(visit.steps()) == 1, (before, page)
            if step % 7 == 3 or step < 4:
                visit.back()
                agrees(visit, before, lang)
                with visit.run():
                    visit.page.go_forward()
                agrees(visit, page, lang)
                assert visit.steps() == [], (before, page)
            if step % 7 == 5:
                visit.page.reload()
                visit.settle()
                agrees(visit, page, lang)
        visit.check_quiet()


def test_a_link_shows_what_it_names_and_leaves_the_other_choices(made):
    made.turn("总览")
    link = made.page.get_by_role("row", name="统一代码覆盖率").get_by_role("link").first
    address = str(link.get_attribute("href"))  # as another tab opens it
    named = dict(parse_qsl(urlsplit(address).query))
    assert named["indicator"] != MADE_ADDRESS["indicator"]
    link.click()
    made.page.wait_for_url("**/indicator?**")
    made.settle()
    chosen = made.chosen()
    assert {label: chosen[label] for label in ("年度", "截至", "地区")} == {
        label: MADE[label] for label in ("年度", "截至", "地区")
    }
    assert made.asked_for() == named
    number = chosen["指标"].split()[0]
    assert made.page.locator("h1").inner_text().startswith(f"{number}　")
    made.turn("区县")
    assert made.chosen()["指标"] == chosen["指标"]
    made.page.goto(f"{made.server.url}/{address}")
    made.settle()
    assert made.chosen() == chosen


def test_a_choice_goes_along_into_the_other_language_and_back(made):
    made.turn("总览")
    made.press("语言", "English")
    told = {"Year": "2017", "As of the end of": "Sep", "Language": "English"}
    assert made.chosen().items() >= told.items()
    made.choose("Year", "2019")
    made.turn("Counties")
    assert made.chosen().items() >= (told | {"Year": "2019"}).items()
    made.press("Language", "中文")
    made.turn("指标")
    assert made.chosen().items() >= (MADE | {"年度": "2019年"}).items()


def test_the_browser_goes_back_through_pages_and_choices_step_by_step(made):
    made.turn("总览")
    made.choose("年度", "2019年")
    made.choose("地区", "龙泉市")
    made.turn("区县")
    made.choose("指标", "2  双公示覆盖率")
    made.turn("总览")
    for page, changed in (
        ("counties", {"年度": "2019年", "指标": "2  双公示覆盖率"}),
        ("counties", {"年度": "2019年"}),
        ("", {"年度": "2019年", "地区": "龙泉市"}),
        ("", {"年度": "2019年"}),
        ("", {}),
        ("counties", {}),
    ):
        made.back()
        assert urlsplit(made.page.url).path == f"/{page}"
        here = {label: text for label, text in (MADE | changed).items() if label in made.chosen()}
        assert made.chosen().items() >= here.items()
    with made.run():
        made.page.go_forward()
    assert urlsplit(made.page.url).path == "/"
    assert made.chosen().items() >= {label: MADE[label] for label in PLACES["总览"]}.items()


def test_an_address_that_asks_for_what_is_not_offered_opens_at_what_is(browser, server):
    with Visit(browser, server, WIDTHS["desk"]) as visit:
        visit.open("indicator", lang="zh")
        usual, address = visit.chosen(), visit.asked_for()
        visit.open("indicator", lang="zh", year="1999", quarter="x", area="", indicator="none")
        assert visit.chosen() == usual
        assert visit.asked_for() == address
        visit.check_quiet()


def test_a_choice_of_register_model_and_loan_is_there_when_the_page_is_opened_again(
    browser, server
):
    with Visit(browser, server, WIDTHS["desk"]) as visit:
        left = {}
        visit.open("grades", lang="zh")
        visit.choose("评价年度", "2017")
        visit.choose("地区", "云和县")
        left["评价"] = visit.chosen()
        assert left["评价"].items() >= {"评价年度": "2017", "地区": "云和县"}.items()
        visit.turn("模型")
        visit.choose("特征", "净资产")
        visit.press("视图", "漂移")
        visit.press("视图", "模型卡")  # the characteristic was hidden meanwhile
        left["模型"] = visit.chosen()
        assert left["模型"].items() >= {"特征": "净资产", "视图": "模型卡"}.items()
        visit.turn("授信")
        visit.push("批准分数线（含）", "ArrowRight", 3, 60)
        visit.press("分数线以下", "部分转人工")
        visit.push("转人工分数线（含）", "ArrowLeft", 2, 60)
        left["授信"] = visit.chosen()
        assert left["授信"]["批准分数线（含）"] == "563"
        assert left["授信"]["转人工分数线（含）"] == "558"
        for title in ("评价", "授信", "模型"):
            visit.turn(title)
            assert visit.chosen() == left[title], title
        visit.check_quiet()


def test_a_slider_takes_every_push_while_the_page_runs(browser, server):
    with Visit(browser, server, WIDTHS["desk"]) as visit:
        visit.open("lending", lang="zh")
        assert visit.chosen()["贷款年利率"] == "7.20%"
        visit.push("贷款年利率", "ArrowRight", 10, 250)
        assert visit.chosen()["贷款年利率"] == "8.20%"
        assert visit.asked_for()["rate"] == "820"
        with visit.run():
            visit.page.get_by_role("button", name="利润最高").click()
        best = visit.chosen()["批准分数线（含）"]
        assert best != "560"
        with visit.run():
            visit.page.get_by_role("button", name="现行").click()
        assert visit.chosen()["批准分数线（含）"] == "560"
        visit.back()
        assert visit.chosen()["批准分数线（含）"] == best
        visit.check_quiet()


SAID = {
    "zh": {"open": "下载本页数据", "table": "数据表", "kind": "文件格式", "get": "下载"},
    "en": {"open": "Download the data of this page", "table": "Table", "kind": "Kind of file", "get": "Download"},
}  # fmt: skip


@pytest.mark.parametrize("lang", BOTH)
@pytest.mark.parametrize("view", VIEWS)
def test_every_download_arrives_and_opens(browser, server, tmp_path, view, lang):
    page, choices = VIEWS[view]
    kind = {"zh": "Excel", "en": "CSV"}[lang]  # test_dashboard_downloads.py opens every kind
    said, (suffix, read) = SAID[lang], READERS[kind]
    with Visit(browser, server, WIDTHS["desk"]) as visit:
        visit.open(page, lang=lang, **choices)
        tables = visit.page.evaluate(TABLES)
        visit.page.get_by_role("button", name=said["open"]).click()
        field = visit.page.get_by_role("combobox", name=said["table"], exact=True)
        field.click()
        titles = visit.page.get_by_role("option").all_inner_texts()
        assert len(titles) == len(set(titles))
        visit.page.get_by_role("option", name=titles[0], exact=True).click()
        if lang == "en":  # the others come the same way, and are opened without a browser
            titles, tables = titles[:1], []
        kinds = visit.page.get_by_role("radiogroup", name=said["kind"])
        if not (one := kinds.get_by_role("radio", name=kind)).is_checked():
            with visit.run():
                one.click()
        files = []
        for title in titles:
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
        for table in tables:
            wide, tall = len(table["heads"]), len(table["rows"])
            assert any(
                file.columns[:wide] == table["heads"] and file.height == tall for file in files
            ), table["heads"]
        visit.check_quiet()


EFFECTS = ("effect_approval_rate", "effect_bad_rate_approved", "effect_profit_fen",
           "effect_affected", "effect_curve")  # fmt: skip


def effects(visit: Visit) -> dict[str, str]:
    return {name: visit.page.locator(f".st-key-{name}").inner_text() for name in EFFECTS[:4]} | {
        "effect_curve": str(visit.page.evaluate(
            "() => document.querySelector('.st-key-effect_curve .js-plotly-plot')"
            ".data.map(trace => trace.name).join(' ')"))
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "label"), [("zh", "批准分数线（含）"), ("en", "Approve from this score up")]
)
def test_whoever_moves_the_cut_off_sees_what_it_does_without_scrolling(
    browser, server, lang, label
):
    with Visit(browser, server, 1440) as visit:
        visit.open("lending", lang=lang)
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
        before = effects(visit)
        visit.push(label, "ArrowRight", 8, 60)
        after = effects(visit)
        assert not [name for name in EFFECTS if before[name] == after[name]]
        visit.check_quiet()


def test_on_a_phone_the_cut_off_stays_at_hand_and_its_effects_come_first(browser, server):
    with Visit(browser, server, WIDTHS["phone"]) as visit:
        visit.open("lending", lang="zh")
        slider = visit.page.locator('[data-testid="stSlider"] input[aria-label="批准分数线（含）"]')
        rate = visit.page.locator('[data-testid="stSlider"] input[aria-label="贷款年利率"]')
        for name in EFFECTS[:4]:
            tile = visit.page.locator(f".st-key-{name}").bounding_box()
            assert tile["y"] < rate.bounding_box()["y"], name
        for place in ("effect_approval_rate", "effect_curve", "popover_download"):
            visit.page.locator(f".st-key-{place}").scroll_into_view_if_needed()
            box = slider.bounding_box()
            assert 0 <= box["y"] <= 900 - box["height"], place
        before = effects(visit)
        visit.push("批准分数线（含）", "ArrowRight", 8, 60)
        assert effects(visit) != before


def test_nothing_is_drawn_of_nobody(browser, server):
    with Visit(browser, server, WIDTHS["desk"]) as visit:
        visit.open("lending", lang="en")
        assert "Nobody: what is tried approves the same loans" in visit.words()
        assert visit.page.locator("[class*=st-key-chart_swap]").count() == 0
        visit.push("Approve from this score up", "ArrowRight", 8, 60)
        assert "Nobody: what is tried" not in visit.words()
        assert visit.page.locator("[class*=st-key-chart_swap]").count() == 2
        visit.open("grades", lang="en", rubric="farmer-household")
        assert "In no year does a point or a grade rest on an unverified row." in visit.words()
        assert visit.page.locator("[class*=st-key-chart_unverified]").count() == 0


@pytest.mark.parametrize("page", ["indicator", "data", "grades"])
def test_a_table_keeps_its_first_column_in_view_on_a_phone_and_is_whole_in_print(
    browser, server, page
):
    with Visit(browser, server, WIDTHS["phone"]) as visit:
        visit.open(page, lang="zh")
        regions = visit.page.locator('[data-testid="stHtml"] .scroll:visible')
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
        assert moved or page == "grades"
        visit.page.emulate_media(media="print")
        for region in regions.all():
            assert region.evaluate("node => node.scrollHeight <= node.clientHeight + 1")


@pytest.mark.parametrize(
    ("kind", "start", "screen"), [("svg", b"<svg", "phone"), ("png", b"\x89PNG", "desk")]
)
def test_a_chart_is_saved_as_a_picture_that_says_what_it_shows(
    browser, server, tmp_path, kind, start, screen
):
    with Visit(browser, server, WIDTHS[screen]) as visit:
        visit.open("counties", lang="zh", image=kind, indicator="double_publicity_coverage")
        chart = visit.page.get_by_test_id("stPlotlyChart").first
        chart.hover()
        with visit.page.expect_download() as coming:
            chart.locator(".modebar-btn").first.click()
        assert coming.value.suggested_filename.startswith("synthetic_")
        assert coming.value.suggested_filename.endswith(kind)
        coming.value.save_as(tmp_path / "picture")
        picture = (tmp_path / "picture").read_bytes()
        assert picture.startswith(start)
        if kind == "svg":
            title = "".join(re.sub("<[^>]*>", "", picture.decode("utf-8")).split())
            assert "合成数据·九县中2县偏离进度：景宁严重滞后，遂昌滞后双公示覆盖率·示意图" in title
        cut = visit.page.evaluate(
            "() => [...document.querySelectorAll('.gtitle')].filter(node => node.getBoundingClientRect()"
            ".right > node.closest('.js-plotly-plot').getBoundingClientRect().right)"
            ".map(node => node.textContent)"
        )
        assert cut == []
        visit.check_quiet()


@contextlib.contextmanager
def kept_open(browser: Any, server: Server) -> Iterator[Callable[..., Visit]]:
    """Opens a page at a desk with its choices, once: every test leaves it as it was."""
    with contextlib.ExitStack() as held:

        @functools.cache
        def opened(page: str, **choices: str) -> Visit:
            visit = held.enter_context(Visit(browser, server, WIDTHS["desk"]))
            visit.open(page, **choices)
            return visit

        yield opened


@pytest.fixture(scope="module")
def opens(browser: Any, server: Server) -> Iterator[Callable[..., Visit]]:
    with kept_open(browser, server) as opened:
        yield opened


@pytest.mark.parametrize("lang", BOTH)
@pytest.mark.parametrize("year", ["2018", "2020"])
def test_the_overview_is_printed_on_one_page_across_with_its_banner(opens, lang, year):
    visit = opens("overview", lang=lang, year=year)
    visit.page.emulate_media(media="print")
    assert visit.page.get_by_test_id("stHeader").is_hidden()
    assert visit.page.locator(".st-key-header").is_hidden()
    assert visit.page.get_by_text(BANNER[lang]).first.is_visible()
    SCREENS.mkdir(parents=True, exist_ok=True)
    paper = visit.page.pdf(
        path=str(SCREENS / f"overview_{lang}_{year}.pdf"), prefer_css_page_size=True
    )
    visit.page.emulate_media(media="null")
    assert paper.count(b"/Type /Page\n") == 1
    width, height = map(float, re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper).groups())
    assert (round(width), round(height)) == (842, 595)


ROWS = """() => [...document.querySelectorAll('.lc-o tr.i')].map(row => {
  const box = row.getBoundingClientRect();
  return {name: row.querySelector('th').innerText, top: box.top, bottom: box.bottom, right: box.right};
})"""


@pytest.mark.parametrize("lang", BOTH)
@pytest.mark.parametrize("year", ["2018", "2020"])
def test_the_twelve_rows_of_the_overview_are_seen_at_once(opens, lang, year):
    visit = opens("overview", lang=lang, year=year)
    for width, height, screens in ((1440, 900, 1), (1280, 900, 1), (1024, 768, 3), (390, 844, 3)):
        visit.page.set_viewport_size({"width": width, "height": height})
        visit.settle()
        rows = visit.page.evaluate(ROWS)
        assert len(rows) == 12
        assert max(row["bottom"] for row in rows) <= screens * height, width
        assert min(row["top"] for row in rows) > 0
        assert max(row["right"] for row in rows) <= width
    visit.page.set_viewport_size({"width": WIDTHS["desk"], "height": 900})
    visit.check_quiet()


UPLOADS = {
    "bad.csv": b"\xff\xfe\x00 <script>alert(1)</script>",
    "empty.csv": b"",
    "no.xlsx": b"not a workbook",
    "no.parquet": b"PAR1",
}


def test_an_upload_that_is_no_such_file_is_refused_in_words(browser, server):
    with Visit(browser, server, WIDTHS["desk"]) as visit:
        for name, content in UPLOADS.items():
            visit.open("data", lang="zh")
            visit.upload(name, content)
            told = visit.page.get_by_test_id("stAlertContentError")
            told.first.wait_for()
            visit.settle()
            assert visit.page.get_by_test_id("stException").count() == 0, name
            assert CHINESE.search(told.first.inner_text()), name
            assert "Traceback" not in visit.words(), name


def test_markup_in_an_upload_stays_text(browser, server):
    rows = "指标,地区,期末\n<img src=x onerror=alert(1)>,丽水市,2018-12-31\n"
    with Visit(browser, server, WIDTHS["desk"]) as visit:
        visit.open("data", lang="zh")
        tables = visit.page.locator('[data-testid="stHtml"] .scroll table').count()
        visit.upload("<img src=x>.csv", rows.encode())
        visit.page.wait_for_function(
            "n => document.querySelectorAll('[data-testid=\"stHtml\"] .scroll table').length > n"
            " || document.querySelector('[data-testid=\"stAlertContentError\"]')",
            arg=tables,
        )
        visit.settle()
        assert visit.page.locator("img[src=x]").count() == 0
        assert visit.page.get_by_test_id("stException").count() == 0
        visit.picture("data_zh_upload")
        visit.check_quiet()


@pytest.mark.skipif(not has_chinese_font(), reason="no Chinese font on this machine")
def test_the_look_for_missing_glyphs_finds_one(browser):
    page = browser.new_page()
    page.set_content("<p>丽水 \u0378</p>")
    assert page.evaluate(TOFU) == {"looked": 3, "missing": ["\u0378"]}
    page.close()


def test_the_look_for_overflow_finds_it(browser):
    page = browser.new_page(viewport={"width": 390, "height": 600})
    page.set_content(
        "<div data-testid='stMain'><div style='width:500px;height:9px'>x</div>"
        "<div style='overflow-x:auto'><div style='width:900px;height:9px'>y</div></div></div>"
    )
    found = page.evaluate(WIDE)
    assert "document" in found
    assert sum("DIV" in each for each in found) == 1
    page.close()


def test_the_watch_on_the_server_refuses_and_notes_other_hosts(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    code = (
        "import socket\n"
        "for host in ('192.0.2.1', '127.0.0.1'):\n"
        "    try: socket.create_connection((host, 9), timeout=1)\n"
        "    except OSError as error: print(error)\n"
    )
    outside = tmp_path / "outside.txt"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(tmp_path), "OUTSIDE": str(outside)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "the tests allow no connection to 192.0.2.1" in done.stdout
    assert "192.0.2.1" in outside.read_text("utf-8")
    assert "127.0.0.1" not in outside.read_text("utf-8")


def test_the_server_listens_to_this_machine_alone(server):
    psutil = pytest.importorskip("psutil")
    listening = [
        held.laddr.ip
        for held in psutil.Process(server.process.pid).net_connections(kind="inet")
        if held.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]

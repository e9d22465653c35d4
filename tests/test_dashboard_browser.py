"""The dashboard in a real browser: what a person does there, and what it says and remembers then."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

pytest.importorskip("streamlit")
pytest.importorskip("duckdb")
pytest.importorskip("playwright")

from tests.dashboard import (
    CHINESE,
    PAGES,
    SCREENS,
    WATCH,
    Server,
    has_chinese_font,
    needs_browser,
    untranslated,
)

pytestmark = [needs_browser, pytest.mark.xdist_group("dashboard browser")]
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
        """A picture of the whole page, not of the window alone, for a person who asks for it."""
        if "SCREENS" not in os.environ:  # every chart is drawn anew for it, twice
            return
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
MENU = dict(zip(PAGES, ("总览", "指标", "区县", "评价", "模型", "授信", "数据"), strict=True))
# Which of the choices a page has a field for; in grades, the area is one of the register.
HELD = {
    "overview": ("年度", "截至", "地区"),
    "indicator": ("年度", "截至", "地区", "指标"),
    "counties": ("年度", "截至", "指标"),
    "data": ("年度", "截至"),
}


@pytest.fixture
def made(browser, server):
    """A visitor whose address has made the four choices."""
    with Visit(browser, server, WIDTHS["desk"]) as visit:
        visit.open("counties", lang="zh", **MADE_ADDRESS)
        yield visit
        visit.check_quiet()


def agrees(visit: Visit, page: str) -> None:
    """What the address says is what the page shows: its path, its choices, and its own words."""
    assert urlsplit(visit.page.url).path == ("/" if page == "overview" else f"/{page}")
    asked, chosen = visit.asked_for(), visit.chosen()
    assert asked.items() >= (MADE_ADDRESS | {"lang": "zh"}).items(), page
    for label in HELD.get(page, ()):
        assert chosen[label] == MADE[label], (page, label)
    words = visit.words()
    assert BANNER["zh"] in words
    if page in ("overview", "counties"):
        assert "2017年9月30日" in words, page


def test_into_every_page_and_out_of_it_twice_the_address_says_what_the_page_shows(browser, server):
    # test_dashboard_pages.py goes from every page to every other.
    way = [*PAGES, *PAGES[-2::-1]]
    with Visit(browser, server, WIDTHS["desk"]) as visit:
        visit.open("indicator", lang="zh")
        assert visit.steps() == []
        for label, told in MADE.items():
            assert visit.chosen()[label] != told
            visit.choose(label, told)
        visit.turn(MENU[PAGES[0]])
        # One step for every choice and page: the choices that a page opens with are none.
        assert len(visit.steps()) == len(MADE) + 1
        for step, (before, page) in enumerate(itertools.pairwise(way)):
            visit.turn(MENU[page])
            agrees(visit, page)
            assert len(visit.steps()) == 1, (before, page)
            if step % 6 == 1:
                visit.back()
                agrees(visit, before)
                with visit.run():
                    visit.page.go_forward()
                agrees(visit, page)
                assert visit.steps() == [], (before, page)
            if step % 6 == 2:
                visit.page.reload()
                visit.settle()
                agrees(visit, page)
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
    assert made.chosen().items() >= {label: MADE[label] for label in HELD["overview"]}.items()


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


EFFECTS = ("effect_approval_rate", "effect_bad_rate_approved", "effect_profit_fen",
           "effect_affected", "effect_curve")  # fmt: skip


def effects(visit: Visit) -> dict[str, str]:
    return {name: visit.page.locator(f".st-key-{name}").inner_text() for name in EFFECTS[:4]} | {
        "effect_curve": str(visit.page.evaluate(
            "() => document.querySelector('.st-key-effect_curve .js-plotly-plot')"
            ".data.map(trace => trace.name).join(' ')"))
    }  # fmt: skip


def test_whoever_moves_the_cut_off_sees_what_it_does_and_nothing_is_drawn_of_nobody(
    browser, server
):
    with Visit(browser, server, WIDTHS["desk"]) as visit:
        visit.open("lending", lang="en")
        assert "Nobody: what is tried approves the same loans" in visit.words()
        assert visit.page.locator("[class*=st-key-chart_swap]").count() == 0
        before = effects(visit)
        visit.push("Approve from this score up", "ArrowRight", 8, 60)
        after = effects(visit)
        assert not [name for name in EFFECTS if before[name] == after[name]]
        assert "Nobody: what is tried" not in visit.words()
        assert visit.page.locator("[class*=st-key-chart_swap]").count() == 2
        visit.open("grades", lang="en", rubric="farmer-household")
        assert "In no year does a point or a grade rest on an unverified row." in visit.words()
        assert visit.page.locator("[class*=st-key-chart_unverified]").count() == 0
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


UPLOADS = {
    "bad.csv": b"\xff\xfe\x00 <script>alert(1)</script>",
    "empty.csv": b"",
    "no.xlsx": b"not a workbook",
    "no.parquet": b"PAR1",
}


def test_an_upload_that_is_no_such_file_is_refused_in_words(browser, server):
    with Visit(browser, server, WIDTHS["desk"]) as visit:
        visit.open("data", lang="zh")
        for name, content in UPLOADS.items():
            with visit.run():
                visit.upload(name, content)
            told = visit.page.get_by_test_id("stAlertContentError")
            told.first.wait_for()
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

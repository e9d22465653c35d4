"""Every page of the dashboard in both languages, run without a browser: nothing breaks, the words
are in the language asked for, and the banner says that the data are synthetic.
"""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import polars as pl
import pytest

pytest.importorskip("streamlit")
pytest.importorskip("duckdb")

from streamlit.testing.v1 import AppTest

from lishui_credit.language import set_language
from tests.dashboard import APP, CHINESE, LANGUAGES, PAGES, built, scan_once, untranslated
from tests.drawn import lacking, unheld

pytestmark = pytest.mark.xdist_group("dashboard pages")
scan_once()
BANNER = {"zh": "合成数据", "en": "Synthetic data"}
LABELLED = (
    "selectbox", "multiselect", "radio", "slider", "select_slider", "number_input", "text_input",
    "button", "checkbox", "toggle", "metric", "tabs", "expander", "button_group", "download_button",
    "file_uploader",
)  # fmt: skip


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory)


@pytest.fixture(autouse=True)
def _opened(board: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LISHUI_CREDIT_DATA", str(board))
    yield
    set_language(None)


def run(page: str, **choices: str) -> AppTest:
    """A page with its choices in the address, run once, as an address opens it."""
    # AppTest itself asks format_func for the words on a field, in this thread and not the page's.
    set_language("en" if choices.get("lang") == "en" else "zh")
    app = AppTest.from_file(APP, default_timeout=60)
    for name, value in choices.items():
        app.query_params[name] = value
    if page != "overview":
        app.switch_page(f"screens/{page}.py")
    return app.run()


def words(app: AppTest) -> str:
    """What a page says outside its tables and charts."""
    said = []
    for kind in ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error",
                 "success", "text"):  # fmt: skip
        said += [str(item.value) for item in getattr(app, kind)]
    return "\n".join(said + labels(app))


def labels(app: AppTest) -> list[str]:
    """What stands on the fields, buttons, tiles and tabs of a page."""
    return [
        str(item.label) for kind in LABELLED for item in app.get(kind) if hasattr(item, "label")
    ]


kept = cache(run)
"""Runs on the synthetic data, for tests that only look."""


@pytest.fixture
def shown(page: str, lang: str) -> AppTest:
    return kept(page, lang=lang)


every_page = pytest.mark.parametrize("page", PAGES)
every_language = pytest.mark.parametrize("lang", LANGUAGES)


@every_language
@every_page
def test_a_page_runs_without_an_exception_and_says_what_it_is(shown, page, lang):
    assert not shown.exception, shown.exception
    assert not shown.error, [error.value for error in shown.error]
    assert len(shown.title) == 1
    assert bool(CHINESE.search(shown.title[0].value)) == (lang == "zh")


@every_language
@every_page
def test_the_banner_says_that_the_data_are_synthetic(shown, page, lang):
    chips = [item.proto.body for item in shown.get("html") if 'class="chip"' in item.proto.body]
    assert len(chips) == 1
    assert BANNER[lang] in chips[0]


@every_language
@every_page
def test_no_key_and_no_sentence_is_left_untranslated(shown, page, lang):
    assert untranslated(words(shown), lang) == []


def everything(app: AppTest) -> Iterator[tuple[str, str]]:
    """Every text of a page with where it stands: words, options, cells by column, charts."""
    yield from (("words", text) for text in words(app).split("\n"))
    for kind in ("selectbox", "button_group", "multiselect", "select_slider"):
        yield from (("option", str(text)) for field in app.get(kind) for text in field.options)
    for table in app.dataframe:
        heads = json.loads(table.proto.columns or "{}").values()
        yield from (("head", str(head.get("label") or "")) for head in heads)
        for name in table.value.columns:
            yield from ((name, str(cell)) for cell in table.value[name])
    for part in app.get("html"):
        yield from (
            ("cell", html.unescape(cell))
            for cell in re.findall("<td[^>]*>([^<]*)", part.proto.body)
        )
    for chart in app.get("plotly_chart"):
        yield from (("chart", text) for text in _texts(json.loads(chart.proto.spec or "{}")))


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from _texts(inner)


# What has no English form: clauses and titles as the law prints them, and what somebody wrote.
PRINTED = re.compile(
    r"《[^》]*》|\S*〔\d{4}〕\S*号|(?<=Farm household credit · )\S+|不予授信情形|第\d+项(?:及违约扣分附表)?"
    r"|(?<=》 )[^;]+(?=; )"  # the clause behind the title of its document
    r"|(?<=\*\*As printed\*\*).*|(?<=\*\*Clause\*\*　)\S+"
    r"|^指标 .+ · 地区 .+|^中文$"  # a rejected row as the office wrote it
)
# Columns that hold what an office wrote.
WRITTEN = {"file", "cells"}


@every_page
@pytest.mark.parametrize("lang", ["en"])
def test_the_english_page_has_no_chinese_that_has_an_english_form(shown, page, lang):
    found = everything(shown)
    said = {PRINTED.sub("", text) for where, text in found if where not in WRITTEN}
    assert (
        sorted(
            text
            for text in said
            if re.search("[\u3000-\u9fff\uff00-\uffef]", text.replace("　", ""))
        )
        == []
    )


HALF = re.compile(r"[\u3400-\u9fff][,:;?!()]|[,:;?!()][\u3400-\u9fff]|\d %")
GIVEN = re.compile(r"“[^”]*”|`[^`]*`|\\|:\w+(?=\[)")  # names in quotation marks, code, Markdown


@every_page
@pytest.mark.parametrize("lang", ["zh"])
def test_the_chinese_page_is_set_with_the_marks_of_print(shown, page, lang):
    said = {GIVEN.sub("", text) for where, text in everything(shown) if where not in WRITTEN}
    assert sorted(text for text in said if HALF.search(text)) == []


CHARTS = {
    "overview": 0,
    "data": 0,
    "counties": 2,
    "indicator": 3,
    "grades": 5,
    "models": 2,
    "lending": 3,
}
# Other choices that change what is drawn, and how many charts there are at least.
DRAWN = (
    ("counties", {"indicator": "website_rate", "year": "2017"}, 2),
    ("indicator", {"indicator": "service_revenue", "area": "331125", "lang": "en"}, 2),
    ("indicator", {"indicator": "satisfaction_social", "year": "2020"}, 3),
    ("grades", {"rubric": "small-enterprise", "lang": "en"}, 4),
    ("models", {"part": "validation"}, 4),
    ("models", {"part": "drift", "lang": "en"}, 3),
    ("lending", {"approve": "600", "group": "county", "lang": "en"}, 5),
    ("lending", {"approve": "600", "group": "sex*county", "lang": "en"}, 5),
)


@every_language
@every_page
def test_behind_every_chart_stands_a_table_of_its_name_whose_rows_hold_what_it_draws(
    shown, page, lang
):
    assert len(shown.get("plotly_chart")) >= CHARTS[page]
    assert unheld(shown) == []


@pytest.mark.parametrize(("page", "choices", "charts"), DRAWN)
def test_the_table_behind_a_chart_goes_along_with_what_is_chosen(page, choices, charts):
    app = run(page, **({"lang": "zh"} | choices))
    assert len(app.get("plotly_chart")) >= charts
    assert unheld(app) == []


@pytest.mark.parametrize("wrong", ["", "value", "interval", "row", "unit"])
def test_a_mark_that_its_table_does_not_hold_is_found(wrong):
    frame = pl.DataFrame({"area": ["a", "b"], "value": [10.0, 20.0], "low": [9.0, 19.0]})
    values, low = ([10.0, 21.0] if wrong == "value" else [10.0, 20.0]), [1.0, 1.0]
    if wrong == "interval":
        low[1] = 2.0
    if wrong == "unit":
        values, low = [3.0, 6.0], [0.3, 0.3]
    places = ["b", "a"] if wrong == "row" else ["a", "b"]
    ends = {"array": [0.0, 0.0], "arrayminus": low}
    trace = {"type": "scatter", "x": places, "y": values, "error_y": ends}
    assert bool(lacking(trace, frame)) == bool(wrong)


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


@every_language
def test_from_every_page_to_every_other_a_choice_goes_along(board, lang):
    # Neither the first option of its field nor the one that the field starts at.
    made = {"year": "2017", "area": "331125", "indicator": "website_rate", "quarter": "3"}
    held = {"overview": 3, "indicator": 4, "counties": 3, "data": 2}
    pairs = list(pairwise(walk()))
    assert len(pairs) == len(set(pairs)) == len(PAGES) * (len(PAGES) - 1)
    app = run("indicator", lang=lang)
    for name, value in made.items():
        app.selectbox(key=f"choose_{name}_{lang}").set_value(value).run()
    for step in [("indicator", PAGES[0]), *pairs]:
        app.query_params.clear()  # as the browser does
        app.switch_page(f"screens/{step[1]}.py").run()
        assert not app.exception, step
        asked = dict(parse_qsl(urlencode(app.query_params, doseq=True)))
        assert asked.items() >= (made | {"lang": lang}).items(), step
        fields = {field.key: field.value for field in app.selectbox}
        shown = {name: fields[key] for name in made if (key := f"choose_{name}_{lang}") in fields}
        assert shown.items() <= made.items(), step
        assert len(shown) == held.get(step[1], 0), step
        if step[1] in ("overview", "counties"):
            said = "".join(item.proto.body for item in app.get("html")) + words(app)
            assert {"zh": "2017年9月30日", "en": "30 September 2017"}[lang] in said, step


def test_a_page_keeps_no_words_of_another_visitor_s_language(board, monkeypatch, tmp_path):
    # Its own copy, so that nothing is held in memory from the tests above.
    monkeypatch.setenv("LISHUI_CREDIT_DATA", str(shutil.copytree(board, tmp_path / "board")))
    run("overview", lang="en")
    assert untranslated(words(run("overview", lang="zh")), "zh") == []


def test_a_stranger_sees_the_login_and_nothing_of_the_data():
    app = AppTest.from_file(APP, default_timeout=60)
    app.secrets["auth"] = {"client_id": "x"}
    app.user = {"is_logged_in": False}
    app.run()
    assert not app.exception
    assert [title.value for title in app.title] == ["请先登录"]
    assert not app.dataframe
    assert not [item for item in app.get("html") if 'class="chip"' in item.proto.body]


def tabled(rows: int) -> AppTest:
    """A page of one table of so many rows, and its download."""
    set_language("en")
    return AppTest.from_string(
        f"import sys\nsys.path.insert(0, {str(APP.parent)!r})\n"
        "import polars as pl\nimport view\nfrom lishui_credit.language import set_language\n"
        'set_language("en")\nview.offers().clear()\n'
        f'frame = pl.DataFrame({{"n": range({rows}), "hidden": ["x"] * {rows}}})\n'
        'view.table(frame, "t", {"n": "number"}, "Numbers.", synthetic=True)\n'
        "view.downloads()\n",
        default_timeout=60,
    ).run()


@pytest.mark.parametrize(("rows", "canvas", "printed"), [(200, 0, 200), (201, 1, 200)])
def test_only_a_long_table_is_a_canvas_and_its_first_rows_are_printed(rows, canvas, printed):
    app = tabled(rows)
    assert not app.exception
    assert len(app.dataframe) == canvas
    (markup,) = [item.proto.body for item in app.get("html")]
    assert markup.count("<tr>") == 1 + printed
    assert any("first 200 of 201 rows" in said.value for said in app.caption) == bool(canvas)
    assert app.selectbox[0].options == ["Numbers"]
    assert app.session_state["offers"]["Numbers"].frame.height == rows


@every_language
def test_a_watched_model_has_its_latest_period_beside_the_one_a_quarter_before(lang):
    app = run("models", lang=lang, part="watch")
    assert not app.exception, app.exception
    said = words(app)
    assert re.search({"en": "No alarm in any period|Alarm in 20", "zh": "报警"}[lang], said)
    tables = "".join(part.proto.body for part in app.get("html"))
    assert "2019" in tables
    assert {"en": "expected AUC", "zh": "预期 AUC"}[lang] in tables


@every_language
def test_the_page_of_grades_says_what_another_edition_would_do(board: Path, lang: str) -> None:
    from lishui_credit.board.holdings import graded_files, other_editions, reformed
    from lishui_credit.rubrics import stored_grades

    path = graded_files(board)["tax-credit"][2019]
    file = stored_grades.read(path)
    known = other_editions(file)
    app = run(
        "grades", lang=lang, rubric="tax-credit", edition="2020-01-01", other_edition="2014-10-01"
    )
    found = reformed(file, path, known["2020-01-01"], known["2014-10-01"])
    said = words(app)
    assert f"{found.moved().height:,}" in said
    assert found.moved().height > 0
    assert {"en": "What another edition would do", "zh": "换用另一版本的影响"}[lang] in said
    drawn = [json.loads(item.proto.spec) for item in app.get("plotly_chart")]
    titles = [str(figure["layout"]["title"]["text"]) for figure in drawn]
    assert [title for title in titles if {"en": "Who moves", "zh": "等级变动"}[lang] in title]
    one = run("grades", lang=lang, rubric="farmer-household")
    assert {"en": "has one edition", "zh": "仅有一个版本"}[lang] in words(one)

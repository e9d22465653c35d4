"""Every file that a page gives away, in every kind and both languages, holds what the page shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest

pytest.importorskip("streamlit")
pytest.importorskip("duckdb")

from streamlit.testing.v1 import AppTest

from lishui_credit.language import set_language, typeset
from lishui_credit.tables.data_words import ENGLISH
from tests.dashboard import CHINESE, KEY, LANGUAGES, READERS, VIEWS, built
from tests.test_dashboard_pages import kept

pytestmark = pytest.mark.xdist_group("dashboard pages")
MARK = {"zh": "合成数据", "en": "synthetic data"}
Files = dict[str, dict[str, pl.DataFrame]]  # by table and kind
TERMS = {"WoE", "IV", "p", "PSI"}  # alike in both languages


@pytest.fixture
def shown(
    view: str,
    lang: str,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[AppTest]:
    monkeypatch.setenv("LISHUI_CREDIT_DATA", str(built(tmp_path_factory)))
    set_language(lang)
    page, choices = VIEWS[view]
    yield kept(page, lang=lang, **choices)
    set_language(None)


@pytest.fixture(scope="module")
def opened() -> dict[tuple[str, str], Files]:
    """Files of a page kept for the next test."""
    return {}


@pytest.fixture
def given(
    shown: AppTest,
    view: str,
    lang: str,
    opened: dict[tuple[str, str], Files],
    tmp_path: Path,
) -> Files:
    if (view, lang) not in opened:
        opened[view, lang] = files(shown, tmp_path)
    return opened[view, lang]


def tables(app: AppTest) -> list[tuple[list[str], list[list[str]]]]:
    """Heads and cells of every table of a page but the overview's own."""
    found = []
    for item in app.get("html"):
        for table in re.findall(r"<table>.*?</table>", item.proto.body, re.DOTALL):
            tree = ElementTree.fromstring(table)
            heads = ["".join(head.itertext()) for head in tree.findall("thead/tr/th")]
            rows = [
                ["".join(cell.itertext()).strip() for cell in row]
                for row in tree.iterfind("tbody/tr")
            ]
            found.append((heads, rows))
    return found


def files(app: AppTest, folder: Path) -> Files:
    """Every file that the page offers, opened, by its table and its kind."""
    made: Files = {}
    for title, offer in app.session_state["offers"].items():
        for kind, (suffix, read) in READERS.items():
            name, write = offer.file(suffix.removeprefix("."))
            path = folder / name
            assert name.startswith("synthetic_")
            assert not path.exists(), name  # another table, another name
            path.write_bytes(write())
            made.setdefault(title, {})[kind] = read(path)
    return made


def shown_as(value: object) -> set[str]:
    """How a page may print what a file holds."""
    if value is None:
        return {"—"}
    text = str(value).strip()
    forms = {typeset(text), text.removesuffix(":00"), ENGLISH.get(text, text)}
    if isinstance(value, date) and not isinstance(value, datetime):
        forms |= {f"{value.year}年{value.month}月{value.day}日", f"{value:%-d %b %Y}"}
    if not isinstance(value, str):
        forms |= {f"{value:.6g}", f"{value:,}", f"{value:.1%}", f"{value:.2g}", f"{value:.2f}",
                  f"{value:.3f}", f"{value:.4f}"} if isinstance(value, float | int) else set()  # fmt: skip
    return forms


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("view", VIEWS)
def test_every_file_has_heads_in_the_language_of_the_page_and_the_mark(given, lang):
    assert given
    for title, kinds in given.items():
        heads, height = kinds["Parquet"].columns, kinds["Parquet"].height
        for kind, frame in kinds.items():
            assert frame.columns == heads, (title, kind)
            assert frame.height == height > 0, (title, kind)
            marks = frame[MARK[lang]].cast(pl.String).str.to_lowercase()
            assert set(marks) == {"true"}, (title, kind)
        assert not [head for head in heads if KEY.search(head)], title
        assert [
            h for h in heads if h not in TERMS and bool(CHINESE.search(h)) != (lang == "zh")
        ] == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("view", VIEWS)
def test_every_table_of_a_page_is_one_of_its_files_cell_by_cell(shown, given, view):
    listed = tables(shown)
    assert listed or view == "lending"
    for heads, rows in listed:
        held = [
            kinds for kinds in given.values()
            if kinds["Parquet"].columns[: len(heads)] == heads and kinds["Parquet"].height == len(rows)
        ]  # fmt: skip
        assert held, heads
        same = [
            kinds for kinds in held
            if all(
                cell in shown_as(value)
                for row, told in zip(rows, kinds["Parquet"].iter_rows(), strict=True)
                for cell, value in zip(row, told[: len(heads)], strict=True)
            )
        ]  # fmt: skip
        assert len(same) == 1, heads
        wanted = [str(value)[:10] for value in same[0]["Parquet"][heads[0]]]
        for kind in ("CSV", "Excel"):
            texts = same[0][kind][heads[0]].cast(pl.String)
            assert [str(text).strip()[:10] for text in texts] == wanted, kind

"""The report kit: one palette that can be read, one page shell, one table, one style sheet."""

from __future__ import annotations

import re
from datetime import date
from itertools import combinations

import pytest

from lishui_credit.language import set_language
from lishui_credit.plan.evaluation.evaluation_page import page as plan_page
from lishui_credit.plan.evaluation.mid_term import mid_term
from lishui_credit.plan.observed.table import empty
from lishui_credit.reports import html, palette
from lishui_credit.reports.layout import cut, table, width
from lishui_credit.reports.svg import room, short, ticks
from lishui_credit.validation import validate
from lishui_credit.validation.report.validation_page import page as validation_page

SERIES = ("BLUE", "RED", "GREEN", "SKY", "ORANGE", "PURPLE", "GREY")


def _light(colour: str) -> float:
    """Relative luminance of a colour, as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, two: str) -> float:
    low, high = sorted((_light(one), _light(two)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["INK", "GREY", "LINK"])
def test_text_can_be_read_on_paper_and_on_a_head(name):
    colour = getattr(palette, name)
    assert _contrast(colour, palette.PAPER) >= 4.5
    assert _contrast(colour, palette.SHADE) >= 4.5


@pytest.mark.parametrize("tone", palette.TONES)
def test_a_tone_can_be_read_and_is_no_other(tone):
    paper, ink = palette.TONES[tone]
    assert _contrast(paper, ink) >= 4.5
    assert [one for one in palette.TONES.values() if one[0] == paper] == [(paper, ink)]


def test_no_two_series_share_a_colour():
    colours = [getattr(palette, name) for name in SERIES]
    assert all(one != two for one, two in combinations(colours, 2))


def test_both_reports_begin_with_the_same_style_sheet():
    looks = html.STYLE.partition("@page")[0]
    made = validate([0, 1] * 30, score=[2, 1, 1] * 20)
    for text in (validation_page(made), plan_page(mid_term(empty(), date(2018, 6, 30)))):
        assert looks in text
        assert not re.search(r"https?://|@import|url\(|<script", text)


@pytest.mark.parametrize(("spoken", "lang"), [("en", "en"), ("zh", "zh-CN")])
def test_a_page_names_its_language_and_lets_nothing_in(spoken, lang):
    set_language(spoken)
    try:
        text = html.page("<T>", "<p>x</p>", running="SYNTHETIC")
    finally:
        set_language(None)
    assert text.startswith(f'<!doctype html><html lang="{lang}">')
    assert "default-src 'none'" in text
    assert "<title>&lt;T&gt;</title>" in text
    assert 'content:"SYNTHETIC"' in text


def test_a_warning_stands_in_the_footer_again_and_nothing_without_one():
    assert "made up &lt;" in html.footer("made up <", "SHA-256 ab")
    assert "loud" not in html.footer("", "SHA-256 ab")
    assert html.banner("") == ""


def test_a_stacked_table_names_every_cell_by_its_escaped_head():
    heads, rows = [("", 'a"b'), ("n", "c")], [[("lead", "<i>"), ("n", "1")]]
    stacked = html.table(heads, rows, caption="T", notes=["<n>"], stack=True)
    assert stacked.count("data-l=") == 2
    assert 'data-l="a&quot;b"' in stacked
    assert "&lt;i&gt;" in stacked
    assert '<p class="note">&lt;n&gt;</p>' in stacked
    assert "data-l=" not in html.table(heads, rows)


def test_a_short_table_is_kept_on_one_printed_page_and_a_long_one_is_not():
    rows = [[("", "x")]] * (html.WHOLE + 1)
    assert "whole" in html.table([("", "a")], rows[:-1])
    assert "whole" not in html.table([("", "a")], rows)


# ---- text for a terminal ------------------------------------------------------------------------


def test_a_chinese_character_takes_two_columns_of_a_terminal():
    assert width("A级") == 3
    assert cut("纳税信用评价", 7) == "纳税信…"
    assert cut("纳税信用评价", 12) == "纳税信用评价"


def test_columns_of_text_line_up_under_their_heads():
    lines = table(("id", "名称"), [("a", "农户"), ("bc", "企业")])
    assert lines == ["id  名称", "──  ────", "a   农户", "bc  企业"]


# ---- drawings -----------------------------------------------------------------------------------


def test_ticks_are_round_and_lie_between_the_ends():
    assert ticks(0, 1) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert ticks(0, 0.23) == [0.0, 0.05, 0.1, 0.15, 0.2]
    assert ticks(3, 3) == [3]
    assert (short(0.25, percent=True), short(600.0)) == ("25%", "600")


def test_long_names_get_room_up_to_a_limit():
    assert (room(["A"]), room(["a name that is too long to be shown"])) == (50, 150)


def test_a_chinese_page_has_the_punctuation_of_print_and_an_english_one_keeps_its_own():
    said = "覆盖率(约束性):滞后,50.0%"
    set_language("zh")
    try:
        assert html.words(said) == "覆盖率（约束性）：滞后，50.0%"
        assert html.words("<甲>;乙") == "&lt;甲&gt;；乙"
        kept = html.table([("", "组")], [[("k", "甲,乙")]])
    finally:
        set_language("en")
    try:
        assert html.words(said) == said
    finally:
        set_language(None)
    assert '<td class="k">甲,乙</td>' in kept  # a label of the data is printed as it is

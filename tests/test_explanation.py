"""An explanation is told twice in the same words: as a page of text, and as a notebook shows it."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest

import lishui_credit as lc
from lishui_credit.language import set_language
from lishui_credit.reports.html import words
from lishui_credit.rubrics.engine.explanation import Explanation

SAMPLES = Path(__file__).parent.parent / "data_samples"


@pytest.fixture(scope="module")
def why() -> Explanation:
    rubric = lc.rubric("farmer-household", on="2016-06-30")
    set_language("en")
    bases = SAMPLES / "county_bases.csv"
    taken = lc.intake(rubric, SAMPLES / "households.csv", bases=bases)
    found = lc.evaluate(taken.subjects, rubric, as_of=date(2016, 6, 30)).explain("SYN0000000000")
    set_language(None)
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_notebook_shows_every_row_whole_and_every_line_of_the_text(why, language) -> None:
    set_language(language)
    shown = why._repr_mimebundle_()
    set_language(None)
    page = shown["text/html"]
    assert page.count("<tr>") == 1 + sum(row.state != "not_scored" for row in why.rows)
    longest = max(why.rows, key=lambda row: len(row.value))
    assert len(longest.value) > 34  # the text cuts it
    assert words(longest.value) in page
    told = " ".join(re.sub(r"<[^>]+>", " ", unescape(page)).split())
    above, below = shown["text/plain"].split("\n\n")[0], shown["text/plain"].split("\n\n")[2:]
    for line in (*above.splitlines(), *below):
        assert " ".join(line.split()) in told.replace(" ,", ",") or language == "zh"


def test_the_text_is_cut_for_a_terminal(why) -> None:
    set_language("en")
    assert "…" in str(why).split("\n\n")[1]
    set_language(None)

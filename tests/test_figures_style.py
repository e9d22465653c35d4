"""Every figure that is dressed by `style` says synthetic first, in both languages."""

from __future__ import annotations

import numpy as np
import pytest

from lishui_credit.figures import validation as figures
from lishui_credit.figures.style import blank, drawn, named
from lishui_credit.language import set_language
from lishui_credit.validation.report.validate import validate


@pytest.fixture(autouse=True)
def _locale():
    yield
    set_language(None)


@pytest.mark.parametrize(("spoken", "word"), [("en", "SYNTHETIC DATA"), ("zh", "合成数据")])
def test_a_made_up_figure_says_so_before_anything_else(spoken, word):
    set_language(spoken)
    assert blank("x", True, 600, 400).layout.title.text.startswith(f"<b>{word}</b>")
    assert blank("x", False, 600, 400).layout.title.text == "x"


def test_validation_figures_say_it_first_too():
    set_language("en")
    rng = np.random.default_rng(3)
    bad = rng.integers(0, 2, 300)
    found = validate(bad, score=rng.normal(size=300) - bad, synthetic=True)
    assert found.synthetic
    for draw in (figures.roc, figures.cap, figures.score_distribution):
        assert draw(found).layout.title.text.startswith("<b>SYNTHETIC DATA</b>")


def test_a_figure_without_a_mark_is_known_as_empty():
    figure = blank("x", True, 600, 400)
    assert not drawn(figure)
    figure.add_scatter(x=[1, 2], y=[None, None])
    figure.add_scatter(x=[None], y=[None], name="legend")
    figure.add_heatmap(z=[[None, None]])
    assert not drawn(figure)
    assert drawn(blank("x", True, 600, 400).add_bar(x=[0.0], y=["a"]))
    assert drawn(blank("x", True, 600, 400).add_heatmap(z=[[None, 0.5]]))


def test_a_figure_is_named_without_the_loud_word():
    assert named(blank("Grades", True, 600, 400, "2019")) == "Grades · 2019"
    assert named(blank("Grades", False, 600, 400)) == "Grades"

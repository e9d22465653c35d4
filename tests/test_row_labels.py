"""Every row of every edition has an English label, and what is known of the data an English word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import dedent
from typing import Any

import polars as pl
import pytest

from lishui_credit.errors import RubricError
from lishui_credit.language import set_language
from lishui_credit.plan.divisions import areas
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.links import cited
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.cells import cell
from lishui_credit.tables.columns import dictionary, printed, read_columns
from lishui_credit.tables.data_words import in_words

EDITIONS = [catalog.load(entry.path) for entry in catalog.entries()]


def rows(rubric: Rubric) -> Iterator[Any]:
    """Every row of an edition that has a label as printed, options of choices too."""
    for _, row in cited(rubric):
        if getattr(row, "label_zh", ""):
            yield row
    for choice in rubric.choices:
        yield from choice.options


@pytest.fixture(autouse=True)
def _english() -> object:
    set_language("en")
    yield
    set_language(None)


@pytest.mark.parametrize("rubric", EDITIONS, ids=lambda r: f"{r.name}@{r.edition}")
def test_every_row_has_an_english_label(rubric: Rubric) -> None:
    assert [row.id for row in rows(rubric) if not getattr(row, "label_en", "")] == []
    assert [choice.id for choice in rubric.choices if not choice.question_en] == []
    for grade in rubric.grades:
        foreign = {name for name, label in grade.labels.items() if not label.isascii()}
        assert foreign <= set(grade.labels_en)
    labels = [row.label_en for row in rows(rubric)]
    assert [label for label in labels if re.search(r"[^ -~]|^ | $|  |_", label)] == []


def test_the_same_words_of_the_law_are_the_same_in_english() -> None:
    found: dict[str, set[str]] = {}
    for rubric in EDITIONS:
        for row in rows(rubric):
            found.setdefault(row.label_zh, set()).add(row.label_en)
    assert len(found) > 280
    assert {label: sorted(said) for label, said in found.items() if len(said) > 1} == {}


def test_a_row_is_called_by_its_label_in_the_language_in_use() -> None:
    row = catalog.rubric("farmer-household@2009-01-01").indicator("family")
    assert row_label(row) == "members of the family"
    set_language("zh")
    assert row_label(row) == "家庭人口"


def test_every_county_is_called_as_the_plan_calls_it() -> None:
    assert {in_words(area.name_zh): area.name_zh for area in areas()} == {
        area.name_en: area.name_zh for area in areas()
    }


def test_every_level_has_an_english_word_of_its_own_and_files_may_hold_it() -> None:
    levels = [column for column in dictionary().values() if column.type == "level"]
    assert len(levels) > 30
    for column in levels:
        assert column.values_en.keys() == column.values.keys()
        assert [word for word in column.choices if not word or "_" in word] == []
        read = cell(column, column.id, "", pl.String())
        said = pl.DataFrame({column.id: column.choices}).select(read.value)
        assert said.to_series().to_list() == list(column.values)


def test_a_level_without_an_english_word_is_refused() -> None:
    whole = dedent("""\
        [[columns]]
        id = "size"
        label_zh = "规模"
        type = "level"
        values = { small = ["小"], large = ["大"] }
        values_en = { small = "small", large = "large" }
        """)
    assert read_columns(whole, "sizes.toml")[0].choices == ("small", "large")
    with pytest.raises(RubricError, match=r"values_en needs a word for each of its values.*large"):
        read_columns(whole.replace(', large = "large"', ""), "sizes.toml")


def test_levels_and_units_of_every_column_are_english() -> None:
    for column in dictionary().values():
        values = list(column.values) or ([1, 2 * column.per_unit] if column.numeric else [])
        for value in values:
            assert re.fullmatch(r"[ -~]*", printed(column.id, value)), (column.id, value)

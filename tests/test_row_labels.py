"""Every row of every edition has an English label, and what is known of the data an English word."""

from __future__ import annotations

import re

import pytest

from lishui_credit.language import set_language
from lishui_credit.plan.divisions import areas
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.row_labels import ENGLISH, row_label
from lishui_credit.tables.columns import dictionary, printed
from lishui_credit.tables.data_words import in_words

KINDS = ("grades", "dimensions", "indicators", "overrides", "amounts")
ROWS = {
    f"{kind}.{row.id}": row
    for entry in catalog.entries()
    for kind in KINDS
    for row in getattr(catalog.load(entry.path), kind)
}


@pytest.fixture(autouse=True)
def _english() -> object:
    set_language("en")
    yield
    set_language(None)


def test_every_row_of_every_edition_is_called_by_english_words() -> None:
    labels = {name: row_label(row) for name, row in ROWS.items()}
    assert [name for name, label in labels.items() if re.search(r"[^ -~]", label)] == []
    codes = [name for name, label in labels.items() if re.search(r"\b[rd] ?\d{3,}|_", label)]
    assert codes == []


def test_no_label_is_of_a_row_that_no_edition_has() -> None:
    assert set(ENGLISH) <= {row.id for row in ROWS.values()}


def test_every_county_is_called_as_the_plan_calls_it() -> None:
    assert {in_words(area.name_zh): area.name_zh for area in areas()} == {
        area.name_en: area.name_zh for area in areas()
    }


def test_levels_and_units_of_every_column_are_english() -> None:
    for column in dictionary().values():
        values = list(column.values) or ([1, 2 * column.per_unit] if column.numeric else [])
        for value in values:
            assert re.fullmatch(r"[ -~]*", printed(column.id, value)), (column.id, value)

"""What editions and measures say in words stands in English and in Chinese, and is shown so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from lishui_credit.errors import EditionError, RubricError
from lishui_credit.language import set_language, typeset
from lishui_credit.rubrics import link_listing, listing
from lishui_credit.rubrics.engine.evaluate import refuse_if_lacking
from lishui_credit.rubrics.law import catalog, grade_measures
from lishui_credit.rubrics.law.edition import lay_over
from lishui_credit.rubrics.law.rule_hash import TOLD
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.header_words import normal
from lishui_credit.tables.headers import spellings

PARTS = [catalog.load(entry.path) for entry in catalog.entries()]
FILES = [
    grade_measures.read_measures(path)
    for path in sorted(Path(grade_measures.__file__).with_name("measures").glob("*.toml"))
]
HAN = re.compile("[\u4e00-\u9fff]")
ADDRESS = re.compile(r"[\w.-]+\.(?:com|cn|net|ai)\b[\w./=?-]*", re.ASCII)


@pytest.fixture(autouse=True)
def _locale() -> Iterator[None]:
    yield
    set_language(None)


def told(part: Any, of: str = "") -> Iterator[tuple[str, str, str]]:
    """Every text of a part: where it stands, in English and in Chinese."""
    if isinstance(part, tuple):
        for row in part:
            yield from told(row, of)
    elif is_dataclass(part):
        names = {entry.name for entry in fields(part)}
        of = f"{of}.{getattr(part, 'id', '')}"
        for name in sorted(names):
            here = getattr(part, name)
            if name not in TOLD:
                yield from told(here, of)
            elif not name.endswith("_zh"):
                there = getattr(part, f"{name}_zh")
                if isinstance(here, str):
                    here, there = (here,), (there,)
                assert len(here) == len(there), (of, name)
                yield from ((f"{of}.{name}", *pair) for pair in zip(here, there, strict=True))


def addresses(text: str) -> set[str]:
    """The addresses a text names."""
    return {found.rstrip(".") for found in ADDRESS.findall(text)}


TEXTS = [row for part in (*PARTS, *FILES) for row in told(part)]


def test_every_text_stands_in_both_languages() -> None:
    assert len([row for row in TEXTS if row[1]]) > 900
    lacking = [row for row in TEXTS if bool(row[1]) != bool(row[2])]
    assert lacking == []
    assert [
        row for row in TEXTS if row[2] and not HAN.search(row[2].partition(":")[2] or row[2])
    ] == []


def test_the_same_english_is_the_same_in_chinese() -> None:
    found: dict[str, set[str]] = {}
    for _, english, chinese in TEXTS:
        found.setdefault(english, set()).add(chinese)
    assert {text: said for text, said in found.items() if len(said) > 1} == {}


def test_both_languages_give_the_same_addresses() -> None:
    assert [row for row in TEXTS if addresses(row[1]) != addresses(row[2])] == []


def test_the_page_of_an_edition_is_in_the_language_in_use() -> None:
    rubric = catalog.rubric("farmer-household@2009-01-01")
    off = next(row for row in rubric.indicators if not row.enabled)
    for language, notes, why, choice in (
        ("en", rubric.notes, off.why_disabled, rubric.choices[0].why),
        ("zh", rubric.notes_zh, off.why_disabled_zh, rubric.choices[0].why_zh),
    ):
        set_language(language)
        page = listing.page(rubric)
        assert all(note in page for note in notes)
        assert typeset(why) in page
        assert f"({choice})" in page


def test_documents_and_rows_without_an_address_say_why_in_the_language_in_use() -> None:
    rubric = catalog.rubric("credit-county")
    set_language("zh")
    lines = "\n".join(link_listing.document_lines(rubric))
    assert rubric.source.unlinked_zh in lines
    assert rubric.source.cut_zh in lines
    assert rubric.source.unlinked not in lines
    rows = link_listing.overdue([rubric], rubric.in_force.start)
    assert {row["why"] for row in rows} >= {rubric.source.unlinked_zh}


def test_an_outline_refuses_in_the_language_in_use() -> None:
    rubric = catalog.rubric("farm-produce")
    assert rubric.lacking is not None
    for language, how in (("en", rubric.lacking.how), ("zh", rubric.lacking.how_zh)):
        set_language(language)
        with pytest.raises(EditionError) as caught:
            refuse_if_lacking(rubric)
        assert caught.value.problems[0].hint == how


def test_a_text_told_anew_in_one_language_loses_the_other() -> None:
    base = {
        "notes": ["a"],
        "notes_zh": ["甲"],
        "overrides": [{"id": "x", "note": "a", "note_zh": "甲", "label_zh": "乙"}],
        "lacking": {"what": "a", "what_zh": "甲", "how": "b", "how_zh": "乙"},
    }
    overlay = {
        "notes_zh": ["丙"],
        "overrides": [{"id": "x", "note": "c"}],
        "lacking": {"how": "c"},
    }
    assert lay_over(base, overlay) == {
        "notes_zh": ["丙"],
        "overrides": [{"id": "x", "note": "c", "label_zh": "乙"}],
        "lacking": {"what": "a", "what_zh": "甲", "how": "c"},
    }


def test_notes_stand_one_for_one(tmp_path: Path) -> None:
    path = next(entry.path for entry in catalog.entries() if entry.name == "credit-county")
    text = path.read_text(encoding="utf-8")
    whole = text[: text.index("notes_zh = [")] + text[text.index("]", text.index("notes_zh")) + 1 :]
    own = tmp_path / "own.toml"
    own.write_text(whole, encoding="utf-8")  # a clerk's own edition may leave one out
    set_language("zh")
    rubric = catalog.load(own)
    assert rubric.notes[0] in listing.page(rubric)
    own = tmp_path / "uneven.toml"
    own.write_text(
        whole.replace("notes = [", 'notes_zh = ["只有一条"]\nnotes = [', 1), encoding="utf-8"
    )
    with pytest.raises(RubricError, match="notes_zh"):
        catalog.load(own)


def test_every_column_has_a_label_in_both_languages() -> None:
    columns = list(dictionary().values())
    assert [row.id for row in columns if not HAN.search(row.label_zh)] == []
    assert [
        row.id for row in columns if not re.fullmatch(r"[A-Z0-9][ -~]*[^ .]", row.label_en)
    ] == []
    assert [row.id for row in columns if bool(row.note) != bool(row.note_zh)] == []
    owners: dict[str, set[str]] = {}
    for row in columns:
        for word in spellings(row):
            owners.setdefault(word, set()).add(row.id)
    assert [row.id for row in columns if owners[normal(row.label_en)] != {row.id}] == []

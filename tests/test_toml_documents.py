"""Every kind of TOML document tells the same mistakes in the same words, with the line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from lishui_credit.cutoffs.laboratory import read_laboratory
from lishui_credit.errors import CreditError, Problem
from lishui_credit.language import set_language
from lishui_credit.plan.definitions import read_plan
from lishui_credit.plan.records.publication_fields import read_standards
from lishui_credit.policies.policy_file import read_policy
from lishui_credit.rubrics import cases
from lishui_credit.rubrics.law import catalog, edition
from lishui_credit.tables.columns import read_columns
from lishui_credit.tables.toml_documents import Document, parse_document, read_document
from lishui_credit.tables.toml_places import Loc
from tests.laboratories import TOML as LABORATORY

PACKAGE = Path(str(files("lishui_credit")))

OVERLAY = """format = 1
overlay_of = "environment-credit@2014-03-01"
overlay_title = "附件原文"

[signed_off]
by = "信用科"
on = 2026-11-22

[[indicators]]
id = "fee"
evidence = "official"
"""
POLICY = """id = "farm-loan"
version = "1"
title_zh = "农户贷款"
author = "风险部"
kind = "single"
cut_off = 600
score = { column = "score" }
"""
CASES = """[[cases]]
id = "one"
kind = "rule"
title = "一例"
source = "第一条"
subject = {}
expect = { grade = "A" }
"""


def shipped(*parts: str) -> str:
    return PACKAGE.joinpath(*parts).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Kind:
    """A kind of document: a sound text, a key of it that must be a text, and its reader."""

    text: str
    key: str
    read: Callable[[Path], object]

    @property
    def line(self) -> int:
        """The first line with the key, from 1."""
        lines = self.text.splitlines()
        return next(n for n, line in enumerate(lines, 1) if line.startswith(f"{self.key} ="))

    def changed(self, *new: str) -> str:
        """The text with other lines in place of that of the key."""
        lines = self.text.splitlines()
        return "\n".join([*lines[: self.line - 1], *new, *lines[self.line :]])


EDITION = shipped("rubrics", "law", "editions", "credit-village", "2009-01-01.toml")
KINDS = {
    "edition": Kind(EDITION, "title_zh", catalog.check_file),
    "overlay": Kind(OVERLAY, "by", catalog.check_file),
    "policy": Kind(POLICY, "author", read_policy),
    "plan": Kind(
        shipped("plan", "indicators.toml"), "issuer", lambda path: read_plan(path.read_bytes())
    ),
    "standards": Kind(
        shipped("plan", "records", "publication_standards.toml"),
        "title_zh",
        lambda path: read_standards(path.read_bytes()),
    ),
    "dictionary": Kind(
        shipped("tables", "dictionary", "events.toml"),
        "label_zh",
        lambda path: read_columns(path.read_bytes(), path.name),
    ),
    "cases": Kind(CASES, "source", lambda path: cases.read(path, "tax-credit@2018-04-01")),
    "laboratory": Kind(LABORATORY, "title_zh", read_laboratory),
}


@pytest.fixture(params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


def told(kind: Kind, tmp_path: Path, data: str | bytes) -> list[str]:
    """What a document is refused for, one line a problem, without the name of the file."""
    path = tmp_path / "document.toml"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(CreditError) as caught:
        kind.read(path)
    said = [str(problem) for problem in caught.value.problems]
    return [line[line.index(":") :] for line in said]


def test_an_unknown_key_is_told_with_the_nearest_known_one(kind: Kind, tmp_path: Path) -> None:
    wrong = f"{kind.key}x"
    found = told(kind, tmp_path, kind.changed(f'{kind.key} = "a"', f'{wrong} = "a"'))
    assert len(found) == 1
    assert found[0].startswith(f":{kind.line + 1} ")
    said = f"unknown key · found: '{wrong}' · hint: did you mean '{kind.key}'?"
    assert found[0].endswith(said)


def test_a_value_of_another_type_is_told_and_never_converted(kind: Kind, tmp_path: Path) -> None:
    for value in ("3", "true", "2016-03-01"):
        found = told(kind, tmp_path, kind.changed(f"{kind.key} = {value}"))
        assert len(found) == 1
        assert found[0].startswith(f":{kind.line} ")
        assert f"'{kind.key}' must be a text in quotes · found: {value}" in found[0]


def test_a_key_left_out_is_told_at_its_table(kind: Kind, tmp_path: Path) -> None:
    found = told(kind, tmp_path, kind.changed())
    heads = [n for n, line in enumerate(kind.text.splitlines(), 1) if line.startswith("[")]
    table = max((n for n in heads if n < kind.line), default=1)
    assert len(found) == 1
    assert found[0].startswith(f":{table} ")
    assert f"'{kind.key}' is missing · hint: add {kind.key} = …" in found[0]


def test_a_key_that_stands_twice_is_told(kind: Kind, tmp_path: Path) -> None:
    again = f'{kind.key} = "again"'
    found = told(kind, tmp_path, kind.changed(f'{kind.key} = "a"', again))
    said = f":{kind.line + 1}: a key or table stands twice · found: {again}"
    assert found == [f"{said} · hint: keep one of them"]


def test_a_line_that_is_no_toml_is_told(kind: Kind, tmp_path: Path) -> None:
    found = told(kind, tmp_path, kind.changed(f"{kind.key} = “a”"))
    assert len(found) == 1
    assert found[0].startswith(f":{kind.line}: not valid TOML · found: {kind.key} = “a” · hint: ")
    assert "half-width" in found[0]


@pytest.mark.parametrize(("encoding", "name"), [("gb18030", "GB18030 (GBK)"), ("utf-16", "UTF-16")])
def test_a_text_in_another_encoding_is_told_in_one_message(
    kind: Kind, encoding: str, name: str, tmp_path: Path
) -> None:
    data = kind.text.encode(encoding)
    found = told(kind, tmp_path, data)
    first = next(n for n, line in enumerate(kind.text.splitlines(), 1) if not line.isascii())
    line = first if encoding == "gb18030" else 1
    said = f":{line}: the file is not in UTF-8 · found: {name}"
    assert found == [f"{said} · hint: open it in an editor and save it as UTF-8"]


def test_messages_stand_in_chinese_too(kind: Kind, tmp_path: Path) -> None:
    set_language("zh")
    try:
        wrong = f"{kind.key} = 3"
        assert (
            f"'{kind.key}' 须为加引号的文本 · 实际：3"
            in told(kind, tmp_path, kind.changed(wrong))[0]
        )
        found = told(kind, tmp_path, kind.text.encode("gb18030"))
        assert "文件编码不是 UTF-8 · 实际：GB18030 (GBK)" in found[0]
    finally:
        set_language(None)


@pytest.mark.parametrize("name", sorted(set(KINDS) - {"laboratory"}))  # needs its loans beside it
def test_a_sound_document_is_read_with_a_byte_order_mark_or_without(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / "document.toml"
    kind = KINDS[name]
    path.write_bytes(kind.text.encode())
    plain = kind.read(path)
    path.write_bytes(b"\xef\xbb\xbf" + kind.text.encode())
    again = kind.read(path)
    assert plain == again  # the hash of an edition too: it is of the rules, not of the bytes


def test_every_mistake_of_a_document_is_told_at_once(tmp_path: Path) -> None:
    text = POLICY.replace("kind =", "kinds =").replace("600", "true").replace("version", "edition")
    found = told(KINDS["policy"], tmp_path, text)
    assert [line.split(" ")[0] for line in found] == [":1", ":1", ":2", ":5", ":6"]


def test_an_absent_file_is_told(tmp_path: Path) -> None:
    for name in ("edition", "policy", "laboratory"):
        with pytest.raises(CreditError, match=r"gone\.toml: no such file"):
            KINDS[name].read(tmp_path / "gone.toml")
        with pytest.raises(CreditError, match="cannot be read"):
            KINDS[name].read(tmp_path)


PLACES = """top = 1
[[rows]]
id = "a"
list = [
  { n = 1 },
  { n = 2 },
]
[rows.part]
x = 1
[[rows.inner]]
id = "p"
[[rows.inner]]
id = "q"
[[rows]]
id = "b"
[rows.part]
x = 2
[a.b]
text = '''
top = 2
'''
"quoted key" = 3
"""


@pytest.mark.parametrize(
    ("loc", "place"),
    [
        (("top",), "d:1 top"),
        (("rows",), "d:2 rows"),
        (("rows", 0, "id"), "d:3 rows[1] 'a'"),
        (("rows", 0, "list", 1, "n"), "d:6 rows[1] 'a' list[2]"),
        (("rows", 0, "part", "x"), "d:9 rows[1] 'a'"),
        (("rows", 0, "part", "y"), "d:8 rows[1] 'a'"),
        (("rows", 0, "inner", 1, "id"), "d:13 rows[1] 'a' inner[2] 'q'"),
        (("rows", 1, "part", "x"), "d:17 rows[2] 'b'"),
        (("a", "b", "text"), "d:19 a"),
        (("a", "b", "quoted key"), "d:22 a"),
        (("gone",), "d:1 gone"),
    ],
)
def test_a_place_is_told_by_the_nearest_line_that_holds_it(
    loc: tuple[str | int, ...], place: str
) -> None:
    assert parse_document(PLACES, "d").at(loc) == place


def test_a_row_of_an_overlay_is_told_by_its_own_line(tmp_path: Path) -> None:
    row = '[[indicators]]\nid = "{}"\nweight = {}\n'
    text = OVERLAY + row.format("permit", 5) + row.format("resource_use", '"2"')
    found = told(KINDS["overlay"], tmp_path, text)
    assert len(found) == 1
    assert found[0].startswith(f":{len(text.splitlines())} indicators[")
    assert "'resource_use': 'weight' must be a whole number" in found[0]
    lost = text.replace('id = "resource_use"\n', "")
    assert any("'id' is missing" in line for line in told(KINDS["overlay"], tmp_path, lost))


# ---- mistakes and contradictions ---------------------------------------------------------------


def test_what_does_not_fit_together_is_told_beside_a_mistake_of_another_row(tmp_path: Path) -> None:
    text = shipped("rubrics", "law", "editions", "farmer-household", "2009-01-01.toml")
    first, last = text.index("[[indicators]]"), text.rindex('\ncolumn = "')
    broken = (
        text[:first].replace('title_zh = "', 'title = "', 1)
        + text[first:last].replace('clause = "', 'clause = 1 # "', 1)
        + text[last:].replace('column = "', 'column = "nobody_', 1)
    )
    path = tmp_path / "mine.toml"
    path.write_text(broken, encoding="utf-8")
    with pytest.raises(CreditError) as caught:
        catalog.check_file(path)
    told = "\n".join(str(problem) for problem in caught.value.problems)
    for words in ("'title_zh' is missing", "'clause' must be a text", "nobody_"):
        assert words in told, words
    policy = tmp_path / "policy.toml"
    policy.write_text(
        POLICY.replace('"1"', "1").replace('column = "score"', 'column = "age"'), encoding="utf-8"
    )
    with pytest.raises(CreditError) as caught:
        read_policy(policy)
    assert [problem.where for problem in caught.value.problems] == [
        "policy.toml:2 version",
        "policy.toml:7 score",
    ]
    plan = shipped("plan", "indicators.toml").replace("number = 3\n", "number = true\n")
    with pytest.raises(CreditError, match=r"path\.steps must rise") as caught:
        read_plan(plan.replace("share = 100", "share = 90", 1))
    assert len(caught.value.problems) == 2


def places_of(tables: Any, at: Loc = ()) -> Iterator[Loc]:
    """Yield every place of a document."""
    for name, value in tables.items() if isinstance(tables, dict) else enumerate(tables):
        yield (*at, name)
        if isinstance(value, dict | list):
            yield from places_of(value, (*at, name))


def changed(tables: Any, loc: Loc, value: object) -> Any:
    """Return a document with another value at a place; None takes the place out."""
    whole = part = deepcopy(tables)
    for name in loc[:-1]:
        part = part[name]
    if value is None:
        del part[loc[-1]]
    else:
        part[loc[-1]] = value
    return whole


@pytest.mark.parametrize("value", [None, {"odd": 1}, [[1]]], ids=["left out", "table", "list"])
@pytest.mark.parametrize(
    "path",
    [
        path
        for path in sorted((PACKAGE / "rubrics" / "law" / "editions").rglob("*.toml"))
        if "\noverlay_of" not in path.read_text(encoding="utf-8")
    ],
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_one_mistake_of_an_edition_makes_no_other_part_of_it_wrong(path: Path, value: Any) -> None:
    document = read_document(path)
    places = [loc for loc in places_of(document.tables) if loc[0] != "format"]
    for loc in places[:: len(places) // 25]:
        broken = replace(document, tables=changed(document.tables, loc, value))
        of_shape = [
            bool(re.search("' must be | is missing|unknown key", problem.what))
            for problem in problems(broken)
        ]
        assert all(of_shape) or not any(of_shape), (loc, problems(broken))


def problems(document: Document) -> tuple[Problem, ...]:
    """Return what is wrong with the document of an edition."""
    try:
        edition.build(document)
    except CreditError as error:
        return error.problems
    return ()

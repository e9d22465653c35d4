"""README and documentation tell the truth: examples print what is shown, tables are the catalogue's."""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path
from typing import Literal

import pytest

from lishui_credit.commands.cli import parser
from lishui_credit.language import language, set_language, typeset
from lishui_credit.rubrics.listing import listing

ROOT = Path(__file__).parent.parent
EXAMPLES = {"README.md": 1, "README.zh.md": 1, "docs/index.md": 4, "docs/zh/index.md": 4}
PAIRS = [("README.md", "README.zh.md")] + [
    (f"docs/{name}.md", f"docs/zh/{name}.md")
    for name in ("index", "commands", "rubrics", "dashboard", "deploy", "speed")
]
ENGLISH, CHINESE = zip(*PAIRS, strict=True)
CODE = re.compile(r"```.*?```|`[^`\n]*`|\]\([^)\n]*\)|<!--.*?-->", re.DOTALL)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str) -> list[tuple[str, str]]:
    return re.findall(r"```python\n(.*?)```\n+```text\n(.*?)```", text(name), re.DOTALL)


@pytest.fixture(autouse=True)
def _in_the_checkout() -> object:
    before = Path.cwd()
    os.chdir(ROOT)
    set_language("en")
    yield
    set_language(None)
    os.chdir(before)


def printed(code: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README", "exec"), {})
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "place"), [(name, place) for name, count in EXAMPLES.items() for place in range(count)]
)
def test_an_example_of_ten_lines_prints_what_is_shown(name: str, place: int) -> None:
    assert len(blocks(name)) == EXAMPLES[name]
    set_language("zh" if "zh" in name else "en")
    code, shown = blocks(name)[place]
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    assert printed(code) == shown


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_a_readme_is_one_screen_with_a_picture(name: str) -> None:
    assert len(text(name).splitlines()) <= 70
    (picture,) = re.findall(r"!\[.+?\]\((docs/images/.+?\.png)\)", text(name))
    data = (ROOT / picture).read_bytes()
    assert data.startswith(b"\x89PNG")
    assert len(data) < 300_000


def table_rows() -> list[str]:
    facts = ("title_zh", "document", "in_force_said", "status_said", "evidence_said")
    keys = (*facts, "cited_said", "linked_said", "cases_said")
    printed = typeset if language() == "zh" else str
    return [
        f"| `{row['name']}` | " + " | ".join(printed(row[key]) for key in keys) + " |"
        for row in listing()
    ]


@pytest.mark.parametrize(
    ("name", "spoken"), [("docs/rubrics.md", "en"), ("docs/zh/rubrics.md", "zh")]
)
def test_the_table_of_rubrics_is_the_catalogue(name: str, spoken: Literal["en", "zh"]) -> None:
    set_language(spoken)
    wide = [line for line in text(name).splitlines() if line.count(" | ") == 8]
    assert [line for line in wide if line.startswith("| `")] == table_rows()


@pytest.mark.parametrize("name", [*ENGLISH, *CHINESE, "docs/plan.md", "docs/cutoffs.md"])
def test_every_command_shown_is_understood(name: str) -> None:
    shown = re.findall(r"^\$ lishui-credit (.+?[^\\])$", text(name), re.MULTILINE | re.DOTALL)
    assert shown or name not in ("docs/index.md", "docs/commands.md")
    for line in shown:
        words = re.findall(
            r'"[^"]*"|\S+', line.split("  #")[0].split(" > ")[0].replace("\\\n", " ")
        )
        parser().parse_args([word.strip('"') for word in words])


@pytest.mark.parametrize("name", [*ENGLISH[:1], *CHINESE])
def test_every_link_leads_to_a_file(name: str) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)", text(name))
    assert links or name == "docs/zh/deploy.md"
    for link in links:
        assert ((ROOT / name).parent / link).is_file(), link


def shape(name: str) -> list[tuple[int, int, int]]:
    """For every section: its bullets, table rows and blocks of code."""
    return [
        (
            len(re.findall(r"^- ", part, re.MULTILINE)),
            len(re.findall(r"^\| ", part, re.MULTILINE)),
            part.count("```"),
        )
        for part in re.split(r"^## ", text(name), flags=re.MULTILINE)
    ]


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_a_page_has_the_same_sections_in_both_languages(english: str, chinese: str) -> None:
    assert shape(english) == shape(chinese)


def test_both_pages_of_speed_have_the_same_figures() -> None:
    rows = [
        re.findall(r"^\| .*\| [\d.]+ GB \|$", text(name), re.MULTILINE)
        for name in ("docs/speed.md", "docs/zh/speed.md")
    ]
    assert len(rows[0]) == 10
    assert rows[0] == rows[1]


@pytest.mark.parametrize("name", CHINESE)
def test_chinese_prose_has_the_marks_of_print(name: str) -> None:
    prose = CODE.sub("", text(name))
    assert not re.findall(r".*[\u4e00-\u9fff][,;:?!].*|.*\([^()]*[\u4e00-\u9fff][^()]*\).*", prose)

"""The README tells the truth: its ten lines print what it shows, its table is the catalogue's."""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path

import pytest

from lishui_credit.language import set_language
from lishui_credit.rubrics.listing import listing

ROOT = Path(__file__).parent.parent


def blocks(name: str) -> list[tuple[str, str]]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```\n+```text\n(.*?)```", text, re.DOTALL)


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


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_ten_lines_print_what_is_shown(name: str, place: int) -> None:
    assert len(blocks(name)) == 4
    code, shown = blocks(name)[place]
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    assert printed(code) == shown


def table_rows() -> list[str]:
    return [
        f"| `{row['name']}` | {row['title_zh']} | {row['document']} | {row['in_force']} |"
        f" {row['status']} | {row['evidence_said']} | {row['cases_said']} |"
        for row in listing()
    ]


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_table_is_the_catalogue(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    found = [line for line in text.splitlines() if line.startswith("| `")]
    assert found == table_rows()


def test_every_command_shown_exists() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in re.findall(r"^\$ lishui-credit (\w+)", text, re.MULTILINE):
        assert command in {
            "rubrics", "grade", "explain", "compare", "verify", "areas", "samples",
            "fit", "score", "validate", "decide", "policy", "plan",
        }  # fmt: skip


def shape(name: str) -> list[tuple[int, int, int]]:
    """For every section: its bullets, table rows and blocks of code."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [
        (
            len(re.findall(r"^- ", part, re.MULTILINE)),
            len(re.findall(r"^\| ", part, re.MULTILINE)),
            part.count("```"),
        )
        for part in re.split(r"^## ", text, flags=re.MULTILINE)
    ]


def test_both_readmes_have_the_same_sections_and_the_same_figures() -> None:
    assert shape("README.md") == shape("README.zh.md")
    rows = [
        re.findall(r"^\| .*\| [\d.]+ GB \|$", (ROOT / name).read_text("utf-8"), re.MULTILINE)
        for name in ("README.md", "README.zh.md")
    ]
    assert rows[0] == rows[1]

"""What the site is made of when it is built: the faces, the commands and the notebooks as they are."""

from __future__ import annotations

import argparse
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lishui_credit.language import set_language

ROOT = Path(__file__).resolve().parents[1]
HOOKS = ROOT / "docs" / "hooks"
PAGES = [("docs/commands.md", "en"), ("docs/zh/commands.md", "zh")]


def hook(name: str) -> ModuleType:
    """A hook of the documentation, loaded as mkdocs loads it."""
    spec = importlib.util.spec_from_file_location(f"hooks_{name}", HOOKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


reference, commands, notebooks = hook("reference"), hook("commands"), hook("notebooks")
rubric_pages = hook("rubric_pages")


def test_the_reference_has_every_name_that_a_folder_exports() -> None:
    faces = reference.faces()
    assert "evaluate" in faces["lishui_credit"]
    assert "sweep" in faces["lishui_credit.cutoffs"]
    exporting = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / "lishui_credit").rglob("__init__.py")
        if "__all__" in path.read_text("utf-8")
    }
    assert faces.keys() == exporting


def test_a_module_has_a_page_if_an_example_imports_from_it_what_no_folder_exports() -> None:
    folds = "lishui_credit.scorecards.folds"
    assert folds in reference.taught({})
    assert folds not in reference.taught({folds: ("out_of_fold",)})
    assert folds not in reference.taught({}, {f"{folds}.out_of_fold"})
    assert all(importlib.util.find_spec(name) for name in reference.taught(reference.faces()))


def test_a_public_name_without_an_anchor_and_a_page_that_is_too_large_are_faults(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.html").write_text('<h1 id="lishui_credit.a">a</h1>', encoding="utf-8")
    (tmp_path / "large.html").write_text("x" * (reference.LARGEST + 1), encoding="utf-8")
    place = {"lishui_credit.a": "a.md", "lishui_credit.b": "a.md", "lishui_credit.c": "c.md"}
    assert reference.faults(tmp_path, place) == [
        "lishui_credit.b: no anchor in a.html",
        "lishui_credit.c: no anchor in c.html",
        "large.html: 300,001 bytes",
    ]


def arguments(made: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, str, str]]:
    """Every command, argument and what is said of it."""
    for action in made._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, part in action.choices.items():
                yield f"{name} {word}", "", str(part.description or "")
                yield from arguments(part, f"{name} {word}")
        elif not set(action.option_strings) & set(commands.EVERYWHERE):
            yield name, commands.written(action), str(action.help or "")


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    set_language(request.param)
    yield request.param
    set_language(None)


def test_every_argument_of_every_command_says_what_it_is(language: str) -> None:
    told = list(arguments(commands.parser()))
    assert len(told) > 100
    assert [row for row in told if not row[2]] == []
    if language == "zh":
        assert [row for row in told if not re.search("[\u4e00-\u9fff]", row[2])] == []


@pytest.mark.parametrize(("page", "language"), PAGES)
def test_a_page_of_commands_names_every_command_and_argument(page: str, language: str) -> None:
    made = commands.filled_in((ROOT / page).read_text("utf-8"), language)
    set_language(language)
    told = list(arguments(commands.parser()))
    set_language(None)
    for name, argument, _ in told:
        if argument and name:
            assert f"`{argument}`".replace("|", "\\|") in made
    assert "### lishui-credit plan report {#plan-report}" in made
    assert "### lishui-credit policy {#policy}" not in made  # it does nothing alone


def test_a_command_without_a_place_on_the_page_stops_the_build() -> None:
    with pytest.raises(ValueError, match="samples"):
        commands.filled_in("<!-- commands: grade -->", "en")


def test_every_notebook_has_a_title() -> None:
    assert list(notebooks.titles()) == [
        path.stem for path in sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
    ]


def test_every_edition_is_listed_with_its_page_in_both_languages() -> None:
    from lishui_credit.rubrics.law import catalog
    from lishui_credit.rubrics.pages.page_parts import page_of

    pages = [page_of(catalog.load(entry.path)) for entry in catalog.entries()]
    for language, folder in (("en", "en"), ("zh", "../../editions/zh")):
        text = rubric_pages.index(language)
        assert [name for name in pages if f"({folder}/{name})" not in text] == []

"""Writes what the parser of the command line knows into the pages of commands, in their language.

A page says `<!-- commands: grade explain -->` where these commands are to stand. The build fails if a
page leaves one of the commands out.
"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
PLACE = re.compile(r"<!-- commands: ([\w ]+) -->")
EVERYWHERE = ("--help", "--lang", "--json")
"""Options of every command; the page describes them once."""

WORDS = {
    "en": ("argument", "meaning", "required", "default", "one of"),
    "zh": ("参数", "说明", "必填", "默认值", "可选值"),
}


def parser() -> argparse.ArgumentParser:
    """The parser behind the command that the package installs."""
    sys.path.insert(0, str(ROOT))  # the site's environment does not hold the package
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    module, _, _ = project["scripts"]["lishui-credit"].partition(":")
    # The entry only guards the run; the parser is the command line's.
    module = f"{module.partition('.')[0]}.commands.cli"
    made: argparse.ArgumentParser = importlib.import_module(module).parser()
    return made


def group(made: argparse.ArgumentParser) -> Any:
    """The action of a parser that holds its commands; None for a parser without any."""
    found = (row for row in made._actions if isinstance(row, argparse._SubParsersAction))
    return next(found, None)


def leaves(name: str, made: argparse.ArgumentParser) -> Iterator[tuple[str, Any]]:
    """A command and its inner commands; one that does nothing without an inner one is left out."""
    below = group(made)
    if below is None or not below.required:
        yield name, made
    for word, part in below.choices.items() if below else ():
        yield from leaves(f"{name} {word}", part)


def written(action: argparse.Action) -> str:
    """An argument as it is typed."""
    if not action.option_strings:
        return str(action.metavar or action.dest)
    names = ", ".join(action.option_strings)
    if action.nargs == 0:
        return names
    value = str(action.metavar or ("" if action.choices else action.dest.upper()))
    return f"{names} {value}".strip()


def row(action: argparse.Action, language: str) -> str:
    """One line of a command's table."""
    _, _, required, default, one_of = WORDS[language]
    from lishui_credit.language import typeset

    meaning = [str(action.help or "")]
    if action.choices:
        meaning.append(f"{one_of}: " + ", ".join(f"`{choice}`" for choice in action.choices))
    if action.option_strings and action.required:
        meaning.append(f"**{required}**")
    elif action.default not in (None, "", False, argparse.SUPPRESS) and action.default != []:
        meaning.append(f"{default}: `{action.default}`")
    said = typeset(("；" if language == "zh" else "; ").join(filter(None, meaning)))
    return "| `{}` | {} |".format(written(action).replace("|", "\\|"), said.replace("|", "\\|"))


def section(name: str, made: argparse.ArgumentParser, language: str) -> str:
    """What a page says of one command."""
    from lishui_credit.language import typeset

    own = [
        action
        for action in made._actions
        if not isinstance(action, argparse._SubParsersAction)
        and not set(action.option_strings) & set(EVERYWHERE)
    ]
    title = f"### lishui-credit {name} {{#{name.replace(' ', '-')}}}"
    words = str(made.description)
    stop = "." if language == "en" else "。"
    lines = [title, "", typeset(words[0].upper() + words[1:] + stop), ""]
    if own:
        lines += ["| {} | {} |".format(*WORDS[language]), "|---|---|"]
        lines += [row(action, language) for action in own]
    return "\n".join(lines)


def filled_in(text: str, language: str) -> str:
    """A page's text with its commands filled in."""
    from lishui_credit.language import set_language

    set_language(language)
    try:
        known = group(parser()).choices
    finally:
        set_language(None)
    placed: set[str] = set()

    def filled(found: re.Match[str]) -> str:
        names = found.group(1).split()
        placed.update(names)
        return "\n\n".join(
            section(words, made, language)
            for name in names
            for words, made in leaves(name, known[name])
        )

    text = PLACE.sub(filled, text)
    if placed != set(known):
        raise ValueError(f"commands without a place on the page: {sorted(set(known) - placed)}")
    return text


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fill in the commands where a page asks for them."""
    if PLACE.search(markdown) is None:
        return markdown
    return filled_in(markdown, "zh" if page.file.src_uri.startswith("zh/") else "en")

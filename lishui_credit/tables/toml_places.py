"""Where the tables and keys of a TOML text stand, which the parser of the standard library omits."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

Loc = tuple[str | int, ...]
"""Where a value stands: names of tables and keys, and places in lists from 0."""

_NAME: Final = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_NAMES: Final = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEAD: Final = re.compile(rf"^\s*(\[\[?)\s*({_NAMES})\s*\]")
_KEY: Final = re.compile(rf"^\s*({_NAMES})\s*=")
_ENTRY: Final = re.compile(r"^\s*\{")


def _parts(names: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(_NAME, names)]


@lru_cache(maxsize=4)
def places(text: str) -> dict[Loc, int]:
    """Return the line of every table, key and entry of a list that begins a line."""
    found: dict[Loc, int] = {}
    counts: dict[Loc, int] = {}
    table: Loc = ()
    key: Loc = ()
    entries = 0
    fence: str | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        if fence is not None:
            fence = None if fence in line else fence
            continue
        fence = next((mark for mark in ('"""', "'''") if line.count(mark) == 1), None)
        if head := _HEAD.match(line):
            table = ()
            for part in _parts(head[2]):
                # a table inside a list of tables belongs to the last one so far
                table = (*table, counts[table] - 1) if table in counts else table
                table = (*table, part)
            if head[1] == "[[":
                found.setdefault(table, number)
                counts[table] = counts.get(table, 0) + 1
                table = (*table, counts[table] - 1)
            found[table], key = number, ()
        elif named := _KEY.match(line):
            key, entries = (*table, *_parts(named[1])), 0
            found[key] = number
        elif _ENTRY.match(line) and key:
            found[(*key, entries)] = number
            entries += 1
    return found

"""Where a table or key stands in a TOML file, so that a message can name the line.

The parser in the standard library tells no positions. Edition files keep to one shape (array
tables ``[[indicators]]``, one key per line, arrays of inline tables one entry per line), which a
scan of the lines is enough to place.
"""

from __future__ import annotations

import re
from typing import Any

_TABLE = re.compile(r"^\s*\[\[\s*([A-Za-z0-9_.-]+)\s*\]\]|^\s*\[\s*([A-Za-z0-9_.-]+)\s*\]")
_KEY = re.compile(r"^\s*([A-Za-z0-9_-]+)\s*=")
_ENTRY = re.compile(r"^\s*\{")


class Lines:
    r"""Line numbers of the tables, keys and array entries of one TOML text.

    Parameters
    ----------
    text : str
        The file's content.

    Examples
    --------
    >>> Lines('id = "x"\n[[grades]]\nid = "A"\nat_lest = 90').at(("grades", 0, "at_lest"), {})
    ':4 grades[1]'
    """

    def __init__(self, text: str) -> None:
        self._places: dict[tuple[str | int, ...], int] = {}
        counts: dict[str, int] = {}
        table: tuple[str | int, ...] = ()
        key: tuple[str | int, ...] = ()
        entries = 0
        fence: str | None = None
        for number, line in enumerate(text.splitlines(), start=1):
            if fence is not None:
                if fence in line:
                    fence = None
                continue
            for mark in ('"""', "'''"):
                if line.count(mark) == 1:
                    fence = mark
            match = _TABLE.match(line)
            if match:
                name = match.group(1) or match.group(2)
                table = tuple(name.split("."))
                if match.group(1):
                    counts[name] = counts.get(name, 0) + 1
                    table = (*table, counts[name] - 1)
                self._places[table] = number
                continue
            match = _KEY.match(line)
            if match:
                key = (*table, match.group(1))
                self._places[key] = number
                entries = 0
            elif _ENTRY.match(line) and key:
                self._places[(*key, entries)] = number
                entries += 1

    def at(self, loc: tuple[str | int, ...], raw: dict[str, Any]) -> str:
        """Return ``:line table[n] id`` for a place in the tables, as exact as the text allows."""
        number: int | None = None
        for length in range(len(loc), 0, -1):
            number = self._places.get(loc[:length])
            if number is not None:
                break
        label = ""
        if len(loc) >= 2 and isinstance(loc[1], int):
            label = f" {loc[0]}[{loc[1] + 1}]"
            rows = raw.get(str(loc[0]))
            if isinstance(rows, list) and loc[1] < len(rows) and isinstance(rows[loc[1]], dict):
                row_id = rows[loc[1]].get("id")
                label += f" '{row_id}'" if row_id else ""
        elif loc:
            label = f" {loc[0]}"
        return (f":{number}" if number else "") + label

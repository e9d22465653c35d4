"""Text tables for a terminal, where a Chinese character takes two columns."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import east_asian_width

from lishui_credit.language import spoken


def width(text: str) -> int:
    """Return how many terminal columns a text takes."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def cut(text: str, columns: int) -> str:
    """Return the text cut to so many columns, with an ellipsis if it was longer."""
    text = spoken(text)
    if width(text) <= columns:
        return text
    kept = ""
    for character in text:
        if width(kept + character) > columns - 1:
            break
        kept += character
    return kept + "…"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table: heads, a rule, rows; columns padded to the widest cell."""
    heads, rows = [spoken(head) for head in heads], [[*map(spoken, row)] for row in rows]
    columns = [
        max([width(head), *(width(row[place]) for row in rows)]) for place, head in enumerate(heads)
    ]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell + " " * (size - width(cell)) for cell, size in zip(cells, columns, strict=True)
        )
        return "  ".join(padded).rstrip()

    return [line(heads), line(["─" * size for size in columns]), *(line(row) for row in rows)]

"""Chinese names of columns: those of the data dictionary, for whatever header it knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.header_words import normal
from lishui_credit.tables.headers import spellings


@cache
def _spelled() -> Mapping[str, str]:
    return {text: row.label_zh for row in dictionary().values() for text in spellings(row)}


def known_labels(names: Iterable[str]) -> dict[str, str]:
    """Return the dictionary's Chinese names of columns that it knows, in any spelling.

    >>> known_labels(["county", "pay_amt1"])
    {'county': '县(市、区)'}
    """
    found = {name: _spelled().get(normal(name), "") for name in names}
    return {name: text for name, text in found.items() if text}

"""Every value of a stored card with its place, so that two cards can be held side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_file import to_json

Place = tuple[str, ...]


def values(card: Card) -> dict[Place, Any]:
    """Return the values of a card by their places, as its file holds them; the seal left out."""
    return {
        place: value for place, value in _leaves(json.loads(to_json(card))) if place[0] != "seal"
    }


def _leaves(data: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield every value of a JSON document with its place, rows of a table by their id."""
    if isinstance(data, Mapping):
        for key, inner in data.items():
            yield from _leaves(inner, (*place, str(key)))
    elif isinstance(data, list):
        yield (*place, "rows"), len(data)
        for number, inner in enumerate(data):
            name = inner.get("id") if isinstance(inner, Mapping) else None
            yield from _leaves(inner, (*place, str(name or number)))
    else:
        yield place, data

"""The SHA-256 of what decides in an edition: words about a rule may be mended, the rule may not."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from lishui_credit.citation import PLACE
from lishui_credit.rubrics.law.rubric import Rubric

_TOLD: Final = ("note", "notes", "why", "why_disabled", "what", "how", "cut", "unlinked")
TOLD: Final = frozenset({*_TOLD, *(f"{key}_zh" for key in _TOLD)})
"""Keys of what an edition says in words, in English and in Chinese."""

ABOUT: Final = frozenset({
    *("title_en", "label_en", "labels_en", "meaning_zh", "question_zh", "question_en", "reasons_zh"),
    *("clause", "region", "better", "source", "documents", *PLACE, *TOLD),
    *("overlays", "status", "sha256"),
})  # fmt: skip
"""Keys that say what a rule is called abroad, where it stands and why: no graded file holds them."""


def plain(part: Any, without: frozenset[str]) -> Any:
    """Return a part of an edition as lists, dicts and texts, keys `without` and defaults left out."""
    if is_dataclass(part) and not isinstance(part, type):
        return {
            entry.name: plain(value, without)
            for entry in fields(part)
            if entry.name not in without
            and not _left_out(entry, value := getattr(part, entry.name))
        }
    if isinstance(part, Mapping):
        return {str(key): plain(value, without) for key, value in part.items()}
    if isinstance(part, (tuple, list)):
        return [plain(row, without) for row in part]
    if isinstance(part, Decimal):
        whole = part == part.to_integral_value()
        return int(part) if whole else f"{part.normalize():f}"
    return part.isoformat() if isinstance(part, date) else part


def _left_out(entry: Field[Any], value: object) -> bool:
    """Tell whether a value is the one a row has without saying it: a new key moves no old hash."""
    if entry.default_factory is not MISSING:
        return bool(value == entry.default_factory())
    return entry.default is not MISSING and bool(value == entry.default)


def rule_hash(rubric: Rubric) -> str:
    """Return the SHA-256 of an edition's rules, overlays included.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> found = rubric("credit-county")
    >>> rule_hash(replace(found, notes=(), title_en="")) == rule_hash(found)
    True
    >>> rule_hash(replace(found, point_unit=10)) == rule_hash(found)
    False
    """
    told = json.dumps(plain(rubric, ABOUT), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def names_rules_of(told: str, rubric: Rubric) -> bool:
    """Tell whether a hash that a graded file names is of the rules of an edition.

    Files of earlier code name the hash of the edition's file as it was; of a user's overlay none is known.
    """
    if told == rubric.sha256:
        return True
    return not rubric.overlays and told in _earlier().get(f"{rubric.name}@{rubric.edition}", ())


@cache
def _earlier() -> dict[str, list[str]]:
    return tomllib.loads(Path(__file__).with_name("earlier_hashes.toml").read_text("utf-8"))

"""JSON texts from outside, within bounds, and a noun read from the keys of a JSON object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from lishui_credit.errors import CreditError, ModelError
from lishui_credit.language import tr
from lishui_credit.tables.bounds import check_nesting

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

F = TypeVar("F", bound="DataclassInstance")


def parsed(text: str, where: str, error: type[CreditError] = ModelError) -> Any:
    """Return what a JSON text says; raises `error` where it is none, or is nested too deep."""
    check_nesting(text, where, error)
    try:
        return json.loads(text)
    except json.JSONDecodeError as wrong:
        found = tr(f"from line {wrong.lineno} on", f"自第 {wrong.lineno} 行起")
        raise error(tr("it is not JSON", "不是 JSON"), found, where=where) from None


@cache
def _adapter(noun: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(noun)


def typed(noun: type[F], raw: Mapping[str, Any]) -> F:
    """Return a noun made of the JSON keys that are its fields; ValueError names the wrong ones."""
    own = {part.name: raw[part.name] for part in fields(noun) if part.name in raw}
    try:
        made: F = _adapter(noun).validate_json(json.dumps(own), strict=True)
    except ValidationError as error:
        places = (".".join(map(str, row["loc"])) for row in error.errors())
        raise ValueError(", ".join(dict.fromkeys(places))) from None
    return made

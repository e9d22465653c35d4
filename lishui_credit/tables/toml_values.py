"""Plain values as TOML prints them, for files that the package writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lishui_credit.citation import Period


def toml_value(value: Any) -> str:
    """Return a value as TOML: text, numbers, days, lists, tables in a line.

    Examples
    --------
    >>> print(toml_value({"at_least": Decimal("0.5"), "points": 10}))
    { "at_least" = 0.5, "points" = 10 }
    """
    if isinstance(value, Period):
        until = "" if value.until is None else f", until = {value.until}"
        return f"{{ from = {value.start}{until} }}"
    if isinstance(value, Mapping):
        inner = (f"{json.dumps(k, ensure_ascii=False)} = {toml_value(v)}" for k, v in value.items())
        return f"{{ {', '.join(inner)} }}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, Decimal):
        plain = f"{value:f}"
        return plain if "." in plain else f"{plain}.0"
    if isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)

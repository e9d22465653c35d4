"""What can be wrong in every kind of records alike, as problems that are told together."""

from __future__ import annotations

from lishui_credit.errors import Problem
from lishui_credit.language import tr


def below_one(**numbers: float | None) -> list[Problem]:
    """Return a problem for every number given that is not 1 or more."""
    return [
        Problem(tr("must be 1 or more", "不得小于 1"), f"{value!r}", where=name)
        for name, value in numbers.items()
        if value is not None and not value >= 1
    ]


def wrong_rows(rows: int, what: str, where: str, hint: str = "") -> list[Problem]:
    """Return the problem that so many rows have, none where none has it."""
    return [Problem(what, tr(f"{rows} rows", f"{rows} 行"), hint, where)] if rows else []

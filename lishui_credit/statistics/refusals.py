"""What is refused alike wherever rows are measured, priced or decided: one wording for each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sized

from lishui_credit.errors import Problem
from lishui_credit.language import plural, tr
from lishui_credit.tables.header_words import no_column


def lacking(
    names: Iterable[str | None], columns: Collection[str], where: str = "", hint: str = ""
) -> list[Problem]:
    """Return a problem for every name that is no column; None names nothing."""
    return [
        no_column(name, columns, where, hint=hint)
        for name in names
        if name is not None and name not in columns
    ]


def unequal(one: Sized, other: Sized, where: str = "") -> list[Problem]:
    """Return the problem of two columns of different length, if they are."""
    if len(one) == len(other):
        return []
    return [Problem(tr("lengths differ", "长度不一致"), f"{len(one)}, {len(other)}", where=where)]


def rows(count: int) -> str:
    """Return how many rows something is wrong in."""
    return tr(plural(count, "row"), f"{count:,} 行")

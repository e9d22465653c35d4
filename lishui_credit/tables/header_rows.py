"""Where a table's header stands: below title rows and blank lines, in one row or in two."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

Row = Sequence[str | None]
IsHeader = Callable[[str], bool]

LOOKED_AT: Final = 12
"""Rows among which the header is looked for, from the first that is not blank."""

_UNIT: Final = re.compile("[(\uff08][^()\uff08\uff09]+[)\uff09]\\s*$")


@dataclass(frozen=True, slots=True)
class Header:
    """A header: its rows counted from 0, the last one the lower, and a name for every column."""

    first: int
    last: int
    names: tuple[str | None, ...]
    known: int  # columns whose name is known; where none can be, columns that have a name


def is_blank(row: Row) -> bool:
    """Tell whether no cell of a row holds anything."""
    return not any(cell and cell.strip() for cell in row)


def find(rows: Sequence[Row], is_header: IsHeader | None) -> Header | None:
    """Return the header among the first rows of a table; None where all are blank."""
    blank = next((place for place, row in enumerate(rows) if not is_blank(row)), None)
    if blank is None:
        return None
    looked = range(blank, min(blank + LOOKED_AT, len(rows)))
    best = max(looked, key=lambda place: (_known(rows[place], is_header), -place))
    if is_header is None or not _known(rows[best], is_header):
        # A title is one cell; a row of data may be longer than its header.
        best = next((place for place in looked if len(_filled(rows[place])) > 1), blank)
    single = Header(best, best, tuple(rows[best]), _known(rows[best], is_header))
    if is_header is None:
        return single
    pairs = (
        _pair(rows, upper, is_header)
        for upper in (best - 1, best)
        if upper >= blank and upper + 1 < len(rows)
    )
    return next((pair for pair in pairs if pair is not None), single)


def unique(names: Sequence[str | None]) -> list[str]:
    """Return a name for every column: its own, told apart from the same one before; or its place."""
    made: list[str] = []
    for place, cell in enumerate(names):
        name = cell.strip() if cell and cell.strip() else f"column_{place + 1}"
        made.append(name if name not in made else f"{name}_duplicated_{place}")
    return made


def _filled(row: Row) -> list[str]:
    return [cell for cell in row if cell and cell.strip()]


def _known(row: Row, is_header: IsHeader | None) -> int:
    return sum(1 for cell in _filled(row) if is_header is None or is_header(cell))


def _pair(rows: Sequence[Row], place: int, is_header: IsHeader) -> Header | None:
    """Return two rows as one header, titles of groups above; None where they are not."""
    upper, lower = rows[place], rows[place + 1]
    known = _known(lower, is_header)
    # Above a header stands a title, which is one cell; a row of data holds few names of columns,
    # and something in the columns that the header above it names.
    below = [one for above, one in zip(upper, lower, strict=True) if above and is_header(above)]
    many = known > 1 and 2 * known >= len(_filled(lower))
    if len(_filled(upper)) < 2 or not (many or (known and is_blank(below))):
        return None
    names = _joined(upper, lower, is_header)
    found = _known([one or above for above, one in zip(upper, lower, strict=True)], is_header)
    alone = max(_known(upper, is_header), known)
    joined = found == alone and not _known(upper, is_header) and names != tuple(lower)
    return Header(place, place + 1, names, found) if found > alone or joined else None


def _joined(upper: Row, lower: Row, is_header: IsHeader) -> tuple[str | None, ...]:
    """Return the lower names; the upper where there is none, before one that stands twice."""
    texts = [cell.strip() if cell else "" for cell in lower]
    made: list[str | None] = []
    group = ""
    for above, name in zip(upper, texts, strict=True):
        group = above.strip() if above and above.strip() else group
        if not name:
            made.append(above)
        elif texts.count(name) > 1 and group:
            made.append(f"{group} {name}")
        else:  # the unit of a group is that of its columns
            unit = _UNIT.search(group)
            whole = name + unit[0].strip() if unit and not _UNIT.search(name) else name
            made.append(whole if whole != name and is_header(whole) else name)
    return tuple(made)

"""Where every row of an edition can be read: its document, its copy, the day somebody last looked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import Literal

from lishui_credit.citation import UNSEEN, Citation, Cited
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.toml_places import Loc

State = Literal["linked", "unseen", "unlinked", "untold"]


def cited(rubric: Rubric) -> Iterator[tuple[Loc, Cited]]:
    """Yield every row of an edition that has a clause, with its place in the file's tables."""
    for entry in fields(rubric):
        yield from _within((entry.name,), getattr(rubric, entry.name))


def _within(loc: Loc, part: object) -> Iterator[tuple[Loc, Cited]]:
    if isinstance(part, tuple):
        for place, row in enumerate(part):
            yield from _within((*loc, place), row)
    elif is_dataclass(part):
        if isinstance(part, Cited):
            yield loc, part
        elif loc[0] == "start":  # the one table that holds rows of its own
            for entry in fields(part):
                yield from _within((*loc, entry.name), getattr(part, entry.name))


def document_of(rubric: Rubric, row: Cited) -> Citation:
    """Return the document a row is taken from; the edition's source where it names no known one."""
    return next((found for found in rubric.documents if found.id == row.document), rubric.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One row, and where its copy is.

    Parameters
    ----------
    part, id : str
        Table of the edition; id of the row, or its place where it has none.
    label_zh : str
        Label as printed; empty where it has none.
    row : Cited
        The row.
    document : Citation
        What it is taken from.
    state : {"linked", "unseen", "unlinked", "untold"}
        A copy has an address; nobody saw the text; why no address can be given is said; nothing is.
    url, read_on, cut, cut_zh, unlinked, unlinked_zh
        The row's own, else its document's.
    """

    part: str
    id: str
    label_zh: str
    row: Cited
    document: Citation
    state: State
    url: str | None = None
    read_on: date | None = None
    cut: str = ""
    cut_zh: str = ""
    unlinked: str = ""
    unlinked_zh: str = ""

    def fresh(self, day: date) -> bool:
        """Tell whether somebody looked at the copy in the year that ends with `day`."""
        return self.read_on is not None and 0 <= (day - self.read_on).days <= 365


def links(rubric: Rubric) -> tuple[Link, ...]:
    """Return where every row of an edition can be read, in the order of the file's tables.

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> found = links(rubric("credit-village/db33-t2249.2"))
    >>> found[0].part, found[0].id, found[0].row.clause
    ('grades', 'city', '市级:80分')
    """
    return tuple(_link(rubric, loc, row) for loc, row in cited(rubric))


def link_of(rubric: Rubric, row: Cited) -> Link:
    """Return where one row of an edition can be read."""
    return _link(rubric, ("row",), row)


def _link(rubric: Rubric, loc: Loc, row: Cited) -> Link:
    document = document_of(rubric, row)
    own = row.url or row.unlinked or row.unlinked_zh
    copy: Cited | Citation = row if own else document
    ends: Cited | Citation = row if row.cut or row.cut_zh else copy
    state: State = "untold"
    if row.evidence in UNSEEN:
        state = "unseen"
    elif copy.url:
        state = "linked"
    elif copy.unlinked or copy.unlinked_zh:
        state = "unlinked"
    seen = state == "linked"
    return Link(
        part=str(loc[0]),
        id=str(getattr(row, "id", "") or ".".join(str(part) for part in loc[1:])),
        label_zh=str(getattr(row, "label_zh", "")),
        row=row,
        document=document,
        state=state,
        url=copy.url if seen else None,
        read_on=(row.read_on or copy.read_on) if seen else None,
        cut="" if state == "unseen" else ends.cut,
        cut_zh="" if state == "unseen" else ends.cut_zh,
        unlinked=copy.unlinked if state == "unlinked" else "",
        unlinked_zh=copy.unlinked_zh if state == "unlinked" else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How many rows of an edition are cited, linked and lately read, of all that have a clause."""

    rows: int
    cited: int
    linked: int
    unseen: int  # nobody saw the text, or why no address can be given is said
    fresh: int  # linked, and looked at in the last year

    def percent(self, part: int) -> int:
        """Return a part in percent, rounded down: 100 means every row."""
        return 100 * part // self.rows if self.rows else 100


def shares(found: Iterable[Link], day: date) -> Shares:
    """Return how many rows are cited, linked, said to be unseen, and read in the year before `day`."""
    rows = tuple(found)
    return Shares(
        rows=len(rows),
        cited=sum(bool(row.row.clause and row.document.title_zh) for row in rows),
        linked=sum(row.state == "linked" for row in rows),
        unseen=sum(row.state in ("unseen", "unlinked") for row in rows),
        fresh=sum(row.fresh(day) for row in rows),
    )

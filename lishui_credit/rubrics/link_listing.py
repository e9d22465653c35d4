"""Where the rows of editions can be read, for people: shares, and copies that are old or lacking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from lishui_credit.citation import EVIDENCE, Citation
from lishui_credit.language import Bilingual, either, plural, tr
from lishui_credit.reports.layout import cut, table
from lishui_credit.rubrics.law.links import Link, Shares, links
from lishui_credit.rubrics.law.rubric import Rubric

_WHY: Final[Mapping[str, Bilingual]] = {
    "old": Bilingual("not read in the last year", "一年内未查看"),
    "unlinked": Bilingual("seen, no address", "已见,无网址"),
    "unseen": Bilingual("not seen", "原文未见"),
    "untold": Bilingual("NO ADDRESS AND NO REASON", "无网址,亦未说明原因"),
}
FAILING: Final = frozenset({"old", "untold"})
"""What somebody has to mend: look again, give the address, or say why there is none."""


def percents(told: Shares) -> dict[str, int]:
    """Return the shares of an edition's rows in percent, rounded down."""
    parts = {"cited": told.cited, "linked": told.linked, "unseen": told.unseen, "read": told.fresh}
    return {f"{name}_percent": told.percent(part) for name, part in parts.items()}


def said(told: Shares) -> dict[str, str]:
    """Return the shares in words: cited; linked, and said to have no address; read in a year."""
    found = {name.removesuffix("_percent"): share for name, share in percents(told).items()}
    unseen = 100 - found["linked"] if told.linked + told.unseen == told.rows else found["unseen"]
    rest = tr(f" + {unseen}% without", f" + {unseen}% 无网址") if told.unseen else ""
    return {
        "cited_said": f"{found['cited']}%",
        "linked_said": f"{found['linked']}%{rest}",
        "read_said": f"{found['read']}%",
    }


def overdue(rubrics: Iterable[Rubric], day: date) -> list[dict[str, Any]]:
    """Return every row whose copy nobody read in the year before a day, or that has no address.

    Parameters
    ----------
    rubrics : iterable of Rubric
        Editions, overlays included.
    day : date
        Last day of the year in which somebody should have looked.

    Returns
    -------
    list of dict
        ``edition``, ``part``, ``id``, ``clause``, ``document``, ``kind`` (``old``, ``unlinked``,
        ``unseen``, ``untold``), ``url``, ``read_on``, ``why``.

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> found = overdue([rubric("credit-village/db33-t2249.2")], date(2030, 1, 1))
    >>> found[0]["kind"], found[0]["read_on"]
    ('old', datetime.date(2026, 11, 29))
    """
    return [
        _row(rubric, link, "old" if link.state == "linked" else link.state)
        for rubric in rubrics
        for link in links(rubric)
        if link.state != "linked" or not link.fresh(day)
    ]


def _row(rubric: Rubric, link: Link, kind: str) -> dict[str, Any]:
    weak = str(EVIDENCE[link.row.evidence]) if kind == "unseen" else ""
    return {
        "edition": f"{rubric.name}@{rubric.edition}",
        "part": link.part,
        "id": link.id,
        "clause": link.row.clause,
        "document": link.document.number or link.document.title_zh,
        "kind": kind,
        "url": link.url,
        "read_on": link.read_on,
        "why": either(link.unlinked, link.unlinked_zh) or weak,
    }


def overdue_lines(found: Sequence[Mapping[str, Any]], day: date) -> list[str]:
    """Return the rows of `overdue` as lines, one for all rows that one copy is of."""
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in found:
        where = str(row["url"] or row["why"] or "—")
        key = (row["kind"], row["document"], where, str(row["read_on"] or "—"))
        groups.setdefault(key, []).append(row)
    heads = (
        tr("rows", "行数"),
        tr("read on", "查看日期"),
        tr("document", "文件"),
        tr("of", "所属版本与行"),
        tr("copy, or why there is none", "副本网址或原因"),
    )
    lines = []
    for kind, words in _WHY.items():
        cells = [
            (str(len(rows)), read, cut(document, 30), cut(_whose(rows), 60), where)
            for (of, document, where, read), rows in groups.items()
            if of == kind
        ]
        if cells:
            lines += ["", str(words), *table(heads, cells)]
    failing = sum(row["kind"] in FAILING for row in found)
    rest = len(found) - failing
    told = tr(
        f"as of {day}: {plural(failing, 'row')} to look at again or to give an address;"
        f" {plural(rest, 'row')} said to have none",
        f"截至 {day}:{failing} 行须重新查看或补充网址;{rest} 行已说明无网址",
    )
    return [told, *lines]


def _whose(rows: Sequence[Mapping[str, Any]]) -> str:
    """Name the editions of rows, and the rows."""
    names = dict.fromkeys(row["edition"] for row in rows)
    return ", ".join(names) + ": " + ", ".join(dict.fromkeys(row["id"] for row in rows))


def document_lines(rubric: Rubric) -> list[str]:
    """Return the documents of an edition: what each is, where a copy can be read, where it ends."""
    lines = ["", tr("Documents", "文件"), *_document("source", rubric.source)]
    for document in rubric.documents:
        lines += _document(document.id, document)
    return lines


def _document(name: str, document: Citation) -> list[str]:
    read = tr(f", read {document.read_on}", f",{document.read_on} 查看")
    unlinked = either(document.unlinked, document.unlinked_zh)
    copy = f"{document.url}{read}" if document.url else unlinked
    end = either(document.cut, document.cut_zh)
    ends = tr(f"copy: {end}", f"副本范围:{end}") if end else ""
    return [f"  {name}: {document}", *(f"      {words}" for words in (copy, ends) if words)]

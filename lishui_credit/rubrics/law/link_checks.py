"""What the documents of an edition, and the copies that its rows name, must satisfy."""

from __future__ import annotations

import re

from lishui_credit.citation import UNSEEN, Citation, Cited
from lishui_credit.language import Bilingual
from lishui_credit.rubrics.law.links import cited, document_of
from lishui_credit.rubrics.law.row_checks import Found, say
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.header_words import did_you_mean
from lishui_credit.tables.toml_places import Loc

_ADDRESS = re.compile(r"https?://[^\s/?#.]+(\.[^\s/?#.]+)+([/?#]\S*)?", re.ASCII | re.IGNORECASE)


def check_links(rubric: Rubric) -> Found:
    """Yield what is wrong with addresses, the days they were read, and documents rows name."""
    yield from _copy(("source",), rubric.source, rubric.source)
    for place, document in enumerate(rubric.documents):
        yield from _copy(("documents", place), document, document)
    known = {document.id for document in rubric.documents}
    for loc, row in cited(rubric):
        if row.document and row.document not in known:
            yield say(
                (*loc, "document"),
                "no such document in [[documents]]",
                "[[documents]] 中没有该文件",
                row.document,
                did_you_mean([row.document], known)
                or Bilingual("leave it out for the source", "属 source 的行请不写 document"),
            )
        yield from _copy(loc, row, document_of(rubric, row))
        if row.url and row.evidence in UNSEEN:
            yield say(
                (*loc, "url"),
                f'a row of evidence "{row.evidence}" has no copy: its text was not seen',
                f'依据为 "{row.evidence}" 的行原文未见,不应有网址',
                row.url,
                Bilingual("leave out url, or state what was seen", "请删去 url,或改写 evidence"),
            )


def _copy(loc: Loc, told: Cited | Citation, document: Citation) -> Found:
    """Yield what is wrong with one address and its day."""
    if told.url is not None:
        if not _ADDRESS.fullmatch(told.url):
            yield say(
                (*loc, "url"),
                "not the address of a page",
                "不是网址",
                told.url,
                Bilingual(
                    "write it from http:// or https:// on",
                    "请写完整网址,以 http:// 或 https:// 开头",
                ),
            )
        if told.read_on is None:
            yield say(
                (*loc, "url"),
                "an address needs read_on, the day somebody last looked",
                "有网址(url)须写 read_on(最近查看日期)",
                told.url,
                "read_on = YYYY-MM-DD",
            )
        if told.unlinked or told.unlinked_zh:
            yield say(
                (*loc, "unlinked"),
                "url and unlinked exclude each other",
                "url 与 unlinked 不能同时写",
                told.unlinked or told.unlinked_zh,
                Bilingual("keep one of them", "请只保留一处"),
            )
    if told.read_on is not None and document.issued is not None and told.read_on < document.issued:
        yield say(
            (*loc, "read_on"),
            "read before the document was issued",
            "查看日期早于文件印发日期",
            f"{told.read_on} < {document.issued}",
            Bilingual("correct read_on or issued", "请改正 read_on 或 issued"),
        )

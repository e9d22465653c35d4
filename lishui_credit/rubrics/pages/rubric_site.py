"""The pages of all editions as a folder that needs no server, and the proof of every one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from lishui_credit import proof
from lishui_credit.language import Bilingual, plural, tr
from lishui_credit.proof import Kind, Manifest, Progress, Stated, Verdict
from lishui_credit.reports import html
from lishui_credit.reports.html import Markup, words
from lishui_credit.reports.site_folder import check_folder, compared, write_site
from lishui_credit.reports.site_pages import LANGUAGES, Frame, door, site_page
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.listing import STATUS, evidence_percent, shares_said
from lishui_credit.rubrics.pages.edition_page import edition_page
from lishui_credit.rubrics.pages.page_parts import INDEX, STYLE, page_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricSite:
    """What a site of editions rests on: the editions of this version."""

    editions: Mapping[str, str]  # SHA-256 by name and edition
    files: int


KIND: Final = Kind(
    proof.RUBRIC_SITE, RubricSite, Bilingual("a site of editions", "评价办法网站"), ()
)


def write_rubric_site(folder: Path | str) -> Manifest[RubricSite]:
    """Write a page for each edition, in both languages, into a folder.

    Parameters
    ----------
    folder : path-like
        Takes the place of a site of this kind that is there, and of nothing else.

    Returns
    -------
    Manifest
        ``facts.files`` is how many files there are, ``facts.editions`` the hashes of the editions.

    Raises
    ------
    SubjectError
        If something else stands in the folder.

    Notes
    -----
    The pages are the same bytes wherever they are written by one version of this package.
    """
    folder = Path(folder)
    check_folder(folder, KIND.name)
    made = site_files()
    return write_site(made, folder, _manifest(made))


def _manifest(made: Mapping[str, bytes]) -> Manifest[RubricSite]:
    editions = {f"{row.name}@{row.edition}": row.sha256 for row in _editions()}
    return Manifest(kind=KIND, facts=RubricSite(editions=editions, files=len(made)))


def _editions() -> list[Rubric]:
    return [catalog.load(entry.path) for entry in catalog.entries()]


def site_files() -> dict[str, bytes]:
    """Return every file of the site by its path."""
    made: dict[str, bytes] = {}
    for lang in LANGUAGES:
        pages = proof.spoken(lang, lambda: dict(_pages()))
        made.update((f"{lang}/{name}", text.encode()) for name, text in pages.items())
    made["index.html"] = proof.spoken(LANGUAGES[0], lambda: door(_title())).encode()
    return made


def _title() -> str:
    return tr("Rubrics, edition by edition", "评价办法各版本")


def _pages() -> Iterator[tuple[str, str]]:
    """Yield every page in the language in use."""
    editions = _editions()
    frame = Frame(own=[(INDEX, tr("All editions", "全部版本"))])
    yield INDEX, _index(frame, editions)
    for rubric in editions:
        line = [row for row in editions if row.name == rubric.name]
        own = replace(frame, foot=[f"SHA-256 {rubric.sha256[:16]}…"])
        yield page_of(rubric), edition_page(own, rubric, line)


def _index(frame: Frame, editions: list[Rubric]) -> str:
    told = tr(
        f"{plural(len(editions), 'edition')} of published methods, each with its rows, clauses, evidence,"
        " history, worked cases and, where it grades, a calculator that works without a server.",
        f"共 {len(editions)} 个版本,各有指标、条款、依据、沿革、案例;可评级的还有无需服务器的计算器。",
    )
    heads = [
        ("", tr("method", "办法")),
        ("", tr("in force", "施行")),
        ("", tr("document", "文件")),
        ("", tr("status", "状态")),
        ("", tr("points by evidence", "分值依据")),
    ]
    rows: list[list[html.Cell]] = [
        [
            ("lead", _entry(row)),
            ("", row.period.said),
            ("", row.source.number or row.source.title_zh),
            ("", str(STATUS[row.status])),
            ("", shares_said(evidence_percent(row))),
        ]
        for row in editions
    ]
    body = f"<p>{words(told)}</p>" + html.table(heads, rows, caption=_title(), stack=True)
    return site_page(frame, INDEX, _title(), body, here=tr("All editions", "全部版本"), style=STYLE)


def _entry(rubric: Rubric) -> Markup:
    link = f'<a href="{page_of(rubric)}">{words(rubric.title)}</a>'
    return Markup(f'{link}<span class="id">{rubric.name}@{rubric.edition}</span>')


def verified(said: Stated, progress: Progress) -> Verdict:
    """Make a site again from the editions of this version and compare every file."""
    manifest = said.manifest(KIND, bound=False)

    def again(files: Mapping[str, Path]) -> Verdict:
        progress(tr("making the site again", "重新生成网站"))
        made = site_files()
        progress(tr("comparing every file", "逐个文件核对"))
        same, different = compared(said, _manifest(made), made)
        return Verdict(checks=same, subjects=len(made), different=different)

    return proof.verify(said, manifest, again, progress)

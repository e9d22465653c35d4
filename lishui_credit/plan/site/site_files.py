"""A site as a folder: all its files, written whole or not at all, and the proof of every one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

import polars as pl

from lishui_credit import proof
from lishui_credit.errors import SubjectError
from lishui_credit.language import Bilingual, tr
from lishui_credit.plan.companion_series import read_companions
from lishui_credit.plan.definitions import BASE, END, indicators
from lishui_credit.plan.divisions import areas
from lishui_credit.plan.evaluation.files import Observed, read_inputs
from lishui_credit.plan.evaluation.mid_term import MidTerm
from lishui_credit.plan.observed.opened import days_to_ask, open_observations
from lishui_credit.plan.observed.rejections import kept_beside, known_by
from lishui_credit.plan.site import area_pages, indicator_pages
from lishui_credit.plan.site.site_data import data_files
from lishui_credit.plan.site.site_facts import (
    DATA,
    SEARCH,
    Site,
    area_page,
    indicator_page,
    site_facts,
)
from lishui_credit.proof import Kind, Manifest, Progress, Stated, Verdict
from lishui_credit.reports.site_folder import LIST, check_folder, compared, write_site
from lishui_credit.reports.site_pages import LANGUAGES
from lishui_credit.tables.workbooks.choice import sheets_asked


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteMade:
    """What a site rests on beside its inputs; without a ``data`` input, the sample."""

    at: date
    known_on: date | None
    base_url: str
    files: int
    observations: int
    observations_sha256: str  # of those used


KIND: Final = Kind(proof.PLAN_SITE, SiteMade, Bilingual("a site of the plan", "规划指标网站"), ())


# ---- making -----------------------------------------------------------------------------------


def site_into(
    observed: Observed,
    folder: Path | str,
    files: Mapping[str, Path],
    *,
    at: date | None = None,
    known_on: date | None = None,
    base_url: str = "",
    sheets: Mapping[str, str] = MappingProxyType({}),
) -> Manifest[SiteMade]:
    """Write the site of ``data`` and ``targets`` files into a folder, in both languages.

    Parameters
    ----------
    observed : callable
        Reads the revisions of a store or file.
    folder : path-like
        Takes the place of a site that is there, and of nothing else.
    files : mapping
        ``data`` (the synthetic sample without it), ``targets`` and ``companions``. The rejected rows
        that lie beside a Parquet store are an input too.
    at : date, optional
        Day evaluated; by default the last end of a quarter that the observations reach.
    known_on : date, optional
        Day whose knowledge a store is asked for.
    base_url : str
        Address the site will have.
    sheets : mapping
        Sheets to read, by role, where a file is a workbook.

    Raises
    ------
    SubjectError
        If something else stands in the folder, the address is none, or there is no observation.
    """
    folder = Path(folder)
    check_folder(folder, KIND.name)
    base_url = checked_address(base_url)
    files = {**files, **_beside(files)}
    frame, targets = read_inputs(observed, files, sheets, known_on)
    at = at or _last_day(frame)
    lost = _rejected(files, sheets, known_on)
    found, made = _made(
        frame,
        at,
        targets=targets,
        known_on=known_on,
        rejected=lost,
        companions=_companions(files),
        base_url=base_url,
    )
    inputs = proof.input_files(files, folder / LIST, {"data": found.total}, sheets=sheets)

    manifest = Manifest(
        kind=KIND,
        facts=_facts(found, base_url, len(made)),
        inputs=inputs,
        synthetic=found.synthetic > 0,
    )
    return write_site(made, folder, manifest)


def checked_address(text: str) -> str:
    """Return the address of a site with a slash at its end; raise `SubjectError` for what is none.

    >>> checked_address("https://www.example.gov.cn/plan")
    'https://www.example.gov.cn/plan/'
    """
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        fits = False
    if not fits or re.search(r"[\s<>\"'?#]", text):
        raise SubjectError(
            tr("not the address of a site", "不是网站地址"),
            text,
            tr("write it as https://host/folder/", "请写成 https://主机/目录/"),
        )
    return text.rstrip("/") + "/"


def _rejected(files: Mapping[str, Path], sheets: Mapping[str, str], known_on: date | None) -> int:
    """Return how many rows of the data were rejected, as known on a day if one is given."""
    data = files.get("data")
    if data is None:
        return 0
    with sheets_asked({data: sheets.get("data")}):
        return known_by(open_observations(data).rejected, known_on).height


def _beside(files: Mapping[str, Path]) -> dict[str, Path]:
    """Return the file of rejected rows that a Parquet store of the data has beside it, by its role."""
    data = files.get("data")
    kept = None if data is None else kept_beside(data)
    return {} if kept is None else {"rejected": kept}


def _companions(files: Mapping[str, Path]) -> pl.DataFrame | None:
    return read_companions(files["companions"]) if "companions" in files else None


def _last_day(frame: pl.DataFrame) -> date:
    days = [day for year in days_to_ask(frame).values() for day in year.values()]
    return max(days, default=END)


def _made(
    frame: pl.DataFrame,
    at: date,
    *,
    targets: pl.DataFrame | None,
    known_on: date | None,
    rejected: int,
    companions: pl.DataFrame | None,
    base_url: str,
) -> tuple[MidTerm, dict[str, bytes]]:
    """Return the facts, and every file of a site by its path."""
    if at <= BASE:
        raise SubjectError(
            tr("the day lies before the plan", "该日早于规划期"),
            str(at),
            tr("give a day from 2016-01-01 on", "请给出2016-01-01及以后的日期"),
        )
    made: dict[str, bytes] = {}
    for lang in LANGUAGES:

        def one(lang: str = lang) -> Site:
            site = site_facts(
                frame,
                at,
                targets=targets,
                known_on=known_on,
                rejected=rejected,
                companions=companions,
                base_url=base_url,
            )
            made.update((f"{lang}/{name}", text.encode()) for name, text in _pages(site))
            if lang == LANGUAGES[0]:
                made["index.html"] = area_pages.door(site).encode()
                made.update(data_files(site))
            return site

        found = proof.spoken(lang, one).m
    return found, made


def _pages(site: Site) -> Iterator[tuple[str, str]]:
    """Yield every page and drawing in the language in use."""
    same = {key: indicator_pages.everywhere(site, row) for key, row in indicators().items()}
    for area in areas():
        yield area_page(area.adcode), area_pages.overview_page(site, area)
        for key, row in indicators().items():
            drawn = indicator_pages.drawings(site, row, area)
            told = indicator_pages.page(site, row, area, drawn, same[key])
            yield indicator_page(key, area.adcode), told
            head = indicator_pages.heading(site, row, area)
            line = indicator_pages.source(site, row)
            yield from ((name, plot.file(head, line)) for name, plot in drawn.items())
    yield SEARCH, area_pages.search_page(site)
    yield DATA, area_pages.data_page(site)


def _facts(found: MidTerm, base_url: str, files: int) -> SiteMade:
    return SiteMade(
        at=found.at,
        known_on=found.known_on,
        base_url=base_url,
        files=files,
        observations=found.total,
        observations_sha256=found.digest,
    )


# ---- proof ------------------------------------------------------------------------------------


def verified(said: Stated, observed: Observed, progress: Progress) -> Verdict:
    """Make a site again from its inputs and compare every file; files that are not its own are told."""
    manifest = said.manifest(KIND, bound=False)
    facts = manifest.facts

    def again(files: Mapping[str, Path]) -> Verdict:
        progress(tr("making the site again", "重新生成网站"))
        frame, targets = read_inputs(observed, files, manifest.sheets(), facts.known_on)
        found, made = _made(
            frame,
            facts.at,
            targets=targets,
            known_on=facts.known_on,
            rejected=_rejected(files, manifest.sheets(), facts.known_on),
            companions=_companions(files),
            base_url=facts.base_url,
        )
        told = _facts(found, facts.base_url, len(made))
        inputs = manifest.inputs_again(data=found.total)
        rerun = replace(
            manifest, facts=told, inputs=inputs, synthetic=found.synthetic > 0, notes=()
        )
        progress(tr("comparing every file", "逐个文件核对"))
        same, different = compared(said, rerun, made)
        checks = {"observations": told.observations_sha256 == facts.observations_sha256, **same}
        return Verdict(checks=checks, subjects=len(made), different=different)

    return proof.verify(said, manifest, again, progress)

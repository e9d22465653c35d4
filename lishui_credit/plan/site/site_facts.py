"""What a site tells in one language, gathered once: the mid-term facts, every area's overview, places.

Nothing is judged here; addresses of pages and files are made here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from lishui_credit.language import language
from lishui_credit.plan.companion_series import COLUMNS
from lishui_credit.plan.course import companion_course, quarter_before
from lishui_credit.plan.definitions import indicators
from lishui_credit.plan.divisions import CITY, areas
from lishui_credit.plan.evaluation.mid_term import MidTerm, mid_term
from lishui_credit.plan.league import league
from lishui_credit.plan.overview import OverviewRow, overview, turned
from lishui_credit.plan.standings import progress, verdicts

SEARCH: Final = "search.html"
DATA: Final = "data.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The facts of a site in the language in use.

    Parameters
    ----------
    m : MidTerm
        Of the city; it holds the progress of every area.
    rejected : int
        Rows of the input that could not be taken and are in no figure.
    companions : mapping
        Companion series by indicator and area, up to the day; without a row where none are known.
    base_url : str
        Address the site will have, with a slash at its end; "" where it is not known.
    overviews : mapping
        Rows of the overview by area and indicator, in the order of the overview.
    before_at : date
        End of the quarter before, which changes are measured from.
    changed : mapping
        What changed its status since, in sentences, by area.
    statuses : mapping
        Status of every observation by indicator, area and period.
    leagues : mapping
        `lishui_credit.plan.league.LEAGUE` by indicator.
    """

    m: MidTerm
    rejected: int
    companions: Mapping[tuple[str, str], pl.DataFrame]
    base_url: str
    overviews: Mapping[str, Mapping[str, OverviewRow]]
    before_at: date
    changed: Mapping[str, list[str]]
    statuses: Mapping[tuple[str, str, date], str]
    leagues: Mapping[str, pl.DataFrame]


def site_facts(
    frame: pl.DataFrame,
    at: date,
    *,
    targets: pl.DataFrame | None,
    known_on: date | None,
    rejected: int = 0,
    companions: pl.DataFrame | None = None,
    base_url: str = "",
) -> Site:
    """Gather the facts of a site, in the language in use."""
    m = mid_term(frame, at, area=CITY, targets=targets, known_on=known_on)
    past = verdicts(m.seen, at, targets=targets)
    before_at = quarter_before(at)
    before = progress(m.seen, before_at, targets=targets)
    codes = [area.adcode for area in areas()]
    return Site(
        m=m,
        rejected=rejected,
        companions=_companions(companions, at),
        base_url=base_url,
        overviews={
            code: {row.row.key: row for row in overview(m.table, past, at, code)} for code in codes
        },
        before_at=before_at,
        changed={
            code: turned(before, m.table.filter(pl.col("adcode") == code), code) for code in codes
        },
        statuses={(key, code, day): status for key, code, day, status in past.iter_rows()},
        leagues={key: league(m.seen, key, at) for key in indicators()},
    )


def _companions(frame: pl.DataFrame | None, at: date) -> dict[tuple[str, str], pl.DataFrame]:
    known = pl.DataFrame(schema=COLUMNS) if frame is None else frame
    return {
        (key, area.adcode): companion_course(known, key, area.adcode, at).rename({"day": "period"})
        for key in indicators()
        for area in areas()
    }


# ---- addresses --------------------------------------------------------------------------------


def stem(key: str, adcode: str) -> str:
    """Return the name of the files of an indicator in an area, without what kind they are.

    >>> stem("website_rate", "331100"), stem("website_rate", "331127")
    ('website_rate', 'website_rate-331127')
    """
    return key if adcode == CITY else f"{key}-{adcode}"


def area_page(adcode: str) -> str:
    """Return the address of the overview of an area, as seen from its neighbours."""
    return "index.html" if adcode == CITY else f"{adcode}.html"


def indicator_page(key: str, adcode: str) -> str:
    """Return the address of the page of an indicator in an area, as seen from its neighbours."""
    return f"{stem(key, adcode)}.html"


def href_of(adcode: str) -> Callable[..., str]:
    """Return what gives the overview of an area the addresses behind it."""

    def href(page: str, *, indicator: str, area: str = adcode) -> str:
        made = indicator_page(indicator, area)
        return f"{made}#counties" if page == "counties" else made

    return href


def whole_address(site: Site, name: str) -> str:
    """Return the address of a file in the folder of the language in use, whole where that is known."""
    return f"{site.base_url}{language()}/{name}"

"""The companion series of an indicator on its page, and as a file of their own."""

from __future__ import annotations

import polars as pl

from lishui_credit.language import tr
from lishui_credit.plan.companion_series import companion_names
from lishui_credit.plan.definitions import PlanIndicator
from lishui_credit.plan.divisions import Division
from lishui_credit.plan.evaluation.grids import Cell, Grid
from lishui_credit.plan.site.site_facts import Site, stem


def companion_file(row: PlanIndicator, area: Division) -> str:
    """Return the name of the file of the companion series of an indicator in an area."""
    return f"{stem(row.key, area.adcode)}-companions.csv"


def companions_of(site: Site, row: PlanIndicator, area: Division) -> pl.DataFrame:
    """Return the companion series of an indicator in an area up to the day of the site."""
    return site.companions[row.key, area.adcode]


def companion_grid(site: Site, row: PlanIndicator, area: Division) -> Grid:
    """Return the companion series as a table: a row per period, the latest first."""
    found = companions_of(site, row, area)
    names = companion_names(row)
    series: list[str] = found["companion"].unique(maintain_order=True).to_list()
    held = {(day, name): value for name, day, value in found.select("companion", "period", "value").iter_rows()}  # fmt: skip
    days = found["period"].unique().sort(descending=True).to_list()
    rows: list[tuple[Cell, ...]] = [
        (day, *(_percent(held.get((day, name))) for name in series)) for day in days
    ]
    return Grid(
        id="companion_series",
        title=tr("Shown beside the indicator, so that it is not gamed", "与主指标并列展示，防止只看主指标而失真"),
        heads=(tr("period to", "期末"), *(names.get(name, name) for name in series)),
        rows=tuple(rows),
        note=tr("Synthetic data, not real values.", "合成数据，非真实数据。") if found["synthetic"].any() else "",
    )  # fmt: skip


def _percent(value: float | None) -> str | None:
    """Return a share with two digits; a small one is never rounded to none."""
    if value is None:
        return None
    digits = 2 if not value or abs(value) >= 0.01 else 4
    return f"{value:.{digits}f}%"

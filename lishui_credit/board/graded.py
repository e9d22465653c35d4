"""The board's graded registers: the four rubrics over five years, the same synthetic subjects.

``graded/<rubric>/<year>.parquet`` with its manifest beside it, and what was graded under
``inputs/``, so that ``lishui-credit verify`` proves any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.rubrics.grade_files import grade
from lishui_credit.rubrics.law import catalog
from lishui_credit.samples import enterprises, environment, households, tax

FOLDER: Final = "graded"
YEARS: Final = (2015, 2016, 2017, 2018, 2019)
ROWS: Final = 1_800
"""Subjects of each register: enough for nine counties, a second to grade."""


def write(folder: Path, seed: int, *, rows: int = ROWS) -> dict[str, object]:
    """Grade the synthetic registers into a board."""
    for year in YEARS:
        day = date(year + 1, 6, 30)
        drawn = {"seed": seed, "year": year}
        firms = tax.enterprises(rows, **drawn)
        homes = {
            "subjects": households.households(rows, seed=seed, year=year),
            "bases": households.county_bases(year),
        }
        taxed = {"subjects": firms, "events": tax.tax_events(firms, **drawn)}
        small = {"subjects": enterprises.small_enterprises(rows, **drawn)}
        outlets = {"subjects": environment.environmental_records(rows, **drawn)}
        _graded(folder, "farmer-household", year, homes, day=day, labels="lishui")
        _graded(folder, "tax-credit", year, taxed)
        _graded(folder, "small-enterprise", year, small, day=day)
        _graded(folder, "environment-credit", year, outlets)
    return {}


def _graded(
    folder: Path,
    rubric: str,
    year: int,
    inputs: Mapping[str, pl.DataFrame],
    *,
    day: date | None = None,
    labels: str | None = None,
) -> None:
    """Write the inputs and grade them; without a day, in the cycle of the year."""
    home = folder / FOLDER / rubric
    (home / "inputs").mkdir(parents=True, exist_ok=True)
    paths = {role: home / "inputs" / f"{year}_{role}.parquet" for role in inputs}
    for role, frame in inputs.items():
        frame.write_parquet(paths[role])
    edition = catalog.for_period(rubric, year) if day is None else catalog.rubric(rubric, on=day)
    grade(
        edition,
        paths["subjects"],
        home / f"{year}.parquet",
        events=paths.get("events"),
        bases=paths.get("bases"),
        period=year if day is None else None,
        as_of=day,
        labels=labels,
        skip_rejected=True,
    )

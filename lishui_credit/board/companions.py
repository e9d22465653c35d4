"""The board's companion series: computed from synthetic raw records by the functions of the plan."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.plan.records.codes import code_coverage
from lishui_credit.plan.records.collection import completeness
from lishui_credit.plan.records.publicity import double_publicity
from lishui_credit.plan.records.survey import satisfaction
from lishui_credit.plan.records.survey_answers import QUESTIONS
from lishui_credit.samples import plan_records
from lishui_credit.samples.plan_observations import SOURCE

YEARS: Final = (2016, 2017, 2018)
"""Ends of years whose records are drawn; each year is drawn anew, so a step between is chance."""


def write(folder: Path, seed: int) -> dict[str, object]:
    """Write ``companions.parquet``."""
    found: list[pl.DataFrame] = []
    for year in YEARS:
        end = date(year, 12, 31)
        raw = plan_records.frames(seed=seed, year=year)
        done = [
            code_coverage(
                raw["register"], end, extra_regions=(plan_records.REGION,), source=SOURCE
            ),
            double_publicity(raw["decisions"], raw["publications"], at=end, source=SOURCE),
            completeness(raw["catalogue"], raw["batches"], end, source=SOURCE),
        ]
        done += [
            satisfaction(raw["answers"], question, end, source=SOURCE) for question in QUESTIONS
        ]
        found += [each.companions for each in done]
    pl.concat(found).write_parquet(folder / "companions.parquet")
    return {}

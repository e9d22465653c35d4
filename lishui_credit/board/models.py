"""The board's model: a scorecard of synthetic farm households, judged at once and in later years.

``models/<id>/<version>`` holds what ``lishui-credit fit`` writes, and beside it ``about.json`` (the
owner's words), ``development.json`` and ``later.json`` (validations as data), and ``watch/``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.language import language, set_language
from lishui_credit.models.fitting import fit_file
from lishui_credit.models.judging import validate_file
from lishui_credit.monitoring.monthly_files import Roles
from lishui_credit.monitoring.watching import watch
from lishui_credit.samples import households

FOLDER: Final = "models"
WATCH: Final = "watch"
"""Folder of a model's watch, beside its card."""
MODEL: Final = "farmer-loan/1"
TARGET: Final = "default_12m"
DEVELOPED: Final = 2015
LATER: Final = (2016, 2017, 2018, 2019)
DEFAULT_RATE: Final = 0.03
NO_FEATURES: Final = (
    "household_id",
    "name",
    "county",
    "township",
    "village",
    "default_item",
    "defaulted_on",
    "repaid_on",
    "default_measure",
)
"""Ids, places and facts only of those who defaulted before: none is an input."""

ABOUT: Final = {
    "intended_zh": "演示授信页面;不得用于任何真实主体",
    "intended_en": "to show the page of lending; not for any real subject",
    "population_zh": "有过贷款的合成农户,2015 年",
    "population_en": "synthetic households that have borrowed, 2015",
}


def write(
    folder: Path, seed: int, *, rows: int = 8_000, later_rows: int = 4_000
) -> dict[str, object]:
    """Fit the card, judge it on later years and watch it over them."""
    home = folder / FOLDER / MODEL
    inputs = folder / FOLDER / "inputs"
    inputs.mkdir(parents=True)
    sample = inputs / f"households_{DEVELOPED}.parquet"
    borrowers(rows, seed, DEVELOPED).write_parquet(sample)
    spoken = language()
    set_language(
        "zh"
    )  # why a characteristic was left out stands in the card, as an office reads it
    try:
        fitted = fit_file(
            sample,
            home,
            target=TARGET,
            leave_out=NO_FEATURES,
            by=["county"],
            title_zh="合成农户贷款评分卡",
            intended=ABOUT["intended_zh"],
            population=ABOUT["population_zh"],
            folds=3,
            label="十二个月内违约",
        )
    finally:
        set_language(spoken)
    fitted.validation.write(home / "development.json")
    after = inputs / f"households_{LATER[0]}_{LATER[-1]}.parquet"
    pl.concat(
        borrowers(later_rows, seed, year, start=rows).with_columns(pl.lit(str(year)).alias("year"))
        for year in LATER
    ).write_parquet(after)
    validate_file(home, after, by=["county"], period="year").write(home / "later.json")
    watch(home, [after], home / WATCH, roles=Roles(period="year", by=("county",)))
    (home / "about.json").write_text(
        json.dumps(ABOUT, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    return {}


def borrowers(rows: int, seed: int, year: int, *, start: int = 0) -> pl.DataFrame:
    """Return those of some synthetic households that have borrowed, with their outcomes."""
    made = households.households(rows, seed=seed, year=year, start=start, default_rate=DEFAULT_RATE)
    return made.filter(pl.col(TARGET).is_not_null())

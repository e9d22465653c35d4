"""The board's observations: the synthetic sample with its revisions, and a report with bad rows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.language import language, set_language
from lishui_credit.plan.observed.store import Store
from lishui_credit.samples.plan_observations import office_file, plan_observations
from lishui_credit.tables.write import write_table

OPENS_AT: Final = date(2018, 12, 31)
"""The day a page opens on: the mid-term evaluation looks back on it."""

REPORT: Final = "2018年12月报送.csv"
"""A file as a county office sends it, with rows that cannot be taken."""


def write(folder: Path, seed: int) -> dict[str, object]:
    """Write the store, and beside it the rows of a report that were rejected."""
    made = plan_observations(seed=seed)
    store = Store.open(folder / "observations.duckdb")
    export = folder / "export.parquet"
    made.write_parquet(export)
    store.restore(export)
    export.unlink()
    report = folder / REPORT
    write_table(_spoilt(office_file(made)).lazy(), report, sheet="observations")
    spoken = language()
    set_language("zh")  # the file of rejected rows beside it is one that an office reads
    try:
        store.load(
            report,
            by="合成录入员甲",
            reason="年报",
            today=date(2019, 1, 31),
            now=datetime(2019, 1, 20, 2, tzinfo=UTC),
        )
    finally:
        set_language(spoken)
    return {"opens_at": OPENS_AT.isoformat()}


def _spoilt(frame: pl.DataFrame) -> pl.DataFrame:
    """A report of December 2018 in which five cells are wrong, as cells are in real reports."""
    told = frame.filter(pl.col("期末") == OPENS_AT).with_row_index("_row").cast(pl.String)
    wrong = {
        ("分子", "3"): pl.lit("九十五"),
        ("分子", "11"): (pl.col("分母").cast(pl.Int64) + 5).cast(pl.String),
        ("地区", "17"): pl.lit("丽阳县"),
        ("期末", "24"): pl.lit("2018-12-30"),
        ("分母", "33"): pl.lit("0"),
    }
    for (name, row), value in wrong.items():
        here = pl.col("_row") == row
        told = told.with_columns(pl.when(here).then(value).otherwise(pl.col(name)).alias(name))
    return told.drop("_row")

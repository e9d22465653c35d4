"""Companion series: what is shown beside an indicator so that it cannot be gamed; names, and their file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.plan.definitions import PlanIndicator
from lishui_credit.tables.frames import DAMAGED

FILE: Final = "companions.parquet"
"""What the file of companion series is called beside a store."""

COLUMNS: Final = pl.Schema(
    {
        "indicator": pl.String(),
        "adcode": pl.String(),
        "period": pl.Date(),
        "value": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "source": pl.String(),
        "synthetic": pl.Boolean(),
    }
)
"""Columns such a file needs; ``indicator`` is ``<indicator>.<companion>``, ``value`` is in percent."""

_NAMES: Final = {
    "cert_replacement_rate": ("Certificates replaced", "存量证照换发率"),
    "dup_error_rate": ("Duplicate or wrong codes", "重错码率"),
    "body_coverage": ("Bodies that publish at all", "公示主体覆盖率"),
}
"""Companions that the computations name and the definitions do not."""


def companion_names(row: PlanIndicator) -> dict[str, str]:
    """Return what the companions of an indicator are called, in the language in use."""
    return {key: tr(en, zh) for key, (en, zh) in _NAMES.items()} | {
        item.key: tr(item.en, item.zh) for item in row.companions
    }


def read_companions(path: Path) -> pl.DataFrame:
    """Return the companion series of a Parquet file; `SubjectError` where it holds none."""
    try:
        frame = pl.read_parquet(path)
    except DAMAGED:
        what = tr("cannot be read as a file of companion series", "无法作为辅助指标文件读取")
        raise SubjectError(what, hint=_hint(), where=str(path)) from None
    wrong = [name for name, kind in COLUMNS.items() if frame.schema.get(name) != kind]
    if wrong:
        what = tr("columns are missing or of another kind", "缺少列或列类型不符")
        raise SubjectError(what, ", ".join(wrong), _hint(), where=str(path))
    return frame.select(list(COLUMNS))


def _hint() -> str:
    return tr("name a Parquet file with ", "请使用 Parquet 文件,含列 ") + ", ".join(COLUMNS)

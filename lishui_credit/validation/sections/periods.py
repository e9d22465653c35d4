"""The section about time: every metric by period, and whether the score moved from the sample."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from lishui_credit.language import Bilingual
from lishui_credit.statistics.outcomes import Estimate, Floats
from lishui_credit.validation.report.findings import Line, Table, line, says
from lishui_credit.validation.report.outline import Given, Outline, Part
from lishui_credit.validation.sections.groups import metrics_of
from lishui_credit.validation.sections.stability import YURDAKUL
from lishui_credit.validation.stability import psi

METRICS = ("auc", "ks", "gap")


def _parts(given: Given) -> Iterator[Part]:
    periods, before, now = given.periods, given.reference_score, given.shown
    if periods is None or now is None:
        return
    yield Part("periods", _METRICS, lambda: _metrics(given, periods))
    if before is not None:
        yield Part("psi_periods", _PSI, lambda: _psi(given, periods, before, now))


PERIODS = Outline(
    "periods",
    Bilingual("Out of time: does it hold from period to period?", "跨时间:各时期是否均成立?"),
    _parts,
)

_METRICS = Bilingual("Metrics by period", "各期指标")
_PSI = Bilingual("PSI of the score by period", "各期分数 PSI")


def _metrics(given: Given, periods: pl.Series) -> Iterator[Line | Table]:
    table = metrics_of(given, periods, METRICS)
    areas = table.filter((pl.col("metric") == "auc") & pl.col("value").is_not_null())
    if len(areas) > 1:
        worst = areas.sort("value").row(0, named=True)
        yield line(
            "worst_period",
            Bilingual("Lowest AUC of a period", "各期最低 AUC"),
            Estimate(worst["value"], worst["low"], worst["high"]),
            says("note", f"period {worst['group']}", f"时期 {worst['group']}"),
            source="bootstrap interval",
        )
    yield Table(
        "periods",
        _METRICS,
        table.rename({"group": "period"}),
        "Davison and Hinkley (1997), bootstrap within period",
    )


def _psi(given: Given, periods: pl.Series, before: Floats, now: Floats) -> Iterator[Table]:
    chosen, rows = given.settings, []
    for name in periods.drop_nulls().unique().sort():
        inside = now[(periods == name).fill_null(False).to_numpy()]
        found = psi(pl.Series(before), pl.Series(inside), bins=chosen.bins, level=chosen.level)
        rows.append(
            {
                "period": name,
                "subjects": len(inside),
                "psi": found.value,
                "critical": found.critical,
                "p": found.p,
                "moved": found.moved,
            }
        )
    yield Table("psi_periods", _PSI, pl.DataFrame(rows), YURDAKUL)

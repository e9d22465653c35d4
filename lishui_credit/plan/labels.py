"""Frames of the plan in the words of a page: names beside keys, values as printed, what is defined.

Nothing is judged or computed here; every column of numbers stays as it was.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from lishui_credit.citation import EVIDENCE
from lishui_credit.language import Bilingual, tr
from lishui_credit.plan.definitions import ATTRIBUTES, PlanIndicator, indicator, indicators
from lishui_credit.plan.divisions import areas
from lishui_credit.plan.sentences import printed
from lishui_credit.plan.status import STATUSES

FREQUENCY_WORDS: Final = {
    "year": Bilingual("yearly", "按年"),
    "quarter": Bilingual("quarterly", "按季"),
    "month": Bilingual("monthly", "按月"),
}
PATH_WORDS: Final = {
    "linear": Bilingual("equal steps a year", "逐年等量递增"),
    "geometric": Bilingual("equal growth a year", "逐年等比增长"),
    "step": Bilingual("in steps by fixed days", "按时间节点分步完成"),
}
_STATES: Final = {
    "current": Bilingual("✓ current", "✓ 及时"),
    "partial": Bilingual("◇ some counties silent", "◇ 部分未报"),
    "late": Bilingual("▽ late", "▽ 迟报"),
    "none": Bilingual("— none", "— 无数据"),
}


def with_names(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with names in the language in use beside its keys and codes."""
    places = {area.adcode: area.name for area in areas()}
    tables = {
        "indicator": ("indicator_name", {k: row.short for k, row in indicators().items()}),
        "adcode": ("area_name", places),
        "status": ("status_word", {k: f"{s.icon} {s.word}" for k, s in STATUSES.items()}),
        "frequency": ("frequency_word", {k: str(word) for k, word in FREQUENCY_WORDS.items()}),
        "state": ("state_word", {k: str(word) for k, word in _STATES.items()}),
    }
    added = [
        pl.col(name).replace(table).alias(called)
        for name, (called, table) in tables.items()
        if name in frame.columns
    ]
    if "silent" in frame.columns:
        named = pl.col("silent").list.eval(pl.element().replace(places))
        added.append(named.list.join(tr(", ", "、")).alias("silent_names"))
    return frame.with_columns(added)


def with_printed(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Return a frame with values as people print them beside the numbers."""
    other = {"value": "target", "target": "value"}
    rows = list(frame.iter_rows(named=True))
    made = [
        pl.Series(
            f"{name}_printed",
            [printed(indicator(r["indicator"]), r[name], r.get(other.get(name, ""))) for r in rows],
            dtype=pl.String,
        )
        for name in columns
    ]
    return frame.with_columns(made)


def interval_printed(row: PlanIndicator, low: float | None, high: float | None) -> str:
    """Return an interval as people print it; empty where there is none."""
    if low is None or high is None:
        return ""
    return f"{printed(row, low)} – {printed(row, high)}"


def defined(row: PlanIndicator) -> list[tuple[str, str]]:
    """Return what an indicator means, as pairs of a heading and a text, each with its evidence."""
    kind = ATTRIBUTES[row.attribute]
    made = row.definition
    said = [
        (tr("As printed", "规划原文"), f"{row.number} {row.as_printed} · {row.target.as_printed} · {kind.zh}"),
        (tr("Clause", "条款"), tr(f"{row.clause} ({EVIDENCE[row.evidence]}) · {kind.en}", f"{row.clause}({EVIDENCE[row.evidence]})")),
        (tr("Numerator", "分子"), tr(made.numerator_en, made.numerator_zh)),
        (tr("Denominator", "分母"), tr(made.denominator_en, made.denominator_zh)),
        (tr("Left out", "不计入"), tr("; ".join(made.exclusions_en), ";".join(made.exclusions_zh))),
        (tr("Owner", "责任单位"), tr(made.owner_en, made.owner_zh)),
        (tr("Evidence of the definition", "定义的依据"), str(EVIDENCE[made.evidence])),
        (tr("Observed", "观测频率"), str(FREQUENCY_WORDS[row.frequency])),
        (tr("Path to 2020", "预期路径"), f"{PATH_WORDS[row.path.kind]} · {EVIDENCE[row.path.evidence]}" + (tr(f" · {row.path.why_en}", f" · {row.path.why_zh}") if row.path.why_zh else "")),
        (tr("2015 value", "2015年基数"), tr(row.baseline_en, row.baseline_zh)),
        (tr("Caveats", "注意"), tr("; ".join(row.caveats_en), ";".join(row.caveats_zh))),
    ]  # fmt: skip
    return [(head, text) for head, text in said if text]

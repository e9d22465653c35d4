"""The tables of a report as drawings: curves, reliability, distributions, rates with intervals."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from lishui_credit.language import Bilingual, tr
from lishui_credit.reports.palette import BLUE, GREEN, GREY, INK, RED
from lishui_credit.reports.svg import Plot, room
from lishui_credit.tables.data_words import in_words
from lishui_credit.validation.report.axes import (
    BADS,
    BINS,
    CAP,
    CHANCE,
    DISTRIBUTION,
    GOODS,
    GRADE_RATES,
    PERFECT,
    RANKING,
    RELIABILITY,
    RIGHT,
    ROC,
    Axes,
)
from lishui_credit.validation.report.findings import Table
from lishui_credit.validation.report.headings import WORDS

ROWS_AT_MOST = 40
"""Rows of a drawing with one row per group; more are left to the table."""


def _curve(table: Table, axes: Axes) -> Plot:
    """Return the paper of a curve: both axes in percent, the line of chance drawn."""
    plot = _plot(table, axes, (0, 1), (0, 1))
    plot.line([(0, 0), (1, 1)], GREY, "4 4", str(CHANCE))
    return plot


def _plot(
    table: Table,
    axes: Axes,
    x: tuple[float, float],
    y: tuple[float, float],
    percent: tuple[bool, bool] = (True, True),
) -> Plot:
    return Plot(str(table.name), x, y, percent=percent, x_name=str(axes.x), y_name=str(axes.y))


def _rows(
    title: str, names: list[str], x: tuple[float, float], x_name: str, *, percent: bool, each: int
) -> Plot:
    """Return the paper of a drawing with one row per name, so many pixels high each."""
    return Plot(
        title,
        x,
        (0, len(names)),
        percent=(percent, False),
        rows=names,
        left=room(names),
        tall=80 + each * len(names),
        x_name=x_name,
    )


def roc(table: Table) -> str:
    """Draw the ROC curve against chance."""
    plot = _curve(table, ROC)
    points = table.frame.select("goods_refused", "bads_refused").rows()
    plot.line(points, BLUE, name=str(RANKING))
    return plot.text()


def cap(table: Table) -> str:
    """Draw the CAP curve between chance and the perfect order."""
    plot = _curve(table, CAP)
    rate = table.frame.filter(pl.col("perfect") >= 1)["subjects"].min()
    bend = _perfect_bend(table.frame, float(rate) if isinstance(rate, float) else 1.0)
    plot.line([(0, 0), (bend, 1), (1, 1)], GREEN, "8 3", str(PERFECT))
    plot.line(table.frame.select("subjects", "bads").rows(), BLUE, name=str(RANKING))
    return plot.text()


def _perfect_bend(frame: pl.DataFrame, fallback: float) -> float:
    inside = frame.filter((pl.col("perfect") < 1) & (pl.col("subjects") > 0))
    if inside.is_empty():
        return fallback
    row = inside.row(-1, named=True)
    return float(row["subjects"] / row["perfect"])


def separation(table: Table) -> str:
    """Draw both classes' cumulative shares, and the gap KS measures."""
    axis = table.frame.columns[0]
    frame = table.frame.sort(axis)
    ends = float(frame[axis][0]), float(frame[axis][-1])
    on_score = axis == "score"
    axes = Axes(
        Bilingual("score", "分数") if on_score else Bilingual("PD", "违约概率"),
        Bilingual("share on the risky side", "高风险一侧累计占比"),
    )
    plot = _plot(table, axes, ends, (0, 1), (not on_score, True))
    plot.line(frame.select(axis, "bads").rows(), RED, "7 3", str(BADS))
    plot.line(frame.select(axis, "goods").rows(), BLUE, name=str(GOODS))
    widest = frame.sort((pl.col("bads") - pl.col("goods")).abs()).row(-1, named=True)
    at = widest[axis]
    plot.interval((at, widest["goods"]), (at, widest["bads"]), INK)
    gap = abs(widest["bads"] - widest["goods"])
    right = at < (ends[0] + ends[1]) / 2
    plot.word(
        at,
        (widest["bads"] + widest["goods"]) / 2,
        f"\u00a0KS {gap:.3f}\u00a0",
        "start" if right else "end",
    )
    return plot.text()


def distribution(table: Table) -> str:
    """Draw the distribution of each class over score steps."""
    frame = table.frame
    low, high = float(frame["score_from"][0]), float(frame["score_to"][-1])
    top = max(float(frame[name].to_numpy().max()) for name in ("goods", "bads"))
    plot = _plot(table, DISTRIBUTION, (low, high), (0, top * 1.05), (False, True))
    for row in frame.iter_rows(named=True):
        plot.bar(row["score_from"], row["score_to"], 0, row["goods"], BLUE, faint=True)
    for name, colour, dash, word in (("goods", BLUE, "", GOODS), ("bads", RED, "7 3", BADS)):
        steps = []
        for row in frame.iter_rows(named=True):
            steps += [(row["score_from"], row[name]), (row["score_to"], row[name])]
        plot.line(steps, colour, dash, str(word))
    return plot.text()


def reliability(table: Table) -> str:
    """Draw bad rates of bins against their mean PD, with intervals."""
    frame = table.frame
    top = max(float(frame["pd"].to_numpy().max()), float(frame["high"].to_numpy().max())) * 1.03
    plot = _plot(table, RELIABILITY, (0, top), (0, top))
    plot.line([(0, 0), (top, top)], GREY, "4 4", str(RIGHT))
    for row in frame.iter_rows(named=True):
        plot.interval((row["pd"], row["low"]), (row["pd"], row["high"]), BLUE)
        plot.dot(row["pd"], row["bad_rate"], BLUE)
    plot.key(BLUE, str(BINS))
    return plot.text()


def psi(table: Table) -> str:
    """Draw the shares of reference and current sample, cell by cell."""
    frame = table.frame.head(ROWS_AT_MOST)
    names = frame["cell"].to_list()
    top = max(float(frame[name].to_numpy().max()) for name in ("reference", "current")) * 1.05
    plot = _rows(str(table.name), names, (0, top), tr("share", "占比"), percent=True, each=26)
    for place, row in enumerate(frame.iter_rows(named=True)):
        y = len(names) - place
        plot.bar(0, row["reference"], y - 0.12, y - 0.48, GREY, faint=True)
        plot.bar(0, row["current"], y - 0.52, y - 0.88, BLUE)
    plot.key(GREY, tr("upper bar: reference", "上条:参照"))
    plot.key(BLUE, tr("lower bar: current", "下条:当前"))
    return plot.text()


def _forest(
    title: str,
    frame: pl.DataFrame,
    label: str,
    value: str,
    name: str,
    percent: bool,
    pd: dict[str, float] | None = None,
) -> str:
    names = [in_words(str(text)) for text in frame[label]]
    ends = [
        float(number) for column in (value, "low", "high") for number in frame[column].drop_nulls()
    ]
    ends += (pd or {}).values()
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    room_for = (high - low) * 0.05 or 0.05
    low = 0.0 if percent else low - room_for
    plot = _rows(title, names, (low, high + room_for), name, percent=percent, each=24)
    for place, row in enumerate(frame.iter_rows(named=True)):
        y = len(names) - place - 0.5
        if row[value] is None:
            plot.word(low + room_for, y, str(WORDS.get(row.get("note") or "", "—")))
            continue
        if row["low"] is not None and row["high"] is not None:
            plot.interval((row["low"], y), (row["high"], y), BLUE)
        plot.dot(row[value], y, BLUE)
        if pd and row[label] in pd:
            plot.dot(pd[row[label]], y, RED, hollow=True)
    if pd:
        plot.key(BLUE, tr("bad rate, with interval", "坏账率及区间"))
        plot.key(RED, tr("PD", "违约概率"), hollow=True)
    return plot.text()


def grade_rates(table: Table) -> str:
    """Draw the bad rate of each grade with its interval."""
    shown = table.frame.filter(pl.col("subjects") > 0).head(ROWS_AT_MOST)
    return _forest(str(table.name), shown, "grade", "bad_rate", str(GRADE_RATES.y), True)


def grade_tests(table: Table) -> str:
    """Draw the bad rate of each grade beside its PD."""
    shown = table.frame.filter(pl.col("grade").is_not_null()).head(ROWS_AT_MOST)
    pd = dict(shown.select("grade", "pd").iter_rows())
    return _forest(str(table.name), shown, "grade", "bad_rate", tr("rate", "比率"), True, pd)


def groups(table: Table) -> str:
    """Draw the AUC of each group or period with its interval."""
    label = "period" if "period" in table.frame.columns else "group"
    shown = table.frame.filter(pl.col("metric") == "auc").head(ROWS_AT_MOST)
    return _forest(f"{table.name}: AUC", shown, label, "value", "AUC", False)


def approvals(table: Table) -> str:
    """Draw the approval rate of each group with its interval."""
    names = {"approval_low": "low", "approval_high": "high"}
    shown = table.frame.rename(names).head(ROWS_AT_MOST)
    title = f"{table.name}: {tr('approval', '通过率')}"
    return _forest(title, shown, "group", "approval", tr("approval rate", "通过率"), True)


DRAWN: dict[str, Callable[[Table], str]] = {
    "roc": roc,
    "cap": cap,
    "separation": separation,
    "distribution": distribution,
    "reliability": reliability,
    "psi": psi,
    "grade_rates": grade_rates,
    "grade_tests": grade_tests,
    "periods": groups,
}


def drawing(table: Table) -> str | None:
    """Return the drawing of a table, None where it has none."""
    if table.frame.is_empty():
        return None
    if table.id.startswith("group_"):
        return groups(table)
    if table.id.startswith("fairness_"):
        return approvals(table)
    draw = DRAWN.get(table.id)
    return None if draw is None else draw(table)

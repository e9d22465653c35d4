"""A change of the rules as figures: who moves up and down by group, and where the cliffs are."""

from __future__ import annotations

from typing import Any

import polars as pl

from lishui_credit.figures.binning import short
from lishui_credit.figures.style import LEGEND, blank, rate_axis, rows_down
from lishui_credit.figures.traces import marks, reach
from lishui_credit.language import tr
from lishui_credit.reports.palette import BLUE, GREY, RED
from lishui_credit.tables.data_words import in_words


def movers(groups: pl.DataFrame, *, label: str = "", synthetic: bool = False) -> Any:
    """Return the shares that move up and down in every group, with their intervals."""
    frame = groups.filter(pl.col("note") == "")
    names = [
        short(in_words(str(group))) if column else tr("everybody", "全部")
        for column, group in frame.select("column", "group").iter_rows()
    ]
    figure = blank(
        tr("Who moves", "等级变动"), synthetic, 680, 190 + 40 * max(3, len(names)), label
    )
    for side, said, colour, mark in (
        ("up", tr("to a better grade", "上升"), BLUE, "triangle-up"),
        ("down", tr("to a worse grade", "下降"), RED, "triangle-down"),
    ):
        ends = reach(frame[f"{side}_share"], frame[f"{side}_low"], frame[f"{side}_high"])
        words = [f"{moved:,} / {of:,}" for moved, of in frame.select(side, "subjects").iter_rows()]
        more: dict[str, Any] = {"size": 11, "error_x": ends, "hovertext": words}
        marks(figure, frame[f"{side}_share"], names, said, colour, mark, **more)
    share = tr("share of the group, 95% interval", "占本组比例(95% 区间)")
    figure.update_layout(xaxis=rate_axis(share), legend=LEGEND)
    rows_down(figure, names)
    return figure


def cliff_marks(
    beside: pl.DataFrame, *, most: int = 12, label: str = "", synthetic: bool = False
) -> Any:
    """Return how many subjects each step moves under the old rules and the new, most first."""
    frame = beside.head(most)
    names = [
        f"{short(step, 34)} · {way}" for step, way in frame.select("step", "direction").iter_rows()
    ]
    title = tr("One step from another grade", "一步之差")
    figure = blank(title, synthetic, 720, 190 + 34 * max(3, len(names)), label)
    for side, said, colour, mark in (
        ("old", tr("in force", "现行"), GREY, "square"),
        ("new", tr("changed", "改动后"), BLUE, "diamond"),
    ):
        words = [
            f"{rule} [{clause}]" for rule, clause in frame.select("rule", "clause").iter_rows()
        ]
        marks(figure, frame[side], names, said, colour, mark, size=11, hovertext=words)
    axis = {"title": tr("subjects", "主体数"), "rangemode": "tozero"}
    figure.update_layout(xaxis=axis, legend=LEGEND)
    rows_down(figure, names)
    return figure

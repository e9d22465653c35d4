"""The counties as plotly figures: a schematic map, a heat table, a league with intervals.

The map is filled polygons on plain axes: nothing is fetched, and it says that it is schematic.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from lishui_credit.figures.style import blank
from lishui_credit.figures.traces import marks, reach
from lishui_credit.language import dated, tr, typeset
from lishui_credit.plan.definitions import indicator
from lishui_credit.plan.divisions import CITY, division
from lishui_credit.plan.evaluation.drawings import scale
from lishui_credit.plan.shapes import ATTRIBUTION, labels, outlines
from lishui_credit.plan.status import STATUSES
from lishui_credit.reports.palette import BLUE, EDGE, GREY, GRID, INK, STATUS_FILLS

_COS: Final = 0.88
"""Cosine of Lishui's latitude: a degree of longitude against one of latitude."""


def map_plot(table: pl.DataFrame, key: str, *, synthetic: bool = False) -> Any:
    """Return the nine counties as filled outlines in the colours of their statuses."""
    # Source: 地图管理条例 art. 15-22 (maps made public are examined): hence "schematic".
    row = indicator(key)
    found = {
        r["adcode"]: r
        for r in table.filter(pl.col("indicator") == key).iter_rows(named=True)
        if r["adcode"] != CITY
    }
    title = tr(f"{row.short} · schematic map", f"{row.short} · 示意图")
    figure = blank(typeset(title), synthetic, 620, 600)
    for code, ring in outlines().items():
        state = STATUSES[found[code]["status"]] if code in found else STATUSES["no_data"]
        figure.add_scatter(
            x=[x for x, _ in ring], y=[y for _, y in ring], fill="toself", mode="lines",
            fillcolor=STATUS_FILLS[state.id][0], line={"color": EDGE, "width": 1},
            name=state.word, hoverinfo="skip", showlegend=False,
        )  # fmt: skip
    for code, (x, y) in labels().items():
        r = found.get(code)
        state = STATUSES[r["status"]] if r else STATUSES["no_data"]
        value = short_value(key, r["value"]) if r else "—"
        area = division(code)
        figure.add_annotation(
            x=x, y=y, showarrow=False, font={"color": INK, "size": 12}, borderpad=1,
            bgcolor="rgba(255, 255, 255, 0.78)",
            text=typeset(f"<b>{area.short}</b><br>{state.icon} {value}"),
            hovertext=typeset(f"{area.name} · {state.word}"),
        )  # fmt: skip
    _name_statuses(figure, {r["status"] for r in found.values()})
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(visible=False, fixedrange=True, scaleanchor="x", scaleratio=1 / _COS)
    figure.add_annotation(
        text=tr(ATTRIBUTION["en"], ATTRIBUTION["zh"]).replace(";", "<br>", 1),
        xref="paper", yref="paper", x=0, y=-0.02, xanchor="left", yanchor="top", showarrow=False,
        align="left", font={"size": 10, "color": GREY},
    )  # fmt: skip
    figure.update_layout(
        legend={"orientation": "h", "x": 0, "y": -0.10, "yanchor": "top"},
        margin={"l": 8, "r": 8, "t": 56, "b": 70},
        hovermode=False,
    )
    return figure


def _name_statuses(figure: Any, used: set[str]) -> None:
    """Name the statuses in use in the legend, beside their icons and colours."""
    for state in STATUSES.values():
        if state.id in used:
            name, colour = f"{state.icon} {state.word}", STATUS_FILLS[state.id][0]
            edge = {"color": EDGE, "width": 1}
            marks(figure, [None], [None], name, colour, "square", size=13, marker_line=edge)


def short_value(key: str, value: float | None) -> str:
    """Return a value for a narrow cell: percent without its sign, counts and money in large units."""
    if value is None:
        return "—"
    if indicator(key).unit == "percent":
        return f"{value:.1f}"
    amount = value / scale(indicator(key))[0]
    return f"{amount:,.{0 if amount >= 100 else 1 if amount >= 1 else 2}f}"


def league_plot(league: pl.DataFrame, key: str, *, synthetic: bool = False) -> Any:
    """Return the counties with their intervals, and beside each its place as a range."""
    row = indicator(key)
    day = dated(max(league["period"].drop_nulls(), default=None))
    figure = blank(
        typeset(f"{row.short} · {day}"), synthetic, 760,
        130 + 40 * max(league.height, 3),
    )  # fmt: skip
    names = [division(code).short for code in league["adcode"]]
    figure.add_scatter(
        x=league["value"].to_list(), y=names, mode="markers", showlegend=False,
        marker={"color": BLUE, "size": 10},
        error_x=reach(
            league["value"], league["low"], league["high"], color=BLUE, thickness=2, width=5
        ),
        hovertext=[place_words(r) for r in league.iter_rows(named=True)], hoverinfo="text+x",
    )  # fmt: skip
    for name, r in zip(names, league.iter_rows(named=True), strict=True):
        figure.add_annotation(
            x=1.02, xref="paper", xanchor="left", y=name, showarrow=False, align="left",
            text=place_words(r), font={"size": 12, "color": INK},
        )  # fmt: skip
    unit = (
        "%"
        if row.kind != "doubling"
        else tr("multiple of the county's own 2015", "本县2015年的倍数")
    )
    figure.update_yaxes(autorange="reversed", automargin=True, gridcolor=GRID)
    figure.update_xaxes(title=unit, gridcolor=GRID)
    figure.update_layout(margin={"l": 8, "r": 150, "t": 56, "b": 48})
    return figure


def place_words(row: dict[str, Any]) -> str:
    """Return a county's place in a league as words: one place, a range, or none."""
    first, last = row["place_from"], row["place_to"]
    if first is None or last is None:
        return tr("not placed", "不排位")
    where = f"{first}" if first == last else tr(f"{first} to {last}", f"{first}–{last}")
    return tr(f"place {where} · {row['groups']}", f"第 {where} 位 · {row['groups']}")

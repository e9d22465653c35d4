"""Drift of a model as plotly figures: PSI by period and characteristic, a metric by period.

Drawn from the tables of a `Validation` as they are. Beside the convention's thresholds stands what
chance alone would show.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from lishui_credit.figures.binning import apart
from lishui_credit.figures.style import LEGEND, blank, rows_down
from lishui_credit.figures.traces import TEXT_OUTSIDE, line, marks, reach
from lishui_credit.language import tr
from lishui_credit.reports.palette import BLUE, GREEN, GREY, INK, ORANGE, RED
from lishui_credit.validation.stability import CONVENTION

_MOVED = {
    "stable": ("stable", "稳定", GREEN, "circle"),
    "watch": ("watch", "关注", ORANGE, "diamond"),
    "shifted": ("shifted", "显著变化", RED, "square"),
}


def moved_word(moved: str) -> str:
    """Return the convention's word in the language in use."""
    english, chinese, _, _ = _MOVED[moved]
    return tr(english, chinese)


def _by_chance() -> str:
    return tr("chance alone, 95%", "仅由偶然(95%)")


def _thresholds(figure: Any, *, upright: bool) -> None:
    line = figure.add_vline if upright else figure.add_hline
    for value, colour, dash in zip(CONVENTION, (ORANGE, RED), ("dash", "solid"), strict=True):
        line(value, line={"color": colour, "dash": dash, "width": 1})


def psi_by_period(table: pl.DataFrame, *, synthetic: bool = False) -> Any:
    """Return the PSI of the score period by period, with what chance alone would show."""
    figure = blank(tr("PSI of the score by period", "各期分数 PSI"), synthetic, 680, 400)
    line(
        figure,
        table["period"],
        table["psi"],
        "PSI",
        BLUE,
        mode="lines+markers+text",
        marker={
            "color": [_MOVED[moved][2] for moved in table["moved"]],
            "symbol": [_MOVED[moved][3] for moved in table["moved"]],
            "size": 11,
        },
        text=[moved_word(moved) for moved in table["moved"]],
        textposition="top center",
        hovertext=[f"{rows:,}" for rows in table["subjects"]],
        cliponaxis=False,
    )
    marked: dict[str, Any] = {
        "mode": "lines+markers",
        "marker": {"symbol": "line-ew-open", "size": 10},
    }
    line(figure, table["period"], table["critical"], _by_chance(), GREY, "dot", **marked)
    _thresholds(figure, upright=False)
    return _by_period(figure, {"rangemode": "tozero", "title": "PSI"})


def _by_period(figure: Any, yaxis: dict[str, Any]) -> Any:
    xaxis = {"type": "category", "title": tr("period", "期间")}
    return figure.update_layout(xaxis=xaxis, yaxis=yaxis, legend=LEGEND)


def csi_bars(
    table: pl.DataFrame, *, names: Mapping[str, str] | None = None, synthetic: bool = False
) -> Any:
    """Return the index of every characteristic, the most moved first."""
    title = tr("Stability of characteristics (CSI)", "各特征稳定性(CSI)")
    figure = blank(title, synthetic, 680, 170 + 34 * max(4, table.height))
    features = table["feature"].to_list()
    shown = apart([(names or {}).get(name, name) for name in features], features, 16, 9)
    figure.add_bar(
        y=shown,
        x=table["psi"].to_list(),
        orientation="h",
        name="CSI",
        marker={"color": [_MOVED[moved][2] for moved in table["moved"]]},
        text=[
            f"{value:.3f} {moved_word(moved)}"
            for value, moved in table.select("psi", "moved").iter_rows()
        ],
        showlegend=False,
        **TEXT_OUTSIDE,
    )
    marks(figure, table["critical"], shown, _by_chance(), INK, "line-ns-open", size=14)
    _thresholds(figure, upright=True)
    widest = max([CONVENTION[1], *table["psi"].to_list()])
    figure.update_layout(xaxis={"range": [0, 1.25 * widest], "title": "CSI"}, legend=LEGEND)
    rows_down(figure, shown)
    return figure


def metric_by_period(
    table: pl.DataFrame,
    metric: str = "auc",
    *,
    development: float | None = None,
    synthetic: bool = False,
) -> Any:
    """Return one metric period by period with its interval, and its value at development."""
    frame = table.filter((pl.col("metric") == metric) & pl.col("value").is_not_null())
    name = metric.upper() if metric in ("auc", "ks") else metric
    title = f"{name} {tr('by period', '(各期)')}"
    figure = blank(title, synthetic, 680, 400)
    line(
        figure,
        frame["period"],
        frame["value"],
        tr(f"{name}, 95% interval", f"{name}(95% 区间)"),
        BLUE,
        mode="lines+markers",
        error_y=reach(frame["value"], frame["low"], frame["high"]),
        marker={"size": 9},
        hovertext=[
            f"{rows:,} · {bads:,}" for rows, bads in frame.select("subjects", "bads").iter_rows()
        ],
    )
    if development is not None:
        level = [development] * frame.height
        line(figure, frame["period"], level, tr("at development", "建模时"), GREEN, "dash")
    return _by_period(figure, {"title": name})

"""Stress as plotly figures: what each shock does alone, and all of them together.

Drawn from the frames as they are. Colours are Okabe and Ito's; bars of a loss are hatched as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from lishui_credit.figures.amounts import DIGITS, unit
from lishui_credit.figures.binning import short
from lishui_credit.figures.style import LEGEND, blank, rows_down
from lishui_credit.figures.traces import line
from lishui_credit.language import Bilingual, tr
from lishui_credit.reports.palette import BLUE, GREEN, GREY, INK, RED

if TYPE_CHECKING:
    from lishui_credit.cutoffs.stress import Joint

_LONGEST = 34


def tornado(
    table: pl.DataFrame, *, currency: Bilingual | None = None, synthetic: bool = False
) -> Any:
    """Return the profit under each shock alone, from the profit without one, the widest first."""
    start = table.filter(pl.col("shock").is_null())["profit_fen"][0]
    shocks = table.filter(pl.col("shock").is_not_null()).sort(
        pl.col("change_fen").abs(), descending=True, maintain_order=True
    )
    profits = shocks["profit_fen"].to_list()
    money = unit([start, *profits], currency)
    title = tr("Profit under one shock at a time", "单项冲击下的利润")
    figure = blank(title, synthetic, 720, 190 + 38 * max(3, shocks.height))
    figure.add_bar(
        y=[short(str(name), _LONGEST) for name in shocks["shock"]],
        x=money.of(shocks["change_fen"]),
        base=start / money.fen,
        orientation="h",
        marker={
            "color": [GREEN if change >= 0 else RED for change in shocks["change_fen"]],
            "pattern": {"shape": ["/" if loses else "" for loses in shocks["loses_money"]]},
        },
        hovertext=[str(name) for name in shocks["shock"]],
        showlegend=False,
    )
    # figures stand in a column of their own: beside the bars they would cover one another
    for name, profit in zip(shocks["shock"], profits, strict=True):
        figure.add_annotation(
            x=1.02,
            xref="paper",
            xanchor="left",
            y=short(str(name), _LONGEST),
            text=money.said(profit),
            showarrow=False,
        )
    figure.add_vline(x=start / money.fen, line={"color": BLUE, "width": 2})
    figure.add_annotation(
        x=start / money.fen,
        yref="paper",
        y=1.0,
        yanchor="bottom",
        text=tr(f"no shock: {money.said(start)}", f"无冲击:{money.said(start)}"),
        font={"color": BLUE},
        showarrow=False,
    )
    if min(start, *profits) <= 0 <= max(start, *profits):
        figure.add_vline(x=0, line={"color": GREY, "dash": "dot"})
    figure.update_layout(
        xaxis={"title": f"{tr('profit', '利润')}, {money.name}", "tickformat": DIGITS},
        margin={"r": 110},
    )
    rows_down(figure)
    return figure


def profit_distribution(
    joint: Joint, *, currency: Bilingual | None = None, synthetic: bool = False
) -> Any:
    """Return the profits of all draws as a histogram, with their mean, interval and zero."""
    profits = joint.frame["profit_fen"]
    money = unit(profits, currency)
    share = f"{joint.loss.value:.1%}"
    title = tr(
        f"Profit under shocks together: {share} of draws lose money",
        f"联合冲击下的利润:{share} 的模拟亏损",
    )
    figure = blank(title, synthetic, 720, 460)
    figure.add_histogram(
        x=(profits / money.fen).to_list(),
        nbinsx=80,
        histnorm="probability",
        name=tr("draws", "模拟"),
        marker={"color": BLUE},
        opacity=0.7,
    )
    for value, name, colour, dash in (
        (joint.mean_fen, tr("mean", "均值"), RED, "solid"),
        (joint.low_fen, tr("interval", "区间"), GREY, "dash"),
        (joint.high_fen, tr("interval", "区间"), GREY, "dash"),
        (joint.shortfall_fen, tr("mean of the worst 1%", "最差 1% 的均值"), GREEN, "dashdot"),
        (0, tr("no profit", "零利润"), INK, "dot"),
    ):
        place, shown = [value / money.fen] * 2, value != joint.high_fen
        line(figure, place, [0, 1], name, colour, dash, yaxis="y2", showlegend=shown)
    figure.update_layout(
        xaxis={"title": f"{tr('profit', '利润')}, {money.name}", "tickformat": DIGITS},
        yaxis={"title": tr("share of draws", "模拟占比"), "tickformat": ".3~%"},
        yaxis2={"overlaying": "y", "range": [0, 1], "visible": False},
        legend=LEGEND,
    )
    return figure

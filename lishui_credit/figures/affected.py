"""Who is affected by a policy, as plotly figures: rates and gaps by group, profit against the gap.

Drawn from the frames as they are. Colours are Okabe and Ito's; every rate also has its own mark.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from lishui_credit.figures.amounts import DIGITS, unit
from lishui_credit.figures.binning import short
from lishui_credit.figures.findings import few_named
from lishui_credit.figures.style import LEGEND, blank, rate_axis, rows_down
from lishui_credit.figures.traces import marks, reach
from lishui_credit.language import Bilingual, tr
from lishui_credit.reports.palette import BLUE, GREEN, GREY, RED
from lishui_credit.tables.data_words import in_words

_RATES = (
    ("approval", ("approved", "通过率"), BLUE, "circle"),
    ("opportunity", ("approved, of the good", "好客户通过率"), GREEN, "square"),
    ("bad_rate", ("bad, of the approved", "批准者坏账率"), RED, "diamond"),
)


def group_rates(
    table: pl.DataFrame, column: str, *, gaps: bool = False, synthetic: bool = False
) -> Any:
    """Return approval, opportunity and bad rate of every group, with intervals.

    Groups too small for rates are named below the axis.
    """
    own = table.filter(pl.col("column") == column)
    rows = own.filter(pl.col("approval").is_not_null())
    base = rows.filter(pl.col("note") == "reference")["group"].to_list()
    what = tr("Gaps", "差距") if gaps else tr("Rates", "比率")
    against = tr(f" against {base[0]}", f"(参照 {base[0]})") if gaps and base else ""
    title = f"{what}{against} · {column}"
    figure = blank(title, synthetic, 700, 200 + 56 * max(3, rows.height))
    for rate, name, colour, mark in _RATES:
        value = f"{rate}_gap" if gaps else rate
        part = rows.filter(pl.col(value).is_not_null())
        middle, low, high = (part[f"{value}{end}"] for end in ("", "_low", "_high"))
        ends = reach(middle, low.fill_null(middle), high.fill_null(middle))
        groups = [short(in_words(str(group))) for group in part["group"]]
        more: dict[str, Any] = {"error_x": ends, "orientation": "h", "offsetgroup": rate}
        marks(figure, middle, groups, tr(*name), colour, mark, **more)
    if gaps:
        figure.add_vline(x=0, line={"color": GREY, "dash": "dot"})
    axis = tr("difference of rates", "比率之差") if gaps else tr("rate", "比率")
    few = few_named(own, "loans")
    figure.update_layout(
        scattermode="group",
        xaxis={
            "title": f"{axis}<br><sub>{few}</sub>" if few else axis,
            "tickformat": "+.3~%" if gaps else ".3~%",
            "rangemode": "normal" if gaps else "tozero",
        },
        legend=LEGEND,
    )
    rows_down(figure)
    return figure


def frontier(
    table: pl.DataFrame,
    group: str,
    *,
    chosen: tuple[float, int] | None = None,
    currency: Bilingual | None = None,
    synthetic: bool = False,
) -> Any:
    """Return profit against the largest gap between groups, over policies that none beats."""
    money = unit([*table["profit_fen"], *([chosen[1]] if chosen else [])], currency)
    title = tr(f"Profit and the largest gap · {group}", f"利润与最大差距 · {group}")
    figure = blank(title, synthetic, 680, 460)
    cuts = [name for name in table.columns if name not in _FIGURES]
    approved, none = tr("approved", "通过率"), tr("nobody", "不批准")
    hover = [
        f"{approved} {row['approval_rate']:.1%}<br>"
        + "<br>".join(f"{name}: {none if row[name] is None else row[name]}" for name in cuts)
        for row in table.iter_rows(named=True)
    ]
    figure.add_scatter(
        x=table["largest_gap"].to_list(),
        y=money.of(table["profit_fen"]),
        mode="lines+markers",
        name=tr("efficient policies", "没有更优的政策"),
        line={"color": BLUE, "shape": "hv"},
        marker={"size": 6},
        hovertext=hover,
        hoverinfo="text+x+y",
    )
    if chosen:
        gap, profit = chosen
        name = tr("policy shown", "所论政策")
        marks(figure, [gap], money.of([profit]), name, RED, "diamond", size=12)
    figure.update_layout(
        xaxis=rate_axis(tr("largest gap between groups", "组间最大差距"), rangemode="tozero"),
        yaxis={"title": f"{tr('profit', '利润')}, {money.name}", "tickformat": DIGITS},
        legend=LEGEND,
    )
    return figure


_FIGURES = ("profit_fen", "largest_gap", "approval_rate")

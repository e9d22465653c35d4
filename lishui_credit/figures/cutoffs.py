"""Cut-offs as plotly figures: sweeps, swap sets; drawn from the frames as they are, not computed.

Bands are intervals. Colours are Okabe and Ito's; every series also has its own dash or mark, and
money is drawn in a unit that reads well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from lishui_credit.figures.amounts import DIGITS, unit
from lishui_credit.figures.binning import short
from lishui_credit.figures.style import BAND, LEGEND, blank, rate_axis, rows_down
from lishui_credit.figures.traces import TEXT_OUTSIDE, line, marks, reach
from lishui_credit.language import Bilingual, tr
from lishui_credit.reports.palette import BLUE, GREEN, GREY, RED

_SETS = {
    "approved_old": ("old policy", "旧政策"),
    "swap_out": ("leave", "换出"),
    "swap_in": ("enter", "换入"),
    "approved_new": ("new policy", "新政策"),
    "both": ("both approve", "两者均批准"),
    "neither": ("neither approves", "两者均不批准"),
    "open": ("not decided", "未决"),
}


def _band(
    figure: Any, x: list[Any], low: list[Any], high: list[Any], name: str, group: str = ""
) -> None:
    """Shade between two lines; rows without an interval leave a gap."""
    rows = [row for row in zip(x, low, high, strict=True) if None not in row]
    if not rows:
        return
    places, lows, highs = (list(column) for column in zip(*rows, strict=True))
    for y, fill in ((lows, None), (highs, "tonexty")):
        figure.add_scatter(
            x=places,
            y=y,
            mode="lines",
            line={"width": 0},
            fill=fill,
            fillcolor=BAND,
            name=name,
            showlegend=fill is not None,
            legendgroup=group or name,
            hoverinfo="skip",
        )


def trade_off(swept: pl.DataFrame, *, synthetic: bool = False) -> Any:
    """Return how many are approved against how many of them go bad, cut-off by cut-off."""
    frame = swept.filter(pl.col("approved") > 0)
    title = tr("Approval against bad rate", "通过率与坏账率")
    figure = blank(title, synthetic, 680, 460)
    x = frame["approval_rate"].to_list()
    _band(
        figure,
        x,
        frame["bad_rate_approved_low"].to_list(),
        frame["bad_rate_approved_high"].to_list(),
        tr("interval", "区间"),
    )
    bad_rate = tr("bad rate of the approved", "批准者坏账率")
    line(figure, x, frame["bad_rate_approved"], bad_rate, BLUE, hovertext=_cuts(frame))
    top = frame.sort("profit_fen", descending=True, maintain_order=True).head(1)
    _best(figure, top["approval_rate"], top["bad_rate_approved"], hovertext=_cuts(top))
    return figure.update_layout(
        xaxis=rate_axis(tr("approval rate", "通过率"), range=[0, 1.02]),
        yaxis=rate_axis(bad_rate, rangemode="tozero"),
        legend=LEGEND,
    )


def _cuts(swept: pl.DataFrame) -> list[str]:
    return [f"{tr('cut-off', '分数线')} {cut}" for cut in swept["cut_off"]]


def _best(figure: Any, x: Iterable[Any], y: Iterable[Any], **more: Any) -> None:
    """Mark the cut-off of most profit."""
    marks(figure, x, y, tr("most profit", "利润最高"), RED, "diamond", size=12, **more)


def _by_cut_off(figure: Any, frame: pl.DataFrame, yaxis: dict[str, Any]) -> Any:
    """Lay a figure out whose x axis are the cut-offs of a sweep."""
    title = tr("approve from this score up", "批准分数线(含)")
    figure.update_layout(xaxis={"title": title}, yaxis=yaxis, legend=LEGEND)
    if frame["cut_off"].dtype == pl.String:
        figure.update_xaxes(type="category")
    return figure


def profit_curve(
    swept: pl.DataFrame, *, currency: Bilingual | None = None, synthetic: bool = False
) -> Any:
    """Return profit against the cut-off, with its interval, the best and its plateau."""
    frame = swept.filter(pl.col("cut_off").is_not_null())
    money = unit(
        [*frame["profit_fen"], *frame["profit_fen_low"], *frame["profit_fen_high"]], currency
    )
    figure = blank(tr("Profit by cut-off", "各分数线的利润"), synthetic, 680, 460)
    x, y = frame["cut_off"].to_list(), money.of(frame["profit_fen"])
    _band(
        figure,
        x,
        money.of(frame["profit_fen_low"]),
        money.of(frame["profit_fen_high"]),
        tr("interval", "区间"),
    )
    line(figure, x, y, tr("profit", "利润"), BLUE)
    flat = frame["plateau"].fill_null(False).to_list()
    if any(flat):
        figure.add_scatter(
            x=x,
            y=[value if on else None for value, on in zip(y, flat, strict=True)],
            mode="lines",
            name=tr("not told from the best", "与最优无法区分"),
            line={"color": GREEN, "width": 6},
            opacity=0.6,
        )
    top = frame["profit_fen"].arg_max()
    if top is not None:
        _best(figure, [x[top]], [y[top]])
    figure.add_hline(y=0, line={"color": GREY, "dash": "dot"})
    return _by_cut_off(figure, frame, {"title": money.name, "tickformat": DIGITS})


def rates_by_cut_off(swept: pl.DataFrame, *, synthetic: bool = False) -> Any:
    """Return approval rate, captured bads and both bad rates against the cut-off."""
    frame = swept.filter(pl.col("cut_off").is_not_null())
    figure = blank(tr("Rates by cut-off", "各分数线的比率"), synthetic, 680, 460)
    for column, name, colour, dash in (
        ("approval_rate", tr("approved", "通过率"), BLUE, "solid"),
        ("captured_bads", tr("bads declined, of all bads", "拒绝的坏样本占比"), GREEN, "dash"),
        ("bad_rate_approved", tr("bad rate, approved", "批准者坏账率"), RED, "dot"),
        ("bad_rate_declined", tr("bad rate, declined", "拒绝者坏账率"), GREY, "dashdot"),
    ):
        line(figure, frame["cut_off"], frame[column], name, colour, dash)
    return _by_cut_off(figure, frame, {"tickformat": ".3~%", "range": [0, 1.02]})


def swap_waterfall(
    table: pl.DataFrame,
    *,
    amounts: bool = False,
    currency: Bilingual | None = None,
    synthetic: bool = False,
) -> Any:
    """Return the way from what an old policy approves to what a new one approves."""
    rows = {row["set"]: row for row in table.iter_rows(named=True)}
    order = ("approved_old", "swap_out", "swap_in", "approved_new")
    column = "amount_fen" if amounts else "applicants"
    raw = [rows[name][column] or 0 for name in order]
    money = unit(raw, currency)
    values = money.of(raw) if amounts else [float(value) for value in raw]
    said = [money.said(value) if amounts else f"{value:,}" for value in raw]
    title = tr("Swap set: who leaves, who enters", "换入换出:谁离开、谁进入")
    figure = blank(title, synthetic, 680, 460)
    figure.add_waterfall(
        x=[f"{tr(*_SETS[name])}<br>{_known(rows[name])}" for name in order],
        y=[values[0], -(values[1] or 0), values[2], values[3]],
        measure=["absolute", "relative", "relative", "total"],
        text=[said[0], f"−{said[1]}", f"+{said[2]}", said[3]],
        decreasing={"marker": {"color": RED}},
        increasing={"marker": {"color": GREEN}},
        totals={"marker": {"color": BLUE}},
        connector={"line": {"color": GREY, "dash": "dot"}},
        **TEXT_OUTSIDE,
    )
    named = money.name if amounts else tr("applicants", "申请人数")
    highest, kept = max(values[0] or 0, values[3] or 0), (values[0] or 0) - (values[1] or 0)
    moved = max(values[1] or 0, values[2] or 0)
    # Small sets would vanish beside the whole; then the axis starts higher, and says so.
    floor = kept - 2 * moved if 0 < moved < 0.1 * highest else 0.0
    if floor > 0:
        named = tr(f"{named}, not from zero", f"{named}(不从零起)")
    figure.update_layout(
        yaxis={
            "title": named,
            "tickformat": DIGITS,
            "range": [max(0.0, floor), highest + 0.15 * ((highest - floor) or 1.0)],
        },
        showlegend=False,
    )
    figure.update_xaxes(tickangle=0)
    return figure


def _known(row: dict[str, Any]) -> str:
    """Say what is known of the outcomes of a set."""
    if row["bad_rate"] is None:
        return tr("no outcome<br>known", "无已知结果")
    rate, known = f"{row['bad_rate']:.1%}", f"{row['known']:,}"
    return tr(f"{rate} bad<br>n = {known}", f"坏账率 {rate}<br>已知 {known}")


def swap_rates(frame: pl.DataFrame, *, label: str = "", synthetic: bool = False) -> Any:
    """Return the bad rate of those who leave and enter, with intervals, by set or by group."""
    shown = frame.filter(pl.col("bad_rate").is_not_null())
    grouped = "group" in frame.columns
    names = shown["group"].unique(maintain_order=True).to_list() if grouped else ["0"]
    height = 200 + 44 * max(3, len(names)) if grouped else 380
    title = tr("Bad rate of the swap set", "换入换出坏账率")
    figure = blank(title, synthetic, 680, height, label)
    for name, colour, mark in (
        ("both", GREY, "circle"),
        ("swap_out", RED, "square"),
        ("swap_in", GREEN, "diamond"),
    ):
        part = shown.filter(pl.col("set") == name)
        called = tr(*_SETS[name])
        rates = part["bad_rate"]
        rows = [short(str(group)) for group in part["group"]] if grouped else [called] * part.height
        interval = reach(rates, part["low"], part["high"])
        more: dict[str, Any] = {"error_x": interval, "orientation": "h", "offsetgroup": name}
        marks(figure, rates, rows, called, colour, mark, **more)
    known = tr("bad rate of the known outcomes", "已知结果的坏账率")
    figure.update_layout(xaxis=rate_axis(known, rangemode="tozero"), legend=LEGEND)
    if grouped:
        figure.update_layout(scattermode="group")
    rows_down(figure)
    return figure

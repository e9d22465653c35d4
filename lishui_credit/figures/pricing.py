"""Prices, lines and exposure as plotly figures: drawn from the frames as they are, not computed.

Colours are Okabe and Ito's; every grade also has its own dash and mark.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from lishui_credit.figures.amounts import DIGITS, unit
from lishui_credit.figures.binning import short
from lishui_credit.figures.style import LEGEND, blank, rows_down
from lishui_credit.figures.traces import TEXT_OUTSIDE, line, marks
from lishui_credit.language import Bilingual, tr
from lishui_credit.reports.palette import BLUE, GREEN, GREY, PURPLE, RED, SKY

_STYLES = (
    (BLUE, "solid", "circle"),
    (GREEN, "dash", "square"),
    (RED, "dot", "diamond"),
    (GREY, "dashdot", "cross"),
    (PURPLE, "longdash", "triangle-up"),
    (SKY, "longdashdot", "star"),
)


def price_curves(
    curve: pl.DataFrame, *, currency: Bilingual | None = None, synthetic: bool = False
) -> Any:
    """Return the expected profit of a line by its rate, one curve per grade."""
    money = unit(curve["expected_profit_fen"], currency)
    title = tr("Expected profit of a line by rate", "各利率下单笔额度的预期利润")
    figure = blank(title, synthetic, 680, 460)
    grades = curve.partition_by("grade", as_dict=True, maintain_order=True)
    for number, ((grade,), part) in enumerate(grades.items()):
        colour, dash, mark = _STYLES[number % len(_STYLES)]
        best = [place for place, is_best in enumerate(part["best"]) if is_best]
        rates = (part["rate_bp"] / 10_000).to_list()
        profit = money.of(part["expected_profit_fen"])
        # the rate stands in the legend: curves cross, and a label on them could not be read
        told = tr(", ", "、").join(f"{rates[place]:.2%}" for place in best)
        name, group = tr(f"grade {grade}: {told}", f"{grade} 级:{told}"), str(grade)
        line(figure, rates, profit, name, colour, dash, legendgroup=group)
        marks(
            figure,
            [rates[place] for place in best],
            [profit[place] for place in best],
            tr(f"best for grade {grade}", f"{grade} 级最优"),
            colour,
            mark,
            size=11,
            legendgroup=group,
            showlegend=False,
            cliponaxis=False,
        )
    figure.add_hline(y=0, line={"color": GREY, "width": 1})
    figure.update_layout(
        xaxis={"title": tr("rate a year", "年利率"), "tickformat": ".3~%"},
        yaxis={"title": money.name, "tickformat": DIGITS},
        legend=LEGEND,
    )
    return figure


def price_by_grade(
    table: pl.DataFrame, *, currency: Bilingual | None = None, synthetic: bool = False
) -> Any:
    """Return what each grade is offered and expected to draw, its rate written above."""
    money = unit(table["offered_fen"], currency)
    figure = blank(tr("Lines and rates by grade", "各等级额度与利率"), synthetic, 680, 460)
    names = []
    for row in table.iter_rows(named=True):
        head = tr(f"grade {row['grade']}", f"{row['grade']} 级")
        firms = tr(f"{row['firms']} firms", f"{row['firms']} 户")
        rate = row["rate_bp"]
        told = tr("no line", "不授信") if rate is None else f"{rate / 10_000:.2%}"
        names.append(f"{head}<br>{firms}<br><b>{told}</b>")
    _granted_and_drawn(
        figure,
        ("offered_fen", tr("offered", "授信")),
        yaxis={"title": money.name, "tickformat": DIGITS},
        drawn_as=lambda column: {
            "x": names,
            "y": money.of(table[column]),
            "text": [money.said(value) if value else "" for value in table[column]],
            **TEXT_OUTSIDE,
        },
    )
    return figure


def _granted_and_drawn(
    figure: Any,
    granted: tuple[str, str],
    drawn_as: Callable[[str], dict[str, Any]],
    **axis: dict[str, Any],
) -> None:
    """Draw bars of what is granted, and hatched beside them what is expected to be drawn."""
    drawn = ("drawn_fen", tr("expected to be drawn", "预期提款"))
    for (column, name), colour, hatch in ((granted, BLUE, ""), (drawn, GREEN, "/")):
        marker = {"color": colour, "pattern": {"shape": hatch}}
        figure.add_bar(name=name, marker=marker, **drawn_as(column))
    figure.update_layout(barmode="group", **axis, legend=LEGEND)


def exposure_bars(
    table: pl.DataFrame,
    *,
    area: str = "county",
    currency: Bilingual | None = None,
    synthetic: bool = False,
) -> Any:
    """Return lines granted and expected to be drawn, area by area, the largest first."""
    frame = table.sort("line_fen", descending=True, maintain_order=True)
    money = unit(frame["line_fen"], currency)
    title = tr("Exposure by area", "各地授信敞口")
    figure = blank(title, synthetic, 680, 180 + 34 * max(4, frame.height))
    names = [short(str(name)) for name in frame[area]]
    _granted_and_drawn(
        figure,
        ("line_fen", tr("lines", "授信额度")),
        lambda column: {"y": names, "x": money.of(frame[column]), "orientation": "h"},
        xaxis={"title": money.name, "tickformat": DIGITS},
    )
    rows_down(figure)
    return figure


def exposure_change_bars(
    table: pl.DataFrame,
    *,
    figure_of: str = "line_fen",
    area: str = "county",
    currency: Bilingual | None = None,
    synthetic: bool = False,
) -> Any:
    """Return what a change of lines or mark-ups moves, area by area."""
    values = table[f"{figure_of}_change"]
    money = unit(values, currency)
    called = {
        "line_fen": tr("lines", "授信额度"),
        "drawn_fen": tr("expected to be drawn", "预期提款"),
        "interest_fen": tr("interest of a year", "一年利息"),
    }.get(figure_of, figure_of)
    title = f"{tr('Change by area', '各地变化')} · {called}"
    figure = blank(title, synthetic, 680, 180 + 30 * max(4, table.height))
    figure.add_bar(
        y=[short(str(name)) for name in table[area]],
        x=money.of(values),
        orientation="h",
        marker={"color": [GREEN if value >= 0 else RED for value in values]},
        text=[f"{'+' if value > 0 else ''}{money.said(value)}" for value in values],
        **TEXT_OUTSIDE,
    )
    figure.add_vline(x=0, line={"color": GREY})
    # room for the figures beside the bars, which the axis would not leave
    drawn = [value for value in money.of(values) if value is not None]
    low, high = min(0.0, *drawn, 0.0), max(0.0, *drawn, 0.0)
    room = 0.15 * (high - low or 1.0)
    figure.update_layout(
        xaxis={
            "title": money.name,
            "tickformat": DIGITS,
            "range": [low - room * (low < 0), high + room],
        },
        showlegend=False,
    )
    rows_down(figure)
    return figure

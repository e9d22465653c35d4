"""The course of an indicator as plotly figures: observed against due, by county, with companions.

Drawn from the frames of `lishui_credit.plan.course` as they are; every line has its own dash, and
years are whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from lishui_credit.figures.style import BAND, LEGEND_BELOW, blank
from lishui_credit.figures.traces import reach
from lishui_credit.language import dated, tr, typeset
from lishui_credit.plan.companion_series import companion_names
from lishui_credit.plan.course import SERIES
from lishui_credit.plan.definitions import BASE, END, PlanIndicator, indicator
from lishui_credit.plan.divisions import CITY, areas, division
from lishui_credit.plan.evaluation.drawings import scale
from lishui_credit.plan.sentences import printed
from lishui_credit.plan.status import STATUSES
from lishui_credit.reports.palette import BLUE, FAINT, GREEN, GREY, GRID, INK, ORANGE, PURPLE, RED

_YEARS: Final = [f"{year}-12-31" for year in range(BASE.year, END.year + 1)]
_NAMES: Final = [str(year) for year in range(BASE.year, END.year + 1)]
_SPAN: Final = ["2015-11-15", "2021-02-15"]
_GAP, _RISE = 0.10, 0.42
"""Room between small charts, in widths and heights of one."""

_MARKS: Final = (
    (BLUE, "solid", "circle"),
    (RED, "dash", "square"),
    (GREEN, "dot", "diamond"),
    (PURPLE, "dashdot", "triangle-up"),
    (ORANGE, "longdash", "cross"),
)


def _years(figure: Any, **more: Any) -> None:
    figure.update_xaxes(
        type="date",
        tickvals=_YEARS,
        ticktext=_NAMES,
        range=_SPAN,
        showgrid=True,
        gridcolor=GRID,
        **more,
    )


def _due(row: PlanIndicator, width: float) -> dict[str, Any]:
    """The line of what is due; a path in steps jumps on its day."""
    shape = "hv" if row.path.kind == "step" else "linear"
    return {"color": GREY, "dash": "dash", "width": width, "shape": shape}


def _scaled(values: pl.Series, by: float) -> list[float | None]:
    return (values / by).to_list()


def _hover(row: PlanIndicator, part: pl.DataFrame) -> list[str]:
    said = []
    for day, value, low, high in part.select("day", "value", "low", "high").iter_rows():
        text = f"{dated(day)} · {printed(row, value)}"
        if low is not None and high is not None and low < high:
            text += f" [{printed(row, low)}, {printed(row, high)}]"
        said.append(typeset(text))
    return said


def _traced(row: PlanIndicator, part: pl.DataFrame, series: str, by: float) -> dict[str, Any]:
    """Return what every trace of a series holds: its days, values, name and hover texts."""
    days, values = part["day"].to_list(), _scaled(part["value"], by)
    said = {"hovertext": _hover(row, part), "hoverinfo": "text+name"}
    return {"x": days, "y": values, "name": str(SERIES[series]), **said}


def course_plot(course: pl.DataFrame, *, synthetic: bool = False) -> Any:
    """Return observed values against what was due and where they lead, of one indicator and area."""
    row, place = _one(course)
    by, unit = scale(row)
    figure = blank(typeset(f"{row.short} · {place}"), synthetic, 760, 430)
    parts = {str(name[0]): part for name, part in course.group_by("series")}
    path = parts.get("path")
    if path is not None:
        figure.add_scatter(**_traced(row, path, "path", by), mode="lines", line=_due(row, 2))
    ahead = parts.get("projection")
    if ahead is not None:
        ahead = ahead.sort("day")
        reach = (("low", None), ("high", "tonexty"))
        for column, fill in reach if not ahead["low"].null_count() else ():
            figure.add_scatter(
                x=ahead["day"].to_list(), y=_scaled(ahead[column], by), mode="lines",
                line={"width": 0}, fill=fill, fillcolor=BAND, hoverinfo="skip",
                name=tr("interval of the projection (95%)", "预测区间(95%)"),
                legendgroup="ahead", showlegend=fill is not None,
            )  # fmt: skip
        dots = {"color": BLUE, "dash": "dot", "width": 2}
        figure.add_scatter(**_traced(row, ahead, "projection", by), mode="lines", line=dots)
    seen = parts.get("observed")
    if seen is not None:
        seen = seen.sort("day")
        figure.add_scatter(
            **_traced(row, seen, "observed", by), mode="lines+markers",
            line={"color": BLUE, "width": 2.5}, marker={"size": 6}, error_y=_reach(seen, by),
        )  # fmt: skip
    goal = parts.get("target")
    if goal is not None:
        mark = {"symbol": "diamond-open", "size": 13, "color": INK, "line": {"width": 2}}
        figure.add_scatter(**_traced(row, goal, "target", by), mode="markers", marker=mark)
    _years(figure)
    figure.update_layout(
        yaxis={"title": unit, "rangemode": "tozero" if row.kind != "survey" else "normal"},
        legend=LEGEND_BELOW, margin={"l": 64, "r": 24, "t": 56, "b": 40}, hovermode="closest",
    )  # fmt: skip
    return figure


def _one(course: pl.DataFrame) -> tuple[PlanIndicator, str]:
    return indicator(course["indicator"][0]), division(course["adcode"][0]).name


def _reach(part: pl.DataFrame, by: float) -> dict[str, Any] | None:
    if part["low"].null_count() == part.height:
        return None
    middle, low, high = (part[name] / by for name in ("value", "low", "high"))
    return reach(middle, low, high, color=BLUE, thickness=1.2, width=4)


def with_multiples(course: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """Return a course with ``multiple`` of each county's own 2015 beside it, for counts and money."""
    bases = dict(table.select("adcode", "base").iter_rows())
    if indicator(course["indicator"][0]).kind != "doubling":
        return course
    own = pl.col("adcode").replace_strict(bases, default=None, return_dtype=pl.Float64)
    return course.with_columns((pl.col("value") / pl.when(own != 0).then(own)).alias("multiple"))


def multiples_plot(
    course: pl.DataFrame, table: pl.DataFrame, *, columns: int = 3, synthetic: bool = False
) -> Any:
    """Return one small chart a county, all on one scale: observed against due."""
    # Counts and money are drawn as multiples of each county's own 2015, shares in percent.
    row = indicator(course["indicator"][0])
    held = {r["adcode"]: r for r in table.iter_rows(named=True)}
    shown = [area for area in areas() if area.adcode in held and area.adcode != CITY]
    lines = -(-len(shown) // columns)
    title = typeset(tr(f"{row.short}, county by county", f"{row.short}:分县(市、区)"))
    doubling = row.kind == "doubling"
    unit = tr("multiple of 2015", "2015年的倍数") if doubling else "%"
    course = with_multiples(course, table)
    parts = {
        (str(code), str(name)): part.sort("day")
        for (code, name), part in course.group_by("adcode", "series")
    }
    measure = "multiple" if doubling else "value"
    layout: dict[str, Any] = {"annotations": []}
    traces: list[dict[str, Any]] = []
    for index, area in enumerate(shown):
        place = "" if index == 0 else str(index + 1)
        line, column = divmod(index, columns)
        left, right = _stretch(column, columns, _GAP)
        top, foot = (1 - end for end in _stretch(line, lines, _RISE))
        layout[f"xaxis{place}"] = {
            "type": "date", "domain": [left, right], "anchor": f"y{place}", "range": _SPAN,
            "tickvals": _YEARS[::5], "ticktext": _NAMES[::5], "gridcolor": GRID,
        }  # fmt: skip
        layout[f"yaxis{place}"] = {
            "domain": [max(foot, 0), top], "anchor": f"x{place}", "gridcolor": GRID,
            "rangemode": "normal" if row.kind == "survey" else "tozero",
            "showticklabels": column == 0, "title": {"text": unit if column == 0 else ""},
        } | ({"matches": "y"} if index else {})  # fmt: skip
        state = STATUSES[held[area.adcode]["status"]]
        layout["annotations"].append(
            {
                "text": f"{area.short}  {state.icon} {state.word}",
                "x": (left + right) / 2, "y": top, "xref": "paper", "yref": "paper",
                "xanchor": "center", "yanchor": "bottom", "showarrow": False, "font": {"size": 13},
            }
        )  # fmt: skip
        if doubling and not held[area.adcode]["base"]:
            continue
        for name, style in (
            ("path", _due(row, 1.5)),
            ("observed", {"color": BLUE, "width": 2}),
        ):
            drawn = parts.get((area.adcode, name), course.clear())
            traces.append(
                {
                    **_traced(row, drawn, name, 1.0), "y": drawn[measure].to_list(),
                    "type": "scatter", "mode": "lines",
                    "line": style, "legendgroup": name, "showlegend": index == 0,
                    "xaxis": f"x{place}", "yaxis": f"y{place}",
                }
            )  # fmt: skip
    figure = blank(title, synthetic, 760, 110 + 170 * lines).add_traces(traces)
    layout["legend"] = LEGEND_BELOW | {"y": -0.07}
    layout["margin"] = {"l": 56, "r": 16, "t": 76, "b": 40}
    # In one piece: an update goes through every property of nine pairs of axes by itself.
    figure.layout = figure.layout.to_plotly_json() | layout
    return figure


def _stretch(place: int, count: int, gap: float) -> tuple[float, float]:
    """Return where one of some equal parts with gaps between them begins and ends, 0 to 1."""
    size = 1 / (count + (count - 1) * gap)
    return place * (1 + gap) * size, place * (1 + gap) * size + size


def companions_plot(
    frame: pl.DataFrame, row: PlanIndicator, place: str, *, synthetic: bool = False
) -> Any:
    """Return the companion series of an indicator, each with its own colour, dash and mark."""
    title = tr(f"Companions of {row.short} · {place}", f"{row.short}的辅助指标 · {place}")
    figure = blank(typeset(title), synthetic, 760, 380)
    called = companion_names(row)
    names: Sequence[str] = frame["companion"].unique(maintain_order=True).to_list()
    for name, (colour, dash, mark) in zip(names, _MARKS, strict=False):
        part = frame.filter(pl.col("companion") == name)
        figure.add_scatter(
            x=part["day"].to_list(), y=part["value"].to_list(), mode="lines+markers",
            name=called.get(name, name), line={"color": colour, "dash": dash},
            marker={"symbol": mark, "size": 9},
        )  # fmt: skip
    _years(figure)
    figure.update_layout(
        yaxis={"title": "%", "rangemode": "tozero", "gridcolor": FAINT},
        legend=LEGEND_BELOW, margin={"l": 56, "r": 16, "t": 56, "b": 40},
    )  # fmt: skip
    return figure

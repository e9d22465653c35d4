"""What every figure shares: the palette's colours, where a legend stands, a loud word on made-up data.

No figure says anything by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from lishui_credit.language import language, spoken, tr
from lishui_credit.reports.palette import (
    BLUE,
    GREEN,
    GREY,
    GRID,
    INK,
    ORANGE,
    PURPLE,
    RED,
    SANS,
    SKY,
)

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

BAND: Final = "rgba(0, 114, 178, 0.18)"
"""Colour of an interval drawn as a band."""

LEGEND: Final = {"orientation": "h", "y": 1.01, "yanchor": "bottom", "x": 0}
"""Where a legend stands: above the plot, growing upwards when it takes two rows."""

LEGEND_BELOW: Final = {"orientation": "h", "y": -0.16, "yanchor": "top", "x": 0}
"""Where a legend stands on a page that may be a phone's: below the plot, growing downwards."""

STATUS_WORDS: Final = {
    "missed": "red",
    "reversed": "red",
    "far_behind": "red",
    "behind": "red",
    "near": "orange",
    "cannot_tell": "gray",
    "no_baseline": "gray",
    "no_data": "gray",
    "on_track": "blue",
    "ahead": "blue",
    "achieved": "blue",
}
"""The name of each status's colour in text, where a page has a palette of named colours."""


_AXIS: Final = {
    "automargin": True,
    "gridcolor": GRID,
    "linecolor": GRID,
    "zerolinecolor": GRID,
    "zerolinewidth": 2,
    "ticks": "",
    "title": {"standoff": 15},
}
TEMPLATE: Final = {
    "layout": {
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "colorway": [BLUE, RED, GREEN, ORANGE, SKY, PURPLE, GREY],
        "font": {"color": INK},
        "hovermode": "closest",
        "hoverlabel": {"align": "left"},
        "title": {"x": 0.05},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
    },
    "data": {"bar": [{"marker": {"line": {"color": "white", "width": 0.5}}}]},
}
"""Looks that every figure starts from. A library's own template names every kind of trace there is,
and copying it takes longer than drawing most figures here."""


def titled(title: str, synthetic: bool) -> str:
    """Return a title that says first whether the data are made up."""
    loud = tr("SYNTHETIC DATA", "合成数据")
    # First, so that nothing cut off at the end can hide it.
    return f"<b>{loud}</b> · {title}" if synthetic else title


def named(figure: Figure) -> str:
    """Return a figure's title without the loud word, in one line."""
    text = (figure.layout.title.text or "").replace("<br>", " · ")
    return text.partition("</b> · ")[2] or text


def drawn(figure: Figure) -> bool:
    """Return whether a figure has a mark: a place and a value, or a cell of a heat map."""
    for trace in figure.data:
        if trace.type == "heatmap":
            if any(cell is not None for row in trace.z or () for cell in row):
                return True
        elif any(None not in mark for mark in zip(trace.x or (), trace.y or (), strict=False)):
            return True
    return False


def blank(title: str, synthetic: bool, width: int, height: int, label: str = "") -> Figure:
    """Return a figure without traces; its title says first whether data are made up, last of what."""
    from plotly import graph_objects

    return graph_objects.Figure(
        layout={
            "title": {
                "text": titled(f"{title} · {label}" if label else title, synthetic),
                "font": {"size": 15},
                "x": 0.01,
                "xanchor": "left",
            },
            "template": TEMPLATE,
            "width": width,
            "height": height,
            "font": {"family": SANS},
        }
    )


def rate_axis(title: str, **more: Any) -> dict[str, Any]:
    """Return an axis of rates, in percent with as many digits as they need."""
    return {"title": title, "tickformat": ".3~%", **more}


def rows_down(figure: Figure, names: Sequence[str] | None = None) -> None:
    """Let the categories of a figure's rows run from the top down, in an order if one is given."""
    order = {} if names is None else {"categoryorder": "array", "categoryarray": list(names)}
    figure.update_yaxes(type="category", autorange="reversed", automargin=True, **order)


def set_in_print(figure: Any) -> Any:
    """Return a figure whose every word is `spoken`, as a page shows it."""
    if language() != "zh":
        return figure  # nothing is set otherwise

    def said(part: Any) -> Any:
        if isinstance(part, str):
            return spoken(part)
        if isinstance(part, dict):
            return {name: said(inner) for name, inner in part.items()}
        return [said(inner) for inner in part] if isinstance(part, list | tuple) else part

    # Only what changes is put back: a figure made anew goes through every property it has.
    for part in (*figure.data, figure.layout):
        for name, held in part.to_plotly_json().items():
            if name != "template" and (told := said(held)) != _listed(held):
                part[name] = told
    return figure


def _listed(part: Any) -> Any:
    """Return a part of a figure with its tuples as lists."""
    if isinstance(part, dict):
        return {name: _listed(inner) for name, inner in part.items()}
    return [_listed(inner) for inner in part] if isinstance(part, list | tuple) else part

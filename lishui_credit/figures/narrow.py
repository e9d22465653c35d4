"""Figures for a page that may be a phone's: as wide as their frame, legend below, title in lines."""

from __future__ import annotations

from typing import Any, Final

from lishui_credit.reports.layout import width

LONGEST: Final = 40
"""Most half-width letters of a title's line: some 320 pixels in the size used here."""

_SIZE: Final = 15
_ENTRY: Final = 20  # pixels of a line of the legend
_ENTRIES: Final = 2  # of a legend on one line of a phone
_AT_THE_LEFT: Final = {"x": 0, "xref": "container", "xanchor": "left", "yref": "container"}


def lines(title: str, longest: int = LONGEST) -> str:
    """Return a title broken between its parts, so that no line is much longer than asked."""
    made = [""]
    for part in title.split(" · "):
        grown = f"{made[-1]} · {part}" if made[-1] else part
        if made[-1] and width(_bare(grown)) > longest:
            made.append(part)
        else:
            made[-1] = grown
    return "<br>".join(made)


def _bare(text: str) -> str:
    return text.replace("<b>", "").replace("</b>", "")


def narrow(figure: Any) -> Any:
    """Return the figure laid out for any width: its frame decides how wide it is."""
    title = lines(figure.layout.title.text or "")
    told = title.count("<br>") + 1
    shown = sum(
        trace.showlegend is not False and bool(trace.name)
        for trace in figure.data
        if trace.type != "heatmap"
    )
    # plotly shows no legend for a single unnamed choice
    legend = figure.layout.showlegend is not False and shown > 1
    rows = -(-shown // _ENTRIES) if legend else 0
    top = 26 + 22 * told
    below = 58 + _ENTRY * rows
    height = figure.layout.height or 450
    layout = figure.layout
    layout.width = None
    layout.height = height - 90 + top + _ENTRY * rows
    # Whole parts at once: an update goes through every property by itself, and takes ten times longer.
    layout.title = layout.title.to_plotly_json() | {
        "text": title,
        "font": {"size": _SIZE},
        **_AT_THE_LEFT,
        "y": 1,
        "yanchor": "top",
        # plotly sets the last line of several at the top, not the first
        "pad": {"t": 10 + 13 * (told - 1), "l": 4},
    }
    layout.legend = layout.legend.to_plotly_json() | {
        "orientation": "h",
        **_AT_THE_LEFT,
        "y": 0,
        "yanchor": "bottom",
        "font": {"size": 12},
    }
    layout.margin = {"t": top, "b": below, "l": 56, "r": 24}
    figure.update_xaxes(automargin=True, tickfont={"size": 11})
    return figure

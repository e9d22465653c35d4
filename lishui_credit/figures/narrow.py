"""Figures for a page that may be a phone's: as wide as their frame, legend below, title in lines."""

from __future__ import annotations

import re
from typing import Any, Final

from lishui_credit.reports.layout import width
from lishui_credit.reports.palette import QUIET

LONGEST: Final = 40
"""Most half-width letters of a title's line: some 320 pixels in the size used here."""

SMALL_LONGEST: Final = 50
"""Most half-width letters of a line below it, which is set smaller."""

_SIZE: Final = 15
_SMALL: Final = f'<span style="font-size:12px;color:{QUIET}">'
_LINE: Final = 22  # pixels of a line of the title
_TOP: Final = 48  # pixels above a plot whose title is one line
_ENTRY: Final = 20  # pixels of a line of the legend
_ENTRIES: Final = 2  # of a legend on one line of a phone
_PIECES: Final = re.compile(
    r"[（“]*(?:[^\s\u2e80-\uffef]+[年月日项县笔分箱]?|[\u2e80-\uffef])[，。；：、）”！？…]*\s*"
)
_TAG: Final = re.compile("<[^>]*>")
_AT_THE_LEFT: Final = {"x": 0, "xref": "container", "xanchor": "left", "yref": "container"}


def lines(text: str, longest: int = LONGEST, taken: int = 0) -> list[str]:
    """Return a text in lines of so many half-width letters at most, `taken` of the first in use.

    Chinese breaks between any two characters that no mark and no number holds together.
    """
    made, room = [""], longest - taken
    for piece in _PIECES.findall(text):
        if made[-1] and width((made[-1] + piece).rstrip()) > room:
            made[-1] = made[-1].rstrip()
            made.append("")
            room = longest
        made[-1] += piece
    return made


def headed(figure: Any, finding: str = "") -> Any:
    """Return the figure with its title in lines that a phone's width holds, below what it shows.

    A saved picture holds both, and first of all that data are synthetic.
    """
    loud, mark, name = (figure.layout.title.text or "").rpartition("</b> · ")
    loud += mark
    first = lines(finding or name, taken=width(_TAG.sub("", loud)))
    small = lines(name, SMALL_LONGEST) if finding else []
    said = "<br>".join([loud + first[0], *first[1:], *(f"{_SMALL}{line}</span>" for line in small)])
    layout, told = figure.layout, len(first) + len(small)
    added = _LINE * (told - 1)
    layout.height = (layout.height or 450) + added
    # Whole parts at once: an update goes through every property by itself, and takes ten times longer.
    layout.margin = layout.margin.to_plotly_json() | {"t": (layout.margin.t or _TOP) + added}
    layout.title = layout.title.to_plotly_json() | {
        "text": said,
        "font": {"size": _SIZE},
        **_AT_THE_LEFT,
        "y": 1,
        "yanchor": "top",
        "pad": {"t": 10 if told == 1 else 26, "l": 4},  # plotly raises several lines by one
    }
    return figure


def narrow(figure: Any) -> Any:
    """Return the figure laid out for any width: its frame decides how wide it is."""
    shown = sum(
        trace.showlegend is not False and bool(trace.name)
        for trace in figure.data
        if trace.type != "heatmap"
    )
    # plotly shows no legend for a single unnamed choice
    legend = figure.layout.showlegend is not False and shown > 1
    rows = -(-shown // _ENTRIES) if legend else 0
    layout = figure.layout
    layout.width = None
    layout.height = (layout.height or 450) - 90 + _TOP + _ENTRY * rows
    layout.legend = layout.legend.to_plotly_json() | {
        "orientation": "h",
        **_AT_THE_LEFT,
        "y": 0,
        "yanchor": "bottom",
        "font": {"size": 12},
    }
    layout.margin = {"t": _TOP, "b": 58 + _ENTRY * rows, "l": 56, "r": 24}
    figure.update_xaxes(automargin=True, tickfont={"size": 11})
    return figure

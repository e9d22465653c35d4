"""Small pictures of an indicator's course for tiles and tables, as SVG text with nothing fetched.

Numbers become coordinates here and nowhere is data written as markup: the picture has no text of its
own but the years.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import polars as pl

from lishui_credit.plan.definitions import BASE, END
from lishui_credit.reports.palette import BLUE, EDGE, FAINT, GREY, INK, PAPER, STATUS_FILLS

_HEIGHT: Final = 78
_LEFT, _RIGHT, _TOP, _BOTTOM = 6, 12, 8, 18


def _x(day: date, width: int) -> float:
    span = (END - BASE).days
    room = width - _LEFT - _RIGHT
    return round(_LEFT + room * min(max((day - BASE).days / span, 0.0), 1.0), 1)


def _line(points: Sequence[tuple[float, float]], colour: str, width: float, dash: str = "") -> str:
    if len(points) < 2:
        return ""
    d = " ".join(f"{x},{y}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline points="{d}" fill="none" stroke="{colour}" stroke-width="{width}"'
        f' stroke-linejoin="round" stroke-linecap="round"{dashed}/>'
    )


def sparkline(course: pl.DataFrame, status: str, *, width: int = 300) -> str:
    """Return the course of one indicator in one area as a small SVG picture."""
    # Full line: observed; dashed: what was due; dotted with a wedge: the projection and its
    # interval; hollow diamond: the 2020 target; the last observation has a dot in its
    # status's colour.
    known = course.select("series", "day", "value", "low", "high").rows()
    values = [v for row in known for v in row[2:] if v is not None]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    room = (high - low) or 1.0

    def y(value: float) -> float:
        return round(_TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - (value - low) / room), 1)

    def points(name: str) -> list[tuple[float, float]]:
        return [(_x(day, width), y(value)) for kind, day, value, _, _ in known if kind == name]

    floor = _HEIGHT - _BOTTOM + 4
    parts = [
        f'<line x1="{_LEFT}" y1="{floor}" x2="{width - _RIGHT}" y2="{floor}" stroke="{FAINT}"/>',
    ]
    for year, anchor in ((BASE.year, "start"), (2018, "middle"), (END.year, "end")):
        at = _x(date(year, 12, 31), width)
        parts.append(
            f'<line x1="{at}" y1="{floor}" x2="{at}" y2="{floor + 3}" stroke="{FAINT}"/>'
            f'<text x="{at}" y="{_HEIGHT - 2}" font-size="10" fill="{GREY}"'
            f' font-family="sans-serif" text-anchor="{anchor}">{year}</text>'
        )
    ahead = [row for row in known if row[0] == "projection"]
    if len(ahead) == 2 and ahead[1][3] is not None and ahead[1][4] is not None:
        (_, start, value, _, _), (_, end, _, least, most) = ahead
        corners = (
            f"{_x(start, width)},{y(value)} {_x(end, width)},{y(most)} {_x(end, width)},{y(least)}"
        )
        parts.append(f'<polygon points="{corners}" fill="{BLUE}" fill-opacity="0.14"/>')
    if len(ahead) == 2:
        parts.append(_line(points("projection"), BLUE, 1.4, "1.5 3"))
    parts.append(_line(points("path"), GREY, 1.2, "5 3"))
    parts.append(_line(points("observed"), BLUE, 2.2))
    for x, height in points("target"):
        d = f"M{x},{height - 4.5} l4.5,4.5 l-4.5,4.5 l-4.5,-4.5 z"
        parts.append(f'<path d="{d}" fill="{PAPER}" stroke="{INK}" stroke-width="1.3"/>')
    for x, height in points("observed")[-1:]:
        colour = STATUS_FILLS[status][0]
        parts.append(
            f'<circle cx="{x}" cy="{height}" r="4.2" fill="{colour}" stroke="{EDGE}"'
            ' stroke-width="1.4"/>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}"'
        f' width="{width}" height="{_HEIGHT}">{"".join(parts)}</svg>'
    )

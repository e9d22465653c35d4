"""The colours and typefaces of every page, workbook, drawing and figure.

Series have Okabe and Ito's colours, which colour-blind readers tell apart; every series also has its
own dash or mark and its name, so that nothing is said by colour alone.
"""

from __future__ import annotations

from typing import Final, Literal

BLUE: Final = "#0072B2"
RED: Final = "#D55E00"
GREEN: Final = "#009E73"
SKY: Final = "#56B4E9"
ORANGE: Final = "#E69F00"
PURPLE: Final = "#CC79A7"
GREY: Final = "#595959"
"""What only compares: chance, a path, a reference; notes and sources."""

PAPER: Final = "#FFFFFF"
INK: Final = "#1A1A1A"
"""Text."""
RULE: Final = "#CFCFCF"
"""Lines between rows, frames."""
FAINT: Final = "#DCDCDC"
"""Lines that only guide the eye."""
GRID: Final = "#EBF0F8"
"""The grid of a plotly figure."""
SHADE: Final = "#F0F0F0"
"""Behind the headings of a table."""
LINK: Final = "#00518A"

EDGE: Final = "#6B7885"
"""Around a fill too pale to stand on paper by itself."""
QUIET: Final = "#52606D"
"""Text of second rank."""
SURFACE: Final = "#FDF3EF"
"""Behind a row that is bad news."""

STATUS_FILLS: Final[dict[str, tuple[str, str]]] = {
    "missed": ("#40100B", PAPER),
    "reversed": ("#721B0F", PAPER),
    "far_behind": ("#A92E18", PAPER),
    "behind": ("#E0743B", INK),
    "near": ("#F0C474", INK),
    "on_track": ("#C3DCEB", INK),
    "ahead": ("#D9E9F3", INK),
    "achieved": ("#EAF3F9", INK),
    "cannot_tell": ("#F1F3F5", INK),
    "no_baseline": ("#F5F6F7", INK),
    "no_data": ("#FAFBFB", INK),
}
"""Paper and ink of each status of an indicator, from the worst to the best, then the unknown ones.

From worst to best each is lighter than the one before, so that a grey print keeps the order, and up to
"near" with a contrast of at least 1.4, so that neighbours are told apart in squares; strong colour is for
what is off its path only. A status always has its icon or word beside it."""

Tone = Literal["off", "on", "unsure"]
TONES: Final[dict[Tone, tuple[str, str]]] = {
    "off": ("#F9E0D6", "#6E1B08"),
    "on": ("#DCEAF3", "#123B57"),
    "unsure": ("#F7EBCB", "#4A3A00"),
}
"""Paper and ink of a cell that is bad news, good news or neither; a word in it says so too."""

FEWER_TO_MORE: Final = ("#CC6D2E", "#D9D9D9", "#E3F2FC")
"""Paper of points below 0, of 0 and above 0, dark to pale, so that a grey print keeps the order; `INK` is
read on each, and a sign always stands before the points."""

EVIDENCE_FILLS: Final[dict[str, tuple[str, str]]] = {
    "official": ("#C9E0F0", "#0B2E47"),
    "copy": ("#E0EDF6", "#123B57"),
    "secondary": ("#EFEFEF", INK),
    "local": ("#FBF0D0", "#4A3A00"),
    "derived": ("#FBF0D0", "#4A3A00"),
    "proposed": ("#FBF0D0", "#4A3A00"),
    "memory": ("#F9E0D6", "#6E1B08"),
    "placeholder": ("#F2C6B4", "#5A1506"),
}
"""Paper and ink of each level of evidence; its word always stands in it."""

SANS: Final = (
    "Source Han Sans SC, Noto Sans CJK SC, Noto Sans SC, PingFang SC, Microsoft YaHei, "
    "WenQuanYi Micro Hei, Helvetica, Arial, sans-serif"
)
SERIF: Final = "Source Han Serif SC, Noto Serif CJK SC, Songti SC, SimSun, Times New Roman, serif"
"""Typefaces that a reader's machine may have; none is fetched."""


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, 0 (black) to 1 (white); WCAG 2.2."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21; WCAG 2.2 asks 4.5 of text."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(paper: str) -> str:
    """Return the colour of text that is easier to read on a paper: dark or white."""
    return max((INK, PAPER), key=lambda ink: contrast(ink, paper))

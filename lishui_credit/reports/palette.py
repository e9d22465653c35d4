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

Tone = Literal["off", "on", "unsure"]
TONES: Final[dict[Tone, tuple[str, str]]] = {
    "off": ("#FBE0D2", "#6B2600"),
    "on": ("#D8EFE5", "#00452F"),
    "unsure": ("#F6ECCB", "#4A3A00"),
}
"""Paper and ink of a cell that is bad news, good news or neither; a word in it says so too."""

SANS: Final = (
    "Source Han Sans SC, Noto Sans CJK SC, Noto Sans SC, PingFang SC, Microsoft YaHei, "
    "WenQuanYi Micro Hei, Helvetica, Arial, sans-serif"
)
SERIF: Final = "Source Han Serif SC, Noto Serif CJK SC, Songti SC, SimSun, Times New Roman, serif"
"""Typefaces that a reader's machine may have; none is fetched."""

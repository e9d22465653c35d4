"""Small drawings as SVG text: axes, lines, steps, bars and intervals; no script, no outside host.

Colours are those of the palette; every series also has its own dash or mark and its name, so that
colour is never alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

from lishui_credit.language import tr
from lishui_credit.reports.html import words
from lishui_credit.reports.layout import cut, width
from lishui_credit.reports.palette import FAINT, GREY, INK, PAPER, SANS

WIDE, TALL = 420, 300
"""Size of a drawing, in its own units; text is 13 of them."""

_HEAD = 24  # room for the title of a file
_TITLE, _LINE = 56, 64  # columns of the title, characters of a line of the source
_LOOKS = (
    f"text{{font:13px {SANS};fill:{INK}}}.h{{font-weight:700}}.s{{font-size:11px;fill:{GREY}}}"
    f".p{{fill:{PAPER}}}.grid{{stroke:{FAINT}}}.axis{{stroke:{INK};fill:none}}"
)

Points = Sequence[tuple[float, float]]


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round values between two ends."""
    if high <= low:
        return [low]
    rough = (high - low) / about
    size = 10.0 ** floor(log10(rough))
    step = next(size * m for m in (1, 2, 5, 10) if size * m >= rough * 0.999)
    first = -floor(-low / step + 1e-9)
    found = []
    place = first
    while place * step <= high + step * 1e-6:
        found.append(round(place * step, 12))
        place += 1
    return found


def short(value: float, percent: bool = False) -> str:
    """Return a tick as printed."""
    return f"{100 * value:.4g}%" if percent else f"{value:.6g}"


class Plot:
    """A drawing under construction: scales, then marks, then `text`; the title is read out, not drawn."""

    def __init__(
        self,
        title: str,
        x: tuple[float, float],
        y: tuple[float, float],
        *,
        x_name: str = "",
        y_name: str = "",
        percent: tuple[bool, bool] = (False, False),
        tall: int = TALL,
        left: int = 50,
        rows: Sequence[str] = (),
    ) -> None:
        self.title, self.x, self.y, self.tall, self.left = title, x, y, tall, left
        self.marks: list[str] = []
        self.legend: list[tuple[int, str, str]] = []  # width and drawing of a mark, its name
        self._axes(x_name, y_name, percent, rows)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the place of a value on the paper."""
        (x0, x1), (y0, y1) = self.x, self.y
        right, top, bottom = WIDE - 24, 30, self.tall - 44
        across = self.left + (x - x0) / ((x1 - x0) or 1) * (right - self.left)
        return across, bottom - (y - y0) / ((y1 - y0) or 1) * (bottom - top)

    def _axes(
        self, x_name: str, y_name: str, percent: tuple[bool, bool], rows: Sequence[str]
    ) -> None:
        (x0, x1), (y0, y1) = self.x, self.y
        add = self.marks.append
        for value in ticks(x0, x1):
            px, bottom = self.at(value, y0)
            _, top = self.at(value, y1)
            add(f'<path class="grid" d="M{px:.1f} {bottom:.1f}V{top:.1f}"/>')
            self._write(px, bottom + 16, short(value, percent[0]), "middle")
        if rows:
            for place, name in enumerate(rows):
                px, py = self.at(x0, y1 - place - 0.5)
                fitted = words(cut(name, max(6, (self.left - 10) // 8 + 1)))
                self._write(px - 8, py + 4, fitted, "end")
        else:
            for value in ticks(y0, y1):
                px, py = self.at(x0, value)
                right, _ = self.at(x1, value)
                add(f'<path class="grid" d="M{px:.1f} {py:.1f}H{right:.1f}"/>')
                self._write(px - 6, py + 4, short(value, percent[1]), "end")
        left, bottom = self.at(x0, y0)
        right, top = self.at(x1, y1)
        add(f'<path class="axis" d="M{left:.1f} {top:.1f}V{bottom:.1f}H{right:.1f}"/>')
        middle = (left + right) / 2
        self._write(middle, bottom + 36, words(x_name), "middle")
        if y_name:
            add(f'<text x="4" y="16">{words(y_name)}</text>')

    def _write(self, px: float, py: float, text: str, anchor: str) -> None:
        self.marks.append(f'<text x="{px:.1f}" y="{py:.1f}" text-anchor="{anchor}">{text}</text>')

    def line(self, points: Points, colour: str, dash: str = "", name: str = "") -> None:
        """Draw a line through points."""
        path = "L".join(f"{px:.1f} {py:.1f}" for px, py in (self.at(*point) for point in points))
        style = f' stroke-dasharray="{dash}"' if dash else ""
        self.marks.append(
            f'<path fill="none" stroke="{colour}" stroke-width="2"{style} d="M{path}"/>'
        )
        if name:
            mark = f'<path d="M0 5H26" stroke="{colour}" stroke-width="2.5"{style}/>'
            self.legend.append((26, mark, name))

    def bar(
        self, x0: float, x1: float, y0: float, y1: float, colour: str, faint: bool = False
    ) -> None:
        """Draw a filled box between two corners."""
        (ax, ay), (bx, by) = self.at(x0, y0), self.at(x1, y1)
        opacity = ' fill-opacity="0.35"' if faint else ""
        self.marks.append(
            f'<rect x="{min(ax, bx):.1f}" y="{min(ay, by):.1f}" width="{abs(bx - ax):.1f}"'
            f' height="{abs(by - ay):.1f}" fill="{colour}"{opacity}/>'
        )

    def interval(self, low: tuple[float, float], high: tuple[float, float], colour: str) -> None:
        """Draw an interval between two places."""
        (ax, ay), (bx, by) = self.at(*low), self.at(*high)
        self.marks.append(
            f'<path stroke="{colour}" stroke-width="2" d="M{ax:.1f} {ay:.1f}L{bx:.1f} {by:.1f}"/>'
        )

    def dot(self, x: float, y: float, colour: str, hollow: bool = False) -> None:
        """Draw a point, filled or as a hollow square."""
        px, py = self.at(x, y)
        if hollow:
            self.marks.append(
                f'<rect x="{px - 4:.1f}" y="{py - 4:.1f}" width="8" height="8" fill="{PAPER}" stroke="{colour}" stroke-width="2"/>'
            )
        else:
            self.marks.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4" fill="{colour}"/>')

    def word(self, x: float, y: float, text: str, anchor: str = "start") -> None:
        """Write a word at a place."""
        px, py = self.at(x, y)
        self._write(px, py + 4, words(text), anchor)

    def key(self, colour: str, name: str, hollow: bool = False) -> None:
        """Name a mark in the legend."""
        mark = (
            f'<rect x="1" y="1" width="8" height="8" fill="{PAPER}" stroke="{colour}" stroke-width="2"/>'
            if hollow
            else f'<circle cx="5" cy="5" r="4" fill="{colour}"/>'
        )
        self.legend.append((12, mark, name))

    def text(self) -> str:
        """Return the figure as HTML: title, drawing, legend."""
        keys = "".join(
            f'<span><svg width="{wide}" height="10">{mark}</svg>{words(name)}</span>'
            for wide, mark, name in self.legend
        )
        name = words(self.title)
        return (
            f"<figure><figcaption>{name}</figcaption>"
            f'<svg class="plot" role="img" aria-label="{name}" viewBox="0 0 {WIDE} {self.tall}">'
            + "".join(self.marks)
            + f"</svg>{f'<div class=legend>{keys}</div>' if keys else ''}</figure>"
        )

    def file(self, told: str, source: str) -> str:
        """Return the drawing as an SVG file of its own: title, drawing, legend, and its source below.

        `told` is the drawing in a sentence, for whoever does not see it.
        """
        name, across, rows = words(self.title), 4, 0
        keys = []
        for wide, mark, word in self.legend:
            needed = wide + 22 + round(6.8 * width(word))
            if across > 4 and across + needed > WIDE:
                across, rows = 4, rows + 1
            down = self.tall + 8 + 18 * rows
            keys.append(
                f'<svg x="{across}" y="{down}" width="{wide}" height="10">{mark}</svg>'
                f'<text x="{across + wide + 4}" y="{down + 10}">{words(word)}</text>'
            )
            across += needed
        lines = [source[n : n + _LINE] for n in range(0, len(source), _LINE)]
        below = self.tall + 20 + 18 * (rows + 1)
        notes = "".join(
            f'<text class="s" x="4" y="{below + 14 * n}">{words(line)}</text>'
            for n, line in enumerate(lines)
        )
        high = below + 14 * len(lines) + _HEAD
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" xml:lang="{tr("en", "zh-CN")}"'
            f' aria-labelledby="t d" viewBox="0 {-_HEAD} {WIDE} {high}" width="{WIDE}" height="{high}">'
            f'<title id="t">{name}</title><desc id="d">{words(told)}</desc><style>{_LOOKS}</style>'
            f'<rect class="p" x="0" y="{-_HEAD}" width="{WIDE}" height="{high}"/>'
            f'<text class="h" x="4" y="{16 - _HEAD}">{words(cut(self.title, _TITLE))}</text>'
            f"{''.join(self.marks)}{''.join(keys)}{notes}</svg>\n"
        )


def room(names: Sequence[str]) -> int:
    """Return how much room names need on the left, 50 to 150."""
    return min(150, max(50, 18 + 8 * max((width(name) for name in names), default=0)))

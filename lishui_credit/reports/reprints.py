"""A report printed again and held against the one that was written: its words, figures and pictures.

Of a page: its text, drawings and the observations inside it, line by line. Of a workbook: every part
of it, so cells, formats, charts and headers. Of a PDF: all of the file but the hour it was printed,
for the same Chromium with the same fonts prints a page alike; after another one, ``Producer`` differs
too, and the HTML of the report is what can be proved.
"""

from __future__ import annotations

import base64
import re
import zipfile
import zlib
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.version import __version__

TEXTS: Final = frozenset({".html", ".svg", ".csv", ".json"})
SCHEMA: Final = pl.Schema({"place": pl.String(), "stored": pl.String(), "again": pl.String()})
_MOST: Final = 20  # differences of a part that are named
_SHOWN: Final = 100  # characters of a line that are shown
_PRINTED: Final = re.compile(rb"/(?:CreationDate|ModDate) \(D:[\d+'Z-]*\)")
_PRINTER: Final = re.compile(rb"/Producer \(([^()]*)\)")
_VERSION: Final = re.compile(r"[\w.+-]{1,40}")
_ATTACHED: Final = re.compile(r"(?<=;base64,)[A-Za-z0-9+/=]+")
_CELL: Final = re.compile(r'<c r="([A-Z]+\d+)"')


def unlike(stored: Path, again: Path, version: str) -> pl.DataFrame:
    """Return what of a report differs from its reprint: place, as stored, as printed again.

    The version that wrote the report may be another; its name in the footer is no difference.
    """
    before, after = _parts(stored, version), _parts(again, __version__)
    rows = [
        (f"{name} {place}".strip(), one, other)
        for name in dict.fromkeys([*before, *after])
        for place, one, other in _lines(before.get(name, []), after.get(name, []))
    ]
    return pl.DataFrame(rows, SCHEMA, orient="row")


def _parts(path: Path, version: str) -> dict[str, list[str]]:
    """Return what a report holds, by part, in lines; the parts alone for a workbook that is none."""
    kind, whole = path.suffix.lower(), path.read_bytes()
    if kind == ".pdf":
        printer = [found.decode("latin-1") for found in _PRINTER.findall(whole)]
        return {"Producer": printer, "": [_PRINTED.sub(b"", whole).decode("latin-1")]}
    if kind in TEXTS:
        return {"": _told(_opened(whole.decode(errors="replace")), version)}
    try:
        with zipfile.ZipFile(path) as book:
            parts = {
                name: _told(book.read(name).decode(errors="replace"), version)
                for name in book.namelist()
            }
            return {"": sorted(book.namelist()), **parts}
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError) as error:
        return {"": [str(error)]}


def _opened(page: str) -> str:
    """Return a page with the table that is packed inside it unpacked."""

    def unpacked(found: re.Match[str]) -> str:
        try:
            return "\n" + base64.b64decode(found.group()).decode(errors="replace")
        except ValueError:
            return found.group()

    return _ATTACHED.sub(unpacked, page)


def _told(text: str, version: str) -> list[str]:
    """Return a text in lines, one a tag; the last bits of a float depend on the processor."""
    if _VERSION.fullmatch(version):
        text = text.replace(f"lishui_credit {version}", "lishui_credit")
    text = re.sub(r"\d+\.\d{11,}", lambda found: f"{float(found.group()):.12g}", text)
    return re.sub(r"(?=<(?!/))", "\n", text).splitlines()


def _lines(old: list[str], new: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield the first lines that differ, and the cell of a sheet they stand in."""
    ends = 0
    while ends < min(len(old), len(new)) and old[-1 - ends] == new[-1 - ends]:
        ends += 1
    cell, found = "", 0
    for one, other in zip_longest(old[: len(old) - ends], new[: len(new) - ends], fillvalue=""):
        if known := _CELL.match(one):
            cell = known.group(1)
        if one != other:
            yield cell, *_around(one, other)
            if (found := found + 1) == _MOST:
                return


def _around(one: str, other: str) -> tuple[str, str]:
    """Return two lines from a little before the place where they part."""
    same = next((n for n, (x, y) in enumerate(zip(one, other, strict=False)) if x != y), 0)
    start = max(0, same - _SHOWN // 2)
    return one[start : start + _SHOWN], other[start : start + _SHOWN]

"""Workbooks made cell by cell, in every format that is read: with errors, and formulas without values."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import xlsxwriter

ERRORS = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A")
CODES = dict(zip((0x00, 0x07, 0x0F, 0x17, 0x1D, 0x24, 0x2A), ERRORS, strict=True))
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
Cells = Sequence[Sequence[str | int | float | None]]


def xlsx(path: Path, rows: Cells, *, at: tuple[int, int] = (1, 1)) -> Path:
    """Write a workbook whose texts of an error are errors, and of a formula formulas without values."""
    book = openpyxl.Workbook()
    sheet = book.active
    for down, row in enumerate(rows):
        for right, value in enumerate(row):
            if value is not None:
                sheet.cell(at[0] + down, at[1] + right, value)
    book.save(path)
    return path


def raw_xlsx(path: Path, rows: str, *, sheet: str | None = None) -> Path:
    """Write a workbook whose first sheet holds rows of XML as they are given."""
    base = path.with_name("base.xlsx")
    with xlsxwriter.Workbook(base) as book:
        book.add_worksheet()
    part = f'<worksheet xmlns="{SHEET}"><sheetData>{rows}</sheetData></worksheet>'
    with zipfile.ZipFile(base) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            first = name == "xl/worksheets/sheet1.xml"
            new.writestr(name, (sheet or part).encode() if first else old.read(name))
    return path


_NAMESPACES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
    for short in ("office", "table", "text", "manifest")
)
_MIME = "application/vnd.oasis.opendocument.spreadsheet"


def ods_cell(value: str | int | float | None) -> str:
    """Return a cell as LibreOffice writes it."""
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    if value in ERRORS or value.startswith("Err:"):
        return (
            '<table:table-cell table:formula="of:=1/0" office:value-type="string"'
            f' office:string-value="" calcext:value-type="error"><text:p>{value}</text:p>'
            "</table:table-cell>"
        )
    if value.startswith("="):
        return f"<table:table-cell table:formula={quoteattr('of:' + value)}/>"
    text = f"<text:p>{escape(value)}</text:p>"
    return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'


def ods(path: Path, rows: Cells, *, before: str = "") -> Path:
    """Write an OpenDocument sheet; `before` are rows of XML."""
    inside = before + "".join(
        f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in rows
    )
    return raw_ods(path, inside)


def raw_ods(path: Path, rows: str) -> Path:
    """Write an OpenDocument sheet that holds rows of XML as they are given."""
    calc = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", _MIME)
        book.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest {_NAMESPACES}><manifest:file-entry manifest:full-path="/"'
            f' manifest:media-type="{_MIME}"/></manifest:manifest>',
        )
        book.writestr(
            "content.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMESPACES} {calc}>'
            f'<office:body><office:spreadsheet><table:table table:name="表">{rows}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return path


def _record(kind: int, data: bytes = b"") -> bytes:
    number = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return number + bytes([len(data) & 0x7F | 0x80, len(data) >> 7]) + data


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(
    path: Path,
    rows: Cells,
    *,
    codes: Mapping[tuple[int, int], str] | None = None,
    epoch: int = 1900,
) -> Path:
    """Write a binary workbook; an error is a constant in even columns, a formula's in odd ones.

    `codes` are the number formats of cells.
    """
    codes = codes or {}
    known = sorted(set(codes.values()))
    sheet = _record(0x81) + _record(0x94, struct.pack("<4I", 0, len(rows), 0, len(rows[0])))
    sheet += _record(0x91)
    for place, row in enumerate(rows):
        sheet += _record(0, struct.pack("<II", place, 0) + bytes(9))
        for column, value in enumerate(row):
            style = known.index(codes[place, column]) + 1 if (place, column) in codes else 0
            cell = struct.pack("<II", column, style)
            if isinstance(value, int | float):
                sheet += _record(5, cell + struct.pack("<d", value))
            elif value in ERRORS:
                code = bytes([list(CODES)[ERRORS.index(str(value))]])
                formula = struct.pack("<HI", 0, 3) + b"\x1e\x01\x00" + bytes(4)
                constant = column % 2 == 0
                sheet += _record(*((3, cell + code) if constant else (11, cell + code + formula)))
            elif value is not None:
                sheet += _record(6, cell + _wide(str(value)))
    sheet += _record(0x92) + _record(0x82)
    bundle = struct.pack("<II", 0, 1) + _wide("rId9") + _wide("表")
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    with zipfile.ZipFile(path, "w") as book:
        ends = _record(0x90) + _record(0x9D, bytes(26)) + _record(0x84)
        properties = _record(153, struct.pack("<III", epoch == 1904, 0, 0))
        book.writestr("xl/workbook.bin", _record(0x83) + properties + _record(156, bundle) + ends)
        styles = _record(615, struct.pack("<I", len(known)))
        for place, code in enumerate(known):
            styles += _record(44, struct.pack("<H", 164 + place) + _wide(code))
        styles += _record(616) + _record(617, struct.pack("<I", len(known) + 1))
        for number in (0, *range(164, 164 + len(known))):
            styles += _record(47, struct.pack("<HH", 0, number) + bytes(12))
        book.writestr("xl/styles.bin", styles + _record(618))
        book.writestr(
            "xl/_rels/workbook.bin.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId9" Type="{kind}" Target="worksheets/first.bin"/></Relationships>',
        )
        book.writestr("xl/worksheets/first.bin", sheet)
    return path


def old_record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def xls(
    path: Path,
    cells: Mapping[tuple[int, int], str | float],
    *,
    small: bool = False,
    chart: bytes = b"",
    codes: Mapping[tuple[int, int], str] | None = None,
    epoch: int = 1900,
) -> Path:
    """Write an old workbook; an error is a constant in even columns, a formula's in odd ones.

    `small` keeps its stream in the sectors for short streams, as some programs do; `chart` is what
    a chart on the sheet holds; `codes` are the number formats of cells.
    """
    codes = codes or {}
    known = sorted(set(codes.values()))

    def begin(kind: int) -> bytes:
        return old_record(0x0809, struct.pack("<HHHHII", 0x600, kind, 0, 0, 0, 0))

    name = "Tab"
    sheet = begin(0x10)
    for (row, column), value in cells.items():
        style = known.index(codes[row, column]) + 1 if (row, column) in codes else 0
        at = struct.pack("<HHH", row, column, style)
        if isinstance(value, float):
            sheet += old_record(0x0203, at + struct.pack("<d", value))
        elif value in ERRORS and column % 2 == 0:
            sheet += old_record(0x0205, at + bytes([list(CODES)[ERRORS.index(value)], 1]))
        elif value in ERRORS:
            code = list(CODES)[ERRORS.index(value)]
            result = bytes([2, 0, code, 0, 0, 0, 0xFF, 0xFF])
            sheet += old_record(
                0x0006, at + result + struct.pack("<HIH", 0, 0, 3) + b"\x1e\x01\x00"
            )
        else:
            text = value.encode("utf-16-le")
            sheet += old_record(0x0204, at + struct.pack("<HB", len(value), 1) + text)
    sheet += (begin(0x20) + chart + old_record(0x000A) if chart else b"") + old_record(0x000A)
    head = begin(0x05) + old_record(0x0042, struct.pack("<H", 1200))
    head += old_record(0x0022, struct.pack("<H", epoch == 1904))
    for place, code in enumerate(known):
        told = struct.pack("<HHB", 164 + place, len(code), 1) + code.encode("utf-16-le")
        head += old_record(0x041E, told)
    for number in (0, *range(164, 164 + len(known))):
        head += old_record(0x00E0, struct.pack("<HH", 0, number) + bytes(16))
    length = len(head) + 4 + 8 + len(name) + 4
    bound = struct.pack("<IBBBB", length, 0, 0, len(name), 0) + name.encode()
    stream = head + old_record(0x0085, bound) + old_record(0x000A) + sheet
    path.write_bytes(_compound(stream, small=small))
    return path


def _compound(stream: bytes, *, small: bool) -> bytes:
    """Return a compound file with one stream."""
    end, free, table = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    size = len(stream)
    stream = stream if small else stream.ljust(4096, b"\0")
    body = stream + bytes(-len(stream) % 512)
    sectors = len(body) // 512
    # 0 the table of sectors, 1 the directory, 2 the table of short sectors, 3 on the content
    following = [table, end, end, *range(4, 3 + sectors), end]
    following += [free] * (128 - len(following))
    pieces = -(-len(stream) // 64)
    short = [*range(1, pieces), end] if small else []
    short += [free] * (128 - len(short))

    def entry(name: str, kind: int, child: int, first: int, count: int) -> bytes:
        text = (name + "\0").encode("utf-16-le")
        links = struct.pack("<III", free, free, child)
        rest = links + bytes(36) + struct.pack("<IQ", first, count)
        return text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1) + rest

    root = entry("Root Entry", 5, 1, 3 if small else end, len(body) if small else 0)
    own = entry("Workbook", 2, free, 0 if small else 3, size if small else max(size, 4096))
    assert len(following) == len(short) == 128, "a test's workbook is small"
    header = (
        bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6)
    )
    header += bytes(6) + struct.pack(
        "<9I", 0, 1, 1, 0, 4096, 2 if small else end, int(small), end, 0
    )
    header += struct.pack("<109I", 0, *[free] * 108)
    numbers = [struct.pack("<128I", *row) for row in (following, short)]
    return header + numbers[0] + root + own + bytes(256) + numbers[1] + body

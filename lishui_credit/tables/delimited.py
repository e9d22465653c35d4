"""Text tables (CSV) on disk: their encoding, what separates cells, their header, their damage."""

from __future__ import annotations

import codecs
import csv
import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.tables import bounds, containers, header_rows
from lishui_credit.tables.header_rows import Header, IsHeader

_CHUNK: Final = 1 << 20
_SEPARATORS: Final = ",\t;|"
_BLANK: Final = re.compile(rb"\n[,;\t| \r]*\n")
_NOTHING: Final = b"\n,;\t| \r"
_TAIL: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Text:
    """A text table on disk, in UTF-8, and what separates its cells."""

    path: Path
    separator: str
    width: int  # cells of the header
    first_line: int  # of the rows below the header

    def short_rows(self) -> pl.DataFrame:
        """Return the line of every row with fewer cells than the header, its cells, what is said."""
        # Lines are counted, not parsed. Where quotes stand in pairs in each line, what stands in
        # them is left out; where a cell goes on in the next line, rows are read one by one.
        quoted = pl.col("_line").str.contains('"', literal=True)
        outside = pl.col("_line").str.replace_all('"[^"]*"', "")
        bare = pl.when(quoted).then(outside).otherwise("_line")
        paired = pl.col("_line").str.count_matches('"', literal=True) % 2 == 0
        cells = bare.str.count_matches(self.separator, literal=True) + 1
        found = (
            pl.scan_lines(self.path, name="_line")
            .slice(self.first_line - 1)
            .with_row_index("_row", offset=self.first_line)
            .select("_row", "_line", cells.alias("_cells"), (quoted & ~paired).alias("_open"))
            .filter((pl.col("_cells") < self.width) | pl.col("_open"))
            .collect(engine="streaming")
        )
        if found["_open"].any():
            rows = [*enumerate(map(len, self._parsed()), self.first_line)]
        else:
            rows = [
                (row, len(next(csv.reader([line], delimiter=self.separator), ())))
                if '"' in line
                else (row, count)
                for row, line, count in found.select("_row", "_line", "_cells").iter_rows()
            ]
        short = pl.DataFrame(rows, {"_row": pl.UInt32, "_cells": pl.Int64}, orient="row")
        said = tr("the row has {} cells, the header {}", "该行有 {} 列,表头有 {} 列")
        return short.filter(pl.col("_cells") < self.width).with_columns(
            pl.format(said, "_cells", pl.lit(self.width)).alias("_said")
        )

    def _parsed(self) -> Iterator[list[str]]:
        """Yield the rows below the header; raises `SubjectError` for one that is no row."""
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(islice(file, self.first_line - 1, None), delimiter=self.separator)
            try:
                yield from rows
            except csv.Error as error:
                line = self.first_line - 1 + rows.line_num
                what = tr("the table cannot be read", "无法读取该表格")
                raise SubjectError(what, tr(f"line {line}", f"第 {line} 行")) from error

    def damage(self) -> tuple[str, str] | None:
        """Say which line does not fit the header, and what to do; None where every one does."""
        if (line := self._stray_quote()) is not None:
            return tr(
                f'line {line} has a quote (") that is not closed',
                f'第 {line} 行有未成对的引号(")',
            ), tr(
                "delete the quote, or write it twice inside a cell in quotes",
                "请删除该引号,或用引号括起单元格并将其写成两个",
            )
        if (found := self._first_too_long()) is not None:
            return found, tr(
                "every row needs as many cells as the header", "每行的列数须与表头一致"
            )
        return None

    def _first_too_long(self) -> str | None:
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(islice(file, self.first_line - 1, None), delimiter=self.separator)
            try:
                for row in rows:
                    if len(row) > self.width:
                        line = self.first_line - 1 + rows.line_num
                        return tr(
                            f"line {line} has {len(row)} cells, the header {self.width}",
                            f"第 {line} 行有 {len(row)} 列,表头有 {self.width} 列",
                        )
            except csv.Error:
                return None
        return None

    def _stray_quote(self) -> int | None:
        """Return the line of a quote inside a cell without quotes, or of one never closed."""
        cut = re.escape(self.separator)
        opening = re.compile(rf'(?:^|{cut})"')
        whole = re.compile(rf'(?:^|(?<={cut}))"(?:[^"]|"")*"(?={cut}|\r?\n|$)')
        opened: int | None = None
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            for number, line in enumerate(file, 1):
                if '"' not in line:
                    continue
                rest = line
                if opened is not None:
                    closed = re.match(rf'(?:[^"]|"")*"(?={cut}|\r?\n|$)', line)
                    if closed is None:
                        if line.count('"') % 2:
                            return opened
                        continue
                    opened, rest = None, line[closed.end() :]
                rest = whole.sub("", rest)
                if rest.count('"') % 2:
                    if opening.search(rest) is None:
                        return number
                    opened = number
        return opened


@dataclass(frozen=True, slots=True)
class Looked:
    """What the first look at a text table found."""

    text: Text
    header: Header
    skipped: int  # lines above the header's last row
    has_blank: bool  # whether a line holds nothing, somewhere
    notes: tuple[str, ...]


def look(path: Path, is_header: IsHeader | None) -> Looked:
    """Find a text table's encoding, separator and header; raises `SubjectError`."""
    encoding, has_blank = _scanned(path)
    text_path = path if encoding == "utf-8" else _as_utf8(path, encoding)
    lines = _top(text_path)
    separator, rows = _split(lines, is_header)
    width = max((len(row) for _, _, row in rows), default=0)
    bounds.check("columns", width, path.name)
    even = [(*row, *[None] * (width - len(row))) for _, _, row in rows]
    header = header_rows.find(even, is_header)
    if header is None or all(map(header_rows.is_blank, even[header.last + 1 :])):
        raise SubjectError(
            tr("no rows below the header", "表头下没有数据"),
            "".join(lines[:1]).strip()[:60],
            where=path.name,
        )
    start, end, row = rows[header.last]
    names = header.names[: len(row)]
    notes = () if encoding == "utf-8" else (tr(f"read as {encoding}", f"按 {encoding} 读取"),)
    if start > 1:
        notes = (*notes, tr(f"header found in row {start}", f"表头在第 {start} 行"))
    text = Text(text_path, separator, len(row), end + 1)
    _refuse_cut(text, path.name)
    found = Header(header.first, header.last, names, header.known)
    return Looked(text, found, start - 1, has_blank, notes)


def _top(path: Path) -> list[str]:
    """Return the first lines, as many as a header and its first rows may take."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(islice(file, 64))


def _split(
    lines: Sequence[str], is_header: IsHeader | None
) -> tuple[str, list[tuple[int, int, list[str]]]]:
    """Return what separates cells, and the first rows with the lines each begins and ends in."""
    first = next((line for line in lines if line.strip()), "")
    ways = []
    for sign in _SEPARATORS:
        rows = list(_rows(lines, sign))
        cells = [[cell for cell in row if cell.strip()] for _, _, row in rows]
        known = 0
        if is_header is not None:
            top = cells[: 2 * header_rows.LOOKED_AT]
            known = max((sum(map(is_header, row)) for row in top if len(row) > 1), default=0)
        ways.append((known, first.count(sign), sign, rows))
    _, _, separator, rows = max(ways, key=lambda way: way[:2])
    return separator, rows


def _rows(lines: Sequence[str], separator: str) -> Iterator[tuple[int, int, list[str]]]:
    reader = csv.reader(lines, delimiter=separator)
    last = 0
    while True:
        try:
            row = next(reader)
        except (csv.Error, StopIteration):
            return
        yield last + 1, reader.line_num, row
        last = reader.line_num


def _refuse_cut(text: Text, where: str) -> None:
    """Raise `SubjectError` where the last line ends early: the file was not written to its end."""
    size = text.path.stat().st_size
    with text.path.open("rb") as file:
        file.seek(max(size - _TAIL, 0))
        last = file.read().rpartition(b"\n")[2]
    if not last.strip() or b'"' in last or size <= len(last):
        return
    count = len(
        next(csv.reader(io.StringIO(last.decode("utf-8", "replace")), delimiter=text.separator))
    )
    if count < text.width:
        raise SubjectError(
            tr(
                "the file seems cut short: its last line ends early",
                "文件似乎不完整:末行提前结束",
            ),
            tr(
                f"the last line has {count} cells, the header {text.width}",
                f"末行有 {count} 列,表头有 {text.width} 列",
            ),
            tr("copy or export it again", "请重新复制或导出"),
            where=where,
        )


# ---- encoding ---------------------------------------------------------------------------------


def _scanned(path: Path) -> tuple[str, bool]:
    """Return the encoding of a text, and whether a line of it may be blank."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        if _decodes(path, "utf-16") is not None:
            return "utf-16", True
    elif b"\x00" not in head:
        for encoding in ("utf-8", "gb18030"):
            if (blank := _decodes(path, encoding)) is not None:
                return encoding, blank
    from charset_normalizer import from_bytes

    guess = from_bytes(head).best()
    looks = guess.encoding if guess is not None else tr("no known text", "不像任何文本")
    raise SubjectError(
        tr("the text is neither UTF-8 nor GB18030", "文本既不是 UTF-8 也不是 GB18030"),
        tr(f"looks like {looks}", f"疑似 {looks}"),
        tr("save it as CSV UTF-8 and try again", "请另存为“CSV UTF-8”后重试"),
        where=path.name,
    )


def _decodes(path: Path, encoding: str) -> bool | None:
    """Tell whether a line may be blank in a text of an encoding; None where it is in another."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    blank, long, before = False, 0, b"\n"
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
                long = 0 if b"\n" in chunk else long + len(chunk)
                bounds.check("line", long, path.name)
                piece = before + chunk
                blank = blank or _BLANK.search(piece) is not None
                line = piece[piece.rfind(b"\n") :] if b"\n" in piece else b"x"
                before = b"" if line.strip(_NOTHING) else line  # it may go on in the next piece
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return None
    return blank or (len(before) > 1 and _BLANK.search(before + b"\n") is not None)


@cache
def _drafts() -> tempfile.TemporaryDirectory[str]:
    """The folder of texts in another encoding, gone when the program ends."""
    return tempfile.TemporaryDirectory(prefix="lishui_credit_")


def _as_utf8(path: Path, encoding: str) -> Path:
    """Write a text again in UTF-8, piece by piece: a large one is never held whole."""
    try:
        handle, name = tempfile.mkstemp(suffix=".csv", dir=_drafts().name)
        with path.open(encoding=encoding, newline="") as text, open(handle, "wb") as draft:
            while piece := text.read(_CHUNK):
                draft.write(piece.encode())
    except OSError as error:
        if containers.is_full(error):
            raise containers.full(Path(tempfile.gettempdir())) from None
        raise
    return Path(name)

"""A Parquet file written over from another one: column chunks without a change are copied byte by byte.

To encode a column costs five times what it costs to read it. A footer (Thrift, compact protocol)
says where each chunk lies; it is read whole, its offsets are moved, and everything else in it stays
as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import polars as pl

_MAGIC: Final = b"PAR1"
_ENDS: Final = 8  # bytes behind a footer: its length, and the magic ones
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 12
_WHOLE: Final = (4, 5, 6)  # of 16, 32 and 64 bits, written alike

# Numbers of the fields read here: parquet.thrift of Apache Parquet.
_COLUMNS, _ROWS, _GROUPS, _WORDS, _WRITER = 2, 3, 4, 5, 6  # of a file
_CHUNKS, _BYTES, _HEIGHT, _OFFSET, _PACKED, _PLACE = 1, 2, 3, 5, 6, 7  # of a row group
_DATA: Final = 3  # of a chunk
_INDEXES: Final = (4, 5, 6, 7)  # of a chunk: where indexes of its pages lie, which are not copied
_PATH, _UNPACKED, _LONG, _PAGES, _INDEX, _DICTIONARY = 3, 6, 7, 9, 10, 11  # of a chunk's data
_BLOOM: Final = (14, 15)  # of a chunk's data: where its Bloom filter lies, which is not copied

_Struct = dict[int, tuple[int, Any]]
"""Fields by number, each with its type; a list is the type of its items and the items."""

Renew = Callable[[int, int], pl.DataFrame | None]
"""Of rows from a place on, so many: the columns to be written anew, None where there are none.

Where rows come or go it returns every column; where none is left, no row.
"""


@dataclass(slots=True)
class _Reader:
    """Thrift's compact protocol, as far as a footer of Parquet uses it."""

    data: bytes
    at: int = 0

    def _taken(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]

    def _number(self) -> int:
        found = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            if byte < 128:
                return found | byte << shift
            found |= (byte & 127) << shift
            shift += 7

    def _signed(self) -> int:
        found = self._number()
        return (found >> 1) ^ -(found & 1)

    def struct(self) -> _Struct:
        found: _Struct = {}
        place = 0
        while True:
            head = self.data[self.at]
            self.at += 1
            if not head:
                return found
            kind = head & 15
            place = place + (head >> 4) if head >> 4 else self._signed()
            found[place] = (kind, self._value(kind))

    def _value(self, kind: int) -> Any:
        if kind in _WHOLE:
            return self._signed()
        if kind == _BINARY:
            return self._taken(self._number())
        if kind == _STRUCT:
            return self.struct()
        if kind in (_LIST, _SET):
            head = self.data[self.at]
            self.at += 1
            of, count = head & 15, head >> 4
            count = count if count < 15 else self._number()
            if of not in (_TRUE, _FALSE):
                return of, [self._value(of) for _ in range(count)]
        if kind in (_TRUE, _FALSE):
            return kind == _TRUE
        if kind in (_BYTE, _DOUBLE):
            return self._taken(1 if kind == _BYTE else 8)
        raise ValueError(f"a footer with a field of type {kind}")


def _number(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


def _signed(value: int) -> bytes:
    return _number(value << 1 if value >= 0 else ~value << 1 | 1)


def _struct(fields: _Struct) -> bytes:
    parts, last = [], 0
    for place, (kind, value) in sorted(fields.items()):
        step = place - last
        near = 0 < step < 16
        parts.append(bytes([step << 4 | kind]) if near else bytes([kind]) + _signed(place))
        parts.append(_value(kind, value))
        last = place
    return b"".join(parts) + b"\0"


def _value(kind: int, value: Any) -> bytes:
    if kind in (_TRUE, _FALSE):
        return b""
    if kind in _WHOLE:
        return _signed(value)
    if kind == _BINARY:
        return _number(len(value)) + bytes(value)
    if kind == _STRUCT:
        return _struct(value)
    if kind in (_LIST, _SET):
        of, items = value
        head = bytes([len(items) << 4 | of]) if len(items) < 15 else bytes([0xF0 | of])
        size = b"" if len(items) < 15 else _number(len(items))
        return head + size + b"".join(_value(of, item) for item in items)
    return bytes(value)


def _footer(data: Any) -> _Struct:
    """Return the footer of an open Parquet file."""
    end = data.seek(0, 2)
    data.seek(end - _ENDS)
    ends = data.read(_ENDS)
    length = int.from_bytes(ends[:4], "little")
    if ends[4:] != _MAGIC or length > end - _ENDS:
        raise ValueError("no footer of Parquet")
    data.seek(end - _ENDS - length)
    return _Reader(data.read(length)).struct()


def _items(fields: _Struct, number: int) -> list[Any]:
    return list(fields[number][1][1]) if number in fields else []


@dataclass(slots=True)
class _Writer:
    """A file in the making: chunks, and the row groups they are of."""

    out: Any
    groups: list[_Struct] = field(default_factory=list)

    def chunk(self, chunk: _Struct, data: Any) -> _Struct:
        """Copy a column chunk, and return what the footer says of it."""
        told: _Struct = {n: cell for n, cell in chunk[_DATA][1].items() if n not in _BLOOM}
        offsets = [n for n in (_PAGES, _INDEX, _DICTIONARY) if n in told]
        start = min(told[n][1] for n in offsets)
        moved = self.out.tell() - start
        data.seek(start)
        self.out.write(data.read(told[_LONG][1]))
        told |= {n: (told[n][0], told[n][1] + moved) for n in offsets}
        kept: _Struct = {n: cell for n, cell in chunk.items() if n not in _INDEXES}
        return kept | {_DATA: (_STRUCT, told), 2: (_WHOLE[-1], 0)}

    def group(self, like: _Struct, chunks: list[tuple[_Struct, Any]], rows: int) -> None:
        """Add a row group of copied chunks, each with the file it lies in."""
        start = self.out.tell()
        made = [self.chunk(*one) for one in chunks]
        sizes = [sum(one[_DATA][1][n][1] for one in made) for n in (_UNPACKED, _LONG)]
        numbers = {_BYTES: sizes[0], _HEIGHT: rows, _OFFSET: start, _PACKED: sizes[1]}
        told = like | {n: (_WHOLE[-1], number) for n, number in numbers.items()}
        told[_CHUNKS] = (_LIST, (_STRUCT, made))
        if _PLACE in told:
            told[_PLACE] = (told[_PLACE][0], len(self.groups))
        self.groups.append(told)


def _path(chunk: _Struct) -> Any:
    return chunk[_DATA][1][_PATH][1]


def _encoded(frame: pl.DataFrame, level: int, columns: list[_Struct]) -> tuple[BytesIO, _Struct]:
    """Return columns as a Parquet file of one row group, and that group."""
    data = BytesIO()
    frame.rechunk().write_parquet(data, compression_level=level, row_group_size=frame.height)
    footer = _footer(data)
    (group,) = _items(footer, _GROUPS)
    if any(column not in columns for column in _items(footer, _COLUMNS)[1:]):
        raise AssertionError("columns that are held otherwise than in the file")
    return data, group


def write_over(
    source: Path, output: Path, renew: Renew, metadata: Mapping[str, str], *, level: int
) -> bool:
    """Write a Parquet file again with other cells, at a level of zstd; see `Renew`.

    `metadata` takes the place of words of the same keys in its footer. A file that polars did not write
    may hold its cells otherwise than polars would: nothing is written then, and false returned.
    """
    with source.open("rb") as data:
        footer = _footer(data)
        if not footer.get(_WRITER, (_BINARY, b""))[1].startswith(b"Polars"):
            return False
        with output.open("wb") as out:
            _written(footer, data, out, renew, metadata, level)
    return True


def _written(
    footer: _Struct,
    data: Any,
    out: Any,
    renew: Renew,
    metadata: Mapping[str, str],
    level: int,
) -> None:
    out.write(_MAGIC)
    writer, start = _Writer(out), 0
    for group in _items(footer, _GROUPS):
        rows = height = group[_HEIGHT][1]
        chunks: list[tuple[_Struct, Any]] = [(chunk, data) for chunk in _items(group, _CHUNKS)]
        fresh = renew(start, rows)
        start += rows
        if fresh is not None:
            height = fresh.height
            if not height:
                continue
            made, own = _encoded(fresh, level, _items(footer, _COLUMNS))
            anew = {str(_path(chunk)): (chunk, made) for chunk in _items(own, _CHUNKS)}
            chunks = [anew.pop(str(_path(chunk)), (chunk, file)) for chunk, file in chunks]
            if anew or (height != rows and any(file is data for _, file in chunks)):
                raise AssertionError("rows of other columns than those of the file")
        writer.group(group, chunks, height)
    taken = [word for word in _items(footer, _WORDS) if word[1][1].decode() not in metadata]
    taken += [
        {1: (_BINARY, key.encode()), 2: (_BINARY, text.encode())} for key, text in metadata.items()
    ]
    footer[_WORDS] = (_LIST, (_STRUCT, taken))
    footer[_GROUPS] = (_LIST, (_STRUCT, writer.groups))
    footer[_ROWS] = (footer[_ROWS][0], sum(group[_HEIGHT][1] for group in writer.groups))
    told = _struct(footer)
    out.write(told + len(told).to_bytes(4, "little") + _MAGIC)

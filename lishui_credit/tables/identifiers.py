"""Check digits of unified social credit codes (GB 32100) and identity numbers (GB 11643).

Two forms of each test: one value (`uscc_is_valid`, `resident_id_is_valid`) and a whole column at a
time (`uscc_valid`, `resident_id_valid`), which a file of millions of rows needs. Two traps are
minded: codes of rural collectives start with N (others with A or Y), and real codes of Lishui still
carry 3325xx, the region before 2000, so no region is tested here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from lishui_credit.tables.unreadable import BLANKS

USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(17))
RESIDENT_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
RESIDENT_CHECKS: Final = "10X98765432"
USCC_AUTHORITIES: Final = "123456789ANY"

_LENGTH: Final = 18
# More than 18 remainders can add up to, while 18 of it still fit 16 bits.
_FOREIGN: Final = 1024


# Blanks, also of no width; the apostrophe by which a spreadsheet keeps digits as text.
_LEFT_OUT: Final = rf"^['‘’`]+|[{BLANKS}]"


def standard(ids: pl.Expr) -> pl.Expr:
    """Return ids as they are compared: one width and case, no blanks, no leading apostrophe."""
    return ids.str.normalize("NFKC").str.replace_all(_LEFT_OUT, "").str.to_uppercase()


def uscc_check_digit(head: str) -> str:
    """Return the 18th character of a code (GB 32100-2015) from its first 17."""
    if len(head) != _LENGTH - 1:
        raise ValueError(f"17 characters expected, found {len(head)}")
    total = sum(USCC_ALPHABET.index(c) * w for c, w in zip(head, USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[(31 - total % 31) % 31]


def uscc_is_valid(code: str) -> bool:
    """Tell whether a code has 18 characters of the alphabet, an authority and its check digit."""
    return bool(uscc_valid(pl.Series([code]))[0])


def resident_id_check_digit(head: str) -> str:
    """Return the 18th character of an identity number (GB 11643-1999) from its 17 digits."""
    total = sum(int(c) * w for c, w in zip(head, RESIDENT_WEIGHTS, strict=True))  # MOD 11-2
    return RESIDENT_CHECKS[total % 11]


def resident_id_is_valid(number: str) -> bool:
    """Tell whether an identity number has 17 digits, a real birth date and its check digit."""
    return bool(resident_id_valid(pl.Series([number]))[0])


def _by_pairs(table: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """Return by pair of places and of bytes, read as one little-endian number, what both add."""
    pairs = table[1::2, :, None] + table[::2, None, :]
    return pairs.reshape(len(table) // 2, -1)


def _remainders(alphabet: str, weights: Sequence[int], modulus: int) -> npt.NDArray[np.int16]:
    """Return by place and byte what a character adds to the weighted sum, modulo `modulus`."""
    table = np.full((len(weights), 256), _FOREIGN, dtype=np.int16)
    for place, weight in enumerate(weights):
        for value, character in enumerate(alphabet):
            table[place, ord(character)] = value * weight % modulus
    return table


@cache
def _uscc_table() -> npt.NDArray[np.int16]:
    table = _remainders(USCC_ALPHABET, (*USCC_WEIGHTS, 1), 31)
    strange = np.ones(256, dtype=bool)
    strange[[ord(character) for character in USCC_AUTHORITIES]] = False
    table[0, strange] = _FOREIGN
    return _by_pairs(table)


@cache
def _resident_table() -> npt.NDArray[np.int16]:
    table = _remainders("0123456789", (*RESIDENT_WEIGHTS, 0), 11)
    table[-1] = _FOREIGN
    for remainder, character in enumerate(RESIDENT_CHECKS):
        table[-1, ord(character)] = -remainder % 11
    return _by_pairs(table)


def _divisible(codes: pl.Series, table: npt.NDArray[np.int16], modulus: int) -> pl.Series:
    """Tell which codes have 18 characters of the table whose sum is divisible; false for null."""
    # Characters are looked up two at a time, which halves the passes over the column.
    fits = (codes.str.len_bytes() == _LENGTH).fill_null(False)
    if not fits.all():
        blank = pl.lit("0" * _LENGTH)
        codes = pl.select(pl.when(fits).then(codes).otherwise(blank)).to_series()
    cells = codes.cast(pl.Binary).bin.reinterpret(dtype=pl.Array(pl.UInt8, _LENGTH)).to_numpy()
    pairs = np.ascontiguousarray(cells).view("<u2")
    total = np.zeros(len(codes), dtype=np.int16)
    for place, adds in enumerate(table):
        total += adds.take(pairs[:, place])
    found = ((total < _FOREIGN) & (total % modulus == 0)).tobytes()
    # By way of bytes: a Series of an array would load numpy.ma, which takes a twentieth of a second.
    one = pl.Series([found], dtype=pl.Binary)
    cells_found = one.bin.reinterpret(dtype=pl.Array(pl.UInt8, len(found))).explode()
    return cells_found.cast(pl.Boolean) & fits


def uscc_valid(codes: pl.Series) -> pl.Series:
    """Tell which codes of a column, upper case, are valid; false for null."""
    if codes.is_empty():
        return pl.Series([], dtype=pl.Boolean)
    return _divisible(codes, _uscc_table(), 31)


def resident_id_valid(numbers: pl.Series) -> pl.Series:
    """Tell which identity numbers of a column, upper case, are valid; false for null."""
    if numbers.is_empty():
        return pl.Series([], dtype=pl.Boolean)
    born = (
        numbers.str.slice(6, 8).str.to_date("%Y%m%d", strict=False).is_not_null().fill_null(False)
    )
    return _divisible(numbers, _resident_table(), 11) & born


def birth_date(number: str) -> date | None:
    """Return the birth date an identity number carries; None where it carries none.

    Examples
    --------
    >>> birth_date("11010519491231002X")
    datetime.date(1949, 12, 31)
    """
    digits = number[6:14]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None

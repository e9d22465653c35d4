"""Ids that somebody types to ask for one row: read as ids in files are, and told where there is none."""

from __future__ import annotations

import warnings
from typing import Final

import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.tables import header_words
from lishui_credit.tables.identifiers import standard

_NEAR: Final = 0.8
_LOOKED_AT: Final = 10_000


def standard_id(asked: str) -> str:
    """Return a typed id in the form in which ids are compared.

    >>> standard_id(" 9133 1100ａ'")
    "91331100A'"
    """
    return str(pl.select(standard(pl.lit(asked))).item())


def read_as(asked: str, found: str) -> str:
    """Return a typed id as it stands in a file, and warn where it was typed otherwise."""
    if found != asked:
        said = tr(f"'{asked}' was read as '{found}'", f"“{asked}”按“{found}”读取")
        warnings.warn(said, UserWarning, stacklevel=2)
    return found


def alike(asked: str, ids: pl.LazyFrame) -> str | None:
    """Return the id of a column that a typed one means; None where there is none.

    Raises `SubjectError` where several differ from it only in case, width or blanks.
    """
    key = pl.first().cast(pl.String)
    if not ids.select(key).filter(key == asked).head(1).collect().is_empty():
        return asked
    same = ids.select(key).filter(standard(key) == standard_id(asked)).unique().collect()
    found = sorted(same.to_series().to_list())
    if len(found) > 1:
        raise SubjectError(
            tr("several ids are written alike", "有多个写法相近的编号"),
            ", ".join(found),
            tr("write it as it stands in the file", "请照文件中的写法填写"),
        )
    return found[0] if found else None


def did_you_mean(asked: str, ids: pl.LazyFrame) -> str:
    """Return the hint that names the nearest id of a column; "" where none is near."""
    key, plain = pl.first().cast(pl.String), standard_id(asked)
    half = max(len(plain) // 2, 1)
    # One slip leaves one half of an id as it is.
    close = standard(key).str.starts_with(plain[:half]) | standard(key).str.ends_with(plain[-half:])
    names = ids.select(key).filter(close).head(_LOOKED_AT).collect().to_series().to_list()
    return header_words.did_you_mean([plain], names, _NEAR)


def asked_id(asked: str, ids: pl.LazyFrame, lacking: Problem) -> str:
    """Return the id of a column that a typed one means, with a warning where it stands otherwise.

    `lacking` is raised where there is none; an id that is near takes the place of its hint.
    """
    found = alike(asked, ids)
    if found is None:
        hint = did_you_mean(asked, ids) or lacking.hint
        raise SubjectError(lacking.what, asked, hint, lacking.where)
    return read_as(asked, found)

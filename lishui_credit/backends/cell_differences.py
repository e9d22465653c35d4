"""Two answers to one question, compared cell by cell: what an engine gives beside what polars gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl


@dataclass(frozen=True, slots=True)
class Differences:
    """What was compared and what differs."""

    rows: int
    cells: int  # of the rows that both answers have
    counts: Mapping[str, int]  # by column, those that differ only
    first: pl.DataFrame  # subject, column, expected, found: the first of every such column
    missing: int = 0  # subjects that the other answer does not give
    unasked: int = 0  # rows of the other answer that are of no subject, or of one given before

    @property
    def cells_that_differ(self) -> int:
        """How many cells differ in all."""
        return sum(self.counts.values())

    @property
    def none(self) -> bool:
        """Whether the two answers are the same."""
        return not (self.counts or self.missing or self.unasked)


def texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Return every cell as the text databases print: flags as 1 and 0, days as YYYY-MM-DD."""
    return frame.select(
        (pl.col(name).cast(pl.Int8) if kind == pl.Boolean else pl.col(name)).cast(pl.String)
        for name, kind in frame.schema.items()
    )


def of_rows(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> pl.DataFrame:
    """Return rows that a driver gives as a frame of texts."""
    columns = [*zip(*rows, strict=True)] or [()] * len(names)
    found = []
    for name, cells in zip(names, columns, strict=True):
        try:
            column = pl.Series(name, cells, strict=True)
        except (TypeError, OverflowError, pl.exceptions.PolarsError):  # cells of several types
            column = pl.Series(name, [None if cell is None else str(cell) for cell in cells])
        found.append(column)
    return texts(pl.DataFrame(found))


def of_cells(answers: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Return what a function gave for one row after another as a frame of texts."""
    return of_rows([*answers[0]], [[*answer.values()] for answer in answers])


def compared(
    found: pl.DataFrame, expected: pl.DataFrame, key: str, *, examples: int = 3
) -> Differences:
    """Compare two answers subject by subject; their rows may stand in any order.

    Parameters
    ----------
    found : DataFrame
        An engine's answer, with the columns of the expected one in any order.
    expected : DataFrame
        What polars gives; `key` tells its rows apart.
    key : str
        Column that names a row.
    examples : int, default 3
        How many differing cells of a column to name.

    Returns
    -------
    Differences
        What differs, as texts: 1 and true are one flag.

    Raises
    ------
    ValueError
        If the answers have other columns.

    Examples
    --------
    >>> one = pl.DataFrame({"id": ["a", "b"], "points": [1, 2]})
    >>> other = pl.DataFrame({"id": ["b", "a"], "points": [3, 1]})
    >>> compared(other, one, "id").first.row(0)
    ('b', 'points', '2', '3')
    """
    if {*found.columns} != {*expected.columns}:
        raise ValueError(f"{found.columns}, not {expected.columns}")
    asked, given = texts(expected), texts(found.select(expected.columns))
    known = given.filter(pl.col(key).is_first_distinct()).join(asked, on=key, how="semi")
    one = asked.join(known, on=key, how="semi").sort(key)
    other = known.sort(key)
    empty = dict.fromkeys(("subject", "column", "expected", "found"), pl.String)
    counts, first = {}, []
    for name in asked.columns:
        differs = one[name].ne_missing(other[name])
        if count := int(differs.sum()):
            counts[name] = count
            names = {"subject": one[key], "expected": one[name], "found": other[name]}
            told = pl.DataFrame(names).filter(differs).head(examples)
            first.append(told.with_columns(column=pl.lit(name)).select(*empty))
    return Differences(
        rows=asked.height,
        cells=one.height * one.width,
        counts=counts,
        first=pl.concat([pl.DataFrame(schema=empty), *first]),
        missing=asked.height - one.height,
        unasked=given.height - known.height,
    )

"""Rows of an earlier result beside those of now: which ids both have, and one table of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

WAS: Final = "_was "
"""Before the name of a column of the earlier result that stands beside one of now."""

_AGAIN: Final = "_again "


@dataclass(frozen=True, slots=True)
class Sides:
    """Subjects of now and of the earlier result, and which of them only one of the two has."""

    now: pl.LazyFrame  # subjects that were there then
    then: pl.LazyFrame  # their earlier results
    came: pl.DataFrame  # ``_row``: before which of the rows of `then` a subject stands, and the id
    gone: pl.Series
    aligned: bool  # whether the subjects of both stand in one order

    @classmethod
    def of(cls, subjects: pl.LazyFrame, earlier: pl.LazyFrame, key: str, rows: int) -> Sides:
        """Tell the subjects of both apart; `rows` of them are there now."""
        none = pl.DataFrame(schema={"_row": pl.Int64, key: pl.String})
        held = earlier.select(pl.len()).collect(engine="streaming").item()
        if held == rows and _same_ids(subjects, earlier, key):
            return cls(subjects, earlier, none, none[key], aligned=True)
        ids = subjects.select(pl.row_index("_row").cast(pl.Int64), key)
        came = ids.join(earlier.select(key), on=key, how="anti").collect(engine="streaming")
        gone = earlier.select(key).join(subjects.select(key), on=key, how="anti")
        lost = gone.collect(engine="streaming")[key]
        came = came.sort("_row").with_columns(pl.col("_row") - pl.int_range(pl.len()))
        now = subjects.filter(~pl.col(key).is_in(came[key].implode()))
        then = earlier.filter(~pl.col(key).is_in(lost.implode()))
        return cls(now, then, came, lost, aligned=_same_ids(now, then, key))

    def together(self, was: list[pl.Expr], key: str) -> pl.LazyFrame:
        """Return each subject that was there then beside what `was` reads of its earlier result."""
        if self.aligned:
            return pl.concat([self.now, self.then.select(was)], how="horizontal")
        return self.now.join(self.then.select(key, *was), on=key, how="left", maintain_order="left")


def _same_ids(one: pl.LazyFrame, other: pl.LazyFrame, key: str) -> bool:
    """Tell whether both, of as many rows, have the same ids row by row."""
    both = [one.select(key), other.select(pl.col(key).alias(WAS + key))]
    same = pl.concat(both, how="horizontal").select((pl.col(key) == pl.col(WAS + key)).all())
    return bool(same.collect(engine="streaming").item())


def laid_over(sides: Sides, again: pl.DataFrame, key: str, kept: int) -> pl.LazyFrame:
    """Return the earlier results, `kept` rows, with those of now at the rows that ``_row`` names."""
    # Cells are put in place column by column, and only of columns in which one differs: to merge two
    # sorted frames gathers every cell, half the time of writing it.
    came = pl.col(key).is_in(sides.came[key].implode())
    new, others = again.filter(came), again.filter(~came).sort("_row")
    names = again.drop("_row").columns
    earlier = sides.then.select(pl.row_index("_row").cast(pl.Int64), *names)

    def renewed(piece: pl.DataFrame) -> pl.DataFrame:
        if not piece.is_empty():
            near = pl.col("_row").is_between(piece["_row"][0], piece["_row"][-1])
            piece = _replaced(piece, others.filter(near))
            if (few := new.filter(near)).height:
                piece = pl.concat([few.select(piece.columns), piece]).sort(
                    "_row", maintain_order=True
                )
        return piece.drop("_row")

    schema = pl.Schema({name: again.schema[name] for name in names})
    last = new.filter(pl.col("_row") >= kept).select(names)
    return pl.concat([earlier.map_batches(renewed, schema=schema, streamable=True), last.lazy()])


def _replaced(piece: pl.DataFrame, few: pl.DataFrame) -> pl.DataFrame:
    """Return rows that follow each other in ``_row``, some of them replaced by others of the same."""
    if few.is_empty():
        return piece
    at = few["_row"] - piece["_row"][0]
    put = pl.repeat(False, piece.height, eager=True).scatter(at, True)
    place = pl.repeat(0, piece.height, dtype=pl.UInt32, eager=True)
    place = place.scatter(at, pl.int_range(few.height, dtype=pl.UInt32, eager=True))
    was = piece[at]
    unlike = [name for name in few.columns if not was[name].eq_missing(few[name]).all()]
    return piece.with_columns(few[name].gather(place).zip_with(put, piece[name]) for name in unlike)


def joined(
    subjects: pl.LazyFrame, earlier: pl.LazyFrame, again: pl.DataFrame, key: str
) -> pl.LazyFrame:
    """Return the subjects with their results in any order: those of now where there are, else the earlier."""
    results = [name for name in again.columns if name not in subjects.collect_schema()]
    renewed = again.lazy().select(
        key, pl.lit(True).alias("_again"), *(pl.col(n).alias(_AGAIN + n) for n in results)
    )
    return (
        subjects.join(earlier.select(key, *results), on=key, how="left", maintain_order="left")
        .join(renewed, on=key, how="left", maintain_order="left")
        .with_columns(
            pl.when("_again").then(pl.col(_AGAIN + name)).otherwise(name).alias(name)
            for name in results
        )
        .select(again.columns)
    )

"""Rows of an earlier result beside those of now: which ids both have, and one table of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from lishui_credit.tables.parquet_slices import scan_slices
from lishui_credit.tables.row_groups import write_over

WAS: Final = "_was "
"""Before the name of a column of the earlier result that stands beside one of now."""

_AGAIN: Final = "_again "


@dataclass(frozen=True, slots=True)
class Sides:
    """Subjects of now and of the earlier result, and which of them only one of the two has."""

    now: pl.LazyFrame  # subjects that were there then
    then: pl.LazyFrame  # their earlier results, ``_row``: at which row each stands
    came: pl.DataFrame  # the id, and ``_row``: before which row of the earlier result it stands
    gone: pl.DataFrame  # the id, and ``_row``: at which row it stood
    aligned: bool  # whether the subjects of both stand in one order
    whole: Path | None = None  # the earlier file, where its ids are those of now row by row

    @classmethod
    def of(cls, subjects: pl.LazyFrame, path: Path, key: str) -> Sides:
        """Tell the subjects of both apart."""
        none = pl.DataFrame(schema={key: pl.String, "_row": pl.Int64})
        earlier = scan_slices(path)
        then = _numbered(earlier)
        if _heights(subjects, earlier) and _same(
            _beside(subjects.select(key), path, [_was(key)]), key
        ):
            return cls(subjects, then, none, none, aligned=True, whole=path)
        came = _numbered(subjects.select(key)).join(earlier.select(key), on=key, how="anti")
        gone = _numbered(earlier.select(key)).join(subjects.select(key), on=key, how="anti")
        new = came.collect(engine="streaming").sort("_row")
        lost = gone.collect(engine="streaming").sort("_row")
        now = subjects.filter(~pl.col(key).is_in(new[key].implode()))
        then = then.filter(~pl.col(key).is_in(lost[key].implode()))
        aligned = _heights(now, then) and _same(_zipped(now.select(key), then, [_was(key)]), key)
        # Rows that came are left out of the count, those that went are put back into it.
        stayed = new["_row"] - pl.int_range(new.height, eager=True)
        left_out = lost["_row"] - pl.int_range(lost.height, eager=True)
        place = stayed + left_out.search_sorted(stayed, side="right").cast(pl.Int64)
        return cls(now, then, new.with_columns(place.alias("_row")), lost, aligned)

    def together(self, was: list[pl.Expr], key: str) -> pl.LazyFrame:
        """Return each subject that was there then beside what `was` reads of its earlier result."""
        if self.whole is not None:
            return _beside(self.now, self.whole, was)
        if self.aligned:
            return _zipped(self.now, self.then, ["_row", *was])
        then = self.then.select("_row", key, *was)
        return self.now.join(then, on=key, how="left", maintain_order="left")

    def changed(self, names: Sequence[str], key: str) -> pl.Series:
        """Return who has another cell in one of some columns."""
        others = [name for name in names if name != key]
        frame = self.together([_was(name) for name in others], key)
        found = frame.filter(unlike(others)).select(key).collect(engine="streaming")
        return found[key]


def unlike(names: Sequence[str]) -> pl.Expr:
    """Return whether one of some cells is not what it was."""
    tests = (pl.col(name).ne_missing(pl.col(WAS + name)) for name in names)
    return pl.any_horizontal(pl.lit(False), *tests)


def _numbered(frame: pl.LazyFrame) -> pl.LazyFrame:
    return frame.with_row_index("_row").with_columns(pl.col("_row").cast(pl.Int64))


def _was(name: str) -> pl.Expr:
    return pl.col(name).alias(WAS + name)


def _zipped(now: pl.LazyFrame, then: pl.LazyFrame, was: list[Any]) -> pl.LazyFrame:
    return pl.concat([now, then.select(was)], how="horizontal")


def _beside(now: pl.LazyFrame, path: Path, was: list[pl.Expr]) -> pl.LazyFrame:
    """Return rows beside those of a file that has as many, with ``_row``."""
    # Two sources laid side by side are not read in step: one of them would be held.
    then = pl.scan_parquet(path).select(was)

    def beside(piece: pl.DataFrame) -> pl.DataFrame:
        start = int(piece["_row"][0]) if piece.height else 0
        if piece.height and piece["_row"][-1] != start + piece.height - 1:
            raise AssertionError("rows that do not follow each other")
        return piece.hstack(then.slice(start, piece.height).collect())

    numbered = _numbered(now)
    schema = {**numbered.collect_schema(), **then.collect_schema()}
    return numbered.map_batches(beside, schema=schema, streamable=True)


def _heights(one: pl.LazyFrame, other: pl.LazyFrame) -> bool:
    """Tell whether both have as many rows."""
    rows = [frame.select(pl.first().len()).collect(engine="streaming") for frame in (one, other)]
    return bool(rows[0].item() == rows[1].item())


def _same(both: pl.LazyFrame, key: str) -> bool:
    """Tell whether ids beside each other are the same."""
    same = (pl.col(key) == pl.col(WAS + key)).all()
    return bool(both.select(same).collect(engine="streaming").item())


@dataclass(frozen=True, slots=True)
class LaidOver:
    """An earlier graded file with the rows that came, without those that went, others put in place."""

    path: Path
    came: pl.DataFrame  # sorted by ``_row``, as all three are
    gone: pl.Series
    changed: pl.DataFrame

    @classmethod
    def of(cls, path: Path, sides: Sides, again: pl.DataFrame, key: str) -> LaidOver:
        """Lay rows graded again, at ``_row``, over an earlier file of subjects in the same order."""
        came = pl.col(key).is_in(sides.came[key].implode())
        parts = (again.filter(test).sort("_row", maintain_order=True) for test in (came, ~came))
        new, changed = parts
        return cls(path, new, sides.gone["_row"], changed)

    def write(self, output: Path, metadata: Mapping[str, str], *, level: int) -> bool:
        """Write it as Parquet; only columns with another cell are encoded, row group by row group.

        False where the earlier file is not one that polars wrote, and nothing was written.
        """
        earlier = pl.scan_parquet(self.path)
        names = earlier.collect_schema().names()
        rows = earlier.select(pl.len()).collect().item()

        def renewed(start: int, height: int) -> pl.DataFrame | None:
            end = start + height
            few = _near(self.changed, start, end)
            lost = _near(self.gone.to_frame(), start, end)["_row"]
            # Who came behind the last row is of its group.
            last = end + 1 if height and end == rows else end
            new = _near(self.came, start, last)
            if few.is_empty() and new.is_empty() and lost.is_empty():
                return None
            piece = earlier.slice(start, height).collect()
            unlike, piece = _replaced(piece, few, start)
            if new.is_empty() and lost.is_empty():
                return piece.select(unlike) if unlike else None
            places = pl.int_range(start, end, eager=True).alias("_row")
            kept = piece.with_columns(places).filter(~places.is_in(lost.implode()))
            placed = [new.select(*names, "_row"), kept.select(*names, "_row")]
            return pl.concat(placed).sort("_row", maintain_order=True).select(names)

        return write_over(self.path, output, renewed, metadata, level=level)


def _near(rows: pl.DataFrame, start: int, end: int) -> pl.DataFrame:
    """Return the rows from one ``_row`` up to another of a frame that is sorted by it."""
    first, last = (int(rows["_row"].search_sorted(place)) for place in (start, end))
    return rows[first:last]


def _replaced(piece: pl.DataFrame, few: pl.DataFrame, start: int) -> tuple[list[str], pl.DataFrame]:
    """Return rows of which some are replaced by others of the same ``_row``, and the columns that differ."""
    if few.is_empty():
        return [], piece
    at = few["_row"] - start
    put = pl.repeat(False, piece.height, eager=True).scatter(at, True)
    place = pl.repeat(0, piece.height, dtype=pl.UInt32, eager=True)
    place = place.scatter(at, pl.int_range(few.height, dtype=pl.UInt32, eager=True))
    was = piece[at]
    unlike = [name for name in piece.columns if not was[name].eq_missing(few[name]).all()]
    return unlike, piece.with_columns(
        few[name].gather(place).zip_with(put, piece[name]) for name in unlike
    )


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

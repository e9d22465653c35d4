"""Cells at the edges of an edition: its bounds and the values beside them, odd texts, days on limits.

Arrays, drawn with a generator that is given; `hostile_subjects` and `hostile_events` make rows of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any, Final, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.law.rubric import BandRow, Condition, Rubric
from lishui_credit.tables.columns import Column, dictionary

LIMITS: Final = (0, 1, 15, 30, 90, 180, 360, 720)
"""Days that rules name; dates stand on them, a day before and a day after."""
ODD: Final = (
    *("", " ", "O'Neil", "信用\u3000", "é", "e\u0301", "\\n%_", '"', "ａ", "a\tb", "-- x", "/* y"),
)
"""Texts that no rule names."""
_LEAP_DAYS: Final = (date(1900, 2, 28), date(1900, 3, 1), date(2000, 2, 29), date(2020, 2, 29))
_EPOCH: Final = date(1970, 1, 1)
_ROUND: Final = (1, 3, 5, 15, 25, 75, 125, 375, 625)  # a multiple of them lies half between two

Whole: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class HostileCells:
    """What the cells of one edition's columns are drawn from."""

    rubric: Rubric
    day: date  # of grading
    largest: int  # no number lies beyond it, as held

    def drawn(
        self, rng: np.random.Generator, column: Column, rows: int, told: NDArray[np.float64] | float
    ) -> Any:
        """Return the cells of a column: days as a count, flags set in the share `told` of rows."""
        if column.type == "flag":
            return rng.random(rows) < told
        if column.type == "date":
            return self._days(rng, rows)
        return self._numbers(rng, column, rows) if column.numeric else texts(rng, column, rows)

    def _numbers(self, rng: np.random.Generator, column: Column, rows: int) -> Whole:
        least, most = self.ends(column)
        unit = column.per_unit
        sign = rng.choice([1, 1, -1], rows)
        ways = [
            (0.45, tiled(rng, self._edges(column), rows)),
            (0.10, rng.choice(self._beside(self._bounds, unit), rows)),
            (0.20, rng.integers(0, 121, rows) * unit + rng.integers(0, unit, rows)),
            (0.07, rng.integers(0, 101, rows)),
            (0.08, rng.choice(_ROUND, rows) * 10 ** rng.integers(0, 12, rows) * sign),
            (0.10, (10 ** rng.uniform(0, 13, rows)).astype(np.int64) * sign),
        ]
        chances = np.array([share for share, _ in ways])
        way = rng.choice(len(ways), rows, p=chances / chances.sum())
        found = np.choose(way, [values for _, values in ways])
        if most - least <= 120 * unit:  # else most of a narrow column would lie on its ends
            outside = (found < least) | (found > most)
            found = np.where(outside, rng.integers(least, most + 1, rows), found)
        return found.clip(least, most)

    def ends(self, column: Column) -> tuple[int, int]:
        """Return the least and the largest number of a column, as held."""
        assert column.minimum is not None
        assert column.maximum is not None
        least, most = (int(end * column.per_unit) for end in (column.minimum, column.maximum))
        return max(least, -self.largest), min(most, self.largest)

    def _edges(self, column: Column) -> list[int]:
        """Return the ends of a column, its bounds, and the whole numbers beside them."""
        least, most = self.ends(column)
        own = self._beside(self._own_bounds(column.id), column.per_unit)
        values = {-1, 0, 1, least, least + 1, most - 1, most, *own}
        return sorted(value for value in values if least <= value <= most)

    @staticmethod
    def _beside(bounds: Iterable[Fraction], unit: int) -> list[int]:
        floors = [int(bound * unit // 1) for bound in bounds]
        return sorted({floor + step for floor in floors for step in (-1, 0, 1, 2)})

    def _own_bounds(self, name: str) -> Iterator[Fraction]:
        rubric = self.rubric
        for condition in rubric.conditions():
            if condition.column == name and condition.over is None:
                yield from bounds_of(condition)
        for row in rubric.scoring:
            if row.column == name and row.over is None:
                for band in row.bands:
                    yield from bounds_of(band)
                if row.share is not None and row.share.benchmark is not None:
                    yield Fraction(row.share.benchmark)
            if row.judged == name:
                ranges = [band.range for band in row.bands if band.range] + [*row.ranges.values()]
                yield from (Fraction(end) for ends in ranges for end in ends)

    @cached_property
    def _bounds(self) -> list[Fraction]:
        found = {Fraction(0), Fraction(1)}
        for condition in self.rubric.conditions():
            found |= {*bounds_of(condition)}
        for row in self.rubric.scoring:
            found |= {bound for band in row.bands for bound in bounds_of(band)}
        return sorted(found)

    def ratios(self) -> Iterator[tuple[str, str, list[Fraction]]]:
        """Yield the columns that rules divide, by which, and the bounds of the quotient."""
        for row in self.rubric.scoring:
            bounds = [bound for band in row.bands for bound in bounds_of(band)]
            if row.share is not None and row.share.benchmark is not None:
                bounds.append(Fraction(row.share.benchmark))
            if row.column is not None and row.over is not None:
                yield row.column, row.over, bounds
            for term in row.mix:
                yield term.column, term.over, bounds
        for condition in self.rubric.conditions():
            if condition.column is not None and condition.over is not None:
                yield condition.column, condition.over, [*bounds_of(condition)]

    def set_on_bounds(
        self,
        rng: np.random.Generator,
        cells: dict[str, Any],
        names: tuple[str, str],
        bounds: list[Fraction],
    ) -> None:
        """Set some cells so that their ratio to another column is a bound, or just beside it."""
        (top, over), known = names, dictionary()
        down: Whole = cells[over]
        set_on = (rng.random(down.size) < 0.3) & (down > 0)
        place = rng.integers(0, len(bounds), down.size)[set_on]
        factors = [bound * known[top].per_unit / known[over].per_unit for bound in bounds]
        # Python's whole numbers: a product may pass 64 bits before it is divided.
        by = np.array([factor.denominator for factor in factors], dtype=object)[place]
        times = np.array([factor.numerator for factor in factors], dtype=object)[place]
        whole = down[set_on] - (down[set_on] % by.astype(np.int64))
        whole = np.where(whole > 0, whole, down[set_on])  # mostly a multiple: the bound is met
        exact = whole.astype(object) * times // by + rng.choice([-1, 0, 0, 1], whole.size)
        least, most = self.ends(known[top])
        cells[over] = _put(down, set_on, whole)
        cells[top] = _put(cells[top], set_on, np.clip(exact, least, most).astype(np.int64))

    def _days(self, rng: np.random.Generator, rows: int) -> Whole:
        years = [
            date(self.day.year - back, *end) for back in range(7) for end in ((1, 1), (12, 31))
        ]
        limits = [self.day - timedelta(days=days) for days in LIMITS]
        steps = [day_number(day) + step for day in (*_LEAP_DAYS, *limits) for step in (-1, 0, 1)]
        edges = [*steps, *map(day_number, years)]
        near = day_number(self.day) - rng.integers(0, 2500, rows)
        return np.where(rng.random(rows) < 0.6, tiled(rng, edges, rows), near)


def bounds_of(test: BandRow | Condition) -> Iterator[Fraction]:
    """Yield the bounds of a band or a condition."""
    for bound in (test.at_least, test.above, test.at_most, test.below):
        if bound is not None:
            yield Fraction(bound)


def typed(names: Iterable[str]) -> dict[str, Any]:
    """Return columns with the types they are held in."""
    return {name: compiled.dtype(dictionary()[name], pl) for name in names}


def day_number(day: date) -> int:
    """Return the days from 1970-01-01."""
    return (day - _EPOCH).days


def tiled(rng: np.random.Generator, values: Sequence[int], rows: int) -> Whole:
    """Return every value as often as any other, in random order."""
    return rng.permutation(np.resize(np.asarray(values, dtype=np.int64), rows))


def picked(values: Sequence[str] | pl.Series, places: Whole) -> pl.Series:
    """Return the texts at these places."""
    return pl.Series(values, dtype=pl.String).gather(places)


def _put(cells: Whole, where: Flags, values: Whole) -> Whole:
    found = cells.copy()
    found[where] = values
    return found


def texts(rng: np.random.Generator, column: Column, rows: int) -> pl.Series:
    """Return levels, and a few texts that only a careless comparison takes for one of them."""
    levels = [*column.values] or ["丽水", "x"]
    alike = {
        written
        for level in levels
        for written in (
            *(level.upper(), level.title(), f"{level} ", f" {level}", f"{level}\u3000"),
            *(level.replace("e", "é"), level.replace("e", "e\u0301"), f'"{level}"', f"{level}'"),
            "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in level),
        )
    }
    odd = sorted({*alike, *ODD} - {*levels})
    places = np.where(
        rng.random(rows) < 0.96,
        rng.integers(0, len(levels), rows),
        len(levels) + tiled(rng, range(len(odd)), rows),
    )
    return picked([*levels, *odd], places)


def framed(cells: dict[str, Any], schema: dict[str, Any]) -> pl.DataFrame:
    """Return cells as a frame; days are held as a count of days."""
    made = pl.DataFrame({name: pl.Series(values) for name, values in cells.items()})
    counts = [
        pl.col(name).cast(pl.Int32) if kind == pl.Date else pl.col(name)
        for name, kind in schema.items()
    ]
    return made.select(counts).cast(pl.Schema(schema))


def emptied(frame: pl.DataFrame, lost: dict[str, Flags]) -> pl.DataFrame:
    """Return a frame with nulls in some cells."""
    return frame.with_columns(
        pl.when(pl.Series(~where)).then(pl.col(name)).alias(name) for name, where in lost.items()
    )


def gathered(pool: pl.DataFrame, taken: Whole) -> pl.DataFrame:
    """Return rows whose cells come each from a row of the pool."""
    return pl.DataFrame(
        [column.gather(taken[:, place]) for place, column in enumerate(pool.iter_columns())]
    )

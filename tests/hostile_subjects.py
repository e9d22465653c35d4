"""Subjects and events at the edges of an edition: bounds and the values beside them, nulls, odd texts.

Conformed frames, made from a seed; nothing of them is a sample of anybody.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import polars as pl

from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.columns import Column, dictionary

DAYS = (0, 1, 15, 30, 90, 180, 360, 720)
ODD = ("", " ", "O'Neil", "信用\u3000", "é", "e\u0301", "\\n%_", '"', "ａ", "a\tb", "-- x", "/* y")


@dataclass(frozen=True)
class Hostile:
    """What hostile rows of one edition are made of."""

    rubric: Rubric
    day: date
    seed: int
    largest: int = 10**30  # no number is beyond it

    @property
    def schema(self) -> dict[str, Any]:
        return {
            name: compiled.dtype(dictionary()[name], pl)
            for name in compiled.needed_columns(self.rubric)
        }

    def subjects(self, rows: int) -> pl.DataFrame:
        rng = random.Random(self.seed)
        nulls = {name: rng.choice((0.0, 0.02, 0.1)) for name in self.schema}
        made = [self._subject(rng, place, nulls) for place in range(rows)]
        return pl.DataFrame(made, schema=self.schema)

    def _subject(self, rng: random.Random, place: int, nulls: dict[str, float]) -> dict[str, Any]:
        told = rng.choice(
            (0.0, 0.0, 0.02, 0.3)
        )  # how many flags are set: some subjects are spotless
        whole = rng.random() < 0.5
        row: dict[str, Any] = {}
        for name in self.schema:
            row[name] = self._cell(rng, dictionary()[name], told)
        for top, over, bound in self._ratios():
            if rng.random() < 0.3 and row[over] > 0:
                exact = bound * row[over] * dictionary()[top].per_unit / dictionary()[over].per_unit
                row[top] = self._held(dictionary()[top], int(exact) + rng.choice((-1, 0, 0, 1)))
        if "repaid_on" in row and rng.random() < 0.8:
            late = rng.choice(DAYS) + rng.choice((-1, 0, 1))
            end = self.day if rng.random() < 0.4 else row["repaid_on"]
            row["defaulted_on"] = end - timedelta(days=late)
            row["repaid_on"] = None if end == self.day else end
        if not whole:
            row = {name: None if rng.random() < nulls[name] else cell for name, cell in row.items()}
        return row | {self.rubric.subject_id: f"S{place:05}{rng.choice(ODD)}"}

    def _ratios(self) -> Iterable[tuple[str, str, Fraction]]:
        for row in self.rubric.scoring:
            if row.column is not None and row.over is not None:
                for band in row.bands:
                    for bound in (band.at_least, band.above, band.at_most, band.below):
                        if bound is not None:
                            yield row.column, row.over, Fraction(bound)

    @property
    def _bounds(self) -> list[Fraction]:
        rubric = self.rubric
        tests = [*rubric.conditions(), *(band for row in rubric.scoring for band in row.bands)]
        found = {
            Fraction(bound)
            for test in tests
            for bound in (test.at_least, test.above, test.at_most, test.below)
            if bound is not None
        }
        found |= {
            Fraction(row.share.benchmark)
            for row in rubric.scoring
            if row.share is not None and row.share.benchmark is not None
        }
        return sorted(found | {Fraction(0), Fraction(1)})

    def _held(self, column: Column, value: int) -> int:
        assert column.minimum is not None
        assert column.maximum is not None
        least = max(int(column.minimum * column.per_unit), -self.largest)
        return min(max(value, least), int(column.maximum * column.per_unit), self.largest)

    def _cell(self, rng: random.Random, column: Column, told: float = 0.2) -> Any:
        if column.type == "flag":
            return rng.random() < told
        if column.type == "date":
            edge = rng.choice((date(2020, 2, 29), date(1900, 3, 1), date(2000, 2, 29), self.day))
            return edge + timedelta(days=rng.choice((-1, 0, 1, -rng.randrange(2500))))
        if column.numeric:
            return self._number(rng, column)
        level = rng.choice(list(column.values) or ["丽水", "x"])
        if rng.random() < 0.97:
            return level
        return rng.choice((level.upper(), level + " ", " " + level, level.replace("e", "é"), *ODD))

    def _number(self, rng: random.Random, column: Column) -> int:
        unit, chance = column.per_unit, rng.random()
        if chance < 0.05:
            value = rng.choice((-(10**30), 10**30, 0, 1, -1))
        elif chance < 0.4:
            value = int(rng.choice(self._bounds) * unit) + rng.choice((-1, 0, 0, 1))
        elif chance < 0.7:
            value = rng.randint(0, 120) * unit + rng.randint(0, unit - 1)
        elif chance < 0.8:
            value = rng.randint(0, 100)
        else:
            value = int(10 ** rng.uniform(0, 13)) * rng.choice((1, 1, -1))
        return self._held(column, value)

    def events(self, rows: int, subjects: Sequence[str]) -> pl.DataFrame:
        rng = random.Random(self.seed + 1)
        names = (self.rubric.subject_id, *event_rules.needed_columns(self.rubric))
        schema = {name: compiled.dtype(dictionary()[name], pl) for name in names}
        codes = [*event_rules.codes(self.rubric), "no such code"]
        made = [
            self._event(rng, schema, subjects, codes[place % len(codes)], rows)
            for place in range(rows)
        ]
        return pl.DataFrame(made, schema=schema)

    def _event(
        self,
        rng: random.Random,
        schema: dict[str, Any],
        subjects: Sequence[str],
        code: str,
        rows: int,
    ) -> dict[str, Any]:
        year = self.day.year - 1
        first = date(year, 1, 1) - timedelta(days=1)
        happened = rng.choice((first, date(year, 12, 31), date(year, 2, 28), first))
        if rng.random() < 0.9:
            happened = first + timedelta(days=rng.randint(1, 365))
        after = rng.choice((29, 30, 31, 89, 90, 91, rng.randint(0, 700)))
        row = {name: self._cell(rng, dictionary()[name]) for name in schema}
        if "tax_amount" in row:
            row["tax_amount"] = rng.choice(
                (0, 1, 99_999, 100_000, 100_001, 10**13, row["tax_amount"])
            )
        for percent in (row.event.percent for row in self.rubric.scoring if row.event is not None):
            if percent is not None and rng.random() < 0.2:  # a quotient past 32 bits
                row |= {percent.column: 10**13, percent.over: 1}
        row = {name: None if rng.random() < 0.05 else cell for name, cell in row.items()}
        found = row | {
            self.rubric.subject_id: rng.choice(subjects),
            "code": code,
            "occurred_on": happened,
            "recorded_on": rng.choice((None, happened, self.day, self.day + timedelta(days=1))),
            "corrected_on": rng.choice(
                (None, self.day, self.day + timedelta(days=1), happened + timedelta(days=after))
            ),
            "due_on": happened + timedelta(days=rng.randint(-5, 30)),
            "event_id": f"E{rng.randint(0, rows // 2)}{rng.choice(('', ' ', 'e'))}",
            "exempt": rng.choice((None, False, False, True)),
        }
        return {name: found[name] for name in schema}

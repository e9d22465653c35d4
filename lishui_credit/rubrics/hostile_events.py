"""Events on every edge of time, amount and unit, of the subjects of an edition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl

from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.hostile_cells import (
    LIMITS,
    HostileCells,
    Whole,
    day_number,
    emptied,
    framed,
    gathered,
    picked,
    tiled,
    typed,
)
from lishui_credit.tables.columns import dictionary

_ALWAYS: Final = ("code", "occurred_on", "event_id")
_OFTEN_EMPTY: Final = ("recorded_on", "corrected_on", "exempt", "paid_amount")
_PARTS: Final = ("occurred_on", "tax_type", "event_id", "tax_amount")


@dataclass(frozen=True, slots=True)
class _Repair:
    """How events of one code are repaired."""

    measured_from: str  # the day from which delays run
    limits: list[int]  # of delays, in days
    often: int  # how many times more such events come: there is more to tell apart


@dataclass(frozen=True)
class HostileEvents:
    """What the events of one edition are made of, in and around the year `period`."""

    cells: HostileCells
    period: int

    def drawn(
        self, rng: np.random.Generator, rows: int, subjects: Sequence[str] | pl.Series
    ) -> pl.DataFrame:
        """Return so many events, every code in turn, most of them of few of the subjects."""
        rubric = self.cells.rubric
        names = (rubric.subject_id, *event_rules.needed_columns(rubric))
        schema = typed(names)
        if rows == 0:
            return pl.DataFrame(schema=schema)
        cells = {name: self.cells.drawn(rng, dictionary()[name], rows, 0.2) for name in names[1:]}
        often = [code for code, repair in self._repairs.items() for _ in range(repair.often)]
        codes = [*event_rules.codes(rubric), *often, "no such code", "０10101", "010101 "]
        skewed = (rng.random(rows) ** 2 * len(subjects)).astype(np.int64)
        cells |= {
            rubric.subject_id: picked(subjects, skewed),
            "code": picked(codes, rng.permutation(np.arange(rows) % len(codes))),
            "event_id": picked(
                [f"E{place // 3}{('', ' ', 'e')[place % 3]}" for place in range(max(3, rows))],
                rng.integers(0, rows, rows),
            ),
        }
        self._set_times(rng, cells, rows)
        self._set_amounts(rng, cells, rows)
        lost = {name: rng.random(rows) < 0.05 for name in names if name not in _ALWAYS}
        lost |= {name: rng.random(rows) < 0.25 for name in _OFTEN_EMPTY if name in cells}
        lost[rubric.subject_id] = np.zeros(rows, dtype=bool)
        frame = emptied(framed({name: cells[name] for name in names}, schema), lost)
        return self._repeated(rng, frame)

    def _set_times(self, rng: np.random.Generator, cells: dict[str, Any], rows: int) -> None:
        """Set the days of events around the year, the day of grading and the limits of repairs."""
        year = self.period
        first, last, day = date(year, 1, 1), date(year, 12, 31), day_number(self.cells.day)
        ends = [day_number(end) + step for end in (first, last) for step in (-1, 0, 1)]
        inside = day_number(first) + rng.integers(0, (last - first).days + 1, rows)
        happened = np.where(rng.random(rows) < 0.15, tiled(rng, ends, rows), inside)
        recorded = happened + tiled(rng, [0, 0, 0, 1, 30, 400], rows)
        known = tiled(rng, [day - 1, day, day, day + 1], rows)
        due = happened + rng.integers(-5, 31, rows)
        recorded = np.where(rng.random(rows) < 0.3, known, recorded)
        days = {"occurred_on": happened, "recorded_on": recorded, "due_on": due}
        since = np.choose(rng.integers(0, 3, rows), [*days.values()])
        late = _beside(rng, LIMITS, rows)
        for code, repair in self._repairs.items():
            own = (cells["code"] == code).to_numpy()
            since[own] = days[repair.measured_from][own]
            if repair.limits:
                late[own] = _beside(rng, repair.limits, own.sum())
        turns = _new_year(since, rng.integers(1, 3, rows)) - rng.integers(0, 2, rows)
        days["corrected_on"] = np.choose(
            rng.choice(3, rows, p=[0.5, 0.3, 0.2]),
            [since + late, turns, tiled(rng, [day - 1, day, day + 1], rows)],
        )
        cells |= {name: found for name, found in days.items() if name in cells}

    @cached_property
    def _of_several_parts(self) -> list[str]:
        """Codes whose units have several parts, or of which one occurrence has several payments."""
        rubric = self.cells.rubric
        shared = {repair.id for repair in rubric.repairs if repair.paid_share}
        rules = [row.event for row in rubric.scoring if row.event is not None]
        return [
            rule.code
            for rule in rules
            if rule.count in ("per_tax_type", "per_month") or rule.repair in shared
        ]

    @cached_property
    def _repairs(self) -> dict[str, _Repair]:
        """The codes of events that can be repaired."""
        rubric, found = self.cells.rubric, dict[str, _Repair]()
        classes = {repair.id: repair for repair in rubric.repairs}
        for row in event_rules.event_rows(rubric):
            assert row.event is not None
            if row.event.repair is not None:
                repair = classes[row.event.repair]
                ends = [window.days_at_most for window in repair.windows]
                limits = [end for end in ends if end is not None]
                small = any(window.small_amount is not None for window in repair.windows)
                often = 6 if small else 3
                found[row.event.code] = _Repair(repair.measured_from, limits, often)
        for override in event_rules.triggers(rubric):
            if override.repair is not None:
                within = override.repair.within_days
                if within is not None:
                    made = _Repair("due_on", [within], 3)
                elif override.repair.late_clean_months_at_least is not None:
                    made = _Repair("occurred_on", [365, 730], 8)  # the year after, or a later one
                else:
                    made = _Repair("occurred_on", [], 1)
                found[str(override.event)] = made
        return found

    def _set_amounts(self, rng: np.random.Generator, cells: dict[str, Any], rows: int) -> None:
        """Set amounts on the limits of repairs, payments beside what is due, quotients past 32 bits."""
        windows = [window for repair in self.cells.rubric.repairs for window in repair.windows]
        small = [int(w.small_amount * 100) for w in windows if w.small_amount is not None]
        if "tax_amount" in cells:
            limits = sorted({*small}) or [100_000]
            edges = [limit + step for limit in limits for step in (-1, 0, 1)] + [0, 1, 10**13]
            on_edge = rng.random(rows) < 0.6
            cells["tax_amount"] = np.where(
                on_edge, tiled(rng, edges, rows), cells["tax_amount"]
            ).clip(0, self.cells.ends(dictionary()["tax_amount"])[1])
        if "paid_amount" in cells:
            due = cells["tax_amount"]
            parts = [due - 1, due, due + 1, due // 2, due // 3, np.zeros_like(due)]
            beside = np.choose(rng.integers(0, len(parts), rows), parts)
            paid = np.where(rng.random(rows) < 0.8, beside, cells["paid_amount"])
            cells["paid_amount"] = paid.clip(0, self.cells.ends(dictionary()["paid_amount"])[1])
        if "clean_months" in cells:
            repairs = [
                t.repair for t in event_rules.triggers(self.cells.rubric) if t.repair is not None
            ]
            named = {
                months
                for repair in repairs
                for months in (repair.clean_months_at_least, repair.late_clean_months_at_least)
                if months is not None
            }
            edges = [months + step for months in named or {1} for step in (-1, 0, 1)]
            cells["clean_months"] = tiled(rng, edges, rows)
        for percent in (
            row.event.percent for row in self.cells.rubric.scoring if row.event is not None
        ):
            if percent is not None:
                past = rng.random(rows) < 0.1
                cells[percent.column] = np.where(past, 10**13, cells[percent.column])
                cells[percent.over] = np.where(past, 1, cells[percent.over])

    def _repeated(self, rng: np.random.Generator, events: pl.DataFrame) -> pl.DataFrame:
        """Give a quarter of the events what tells another apart from its like, or all but one part."""
        rows = events.height
        apart = {self.cells.rubric.subject_id, "code", *_PARTS}
        again, source = rng.random(rows) < 0.25, rng.integers(0, rows, rows)
        several = np.flatnonzero(events["code"].is_in(self._of_several_parts).to_numpy())
        if several.size:
            source = np.where(rng.random(rows) < 0.5, rng.choice(several, rows), source)
        taken = np.repeat(np.arange(rows)[:, None], events.width, axis=1)
        for place, name in enumerate(events.columns):
            if name in apart:
                kept = again & (rng.random(rows) < (0.75 if name in _PARTS else 1.0))
                taken[kept, place] = source[kept]
        return gathered(events, taken)


def _beside(rng: np.random.Generator, limits: Sequence[int], rows: int) -> Whole:
    """Return each limit, the day before it and the day after it equally often."""
    return tiled(rng, [limit + step for limit in limits for step in (-1, 0, 1)], rows)


def _new_year(days: Whole, later: Whole) -> Whole:
    """Return the first day of each day's year, or of so many years later."""
    years = days.astype("datetime64[D]").astype("datetime64[Y]") + later
    return years.astype("datetime64[D]").astype(np.int64)

"""How far the next grade is, and the corrections that lawfully lead there.

Nothing is advised that the edition does not hold: a way consists of corrections (信用修复) of events
that counted, each while its window is open, and it is told only where grading again by the edition
with these corrections gives a better grade. Units (events that cost points once) are chosen so that
the fewest events are corrected; then every correction that the way can do without is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil
from typing import Any

import polars as pl

from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.engine.tally import tally, weighed
from lishui_credit.rubrics.event_traces import filled
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.event_rules import RepairWindow
from lishui_credit.rubrics.law.rubric import GradeRow, Override, Rubric
from lishui_credit.rubrics.missed_conditions import Missed, missed


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One event to correct, and the last day on which it gives back what is told."""

    event_id: str
    code: str
    clause: str  # of the rule of repair
    by: date | None  # None: no window ends

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "event_id": self.event_id,
            "code": self.code,
            "clause": self.clause,
            "by": self.by,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NextGrade:
    """The next better grade: the points and conditions it lacks, and a way there."""

    grade: GradeRow
    lacking: int | None  # points in the edition's unit, 0 where they are enough; None: no points
    missed: tuple[Missed, ...] = ()
    looked: bool = False  # whether the events were at hand to look for repairs
    on: date | None = None  # day from which repairs are looked for
    corrections: tuple[Correction, ...] = ()
    gives: int = 0  # points the corrections give back together
    reaches: str = ""  # grade they lead to; empty: no repair opens it

    def as_dict(self, unit: int) -> dict[str, Any]:
        """Return it as plain data, points as printed."""
        return {
            "grade": self.grade.id,
            "grade_label": self.grade.label_zh,
            "points_lacking": None if self.lacking is None else tables.printed(self.lacking, unit),
            "missed": [row.as_dict() for row in self.missed],
            "repairs_looked_for": self.looked,
            "on": self.on,
            "corrections": [row.as_dict() for row in self.corrections],
            "corrections_give": tables.printed(self.gives, unit),
            "reaches": self.reaches or None,
        }


def next_grade(
    row: pl.DataFrame,
    rubric: Rubric,
    *,
    as_of: date,
    period: int | None,
    events: pl.DataFrame | None = None,
    on: date | None = None,
) -> NextGrade | None:
    """Return the next better grade of one graded row; None for the best and for no grade.

    `on` is the day from which repairs are looked for, the day of grading if None.
    """
    found = row.row(0, named=True)
    ranks = {grade.id: place for place, grade in enumerate(rubric.grades)}
    rank = ranks.get(str(found["grade"]), 0)
    above = [grade for grade in rubric.grades[:rank] if not grade.set_only]
    if not above:
        return None
    aim, day = above[-1], max(on or as_of, as_of)
    lacking = _lacking(found, aim, rubric)
    conditions = missed(row, aim.requires, rubric)[0] if aim.requires else ()
    told = NextGrade(grade=aim, lacking=lacking, missed=conditions, on=day)
    if not rubric.uses_events or events is None:
        return told
    search = _Search(row, rubric, filled(events, rubric), as_of, period, day)
    corrections, gives, reached = search.way(lacking or 0, rank, ranks)
    return NextGrade(
        grade=aim,
        lacking=lacking,
        missed=conditions,
        looked=True,
        on=day,
        corrections=corrections,
        gives=gives,
        reaches=reached,
    )


def graded_alike(
    row: pl.DataFrame, rubric: Rubric, events: pl.DataFrame, as_of: date, period: int | None
) -> bool:
    """Tell whether a subject's events, counted again, give the points that its row holds."""
    again = evaluate(row, rubric, events=filled(events, rubric), period=period, as_of=as_of)
    points = [name for name in again.points_columns if name in row.columns]
    return again.contributions().collect().select(points).equals(row.select(points))


def _lacking(found: dict[str, Any], aim: GradeRow, rubric: Rubric) -> int | None:
    total = found.get("earned")
    if aim.at_least is None or not isinstance(total, int):
        return None
    bound = Fraction(aim.at_least)
    for flag, other in aim.at_least_if.items():
        bound = Fraction(other) if found.get(flag) is True else bound
    cut = bound * rubric.point_unit
    possible = found.get("possible")
    if compiled.partial(rubric) and isinstance(possible, int):
        cut = cut * possible / tables.nominal(rubric)
    return max(0, ceil(cut) - total)


@dataclass(frozen=True, slots=True)
class _Unit:
    """Events that are corrected together, what that gives back, and until when."""

    places: tuple[int, ...]
    gives: int
    corrections: tuple[Correction, ...]


class _Search:
    """The search for the fewest corrections, by grading again."""

    def __init__(
        self,
        row: pl.DataFrame,
        rubric: Rubric,
        events: pl.DataFrame,
        as_of: date,
        period: int | None,
        day: date,
    ) -> None:
        self.row, self.rubric, self.period, self.day = row, rubric, period, day
        # What was not known on the day of grading stays unknown, whatever the day looked from.
        late = (pl.col("recorded_on") > as_of).fill_null(False)
        early = pl.col("corrected_on") <= as_of
        self.events = (
            events.filter(~late)
            .with_columns(pl.when(early).then(pl.col("corrected_on")).alias("corrected_on"))
            .with_row_index("_place")
        )
        self.counted = weighed(self.events.lazy(), rubric, as_of=as_of, period=period)

    def way(
        self, lacking: int, rank: int, ranks: dict[str, int]
    ) -> tuple[tuple[Correction, ...], int, str]:
        """Return corrections that lead to a better grade, what they give, and the grade."""
        units, decided = self.units(), self.deciding()
        for first in ([], decided):
            if first is decided and not decided:
                continue
            for least in dict.fromkeys((lacking, 0)) if first else (lacking,):
                chosen = _fewest(units, least)
                if chosen is None or not (first or chosen):
                    continue
                whole = {
                    place: row
                    for unit in (*first, *chosen)
                    for place, row in zip(unit.places, unit.corrections, strict=True)
                }
                if self.better(set(whole), rank, ranks):
                    return self.needed(whole, rank, ranks)
        return (), 0, ""

    def better(self, places: set[int], rank: int, ranks: dict[str, int]) -> bool:
        """Tell whether correcting some events leads above a rank."""
        return ranks.get(self.grade(places), rank) < rank

    def needed(
        self, found: dict[int, Correction], rank: int, ranks: dict[str, int]
    ) -> tuple[tuple[Correction, ...], int, str]:
        """Return a way without the corrections that it can do without."""
        # A unit is corrected whole at first; its worst event alone may do.
        kept = dict(found)
        for place in found:
            if len(kept) > 1 and self.better(set(kept) - {place}, rank, ranks):
                del kept[place]
        ordered = sorted(kept.values(), key=lambda row: (row.by or date.max, row.event_id))
        costs, left = self._sums(self.events), self._sums(self.corrected(set(kept)))
        gives = sum(left.values()) - sum(costs.values())
        return tuple(ordered), gives, self.grade(set(kept))

    def corrected(self, places: Sequence[int] | set[int]) -> pl.DataFrame:
        """Return the events as they would be with some corrected, and paid, on the day."""
        here = pl.col("_place").is_in(list(places)) & pl.col("corrected_on").is_null()
        changed = [pl.when(here).then(pl.lit(self.day)).otherwise("corrected_on")]
        if "paid_amount" in self.events.columns:
            none = pl.lit(None, dtype=self.events.schema["paid_amount"])
            changed.append(pl.when(here).then(none).otherwise("paid_amount").alias("paid_amount"))
        return self.events.with_columns(changed[0].alias("corrected_on"), *changed[1:])

    def grade(self, places: set[int]) -> str:
        """Return the grade with some events corrected."""
        events = self.corrected(places).drop("_place")
        again = evaluate(self.row, self.rubric, events=events, period=self.period, as_of=self.day)
        return str(again.collect()["grade"][0])

    def units(self) -> list[_Unit]:
        """Return what may be corrected for points, and gives some back."""
        repairs = {row.event.code: row.event.repair for row in self.rubric.scoring if row.event}
        open_ones = self.counted.filter(
            pl.col("_deduct").is_not_null() & pl.col("corrected_on").is_null()
        )
        names = ("code", *event_rules.UNIT)
        held: list[pl.DataFrame] = []
        before: list[pl.DataFrame] = []
        after: list[pl.DataFrame] = []
        for key, rows in open_ones.group_by(*names, maintain_order=True):
            if repairs.get(str(key[0])) is None:
                continue
            alike = [pl.col(name) == value for name, value in zip(names, key, strict=True)]
            whole = pl.col("_place").is_in(self.counted.filter(*alike)["_place"].to_list())
            name = pl.lit(_name(len(held))).alias(self.rubric.subject_id)
            before.append(self.events.filter(whole).with_columns(name))
            after.append(self.corrected(rows["_place"].to_list()).filter(whole).with_columns(name))
            held.append(rows)
        if not held:
            return []
        costs, left = self._sums(pl.concat(before)), self._sums(pl.concat(after))
        found = []
        for place, rows in enumerate(held):
            gives = left.get(_name(place), 0) - costs.get(_name(place), 0)
            if gives > 0:
                ends = tuple(self._correction(row) for row in rows.iter_rows(named=True))
                found.append(_Unit(tuple(rows["_place"]), gives, ends))
        return found

    def _sums(self, events: pl.DataFrame) -> dict[str, int]:
        told = tally(events.lazy(), self.rubric, as_of=self.day, period=self.period)
        if told is None:
            return {}
        frame = told.collect()
        points = [name for name in frame.columns if name.startswith(compiled.POINTS)]
        total = pl.sum_horizontal(points) if points else pl.lit(0)
        return dict(frame.select(self.rubric.subject_id, total.alias("_sum")).iter_rows())

    def _correction(self, row: dict[str, Any]) -> Correction:
        rule = next(r.event for r in self.rubric.scoring if r.event and r.event.code == row["code"])
        repair = next(entry for entry in self.rubric.repairs if entry.id == rule.repair)
        since = row[repair.measured_from]
        ends = [_end(window, since) for window in repair.windows]
        by = next((end for end in ends if end is None or end >= self.day), None)
        return Correction(event_id=row["event_id"], code=row["code"], clause=repair.clause, by=by)

    def deciding(self) -> list[_Unit]:
        """Return open events of direct grades that a correction on the day would repair."""
        found = []
        for rule in event_rules.triggers(self.rubric):
            flag = pl.col(f"{compiled.EVENT_OPEN}{rule.id}") == 1
            rows = self.counted.filter(flag)
            if rows.is_empty() or rule.repair is None:
                continue
            places = tuple(rows["_place"])
            after = weighed(
                self.corrected(places).lazy(), self.rubric, as_of=self.day, period=self.period
            )
            if after.filter(flag).is_empty():
                ends = tuple(
                    Correction(
                        event_id=row["event_id"],
                        code=row["code"],
                        clause=rule.clause,
                        by=_until(rule, row),
                    )
                    for row in rows.iter_rows(named=True)
                )
                found.append(_Unit(places, 0, ends))
        return found


def _name(place: int) -> str:
    """Return the subject that stands for a unit while all are counted at once."""
    return f"{place:06d}"


def _fewest(units: list[_Unit], least: int) -> list[_Unit] | None:
    """Return the units with the fewest events that give back so many points together."""
    if least <= 0:
        return []
    best: dict[int, tuple[int, list[_Unit]]] = {0: (0, [])}  # most points by number of events
    for unit in units:
        for size, (gives, chosen) in sorted(best.items(), reverse=True):
            larger = size + len(unit.places)
            if gives + unit.gives > best.get(larger, (-1, []))[0]:
                best[larger] = (gives + unit.gives, [*chosen, unit])
    enough = [size for size, (gives, _) in best.items() if gives >= least]
    return best[min(enough)][1] if enough else None


def _end(window: RepairWindow, since: date | None) -> date | None:
    """Return the last day of a window; None where it has no end."""
    if since is None:
        return None
    ends = []
    if window.days_at_most is not None:
        ends.append(since + timedelta(days=window.days_at_most))
    if window.same_year:
        ends.append(date(since.year, 12, 31))
    if window.next_year:
        ends.append(date(since.year + 1, 12, 31))
    return min(ends) if ends else None


def _until(rule: Override, row: dict[str, Any]) -> date | None:
    """Return the last day on which a correction repairs an event of a direct grade."""
    assert rule.repair is not None
    if rule.repair.within_days is not None and row.get("due_on") is not None:
        end: date = row["due_on"] + timedelta(days=rule.repair.within_days)
        return end
    late = rule.repair.late_clean_months_at_least
    if late is not None and (row.get("clean_months") or 0) < late:
        return date(row["occurred_on"].year + 1, 12, 31)
    return None

"""What a row can earn: its pieces with the band or level that takes each, and all points it reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import product
from math import ceil, floor
from typing import Any

import polars as pl

from lishui_credit.points import Value, half_away
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.formulas import FORMULAS
from lishui_credit.rubrics.law.proofs.value_pieces import Held, Piece, pieces
from lishui_credit.rubrics.law.row_checks import bounds_of
from lishui_credit.rubrics.law.rubric import BandRow, Condition, Indicator, Rubric
from lishui_credit.tables.columns import column

_COUNTED = 20_001  # steps of a column that are looked at one by one


@dataclass(frozen=True, slots=True)
class Earned:
    """A piece of a row's value, and what it earns in the edition's unit."""

    piece: Piece
    place: int | str | None  # band by its place, level by its name; None where no band takes it
    low: int = 0  # points of the lower end of the piece, and of the upper
    high: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """One way a row can come out: its points, and the value or the cells that give them."""

    points: int
    sample: Held | None = None
    cells: dict[str, Any] = field(default_factory=dict, compare=False)  # of a formula


def value_of(row: Indicator | Condition) -> Value:
    """Return the value that a row or a condition reads."""
    return tables.value(row.column, row.over, getattr(row, "mix", ()))


def bounds(entry: BandRow | Condition) -> list[Fraction]:
    """Return the bounds of a band or a condition."""
    return [Fraction(bound) for bound in bounds_of(entry)]


def within(entry: BandRow | Condition, value: Fraction) -> bool:
    """Tell whether a value keeps the bounds of a band or a condition, as printed."""
    return (
        (entry.at_least is None or value >= Fraction(entry.at_least))
        and (entry.above is None or value > Fraction(entry.above))
        and (entry.below is None or value < Fraction(entry.below))
        and (entry.at_most is None or value <= Fraction(entry.at_most))
    )


def taken_bands(rubric: Rubric, row: Indicator) -> list[tuple[int, BandRow]]:
    """Return the bands of the readings taken, each with its place in the row."""
    return [(n, band) for n, band in enumerate(row.bands) if rubric.taken(band.choice)]


def points_at(rubric: Rubric, row: Indicator, value: Held) -> int | None:
    """Return the points of one known value in the edition's unit; None where no band takes it."""
    unit = tables.row_unit(rubric, row)
    times = tables.times(rubric, row)
    found: int | None = None
    if row.levels:
        name = str(value).lower() if isinstance(value, bool) else str(value)
        found = tables.units(row.levels[name], unit) if name in row.levels else None
    elif isinstance(value, Fraction):
        if row.share is not None:
            found = _share(row, value, unit)
        else:
            hit = next((b for _, b in taken_bands(rubric, row) if within(b, value)), None)
            found = None if hit is None else _in_band(row, hit, value, unit)
    return None if found is None else found * times


def _share(row: Indicator, value: Fraction, unit: int) -> int:
    assert row.share is not None
    assert row.share.benchmark is not None
    most, mark = tables.units(row.max_points or 0, unit), Fraction(row.share.benchmark)
    higher = row.share.direction == "higher"
    if value >= mark if higher else value <= mark:
        return most
    if value <= 0:
        return 0
    return half_away(most * value / mark if higher else most * mark / value)


def _in_band(row: Indicator, band: BandRow, value: Fraction, unit: int) -> int:
    low = band.at_least if band.at_least is not None else band.above
    high = band.at_most if band.at_most is not None else band.below
    if row.place == "linear" and band.range is not None and low is not None and high is not None:
        first, last = (tables.units(end, unit) for end in band.range)
        run = (last - first) * (value - Fraction(low)) / (Fraction(high) - Fraction(low))
        return first + floor(run)
    return tables.units(band.points or 0, unit)


def earned(rubric: Rubric, row: Indicator, further: Sequence[Fraction] = ()) -> list[Earned]:
    """Return the pieces of a row's value from the lowest up, each with what it earns."""
    # `further` are bounds that conditions set on the same value.
    value = value_of(row)
    taken = taken_bands(rubric, row)
    edges = [bound for _, band in taken for bound in bounds(band)] + list(further)
    if row.share is not None and row.share.benchmark is not None:
        edges += [Fraction(0), Fraction(row.share.benchmark)]
    found = []
    for piece in pieces(value, edges):
        sample = piece.sample
        place: int | str | None
        if row.levels:
            name = str(sample).lower() if isinstance(sample, bool) else str(sample)
            place = name if name in row.levels else None
        elif row.share is not None:
            place = 0
        else:
            hits = (n for n, b in taken if isinstance(sample, Fraction) and within(b, sample))
            place = next(hits, None)
        ends = [points_at(rubric, row, end) for end in _both_ends(piece)]
        low, high = (0 if end is None else end for end in ends)
        found.append(Earned(piece, place, low, high))
    return found


def _both_ends(piece: Piece) -> tuple[Held, Held]:
    if isinstance(piece.sample, str | bool):
        return piece.sample, piece.sample
    return (
        piece.low if piece.low_closed else piece.sample,
        piece.high if piece.high_closed else piece.sample,
    )


def reached(
    rubric: Rubric,
    row: Indicator,
    kept: Callable[[Held], bool] | None = None,
    further: Sequence[Fraction] = (),
) -> set[int]:
    """Return every number of points that some known value of a row earns, in the edition's unit."""
    # With `kept` only of pieces whose values it keeps, cut at the `further` bounds that it tells apart.
    times = tables.times(rubric, row)
    if row.formula is not None:
        return {choice.points for choice in formula_choices(rubric, row)}
    found: set[int] = set()
    places: set[int | str] = set()
    for part in earned(rubric, row, further):
        if part.place is None or (kept is not None and not kept(part.piece.sample)):
            continue
        places.add(part.place)
        least, most = sorted((part.low, part.high))
        found |= {least, most}
        if least == most and row.share is None:
            continue
        for sample in _steps_of(part, row):
            points = points_at(rubric, row, sample)
            found |= set() if points is None else {points}
        if row.share is not None and value_of(row).terms[0].over is not None:
            found |= set(range(least, most + 1))
    for low, high in _judged(rubric, row, places):
        found |= set(range(low * times, high * times + 1, times))
    return found


def _steps_of(part: Earned, row: Indicator) -> Iterator[Fraction]:
    """Yield values of a column at which points that run with it may turn."""
    piece, value = part.piece, value_of(row)
    step = value.terms[0].per_unit
    if value.terms[0].over is not None:
        return
    first, last = ceil(piece.low * step), floor(piece.high * step)
    apart = abs(part.high - part.low)
    if row.share is None and apart * 2 < last - first:
        # Straight points turn at most once a point: the first step at or after each turn is enough.
        marks = (ceil(first + Fraction(n * (last - first), apart)) for n in range(apart + 1))
        near = {mark + by for mark in marks for by in (-1, 0, 1)}
        steps: Iterable[int] = sorted(number for number in near if first <= number <= last)
    else:
        steps = range(first, last + 1) if last - first < _COUNTED else ()
    for number in steps:
        yield Fraction(number, step)


def _judged(rubric: Rubric, row: Indicator, places: set[int | str]) -> list[tuple[int, int]]:
    """Return the ranges of points in which an assessor's figure may lie, of bands or levels."""
    if row.judged is None:
        return []
    unit = tables.row_unit(rubric, row)
    ranges = [band.range for n, band in taken_bands(rubric, row) if band.range and n in places]
    ranges += [ends for name, ends in row.ranges.items() if name in places]
    return [(tables.units(low, unit), tables.units(high, unit)) for low, high in ranges]


def choices(rubric: Rubric, row: Indicator, further: Sequence[Fraction] = ()) -> list[Choice]:
    """Return a few ways a row can come out that stand for all, best first."""
    if row.formula is not None:
        return formula_choices(rubric, row)
    found: dict[tuple[int, int], Choice] = {}  # by points and piece: rules may tell pieces apart
    benchmark = None if row.share is None else row.share.benchmark
    higher = row.share is not None and row.share.direction == "higher"
    for place, part in enumerate(earned(rubric, row, further)):
        ends = [part.piece.sample, *_both_ends(part.piece)]
        if benchmark and isinstance(part.piece.sample, Fraction):
            mark = Fraction(benchmark)
            ends += [mark * n / 8 if higher else mark * 8 / n for n in range(1, 8)]
        for sample in ends:
            points = points_at(rubric, row, sample) if part.piece.holds(sample) else None
            if points is not None:
                found.setdefault((points, place), Choice(points, sample))
        for way in _figures(rubric, row, part):
            found.setdefault((way.points, place), way)
    ways = sorted(found.values(), key=lambda choice: -choice.points)
    # Of ways with the same points the plainest first: the benchmark itself, and nothing at zero.
    return sorted(
        ways,
        key=lambda way: (
            -way.points,
            bool(way.cells),
            way.sample != benchmark,
            way.sample == Fraction(0),
        ),
    )


def _figures(rubric: Rubric, row: Indicator, part: Earned) -> Iterator[Choice]:
    """Yield the lowest and highest figure an assessor may give in a piece."""
    if row.judged is None or part.place is None:
        return
    times = tables.times(rubric, row)
    for low, high in _judged(rubric, row, {part.place}):
        for points in (high, low):
            figure = Fraction(points, tables.row_unit(rubric, row)) * column(row.judged).per_unit
            yield Choice(points * times, part.piece.sample, {row.judged: int(figure)})


def formula_choices(rubric: Rubric, row: Indicator) -> list[Choice]:
    """Return the ways the row of a named formula can come out, best first."""
    assert row.formula is not None
    start = rubric.in_force.start
    build = _CELLS.get(row.formula.name)
    if build is None:
        return []
    rule = FORMULAS[row.formula.name]
    params = {**rubric.choice_values(), **row.formula.params}
    found: dict[int, Choice] = {}
    rows = build(start)
    frame = pl.DataFrame(rows, schema=_schema(rule.columns))
    points = frame.select(rule.function(pl, params, rubric.point_unit, start).alias("p"))["p"]
    for number, cells in zip(points.to_list(), rows, strict=True):
        if number is not None:
            kept = {name: cell for name, cell in cells.items() if cell is not None}
            found.setdefault(number, Choice(number, None, kept))
    return sorted(found.values(), key=lambda choice: -choice.points)


def _schema(columns: Sequence[str]) -> dict[str, Any]:
    """Return the types of the level and date columns that a formula reads."""
    return {name: pl.Date if column(name).type == "date" else pl.String for name in columns}


def _default_records(day: date) -> list[dict[str, Any]]:
    """Return performance records that reach every step of the Hunan sheet's deduction."""
    empty = dict.fromkeys(FORMULAS["hunan_default_record"].columns)
    rows: list[dict[str, Any]] = [
        {**empty, "performance_record": name} for name in ("normal", "no_business")
    ]
    items, measures = (
        ("interest", "principal", "principal_and_interest"),
        ("normal", "administrative", "judicial"),
    )
    for late, years, item, measure in product(
        (10, 20, 60, 120, 300, 500, 900), (None, 0, 1, 2, 3, 4), items, measures
    ):
        end = date(day.year - years, 12, 31) if years else day
        begun = date.fromordinal(end.toordinal() - late)
        rows.append(
            {
                "performance_record": "default",
                "default_item": item,
                "defaulted_on": begun,
                "repaid_on": None if years is None else end,
                "default_measure": measure,
            }
        )
    return rows


_CELLS = {"hunan_default_record": _default_records}

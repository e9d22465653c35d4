"""From the values that rows and rules are to read to the cells of one subject: ratios solved back.

A ratio is laid out by giving its divisor a plain size and its numerator the whole number that puts
it in its piece. Columns that several ratios share are followed from one to the next; a wish that no
whole numbers fulfil gives nothing, and another way is tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import Any

from lishui_credit.points import Value, half_away
from lishui_credit.rubrics.law.column_relations import WITHIN
from lishui_credit.rubrics.law.proofs.value_pieces import Held
from lishui_credit.tables.columns import column

Cells = dict[str, Any]  # as the package holds them: integers, flags, levels, dates

_SIZES = (100_000_000, 1_000_000, 60_000, 3_000, 600, 60, 12, 10)


def read(value: Value, cells: Mapping[str, Any]) -> Held | None:
    """Return what a value reads of a subject's cells; None where it is missing."""
    held = [cells.get(name) for name in value.columns]
    if any(cell is None for cell in held):
        return None
    if isinstance(held[0], str | bool):
        return held[0]
    total = Fraction(0)
    for term in value.terms:
        top = Fraction(cells[term.column], term.per_unit) * term.weight
        if term.over is not None:
            over = Fraction(cells[term.over], term.over_per_unit)
            if over < 0 or (over == 0 and top > 0):
                return None
            top = top / over if over else top
        total += top
    return total


def solve(wishes: Mapping[Value, Held]) -> Cells | None:
    """Return cells in which every value is as wished, as near as whole numbers come; None for none."""
    cells: Cells = {}
    ratios = []
    for value, sample in wishes.items():
        if len(value.terms) == 1 and value.terms[0].over is None:
            name = value.columns[0]
            cell: str | bool | int
            if isinstance(sample, Fraction):
                exact = sample * column(name).per_unit
                if exact.denominator != 1:
                    return None
                cell = int(exact)
            else:
                cell = sample
            if cells.setdefault(name, cell) != cell:
                return None
        else:
            assert isinstance(sample, Fraction)
            ratios.append((value, sample))
    parts: dict[str, set[str]] = {name: {name} for name in cells}
    fixed = set(cells)
    while ratios:
        ratios.sort(key=lambda pair: _readiness(pair[0], cells))
        value, sample = ratios.pop(0)
        if not _laid_out(value, sample, cells):
            return None
        joined = set().union(*(parts.get(name, {name}) for name in value.columns))
        parts |= dict.fromkeys(joined, joined)
    return _parts_within(cells, parts, fixed)


def _readiness(value: Value, cells: Cells) -> tuple[bool, int]:
    """Order ratios: those of two columns first, those with a column that is known before others."""
    known = sum(name in cells for name in value.columns)
    return len(value.terms) > 1, -known


def _laid_out(value: Value, sample: Fraction, cells: Cells) -> bool:
    for term in value.terms:
        over = str(term.over)
        if over in cells:
            if cells[over] <= 0:
                return False
            continue
        if term.column in cells and len(value.terms) == 1 and sample != 0:
            size = Fraction(cells[term.column], term.per_unit) / sample * term.over_per_unit
            cells[over] = half_away(size)
            return cells[over] > 0 and _in_range(over, cells[over])
        low, high = column(over).minimum or 0, column(over).maximum or 0
        sizes = (n for n in _SIZES if low * term.over_per_unit <= n <= high * term.over_per_unit)
        cells[over] = next(sizes, int(high * term.over_per_unit))
    name = value.terms[0].column
    if any(term.column != name for term in value.terms):
        return False
    per_one = sum(
        (t.weight / t.per_unit * t.over_per_unit / cells[str(t.over)] for t in value.terms),
        start=Fraction(0),
    )
    wanted = half_away(sample / per_one)
    return cells.setdefault(name, wanted) == wanted and _in_range(name, wanted)


def _in_range(name: str, cell: int) -> bool:
    found = column(name)
    low, high = found.minimum or 0, found.maximum or 0
    return low * found.per_unit <= cell <= high * found.per_unit


def _parts_within(cells: Cells, parts: Mapping[str, set[str]], fixed: set[str]) -> Cells | None:
    """Return cells in which no part is above its whole: wholes grow with all that is set against them."""
    for _ in range(len(WITHIN)):
        wrong = next(
            (
                pair
                for pair in WITHIN
                if all(n in cells for n in pair) and cells[pair[0]] > cells[pair[1]]
            ),
            None,
        )
        if wrong is None:
            return cells
        part, whole = wrong
        group = parts.get(whole, {whole})
        if part in group or group & fixed or cells[whole] <= 0:
            return None
        times = ceil(Fraction(cells[part], cells[whole]))
        for name in group:
            cells[name] *= times
            if not _in_range(name, cells[name]):
                return None
    return None


def shown(cells: Mapping[str, Any], names: Sequence[str] = ()) -> dict[str, Any]:
    """Return cells as a file holds them, in the order of their names; dates as text."""
    kept = {name: cell for name, cell in cells.items() if not names or name in names}
    return {name: kept[name] for name in sorted(kept)}

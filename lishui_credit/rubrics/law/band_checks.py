"""What the bands of a row must satisfy: bounds that can be, no gap, no hole, no overlap, none unreachable."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction

from lishui_credit.language import Bilingual, tr
from lishui_credit.points import Band
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.proofs.proof_words import cell_words, subject_word
from lishui_credit.rubrics.law.row_checks import (
    Found,
    bounds_of,
    check_fine,
    check_ranges,
    check_reach,
    is_number,
    say,
)
from lishui_credit.rubrics.law.rubric import BandRow, Indicator, Rubric
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.toml_places import Loc


def check_bands(rubric: Rubric, row: Indicator, loc: Loc) -> Found:
    """Yield what is wrong with bands: bounds, gaps, holes, overlaps, bands never reached."""
    unit = tables.row_unit(rubric, row)
    bands: list[Band] = []
    places: list[int] = []
    for place, entry in enumerate(row.bands):
        problems = list(_entry(rubric, row, entry, (*loc, "bands", place)))
        yield from problems
        if problems and _unusable(rubric, entry, unit):
            return
        if not rubric.taken(entry.choice):
            continue
        if entry.points is None:
            return
        bands.append(tables.band(entry, unit, linear=row.place == "linear"))
        places.append(place)
    given = (entry.range for entry in row.bands if rubric.taken(entry.choice))
    yield from check_ranges((*loc, "bands"), [ends for ends in given if ends is not None])
    low, high = _ends(row, bands)
    gaps = list(_reached(rubric, row, loc, bands, (low, high)))
    yield from gaps
    if not gaps:
        yield from _holes(loc, bands)
    yield from _overlaps(loc, bands, places)


def _unusable(rubric: Rubric, entry: BandRow, unit: int) -> bool:
    """Tell whether nothing can be computed of a band."""
    if not all(is_number(bound) for bound in bounds_of(entry)):
        return True
    given = (points for points in (entry.points, *(entry.range or ())) if points is not None)
    fine = all((Fraction(points) * unit).denominator == 1 for points in given)
    return rubric.taken(entry.choice) and not fine


def _entry(rubric: Rubric, row: Indicator, entry: BandRow, at: Loc) -> Found:
    """Yield what is wrong with one band by itself."""
    odd = [bound for bound in bounds_of(entry) if not is_number(bound)]
    if odd:
        yield say(
            at,
            'a bound must be a number or a fraction such as "2/3"',
            '界限须为数字或分数(如 "2/3")',
            odd[0],
        )
        return
    if entry.at_least is not None and entry.above is not None:
        yield say(at, "at_least and above must not both be given", "at_least 与 above 只能写一个")
    if entry.at_most is not None and entry.below is not None:
        yield say(at, "at_most and below must not both be given", "at_most 与 below 只能写一个")
    if row.column is not None and row.over is None and dictionary()[row.column].numeric:
        for bound in bounds_of(entry):
            yield from check_reach(at, bound, dictionary()[row.column])
    if not rubric.taken(entry.choice):
        return
    for points in (entry.points, *(entry.range or ())):
        if points is not None:
            yield from check_fine(at, points, tables.row_unit(rubric, row))
    if entry.range is not None and entry.points is not None:
        low, high = entry.range
        if not low <= entry.points <= high:
            yield say(at, "points lie outside the range", "分值不在 range 之内", entry.points)


def _probes(bands: list[Band]) -> list[Fraction]:
    """Return every bound, and a value between each two and beyond the ends."""
    edges = sorted({b for band in bands for b in (band.lower, band.upper) if b is not None})
    probes = list(edges)
    probes += [(a + b) / 2 for a, b in itertools.pairwise(edges)]
    probes += [edges[0] - 1, edges[-1] + 1] if edges else [Fraction(0)]
    return sorted(probes)


def _ends(row: Indicator, bands: list[Band]) -> tuple[Fraction | None, Fraction | None]:
    """Return the lowest and highest value of a row that reads one column as it is."""
    # Where a bound lies outside them, which is told by itself, the bands are held against each other.
    if row.column is None or row.over is not None:
        return None, None
    ends = (dictionary()[row.column].minimum, dictionary()[row.column].maximum)
    low, high = (None if end is None else Fraction(end) for end in ends)
    edges = [bound for band in bands for bound in (band.lower, band.upper) if bound is not None]
    outside = any((low is not None and e < low) or (high is not None and e > high) for e in edges)
    return (None, None) if outside else (low, high)


def _reached(
    rubric: Rubric,
    row: Indicator,
    loc: Loc,
    bands: list[Band],
    ends: tuple[Fraction | None, Fraction | None],
) -> Found:
    """Yield a value of the column that no band takes; else the bands that take none."""
    hits: set[int] = set()
    low, high = ends
    for probe in sorted({*_probes(bands), *(end for end in ends if end is not None)}):
        if (low is not None and probe < low) or (high is not None and probe > high):
            continue
        hit = next((n for n, band in enumerate(bands) if band.holds(probe)), None)
        if hit is None:
            yield say(
                (*loc, "bands"),
                "the bands leave a gap",
                "分档之间有空档",
                _nothing(rubric, row, probe),
                Bilingual("end with a band without bounds", "请在末尾加一个无界限的分档"),
            )
            return
        hits.add(hit)
    for place in sorted(set(range(len(bands))) - hits):
        yield say((*loc, "bands", place), "the band can never apply", "该分档永远不会适用", row.id)


def _nothing(rubric: Rubric, row: Indicator, value: Fraction) -> str:
    """Return a subject that no band takes, in words."""
    who = subject_word(rubric)
    cell = cell_words(tables.value(row.column, row.over, row.mix), value)
    return tr(f"{who} with {cell} gets no points", f"{cell}的{who}没有得分")


def _holes(loc: Loc, bands: list[Band]) -> Found:
    """Yield values that fall through to the rest, though the bands on both sides earn more."""
    open_ended = [band for band in bands if band.lower is None and band.upper is None]
    bounded = [band for band in bands if band not in open_ended]
    if not open_ended or not bounded:
        return
    rest, probes = open_ended[0].points, _probes(bounded)

    def earned(values: Iterator[Fraction]) -> int | None:
        taken = (next((b.points for b in bounded if b.holds(value)), None) for value in values)
        return next((points for points in taken if points is not None), None)

    for n, probe in enumerate(probes):
        if any(band.holds(probe) for band in bounded):
            continue
        below, above = earned(reversed(probes[:n])), earned(iter(probes[n + 1 :]))
        if below is not None and above is not None and rest < min(below, above):
            yield say(
                (*loc, "bands"),
                "the bands leave a hole, which earns less than the bands on both sides",
                "分档之间有空档,落入空档的得分低于上下两档",
                f"{float(probe):g}",
                Bilingual("let the bounds meet", "请使上下两档的界限相接"),
            )
            return


def _overlaps(loc: Loc, bands: list[Band], places: list[int]) -> Found:
    """Yield bands that take a part of an earlier one: of a ladder, a later band holds all of it."""
    probes = _probes(bands)
    inner = [probe for probe in probes if all(probe not in (b.lower, b.upper) for b in bands)]
    for n, later in enumerate(bands):
        for earlier in bands[:n]:
            held = [probe for probe in inner if earlier.holds(probe)]
            both = [probe for probe in held if later.holds(probe)]
            if both and len(both) < len(held):
                yield say(
                    (*loc, "bands", places[n]),
                    "the band overlaps one above it",
                    "该分档与前面的分档重叠",
                    f"{float(both[0]):g}",
                    Bilingual("let the bounds meet", "请使上下两档的界限相接"),
                )
                break

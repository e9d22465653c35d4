"""Which scores an edition can give: the sums of its rows' points, and the pieces between its cut-offs.

Rows are taken as free of one another, so the range holds every score that can be; whether a subject
really reaches a piece is shown by an example, in `example_subjects`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import combinations, pairwise
from math import lcm

from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.proofs.row_points import bounds, reached
from lishui_credit.rubrics.law.proofs.value_pieces import Piece
from lishui_credit.rubrics.law.rubric import Indicator, Rubric

_LEFT_OUT = 4  # rows left out together at most
_LOWEST = -200  # printed points: no cut-off is near it


def per_point(rubric: Rubric, possible: int) -> Fraction:
    """Return what one integer point adds to the score that is held against cut-offs."""
    share = Fraction(1, rubric.point_unit)
    if rubric.aggregate in ("sum", "weighted") and possible:
        share = share * tables.nominal(rubric) / possible
    return share


def scores(rubric: Rubric, only: Mapping[str, set[int]] | None = None) -> set[Fraction]:
    """Return scores that the points of the rows add up to, as printed: all that cut-offs tell apart."""
    # `only` are points of rows of which a value is given.
    only = only or {}
    if any(not points for points in only.values()):
        return set()
    if rubric.aggregate == "none":
        return set()
    if rubric.aggregate == "worst":
        return _worst(rubric, only)
    if rubric.aggregate == "deduct":
        return {Fraction(total, rubric.point_unit) for total in _left(rubric, only)}
    found = _added(rubric, only, ())
    left_out = [r for r in rubric.scoring if r.missing == "exclude" and r.id not in only]
    least, most = min(found), max(found)
    inside = [edge for edge in _edges(rubric) if least <= edge <= most]
    # A row left out moves the scores by a little; looked at only where a piece is still without one.
    for size in range(1, min(len(left_out), _LEFT_OUT) + 1):
        ends = len({min(found), max(found)}.intersection(inside))
        if len(_between(inside, found)) == 2 * len(inside) + 1 - ends:
            break
        for out in combinations(left_out, size):
            found |= _added(rubric, only, out)
    return found


def _added(
    rubric: Rubric, only: Mapping[str, set[int]], out: tuple[Indicator, ...]
) -> set[Fraction]:
    possible = tables.reachable(rubric) - sum(tables.best(rubric, row) for row in out)
    each = per_point(rubric, possible)
    kept = [only.get(r.id) or _with_missing(rubric, r) for r in rubric.scoring if r not in out]
    return {total * each for total in _sums(kept)}


def _worst(rubric: Rubric, only: Mapping[str, set[int]]) -> set[Fraction]:
    sets = [only.get(row.id) or reached(rubric, row) for row in rubric.scoring]
    cap = min(max(points) for points in sets)
    return {Fraction(p, rubric.point_unit) for points in sets for p in points if p <= cap}


def _with_missing(rubric: Rubric, row: Indicator) -> set[int]:
    """Return a row's points, those of an empty value included."""
    found = reached(rubric, row)
    if row.missing in ("zero", "full"):
        times = tables.times(rubric, row)
        found |= {(tables.missing_points(rubric, row) or 0) * times}
    return found


def _sums(sets: list[set[int]]) -> set[int]:
    """Return the sums of one number of points a row: a set of bits, shifted by each and joined."""
    bits, shift = 1, 0
    for points in sets:
        least = min(points, default=0)
        shift += least
        bits = _joined(bits, [number - least for number in points or {0}])
    return {place + shift for place in _places(bits)}


def _joined(bits: int, steps: list[int]) -> int:
    found = 0
    for step in steps:
        found |= bits << step
    return found


def _places(bits: int) -> Iterator[int]:
    text = bin(bits)[:1:-1]
    return (place for place, bit in enumerate(text) if bit == "1")


def _left(rubric: Rubric, only: Mapping[str, set[int]]) -> set[int]:
    """Return what is left of every start score after events, in the edition's unit."""
    assert rubric.start is not None
    unit = rubric.point_unit
    starts = {tables.units(row.points, unit) for row in rubric.start.rows}
    bonus = rubric.start.bonus
    if bonus is not None:
        each, most = tables.units(bonus.points_each, unit), tables.units(bonus.at_most, unit)
        starts |= {t for s in starts for t in range(s, most + 1, each or 1)}
    top, low = max(starts), _LOWEST * unit
    bits = sum(1 << (top - start) for start in starts)
    whole = (1 << (top - low + 1)) - 1
    for row in rubric.scoring:
        if row.event is not None and row.event.deduct is not None:
            step = tables.units(row.event.deduct, unit)
            times = 1 if row.event.count == "once" else max(1, (top - low) // step)
            done = 1
            while done <= times:  # twice as many each round: no, one, two, four … events
                bits |= (bits << step * done) & whole
                done *= 2
        else:
            points = only.get(row.id) or _with_missing(rubric, row)
            bits = _joined(bits, [-number for number in points if number <= 0]) & whole
    return {top - place for place in _places(bits)}


def place(rubric: Rubric, score: Fraction) -> tuple[int, int]:
    """Return where a score lies among the scores at which rules turn: how many are below, how many not above."""
    edges = _edges(rubric)
    return bisect_left(edges, score), bisect_right(edges, score)


def _edges(rubric: Rubric) -> list[Fraction]:
    """Return every score at which some rule turns."""
    edges: set[Fraction] = set()
    for grade in rubric.grades:
        given = [grade.at_least, *grade.at_least_if.values()]
        edges |= {Fraction(bound) for bound in given if bound is not None}
    for condition in rubric.conditions():
        if condition.score:
            edges |= set(bounds(condition))
    return sorted(edges)


def score_pieces(rubric: Rubric, reachable: set[Fraction]) -> list[Piece]:
    """Return the pieces between cut-offs that some score lies in, from the lowest up."""
    return _between(_edges(rubric), reachable)


def _between(edges: list[Fraction], reachable: set[Fraction]) -> list[Piece]:
    """Return the pieces at the edges and between them that hold some of the scores."""
    if not reachable:
        return []
    shared = lcm(*(score.denominator for score in reachable))
    rest = sorted(reachable, key=lambda score: score.numerator * (shared // score.denominator))
    ends = [rest[0] - 1, *(edge for edge in edges for _ in (False, True)), rest[-1] + 1]
    found = []
    for low, high in pairwise(ends):
        if low == high:
            inside = rest[bisect_left(rest, low) : bisect_right(rest, low)]
        else:
            inside = rest[bisect_right(rest, low) : bisect_left(rest, high)]
        if inside:
            found.append(Piece(_plainest(inside), inside[0], inside[-1]))
    return found


def _plainest(inside: list[Fraction]) -> Fraction:
    """Return the score with the least denominator, the middle one of several."""
    least = min(score.denominator for score in inside)
    few = [score for score in inside if score.denominator == least]
    return few[len(few) // 2]

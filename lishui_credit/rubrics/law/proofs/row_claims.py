"""What every row is shown to be: a band for each value, none unreachable, none over another, one direction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from lishui_credit.language import tr
from lishui_credit.points import Value
from lishui_credit.rubrics.law.event_rules import Repair, RepairWindow
from lishui_credit.rubrics.law.proofs.proof_words import Fault, cell_words, fault, subject_word
from lishui_credit.rubrics.law.proofs.row_points import (
    Earned,
    bounds,
    earned,
    taken_bands,
    value_of,
    within,
)
from lishui_credit.rubrics.law.proofs.rule_patterns import truth
from lishui_credit.rubrics.law.proofs.start_scores import start_rows
from lishui_credit.rubrics.law.proofs.value_pieces import pieces
from lishui_credit.rubrics.law.rubric import BandRow, Condition, Indicator, Rubric
from lishui_credit.tables.toml_places import Loc


def row_faults(rubric: Rubric) -> Iterator[Fault]:
    """Yield what the rows, the start score and the repairs fail to prove."""
    for place, row in enumerate(rubric.indicators):
        if not row.scores:
            continue
        loc: Loc = ("indicators", place)
        if row.bands or row.levels:
            parts = earned(rubric, row)
            yield from _gaps(rubric, row, loc, parts)
            yield from _in_vain(rubric, row, loc, parts)
            yield from _overlaps(rubric, row, loc, parts)
            yield from _turns(rubric, row, loc, parts)
        if row.event is not None:
            yield from _event(rubric, row, loc)
    yield from _codes(rubric)
    yield from _start(rubric)
    for place, repair in enumerate(rubric.repairs):
        yield from _windows(repair, ("repairs", place))


def _gaps(rubric: Rubric, row: Indicator, loc: Loc, parts: Sequence[Earned]) -> Iterator[Fault]:
    part = next((part for part in parts if part.place is None), None)
    if part is not None:
        who, cell = subject_word(rubric), cell_words(value_of(row), part.piece.sample)
        example = tr(f"{who} with {cell} gets no points", f"{cell}的{who}没有得分")
        what = ("the row leaves a gap", "该行留有空档")
        yield fault("gap", (*loc, "bands" if row.bands else "levels"), *what, example)


def _in_vain(rubric: Rubric, row: Indicator, loc: Loc, parts: Sequence[Earned]) -> Iterator[Fault]:
    hit = {part.place for part in parts}
    for place, band in taken_bands(rubric, row):
        if place not in hit:
            yield fault(
                "unreachable",
                (*loc, "bands", place),
                "the band can never apply",
                "该分档永远不会适用",
                _taken_by(row, band, parts, place),
            )
    for name in row.levels:
        if name not in hit:
            what = ("no subject can have this level", "任何主体都不会有该等级取值")
            yield fault("unreachable", (*loc, "levels"), *what, name)


def _taken_by(row: Indicator, band: BandRow, parts: Sequence[Earned], place: int) -> str:
    """Return which band takes the values that a band names."""
    mine = [
        p for p in parts if isinstance(p.piece.sample, Fraction) and within(band, p.piece.sample)
    ]
    if not mine:
        return tr("no value of the column lies in it", "该列没有落入此档的取值")
    cell = cell_words(value_of(row), mine[0].piece.sample)
    other = mine[0].place
    first = other + 1 if isinstance(other, int) else other
    return tr(f"{cell} is taken by band {first} already", f"{cell}已归入第{first}档")


def _overlaps(rubric: Rubric, row: Indicator, loc: Loc, parts: Sequence[Earned]) -> Iterator[Fault]:
    """Yield bands that take a part of an earlier one; of a ladder, a later band holds all of it."""
    samples = [part.piece.sample for part in parts if isinstance(part.piece.sample, Fraction)]
    taken = taken_bands(rubric, row)
    for n, (place, later) in enumerate(taken):
        for earlier_place, earlier in taken[:n]:
            held = [sample for sample in samples if within(earlier, sample)]
            both = [sample for sample in held if within(later, sample)]
            if both and len(both) < len(held):
                cell = cell_words(value_of(row), both[0])
                a, b = earlier_place + 1, place + 1
                yield fault(
                    "overlap",
                    (*loc, "bands", place),
                    "the band overlaps one above it",
                    "该分档与前面的分档重叠",
                    tr(f"{cell} lies in bands {a} and {b}", f"{cell}同时落入第{a}档和第{b}档"),
                )
                break


def direction(row: Indicator, parts: Sequence[Earned]) -> tuple[str, bool]:
    """Return which values of a row are better (or ``mixed``), and whether the edition declares it."""
    declared = row.share.direction if row.share is not None else row.better
    if declared is not None:
        return declared, True
    if row.formula is not None or row.event is not None:
        return "mixed", False
    upwards = [points for part in parts for points in (part.low, part.high)]
    rising = all(a <= b for a, b in pairwise(upwards))
    falling = all(a >= b for a, b in pairwise(upwards))
    if isinstance(parts[0].piece.sample, str):
        return ("listed" if falling else "mixed"), False
    if isinstance(parts[0].piece.sample, bool):  # yes stands before no
        return ("higher" if falling else "lower"), False
    return ("higher" if rising else "lower" if falling else "mixed"), False


def better_last(row: Indicator, parts: Sequence[Earned]) -> list[Earned]:
    """Return the pieces of a row from the worst value to the best, as its direction says."""
    way, _ = direction(row, parts)
    listed = isinstance(parts[0].piece.sample, str | bool)
    upwards = (way in ("listed", "higher")) != (not listed)
    return list(reversed(parts)) if upwards else list(parts)


def _turns(rubric: Rubric, row: Indicator, loc: Loc, parts: Sequence[Earned]) -> Iterator[Fault]:
    """Yield where a better value earns less, of a row that declares which values are better."""
    way, declared = direction(row, parts)
    if not declared or way == "mixed" or any(part.place is None for part in parts):
        return
    ordered = better_last(row, parts)
    ends = [
        (part.piece, points)
        for part in ordered
        for points in ((part.low, part.high) if ordered[0] is parts[0] else (part.high, part.low))
    ]
    for (worse, more), (better, less) in pairwise(ends):
        if less < more:
            a, b = (cell_words(value_of(row), piece.sample) for piece in (worse, better))
            yield fault(
                "inversion",
                (*loc, "bands" if row.bands else "levels"),
                f"a better value earns less, though better is {way}",
                "取值更优得分反而更低",
                tr(f"{b} earns less than {a}", f"{b}的得分低于{a}"),
            )
            return


def _event(rubric: Rubric, row: Indicator, loc: Loc) -> Iterator[Fault]:
    """Yield an event row that no event can meet, or that gives points."""
    assert row.event is not None
    limits: dict[Value, list[Condition]] = {}
    for limit in row.event.limits:
        condition = Condition(
            column=limit.column, over=limit.over, at_least=limit.at_least, below=limit.below
        )
        limits.setdefault(value_of(condition), []).append(condition)
    for value, asked in limits.items():
        edges = [bound for condition in asked for bound in bounds(condition)]
        samples = [piece.sample for piece in pieces(value, edges)]
        if not any(all(truth(c, sample) for c in asked) for sample in samples):
            what = ("no event can be one of this row", "没有事件能归入该行")
            yield fault("unreachable", (*loc, "event"), *what, row.event.code)
    if row.event.deduct is not None and row.event.deduct < 0:
        what = ("an event gives points", "事件反而加分")
        yield fault("inversion", (*loc, "event"), *what, row.event.code)


def _codes(rubric: Rubric) -> Iterator[Fault]:
    """Yield events that two rules count."""
    told: dict[str, Loc] = {}
    entries: list[tuple[str, Loc]] = [
        (row.event.code, ("indicators", n, "event"))
        for n, row in enumerate(rubric.indicators)
        if row.event is not None and row.enabled
    ]
    entries += [
        (row.event, ("overrides", n, "event"))
        for n, row in enumerate(rubric.overrides)
        if row.event is not None and row.enabled
    ]
    for code, loc in entries:
        if code in told:
            yield fault("overlap", loc, "two rules count this event", "两条规则同时计该事件", code)
        told.setdefault(code, loc)


def _start(rubric: Rubric) -> Iterator[Fault]:
    if rubric.start is None:
        return
    hit = start_rows(rubric)
    if None in hit:
        cells = tr(", ", "、").join(cell_words(value, held) for value, held in hit[None].items())
        who = subject_word(rubric)
        example = tr(f"{who} with {cells} has no start score", f"{cells}的{who}没有起评分")
        yield fault("gap", ("start",), "the start scores leave a gap", "起评分留有空档", example)
    for place in range(len(rubric.start.rows)):
        if place not in hit:
            what = ("the start score can never apply", "该起评分永远不会适用")
            yield fault("unreachable", ("start", "rows", place), *what)


def _windows(repair: Repair, loc: Loc) -> Iterator[Fault]:
    """Yield windows of a repair that come too late to count, or that give back more for being late."""
    before: list[RepairWindow] = []
    for place, window in enumerate(repair.windows):
        at: Loc = (*loc, "windows", place)
        if any(_covers(earlier, window) for earlier in before):
            what = ("the window can never apply", "该修复时限永远不会适用")
            yield fault("unreachable", at, *what, repair.id)
        pairs = [
            (getattr(earlier, key), getattr(window, key))
            for earlier in before[-1:]
            for key in ("restore", "restore_percent", "small_restore")
        ]
        if any(early is not None and late is not None and late > early for early, late in pairs):
            what = ("a later correction gives back more", "更晚纠正反而恢复更多")
            yield fault("inversion", at, *what, repair.id)
        small, plain = window.small_restore, window.restore
        if small is not None and plain is not None and small < plain:
            what = ("a smaller amount gives back less", "金额更小反而恢复更少")
            yield fault("inversion", at, *what, repair.id)
        before.append(window)


def _covers(earlier: RepairWindow, later: RepairWindow) -> bool:
    """Tell whether an earlier window takes every correction that a later one names."""

    def limits(window: RepairWindow) -> tuple[int, int]:
        years = 0 if window.same_year else 1 if window.next_year else 10**6
        return window.days_at_most if window.days_at_most is not None else 10**9, years

    days, years = limits(earlier)
    later_days, later_years = limits(later)
    # A delay of n days ends at most in the year after, of the same year in at most 365 days.
    longest = {0: 365, 1: 730}.get(later_years, 10**9)
    reach_days, reach_years = min(later_days, longest), later_years
    if later_days <= 365:
        reach_years = min(later_years, 1)
    return days >= reach_days and years >= reach_years

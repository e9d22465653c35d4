"""Dated events -> points and flags per subject.

`tally` turns an event table into what each row of the edition takes off a subject, net of repairs
known on the day of grading, and which overrides an event triggers. How often an event counts is the
row's own rule (per tax type each time, per occurrence, per month, once); within one unit counted
the least repaired event stands for it. Rows that share an ``event_id`` are payments of
one occurrence, and what they give back adds up.
"""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import xor
from typing import Any, Final

import polars as pl

from lishui_credit.frames import in_order as stands_in_order
from lishui_credit.points import Expr, Namespace
from lishui_credit.rubrics import tables
from lishui_credit.rubrics.compile import EVENT_OPEN, EVENT_REPAIRED, POINTS
from lishui_credit.rubrics.formulas import day_number, rounded
from lishui_credit.rubrics.rubric import (
    EventRule,
    Indicator,
    Number,
    Override,
    Percent,
    Repair,
    Rubric,
)

Frame = Any
_FEW: Final = 100_000  # subjects whose events are held at a time


def codes(rubric: Rubric) -> dict[str, str]:
    """Return every event code the edition knows, with the row or override it belongs to.

    Codes of rows that do not score are included: such an event is known, and costs nothing.
    """
    found = {row.event.code: row.id for row in rubric.indicators if row.event is not None}
    found.update({row.event: row.id for row in rubric.overrides if row.event is not None})
    return found


def needed_columns(rubric: Rubric) -> tuple[str, ...]:
    """Return the event columns the edition reads, each once."""
    names = ["code", "occurred_on", "corrected_on", "tax_type"]
    for row in rubric.scoring:
        if row.event is not None:
            if row.event.percent is not None:
                names += [row.event.percent.column, row.event.percent.over]
            if row.event.repair is not None:
                names += _repair_columns(_repair(rubric, row.event))
    for override in rubric.active_overrides:
        if override.event is not None and override.repair is not None:
            names += ["due_on"] if override.repair.within_days is not None else []
            names += ["clean_months"] if override.repair.clean_months_at_least is not None else []
    return tuple(dict.fromkeys([*names, "event_id", "exempt"]))


def _repair(rubric: Rubric, rule: EventRule) -> Repair:
    return next(repair for repair in rubric.repairs if repair.id == rule.repair)


def _repair_columns(repair: Repair) -> list[str]:
    names: list[str] = [repair.measured_from]
    if any(window.small_amount is not None for window in repair.windows) or repair.paid_share:
        names.append("tax_amount")
    return [*names, "paid_amount"] if repair.paid_share else names


def tally(
    events: Frame,
    rubric: Rubric,
    ns: Namespace,
    *,
    as_of: date,
    period: int | None,
    in_order: bool | None = None,
) -> Frame | None:
    """Return what the events of every subject cost, and what they trigger.

    Parameters
    ----------
    events : lazy frame
        Conformed events: subject id, and the columns of `needed_columns`; ``event_id`` not null.
    rubric : Rubric
        The edition.
    ns : module
        polars or narwhals, the frame's own.
    as_of : date
        Day of grading; a correction after it is not yet known.
    period : int, optional
        Year assessed; events of other years are left out. None counts all.
    in_order : bool, optional
        Whether events of a polars frame stand in the order of their subjects; looked for if None.

    Returns
    -------
    lazy frame or None
        One row per subject with events that count: its id, ``points__<row>`` (Int32, at most 0, in
        the edition's unit) and ``_event__<override>``, ``_repaired__<override>`` (Boolean). Polars
        leaves out the columns no event touches; None if none is touched.

    Notes
    -----
    Cost with polars, events in the order of their subjects: three streamed passes and nothing held
    but the subjects that have several events of one unit. In any other order, and in other engines:
    two group-bys on at most as many rows as there are events, and one row per subject held.
    """
    subject = rubric.subject_id
    rows, triggers = event_rows(rubric), _triggers(rubric)
    if ns is not pl:
        known = _known(events, ns, as_of, period)
        return _summed(_exact(known, rubric, rows, triggers, ns), subject, rows, triggers, ns)
    codes = set(events.select(pl.col("code").unique()).collect(engine="streaming")["code"])
    if in_order is None:
        in_order = stands_in_order(events, pl.col(subject))
    rows = [row for row in rows if _code(row) in codes]
    triggers = [row for row in triggers if row.event in codes]
    if not rows and not triggers:
        return None

    known = _known(events, pl, as_of, period)
    if not in_order:
        held = _held(known, rubric, rows, triggers).sort(subject)
        return held.lazy().set_sorted(subject)
    cells = _alone(known, rubric, rows, triggers)
    found = _typed(_run_sums(cells, subject), subject, rows, triggers, pl)
    doubtful = _doubtful(known, rubric, rows)
    if doubtful.is_empty():
        return found.set_sorted(subject)
    parts = []
    for few in doubtful.to_frame().iter_slices(_FEW):
        these = few.to_series()
        # Their bounds let row groups be passed over that hold none of them.
        near = pl.col(subject).is_between(pl.lit(these[0]), pl.lit(these[-1]))
        theirs = known.filter(near, pl.col(subject).is_in(these.implode()))
        taken = theirs.collect(engine="streaming").lazy()
        parts.append(_held(taken, rubric, rows, triggers))
    others = found.filter(~pl.col(subject).is_in(doubtful.implode())).set_sorted(subject)
    exactly = pl.concat(parts).sort(subject).lazy()
    return others.merge_sorted(exactly, key=subject).set_sorted(subject)


def _held(
    known: pl.LazyFrame, rubric: Rubric, rows: list[Indicator], triggers: list[Override]
) -> pl.DataFrame:
    """Tally events in any order, with whatever units they share."""
    cells = _exact(known, rubric, rows, triggers, pl)
    summed: pl.LazyFrame = _summed(cells, rubric.subject_id, rows, triggers, pl)
    return summed.collect(engine="streaming")


def _known(events: Frame, ns: Namespace, as_of: date, period: int | None) -> Frame:
    """Return the events of the period, with the day of correction as far as known."""
    kept = events.filter(~ns.col("exempt").fill_null(False))
    if period is not None:
        kept = kept.filter(ns.col("occurred_on").dt.year() == period)
    return kept.with_columns(
        ns.when(ns.col("corrected_on") <= ns.lit(as_of))
        .then(day_number(ns, "corrected_on"))
        .otherwise(ns.lit(None, dtype=ns.Int64))
        .alias("_corrected")
    )


def _doubtful(known: pl.LazyFrame, rubric: Rubric, rows: list[Indicator]) -> pl.Series:
    """Return in order the subjects with two events that may be of one unit, or are of no row.

    The events stand in the order of their subjects. Units are told apart by hashes: two that differ may look alike, never the other way round.
    """
    subject = rubric.subject_id
    if not rows:
        return pl.Series(subject, [], dtype=pl.String)
    found = (
        known.select(subject, _unit_hash(rows).alias("_unit"))
        .set_sorted(subject)
        .group_by(subject)
        .agg((pl.col("_unit").n_unique() < pl.len()).alias("_several"))
        .filter("_several")
    )
    subjects = found.collect(engine="streaming").get_column(subject).sort()
    # Built anew: texts taken out of a column keep all its texts in memory.
    return pl.Series(subject, subjects.to_list(), dtype=subjects.dtype)


def _of_codes(known: Frame, rows: list[Indicator], ns: Namespace) -> Frame:
    return known.filter(ns.col("code").is_in(sorted({_code(row) for row in rows}) or [""]))


def _alone(
    known: pl.LazyFrame, rubric: Rubric, rows: list[Indicator], triggers: list[Override]
) -> pl.LazyFrame:
    """Lay out events that share no unit: each costs what it costs."""
    net = pl.col("_deduct") - pl.col("_restore")
    costs = known.with_columns(*_amounts(rubric, rows, pl)).with_columns(
        pl.when(net > 0).then(net).otherwise(pl.lit(0, dtype=pl.Int64)).alias("_net")
    )
    return costs.select(rubric.subject_id, *_points(rows, pl), *_flags(triggers, pl))


def _exact(
    known: Frame, rubric: Rubric, rows: list[Indicator], triggers: list[Override], ns: Namespace
) -> Frame:
    """Lay out the units of events, and the events that trigger an override."""
    subject = rubric.subject_id
    keys = [subject, "code", "_day", "_text"]
    net = ns.col("_deduct") - ns.col("_restore")
    units = (
        _of_codes(known, rows, ns)
        .with_columns(*_amounts(rubric, rows, ns), *_unit(rows, ns))
        .group_by([*keys, "event_id"])
        .agg(
            ns.col("_deduct").max().alias("_deduct"),
            ns.col("_restore").sum().cast(ns.Int64).alias("_restore"),
        )
        .with_columns(ns.when(net > 0).then(net).otherwise(ns.lit(0, dtype=ns.Int64)).alias("_net"))
        .group_by(keys)
        .agg(ns.col("_net").max().alias("_net"))
    )
    unmoved = [ns.lit(0, dtype=ns.Int64).alias(f"{POINTS}{row.id}") for row in rows]
    untold = [ns.lit(0, dtype=ns.Int64).alias(flag) for flag in _flag_names(triggers)]
    told = known.filter(ns.col("code").is_in(sorted({str(row.event) for row in triggers}) or [""]))
    return ns.concat(
        [
            units.select(ns.col(subject), *_points(rows, ns), *untold),
            told.select(ns.col(subject), *unmoved, *_flags(triggers, ns)),
        ],
        how="vertical",
    )


def _summed(
    cells: Frame, subject: str, rows: list[Indicator], triggers: list[Override], ns: Namespace
) -> Frame:
    """Add up what is laid out, one row per subject."""
    names = [f"{POINTS}{row.id}" for row in rows] + _flag_names(triggers)
    found = cells.group_by(subject).agg(*(ns.col(name).sum().alias(name) for name in names))
    return _typed(found, subject, rows, triggers, ns)


def _run_sums(cells: pl.LazyFrame, subject: str) -> pl.LazyFrame:
    """Add up the columns of sorted cells, one row per subject, in order.

    A sum is what has run up to a subject's last row, less what had up to the last row of the one
    before: half the time of a group-by on sorted keys, and as exact, for integers.
    """
    last = (pl.col(subject) != pl.col(subject).shift(-1)).fill_null(True)
    whole = pl.exclude(subject)
    return (
        cells.with_columns(whole.cum_sum(), last.alias("_last"))
        .filter("_last")
        .drop("_last")
        .with_columns(whole - whole.shift(1, fill_value=0))
    )


def _typed(
    sums: Frame, subject: str, rows: list[Indicator], triggers: list[Override], ns: Namespace
) -> Frame:
    points, flags = [f"{POINTS}{row.id}" for row in rows], _flag_names(triggers)
    return sums.select(
        ns.col(subject),
        *(ns.col(name).cast(ns.Int32).alias(name) for name in points),
        *((ns.col(name) > 0).alias(name) for name in flags),
    )


def event_rows(rubric: Rubric) -> list[Indicator]:
    """Return the scoring rows that count events."""
    return [row for row in rubric.scoring if row.event is not None]


def flags(rubric: Rubric) -> list[str]:
    """Return the columns that tell which overrides events trigger, and which of them are repaired."""
    return _flag_names(_triggers(rubric))


def _triggers(rubric: Rubric) -> list[Override]:
    return [row for row in rubric.active_overrides if row.event is not None]


def _flag_names(triggers: list[Override]) -> list[str]:
    return [f"{kind}{row.id}" for row in triggers for kind in (EVENT_OPEN, EVENT_REPAIRED)]


def _points(rows: list[Indicator], ns: Namespace) -> list[Expr]:
    """What a net cost of a code takes off, in the column of its row."""
    zero = ns.lit(0, dtype=ns.Int64)
    return [
        ns.when(ns.col("code") == ns.lit(_code(row)))
        .then(-ns.col("_net"))
        .otherwise(zero)
        .alias(f"{POINTS}{row.id}")
        for row in rows
    ]


def _flags(triggers: list[Override], ns: Namespace) -> list[Expr]:
    """Whether an event triggers an override, and whether it is repaired: 1 or 0."""
    one, none = ns.lit(1, dtype=ns.Int64), ns.lit(0, dtype=ns.Int64)
    columns = []
    for trigger in triggers:
        hit, repaired = ns.col("code") == ns.lit(trigger.event), _repaired(trigger, ns)
        for kind, test in ((EVENT_OPEN, hit & ~repaired), (EVENT_REPAIRED, hit & repaired)):
            columns.append(ns.when(test).then(one).otherwise(none).alias(f"{kind}{trigger.id}"))
    return columns


def _code(row: Indicator) -> str:
    assert row.event is not None
    return row.event.code


def _amounts(rubric: Rubric, rows: list[Indicator], ns: Namespace) -> list[Expr]:
    """Deduction and what is given back, for every event row."""

    def whole(value: int) -> Expr:
        return ns.lit(value, dtype=ns.Int64)

    code = ns.col("code")
    # Rows that cost and restore alike share a branch: a chain of a few tests instead of dozens.
    alike: dict[tuple[Number, Percent | None, str | None], list[str]] = {}
    for row in rows:
        assert row.event is not None
        assert row.event.deduct is not None
        alike.setdefault((row.event.deduct, row.event.percent, row.event.repair), []).append(
            row.event.code
        )
    deduct: list[tuple[Expr, Expr]] = []
    restore: list[tuple[Expr, Expr]] = []
    for (cost, percent, repair), members in alike.items():
        test = code.is_in(members)
        base = whole(tables.units(cost, rubric.point_unit))
        if percent is not None:
            base = base + _percent(percent, rubric.point_unit, ns)
        deduct.append((test, base))
        if repair is not None:
            chosen = next(entry for entry in rubric.repairs if entry.id == repair)
            restore.append((test, _restored(chosen, base, rubric.point_unit, ns)))
    return [
        _chosen(deduct, whole(0), ns).alias("_deduct"),
        _chosen(restore, whole(0), ns).alias("_restore"),
    ]


def _told_apart(rows: list[Indicator], ns: Namespace) -> list[tuple[Expr, Expr, Expr]]:
    """By way of counting: its events, and the day (or month) and text that tell units apart.

    None stands for what tells nothing apart; codes that count once are left out.
    """
    when = ns.col("occurred_on").dt
    month = when.year().cast(ns.Int64) * 12 + when.month().cast(ns.Int64)
    by_count = {
        "per_tax_type": (day_number(ns, "occurred_on"), ns.col("tax_type").fill_null("")),
        "per_month": (month, None),
        "per_occurrence": (None, ns.col("event_id")),
    }
    members: dict[str, list[str]] = {}
    for row in rows:
        assert row.event is not None
        members.setdefault(row.event.count, []).append(row.event.code)
    return [
        (ns.col("code").is_in(members[count]), *parts)
        for count, parts in by_count.items()
        if count in members
    ]


def _chosen(branches: list[tuple[Expr, Expr]], otherwise: Expr, ns: Namespace) -> Expr:
    """Return the value of the first branch whose test holds."""
    chain = ns
    for test, value in branches:
        chain = chain.when(test).then(value)
    return otherwise if chain is ns else chain.otherwise(otherwise)


def _unit(rows: list[Indicator], ns: Namespace) -> list[Expr]:
    """What tells units of one code apart, in two columns; of codes that count once, nothing."""
    apart = _told_apart(rows, ns)
    days = [(test, day) for test, day, _ in apart if day is not None]
    texts = [(test, text) for test, _, text in apart if text is not None]
    return [
        _chosen(days, ns.lit(0, dtype=ns.Int64), ns).alias("_day"),
        _chosen(texts, ns.lit("", dtype=ns.String), ns).alias("_text"),
    ]


def _unit_hash(rows: list[Indicator]) -> pl.Expr:
    """What is equal for events of one unit, and hardly ever for others."""
    branches = [
        (test, reduce(xor, (part.hash() for part in parts if part is not None)))
        for test, *parts in _told_apart(rows, pl)
    ]
    hashed: pl.Expr = _chosen(branches, pl.lit(0, dtype=pl.UInt64), pl)
    return pl.col("code").hash() ^ hashed


def _percent(percent: Percent, point_unit: int, ns: Namespace) -> Expr:
    """``times * column / over`` in points, rounded half away from zero to the unit."""
    top = ns.col(percent.column).cast(ns.Int64) * (percent.times * point_unit)
    over = ns.col(percent.over).cast(ns.Int64)
    safe = ns.when(over > 0).then(over).otherwise(ns.lit(None, dtype=ns.Int64))
    return ((top * 2 + safe) // (safe * 2)).fill_null(0)


def _restored(repair: Repair, cost: Expr, point_unit: int, ns: Namespace) -> Expr:
    """Points given back for one event row, as known on the day of grading."""
    corrected = ns.col("_corrected")
    delay = corrected - day_number(ns, repair.measured_from)
    same_year = ns.col("corrected_on").dt.year() == ns.col(repair.measured_from).dt.year()
    chain = ns.when(delay.is_null()).then(ns.lit(0, dtype=ns.Int64))
    final: Expr = ns.lit(0, dtype=ns.Int64)
    for window in repair.windows:
        if window.restore is not None:
            given = ns.lit(tables.units(window.restore, point_unit), dtype=ns.Int64)
        else:
            given = rounded(ns, cost * (window.restore_percent or 0), 100)
        if window.small_amount is not None and window.small_restore is not None:
            small = ns.lit(tables.units(window.small_restore, point_unit), dtype=ns.Int64)
            limit = int(window.small_amount * 100)
            given = ns.when(ns.col("tax_amount") <= limit).then(small).otherwise(given)
        tests = []
        if window.days_at_most is not None:
            tests.append(delay <= window.days_at_most)
        if window.same_year:
            tests.append(same_year)
        if not tests:
            final = given
            break
        chain = chain.when(tests[0] if len(tests) == 1 else tests[0] & tests[1]).then(given)
    result = chain.otherwise(final)
    if repair.paid_share:
        due = ns.col("tax_amount").cast(ns.Int64)
        paid = ns.col("paid_amount").cast(ns.Int64)
        safe = ns.when(due > 0).then(due).otherwise(ns.lit(None, dtype=ns.Int64))
        share = (result * paid * 2 + safe) // (safe * 2)
        result = ns.when(paid.is_null() | safe.is_null()).then(result).otherwise(share)
    return result


def _repaired(row: Override, ns: Namespace) -> Expr:
    if row.repair is None:
        return ns.lit(False, dtype=ns.Boolean)
    corrected = ns.col("_corrected")
    tests = [~corrected.is_null()]
    if row.repair.within_days is not None:
        tests.append((corrected - day_number(ns, "due_on")) <= row.repair.within_days)
    if row.repair.clean_months_at_least is not None:
        tests.append(ns.col("clean_months") >= row.repair.clean_months_at_least)
    whole = tests[0]
    for test in tests[1:]:
        whole = whole & test
    return whole.fill_null(False)

"""Dated events -> points and flags per subject.

`tally` turns an event table into what each row of the edition takes off a subject, net of repairs
known on the day of grading, and which overrides an event triggers; `spread` lays the costs out in
columns. How often an event
counts is the row's own rule (per tax type each time, per occurrence, per month, once); within one
unit counted the least repaired event stands for it. Rows that share an ``event_id`` are payments of
one occurrence, and what they give back adds up.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

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
    distinct: bool = False,
) -> tuple[Frame, Frame]:
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
    distinct : bool, default False
        No ``event_id`` stands twice: every row is an occurrence of its own.

    Returns
    -------
    costs : lazy frame
        One row per unit counted: subject id, code, ``_net`` (Int64, at least 0, in the edition's
        unit); `spread` adds them up in columns.
    flags : lazy frame
        One row per subject with a triggering event: subject id, ``_event__<override>`` and
        ``_repaired__<override>`` (Boolean).

    Notes
    -----
    Cost: one pass over the events and two group-bys on at most as many rows, one where event ids
    are distinct.
    """
    subject = rubric.subject_id
    kept = events.filter(~ns.col("exempt").fill_null(False))
    if period is not None:
        kept = kept.filter(ns.col("occurred_on").dt.year() == period)
    rows = event_rows(rubric)
    triggers = [row for row in rubric.active_overrides if row.event is not None]
    known = kept.with_columns(
        ns.when(ns.col("corrected_on") <= ns.lit(as_of))
        .then(day_number(ns, "corrected_on"))
        .otherwise(ns.lit(None, dtype=ns.Int64))
        .alias("_corrected")
    )
    costly = known.filter(ns.col("code").is_in(sorted({_code(row) for row in rows}) or [""]))
    occurrences = costly.with_columns(*_columns(rubric, rows, ns))
    keys = [subject, "code", "_day", "_text"]
    if not distinct:
        occurrences = occurrences.group_by([*keys, "event_id"]).agg(
            ns.col("_deduct").max().alias("_deduct"),
            ns.col("_restore").sum().cast(ns.Int64).alias("_restore"),
        )
    net = ns.col("_deduct") - ns.col("_restore")
    units = (
        occurrences.with_columns(
            ns.when(net > 0).then(net).otherwise(ns.lit(0, dtype=ns.Int64)).alias("_net")
        )
        .group_by(keys)
        .agg(ns.col("_net").max().alias("_net"))
    )
    costs = units.select(subject, "code", "_net")
    return costs, _flagged(known, subject, triggers, ns)


def event_rows(rubric: Rubric) -> list[Indicator]:
    """Return the scoring rows that count events."""
    return [row for row in rubric.scoring if row.event is not None]


def spread(costs: Frame, rubric: Rubric, ns: Namespace) -> Frame:
    """Return costs as one row per subject: its id and ``points__<row>`` (Int32, at most 0).

    Polars leaves out the rows no event costs anything by.

    Parameters
    ----------
    costs : lazy frame
        As `tally` gives them.
    rubric : Rubric
        The edition.
    ns : module
        polars or narwhals; polars holds the costs to learn which rows they are of.
    """
    rows, subject = event_rows(rubric), rubric.subject_id
    zero = ns.lit(0, dtype=ns.Int64)
    if ns is pl:
        found = costs.collect(engine="streaming")
        present = set(found["code"].unique())
        rows = [row for row in rows if _code(row) in present]
        costs = found.lazy()
    columns = costs.with_columns(
        *(
            ns.when(ns.col("code") == ns.lit(_code(row)))
            .then(-ns.col("_net"))
            .otherwise(zero)
            .alias(f"{POINTS}{row.id}")
            for row in rows
        )
    )
    summed = columns.group_by(subject).agg(
        *(ns.col(f"{POINTS}{row.id}").sum().alias(f"{POINTS}{row.id}") for row in rows)
    )
    return summed.select(
        ns.col(subject),
        *(ns.col(f"{POINTS}{row.id}").cast(ns.Int32).alias(f"{POINTS}{row.id}") for row in rows),
    )


def _flagged(known: Frame, subject: str, triggers: list[Override], ns: Namespace) -> Frame:
    """One row per subject with a triggering event, and which of them are repaired."""
    codes = sorted({str(row.event) for row in triggers})
    told = known.filter(ns.col("code").is_in(codes or [""]))
    one, none = ns.lit(1, dtype=ns.Int8), ns.lit(0, dtype=ns.Int8)
    columns = []
    for trigger in triggers:
        hit = ns.col("code") == ns.lit(trigger.event)
        repaired = _repaired(trigger, ns)
        columns += [
            ns.when(hit & ~repaired).then(one).otherwise(none).alias(f"{EVENT_OPEN}{trigger.id}"),
            ns.when(hit & repaired)
            .then(one)
            .otherwise(none)
            .alias(f"{EVENT_REPAIRED}{trigger.id}"),
        ]
    flags = [f"{kind}{row.id}" for row in triggers for kind in (EVENT_OPEN, EVENT_REPAIRED)]
    counted = told.with_columns(*columns).group_by(subject)
    found = counted.agg(*(ns.col(flag).max().alias(flag) for flag in flags))
    return found.select(ns.col(subject), *((ns.col(flag) == 1).alias(flag) for flag in flags))


def _code(row: Indicator) -> str:
    assert row.event is not None
    return row.event.code


def _columns(rubric: Rubric, rows: list[Indicator], ns: Namespace) -> list[Expr]:
    """Deduction, what is given back and unit counted, for every event row."""

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
    deduct, restore = ns, ns
    for (cost, percent, repair), members in alike.items():
        test = code.is_in(members)
        base = whole(tables.units(cost, rubric.point_unit))
        if percent is not None:
            base = base + _percent(percent, rubric.point_unit, ns)
        deduct = deduct.when(test).then(base)
        if repair is not None:
            chosen = next(entry for entry in rubric.repairs if entry.id == repair)
            restore = restore.when(test).then(_restored(chosen, base, rubric.point_unit, ns))
    by_count: dict[str, list[str]] = {}
    for row in rows:
        assert row.event is not None
        by_count.setdefault(row.event.count, []).append(row.event.code)
    per_tax = code.is_in(by_count.get("per_tax_type", [""]))
    per_month = code.is_in(by_count.get("per_month", [""]))
    each = code.is_in(by_count.get("per_occurrence", [""]))
    when = ns.col("occurred_on").dt
    month = when.year().cast(ns.Int64) * 12 + when.month().cast(ns.Int64)
    return [
        (whole(0) if deduct is ns else deduct.otherwise(whole(0))).alias("_deduct"),
        (whole(0) if restore is ns else restore.otherwise(whole(0))).alias("_restore"),
        ns.when(per_tax)
        .then(day_number(ns, "occurred_on"))
        .when(per_month)
        .then(month)
        .otherwise(whole(0))
        .alias("_day"),
        ns.when(per_tax)
        .then(ns.col("tax_type").fill_null(""))
        .when(each)
        .then(ns.col("event_id"))
        .otherwise(ns.lit(""))
        .alias("_text"),
    ]


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

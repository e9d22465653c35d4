"""Dated events and what an edition says of them: what each costs, gives back and triggers.

Expressions over an event table, for polars and narwhals alike: the deduction and what a repair
known on the day of grading gives back, the unit an event counts in (per tax type each time, per
occurrence, per month, once), and the overrides it triggers. `tally` adds them up per subject.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import and_, xor
from typing import Final

import polars as pl

from lishui_credit.expressions import E, Namespace, first_of, number
from lishui_credit.points import rounded
from lishui_credit.rubrics.engine.compile import EVENT_OPEN, EVENT_REPAIRED, POINTS
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.event_rules import EventRule, Number, Percent, Repair
from lishui_credit.rubrics.law.formulas import day_number
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import Indicator, Override, Rubric

UNIT: Final = ("_day", "_text", "_document")
LARGEST_DEDUCTION: Final = 10_000
"""Points that the events of one row take off at most: no score is near it, and sums stay exact."""


def codes(rubric: Rubric) -> dict[str, str]:
    """Return every event code the edition knows, with its row or override, scoring or not."""
    found = {row.event.code: row.id for row in rubric.indicators if row.event is not None}
    found.update({row.event: row.id for row in rubric.overrides if row.event is not None})
    return found


def former_codes(rubric: Rubric) -> dict[str, tuple[str, str]]:
    """Return the codes rows had in earlier texts of an edition, each with the code and row of now."""
    found: dict[str, tuple[str, str]] = {}
    for row in rubric.indicators:
        if row.event is not None:
            found |= dict.fromkeys(row.event.formerly, (row.event.code, row_label(row)))
    for rule in rubric.overrides:
        if rule.event is not None:
            found |= dict.fromkeys(rule.formerly, (rule.event, row_label(rule)))
    return found


def needed_columns(rubric: Rubric) -> tuple[str, ...]:
    """Return the event columns the edition reads, each once."""
    names = ["code", "occurred_on", "recorded_on", "corrected_on", "tax_type"]
    for row in rubric.scoring:
        if row.event is not None:
            if row.event.percent is not None:
                names += [row.event.percent.column, row.event.percent.over]
            if row.event.repair is not None:
                names += _repair_columns(_repair(rubric, row.event))
            for limit in row.event.limits:
                names += [limit.column] if limit.over is None else [limit.column, limit.over]
    for override in rubric.active_overrides:
        if override.event is not None and override.repair is not None:
            names += ["due_on"] if override.repair.within_days is not None else []
            months = (
                override.repair.clean_months_at_least,
                override.repair.late_clean_months_at_least,
            )
            names += ["clean_months"] if any(m is not None for m in months) else []
    return tuple(dict.fromkeys([*names, "event_id", "exempt"]))


def _repair(rubric: Rubric, rule: EventRule) -> Repair:
    return next(repair for repair in rubric.repairs if repair.id == rule.repair)


def _repair_columns(repair: Repair) -> list[str]:
    names: list[str] = [repair.measured_from]
    if any(window.small_amount is not None for window in repair.windows) or repair.paid_share:
        names.append("tax_amount")
    return [*names, "paid_amount"] if repair.paid_share else names


def event_rows(rubric: Rubric) -> list[Indicator]:
    """Return the scoring rows that count events."""
    return [row for row in rubric.scoring if row.event is not None]


def triggers(rubric: Rubric) -> list[Override]:
    """Return the overrides in force that events trigger."""
    return [row for row in rubric.active_overrides if row.event is not None]


def point_names(rows: Iterable[Indicator]) -> list[str]:
    """Return the columns of what events take off."""
    return [f"{POINTS}{row.id}" for row in rows]


def flag_names(triggers: Iterable[Override]) -> list[str]:
    """Return the columns that tell which overrides events trigger, and which of them are repaired."""
    return [f"{kind}{row.id}" for row in triggers for kind in (EVENT_OPEN, EVENT_REPAIRED)]


def points(rows: list[Indicator], ns: Namespace[E]) -> list[E]:
    """Return what a net cost, ``_net``, takes off in the column of its row: Int64, at most 0."""
    zero = number(ns, 0, ns.Int64)
    return [
        ns.when(ns.col("code") == ns.lit(code_of(row)))
        .then(-ns.col("_net"))
        .otherwise(zero)
        .alias(f"{POINTS}{row.id}")
        for row in rows
    ]


def flags(triggers: list[Override], ns: Namespace[E]) -> list[E]:
    """Return whether an event triggers an override, open or repaired: Int64, 1 or 0."""
    one, none = number(ns, 1, ns.Int64), number(ns, 0, ns.Int64)
    columns = []
    for trigger in triggers:
        hit, mended = ns.col("code") == ns.lit(trigger.event), repaired(trigger, ns)
        for kind, test in ((EVENT_OPEN, hit & ~mended), (EVENT_REPAIRED, hit & mended)):
            columns.append(ns.when(test).then(one).otherwise(none).alias(f"{kind}{trigger.id}"))
    return columns


def code_of(row: Indicator) -> str:
    """Return the code of the events a row counts."""
    assert row.event is not None
    return row.event.code


def amounts(rubric: Rubric, rows: list[Indicator], ns: Namespace[E]) -> list[E]:
    """Return ``_deduct`` and ``_restore``, what is given back: Int64, in the edition's unit."""

    # The day of correction is read from ``_corrected``, null where it is not known yet.
    def whole(value: int) -> E:
        return number(ns, value, ns.Int64)

    code = ns.col("code")
    # Rows that cost and restore alike share a branch: a chain of a few tests instead of dozens.
    alike: dict[tuple[Number, Percent | None, str | None], list[str]] = {}
    for row in rows:
        assert row.event is not None
        assert row.event.deduct is not None
        alike.setdefault((row.event.deduct, row.event.percent, row.event.repair), []).append(
            row.event.code
        )
    deduct: list[tuple[E, E]] = []
    restore: list[tuple[E, E]] = []
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
        first_of(ns, deduct, whole(0)).alias("_deduct"),
        first_of(ns, restore, whole(0)).alias("_restore"),
    ]


def paid(rubric: Rubric, rows: list[Indicator], ns: Namespace[E]) -> list[E]:
    """Return ``_paid`` and ``_tax`` of repairs by the share paid, 0 for others; none without such."""
    shares = {repair.id for repair in rubric.repairs if repair.paid_share}
    codes = [code_of(row) for row in rows if row.event is not None and row.event.repair in shares]
    if not codes:
        return []
    none = number(ns, 0, ns.Int64)
    due = ns.col("tax_amount").cast(ns.Int64)
    whole = ns.coalesce(ns.col("paid_amount").cast(ns.Int64), due)
    part = ns.when(whole > due).then(due).otherwise(whole)
    counts = ns.col("code").is_in(codes)
    return [
        ns.when(counts & ~ns.col("_corrected").is_null()).then(part).otherwise(none).alias("_paid"),
        ns.when(counts).then(due).otherwise(none).alias("_tax"),
    ]


def _told_apart(
    rows: list[Indicator], ns: Namespace[E]
) -> list[tuple[E, E | None, E | None, E | None]]:
    """Return, by way of counting, its events and the day (or month), text and document that part units."""
    # None stands for what tells nothing apart; codes that count once are left out.
    when = ns.col("occurred_on").dt
    month = when.year().cast(ns.Int64) * 12 + when.month().cast(ns.Int64)
    by_count = {
        "per_tax_type": (
            day_number(ns, "occurred_on"),
            ns.col("tax_type").fill_null(""),
            ns.col("event_id"),
        ),
        "per_month": (month, None, None),
        "per_occurrence": (None, None, ns.col("event_id")),
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


def unit(rows: list[Indicator], ns: Namespace[E]) -> list[E]:
    """Return `UNIT`, which with the code tell units apart; blank where they tell nothing."""
    apart = _told_apart(rows, ns)
    days = [(test, day) for test, day, _, _ in apart if day is not None]
    texts = [(test, text) for test, _, text, _ in apart if text is not None]
    documents = [(test, document) for test, _, _, document in apart if document is not None]
    blank = ns.lit("", dtype=ns.String)
    return [
        first_of(ns, days, number(ns, 0, ns.Int64)).alias("_day"),
        first_of(ns, texts, blank).alias("_text"),
        first_of(ns, documents, blank).alias("_document"),
    ]


def unit_hash(rows: list[Indicator]) -> pl.Expr:
    """Return a number that is equal for events of one unit, and hardly ever for others; of polars."""
    branches = [
        (test, reduce(xor, (part.hash() for part in parts if part is not None)))
        for test, *parts in _told_apart(rows, pl)
    ]
    return pl.col("code").hash() ^ first_of(pl, branches, pl.lit(0, dtype=pl.UInt64))


def _percent(percent: Percent, point_unit: int, ns: Namespace[E]) -> E:
    """``times * column / over`` in points, rounded half away from zero to the unit."""
    top = ns.col(percent.column).cast(ns.Int64) * (percent.times * point_unit)
    over = ns.col(percent.over).cast(ns.Int64)
    safe = ns.when(over > 0).then(over).otherwise(number(ns, None, ns.Int64))
    share = rounded(ns, top, safe, signed=False).fill_null(0)
    most = LARGEST_DEDUCTION * point_unit
    return ns.when(share > most).then(number(ns, most, ns.Int64)).otherwise(share)


def _restored(repair: Repair, cost: E, point_unit: int, ns: Namespace[E]) -> E:
    """Points given back for one event row, as known on the day of grading."""
    corrected = ns.col("_corrected")
    delay = corrected - day_number(ns, repair.measured_from)
    passed = _years(ns, repair.measured_from)
    none = number(ns, 0, ns.Int64)
    cases, final = [(delay.is_null(), none)], none
    for window in repair.windows:
        if window.restore is not None:
            given = number(ns, tables.units(window.restore, point_unit), ns.Int64)
        else:
            given = rounded(ns, cost * (window.restore_percent or 0), 100)
        if window.small_amount is not None and window.small_restore is not None:
            small = number(ns, tables.units(window.small_restore, point_unit), ns.Int64)
            limit = int(window.small_amount * 100)
            given = ns.when(ns.col("tax_amount") <= limit).then(small).otherwise(given)
        tests = []
        if window.days_at_most is not None:
            tests.append(delay <= window.days_at_most)
        if window.same_year:
            tests.append(passed <= 0)
        if window.next_year:
            tests.append(passed <= 1)
        if not tests:
            final = given
            break
        cases.append((reduce(and_, tests), given))
    result = first_of(ns, cases, final)
    if repair.paid_share:
        # The day it was paid off is enough; a payment without the tax it was for cannot be measured.
        due = ns.col("tax_amount").cast(ns.Int64)
        paid = ns.col("paid_amount").cast(ns.Int64)
        safe = ns.when(due > 0).then(due).otherwise(number(ns, None, ns.Int64))
        share = rounded(ns, result * paid, safe, signed=False).fill_null(0)
        result = ns.when(paid.is_null() | (paid > due)).then(result).otherwise(share)
    return result


def _years(ns: Namespace[E], since: str) -> E:
    """Return how many turns of the year lie between a day and the correction."""
    year = ns.col("corrected_on").dt.year().cast(ns.Int64)
    return year - ns.col(since).dt.year().cast(ns.Int64)


def repaired(row: Override, ns: Namespace[E]) -> E:
    """Return whether a correction, on the day in ``_corrected``, repairs an event of an override."""
    if row.repair is None:
        return ns.lit(False, dtype=ns.Boolean)
    corrected = ns.col("_corrected")
    tests = [~corrected.is_null()]
    if row.repair.within_days is not None:
        tests.append((corrected - day_number(ns, "due_on")) <= row.repair.within_days)
    if row.repair.clean_months_at_least is not None:
        tests.append(ns.col("clean_months") >= row.repair.clean_months_at_least)
    if row.repair.late_clean_months_at_least is not None:
        clean = ns.col("clean_months") >= row.repair.late_clean_months_at_least
        tests.append((_years(ns, "occurred_on") <= 1) | clean)
    return reduce(and_, tests).fill_null(False)

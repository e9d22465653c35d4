"""Events added up: one row per subject, what its events cost and what they trigger.

Within one unit counted the least repaired event stands for it; rows that share an ``event_id`` are
payments of one occurrence, and what they give back adds up. Events in the order of their subjects
are added up as they stream; only where two of a subject may share a unit are they held.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import xor
from typing import Any, Final, Generic, TypeAlias

import polars as pl

from lishui_credit.expressions import E, F, Namespace
from lishui_credit.points import rounded
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.law.formulas import day_number
from lishui_credit.rubrics.law.rubric import Indicator, Override, Rubric
from lishui_credit.tables.frames import stands_in_order

_FEW: Final = 100_000  # subjects whose events are held at a time
_MOST_RESTORED: Final = 400_000  # of the edition's unit: times the largest tax it fits 64 bits


def tally(
    events: pl.LazyFrame,
    rubric: Rubric,
    *,
    as_of: date,
    period: int | None,
    in_order: bool | None = None,
) -> pl.LazyFrame | None:
    """Return what the events of every subject cost, and what they trigger; None if they touch none."""
    # One row per subject with events that count: its id, ``points__<row>`` (Int32, at most 0, in the
    # edition's unit) and ``_event__<override>``, ``_repaired__<override>`` (Boolean), without the
    # columns no event touches. The events are conformed and have the columns of
    # `events.needed_columns`, ``event_id`` never null. Those of another year than `period` are left
    # out, as are those recorded after `as_of`; a correction after that day is not yet known.
    # Cost, events in the order of their subjects: three streamed passes, and held at a time are the
    # events of `_FEW` subjects that have several of one unit. In any other order, and in other
    # engines: two group-bys on at most as many rows as there are events, one row per subject held.
    subject = rubric.subject_id
    codes = set(events.select(pl.col("code").unique()).collect(engine="streaming")["code"])
    rows = [row for row in event_rules.event_rows(rubric) if event_rules.code_of(row) in codes]
    triggers = [row for row in event_rules.triggers(rubric) if row.event in codes]
    if not rows and not triggers:
        return None
    book: _PolarsBook = _Book(rubric, rows, triggers, pl, pl.concat)
    # Dozens of tests ask for the code: of an Enum each takes a tenth of the time.
    coded = events.with_columns(pl.col("code").cast(pl.Enum(sorted(codes - {None}))))
    known = _known(coded, pl, as_of, period)
    if in_order is None:
        in_order = stands_in_order(events, pl.col(subject))
    if not in_order:
        return _held(book, known).sort(subject).lazy().set_sorted(subject)
    found = book.typed(_run_sums(book.alone(known), subject))
    doubtful = _doubtful(known, book)
    if doubtful.is_empty():
        return found.set_sorted(subject)
    parts = []
    for few in doubtful.to_frame().iter_slices(_FEW):
        these = few.to_series()
        # Their bounds let row groups be passed over that hold none of them.
        near = pl.col(subject).is_between(pl.lit(these[0]), pl.lit(these[-1]))
        theirs = known.filter(near, pl.col(subject).is_in(these.implode()))
        parts.append(_held(book, theirs.collect(engine="streaming").lazy()))
    others = found.filter(~pl.col(subject).is_in(doubtful.implode())).set_sorted(subject)
    exactly = pl.concat(parts).sort(subject).lazy()
    return others.merge_sorted(exactly, key=subject).set_sorted(subject)


def tally_elsewhere(
    events: Any, rubric: Rubric, engine: Any, *, as_of: date, period: int | None
) -> Any:
    """Return the tally of events of narwhals or of the recorder, with all columns; see `tally`."""
    rows, triggers = event_rules.event_rows(rubric), event_rules.triggers(rubric)
    book: _Book[Any, Any] = _Book(rubric, rows, triggers, engine, engine.concat)
    return book.summed(book.exact(_known(events, engine, as_of, period)))


def fingerprints(
    events: pl.LazyFrame,
    rubric: Rubric,
    *,
    as_of: date,
    period: int | None,
    named: bool,
    in_order: bool,
) -> pl.LazyFrame:
    """Return by subject, in order, a number that is another one if another tally could come out.

    Beside it stands ``cells``, another one if any cell of the subject's events is.
    """
    # Each event that counts on the day gives a hash of what the tally reads of it; hashes of a subject
    # are added up modulo 2^64, 0 where none counts. Ids that only number the rows (not `named`) tell
    # nothing and are left out. Two records that differ have the same number by chance once in 2^64.
    subject = rubric.subject_id
    names = [*event_rules.needed_columns(rubric), "_corrected"]
    apart = {"recorded_on", "corrected_on", "exempt", *(() if named else ("event_id",))}
    mixed = _mixed([pl.col(name) for name in names if name not in apart])
    counts = _counts(pl, as_of, period) & pl.col("code").is_in([*event_rules.codes(rubric)])
    known = events.with_columns(_corrected(pl, as_of))
    cells = known.select(
        subject,
        pl.when(counts).then(mixed).otherwise(pl.lit(0, dtype=pl.UInt64)).alias("fingerprint"),
        _mixed([pl.col(name) for name in names[:-1]]).alias("cells"),
    )
    if in_order:
        return _run_sums(cells, subject).set_sorted(subject)
    summed = cells.group_by(subject).agg(pl.col("fingerprint", "cells").sum())
    return summed.sort(subject).set_sorted(subject)


def _mixed(cells: list[pl.Expr]) -> pl.Expr:
    return reduce(xor, (cell.hash(place) for place, cell in enumerate(cells))).hash(len(cells))


def weighed(
    events: pl.LazyFrame, rubric: Rubric, *, as_of: date, period: int | None
) -> pl.DataFrame:
    """Return the events that count, of few subjects, with their unit, cost and what they trigger."""
    # ``_deduct`` and ``_net`` are of the occurrence, null where the event's row takes nothing off;
    # ``_event__<override>`` and ``_repaired__<override>`` are 1 or 0.
    rows, triggers = event_rules.event_rows(rubric), event_rules.triggers(rubric)
    book: _PolarsBook = _Book(rubric, rows, triggers, pl, pl.concat)
    known = _known(events, pl, as_of, period)
    keys = [*book.unit, "event_id"]
    costs = book.occurrences(known).select(*keys, "_deduct", "_net")
    told = known.with_columns(*event_rules.unit(rows, pl), *event_rules.flags(triggers, pl))
    return told.join(costs, on=keys, how="left", maintain_order="left").collect()


@dataclass(frozen=True, slots=True)
class _Book(Generic[E, F]):
    """What is added up: the rows and overrides that events touch, in one engine."""

    rubric: Rubric
    rows: list[Indicator]
    triggers: list[Override]
    ns: Namespace[E]
    stack: Callable[[list[F]], F]  # lays frames under one another

    def alone(self, known: F) -> F:
        """Lay out events that share no unit: each costs what it costs."""
        costs = known.with_columns(*event_rules.amounts(self.rubric, self.rows, self.ns))
        return costs.with_columns(_net(self.ns, self.ns.col("_restore"))).select(
            self.ns.col(self.rubric.subject_id),
            *event_rules.points(self.rows, self.ns),
            *event_rules.flags(self.triggers, self.ns),
        )

    @property
    def unit(self) -> list[str]:
        """The columns that name a subject's unit."""
        return [self.rubric.subject_id, "code", *event_rules.UNIT]

    def occurrences(self, known: F) -> F:
        """Add up the payments of each occurrence: what it takes off, and what is left of that."""
        ns = self.ns
        paid = event_rules.paid(self.rubric, self.rows, ns)
        sums = ["_restore", *(["_paid"] if paid else [])]
        most = ["_deduct", *(["_tax"] if paid else [])]
        return (
            _of_codes(known, [event_rules.code_of(row) for row in self.rows], ns)
            .with_columns(
                *event_rules.amounts(self.rubric, self.rows, ns),
                *event_rules.unit(self.rows, ns),
                *paid,
            )
            .group_by([*self.unit, "event_id"])
            .agg(
                *(ns.col(name).max().alias(name) for name in most),
                *(ns.col(name).sum().cast(ns.Int64).alias(name) for name in sums),
            )
            .with_columns(_net(ns, _in_proportion(ns) if paid else ns.col("_restore")))
        )

    def exact(self, known: F) -> F:
        """Lay out the units of events, and the events that trigger an override."""
        ns, subject = self.ns, self.rubric.subject_id
        units = self.occurrences(known).group_by(self.unit).agg(ns.col("_net").max().alias("_net"))
        told = _of_codes(known, [str(row.event) for row in self.triggers], ns)
        nothing = ns.lit(0, dtype=ns.Int64)
        unmoved = [nothing.alias(name) for name in event_rules.point_names(self.rows)]
        untold = [nothing.alias(name) for name in event_rules.flag_names(self.triggers)]
        return self.stack(
            [
                units.select(ns.col(subject), *event_rules.points(self.rows, ns), *untold),
                told.select(ns.col(subject), *unmoved, *event_rules.flags(self.triggers, ns)),
            ]
        )

    def summed(self, cells: F) -> F:
        """Add up what is laid out, one row per subject."""
        names = event_rules.point_names(self.rows) + event_rules.flag_names(self.triggers)
        whole = [self.ns.col(name).sum().alias(name) for name in names]
        return self.typed(cells.group_by(self.rubric.subject_id).agg(*whole))

    def typed(self, sums: F) -> F:
        """Return sums as the columns they are held in."""
        ns = self.ns
        least = -event_rules.LARGEST_DEDUCTION * self.rubric.point_unit

        def cost(name: str) -> E:
            held = ns.col(name) < least
            return ns.when(held).then(ns.lit(least, dtype=ns.Int64)).otherwise(ns.col(name))

        return sums.select(
            ns.col(self.rubric.subject_id),
            *(cost(n).cast(ns.Int32).alias(n) for n in event_rules.point_names(self.rows)),
            *((ns.col(n) > 0).alias(n) for n in event_rules.flag_names(self.triggers)),
        )


_PolarsBook: TypeAlias = _Book[pl.Expr, pl.LazyFrame]


def _held(book: _PolarsBook, known: pl.LazyFrame) -> pl.DataFrame:
    """Add up events in any order, with whatever units they share."""
    return book.summed(book.exact(known)).collect(engine="streaming")


def _known(events: F, ns: Namespace[E], as_of: date, period: int | None) -> F:
    """Return the events of the period, with the day of correction as far as known."""
    return events.filter(_counts(ns, as_of, period)).with_columns(_corrected(ns, as_of))


def _counts(ns: Namespace[E], as_of: date, period: int | None) -> E:
    """Return whether an event is of the period and known on a day, and not exempt."""
    unknown = (ns.col("recorded_on") > ns.lit(as_of)).fill_null(False)
    kept = ~ns.col("exempt").fill_null(False) & ~unknown
    return kept if period is None else kept & (ns.col("occurred_on").dt.year() == ns.lit(period))


def _corrected(ns: Namespace[E], as_of: date) -> E:
    return (
        ns.when(ns.col("corrected_on") <= ns.lit(as_of))
        .then(day_number(ns, "corrected_on"))
        .otherwise(ns.lit(None, dtype=ns.Int64))
        .alias("_corrected")
    )


def _of_codes(known: F, codes: list[str], ns: Namespace[E]) -> F:
    return known.filter(ns.col("code").is_in(sorted(set(codes)) or [""]))


def _in_proportion(ns: Namespace[E]) -> E:
    """Return what the payments of one occurrence restore: all shares together are at most 1."""
    # What was paid beyond the tax is taken off every payment alike.
    given, paid, tax = ns.col("_restore"), ns.col("_paid"), ns.col("_tax")
    held = ns.when(given > _MOST_RESTORED).then(ns.lit(_MOST_RESTORED, dtype=ns.Int64))
    part = rounded(ns, held.otherwise(given) * tax, paid, signed=False)
    return ns.when(paid > tax).then(part).otherwise(given)


def _net(ns: Namespace[E], restored: E) -> E:
    left = ns.col("_deduct") - restored
    return ns.when(left > 0).then(left).otherwise(ns.lit(0, dtype=ns.Int64)).alias("_net")


def _doubtful(known: pl.LazyFrame, book: _PolarsBook) -> pl.Series:
    """Return in order the subjects with two events that may be of one unit."""
    # The events stand in the order of their subjects. Units are told apart by hashes: two that
    # differ may look alike, never the other way round.
    subject = book.rubric.subject_id
    if not book.rows:
        return pl.Series(subject, [], dtype=pl.String)
    found = (
        known.select(subject, event_rules.unit_hash(book.rows).alias("_unit"))
        .set_sorted(subject)
        .group_by(subject)
        .agg((pl.col("_unit").n_unique() < pl.len()).alias("_several"))
        .filter("_several")
    )
    subjects = found.collect(engine="streaming").get_column(subject).sort()
    # Built anew: texts taken out of a column keep all its texts in memory.
    return pl.Series(subject, subjects.to_list(), dtype=subjects.dtype)


def _run_sums(cells: pl.LazyFrame, subject: str) -> pl.LazyFrame:
    """Add up the columns of sorted cells, one row per subject, in order."""
    # A sum is what has run up to a subject's last row, less what had up to the last row of the one
    # before: half the time of a group-by on sorted keys, and as exact, for integers.
    last = (pl.col(subject) != pl.col(subject).shift(-1)).fill_null(True)
    whole = pl.exclude(subject)
    return (
        cells.with_columns(whole.cum_sum(), last.alias("_last"))
        .filter("_last")
        .drop("_last")
        .with_columns(whole - whole.shift(1, fill_value=0))
    )

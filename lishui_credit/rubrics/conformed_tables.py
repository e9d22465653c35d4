"""Tables that must keep to the data dictionary already: what does not is found by the engine that has them.

The checks are recorded, so that SQL makes them where the rows are: what intake asks of a file's cells,
rows and keys, without the ways in which it reads what is written otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import add, or_
from typing import Any, Final

from lishui_credit.backends import recorder
from lishui_credit.backends.recorder import Table, Written, col, lit, when
from lishui_credit.language import tr
from lishui_credit.rubrics import coherence
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine.sql_frames import EVENTS, SUBJECTS, source
from lishui_credit.rubrics.event_intake import event_counts
from lishui_credit.rubrics.intake_rules import event_rules_of, subject_rules
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.column_cells import EMPTY
from lishui_credit.tables.columns import Column, dictionary
from lishui_credit.tables.conform import Rule, empty_cells
from lishui_credit.tables.identifiers import (
    RESIDENT_CHECKS,
    RESIDENT_WEIGHTS,
    USCC_ALPHABET,
    USCC_AUTHORITIES,
    USCC_WEIGHTS,
)
from lishui_credit.tables.number_cells import bounds, outside
from lishui_credit.tables.unreadable import PATTERN, no_value

ROWS: Final = "_rows"
REJECTED: Final = "_rejected"
NAMELESS: Final = "_nameless"
EXAMPLE: Final = "_example"
_TIMES, _KNOWN = "_times", "_known"
_DAYS: Final = (date(1900, 1, 1), date(2100, 12, 31))
# A month has its days; 29 February is of leap years.
_BORN: Final = (
    r"(?:\d{4}(?:(?:0[13578]|1[02])(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)(?:0[1-9]|[12]\d|30)"
    r"|02(?:0[1-9]|1\d|2[0-8]))|(?:\d\d(?:0[48]|[2468][048]|[13579][26])"
    r"|(?:[02468][048]|[13579][26])00)0229)"
)
_FORMS: Final = {
    "uscc": rf"^[{USCC_AUTHORITIES}][{USCC_ALPHABET}]{{17}}\z",
    "resident_id": rf"^\d{{6}}{_BORN}\d{{3}}[\dX]\z",
    "text": r"^[^\s\p{Z}\p{Ll}\x{FF01}-\x{FF5E}]+\z",
}
"""Codes and ids as they are held: bare, in upper case, of full length."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A recorded table with a flag beside every row for each thing that may be wrong with it."""

    table: Table
    columns: tuple[str, ...]
    key: str
    faults: Mapping[str, str]  # reason by flag
    counts: Mapping[str, str]  # what is counted, by flag
    unreadable: tuple[str, ...]  # flags of the key itself

    @property
    def accepted(self) -> Table:
        """The rows with which nothing is wrong."""
        return self.table.filter(~self._wrong).select(*self.columns)

    @property
    def rejected(self) -> Table:
        """The rows with which something is wrong, flags beside them."""
        return self.table.filter(self._wrong)

    @property
    def in_doubt(self) -> Table:
        """The subjects of rejected rows, each once, with a flag of that name."""
        named = self.rejected.filter(~reduce(or_, map(col, self.unreadable)))
        return named.group_by(self.key).agg(_count().alias(REJECTED))

    @property
    def _wrong(self) -> Written:
        return reduce(or_, map(col, self.faults))

    def summary(self) -> Table:
        """Return one row: how many rows there are and are rejected, how often, and of whom, for what."""
        whole = [
            *((flag, col(flag)) for flag in self.faults),
            *((flag, col(flag) & ~self._wrong) for flag in self.counts),
            (REJECTED, self._wrong),
            (NAMELESS, reduce(or_, map(col, self.unreadable))),
        ]
        named = {f"{EXAMPLE}{flag}": col(flag) for flag in self.faults}
        nobody = lit(None, dtype=recorder.String)
        cells = self.table.select(
            *(_as_number(test).alias(name) for name, test in whole),
            *(when(t).then(col(self.key)).otherwise(nobody).alias(n) for n, t in named.items()),
        )
        return cells.group_by().agg(
            _count().alias(ROWS),
            *(col(name).sum().alias(name) for name, _ in whole),
            *(col(name).max().alias(name) for name in named),
        )


def _count() -> Written:
    return lit(1, dtype=recorder.Int64).sum()


def _as_number(test: Written) -> Written:
    one, none = (lit(number, dtype=recorder.Int64) for number in (1, 0))
    return when(test).then(one).otherwise(none)


def checked_subjects(rubric: Rubric, names: Sequence[str], day: date) -> Checked:
    """Return the subjects as recorded, with what may be wrong with a row."""
    table, key = source(SUBJECTS, names), rubric.subject_id
    times = table.group_by(key).agg(_count().alias(_TIMES))
    doubled = (tr(f"{key} occurs more than once", f"{key} 重复出现"), col(_TIMES) > 1)
    faults = [*_cells(names, key), doubled, *_of_rules(subject_rules(rubric, day, recorder), names)]
    counts = [empty_cells(name) for name in compiled.favourable_columns(rubric) if name in names]
    return _flagged(table.join(times, on=key, how="left"), names, key, faults, counts)


def checked_events(
    rubric: Rubric, names: Sequence[str], subjects: Table, day: date, period: int | None
) -> Checked:
    """Return the events as recorded, with what may be wrong with a row; `subjects` are accepted."""
    key = rubric.subject_id
    known = subjects.select(key, lit(True).alias(_KNOWN))
    table = source(EVENTS, names).join(known, on=key, how="left")
    stranger = tr("an event for an unknown subject", "事件对应未知主体")
    rules = [coherence.happened(day, period), *event_rules_of((rubric,), day, period)]
    nameless = (tr("no event_id", "缺少 event_id"), _none(col("event_id")))
    unknown = (stranger, col(_KNOWN).is_null() & ~col(key).is_null())
    faults = [*_cells(names, key), unknown, nameless, *_of_rules(rules, names)]
    counts = list(event_counts((rubric,), day, period))
    return _flagged(table, names, key, faults, counts)


def _flagged(
    table: Table,
    names: Sequence[str],
    key: str,
    faults: Iterable[tuple[str, Written]],
    counts: Sequence[Rule],
) -> Checked:
    told = {f"_fault{place}": fault for place, fault in enumerate(faults)}
    counted = {f"_count{place}": c for place, c in enumerate(_of_rules(counts, names))}
    flags = [test.fill_null(False).alias(name) for name, (_, test) in {**told, **counted}.items()]
    return Checked(
        table.select(*names, *flags),
        tuple(names),
        key,
        {name: reason for name, (reason, _) in told.items()},
        {name: reason for name, (reason, _) in counted.items()},
        tuple(told)[: 1 + len(list(_faults(dictionary()[key], col(key))))],
    )


def _of_rules(rules: Iterable[Rule], names: Sequence[str]) -> Iterator[tuple[str, Written]]:
    """Yield the reason and test of each rule; most of absent columns are left out."""
    for rule in rules:
        if rule.absent or all(name in names for name in rule.columns):
            cells = (_cell(name, names) for name in rule.columns)
            yield rule.reason, rule.test(*cells)


def _cell(name: str, names: Sequence[str]) -> Written:
    if name in names:
        return col(name)
    return lit(None, dtype=compiled.dtype(dictionary()[name], recorder))


def _cells(names: Sequence[str], key: str) -> Iterator[tuple[str, Written]]:
    """Yield what may be wrong with the cells of one column each, the key's first."""
    yield tr(f"no {key}", f"缺少 {key}"), _none(col(key))
    for name in (key, *(name for name in names if name != key)):
        column, cell = dictionary()[name], col(name)
        for reason, test in _faults(column, cell):
            yield f"{name}: {reason}", test


def _none(cell: Written) -> Written:
    return cell.is_null() | recorder.matches(cell, EMPTY)


def _faults(column: Column, cell: Any) -> Iterator[tuple[str, Written]]:
    if column.type in ("text", "uscc", "resident_id"):
        yield no_value(), recorder.matches(cell, f"(?s){PATTERN}")
    if column.numeric:
        low, high = bounds(column)
        yield outside(column), (cell < low) | (cell > high)
    elif column.type == "level":
        listed = ", ".join(column.values)
        reason = tr(f"not one of {listed}", f"不在取值 {listed} 之内")
        yield reason, ~cell.is_in(list(column.values))
    elif column.type == "date":
        first, last = _DAYS
        yield tr("an unlikely year", "年份不合理"), (cell < first) | (cell > last)
    elif column.type in ("uscc", "resident_id"):
        standard = "GB 32100" if column.type == "uscc" else "GB 11643"
        bad = tr(f"no valid code of {standard}", f"不是有效的 {standard} 代码")
        yield bad, ~recorder.matches(cell, _FORMS[column.type]) | ~_divisible(column, cell)
    elif column.is_key:
        bad = tr("blanks or small letters in an id", "编号含空格或小写字母")
        yield bad, ~recorder.matches(cell, _FORMS["text"])


def _divisible(column: Column, cell: Written) -> Written:
    """Return whether the weighted sum of a code's characters fits its check digit."""
    alphabet, weights, modulus = USCC_ALPHABET, USCC_WEIGHTS, 31
    last = recorder.place(cell, 18, USCC_ALPHABET) - 1
    if column.type == "resident_id":
        # The last character is that of a remainder: its place in the list is the remainder.
        alphabet, weights, modulus = "0123456789", RESIDENT_WEIGHTS, 11
        last = lit(modulus, dtype=recorder.Int64) - (recorder.place(cell, 18, RESIDENT_CHECKS) - 1)
    places = [recorder.place(cell, n, alphabet) - 1 for n in range(1, len(weights) + 1)]
    total = reduce(add, [place * w for place, w in zip(places, weights, strict=True)]) + last
    whole = total.cast(recorder.Int64)
    return whole - (whole // modulus) * modulus == 0

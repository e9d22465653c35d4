"""What a file of events needs beside its rows' checks: codes made whole, notes, records in doubt.

A spreadsheet drops the zeros a code begins with; a code may have stood for another row before; an
event may be recorded after the day of grading. Where a row is rejected, its subject's record is not
whole, and the subject must not be graded on the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, Final

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import dated, plural, tr
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.engine.compile import REJECTED_EVENT
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.cells import cell
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.conform import Conformed, Rule
from lishui_credit.tables.headers import match
from lishui_credit.tables.read import Raw
from lishui_credit.tables.row_faults import is_total

_FEW: Final = 5


def whole_codes(raw: Raw, editions: Sequence[Rubric]) -> Raw:
    """Return a file with the zeros put back that a spreadsheet took off its codes, with a note."""
    known = {code for edition in editions for code in event_rules.codes(edition)}
    known |= {code for edition in editions for code in event_rules.former_codes(edition)}
    short = _shortened(known)
    schema = raw.frame.collect_schema()
    matched, _ = match(schema.names(), {"code": False}, raw.name)
    if "code" not in matched or not short:
        return raw
    header = matched["code"][0]
    text = pl.col(header).cast(pl.String).str.strip_chars()
    # A sheet may hand on 30105 as 30105.0; no code of an edition holds a point.
    bare = text.str.replace(r"^(\d+)\.0+$", "${1}")
    mended = bare.replace(short)
    changed = raw.frame.filter(bare.is_in(list(short)))
    found = changed.select(bare.alias("was"), mended.alias("is")).unique().sort("was")
    counted = found.collect(engine="streaming")
    if counted.is_empty():
        return raw
    listed = ", ".join(f"{was} → {code}" for was, code in counted.head(_FEW).iter_rows())
    note = tr(
        f"codes without the zeros they begin with were made whole: {listed}",
        f"指标代码缺少开头的 0,已补足:{listed}",
    )
    kept = pl.when(bare.is_in(list(short))).then(mended).otherwise(pl.col(header).cast(pl.String))
    frame = raw.frame.with_columns(kept.alias(header))
    return replace(raw, frame=frame, notes=(*raw.notes, note))


def _shortened(known: Iterable[str]) -> dict[str, str]:
    """Return what is left of each code of digits without its first zeros, where that is no other's."""
    codes = set(known)
    rest: dict[str, list[str]] = {}
    for code in codes:
        if code.isdigit() and code.startswith("0"):
            rest.setdefault(code.lstrip("0"), []).append(code)
    return {bare: of[0] for bare, of in rest.items() if len(of) == 1 and bare not in codes}


_LATE: Final = "recorded after the day of grading"


def event_counts(editions: Sequence[Rubric], day: date, period: int | None) -> Iterator[Rule]:
    """Yield what is counted of accepted events, for `event_notes`."""

    def late(occurred: Any, recorded: Any) -> Any:
        after = (recorded > day).fill_null(False)
        return after if period is None else after & (occurred.dt.year() == period)

    def old(named: str, code: Any, occurred: Any, recorded: Any) -> Any:
        counted = (code == named) & ~(recorded > day).fill_null(False)
        return counted if period is None else counted & (occurred.dt.year() == period)

    dates = ("occurred_on", "recorded_on")
    yield Rule(_LATE, dates, late)
    for name in {old for old, *_ in _reused(editions)}:
        yield Rule(name, ("code", *dates), partial(old, name), absent=True)


def _reused(editions: Sequence[Rubric]) -> Iterator[tuple[str, str, str, str]]:
    """Yield each code that stood for another row in earlier versions, with its row's label.

    After them the code that the other row has now, and that row's label.
    """
    rows = [row for edition in editions for row in edition.indicators]
    labels = {row.event.code: row_label(row) for row in rows if row.event is not None}
    for edition in editions:
        for old, (meant, label) in event_rules.former_codes(edition).items():
            if old in labels:
                yield old, labels[old], meant, label


def event_notes(counts: Mapping[str, int], editions: Sequence[Rubric], day: date) -> Iterator[str]:
    """Yield what must be said of events that were accepted, from `event_counts`."""
    if count := counts.get(_LATE):
        yield tr(
            f"{plural(count, 'event')} recorded after the day of grading, {dated(day)}: not known on"
            " that day and not counted",
            f"{count:,} 条事件的记录日期晚于评级日{dated(day)}:当日尚未知悉,不予计入",
        )
    for old, own, meant, label in dict.fromkeys(_reused(editions)):
        if count := counts[old]:
            yield tr(
                f"code {old} ({plural(count, 'event')}) counts as {own}; earlier versions of"
                f" this package meant {label} by it, which is entered as {meant}",
                f"代码 {old}({count:,} 条事件)按“{own}”计;"
                f"本软件以前的版本用此代码表示“{label}”,该事项现填 {meant}",
            )


def in_doubt(events: Conformed, key: str) -> tuple[pl.Series, int]:
    """Return the subjects of rejected events, and how many rejected rows name no readable subject."""
    none = pl.Series(key, [], dtype=pl.String)
    rows = events.rejected.filter(~is_total(pl.col("reasons")))
    if rows.is_empty():
        return none, 0
    cells = rows.drop("row", "reasons")
    matched, _ = match(cells.columns, {key: False}, "")
    if key not in matched:
        return none, rows.height
    header, unit = matched[key]
    found = cell(dictionary()[key], header, unit, cells.schema[header])
    wrong = [test.fill_null(False) for _, test in found.faults]
    readable = pl.lit(True)
    for test in wrong:
        readable = readable & ~test
    keys = cells.select(pl.when(readable).then(found.value).alias(key)).get_column(key)
    named = keys.drop_nulls().cast(pl.String)
    return named.unique().sort(), rows.height - len(named)


def doubt_note(subjects: int) -> str:
    """Say how many subjects a result withholds because an event of theirs was rejected."""
    return tr(
        f"{plural(subjects, 'subject')} withheld ({REJECTED_EVENT}): an event was rejected, and nobody"
        " is graded on part of a record",
        f"{subjects:,} 个主体暂不评级({REJECTED_EVENT}):有事件被拒收,不按不完整的记录评级",
    )


def refuse_nameless(nameless: int) -> None:
    """Raise `SubjectError` where rejected events name no subject: anybody's record may lack them."""
    if nameless:
        raise SubjectError(
            tr(
                f"{plural(nameless, 'rejected event')} name no readable subject: whose record is"
                " not whole cannot be told",
                f"{nameless:,} 条被拒收的事件无法读出主体,不知谁的记录不完整",
            ),
            hint=tr(
                "correct the subject's code in these rows; --skip-rejected does not pass them",
                "请改正这些行的主体代码;--skip-rejected 不适用于此类行",
            ),
        )

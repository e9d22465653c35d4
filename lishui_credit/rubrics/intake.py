"""Files to what an edition grades: subjects, county bases and events, read and checked together.

`intake` reads each file, conforms it to the columns the edition needs and joins the bases. Rows that
contradict themselves or the edition (`intake_rules`) are rejected under the name of their file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple, overload

import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import Bilingual, tr
from lishui_credit.rubrics import coherence
from lishui_credit.rubrics.area_bases import bases_of, join_bases, without_bases
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.engine.evaluate import grading_day, refuse_if_lacking
from lishui_credit.rubrics.event_intake import event_counts, event_notes, in_doubt, whole_codes
from lishui_credit.rubrics.intake_rules import event_rules_of, subject_rules
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.conform import Conformed, Rule, Settled, conform, empty_cells
from lishui_credit.tables.headers import is_date, is_header
from lishui_credit.tables.keys import Known
from lishui_credit.tables.read import Raw, read

Source = Path | str | pl.DataFrame | pl.LazyFrame


Settling = Callable[[Raw, Mapping[str, bool], pl.LazyFrame], Settled | None]
"""Asked of the events as read, the columns wanted and the subjects: which rows need a check."""


class _OfSheet(NamedTuple):
    """A workbook and its sheet to read."""

    path: Path | str
    sheet: str | int


_Given = Source | _OfSheet
_EVENT: Final = "event_id"
NO_EVENTS: Final = Bilingual(
    "no file of events was given: no event is counted", "未提供事件文件:按无事件评级"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What was read for one edition."""

    subjects: pl.LazyFrame  # accepted, bases joined
    rejected: pl.DataFrame  # file, row, reasons, cells (the raw row as text)
    # By file, as it came: row, reasons and its own columns.
    rejected_rows: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    unused: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # headers, by file
    # Accepted subjects whose cell is empty, by column of an override rule that takes it for "no".
    empty: Mapping[str, int] = field(default_factory=dict)
    events: pl.LazyFrame | None = None  # accepted
    events_in_order: bool = False  # whether they stand in the order of their subjects
    events_named: bool = False  # whether any has an id of its own; else a row's number is its id
    # `Conformed.written` of events that all have an id of their own, and `Conformed.settled`.
    events_written: tuple[tuple[str, str], ...] = ()
    events_settled: bool = False
    rows: Mapping[str, int] = field(default_factory=dict)  # read, by file
    notes: tuple[str, ...] = ()
    # Subjects of rejected events, whose record is not whole: not to be graded on the rest.
    in_doubt: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.String))
    nameless: int = 0  # rejected events that name no readable subject


def intake(
    rubric: Rubric,
    subjects: Source,
    *,
    events: Source | None = None,
    bases: Source | None = None,
    period: int | None = None,
    as_of: date | None = None,
    also: Sequence[Rubric] = (),
    sheets: Mapping[str, str | int] = MappingProxyType({}),
    settling: Settling | None = None,
) -> Intake:
    """Read and check everything one edition grades.

    Parameters
    ----------
    rubric : Rubric
        The edition.
    subjects, events, bases : path-like or frame
        Files (CSV, Excel, Parquet) or raw frames, with the headers of the data dictionary.
    period : int, optional
        Year assessed; picks the year of bases that carry one.
    as_of : date, optional
        Day of grading, as for `evaluate`; rows that speak of a later day are rejected.
    also : sequence of Rubric
        Further editions the same input is to be graded by: their columns are read too, and an
        event is strange only if none of them knows its code.
    sheets : mapping, optional
        Sheet to read of a workbook, by name or number, for each of ``subjects``, ``events`` and
        ``bases``; where none is given, the visible sheet whose header is known.
    settling : callable, optional
        Tells which events need a check, where others are known to be sound as they are written;
        None where it cannot tell.

    Returns
    -------
    Intake
        Subjects of `Intake.in_doubt` had an event rejected: grade them only when it is corrected,
        as `grade` does. `evaluate` knows nothing of them.

    Raises
    ------
    EditionError
        If the edition is only an outline.
    SubjectError
        For problems of whole files, all of them together.
    """
    editions = (rubric, *also)
    for edition in editions:
        refuse_if_lacking(edition)
    day = grading_day(rubric, period, as_of)
    coherence.refuse_early_grading(day, period)
    problems = unused_files(rubric, events, bases)
    own = _wanted(editions, () if bases is None or rubric.bases is None else rubric.bases.columns)
    rules = subject_rules(rubric, day, pl)
    favourable = [empty_cells(name) for name in compiled.favourable_columns(rubric)]
    source, key = _at(subjects, sheets.get("subjects")), rubric.subject_id
    registered = partial(_table, problems, source, own, key=key, counts=favourable)
    given = _at(bases, sheets.get("bases"))
    people, reference, known = _registered(problems, registered, rules, given, rubric, period)
    happened: Conformed | None = None
    if events is not None and rubric.uses_events:
        source = _at(events, sheets.get("events"))
        happened = _events(problems, source, people, key, editions, day, period, settling)
    if problems or people is None:
        raise SubjectError(problems)
    frame, rejected = people.frame, {"subjects": people.rejected}
    if reference is not None and known is not None:
        frame = join_bases(rubric, frame, known)
        rejected["bases"] = reference.rejected
    withheld, nameless = pl.Series(dtype=pl.String), 0
    if happened is not None:
        rejected["events"] = happened.rejected
        withheld, nameless = in_doubt(happened, rubric.subject_id)
    taken = {"subjects": people, "bases": reference, "events": happened}
    read_in = {role: table for role, table in taken.items() if table is not None}
    notes = [note for table in read_in.values() for note in table.notes]
    if happened is not None:
        notes += event_notes(happened.counts, editions, day)
    elif rubric.uses_events:
        notes.append(str(NO_EVENTS))
    return Intake(
        subjects=frame,
        events=None if happened is None else _named(happened),
        **_known_of(happened),
        rejected=pl.concat(_filed(role, rows) for role, rows in rejected.items()),
        rejected_rows=rejected,
        unused={role: table.unused for role, table in read_in.items()},
        empty={name: count for name, count in people.counts.items() if count},
        rows={role: table.rows for role, table in read_in.items()},
        notes=tuple(notes),
        in_doubt=withheld,
        nameless=nameless,
    )


def _known_of(happened: Conformed | None) -> dict[str, Any]:
    """Return what `Intake` says of how the events stand in their file."""
    if happened is None:
        return {}
    return {
        "events_in_order": happened.in_order,
        "events_named": _EVENT in happened.counts,
        "events_written": () if happened.counts.get(_EVENT, 1) else happened.written,
        "events_settled": happened.settled,
    }


def events_of(
    rubric: Rubric,
    events: Path | str,
    subject: str,
    *,
    period: int | None,
    as_of: date,
    sheet: str | int | None = None,
) -> pl.DataFrame:
    """Return one subject's events of a file, as `intake` accepts them; raises `SubjectError`."""
    problems: list[Problem] = []
    key = rubric.subject_id
    found = _events(problems, _at(events, sheet), None, key, (rubric,), as_of, period)
    if found is None:
        raise SubjectError(problems)
    theirs = _named(found).filter(pl.col(key) == subject)
    return theirs.collect(engine="streaming")


def _wanted(editions: Sequence[Rubric], apart: Collection[str]) -> dict[str, bool]:
    """Return the columns the subjects must have (or may), but for those of a file of their own."""
    wanted: dict[str, bool] = {}
    for edition in editions:
        for name, required in compiled.needed_columns(edition).items():
            wanted[name] = wanted.get(name, False) or required
    return {name: required for name, required in wanted.items() if name not in apart}


def unused_files(rubric: Rubric, events: object, bases: object) -> list[Problem]:
    """Return a problem for each file the edition has no use for."""
    problems = []
    if bases is not None and rubric.bases is None:
        what = tr(f"{rubric.name} uses no bases", f"{rubric.name} 不使用基数文件")
        problems.append(Problem(what, hint=tr("leave --bases out", "请去掉 --bases")))
    if events is not None and not rubric.uses_events:
        what = tr(f"{rubric.name} counts no events", f"{rubric.name} 不使用事件文件")
        problems.append(Problem(what, hint=tr("leave --events out", "请去掉 --events")))
    return problems


def _bases(problems: list[Problem], source: _Given | None, rubric: Rubric) -> Conformed | None:
    if source is None or rubric.bases is None:
        return None
    key = rubric.bases.key
    wanted = {key: True, **dict.fromkeys(rubric.bases.columns, True), "year": False}
    return _table(problems, source, wanted, key=key, unique=False)


def _registered(
    problems: list[Problem],
    read_subjects: Callable[..., Conformed | None],
    rules: Sequence[Rule],
    bases: _Given | None,
    rubric: Rubric,
    period: int | None,
) -> tuple[Conformed | None, Conformed | None, pl.DataFrame | None]:
    """Return the subjects but those of an area without bases, the file of bases, and its year's."""
    people = read_subjects(rules=rules)
    reference = _bases(problems, bases, rubric)
    if people is None or reference is None:
        return people, reference, None
    try:
        known = bases_of(rubric, reference, period)
    except SubjectError as error:
        problems.extend(error.problems)
        return people, reference, None
    # Looked for apart, so that a file without such subjects is not tested for them row by row.
    lacking = without_bases(rubric, people.frame, known)
    if lacking is not None:
        people = read_subjects(rules=[*rules, lacking])
    return people, reference, known


@overload
def _at(source: None, sheet: str | int | None) -> None: ...
@overload
def _at(source: Source, sheet: str | int | None) -> _Given: ...
def _at(source: Source | None, sheet: str | int | None) -> _Given | None:
    """Return a source with the sheet to read of it, where it is a file and one is asked for."""
    if sheet is None or not isinstance(source, str | Path):
        return source
    return _OfSheet(source, sheet)


def _raw(source: _Given, name: str) -> Raw:
    if isinstance(source, pl.DataFrame | pl.LazyFrame):
        return Raw(frame=source.lazy(), name=name, first_row=1)
    if isinstance(source, _OfSheet):
        return read(source.path, is_header, is_date, source.sheet)
    return read(source, is_header, is_date)


def _table(
    problems: list[Problem],
    source: _Given | Raw,
    wanted: Mapping[str, bool],
    *,
    key: str,
    unique: bool = True,
    rules: Sequence[Rule] = (),
    among: Known | None = None,
    counts: Sequence[Rule] = (),
    settled: Settled | None = None,
) -> Conformed | None:
    """Conform one file, collecting its problems so that all files' show together."""
    try:
        raw = source if isinstance(source, Raw) else _raw(source, key)
        return conform(
            raw,
            wanted,
            key=key,
            unique=unique,
            rules=rules,
            among=among,
            counts=counts,
            settled=settled,
        )
    except SubjectError as error:
        problems.extend(error.problems)
        return None


def _filed(role: str, rejected: pl.DataFrame) -> pl.DataFrame:
    raw = [name for name in rejected.columns if name not in ("row", "reasons")]
    cells = pl.concat_str(
        [
            pl.format("{}={}", pl.lit(name), pl.col(name).cast(pl.String).fill_null(""))
            for name in raw
        ],
        separator=" | ",
    )
    return rejected.select(
        pl.lit(role).alias("file"),
        "row",
        "reasons",
        (cells if raw else pl.lit("")).alias("cells"),
    )


def _events(
    problems: list[Problem],
    source: _Given,
    people: Conformed | None,
    key: str,
    editions: Sequence[Rubric],
    day: date,
    period: int | None,
    settling: Settling | None = None,
) -> Conformed | None:
    rules = [coherence.happened(day, period), *event_rules_of(editions, day, period)]
    counts = [empty_cells(_EVENT), *event_counts(editions, day, period)]
    names = {name for edition in editions for name in event_rules.needed_columns(edition)}
    wanted = {key: True, **{name: name in ("code", "occurred_on") for name in sorted(names)}}
    unknown = tr("an event for an unknown subject {}", "事件对应未知主体 {}")
    among = Known(people.frame.select(key), unknown) if people is not None else None
    try:
        raw = _raw(source, key)
    except SubjectError as error:
        problems.extend(error.problems)
        return None

    def conformed(raw: Raw, settled: Settled | None = None) -> Conformed | None:
        return _table(
            problems,
            raw,
            wanted,
            key=key,
            unique=False,
            rules=rules,
            among=among,
            counts=counts,
            settled=settled,
        )

    settled = None
    if settling is not None and people is not None:
        settled = settling(raw, wanted, people.frame)
    found = conformed(raw, settled)
    if found is None or found.rejected.is_empty():
        return found
    # A code is looked for only where rows were rejected, so that sound files are read once.
    mended = whole_codes(raw, editions)
    return found if mended is raw else conformed(mended)


def _named(events: Conformed) -> pl.LazyFrame:
    """Give every event an id: its own, or its place among the accepted."""
    own = pl.format("#{}", pl.col("_event"))
    if _EVENT in events.counts:
        if not events.counts[_EVENT]:
            return events.frame
        own = pl.coalesce(_EVENT, own)
    return events.frame.with_row_index("_event").with_columns(own.alias(_EVENT)).drop("_event")

"""Worked cases: published facts and results, run against the edition that should give them.

Cases are data (``tests/cases/<rubric-id>/[<variant>/]<edition>.toml``; format in README.md). One
runner serves the tests and ``lishui-credit rubrics``, which shows how many of an edition's cases
pass.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

from lishui_credit.errors import CreditError, Problem, RubricError
from lishui_credit.language import tr
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.engine.evaluate import evaluate, grading_day
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.conform import conform
from lishui_credit.tables.read import Raw
from lishui_credit.tables.toml_documents import read_document
from lishui_credit.tables.toml_nouns import unknown
from lishui_credit.tables.toml_places import Loc

_PLACE: Final = "_place"
_EXPECTED: Final = (
    "grade",
    "grade_label",
    "outcome",
    "decided_by",
    "withheld_by",
    "score",
    "points",
    "amounts",
    "adjusted_grade",
)
Cell = bool | int | Decimal | str | date


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One worked case: raw facts in printed units, the result expected, and who says so."""

    id: str
    kind: Literal["published", "rule", "derived"]  # printed; the rule printed; arithmetic of ours
    source: str
    expect: dict[str, Cell | dict[str, Cell]]  # amounts in yuan, points and score as printed
    rubric: str = ""  # name with edition: ``tax-credit@2018-04-01``
    title: str = ""
    title_zh: str = ""
    subject: dict[str, Cell] = field(default_factory=dict)
    bases: dict[str, Cell] = field(default_factory=dict)
    events: tuple[dict[str, Cell], ...] = ()
    period: int | None = None
    as_of: date | None = None
    labels: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """The tables of a file of cases."""

    cases: tuple[Case, ...]


def folder() -> Path | None:
    """Return where the cases lie: inside the installed package, or beside it in a checkout."""
    package = Path(str(files("lishui_credit")))
    for candidate in (package / "rubrics" / "worked_cases", package.parent / "tests" / "cases"):
        if candidate.is_dir():
            return candidate
    return None


def read(path: Path, rubric: str) -> list[Case]:
    """Read the cases of one edition; raises `RubricError` with every mistake."""
    document = read_document(path)
    return [replace(case, rubric=rubric) for case in document.make(_File, check=_expected).cases]


def _expected(file: _File, _: frozenset[str]) -> Iterator[tuple[Loc, Problem]]:
    """Yield what a case expects that no grading gives."""
    for place, case in enumerate(file.cases):
        for key in case.expect:
            if key not in _EXPECTED:
                yield ("cases", place, "expect"), unknown(key, _EXPECTED)


@cache
def all_cases() -> tuple[Case, ...]:
    """Return every case of every shipped edition."""
    root = folder()
    if root is None:
        return ()
    found: list[Case] = []
    for entry in catalog.entries():
        path = root / entry.name / f"{entry.start}.toml"
        if path.exists():
            found += read(path, f"{entry.name}@{entry.start}")
    return tuple(found)


Facts = tuple[dict[str, Any], list[dict[str, Any]], date]
"""The subject of a case, its events, the day of grading."""
Frames = tuple[pl.DataFrame, pl.DataFrame | None]


@dataclass(frozen=True, slots=True)
class Tried:
    """A shipped case as it was tried: its facts as held values, and whether it passes."""

    facts: Facts
    passes: bool


@cache
def tried(edition: str) -> Mapping[str, Tried]:
    """Return the shipped cases of an edition by id, each as it was tried, once."""
    rubric = catalog.rubric(edition)
    found: dict[str, Tried] = {}
    for alike in _together([case for case in all_cases() if case.rubric == edition]):
        frames = _frames(alike, rubric)
        for place, row in enumerate(_graded(alike, rubric, frames)):
            case = alike[place]
            facts = _held(case, rubric, frames, str(place))
            found[case.id] = Tried(facts, not _differing(case, rubric, row))
    return found


def _together(listed: Sequence[Case]) -> list[list[Case]]:
    """Return cases in the groups that one grading can run: of one edition, day and label set."""
    alike: dict[tuple[object, ...], list[Case]] = defaultdict(list)
    for case in listed:
        alike[case.rubric, case.period, case.as_of, case.labels].append(case)
    return list(alike.values())


def _raw(rows: Sequence[Mapping[str, Cell]]) -> pl.DataFrame:
    names = dict.fromkeys(name for row in rows for name in row)
    cells = {name: [row.get(name) for row in rows] for name in names}
    return pl.DataFrame(
        {
            name: [str(cell) if isinstance(cell, Decimal) else cell for cell in column]
            for name, column in cells.items()
        }
    )


def _conform(
    rows: Sequence[Mapping[str, Cell]], wanted: dict[str, bool], key: str, name: str
) -> pl.DataFrame:
    """Conform rows, those together whose columns are of the same types; in their order."""
    alike: list[tuple[dict[str, type], list[int]]] = []
    for place, row in enumerate(rows):
        types = {column: type(cell) for column, cell in row.items()}
        fitting = (
            of for of in alike if all(of[0].get(c, kind) is kind for c, kind in types.items())
        )
        home = next(fitting, None)
        if home is None:
            alike.append(home := ({}, []))
        home[0].update(types)
        home[1].append(place)
    known = dictionary()
    kinds = {column: compiled.dtype(known[column], pl) for column in wanted}
    frames = []
    for _, places in alike:
        read_in = conform(
            Raw(frame=_raw([rows[place] for place in places]).lazy(), name=name, first_row=1),
            wanted,
            key=key,
            unique=False,
            suspect_units=False,
        )
        unused = [note for note in read_in.notes if "not used" in note or "未使用" in note]
        if wrong := [*read_in.rejected["reasons"], *unused]:
            what = tr("facts of a case cannot be read", "案例事实无法读取")
            raise RubricError(what, wrong[0], where=name)
        frame = read_in.frame.collect()
        frames.append(
            frame.select(
                (pl.col(c) if c in frame.columns else pl.lit(None)).cast(kind).alias(c)
                for c, kind in kinds.items()
            ).with_columns(pl.Series(_PLACE, places))
        )
    return pl.concat(frames).sort(_PLACE).drop(_PLACE)


def run(case: Case) -> list[str]:
    """Run one case and return what differs, in words; empty when it passes."""
    return _run([case])[0]


def run_all(listed: Sequence[Case]) -> dict[tuple[str, str], list[str]]:
    """Run cases together; what differs of each by edition and id, as `run` tells it."""
    return {
        (case.rubric, case.id): differs
        for alike in _together(listed)
        for case, differs in zip(alike, _run(alike), strict=True)
    }


def _run(alike: Sequence[Case]) -> list[list[str]]:
    """Return what differs of cases that one grading can run."""
    try:
        rubric = catalog.rubric(alike[0].rubric)
        rows = _graded(alike, rubric, _frames(alike, rubric))
    except CreditError as error:
        if len(alike) > 1:  # which of them it is about is told by each alone
            return [run(case) for case in alike]
        return [[f"{_name(alike[0])}: {error}"]]
    return [_differing(case, rubric, row) for case, row in zip(alike, rows, strict=True)]


def _name(case: Case) -> str:
    return f"{case.rubric} {case.id}"


def _differing(case: Case, rubric: Rubric, row: dict[str, Any]) -> list[str]:
    name, found = _name(case), _found(row, rubric)
    problems = []
    for key, expected in case.expect.items():
        pairs = (
            [(f"{key}.{inner}", value, found[key].get(inner)) for inner, value in expected.items()]
            if isinstance(expected, dict)
            else [(key, expected, found[key])]
        )
        problems += [
            f"{name}: {label} is {actual}, expected {wanted}"
            for label, wanted, actual in pairs
            if not _same(wanted, actual)
        ]
    return problems


def _same(wanted: object, actual: object) -> bool:
    if isinstance(wanted, int | Decimal) and isinstance(actual, Decimal):
        return Decimal(wanted) == actual
    return wanted == actual or (wanted == "" and actual is None)


def _held(case: Case, rubric: Rubric, frames: Frames, place: str) -> Facts:
    """Return the facts of a case as held values: the subject, its events, the day of grading."""
    mine = pl.col(rubric.subject_id) == place
    subject, events = (None if frame is None else frame.filter(mine).to_dicts() for frame in frames)
    assert subject is not None
    return subject[0], events or [], grading_day(rubric, case.period, case.as_of)


def _frames(alike: Sequence[Case], rubric: Rubric) -> Frames:
    """Return the facts of cases, each under its place as the subject's id."""
    key, name = rubric.subject_id, _name(alike[0])
    wanted = dict.fromkeys(compiled.needed_columns(rubric), False)
    identity = "12331102398259791Y" if key == "uscc" else "case"
    usual: dict[str, Cell] = {key: identity}
    if rubric.bases is not None:
        usual[rubric.bases.key] = "case"
    rows = [{**usual, **case.bases, **case.subject} for case in alike]
    ids = pl.Series(key, map(str, range(len(rows))))
    subjects = _conform(rows, wanted, key, name).with_columns(ids)
    happened = [
        (id_, {key: identity, "event_id": f"e{n}", **event})
        for id_, case in zip(ids, alike, strict=True)
        for n, event in enumerate(case.events)
    ]
    if not happened:
        return subjects, None
    columns = [key, *event_rules.needed_columns(rubric)]
    extra = {name for _, row in happened for name in row} - set(columns)
    known = [name for name in extra if name in dictionary()]
    wanted = dict.fromkeys([*columns, *known], False)
    events = _conform([row for _, row in happened], wanted, key, name)
    return subjects, events.with_columns(pl.Series(key, [id_ for id_, _ in happened]))


def _graded(alike: Sequence[Case], rubric: Rubric, frames: Frames) -> list[dict[str, Any]]:
    subjects, events = frames
    result = evaluate(
        subjects,
        rubric,
        events=events,
        period=alike[0].period,
        as_of=alike[0].as_of,
        labels=alike[0].labels,
    )
    rows = {row[rubric.subject_id]: row for row in result.collect().iter_rows(named=True)}
    return [rows[str(place)] for place in range(len(alike))]


def _found(row: dict[str, Any], rubric: Rubric) -> dict[str, Any]:
    def printed(value: int | None, unit: int) -> Decimal | None:
        return None if value is None else Decimal(value) / unit

    points = {}
    for name, value in row.items():
        if not name.startswith(compiled.POINTS):
            continue
        row_id = name.removeprefix(compiled.POINTS)
        start = row_id == "start"
        unit = rubric.point_unit if start else tables.held_unit(rubric, rubric.indicator(row_id))
        points[row_id] = printed(value, unit)
    score = printed(row.get("earned"), rubric.point_unit)
    if score is not None and compiled.partial(rubric) and row.get("possible"):
        whole = Decimal(tables.nominal(rubric)) / rubric.point_unit
        score = score * whole / (Decimal(row["possible"]) / rubric.point_unit)
    adjusted = row.get(rubric.adjustment.column) if rubric.adjustment else None
    return {
        **{
            key: row.get(key)
            for key in ("grade", "grade_label", "outcome", "decided_by", "withheld_by")
        },
        "score": score,
        "points": points,
        "amounts": {
            amount.id: printed(row.get(f"{amount.id}_fen"), 100) for amount in rubric.amounts
        },
        "adjusted_grade": adjusted,
    }

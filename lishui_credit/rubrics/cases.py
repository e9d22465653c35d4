"""Worked cases: published facts and results, run against the edition that should give them.

Cases are data (``tests/cases/<rubric-id>/[<variant>/]<edition>.toml``; format in README.md). One
runner serves the tests and ``lishui-credit rubrics``, which shows how many of an edition's cases
pass.
"""

from __future__ import annotations

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
def tried(edition: str, case_id: str) -> Tried:
    """Return a shipped case as it was tried, once."""
    case = next(one for one in all_cases() if (one.rubric, one.id) == (edition, case_id))
    rubric = catalog.rubric(edition)
    frames = _frames(case, rubric)
    return Tried(_held(case, rubric, frames), not _differing(case, rubric, frames))


def _raw(row: Mapping[str, Cell]) -> pl.DataFrame:
    cells = {
        name: [str(value) if isinstance(value, Decimal) else value] for name, value in row.items()
    }
    return pl.DataFrame(cells)


def _conform(
    rows: Sequence[Mapping[str, Cell]], wanted: dict[str, bool], key: str, name: str
) -> pl.DataFrame:
    """Conform each row on its own, as facts of one case name different columns."""
    frames = []
    known = dictionary()
    kinds = {column: compiled.dtype(known[column], pl) for column in wanted}
    for row in rows:
        read_in = conform(
            Raw(frame=_raw(row).lazy(), name=name, first_row=1),
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
            )
        )
    return pl.concat(frames)


def run(case: Case) -> list[str]:
    """Run one case and return what differs, in words; empty when it passes."""
    try:
        rubric = catalog.rubric(case.rubric)
        return _differing(case, rubric, _frames(case, rubric))
    except CreditError as error:
        return [f"{_name(case)}: {error}"]


def _name(case: Case) -> str:
    return f"{case.rubric} {case.id}"


def _differing(case: Case, rubric: Rubric, frames: Frames) -> list[str]:
    name, result = _name(case), _grade(case, rubric, frames)
    found = _found(result, rubric)
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


def _held(case: Case, rubric: Rubric, frames: Frames) -> Facts:
    """Return the facts of a case as held values: the subject, its events, the day of grading."""
    subjects, events = frames
    happened = [] if events is None else events.to_dicts()
    return subjects.row(0, named=True), happened, grading_day(rubric, case.period, case.as_of)


def _frames(case: Case, rubric: Rubric) -> Frames:
    key, name = rubric.subject_id, _name(case)
    wanted = dict.fromkeys(compiled.needed_columns(rubric), False)
    identity = "12331102398259791Y" if rubric.subject_id == "uscc" else "case"
    facts = {key: identity, **case.bases, **case.subject}
    if rubric.bases is not None:
        facts.setdefault(rubric.bases.key, "case")
    subjects = _conform([facts], wanted, key, name)
    if not case.events:
        return subjects, None
    columns = [key, *event_rules.needed_columns(rubric)]
    rows = [{key: identity, "event_id": f"e{n}", **event} for n, event in enumerate(case.events)]
    extra = {name for row in rows for name in row} - set(columns)
    known = [name for name in extra if name in dictionary()]
    return subjects, _conform(rows, dict.fromkeys([*columns, *known], False), key, name)


def _grade(case: Case, rubric: Rubric, frames: Frames) -> dict[str, Any]:
    subjects, events = frames
    result = evaluate(
        subjects,
        rubric,
        events=events,
        period=case.period,
        as_of=case.as_of,
        labels=case.labels,
    )
    return result.collect().row(0, named=True)


def _found(row: dict[str, Any], rubric: Rubric) -> dict[str, Any]:
    def printed(value: int | None, unit: int) -> Decimal | None:
        return None if value is None else Decimal(value) / unit

    points = {}
    for name, value in row.items():
        if not name.startswith(compiled.POINTS):
            continue
        row_id = name.removeprefix(compiled.POINTS)
        unit = rubric.point_unit
        if rubric.aggregate == "weighted":
            unit = rubric.indicator(row_id).weight or 1
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

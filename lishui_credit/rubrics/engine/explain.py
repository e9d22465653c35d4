"""Why a subject has its grade: every row with its value, points, clause and evidence.

An `Explanation` is made from one graded row and its edition, so a stored result explains itself
without the file it was graded from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from lishui_credit.backends import recorder
from lishui_credit.backends.python_code import loaded, python_function
from lishui_credit.citation import is_weak
from lishui_credit.language import either, one_language, tr
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine.explanation import ExplainedRow, Explanation, how_known
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.formulas import FORMULAS
from lishui_credit.rubrics.law.links import Link, links
from lishui_credit.rubrics.law.row_labels import Row, graded_label, row_label
from lishui_credit.rubrics.law.rubric import Indicator, Override, Rubric, Start
from lishui_credit.tables.columns import called, dictionary, printed


def _read(row: Indicator) -> list[str]:
    names = [row.column, row.over]
    for term in row.mix:
        names += [term.column, term.over]
    if row.formula is not None:
        names += FORMULAS[row.formula.name].columns
    names.append(row.judged)
    return list(dict.fromkeys(name for name in names if name is not None))


def _value(row: Indicator, found: Mapping[str, object]) -> str:
    if row.event is not None:
        return tr(f"events {row.event.code}", f"事件 {row.event.code}")
    names = _read(row)
    parts = [(name, found.get(name)) for name in names]
    if row.formula is not None or row.judged is not None:
        parts = [(name, value) for name, value in parts if value is not None] or parts[:1]
    return " / ".join(printed(name, value) for name, value in parts)


def _row(
    row: Indicator, found: Mapping[str, object], rubric: Rubric, dimensions: dict[str, str]
) -> ExplainedRow:
    points = _whole(found, f"{compiled.POINTS}{row.id}")
    unit = rubric.point_unit
    best = _settled(rubric).best[row.id]
    state: Literal["scored", "missing", "not_applicable", "not_scored"] = "scored"
    if not row.scores:
        state = "not_scored"
    elif points is None:
        state = "missing"
    elif row.missing == "exclude" and all(found.get(name) is None for name in _read(row)):
        state = "not_applicable"
    counted = state in ("scored", "missing")
    return ExplainedRow(
        id=row.id,
        label=row_label(row),
        dimension=dimensions.get(row.dimension or "", ""),
        value=_value(row, found) if row.scores else "",
        points=tables.printed(points, unit) if counted and points is not None else "",
        out_of=tables.printed(best, unit) if counted and best else "",
        state=state,
        clause=row.clause,
        evidence=row.evidence,
        note=either(row.why_disabled, row.why_disabled_zh) or either(row.note, row.note_zh),
    )


def _applies(row: Override, found: Mapping[str, object], rubric: Rubric) -> bool:
    if row.id == found.get("decided_by") or found.get("decided_by") == f"not graded: {row.id}":
        return True
    if row.column is not None:
        return found.get(row.column) is True
    if not row.when:
        return False
    names, holds = _settled(rubric).tests[row.id]
    return all(name in found for name in names) and holds(found)["holds"] is True


_Test = tuple[tuple[str, ...], Callable[[Mapping[str, object]], dict[str, object]]]


@dataclass(frozen=True, slots=True)
class _Settled:
    """What every explanation of an edition says alike."""

    rubric: Rubric
    tests: Mapping[str, _Test]  # of overrides with conditions: the columns they read, and the test
    best: Mapping[str, int]
    weak_share: int
    links: Mapping[tuple[str, str], Link]


_SETTLED: Final[dict[int, _Settled]] = {}


def _settled(rubric: Rubric) -> _Settled:
    found = _SETTLED.get(id(rubric))  # a rubric has no hash; what is kept keeps it, and so its id
    if found is None:
        if len(_SETTLED) >= 16:
            _SETTLED.clear()
        found = _SETTLED[id(rubric)] = _Settled(
            rubric,
            {row.id: _test(row, rubric) for row in rubric.active_overrides if row.when},
            {row.id: tables.best(rubric, row) for row in (*rubric.scoring, *rubric.unscored)},
            weak_share(rubric),
            {(link.part, link.id): link for link in links(rubric)},
        )
    return found


def _test(row: Override, rubric: Rubric) -> _Test:
    kinds: recorder.Schema = {
        name: compiled.dtype(dictionary()[name], recorder)
        for c in row.when
        for name in (c.column, c.over)
        if name is not None
    }
    kinds |= {f"{compiled.POINTS}{c.points}": recorder.Int32 for c in row.when if c.points}
    names = tuple(kinds)
    if any(c.score for c in row.when):
        kinds |= {"earned": recorder.Int32, "possible": recorder.Int32}
    every = compiled.every(row.when, rubric, recorder).alias("holds")
    table = recorder.source("subject", kinds).select(every)
    return names, loaded(python_function(table, name="holds", sources={}))["holds"]


def _decided(found: Mapping[str, object], rubric: Rubric) -> str:
    by = str(found["decided_by"])
    if by == "score":
        return tr("the score", "得分")
    if by == compiled.WITHHELD:
        lacking = str(found.get("withheld_by"))
        if lacking == compiled.REJECTED_EVENT:
            return tr(
                "withheld: an event of the subject was rejected", "暂不评级:该主体有事件被拒收"
            )
        return tr("withheld: no value for ", "暂不评级:缺少 ") + lacking_label(lacking, rubric)
    row_id = by.removeprefix("not graded: ")
    row = next(row for row in rubric.overrides if row.id == row_id)
    head = tr("not graded: ", "不参评:") if by != row_id else ""
    return f"{head}{row_label(row)} [{row.clause}; {how_known(row.evidence)}]"


def _grade(found: Mapping[str, object], rubric: Rubric) -> str:
    """What people call the grade: as the file says, in English by its own English label."""
    printed = str(found.get("grade_label") or "")
    for row in rubric.grades:
        if row.id == found.get("grade"):
            return graded_label(row, printed)
    return printed


def lacking_label(name: str, rubric: Rubric) -> str:
    """Return what people call that which withheld a grade: a row, a rule, a grade or a column."""
    rows: tuple[Row, ...] = (*rubric.indicators, *rubric.overrides)
    labels = {row.id: row_label(row) for row in rows}
    labels |= {
        f"grade {row.id}": tr(f"conditions of grade {row.id}", f"{row.label_zh}的条件")
        for row in rubric.grades
    }
    labels |= {
        "start": tr("start score", "起评分"),
        compiled.REJECTED_EVENT: tr("a rejected event", "被拒收的事件"),
    }
    return labels.get(name) or called(name)


def weak_share(rubric: Rubric) -> int:
    """Return the percent of movable points whose evidence is below ``secondary``, rounded up."""
    shares = tables.by_evidence(rubric)
    whole = sum(shares.values())
    weak = sum(points for level, points in shares.items() if is_weak(level))
    return -(-100 * weak // whole) if whole else 0


def explain(found: Mapping[str, object], rubric: Rubric) -> Explanation:
    """Return why a graded row, one of `Evaluation.frame`, has its grade."""
    with one_language():
        return _explained(found, rubric)


def _explained(found: Mapping[str, object], rubric: Rubric) -> Explanation:
    dimensions = {dimension.id: row_label(dimension) for dimension in rubric.dimensions}
    rows = [_row(row, found, rubric, dimensions) for row in (*rubric.scoring, *rubric.unscored)]
    if rubric.aggregate == "deduct" and rubric.start is not None:
        rows.insert(0, _start(found, rubric, rubric.start))
    adjusted = found.get(rubric.adjustment.column) if rubric.adjustment else None
    return Explanation(
        subject=str(found[rubric.subject_id]),
        edition=f"{rubric.name}@{rubric.edition} ({rubric.title})",
        source=str(rubric.source),
        grade=str(found.get("grade") or ""),
        grade_label=_grade(found, rubric),
        outcome=str(found["outcome"]),
        decided_by=str(found["decided_by"]),
        decided=_decided(found, rubric),
        score=_score(found, rubric),
        rows=tuple(rows),
        applied=tuple(row for row in rubric.active_overrides if _applies(row, found, rubric)),
        weak_share=_settled(rubric).weak_share,
        amounts=tuple(
            (row_label(amount), _yuan(_whole(found, f"{amount.id}_fen")))
            for amount in rubric.amounts
        ),
        adjusted_grade=None if adjusted is None else str(adjusted),
        links=_settled(rubric).links,
    )


def _start(found: Mapping[str, object], rubric: Rubric, start: Start) -> ExplainedRow:
    points = _whole(found, f"{compiled.POINTS}start")
    return ExplainedRow(
        id="start",
        label=tr("start score", "起评分"),
        dimension="",
        value="",
        points="" if points is None else tables.printed(points, rubric.point_unit),
        out_of="",
        state="missing" if points is None else "scored",
        clause=start.rows[0].clause,
        evidence=start.rows[0].evidence,
    )


def _score(found: Mapping[str, object], rubric: Rubric) -> str:
    earned, possible = _whole(found, "earned"), _whole(found, "possible")
    if earned is None:
        return "—"
    score = tables.printed(earned, rubric.point_unit)
    if possible is not None and compiled.partial(rubric):
        score += f" / {tables.printed(possible, rubric.point_unit)}"
    return score


def _whole(found: Mapping[str, object], name: str) -> int | None:
    value = found.get(name)
    return value if isinstance(value, int) else None


def _yuan(fen: int | None) -> str:
    if fen is None:
        return "—"
    return f"{fen // 100:,}.{fen % 100:02d} " + tr("yuan", "元")

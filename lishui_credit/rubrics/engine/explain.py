"""Why a subject has its grade: every row with its value, points, clause and evidence.

An `Explanation` is made from one graded row and its edition, so a stored result explains itself
without the file it was graded from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from lishui_credit.citation import EVIDENCE, Evidence, is_weak
from lishui_credit.language import language, tr
from lishui_credit.reports.layout import cut, table
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.formulas import FORMULAS
from lishui_credit.rubrics.law.rubric import Indicator, Override, Rubric
from lishui_credit.tables.columns import dictionary, printed


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedRow:
    """One row of an explanation.

    Parameters
    ----------
    id, label, dimension : str
        The row, its name as printed, its dimension.
    value : str
        What was read, as printed; empty for event rows.
    points, out_of : str
        Points earned (or taken off) and the most there is, as printed.
    state : {"scored", "missing", "not_applicable", "not_scored"}
        Whether it counted.
    clause : str
        Where the rule stands.
    evidence : str
        How the rule is known.
    note : str
        Remark of the edition.
    """

    id: str
    label: str
    dimension: str
    value: str
    points: str
    out_of: str
    state: str
    clause: str
    evidence: Evidence
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why one subject has its grade.

    Parameters
    ----------
    subject : str
        Id of the subject.
    edition : str
        Rubric name and edition.
    source : str
        The document, cited.
    grade, grade_label, outcome, decided_by : str
        The result.
    decided : str
        What decided it, in words, with its clause.
    score : str
        Total as printed; with what was possible where rows were left out.
    rows : tuple of ExplainedRow
        Scored rows first, then those listed only.
    applied : tuple of Override
        Overrides that hold for this subject.
    weak_share : int
        Percent of the points the edition can move that rest on weak evidence.
    """

    subject: str
    edition: str
    source: str
    grade: str
    grade_label: str
    outcome: str
    decided_by: str
    decided: str
    score: str
    rows: tuple[ExplainedRow, ...]
    applied: tuple[Override, ...]
    weak_share: int
    amounts: tuple[tuple[str, str], ...] = ()
    adjusted_grade: str | None = None

    def frame(self) -> pl.DataFrame:
        """Return the rows as a polars frame, one row each."""
        fields = ("id", "label", "dimension", "value", "points", "out_of", "state", "clause")
        return pl.DataFrame(
            [
                {**{name: getattr(row, name) for name in fields}, "evidence": row.evidence}
                for row in self.rows
            ]
        )

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data, for ``--json``."""
        return {
            "subject": self.subject,
            "edition": self.edition,
            "source": self.source,
            "grade": self.grade,
            "grade_label": self.grade_label,
            "outcome": self.outcome,
            "decided_by": self.decided_by,
            "decided": self.decided,
            "score": self.score,
            "adjusted_grade": self.adjusted_grade,
            "amounts": dict(self.amounts),
            "weak_evidence_percent": self.weak_share,
            "rows": self.frame().to_dicts(),
            "overrides": [
                {
                    "id": row.id,
                    "label": row.label_zh,
                    "clause": row.clause,
                    "evidence": row.evidence,
                }
                for row in self.applied
            ],
        }

    def __str__(self) -> str:
        """Return the explanation as a page of text."""
        head = [
            f"{self.subject}  ·  {self.edition}",
            self.source,
            f"{tr('grade', '等级')}: {self.grade or '—'} {self.grade_label}".rstrip()
            + f"   {tr('score', '得分')}: {self.score}",
            f"{tr('decided by', '判定依据')}: {self.decided}",
        ]
        if self.adjusted_grade:
            head.append(f"{tr('adjusted by a person to', '人工调整为')}: {self.adjusted_grade}")
        head += [f"{label}: {value}" for label, value in self.amounts]
        scored = [row for row in self.rows if row.state != "not_scored"]
        listed = [row for row in self.rows if row.state == "not_scored"]
        lines = [*head, ""]
        quiet = [row for row in scored if row.points == "0" and not row.out_of]
        shown = [row for row in scored if row not in quiet]
        lines += _table(shown)
        if quiet:
            lines.append(
                tr(
                    f"and {len(quiet)} rows of events with nothing recorded (0 points)",
                    f"另有 {len(quiet)} 项无记录(0 分)",
                )
            )
        if self.applied:
            lines += ["", tr("Rules past the points that hold:", "适用的直接判级规则:")]
            lines += [
                f"  {row.label_zh}  [{row.clause}; {_evidence(row.evidence)}]"
                for row in self.applied
            ]
        if listed:
            lines += [
                "",
                tr(
                    f"{len(listed)} row{'s' if len(listed) > 1 else ''} listed only (points unknown or switched off): ",
                    f"{len(listed)} 项仅列出(分值未知或停用):",
                )
                + "、".join(row.label for row in listed[:6])
                + ("…" if len(listed) > 6 else ""),
            ]
        if self.weak_share:
            lines += [
                "",
                tr(
                    f"{self.weak_share}% of the points this edition can move rest on evidence below"
                    " 'secondary' (marked !).",
                    f"该版本可变动分值中有 {self.weak_share}% 的依据弱于“二手转述”(标 !)。",
                ),
            ]
        return "\n".join(lines)


def _evidence(level: Evidence) -> str:
    return f"{EVIDENCE[level]} !" if is_weak(level) else str(EVIDENCE[level])


def _table(rows: list[ExplainedRow]) -> list[str]:
    heads = (
        tr("indicator", "指标"),
        tr("value", "取值"),
        tr("points", "得分"),
        tr("clause", "条款"),
        tr("evidence", "依据"),
    )
    states = {
        "missing": tr("missing", "缺失"),
        "not_applicable": tr("not applicable", "不适用"),
    }
    cells = [
        (
            cut(row.label, 44),
            cut(row.value, 34),
            states.get(row.state) or (f"{row.points}/{row.out_of}" if row.out_of else row.points),
            cut(row.clause, 30),
            _evidence(row.evidence),
        )
        for row in rows
    ]
    return table(heads, cells)


def _read(row: Indicator) -> list[str]:
    names = [row.column, row.over]
    for term in row.mix:
        names += [term.column, term.over]
    if row.formula is not None:
        names += FORMULAS[row.formula.name].columns
    names.append(row.judged)
    return list(dict.fromkeys(name for name in names if name is not None))


def _value(row: Indicator, found: dict[str, Any]) -> str:
    if row.event is not None:
        return tr(f"events {row.event.code}", f"事件 {row.event.code}")
    names = _read(row)
    parts = [(name, found.get(name)) for name in names]
    if row.formula is not None or row.judged is not None:
        parts = [(name, value) for name, value in parts if value is not None] or parts[:1]
    return " / ".join(printed(name, value) for name, value in parts)


def _row(
    row: Indicator, found: dict[str, Any], rubric: Rubric, dimensions: dict[str, str]
) -> ExplainedRow:
    points = found.get(f"{compiled.POINTS}{row.id}")
    unit = rubric.point_unit
    best = tables.best(rubric, row)
    state = "scored"
    if not row.scores:
        state = "not_scored"
    elif points is None:
        state = "missing"
    elif row.missing == "exclude" and all(found.get(name) is None for name in _read(row)):
        state = "not_applicable"
    counted = state in ("scored", "missing")
    return ExplainedRow(
        id=row.id,
        label=row.label_zh,
        dimension=dimensions.get(row.dimension or "", ""),
        value=_value(row, found) if row.scores else "",
        points=tables.printed(points, unit) if counted and points is not None else "",
        out_of=tables.printed(best, unit) if counted and best else "",
        state=state,
        clause=row.clause,
        evidence=row.evidence,
        note=row.why_disabled or row.note,
    )


def _applies(row: Override, found: dict[str, Any], rubric: Rubric) -> bool:
    if row.id == found.get("decided_by") or found.get("decided_by") == f"not graded: {row.id}":
        return True
    if row.column is not None:
        return found.get(row.column) is True
    names = {name for c in row.when for name in (c.column, c.over) if name is not None}
    points = {f"{compiled.POINTS}{c.points}" for c in row.when if c.points}
    if not row.when or not (names | points) <= set(found):
        return False
    known = dictionary()
    kinds = {name: known[name].type for name in names}
    one = pl.DataFrame(
        {name: [value] for name, value in found.items()},
        schema_overrides={
            name: pl.Boolean
            if kind == "flag"
            else pl.String
            if kind in ("level", "text")
            else pl.Int64
            for name, kind in kinds.items()
        },
    )
    return one.select(compiled.every(row.when, rubric, pl).alias("x"))["x"][0] is True


def _decided(found: dict[str, Any], rubric: Rubric) -> str:
    by = str(found["decided_by"])
    if by == "score":
        return tr("the score", "得分")
    if by == compiled.WITHHELD:
        return tr("withheld: missing ", "暂不评级:缺少 ") + str(found.get("withheld_by"))
    row_id = by.removeprefix("not graded: ")
    row = next(row for row in rubric.overrides if row.id == row_id)
    label = row.label_zh if language() == "zh" or not row.label_en else row.label_en
    head = tr("not graded: ", "不参评:") if by != row_id else ""
    return f"{head}{label} [{row.clause}; {_evidence(row.evidence)}]"


def weak_share(rubric: Rubric) -> int:
    """Return the percent of movable points whose evidence is below ``secondary``, rounded up."""
    shares = tables.by_evidence(rubric)
    whole = sum(shares.values())
    weak = sum(points for level, points in shares.items() if is_weak(level))
    return -(-100 * weak // whole) if whole else 0


def explain(found: dict[str, Any], rubric: Rubric) -> Explanation:
    """Return why a graded row has its grade.

    Parameters
    ----------
    found : dict
        One row of `Evaluation.frame`, points in the edition's unit.
    rubric : Rubric
        The edition that graded it.

    Returns
    -------
    Explanation
    """
    dimensions = {dimension.id: dimension.label_zh for dimension in rubric.dimensions}
    rows = [_row(row, found, rubric, dimensions) for row in (*rubric.scoring, *rubric.unscored)]
    if rubric.aggregate == "deduct":
        start = found.get(f"{compiled.POINTS}start")
        first = rubric.start.rows[0] if rubric.start else None
        assert first is not None
        rows.insert(
            0,
            ExplainedRow(
                id="start",
                label=tr("start score", "起评分"),
                dimension="",
                value="",
                points=tables.printed(start, rubric.point_unit) if start is not None else "",
                out_of="",
                state="missing" if start is None else "scored",
                clause=first.clause,
                evidence=first.evidence,
            ),
        )
    earned, possible = found.get("earned"), found.get("possible")
    score = "—" if earned is None else tables.printed(earned, rubric.point_unit)
    if earned is not None and possible is not None and compiled.partial(rubric):
        score += f" / {tables.printed(possible, rubric.point_unit)}"
    amounts = tuple(
        (amount.label_zh, _yuan(found.get(f"{amount.id}_fen"))) for amount in rubric.amounts
    )
    adjusted = found.get(rubric.adjustment.column) if rubric.adjustment else None
    return Explanation(
        subject=str(found[rubric.subject_id]),
        edition=f"{rubric.name}@{rubric.edition} ({rubric.title_zh})",
        source=str(rubric.source),
        grade=found.get("grade") or "",
        grade_label=found.get("grade_label") or "",
        outcome=found["outcome"],
        decided_by=found["decided_by"],
        decided=_decided(found, rubric),
        score=score,
        rows=tuple(rows),
        applied=tuple(row for row in rubric.active_overrides if _applies(row, found, rubric)),
        weak_share=weak_share(rubric),
        amounts=amounts,
        adjusted_grade=adjusted,
    )


def _yuan(fen: int | None) -> str:
    if fen is None:
        return "—"
    return f"{fen // 100:,}.{fen % 100:02d} " + tr("yuan", "元")

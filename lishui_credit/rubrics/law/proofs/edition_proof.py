"""The proof of one edition: what was shown, by which subjects, and what it fails to show."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final

from lishui_credit.language import plural, tr
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.proofs.cells_of_ratios import shown
from lishui_credit.rubrics.law.proofs.decided_combinations import Decisions, outcomes_told
from lishui_credit.rubrics.law.proofs.direction_claims import Undone, directions, exceptions
from lishui_credit.rubrics.law.proofs.example_subjects import Example
from lishui_credit.rubrics.law.proofs.moved_subjects import MovedSubjects, Pair
from lishui_credit.rubrics.law.proofs.proof_words import Fault, number
from lishui_credit.rubrics.law.proofs.requirement_claims import (
    Required,
    required,
    requirement_lines,
    undone,
)
from lishui_credit.rubrics.law.proofs.row_claims import row_faults
from lishui_credit.rubrics.law.proofs.row_points import reached
from lishui_credit.rubrics.law.proofs.rule_claims import decisions, too_many
from lishui_credit.rubrics.law.proofs.rule_patterns import UndecidedError
from lishui_credit.rubrics.law.proofs.value_moves import moves
from lishui_credit.rubrics.law.rubric import Rubric

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class EditionProof:
    """What an edition proves of itself.

    Parameters
    ----------
    rubric : Rubric
        The edition.
    faults : tuple of Fault
        Gaps, overlaps, unreachable rules, contradictions, inversions, cut-offs out of reach, and what
        could not be decided; empty where everything is proved.
    exceptions : tuple of Undone
        Where a better value of a row may lower the grade, with the clauses that say so.
    required : tuple of Required
        What rules read and no row: which values are better, and whether the edition declares it.
    decided : Decisions
        Subjects that show every grade, override and cut-off reached.
    """

    rubric: Rubric
    faults: tuple[Fault, ...]
    exceptions: tuple[Undone, ...]
    required: tuple[Required, ...]
    decided: Decisions

    @property
    def proved(self) -> bool:
        """Whether nothing is left unproved."""
        return not self.faults

    def as_text(self) -> str:
        """Return the proof as the file that lies beside the edition: JSON, keys in a fixed order."""
        return json.dumps(self.as_dict(), ensure_ascii=False, indent=1) + "\n"

    def as_dict(self) -> dict[str, Any]:
        """Return the proof as plain data."""
        found, rubric = self.decided, self.rubric
        base = next(iter(found.grades.values()), None)
        return {
            "format": FORMAT,
            "edition": f"{rubric.name}@{rubric.edition}",
            "sha256": rubric.sha256,
            "proved": self.proved,
            "outcomes": {"combinations": found.combinations, **outcomes_told(found)},
            "score": None
            if found.least is None or found.greatest is None
            else {"least": number(found.least), "greatest": number(found.greatest)},
            "rows": dict(_rows(rubric)),
            "subject": None if base is None else _whole(base),
            "grades": _changes(found.grades, base),
            "cutoffs": _changes(found.cutoffs, base),
            "overrides": _changes(found.overrides, base),
            "requirements": {one.name: _required(one) for one in self.required},
            "exceptions": [_exception(row) for row in self.exceptions],
            "faults": [
                {"kind": row.kind, "at": ".".join(map(str, row.loc))} for row in self.faults
            ],
        }


def prove(rubric: Rubric) -> EditionProof:
    """Decide exactly whether an edition has gaps, overlaps, unreachable rules or inversions.

    Parameters
    ----------
    rubric : Rubric
        An edition that grades, or one of a user.

    Returns
    -------
    EditionProof
        Its `faults` are empty where every subject of the declared columns gets one outcome, every
        band, grade, override and cut-off is reached, no two rules contradict each other without an
        order, and no better value lowers the grade but for the listed `exceptions`.

    Notes
    -----
    Nothing is sampled. Columns are cut at every bound that an edition sets, so that inside a piece no
    rule tells values apart; rules that share columns are tried on every combination of pieces; scores
    are sums of all points that rows reach. That something is never reached follows from all
    combinations; that it is reached is shown by a subject, graded from the text in exact fractions.

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> proof = prove(rubric("credit-county", on="2021-01-01"))
    >>> proof.proved, sorted(proof.decided.grades)
    (True, ['credit', 'none'])
    """
    faults = list(row_faults(rubric))
    found, undecided = decisions(rubric)
    faults += undecided
    if any(fault.kind in ("gap", "undecided") for fault in faults):
        return EditionProof(rubric, tuple(faults), (), (), found)
    try:
        told = moves(found)
    except UndecidedError:
        return EditionProof(rubric, (*faults, too_many()), (), (), found)
    subjects = MovedSubjects(rubric)
    asked = tuple(required(rubric, told, subjects))
    listed = (*exceptions(found, told, subjects), *undone(found, told, asked, subjects))
    return EditionProof(rubric, tuple(faults), listed, asked, found)


def summary(proof: EditionProof) -> list[str]:
    """Return what is proved of an edition in a few lines, and each exception."""
    found = proof.decided
    reached_by_some = (
        plural(len(found.grades), "grade"),
        plural(len(found.cutoffs), "cut-off"),
        plural(len(found.overrides), "override rule"),
    )
    lines = [
        tr(
            f"proved: one outcome in each of {found.combinations:,} combinations of rules and scores;"
            f" all of {', '.join(reached_by_some)} can be reached",
            f"已证明:规则与得分的 {found.combinations:,} 种组合各有且只有一个结果;{len(found.grades)} 个等级、"
            f"{len(found.cutoffs)} 条分数线、{len(found.overrides)} 条直接判级规则均有主体达到",
        )
    ]
    head = tr("a better value may lower the grade: ", "取值更优等级却可能下降:")
    lines += [head + row.said for row in proof.exceptions]
    told = proof.as_dict()["requirements"]
    return [*lines, *requirement_lines(told), *(one.said for one in proof.required if one.pairs)]


def _rows(rubric: Rubric) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what each scoring row of a column reaches, and which values of it are better."""
    ways = directions(rubric)
    for row in rubric.scoring:
        if row.event is not None:
            continue
        points = reached(rubric, row)
        unit = rubric.point_unit
        told: dict[str, Any] = {
            "least": tables.printed(min(points), unit),
            "greatest": tables.printed(max(points), unit),
        }
        if row.id in ways:
            way, declared = ways[row.id]
            told["better"] = way
            told["declared"] = declared
        yield row.id, told


def _whole(example: Example) -> dict[str, Any]:
    found = {name: _plain(cell) for name, cell in shown(example.cells).items()}
    return {"cells": found, **_events(example.events)}


def _events(events: Sequence[tuple[str, bool]]) -> dict[str, Any]:
    if not events:
        return {}
    return {"events": [f"{code} corrected" if mended else code for code, mended in events]}


def _changes(examples: Mapping[str, Example], base: Example | None) -> dict[str, Any]:
    """Return each subject by what differs from the first; None for a cell that it lacks."""
    found = {}
    for name, example in examples.items():
        whole = {} if base is None else base.cells
        cells = {
            key: _plain(example.cells.get(key))
            for key in sorted({*whole, *example.cells})
            if example.cells.get(key) != whole.get(key)
        }
        told: dict[str, Any] = {"grade": example.outcome.grade}
        if example.score is not None:
            told["score"] = number(example.score)
        if cells:
            told["cells"] = cells
        found[name] = {**told, **_events(example.events)}
    return found


def _exception(row: Undone) -> dict[str, Any]:
    told: dict[str, Any] = {
        "row": row.row,
        "column": row.column,
        "better": row.better,
        "against": list(row.against),
        "clauses": list(row.clauses),
    }
    return told if row.pair is None else {**told, **_pair(row.pair)}


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "before": {name: _plain(cell) for name, cell in shown(pair.before).items()},
        "after": {name: _plain(cell) for name, cell in shown(pair.after).items()},
        "grades": list(pair.grades),
        **_events(pair.events),
    }


def _required(one: Required) -> dict[str, Any]:
    told: dict[str, Any] = {"better": one.better, "declared": one.declared}
    told["rules"] = dict(zip(one.rules, one.clauses, strict=True))
    if one.pairs:
        told["pairs"] = [_pair(pair) for pair in one.pairs]
    return told


def _plain(cell: Any) -> Any:
    return (
        cell.isoformat()
        if isinstance(cell, date)
        else str(cell)
        if isinstance(cell, Fraction)
        else cell
    )

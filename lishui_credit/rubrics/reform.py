"""Compare two editions: what the amendment changed, and who moves because of it.

`changes` compares the texts row by row; `compare` grades the same subjects by both editions and
names, for each one that moves, the rows and rules behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Literal

import polars as pl

from lishui_credit.grades import merged
from lishui_credit.language import tr
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import TABLES, Indicator, Rubric
from lishui_credit.rubrics.law.rule_hash import plain
from lishui_credit.rubrics.regrading import SILENT, differing, direction_of, refuse_other_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between two editions."""

    part: str  # grades, indicators, overrides, repairs, start, …
    id: str  # of the row; empty for parts without rows
    kind: Literal["added", "removed", "changed"]
    keys: tuple[str, ...] = ()  # that differ, for a changed row


def changes(old: Rubric, new: Rubric) -> list[Change]:
    """Return what differs between two editions, notes, evidence and where copies stand aside.

    Parameters
    ----------
    old, new : Rubric
        Two editions of the same rubric.

    Returns
    -------
    list of Change
        By part, in file order.

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> first = rubric("tax-credit@2014-10-01")
    >>> changes(first, first)
    []
    """
    found: list[Change] = []
    for part in TABLES:
        if part == "documents":
            continue
        before = {row.id: row for row in getattr(old, part)}
        after = {row.id: row for row in getattr(new, part)}
        found += [Change(part=part, id=i, kind="removed") for i in before if i not in after]
        for row_id, row in after.items():
            if row_id not in before:
                found.append(Change(part=part, id=row_id, kind="added"))
                continue
            keys = differing(row, before[row_id])
            if keys:
                found.append(Change(part=part, id=row_id, kind="changed", keys=keys))
    for part in ("start", "aggregate", "point_unit", "bases", "adjustment", "cycle"):
        if plain(getattr(old, part), SILENT) != plain(getattr(new, part), SILENT):
            found.append(Change(part=part, id="", kind="changed"))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The same subjects under two editions."""

    # One row per subject whose grade or outcome differs: id, grade_old, grade_new, direction (up,
    # down, other), earned_old, earned_new, because (rows and rules, with clause).
    moved: pl.DataFrame
    matrix: pl.DataFrame  # grade_old, grade_new, subjects
    subjects: int  # compared
    changes: list[Change]  # of the texts


def compare(
    old: Rubric,
    new: Rubric,
    subjects: pl.DataFrame | pl.LazyFrame,
    *,
    events: pl.DataFrame | pl.LazyFrame | None = None,
    events_in_order: bool | None = None,
    period: int | None = None,
    as_of: date | None = None,
) -> Comparison:
    """Grade the same subjects by two editions and say who moves, and by which clause.

    Parameters
    ----------
    old, new : Rubric
        Two editions with the same kind of subject.
    subjects, events : polars frames
        Conformed, with the columns either edition needs.
    events_in_order, period, as_of
        As for `evaluate`; the same for both, so that only the rules differ.

    Returns
    -------
    Comparison

    Raises
    ------
    EditionError
        If the editions grade different kinds of subjects.

    Notes
    -----
    Cost: two gradings and a join on the subject's id.
    """
    refuse_other_subjects(old, new)
    key = old.subject_id
    day = as_of or (date(period + 1, 4, 30) if period is not None else None)
    graded = partial(
        evaluate, subjects, events=events, events_in_order=events_in_order, period=period
    )
    before = graded(old, as_of=day)
    after = graded(new, as_of=before.as_of)
    left = before.frame.collect()
    right = after.frame.collect()
    joined = left.join(right, on=key, how="inner", suffix="__new")
    was, now = pl.col("grade"), pl.col("grade__new")
    moved = joined.filter(
        was.ne_missing(now) | (pl.col("outcome") != pl.col("outcome__new"))
    ).with_columns(direction_of(was, now, grade_order(old, new)).alias("direction"))
    rows = [_moved(row, key, old, new) for row in moved.iter_rows(named=True)]
    schema = {
        key: pl.String,
        "grade_old": pl.String,
        "grade_new": pl.String,
        "direction": pl.String,
        "earned_old": pl.Float64,
        "earned_new": pl.Float64,
        "because": pl.String,
    }
    matrix = (
        joined.group_by(
            pl.col("grade").fill_null(pl.col("outcome")).alias("grade_old"),
            pl.col("grade__new").fill_null(pl.col("outcome__new")).alias("grade_new"),
        )
        .agg(pl.len().alias("subjects"))
        .sort("grade_old", "grade_new")
    )
    return Comparison(
        moved=pl.DataFrame(rows, schema=schema),
        matrix=matrix,
        subjects=joined.height,
        changes=changes(old, new),
    )


def grade_order(old: Rubric, new: Rubric) -> list[str]:
    """Return the grades of two editions, best first, each in its place."""
    return merged([row.id for row in old.grades], [row.id for row in new.grades])


def _moved(row: Mapping[str, Any], key: str, old: Rubric, new: Rubric) -> dict[str, Any]:
    def printed(value: int | None, rubric: Rubric) -> float | None:
        return None if value is None else value / rubric.point_unit

    return {
        key: row[key],
        "grade_old": row["grade"] or row["outcome"],
        "grade_new": row["grade__new"] or row["outcome__new"],
        "direction": row["direction"],
        "earned_old": printed(row.get("earned"), old),
        "earned_new": printed(row.get("earned__new"), new),
        "because": "; ".join(because(row, old, new)),
    }


def because(row: Mapping[str, Any], old: Rubric, new: Rubric) -> list[str]:
    """Name the rows whose points differ and the rules that decide in one edition only.

    `row` holds both gradings of a subject, the columns of the second with ``__new`` where both have one.
    """
    reasons: list[str] = []
    old_rows = {r.id: r for r in old.scoring}
    new_rows = {r.id: r for r in new.scoring}
    names = ["start", *dict.fromkeys([*old_rows, *new_rows])]
    for name in names:
        a = row.get(f"{compiled.POINTS}{name}")
        again = f"{compiled.POINTS}{name}__new"
        b = row[again] if again in row else row.get(f"{compiled.POINTS}{name}")
        a, b = _own(name, a, old_rows), _own(name, b, new_rows)
        if a is None or b is None or a * new.point_unit == b * old.point_unit:
            continue
        clause = _clause(name, new, new_rows) or _clause(name, old, old_rows)
        known = new_rows.get(name) or old_rows.get(name)
        label = f" {row_label(known)}" if known is not None else ""
        change = f"{a / old.point_unit:g} -> {b / new.point_unit:g}"
        reasons.append(f"{name}{label} {change} [{clause}]")
    if row["decided_by"] != row["decided_by__new"]:
        for by, rubric in ((row["decided_by"], old), (row["decided_by__new"], new)):
            row_id = by.removeprefix("not graded: ")
            rule = next((r for r in rubric.overrides if r.id == row_id), None)
            if rule is not None:
                reasons.append(f"{rubric.edition}: {rule.id} {row_label(rule)} [{rule.clause}]")
    elif row["decided_by"] != "score":
        rule = next((r for r in new.overrides if r.id == row["decided_by"]), None)
        if rule is not None and rule.repair is not None:
            said = tr("its repair", "其修复规则")
            reasons.append(f"{new.edition}: {rule.id} {row_label(rule)}, {said} [{rule.clause}]")
    if not reasons:
        reasons.append(tr("cut-offs or conditions of the grades", "等级分数线或条件"))
    return reasons


def _own(name: str, points: int | None, rows: Mapping[str, Indicator]) -> int | None:
    """Points of a row in an edition: 0 where that edition does not have it."""
    return points if name == "start" or name in rows else 0


def _clause(name: str, rubric: Rubric, rows: Mapping[str, Indicator]) -> str:
    if name == "start":
        return rubric.start.rows[0].clause if rubric.start is not None else ""
    return str(rows[name].clause) if name in rows else ""

"""The steps of a column, and who has another grade after one: the parts that `cliffs` walks over."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, Literal

import polars as pl

from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.law.rubric import Indicator, Rubric
from lishui_credit.rubrics.regrading import direction_of
from lishui_credit.tables.columns import Column

Kind = Literal["value", "flag", "level", "day", "event"]
"""What is stepped: a column, an answer, a level, the day of grading, an event."""
ROW: Final = "_row"
WAS: Final = "_was__"
"""The row of a subject, and what stands before the names of columns as they were before a step."""
_STEP_OF_MONEY: Final = 100  # fen: one yuan


def deciding(rubric: Rubric, name: str) -> list[str] | None:
    """Return the override rules that read a column; None where it decides by points alone."""
    rules = [row.id for row in rubric.active_overrides if name in compiled.override_columns(row)]
    other: set[str | None] = {flag for grade in rubric.grades for flag in grade.at_least_if}
    tests = [c for grade in rubric.grades for c in grade.requires]
    if rubric.start is not None:
        tests += [c for row in rubric.start.rows for c in row.when]
        other |= {rubric.start.bonus.column} if rubric.start.bonus is not None else set()
    other |= {part for c in tests for part in (c.column, c.over)}
    return rules if rules or name in other else None


def steps_of(column: Column) -> Iterator[tuple[Kind, int, str, pl.Expr]]:
    """Yield the steps of a column: of what kind, which way, to which level, and the cell after it."""
    cell = pl.col(column.id)
    if column.type == "flag":
        for step in (1, -1):
            other = pl.when(cell.is_not_null()).then(pl.lit(step > 0))
            yield "flag", step, "", other.alias(column.id)
    elif column.type == "level":
        for level in column.values:
            yield (
                "level",
                1,
                level,
                pl.when(cell.is_not_null()).then(pl.lit(level)).alias(column.id),
            )
    elif column.numeric or column.type == "date":
        for step in (1, -1):
            yield "value", step, "", _stepped(column, step)


def _stepped(column: Column, step: int) -> pl.Expr:
    """Return a column one unit on; as it is where it would leave its bounds."""
    cell = pl.col(column.id)
    if column.type == "date":
        return cell.dt.offset_by(f"{step}d").alias(column.id)
    size = _STEP_OF_MONEY if column.type == "money" else 1
    on = cell + pl.lit(step * size, dtype=pl.Int64)
    inside = pl.lit(True)
    for end, sign in ((column.maximum, 1), (column.minimum, -1)):
        if end is not None and sign == step:
            mark = int(end * column.per_unit)
            inside = on <= mark if sign > 0 else on >= mark
    return pl.when(inside).then(on).otherwise(cell).alias(column.id)


def compared(
    frame: pl.LazyFrame, rubric: Rubric, rows: list[Indicator], rules: Collection[str]
) -> pl.LazyFrame:
    """Return the subjects with another grade: their row, the direction, the rule behind it."""
    grade, was = pl.col("grade"), pl.col(f"{WAS}grade")
    way = direction_of(was, grade, [row.id for row in rubric.grades])
    points = [(f"{compiled.POINTS}{row.id}", row.id) for row in rows]
    changed = [
        pl.when(pl.col(name).ne_missing(pl.col(f"{WAS}{name}"))).then(pl.lit(row))
        for name, row in points
    ]
    by, by_was = pl.col("decided_by"), pl.col(f"{WAS}decided_by")
    by, by_was = (cell.str.strip_prefix("not graded: ") for cell in (by, by_was))
    other, set_by = by != by_was, list(rules)
    better = pl.when(way == "up").then(grade).otherwise(was)
    by_points = pl.concat_str(changed, separator="+", ignore_nulls=True) if changed else pl.lit("")
    plain = ["score", compiled.WITHHELD]
    said = (
        pl.when(other & by.is_in(set_by))
        .then(by)
        .when(other & by_was.is_in(set_by))
        .then(by_was)
        .when(by_points != "")
        .then(by_points)
        .when(other & ~by.is_in(plain))
        .then(by)
        .when(other & ~by_was.is_in(plain))
        .then(by_was)
        .otherwise(pl.format("grade:{}", better.fill_null("")))
    )
    moved = grade.ne_missing(was) | (pl.col("outcome") != pl.col(f"{WAS}outcome"))
    return frame.filter(moved).select(ROW, way.alias("direction"), said.alias("rule"))

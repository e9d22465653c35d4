"""What a grade asks for beside points, and by how much a subject misses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any, Final

import polars as pl

from lishui_credit.language import tr
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.law.rubric import Condition, Rubric
from lishui_credit.tables.columns import called, dictionary, printed

_SIGNS: Final = (("at_least", "≥"), ("above", ">"), ("below", "<"), ("at_most", "≤"))
_OF_LOANS: Final = frozenset({"borrowers", "loan_balance"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """One condition that a subject does not meet, or of which nothing can be told."""

    column: str
    label: str
    found: str
    bounds: str  # what is needed
    short_by: str = ""  # in the unit of the column; empty where no number would do
    unknown: bool = False
    nothing_to_divide: bool = False

    def __str__(self) -> str:
        """Return it as one phrase."""
        short = tr(f", {self.short_by}", f",{self.short_by}") if self.short_by else ""
        needed = tr("needed: ", "要求:") + self.bounds
        return f"{self.label}: {self.found} ({needed}{short})"

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "column": self.column,
            "label": self.label,
            "found": self.found,
            "needed": self.bounds,
            "short_by": self.short_by,
            "unknown": self.unknown,
            "nothing_to_divide": self.nothing_to_divide,
        }


def missed(
    frame: pl.DataFrame, conditions: tuple[Condition, ...], rubric: Rubric
) -> list[tuple[Missed, ...]]:
    """Return, for every row of a frame, the conditions it does not meet."""
    told = [c for c in conditions if c.column is not None and c.column in frame.columns]
    return [
        tuple(
            _missed(condition, row)
            for condition, holds in zip(told, answers, strict=True)
            if holds is not True
        )
        for row, answers in zip(
            frame.iter_rows(named=True), _met(frame, told, rubric).iter_rows(), strict=True
        )
    ]


def met_conditions(
    row: pl.DataFrame, conditions: tuple[Condition, ...], rubric: Rubric
) -> tuple[tuple[Missed, bool | None], ...]:
    """Return every condition as one row stands to it, and whether it is met; None if unknown."""
    told = [c for c in conditions if c.column is not None and c.column in row.columns]
    answers = _met(row, told, rubric).row(0) if told else ()
    values = row.row(0, named=True)
    return tuple((_missed(c, values), met) for c, met in zip(told, answers, strict=True))


def _met(frame: pl.DataFrame, conditions: list[Condition], rubric: Rubric) -> pl.DataFrame:
    return frame.select(
        compiled.holds(condition, rubric, pl).alias(str(place))
        for place, condition in enumerate(conditions)
    )


def _missed(condition: Condition, row: Mapping[str, Any]) -> Missed:
    column, over = str(condition.column), condition.over
    value, base = row[column], row[over] if over is not None else None
    label = called(column) if over is None else f"{called(column)} / {called(over)}"
    lacking = [name for name in (column, over) if name is not None and row[name] is None]
    found, short, empty = printed(column, value), "", over is not None and base == 0
    if lacking:
        names = tr(", ", "、").join(map(called, lacking))
        found = tr(f"no figure for {names}", f"缺少{names}")
    elif over is not None and empty:
        found = tr("no loans", "无贷款") if over in _OF_LOANS else f"{called(over)} 0"
    else:
        short = _short(condition, value, base)
        if over is not None:
            sides = (dictionary()[name].per_unit for name in (over, column))
            share = Fraction(int(value), int(str(base))) * Fraction(*sides)
            found = f"{_percent(share)} = {found} / {printed(over, base)}"
    return Missed(
        column=column,
        label=label,
        found=found,
        bounds=_bounds(condition),
        short_by=short,
        unknown=bool(lacking),
        nothing_to_divide=not lacking and empty,
    )


def _bounds(condition: Condition) -> str:
    rate = condition.over is not None or dictionary()[str(condition.column)].type == "rate"
    parts = []
    for name, sign in _SIGNS:
        bound = getattr(condition, name)
        if bound is not None:
            parts.append(f"{sign} {_percent(Fraction(bound)) if rate else bound}")
    if isinstance(condition.equals, bool):
        parts.append(tr("yes", "是") if condition.equals else tr("no", "否"))
    elif condition.equals is not None:
        parts.append(printed(str(condition.column), condition.equals))
    parts += [printed(str(condition.column), word) for word in condition.one_of]
    return ", ".join(parts)


def _short(condition: Condition, value: object, base: object) -> str:
    """Return by how much a number misses its bound, in the smallest step the column takes."""
    column = dictionary()[str(condition.column)]
    if not isinstance(value, int) or isinstance(value, bool) or not column.numeric:
        return ""
    scale = Fraction(column.per_unit)
    if condition.over is not None:
        scale *= Fraction(int(str(base)), dictionary()[condition.over].per_unit)

    def bound(name: str) -> Fraction | None:
        mark = getattr(condition, name)
        return None if mark is None else Fraction(mark) * scale

    low, high = bound("at_least"), bound("at_most")
    least = None if low is None else ceil(low)
    if (above := bound("above")) is not None:
        least = floor(above) + 1
    most = None if high is None else floor(high)
    if (below := bound("below")) is not None:
        most = ceil(below) - 1
    if least is not None and value < least:
        gap = printed(column.id, least - value)
        return tr(f"{gap} short", f"差 {gap}")
    if most is not None and value > most:
        gap = printed(column.id, value - most)
        return tr(f"{gap} too much", f"超出 {gap}")
    return ""


def _percent(share: Fraction) -> str:
    """Return a share in percent, cut after two places so that none is shown as reached."""
    whole, rest = divmod(floor(share * 10_000), 100) if share >= 0 else (0, 0)
    if share < 0:
        return "-" + _percent(-share)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"

"""Where a rubric that deducts starts: the rows that apply to somebody, and one subject's start."""

from __future__ import annotations

from itertools import product

from lishui_credit.points import Value
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.proofs.cells_of_ratios import Cells, read
from lishui_credit.rubrics.law.proofs.row_points import bounds, value_of
from lishui_credit.rubrics.law.proofs.rule_patterns import all_of, truth
from lishui_credit.rubrics.law.proofs.value_pieces import Held, pieces
from lishui_credit.rubrics.law.rubric import Condition, Rubric


def start_rows(rubric: Rubric) -> dict[int | None, dict[Value, Held]]:
    """Return the start rows that apply to somebody, each with facts; None for no row at all."""
    assert rubric.start is not None
    asked: dict[Value, list[Condition]] = {}
    for row in rubric.start.rows:
        for condition in row.when:
            asked.setdefault(value_of(condition), []).append(condition)
    samples = [
        [p.sample for p in pieces(value, [b for c in conditions for b in bounds(c)])]
        for value, conditions in asked.items()
    ]
    found: dict[int | None, dict[Value, Held]] = {}
    for cells in product(*samples):
        at = dict(zip(asked, cells, strict=True))
        hit = next(
            (
                n
                for n, row in enumerate(rubric.start.rows)
                if all_of(truth(c, at[value_of(c)]) for c in row.when)
            ),
            None,
        )
        found.setdefault(hit, at)
    return found


def start_points(rubric: Rubric, cells: Cells) -> int | None:
    """Return the start score of a rubric that deducts, in its unit; None where it cannot be told."""
    assert rubric.start is not None
    points: int | None = None
    for row in rubric.start.rows:
        held = all_of(truth(c, read(value_of(c), cells)) for c in row.when)
        if held is None and rubric.start.missing == "withhold":
            return None
        if held:
            points = tables.units(row.points, rubric.point_unit)
            break
    bonus = rubric.start.bonus
    if points is None or bonus is None:
        return points
    each = tables.units(bonus.points_each, rubric.point_unit)
    most = tables.units(bonus.at_most, rubric.point_unit)
    return min(points + each * int(cells.get(bonus.column) or 0), most)

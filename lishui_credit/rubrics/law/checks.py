"""What a whole edition must satisfy beyond its shape: sums, references, null policies, widths.

`check` returns every problem with the place in the tables it concerns, so that the reader can name
the line. What one row, condition or formula must satisfy by itself stands in `row_checks`; grades,
overrides and the start score in `grade_checks`.
"""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction

from lishui_credit.errors import Problem
from lishui_credit.language import Bilingual
from lishui_credit.points import INT64_MAX, INT128_MAX
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.band_checks import check_bands
from lishui_credit.rubrics.law.grade_checks import (
    check_directions,
    check_grades,
    check_overrides,
    check_reason,
    check_stands_on,
    check_start,
)
from lishui_credit.rubrics.law.link_checks import check_links
from lishui_credit.rubrics.law.number_checks import check_numbers
from lishui_credit.rubrics.law.row_checks import (
    Found,
    check_choices,
    check_column,
    check_fine,
    check_formula,
    check_levels,
    check_notes,
    columns_of,
    say,
)
from lishui_credit.rubrics.law.rubric import TABLES, Indicator, Rubric
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.toml_places import Loc


def check(rubric: Rubric, unread: frozenset[str] = frozenset()) -> list[tuple[Loc, Problem]]:
    """Return every problem of an edition, as read, with its place."""
    # Rows and keys with a mistake are not in the rubric: a part that compares tables or keys of
    # `unread` would tell of what is only not readable.
    compared = {
        _whole: ("in_force", "aggregate", "start", "point_unit", "subject_id", "carries"),
        _status: ("status", "lacking", "indicators", "source", "aggregate"),
        _ids: (),
        _codes: (),
        _dimensions: (),
        _sums: ("dimensions", "indicators", "aggregate", "status", "point_unit", "choices"),
        check_choices: ("choices",),
        check_notes: ("notes", "notes_zh"),
        check_grades: ("grades", "aggregate", "status", "point_unit"),
        _rows: ("aggregate", "point_unit", "choices"),
        check_numbers: ("aggregate",),
        check_overrides: ("status",),
        check_start: ("start", "point_unit"),
        check_directions: (),
        check_links: ("source", "documents", "cycle", "bases", "adjustment", "start"),
        check_stands_on: (),
        _others: ("bases", "adjustment", "cycle", "point_unit"),
    }
    found = [
        problem
        for part, tables_read in compared.items()
        if unread.isdisjoint(tables_read)
        for problem in part(rubric)
    ]
    return found if found or unread else list(_widths(rubric))


def _whole(rubric: Rubric) -> Found:
    yield from check_column(("subject_id",), rubric.subject_id, ("text", "uscc", "resident_id"))
    if rubric.point_unit not in (1, 10, 100, 1000):
        yield say(
            ("point_unit",),
            "point_unit must be 1, 10, 100 or 1000",
            "point_unit 须为 1、10、100 或 1000",
            rubric.point_unit,
        )
    until = rubric.in_force.until
    if until is not None and until <= rubric.in_force.start:
        yield say(
            ("in_force",), "until must be later than from", "until 须晚于 from", rubric.in_force
        )
    if rubric.aggregate == "deduct" and rubric.start is None:
        yield say(("start",), "a rubric that deducts needs [start]", "扣分制须有 [start]")
    for place, name in enumerate(rubric.carries):
        yield from check_column(("carries", place), name)


def _status(rubric: Rubric) -> Found:
    """Yield what does not fit the status: an outline says what it lacks, a whole edition grades."""
    if rubric.status == "reconstructed":
        if rubric.lacking is None:
            yield say(
                ("status",),
                "a reconstructed edition must say what it lacks",
                "提纲版本(reconstructed)须写明所缺内容",
                hint=Bilingual(
                    "add [lacking] with what, what_zh, how",
                    "请补充 [lacking]:what、what_zh、how",
                ),
            )
        return
    if rubric.lacking is not None:
        yield say(
            ("lacking",),
            "[lacking] belongs to reconstructed editions only",
            "[lacking] 仅用于提纲版本(reconstructed)",
        )
    if rubric.aggregate != "none" and not rubric.scoring:
        yield say(("indicators",), "no indicator has points", "没有可计分的指标")
    if rubric.status == "checked" and rubric.source.read_on is None:
        yield say(
            ("source",),
            "a checked edition needs source.read_on, the day the text was compared",
            "已核对(checked)的版本须写明 source.read_on(核对日期)",
        )
    if rubric.aggregate == "weighted":
        total = sum(row.weight or 0 for row in rubric.scoring)
        if total != 100:
            yield say(("indicators",), "weights do not add up to 100", "权重之和不为 100", total)


def _ids(rubric: Rubric) -> Found:
    for table in TABLES:
        ids: list[str] = [row.id for row in getattr(rubric, table)]
        counts = Counter(ids)
        for place, name in enumerate(ids):
            if counts[name] > 1:
                yield say((table, place, "id"), "duplicate id", "id 重复", name)
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
                yield say(
                    (table, place, "id"),
                    "an id may have letters, digits, _, - and . only",
                    "id 只能含字母、数字、_、- 和 .",
                    name,
                )


def _codes(rubric: Rubric) -> Found:
    """Yield the codes of events that stand at two rows: one of them would never count."""
    rows: list[tuple[Loc, str]] = [
        (("indicators", place, "event"), row.event.code)
        for place, row in enumerate(rubric.indicators)
        if row.event is not None
    ]
    rows += [
        (("overrides", place, "event"), row.event)
        for place, row in enumerate(rubric.overrides)
        if row.event is not None
    ]
    counts = Counter(code for _, code in rows)
    for loc, code in rows:
        if counts[code] > 1:
            yield say(loc, "an event code stands twice", "事件代码重复", code)


def _dimensions(rubric: Rubric) -> Found:
    ids = {dimension.id for dimension in rubric.dimensions}
    for place, row in enumerate(rubric.indicators):
        if row.dimension is not None and row.dimension not in ids:
            yield say(
                ("indicators", place, "dimension"), "no such dimension", "没有该维度", row.dimension
            )


def _sums(rubric: Rubric) -> Found:
    """Yield dimensions whose points are not the sum of their indicators'."""
    if rubric.aggregate not in ("sum", "weighted") or rubric.status == "reconstructed":
        return
    for place, dimension in enumerate(rubric.dimensions):
        if dimension.points is None:
            continue
        members = [row for row in rubric.indicators if row.dimension == dimension.id]
        weights = [Fraction(row.weight or 0) for row in members]
        if rubric.aggregate == "sum":
            enabled = [row for row in members if row.enabled]
            try:
                weights = [Fraction(tables.best(rubric, r), rubric.point_unit) for r in enabled]
            except ValueError:  # points finer than the unit, which are told at their row
                continue
        if sum(weights) != Fraction(dimension.points):
            yield say(
                ("dimensions", place, "points"),
                "the indicators of the dimension do not add up to its points",
                "维度内各指标之和与维度分值不符",
                f"{sum(weights)} ≠ {dimension.points}",
            )


def _rows(rubric: Rubric) -> Found:
    for place, row in enumerate(rubric.indicators):
        loc: Loc = ("indicators", place)
        forms = [
            name for name in ("bands", "levels", "share", "event", "formula") if getattr(row, name)
        ]
        if len(forms) > 1:
            yield say(
                loc,
                "a row must have one way to score only",
                "一行只能有一种计分方式",
                ", ".join(forms),
            )
            continue
        yield from check_reason(loc, row)
        yield from _missing(loc, row, rubric)
        if rubric.aggregate == "weighted" and row.weight is None and row.scores:
            yield say(
                loc,
                "a scoring row of a weighted rubric needs a weight",
                "加权制的计分指标须有 weight",
            )
        if row.max_points is not None:
            unit = tables.row_unit(rubric, row)
            yield from check_fine((*loc, "max_points"), row.max_points, unit)
        yield from _row_columns(loc, row)
        if (row.bands or row.share) and (row.column is None) == (not row.mix):
            yield say(
                loc,
                "bands and share need a column or a mix, not both",
                "bands、share 须写 column 或 mix 之一",
            )
            continue
        if row.levels and row.column is None:
            yield say(loc, "levels need a column", "levels 须写 column")
            continue
        if all(name in dictionary() for name in columns_of(row)):
            yield from _scoring(loc, row, rubric)


def _missing(loc: Loc, row: Indicator, rubric: Rubric) -> Found:
    """Yield where a row does not say what an empty value means, or says what it cannot mean."""
    if row.missing is None and (row.bands or row.levels or row.share or row.formula):
        yield say(
            loc,
            "the row needs missing: what an empty value means",
            "该行须写 missing(空值如何处理)",
            hint=Bilingual(
                'write missing = "withhold", "zero", "full" or "exclude"',
                '请写 missing = "withhold"、"zero"、"full" 或 "exclude"',
            ),
        )
    if row.missing == "exclude" and rubric.aggregate not in ("sum", "weighted"):
        yield say(
            loc,
            'missing = "exclude" is for sum and weighted rubrics only',
            'missing = "exclude" 仅用于求和制或加权制',
        )


def _row_columns(loc: Loc, row: Indicator) -> Found:
    yield from check_column((*loc, "column"), row.column)
    yield from check_column((*loc, "over"), row.over)
    yield from check_column((*loc, "judged"), row.judged, ("integer", "number"))
    for term in row.mix:
        yield from check_column((*loc, "mix"), term.column)
        yield from check_column((*loc, "mix"), term.over)


def _scoring(loc: Loc, row: Indicator, rubric: Rubric) -> Found:
    """Yield what is wrong with the way a row scores."""
    if row.bands:
        yield from check_bands(rubric, row, loc)
    if row.levels:
        yield from check_levels(rubric, row, loc)
    if (row.share or row.formula) and row.max_points is None:
        yield say(
            loc, "share and formula rows need max_points", "share、formula 的行须写 max_points"
        )
    if row.formula:
        yield from check_formula((*loc, "formula"), row.formula.name, row.formula.params, rubric)
    if row.event and row.event.deduct is not None:
        yield from check_fine((*loc, "event"), row.event.deduct, rubric.point_unit)
        known = {repair.id for repair in rubric.repairs}
        for limit in row.event.limits:
            for name in (limit.column, limit.over):
                yield from check_column((*loc, "event"), name, ("money",))
        if row.event.repair is not None and row.event.repair not in known:
            yield say((*loc, "event"), "no such repair class", "没有该修复类别", row.event.repair)


def _others(rubric: Rubric) -> Found:
    for place, amount in enumerate(rubric.amounts):
        yield from check_formula(
            ("amounts", place, "formula"), amount.formula.name, amount.formula.params, rubric
        )
    for place, repair in enumerate(rubric.repairs):
        for at, window in enumerate(repair.windows):
            for points in (window.restore, window.small_restore):
                if points is not None:
                    loc: Loc = ("repairs", place, "windows", at)
                    yield from check_fine(loc, points, rubric.point_unit)
    if rubric.bases is not None:
        for name in (rubric.bases.key, *rubric.bases.columns):
            yield from check_column(("bases",), name)
    if rubric.adjustment is not None:
        yield from check_column(("adjustment",), rubric.adjustment.column)
    if rubric.cycle is not None and not re.fullmatch(
        r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", rubric.cycle.result_by
    ):
        yield say(
            ("cycle",), "result_by must be MM-DD", "result_by 须为 MM-DD", rubric.cycle.result_by
        )


def _widths(rubric: Rubric) -> Found:
    """Yield where numbers of a sound edition could overflow at their columns' largest values."""
    for place, row in enumerate(rubric.indicators):
        if not row.scores or row.share or row.event or row.formula:
            continue
        heaviest = tables.points_table(rubric, row).heaviest
        if heaviest > INT128_MAX:
            yield say(
                ("indicators", place),
                "the numbers of this row can be too large to compute exactly",
                "该行数值可能过大,无法精确计算",
                heaviest,
                Bilingual("lower the maximum of its columns", "请降低所用列的 maximum"),
            )
    reach = max(tables.reachable(rubric), 1)
    if reach * reach > INT64_MAX:
        yield say(
            ("point_unit",),
            "the total can be too large to compute exactly",
            "总分可能过大,无法精确计算",
            reach,
        )

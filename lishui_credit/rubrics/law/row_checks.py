"""What one part of an edition must satisfy by itself: columns, bands, levels, conditions, formulas.

Each ``check_…`` yields the problems of the part it is given, with their place; `checks` calls them
on every part of an edition and adds what only the whole can show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from lishui_credit.errors import Problem
from lishui_credit.language import Bilingual, tr
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.event_rules import Number
from lishui_credit.rubrics.law.formulas import FORMULAS
from lishui_credit.rubrics.law.rubric import (
    BandRow,
    Bound,
    Condition,
    Factor,
    Indicator,
    Rubric,
)
from lishui_credit.tables.columns import Column, dictionary
from lishui_credit.tables.header_words import did_you_mean
from lishui_credit.tables.toml_places import Loc

Found = Iterator[tuple[Loc, Problem]]


def say(
    loc: Loc, en: str, zh: str, found: object = "", hint: Bilingual | str = ""
) -> tuple[Loc, Problem]:
    """Return a problem at its place, in the language in use."""
    return loc, Problem(tr(en, zh), str(found), str(hint))


def check_column(loc: Loc, name: str | None, kinds: Sequence[str] = ()) -> Found:
    """Yield a problem where a column is unknown or of another type."""
    if name is None:
        return
    known = dictionary()
    if name not in known:
        yield say(
            loc,
            "no such column in the data dictionary",
            "数据字典中没有该列",
            name,
            did_you_mean([name], known)
            or tr(
                "correct the name, or add it to dictionary/*.toml",
                "请改正名称,或补入 dictionary/*.toml",
            ),
        )
    elif kinds and known[name].type not in kinds:
        yield say(
            loc,
            "the column's type does not fit here",
            "此处不能用该类型的列",
            f"{name}: {known[name].type}",
            tr(f"take one of {', '.join(kinds)}", f"可用类型:{'、'.join(kinds)}"),
        )


def check_fine(loc: Loc, points: Number, unit: int) -> Found:
    """Yield a problem where points are finer than the edition's unit."""
    if (Fraction(points) * unit).denominator != 1:
        yield say(
            loc,
            "points have more decimals than point_unit holds",
            "分值的小数位多于 point_unit 所容",
            f"{points}, point_unit = {unit}",
            Bilingual("raise point_unit", "请增大 point_unit"),
        )


def columns_of(row: Indicator) -> list[str]:
    """Return the columns a row reads for its value."""
    names = [row.column, row.over, *(term.column for term in row.mix), *(t.over for t in row.mix)]
    return [name for name in names if name is not None]


def bounds_of(entry: BandRow | Condition) -> list[Bound]:
    """Return the bounds that are given, as printed."""
    found = (entry.at_least, entry.above, entry.below, entry.at_most)
    return [bound for bound in found if bound is not None]


def is_number(bound: Bound) -> bool:
    """Tell whether a bound can be computed with."""
    try:
        Fraction(bound)
    except (ValueError, ZeroDivisionError):
        return False
    return True


def check_reach(loc: Loc, bound: Bound, column: Column) -> Found:
    """Yield a problem where a bound lies outside the values its column can hold."""
    low, high = column.minimum, column.maximum
    value = Fraction(bound)
    if (low is None or value >= Fraction(low)) and (high is None or value <= Fraction(high)):
        return
    hint = Bilingual("", "")
    if column.type == "rate":
        hint = Bilingual("write 0.95 for 95%", "95% 须写作 0.95")
    yield say(
        loc,
        f"the bound lies outside the values of {column.id} ({low} to {high})",
        f"界限超出“{column.label_zh}”的取值范围({low} 至 {high})",
        bound,
        hint,
    )


def check_ranges(loc: Loc, ranges: Iterable[tuple[Number, Number]]) -> Found:
    """Yield where ranges of an assessor's figure overlap, or leave figures between them out."""
    last: Number | None = None
    for low, high in sorted(ranges):
        if low > high:
            yield say(loc, "the range ends before it begins", "range 的上限低于下限", [low, high])
        if last is not None and low < last:
            yield say(loc, "the ranges overlap", "参考分档重叠", f"{low} < {last}")
        if last is not None and low > last + 1:
            yield say(loc, "the ranges leave a hole", "参考分档之间有空档", f"{last} … {low}")
        last = high if last is None else max(last, high)


def check_levels(rubric: Rubric, row: Indicator, loc: Loc) -> Found:
    """Yield where levels and the column's values differ."""
    assert row.column is not None
    column = dictionary()[row.column]
    allowed = {"true", "false"} if column.type == "flag" else set(column.values)
    for key in sorted(set(row.levels) ^ allowed):
        yield say(
            (*loc, "levels"),
            "levels and the column's values differ",
            "levels 与该列取值不一致",
            key,
            Bilingual(
                f"the values are {', '.join(sorted(allowed))}",
                f"取值为 {'、'.join(sorted(allowed))}",
            ),
        )
    for points in row.levels.values():
        yield from check_fine((*loc, "levels"), points, tables.row_unit(rubric, row))
    for key, (low, high) in row.ranges.items():
        if key not in row.levels or not low <= row.levels[key] <= high:
            yield say((*loc, "ranges"), "points lie outside the range", "分值不在 range 之内", key)
    yield from check_ranges((*loc, "ranges"), row.ranges.values())


def check_condition(loc: Loc, condition: Condition, rubric: Rubric) -> Found:
    """Yield what is wrong with one condition."""
    operands = (condition.column, condition.points, condition.score or None)
    if sum(operand is not None for operand in operands) != 1:
        yield say(
            loc,
            "a condition needs exactly one of column, points, score",
            "条件须且只能写 column、points、score 之一",
        )
        return
    bounds = bounds_of(condition)
    if not all(is_number(bound) for bound in bounds):
        yield say(
            loc,
            'a bound must be a number or a fraction such as "2/3"',
            '界限须为数字或分数(如 "2/3")',
            bounds,
        )
    tests = len(bounds)
    tests += (condition.equals is not None) + bool(condition.one_of)
    if tests == 0:
        yield say(
            loc, "a condition needs equals, one_of or a bound", "条件须写 equals、one_of 或界限"
        )
    if condition.points is not None and condition.points not in {r.id for r in rubric.scoring}:
        yield say(loc, "no such scoring row", "没有该计分指标", condition.points)
    for name in (condition.column, condition.over):
        yield from check_column(loc, name)
    if condition.better is not None:
        yield from _better(loc, condition)
    if condition.column in dictionary():
        column = dictionary()[str(condition.column)]
        yield from _values(loc, condition, column)
        for bound in bounds:
            if condition.over is None and column.numeric and is_number(bound):
                yield from check_reach(loc, bound, column)


def _better(loc: Loc, condition: Condition) -> Found:
    """Yield where a condition says which values are better, and what it reads has no such order."""
    found = dictionary().get(str(condition.column))
    kind = "" if found is None else "number" if found.numeric else found.type
    fit = {"number": ("higher", "lower"), "flag": ("higher", "lower"), "level": ("listed",)}
    if condition.better not in fit.get(kind, ()):
        yield say(
            loc,
            "better does not fit what the condition reads",
            "better 与条件所读内容不符",
            condition.better,
            Bilingual(
                "higher or lower of a number or a flag (yes is higher), listed of a level",
                "数值列、是否列写 higher 或 lower(“是”为高),等级列写 listed",
            ),
        )


def _values(loc: Loc, condition: Condition, column: Column) -> Found:
    if column.type == "flag" and not isinstance(condition.equals, bool):
        yield say(loc, "a flag needs equals = true or false", "是否列须写 equals = true 或 false")
    if column.type == "level":
        named = list(condition.one_of)
        named += [condition.equals] if isinstance(condition.equals, str) else []
        for name in named:
            if name not in column.values:
                yield say(loc, "the column has no such value", "该列没有此取值", name)


def check_formula(loc: Loc, name: str, params: Mapping[str, Factor], rubric: Rubric) -> Found:
    """Yield where a formula is unknown or lacks parameters or columns."""
    formula = FORMULAS.get(name)
    if formula is None:
        yield say(loc, "no such formula", "没有该公式", name, ", ".join(FORMULAS))
        return
    given = set(params) | set(rubric.choice_values())
    lacking = sorted(set(formula.params) - given)
    if lacking:
        yield say(loc, "the formula lacks parameters", "公式缺少参数", ", ".join(lacking))
    for column in formula.columns:
        yield from check_column(loc, column)


def check_notes(rubric: Rubric) -> Found:
    """Yield where the notes in one language are not as many as in the other."""
    en, zh = len(rubric.notes), len(rubric.notes_zh)
    if en and zh and en != zh:
        yield say(
            ("notes_zh",),
            "notes and notes_zh say the same in the same order, or one is left out",
            "notes 与 notes_zh 须逐条对应,或只写其一",
            f"{en} / {zh}",
        )


def check_choices(rubric: Rubric) -> Found:
    """Yield readings taken, and readings that bands name, that no choice offers."""
    for place, choice in enumerate(rubric.choices):
        if choice.taken not in {option.id for option in choice.options}:
            yield say(("choices", place, "taken"), "no such option", "没有该选项", choice.taken)
    known = {f"{choice.id}:{option.id}" for choice in rubric.choices for option in choice.options}
    for place, row in enumerate(rubric.indicators):
        for at, entry in enumerate(row.bands):
            if entry.choice is not None and entry.choice not in known:
                yield say(
                    ("indicators", place, "bands", at),
                    "no such choice:option",
                    "没有该选项(choice:option)",
                    entry.choice,
                )

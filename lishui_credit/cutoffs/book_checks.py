"""What is wrong with a table of loans: every problem of its columns, for `book`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from lishui_credit.errors import Problem
from lishui_credit.language import plural, tr
from lishui_credit.policies.policy import FARTHEST
from lishui_credit.scorecards.protected import protected_as, told_by_values
from lishui_credit.tables.header_words import no_column, says_yuan

OWN: Final = ("score", "bad", "amount_fen", "pd", "id")
"""Columns of a book, which no segment or group may be called."""

_LARGEST: Final = 10**15  # fen; ten trillion yuan in one loan is a mistake of units
_TOTAL: Final = 4 * 10**17  # fen; keeps every sum of money inside 64 bits


def roles(
    extra: Sequence[str], segments: Sequence[str], score: str, order: Sequence[str] | None
) -> list[Problem]:
    """Return what is wrong with the roles that columns are given, and with an order of grades."""
    problems = [
        Problem(
            tr("the book has a column of this name of its own", "该列名为本表专用"),
            name,
            tr("rename the column", "请为该列改名"),
        )
        for name in extra
        if name in OWN
    ]
    for name in segments:
        attribute = protected_as(name)
        if attribute is not None:
            problems.append(
                Problem(
                    tr("a protected attribute may not decide", "受保护属性不得用于决策"),
                    attribute,
                    tr("list it in groups, where it is only measured", "请列入 groups,仅作测量"),
                    name,
                )
            )
    if protected_as(score) is not None:
        problems.append(
            Problem(
                tr("a protected attribute may not be the score", "受保护属性不得作为评分"),
                where=score,
            )
        )
    repeated = [grade for grade, count in Counter(order or ()).items() if count > 1]
    if repeated or (order is not None and len(order) < 2):
        problems.append(
            Problem(
                tr("order must list two grades or more, each once", "等级顺序至少两个且不得重复"),
                ", ".join(order or ()),
                where="order",
            )
        )
    return problems


def told(table: pl.DataFrame, segments: Sequence[str]) -> list[Problem]:
    """Return the problem of each segment whose values are those of a protected attribute."""
    names = [name for name in segments if name in table.columns and protected_as(name) is None]
    return [
        Problem(
            tr(
                "the values of a segment are those of a protected attribute, which may not decide",
                "分段取值属于受保护属性,不得用于决策",
            ),
            attribute,
            tr("list it in groups, where it is only measured", "请列入 groups,仅作测量"),
            name,
        )
        for name, attribute in told_by_values(table.select(list(dict.fromkeys(names)))).items()
    ]


def lacking(table: pl.DataFrame, wanted: Sequence[str], outcome: str) -> list[Problem]:
    """Return a problem for every column that is missing; of outcomes, what can be done without."""
    missing = [name for name in dict.fromkeys(wanted) if name not in table.columns]
    found = [no_column(name, table.columns, name) for name in missing]
    return [
        _no_outcomes(outcome, problem) if problem.where == outcome else problem for problem in found
    ]


def _no_outcomes(outcome: str, missing: Problem | None = None) -> Problem:
    what = tr("scores without outcomes: ", "只有评分,没有结果:") + (
        missing.what if missing else tr("the column is empty", "该列全空")
    )
    hint = tr(
        "join the outcomes first; without them a policy can only be applied (`decide`)",
        "请先并入结果;没有结果时只能套用既有政策(`decide`)",
    )
    return Problem(what, "", f"{missing.hint} {hint}".strip() if missing else hint, outcome)


def choice(name: str, value: object, *allowed: str) -> list[Problem]:
    """Return a problem where a value is none of the allowed ones."""
    if value in allowed:
        return []
    return [Problem(tr("no such choice", "没有该选项"), repr(value), ", ".join(allowed), name)]


def _count(wrong: pl.Series, what: str, hint: str, where: str) -> list[Problem]:
    """Return a problem with the number of rows and the first of them, or none."""
    rows = wrong.fill_null(False).arg_true()
    if not len(rows):
        return []
    first = ", ".join(str(row) for row in rows.head(3))
    found = tr(
        f"{plural(len(rows), 'row')}, first {first}", f"{len(rows):,} 行,首先为第 {first} 行"
    )
    return [Problem(what, found, hint, where)]


@dataclass(frozen=True, slots=True)
class Window:
    """How long loans were observed, and what is done with those too young or without an outcome."""

    opened: str | None  # column of opening dates
    as_of: date | None
    months: int
    unmatured: str  # refuse or drop
    unknown: str

    def keep(
        self, table: pl.DataFrame, outcome: str
    ) -> tuple[pl.DataFrame, dict[str, int], list[Problem]]:
        """Return the loans whose outcome is known and mature, what was dropped, what is wrong."""
        problems = choice("unmatured", self.unmatured, "refuse", "drop")
        problems += choice("unknown", self.unknown, "refuse", "drop")
        wrong = self._wrong(table)
        problems += wrong
        dropped: dict[str, int] = {}
        if not wrong and self.opened in table.columns:
            days = table[str(self.opened)]
            missing = tr("the opening date is missing", "缺少开户日期")
            problems += _count(days.is_null(), missing, "", str(self.opened))
            matures = days.cast(pl.Date).dt.offset_by(f"{self.months}mo")
            young = (matures > self.as_of).fill_null(False)
            if self.unmatured == "drop" and young.any():
                dropped["unmatured"] = int(young.sum())
                table = table.filter(~young)
            else:
                problems += self._too_young(young)
        if outcome in table.columns and table[outcome].null_count() < table.height:
            empty = _gaps(table[outcome])
            if self.unknown == "drop" and empty.any():
                dropped["unknown"] = int(empty.sum())
                table = table.filter(~empty)
            else:
                what = tr("the outcome is missing", "缺少结果")
                hint = tr("drop them (unknown='drop') or join them", "请剔除(unknown='drop')或补全")
                problems += _count(empty, what, hint, outcome)
        return table, dropped, problems

    def _wrong(self, table: pl.DataFrame) -> list[Problem]:
        """Return why maturity cannot be told; nothing where it is not asked for."""
        if (self.opened is None) != (self.as_of is None):
            return [
                Problem(
                    tr("opened and as_of must be given together", "opened 与 as_of 须同时给出"),
                    tr(
                        f"opened {self.opened}, as_of {self.as_of}",
                        f"opened {self.opened},as_of {self.as_of}",
                    ),
                    tr("maturity is computed from both", "两者共同决定是否到期"),
                )
            ]
        if self.opened is None:
            return []
        if type(self.as_of) is not date:
            return [Problem(tr("this is not a date", "不是日期"), repr(self.as_of), where="as_of")]
        if not (isinstance(self.months, int) and self.months >= 0):
            what = tr("window_months must be a whole number, 0 or more", "观察期须为非负整数月")
            return [Problem(what, repr(self.months), where="window_months")]
        kind = table.schema.get(self.opened)
        if kind is not None and (not kind.is_temporal() or kind in (pl.Time, pl.Duration)):
            what = tr("the column does not hold dates", "不是日期列")
            return [Problem(what, str(kind), "", self.opened)]
        return []

    def _too_young(self, young: pl.Series) -> list[Problem]:
        what = tr(
            f"outcomes not matured: observed for less than {plural(self.months, 'month')}",
            f"结果尚未成熟:观察期不足 {self.months} 个月",
        )
        hint = tr(
            "drop them (unmatured='drop') or observe longer", "请剔除(unmatured='drop')或延长观察"
        )
        return _count(young, what, hint, str(self.opened))


# ---- columns ----------------------------------------------------------------------------------


def _gaps(column: pl.Series) -> pl.Series:
    return column.is_null() | column.is_nan() if column.dtype.is_float() else column.is_null()


def not_numbers(column: pl.Series, where: str) -> list[Problem]:
    """Return the problem of a column that does not hold numbers, if it is one."""
    if column.dtype.is_numeric():
        return []
    return [Problem(tr("these are not numbers", "不是数字列"), str(column.dtype), "", where)]


def scores(table: pl.DataFrame, name: str, order: Sequence[str] | None) -> list[Problem]:
    """Return what is wrong with a column of scores, or of grades if an order is given."""
    column = table[name]
    hint = tr("score these loans or leave them out", "请评分或剔除这些贷款")
    missing = tr("the score is missing or NaN", "评分缺失或为 NaN")
    if order is not None:
        known = column.cast(pl.String).is_in(list(order))
        strange = column.filter(~known).unique().sort().head(5).to_list()
        what = tr("grades not in the order given", "等级不在给定顺序中")
        return [
            *_count(column.is_null(), missing, hint, name),
            *_count(~known, what, ", ".join(map(str, strange)), name),
        ]
    if not column.dtype.is_numeric():
        what, hint = (
            tr("scores are not numbers", "评分不是数字"),
            tr("for grades, give their order, best first", "若为等级,请给出由好到差的顺序"),
        )
        return [Problem(what, str(column.dtype), hint, name)]
    problems = _count(_gaps(column), missing, hint, name)
    if column.dtype.is_float():
        infinite = tr("the score is infinite", "评分为无穷大")
        return problems + _count(column.is_infinite(), infinite, hint, name)
    far = column.cast(pl.Float64).abs() > FARTHEST
    what = tr("a whole score beyond 2 to the 53rd power", "整数评分超出 2 的 53 次方")
    return problems + _count(far, what, tr("is it an id?", "是否误用了编号列?"), name)


def outcomes(table: pl.DataFrame, name: str) -> list[Problem]:
    """Return what is wrong with a column of outcomes, 1 bad and 0 good."""
    column = table[name]
    if table.height == 0 or column.null_count() == table.height:
        return [_no_outcomes(name)]
    if column.dtype != pl.Boolean:
        problems = not_numbers(column, name)
        if problems:
            return problems
        problems = _count(
            ~_gaps(column) & (column != 0) & (column != 1),
            tr("an outcome is neither 0 (good) nor 1 (bad)", "结果既不是 0(好)也不是 1(坏)"),
            tr("code bad as 1, good as 0", "坏编码为 1,好为 0"),
            name,
        )
        if problems:
            return problems
    bads = int((column == 1).sum() if column.dtype != pl.Boolean else column.sum())
    if bads in (0, table.height - int(_gaps(column).sum())):
        what = tr("only one outcome occurs", "只出现一种结果")
        found = tr(
            f"{plural(bads, 'bad')} of {plural(table.height, 'loan')}",
            f"{table.height:,} 笔中 {bads:,} 笔坏",
        )
        hint = tr("were the outcomes joined? widen the window", "结果是否已并入?请扩大观察期")
        return [Problem(what, found, hint, name)]
    return []


def amounts(table: pl.DataFrame, name: str) -> list[Problem]:
    """Return what is wrong with a column of amounts, whole fen."""
    column = table[name]
    problems = not_numbers(column, name)
    if problems:
        return problems
    yuan = tr("money must be whole fen: multiply yuan by 100", "金额以分为单位的整数:元请乘以 100")
    problems = _count(_gaps(column), tr("the amount is missing", "缺少金额"), "", name)
    if says_yuan(name):
        what = tr("the column's name says yuan", "列名表明单位为元")
        problems.append(Problem(what, name, yuan, name))
    if not column.dtype.is_integer():
        numbers = column.cast(pl.Float64)
        fraction = numbers.is_finite() & (numbers != numbers.round())
        cents = numbers.filter(fraction) * 100
        evident = bool(len(cents)) and bool(((cents - cents.round()).abs() < 1e-4).all())
        hint = tr("all have two decimals or fewer: ", "小数均不超过两位:") if evident else ""
        what = tr("the amount is not a whole number of fen", "金额不是整数分")
        problems += _count(fraction, what, hint + yuan, name)
        infinite = tr("the amount is infinite", "金额为无穷大")
        problems += _count(numbers.is_infinite(), infinite, "", name)
    problems += _count(column < 0, tr("the amount is negative", "金额为负"), "", name)
    problems += _count(column == 0, tr("the amount is zero", "金额为零"), "", name)
    large = tr("the amount is above ten trillion yuan", "金额超过十万亿元")
    problems += _count(column.cast(pl.Float64) > _LARGEST, large, "", name)
    if not problems and float(column.cast(pl.Float64).sum()) > _TOTAL:
        what = tr(
            "the amounts sum to more than four thousand trillion yuan", "金额合计超过四千万亿元"
        )
        problems.append(Problem(what, hint=tr("check the unit", "请核对单位"), where=name))
    return problems


def pds(table: pl.DataFrame, name: str) -> list[Problem]:
    """Return what is wrong with a column of default probabilities."""
    column = table[name]
    return not_numbers(column, name) or [
        *_count(_gaps(column), tr("the PD is missing or NaN", "违约概率缺失或为 NaN"), "", name),
        *_count(
            (column < 0) | (column > 1),
            tr("a PD lies outside 0 to 1", "违约概率不在 0 到 1 之间"),
            tr("give shares: 2.5% is 0.025", "请用比例:2.5% 记为 0.025"),
            name,
        ),
    ]


def ids(table: pl.DataFrame, name: str) -> list[Problem]:
    """Return what is wrong with a column of ids."""
    column = table[name]
    return [
        *_count(column.is_null(), tr("the id is missing", "缺少编号"), "", name),
        *_count(
            column.is_not_null() & ~column.is_first_distinct(),
            tr("an id is repeated", "编号重复"),
            tr("one row per loan", "每笔贷款一行"),
            name,
        ),
    ]

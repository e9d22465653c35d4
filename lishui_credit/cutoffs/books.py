"""A checked table of scored loans with known outcomes: `Book`, made by `book`.

Everything in this folder reads a book. Its frame has the columns ``score`` (higher is better,
whatever the file's own direction), ``bad`` (1 bad, 0 good), ``amount_fen`` and, where given, ``pd``
and ``id``; segments and groups keep their names. A segment may decide; a group is only measured.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.policies.policy import FARTHEST
from lishui_credit.scorecards.protected import protected_as
from lishui_credit.tables.frames import as_polars
from lishui_credit.tables.headers import says_yuan

_LARGEST: Final = 10**15  # fen; ten trillion yuan in one loan is a mistake of units
_TOTAL: Final = 4 * 10**17  # fen; keeps every sum of money inside 64 bits
_OWN: Final = ("score", "bad", "amount_fen", "pd", "id")


@dataclass(frozen=True, slots=True)
class Book:
    """Scored loans with outcomes, checked.

    Parameters
    ----------
    frame : polars.DataFrame, shape (n, 3 or more)
        ``score`` Int64 or Float64, higher better; ``bad`` Int8; ``amount_fen`` Int64; ``pd``
        Float64 and ``id`` where given; segments and groups.
    segments : tuple of str
        Columns a policy may differ by.
    groups : tuple of str
        Columns by which people are only measured.
    higher : {"better", "worse"}
        Direction of the score in the file it came from.
    order : tuple of str
        Grades, best first, where the score is a grade; else empty.
    dropped : dict of str to int
        Rows left out: "unmatured", "unknown".
    """

    frame: pl.DataFrame
    segments: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    higher: Literal["better", "worse"] = "better"
    order: tuple[str, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Number of loans."""
        return self.frame.height

    def own(self, scores: pl.Series) -> pl.Series:
        """Return scores as the file has them: the sign turned back, a grade by its name.

        Parameters
        ----------
        scores : polars.Series, shape (k,)
            On the book's scale, higher better; nulls stay.

        Returns
        -------
        polars.Series, shape (k,)

        Examples
        --------
        >>> frame = pl.DataFrame({"grade": ["A", "B", "C"], "bad": [0, 0, 1], "amount_fen": [1, 1, 1]})
        >>> graded = book(frame, score="grade", order=["A", "B", "C"])
        >>> graded.own(graded.frame["score"]).to_list()
        ['A', 'B', 'C']
        """
        if self.order:
            labels = dict(enumerate(reversed(self.order)))
            return scores.replace_strict(labels, return_dtype=pl.String)
        return -scores if self.higher == "worse" else scores


def book(
    frame: Any,
    *,
    score: str = "score",
    outcome: str = "bad",
    amount: str | int = "amount_fen",
    id: str | None = None,
    segments: Sequence[str] = (),
    groups: Sequence[str] = (),
    pd: str | None = None,
    higher: Literal["better", "worse"] = "better",
    order: Sequence[str] | None = None,
    opened: str | None = None,
    as_of: date | None = None,
    window_months: int = 12,
    unmatured: Literal["refuse", "drop"] = "refuse",
    unknown: Literal["refuse", "drop"] = "refuse",
) -> Book:
    """Return a checked book of loans, or every problem the table has at once.

    A loan is matured when `window_months` have passed from its opening to `as_of`. Unmatured loans
    are dropped whether bad already or not: to keep only the early bads would raise the bad rate.

    Parameters
    ----------
    frame : polars DataFrame or LazyFrame, pandas DataFrame, pyarrow Table, any narwhals frame
        One row per loan, shape (n, at least the columns named).
    score : str, default "score"
        Column of finite numbers, or of grades when `order` is given.
    outcome : str, default "bad"
        Column of 1 or true (bad) and 0 or false (good); both must occur.
    amount : str or int, default "amount_fen"
        Column of amounts lent, whole fen, positive; or one amount for every loan.
    id : str, optional
        Column that names each loan once.
    segments : sequence of str, optional
        Columns a policy may differ by (county, product); a protected attribute is refused.
    groups : sequence of str, optional
        Columns to measure only (sex, age band).
    pd : str, optional
        Column of probabilities of default, 0 to 1.
    higher : {"better", "worse"}, default "better"
        What a higher score means.
    order : sequence of str, optional
        Grades, best first, where `score` is a grade.
    opened : str, optional
        Column of dates on which loans were opened; needs `as_of`.
    as_of : date, optional
        Day on which outcomes were observed.
    window_months : int, default 12
        Months a loan must have been observed.
    unmatured, unknown : {"refuse", "drop"}, default "refuse"
        What to do with loans too young, and with matured loans that have no outcome.

    Returns
    -------
    Book

    Raises
    ------
    SubjectError
        If columns are missing, scores are missing, NaN or infinite, outcomes are absent, unknown,
        unmatured, not 0/1 or of one class, amounts are not whole, not positive or in yuan, a PD is
        outside 0 to 1, an id repeats, or a segment is protected: all of it at once.

    Examples
    --------
    >>> frame = pl.DataFrame({"score": [600, 640, 700], "bad": [1, 0, 0], "amount_fen": [500] * 3})
    >>> book(frame).rows
    3
    >>> book(frame.drop("bad"))
    Traceback (most recent call last):
    lishui_credit.errors.SubjectError: bad: scores without outcomes: there is no such column · hint: ...
    """
    table = as_polars(frame)
    named = {"score": score, "bad": outcome}
    named |= {"amount_fen": amount} if isinstance(amount, str) else {}
    named |= {own: name for own, name in (("pd", pd), ("id", id)) if name is not None}
    segments, groups = (
        (names,) if isinstance(names, str) else tuple(names) for names in (segments, groups)
    )
    extra = [*dict.fromkeys([*segments, *groups])]
    problems = _roles(extra, segments, score, order)
    if higher not in ("better", "worse"):
        what = tr("no such choice", "没有该选项")
        problems.append(Problem(what, repr(higher), "better, worse", "higher"))
    present, missing = _present(table, [*named.values(), *extra, *([opened] if opened else [])])
    problems += [
        _no_outcomes(outcome, problem) if problem.where == outcome else problem
        for problem in missing
    ]
    chosen = table.select(present)
    kept, dropped, trouble = _matured(
        chosen, present, outcome, opened, as_of, window_months, unmatured, unknown
    )
    problems += trouble
    columns = [pl.col(name) for name in extra if name in present]
    if score in present:
        problems += _scores(kept, score, order)
        columns.append(_score(kept, score, higher, order))
    if outcome in present:
        problems += _outcomes(kept, outcome)
        columns.append(pl.col(outcome).cast(pl.Int8, strict=False).alias("bad"))
    if not isinstance(amount, str):
        problems += _amounts(pl.DataFrame({"amount": [amount]}), "amount")
        columns.append(pl.lit(amount, dtype=pl.Int64).alias("amount_fen"))
    elif amount in present:
        problems += _amounts(kept, amount)
        columns.append(pl.col(amount).cast(pl.Int64, strict=False).alias("amount_fen"))
    if pd in present:
        problems += _pds(kept, str(pd))
        columns.append(pl.col(str(pd)).cast(pl.Float64, strict=False).alias("pd"))
    if id in present:
        problems += _ids(kept, str(id))
        columns.append(pl.col(str(id)).alias("id"))
    if problems:
        raise SubjectError(problems)
    checked = kept.select(columns).select(
        [*(n for n in _OWN if n in {*named, "amount_fen"}), *extra]
    )
    return Book(checked, tuple(segments), tuple(groups), higher, tuple(order or ()), dropped)


def _roles(
    extra: Sequence[str], segments: Sequence[str], score: str, order: Sequence[str] | None
) -> list[Problem]:
    problems = [
        Problem(
            tr("the book has a column of this name of its own", "该列名为本表专用"),
            name,
            tr("rename the column", "请为该列改名"),
        )
        for name in extra
        if name in _OWN
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


def _present(table: pl.DataFrame, wanted: Sequence[str]) -> tuple[list[str], list[Problem]]:
    present, problems = [], []
    for name in dict.fromkeys(wanted):
        if name in table.columns:
            present.append(name)
            continue
        near = difflib.get_close_matches(name, table.columns, n=1)
        hint = tr(f"is it '{near[0]}'?", f"是否为“{near[0]}”?") if near else ""
        found = ", ".join(table.columns[:8])
        problems.append(Problem(tr("there is no such column", "没有该列"), found, hint, name))
    return present, problems


def _no_outcomes(outcome: str, missing: Problem | None = None) -> Problem:
    what = tr("scores without outcomes: ", "只有评分,没有结果:") + (
        missing.what if missing else tr("the column is empty", "该列全空")
    )
    hint = tr(
        "join the outcomes first; without them a policy can only be applied (`decide`)",
        "请先并入结果;没有结果时只能套用既有策略(`decide`)",
    )
    return Problem(what, "", f"{missing.hint} {hint}".strip() if missing else hint, outcome)


def _count(wrong: pl.Series, what: str, hint: str, where: str) -> list[Problem]:
    """Return a problem with the number of rows and the first of them, or none."""
    rows = wrong.fill_null(False).arg_true()
    if not len(rows):
        return []
    first = ", ".join(str(row) for row in rows.head(3))
    found = tr(f"{len(rows):,} rows, first {first}", f"{len(rows):,} 行,首先为第 {first} 行")
    return [Problem(what, found, hint, where)]


def _matured(
    table: pl.DataFrame,
    present: Sequence[str],
    outcome: str,
    opened: str | None,
    as_of: date | None,
    window_months: int,
    unmatured: str,
    unknown: str,
) -> tuple[pl.DataFrame, dict[str, int], list[Problem]]:
    """Return the loans whose outcome is known and mature, what was dropped, what is wrong."""
    problems, dropped = [], {}
    for name, choice in (("unmatured", unmatured), ("unknown", unknown)):
        if choice not in ("refuse", "drop"):
            problems.append(
                Problem(tr("no such choice", "没有该选项"), repr(choice), "refuse, drop", name)
            )
    if (opened is None) != (as_of is None):
        problems.append(
            Problem(
                tr("opened and as_of must be given together", "opened 与 as_of 须同时给出"),
                tr(f"opened {opened}, as_of {as_of}", f"opened {opened},as_of {as_of}"),
                tr("maturity is computed from both", "两者共同决定是否到期"),
            )
        )
    elif opened is not None and type(as_of) is not date:
        problems.append(Problem(tr("this is not a date", "不是日期"), repr(as_of), where="as_of"))
    elif opened is not None and not (isinstance(window_months, int) and window_months >= 0):
        what = tr("window_months must be a whole number, 0 or more", "观察期须为非负整数月")
        problems.append(Problem(what, repr(window_months), where="window_months"))
    elif opened in present:
        days = table[str(opened)]
        if not days.dtype.is_temporal() or days.dtype in (pl.Time, pl.Duration):
            what = tr("the column does not hold dates", "不是日期列")
            problems.append(Problem(what, str(days.dtype), "", str(opened)))
        else:
            problems += _count(
                days.is_null(), tr("the opening date is missing", "缺少开户日期"), "", str(opened)
            )
            matures = days.cast(pl.Date).dt.offset_by(f"{window_months}mo")
            young = (matures > as_of).fill_null(False)
            if young.any():
                if unmatured == "drop":
                    dropped["unmatured"] = int(young.sum())
                    table = table.filter(~young)
                else:
                    problems += _count(
                        young,
                        tr(
                            f"outcomes not matured: less than {window_months} months observed",
                            f"结果尚未成熟:观察期不足 {window_months} 个月",
                        ),
                        tr(
                            "drop them (unmatured='drop') or observe longer",
                            "请剔除(unmatured='drop')或延长观察",
                        ),
                        str(opened),
                    )
    if outcome in present and table[outcome].null_count() < table.height:
        empty = _gaps(table[outcome])
        if empty.any():
            if unknown == "drop":
                dropped["unknown"] = int(empty.sum())
                table = table.filter(~empty)
            else:
                problems += _count(
                    empty,
                    tr("the outcome is missing", "缺少结果"),
                    tr("drop them (unknown='drop') or join them", "请剔除(unknown='drop')或补全"),
                    outcome,
                )
    return table, dropped, problems


def _gaps(column: pl.Series) -> pl.Series:
    return column.is_null() | column.is_nan() if column.dtype.is_float() else column.is_null()


def _not_numbers(column: pl.Series, where: str) -> list[Problem]:
    if column.dtype.is_numeric():
        return []
    return [Problem(tr("these are not numbers", "不是数字列"), str(column.dtype), "", where)]


def _scores(table: pl.DataFrame, name: str, order: Sequence[str] | None) -> list[Problem]:
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


def _score(table: pl.DataFrame, name: str, higher: str, order: Sequence[str] | None) -> pl.Expr:
    if order is not None:
        places = {grade: place for place, grade in enumerate(reversed(order))}
        expression = pl.col(name).cast(pl.String).replace_strict(places, default=None)
        return expression.cast(pl.Int64).alias("score")
    kind = pl.Int64 if table[name].dtype.is_integer() else pl.Float64
    number = pl.col(name).cast(kind, strict=False)
    return (-number if higher == "worse" else number).alias("score")


def _outcomes(table: pl.DataFrame, name: str) -> list[Problem]:
    column = table[name]
    if table.height == 0 or column.null_count() == table.height:
        return [_no_outcomes(name)]
    if column.dtype != pl.Boolean:
        problems = _not_numbers(column, name)
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
            f"{bads:,} bads of {table.height:,} loans", f"{table.height:,} 笔中 {bads:,} 笔坏"
        )
        hint = tr("were the outcomes joined? widen the window", "结果是否已并入?请扩大观察期")
        return [Problem(what, found, hint, name)]
    return []


def _amounts(table: pl.DataFrame, name: str) -> list[Problem]:
    column = table[name]
    problems = _not_numbers(column, name)
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


def _pds(table: pl.DataFrame, name: str) -> list[Problem]:
    column = table[name]
    return _not_numbers(column, name) or [
        *_count(_gaps(column), tr("the PD is missing or NaN", "违约概率缺失或为 NaN"), "", name),
        *_count(
            (column < 0) | (column > 1),
            tr("a PD lies outside 0 to 1", "违约概率不在 0 到 1 之间"),
            tr("give shares: 2.5% is 0.025", "请用比例:2.5% 记为 0.025"),
            name,
        ),
    ]


def _ids(table: pl.DataFrame, name: str) -> list[Problem]:
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

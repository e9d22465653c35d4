"""Swap sets: who enters and who leaves when a new policy takes the place of an old one.

Applicants whom the old policy declined have mostly no outcome, because nobody lent to them. Every
bad rate here is of the known outcomes alone, beside the count of the unknown; of a swap-in set with
few known outcomes it says little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.policies.deciding import decision, exact_scores, wrong_with
from lishui_credit.policies.policy import APPROVE, DECISIONS, NOT_DECIDED, Policy
from lishui_credit.statistics.proportions import jeffreys_interval
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.frames import as_polars
from lishui_credit.tables.header_words import says_yuan
from lishui_credit.validation.groups import MIN_ROWS, TOO_FEW
from lishui_credit.validation.migrations import Migration, migration

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

SETS: Final = ("both", "swap_in", "swap_out", "neither", "open", "approved_old", "approved_new")
"""Approved by both; by the new only; by the old only; by none; not decided by one of them; then all
that the old approves and all that the new approves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """Two policies on the same applicants.

    Parameters
    ----------
    old, new : str
        id@version.
    table : polars.DataFrame, shape (7, 11)
        One row per set of `SETS`: ``set``, ``applicants``, ``share`` of all, ``amount_fen`` (null
        without amounts), ``known`` and ``unknown`` outcomes, ``bads``, ``bad_rate`` of the known
        with Jeffreys' ``low`` and ``high``, ``note``.
    by : polars.DataFrame
        The same per ``column`` and ``group``; groups too small keep their counts of applicants
        only.
    decisions : Migration
        Old decision to new decision, approve first.
    grades : Migration or None
        Old grade to new grade, where both policies read grades of one order.
    """

    old: str
    new: str
    table: pl.DataFrame
    by: pl.DataFrame
    decisions: Migration
    grades: Migration | None = None


def swap(
    frame: IntoFrame,
    old: Policy,
    new: Policy,
    *,
    by: Sequence[str] = (),
    outcome: str | None = None,
    amount: str | None = None,
    min_rows: int = MIN_ROWS,
    level: float = 0.95,
) -> Swap:
    """Return who enters and who leaves, by group, and how they performed.

    A referral is not an approval here: what the person will say is not known. Approvals and
    validity of the policies are not asked for; nothing is decided.

    Parameters
    ----------
    frame : polars, pandas, pyarrow or any narwhals frame, shape (n, any)
        One row per applicant, with what both policies read.
    old, new : Policy
        The policies.
    by : sequence of str
        Columns to count by: county, product; protected ones too, they are only counted.
    outcome : str, optional
        Column of 1 (bad) and 0 (good), null where not known.
    amount : str, optional
        Column of fen, whole and not negative.
    min_rows : int, default 50
        Smaller groups get no bad rate.
    level : float, default 0.95
        Confidence of intervals.

    Returns
    -------
    Swap

    Raises
    ------
    SubjectError
        For absent columns, scores of the wrong type, outcomes other than 0 and 1, amounts that are
        not whole fen: everything at once.

    References
    ----------
    Siddiqi (2017), Intelligent Credit Scoring, 2nd edition, Wiley, chapter 11 (swap sets). Brown,
    Cai and DasGupta (2001), Statistical Science 16, 101-133, for the interval.

    Examples
    --------
    >>> from lishui_credit.policies.policy import Score
    >>> def at(cut):
    ...     return Policy(id="p", version=str(cut), title_zh="甲", author="b", kind="single",
    ...                   score=Score(column="score"), cut_off=cut)
    >>> people = pl.DataFrame({"score": [590, 600, 610], "bad": [None, 1, 0]})
    >>> found = swap(people, at(600), at(590), outcome="bad").table
    >>> found.select("set", "applicants", "known", "unknown").rows()[:3]
    [('both', 2, 2, 0), ('swap_in', 1, 0, 1), ('swap_out', 0, 0, 0)]
    """
    table = exact_scores(exact_scores(as_polars(frame), old), new)
    _refuse(table, old, new, [*by], outcome, amount)
    first, second = (decision(policy, table.schema) for policy in (old, new))
    unset = pl.lit(None, pl.Int64)
    rows = table.select(
        first.alias("_old"),
        second.alias("_new"),
        (pl.col(outcome).cast(pl.Int64) if outcome else unset).alias("_bad"),
        (pl.col(amount).cast(pl.Int64) if amount else unset).alias("_amount"),
        *by,
    )
    groups = [
        _counted(part.drop(name), min_rows, level).select(
            pl.lit(name).alias("column"), pl.lit(group, pl.String).alias("group"), pl.all()
        )
        for name in by
        for (group,), part in rows.with_columns(pl.col(name).cast(pl.String))
        .sort(name, nulls_last=True, maintain_order=True)
        .partition_by(name, as_dict=True, maintain_order=True)
        .items()
    ]
    whole = _counted(rows, 1, level)
    empty = whole.clear().select(
        pl.lit(None, pl.String).alias("column"), pl.lit(None, pl.String).alias("group"), pl.all()
    )
    return Swap(
        old=f"{old.id}@{old.version}",
        new=f"{new.id}@{new.version}",
        table=whole,
        by=pl.concat([empty, *groups]),
        decisions=migration(rows["_old"], rows["_new"], order=DECISIONS),
        grades=_grades(table, old, new),
    )


def _refuse(
    table: pl.DataFrame,
    old: Policy,
    new: Policy,
    by: list[str],
    outcome: str | None,
    amount: str | None,
) -> None:
    problems = [*wrong_with(table, old, None), *wrong_with(table, new, None)]
    problems += lacking([*by, outcome, amount], table.columns)
    if table.is_empty():
        problems.append(Problem(tr("there are no applicants to compare", "没有可比较的申请人")))
    if outcome in table.columns:
        values = table[str(outcome)]
        numbers = values.cast(pl.Float64, strict=False)
        count = int(
            (values.is_not_null() & ~((numbers == 0) | (numbers == 1)).fill_null(False)).sum()
        )
        if count:
            what = tr("outcomes other than 0 and 1", "结果不是 0 或 1")
            found = tr(f"{count} rows", f"{count} 行")
            hint = tr("leave it empty where it is not known", "未知结果请留空")
            problems.append(Problem(what, found, hint, str(outcome)))
    if amount in table.columns:
        money = table[str(amount)]
        yuan = tr("multiply yuan by 100 and round", "请将元乘以 100 并取整")
        if says_yuan(str(amount)):
            what = tr("the column's name says yuan", "列名表明单位为元")
            problems.append(Problem(what, hint=yuan, where=str(amount)))
        elif not (money.dtype.is_integer() or money.dtype == pl.Null):
            what = tr("money must be whole fen", "金额须为整数分")
            problems.append(Problem(what, str(money.dtype), yuan, str(amount)))
        elif count := int((money < 0).sum()):
            what, found = tr("a negative amount", "金额为负"), tr(f"{count} rows", f"{count} 行")
            problems.append(Problem(what, found, where=str(amount)))
        elif count := money.null_count():
            what, found = tr("amounts are missing", "金额缺失"), tr(f"{count} rows", f"{count} 行")
            problems.append(Problem(what, found, where=str(amount)))
    refuse(dict.fromkeys(problems))


def _counted(rows: pl.DataFrame, min_rows: int, level: float) -> pl.DataFrame:
    before, after = pl.col("_old") == APPROVE, pl.col("_new") == APPROVE
    is_open = (pl.col("_old") == NOT_DECIDED) | (pl.col("_new") == NOT_DECIDED)
    tests = {
        "both": before & after,
        "swap_in": ~before & after & ~is_open,
        "swap_out": before & ~after & ~is_open,
        "neither": ~before & ~after & ~is_open,
        "open": is_open,
        "approved_old": before,
        "approved_new": after,
    }
    money = pl.col("_amount").sum() if rows["_amount"].count() else pl.lit(None)
    counted = pl.concat(
        rows.filter(test).select(
            pl.lit(name).alias("set"),
            pl.len().cast(pl.Int64).alias("applicants"),
            (pl.len() / rows.height).alias("share"),
            money.cast(pl.Int64).alias("amount_fen"),
            pl.col("_bad").count().cast(pl.Int64).alias("known"),
            pl.col("_bad").null_count().cast(pl.Int64).alias("unknown"),
            pl.col("_bad").sum().cast(pl.Int64).alias("bads"),
        )
        for name, test in tests.items()
    )
    low, high = jeffreys_interval(counted["bads"], counted["known"], level)
    few = rows.height < min_rows
    some = (pl.col("known") > 0) & ~pl.lit(few)
    return counted.with_columns(
        pl.when(~pl.lit(few)).then("bads").alias("bads"),
        pl.when(some).then(pl.col("bads") / pl.col("known")).alias("bad_rate"),
        pl.when(some).then(pl.Series(low)).alias("low"),
        pl.when(some).then(pl.Series(high)).alias("high"),
        _note(few).alias("note"),
    )


def _note(few: bool) -> pl.Expr:
    if few:
        return pl.lit(TOO_FEW)
    share = pl.format("{} / {}", "unknown", "applicants")
    return (
        pl.when(pl.col("unknown") > 0)
        .then(pl.format("{} {}", share, pl.lit(tr("without an outcome", "无结果"))))
        .otherwise(pl.lit(None, pl.String))
    )


def _grades(table: pl.DataFrame, old: Policy, new: Policy) -> Migration | None:
    order = old.score.order
    if not order or order != new.score.order:
        return None
    sides = [
        table[policy.score.column]
        .cast(pl.String)
        .replace_strict({g: g for g in order}, default=None)
        for policy in (old, new)
    ]
    if (sides[0].is_null() | sides[1].is_null()).all():
        return None
    return migration(*sides, order=order)

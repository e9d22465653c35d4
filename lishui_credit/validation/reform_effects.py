"""What a change of the rules does to a register: who moves, group by group, and the money that follows.

Groups are counted to see whom a change reaches; none of their columns decides anything. Intervals
are those of a share among as many subjects drawn at random: a whole register has none of that
uncertainty, a sample of it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from lishui_credit.errors import refuse
from lishui_credit.language import plural, tr
from lishui_credit.pricing.credit_lines import (
    DRAWN_BP,
    LineTable,
    Markups,
    exposure,
    exposure_change,
    grade_lines,
    rates,
)
from lishui_credit.rubrics.distribution import ALL, grade_label, outcome_label
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.reform import because, grade_order
from lishui_credit.rubrics.regrading import DIRECTIONS, Register, direction_of
from lishui_credit.statistics.proportions import wilson
from lishui_credit.statistics.refusals import lacking
from lishui_credit.validation.groups import MIN_ROWS, TOO_FEW, crossed, parts_of
from lishui_credit.validation.migrations import Migration, migration

_NEW: Final = "__new"


@dataclass(frozen=True, slots=True, eq=False)
class Reform:
    """A register under the rules in force and under a change of them.

    Parameters
    ----------
    old, new : Register
        The same subjects; `new` is `old` itself where the change does not grade on the day.
    change : Rubric
        The changed edition, whether it grades on the day or not.
    frame : polars.DataFrame
        One row per subject: its id, carried columns and `groups`; ``grade_old``, ``grade_new``
        (null without a grade), ``outcome_old``, ``outcome_new``, ``direction`` (up, down, other,
        same), ``earned_old`` and ``earned_new`` in the editions' units, and each amount with
        ``_old`` and ``_new``, in fen.
    """

    old: Register
    new: Register
    change: Rubric
    frame: pl.DataFrame
    amounts: tuple[str, ...] = field(default=())  # columns of money without ``_old`` and ``_new``

    @property
    def applies(self) -> bool:
        """Whether the change grades on the day."""
        return self.new is not self.old

    @property
    def synthetic(self) -> bool:
        """Whether any subject is made up."""
        told = self.frame.get_column("synthetic", default=pl.Series([False]))
        return bool(told.fill_null(False).any())

    @property
    def subjects(self) -> int:
        """Subjects graded."""
        return self.frame.height

    @property
    def labels(self) -> dict[str, str]:
        """What the grades of both editions are called, by id."""
        both = (self.new.rubric, self.old.rubric)
        return {grade.id: grade_label(row, grade.id) for row in both for grade in row.grades}

    def moved(self) -> pl.DataFrame:
        """Return the subjects that move, with ``because``: the rows and rules behind it."""
        key = self.old.rubric.subject_id
        theirs = self.frame.filter(pl.col("direction") != "same")
        if not self.applies or theirs.is_empty():
            return theirs.head(0).with_columns(pl.lit("", dtype=pl.String).alias("because"))
        ids = theirs.select(key)
        left, right = (ids.join(part.frame, on=key) for part in (self.old, self.new))
        joined = left.join(right, on=key, suffix=_NEW)
        told = [
            (row[key], "; ".join(because(row, self.old.rubric, self.new.rubric)))
            for row in joined.iter_rows(named=True)
        ]
        words = pl.DataFrame(told, schema={key: pl.String, "because": pl.String}, orient="row")
        return theirs.join(words, on=key, how="left", maintain_order="left")

    def matrix(self) -> pl.DataFrame:
        """Return the subjects by old and new grade: ``grade_old``, ``grade_new``, ``subjects``."""
        ranks = {grade: place for place, grade in enumerate(self._order())}
        named = [
            pl.col(f"grade_{side}").fill_null(pl.col(f"outcome_{side}")) for side in ("old", "new")
        ]
        counted = self.frame.group_by(named).agg(pl.len().alias("subjects"))
        order = [
            pl.col(name).replace_strict(ranks, default=len(ranks), return_dtype=pl.Int32)
            for name in ("grade_old", "grade_new")
        ]
        return counted.with_columns(pl.col("subjects").cast(pl.Int64)).sort(*order, "grade_old")

    def cells(self) -> pl.DataFrame:
        """Return the subjects graded by both cell by cell, as `Migration.cells`, best grade first."""
        twice = self.frame.drop_nulls(["grade_old", "grade_new"])
        order = self._order()
        if twice.is_empty():
            return Migration(tuple(order), np.zeros((len(order), len(order)))).cells()
        return migration(twice["grade_old"], twice["grade_new"], order=order).cells()

    def _order(self) -> list[str]:
        return grade_order(self.old.rubric, self.new.rubric)

    def by_group(
        self, columns: Sequence[str] = (), *, level: float = 0.95, min_rows: int = MIN_ROWS
    ) -> pl.DataFrame:
        """Count who moves, over all and by the groups of columns.

        Parameters
        ----------
        columns : sequence of str
            Columns of `frame`; ``"county*industry"`` crosses two.
        level : float, default 0.95
            Confidence of the intervals.
        min_rows : int, default 50
            Smaller groups are listed without figures.

        Returns
        -------
        polars.DataFrame
            ``column``, ``group``, ``subjects``, ``up``, ``down``, ``other`` (a grade gained or
            lost), ``same``; ``up_share``, ``up_low``, ``up_high`` and the same of ``down``
            (Wilson); ``note`` ("too few" in a group without figures). The first row is everybody.

        Raises
        ------
        SubjectError
            If a column is not there: all at once.
        """
        _refuse_unknown(self.frame, columns)
        frame = pl.concat([self._counted(column) for column in ("", *columns)])
        shares = []
        for name in ("up", "down"):
            low, high = wilson(frame[name].to_numpy(), frame["subjects"].to_numpy(), level)
            shares += [
                (pl.col(name) / pl.col("subjects")).alias(f"{name}_share"),
                pl.Series(f"{name}_low", low),
                pl.Series(f"{name}_high", high),
            ]
        few = (pl.col("subjects") < min_rows) & (pl.col("column") != "")
        figures = [*(*DIRECTIONS, "same"), "up_share", "up_low", "up_high"]
        figures += ["down_share", "down_low", "down_high"]
        return frame.with_columns(shares).with_columns(
            *(pl.when(~few).then(pl.col(name)).alias(name) for name in figures),
            pl.when(few).then(pl.lit(TOO_FEW)).otherwise(pl.lit("")).alias("note"),
        )

    def _counted(self, column: str) -> pl.DataFrame:
        counts = [
            (pl.col("direction") == name).sum().cast(pl.Int64).alias(name)
            for name in (*DIRECTIONS, "same")
        ]
        return (
            _grouped(self.frame, column)
            .group_by("group")
            .agg(pl.len().cast(pl.Int64).alias("subjects"), *counts)
            .sort("group")
            .select(pl.lit(column).alias("column"), "group", pl.exclude("group"))
        )

    def money(
        self,
        columns: Sequence[str] = (),
        *,
        lines: LineTable | None = None,
        markups: Markups | None = None,
        base_bp: int | None = None,
        drawn_bp: int = DRAWN_BP,
    ) -> pl.DataFrame:
        """Return credit lines, and a year's interest at the price of each grade, before and after.

        Parameters
        ----------
        columns : sequence of str
            As for `by_group`.
        lines : LineTable, optional
            Lines by grade; the amounts of the edition without one.
        markups, base_bp : optional
            Price of each grade over a base rate in basis points; no interest without them.
        drawn_bp : int
            Share of a line that is drawn, in basis points.

        Returns
        -------
        polars.DataFrame
            ``amount``, ``column``, ``group``, then each figure of `pricing.exposure` with
            ``_before``, ``_after`` and ``_change``; money in fen. Empty for an edition that names
            no amount, without `lines`.

        Raises
        ------
        SubjectError
            If a column, or one that the line table takes shares of, is not there.
        """
        _refuse_unknown(self.frame, columns)
        frame, amounts = self.frame, list(self.amounts)
        if lines is not None:
            amounts = ["line"]
            for side in ("old", "new"):
                frame = grade_lines(frame, lines, grade=f"grade_{side}", name=f"line_{side}")
        priced = markups is not None and base_bp is not None
        if markups is not None and base_bp is not None:
            for side in ("old", "new"):
                name = f"rate_{side}"
                grade = f"grade_{side}"
                frame = rates(frame, markups, base_bp=base_bp, grade=grade, name=name)
        parts = []
        for amount in amounts:
            for column in ("", *columns):
                grouped = _grouped(frame, column)
                before, after = (
                    exposure(
                        grouped,
                        line=f"{amount}_{side}",
                        by=["group"],
                        rate=f"rate_{side}" if priced else None,
                        drawn_bp=drawn_bp,
                    )
                    for side in ("old", "new")
                )
                told = exposure_change(before, after, by=["group"])
                head = [pl.lit(amount).alias("amount"), pl.lit(column).alias("column")]
                parts.append(told.select(*head, pl.all()))
        return pl.concat(parts) if parts else pl.DataFrame()

    def sentences(self) -> list[str]:
        """Return what the change does, in a few sentences of the language in use."""
        row = self.by_group().row(0, named=True)
        total, moved = row["subjects"], row["up"] + row["down"] + row["other"]
        share = moved / total if total else 0.0
        told = [
            tr(
                f"{moved:,} of {plural(total, 'subject')} ({share:.1%}) get another grade:"
                f" {row['up']:,} a better one, {row['down']:,} a worse one"
                + (f", {row['other']:,} gain or lose a grade" if row["other"] else "")
                + ".",
                f"{total:,} 个主体中 {moved:,} 个({share:.1%})等级变动:"
                f"上升 {row['up']:,} 个,下降 {row['down']:,} 个"
                + (f",获得或失去等级 {row['other']:,} 个" if row["other"] else "")
                + "。",
            )
        ]
        labels = self.labels

        def named(grade: str) -> str:
            return labels.get(grade) or outcome_label(grade)

        cells = self.matrix().filter(pl.col("grade_old") != pl.col("grade_new"))
        for was, now, count in cells.sort("subjects", descending=True).head(3).iter_rows():
            told.append(
                tr(
                    f"{count:,} go from {named(was)} to {named(now)}.",
                    f"{count:,} 个由{named(was)}变为{named(now)}。",
                )
            )
        return told


def reform(
    register: Register,
    change: Rubric,
    *,
    groups: pl.DataFrame | None = None,
    as_if_in_force: bool = False,
) -> Reform:
    """Grade a register again by a change of its rules.

    Parameters
    ----------
    register : Register
        Subjects held under the edition in force; see `rubrics.regrading.hold`.
    change : Rubric
        The changed edition.
    groups : polars.DataFrame, optional
        Columns to count by that the edition does not read, with the subject's id.
    as_if_in_force : bool, default False
        Grade by the change on days before its first day too. Without it such days are left as they
        are, and nobody moves.

    Returns
    -------
    Reform

    Raises
    ------
    EditionError
        If the change grades another kind of subject, or is only an outline.
    SubjectError
        If columns the change needs are absent.

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> from lishui_credit.rubrics.regrading import hold
    >>> firm = pl.DataFrame({"uscc": ["12331102398259791Y"], "has_non_recurring_info": [True]})
    >>> held = hold(firm, rubric("tax-credit@2014-10-01"), period=2018)
    >>> reform(held, rubric("tax-credit@2018-04-01")).by_group()["same"].to_list()
    [1]
    """
    applies = as_if_in_force or in_force(register.rubric, change, register.as_of)
    new = register.under(change) if applies else register
    key = register.rubric.subject_id
    carried = [
        name
        for name in dict.fromkeys((*register.rubric.carries, *change.carries, "synthetic"))
        if name in register.available
    ]
    frame = register.frame.select(key, *carried, *_sided(register, "old"))
    changed = new.frame.select(key, *_sided(new, "new"))
    frame = frame.join(changed, on=key, how="left", maintain_order="left")
    if groups is not None:
        own = [name for name in groups.columns if name == key or name not in frame.columns]
        frame = frame.join(groups.select(own), on=key, how="left", maintain_order="left")
    was, now = pl.col("grade_old"), pl.col("grade_new")
    alike = was.eq_missing(now) & (pl.col("outcome_old") == pl.col("outcome_new"))
    way = direction_of(was, now, grade_order(register.rubric, new.rubric))
    way = pl.when(alike).then(pl.lit("same")).otherwise(way)
    amounts = tuple(
        f"{row.id}_fen"
        for row in register.rubric.amounts
        if row.id in {other.id for other in new.rubric.amounts}
    )
    return Reform(register, new, change, frame.with_columns(direction=way), amounts)


def in_force(old: Rubric, change: Rubric, day: date) -> bool:
    """Tell whether a change grades on a day: from its first day on, and always where it has none of its own.

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> old, new = rubric("tax-credit@2014-10-01"), rubric("tax-credit@2018-04-01")
    >>> in_force(old, new, date(2018, 3, 31)), in_force(old, new, date(2018, 4, 1))
    (False, True)
    """
    return change.period.start <= old.period.start or day >= change.period.start


def _refuse_unknown(frame: pl.DataFrame, columns: Sequence[str]) -> None:
    """Raise `SubjectError` for columns that are not there, all at once."""
    names = [part for column in columns for part in parts_of(column, frame.columns)]
    refuse(lacking(dict.fromkeys(names), frame.columns))


def _grouped(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return subjects with their ``group`` by a column, or by crossed ones; by none everybody's."""
    group = crossed(frame, column).fill_null("—") if column else pl.lit(ALL)
    return frame.with_columns(group.alias("group"))


def _sided(register: Register, side: str) -> list[pl.Expr]:
    """Return what a register says of its grades, with the side it stands on in the names."""
    names = ["grade", "outcome", *(["earned"] if "earned" in register.frame.columns else [])]
    names += [f"{row.id}_fen" for row in register.rubric.amounts]
    return [pl.col(name).alias(f"{name}_{side}") for name in names]

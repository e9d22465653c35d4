"""Categories at scoring time that are not in the sample: refuse them, or count and warn.

A column in which every category is unknown is another column or in another code: it is refused
under every policy.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import polars as pl

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.scorecards.bins.binning import Binning
from lishui_credit.tables.cells import NO, YES


class UnseenWarning(UserWarning):
    """Categories that are not in the sample were met, and counted as stated."""


def judge_unseen(
    frame: pl.DataFrame,
    binnings: Sequence[Binning],
    policy: str,
    level: int = 4,
    rows: pl.Series | None = None,
) -> None:
    """Raise or warn where a category of rows is not in the sample.

    Where each row of the frame stands for several, `rows` says for how many.

    The points carry the policies that do neither. A warning counts the rows and shows examples.
    Where two subjects or more have a category and nobody's is known, that is refused.
    """
    categories = {row.feature: row for row in binnings if row.type != "number"}
    if not categories:
        return
    tests = {name: row.index().expr(pl) == len(row.bins) - 1 for name, row in categories.items()}
    stood_for = pl.lit(1) if rows is None else pl.lit(rows.cast(pl.Int64))

    def counted(test: pl.Expr) -> pl.Expr:
        return pl.when(test).then(stood_for).otherwise(0).sum()

    met = frame.select(counted(test).alias(name) for name, test in tests.items())
    strange = {name: count for name, count in met.row(0, named=True).items() if count}
    if not strange:
        return
    said, lost = [], []
    for name, count in strange.items():
        values = frame.filter(tests[name])[name].cast(pl.String).unique().sort().head(3)
        said.append(f"{name}: {count} ({', '.join(values)})")
        told = frame.select(counted(pl.col(name).is_not_null())).item()
        if count == told > 1:
            known = [str(value) for row in categories[name].bins for value in row.values]
            lost.append(
                Problem(
                    tr(
                        "every category of this column is unknown to the card",
                        "该列的全部类别取值都不在建模样本中",
                    ),
                    f"{', '.join(values)} … ({count})",
                    tr("known are: ", "已知取值:") + ", ".join(known[:6]),
                    name,
                )
            )
    refuse(lost, SubjectError)
    if policy not in ("raise", "warn"):
        return
    what = tr("categories that are not in the sample", "样本中没有的类别取值")
    if policy == "raise":
        raise SubjectError(Problem(what, row) for row in said)
    taken = tr("counted as average", "按平均水平计")
    warnings.warn(f"{what}: {'; '.join(said)}; {taken}", UnseenWarning, stacklevel=level)


def refuse_no_flags(frame: pl.DataFrame, binnings: Sequence[Binning]) -> None:
    """Raise where a cell of a yes-or-no column of a file is neither, under every policy."""
    # It is no new category but an unreadable cell, and as an average it could raise a score.
    problems = []
    for name in (row.feature for row in binnings if row.flag):
        text = pl.col(name).cast(pl.String)
        words = text.str.to_lowercase().str.replace(r"\.0+$", "")
        wrong = frame.select(text.filter(~words.is_in([*YES, *NO]))).to_series().drop_nulls()
        if not wrong.is_empty():
            found = ", ".join(wrong.unique().sort().head(3))
            hint = tr("correct or empty the cell", "请更正或清空单元格")
            what = tr("neither yes nor no", "既非“是”也非“否”")
            problems.append(Problem(what, found, hint, name))
    refuse(problems)

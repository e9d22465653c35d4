"""Categories at scoring time that are not in the sample: refuse them, or count and warn."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.scorecards.bins.binning import Binning


class UnseenWarning(UserWarning):
    """Categories that are not in the sample were met, and counted as stated."""


def judge_unseen(frame: pl.DataFrame, binnings: Sequence[Binning], policy: str) -> None:
    """Raise or warn where a category of rows is not in the sample; under other policies do nothing.

    The points carry the other policies. A warning counts the rows and shows examples.
    """
    categories = {row.feature: row for row in binnings if row.type != "number"}
    if policy not in ("raise", "warn") or not categories:
        return
    tests = {name: row.index().expr(pl) == len(row.bins) - 1 for name, row in categories.items()}
    met = frame.select(test.sum().alias(name) for name, test in tests.items())
    strange = {name: count for name, count in met.row(0, named=True).items() if count}
    if not strange:
        return
    said = []
    for name, count in strange.items():
        values = frame.filter(tests[name])[name].cast(pl.String).unique().sort().head(3)
        said.append(f"{name}: {count} ({', '.join(values)})")
    what = tr("categories that are not in the sample", "样本中没有的类别取值")
    if policy == "raise":
        raise SubjectError(Problem(what, row) for row in said)
    counted = tr("counted as average", "按平均水平计")
    warnings.warn(f"{what}: {'; '.join(said)}; {counted}", UnseenWarning, stacklevel=4)

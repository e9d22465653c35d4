"""Rows as a card reads them: numbers that came as text become numbers, or are refused."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import plural, tr
from lishui_credit.scorecards.bins.binning import Binning
from lishui_credit.tables.free_columns import numbers


def as_learned(frame: pl.DataFrame, binnings: Sequence[Binning]) -> pl.DataFrame:
    """Return a frame in which what was learned as a number is no text; refuse texts that are none.

    Empty texts and those that say nothing are missing, as in the files that are read.
    """
    read, problems = [], []
    for found in binnings:
        if found.type == "category" or frame.schema[found.feature] != pl.String:
            continue
        column, wrong = numbers(frame[found.feature])
        read.append(column)
        if count := wrong.count():
            problems.append(
                Problem(
                    tr("not a number, and the card reads numbers", "不是数字,而评分卡按数字读取"),
                    tr(plural(count, "cell"), f"{count:,} 格") + f": {wrong.drop_nulls()[0]}",
                    tr("correct or empty them", "请更正或留空"),
                    found.feature,
                )
            )
    refuse(problems)
    return frame.with_columns(read)

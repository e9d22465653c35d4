"""Concealment (瞒报率): decisions drawn by chance, looked up on paper, and how many are nowhere published."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from lishui_credit.errors import SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.plan.records.computed import Computed, by_area, check_period, shares
from lishui_credit.plan.records.publicity import (
    INDICATOR,
    KEY,
    WORKING_DAYS,
    judged_decisions,
    take_decisions,
)
from lishui_credit.plan.records.record_checks import below_one
from lishui_credit.statistics.proportions import wilson


def drawn_files(decisions: Any, each: int, seed: int) -> pl.DataFrame:
    """Return a random sample of decisions of every body, to be looked up on paper."""
    refuse(below_one(each=each))
    taken, _ = take_decisions(decisions)
    ordered = taken.sort("adcode", *KEY)
    order = pl.Series("_order", np.random.default_rng(seed).permutation(ordered.height))
    return (
        ordered.with_columns(order)
        .filter(pl.col("_order").rank("ordinal").over("adcode", "body") <= each)
        .drop("_order")
    )


def concealment(
    examined: Any,
    publications: Any,
    period: date,
    *,
    frequency: str = "year",
    within: int = WORKING_DAYS,
    at: date | None = None,
    level: float = 0.95,
    source: str = "",
) -> Computed:
    """Return the concealment rate (瞒报率): examined files that were due and are nowhere published.

    Parameters
    ----------
    examined : path-like or frame
        Decisions found by looking at paper files or bodies' sites (`DECISIONS`), e.g. those that
        `drawn_files` drew.
    publications : path-like or frame
        See `PUBLICATIONS`; any channel counts.
    period : date
        Last day of the period the files are of.
    frequency : {"year", "quarter", "month"}
        Its length.
    within : int, default 7
        Working days after which a file is due.
    at : date, optional
        Day the publications were looked up; `period` without it.
    level : float, default 0.95
        Confidence of Wilson's interval.
    source : str
        Who looked.

    Returns
    -------
    Computed
        Companion ``.concealment`` only, with its interval: the share of files looked at, not
        weighted by how many each body has. Detail, one row an area and body: ``examined``, ``due``,
        ``concealed``.

    Raises
    ------
    SubjectError
        As `judged_decisions`; or if no examined file was due.

    References
    ----------
    Qinghai DRC, 2024-05-10 (瞒报率 by sampling). Wilson (1927), JASA 22, 209-212.

    Examples
    --------
    >>> files = pl.DataFrame({"kind": ["许可"] * 4, "body": ["甲局"] * 4, "adcode": ["331102"] * 4,
    ...     "number": list("abcd"), "decided_on": [date(2018, 3, 1)] * 4, "subject_type": ["法人"] * 4})
    >>> shown = pl.DataFrame({"kind": ["许可"] * 3, "body": ["甲局"] * 3, "number": list("abc"),
    ...     "channel": ["信用丽水"] * 3, "published_on": [date(2018, 3, 5)] * 3})
    >>> concealment(files, shown, date(2018, 12, 31)).of("double_publicity_coverage.concealment")["value"]
    25.0
    """
    check_period(period, frequency)
    judged, notes = judged_decisions(
        examined, publications, at=at or period, within=within, channels="any"
    )
    areas = by_area(judged)
    state = pl.col("state")
    counts = [
        pl.len().cast(pl.Int64).alias("examined"),
        (~state.is_in(["excluded", "open"])).sum().cast(pl.Int64).alias("due"),
        (state == "unpublished").sum().cast(pl.Int64).alias("concealed"),
    ]
    whole = areas.group_by("adcode").agg(counts).filter(pl.col("due") > 0)
    if whole.is_empty():
        raise SubjectError(
            tr("no examined file was due for publication", "抽查案卷均不在应公示范围")
        )
    low, high = wilson(whole["concealed"], whole["due"], level)
    counted = shares(whole, {f"{INDICATOR}.concealment": ("concealed", "due")}, period)
    rows = [
        row | {"low": 100 * least, "high": 100 * most}
        for row, least, most in zip(counted, low, high, strict=True)
    ]
    return Computed.of_rows(
        rows,
        judged,
        frequency=frequency,
        source=source,
        detail=areas.group_by("adcode", "body").agg(counts).sort("adcode", "body"),
        notes=notes,
    )

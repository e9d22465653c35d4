"""Does a cut-off treat groups alike: approvals, errors, gaps, four-fifths ratio, score gaps.

Groups smaller than a stated number of rows are listed with "too few" instead of figures.
"""

from __future__ import annotations

from math import sqrt
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.statistics.outcomes import Estimate, Floats, Values, checked, labels
from lishui_credit.statistics.proportions import jeffreys_interval, quantile, wilson
from lishui_credit.validation.groups import MIN_ROWS, TOO_FEW, members_of, same_length
from lishui_credit.validation.written_scores import as_written

FOUR_FIFTHS = 0.8
"""Ratio of approval rates below which selection is commonly called adverse."""


def rate_gap(count: int, size: int, other: int, other_size: int, level: float = 0.95) -> Estimate:
    """Return the difference of two rates with Newcombe's score interval (1998, Statistics in Medicine 17, 873-890, method 10)."""
    one, two = count / size, other / other_size
    (low, low_two), (high, high_two) = (
        ends.tolist() for ends in wilson([count, other], [size, other_size], level)
    )
    return Estimate(
        one - two,
        one - two - sqrt((one - low) ** 2 + (high_two - two) ** 2),
        one - two + sqrt((high - one) ** 2 + (two - low_two) ** 2),
        level,
    )


def fairness(
    y: Values,
    score: Values,
    groups: Values,
    cut_off: float,
    *,
    reference: str | None = None,
    min_rows: int = MIN_ROWS,
    level: float = 0.95,
) -> pl.DataFrame:
    """Return how a cut-off treats each group: approvals, errors, gaps, four-fifths ratio.

    A subject is approved where score >= cut-off. `goods_refused` is the error that hurts the
    applicant (false positive rate, bad being the event), `bads_approved` the one that hurts the
    lender (false negative rate). None of these alone proves or clears discrimination: where bad
    rates differ between groups, not all of them can be equal at once.

    Parameters
    ----------
    y : array_like of shape (n,)
        1 bad, 0 good.
    score : array_like of shape (n,)
        Higher is better.
    groups : array_like of shape (n,)
        Labels; missing ones form a group.
    cut_off : float
        Lowest score approved.
    reference : str, optional
        Group that gaps are taken against; the largest without it.
    min_rows : int, default 50
        Smaller groups get no figure.
    level : float, default 0.95
        Confidence of intervals.

    Returns
    -------
    pl.DataFrame
        ``group``, ``subjects``, ``approval`` with ``approval_low``, ``approval_high`` (Jeffreys),
        ``approval_gap`` to the reference with ``gap_low``, ``gap_high`` (Newcombe), ``ratio`` to
        the highest approval rate (below 0.8 fails the four-fifths rule), ``goods_refused``,
        ``bads_approved``, ``score_mean``, ``score_gap`` with ``score_gap_low``, ``score_gap_high``
        (Welch, normal), ``note``.

    References
    ----------
    EEOC, Uniform Guidelines on Employee Selection Procedures (1978), 29 CFR 1607.4 D (four
    fifths). Hardt, Price and Srebro (2016), Equality of opportunity in supervised learning,
    NeurIPS 29. Newcombe (1998), Statistics in Medicine 17, 873-890.

    Examples
    --------
    >>> table = fairness([0, 1, 0, 1], [5, 4, 5, 1], ["a", "a", "b", "b"], 4, min_rows=1)
    >>> table.select("group", "approval", "ratio").rows()
    [('a', 1.0, 1.0), ('b', 0.5, 0.5)]
    """
    good = checked(y, score=as_written(score))
    values, named = good.columns["score"], labels(groups)
    same_length(good.y, named)
    members = members_of(named)
    enough = {name: rows for name, rows in members if len(rows) >= min_rows}
    if reference is None:
        reference = max(enough, key=lambda name: len(enough[name])) if enough else None
    elif reference not in enough:
        raise SubjectError(
            tr("the reference group does not exist or is too small", "参照组不存在或样本过少"),
            reference,
            "、".join(enough) or "—",
            "reference",
        )
    passed = {name: int((values[rows] >= cut_off).sum()) for name, rows in enough.items()}
    best = max((passed[name] / len(rows) for name, rows in enough.items()), default=0.0)
    z = quantile(level)
    table = []
    for name, rows in members:
        row: dict[str, object] = {"group": name, "subjects": len(rows), "note": TOO_FEW}
        if name in enough and reference is not None:
            own, base = values[rows], values[enough[reference]]
            row |= _treatment(own, good.y[rows] == 1, cut_off, best, level)
            same = name == reference
            row |= _AGAINST_ITSELF if same else _against(own, base, cut_off, z, level)
        table.append(row)
    return pl.DataFrame(table, schema=_SCHEMA)


def _treatment(
    own: Floats, bad: NDArray[np.bool_], cut_off: float, best: float, level: float
) -> dict[str, object]:
    """Return a group's approvals, its errors and its mean score."""
    approved = own >= cut_off
    passed, size = int(approved.sum()), len(own)
    low, high = jeffreys_interval([passed], [size], level)
    return {
        "approval": passed / size,
        "approval_low": float(low[0]),
        "approval_high": float(high[0]),
        "ratio": passed / size / best if best else None,
        "goods_refused": float((~approved[~bad]).mean()) if (~bad).any() else None,
        "bads_approved": float(approved[bad].mean()) if bad.any() else None,
        "score_mean": float(own.mean()),
        "note": None,
    }


def _against(
    own: Floats, base: Floats, cut_off: float, z: float, level: float
) -> dict[str, object]:
    """Return a group's gaps to the reference group: of approvals, and of mean scores (Welch)."""
    passed, other = (int((scores >= cut_off).sum()) for scores in (own, base))
    gap = rate_gap(passed, len(own), other, len(base), level)
    apart, reach = float(own.mean() - base.mean()), None
    if len(own) > 1 and len(base) > 1:
        reach = z * sqrt(own.var(ddof=1) / len(own) + base.var(ddof=1) / len(base))
    return {
        "approval_gap": gap.value,
        "gap_low": gap.low,
        "gap_high": gap.high,
        "score_gap": apart,
        "score_gap_low": None if reach is None else apart - reach,
        "score_gap_high": None if reach is None else apart + reach,
    }


_AGAINST_ITSELF: Final = {"approval_gap": 0.0, "score_gap": 0.0, "note": "reference"}

_NUMBERS: Final = (
    "approval approval_low approval_high approval_gap gap_low gap_high ratio goods_refused"
    " bads_approved score_mean score_gap score_gap_low score_gap_high"
)
_SCHEMA: Final = {
    "group": pl.String(),
    "subjects": pl.Int64(),
    **dict.fromkeys(_NUMBERS.split(), pl.Float64()),
    "note": pl.String(),
}

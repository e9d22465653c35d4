"""Does a cut-off treat groups alike: approvals, errors, gaps, four-fifths ratio, score gaps.

Groups smaller than a stated number of rows are listed with "too few" instead of figures.
"""

from __future__ import annotations

from math import sqrt

import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.statistics.outcomes import Estimate, Values, checked, labels
from lishui_credit.statistics.proportions import jeffreys_interval, quantile, wilson
from lishui_credit.validation.groups import MIN_ROWS, TOO_FEW, members_of, same_length

FOUR_FIFTHS = 0.8
"""Ratio of approval rates below which selection is commonly called adverse."""


def rate_gap(count: int, size: int, other: int, other_size: int, level: float = 0.95) -> Estimate:
    """Return the difference of two rates with Newcombe's score interval.

    References
    ----------
    Newcombe (1998), Interval estimation for the difference between independent proportions,
    Statistics in Medicine 17, 873-890, method 10.

    Examples
    --------
    >>> found = rate_gap(56, 70, 48, 80)
    >>> round(found.value, 4), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0524, 0.3339)
    """
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
    good = checked(y, score=score)
    values, named = good.columns["score"], labels(groups)
    same_length(good.y, named)
    members = members_of(named)
    enough = {name: rows for name, rows in members if len(rows) >= min_rows}
    if reference is None:
        reference = max(enough, key=lambda name: len(enough[name])) if enough else None
    elif reference not in enough:
        raise SubjectError(
            Problem(
                tr("the reference group is not there or too small", "参照组不存在或样本太少"),
                reference,
                "、".join(enough) or "—",
                "reference",
            )
        )
    passed = {name: int((values[rows] >= cut_off).sum()) for name, rows in enough.items()}
    best = max((passed[name] / len(rows) for name, rows in enough.items()), default=0.0)
    z = quantile(level)
    table = []
    for name, rows in members:
        row: dict[str, object] = {"group": name, "subjects": len(rows), "note": TOO_FEW}
        if name in enough and reference is not None:
            base = values[enough[reference]]
            own, bad = values[rows], good.y[rows] == 1
            approved = own >= cut_off
            low, high = jeffreys_interval([passed[name]], [len(rows)], level)
            gap = rate_gap(passed[name], len(rows), passed[reference], len(base), level)
            error = (
                z * sqrt(own.var(ddof=1) / len(own) + base.var(ddof=1) / len(base))
                if (len(own) > 1 and len(base) > 1)
                else None
            )
            apart = float(own.mean() - base.mean())
            same = name == reference
            row |= {
                "approval": passed[name] / len(rows),
                "approval_low": float(low[0]),
                "approval_high": float(high[0]),
                "approval_gap": 0.0 if same else gap.value,
                "gap_low": None if same else gap.low,
                "gap_high": None if same else gap.high,
                "ratio": passed[name] / len(rows) / best if best else None,
                "goods_refused": float((~approved[~bad]).mean()) if (~bad).any() else None,
                "bads_approved": float(approved[bad].mean()) if bad.any() else None,
                "score_mean": float(own.mean()),
                "score_gap": 0.0 if same else apart,
                "score_gap_low": None if same or error is None else apart - error,
                "score_gap_high": None if same or error is None else apart + error,
                "note": "reference" if same else None,
            }
        table.append(row)
    numbers = [
        "approval",
        "approval_low",
        "approval_high",
        "approval_gap",
        "gap_low",
        "gap_high",
        "ratio",
        "goods_refused",
        "bads_approved",
        "score_mean",
        "score_gap",
        "score_gap_low",
        "score_gap_high",
    ]
    schema: dict[str, type[pl.DataType]] = {"group": pl.String, "subjects": pl.Int64}
    schema |= dict.fromkeys(numbers, pl.Float64)
    return pl.DataFrame(table, schema={**schema, "note": pl.String})

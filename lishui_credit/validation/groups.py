"""The same figures for every group of subjects, and whether a cut-off treats groups alike.

Groups smaller than a stated number of rows are listed with "too few" instead of a figure: a rate of
nine people is neither evidence nor private. Groups are counted in rows; weights are not used.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.validation.bootstrap import bootstrap, bootstrap_ranks
from lishui_credit.validation.calibration import ece
from lishui_credit.validation.hmeasure import h_of
from lishui_credit.validation.jeffreys import jeffreys_interval, labels
from lishui_credit.validation.outcomes import Estimate, Floats, Values, checked, ranked

MIN_ROWS = 50
"""Smallest group that is given a figure."""

TOO_FEW, ONE_CLASS = "too few", "one class"

FOUR_FIFTHS = 0.8
"""Ratio of approval rates below which selection is commonly called adverse."""


def _auc(bads: Floats, goods: Floats) -> float:
    below = goods.sum() - np.cumsum(goods) + goods / 2
    return float(bads @ below / (bads.sum() * goods.sum()))


def _gini(bads: Floats, goods: Floats) -> float:
    return 2 * _auc(bads, goods) - 1


def _ks(bads: Floats, goods: Floats) -> float:
    return float(np.abs(np.cumsum(bads) / bads.sum() - np.cumsum(goods) / goods.sum()).max())


RANK_METRICS: dict[str, Callable[[Floats, Floats], float]] = {
    "auc": _auc,
    "gini": _gini,
    "ks": _ks,
    "h": h_of,
}

ROW_METRICS: dict[str, Callable[[Floats, Floats], float]] = {
    "brier": lambda y, pd: float(np.mean((pd - y) ** 2)),
    "gap": lambda y, pd: float(y.mean() - pd.mean()),
}


def _estimate(
    metric: str | Callable[[Floats, Floats], float],
    y: Floats,
    of: Floats,
    repeats: int,
    seed: int,
    level: float,
) -> Estimate:
    if callable(metric):
        return bootstrap(metric, y, of, repeats=repeats, seed=seed, level=level)
    if metric in RANK_METRICS:
        levels = ranked(y, of)
        turn, within = RANK_METRICS[metric], (-1.0 if metric == "gini" else 0.0, 1.0)
        return bootstrap_ranks(turn, levels, repeats=repeats, seed=seed, level=level, within=within)
    if metric == "ece":
        return ece(y, of, repeats=repeats, seed=seed, level=level).estimate
    turn = ROW_METRICS[metric]
    return bootstrap(turn, y, of, repeats=repeats, seed=seed, level=level)


def _members(named: pl.Series) -> list[tuple[str, NDArray[np.int64]]]:
    """Return every label and its rows, sorted by label; missing labels are a group of their own."""
    filled = named.fill_null(tr("(missing)", "(缺失)"))
    names = filled.unique().sort()
    code = filled.replace_strict(names, pl.Series(range(len(names))), return_dtype=pl.Int64)
    order = np.argsort(code.to_numpy(), kind="stable")
    ends = np.cumsum(np.bincount(code.to_numpy(), minlength=len(names)))
    return list(zip(names.to_list(), np.split(order, ends[:-1]), strict=True))


def _same_length(y: Floats, named: pl.Series) -> None:
    if len(named) != len(y):
        raise SubjectError(
            Problem(tr("lengths differ", "长度不一致"), f"y {len(y)}, {len(named)}", where="groups")
        )


def by_group(
    y: Values,
    groups: Values,
    metric: str | Callable[[Floats, Floats], float],
    of: Values,
    *,
    min_rows: int = MIN_ROWS,
    repeats: int = 200,
    seed: int = 0,
    level: float = 0.95,
) -> pl.DataFrame:
    """Return one metric for every group (or period), each with its bootstrap interval.

    Parameters
    ----------
    y : array_like of shape (n,)
        1 bad, 0 good.
    groups : array_like of shape (n,)
        Labels (county, sex, period); missing ones form a group.
    metric : str or callable
        Of the ranking: "auc", "gini", "ks", "h" (`of` is a risk). Of a PD: "brier", "ece", "gap"
        (bad rate - mean PD). Or ``metric(y, of) -> float``.
    of : array_like of shape (n,)
        Risk or PD.
    min_rows : int, default 50
        Smaller groups get no figure.
    repeats, seed, level
        As in `bootstrap`: drawn within each class of each group.

    Returns
    -------
    pl.DataFrame
        Sorted by ``group``: ``subjects``, ``bads``, ``bad_rate``, ``value``, ``low``, ``high``,
        ``note`` ("too few", "one class" or null). Bads and rates of groups too small are null.

    Raises
    ------
    SubjectError
        If the columns do not pass `checked`, or there is no such metric.

    References
    ----------
    Davison and Hinkley (1997), Bootstrap Methods and Their Application, Cambridge, chapter 5.

    Examples
    --------
    >>> table = by_group([0, 1] * 4, ["a"] * 6 + ["b"] * 2, "auc", range(8), min_rows=4, repeats=20)
    >>> table.select("group", "subjects", "note").rows()
    [('a', 6, None), ('b', 2, 'too few')]
    """
    if not callable(metric) and metric not in {*RANK_METRICS, *ROW_METRICS, "ece"}:
        known = ", ".join([*RANK_METRICS, *ROW_METRICS, "ece"])
        raise SubjectError(Problem(tr("no such metric", "没有该指标"), metric, known, "metric"))
    pd_like = not callable(metric) and metric not in RANK_METRICS
    column = np.asarray(of)
    good = checked(y, pd=column) if pd_like else checked(y, risk=column)
    values = good.columns["pd" if pd_like else "risk"]
    named = labels(groups)
    _same_length(good.y, named)
    rows = []
    for name, members in _members(named):
        outcome = good.y[members]
        bads = int(outcome.sum())
        few = len(members) < min_rows
        note = TOO_FEW if few else ONE_CLASS if bads in (0, len(members)) else None
        found = (
            _estimate(metric, outcome, values[members], repeats, seed, level)
            if note is None
            else None
        )
        rows.append(
            {
                "group": name,
                "subjects": len(members),
                "bads": None if few else bads,
                "bad_rate": None if few else bads / len(members),
                "value": found and found.value,
                "low": found and found.low,
                "high": found and found.high,
                "note": note,
            }
        )
    return pl.DataFrame(
        rows,
        schema={
            "group": pl.String,
            "subjects": pl.Int64,
            "bads": pl.Int64,
            "bad_rate": pl.Float64,
            "value": pl.Float64,
            "low": pl.Float64,
            "high": pl.Float64,
            "note": pl.String,
        },
    )


def _wilson(count: int, size: int, z: float) -> tuple[float, float]:
    share = count / size
    middle = (share + z * z / (2 * size)) / (1 + z * z / size)
    reach = z * sqrt(share * (1 - share) / size + z * z / (4 * size * size)) / (1 + z * z / size)
    return middle - reach, middle + reach


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
    from scipy.special import ndtri

    z = float(ndtri(0.5 + level / 2))
    one, two = count / size, other / other_size
    (low, high), (low_two, high_two) = _wilson(count, size, z), _wilson(other, other_size, z)
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
    from scipy.special import ndtri

    good = checked(y, score=score)
    values, named = good.columns["score"], labels(groups)
    _same_length(good.y, named)
    members = _members(named)
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
    z = float(ndtri(0.5 + level / 2))
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

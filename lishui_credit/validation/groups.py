"""The same figures for every group of subjects, or for every period.

Groups smaller than a stated number of rows are listed with "too few" instead of a figure: a rate of
nine people is neither evidence nor private. Groups are counted in rows; weights are not used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import SubjectError, refuse
from lishui_credit.language import Bilingual, tr
from lishui_credit.statistics.bootstrap import bootstrap, bootstrap_ranks
from lishui_credit.statistics.outcomes import (
    Estimate,
    Floats,
    Values,
    checked,
    labels,
    ranked,
    roc_area,
)
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.data_words import CROSSING
from lishui_credit.validation.calibration import ece
from lishui_credit.validation.hmeasure import h_of

MIN_ROWS = 50
"""Smallest group that is given a figure."""

TOO_FEW, ONE_CLASS = "too few", "one class"

_NAMED: Final = 12  # groups too small that a sentence names


def _gini(bads: Floats, goods: Floats) -> float:
    return 2 * roc_area(bads, goods) - 1


def _ks(bads: Floats, goods: Floats) -> float:
    return float(np.abs(np.cumsum(bads) / bads.sum() - np.cumsum(goods) / goods.sum()).max())


RANK_METRICS: dict[str, Callable[[Floats, Floats], float]] = {
    "auc": roc_area,
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
        return bootstrap(metric, y, of, repeats=repeats, seed=seed, level=level, stratified=False)
    if metric in RANK_METRICS:
        levels = ranked(y, of)
        turn, within = RANK_METRICS[metric], (-1.0 if metric == "gini" else 0.0, 1.0)
        return bootstrap_ranks(turn, levels, repeats=repeats, seed=seed, level=level, within=within)
    if metric == "ece":
        return ece(y, of, repeats=repeats, seed=seed, level=level).estimate
    turn = ROW_METRICS[metric]
    return bootstrap(turn, y, of, repeats=repeats, seed=seed, level=level, stratified=False)


def members_of(named: pl.Series) -> list[tuple[str, NDArray[np.int64]]]:
    """Return every label and its rows, sorted by label; missing labels are a group of their own."""
    filled = named.fill_null(tr("(missing)", "(缺失)"))
    names = filled.unique().sort()
    code = filled.replace_strict(names, pl.Series(range(len(names))), return_dtype=pl.Int64)
    order = np.argsort(code.to_numpy(), kind="stable")
    ends = np.cumsum(np.bincount(code.to_numpy(), minlength=len(names)))
    return list(zip(names.to_list(), np.split(order, ends[:-1]), strict=True))


def parts_of(name: str, columns: Collection[str]) -> list[str]:
    """Return the columns that a name of groups speaks of: itself, or those it joins by ``*``.

    >>> parts_of("sex*county", ["sex", "county"]), parts_of("a*b", ["a*b"])
    (['sex', 'county'], ['a*b'])
    """
    return [name] if name in columns else [part.strip() for part in name.split("*")]


def crossed(frame: pl.DataFrame, name: str) -> pl.Series:
    """Return the labels of a column, or of columns crossed (交叉分组), ``"sex*county"``: 女 × 莲都区.

    Parameters
    ----------
    frame : pl.DataFrame, shape (n, k)
        Holds the columns.
    name : str
        A column, or columns joined by ``*``.

    Returns
    -------
    pl.Series, shape (n,)
        Text. A missing value is a part of its own; null only where one column alone is missing.

    Raises
    ------
    SubjectError
        If a column is not in the frame.

    Examples
    --------
    >>> crossed(pl.DataFrame({"sex": ["f", None], "county": ["a", "b"]}), "sex*county").to_list()
    ['f × a', '(missing) × b']
    """
    names = parts_of(name, frame.columns)
    refuse(lacking(names, frame.columns))
    if len(names) == 1:
        return labels(frame[names[0]])
    texts = [pl.col(part).cast(pl.String).fill_null(tr("(missing)", "(缺失)")) for part in names]
    return frame.select(pl.concat_str(texts, separator=CROSSING)).to_series()


def too_few(sizes: Iterable[tuple[str, int]], least: int) -> Bilingual:
    """Return the sentence that names groups too small for figures, with their sizes; "" if none is.

    >>> too_few([("a", 3), ("b", 9)], 10).en
    'fewer than 10 rows: a 3, b 9'
    """
    listed = list(sizes)
    if not listed:
        return Bilingual("", "")
    named = [f"{name} {rows}" for name, rows in listed[:_NAMED]]
    more = len(listed) - len(named)
    return Bilingual(
        f"fewer than {least} rows: {', '.join(named)}" + (f" and {more} more" if more else ""),
        f"少于 {least} 行:{'、'.join(named)}" + (f"等 {len(listed)} 组" if more else ""),
    )


def same_length(y: Floats, named: pl.Series) -> None:
    """Refuse labels of another length than the outcomes."""
    if len(named) != len(y):
        raise SubjectError(
            tr("lengths differ", "长度不一致"), f"y {len(y)}, {len(named)}", where="groups"
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
        As in `bootstrap`: drawn within each group, and for metrics of the ranking within class.

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
        raise SubjectError(tr("no such metric", "没有该指标"), metric, known, "metric")
    pd_like = not callable(metric) and metric not in RANK_METRICS
    column = np.asarray(of)
    good = checked(y, pd=column) if pd_like else checked(y, risk=column)
    values = good.columns["pd" if pd_like else "risk"]
    named = labels(groups)
    same_length(good.y, named)
    rows = []
    for name, members in members_of(named):
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
            **dict.fromkeys(("bad_rate", "value", "low", "high"), pl.Float64),
            "note": pl.String,
        },
    )

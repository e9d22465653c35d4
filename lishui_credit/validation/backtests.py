"""Default rates per grade against their PDs: Jeffreys, exact binomial, correlated, traffic lights.

Counts are of subjects, never weighted: these tests are statements about independent obligors (or,
where a correlation is given, about obligors who share one factor). Cost: O(grades) once counted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.statistics.outcomes import Floats, Values, checked, grade_places
from lishui_credit.statistics.proportions import jeffreys_interval

LIGHTS = (0.05, 0.01)
"""Green from the first p-value up, yellow from the second, red below it. Our choice, stated."""

STEPS = 4_000
"""Quantiles of the common factor over which a correlated tail is averaged."""


def jeffreys_p(bads: Values, subjects: Values, pd: Values) -> Floats:
    """Return the ECB's one-sided p of "the PD is not too low": Beta(D + ½, N - D + ½) at the PD.

    Parameters
    ----------
    bads, subjects : array_like of shape (k,)
        Counts D and N of each grade.
    pd : array_like of shape (k,)
        The PD applied, 0 to 1.

    Returns
    -------
    ndarray of shape (k,)
        A small p says that the PD underestimates.

    References
    ----------
    ECB, Instructions for reporting the validation results of internal models (2019), 2.5.3.

    Examples
    --------
    >>> jeffreys_p([5], [100], [0.02]).round(4)
    array([0.0286])
    """
    from scipy.special import betainc

    d, n = np.asarray(bads, dtype=np.float64), np.asarray(subjects, dtype=np.float64)
    p: Floats = np.asarray(betainc(d + 0.5, n - d + 0.5, np.asarray(pd, dtype=np.float64)))
    return p


def binomial_p(bads: Values, subjects: Values, pd: Values) -> Floats:
    """Return the exact chance of at least so many bads if the PD is right and all are independent.

    Parameters
    ----------
    bads, subjects, pd : array_like of shape (k,)
        As in `jeffreys_p`.

    Returns
    -------
    ndarray of shape (k,)
        A small p says that the PD underestimates.

    References
    ----------
    BCBS, Studies on the validation of internal rating systems, Working Paper 14 (2005).

    Examples
    --------
    >>> binomial_p([5], [100], [0.02]).round(4)
    array([0.0508])
    """
    from scipy.special import betainc

    d, n = np.asarray(bads, dtype=np.float64), np.asarray(subjects, dtype=np.float64)
    p = np.asarray(pd, dtype=np.float64)
    safe = np.maximum(d, 1)
    tail: Floats = np.where(d > 0, betainc(safe, np.maximum(n - safe + 1, 1), p), 1.0)
    return tail


def correlated_p(bads: Values, subjects: Values, pd: Values, correlation: float) -> Floats:
    """Return the chance of at least so many bads when obligors share one factor (Vasicek).

    Given the factor at quantile u, each PD becomes Φ((Φ⁻¹(PD) + √ρ Φ⁻¹(u)) / √(1 - ρ)); the
    binomial tail is averaged over `STEPS` equally likely quantiles. Correlation 0 is the binomial.

    Parameters
    ----------
    bads, subjects, pd
        As in `jeffreys_p`.
    correlation : float
        Asset correlation ρ, 0 to below 1.

    Returns
    -------
    ndarray of shape (k,)

    References
    ----------
    Vasicek (2002), Loan portfolio value, Risk 15, 160-162. Tasche (2003), A traffic lights
    approach to PD validation.

    Examples
    --------
    >>> correlated_p([5], [100], [0.02], 0.05).round(2)
    array([0.09])
    """
    from scipy.special import ndtr, ndtri

    if not 0 <= correlation < 1:
        raise SubjectError(
            tr("a correlation must be at least 0 and below 1", "相关系数应不小于 0 且小于 1"),
            str(correlation),
            "",
            "correlation",
        )
    factor = ndtri((np.arange(STEPS) + 0.5) / STEPS)[:, None]
    p = np.asarray(pd, dtype=np.float64)
    given = ndtr((ndtri(p) + np.sqrt(correlation) * factor) / np.sqrt(1 - correlation))
    tails: Floats = binomial_p(bads, subjects, given).mean(axis=0)
    return tails


def light(p: float, thresholds: tuple[float, float] = LIGHTS) -> str:
    """Return "green", "yellow" or "red" for a p-value."""
    return "green" if p >= thresholds[0] else "yellow" if p >= thresholds[1] else "red"


def grade_tests(
    y: Values,
    pd: Values,
    grades: Values,
    *,
    order: Sequence[str] | None = None,
    correlation: float | None = None,
    level: float = 0.95,
    thresholds: tuple[float, float] = LIGHTS,
) -> pl.DataFrame:
    """Return, per grade and for all, the bad rate against the mean PD, with tests and light.

    Parameters
    ----------
    y : array_like of shape (n,)
        1 bad, 0 good; one class only is allowed here.
    pd : array_like of shape (n,)
        PD applied to each subject, 0 to 1.
    grades : array_like of shape (n,)
        Grade labels, none missing.
    order : sequence of str, optional
        Grades best first; sorted by name without it.
    correlation : float, optional
        Adds ``p_correlated`` at this asset correlation.
    level : float, default 0.95
        Confidence of Jeffreys' interval.
    thresholds : (float, float), default (0.05, 0.01)
        Lights by Jeffreys' p: green from the first up, yellow from the second, red below. These
        are ours; Tasche (2003) and the Basel backtesting framework choose others.

    Returns
    -------
    pl.DataFrame
        ``grade`` (the last row is null: all), ``subjects``, ``bads``, ``pd``, ``bad_rate``,
        ``low``, ``high``, ``p_jeffreys``, ``p_binomial``, maybe ``p_correlated``, ``light``. For
        all, the binomial takes the mean PD for every subject, which errs on the careful side.

    References
    ----------
    ECB, Instructions for reporting the validation results of internal models (2019), 2.5.3.
    Tasche (2003), A traffic lights approach to PD validation.

    Examples
    --------
    >>> table = grade_tests([0, 0, 1, 0], [0.1, 0.1, 0.4, 0.4], ["A", "A", "B", "B"])
    >>> table.select("grade", "bads", "light").rows()
    [('A', 0, 'green'), ('B', 1, 'green'), (None, 1, 'green')]
    """
    good = checked(y, classes=False, pd=pd)
    scale, place = grade_places(grades, order, len(good.y))
    # counted by numpy, row after row: a sum in threads differs in its last digits from run to run
    counts = [
        np.bincount(place, weights=column, minlength=len(scale))
        for column in (np.ones(len(place)), good.y, good.columns["pd"])
    ]
    held = counts[0] > 0
    n, d, sums = (np.append(column[held], column.sum()) for column in counts)
    p = sums / n
    names = [name for name, there in zip(scale, held, strict=True) if there]
    table = pl.DataFrame(
        {
            "grade": [*names, None],
            "subjects": n.astype(np.uint32),
            "bads": d.astype(np.int64),
            "pd": p,
        },
        schema_overrides={"grade": pl.String},
    )
    low, high = jeffreys_interval(d, n, level)
    tests = {"p_jeffreys": jeffreys_p(d, n, p), "p_binomial": binomial_p(d, n, p)}
    if correlation is not None:
        tests["p_correlated"] = correlated_p(d, n, p, correlation)
    return table.with_columns(
        (pl.col("bads") / pl.col("subjects")).alias("bad_rate"),
        pl.Series("low", low),
        pl.Series("high", high),
        *(pl.Series(name, values) for name, values in tests.items()),
        pl.Series("light", [light(value, thresholds) for value in tests["p_jeffreys"]]),
    )

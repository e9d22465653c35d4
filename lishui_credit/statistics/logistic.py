"""Weighted logistic regression by Newton's method, with standard errors and p-values.

The model is ``ln(good / bad) = a + sum b_j * x_j``. It is small on purpose: scorecards need the
inverse Hessian that general libraries do not give, and coefficients that may not turn negative.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_BLOCK = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Logistic:
    """A fitted regression.

    Parameters
    ----------
    intercept : float
        Log-odds good:bad where every x is 0.
    coefficients : ndarray of float, shape (k,)
        Change of the log-odds per unit of x.
    errors : ndarray of float, shape (k + 1,)
        Standard errors, intercept first, from the inverse of the (penalised) information; NaN for
        a coefficient held at 0.
    log_likelihood : float
        At the solution, without the penalty.
    iterations : int
        Newton steps taken.
    """

    intercept: float
    coefficients: Floats
    errors: Floats
    log_likelihood: float
    iterations: int

    @property
    def p_values(self) -> Floats:
        """Two-sided Wald p-values, intercept first; NaN for a coefficient held at 0."""
        from scipy.special import ndtr

        whole = np.concatenate(([self.intercept], self.coefficients))
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Floats = 2 * ndtr(-np.abs(whole / self.errors))
        return found

    def log_odds(self, x: Floats) -> Floats:
        """Return ln(good / bad) of rows, shape (n,)."""
        found: Floats = x @ self.coefficients + self.intercept
        return found


def fit_logistic(
    x: Floats,
    bad: NDArray[np.bool_],
    weight: Floats | None = None,
    *,
    ridge: float = 0.0,
    positive: bool = False,
    most: int = 100,
) -> Logistic:
    """Fit by Newton's method.

    Parameters
    ----------
    x : ndarray of float, shape (n, k)
        Rows, without NaN.
    bad : ndarray of bool, shape (n,)
        The outcome.
    weight : ndarray of float, shape (n,), optional
        Weights.
    ridge : float, default 0
        Penalty ``ridge / 2 * sum b_j^2`` on the coefficients, not the intercept.
    positive : bool, default False
        Hold coefficients at 0 that would turn negative: the exact optimum under ``b >= 0``, by an
        active set whose held coefficients are released again where the likelihood asks for it.
    most : int, default 100
        Most Newton steps.

    Returns
    -------
    Logistic

    Raises
    ------
    ModelError
        If it does not converge: classes that x tells apart without error need a ridge.

    Notes
    -----
    Cost: O(n k^2) per step, some six steps; memory for one block of 65,536 rows beside x.

    References
    ----------
    McCullagh, P. and Nelder, J. (1989). Generalized Linear Models, ch. 4.

    Examples
    --------
    >>> draw = np.random.default_rng(0)
    >>> x = draw.normal(size=(20_000, 1))
    >>> bad = draw.random(20_000) < 1 / (1 + np.exp(1 + 2 * x[:, 0]))
    >>> found = fit_logistic(x, bad)
    >>> bool(abs(found.intercept - 1) < 0.1), bool(abs(found.coefficients[0] - 2) < 0.1)
    (True, True)
    """
    with one_thread():
        return _fitted(x, bad, weight, ridge, positive, most)


def one_thread() -> AbstractContextManager[Any]:
    """Return a context in which linear algebra uses one thread.

    The matrices are narrow: threads bring little, and on a busy machine they wait for each other
    many times longer than the work takes.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(limits=1, user_api="blas")
    return limits


def _fitted(
    x: Floats,
    bad: NDArray[np.bool_],
    weight: Floats | None,
    ridge: float,
    positive: bool,
    most: int,
) -> Logistic:
    columns = x.shape[1]
    free = np.ones(columns, dtype=bool)
    steps = 0
    start: Floats | None = None
    for _ in range(2 * columns + 2):
        beta, information, likelihood, slope, taken = _newton(
            x, bad, weight, free, ridge, most, start
        )
        steps += taken
        if not positive:
            break
        if (beta[1:] < 0).any():
            free &= beta[1:] >= 0
            start = np.maximum(beta, np.where(np.arange(columns + 1) == 0, -np.inf, 0.0))
            continue
        asked = ~free & (slope[1:] > 1e-6 * max(len(bad), 1))
        if not asked.any():
            break
        free[int(np.argmax(np.where(asked, slope[1:], -np.inf)))] = True
        start = beta
    errors = np.full(columns + 1, np.nan)
    used = np.concatenate(([True], free))
    errors[used] = np.sqrt(np.diag(np.linalg.pinv(information[np.ix_(used, used)])))
    return Logistic(
        intercept=float(beta[0]),
        coefficients=beta[1:].copy(),
        errors=errors,
        log_likelihood=likelihood,
        iterations=steps,
    )


def _blocks(rows: int) -> Iterator[slice]:
    for start in range(0, rows, _BLOCK):
        yield slice(start, min(start + _BLOCK, rows))


def _sums(
    x: Floats, bad: NDArray[np.bool_], weight: Floats | None, beta: Floats, *, curved: bool
) -> tuple[float, Floats, Floats]:
    """Log-likelihood, its gradient and the information, over blocks of rows."""
    width = x.shape[1] + 1
    likelihood, slope, information = 0.0, np.zeros(width), np.zeros((width, width))
    for part in _blocks(len(bad)):
        rows, outcome = x[part], bad[part]
        heavy = np.ones(len(outcome)) if weight is None else weight[part]
        line = rows @ beta[1:] + beta[0]
        toward = np.where(outcome, -line, line)
        likelihood -= float((heavy * np.logaddexp(0.0, -toward)).sum())
        if not curved:
            continue
        p = 1 / (1 + np.exp(-np.clip(line, -700, 700)))
        miss = heavy * (~outcome - p)
        slope[0] += miss.sum()
        slope[1:] += rows.T @ miss
        curve = heavy * p * (1 - p)
        bent = rows * curve[:, None]
        information[0, 0] += curve.sum()
        information[0, 1:] += bent.sum(axis=0)
        information[1:, 1:] += rows.T @ bent
    information[1:, 0] = information[0, 1:]
    return likelihood, slope, information


def _newton(
    x: Floats,
    bad: NDArray[np.bool_],
    weight: Floats | None,
    free: NDArray[np.bool_],
    ridge: float,
    most: int,
    start: Floats | None,
) -> tuple[Floats, Floats, float, Floats, int]:
    from lishui_credit.errors import ModelError, Problem
    from lishui_credit.language import tr

    width = x.shape[1] + 1
    penalty = np.full(width, ridge)
    penalty[0] = 0.0
    used = np.concatenate(([True], free))
    beta = np.zeros(width) if start is None else np.where(used, start, 0.0)
    if start is None:
        heavy = np.ones(len(bad)) if weight is None else weight
        bads, whole = float(heavy[bad].sum()), float(heavy.sum())
        beta[0] = np.log((whole - bads) / bads)
    for step in range(1, most + 1):
        likelihood, slope, information = _sums(x, bad, weight, beta, curved=True)
        slope -= penalty * beta
        information[np.diag_indices(width)] += penalty
        inner = information[np.ix_(used, used)]
        move = np.zeros(width)
        move[used] = np.linalg.lstsq(inner, slope[used], rcond=1e-12)[0]
        worth = likelihood - 0.5 * float((penalty * beta**2).sum())
        gain = float(slope @ move)
        if gain < 1e-9 * (1 + abs(worth)) * 1e-2:
            return beta, information, likelihood, slope, step
        size = 1.0
        for _ in range(40):
            tried = beta + size * move
            reached = _sums(x, bad, weight, tried, curved=False)[0]
            if reached - 0.5 * float((penalty * tried**2).sum()) >= worth + 1e-4 * size * gain:
                break
            size /= 2
        beta = tried
        if float(np.abs(beta).max()) > 1e3:
            break
    raise ModelError(
        Problem(
            tr("the logistic regression does not converge", "逻辑回归不收敛"),
            tr(
                f"largest coefficient {np.abs(beta).max():.0f}",
                f"最大系数 {np.abs(beta).max():.0f}",
            ),
            tr(
                "a characteristic tells the classes apart without error: take it out or set a ridge",
                "某特征可完全区分两类:请移除该特征或设置 ridge",
            ),
        )
    )

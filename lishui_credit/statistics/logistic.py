"""Weighted logistic regression by Newton's method, with standard errors and p-values.

The model is ``ln(good / bad) = a + sum b_j * x_j``. It is small on purpose: scorecards need the
inverse Hessian that general libraries do not give, and coefficients that may not turn negative.
Calibration and recalibration climb by the same `newton`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lishui_credit.errors import ModelError
from lishui_credit.language import tr
from lishui_credit.statistics.outcomes import Floats

_BLOCK = 65_536
_STEEPEST = 700.0  # log-odds beyond which exp overflows a double
_ROUNDING = 1e-14  # share of the likelihood that its sum may lose


def expit(log_odds: ArrayLike) -> Floats:
    """Return the probability of log-odds, ``1 / (1 + exp(-x))``.

    Examples
    --------
    >>> expit([0.0, 1000.0, -1000.0])[:2]
    array([0.5, 1. ])
    """
    line = np.clip(np.asarray(log_odds, dtype=np.float64), -_STEEPEST, _STEEPEST)
    found: Floats = 1 / (1 + np.exp(-line))
    return found


def logit(probability: ArrayLike) -> Floats:
    """Return the log-odds of probabilities strictly between 0 and 1."""
    p = np.asarray(probability, dtype=np.float64)
    found: Floats = np.log(p) - np.log1p(-p)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Logistic:
    """A fitted regression: log-odds good:bad, standard errors (intercept first), log-likelihood.

    Errors come from the inverse of the penalised information, NaN for a coefficient held at 0; the
    log-likelihood is without the penalty.
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
        """Return ln(good / bad) of rows, shape (n,); of equal rows to the last bit the same."""
        # A product of matrices rounds a row by where it stands: ties would be broken by chance.
        found = np.full(len(x), self.intercept)
        for column, b in zip(x.T, self.coefficients, strict=True):
            found += b * column
        return found


@dataclass(frozen=True, slots=True)
class Summit:
    """Where `newton` came to rest: coefficients, intercept first, and the likelihood around them.

    `likelihood`, `slope` and `information` are those of the coefficients, the last two penalised;
    `settled` is False where the steps ran out or a coefficient grew beyond the limit.
    """

    coefficients: Floats
    information: Floats
    likelihood: float
    slope: Floats
    steps: int
    settled: bool


@contextmanager
def one_thread() -> Iterator[None]:
    """Have linear algebra use one thread."""
    # The matrices are narrow: threads bring little, and on a busy machine they wait for each other
    # many times longer than the work takes.
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield


@one_thread()
def fit_logistic(
    x: Floats,
    bad: NDArray[np.bool_],
    weight: Floats | None = None,
    *,
    ridge: float = 0.0,
    positive: bool = False,
) -> Logistic:
    """Fit bads (n,) on x (n, k) with the penalty ``ridge / 2 * sum b_j^2``, the intercept free.

    `positive` holds at 0 what would turn negative, the exact optimum under ``b >= 0``, and releases
    it again where the likelihood asks for it. Cost: O(n k^2) a step, some six steps, and memory for
    one block of rows beside x. Raises ModelError where it does not converge.
    """
    # McCullagh, P. and Nelder, J. (1989). Generalized Linear Models, ch. 4.
    columns = x.shape[1]
    free = np.ones(columns, dtype=bool)
    whole = float(len(bad) if weight is None else weight.sum())
    steps = 0
    start: Floats | None = None
    for _ in range(2 * columns + 2):
        top = newton(x, ~bad, weight, free=free, ridge=ridge, start=start)
        if not top.settled:
            raise _diverged(top.coefficients)
        beta = top.coefficients
        steps += top.steps
        if not positive:
            break
        if (beta[1:] < 0).any():
            free &= beta[1:] >= 0
            start = np.maximum(beta, np.where(np.arange(columns + 1) == 0, -np.inf, 0.0))
            continue
        asked = ~free & (top.slope[1:] > 1e-6 * max(whole, 1.0))
        if not asked.any():
            break
        free[int(np.argmax(np.where(asked, top.slope[1:], -np.inf)))] = True
        start = beta
    errors = np.full(columns + 1, np.nan)
    used = np.concatenate(([True], free))
    errors[used] = np.sqrt(np.diag(np.linalg.pinv(top.information[np.ix_(used, used)])))
    return Logistic(
        intercept=float(beta[0]),
        coefficients=beta[1:],
        errors=_told(errors),
        log_likelihood=top.likelihood,
        iterations=steps,
    )


def _told(figures: Floats) -> Floats:
    """Return figures to ten digits: linear algebra of another processor gives other last bits."""
    return np.array([float(f"{figure:.10g}") for figure in figures])


def _diverged(coefficients: Floats) -> ModelError:
    largest = np.abs(coefficients).max()
    return ModelError(
        tr("the logistic regression does not converge", "逻辑回归不收敛"),
        tr(f"largest coefficient {largest:.0f}", f"最大系数 {largest:.0f}"),
        tr(
            "a characteristic separates goods from bads perfectly: leave it out or set a ridge",
            "某特征可完全区分好坏:请移除该特征或设置 ridge",
        ),
    )


def newton(
    x: Floats,
    aim: NDArray[np.bool_] | Floats,
    weight: Floats | None = None,
    *,
    offset: Floats | None = None,
    free: NDArray[np.bool_] | None = None,
    start: Floats | None = None,
    ridge: float = 0.0,
    most: int = 100,
    tolerance: float = 1e-11,
    reach: float = np.inf,
    limit: float = 1e3,
) -> Summit:
    """Return the most likely ``P(aim) = expit(offset + a + x b)``, `aim` 0 to 1, `x` (n, k).

    Columns that are not `free` keep coefficient 0. Coefficients have ten digits, so that they are the
    same on every processor. It stops where a step promises less than
    `tolerance` of the likelihood and moves no coefficient beyond `reach`.
    """
    width = x.shape[1] + 1
    penalty = np.full(width, ridge)
    penalty[0] = 0.0
    used = np.concatenate(([True], np.ones(width - 1, dtype=bool) if free is None else free))
    beta = np.zeros(width) if start is None else np.where(used, start, 0.0)
    if start is None and offset is None:
        heavy = np.ones(len(aim)) if weight is None else weight
        hits, whole = float((heavy * aim).sum()), float(heavy.sum())
        beta[0] = np.log(hits / (whole - hits))
    for step in range(1, most + 1):
        likelihood, slope, information = _sums(x, aim, weight, offset, beta, curved=True)
        slope -= penalty * beta
        information[np.diag_indices(width)] += penalty
        move = np.zeros(width)
        move[used] = np.linalg.lstsq(information[np.ix_(used, used)], slope[used], rcond=1e-12)[0]
        worth = likelihood - 0.5 * float((penalty * beta**2).sum())
        gain = float(slope @ move)
        if gain < tolerance * (1 + abs(worth)) and np.abs(move).max() <= reach:
            return Summit(_told(beta), information, likelihood, slope, step, settled=True)
        lost = _ROUNDING * (1 + abs(worth))
        size = 1.0
        for _ in range(40):
            tried = beta + size * move
            reached = _sums(x, aim, weight, offset, tried, curved=False)[0]
            now = reached - 0.5 * float((penalty * tried**2).sum())
            if now >= worth + 1e-4 * size * gain - lost:
                break
            size /= 2
        beta = tried
        if float(np.abs(beta).max()) > limit:
            break
    return Summit(beta, information, likelihood, slope, step, settled=False)


def _sums(
    x: Floats,
    aim: NDArray[np.bool_] | Floats,
    weight: Floats | None,
    offset: Floats | None,
    beta: Floats,
    *,
    curved: bool,
) -> tuple[float, Floats, Floats]:
    """Return the log-likelihood, its gradient and the information, summed over blocks of rows."""
    width = x.shape[1] + 1
    likelihood, slope, information = 0.0, np.zeros(width), np.zeros((width, width))
    for part in _blocks(len(aim)):
        rows, target = x[part], aim[part]
        heavy = np.ones(len(target)) if weight is None else weight[part]
        line = rows @ beta[1:] + beta[0]
        if offset is not None:
            line += offset[part]
        likelihood += float((heavy * (target * line - np.logaddexp(0.0, line))).sum())
        if not curved:
            continue
        p = expit(line)
        miss = heavy * (target - p)
        slope[0] += miss.sum()
        slope[1:] += rows.T @ miss
        curve = heavy * p * (1 - p)
        bent = rows * curve[:, None]
        information[0, 0] += curve.sum()
        information[0, 1:] += bent.sum(axis=0)
        information[1:, 1:] += rows.T @ bent
    information[1:, 0] = information[0, 1:]
    return likelihood, slope, information


def _blocks(rows: int) -> Iterator[slice]:
    for start in range(0, rows, _BLOCK):
        yield slice(start, min(start + _BLOCK, rows))

"""When does a policy lose money: bad rates, LGD, rates and incomes shocked, singly and jointly.

An income shock works through the score: incomes fall, scores fall by so many points, and the odds
follow the slope that the book itself shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from lishui_credit.cutoffs.books import Book
from lishui_credit.cutoffs.money import Products
from lishui_credit.cutoffs.portfolios import portfolio
from lishui_credit.cutoffs.shocks import MULTIPLIERS, NONE, Floats, Shock
from lishui_credit.cutoffs.sweeps import Approve
from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.statistics.outcomes import Estimate
from lishui_credit.statistics.proportions import jeffreys_interval

_DRAWN: Final = 7  # decimals of a bad rate from which defaults are drawn


def one_at_a_time(
    book: Book,
    approve: Approve,
    terms: Products,
    shocks: Mapping[str, Shock],
    *,
    product: str | None = None,
    points_to_double: float | None = None,
) -> pl.DataFrame:
    """Return the profit of a policy under each shock alone, and under none.

    Parameters
    ----------
    book : Book
        n loans with outcomes.
    approve : int, float, str or array_like of bool, shape (n,)
        A cut-off in the file's own terms (approved from there on), or a decision for every loan.
    terms : Terms or mapping of product to Terms
        Of the one product, or one set for every value of a segment of products.
    shocks : mapping of str to Shock
        By name.
    product : str, optional
        The segment that names products.
    points_to_double : float, optional
        Points of score that double the odds; without it, by a logistic regression of the outcome on
        the score over the whole book.

    Returns
    -------
    polars.DataFrame, one row per shock, the first without
        ``shock`` (null: none), ``profit_fen``, ``change_fen``, ``bad_rate_approved``,
        ``loses_money``.

    Raises
    ------
    SubjectError
        If nobody is approved, decisions are not one per loan, a cut-off is not on the scale, a
        product has no terms, or `points_to_double` is not positive.

    Examples
    --------
    >>> from lishui_credit.cutoffs.books import book
    >>> from lishui_credit.pricing.terms import Terms
    >>> frame = pl.DataFrame({"score": [1] * 20, "bad": [1] + [0] * 19, "amount_fen": [10_000] * 20})
    >>> table = one_at_a_time(
    ...     book(frame), 1, Terms(800, 300), {"twice the bads": Shock(bad_rate=2)}
    ... )
    >>> table.select("shock", "profit_fen", "bad_rate_approved").rows()
    [(None, 5250, 0.05), ('twice the bads', 500, 0.1)]
    """
    held = portfolio(book, approve, terms, product=product, points_to_double=points_to_double)
    base = round(float(held.profit(asdict(NONE))))
    rows = []
    for name, shock in ((None, NONE), *shocks.items()):
        profit = round(float(held.profit(asdict(shock))))
        rows.append((name, profit, profit - base, held.bad_rate(asdict(shock)), profit < 0))
    schema = {
        "shock": pl.String,
        "profit_fen": pl.Int64,
        "change_fen": pl.Int64,
        "bad_rate_approved": pl.Float64,
        "loses_money": pl.Boolean,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


@dataclass(frozen=True, slots=True)
class Joint:
    """Profit under many shocks drawn together.

    Parameters
    ----------
    frame : polars.DataFrame, one row per draw
        The shock drawn (a column per factor that moves), ``bad_rate_approved``, ``profit_fen``.
    mean_fen : int
        Mean profit.
    low_fen, high_fen : int
        Quantiles of the profit that leave out (1 - level)/2 on each side.
    loss : Estimate
        Share of draws that lose money, with the (Jeffreys) interval of the simulation only.
    shortfall_fen : int
        Mean profit of the worst hundredth of the draws.
    """

    frame: pl.DataFrame
    mean_fen: int
    low_fen: int
    high_fen: int
    loss: Estimate
    shortfall_fen: int


def jointly(
    book: Book,
    approve: Approve,
    terms: Products,
    spread: Shock,
    *,
    draws: int = 10_000,
    seed: int = 0,
    correlation: ArrayLike = 0.0,
    single_defaults: bool = True,
    level: float = 0.95,
    product: str | None = None,
    points_to_double: float | None = None,
) -> Joint:
    """Return the distribution of profit when shocks come together.

    Every factor moves by z times its spread, z standard normal: rates, LGD and points by z x
    spread, multipliers to the power z (so 1.3 and 1/1.3 are as likely).

    Parameters
    ----------
    book, approve, terms, product, points_to_double
        As in `one_at_a_time`.
    spread : Shock
        One standard deviation of every factor; a factor that says "no change" does not move.
    draws : int, default 10000
        100 or more.
    seed : int, default 0
        The same seed gives the same draws.
    correlation : float or array_like of shape (m, m), default 0
        Correlation of the z of any two of the m factors that move, or their matrix in the order
        of `FACTORS`. A fall of rates is a shock of negative `rate_bp`: signs are part of spread.
    single_defaults : bool, default True
        Whether defaults are drawn loan by loan given the bad rate (binomial per cell, at the cell's
        mean amounts), or only expected: a small book loses money also by chance.
    level : float, default 0.95
        Of the quantiles and the interval.

    Returns
    -------
    Joint

    Raises
    ------
    SubjectError
        As in `one_at_a_time`, or if draws are too few, nothing moves, or the matrix is none of
        correlations.

    References
    ----------
    Glasserman (2003), Monte Carlo Methods in Financial Engineering, Springer, section 2.3.

    Examples
    --------
    >>> from lishui_credit.cutoffs.books import book
    >>> from lishui_credit.pricing.terms import Terms
    >>> frame = pl.DataFrame({"score": [1] * 20, "bad": [1] + [0] * 19, "amount_fen": [10_000] * 20})
    >>> found = jointly(book(frame), 1, Terms(800, 300), Shock(bad_odds=1.5), single_defaults=False)
    >>> 0.02 < found.loss.value < 0.06
    True
    """
    held = portfolio(book, approve, terms, product=product, points_to_double=points_to_double)
    moving = [field.name for field in fields(Shock) if getattr(spread, field.name) != field.default]
    root = _root(correlation, moving, draws, level)
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((draws, len(moving))) @ root.T
    shock: dict[str, Floats] = {name: np.full(draws, value) for name, value in asdict(NONE).items()}
    for place, name in enumerate(moving):
        size = getattr(spread, name)
        shock[name] = size ** z[:, place] if name in MULTIPLIERS else size * z[:, place]
    rate, size = held.bad_rates(shock), held.counts.sum(axis=1)
    # Another processor has other last bits of a rate, and one of them can turn all later draws.
    drawn = np.round(rate, _DRAWN)
    bads = rng.binomial(size.astype(np.int64), drawn) if single_defaults else rate * size
    gain, loss = held.per_loan(shock)
    profit = np.rint(((size - bads) * gain - bads * loss).sum(axis=1)).astype(np.int64)
    low, high = np.quantile(profit, [(1 - level) / 2, (1 + level) / 2])
    below = int((profit < 0).sum())
    ends = jeffreys_interval([below], [draws], level)
    columns = {name: shock[name] for name in moving}
    columns |= {"bad_rate_approved": bads.sum(axis=1) / size.sum(), "profit_fen": profit}
    worst = np.sort(profit)[: max(1, draws // 100)]
    return Joint(
        frame=pl.DataFrame(columns),
        mean_fen=round(float(profit.mean())),
        low_fen=round(float(low)),
        high_fen=round(float(high)),
        loss=Estimate(below / draws, float(ends[0][0]), float(ends[1][0]), level),
        shortfall_fen=round(float(worst.mean())),
    )


def _root(correlation: ArrayLike, moving: list[str], draws: int, level: float) -> Floats:
    """Return the symmetric square root of the correlation matrix, or every problem with what was asked.

    It is the same on every processor; eigenvectors of equal eigenvalues are not.
    """
    problems = []
    if draws < 100:
        what = tr("a simulation needs 100 draws or more", "模拟至少需要 100 次")
        problems.append(Problem(what, str(draws), where="draws"))
    if not 0 < level < 1:
        what = tr("a confidence level must lie between 0 and 1", "置信水平须在 0 与 1 之间")
        problems.append(Problem(what, str(level), "0.95", "level"))
    if not moving:
        what = tr("spread moves no factor", "没有变动的因素")
        hint = tr("give the spread of one or more", "请给出至少一个因素的标准差")
        problems.append(Problem(what, hint=hint, where="spread"))
    m = len(moving)
    matrix = np.asarray(correlation, dtype=np.float64)
    if matrix.ndim == 0:
        matrix = np.full((m, m), float(matrix))
        np.fill_diagonal(matrix, 1.0)
    fits = matrix.shape == (m, m) and np.isfinite(matrix).all() and (matrix == matrix.T).all()
    values, vectors = np.linalg.eigh(matrix) if fits and m else (np.zeros(m), np.eye(m))
    if not fits or (np.diag(matrix) != 1).any() or (values < -1e-9).any():
        what = tr(
            "this is not a correlation matrix of the factors that move", "不是变动因素的相关矩阵"
        )
        hint = tr(
            "symmetric, ones on the diagonal, no negative eigenvalue", "对称、对角线为 1、半正定"
        )
        problems.append(Problem(what, ", ".join(moving), hint, "correlation"))
    refuse(problems)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T)

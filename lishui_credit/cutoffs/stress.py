"""When does a policy lose money: bad rates, LGD, rates and incomes shocked, singly and jointly.

The loans a policy approves are put into cells: a product, and within it a band of scores. A shock
changes the chance of default in every cell and the money per loan; who is approved and how much
they borrow stays. Odds are multiplied cell by cell, as a shift of the log-odds does, so that a
cell of safe loans stays safe. An income shock works through the score: incomes fall, scores fall
by so many points, and the odds follow the slope that the book itself shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.cutoffs.books import Book
from lishui_credit.cutoffs.money import Products, by_product
from lishui_credit.cutoffs.sweeps import approved
from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.pricing.terms import FULL_BP, Terms
from lishui_credit.statistics.logistic import newton
from lishui_credit.statistics.outcomes import Estimate
from lishui_credit.statistics.proportions import jeffreys_interval

Floats = NDArray[np.float64]

Factor = Literal["bad_odds", "bad_rate", "lgd_bp", "funding_bp", "rate_bp", "score_points"]
FACTORS: Final[tuple[Factor, ...]] = (
    "bad_odds",
    "bad_rate",
    "lgd_bp",
    "funding_bp",
    "rate_bp",
    "score_points",
)
_MULTIPLIERS: Final = ("bad_odds", "bad_rate")
_CELLS: Final = 20  # most bands of score in a product
_BADS: Final = 5  # bads that a band holds, about
_FARTHEST: Final = 1e6  # a multiplier of odds beyond which nobody asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """A change of the world; every field says "no change" when not given.

    Parameters
    ----------
    bad_odds : float, default 1
        Multiplies the odds of default of every loan, positive.
    bad_rate : float, default 1
        Multiplies the bad rate (after the odds), positive; a rate stops at 1.
    lgd_bp, funding_bp, rate_bp : int or float, default 0
        Added to LGD, to the funding cost and to the loans' rate, basis points; LGD stays in 0 to
        10,000, the others at 0 or more.
    score_points : float, default 0
        Points by which scores fall (in the file's own unit; steps, where the score is a grade). For
        an income shock score the book again with lower incomes and put the mean fall here.

    Raises
    ------
    SubjectError
        If a multiplier is not positive or a figure not finite.

    Examples
    --------
    >>> Shock(bad_odds=1.5, lgd_bp=1000).lgd_bp
    1000
    """

    bad_odds: float = 1.0
    bad_rate: float = 1.0
    lgd_bp: float = 0
    funding_bp: float = 0
    rate_bp: float = 0
    score_points: float = 0

    def __post_init__(self) -> None:
        """Refuse figures that are no change of anything."""
        problems = []
        for name, value in asdict(self).items():
            if not isinstance(value, int | float | np.number) or not np.isfinite(value):
                problems.append(
                    Problem(tr("not a finite number", "不是有限的数"), str(value), "", name)
                )
            elif name in _MULTIPLIERS and value <= 0:
                what = tr("a multiplier must be positive", "倍数必须为正")
                problems.append(Problem(what, str(value), tr("1 is no change", "1 表示不变"), name))
        if problems:
            raise SubjectError(problems)


NONE: Final = Shock()


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What a policy approves, in cells; made by `portfolio`.

    Parameters
    ----------
    terms : tuple of Terms
        One per product.
    product : ndarray of int, shape (k,)
        Product of each cell.
    counts, amounts : ndarray of float64, shape (k, 2)
        Loans and sums lent (fen) per cell, good and bad.
    slope : float
        Fall of the log-odds of default per point of score, over the whole book.
    """

    terms: tuple[Terms, ...]
    product: NDArray[np.int64]
    counts: Floats
    amounts: Floats
    slope: float

    def bad_rates(self, shock: Mapping[str, Any]) -> Floats:
        """Return the bad rate of every cell under shocks, shape (…, k)."""
        rate = self.counts[:, 1] / self.counts.sum(axis=1)
        odds = shock["bad_odds"] * np.exp(self.slope * np.asarray(shock["score_points"]))
        odds = np.asarray(odds)[..., None]
        moved = odds * rate / (1 + (odds - 1) * rate)
        return np.asarray(np.minimum(moved * np.asarray(shock["bad_rate"])[..., None], 1.0))

    def per_loan(self, shock: Mapping[str, Any]) -> tuple[Floats, Floats]:
        """Return the mean gain of a good and the mean loss of a bad loan, fen, shape (…, k)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = self.amounts / self.counts
        both = self.amounts.sum(axis=1) / self.counts.sum(axis=1)
        mean = np.where(self.counts > 0, mean, both[:, None])
        gains, losses = [], []
        for place, product in enumerate(self.product):
            terms = self.terms[product]
            margin, severity = factors(terms, shock)
            gains.append(margin * mean[place, 0] - terms.operating_fen)
            losses.append(severity * mean[place, 1] + terms.operating_fen)
        return np.stack(gains, axis=-1), np.stack(losses, axis=-1)

    def profit(self, shock: Mapping[str, Any]) -> Floats:
        """Return the expected profit under shocks, fen, shape (…)."""
        rate, (gain, loss) = self.bad_rates(shock), self.per_loan(shock)
        size = self.counts.sum(axis=1)
        return np.asarray((size * ((1 - rate) * gain - rate * loss)).sum(axis=-1))

    def bad_rate(self, shock: Mapping[str, Any]) -> float:
        """Return the bad rate of all approved loans under one shock."""
        size = self.counts.sum(axis=1)
        return float(self.bad_rates(shock) @ size / size.sum())


def factors(terms: Terms, shock: Mapping[str, Any]) -> tuple[Floats, Floats]:
    """Return margin and severity per fen lent under shocks: `Terms` in floats, for many at once."""
    rate = (
        np.maximum(terms.rate_bp + np.asarray(shock["rate_bp"], dtype=np.float64), 0) / FULL_BP / 12
    )
    funding = np.maximum(terms.funding_bp + np.asarray(shock["funding_bp"]), 0) / FULL_BP / 12
    lgd = np.clip(terms.lgd_bp + np.asarray(shock["lgd_bp"]), 0, FULL_BP) / FULL_BP
    term, stop = terms.term_months, terms.stops_after
    whole: Any
    until: Any
    exposure: Any
    if terms.repayment == "bullet":
        whole, until, exposure = term, stop, 1.0
    else:
        flat = rate < 1e-7  # below a thousandth of a basis point instalments are principal only
        step = np.log1p(np.where(flat, 1.0, rate))
        grown = np.expm1(term * step)

        def months(k: int) -> Any:
            curved = (k * (grown + 1) - np.expm1(k * step) / np.where(flat, 1.0, rate)) / grown
            return np.where(flat, k - k * (k - 1) / (2 * term), curved)

        whole, until = months(term), months(stop)
        exposure = np.where(flat, 1 - stop / term, 1 - np.expm1(stop * step) / grown)
    back = (1 - lgd) * (1 + funding) ** -float(terms.recovery_months)
    spread = rate - funding
    return np.asarray(spread * whole), np.asarray(exposure * (1 - back) - spread * until)


def portfolio(
    book: Book,
    approve: Any,
    terms: Products,
    *,
    product: str | None = None,
    points_to_double: float | None = None,
) -> Portfolio:
    """Return what a policy approves, in cells of a product and a band of scores.

    Parameters
    ----------
    book : Book
        Loans with outcomes.
    approve : cut-off or array_like of bool, shape (n,)
        See `approved`.
    terms : Terms or mapping of product to Terms
        See `money`.
    product : str, optional
        The segment that names products.
    points_to_double : float, optional
        Points of score that double the odds; a logistic regression of the outcome on the score, over
        the whole book, when not given.

    Returns
    -------
    Portfolio
        At most 20 bands in every product, with about equal numbers of bads.

    Raises
    ------
    SubjectError
        If nobody is approved, or `points_to_double` is not positive.
    """
    chosen = approved(book, approve)
    if points_to_double is not None and not 0 < points_to_double < np.inf:
        what = tr("points that double the odds must be positive", "使优势比翻倍的分数必须为正")
        raise SubjectError(Problem(what, str(points_to_double), where="points_to_double"))
    if not chosen.any():
        what = tr("nobody is approved", "没有任何贷款获批")
        raise SubjectError(
            Problem(what, hint=tr("lower the cut-off", "请降低分数线"), where="approve")
        )
    score = book.frame["score"].to_numpy()
    bad = book.frame["bad"].to_numpy().astype(np.int64)
    amount = book.frame["amount_fen"].to_numpy()
    products: list[Terms] = []
    cells: list[int] = []
    counts, amounts = [], []
    for of, rows in by_product(book, terms, product):
        here = np.flatnonzero(chosen) if rows is None else rows[chosen[rows]]
        if not len(here):
            continue
        edges = _edges(score[here[bad[here] == 1]])
        band = np.searchsorted(edges, score[here], side="right")
        key, k = 2 * band + bad[here], len(edges) + 1
        n = np.bincount(key, minlength=2 * k).reshape(k, 2)
        lent = np.bincount(key, weights=amount[here], minlength=2 * k).reshape(k, 2)
        full = n.sum(axis=1) > 0
        cells += [len(products)] * int(full.sum())
        products.append(of)
        counts.append(n[full])
        amounts.append(lent[full])
    slope = np.log(2) / points_to_double if points_to_double else _slope(score, bad)
    held = np.concatenate(counts).astype(np.float64)
    return Portfolio(tuple(products), np.array(cells), held, np.concatenate(amounts), float(slope))


def _edges(scores_of_bads: NDArray[Any]) -> NDArray[Any]:
    """Return lower bounds of all bands but the first, each a score of a bad.

    Bands hold about equal numbers of bads, five or more: multiplying the odds of a band in which
    nobody happened to default would leave it safe for ever.
    """
    bands = int(np.clip(len(scores_of_bads) // _BADS, 1, _CELLS))
    if bands == 1:
        return scores_of_bads[:0]
    shares = np.arange(1, bands) / bands
    edges = np.unique(np.quantile(scores_of_bads, shares, method="higher"))
    return np.asarray(edges[edges > scores_of_bads.min()])


def _slope(score: NDArray[Any], bad: NDArray[Any]) -> float:
    """Return the fall of the log-odds of bad per point of score, by logistic regression."""
    x = score.astype(np.float64)
    middle, spread = x.mean(), x.std()
    if spread == 0:
        return 0.0
    top = newton(((x - middle) / spread)[:, None], bad, most=25, reach=1e-9)
    return -float(top.coefficients[1]) / float(spread)


def one_at_a_time(
    book: Book,
    approve: Any,
    terms: Products,
    shocks: Mapping[str, Shock],
    *,
    product: str | None = None,
    points_to_double: float | None = None,
) -> pl.DataFrame:
    """Return the profit of a policy under each shock alone, and under none.

    Parameters
    ----------
    book, approve, terms, product, points_to_double
        As in `portfolio`.
    shocks : mapping of str to Shock
        By name.

    Returns
    -------
    polars.DataFrame, one row per shock, the first without
        ``shock`` (null: none), ``profit_fen``, ``change_fen``, ``bad_rate_approved``,
        ``loses_money``.

    Raises
    ------
    SubjectError
        As in `portfolio`.

    Examples
    --------
    >>> from lishui_credit.cutoffs.books import book
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
    approve: Any,
    terms: Products,
    spread: Shock,
    *,
    draws: int = 10_000,
    seed: int = 0,
    correlation: float | Any = 0.0,
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
        As in `portfolio`.
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
    product, points_to_double
        As in `portfolio`.

    Returns
    -------
    Joint

    Raises
    ------
    SubjectError
        As in `portfolio`, or if draws are too few, nothing moves or the matrix is no correlation.

    References
    ----------
    Glasserman (2003), Monte Carlo Methods in Financial Engineering, Springer, section 2.3.

    Examples
    --------
    >>> from lishui_credit.cutoffs.books import book
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
    shock: dict[str, Any] = {name: np.full(draws, value) for name, value in asdict(NONE).items()}
    for place, name in enumerate(moving):
        size = getattr(spread, name)
        shock[name] = size ** z[:, place] if name in _MULTIPLIERS else size * z[:, place]
    rate, size = held.bad_rates(shock), held.counts.sum(axis=1)
    bads = rng.binomial(size.astype(np.int64), rate) if single_defaults else rate * size
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


def _root(correlation: Any, moving: list[str], draws: int, level: float) -> Floats:
    """Return a square root of the correlation matrix, or every problem with what was asked."""
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
    if problems:
        raise SubjectError(problems)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))


@dataclass(frozen=True, slots=True)
class Break:
    """The smallest shock of one factor at which a policy loses money.

    Parameters
    ----------
    factor : str
        One of `FACTORS`.
    at : float or None
        Size of the shock: a multiplier, basis points (whole), or points of score; the value of "no
        change" where the policy loses money as it is, None where no shock of the factor does it.
    profit_fen : int
        Profit without a shock.
    bad_rate : float
        Bad rate of the approved without a shock.
    bad_rate_at : float or None
        The same at the break.
    """

    factor: Factor
    at: float | None
    profit_fen: int
    bad_rate: float
    bad_rate_at: float | None

    @property
    def sentence(self) -> str:
        """The break in plain words, in the language in use."""
        what = {
            "bad_odds": tr("the odds of default", "违约优势比"),
            "bad_rate": tr("the bad rate", "坏账率"),
            "lgd_bp": tr("the loss given default", "违约损失率"),
            "funding_bp": tr("the funding cost", "资金成本"),
            "rate_bp": tr("the loan rate", "贷款利率"),
            "score_points": tr("the score of everybody", "全体评分"),
        }[self.factor]
        if self.profit_fen < 0:
            return tr("The policy loses money as it is.", "该政策目前已经亏损。")
        if self.at is None or self.bad_rate_at is None:
            return tr(f"No shock of {what} alone makes the policy lose money.",
                      f"仅{what}变动不会使该政策亏损。")  # fmt: skip
        before, after = f"{self.bad_rate:.2%}", f"{self.bad_rate_at:.2%}"
        bads = tr(f" (bad rate from {before} to {after})", f"(坏账率由 {before} 升至 {after})")
        if self.factor in _MULTIPLIERS:
            return tr(
                f"The policy loses money at {self.at:.2f} times {what}{bads}.",
                f"当{what}升至 {self.at:.2f} 倍时,该政策开始亏损{bads}。",
            )
        if self.factor == "score_points":
            return tr(
                f"The policy loses money once {what} falls by {self.at:.1f} points{bads}.",
                f"当{what}下降 {self.at:.1f} 分时,该政策开始亏损{bads}。",
            )
        points = f"{abs(self.at) / 100:.2f}"
        falls = self.at < 0
        return tr(
            f"The policy loses money once {what} {'falls' if falls else 'rises'} by {points} points.",
            f"当{what}{'下降' if falls else '上升'} {points} 个百分点时,该政策开始亏损。",
        )


def breaking_point(
    book: Book,
    approve: Any,
    terms: Products,
    which: Factor,
    *,
    product: str | None = None,
    points_to_double: float | None = None,
) -> Break:
    """Return the smallest shock of one factor at which a policy loses money, by bisection.

    Bisection relies on profit falling all along: so it does wherever a bad loan is worth less than a
    good one.

    Parameters
    ----------
    book, approve, terms, product, points_to_double
        As in `portfolio`.
    which : str
        One of `FACTORS`; the loan rate is shocked downwards, the others upwards.

    Returns
    -------
    Break
        Basis points are whole: the policy loses money at `at`, not one basis point before.

    Raises
    ------
    SubjectError
        As in `portfolio`, or if there is no such factor.

    Examples
    --------
    >>> from lishui_credit.cutoffs.books import book
    >>> frame = pl.DataFrame({"score": [1] * 20, "bad": [1] + [0] * 19, "amount_fen": [10_000] * 20})
    >>> breaking_point(book(frame), 1, Terms(800, 300), "bad_rate").sentence
    'The policy loses money at 2.11 times the bad rate (bad rate from 5.00% to 10.53%).'
    """
    if which not in FACTORS:
        what = tr("no such factor", "没有该因素")
        raise SubjectError(Problem(what, repr(which), ", ".join(FACTORS), "which"))
    held = portfolio(book, approve, terms, product=product, points_to_double=points_to_double)

    def shocked(size: float) -> dict[str, Any]:
        return {**asdict(NONE), which: size}

    def loses(size: float) -> bool:
        return float(held.profit(shocked(size))) < 0

    neutral = float(getattr(NONE, which))
    base, rate = float(held.profit(asdict(NONE))), held.bad_rate(asdict(NONE))

    def found(at: float | None) -> Break:
        then = None if at is None else held.bad_rate(shocked(at))
        return Break(which, at, round(base), rate, then)

    if base < 0:
        return found(neutral)
    if which.endswith("_bp"):
        safe, lost = 0, -FULL_BP if which == "rate_bp" else FULL_BP
        if not loses(lost):
            return found(None)
        while abs(lost - safe) > 1:
            halfway = (safe + lost) // 2
            safe, lost = (safe, halfway) if loses(halfway) else (halfway, lost)
        return found(float(lost))
    steep = held.slope if which == "score_points" else 1.0
    end = np.log(_FARTHEST) / steep if which == "score_points" and steep > 0 else _FARTHEST
    if steep <= 0 or not loses(end):
        return found(None)
    low, high = neutral, float(end)
    while high - low > 1e-12 * max(1.0, high):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (low, middle) if loses(middle) else (middle, high)
    return found(high)

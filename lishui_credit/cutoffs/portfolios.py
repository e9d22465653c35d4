"""What a policy approves, in cells of a product and a band of scores, and what shocks do to it.

A shock changes the chance of default in every cell and the money per loan; who is approved and how
much they borrow stays. Odds are multiplied cell by cell, as a shift of the log-odds does, so that a
cell of safe loans stays safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lishui_credit.cutoffs.books import Book
from lishui_credit.cutoffs.money import Products, by_product
from lishui_credit.cutoffs.shocks import Floats, Shocked, factors
from lishui_credit.cutoffs.sweeps import Approve, Numbers, approved
from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.pricing.terms import Terms
from lishui_credit.statistics.logistic import newton

_CELLS: Final = 20  # most bands of score in a product
_BADS: Final = 5  # bads that a band holds, about


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What a policy approves, in k cells; made by `portfolio`."""

    terms: tuple[Terms, ...]  # one per product
    product: NDArray[np.int64]  # of each cell
    counts: Floats  # (k, 2): loans, good and bad
    amounts: Floats  # (k, 2): fen lent, good and bad
    # Fall of the log-odds of default per point of score, over the whole book; None where goods and
    # bads do not overlap, so that no finite slope is the most likely.
    slope: float | None

    def bad_rates(self, shock: Shocked) -> Floats:
        """Return the bad rate of every cell under shocks, shape (…, k)."""
        rate = self.counts[:, 1] / self.counts.sum(axis=1)
        points = np.asarray(shock["score_points"])
        if np.any(points) and self.slope is None:
            raise SubjectError(undetermined())
        moved_by = 0.0 if self.slope is None else self.slope * points
        odds = np.asarray(shock["bad_odds"] * np.exp(moved_by))[..., None]
        moved = odds * rate / (1 + (odds - 1) * rate)
        return np.asarray(np.minimum(moved * np.asarray(shock["bad_rate"])[..., None], 1.0))

    def per_loan(self, shock: Shocked) -> tuple[Floats, Floats]:
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

    def profit(self, shock: Shocked) -> Floats:
        """Return the expected profit under shocks, fen, shape (…)."""
        rate, (gain, loss) = self.bad_rates(shock), self.per_loan(shock)
        size = self.counts.sum(axis=1)
        return np.asarray((size * ((1 - rate) * gain - rate * loss)).sum(axis=-1))

    def bad_rate(self, shock: Shocked) -> float:
        """Return the bad rate of all approved loans under one shock."""
        size = self.counts.sum(axis=1)
        return float(self.bad_rates(shock) @ size / size.sum())


def portfolio(
    book: Book,
    approve: Approve,
    terms: Products,
    *,
    product: str | None = None,
    points_to_double: float | None = None,
) -> Portfolio:
    """Return what a policy approves, in cells of a product and at most 20 bands of score."""
    chosen = approved(book, approve)
    if points_to_double is not None and not 0 < points_to_double < np.inf:
        what = tr("points that double the odds must be positive", "使优势比翻倍的分数必须为正")
        raise SubjectError(what, str(points_to_double), where="points_to_double")
    if not chosen.any():
        what = tr("nobody is approved", "没有任何贷款获批")
        raise SubjectError(what, hint=tr("lower the cut-off", "请降低分数线"), where="approve")
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
    slope = float(np.log(2)) / points_to_double if points_to_double else _slope(score, bad)
    held = np.concatenate(counts).astype(np.float64)
    return Portfolio(tuple(products), np.array(cells), held, np.concatenate(amounts), slope)


def undetermined() -> Problem:
    """Return why a shock of the score cannot be told in odds of default."""
    return Problem(
        tr(
            "the score parts goods from bads without overlap, so its slope is not determined",
            "评分将好坏样本完全分开,无法估计每分对应的违约优势比",
        ),
        hint=tr(
            "say how many points double the odds: points_to_double=20",
            "请给出使优势比翻倍的分数:points_to_double=20",
        ),
        where="points_to_double",
    )


def _edges(scores_of_bads: Numbers) -> Numbers:
    """Return lower bounds of all bands but the first, each a score of a bad."""
    # Bands hold about equal numbers of bads, five or more: multiplying the odds of a band in which
    # nobody happened to default would leave it safe for ever.
    bands = int(np.clip(len(scores_of_bads) // _BADS, 1, _CELLS))
    if bands == 1:
        return scores_of_bads[:0]
    shares = np.arange(1, bands) / bands
    edges = np.unique(np.quantile(scores_of_bads, shares, method="higher"))
    return np.asarray(edges[edges > scores_of_bads.min()])


def _slope(score: Numbers, bad: NDArray[np.int64]) -> float | None:
    """Return the fall of the log-odds of bad per point of score, by logistic regression.

    None where no finite slope is the most likely: goods and bads share one score at most.
    """
    x = score.astype(np.float64)
    middle, spread = x.mean(), x.std()
    if spread == 0:
        return 0.0
    ends = [(x[bad == side].min(), x[bad == side].max()) for side in (0, 1)]
    if ends[0][1] <= ends[1][0] or ends[1][1] <= ends[0][0]:
        return None
    top = newton(((x - middle) / spread)[:, None], bad.astype(np.float64), most=100, reach=1e-9)
    return -float(top.coefficients[1]) / float(spread)

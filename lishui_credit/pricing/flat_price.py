"""Prices by grade against one flat price for everyone: what was expected, and what came.

Whoever chooses among more offers expects more: in the sample that sets the prices, the choice by
grade cannot lose to the flat one. Whether it earns more is asked of outcomes, and of firms whose
own outcome the prices did not know. The interval draws firms, and keeps both policies' money of
each together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import refuse
from lishui_credit.points import half_away
from lishui_credit.pricing.churn import MILLION, RateTable, default_rates
from lishui_credit.pricing.offers import Conditions
from lishui_credit.pricing.prices import Pricing, flat, price
from lishui_credit.pricing.terms import Terms
from lishui_credit.statistics.outcomes import Values, checked
from lishui_credit.statistics.refusals import lacking, unequal
from lishui_credit.tables.frames import as_polars

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame


def realised(pricing: Pricing, bad: Values, terms: Terms) -> NDArray[np.int64]:
    """Return what every firm earned, given its outcome, in fen.

    ``(1 - c) gain`` of a good firm, ``-(1 - c) loss`` of a bad one, at its own rate and line; zero
    for a firm not lent to. The customers lost stay an expectation: who left is not known.

    Parameters
    ----------
    pricing : Pricing
    bad : array_like of shape (n,)
        1 bad, 0 good, in the order of the firms.
    terms : Terms
        Those the prices were set with.

    Returns
    -------
    ndarray of int64, shape (n,)

    Raises
    ------
    SubjectError
        If outcomes are not 0 and 1, or of another number than the firms.

    Examples
    --------
    >>> table = RateTable((400,), {"A": (500_000,)})
    >>> terms = Terms(rate_bp=400, funding_bp=0, lgd_bp=10_000, default_month=0)
    >>> made_up = pl.DataFrame({"grade": ["A", "A"], "pd_ppm": [1_000, 1_000]})
    >>> realised(price(made_up, table, terms), [0, 1], terms).tolist()
    [2000000, -50000000]
    """
    outcomes = checked(bad, classes=False).y
    frame = pricing.frame
    refuse(unequal(outcomes, frame, "bad"))
    found = np.zeros(frame.height, dtype=np.int64)
    columns = frame.select("rate_bp", "amount_fen", "churn_ppm").iter_rows()
    for row, (rate, amount, churn) in enumerate(columns):
        if rate is None:
            continue
        asked = replace(terms, rate_bp=rate)
        earned = -asked.loss(amount) if outcomes[row] else asked.gain(amount)
        found[row] = half_away(int(earned) * (MILLION - churn), MILLION)
    return found


def against_flat(
    firms: IntoFrame,
    table: RateTable,
    terms: Terms,
    bad: Values,
    *,
    grade: str = "grade",
    pd: str | None = None,
    conditions: Conditions | None = None,
    rate_bp: int | None = None,
    prior: float = 0.5,
    repeats: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> pl.DataFrame:
    """Compare `price` with `flat`: expected, realised, and realised by firms left out.

    Three rows. *expected*: both policies' own expectation. *realised*: the same prices, with the
    outcomes that set them. *left out*: every firm gets the rate and line set from the default
    rates of all other firms (by grade, leaving one out), so that no firm's outcome sets its price.
    With a column `pd` the default probabilities are the column's, which should be out of fold; the
    two last rows are then one and the last is not given.

    Parameters
    ----------
    firms, table, terms, grade, conditions
        As for `price`.
    bad : array_like of shape (n,)
        1 bad, 0 good.
    pd : str, optional
        Column of default probabilities in millionths; by grade from the outcomes without it.
    rate_bp : int, optional
        The flat policy's rate; its best one without it, chosen on the same figures.
    prior : float, default 0.5
        As for `default_rates`.
    repeats : int, default 2000
        Draws of firms.
    level : float, default 0.95
        Confidence.
    seed : int, default 0

    Returns
    -------
    polars.DataFrame
        ``profit`` (expected, realised, left out), ``by_grade_fen``, ``flat_fen``,
        ``difference_fen``, ``low_fen``, ``high_fen`` (percentiles of the difference over draws),
        ``share_better`` (of the draws in which prices by grade earn more).

    Raises
    ------
    SubjectError
        As for `price` and `default_rates`.

    Notes
    -----
    The interval is of the firms drawn, prices held. It does not cover that the grades may have
    been given after the outcome, nor that churn is a table of one year.

    Examples
    --------
    >>> table = RateTable((400, 800), {"A": (0, 600_000), "B": (0, 400_000)})
    >>> terms = Terms(rate_bp=400, funding_bp=0, lgd_bp=10_000)
    >>> made_up = pl.DataFrame({"grade": ["A"] * 50 + ["B"] * 50})
    >>> found = against_flat(made_up, table, terms, [0] * 95 + [1] * 5, repeats=100)
    >>> found["profit"].to_list()
    ['expected', 'realised', 'left out']
    """
    outcomes = checked(bad, classes=False).y.astype(np.int64)
    firms = as_polars(firms)
    rules = conditions or Conditions()
    refuse(unequal(outcomes, firms, "bad"))
    refuse(lacking((grade, pd or grade), firms.columns))

    def both(chances: pl.Series) -> tuple[Pricing, Pricing]:
        asked = firms.with_columns(chances.alias("_pd_ppm"))
        return (
            price(asked, table, terms, grade=grade, pd="_pd_ppm", conditions=rules),
            flat(asked, table, terms, grade=grade, pd="_pd_ppm", conditions=rules, rate_bp=rate_bp),
        )

    whole = firms[pd] if pd else _by_grade(firms[grade], outcomes, prior)
    chosen = both(whole)
    expected = [pricing.frame["expected_profit_fen"].fill_null(0).to_numpy() for pricing in chosen]
    rows = {"expected": expected, "realised": [realised(p, outcomes, terms) for p in chosen]}
    if pd is None:
        rows["left out"] = _left_out(firms[grade], outcomes, prior, both, terms)
    draws = np.random.default_rng(seed).multinomial(
        firms.height, np.full(firms.height, 1 / firms.height), size=repeats
    )
    tails = [(1 - level) / 2, (1 + level) / 2]
    found = []
    for name, (ours, same) in rows.items():
        apart = draws @ (ours - same).astype(np.float64)
        low, high = np.quantile(apart, tails)
        found.append(
            {
                "profit": name,
                "by_grade_fen": int(ours.sum()),
                "flat_fen": int(same.sum()),
                "difference_fen": int((ours - same).sum()),
                "low_fen": round(float(low)),
                "high_fen": round(float(high)),
                "share_better": float((apart > 0).mean()),
            }
        )
    return pl.DataFrame(found)


def _by_grade(grade: pl.Series, bad: NDArray[np.int64], prior: float) -> pl.Series:
    """Return every firm's default probability, its grade's smoothed rate, in millionths."""
    rates = default_rates(grade, bad, prior=prior)
    return grade.cast(pl.String).replace_strict(
        rates["grade"], rates["pd_ppm"], return_dtype=pl.Int64
    )


def _left_out(
    grade: pl.Series,
    bad: NDArray[np.int64],
    prior: float,
    both: Callable[[pl.Series], tuple[Pricing, Pricing]],
    terms: Terms,
) -> list[NDArray[np.int64]]:
    """Return what every firm earned at the price set without its own outcome, both policies."""
    # Leaving out one firm changes its grade's counts alone, so firms of one grade and outcome have the
    # same prices: one solution for each of these, not one for each firm.
    names = grade.cast(pl.String)
    found = [np.zeros(len(bad), dtype=np.int64) for _ in range(2)]
    for name in names.unique().sort():
        for outcome in (0, 1):
            alike = (names == name).to_numpy() & (bad == outcome)
            if not alike.any():
                continue
            kept = np.ones(len(bad), dtype=bool)
            kept[int(np.argmax(alike))] = False
            rates = default_rates(names.filter(pl.Series(kept)), bad[kept], prior=prior)
            known = dict(rates.select("grade", "pd_ppm").iter_rows())
            # a grade of one firm has no other: the prior alone speaks
            known.setdefault(name, MILLION // 2)
            chances = names.replace_strict(known, return_dtype=pl.Int64)
            for place, pricing in enumerate(both(chances)):
                found[place][alike] = realised(pricing, bad, terms)[alike]
    return found

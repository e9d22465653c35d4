"""Synthetic small enterprises: coherent statements, analyst's points, loan classes, outcomes."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from lishui_credit.samples.registers import (
    BLOCK,
    SEED,
    defaults,
    drawn,
    firms,
    flags,
    gathered,
    pick,
    places,
)

Floats = npt.NDArray[np.float64]

_STREAM: Final = 2
_PLACES: Final = 7
_RATE: Final = 0.03


def small_enterprises(
    rows: int, *, seed: int = SEED, year: int = 2015, start: int = 0
) -> pl.DataFrame:
    """Return synthetic small enterprises with every column the default edition reads.

    Parameters
    ----------
    rows, seed, year, start
        As for `households.households`. The same index is the same firm in every year; its figures
        of the year before are not those of that year's row.

    Returns
    -------
    polars.DataFrame
        Raw printed form: money in whole yuan. ``synthetic`` is true on every row.

    Notes
    -----
    One latent quality drives statements, judgements and defaults; parts keep within their wholes.
    Everything is a design choice: no shares of small-firm grades are published for Lishui. It is
    tuned so that about a tenth reach AAA and most firms stand between AA and BBB.

    Examples
    --------
    >>> small_enterprises(2)["synthetic"].all()
    True
    """
    return gathered(rows, start, lambda number: _block(seed, year, number))


def _statements(
    rng: np.random.Generator,
    quality: Floats,
    assets: Floats,
    debt: Floats,
    current: Floats,
    owed: Floats,
    revenue: Floats,
    margin: Floats,
) -> dict[str, Floats]:
    """Return the figures of a firm's statements in yuan; parts keep within their wholes."""
    rows, noise, profit = len(quality), rng.standard_normal, revenue * margin
    # cash, receivables and inventory are parts of the current assets, and together no more
    drift = np.outer(quality, [0.04, -0.05, -0.05])
    shares = [0.13, 0.38, 0.37] + drift + 0.09 * rng.standard_normal((rows, 3))
    shares = np.clip(shares, 0.01, None)
    shares *= (np.minimum(shares.sum(axis=1), 0.95) / shares.sum(axis=1))[:, np.newaxis]
    return {
        "firm_assets": assets,
        "firm_liabilities": assets * debt,
        "current_assets": current,
        "current_liabilities": owed,
        "cash": current * shares[:, 0],
        "sales_revenue": revenue,
        "sales_profit": profit,
        "net_profit": profit * 0.72,
        "capital": np.maximum(assets - assets * debt, assets * 0.05),
        "sales_cash": revenue * np.clip(0.88 + 0.1 * noise(rows), 0.2, 1.2),
        "receivables": current * shares[:, 1],
        "inventory": current * shares[:, 2],
        "cost_of_sales": revenue * (1 - np.maximum(margin, 0)) * 0.85,
        "fixed_assets_net": assets - current,
        "prior_sales_revenue": revenue / np.clip(1.08 + 0.15 * noise(rows), 0.5, 3),
        "prior_profit": profit / np.clip(1.08 + 0.2 * noise(rows), 0.4, 3),
    }


def _block(seed: int, year: int, number: int) -> pl.DataFrame:
    rng, quality, index = drawn(seed, _STREAM, number, year)
    rows, noise = BLOCK, rng.standard_normal
    assets = 6e6 * np.exp(0.9 * noise(rows))
    debt = np.clip(0.62 - 0.12 * quality + 0.12 * noise(rows), 0.02, 1.25)
    current = assets * np.clip(0.58 + 0.1 * noise(rows), 0.1, 0.95)
    owed = np.minimum(
        assets * debt, current / np.clip(1.25 + 0.3 * quality + 0.3 * noise(rows), 0.3, 9)
    )
    revenue = assets * np.clip(0.85 + 0.15 * quality + 0.3 * noise(rows), 0.1, 6)
    margin = np.clip(0.045 + 0.04 * quality + 0.04 * noise(rows), -0.3, 0.4)

    def points(most: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        raw = np.rint(most * (0.62 + 0.15 * quality + 0.12 * noise(rows)))
        return np.clip(raw, 0, most).astype(np.int64)

    classes = pick(rng, rows, ["normal", "special_mention", "substandard"], [0.94, 0.045, 0.015])
    worst = pick(rng, rows, ["doubtful", "loss"], [0.7, 0.3])
    classes = np.where((quality < -2.3), worst, classes)
    money = _statements(rng, quality, assets, debt, current, owed, revenue, margin)
    frame = pl.DataFrame(
        {
            **firms(index, "合成小企业"),
            **{name: values.astype(np.int64) for name, values in money.items()},
            "analyst_management": points(4),
            "analyst_reputation": points(2),
            "analyst_leader": points(4),
            "analyst_prospects": points(2),
            "principal_record_points": points(10),
            "interest_record_points": points(6),
            "loan_class": classes,
            "loss_this_period": money["net_profit"] < 0,
            "loss_prior_period": (money["net_profit"] < 0) & flags(rng, rows, 0.5),
            "new_customer": flags(rng, rows, 0.15),
            "default_12m": defaults(rng, quality, _RATE),
            "synthetic": np.ones(rows, dtype=bool),
        }
    )
    before = pl.col("prior_profit").abs()
    frame = frame.with_columns(
        pl.when("loss_prior_period").then(-before).otherwise(before).alias("prior_profit")
    )
    return frame.with_columns(places(seed, _PLACES, number)["county"])

"""Synthetic farm households as the rule of 1999 for small credit loans asks for them."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from lishui_credit.samples import households
from lishui_credit.samples.registers import BLOCK, SEED, flags, gathered, generator, lasting

_STREAM: Final = 12


def small_loan_households(
    rows: int, *, seed: int = SEED, year: int = 2002, start: int = 0
) -> pl.DataFrame:
    """Return synthetic households with every column that ``farmer-household/pboc-1999`` reads.

    Parameters
    ----------
    rows, seed, start
        As for `households.households`: the same index is the same household.
    year : int
        Year the figures speak of; incomes follow it.

    Returns
    -------
    polars.DataFrame
        Raw printed form: money in whole yuan. ``synthetic`` is true on every row.

    Notes
    -----
    Members, income and place are those of `households.households`; the rest is a design choice. No
    shares of the three grades are published.

    Examples
    --------
    >>> small_loan_households(2)["synthetic"].all()
    True
    """
    return gathered(rows, start, lambda number: _block(seed, year, number))


def _block(seed: int, year: int, number: int) -> pl.DataFrame:
    rng, rows = generator(seed, _STREAM, number, year), BLOCK
    quality = lasting(seed, households.STREAM, number)
    noise = rng.standard_normal
    base = households.households(rows, seed=seed, year=year, start=number * BLOCK)
    needed = np.exp(8.6 + 0.7 * noise(rows)).astype(np.int64)
    own = (needed * np.clip(0.62 + 0.15 * quality + 0.2 * noise(rows), 0, 1.5)).astype(np.int64)
    return base.select(
        "household_id",
        "name",
        "county",
        "township",
        "village",
        "family_members",
        "labourers",
        "net_income",
        pl.Series("repaid_on_time_three_years", quality + 0.8 * noise(rows) > -0.3),
        pl.Series("bad_credit_record", quality + 0.5 * noise(rows) < -2.0),
        pl.Series("own_production_funds", own),
        pl.Series("production_funds_needed", needed),
        pl.Series("steady_income", quality + 0.8 * noise(rows) > -1.4),
        pl.Series("basically_no_arrears", quality + 0.6 * noise(rows) > -1.6),
        pl.Series("local_with_full_capacity", ~flags(rng, rows, 0.01)),
        pl.Series("of_good_standing", quality + 0.5 * noise(rows) > -2.2),
        pl.Series("allowed_activity_with_income", ~flags(rng, rows, 0.01)),
        "default_12m",
        "synthetic",
    )

"""Synthetic taxpayers and their dated events, several years coherent with each other."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from lishui_credit.samples.registers import (
    BLOCK,
    SEED,
    defaults,
    drawn,
    firms,
    flags,
    gathered,
    generator,
    indices,
    lasting,
    pick,
    places,
    uscc,
)

STREAM: Final = 4
_EVENTS: Final = 5
_PLACES: Final = 6
_RATE: Final = 0.02
_EVENT_RATE: Final = 1.8
_TAXES: Final = ["增值税", "企业所得税", "个人所得税", "印花税", "城市维护建设税"]
_CODES: Final = ["010101", "010103", "020101", "010102", "050103", "020202", "040103"]
_CODES_2025: Final = ["010101", "010103", "020101", "010102", "010504", "02-ARREARS-LO", "040103"]
_SHARES: Final = [0.62, 0.12, 0.12, 0.06, 0.04, 0.03, 0.01]


def enterprises(rows: int, *, seed: int = SEED, year: int = 2018, start: int = 0) -> pl.DataFrame:
    """Return a synthetic register of taxpayers for one year.

    Parameters
    ----------
    rows, seed, start
        As for `households.households`. The same index is the same firm in every year.
    year : int
        Year assessed.

    Returns
    -------
    polars.DataFrame
        Raw printed form. ``synthetic`` is true on every row.

    Notes
    -----
    No document seen gives shares of tax grades for Lishui; a report on one province for 2020 gives
    A 6%, B 42%, M 50%, C and D 1.5% (derived), which these are not tuned to. All shares are design
    choices: about 14% of the year 2018 get A, 65% B, 6% C, 4% D and 12% M; later editions deduct or
    repair otherwise, and the shares move with them.

    Examples
    --------
    >>> enterprises(2)["synthetic"].all()
    True
    """
    return gathered(rows, start, lambda number: _register(seed, year, number))


def _register(seed: int, year: int, number: int) -> pl.DataFrame:
    rng, quality, index = drawn(seed, STREAM, number, year)
    rows, noise = BLOCK, rng.standard_normal
    prior = np.select(
        [quality + 0.5 * noise(rows) > limit for limit in (1.2, -1.6, -2.1)], ["A", "B", "C"], "D"
    )
    new = flags(rng, rows, 0.06)
    prior = np.where(new, "none", prior)
    d = prior == "D"
    direct = d & flags(rng, rows, 0.6)
    retained = direct & flags(rng, rows, 0.3)
    frame = pl.DataFrame(
        {
            **firms(index, "合成企业"),
            "has_non_recurring_info": flags(rng, rows, 0.15),
            "payment_info_complete": flags(rng, rows, 0.9),
            "consecutive_a_years": np.where(prior == "A", rng.integers(1, 5, rows), 0),
            "prior_grade": prior,
            "prior_grade_direct": direct & ~retained,
            "prior_d_retained": retained,
            "prior_d_by_score": d & ~direct,
            "under_three_years": new | flags(rng, rows, 0.42),
            "vat_zero_without_reason": flags(rng, rows, 0.3),
            "books_not_in_order": quality < -2.0,
            "new_enterprise": new,
            "no_business_income": flags(rng, rows, 0.07),
            "criminal_case_open": flags(rng, rows, 0.0005),
            "audit_finding_open": flags(rng, rows, 0.001),
            "review_pending": flags(rng, rows, 0.001),
            "default_12m": defaults(rng, quality, _RATE),
            "synthetic": np.ones(rows, dtype=bool),
        }
    )
    return frame.with_columns(
        places(seed, _PLACES, number)["county"],
        pl.when(pl.lit(pl.Series(~flags(rng, rows, 0.002)))).then("has_non_recurring_info"),
    )


def tax_events(register: pl.DataFrame, *, seed: int = SEED, year: int = 2018) -> pl.DataFrame:
    """Return a year's events for a register, most of them of the weaker firms.

    Parameters
    ----------
    register : polars.DataFrame
        As `enterprises` returns for the same seed and year, in one piece.
    seed, year : int
        As for `enterprises`.

    Returns
    -------
    polars.DataFrame
        event_id, uscc, code, dates, tax_type, amounts in whole yuan, exempt, synthetic.

    Examples
    --------
    >>> firms = enterprises(50)
    >>> set(tax_events(firms)["uscc"]) <= set(firms["uscc"])
    True
    """
    rows = register.height
    first = int(register["name"][0].removeprefix("合成企业")) - 1 if rows else 0
    last = first + max(rows, 1) - 1
    parts = [_happened(seed, year, n) for n in range(first // BLOCK, last // BLOCK + 1)]
    chosen = pl.concat(parts).filter(pl.col("_firm").is_between(first, first + rows - 1))
    return chosen.drop("_firm")


def _happened(seed: int, year: int, number: int) -> pl.DataFrame:
    rng = generator(seed, _EVENTS, number, year)
    quality = lasting(seed, STREAM, number)
    index = indices(number)
    counts = rng.poisson(_EVENT_RATE * np.exp(-0.9 * quality) / np.exp(0.405))
    owner = np.repeat(index, counts)
    total = len(owner)
    occurred = np.datetime64(f"{year}-01-01") + rng.integers(0, 365, total).astype("timedelta64[D]")
    day = np.timedelta64(1, "D")
    due = occurred - day
    recorded = occurred + rng.integers(0, 10, total) * day
    corrected = recorded + np.minimum(rng.geometric(0.03, total), 500) * day
    amounts = np.rint(np.exp(7.2 + 1.6 * rng.standard_normal(total))).astype(np.int64)
    code = pick(rng, total, _CODES_2025 if year >= 2025 else _CODES, _SHARES)
    short = rng.integers(10_000, 80_000, total)
    frame = pl.DataFrame(
        {
            "_firm": owner,
            "event_id": pl.Series(np.arange(total) + number * 10 * BLOCK)
            .cast(pl.String)
            .str.zfill(8),
            "uscc": uscc(index).gather(owner - index[0]),
            "code": code,
            "occurred_on": occurred,
            "due_on": due,
            "recorded_on": recorded,
            "corrected_on": corrected,
            "tax_type": pick(rng, total, _TAXES, [0.45, 0.2, 0.15, 0.12, 0.08]),
            "tax_amount": np.where(
                np.isin(code, ["020202", "02-ARREARS-LO"]), amounts % 50_000, amounts
            ),
            "paid_amount": amounts,
            "short_tax": short,
            "tax_payable": short * rng.integers(110, 600, total),
            "clean_months": rng.integers(0, 14, total),
            "exempt": flags(rng, total, 0.04),
            "_open": flags(rng, total, 0.2),
        }
    )
    dates = ["occurred_on", "due_on", "recorded_on", "corrected_on"]
    return frame.with_columns(pl.col(dates).cast(pl.Date)).select(
        "_firm",
        pl.format("EV{}-{}", pl.lit(year), "event_id").alias("event_id"),
        "uscc",
        "code",
        "occurred_on",
        "due_on",
        "recorded_on",
        pl.when(~pl.col("_open")).then("corrected_on").alias("corrected_on"),
        "tax_type",
        "tax_amount",
        pl.when(~pl.col("_open")).then("tax_amount").alias("paid_amount"),
        "short_tax",
        "tax_payable",
        "clean_months",
        "exempt",
        pl.lit(True).alias("synthetic"),
    )

"""Synthetic farm households, calibrated to the published marginals of Lishui."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from lishui_credit.samples.registers import (
    BLOCK,
    COUNTIES,
    SEED,
    defaults,
    drawn,
    flags,
    gathered,
    generator,
    pick,
    places,
)

STREAM: Final = 1
_PLACES: Final = 9
_SIZES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Parameters of the population: published figures, and design choices.

    Parameters
    ----------
    income_2014, income_2019 : int
        Rural income a head in yuan: 13,635 (2014, year inferred) and 21,931 (2019), published;
        other years are interpolated.
    loan_ever : float
        36万 of 48万 households had borrowed by 2015: published.
    default_rate, peers, clean, no_business, lacking, spread : design choices.
    """

    income_2014: int = 13_635
    income_2019: int = 21_931
    loan_ever: float = 0.75
    default_rate: float = 0.015
    spread: float = 0.6
    peers: tuple[float, float, float, float] = (0.46, 0.26, 0.21, 0.07)
    no_business: float = 0.16
    bad_record: float = 0.035
    lacking: float = 0.003


DESIGN: Final = Design()


def _income_a_head(year: int) -> float:
    growth = (DESIGN.income_2019 / DESIGN.income_2014) ** (1 / 5)
    return float(DESIGN.income_2014 * growth ** (year - 2014))


def county_bases(year: int = 2015) -> pl.DataFrame:
    """Return the three bases of every county, near the model's medians (design choice).

    Parameters
    ----------
    year : int, default 2015
        Moves them with rural income.

    Returns
    -------
    polars.DataFrame
        county, base_total_assets, base_disposable_assets, base_net_income (whole yuan), synthetic.

    Notes
    -----
    Bases differ by up to 8% between counties while households do not, so county medians are 0.9
    to 1.2 times their base. No county's approved bases are published.

    Examples
    --------
    >>> county_bases(2015).height
    9
    """
    income = _income_a_head(year) * 3
    tilt = 1 + 0.02 * (np.arange(9) - 4)
    return pl.DataFrame(
        {
            "county": COUNTIES["county"],
            "base_total_assets": (income * 4.6 * tilt).astype(np.int64),
            "base_disposable_assets": (income * 1.15 * tilt).astype(np.int64),
            "base_net_income": (income * 0.86 * tilt).astype(np.int64),
            "synthetic": True,
        }
    )


def households(
    rows: int,
    *,
    seed: int = SEED,
    year: int = 2015,
    start: int = 0,
    default_rate: float = DESIGN.default_rate,
) -> pl.DataFrame:
    """Return synthetic households with every column the default edition reads.

    Parameters
    ----------
    rows : int
        How many.
    seed : int
        The same seed gives the same rows.
    year : int
        Year the figures speak of; defaults end by the middle of the next. The same index is the
        same household in every year: its place, size and lasting quality stay.
    start : int
        Index of the first row: a row is the same whatever piece it is asked for in.
    default_rate : float
        Share of defaults within 12 months, 0 to 1. Three scenarios are meant: 0.0013 (the published
        bad-loan rate of forest-right loans, 2016-10, which is not a share of households), 0.015
        and 0.03; all three are design choices here.

    Returns
    -------
    polars.DataFrame
        Raw printed form: money in whole yuan. ``default_12m`` is null for households that never
        borrowed. ``synthetic`` is true on every row.

    Notes
    -----
    Tuned so that about 85.4% of households reach 三级 or better (41万 of 48万 in 2015, Lishui plan
    一(一)); the split between the grades and the default process are design choices.

    Examples
    --------
    >>> households(2)["synthetic"].all()
    True
    """
    return gathered(rows, start, lambda number: _block(seed, year, number, default_rate))


def _wealth(
    rng: np.random.Generator,
    quality: npt.NDArray[np.float64],
    size: npt.NDArray[np.int64],
    head: float,
) -> tuple[npt.NDArray[Any], ...]:
    """Return income, assets, the share of debts, disposable assets and shares of a cooperative."""
    rows = len(quality)
    noise = rng.standard_normal
    income = head * size * 0.94 * np.exp(DESIGN.spread * (0.55 * quality + 0.8 * noise(rows)))
    assets = head * 3 * 5.0 * np.exp(0.65 * (0.6 * quality + 0.8 * noise(rows)))
    debts = np.clip(rng.beta(1.3, 6.5, rows) - 0.03 * quality, 0, 1.4)
    disposable = assets * rng.beta(4, 12, rows)
    shares = np.where(flags(rng, rows, 0.45), rng.choice([500, 1000, 2000, 5000, 10000], rows), 0)
    return income, assets, debts, disposable, shares


def _records(
    rng: np.random.Generator, quality: npt.NDArray[np.float64], year: int
) -> tuple[npt.NDArray[Any], ...]:
    """Return who has a bad record, the record, the days of default and repayment, who still owes."""
    rows = len(quality)
    bad = rng.random(rows) < DESIGN.bad_record * np.exp(-0.8 * quality) / np.exp(0.32)
    record = np.where(
        bad, "default", np.where(flags(rng, rows, DESIGN.no_business), "no_business", "normal")
    )
    began = np.datetime64(date(year - 1, 1, 1)) + rng.integers(0, 700, rows).astype(
        "timedelta64[D]"
    )
    late = np.minimum(rng.geometric(0.012, rows), 800).astype("timedelta64[D]")
    repaid = began + late
    still = flags(rng, rows, 0.25) | (repaid > np.datetime64(date(year + 1, 6, 1)))
    return bad, record, began, repaid, still


def _block(seed: int, year: int, number: int, default_rate: float) -> pl.DataFrame:
    (rng, quality, index), rows = drawn(seed, STREAM, number, year), BLOCK
    size = np.clip(1 + generator(seed, _SIZES, number).binomial(5, 0.42, rows), 1, 6)
    labour = rng.binomial(size, 0.62)
    income, assets, debts, disposable, shares = _wealth(rng, quality, size, _income_a_head(year))
    peers = DESIGN.peers
    edges = np.quantile(quality, np.cumsum(peers[::-1])[:-1])
    level = np.digitize(quality + 0.35 * rng.standard_normal(rows), edges)
    review = np.asarray(["poor", "fair", "good", "excellent"])[level]
    bad, record, began, repaid, still = _records(rng, quality, year)
    borrowed = (record != "no_business") & (
        rng.random(rows) < DESIGN.loan_ever / (1 - DESIGN.no_business)
    )
    outcome = defaults(rng, quality - 1.2 * bad, default_rate)
    frame = pl.DataFrame(
        {
            "household_id": pl.Series(index).cast(pl.String).str.zfill(10),
            "family_members": size,
            "labourers": labour,
            "total_assets": assets.astype(np.int64),
            "net_assets": (assets * (1 - debts)).astype(np.int64),
            "disposable_assets": disposable.astype(np.int64),
            "coop_shares": shares.astype(np.int64),
            "net_income": income.astype(np.int64),
            "performance_record": record,
            "default_item": pick(
                rng, rows, ["principal", "interest", "principal_and_interest"], [0.4, 0.45, 0.15]
            ),
            "defaulted_on": began,
            "repaid_on": repaid,
            "default_measure": pick(
                rng, rows, ["normal", "administrative", "judicial"], [0.9, 0.03, 0.07]
            ),
            "peer_review": review,
            "default_12m": outcome,
            "_bad": bad,
            "_open": still,
            "_borrowed": borrowed,
            "_lacking": flags(rng, rows, DESIGN.lacking),
        }
    )
    return _printed(frame.hstack(places(seed, _PLACES, number)))


def _printed(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the households as a file would have them: facts of a default only where there was one."""
    facts = ["default_item", "defaulted_on", "repaid_on", "default_measure"]
    return frame.select(
        ("SYN" + pl.col("household_id")).alias("household_id"),
        ("合成户" + pl.col("household_id").str.slice(3)).alias("name"),
        "county",
        "township",
        "village",
        "family_members",
        "labourers",
        "total_assets",
        "net_assets",
        "disposable_assets",
        "coop_shares",
        pl.when(~pl.col("_lacking")).then("net_income").alias("net_income"),
        "performance_record",
        *(
            pl.when(pl.col("_bad") & (~pl.col("_open") if name == "repaid_on" else True))
            .then(pl.col(name).cast(pl.Date) if name.endswith("_on") else pl.col(name))
            .alias(name)
            for name in facts
        ),
        "peer_review",
        pl.when(pl.col("_borrowed")).then("default_12m").alias("default_12m"),
        pl.lit(True).alias("synthetic"),
    )


def village_loans(frame: pl.DataFrame, *, seed: int = SEED) -> pl.DataFrame:
    """Return the lenders' figures by village for a households frame.

    Parameters
    ----------
    frame : polars.DataFrame
        As `households` returns.
    seed : int
        For the loan sizes.

    Returns
    -------
    polars.DataFrame
        county, township, village, borrowers, borrowers_without_arrears, loan_balance and
        bad_loan_balance (whole yuan), bad_loan_rate_rise (a rate), synthetic. Loan sizes are
        design choices around the 5.42万 yuan a borrower of 2010.

    Examples
    --------
    >>> village_loans(households(20))["synthetic"].all()
    True
    """
    rng = generator(seed, 11, 0)
    lent = pl.col("default_12m").is_not_null()
    arrears = (pl.col("performance_record") == "default") & lent
    sizes = pl.Series(
        "_loan", (54_200 * np.exp(0.5 * rng.standard_normal(frame.height))).astype(np.int64)
    )
    counted = (
        frame.with_columns(sizes)
        .group_by("county", "township", "village")
        .agg(
            lent.sum().cast(pl.Int64).alias("borrowers"),
            (lent & ~arrears).sum().cast(pl.Int64).alias("borrowers_without_arrears"),
            pl.col("_loan").filter(lent).sum().alias("loan_balance"),
            pl.col("_loan").filter(arrears & pl.col("default_12m")).sum().alias("bad_loan_balance"),
        )
        .sort("county", "township", "village")
    )
    rise = pl.Series("bad_loan_rate_rise", np.round(rng.normal(0.001, 0.003, counted.height), 4))
    return counted.with_columns(rise, pl.lit(True).alias("synthetic"))

"""Synthetic firms in the registers of labour, customs and tax offices, and shops with stars.

The same index is the same firm in each of them and among the taxpayers of `tax`: their codes agree,
so that a tax grade can be fed to the exporters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from lishui_credit.samples import tax
from lishui_credit.samples.registers import (
    BLOCK,
    SEED,
    defaults,
    firms,
    flags,
    gathered,
    generator,
    indices,
    lasting,
    pick,
    places,
)

_LABOUR: Final = 13
_CUSTOMS: Final = 14
_EXPORTS: Final = 15
_EARLY: Final = 16
_STARS: Final = 17
_PLACES: Final = 6
_RATE: Final = 0.02


def labour_records(
    rows: int, *, seed: int = SEED, year: int = 2019, start: int = 0
) -> pl.DataFrame:
    """Return synthetic employers with every column that ``labour-security`` reads.

    Parameters
    ----------
    rows, seed, start
        As for `tax.enterprises`: the same index is the same firm in every register and year.
    year : int
        Year whose record it is.

    Returns
    -------
    polars.DataFrame
        Raw printed form. ``synthetic`` is true on every row.

    Notes
    -----
    Tuned towards the published results of Ningde for 2020: 230 A, 71 B, 6 C (75, 23 and 2%). Other
    places print 39 to 83% A. The process itself is a design choice.

    Examples
    --------
    >>> labour_records(2)["synthetic"].all()
    True
    """
    return gathered(rows, start, lambda number: _labour(seed, year, number))


def _labour(seed: int, year: int, number: int) -> pl.DataFrame:
    rng, quality = generator(seed, _LABOUR, number, year), lasting(seed, tax.STREAM, number)
    weak = np.exp(-0.8 * quality)
    found = rng.poisson(0.21 * weak)

    def seldom(share: float) -> npt.NDArray[np.bool_]:
        return (found > 0) & (rng.random(BLOCK) < share * weak)

    facts = {
        "labour_investigations": found,
        "labour_serious_effect": seldom(0.003),
        "child_or_forced_labour": seldom(0.002),
        "refuses_labour_decision": seldom(0.012),
        "obstructs_labour_inspection": seldom(0.006),
        "labour_crime_prosecuted": seldom(0.001),
    }
    return _register(seed, number, facts, rng, quality)


def customs_records(
    rows: int, *, seed: int = SEED, year: int = 2009, start: int = 0
) -> pl.DataFrame:
    """Return synthetic consignees and consignors with every column that ``customs`` reads.

    Parameters
    ----------
    rows, seed, year, start
        As for `labour_records`.

    Returns
    -------
    polars.DataFrame
        Raw printed form; the error rate in ten-thousandths, trade in US dollars. ``synthetic`` is
        true on every row.

    Notes
    -----
    No shares of the five classes were found: everything is a design choice.

    Examples
    --------
    >>> customs_records(2)["synthetic"].all()
    True
    """
    return gathered(rows, start, lambda number: _customs(seed, year, number))


def _customs(seed: int, year: int, number: int) -> pl.DataFrame:
    rng, quality = generator(seed, _CUSTOMS, number, year), lasting(seed, tax.STREAM, number)
    noise, weak = rng.standard_normal, np.exp(-0.9 * quality)
    prior = np.select(
        [quality + 0.4 * noise(BLOCK) > limit for limit in (1.9, 1.0, -2.1, -2.6)],
        ["AA", "A", "B", "C"],
        "D",
    )
    prior = np.where(flags(rng, BLOCK, 0.08), "none", prior)
    trade = np.exp(13.6 + 1.5 * noise(BLOCK) + 0.4 * quality + 2.5 * (prior == "AA"))
    proven, held = np.isin(prior, ["AA", "A"]), np.isin(prior, ["AA", "A", "B"])
    breaches = rng.poisson(0.12 * weak)
    fined = np.where(breaches > 0, np.exp(8.5 + 1.6 * noise(BLOCK)), 0)
    owing = rng.random(BLOCK) < 0.01 * weak
    facts: dict[str, Any] = {
        "customs_prior_class": prior,
        "customs_smuggling_crime": rng.random(BLOCK) < 0.0005 * weak,
        "customs_smuggling_acts": rng.poisson(0.004 * weak),
        "customs_breaches": breaches,
        "customs_fines": fined.astype(np.int64),
        "customs_ipr_penalties": rng.poisson(0.01 * weak),
        "customs_arrears": np.where(owing, np.exp(10.5 + 1.5 * noise(BLOCK)), 0).astype(np.int64),
        "customs_restored_to_b": (prior == "C") & flags(rng, BLOCK, 0.4),
        "customs_b_for_a_year": proven | (held & flags(rng, BLOCK, 0.8)),
        "customs_a_for_a_year": (prior == "AA") | (proven & flags(rng, BLOCK, 0.7)),
        "customs_trade_usd": trade.astype(np.int64),
        "customs_error_rate_bp": np.clip(
            np.rint(200 - 60 * quality + 90 * noise(BLOCK)), 0, 10_000
        ).astype(np.int64),
        "customs_sound_accounts": quality + 0.5 * noise(BLOCK) > -1.5,
        "customs_cooperates": quality + 0.5 * noise(BLOCK) > -1.7,
        "customs_yearly_report": ~flags(rng, BLOCK, 0.05),
        "customs_registration_renewed": ~flags(rng, BLOCK, 0.03),
        "other_agency_bad_record": rng.random(BLOCK) < 0.03 * weak,
        "customs_verified_by_audit": proven & flags(rng, BLOCK, 0.6),
        "customs_audit_report": proven & flags(rng, BLOCK, 0.8),
        "customs_half_yearly_form": proven & flags(rng, BLOCK, 0.8),
        "customs_central_or_west": np.zeros(BLOCK, dtype=bool),
    }
    return _register(seed, number, facts, rng, quality)


def exporters(rows: int, *, seed: int = SEED, year: int = 2018, start: int = 0) -> pl.DataFrame:
    """Return synthetic exporters with what ``export-refund-class`` reads beside the tax grade.

    Parameters
    ----------
    rows, seed, year, start
        As for `labour_records`. The tax grade is fed: see `fed_grades.feed`.

    Returns
    -------
    polars.DataFrame
        Raw printed form: money in whole yuan. ``synthetic`` is true on every row.

    Notes
    -----
    No shares of the four classes were found: everything is a design choice.

    Examples
    --------
    >>> exporters(2)["synthetic"].all()
    True
    """
    return gathered(rows, start, lambda number: _exporters(seed, year, number))


def _exporters(seed: int, year: int, number: int) -> pl.DataFrame:
    rng, quality = generator(seed, _EXPORTS, number, year), lasting(seed, tax.STREAM, number)
    noise, weak = rng.standard_normal, np.exp(-0.8 * quality)
    refunds = np.exp(14.5 + 1.2 * noise(BLOCK))
    assets = refunds * np.exp(0.7 + 0.4 * quality + 0.9 * noise(BLOCK))
    facts: dict[str, Any] = {
        "exporter_kind": pick(rng, BLOCK, ["producer", "trader", "service"], [0.6, 0.37, 0.03]),
        "capacity_matches_refunds": quality + 0.6 * noise(BLOCK) > -1.6,
        "refund_fraud_three_years": rng.random(BLOCK) < 0.004 * weak,
        "exporter_net_assets": assets.astype(np.int64),
        "refunds_last_year": refunds.astype(np.int64),
        "export_risk_control": quality + 0.7 * noise(BLOCK) > -0.4,
        "exporter_over_five_years": ~flags(rng, BLOCK, 0.35),
        "customs_credit": np.select(
            [quality + 0.6 * noise(BLOCK) > limit for limit in (1.7, 0.6, -2.6)],
            ["advanced", "certified", "general"],
            "dishonest",
        ),
        "fx_class": np.select(
            [quality + 0.5 * noise(BLOCK) > limit for limit in (-1.9, -2.8)], ["A", "B"], "C"
        ),
        "service_refunds_large_share": flags(rng, BLOCK, 0.6),
        "months_since_first_refund_claim": np.minimum(rng.geometric(0.018, BLOCK), 300),
    }
    shares = {
        "six_months_without_claim": 0.06,
        "refund_rules_broken": 0.02,
        "refund_class3_provincial": 0.01,
        "refused_refund_papers": 0.001,
        "refund_rules_penalised": 0.003,
        "refund_right_suspended": 0.002,
        "led_class4_firm": 0.001,
        "joint_punishment_listed": 0.002,
        "refund_class4_provincial": 0.001,
    }
    facts |= _seldom(rng, weak, shares)
    return _register(seed, number, facts, rng, quality)


def early_taxpayers(
    rows: int, *, seed: int = SEED, year: int = 2010, start: int = 0
) -> pl.DataFrame:
    """Return synthetic taxpayers with every column that ``tax-credit`` reads before October 2014.

    Parameters
    ----------
    rows, seed, year, start
        As for `labour_records`.

    Returns
    -------
    polars.DataFrame
        Raw printed form; rates in ten-thousandths. ``synthetic`` is true on every row.

    Notes
    -----
    No shares of the grades of 2003 were found: everything is a design choice.

    Examples
    --------
    >>> early_taxpayers(2)["synthetic"].all()
    True
    """
    return gathered(rows, start, lambda number: _early(seed, year, number))


def _early(seed: int, year: int, number: int) -> pl.DataFrame:
    rng, quality = generator(seed, _EARLY, number, year), lasting(seed, tax.STREAM, number)
    noise, weak = rng.standard_normal, np.exp(-0.9 * quality)
    owing = rng.random(BLOCK) < 0.04 * weak
    facts: dict[str, Any] = {
        "tax_rating_score": np.clip(np.round(86 + 9 * quality + 5 * noise(BLOCK), 1), 0, 100),
        "arrears_two_years_unpaid": np.where(owing, np.exp(9.5 + 1.4 * noise(BLOCK)), 0).astype(
            np.int64
        ),
        "new_tax_arrears_two_years": owing,
        "antiforgery_late_reports": rng.poisson(0.08 * weak),
    }
    for name in ("filing_on_time_rate", "filing_accuracy_rate", "tax_paid_on_time_rate",
                 "withholding_accuracy_rate", "withholding_paid_rate"):  # fmt: skip
        rate = np.clip(0.97 + 0.03 * quality - np.abs(0.06 * noise(BLOCK)), 0.2, 1)
        facts[f"{name}_bp"] = np.rint(rate * 10_000).astype(np.int64)
    shares = {
        "tax_breach_suspected_open": 0.01,
        "accounting_not_filed": 0.02,
        "tax_penalty_record_two_years": 0.05,
        "cannot_account_for_tax": 0.01,
        "should_be_tax_registered": 0.002,
        "tax_breach_penalised_two_years": 0.03,
        "tax_accounts_in_disorder": 0.01,
        "criminal_case_open": 0.0005,
        "tax_crime_record_two_years": 0.001,
        "cheated_tax_benefit": 0.001,
    }
    facts |= _seldom(rng, weak, shares)
    facts["registered_under_two_years"] = flags(rng, BLOCK, 0.09)
    return _register(seed, number, facts, rng, quality)


def star_shops(rows: int, *, seed: int = SEED, year: int = 2018, start: int = 0) -> pl.DataFrame:
    """Return synthetic shops with every column that ``e-commerce-star/licheng`` reads.

    Parameters
    ----------
    rows, seed, year, start
        As for `labour_records`.

    Returns
    -------
    polars.DataFrame
        Raw printed form; scores in points. ``synthetic`` is true on every row.

    Notes
    -----
    Tuned towards the published 207 shops: 20 of five stars, 40 of four and 147 of three. The
    process itself is a design choice.

    Examples
    --------
    >>> star_shops(2)["synthetic"].all()
    True
    """
    return gathered(rows, start, lambda number: _shops(seed, year, number))


def _shops(seed: int, year: int, number: int) -> pl.DataFrame:
    rng, quality = generator(seed, _STARS, number, year), lasting(seed, _STARS, number)
    total = np.clip(85.5 + 4.3 * np.abs(quality) ** 1.6 + 0.4 * rng.standard_normal(BLOCK), 60, 100)
    blocks = {"qualification": 17, "conduct": 55, "self_discipline": 20, "consumer_rights": 8}
    facts: dict[str, Any] = {
        f"star_{name}": np.floor(total * most) / 100 for name, most in blocks.items()
    }
    facts = {name: np.floor(score * 10) / 10 for name, score in facts.items()}
    facts["star_bonus"] = rng.poisson(0.2, BLOCK)
    facts["shop_once_penalised"] = flags(rng, BLOCK, 0.05)
    return _register(seed, number, facts, rng, quality, "合成商户")


def _seldom(
    rng: np.random.Generator, weak: npt.NDArray[np.float64], shares: Mapping[str, float]
) -> dict[str, npt.NDArray[np.bool_]]:
    """Draw facts that hold of about a share of the firms, more often of the weak."""
    return {name: rng.random(BLOCK) < share * weak for name, share in shares.items()}


def _register(
    seed: int,
    number: int,
    facts: dict[str, Any],
    rng: np.random.Generator,
    quality: npt.NDArray[np.float64],
    prefix: str = "合成企业",
) -> pl.DataFrame:
    """Return a block of firms with what a register holds of them, all marked synthetic."""
    outcome = defaults(rng, quality, _RATE)
    frame = pl.DataFrame(
        {**firms(indices(number), prefix), **facts, "default_12m": outcome}
    ).with_columns(places(seed, _PLACES, number)["county"])
    return frame.with_columns(pl.lit(True).alias("synthetic"))

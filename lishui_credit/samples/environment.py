"""Synthetic environmental records, tuned to the published spread of grades."""

from __future__ import annotations

from typing import Any, Final

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
    places,
)

_STREAM: Final = 3
_PLACES: Final = 8
_RATE: Final = 0.02
_BANDS: Final = (
    "siting",
    "resource_use",
    "development",
    "permit",
    "declaration",
    "fee",
    "facility_operation",
    "outlet_standardisation",
    "self_monitoring",
    "internal_management",
    "risk_management",
    "cleaner_production",
    "complaints",
    "media",
    "disclosure",
    "monitoring_disclosure",
)


def environmental_records(
    rows: int, *, seed: int = SEED, year: int = 2015, start: int = 0
) -> pl.DataFrame:
    """Return synthetic firms with what the national edition needs to grade them.

    Parameters
    ----------
    rows, seed, year, start
        As for `households.households`. The same index is the same firm in every year.

    Returns
    -------
    polars.DataFrame
        Raw printed form; rates as ``…_bp`` in ten-thousandths. ``synthetic`` is true on every row.

    Notes
    -----
    Tuned towards the published results of places that apply the national measure (Ningbo 2014 and
    after, Guangdong 2016-17, Guangzhou 2015-23): green 2-19%, blue 51-87%, yellow 1-26%, red
    0.5-17%. The process itself is a design choice: one latent quality moves all rows together. Five
    of the 14 vetoes occur; the other nine and the assessor's figures are left out, as a file may
    leave them out.

    Examples
    --------
    >>> environmental_records(2)["synthetic"].all()
    True
    """
    return gathered(rows, start, lambda number: _block(seed, year, number))


def _block(seed: int, year: int, number: int) -> pl.DataFrame:
    rng, quality, index = drawn(seed, _STREAM, number, year)
    rows, noise = BLOCK, rng.standard_normal
    best = quality > 0.9
    slack = np.clip(-quality, 0, None)
    compliance = np.clip(1 - np.abs(0.04 * noise(rows)) - 0.12 * slack**2, 0.2, 1)
    compliance = np.where(best, 1.0, compliance)
    waste = np.where(best, 1.0, np.clip(1 - np.abs(0.02 * noise(rows)) - 0.03 * slack, 0.4, 1))
    sanction = np.where(
        quality + 0.5 * noise(rows) < -1.55,
        "penalty",
        np.where(quality + 0.5 * noise(rows) < -1.0, "order", "none"),
    )
    sanction = np.where(best, "none", sanction)
    hazard = np.where(quality + 0.6 * noise(rows) < -1.4, "basically_met", "met")
    hazard = np.where(quality < -2.3, "not_met", hazard)
    hazard = np.where(best, "met", hazard)
    columns: dict[str, Any] = {
        **firms(index, "合成排污企业"),
        "min_outlet_compliance_rate_bp": np.rint(compliance * 10_000).astype(np.int64),
        "solid_waste_disposal_rate_bp": np.rint(waste * 10_000).astype(np.int64),
        "hazardous_waste_assessment": hazard,
        "boundary_noise_exceedance": np.where(
            quality + 0.7 * noise(rows) < -1.5, np.round(np.abs(3 * noise(rows)) + 0.1, 1), 0.0
        )
        * ~best,
        "environmental_sanction": sanction,
        "voluntary_items": np.where(best, rng.poisson(2.0, rows), rng.poisson(0.6, rows)),
        "ordinary_incident": flags(rng, rows, 0.004),
        "stopped_over_half_year": flags(rng, rows, 0.03),
        "default_12m": defaults(rng, quality, _RATE),
    }
    for name in _BANDS:
        level = quality + 0.9 * noise(rows)
        band = np.where(level < -3.0, "third", np.where(level < -1.5, "second", "first"))
        columns[f"band_{name}"] = np.where(best, "first", band)
    for name in ("no_eia", "no_acceptance", "over_cap", "hidden_pipe", "illegal_hazardous_waste"):
        columns[f"veto_{name}"] = rng.random(rows) < 0.005 * np.exp(-0.7 * quality)
    frame = pl.DataFrame(columns).with_columns(places(seed, _PLACES, number)["county"])
    return frame.with_columns(
        pl.when(pl.lit(pl.Series(flags(rng, rows, 0.35)))).then("hazardous_waste_assessment"),
        pl.when(pl.lit(pl.Series(flags(rng, rows, 0.4)))).then("band_cleaner_production"),
        pl.lit(True).alias("synthetic"),
    )

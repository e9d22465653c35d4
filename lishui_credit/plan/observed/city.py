"""The city from its counties: by the right sum, never from some of them, checked against reports.

Coverage is the sum of numerators over the sum of denominators, counts and money add up, a survey is
weighted by population with the variance of a stratified sample. Where a county is missing the city
is not computed, and that is said; where a reported city value disagrees, that is said too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from lishui_credit.language import tr
from lishui_credit.plan.definitions import indicators
from lishui_credit.plan.divisions import CITY, counties
from lishui_credit.plan.observed.table import SCHEMA, keys_of, latest, observations
from lishui_credit.statistics.proportions import quantile, wilson

POINTS: Final = 0.1
"""Percentage points by which a reported share may differ from the computed one. Our choice."""
SHARE: Final = 0.005
"""Share by which a reported count or amount may differ from the computed one. Our choice."""

_WHAT: Final = ("indicator", "period", "frequency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregated:
    """Observations with the city computed where it can be, and what stood in the way."""

    frame: pl.DataFrame
    missing: pl.DataFrame
    reconciliation: pl.DataFrame


def with_intervals(frame: pl.DataFrame) -> pl.DataFrame:
    """Return observations with Wilson's 95% interval where a survey has answers and no interval."""
    surveys = [key for key, row in indicators().items() if row.kind == "survey"]
    low, high = wilson(
        frame["numerator"].cast(pl.Float64).to_numpy(),
        frame["denominator"].cast(pl.Float64).to_numpy(),
    )
    ends = [pl.Series(name, end * 100) for name, end in (("_low", low), ("_high", high))]
    wanted = pl.col("indicator").is_in(surveys) & pl.col("low").is_null()
    return (
        frame.with_columns(ends)
        .with_columns(
            pl.when(wanted)
            .then(pl.col(f"_{name}").fill_nan(None))
            .otherwise(pl.col(name))
            .alias(name)
            for name in ("low", "high")
        )
        .drop("_low", "_high")
    )


def _populations(frame: pl.DataFrame) -> pl.DataFrame:
    years = frame["period"].dt.year().unique().to_list()
    rows = [(c.adcode, year, c.population(year)) for c in counties() for year in years]
    schema = {"adcode": pl.String, "_year": pl.Int32, "_people": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _whole(name: str) -> pl.Expr:
    """A sum that is null where a part is."""
    return pl.when(pl.col(name).null_count() == 0).then(pl.col(name).sum()).alias(name)


def _summed(frame: pl.DataFrame) -> pl.DataFrame:
    """One row per indicator and period: what its counties add up to, and which are there."""
    n, d, w = pl.col("numerator"), pl.col("denominator"), pl.col("_people")
    p = n / d
    variance = w * w * p * (1 - p) / (d - 1)
    rows = (
        frame.filter(pl.col("adcode") != CITY)
        .with_columns(pl.col("period").dt.year().alias("_year"))
        .join(_populations(frame), on=["adcode", "_year"], how="left")
        .with_columns((w * pl.col("value")).alias("_weighted"), variance.alias("_variance"))
        .group_by(_WHAT)
        .agg(
            pl.col("adcode").sort().alias("present"),
            *map(
                _whole, ("numerator", "denominator", "value", "_weighted", "_variance", "_people")
            ),
            pl.col("synthetic").any(),
            pl.col("recorded_at").max(),
        )
    )
    kinds = {key: row.kind for key, row in indicators().items()}
    own = {key: row.own for key, row in indicators().items()}
    kind = pl.col("indicator").replace_strict(kinds, return_dtype=pl.String)
    mean = pl.col("_weighted") / pl.col("_people")
    spread = pl.when(pl.col("_variance").is_finite()).then(pl.col("_variance"))
    half = quantile() * 100 * spread.sqrt() / pl.col("_people")
    survey, coverage = kind == "survey", kind == "coverage"
    return rows.with_columns(
        pl.col("indicator").replace_strict(own, return_dtype=pl.Int64).alias("own"),
        pl.when(survey)
        .then(mean)
        .when(coverage)
        .then(n * 100 / d)
        .otherwise(pl.col("value"))
        .alias("value"),
        pl.when(survey).then((mean - half).clip(0)).alias("low"),
        pl.when(survey).then((mean + half).clip(upper_bound=100)).alias("high"),
        pl.when(~survey).then(n).alias("numerator"),
        pl.when(coverage).then(d).alias("denominator"),
    )


def _bounds(rows: pl.DataFrame) -> pl.DataFrame:
    """Between which values a reported city is consistent with its counties."""
    n, d, own, value = (pl.col(name) for name in ("numerator", "denominator", "own", "value"))
    slack = (
        pl.when(pl.col("indicator").is_in(keys_of("percent"))).then(POINTS).otherwise(value * SHARE)
    )
    low = pl.when(own > 0).then(n * 100 / (d + own)).otherwise(pl.coalesce("low", value))
    high = pl.when(own > 0).then((n + own) * 100 / (d + own)).otherwise(pl.coalesce("high", value))
    return rows.with_columns(
        (low - slack).alias("computed_low"), (high + slack).alias("computed_high")
    )


def _holding_more(summed: pl.DataFrame, reported: pl.DataFrame) -> pl.DataFrame:
    """Return the periods whose reported city is more than its counties, and says so in its figures."""
    # A share whose counts leave a part that no county has, with no fewer hits than none and
    # no more than all of it: the city's own bodies. A survey with an interval whose
    # counties have no counts: weighted answers, whose variance the counties alone do not
    # give. A count or an amount above its counties' sum: what belongs to no county is in
    # it, or it is wrong; so it is told all the same.
    both = summed.join(reported, on=list(_WHAT), suffix="_city")
    n, d = (pl.col(f"{name}_city") - pl.col(name) for name in ("numerator", "denominator"))
    kinds = {key: row.kind for key, row in indicators().items()}
    kind = pl.col("indicator").replace_strict(kinds, return_dtype=pl.String)
    bodies = (kind == "coverage") & (d > 0) & n.is_between(0, d)
    weighted = (kind == "survey") & pl.col("low").is_null() & pl.col("low_city").is_not_null()
    above = (kind == "doubling") & (n > 0)
    return both.filter((bodies | weighted | above).fill_null(False)).select(
        *_WHAT, (kind != "doubling").alias("explained")
    )


def _missing(
    summed: pl.DataFrame, reported: pl.DataFrame, codes: list[str], usable: pl.Expr
) -> pl.DataFrame:
    """Return the periods whose city is not computed although some county is known, and why."""
    complete = pl.col("present").list.len() == len(codes)
    why = (
        pl.when(~complete)
        .then(pl.lit(tr("counties are missing", "缺少部分县(市、区)")))
        .when(pl.col("own") > 0)
        .then(pl.lit(tr("the city's own units are not reported", "未报送市本级数据")))
        .otherwise(pl.lit(tr("counts are missing", "缺少分子、分母")))
    )
    told = reported.select(*_WHAT, pl.lit(True).alias("told"))
    stands = complete & (pl.col("own") > 0) & pl.col("told").fill_null(False)
    return (
        summed.join(told, on=list(_WHAT), how="left")
        .filter(~usable & ~stands)
        .with_columns(pl.lit(pl.Series([codes])).first().alias("all"))
        .select(
            *_WHAT,
            pl.col("all").list.set_difference("present").list.sort().alias("counties"),
            why.alias("why"),
        )
        .sort(_WHAT)
    )


def with_city(frame: Any) -> Aggregated:
    """Return observations with the city's row computed from its nine counties.

    Parameters
    ----------
    frame : any narwhals frame
        Observations; of several revisions the last one counts.

    Returns
    -------
    Aggregated

    Notes
    -----
    Coverage: Σn / Σd. Counts and money: Σn. Surveys: Σ W_h p_h with W_h the county's share of
    residents in that year, Var = Σ W_h² p_h (1 - p_h) / (n_h - 1) (Cochran, Sampling Techniques,
    5.9). Where the city has units of its own (``own``), the counties alone do not make the city: the
    reported row stands, and must lie between none and all of the own units. It also stands where its
    own counts show bodies that no county has (Σn ≤ n, Σd < d, Σ(d - n) ≤ d - n), where a survey is
    weighted so that its counties have no counts but the city has an interval, and where a count or
    an amount is above its counties' sum: a total may hold more than its parts, never less.

    Examples
    --------
    >>> rows = pl.DataFrame({"adcode": [c.adcode for c in counties()], "numerator": [9] * 8 + [0],
    ...     "denominator": [10] * 9}).with_columns(indicator=pl.lit("collection_completeness"),
    ...     period=pl.date(2018, 6, 30), frequency=pl.lit("month"))
    >>> with_city(rows).frame.filter(adcode=CITY).select("numerator", "value").rows()
    [(72, 80.0)]
    >>> with_city(rows.head(8)).missing.select("counties").item().to_list()
    ['331181']
    """
    return aggregated(latest(observations(frame)))


def aggregated(whole: pl.DataFrame) -> Aggregated:
    """Return observations, one revision each, with the city's row; see `with_city`."""
    reported = whole.filter(pl.col("adcode") == CITY)
    summed = _summed(whole)
    codes = [county.adcode for county in counties()]
    complete = pl.col("present").list.len() == len(codes)
    usable = complete & (pl.col("own") == 0) & pl.col("value").is_not_null()
    more = _holding_more(summed, reported)
    computed = (
        summed.filter(usable)
        .join(more, on=list(_WHAT), how="anti")
        .with_columns(
            pl.lit(CITY).alias("adcode"),
            pl.lit(tr("computed from the nine counties", "由九个县(市、区)汇总")).alias("source"),
            pl.lit("").alias("note"),
            pl.lit(1, pl.Int64).alias("revision"),
            pl.lit("").alias("recorded_by"),
            pl.lit("").alias("reason"),
        )
    )
    kept = reported.join(computed, on=list(_WHAT), how="anti")
    missing = _missing(summed, reported, codes, usable)
    more = more.filter("explained").join(
        summed.filter(pl.col("own") > 0), on=list(_WHAT), how="anti"
    )
    checked = _bounds(summed.filter(complete).join(more, on=list(_WHAT), how="anti")).join(
        reported.select(*_WHAT, pl.col("value").alias("reported")), on=list(_WHAT)
    )
    outside = (pl.col("reported") < pl.col("computed_low")) | (
        pl.col("reported") > pl.col("computed_high")
    )
    return Aggregated(
        frame=pl.concat(
            [
                with_intervals(whole.filter(pl.col("adcode") != CITY)),
                with_intervals(kept),
                computed.select(list(SCHEMA)).cast(SCHEMA),
            ]
        ).sort("indicator", "adcode", "period", "frequency"),
        missing=missing,
        reconciliation=checked.filter(outside)
        .select(*_WHAT, "reported", "computed_low", "computed_high")
        .sort(_WHAT),
    )

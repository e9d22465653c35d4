"""The counties of one indicator side by side, without ranking differences that are noise.

Each county has an interval; every pair is tested, the p-values are corrected for being 36 (Holm). A
county's place is a range: behind those that are better beyond doubt, before those that are worse.
Counties that no test tells apart share a letter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import combinations
from statistics import NormalDist
from typing import Any, Final

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.plan.definitions import BASE, END, PlanIndicator, indicator
from lishui_credit.plan.divisions import CITY
from lishui_credit.plan.observed.observed_table import observed_table
from lishui_credit.statistics.proportions import quantile, wilson

LEAGUE: Final = pl.Schema(
    {
        "adcode": pl.String(),
        "value": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "period": pl.Date(),
        "better": pl.Int64(),
        "worse": pl.Int64(),
        "place_from": pl.Int64(),
        "place_to": pl.Int64(),
        "groups": pl.String(),
        "basis": pl.String(),
        "synthetic": pl.Boolean(),
    }
)
"""Columns of a league, one row a county with a value, highest first.

``value``, ``low``, ``high``: in percent; for counts and money the multiple of the county's own 2015.
``better`` and ``worse``: how many counties are better or worse beyond doubt; ``place_from`` is
``better`` + 1 and ``place_to`` counties less ``worse``; null where nothing can be tested.
``groups``: letters, the same letter for counties that no test tells apart. ``basis``: counts,
interval, poisson, or none (money has no sampling error to test by; one unit opened or not is no
sample)."""

_EXPECTED: Final = 5
"""Least expected count for the normal approximation; below it Fisher's exact test."""


def two_shares(a: int, n: int, b: int, m: int) -> float:
    """Return the two-sided p-value that two shares are equal."""
    # Pooled z test; Fisher's exact test where an expected count is below five.
    # Source: Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions,
    # 3rd ed., 3.1-3.3. Fisher (1922), On the interpretation of chi-square from contingency
    # tables, JRSS 85, 87-94.
    hits, tries = a + b, n + m
    if hits in (0, tries):
        return 1.0
    least = min(n, m) * min(hits, tries - hits) / tries
    if least < _EXPECTED:
        return _fisher(a, n, hits, tries)
    pooled = hits / tries
    z = (a / n - b / m) / math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return min(2 * NormalDist().cdf(-abs(z)), 1.0)


def _fisher(a: int, n: int, hits: int, tries: int) -> float:
    def logarithm(k: int) -> float:
        return _choose(hits, k) + _choose(tries - hits, n - k) - _choose(tries, n)

    seen = logarithm(a)
    span = range(max(0, n - (tries - hits)), min(n, hits) + 1)
    rare = (value for k in span if (value := logarithm(k)) <= seen + 1e-7)
    return min(math.fsum(math.exp(value) for value in rare), 1.0)


def _choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for how many there are, in their order."""
    # Source: Holm (1979), A simple sequentially rejective multiple test procedure,
    # Scandinavian Journal of Statistics 6, 65-70.
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    made, floor = [0.0] * len(p_values), 0.0
    for place, index in enumerate(order):
        floor = max(floor, min(1.0, p_values[index] * (len(p_values) - place)))
        made[index] = floor
    return made


def letters(names: Sequence[str], apart: Mapping[frozenset[str], bool]) -> dict[str, str]:
    """Return a letter for every largest set of names of which no two are told apart."""
    # Source: Piepho (2004), An algorithm for a letter-based representation of all-pairwise
    # comparisons, Journal of Computational and Graphical Statistics 13, 456-466.
    near = {
        name: {
            other for other in names if other != name and not apart.get(frozenset((name, other)))
        }
        for name in names
    }
    cliques: list[set[str]] = []

    def grow(held: set[str], open_: set[str], done: set[str]) -> None:
        if not open_ and not done:
            cliques.append(held)
        for name in [name for name in names if name in open_]:
            grow(held | {name}, open_ & near[name], done & near[name])
            open_ = open_ - {name}
            done = done | {name}

    if names:
        grow(set(), set(names), set())
    place = {name: index for index, name in enumerate(names)}
    cliques.sort(key=lambda clique: sorted(place[name] for name in clique))
    return {
        name: "".join(chr(97 + n) for n, clique in enumerate(cliques) if name in clique)
        for name in names
    }


def league(frame: Any, key: str, at: date = END, *, level: float = 0.95) -> pl.DataFrame:
    """Return the counties of one indicator at their last common period, with what can be told apart.

    Shares by counts: two-proportion tests. Surveys with an interval but no counts: normal tests by
    its width. Counts: the multiple y/b of the county's own base, Poisson, Var(ln y/b) = 1/y + 1/b.
    Money: no sampling error is known, so nothing is tested and nothing placed. All p-values of an
    indicator are one family, corrected by Holm's method.

    Parameters
    ----------
    frame : ObservedTable, or any narwhals frame
        Observations; of several revisions the last one counts.
    key : str
        Indicator.
    at : date, default 2020-12-31
        The last period that ends by then and that most counties have.
    level : float, default 0.95
        Confidence of intervals and tests, between 0 and 1.

    Returns
    -------
    polars.DataFrame
        Columns of `LEAGUE`.

    Raises
    ------
    SubjectError
        If the level is not between 0 and 1.

    Examples
    --------
    >>> rows = pl.DataFrame({"indicator": ["satisfaction_social"] * 3, "frequency": ["year"] * 3,
    ...     "adcode": ["331102", "331121", "331122"], "period": [date(2018, 12, 31)] * 3,
    ...     "numerator": [380, 372, 280], "denominator": [400] * 3})
    >>> league(rows, "satisfaction_social").select("adcode", "place_from", "place_to", "groups").rows()
    [('331102', 1, 2, 'a'), ('331121', 1, 2, 'a'), ('331122', 3, 3, 'b')]
    """
    if not 0 < level < 1:
        raise SubjectError(tr("a level is between 0 and 1", "置信水平须在 0 与 1 之间"), str(level))
    row = indicator(key)
    table = observed_table(frame, at).series.filter(
        (pl.col("indicator") == key) & (pl.col("adcode") != CITY)
    )
    after = table.filter(pl.col("period") > BASE)
    if not after.height:
        return pl.DataFrame(schema=LEAGUE)
    common = after.group_by("period").len().sort("len", "period").row(-1)[0]
    now = after.filter(pl.col("period") == common).sort("adcode")
    bases = {r["adcode"]: r for r in table.filter(pl.col("period") == BASE).iter_rows(named=True)}
    stood = [_stood(row, r, bases.get(r["adcode"]), level) for r in now.iter_rows(named=True)]
    found = [r for r in stood if r is not None]
    found.sort(key=lambda r: (-r["value"], r["adcode"]))
    tested = [r for r in found if r["basis"] != "none"]
    apart = _apart(tested, 1 - level)
    named = letters([r["adcode"] for r in tested], apart)
    for r in tested:
        others = [o for o in tested if apart.get(frozenset((r["adcode"], o["adcode"])))]
        r["better"] = sum(o["value"] > r["value"] for o in others)
        r["worse"] = sum(o["value"] < r["value"] for o in others)
        r["place_from"], r["place_to"] = r["better"] + 1, len(tested) - r["worse"]
        r["groups"] = named[r["adcode"]]
    return pl.DataFrame([{name: r.get(name) for name in LEAGUE} for r in found], schema=LEAGUE)


def _stood(
    row: PlanIndicator, r: Mapping[str, Any], base: Mapping[str, Any] | None, level: float
) -> dict[str, Any] | None:
    """One county, with what its test needs under names that begin with an underscore."""
    made = {"adcode": r["adcode"], "period": r["period"], "synthetic": r["synthetic"]}
    n, d, z = r["numerator"], r["denominator"], quantile(level)
    if row.kind != "doubling":
        if d == 1:
            return made | {"value": r["value"], "basis": "none"}
        if n is not None and d:
            low, high = wilson([n], [d], level)
            ends = {"low": float(low[0]) * 100, "high": float(high[0]) * 100}
            return made | ends | {"value": n * 100 / d, "basis": "counts", "_counts": (n, d)}
        told = {"value": r["value"], "low": r["low"], "high": r["high"]}
        if r["low"] is None or r["high"] is None:
            return made | told | {"basis": "none"}
        error = (r["high"] - r["low"]) / 2 / quantile()
        return made | told | {"basis": "interval", "_point": (r["value"], error)}
    if base is None or not base["value"] or not r["value"]:
        return None
    ratio = r["value"] / base["value"]
    if row.unit == "yuan":
        return made | {"value": ratio, "basis": "none"}
    error = math.sqrt(1 / r["value"] + 1 / base["value"])
    ends = {"low": ratio * math.exp(-z * error), "high": ratio * math.exp(z * error)}
    return made | ends | {"value": ratio, "basis": "poisson", "_point": (math.log(ratio), error)}


def _apart(rows: Sequence[Mapping[str, Any]], alpha: float) -> dict[frozenset[str], bool]:
    pairs = list(combinations(rows, 2))
    corrected = holm([_p_value(a, b) for a, b in pairs])
    return {
        frozenset((a["adcode"], b["adcode"])): p < alpha
        for (a, b), p in zip(pairs, corrected, strict=True)
    }


def _p_value(a: Mapping[str, Any], b: Mapping[str, Any]) -> float:
    if a["basis"] == b["basis"] == "counts":
        return two_shares(*a["_counts"], *b["_counts"])
    (x, x_error), (y, y_error) = (_normal(r) for r in (a, b))
    error = math.hypot(x_error, y_error)
    if error == 0:
        return 1.0 if x == y else 0.0
    return 2 * NormalDist().cdf(-abs(x - y) / error)


def _normal(r: Mapping[str, Any]) -> tuple[float, float]:
    """A county's value and standard error; of counts where its peer has an interval only."""
    if "_point" in r:
        value, error = r["_point"]
        return float(value), float(error)
    n, d = r["_counts"]
    return n * 100 / d, 100 * math.sqrt(n / d * (1 - n / d) / d)

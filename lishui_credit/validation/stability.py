"""Has the population moved: PSI and CSI with what chance alone would show beside 0.10 and 0.25.

The index of two samples of the same population is not zero: divided by 1/n + 1/m it follows a
chi-square with cells - 1 degrees of freedom. So a small sample passes 0.10 by chance, and a large
one has moved for certain long before. Cost: a sort of the reference, O(n log n).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from lishui_credit.errors import SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.statistics.chi_square import tail
from lishui_credit.statistics.outcomes import Floats, Values
from lishui_credit.statistics.refusals import lacking

CONVENTION = (0.10, 0.25)
"""The thresholds in common use: watch from the first, act from the second."""

SMOOTHING = 0.5
"""Added to every cell of both samples when any cell is empty in one of them."""

LEVELS_AT_MOST = 50
"""Levels of a text column kept apart; rarer ones are pooled as "other"."""

MISSING, OTHER = "missing 缺失", "other 其他"


@dataclass(frozen=True, slots=True)
class Psi:
    """Population stability index of a current sample against a reference."""

    value: float
    expected: float
    critical: float
    p: float
    cells: int
    reference_rows: int
    current_rows: int
    smoothed: bool
    table: pl.DataFrame

    @property
    def moved(self) -> str:
        """The convention's word: "stable", "watch" or "shifted"."""
        if self.value < CONVENTION[0]:
            return "stable"
        return "watch" if self.value < CONVENTION[1] else "shifted"


def psi_critical(cells: int, n: int, m: int, level: float = 0.95) -> float:
    """Return the index that two samples of one population stay below with chance `level`.

    Parameters
    ----------
    cells, n, m : int
        Cells (2 or more) and sample sizes.
    level : float, default 0.95
        Confidence.

    Returns
    -------
    float
        chi-square quantile (cells - 1) x (1/n + 1/m).

    References
    ----------
    Yurdakul (2018), Statistical properties of population stability index, dissertation, Western
    Michigan University. Yurdakul and Naranjo (2020), Journal of Risk Model Validation 14.

    Examples
    --------
    >>> round(psi_critical(10, 200, 200), 3), round(psi_critical(10, 100_000, 100_000), 5)
    (0.169, 0.00034)
    """
    from scipy.special import chdtri

    return float(chdtri(cells - 1, 1 - level)) * (1 / n + 1 / m)


def psi_of(names: list[str], reference: Floats, current: Floats, *, level: float = 0.95) -> Psi:
    """Return the index of two vectors of counts over the same cells."""
    n, m, cells = float(reference.sum()), float(current.sum()), len(names)
    if not n or not m:
        raise SubjectError(
            tr("both samples need rows to be compared", "两个样本都需要有行才能比较")
        )
    empty = bool(((reference == 0) | (current == 0)).any())
    before, now, part = psi_parts(reference, current)
    value, scale = float(part.sum()), 1 / n + 1 / m
    degrees = cells - 1
    return Psi(
        value=value,
        expected=degrees * scale,
        critical=psi_critical(cells, int(n), int(m), level) if degrees else 0.0,
        p=tail(value / scale, degrees) if degrees else 1.0,
        cells=cells,
        reference_rows=int(n),
        current_rows=int(m),
        smoothed=empty,
        table=pl.DataFrame({"cell": names, "reference": before, "current": now, "part": part}),
    )


def psi_parts(reference: Floats, current: Floats) -> tuple[Floats, Floats, Floats]:
    """Return shares then and now and each cell's part of the index, of counts by cell in the last axis.

    Where a cell is empty in one of two vectors, ½ is added to every cell of both.
    """
    empty = ((reference == 0) | (current == 0)).any(axis=-1, keepdims=True)
    before, now = (counts + np.where(empty, SMOOTHING, 0.0) for counts in (reference, current))
    before = before / before.sum(axis=-1, keepdims=True)
    now = now / now.sum(axis=-1, keepdims=True)
    part: Floats = (now - before) * np.log(now / before)
    return before, now, part


def _plain(value: float) -> str:
    return f"{value:.6g}"


def _numeric(
    reference: pl.Series, current: pl.Series, bins: int
) -> tuple[list[str], Floats, Floats]:
    known, now = (
        column.cast(pl.Float64).fill_nan(None).drop_nulls().to_numpy()
        for column in (reference, current)
    )
    if not len(known):  # what is new has no quantile to fall between
        here = [tr("all", "全部")] if len(now) else []
        return here, np.zeros(len(here)), np.full(len(here), float(len(now)))
    inner = np.quantile(known, np.arange(1, bins) / bins, method="inverted_cdf")
    cuts = np.unique(inner)
    cuts = cuts[cuts < known.max()]  # a cell holds values above the last cut, up to the next
    low, high = float(known.min()), float(known.max())
    if not len(cuts) and low < high:  # nearly all rows are at the top: one cell would never move
        cuts = known[known < high].max(keepdims=True)
    cells = [np.searchsorted(cuts, values, side="left") + 1 for values in (known, now)]
    last = len(cuts) + 1
    if not len(cuts) or cuts[0] == low:
        cells[1][now < low] = 0
    if known[cells[0] == last].min() == high:
        cells[1][now > high] = last + 1
    first, second = (np.bincount(places, minlength=last + 2).astype(np.float64) for places in cells)
    below, above = second[0] > 0, second[-1] > 0
    names = [f"< {_plain(low)}", *_ranges([_plain(cut) for cut in cuts]), f"> {_plain(high)}"]
    if below or (above and last == 1):
        names[1] = f"= {_plain(low)}"
    if above:
        names[last] = f"= {_plain(high)}"
    kept = slice(None if below else 1, None if above else -1)
    return names[kept], first[kept], second[kept]


def _ranges(ends: list[str]) -> list[str]:
    """Return the names of the cells between cuts: up to the first, between two, above the last."""
    if not ends:
        return [tr("all", "全部")]
    between = [f"{low} – {high}" for low, high in pairwise(ends)]
    return [f"≤ {ends[0]}", *between, f"> {ends[-1]}"]


def _levels(reference: pl.Series, current: pl.Series) -> tuple[list[str], Floats, Floats]:
    before, now = (column.cast(pl.String).drop_nulls() for column in (reference, current))
    common = before.value_counts(sort=True, name="n").sort(
        ["n", before.name], descending=[True, False]
    )
    kept = common[before.name].head(LEVELS_AT_MOST).sort().to_list()
    counts = []
    for column in (before, now):
        found = dict(column.value_counts(name="n").iter_rows())
        inside = [float(found.pop(name, 0)) for name in kept]
        counts.append([*inside, float(sum(found.values()))])
    names, first, second = [*kept, OTHER], np.array(counts[0]), np.array(counts[1])
    if not first[-1] and not second[-1]:
        names, first, second = names[:-1], first[:-1], second[:-1]
    return names, first, second


def psi(reference: Values, current: Values, *, bins: int = 10, level: float = 0.95) -> Psi:
    """Return the population stability index of one column, with its sampling band.

    Numbers are cut at quantiles of the reference; text is counted by level, the rarest pooled.
    Where the lowest or the highest cell of the reference holds one value only (as all do of a constant),
    values beyond it are a cell of their own.
    Missing values are a cell of their own if either sample has some. If a cell is empty in one
    sample, ½ is added to every cell of both.

    Parameters
    ----------
    reference, current : array_like of shape (n,) and (m,)
        The sample at development and the one now.
    bins : int, default 10
        Cells of equal size asked for; ties make fewer.
    level : float, default 0.95
        Of the critical value.

    Returns
    -------
    Psi
        ``value``: sum over cells of (current - reference) · ln(current / reference), shares.
        ``expected``: what chance alone shows on average, (cells - 1)(1/n + 1/m). ``critical``: what
        chance alone passes with probability 1 - level. ``p``: chance of at least this value if
        nothing has moved. ``moved``: "stable" below 0.10, "watch" below 0.25, else "shifted".
        ``cells``, ``reference_rows``, ``current_rows``, ``smoothed`` (½ was added), and ``table``
        with ``cell``, ``reference``, ``current`` (shares) and ``part`` of the index.

    References
    ----------
    Siddiqi (2006), Credit Risk Scorecards, Wiley (the index and 0.10 / 0.25). Yurdakul (2018),
    Statistical properties of population stability index, Western Michigan University (the band).

    Examples
    --------
    >>> found = psi([1, 2, 3, 4], [1, 2, 3, 4], bins=2)
    >>> found.value, found.cells
    (0.0, 2)
    """
    columns = [
        values if isinstance(values, pl.Series) else pl.Series("x", np.asarray(values))
        for values in (reference, current)
    ]
    before, now = (column.alias("x") for column in columns)
    if before.dtype.is_numeric() and now.dtype.is_numeric():
        missing = [
            int(column.cast(pl.Float64).fill_nan(None).null_count()) for column in (before, now)
        ]
        names, first, second = _numeric(before, now, bins)
    else:
        missing = [column.null_count() for column in (before, now)]
        names, first, second = _levels(before, now)
    if any(missing):
        names = [*names, MISSING]
        first, second = np.append(first, missing[0]), np.append(second, missing[1])
    return psi_of(names, first, second, level=level)


def csi(
    reference: pl.DataFrame, current: pl.DataFrame, *, bins: int = 10, level: float = 0.95
) -> pl.DataFrame:
    """Return the index of every characteristic (CSI), the most moved first.

    Parameters
    ----------
    reference, current : pl.DataFrame
        Features then and now; columns of the reference are compared.
    bins, level
        As in `psi`.

    Returns
    -------
    pl.DataFrame
        ``feature``, ``psi``, ``expected``, ``critical``, ``p``, ``cells``, ``smoothed``, ``moved``
        (the convention's word). Testing many features, some pass `critical` by chance.

    Raises
    ------
    SubjectError
        If the current frame lacks columns of the reference: all of them at once.

    Examples
    --------
    >>> frame = pl.DataFrame({"a": [1, 2, 3, 4], "b": ["x", "x", "y", "y"]})
    >>> csi(frame, frame, bins=2)["psi"].to_list()
    [0.0, 0.0]
    """
    where = tr("the current sample", "当前样本")
    refuse(lacking(reference.columns, current.columns, where))
    rows = []
    for name in reference.columns:
        found = psi(reference[name], current[name], bins=bins, level=level)
        rows.append(
            {
                "feature": name,
                "psi": found.value,
                "expected": found.expected,
                "critical": found.critical,
                "p": found.p,
                "cells": found.cells,
                "smoothed": found.smoothed,
                "moved": found.moved,
            }
        )
    return pl.DataFrame(rows).sort(["psi", "feature"], descending=[True, False])

"""PSI of the score and CSI of the characteristics together, with the line that chance draws for all.

One index passes its own line with chance 1 - level; of twenty, one passes nearly always. So the
line is drawn for the whole family: the smallest p among all indices is compared with the smallest p
that rows of an unmoved population show. Characteristics go together, and the joint draws keep
that: the line is no lower than it must be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.statistics.outcomes import Floats
from lishui_credit.validation.stability import psi_of, psi_parts

LEAST_EXPECTED: Final = 5.0
"""Rows that chance would put in a cell of either sample; cells of fewer are joined into one."""
LEAST_JOINED: Final = 1.0
"""Rows that chance would put in the joined cell; one of fewer goes with the smallest of the others.

What is new this month may be few rows: joined to a large cell it would not be seen."""
DRAWS: Final = 4000
_LEAST_SKEW: Final = 0.1
FEW: Final = "few 少数"

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cells:
    """One column in cells: their names, rows of the sample in each, the cell of every later row."""

    names: tuple[str, ...]
    before: Floats
    places: Places


def chance_lines(
    columns: Mapping[str, Cells], *, level: float = 0.05, draws: int = DRAWS, seed: int = 0
) -> pl.DataFrame:
    """Return the index of every column with the lines that chance draws: for it alone, for all.

    The index over 1/n + 1/m nears a chi-square with cells - 1 degrees of freedom in an unmoved
    population (Yurdakul); here mean, variance and skew are taken from drawn counts, which also hold
    for few rows. For the family, differences in shares are drawn from the normal distribution with the
    covariance of all cells among the later rows; the smallest of their p-values is what chance
    shows (Westfall and Young, single step).

    Parameters
    ----------
    columns : mapping of str to Cells
        The same later rows in every column.
    level : float, default 0.05
        Chance that any of them passes its family line, in (0, 1).
    draws : int, default 4000
        Joint draws.
    seed : int, default 0
        Of the draws.

    Returns
    -------
    polars.DataFrame
        ``feature``, ``psi``, ``expected`` and ``critical`` (alone), ``line`` (family), ``p``,
        ``p_family``, ``cells`` (after joining those of fewer than 5 expected rows), ``smoothed``,
        ``moved`` (the convention's word), in the order given.

    Raises
    ------
    SubjectError
        If the sample or the later rows are empty.

    References
    ----------
    Yurdakul (2018), Statistical properties of population stability index, Western Michigan
    University. Westfall and Young (1993), Resampling-Based Multiple Testing, Wiley.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> age = Cells(("young", "old"), np.array([500.0, 500.0]), rng.integers(0, 2, 400))
    >>> job = Cells(("a", "b"), np.array([500.0, 500.0]), (rng.random(400) < 0.2).astype(int))
    >>> found = chance_lines({"age": age, "job": job})
    >>> (found["psi"] > found["line"]).to_list()
    [False, True]
    """
    _refuse_empty(columns)
    joined = {name: _joined(cells) for name, cells in columns.items()}
    found = {
        name: psi_of(list(cells.names), cells.before, _counted(cells), level=1 - level)
        for name, cells in joined.items()
    }
    rng = np.random.default_rng(seed)
    least = _least_p(list(joined.values()), draws, rng)
    quantile = float(np.quantile(least, level, method="inverted_cdf"))
    rows = []
    for name, cells in joined.items():
        index, chance = found[name], _Chance.of(cells, draws, rng)
        p = chance.p(index.value)
        rows.append(
            {
                "feature": name,
                "psi": index.value,
                "expected": chance.mean,
                "critical": chance.line(level),
                "line": chance.line(quantile),
                "p": p,
                "p_family": float((1 + (least <= p).sum()) / (1 + draws)),
                "cells": index.cells,
                "smoothed": index.smoothed,
                "moved": index.moved,
            }
        )
    return pl.DataFrame(rows)


@dataclass(frozen=True, slots=True)
class _Chance:
    """How the index of one unmoved column is spread: a shifted gamma (Pearson's third), from drawn counts.

    With many rows it is the chi-square of Yurdakul; with few rows in a cell the index goes higher
    than that says, and twice as many months as promised would alarm. Of a column that cannot move
    the scale is 0.
    """

    shift: float
    shape: float
    scale: float

    @classmethod
    def of(cls, cells: Cells, draws: int, rng: np.random.Generator) -> _Chance:
        """Return the distribution where both samples come from what they are together."""
        if len(cells.names) < 2:
            return cls(0.0, 1.0, 0.0)
        now = _counted(cells)
        share = (cells.before + now) / (cells.before.sum() + now.sum())
        drawn = psi_parts(
            *(
                rng.multinomial(int(counts.sum()), share, size=draws).astype(np.float64)
                for counts in (cells.before, now)
            )
        )[2].sum(axis=1)
        mean, spread = float(drawn.mean()), float(drawn.std())
        skew = max(_LEAST_SKEW, float((((drawn - mean) / spread) ** 3).mean()))
        shape, scale = 4 / skew**2, spread * skew / 2
        return cls(mean - shape * scale, shape, scale)

    @property
    def mean(self) -> float:
        """What chance shows on average."""
        return self.shift + self.shape * self.scale

    def p(self, value: float) -> float:
        """Return the chance of at least so large an index."""
        from scipy.special import gammaincc

        if not self.scale or value <= max(self.shift, 0.0):
            return 1.0
        return float(gammaincc(self.shape, (value - self.shift) / self.scale))

    def line(self, level: float) -> float:
        """Return the index that chance passes with probability `level`."""
        from scipy.special import gammainccinv

        if not self.scale:
            return 0.0
        return self.shift + float(gammainccinv(self.shape, level)) * self.scale


def _refuse_empty(columns: Mapping[str, Cells]) -> None:
    refuse(
        Problem(tr("no rows to compare", "没有可比较的行"), where=name)
        for name, cells in columns.items()
        if not len(cells.places) or not cells.before.sum()
    )


def _counted(cells: Cells) -> Floats:
    return np.bincount(cells.places, minlength=len(cells.names)).astype(np.float64)


def _joined(cells: Cells) -> Cells:
    """Return cells without empty ones, those of too few expected rows joined into one."""
    before, now = cells.before, _counted(cells)
    both = before + now
    least = both / both.sum() * min(before.sum(), now.sum())
    rare = (least < LEAST_EXPECTED) & (both > 0)
    if rare.any() and least[rare].sum() < LEAST_JOINED and (kept := ~rare & (both > 0)).any():
        rare[np.flatnonzero(kept)[np.argmin(both[kept])]] = True
    place = np.cumsum((both > 0) & ~rare) - 1
    size = int(place[-1]) + 1
    place[rare] = size
    names = [name for name, plain in zip(cells.names, (both > 0) & ~rare, strict=True) if plain]
    if rare.any():
        alone = [name for name, few in zip(cells.names, rare, strict=True) if few]
        names.append(alone[0] if len(alone) == 1 else FEW)
    sizes = np.zeros(len(names))
    np.add.at(sizes, place[both > 0], before[both > 0])
    return Cells(tuple(names), sizes, place[cells.places])


def _least_p(columns: list[Cells], draws: int, rng: np.random.Generator) -> Floats:
    """Return the smallest p of all indices in every draw of an unmoved population."""
    from scipy.special import chdtrc

    rows = len(columns[0].places)
    starts = np.cumsum([0, *(len(cells.names) for cells in columns)])
    marks = np.zeros((rows, int(starts[-1])), dtype=np.float32)
    for start, cells in zip(starts, columns, strict=False):
        marks[np.arange(rows), start + cells.places] = 1.0
    share = marks.mean(axis=0, dtype=np.float64)
    scale = 1 / np.sqrt(np.where(share > 0, share, 1.0))
    spread = (np.asarray(marks.T @ marks, dtype=np.float64) / rows - np.outer(share, share)) * (
        np.outer(scale, scale)
    )
    values, vectors = np.linalg.eigh(spread)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    drawn = (rng.standard_normal((draws, len(share))) @ root.T) ** 2
    least: Floats = np.ones(draws)
    for start, end, cells in zip(starts, starts[1:], columns, strict=False):
        if len(cells.names) > 1:
            p = chdtrc(len(cells.names) - 1, drawn[:, start:end].sum(axis=1))
            least = np.minimum(least, p)
    return least

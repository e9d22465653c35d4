"""One characteristic in bins: what was counted in each, its WoE, and how a raw value finds it.

A `Binning` becomes a `PointsTable` by giving each bin points; the WoE transform is the same table
with the bins' numbers as points, so scoring, SQL and WoE share one way from value to bin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.language import tr
from lishui_credit.points import Band, Level, PointsTable, Term, Value
from lishui_credit.scorecards.bins.woe import SIGN, woe_error
from lishui_credit.statistics.outcomes import Floats
from lishui_credit.statistics.proportions import quantile, wilson
from lishui_credit.tables.cells import NO, YES

Kind = Literal["range", "levels", "special", "missing", "unseen"]
Type = Literal["number", "category", "coded"]

WOE: Final = f"woe {SIGN}"
SHRUNKEN: Final = "bad_rate_shrunken"
"""Column of the bad rate that a WoE stands for, beside the one that was observed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """One bin of a characteristic and what the sample holds in it.

    Parameters
    ----------
    kind : {"range", "levels", "special", "missing", "unseen"}
        A range of numbers; categories; a special code; no value; a category not in the sample.
    lower, upper : float, optional
        Of a range, ``[lower, upper)``; None where open.
    values : tuple of str or float
        The categories, or the special code.
    label : str, default ""
        What a special code means, such as "no record".
    goods, bads : float
        Weight of the rows, as observed.
    rows : int
        Number of rows.
    woe : float
        Weight of evidence in use, ``ln(good%/bad%)``.
    part : float
        What the bin adds to the information value.
    """

    kind: Kind
    lower: float | None = None
    upper: float | None = None
    values: tuple[str | float, ...] = ()
    label: str = ""
    goods: float = 0.0
    bads: float = 0.0
    rows: int = 0
    woe: float = 0.0
    part: float = 0.0

    @property
    def said(self) -> str:
        """The bin as people read it: ``[25, 40)``, ``A11, A12``, ``missing``."""
        if self.kind == "range":
            if self.lower is None and self.upper is None:
                return tr("any value", "任意值")
            if self.lower is None:
                return f"< {shown(self.upper)}"
            if self.upper is None:
                return f">= {shown(self.lower)}"
            return f"[{shown(self.lower)}, {shown(self.upper)})"
        if self.kind == "missing":
            return tr("missing", "缺失")
        if self.kind == "unseen":
            return tr("not seen before", "未见过的取值")
        listed = ", ".join(
            value if isinstance(value, str) else shown(value) for value in self.values
        )
        if self.kind == "special":
            listed = f"{listed} {self.label}".strip()
            return tr(f"code {listed}", f"代码 {listed}")
        if len(self.values) > 6:
            listed = ", ".join(str(value) for value in self.values[:5])
            return tr(f"{listed} … ({len(self.values)})", f"{listed} … (共 {len(self.values)} 个)")
        return listed

    @property
    def bad_rate(self) -> float | None:
        """Bads over all rows of the bin, weighted; None where there are none."""
        whole = self.goods + self.bads
        return self.bads / whole if whole > 0 else None


def shown(number: float | None) -> str:
    """Return a number as short as it is exact: 25, 0.1, 1200000."""
    if number is None:
        return ""
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    return repr(float(number))


@dataclass(frozen=True, slots=True, kw_only=True)
class Binning:
    """A characteristic's bins: every value falls in exactly one.

    Parameters
    ----------
    feature : str
        Name of the column.
    type : {"number", "category", "coded"}
        Numbers; text; whole numbers that stand for categories.
    bins : tuple of Bin
        Ranges in rising order, or categories from bad to good; then special codes, the missing
        bin, and for categories the unseen bin.
    total_goods, total_bads : float
        Weight of the goods and of the bads in the sample.
    smoothing : float
        Imaginary rows per bin, at least 0.
    asked, direction : str
        Direction of the bad rate along the values: what was asked for, and what was found.
    obeyed : bool
        False where the direction asked for leaves only one bin.
    notes : tuple of str
        Constraints that were relaxed, categories that were pooled.
    potential : float
        Information value before the constraints, of at most 20 groups of pre-bins or of all common
        categories, less what noise would give. It is large for a column that is the outcome in
        disguise, even where no bin holds both classes.
    """

    feature: str
    type: Type
    bins: tuple[Bin, ...]
    total_goods: float
    total_bads: float
    smoothing: float
    asked: str = "auto"
    direction: str = "none"
    obeyed: bool = True
    notes: tuple[str, ...] = field(default=())
    potential: float = 0.0

    @property
    def iv(self) -> float:
        """Information value: the sum of the bins' parts."""
        return float(sum(row.part for row in self.bins))

    @property
    def cuts(self) -> tuple[float, ...]:
        """Inner bounds of the ranges, rising."""
        return tuple(
            row.lower for row in self.bins if row.kind == "range" and row.lower is not None
        )

    @property
    def woes(self) -> Floats:
        """WoE of every bin, in order."""
        return np.array([row.woe for row in self.bins], dtype=np.float64)

    @property
    def value(self) -> Value:
        """How the column is read."""
        kind = {"number": "real", "category": "text", "coded": "coded"}[self.type]
        return Value((Term(column=self.feature),), kind=kind)  # type: ignore[arg-type]

    def points_table(self, points: Sequence[int]) -> PointsTable:
        """Return the table that gives each bin its points, one for each of `bins`."""
        given = list(zip(self.bins, points, strict=True))
        by_kind = {row.kind: mark for row, mark in given}
        return PointsTable(
            value=self.value,
            bands=tuple(
                Band(points=mark, lower=_exact(row.lower), upper=_exact(row.upper))
                for row, mark in given
                if row.kind == "range"
            ),
            levels=self._levels(given),
            special=_narrow(_each(given, "special")),
            missing=by_kind["missing"],
            other=by_kind.get("unseen"),
        )

    def _levels(self, given: list[tuple[Bin, int]]) -> tuple[Level, ...]:
        """Return the categories as they are compared: codes as numbers, a yes in every spelling."""
        levels = _each(given, "levels")
        if self.type == "coded":
            return tuple(replace(row, value=float(row.value)) for row in levels)
        spelled = spellings([str(row.value) for row in levels])
        return tuple(
            replace(row, value=text)
            for row in levels
            for text in spelled.get(str(row.value), (row.value,))
        )

    @property
    def flag(self) -> bool:
        """Whether the categories are a yes and a no, read in any spelling."""
        texts = [str(value) for row in self.bins if row.kind == "levels" for value in row.values]
        return self.type == "category" and bool(spellings(texts))

    def shrunken(self, row: Bin) -> float | None:
        """Return the bad rate that the WoE of a bin stands for; None where no rows were counted.

        It is the observed rate drawn towards the mean, by smoothing and between categories; a policy
        for missing and unseen values sets it too. Points rest on it, not on the observed rate.
        """
        if self.total_goods <= 0 or self.total_bads <= 0:
            return None
        with np.errstate(over="ignore"):
            return float(1 / (1 + np.exp(row.woe) * self.total_goods / self.total_bads))

    def index(self) -> PointsTable:
        """Return the table that gives each value the number of its bin."""
        return self.points_table(range(len(self.bins)))

    def places(self, frame: pl.DataFrame) -> NDArray[np.int64]:
        """Return the number of the bin that each row of a frame is in, shape (n,)."""
        return frame.select(self.index().expr(pl)).to_series().to_numpy().astype(np.int64)

    def table(self) -> pl.DataFrame:
        """Return the binning table, one row per bin that can hold rows.

        Returns
        -------
        polars.DataFrame
            bin, rows, share, goods, bads and bad_rate with its 95% Wilson interval, all as
            observed; bad_rate_shrunken, the rate that the WoE stands for (see `shrunken`); WoE
            (``ln(good%/bad%)``) with its 95% interval, and the bin's part of the information value.
        """
        whole = self.total_goods + self.total_bads
        kept = [row for row in self.bins if row.rows or row.kind in ("range", "levels")]
        goods = np.array([row.goods for row in kept])
        bads = np.array([row.bads for row in kept])
        low, high = (
            [None if np.isnan(end) else end for end in ends.tolist()]
            for ends in wilson(bads, goods + bads)
        )
        error = woe_error(goods, bads, self.total_goods, self.total_bads) * quantile()
        weights = np.array([row.woe for row in kept])
        with np.errstate(invalid="ignore"):  # an infinite WoE has no interval
            around = {"woe_low": weights - error, "woe_high": weights + error}
        return pl.DataFrame(
            {
                "bin": [row.said for row in kept],
                "rows": [row.rows for row in kept],
                "share": (goods + bads) / whole,
                "goods": goods,
                "bads": bads,
                "bad_rate": [row.bad_rate for row in kept],
                "bad_rate_low": low,
                "bad_rate_high": high,
                SHRUNKEN: [self.shrunken(row) for row in kept],
                WOE: weights,
                **{end: pl.Series(value).fill_nan(None) for end, value in around.items()},
                "iv": [row.part for row in kept],
            },
            schema_overrides={"bad_rate": pl.Float64, SHRUNKEN: pl.Float64},
        )


def spellings(levels: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return every spelling of levels that are a yes, a no or both, by level; else nothing.

    >>> sorted(spellings(["true"])["true"])[:4], spellings(["true", "yes"]), spellings(["a", "no"])
    (['1', '1.0', '1.00', 'T'], {}, {})
    """
    found: dict[str, tuple[str, ...]] = {}
    for words in (YES, NO):
        own = [level for level in levels if level.lower() in words]
        if len(own) == 1:
            forms = {form for word in words for form in (word, word.upper(), word.capitalize())}
            forms |= {
                f"{word}.{noughts}"
                for word in ("0", "1")
                if word in words
                for noughts in ("0", "00")
            }
            found[own[0]] = tuple(sorted(forms))
    return found if len(found) == len(levels) else {}


def _narrow(levels: tuple[Level, ...]) -> tuple[Level, ...]:
    """Add to codes with a fraction the floats of 32 bits they are stored as."""
    short = [replace(row, value=float(np.float32(row.value))) for row in levels]
    return levels + tuple(row for row in short if row not in levels)


def _exact(bound: float | None) -> Fraction | None:
    return None if bound is None else Fraction(bound)


def _each(given: list[tuple[Bin, int]], kind: Kind) -> tuple[Level, ...]:
    return tuple(
        Level(value=value, points=mark)
        for row, mark in given
        if row.kind == kind
        for value in row.values
    )

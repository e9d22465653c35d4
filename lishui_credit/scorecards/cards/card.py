"""`Card`: a fitted scorecard as plain data, and what it says of a row.

A card is a set of `PointsTable`s whose points come from a fit: the same noun that a rubric's
indicators compile to, so that a card scores and explains in the same way. Points are integers in
units of 1/`point_unit`; a score is their sum, and a probability follows from the score alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from typing import Any, overload

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from lishui_credit.errors import ModelError, Problem
from lishui_credit.expressions import E, Namespace
from lishui_credit.grades import GradeScale
from lishui_credit.language import Bilingual, tr
from lishui_credit.points import PointsTable
from lishui_credit.scorecards.bins.binning import SHRUNKEN, WOE, Bin, Binning
from lishui_credit.scorecards.bins.characteristic import Policies
from lishui_credit.scorecards.bins.unseen import judge_unseen
from lishui_credit.scorecards.cards.card_approval import Standing
from lishui_credit.scorecards.cards.card_rows import as_learned
from lishui_credit.scorecards.cards.crossed_table import CrossedTable, TableOf, within
from lishui_credit.scorecards.cards.fingerprint import fingerprint
from lishui_credit.scorecards.cards.scale import Scale
from lishui_credit.scorecards.features import features
from lishui_credit.statistics.logistic import expit
from lishui_credit.statistics.outcomes import Floats, Values
from lishui_credit.tables.data_words import CROSSING
from lishui_credit.tables.frames import Frame
from lishui_credit.tables.header_words import did_you_mean

POINTS = "points__"
_SIDES = ("first", "second")


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristic:
    """One column of a card: its bins, what the regression found, its points.

    Parameters
    ----------
    binning : Binning
        Bins and WoE.
    points : tuple of int
        Of each bin, in the order of the bins, in units of 1/`point_unit` of the card.
    log_odds : tuple of float
        Of each bin, good:bad, as a joint fit found them before rounding; empty where points are a
        coefficient times WoE.
    coefficient, error, p_value : float
        On the WoE; NaN where a card has none.
    label_zh, label_en : str
        Name in Chinese and in English.
    """

    binning: Binning
    points: tuple[int, ...]
    log_odds: tuple[float, ...] = ()
    coefficient: float = float("nan")
    error: float = float("nan")
    p_value: float = float("nan")
    label_zh: str = ""
    label_en: str = ""

    @property
    def feature(self) -> str:
        """Name of its column."""
        return self.binning.feature

    @property
    def label(self) -> str:
        """Its name in the language in use; the column's name where it has none."""
        return tr(self.label_en, self.label_zh) or self.label_zh or self.label_en or self.feature

    @property
    def table(self) -> PointsTable:
        """Value to points."""
        return self.binning.points_table(self.points)

    @property
    def fitted(self) -> tuple[float, ...]:
        """Log-odds good:bad of each bin before rounding; empty where a card has no fit."""
        if self.log_odds or np.isnan(self.coefficient):
            return self.log_odds
        return tuple(self.coefficient * row.woe for row in self.binning.bins)

    @property
    def missing(self) -> int:
        """Points of a missing value."""
        return self._of("missing")

    @property
    def unseen(self) -> int:
        """Points of a category that is not in the sample; of a number, those of a missing value."""
        return self._of("missing" if self.binning.type == "number" else "unseen")

    def _of(self, kind: str) -> int:
        pairs = zip(self.binning.bins, self.points, strict=True)
        return next(mark for row, mark in pairs if row.kind == kind)

    @property
    def held(self) -> list[tuple[Bin, int]]:
        """Bins and points that a row of the sample can have; every bin where rows were not counted."""
        pairs = list(zip(self.binning.bins, self.points, strict=True))
        return [(row, mark) for row, mark in pairs if row.rows] or pairs

    @property
    def best(self) -> int:
        """Most points a row of the sample can have."""
        return max(mark for _, mark in self.held)

    @property
    def best_known(self) -> tuple[Bin, int]:
        """Bin of most points whose value is known, neither missing nor a special code; the first of equals."""
        known = [pair for pair in self.held if pair[0].kind in ("range", "levels")]
        return max(known or self.held, key=lambda pair: pair[1])

    @property
    def worst(self) -> int:
        """Fewest points a row of the sample can have."""
        return min(mark for _, mark in self.held)

    @property
    def mean(self) -> float:
        """Average points over the sample."""
        rows = [row.goods + row.bads for row, _ in self.held]
        marks = [mark for _, mark in self.held]
        return float(np.average(marks, weights=rows)) if sum(rows) else float(np.mean(marks))

    @property
    def neutral(self) -> int:
        """Points nearest to WoE 0, the average odds, of known values or of a bin at just that WoE."""
        pairs = list(zip(self.binning.bins, self.points, strict=True))
        apart = [
            (abs(row.woe), mark)
            for row, mark in pairs
            if row.kind in ("range", "levels") or (not row.rows and row.woe == 0)
        ]
        return min(apart, key=lambda pair: pair[0])[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A scorecard: characteristics, a scale and where it comes from.

    Parameters
    ----------
    characteristics : tuple of Characteristic
        In the order of the card, one for every column that it reads.
    crossed : tuple of CrossedTable
        Points of pairs of them.
    scale : Scale
        From log-odds to points.
    base_points : int
        Points of every subject, in units of 1/`point_unit`; 0 where folded into the characteristics.
    point_unit : int
        Integers per printed point.
    intercept : float
        Log-odds good:bad at WoE 0.
    policies : Policies
        How missing, rare and unseen values count.
    grades : GradeScale, optional
        Bounds in units of 1/`point_unit`.
    dropped : mapping of str to Bilingual
        Characteristics left out, and why; a text of one language in cards of earlier versions.
    protected : mapping of str to str
        Protected attributes that are used, and the reason given.
    settings, provenance, metrics : mapping
        The settings of the fit, its sample, its measures.
    id, title_zh : str
        Id and Chinese title.
    synthetic : bool
        Whether the sample is synthetic.

    Attributes
    ----------
    standing : Standing
        Whether the card is approved: as `load` found it, never of a card made or changed since.
    """

    characteristics: tuple[Characteristic, ...]
    scale: Scale
    crossed: tuple[CrossedTable, ...] = ()
    base_points: int = 0
    point_unit: int = 1
    intercept: float = 0.0
    policies: Policies = field(default_factory=Policies)
    grades: GradeScale | None = None
    dropped: Mapping[str, Bilingual | str] = field(default_factory=dict)
    protected: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    title_zh: str = ""
    synthetic: bool = False
    # no argument, so that `dataclasses.replace` makes a card that nobody approved
    standing: Standing = field(default=Standing(), init=False, compare=False, repr=False)

    @property
    def columns(self) -> list[str]:
        """Columns the card reads."""
        return [row.feature for row in self.characteristics]

    def __getitem__(self, feature: str) -> Characteristic:
        """Return one characteristic."""
        for row in self.characteristics:
            if row.feature == feature:
                return row
        raise ModelError(self.lacking([feature]))

    @property
    def tables(self) -> list[PointsTable]:
        """Value to points of every characteristic alone; under the policy "raise" the unseen have none."""
        return [self.table_of(row.binning, row.points) for row in self.characteristics]

    def table_of(self, binning: Binning, points: Sequence[int]) -> PointsTable:
        """Return the table of bins and points; under the policy "raise" the unseen have none."""
        found = binning.points_table(points)
        return replace(found, other=None) if self.policies.unseen == "raise" else found

    def crossing(self, feature: str) -> Iterator[tuple[CrossedTable, NDArray[np.int64]]]:
        """Yield the crossed tables of a characteristic, each with the share of its points by cell."""
        for row in self.crossed:
            if feature in row.features:
                yield row, row.share(feature)

    def lacking(self, features: Iterable[str]) -> list[Problem]:
        """Return a problem for every name that is no characteristic of the card."""
        what = tr("the card has no such characteristic", "评分卡中没有该特征")
        own = self.columns
        return [
            Problem(what, name, did_you_mean([name], own) or ", ".join(own))
            for name in features
            if name not in own
        ]

    # ---- expressions --------------------------------------------------------------------------

    def points_of(self, feature: str, ns: Namespace[E], table_of: TableOf | None = None) -> E:
        """Return the expression of one characteristic's points, with its share of crossed ones."""
        made = table_of or self.table_of
        item = self[feature]
        parts = [made(item.binning, item.points).expr(ns)]
        parts += [row.expr(ns, share, made) for row, share in self.crossing(feature)]
        return reduce(add, parts)

    def points_expr(self, feature: str) -> pl.Expr:
        """Return the expression of one characteristic's points, with its share of crossed ones."""
        return self.points_of(feature, pl, Binning.points_table).alias(f"{POINTS}{feature}")

    @overload
    def expr(self) -> pl.Expr: ...
    @overload
    def expr(self, ns: Namespace[E]) -> E: ...
    def expr(self, ns: Any = pl) -> Any:
        """Return the expression of the score, named ``score``.

        Select it beside the subject's id, or add it with ``with_columns``: a polars scan that
        selects only such expressions may return row groups out of order.

        Examples
        --------
        >>> import polars as pl
        >>> from lishui_credit.scorecards import Scorecard
        >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
        >>> card = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_
        >>> frame.lazy().with_columns(card.expr()).collect()["score"].n_unique()
        2
        """
        parts = [table.expr(ns) for table in self.tables]
        parts += [row.expr(ns, table_of=self.table_of) for row in self.crossed]
        base = ns.lit(self.base_points, dtype=ns.Int32)
        return reduce(add, parts, base).alias("score")

    # ---- rows ---------------------------------------------------------------------------------

    def score(self, X: Frame) -> pl.Series:
        """Return the score of every row, Int32 in units of 1/`point_unit`, shape (n,).

        Raises
        ------
        SubjectError
            For missing columns (with the nearest name), infinite values, and unseen categories
            where the policy is "raise".

        Warns
        -----
        UnseenWarning
            With counts, where the policy is "warn".
        """
        return self.scored(features(X, self.columns))

    def scored(self, frame: pl.DataFrame) -> pl.Series:
        """Return the score of every row of a frame that has been read and checked."""
        return self._judged(frame).select(self.expr()).to_series()

    def scores_of(self, numbers: pl.DataFrame) -> NDArray[np.int64]:
        """Return the scores of rows given by the number of their bin of each characteristic, shape (n,)."""
        found = np.full(numbers.height, self.base_points, dtype=np.int64)
        for row in self.characteristics:
            found += np.array(row.points, dtype=np.int64)[numbers[row.feature].to_numpy()]
        for crossed in self.crossed:
            first, second = (numbers[name].to_numpy() for name in crossed.features)
            found += self.by_bins(crossed)[first, second]
        return found

    def by_bins(self, crossed: CrossedTable) -> NDArray[np.int64]:
        """Return the points of a crossed table by the bins of its two characteristics."""
        return crossed.matrix[self._inside(crossed)]

    def fitted_by_bins(self, crossed: CrossedTable) -> Floats:
        """Return the log-odds of a crossed table by the bins of its two characteristics."""
        return np.array(crossed.log_odds)[self._inside(crossed)]

    def cells_by_bins(self, crossed: CrossedTable) -> NDArray[np.int64]:
        """Return the number of the cell, counted row by row, by the bins of its two characteristics."""
        numbers = np.arange(crossed.matrix.size).reshape(crossed.matrix.shape)
        return numbers[self._inside(crossed)]

    def _inside(self, crossed: CrossedTable) -> tuple[NDArray[np.intp], ...]:
        first, second = (self[name].binning for name in crossed.features)
        return np.ix_(within(first, crossed.first), within(second, crossed.second))

    def _judged(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return rows with numbers as numbers, or refuse them; see `score`."""
        binnings = [row.binning for row in self.characteristics]
        frame = as_learned(frame, binnings)
        judge_unseen(frame, binnings, self.policies.unseen, level=5)
        return frame

    def saw(self, X: Frame, y: Values) -> bool:
        """Tell whether rows and outcomes are just the sample that the card was fitted on.

        Order, file format and other columns do not matter; a part of the sample is not recognised. A
        card fitted before cards kept this fingerprint recognises nothing.
        """
        known = self.provenance.get("rows_fingerprint")
        if known is None:
            return False
        frame, outcome = features(X, self.columns), np.asarray(y)
        if len(outcome) != frame.height or not np.isin(outcome, (0, 1)).all():
            return False
        binnings = [row.binning for row in self.characteristics]
        return bool(fingerprint(frame, outcome.astype(np.int8), binnings) == known)

    def contributions(self, X: Frame) -> pl.DataFrame:
        """Return one ``points__<column>`` per characteristic, shape (n, k), and the score.

        The columns and the base points add up to ``score``. The points of a crossed table are shared
        between its two characteristics, see `CrossedTable.share`.
        """
        frame = self._judged(features(X, self.columns))
        return frame.select(*(self.points_expr(name) for name in self.columns), self.expr())

    def log_odds(self, scores: ArrayLike) -> Floats:
        """Return ln(good / bad) of scores, shape (n,)."""
        values = np.asarray(scores, dtype=np.float64) / self.point_unit
        return (values - self.scale.offset) / self.scale.factor

    def pd(self, scores: ArrayLike) -> Floats:
        """Return the probability of bad of scores, shape (n,); it falls strictly as scores rise."""
        return expit(-self.log_odds(scores))

    def grade(self, scores: pl.Series) -> pl.Series:
        """Return the grade id of scores.

        Raises
        ------
        ModelError
            If the card has no grades.
        """
        if self.grades is None:
            raise ModelError(
                tr("the card has no grades", "评分卡未设等级"),
                hint=tr("build a master scale", "请先建立主标尺"),
            )
        return pl.DataFrame({"score": scores}).select(self.grade_expr()).to_series()

    def grade_expr(self) -> pl.Expr:
        """Return the expression of the grade of a column ``score``, named ``grade``."""
        rows = self.grades.grades if self.grades is not None else ()
        found = pl.lit(rows[-1].id)
        for row in reversed(rows):
            if row.at_least is not None:
                reached = pl.col("score") >= row.at_least
                found = pl.when(reached).then(pl.lit(row.id)).otherwise(found)
        return found.alias("grade")

    def pd_expr(self) -> pl.Expr:
        """Return the expression of the probability of bad of a column ``score``, named ``pd``."""
        line = (pl.col("score") / self.point_unit - self.scale.offset) / self.scale.factor
        return (1 / (1 + line.exp())).alias("pd")

    # ---- tables -------------------------------------------------------------------------------

    def table(self) -> pl.DataFrame:
        """Return the card: one row per bin.

        Returns
        -------
        polars.DataFrame
            feature, label, bin, points (printed), rows, share, bad_rate (as observed),
            bad_rate_shrunken (that the WoE stands for), WoE (``ln(good%/bad%)``), coefficient.
        """
        rows = []
        for item in self.characteristics:
            whole = item.binning.total_goods + item.binning.total_bads
            for row, mark in zip(item.binning.bins, item.points, strict=True):
                rows.append(
                    {
                        "feature": item.feature,
                        "label": item.label,
                        "bin": row.said,
                        "points": self.printed(mark),
                        "rows": row.rows,
                        "share": (row.goods + row.bads) / whole if whole else None,
                        "bad_rate": row.bad_rate,
                        SHRUNKEN: item.binning.shrunken(row),
                        WOE: row.woe,
                        "coefficient": item.coefficient,
                    }
                )
        kinds = dict.fromkeys(("share", "bad_rate", SHRUNKEN, "points"), pl.Float64)
        found = pl.DataFrame(rows, schema_overrides=kinds)
        return (
            found.with_columns(pl.col("points").cast(pl.Int64)) if self.point_unit == 1 else found
        )

    def crossed_table(self) -> pl.DataFrame:
        """Return the crossed tables: one row per cell, none of a card without them.

        Returns
        -------
        polars.DataFrame
            first, second (columns), label (of both), first_bin, second_bin, points (printed), rows
            (weight; null where not counted), bad_rate (as observed; null where nobody is).
        """
        tables = [
            row.table().select(
                *(
                    pl.lit(name).alias(side)
                    for side, name in zip(_SIDES, row.features, strict=True)
                ),
                pl.lit(self.label_of(row)).alias("label"),
                *(f"{side}_bin" for side in _SIDES),
                points=pl.col("points")
                if self.point_unit == 1
                else pl.col("points") / self.point_unit,
                rows="rows",
                bad_rate="bad_rate",
            )
            for row in self.crossed
        ]
        texts = dict.fromkeys((*_SIDES, "label", "first_bin", "second_bin"), pl.String)
        marks = pl.Int64 if self.point_unit == 1 else pl.Float64
        schema = {**texts, "points": marks, "rows": pl.Float64, "bad_rate": pl.Float64}
        return pl.concat([pl.DataFrame(schema=schema), *tables])

    def label_of(self, crossed: CrossedTable) -> str:
        """Return the names of both characteristics of a crossed table, in the language in use."""
        return CROSSING.join(self[name].label for name in crossed.features)

    def only_crossed(self, feature: str) -> bool:
        """Tell whether a characteristic has points in crossed tables alone."""
        return not any(self[feature].points) and any(
            feature in row.features for row in self.crossed
        )

    @property
    def cells(self) -> int:
        """Number of cells that a reader must check: bins and crossed cells in which the sample has rows.

        Bins of a characteristic that has points in crossed tables alone are not counted.
        """
        own = (row for row in self.characteristics if not self.only_crossed(row.feature))
        return sum(len(row.held) for row in own) + sum(int(row.held.sum()) for row in self.crossed)

    def coefficients(self) -> pl.DataFrame:
        """Return the regression: feature, coefficient, standard error, p-value, information value.

        Coefficients are on WoE ``ln(good%/bad%)`` of log-odds good:bad, so every one should be
        positive, and near 1 where characteristics do not overlap.
        """
        return pl.DataFrame(
            {
                "feature": self.columns,
                "coefficient": [row.coefficient for row in self.characteristics],
                "standard_error": [row.error for row in self.characteristics],
                "p_value": [row.p_value for row in self.characteristics],
                "iv": [row.binning.iv for row in self.characteristics],
            }
        )

    def printed(self, points: float) -> float:
        """Return points as they are printed: a whole number where `point_unit` is 1."""
        return points if self.point_unit == 1 else points / self.point_unit

    def best_known(self, feature: str) -> int:
        """Return the most points that known values give a characteristic, its share of crossed ones included."""
        shares = (
            share[row.held & row.known].max() if (row.held & row.known).any() else share.max()
            for row, share in self.crossing(feature)
        )
        return self[feature].best_known[1] + int(sum(shares))

    @property
    def range(self) -> tuple[int, int]:
        """Lowest and highest score that cells of the sample's rows add up to; crossed ones each at its end."""
        low = self.base_points + sum(row.worst for row in self.characteristics)
        high = self.base_points + sum(row.best for row in self.characteristics)
        cells = [row.matrix[row.held] for row in self.crossed]
        return low + sum(int(of.min()) for of in cells), high + sum(int(of.max()) for of in cells)

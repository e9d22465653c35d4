"""`BinningProcess`: bin every characteristic of a frame, exactly, under stated policies.

As in scikit-learn, `__init__` only stores, `fit` learns, and learned state ends in an underscore.
Frames may be of polars, pandas, pyarrow or anything narwhals takes.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Final, Self, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import ModelError
from lishui_credit.language import tr
from lishui_credit.scorecards.bins import counting_sql
from lishui_credit.scorecards.bins.asked_bins import groups_of, refuse_settings, refuse_thin
from lishui_credit.scorecards.bins.binning import Binning
from lishui_credit.scorecards.bins.category_bins import CategoryColumn
from lishui_credit.scorecards.bins.characteristic import Missing, Outcome, Policies, Unseen
from lishui_credit.scorecards.bins.constraints import Constraints, Direction
from lishui_credit.scorecards.bins.counts import Counts
from lishui_credit.scorecards.bins.number_bins import NumberColumn, NumberSettings
from lishui_credit.scorecards.bins.unseen import judge_unseen
from lishui_credit.scorecards.estimator import Estimator, choose_output, put_out
from lishui_credit.scorecards.features import TrainingSample, features
from lishui_credit.statistics.outcomes import Floats, Values
from lishui_credit.tables.frames import Frame

SpecialCodes = Mapping[float, str] | Sequence[float]
Splits = Sequence[float] | Sequence[Sequence[str]]
Held = NumberColumn | CategoryColumn

LEAK: Final = 3.0
_PARALLEL_CELLS: Final = 2_000_000


class LeakWarning(UserWarning):
    """A characteristic tells the outcome so well that it may be the outcome in disguise."""


@dataclass(eq=False, repr=False, kw_only=True)
class BinningProcess(Estimator):
    """Bin every characteristic of a frame against a 0/1 outcome.

    Parameters
    ----------
    max_bins : int, default 8
        Most bins of a characteristic, without the bins of missing values and special codes.
    prebins : int, default 64
        Candidate cut points of a number: quantiles. From 50,000 rows on also the steps of the best
        monotone fit, and cuts found are moved to where they separate best between any two rows near.
    min_share : float, default 0.02
        Least share of all rows in a bin, 0 to 1.
    min_bads, min_goods : float, default 5
        Least weight of bads and of goods in a bin.
    min_woe_gap : float, default 0
        Least difference of WoE between neighbours.
    max_p_value : float, optional
        Largest p-value of the two-proportion test between neighbours, 0 to 1.
    direction : {"auto", "up", "down", "peak", "valley", "none"}, default "auto"
        Of the bad rate along a number's values; "auto" is the better of up and down, or a turn for
        which the evidence is strong.
    turn_p : float, default 0.0001
        Under "auto" a peak or valley is taken where the likelihood ratio test against up and down
        has a smaller p-value; 0 never takes one.
    monotonic : mapping of str to str, optional
        Direction by characteristic.
    categorical : sequence of str, optional
        Number columns that stand for categories.
    special_codes : mapping of str to sequence or mapping, optional
        Numbers that are codes, by characteristic or ``"*"`` for all; with their meaning where a
        mapping is given: ``{"months": {-9: "no record"}}``. Each code has its own bin.
    missing : {"own", "neutral", "worst"}, default "own"
        A missing value has its own bin, counts as average, or counts as the worst bin.
    unseen : {"raise", "warn", "worst", "neutral"}, default "warn"
        A category that is not in the sample is an error; average, with a warning that counts the
        rows; the worst bin; or average without a warning.
    rare_levels : int, default 30
        Categories of fewer rows share one bin.
    smoothing : float, default 1.0
        Imaginary rows with the population's odds added to every bin. At 0 nothing is drawn towards the
        mean, rates of categories neither.
    splits : mapping, optional
        Bins set by hand: cut points of a number, groups of categories.
    locked : mapping of str to sequence of float, optional
        Cut points that must be among those found.
    n_jobs : int, optional
        Threads; by default one on small data, all cores on large.

    Attributes
    ----------
    binnings_ : dict of str to Binning
        By characteristic, in the order of the columns.
    directions_ : dict of str to str
        Direction found, by characteristic; "none" for categories.
    feature_names_in_, n_features_in_
        As scikit-learn has them.

    Notes
    -----
    Cost: one sort per number and row count, O(n log n), then a dynamic programme over the
    pre-bins, O(max_bins * prebins^2 log prebins), which does not grow with the row count.

    Examples
    --------
    >>> import numpy as np, polars as pl
    >>> draw = np.random.default_rng(0)
    >>> age = draw.integers(18, 70, 4000)
    >>> bad = (draw.random(4000) < 0.5 - age / 200).astype(int)
    >>> process = BinningProcess(max_bins=3).fit(pl.DataFrame({"age": age}), bad)
    >>> process.directions_, process.binnings_["age"].iv > 0.02
    ({'age': 'down'}, True)
    """

    _estimator_type: ClassVar[str | None] = "transformer"

    max_bins: int = 8
    prebins: int = 64
    min_share: float = 0.02
    min_bads: float = 5
    min_goods: float = 5
    min_woe_gap: float = 0.0
    max_p_value: float | None = None
    direction: str = "auto"
    turn_p: float = 1e-4
    monotonic: Mapping[str, str] | None = None
    categorical: Sequence[str] | None = None
    special_codes: Mapping[str, SpecialCodes] | None = None
    missing: Missing = "own"
    unseen: Unseen = "warn"
    rare_levels: int = 30
    smoothing: float = 1.0
    splits: Mapping[str, Splits] | None = None
    locked: Mapping[str, Sequence[float]] | None = None
    n_jobs: int | None = None

    # ---- learning ---------------------------------------------------------------------------

    def fit(self, X: Frame, y: Values, sample_weight: Values | None = None) -> Self:
        """Learn the bins.

        Parameters
        ----------
        X : frame, shape (n, k)
            Numbers, booleans and texts; missing values are allowed.
        y : array-like, shape (n,)
            1 bad, 0 good.
        sample_weight : array-like, shape (n,), optional
            At least 0, in any unit; see `TrainingSample.evened`.

        Raises
        ------
        SubjectError
            For infinite values, dates, column names that occur twice, an outcome that is not 0/1 or
            has one class only, settings that name no column.

        Warns
        -----
        LeakWarning
            Where an information value is above 3.
        """
        learned = self.learn(TrainingSample.read(X, y, sample_weight))
        learned._name_features(list(learned.binnings_), X)
        return learned

    def learn(self, sample: TrainingSample) -> Self:
        """Learn the bins of a sample that has been read and checked."""
        sample = sample.evened()
        frame = sample.frame
        outcome = Outcome(bad=sample.outcome == 1, weight=sample.weight)
        self.check_settings(frame)
        self._check_weights(outcome)
        return self._bin(
            frame.columns,
            lambda name: self.held(frame[name], outcome),
            cells=frame.height * frame.width,
        )

    def from_counts(self, counts: Frame) -> Self:
        """Learn the bins from counts that any engine made: the same bins as from the rows.

        Parameters
        ----------
        counts : frame
            Columns `counts.COLUMNS`, as the statement of `counts_sql` gives them: for every value of a
            characteristic, or every small range of a number, its rows and the weight of its goods and
            bads.

        Returns
        -------
        BinningProcess
            Itself, characteristics in the order of their names. From counts of values the bins, WoE and information values are those of `fit` on the
            rows, to the last bit without weights, with weights but for the rounding of their sums. From
            counts of ranges a cut lies only between two ranges.

        Raises
        ------
        SubjectError
            For counts that are none or not all of the same rows, outcomes that are not 0/1, infinite
            values, a cut point or special code inside a range.

        Warns
        -----
        LeakWarning
            Where an information value is above 3.

        Examples
        --------
        >>> import polars as pl
        >>> one = {"characteristic": "late", "kind": "number", "level": None, "squares": None}
        >>> rows = [{"low": 0.0, "rows": 90, "goods": 81, "bads": 9}]
        >>> rows += [{"low": 1.0, "rows": 60, "goods": 30, "bads": 30}]
        >>> table = pl.DataFrame([{**one, **row, "high": row["low"], "others": 0} for row in rows])
        >>> process = BinningProcess().from_counts(table)
        >>> process.binnings_["late"].cuts, process.directions_
        ((0.5,), {'late': 'up'})
        """
        found = Counts.read(counts)
        self.check_settings(found.shape())
        found.refuse_codes(self.categorical or ())
        if found.weighted:
            least = (self.min_goods, self.min_bads)
            refuse_thin(found.sums.totals, (np.inf, np.inf), least)
        return self._bin(
            list(found.tables), lambda name: found.held(name, self._special(name)), cells=0
        )

    def counts_sql(
        self,
        numbers: Sequence[str],
        categories: Sequence[str] = (),
        *,
        outcome: str,
        table: str = "subjects",
        weight: str | None = None,
        cuts: Mapping[str, Sequence[float]] = MappingProxyType({}),
        dialect: str = "duckdb",
    ) -> str:
        """Return the statement that makes the counts of `from_counts` where the rows are.

        Parameters
        ----------
        numbers, categories : sequence of str
            Columns of numbers; of texts or booleans. Numbers among `categorical` are counted as codes.
        outcome : str
            Column of 1 bad, 0 good.
        table : str, default "subjects"
            Table or view, as a query in that dialect names it.
        weight : str, optional
            Column of weights, at least 0.
        cuts : mapping of str to sequence of float, optional
            Numbers to be counted between cut points, for those of many values; `splits` and `locked`
            cuts are added. Others are counted by their values, a row each. See `cuts_sql`.
        dialect : {"duckdb", "spark"}
            Of the engine that will run it.

        Returns
        -------
        str
            One SELECT, each column read once.

        Raises
        ------
        CreditError
            For another dialect, or without sqlglot.

        Examples
        --------
        >>> print(BinningProcess().counts_sql(["age"], outcome="bad")[:36])
        SELECT
          'age' AS "characteristic",
        """
        coded = set(self.categorical or ())
        kinds = {name: "coded" if name in coded else "number" for name in numbers}
        kinds |= dict.fromkeys(categories, "category")
        asked = {
            name: [*own, *(self.locked or {}).get(name, ()), *self._split(name)]
            for name, own in cuts.items()
        }
        return counting_sql.counts_sql(
            kinds,
            outcome,
            table=table,
            weight=weight,
            cuts=asked,
            special={name: list(self._special(name)) for name in numbers},
            dialect=dialect,
        )

    def cuts_sql(
        self,
        numbers: Sequence[str],
        *,
        table: str = "subjects",
        pieces: int = 256,
        dialect: str = "duckdb",
    ) -> str:
        """Return the statement that finds candidate cut points, for `counts_sql`, in the engine's sketch.

        Parameters
        ----------
        numbers : sequence of str
            Columns of numbers.
        table, dialect
            As for `counts_sql`.
        pieces : int, default 256
            Ranges of about equal rows, at least 2.

        Returns
        -------
        str
            One SELECT of ``characteristic`` and ``cut``.

        Raises
        ------
        CreditError
            For another dialect, or without sqlglot.

        Examples
        --------
        >>> print(BinningProcess().cuts_sql(["age"], pieces=2)[:36])
        SELECT
          'age' AS "characteristic",
        """
        special = {name: list(self._special(name)) for name in numbers}
        return counting_sql.cuts_sql(
            numbers, table=table, special=special, dialect=dialect, pieces=pieces
        )

    def _split(self, name: str) -> list[float]:
        """Return the cut points of a number that are set by hand."""
        return [float(cast(float, cut)) for cut in (self.splits or {}).get(name, ())]

    def _bin(self, names: Sequence[str], hold: Callable[[str], Held], *, cells: int) -> Self:
        """Bin every characteristic that `hold` has ready; of many `cells` in threads."""
        splits, locked = self.splits or {}, self.locked or {}

        def learn(name: str) -> Binning:
            return self.binned(hold(name), splits.get(name), locked=locked.get(name, ()))

        threads = self.n_jobs
        if threads is None:
            threads = (os.cpu_count() or 1) if cells > _PARALLEL_CELLS else 1
        if threads > 1:
            with ThreadPoolExecutor(threads) as pool:
                found = list(pool.map(learn, names))
        else:
            found = [learn(name) for name in names]
        return self.know({row.feature: row for row in found})

    def know(self, binnings: dict[str, Binning]) -> Self:
        """Take bins as learned, and warn of those that look like the outcome."""
        self.binnings_ = binnings
        self._name_features(list(binnings))
        found = [*binnings.values()]
        leaks = {row.feature: max(row.iv, row.potential) for row in found}
        listed = ", ".join(f"{name} ({iv:.1f})" for name, iv in leaks.items() if iv > LEAK)
        if listed:
            warnings.warn(
                tr(
                    f"information value above {LEAK:g}: do these columns contain the outcome? {listed}",
                    f"信息值高于 {LEAK:g},疑似结果泄漏:{listed}",
                ),
                LeakWarning,
                stacklevel=3,
            )
        return self

    @property
    def policies(self) -> Policies:
        """How missing, rare and unseen values count."""
        return Policies(
            missing=self.missing,
            unseen=self.unseen,
            rare_levels=self.rare_levels,
            smoothing=self.smoothing,
        )

    def check_settings(self, frame: pl.DataFrame) -> None:
        """Refuse settings that are out of range or do not suit the columns of a frame, all at once."""
        refuse_settings(self.get_params(deep=False), frame)

    def _check_weights(self, outcome: Outcome) -> None:
        """Refuse weights that a few rows carry alone: no bin would hold the least goods and bads asked for."""
        if outcome.weight is None:
            return
        counted = (int((~outcome.bad).sum()), int(outcome.bad.sum()))
        refuse_thin(outcome.totals, counted, (self.min_goods, self.min_bads))

    def constraints(self, name: str) -> Constraints:
        """Return what the bins of a characteristic must keep."""
        return Constraints(
            direction=cast(Direction, (self.monotonic or {}).get(name, self.direction)),
            max_bins=self.max_bins,
            min_share=self.min_share,
            min_bads=self.min_bads,
            min_goods=self.min_goods,
            min_woe_gap=self.min_woe_gap,
            max_p_value=self.max_p_value,
            smoothing=self.smoothing,
        )

    def held(self, column: pl.Series, outcome: Outcome) -> Held:
        """Return a column sorted or counted once, to be binned as often as one likes."""
        name = column.name
        number = column.dtype.is_numeric()
        if not number or name in (self.categorical or ()):
            text = column.cast(pl.Int64) if number else column  # 1 and 1.0 are one category
            return CategoryColumn.of(name, text.cast(pl.String), outcome, coded=number)
        values = column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
        return NumberColumn.of(name, values, outcome, self._special(name))

    def _special(self, name: str) -> dict[float, str]:
        """Return the codes of a number, each with words for it."""
        special = self.special_codes or {}
        codes = special.get(name, special.get("*", {}))
        words = codes if isinstance(codes, Mapping) else dict.fromkeys(codes, "")
        return {float(code): str(word) for code, word in words.items()}

    def binned(
        self,
        held: Held,
        splits: Splits | None = None,
        *,
        locked: Sequence[float] = (),
        whole: Sequence[tuple[float, float]] = (),
    ) -> Binning:
        """Bin a column by these settings, by hand where `splits` are given.

        Of a number, `locked` cut points are kept, and ranges of `whole` between them stay one bin.
        """
        constraints = self.constraints(held.feature)
        if isinstance(held, CategoryColumn):
            groups = None if splits is None else groups_of(splits)
            return held.bins(constraints, self.policies, groups)
        settings = NumberSettings(
            prebins=self.prebins,
            splits=cast(Sequence[float] | None, splits),
            locked=locked,
            whole=whole,
            turn_p=self.turn_p,
        )
        return held.bins(constraints, self.policies, settings)

    # ---- what was learned --------------------------------------------------------------------

    @property
    def directions_(self) -> dict[str, str]:
        """Direction of the bad rate found for each characteristic."""
        return {name: row.direction for name, row in self._found().items()}

    def _found(self) -> dict[str, Binning]:
        self._require_fit()
        return self.binnings_

    @property
    def ivs(self) -> dict[str, float]:
        """Information value of each characteristic."""
        return {name: row.iv for name, row in self._found().items()}

    def bin_table(self, name: str) -> pl.DataFrame:
        """Return the binning table of one characteristic; see `Binning.table`."""
        found = self._found()
        if name not in found:
            raise ModelError(tr("no such characteristic", "没有这个特征"), name, ", ".join(found))
        return found[name].table()

    def iv_table(self) -> pl.DataFrame:
        """Return one row per characteristic, the largest information value first.

        Returns
        -------
        polars.DataFrame
            feature, type, bins, iv, potential (before the constraints, see `Binning`), asked,
            direction, obeyed, missing (share of the rows), notes.
        """
        rows = [
            {
                "feature": row.feature,
                "type": row.type,
                "bins": sum(1 for part in row.bins if part.rows),
                "iv": row.iv,
                "potential": row.potential,
                "asked": row.asked if row.type == "number" else "",
                "direction": row.direction,
                "obeyed": row.obeyed,
                "missing": sum(part.rows for part in row.bins if part.kind == "missing")
                / max(sum(part.rows for part in row.bins), 1),
                "notes": "; ".join(row.notes),
            }
            for row in self._found().values()
        ]
        return pl.DataFrame(rows).sort("iv", "feature", descending=[True, False])

    def could_not_obey(self) -> pl.DataFrame:
        """Return the characteristics that could not follow the direction asked of them."""
        return self.iv_table().filter(~pl.col("obeyed"))

    # ---- applying ----------------------------------------------------------------------------

    def bin_numbers(
        self,
        X: Frame,
        names: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """Return the number of the bin each value falls in, in the order of `Binning.bins`.

        Parameters
        ----------
        X : frame
            Holds the characteristics' columns, in any order.
        names : sequence of str, optional
            Characteristics; all if None.

        Raises
        ------
        SubjectError
            For missing columns, infinite values, and unseen categories where `unseen` is "raise".

        Warns
        -----
        UnseenWarning
            With counts, where `unseen` is "warn".
        """
        chosen = list(self._found()) if names is None else list(names)
        return self.placed(features(X, chosen))

    def placed(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the bin numbers of a frame of characteristics that has been read and checked."""
        found = {name: self._found()[name] for name in frame.columns}
        numbers = frame.select(
            row.index().expr(pl).cast(pl.Int16).alias(name) for name, row in found.items()
        )
        # Categories that no bin has are numbered last.
        unseen = [row for name, row in found.items() if numbers[name].max() == len(row.bins) - 1]
        judge_unseen(frame, unseen, self.unseen)
        return numbers

    def transform(self, X: Frame) -> Any:
        """Return the WoE of every value, ``ln(good%/bad%)``: a frame of the kind that came in, or that `set_output` asks for."""
        self._require_fit()
        self._same_width(X)
        numbers = self.bin_numbers(X)
        woes = pl.DataFrame({name: self._woe_of(numbers, name) for name in numbers.columns})
        return put_out(self, X, woes)

    def set_output(self, *, transform: str | None = None) -> Self:
        """Choose the kind of frame that `transform` returns, as scikit-learn asks.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, optional
            "default": the kind that came in; None changes nothing.

        Raises
        ------
        ModelError
            If there is no such kind.
        """
        choose_output(self, transform)
        return self

    def woes(self, numbers: pl.DataFrame) -> Floats:
        """Return the WoE of bin numbers, an array of their shape."""
        # Filled column by column: a list of columns and their stack would be held at once.
        found = np.empty((numbers.height, numbers.width), order="F")
        for place, name in enumerate(numbers.columns):
            found[:, place] = self._woe_of(numbers, name)
        return found

    def _woe_of(self, numbers: pl.DataFrame, name: str) -> Floats:
        found: Floats = self.binnings_[name].woes[numbers[name].to_numpy()]
        return found

    def fit_transform(
        self,
        X: Frame,
        y: Values,
        sample_weight: Values | None = None,
    ) -> Any:
        """Learn the bins and return the WoE."""
        return self.fit(X, y, sample_weight).transform(X)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Return the columns of `transform`, as scikit-learn asks."""
        return np.asarray(list(self._found()), dtype=object)

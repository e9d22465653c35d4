"""`Scorecard`: learn a card from outcomes, points and all.

Bins, WoE, selection, a logistic regression whose signs are checked, scaling by base points, odds and
pdo, rounding to integers, whose loss is reported. What was learned is a `Card` in ``card_``; the
estimator also answers the usual questions to its card.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, asdict, dataclass, replace
from typing import Any, ClassVar, Final, Literal, Self, overload

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import ModelError, refuse
from lishui_credit.expressions import E, Namespace
from lishui_credit.grades import GradeScale
from lishui_credit.language import Bilingual
from lishui_credit.scorecards import grouped_counts
from lishui_credit.scorecards.asked_scorecard import settings_told, wrong_scorecard
from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_code import PlainCard, to_javascript, to_python
from lishui_credit.scorecards.cards.card_file import from_json, to_json
from lishui_credit.scorecards.cards.card_frame import CardFrame
from lishui_credit.scorecards.cards.card_sql import to_sql
from lishui_credit.scorecards.cards.column_labels import known_labels
from lishui_credit.scorecards.cards.fingerprint import sample_told
from lishui_credit.scorecards.cards.identities import Verification, verify
from lishui_credit.scorecards.cards.integer_points import loss_of_rounding
from lishui_credit.scorecards.cards.reasons import Baseline, reason_codes
from lishui_credit.scorecards.cards.scale import Odds, Scale
from lishui_credit.scorecards.estimator import Classifier, Estimator
from lishui_credit.scorecards.features import TrainingSample, like
from lishui_credit.scorecards.joint.fitted_tables import FittedTables
from lishui_credit.scorecards.joint.joint_points import JointPoints, learn
from lishui_credit.scorecards.matrices import unnamed
from lishui_credit.scorecards.protected import admitted, refuse_none, told_by_values
from lishui_credit.scorecards.proxy_features import named_once, with_proxies
from lishui_credit.scorecards.sample_faults import Asked, faults_of, kept_together
from lishui_credit.scorecards.selection import Pool, fit_signed, select, told_apart
from lishui_credit.statistics.outcomes import Flags, Floats, Values
from lishui_credit.tables.frames import Frame
from lishui_credit.version import __version__

_LIBRARIES: Final = {"polars": pl.__version__, "numpy": np.__version__}


@dataclass(eq=False, repr=False)
class Scorecard(Classifier):
    """A scorecard learned from outcomes.

    Parameters
    ----------
    process : BinningProcess, optional
        How to bin; ``BinningProcess()`` if None.
    pdo : float, default 20
        Points that double the odds.
    base_score : float, default 600
        Score at `base_odds`.
    base_odds : Odds, default Odds(good=50, bad=1)
        Good to bad.
    scaling : {"pdo", "min_max"}, default "pdo"
        By odds, or so that the worst and the best possible row score `low` and `high`.
    low, high : float, default 300, 850
        For "min_max".
    point_unit : int, default 1
        Integers per printed point: 10 keeps tenths.
    intercept : {"folded", "kept"}, default "folded"
        Base points spread over the characteristics, or a row of their own.
    min_iv : float, default 0.02
        Characteristics of a smaller information value are left out.
    max_correlation : float, optional
        Of two characteristics whose WoE are correlated above it, in absolute terms, the one of the
        lower information value is left out.
    max_vif : float, optional
        The characteristic of the largest variance inflation factor is left out until none is above.
    selection : {"all", "forward", "l1"}, default "all"
        Keep all; add the one that raises the likelihood most until none does significantly; keep
        the set on the L1 path whose refit has the lowest BIC.
    stop_p : float, default 0.05
        "forward" stops where the likelihood ratio test of the next one has a larger p-value.
    sign : {"constrain", "drop", "flag"}, default "constrain"
        What happens to a negative coefficient. "constrain": it is held at 0 and its characteristic
        left out. "drop": the most negative one is left out and the rest refitted, until none is
        negative. "flag": it stays, with a `SignWarning`.
    ridge : float, default 1.0
        Penalty ``ridge / 2 * sum b_j^2`` on the coefficients; 0 for the plain likelihood.
    protected : mapping of str to str, optional
        Protected attributes that may be used, each with a reason, which the card prints.
    proxies_of : sequence of str, optional
        Columns of X that are protected attributes, never inputs: `fit` measures which
        characteristics tell them, keeps that in the card and warns; see `proxy_features.proxies`.
    faults : {"told", "together", "off"}, default "told"
        What `fit` does about near copies of rows and about gaps that decide the outcome, see
        `near_copies` and `recording_artefacts`. "told": it warns and keeps the figures in the card.
        "together": inner folds of `points` and scores out of fold (`models.fit_file`) also keep copies
        in one fold. "off": it does not look.
    labels : mapping of str to str, optional
        Chinese names of columns, which the card keeps and reasons use; those of the data dictionary
        are used by themselves.
    grades : GradeScale, optional
        Grades of scores, bounds in units of 1/`point_unit`.
    points : JointPoints, optional
        Points of bins, and of pairs of bins, fitted jointly; if None a coefficient times WoE. With it
        selection, signs and smoothing are its own: `selection`, `sign`, `ridge`, `stop_p`, `min_iv`,
        `max_correlation` and `max_vif` stay at their defaults.

    Attributes
    ----------
    card_ : Card
        What was learned.
    process_ : BinningProcess
        Bins of every column that may be used.
    features_ : list of str
        Characteristics of the card.
    dropped_ : dict of str to str
        The others, and why.
    copies_ : NearCopies, optional
        Near copies in the sample, None where there are none.

    References
    ----------
    Siddiqi, N. (2006). Credit Risk Scorecards. Thomas, L., Edelman, D. and Crook, J. (2002). Credit
    Scoring and Its Applications.

    Examples
    --------
    >>> import numpy as np, polars as pl
    >>> draw = np.random.default_rng(0)
    >>> frame = pl.DataFrame({"income": draw.integers(20, 200, 5000)})
    >>> bad = (draw.random(5000) < 0.4 - frame["income"].to_numpy() / 600).astype(int)
    >>> model = Scorecard(pdo=20, base_score=600, base_odds=Odds(good=50, bad=1)).fit(frame, bad)
    >>> scores = model.score(frame)
    >>> scores.dtype, bool(scores[int(frame["income"].arg_max())] > scores.mean())
    (Int32, True)
    """

    _inside: ClassVar[Mapping[str, Callable[[], Estimator]]] = {"process": BinningProcess}

    process: BinningProcess | None = None
    _: KW_ONLY
    pdo: float = 20
    base_score: float = 600
    base_odds: Odds = Odds(50, 1)  # noqa: RUF009 - frozen
    scaling: Literal["pdo", "min_max"] = "pdo"
    low: float = 300
    high: float = 850
    point_unit: int = 1
    intercept: Literal["folded", "kept"] = "folded"
    min_iv: float = 0.02
    max_correlation: float | None = None
    max_vif: float | None = None
    selection: Literal["all", "forward", "l1"] = "all"
    stop_p: float = 0.05
    sign: Literal["constrain", "drop", "flag"] = "constrain"
    ridge: float = 1.0
    protected: Mapping[str, str] | None = None
    proxies_of: Sequence[str] | None = None
    faults: Asked = "told"
    labels: Mapping[str, str] | None = None
    grades: GradeScale | None = None
    points: JointPoints | None = None

    def fit(
        self,
        X: Frame,
        y: Values,
        sample_weight: Values | None = None,
        groups: Values | None = None,
    ) -> Self:
        """Learn the card.

        Parameters
        ----------
        X : frame, shape (n, k)
            Numbers, booleans and texts; missing allowed. Protected attributes are left out unless
            named in `protected`.
        y : array-like, shape (n,)
            1 bad, 0 good.
        sample_weight : array-like, shape (n,), optional
            At least 0, in any unit; see `TrainingSample.evened`.
        groups : array-like, shape (n,), optional
            Rows of one group, such as near copies, stay in one inner fold of `points`.

        Raises
        ------
        SubjectError
            If the data cannot be used (see `BinningProcess.fit`), a field is banned, no
            characteristic is left to score by, or a column of `proxies_of` is absent or used.
        ModelError
            If a setting is not allowed, or the regression does not converge.

        Notes
        -----
        Cost: that of the binning, plus O(n k^2) per Newton step, plus two searches for near copies.
        """
        refuse(wrong_scorecard(self.get_params(deep=False)), ModelError)
        offered = TrainingSample.read(X, y, sample_weight).evened()
        names = offered.frame.columns
        watched = list(self.proxies_of or ())
        refuse(named_once(watched, names, self.protected or {}))
        taken, left, reasons = admitted(
            names, self.protected or {}, self.labels, told_by_values(offered.frame)
        )
        taken = [name for name in taken if name not in watched]
        never = Bilingual("named in proxies_of, never an input", "列入 proxies_of,不得入模")
        left |= {name: left.get(name, never) for name in watched}
        refuse_none(taken, left)
        sample = offered.only(taken)
        self.process_ = BinningProcess(**(self.process or BinningProcess()).get_params(deep=False))
        stored, self.copies_ = faults_of(sample, self.faults, self.process_)
        groups = kept_together(groups, self.faults, self.copies_)
        if self.points is not None:
            card, steps = self._fit_jointly(self.points, sample, groups, left=left, reasons=reasons)
        else:
            self.process_.learn(sample)
            card, steps = self._regress(
                lambda those: self.process_.placed(sample.frame.select(those)),
                sample.outcome == 1,
                sample.weight,
                left=left,
                reasons=reasons,
            )
        self._name_features(names, X)
        binnings = [row.binning for row in card.characteristics]
        card = self._documented(card, steps, sample_told(sample, binnings))
        self.card_ = replace(card, metrics={**card.metrics, **stored})
        if watched:
            kept, told = sample.frame.select(self.features_), offered.frame.select(watched)
            self.card_ = with_proxies(self.card_, kept, told.to_dict())
        return self

    def grouped_sql(
        self,
        outcome: str,
        *,
        characteristics: Sequence[str] | None = None,
        table: str = "subjects",
        weight: str | None = None,
        least_rows: int = 1,
        dialect: str = "duckdb",
    ) -> str:
        """Return the statement that counts the rows by their bins where they are, for `from_counts`.

        `process` must have learned its bins, from counts or from rows.

        Parameters
        ----------
        outcome : str
            Column of 1 bad, 0 good.
        characteristics : sequence of str, optional
            What may come into the card, in its order; by default all that may be used and have an
            information value of `min_iv` or more, in the order of the bins.
        table : str, default "subjects"
            Table or view, as a query in that dialect names it.
        weight : str, optional
            Column of weights, at least 0; the one that the bins were counted with.
        least_rows : int, default 1
            Rows of smaller groups are added up into one and stay out of the regression: the card then
            rests on the common combinations only. `from_counts` warns, and the card keeps their number.
        dialect : {"duckdb", "spark"}
            Of the engine that will run it.

        Returns
        -------
        str
            One SELECT: a row for every combination of bins that occurs, with columns ``bin__`` + name
            and `grouped_counts.COLUMNS`.

        Raises
        ------
        CreditError
            For another dialect, or without sqlglot.
        ModelError
            If no bins are learned, or the dialect cannot say a name or a number.
        SubjectError
            If a characteristic has no bins or may not be used.

        Notes
        -----
        A group of one row is a person to whom knows that person's bins. By default no group is left
        out: treat the result as personal data, or set `least_rows`. Even then the bins and
        their totals can tell of the rows that were left out, and a group of bads alone tells their outcome.

        Examples
        --------
        >>> import polars as pl
        >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
        >>> process = BinningProcess().fit(frame, [0] * 45 + [1] * 15 + [0] * 40)
        >>> text = Scorecard(process).grouped_sql("bad", dialect="spark")
        >>> "GROUP BY" in text, "`bin__late`" in text
        (True, True)
        """
        process, left, _ = self._offered()
        strong, _ = told_apart(process.ivs, self.min_iv)
        names = list(characteristics or strong)
        refuse(grouped_counts.not_offered(names, process.binnings_, left))
        return grouped_counts.grouped_sql(
            [process.binnings_[name] for name in dict.fromkeys(names)],
            outcome,
            table=table,
            weight=weight,
            least_rows=least_rows,
            dialect=dialect,
        )

    def from_counts(self, grouped: Frame) -> Self:
        """Learn the card from rows counted by their bins where they are: the card of `fit` on the rows.

        `process` must have learned its bins from the same rows, as `BinningProcess.from_counts` does.
        Selection, regression and points are those of `fit`, by the same steps: each group counts as its
        rows do.

        Parameters
        ----------
        grouped : frame
            Result of the statement of `grouped_sql`. Results of several databases may stand under each
            other, if the bins were learned from the counts of all of them.

        Returns
        -------
        Scorecard
            Itself. Points are those of `fit` on columns of the same order; coefficients but for the
            rounding of sums.

        Raises
        ------
        SubjectError
            For counts that are none, or not of the rows that the bins were learned from.
        ModelError
            If a setting is not allowed, no bins are learned, the regression does not converge, or
            `proxies_of` or `points` is set, which need rows.

        Warns
        -----
        CountsWarning
            Where small groups were left out, or there is a group for every two rows or fewer.

        Notes
        -----
        What looks at single rows needs rows: `points`, `proxies_of`, `faults`, `saw`, folds, validation by rows, reject
        inference, what bins set by hand cost. For validation, score the rows where they are (`to_sql`)
        and count scores and outcomes there. Cost: that of the regression on the groups, however many
        rows they stand for.

        Examples
        --------
        >>> import polars as pl
        >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
        >>> bad = [0] * 45 + [1] * 15 + [0] * 40
        >>> process = BinningProcess().fit(frame, bad)
        >>> grouped = pl.DataFrame({"bin__late": [0, 1], "rows": [50, 50], "bad_rows": [5, 10]})
        >>> grouped = grouped.with_columns(goods=pl.col("rows") - pl.col("bad_rows"), others=0)
        >>> grouped = grouped.with_columns(bads=pl.col("bad_rows"), squares=None)
        >>> model = Scorecard(process).from_counts(grouped)
        >>> model.card_["late"].points == Scorecard().fit(frame, bad).card_["late"].points
        True
        """
        self.process_, left, reasons = self._offered()
        found = grouped_counts.Grouped.read(grouped, self.process_.binnings_)
        names = list(self.process_.binnings_)
        left |= grouped_counts.narrow(self.process_, found.numbers.columns, self.min_iv)
        card, steps = self._regress(
            found.numbers.select, found.bad, found.weight, found.rows, left=left, reasons=reasons
        )
        self._name_features(names)
        self.card_ = self._documented(card, steps, found.told)
        return self

    # ---- steps of the fit --------------------------------------------------------------------

    def _offered(self) -> tuple[BinningProcess, dict[str, Bilingual], dict[str, str]]:
        """Return the bins that were learned before and may be used, the other columns, and reasons."""
        refuse(wrong_scorecard(self.get_params(deep=False)), ModelError)
        grouped_counts.refuse_of_rows(proxies_of=self.proxies_of, points=self.points)
        return grouped_counts.offered_bins(self.process, self.protected or {}, self.labels)

    def _regress(
        self,
        placed: Callable[[list[str]], pl.DataFrame],
        bad: Flags,
        weight: Floats | None,
        rows: NDArray[np.int64] | None = None,
        *,
        left: dict[str, Bilingual],
        reasons: Mapping[str, str],
    ) -> tuple[Card, int]:
        """Select, regress and give points; return the card, and how many steps the regression took.

        `placed` gives the bin numbers of characteristics. Where each of them stands for several rows,
        `rows` says for how many.
        """
        ivs = self.process_.ivs
        names, weak = told_apart(ivs, self.min_iv)
        pool = Pool(names, self.process_.woes(numbers := placed(names)), weak)
        select(
            pool,
            ivs,
            bad,
            weight,
            rows,
            method=self.selection,
            max_correlation=self.max_correlation,
            max_vif=self.max_vif,
            ridge=self.ridge,
            stop_p=self.stop_p,
        )
        fit = fit_signed(pool, bad, weight, ridge=self.ridge, sign=self.sign)
        left |= pool.left
        self.features_, self.dropped_ = pool.names, {name: str(why) for name, why in left.items()}
        del pool  # its WoE are as large as the data
        binnings = [self.process_.binnings_[name] for name in self.features_]
        card = self._frame(left, reasons).of_regression(fit, binnings)
        numbers = numbers.select(self.features_)
        line = fit.log_odds(self.process_.woes(numbers))
        self.rounding_ = loss_of_rounding(line, card, card.scores_of(numbers), bad, weight, rows)
        return card, fit.iterations

    def _fit_jointly(
        self,
        asked: JointPoints,
        sample: TrainingSample,
        groups: Values | None,
        *,
        left: dict[str, Bilingual],
        reasons: Mapping[str, str],
    ) -> tuple[Card, int]:
        """Learn tables and give points; return the card, and how many steps the fit took."""
        learned = learn(asked, self.process_, sample, groups)
        tables = FittedTables.of(learned, self.process_.policies, sample)
        self.features_ = list(tables.bins)
        left |= tables.left_out(sample.frame.columns)
        self.dropped_ = {name: str(why) for name, why in left.items()}
        self.process_.know({**{row.feature: row for row in learned.binnings}, **tables.bins})
        own = {**self.get_params(deep=False), "points": None, "proxies_of": None, "faults": "off"}
        beside = learned.inner.by(type(self)(**own), sample)
        told = learned.told if beside is None else {**learned.told, "woe": asdict(beside)}
        card = tables.card(self._frame(left, reasons), told)
        numbers, bad = self.process_.placed(sample.frame.select(card.columns)), sample.outcome == 1
        scores = card.scores_of(numbers)
        self.rounding_ = loss_of_rounding(learned.fit.line, card, scores, bad, sample.weight)
        return card, learned.fit.steps

    def _frame(self, left: Mapping[str, Bilingual], reasons: Mapping[str, str]) -> CardFrame:
        """Return what the card is beside its points."""
        return CardFrame(
            scale=Scale(pdo=self.pdo, base_score=self.base_score, base_odds=self.base_odds),
            ends=(self.low, self.high) if self.scaling == "min_max" else None,
            point_unit=self.point_unit,
            folded=self.intercept == "folded",
            labels={**known_labels(self.features_), **(self.labels or {})},
            policies=self.process_.policies,
            grades=self.grades,
            dropped=left,
            protected=reasons,
        )

    def _documented(self, card: Card, steps: int, told: Mapping[str, Any]) -> Card:
        """Return the card with how it was fitted and, as `told`, on what."""
        asked = {**self.process_.get_params(deep=False), **self.get_params(deep=False)}
        return replace(
            card,
            settings=settings_told(asked),
            provenance={
                **told,
                "newton_steps": steps,
                "packages": {"lishui_credit": __version__, **_LIBRARIES},
            },
            metrics={**card.metrics, "rounding": self.rounding_},
        )

    # ---- questions to the card ---------------------------------------------------------------

    @property
    def card(self) -> Card:
        """The card learned.

        Raises
        ------
        ModelError
            Before `fit`.
        """
        self._require_fit()
        return self.card_

    def score(self, X: Frame, y: Values | None = None, sample_weight: Values | None = None) -> Any:
        """Return the score of every row; with outcomes the area under the ROC curve, one number.

        Without `y` see `Card.score`; a pandas frame gives a pandas series. With `y` it is what
        scikit-learn's searches ask for, see `Classifier.score`.
        """
        self._same_width(X)
        if y is not None:
            return super().score(X, y, sample_weight)
        scores = self.card.score(X)
        if unnamed(X) is not None:
            return scores
        made = like(X, scores.to_frame())
        return made["score"] if not isinstance(made, pl.DataFrame) else scores

    def decision_function(self, X: Frame) -> Floats:
        """Return the log-odds of BAD, as scikit-learn asks: larger is worse, shape (n,)."""
        self._require_fit()
        self._same_width(X)
        return -self.card.log_odds(self.card.score(X))

    def predict_proba(self, X: Frame) -> Floats:
        """Return the probabilities of good and bad that the scores mean, shape (n, 2)."""
        self._require_fit()
        self._same_width(X)
        bad = self.card.pd(self.card.score(X))
        return np.column_stack([1 - bad, bad])

    @overload
    def expr(self) -> pl.Expr: ...
    @overload
    def expr(self, ns: Namespace[E]) -> E: ...
    def expr(self, ns: Any = pl) -> Any:
        """Return the expression of the score; see `Card.expr`."""
        return self.card.expr(ns)

    def table(self) -> pl.DataFrame:
        """Return the card, one row per bin; see `Card.table`."""
        return self.card.table()

    def bin_table(self, name: str) -> pl.DataFrame:
        """Return the binning table of one column that may be used; see `Binning.table`.

        A card that was read from a file has only its own columns.
        """
        self._require_fit()
        if hasattr(self, "process_"):
            return self.process_.bin_table(name)
        return self.card_[name].binning.table()

    def reason_codes(
        self,
        X: Frame,
        *,
        top: int = 4,
        baseline: Baseline = "best",
    ) -> pl.DataFrame:
        """Return the characteristics that cost each row most; see `reasons.reason_codes`."""
        return reason_codes(self.card, X, top=top, baseline=baseline)

    def saw(self, X: Frame, y: Values) -> bool:
        """Tell whether rows and outcomes are just the sample fitted on; see `Card.saw`."""
        return self.card.saw(X, y)

    def verify(self, *, spark: bool = False) -> Verification:
        """Check the identities every card must keep, in every engine here; see `identities.verify`."""
        return verify(self.card, spark=spark)

    def to_sql(
        self,
        dialect: str = "duckdb",
        *,
        table: str = "subjects",
        key: str | None = None,
        contributions: bool = False,
    ) -> str:
        """Return a query that scores a table; see `card_sql.to_sql`."""
        return to_sql(self.card, dialect, table=table, key=key, contributions=contributions)

    def to_python(self) -> PlainCard:
        """Return a plain function that scores one dict; see `card_code.to_python`."""
        return to_python(self.card)

    def to_javascript(self, *, module: bool = False) -> str:
        """Return the text of a function that scores one object; see `card_code.to_javascript`."""
        return to_javascript(self.card, module=module)

    def to_json(self) -> str:
        """Return the card as JSON; see `card_file.to_json`."""
        return to_json(self.card)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return a scorecard that scores by a stored card; its settings and bins are the card's.

        Raises
        ------
        ModelError
            If the text is not a card.

        Examples
        --------
        >>> import polars as pl
        >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
        >>> model = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40)
        >>> again = Scorecard.from_json(model.to_json())
        >>> bool((again.score(frame) == model.score(frame)).all())
        True
        """
        card = from_json(text)
        scale = card.scale
        made = cls(pdo=scale.pdo, base_score=scale.base_score, base_odds=scale.base_odds)
        made.card_ = card
        made.features_ = card.columns
        made.dropped_ = {name: str(why) for name, why in card.dropped.items()}
        return made

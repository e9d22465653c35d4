"""`Scorecard`: learn a card from outcomes, points and all.

Bins, WoE, selection, a logistic regression whose signs are checked, scaling by base points, odds and
pdo, rounding to integers, whose loss is reported. What was learned is a `Card` in ``card_``; the
estimator also answers the usual questions to its card.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, ClassVar, Literal, Self, overload

import numpy as np
import polars as pl

from lishui_credit.errors import ModelError, SubjectError, refuse
from lishui_credit.expressions import E, Namespace
from lishui_credit.grades import GradeScale
from lishui_credit.language import Bilingual, tr
from lishui_credit.scorecards.asked_scorecard import wrong_scorecard
from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.scorecards.cards.card import Card, Characteristic
from lishui_credit.scorecards.cards.card_code import PlainCard, to_javascript, to_python
from lishui_credit.scorecards.cards.card_file import from_json, to_json
from lishui_credit.scorecards.cards.card_sql import to_sql
from lishui_credit.scorecards.cards.column_labels import known_labels
from lishui_credit.scorecards.cards.fingerprint import fingerprint
from lishui_credit.scorecards.cards.identities import Verification, verify
from lishui_credit.scorecards.cards.integer_points import integer_points, loss_of_rounding
from lishui_credit.scorecards.cards.reasons import Baseline, reason_codes
from lishui_credit.scorecards.cards.scale import Odds, Scale
from lishui_credit.scorecards.estimator import Classifier, Estimator
from lishui_credit.scorecards.features import TrainingSample, like
from lishui_credit.scorecards.matrices import unnamed
from lishui_credit.scorecards.protected import admitted, told_by_values
from lishui_credit.scorecards.proxy_features import named_once, proxies, stored, warn_of
from lishui_credit.scorecards.selection import Pool, fit_signed, select
from lishui_credit.statistics.logistic import Logistic
from lishui_credit.statistics.outcomes import Floats, Values
from lishui_credit.tables.frames import Frame
from lishui_credit.version import __version__


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
    labels : mapping of str to str, optional
        Chinese names of columns, which the card keeps and reasons use; those of the data dictionary
        are used by themselves.
    grades : GradeScale, optional
        Grades of scores, bounds in units of 1/`point_unit`.

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
    labels: Mapping[str, str] | None = None
    grades: GradeScale | None = None

    def fit(self, X: Frame, y: Values, sample_weight: Values | None = None) -> Self:
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

        Raises
        ------
        SubjectError
            If the data cannot be used (see `BinningProcess.fit`), a field is banned, no
            characteristic is left to score by, or a column of `proxies_of` is absent or used.
        ModelError
            If a setting is not allowed, or the regression does not converge.

        Notes
        -----
        Cost: that of the binning, plus O(n k^2) per Newton step.
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
        if not taken:
            raise SubjectError(
                tr("no column may be used", "没有可用的列"),
                hint="; ".join(f"{name}: {why}" for name, why in left.items()),
            )
        sample = offered.only(taken)
        template = self.process if self.process is not None else BinningProcess()
        self.process_ = BinningProcess(**template.get_params(deep=False)).learn(sample)
        bad, weight = sample.outcome == 1, sample.weight
        pool = self._pool(sample.frame)
        select(
            pool,
            {name: row.iv for name, row in self.process_.binnings_.items()},
            bad,
            weight,
            method=self.selection,
            max_correlation=self.max_correlation,
            max_vif=self.max_vif,
            ridge=self.ridge,
            stop_p=self.stop_p,
        )
        fit = fit_signed(pool, bad, weight, ridge=self.ridge, sign=self.sign)
        left |= pool.left
        self._name_features(names, X)
        self.features_, self.dropped_ = pool.names, {name: str(why) for name, why in left.items()}
        del pool  # its WoE are as large as the data
        self.card_ = self._card(fit, reasons, left)
        kept = sample.frame.select(self.features_)
        line = fit.log_odds(self.process_.woes(self.process_.placed(kept)))
        scores = self.card_.scored(kept)
        self.rounding_ = loss_of_rounding(line, self.card_, scores, bad, weight)
        self.card_ = self._documented(sample, fit)
        if watched:
            found = proxies(kept, {name: offered.frame[name] for name in watched})
            metrics = {**self.card_.metrics, "proxies": stored(found)}
            self.card_ = replace(self.card_, metrics=metrics)
            warn_of(found)
        return self

    # ---- steps of the fit --------------------------------------------------------------------

    def _pool(self, frame: pl.DataFrame) -> Pool:
        """Return the characteristics of enough information value, with their WoE."""
        ivs = {name: row.iv for name, row in self.process_.binnings_.items()}
        weak = {
            name: Bilingual(
                f"information value {iv:.4f} below {self.min_iv:g}",
                f"信息值 {iv:.4f} 低于 {self.min_iv:g}",
            )
            for name, iv in ivs.items()
            if iv < self.min_iv
        }
        names = [name for name in ivs if name not in weak]
        if not names:
            best = max(ivs.values())
            raise SubjectError(
                tr("no characteristic tells good from bad", "没有特征能区分好坏"),
                tr(f"largest information value {best:.4f}", f"最大信息值 {best:.4f}"),
                tr("lower min_iv, or use other data", "请降低 min_iv 或补充数据"),
            )
        numbers = self.process_.placed(frame.select(names))
        return Pool(names, self.process_.woes(numbers), weak)

    def _card(
        self, fit: Logistic, reasons: Mapping[str, str], left: Mapping[str, Bilingual]
    ) -> Card:
        names = self.features_
        binnings = [self.process_.binnings_[name] for name in names]
        scale = Scale(pdo=self.pdo, base_score=self.base_score, base_odds=self.base_odds)
        if self.scaling == "min_max":
            lines = [
                [b * row.woe for row in found.bins if row.rows]
                for b, found in zip(fit.coefficients, binnings, strict=True)
            ]
            worst = fit.intercept + sum(min(line) for line in lines)
            best = fit.intercept + sum(max(line) for line in lines)
            scale = Scale.between(worst, best, self.low, self.high)
        base, points = integer_points(
            binnings, fit, scale, unit=self.point_unit, folded=self.intercept == "folded"
        )
        p_values = fit.p_values
        labels = {**known_labels(names), **(self.labels or {})}
        return Card(
            characteristics=tuple(
                Characteristic(
                    binning=binnings[place],
                    points=points[place],
                    coefficient=float(fit.coefficients[place]),
                    error=float(fit.errors[place + 1]),
                    p_value=float(p_values[place + 1]),
                    label_zh=labels.get(name, ""),
                    label_en=name,
                )
                for place, name in enumerate(names)
            ),
            scale=scale,
            base_points=base,
            point_unit=self.point_unit,
            intercept=fit.intercept,
            policies=self.process_.policies,
            grades=self.grades,
            dropped=left,
            protected=reasons,
        )

    def _documented(self, sample: TrainingSample, fit: Logistic) -> Card:
        digest = hashlib.sha256()
        digest.update("\n".join(sample.frame.columns).encode())
        digest.update(sample.frame.hash_rows(seed=0).to_numpy().tobytes())
        digest.update(sample.outcome.tobytes())
        binnings = [row.binning for row in self.card_.characteristics]
        settings = {**self.process_.get_params(deep=False), **self.get_params(deep=False)}
        for told_elsewhere in ("process", "labels", "grades", "protected", "proxies_of", "n_jobs"):
            del settings[told_elsewhere]
        return replace(
            self.card_,
            settings={key: _plain(value) for key, value in sorted(settings.items())},
            provenance={
                "sample_rows": sample.frame.height,
                "sample_bads": int(sample.outcome.sum()),
                "sample_fingerprint": digest.hexdigest(),
                "rows_fingerprint": fingerprint(sample.frame, sample.outcome, binnings),
                "weighted": sample.weight is not None,
                "newton_steps": fit.iterations,
                "packages": {
                    "lishui_credit": __version__,
                    "polars": pl.__version__,
                    "numpy": np.__version__,
                },
            },
            metrics={"rounding": self.rounding_},
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

    def verify(self) -> Verification:
        """Check the identities every card must keep; see `identities.verify`."""
        return verify(self.card)

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


def _plain(value: object) -> object:
    """Return a setting as JSON holds it."""
    if isinstance(value, Odds):
        return {"good": value.good, "bad": value.bad}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple | set):
        return [_plain(inner) for inner in value]
    return value.item() if isinstance(value, np.generic) else value

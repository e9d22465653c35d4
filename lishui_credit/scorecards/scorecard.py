"""`Scorecard`: learn a card from outcomes, points and all.

Bins, WoE, selection, a logistic regression with signs checked, scaling by base points, odds and
pdo, rounding to integers with the loss said. What was learned is a `Card` in ``card_``; the usual
questions to a card can be put to the estimator itself.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import ModelError, Problem, SubjectError
from lishui_credit.expressions import Expr, Namespace
from lishui_credit.grades import GradeScale
from lishui_credit.language import tr
from lishui_credit.scorecards import selection as choose
from lishui_credit.scorecards.bins.characteristic import Policies
from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.scorecards.cards.card import Card, Characteristic
from lishui_credit.scorecards.cards.card_file import from_json, to_json
from lishui_credit.scorecards.cards.export import Scorer, to_sql
from lishui_credit.scorecards.cards.identities import Verification, verify
from lishui_credit.scorecards.cards.reasons import Baseline, reason_codes
from lishui_credit.scorecards.cards.rounding import integer_points, loss_of_rounding
from lishui_credit.scorecards.cards.scale import Odds, Scale
from lishui_credit.scorecards.estimator import Classifier
from lishui_credit.scorecards.features import features, like, target, weights
from lishui_credit.scorecards.protected import admitted
from lishui_credit.statistics.logistic import Logistic, fit_logistic
from lishui_credit.statistics.outcomes import Floats
from lishui_credit.version import __version__


class SignWarning(UserWarning):
    """A characteristic's coefficient has the wrong sign."""


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
        By odds, or so that the worst and the best row possible score `low` and `high`.
    low, high : float, default 300, 850
        For "min_max".
    point_unit : int, default 1
        Integers per printed point: 10 keeps tenths.
    intercept : {"folded", "kept"}, default "folded"
        Base points spread over the characteristics, or a row of their own.
    min_iv : float, default 0.02
        Characteristics below are left out.
    max_correlation, max_vif : float, optional
        See `selection`.
    selection : {"all", "forward", "l1"}, default "all"
        See `selection`.
    stop_p : float, default 0.05
        For "forward".
    sign : {"constrain", "drop", "flag"}, default "constrain"
        A coefficient that would turn negative is held at 0 and the characteristic left out; the
        most negative is dropped and the rest refitted, again and again; it stays and is warned of.
    ridge : float, default 1.0
        Penalty on the coefficients, see `fit_logistic`; 0 for the plain likelihood.
    protected : mapping of str to str, optional
        Protected attributes to take all the same, each with a reason, which the card prints.
    labels : mapping of str to str, optional
        Chinese names of columns.
    grades : GradeScale, optional
        Grades of scores, bounds in units of 1/`point_unit`.

    Attributes
    ----------
    card_ : Card
        What was learned.
    process_ : BinningProcess
        Bins of every admitted column.
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

    def __init__(
        self,
        process: BinningProcess | None = None,
        *,
        pdo: float = 20,
        base_score: float = 600,
        base_odds: Odds = Odds(50, 1),  # noqa: B008 - frozen
        scaling: Literal["pdo", "min_max"] = "pdo",
        low: float = 300,
        high: float = 850,
        point_unit: int = 1,
        intercept: Literal["folded", "kept"] = "folded",
        min_iv: float = 0.02,
        max_correlation: float | None = None,
        max_vif: float | None = None,
        selection: Literal["all", "forward", "l1"] = "all",
        stop_p: float = 0.05,
        sign: Literal["constrain", "drop", "flag"] = "constrain",
        ridge: float = 1.0,
        protected: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        grades: GradeScale | None = None,
    ) -> None:
        """Store the settings."""
        self.process = process
        self.pdo = pdo
        self.base_score = base_score
        self.base_odds = base_odds
        self.scaling = scaling
        self.low = low
        self.high = high
        self.point_unit = point_unit
        self.intercept = intercept
        self.min_iv = min_iv
        self.max_correlation = max_correlation
        self.max_vif = max_vif
        self.selection = selection
        self.stop_p = stop_p
        self.sign = sign
        self.ridge = ridge
        self.protected = protected
        self.labels = labels
        self.grades = grades

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Scorecard:  # noqa: N803
        """Learn the card.

        Parameters
        ----------
        X : frame, shape (n, k)
            Numbers, booleans and texts; missing allowed. Protected attributes are left out unless
            named in `protected`.
        y : array-like, shape (n,)
            1 bad, 0 good.
        sample_weight : array-like, shape (n,), optional
            Weights.

        Returns
        -------
        Scorecard

        Raises
        ------
        SubjectError
            For bad data (see `BinningProcess.fit`), banned fields, or where no characteristic is
            left to score by.
        ModelError
            Where settings are none of those allowed, or the regression does not converge.

        Notes
        -----
        Cost: that of the binning, plus O(n k^2) per Newton step.
        """
        self._check_settings()
        offered = features(X)
        outcome = target(y, offered.height)
        heavy = None if sample_weight is None else weights(sample_weight, offered.height)
        taken, left, reasons = admitted(offered.columns, self.protected or {})
        if not taken:
            raise SubjectError(
                Problem(
                    tr("no column may be taken", "没有可用的列"),
                    hint="; ".join(f"{name}: {why}" for name, why in left.items()),
                )
            )
        frame = offered.select(taken)
        template = self.process if self.process is not None else BinningProcess()
        self.process_ = BinningProcess(**template.get_params(deep=False))
        self.process_.fit(frame, outcome, heavy)
        bad = outcome == 1
        names, x, dropped = self._candidates(frame)
        left = {**left, **dropped}
        names, x, dropped = self._selected(names, x, bad, heavy)
        left = {**left, **dropped}
        names, fit, dropped = self._signed(names, x, bad, heavy)
        del x  # as large as the data
        left = {**left, **dropped}
        self.dropped_ = left
        self.features_ = names
        self.card_ = self._card(names, fit, left, reasons)
        numbers = self.process_.bin_numbers(frame, names)
        line = fit.log_odds(self.process_.woes(numbers))
        scores = self.card_.score(frame)
        self.rounding_ = loss_of_rounding(line, self.card_, scores, bad, heavy)
        self.card_ = self._documented(frame, outcome, heavy, fit)
        return self

    # ---- steps of the fit --------------------------------------------------------------------

    def _check_settings(self) -> None:
        allowed = {
            "scaling": ("pdo", "min_max"),
            "intercept": ("folded", "kept"),
            "selection": ("all", "forward", "l1"),
            "sign": ("constrain", "drop", "flag"),
        }
        problems = [
            Problem(
                tr(f"no such {name}", f"{name} 取值无效"),
                repr(getattr(self, name)),
                ", ".join(values),
            )
            for name, values in allowed.items()
            if getattr(self, name) not in values
        ]
        given: Any = self.base_odds
        if not isinstance(given, Odds):
            problems.append(
                Problem(
                    tr("base_odds must say which way they run", "base_odds 须注明方向"),
                    repr(self.base_odds),
                    "Odds(good=50, bad=1)",
                )
            )
        if not (isinstance(self.point_unit, int) and self.point_unit >= 1):
            problems.append(
                Problem(
                    tr("point_unit must be 1 or more", "point_unit 须为正整数"),
                    str(self.point_unit),
                )
            )
        if problems:
            raise ModelError(problems)

    def _candidates(self, frame: pl.DataFrame) -> tuple[list[str], Floats, dict[str, str]]:
        dropped: dict[str, str] = {}
        names = []
        for name, row in self.process_.binnings_.items():
            if row.iv < self.min_iv:
                dropped[name] = tr(
                    f"information value {row.iv:.4f} below {self.min_iv:g}",
                    f"信息值 {row.iv:.4f} 低于 {self.min_iv:g}",
                )
            else:
                names.append(name)
        if not names:
            best = max(row.iv for row in self.process_.binnings_.values())
            raise SubjectError(
                Problem(
                    tr("no characteristic tells good from bad", "没有特征能区分好坏"),
                    tr(f"largest information value {best:.4f}", f"最大信息值 {best:.4f}"),
                    tr("lower min_iv, or bring other data", "请降低 min_iv 或补充数据"),
                )
            )
        numbers = self.process_.bin_numbers(frame, names)
        return names, self.process_.woes(numbers), dropped

    def _selected(
        self, names: list[str], x: Floats, bad: NDArray[np.bool_], heavy: Floats | None
    ) -> tuple[list[str], Floats, dict[str, str]]:
        left: dict[str, str] = {}
        ivs = {name: self.process_.binnings_[name].iv for name in names}

        def without(dropped: dict[str, str]) -> None:
            nonlocal names, x
            left.update(dropped)
            keep = [place for place, name in enumerate(names) if name not in dropped]
            names, x = [names[place] for place in keep], _narrowed(x, keep)

        if self.max_correlation is not None:
            without(choose.correlated(x, names, [ivs[n] for n in names], self.max_correlation))
        if self.max_vif is not None:
            without(choose.inflated(x, names, self.max_vif))
        if self.selection == "forward":
            order, dropped = choose.forward(
                x, names, bad, heavy, ridge=self.ridge, stop_p=self.stop_p
            )
            left.update(dropped)
            names, x = [names[place] for place in order], x[:, order]
        elif self.selection == "l1":
            without(choose.l1_path(x, names, bad, heavy, ridge=self.ridge)[1])
        if not names:
            raise SubjectError(
                Problem(tr("the selection keeps no characteristic", "筛选后没有剩余特征"))
            )
        return names, x, left

    def _signed(
        self, names: list[str], x: Floats, bad: NDArray[np.bool_], heavy: Floats | None
    ) -> tuple[list[str], Logistic, dict[str, str]]:
        """Fit, and settle coefficients of the wrong sign; returns those that are not zero."""
        left: dict[str, str] = {}
        fit = fit_logistic(x, bad, heavy, ridge=self.ridge, positive=self.sign == "constrain")
        reason = tr(
            "its sign flips beside the others: coefficient would be negative",
            "与其他特征同用时符号反转(系数为负)",
        )
        if self.sign == "flag":
            flipped = [name for name, b in zip(names, fit.coefficients, strict=True) if b < 0]
            if flipped:
                warnings.warn(f"{reason}: {', '.join(flipped)}", SignWarning, stacklevel=3)
            return names, fit, left
        while len(names) > 1 and (fit.coefficients <= 0).any():
            worst = int(np.argmin(fit.coefficients))
            gone = (
                np.flatnonzero(fit.coefficients <= 0).tolist()
                if self.sign == "constrain"
                else [worst]
            )
            left.update({names[place]: reason for place in gone})
            keep = [place for place in range(len(names)) if place not in gone]
            names, x = [names[place] for place in keep], _narrowed(x, keep)
            if not names:
                break
            fit = fit_logistic(x, bad, heavy, ridge=self.ridge, positive=self.sign == "constrain")
        if not names or fit.coefficients[0] <= 0:
            raise SubjectError(
                Problem(tr("no characteristic keeps its sign", "没有特征保持正确符号"))
            )
        return names, fit, left

    def _card(
        self, names: list[str], fit: Logistic, left: dict[str, str], reasons: dict[str, str]
    ) -> Card:
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
        labels = self.labels or {}
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
            policies=Policies(
                missing=self.process_.missing,
                unseen=self.process_.unseen,
                rare_levels=self.process_.rare_levels,
                smoothing=self.process_.smoothing,
            ),
            grades=self.grades,
            dropped=left,
            protected=reasons,
        )

    def _documented(
        self, frame: pl.DataFrame, outcome: NDArray[np.int8], heavy: Floats | None, fit: Logistic
    ) -> Card:
        from dataclasses import replace

        digest = hashlib.sha256()
        digest.update("\n".join(frame.columns).encode())
        digest.update(frame.hash_rows(seed=0).to_numpy().tobytes())
        digest.update(outcome.tobytes())
        settings = {
            name: value
            for name, value in {
                **self.process_.get_params(deep=False),
                **self.get_params(deep=False),
            }.items()
            if name not in ("process", "labels", "grades", "protected", "n_jobs")
        }
        return replace(
            self.card_,
            settings={key: _plain(value) for key, value in sorted(settings.items())},
            provenance={
                "sample_rows": frame.height,
                "sample_bads": int(outcome.sum()),
                "sample_fingerprint": digest.hexdigest(),
                "weighted": heavy is not None,
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

    def score(self, X: Any) -> Any:  # noqa: N803
        """Return the score of every row; see `Card.score`. A pandas frame gives a pandas series."""
        scores = self.card.score(X)
        made = like(X, scores.to_frame())
        return made["score"] if not isinstance(made, pl.DataFrame) else scores

    def decision_function(self, X: Any) -> Floats:  # noqa: N803
        """Return the log-odds of BAD, as scikit-learn asks: larger is worse, shape (n,)."""
        return -self.card.log_odds(self.card.score(X))

    def predict_proba(self, X: Any) -> Floats:  # noqa: N803
        """Return the probabilities of good and bad that the scores mean, shape (n, 2)."""
        bad = self.card.pd(self.card.score(X))
        return np.column_stack([1 - bad, bad])

    def expr(self, ns: Namespace = pl) -> Expr:
        """Return the expression of the score; see `Card.expr`."""
        return self.card.expr(ns)

    def table(self) -> pl.DataFrame:
        """Return the card, one row per bin; see `Card.table`."""
        return self.card.table()

    def bin_table(self, name: str) -> pl.DataFrame:
        """Return the binning table of one admitted column; see `Binning.table`.

        Of a card read back, only the columns of the card.
        """
        self._require_fit()
        if hasattr(self, "process_"):
            return self.process_.bin_table(name)
        return self.card_[name].binning.table()

    def reason_codes(
        self,
        X: Any,  # noqa: N803
        *,
        top: int = 4,
        baseline: Baseline = "best",
    ) -> pl.DataFrame:
        """Return the characteristics that cost each row most; see `reasons.reason_codes`."""
        return reason_codes(self.card, X, top=top, baseline=baseline)

    def verify(self) -> Verification:
        """Check the identities every card must keep; see `identities.verify`."""
        return verify(self.card)

    def to_sql(self, dialect: str = "duckdb", **how: Any) -> str:
        """Return a query that scores a table; see `export.to_sql`."""
        return to_sql(self.card, dialect, **how)

    def to_python(self) -> Scorer:
        """Return a plain function that scores one dict; see `export.Scorer`."""
        return Scorer(self.card)

    def to_json(self) -> str:
        """Return the card as JSON; see `card_file.to_json`."""
        return to_json(self.card)

    @classmethod
    def from_json(cls, text: str) -> Scorecard:
        """Return a scorecard that scores by a stored card; its settings and bins are the card's.

        Raises
        ------
        ModelError
            If the text is no card.

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
        made.dropped_ = dict(card.dropped)
        return made


def _plain(value: Any) -> Any:
    """Return a setting as JSON holds it."""
    if isinstance(value, Odds):
        return {"good": value.good, "bad": value.bad}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(inner) for inner in value]
    return value


def _narrowed(x: Floats, keep: list[int]) -> Floats:
    """Move the columns kept to the front, in place: a copy would double the largest array."""
    for place, column in enumerate(keep):
        if place != column:
            x[:, place] = x[:, column]
    return x[:, : len(keep)]

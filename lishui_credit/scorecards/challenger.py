"""The challenger (挑战者模型): boosted trees that tell what a scorecard gives up, and why.

LightGBM under conditions: each feature may move risk only in the direction of the scorecard's
binning, the number of trees is found on held-out rows and then fitted to all rows, small data get
few leaves and one thread, and one seed always gives the same model. Text columns reach the trees as
integer codes only (see `tree_codes`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self, get_args

import numpy as np
import polars as pl

from lishui_credit.errors import CreditError, Problem, refuse
from lishui_credit.language import tr
from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.scorecards.boosting import (
    Settings,
    candidate_settings,
    held_out_curve,
    parameters,
    train,
)
from lishui_credit.scorecards.comparison import Comparison, compare
from lishui_credit.scorecards.estimator import Classifier, Predictor
from lishui_credit.scorecards.features import TrainingSample, features
from lishui_credit.scorecards.folds import split
from lishui_credit.scorecards.parameters import Within, wrong_parameters
from lishui_credit.scorecards.protected import admitted, refuse_none, told_by_values
from lishui_credit.scorecards.sealed_json import packages, read_sealed, seal
from lishui_credit.scorecards.tree_codes import Codes, Unseen
from lishui_credit.statistics.logistic import expit
from lishui_credit.statistics.outcomes import Floats, Values
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.frames import Frame

ONE_THREAD: Final = 50_000  # rows under which threads cost more than they bring
ONE_SPLIT: Final = 250_000  # cells from which one held-out quarter replaces three folds
HELD_OUT: Final = 500  # rows of the rarer class which that quarter must hold
FINALISTS: Final = 3  # settings that go on after the first part held out
BASELINE: Final = "baseline"

_SIGNS: Final = {"up": 1, "down": -1, "none": 0, "peak": 0, "valley": 0}
_TRIAL: Final = ("setting", "parts", "rounds", "auc")
_KIND: Final = "lishui_credit.challenger"
_CHOICES: Final = {"unseen": get_args(Unseen)}
_RANGES: Final = {
    "max_rounds": Within(least=1, whole=True),
    "patience": Within(least=1, whole=True),
    "folds": Within(least=2, whole=True),
    "n_jobs": Within(least=1, whole=True, optional=True),
    "seed": Within(least=0, whole=True),
}
_STORED: Final = ("max_rounds", "patience", "folds", "refit", "unseen", "seed")


@dataclass(eq=False, repr=False, kw_only=True)
class Challenger(Classifier):
    """Boosted trees that follow the directions of a scorecard.

    Parameters
    ----------
    monotonic : mapping of str to direction, or fitted BinningProcess, optional
        "up": risk may only rise with the value, "down": only fall; "peak", "valley" and "none"
        leave a feature free, as does not naming it. A process gives its ``directions_``. Text
        features are always free.
    settings : "auto", name, names or mapping, default "auto"
        Names of `boosting.SETTINGS` among which held-out AUC chooses; "auto" takes those of few
        leaves under 3,000 rows, and the others from there on. Or LightGBM parameters of your own.
    categorical : sequence of str, default ()
        Number columns to be coded like text: 1 married, 2 single.
    protected : mapping of str to str, optional
        Protected attributes that may be used, each with a reason; the others are left out, as by
        `Scorecard`.
    max_rounds, patience : int, default 1,500 and 100
        Most trees, and trees without a better held-out AUC before stopping.
    folds : int, default 3
        Parts for early stopping, each held out once, the curves averaged; from 250,000 cells one
        quarter of the rows is held out once, if it has 500 rows of the rarer class.
    refit : bool, default True
        Fit the found number of trees to all rows; else to the rows of the first split only.
    unseen : {"warn", "raise", "ignore"}, default "warn"
        What to do about text levels that were not there at the fit; they count as missing.
    n_jobs : int, optional
        Threads; by default one under 50,000 rows, else every core.
    seed : int, default 0

    Attributes
    ----------
    booster_ : lightgbm.Booster
    codes_ : Codes
    directions_ : dict of str to {"up", "down", "none"}
        The direction that each feature had to follow.
    setting_ : str
        Name of the chosen setting, "own" for parameters of your own.
    rounds_ : int
        Trees.
    dropped_ : dict of str to str
        Columns left out, and why.
    trials_ : polars.DataFrame
        ``setting``, ``parts`` (held out in its trial: the best three of the first part go on),
        ``rounds``, ``auc`` (mean held-out AUC at those rounds); the chosen one first.
    feature_names_in_, n_features_in_
        As scikit-learn has them.

    References
    ----------
    Ke et al. (2017), LightGBM, NeurIPS 30; Lundberg et al. (2020), From local explanations to
    global understanding with explainable AI for trees, Nature Machine Intelligence 2.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = pl.DataFrame({"debt": rng.random(600), "kind": rng.choice(["farm", "inn"], 600)})
    >>> y = rng.random(600) < 0.1 + 0.6 * X["debt"].to_numpy()
    >>> model = Challenger(monotonic={"debt": "up"}, max_rounds=50).fit(X, y)
    >>> low, high = model.predict_proba(pl.DataFrame({"kind": "inn", "debt": [0.1, 0.9]}))[:, 1]
    >>> low < high, model.contributions(X[:1]).columns
    (np.True_, ['debt', 'kind', 'baseline'])
    """

    monotonic: Mapping[str, str] | BinningProcess | None = None
    settings: Settings = "auto"
    categorical: Sequence[str] = ()
    protected: Mapping[str, str] | None = None
    max_rounds: int = 1500
    patience: int = 100
    folds: int = 3
    refit: bool = True
    unseen: Unseen = "warn"
    n_jobs: int | None = None
    seed: int = 0

    def fit(
        self,
        X: Frame,
        y: Values,
        sample_weight: Values | None = None,
        groups: Values | None = None,
    ) -> Self:
        """Find setting and number of trees on held-out rows, then fit.

        Parameters
        ----------
        X : frame, shape (n, k)
            Protected attributes are left out unless named in `protected`.
        y : array-like, shape (n,)
            1 bad, 0 good.
        sample_weight : array-like, shape (n,), optional
        groups : array-like, shape (n,), optional
            Rows of one group are never on both sides of a split.

        Raises
        ------
        SubjectError
            If the frame, the target, the weights or the folds cannot be used, a field is banned, or no
            column is left.
        CreditError
            If a setting, a direction or a column named is unknown: all of them at once.
        """
        refuse(wrong_parameters(self.get_params(deep=False), _RANGES, _CHOICES), CreditError)
        offered = TrainingSample.read(X, y, sample_weight).evened()
        directions = self._directions(offered.frame)
        names = offered.frame.columns
        taken, left, _ = admitted(names, self.protected or {}, told=told_by_values(offered.frame))
        refuse_none(taken, left)
        self.dropped_ = {name: str(why) for name, why in left.items()}
        sample = offered.only(taken)
        frame, outcome, weight = sample.frame, sample.outcome, sample.weighed
        candidates = candidate_settings(self.settings, frame.height)
        threads = self._threads(frame.height)
        rarer = int(min(outcome.sum(), frame.height - outcome.sum()))
        many = frame.height * frame.width >= ONE_SPLIT and rarer >= 4 * HELD_OUT
        pairs = split(outcome, folds=4 if many else self.folds, seed=self.seed, groups=groups)
        parts = []
        for fit, held in pairs[: 1 if many else None]:
            codes = Codes.learn(frame[fit], outcome[fit], weight[fit], self.categorical)
            signs = _signs(codes, directions)
            parts.append(
                (codes.matrix(frame[fit]), fit, codes.matrix(frame[held], "ignore"), held, signs)
            )
        curves: dict[str, list[list[float]]] = {name: [] for name in candidates}
        racing = list(candidates)
        for matrix, fit, held_matrix, held, signs in parts:
            for name in racing:
                curves[name].append(
                    held_out_curve(
                        parameters(candidates[name], signs, self.seed, threads),
                        (matrix, outcome[fit], weight[fit]),
                        (held_matrix, outcome[held], weight[held]),
                        self.max_rounds,
                        self.patience,
                    )
                )
            racing = sorted(racing, key=lambda name: -_best(curves[name])[1])[:FINALISTS]
        trials = [(name, len(curves[name]), *_best(curves[name])) for name in candidates]
        trials.sort(key=lambda trial: (-trial[1], -trial[3]))
        self.trials_ = pl.DataFrame(trials, list(_TRIAL), orient="row")
        self.setting_, _, self.rounds_, _ = trials[0]
        rows = np.arange(frame.height) if self.refit else pairs[0][0]
        self.codes_ = Codes.learn(frame[rows], outcome[rows], weight[rows], self.categorical)
        signs = _signs(self.codes_, directions)
        words = {1: "up", -1: "down", 0: "none"}
        self.directions_ = {
            name: words[sign] for name, sign in zip(frame.columns, signs, strict=True)
        }
        self.booster_ = train(
            parameters(candidates[self.setting_], signs, self.seed, threads),
            (self.codes_.matrix(frame[rows]), outcome[rows], weight[rows]),
            self.rounds_,
        )
        self._name_features(names, X)
        return self

    def decision_function(self, X: Frame) -> Floats:
        """Return the log-odds of bad, shape (n,)."""
        matrix = self._matrix(X)
        found: Floats = self.booster_.predict(
            matrix, raw_score=True, num_threads=self._threads(len(matrix))
        )
        return found

    def predict_proba(self, X: Frame) -> Floats:
        """Return the probabilities of good and bad, shape (n, 2).

        Raises
        ------
        SubjectError
            If a column is missing, a number arrives as text, or a value is infinite.
        """
        bad = expit(self.decision_function(X))
        return np.column_stack([1.0 - bad, bad])

    def contributions(self, X: Frame) -> pl.DataFrame:
        """Return how much each feature moves the log-odds of bad (TreeSHAP).

        Returns
        -------
        polars.DataFrame, shape (n, k + 1)
            One column per feature and ``baseline``; each row sums to `decision_function`.
        """
        matrix = self._matrix(X)
        found = self.booster_.predict(
            matrix, pred_contrib=True, num_threads=self._threads(len(matrix))
        )
        return pl.DataFrame(found, [*self.codes_.names, BASELINE], orient="row")

    def gives_up(
        self,
        card: Predictor,
        X: Frame,
        y: Values,
        *,
        confidence: float = 0.95,
        resamples: int = 2000,
        seed: int = 0,
    ) -> Comparison:
        """Return what a card gives up against this model, with a paired interval.

        Parameters
        ----------
        card : fitted classifier
            Anything with predict_proba.
        X, y : frame, shape (n, k), and array-like, shape (n,)
            Rows that neither was fitted to.
        confidence, resamples, seed
            As in `comparison.compare`.
        """
        return compare(
            card.predict_proba(X)[:, 1],
            self.predict_proba(X)[:, 1],
            y,
            confidence=confidence,
            resamples=resamples,
            seed=seed,
        )

    def to_json(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the model as sealed JSON; also write it where a new `path` is given.

        It holds LightGBM's own text model, the codes, the directions and the package versions.
        """
        self._require_fit()
        settings = self.settings
        return seal(
            {
                "kind": _KIND,
                "schema": 1,
                "features": self.codes_.to_list(),
                "directions": self.directions_,
                "dropped": self.dropped_,
                "setting": self.setting_,
                "rounds": self.rounds_,
                "trials": self.trials_.to_dicts(),
                "parameters": {
                    **{name: getattr(self, name) for name in _STORED},
                    "settings": dict(settings) if isinstance(settings, Mapping) else settings,
                    "categorical": list(self.categorical),
                    "protected": self.protected and dict(self.protected),
                },
                "packages": packages("lightgbm", "lishui-credit", "numpy", "polars"),
                "model": self.booster_.model_to_string(num_iteration=-1),
            },
            path,
        )

    @classmethod
    def from_json(cls, source: str | os.PathLike[str]) -> Self:
        """Return the model of `to_json`'s text or file: it scores the same to the last bit."""
        import lightgbm

        found = read_sealed(source, _KIND)
        self = cls(**found["parameters"])
        self.codes_ = Codes.from_list(found["features"])
        self.directions_ = {name: found["directions"][name] for name in self.codes_.names}
        self.monotonic = dict(self.directions_)
        self.dropped_ = dict(found.get("dropped", {}))  # files of before left nothing out
        self.setting_, self.rounds_ = found["setting"], found["rounds"]
        self.trials_ = pl.DataFrame(found["trials"]).select(_TRIAL)
        self.booster_ = lightgbm.Booster(model_str=found["model"])
        self._name_features(self.codes_.names)
        return self

    def _matrix(self, X: Frame) -> Floats:
        self._require_fit()
        self._same_width(X)
        return self.codes_.matrix(features(X, self.codes_.names), self.unseen)

    def _directions(self, frame: pl.DataFrame) -> dict[str, int]:
        """Return the sign each named feature must obey."""
        given = self.monotonic
        by_hand: Mapping[str, str] = {}
        wanted: Mapping[str, str]
        if given is None or isinstance(given, Mapping):
            wanted = by_hand = given or {}
        else:
            wanted = given.directions_
        problems = []
        if BASELINE in frame.columns:
            problems.append(
                Problem(tr(f"no feature may be called '{BASELINE}'", f"特征不得名为“{BASELINE}”"))
            )
        problems += lacking(dict.fromkeys([*self.categorical, *by_hand]), frame.columns)
        for name, word in wanted.items():
            if word not in _SIGNS:
                problems.append(
                    Problem(
                        tr("there is no such direction", "没有该方向"),
                        str(word),
                        ", ".join(_SIGNS),
                        name,
                    )
                )
            elif (
                name in by_hand
                and _SIGNS[word]
                and name in frame.columns
                and (frame[name].dtype == pl.String or name in self.categorical)
            ):
                problems.append(
                    Problem(tr("text has no direction", "文本列没有方向"), word, where=name)
                )
        refuse(problems, CreditError)
        return {name: _SIGNS[word] for name, word in wanted.items()}

    def _threads(self, rows: int) -> int:
        if self.n_jobs is not None:
            return self.n_jobs
        return 1 if rows < ONE_THREAD else os.cpu_count() or 1


def _signs(codes: Codes, directions: Mapping[str, int]) -> list[int]:
    """Return the monotone constraint of each column of the matrix; none on text."""
    pairs = zip(codes.names, codes.levels, strict=True)
    return [0 if levels is not None else directions.get(name, 0) for name, levels in pairs]


def _best(curves: list[list[float]]) -> tuple[int, float]:
    """Return the rounds at which the mean of the curves is highest, and that mean."""
    shortest = min(len(curve) for curve in curves)
    mean = np.mean([curve[:shortest] for curve in curves], axis=0)
    return int(mean.argmax()) + 1, float(mean.max())

"""A masked benchmark of reject inference: outcomes hidden by a known rule, and what is recovered.

Where every outcome is known, an old lender's rule hides those of the applicants it refuses. Each
method then sees what a bank would see, and is judged on applicants it has not seen, the refused
with their true outcomes. Beside the methods stand the accepted alone, which a method must beat, all
outcomes, which none can, and a method that is told the true bad rate of the refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import numpy as np
import polars as pl

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import Bilingual, tr
from lishui_credit.scorecards.estimator import Learner, Predictor
from lishui_credit.scorecards.features import TrainingSample
from lishui_credit.scorecards.folds import Places, split
from lishui_credit.scorecards.reject import (
    Augmented,
    Fit,
    extrapolation,
    fitted_to,
    fuzzy_augmentation,
    hard_cutoff,
    parcelling,
    pd_of,
)
from lishui_credit.statistics.bisection import crossing
from lishui_credit.statistics.logistic import expit, logit
from lishui_credit.statistics.outcomes import Flags, Floats, Values, ranked, roc_area
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.frames import Frame

Inference = Callable[[Fit, pl.DataFrame, Values, pl.DataFrame, int], Augmented]
"""``method(model, X, y, rejects, seed)``: a method of `reject`, its settings chosen."""

ACCEPTED, TOLD, ALL = "accepted only", "told the bad rate", "all outcomes"

METHODS: Final[Mapping[str, Inference]] = {
    "fuzzy": lambda model, X, y, rejects, seed: fuzzy_augmentation(model, X, y, rejects),
    "fuzzy, odds doubled": lambda model, X, y, rejects, seed: fuzzy_augmentation(
        model, X, y, rejects, factor=2.0
    ),
    "parcelling": lambda model, X, y, rejects, seed: parcelling(model, X, y, rejects, seed=seed),
    "extrapolation": lambda model, X, y, rejects, seed: extrapolation(model, X, y, rejects),
    "hard cut-off": lambda model, X, y, rejects, seed: hard_cutoff(
        model, X, y, rejects, cutoff=min(0.5, 2.0 * float(np.mean(np.asarray(y))))
    ),
}
"""Methods at their defaults; odds doubled where a bank adds caution, the cut-off twice the bad rate
of the accepted, at most one half."""

WORDS: Final[Mapping[str, Bilingual]] = {
    ACCEPTED: Bilingual("accepted only", "仅用通过样本"),
    TOLD: Bilingual("fuzzy, told the true bad rate", "模糊扩充(告知真实违约率)"),
    ALL: Bilingual("all outcomes", "全部真实结果"),
    "fuzzy": Bilingual("fuzzy augmentation", "模糊扩充法"),
    "fuzzy, odds doubled": Bilingual("fuzzy augmentation, odds doubled", "模糊扩充法(几率加倍)"),
    "parcelling": Bilingual("parcelling, 1.5 times", "分段打包法(1.5 倍)"),
    "extrapolation": Bilingual("extrapolation", "简单外推法"),
    "hard cut-off": Bilingual("hard cut-off", "硬截断法"),
    "helps": Bilingual("helps", "有益"),
    "hurts": Bilingual("hurts", "有害"),
    "not shown": Bilingual("no difference shown", "未见差异"),
}
MEASURES: Final = ("auc", "auc_rejected", "brier", "bias")
LEAST: Final = 0.0005
"""A mean change that is smaller is called neither help nor harm, however sure its sign."""

_BETTER: Final = {"auc": 1.0, "auc_rejected": 1.0, "brier": -1.0, "bias": -1.0}


@dataclass(frozen=True, slots=True, eq=False)
class MaskedBenchmark:
    """What each method recovers of outcomes that a known rule hid.

    Parameters
    ----------
    runs : pl.DataFrame
        One row per ``repetition``, ``fold`` and ``method``, with every measure.
    table : pl.DataFrame
        One row per ``method`` and ``measure``: see `masked_benchmark`.
    rows, bads : int
        Applicants, and bads among them.
    share : float
        Accepted, 0 to 1.
    bad_rate_accepted, bad_rate_rejected : float
        True ones, 0 to 1, means over repetitions.
    unseen : tuple of str
        Columns that the lender saw and the model does not.
    level : float
        Confidence of the intervals.
    """

    runs: pl.DataFrame
    table: pl.DataFrame
    rows: int
    bads: int
    share: float
    bad_rate_accepted: float
    bad_rate_rejected: float
    unseen: tuple[str, ...]
    level: float

    def verdicts(self, measure: str = "brier") -> dict[str, str]:
        """Return each method's verdict by one measure: "helps", "hurts" or "not shown"."""
        own = self.table.filter(pl.col("measure") == measure, pl.col("verdict").is_not_null())
        return dict(own.select("method", "verdict").iter_rows())

    def __str__(self) -> str:
        """Return rule, bad rates and every method's verdict in words."""
        names = ", ".join(self.unseen)
        seen = tr(f"; the lender also saw {names}", f";放贷方另掌握 {names}") if self.unseen else ""
        head = tr(
            f"{self.rows:,} applicants, {self.share:.0%} accepted{seen}; true bad rate"
            f" {self.bad_rate_accepted:.1%} of the accepted, {self.bad_rate_rejected:.1%} of the"
            " rejected.",
            f"申请人 {self.rows:,},通过 {self.share:.0%}{seen};真实违约率:通过者"
            f" {self.bad_rate_accepted:.1%},被拒者 {self.bad_rate_rejected:.1%}。",
        )
        told = [
            f"{WORDS.get(name, name)}: {WORDS[verdict]}"
            for name, verdict in self.verdicts().items()
        ]
        return head + tr(" By Brier score: ", "按 Brier 分数:") + tr("; ", ";").join(told)


def masked_benchmark(
    model: Learner | Fit,
    X: Frame,
    y: Values,
    *,
    share: float = 0.6,
    unseen: Sequence[str] = (),
    accepted: Values | None = None,
    lender: Learner | Fit | None = None,
    methods: Mapping[str, Inference] | None = None,
    folds: int = 5,
    repeats: int = 5,
    seed: int = 0,
    level: float = 0.95,
    groups: Values | None = None,
) -> MaskedBenchmark:
    """Hide outcomes by a known rule and return what each method of reject inference recovers.

    In each repetition the old lender scores everybody out of fold, on every column, and accepts the
    best `share`. In each fold a method sees features of all, outcomes of the accepted; the model is
    fitted to what it makes of them and scores the fold held out, accepted and rejected, whose
    outcomes are known to the judge. Without `unseen` the file tells all that the lender knew:
    outcomes are missing at random. With them the lender knew more.

    Parameters
    ----------
    model : estimator or callable
        Fitted with ``sample_weight``; or ``fit(X, y, weight)`` that returns what has predict_proba.
    X, y : frame, shape (n, k), and array-like, shape (n,)
        Applicants whose outcomes are all known, 1 bad.
    share : float, default 0.6
        Accepted, in (0, 1).
    unseen : sequence of str
        Columns of X that the lender used and the model may not.
    accepted : array-like of bool, shape (n,), optional
        Another rule: who was accepted; `share` and `lender` are then not used.
    lender : estimator or callable, optional
        Model of the old lender; `model` if None.
    methods : mapping of str to callable, optional
        By name, ``method(model, X, y, rejects, seed)``; `METHODS` if None.
    folds, repeats : int, default 5
        At least 2 and 1.
    seed : int, default 0
        Of folds and draws; the same seed gives the same figures.
    level : float, default 0.95
        Confidence of the intervals, in (0, 1).
    groups : array-like, shape (n,), optional
        Rows of one group stay in one fold, the lender's and the judge's.

    Returns
    -------
    MaskedBenchmark
        Its table has ``method`` (beside the methods "accepted only", "told the bad rate", "all
        outcomes"), ``measure``, ``value`` with ``low`` and ``high``, ``change`` against the accepted
        only with ``change_low`` and ``change_high`` (above 0 is better for every measure),
        ``recovered`` (share of what all outcomes would bring, null where these bring nothing) and
        ``verdict`` ("helps", "hurts"; "not shown" where the interval holds 0 or the change is
        under 0.0005). Measures on the fold held out: ``auc`` and
        ``brier`` of all, ``auc_rejected``, ``bias`` (mean PD less bad rate of all, below 0 is too
        kind; its change is that of its size).

    Raises
    ------
    SubjectError
        If a column is absent, a share or count is out of range, or a fold has accepted or rejected
        rows of one class only.

    Notes
    -----
    Intervals over the ``repeats * folds`` runs are Student's, widened for runs that share rows by
    ``1 / runs + 1 / (folds - 1)``. They hold for this rule and these data. Cost: about two fits per
    method and run.

    References
    ----------
    Banasik, Crook and Thomas (2003), Sample selection bias in credit scoring models, JORS 54.
    Crook and Banasik (2004), Journal of Banking & Finance 28. Hand and Henley (1993), IMA Journal
    of Management Mathematics 5. Nadeau and Bengio (2003), Machine Learning 52; Bouckaert and Frank
    (2004), PAKDD 8: the widened interval.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> frame = pl.DataFrame({"a": rng.normal(size=2000), "b": rng.normal(size=2000)})
    >>> bad = rng.random(2000) < expit(frame["a"] + frame["b"] - 0.5)
    >>> found = masked_benchmark(
    ...     LogisticRegression(), frame, bad, unseen=["b"], methods={}, folds=2, repeats=2
    ... )
    >>> bias = dict(found.table.filter(measure="bias").select("method", "value").iter_rows())
    >>> found.bad_rate_accepted < found.bad_rate_rejected
    True
    >>> bias["accepted only"] < -0.05 < bias["told the bad rate"]
    True
    """
    sample = TrainingSample.read(X, y)
    rule = None if accepted is None else np.asarray(accepted)
    _refuse(sample, share, unseen, rule, folds, repeats, level)
    chosen = METHODS if methods is None else methods
    seen = sample.frame.drop(*unseen)
    rows, rates = [], []
    for turn in range(repeats):
        taken = (
            _best(lender or model, sample, share, folds, seed + turn, groups)
            if rule is None
            else rule.astype(np.bool_)
        )
        rates.append([float(sample.outcome[part].mean()) for part in (taken, ~taken)])
        cuts = split(sample.outcome, folds=folds, seed=seed + turn, groups=groups)
        for fold, (fit, held) in enumerate(cuts):
            known = _Masked(model, seen, sample.outcome, taken, fit, held, seed + turn)
            rows += [
                {"repetition": turn, "fold": fold, "method": name, **known.judged(fitted)}
                for name, fitted in known.learned(chosen)
            ]
    runs = pl.DataFrame(rows)
    good, bad = np.mean(rates, axis=0)
    return MaskedBenchmark(
        runs=runs,
        table=_table(runs, folds, level),
        rows=len(sample.outcome),
        bads=int(sample.outcome.sum()),
        share=share if rule is None else float(rule.mean()),
        bad_rate_accepted=float(good),
        bad_rate_rejected=float(bad),
        unseen=tuple(unseen),
        level=level,
    )


def _refuse(
    sample: TrainingSample,
    share: float,
    unseen: Sequence[str],
    rule: Any,
    folds: int,
    repeats: int,
    level: float,
) -> None:
    problems = lacking(unseen, sample.frame.columns)
    for name, value in (("share", share), ("level", level)):
        if not 0.0 < value < 1.0:
            what = tr(f"{name} is not within (0, 1)", f"{name} 不在 (0, 1) 内")
            problems.append(Problem(what, str(value)))
    if folds < 2 or repeats < 1:
        what = tr("folds is under 2 or repeats under 1", "folds 应至少为 2,repeats 应至少为 1")
        problems.append(Problem(what, f"{folds}, {repeats}"))
    if len(set(unseen)) == sample.frame.width:
        problems.append(Problem(tr("no column is left to the model", "没有留给模型的列")))
    if rule is not None and (rule.dtype != np.bool_ or rule.shape != sample.outcome.shape):
        what = tr("accepted must be one true or false per row", "accepted 须为每行一个真假值")
        problems.append(Problem(what, f"{rule.dtype} {rule.shape}"))
    refuse(problems)


def _best(
    lender: Learner | Fit,
    sample: TrainingSample,
    share: float,
    folds: int,
    seed: int,
    groups: Values | None,
) -> Flags:
    """Return whom the lender accepts: the best share by scores of models that had not seen them."""
    risk = np.empty(len(sample.outcome))
    for fit, held in split(sample.outcome, folds=folds, seed=seed, groups=groups):
        own = TrainingSample(sample.frame[fit], sample.outcome[fit], None)
        risk[held] = pd_of(fitted_to(lender, own), sample.frame[held])
    draw = np.random.default_rng(seed).permutation(len(risk))  # ties are broken by lot
    order = draw[np.argsort(risk[draw], kind="stable")]
    taken = np.zeros(len(risk), dtype=np.bool_)
    taken[order[: round(share * len(risk))]] = True
    return taken


@dataclass(frozen=True, slots=True, eq=False)
class _Masked:
    """One fold: what a bank would see of the rows to fit, and the rows held out with all outcomes."""

    model: Learner | Fit
    X: pl.DataFrame
    y: Any
    taken: Flags
    fit: Places
    held: Places
    seed: int

    def learned(self, methods: Mapping[str, Inference]) -> Iterator[tuple[str, Predictor]]:
        """Yield each method's model, between the accepted alone and all outcomes."""
        known, hidden = self.fit[self.taken[self.fit]], self.fit[~self.taken[self.fit]]
        for part in (known, hidden, self.held[~self.taken[self.held]]):
            if len(np.unique(self.y[part])) < 2:
                raise SubjectError(
                    tr(
                        "a fold has accepted or rejected rows of one class only",
                        "有一折的通过或被拒样本只有一个类别",
                    ),
                    hint=tr("use fewer folds or another share", "请减少折数或改变通过率"),
                )
        X, y, rejects = self.X[known], self.y[known], self.X[hidden]
        first = fitted_to(self.model, TrainingSample(X, y, None))

        def again(X: pl.DataFrame, y: Any, weight: Floats) -> Predictor:
            return first  # every method starts from the same model of the accepted

        yield ACCEPTED, first
        for name, method in methods.items():
            yield name, self._refitted(method(again, X, y, rejects, self.seed))
        pd = pd_of(first, rejects)
        factor = _factor(pd, float(self.y[hidden].mean()))
        yield TOLD, self._refitted(fuzzy_augmentation(again, X, y, rejects, factor=factor))
        yield ALL, fitted_to(self.model, TrainingSample(self.X[self.fit], self.y[self.fit], None))

    def _refitted(self, more: Augmented) -> Predictor:
        return fitted_to(self.model, TrainingSample(more.X, more.y, more.weight))

    def judged(self, fitted: Predictor) -> dict[str, float]:
        """Return every measure of a model on the rows held out."""
        pd, y = pd_of(fitted, self.X[self.held]), self.y[self.held].astype(np.float64)
        refused = ~self.taken[self.held]
        return {
            "auc": _auc(y, pd),
            "auc_rejected": _auc(y[refused], pd[refused]),
            "brier": float(np.mean((pd - y) ** 2)),
            "bias": float((pd - y).mean()),
        }


def _auc(y: Floats, pd: Floats) -> float:
    levels = ranked(y, pd)
    return roc_area(levels.bads, levels.goods)


def _factor(pd: Floats, rate: float) -> float:
    """Return the factor on the odds of bad at which the mean of PDs is a rate."""
    line = logit(pd)
    shift = crossing(lambda level: float(expit(line + level).mean()), rate, -20.0, 20.0)
    return float(np.exp(shift))


def _table(runs: pl.DataFrame, folds: int, level: float) -> pl.DataFrame:
    """Return means over runs, changes against the accepted only, and verdicts."""
    order = runs["method"].unique(maintain_order=True).to_list()
    held = {name: runs.filter(method=name) for name in order}
    rows = []
    for measure in MEASURES:
        base, top = (_of(held[name], measure) for name in (ACCEPTED, ALL))
        gain = fold_interval(top - base, folds, level)
        for name in order:
            own = _of(held[name], measure)
            value = fold_interval(held[name][measure].to_numpy(), folds, level)
            change = fold_interval(own - base, folds, level)
            rows.append(
                (name, measure, *value, *((None,) * 5 if name == ACCEPTED else (
                    *change,
                    change[0] / gain[0] if _verdict(*gain) == "helps" else None,
                    _verdict(*change),
                )))
            )  # fmt: skip
    figures = ("value", "low", "high", "change", "change_low", "change_high", "recovered")
    schema: dict[str, type[pl.DataType]] = {"method": pl.String, "measure": pl.String}
    schema |= dict.fromkeys(figures, pl.Float64)
    return pl.DataFrame(rows, schema={**schema, "verdict": pl.String}, orient="row")


def _verdict(change: float, low: float, high: float) -> str:
    if abs(change) < LEAST or low <= 0 <= high:
        return "not shown"
    return "helps" if change > 0 else "hurts"


def _of(part: pl.DataFrame, measure: str) -> Floats:
    """Return a measure of each run so that more is better; of a bias its size counts."""
    values = part[measure].to_numpy()
    found: Floats = _BETTER[measure] * (np.abs(values) if measure == "bias" else values)
    return found


def fold_interval(values: Floats, folds: int, level: float) -> tuple[float, float, float]:
    """Return the mean of runs and Student's interval, widened for the rows that runs share."""
    from scipy.special import stdtrit

    count, middle = len(values), float(values.mean())
    spread = float(values.std(ddof=1)) * sqrt(1 / count + 1 / (folds - 1))
    reach = float(stdtrit(count - 1, (1 + level) / 2)) * spread
    return middle, middle - reach, middle + reach

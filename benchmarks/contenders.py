"""Everybody that the benchmarks compare, each built in one place: `one_contender.py` runs one of them.

Runs in our environment or in a peer's (`.venv-peers/<name>`), so it needs no more than what all of
them have: NumPy and pandas, or polars. Cards get the same job: bin every characteristic against the
outcome, rising or falling where it can be asked for; weights of evidence; logistic regression; 600
points at 50:1, 20 to double the odds; score raw rows. `binning.py` takes the time of each stage,
`suite.py` what comes out.

A contender of our own is one line of `OWN`: its name, and how it is built. A peer is a class here, a
line of `CONTENDERS` and a list of pinned packages, `peers/<environment>.txt`.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

PDO, BASE, ODDS = 20, 600, 50
REASON = "every contender gets every column"


class Contender:
    """What every contender has: a training frame, an outcome, and how to name its columns.

    ``texts`` are the columns of text, ``codes`` the special codes of numbers by column, ``groups`` the
    training rows that folds keep together: for whoever chooses by folds of its own.
    """

    frames = "pandas"
    environment = ""  # of `peers`; "" is our own
    whole_card = False  # `card` bins anew, so that its time is that of the whole fit
    reasoned = True  # protected attributes have a reason; a proof asks without
    scaled = True  # `score` promises 600 points at 50:1 and 20 to double the odds

    def __init__(
        self,
        train: Any,
        y: Any,
        texts: list[str],
        codes: dict[str, list[float]] | None = None,
        seed: int = 0,
        groups: Any = None,
    ) -> None:
        self.train, self.y, self.texts, self.seed = train, y, texts, seed
        self.groups = groups
        self.numbers = [name for name in train.columns if name not in texts]
        self.codes = {name: row for name, row in (codes or {}).items() if name in self.numbers}

    def load(self) -> None:
        """Import what is needed and choose the settings."""

    def fit(self) -> None:
        """Bin every characteristic."""

    def transform(self) -> Any:
        """The weights of evidence of the training rows, where there are any."""

    def card(self) -> None:
        """Fit the card to the weights, or the whole model."""

    def learn(self) -> None:
        """Everything from raw rows to a model that scores."""
        if not self.whole_card:
            self.fit()
            self.transform()
        self.card()

    def score(self, frame: Any) -> Any:
        """Of every row, the higher the better; a contender without scores says chances itself."""
        raise NotImplementedError(f"{type(self).__name__} says neither scores nor chances")

    def chance(self, frame: Any) -> Any:
        """Of bad, of every row: by the scale that the score promises, unless the contender says it."""
        import numpy as np

        odds = ODDS * 2.0 ** ((np.asarray(self.score(frame), float) - BASE) / PDO)
        return 1 / (1 + odds)

    def cells(self) -> int | None:
        """How many figures a reader must check: bins with points, leaves, coefficients."""
        return None

    def parts(self, frame: Any) -> tuple[float, Any] | None:
        """The base points and the points of every characteristic, where rows have them."""
        return None

    def totals(self) -> dict[str, float]:
        """Training rows that the bins of each characteristic add up to, where they are told."""
        return {}

    def exported(self, frame: Any) -> dict[str, Any]:
        """Scores by every form in which the model leaves its library, or what was found there."""
        return {}

    def one(self, row: Any) -> Any:
        return self.score(row)


# ---- ours -------------------------------------------------------------------------------------


def reasons(made: Contender) -> dict[str, str]:
    """Why each protected attribute is in."""
    from lishui_credit.scorecards.protected import protected_as

    named = made.train.columns if made.reasoned else ()
    return {name: REASON for name in named if protected_as(name)}


def scorecard(made: Contender, **settings: Any) -> Any:
    """A `Scorecard` with the codes of the data, and protected attributes with the reason why."""
    from lishui_credit.scorecards import BinningProcess, Odds, Scorecard

    return Scorecard(
        **{"process": BinningProcess(special_codes=made.codes or None)}
        | {"pdo": PDO, "base_score": BASE, "base_odds": Odds(good=ODDS, bad=1)}
        | {"protected": reasons(made)}
        | settings,
    )


def challenger(made: Contender) -> Any:
    """A `Challenger` that obeys the directions of the binning; a column with codes obeys none."""
    from lishui_credit.scorecards import BinningProcess, Challenger

    process = BinningProcess(special_codes=made.codes or None).fit(made.train, made.y)
    ways = {name: way for name, way in process.directions_.items() if name not in made.codes}
    return Challenger(monotonic=ways, protected=reasons(made), n_jobs=1)


def joint(made: Contender, **settings: Any) -> Any:
    """A `Scorecard` whose points are fitted jointly, crossed tables among them."""
    from lishui_credit.scorecards import JointPoints

    return scorecard(made, points=JointPoints(**settings))


OWN: dict[str, Callable[[Contender], Any]] = {
    "card": scorecard,
    "joint": joint,
    "joint-additive": lambda made: joint(made, crossed=0),
    "challenger": challenger,
}


class Own(Contender):
    """A model of ours by its name in `OWN`: anything that fits, gives chances and, if a card, points."""

    frames = "polars"
    whole_card = True
    name = "card"

    def load(self) -> None:
        for name in ("lightgbm", "scipy.special", "lishui_credit.scorecards.challenger"):
            importlib.import_module(name)  # loading is no part of the time of a fit

    def card(self) -> None:
        self.model = OWN[self.name](self).fit(self.train, self.y, groups=self.groups)
        self.scaled = hasattr(self.model, "card_")

    def score(self, frame: Any) -> Any:
        return self.model.score(frame) if self.scaled else -self.chance(frame)

    def chance(self, frame: Any) -> Any:
        return self.model.predict_proba(frame)[:, 1]

    def cells(self) -> int:
        if self.scaled:
            return self.model.table().height
        return sum(tree["num_leaves"] for tree in self.model.booster_.dump_model()["tree_info"])

    def parts(self, frame: Any) -> tuple[float, Any] | None:
        if not self.scaled:
            return None
        points = self.model.card_.contributions(frame).drop("score")
        return self.model.card_.base_points, points.to_numpy()

    def totals(self) -> dict[str, float]:
        if not self.scaled:
            return {}
        table = self.model.table().select("feature", "rows")
        return dict(table.group_by("feature", maintain_order=True).sum().iter_rows())

    def exported(self, frame: Any) -> dict[str, Any]:
        if not self.scaled:
            return {}
        from lishui_credit.backends.engines_here import everywhere
        from lishui_credit.scorecards import Scorecard
        from lishui_credit.scorecards.cards.card_trial import CardTrial

        runs = everywhere(CardTrial(self.model.card_, frame.select(self.model.card_.columns)))
        again = Scorecard.from_json(self.model.to_json())
        return {run.engine: (run.holds, run.told) for run in runs} | {"JSON": again.score(frame)}


class Ours(Own):
    """The card in stages, for `binning.py`; no characteristic is left out."""

    prebins = 64

    def load(self) -> None:
        from lishui_credit.scorecards import BinningProcess

        codes = {"special_codes": self.codes} if self.codes else {}
        self.process = BinningProcess(max_bins=8, min_share=0.05, prebins=self.prebins, **codes)
        self.alike = BinningProcess(**self.process.get_params(deep=False))
        self.alike.set_params(turn_p=0, smoothing=0)
        self.model = scorecard(self, process=self.process, min_iv=0.0)

    def fit(self) -> None:
        self.process.fit(self.train, self.y)

    def transform(self) -> Any:
        return self.process.transform(self.train)

    def card(self) -> None:
        self.model.fit(self.train, self.y)

    def alike_woe(self) -> Any:
        """Weights under the limits of optbinning: no turns, nothing drawn to the mean."""
        return self.alike.fit_transform(self.train, self.y)

    def row(self) -> tuple[Any, Any] | None:
        """A scorer of one row as a dict, and such a dict."""
        return self.model.to_python(), self.train.row(0, named=True)

    def lazily(self, path: Path) -> int:
        """Score a Parquet file without loading it; returns the rows scored."""
        import polars as pl

        plan = pl.scan_parquet(path).select(self.model.expr().alias("score"))
        return plan.collect(engine="streaming").height


class Ours20(Ours):
    prebins = 20


# ---- peers ------------------------------------------------------------------------------------


class Floor(Contender):
    frames = "polars"

    def load(self) -> None:
        import floor

        self.floor = floor.Floor()

    def fit(self) -> None:
        code = next(iter(self.codes.values()), [None])[0]
        self.floor.fit(self.train, self.y, code)

    def transform(self) -> Any:
        self.woe = self.floor.transform(self.train)
        return self.woe

    def card(self) -> None:
        self.floor.card(self.woe, self.y, PDO, BASE, ODDS)

    def score(self, frame: Any) -> Any:
        return self.floor.score(frame)


class Optbinning(Contender):
    environment = "optbinning"
    whole_card = True
    prebins, share = 20, 0.05

    def load(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            from optbinning import BinningProcess, Scorecard
        from sklearn.linear_model import LogisticRegression

        def process() -> Any:
            return BinningProcess(
                list(self.train.columns),
                categorical_variables=self.texts,
                max_n_prebins=self.prebins,
                min_prebin_size=self.share,
                max_n_bins=8,
                min_bin_size=0.05,
                binning_fit_params={
                    name: {"monotonic_trend": "auto_asc_desc"}
                    | ({"special_codes": self.codes[name]} if name in self.codes else {})
                    for name in self.numbers
                },
            )

        self.process = process()
        self.model = Scorecard(
            process(),
            LogisticRegression(max_iter=1000),
            scaling_method="pdo_odds",
            scaling_method_params={"pdo": PDO, "odds": ODDS, "scorecard_points": BASE},
        )
        self.empirical = {"metric_missing": "empirical", "metric_special": "empirical"}

    def fit(self) -> None:
        self.process.fit(self.train, self.y)

    def transform(self) -> Any:
        return self.process.transform(self.train, metric="woe", **self.empirical)

    def card(self) -> None:
        self.model.fit(self.train, self.y, **self.empirical)

    def score(self, frame: Any) -> Any:
        return self.model.score(frame)

    def chance(self, frame: Any) -> Any:
        return self.model.predict_proba(frame)[:, 1]

    def cells(self) -> int:
        return len(self.model.table())

    def parts(self, frame: Any) -> tuple[float, Any]:
        return float(self.model.intercept_), self.model.transform(frame).to_numpy(float)

    def totals(self) -> dict[str, float]:
        return self.model.table("detailed").groupby("Variable")["Count"].sum().to_dict()

    def exported(self, frame: Any) -> dict[str, Any]:
        import tempfile

        with tempfile.TemporaryDirectory() as room:
            self.model.save(f"{room}/card.pickle")
            return {"pickle": type(self.model).load(f"{room}/card.pickle").score(frame)}


class Optbinning64(Optbinning):
    prebins, share = 64, 0.01


class Toad(Contender):
    environment = "toad"

    def load(self) -> None:
        import toad

        self.toad = toad
        self.train = self.filled(self.train)

    def filled(self, frame: Any) -> Any:
        """Texts without gaps, which toad cannot sort."""
        return frame.assign(**{name: frame[name].fillna("missing") for name in self.texts})

    def fit(self) -> None:
        self.combiner = self.toad.transform.Combiner()
        self.combiner.fit(
            self.train, self.y, method="dt", min_samples=0.05, n_bins=8, empty_separate=True
        )

    def transform(self) -> Any:
        self.transformer = self.toad.transform.WOETransformer()
        self.woe = self.transformer.fit_transform(self.combiner.transform(self.train), self.y)
        return self.woe

    def card(self) -> None:
        self.model = self.toad.ScoreCard(
            combiner=self.combiner,
            transer=self.transformer,
            pdo=PDO,
            rate=2,
            base_odds=ODDS,
            base_score=BASE,
            max_iter=1000,
        )
        self.model.fit(self.woe, self.y)

    def score(self, frame: Any) -> Any:
        return self.model.predict(self.filled(frame))

    def chance(self, frame: Any) -> Any:
        return self.model.predict_proba(self.filled(frame))[:, 1]

    def cells(self) -> int:
        return sum(len(rule["scores"]) for rule in self.model.rules.values())

    def parts(self, frame: Any) -> tuple[float, Any]:
        _, points = self.model.predict(self.filled(frame), return_sub=True)
        return 0.0, points[list(self.model.rules)].to_numpy(float)

    def exported(self, frame: Any) -> dict[str, Any]:
        again = self.toad.ScoreCard(pdo=PDO, rate=2, base_odds=ODDS, base_score=BASE)
        again.load(self.model.export(decimal=12))
        return {"points as a dict": again.predict(self.filled(frame))}


class Scorecardpy(Contender):
    environment = "scorecardpy"

    def load(self) -> None:
        import scorecardpy

        self.peer = scorecardpy
        self.quiet = {"no_cores": 1, "print_step": 0}
        self.labelled = self.train.assign(bad=self.y)

    def fit(self) -> None:
        self.bins = self.peer.woebin(
            self.labelled,
            y="bad",
            special_values=self.codes or None,
            check_cate_num=False,
            **self.quiet,
        )

    def transform(self) -> Any:
        self.woe = self.peer.woebin_ply(self.labelled, self.bins, **self.quiet).drop(columns="bad")
        return self.woe

    def card(self) -> None:
        from sklearn.linear_model import LogisticRegression

        self.line = LogisticRegression(max_iter=1000).fit(self.woe, self.y)
        self.model = self.peer.scorecard(
            self.bins, self.line, self.woe.columns, points0=BASE, odds0=1 / ODDS, pdo=PDO
        )

    def score(self, frame: Any) -> Any:
        return self.peer.scorecard_ply(frame, self.model, print_step=0)["score"].to_numpy()

    def chance(self, frame: Any) -> Any:
        woe = self.peer.woebin_ply(frame, self.bins, **self.quiet)
        return self.line.predict_proba(woe[self.woe.columns])[:, 1]

    def cells(self) -> int:
        return sum(len(table) for name, table in self.model.items() if name != "basepoints")

    def parts(self, frame: Any) -> tuple[float, Any]:
        every = self.peer.scorecard_ply(frame, self.model, only_total_score=False, print_step=0)
        base = float(self.model["basepoints"]["points"].iloc[0])
        return base, every.drop(columns="score").to_numpy(float)

    def totals(self) -> dict[str, float]:
        return {name: float(table["count"].sum()) for name, table in self.bins.items()}

    def exported(self, frame: Any) -> dict[str, Any]:
        import pandas as pd

        table = pd.concat(self.model, ignore_index=True)
        again = pd.read_csv(io.StringIO(table.to_csv(index=False)))
        return {"CSV": self.peer.scorecard_ply(frame, again, print_step=0)["score"].to_numpy()}


class Proscore(Contender):
    environment = "proscore"

    def load(self) -> None:
        import pandas as pd
        from proscore.binning import Binning
        from proscore.modeling import ScoreCard
        from proscore.transform import WOETransformer

        self.labels = pd.Series(self.y, name="bad")
        self.binning = Binning(method="tree", n_bins=8, special_values=self.codes or None)
        self.transformer, self.model = (
            WOETransformer(),
            ScoreCard(pdo=PDO, base_score=BASE, odds=ODDS),
        )

    def fit(self) -> None:
        self.binning.fit(self.train, self.labels)

    def transform(self) -> Any:
        self.transformer.fit(self.binning.bin_table_)
        woe = self.transformer.transform(self.train)
        self.used = [name for name in woe.columns if name in self.binning.bin_table_]
        self.woe = woe[self.used]
        return self.woe

    def card(self) -> None:
        self.model.fit(self.woe, self.labels)

    def score(self, frame: Any) -> Any:
        return self.model.predict(self.transformer.transform(frame)[self.used])

    def chance(self, frame: Any) -> Any:
        woe, names = self.transformer.transform(frame), self.model.coef_
        line = self.model.intercept_ + sum(b * woe[n].to_numpy(float) for n, b in names.items())
        return 1 / (1 + math.e**-line)

    def cells(self) -> int:
        return len(self.model.scorecard(self.binning.bin_table_))


class Lightgbm(Contender):
    """No card: what the same columns can tell, and what its fit costs."""

    environment = "lightgbm"
    whole_card = True
    scaled = False
    settings: tuple[dict[str, Any], ...] = (
        {"n_estimators": 200, "learning_rate": 0.05, "min_child_samples": 50},
    )

    def load(self) -> None:
        from lightgbm import LGBMClassifier

        self.maker = LGBMClassifier
        self.levels = {name: sorted(self.train[name].dropna().unique()) for name in self.texts}

    def coded(self, frame: Any) -> Any:
        """Texts as the places of their levels; what training rows lack is missing."""
        import pandas as pd

        kinds = {n: pd.Categorical(frame[n], categories=row) for n, row in self.levels.items()}
        return frame.assign(**kinds)

    def made(self, settings: dict[str, Any]) -> Any:
        fixed = {"n_jobs": 1, "random_state": self.seed, "verbose": -1, "deterministic": True}
        return self.maker(**fixed, **settings)

    def card(self) -> None:
        self.model = self.made(self.chosen()).fit(self.coded(self.train), self.y)

    def chosen(self) -> dict[str, Any]:
        """Of several settings the one of the highest AUC over three folds of the training rows."""
        import numpy as np
        from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

        if len(self.settings) == 1:
            return self.settings[0]
        table = self.coded(self.train)
        kind = StratifiedKFold if self.groups is None else StratifiedGroupKFold
        folds = kind(3, shuffle=True, random_state=self.seed)

        def reached(settings: dict[str, Any]) -> float:
            found = []
            for fit, held in folds.split(self.y, self.y, self.groups):
                model = self.made(settings).fit(table.iloc[fit], self.y[fit])
                found.append(auc(self.y[held], -model.predict_proba(table.iloc[held])[:, 1]))
            return float(np.mean(found))

        return max(self.settings, key=reached)

    def score(self, frame: Any) -> Any:
        return -self.chance(frame)

    def chance(self, frame: Any) -> Any:
        return self.model.predict_proba(self.coded(frame))[:, 1]

    def cells(self) -> int:
        trees = self.model.booster_.dump_model()["tree_info"]
        return sum(tree["num_leaves"] for tree in trees)

    def exported(self, frame: Any) -> dict[str, Any]:
        from lightgbm import Booster

        again = Booster(model_str=self.model.booster_.model_to_string())
        return {"text": -again.predict(self.coded(frame))}


class LightgbmTuned(Lightgbm):
    """From few leaves to many, chosen inside the training fold."""

    settings = tuple(
        {
            "num_leaves": leaves,
            "n_estimators": trees,
            "learning_rate": rate,
            "min_child_samples": least,
            "reg_lambda": ridge,
            "subsample": 0.8,
            "subsample_freq": 1,
            "colsample_bytree": share,
        }
        for leaves, trees, rate, least, ridge, share in (
            (4, 200, 0.05, 50, 0, 0.8),
            (7, 300, 0.03, 50, 0, 0.8),
            (15, 500, 0.02, 100, 10, 0.5),
            (31, 600, 0.05, 20, 2, 0.6),
            (63, 600, 0.05, 20, 2, 0.6),
        )
    )


class Ebm(Contender):
    """interpret's ExplainableBoostingClassifier at its defaults: one-way tables and chosen pairs."""

    environment = "interpret"
    whole_card = True
    scaled = False

    def load(self) -> None:
        from interpret.glassbox import ExplainableBoostingClassifier

        self.maker = ExplainableBoostingClassifier

    def card(self) -> None:
        kinds = ["nominal" if name in self.texts else "continuous" for name in self.train.columns]
        self.model = self.maker(feature_types=kinds, n_jobs=1, random_state=self.seed)
        self.model.fit(self.train, self.y)

    def score(self, frame: Any) -> Any:
        return -self.model.decision_function(frame)

    def chance(self, frame: Any) -> Any:
        return self.model.predict_proba(frame)[:, 1]

    def cells(self) -> int:
        return sum(int(table.size) for table in self.model.term_scores_)

    def parts(self, frame: Any) -> tuple[float, Any]:
        return -float(self.model.intercept_[0]), -self.model.eval_terms(frame)

    def totals(self) -> dict[str, float]:
        one_way = zip(self.model.term_names_, self.model.term_features_, strict=True)
        weights = self.model.bin_weights_
        return {
            name: float(weights[place].sum())
            for place, (name, columns) in enumerate(one_way)
            if len(columns) == 1
        }


class Binary(Contender):
    """Yes-or-no columns for those that need them: above each of nine quantiles, missing, each level."""

    whole_card = True
    scaled = False

    def load(self) -> None:
        import numpy as np

        share = np.arange(1, 10) / 10
        self.cuts = {
            name: np.unique(np.quantile(known, share, method="higher"))
            for name in self.numbers
            if len(known := self.train[name].dropna().to_numpy(float))
        }
        counts = {name: self.train[name].value_counts() for name in self.texts}
        self.levels = {
            name: sorted(row[row >= 0.01 * len(self.y)].index) for name, row in counts.items()
        }

    def flags(self, frame: Any) -> Any:
        import numpy as np

        columns = []
        for name, cuts in self.cuts.items():
            values = frame[name].to_numpy(float)
            coded = np.isin(values, self.codes.get(name, []))
            values = np.where(coded, np.nan, values)
            columns += [values >= cut for cut in cuts] + [np.isnan(values) & ~coded]
            columns += [frame[name].to_numpy(float) == code for code in self.codes.get(name, [])]
        for name, levels in self.levels.items():
            columns += [(frame[name] == level).to_numpy(bool) for level in levels]
            columns.append(frame[name].isna().to_numpy(bool))
        return np.column_stack(columns).astype(float)

    def score(self, frame: Any) -> Any:
        return -self.chance(frame)


class Logistic(Binary):
    """scikit-learn's logistic regression on those columns, at its defaults."""

    environment = "scikit-learn"

    def card(self) -> None:
        from sklearn.linear_model import LogisticRegression

        self.model = LogisticRegression(max_iter=2000).fit(self.flags(self.train), self.y)

    def chance(self, frame: Any) -> Any:
        return self.model.predict_proba(self.flags(frame))[:, 1]

    def cells(self) -> int:
        return int(self.model.coef_.size) + 1

    def parts(self, frame: Any) -> tuple[float, Any]:
        return -float(self.model.intercept_[0]), -self.flags(frame) * self.model.coef_[0]

    def score(self, frame: Any) -> Any:
        return -self.model.decision_function(self.flags(frame))


class Fasterrisk(Binary):
    """FasterRisk: ten whole points of at most 5 on those columns."""

    environment = "fasterrisk"

    def card(self) -> None:
        import numpy as np
        from fasterrisk.fasterrisk import RiskScoreClassifier, RiskScoreOptimizer

        flags, signs = self.flags(self.train), np.where(self.y == 1, 1, -1)
        search = RiskScoreOptimizer(X=flags, y=signs, k=10, select_top_m=1)
        search.optimize()
        multiplier, self.base, self.points = search.get_models(model_index=0)
        self.model = RiskScoreClassifier(multiplier, self.base, self.points)

    def chance(self, frame: Any) -> Any:
        return self.model.predict_prob(self.flags(frame))

    def cells(self) -> int:
        return int((self.points != 0).sum()) + 1

    def parts(self, frame: Any) -> tuple[float, Any]:
        return -float(self.base), -self.flags(frame) * self.points

    def score(self, frame: Any) -> Any:
        return -(self.base + self.flags(frame) @ self.points)


def auc(bad: Any, score: Any) -> float:
    """Share of good/bad pairs in which the good one scores higher, ties half."""
    import numpy as np

    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    bads = bad.sum()
    goods = len(bad) - bads
    return float((rank[bad == 0].sum() - goods * (goods + 1) / 2) / (goods * bads))


CONTENDERS: dict[str, type[Contender]] = {
    **{name: type(name, (Own,), {"name": name}) for name in OWN},
    "ours": Ours,
    "ours-20": Ours20,
    "floor": Floor,
    "optbinning": Optbinning,
    "optbinning-64": Optbinning64,
    "toad": Toad,
    "proscore": Proscore,
    "scorecardpy": Scorecardpy,
    "lightgbm": Lightgbm,
    "lightgbm-tuned": LightgbmTuned,
    "ebm": Ebm,
    "fasterrisk": Fasterrisk,
    "logistic": Logistic,
}

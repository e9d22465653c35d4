"""One contender of `binning.py` in a process of its own: run every stage, print one line of JSON.

Runs in our environment or in a peer's (`.venv-peers/<name>`), so it needs no more than what all of
them have: NumPy and pandas, or polars. Everybody gets the same frame and the same job: bin every
characteristic against the outcome, rising or falling where it can be asked for; weights of evidence;
logistic regression on all of them; 600 points at 50:1, 20 to double the odds; score raw rows.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import time
import warnings
from pathlib import Path
from typing import Any

PDO, BASE, ODDS = 20, 600, 50
CODE = -999.0  # the special code of the synthetic frame


class Contender:
    """What every contender has: a training frame, an outcome, and how to name its columns."""

    frames = "pandas"
    whole_card = False  # `card` bins anew, so that its time is that of the whole fit

    def __init__(self, train: Any, y: Any, texts: list[str], special: bool) -> None:
        self.train, self.y, self.texts, self.special = train, y, texts, special
        self.numbers = [name for name in train.columns if name not in texts]

    def one(self, row: Any) -> Any:
        return self.score(row)


class Ours(Contender):
    frames = "polars"
    whole_card = True
    prebins = 64

    def load(self) -> None:
        from lishui_credit.scorecards import BinningProcess, Odds, Scorecard

        codes = {"special_codes": {"*": [CODE]}} if self.special else {}
        self.process = BinningProcess(max_bins=8, min_share=0.05, prebins=self.prebins, **codes)
        self.alike = BinningProcess(**self.process.get_params(deep=False))
        self.alike.set_params(turn_p=0, smoothing=0)
        reason = {
            name: "every contender gets every column"
            for name in self.train.columns
            if set(name.split("_")) & {"sex", "age", "marriage", "foreign"}
        }
        self.model = Scorecard(
            self.process,
            pdo=PDO,
            base_score=BASE,
            base_odds=Odds(good=ODDS, bad=1),
            min_iv=0.0,
            protected=reason,
        )

    def fit(self) -> None:
        self.process.fit(self.train, self.y)

    def transform(self) -> Any:
        return self.process.transform(self.train)

    def card(self) -> None:
        self.model.fit(self.train, self.y)

    def score(self, frame: Any) -> Any:
        return self.model.score(frame)

    def one(self, row: Any) -> Any:
        return self.model.score(row)

    def plain_iv(self) -> dict[str, float]:
        """Information values under the limits of optbinning: no turns, nothing drawn to the mean."""
        woe = self.alike.fit_transform(self.train, self.y)
        return information(woe, woe.columns, self.y)

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


class Floor(Contender):
    frames = "polars"

    def load(self) -> None:
        import floor

        self.floor = floor.Floor()

    def fit(self) -> None:
        self.floor.fit(self.train, self.y, CODE if self.special else None)

    def transform(self) -> Any:
        self.woe = self.floor.transform(self.train)
        return self.woe

    def card(self) -> None:
        self.floor.card(self.woe, self.y, PDO, BASE, ODDS)

    def score(self, frame: Any) -> Any:
        return self.floor.score(frame)


class Optbinning(Contender):
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
                special_codes=[CODE] if self.special else None,
                binning_fit_params={n: {"monotonic_trend": "auto_asc_desc"} for n in self.numbers},
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


class Optbinning64(Optbinning):
    prebins, share = 64, 0.01


class Toad(Contender):
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


class Scorecardpy(Contender):
    def load(self) -> None:
        import scorecardpy

        self.peer = scorecardpy
        self.quiet = {"no_cores": 1, "print_step": 0}
        self.labelled = self.train.assign(bad=self.y)

    def fit(self) -> None:
        codes = {name: [CODE] for name in self.numbers} if self.special else None
        self.bins = self.peer.woebin(
            self.labelled, y="bad", special_values=codes, check_cate_num=False, **self.quiet
        )

    def transform(self) -> Any:
        self.woe = self.peer.woebin_ply(self.labelled, self.bins, **self.quiet).drop(columns="bad")
        return self.woe

    def card(self) -> None:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(max_iter=1000).fit(self.woe, self.y)
        self.model = self.peer.scorecard(
            self.bins, model, self.woe.columns, points0=BASE, odds0=1 / ODDS, pdo=PDO
        )

    def score(self, frame: Any) -> Any:
        return self.peer.scorecard_ply(frame, self.model, print_step=0)["score"].to_numpy()


class Proscore(Contender):
    def load(self) -> None:
        import pandas as pd
        from proscore.binning import Binning
        from proscore.modeling import ScoreCard
        from proscore.transform import WOETransformer

        self.labels = pd.Series(self.y, name="bad")
        codes = {name: [CODE] for name in self.numbers} if self.special else None
        self.binning = Binning(method="tree", n_bins=8, special_values=codes)
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


class Lightgbm(Contender):
    """No card: the ceiling of what the same columns can tell, and what its fit costs."""

    frames = "polars"

    def load(self) -> None:
        import lightgbm
        import polars as pl

        kinds = {n: pl.Enum(self.train[n].drop_nulls().unique().sort()) for n in self.texts}
        self.codes = [
            pl.col(n).cast(kinds[n], strict=False).to_physical().cast(pl.Float64)
            if n in kinds
            else pl.col(n).cast(pl.Float64)
            for n in self.train.columns
        ]
        places = [place for place, n in enumerate(self.train.columns) if n in kinds]
        self.settings = {"categorical_feature": places or "auto"}
        self.model = lightgbm.LGBMClassifier(
            n_estimators=200,
            learning_rate=0.05,
            min_child_samples=50,
            n_jobs=1,
            random_state=0,
            verbose=-1,
        )

    def fit(self) -> None:
        self.model.fit(self.train.select(self.codes).to_numpy(), self.y, **self.settings)

    def transform(self) -> Any:
        return None

    def card(self) -> None:
        return

    def score(self, frame: Any) -> Any:
        return -self.model.predict_proba(frame.select(self.codes).to_numpy())[:, 1]


CONTENDERS = {
    "ours": Ours,
    "ours-20": Ours20,
    "floor": Floor,
    "optbinning": Optbinning,
    "optbinning-64": Optbinning64,
    "toad": Toad,
    "proscore": Proscore,
    "scorecardpy": Scorecardpy,
    "lightgbm": Lightgbm,
}


def memory(what: str) -> float:
    """VmRSS or VmHWM of this process in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) / 1024
    return float("nan")


def textbook_iv(column: Any, bad: Any) -> float:
    """Information value of the groups of equal WoE that hold both classes; no smoothing."""
    import numpy as np

    _, place = np.unique(np.asarray(column, float), return_inverse=True)
    bads = np.bincount(place, weights=bad)
    goods = np.bincount(place) - bads
    both = (bads > 0) & (goods > 0)
    p, q = bads[both] / bads.sum(), goods[both] / goods.sum()
    return float(((q - p) * np.log(q / p)).sum())


def information(woe: Any, columns: Any, bad: Any) -> dict[str, float]:
    """Information value of every column of weights of evidence, by the name of its raw column."""
    import numpy as np

    table = np.asarray(woe, float)
    names = [str(column).removesuffix("_woe") for column in columns]
    return {name: textbook_iv(table[:, place], bad) for place, name in enumerate(names)}


def auc(bad: Any, score: Any) -> float:
    """Share of good/bad pairs in which the good one scores higher, ties half."""
    import numpy as np

    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    bads = bad.sum()
    goods = len(bad) - bads
    return float((rank[bad == 0].sum() - goods * (goods + 1) / 2) / (goods * bads))


def read(path: Path, kind: str) -> tuple[Any, list[str]]:
    """The frame as a contender takes it, and which columns are text."""
    if kind == "polars":
        import polars as pl

        frame = pl.read_parquet(path)
        return frame, [name for name, dtype in frame.schema.items() if dtype == pl.String]
    import numpy as np
    import pandas as pd

    frame = pd.read_parquet(path)
    texts = [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name])]
    for name in texts:  # plain objects with NaN: the form that every peer takes
        column = frame[name].astype(object)
        frame[name] = column.where(column.notna(), np.nan)
    return frame, texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("path", type=Path)
    parser.add_argument("--special", action="store_true")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    import numpy as np

    maker = CONTENDERS[options.contender]
    frame, texts = read(options.path, maker.frames)
    bad = np.asarray(frame["bad"]).astype(np.int64)
    test = np.asarray(frame["is_test"]).astype(bool)
    names = [name for name in frame.columns if name not in ("bad", "is_test")]
    if maker.frames == "polars":
        everything = frame.select(names)
        train = everything.filter(~test)
        row = everything.head(1)
    else:
        everything = frame[names]
        train = everything[~test].reset_index(drop=True)
        row = everything.head(1)
    del frame
    contender = maker(train, bad[~test], texts, options.special)
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    before = memory("VmRSS")
    found: dict[str, Any] = {"before": before, "whole_card": maker.whole_card}

    def stage(name: str, work: Any) -> Any:
        wall, cpu = time.perf_counter(), sum(os.times()[:4])
        with contextlib.redirect_stdout(io.StringIO()):
            result = work()
        found[name] = [time.perf_counter() - wall, sum(os.times()[:4]) - cpu]
        return result

    stage("import", contender.load)
    stage("bin", contender.fit)
    woe = stage("woe", contender.transform)
    over = memory("VmHWM") - before
    if woe is not None:
        columns = woe.columns if hasattr(woe, "columns") else train.columns
        found["iv"] = information(woe, columns, bad[~test])
    del woe  # what the card needs is not to be counted on top of a result kept
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    stage("card", contender.card)
    scores = np.asarray(stage("score", lambda: contender.score(everything)), float)
    found["over"] = max(over, memory("VmHWM") - before)
    contender.one(row)
    stage("one", lambda: [contender.one(row) for _ in range(5)])
    found["one"] = [value / 5 for value in found["one"]]
    found["nan"] = int(np.isnan(scores).sum())
    found["auc"] = auc(bad[test], np.nan_to_num(scores[test], nan=float(np.nanmean(scores))))
    if isinstance(contender, Ours):
        found["iv_alike"] = contender.plain_iv()
        stage("lazily", lambda: contender.lazily(options.path))
        single = contender.row()
        if single is not None:
            scorer, values = single
            stage("dict", lambda: [scorer(values) for _ in range(1000)])
            found["dict"] = [value / 1000 for value in found["dict"]]
    print("RESULT " + json.dumps(found))


if __name__ == "__main__":
    main()

"""The challenger's cross-validated AUC on real data: python benchmarks/challenger.py DATA [NAME ...]

DATA is a folder that holds NAME/NAME.parquet with a 0/1 column `bad`; sets that are absent are
skipped with a word. Repeated stratified 5-fold, seed 0; REPEATS=2 in the environment repeats it.
"""

import os
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold

from lishui_credit.scorecards.challenger import Challenger

# name: (file, columns dropped, numbers that are codes, AUC of the tuned reference)
SETS = {
    "german": ("german/german", [], [], 0.7802),
    "polish_year1": ("polish_bankruptcy/polish_year1", [], [], 0.9513),
    "hmeq": ("hmeq/hmeq", [], [], 0.9730),
    "heloc": ("heloc/heloc", [], [], 0.7979),
    "taiwan_default": ("taiwan_default/taiwan_default", ["id"], ["education", "marriage"], 0.7849),
    "gmsc": ("gmsc/gmsc", ["id"], [], 0.8662),
}


def measure(name: str, folder: Path, repeats: int) -> None:
    file, dropped, coded, reference = SETS[name]
    path = folder / f"{file}.parquet"
    if not path.exists():
        print(f"{name}: not there, skipped")
        return
    frame = pl.read_parquet(path).drop(dropped)
    y, X = frame["bad"].to_numpy(), frame.drop("bad")
    found, seconds, chosen = [], [], []
    for fit, held in RepeatedStratifiedKFold(n_splits=5, n_repeats=repeats, random_state=0).split(
        y, y
    ):
        began = time.process_time()
        model = Challenger(categorical=coded, unseen="ignore", n_jobs=1).fit(X[fit], y[fit])
        seconds.append(time.process_time() - began)
        bad = model.predict_proba(X[held])[:, 1]
        found.append((roc_auc_score(y[held], bad), brier_score_loss(y[held], bad)))
        chosen.append(f"{model.setting_} x {model.rounds_}")
    auc, brier = np.mean(found, axis=0)
    print(
        f"{name}: AUC {auc:.4f} (sd {np.std(found, axis=0, ddof=1)[0]:.4f}, reference"
        f" {reference:.4f}), Brier {brier:.4f}, {len(found)} folds, {np.mean(seconds):.1f} CPU s a"
        f" fit; {'; '.join(chosen[:5])}",
        flush=True,
    )


if __name__ == "__main__":
    for wanted in sys.argv[2:] or SETS:
        measure(wanted, Path(sys.argv[1]), int(os.environ.get("REPEATS", "1")))

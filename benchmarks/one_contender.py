"""One contender in a process of its own: the stages of `binning.py`, the folds and proofs of `suite.py`.

The protocol is a file: JSON with the contender's name, a seed, the special codes, and Parquet files.
Training rows have `bad` and the characteristics; test rows have no outcome. Chances of bad go to a
`.npy` beside the test file. Each answer is one line of JSON after the word RESULT.

    python benchmarks/one_contender.py folds job.json
    python benchmarks/one_contender.py stages optbinning frame.parquet --special
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import time
import warnings
from importlib import metadata
from pathlib import Path
from typing import Any

from contenders import CONTENDERS, Contender, Ours, auc
from proofs import proved

CODE = -999.0  # the special code of the synthetic frame


def took(work: Any) -> tuple[Any, list[float]]:
    """What a piece of work returns, and its wall and CPU seconds."""
    wall, cpu = time.perf_counter(), sum(os.times()[:4])
    with contextlib.redirect_stdout(io.StringIO()):
        result = work()
    return result, [time.perf_counter() - wall, sum(os.times()[:4]) - cpu]


def answer(found: dict[str, Any]) -> None:
    print("RESULT " + json.dumps(found), flush=True)


def made(job: dict[str, Any], train: Path, groups: list[int] | None = None) -> Contender:
    """The contender of a job, loaded, with its training rows."""
    import numpy as np

    maker = CONTENDERS[job["contender"]]
    frame, texts = read(train, maker.frames)
    bad = np.asarray(frame["bad"]).astype(np.int64)
    frame = frame.drop("bad") if maker.frames == "polars" else frame.drop(columns="bad")
    contender = maker(frame, bad, texts, job["codes"], job["seed"], groups)
    with contextlib.redirect_stdout(io.StringIO()):
        contender.load()
    return contender


def folds(job: dict[str, Any]) -> None:
    """Fit and predict fold by fold; the outcomes of the test rows are not here."""
    import numpy as np

    for fold in job["folds"]:
        contender = made(job, Path(fold["train"]), fold["groups"])
        _, fitted = took(contender.learn)
        test, _ = read(Path(fold["test"]), contender.frames)
        chance, scored = took(lambda c=contender, t=test: np.asarray(c.chance(t), float))
        np.save(Path(fold["test"]).with_suffix(".npy"), chance)
        answer(
            {"fold": fold["fold"], "fit": fitted, "score": scored, "cells": contender.cells()}
            | {"versions": versions()}
        )


def versions() -> dict[str, str]:
    """Of Python and of the libraries loaded that a figure may depend on."""
    names = (
        *("numpy", "scipy", "pandas", "polars", "scikit-learn", "lightgbm", "optbinning", "toad"),
        *("scorecardpy", "proscore", "interpret-core", "fasterrisk", "ortools", "statsmodels"),
    )
    found = {"python": platform.python_version()}
    for name in names:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def proofs(job: dict[str, Any]) -> None:
    """Everything in `proofs.py` that holds or does not."""

    def again(frame: Any, bad: Any, *, reasoned: bool = True) -> Contender:
        texts = texts_of(frame)
        contender = CONTENDERS[job["contender"]](frame, bad, texts, job["codes"], job["seed"])
        contender.reasoned = reasoned
        contender.load()
        contender.learn()
        return contender

    first = made(job, Path(job["train"]))
    with contextlib.redirect_stdout(io.StringIO()):
        first.learn()
        rows = list(proved(first, again))
    for row in rows:
        answer(row)


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


def texts_of(frame: Any) -> list[str]:
    """The columns of a frame that are no numbers."""
    if hasattr(frame, "iloc"):
        import pandas as pd

        return [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name])]
    return [name for name, dtype in frame.schema.items() if not dtype.is_numeric()]


def read(path: Path, kind: str) -> tuple[Any, list[str]]:
    """The frame as a contender takes it, and which columns are text."""
    if kind == "polars":
        import polars as pl

        frame = pl.read_parquet(path)
        return frame, texts_of(frame)
    import numpy as np
    import pandas as pd

    frame = pd.read_parquet(path)
    texts = texts_of(frame)
    for name in texts:  # plain objects with NaN: the form that every peer takes
        column = frame[name].astype(object)
        frame[name] = column.where(column.notna(), np.nan)
    return frame, texts


def stages(name: str, path: Path, special: bool) -> None:
    """Take the time and memory of each stage."""
    import numpy as np

    maker = CONTENDERS[name]
    frame, texts = read(path, maker.frames)
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
    codes = {name: [CODE] for name in names if name not in texts} if special else {}
    contender = maker(train, bad[~test], texts, codes)
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    before = memory("VmRSS")
    found: dict[str, Any] = {"before": before, "whole_card": maker.whole_card}

    def stage(name: str, work: Any) -> Any:
        result, found[name] = took(work)
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
        alike = contender.alike_woe()
        found["iv_alike"] = information(alike, alike.columns, contender.y)
        stage("lazily", lambda: contender.lazily(path))
        single = contender.row()
        if single is not None:
            scorer, values = single
            stage("dict", lambda: [scorer(values) for _ in range(1000)])
            found["dict"] = [value / 1000 for value in found["dict"]]
    answer(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", choices=("stages", "folds", "proofs"))
    parser.add_argument("what", help="a contender, or a job")
    parser.add_argument("path", type=Path, nargs="?")
    parser.add_argument("--special", action="store_true")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    if options.work == "stages":
        stages(options.what, options.path, options.special)
        return
    job = json.loads(Path(options.what).read_text(encoding="utf-8"))
    {"folds": folds, "proofs": proofs}[options.work](job)


if __name__ == "__main__":
    main()

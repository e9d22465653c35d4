"""What binning and scoring cost, beside every peer that installs and beside the floor.

In one run on one machine, each measurement in a process of its own: german (1,000 x 20), taiwan
(30,000 x 23) and big (480,000 x 40, synthetic, from `make480k.py`). 70 % of the rows, stratified,
are binned and fitted; all are scored from raw values; the AUC is that of the other 30 %.

bin     bins of every characteristic         woe     their weights on the training rows
fit     the whole card, bins included        score   every row, raw values to points
one     one row as a frame, the peer's way   memory  most memory over that of the loaded frame, the
                                                     contender's libraries included

Seconds are wall seconds (CPU seconds after the stroke), the best of the runs; `x` is how many times
ours a contender takes. `iv` sums the textbook information value of the groups of equal WoE, counted
afresh for every contender. Peers live in `.venv-peers` (`make peers`) and are skipped with a word
when absent. Optbinning keeps to the same limits as ours: rising or falling, 8 bins, 5 % a bin; it
starts from 20 pre-bins of a tree (`optbinning-64`: from 64). It knows no turn and draws no rate to
the mean, so the last lines compare its `iv`, column by column, with ours of `turn_p=0, smoothing=0`.
Trees of toad, proscore and scorecardpy are not monotone.

    python benchmarks/binning.py                       everything, three times
    python benchmarks/binning.py --quick               the two small frames, once
    python benchmarks/binning.py --data big --contenders ours floor optbinning --repeat 1
    python benchmarks/binning.py --oracle              writes tests/oracles/optbinning_iv.json
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from contenders import CONTENDERS

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "out/benchmarks"
PEERS = ROOT / ".venv-peers"
FRAMES = ("german", "taiwan", "big")
EVERYBODY = (
    *("ours", "ours-20", "floor", "lightgbm", "optbinning", "optbinning-64"),
    *("toad", "proscore", "scorecardpy"),
)
SLOW = {"optbinning-64", "scorecardpy"}  # minutes on the big frame; only when named


def prepare(name: str) -> Path:
    """Write the frame every contender reads: `bad`, `is_test`, then the characteristics."""
    import numpy as np
    import polars as pl
    from make480k import OUTPUT

    path = FOLDER / f"binning-{name}.parquet"
    source = {
        "german": ROOT / "data_samples/german_credit.parquet",
        "taiwan": ROOT / "data_samples/taiwan_default.parquet",
        "big": OUTPUT,
    }[name]
    if not source.exists():
        subprocess.run([sys.executable, str(ROOT / "benchmarks/make480k.py")], check=True)
    if path.exists() and path.stat().st_mtime > source.stat().st_mtime:
        return path
    frame = pl.read_parquet(source)
    if name == "taiwan":
        words = [
            pl.concat_str(pl.lit(f"{column}_"), pl.col(column)).alias(column)
            for column in ("sex", "education", "marriage")
        ]
        frame = frame.with_columns(words)
    draw = np.random.default_rng(0)
    test = np.zeros(frame.height, bool)
    for outcome in (0, 1):
        rows = np.flatnonzero(frame["bad"].to_numpy() == outcome)
        test[draw.permutation(rows)[: round(0.3 * len(rows))]] = True
    FOLDER.mkdir(parents=True, exist_ok=True)
    frame.insert_column(1, pl.Series("is_test", test)).write_parquet(path)
    return path


def interpreter(contender: str) -> Path | None:
    """The Python of a contender's environment, if there is one."""
    environment = CONTENDERS[contender].environment
    if not environment:
        return Path(sys.executable)
    path = PEERS / environment / "bin/python"
    return path if path.exists() else None


def measure(
    contender: str, path: Path, special: bool, options: argparse.Namespace
) -> dict[str, Any] | str:
    """Run a contender in a fresh process; what it measured, or why there is nothing."""
    words = [str(interpreter(contender)), str(ROOT / "benchmarks/one_contender.py"), "stages"]
    words += [contender, str(path), *(["--special"] if special else [])]
    room = os.environ | {
        "PYTHONPATH": os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(ROOT)]),
        "PYTHONWARNINGS": "ignore",
    }
    if options.blas_threads:
        room |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), options.blas_threads)
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, env=room, timeout=options.timeout
        )
    except subprocess.TimeoutExpired:
        return f"not done in {options.timeout:.0f} s"
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if done.returncode or not lines:
        last = [line for line in done.stderr.splitlines() if line.strip()]
        return f"failed: {last[-1] if last else done.returncode}"
    found: dict[str, Any] = json.loads(lines[-1].removeprefix("RESULT "))
    steps = ("card",) if found["whole_card"] else ("bin", "woe", "card")
    found["fit"] = [sum(found[step][part] for step in steps) for part in (0, 1)]
    return found


def best(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The least of every time and of memory over the runs; the rest from the first."""
    found = dict(runs[0])
    for key, value in found.items():
        if isinstance(value, list):
            found[key] = [min(run[key][part] for run in runs) for part in (0, 1)]
    found["over"] = min(run["over"] for run in runs)
    return found


def lines_of(name: str, results: dict[str, dict[str, Any]]) -> list[str]:
    """The table of one frame."""
    ours = results.get("ours")

    def seconds(row: dict[str, Any], key: str) -> str:
        return f"{row[key][0]:9.3f}/{row[key][1]:<8.3f}"

    def ratio(row: dict[str, Any], key: str) -> str:
        return f"{row[key][0] / ours[key][0]:7.2f}" if ours else f"{'-':>7}"

    head = f"{name:<14}{'import s':>9}  {'bin s/cpu':<18}{'x':>6}  {'woe s':>7}  {'fit s/cpu':<18}{'x':>6}"
    lines = [f"{head}  {'score s/cpu':<18}{'x':>6}{'one ms':>8}{'MB over':>8}{'AUC':>8}{'iv':>9}"]
    for contender, row in results.items():
        iv = f"{sum(row['iv'].values()):9.4f}" if "iv" in row else f"{'-':>9}"
        lines.append(
            f"{contender:<14}{row['import'][0]:9.2f}{seconds(row, 'bin')}{ratio(row, 'bin')}"
            f"{row['woe'][0]:9.3f}{seconds(row, 'fit')}{ratio(row, 'fit')}"
            f"{seconds(row, 'score')}{ratio(row, 'score')}{row['one'][0] * 1000:8.2f}"
            f"{row['over']:8.0f}{row['auc']:8.4f}{iv}"
            + (f"  {row['nan']} scores are NaN" if row["nan"] else "")
        )
    if ours:
        lines.append(f"ours, file scored lazily: {ours['lazily'][0]:.3f} s")
        if "dict" in ours:
            lines.append(f"ours, one dict by to_python(): {ours['dict'][0] * 1000:.4f} ms")
        lines += [
            compared(ours["iv_alike"], results[peer]["iv"], peer)
            for peer in ("optbinning", "optbinning-64")
            if peer in results
        ]
    return lines


def compared(ours: dict[str, float], theirs: dict[str, float], peer: str) -> str:
    """Where our information value is below a peer's, both by raw counts under the same limits."""
    below = {
        name: (ours[name], iv)
        for name, iv in theirs.items()
        if name in ours and ours[name] < iv - 1e-9
    }
    said = ", ".join(f"{name} {a:.4f} < {b:.4f}" for name, (a, b) in below.items())
    whole = f"{len(theirs) - len(below)} of {len(theirs)}"
    return f"like for like, iv at or above {peer}'s on {whole}; below: {said or 'none'}"


def oracle(minutes: float) -> None:
    """Have optbinning write what it reaches, in its own environment."""
    python = interpreter("optbinning")
    if python is None:
        sys.exit("optbinning is not there; run `make peers` first")
    script = ROOT / "benchmarks/optbinning_iv.py"
    subprocess.run([str(python), str(script), "--minutes", str(minutes)], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", choices=FRAMES, default=list(FRAMES))
    parser.add_argument("--contenders", nargs="+", choices=EVERYBODY)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--timeout", type=float, default=600.0, help="seconds for one measurement")
    parser.add_argument(
        "--blas-threads",
        help="1 where others use the machine: waiting threads of BLAS cost all else",
    )
    parser.add_argument("--quick", action="store_true", help="the two small frames, once")
    parser.add_argument("--oracle", action="store_true")
    parser.add_argument("--minutes", type=float, default=12.0, help="of --oracle for fine pre-bins")
    options = parser.parse_args()
    if options.oracle:
        oracle(options.minutes)
        return
    if options.quick:
        options.repeat = 1
        options.data = [name for name in options.data if name != "big"]
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    results: dict[str, dict[str, Any]] = {}
    for name in options.data:
        path = prepare(name)
        rows: dict[str, dict[str, Any]] = {}
        for contender in options.contenders or EVERYBODY:
            if interpreter(contender) is None:
                print(f"{contender}: skipped, no environment of its own (make peers)")
                continue
            if name == "big" and contender in SLOW and not options.contenders:
                print(f"{contender}: skipped on {name}, takes minutes; name it with --contenders")
                continue
            runs = []
            for _ in range(options.repeat):
                found = measure(contender, path, name == "big", options)
                if isinstance(found, str):
                    print(f"{contender}, {name}: {found}", flush=True)
                    break
                runs.append(found)
            if runs:
                rows[contender] = best(runs)
        results[name] = rows
        print("\n".join(lines_of(name, rows)), flush=True)
        (FOLDER / "binning.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()

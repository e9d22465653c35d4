"""The information value optbinning reaches on the shipped data, for a test to hold ours against.

Runs in optbinning's own environment (`make peers`), best through `benchmarks/binning.py --oracle`.
For every numeric column of the three published data sets: quantile pre-bins (at most 20, at most
64) made here, with the goods and bads in each; then optbinning's optimum over these pre-bins for a
rising, a falling, a peaked and a valley-shaped bad rate, with at most 8 bins of at least 5 % of the
rows that have a value, no smoothing. Rows without a value are left out of counts, shares and
totals, so that nothing but the grouping is compared.

Coarse pre-bins of every set come first, then fine ones, until the time is up; what was not reached
is listed under `not_computed`. FEASIBLE is a bound from below; UNKNOWN found nothing in its time.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import sys
import time
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FILES = {
    "german": "german_credit.parquet",
    "taiwan": "taiwan_default.parquet",
    "polish": "polish_year1.parquet",
}
NAMES = {"taiwan": {"sex", "education", "marriage"}}  # numbers that are names
SHAPES = ("ascending", "descending", "peak", "valley")
MAX_BINS, MIN_SHARE = 8, 0.05
SECONDS = {20: 20, 64: 20}  # the solver's, for one column and shape


def cut_points(values: Any, prebins: int) -> Any:
    """Quantiles that occur in the data, each the least value of the pre-bin above it."""
    import numpy as np

    levels = np.arange(1, prebins) / prebins
    cuts = np.unique(np.quantile(values, levels, method="higher"))
    return cuts[cuts > values.min()]


def counted(values: Any, bad: Any, cuts: Any) -> tuple[list[int], list[int]]:
    """Goods and bads of each pre-bin; a value equal to a cut point belongs above it."""
    import numpy as np

    place = np.searchsorted(cuts, values, side="right")
    bads = np.bincount(place, weights=bad, minlength=len(cuts) + 1).astype(int)
    rows = np.bincount(place, minlength=len(cuts) + 1)
    return (rows - bads).tolist(), bads.tolist()


def optimum(values: Any, bad: Any, cuts: Any, shape: str, seconds: int) -> dict[str, Any]:
    """What optbinning finds over the pre-bins."""
    from optbinning import OptimalBinning

    began = time.perf_counter()
    solver = OptimalBinning(
        "x",
        dtype="numerical",
        solver="cp",
        monotonic_trend=shape,
        max_n_bins=MAX_BINS,
        min_bin_size=MIN_SHARE,
        user_splits=cuts,
        time_limit=seconds,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        solver.fit(values, bad)
        table = solver.binning_table.build()
    found = {"status": solver.status, "seconds": round(time.perf_counter() - began, 2)}
    if solver.status in ("OPTIMAL", "FEASIBLE"):  # else its table is that of no cut at all
        found["iv"] = float(table.loc["Totals", "IV"])
        found["cuts"] = [float(cut) for cut in solver.splits]
    return found


def columns(name: str) -> dict[str, tuple[Any, Any]]:
    """The numeric columns of a set: their values without gaps, and the outcome of those rows."""
    import pandas as pd

    frame = pd.read_parquet(ROOT / "data_samples" / FILES[name])
    bad = frame.pop("bad").to_numpy(int)
    found = {}
    for column in frame.columns:
        if pd.api.types.is_numeric_dtype(frame[column]) and column not in NAMES.get(name, ()):
            values = frame[column].to_numpy(float)
            there = ~pd.isna(values)
            found[column] = (values[there], bad[there])
    return found


def compact(found: dict[str, Any]) -> str:
    """JSON with one line a column."""
    head = {key: value for key, value in found.items() if key != "sets"}
    lines = [json.dumps(head, indent=1, ensure_ascii=False)[:-2] + ',\n "sets": {']
    for number, (name, features) in enumerate(found["sets"].items()):
        rows = [f"   {json.dumps(key)}: {json.dumps(value)}" for key, value in features.items()]
        end = "," if number + 1 < len(found["sets"]) else ""
        lines.append(f"  {json.dumps(name)}: {{\n" + ",\n".join(rows) + f"\n  }}{end}")
    return "\n".join([*lines, " }", "}"]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=12.0, help="for the fine pre-bins")
    parser.add_argument("--output", type=Path, default=ROOT / "tests/oracles/optbinning_iv.json")
    options = parser.parse_args()
    data = {name: columns(name) for name in FILES}
    sets: dict[str, dict[str, Any]] = {name: {} for name in FILES}
    missed: dict[str, list[str]] = {}
    for prebins in (20, 64):
        began = time.perf_counter()
        for name, features in data.items():
            for column, (values, bad) in features.items():
                if prebins == 64 and time.perf_counter() - began > options.minutes * 60:
                    missed.setdefault(f"{name}, {prebins} pre-bins", []).append(column)
                    continue
                cuts = cut_points(values, prebins)
                if not len(cuts):
                    continue
                goods, bads = counted(values, bad, cuts)
                sets[name].setdefault(column, {})[str(prebins)] = {
                    "cuts": cuts.tolist(),
                    "goods": goods,
                    "bads": bads,
                    "found": {s: optimum(values, bad, cuts, s, SECONDS[prebins]) for s in SHAPES},
                }
            print(name, prebins, f"{time.perf_counter() - began:.0f} s", flush=True)
    packages = ("optbinning", "ortools", "numpy", "pandas")
    found = {
        "about": "Information values that optbinning reaches over the given pre-bins; a test oracle.",
        "command": f"make peers && python benchmarks/binning.py --oracle --minutes {options.minutes:g}",
        "versions": {"python": platform.python_version()}
        | {package: importlib.metadata.version(package) for package in packages},
        "constraints": {
            "max_bins": MAX_BINS,
            "min_share": MIN_SHARE,
            "of": "rows that have a value",
            "smoothing": 0,
            "pre-bins": "at most 20 and at most 64 quantiles; bin i holds cuts[i-1] <= x < cuts[i]",
            "ascending": "the bad rate rises with the value",
            "solver seconds, a column and shape": SECONDS,
        },
        "data": FILES,
        "not_computed": missed,
        "sets": sets,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(compact(found), encoding="utf-8")
    sys.stdout.write(f"{options.output}\n")


if __name__ == "__main__":
    main()

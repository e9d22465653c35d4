"""What a sweep of cut-offs costs beside the sort it cannot do without.

Synthetic loans, seeded: a score (a float with hardly a tie, or whole points of a card), outcomes
and amounts. Each measure runs in a process of its own, so that the peak of memory is its own; the
sort is timed there too, by numpy (order of the scores) and by polars (the frame by score). Ratios
are to numpy's. Memory is the peak while the work runs less what was held before (Linux only).

    python benchmarks/cutoffs.py                   480,000 and 10,000,000 rows
    python benchmarks/cutoffs.py --rows 480000
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

MEASURES = ("numpy sort", "polars sort", "sweep, no intervals", "sweep, 200 draws")


def loans(rows: int, kind: str, seed: int = 0) -> pl.DataFrame:
    """Loans whose odds double every 20 points, about 4 % bad."""
    rng = np.random.default_rng(seed)
    score = rng.normal(600, 40, rows)
    bad = rng.random(rows) < 1 / (1 + 40 * 2 ** ((score - 600) / 20))
    amount = rng.integers(10, 1_000, rows) * 100_000
    if kind == "points":
        score = score.round().astype(np.int64)
    return pl.DataFrame({"score": score, "bad": bad.astype(np.int8), "amount_fen": amount})


def memory(line: str) -> float:
    """VmRSS (held now) or VmHWM (most held since the last reset) of this process, in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(row.split()[1]) for row in status.splitlines() if row.startswith(line)) / 1024


def measured(rows: int, kind: str, measure: str) -> dict[str, Any]:
    """Seconds (best of three) and the rise of the peak, in MB."""
    from lishui_credit.cutoffs import book, sweep
    from lishui_credit.pricing import Terms

    held = book(loans(rows, kind))
    terms = Terms(rate_bp=800, funding_bp=300, operating_fen=20_000, recovery_months=18)
    sweep(book(loans(1_000, kind)), terms)  # what is loaded once
    work: dict[str, Callable[[], object]] = {
        "numpy sort": lambda: np.argsort(held.frame["score"].to_numpy()),
        "polars sort": lambda: held.frame.sort("score"),
        "sweep, no intervals": lambda: sweep(held, terms, repeats=0),
        "sweep, 200 draws": lambda: sweep(held, terms),
    }
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak so far
    before, seconds = memory("VmRSS"), []
    for _ in range(3):
        began = time.perf_counter()
        work[measure]()
        seconds.append(time.perf_counter() - began)
    return {"seconds": min(seconds), "megabytes": memory("VmHWM") - before}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[480_000, 10_000_000])
    parser.add_argument("--one", nargs=2, metavar=("KIND", "MEASURE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measured(options.rows[0], *options.one)))
        return
    print(f"{'rows':>12} {'score':<8}{'measure':<22}{'seconds':>9}{'ratio':>8}{'peak MB':>9}")
    for rows in options.rows:
        for kind in ("float", "points"):
            base = 0.0
            for measure in MEASURES:
                command = [sys.executable, __file__, "--rows", str(rows), "--one", kind, measure]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                found = json.loads(done.stdout)
                base = base or found["seconds"]
                print(
                    f"{rows:>12,} {kind:<8}{measure:<22}{found['seconds']:>9.3f}"
                    f"{found['seconds'] / base:>8.2f}{found['megabytes']:>9.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()

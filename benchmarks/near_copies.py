"""How long a search for near copies takes, and what it finds.

On made rows (SYNTHETIC): two thirds of the columns lognormal amounts, the rest counts of eight values;
one row in ten is a copy whose amounts are moved by up to 3 %, with the outcome of its original. Beside it
the fit of a scorecard on the same rows, with the search and without.

    python benchmarks/near_copies.py                     150,000 x 10 and 480,000 x 40
    python benchmarks/near_copies.py --rows 150000 --columns 10
    python benchmarks/near_copies.py --file some.parquet --target bad
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable

import numpy as np
import polars as pl

from lishui_credit.scorecards import Scorecard, near_copies
from lishui_credit.scorecards.folds import split


def made(rows: int, columns: int, seed: int = 0) -> tuple[pl.DataFrame, np.ndarray]:
    """Rows with copies among them, and their outcomes."""
    rng = np.random.default_rng(seed)
    amounts, first = columns * 2 // 3, rows * 9 // 10
    table = {f"amount{k}": rng.lognormal(8, 1, first) for k in range(amounts)}
    table |= {f"count{k}": rng.integers(0, 8, first) for k in range(columns - amounts)}
    frame = pl.DataFrame(table)
    line = np.log(table["amount0"]) - 8 + 0.2 * table["count0"] - 3
    bad = rng.random(first) < 1 / (1 + np.exp(-line))
    origin = rng.integers(0, first, rows - first)
    copies = frame[origin].with_columns(
        pl.col(name) * pl.Series(rng.uniform(0.97, 1.03, len(origin)))
        for name in frame.columns[:amounts]
    )
    return pl.concat([frame, copies]), np.concatenate([bad, bad[origin]]).astype(np.int8)


def clocked(name: str, work: Callable[[], object]) -> None:
    """Print wall and processor seconds of a piece of work."""
    wall, used = time.perf_counter(), time.process_time()
    found = work()
    print(
        f"  {name}: {time.perf_counter() - wall:.2f} s wall, {time.process_time() - used:.2f} s used"
    )
    if found is not None:
        print(f"    {found}")


def measured(title: str, frame: pl.DataFrame, bad: np.ndarray) -> None:
    """Print what a search, folds of its groups and a fit take."""
    print(f"{title}: {frame.height:,} x {frame.width}")
    near_copies(frame.head(1000))  # imports
    kept = []
    clocked("search", lambda: kept.append(near_copies(frame, bad)) or kept[0])
    clocked("five folds of its groups", lambda: split(bad, folds=5, groups=kept[0].groups) and None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clocked("fit without", lambda: Scorecard(faults="off").fit(frame, bad) and None)
        clocked("fit with", lambda: Scorecard().fit(frame, bad) and None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int)
    parser.add_argument("--columns", type=int, default=10)
    parser.add_argument("--file")
    parser.add_argument("--target", default="bad")
    options = parser.parse_args()
    if options.file:
        frame = pl.read_parquet(options.file)
        measured(options.file, frame.drop(options.target), frame[options.target].to_numpy())
        return
    sizes = [(options.rows, options.columns)] if options.rows else [(150_000, 10), (480_000, 40)]
    for rows, columns in sizes:
        measured("SYNTHETIC", *made(rows, columns))


if __name__ == "__main__":
    main()

"""How long points fitted jointly take: an additive card, one with crossed tables, and six resamples of its pairs.

On made rows (SYNTHETIC): normal columns of which six count, one of them bent, and two pairs. `--big` takes
the 480,000 x 40 rows of `make480k.py` instead. One thread; seconds by the clock and of the processor.

    python benchmarks/joint_points.py                          150,000 x 10
    python benchmarks/joint_points.py --rows 20000 --columns 20
    python benchmarks/joint_points.py --big                    480,000 x 40
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from lishui_credit.scorecards import BinningProcess, JointPoints, Scorecard, pair_stability
from lishui_credit.scorecards.protected import protected_as

ROOT = Path(__file__).resolve().parents[1]


def made(rows: int, columns: int, seed: int = 0) -> tuple[pl.DataFrame, np.ndarray]:
    """Rows, and their outcomes."""
    draw = np.random.default_rng(seed)
    values = draw.normal(size=(rows, columns)).round(3)
    line = -1.5 + 0.3 * values[:, :6].sum(axis=1) + 0.2 * values[:, 0] ** 2
    line += 0.5 * values[:, 1] * values[:, 2] + 0.3 * values[:, 3] * values[:, 4]
    frame = pl.DataFrame({f"x{place}": values[:, place] for place in range(columns)})
    return frame, (draw.random(rows) < 1 / (1 + np.exp(-line))).astype(np.int8)


def big() -> tuple[pl.DataFrame, np.ndarray, dict[str, list[float]]]:
    """The synthetic frame of 480,000 x 40, its outcomes and its special codes."""
    from make480k import OUTPUT, SPECIAL

    if not OUTPUT.exists():
        subprocess.run([sys.executable, str(ROOT / "benchmarks/make480k.py")], check=True)
    frame = pl.read_parquet(OUTPUT)
    codes = {name: [code] for name, code in SPECIAL.items()}
    return frame.drop("bad", "chance", strict=False), frame["bad"].to_numpy(), codes


def clocked(name: str, work: Callable[[], Any]) -> Any:
    """Do a piece of work and print its seconds."""
    wall, used = time.perf_counter(), time.process_time()
    found = work()
    wall, used = time.perf_counter() - wall, time.process_time() - used
    print(f"  {name}: {wall:.1f} s by the clock, {used:.1f} s of the processor", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=150_000)
    parser.add_argument("--columns", type=int, default=10)
    parser.add_argument("--big", action="store_true")
    options = parser.parse_args()
    codes: dict[str, list[float]] | None = None
    if options.big:
        frame, bad, codes = big()
    else:
        frame, bad = made(options.rows, options.columns)
    print(f"SYNTHETIC: {frame.height:,} x {frame.width}")
    names = {name: "timing on made rows" for name in frame.columns if protected_as(name)}
    process = BinningProcess(special_codes=codes)
    for said, points in (
        ("weights of evidence", None),
        ("additive", JointPoints(crossed=0)),
        ("with crossed tables", JointPoints()),
    ):
        model = Scorecard(process, points=points, protected=names, faults="off")
        clocked(said, lambda model=model: model.fit(frame, bad))
    tables = ", ".join(table.name for table in model.card_.crossed)
    print(f"  {len(model.features_)} characteristics; crossed: {tables}")
    found = clocked("six resamples", lambda: pair_stability(model, frame, bad, resamples=6))
    print(f"  {len(found.kept)} pairs in half of them or more")


if __name__ == "__main__":
    main()

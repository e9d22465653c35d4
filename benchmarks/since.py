"""What `grade --since` costs beside a full run, where one subject of a hundred changed.

Households: an income of 1 of 100, total assets of every second of these. Taxpayers: 1 of 70 has the
first of its events turned exempt or not, 1 of 500 another flag. Both runs are the whole command, each in
a process of its own, by turns; their rows must be the same. Told are the least processor seconds, the
wall seconds and the peak memory of that run. All subjects are synthetic.

    python benchmarks/since.py                        1 and 5 million rows, households and tax credit
    python benchmarks/since.py --rows 480000 --jobs tax --repeat 3
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path

import grade as grading
from scale import JOBS, timed

OTHER = "changed"


def changed(job: str, rows: int, folder: Path) -> tuple[dict[str, Path], dict[str, Path]]:
    """Make the inputs of both runs once, and return their paths."""
    import polars as pl

    then = grading.make(JOBS[job], rows, folder)
    now = {
        role: path if role == "bases" else path.with_stem(f"{path.stem}-{OTHER}")
        for role, path in then.items()
    }
    if all(path.exists() for path in now.values()):
        return then, now
    place = pl.int_range(pl.len())
    if job == "household":
        income, assets = pl.col("net_income"), pl.col("total_assets")
        cells = [
            pl.when(place % 100 == 7).then(income + income // 10 + 1).otherwise(income),
            pl.when(place % 200 == 7).then(assets * 2).otherwise(assets),
        ]
    else:
        books = pl.col("books_not_in_order")
        cells = [pl.when(place % 500 == 3).then(~books).otherwise(books)]
        few = pl.scan_parquet(then["subjects"]).filter(place % 70 == 7).select("uscc").collect()
        events = pl.read_parquet(then["events"])
        theirs = pl.col("uscc").is_in(few["uscc"].implode()) & pl.col("uscc").is_first_distinct()
        exempt = pl.col("exempt").fill_null(False)
        events.with_columns(
            pl.when(theirs).then(~exempt).otherwise("exempt").alias("exempt")
        ).write_parquet(now["events"], row_group_size=grading.CHUNK)
    subjects = pl.read_parquet(then["subjects"]).with_columns(cells)
    subjects.write_parquet(now["subjects"], row_group_size=grading.CHUNK)
    return then, now


def child(job: str, task: str, rows: int, folder: Path) -> None:
    """Run one task in this process and print what it took."""
    import pydantic.dataclasses

    from lishui_credit.commands import engine
    from lishui_credit.rubrics.grade_files import grade
    from lishui_credit.rubrics.law.catalog import rubric

    assert pydantic.dataclasses
    engine.set_up()
    on, period = grading.DAYS[JOBS[job]]
    then, now = changed(job, rows, folder)
    earlier, output = folder / f"earlier-{job}-{rows}.parquet", folder / f"{task}-{job}.parquet"
    found: list[object] = []
    files = dict(then if task == "earlier" else now)
    with timed() as took:
        grade(
            rubric(JOBS[job], on=on),
            files.pop("subjects"),
            earlier if task == "earlier" else output,
            period=period,
            since=earlier if task == "since" else None,
            fingerprints=task == "earlier" and "events" in files,
            regraded=found.append,
            **files,
        )
    took["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"\nresult {json.dumps({**took, 'said': str(found)})}")


def run(job: str, task: str, rows: int, folder: Path) -> dict[str, float]:
    """Run one task in a process of its own and return what it took."""
    words = [sys.executable, __file__, "--folder", str(folder), "--child", job, task, str(rows)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    line = next(line for line in done.stdout.splitlines() if line.startswith("result "))
    told: dict[str, float] = json.loads(line.removeprefix("result "))
    return told


def main() -> None:
    """Measure and print one line per job and number of rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 5_000_000])
    parser.add_argument("--jobs", nargs="+", default=["household", "tax"])
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path("out/benchmarks"))
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        job, task, rows = options.child
        child(job, task, int(rows), options.folder)
        return
    import polars as pl

    print("| job | rows | run | processor s | of a full run | wall s | peak GiB |")
    print("|---|---:|---|---:|---:|---:|---:|")
    for rows in options.rows:
        for job in options.jobs:
            run(job, "earlier", rows, options.folder)
            best: dict[str, dict[str, float]] = {}
            for _ in range(options.repeat):
                for task in ("full", "since"):
                    took = run(job, task, rows, options.folder)
                    if task not in best or took["cpu"] < best[task]["cpu"]:
                        best[task] = took
            one, other = (
                pl.scan_parquet(options.folder / f"{task}-{job}.parquet") for task in best
            )
            for start in range(0, rows, grading.CHUNK):
                assert (
                    one.slice(start, grading.CHUNK)
                    .collect()
                    .equals(other.slice(start, grading.CHUNK).collect())
                )
            for task, took in best.items():
                share = took["cpu"] / best["full"]["cpu"]
                print(
                    f"| {job} | {rows:,} | {task} | {took['cpu']:.2f} | {share:.2f} "
                    f"| {took['wall']:.1f} | {took['peak']:.2f} |",
                    flush=True,
                )
            print(f"{best['since']['said']}", file=sys.stderr)


if __name__ == "__main__":
    main()

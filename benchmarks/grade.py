"""What grading costs, against the floor of only reading and writing.

For each rubric and size, in one run on the same machine, each in a process of its own:

floor   polars reads the same Parquet, events too, and writes an output of the same columns and
        widths
engine  `evaluate` on the scanned Parquet, streamed to Parquet
grade   the whole command: read, check every cell, hash inputs, grade, write, manifest

Wall seconds after import, peak memory of the process, and ratios to the floor; the best of several
runs. All subjects are synthetic.

    python benchmarks/grade.py                        480,000 and 10,000,000 subjects, four rubrics
    python benchmarks/grade.py --rows 480000 --rubrics tax-credit --repeat 3
    python benchmarks/grade.py --rows 480000 --csv    inputs as CSV, all text
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

CHUNK = 500_000
RUBRICS = ("farmer-household", "small-enterprise", "environment-credit", "tax-credit")
DAYS = {
    "farmer-household": ("2016-06-30", None),
    "small-enterprise": ("2016-06-30", None),
    "environment-credit": ("2016-03-31", 2015),
    "tax-credit": ("2019-04-30", 2018),
}


def make(name: str, rows: int, folder: Path) -> dict[str, Path]:
    """Write the synthetic inputs of one rubric, chunk by chunk, and return their paths."""
    import pyarrow.parquet as pq

    from lishui_credit.samples import enterprises, environment, households, tax

    folder.mkdir(parents=True, exist_ok=True)
    # Another generator makes other rows: its fingerprint is part of the name.
    makers_text = b"".join(
        path.read_bytes() for path in sorted(Path(households.__file__).parent.glob("*.py"))
    )
    stem = f"{name}-{rows}-{hashlib.sha256(makers_text).hexdigest()[:8]}"
    paths = {"subjects": folder / f"{stem}.parquet"}
    if name == "farmer-household":
        paths["bases"] = folder / "bases.csv"
        households.county_bases(2015).write_csv(paths["bases"])
    if name == "tax-credit":
        paths["events"] = folder / f"{stem}-events.parquet"
    if all(path.exists() for path in paths.values()):
        return paths
    makers: dict[str, Callable[[int, int], pl.DataFrame]] = {
        "farmer-household": lambda n, start: households.households(n, start=start),
        "small-enterprise": lambda n, start: enterprises.small_enterprises(n, start=start),
        "environment-credit": lambda n, start: environment.environmental_records(n, start=start),
        "tax-credit": lambda n, start: tax.enterprises(n, year=2018, start=start),
    }
    writers: dict[str, pq.ParquetWriter] = {}
    for start in range(0, rows, CHUNK):
        frame = makers[name](min(CHUNK, rows - start), start)
        parts = {"subjects": frame}
        if name == "tax-credit":
            parts["events"] = tax.tax_events(frame, year=2018)
        for role, part in parts.items():
            table = part.to_arrow()
            if role not in writers:
                writers[role] = pq.ParquetWriter(paths[role], table.schema, compression="zstd")
            writers[role].write_table(table.cast(writers[role].schema))
    for writer in writers.values():
        writer.close()
    return paths


def as_csv(paths: dict[str, Path]) -> dict[str, Path]:
    """Write the inputs as CSV once, and return their paths."""
    import polars as pl

    written = {role: path.with_suffix(".csv") for role, path in paths.items()}
    for role, path in paths.items():
        if not written[role].exists():
            pl.scan_parquet(path).sink_csv(written[role])
    return written


def scan(path: Path) -> pl.LazyFrame:
    """Scan one input as polars alone would."""
    import polars as pl

    return pl.scan_parquet(path) if path.suffix == ".parquet" else pl.scan_csv(path)


def floor(name: str, paths: dict[str, Path], output: Path) -> None:
    """Read the inputs and write an output as wide as the graded one, computing nothing."""
    import polars as pl

    if "events" in paths:  # decoded, and let go
        scan(paths["events"]).select(pl.all().null_count()).collect(engine="streaming")
    shape = json.loads((output.parent / f"{name}.schema.json").read_text())
    frame = scan(paths["subjects"])
    kinds = frame.collect_schema()
    whole = next(c for c, kind in kinds.items() if kind == pl.Int64)
    text = next(c for c, kind in kinds.items() if kind == pl.String)
    same = [column for column in shape if column in kinds]
    other = [column for column in shape if column not in kinds]
    filled = [
        (pl.col(text) if shape[c] == "String" else pl.col(whole).cast(pl.Int32)).alias(c)
        for c in other
    ]
    # As the command writes: a higher level would flatter the ratio.
    frame.select(*same, *filled).sink_parquet(output, compression_level=1)


def evaluation(name: str, paths: dict[str, Path], output: Path) -> None:
    """Evaluate the conformed scan and stream it to Parquet."""
    from lishui_credit.rubrics.engine.evaluate import evaluate
    from lishui_credit.rubrics.intake import intake
    from lishui_credit.rubrics.law.catalog import rubric

    on, period = DAYS[name]
    found = rubric(name, on=on)
    taken = intake(
        found,
        paths["subjects"],
        events=paths.get("events"),
        bases=paths.get("bases"),
        period=period,
    )
    began = time.perf_counter()
    result = evaluate(taken.subjects, found, events=taken.events, period=period)
    result.frame.sink_parquet(output)
    print(f"inner {time.perf_counter() - began}")


def grade(name: str, paths: dict[str, Path], output: Path) -> None:
    """Run the whole command."""
    from lishui_credit.rubrics.grade_files import grade as grade_file
    from lishui_credit.rubrics.law.catalog import rubric

    on, period = DAYS[name]
    grade_file(
        rubric(name, on=on),
        paths["subjects"],
        output,
        events=paths.get("events"),
        bases=paths.get("bases"),
        period=period,
    )


def child(task: str, name: str, rows: int, folder: Path, *, csv: bool) -> None:
    """Run one task in this process and print its wall seconds and peak memory."""
    import polars as pl
    import pydantic.dataclasses  # put off by pydantic until its first use, yet an import

    import lishui_credit.rubrics.grade_files
    from lishui_credit.commands import engine

    assert lishui_credit.rubrics.grade_files
    assert pydantic.dataclasses
    engine.set_up()  # as the command line does, and for the floor too
    paths = make(name, rows, folder)
    paths = as_csv(paths) if csv else paths
    if task == "make":
        return
    output = folder / f"out-{task}.parquet"
    began = time.perf_counter()
    {"floor": floor, "engine": evaluation, "grade": grade}[task](name, paths, output)
    wall = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if task == "grade":
        kinds = pl.read_parquet_schema(output)
        shape = {column: str(kind) for column, kind in kinds.items()}
        (folder / f"{name}.schema.json").write_text(json.dumps(shape))
    print(f"wall {wall}\npeak {peak}")


def run(task: str, name: str, rows: int, folder: Path, *, csv: bool) -> str:
    """Run one task in a fresh process and return what it printed.

    A process inherits the peak memory of the one that starts it, so inputs are made in one too.
    """
    words = [sys.executable, __file__, "--child", task, name, str(rows), "--folder", str(folder)]
    words += ["--csv"] if csv else []
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def measure(task: str, name: str, rows: int, folder: Path, *, csv: bool) -> dict[str, float]:
    """Run one task in a fresh process and read its wall seconds and peak memory."""
    lines = [line.split() for line in run(task, name, rows, folder, csv=csv).splitlines()]
    found = {line[0]: float(line[1]) for line in lines if len(line) == 2}
    found["wall"] = found.get("inner", found["wall"])
    return found


def main() -> None:
    """Measure and print one line per rubric and size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[480_000, 10_000_000])
    parser.add_argument("--rubrics", nargs="+", default=list(RUBRICS))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("out/benchmarks"))
    parser.add_argument("--csv", action="store_true", help="inputs as CSV")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        task, name, rows = options.child
        child(task, name, int(rows), options.folder, csv=options.csv)
        return
    import polars as pl

    print(
        f"Python {platform.python_version()}, polars {pl.__version__}, {pl.thread_pool_size()} threads"
    )
    print(f"{'rubric':<20}{'rows':>12}  {'task':<7}{'wall s':>8}{'x floor':>9}{'peak MB':>9}")
    for rows in options.rows:
        for name in options.rubrics:
            run("make", name, rows, options.folder, csv=options.csv)
            # warms the file cache, leaves the schema
            measure("grade", name, rows, options.folder, csv=options.csv)
            best: dict[str, dict[str, float]] = {}
            for _ in range(options.repeat):
                for task in ("floor", "engine", "grade"):
                    found = measure(task, name, rows, options.folder, csv=options.csv)
                    if task not in best or found["wall"] < best[task]["wall"]:
                        best[task] = found
            for task, found in best.items():
                ratio = found["wall"] / best["floor"]["wall"]
                print(
                    f"{name:<20}{rows:>12,}  {task:<7}{found['wall']:>8.2f}{ratio:>9.2f}"
                    f"{found['peak']:>9.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()

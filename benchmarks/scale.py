"""How the cost of a result grows with its rows, engine by engine, and what that asks of machines.

Jobs: households and tax credit with its events, graded; the shipped German card, scored. Engines:

floor   polars reads the same Parquet and writes an output of the same columns and widths
polars  the expressions of the rubric or card, streamed from Parquet to Parquet
grade   the whole command: cells checked, inputs hashed, manifest; not of the card
duckdb  the printed SQL, from Parquet to Parquet
folder  the whole command with --engine duckdb: rows checked, a folder and its manifest; not of the card
spark   the printed SQL on all cores of this machine, from Parquet to Parquet

Each cell (job, engine, rows) runs in a process of its own. What is kept of it: wall and processor
seconds of the work alone, imports and the start of an engine apart; the most memory that the process
and all its children had together (resident, read every 50 ms); bytes read and written. Cells that
stand in the results file are not measured again, so a run may be cut off and taken up. All subjects
are synthetic, but for the cells of the German sample, drawn anew for each row.

    python benchmarks/scale.py                                  480,000, 5, 20 and 50 million rows
    python benchmarks/scale.py --rows 480000 --jobs tax --engines floor grade
    python benchmarks/scale.py --group 5000000                  inputs in row groups of that many rows
    python benchmarks/scale.py --show                           slopes, and the plan they lead to
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grade as grading

if TYPE_CHECKING:
    import polars as pl

ROWS = (480_000, 5_000_000, 20_000_000, 50_000_000)
JOBS = {"household": "farmer-household", "tax": "tax-credit", "card": "german/1"}
ENGINES = ("floor", "polars", "grade", "duckdb", "folder", "spark")
WHOLE = ("grade", "folder")  # commands that a card does not have
MEMORY = "6g"  # of the engines that ask how much they may take
PLANNED = {"Zhejiang, 65 million": 65_000_000, "China, 1.4 billion": 1_400_000_000}
PARTITION = 128 * 2**20  # bytes of input that one task reads, Spark's default
MACHINE = (16, 64)  # cores and GiB of a machine of the plan
HOURS = 1.0  # in which the plan is to be done
MODELS = Path(__file__).resolve().parents[1] / "models"


# ---- inputs -----------------------------------------------------------------------------------


def inputs(job: str, rows: int, folder: Path, group: int) -> dict[str, Path]:
    """Make the inputs of a job once, and return their paths."""
    if job == "card":
        found = {"subjects": _applicants(rows, folder)}
    else:
        found = grading.make(JOBS[job], rows, folder)
    if group:
        found = {
            role: path if path.suffix == ".csv" else _regrouped(path, group)
            for role, path in found.items()
        }
    return found


def conformed(job: str, paths: dict[str, Path], group: int) -> dict[str, Path]:
    """Write once what `intake` reads of the inputs, bases joined: other engines take it as it is."""
    if job == "card":
        return paths
    made = {
        role: path.with_name(f"{path.stem}-conformed.parquet")
        for role, path in paths.items()
        if role != "bases"
    }
    if not all(path.exists() for path in made.values()):
        from lishui_credit.rubrics.intake import intake

        found, period = _rubric(job)
        taken = intake(
            found,
            paths["subjects"],
            events=paths.get("events"),
            bases=paths.get("bases"),
            period=period,
        )
        assert taken.rejected.is_empty()
        for role, frame in (("subjects", taken.subjects), ("events", taken.events)):
            if frame is not None:
                frame.sink_parquet(made[role], row_group_size=group or grading.CHUNK)
    return made


def _applicants(rows: int, folder: Path) -> Path:
    """Applicants whose every cell is one of the German sample's."""
    import polars as pl
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"card-{rows}.parquet"
    if path.exists():
        return path
    sample = pl.read_parquet(MODELS.parent / "data_samples" / "german_credit.parquet").drop("bad")
    draft, writer = path.with_suffix(".draft"), None
    for start in range(0, rows, grading.CHUNK):
        size = min(grading.CHUNK, rows - start)
        cells = [
            sample[name].sample(size, with_replacement=True, seed=start + place)
            for place, name in enumerate(sample.columns)
        ]
        ids = pl.Series("applicant", range(start, start + size), dtype=pl.Int64)
        table = pl.DataFrame([ids, *cells]).to_arrow()
        writer = writer or pq.ParquetWriter(draft, table.schema, compression="zstd")
        writer.write_table(table)
    if writer is not None:
        writer.close()
    draft.rename(path)
    return path


def _regrouped(path: Path, group: int) -> Path:
    """Return the same rows in row groups of a size, written batch by batch."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    made = path.with_name(f"{path.stem}-group{group}.parquet")
    if made.exists():
        return made
    source, draft = pq.ParquetFile(path), made.with_suffix(".draft")
    with pq.ParquetWriter(draft, source.schema_arrow, compression="zstd") as writer:
        held: list[pa.RecordBatch] = []
        for batch in source.iter_batches(batch_size=250_000):
            held.append(batch)
            if sum(map(len, held)) >= group:
                writer.write_table(pa.Table.from_batches(held), row_group_size=group)
                held = []
        if held:
            writer.write_table(pa.Table.from_batches(held), row_group_size=group)
    draft.rename(made)
    return made


@contextlib.contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Yield what will hold the wall and processor seconds of the block."""
    took: dict[str, float] = {}
    spent, began = time.process_time(), time.perf_counter()
    yield took
    took |= {"wall": time.perf_counter() - began, "cpu": time.process_time() - spent}


# ---- the work of a cell -----------------------------------------------------------------------


def _rubric(job: str) -> tuple[Any, int | None]:
    from lishui_credit.rubrics.law.catalog import rubric

    on, period = grading.DAYS[JOBS[job]]
    return rubric(JOBS[job], on=on), period


def _card() -> Any:
    from lishui_credit.scorecards import Scorecard

    text = (MODELS / JOBS["card"] / "scorecard.json").read_text(encoding="utf-8")
    return Scorecard.from_json(text).card


def _scored(paths: dict[str, Path]) -> pl.LazyFrame:
    import polars as pl

    return pl.scan_parquet(paths["subjects"]).select("applicant", _card().expr())


def floor(job: str, paths: dict[str, Path], output: Path) -> None:
    """Read the inputs and write an output as wide, computing nothing."""
    if job != "card":
        grading.floor(JOBS[job], paths, output)
        return
    import polars as pl

    read = pl.scan_parquet(paths["subjects"]).select("applicant", *_card().columns)
    same = pl.any_horizontal(pl.exclude("applicant").is_null()).cast(pl.Int32).alias("score")
    read.select("applicant", same).sink_parquet(output, compression_level=1)


def in_polars(job: str, paths: dict[str, Path], output: Path) -> dict[str, float]:
    """Stream the result to Parquet; return what that alone took."""
    import polars as pl

    if job == "card":
        with timed() as took:
            _scored(paths).sink_parquet(output, compression_level=1)
        return took
    from lishui_credit.rubrics.engine.evaluate import evaluate

    found, period = _rubric(job)
    frames = {role: pl.scan_parquet(path) for role, path in paths.items()}
    if "events" in frames:  # both stand in the order of their ids, as `intake` would find
        frames = {role: frame.set_sorted(found.subject_id) for role, frame in frames.items()}
    with timed() as took:
        result = evaluate(
            frames["subjects"],
            found,
            events=frames.get("events"),
            events_in_order=True,
            period=period,
        )
        result.frame.sink_parquet(output, compression_level=1)
    return took


def in_duckdb(job: str, paths: dict[str, Path], output: Path) -> dict[str, float]:
    """Have DuckDB run the printed SQL."""
    import duckdb

    from lishui_credit.rubrics.engine.evaluate import evaluate

    with duckdb.connect() as engine:
        engine.sql(f"SET memory_limit = '{MEMORY.replace('g', 'GB')}'")
        raw = engine.read_parquet(str(paths["subjects"]))
        engine.sql("SET preserve_insertion_order = false")
        if job == "card":
            from lishui_credit.scorecards import to_sql

            raw.create_view("subjects")
            made = engine.sql(to_sql(_card(), "duckdb", key="applicant"))
        else:
            found, period = _rubric(job)
            events = engine.read_parquet(str(paths["events"])) if "events" in paths else None
            made = evaluate(raw, found, events=events, period=period).frame
        with timed() as took:
            made.write_parquet(str(output), compression="zstd")
    return took


def in_spark(job: str, paths: dict[str, Path], output: Path) -> dict[str, float]:
    """Have Spark run the printed SQL on all cores here."""
    from pyspark.sql import SparkSession

    from lishui_credit.rubrics.engine.evaluate import evaluate

    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "4g",
        "spark.sql.shuffle.partitions": "64",
        "spark.sql.parquet.compression.codec": "zstd",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
    }
    log = tempfile.TemporaryDirectory()
    settings["spark.eventLog.dir"] = f"file://{log.name}"
    builder = SparkSession.builder.master("local[*]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    engine = builder.getOrCreate()
    engine.sparkContext.setLogLevel("ERROR")
    raw = engine.read.parquet(str(paths["subjects"]))
    if job == "card":
        from lishui_credit.scorecards import to_sql

        raw.createOrReplaceTempView("subjects")
        made = engine.sql(to_sql(_card(), "spark", key="applicant"))
    else:
        found, period = _rubric(job)
        events = engine.read.parquet(str(paths["events"])) if "events" in paths else None
        made = evaluate(raw, found, events=events, period=period).frame
    began = time.perf_counter()
    made.write.mode("overwrite").parquet(str(output))
    wall = time.perf_counter() - began
    engine.stop()
    with log:
        return {"wall": wall, **_logged(Path(log.name))}


def _logged(folder: Path) -> dict[str, float]:
    """Return the processor seconds and shuffled bytes that Spark's tasks report in its log."""
    cpu, shuffle = 0.0, 0
    for path in folder.iterdir():
        for line in path.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            if told["Event"] == "SparkListenerTaskEnd" and (task := told.get("Task Metrics")):
                cpu += task["Executor CPU Time"] / 1e9
                shuffle += task["Shuffle Write Metrics"]["Shuffle Bytes Written"]
    return {"cpu": cpu, "shuffle": shuffle}


def whole(job: str, paths: dict[str, Path], output: Path) -> None:
    """Run the whole command."""
    grading.grade(JOBS[job], paths, output)


def in_folder(job: str, paths: dict[str, Path], output: Path) -> None:
    """Run the whole command in DuckDB."""
    from lishui_credit.rubrics.grade_folders import grade_folder

    found, period = _rubric(job)
    grade_folder(
        found, paths["subjects"], output, engine="duckdb", events=paths.get("events"), period=period
    )


def child(job: str, engine: str, paths: dict[str, Path], room: Path) -> None:
    """Do the work of one cell in this process and print what it took."""
    import pydantic.dataclasses

    import lishui_credit.rubrics.grade_files
    from lishui_credit.commands import engine as setting

    assert pydantic.dataclasses
    assert lishui_credit.rubrics.grade_files
    setting.set_up()
    output = room / f"scale-{job}-{engine}.parquet"
    tasks = {
        "floor": floor,
        "polars": in_polars,
        "grade": whole,
        "duckdb": in_duckdb,
        "folder": in_folder,
        "spark": in_spark,
    }
    with timed() as took:
        own = tasks[engine](job, paths, output)
    if engine == "grade":  # what the floor writes is as wide
        import polars as pl

        kinds = {name: str(kind) for name, kind in pl.read_parquet_schema(output).items()}
        (room / f"{JOBS[job]}.schema.json").write_text(json.dumps(kinds))
    print(f"\nresult {json.dumps(own or took)}")


# ---- one cell ---------------------------------------------------------------------------------


def _tree(root: int) -> int:
    """Bytes resident in a process and all its children."""
    import psutil

    try:
        first = psutil.Process(root)
        family = [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    held = 0
    for one in family:
        try:
            held += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return held


def _watched(words: list[str]) -> tuple[str, int]:
    """Run a command; return what it printed and the most that its tree of processes held.

    What it printed is empty where an engine refused to take more memory than it may.
    """
    running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    most = 0

    def watch() -> None:
        nonlocal most
        while running.poll() is None:
            most = max(most, _tree(running.pid))
            time.sleep(0.05)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    told, wrong = running.communicate()
    watcher.join()
    if running.returncode and "OutOfMemory" in wrong:
        return "", most
    if running.returncode:
        sys.exit(f"{' '.join(words)}\n{wrong[-3000:]}")
    return told, most


def _size(path: Path) -> int:
    return sum(p.stat().st_size for p in (path.rglob("*.parquet") if path.is_dir() else [path]))


def measure(job: str, engine: str, rows: int, options: argparse.Namespace) -> dict[str, Any]:
    """Measure one cell: the best wall time of its runs."""
    folder, group = options.folder, options.group
    words = [sys.executable, __file__, "--folder", str(folder), "--group", str(group)]
    words += ["--child", job, engine, str(rows)]
    best: dict[str, Any] = {}
    for _ in range(options.repeat):
        told, most = _watched(words)
        if not told:
            best = {"wall": math.nan, "cpu": math.nan, "shuffle": 0, "peak": most}
            break
        line = next(line for line in told.splitlines() if line.startswith("result "))
        took = json.loads(line.removeprefix("result "))
        if not best or took["wall"] < best["wall"]:
            best = {"shuffle": 0, **took, "peak": most}
    read = inputs(job, rows, folder, group)
    return {
        **{"job": job, "engine": engine, "rows": rows, "group": group, **best},
        "read": sum(path.stat().st_size for path in read.values()),
        "written": 0
        if math.isnan(best["wall"])
        else _size(folder / f"scale-{job}-{engine}.parquet"),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
    }


# ---- what follows from the cells --------------------------------------------------------------


def known(path: Path) -> list[dict[str, Any]]:
    """Return the cells measured so far."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def slope(cells: Sequence[dict[str, Any]], name: str) -> tuple[float, float]:
    """Return the exponent of rows that a cost grows with, and its cost per million rows at the most rows.

    The exponent is the slope of the least-squares line through the logarithms.
    """
    x = [math.log(cell["rows"]) for cell in cells]
    y = [math.log(max(cell[name], 1e-3)) for cell in cells]
    middle, level = sum(x) / len(x), sum(y) / len(y)
    spread = sum((one - middle) ** 2 for one in x)
    joint = sum((one - middle) * (other - level) for one, other in zip(x, y, strict=True))
    last = max(cells, key=lambda cell: cell["rows"])
    return joint / spread if spread else math.nan, last[name] / last["rows"] * 1e6


def limits(cell: dict[str, Any]) -> str:
    """Say what a cell waited for: processors, or one of them, or the disk."""
    busy = cell["cpu"] / cell["wall"]
    if busy > 0.8 * cell["cores"]:
        return "processors"
    return "one thread" if busy > 0.8 else "reading and writing"


def show(cells: Sequence[dict[str, Any]]) -> None:
    """Print the cells, the slopes through them, and the plan that follows."""
    floors = {(c["job"], c["rows"], c["group"]): c["wall"] for c in cells if c["engine"] == "floor"}
    print("| job | engine | rows | row group | wall s | x floor | cpu s | cores busy | peak GiB |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
    for c in sorted(
        cells, key=lambda c: (c["job"], ENGINES.index(c["engine"]), c["group"], c["rows"])
    ):
        if math.isnan(c["wall"]):
            print(
                f"| {c['job']} | {c['engine']} | {c['rows']:,} | {c['group'] or 500_000:,} "
                f"| more memory than {MEMORY} | | | | {c['peak'] / 2**30:.2f} |"
            )
            continue
        bottom = floors.get((c["job"], c["rows"], c["group"]))
        ratio = f"{c['wall'] / bottom:.1f}" if bottom else ""
        print(
            f"| {c['job']} | {c['engine']} | {c['rows']:,} | {c['group'] or 500_000:,} "
            f"| {c['wall']:.1f} | {ratio} | {c['cpu']:.1f} | {c['cpu'] / c['wall']:.1f} "
            f"| {c['peak'] / 2**30:.2f} |"
        )
    series: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for c in cells:
        if not c["group"] and not math.isnan(c["wall"]):
            series[c["job"], c["engine"]].append(c)
    print(
        "\n| job | engine | sizes | rows to the power | s per million rows | memory grows by | waits for |"
    )
    print("|---|---|---:|---:|---:|---:|---|")
    for (job, engine), own in sorted(series.items(), key=lambda one: one[0]):
        power, each = slope(own, "wall")
        least, last = (pick(own, key=lambda c: c["rows"]) for pick in (min, max))
        grown = (last["peak"] - least["peak"]) / max((last["rows"] - least["rows"]) / 1e6, 1e-9)
        told = (
            ("—", "—") if len(own) < 2 else (f"{power:.2f}", f"{grown / 2**20:.0f} MiB a million")
        )
        print(
            f"| {job} | {engine} | {len(own)} | {told[0]} | {each:.2f} | {told[1]} | {limits(last)} |"
        )
    plan(series)


def plan(series: dict[tuple[str, str], list[dict[str, Any]]]) -> None:
    """Print what so many subjects ask of machines, by the figures of the most rows measured.

    Processor hours are seconds a row times rows; input and output are bytes a row times rows; tasks
    are input over 128 MiB; the shuffle is what Spark wrote of it a row, times rows; machines are
    processor hours over cores and hours. The memory of a machine is asked of nobody: tasks stream.
    """
    cores, memory = MACHINE
    print(
        f"\nDone in {HOURS:g} h on machines of {cores} cores and {memory} GiB; a task reads"
        f" {PARTITION // 2**20} MiB.\n"
    )
    print(
        "| subjects | job | engine | measured at | bytes a row in, out | input GB | output GB "
        "| shuffle GB | tasks | processor hours | machines |"
    )
    print("|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for called, rows in PLANNED.items():
        for (job, engine), own in sorted(series.items(), key=lambda one: one[0]):
            if engine == "floor":
                continue
            last = max(own, key=lambda c: c["rows"])
            scale = rows / last["rows"]
            hours = last["cpu"] * scale / 3600
            print(
                f"| {called} | {job} | {engine} | {last['rows']:,} "
                f"| {last['read'] / last['rows']:.0f}, {last['written'] / last['rows']:.0f} "
                f"| {last['read'] * scale / 1e9:.1f} | {last['written'] * scale / 1e9:.1f} "
                f"| {last['shuffle'] * scale / 1e9:.1f} "
                f"| {math.ceil(last['read'] * scale / PARTITION):,} | {hours:.2f} "
                f"| {math.ceil(hours / cores / HOURS)} |"
            )


def main() -> None:
    """Measure the cells that are not known yet, then print them all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS))
    parser.add_argument("--jobs", nargs="+", default=list(JOBS), choices=JOBS)
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), choices=ENGINES)
    parser.add_argument("--group", type=int, default=0, help="rows of a row group of the inputs")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("out/benchmarks"))
    parser.add_argument("--again", action="store_true", help="measure known cells too")
    parser.add_argument("--show", action="store_true", help="measure nothing")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        job, engine, rows = options.child
        paths = inputs(job, int(rows), options.folder, options.group)
        if engine not in ("floor", "grade"):
            paths = conformed(job, paths, options.group)
        if engine != "make":
            child(job, engine, paths, options.folder)
        return
    results = options.folder / "scale.jsonl"
    found = known(results)
    keys = ("job", "engine", "rows", "group")
    for rows in options.rows if not options.show else ():
        for job in options.jobs:
            for engine in sorted(options.engines, key=lambda one: one == "floor"):
                cell = (job, engine, rows, options.group)
                here = [c for c in found if tuple(c[key] for key in keys) == cell]
                if (here and not options.again) or (job == "card" and engine in WHOLE):
                    continue
                made = [sys.executable, __file__, "--folder", str(options.folder)]
                made += ["--group", str(options.group), "--child", job, "make", str(rows)]
                subprocess.run(made, check=True)
                found = [c for c in found if c not in here]
                found.append(measure(job, engine, rows, options))
                lines = "".join(json.dumps(c) + "\n" for c in found)
                results.write_text(lines, encoding="utf-8")
    show(found)


if __name__ == "__main__":
    main()

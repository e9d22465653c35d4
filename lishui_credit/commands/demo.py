"""The main job on real files, from a fresh clone: ``make demo``.

Grades the committed synthetic samples by the rubrics they are of, feeds tax grades to exporters,
explains one subject of two, verifies one result, compares two editions, fits a first card on published data, scores and judges by it, and
prints what it wrote.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lishui_credit.commands.cli import main as run
from lishui_credit.commands.terminal import tell
from lishui_credit.language import tr

JOBS: Sequence[tuple[str, ...]] = (
    (
        "grade", "farmer-household", "{data}/households.csv",
        "--bases", "{data}/county_bases.csv", "--on", "2016-06-30", "--labels", "lishui",
        "-o", "{out}/households.parquet",
    ),
    (
        "grade", "tax-credit", "{data}/enterprises.xlsx",
        "--events", "{data}/events.csv", "--period", "2018", "-o", "{out}/tax_2018.csv",
    ),
    (
        "grade", "small-enterprise", "{data}/small_enterprises.csv",
        "--on", "2016-06-30", "-o", "{out}/small_enterprises.xlsx",
    ),
    (
        "grade", "environment-credit", "{data}/environment.csv",
        "--period", "2015", "-o", "{out}/environment.csv",
    ),
    (
        "grade", "labour-security", "{data}/labour_records.csv",
        "--on", "2020-03-31", "-o", "{out}/labour_2019.csv",
    ),
    (
        "grade", "customs", "{data}/customs_records.csv",
        "--on", "2010-03-31", "-o", "{out}/customs_2009.csv",
    ),
    (
        "grade", "farmer-household/pboc-1999", "{data}/small_loan_households.csv",
        "--on", "2003-06-30", "-o", "{out}/small_loan_households.csv",
    ),
    (
        "grade", "tax-credit", "{data}/early_taxpayers.csv",
        "--on", "2011-04-30", "-o", "{out}/tax_2010.csv",
    ),
    (
        "feed", "export-refund-class", "{data}/exporters.csv", "{out}/tax_2018.csv",
        "--on", "2019-05-31", "-o", "{out}/exporters_with_tax_grades.csv",
    ),
    (
        "grade", "export-refund-class", "{out}/exporters_with_tax_grades.csv",
        "--on", "2019-05-31", "-o", "{out}/export_classes_2019.csv",
    ),
)  # fmt: skip


def main(data: str = "data_samples", out: str = "out") -> int:
    """Run the demonstration on the samples in `data`, writing into `out`; return an exit code."""
    if not Path(data).is_dir():
        tell(tr(f"no folder {data}: run this from the checkout", f"没有目录 {data}"))
        return 2
    model = _next_version(Path(out) / "models/german")
    code = _run_all(_steps(data, out, model))
    if code:
        return code
    written = sorted(path for path in Path(out).iterdir() if path.is_file())
    written += sorted(path for path in Path(model).iterdir())
    tell(
        "\n"
        + tr(
            "Wrote (grades of synthetic subjects; the card and its scores are of real, published data):",
            "已写出(等级均为合成主体;评分卡及其分数来自公开的真实数据):",
        )
    )
    for path in written:
        print(f"  {path}  {path.stat().st_size:,} bytes")
    return 0


def _steps(data: str, out: str, model: str) -> Iterator[Sequence[str]]:
    """Yield the commands; the later ones name subjects of files that the earlier ones wrote."""
    for job in (("rubrics",), *JOBS):
        yield [word.format(data=data, out=out) for word in job]
    import polars as pl

    first = pl.read_parquet(f"{out}/households.parquet")["household_id"][0]
    real = f"{data}/german_credit.parquet"
    firm = pl.read_csv(f"{out}/tax_2018.csv", infer_schema=False)["uscc"][0].strip()
    yield from (
        ("explain", f"{out}/households.parquet", first),
        ("explain", f"{out}/tax_2018.csv", firm),
        (
            "compare", "tax-credit", "2018-04-01", "2020-11-01", f"{data}/enterprises.xlsx",
            "--events", f"{data}/events.csv", "--period", "2018",
            "-o", f"{out}/tax_moved.csv",
        ),
        (
            "areas", f"{out}/households.parquet", "--loans", f"{data}/village_loans.csv",
            "-o", f"{out}/areas.csv",
        ),
        ("verify", f"{out}/households.parquet"),
        ("fit", real, "--target", "bad", "-o", model, "--by", "housing", "--title", "德国信用数据"),
        ("score", model, real, "--reasons", "3", "-o", f"{out}/german_scores.csv"),
        ("validate", model, real, "--by", "housing", "-o", f"{out}/german_in_sample.html"),
    )  # fmt: skip


def _next_version(folder: Path) -> str:
    """The first version that is free: a version once written is never overwritten."""
    version = 1
    while (folder / str(version)).exists():
        version += 1
    return str(folder / str(version))


def _run_all(steps: Iterable[Sequence[str]]) -> int:
    """Run commands as typed, each shown before its output; stop at the first that fails."""
    for words in steps:
        print(f"\n$ lishui-credit {' '.join(words)}", flush=True)
        code = run(words)
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Every grade, score, decision and figure of the committed samples is what it was on 57c994c.

`tests/oracles/figures_57c994c.json` holds a digest of every table below, written by the code of that
commit: `python -m tests.test_same_figures` writes them anew. A change that is meant to move a figure
replaces its digests in the commit that moves it, with a line in CHANGELOG.md. Columns of sentences
are left out: words may change.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lishui_credit.language import set_language

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data_samples"
ORACLE = ROOT / "tests" / "oracles" / "figures_57c994c.json"
SENTENCES = {
    "because",
    "lacks",
    "note",
    "notes",
    "sentence",
    "remarks",
    "source",
    "words",
    "verdict",
}
SIGNIFICANT = 8  # digits of a float: its last bits depend on the processor


def digest(frame: pl.DataFrame) -> str:
    """The SHA-256 of a frame's cells, in the order they stand."""
    kept = frame.drop(SENTENCES & set(frame.columns))
    lists = [n for n, kind in kept.schema.items() if isinstance(kind, pl.List | pl.Struct)]
    kept = kept.with_columns(
        pl.selectors.float().round_sig_figs(SIGNIFICANT) + 0.0,  # minus nought is nought
        *(pl.Series(name, [str(cell) for cell in kept[name]]) for name in lists),
    )
    return _sealed(kept.write_csv())


def _sealed(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:24]


def table(path: Path) -> pl.DataFrame:
    """A written file as text, whatever its kind."""
    if path.suffix == ".parquet":
        return pl.read_parquet(path)
    if path.suffix == ".xlsx":
        return pl.read_excel(path, infer_schema_length=0)
    return pl.read_csv(path, infer_schema=False)


def run(*words: object) -> None:
    """One command as typed; it must succeed."""
    from lishui_credit.__main__ import main

    code = main([str(word) for word in words])
    assert code == 0, words


def samples(folder: Path) -> Iterator[tuple[str, str]]:
    """The committed samples, made again from their seed, and the population behind them."""
    run("samples", folder / "samples")
    for path in sorted((folder / "samples").iterdir()):
        if path.suffix != ".md":
            yield path.name, digest(table(path))


def graded(folder: Path) -> Iterator[tuple[str, str]]:
    """Every edition that grades, on the sample of its kind."""
    jobs: dict[str, list[object]] = {
        "household": ["farmer-household", DATA / "households.csv", "--bases",
                      DATA / "county_bases.csv", "--on", "2016-06-30", "--labels", "lishui"],
        "small": ["small-enterprise", DATA / "small_enterprises.csv", "--on", "2016-06-30"],
        "environment": ["environment-credit", DATA / "environment.csv", "--period", 2015],
    }  # fmt: skip
    for variant in ("guangzhou", "qingdao"):
        jobs[variant] = [
            f"environment-credit/{variant}",
            DATA / "environment.csv",
            "--period",
            2016,
        ]
    for year in (2014, 2015, 2017, 2018, 2019, 2020, 2021, 2025):
        jobs[f"tax {year}"] = ["tax-credit", DATA / "enterprises.xlsx", "--events",
                               DATA / "events.csv", "--period", year]  # fmt: skip
    for name, words in jobs.items():
        path = folder / f"{name}.parquet"
        run("grade", *words, "--skip-rejected", "-o", path)
        yield f"grade {name}", digest(table(path))
    run("areas", folder / "household.parquet", "--loans", DATA / "village_loans.csv",
        "-o", folder / "areas.csv")  # fmt: skip
    yield "areas", digest(table(folder / "areas.csv"))
    run("compare", "tax-credit", "2018-04-01", "2020-11-01", DATA / "enterprises.xlsx", "--events",
        DATA / "events.csv", "--period", 2018, "-o", folder / "moved.csv")  # fmt: skip
    yield "compare", digest(table(folder / "moved.csv"))


POLICY = """\
id = "loan"
version = "1"
title_zh = "政策"
title_en = "Policy"
author = "甲"
approved_by = "乙"
approved_on = 2026-01-05
valid = { from = 2026-02-01 }
kind = "refer"
approve_at_least = 520
refer_at_least = 480
score = { column = "score" }
"""


def scored(folder: Path) -> Iterator[tuple[str, str]]:
    """A card of published data: its tables, scores, decisions and validation."""
    model = folder / "german"
    german = DATA / "german_credit.parquet"
    run("fit", german, "--target", "bad", "-o", model, "--by", "housing", "--folds", 3)
    card = json.loads((model / "scorecard.json").read_text("utf-8"))
    kept = [card[key] for key in ("base_points", "grades", "indicators", "intercept", "scale")]
    yield "card", _sealed(list(_numbers(kept)))
    scores = folder / "scores.parquet"
    run("score", model, german, "--reasons", 3, "-o", scores)
    yield "scores", digest(table(scores))
    numbered = folder / "applicants.parquet"
    table(scores).with_row_index("applicant").with_columns(
        pl.format("A{}", pl.col("applicant")).alias("applicant")
    ).write_parquet(numbered)
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    run("decide", folder / "policy.toml", numbered, "--id", "applicant", "--on", "2026-03-01",
        "-o", folder / "decisions.parquet")  # fmt: skip
    yield "decisions", digest(table(folder / "decisions.parquet"))


def validated(folder: Path) -> Iterator[tuple[str, str]]:
    """Every number of a validation on rows that were not fitted."""
    import lishui_credit as lc

    data = pl.read_parquet(DATA / "taiwan_default.parquet").head(6_000)
    features = data.drop("bad", "sex", "age", "marriage", "education")
    model = lc.Scorecard(lc.BinningProcess(max_bins=5)).fit(features[:3_000], data["bad"][:3_000])
    yield "card of taiwan", digest(model.table())
    yield "score of taiwan", digest(pl.DataFrame({"score": model.score(features)}))
    later = features[3_000:]
    told = lc.validate(
        data["bad"][3_000:], model=model, features=later, reference=features[:3_000],
        groups={"sex": data["sex"][3_000:]},
        settings=lc.ValidationSettings(cut_off=600.0, repeats=50),
    )  # fmt: skip
    path = folder / "validation.json"
    told.write(path)
    stored = json.loads(path.read_text("utf-8"))
    yield "validation", _sealed(list(_numbers(stored)))


def _numbers(value: Any) -> Iterator[str]:
    """Every number of a JSON document in order; words are left out."""
    if isinstance(value, bool) or value is None:
        yield str(value)
    elif isinstance(value, int | float):
        yield f"{value:.{SIGNIFICANT}g}"
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, dict):
        for key in sorted(value):
            yield from _numbers(value[key])


def lent(folder: Path) -> Iterator[tuple[str, str]]:
    """What a bank tries with a score."""
    from lishui_credit.cutoffs import (
        Shock,
        affected,
        best,
        best_policy,
        book,
        breaking_point,
        one_at_a_time,
        sweep,
    )
    from lishui_credit.pricing import Terms

    raw = pl.read_parquet(DATA / "taiwan_default.parquet").head(6_000)
    loans = book(
        raw.select(
            "bad",
            (600 - 10 * pl.col("pay_0").cast(pl.Int64) + pl.col("limit_bal") // 20_000).alias(
                "score"
            ),
            (pl.col("limit_bal").cast(pl.Int64) * 100).alias("amount_fen"),
            pl.col("sex").cast(pl.String).alias("sex"),
            (pl.col("limit_bal") > 140_000).cast(pl.String).alias("band"),
        ),
        segments=["band"],
        groups=["sex"],
    )
    terms = Terms(rate_bp=1800, funding_bp=300, operating_fen=30_000, lgd_bp=6000)
    swept = sweep(loans, terms)
    top = best(swept)
    yield "sweep", digest(swept)
    yield "best", repr((top.cut_off, top.profit_fen))
    shocks = {"odds": Shock(bad_odds=2.0), "lgd": Shock(lgd_bp=500)}
    yield "one at a time", digest(one_at_a_time(loans, top.cut_off, terms, shocks))
    broken = breaking_point(loans, top.cut_off, terms, "bad_rate")
    yield "breaking point", f"{broken.at:.8g}, {broken.bad_rate_at:.8g}"
    yield "affected", digest(affected(loans, top.cut_off, ["sex"]))
    chosen = best_policy(loans, terms, by=["band"], bad_rate_at_most_bp=2000)
    yield "best policy", digest(chosen.table)


def planned(folder: Path) -> Iterator[tuple[str, str]]:
    """Progress of the twelve indicators on three days, their course and league."""
    from lishui_credit.plan import indicators, progress, read_observations, with_city
    from lishui_credit.plan.course import course
    from lishui_credit.plan.league import league

    seen = read_observations(DATA / "plan_observations.csv").frame
    yield "observations", digest(seen)
    yield "with city", digest(with_city(seen).frame)
    for at in (date(2016, 12, 31), date(2018, 6, 30), date(2020, 12, 31)):
        standing = progress(seen, at=at)
        yield f"progress {at}", digest(standing)
        yield f"course {at}", digest(course(seen, standing, at))
        for key in indicators():
            yield f"league {key} {at}", digest(league(seen, key, at))


PARTS: tuple[Callable[[Path], Iterator[tuple[str, str]]], ...] = (
    samples, graded, scored, validated, lent, planned,
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """All digests as a process with many threads makes them: rows must stand in the same order."""
    path = tmp_path_factory.mktemp("figures") / "made.json"
    subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.test_same_figures", path],
        cwd=ROOT,
        env={**os.environ, "POLARS_MAX_THREADS": "4"},
        check=True,
    )
    found: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8"))
    return found


@pytest.mark.xdist_group("same figures")
@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_figure_is_what_it_was(
    part: Callable[[Path], Iterator[tuple[str, str]]], made: dict[str, dict[str, str]]
) -> None:
    told = json.loads(ORACLE.read_text("utf-8"))[part.__name__]
    found = made[part.__name__]
    changed = sorted(name for name in told.keys() | found if told.get(name) != found.get(name))
    assert not changed, f"changed: {changed}"


def main(path: Path) -> None:
    """Write the digests as the code makes them now."""
    made = {}
    set_language("en")
    for part in PARTS:
        with tempfile.TemporaryDirectory() as folder:
            made[part.__name__] = dict(part(Path(folder)))
    path.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    os.chdir(ROOT)
    main(Path(sys.argv[1]) if sys.argv[1:] else ORACLE)

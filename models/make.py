"""Make the reference cards of this folder again, byte for byte: ``make models``.

Every card is fitted in a room of its own and put in its place only where it differs. A version that
somebody has begun to approve is never replaced: it needs a new version.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

import lishui_credit as lc
from lishui_credit.errors import ModelError
from lishui_credit.language import language, set_language
from lishui_credit.models import fit_file
from lishui_credit.samples import enterprises, environment, households, tax
from lishui_credit.samples.registers import SEED
from lishui_credit.scorecards import BinningProcess, Scorecard
from lishui_credit.scorecards.cards.card_approval import APPROVAL
from lishui_credit.validation import Appraisal

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
FITTED_ON = date(2026, 11, 30)  # declared, so that the same card comes out on any day
SUBJECTS = 10_000  # of a synthetic sample, before those without a grade or an outcome are left out
USE = "演示方法;不得用于任何真实主体 / to show the method; not for any real subject"
REAL = "公开研究数据,CC BY 4.0,见 data_samples/REAL_DATA.md"


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A card of the shelf: its name, its sample, and what `fit` is told."""

    name: str
    sample: str  # from the root of the repository
    title_zh: str
    population: str
    label: str
    settings: dict[str, Any] = field(default_factory=dict)
    process: dict[str, Any] = field(default_factory=dict)
    labels: str = ""  # file of labels
    by: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()


def _synthetic(name: str, title_zh: str, population: str) -> Reference:
    """A card on what the rows of a published rubric read, of made-up subjects."""
    return Reference(
        name=f"{name}/1",
        sample=f"models/samples/{name}.parquet",
        title_zh=f"{title_zh}(合成数据)",
        population=f"合成数据:{population} / SYNTHETIC",
        label="十二个月内违约(合成)",
        settings={"min_iv": 0.05},
        process={"max_bins": 4, "unseen": "neutral"},
        by=("county",),
        leave_out=("county",),
    )


GERMAN = {
    "sample": "data_samples/german_credit.parquet",
    "population": f"德国某银行贷款,1970 年代;Hofmann 1994,doi:10.24432/C5NC77;{REAL}",
    "label": "坏贷款(坏样本经过采样,30% 不是任何资产组合的违约率)",
    "labels": "models/labels/german.csv",
    "by": ("personal_status_and_sex",),
}
REFERENCES = (
    _synthetic(
        "farmer-household",
        "农户信用评价参考评分卡",
        "有过贷款的农户,2015 年,2016 年 6 月 30 日评价",
    ),
    _synthetic(
        "small-enterprise", "小微企业信用评价参考评分卡", "小微企业,2015 年,2016 年 6 月 30 日评价"
    ),
    _synthetic(
        "environment-credit", "企业环境信用参考评分卡", "排污企业,2015 年,2016 年 6 月 30 日评价"
    ),
    _synthetic("tax-credit", "纳税信用参考评分卡", "纳税人,2018 年度"),
    Reference(name="german/1", title_zh="德国信用数据评分卡", **GERMAN),
    Reference(
        name="german/2",
        title_zh="德国信用数据评分卡",
        settings={"selection": "forward"},
        process={"max_bins": 5},
        **GERMAN,
    ),
    Reference(
        name="taiwan/1",
        sample="data_samples/taiwan_default.parquet",
        title_zh="台湾信用卡违约评分卡",
        population=f"台湾信用卡账户,2005 年;Yeh 2009,doi:10.24432/C55S3H;{REAL}",
        label="次月违约",
        labels="models/labels/taiwan.csv",
        process={"categorical": ["education"]},
        by=("sex",),
    ),
    Reference(
        name="polish/1",
        sample="data_samples/polish_year1.parquet",
        title_zh="波兰企业破产评分卡(第 1 期)",
        population=f"波兰企业财务比率;Tomczak 2016,doi:10.24432/C5F600;{REAL}",
        label="预测期内破产(五年)",
        labels="models/labels/polish.csv",
    ),
)


@cache
def study(name: str) -> Appraisal:
    """Return made-up subjects graded by a published rubric, with their outcomes."""
    day = date(2016, 6, 30)
    if name == "farmer-household":
        raw = households.households(SUBJECTS, seed=SEED, default_rate=0.03)
        rubric = lc.rubric(name, on=day)
        taken = lc.intake(rubric, raw, bases=households.county_bases(2015), as_of=day)
        graded = lc.evaluate(taken.subjects, rubric, as_of=day)
        return Appraisal(graded=graded, outcomes=raw, labels=(("peers", "评定小组综合评价"),))
    if name == "tax-credit":
        raw = tax.enterprises(SUBJECTS, seed=SEED, year=2018)
        rubric = lc.rubric(name, on="2019-04-30")
        events = tax.tax_events(raw, seed=SEED, year=2018)
        taken = lc.intake(rubric, raw, events=events, period=2018)
        graded = lc.evaluate(taken.subjects, rubric, events=taken.events, period=2018)
        return Appraisal(graded=graded, outcomes=raw, labels=(("start", "起评分"),))
    made = {
        "small-enterprise": enterprises.small_enterprises,
        "environment-credit": environment.environmental_records,
    }
    raw = made[name](SUBJECTS, seed=SEED)
    rubric = lc.rubric(name, on=day)
    taken = lc.intake(rubric, raw, as_of=day)
    return Appraisal(graded=lc.evaluate(taken.subjects, rubric, as_of=day), outcomes=raw)


def sample_of(name: str) -> pl.DataFrame:
    """Return what the rows of a rubric read of every subject, its county and its outcome: synthetic."""
    found = study(name)
    outcome = pl.Series("bad", found.y)
    rows = found.features.with_columns(outcome, found.data["county"], synthetic=pl.lit(True))
    return rows.select("bad", "synthetic", "county", *found.features.columns)


def make(names: Sequence[str], room: Path) -> Iterator[tuple[Path, Path]]:
    """Fit the cards of these names in a room; yield each folder with the place it belongs to."""
    set_language("zh")
    for row in REFERENCES:
        if row.name not in names:
            continue
        sample = room / row.sample
        sample.parent.mkdir(parents=True, exist_ok=True)
        labels = {}
        if sample.parent.name == "samples":
            name = sample.stem
            labels = study(name).names
            rows, kept = sample_of(name), ROOT / row.sample
            if kept.exists() and pl.read_parquet(kept).equals(rows):
                shutil.copyfile(
                    kept, sample
                )  # the same rows: bytes differ between versions of polars
            else:
                rows.write_parquet(sample, compression_level=19)
        else:
            shutil.copyfile(ROOT / row.sample, sample)
        folder = room / "models" / row.name
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            fit_file(
                sample,
                folder,
                model=Scorecard(BinningProcess(**row.process), **row.settings, labels=labels),
                leave_out=row.leave_out,
                by=row.by,
                title_zh=row.title_zh,
                intended=USE,
                population=row.population,
                label=row.label,
                labels=ROOT / row.labels if row.labels else None,
                on=FITTED_ON,
            )
        yield folder, HERE / row.name
        if sample.parent.name == "samples":
            yield sample, ROOT / row.sample


def files_of(place: Path) -> dict[str, bytes]:
    """Return the bytes of a file, or of every file of a folder, by name."""
    paths = sorted(place.iterdir()) if place.is_dir() else [place]
    return {path.name: path.read_bytes() for path in paths if path.is_file()}


def main(names: Sequence[str]) -> int:
    """Make the cards of these names, or all, and say which files are new or not as they were."""
    spoken = language()
    known = [row.name for row in REFERENCES]
    if unknown := [name for name in names if name not in known]:
        print(f"no such card: {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="lishui_credit_") as room:
        for made, place in make(names or known, Path(room)):
            now = files_of(made)
            before = files_of(place) if place.exists() else {}
            changed = [name for name, data in now.items() if before.get(name) != data]
            print(f"{place.relative_to(ROOT)}: {', '.join(changed) or 'as it was'}")
            if not changed:
                continue
            if APPROVAL in before:
                raise ModelError(
                    f"{place.relative_to(ROOT)} has an approval and would change: make a new version"
                )
            place.parent.mkdir(parents=True, exist_ok=True)
            (place if made.is_dir() else place.parent).mkdir(exist_ok=True)
            for name in changed:
                target = place / name if made.is_dir() else place
                shutil.copyfile(made / name if made.is_dir() else made, target)
    set_language(spoken)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

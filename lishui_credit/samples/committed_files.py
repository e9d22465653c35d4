"""The small sample files of `data_samples/`: written from a seed, as an office would send them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl
from xlsxwriter import Workbook

from lishui_credit.samples import (
    enterprises,
    environment,
    households,
    registers,
    supervised_firms,
    tax,
)
from lishui_credit.samples import (
    plan_observations as plan,
)
from lishui_credit.samples.small_loan_households import small_loan_households
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.write import replacing

_HEADERS = {"money": "(元)"}
_SUFFIXES = {"_bp": "(万分之一)"}


def chinese(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a raw frame with Chinese headers, units and level words, as an office would send it.

    Examples
    --------
    >>> chinese(households.county_bases(2015)).columns[:2]
    ['县(市、区)', '家庭财产总值基数(元)']
    """
    known = dictionary()
    names: dict[str, str] = {}
    words = []
    for name in frame.columns:
        base = name.removesuffix("_bp")
        column = known[base]
        unit = _SUFFIXES["_bp"] if base != name else _HEADERS.get(column.type, "")
        names[name] = f"{column.label_zh}{unit}"
        if column.type == "level":
            table = {value: labels[0] for value, labels in column.values.items()}
            words.append(pl.col(name).replace(table))
        elif column.type == "flag":
            yes = pl.when(pl.col(name)).then(pl.lit("是")).when(~pl.col(name)).then(pl.lit("否"))
            words.append(yes.otherwise(None).alias(name))
    return frame.with_columns(words).rename(names)


def write(folder: Path | str, *, seed: int = registers.SEED, rows: int = 300) -> list[Path]:
    """Write the small sample files and a README that describes them.

    Parameters
    ----------
    folder : path-like
        Made if absent.
    seed : int
        The same seed writes the same files.
    rows : int
        Subjects a file.

    Returns
    -------
    list of Path
        What was written.
    """
    folder = Path(folder)
    homes = households.households(rows, seed=seed)
    firms = tax.enterprises(rows, seed=seed, year=2018)
    frames = {
        "households.csv": chinese(homes),
        "county_bases.csv": chinese(households.county_bases(2015)),
        "village_loans.csv": households.village_loans(homes, seed=seed),
        "enterprises.xlsx": chinese(firms),
        "events.csv": chinese(tax.tax_events(firms, seed=seed, year=2018)),
        "small_enterprises.csv": chinese(enterprises.small_enterprises(rows, seed=seed)),
        "environment.csv": chinese(environment.environmental_records(rows, seed=seed)),
        "small_loan_households.csv": chinese(small_loan_households(rows, seed=seed)),
        "early_taxpayers.csv": chinese(supervised_firms.early_taxpayers(rows, seed=seed)),
        "exporters.csv": chinese(supervised_firms.exporters(rows, seed=seed)),
        "labour_records.csv": chinese(supervised_firms.labour_records(rows, seed=seed)),
        "customs_records.csv": chinese(supervised_firms.customs_records(rows, seed=seed)),
        "plan_observations.csv": plan.office_file(plan.plan_observations(seed=seed)),
    }
    written = []
    for name, frame in frames.items():
        path = folder / name
        with replacing(path) as draft:
            if path.suffix == ".xlsx":
                with Workbook(draft) as book:
                    # a workbook keeps the time it was made: a fixed one, so that the seed decides
                    book.set_properties({"created": datetime(2016, 10, 1)})
                    frame.write_excel(book, worksheet="合成数据")
            else:
                frame.write_csv(draft, include_bom=True)
        written.append(path)
    readme = folder / "README.md"
    with replacing(readme) as draft:
        draft.write_text(_readme(frames, seed, rows), encoding="utf-8")
    return [*written, readme]


_CALIBRATION: Final = (
    "## What is published, and what is assumed",
    "",
    "| population | published | assumed |",
    "|---|---|---|",
    "| households | 85.4% credit households (2015), rural income a head (13,635 yuan in 2014, the"
    " year inferred; 21,931 in 2019), three in four have borrowed, population of the counties"
    " (interpolated) | the split between the grades, bases, debts, village figures, every default |",
    "| small enterprises | nothing | everything; tuned to some 17% AAA, most firms between AA and BBB |",
    "| environmental records | results of places that apply the national measure: green 2-19%, blue"
    " 51-87%, yellow 1-26%, red 0.5-17% | the process, and where inside these ranges |",
    "| taxpayers and events | of one province for 2020: A 6%, B 42%, M 50%, C and D 1.5% (derived from a"
    " report) | everything; not tuned to it: some 14% A, 65% B, 6% C, 4% D and 12% M in 2018 |",
    "| labour records | results of Ningde for 2020: A 75%, B 23%, C 2%; other places print 39-83% A |"
    " the process |",
    "| small loan households, taxpayers of 2003-2014, exporters, customs records | nothing | everything |",
    "| observations of the plan's twelve indicators | no value of any of the twelve was found for"
    " Lishui | everything, 2015 to 2020; some counties are off their paths, one stops reporting for two"
    " months, one city value does not add up, one survey has no 2015 value: on purpose |",
    "",
    "`default_12m` (十二个月内违约) is the outcome within 12 months, drawn from each subject's lasting"
    " quality and noise nobody observes. Other years and any size come from Python:"
    " `lishui_credit.samples.households.households(480_000, year=2019)`; the same index is the same"
    " subject in every year.",
    "",
)


def _readme(frames: dict[str, pl.DataFrame], seed: int, rows: int) -> str:
    lines = [
        "# Synthetic sample data (合成数据)",
        "",
        "Every row of every file below is made up by a seeded process and marked 合成数据/synthetic. No"
        " real person, household or firm is in it; credit codes carry the fictitious region 331199.",
        "",
        f"Made by `lishui-credit samples data_samples --seed {seed} --rows {rows}`.",
        "",
        "The Parquet files that the repository keeps in this folder are not made by it and are not"
        " synthetic: they are published data under CC BY 4.0, described in `REAL_DATA.md`.",
        "",
        *_CALIBRATION,
    ]
    for name, frame in frames.items():
        lines += [f"## {name}", "", f"{frame.height} rows.", "", "| header | type |", "|---|---|"]
        lines += [f"| {column} | {kind} |" for column, kind in frame.schema.items()]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"

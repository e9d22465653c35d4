"""Synthetic raw records behind the plan's indicators: registers, decisions, logs, answers.

Every row says synthetic; names say 合成, codes carry the fictitious region 331199, users and
respondents are numbers. Rates are design choices: Jingning lags, the others differ by noise only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from lishui_credit.plan.divisions import CITY, counties
from lishui_credit.plan.records.codes import ORGANISATION_WEIGHTS
from lishui_credit.plan.records.lists import KEY_SECTORS
from lishui_credit.plan.records.raw_tables import RawTable
from lishui_credit.plan.records.survey_answers import QUESTIONS, VALID
from lishui_credit.plan.records.working_days import deadlines
from lishui_credit.samples.registers import SEED, pick
from lishui_credit.tables.identifiers import uscc_check_digit

REGION: Final = "331199"
"""Fictitious region of all codes; hand it to `codes.code_coverage` as an extra region."""
LAGGING: Final = "331127"
"""The county whose records are worse by design."""

_NAMES: Final = ("register", "decisions", "collection", "queries", "answers", "revenue", "files")
_STREAMS: Final = {name: number for number, name in enumerate(_NAMES, 701)}


def _rng(seed: int, name: str, year: int) -> np.random.Generator:
    return np.random.default_rng([seed, _STREAMS[name], year])


def _places(rng: np.random.Generator, rows: int, city_share: float) -> npt.NDArray[np.str_]:
    codes = np.array([CITY, *(row.adcode for row in counties())])
    people = np.array([row.population_2015 for row in counties()], dtype=np.float64)
    shares = np.concatenate([[city_share], (1 - city_share) * people / people.sum()])
    return codes[rng.choice(len(codes), size=rows, p=shares)]


def _rates(places: npt.NDArray[np.str_], usual: float, lagging: float) -> npt.NDArray[np.float64]:
    return np.where(places == LAGGING, lagging, usual)


def made_up(data: Any, **kinds: type[pl.DataType]) -> pl.DataFrame:
    """Return a frame of some data, with a column that says every row is synthetic."""
    frame = pl.DataFrame(data, schema_overrides=kinds)
    return frame.with_columns(pl.lit(True).alias("synthetic"))


def _rows(rows: Sequence[Sequence[Any]], *names: str) -> pl.DataFrame:
    return made_up(pl.DataFrame(rows, schema=names, orient="row"))


def code(number: int, first: str = "91") -> str:
    """Return the valid, made-up credit code of a number: region 331199, sound in both check digits."""
    body = f"{number:08d}"
    total = sum(int(c) * w for c, w in zip(body, ORGANISATION_WEIGHTS, strict=True))
    inner = {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))
    head = f"{first}{REGION}{body}{inner}"
    return head + uscc_check_digit(head)


def register(rows: int = 2_000, *, seed: int = SEED, year: int = 2018) -> pl.DataFrame:
    """Return registrations of organisations and individual businesses, with flaws of every kind."""
    rng = _rng(seed, "register", year)
    places = _places(rng, rows, 0.05)
    kinds = ["legal_person", "unincorporated", "branch", "individual_business"]
    kind = pick(rng, rows, kinds, [0.45, 0.1, 0.1, 0.35])
    reached = min(max(year - 2015, 0), 3) / 3
    held = rng.random(rows) < _rates(places, 0.4 + 0.58 * reached, 0.3 + 0.55 * reached)
    firsts = np.array(["91", "93", "52", "N2", "12"])[rng.choice(5, size=rows)]
    firsts = np.where(kind == "individual_business", "92", firsts)
    codes: list[str | None] = [
        code(number, first) if has else None
        for number, (first, has) in enumerate(zip(firsts, held, strict=True))
    ]
    flaw = rng.random(rows)
    for place in np.flatnonzero(held & (flaw < 0.012)):
        mine = codes[place]
        if mine is None:
            continue
        if flaw[place] < 0.004:  # a mistyped check digit
            codes[place] = mine[:-1] + ("2" if mine[-1] != "2" else "3")
        elif flaw[place] < 0.007:  # the code of the one before
            codes[place] = codes[place - 1] or mine
        elif flaw[place] < 0.009:  # a digit lost
            codes[place] = mine[:-1]
        else:  # small letters and a space, to be mended
            codes[place] = f" {mine.lower()}"
    ended = rng.random(rows) < 0.08
    frame = pl.DataFrame(
        {
            "register": np.where(kind == "individual_business", "市场监管", "合成登记部门"),
            "name": [f"合成机构{number:06d}" for number in range(rows)],
            "uscc": codes,
            "adcode": places,
            "type": kind,
            "status": np.where(ended, "deregistered", "existing"),
            "registered_on": [date(2000 + int(y), 6, 30) for y in rng.integers(0, 15, rows)],
            "ended_on": [date(year, 5, 31) if gone else None for gone in ended],
            "certificate_replaced": held & (rng.random(rows) < 0.85),
        },
        schema_overrides={"uscc": pl.String, "ended_on": pl.Date},
    )
    twice = frame.filter(pl.col("type") == "legal_person").head(20)
    repeated = twice.with_columns(pl.lit("合成另一部门").alias("register"))
    return made_up(pl.concat([frame, repeated]))


def decisions(rows: int = 1_500, *, seed: int = SEED, year: int = 2018) -> pl.DataFrame:
    """Return licence and penalty decisions of a year."""
    rng = _rng(seed, "decisions", year)
    places = _places(rng, rows, 0.2)
    kind = np.where(rng.random(rows) < 0.7, "licence", "penalty")
    body = rng.integers(1, 6, rows)
    types = ["legal_person", "unincorporated", "individual_business", "natural_person"]
    secret = rng.random(rows) < 0.01
    return made_up(
        {
            "kind": kind,
            "body": [f"合成{place}第{n}局" for place, n in zip(places, body, strict=True)],
            "adcode": places,
            "number": [f"合成〔{year}〕{number}号" for number in range(rows)],
            "decided_on": [
                date(year, 1, 1) + timedelta(days=int(d)) for d in rng.integers(0, 365, rows)
            ],
            "subject_type": pick(rng, rows, types, [0.55, 0.05, 0.25, 0.15]),
            "simple_procedure": (kind == "penalty") & (rng.random(rows) < 0.3),
            "secrecy": [("trade_secret" if hidden else None) for hidden in secret],
        },
        secrecy=pl.String,
    )


def publications(decided: pl.DataFrame, *, seed: int = SEED, year: int = 2018) -> pl.DataFrame:
    """Return what was published of decisions: not all, not all in time, on two channels."""
    rng = _rng(seed, "files", year)
    places = decided["adcode"].to_numpy().astype(str)
    shown = rng.random(decided.height) < _rates(places, 0.95, 0.75)
    late = rng.random(decided.height) < _rates(places, 0.04, 0.2)
    limits = deadlines(decided["decided_on"], 7).to_list()
    after = rng.integers(1, 20, decided.height)
    rows = []
    for place, row in enumerate(decided.iter_rows(named=True)):
        if not shown[place]:
            continue
        day = limits[place] + timedelta(days=int(after[place])) if late[place] else limits[place]
        number = row["number"].replace("〔", "[").replace("〕", "]") if place % 3 else row["number"]
        rows += [
            (row["kind"], row["body"], number, channel, when)
            for channel, when in (("body_site", row["decided_on"]), ("credit_lishui", day))
        ]
    return _rows(rows, "kind", "body", "number", "channel", "published_on")


def criteria(*, year: int = 2018) -> pl.DataFrame:
    """Return listing criteria of the city: one sector more every half-year from 2016."""
    count = min(max(2 * (year - 2015) + 1, 0), len(KEY_SECTORS))
    return made_up(
        {
            "sector": KEY_SECTORS[:count],
            "adcode": CITY,
            "document": [f"合成办法〔2016〕{number}号" for number in range(count)],
            "valid_from": date(2016, 1, 1),
        }
    )


def releases(*, year: int = 2018) -> pl.DataFrame:
    """Return releases of the year, the last sector's not sent on."""
    sectors = criteria(year=year)["sector"].to_list()
    return made_up(
        {
            "sector": sectors,
            "adcode": CITY,
            "released_on": date(year, 6, 30),
            "kind": [
                "zero_report" if place % 3 == 0 else "release" for place in range(len(sectors))
            ],
            "entries": [0 if place % 3 == 0 else 4 + place for place in range(len(sectors))],
            "sent_on": [date(year, 7, 2)] * (len(sectors) - 1) + [None],
        },
        sent_on=pl.Date,
    )


def catalogue(items: int = 12) -> pl.DataFrame:
    """Return a catalogue: every county and the city owe the same items."""
    every = ("month", "month", "quarter", "year")
    rows = [
        (
            f"HC{item:03d}",
            f"合成事项{item:03d}",
            f"合成{place}单位{item % 4}",
            place,
            every[item % 4],
            10,
        )
        for place in (CITY, *(row.adcode for row in counties()))
        for item in range(items)
    ]
    return _rows(rows, "item", "title", "unit", "adcode", "frequency", "working_days")


def batches(assigned: pl.DataFrame, *, seed: int = SEED, year: int = 2018) -> pl.DataFrame:
    """Return the batches of a year, month by month: some rejected, some late, some missing."""
    rng = _rng(seed, "collection", year)
    rows = []
    for month in range(1, 13):
        end = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        months = {"month": 1, "quarter": 3, "year": 12}
        for row in assigned.iter_rows(named=True):
            lags = row["adcode"] == LAGGING
            if month % months[row["frequency"]] or rng.random() < (0.3 if lags else 0.05):
                continue
            status = str(rng.choice(["accepted", "zero_report", "rejected"], p=[0.85, 0.12, 0.03]))
            records = int(rng.integers(20, 200)) if status == "accepted" else 0
            rows.append(
                (row["item"], row["unit"], row["adcode"], end,
                 end + timedelta(days=int(rng.integers(1, 20))), status, records,
                 int(rng.binomial(records, 0.004)))
            )  # fmt: skip
    return _rows(
        rows,
        "item",
        "unit",
        "adcode",
        "period",
        "received_on",
        "status",
        "records",
        "wrong_records",
    )


def client_units() -> pl.DataFrame:
    """Return the 45 units that should have a client; the last five have no account."""
    rows = [(f"合成部门{n:02d}", CITY, f"user{n:02d}") for n in range(36)]
    rows += [
        (f"合成{row.adcode}信用办", row.adcode, f"user{36 + n}") for n, row in enumerate(counties())
    ]
    known = pl.when(pl.int_range(pl.len()) < 40).then("user").alias("user")
    return _rows(rows, "unit", "adcode", "user").with_columns(known)


def site_events(*, year: int = 2018) -> pl.DataFrame:
    """Return openings and updates of websites: two more every year from 2015; one stands still."""
    places = [CITY, *(row.adcode for row in counties())]
    rows = []
    for number, place in enumerate(places):
        opened = 2015 + number // 2
        if opened <= year:
            rows.append((place, date(opened, 3, 1), "opened"))
            rows += [
                (place, date(y, 12, 1), "updated") for y in range(opened, year + 1) if number != 3
            ]
    return _rows(rows, "adcode", "day", "event")


def queries(rows: int = 3_000, *, seed: int = SEED, year: int = 2018) -> pl.DataFrame:
    """Return a query log of a year, with robots, tests, failures and repeats."""
    rng = _rng(seed, "queries", year)
    start = datetime(year, 1, 1)
    moments = np.sort(rng.integers(0, 365 * 24 * 3600, rows))
    channels = ["website", "client", "counter", "interface", "bank", "bulk"]
    purposes = ["query", "health_check", "test", "robot", "retry"]
    frame = pl.DataFrame(
        {
            "at": [start + timedelta(seconds=int(moment)) for moment in moments],
            "user": [f"user{number:02d}" for number in rng.integers(0, 60, rows)],
            "subject": [f"subject{number:05d}" for number in rng.integers(0, 5_000, rows)],
            "adcode": _places(rng, rows, 0.2),
            "channel": pick(rng, rows, channels, [0.35, 0.25, 0.1, 0.1, 0.15, 0.05]),
            "success": rng.random(rows) < 0.97,
            "purpose": pick(rng, rows, purposes, [0.92, 0.02, 0.01, 0.03, 0.02]),
        }
    )
    again = frame.filter((pl.col("purpose") == "query") & pl.col("success")).head(rows // 20)
    later = again.with_columns(pl.col("at").dt.offset_by("3m"))
    return made_up(pl.concat([frame, later]).sort("at", "user", "subject"))


def credit_services(*, seed: int = SEED, year: int = 2018) -> pl.DataFrame:
    """Return the revenue of some thirty firms in each year from 2015; some counties have few."""
    rng = _rng(seed, "revenue", 0)
    places = [row.adcode for row in counties()]
    firms = np.repeat(places, [9, 5, 4, 3, 3, 1, 2, 1, 4])
    size = rng.lognormal(13.5, 0.6, len(firms))
    rows = [
        (code(900_000 + number), place, y, "7295", f"{size[number] * 1.12 ** (y - 2015):.2f}")
        for y in range(2015, year + 1)
        for number, place in enumerate(firms)
    ]
    return _rows(rows, "firm", "adcode", "year", "industry_class", "revenue")


def answers(each: int = 400, *, seed: int = SEED, year: int = 2018) -> pl.DataFrame:
    """Return answers of a survey of so many in every county, to the plan's four questions."""
    # Women answer more often than they live there, and are a little more content: raking
    # shows.
    rng = _rng(seed, "answers", year)
    places = np.repeat([row.adcode for row in counties()], each)
    rows = len(places)
    woman = rng.random(rows) < 0.6
    columns: dict[str, object] = {
        "respondent": [f"R{year}{number:05d}" for number in range(rows)],
        "adcode": places,
        "sex": np.where(woman, "女", "男"),
        "age_band": pick(rng, rows, ["18-34", "35-54", "55+"], [0.3, 0.4, 0.3]),
        "residence": np.where(rng.random(rows) < 0.5, "城镇", "乡村"),
    }
    scale = np.array([*VALID, "dont_know", "refused"])
    for number, name in enumerate(QUESTIONS):
        content = 0.80 + 0.012 * (year - 2015) + 0.01 * number + 0.04 * woman
        content = content - np.where(places == LAGGING, 0.08, 0.0)
        drawn = rng.random(rows)
        place = np.where(
            drawn < content,
            np.where(rng.random(rows) < 0.35, 0, 1),
            2 + rng.choice(3, size=rows, p=[0.6, 0.3, 0.1]),
        )
        gone = rng.random(rows)
        place = np.where(gone < 0.05, 5, np.where(gone < 0.07, 6, place))
        columns[name] = scale[place]
    return made_up(columns)


MARGINS: Final = {
    "sex": {"男": 0.52, "女": 0.48},
    "age_band": {"18-34": 0.28, "35-54": 0.40, "55+": 0.32},
    "residence": {"城镇": 0.6, "乡村": 0.4},
}
"""Made-up margins to rake `answers` to; not the census."""


def frames(*, seed: int = SEED, year: int = 2018) -> dict[str, pl.DataFrame]:
    """Return every kind of raw record of a year by the name of its table."""
    decided, assigned = decisions(seed=seed, year=year), catalogue()
    return {
        "register": register(seed=seed, year=year),
        "decisions": decided,
        "publications": publications(decided, seed=seed, year=year),
        "criteria": criteria(year=year),
        "releases": releases(year=year),
        "catalogue": assigned,
        "batches": batches(assigned, seed=seed, year=year),
        "queries": queries(seed=seed, year=year),
        "site_events": site_events(year=year),
        "client_units": client_units(),
        "credit_services": credit_services(seed=seed, year=year),
        "answers": answers(seed=seed, year=year),
    }


def headed(frame: pl.DataFrame, table: RawTable) -> pl.DataFrame:
    """Return a frame with the Chinese headers and words of a raw table, as an office would send it."""
    known = {name: column for name, column in table.known.items() if name in frame.columns}
    words = [
        pl.col(name).replace({value: labels[0] for value, labels in column.values.items()})
        for name, column in known.items()
        if column.values
    ]
    return frame.with_columns(words).rename({name: c.label_zh for name, c in known.items()})

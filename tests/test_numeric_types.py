"""The type of a column does not decide: 32 bits, decimals, booleans, NaN, minus nought, infinity."""

import math
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lishui_credit.errors import SubjectError
from lishui_credit.scorecards import BinningProcess, Scorecard, verify
from lishui_credit.scorecards.bins.prebins import tidy
from lishui_credit.scorecards.cards.card_code import to_python
from lishui_credit.scorecards.cards.card_sql import to_sql
from lishui_credit.scorecards.cards.sql_identities import in_sqlite
from tests.models import german, german_model

duckdb = pytest.importorskip("duckdb")
DRAW = np.random.default_rng(0)
ROWS = 4000
FLAG = DRAW.random(ROWS) < 0.4
CODE = DRAW.integers(1, 5, ROWS)
RATE = (DRAW.integers(0, 100, ROWS) / 100).round(2)
BAD = (DRAW.random(ROWS) < np.where(FLAG, 0.4, 0.1) + 0.1 * (CODE > 2) + 0.3 * (RATE > 0.7)).astype(
    int
)
FRAME = pl.DataFrame({"flag": FLAG, "code": CODE, "rate": RATE})
PROCESS = BinningProcess(categorical=["code"], special_codes={"rate": {0.07: "not told"}})
CARD = Scorecard(PROCESS, min_iv=0, sign="flag").fit(FRAME, BAD).card_
ROW = {"flag": True, "code": 1, "rate": 0.5}


def in_duckdb(frame: pl.DataFrame) -> list[int | None]:
    with duckdb.connect() as base:
        base.register("subjects", frame.with_row_index("k").to_arrow())
        return base.sql(to_sql(CARD, "duckdb", key="k")).pl().sort("k")["score"].to_list()


def every_engine(frame: pl.DataFrame) -> dict[str, list[int | None]]:
    scorer = to_python(CARD)
    return {
        "score": CARD.score(frame).to_list(),
        "expr": frame.select(CARD.expr()).to_series().to_list(),
        "python": [scorer(row) for row in frame.iter_rows(named=True)],
        "duckdb": in_duckdb(frame),
        "sqlite": in_sqlite(CARD, frame).to_list(),
    }


TYPES: dict[str, list[pl.Expr]] = {
    "as fitted": [],
    "32 bits": [pl.col("rate").cast(pl.Float32)],
    "decimals": [pl.col("rate").cast(pl.Decimal(9, 4)), pl.col("code").cast(pl.Decimal(9, 2))],
    "codes as floats": [pl.col("code").cast(pl.Float64)],
    "codes as floats of 32 bits": [pl.col("code").cast(pl.Float32)],
    "codes as bytes": [pl.col("code").cast(pl.UInt8)],
    "flags as 0 and 1": [pl.col("flag").cast(pl.Int64)],
    "flags as text": [pl.col("flag").cast(pl.String)],
    "flags as True and False": [pl.col("flag").cast(pl.String).str.to_titlecase()],
    "flags as 是 and 否": [
        pl.when("flag").then(pl.lit("是")).otherwise(pl.lit("否")).alias("flag")
    ],
    "flags as floats": [pl.col("flag").cast(pl.Float64)],
}


@pytest.mark.parametrize("cast", TYPES.values(), ids=TYPES.keys())
def test_every_engine_gives_the_same_scores_in_every_type(cast: list[pl.Expr]) -> None:
    asked = CARD.score(FRAME).to_list()
    for engine, scores in every_engine(FRAME.with_columns(cast)).items():
        assert scores == asked, engine


def test_a_card_fitted_on_32_bits_scores_64_and_decimals_alike() -> None:
    narrow = FRAME.with_columns(pl.col("rate").cast(pl.Float32))
    card = Scorecard(PROCESS, min_iv=0, sign="flag").fit(narrow, BAD).card_
    asked = card.score(narrow)
    for kind in (pl.Float64, pl.Decimal(9, 4)):
        assert card.score(FRAME.with_columns(pl.col("rate").cast(kind))).equals(asked)


@pytest.mark.filterwarnings("ignore:categories that are not in the sample")
def test_nan_is_missing_and_minus_nought_is_nought_in_every_engine() -> None:
    rates = [math.nan, None, -0.0, 0.0]
    frame = pl.DataFrame({"flag": [True] * 4, "code": [1, 1, 1, 1], "rate": rates})
    for scores in every_engine(frame).values():
        assert scores[0] == scores[1]
        assert scores[2] == scores[3]
    codes = frame.with_columns(rate=0.5, code=pl.Series([math.nan, None, -0.0, 0.0]))
    found = list(every_engine(pl.concat([codes, codes.with_columns(code=1.0)])).values())
    assert all(scores == found[0] for scores in found)
    assert found[0][0] == found[0][1]


@pytest.mark.parametrize("column", ["rate", "code"])
@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_infinity_is_refused_or_has_no_score_and_is_never_the_last_bin(
    column: str, value: float
) -> None:
    frame = pl.DataFrame([{**ROW, column: value}], schema_overrides={column: pl.Float64})
    with pytest.raises(SubjectError, match="infinite"):
        CARD.score(frame)
    with pytest.raises(SubjectError, match="infinite"):
        to_python(CARD)({**ROW, column: value})
    assert frame.select(CARD.expr())["score"].to_list() == [None]
    assert in_duckdb(frame) == [None]
    assert in_sqlite(CARD, frame).to_list() == [None]


@pytest.mark.parametrize(
    "yes", [True, np.bool_(True), 1, 1.0, Decimal("1.00"), "True", "TRUE", "是", "1"]
)
def test_a_yes_is_a_yes_in_every_spelling(yes: Any) -> None:
    scorer = to_python(CARD)
    assert scorer({**ROW, "flag": yes}) == scorer(ROW) != scorer({**ROW, "flag": False})


def test_a_text_of_two_categories_that_are_no_yes_and_no_stays_as_it_is() -> None:
    frame = pl.DataFrame({"c": np.where(FLAG, "Y", "maybe")})
    card = Scorecard().fit(frame, BAD).card_
    assert not card["c"].binning.flag
    scorer = to_python(card)
    assert scorer({"c": "yes"}) != scorer({"c": "Y"})


def test_a_number_given_as_text_is_read_or_refused_with_its_column() -> None:
    told = FRAME.with_columns(pl.col("rate").cast(pl.String), pl.col("code").cast(pl.String))
    assert CARD.score(told).equals(CARD.score(FRAME))
    with pytest.raises(SubjectError, match=r"rate: .*number.*many"):
        CARD.score(told.with_columns(rate=pl.lit("many")))


# ---- edges --------------------------------------------------------------------------------------

finite = st.floats(-1e30, 1e30, allow_nan=False, allow_infinity=False)


@given(finite, finite)
@settings(max_examples=300, deadline=None)
def test_an_edge_parts_two_values_in_64_and_in_32_bits(one: float, other: float) -> None:
    below, at = min(one, other), max(one, other)
    if not below < at:
        return
    edge = tidy(below, at)
    assert below < edge <= at
    if math.nextafter(below, math.inf) < at:
        assert edge < at
    short_below, short_at = float(np.float32(below)), float(np.float32(at))
    if short_below < short_at and math.nextafter(short_below, math.inf) < short_at:
        assert (
            max(below, short_below) < edge < min(at, short_at)
            or short_at <= below
            or at <= short_below
        )


@pytest.mark.parametrize(
    ("below", "at", "edge"),
    [
        (0.0, 1.0, 0.5),
        (24.0, 25.0, 24.5),
        (24.0, 40.0, 30.0),
        (0.69, 0.7, 0.699),
        (1.0, 9.0, 8.0),
        (16777216.0, 16777217.0, 16777216.9),
    ],
)
def test_an_edge_is_the_shortest_decimal_between(below: float, at: float, edge: float) -> None:
    assert tidy(below, at) == edge


def test_no_edge_of_a_card_is_a_value_of_its_sample() -> None:
    frame, _ = german()
    card = german_model().card_
    numbers = [row for row in card.characteristics if row.binning.type == "number"]
    assert numbers
    for row in numbers:
        values = set(frame[row.feature].cast(pl.Float64).to_list())
        assert not values & set(row.binning.cuts), row.feature
    kinds = {n: pl.Float32 for n, kind in frame.schema.items() if kind.is_numeric()}
    assert card.score(frame.cast(kinds)).equals(card.score(frame))
    assert verify(card).passed

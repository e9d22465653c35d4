"""Bins from counts that an engine made are the bins of the rows, to the last bit."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lishui_credit.errors import CreditError, SubjectError
from lishui_credit.scorecards import BinningProcess, LeakWarning
from lishui_credit.scorecards.bins.counts import Counts
from lishui_credit.statistics.logistic import fit_logistic
from tests.models import mixed, mixed_process

FRAME, BAD = mixed()
NUMBERS, CATEGORIES = ["income", "months", "kind"], ["trade", "owns"]
COLUMNS = [*NUMBERS, *CATEGORIES]
HOSTILE = "a \"b\" 'c' 年龄"


def counted(process: BinningProcess, frame: pl.DataFrame, **asked: Any) -> pl.DataFrame:
    """The counts that DuckDB makes of a frame with the outcome in ``bad``."""
    asked = {"numbers": NUMBERS, "categories": CATEGORIES, "outcome": "bad", **asked}
    text = process.counts_sql(**asked)
    with duckdb.connect() as engine:
        engine.register("subjects", frame.to_arrow())
        return engine.sql(text).pl()


def with_outcome(frame: pl.DataFrame = FRAME, bad: Any = BAD) -> pl.DataFrame:
    return frame.with_columns(bad=pl.Series(bad))


def same(one: BinningProcess, other: BinningProcess) -> None:
    """Every bin, cut, count, WoE and part of the information value is the same, to the last bit."""
    assert one.binnings_.keys() == other.binnings_.keys()
    for name, found in one.binnings_.items():
        assert found == other.binnings_[name], name


SETTINGS: list[dict[str, Any]] = [
    {},
    {"max_bins": 4, "direction": "none", "prebins": 9},
    {"missing": "worst", "unseen": "worst", "smoothing": 0.0, "rare_levels": 500},
    {"splits": {"income": [2.5, 8], "trade": [["茶叶"], ["养殖", "农家乐"]]}},
    {"locked": {"income": [4.0]}, "monotonic": {"months": "down"}, "max_p_value": 0.01},
]


@pytest.mark.parametrize("asked", SETTINGS, ids=lambda one: ",".join(one) or "defaults")
def test_counts_of_values_give_the_bins_of_the_rows(asked: dict[str, Any]) -> None:
    process = mixed_process().set_params(**asked)
    table = counted(process, with_outcome())
    again = mixed_process().set_params(**asked).from_counts(table.sample(fraction=1, shuffle=True))
    local = process.fit(FRAME, BAD)
    for name, found in local.binnings_.items():
        assert found == again.binnings_[name], name
    assert again.bin_numbers(FRAME, COLUMNS).equals(local.bin_numbers(FRAME, COLUMNS))
    assert again.iv_table().equals(local.iv_table())


def test_on_many_rows_the_steps_of_the_monotone_fit_are_candidates_too() -> None:
    frame, bad = mixed(rows=60_000, seed=5)
    frame = frame.select("income", "months")
    process = BinningProcess(special_codes={"months": [-9]})
    table = counted(process, with_outcome(frame, bad), numbers=frame.columns, categories=[])
    same(process.fit(frame, bad), BinningProcess(**process.get_params()).from_counts(table))


cells = st.one_of(
    st.none(), st.integers(-4, 4), st.sampled_from([0.1, -0.0, 1e-300, float("nan"), 2**60, 0.3])
)


@given(
    st.lists(
        st.tuples(cells, st.sampled_from(["a", "A", "a ", "", None, "é"]), st.booleans()),
        min_size=4,
        max_size=80,
    ),
    st.integers(2, 6),
)
@settings(max_examples=40, deadline=None)
@pytest.mark.filterwarnings("ignore::lishui_credit.scorecards.LeakWarning")
def test_any_values_are_counted_as_rows_are(
    rows: list[tuple[float | None, str | None, bool]], most: int
) -> None:
    bad = [flag for *_, flag in rows]
    if len(set(bad)) < 2:
        return
    frame = pl.DataFrame(
        {
            HOSTILE: pl.Series(
                [None if n is None else float(n) for n, *_ in rows], dtype=pl.Float64
            ),
            "level": pl.Series([text for _, text, _ in rows], dtype=pl.String),
        }
    )
    process = BinningProcess(
        max_bins=most,
        min_share=0,
        min_bads=0,
        min_goods=0,
        rare_levels=2,
        special_codes={HOSTILE: [0.1, -4]},
    )
    table = counted(
        process,
        frame.with_columns(bad=pl.Series(bad)),
        numbers=[HOSTILE],
        categories=["level"],
    )
    again = BinningProcess(**process.get_params()).from_counts(table)
    same(process.fit(frame, bad), again)


def test_codes_stored_in_32_bits_are_codes() -> None:
    frame = FRAME.select(pl.col("months").replace(-9.0, -9.1).cast(pl.Float32))
    process = BinningProcess(special_codes={"*": {-9.1: "no record"}})
    local = process.fit(frame, BAD)
    for cuts in ({}, {"months": [10.0, 20.0, 30.0]}):
        again = BinningProcess(**process.get_params())
        table = counted(process, with_outcome(frame), numbers=["months"], categories=[], cuts=cuts)
        (code,) = (
            row
            for row in again.from_counts(table).binnings_["months"].bins
            if row.kind == "special"
        )
        assert code in local.binnings_["months"].bins
        assert code.rows > 300


def test_weights_count_as_in_a_sample() -> None:
    draw = np.random.default_rng(1)
    weight = draw.integers(0, 4, len(BAD)) / 4
    process = mixed_process()
    frame = with_outcome().with_columns(w=pl.Series(weight))
    again = mixed_process().from_counts(counted(process, frame, weight="w"))
    local = process.fit(FRAME, BAD, weight)
    for name, found in local.binnings_.items():
        other = again.binnings_[name]
        assert found.cuts == other.cuts
        assert [row.values for row in found.bins] == [row.values for row in other.bins]
        assert [row.rows for row in found.bins] == [row.rows for row in other.bins]
        np.testing.assert_allclose(found.woes, other.woes, rtol=0, atol=1e-9)
        assert other.iv == pytest.approx(found.iv, abs=1e-9)


# ---- ranges of a number ------------------------------------------------------------------------


def test_counts_between_cuts_give_the_bins_of_a_sample_cut_there() -> None:
    """Each value stands for the least of its range: the same groups, and cuts between two ranges."""
    process = mixed_process().set_params(direction="none")
    with duckdb.connect() as engine:
        engine.register("subjects", with_outcome().to_arrow())
        marks = engine.sql(process.cuts_sql(["income", "months"], pieces=100)).pl()
    cuts = {name: part["cut"].to_list() for (name,), part in marks.group_by("characteristic")}
    assert cuts.keys() == {"income", "months"}
    assert len(cuts["income"]) == 99
    table = counted(process, with_outcome(), cuts=cuts)
    assert table.filter(pl.col("characteristic") == "income").height <= 101
    again = mixed_process().set_params(direction="none").from_counts(table)
    ranges = table.filter(characteristic="income").drop_nulls("low").sort("low")
    starts = ranges["low"].to_numpy()
    income = FRAME["income"].to_numpy()
    least = np.where(
        np.isnan(income),
        np.nan,
        starts[np.maximum(np.searchsorted(starts, income, "right") - 1, 0)],
    )
    local = process.fit(FRAME.with_columns(income=least), BAD).binnings_["income"]
    found = again.binnings_["income"]
    assert [(row.rows, row.goods, row.bads, row.woe) for row in found.bins] == [
        (row.rows, row.goods, row.bads, row.woe) for row in local.bins
    ]
    # Rows fall in those bins by the cuts, and the information lost to the ranges is small.
    places = found.places(FRAME.select("income"))
    assert np.bincount(places, minlength=len(found.bins)).tolist() == [r.rows for r in found.bins]
    assert found.iv > 0.97 * mixed_process().fit(FRAME, BAD).binnings_["income"].iv
    for low, high in itertools.pairwise(ranges.select("low", "high").rows()):
        assert low[1] < high[0]


def test_cuts_by_hand_are_among_the_cuts_that_are_counted() -> None:
    process = BinningProcess(splits={"income": [2.5, 8.0]}, locked={"months": [24.0]})
    cuts = {"income": [1.0, 5.0], "months": [12.0, 36.0]}
    table = counted(process, with_outcome(), numbers=["income", "months"], categories=[], cuts=cuts)
    found = process.from_counts(table).binnings_
    assert found["income"].cuts == (2.5, 8.0)
    assert 24.0 in found["months"].cuts
    with pytest.raises(SubjectError, match=r"inside a range.*3"):
        BinningProcess(splits={"income": [3.0]}).from_counts(table)
    with pytest.raises(SubjectError, match="special code lies inside"):
        BinningProcess(special_codes={"months": [-9]}).from_counts(table)


# ---- in Spark ----------------------------------------------------------------------------------


@pytest.mark.xdist_group("spark")
def test_counts_that_spark_made_give_the_same_bins(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "subjects.parquet"
    with_outcome().rename({"income": HOSTILE}).with_columns(bad=pl.col("bad") == 1).write_parquet(
        path
    )
    spark.read.parquet(str(path)).createOrReplaceTempView("subjects")
    process = mixed_process()
    asked: dict[str, Any] = {"outcome": "bad", "dialect": "spark"}
    asked |= {"numbers": [HOSTILE, "months", "kind"], "categories": CATEGORIES}

    def made(text: str) -> pl.DataFrame:
        return pl.DataFrame(
            [row.asDict() for row in spark.sql(text).collect()], infer_schema_length=None
        )

    again = mixed_process().from_counts(made(process.counts_sql(**asked)))
    local = process.fit(FRAME, BAD).binnings_
    for name, found in again.binnings_.items():
        assert replace(found, feature="") == replace(
            local["income" if name == HOSTILE else name], feature=""
        )
    marks = made(process.cuts_sql([HOSTILE], pieces=50, dialect="spark"))
    assert 40 <= marks.height <= 49
    table = made(process.counts_sql(**asked, cuts={HOSTILE: marks["cut"].to_list()}))
    assert table.filter(characteristic=HOSTILE).height <= 52
    assert mixed_process().from_counts(table).binnings_[HOSTILE].iv > 0.95 * local["income"].iv


def test_a_regression_on_counted_combinations_of_bins_is_that_of_the_rows() -> None:
    """What a card of several characteristics needs: each combination of bins and outcome, counted."""
    process = mixed_process().fit(FRAME, BAD)
    places = process.bin_numbers(FRAME)
    rows = fit_logistic(process.woes(places), BAD == 1, ridge=1.0)
    table = with_outcome(places).group_by(pl.all()).len()
    assert table.height < FRAME.height
    counted = fit_logistic(
        process.woes(table.select(places.columns)),
        table["bad"].to_numpy() == 1,
        table["len"].to_numpy().astype(np.float64),
        ridge=1.0,
    )
    assert counted.intercept == pytest.approx(rows.intercept, abs=1e-10)
    np.testing.assert_allclose(counted.coefficients, rows.coefficients, rtol=0, atol=1e-10)
    np.testing.assert_allclose(counted.errors, rows.errors, rtol=0, atol=1e-10)


# ---- refusals ----------------------------------------------------------------------------------


def _table(**changed: Any) -> pl.DataFrame:
    one = {"characteristic": "x", "kind": "number", "level": None, "squares": None, "others": 0}
    rows: list[dict[str, Any]] = [
        {**one, "low": 0.0, "high": 0.0, "rows": 90, "goods": 81.0, "bads": 9.0},
        {**one, "low": 1.0, "high": 1.0, "rows": 60, "goods": 30.0, "bads": 30.0},
    ]
    rows[1] |= changed
    return pl.DataFrame(rows)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rows": -1}, "negative"),
        ({"bads": float("nan")}, "negative, missing or infinite"),
        ({"low": float("inf"), "high": float("inf")}, "infinite values"),
        ({"low": 2.0}, "no range"),
        ({"kind": "categorie"}, "a kind is none of"),
        ({"others": 3}, "no readable outcome"),
        ({"goods": 31.0}, "not all rows"),
        ({"kind": "coded", "low": 1.5, "high": 1.5}, "two kinds"),
        ({"characteristic": "y"}, "not of the same rows"),
        ({"low": -1.0, "high": 0.5}, "overlap"),
        ({"level": "a"}, "no range"),
    ],
    ids=lambda one: one if isinstance(one, str) else ",".join(one),
)
def test_what_are_no_counts_of_one_sample_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(SubjectError, match=said):
        BinningProcess().from_counts(_table(**changed))
    assert Counts.read(_table()).sums.totals == (111, 39)


def test_outcomes_and_weights_that_cannot_be_read_are_refused() -> None:
    asked: dict[str, Any] = {"numbers": ["months"], "categories": []}
    process = BinningProcess()
    for wrong in (None, 2, -1):
        frame = with_outcome().with_columns(
            pl.when(pl.int_range(pl.len()) == 7).then(wrong).otherwise("bad").alias("bad")
        )
        with pytest.raises(SubjectError, match="no readable outcome"):
            process.from_counts(counted(process, frame, **asked))
    for weight in (None, -0.5, float("nan"), float("inf")):
        frame = with_outcome().with_columns(
            w=pl.when(pl.int_range(pl.len()) == 7).then(weight).otherwise(1.0)
        )
        with pytest.raises(SubjectError):
            process.from_counts(counted(process, frame, weight="w", **asked))
    frame = with_outcome().filter(pl.col("bad") == 0)
    table = counted(process, frame, **asked)
    with pytest.raises(SubjectError, match="only one class"):
        process.from_counts(table)


def test_codes_that_are_no_whole_numbers_are_refused() -> None:
    frame = with_outcome(FRAME.select(kind=pl.col("kind") + 0.5))
    process = BinningProcess(categorical=["kind"])
    table = counted(process, frame, numbers=["kind"], categories=[])
    with pytest.raises(SubjectError, match="whole"):
        process.from_counts(table)
    with pytest.raises(SubjectError, match="categorical"):
        BinningProcess().from_counts(table)


def test_a_dialect_in_which_nobody_counted_is_refused() -> None:
    for said in (BinningProcess().cuts_sql, BinningProcess().counts_sql):
        more: dict[str, Any] = {} if said.__name__ == "cuts_sql" else {"outcome": "bad"}
        with pytest.raises(CreditError, match="oracle"):
            said(["age"], dialect="oracle", **more)


def test_a_leak_is_told_of_counts_too() -> None:
    with pytest.warns(LeakWarning):
        BinningProcess().from_counts(
            _table(goods=0.0, bads=60.0).with_columns(
                pl.when(pl.col("low") == 0).then(90.0).otherwise("goods").alias("goods"),
                pl.when(pl.col("low") == 0).then(0.0).otherwise("bads").alias("bads"),
            )
        )

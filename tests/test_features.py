"""Frames, targets and weights as people bring them."""

import datetime as dt
import decimal

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from lishui_credit.errors import SubjectError
from lishui_credit.scorecards.features import features, target, weights

PLAIN = pl.DataFrame(
    {"收入": [1.5, None, 3.0], "kind": ["村", None, "镇"], "old": [True, False, None]}
)


@pytest.mark.parametrize(
    "bring",
    [
        lambda d: d,
        lambda d: d.lazy(),
        lambda d: d.to_pandas(),
        lambda d: d.to_pandas(use_pyarrow_extension_array=True),
        lambda d: d.to_pandas().convert_dtypes(),
        lambda d: d.to_pandas().astype({"kind": "category"}),
        lambda d: d.with_columns(pl.col("kind").cast(pl.Categorical)),
        lambda d: d.with_columns(pl.col("kind").cast(pl.Enum(["镇", "村"]))),
        lambda d: d.with_columns(pl.col("收入").fill_null(float("nan"))),
        lambda d: d.with_columns(pl.col("收入").cast(pl.Float32)),
        lambda d: d.to_arrow(),
        lambda d: nw.from_native(d),
        lambda d: nw.from_native(d.lazy()),
        lambda d: nw.from_native(d.to_pandas()),
        lambda d: duckdb.from_arrow(d.to_arrow()),
    ],
)
def test_every_kind_of_frame_reads_the_same(bring):
    assert_frame_equal(features(bring(PLAIN)), PLAIN)


def test_pandas_index_is_not_read():
    frame = PLAIN.to_pandas().set_index(pd.Index([7, 7, 3]))
    assert_frame_equal(features(frame), PLAIN)


def test_categories_that_are_numbers_become_text():
    assert features(pd.DataFrame({"a": pd.Categorical([1, 2, None])}))["a"].to_list() == [
        "1",
        "2",
        None,
    ]


def test_integers_stay_and_decimals_become_floats():
    frame = pl.DataFrame({"a": [1, None], "b": [decimal.Decimal("1.25"), None], "c": [None, None]})
    assert features(frame).schema == {"a": pl.Int64, "b": pl.Float64, "c": pl.Float64}


def test_the_frame_brought_is_not_changed():
    frame = pl.DataFrame({"a": [1.0, float("nan")]})
    features(frame)
    assert frame["a"].is_nan().to_list() == [False, True]


def test_names_pick_and_order_and_the_rest_is_not_checked():
    frame = PLAIN.with_columns(day=dt.date(2026, 1, 1), far=float("inf"))
    assert features(frame, ["old", "收入"]).columns == ["old", "收入"]
    assert features(frame.lazy(), ["old"]).columns == ["old"]


def test_missing_columns_are_all_named_with_the_nearest():
    with pytest.raises(SubjectError) as caught:
        features(PLAIN, ["kinds", "收入", "zzz"])
    assert [row.what for row in caught.value.problems] == ["no column 'kinds'", "no column 'zzz'"]
    assert [row.hint for row in caught.value.problems] == ["did you mean 'kind'?", ""]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
        pa.table([[1], [2]], names=["a", "a"]),
    ],
)
def test_duplicate_columns_are_refused(frame):
    with pytest.raises(SubjectError, match="occur twice · found: a"):
        features(frame)


def test_a_column_named_twice_is_refused():
    with pytest.raises(SubjectError, match="asked for twice · found: old"):
        features(PLAIN, ["old", "old"])


def test_dates_lists_and_bytes_are_refused_together():
    frame = pl.DataFrame(
        {
            "day": [dt.date(2026, 1, 1)],
            "moment": [dt.datetime(2026, 1, 1)],
            "clock": [dt.time(1)],
            "span": [dt.timedelta(1)],
            "list": [[1]],
            "raw": [b"x"],
            "fine": [1],
        }
    )
    with pytest.raises(SubjectError) as caught:
        features(frame)
    assert [row.where for row in caught.value.problems] == list(frame.columns[:-1])


def test_infinite_values_are_counted_by_column():
    frame = pl.DataFrame({"a": [float("inf"), -float("inf"), 1.0], "b": [1.0, 2, float("inf")]})
    with pytest.raises(SubjectError) as caught:
        features(frame)
    assert [(row.where, row.found) for row in caught.value.problems] == [
        ("a", "2 of 3 rows"),
        ("b", "1 of 3 rows"),
    ]


@pytest.mark.parametrize("brought", [None, "a.csv", pl.Series([1])])
def test_what_is_no_frame_is_refused(brought):
    with pytest.raises(SubjectError, match="named columns"):
        features(brought)


def test_headers_that_are_numbers_are_refused():
    with pytest.raises(SubjectError, match="not text · found: 0, 1"):
        features(pd.DataFrame(np.zeros((2, 2))))


def test_a_mixed_pandas_column_is_named():
    frame = pd.DataFrame({"ok": [1, 2], "mixed": pd.Series(["a", 1], dtype=object)})
    with pytest.raises(SubjectError) as caught:
        features(frame)
    assert [row.where for row in caught.value.problems] == ["mixed"]


def test_a_frame_without_columns_is_refused():
    with pytest.raises(SubjectError, match="no feature"):
        features(pl.DataFrame())


@pytest.mark.parametrize(
    "y",
    [
        [0, 1, 1],
        (False, True, True),
        np.array([0.0, 1.0, 1.0]),
        np.array([False, True, True]),
        np.array([0, 1, 1], dtype=np.uint8),
        pl.Series([0, 1, 1]),
        pl.Series([False, True, True]),
        pd.Series([0, 1, 1], index=[9, 9, 9]),
        pd.Series([0, 1, 1], dtype="Int64"),
        pd.Series([False, True, True], dtype="boolean"),
        pa.chunked_array([[0, 1, 1]]),
        nw.from_native(pl.Series([0, 1, 1]), series_only=True),
    ],
)
def test_every_kind_of_target_reads_the_same(y):
    read = target(y, rows=3)
    assert read.dtype == np.int8
    assert read.tolist() == [0, 1, 1]


def test_all_problems_of_a_target_come_at_once():
    with pytest.raises(SubjectError) as caught:
        target([0, None, 2, -1], rows=5)
    assert len(caught.value.problems) == 3
    assert "-1, 2" in str(caught.value)


@pytest.mark.parametrize("y", [["good", "bad"], ["0", "1"], [0.5, 1.0], [0, float("inf")], [1, 2]])
def test_a_target_that_is_not_zero_or_one_is_refused(y):
    with pytest.raises(SubjectError, match="other than 0 and 1"):
        target(y)


@pytest.mark.parametrize("y", [[0, 0], [1, 1, 1], [], [True]])
def test_a_target_of_one_class_is_refused(y):
    with pytest.raises(SubjectError, match="one class"):
        target(y)


@pytest.mark.parametrize("y", [[1.0, float("nan"), 0.0], pd.Series([1, None, 0], dtype="Int64")])
def test_a_missing_outcome_is_refused(y):
    with pytest.raises(SubjectError, match="missing · found: 1 of 3"):
        target(y)


@pytest.mark.parametrize("y", [np.zeros((3, 1)), 5, [[0], [1]], None, [0, "a"]])
def test_a_target_that_is_no_column_is_refused(y):
    with pytest.raises(SubjectError):
        target(y)


def test_no_weights_are_ones():
    assert weights(None, 3).tolist() == [1.0, 1.0, 1.0]


def test_weights_are_floats():
    read = weights(pl.Series([2, 0, 1]), 3)
    assert read.dtype == np.float64
    assert read.tolist() == [2.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("w", "word"),
    [
        ([1.0, -1.0], "negative"),
        ([1.0, float("nan")], "missing"),
        ([1.0, None], "missing"),
        ([1.0, float("inf")], "infinite"),
        ([0, 0], "all weights are zero"),
        ([1, 1, 1], "length"),
        (["a", "b"], "not numbers"),
    ],
)
def test_weights_that_weigh_nothing_sensible_are_refused(w, word):
    with pytest.raises(SubjectError, match=word):
        weights(w, 2)

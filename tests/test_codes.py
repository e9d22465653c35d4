"""Text as integer codes."""

import json

import numpy as np
import polars as pl
import pytest

from lishui_credit.errors import SubjectError
from lishui_credit.scorecards.tree_codes import MANY_LEVELS, Codes

X = pl.DataFrame(
    {
        "age": [20, 30, None, 50, 60, 70],
        "own": [True, False, None, True, True, False],
        "use": ["茶", "车", "车", None, "茶", "房"],
    }
)
Y = np.array([0, 1, 1, 1, 0, 1])


@pytest.fixture
def codes():
    return Codes.learn(X, Y, np.ones(6))


def test_levels_are_numbered_from_the_least_bad_and_a_missing_value_is_a_level(codes):
    # Prior 4/6, five rows of it: 茶 (0 + 10/3) / 7, 房 and missing (1 + 10/3) / 6, 车 (2 + 10/3) / 7.
    assert codes.levels == (None, None, ("茶", "房", None, "车"))
    matrix = codes.matrix(X)
    assert matrix.dtype == np.float64
    np.testing.assert_array_equal(matrix[:, 2], [0, 3, 3, 2, 0, 1])
    np.testing.assert_array_equal(matrix[:, 1], [1, 0, np.nan, 1, 1, 0])


def test_weights_move_the_order():
    frame = pl.DataFrame({"a": ["x", "x", "y", "y"]})
    y = np.array([1, 0, 0, 1])
    assert Codes.learn(frame, y, np.array([9.0, 1, 1, 1])).levels == (("y", "x"),)
    assert Codes.learn(frame, y, np.array([1.0, 9, 1, 1])).levels == (("x", "y"),)


def test_many_levels_are_numbered_by_frequency_whatever_their_outcomes():
    names = [f"v{n:03}" for n in range(MANY_LEVELS + 1) for _ in range(n + 1)]
    frame = pl.DataFrame({"village": names})
    rng = np.random.default_rng(0)
    expected = tuple(f"v{n:03}" for n in range(MANY_LEVELS + 1))
    for _ in range(2):
        y = rng.integers(0, 2, len(names))
        assert Codes.learn(frame, y, np.ones(len(names))).levels == (expected,)


def test_a_categorical_number_has_one_code_however_it_is_held():
    frame = pl.DataFrame({"sex": [1, 2, 2]})
    learned = Codes.learn(frame, np.array([0, 1, 1]), np.ones(3), categorical=["sex"])
    assert [name for name, levels in zip(learned.names, learned.levels, strict=True) if levels] == [
        "sex"
    ]
    for held in (frame, frame.cast(pl.Float64), frame.cast(pl.UInt8), frame.cast(pl.String)):
        np.testing.assert_array_equal(learned.matrix(held), [[0], [1], [1]])


def test_a_fraction_among_whole_numbers_does_not_rename_them():
    learned = Codes.learn(
        pl.DataFrame({"a": [1.0, 2.0, 2.5]}), np.array([0, 1, 1]), np.ones(3), categorical=["a"]
    )
    assert learned.levels == (("1", "2", "2.5"),)
    held = pl.DataFrame({"a": [2.0, 7.5, None, 1.0]})
    np.testing.assert_array_equal(learned.matrix(held, "ignore"), [[1], [np.nan], [np.nan], [0]])


def test_unseen_levels_are_missing_and_counted(codes):
    new = X.with_columns(use=pl.Series(["茶", "船", "马", "船", None, "茶"]))
    with pytest.warns(UserWarning, match=r"use: .* 3 of 6 rows: 船, 马"):
        matrix = codes.matrix(new)
    np.testing.assert_array_equal(matrix[:, 2], [0, np.nan, np.nan, np.nan, 2, 0])
    np.testing.assert_array_equal(codes.matrix(new, "ignore"), matrix)
    with pytest.raises(SubjectError, match="船"):
        codes.matrix(new, "raise")


def test_missing_where_none_was_seen_is_missing_without_a_word():
    learned = Codes.learn(pl.DataFrame({"a": ["x", "y"]}), np.array([0, 1]), np.ones(2))
    none = pl.DataFrame({"a": [None, "y"]})
    np.testing.assert_array_equal(learned.matrix(none, "raise"), [[np.nan], [1]])


def test_a_number_that_arrives_as_text_is_refused_unless_all_is_missing(codes):
    with pytest.raises(
        SubjectError, match="age: the column was a number at the fit and is text now"
    ):
        codes.matrix(X.with_columns(age=pl.lit("20")))
    empty = codes.matrix(X.with_columns(age=pl.lit(None, pl.String)))
    assert np.isnan(empty[:, 0]).all()


def test_plain_data_make_the_same_codes(codes):
    assert Codes.from_list(json.loads(json.dumps(codes.to_list()))) == codes

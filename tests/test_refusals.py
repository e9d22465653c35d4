"""What is refused alike: absent columns, uneven lengths, and all problems of an input together."""

import pytest

from lishui_credit.errors import ModelError, Problem, SubjectError, refuse
from lishui_credit.language import set_language
from lishui_credit.statistics.refusals import lacking, rows, unequal


@pytest.fixture(autouse=True)
def english():
    set_language("en")
    yield
    set_language(None)


def test_nothing_is_refused_where_nothing_is_wrong():
    refuse([])


def test_all_problems_of_an_input_are_refused_together():
    both = [Problem("first"), Problem("second")]
    with pytest.raises(SubjectError) as caught:
        refuse(iter(both))
    assert caught.value.problems == tuple(both)
    with pytest.raises(ModelError):
        refuse(both, ModelError)


def test_every_absent_column_is_named_once_for_each_time_it_is_asked_for():
    found = lacking(["county", None, "grde", "grde"], ["county", "grade"])
    assert [problem.what for problem in found] == ["no column 'grde'"] * 2
    assert found[0].hint == "did you mean 'grade'?"


def test_columns_of_one_length_are_not_refused():
    assert unequal([1, 2], [3, 4]) == []
    (problem,) = unequal([1], [3, 4], "bad")
    assert (problem.found, problem.where) == ("1, 2", "bad")


def test_one_row_is_no_plural():
    assert (rows(1), rows(1_200)) == ("1 row", "1,200 rows")

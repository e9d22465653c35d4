"""What is refused alike: absent columns, uneven lengths, and all problems of an input together."""

from pathlib import Path

import polars as pl
import pytest

import lishui_credit
from lishui_credit.errors import ModelError, Problem, SubjectError, refuse
from lishui_credit.language import set_language
from lishui_credit.plan.observed.table import observations
from lishui_credit.plan.records.raking import rake
from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.scorecards.protected import admitted
from lishui_credit.scorecards.sample_files import Sample
from lishui_credit.statistics.refusals import lacking, rows, unequal
from lishui_credit.validation.stability import csi


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


def test_what_to_do_stands_behind_the_name_that_may_be_meant():
    near, far = lacking(["grde", "xyz"], ["county", "grade"], "a.csv", "add it")
    assert str(near).endswith("hint: did you mean 'grade'? add it")
    assert str(far) == "a.csv: no column 'xyz' · found: county, grade · hint: add it"


def test_an_absent_column_is_told_in_one_wording_in_chinese_too():
    set_language("zh")
    (told,) = lacking(["评级结果"], ["县", "评级结累(级)"])
    assert str(told) == "缺少“评级结果”列 · 实际：县, 评级结累(级) · 建议：是否应为“评级结累(级)”？"


READERS = {
    "frames": lambda: csi(pl.DataFrame({"grade": [1]}), pl.DataFrame({"grde": [1]})),
    "observations": lambda: observations(pl.DataFrame({"indicatr": ["x"]})),
    "settings": lambda: BinningProcess(categorical=["trde"]).fit(
        pl.DataFrame({"trade": ["a", "b"]}), [0, 1]
    ),
    "samples": lambda: Sample(
        frame=pl.DataFrame({"county": ["a"]}), outcome=pl.Series([0])
    ).must_hold("countty"),
    "protected": lambda: admitted(["county"], {"countty": "a reason"}),
    "margins": lambda: rake(pl.DataFrame({"sex": ["f", "m"]}), {"sexe": {"f": 1, "m": 1}}),
}


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_that_lacks_a_column_asks_for_the_nearest(reader):
    with pytest.raises(SubjectError, match=r"no column .*did you mean"):
        READERS[reader]()


def test_what_is_near_is_judged_in_one_place():
    package = Path(lishui_credit.__file__).parent
    judges = [path.name for path in package.rglob("*.py") if "difflib" in path.read_text("utf-8")]
    assert judges == ["header_words.py"]

"""Master scales against scipy and worked numbers."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from scipy.stats import beta, chi2_contingency

from lishui_credit.errors import CreditError, ModelError, SubjectError
from lishui_credit.grades import Grade, GradeScale
from lishui_credit.scorecards.cards.master_scale import MasterScale, build_scale
from lishui_credit.statistics.proportions import jeffreys_interval, two_proportions


def drawn(n=8000, seed=0):
    rng = np.random.default_rng(seed)
    pd = rng.beta(1, 9, n)
    return pd, (rng.random(n) < pd).astype(int)


@pytest.mark.parametrize(
    ("rows", "bads"), [((100, 100), (10, 20)), ((900, 41), (9, 5)), ((50, 60), (30, 2))]
)
def test_the_test_between_neighbours_is_scipys_chi_square(rows, bads):
    oracle = chi2_contingency(
        [[b, n - b] for n, b in zip(rows, bads, strict=True)], correction=False
    )
    (z,), (p,) = two_proportions(rows, bads)
    assert z**2 == pytest.approx(oracle.statistic)
    assert p == pytest.approx(oracle.pvalue)
    assert (z > 0) == (bads[1] / rows[1] > bads[0] / rows[0])


def test_equal_and_empty_grades_do_not_differ():
    z, p = two_proportions([10, 20, 0, 5], [0, 0, 0, 5])
    assert (z.tolist(), p.tolist()) == ([0.0, 0.0, 0.0], [1.0, 1.0, 1.0])


def test_jeffreys_is_scipys_beta_with_closed_ends():
    low, high = jeffreys_interval([0, 7, 20], [20, 20, 20], 0.9)
    assert (low[0], high[2]) == (0.0, 1.0)
    assert low[1] == pytest.approx(beta(7.5, 13.5).ppf(0.05))
    assert high[1] == pytest.approx(beta(7.5, 13.5).ppf(0.95))


def test_two_true_classes_of_risk_give_two_grades_cut_where_they_part():
    rng = np.random.default_rng(0)
    score = rng.integers(400, 701, 20000)
    y = rng.random(20000) < np.where(score >= 550, 0.02, 0.2)
    scale = build_scale(y, score=score, level=0.001)
    assert [grade.at_least for grade in scale.scale.grades] == [pytest.approx(550, abs=3), None]


def test_a_score_without_meaning_gives_no_grades():
    rng = np.random.default_rng(1)
    with pytest.raises(SubjectError, match="told apart"):
        build_scale(rng.random(3000) < 0.1, score=rng.integers(400, 700, 3000), level=1e-6)


@settings(max_examples=30)
@given(
    st.integers(0, 10_000),
    st.integers(2, 12),
    st.sampled_from([0.0, 0.02, 0.1, 0.2]),
    st.sampled_from([0, 1, 5, 30]),
    st.sampled_from([1.0, 0.2, 0.05, 0.001]),
)
def test_every_rule_holds_in_the_data_it_was_built_from(seed, number, share, bads, level):
    pd, y = drawn(1500, seed)
    try:
        scale = build_scale(
            y, pd=pd, max_grades=number, min_share=share, min_bads=bads, level=level
        )
    except SubjectError:
        event("no two grades")
        return
    table = scale.table()
    assert 2 <= table.height <= number
    assert table["rows"].sum() == 1500
    assert table["bads"].sum() == y.sum()
    assert (table["pd"].diff().drop_nulls() > 0).all()
    assert (table["share"] >= share).all()
    assert (table["bads"] >= bads).all()
    assert (table["p_better"].drop_nulls() <= level).all()
    counted = scale.table(pd, y)
    assert counted.equals(table)


def test_better_points_never_give_a_worse_grade_and_the_bound_belongs_to_the_better_one():
    rng = np.random.default_rng(2)
    score = rng.integers(300, 800, 5000)
    y = rng.random(5000) < 1 / (1 + np.exp((score - 450) / 60))
    scale = build_scale(y, score=score)
    places = [scale.scale.rank(name) for name in scale.grade(np.arange(200, 900))]
    assert places == sorted(places, reverse=True)
    for grade in scale.scale.grades[:-1]:
        found = scale.grade([grade.at_least - 1, grade.at_least]).to_list()
        assert found[1] == grade.id != found[0]
        assert found == [scale.scale.of(grade.at_least - 1).id, grade.id]


@pytest.mark.parametrize("unit", ["pd", "score"])
def test_the_expression_grades_as_the_scale_does(unit):
    pd, y = drawn()
    values = pd if unit == "pd" else np.round(600 - 100 * np.log(pd / (1 - pd))).astype(int)
    scale = build_scale(y, **{unit: values})
    frame = pl.DataFrame({"x": values})
    assert frame.select(scale.expr("x"))["grade"].equals(scale.grade(values))
    gaps = pl.DataFrame({"x": [None, float("nan") if unit == "pd" else None]}, {"x": pl.Float64})
    assert gaps.select(scale.expr("x"))["grade"].to_list() == [None, None]


def test_the_pd_of_a_grade_is_its_bad_rate_and_the_interval_holds_it():
    pd, y = drawn()
    scale = build_scale(y, pd=pd)
    grades = scale.grade(pd).to_numpy()
    for row in scale.table().iter_rows(named=True):
        assert row["pd"] == pytest.approx(y[grades == row["grade"]].mean())
        assert row["pd_low"] < row["pd"] < row["pd_high"]
    assert set(np.unique(scale.pd(pd))) == set(scale.table()["pd"])


def test_other_data_are_counted_by_the_same_bounds_and_an_empty_grade_has_no_pd():
    scale = MasterScale(
        GradeScale(
            (
                Grade(id="A", label_zh="优", at_least=600),
                Grade(id="B", label_zh="中", at_least=500),
                Grade(id="C", label_zh="差"),
            )
        ),
        "points",
        rows=(100, 100, 100),
        bads=(1, 5, 30),
    )
    table = scale.table([700, 650, 400, 300], [0, 1, 1, 1])
    assert table["rows"].to_list() == [2, 0, 2]
    assert table["pd"].to_list() == [0.5, None, 1.0]
    assert table["pd_built"].to_list() == [0.01, 0.05, 0.3]


def test_plain_data_make_the_same_scale():
    pd, y = drawn()
    scale = build_scale(y, pd=pd)
    assert MasterScale.from_dict(json.loads(json.dumps(scale.to_dict()))) == scale
    with pytest.raises(ModelError, match="not a"):
        MasterScale.from_dict({"kind": "other"})


def test_all_wrong_rules_are_named_at_once():
    with pytest.raises(CreditError) as caught:
        build_scale([0, 1], max_grades=1, min_share=0.9, min_bads=-1, level=0.0, bands=1)
    assert len(caught.value.problems) == 6


@pytest.mark.parametrize(
    ("given_", "word"),
    [
        ({"pd": [0.1, 1.2]}, "outside"),
        ({"pd": [0.1, float("nan")]}, "missing"),
        ({"score": [600, 600.5]}, "whole"),
        ({"score": [600, 610, 620]}, "length"),
    ],
)
def test_values_out_of_range_are_refused(given_, word):
    with pytest.raises(SubjectError, match=word):
        build_scale([0, 1], **given_)

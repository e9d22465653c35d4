"""Metrics by group and fairness at a cut-off against fairlearn, scipy and a published example."""

import numpy as np
import polars as pl
import pytest
from fairlearn import metrics as fair
from scipy import stats
from sklearn import metrics

from lishui_credit.errors import SubjectError
from lishui_credit.validation.groups import by_group, crossed, too_few
from lishui_credit.validation.treatment import fairness, rate_gap


def _sample(n=3000, seed=0):
    """Synthetic outcomes, scores and counties of unequal size and level."""
    rng = np.random.default_rng(seed)
    county = rng.choice(["景宁", "莲都", "龙泉"], n, p=[0.2, 0.5, 0.3])
    lift = np.where(county == "景宁", -30.0, 0.0)
    y = (rng.random(n) < 0.2).astype(int)
    score = np.round(600 - 40 * y + lift + rng.normal(0, 50, n))
    return y, score, county


def test_metrics_by_group_are_fairlearns_metric_frame():
    y, score, county = _sample()
    expected = fair.MetricFrame(
        metrics=metrics.roc_auc_score, y_true=y, y_pred=-score, sensitive_features=county
    ).by_group
    table = by_group(y, county, "auc", -score, repeats=50)
    for row in table.iter_rows(named=True):
        assert row["value"] == pytest.approx(expected[row["group"]])
        assert row["low"] < row["value"] < row["high"]


@pytest.mark.parametrize("name", ["brier", "gap", "ece"])
def test_pd_metrics_by_group_are_those_of_the_group_alone(name):
    y, score, county = _sample()
    pd = 1 / (1 + np.exp((score - 500) / 40))
    inside = county == "莲都"
    row = by_group(y, county, name, pd, repeats=50).filter(group="莲都").row(0, named=True)
    alone = {
        "brier": metrics.brier_score_loss(y[inside], pd[inside]),
        "gap": y[inside].mean() - pd[inside].mean(),
        "ece": by_group(y[inside], county[inside], "ece", pd[inside], repeats=50)["value"][0],
    }
    assert row["value"] == pytest.approx(alone[name])


def test_the_gap_of_a_period_is_as_uncertain_as_its_bad_rate():
    y, _, county = _sample()
    pd = np.full(len(y), 0.2)
    row = by_group(y, county, "gap", pd, repeats=600).filter(group="莲都").row(0, named=True)
    inside = y[county == "莲都"]
    error = np.sqrt(inside.mean() * (1 - inside.mean()) / len(inside))
    assert row["high"] - row["low"] == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_any_function_of_outcome_and_column_is_a_metric():
    y, score, county = _sample()
    table = by_group(y, county, lambda o, s: float(np.median(s)), score, repeats=50)
    assert table["value"][1] == np.median(score[county == "莲都"])


def test_small_groups_show_neither_figure_nor_bads():
    y, score, county = _sample()
    county = np.where(np.arange(3000) < 20, "庆元", county)
    row = by_group(y, county, "ks", -score, repeats=20).filter(group="庆元").row(0, named=True)
    assert row["subjects"] == 20
    assert row["note"] == "too few"
    assert [row[name] for name in ("bads", "bad_rate", "value", "low", "high")] == [None] * 5


def test_a_group_of_one_class_is_said_to_be_so():
    y, score, _ = _sample()
    table = by_group(y, np.where(y == 1, "bad", "good"), "auc", -score, repeats=20)
    assert table["note"].to_list() == ["one class", "one class"]


def test_missing_labels_are_a_group():
    y, score, county = _sample()
    named = [None if i < 100 else name for i, name in enumerate(county)]
    assert by_group(y, named, "auc", -score, repeats=20)["subjects"].sum() == 3000


def test_an_unknown_metric_is_refused_with_the_known_ones():
    with pytest.raises(SubjectError, match="auc, gini, ks"):
        by_group([0, 1], ["a", "a"], "roc", [1, 2])


def test_approval_and_errors_are_fairlearns():
    y, score, county = _sample()
    refused = (score < 560).astype(int)
    table = fairness(y, score, county, 560)
    frame = fair.MetricFrame(
        metrics={
            "refusal": fair.selection_rate,
            "fpr": fair.false_positive_rate,
            "fnr": fair.false_negative_rate,
        },
        y_true=y,
        y_pred=refused,
        sensitive_features=county,
    ).by_group
    for row in table.iter_rows(named=True):
        expected = frame.loc[row["group"]]
        assert row["approval"] == pytest.approx(1 - expected["refusal"])
        assert row["goods_refused"] == pytest.approx(expected["fpr"])
        assert row["bads_approved"] == pytest.approx(expected["fnr"])
    approved = 1 - refused
    ratio = fair.demographic_parity_ratio(y, approved, sensitive_features=county)
    difference = fair.demographic_parity_difference(y, approved, sensitive_features=county)
    assert table["ratio"].min() == pytest.approx(ratio)
    assert table["approval"].max() - table["approval"].min() == pytest.approx(difference)
    spread = max(
        table["goods_refused"].max() - table["goods_refused"].min(),
        table["bads_approved"].max() - table["bads_approved"].min(),
    )
    odds = fair.equalized_odds_difference(y, refused, sensitive_features=county)
    assert spread == pytest.approx(odds)


def test_the_score_gap_is_welchs():
    y, score, county = _sample()
    row = fairness(y, score, county, 560).filter(group="景宁").row(0, named=True)
    one, two = score[county == "景宁"], score[county == "莲都"]
    expected = stats.ttest_ind(one, two, equal_var=False).confidence_interval(0.95)
    assert row["score_gap"] == pytest.approx(one.mean() - two.mean())
    assert row["score_gap_low"] == pytest.approx(expected.low, abs=0.05)
    assert row["score_gap_high"] == pytest.approx(expected.high, abs=0.05)
    assert row["score_gap_high"] < 0


def test_newcombes_interval_is_that_of_his_first_example():
    # Newcombe (1998), table II: 56/70 against 48/80, method 10: 0.0524 to 0.3339.
    found = rate_gap(56, 70, 48, 80)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


def test_gaps_are_taken_against_the_largest_group_or_the_one_named():
    y, score, county = _sample()
    assert fairness(y, score, county, 560).filter(note="reference")["group"].item() == "莲都"
    named = fairness(y, score, county, 560, reference="龙泉")
    assert named.filter(note="reference")["group"].item() == "龙泉"


def test_an_unknown_reference_is_refused():
    with pytest.raises(SubjectError, match="reference"):
        fairness(*_sample(), 560, reference="庆元")


def test_small_groups_are_suppressed_in_fairness():
    y, score, county = _sample()
    county = np.where(np.arange(3000) < 20, "庆元", county)
    row = fairness(y, score, county, 560).filter(group="庆元").row(0, named=True)
    assert row["note"] == "too few"
    assert row["approval"] is None
    assert row["score_mean"] is None


def test_a_cut_off_nobody_reaches_has_no_ratio():
    table = fairness(*_sample(), 10_000)
    assert table["ratio"].to_list() == [None] * 3


@pytest.mark.parametrize("made", [np.array, lambda v, dtype: pl.Series(v, dtype=pl.Float32)])
def test_a_score_of_32_bits_at_the_cut_off_is_approved(made):
    written = [0.7, 0.69, 0.7, 0.1]
    narrow = made(written, dtype=np.float32)
    for score in (written, narrow):
        table = fairness([0, 1, 0, 1], score, ["a", "a", "b", "b"], 0.7, min_rows=1)
        assert table["approval"].to_list() == [0.5, 0.5]


def test_crossed_labels_join_both_columns_and_missing_values_are_a_part_of_their_own():
    frame = pl.DataFrame({"sex": ["f", "m", None], "county": ["a", None, "b"], "a*b": [1, 2, None]})
    assert crossed(frame, "sex*county").to_list() == ["f × a", "m × (missing)", "(missing) × b"]
    assert crossed(frame, "sex").to_list() == ["f", "m", None]
    assert crossed(frame, "a*b").to_list() == ["1", "2", None]  # a column of that very name
    with pytest.raises(SubjectError, match="no column 'town'"):
        crossed(frame, "sex*town")


def test_the_sentence_about_small_groups_names_twelve_and_counts_the_rest():
    said = too_few([(f"g{place}", place) for place in range(15)], 50)
    assert "g11 11 and 3 more" in said.en
    assert "g12" not in said.en
    assert said.zh.endswith("g11 11等 15 组")
    assert too_few([], 50).en == ""

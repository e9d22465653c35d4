"""What a card must stand when people bring real frames: 6,000 rows of published card data, worked on
as files in offices are. Each of these breaks at least one other scorecard package.
"""

from __future__ import annotations

import json
import math
import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal, assert_series_equal
from sklearn.base import clone
from sklearn.metrics import roc_auc_score

from lishui_credit.errors import SubjectError
from lishui_credit.scorecards import ArtefactWarning, BinningProcess, Odds, Scorecard, UnseenWarning
from lishui_credit.scorecards.cards.card_file import from_json, to_json
from tests.test_real_data import read

ROWS = 6_000
NUMBERS = ["limit_bal", "pay_0", "pay_2", "bill_amt1", "pay_amt1", "pay_amt2"]
TEXTS = ["education", "state_june", "state_may"]
CHINESE = {
    "limit_bal": "授信额度",
    "pay_0": "最近逾期",
    "pay_2": "前次逾期",
    "bill_amt1": "账单金额",
    "pay_amt1": "还款金额",
    "pay_amt2": "上次还款",
    "education": "文化程度",
    "state_june": "六月状态",
    "state_may": "五月状态",
}


def words(frame: pl.DataFrame) -> pl.DataFrame:
    """Nine columns, three of them text; no protected one, and no level that few rows have."""
    states = [pl.col(name).replace({1: 2}).clip(-2, 3) for name in ("pay_4", "pay_5")]
    return frame.select(
        *NUMBERS,
        pl.concat_str(pl.lit("school_"), pl.col("education").clip(1, 4)).alias("education"),
        pl.concat_str(pl.lit("state_"), states[0]).alias("state_june"),
        pl.concat_str(pl.lit("state_"), states[1]).alias("state_may"),
    )


WHOLE = read("taiwan_default")
TRAIN, BAD = words(WHOLE[:ROWS]), WHOLE["bad"][:ROWS].to_numpy()
TEST, BAD_LATER = words(WHOLE[ROWS : ROWS + 3_000]), WHOLE["bad"][ROWS : ROWS + 3_000].to_numpy()


def fit(frame: Any = TRAIN, bad: Any = BAD, weight: Any = None, **policies: Any) -> Scorecard:
    """A card of every column, whatever it tells."""
    return Scorecard(BinningProcess(**policies), min_iv=0.0).fit(frame, bad, weight)


def scores(model: Scorecard, frame: Any = TEST) -> np.ndarray:
    found = np.asarray(model.score(frame), float)
    assert np.isfinite(found).all()
    return found


def auc(found: np.ndarray) -> float:
    return float(roc_auc_score(BAD_LATER, -found))


@pytest.fixture(scope="module")
def model() -> Scorecard:
    return fit()


@pytest.fixture(scope="module")
def before(model: Scorecard) -> np.ndarray:
    return scores(model)


def replaced(frame: pl.DataFrame, name: str, value: Any, rows: Any = None) -> pl.DataFrame:
    """The frame with a value put in a column, in every row or where `rows` is true."""
    kind = pl.String if frame[name].dtype == pl.String else pl.Float64
    column = pl.col(name).cast(kind)
    new = pl.lit(value, dtype=kind)
    if rows is not None:
        new = pl.when(pl.Series(rows)).then(new).otherwise(column)
    return frame.with_columns(new.alias(name))


def test_the_card_tells_good_from_bad_on_rows_it_has_not_seen(before: np.ndarray) -> None:
    assert auc(before) > 0.72


def test_base_odds_score_the_base_and_a_pdo_doubles_them(model: Scorecard) -> None:
    """Regressed over all rows: 600 at 50:1 and 20 points to double, whatever rounding did."""
    line = -np.asarray(model.decision_function(TEST))  # log-odds good:bad
    found = scores(model)
    slope, base = np.polyfit(line, found, 1)
    assert slope == pytest.approx(20 / math.log(2), rel=1e-3)
    assert base + slope * math.log(50) == pytest.approx(600, abs=0.5)
    chance = model.predict_proba(TEST)
    assert np.log(chance[:, 0] / chance[:, 1]) == pytest.approx(line)
    assert (np.diff(chance[np.argsort(found, kind="stable"), 1]) <= 1e-12).all()


def test_an_unseen_category_can_be_refused() -> None:
    strange = replaced(TEST, "state_june", "in dispute", np.arange(TEST.height) < 10)
    with pytest.raises(SubjectError, match=r"state_june.*in dispute"):
        fit(unseen="raise").score(strange)


def test_an_unseen_category_is_counted_in_a_warning(model: Scorecard) -> None:
    strange = replaced(TEST, "state_june", "in dispute", np.arange(TEST.height) < 10)
    with pytest.warns(UnseenWarning, match=r"state_june: 10 .*in dispute"):
        found = np.asarray(model.score(strange), float)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("policy", ["worst", "neutral"])
def test_an_unseen_category_scores_as_the_policy_says(policy: str) -> None:
    model = fit(unseen=policy)
    strange = pl.concat([replaced(TEST, "state_june", "state_99"), TEST])  # not the whole column
    levels = TRAIN["state_june"].unique().to_list()
    known = [scores(model, replaced(TEST, "state_june", level))[0] for level in levels]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = scores(model, strange)[0]
    if policy == "worst":
        assert found == min(known)
    else:
        assert min(known) < found < max(known)


@pytest.mark.parametrize(
    ("name", "gap"),
    [("limit_bal", None), ("limit_bal", float("nan")), ("state_june", None)],
)
def test_a_gap_that_the_sample_never_had_is_scored_near_the_average(
    model: Scorecard, before: np.ndarray, name: str, gap: float | None
) -> None:
    assert TRAIN[name].null_count() == 0
    found = scores(model, replaced(TEST, name, gap))
    values = TRAIN[name].unique().to_list()[:200]
    one = TEST.head(1)
    every = [scores(model, replaced(one, name, value))[0] for value in values]
    assert min(every) <= found[0] <= max(every)
    assert abs(found.mean() - before.mean()) < 20


def test_a_gap_that_tells_of_bads_costs_points() -> None:
    hidden = (BAD == 1) & (np.arange(ROWS) % 4 == 0)
    with pytest.warns(ArtefactWarning, match="'limit_bal' is missing, 100.0% of"):
        model = fit(replaced(TRAIN, "limit_bal", None, hidden))
    with_value, without = scores(model), scores(model, replaced(TEST, "limit_bal", None))
    assert with_value.mean() - without.mean() > 40


def test_a_special_code_is_no_quantity() -> None:
    coded = (BAD == 1) & (np.arange(ROWS) % 4 == 0)
    with pytest.warns(ArtefactWarning, match="'limit_bal' is -999, 100.0% of"):
        model = fit(
            replaced(TRAIN, "limit_bal", -999.0, coded), special_codes={"limit_bal": [-999]}
        )
    marked, near = (scores(model, replaced(TEST, "limit_bal", v)) for v in (-999.0, -998.0))
    assert scores(model).mean() - marked.mean() > 40
    # a number beside the code belongs to the lowest limits, not to the code
    lowest = scores(model, replaced(TEST, "limit_bal", 1.0))
    assert near.tolist() == lowest.tolist()
    assert near.mean() > marked.mean()


@pytest.mark.parametrize("value", [1.0, None])
def test_a_column_that_says_nothing_changes_nothing_and_is_said(
    before: np.ndarray, value: float | None
) -> None:
    useless = pl.lit(value, dtype=pl.Float64).alias("useless")
    model = Scorecard(BinningProcess()).fit(TRAIN.with_columns(useless), BAD)
    assert "useless" not in model.features_
    assert model.dropped_["useless"]
    without = Scorecard(BinningProcess()).fit(TRAIN, BAD)
    assert scores(model, TEST.with_columns(useless)).tolist() == scores(without).tolist()


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_infinity_is_refused_at_the_fit_and_at_scoring(model: Scorecard, value: float) -> None:
    rows = np.arange(ROWS) < 21
    with pytest.raises(SubjectError, match="bill_amt1"):
        fit(replaced(TRAIN, "bill_amt1", value, rows))
    with pytest.raises(SubjectError, match="pay_0"):
        model.score(replaced(TEST, "pay_0", value, rows[:3_000]))


def test_a_category_without_bads_has_a_finite_woe() -> None:
    pure = np.zeros(ROWS, bool)
    pure[np.flatnonzero(BAD == 0)[:400]] = True
    model = fit(replaced(TRAIN, "education", "pure", pure))
    woe = model.process_.transform(replaced(TRAIN, "education", "pure"))["education"][0]
    assert math.isfinite(woe)
    # no better than with half a bad in the bin
    most = math.log((400 / (BAD == 0).sum()) / (0.5 / BAD.sum()))
    assert 0 < woe < most
    gain = scores(model, replaced(TEST, "education", "pure")) - scores(model)
    assert 0 < gain.mean() < 300


def test_the_order_of_columns_does_not_matter(model: Scorecard, before: np.ndarray) -> None:
    assert scores(model, TEST.select(reversed(TEST.columns))).tolist() == before.tolist()


def test_a_column_more_does_not_matter(model: Scorecard, before: np.ndarray) -> None:
    more = TEST.with_columns(note=pl.lit("x"), when=pl.lit("2005-09-01").str.to_date())
    assert scores(model, more.select(reversed(more.columns))).tolist() == before.tolist()


def test_columns_that_are_absent_are_all_named(model: Scorecard) -> None:
    with pytest.raises(SubjectError) as refused:
        model.score(TEST.drop("pay_0", "state_june"))
    assert "pay_0" in str(refused.value)
    assert "state_june" in str(refused.value)


def test_one_row_scores_as_it_does_among_others(model: Scorecard, before: np.ndarray) -> None:
    alone = [scores(model, TEST[row])[0] for row in range(20)]
    assert alone == before[:20].tolist()


@pytest.mark.parametrize("index", [range(3_006, 6, -1), [0] * 3_000])
def test_a_pandas_index_does_not_matter(
    model: Scorecard, before: np.ndarray, index: list[int]
) -> None:
    frame = TEST.to_pandas()
    frame.index = pd.Index(index)
    found = model.score(frame)
    assert np.asarray(found, float).tolist() == before.tolist()
    assert found.index.equals(frame.index)


@pytest.mark.parametrize("kind", ["str", "object", "category"])
def test_text_scores_the_same_in_every_dtype_of_pandas(kind: str, before: np.ndarray) -> None:
    train, test = (frame.to_pandas().astype(dict.fromkeys(TEXTS, kind)) for frame in (TRAIN, TEST))
    assert scores(fit(train), test).tolist() == before.tolist()


def test_nullable_integers_of_pandas_are_read() -> None:
    rows = np.arange(ROWS) < 6
    train = replaced(TRAIN, "pay_amt1", None, rows)
    nullable = train.to_pandas().astype({"pay_amt1": "Int64"})
    assert nullable["pay_amt1"].isna().sum() == 6
    assert scores(fit(nullable), TEST).tolist() == scores(fit(train), TEST).tolist()


def test_polars_pandas_and_arrow_frames_give_the_same_scores(before: np.ndarray) -> None:
    for train, test in (
        (TRAIN.to_pandas(), TEST.to_pandas()),
        (TRAIN.to_arrow(), TEST.to_arrow()),
        (TRAIN.lazy(), TEST.lazy()),
    ):
        assert scores(fit(train), test).tolist() == before.tolist()


def test_the_expression_scores_a_lazy_plan(model: Scorecard, before: np.ndarray) -> None:
    found = TEST.lazy().select(model.expr().alias("score")).collect(engine="streaming")["score"]
    assert found.cast(pl.Float64).to_list() == before.tolist()


def test_json_there_and_back_is_the_same_card(model: Scorecard, before: np.ndarray) -> None:
    text = to_json(model.card_)
    again = from_json(text)
    assert json.loads(to_json(again)) == json.loads(text)
    assert np.asarray(again.score(TEST), float).tolist() == before.tolist()


def test_the_same_fit_twice_is_the_same_card(model: Scorecard) -> None:
    assert_frame_equal(fit().table(), model.table())


def test_chinese_names_and_levels_give_the_same_scores(before: np.ndarray) -> None:
    def chinese(frame: pl.DataFrame) -> pl.DataFrame:
        marked = [pl.concat_str(pl.lit("类"), name).alias(name) for name in TEXTS]
        return frame.with_columns(marked).rename(CHINESE)

    model = fit(chinese(TRAIN))
    assert scores(model, chinese(TEST)).tolist() == before.tolist()
    assert set(model.features_) <= set(CHINESE.values())


def test_what_comes_in_is_left_as_it_was(model: Scorecard) -> None:
    polars, pandas = TRAIN.clone(), TRAIN.to_pandas()
    names, kept, outcome = list(pandas.columns), pandas.copy(deep=True), BAD.copy()
    fit(polars)
    fit(pandas)
    model.score(pandas)
    assert_frame_equal(polars, TRAIN)
    assert list(pandas.columns) == names
    pd.testing.assert_frame_equal(pandas, kept)
    assert (outcome == BAD).all()


def test_three_thousand_villages_of_noise_cost_no_discrimination(before: np.ndarray) -> None:
    draw = np.random.default_rng(0)

    def village(frame: pl.DataFrame) -> pl.DataFrame:
        numbers = pl.Series("village", draw.integers(0, 3_000, frame.height)).cast(pl.String)
        return frame.with_columns(pl.concat_str(pl.lit("v"), numbers).alias("village"))

    model = fit(village(TRAIN))
    later = village(TEST)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnseenWarning)
        found = scores(model, later)
    assert auc(found) > auc(before) - 0.003


def test_a_weight_of_two_is_a_row_twice_but_for_smoothing_and_ridge() -> None:
    """Bins are found on rows, so they are set by hand here: only the weighing is in question."""
    splits = {"limit_bal": [50_000.0, 150_000.0], "pay_0": [0.5, 1.5]}
    columns = TRAIN.select(*splits)
    twice = np.arange(ROWS) % 3 == 0
    doubled = pl.concat([columns, columns.filter(pl.Series(twice))])
    process = BinningProcess(splits=splits, smoothing=0)
    model = Scorecard(process, min_iv=0.0, ridge=0)
    repeated = clone(model).fit(doubled, np.concatenate([BAD, BAD[twice]]))
    weighted = clone(model).fit(columns, BAD, np.where(twice, 2.0, 1.0))
    assert_series_equal(weighted.score(TEST), repeated.score(TEST))


def test_base_score_odds_and_pdo_move_scores_and_no_probability(before: np.ndarray) -> None:
    other = Scorecard(
        BinningProcess(), min_iv=0.0, pdo=40, base_score=1_000, base_odds=Odds(good=20, bad=1)
    ).fit(TRAIN, BAD)
    chance = other.predict_proba(TEST)[:, 1]
    same = fit().predict_proba(TEST)[:, 1]
    # points are whole: up to half a point a characteristic
    assert chance == pytest.approx(same, abs=0.04)
    factor = 40 / math.log(2)
    odds = (1 - chance) / chance
    expected = 1_000 - factor * math.log(20) + factor * np.log(odds)
    assert scores(other) == pytest.approx(expected, abs=1e-6)

"""Binning a frame: policies, directions, bins by hand, what cannot be read."""

import itertools
import warnings

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from lishui_credit.errors import ModelError, SubjectError
from lishui_credit.scorecards import BinningProcess, LeakWarning, UnseenWarning
from lishui_credit.scorecards.bins.binning import WOE
from tests.models import german, mixed, mixed_process

FRAME, BAD = mixed()


def fitted(**settings: object) -> BinningProcess:
    return mixed_process().set_params(**settings).fit(FRAME, BAD)


def test_every_row_falls_in_exactly_one_bin_and_counts_are_those_of_the_rows() -> None:
    process = fitted()
    numbers = process.bin_numbers(FRAME)
    assert numbers.null_count().sum_horizontal()[0] == 0
    for name, found in process.binnings_.items():
        for place, row in enumerate(found.bins):
            inside = (numbers[name] == place).to_numpy()
            assert row.rows == inside.sum(), (name, row)
            if found.type == "number":
                assert row.bads == BAD[inside].sum()


def test_the_direction_asked_is_the_direction_of_the_bad_rates() -> None:
    for direction, sign in (("up", 1), ("down", -1)):
        process = BinningProcess(direction=direction).fit(FRAME.select("income", "months"), BAD)
        for found in process.binnings_.values():
            rates = [row.bad_rate for row in found.bins if row.kind == "range"]
            assert all(sign * (b - a) > 0 for a, b in itertools.pairwise(rates))


@pytest.mark.parametrize(("bads", "way"), [([40, 200, 40], "peak"), ([200, 40, 200], "valley")])
def test_three_values_are_enough_for_the_bad_rate_to_turn(bads: list[int], way: str) -> None:
    rows = pl.DataFrame({"times": np.repeat([0.0, 1.0, 2.0], 400)})
    bad = np.concatenate([np.arange(400) < count for count in bads])
    assert BinningProcess().fit(rows, bad).binnings_["times"].direction == way


def test_a_number_that_cannot_obey_is_reported() -> None:
    process = BinningProcess(monotonic={"income": "up"}).fit(FRAME.select("income"), BAD)
    assert process.could_not_obey()["feature"].to_list() == ["income"]
    assert fitted().could_not_obey().is_empty()


def test_a_special_code_has_a_bin_of_its_own_and_its_words() -> None:
    table = fitted().bin_table("months")
    assert (
        table.filter(pl.col("bin").str.contains("-9 no record"))["rows"][0]
        == (FRAME["months"] == -9).sum()
    )


def test_missing_values_have_their_own_bin_or_follow_the_policy() -> None:
    gap = pl.DataFrame({name: [None] for name in FRAME.columns}, schema=FRAME.schema)
    own = fitted(missing="own").transform(gap)["income"][0]
    assert own != 0.0
    assert fitted(missing="neutral").transform(gap)["income"][0] == 0.0
    process = fitted(missing="worst")
    worst = min(row.woe for row in process.binnings_["income"].bins if row.kind == "range")
    assert process.transform(gap)["income"][0] == worst


def test_nan_and_null_are_the_same_gap() -> None:
    process = fitted()
    gaps = FRAME.with_columns(pl.col("income").fill_nan(None))
    assert process.transform(gaps).equals(process.transform(FRAME))


def test_an_unseen_category_follows_the_policy() -> None:
    lost = FRAME.head(3).with_columns(trade=pl.lit("采矿"))
    strange = pl.concat([lost.head(2), FRAME.head(1)])
    with pytest.raises(SubjectError, match=r"采矿"):
        fitted(unseen="raise").transform(strange)
    with pytest.warns(UnseenWarning, match=r"trade: 2 \(采矿\)"):
        assert fitted(unseen="warn").transform(strange)["trade"].to_list()[:2] == [0.0, 0.0]
    for policy in ("raise", "warn", "worst", "neutral"):  # another column, or in another code
        with pytest.raises(SubjectError, match=r"trade: every category .* 采矿 … \(3\)"):
            fitted(unseen=policy).transform(lost)
    process = fitted(unseen="worst")
    worst = min(row.woe for row in process.binnings_["trade"].bins if row.kind == "levels")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert process.transform(strange)["trade"][0] == worst


def test_rare_categories_are_one_bin() -> None:
    names = [f"v{place}" for place in range(40)]
    frame = pl.DataFrame({"village": ["big"] * 3000 + names * 25})
    bad = np.r_[np.tile([0, 0, 0, 1], 750), np.tile([0, 1], 500)]
    table = BinningProcess(rare_levels=30).fit(frame, bad).bin_table("village")
    assert table.height == 2
    assert sorted(table["rows"]) == [1000, 3000]


def test_a_noise_column_of_three_thousand_levels_carries_no_information() -> None:
    draw = np.random.default_rng(3)
    frame = pl.DataFrame({"village": draw.integers(0, 3000, 60_000).astype(str)})
    bad = (draw.random(60_000) < 0.2).astype(int)
    process = BinningProcess(rare_levels=1).fit(frame, bad)
    assert process.binnings_["village"].iv < 0.002


def test_bins_by_hand_are_used_as_they_are() -> None:
    process = BinningProcess(
        splits={"income": [3, 6.5], "trade": [["茶叶", "其他"], ["养殖"], ["农家乐"]]}
    ).fit(FRAME, BAD)
    assert process.binnings_["income"].cuts == (3.0, 6.5)
    levels = [row.values for row in process.binnings_["trade"].bins if row.kind == "levels"]
    assert levels == [("茶叶", "其他"), ("养殖",), ("农家乐",)]


def test_a_locked_cut_is_among_those_found() -> None:
    assert (
        7.77 in BinningProcess(locked={"income": [7.77]}).fit(FRAME, BAD).binnings_["income"].cuts
    )


def test_weights_count_as_rows_do_but_for_smoothing_and_least_rows() -> None:
    times = np.random.default_rng(5).integers(1, 4, FRAME.height)
    rows = np.repeat(np.arange(FRAME.height), times)
    frame = FRAME.select("months")
    free = {"prebins": 100, "smoothing": 0, "min_bads": 0, "min_goods": 0}
    weighed = BinningProcess(**free).fit(frame, BAD, times)
    repeated = BinningProcess(**free).fit(frame[rows], BAD[rows])
    ours, theirs = weighed.binnings_["months"], repeated.binnings_["months"]
    assert ours.cuts == theirs.cuts
    assert ours.iv == pytest.approx(theirs.iv)


def test_the_table_says_which_way_woe_runs_and_adds_up() -> None:
    table = fitted().bin_table("income")
    assert WOE == "woe ln(good%/bad%)"
    assert WOE in table.columns
    assert table["rows"].sum() == FRAME.height
    assert table["goods"].sum() + table["bads"].sum() == FRAME.height
    inside = table.filter(pl.col("rows") > 0)
    assert (inside["bad_rate_low"] <= inside["bad_rate"]).all()
    assert (inside["bad_rate"] <= inside["bad_rate_high"]).all()


def test_the_outcome_in_disguise_is_warned_of() -> None:
    with pytest.warns(LeakWarning, match="spy"):
        BinningProcess().fit(FRAME.with_columns(spy=pl.Series(BAD.astype(float))), BAD)


def test_a_few_bads_in_many_groups_are_no_leak() -> None:
    draw = np.random.default_rng(11)
    frame = pl.DataFrame({f"luck{n}": draw.normal(size=300) for n in range(10)})
    bad = np.r_[np.ones(6, dtype=int), np.zeros(294, dtype=int)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        process = BinningProcess().fit(frame, bad)
    assert process.iv_table()["potential"].max() < 3


def test_constant_and_empty_columns_are_one_bin_without_information() -> None:
    frame = FRAME.select(
        constant=pl.lit(1.0) + 0 * pl.col("months"), empty=pl.when(False).then(pl.col("months"))
    )
    process = BinningProcess().fit(frame, BAD)
    assert process.binnings_["constant"].iv == pytest.approx(0.0)
    assert process.binnings_["empty"].iv == pytest.approx(0.0)
    assert process.transform(frame).to_numpy().max() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("frame", "bad", "said"),
    [
        (FRAME, np.zeros(FRAME.height), "class|类别"),
        (FRAME, np.where(BAD, 2, 0), "0 and 1|0 和 1"),
        (FRAME.with_columns(income=pl.lit(np.inf)), BAD, "infinite|无穷"),
        (FRAME.head(10), BAD, "length|长度"),
    ],
)
def test_what_cannot_be_binned_is_refused(frame: pl.DataFrame, bad: np.ndarray, said: str) -> None:
    with pytest.raises(SubjectError, match=said):
        BinningProcess().fit(frame, bad)


def test_settings_that_name_no_column_are_all_named_at_once() -> None:
    with pytest.raises(SubjectError) as caught:
        BinningProcess(monotonic={"incom": "up"}, splits={"trad": [1]}, direction="sideways").fit(
            FRAME, BAD
        )
    assert len(caught.value.problems) == 3


def test_pandas_in_gives_pandas_out_with_its_index() -> None:
    frame = FRAME.to_pandas().set_index(np.arange(FRAME.height)[::-1] + 7)
    woes = mixed_process().fit(frame, BAD).transform(frame)
    assert woes.index.equals(frame.index)
    assert woes["income"].to_numpy() == pytest.approx(
        fitted().transform(FRAME)["income"].to_numpy()
    )


def test_it_works_inside_scikit_learn() -> None:
    features, bad = german()
    pipeline = make_pipeline(BinningProcess(max_bins=5, unseen="neutral"), LogisticRegression())
    found = cross_val_score(clone(pipeline), features, bad, scoring="roc_auc", cv=3)
    assert found.mean() > 0.74


def test_before_fitting_it_says_so() -> None:
    with pytest.raises(ModelError, match=r"not fitted|尚未拟合"):
        BinningProcess().bin_table("income")


def test_on_many_rows_a_cut_lies_where_it_separates_best_between_any_two_rows() -> None:
    draw = np.random.default_rng(2)
    x = draw.random(60_000)
    bad = draw.random(60_000) < np.where(x < 0.377, 0.3, 0.2)
    asked = {"max_bins": 2, "turn_p": 0, "smoothing": 0}
    (cut,) = BinningProcess(**asked).fit(pl.DataFrame({"x": x}), bad).binnings_["x"].cuts

    def worth(cut: float) -> float:
        shares = [(x[bad == outcome] < cut).mean() for outcome in (False, True)]
        return sum((g - b) * np.log(g / b) for g, b in (shares, 1 - np.array(shares)))

    around = np.sort(x)[(x < cut).sum() + np.arange(-300, 301)]
    assert worth(cut) == pytest.approx(max(map(worth, around)), rel=1e-12)


def test_without_smoothing_the_rates_of_categories_are_those_counted() -> None:
    levels = np.repeat([f"v{n:02}" for n in range(12)], 100)
    bad = np.arange(1200) % 100 < np.repeat(np.arange(20, 32), 100)  # no more apart than by chance
    frame = pl.DataFrame({"x": levels})
    drawn = BinningProcess().fit(frame, bad).binnings_["x"]
    plain = BinningProcess(smoothing=0).fit(frame, bad).binnings_["x"]
    assert drawn.iv == pytest.approx(0.0, abs=1e-12)
    assert plain.iv > 0.02
    for row in plain.bins:
        if row.kind == "levels":
            assert plain.shrunken(row) == pytest.approx(row.bad_rate)

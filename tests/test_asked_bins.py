"""What is asked of a binning is done, or refused in words: policies, sizes, groups, weights, codes."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.model_selection import GridSearchCV

from lishui_credit.errors import ModelError, SubjectError
from lishui_credit.figures.binning import bin_plot
from lishui_credit.scorecards import BinningProcess, Scorecard
from lishui_credit.scorecards.bins.characteristic import Policies
from lishui_credit.scorecards.cards import card_tables
from lishui_credit.scorecards.cards.card_file import from_json, to_json
from lishui_credit.scorecards.cards.model_card import model_card
from lishui_credit.statistics.proportions import wilson
from tests.models import german, german_model, mixed, mixed_process

DRAW = np.random.default_rng(0)
ROWS = 3000
HOME = DRAW.choice(["自有", "租房", "其他"], ROWS)
BAD = (DRAW.random(ROWS) < np.where(HOME == "自有", 0.1, 0.4)).astype(int)
OWNS = HOME == "自有"
FRAME = pl.DataFrame({"h": HOME, "b": OWNS, "k": np.where(OWNS, 1, 2), "x": DRAW.normal(size=ROWS)})


# ---- policies and sizes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("missing", "wrost"),
        ("missing", None),
        ("unseen", "rais"),
        ("unseen", "Worst"),
        ("direction", "upp"),
        ("max_bins", 0),
        ("max_bins", "8"),
        ("prebins", 1),
        ("min_share", -0.1),
        ("min_bads", float("nan")),
        ("rare_levels", -1),
        ("smoothing", float("inf")),
    ],
)
def test_a_setting_that_does_not_exist_is_refused_and_named(setting: str, value: Any) -> None:
    with pytest.raises(SubjectError, match=setting):
        BinningProcess(**{setting: value}).fit(FRAME, BAD)


@pytest.mark.parametrize("name", ["missing", "unseen"])
def test_a_stored_policy_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match=f"no such policy of {name}"):
        Policies(**{name: "wrost"})
    card = Scorecard().fit(FRAME.select("h"), BAD).card_
    policies = {"missing": '"missing": "own"', "unseen": '"unseen": "warn"'}
    text = to_json(card).replace(policies[name], f'"{name}": "wrost"')
    with pytest.raises(ModelError, match="wrost"):
        from_json(text, sealed=False)


def test_the_policy_that_refuses_the_unseen_is_kept_by_every_engine() -> None:
    model = Scorecard(BinningProcess(unseen="raise", categorical=["k"]), min_iv=0, sign="flag")
    model = model.fit(FRAME.select("h", "k"), BAD)
    strange = pl.DataFrame({"h": ["自有", "桥下"], "k": [1, 1]})
    codes = pl.DataFrame({"h": ["自有", "自有"], "k": [1, 9]})
    for frame, name in ((strange, "桥下"), (codes, "9")):
        with pytest.raises(SubjectError, match=name):
            model.score(frame)
        with pytest.raises(SubjectError, match=name):
            model.to_python()(frame.row(1, named=True))
        assert model.to_python()(frame.row(0, named=True)) == model.score(frame.head(1))[0]
        assert frame.select(model.expr())["score"].is_null().to_list() == [False, True]
    assert model.verify().passed


# ---- settings of numpy --------------------------------------------------------------------------


def test_settings_of_numpy_are_stored_as_numbers() -> None:
    process = BinningProcess(
        max_bins=np.int64(4),
        min_share=np.float32(0.02),
        rare_levels=np.int32(30),
        special_codes={"x": [np.float64(9)]},
        splits={"x": np.array([0.0, 1.0])},
    )
    model = Scorecard(process, pdo=np.int64(20), point_unit=np.int64(1), min_iv=np.float64(0))
    card = model.fit(FRAME.select("h", "x"), BAD).card_
    again = from_json(to_json(card))
    assert again.score(FRAME).equals(card.score(FRAME))
    assert to_json(again) == to_json(card)
    assert model.verify().passed


def test_a_search_over_a_range_of_numpy_gives_a_card_that_is_verified_and_written() -> None:
    grid = {"process__max_bins": np.arange(3, 5), "pdo": np.arange(20, 21)}
    search = GridSearchCV(Scorecard(BinningProcess()), grid, scoring="roc_auc", cv=2)
    x = DRAW.normal(size=800)
    bad = (DRAW.random(800) < 1 / (1 + np.exp(-x))).astype(int)
    found = search.fit(pd.DataFrame({"x": x}), bad).best_estimator_
    assert found.verify().passed
    assert from_json(found.to_json()).scale.pdo == 20


# ---- groups by hand -----------------------------------------------------------------------------


def bins(column: str, groups: Any, **more: Any) -> list[tuple[str, int]]:
    process = BinningProcess(splits={column: groups}, **more).fit(FRAME.select(column), BAD)
    return process.bin_table(column).select("bin", "rows").rows()


def test_groups_are_found_whatever_type_they_are_written_in() -> None:
    owns = int(OWNS.sum())
    for groups in ([[True], [False]], [["true"], ["false"]], [[np.bool_(True)], [False]]):
        assert bins("b", groups) == [("true", owns), ("false", ROWS - owns)]
    for groups in ([[1], [2]], [["1"], ["2"]], [[1.0], [np.int64(2)]], [(1,), {2}]):
        assert bins("k", groups, categorical=["k"]) == [("1", owns), ("2", ROWS - owns)]
    assert [rows for _, rows in bins("h", [["自有"], ["租房", "其他"]])] == [owns, ROWS - owns]


@pytest.mark.parametrize(
    ("column", "groups", "said"),
    [
        ("h", ["自有", "租房"], "groups of categories"),
        ("h", "自有", "groups of categories"),
        ("h", [["自有", "租房"], ["租房", "其他"]], "stands in two groups.*租房"),
        ("h", [["自有"], ["桥下"]], "no row has any category of this group.*桥下"),
        ("h", [["自有"], []], "no row has any category of this group"),
        ("x", [[0.0], [1.0]], "cut points of a number are numbers"),
        ("x", ["low", "high"], "cut points of a number are numbers"),
        ("x", [0.0, float("nan")], "cut points of a number are numbers"),
        ("x", [True, False], "cut points of a number are numbers"),
    ],
)
def test_bins_by_hand_of_a_wrong_shape_are_refused(column: str, groups: Any, said: str) -> None:
    with pytest.raises(SubjectError, match=said):
        bins(column, groups)


def test_a_category_of_a_group_that_the_sample_lacks_is_noted() -> None:
    process = BinningProcess(splits={"h": [["自有", "桥下"], ["租房", "其他"]]})
    notes = process.fit(FRAME.select("h"), BAD).binnings_["h"].notes
    assert any("桥下" in note for note in notes)


# ---- codes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("codes", [[1.5, 2.5], [1.0, 2.0000001], [2.0**54, 1.0]])
def test_categories_that_are_fractions_are_refused(codes: list[float]) -> None:
    frame = pl.DataFrame({"k": np.where(OWNS, *codes)})
    with pytest.raises(SubjectError, match=r"k: categories that are numbers must be whole"):
        BinningProcess(categorical=["k"]).fit(frame, BAD)


def test_codes_are_one_category_in_whole_numbers_and_in_floats() -> None:
    tables = [
        BinningProcess(categorical=["k"])
        .fit(FRAME.select(pl.col("k").cast(kind)), BAD)
        .bin_table("k")
        for kind in (pl.Int8, pl.Int64, pl.Float32, pl.Float64, pl.Decimal(9, 2))
    ]
    assert all(table.equals(tables[0]) for table in tables)
    assert tables[0]["bin"].to_list() == ["2", "1"]


# ---- weights ------------------------------------------------------------------------------------


def test_weights_that_sum_to_one_weigh_as_ones_do() -> None:
    x = DRAW.normal(size=ROWS)
    bad = (DRAW.random(ROWS) < 1 / (1 + np.exp(-x))).astype(int)
    frame = pl.DataFrame({"x": x})
    plain = Scorecard().fit(frame, bad)
    for unit in (1 / ROWS, 1.0):
        whole = Scorecard().fit(frame, bad, np.full(ROWS, unit))
        assert whole.score(frame).equals(plain.score(frame))


# ---- counts -------------------------------------------------------------------------------------


def test_what_is_printed_as_counted_was_counted() -> None:
    frame, bad = german()
    model = german_model()
    checked = 0
    for name, found in model.process_.binnings_.items():
        if found.type == "number":
            continue
        for row in found.bins:
            if row.kind != "levels":
                continue
            inside = frame[name].cast(pl.String).is_in(list(row.values)).to_numpy()
            counted = (
                int(inside.sum()),
                int((~bad[inside].astype(bool)).sum()),
                int(bad[inside].sum()),
            )
            assert (row.rows, row.goods, row.bads) == counted
            checked += 1
    assert checked > 20
    table = model.bin_table("purpose").filter(pl.col("bin") == "education")
    assert table.select("rows", "goods", "bads", "bad_rate").row(0) == (50, 28.0, 22.0, 0.44)
    printed = model.card_.table().filter(pl.col("bin") == "education")
    assert printed.select("rows", "bad_rate").row(0) == (50, 0.44)


def test_the_shrunken_rate_stands_beside_the_observed_one_wherever_bins_are_shown() -> None:
    model = german_model()
    card = replace(model.card_, title_zh="德国")
    drawn = model.bin_table("purpose").filter(pl.col("bin") == "education")
    # 22 bads of 50 are drawn to 19.56; one imaginary row of the sample's odds (30 % bad) is added.
    assert drawn["bad_rate_shrunken"].item() == pytest.approx((19.56 + 0.3) / 51, abs=1e-4)
    ends = [float(end) for end in wilson(22, 50)]
    assert drawn.select("bad_rate_low", "bad_rate_high").row(0) == pytest.approx(tuple(ends))
    for table in (card.table(), card_tables.points(card)):
        row = table.filter((pl.col("feature") == "purpose") & (pl.col("bin") == "education"))
        assert row["bad_rate"].item() == 0.44
        assert row["bad_rate_shrunken"].item() == drawn["bad_rate_shrunken"].item()
    assert "| 44.00% | 38.94% |" in model_card(card)
    figure = bin_plot(card["purpose"].binning)
    place = model.bin_table("purpose")["bin"].to_list().index("education")
    assert figure.data[2].y[place] == 0.44
    assert figure.data[3].y[place] == drawn["bad_rate_shrunken"].item()
    assert "44.00%, shrunken 38.94%" in figure.data[0].hovertext[place]


def test_a_shrunken_rate_is_the_one_the_weight_of_evidence_stands_for() -> None:
    frame, bad = mixed()
    for policy in ("own", "neutral", "worst"):
        process = mixed_process().set_params(missing=policy, smoothing=2.0).fit(frame, bad)
        for found in process.binnings_.values():
            goods, bads = found.total_goods, found.total_bads
            for row in found.bins:
                rate = found.shrunken(row)
                assert rate is not None
                assert math.log((1 - rate) / rate * bads / goods) == pytest.approx(row.woe)
                if row.kind in ("range", "special") and row.rows:
                    smoothed = (row.bads + 2 * bads / (goods + bads)) / (row.rows + 2)
                    assert rate == pytest.approx(smoothed)
                if row.kind == "unseen" or (row.kind == "missing" and policy == "neutral"):
                    assert rate == pytest.approx(bads / (goods + bads))
    assert replace(found, total_goods=0.0, total_bads=0.0).shrunken(found.bins[0]) is None


# ---- protected attributes under another name ----------------------------------------------------


def test_a_column_is_what_its_values_or_its_label_say() -> None:
    frame = FRAME.with_columns(
        f1=pl.when(pl.Series(OWNS)).then(pl.lit("女士")).otherwise(pl.lit("先生")),
        f2=pl.when(pl.Series(OWNS)).then(pl.lit("x")).otherwise(pl.lit("y")),
    )
    model = Scorecard(labels={"f2": "性別"}).fit(frame, BAD)
    assert {"f1", "f2"}.isdisjoint(model.features_)
    assert all("sex" in model.dropped_[name] for name in ("f1", "f2"))
    asked = Scorecard(labels={"f2": "性別"}, protected={"f1": "reviewed", "f2": "reviewed"})
    assert set(asked.fit(frame, BAD).card_.protected) == {"f1", "f2"}


def test_labels_of_the_dictionary_are_used_by_themselves_and_own_ones_before_them() -> None:
    frame = FRAME.select(pl.col("h").alias("county"), pl.col("x").alias("pay_amt1"))
    card = Scorecard(min_iv=0, sign="flag").fit(frame, BAD).card_
    assert {row.feature: row.label_zh for row in card.characteristics} == {
        "county": "县(市、区)",
        "pay_amt1": "",
    }
    named = {"county": "所在县", "pay_amt1": "上月还款额", "not there": "无"}
    card = Scorecard(min_iv=0, sign="flag", labels=named).fit(frame, BAD).card_
    assert from_json(to_json(card))["pay_amt1"].label_zh == "上月还款额"
    assert card["county"].label_zh == "所在县"

"""From a joint fit to a card: integers, averages in one-way tables, policies and directions kept."""

import itertools
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from lishui_credit.errors import ModelError, SubjectError
from lishui_credit.scorecards import BinningProcess, CrossedTable, JointPoints, Scorecard, verify
from lishui_credit.scorecards.bins.binning import Bin, Binning
from lishui_credit.scorecards.cards.crossed_table import average, within
from lishui_credit.scorecards.folds import out_of_fold

ROWS = 4000


def sample(seed: int = 0, rows: int = ROWS) -> tuple[pl.DataFrame, np.ndarray]:
    """Return synthetic rows whose outcome hangs on two numbers together, and on a word."""
    draw = np.random.default_rng(seed)
    frame = pl.DataFrame(
        {
            "debt": draw.gamma(2.0, 20.0, rows).round(1),
            "years": draw.integers(0, 30, rows),
            "trade": draw.choice(["farm", "shop", "mill"], rows),
            "noise": draw.normal(size=rows).round(3),
        }
    ).with_columns(debt=pl.when(pl.Series(draw.random(rows)) > 0.1).then("debt"))
    debt, years = frame["debt"].to_numpy(), frame["years"].to_numpy()
    line = -2 + 0.02 * np.nan_to_num(debt, nan=90.0) - 0.04 * years
    line += 1.8 * ((np.nan_to_num(debt) > 50) & (years < 8))
    line += 0.6 * (frame["trade"] == "mill").to_numpy()
    return frame, (draw.random(rows) < 1 / (1 + np.exp(-line))).astype(int)


X, Y = sample()
MODEL = Scorecard(
    BinningProcess(monotonic={"debt": "up", "years": "down"}),
    points=JointPoints(tables=4, crossed=2),
).fit(X, Y)
CARD = MODEL.card_


def test_the_planted_pair_is_crossed() -> None:
    assert ("debt", "years") in [row.features for row in CARD.crossed]


def test_every_identity_of_a_jointly_fitted_card_holds() -> None:
    found = CARD.contributions(X)
    parts = found.select(pl.sum_horizontal("^points__.*$")).to_series() + CARD.base_points
    assert parts.equals(found["score"], check_names=False)
    assert MODEL.verify().passed, MODEL.verify().table().filter(~pl.col("holds"))


def test_a_worse_value_in_a_declared_direction_never_scores_higher() -> None:
    debts, years = [None, *np.arange(0, 220, 3.7)], [*range(-1, 32)]
    grid = pl.DataFrame(
        [(d, y, "mill", 0.0) for d, y in itertools.product(debts, years)],
        schema={"debt": pl.Float64, "years": pl.Int64, "trade": pl.String, "noise": pl.Float64},
        orient="row",
    )
    scores = MODEL.score(grid).to_numpy().reshape(len(debts), len(years))
    assert (np.diff(scores[1:], axis=0) <= 0).all()
    assert (np.diff(scores, axis=1) >= 0).all()
    assert len(np.unique(scores)) > 20


@pytest.mark.parametrize("seed", range(3))
def test_cells_in_which_the_sample_has_no_row_keep_the_declared_directions_too(seed: int) -> None:
    draw = np.random.default_rng(seed)
    a = draw.normal(size=6000)
    b = a + 0.5 * draw.normal(size=6000)
    line = -2 + 3.5 * ((a > 1) & (b < 1)) + 2 * ((a > -1) & (b < -1))
    bad = (draw.random(6000) < 1 / (1 + np.exp(-line))).astype(int)
    process = BinningProcess(monotonic={"a": "up", "b": "down"})
    points = JointPoints(smoothing=(2.0, 0.5))
    model = Scorecard(process, points=points, point_unit=100).fit(
        pl.DataFrame({"a": a, "b": b}), bad
    )
    assert not all(row.held[row.known].all() for row in model.card_.crossed)
    assert model.card_.crossed
    steps = np.linspace(-4, 4, 41)
    grid = pl.DataFrame([*itertools.product(steps, steps)], schema=["a", "b"], orient="row")
    scores = model.score(grid).to_numpy().reshape(41, 41)
    assert (np.diff(scores, axis=0) <= 0).all()
    assert (np.diff(scores, axis=1) >= 0).all()


def test_a_range_without_rows_keeps_the_declared_direction() -> None:
    frame = X.with_columns(debt=pl.when(pl.col("debt") < 200).then("debt"))
    process = BinningProcess(monotonic={"debt": "up"}, splits={"debt": [30.0, 60.0, 250.0, 300.0]})
    card = Scorecard(process, points=JointPoints(crossed=0), point_unit=10).fit(frame, Y).card_
    assert [row.rows for row in card["debt"].binning.bins[3:5]] == [0, 0]
    points = card["debt"].points[:5]
    assert points == tuple(sorted(points, reverse=True))


def test_a_turned_cell_breaks_the_direction_and_is_found() -> None:
    crossed = next(row for row in CARD.crossed if row.features == ("debt", "years"))
    points = [list(line) for line in crossed.points]
    points[-2][0] += 500
    broken = replace(crossed, points=tuple(map(tuple, points)))
    others = [row for row in CARD.crossed if row is not crossed]
    found = replace(CARD, crossed=(broken, *others))
    names = [row.name for row in verify(found).identities if row.holds is False]
    assert any("declared direction" in name or "声明方向" in name for name in names)
    assert any("rounded once" in name or "取整" in name for name in names)


def test_what_averages_leave_a_crossed_table_no_score_changes() -> None:
    numbers = MODEL.process_.placed(X.select(CARD.columns))
    line = np.full(len(Y), CARD.intercept)
    for item in CARD.characteristics:
        line += np.array(item.log_odds)[numbers[item.feature].to_numpy()]
    for row in CARD.crossed:
        first, second = (numbers[name].to_numpy() for name in row.features)
        line += CARD.fitted_by_bins(row)[first, second]
        for axis in (0, 1):
            assert np.abs(average(row.matrix, row.rows, axis)).max() <= 1, row.name
    tables = len(CARD.characteristics) + len(CARD.crossed)
    exact = CARD.scale.factor * line + CARD.scale.offset
    assert np.abs(MODEL.score(X).to_numpy() - exact).max() <= (tables + 1) / 2


@pytest.mark.parametrize("missing", ["neutral", "worst"])
def test_missing_values_count_as_their_policy_says(missing: str) -> None:
    process = BinningProcess(monotonic={"debt": "up"}, missing=missing)
    model = Scorecard(process, points=JointPoints(tables=3, crossed=0)).fit(X, Y)
    item = model.card_["debt"]
    known = [
        v for row, v in zip(item.binning.bins, item.log_odds, strict=True) if row.kind == "range"
    ]
    gap = next(
        v for row, v in zip(item.binning.bins, item.log_odds, strict=True) if row.kind == "missing"
    )
    assert gap == (0.0 if missing == "neutral" else min(known))


def test_an_unseen_category_is_refused_where_the_policy_says_so() -> None:
    model = Scorecard(BinningProcess(unseen="raise"), points=JointPoints(crossed=0)).fit(X, Y)
    with pytest.raises(Exception, match=r"in the sample|样本"):
        model.score(X.head(1).with_columns(trade=pl.lit("ship")))


def test_the_unit_of_weights_does_not_matter() -> None:
    few, bad = X.head(1500), Y[:1500]
    asked = JointPoints(tables=2, crossed=0, folds=3)
    one = Scorecard(points=asked).fit(few, bad)
    heavy = Scorecard(points=asked).fit(few, bad, sample_weight=np.full(1500, 7.0))
    assert one.card_.characteristics == heavy.card_.characteristics


def test_a_second_fit_gives_the_same_card() -> None:
    again = Scorecard(**MODEL.get_params(deep=False)).fit(X, Y)
    assert again.to_json() == MODEL.to_json()


def test_points_are_within_the_bounds_asked_for() -> None:
    asked = JointPoints(tables=2, crossed=1, bins=4, cells=3)
    card = Scorecard(points=asked).fit(X, Y).card_
    alone = [row for row in card.characteristics if any(row.points)]
    assert len(alone) <= 2
    assert len(card.crossed) <= 1
    for row in card.characteristics:
        assert sum(part.kind in ("range", "levels") for part in row.binning.bins) <= 4
    for row in card.crossed:
        for side in (row.first, row.second):
            assert sum(part.kind in ("range", "levels") for part in side.bins) <= 3


def test_settings_of_woe_points_are_refused_beside_joint_ones_all_at_once() -> None:
    with pytest.raises(ModelError) as found:
        Scorecard(points=JointPoints(tables=0), selection="forward", ridge=2.0).fit(X, Y)
    assert {row.where for row in found.value.problems} == {"tables", "selection", "ridge"}


def test_a_pair_without_effects_of_its_own_makes_a_card_of_crossed_points_alone() -> None:
    draw = np.random.default_rng(1)
    frame = pl.DataFrame({"a": draw.normal(size=3000), "b": draw.normal(size=3000)})
    bad = (draw.random(3000) < np.where((frame["a"] > 0) ^ (frame["b"] > 0), 0.5, 0.1)).astype(int)
    model = Scorecard(points=JointPoints()).fit(frame, bad)
    assert [row.features for row in model.card_.crossed] == [("a", "b")]
    assert model.verify().passed
    assert model.score(frame, bad) > 0.7


def test_joint_points_are_refused_from_counts() -> None:
    process = BinningProcess().fit(X, Y)
    with pytest.raises(ModelError) as found:
        Scorecard(process, points=JointPoints()).grouped_sql("bad")
    assert [row.where for row in found.value.problems] == ["points"]


def test_cuts_and_groups_set_by_hand_stay() -> None:
    process = BinningProcess(splits={"debt": [20.0, 55.0]}, locked={"years": [9.0]})
    card = Scorecard(process, points=JointPoints(crossed=0)).fit(X, Y).card_
    assert card["debt"].binning.cuts == (20.0, 55.0)
    assert 9.0 in card["years"].binning.cuts


# ---- crossed tables ---------------------------------------------------------------------------


def ranges(name: str, *cuts: float) -> Binning:
    ends = [None, *cuts, None]
    bins = [Bin(kind="range", lower=a, upper=b) for a, b in itertools.pairwise(ends)]
    return Binning(
        feature=name, type="number", bins=(*bins, Bin(kind="missing")),
        total_goods=1.0, total_bads=1.0, smoothing=0.0,
    )  # fmt: skip


@given(
    st.lists(st.lists(st.integers(-400, 400), min_size=3, max_size=3), min_size=4, max_size=4),
    st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=4, max_size=4),
)
@settings(max_examples=200)
def test_the_two_shares_of_a_cell_add_up_to_its_points(
    points: list[list[int]], rows: list[list[int]]
) -> None:
    table = CrossedTable(
        first=ranges("a", 1.0, 2.0),
        second=ranges("b", 5.0),
        points=tuple(map(tuple, points)),
        goods=tuple(tuple(map(float, line)) for line in rows),
        bads=((0.0,) * 3,) * 4,
    )
    one, other = table.share("a"), table.share("b")
    assert (one + other == table.matrix).all()
    left = (
        table.matrix
        - average(table.matrix, table.rows, 1)[:, None]
        - average(table.matrix, table.rows, 0)
    )
    along = one - average(table.matrix, table.rows, 1)[:, None]
    assert (np.abs(2 * along - left) <= 1).all()  # half of what the averages leave


def test_an_effect_of_one_characteristic_alone_is_all_its_own() -> None:
    points = ((5, 5, 5), (-3, -3, -3), (8, 8, 8), (0, 0, 0))
    table = CrossedTable(first=ranges("a", 1.0, 2.0), second=ranges("b", 5.0), points=points)
    across = average(table.matrix, table.rows, 0)
    assert (table.share("b") - across == 0).all() or np.ptp(table.share("b")) <= 1


def test_a_fine_bin_lies_in_one_coarse_bin_or_is_refused() -> None:
    fine, coarse = ranges("a", 1.0, 2.0, 3.0), ranges("a", 2.0)
    assert within(fine, coarse) == [0, 0, 1, 1, 2]
    with pytest.raises(ModelError):
        within(ranges("a", 1.5), coarse)


@pytest.mark.parametrize("seed", range(5, 9))
def test_noise_alone_makes_no_card(seed: int) -> None:
    draw = np.random.default_rng(seed)
    frame = pl.DataFrame({name: draw.normal(size=1500) for name in "abcd"})
    with pytest.raises(
        SubjectError, match=r"no characteristic tells good from bad|没有特征能区分好坏"
    ):
        Scorecard(points=JointPoints(crossed=2)).fit(frame, draw.integers(0, 2, 1500))


def test_the_card_tells_how_woe_times_a_coefficient_does_on_the_same_inner_folds() -> None:
    told = CARD.metrics["joint"]
    line = out_of_fold(Scorecard(MODEL.process), X, Y, folds=4, seed=0)
    assert told["woe"]["auc"] == pytest.approx(roc_auc_score(Y, line), abs=1e-12)
    assert told["woe"]["auc"] < told["crossed"]["auc"]  # the planted pair is beyond it

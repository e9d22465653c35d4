"""Bins in the hand: what every move keeps, what it costs, and that the splits give the same bins."""

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from lishui_credit.errors import ModelError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.scorecards import BinEditor, BinningProcess, Scorecard
from lishui_credit.scorecards.joint.score_tables import _LOOSE, RIDGE
from lishui_credit.statistics.logistic import fit_logistic
from tests.models import crossed_card, german, german_model, mixed, mixed_process

FRAME, BAD = mixed()
EDITORS = {name: BinEditor(FRAME, BAD, name, mixed_process()) for name in FRAME.columns}


def editor(name: str, **changed: Any) -> BinEditor:
    return BinEditor(FRAME, BAD, name, mixed_process().set_params(**changed))


def refitted(shown: BinEditor, **changed: Any) -> Any:
    process = mixed_process().set_params(splits=shown.splits, **changed)
    return process.fit(FRAME, BAD).binnings_[shown.feature]


MOVES = st.lists(
    st.tuples(
        st.sampled_from(
            ["merge", "split", "lock", "unlock", "step", "cut", "regroup", "rebin", "undo"]
        ),
        st.integers(0, 9),
        st.integers(-3, 3),
    ),
    max_size=8,
)


def moved(shown: BinEditor, what: str, at: int, by: int) -> None:
    """One move, chosen by numbers; what cannot be done is refused and changes nothing."""
    before = shown.splits, shown.locked
    place = at % len(shown.bins)
    names = [str(name) for row in shown.bins for name in row.values]
    try:
        match what:
            case "lock" | "unlock":
                shown.lock(place, what == "lock")
            case "step":
                shown.step(at % max(len(shown.cuts), 1), by)
            case "cut":
                shown.cut(at * 4.25 + by)
            case "regroup":
                shown.regroup(names[at % max(len(names), 1) :][:2], None if by < 0 else place)
            case "merge" | "split":
                getattr(shown, what)(place)
            case _:
                getattr(shown, what)()
    except ModelError:
        assert (shown.splits, shown.locked) == before


@pytest.mark.parametrize("name", FRAME.columns)
@settings(max_examples=15, deadline=None)
@given(moves=MOVES)
def test_any_moves_keep_every_row_once_and_are_what_a_fit_with_the_splits_gives(
    name: str, moves: list[tuple[str, int, int]]
) -> None:
    shown = EDITORS[name]
    shown.reset()
    for what, at, by in moves:
        locked = [row for row, kept in zip(shown.bins, shown.locked, strict=True) if kept]
        moved(shown, what, at, by)
        if what not in ("undo", "unlock"):
            now = {(row.lower, row.upper, frozenset(row.values)): row.rows for row in shown.bins}
            assert all(
                now[row.lower, row.upper, frozenset(row.values)] == row.rows for row in locked
            )
    rows = shown.binning.bins
    assert sum(row.rows for row in rows) == FRAME.height
    assert sum(row.bads for row in rows) == pytest.approx(BAD.sum())
    assert shown.binning.iv == pytest.approx(sum(shown.table()["iv"]), abs=1e-12)
    fitted = refitted(shown)
    assert fitted.bins == rows
    assert fitted.iv == shown.binning.iv


@pytest.mark.parametrize("name", FRAME.columns)
def test_untouched_bins_are_the_optimisers_and_cost_nothing(name: str) -> None:
    shown = editor(name)
    found = mixed_process().fit(FRAME, BAD).binnings_[name]
    assert [(row.lower, row.upper, row.values, row.rows, row.bads) for row in found.bins] == [
        (row.lower, row.upper, row.values, row.rows, row.bads) for row in shown.binning.bins
    ]
    assert shown.cost.loss == 0.0
    assert not any(shown.locked)


def test_the_cost_is_the_likelihood_of_a_regression_on_the_woe_of_every_row() -> None:
    shown = editor("income")
    shown.merge(1)
    shown.merge(1)

    def of_rows(splits: Any) -> float:
        process = mixed_process().set_params(splits=splits)
        woe = process.fit(FRAME.select("months", "kind", "income"), BAD).transform(
            FRAME.select("months", "kind", "income")
        )
        return fit_logistic(woe.select("income").to_numpy(), BAD == 1).log_likelihood

    cost = shown.cost
    assert cost.hand == pytest.approx(of_rows(shown.splits), rel=1e-10)
    assert cost.optimal == pytest.approx(of_rows(None), rel=1e-10)
    rate = BAD.mean()
    assert cost.nothing == pytest.approx(
        len(BAD) * (rate * math.log(rate) + (1 - rate) * math.log(1 - rate))
    )
    assert cost.loss == pytest.approx(cost.optimal - cost.hand)
    assert 0 < cost.share < 1


def test_weights_count_as_in_a_fit() -> None:
    weight = np.random.default_rng(1).uniform(0.5, 2, len(BAD))
    shown = BinEditor(FRAME, BAD, "income", mixed_process(), weight)
    shown.merge(0)
    process = mixed_process().set_params(splits=shown.splits)
    assert process.fit(FRAME, BAD, weight).binnings_["income"].bins == shown.binning.bins


def test_missing_values_and_codes_are_shown_and_no_move_touches_them() -> None:
    shown = editor("months")
    before = [row for row in shown.binning.bins if row.kind in ("special", "missing")]
    while len(shown.bins) > 1:
        shown.merge(0)
    assert [row for row in shown.binning.bins if row.kind in ("special", "missing")] == before
    assert before[0].rows == (FRAME["months"] == -9).sum()
    assert shown.table().filter(pl.col("place").is_null())["rows"].sum() == before[0].rows
    with pytest.raises(ModelError, match="no such bin"):
        shown.merge(0)


def test_a_locked_bin_stays_while_the_rest_is_rebinned() -> None:
    shown = editor("income")
    shown.cut(3.0)
    shown.cut(3.1)  # far fewer rows than the least share
    place = next(at for at, row in enumerate(shown.bins) if row.lower == 3.0)
    kept = shown.bins[place]
    assert kept.rows < 0.02 * FRAME.height
    shown.lock(place)
    shown.rebin()
    assert kept in shown.bins
    assert len(shown.bins) > 3
    others = [row for row in shown.bins if row != kept]
    assert all(row.rows >= 0.02 * FRAME.height for row in others)
    for refused in (
        lambda: shown.merge(shown.bins.index(kept)),
        lambda: shown.split(shown.bins.index(kept)),
        lambda: shown.cut(3.05),
        lambda: shown.step(shown.cuts.index(3.0), -1),
    ):
        with pytest.raises(ModelError, match="locked"):
            refused()
    shown.lock(shown.bins.index(kept), locked=False)
    shown.rebin()
    assert shown.cost.loss == 0.0


def test_a_locked_group_stays_while_the_other_levels_are_rebinned() -> None:
    shown = editor("trade")
    shown.reset()
    shown.regroup(["茶叶", "其他"])
    place = next(at for at, row in enumerate(shown.bins) if "茶叶" in row.values)
    shown.lock(place)
    shown.rebin()
    groups = [set(part) for part in shown.splits["trade"]]
    assert {"茶叶", "其他"} in groups
    assert set().union(*groups) == {"茶叶", "农家乐", "养殖", "其他"}
    rates = [row.bad_rate for row in shown.bins]
    assert rates == sorted(rates, reverse=True)


def test_where_locked_bins_turn_the_bad_rate_the_rest_is_binned_without_direction_and_it_is_said() -> (
    None
):
    x = np.repeat(np.arange(6.0), 200)
    rates = np.repeat([0.1, 0.5, 0.2, 0.6, 0.3, 0.7], 200)
    bad = (np.tile(np.arange(200), 6) < rates * 200).astype(int)
    shown = BinEditor(pl.DataFrame({"x": x}), bad, "x", BinningProcess(direction="up"))
    for at in (0.5, 1.5, 2.5):
        if at not in shown.cuts:
            shown.cut(at)
    for place in (0, 1, 2):
        shown.lock(place)
    shown.rebin()
    assert shown.cuts == (0.5, 1.5, 2.5, 3.5, 4.5)
    assert any("without" in said for said in shown.remarks)


def test_the_direction_is_said_in_words_and_against_the_one_declared() -> None:
    assert "decreasing" in editor("income").remarks[0]
    declared = editor("income", monotonic={"income": "down"})
    assert "as declared" in declared.remarks[0]
    wrong = editor("income", monotonic={"income": "up"})
    wrong.cut(6.0)
    assert "AGAINST" in wrong.remarks[0]
    turned = BinEditor(FRAME, BAD, "months", BinningProcess(direction="none"))
    assert "neither" in turned.remarks[0]
    set_language("zh")
    try:
        assert "坏账率" in editor("income").remarks[0]
    finally:
        set_language("en")


def test_what_the_bins_do_not_keep_is_said() -> None:
    shown = editor("income")
    shown.cut(1000.0)
    shown.cut(0.01)
    said = " ".join(shown.remarks)
    assert "no rows: < 0.01; >= 1000" in said
    assert "min_share=0.02" in said
    assert "max_bins=8" in said
    with pytest.raises(ModelError, match="without rows"):
        shown.lock(len(shown.bins) - 1)


def test_a_pure_bin_without_smoothing_has_no_cost_and_no_points_but_is_said() -> None:
    x, bad = np.array([0.0] * 30 + [1.0] * 30), np.array([0] * 30 + [0, 1] * 15)
    shown = BinEditor(
        pl.DataFrame({"x": x}), bad, "x", BinningProcess(smoothing=0, splits={"x": [0.5]})
    )
    assert shown.cost.loss is None
    assert shown.points is None
    assert "only goods or only bads: < 0.5" in " ".join(shown.remarks)
    assert "—" in repr(shown)
    assert shown.table()["woe_low"].to_list()[0] is None  # no interval around an infinite WoE


def test_points_and_the_loss_of_the_whole_card_are_those_of_the_card() -> None:
    frame, bad = german()
    model = german_model()
    shown = BinEditor(frame, bad, "duration_in_month", model)
    assert shown.points == model.card_["duration_in_month"].points
    assert shown.card_cost.loss == 0.0
    shown.merge(1)
    shown.merge(1)
    again = Scorecard(BinningProcess(splits=shown.splits), min_iv=0)
    fitted = again.fit(frame.select(model.features_), bad)
    # The other characteristics keep their bins, as a fit with the same process gives them.
    woes = fitted.process_.woes(fitted.process_.placed(frame.select(model.features_)))
    told = fit_logistic(woes, bad == 1, ridge=1.0, positive=True).log_likelihood
    assert shown.card_cost.hand == pytest.approx(told, rel=1e-9)
    assert shown.card_cost.loss != 0


def jointly() -> tuple[pl.DataFrame, Any, Scorecard]:
    """A model that holds the card with crossed tables, and its sample."""
    frame, bad = mixed(1500)
    model = Scorecard(mixed_process(), point_unit=10, intercept="kept", min_iv=0).fit(frame, bad)
    model.card_ = crossed_card()
    return frame, bad, model


def test_points_beside_crossed_tables_are_the_most_likely_given_the_rest_of_the_card() -> None:
    frame, bad, model = jointly()
    card, shown = model.card_, BinEditor(frame, bad, "months", model)
    before = shown.card_cost.hand
    shown.merge(1)
    found = shown.binning
    places = {name: card[name].binning.places(frame) for name in card.columns}
    rest = np.full(frame.height, card.intercept)
    for item in card.characteristics:
        if item.feature != "months":
            rest = rest + np.array(item.log_odds)[places[item.feature]]
    for row in card.crossed:
        first, second = (places[name] for name in row.features)
        rest = rest + np.array(row.log_odds)[first, second]
    here, ranges = found.places(frame), len(shown.bins)
    steps = np.diff(np.eye(ranges), axis=0)
    penalty = np.diag([RIDGE] * ranges + [RIDGE + 4.0 * _LOOSE] * (len(found.bins) - ranges))
    penalty[:ranges, :ranges] += 4.0 * (ranges - 1) * steps.T @ steps

    def told(line: np.ndarray) -> float:
        odds = rest + line[here]
        return -float(np.logaddexp(0, np.where(bad == 0, -odds, odds)).sum())

    def lost(theta: np.ndarray) -> float:
        return -told(theta[0] + theta[1:]) + theta[1:] @ penalty @ theta[1:] / 2

    best = minimize(lost, np.zeros(1 + len(found.bins)), method="BFGS").x
    seen = np.array([row.rows > 0 for row in found.bins])
    line = np.where(seen, best[0] + best[1:], 0.0)
    assert shown.points is not None
    assert shown.points == pytest.approx(line * card.scale.factor * 10, abs=0.6)
    assert shown.card_cost.hand == pytest.approx(told(line), abs=1e-4)
    assert before is not None
    assert shown.card_cost.loss == pytest.approx(shown.card_cost.optimal - shown.card_cost.hand)
    assert shown.table()["points"].null_count() == 0


def test_untouched_bins_of_a_jointly_fitted_card_cost_nothing() -> None:
    frame, bad, model = jointly()
    assert BinEditor(frame, bad, "income", model).card_cost.loss == pytest.approx(0, abs=1e-9)


def test_a_jointly_fitted_card_that_does_not_tell_its_smoothing_gives_no_points() -> None:
    frame, bad, model = jointly()
    model.card_ = replace(model.card_, metrics={})
    with pytest.raises(ModelError, match="how its tables were smoothed"):
        _ = BinEditor(frame, bad, "income", model).points


def test_a_characteristic_with_points_in_crossed_tables_alone_is_refused() -> None:
    frame, bad, model = jointly()
    with pytest.raises(ModelError, match="crossed tables alone"):
        BinEditor(frame, bad, "trade", model)


def test_a_card_of_other_rows_or_without_the_characteristic_is_refused() -> None:
    frame, bad = german()
    with pytest.raises(SubjectError, match="not the rows"):
        _ = BinEditor(frame[1:], bad[1:], "duration_in_month", german_model()).card_cost
    weight = np.linspace(1, 2, len(bad))
    with pytest.raises(SubjectError, match="weights"):
        _ = BinEditor(frame, bad, "duration_in_month", german_model(), weight).card_cost
    left = next(iter(german_model().dropped_))
    with pytest.raises(ModelError, match="no such characteristic"):
        _ = BinEditor(frame, bad, left, german_model()).card_cost
    with pytest.raises(ModelError, match="no fitted card"):
        _ = editor("income").card_cost


def test_splits_that_a_process_has_are_where_the_editor_starts() -> None:
    assert editor("income", splits={"income": [3, 7.5]}).splits == {"income": [3, 7.5]}
    assert editor("trade", splits={"trade": [["茶叶"], ["养殖", "其他"]]}).splits == {
        "trade": [["茶叶"], ["养殖", "其他"], ["农家乐"]]
    }
    assert 5.0 in editor("income", locked={"income": [5.0]}).cuts


def test_undo_takes_back_one_move_and_stops_at_the_first() -> None:
    shown = editor("income")
    start = shown.splits
    shown.merge(0)
    shown.lock(0)
    shown.undo()
    assert not any(shown.locked)
    assert shown.splits != start
    shown.undo()
    shown.undo()
    assert shown.splits == start
    assert shown.moves == 0


@pytest.mark.parametrize("value", [True, "3", None, float("nan"), float("inf")])
def test_what_is_no_number_is_no_cut_point(value: Any) -> None:
    with pytest.raises(ModelError, match="finite number"):
        editor("income").cut(value)


def test_moves_that_do_not_suit_the_column_are_refused_in_words() -> None:
    number, category = editor("income"), editor("trade")
    with pytest.raises(ModelError, match="no levels"):
        number.regroup(["a"])
    with pytest.raises(ModelError, match="not cut points"):
        category.cut(3)
    with pytest.raises(ModelError, match="no row has"):
        category.regroup(["林业"])
    with pytest.raises(ModelError, match="between its neighbours"):
        number.move(0, number.cuts[1])
    with pytest.raises(ModelError, match="neighbouring"):
        number.merge(0, 2)
    with pytest.raises(ModelError, match="already"):
        number.cut(number.cuts[0])
    with pytest.raises(SubjectError, match="nobody"):
        BinEditor(FRAME, BAD, "nobody")


def test_a_split_of_a_group_parts_levels_by_bad_rate() -> None:
    shown = editor("trade", splits={"trade": [["养殖", "茶叶", "农家乐", "其他"]]})
    shown.split(0)
    assert shown.splits["trade"][0] == ["养殖"]  # written into `mixed` as the worst


def test_the_example_of_the_documentation_runs() -> None:
    page = (Path(__file__).resolve().parents[1] / "docs" / "models.md").read_text("utf-8")
    (example,) = re.findall(r"^## Edit bins by hand.*?```python\n(.*?)```", page, re.M | re.S)
    frame, bad = german()
    names: dict[str, Any] = {"frame": frame, "bad": bad}
    exec(example, names)
    assert names["editor"].locked[1]
    assert names["editor"].cuts[:2] == (8.5, 12)

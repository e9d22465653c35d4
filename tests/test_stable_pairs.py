"""Pairs of a jointly fitted card on parts of its sample: what is planted stays, what is chance goes."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from lishui_credit.errors import ModelError, SubjectError
from lishui_credit.scorecards import JointPoints, PairStability, Scorecard, pair_stability
from lishui_credit.scorecards.cards.card_file import from_json, to_json
from lishui_credit.scorecards.joint.stable_pairs import resample
from lishui_credit.statistics.outcomes import Flags

ROWS = 1_500
POINTS = JointPoints(folds=3, smoothing=(4.0, 2.0))
PLANTED = ("debt", "years")


def planted(seed: int = 0) -> tuple[pl.DataFrame, Flags]:
    """Synthetic rows: the odds turn on two columns together, on a third alone, on two not at all."""
    draw = np.random.default_rng(seed)
    names = ("debt", "income", "years", "noise_1", "noise_2")
    frame = pl.DataFrame({name: draw.normal(size=ROWS).round(3) for name in names})
    debt, income, years = (frame[name].to_numpy() for name in names[:3])
    line = -1.0 + 1.2 * np.sign(debt) * np.sign(years) - 0.7 * income
    return frame, draw.random(ROWS) < 1 / (1 + np.exp(-line))


@pytest.fixture(scope="module")
def found() -> PairStability:
    frame, bad = planted()
    model = Scorecard(points=POINTS).fit(frame, bad)
    return pair_stability(model, frame, bad, resamples=4)


def test_a_planted_pair_is_chosen_in_every_resample_and_no_other_may_ship(
    found: PairStability,
) -> None:
    assert len(found.found) == 4
    assert found.shares[PLANTED] == 1.0
    assert found.kept == (PLANTED,)
    assert found.table().row(0) == ("debt", "years", 1.0, True, True)


def test_the_same_seed_chooses_the_same_pairs(found: PairStability) -> None:
    frame, bad = planted()
    model = Scorecard(points=POINTS).fit(frame, bad)
    assert pair_stability(model, frame, bad, resamples=4) == found


def test_only_pairs_that_are_allowed_get_a_crossed_table() -> None:
    frame, bad = planted()
    for pairs, allowed in (
        ((("years", "debt"),), {PLANTED}),  # in either order
        ((("noise_1", "debt"),), {("debt", "noise_1")}),
        ((), set()),
    ):
        card = Scorecard(points=replace(POINTS, pairs=pairs)).fit(frame, bad).card
        crossed = {table.features for table in card.crossed}
        assert crossed <= allowed
        assert (PLANTED in crossed) == (PLANTED in allowed)
        told = card.metrics["joint"]
        assert (told["smoothing"], told["crossed_smoothing"]) == POINTS.smoothing
        assert from_json(to_json(card)).settings == card.settings


def test_pairs_that_cannot_be_are_refused() -> None:
    frame, bad = planted()
    with pytest.raises(ModelError, match="incom"):
        Scorecard(points=JointPoints(pairs=(("debt", "incom"),))).fit(frame, bad)
    with pytest.raises(ModelError, match="two different columns"):
        Scorecard(points=JointPoints(pairs=(("debt", "debt"),))).fit(frame, bad)
    with pytest.raises(ModelError, match="two numbers above 0"):
        Scorecard(points=JointPoints(smoothing=(4.0, 0.0))).fit(frame, bad)


def test_a_card_that_crosses_nothing_and_settings_out_of_range_are_refused() -> None:
    frame, bad = planted()
    additive = Scorecard(points=JointPoints(crossed=0, smoothing=(4.0, 2.0))).fit(frame, bad)
    with pytest.raises(ModelError, match="no crossed tables"):
        pair_stability(additive, frame, bad)
    model = Scorecard(points=POINTS).fit(frame, bad)
    with pytest.raises(ModelError, match="resamples"):
        pair_stability(model, frame, bad, resamples=1)
    with pytest.raises(ModelError, match="share"):
        pair_stability(model, frame, bad, share=1.5)
    with pytest.raises(SubjectError, match="lengths differ"):
        pair_stability(model, frame, bad, groups=[1, 2])


def test_shares_and_the_index_of_jaccard_are_those_of_a_count_by_hand() -> None:
    a, b, c = ("a", "b"), ("a", "c"), ("b", "c")
    found = PairStability(
        card=(c, a), found=(frozenset({a, b}), frozenset({a}), frozenset({a, b}), frozenset())
    )
    assert found.shares == {a: 0.75, b: 0.5, c: 0.0}
    assert found.kept == (a, b)  # b in just half of them; c of the card in none
    # {a,b}-{a} 1/2, {a,b}-{a,b} 1, {a,b}-{} 0, {a}-{a,b} 1/2, {a}-{} 0, {a,b}-{} 0
    assert found.jaccard == pytest.approx((0.5 + 1 + 0 + 0.5 + 0 + 0) / 6)
    none = PairStability(card=(), found=(frozenset(), frozenset()))
    assert none.jaccard == 1.0
    assert none.table().filter(pl.col("in_card") | pl.col("stable")).rows() == []
    assert found.table().rows() == [
        ("a", "b", 0.75, True, True),
        ("a", "c", 0.5, False, True),
        ("b", "c", 0.0, True, False),
    ]


def test_a_resample_keeps_groups_together_and_the_share_of_each_outcome() -> None:
    groups = np.repeat(np.arange(50), 4)
    bad = groups < 10
    rows = resample(bad, groups, 0.8, np.random.default_rng([0, 1]))
    counts = np.bincount(groups[rows], minlength=50)
    assert set(counts.tolist()) == {0, 4}
    assert (counts[:10] == 4).sum() == 8
    assert (counts[10:] == 4).sum() == 32
    other = resample(bad, groups, 0.8, np.random.default_rng([0, 2]))
    assert rows.tolist() != other.tolist()

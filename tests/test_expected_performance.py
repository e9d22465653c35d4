"""Expected AUC and bad rate before outcomes exist, and outcomes held against them."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from lishui_credit.monitoring.expected_performance import Calibration, Prospect, implied_auc
from lishui_credit.scorecards import Scorecard
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.validation.discrimination import auc
from tests.models import mixed, mixed_process


@pytest.fixture(scope="module")
def fitted() -> tuple[Card, Calibration, np.ndarray]:
    """A card of synthetic rows, what its sample says of its PDs, scores of 40,000 later rows."""
    frame, bad = mixed(16_000)
    card = Scorecard(process=mixed_process()).fit(frame, bad).card_
    counts = dict(card.score(frame).value_counts().iter_rows())
    later, _ = mixed(40_000, seed=9)
    return card, Calibration.of_card(card, counts), card.score(later).to_numpy().astype(np.int64)


def test_the_implied_auc_counts_every_pair_of_two_rows() -> None:
    pd = np.array([0.1, 0.1, 0.4, 0.7])
    right = pairs = 0.0
    for i, bad in enumerate(pd):
        for j, good in enumerate(pd):
            if i != j:
                chance = bad * (1 - good)
                pairs += chance
                right += chance * (1.0 if bad > good else 0.5 if bad == good else 0.0)
    assert implied_auc(np.array([2.0, 1.0, 1.0]), np.array([0.1, 0.4, 0.7])) == pytest.approx(
        right / pairs, rel=1e-12
    )


def test_without_concept_drift_the_expected_auc_is_within_a_hundredth(fitted) -> None:
    card, sure, scores = fitted
    _, bad = mixed(40_000, seed=9)
    found = Prospect.of(card, sure, scores).expected
    seen = auc(bad, -scores.astype(float)).value
    assert abs(found.auc - seen) < 0.01
    assert found.auc_low < seen < found.auc_high
    assert abs(found.bad_rate - bad.mean()) < 0.01


def test_also_where_the_rows_are_others_if_the_odds_behind_them_are_the_same(fitted) -> None:
    card, sure, scores = fitted
    _, bad = mixed(40_000, seed=9)
    risky = scores <= np.median(scores)
    found = Prospect.of(card, sure, scores[risky]).expected
    assert abs(found.auc - auc(bad[risky], -scores[risky].astype(float)).value) < 0.015
    assert found.auc < Prospect.of(card, sure, scores).expected.auc - 0.02


def test_under_concept_drift_it_is_wrong_and_only_outcomes_say_so(fitted) -> None:
    card, sure, scores = fitted
    scores = scores[:3000]
    draw = np.random.default_rng(4)
    prospect = Prospect.of(card, sure, scores)
    held = prospect.against(scores, (draw.random(3000) < sure.pd(-card.log_odds(scores))) * 1.0)
    assert held.p_family > 0.05
    drifted = (draw.random(3000) < 0.2) * 1.0  # the score says nothing any more
    broken = prospect.against(scores, drifted)
    assert prospect.expected.auc - broken.auc > 0.1
    assert broken.p_family < 0.01


def test_outcomes_of_calibrated_pds_alarm_about_one_month_in_twenty(fitted) -> None:
    card, sure, scores = fitted
    sure = replace(sure, covariance=np.zeros((2, 2)))  # the PDs are known for certain
    scores = scores[:400]
    prospect = Prospect.of(card, sure, scores)
    pd, draw = sure.pd(-card.log_odds(scores)), np.random.default_rng(5)
    alarms = sum(
        prospect.against(scores, (draw.random(400) < pd) * 1.0).p_family <= 0.05 for _ in range(600)
    )
    assert 0.03 < alarms / 600 < 0.07


def test_an_unsure_card_promises_less() -> None:
    frame, bad = mixed(600)
    card = Scorecard(process=mixed_process()).fit(frame, bad).card_
    scores = card.score(frame)
    small = Calibration.of_card(card, dict(scores.value_counts().iter_rows()))
    large = replace(small, covariance=small.covariance / 100)
    month = scores.to_numpy().astype(np.int64)
    wide, narrow = (Prospect.of(card, told, month).expected for told in (small, large))
    assert wide.bad_rate_high - wide.bad_rate_low > narrow.bad_rate_high - narrow.bad_rate_low


def test_pds_are_spread_so_that_they_imply_the_auc_out_of_fold(fitted) -> None:
    card, _, _ = fitted
    frame, _ = mixed(16_000)
    scores = card.score(frame)
    counts = dict(scores.value_counts().iter_rows())
    assert Calibration.of_card(card, counts).slope == 1.0  # none was measured
    wider = replace(card, metrics={"out_of_fold": {"auc": 0.72}})
    assert Calibration.of_card(wider, counts).slope > 1.0
    measured = replace(card, metrics={"out_of_fold": {"auc": 0.65}})
    drawn_in = Calibration.of_card(measured, counts)
    assert 0.2 < drawn_in.slope < 1.0
    found = Prospect.of(measured, drawn_in, scores.to_numpy().astype(np.int64)).expected
    assert found.auc == pytest.approx(0.65, abs=0.001)
    assert found.bad_rate == pytest.approx(float(card.pd(scores).mean()), abs=1e-6)


def test_one_outcome_only_has_a_bad_rate_and_no_auc(fitted) -> None:
    card, sure, scores = fitted
    held = Prospect.of(card, sure, scores[:50]).against(scores[:50], np.zeros(50))
    assert held.auc is None
    assert held.p_auc is None
    assert held.p_bad_rate < 0.01


def test_scores_come_back_as_counts(fitted) -> None:
    card, sure, scores = fitted
    turned = pl.Series(scores[:500]).shuffle(seed=1).to_numpy()
    assert (
        Prospect.of(card, sure, scores[:500]).expected == Prospect.of(card, sure, turned).expected
    )

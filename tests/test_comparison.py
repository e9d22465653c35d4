"""The difference of two AUCs against scikit-learn and DeLong's variance written out."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from lishui_credit.errors import CreditError, SubjectError
from lishui_credit.scorecards.comparison import compare


@pytest.fixture(scope="module")
def scores():
    rng = np.random.default_rng(0)
    y = (rng.random(400) < 0.3).astype(int)
    common = y + rng.normal(size=400)
    return y, np.round(common + rng.normal(size=400), 1), common


def placements(risk, y):
    """Of each bad the share of goods below, of each good the share of bads above; ties half."""
    pairs = risk[y == 1][:, None] - risk[y == 0][None, :]
    won = (pairs > 0) + 0.5 * (pairs == 0)
    return won.mean(axis=1), won.mean(axis=0)


def test_both_aucs_are_scikit_learns_ties_included(scores):
    y, card, challenger = scores
    found = compare(card, challenger, y, resamples=10)
    assert found.card == pytest.approx(roc_auc_score(y, card))
    assert found.challenger == pytest.approx(roc_auc_score(y, challenger))
    assert (found.rows, found.bads) == (400, y.sum())


def test_the_interval_is_as_wide_as_delongs_variance_says(scores):
    y, card, challenger = scores
    found = compare(card, challenger, y, confidence=0.9)
    (bad1, good1), (bad2, good2) = placements(card, y), placements(challenger, y)
    variance = np.var(bad2 - bad1, ddof=1) / y.sum() + np.var(good2 - good1, ddof=1) / (1 - y).sum()
    assert found.high - found.low == pytest.approx(2 * 1.645 * variance**0.5, rel=0.08)
    assert found.low < found.difference < found.high


def test_pairing_makes_the_interval_narrower_than_two_samples_would(scores):
    y, card, challenger = scores
    (bad1, good1), (bad2, good2) = placements(card, y), placements(challenger, y)
    apart = sum(np.var(b, ddof=1) / y.sum() for b in (bad1, bad2))
    apart += sum(np.var(g, ddof=1) / (1 - y).sum() for g in (good1, good2))
    found = compare(card, challenger, y)
    assert found.high - found.low < 0.9 * 2 * 1.96 * apart**0.5


def test_a_score_gives_up_nothing_against_itself(scores):
    y, card, _ = scores
    found = compare(card, card * 3 + 1, y, resamples=50)
    assert (found.difference, found.low, found.high) == (0.0, 0.0, 0.0)


def test_one_seed_gives_one_interval(scores):
    y, card, challenger = scores
    assert compare(card, challenger, y, resamples=50) == compare(card, challenger, y, resamples=50)
    assert (
        compare(card, challenger, y, resamples=50).low
        != compare(card, challenger, y, resamples=50, seed=1).low
    )


def test_the_sentence_names_what_is_given_up(scores):
    y, card, challenger = scores
    assert "gives up +0." in str(compare(card, challenger, y, resamples=50))


def test_wrong_input_is_refused():
    with pytest.raises(SubjectError, match="risk is missing"):
        compare([0.1, np.nan], [0.1, 0.2], [0, 1])
    with pytest.raises(SubjectError, match="one per row"):
        compare([0.1, 0.2], [0.1, 0.2, 0.3], [0, 1])
    with pytest.raises(CreditError, match="confidence"):
        compare([0.1, 0.2], [0.1, 0.2], [0, 1], confidence=1.0)

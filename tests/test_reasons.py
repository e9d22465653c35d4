"""Reason codes and the cheapest way to a cut-off, against brute force."""

import itertools

import numpy as np
import polars as pl
import pytest

from lishui_credit.errors import ModelError
from lishui_credit.policies import adverse_reasons
from lishui_credit.scorecards import BinningProcess, Card, Scorecard
from lishui_credit.scorecards.cards.reasons import reason_codes, what_would_it_take
from lishui_credit.scorecards.sample_faults import ArtefactWarning
from tests.models import german, german_model, mixed, mixed_process

CARD = german_model().card_
FRAME = german()[0]


@pytest.mark.parametrize("baseline", ["best", "mean", "neutral", "best_of_all"])
def test_reasons_are_the_largest_losses_in_order(baseline: str) -> None:
    found = reason_codes(CARD, FRAME.head(50), top=3, baseline=baseline)
    parts = CARD.contributions(FRAME.head(50))
    for row in range(50):
        lost = {}
        for item in CARD.characteristics:
            against = {
                "best": item.best_known[1],
                "mean": item.mean,
                "neutral": item.neutral,
                "best_of_all": item.best,
            }[baseline]
            lost[item.feature] = against - parts[f"points__{item.feature}"][row]
        expected = sorted((v for v in lost.values() if v > 1e-9), reverse=True)[:3]
        shown = [found[f"lost_{n}"][row] for n in (1, 2, 3) if found[f"reason_{n}"][row]]
        assert shown == pytest.approx(expected)
        for n in range(1, len(shown) + 1):
            assert lost[found[f"reason_{n}"][row]] == pytest.approx(found[f"lost_{n}"][row])


def test_the_best_row_has_no_reason_against_the_best() -> None:
    best = {}
    for item in CARD.characteristics:
        row = max(item.held, key=lambda pair: pair[1])[0]
        best[item.feature] = row.values[0] if row.values else (row.lower or 0.0)
    found = reason_codes(CARD, pl.DataFrame([best]), top=2)
    assert found["reason_1"].to_list() == [None]


def blessed_by_silence() -> tuple[Card, pl.DataFrame]:
    """A card on which a missing value, and a code, are the best that there is."""
    draw = np.random.default_rng(0)
    late = draw.integers(0, 4, 6000).astype(float)
    late[:1500], late[1500:2500] = np.nan, -9.0
    bad = (draw.random(6000) < 0.1 + 0.15 * late).astype(int)
    bad[:1500], bad[1500:2500] = draw.random(1500) < 0.01, draw.random(1000) < 0.02
    frame = pl.DataFrame({"late": late})
    process = BinningProcess(special_codes={"late": {-9: "no record"}})
    with pytest.warns(ArtefactWarning, match="late"):
        return Scorecard(process).fit(frame, bad).card_, frame


def test_reasons_never_measure_against_a_missing_value_or_a_code_unless_asked() -> None:
    card, _ = blessed_by_silence()
    item = card["late"]
    assert item.best == item.missing
    rows = pl.DataFrame({"late": [0.0, 3.0, None, -9.0]})
    found = reason_codes(card, rows, top=1)
    assert found["reason_1"].to_list() == [None, "late", None, None]
    known = [mark for row, mark in item.held if row.kind == "range"]
    assert found["lost_1"][1] == max(known) - min(known)
    asked = reason_codes(card, rows, top=1, baseline="best_of_all")
    assert asked["lost_1"][1] == item.missing - min(known)
    assert item.neutral in known


def test_a_reason_says_what_was_found_and_what_would_be_better() -> None:
    card, _ = blessed_by_silence()
    best = max((pair for pair in card["late"].held if pair[0].kind == "range"), key=lambda p: p[1])
    found = reason_codes(card, pl.DataFrame({"late": [3.0]}), top=1).row(0, named=True)
    now = next(
        row for row in card["late"].binning.bins if row.kind == "range" and row.upper is None
    )
    assert (found["found_1"], found["better_1"]) == (now.said, best[0].said)
    rows = reason_codes(CARD, FRAME.head(80), top=3)
    for place in range(80):
        for n in (1, 2, 3):
            name = rows[f"reason_{n}"][place]
            if name is None:
                assert rows[f"better_{n}"][place] is None
                continue
            better = rows[f"better_{n}"][place]
            marks = {row.said: mark for row, mark in CARD[name].held}
            lost = marks[better] - marks[rows[f"found_{n}"][place]]
            assert lost == rows[f"lost_{n}"][place] > 0
            assert better not in ("missing", "缺失")


def test_a_missing_value_that_costs_is_told_as_missing() -> None:
    frame, bad = mixed()
    card = Scorecard(mixed_process().set_params(missing="worst")).fit(frame, bad).card_
    row = {**frame.row(0, named=True), "income": None}
    codes = reason_codes(card, pl.DataFrame([row]), top=len(card.columns)).row(0, named=True)
    place = next(n for n in range(1, 6) if codes[f"reason_{n}"] == "income")
    assert codes[f"found_{place}"] in ("missing", "缺失")
    assert codes[f"better_{place}"] not in ("missing", "缺失")


def test_reasons_from_points_and_from_values_are_the_same() -> None:
    card, frame = blessed_by_silence()
    rows = frame.head(3000)
    parts = rows.with_columns(card.contributions(rows))
    for top in (1, 2):
        by_points, by_values = (
            adverse_reasons._of_card(table, card, top) for table in (parts, rows)
        )
        assert by_points.codes.equals(by_values.codes)


def test_an_unknown_baseline_is_refused() -> None:
    with pytest.raises(ModelError, match=r"baseline|基准"):
        reason_codes(CARD, FRAME, baseline="median")


def brute(card, row, cutoff, costs):
    """Try every combination of ranges and levels."""
    options = []
    for name, weight in costs.items():
        item = card[name]
        here = int(pl.DataFrame({name: [row[name]]}).select(item.binning.index().expr(pl)).item())
        now = item.binning.bins[here]
        choices = [(0, 0.0)]
        for place, found in enumerate(item.binning.bins):
            if found.kind in ("range", "levels") and found.rows and place != here:
                both = found.kind == "range" and now.kind == "range"
                steps = abs(place - here) if both else 1
                choices.append((item.points[place] - item.points[here], weight * steps))
        options.append(choices)
    score = int(card.score(pl.DataFrame([row]))[0])
    costs_found = [
        sum(cost for _, cost in chosen)
        for chosen in itertools.product(*options)
        if score + sum(gain for gain, _ in chosen) >= cutoff
    ]
    return min(costs_found, default=None)


@pytest.mark.parametrize("place", range(0, 200, 20))
def test_the_way_to_a_cutoff_is_the_cheapest_there_is(place: int) -> None:
    row = FRAME.row(place, named=True)
    costs = {"duration_in_month": 1.0, "credit_amount": 0.7, "purpose": 2.5, "housing": 4.0}
    costs = {name: weight for name, weight in costs.items() if name in CARD.columns}
    score = int(CARD.score(FRAME[place])[0])
    for more in (5, 20, 60, 200):
        found = what_would_it_take(CARD, row, score + more, costs)
        expected = brute(CARD, row, score + more, costs)
        assert found.possible == (expected is not None)
        if expected is not None:
            assert sum(change.cost for change in found.changes) == pytest.approx(expected)
            assert found.reached >= score + more


def test_protected_attributes_are_never_proposed() -> None:
    features, bad = german()
    card = Scorecard(protected={"age_in_years": "a study"}, min_iv=0).fit(features, bad).card_
    with pytest.raises(ModelError, match=r"protected|受保护"):
        what_would_it_take(card, FRAME.row(0, named=True), 600, ["age_in_years"])


def test_what_can_only_grow_is_not_asked_to_shrink() -> None:
    frame, bad = mixed()
    card = Scorecard(mixed_process()).fit(frame, bad).card_
    row = {**frame.row(0, named=True), "income": 0.5, "months": 5.0}
    free = what_would_it_take(card, row, 2000, ["income"])
    held = what_would_it_take(card, row, 2000, ["income"], only={"income": "down"})
    assert free.reached > held.reached == held.score

"""Sizes and power against published figures and simulation; assignment against the bare hash."""

import hashlib

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lishui_credit.cutoffs import (
    Split,
    assign,
    detectable,
    detectable_mean,
    months_needed,
    power_of,
    split_size,
    split_size_of_means,
)
from lishui_credit.errors import SubjectError


def test_sizes_are_those_of_the_manual_of_r():
    # help(power.prop.test): p1 = .50, p2 = .75, power = .90 gives n = 76.7 in each group
    assert split_size(0.5, 0.75, power=0.9) == Split(77, 77)
    # and n = 50, p1 = .50, p2 = .75 gives power = 0.740
    assert power_of(Split(50, 50), 0.5, 0.75) == pytest.approx(0.740, abs=5e-4)


def seen(split, p, q, draws=40_000, seed=0):
    """Share of simulated tests, pooled z, that show a difference in the true direction."""
    rng = np.random.default_rng(seed)
    a = rng.binomial(split.champion, p, draws) / split.champion
    b = rng.binomial(split.challenger, q, draws) / split.challenger
    mean = (a * split.champion + b * split.challenger) / split.total
    error = np.sqrt(mean * (1 - mean) * (1 / split.champion + 1 / split.challenger))
    with np.errstate(invalid="ignore"):
        z = (b - a) / error
    return float(np.mean(z * np.sign(q - p) > 1.959964))


@pytest.mark.parametrize(
    ("p", "q", "share", "power"),
    [(0.05, 0.04, 0.5, 0.8), (0.05, 0.04, 0.2, 0.8), (0.10, 0.13, 0.3, 0.9), (0.5, 0.6, 0.5, 0.6)],
)
def test_a_split_of_that_size_sees_the_difference_as_often_as_planned(p, q, share, power):
    split = split_size(p, q, power=power, share=share)
    assert seen(split, p, q) == pytest.approx(power, abs=0.015)
    assert split.challenger / split.total == pytest.approx(share, abs=0.01)


def test_a_split_for_means_sees_the_difference_as_often_as_planned():
    split = split_size_of_means(2.0, 10.0, 14.0, share=0.3)
    rng = np.random.default_rng(0)
    means = rng.normal(0, 10 / np.sqrt(split.champion), 40_000)
    others = rng.normal(2, 14 / np.sqrt(split.challenger), 40_000)
    error = np.sqrt(100 / split.champion + 196 / split.challenger)
    assert np.mean((others - means) / error > 1.959964) == pytest.approx(0.8, abs=0.01)


RATE = st.floats(0.01, 0.9)


@given(RATE, RATE, st.floats(0.05, 0.95), st.floats(0.5, 0.99))
def test_the_size_is_the_smallest_with_the_power(p, q, share, power):
    if abs(p - q) < 0.01:
        return
    split = split_size(p, q, share=share, power=power)
    assert power_of(split, p, q) >= power - 0.02  # both arms are rounded up, the share moves a bit
    fewer = Split(int(split.champion * 0.9), int(split.challenger * 0.9))
    if min(fewer.champion, fewer.challenger) >= 50:
        assert power_of(fewer, p, q) < power


@given(st.floats(0.02, 0.5), st.integers(200, 20_000), st.integers(200, 20_000), st.booleans())
def test_what_is_detectable_has_just_the_power(p, champion, challenger, better):
    split = Split(champion, challenger)
    q = detectable(split, p, better=better)
    if q is None:
        assert power_of(split, p, 1e-12 if better else 1 - 1e-12) < 0.8
    else:
        assert (q < p) == better
        assert power_of(split, p, q) == pytest.approx(0.8, abs=1e-6)


def test_the_detectable_mean_is_the_difference_its_own_size_was_made_for():
    split = split_size_of_means(7.0, 100.0, share=0.25)
    assert detectable_mean(split, 100.0) == pytest.approx(7.0, rel=1e-3)


def test_months_count_whole_months_of_intake_and_the_window():
    assert months_needed(Split(500, 500), 100) == 10
    assert months_needed(Split(500, 501), 100) == 11
    assert months_needed(Split(500, 500), 100, approval=0.5, window_months=12) == 32


def test_assignment_is_the_hash_of_salt_and_id():
    ids = [f"firm-{i}" for i in range(50)]
    found = assign(ids, salt="t", share_bp=3000).to_list()
    for name, arm in zip(ids, found, strict=True):
        digest = hashlib.sha256(b"t\0" + name.encode()).hexdigest()
        assert (arm == "challenger") == (int(digest[:16], 16) / 2**64 < 0.3)


def test_assignment_ignores_order_and_kind_and_follows_the_salt():
    ids = pl.Series(range(1000))
    want = assign(ids, salt="a")
    assert assign(ids.reverse(), salt="a").reverse().equals(want)
    assert assign(ids.cast(pl.String), salt="a").equals(want)
    other = assign(ids, salt="b")
    same = (want.cast(pl.String) == other.cast(pl.String)).mean()
    assert same == pytest.approx(0.5, abs=0.06)


def test_shares_are_kept_and_raising_one_moves_nobody_back():
    ids = range(20_000)
    before = assign(ids, salt="x", share_bp=1000) == "challenger"
    after = assign(ids, salt="x", share_bp=2500) == "challenger"
    assert before.mean() == pytest.approx(0.10, abs=0.01)
    assert after.mean() == pytest.approx(0.25, abs=0.01)
    assert not (before & ~after).any()
    assert not (assign(ids, salt="x", share_bp=0) == "challenger").any()
    assert (assign(ids, salt="x", share_bp=10_000) == "challenger").all()


def test_figures_out_of_range_are_refused_together():
    def wheres(call, *arguments, **options):
        with pytest.raises(SubjectError) as caught:
            call(*arguments, **options)
        return [problem.where for problem in caught.value.problems]

    assert wheres(split_size, 0, 0, power=2) == ["p_champion", "p_challenger", "", "power"]
    assert wheres(split_size, 0.1, 0.2, power=0.04) == ["power"]
    assert wheres(split_size_of_means, 0, -1) == ["sd_champion", "sd_challenger", ""]
    assert wheres(months_needed, Split(0, 1), 0, approval=0, window_months=-1) == [
        "split",
        "applications_a_month",
        "approval",
        "window_months",
    ]
    assert wheres(assign, ["a", None], salt="", share_bp=20_000) == ["ids", "salt", "share_bp"]
    assert wheres(detectable, Split(0, 0), 1.0) == ["p_champion", "split"]


def test_ids_of_several_types_are_assigned_by_their_text():
    assert assign([7, "7", "a"], salt="t").to_list() == assign(["7", "7", "a"], salt="t").to_list()

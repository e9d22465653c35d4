"""Near copies: pairs, groups and chance, against every pair compared; folds that keep them together."""

import itertools
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lishui_credit.errors import SubjectError
from lishui_credit.scorecards import near_copies, row_twins
from lishui_credit.scorecards.folds import split

DATA = Path(__file__).parent.parent / "data_samples"
SHARED = Path(__file__).parents[2] / "shared" / "data"


def agree(one, other, amount, tolerance):
    """Whether two values agree, by the definition and by no logarithm."""
    if one is None or other is None:
        return one is other
    if not amount:
        return one == other
    larger = max(abs(one), abs(other))
    return one * other >= 0 and abs(one - other) <= tolerance * larger * (1 + 1e-9)


def every_pair(frame, amounts, differ, known, tolerance=0.05):
    """The twins among all pairs, each compared; no amount of these frames is common."""
    rows, found = frame.rows(named=True), set()
    for (i, one), (j, other) in itertools.combinations(enumerate(rows), 2):
        same = [n for n in frame.columns if agree(one[n], other[n], n in amounts, tolerance)]
        sure = [n for n in same if n in amounts and one[n] and other[n]]
        if len(same) >= frame.width - differ and len(sure) >= known:
            found.add((i, j))
    return found


def drawn(seed, rows=150, amounts=4, others=3):
    """Rows of few, near amounts and words, a third of them jittered copies, some values missing."""
    rng = np.random.default_rng(seed)
    columns = {
        f"amount{k}": np.round(rng.lognormal(3, 0.4, rows) * rng.choice([-1, 1, 1], rows), 1)
        for k in range(amounts)
    }
    columns |= {f"word{k}": rng.choice(["a", "b", "c"], rows) for k in range(others)}
    frame = pl.DataFrame(columns)
    origin = rng.integers(0, rows, rows // 3)
    copies = frame[origin].with_columns(
        pl.col(name) * pl.Series(rng.choice([1.0, 1.02, 0.95, 1.3], len(origin)))
        for name in frame.columns[:amounts]
    )
    whole = pl.concat([frame, copies])
    return whole.with_columns(
        pl.when(pl.Series(rng.random(whole.height) < 0.08)).then(None).otherwise(pl.col(name))
        .alias(name)
        for name in whole.columns
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("differ", "known", "amounts"), [(1, 3, 4), (2, 2, 3), (3, 3, 9), (0, 1, 2)]
)
def test_the_pairs_are_those_of_comparing_every_pair(seed, differ, known, amounts):
    frame = drawn(seed, amounts=amounts)
    names = [name for name in frame.columns if name.startswith("amount")]
    fields = row_twins.Fields.read(frame, names, 0.05)
    found = row_twins.twins(fields, differ=differ, known=known)
    expected = every_pair(frame, names, differ, known)
    assert expected
    assert found.whole
    assert {tuple(pair) for pair in found.pairs.tolist()} == expected


@pytest.mark.parametrize("seed", range(3))
def test_figures_are_those_of_comparing_every_pair(seed):
    frame = drawn(seed)
    rng = np.random.default_rng(seed)
    frame = pl.concat([frame, frame.sample(30, seed=seed), frame.sample(10, seed=seed)])
    bad = rng.integers(0, 2, frame.height)
    fold = rng.integers(0, 5, frame.height)
    names = frame.columns[:4]
    found = near_copies(frame, bad, differ=1, amounts=names)
    pairs = every_pair(frame, names, 1, 3)
    equal = {(i, j) for i, j in pairs if frame.row(i) == frame.row(j)}
    twin = sorted({row for pair in pairs for row in pair})
    assert (found.pairs, found.equal_pairs) == (len(pairs), len(equal))
    assert np.flatnonzero(found.twin).tolist() == twin
    assert found.same_label == np.mean([bad[i] == bad[j] for i, j in pairs])
    assert found.share_of(True) == np.isin(np.flatnonzero(bad), twin).mean()
    apart = sorted({row for i, j in pairs if fold[i] != fold[j] for row in (i, j)})
    assert np.flatnonzero(found.across(fold)).tolist() == apart
    label = list(range(frame.height))
    for i, j in sorted(pairs):
        label = [label[i] if one == label[j] else one for one in label]
    assert len(set(zip(label, found.groups.tolist(), strict=True))) == len(set(label))
    assert len(set(found.groups.tolist())) == len(set(label))


def test_twins_in_another_sample_are_those_of_comparing_every_pair():
    frame = drawn(0)
    mine = np.arange(frame.height) < 120
    names = frame.columns[:4]
    found = near_copies(frame, differ=1, amounts=names).across(mine)
    expected = sorted({i for i, j in every_pair(frame, names, 1, 3) if i < 120 <= j})
    assert expected
    assert np.flatnonzero(found & mine).tolist() == expected


def test_order_of_rows_and_columns_changes_nothing():
    frame = drawn(1)
    bad = np.random.default_rng(0).integers(0, 2, frame.height)
    mixed = np.random.default_rng(1).permutation(frame.height)
    other = frame[mixed].select(frame.columns[::-1])
    one = near_copies(frame, bad, differ=1, amounts=frame.columns[:4])
    two = near_copies(other, bad[mixed], differ=1, amounts=frame.columns[:4])
    assert one.pairs == two.pairs
    assert one.twin[mixed].tolist() == two.twin.tolist()
    assert near_copies(frame, bad, differ=1, amounts=frame.columns[:4]).told() == one.told()


@pytest.mark.parametrize(
    ("one", "other", "pairs"),
    [(95, 100, 1), (94, 100, 0), (-95, -100, 1), (95, -95, 0), (0, 1, 0), (None, None, 1), (None, 0, 0)],
)  # fmt: skip
def test_an_amount_agrees_up_to_a_twentieth_of_the_larger(one, other, pairs):
    frame = pl.DataFrame(
        {"a": [10, 10], "b": [20, 20], "c": [30, 30], "d": [one, other]},
        schema=dict.fromkeys("abcd", pl.Float64),
    )
    assert near_copies(frame, differ=0, amounts=list("abcd")).pairs == pairs


def test_zeros_codes_and_one_amount_again_and_again_say_nothing():
    rng = np.random.default_rng(0)
    empty = pl.DataFrame({name: [-9.0] * 60 for name in "abcd"})
    unused = pl.DataFrame({name: [0.0] * 60 for name in "abcd"})
    fee = pl.DataFrame({name: [390.0] * 3 for name in "abcd"})
    some = pl.DataFrame({name: rng.lognormal(5, 1, 300) for name in "abcd"})
    assert near_copies(pl.concat([empty, unused, fee, some]), differ=0).pairs == 0
    assert near_copies(pl.concat([some, some]), differ=0).pairs == 300


def jittered(rows=800, seed=0, *, copies=400, keep_label=True):
    """Synthetic: independent amounts that tell the outcome a little, then copies of some rows."""
    rng = np.random.default_rng(seed)
    frame = pl.DataFrame({name: rng.lognormal(8, 1, rows) for name in "abcde"})
    bad = rng.random(rows) < 1 / (1 + np.exp(1.5 - np.log(frame["a"].to_numpy()) + 8))
    origin = rng.integers(0, rows, copies)
    twins = frame[origin].with_columns(
        pl.col("a", "b", "c") * pl.Series(rng.uniform(0.99, 1.01, copies))
    )
    label = bad[origin] if keep_label else rng.random(copies) < bad.mean()
    whole = pl.concat([frame, twins]).with_columns(word=pl.lit("x"))
    return whole, np.concatenate([bad, label]).astype(int)


def test_a_sample_filled_up_with_copies_is_told_from_a_clean_one():
    clean, outcome = jittered(copies=0)
    assert not near_copies(clean, outcome).found
    found = near_copies(*jittered())
    assert found.found
    assert found.same_label == 1
    assert found.chance_pairs < found.pairs / 20


def test_near_rows_whose_outcomes_agree_no_more_than_by_lot_are_not_called_copies():
    found = near_copies(*jittered(keep_label=False))
    assert found.share > 0.3
    assert not found.found
    assert found.share_of(True) == pytest.approx(found.share, abs=0.1)


def test_a_few_coarse_columns_hold_no_copies_however_often_rows_are_equal():
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({f"x{k}": rng.integers(0, 4, 3000) for k in range(5)})
    found = near_copies(frame, rng.integers(0, 2, 3000))
    assert not found.found
    assert found.pairs == 0
    assert "cannot be told" in str(found)
    coarse = pl.DataFrame({f"x{k}": rng.integers(1, 25, 3000) for k in range(5)})
    by_chance = near_copies(coarse, rng.integers(0, 2, 3000), amounts=coarse.columns)
    assert by_chance.pairs > 200
    assert by_chance.chance_pairs == pytest.approx(by_chance.pairs, rel=0.25)
    assert not by_chance.found


def test_a_file_joined_twice_is_found_with_one_column_of_amounts():
    rng = np.random.default_rng(0)
    words = {f"word{k}": rng.choice(["a", "b", "c"], 400) for k in range(5)}
    frame = pl.DataFrame({"loan": rng.integers(1000, 9000, 400), **words})
    found = near_copies(pl.concat([frame, frame]))
    assert found.found
    assert found.equal_pairs == found.pairs == 400
    assert not near_copies(frame).found


def test_equal_rows_of_one_coarse_amount_are_held_against_chance():
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"loan": rng.integers(1, 150, 3000), "job": rng.choice(["a", "b"], 3000)})
    found = near_copies(frame, rng.integers(0, 2, 3000))
    assert found.equal_pairs == found.pairs > 1000
    assert found.chance_pairs == pytest.approx(found.pairs, rel=0.1)
    assert not found.found


def test_a_search_that_would_not_end_says_at_least(monkeypatch):
    monkeypatch.setattr(row_twins, "_LEAST_CHECKS", 50)
    monkeypatch.setattr(row_twins, "_CHECKS_A_ROW", 0)
    frame, outcome = jittered()
    found = near_copies(frame, outcome)
    assert not found.whole
    assert str(found).startswith("at least")
    assert found.told()["all_pairs_found"] is False


def test_what_cannot_be_compared_is_refused_all_at_once():
    frame = pl.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
    with pytest.raises(SubjectError) as told:
        near_copies(frame, differ=2, tolerance=0.5, known=0, amounts=["b", "c"])
    for word in ("differ", "tolerance", "known", "'c'", "no number"):
        assert word in str(told.value)
    with pytest.raises(SubjectError, match="lengths differ"):
        near_copies(frame).across([1])


# folds


def test_folds_of_groups_hold_every_group_whole_and_keep_the_share_of_bads():
    rng = np.random.default_rng(0)
    y = (rng.random(3000) < 0.1).astype(np.int8)
    group = rng.integers(0, 2000, 3000)
    cuts = split(y, folds=5, seed=3, groups=group)
    assert sorted(np.concatenate([held for _, held in cuts]).tolist()) == list(range(3000))
    for fit, held in cuts:
        assert not set(group[fit]) & set(group[held])
        assert sorted([*fit, *held]) == list(range(3000))
        assert abs(len(held) - 600) <= 2
        assert abs(y[held].sum() - y.sum() / 5) <= 1
    again = split(y, folds=5, seed=3, groups=[f"firm {one:04}" for one in group])
    assert all((one[1] == other[1]).all() for one, other in zip(cuts, again, strict=True))


def test_one_large_group_does_not_empty_the_other_folds():
    y = np.array([0] * 60 + [1] * 40, dtype=np.int8)
    group = [0] * 30 + list(range(1, 71))
    sizes = [len(held) for _, held in split(y, folds=4, groups=group)]
    assert sum(sizes) == 100
    assert min(sizes) >= 20


# published data


def test_equal_rows_of_the_polish_firms_are_found_and_near_ones_conflict():
    frame = pl.read_parquet(DATA / "polish_year1.parquet")
    found = near_copies(frame.drop("bad"), frame["bad"])
    assert found.equal_pairs == 82
    assert found.found
    assert found.pairs == 139
    assert found.same_label == pytest.approx(0.799, abs=0.001)


@pytest.mark.parametrize("name", ["german_credit", "taiwan_default"])
def test_published_sets_of_coarse_columns_are_not_said_to_hold_copies(name):
    frame = pl.read_parquet(DATA / f"{name}.parquet")
    assert not near_copies(frame.drop("bad"), frame["bad"]).found


@pytest.mark.skipif(not SHARED.exists(), reason="the published set is not beside the checkout")
def test_most_rows_of_hmeq_have_a_near_copy_with_the_same_outcome():
    frame = pl.read_parquet(SHARED / "hmeq" / "hmeq.parquet")
    found = near_copies(frame.drop("bad"), frame["bad"])
    assert found.equal_pairs == 0
    assert found.pairs == pytest.approx(8199, rel=0.06)
    assert found.chance_pairs == pytest.approx(71, abs=30)
    assert found.same_label == pytest.approx(0.996, abs=0.001)
    assert found.share_of(False) == pytest.approx(0.87, abs=0.02)
    assert found.share_of(True) == pytest.approx(0.12, abs=0.01)
    assert found.found


@pytest.mark.skipif(not SHARED.exists(), reason="the published set is not beside the checkout")
def test_rows_of_heloc_that_hold_nothing_but_a_code_are_no_copies():
    frame = pl.read_parquet(SHARED / "heloc" / "heloc.parquet")
    found = near_copies(frame.drop("bad"), frame["bad"])
    assert found.pairs < 20
    assert not found.found

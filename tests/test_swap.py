"""Swap sets against a count by hand and by a loop."""

import random

import polars as pl
import pytest

from lishui_credit.cutoffs.swap_sets import SETS, swap
from lishui_credit.errors import SubjectError
from lishui_credit.policies.policy import Policy, Score, Segment
from lishui_credit.statistics.proportions import jeffreys_interval


def at(cut: int, version: str = "1", refer: int | None = None, column: str = "score") -> Policy:
    pair = {"cut_off": cut} if refer is None else {"approve_at_least": cut, "refer_at_least": refer}
    kind = "single" if refer is None else "refer"
    score = Score(column=column)
    return Policy(
        id="p", version=version, title_zh="甲", author="b", kind=kind, score=score, **pair
    )


def people(rows: int = 400, seed: int = 1) -> pl.DataFrame:
    draw = random.Random(seed)
    return pl.DataFrame(
        {
            "score": [draw.choice([None, *range(580, 640)]) for _ in range(rows)],
            "bad": [draw.choice([0, 0, 0, 1, None]) for _ in range(rows)],
            "amount_fen": [draw.randrange(1, 10**6) for _ in range(rows)],
            "county": [draw.choice(["a", "b", None]) for _ in range(rows)],
            "sex": [draw.choice(["f", "m"]) for _ in range(rows)],
        }
    )


def place(score: int | None, old: int, new: int) -> str:
    if score is None:
        return "open"
    before, after = score >= old, score >= new
    return {(1, 1): "both", (0, 1): "swap_in", (1, 0): "swap_out", (0, 0): "neither"}[
        (int(before), int(after))
    ]


@pytest.mark.parametrize(("old", "new"), [(610, 600), (600, 615)])
def test_every_set_is_what_a_loop_counts(old, new):
    frame = people()
    found = swap(frame, at(old), at(new), outcome="bad", amount="amount_fen")
    rows = frame.to_dicts()
    for line in found.table.iter_rows(named=True):
        name = line["set"]
        if name in ("approved_old", "approved_new"):
            cut = old if name == "approved_old" else new
            own = [row for row in rows if row["score"] is not None and row["score"] >= cut]
        else:
            own = [row for row in rows if place(row["score"], old, new) == name]
        known = [row["bad"] for row in own if row["bad"] is not None]
        assert line["applicants"] == len(own)
        assert line["share"] == pytest.approx(len(own) / 400)
        assert line["amount_fen"] == sum(row["amount_fen"] for row in own)
        assert (line["known"], line["unknown"]) == (len(known), len(own) - len(known))
        assert line["bads"] == sum(known)
        if known:
            assert line["bad_rate"] == sum(known) / len(known)
            low, high = jeffreys_interval([sum(known)], [len(known)])
            assert (line["low"], line["high"]) == (low[0], high[0])
        else:
            assert line["bad_rate"] is None
    assert found.table["set"].to_list() == list(SETS)
    assert found.table.filter(pl.col("set").is_in(SETS[:5]))["applicants"].sum() == 400


def test_groups_add_up_and_small_ones_get_no_rate():
    frame = people()
    found = swap(frame, at(610), at(600), by=["county", "sex"], outcome="bad", min_rows=150)
    for column in ("county", "sex"):
        own = found.by.filter(pl.col("column") == column)
        added = own.group_by("set", maintain_order=True).agg(pl.col("applicants").sum())
        assert added["applicants"].to_list() == found.table["applicants"].to_list()
    sizes = dict(frame.group_by("county").len().iter_rows())
    for (group,), own in (
        found.by.filter(pl.col("column") == "county").partition_by("group", as_dict=True).items()
    ):
        few = sizes[group] < 150
        assert own["note"].eq("too few").fill_null(False).all() == few
        assert own["bad_rate"].is_null().all() == few
    assert None in sizes


def test_outcomes_the_old_policy_left_unknown_are_counted_and_said():
    frame = pl.DataFrame({"score": [595, 596, 597, 610], "bad": [None, None, 1, 0]})
    line = swap(frame, at(600), at(590), outcome="bad").table.row(1, named=True)
    assert (line["known"], line["unknown"], line["bad_rate"]) == (1, 2, 1.0)
    assert line["note"] == "2 / 3 without an outcome"
    assert line["amount_fen"] is None


def test_a_referral_is_no_approval_and_decisions_migrate():
    frame = pl.DataFrame({"score": [600, 590, 580, 570, None]})
    found = swap(frame, at(600), at(595, refer=575))
    assert found.table["applicants"].to_list() == [1, 0, 0, 3, 1, 1, 1]
    assert found.decisions.grades == ("approve", "refer", "decline", "not decided")
    assert found.decisions.counts.astype(int).tolist() == [
        [1, 0, 0, 0],
        [0, 0, 0, 0],
        [0, 2, 1, 0],
        [0, 0, 0, 1],
    ]
    assert found.grades is None


def test_grades_migrate_where_both_policies_read_the_same_scale():
    def graded(column: str) -> Policy:
        score = Score(column=column, order=("A", "B", "C"))
        return Policy(
            id="p", version="1", title_zh="甲", author="b", kind="single", score=score, cut_off="B"
        )

    frame = pl.DataFrame({"old": ["A", "B", "C", "X"], "new": ["B", "B", "A", "A"]})
    found = swap(frame, graded("old"), graded("new"))
    assert found.grades is not None
    assert found.grades.counts.astype(int).tolist() == [[0, 1, 0], [0, 1, 0], [1, 0, 0]]
    assert found.table["applicants"].to_list()[:5] == [2, 1, 0, 0, 1]


def test_segments_of_the_new_policy_decide_by_county():
    score = Score(column="score")
    rows = (Segment(where={"county": "a"}, cut_off=590),)
    new = Policy(
        id="p", version="2", title_zh="甲", author="b", kind="segments", score=score,
        segments=rows, cut_off=610,
    )  # fmt: skip
    frame = pl.DataFrame({"score": [590, 590, 605], "county": ["a", "b", "b"]})
    found = swap(frame, at(600), new, by=["county"])
    assert found.table["applicants"].to_list()[:5] == [0, 1, 1, 1, 0]


def test_everything_wrong_is_told_at_once():
    frame = pl.DataFrame({"score": [1, 2], "bad": [2, 0], "amount_fen": [-1, 5]})
    with pytest.raises(SubjectError) as caught:
        swap(frame, at(1), at(1, column="skore"), by=["town"], outcome="bad", amount="amount_fen")
    text = str(caught.value)
    for part in ("'skore'", "'town'", "other than 0 and 1", "negative amount"):
        assert part in text, part
    with pytest.raises(SubjectError, match="whole fen"):
        swap(frame.with_columns(amount_fen=1.5), at(1), at(1), amount="amount_fen")
    with pytest.raises(SubjectError, match="no applicants to compare"):
        swap(frame.clear(), at(1), at(1))


@pytest.mark.parametrize("name", ["金额(元)", "loan_yuan"])
def test_amounts_in_yuan_are_not_counted_as_fen(name):
    people = pl.DataFrame({"score": [1, 2], name: [100, 200]})
    with pytest.raises(SubjectError, match="says yuan"):
        swap(people, at(1), at(2), amount=name)


def test_amounts_of_32_bits_do_not_wrap_round():
    money = pl.Series([10_000_000] * 300, dtype=pl.Int32)
    found = swap(pl.DataFrame({"score": [600] * 300, "fen": money}), at(1), at(2), amount="fen")
    assert found.table["amount_fen"][0] == 3_000_000_000

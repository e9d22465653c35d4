"""Gaps by group by hand and by loop; a frontier without dominated points by brute force."""

import itertools

import polars as pl
import pytest

from lishui_credit.cutoffs.affected_groups import affected, frontier
from lishui_credit.cutoffs.books import book
from lishui_credit.errors import PolicyError, SubjectError
from lishui_credit.policies.policy import Policy, Score, Segment
from lishui_credit.pricing.terms import Terms
from lishui_credit.statistics.proportions import jeffreys_interval
from lishui_credit.validation.treatment import fairness, rate_gap
from tests.test_optimise import held, loans

TERMS = Terms(rate_bp=900, funding_bp=300)


def rates(rows, approved):
    """Approval, opportunity, bad rate as (count, size)."""
    good = [a for row, a in zip(rows, approved, strict=True) if not row["bad"]]
    bad = [a for row, a in zip(rows, approved, strict=True) if row["bad"]]
    return {
        "approval": (sum(approved), len(approved)),
        "opportunity": (sum(good), len(good)),
        "bad_rate": (sum(bad), sum(approved)),
    }


def test_rates_and_gaps_are_what_a_loop_counts():
    frame = loans(300, 3)
    table = affected(held(frame), 3, min_rows=1)
    found = {row["group"]: row for row in table.iter_rows(named=True)}
    by_hand = {}
    for sex in "fm":
        rows = frame.filter(sex=sex).to_dicts()
        by_hand[sex] = rates(rows, [row["score"] >= 3 for row in rows])
    base = max("fm", key=lambda sex: by_hand[sex]["approval"][1])
    other = "m" if base == "f" else "f"
    assert found[base]["note"] == "reference"
    for gap in ("approval", "opportunity", "bad_rate"):
        count, size = by_hand[other][gap]
        low, high = jeffreys_interval([count], [size])
        row = found[other]
        assert row[gap] == count / size
        assert (row[f"{gap}_low"], row[f"{gap}_high"]) == (low[0], high[0])
        apart = rate_gap(count, size, *by_hand[base][gap])
        assert row[f"{gap}_gap"] == apart.value
        assert (row[f"{gap}_gap_low"], row[f"{gap}_gap_high"]) == (apart.low, apart.high)
        assert found[base][f"{gap}_gap"] == 0
    same = fairness(frame["bad"], frame["score"], frame["sex"], 3, min_rows=1)
    assert table["approval"].to_list() == same["approval"].to_list()
    refused = [1 - rate for rate in same["goods_refused"]]
    assert table["opportunity"].to_list() == pytest.approx(refused)


def test_a_policy_by_segment_is_measured_and_small_groups_get_no_figure():
    frame = loans(300, 4).with_columns(
        sex=pl.when(pl.int_range(pl.len()) < 3).then(pl.lit("x")).otherwise("sex")
    )
    segments = (
        Segment(where={"county": "a"}, cut_off=1),
        Segment(where={"county": "b"}, cut_off=4),
    )
    policy = Policy(
        id="p", version="1", title_zh="甲", author="b", kind="segments",
        score=Score(column="score"), segments=segments,
    )  # fmt: skip
    table = affected(held(frame), policy, reference="m")
    found = {row["group"]: row for row in table.iter_rows(named=True)}
    assert found["x"]["note"] == "too few"
    assert found["x"]["approval"] is None
    rows = frame.filter(sex="f").to_dicts()
    lent = [row["score"] >= (1 if row["county"] == "a" else 4) for row in rows]
    assert found["f"]["approval"] == sum(lent) / len(lent)
    assert found["m"]["note"] == "reference"
    nobody = affected(held(frame), None)
    assert nobody["approved"].drop_nulls().to_list() == [0, 0]
    assert nobody["bad_rate"].null_count() == 3


def test_a_cut_off_is_read_on_the_scale_of_the_file():
    frame = loans(200, 5).with_columns(pd=0.9 - pl.col("score") / 10)
    worse = book(frame, score="pd", higher="worse", groups=["sex"])
    order = list("ABCDE")
    grades = frame.with_columns(
        grade=pl.col("score").replace_strict(dict(zip([4, 3, 2, 1, 0], order, strict=True)))
    )
    graded = book(grades, score="grade", order=order, groups=["sex"])
    cut = frame.filter(pl.col("score") == 3)["pd"][0]
    want = affected(held(frame), 3)
    assert affected(worse, cut).equals(want)
    assert affected(graded, "B").equals(want)
    with pytest.raises(SubjectError, match="no grade of the book"):
        affected(graded, "Z")


@pytest.mark.parametrize("gap", ["approval", "opportunity", "bad_rate"])
@pytest.mark.parametrize("by", [None, "county"])
def test_the_frontier_holds_every_policy_that_none_dominates_and_no_other(gap, by):
    frame = loans(120, 6)
    rows = frame.to_dicts()
    counties = ["a", "b"] if by else ["all"]
    cuts = [99, 4, 3, 2, 1, 0]
    points = set()
    for chosen in itertools.product(cuts, repeat=len(counties)):
        cut_of = dict(zip(counties, chosen, strict=True))
        lent = [row["score"] >= cut_of[row["county"] if by else "all"] for row in rows]
        profit = sum(
            -TERMS.loss(row["amount_fen"]) if row["bad"] else TERMS.gain(row["amount_fen"])
            for row, a in zip(rows, lent, strict=True)
            if a
        )
        found = []
        for sex in "fm":
            own = [(row, a) for row, a in zip(rows, lent, strict=True) if row["sex"] == sex]
            count, size = rates([row for row, _ in own], [a for _, a in own])[gap]
            if size:
                found.append(count / size)
        points.add((profit, max(found, default=0.0) - min(found, default=0.0)))
    best = {
        (p, g)
        for p, g in points
        if not any((q >= p and h < g) or (q > p and h <= g) for q, h in points)
    }
    table = frontier(held(frame), TERMS, "sex", gap=gap, by=by, min_rows=1)
    assert set(table.select("profit_fen", "largest_gap").rows()) == best
    assert table["profit_fen"].is_sorted()
    assert table["largest_gap"].is_sorted()
    assert table.columns[3:] == (["a", "b"] if by else ["cut_off"])


def test_a_policy_of_the_frontier_measures_as_it_says():
    frame = loans(400, 7)
    table = frontier(held(frame), TERMS, "sex", min_rows=1)
    row = table.row(-1, named=True)
    again = affected(held(frame), row["cut_off"], min_rows=1)
    spread = again["approval"].max() - again["approval"].min()
    assert row["largest_gap"] == pytest.approx(spread)
    assert row["approval_rate"] == again["approved"].sum() / 400


def test_the_protected_attribute_is_never_an_input():
    frame = loans(200, 8)
    with pytest.raises(PolicyError, match="protected"):
        frontier(held(frame), TERMS, "county", by="sex")
    with pytest.raises(SubjectError, match="not a segment"):
        frontier(held(frame), TERMS, "sex", by="amount_fen")
    with pytest.raises(SubjectError, match="fewer than two groups"):
        frontier(held(frame), TERMS, "sex", min_rows=1000)
    with pytest.raises(SubjectError, match="no such gap"):
        frontier(held(frame), TERMS, "sex", gap="width")
    with pytest.raises(SubjectError, match="'town'"):
        affected(held(frame), 3, ["town"])
    with pytest.raises(SubjectError, match="no group is named"):
        affected(book(frame), 3)


def test_columns_crossed_are_the_groups_of_both_and_small_ones_are_named():
    frame = loans(300, 7).with_columns(
        sex=pl.when(pl.int_range(pl.len()) < 5).then(None).otherwise("sex")
    )
    table = affected(held(frame), 3, ["sex*county"], min_rows=20)
    by_hand = {}
    for row in frame.iter_rows(named=True):
        name = f"{row['sex'] or '(missing)'} × {row['county']}"
        by_hand.setdefault(name, []).append(row)
    assert set(table["group"]) == set(by_hand)
    for row in table.iter_rows(named=True):
        rows = by_hand[row["group"]]
        assert row["loans"] == len(rows)
        few = len(rows) < 20
        assert (
            (row["note"] == "too few") == few == (row["needed"] == 20) == (row["approval"] is None)
        )
        if not few:
            assert row["approval"] == sum(r["score"] >= 3 for r in rows) / len(rows)
    assert table["needed"].null_count() < table.height
    with pytest.raises(SubjectError, match="no column 'village'"):
        affected(held(frame), 3, ["sex*village"])


def test_a_figure_names_the_groups_without_a_rate():
    from lishui_credit.figures.affected import group_rates

    frame = loans(300, 4).with_columns(
        sex=pl.when(pl.int_range(pl.len()) < 3).then(pl.lit("x")).otherwise("sex")
    )
    title = group_rates(affected(held(frame), 3), "sex").layout.xaxis.title.text
    assert "fewer than 50 rows: x 3" in title

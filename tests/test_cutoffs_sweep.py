"""The sweep against sums done loan by loan, and its intervals against a bootstrap of loans."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lishui_credit.cutoffs import best, book, sweep
from lishui_credit.cutoffs.money import money
from lishui_credit.cutoffs.sweeps import (
    _cells,
    _drawn,
    _ends,
    _points,
    _reached,
    approved,
    on_scale,
)
from lishui_credit.errors import SubjectError
from lishui_credit.pricing import Terms

TERMS = Terms(rate_bp=900, funding_bp=300, operating_fen=700, recovery_months=9)
LOAN = st.tuples(st.integers(-5, 5), st.integers(0, 1), st.integers(1, 10**9))
LOANS = st.lists(LOAN, min_size=2, max_size=40).filter(lambda rows: len({r[1] for r in rows}) == 2)


def frame_of(rows, **columns):
    names = ("score", "bad", "amount_fen")
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(**columns)


def by_hand(rows, cut_off, terms=TERMS):
    """Approved, their bads, the share of bads declined, credit loss and profit."""
    yes = [row for row in rows if cut_off is not None and row[0] >= cut_off]
    bads = [row for row in yes if row[1]]
    profit = sum(terms.gain(a) if not bad else -terms.loss(a) for _, bad, a in yes)
    lost = sum(terms.credit_loss(a) for _, _, a in bads)
    everyone = sum(bad for _, bad, _ in rows)
    return len(yes), len(bads), lost, profit, everyone


@given(LOANS)
def test_every_row_is_what_a_loop_over_loans_finds(rows):
    found = sweep(book(frame_of(rows)), TERMS, repeats=0)
    assert found["cut_off"].to_list() == [None, *sorted({row[0] for row in rows}, reverse=True)]
    for row in found.rows(named=True):
        yes, bads, lost, profit, everyone = by_hand(rows, row["cut_off"])
        assert (row["approved"], row["bads"]) == (yes, bads)
        assert (row["realised_loss_fen"], row["profit_fen"]) == (lost, profit)
        assert row["captured_bads"] == pytest.approx((everyone - bads) / everyone, abs=1e-15)
        assert row["approval_rate"] == yes / len(rows)
        assert row["bad_rate_approved"] == (bads / yes if yes else None)
        no = len(rows) - yes
        assert row["bad_rate_declined"] == ((everyone - bads) / no if no else None)
    top = max(found["profit_fen"])
    assert found["short_of_best_fen"].to_list() == [top - x for x in found["profit_fen"]]
    assert best(found).profit_fen == top


@given(LOANS, st.lists(st.integers(-8, 8), max_size=5))
def test_cut_offs_asked_for_are_swept_between_none_and_all(rows, asked):
    found = sweep(book(frame_of(rows)), TERMS, cut_offs=asked, repeats=0)
    lowest = min(row[0] for row in rows)
    ends = [] if any(cut <= lowest for cut in asked) else [lowest]
    assert found["cut_off"].to_list() == [None, *sorted(set(asked), reverse=True), *ends]
    for cut_off, yes, profit in found.select("cut_off", "approved", "profit_fen").rows():
        assert (yes, profit) == tuple(by_hand(rows, cut_off)[i] for i in (0, 3))


@settings(max_examples=25)
@given(LOANS)
def test_the_direction_and_the_order_of_rows_do_not_matter(rows):
    want = sweep(book(frame_of(rows)), TERMS, repeats=20)
    assert sweep(book(frame_of(rows[::-1])), TERMS, repeats=20).equals(want)
    turned = frame_of(rows, score=-pl.col("score"))
    again = sweep(book(turned, higher="worse"), TERMS, repeats=20)
    assert again.equals(want.with_columns(cut_off=-pl.col("cut_off")))


def test_a_float_score_gives_what_the_whole_score_gives():
    rows = [(i % 7, i % 3 == 0, 1000 + i) for i in range(60)]
    whole = sweep(book(frame_of(rows)), TERMS)
    broken = sweep(book(frame_of(rows, score=pl.col("score") / 8)), TERMS)
    assert broken.drop("cut_off").equals(whole.drop("cut_off"))


def test_grades_are_swept_by_name():
    frame = frame_of([(0, 0, 100), (0, 1, 100), (0, 0, 100)], grade=pl.Series(["A", "C", "B"]))
    graded = book(frame, score="grade", order=["A", "B", "C"])
    found = sweep(graded, TERMS, repeats=0)
    assert found["cut_off"].to_list() == [None, "A", "B", "C"]
    assert found["bads"].to_list() == [0, 0, 0, 1]
    assert sweep(graded, TERMS, cut_offs=["B"], repeats=0)["cut_off"].to_list() == [None, "B", "C"]
    with pytest.raises(SubjectError, match="Z"):
        sweep(graded, TERMS, cut_offs=["Z"])


def test_the_number_of_cut_offs_is_kept_to_and_cells_are_about_equal():
    rng = np.random.default_rng(1)
    frame = pl.DataFrame({"score": rng.normal(size=5000), "bad": rng.integers(0, 2, 5000)})
    found = sweep(book(frame, amount=100), TERMS, cut_offs=50, repeats=0)
    steps = found["approved"].diff().drop_nulls()
    assert found.height == 51
    assert (steps.min(), steps.max()) == (100, 100)


def test_each_product_is_counted_by_its_own_terms():
    other = Terms(rate_bp=1500, funding_bp=300, lgd_bp=8000)
    rows = [(2, 0, 1000), (2, 1, 3000), (1, 0, 5000), (1, 1, 7000)]
    frame = frame_of(rows, kind=pl.Series(["a", "b", "b", "a"]))
    held = book(frame, segments=["kind"])
    found = sweep(held, {"a": TERMS, "b": other}, repeats=0)
    want = [TERMS.gain(1000), -other.loss(3000), other.gain(5000), -TERMS.loss(7000)]
    assert money(held, {"a": TERMS, "b": other}).profit.tolist() == want
    assert found["profit_fen"].to_list() == [0, sum(want[:2]), sum(want)]
    assert found["bad_rate_declined"].to_list() == [0.5, 0.5, None]
    two = book(frame.with_columns(place=pl.lit("here")), segments=["place", "kind"])
    named = sweep(two, {"a": TERMS, "b": other}, product="kind", repeats=0)
    assert named["profit_fen"].to_list() == found["profit_fen"].to_list()
    with pytest.raises(SubjectError, match="products without terms"):
        sweep(held, {"a": TERMS})
    with pytest.raises(SubjectError, match="segment"):
        sweep(book(frame), {"a": TERMS})


def test_expected_loss_is_the_pd_times_the_credit_loss_good_or_bad():
    rows = [(3, 0, 10_000), (2, 1, 20_000), (1, 0, 30_000)]
    frame = frame_of(rows, pd=pl.Series([0.1, 0.2, 0.5]))
    found = sweep(book(frame, pd="pd"), Terms(900, 300, lgd_bp=5000), repeats=0)
    assert found["expected_loss_fen"].to_list() == [0, 500, 2500, 10_000]
    assert found["expected_loss_fen"].dtype == pl.Int64
    assert "expected_loss_fen" not in sweep(book(frame), TERMS, repeats=0).columns


def simulated(n, seed, amounts):
    rng = np.random.default_rng(seed)
    score = rng.integers(0, 12, n)
    bad = rng.random(n) < 1 / (1 + np.exp(0.35 * score - 0.5))
    amount = rng.lognormal(12, 0.8, n).astype(np.int64) if amounts else np.full(n, 100_000)
    return pl.DataFrame({"score": score, "bad": bad, "amount_fen": amount})


@pytest.mark.parametrize("amounts", [False, True])
def test_drawing_by_cell_gives_the_intervals_of_drawing_loan_by_loan(amounts):
    frame = simulated(400, 3, amounts)
    held = book(frame)
    columns = ["approval_rate", "bad_rate_approved", "bad_rate_declined", "captured_bads"]
    columns += ["realised_loss_fen", "profit_fen", "short_of_best_fen"]
    cuts = [4, 6, 8, 10]
    swept = sweep(held, TERMS, cut_offs=cuts, repeats=4000, seed=1)
    top = swept["profit_fen"].arg_max()
    rng = np.random.default_rng(2)
    score, bad, amount = (held.frame[name].to_numpy() for name in ("score", "bad", "amount_fen"))
    profit = np.where(bad == 1, -TERMS.loss(amount), TERMS.gain(amount))
    lost = bad * TERMS.credit_loss(amount)
    draws = np.empty((4000, swept.height, len(columns)))
    for turn in range(4000):
        rows = rng.integers(0, 400, 400)
        limits = [np.inf, 10, 8, 6, 4, 0]
        earned = [profit[rows][score[rows] >= limit].sum() for limit in limits]
        for place, limit in enumerate(limits):
            yes = score[rows] >= limit
            b = bad[rows]
            draws[turn, place] = (
                yes.mean(),
                b[yes].mean() if yes.any() else np.nan,
                b[~yes].mean() if not yes.all() else np.nan,
                b[~yes].sum() / b.sum(),
                lost[rows][yes].sum(),
                earned[place],
                earned[top] - earned[place],
            )
    for number, name in enumerate(columns):
        for place in range(swept.height):
            column = draws[:, place, number]
            if np.isnan(column).any():
                assert swept[name][place] is None
                assert swept[f"{name}_low"][place] is None
                continue
            # 4,000 draws know a quantile to 0.04 spreads, and 160 are compared. With one amount
            # money moves in steps of a loan, and the quantile may fall a step aside.
            step = 1 if amounts else TERMS.loss(100_000) + TERMS.gain(100_000)
            near = 0.25 * column.std() + (step if name.endswith("fen") else 1e-9)
            for end, share in (("low", 0.025), ("high", 0.975)):
                away = abs(swept[f"{name}_{end}"][place] - np.quantile(column, share))
                assert away <= near, (name, place, away / column.std())


def test_the_intervals_of_a_rate_cover_the_truth_as_often_as_promised():
    hits = 0
    for seed in range(100):
        frame = simulated(800, seed, False)
        row = sweep(book(frame), TERMS, cut_offs=[6], seed=seed).row(1, named=True)
        grid = np.arange(6, 12)
        truth = (1 / (1 + np.exp(0.35 * grid - 0.5))).mean()
        hits += row["bad_rate_approved_low"] <= truth <= row["bad_rate_approved_high"]
    assert 88 <= hits <= 99  # 95 expected, standard deviation 2.2


def test_the_plateau_holds_the_best_and_ends_where_the_shortfall_is_plain():
    found = sweep(book(simulated(3000, 5, True)), TERMS, seed=4)
    top = best(found)
    flat = found.filter(pl.col("plateau"))
    assert top.cut_off in flat["cut_off"].to_list()
    assert (top.strictest, top.loosest) == (flat["cut_off"][0], flat["cut_off"][-1])
    assert top.strictest >= top.cut_off >= top.loosest
    assert not found["plateau"][0]
    assert not found["plateau"][-1]
    assert (flat["short_of_best_fen_low"] <= 0).all()


def test_the_seed_decides_the_intervals_and_nothing_else():
    held = book(simulated(300, 6, True))
    one, two = sweep(held, TERMS, seed=1), sweep(held, TERMS, seed=2)
    assert sweep(held, TERMS, seed=1, repeats=200).equals(one)
    money_of = [kind for name, kind in one.schema.items() if "_fen" in name]
    assert set(money_of) == {pl.Int64}
    same = [name for name in one.columns if not name.endswith(("_low", "_high", "plateau"))]
    assert one.select(same).equals(two.select(same))
    assert not one.equals(two)


def test_without_repeats_there_are_no_intervals():
    found = sweep(book(simulated(300, 6, True)), TERMS, repeats=0)
    assert found["profit_fen_low"].null_count() == found.height
    assert found["plateau"].null_count() == found.height
    assert best(found).strictest == best(found).cut_off == best(found).loosest


def test_senseless_options_are_refused():
    held = book(simulated(300, 6, True))
    for options in ({"repeats": 5, "level": 2}, {"cut_offs": 0}, {"cut_offs": [1.5]}):
        with pytest.raises(SubjectError):
            sweep(held, TERMS, **options)
    with pytest.raises(SubjectError, match="finite"):
        sweep(held, TERMS, cut_offs=["a"])


def test_wide_scores_and_very_many_cut_offs_take_the_other_path_to_the_same_sums():
    rows = [(i % 7, i % 3 == 0, 1000 + i) for i in range(60)]
    narrow = sweep(book(frame_of(rows)), TERMS)
    wide = sweep(book(frame_of(rows, score=pl.col("score") * 100_000)), TERMS)
    assert wide.drop("cut_off").equals(narrow.drop("cut_off"))
    n = 40_000
    frame = pl.DataFrame(
        {"score": range(n), "bad": [1, 0] * (n // 2), "amount_fen": range(1, n + 1)}
    )
    found = sweep(book(frame), TERMS, cut_offs=n, repeats=0)
    amount = np.arange(1, n + 1)
    profit = np.where(amount % 2, -TERMS.loss(amount), TERMS.gain(amount))
    assert found["profit_fen"].to_list() == [0, *np.cumsum(profit[::-1]).tolist()]


# ---- which cut-off is best, and the plateau ------------------------------------------------------


def swept_of(profits, plateau=None):
    """A sweep with these profits, strictest first, from approving none."""
    k = len(profits)
    none = [None] * k
    return pl.DataFrame(
        {
            "cut_off": pl.Series([None, *range(k - 1, 0, -1)], dtype=pl.Int64),
            "approval_rate": [n / (k - 1) for n in range(k)],
            "profit_fen": profits,
            "profit_fen_low": [p - 1 for p in profits],
            "profit_fen_high": [p + 1 for p in profits],
            "plateau": pl.Series(none if plateau is None else plateau, dtype=pl.Boolean),
        }
    )


def test_of_equal_profits_the_strictest_cut_off_is_the_best():
    assert best(swept_of([0, 5, 7, 7, 7, 2])).cut_off == 4
    assert best(swept_of([0, 0, 0])).cut_off is None
    level = Terms(rate_bp=1000, funding_bp=0, lgd_bp=10_000)
    gain = level.gain(10_000)
    lost = next(amount for amount in range(1, 10_000) if level.loss(amount) == gain)
    rows = [(3, 0, 10_000), (2, 0, 10_000), (2, 1, lost), (1, 0, 1)]  # score 2 earns nothing
    found = sweep(book(frame_of(rows)), level, repeats=0)
    assert found["profit_fen"].to_list() == [0, gain, gain, gain]
    assert best(found).cut_off == 3
    assert found["short_of_best_fen"].to_list() == [gain, 0, 0, 0]


def test_a_best_tells_its_row_and_the_ends_of_its_plateau():
    found = best(swept_of([0, 5, 9, 7, 2], [False, True, True, True, False]))
    assert (found.cut_off, found.approval_rate, found.profit_fen) == (3, 0.5, 9)
    assert (found.profit_low, found.profit_high) == (8, 10)
    assert (found.strictest, found.loosest) == (4, 2)
    alone = best(swept_of([0, 5, 9], [False, False, False]))
    assert (alone.cut_off, alone.strictest, alone.loosest) == (1, 1, 1)
    losing = best(swept_of([0, -5, -9], [True, None, None]))
    assert (losing.cut_off, losing.strictest, losing.loosest) == (None, None, None)


def test_the_plateau_holds_every_cut_off_whose_shortfall_may_be_nothing():
    found = sweep(book(simulated(300, 6, True)), TERMS, seed=3)
    low = found["short_of_best_fen_low"]
    assert found["plateau"].to_list() == [value <= 0 for value in low]
    assert found["plateau"][found["profit_fen"].arg_max()]
    assert 0 in low.to_list()


# ---- which cut-offs are swept --------------------------------------------------------------------


def test_options_are_refused_at_their_edges_and_taken_on_them():
    held = book(frame_of([(1, 0, 100), (2, 1, 100)]))
    for options in ({"repeats": 19}, {"repeats": 1}, {"level": 0}, {"level": 1}, {"cut_offs": 0}):
        with pytest.raises(SubjectError) as caught:
            sweep(held, TERMS, **{"repeats": 0, **options})
        assert [problem.where for problem in caught.value.problems] == [*options]
    with pytest.raises(SubjectError) as caught:
        sweep(held, TERMS, repeats=19, level=1.5)
    assert [problem.where for problem in caught.value.problems] == ["repeats", "level"]
    assert sweep(held, TERMS, repeats=20, level=0.001).height == 3
    assert sweep(held, TERMS, repeats=0, level=0.999, cut_offs=1)["cut_off"].to_list() == [None, 1]


def test_at_most_so_many_cut_offs_split_the_loans_evenly_and_the_last_takes_all():
    rows = [(score, score % 2, 100) for score in (1, 1, 1, 2, 3, 4, 5, 6)]
    held = book(frame_of(rows))
    assert _points(held, 6).tolist() == [6, 5, 4, 3, 2, 1]
    assert _points(held, 200).tolist() == [6, 5, 4, 3, 2, 1]
    assert _points(held, 4).tolist() == [5, 3, 1]  # every second loan; two fall on score 1
    assert _points(held, 2).tolist() == [3, 1]
    assert _points(held, 1).tolist() == [1]


def test_cut_offs_given_are_sorted_once_each_and_end_at_the_lowest_score():
    held = book(frame_of([(1, 0, 100), (2, 1, 100), (4, 0, 100)]))
    assert _points(held, [2, 4, 2]).tolist() == [4, 2, 1]
    assert _points(held, [2, 1]).tolist() == [2, 1]
    assert _points(held, [2, 0]).tolist() == [2, 0]
    assert _points(held, []).tolist() == [1]
    assert _points(held, np.float64(2)).tolist() == [2, 1]
    assert _points(held, 2.0).tolist() == [2, 1]
    assert _points(held, [9]).dtype == np.int64
    broken = book(frame_of([(1, 0, 100), (2, 1, 100)], score=pl.col("score") / 2))
    assert _points(broken, [1]).tolist() == [1.0, 0.5]


def test_cut_offs_are_read_on_the_scale_of_the_book():
    rows = [(1, 0, 100), (2, 1, 100)]
    better, worse = book(frame_of(rows)), book(frame_of(rows), higher="worse")
    assert on_scale(better, [3, 1.0]).tolist() == [3, 1]
    assert on_scale(worse, [3, 1]).tolist() == [-3, -1]
    assert on_scale(better, [3]).dtype == np.int64
    floats = book(frame_of(rows, score=pl.col("score") / 2))
    assert on_scale(floats, [1, 2.5]).tolist() == [1.0, 2.5]
    grades = frame_of(rows, grade=pl.Series(["A", "B"]))
    graded = book(grades, score="grade", order=["A", "B", "C"])
    assert on_scale(graded, ["C", "A"]).tolist() == [0, 2]


@pytest.mark.parametrize(
    ("asked", "told"),
    [([1.5], "whole"), ([float("nan")], "finite"), ([float("inf")], "finite"), (["x"], "finite")],
)
def test_a_cut_off_off_the_scale_is_refused_with_its_place(asked, told):
    held = book(frame_of([(1, 0, 100), (2, 1, 100)]))
    with pytest.raises(SubjectError, match=told) as caught:
        on_scale(held, asked)
    assert [problem.where for problem in caught.value.problems] == ["cut_offs"]
    floats = book(frame_of([(1, 0, 100), (2, 1, 100)], score=pl.col("score") / 2))
    if asked == [1.5]:
        assert on_scale(floats, asked).tolist() == [1.5]


def test_grades_off_the_scale_are_refused_by_name():
    grades = frame_of([(1, 0, 100), (2, 1, 100)], grade=pl.Series(["A", "B"]))
    graded = book(grades, score="grade", order=["A", "B"])
    with pytest.raises(SubjectError, match="Y, Z") as caught:
        on_scale(graded, ["A", "Y", "Z"])
    (problem,) = caught.value.problems
    assert (problem.where, problem.hint) == ("cut_offs", "A, B")


def test_a_loan_on_the_cut_off_is_approved_and_decisions_are_one_each():
    held = book(frame_of([(1, 0, 100), (2, 1, 100), (3, 0, 100)]))
    assert approved(held, 2).tolist() == [False, True, True]
    assert approved(held, [True, False, True]).tolist() == [True, False, True]
    for wrong in ([True, False], [1, 0, 1], [[True, False, True]]):
        with pytest.raises(SubjectError, match="one boolean per loan") as caught:
            approved(held, wrong)
        assert caught.value.problems[0].where == "approve"


def test_a_score_reaches_the_cut_offs_at_or_below_it_by_either_path():
    rising = np.array([2, 4, 7])
    scores = np.array([1, 2, 3, 4, 6, 7, 8])
    expected = [0, 1, 1, 2, 2, 3, 3]
    assert _reached(rising, scores).tolist() == expected
    assert _reached(rising / 2, scores / 2).tolist() == expected
    far = np.append(scores, 2**16 + 1)  # the last span that is searched, and the first looked up
    assert _reached(rising, far).tolist() == [*expected, 3]
    assert _reached(rising, far - np.append(np.zeros(7, dtype=int), 1)).tolist() == [*expected, 3]
    below = np.array([-3, 2])
    assert _reached(rising, below).tolist() == [0, 1]


# ---- sums, moments and draws ---------------------------------------------------------------------


def test_a_cell_knows_the_count_sum_mean_and_spread_of_its_goods_and_bads():
    draw = np.random.default_rng(5)
    n = 400
    frame = pl.DataFrame(
        {
            "score": draw.integers(0, 3, n),
            "bad": draw.integers(0, 2, n),
            "amount_fen": draw.integers(1_000, 9_000_000, n),
            "pd": draw.random(n),
        }
    )
    held = book(frame, pd="pd")
    points = _points(held, [2, 1])
    found = _cells(held, TERMS, None, points)
    of = money(held, TERMS)
    bad = frame["bad"].to_numpy()
    rows = {
        "realised_loss_fen": of.credit_loss * bad,
        "profit_fen": of.profit,
        "expected_loss_fen": of.credit_loss * frame["pd"].to_numpy(),
    }
    assert set(found.sums) == set(found.means) == set(found.spreads) == set(rows)
    assert points.tolist() == [2, 1, 0]
    for cell, point in enumerate(points):
        for kind in (0, 1):
            here = ((frame["score"] == int(point)) & (frame["bad"] == kind)).to_numpy()
            assert found.counts[cell, kind] == here.sum()
            for name, values in rows.items():
                assert found.means[name][cell, kind] == pytest.approx(values[here].mean())
                assert found.spreads[name][cell, kind] == pytest.approx(
                    values[here].std(), rel=1e-6, abs=1
                )
        for name, values in rows.items():
            both = (frame["score"] == int(point)).to_numpy()
            assert found.sums[name][cell] == pytest.approx(values[both].sum())
    assert found.sums["profit_fen"].dtype == np.int64


def test_a_cell_without_goods_or_bads_has_no_mean_and_no_spread():
    held = book(frame_of([(3, 0, 1000), (2, 1, 5000), (2, 1, 7000)]))
    found = _cells(held, TERMS, None, _points(held, 9))
    lost = [TERMS.loss(5000), TERMS.loss(7000)]
    assert found.counts.tolist() == [[1, 0], [0, 2]]
    assert found.means["profit_fen"].tolist() == [[TERMS.gain(1000), 0], [0, -sum(lost) / 2]]
    assert found.spreads["profit_fen"].tolist() == [
        [0, 0],
        [0, pytest.approx((lost[1] - lost[0]) / 2)],
    ]


def test_draws_have_the_mean_and_the_spread_of_drawing_loans():
    held = book(simulated(500, 3, True))
    points = _points(held, [8, 4])
    cells = _cells(held, TERMS, None, points)
    found = _drawn(cells, 4000, 1, 0)
    profit = money(held, TERMS).profit
    score, bad = held.frame["score"].to_numpy(), held.frame["bad"].to_numpy()
    for place, point in enumerate(points, start=1):
        yes = score >= point
        earned = np.where(yes, profit, 0)
        drawn = found["profit_fen"][:, place]
        assert drawn.mean() == pytest.approx(earned.sum(), abs=4 * drawn.std() / 4000**0.5)
        assert drawn.std() == pytest.approx(earned.std() * 500**0.5, rel=0.06)
        share = found["approval_rate"][:, place]
        assert share.std() == pytest.approx(yes.std() / 500**0.5, rel=0.06, abs=1e-12)
        assert found["captured_bads"][:, place].mean() == pytest.approx(
            1 - bad[yes].sum() / bad.sum(), abs=0.01
        )
    assert (found["approval_rate"][:, -1] == 1).all()
    assert (found["short_of_best_fen"] == -found["profit_fen"]).all()


def test_money_of_a_draw_is_exact_where_all_loans_are_alike():
    held = book(simulated(300, 3, False))
    found = sweep(held, TERMS, cut_offs=[6], repeats=50, level=0.9)
    cells = _cells(held, TERMS, None, _points(held, [6]))
    drawn = _drawn(cells, 50, 0, 1)
    bads = drawn["bad_rate_approved"][:, -1] * 300
    gain, loss = TERMS.gain(100_000), TERMS.loss(100_000)
    assert drawn["profit_fen"][:, -1] == pytest.approx((300 - bads) * gain - bads * loss)
    low, high = np.quantile(drawn["profit_fen"][:, -1], [0.05, 0.95])
    assert found["profit_fen_low"][2] == round(low)
    assert found["profit_fen_high"][2] == round(high)


def test_ends_are_quantiles_of_the_draws_that_have_the_figure():
    some = np.array([np.nan, 3.0, 1.0, 2.0, np.nan])
    drawn = np.column_stack([np.arange(5.0), some, np.full(5, np.nan)])
    low, high = _ends(drawn, 0.5)
    assert low.tolist()[:2] == [1.0, 1.5]
    assert high.tolist()[:2] == [3.0, 2.5]
    assert np.isnan([low[2], high[2]]).all()

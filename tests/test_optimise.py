"""The best policy against every policy there is, by a loop over single loans in exact fractions."""

import itertools
import random
from fractions import Fraction

import polars as pl
import pytest

from lishui_credit.cutoffs import Optimum, Review, best_policy, two_cut_offs
from lishui_credit.cutoffs.books import Book, book
from lishui_credit.errors import PolicyError, SubjectError
from lishui_credit.language import Bilingual, set_language
from lishui_credit.policies.deciding import decide
from lishui_credit.policies.policy import Constraints, Score
from lishui_credit.policies.policy_file import parse, to_toml
from lishui_credit.pricing.terms import Terms

TERMS = Terms(rate_bp=900, funding_bp=300, operating_fen=50)


def loans(rows: int, seed: int, counties: str = "ab", scores: int = 5) -> pl.DataFrame:
    draw = random.Random(seed)
    frame = pl.DataFrame(
        {
            "score": [draw.randrange(scores) for _ in range(rows)],
            "amount_fen": [draw.randrange(1, 40) * 1000 for _ in range(rows)],
            "county": [draw.choice(counties) for _ in range(rows)],
            "sex": [draw.choice("fm") for _ in range(rows)],
            "product": [draw.choice("xy") for _ in range(rows)],
        }
    )
    bad = [int(draw.random() < 0.5 - 0.09 * score) for score in frame["score"]]
    bad[:2] = [0, 1]
    return frame.with_columns(bad=pl.Series(bad))


def held(frame: pl.DataFrame) -> Book:
    return book(frame, segments=["county", "product"], groups=["sex"])


def weights(
    score: int, bad: int, pair: tuple[int, int], review: Review | None
) -> tuple[Fraction, int]:
    """How much of a loan is lent under a pair of cut-offs, and whether it is referred."""
    approve, refer = pair
    if score >= approve:
        return Fraction(1), 0
    if review is None or score < refer:
        return Fraction(0), 0
    passed = 10_000 - review.catch_bp if bad else review.pass_bp
    return Fraction(passed, 10_000), 1


def judged(rows, pairs, review, terms=TERMS):
    """Every figure of one policy, loan by loan."""
    lent = bads = amount = profit = Fraction(0)
    referred = 0
    for row in rows:
        weight, looked = weights(row["score"], row["bad"], pairs[row["county"]], review)
        earned = -terms.loss(row["amount_fen"]) if row["bad"] else terms.gain(row["amount_fen"])
        lent += weight
        bads += weight * row["bad"]
        amount += weight * row["amount_fen"]
        profit += weight * earned - (review.cost_fen if looked and review else 0)
        referred += looked
    return {"lent": lent, "bads": bads, "amount": amount, "profit": profit, "referred": referred}


def keeps(found, limits: Constraints, size: int) -> bool:
    low, high = limits.approval_at_least_bp, limits.bad_rate_at_most_bp
    budget, looked = limits.budget_fen, limits.referral_at_most_bp
    return (
        (low is None or found["lent"] * 10_000 >= low * size)
        and (high is None or found["bads"] * 10_000 <= high * found["lent"])
        and (budget is None or found["amount"] <= budget)
        and (looked is None or found["referred"] * 10_000 <= looked * size)
    )


def brute(frame: pl.DataFrame, limits: Constraints, review: Review | None) -> Fraction | None:
    """Return the most profit of any policy that keeps the limits; None where none does."""
    rows = frame.to_dicts()
    options = {}
    for county in sorted(set(frame["county"])):
        cuts = [99, *sorted(set(frame.filter(county=county)["score"]), reverse=True)]
        pairs = itertools.combinations_with_replacement(cuts, 2)
        options[county] = [(a, r) for a, r in pairs if review is not None or a == r]
    best = None
    for chosen in itertools.product(*options.values()):
        found = judged(rows, dict(zip(options, chosen, strict=True)), review)
        if keeps(found, limits, len(rows)) and (best is None or found["profit"] > best):
            best = found["profit"]
    return best


def given(limits: Constraints) -> dict[str, int | None]:
    names = ("approval_at_least_bp", "bad_rate_at_most_bp", "budget_fen", "referral_at_most_bp")
    return {name: getattr(limits, name) for name in names}


def pairs_of(found: Optimum) -> dict[str, tuple[int, int]]:
    return {
        row["county"]: tuple(
            99 if row[name] is None else row[name]
            for name in ("approve_at_least", "refer_at_least")
        )
        for row in found.table.iter_rows(named=True)
    }


CASES = [
    Constraints(),
    Constraints(approval_at_least_bp=7000),
    Constraints(bad_rate_at_most_bp=1500),
    Constraints(budget_fen=250_000),
    Constraints(approval_at_least_bp=4000, bad_rate_at_most_bp=2000),
    Constraints(approval_at_least_bp=3333, bad_rate_at_most_bp=2500, budget_fen=400_000),
    Constraints(bad_rate_at_most_bp=0, budget_fen=100_000),
    Constraints(approval_at_least_bp=9000, bad_rate_at_most_bp=500),
]


@pytest.mark.parametrize("limits", CASES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_cut_offs_per_segment_earn_what_the_best_of_all_policies_earns(limits, seed):
    frame = loans(60, seed, counties="abc")
    want = brute(frame, limits, None)
    if want is None:
        with pytest.raises(PolicyError, match="cannot all hold"):
            best_policy(held(frame), TERMS, **given(limits))
        return
    found = best_policy(held(frame), TERMS, **given(limits))
    assert found.profit_fen == want
    assert found.gap_fen == 0
    assert found.bound_fen >= found.profit_fen - 1e-3
    again = judged(frame.to_dicts(), pairs_of(found), None)
    assert keeps(again, limits, 60)
    assert again["profit"] == want == found.table["profit_fen"].sum()
    assert found.approval_rate == again["lent"] / 60
    assert found.bad_rate == (again["bads"] / again["lent"] if again["lent"] else 0)
    assert found.amount_fen == again["amount"] == found.table["amount_fen"].sum()


@pytest.mark.parametrize(
    "limits",
    [
        *CASES[:7],
        Constraints(referral_at_most_bp=1500),
        Constraints(
            approval_at_least_bp=4500,
            bad_rate_at_most_bp=1800,
            budget_fen=700_000,
            referral_at_most_bp=2500,
        ),
    ],
)
@pytest.mark.parametrize(
    "review", [Review(cost_fen=100, catch_bp=8000, pass_bp=9000), Review(cost_fen=0, catch_bp=3333)]
)
def test_pairs_per_segment_earn_what_the_best_of_all_pairs_earns(limits, review):
    frame = loans(50, 7, scores=4)
    want = brute(frame, limits, review)
    assert want is not None
    found = best_policy(held(frame), TERMS, review=review, **given(limits))
    again = judged(frame.to_dicts(), pairs_of(found), review)
    assert again["profit"] == want
    assert abs(found.profit_fen - want) <= Fraction(1, 2)
    assert keeps(again, limits, 50)
    assert found.referral_rate == Fraction(again["referred"], 50)
    assert found.table["referred"].sum() == again["referred"]
    assert found.table["in_all"].sum() == pytest.approx(float(again["lent"]))


def test_two_cut_offs_are_the_best_of_all_pairs_within_the_referral_budget():
    frame = loans(80, 4).with_columns(county=pl.lit("all"))
    review = Review(cost_fen=40, catch_bp=9000)
    profits = []
    for budget in (0, 1000, 3000, 10_000):
        limits = Constraints(referral_at_most_bp=budget)
        found = two_cut_offs(held(frame), TERMS, referral_at_most_bp=budget, review=review)
        assert abs(found.profit_fen - brute(frame, limits, review)) <= Fraction(1, 2)
        assert found.referral_rate <= Fraction(budget, 10_000)
        profits.append(found.profit_fen)
    assert profits == sorted(profits)
    assert profits[0] == best_policy(held(frame), TERMS, by=()).profit_fen
    assert profits[-1] > profits[0]


@pytest.mark.parametrize("limits", CASES[1:6])
def test_a_shadow_price_is_what_loosening_by_a_step_earns_by_brute_force(limits):
    frame = loans(60, 2, counties="abc")
    found = best_policy(held(frame), TERMS, step_bp=500, step_fen=70_000, **given(limits))
    assert [price.constraint for price in found.shadow_prices] == [
        name for name, value in given(limits).items() if value is not None
    ]
    for price in found.shadow_prices:
        step = 70_000 if price.constraint == "budget_fen" else 500
        sign = -1 if price.constraint == "approval_at_least_bp" else 1
        eased = given(limits) | {price.constraint: price.limit + sign * step}
        want = brute(frame, Constraints(**eased), None) - brute(frame, limits, None)
        assert price.gain_fen == want
        assert price.dual_fen >= -1e-6


def test_a_dual_is_the_slope_of_the_relaxation():
    # One segment, one loan per score, each of 1,000 fen; the relaxation lends loan by loan in
    # shares, so one more fen of budget earns what the next loan earns per fen.
    frame = pl.DataFrame(
        {"score": [5, 4, 3, 2, 1], "bad": [0, 0, 0, 1, 1], "amount_fen": [1000] * 5}
    )
    terms = Terms(rate_bp=1500, funding_bp=500)
    found = best_policy(book(frame), terms, by=(), budget_fen=1500, step_fen=100)
    (price,) = found.shadow_prices
    assert (found.profit_fen, price.gain_fen) == (100, 0)
    assert price.dual_fen == pytest.approx(10.0)
    assert found.bound_fen == pytest.approx(150.0)
    ample = best_policy(book(frame), terms, by=(), budget_fen=9999)
    assert ample.shadow_prices[0].dual_fen == pytest.approx(0.0, abs=1e-6)


def test_prices_are_told_in_both_languages():
    frame = loans(60, 2, counties="abc")
    found = best_policy(held(frame), TERMS, bad_rate_at_most_bp=1500, budget_fen=250_000)
    rate, budget = found.shadow_prices
    gain = f"{rate.gain_fen / 100:,.2f}"
    assert str(rate) == f"allowing 1 percentage point more of bad rate would earn {gain} yuan more"
    assert str(budget).startswith("lending 10,000.00 yuan more would earn")
    set_language("zh")
    assert str(rate) == f"坏账率上限放宽 1 个百分点,利润可增加 {gain} 元"
    assert "预算增加 10,000.00 元" in str(found)
    set_language(None)
    abroad = best_policy(
        held(frame), TERMS, budget_fen=250_000, currency=Bilingual("Taiwan dollars", "新台币元")
    )
    assert str(abroad).count("Taiwan dollars") == 3
    assert "yuan" not in str(abroad)
    whole = best_policy(held(frame), TERMS, bad_rate_at_most_bp=10_000)
    assert "limits nothing" in str(whole.shadow_prices[0])


def test_the_smallest_infeasible_set_is_named_with_the_best_feasible_values():
    frame = loans(60, 2, counties="abc")
    with pytest.raises(PolicyError) as caught:
        best_policy(
            held(frame),
            TERMS,
            approval_at_least_bp=9000,
            bad_rate_at_most_bp=500,
            budget_fen=10**9,
        )
    told = {problem.where: problem.hint for problem in caught.value.problems}
    assert set(told) == {"approval_at_least_bp", "bad_rate_at_most_bp"}
    # By brute force: the highest approval with a bad rate of 5 %, the lowest bad rate at 90 %.
    rows = frame.to_dicts()
    cuts = {c: [99, *sorted(set(frame.filter(county=c)["score"]), reverse=True)] for c in "abc"}
    all_found = [
        judged(rows, dict(zip(cuts, [(x, x) for x in chosen], strict=True)), None)
        for chosen in itertools.product(*cuts.values())
    ]
    most = max(f["lent"] for f in all_found if f["bads"] * 10_000 <= 500 * f["lent"])
    least = min(f["bads"] / f["lent"] for f in all_found if f["lent"] * 10_000 >= 9000 * 60)
    approval = int(most * 10_000 / 60)
    bad_rate = -int(-least * 10_000 // 1)
    assert told["approval_at_least_bp"].endswith(f"the best feasible value is {approval / 100:g}%")
    assert told["bad_rate_at_most_bp"].endswith(f"the best feasible value is {bad_rate / 100:g}%")


def test_a_budget_that_clashes_names_the_least_that_would_do():
    frame = pl.DataFrame({"score": [3, 2, 1], "bad": [0, 0, 1], "amount_fen": [500, 700, 900]})
    with pytest.raises(PolicyError) as caught:
        best_policy(book(frame), TERMS, by=(), approval_at_least_bp=6000, budget_fen=1199)
    told = {problem.where: problem.hint for problem in caught.value.problems}
    assert told["budget_fen"].endswith("12.00 yuan")
    with pytest.raises(PolicyError, match=r"budget 11\.99 marks"):
        best_policy(
            book(frame),
            TERMS,
            by=(),
            approval_at_least_bp=6000,
            budget_fen=1199,
            currency=Bilingual("marks", "马克"),
        )
    assert told["approval_at_least_bp"].endswith("33.33%")


def test_an_optimum_becomes_a_policy_that_decides_the_same():
    frame = loans(60, 3, counties="abc").with_row_index("id")
    for review in (None, Review(cost_fen=10, catch_bp=9000)):
        found = best_policy(
            held(frame), TERMS, by=("county", "product"), review=review, bad_rate_at_most_bp=2000
        )
        made = found.policy(
            id="a", version="1", title_zh="甲", author="b", score=Score(column="score")
        )
        assert parse(to_toml(made)).rules == made.rules
        decided = decide(frame, made, trial=True)
        joined = frame.with_columns(decision=decided["decision"])
        counted = joined.group_by("county", "product").agg(
            approved=(pl.col("decision") == "approve").sum().cast(pl.Int64),
            referred=(pl.col("decision") == "refer").sum().cast(pl.Int64),
        )
        columns = ["county", "product", "approved", "referred"]
        assert sorted(counted.select(columns).rows()) == sorted(found.table.select(columns).rows())
        assert made.constraints.bad_rate_at_most_bp == 2000


def test_cut_offs_come_back_on_the_scale_of_the_file():
    frame = loans(60, 3).with_row_index("id").with_columns(pd=0.9 - pl.col("score") / 10)
    worse = book(frame, score="pd", higher="worse", segments=["county"])
    better = best_policy(held(frame), TERMS)
    found = best_policy(worse, TERMS)
    assert found.profit_fen == better.profit_fen
    assert found.table["approve_at_least"].drop_nulls().is_in(frame["pd"].implode()).all()
    made = found.policy(
        id="a", version="1", title_zh="甲", author="b", score=Score(column="pd", higher="worse")
    )
    decided = decide(frame, parse(to_toml(made)), trial=True)
    approved = int((decided["decision"] == "approve").sum())
    assert approved == better.table["approved"].sum()
    order = ("A", "B", "C", "D", "E")
    graded = frame.with_columns(
        grade=pl.col("score").replace_strict(dict(zip([4, 3, 2, 1, 0], order, strict=True)))
    )
    by_grade = best_policy(book(graded, score="grade", order=order, segments=["county"]), TERMS)
    assert by_grade.profit_fen == better.profit_fen
    score = Score(column="grade", order=order)
    named = by_grade.policy(id="a", version="1", title_zh="甲", author="b", score=score)
    assert int((decide(graded, named, trial=True)["decision"] == "approve").sum()) == approved
    with pytest.raises(PolicyError, match="grades are not the book's"):
        by_grade.policy(id="a", version="1", title_zh="甲", author="b", score=Score(column="x"))


def test_fewer_candidates_never_earn_more_and_keep_the_ends():
    frame = loans(500, 5, scores=300)
    profits = []
    for most in (1, 5, 40, 1000):
        found = best_policy(held(frame), TERMS, by=(), max_cut_offs=most)
        profits.append(found.profit_fen)
        assert found.candidates <= most
    assert profits == sorted(profits)
    everybody = best_policy(held(frame), TERMS, by=(), max_cut_offs=1, approval_at_least_bp=10_000)
    assert everybody.approval_rate == 1


def test_a_wide_problem_is_proved_in_whole_numbers_or_says_what_it_may_have_missed():
    frame = loans(40_000, 6, counties="abcdefghi", scores=200)
    draw = random.Random(1)
    frame = frame.with_columns(
        amount_fen=pl.Series([draw.randrange(1, 40_000) for _ in range(40_000)])
    )
    limits = {"bad_rate_at_most_bp": 2500, "budget_fen": 4 * 10**8}
    found = best_policy(held(frame), TERMS, approval_at_least_bp=4000, **limits)
    assert found.gap_fen == 0
    assert found.approval_rate >= Fraction(4, 10)
    assert found.bad_rate <= Fraction(1, 4)
    assert found.amount_fen <= 4 * 10**8
    assert found.profit_fen <= found.bound_fen
    one = best_policy(held(frame), TERMS, by=(), approval_at_least_bp=4000, **limits)
    assert one.profit_fen < found.profit_fen


def test_bad_requests_are_refused_all_at_once():
    frame = loans(30, 1)
    with pytest.raises(PolicyError) as caught:
        best_policy(
            held(frame),
            TERMS,
            by=("sex", "county"),
            approval_at_least_bp=10_001,
            bad_rate_at_most_bp=0.05,
            budget_fen=-1,
            referral_at_most_bp=100,
            max_cut_offs=0,
            step_bp=1.5,
        )
    text = str(caught.value)
    for part in (
        "protected attribute",
        "10001",
        "0.05",
        "budget",
        "needs a review",
        "max_cut_offs",
        "step_bp",
    ):
        assert part in text, part
    with pytest.raises(SubjectError, match="not a segment of the book"):
        best_policy(held(frame), TERMS, by=("town",))
    gaps = frame.with_columns(county=pl.when(pl.col("score") > 0).then("county"))
    with pytest.raises(SubjectError, match="the segment is missing"):
        best_policy(held(gaps), TERMS)
    with pytest.raises(PolicyError) as caught:
        Review(cost_fen=-1, catch_bp=10_001)
    assert len(caught.value.problems) == 2

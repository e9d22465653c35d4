"""Shocks against closed forms, against loans counted one by one, and against known distributions."""

from dataclasses import asdict, replace
from math import erf, log, sqrt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lishui_credit.cutoffs import Shock, book, breaking_point, jointly, one_at_a_time
from lishui_credit.cutoffs.money import money
from lishui_credit.cutoffs.portfolios import portfolio
from lishui_credit.cutoffs.shocks import FACTORS, NONE, factors
from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.pricing import Terms

TERMS = Terms(rate_bp=900, funding_bp=300, operating_fen=20_000, recovery_months=12)
A = 5_000_000


def one_band(n=400, bads=12):
    """Loans of one amount and one score: a single cell."""
    bad = [1] * bads + [0] * (n - bads)
    return book(pl.DataFrame({"score": [1] * n, "bad": bad}), amount=A)


def simulated(n, seed=0):
    rng = np.random.default_rng(seed)
    score = rng.normal(600, 40, n)
    chance = 1 / (1 + np.exp(2.5 + 0.03 * (score - 600)))
    amount = rng.integers(10, 500, n) * 100_000
    frame = pl.DataFrame({"score": score, "bad": rng.random(n) < chance, "amount_fen": amount})
    return book(frame), chance


@settings(max_examples=60)
@given(
    st.integers(0, 2400),
    st.integers(0, 1000),
    st.integers(0, 10_000),
    st.integers(2, 60),
    st.sampled_from(["bullet", "annuity"]),
    st.integers(-500, 500),
    st.integers(-500, 500),
    st.integers(-5000, 5000),
)
def test_factors_in_floats_are_those_of_the_shocked_terms(rate, fund, lgd, term, how, dr, df, dl):
    terms = Terms(rate, fund, lgd_bp=lgd, term_months=term, repayment=how, recovery_months=7)
    shock = asdict(Shock(rate_bp=dr, funding_bp=df, lgd_bp=dl))
    moved = replace(
        terms,
        rate_bp=max(0, rate + dr),
        funding_bp=max(0, fund + df),
        lgd_bp=min(10_000, max(0, lgd + dl)),
    )
    margin, severity = factors(terms, shock)
    assert float(margin) == pytest.approx(float(moved.margin), abs=1e-7)
    assert float(severity) == pytest.approx(float(moved.severity), abs=1e-7)


def test_without_a_shock_the_profit_is_that_of_the_loans_one_by_one():
    held, _ = simulated(3000)
    yes = held.frame["score"].to_numpy() >= 580
    want = int(money(held, TERMS).profit[yes].sum())
    for approve in (580, yes, pl.Series(yes), yes.tolist()):
        found = one_at_a_time(held, approve, TERMS, {})
        assert found["profit_fen"][0] == pytest.approx(
            want, abs=int(yes.sum())
        )  # half a fen a loan
        assert found["bad_rate_approved"][0] == pytest.approx(held.frame["bad"].filter(yes).mean())


def test_a_shock_of_terms_is_what_the_loans_earn_under_other_terms():
    other = Terms(1500, 300, term_months=24, repayment="annuity")
    held, _ = simulated(2000)
    kinds = pl.Series(["a", "b"] * 1000)
    held = book(held.frame.with_columns(kind=kinds), segments=["kind"])
    both = {"a": TERMS, "b": other}
    shock = Shock(lgd_bp=1500, funding_bp=120, rate_bp=-40)
    moved = {
        name: replace(of, lgd_bp=6000, funding_bp=420, rate_bp=of.rate_bp - 40)
        for name, of in both.items()
    }
    found = one_at_a_time(held, 590, both, {"harder": shock})
    yes = held.frame["score"].to_numpy() >= 590
    want = int(money(held, moved).profit[yes].sum())
    assert found["profit_fen"][1] == pytest.approx(want, abs=int(yes.sum()))
    assert found["change_fen"][1] == found["profit_fen"][1] - found["profit_fen"][0]


def test_multiplied_odds_move_the_bad_rate_as_shifted_chances_do():
    held, chance = simulated(60_000)
    yes = held.frame["score"].to_numpy() >= 560
    odds = 1.8 * chance / (1 - chance)
    shifted = (odds / (1 + odds))[yes].mean() - chance[yes].mean()
    found = one_at_a_time(held, 560, TERMS, {"odds": Shock(bad_odds=1.8)})
    rate = found["bad_rate_approved"]
    assert rate[1] - rate[0] == pytest.approx(shifted, rel=0.05)


def test_lower_scores_are_higher_odds_by_the_slope_of_a_logistic_regression():
    from sklearn.linear_model import LogisticRegression

    held, _ = simulated(4000)
    z = (held.frame["score"].to_numpy()[:, None] - 600) / 40
    fitted = LogisticRegression(C=np.inf, tol=1e-10).fit(z, held.frame["bad"].to_numpy())
    slope = -fitted.coef_[0, 0] / 40
    cells = portfolio(held, 560, TERMS)
    assert cells.slope == pytest.approx(slope, rel=1e-5)
    shocks = {"points": Shock(score_points=15), "odds": Shock(bad_odds=float(np.exp(15 * slope)))}
    found = one_at_a_time(held, 560, TERMS, shocks)
    assert found["profit_fen"][1] == pytest.approx(found["profit_fen"][2], rel=1e-4)
    told = one_at_a_time(
        held,
        560,
        TERMS,
        {"20": Shock(score_points=20), "x2": Shock(bad_odds=2)},
        points_to_double=20,
    )
    assert told["profit_fen"][1] == pytest.approx(told["profit_fen"][2], abs=1)


def test_a_score_where_higher_is_worse_is_shocked_alike():
    held, _ = simulated(2000)
    turned = book(held.frame.with_columns(score=-pl.col("score")), higher="worse")
    shocks = {"points": Shock(score_points=15)}
    want = one_at_a_time(held, 560, TERMS, shocks)
    assert one_at_a_time(turned, -560, TERMS, shocks)["profit_fen"].to_list() == pytest.approx(
        want["profit_fen"].to_list(), abs=1
    )


def test_the_bad_rate_breaks_at_the_break_even_pd():
    found = breaking_point(one_band(), 1, TERMS, "bad_rate")
    pd, even = 12 / 400, float(TERMS.break_even_pd(A))
    assert found.at == pytest.approx(even / pd, rel=1e-6)
    assert found.bad_rate_at == pytest.approx(even, rel=1e-6)
    odds = breaking_point(one_band(), 1, TERMS, "bad_odds")
    assert odds.at == pytest.approx(even / (1 - even) / (pd / (1 - pd)), rel=1e-6)


@pytest.mark.parametrize("factor", ["lgd_bp", "funding_bp", "rate_bp"])
def test_a_break_in_basis_points_is_the_first_at_which_the_loans_lose(factor):
    held, _ = simulated(5000)
    terms = replace(TERMS, term_months=12, repayment="annuity")
    limit = 545
    yes = held.frame["score"].to_numpy() >= limit
    found = breaking_point(held, limit, terms, factor)
    assert found.at is not None

    def profit(shock):
        moved = replace(terms, **{factor: getattr(terms, factor) + shock})
        return int(money(held, moved).profit[yes].sum())

    at, step = int(found.at), (-1 if factor == "rate_bp" else 1)
    slack = yes.sum()  # half a fen a loan
    assert profit(at) < slack
    assert profit(at - step) > -slack
    assert profit(at) < profit(at - step)


def test_points_break_where_the_odds_do():
    held, _ = simulated(5000)
    odds = breaking_point(held, 620, TERMS, "bad_odds")
    points = breaking_point(held, 620, TERMS, "score_points", points_to_double=20)
    assert points.at == pytest.approx(20 * log(odds.at) / log(2), rel=1e-6)


def test_a_policy_that_loses_already_and_one_that_cannot_are_told():
    losing = breaking_point(one_band(bads=200), 1, TERMS, "lgd_bp")
    assert losing.at == 0
    assert "as it is" in losing.sentence
    safe = breaking_point(one_band(bads=1), 1, TERMS, "lgd_bp")
    assert safe.at is None
    assert "No shock" in safe.sentence


@pytest.mark.parametrize("factor", FACTORS)
def test_every_break_is_told_in_both_languages(factor):
    held, _ = simulated(3000)
    found = breaking_point(held, 545, TERMS, factor)
    english = found.sentence
    set_language("zh")
    try:
        chinese = found.sentence
    finally:
        set_language(None)
    assert english.startswith("The policy loses money ")
    assert chinese.endswith("。")
    assert "政策" in chinese


def phi(x):
    return (1 + erf(x / sqrt(2))) / 2


def test_the_chance_of_a_loss_is_the_normal_tail_beyond_the_break():
    at = breaking_point(one_band(), 1, TERMS, "bad_rate").at
    found = jointly(
        one_band(), 1, TERMS, Shock(bad_rate=2.0), draws=40_000, single_defaults=False, level=0.999
    )
    truth = phi(-log(at) / log(2.0))
    assert found.loss.low < truth < found.loss.high
    assert found.loss.high - found.loss.low < 0.02


def test_two_linear_shocks_have_the_variance_of_their_correlation():
    held = one_band()
    base = one_at_a_time(held, 1, TERMS, {"lgd": Shock(lgd_bp=100), "rate": Shock(rate_bp=-10)})
    a, b = base["change_fen"][1], base["change_fen"][2]
    for correlation in (0.0, 0.6, [[1, -1], [-1, 1]]):
        rho = correlation if isinstance(correlation, float) else -1
        found = jointly(
            held,
            1,
            TERMS,
            Shock(lgd_bp=100, rate_bp=-10),
            correlation=correlation,
            draws=50_000,
            single_defaults=False,
        )
        spread = sqrt(a * a + b * b + 2 * rho * a * b)
        assert found.frame["profit_fen"].std() == pytest.approx(spread, rel=0.02)
        assert found.mean_fen == pytest.approx(base["profit_fen"][0], abs=0.03 * spread)
        assert found.high_fen - found.low_fen == pytest.approx(2 * 1.96 * spread, rel=0.03)
        # mean of the worst hundredth of a normal: φ(2.326) / 0.01 = 2.665 deviations below
        assert found.shortfall_fen == pytest.approx(found.mean_fen - 2.665 * spread, rel=0.05)


def test_defaults_drawn_one_by_one_have_the_binomial_variance():
    held = one_band()
    found = jointly(held, 1, TERMS, Shock(lgd_bp=1e-6), draws=20_000)
    per_bad = TERMS.gain(A) + TERMS.loss(A)
    spread = sqrt(400 * 0.03 * 0.97) * per_bad
    assert found.frame["profit_fen"].std() == pytest.approx(spread, rel=0.03)
    assert found.frame["bad_rate_approved"].mean() == pytest.approx(0.03, rel=0.03)


def test_the_seed_decides_the_draws():
    held, _ = simulated(1000)
    spread = Shock(bad_odds=1.4, lgd_bp=500)
    one = jointly(held, 600, TERMS, spread, draws=200, seed=1)
    assert jointly(held, 600, TERMS, spread, draws=200, seed=1).frame.equals(one.frame)
    assert not jointly(held, 600, TERMS, spread, draws=200, seed=2).frame.equals(one.frame)
    assert one.frame.columns == ["bad_odds", "lgd_bp", "bad_rate_approved", "profit_fen"]


def test_every_band_holds_bads_so_that_no_band_is_safe_for_ever():
    held, _ = simulated(3000)
    cells = portfolio(held, 600, TERMS)
    assert (cells.counts[:, 1] >= 3).all()
    assert 5 <= len(cells.counts) <= 20
    assert cells.counts.sum() == (held.frame["score"] >= 600).sum()


def test_senseless_requests_are_refused():
    held, _ = simulated(500)
    with pytest.raises(SubjectError) as caught:
        Shock(bad_odds=0, bad_rate=-1, lgd_bp=float("nan"))
    assert len(caught.value.problems) == 3
    with pytest.raises(SubjectError, match="nobody"):
        one_at_a_time(held, 10_000, TERMS, {})
    with pytest.raises(SubjectError, match="one boolean per loan"):
        one_at_a_time(held, [True, False], TERMS, {})
    with pytest.raises(SubjectError, match="no such factor"):
        breaking_point(held, 600, TERMS, "weather")
    with pytest.raises(SubjectError) as caught:
        jointly(held, 600, TERMS, NONE, draws=10)
    assert [p.where for p in caught.value.problems] == ["draws", "spread"]
    for matrix in (1.5, [[1, 0.5], [0.4, 1]], [[1]]):
        with pytest.raises(SubjectError, match="correlation"):
            jointly(held, 600, TERMS, Shock(lgd_bp=1, rate_bp=1), correlation=matrix)


def test_figures_of_a_stress_that_mean_nothing_are_refused():
    frame = pl.DataFrame({"score": [1, 2] * 20, "bad": [1, 0] * 20, "amount_fen": [100] * 40})
    held = book(frame)
    terms = Terms(rate_bp=800, funding_bp=300)
    for points in (-5, 0, float("nan")):
        with pytest.raises(SubjectError, match="points that double"):
            one_at_a_time(held, 1, terms, {}, points_to_double=points)
    with pytest.raises(SubjectError, match="confidence level"):
        jointly(held, 1, terms, Shock(bad_odds=1.2), level=2)
    with pytest.raises(SubjectError, match="not a finite number"):
        Shock(bad_odds="twice")
    with pytest.raises(SubjectError, match="not Terms"):
        one_at_a_time(held, 1, None, {})


# ---- books of few grades ------------------------------------------------------------------------


def graded(*grades: tuple[int, int, int]):
    """A book of grades: score, bads, goods."""
    rows = [(score, side) for score, bads, goods in grades for side in [1] * bads + [0] * goods]
    return book(
        pl.DataFrame(
            {
                "score": [score for score, _ in rows],
                "bad": [side for _, side in rows],
                "amount_fen": [1_000_000] * len(rows),
            }
        )
    )


@pytest.mark.parametrize(("bads", "goods"), [(50, 50), (5, 200), (90, 10), (1, 99)])
@pytest.mark.parametrize(("best_bads", "best_goods"), [(18, 882), (1, 3000), (30, 30)])
def test_the_slope_of_two_grades_is_the_difference_of_their_log_odds(
    bads: int, goods: int, best_bads: int, best_goods: int
):
    made = graded((1, bads, goods), (2, best_bads, best_goods))
    held = portfolio(made, 1, Terms(3600, 300))
    expected = log(bads / goods) - log(best_bads / best_goods)
    assert held.slope == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("grades", [((1, 50, 0), (2, 0, 50)), ((1, 50, 50), (2, 0, 900))])
def test_a_score_that_parts_goods_from_bads_has_no_slope_and_says_so(grades):
    made, terms = graded(*grades), Terms(3600, 300)
    with pytest.raises(SubjectError, match="slope is not determined"):
        breaking_point(made, 1, terms, "score_points")
    with pytest.raises(SubjectError, match="points_to_double"):
        one_at_a_time(made, 1, terms, {"income": Shock(score_points=0.5)})
    assert one_at_a_time(made, 1, terms, {"odds": Shock(bad_odds=1.1)}).height == 2
    found = one_at_a_time(made, 1, terms, {"s": Shock(score_points=0.5)}, points_to_double=20)
    assert found["change_fen"][1] < 0


def test_the_sentence_of_a_break_states_the_rise_that_happened():
    set_language("en")
    made = graded((1, 50, 50), (2, 18, 882))
    found = breaking_point(made, 1, Terms(3600, 300, lgd_bp=6000), "bad_rate")
    rise = found.bad_rate_at / found.bad_rate
    assert found.at > rise  # the worse grade stops at 1
    assert f"loses money at {rise:.2f} times the bad rate" in found.sentence
    assert f"from {found.bad_rate:.2%} to {found.bad_rate_at:.2%}" in found.sentence


def test_money_that_passes_64_bits_is_refused_with_its_terms():
    n = 400
    made = book(
        pl.DataFrame({"score": range(n), "bad": [1] + [0] * (n - 1), "amount_fen": [10**15] * n})
    )
    with pytest.raises(SubjectError, match=r"64 bits.*rate_bp=10000, term_months=600"):
        money(made, Terms(10_000, 0, term_months=600))
    terms = Terms(1200, 0, term_months=360)
    own = sum(terms.gain(10**15) for _ in range(n - 1)) - terms.loss(10**15)
    assert int(money(made, terms).profit.sum()) == own


def test_draws_go_through_the_one_symmetric_root_of_the_correlations():
    # Eigenvectors of equal eigenvalues differ from processor to processor; this root does not.
    spread = Shock(lgd_bp=1000, funding_bp=100, rate_bp=50)
    found = jointly(one_band(), 0, TERMS, spread, draws=500, seed=4, correlation=0.3)
    normals = np.random.default_rng(4).standard_normal((500, 3))
    names = found.frame.columns[:3]
    drawn = found.frame.select(pl.col(name) / getattr(spread, name) for name in names).to_numpy()
    root = np.linalg.lstsq(normals, drawn)[0]
    assert root == pytest.approx(root.T, abs=1e-12)
    assert root @ root == pytest.approx(np.full((3, 3), 0.3) + 0.7 * np.eye(3), abs=1e-12)

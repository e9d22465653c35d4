"""Money per loan against a ledger kept month by month, and against fractions."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lishui_credit.errors import SubjectError
from lishui_credit.pricing import Terms


def ledger(terms, amount, months):
    """Interest, funding cost and the balance after some months, from first principles."""
    rate = Fraction(terms.rate_bp, 120_000)
    funding = Fraction(terms.funding_bp, 120_000)
    if terms.repayment == "annuity":
        worth = sum((1 + rate) ** -k for k in range(1, terms.term_months + 1))
        payment = Fraction(amount) / worth
    balance, interest, cost = Fraction(amount), Fraction(0), Fraction(0)
    for _ in range(months):
        due = balance * rate
        interest += due
        cost += balance * funding
        if terms.repayment == "annuity":
            balance -= payment - due
    return interest, cost, balance


def half_away(value):
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


LOANS = st.builds(
    Terms,
    rate_bp=st.integers(0, 2400),
    funding_bp=st.integers(0, 1000),
    operating_fen=st.integers(0, 10**6),
    lgd_bp=st.integers(0, 10_000),
    recovery_months=st.integers(0, 36),
    term_months=st.integers(2, 36),
    repayment=st.sampled_from(["bullet", "annuity"]),
    default_month=st.none() | st.just(0) | st.just(1),
)


@given(LOANS, st.integers(1, 10**10))
def test_gain_and_loss_are_those_of_a_ledger_kept_month_by_month(terms, amount):
    interest, cost, left = ledger(terms, amount, terms.term_months)
    assert terms.repayment == "bullet" or left == 0
    assert abs(terms.gain(amount) + terms.operating_fen - half_away(interest - cost)) <= (
        terms.repayment == "annuity"  # a tie may fall either way where the factor is shortened
    )
    interest, cost, exposure = ledger(terms, amount, terms.stops_after)
    back = exposure * (1 - Fraction(terms.lgd_bp, 10_000))
    back /= (1 + Fraction(terms.funding_bp, 120_000)) ** terms.recovery_months
    lost = exposure - back - interest + cost
    assert abs(terms.loss(amount) - terms.operating_fen - half_away(lost)) <= 1
    assert abs(terms.credit_loss(amount) - half_away(exposure - back)) <= 1


@given(st.integers(0, 2400), st.integers(0, 1000), st.integers(1, 240), st.integers(1, 10**12))
def test_a_bullet_loan_is_rounded_exactly_half_away_from_zero(rate, funding, term, amount):
    terms = Terms(rate, funding, term_months=term)
    assert terms.gain(amount) == half_away(Fraction(amount * (rate - funding) * term, 120_000))


@given(LOANS, st.lists(st.integers(0, 10**13), min_size=1, max_size=5))
def test_an_array_gives_what_its_elements_give(terms, amounts):
    held = np.array(amounts, dtype=np.int64)
    assert terms.gain(held).tolist() == [terms.gain(amount) for amount in amounts]
    assert terms.loss(held).tolist() == [terms.loss(amount) for amount in amounts]


@given(LOANS, st.integers(1, 10**10))
def test_at_the_break_even_odds_a_portfolio_earns_nothing(terms, amount):
    odds, pd = terms.break_even_odds(amount), terms.break_even_pd(amount)
    gain = amount * terms.margin - terms.operating_fen
    loss = amount * terms.severity + terms.operating_fen
    if gain <= 0:
        assert odds is None
        assert pd == 0
    elif loss <= 0:
        assert odds == 0
        assert pd == 1
    else:
        assert odds * gain - loss == 0
        assert (1 - pd) * gain - pd * loss == 0


def test_a_known_annuity_pays_its_known_interest():
    # 100,000 yuan, 24 months, 8 %: instalment 4,522.73 yuan, interest 8,545.50 yuan.
    terms = Terms(800, 0, term_months=24, repayment="annuity")
    assert terms.gain(10_000_000) == 854_550


def test_without_interest_an_annuity_falls_in_a_straight_line():
    terms = Terms(0, 300, term_months=10, repayment="annuity", default_month=4)
    assert terms.schedule.exposure == Fraction(6, 10)
    assert terms.schedule.balance_months == Fraction(55, 10)


def test_later_recovery_and_higher_lgd_lose_more():
    terms = Terms(800, 300)
    assert replace(terms, recovery_months=12).loss(10**7) > terms.loss(10**7)
    assert replace(terms, lgd_bp=4501).loss(10**7) == terms.loss(10**7) + 1000


def test_every_wrong_term_is_named_at_once():
    with pytest.raises(SubjectError) as caught:
        Terms(4.35, -1, lgd_bp=10_001, term_months=0, repayment="balloon")
    places = [problem.where for problem in caught.value.problems]
    assert places == ["rate_bp", "funding_bp", "lgd_bp", "term_months", "repayment"]
    assert "435" in str(caught.value)


def test_an_annuity_cannot_default_after_its_last_instalment():
    assert Terms(800, 300, default_month=12).stops_after == 12
    with pytest.raises(SubjectError, match="default_month"):
        Terms(800, 300, repayment="annuity", default_month=12)

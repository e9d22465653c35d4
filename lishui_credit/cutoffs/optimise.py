"""The most profitable policy under constraints: one cut-off per segment, or accept, refer, decline.

Exact over the candidate cut-offs: an integer programme, solved with HiGHS and proved in whole
numbers. "Most profitable" is said of the book it was chosen on; judge it on loans it has not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import polars as pl

from lishui_credit.cutoffs.books import Book
from lishui_credit.cutoffs.candidates import Cells, Review, candidates, cells, is_whole
from lishui_credit.cutoffs.money import Products
from lishui_credit.cutoffs.optimum import Optimum
from lishui_credit.cutoffs.programme import UNIT, Choice, Programme, rounded
from lishui_credit.cutoffs.shadow import Limits, ShadowPrice, clash, shadow_prices
from lishui_credit.errors import PolicyError, Problem, refuse
from lishui_credit.language import Bilingual, plural, tr
from lishui_credit.policies.policy import WHOLE, Constraints
from lishui_credit.policies.policy_checks import forbidden
from lishui_credit.pricing.terms import YUAN

MAX_CUT_OFFS: Final = 60
"""Candidates per segment unless told otherwise."""


def best_policy(
    book: Book,
    terms: Products,
    *,
    by: Sequence[str] = ("county",),
    product: str | None = None,
    approval_at_least_bp: int | None = None,
    bad_rate_at_most_bp: int | None = None,
    budget_fen: int | None = None,
    referral_at_most_bp: int | None = None,
    review: Review | None = None,
    max_cut_offs: int = MAX_CUT_OFFS,
    step_bp: int = 100,
    step_fen: int = 1_000_000,
    currency: Bilingual = YUAN,
) -> Optimum:
    """Return the most profitable cut-off per segment under constraints on the whole.

    Maximise the sum over segments of the profit of the candidate chosen (one binary variable per
    segment and candidate), subject to the constraints. With a `review`, every segment chooses a
    pair: approve from one candidate on, refer from a looser one on.

    Parameters
    ----------
    book : Book
        n loans with outcomes.
    terms : Terms or mapping of product to Terms
        Of the one product, or one set for every value of a segment of products.
    by : sequence of str, default ("county",)
        Segments of the book; none for one cut-off for all. Protected attributes are refused.
    product : str, optional
        The segment that names products.
    approval_at_least_bp, bad_rate_at_most_bp, referral_at_most_bp : int, optional
        Shares in basis points, 0 to 10,000: approved of all, bads of the approved, referred of
        all. Approvals on review count as approvals.
    budget_fen : int, optional
        Most that may be lent.
    review : Review, optional
        What manual review costs and finds; without it nobody is referred.
    max_cut_offs : int, default 60
        Candidates per segment: every distinct score, or so many of them with about equal numbers
        of loans between; approving all and approving nobody are always among them.
    step_bp, step_fen : int, default 100 and 1,000,000
        By how much each constraint is loosened for its shadow price: a percentage point, 10,000
        yuan.
    currency : Bilingual, default yuan
        What a hundred of the book's smallest units are called in sentences.

    Returns
    -------
    Optimum

    Raises
    ------
    SubjectError
        If a segment is not of the book, or a value of one is missing.
    PolicyError
        If a segment is protected, a constraint makes no sense, or the constraints are infeasible:
        the smallest set that cannot hold, and how far each of it can be met while the others hold.

    Notes
    -----
    Cost: one sort of the book, then programmes of (segments x candidates) binary variables, one
    for the optimum and one per constraint.

    References
    ----------
    Huangfu and Hall (2018), Parallelizing the dual revised simplex method, Mathematical
    Programming Computation 10, 119-142 (HiGHS). Thomas, Crook and Edelman (2017), Credit Scoring
    and Its Applications, SIAM, 2nd edition, chapter 8.

    Examples
    --------
    >>> from lishui_credit.cutoffs.books import book
    >>> from lishui_credit.pricing.terms import Terms
    >>> frame = pl.DataFrame({
    ...     "score": [1, 2, 3, 1, 2, 3], "bad": [1, 0, 0, 1, 1, 0],
    ...     "amount_fen": [10_000] * 6, "county": ["a"] * 3 + ["b"] * 3,
    ... })
    >>> found = best_policy(book(frame, segments=["county"]), Terms(800, 300))
    >>> found.table.select("county", "approve_at_least").rows(), found.profit_fen
    ([('a', 2), ('b', 3)], 1500)
    """
    limits = Constraints(
        approval_at_least_bp=approval_at_least_bp,
        bad_rate_at_most_bp=bad_rate_at_most_bp,
        budget_fen=budget_fen,
        referral_at_most_bp=referral_at_most_bp,
    )
    _refuse(book, by, limits, review, max_cut_offs, step_bp, step_fen)
    held = cells(book, terms, product, by, max_cut_offs)
    programme = Programme(tuple(candidates(part, review) for _, part in held))
    asked = Limits(limits, book.rows, currency)
    profit = (0, 0, 0, 1, 0)
    choice = programme.best(profit, asked.rows)
    if choice is None:
        raise clash(programme, asked)
    bound, _, _ = programme.relaxed(profit, asked.rows)
    return _optimum(
        book,
        tuple(by),
        held,
        programme,
        choice,
        asked,
        shadow_prices(programme, asked, choice, step_bp=step_bp, step_fen=step_fen),
        bound / UNIT,
    )


def two_cut_offs(
    book: Book,
    terms: Products,
    *,
    referral_at_most_bp: int,
    review: Review,
    product: str | None = None,
    approval_at_least_bp: int | None = None,
    bad_rate_at_most_bp: int | None = None,
    budget_fen: int | None = None,
    max_cut_offs: int = 200,
    currency: Bilingual = YUAN,
) -> Optimum:
    """Return the most profitable accept, refer, decline for everybody, within a referral budget.

    Parameters
    ----------
    book, terms, product, approval_at_least_bp, bad_rate_at_most_bp, budget_fen, currency
        As in `best_policy`.
    referral_at_most_bp : int
        Most that may be referred, basis points of all applicants.
    review : Review
        What a review costs and finds.
    max_cut_offs : int, default 200
        Candidates.

    Returns
    -------
    Optimum
        Of one segment.

    Examples
    --------
    >>> from lishui_credit.cutoffs.books import book
    >>> from lishui_credit.pricing.terms import Terms
    >>> frame = pl.DataFrame({
    ...     "score": [1, 1, 2, 2, 3, 3], "bad": [1, 1, 0, 1, 0, 0], "amount_fen": [10_000] * 6,
    ... })
    >>> found = two_cut_offs(book(frame), Terms(800, 300), referral_at_most_bp=5000,
    ...                      review=Review(cost_fen=10, catch_bp=10_000))
    >>> found.table.select("approve_at_least", "refer_at_least", "referred", "profit_fen").rows()
    [(3, 2, 2, 1480)]
    """
    return best_policy(
        book,
        terms,
        by=(),
        product=product,
        approval_at_least_bp=approval_at_least_bp,
        bad_rate_at_most_bp=bad_rate_at_most_bp,
        budget_fen=budget_fen,
        referral_at_most_bp=referral_at_most_bp,
        review=review,
        max_cut_offs=max_cut_offs,
        currency=currency,
    )


# ---- building ---------------------------------------------------------------------------------


def _refuse(
    book: Book,
    by: Sequence[str],
    limits: Constraints,
    review: Review | None,
    max_cut_offs: int,
    step_bp: int,
    step_fen: int,
) -> None:
    wrong = [problem for name in by if (problem := forbidden(name)) is not None]
    for name in ("approval_at_least_bp", "bad_rate_at_most_bp", "referral_at_most_bp"):
        value = getattr(limits, name)
        if value is not None and not (is_whole(value) and 0 <= value <= WHOLE):
            hint = tr("basis points: 5% is 500", "单位为基点:5% 记为 500")
            what = tr("a whole number of 0 to 10000", "须为 0 至 10000 的整数")
            wrong.append(Problem(what, repr(value), hint, name))
    budget = limits.budget_fen
    if budget is not None and not (is_whole(budget) and budget >= 0):
        what = tr("the budget must be whole fen, 0 or more", "预算须为非负整数分")
        wrong.append(Problem(what, repr(budget), where="budget_fen"))
    if limits.referral_at_most_bp is not None and review is None:
        what = tr("a limit on referrals needs a review", "限制转人工率须给出人工审核的成本与效果")
        wrong.append(Problem(what, hint="review=Review(…)", where="referral_at_most_bp"))
    steps = {"max_cut_offs": max_cut_offs, "step_bp": step_bp, "step_fen": step_fen}
    for name, given in steps.items():
        if not is_whole(given) or given < 1:
            what = tr("must be a positive whole number", "须为正整数")
            wrong.append(Problem(what, repr(given), where=name))
    refuse(wrong, PolicyError)
    problems = [
        Problem(
            tr("not a segment of the book", "不是样本的细分列"),
            ", ".join(book.segments),
            "book(…, segments=[…])",
            name,
        )
        for name in by
        if name not in book.segments
    ]
    problems += [
        Problem(
            tr("the segment is missing", "细分值缺失"),
            tr(plural(n, "row"), f"{n:,} 行"),
            where=name,
        )
        for name in by
        if name in book.segments and (n := book.frame[name].null_count())
    ]
    refuse(problems)


def _optimum(
    book: Book,
    by: tuple[str, ...],
    cells: Cells,
    programme: Programme,
    choice: Choice,
    asked: Limits,
    prices: tuple[ShadowPrice, ...],
    bound: float,
) -> Optimum:
    rows, approve_at, refer_at = [], [], []
    for place, (key, part) in enumerate(cells):
        a, r = choice.approve[place], choice.refer[place]
        scores = [None, *part["score"].to_list()]
        own = Programme((programme.segments[place],)).total([a], [r])
        approve_at.append(scores[a])
        refer_at.append(scores[r])
        rows.append(
            {
                **key,
                "applicants": part["n"][-1],
                "approved": int(programme.segments[place].approve[a][0]) // UNIT,
                "referred": int(own[4]) // UNIT,
                "in_all": own[0] / UNIT,
                "bads": own[1] / UNIT,
                "amount_fen": rounded(own[2]),
                "profit_fen": rounded(own[3]),
            }
        )
    kind = book.frame["score"].dtype
    cuts = [
        book.own(pl.Series(name, values, dtype=kind)).alias(name)
        for name, values in (("approve_at_least", approve_at), ("refer_at_least", refer_at))
    ]
    table = pl.DataFrame(rows).with_columns(cuts)
    rest = [name for name in table.columns if name not in (*by, *(cut.name for cut in cuts))]
    whole, bads, amount, profit, referred = (int(value) for value in choice.total)
    return Optimum(
        table=table.select(*by, *(cut.name for cut in cuts), *rest),
        by=by,
        applicants=book.rows,
        profit_fen=rounded(profit),
        approval_rate=Fraction(whole, UNIT * book.rows),
        bad_rate=Fraction(bads, whole) if whole else Fraction(0),
        referral_rate=Fraction(referred, UNIT * book.rows),
        amount_fen=rounded(amount),
        constraints=asked.constraints,
        shadow_prices=prices,
        bound_fen=max(bound, float(rounded(profit))),  # floats may fall a hair below
        candidates=sum(part.height for _, part in cells),
        gap_fen=-(-choice.gap // UNIT),
        currency=asked.currency,
        _order=book.order,
    )

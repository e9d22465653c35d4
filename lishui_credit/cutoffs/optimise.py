"""The most profitable policy under constraints: one cut-off per segment, or accept, refer, decline.

Exact over the candidate cut-offs: an integer programme, solved with HiGHS and proved in whole
numbers. "Most profitable" is said of the book it was chosen on; judge it on loans it has not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import numpy as np
import polars as pl

from lishui_credit.citation import Period
from lishui_credit.cutoffs.books import Book
from lishui_credit.cutoffs.money import Products, money
from lishui_credit.cutoffs.programme import UNIT, Candidates, Choice, Programme, rounded
from lishui_credit.cutoffs.shadow import YUAN, Limits, ShadowPrice, clash, shadow_prices
from lishui_credit.errors import PolicyError, Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.policies.policy import WHOLE, Constraints, Cut, Kind, Policy, Score, Segment
from lishui_credit.policies.policy_checks import check, forbidden

MAX_CUT_OFFS: Final = 60
"""Candidates per segment unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a person's look at a referred application costs and finds.

    Parameters
    ----------
    cost_fen : int
        Cost of one review.
    catch_bp : int
        Share of the bads referred that the review declines, basis points.
    pass_bp : int, default 10000
        Share of the goods referred that the review approves, basis points.

    Raises
    ------
    PolicyError
        If the cost is negative or a share lies outside 0 to 10,000.

    Notes
    -----
    Both shares are assumptions until reviews have been measured; they are taken to be the same at
    every score.
    """

    cost_fen: int
    catch_bp: int
    pass_bp: int = WHOLE

    def __post_init__(self) -> None:
        """Refuse what no review can be."""
        problems = [
            Problem(
                tr(
                    f"{name} must be a whole number of {low} to {high}",
                    f"{name} 须为 {low} 至 {high} 的整数",
                ),
                repr(value),
                where="review",
            )
            for name, low, high in (
                ("cost_fen", 0, 10**12),
                ("catch_bp", 0, WHOLE),
                ("pass_bp", 0, WHOLE),
            )
            if not _whole(value := getattr(self, name)) or not low <= value <= high
        ]
        if problems:
            raise PolicyError(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimum:
    """The most profitable policy that keeps the constraints.

    Parameters
    ----------
    table : polars.DataFrame, one row per segment
        The columns of `by`; ``approve_at_least`` and ``refer_at_least`` on the file's own scale
        (null: nobody; equal: no referral); ``applicants``, ``approved`` (outright), ``referred``,
        ``in_all`` (approved and expected to be approved on review), ``bads`` expected among them,
        ``amount_fen``, ``profit_fen``.
    by : tuple of str
        What parts the segments.
    applicants : int
        Loans in the book.
    profit_fen : int
        Of the whole; rounded where reviews make it a fraction.
    approval_rate, bad_rate, referral_rate : Fraction
        Exact, 0 to 1, reviews included; the bad rate of nobody is 0.
    amount_fen : int
        Lent in all.
    constraints : Constraints
        What was kept.
    shadow_prices : tuple of ShadowPrice
        One per constraint.
    bound_fen : float
        Most that the linear relaxation promises; no choice of these cut-offs can earn more.
    candidates : int
        Cut-offs there were to choose from, over all segments.
    gap_fen : int
        0: proved best. Else the search was cut short, and no choice earns more than this beyond.
    currency : (str, str)
        What a hundred of the smallest units are called, in English and Chinese.
    """

    table: pl.DataFrame
    by: tuple[str, ...]
    applicants: int
    profit_fen: int
    approval_rate: Fraction
    bad_rate: Fraction
    referral_rate: Fraction
    amount_fen: int
    constraints: Constraints
    shadow_prices: tuple[ShadowPrice, ...]
    bound_fen: float
    candidates: int
    gap_fen: int = 0
    currency: tuple[str, str] = YUAN
    _order: tuple[str, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        """Return the result in a few lines."""
        share = f"{float(self.approval_rate):.2%}"
        bad = f"{float(self.bad_rate):.2%}"
        profit = f"{self.profit_fen / 100:,.2f} {tr(*self.currency)}"
        lines = [
            tr(
                f"profit {profit}; approval {share}, bad rate {bad}",
                f"利润 {profit};通过率 {share},坏账率 {bad}",
            ),
            *(str(price) for price in self.shadow_prices),
        ]
        return "\n".join(lines)

    def policy(
        self,
        *,
        id: str,
        version: str,
        title_zh: str,
        author: str,
        score: Score,
        title_en: str = "",
        valid: Period | None = None,
        approved_by: str = "",
        approved_on: date | None = None,
        why: str = "",
        evidence: str = "",
    ) -> Policy:
        """Return the optimum as a policy, unapproved unless an approval is given.

        Parameters
        ----------
        score : Score
            Its direction, and the order of its grades, must be the book's.
        id, version, title_zh, author, title_en, valid, approved_by, approved_on, why, evidence
            As in `Policy`.

        Raises
        ------
        PolicyError
            If they do not make a policy.
        """
        if score.order != self._order:
            raise PolicyError(
                Problem(
                    tr("the grades are not the book's", "等级与样本不一致"),
                    ", ".join(score.order),
                    ", ".join(self._order),
                )
            )
        cuts = [_cuts(row) for row in self.table.iter_rows(named=True)]
        head: dict[str, Any] = {}
        segments: tuple[Segment, ...] = ()
        if self.by:
            kind: Kind = "segments"
            wheres = self.table.select(self.by).iter_rows(named=True)
            segments = tuple(
                Segment(where=where, **own) for where, own in zip(wheres, cuts, strict=True)
            )
        else:
            head = cuts[0]
            kind = "single" if "cut_off" in head else "refer"
            if "decline_all" in head:
                raise PolicyError(
                    Problem(tr("the optimum approves nobody", "最优方案不通过任何人"))
                )
        made = Policy(
            id=id,
            version=version,
            title_zh=title_zh,
            title_en=title_en,
            author=author,
            approved_by=approved_by,
            approved_on=approved_on,
            valid=valid,
            score=score,
            kind=kind,
            segments=segments,
            constraints=self.constraints,
            why=why,
            evidence=evidence,
            **head,
        )
        if problems := [problem for _, problem in check(made)]:
            raise PolicyError(problems)
        return made


def _cuts(row: dict[str, Any]) -> dict[str, Any]:
    approve, refer = _exact(row["approve_at_least"]), _exact(row["refer_at_least"])
    if refer is None:
        return {"decline_all": True}
    if approve == refer:
        return {"cut_off": approve}
    if approve is None:
        return {"refer_at_least": refer}
    return {"approve_at_least": approve, "refer_at_least": refer}


def _exact(cut: Any) -> Cut | None:
    """Return a cut-off as a policy holds it; the shortest decimal of a float reads back the same."""
    return Decimal(repr(cut)) if isinstance(cut, float) else cut


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
    currency: tuple[str, str] = YUAN,
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
        See `money`.
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
    currency : (str, str), default ("yuan", "元")
        What a hundred of the book's smallest units are called in sentences, in English and Chinese.

    Returns
    -------
    Optimum

    Raises
    ------
    SubjectError
        If a segment is not of the book, or a value of one is missing.
    PolicyError
        If a segment is protected, a constraint makes no sense, or the constraints clash: the
        smallest set that does, and how far each of it can be met while the others hold.

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
    cells = _cells(book, terms, product, by, max_cut_offs)
    programme = Programme(tuple(_candidates(part, review) for _, part in cells))
    asked = Limits(limits, book.rows, currency)
    profit = (0, 0, 0, 1, 0)
    choice = programme.best(profit, asked.rows)
    if choice is None:
        raise clash(programme, asked)
    bound, _, _ = programme.relaxed(profit, asked.rows)
    return _optimum(
        book,
        tuple(by),
        cells,
        programme,
        choice,
        limits,
        shadow_prices(programme, asked, choice, step_bp=step_bp, step_fen=step_fen),
        bound / UNIT,
        currency,
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
    currency: tuple[str, str] = YUAN,
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


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


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
        if value is not None and not (_whole(value) and 0 <= value <= WHOLE):
            hint = tr("basis points: 5% is 500", "单位为基点:5% 记为 500")
            what = tr("a whole number of 0 to 10000", "须为 0 至 10000 的整数")
            wrong.append(Problem(what, repr(value), hint, name))
    budget = limits.budget_fen
    if budget is not None and not (_whole(budget) and budget >= 0):
        what = tr("the budget must be whole fen, 0 or more", "预算须为非负整数分")
        wrong.append(Problem(what, repr(budget), where="budget_fen"))
    if limits.referral_at_most_bp is not None and review is None:
        what = tr("a limit on referrals needs a review", "限制转人工率须给出人工审核的成本与效果")
        wrong.append(Problem(what, hint="review=Review(…)", where="referral_at_most_bp"))
    for name, least, given in (
        ("max_cut_offs", 1, max_cut_offs),
        ("step_bp", 1, step_bp),
        ("step_fen", 1, step_fen),
    ):
        if not _whole(given) or given < least:
            what = tr("must be a positive whole number", "须为正整数")
            wrong.append(Problem(what, repr(given), where=name))
    if wrong:
        raise PolicyError(wrong)
    problems = [
        Problem(
            tr("not a segment of the book", "不是样本的细分列"),
            ", ".join(book.segments),
            tr("book(…, segments=[…])", "book(…, segments=[…])"),
            name,
        )
        for name in by
        if name not in book.segments
    ]
    problems += [
        Problem(tr("the segment is missing", "细分值缺失"), tr(f"{n} rows", f"{n} 行"), where=name)
        for name in by
        if name in book.segments and (n := book.frame[name].null_count())
    ]
    if problems:
        raise SubjectError(problems)


def _cells(
    book: Book, terms: Products, product: str | None, by: Sequence[str], max_cut_offs: int
) -> list[tuple[dict[str, Any], pl.DataFrame]]:
    """Return per segment its candidates, strictest first, with sums from each on."""
    profit = pl.Series("profit", money(book, terms, product=product).profit)
    rows = book.frame.select(*by, "score", "bad", "amount_fen", profit)
    bad = pl.col("bad") == 1
    figures = [
        pl.len().cast(pl.Int64).alias("n"),
        bad.sum().cast(pl.Int64).alias("bads"),
        pl.col("amount_fen").sum().alias("amount"),
        pl.col("amount_fen").filter(bad).sum().alias("amount_bad"),
        pl.col("profit").sum().alias("profit"),
        pl.col("profit").filter(bad).sum().alias("profit_bad"),
    ]
    summed = (
        rows.group_by(*by, "score")
        .agg(figures)
        .sort(*by, "score", descending=[*(False for _ in by), True])
    )
    if not by:
        return [({}, _thinned(summed, max_cut_offs))]
    parts = summed.partition_by(by, as_dict=True, maintain_order=True)
    return [
        (dict(zip(by, key, strict=True)), _thinned(part.drop(by), max_cut_offs))
        for key, part in parts.items()
    ]


def _thinned(part: pl.DataFrame, most: int) -> pl.DataFrame:
    """Return running sums at no more than so many scores, the loosest always among them."""
    running = part.with_columns(pl.exclude("score").cum_sum())
    if running.height <= most:
        return running
    steps = np.arange(1, most + 1) * int(running["n"][-1])
    places = np.searchsorted(running["n"].to_numpy() * most, steps, side="left")
    return running[np.unique(places)]


def _candidates(part: pl.DataFrame, review: Review | None) -> Candidates:
    n, bads, amount, amount_bad, profit, profit_bad = (
        np.array([0, *part[name].to_list()], dtype=object)
        for name in ("n", "bads", "amount", "amount_bad", "profit", "profit_bad")
    )
    nothing = np.array([0] * len(n), dtype=object)
    approve = np.column_stack([n, bads, amount, profit, nothing]) * UNIT
    if review is None:
        return Candidates(approve)
    let, slip = review.pass_bp, WHOLE - review.catch_bp
    found = [
        let * (n - bads) + slip * bads,
        slip * bads,
        let * (amount - amount_bad) + slip * amount_bad,
        let * (profit - profit_bad) + slip * profit_bad - UNIT * review.cost_fen * n,
        UNIT * n,
    ]
    return Candidates(approve, np.column_stack(found))


def _optimum(
    book: Book,
    by: tuple[str, ...],
    cells: list[tuple[dict[str, Any], pl.DataFrame]],
    programme: Programme,
    choice: Choice,
    limits: Constraints,
    prices: tuple[ShadowPrice, ...],
    bound: float,
    currency: tuple[str, str],
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
        constraints=limits,
        shadow_prices=prices,
        bound_fen=max(bound, float(rounded(profit))),  # floats may fall a hair below
        candidates=sum(part.height for _, part in cells),
        gap_fen=-(-choice.gap // UNIT),
        currency=currency,
        _order=book.order,
    )

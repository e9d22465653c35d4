"""Who is affected: approval, bad-rate and opportunity gaps by group, and what a smaller gap costs.

A protected attribute is measured here and decides nowhere: policies are cut-offs, or cut-offs per
segment of the book, and segments are never protected.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.cutoffs.books import Book
from lishui_credit.cutoffs.candidates import thinned
from lishui_credit.cutoffs.money import Products, money
from lishui_credit.errors import PolicyError, Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.policies.deciding import decision, wrong_with
from lishui_credit.policies.policy import APPROVE, Policy
from lishui_credit.policies.policy_checks import forbidden
from lishui_credit.statistics.outcomes import labels
from lishui_credit.statistics.proportions import jeffreys_interval
from lishui_credit.statistics.refusals import lacking
from lishui_credit.validation.groups import MIN_ROWS, TOO_FEW, crossed, members_of, parts_of
from lishui_credit.validation.treatment import rate_gap

Gap = Literal["approval", "opportunity", "bad_rate"]
GAPS: Final[tuple[Gap, ...]] = ("approval", "opportunity", "bad_rate")
"""Approved of all; approved of those who turned out good; bad of the approved."""

MOST_POLICIES: Final = 200_000


def affected(
    book: Book,
    policy: Policy | float | str | None,
    groups: Sequence[str] = (),
    *,
    reference: str | None = None,
    min_rows: int = MIN_ROWS,
    level: float = 0.95,
) -> pl.DataFrame:
    """Return how a policy treats each group: three rates and their gaps, with intervals.

    Equal approval, equal opportunity and equal bad rates cannot all hold where the groups' bad
    rates differ; which gap matters is not a question of arithmetic.

    Parameters
    ----------
    book : Book
        n loans with outcomes.
    policy : Policy, number, str or None
        A policy whose columns the book has; or a cut-off on the file's own scale (approve from
        there on); None approves nobody.
    groups : sequence of str
        Columns of the book; all of its groups without them. Columns joined by ``*`` are crossed:
        ``"sex*county"``.
    reference : str, optional
        Group that gaps are taken against; the largest of each column without it.
    min_rows : int, default 50
        Smaller groups get no figure; they are named, with their size and this number.
    level : float, default 0.95
        Confidence of intervals.

    Returns
    -------
    pl.DataFrame
        One row per ``column`` and ``group``: ``loans``, ``approved``; for each of ``approval``,
        ``opportunity``, ``bad_rate`` the rate, ``_low`` and ``_high`` (Jeffreys), ``_gap`` to the
        reference with ``_gap_low`` and ``_gap_high`` (Newcombe); null where it has no
        denominator; ``note`` ("reference", "too few"); ``needed``, the rows that a group too small
        would need.

    Raises
    ------
    SubjectError
        If a column is not in the book, or the reference is not among its groups.

    References
    ----------
    Hardt, Price and Srebro (2016), Equality of opportunity in supervised learning, NeurIPS 29.
    Newcombe (1998), Statistics in Medicine 17, 873-890.

    Examples
    --------
    >>> from lishui_credit.cutoffs.books import book
    >>> frame = pl.DataFrame({
    ...     "score": [1, 2, 3, 1, 2, 3], "bad": [1, 0, 0, 0, 1, 0], "amount_fen": [1] * 6,
    ...     "sex": ["f", "f", "f", "m", "m", "m"],
    ... })
    >>> table = affected(book(frame, groups=["sex"]), 2, min_rows=1)
    >>> table.select("group", "approval", "opportunity", "bad_rate").rows()
    [('f', 0.666..., 1.0, 0.0), ('m', 0.666..., 0.5, 0.5)]
    """
    named = list(groups or book.groups)
    columns = [part for name in named for part in parts_of(name, book.frame.columns)]
    problems = lacking(columns, book.frame.columns)
    if not named:
        problems.append(Problem(tr("no group is named", "未指明分组"), hint="book(…, groups=[…])"))
    refuse(problems)
    approved = approvals(book, policy)
    bad = book.frame["bad"].to_numpy() == 1
    rows: list[dict[str, str | float | None]] = []
    for column in named:
        counts = {
            name: _counts(approved[of], bad[of])
            for name, of in members_of(crossed(book.frame, column))
        }
        enough = {name: c for name, c in counts.items() if c["approval"][1] >= min_rows}
        base = reference
        if base is None:
            base = max(enough, key=lambda name: enough[name]["approval"][1], default=None)
        elif base not in enough:
            what = tr("the reference group is absent or too small", "参照组不存在或样本太少")
            raise SubjectError(what, base, "、".join(enough), column)
        for name, count in counts.items():
            row: dict[str, str | float | None] = {
                "column": column,
                "group": name,
                "loans": count["approval"][1],
            }
            if name not in enough or base is None:
                rows.append({**row, "note": TOO_FEW, "needed": min_rows})
                continue
            row |= {"approved": count["approval"][0]}
            for gap in GAPS:
                row |= _figures(gap, count[gap], enough[base][gap], level, own_base=name == base)
            rows.append({**row, "note": "reference" if name == base else None})
    ends = ("", "_low", "_high", "_gap", "_gap_low", "_gap_high")
    schema: dict[str, type[pl.DataType]] = {"column": pl.String, "group": pl.String}
    schema |= {"loans": pl.Int64, "approved": pl.Int64}
    schema |= {f"{gap}{end}": pl.Float64 for gap in GAPS for end in ends}
    return pl.DataFrame(rows, schema={**schema, "note": pl.String, "needed": pl.Int64})


def _counts(approved: NDArray[np.bool_], bad: NDArray[np.bool_]) -> dict[Gap, tuple[int, int]]:
    return {
        "approval": (int(approved.sum()), len(approved)),
        "opportunity": (int((approved & ~bad).sum()), int((~bad).sum())),
        "bad_rate": (int((approved & bad).sum()), int(approved.sum())),
    }


def _figures(
    gap: Gap, own: tuple[int, int], base: tuple[int, int], level: float, *, own_base: bool
) -> dict[str, float | None]:
    count, size = own
    if not size:
        return {}
    low, high = jeffreys_interval([count], [size], level)
    found: dict[str, float | None] = {
        gap: count / size,
        f"{gap}_low": float(low[0]),
        f"{gap}_high": float(high[0]),
    }
    if own_base:
        return {**found, f"{gap}_gap": 0.0}
    if base[1]:
        apart = rate_gap(count, size, *base, level)
        found |= {f"{gap}_gap": apart.value}
        found |= {f"{gap}_gap_low": apart.low, f"{gap}_gap_high": apart.high}
    return found


def approvals(book: Book, policy: Policy | float | str | None) -> NDArray[np.bool_]:
    """Return whom a policy approves, shape (n,); a referral is not an approval here."""
    if policy is None:
        return np.zeros(book.rows, dtype=bool)
    scores = book.own(book.frame["score"])
    if isinstance(policy, Policy):
        table = book.frame.with_columns(scores.alias(policy.score.column))
        refuse(wrong_with(table, policy, None))
        return table.select(decision(policy, table.schema) == APPROVE).to_series().to_numpy()
    if book.order:
        if policy not in book.order:
            what = tr("no grade of the book", "不是样本的等级")
            raise SubjectError(what, str(policy), ", ".join(book.order))
        good = book.order[: book.order.index(str(policy)) + 1]
        return scores.is_in(list(good)).to_numpy()
    found = scores <= policy if book.higher == "worse" else scores >= policy
    return found.to_numpy()


# ---- the frontier -----------------------------------------------------------------------------


def frontier(
    book: Book,
    terms: Products,
    group: str,
    *,
    gap: Gap = "approval",
    by: str | None = None,
    product: str | None = None,
    max_cut_offs: int = 60,
    min_rows: int = MIN_ROWS,
) -> pl.DataFrame:
    """Return the policies of which none earns more with a smaller gap between groups.

    Candidates are all cut-offs, or with `by` every combination of cut-offs over its segments.
    Profit and the largest gap between two groups are measured for each; what another candidate
    beats in one and does not lose to in the other is left out.

    Parameters
    ----------
    book : Book
        n loans with outcomes.
    terms : Terms or mapping of product to Terms
        Of the one product, or one set for every value of a segment of products.
    group : str
        Column that is measured, protected or not; it decides nothing.
    gap : {"approval", "opportunity", "bad_rate"}, default "approval"
        Which rate is compared.
    by : str, optional
        A segment of the book, not protected, to have cut-offs of its own.
    product : str, optional
        The segment that names products.
    max_cut_offs : int, default 60
        Candidates per segment; fewer where the combinations pass `MOST_POLICIES`.
    min_rows : int, default 50
        Smaller groups are not compared.

    Returns
    -------
    pl.DataFrame
        Least profit first: ``profit_fen``, ``largest_gap`` (0 to 1), ``approval_rate``, and one
        column per segment value, or ``cut_off``, on the file's own scale (null: nobody). A rate
        without a denominator is not compared, so to approve nobody has no gap.

    Raises
    ------
    PolicyError
        If `by` is protected.
    SubjectError
        If a column is not in the book or fewer than two groups are large enough.

    Examples
    --------
    >>> from lishui_credit.cutoffs.books import book
    >>> from lishui_credit.pricing.terms import Terms
    >>> frame = pl.DataFrame({
    ...     "score": [1, 2, 3, 2, 3, 3], "bad": [1, 0, 0, 1, 0, 0], "amount_fen": [10_000] * 6,
    ...     "sex": ["f", "f", "f", "m", "m", "m"],
    ... })
    >>> held = book(frame, groups=["sex"])
    >>> frontier(held, Terms(800, 300), "sex", min_rows=1).select("cut_off", "profit_fen").rows()
    [(None, 0), (3, 1500)]
    """
    if by is not None and (problem := forbidden(by)) is not None:
        raise PolicyError(problem)
    problems = lacking((group or None, by or None), book.frame.columns)
    if by is not None and by in book.frame and by not in book.segments:
        what = tr("not a segment of the book", "不是样本的细分列")
        problems.append(Problem(what, ", ".join(book.segments), where=by))
    if gap not in GAPS:
        problems.append(Problem(tr("no such gap", "没有该差距"), str(gap), ", ".join(GAPS)))
    refuse(problems)
    people = [rows for _, rows in members_of(labels(book.frame[group])) if len(rows) >= min_rows]
    if len(people) < 2:
        what = tr("fewer than two groups are large enough", "足够大的组少于两个")
        raise SubjectError(what, where=group)
    parts = members_of(labels(book.frame[by])) if by else [("cut_off", np.arange(book.rows))]
    most = min(max_cut_offs, int(MOST_POLICIES ** (1 / len(parts))) - 1)
    if most < 1:
        what = tr("too many segments to try every combination", "细分过多,无法逐一组合")
        raise SubjectError(what, str(len(parts)), where=by or "")
    sums = [_sums(book, terms, product, rows, people, most) for _, rows in parts]
    whole = sums[0][1]
    for _, own in sums[1:]:  # every combination so far with every cut-off of the next segment
        whole = (whole[:, None, :, :] + own[None, :, :, :]).reshape(-1, *own.shape[1:])
    profit, approved = whole[:, -1, 0], whole[:, -1, 1]
    top, under = _rates(gap, whole[:, :-1], people, book)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.where(under > 0, top / np.where(under > 0, under, 1), np.nan)
    low = np.where(np.isnan(rate), np.inf, rate).min(axis=1)
    high = np.where(np.isnan(rate), -np.inf, rate).max(axis=1)
    apart = np.maximum(high - low, 0.0)
    keep = undominated(profit, apart)
    places = np.unravel_index(keep, [len(own) for _, own in sums])
    kind = book.frame["score"].dtype
    cuts = []
    for (name, _), (scores, _), place in zip(parts, sums, places, strict=True):
        own_cuts = pl.Series([scores[int(j)] for j in place], dtype=kind)
        cuts.append(book.own(own_cuts).alias(name))
    return pl.DataFrame(
        [
            pl.Series("profit_fen", profit[keep], dtype=pl.Int64),
            pl.Series("largest_gap", apart[keep]),
            pl.Series("approval_rate", approved[keep] / book.rows),
            *cuts,
        ]
    )


def undominated(profit: NDArray[np.int64], gap: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the places that no other beats in profit or gap without losing in the other.

    Least profit first; of equals the first stays.

    >>> undominated(np.array([5, 3, 4, 5]), np.array([0.2, 0.1, 0.3, 0.2])).tolist()
    [1, 0]
    """
    order = np.lexsort((np.arange(len(profit)), gap, -profit))
    running = np.minimum.accumulate(gap[order])
    first = np.concatenate([[True], gap[order][1:] < running[:-1]])
    found: NDArray[np.int64] = order[first][::-1]
    return found


def _sums(
    book: Book,
    terms: Products,
    product: str | None,
    rows: NDArray[np.int64],
    people: list[NDArray[np.int64]],
    most: int,
) -> tuple[list[float | None], NDArray[np.int64]]:
    """Return cut-offs, nobody first, and for each counts by group, profit and approvals."""
    # Shape (cut-offs, groups + 1, 2): approved goods and bads of each group, and in the last place
    # profit and approvals of all.
    of = np.full(book.rows, -1)
    for place, own in enumerate(people):
        of[own] = place
    frame = pl.DataFrame(
        {
            "score": book.frame["score"],
            "bad": book.frame["bad"].cast(pl.Int64),
            "profit": money(book, terms, product=product).profit,
            "of": of,
        }
    )[rows]
    good = 1 - pl.col("bad")
    each = [
        pl.when(pl.col("of") == place).then(value).otherwise(0).sum().alias(f"{place} {name}")
        for place in range(len(people))
        for name, value in (("good", good), ("bad", pl.col("bad")))
    ]
    summed = thinned(
        frame.group_by("score")
        .agg(*each, pl.col("profit").sum(), pl.len().cast(pl.Int64).alias("n"))
        .sort("score", descending=True),
        most,
    )
    table = summed.drop("score").to_numpy().astype(np.int64)
    table = np.vstack([np.zeros((1, table.shape[1]), dtype=np.int64), table])
    return [None, *summed["score"].to_list()], table.reshape(len(table), len(people) + 1, 2)


def _rates(
    gap: Gap, counts: NDArray[np.int64], people: list[NDArray[np.int64]], book: Book
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return numerators and denominators of a rate by policy and group."""
    goods, bads = counts[:, :, 0], counts[:, :, 1]
    if gap == "bad_rate":
        return bads, goods + bads
    bad = book.frame["bad"].to_numpy()
    whole = [len(rows) if gap == "approval" else int((bad[rows] == 0).sum()) for rows in people]
    top = goods + bads if gap == "approval" else goods
    return top, np.broadcast_to(np.array(whole), top.shape)

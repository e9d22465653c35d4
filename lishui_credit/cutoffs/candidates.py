"""The cut-offs to choose from: per segment the sums of money and people from each score on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from lishui_credit.cutoffs.books import Book
from lishui_credit.cutoffs.money import Products, money
from lishui_credit.cutoffs.programme import UNIT, Candidates
from lishui_credit.errors import PolicyError, Problem, refuse
from lishui_credit.language import tr
from lishui_credit.policies.policy import WHOLE

Cells = Sequence[tuple[Mapping[str, object], pl.DataFrame]]
"""Per segment: its columns and values, and its candidates strictest first, with running sums."""


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
        highest = {"cost_fen": 10**12, "catch_bp": WHOLE, "pass_bp": WHOLE}
        refuse(
            [
                Problem(
                    tr(
                        f"{name} must be a whole number of 0 to {high}",
                        f"{name} 须为 0 至 {high} 的整数",
                    ),
                    repr(value),
                    where="review",
                )
                for name, high in highest.items()
                if not is_whole(value := getattr(self, name)) or not 0 <= value <= high
            ],
            PolicyError,
        )


def is_whole(value: object) -> bool:
    """Tell whether a value is an integer and no boolean."""
    return isinstance(value, int) and not isinstance(value, bool)


def cells(
    book: Book, terms: Products, product: str | None, by: Sequence[str], max_cut_offs: int
) -> Cells:
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
        return [({}, thinned(summed, max_cut_offs))]
    parts = summed.partition_by(by, as_dict=True, maintain_order=True)
    return [
        (dict(zip(by, key, strict=True)), thinned(part.drop(by), max_cut_offs))
        for key, part in parts.items()
    ]


def thinned(part: pl.DataFrame, most: int) -> pl.DataFrame:
    """Return running sums at no more than so many scores, the loosest always among them."""
    running = part.with_columns(pl.exclude("score").cum_sum())
    if running.height <= most:
        return running
    steps = np.arange(1, most + 1) * int(running["n"][-1])
    places = np.searchsorted(running["n"].to_numpy() * most, steps, side="left")
    return running[np.unique(places)]


def candidates(part: pl.DataFrame, review: Review | None) -> Candidates:
    """Return the exact sums of every cut-off of a segment, and of every one of referrals."""
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

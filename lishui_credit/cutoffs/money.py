"""What every loan of a book earned or lost under its terms: the one place that joins the two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lishui_credit.cutoffs.books import Book
from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.pricing.terms import Fen, Terms

Products = Terms | Mapping[Any, Terms]
"""One set of terms, or one for each value of a product column."""


@dataclass(frozen=True, slots=True)
class Money:
    """Money of every loan, in the order of the book.

    Parameters
    ----------
    profit : ndarray of int64, shape (n,)
        Gain of a good loan, minus the loss of a bad one; fen.
    credit_loss : ndarray of int64, shape (n,)
        What is or would be lost at default (exposure less recovery), good or bad; fen.
    """

    profit: Fen
    credit_loss: Fen


def by_product(
    book: Book, terms: Products, product: str | None
) -> list[tuple[Terms, NDArray[np.int64] | None]]:
    """Return every set of terms with the rows it governs; None stands for all rows.

    Raises
    ------
    SubjectError
        If terms are given by product and the column is not a segment of the book, or a product of
        the book has no terms.
    """
    if isinstance(terms, Terms):
        return [(terms, None)]
    given: Any = terms
    if not isinstance(given, Mapping):
        what = tr("not Terms", "这不是贷款条款")
        hint = tr("Terms(…), or one for every product", "Terms(…),或每个产品各一")
        raise SubjectError(Problem(what, repr(given), hint, "terms"))
    column = product or (book.segments[0] if len(book.segments) == 1 else "product")
    if column not in book.segments:
        what = tr(
            "terms by product need a segment column of the book",
            "按产品给条款时,样本须有相应的细分列",
        )
        found, hint = ", ".join(book.segments), "book(…, segments=[…])"
        raise SubjectError(Problem(what, found, hint, column))
    values = book.frame[column]
    without = values.filter(~values.is_in(list(terms))).append(values.filter(values.is_null()))
    if len(without):
        what = tr("products without terms", "产品没有条款")
        found = ", ".join(str(value) for value in without.unique().head(5))
        raise SubjectError(Problem(what, found, where=column))
    return [(of, (values == name).arg_true().to_numpy()) for name, of in terms.items()]


def money(book: Book, terms: Products, *, product: str | None = None) -> Money:
    """Return what every loan earned or lost.

    Parameters
    ----------
    book : Book
        n loans.
    terms : Terms or mapping of product to Terms
        One product, or one set of terms for every value of a segment.
    product : str, optional
        The segment that names products; the only segment, or "product", when not given.

    Returns
    -------
    Money

    Raises
    ------
    SubjectError
        As in `by_product`.

    Examples
    --------
    >>> import polars as pl
    >>> from lishui_credit.cutoffs.books import book
    >>> held = book(pl.DataFrame({"score": [1, 2], "bad": [1, 0], "amount_fen": [10_000] * 2}))
    >>> money(held, Terms(800, 300)).profit
    array([-4250,   500])
    """
    amounts = book.frame["amount_fen"].to_numpy()
    bad = book.frame["bad"].to_numpy().astype(bool)
    profit, credit_loss = np.empty_like(amounts), np.empty_like(amounts)
    for of, rows in by_product(book, terms, product):
        here: Any = slice(None) if rows is None else rows
        profit[here] = of.gain(amounts[here])
        credit_loss[here] = of.credit_loss(amounts[here])
        lost = np.flatnonzero(bad) if rows is None else rows[bad[rows]]
        profit[lost] = -of.loss(amounts[lost])
    return Money(profit, credit_loss)

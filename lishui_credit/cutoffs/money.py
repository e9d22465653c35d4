"""What every loan of a book earned or lost under its terms: the one place that joins the two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lishui_credit.cutoffs.books import Book
from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.pricing.terms import Fen, Terms

_MOST: Final = 4.0e18  # fen; leaves room for the difference of two sums in 64 bits

Products = Terms | Mapping[Any, Terms]
"""One set of terms, or one for each value of the product: a segment, "product" unless named."""


@dataclass(frozen=True, slots=True)
class Money:
    """Money of every loan in fen, shape (n,), in the order of the book."""

    profit: Fen  # gain of a good loan, minus the loss of a bad one
    credit_loss: Fen  # exposure less recovery at default, of good loans as of bad ones


def by_product(
    book: Book, terms: Products, product: str | None
) -> list[tuple[Terms, NDArray[np.int64] | None]]:
    """Return every set of terms with the rows it governs; None stands for all rows."""
    if isinstance(terms, Terms):
        return [(terms, None)]
    given: object = terms
    if not isinstance(given, Mapping):
        what = tr("not Terms", "这不是贷款条款")
        hint = tr("Terms(…), or one for every product", "Terms(…),或每个产品各一")
        raise SubjectError(what, repr(given), hint, "terms")
    column = product or (book.segments[0] if len(book.segments) == 1 else "product")
    if column not in book.segments:
        what = tr(
            "terms by product need a segment column of the book",
            "按产品给条款时,样本须有相应的细分列",
        )
        found, hint = ", ".join(book.segments), "book(…, segments=[…])"
        raise SubjectError(what, found, hint, column)
    values = book.frame[column]
    without = values.filter(~values.is_in(list(terms))).append(values.filter(values.is_null()))
    if len(without):
        what = tr("products without terms", "产品没有条款")
        found = ", ".join(str(value) for value in without.unique().head(5))
        raise SubjectError(what, found, where=column)
    return [(of, (values == name).arg_true().to_numpy()) for name, of in terms.items()]


def _refuse_wide(profit: Fen, credit_loss: Fen, terms: Products) -> None:
    """Refuse terms under which sums over the book pass what 64 bits hold: they would wrap."""
    largest = max(float(np.abs(part.astype(np.float64)).sum()) for part in (profit, credit_loss))
    if largest <= _MOST:
        return
    several = [terms] if isinstance(terms, Terms) else list(terms.values())
    told = "; ".join(
        f"rate_bp={of.rate_bp}, term_months={of.term_months}, operating_fen={of.operating_fen}"
        for of in several[:3]
    )
    raise SubjectError(
        tr(
            f"money over the book sums to {largest / 100:.1e} yuan, more than 64 bits hold in fen",
            f"全部贷款的金额合计 {largest / 100:.1e} 元,以分计超出 64 位整数",
        ),
        told,
        tr(
            "check rate, term, cost and the unit of the amounts", "请核对利率、期限、成本及金额单位"
        ),
        "terms",
    )


def money(book: Book, terms: Products, *, product: str | None = None) -> Money:
    """Return what every loan earned or lost; `product` names the segment of products, if any."""
    amounts = book.frame["amount_fen"].to_numpy()
    bad = book.frame["bad"].to_numpy().astype(bool)
    profit, credit_loss = np.empty_like(amounts), np.empty_like(amounts)
    for of, rows in by_product(book, terms, product):
        here = slice(None) if rows is None else rows
        profit[here] = of.gain(amounts[here])
        credit_loss[here] = of.credit_loss(amounts[here])
        lost = np.flatnonzero(bad) if rows is None else rows[bad[rows]]
        profit[lost] = -of.loss(amounts[lost])
    _refuse_wide(profit, credit_loss, terms)
    return Money(profit, credit_loss)

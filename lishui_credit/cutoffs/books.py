"""A checked table of scored loans with known outcomes: `Book`, made by `book`.

Everything in this folder reads a book. Its frame has the columns ``score`` (higher is better,
whatever the file's own direction), ``bad`` (1 bad, 0 good), ``amount_fen`` and, where given, ``pd``
and ``id``; segments and groups keep their names. A segment may decide; a group is only measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from lishui_credit.cutoffs import book_checks
from lishui_credit.cutoffs.book_checks import OWN
from lishui_credit.errors import Problem, refuse
from lishui_credit.tables.frames import as_polars
from lishui_credit.tables.free_columns import shortest

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

_CHECKS: Final[Mapping[str, Callable[[pl.DataFrame, str], list[Problem]]]] = {
    "bad": book_checks.outcomes,
    "amount_fen": book_checks.amounts,
    "pd": book_checks.pds,
    "id": book_checks.ids,
}
_KINDS: Final = {"bad": pl.Int8, "amount_fen": pl.Int64, "pd": pl.Float64}


CutOff = int | float | str
"""A cut-off in the file's own terms: a score, or a grade."""


@dataclass(frozen=True, slots=True)
class Book:
    """Scored loans with outcomes, checked.

    Parameters
    ----------
    frame : polars.DataFrame, shape (n, 3 or more)
        ``score`` Int64 or Float64, higher better; ``bad`` Int8; ``amount_fen`` Int64; ``pd``
        Float64 and ``id`` where given; segments and groups.
    segments : tuple of str
        Columns a policy may differ by.
    groups : tuple of str
        Columns by which people are only measured.
    higher : {"better", "worse"}
        Direction of the score in the file it came from.
    order : tuple of str
        Grades, best first, where the score is a grade; else empty.
    dropped : dict of str to int
        Rows left out: "unmatured", "unknown".
    """

    frame: pl.DataFrame
    segments: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    higher: Literal["better", "worse"] = "better"
    order: tuple[str, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Number of loans."""
        return self.frame.height

    def own(self, scores: pl.Series) -> pl.Series:
        """Return scores as the file has them: the sign turned back, a grade by name, null as null.

        >>> frame = pl.DataFrame({"grade": ["A", "B"], "bad": [0, 1], "amount_fen": [1, 1]})
        >>> graded = book(frame, score="grade", order=["A", "B"])
        >>> graded.own(graded.frame["score"]).to_list()
        ['A', 'B']
        """
        if self.order:
            labels = dict(enumerate(reversed(self.order)))
            return scores.replace_strict(labels, return_dtype=pl.String)
        return -scores if self.higher == "worse" else scores


def book(
    frame: IntoFrame,
    *,
    score: str = "score",
    outcome: str = "bad",
    amount: str | int = "amount_fen",
    id: str | None = None,
    segments: Sequence[str] = (),
    groups: Sequence[str] = (),
    pd: str | None = None,
    higher: Literal["better", "worse"] = "better",
    order: Sequence[str] | None = None,
    opened: str | None = None,
    as_of: date | None = None,
    window_months: int = 12,
    unmatured: Literal["refuse", "drop"] = "refuse",
    unknown: Literal["refuse", "drop"] = "refuse",
) -> Book:
    """Return a checked book of loans, or every problem the table has at once.

    A loan is matured when `window_months` have passed from its opening to `as_of`. Unmatured loans
    are dropped whether bad already or not: to keep only the early bads would raise the bad rate.

    Parameters
    ----------
    frame : polars DataFrame or LazyFrame, pandas DataFrame, pyarrow Table, any narwhals frame
        One row per loan, shape (n, at least the columns named).
    score : str, default "score"
        Column of finite numbers, or of grades when `order` is given.
    outcome : str, default "bad"
        Column of 1 or true (bad) and 0 or false (good); both must occur.
    amount : str or int, default "amount_fen"
        Column of amounts lent, whole fen, positive; or one amount for every loan.
    id : str, optional
        Column that names each loan once.
    segments : sequence of str, optional
        Columns a policy may differ by (county, product); a protected attribute is refused.
    groups : sequence of str, optional
        Columns to measure only (sex, age band).
    pd : str, optional
        Column of probabilities of default, 0 to 1.
    higher : {"better", "worse"}, default "better"
        What a higher score means.
    order : sequence of str, optional
        Grades, best first, where `score` is a grade.
    opened : str, optional
        Column of dates on which loans were opened; needs `as_of`.
    as_of : date, optional
        Day on which outcomes were observed.
    window_months : int, default 12
        Months a loan must have been observed.
    unmatured, unknown : {"refuse", "drop"}, default "refuse"
        What to do with loans too young, and with matured loans that have no outcome.

    Returns
    -------
    Book

    Raises
    ------
    SubjectError
        If columns are missing, scores are missing, NaN or infinite, outcomes are absent, unknown,
        unmatured, not 0/1 or of one class, amounts are not whole, not positive or in yuan, a PD is
        outside 0 to 1, an id repeats, or a segment is protected: all of it at once.

    Examples
    --------
    >>> frame = pl.DataFrame({"score": [600, 640, 700], "bad": [1, 0, 0], "amount_fen": [500] * 3})
    >>> book(frame).rows
    3
    >>> book(frame.drop("bad"))
    Traceback (most recent call last):
    lishui_credit.errors.SubjectError: bad: scores without outcomes: no column 'bad' · hint: ...
    """
    table = as_polars(frame)
    named = {"score": score, "bad": outcome}
    named |= {"amount_fen": amount} if isinstance(amount, str) else {}
    named |= {own: name for own, name in (("pd", pd), ("id", id)) if name is not None}
    segments, groups = (
        (names,) if isinstance(names, str) else tuple(names) for names in (segments, groups)
    )
    extra = [*dict.fromkeys([*segments, *groups])]
    wanted = [*named.values(), *extra, *([opened] if opened else [])]
    problems = book_checks.roles(extra, segments, score, order)
    problems += book_checks.told(table, segments)
    problems += book_checks.choice("higher", higher, "better", "worse")
    problems += book_checks.lacking(table, wanted, outcome)
    present = [name for name in dict.fromkeys(wanted) if name in table.columns]
    window = book_checks.Window(opened, as_of, window_months, unmatured, unknown)
    kept, dropped, trouble = window.keep(table.select(present), outcome)
    problems += trouble
    if not isinstance(amount, str):
        problems += book_checks.amounts(pl.DataFrame({"amount": [amount]}), "amount")
    problems += [
        problem
        for own, name in named.items()
        if name in present
        for problem in (
            book_checks.scores(kept, name, order) if own == "score" else _CHECKS[own](kept, name)
        )
    ]
    refuse(problems)
    columns = {own: _own(own, kept, name, higher, order) for own, name in named.items()}
    if not isinstance(amount, str):
        columns["amount_fen"] = pl.lit(amount, dtype=pl.Int64).alias("amount_fen")
    held = kept.select(*(columns[own] for own in OWN if own in columns), *extra)
    return Book(held, segments, groups, higher, tuple(order or ()), dropped)


def _own(
    own: str, table: pl.DataFrame, name: str, higher: str, order: Sequence[str] | None
) -> pl.Expr:
    """Return one of a book's own columns, of a table that was checked."""
    if own == "score":
        return _score(table, name, higher, order)
    cell = pl.lit(shortest(table[name])) if own == "pd" else pl.col(name)
    return (cell.cast(_KINDS[own]) if own in _KINDS else cell).alias(own)


def _score(table: pl.DataFrame, name: str, higher: str, order: Sequence[str] | None) -> pl.Expr:
    if order is not None:
        places = {grade: place for place, grade in enumerate(reversed(order))}
        expression = pl.col(name).cast(pl.String).replace_strict(places, default=None)
        return expression.cast(pl.Int64).alias("score")
    if table[name].dtype.is_integer():
        number = pl.col(name).cast(pl.Int64, strict=False)
    else:
        number = pl.lit(shortest(table[name]).cast(pl.Float64, strict=False))
    return (-number if higher == "worse" else number).alias("score")

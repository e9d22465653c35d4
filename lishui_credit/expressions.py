"""The verbs that points, rules and cards are written in: element-wise, the same in every engine.

A builder takes a `Namespace`, which makes the expressions `E` of one engine: ``polars``,
``narwhals`` for every engine that it speaks, or whatever else has these verbs. `Expr` and
`Namespace` list every verb that a builder may use; a new back end needs these and no others.
"""

# ruff: noqa: D102, D105, N802 - verbs and types are those of polars under their own names
from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date
from functools import lru_cache
from typing import Any, Protocol, Self, TypeVar

import polars as pl

DataType = Any  # of a column: every engine has types of its own under the names of `Namespace`


class Expr(Protocol):
    """A column as it is computed from others of its row."""

    def __add__(self, other: Self | int, /) -> Self: ...
    def __sub__(self, other: Self | int, /) -> Self: ...
    def __mul__(self, other: Self | int, /) -> Self: ...
    def __floordiv__(self, other: Self | int, /) -> Self: ...
    def __truediv__(self, other: Self, /) -> Self: ...  # of doubles
    def __neg__(self) -> Self: ...
    def __lt__(self, other: Self | float, /) -> Self: ...
    def __le__(self, other: Self | float, /) -> Self: ...
    def __gt__(self, other: Self | float, /) -> Self: ...
    def __ge__(self, other: Self | float, /) -> Self: ...
    def __eq__(self, other: Self | float | str, /) -> Self: ...  # type: ignore[override]  # a column, no bool
    def __and__(self, other: Self, /) -> Self: ...
    def __or__(self, other: Self, /) -> Self: ...
    def __invert__(self) -> Self: ...
    def is_null(self) -> Self: ...
    def is_nan(self) -> Self: ...
    def is_in(self, values: Collection[str | float], /) -> Self: ...
    def fill_null(self, value: float | str, /) -> Self: ...
    def cast(self, dtype: DataType, /) -> Self: ...
    def alias(self, name: str, /) -> Self: ...
    def max(self) -> Self: ...  # of a group, in the tally of events only
    def sum(self) -> Self: ...
    @property
    def dt(self) -> Dates[Self]: ...
    @property
    def str(self) -> Texts[Self]: ...  # last: in this class the name then means this property


E = TypeVar("E", bound=Expr)
E_co = TypeVar("E_co", bound=Expr, covariant=True)


class Dates(Protocol[E_co]):
    """What is read from a column of dates."""

    def year(self) -> E_co: ...
    def month(self) -> E_co: ...
    def day(self) -> E_co: ...


class Texts(Protocol[E_co]):
    """What is made of a column of texts; the pattern is a regular expression."""

    def replace(self, pattern: str, value: str, /) -> E_co: ...


class Case(Protocol[E]):
    """A test that still needs the value to give where it holds."""

    def then(self, value: E, /) -> Choice[E]: ...


class Choice(Protocol[E]):
    """A choice by its first test that holds; another case follows, or the end."""

    def when(self, test: E, /) -> Case[E]: ...
    def otherwise(self, value: E, /) -> E: ...


class Literal(Protocol[E_co]):
    """How a constant column is made."""

    def __call__(self, value: float | str | date | None, /, dtype: DataType = None) -> E_co: ...


class Lazy(Protocol):
    """A frame that is computed when it is asked for."""

    def select(self, *columns: Any) -> Self: ...
    def with_columns(self, *columns: Any) -> Self: ...
    def filter(self, *tests: Any) -> Self: ...
    def group_by(self, *keys: Any) -> Groups[Self]: ...


F = TypeVar("F", bound=Lazy)
F_co = TypeVar("F_co", bound=Lazy, covariant=True)


class Groups(Protocol[F_co]):
    """A frame by groups of rows."""

    def agg(self, *columns: Any) -> F_co: ...


class Namespace(Protocol[E]):
    """The module that makes expressions, and the names of its column types."""

    @property
    def Boolean(self) -> DataType: ...
    @property
    def Date(self) -> DataType: ...
    @property
    def Float64(self) -> DataType: ...
    @property
    def Int16(self) -> DataType: ...
    @property
    def Int32(self) -> DataType: ...
    @property
    def Int64(self) -> DataType: ...
    @property
    def Int128(self) -> DataType: ...
    @property
    def String(self) -> DataType: ...
    @property
    def col(self) -> Callable[[str], E]: ...
    @property
    def lit(self) -> Literal[E]: ...
    @property
    def when(self) -> Callable[[E], Case[E]]: ...
    @property
    def coalesce(self) -> Callable[[E, E], E]: ...


def of_polars(ns: object) -> bool:
    """Tell whether `ns` is polars itself, where some sums have a shorter form."""
    return ns is pl


def number(ns: Namespace[E], value: int | None, kind: DataType) -> E:
    """Return a constant column of whole numbers; of polars, which takes long to make one, it is kept."""
    made: E = _kept(value, kind) if of_polars(ns) else ns.lit(value, dtype=kind)
    return made


@lru_cache(maxsize=4096)
def _kept(value: int | None, kind: DataType) -> Any:
    return pl.lit(value, dtype=kind)


def first_of(ns: Namespace[E], cases: Iterable[tuple[E, E]], otherwise: E) -> E:
    """Return the value of the first case whose test holds, `otherwise` where none does."""
    chain: Choice[E] | None = None
    for test, value in cases:
        chain = (ns.when(test) if chain is None else chain.when(test)).then(value)
    return otherwise if chain is None else chain.otherwise(otherwise)

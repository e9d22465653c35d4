"""A namespace whose expressions and frames write themselves down as a small typed tree.

The module serves the builders as polars and narwhals do: ``col``, ``lit``, ``when`` and the types make
`Written` expressions, which have no type yet. A `Table` that takes one resolves it against its own
columns into `Node` parts, so that no name has a type outside its table. Equal parts of one step are
one object: what is said twice is seen by identity.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, TypeAlias

Kind = Literal[
    "Boolean", "Date", "Float64", "Int16", "Int32", "Int64", "Int128", "Null", "Stored", "String"
]  # Stored: as the user's table holds it, handed through and never computed with
Constant: TypeAlias = bool | int | float | str | date | None

Boolean: Final[Kind] = "Boolean"
Date: Final[Kind] = "Date"
Float64: Final[Kind] = "Float64"
Int16: Final[Kind] = "Int16"
Int32: Final[Kind] = "Int32"
Int64: Final[Kind] = "Int64"
Int128: Final[Kind] = "Int128"
String: Final[Kind] = "String"

WHOLE: Final[dict[Kind, int]] = {"Int16": 16, "Int32": 32, "Int64": 64, "Int128": 128}
"""Whole numbers and their bits."""
TESTS: Final = frozenset(
    {"eq", "lt", "le", "gt", "ge", "and", "or", "not", "is_null", "is_nan", "is_in", "matches"}
)
_SMALL: Final = frozenset({"year", "month", "day", "place"})


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One verb, what it is applied to, and the kind of value it gives."""

    verb: str
    kind: Kind
    parts: tuple[Node, ...] = ()
    value: Any = None  # of col its name, of lit the constant, of is_in the listed values


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """An expression as a builder wrote it, before a table gives its columns their kinds."""

    # ruff: noqa: D105 - the verbs of `expressions.Expr`, one line each

    verb: str
    parts: tuple[Written, ...] = ()
    value: Any = None
    kind: Kind | None = None  # of a cast or a literal, where it was given
    name: str | None = None

    def __add__(self, other: Written | int, /) -> Written:
        return self._with("add", other)

    def __sub__(self, other: Written | int, /) -> Written:
        return self._with("sub", other)

    def __mul__(self, other: Written | int, /) -> Written:
        return self._with("mul", other)

    def __floordiv__(self, other: Written | int, /) -> Written:
        return self._with("floordiv", other)

    def __truediv__(self, other: Written, /) -> Written:
        return self._with("truediv", other)

    def __neg__(self) -> Written:
        return Written("neg", (self,))

    def __lt__(self, other: Written | float, /) -> Written:
        return self._with("lt", other)

    def __le__(self, other: Written | float, /) -> Written:
        return self._with("le", other)

    def __gt__(self, other: Written | float, /) -> Written:
        return self._with("gt", other)

    def __ge__(self, other: Written | float, /) -> Written:
        return self._with("ge", other)

    def __eq__(self, other: Written | float | str, /) -> Written:  # type: ignore[override]
        return self._with("eq", other)

    def __and__(self, other: Written, /) -> Written:
        return self._with("and", other)

    def __or__(self, other: Written, /) -> Written:
        return self._with("or", other)

    def __invert__(self) -> Written:
        return Written("not", (self,))

    __hash__ = object.__hash__

    def is_null(self) -> Written:
        """Test for null."""
        return Written("is_null", (self,))

    def is_nan(self) -> Written:
        """Test for NaN."""
        return Written("is_nan", (self,))

    def is_in(self, values: Collection[str | float], /) -> Written:
        """Test for any of the listed values."""
        return Written("is_in", (self,), tuple(values))

    def fill_null(self, value: float | str, /) -> Written:
        """Return a constant in place of null."""
        return coalesce(self, lit(value))

    def cast(self, dtype: Kind, /) -> Written:
        """Return the value in another type."""
        return Written("cast", (self,), kind=dtype)

    def alias(self, name: str, /) -> Written:
        """Return the same under a name."""
        return Written(self.verb, self.parts, self.value, self.kind, name)

    def max(self) -> Written:
        """Return the largest value of a group."""
        return Written("max", (self,))

    def sum(self) -> Written:
        """Return the sum of a group, in 64 bits."""
        return Written("sum", (self,))

    @property
    def dt(self) -> WrittenDate:
        """What is read from a date."""
        return WrittenDate(self)

    @property
    def str(self) -> WrittenText:
        """What is made of a text; last, for in this class the name then means this property."""
        return WrittenText(self)

    def _with(self, verb: Any, other: Written | Constant) -> Written:
        return Written(verb, (self, other if isinstance(other, Written) else lit(other)))


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """Year, month and day of an expression."""

    of: Written

    def year(self) -> Written:
        """Return the year."""
        return Written("year", (self.of,))

    def month(self) -> Written:
        """Return the month, from 1."""
        return Written("month", (self.of,))

    def day(self) -> Written:
        """Return the day of the month, from 1."""
        return Written("day", (self.of,))


@dataclass(frozen=True, slots=True)
class WrittenText:
    """Texts made of an expression."""

    of: Written

    def replace(self, pattern: str, value: str, /) -> Written:
        """Return the text with the first match replaced."""
        return Written("replace", (self.of,), (pattern, value))


@dataclass(frozen=True, slots=True)
class WrittenChoice:
    """A choice by its first test that holds, still without its end."""

    arms: tuple[Written, ...]

    def when(self, test: Written, /) -> WrittenCase:
        """Add a test."""
        return WrittenCase((*self.arms, test))

    def otherwise(self, value: Written, /) -> Written:
        """Give the value where no test holds."""
        return Written("when", (*self.arms, value))


@dataclass(frozen=True, slots=True)
class WrittenCase:
    """A test that still needs the value to give where it holds."""

    arms: tuple[Written, ...]

    def then(self, value: Written, /) -> WrittenChoice:
        """Give the value where the test holds."""
        return WrittenChoice((*self.arms, value))


def col(name: str) -> Written:
    """Return a column of the table that will take the expression."""
    return Written("col", value=name, name=name)


def lit(value: Constant, /, dtype: Kind | None = None) -> Written:
    """Return a constant; a whole number without a type takes the type of what it meets."""
    return Written("lit", value=value, kind=dtype)


def when(test: Written) -> WrittenCase:
    """Begin a choice."""
    return WrittenCase((test,))


def coalesce(first: Written, second: Written) -> Written:
    """Return the first of two that is not null."""
    return Written("coalesce", (first, second))


def days(name: str) -> Written:
    """Return a date column as days since 1970-01-01, Int64; every dialect has its own way."""
    return Written("days", (col(name),))


def matches(text: Written, pattern: str) -> Written:
    """Return whether a regular expression, anchored by itself, is found in a text."""
    return Written("matches", (text,), pattern)


def place(text: Written, nth: int, alphabet: str) -> Written:
    """Return the place from 1, in an alphabet of ASCII, of a text's nth character; 0 if it has none."""
    return Written("place", (text,), (nth, alphabet))


# ---- frames -----------------------------------------------------------------------------------

Step = Literal["source", "select", "filter", "group", "union", "join"]
Schema: TypeAlias = dict[str, Kind]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A query as it is built: one step upon others.

    Parameters
    ----------
    step : {"source", "select", "filter", "group", "union", "join"}
        What the step does; a join is a left join.
    schema : dict of str to kind
        Columns it has, in order.
    of : tuple of Table
        Steps it stands on; none for a source.
    columns : dict of str to Node
        Of a select or a group, what every column is; of a source, columns that are not as declared.
    test : Node, optional
        Of a filter, which rows stay.
    name : str
        Of a source, the table or view.
    keys : tuple of str
        Of a group or a join, the columns that rows share.
    """

    step: Step
    schema: Schema
    of: tuple[Table, ...] = ()
    columns: dict[str, Node] | None = None
    test: Node | None = None
    name: str = ""
    keys: tuple[str, ...] = ()

    @property
    def sourced(self) -> dict[str, Node]:
        """How a source reads each column: the verb ``taken``, ``read`` or ``unread`` and its column."""
        told = self.columns or {}
        return {
            name: told.get(name) or Node("taken", kind, (), name)
            for name, kind in self.schema.items()
        }

    def select(self, *columns: Any) -> Table:
        """Return a step with these columns only."""
        return self._step("select", columns)

    def with_columns(self, *columns: Any) -> Table:
        """Return a step with further columns, or other ones under their names."""
        return self._step("select", [*self.schema, *columns]) if columns else self

    def filter(self, *tests: Written) -> Table:
        """Return the rows for which every test is true."""
        found = self
        for test in tests:
            found = Table("filter", self.schema, (found,), test=_Reader(self.schema).node(test))
        return found

    def group_by(self, *keys: Any) -> WrittenGroups:
        """Return the rows by groups."""
        return WrittenGroups(self, tuple(_flat(keys)))

    def join(self, other: Table, *, on: str, how: Literal["left"]) -> Table:
        """Return the rows with the columns of the one row of `other` that shares the key."""
        return Table("join", self.schema | other.schema, (self, other), keys=(on,))

    def lazy(self) -> Table:
        """Return the table: it is never anything but lazy."""
        return self

    def to_native(self) -> Table:
        """Return the table, which is nobody else's."""
        return self

    def collect_schema(self) -> Table:
        """Return the table, which knows its columns."""
        return self

    def names(self) -> list[str]:
        """Return the names of the columns."""
        return list(self.schema)

    def _step(self, step: Step, columns: Iterable[Any], keys: tuple[str, ...] = ()) -> Table:
        reader = _Reader(self.schema)
        found: dict[str, Node] = {}
        for column in _flat(columns):
            written = column if isinstance(column, Written) else col(column)
            assert written.name is not None, "a column needs a name"
            found[written.name] = reader.node(written)
        schema = {name: node.kind for name, node in found.items()}
        return Table(step, schema, (self,), columns=found, keys=keys)


@dataclass(frozen=True, slots=True)
class WrittenGroups:
    """A table by groups of rows."""

    of: Table
    keys: tuple[str, ...]

    def agg(self, *columns: Any) -> Table:
        """Return one row per group: its keys and these columns."""
        return self.of._step("group", [*self.keys, *columns], self.keys)


def source(name: str, schema: Schema) -> Table:
    """Return a table or view of the user, with the kinds its columns are read as."""
    return Table("source", dict(schema), name=name)


def stored(name: str, schema: Schema, unread: Mapping[str, str]) -> Table:
    """Return a table of the user whose columns may be of any type, each read as a kind.

    Parameters
    ----------
    name : str
        Table or view.
    schema : dict of str to kind
        What each column is read as; ``Stored`` hands it through.
    unread : mapping of str to str
        Names for further Boolean columns, and the column of which each tells that its value is there
        but is no number.
    """
    columns = {column: Node("read", kind, (), column) for column, kind in schema.items()}
    columns |= {told: Node("unread", "Boolean", (), column) for told, column in unread.items()}
    kinds = {column: node.kind for column, node in columns.items()}
    return Table("source", kinds, name=name, columns=columns)


def from_native(frame: Table) -> Table:
    """Return a recorded table as it is."""
    return frame


def concat(tables: Sequence[Table]) -> Table:
    """Return the rows of several tables with the same columns."""
    return Table("union", tables[0].schema, tuple(tables))


def _flat(columns: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for column in columns:
        found += [column] if isinstance(column, str | Written) else list(column)
    return found


# ---- kinds ------------------------------------------------------------------------------------


class _Reader:
    """Gives the expressions of one step their kinds; equal ones become one node."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._read: dict[int, tuple[Written, Node]] = {}  # with what was read, so that its id stays
        self._nodes: dict[tuple[object, ...], Node] = {}

    def node(self, written: Written) -> Node:
        """Return an expression with its kinds."""
        found = self._read.get(id(written))
        if found is None:
            found = self._read[id(written)] = written, self._typed(written)
        return found[1]

    def _typed(self, written: Written) -> Node:
        parts = tuple(self.node(part) for part in written.parts)
        kind, value = self._kind(written, parts), written.value
        said = (written.verb, kind, type(value), value, *map(id, parts))
        return self._nodes.setdefault(said, Node(written.verb, kind, parts, value))

    def _kind(self, written: Written, parts: tuple[Node, ...]) -> Kind:
        verb, kinds = written.verb, [part.kind for part in parts]
        if verb == "col":
            return self._schema[written.value]
        if written.kind is not None:
            return written.kind
        if verb == "lit":
            return _kind_of(written.value)
        if verb in TESTS:
            return "Boolean"
        if verb in _SMALL:
            return "Int32"
        if verb in ("days", "sum"):
            return "Int64"
        if verb == "truediv":
            return "Float64"
        return widest([*kinds[1::2], kinds[-1]] if verb == "when" else kinds)


def _kind_of(value: Constant) -> Kind:
    """Return the kind of a constant; a whole number is as narrow as it can be, what it meets widens it."""
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, int):
        bits = value.bit_length()
        return next((kind for kind, size in WHOLE.items() if bits < size), "Int128")
    if isinstance(value, str):
        return "String"
    return "Date" if isinstance(value, date) else "Float64"


def widest(kinds: Iterable[Kind]) -> Kind:
    """Return the kind that holds values of all these kinds; TypeError where there is none."""
    known = {kind for kind in kinds if kind != "Null"}
    if known <= WHOLE.keys():
        return max(known, key=lambda kind: WHOLE[kind], default="Null")
    if len(known) > 1:
        raise TypeError(f"no type holds {sorted(known)}")
    return known.pop()

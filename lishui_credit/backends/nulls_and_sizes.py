"""What is known of an expression before it runs: whether it can be null, how large it can be.

Nulls are followed by three-valued logic: where a test is true, what it compares is not null. Sizes
follow from the largest number of every column, as `points.PointsTable.heaviest` follows them for a
table of points. Both are read from a recorded step (`recorder`); a printer that knows them leaves
out tests that can never hold and picks numbers that are wide enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from lishui_credit.backends.recorder import WHOLE, Kind, Node, Table

MOST_ROWS: Final = 10**6
"""Rows of one group that a sum is made for; whoever takes rows from outside refuses more."""
_FARTHEST_DAY: Final = 4_000_000  # days from 1970 to the years 1 and 9999, roundly
_OF_DAYS: Final[dict[str, int]] = {"year": 9999, "month": 12, "day": 31, "days": _FARTHEST_DAY}
COMPARISONS: Final = frozenset({"eq", "lt", "le", "gt", "ge"})
STRICT: Final = COMPARISONS | {
    *("add", "sub", "mul", "floordiv", "truediv", "neg", "cast", "is_in", "is_nan", "replace"),
    *_OF_DAYS,
}
"""Verbs that give null exactly where a part is null; a quotient also where its divisor is zero."""
ZERO, REAL = "not zero", "not NaN"
Fact: TypeAlias = Any  # a node or the name of a column that is not null, or (`ZERO` | `REAL`, it)
Known: TypeAlias = frozenset[Fact]
NOTHING: Final[Known] = frozenset()


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of a column: whether it can be null, its largest absolute whole number, zeros."""

    nullable: bool = True
    size: int = 0
    zero: bool = True
    empty: bool = False  # null in every row
    given: frozenset[str] | None = None  # columns; where none of them is null, this is not


def most_of(kind: Kind) -> int:
    """Return the largest absolute whole number of a kind, 0 for kinds of other values."""
    return 2 ** (WHOLE[kind] - 1) if kind in WHOLE else 0


def what(node: Node) -> Fact:
    """Return what stands for a node among facts: a column is one wherever it is read."""
    return node.value if node.verb == "col" else node


class Facts:
    """What is known of the expressions of one step, given what is known of its columns.

    Parameters
    ----------
    columns : mapping of str to Held
        Columns that the step reads.
    """

    def __init__(self, columns: Mapping[str, Held]) -> None:
        self._columns = columns
        self._sizes: dict[Node, int] = {}

    # ---- nulls --------------------------------------------------------------------------------

    def empty(self, node: Node) -> bool:
        """Tell whether a node is null in every row."""
        if node.verb == "lit":
            return node.value is None
        if node.verb == "col":
            return self._columns[node.value].empty
        if node.verb in ("and", "or", "coalesce"):
            return all(map(self.empty, node.parts))
        return node.verb in STRICT | {"not"} and any(map(self.empty, node.parts))

    def nullable(self, node: Node, known: Known) -> bool:
        """Tell whether a node can be null where what is `known` holds."""
        verb, parts = node.verb, node.parts
        if verb == "lit":
            return node.value is None
        if what(node) in known or verb in ("is_null", "sum"):
            return False
        if verb == "col":
            return self._can_be_null(node.value, known)
        if verb in ("and", "or"):
            more = self.where(parts[0], verb == "and")
            return self.nullable(parts[0], known) or self.nullable(parts[1], known | more)
        if verb == "coalesce":
            return all(self.nullable(part, known) for part in parts)
        if verb == "when":
            for test, value in zip(parts[::2], parts[1::2], strict=False):
                if self.nullable(value, known | self.where(test, True)):
                    return True
                known |= self.passed(test, known)
            return self.nullable(parts[-1], known)
        if verb == "floordiv" and self.may_be_zero(parts[1], known):
            return True
        return any(self.nullable(part, known) for part in parts)

    def _can_be_null(self, column: str, known: Known) -> bool:
        held = self._columns[column]
        if column in known or not held.nullable:
            return False
        return held.given is None or any(self._can_be_null(name, known) for name in held.given)

    def may_be_zero(self, node: Node, known: Known) -> bool:
        """Tell whether a node can be zero, which a divisor must not be."""
        verb, parts = node.verb, node.parts
        if verb == "lit":
            return node.value == 0 and node.value is not None
        if (ZERO, what(node)) in known:
            return False
        if verb == "col":
            return self._columns[node.value].zero
        if verb in ("mul", "neg", "cast"):
            return any(self.may_be_zero(part, known) for part in parts)
        if verb == "when":
            for test, value in zip(parts[::2], parts[1::2], strict=False):
                if self.may_be_zero(value, known | self.where(test, True)):
                    return True
                known |= self.passed(test, known)
            return self.may_be_zero(parts[-1], known)
        return True

    def where(self, test: Node, outcome: bool) -> Known:
        """Return what is known where a test is true, or where it is false."""
        verb, parts = test.verb, test.parts
        if verb == "not":
            return self.where(parts[0], not outcome)
        if verb in ("and", "or"):
            first, second = (self.where(part, outcome) for part in parts)
            return first | second if (verb == "and") == outcome else first & second
        if verb == "is_null":
            return NOTHING if outcome else self._told(parts[0])
        if verb == "coalesce" and parts[-1].verb == "lit" and parts[-1].value is not outcome:
            return self.where(parts[0], outcome)
        if verb == "is_nan" and not outcome:
            return self._told(test) | {(REAL, what(parts[0]))}
        if verb in COMPARISONS and _not_zero(test, outcome):
            return self._told(test) | {(ZERO, what(parts[0]))}
        return self._told(test)

    def passed(self, test: Node, known: Known) -> Known:
        """Return what is known where a test was not true: nothing if it could have been null."""
        return NOTHING if self.nullable(test, known) else self.where(test, False)

    def _told(self, node: Node) -> Known:
        """Return what is known where a node is not null."""
        if node.verb == "lit":
            return NOTHING
        own: Known = frozenset({what(node)})
        if node.verb in STRICT or node.verb == "not":
            return own.union(*map(self._told, node.parts))
        return own

    # ---- sizes --------------------------------------------------------------------------------

    def size(self, node: Node) -> int:
        """Return the largest absolute whole number that a node can be; 0 for other kinds."""
        found = self._sizes.get(node)
        if found is None:
            found = self._sizes[node] = self._size(node) if node.kind in WHOLE else 0
        return found

    def _size(self, node: Node) -> int:
        verb, parts = node.verb, node.parts
        if verb == "lit":
            return 0 if node.value is None else abs(int(node.value))
        if verb == "col":
            return self._columns[node.value].size
        if verb in _OF_DAYS:
            return _OF_DAYS[verb]
        sizes = [self.size(part) for part in parts]
        if verb in ("add", "sub"):
            return sum(sizes)
        if verb == "mul":
            return sizes[0] * sizes[1]
        if verb == "floordiv":  # rounded down, -1 // 2 is -1
            return sizes[0] // max(sizes[1], 1) + 1 if parts[1].verb == "lit" else sizes[0]
        if verb == "sum":
            return sizes[0] * MOST_ROWS
        if verb == "cast" and parts[0].kind in WHOLE:
            return min(sizes[0], most_of(node.kind))
        if verb == "cast":
            return 1 if parts[0].kind == "Boolean" else most_of(node.kind)
        return max([*sizes[1::2], sizes[-1]] if verb == "when" else sizes)

    def held(self, node: Node, known: Known = NOTHING) -> Held:
        """Return what is known of a column that a node is computed for."""
        nullable, zero = self.nullable(node, known), self.may_be_zero(node, known)
        given: frozenset[str] | None = _columns_of(node)
        if node.verb == "col":
            return self._columns[node.value]
        if not nullable or self.nullable(node, given or NOTHING):
            given = None
        return Held(nullable, self.size(node), zero, self.empty(node), given)


def _columns_of(node: Node) -> frozenset[str]:
    """Return the columns that a node reads."""
    if node.verb == "col":
        return frozenset({node.value})
    return frozenset[str]().union(*map(_columns_of, node.parts))


def carried(columns: Mapping[str, Node], found: Mapping[str, Held]) -> dict[str, Held]:
    """Return what is known of the columns of a select, in terms of the columns it has."""
    same = {name for name, node in columns.items() if node.verb == "col" and node.value == name}
    return {
        name: held if held.given is None or held.given <= same else replace(held, given=None)
        for name, held in found.items()
    }


def _not_zero(test: Node, outcome: bool) -> bool:
    """Tell whether the first part of a comparison with a whole literal is not zero."""
    bound = test.parts[1]
    if bound.verb != "lit" or bound.kind not in WHOLE or bound.value is None:
        return False
    zero = {
        "eq": bound.value == 0,
        "lt": bound.value > 0,
        "le": bound.value >= 0,
        "gt": bound.value < 0,
        "ge": bound.value <= 0,
    }[test.verb]
    return zero is not outcome


def either(one: Held, other: Held) -> Held:
    """Return what is known of a column that comes from either of two places."""
    return Held(one.nullable or other.nullable, max(one.size, other.size))


Sources: TypeAlias = Mapping[str, Mapping[str, Held]]


def held_columns(table: Table, sources: Sources, done: dict[Table, dict[str, Held]]) -> None:
    """Find what is known of the columns of a table and of all it stands on.

    Parameters
    ----------
    table : Table
        The query.
    sources : mapping of str to mapping of str to Held
        What is known of the columns of every source; of others, what their kind says.
    done : dict of Table to dict of str to Held
        What is found; filled here.
    """
    if table in done:
        return
    for below in table.of:
        held_columns(below, sources, done)
    if table.step == "source":
        told = sources.get(table.name, {})
        done[table] = {
            name: told.get(name) or Held(True, most_of(kind)) for name, kind in table.schema.items()
        }
        return
    before = [done[below] for below in table.of]
    found = dict(before[0])
    if table.columns is not None:
        facts = Facts(found)
        made = {name: facts.held(node) for name, node in table.columns.items()}
        found = carried(table.columns, made)
    elif table.test is not None:
        told_true = Facts(found).where(table.test, True)
        found |= {name: replace(found[name], nullable=False) for name in found if name in told_true}
    elif table.step == "union":
        for other in before[1:]:
            found = {name: either(found[name], other[name]) for name in found}
    elif table.step == "join":
        right = {name: replace(held, nullable=True, given=None) for name, held in before[1].items()}
        found |= {name: held for name, held in right.items() if name not in table.keys}
    done[table] = found

"""What is settled before a query runs: arithmetic and tests of constants, factors of one."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from lishui_credit.backends.recorder import WHOLE, Node, Table

_OF_TWO: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "eq": operator.eq,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


def folded(table: Table) -> Table:
    """Return the same query without what constants settle.

    Examples
    --------
    >>> from lishui_credit.backends.recorder import col, lit, source
    >>> table = source("t", {"a": "Int64"}).select((col("a") * (lit(2) - 1)).alias("b"))
    >>> folded(table).columns["b"].verb
    'cast'
    """
    done: dict[Table, Table] = {}

    def step(old: Table) -> Table:
        if old not in done:
            nodes = cache(_node)  # equal parts of one step stay one object
            columns = old.columns
            if columns is not None:
                columns = {name: nodes(node, nodes) for name, node in columns.items()}
            test = None if old.test is None else nodes(old.test, nodes)
            of = tuple(map(step, old.of))
            done[old] = Table(old.step, old.schema, of, columns, test, old.name, old.keys)
        return done[old]

    return step(table)


def _node(node: Node, nodes: Callable[..., Node]) -> Node:
    if not node.parts:
        return node
    parts = tuple(nodes(part, nodes) for part in node.parts)
    first, last = parts[0], parts[-1]
    if node.verb in _OF_TWO and all(map(_whole, parts)):
        return Node("lit", node.kind, (), _OF_TWO[node.verb](first.value, last.value))
    if node.verb == "mul" and _whole(last) and last.value == 1:
        return Node("cast", node.kind, (first,))
    if node.verb == "is_null" and first.verb == "cast":
        before = first.parts[0]
        if before.kind in WHOLE and first.kind in WHOLE:  # a number that does not fit is no null
            return Node("is_null", "Boolean", (before,))
    return Node(node.verb, node.kind, parts, node.value)


def _whole(node: Node) -> bool:
    return node.verb == "lit" and node.kind in WHOLE and node.value is not None

"""What a step says twice becomes a column of a step before it: the same query, in smaller steps.

Rounding and day counts repeat their operands, so that a row of a rubric that has 144 different parts
is 14,000 parts long when it is printed as one expression.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Final

from lishui_credit.backends.recorder import Node, Schema, Table

SMALLEST: Final = 6
"""Parts that an expression must have to be worth a column."""


def shared(table: Table) -> Table:
    """Return the query with a column of its own for whatever a step computes more than once."""
    done: dict[int, Table] = {}

    def step(old: Table) -> Table:
        if id(old) not in done:
            of = tuple(step(below) for below in old.of)
            new = Table(old.step, old.schema, of, old.columns, old.test, old.name, old.keys)
            done[id(old)] = _divided(new) if old.step == "select" else new
        return done[id(old)]

    return step(table)


def _divided(table: Table) -> Table:
    """Return a select as a chain of selects, each with what the next says more than once."""
    assert table.columns is not None
    found = _Repeated(table.columns.values())
    if not found.levels:
        return table
    taken = (name for name in _names() if name not in table.of[0].schema)
    names = {node: next(taken) for level in found.levels for node in level}

    @cache
    def put(node: Node) -> Node:
        """Return a node with columns in place of what has a name."""
        return Node("col", node.kind, (), names[node]) if node in names else inside(node)

    def inside(node: Node) -> Node:
        return Node(node.verb, node.kind, tuple(map(put, node.parts)), node.value)

    base = table.of[0]
    for level in found.levels:
        kept = {name: Node("col", kind, (), name) for name, kind in base.schema.items()}
        base = _select(base, kept | {names[node]: inside(node) for node in level})
    return _select(base, {name: put(node) for name, node in table.columns.items()})


def _select(of: Table, columns: dict[str, Node]) -> Table:
    schema: Schema = {name: node.kind for name, node in columns.items()}
    return Table("select", schema, (of,), columns=columns)


def _names() -> Iterable[str]:
    number = 0
    while True:
        number += 1
        yield f"_{number}"


class _Repeated:
    """What the columns of one step say more than once, by levels: a level reads those before it."""

    def __init__(self, columns: Iterable[Node]) -> None:
        self._uses: Counter[Node] = Counter()
        self._order: list[Node] = []  # parts before what they are part of
        for column in columns:
            self._count(column)
        weights: dict[Node, int] = {}
        risky: set[Node] = set()
        depths: dict[Node, int] = {}
        levels: dict[int, list[Node]] = {}
        for node in self._order:
            weights[node] = 1 + sum(weights[part] for part in node.parts)
            if may_fail(node) or any(part in risky for part in node.parts):
                risky.add(node)
            depth = max((depths[part] for part in node.parts), default=0)
            worth = weights[node] >= SMALLEST and node.kind != "Boolean" and node.verb != "cast"
            if self._uses[node] > 1 and worth and node not in risky:
                levels.setdefault(depth, []).append(node)
                depth += 1
            depths[node] = depth
        self.levels = [levels[depth] for depth in sorted(levels)]

    def _count(self, node: Node) -> None:
        self._uses[node] += 1
        if self._uses[node] == 1:
            for part in node.parts:
                self._count(part)
            self._order.append(node)


def may_fail(node: Node) -> bool:
    """Tell whether a node stays inside the test that guards it: a division by what may be zero."""
    return node.verb == "floordiv" and node.parts[1].verb != "lit"

"""Groups that only count: what is made of the counts is a step after."""

from __future__ import annotations

from lishui_credit.backends.recorder import Node, Schema, Table


def plainly_grouped(table: Table) -> Table:
    """Return the query with groups that only count: what is made of the counts is a step after."""
    done: dict[Table, Table] = {}

    def step(old: Table) -> Table:
        if old not in done:
            of = tuple(map(step, old.of))
            new = Table(old.step, old.schema, of, old.columns, old.test, old.name, old.keys)
            done[old] = _divided(new) if old.step == "group" else new
        return done[old]

    return step(table)


def _divided(group: Table) -> Table:
    counts: dict[Node, str] = {}

    def put(node: Node) -> Node:
        if node.verb in ("max", "sum"):
            name = counts.setdefault(node, f"_count_{len(counts) + 1}")
            return Node("col", node.kind, (), name)
        return Node(node.verb, node.kind, tuple(map(put, node.parts)), node.value)

    assert group.columns is not None
    made = {name: node if name in group.keys else put(node) for name, node in group.columns.items()}
    kept = {name: group.columns[name] for name in group.keys}
    kept |= {name: node for node, name in counts.items()}
    schema: Schema = {name: node.kind for name, node in kept.items()}
    counted = Table("group", schema, group.of, kept, keys=group.keys)
    return Table("select", group.schema, (counted,), made)

"""The steps of a recorded query as plain statements: a row as local variables, many rows as loops.

A query stands on one source that has a single row (the subject) and on others that have many (its
events). Steps upon the one row are printed one after another. Steps upon many rows are pushed into
one loop as far as they go: a group or a join keeps what it needs of every row, a table that several
steps read is kept whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from lishui_credit.backends.folding import folded
from lishui_credit.backends.nulls_and_sizes import Held, Sources, carried, held_columns
from lishui_credit.backends.plain_columns import Columns, Scope
from lishui_credit.backends.plain_expressions import Expressions
from lishui_credit.backends.plain_groups import plainly_grouped
from lishui_credit.backends.plain_lines import Lines
from lishui_credit.backends.plain_syntax import SUM, Here, Layout, Said, Variable, unprintable
from lishui_credit.backends.recorder import Node, Table
from lishui_credit.backends.sharing import shared

Consume: TypeAlias = Callable[[Scope], None]


class Steps:
    """Prints a query as the body of a function.

    Parameters
    ----------
    layout : Layout
        The language.
    table : Table
        The query.
    sources : mapping of str to mapping of str to Held
        What is known of the columns of every source; nothing where it does not say.
    one : str
        Source that has a single row; the function's first parameter is called ``subject``, rows of
        other sources are parameters under the source's name.
    own : collection of str
        Columns of other sources that hold what the one row holds: they are not read again.
    columns, values : mapping of str to str
        Remarks: over a column of that name where it is computed; beside a text that a choice gives.
    """

    def __init__(
        self,
        layout: Layout,
        table: Table,
        *,
        sources: Sources,
        one: str = "subject",
        own: Iterable[str] = (),
        columns: Mapping[str, str] | None = None,
        values: Mapping[str, str] | None = None,
    ) -> None:
        self._layout = layout
        self._single = one
        self._own_columns = frozenset(own)
        self._code = Lines(layout)
        self._columns = Columns(layout, self._code, columns or {}, values or {})
        self._scopes: dict[Table, Scope] = {}
        self._kept: dict[Table, str] = {}
        self._table = shared(folded(plainly_grouped(table)))
        self._held: dict[Table, dict[str, Held]] = {}
        held_columns(self._table, sources, self._held)
        self._readers = _readers(self._table)

    def lines(self) -> list[str]:
        """Return the lines of the body, indented once."""
        layout, code = self._layout, self._code
        if self._is_one(self._table):
            scope = self._one(self._table)
            ending = layout.returned(layout.result(_pairs(scope)))
        else:
            found = code.name("found")
            code.add(layout.let(found, layout.new_list(), True))
            self._rows(
                self._table,
                lambda scope: code.add(
                    layout.push(found, " ".join(map(str.strip, layout.result(_pairs(scope)))))
                ),
            )
            ending = layout.returned([found])
        for line in ending:
            code.add(line)
        head = [f"{layout.indent}{line}" for line in layout.declared(code.temporaries)]
        return head + code.lines

    # ---- one row ------------------------------------------------------------------------------

    def _is_one(self, table: Table) -> bool:
        if table.step == "source":
            return table.name == self._single
        return table.step in ("select", "filter", "join") and self._is_one(table.of[0])

    def _one(self, table: Table) -> Scope:
        if table not in self._scopes:
            self._scopes[table] = self._made(table)
        return self._scopes[table]

    def _made(self, table: Table) -> Scope:
        if table.step == "source":
            return self._read(table, "subject")
        if table.step == "select":
            return self._selected(table, self._one(table.of[0]))
        if table.step == "join":
            scope = self._one(table.of[0])
            return self._joined(table, scope, self._looked_up(table))
        raise unprintable(f"{table.step} of one row", self._layout)

    def _read(self, table: Table, row: str) -> Scope:
        scope: Scope = {}
        for column, node in table.sourced.items():
            kind = node.kind
            if node.verb == "unread":
                raise unprintable(node.verb, self._layout)
            if row != "subject" and column in self._own_columns:
                scope[column] = self._one(self._single_source())[column]
                continue
            name = self._code.name(column)
            held = self._held[table][column]
            cell = self._layout.read(row, column, kind, self._layout.big(held.size))
            self._code.add(self._layout.let(name, cell, True))
            scope[column] = Variable(name, kind, held)
        return scope

    def _single_source(self) -> Table:
        return next(table for table in self._scopes if table.step == "source")

    # ---- many rows: every one is given to `consume` as it is made ------------------------------

    def _rows(self, table: Table, consume: Consume) -> None:
        if self._readers[table] > 1 and table.step != "source":
            self._again(table, consume)
        else:
            self._each(table, consume)

    def _again(self, table: Table, consume: Consume) -> None:
        """Keep a table that several steps read, and pass its rows on."""
        code, layout = self._code, self._layout
        if table not in self._kept:
            rows = self._kept[table] = code.name("rows")
            code.add(layout.let(rows, layout.new_list(), True))

            def keep(scope: Scope) -> None:
                kept = [scope[name].text for name in table.schema]
                code.add(layout.push(rows, layout.stored(kept)))

            self._each(table, keep)
        self._over(table, self._kept[table], consume)

    def _over(self, table: Table, rows: str, consume: Consume) -> None:
        """Pass on rows that were kept, in the order of the table's columns."""
        held = self._held[table]
        scope = {
            column: Variable(self._code.name(column), kind, held[column])
            for column, kind in table.schema.items()
        }
        names = [variable.text for variable in scope.values()]
        with self._code.block(self._layout.each(names, rows)):
            consume(scope)

    def _each(self, table: Table, consume: Consume) -> None:
        code, layout = self._code, self._layout
        if table.step == "source":
            with code.block(layout.each_given("row", table.name)):
                consume(self._read(table, "row"))
        elif table.step == "select":
            self._rows(table.of[0], lambda scope: consume(self._selected(table, scope)))
        elif table.step == "filter":
            self._rows(table.of[0], lambda scope: consume(self._filtered(table, scope)))
        elif table.step == "union":
            for part in table.of:
                self._rows(part, lambda scope: consume(self._alike(table, scope)))
        elif table.step == "group":
            self._grouped(table, consume)
        else:
            found = self._looked_up(table)
            self._rows(table.of[0], lambda scope: consume(self._joined(table, scope, found)))

    def _filtered(self, table: Table, scope: Scope) -> Scope:
        assert table.test is not None
        expressions = self._columns.expressions(scope)
        here, told = Here(), expressions.facts.where(table.test, True)
        for test in _conjuncts(table.test):
            expressions.met.clear()
            fails = expressions.contrary(expressions.holds(test, here))
            with self._code.block(self._layout.opened("if", fails.text), expressions.met):
                self._code.add(self._layout.skip())
            here = here.knowing(expressions.facts.where(test, True))
        return {
            name: replace(variable, held=replace(variable.held, nullable=False))
            if name in told
            else variable
            for name, variable in scope.items()
        }

    def _alike(self, table: Table, scope: Scope) -> Scope:
        """Return the columns of one part of a union as those of all parts."""
        found: Scope = {}
        for name, held in self._held[table].items():
            node = Node("col", table.schema[name], (), name)
            expressions = self._columns.expressions(scope)
            text = scope[name].text
            if (big := self._layout.big(held.size)) is not expressions.big(node):
                text = expressions.value(node, big=big).text
            own = replace(scope[name].held, size=held.size)
            found[name] = replace(scope[name], text=text, held=own)
        return found

    # ---- groups and joins ---------------------------------------------------------------------

    def _grouped(self, table: Table, consume: Consume) -> None:
        """Keep one row per group: its keys, and what is counted of it so far."""
        code, layout = self._code, self._layout
        assert table.columns is not None
        groups, key, group = (code.name(name) for name in ("groups", "key", "group"))
        code.add(layout.let(groups, layout.new_map(), True))
        sums = {name: node for name, node in table.columns.items() if name not in table.keys}

        def count(scope: Scope) -> None:
            parts = [scope[name] for name in table.keys]
            if any(part.kind == "Float64" for part in parts):
                raise unprintable("group by Float64", layout)
            expressions = self._columns.expressions(scope)
            own = [(part.text, layout.big(part.held.size)) for part in parts]
            code.add(layout.let(key, layout.key(own), True))
            for line in layout.declared([group]):
                code.add(line)
            code.add(layout.let(group, layout.found(groups, key), False))
            added = {name: self._added(name, node, expressions) for name, node in sums.items()}
            first = [part.text for part in parts]
            first += [start for start, _ in added.values()]
            with code.block(layout.opened("if", layout.is_null(group, True).text)):
                code.add(layout.let(group, layout.new_row(first), False))
                code.add(layout.put(groups, key, group))
            for place, (_, more) in enumerate(added.values(), len(parts)):
                more(f"{group}[{place}]")

        self._rows(table.of[0], count)
        self._over(table, layout.values(groups), consume)

    def _added(
        self, name: str, node: Node, expressions: Expressions
    ) -> tuple[str, Callable[[str], None]]:
        """Return what a group starts with, and what adds a row to it."""
        code, layout, part = self._code, self._layout, node.parts[0]
        facts, big = expressions.facts, expressions.big(node)
        sure = not facts.nullable(part, frozenset())
        said = expressions.value(part, big=big)
        if not re.fullmatch(r"\w+", said.text):
            text = code.name(name)
            code.add(layout.let(text, said.text, True))
            said = Said(text)
        there = layout.is_null(said.text, False)
        if node.verb == "sum":
            zero = layout.constant(0, "Int64", big).text

            def add(cell: str) -> None:
                if said.text == zero or facts.empty(part):
                    return
                if sure:
                    code.add(layout.let(cell, f"{cell} + {said.at(SUM + 1)}", False))
                    return
                with code.block(layout.opened("if", there.text)):
                    code.add(layout.let(cell, f"{cell} + {said.at(SUM + 1)}", False))

            return zero, add
        if node.verb != "max" or node.kind in ("String", "Float64", "Boolean"):
            raise unprintable(f"{node.verb} {node.kind}", layout)

        def raised(cell: str) -> None:
            larger = layout.compared(said.text, ">", cell)
            tests = larger if sure else expressions.larger(there, cell, larger)
            with code.block(layout.opened("if", tests.text)):
                code.add(layout.let(cell, said.text, False))

        return said.text, raised

    def _looked_up(self, table: Table) -> str:
        """Keep the rows of the right side under their key; a key that is null meets nothing."""
        code, layout, right = self._code, self._layout, table.of[1]
        rows = code.name("found")
        code.add(layout.let(rows, layout.new_map(), True))
        others = [name for name in right.schema if name not in table.keys]

        def keep(scope: Scope) -> None:
            keys = [scope[name] for name in table.keys]
            for variable in keys:
                if variable.held.nullable:
                    test = layout.is_null(variable.text, True)
                    with code.block(layout.opened("if", test.text)):
                        code.add(layout.skip())
            key = layout.key([(v.text, layout.big(v.held.size)) for v in keys])
            code.add(layout.put(rows, key, layout.stored([scope[name].text for name in others])))

        self._rows(right, keep)
        return rows

    def _joined(self, table: Table, scope: Scope, rows: str) -> Scope:
        code, layout = self._code, self._layout
        row = code.name("found")
        keys = [(scope[name].text, layout.big(scope[name].held.size)) for name in table.keys]
        code.add(layout.let(row, layout.found(rows, layout.key(keys)), True))
        found = dict(scope)
        none = layout.is_null(row, True)
        others = [name for name in table.of[1].schema if name not in table.keys]
        for place, name in enumerate(others):
            text = code.name(name)
            cell = layout.pick(none, Said(layout.null), Said(f"{row}[{place}]"))
            code.add(layout.let(text, cell.text, True))
            found[name] = Variable(text, table.schema[name], self._held[table][name])
        return found

    # ---- columns ------------------------------------------------------------------------------

    def _selected(self, table: Table, scope: Scope) -> Scope:
        assert table.columns is not None
        made = {
            name: scope[node.value]
            if node.verb == "col"
            else self._columns.column(name, node, scope)
            for name, node in table.columns.items()
        }
        held = carried(table.columns, {name: variable.held for name, variable in made.items()})
        return {name: replace(variable, held=held[name]) for name, variable in made.items()}


def _conjuncts(test: Node) -> list[Node]:
    """Return the tests that must all hold."""
    return (
        [one for part in test.parts for one in _conjuncts(part)] if test.verb == "and" else [test]
    )


def _pairs(scope: Scope) -> list[tuple[str, str]]:
    return [(name, variable.text) for name, variable in scope.items()]


def _readers(table: Table) -> Counter[Table]:
    """Return how many steps read every step."""
    found: Counter[Table] = Counter()

    def count(one: Table) -> None:
        found[one] += 1
        if found[one] == 1:
            for below in one.of:
                count(below)

    count(table)
    return found

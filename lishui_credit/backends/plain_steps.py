"""The steps of a recorded query as plain statements: a row as local variables, many rows as loops.

A query stands on one source that has a single row (the subject) and on others that have many (its
events). Steps upon the one row are printed one after another. Steps upon many rows are pushed into
one loop as far as they go: a group or a join keeps what it needs of every row, a table that several
steps read is kept whole.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeAlias

from lishui_credit.backends.folding import folded
from lishui_credit.backends.nulls_and_sizes import STRICT, Held, Sources, carried, held_columns
from lishui_credit.backends.plain_expressions import (
    SUM,
    Expressions,
    Here,
    Said,
    Syntax,
    Variable,
    arms_of,
    unprintable,
)
from lishui_credit.backends.recorder import Kind, Node, Schema, Table
from lishui_credit.backends.sharing import shared

Scope: TypeAlias = dict[str, Variable]
Consume: TypeAlias = Callable[[Scope], None]
WIDTH: Final = 96
"""Characters that a choice of two may have to stand on one line."""
_TAKEN: Final = frozenset(word.lower() for word in (*keyword.kwlist, *dir(builtins))) | frozenset(
    [
        "arguments",
        "array",
        "async",
        "await",
        "big",
        "bigint",
        "boolean",
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "date",
        "day",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "eval",
        "event",
        "events",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "implements",
        "import",
        "in",
        "infinity",
        "instanceof",
        "interface",
        "json",
        "let",
        "map",
        "math",
        "nan",
        "new",
        "null",
        "number",
        "object",
        "package",
        "private",
        "protected",
        "public",
        "return",
        "row",
        "set",
        "static",
        "string",
        "subject",
        "super",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "undefined",
        "var",
        "void",
        "while",
        "with",
        "yield",
    ]
)


class Layout(Syntax, Protocol):
    """How a language writes statements."""

    indent: str

    def comment(self, text: str) -> str:
        """Return a comment to the end of the line."""

    def declared(self, names: list[str]) -> list[str]:
        """Return the lines that make names known before they have a value."""

    def let(self, name: str, text: str, first: bool) -> str:
        """Return a statement that gives a name its value, for the first time or again."""

    def opened(self, word: str, test: str) -> str:
        """Return the line that opens an ``if``, ``elif`` or ``else``."""

    def closed(self, last: bool) -> list[str]:
        """Return the lines that close a block; `last` where no ``elif`` or ``else`` follows."""

    def read(self, row: str, column: str, kind: Kind) -> str:
        """Return a cell of a row that was given, null where it is not there."""

    def each(self, names: list[str], rows: str) -> str:
        """Return the line that opens a loop over rows that were kept."""

    def each_given(self, name: str, rows: str) -> str:
        """Return the line that opens a loop over rows that were given."""

    def skip(self) -> str:
        """Return the statement that passes on to the next row."""

    def stored(self, texts: list[str]) -> str:
        """Return a row that is kept."""

    def new_list(self) -> str:
        """Return an empty list."""

    def new_row(self, texts: list[str]) -> str:
        """Return a row that is kept and can be changed."""

    def push(self, rows: str, row: str) -> str:
        """Return the statement that appends a row."""

    def new_map(self) -> str:
        """Return an empty mapping."""

    def key(self, parts: list[tuple[str, bool]]) -> str:
        """Return a key made of values; each with whether it is a large whole number."""

    def found(self, mapping: str, key: str) -> str:
        """Return what a mapping holds of a key, null where there is nothing."""

    def put(self, mapping: str, key: str, text: str) -> str:
        """Return the statement that keeps a value under a key."""

    def values(self, mapping: str) -> str:
        """Return the values of a mapping."""

    def result(self, pairs: list[tuple[str, str]]) -> list[str]:
        """Return the lines of a row as the user gets it, keyed by columns."""

    def returned(self, lines: list[str]) -> list[str]:
        """Return the lines that give back a result."""


@dataclass
class Lines:
    """The lines of a function, its names, and the remarks that stand beside them."""

    layout: Layout
    lines: list[str] = field(default_factory=list)
    depth: int = 1
    temporaries: list[str] = field(default_factory=list)
    _used: set[str] = field(default_factory=set)

    def add(self, text: str, remarks: Iterable[str] = ()) -> None:
        """Add a line, with what is said beside it if it is one thing."""
        told = list(dict.fromkeys(remarks))
        beside = f"  {self.layout.comment(told[0])}" if len(told) == 1 else ""
        self.lines.append(f"{self.layout.indent * self.depth}{text}{beside}")

    @contextmanager
    def block(self, opening: str, remarks: Iterable[str] = (), last: bool = True) -> Iterator[None]:
        """Add a block under its opening line."""
        self.add(opening, remarks)
        self.depth += 1
        yield
        self.depth -= 1
        for line in self.layout.closed(last):
            self.add(line)

    def name(self, wanted: str) -> str:
        """Return a name that is not in use, as near to the wanted one as both languages allow."""
        plain = re.sub(r"\W", "_", wanted, flags=re.ASCII)
        plain = plain.lstrip("_")
        plain = plain if re.match(r"[A-Za-z]", plain) else f"part_{plain}"
        found, number = plain, 1
        while found.lower() in _TAKEN or found in self._used:
            number += 1
            found = f"{plain}_{number}"
        self._used.add(found)
        return found

    def temporary(self) -> str:
        """Return a name for a value that is needed twice."""
        self.temporaries.append(self.name(f"t{len(self.temporaries) + 1}"))
        return self.temporaries[-1]


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
        self._columns, self._values = columns or {}, values or {}
        self._code = Lines(layout)
        self._scopes: dict[Table, Scope] = {}
        self._kept: dict[Table, str] = {}
        self._table = shared(folded(_plainly_grouped(table)))
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
        for column, kind in table.schema.items():
            if row != "subject" and column in self._own_columns:
                scope[column] = self._one(self._single_source())[column]
                continue
            name = self._code.name(column)
            self._code.add(self._layout.let(name, self._layout.read(row, column, kind), True))
            scope[column] = Variable(name, kind, self._held[table][column])
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
        expressions = self._expressions(scope)
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
            expressions = self._expressions(scope)
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
            expressions = self._expressions(scope)
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

    def _expressions(self, scope: Scope) -> Expressions:
        return Expressions(self._layout, scope, self._code.temporary, self._values)

    def _selected(self, table: Table, scope: Scope) -> Scope:
        assert table.columns is not None
        made = {
            name: scope[node.value] if node.verb == "col" else self._column(name, node, scope)
            for name, node in table.columns.items()
        }
        held = carried(table.columns, {name: variable.held for name, variable in made.items()})
        return {name: replace(variable, held=held[name]) for name, variable in made.items()}

    def _column(self, column: str, node: Node, scope: Scope) -> Variable:
        """Add the statements that compute a column."""
        code, layout, expressions = self._code, self._layout, self._expressions(scope)
        kind: Kind = "String" if node.kind == "Null" else node.kind
        held = expressions.facts.held(node)
        if node.verb == "lit" or expressions.facts.empty(node):
            text = expressions.value(node).text
            return Variable(text, kind, held, constant=True)
        name = code.name(column)
        remark = self._columns.get(column)
        if remark:
            code.add(layout.comment(remark))
        here = Here() if node.verb == "when" else self._with_choices(node, Here(), expressions)
        simple = node.verb != "when" or len(node.parts) == 3
        said = expressions.value(node, here).text if simple else ""
        if said and (node.verb != "when" or len(f"{name}{said}") <= WIDTH):
            code.add(layout.let(name, said, True), {*expressions.met} - {remark})
        else:
            for line in layout.declared([name]):
                code.add(line)
            self._given(name, node, here, expressions, expressions.big(node))
        return Variable(name, kind, held)

    def _with_choices(self, node: Node, here: Here, expressions: Expressions) -> Here:
        """Give long choices inside a value names of their own, and return the place that knows them."""
        for part in node.parts if node.verb in STRICT else ():
            if part in here.bound or expressions.facts.empty(part):
                continue
            if part.verb != "when" or len(part.parts) == 3:
                here = self._with_choices(part, here, expressions)
                continue
            name = self._code.name("part")
            for line in self._layout.declared([name]):
                self._code.add(line)
            self._given(name, part, here, expressions, expressions.big(part))
            here = Here(here.known, {**here.bound, part: name})
        expressions.met.clear()
        return here

    def _given(
        self, name: str, node: Node, here: Here, expressions: Expressions, big: bool
    ) -> None:
        """Add the statements that give a name the value of a node: a choice as its branches."""
        code, layout = self._code, self._layout
        expressions.met.clear()
        if node.verb != "when" or node in here.bound:
            here = self._with_choices(node, here, expressions)
            said = expressions.value(node, here, big)
            code.add(layout.let(name, said.text, False), expressions.met)
            return
        word = "if"
        arms, last = arms_of(node)
        for test, value in arms:
            expressions.met.clear()
            said = expressions.holds(test, here)
            if said.text == layout.true:
                last = value
                break
            if said.text != layout.false:
                opening = layout.opened(word, said.text)
                within = here.knowing(expressions.facts.where(test, True))
                with code.block(opening, expressions.met, last=False):
                    self._given(name, value, within, expressions, big)
                word = "elif"
            here = here.knowing(expressions.facts.passed(test, here.known))
        if word == "if":
            self._given(name, last, here, expressions, big)
            return
        with code.block(layout.opened("else", "")):
            self._given(name, last, here, expressions, big)


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


def _plainly_grouped(table: Table) -> Table:
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

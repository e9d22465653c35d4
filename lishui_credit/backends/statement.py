"""A recorded query as one SELECT with named steps, in the SQL of a dialect.

Every column stands behind the name of its step: SQLite reads an unknown quoted name as a text. Every
step that computes is fenced where the dialect would otherwise copy it into its readers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from lishui_credit.backends.dialects.dialect import Dialect, unprintable
from lishui_credit.backends.expression_sql import Arms, Expressions, Names, column, commented
from lishui_credit.backends.recorder import Kind, Node, Table
from lishui_credit.backends.sharing import may_fail, shared
from lishui_credit.language import on_one_line

if TYPE_CHECKING:
    from sqlglot import exp

    from lishui_credit.backends.dialects.dialect import Sql


def printed(
    table: Table,
    dialect: Dialect,
    *,
    columns: Names | None = None,
    values: Names | None = None,
    arms: Mapping[str, Arms] | None = None,
) -> str:
    """Return a query as the text of one SELECT.

    Parameters
    ----------
    table : Table
        The query.
    dialect : Dialect
        Of the database that will run it.
    columns, values : mapping of str to str, optional
        Comments: beside a column of that name where it is computed; beside a text that is given or compared.
    arms : mapping of str to mapping of int to str, optional
        Comments beside the whole numbers that the choices of a column give, by its name.

    Raises
    ------
    CreditError
        If the dialect has no exact way for a verb or a type, or would cut a name; it is named.
    """
    query = _Query(shared(table), dialect, columns or {}, values or {}, arms or {})
    return query.text()


def headed(head: Iterable[str], query: str) -> str:
    """Return a statement under remarks, a comment each; what is empty parts them."""
    lines = (f"-- {on_one_line(line)}".rstrip() for line in head)
    return "\n".join([*lines, f"{query};\n"])


class _Query:
    """The steps of one query."""

    def __init__(
        self,
        table: Table,
        dialect: Dialect,
        columns: Names,
        values: Names,
        arms: Mapping[str, Arms],
    ) -> None:
        self._dialect = dialect
        self._columns = columns
        self._values = values
        self._arms = arms
        self._steps: dict[Table, tuple[str, exp.Query]] = {}
        self._prefix = "step_"
        while any(name.lower().startswith(self._prefix) for name in _sources(table)):
            self._prefix += "_"
        self._names: set[str] = set()
        self._last = table
        self._add(table)

    def text(self) -> str:
        """Return the query."""
        from sqlglot import exp

        name, _ = self._steps[self._last]
        shown = [
            self._named(each, self._dialect.given(column(name, each), kind))
            for each, kind in self._last.schema.items()
        ]
        query = exp.select(*shown, copy=False).from_(exp.to_table(name), copy=False)
        for step, made in self._steps.values():
            query = query.with_(step, as_=made, copy=False)
        self._nested(query)
        # sqlglot 28.0 to 30.0 lays out with blanks after a line break within a name
        pretty = not any("\n" in name for name in self._names)
        text = query.sql(dialect=self._dialect.name, pretty=pretty, copy=False)
        return self._dialect.whole(text, guarded=_guarded(self._steps))

    def _nested(self, query: exp.Query) -> None:
        """Refuse more choices inside one another than the database takes."""
        from sqlglot import exp

        kinds = (exp.Case, exp.Coalesce)
        for inner in query.find_all(*kinds) if self._dialect.deepest_choice else ():
            depth, outer = 1, inner.parent
            while outer is not None and not isinstance(outer, exp.Select):
                depth, outer = depth + isinstance(outer, kinds), outer.parent
            if depth > self._dialect.deepest_choice:
                raise unprintable(f"{depth} CASE", self._dialect)

    def _add(self, table: Table) -> None:
        if table in self._steps:
            return
        for below in table.of:
            self._add(below)
        made: Callable[[Table], exp.Query] = getattr(self, f"_{table.step}")
        query = made(table)
        self._steps[table] = f"{self._prefix}{len(self._steps) + 1}", query

    def _of(self, table: Table) -> str:
        return self._steps[table][0]

    # ---- steps --------------------------------------------------------------------------------

    def _source(self, table: Table) -> exp.Query:
        from sqlglot import exp

        made = [
            self._named(name, self._dialect.of_table(column("t", node.value), node))
            for name, node in table.sourced.items()
        ]
        source = exp.to_table(table.name, dialect=self._dialect.name).as_("t")
        return self._dialect.fenced(exp.select(*made, copy=False).from_(source, copy=False))

    def _select(self, table: Table) -> exp.Query:
        step = self._computed(table)
        assert table.columns is not None
        computes = any(node.verb != "col" for node in table.columns.values())
        return self._dialect.fenced(step) if computes else step

    def _group(self, table: Table) -> exp.Query:
        of = self._of(table.of[0])
        keys = [column(of, key) for key in table.keys]
        return self._computed(table).group_by(*keys, copy=False)

    def _computed(self, table: Table) -> exp.Select:
        from sqlglot import exp

        assert table.columns is not None
        of = self._of(table.of[0])
        made = [
            self._named(name, self._expressions(of, name).of(node))
            for name, node in table.columns.items()
        ]
        return exp.select(*made, copy=False).from_(exp.to_table(of), copy=False)

    def _filter(self, table: Table) -> exp.Query:
        from sqlglot import exp

        assert table.test is not None
        of = self._of(table.of[0])
        test = self._expressions(of).test(table.test)
        kept = [column(of, name) for name in table.schema]
        return exp.select(*kept, copy=False).from_(exp.to_table(of), copy=False).where(test)

    def _union(self, table: Table) -> exp.Query:
        from sqlglot import exp

        parts: list[exp.Query] = []
        for below in table.of:
            of = self._of(below)
            kept = [column(of, name) for name in table.schema]
            parts.append(exp.select(*kept, copy=False).from_(exp.to_table(of), copy=False))
        first, *rest = parts
        for part in rest:
            first = exp.union(first, part, distinct=False, copy=False)
        return first

    def _join(self, table: Table) -> exp.Query:
        from sqlglot import exp

        left, right = table.of
        one, other = self._of(left), self._of(right)
        kept = [column(one, name) for name in left.schema if name not in right.schema]
        kept += [column(one, key) for key in table.keys]
        kept += [column(other, name) for name in right.schema if name not in table.keys]
        tests = [self._same(one, other, key, left.schema[key]) for key in table.keys]
        query = exp.select(*kept, copy=False).from_(exp.to_table(one), copy=False)
        return query.join(exp.to_table(other), on=exp.and_(*tests), join_type="left", copy=False)

    def _same(self, one: str, other: str, key: str, kind: Kind) -> Sql:
        from sqlglot import exp

        left, right = (self._dialect.exact(column(of, key), kind) for of in (one, other))
        return exp.EQ(this=left, expression=right)

    def _expressions(self, of: str, name: str = "") -> Expressions:
        return Expressions(self._dialect, of, self._values, self._arms.get(name))

    def _named(self, name: str, made: Sql) -> Sql:
        from sqlglot import exp

        self._names.add(name)
        if self._dialect.wrong_name(name):
            raise unprintable(name, self._dialect)
        if isinstance(made, exp.Column) and made.name == name:
            return made
        found = exp.alias_(made, name, quoted=True, copy=False)
        return commented(found, self._columns[name]) if name in self._columns else found


def _guarded(tables: Iterable[Table]) -> bool:
    """Tell whether a choice of some step keeps what may fail from being computed."""
    left: list[Node] = [node for table in tables for node in (table.columns or {}).values()]
    seen: set[Node] = set()
    while left:
        node = left.pop()
        if may_fail(node):
            return True
        left += [part for part in node.parts if part not in seen]
        seen.update(node.parts)
    return False


def _sources(table: Table) -> set[str]:
    """Return the tables of the user that a query reads."""
    return set().union({table.name} if table.step == "source" else (), *map(_sources, table.of))

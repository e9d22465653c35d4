"""A recorded query as one SELECT with named steps, in the SQL of a dialect.

Every column stands behind the name of its step: SQLite reads an unknown quoted name as a text. Every
step that computes is fenced where the dialect would otherwise copy it into its readers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from lishui_credit.backends.dialects.dialect import Dialect, unprintable
from lishui_credit.backends.recorder import WHOLE, Kind, Node, Table
from lishui_credit.backends.sharing import shared

if TYPE_CHECKING:
    from sqlglot import exp

    from lishui_credit.backends.dialects.dialect import Sql

Names = Mapping[str, str]

_BINARY: Final = {
    "add": "Add",
    "sub": "Sub",
    "mul": "Mul",
    "eq": "EQ",
    "lt": "LT",
    "le": "LTE",
    "gt": "GT",
    "ge": "GTE",
    "and": "And",
    "or": "Or",
}
"""Verbs of two parts, and the class of sqlglot that says each."""
COMPARISONS: Final = ("eq", "lt", "le", "gt", "ge")
_CHAINS: Final = ("and", "or", "add")  # a AND b AND c needs no parentheses


def printed(
    table: Table,
    dialect: Dialect,
    *,
    columns: Names | None = None,
    values: Names | None = None,
) -> str:
    """Return a query as the text of one SELECT.

    Parameters
    ----------
    table : Table
        The query.
    dialect : Dialect
        Of the database that will run it.
    columns, values : mapping of str to str, optional
        Comments: beside a column of that name where it is computed; beside a text that a choice gives.

    Raises
    ------
    CreditError
        If the dialect has no exact way for a verb or a type, or would cut a name; it is named.
    """
    query = _Query(shared(table), dialect, columns or {}, values or {})
    return query.text()


class _Query:
    """The steps of one query."""

    def __init__(self, table: Table, dialect: Dialect, columns: Names, values: Names) -> None:
        self._dialect = dialect
        self._columns = columns
        self._values = values
        self._steps: dict[Table, tuple[str, exp.Query]] = {}
        self._prefix = "step_"
        while any(name.lower().startswith(self._prefix) for name in _sources(table)):
            self._prefix += "_"
        self._last = table
        self._add(table)

    def text(self) -> str:
        """Return the query."""
        from sqlglot import exp

        name, _ = self._steps[self._last]
        shown = [
            self._named(column, self._dialect.given(_column(name, column), kind))
            for column, kind in self._last.schema.items()
        ]
        query = exp.select(*shown, copy=False).from_(exp.to_table(name), copy=False)
        for step, made in self._steps.values():
            query = query.with_(step, as_=made, copy=False)
        return self._dialect.whole(query.sql(dialect=self._dialect.name, pretty=True))

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
            self._named(name, self._dialect.taken(_column("t", name), kind))
            for name, kind in table.schema.items()
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
        keys = [_column(of, key) for key in table.keys]
        return self._computed(table).group_by(*keys, copy=False)

    def _computed(self, table: Table) -> exp.Select:
        from sqlglot import exp

        assert table.columns is not None
        of = self._of(table.of[0])
        expressions = _Expressions(self._dialect, of, self._values)
        made = [self._named(name, expressions.of(node)) for name, node in table.columns.items()]
        return exp.select(*made, copy=False).from_(exp.to_table(of), copy=False)

    def _filter(self, table: Table) -> exp.Query:
        from sqlglot import exp

        assert table.test is not None
        of = self._of(table.of[0])
        test = _Expressions(self._dialect, of, self._values).of(table.test)
        kept = [_column(of, name) for name in table.schema]
        return exp.select(*kept, copy=False).from_(exp.to_table(of), copy=False).where(test)

    def _union(self, table: Table) -> exp.Query:
        from sqlglot import exp

        parts: list[exp.Query] = []
        for below in table.of:
            of = self._of(below)
            kept = [_column(of, name) for name in table.schema]
            parts.append(exp.select(*kept, copy=False).from_(exp.to_table(of), copy=False))
        first, *rest = parts
        for part in rest:
            first = exp.union(first, part, distinct=False, copy=False)
        return first

    def _join(self, table: Table) -> exp.Query:
        from sqlglot import exp

        left, right = table.of
        one, other = self._of(left), self._of(right)
        kept = [_column(one, name) for name in left.schema if name not in right.schema]
        kept += [_column(one, key) for key in table.keys]
        kept += [_column(other, name) for name in right.schema if name not in table.keys]
        tests = [exp.EQ(this=_column(one, k), expression=_column(other, k)) for k in table.keys]
        query = exp.select(*kept, copy=False).from_(exp.to_table(one), copy=False)
        return query.join(exp.to_table(other), on=exp.and_(*tests), join_type="left", copy=False)

    def _named(self, name: str, made: Sql) -> Sql:
        from sqlglot import exp

        if len(name.encode()) > self._dialect.longest_name:
            raise unprintable(name, self._dialect)
        if isinstance(made, exp.Column) and made.name == name:
            return made
        column = exp.alias_(made, name, quoted=True, copy=False)
        if name in self._columns:
            column.add_comments([_comment(self._columns[name])])
        return column


class _Expressions:
    """The expressions of one step, whose columns are those of the step before."""

    def __init__(self, dialect: Dialect, of: str, values: Names) -> None:
        self._dialect = dialect
        self._table = of
        self._values = values

    def of(self, node: Node) -> Sql:
        """Return a node; CreditError where the dialect has no exact way for its verb."""
        verb = "binary" if node.verb in _BINARY else node.verb
        made: Callable[[Node], Sql] | None = getattr(self, f"_{verb}", None)
        if made is None or node.kind == "Float64":
            raise unprintable(f"{node.verb} {node.kind}", self._dialect)
        return made(node)

    def _parts(self, node: Node) -> list[Sql]:
        return [_closed(self.of(part)) for part in node.parts]

    def _col(self, node: Node) -> Sql:
        return _column(self._table, node.value)

    def _lit(self, node: Node) -> Sql:
        from sqlglot import exp

        value: Any = node.value
        if value is None:
            kind: Kind = "String" if node.kind == "Null" else node.kind
            return self._dialect.cast(exp.null(), kind)
        if isinstance(value, bool):
            return exp.true() if value else exp.false()
        if isinstance(value, int):
            number = exp.Literal.number(abs(value))
            return number if value >= 0 else exp.Paren(this=exp.Neg(this=number))
        return self._dialect.day(value) if isinstance(value, date) else exp.Literal.string(value)

    def _binary(self, node: Node) -> Sql:
        from sqlglot import exp

        kind: type[exp.Binary] = getattr(exp, _BINARY[node.verb])
        left, right = (self.of(part) for part in node.parts)
        if node.verb in COMPARISONS:
            left, right = (
                self._dialect.exact(made, part.kind)
                for made, part in zip((left, right), node.parts, strict=True)
            )
        chained = node.verb in _CHAINS and isinstance(left, kind)
        return kind(this=left if chained else _closed(left), expression=_closed(right))

    def _neg(self, node: Node) -> Sql:
        from sqlglot import exp

        return exp.Neg(this=self._parts(node)[0])

    def _not(self, node: Node) -> Sql:
        from sqlglot import exp

        return exp.Not(this=self._parts(node)[0])

    def _is_null(self, node: Node) -> Sql:
        from sqlglot import exp

        return exp.Is(this=self._parts(node)[0], expression=exp.null())

    def _is_in(self, node: Node) -> Sql:
        from sqlglot import exp

        if not all(isinstance(value, str) for value in node.value):
            raise unprintable("is_in of numbers", self._dialect)
        listed = [self._said(exp.Literal.string(value)) for value in node.value]
        return exp.In(this=self._parts(node)[0], expressions=listed)

    def _coalesce(self, node: Node) -> Sql:
        from sqlglot import exp

        first, *rest = (self.of(part) for part in node.parts)
        return exp.Coalesce(this=first, expressions=rest)

    def _cast(self, node: Node) -> Sql:
        before = node.parts[0].kind
        if before == node.kind:
            return self.of(node.parts[0])
        if before not in WHOLE or node.kind not in WHOLE:
            raise unprintable(f"cast {before} {node.kind}", self._dialect)
        made = self._dialect.exact(self.of(node.parts[0]), before)
        return self._dialect.cast(made, node.kind)

    def _when(self, node: Node) -> Sql:
        from sqlglot import exp

        *arms, last = node.parts
        results = [*arms[1::2], last]
        bare = any(_null(result) != _null(last) for result in results)  # another tells the type

        def given(part: Node) -> Sql:
            return exp.null() if bare and _null(part) else self._said(self.of(part))

        case = exp.Case()
        for test, value in zip(arms[::2], arms[1::2], strict=True):
            case = case.when(self.of(test), given(value), copy=False)
        whole: Sql = case.else_(given(last), copy=False)
        return whole

    def _said(self, made: Sql) -> Sql:
        """Return a text with what it stands for beside it."""
        if made.is_string and made.name in self._values:
            made.add_comments([_comment(self._values[made.name])])
        return made

    def _floordiv(self, node: Node) -> Sql:
        """Return the quotient rounded down, for a divisor above 0: one less where a rest is below 0."""
        from sqlglot import exp

        number = exp.Literal.number
        top, down = self._parts(node)
        rest = exp.Mod(this=top.copy(), expression=down.copy())
        below = exp.LT(this=rest, expression=number(0))
        less = exp.Case().when(below, number(1)).else_(number(0))
        whole = self._dialect.quotient(top, down, node.kind)
        return exp.Sub(this=_closed(whole), expression=less)

    def _year(self, node: Node) -> Sql:
        return self._dialect.part(node.verb, self.of(node.parts[0]))

    _month = _day = _year

    def _days(self, node: Node) -> Sql:
        return self._dialect.days(self.of(node.parts[0]))

    def _max(self, node: Node) -> Sql:
        from sqlglot import exp

        return exp.Max(this=self.of(node.parts[0]))

    def _sum(self, node: Node) -> Sql:
        """Return a sum in 64 bits, which engines widen."""
        from sqlglot import exp

        return self._dialect.cast(exp.Sum(this=self.of(node.parts[0])), "Int64")


def _sources(table: Table) -> set[str]:
    """Return the tables of the user that a query reads."""
    return set().union({table.name} if table.step == "source" else (), *map(_sources, table.of))


def _column(table: str, name: str) -> exp.Column:
    from sqlglot import exp

    return exp.column(name, table=table, quoted=True)


def _null(node: Node) -> bool:
    return node.verb == "lit" and node.value is None


def _closed(made: Sql) -> Sql:
    """Return an expression in parentheses unless it is closed by itself."""
    # And and Or are functions to sqlglot: closed is what is listed here, nothing else.
    from sqlglot import exp

    atoms = (exp.Column, exp.Literal, exp.Null, exp.Boolean, exp.Case, exp.Cast, exp.Coalesce)
    closed = (*atoms, exp.Extract, exp.Paren, exp.Anonymous, exp.Max, exp.Sum)
    return made if isinstance(made, closed) else exp.Paren(this=made)


def _comment(text: str) -> str:
    """Return a text that cannot end the comment it stands in."""
    return " ".join(text.replace("*/", "* /").replace("/*", "/ *").split())

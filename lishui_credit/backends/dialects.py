"""What each database needs to give the same integers, texts and days: one class a dialect.

The tests run the text of every dialect here in its database and compare it with polars; MySQL's is
run in MariaDB. Traps that are met here and nowhere else:

- quotients of integers truncate in all of them, and ``/`` is no integer quotient in some;
- integers past 64 bits become doubles in SQLite without a word: there the statement stops;
- MySQL's default collations fold case, accents and trailing blanks: texts are bytes inside;
- PostgreSQL, SQLite and MySQL copy the expressions of a step into its readers, again and again,
  unless the step is fenced;
- a date less a date is a number, an interval or nonsense: each has its own way.

References
----------
PostgreSQL 15, 9.3, 9.9 and 24.2; SQLite, "Datatypes In SQLite" and "The query optimizer overview";
MariaDB, "CAST", "DIV" and "Character sets and collations"; DuckDB, "Date functions".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from lishui_credit.backends.recorder import Kind
from lishui_credit.errors import CreditError
from lishui_credit.language import tr

if TYPE_CHECKING:
    from sqlglot import exp

    Sql: TypeAlias = exp.Expr

EPOCH: Final = date(1970, 1, 1)
_LAST: Final = 2**63 - 1  # rows: a limit that takes them all is still a fence


class Dialect:
    """What PostgreSQL and DuckDB have in common, and the other classes change."""

    name = ""  # as sqlglot calls it
    title = ""
    longest_name = 10_000  # bytes of an identifier
    types: ClassVar[dict[Kind, str]] = {
        "Boolean": "BOOLEAN",
        "Date": "DATE",
        "Int16": "SMALLINT",
        "Int32": "INT",
        "Int64": "BIGINT",
        "Int128": "DECIMAL(38, 0)",
        "String": "TEXT",
    }

    def contract(self) -> list[str]:
        """Return what a user's table and connection must be, beyond the types of the columns."""
        told = tr(
            'texts are compared as COLLATE "C", whatever the collation of the column',
            '文本按 COLLATE "C" 比较,与列的排序规则无关',
        )
        return [told]

    def type(self, kind: Kind) -> str:
        """Return what a column of a kind is declared as, for people."""
        return self.types[kind].lower()

    def cast(self, made: Sql, kind: Kind) -> Sql:
        """Return a value in the type of a kind."""
        from sqlglot import exp

        if kind not in self.types:
            raise unprintable(f"cast {kind}", self)
        return exp.Cast(this=made, to=exp.DataType.build(self.types[kind], dialect=self.name))

    def taken(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column of the user's table as the query computes with it; a text by its bytes."""
        from sqlglot import exp

        made = self.cast(cell, kind)
        if kind != "String":
            return made
        return exp.Collate(this=made, expression=exp.column("C", quoted=True))

    def given(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column of the result as the user is given it."""
        return cell

    def day(self, day: date) -> Sql:
        """Return a constant day."""
        from sqlglot import exp

        return self.cast(exp.Literal.string(day.isoformat()), "Date")

    def part(self, unit: str, day: Sql) -> Sql:
        """Return the year, month or day of the month of a date."""
        from sqlglot import exp

        return self.cast(exp.Extract(this=exp.var(unit.upper()), expression=day), "Int32")

    def days(self, day: Sql) -> Sql:
        """Return the days from 1970-01-01 to a date."""
        from sqlglot import exp

        return self.cast(exp.Paren(this=exp.Sub(this=day, expression=self.day(EPOCH))), "Int64")

    def quotient(self, top: Sql, down: Sql, kind: Kind) -> Sql:
        """Return the integer quotient of two closed expressions, cut off towards zero."""
        from sqlglot import exp

        return exp.IntDiv(this=top, expression=down)

    def exact(self, made: Sql, kind: Kind) -> Sql:
        """Return an operand of a comparison, guarded where it may not be the integer it stands for."""
        return made

    def fenced(self, step: exp.Select) -> exp.Select:
        """Return a step whose expressions are not copied into the steps that read it."""
        return step


class DuckDB(Dialect):
    """DuckDB: no fence is needed, 128 bits are its own."""

    name = "duckdb"
    title = "DuckDB"
    types = Dialect.types | {"Int128": "HUGEINT"}


class Postgres(Dialect):
    """PostgreSQL."""

    name = "postgres"
    title = "PostgreSQL"
    longest_name = 63

    def quotient(self, top: Sql, down: Sql, kind: Kind) -> Sql:
        """Return the quotient; numerics have DIV for it, integers ``/``."""
        from sqlglot import exp

        if kind == "Int128":
            return exp.Anonymous(this="DIV", expressions=[top, down])
        return exp.Div(this=top, expression=down, typed=True)

    def fenced(self, step: exp.Select) -> exp.Select:
        """Return a step behind ``OFFSET 0``: half the time of MATERIALIZED, or less."""
        return step.offset(0, copy=False)


class SQLite(Dialect):
    """SQLite: no types but what is checked, days as texts, no integers past 64 bits."""

    name = "sqlite"
    title = "SQLite"
    types = Dialect.types | {
        "Boolean": "INTEGER",
        "Date": "TEXT",
        "Int16": "INTEGER",
        "Int32": "INTEGER",
        "Int64": "INTEGER",
        "Int128": "INTEGER",
    }

    def contract(self) -> list[str]:
        """Return that anything else than what the columns must hold stops the statement."""
        told = tr(
            "a cell of another type, a date not written YYYY-MM-DD, and a product past 64 bits"
            " stop the statement: integer overflow",
            "单元格类型不符、日期不是 YYYY-MM-DD、乘积超出 64 位时,语句报错中止:integer overflow",
        )
        return [told]

    def type(self, kind: Kind) -> str:
        """Return the storage and what it holds."""
        held = {"Boolean": "integer 0, 1", "Date": "text YYYY-MM-DD"}
        return held.get(kind, super().type(kind))

    def taken(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column if it holds what its kind says; a text compared by bytes."""
        from sqlglot import exp

        if kind == "Boolean":
            number = exp.Literal.number
            holds: Sql = exp.In(this=cell, expressions=[number(0), number(1)])
        elif kind == "Date":  # DATE alone passes on a 30 February
            day = exp.Anonymous(this="JULIANDAY", expressions=[cell])
            holds = exp.EQ(this=cell, expression=exp.Anonymous(this="DATE", expressions=[day]))
        else:
            holds = _stored(cell, "text" if kind == "String" else "integer")
        if kind == "String":
            cell = exp.Collate(this=cell.copy(), expression=exp.var("BINARY"))
        null = exp.Is(this=cell.copy(), expression=exp.null())
        stop = self._stop(exp.Not(this=null.copy()))
        return exp.Case().when(null, exp.null()).when(holds, cell).else_(stop)

    def _stop(self, test: Sql) -> Sql:
        """Return a number, or an error where a test holds."""
        # No function of SQLite raises an error outside a trigger, but ABS of the least integer does.
        from sqlglot import exp

        least = exp.Neg(this=exp.Literal.number(_LAST))
        less = exp.Sub(this=least, expression=exp.Paren(this=test))
        return exp.Anonymous(this="ABS", expressions=[less])

    def day(self, day: date) -> Sql:
        """Return a constant day, a text."""
        from sqlglot import exp

        return exp.Literal.string(day.isoformat())

    def part(self, unit: str, day: Sql) -> Sql:
        """Return the digits of a part of the date."""
        from sqlglot import exp

        start, length = {"year": (1, 4), "month": (6, 2), "day": (9, 2)}[unit]
        digits = [exp.Literal.number(place) for place in (start, length)]
        return self.cast(exp.Anonymous(this="SUBSTR", expressions=[day, *digits]), "Int32")

    def days(self, day: Sql) -> Sql:
        """Return the days of the Julian calendar count, which begins them at noon."""
        from sqlglot import exp

        count = exp.Anonymous(this="JULIANDAY", expressions=[day])
        since = exp.Sub(this=count, expression=exp.Literal.number("2440587.5"))
        return self.cast(exp.Paren(this=since), "Int64")

    def quotient(self, top: Sql, down: Sql, kind: Kind) -> Sql:
        """Return the quotient; ``/`` of integers."""
        from sqlglot import exp

        return exp.Div(this=top, expression=down, typed=True)

    def exact(self, made: Sql, kind: Kind) -> Sql:
        """Return what may have passed 64 bits only if it has not: doubles spread through sums."""
        from sqlglot import exp

        if kind != "Int128":
            return made
        nothing = exp.Mul(this=exp.Literal.number(0), expression=self._stop(_stored(made, "real")))
        return exp.Paren(this=exp.Add(this=exp.Paren(this=made), expression=nothing))

    def fenced(self, step: exp.Select) -> exp.Select:
        """Return a step behind a limit no table reaches."""
        return step.limit(_LAST, copy=False)


class MySQL(Dialect):
    """MySQL and MariaDB: texts are bytes inside, because every collation of theirs pads or folds."""

    name = "mysql"
    title = "MySQL, MariaDB"
    longest_name = 64
    types = Dialect.types | {
        "Boolean": "SIGNED",
        "Int16": "SIGNED",
        "Int32": "SIGNED",
        "Int64": "SIGNED",
        "String": "BINARY",
    }

    def contract(self) -> list[str]:
        """Return what the connection must be, and that texts are compared by bytes."""
        told = tr(
            "the connection must be utf8mb4 (SET NAMES utf8mb4); texts are compared by their bytes,"
            " whatever the collation of the column",
            "连接须为 utf8mb4(SET NAMES utf8mb4);文本按字节比较,与列的排序规则无关",
        )
        return [told]

    def type(self, kind: Kind) -> str:
        """Return what a column is declared as, which CAST calls otherwise."""
        held = {"Boolean": "boolean", "Int64": "bigint", "String": "varchar, utf8mb4"}
        return held.get(kind, super().type(kind))

    def taken(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column; a text as its bytes in UTF-8."""
        return self.cast(self._text(cell) if kind == "String" else cell, kind)

    def given(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column; a text as a text again."""
        return self._text(cell) if kind == "String" else cell

    def _text(self, cell: Sql) -> Sql:
        from sqlglot import exp

        # Releases of sqlglot differ in how they write a character set.
        using = exp.var(f"{cell.sql(self.name)} USING utf8mb4")
        return exp.Anonymous(this="CONVERT", expressions=[using])

    def part(self, unit: str, day: Sql) -> Sql:
        """Return the part, an integer."""
        from sqlglot import exp

        return exp.Extract(this=exp.var(unit.upper()), expression=day)

    def quotient(self, top: Sql, down: Sql, kind: Kind) -> Sql:
        """Return the quotient of the nearest multiple, which ``/`` gives exactly."""
        # DIV would do, but only recent releases of sqlglot write it: others round a decimal.
        from sqlglot import exp

        rest = exp.Mod(this=top.copy(), expression=down.copy())
        multiple = exp.Paren(this=exp.Sub(this=top, expression=exp.Paren(this=rest)))
        return self.cast(exp.Div(this=multiple, expression=down, safe=True), kind)

    def days(self, day: Sql) -> Sql:
        """Return DATEDIFF: a date less a date subtracts their digits."""
        from sqlglot import exp

        return exp.Anonymous(this="DATEDIFF", expressions=[day, self.day(EPOCH)])

    def fenced(self, step: exp.Select) -> exp.Select:
        """Return a step behind a limit no table reaches."""
        return step.limit(_LAST, copy=False)


def _stored(cell: Sql, name: str) -> Sql:
    """Return the test that SQLite stores a value as a type."""
    from sqlglot import exp

    stored = exp.Anonymous(this="TYPEOF", expressions=[cell.copy()])
    return exp.EQ(this=stored, expression=exp.Literal.string(name))


DIALECTS: Final[dict[str, Callable[[], Dialect]]] = {
    "duckdb": DuckDB,
    "sqlite": SQLite,
    "postgres": Postgres,
    "mysql": MySQL,
    "mariadb": MySQL,
}
"""Dialects by the name a user gives; all of them are run in the tests."""


def dialect_of(name: str) -> Dialect:
    """Return a dialect by name; CreditError for one that there is not, or without sqlglot."""
    if find_spec("sqlglot") is None:
        what = tr("SQL needs sqlglot", "输出 SQL 需要 sqlglot")
        raise CreditError(what, hint="pip install 'lishui-credit[sql]'")
    if name not in DIALECTS:
        what = tr("no such SQL dialect", "没有该 SQL 方言")
        raise CreditError(what, name, tr("known: ", "现有:") + ", ".join(DIALECTS))
    return DIALECTS[name]()


def unprintable(verb: str, dialect: Dialect) -> CreditError:
    """Return the error for a verb that a dialect has no exact way for."""
    return CreditError(
        tr(
            f"{dialect.title} has no exact way to say part of this",
            f"{dialect.title} 无法精确表达其中一步",
        ),
        verb,
        tr("export it for another dialect", "请导出为其他方言"),
    )

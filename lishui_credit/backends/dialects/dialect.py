"""What every dialect must say, as DuckDB and PostgreSQL say it; the other classes change it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from lishui_credit.backends.recorder import Kind
from lishui_credit.errors import CreditError
from lishui_credit.language import tr

if TYPE_CHECKING:
    from sqlglot import exp

    Sql: TypeAlias = exp.Expr

EPOCH: Final = date(1970, 1, 1)
LAST: Final = 2**63 - 1
"""Rows: a limit that takes them all is still a fence."""


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

    def whole(self, statement: str) -> str:
        """Return a statement with what the database must be told of all of it."""
        return statement


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

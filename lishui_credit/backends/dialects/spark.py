"""Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lishui_credit.backends.dialects.dialect import Dialect
from lishui_credit.backends.recorder import Kind
from lishui_credit.language import tr

if TYPE_CHECKING:
    from lishui_credit.backends.dialects.dialect import Sql


class Spark(Dialect):
    """Spark 4 with ANSI on, its default: what overflows stops the statement."""

    name = "spark"
    title = "Spark"
    types = Dialect.types | {"String": "STRING"}

    def contract(self) -> list[str]:
        """Return what the session must be, and that texts are compared by bytes."""
        told = tr(
            "spark.sql.ansi.enabled must be true and spark.sql.parser.escapedStringLiterals false, as"
            " Spark 4 has them; texts are compared as COLLATE UTF8_BINARY",
            "spark.sql.ansi.enabled 须为 true,spark.sql.parser.escapedStringLiterals 须为 false"
            "(Spark 4 的缺省值);文本按 COLLATE UTF8_BINARY 比较",
        )
        return [told]

    def taken(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column as the query computes with it; a text by its bytes."""
        from sqlglot import exp

        made = self.cast(cell, kind)
        if kind != "String":
            return made
        return exp.Collate(this=made, expression=exp.var("UTF8_BINARY"))

    def cut(self, cell: Sql) -> Sql:
        """Return the whole number: CAST cuts off."""
        return self.cast(cell, "Int64")

    def days(self, day: Sql) -> Sql:
        """Return the days since 1970-01-01, which a date is counted in."""
        from sqlglot import exp

        return self.cast(exp.Anonymous(this="UNIX_DATE", expressions=[day]), "Int64")

    def quotient(self, top: Sql, down: Sql, kind: Kind) -> Sql:
        """Return the quotient; past 64 bits that of the nearest multiple, for DIV gives a BIGINT."""
        from sqlglot import exp

        if kind != "Int128":
            return exp.IntDiv(this=top, expression=down)
        rest = exp.Mod(this=top.copy(), expression=down.copy())
        multiple = exp.Paren(this=exp.Sub(this=top, expression=exp.Paren(this=rest)))
        return self.cast(exp.Div(this=multiple, expression=down), kind)

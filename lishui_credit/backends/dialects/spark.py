"""Spark, Databricks and Hive.

References
----------
Apache Spark, SQL reference: "ANSI compliance", "Collation", TRY_CAST, UNIX_DATE, DIV.
Databricks, SQL language reference: the same, "Names" (255 characters).
Apache Hive, Language manual: "Types" (DECIMAL of 38 digits; a cast that fails is null), "Operators and UDFs"
(DIV, DATEDIFF, YEAR); columns have no dot and no colon in their names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lishui_credit.backends.dialects.dialect import (
    EPOCH,
    Dialect,
    of_multiple,
    pattern,
    place_by_instr,
)
from lishui_credit.backends.recorder import Kind
from lishui_credit.language import tr

if TYPE_CHECKING:
    from lishui_credit.backends.dialects.dialect import Sql

SPARK_SETTINGS: Final = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.parser.escapedStringLiterals": "false",
}
"""What a printed statement needs of a session of Spark."""


class Spark(Dialect):
    """Spark 4 with ANSI on, its default: what overflows stops the statement."""

    name = "spark"
    title = "Spark"
    misreads = True
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

    def read(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column of any type; what is no number does not stop the statement."""
        if kind != "Float64":
            return self.taken(cell, kind)
        return pattern("TRY_CAST(x AS DOUBLE)", self, cell)

    def unread(self, cell: Sql) -> Sql:
        """Return the test for a value of which TRY_CAST makes nothing."""
        return pattern("NOT x IS NULL AND TRY_CAST(x AS DOUBLE) IS NULL", self, cell)

    def nan(self, cell: Sql) -> Sql:
        """Return the test: a NaN equals itself here; ISNAN is false of null."""
        return pattern("x = CAST('NaN' AS DOUBLE)", self, cell)

    def days(self, day: Sql) -> Sql:
        """Return the days since 1970-01-01, which a date is counted in."""
        from sqlglot import exp

        return self.cast(exp.Anonymous(this="UNIX_DATE", expressions=[day]), "Int64")

    def quotient(self, top: Sql, down: Sql, kind: Kind) -> Sql:
        """Return the quotient; past 64 bits that of the nearest multiple, for DIV gives a BIGINT."""
        from sqlglot import exp

        if kind != "Int128":
            return exp.IntDiv(this=top, expression=down)
        return self.cast(of_multiple(top, down), kind)

    def matches(self, text: Sql, regex: str) -> Sql:
        """Return whether a regular expression is found in a text."""
        from sqlglot import exp

        return exp.Anonymous(this="REGEXP_LIKE", expressions=[text, exp.Literal.string(regex)])

    def place(self, text: Sql, nth: int, alphabet: str) -> Sql:
        """Return the place of a text's nth character in an alphabet."""
        return place_by_instr(text, nth, alphabet)


class Databricks(Spark):
    """Databricks, which says all of it as Spark does."""

    name = "databricks"
    title = "Databricks"
    runs_here = False
    longest_name = 255


class Hive(Spark):
    """Hive: a cast that fails is null, texts have no collation."""

    name = "hive"
    title = "Hive"
    runs_here = False
    forbidden = ".:"

    def contract(self) -> list[str]:
        """Return how texts are compared."""
        return [tr("texts are compared by their bytes", "文本按字节比较")]

    def taken(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column in its type."""
        return self.cast(cell, kind)

    def read(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column in its type."""
        return self.cast(cell, kind)

    def unread(self, cell: Sql) -> Sql:
        """Return the test for a value of which CAST makes nothing."""
        return pattern("NOT x IS NULL AND CAST(x AS DOUBLE) IS NULL", self, cell)

    def part(self, unit: str, day: Sql) -> Sql:
        """Return the part by its function."""
        from sqlglot import exp

        return exp.Anonymous(this=unit.upper(), expressions=[day])

    def days(self, day: Sql) -> Sql:
        """Return the days by DATEDIFF."""
        from sqlglot import exp

        return self.cast(
            exp.Anonymous(this="DATEDIFF", expressions=[day, self.day(EPOCH)]), "Int64"
        )

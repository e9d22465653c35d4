"""Snowflake and BigQuery.

References
----------
Snowflake documentation: Numeric data types (NUMBER of 38 digits; division keeps few decimals), COLLATE,
DATEDIFF, Special values of FLOAT, Identifier requirements (255 characters).
Google Cloud, GoogleSQL for BigQuery: Data types (INT64, BIGNUMERIC), Mathematical functions (DIV, MOD, IS_NAN),
Date functions (UNIX_DATE, EXTRACT), Collation, Lexical structure (names of columns: 300 characters).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lishui_credit.backends.dialects.dialect import EPOCH, Dialect, of_multiple, pattern
from lishui_credit.backends.recorder import Kind
from lishui_credit.language import tr

if TYPE_CHECKING:
    from lishui_credit.backends.dialects.dialect import Sql

_SIGNS_OF_BIGQUERY: Final = '!"$()*,./;?@[\\]^`{}~'


class Snowflake(Dialect):
    """Snowflake: whole numbers are decimals of 38 digits."""

    name = "snowflake"
    title = "Snowflake"
    runs_here = False
    longest_name = 255
    exact_names = True
    types = Dialect.types | {"String": "VARCHAR"}

    def contract(self) -> list[str]:
        """Return how texts are compared."""
        return [tr("texts are compared as collation utf8", "文本按排序规则 utf8 比较")]

    def taken(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column; a text by its bytes."""
        made = self.cast(cell, kind)
        return pattern("COLLATE(x, 'utf8')", self, made) if kind == "String" else made

    def nan(self, cell: Sql) -> Sql:
        """Return the test: a NaN equals itself here."""
        return pattern("x = CAST('NaN' AS DOUBLE)", self, cell)

    def days(self, day: Sql) -> Sql:
        """Return the days by DATEDIFF."""
        from sqlglot import exp

        return exp.Anonymous(this="DATEDIFF", expressions=[exp.var("DAY"), self.day(EPOCH), day])

    def quotient(self, top: Sql, down: Sql, kind: Kind) -> Sql:
        """Return the quotient of the nearest multiple: ``/`` rounds to a few decimals."""
        return self.cast(of_multiple(top, down), kind)


class BigQuery(Dialect):
    """BigQuery: one type of whole numbers, and a decimal beyond it."""

    name = "bigquery"
    title = "BigQuery"
    runs_here = False
    longest_name = 300
    forbidden = _SIGNS_OF_BIGQUERY
    types = Dialect.types | {
        "Boolean": "BOOL",
        "Float64": "FLOAT64",
        "Int16": "INT64",
        "Int32": "INT64",
        "Int64": "INT64",
        "Int128": "BIGNUMERIC",
        "String": "STRING",
    }

    def contract(self) -> list[str]:
        """Return how texts are compared."""
        return [
            tr(
                "texts are compared without a collation, by their bytes",
                "文本不用排序规则,按字节比较",
            )
        ]

    def taken(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column; a text by its bytes."""
        made = self.cast(cell, kind)
        return pattern("COLLATE(x, '')", self, made) if kind == "String" else made

    def nan(self, cell: Sql) -> Sql:
        """Return the test by its function."""
        return pattern("IS_NAN(x)", self, cell)

    def days(self, day: Sql) -> Sql:
        """Return the days since 1970-01-01 by their function."""
        from sqlglot import exp

        return exp.Anonymous(this="UNIX_DATE", expressions=[day])

    def quotient(self, top: Sql, down: Sql, kind: Kind) -> Sql:
        """Return the quotient by its function."""
        from sqlglot import exp

        return exp.Anonymous(this="DIV", expressions=[top, down])

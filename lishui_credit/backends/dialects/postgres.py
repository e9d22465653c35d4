"""PostgreSQL, and GaussDB and openGauss, which grew from it.

References
----------
PostgreSQL 15, 9.3, 9.9 and 24.2.
openGauss documentation, "CREATE DATABASE" (DBCOMPATIBILITY: under A, the default, an empty text is a null),
"Numeric functions and operators" (``/`` of whole numbers may be a fraction, div() is not), "Date/time types" (DATE
holds a time of day under A), "Formatting functions" (to_char with J, the Julian day).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lishui_credit.backends.dialects.dialect import Dialect, joined_if_known, pattern
from lishui_credit.backends.recorder import Kind
from lishui_credit.language import tr

if TYPE_CHECKING:
    from sqlglot import exp

    from lishui_credit.backends.dialects.dialect import Sql

_JULIAN_EPOCH: Final = 2440588
"""Julian day of 1970-01-01."""


class Postgres(Dialect):
    """PostgreSQL."""

    name = "postgres"
    title = "PostgreSQL"
    longest_name = 63
    name_in_bytes = True
    exact_names = True
    types = Dialect.types | {"Float64": "DOUBLE PRECISION"}

    def contract(self) -> list[str]:
        """Return how texts are compared, and how the database reads them."""
        told = tr(
            "the database has the encoding UTF8 and standard_conforming_strings on, the default",
            "数据库编码为 UTF8,standard_conforming_strings 为 on(默认)",
        )
        return [*super().contract(), told]

    def nan(self, cell: Sql) -> Sql:
        """Return the test: a NaN equals itself here."""
        return pattern("x = CAST('NaN' AS DOUBLE PRECISION)", self, cell)

    def quotient(self, top: Sql, down: Sql, kind: Kind) -> Sql:
        """Return the quotient; numerics have DIV for it, integers ``/``."""
        from sqlglot import exp

        if kind == "Int128":
            return exp.Anonymous(this="DIV", expressions=[top, down])
        return exp.Div(this=top, expression=down, typed=True)

    def fenced(self, step: exp.Select) -> exp.Select:
        """Return a step behind ``OFFSET 0``: half the time of MATERIALIZED, or less."""
        return step.offset(0, copy=False)


class GaussDB(Postgres):
    """GaussDB and openGauss under A compatibility, the default."""

    title = "GaussDB, openGauss"
    runs_here = False
    empty_is_null = True

    def contract(self) -> list[str]:
        """Return what the database was made as."""
        told = tr(
            "the database was created with DBCOMPATIBILITY A, the default: an empty text is a null, and a DATE"
            " has a time of day, which must be 00:00:00",
            "数据库以 DBCOMPATIBILITY A(缺省)建立:空文本即 NULL;DATE 含时刻,须为 00:00:00",
        )
        return [*super().contract(), told]

    def days(self, day: Sql) -> Sql:
        """Return the days by the Julian day: a date less a date is an interval here."""
        from sqlglot import exp

        count = self.cast(pattern("TO_CHAR(x, 'J')", self, day), "Int64")
        return exp.Paren(this=exp.Sub(this=count, expression=exp.Literal.number(_JULIAN_EPOCH)))

    def joined(self, left: Sql, right: Sql) -> Sql:
        """Return two texts as one, and null of a null, which ``||`` takes for nothing."""
        return joined_if_known(super().joined(left, right), left, right)

    def quotient(self, top: Sql, down: Sql, kind: Kind) -> Sql:
        """Return the quotient of decimals, which is whole."""
        from sqlglot import exp

        parts = [self.cast(part, "Int128") for part in (top, down)]
        return self.cast(exp.Anonymous(this="DIV", expressions=parts), kind)

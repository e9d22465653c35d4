"""PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lishui_credit.backends.dialects.dialect import Dialect, pattern
from lishui_credit.backends.recorder import Kind

if TYPE_CHECKING:
    from sqlglot import exp

    from lishui_credit.backends.dialects.dialect import Sql


class Postgres(Dialect):
    """PostgreSQL."""

    name = "postgres"
    title = "PostgreSQL"
    longest_name = 63
    name_in_bytes = True
    exact_names = True
    types = Dialect.types | {"Float64": "DOUBLE PRECISION"}

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

"""ClickHouse."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from lishui_credit.backends.dialects.dialect import Dialect, pattern
from lishui_credit.backends.recorder import Kind
from lishui_credit.language import tr

if TYPE_CHECKING:
    from lishui_credit.backends.dialects.dialect import Sql


class ClickHouse(Dialect):
    """ClickHouse: no column holds a null unless its type says so, and a join fills gaps with zeros."""

    name = "clickhouse"
    title = "ClickHouse"
    forbidden = "\\"
    exact_names = True
    types = Dialect.types | {
        "Boolean": "Nullable(Bool)",
        "Date": "Nullable(Date32)",
        "Float64": "Nullable(Float64)",
        "Int16": "Nullable(Int16)",
        "Int32": "Nullable(Int32)",
        "Int64": "Nullable(Int64)",
        "Int128": "Nullable(Int128)",
        "String": "Nullable(String)",
    }

    def contract(self) -> list[str]:
        """Return what must stay as it is, and which days there are."""
        told = tr(
            "leave the SETTINGS at the end: without them a join gives 0 in place of null. Days are"
            " from 1900-01-01 to 2299-12-31",
            "请保留语句末尾的 SETTINGS:否则连接会以 0 代替空值。日期范围为 1900-01-01 至 2299-12-31",
        )
        return [told]

    def taken(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column as the query computes with it; texts are bytes to ClickHouse."""
        return self.cast(cell, kind)

    def nan(self, cell: Sql) -> Sql:
        """Return the test by its function."""
        return pattern("isNaN(x)", self, cell)

    def part(self, unit: str, day: Sql) -> Sql:
        """Return the part by its function."""
        from sqlglot import exp

        name = {"year": "toYear", "month": "toMonth", "day": "toDayOfMonth"}[unit]
        return self.cast(exp.Anonymous(this=name, expressions=[day]), "Int32")

    def days(self, day: Sql) -> Sql:
        """Return the days since 1970-01-01, which a date is counted in."""
        return self.cast(day, "Int64")

    def day(self, day: date) -> Sql:
        """Return a constant day, of the wider of two types."""
        from sqlglot import exp

        return exp.Anonymous(this="toDate32", expressions=[exp.Literal.string(day.isoformat())])

    def quotient(self, top: Sql, down: Sql, kind: Kind) -> Sql:
        """Return the quotient by its function."""
        from sqlglot import exp

        return exp.Anonymous(this="intDiv", expressions=[top, down])

    def whole(self, statement: str, *, guarded: bool) -> str:
        """Return a statement whose joins leave nulls where nothing fits."""
        # Lazy choices compute what steps share again and again: 21 GiB for eleven reasons of 2,000 rows.
        lazy = "" if guarded else ", short_circuit_function_evaluation = 'disable'"
        return f"{statement}\nSETTINGS join_use_nulls = 1{lazy}"

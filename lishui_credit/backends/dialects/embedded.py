"""DuckDB and SQLite, which run inside a program."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from lishui_credit.backends.dialects.dialect import LAST, Dialect, pattern, place_by_instr
from lishui_credit.backends.recorder import Kind
from lishui_credit.language import tr

if TYPE_CHECKING:
    from sqlglot import exp

    from lishui_credit.backends.dialects.dialect import Sql


class DuckDB(Dialect):
    """DuckDB: no fence is needed, 128 bits are its own."""

    name = "duckdb"
    title = "DuckDB"
    types = Dialect.types | {"Int128": "HUGEINT"}

    def nan(self, cell: Sql) -> Sql:
        """Return the test by its function: a NaN equals itself here."""
        return pattern("ISNAN(x)", self, cell)

    def matches(self, text: Sql, regex: str) -> Sql:
        """Return whether a regular expression is found in a text."""
        from sqlglot import exp

        return exp.Anonymous(this="REGEXP_MATCHES", expressions=[text, exp.Literal.string(regex)])

    def place(self, text: Sql, nth: int, alphabet: str) -> Sql:
        """Return the place of a text's nth character in an alphabet."""
        return place_by_instr(text, nth, alphabet)


class SQLite(Dialect):
    """SQLite: no types but what is checked, days as texts, no integers past 64 bits."""

    name = "sqlite"
    title = "SQLite"
    misreads = True
    types = Dialect.types | {
        "Boolean": "INTEGER",
        "Date": "TEXT",
        "Float64": "REAL",
        "Int16": "INTEGER",
        "Int32": "INTEGER",
        "Int64": "INTEGER",
        "Int128": "INTEGER",
    }

    def contract(self) -> list[str]:
        """Return how texts are compared."""
        return [tr("texts are compared as COLLATE BINARY", "文本按 COLLATE BINARY 比较")]

    def checks(self) -> list[str]:
        """Return that anything else than what the columns must hold stops the statement."""
        told = tr(
            "a cell of another type, a date not written YYYY-MM-DD, and a product past 64 bits"
            " stop the statement: integer overflow",
            "单元格类型不符、日期不是 YYYY-MM-DD、乘积超出 64 位时,语句报错中止:integer overflow",
        )
        return [told]

    def type(self, kind: Kind) -> str:
        """Return the storage and what it holds."""
        held: dict[Kind, str] = {"Boolean": "integer 0, 1", "Date": "text YYYY-MM-DD"}
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
        elif kind == "Float64":
            holds = exp.or_(_stored(cell, "real"), _stored(cell, "integer"), copy=False)
        else:
            holds = _stored(cell, "text" if kind == "String" else "integer")
        if kind == "String":
            cell = exp.Collate(this=cell.copy(), expression=exp.var("BINARY"))
        elif kind == "Float64":
            cell = self.cast(cell.copy(), kind)
        null = exp.Is(this=cell.copy(), expression=exp.null())
        stop = self._stop(exp.Not(this=null.copy()))
        return exp.Case().when(null, exp.null()).when(holds, cell).else_(stop)

    def read(self, cell: Sql, kind: Kind) -> Sql:
        """Return a cell of any type as a number or a text."""
        from sqlglot import exp

        made = self.cast(cell, kind)
        if kind != "String":
            return made
        return exp.Collate(this=made, expression=exp.var("BINARY"))

    def unread(self, cell: Sql) -> Sql:
        """Return the test for a text or bytes: what they begin with would be the number, or 0."""
        return pattern("TYPEOF(x) IN ('text', 'blob')", self, cell)

    def cut(self, cell: Sql) -> Sql:
        """Return the whole number: CAST cuts off."""
        return self.cast(cell, "Int64")

    def infinite(self, cell: Sql, above: bool) -> Sql:
        """Return the test by a number past all doubles, which is read as infinite."""
        return pattern(f"x = {'' if above else '-'}9e999", self, cell)

    def double(self, value: float) -> Sql:
        """Return a double by its digits where SQLite rounds them once, else by powers of 2."""
        from sqlglot import exp

        if _short(value):
            return super().double(value)
        made = _by_halves(abs(value))
        return exp.Paren(this=exp.Neg(this=made)) if value < 0 else made

    def _stop(self, test: Sql) -> Sql:
        """Return a number, or an error where a test holds."""
        # No function of SQLite raises an error outside a trigger, but ABS of the least integer does.
        from sqlglot import exp

        least = exp.Neg(this=exp.Literal.number(LAST))
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
        return step.limit(LAST, copy=False)


def _stored(cell: Sql, name: str) -> Sql:
    """Return the test that SQLite stores a value as a type."""
    from sqlglot import exp

    stored = exp.Anonymous(this="TYPEOF", expressions=[cell.copy()])
    return exp.EQ(this=stored, expression=exp.Literal.string(name))


def _short(value: float) -> bool:
    """Tell whether SQLite rounds the digits once: its 64 bits leave no tie up to four decimals."""
    digits = repr(abs(value))
    return "e" not in digits and len(digits.partition(".")[2]) <= 4 and len(digits) <= 16


def _by_halves(value: float) -> Sql:
    """Return a double as a whole number times or by powers of 2: SQLite rounds long decimals wrongly."""
    from sqlglot import exp

    top, down = value.as_integer_ratio()
    shift = -(down.bit_length() - 1)
    while top and top % 2 == 0:
        top, shift = top // 2, shift + 1
    made: exp.Expr = exp.cast(exp.Literal.number(top), "double")
    kind: Callable[..., exp.Expr] = exp.Mul if shift > 0 else exp.Div
    while shift:
        step = min(abs(shift), 62)
        made = kind(this=made, expression=exp.cast(exp.Literal.number(2**step), "double"))
        shift += -step if shift > 0 else step
    return exp.Paren(this=made)

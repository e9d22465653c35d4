"""Oracle, and Dameng, which speaks much of its dialect.

References
----------
Oracle Database SQL Language Reference 19c: Data Types (NUMBER of up to 38 digits, BINARY_DOUBLE),
Floating-Point Conditions, Comparison Conditions (a list of at most 1,000), Nulls (an empty text is a
null), NLSSORT, MOD, TRUNC (date), EXTRACT (datetime), Datetime/Interval Arithmetic (a date less a date is
days), NO_MERGE hint, Database Object Names (128 bytes, no double quote). No release before 23ai has Boolean
values.
DM8 SQL Language Manual: data types (BIT, NUMBER, DOUBLE, VARCHAR), DATEDIFF, EXTRACT, date literals. DM8
System Administrator's Manual: CASE_SENSITIVE, BLANK_PAD_MODE, SPACE_COMPARE_MODE, COMPATIBLE_MODE.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from lishui_credit.backends.dialects.dialect import (
    EPOCH,
    Dialect,
    joined_if_known,
    of_multiple,
    pattern,
)
from lishui_credit.backends.recorder import Kind
from lishui_credit.language import tr

if TYPE_CHECKING:
    from sqlglot import exp

    from lishui_credit.backends.dialects.dialect import Sql

_LONGEST_TEXT: Final = 2000  # bytes that NLSSORT keeps apart
_LEAST: Final = 1e-129
_MOST: Final = 1e125  # of its decimal numbers


class Oracle(Dialect):
    """Oracle: no Boolean values, an empty text is a null, texts are compared by the bytes of NLSSORT."""

    name = "oracle"
    title = "Oracle"
    runs_here = False
    booleans = False
    empty_is_null = True
    longest_name = 128
    name_in_bytes = True
    forbidden = '"'
    exact_names = True
    most_listed = 1000
    types = Dialect.types | {
        "Boolean": "NUMBER(1)",
        "Int16": "NUMBER(5)",
        "Int32": "NUMBER(10)",
        "Int64": "NUMBER(19)",
        "Int128": "NUMBER(38)",
        "String": "VARCHAR2(4000)",
    }

    def contract(self) -> list[str]:
        """Return what the character set is, and what happens to an empty text."""
        return [
            tr(
                "an empty text is a null; CHAR(n) adds blanks. The character set is AL32UTF8. In SQL*Plus"
                " first SET DEFINE OFF",
                "空文本即 NULL;CHAR(n) 会补空格。字符集为 AL32UTF8。SQL*Plus 中先执行 SET DEFINE OFF",
            ),
            tr(
                "texts are compared by their bytes, up to 2,000 of them; NLS_COMP stays BINARY, the default",
                "文本按字节比较,最多 2,000 字节;NLS_COMP 保持缺省值 BINARY",
            ),
        ]

    def type(self, kind: Kind) -> str:
        """Return what a column is declared as."""
        return "binary_double" if kind == "Float64" else super().type(kind)

    def cast(self, made: Sql, kind: Kind) -> Sql:
        """Return a value in the type of a kind; a double by its function."""
        from sqlglot import exp

        if kind != "Float64":
            return super().cast(made, kind)
        return exp.Anonymous(this="TO_BINARY_DOUBLE", expressions=[made])

    def taken(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column; a date, which has a time of day here, as its day."""
        from sqlglot import exp

        made = self.cast(cell, kind)
        return exp.Anonymous(this="TRUNC", expressions=[made]) if kind == "Date" else made

    def wrong_text(self, value: str) -> str:
        """Return why a text cannot be compared."""
        if len(value.encode()) > _LONGEST_TEXT:
            return tr("more than 2,000 bytes", "超过 2,000 字节")
        return super().wrong_text(value)

    def wrong_double(self, value: float) -> bool:
        """Tell whether a double is beyond the decimal numbers that can be written."""
        return bool(value) and not _LEAST <= abs(value) < _MOST

    def joined(self, left: Sql, right: Sql) -> Sql:
        """Return two texts as one, and null of a null, which ``||`` takes for nothing."""
        return joined_if_known(super().joined(left, right), left, right)

    def infinite(self, cell: Sql, above: bool) -> Sql:
        """Return the test by its condition: no decimal number is as large as the largest double."""
        return pattern(f"x IS INFINITE AND x {'>' if above else '<'} 0", self, cell)

    def nan(self, cell: Sql) -> Sql:
        """Return the test by its condition."""
        return pattern("x IS NAN", self, cell)

    def exact(self, made: Sql, kind: Kind) -> Sql:
        """Return a text as the bytes that stand for it."""
        from sqlglot import exp

        if kind != "String":
            return made
        how = exp.Literal.string("NLS_SORT=BINARY")
        return exp.Anonymous(this="NLSSORT", expressions=[made, how])

    def day(self, day: date) -> Sql:
        """Return a constant day, whatever format the session has for dates."""
        from sqlglot import exp

        parts = [exp.Literal.string(day.isoformat()), exp.Literal.string("YYYY-MM-DD")]
        return exp.Anonymous(this="TO_DATE", expressions=parts)

    def quotient(self, top: Sql, down: Sql, kind: Kind) -> Sql:
        """Return the quotient of the nearest multiple: ``/`` gives as many decimals as there is room for."""
        return of_multiple(top, down)

    def fenced(self, step: exp.Select) -> exp.Select:
        """Return a step with the hint that keeps it apart from what reads it."""
        return step.hint("NO_MERGE", dialect=self.name, copy=False)


class Dameng(Oracle):
    """Dameng DM8: texts are compared as the instance was set up, an empty text is a text."""

    title = "Dameng DM8"
    empty_is_null = False
    types = Oracle.types | {"Boolean": "BIT", "Date": "DATE", "Float64": "DOUBLE PRECISION"}

    def contract(self) -> list[str]:
        """Return how the instance must have been set up."""
        return [
            tr(
                "CASE_SENSITIVE is 1, and BLANK_PAD_MODE or SPACE_COMPARE_MODE is 1: otherwise case or"
                " trailing blanks do not count. COMPATIBLE_MODE is 0, the default. CHAR(n) adds blanks",
                "CASE_SENSITIVE 为 1,且 BLANK_PAD_MODE 或 SPACE_COMPARE_MODE 为 1,否则大小写或末尾空格"
                "不参与比较。COMPATIBLE_MODE 为缺省值 0。CHAR(n) 会补空格",
            )
        ]

    def type(self, kind: Kind) -> str:
        """Return what a column is declared as."""
        return self.types[kind].lower()

    def cast(self, made: Sql, kind: Kind) -> Sql:
        """Return a value in the type of a kind."""
        return Dialect.cast(self, made, kind)

    def taken(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column; a date has no time of day here."""
        return self.cast(cell, kind)

    def infinite(self, cell: Sql, above: bool) -> Sql:
        """Return the comparison with the largest double."""
        return Dialect.infinite(self, cell, above)

    def nan(self, cell: Sql) -> Sql:
        """Return that nothing differs from itself: the manual knows no NaN."""
        return Dialect.nan(self, cell)

    def exact(self, made: Sql, kind: Kind) -> Sql:
        """Return an operand as it is."""
        return made

    def wrong_text(self, value: str) -> str:
        """Return why a text cannot be compared."""
        return Dialect.wrong_text(self, value)

    def days(self, day: Sql) -> Sql:
        """Return the days by DATEDIFF."""
        from sqlglot import exp

        return exp.Anonymous(this="DATEDIFF", expressions=[exp.var("DAY"), self.day(EPOCH), day])

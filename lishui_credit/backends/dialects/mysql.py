"""MySQL and MariaDB, and Doris and StarRocks, which speak their dialect.

References
----------
MariaDB, "CAST", "DIV", "REGEXP_INSTR" and "Character sets and collations".
Apache Doris documentation: data types (STRING is compared by its bytes, DECIMAL of 38 digits), operator DIV,
DATEDIFF, YEAR. StarRocks documentation: the same.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, ClassVar, Final

from lishui_credit.backends.dialects.dialect import (
    EPOCH,
    LAST,
    Dialect,
    of_multiple,
    pattern,
    unprintable,
)
from lishui_credit.backends.recorder import Kind
from lishui_credit.language import tr

if TYPE_CHECKING:
    from sqlglot import exp

    from lishui_credit.backends.dialects.dialect import Sql

_NUMBER: Final = "^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$"


class MySQL(Dialect):
    """MySQL and MariaDB: texts are bytes inside, because every collation of theirs pads or folds."""

    name = "mysql"
    title = "MySQL, MariaDB"
    run_in = "MariaDB"
    misreads = True
    bits: ClassVar[dict[str, str]] = {"0": "\0", "1": "\1"}  # BIT(1) is one byte
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
            " whatever the collation of the column; CHAR(n) loses trailing blanks",
            "连接须为 utf8mb4(SET NAMES utf8mb4);文本按字节比较,与列的排序规则无关;CHAR(n) 会丢失末尾空格",
        )
        return [told]

    def type(self, kind: Kind) -> str:
        """Return what a column is declared as, which CAST calls otherwise."""
        held: dict[Kind, str] = {
            "Boolean": "boolean, tinyint(1) or bit(1)",
            "Int64": "bigint",
            "String": "varchar, utf8mb4",
        }
        return held.get(kind, super().type(kind))

    def taken(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column; a text as its bytes in UTF-8."""
        return self.cast(self._text(cell) if kind == "String" else cell, kind)

    def unread(self, cell: Sql) -> Sql:
        """Return the test for a text that is no number, which CAST takes for 0."""
        # REGEXP_LIKE is not known to MariaDB
        return pattern(f"REGEXP_INSTR(CAST(x AS CHAR), '{_NUMBER}') = 0", self, cell)

    def text(self, value: str) -> Sql:
        """Return a text whose backslashes mean themselves in every mode of the server."""
        from sqlglot import exp

        if "\\" in value or any(unicodedata.category(sign) == "Cc" for sign in value):
            return exp.HexString(this=value.encode().hex())
        return exp.Introducer(this=exp.Var(this="_utf8mb4"), expression=exp.Literal.string(value))

    def cut(self, cell: Sql) -> Sql:
        """Return the whole number by TRUNCATE: CAST rounds."""
        from sqlglot import exp

        parts = [cell, exp.Literal.number(0)]
        return self.cast(exp.Anonymous(this="TRUNCATE", expressions=parts), "Int64")

    def joined(self, left: Sql, right: Sql) -> Sql:
        """Return two texts by their function: ``||`` is an OR here."""
        from sqlglot import exp

        return exp.Anonymous(this="CONCAT", expressions=[left, right])

    def wrong_name(self, name: str) -> str:
        """Return why there is no column of a name."""
        if name.endswith(" ") or any(ord(sign) > 0xFFFF for sign in name):
            return tr("a blank at the end, or a sign beyond U+FFFF", "末尾空格或 U+FFFF 以外字符")
        return super().wrong_name(name)

    def folded(self, name: str) -> str:
        """Return a name as names are told apart: accents do not count either."""
        signs = unicodedata.normalize("NFKD", name)
        return "".join(sign for sign in signs if not unicodedata.combining(sign)).casefold()

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
        return self.cast(of_multiple(top, down), kind)

    def days(self, day: Sql) -> Sql:
        """Return DATEDIFF: a date less a date subtracts their digits."""
        from sqlglot import exp

        return exp.Anonymous(this="DATEDIFF", expressions=[day, self.day(EPOCH)])

    def fenced(self, step: exp.Select) -> exp.Select:
        """Return a step behind a limit no table reaches."""
        return step.limit(LAST, copy=False)


class Doris(MySQL):
    """Doris: texts are compared by their bytes, a text that is no number is a null."""

    name = "doris"
    title = "Doris"
    runs_here = False
    bits: ClassVar[dict[str, str]] = {}
    longest_name = 0
    types = Dialect.types | {"String": "STRING"}

    def contract(self) -> list[str]:
        """Return how texts are compared."""
        return [tr("texts are compared by their bytes", "文本按字节比较")]

    def type(self, kind: Kind) -> str:
        """Return what a column of a kind is declared as."""
        return self.types[kind].lower()

    def taken(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column in its type."""
        return self.cast(cell, kind)

    def given(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column as it is."""
        return cell

    def unread(self, cell: Sql) -> Sql:
        """Return the test for a value of which CAST makes nothing."""
        return pattern("NOT x IS NULL AND CAST(x AS DOUBLE) IS NULL", self, cell)

    def text(self, value: str) -> Sql:
        """Return a constant text."""
        return Dialect.text(self, value)

    def wrong_name(self, name: str) -> str:
        """Return why there is no column of a name."""
        return Dialect.wrong_name(self, name)

    def folded(self, name: str) -> str:
        """Return a name without case."""
        return Dialect.folded(self, name)

    def part(self, unit: str, day: Sql) -> Sql:
        """Return the part by its function."""
        from sqlglot import exp

        return self.cast(exp.Anonymous(this=unit.upper(), expressions=[day]), "Int32")

    def quotient(self, top: Sql, down: Sql, kind: Kind) -> Sql:
        """Return the quotient by DIV, in 64 bits; ``/`` of whole numbers is a double."""
        from sqlglot import exp

        if kind == "Int128":
            raise unprintable(f"floordiv {kind}", self)
        # Not every release of sqlglot writes DIV.
        return exp.Paren(this=exp.var(f"{top.sql(self.name)} DIV {down.sql(self.name)}"))

    def fenced(self, step: exp.Select) -> exp.Select:
        """Return a step as it is: no fence is documented."""
        return step


class StarRocks(Doris):
    """StarRocks, which says all of it as Doris does."""

    name = "starrocks"
    title = "StarRocks"

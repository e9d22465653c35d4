"""SQL Server.

References
----------
Microsoft, Transact-SQL reference: Data types (bit, nvarchar, decimal of up to 38 digits), Constants (nchar and
nvarchar: without N the code page of the database), COLLATE, CASE (at most 10 levels inside one another),
DATEPART, DATEDIFF, ``/`` (of integers truncates) and ``%``, Database identifiers (128 characters);
support article 316626 (``=`` pads with blanks under every collation). No Boolean values, and no documented
way to keep the expressions of a WITH apart from what reads them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lishui_credit.backends.dialects.dialect import EPOCH, Dialect, of_multiple, pattern
from lishui_credit.backends.recorder import Kind
from lishui_credit.language import tr

if TYPE_CHECKING:
    from lishui_credit.backends.dialects.dialect import Sql

_MARK: Final = "|"
_BINARY: Final = "Latin1_General_100_BIN2"


class SQLServer(Dialect):
    """SQL Server: a text has a mark at its end inside, so that the blanks before it count."""

    name = "tsql"
    title = "SQL Server"
    misreads = True
    runs_here = False
    booleans = False
    longest_name = 128
    deepest_choice = 10
    types = Dialect.types | {
        "Boolean": "BIT",
        "Float64": "FLOAT",
        "String": "NVARCHAR(MAX)",
    }

    def contract(self) -> list[str]:
        """Return how texts are compared, and what is not fenced."""
        return [
            tr(
                "texts are compared by a binary collation; NCHAR(n) adds blanks. QUOTED_IDENTIFIER may be on"
                " or off",
                "文本按二进制排序规则比较;NCHAR(n) 会补空格。QUOTED_IDENTIFIER 开关均可",
            ),
            tr(
                "no documented fence keeps a step apart from what reads it: for a large table store the steps"
                " as tables",
                "没有公开的方法阻止各步合并:数据量大时请把各步存为表",
            ),
        ]

    def text(self, value: str) -> Sql:
        """Return a national text, with the mark."""
        from sqlglot import exp

        return exp.National(this=f"{value}{_MARK}")

    def taken(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column; a text with the mark."""
        made = self.cast(cell, kind)
        return (
            pattern(f"(x + N'{_MARK}') COLLATE {_BINARY}", self, made) if kind == "String" else made
        )

    def given(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column; a text without the mark."""
        return pattern("LEFT(x, LEN(x) - 1)", self, cell) if kind == "String" else cell

    def joined(self, left: Sql, right: Sql) -> Sql:
        """Return two texts as one, with the mark of the second only."""
        from sqlglot import exp

        return exp.Add(this=self.given(left, "String"), expression=right)

    def cut(self, cell: Sql) -> Sql:
        """Return the whole number: CAST cuts off."""
        return self.cast(cell, "Int64")

    def exact(self, made: Sql, kind: Kind) -> Sql:
        """Return a text under the binary collation, which a computed one does not have."""
        from sqlglot import exp

        if kind != "String" or isinstance(made, exp.National):
            return made
        return exp.Collate(this=made, expression=exp.var(_BINARY))

    def unread(self, cell: Sql) -> Sql:
        """Return the test for an empty text, which CAST takes for 0; any other that is no number stops."""
        return pattern("CAST(x AS NVARCHAR(MAX)) = N''", self, cell)

    def days(self, day: Sql) -> Sql:
        """Return the days by DATEDIFF."""
        from sqlglot import exp

        return exp.Anonymous(this="DATEDIFF", expressions=[exp.var("DAY"), self.day(EPOCH), day])

    def quotient(self, top: Sql, down: Sql, kind: Kind) -> Sql:
        """Return the quotient; of decimals that of the nearest multiple."""
        from sqlglot import exp

        if kind == "Int128":
            return self.cast(of_multiple(top, down), kind)
        return exp.Div(this=top, expression=down, typed=True)

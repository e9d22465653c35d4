"""What each database needs so that a card's CASE means there what it means here.

Patterns are SQL of the dialect itself, in which ``x`` stands for the column. Texts are compared byte
by byte whatever the collation of the column or the session. Where a database reads a text that is no
number as 0 or as null, a test of its own finds it, and the row has no score.

References
----------
Oracle Database SQL Language Reference 19c: NLSSORT, Floating-Point Conditions, Comparison Conditions (a
list of at most 1,000), Nulls (an empty text is a null), Database Object Names.
Microsoft, Transact-SQL reference: nchar and nvarchar constants (without N the database's code page),
support article 316626 (``=`` pads with blanks under every collation).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lishui_credit.errors import Problem
from lishui_credit.language import tr

if TYPE_CHECKING:
    from sqlglot import exp

_NO_NUMBER: Final = "CAST(x AS DOUBLE) IS NULL"
_NUMBER_AS_TEXT: Final = "^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$"
_SIGNS_OF_BIGQUERY: Final = '!"$()*,./;?@[\\]^`{}~'


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One database: its types, how it compares, and what it cannot say.

    Parameters
    ----------
    title : str
        The database.
    number, flag, text : str
        Types of its columns, as the contract names them.
    as_number, as_text : str
        Patterns of the column as a double and as a text that compares byte by byte.
    nan, infinite, unreadable : str
        Patterns of the tests for what is missing and for what has no score; empty where none is needed.
    longest_name : int
        Characters of a name, or bytes where `name_in_bytes`; 0 without limit.
    forbidden : str
        Characters that no name of a column has.
    exact_names : bool
        Whether ``Late`` and ``late`` are two columns.
    most_listed : int
        Values of one IN; 0 without limit.
    note : str
        What else the contract says, in English; `note_zh` in Chinese.
    """

    title: str
    number: str = "DOUBLE"
    flag: str = "BOOLEAN"
    text: str = "STRING"
    as_number: str = "CAST(x AS DOUBLE)"
    as_text: str = "CAST(x AS STRING)"
    nan: str = ""
    infinite: str = "x > 1.7976931348623157e308 OR x < -1.7976931348623157e308"
    unreadable: str = ""
    longest_name: int = 0
    name_in_bytes: bool = False
    forbidden: str = ""
    exact_names: bool = False
    most_listed: int = 0
    note: str = ""
    note_zh: str = ""


DIALECTS: Final[dict[str, Dialect]] = {
    "duckdb": Dialect(
        title="DuckDB", text="VARCHAR", as_text="CAST(x AS VARCHAR) COLLATE C", nan="ISNAN(x)"
    ),
    "postgres": Dialect(
        title="PostgreSQL",
        number="DOUBLE PRECISION",
        text="TEXT",
        as_number="CAST(x AS DOUBLE PRECISION)",
        as_text='CAST(x AS TEXT) COLLATE "C"',
        nan="x = CAST('NaN' AS DOUBLE PRECISION)",
        longest_name=63,
        name_in_bytes=True,
        exact_names=True,
        note="The database has the encoding UTF8 and standard_conforming_strings on (the default).",
        note_zh="数据库编码为 UTF8,standard_conforming_strings 为 on(默认)。",
    ),
    "spark": Dialect(title="Spark", nan="ISNAN(x)", unreadable=_NO_NUMBER),
    "hive": Dialect(title="Hive", nan="ISNAN(x)", unreadable=_NO_NUMBER, forbidden=".:"),
    "databricks": Dialect(
        title="Databricks", nan="ISNAN(x)", unreadable=_NO_NUMBER, longest_name=255
    ),
    "snowflake": Dialect(
        title="Snowflake",
        text="VARCHAR",
        as_text="COLLATE(CAST(x AS VARCHAR), 'utf8')",
        nan="x = CAST('NaN' AS DOUBLE)",
        longest_name=255,
        exact_names=True,
    ),
    "bigquery": Dialect(
        title="BigQuery",
        number="FLOAT64",
        flag="BOOL",
        as_number="CAST(x AS FLOAT64)",
        as_text="COLLATE(CAST(x AS STRING), '')",
        nan="IS_NAN(x)",
        longest_name=300,
        forbidden=_SIGNS_OF_BIGQUERY,
    ),
    "clickhouse": Dialect(
        title="ClickHouse",
        number="Float64",
        flag="Bool",
        text="String",
        as_number="CAST(x AS Nullable(Float64))",
        as_text="CAST(x AS Nullable(String))",
        nan="isNaN(x)",
        forbidden="\\",
        exact_names=True,
    ),
    "mysql": Dialect(
        title="MySQL, MariaDB",
        flag="BOOLEAN, TINYINT(1) or BIT(1)",
        text="VARCHAR",
        as_text="CAST(CONVERT(x USING utf8mb4) AS BINARY)",
        infinite="",
        # REGEXP_LIKE is not known to MariaDB
        unreadable=f"REGEXP_INSTR(CAST(x AS CHAR), '{_NUMBER_AS_TEXT}') = 0",
        longest_name=64,
        note="Tests run it in MariaDB. Run the file as utf8mb4. CHAR(n) loses trailing blanks.",
        note_zh="测试在 MariaDB 中运行。以 utf8mb4 执行本文件。CHAR(n) 会丢失末尾空格。",
    ),
    "starrocks": Dialect(title="StarRocks", infinite="", unreadable=_NO_NUMBER),
    "doris": Dialect(title="Doris", infinite="", unreadable=_NO_NUMBER),
    "oracle": Dialect(
        title="Oracle",
        number="BINARY_DOUBLE",
        flag="NUMBER(1)",
        text="VARCHAR2",
        as_number="TO_BINARY_DOUBLE(x)",
        as_text="NLSSORT(CAST(x AS VARCHAR2(4000)), 'NLS_SORT=BINARY')",
        nan="x IS NAN",
        infinite="x IS INFINITE",
        longest_name=128,
        name_in_bytes=True,
        forbidden='"',
        exact_names=True,
        most_listed=1000,
        note="Oracle holds an empty text as a null: it counts as missing. The character set is AL32UTF8; "
        "CHAR(n) adds blanks; in SQL*Plus first SET DEFINE OFF.",
        note_zh="Oracle 把空文本存为 NULL:按缺失计。字符集为 AL32UTF8;CHAR(n) 会补空格;"
        "SQL*Plus 中先执行 SET DEFINE OFF。",
    ),
    "tsql": Dialect(
        title="SQL Server",
        number="FLOAT",
        flag="BIT",
        text="NVARCHAR",
        as_number="CAST(x AS FLOAT)",
        # `=` pads with blanks even under a binary collation: what follows them makes them count
        as_text="(CAST(x AS NVARCHAR(MAX)) + N'|') COLLATE Latin1_General_100_BIN2",
        infinite="",
        unreadable="CAST(x AS NVARCHAR(MAX)) = N''",
        longest_name=128,
        note="NCHAR(n) adds blanks; QUOTED_IDENTIFIER may be on or off.",
        note_zh="NCHAR(n) 会补空格;QUOTED_IDENTIFIER 开关均可。",
    ),
    "sqlite": Dialect(
        title="SQLite",
        number="REAL",
        flag="BOOLEAN as 0 and 1",
        text="TEXT",
        as_number="CAST(x AS REAL)",
        as_text="CAST(x AS TEXT) COLLATE BINARY",
        infinite="x = 9e999 OR x = -9e999",
        unreadable="TYPEOF(x) IN ('text', 'blob')",
    ),
}  # fmt: skip


def pattern(text: str, dialect: str, cell: exp.Expr) -> exp.Expr:
    """Return a pattern with a cell in place of ``x``."""
    from sqlglot import exp, parse_one

    def filled(part: exp.Expr) -> exp.Expr:
        return cell.copy() if isinstance(part, exp.Column) and part.sql() == "x" else part

    return parse_one(text, dialect=dialect).transform(filled)


def word(text: str, dialect: str) -> exp.Expr:
    """Return a text as it is compared with what `Dialect.as_text` makes of a column."""
    from sqlglot import exp

    if dialect == "tsql":
        return exp.National(this=f"{text}|")
    literal = exp.Literal.string(text)
    if dialect == "oracle":
        return exp.Anonymous(
            this="NLSSORT", expressions=[literal, exp.Literal.string("NLS_SORT=BINARY")]
        )
    if dialect != "mysql":
        return literal
    # A backslash means itself under NO_BACKSLASH_ESCAPES only; bytes mean themselves always.
    if "\\" in text or any(unicodedata.category(sign) == "Cc" for sign in text):
        return exp.HexString(this=text.encode().hex())
    return exp.Introducer(this=exp.Var(this="_utf8mb4"), expression=literal)


def double(value: float, dialect: str) -> exp.Expr:
    """Return a double that reads back exactly."""
    from sqlglot import exp

    number: exp.Expr = exp.Literal.number(repr(abs(value)))
    if dialect == "sqlite" and not _short(value):
        number = _by_halves(abs(value))
    else:
        number = pattern(DIALECTS[dialect].as_number, dialect, number)
    return exp.Neg(this=number) if value < 0 else number


def _short(value: float) -> bool:
    """Tell whether SQLite rounds the digits once: its 64 bits leave no tie up to four decimals."""
    digits = repr(abs(value))
    return "e" not in digits and len(digits.partition(".")[2]) <= 4 and len(digits) <= 16


def _by_halves(value: float) -> exp.Expr:
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


def unsayable_names(names: Sequence[str], dialect: str) -> list[Problem]:
    """Return a problem for every name that the database cannot hold, or takes for another."""
    of = DIALECTS[dialect]
    problems = []
    seen: dict[str, str] = {}
    for name in names:
        size = len(name.encode()) if of.name_in_bytes else len(name)
        signs = sorted({sign for sign in name if sign in of.forbidden or sign == "\0"})
        if dialect == "mysql" and (name.endswith(" ") or any(ord(sign) > 0xFFFF for sign in name)):
            signs.append(
                tr("a blank at the end, or a sign beyond U+FFFF", "末尾空格或 U+FFFF 以外字符")
            )
        why = ""
        if not name or signs:
            why = " ".join(signs) or tr("an empty name", "名称为空")
        elif of.longest_name and size > of.longest_name:
            why = tr(
                f"{size} of at most {of.longest_name} {'bytes' if of.name_in_bytes else 'characters'}",
                f"{size},最多 {of.longest_name} {'字节' if of.name_in_bytes else '个字符'}",
            )
        elif (same := seen.setdefault(_folded(name, dialect), name)) != name:
            why = tr(f"the same there as '{same}'", f"在该库中与“{same}”相同")
        if why:
            what = tr(f"{of.title} has no such column name", f"{of.title} 不能有该列名")
            hint = tr("fit or rename with a shorter, plain name", "请改用较短的普通列名")
            problems.append(Problem(what, why, hint, name))
    return problems


def _folded(name: str, dialect: str) -> str:
    """Return a name as the database tells names apart."""
    if DIALECTS[dialect].exact_names:
        return name
    if dialect == "mysql":  # accents do not count either
        name = "".join(
            s for s in unicodedata.normalize("NFKD", name) if not unicodedata.combining(s)
        )
    return name.casefold()

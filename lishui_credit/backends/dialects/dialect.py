"""What every dialect must say, as DuckDB and PostgreSQL say it; the other classes change it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from lishui_credit.backends.recorder import Kind, Node
from lishui_credit.errors import CreditError, Problem
from lishui_credit.language import tr

if TYPE_CHECKING:
    from sqlglot import exp

    Sql: TypeAlias = exp.Expr

EPOCH: Final = date(1970, 1, 1)
LAST: Final = 2**63 - 1
"""Rows: a limit that takes them all is still a fence."""
LARGEST: Final = 1.7976931348623157e308
"""Of all finite doubles."""


class Dialect:
    """What PostgreSQL and DuckDB have in common, and the other classes change."""

    name = ""  # as sqlglot calls it
    title = ""
    runs_here = True  # in the tests; of the others there is the text only
    run_in = ""  # where the tests run it, where that is not all that it is for
    booleans = True  # whether a test is a value, which a column may hold
    longest_name = 0  # characters of an identifier, without limit at 0
    name_in_bytes = False
    forbidden = ""  # characters that no identifier has
    exact_names = False  # whether Late and late are two columns
    most_listed = 0  # values of one IN, without limit at 0
    misreads = False  # whether `read` makes a number of what is none; `unread` then finds it
    bits: ClassVar[
        dict[str, str]
    ] = {}  # a yes and a no, and the text that a column of bits may give
    deepest_choice = 0  # CASE inside one another, without limit at 0
    empty_is_null = False  # whether an empty text is a null
    types: ClassVar[dict[Kind, str]] = {
        "Boolean": "BOOLEAN",
        "Date": "DATE",
        "Float64": "DOUBLE",
        "Int16": "SMALLINT",
        "Int32": "INT",
        "Int64": "BIGINT",
        "Int128": "DECIMAL(38, 0)",
        "String": "TEXT",
    }

    @property
    def said(self) -> str:
        """The database, and whether a test runs what is printed for it."""
        if self.runs_here:
            run = tr(f" (tests run it in {self.run_in})", f"(测试在 {self.run_in} 中运行)")
            return self.title + (run if self.run_in else "")
        return self.title + tr(", text only: no test runs it", ",仅有文本:未在测试中运行")

    def contract(self) -> list[str]:
        """Return what a user's table and connection must be, beyond the types of the columns."""
        told = tr(
            'texts are compared as COLLATE "C", whatever the collation of the column',
            '文本按 COLLATE "C" 比较,与列的排序规则无关',
        )
        return [told]

    def checks(self) -> list[str]:
        """Return what stops a statement whose columns are taken as they are declared."""
        return []

    def type(self, kind: Kind) -> str:
        """Return what a column of a kind is declared as, for people."""
        return self.types[kind].lower()

    def cast(self, made: Sql, kind: Kind) -> Sql:
        """Return a value in the type of a kind."""
        from sqlglot import exp

        if kind not in self.types:
            raise unprintable(f"cast {kind}", self)
        return exp.Cast(this=made, to=exp.DataType.build(self.types[kind], dialect=self.name))

    def taken(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column of the user's table as the query computes with it; a text by its bytes."""
        from sqlglot import exp

        made = self.cast(cell, kind)
        if kind != "String":
            return made
        return exp.Collate(this=made, expression=exp.column("C", quoted=True))

    def read(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column that may be of any type, or a whole number, as the query computes with it."""
        return self.taken(cell, kind)

    def unread(self, cell: Sql) -> Sql:
        """Return the test that a value is there and is no number, which `read` would not notice."""
        raise unprintable("unread", self)

    def of_table(self, cell: Sql, node: Node) -> Sql:
        """Return a column of the user's table in the way that a source asks for."""
        if node.kind == "Stored":
            return cell
        if node.verb == "unread":
            found = self.unread(cell)
            return found if self.booleans else one_or_nought(found)
        return self.read(cell, node.kind) if node.verb == "read" else self.taken(cell, node.kind)

    def given(self, cell: Sql, kind: Kind) -> Sql:
        """Return a column of the result as the user is given it."""
        return cell

    def text(self, value: str) -> Sql:
        """Return a constant text as `taken` makes one of a column."""
        from sqlglot import exp

        return exp.Literal.string(value)

    def double(self, value: float) -> Sql:
        """Return a finite double that reads back exactly."""
        from sqlglot import exp

        number = self.cast(exp.Literal.number(repr(abs(value))), "Float64")
        return exp.Paren(this=exp.Neg(this=number)) if value < 0 else number

    def cut(self, cell: Sql) -> Sql:
        """Return the whole number that a finite double of less than 2**63 has before its point."""
        from sqlglot import exp

        return self.cast(exp.Anonymous(this="TRUNC", expressions=[cell]), "Int64")

    def joined(self, left: Sql, right: Sql) -> Sql:
        """Return two texts as one."""
        from sqlglot import exp

        return exp.DPipe(this=left, expression=right, safe=False)

    def wrong_text(self, value: str) -> str:
        """Return why the database cannot compare a text; nothing where it can."""
        return tr("a NUL", "含 NUL 字符") if "\0" in value else ""

    def wrong_double(self, value: float) -> bool:
        """Tell whether the database cannot write a double."""
        return False

    def infinite(self, cell: Sql, above: bool) -> Sql:
        """Return the test that a double is beyond all finite ones, above or below."""
        from sqlglot import exp

        kind = exp.GT if above else exp.LT
        return kind(this=cell, expression=self.double(LARGEST if above else -LARGEST))

    def nan(self, cell: Sql) -> Sql:
        """Return the test that a double is no number; without NaN nothing differs from itself."""
        from sqlglot import exp

        return exp.NEQ(this=cell, expression=cell.copy())

    def one_of(self, cell: Sql, listed: list[Sql]) -> Sql:
        """Return the test that a value is listed, in as many lists as the database takes."""
        from sqlglot import exp

        step = self.most_listed or len(listed)
        parts = [
            exp.In(this=cell.copy(), expressions=listed[start : start + step])
            for start in range(0, len(listed), step)
        ]
        return parts[0] if len(parts) == 1 else exp.or_(*parts, copy=False)

    def day(self, day: date) -> Sql:
        """Return a constant day."""
        from sqlglot import exp

        return self.cast(exp.Literal.string(day.isoformat()), "Date")

    def part(self, unit: str, day: Sql) -> Sql:
        """Return the year, month or day of the month of a date."""
        from sqlglot import exp

        return self.cast(exp.Extract(this=exp.var(unit.upper()), expression=day), "Int32")

    def days(self, day: Sql) -> Sql:
        """Return the days from 1970-01-01 to a date."""
        from sqlglot import exp

        return self.cast(exp.Paren(this=exp.Sub(this=day, expression=self.day(EPOCH))), "Int64")

    def quotient(self, top: Sql, down: Sql, kind: Kind) -> Sql:
        """Return the integer quotient of two closed expressions, cut off towards zero."""
        from sqlglot import exp

        return exp.IntDiv(this=top, expression=down)

    def matches(self, text: Sql, regex: str) -> Sql:
        """Return whether a regular expression is found in a text."""
        raise unprintable("matches", self)

    def place(self, text: Sql, nth: int, alphabet: str) -> Sql:
        """Return the place from 1, in an alphabet, of a text's nth character; 0 if it has none."""
        raise unprintable("place", self)

    def exact(self, made: Sql, kind: Kind) -> Sql:
        """Return an operand of a comparison, guarded where it may not be the integer it stands for."""
        return made

    def wrong_name(self, name: str) -> str:
        """Return why the database has no column of a name; nothing where it has."""
        size = len(name.encode()) if self.name_in_bytes else len(name)
        signs = sorted({sign for sign in name if sign in self.forbidden or sign == "\0"})
        if not name:
            return tr("an empty name", "名称为空")
        if signs:
            return " ".join(signs)
        if self.longest_name and size > self.longest_name:
            unit = "bytes" if self.name_in_bytes else "characters"
            return tr(
                f"{size} of at most {self.longest_name} {unit}",
                f"{size},最多 {self.longest_name} {'字节' if self.name_in_bytes else '个字符'}",
            )
        return ""

    def folded(self, name: str) -> str:
        """Return a name as the database tells names apart."""
        return name if self.exact_names else name.casefold()

    def fenced(self, step: exp.Select) -> exp.Select:
        """Return a step whose expressions are not copied into the steps that read it."""
        return step

    def whole(self, statement: str, *, guarded: bool) -> str:
        """Return a statement with what the database must be told of all of it.

        It is `guarded` if a choice keeps something from being computed that may fail.
        """
        return statement


def one_or_nought(test: Sql) -> Sql:
    """Return a test that may be unknown as 1, or as 0 where it does not hold."""
    from sqlglot import exp

    number = exp.Literal.number
    whole: Sql = exp.Case().when(test, number(1), copy=False).else_(number(0), copy=False)
    return whole


def pattern(text: str, dialect: Dialect, cell: Sql) -> Sql:
    """Return SQL of a dialect with a cell in place of ``x``."""
    from sqlglot import exp, parse_one

    def filled(part: exp.Expr) -> exp.Expr:
        return cell.copy() if isinstance(part, exp.Column) and part.sql() == "x" else part

    return parse_one(text, dialect=dialect.name).transform(filled)


def of_multiple(top: Sql, down: Sql) -> Sql:
    """Return the quotient of two closed whole numbers, cut off towards zero, without a rest to round."""
    from sqlglot import exp

    rest = exp.Mod(this=top.copy(), expression=down.copy())
    multiple = exp.Paren(this=exp.Sub(this=top, expression=exp.Paren(this=rest)))
    return exp.Div(this=multiple, expression=down, typed=True, safe=True)


def joined_if_known(made: Sql, *parts: Sql) -> Sql:
    """Return what was made of texts, or null where one of them is null."""
    from sqlglot import exp

    unknown = [exp.Is(this=part.copy(), expression=exp.null()) for part in parts]
    whole: Sql = exp.Case().when(exp.or_(*unknown), exp.null()).else_(made, copy=False)
    return whole


def unsayable_names(names: Iterable[str], dialect: Dialect) -> list[Problem]:
    """Return a problem for every name that the database cannot hold, or takes for another."""
    problems = []
    seen: dict[str, str] = {}
    for name in names:
        why = dialect.wrong_name(name)
        if not why and (same := seen.setdefault(dialect.folded(name), name)) != name:
            why = tr(f"the same there as '{same}'", f"在该库中与“{same}”相同")
        if why:
            what = tr(f"{dialect.title} has no such column name", f"{dialect.title} 不能有该列名")
            hint = tr("rename it: shorter, in plain letters", "请改用较短的普通列名")
            problems.append(Problem(what, why, hint, name))
    return problems


def misnamed(table: str, dialect: Dialect) -> Iterator[Problem]:
    """Yield what is wrong with the name of a table of the user."""
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        read = exp.to_table(table, dialect=dialect.name).sql(dialect=dialect.name)
    except SqlglotError:
        read = ""
    if read != table:
        yield Problem(
            tr("not the name of a table", "不是表名"),
            table,
            tr("quote it as the database does", "请按数据库的写法加引号"),
        )


def place_by_instr(text: Sql, nth: int, alphabet: str) -> Sql:
    """Return the place of a text's nth character as DuckDB and Spark find it."""
    from sqlglot import exp

    number, said = exp.Literal.number, exp.Literal.string(alphabet)
    character = exp.Anonymous(this="SUBSTR", expressions=[text, number(nth), number(1)])
    return exp.Anonymous(this="INSTR", expressions=[said, character])


def unprintable(verb: str, dialect: Dialect) -> CreditError:
    """Return the error for a verb that a dialect has no exact way for."""
    return CreditError(
        tr(
            f"{dialect.title} has no exact way to say part of this",
            f"{dialect.title} 无法精确表达其中一步",
        ),
        verb,
        tr("export it for another dialect", "请导出为其他方言"),
    )

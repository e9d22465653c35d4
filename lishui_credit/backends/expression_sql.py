"""The expressions of one step of a recorded query, in the SQL of a dialect.

Builders test a double for NaN before they compare it: databases differ in where a NaN stands.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from lishui_credit.backends.dialects.dialect import LARGEST, Dialect, one_or_nought, unprintable
from lishui_credit.backends.recorder import TESTS, WHOLE, Kind, Node

if TYPE_CHECKING:
    from sqlglot import exp

    from lishui_credit.backends.dialects.dialect import Sql

Names = Mapping[str, str]
Arms = Mapping[int, str]

_BINARY: Final = {
    "add": "Add",
    "sub": "Sub",
    "mul": "Mul",
    "truediv": "Div",
    "eq": "EQ",
    "lt": "LT",
    "le": "LTE",
    "gt": "GT",
    "ge": "GTE",
    "and": "And",
    "or": "Or",
}
"""Verbs of two parts, and the class of sqlglot that says each."""
COMPARISONS: Final = ("eq", "lt", "le", "gt", "ge")
_CHAINS: Final = ("and", "or", "add")  # a AND b AND c needs no parentheses
_OF_DOUBLES: Final = ("col", "lit", "cast", "when", "coalesce")
"""Verbs that give a double: what is computed with doubles may be rounded, and no two engines agree."""
_QUOTES: Final = str.maketrans({"'": "’", '"': "”", "`": "’"})
_ROUNDED_ONCE: Final = ("sub", "mul", "truediv")
"""Verbs of two doubles that IEEE 754 rounds in one way: a sum of more depends on its order."""


class Expressions:
    """The expressions of one step, whose columns are those of the step before.

    Parameters
    ----------
    dialect : Dialect
        Of the database.
    of : str
        Name of the step before.
    values : mapping of str to str
        What stands beside a text that is given or compared.
    arms : mapping of int to str
        What stands beside a whole number that a choice gives.
    """

    def __init__(self, dialect: Dialect, of: str, values: Names, arms: Arms | None = None) -> None:
        self._dialect = dialect
        self._table = of
        self._values = values
        self._arms = arms or {}

    def of(self, node: Node) -> Sql:
        """Return a node as a value; CreditError where the dialect has no exact way for its verb."""
        made = self._made(node)
        if node.verb not in TESTS or self._dialect.booleans:
            return made
        from sqlglot import exp

        if node.verb == "is_null":
            return one_or_nought(made)
        case = exp.Case().when(made, exp.Literal.number(1), copy=False)
        return case.when(exp.Not(this=closed(made.copy())), exp.Literal.number(0), copy=False)

    def test(self, node: Node) -> Sql:
        """Return a Boolean node where a test is asked for: some dialects know no Boolean values."""
        made = self._made(node)
        if node.verb in TESTS or self._dialect.booleans:
            return made
        from sqlglot import exp

        return exp.EQ(this=closed(made), expression=exp.Literal.number(1))

    def _made(self, node: Node) -> Sql:
        verb = "binary" if node.verb in _BINARY else node.verb
        made: Callable[[Node], Sql] | None = getattr(self, f"_{verb}", None)
        double = node.kind == "Float64" and verb not in _OF_DOUBLES
        if made is None or (double and not _rounded_once(node)):
            raise self._refused(node)
        return made(node)

    def _refused(self, node: Node) -> Exception:
        said = [node.verb, *(part.kind for part in node.parts)]
        return unprintable(
            " ".join(said if node.verb != "cast" else [*said, node.kind]), self._dialect
        )

    def _parts(self, node: Node) -> list[Sql]:
        return [closed(self.of(part)) for part in node.parts]

    def _col(self, node: Node) -> Sql:
        return column(self._table, node.value)

    def _lit(self, node: Node) -> Sql:
        from sqlglot import exp

        value: Any = node.value
        if value is None:
            kind: Kind = "String" if node.kind == "Null" else node.kind
            return self._dialect.cast(exp.null(), kind)
        if isinstance(value, bool):
            return self._flag(value)
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, date):
            return self._dialect.day(value)
        return self._number(value, node.kind)

    def _flag(self, value: bool) -> Sql:
        from sqlglot import exp

        if not self._dialect.booleans:
            return exp.Literal.number(int(value))
        return exp.true() if value else exp.false()

    def _number(self, value: float, kind: Kind) -> Sql:
        from sqlglot import exp

        if kind == "Float64":
            if not math.isfinite(value):
                raise unprintable(f"lit {value}", self._dialect)
            return self._dialect.double(float(value))
        number = exp.Literal.number(abs(value))
        return number if value >= 0 else exp.Paren(this=exp.Neg(this=number))

    def _text(self, value: str) -> Sql:
        """Return a text with what it stands for beside it."""
        made = self._dialect.text(value)
        return commented(made, self._values[value]) if value in self._values else made

    def _binary(self, node: Node) -> Sql:
        from sqlglot import exp

        kind: type[exp.Binary] = getattr(exp, _BINARY[node.verb])
        if node.verb in ("gt", "lt") and _outermost(node.parts[1], node.verb == "gt"):
            return self._dialect.infinite(self._parts(node)[0], node.verb == "gt")
        if node.verb in COMPARISONS:
            left, right = self._compared(node)
        else:
            part = self.test if node.verb in ("and", "or") else self.of
            left, right = (part(each) for each in node.parts)
        if node.verb == "add" and node.kind == "String":
            return self._dialect.joined(closed(left), closed(right))
        chained = node.verb in _CHAINS and isinstance(left, kind)
        made = kind(this=left if chained else closed(left), expression=closed(right))
        if node.verb == "truediv":  # of doubles, so that no dialect needs to be told
            made.set("typed", True)
        return made

    def _compared(self, node: Node) -> tuple[Sql, Sql]:
        """Return the operands of a comparison; a whole number beside a double is a double."""
        if {part.kind for part in node.parts} >= {"Float64"}:
            for part in node.parts:
                if part.kind != "Float64" and not (part.verb == "lit" and part.kind in WHOLE):
                    raise self._refused(node)
            left, right = (
                self._number(part.value, "Float64") if part.verb == "lit" else self.of(part)
                for part in node.parts
            )
            return left, right
        left, right = (self._dialect.exact(self.of(part), part.kind) for part in node.parts)
        return left, right

    def _neg(self, node: Node) -> Sql:
        from sqlglot import exp

        return exp.Neg(this=self._parts(node)[0])

    def _not(self, node: Node) -> Sql:
        from sqlglot import exp

        part = node.parts[0]
        if part.verb == "not":
            return self.test(part.parts[0])
        if part.verb == "and" and all(each.verb == "not" for each in part.parts):
            left, right = (closed(self.test(each.parts[0])) for each in part.parts)
            return exp.Or(this=left, expression=right)
        return exp.Not(this=closed(self.test(part)))

    def _is_null(self, node: Node) -> Sql:
        from sqlglot import exp

        return exp.Is(this=self._parts(node)[0], expression=exp.null())

    def _is_nan(self, node: Node) -> Sql:
        if node.parts[0].kind != "Float64":
            raise self._refused(node)
        return self._dialect.nan(self._parts(node)[0])

    def _matches(self, node: Node) -> Sql:
        return self._dialect.matches(self.of(node.parts[0]), node.value)

    def _place(self, node: Node) -> Sql:
        return self._dialect.place(self.of(node.parts[0]), *node.value)

    def _is_in(self, node: Node) -> Sql:
        from sqlglot import exp

        of = node.parts[0].kind
        kinds = {bool: "Boolean", str: "String", int: "whole", float: "Float64"}
        found = {kinds.get(type(value), "Null") for value in node.value}
        if of == "String" and found == {"String"}:
            listed = [self._text(value) for value in node.value]
        elif (of == "Float64" and found and found <= {"Float64", "whole"}) or (
            of in WHOLE and found == {"whole"}
        ):
            listed = [self._number(value, of) for value in node.value]
        else:
            raise unprintable(f"is_in {of}: {' '.join(sorted(found))}".strip(), self._dialect)
        cell = closed(self._dialect.exact(self.of(node.parts[0]), of))
        listed = [self._dialect.exact(each, of) for each in listed]
        if of != "Float64" or 0 not in node.value or len(listed) == 1:
            return self._dialect.one_of(cell, listed)
        # ClickHouse looks a double up by its bits, and does not find -0.0 where 0.0 is listed.
        zero = [*node.value].index(0)
        others = self._dialect.one_of(cell, [*listed[:zero], *listed[zero + 1 :]])
        return exp.or_(exp.EQ(this=cell.copy(), expression=listed[zero]), others, copy=False)

    def _coalesce(self, node: Node) -> Sql:
        from sqlglot import exp

        first, *rest = (self.of(part) for part in node.parts)
        return exp.Coalesce(this=first, expressions=rest)

    def _cast(self, node: Node) -> Sql:
        part, kind = node.parts[0], node.kind
        before = part.kind
        if before == kind:
            return self.of(part)
        if before == "Boolean":
            return self._of_flag(part, node)
        narrow = before in WHOLE and before != "Int128"
        if before in WHOLE and kind in WHOLE:
            return self._dialect.cast(self._dialect.exact(self.of(part), before), kind)
        if narrow and kind == "Float64":
            return self._dialect.cast(self.of(part), kind)
        if narrow and kind == "String":
            return self._dialect.read(self.of(part), kind)
        if before == "Float64" and kind == "Int64":
            return self._dialect.cut(self.of(part))
        raise self._refused(node)

    def _of_flag(self, part: Node, cast: Node) -> Sql:
        """Return a yes and a no in another type, as polars writes them."""
        from sqlglot import exp

        if cast.kind == "String":
            yes, no = self._text("true"), self._text("false")
        elif cast.kind in WHOLE or cast.kind == "Float64":
            yes, no = self._number(1, cast.kind), self._number(0, cast.kind)
        else:
            raise self._refused(cast)
        test = self.test(part)
        denied = exp.Not(this=closed(test.copy()))
        return exp.Case().when(test, yes, copy=False).when(denied, no, copy=False)

    def _when(self, node: Node) -> Sql:
        from sqlglot import exp

        *arms, last = node.parts
        while last.verb == "when":  # a choice in place of the end of another continues it
            *more, last = last.parts
            arms += more
        results = [*arms[1::2], last]
        bare = any(_null(result) != _null(last) for result in results)  # another tells the type

        def given(part: Node) -> Sql:
            made = exp.null() if bare and _null(part) else self.of(part)
            if part.verb == "lit" and part.kind in WHOLE and part.value in self._arms:
                commented(made, self._arms[part.value])
            return made

        case = exp.Case()
        for test, value in zip(arms[::2], arms[1::2], strict=True):
            case = case.when(self.test(test), given(value), copy=False)
        whole: Sql = case.else_(given(last), copy=False)
        return whole

    def _floordiv(self, node: Node) -> Sql:
        """Return the quotient rounded down, for a divisor above 0: one less where a rest is below 0."""
        from sqlglot import exp

        number = exp.Literal.number
        top, down = self._parts(node)
        rest = exp.Mod(this=top.copy(), expression=down.copy())
        below = exp.LT(this=rest, expression=number(0))
        less = exp.Case().when(below, number(1)).else_(number(0))
        whole = self._dialect.quotient(top, down, node.kind)
        return exp.Sub(this=closed(whole), expression=less)

    def _year(self, node: Node) -> Sql:
        return self._dialect.part(node.verb, self.of(node.parts[0]))

    _month = _day = _year

    def _days(self, node: Node) -> Sql:
        return self._dialect.days(self.of(node.parts[0]))

    def _max(self, node: Node) -> Sql:
        from sqlglot import exp

        return exp.Max(this=self.of(node.parts[0]))

    def _sum(self, node: Node) -> Sql:
        """Return a sum in 64 bits, which engines widen; of nulls alone it is 0, as in polars."""
        from sqlglot import exp

        total = exp.Sum(this=self.of(node.parts[0]))
        some = exp.Coalesce(this=total, expressions=[exp.Literal.number(0)])
        return self._dialect.cast(some, "Int64")


def column(table: str, name: str) -> exp.Column:
    """Return a column of a step."""
    from sqlglot import exp

    return exp.column(name, table=table, quoted=True)


def _rounded_once(node: Node) -> bool:
    """Tell whether every engine computes the same double; by zero each divides in a way of its own."""
    doubles = node.verb in _ROUNDED_ONCE and all(part.kind == "Float64" for part in node.parts)
    last = node.parts[-1:]
    return doubles and (node.verb != "truediv" or bool(last[0].verb == "lit" and last[0].value))


def _null(node: Node) -> bool:
    return node.verb == "lit" and node.value is None


def _outermost(node: Node, above: bool) -> bool:
    """Tell whether a node is the largest of all finite doubles, or the least."""
    return node.verb == "lit" and node.value == (LARGEST if above else -LARGEST)


def closed(made: Sql) -> Sql:
    """Return an expression in parentheses unless it is closed by itself."""
    # And and Or are functions to sqlglot: closed is what is listed here, nothing else.
    from sqlglot import exp

    atoms = (exp.Column, exp.Literal, exp.National, exp.Introducer, exp.HexString, exp.Null)
    made_by = (exp.Boolean, exp.Case, exp.Cast, exp.Coalesce, exp.Extract, exp.Paren, exp.Anonymous)
    return made if isinstance(made, (*atoms, *made_by, exp.Max, exp.Sum)) else exp.Paren(this=made)


def commented(made: Sql, text: str) -> Sql:
    """Return an expression with a comment that its text cannot end."""
    # DuckDB takes a quote or -- there for the begin of a text or a line comment, and then makes blanks
    # of the wide ones in texts.
    plain = re.sub("-(?=-)", "- ", text.translate(_QUOTES))
    plain = plain.replace("*/", "* /").replace("/*", "/ *")
    made.add_comments([" ".join(plain.split())])
    return made

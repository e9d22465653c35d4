"""A recorded query as a function in plain Python, which needs nothing but the standard library."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final

from lishui_credit.backends.nulls_and_sizes import Sources
from lishui_credit.backends.plain_steps import Steps
from lishui_credit.backends.plain_syntax import (
    ATOM,
    COMPARE,
    NOT,
    PICK,
    PRODUCT,
    SIGN,
    SUM,
    Said,
    unprintable,
)
from lishui_credit.backends.plain_texts import pattern_parts
from lishui_credit.backends.recorder import Constant, Kind, Table

PARTS: Final = {
    "_below": """
def _below(one, other):
    \"\"\"Tell whether a double stands before another; NaN is the last.\"\"\"
    return one < other or (other != other and one == one)
""",
    "_same": """
def _same(one, other):
    \"\"\"Tell whether two doubles are equal; NaN equals NaN.\"\"\"
    return one == other or (one != one and other != other)
""",
    "_checked": """
def _checked(number, most):
    \"\"\"Return a whole number that fits the type of its column.\"\"\"
    if not -most <= number < most:
        raise OverflowError(f"{number} is beyond the type of its column")
    return number
""",
    "_day": """
def _day(cell):
    \"\"\"Return a day that was given as a date or as YYYY-MM-DD.\"\"\"
    return date.fromisoformat(cell) if type(cell) is str else cell
""",
    "_divided": """
def _divided(top, down):
    \"\"\"Return a quotient of doubles; by zero it is infinite, or NaN.\"\"\"
    if down != 0:
        return top / down
    if top == 0 or top != top:
        return math.nan
    return math.copysign(math.inf, math.copysign(1, top) * math.copysign(1, down))
""",
    "_double": """
def _double(cell):
    \"\"\"Return a number as a double.\"\"\"
    return None if cell is None else float(cell)
""",
}
"""What the printed functions call, each printed where it is called."""


class PythonCode:
    """How Python writes expressions and statements."""

    title = "Python"
    null, true, false = "None", "True", "False"
    conjunction, disjunction = " and ", " or "
    indent = "    "

    def __init__(self) -> None:
        self.days: dict[str, date] = {}  # constants, which stand above the function

    # ---- expressions --------------------------------------------------------------------------

    def big(self, size: int) -> bool:
        """Every whole number is of one type."""
        return False

    def widened(self, text: str) -> str:
        """Every whole number is of one type."""
        return text

    narrowed = widened

    def constant(self, value: Constant, kind: Kind, big: bool) -> Said:
        """Return a literal; days are constants of the module."""
        if isinstance(value, date):
            name = f"DAY_{value:%Y_%m_%d}"
            self.days[name] = value
            return Said(name)
        if isinstance(value, float) and not math.isfinite(value):
            return Said(f'float("{value}")')
        below = isinstance(value, int | float) and value < 0
        return Said(repr(value), SIGN if below else ATOM)

    def is_null(self, text: str, outcome: bool) -> Said:
        """Test for None."""
        return Said(f"{text} is {'' if outcome else 'not '}None", COMPARE)

    def negation(self, said: Said) -> Said:
        """Return the contrary; of a test for None the other one."""
        if said.rank == NOT:
            inner = said.text.removeprefix("not ")
            return Said(inner, ATOM if inner.startswith("(") else COMPARE)
        if none := re.fullmatch(r"(\w+ is) (not )?None", said.text):
            return Said(f"{none[1]} {'' if none[2] else 'not '}None", COMPARE)
        return Said(f"not {said.at(NOT)}", NOT)

    def is_flag(self, text: str, outcome: bool) -> Said:
        """Test a flag that may be None."""
        return Said(f"{text} is {outcome}", COMPARE)

    def pick(self, test: Said, one: Said, other: Said) -> Said:
        """Return a conditional expression."""
        return Said(f"{one.at(PICK + 1)} if {test.at(PICK + 1)} else {other.at(PICK)}", PICK)

    def bind(self, name: str, said: Said) -> Said:
        """Return an assignment expression."""
        return Said(f"({name} := {said.at(PICK)})")

    def compared(self, left: str, sign: str, right: str) -> Said:
        """Return a comparison."""
        return Said(f"{left} {sign} {right}", COMPARE)

    def minus(self, said: Said, big: bool) -> Said:
        """Return a negative."""
        return Said(f"-{said.at(SIGN + 1)}", SIGN)

    def quotient(self, top: Said, down: Said, big: bool) -> Said:
        """Return a quotient, which Python rounds down."""
        return Said(f"{top.at(PRODUCT)} // {down.at(PRODUCT + 1)}", PRODUCT)

    def divided(self, top: Said, down: Said) -> Said:
        """Return a quotient of doubles, which Python refuses by zero."""
        return Said(f"_divided({top.text}, {down.text})")

    def among(self, text: str, values: list[str], outcome: bool) -> Said:
        """Test for one of a set."""
        word = "in" if outcome else "not in"
        listed = f"{{{', '.join(values)}}}" if values else "()"
        return Said(f"{text} {word} {listed}", COMPARE)

    def of_date(self, verb: str, text: str) -> Said:
        """Return a part of a date; an ordinal counts from the year 1."""
        if verb != "days":
            return Said(f"{text}.{verb}")
        return Said(f"{text}.toordinal() - {date(1970, 1, 1).toordinal()}", SUM)

    def is_nan(self, text: str, outcome: bool) -> Said:
        """Test for NaN, which alone is not equal to itself."""
        return Said(f"{text} {'!=' if outcome else '=='} {text}", COMPARE)

    def below(self, left: str, right: str) -> Said:
        """Compare doubles."""
        return Said(f"_below({left}, {right})")

    def same(self, left: str, right: str) -> Said:
        """Compare doubles."""
        return Said(f"_same({left}, {right})")

    def checked(self, text: str, most: int, big: bool) -> Said:
        """Return a call that checks."""
        return Said(f"_checked({text}, {most})")

    def floated(self, text: str, kind: Kind) -> Said:
        """Return a double."""
        return Said(f"float({text})")

    def cut_off(self, text: str, big: bool) -> Said:
        """Return the whole part; NaN and infinity are errors."""
        return Said(f"int({text})")

    def counted(self, text: str) -> Said:
        """Return 1 or 0."""
        return Said(f"int({text})")

    def spelled(self, text: str, kind: Kind) -> Said:
        """Return digits, or true and false."""
        if kind == "Boolean":
            return Said(f'"true" if {text} else "false"', PICK)
        return Said(f"str({text})")

    def replaced(self, text: str, pattern: str, value: str) -> Said:
        """Return a text with the first match replaced."""
        found = pattern_parts(pattern, value)
        if found is None:
            raise unprintable(f"replace {pattern!r}", self)
        plain, ends, given = found
        own = plain + (r"\Z" if ends else "")
        put = re.sub(r"\$1", r"\\g<1>", given)
        return Said(f"re.sub({own!r}, {put!r}, {text}, count=1)")

    # ---- statements ---------------------------------------------------------------------------

    def comment(self, text: str) -> str:
        """Return a comment."""
        return f"# {' '.join(text.split())}"

    def declared(self, names: list[str]) -> list[str]:
        """Nothing: a name is known once it has a value."""
        return []

    def let(self, name: str, text: str, first: bool) -> str:
        """Return an assignment."""
        return f"{name} = {text}"

    def opened(self, word: str, test: str) -> str:
        """Return the head of a block."""
        return f"{word} {test}:" if test else f"{word}:"

    def closed(self, last: bool) -> list[str]:
        """Nothing: a block ends with its indent."""
        return []

    def read(self, row: str, column: str, kind: Kind, big: bool) -> str:
        """Return a cell; a day may be a text, a double a whole number."""
        cell = f"{row}.get({column!r})"
        return {"Date": f"_day({cell})", "Float64": f"_double({cell})"}.get(kind, cell)

    def each(self, names: list[str], rows: str) -> str:
        """Return the head of a loop over tuples."""
        return f"for {self.stored(names)} in {rows}:"

    def each_given(self, name: str, rows: str) -> str:
        """Return the head of a loop."""
        return f"for {name} in {rows}:"

    def breakable(self, line: str) -> tuple[str, str, str] | None:
        """Return a condition, or what is assigned, in brackets."""
        if test := re.fullmatch(r"(if|elif) (.+):", line):
            return f"{test[1]} (", test[2], "):"
        if given := re.fullmatch(r"(\w+) = (.+)", line):
            return f"{given[1]} = (", given[2], ")"
        return None

    def skip(self) -> str:
        """Return to the head."""
        return "continue"

    def stored(self, texts: list[str]) -> str:
        """Return a tuple."""
        return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"

    def new_row(self, texts: list[str]) -> str:
        """Return a list."""
        return f"[{', '.join(texts)}]"

    def new_list(self) -> str:
        """Return an empty list."""
        return "[]"

    def push(self, rows: str, row: str) -> str:
        """Append."""
        return f"{rows}.append({row})"

    def new_map(self) -> str:
        """Return an empty dict."""
        return "{}"

    def key(self, parts: list[tuple[str, bool]]) -> str:
        """Return a tuple."""
        return self.stored([text for text, _ in parts])

    def found(self, mapping: str, key: str) -> str:
        """Look up."""
        return f"{mapping}.get({key})"

    def put(self, mapping: str, key: str, text: str) -> str:
        """Keep under a key."""
        return f"{mapping}[{key}] = {text}"

    def values(self, mapping: str) -> str:
        """Return what is kept."""
        return f"{mapping}.values()"

    def result(self, pairs: list[tuple[str, str]]) -> list[str]:
        """Return a dict, one line per column."""
        return ["{", *(f"    {name!r}: {text}," for name, text in pairs), "}"]

    def returned(self, lines: list[str]) -> list[str]:
        """Return it."""
        return [f"return {lines[0]}", *lines[1:]]


def python_function(
    table: Table,
    *,
    name: str,
    sources: Sources,
    one: str = "subject",
    many: Iterable[str] = (),
    own: Iterable[str] = (),
    columns: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
    told: str = "",
    checks: str = "",
    first: str = "",
) -> str:
    """Return a module in plain Python with one function that gives the row (or rows) of a query.

    Parameters
    ----------
    table : Table
        The query, upon one source of one row and any of many rows.
    name : str
        Of the function.
    sources : mapping of str to mapping of str to Held
        What is known of the columns of every source: whether null, how large.
    one : str, default "subject"
        Source of the one row, which the function takes first, as a mapping.
    many : iterable of str
        Sources of many rows: further parameters, sequences of mappings, empty if not given.
    own : iterable of str
        Columns that rows of the other sources share with the one row; they are not read there.
    columns, values : mapping of str to str, optional
        Remarks over a column of that name where it is computed, and beside a text of a choice.
    told : str
        Docstring of the function.
    checks, first : str
        What stands above the function (`plain_inputs.python_checks`), and the first line in it.

    Raises
    ------
    CreditError
        If Python has no exact way for a verb; it is named.

    Examples
    --------
    >>> from lishui_credit.backends import recorder
    >>> table = recorder.source("subject", {"a": "Int64"}).select(
    ...     (recorder.col("a") // 7).alias("weeks")
    ... )
    >>> loaded(python_function(table, name="weeks", sources={}))["weeks"]({"a": -8})
    {'weeks': -2}
    """
    code = PythonCode()
    steps = Steps(code, table, sources=sources, one=one, own=own, columns=columns, values=values)
    lines = steps.lines()
    takes = ", ".join(["subject", *(f"{source}=()" for source in many)])
    head = [f"def {name}({takes}):"]
    head += [f'    """{told}"""'] if told else []
    head += [f"    {first}"] if first else []
    text = "\n".join([*head, *lines])
    calls = [part.strip("\n") for called, part in PARTS.items() if f"{called}(" in text]
    days = [
        f"{day} = date({of.year}, {of.month}, {of.day})" for day, of in sorted(code.days.items())
    ]
    imports = ["import math"] if "_divided(" in text else []
    imports += ["import re"] if checks or "re.sub(" in text else []
    imports += ["from datetime import date"] if days or checks or "_day(" in text else []
    constants = ["\n".join(lines) for lines in (imports, days) if lines]
    blocks = ["\n\n".join(constants), checks.strip("\n"), *calls, text]
    return "\n\n\n".join(block for block in blocks if block) + "\n"


def module(head: Iterable[str], text: str) -> str:
    """Return functions as the text of a module under remarks, each on one line."""
    return "\n".join([*(f"# {line}".rstrip() for line in head), "", text])


def loaded(source: str, name: str = "printed") -> dict[str, Callable[..., Any]]:
    """Return what a printed module defines."""
    space: dict[str, Any] = {"__name__": name}
    exec(compile(source, f"<{name}>", "exec"), space)
    return space

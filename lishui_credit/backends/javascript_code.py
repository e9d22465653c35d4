"""A recorded query as a function in plain JavaScript, without libraries.

A whole number is a number where bounds prove that it stays below 2^53, else a BigInt. A day is a text
YYYY-MM-DD, which sorts as days do.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from lishui_credit.backends.nulls_and_sizes import Sources
from lishui_credit.backends.plain_steps import Steps
from lishui_credit.backends.plain_syntax import (
    ATOM,
    COMPARE,
    OR,
    PICK,
    PRODUCT,
    SIGN,
    SUM,
    Said,
    unprintable,
)
from lishui_credit.backends.plain_texts import pattern_parts
from lishui_credit.backends.recorder import Constant, Kind, Table

EXACT: Final = 2**53
"""Whole numbers below it are exact as numbers of JavaScript."""
DAY_LENGTH: Final = 86_400_000  # milliseconds
PARTS: Final = {
    "large": """
// A whole number, given as a number or as a BigInt.
function large(cell) {
  return cell === null ? null : BigInt(cell);
}
""",
    "floorOf": """
// A quotient of BigInts, rounded down.
function floorOf(top, down) {
  const whole = top / down;
  return top % down !== 0n && (top < 0n) !== (down < 0n) ? whole - 1n : whole;
}
""",
    "below": """
// Whether a double stands before another; NaN is the last.
function below(one, other) {
  return one < other || (other !== other && one === one);
}
""",
    "same": """
// Whether two doubles are equal; NaN equals NaN.
function same(one, other) {
  return one === other || (one !== one && other !== other);
}
""",
    "checked": """
// A whole number that fits the type of its column.
function checked(number, most) {
  if (!(number >= -most && number < most)) throw new RangeError(String(number) + " is beyond the type of its column");
  return number;
}
""",
}
"""What the printed functions call, each printed where it is called."""


class JavaScriptCode:
    """How JavaScript writes expressions and statements."""

    title = "JavaScript"
    null, true, false = "null", "true", "false"
    conjunction, disjunction = " && ", " || "
    indent = "  "

    # ---- expressions --------------------------------------------------------------------------

    def big(self, size: int) -> bool:
        """Tell whether numbers of a size must be BigInts."""
        return size >= EXACT

    def widened(self, text: str) -> str:
        """Return a BigInt."""
        return f"BigInt({text})"

    def narrowed(self, text: str) -> str:
        """Return a number."""
        return f"Number({text})"

    def constant(self, value: Constant, kind: Kind, big: bool) -> Said:
        """Return a literal; a day is its text."""
        if value is None or isinstance(value, bool):
            return Said(literal(value))
        if isinstance(value, str | date):
            return Said(literal(value if isinstance(value, str) else value.isoformat()))
        if not math.isfinite(value):
            return Said({math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN"))
        text = f"{value}n" if big else repr(value)
        return Said(text, SIGN if value < 0 else ATOM)

    def is_null(self, text: str, outcome: bool) -> Said:
        """Test for null."""
        return Said(f"{text} {'===' if outcome else '!=='} null", COMPARE)

    def negation(self, said: Said) -> Said:
        """Return the contrary; of a comparison for identity the other one."""
        if same := re.fullmatch(r"([\w$.]+) ([!=])== (\w+)", said.text):
            return Said(f"{same[1]} {'=' if same[2] == '!' else '!'}== {same[3]}", COMPARE)
        return Said(f"!{said.at(SIGN)}", SIGN)

    def is_flag(self, text: str, outcome: bool) -> Said:
        """Test a flag that may be null."""
        return Said(f"{text} === {'true' if outcome else 'false'}", COMPARE)

    def pick(self, test: Said, one: Said, other: Said) -> Said:
        """Return a conditional expression."""
        return Said(f"{test.at(PICK + 1)} ? {one.at(PICK)} : {other.at(PICK)}", PICK)

    def bind(self, name: str, said: Said) -> Said:
        """Return an assignment expression."""
        return Said(f"({name} = {said.at(PICK)})")

    def compared(self, left: str, sign: str, right: str) -> Said:
        """Return a comparison without conversion."""
        return Said(f"{left} {sign}{'=' if sign in ('==', '!=') else ''} {right}", COMPARE)

    def minus(self, said: Said, big: bool) -> Said:
        """Return a negative; taken from 0, for a number has two zeros here."""
        return Said(f"{'0n' if big else '0'} - {said.at(PRODUCT)}", SUM)

    def quotient(self, top: Said, down: Said, big: bool) -> Said:
        """Return a quotient rounded down: exact below 2^53, for no quotient rounds up to the next."""
        if big:
            return Said(f"floorOf({top.text}, {down.text})")
        return Said(f"Math.floor({top.at(PRODUCT)} / {down.at(PRODUCT + 1)})")

    def divided(self, top: Said, down: Said) -> Said:
        """Return a quotient of doubles."""
        return Said(f"{top.at(PRODUCT)} / {down.at(PRODUCT + 1)}", PRODUCT)

    def among(self, text: str, values: list[str], outcome: bool) -> Said:
        """Test for one of a list; few are compared one by one."""
        if len(values) <= 2:
            sign, word, rank = ("===", " || ", OR) if outcome else ("!==", " && ", OR + 1)
            tests = [f"{text} {sign} {value}" for value in values]
            said = word.join(tests) or ("false" if outcome else "true")
            return Said(said, rank if len(tests) > 1 else COMPARE if tests else ATOM)
        return Said(f"{'' if outcome else '!'}[{', '.join(values)}].includes({text})", SIGN)

    def of_date(self, verb: str, text: str) -> Said:
        """Return a part of a day's text."""
        if verb == "days":
            return Said(f"Date.parse({text}) / {DAY_LENGTH}", PRODUCT)
        start, end = {"year": (0, 4), "month": (5, 7), "day": (8, 10)}[verb]
        return Said(f"Number({text}.slice({start}, {end}))")

    def is_nan(self, text: str, outcome: bool) -> Said:
        """Test for NaN."""
        return Said(f"{'' if outcome else '!'}Number.isNaN({text})", SIGN)

    def below(self, left: str, right: str) -> Said:
        """Compare doubles."""
        return Said(f"below({left}, {right})")

    def same(self, left: str, right: str) -> Said:
        """Compare doubles."""
        return Said(f"same({left}, {right})")

    def checked(self, text: str, most: int, big: bool) -> Said:
        """Return a call that checks."""
        return Said(f"checked({text}, {most}{'n' if big else ''})")

    def floated(self, text: str, kind: Kind) -> Said:
        """Return a double."""
        return Said(f"Number({text})")

    def cut_off(self, text: str, big: bool) -> Said:
        """Return the whole part; of NaN and infinity there is no BigInt, and no number within limits."""
        return Said(f"BigInt(Math.trunc({text}))" if big else f"Math.trunc({text})")

    def counted(self, text: str) -> Said:
        """Return 1 or 0."""
        return Said(f"Number({text})")

    def spelled(self, text: str, kind: Kind) -> Said:
        """Return digits, or true and false."""
        return Said(f"String({text})")

    def replaced(self, text: str, pattern: str, value: str) -> Said:
        """Return a text with the first match replaced."""
        found = pattern_parts(pattern, value)
        if found is None:
            raise unprintable(f"replace {pattern!r}", self)
        plain, ends, given = found
        own = literal(plain + ("$" if ends else ""))
        return Said(f"{text}.replace(new RegExp({own}, 'u'), {literal(given)})")

    # ---- statements ---------------------------------------------------------------------------

    def comment(self, text: str) -> str:
        """Return a comment, on one line and not the end of a script."""
        return f"// {' '.join(text.split()).replace('</', '< /')}"

    def declared(self, names: list[str]) -> list[str]:
        """Return a declaration."""
        return [f"let {', '.join(names)};"] if names else []

    def let(self, name: str, text: str, first: bool) -> str:
        """Return a declaration with a value, or an assignment."""
        return f"{'const ' if first else ''}{name} = {text};"

    def opened(self, word: str, test: str) -> str:
        """Return the head of a block, which closes the one before."""
        return {"if": f"if ({test}) {{", "elif": f"}} else if ({test}) {{"}.get(word, "} else {")

    def closed(self, last: bool) -> list[str]:
        """Return the end of a block, unless the next head ends it."""
        return ["}"] if last else []

    def read(self, row: str, column: str, kind: Kind, big: bool) -> str:
        """Return a cell, null where it is not there; a large column may be given as numbers."""
        cell = f"{row}[{literal(column)}] ?? null"
        return f"large({cell})" if big else cell

    def each(self, names: list[str], rows: str) -> str:
        """Return the head of a loop over arrays."""
        return f"for (const [{', '.join(names)}] of {rows}) {{"

    def each_given(self, name: str, rows: str) -> str:
        """Return the head of a loop."""
        return f"for (const {name} of {rows}) {{"

    def breakable(self, line: str) -> tuple[str, str, str] | None:
        """Return a condition, or what is assigned, which may be broken anywhere."""
        found = re.fullmatch(r"((?:} else )?if \(|(?:const )?\w+ =(?= ))(.+)(\) {|;)", line)
        return (found[1], found[2].strip(), found[3]) if found else None

    def skip(self) -> str:
        """Return to the head."""
        return "continue;"

    def stored(self, texts: list[str]) -> str:
        """Return an array."""
        return f"[{', '.join(texts)}]"

    new_row = stored

    def new_list(self) -> str:
        """Return an empty array."""
        return "[]"

    def push(self, rows: str, row: str) -> str:
        """Append."""
        return f"{rows}.push({row});"

    def new_map(self) -> str:
        """Return an empty map."""
        return "new Map()"

    def key(self, parts: list[tuple[str, bool]]) -> str:
        """Return one value as it is, several as the text of an array."""
        if len(parts) == 1:
            return parts[0][0]
        own = [f"{text} === null ? null : String({text})" if big else text for text, big in parts]
        return f"JSON.stringify([{', '.join(own)}])"

    def found(self, mapping: str, key: str) -> str:
        """Look up."""
        return f"{mapping}.get({key}) ?? null"

    def put(self, mapping: str, key: str, text: str) -> str:
        """Keep under a key."""
        return f"{mapping}.set({key}, {text});"

    def values(self, mapping: str) -> str:
        """Return what is kept."""
        return f"{mapping}.values()"

    def result(self, pairs: list[tuple[str, str]]) -> list[str]:
        """Return an object, one line per column."""
        named = [f"  {literal(name)}: {text}," for name, text in pairs]
        return ["{", *named, "}"]

    def returned(self, lines: list[str]) -> list[str]:
        """Return it."""
        whole = [f"return {lines[0]}", *lines[1:]]
        return [*whole[:-1], f"{whole[-1]};"]


def literal(
    value: object, *, indent: int | None = None, separators: tuple[str, str] | None = None
) -> str:
    """Return plain data as a literal that ends neither a line nor the script it may stand in."""
    said = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators).replace(
        "</", "<\\/"
    )
    return said.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def script(head: Iterable[str], name: str, text: str, *, module: bool = False) -> str:
    """Return functions as a script that defines the one of that name, or a module that exports it.

    Lines of the head, each on one line, become comments that end no script.
    """
    lines = [f"// {line}".rstrip().replace("</", "< /") for line in head]
    lines += [
        "",
        f"const {name} = (() => {{",
        '"use strict";',
        "",
        text,
        f"return {name};",
        "})();",
        "",
    ]
    return "\n".join([*lines, *([f"export {{ {name} }};", ""] if module else [])])


def javascript_function(
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
    """Return functions in plain JavaScript; the last gives the row (or rows) of a query.

    The parameters are those of `python_code.python_function`; rows are objects, days their texts.

    Raises
    ------
    CreditError
        If JavaScript has no exact way for a verb; it is named.

    Examples
    --------
    >>> from lishui_credit.backends import recorder
    >>> table = recorder.source("subject", {"a": "Int32"}).select(
    ...     (recorder.col("a") // 7).alias("weeks")
    ... )
    >>> "Math.floor(a / 7)" in javascript_function(table, name="weeks", sources={})
    True
    """
    code = JavaScriptCode()
    steps = Steps(code, table, sources=sources, one=one, own=own, columns=columns, values=values)
    lines = steps.lines()
    takes = ", ".join(["subject", *(f"{source} = []" for source in many)])
    head = [code.comment(told)] if told else []
    head += [f"function {name}({takes}) {{", *([f"  {first}"] if first else [])]
    text = "\n".join([*head, *lines, "}"])
    calls = [part.strip("\n") for called, part in PARTS.items() if f"{called}(" in text]
    return "\n\n".join([*([checks.strip("\n")] if checks else []), *calls, text]) + "\n"

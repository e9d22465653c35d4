"""The lines of a printed function: indents, names that both languages allow, remarks."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from lishui_credit.backends.plain_syntax import Layout

_TAKEN: Final = frozenset(word.lower() for word in (*keyword.kwlist, *dir(builtins))) | frozenset(
    [
        "arguments",
        "array",
        "async",
        "await",
        "big",
        "bigint",
        "boolean",
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "date",
        "day",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "eval",
        "event",
        "events",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "implements",
        "import",
        "in",
        "infinity",
        "instanceof",
        "interface",
        "json",
        "let",
        "map",
        "math",
        "nan",
        "new",
        "null",
        "number",
        "object",
        "package",
        "private",
        "protected",
        "public",
        "return",
        "row",
        "set",
        "static",
        "string",
        "subject",
        "super",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "undefined",
        "var",
        "void",
        "while",
        "with",
        "yield",
    ]
)


LONGEST: Final = 100
_BREAKS: Final = re.compile(r"(?<=.) (?=(?:and|or|if|else|&&|\|\||\?|:|\+) )")
_QUOTED: Final = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")


def filled(text: str, indent: str) -> list[str]:
    """Return an expression on lines that are not too long, broken before words that join its parts.

    Examples
    --------
    >>> filled("a is None or b == ' or '" + " or c" * 18, "  ")[1]
    '  or c or c or c or c'
    """
    pieces = [""]
    for place, part in enumerate(_QUOTED.split(text)):
        first, *others = [part] if place % 2 else _BREAKS.split(part)
        pieces[-1] += first
        pieces += others
    lines = [""]
    for piece in pieces:
        if lines[-1] and len(f"{indent}{lines[-1]} {piece}") > LONGEST:
            lines.append(piece)
        else:
            lines[-1] = f"{lines[-1]} {piece}".lstrip()
    return [f"{indent}{line}".rstrip() for line in lines]


@dataclass
class Lines:
    """The lines of a function, its names, and the remarks that stand beside them."""

    layout: Layout
    lines: list[str] = field(default_factory=list)
    depth: int = 1
    temporaries: list[str] = field(default_factory=list)
    _used: set[str] = field(default_factory=set)

    def add(self, text: str, remarks: Iterable[str] = ()) -> None:
        """Add a line, with what is said beside it if it is one thing."""
        told = list(dict.fromkeys(remarks))
        beside = f"  {self.layout.comment(told[0])}" if len(told) == 1 else ""
        indent = self.layout.indent * self.depth
        parts = self.layout.breakable(text) if len(indent + text) > LONGEST else None
        if parts is None:
            self.lines.append(f"{indent}{text}{beside}")
            return
        head, body, tail = parts
        within = indent + self.layout.indent
        self.lines += [f"{indent}{head}{beside}", *filled(body, within), f"{indent}{tail}"]

    @contextmanager
    def block(self, opening: str, remarks: Iterable[str] = (), last: bool = True) -> Iterator[None]:
        """Add a block under its opening line."""
        self.add(opening, remarks)
        self.depth += 1
        yield
        self.depth -= 1
        for line in self.layout.closed(last):
            self.add(line)

    def name(self, wanted: str) -> str:
        """Return a name that is not in use, as near to the wanted one as both languages allow."""
        plain = re.sub(r"\W", "_", wanted, flags=re.ASCII)
        plain = plain.lstrip("_")
        plain = plain if re.match(r"[A-Za-z]", plain) else f"part_{plain}"
        found, number = plain, 1
        while found.lower() in _TAKEN or found in self._used:
            number += 1
            found = f"{plain}_{number}"
        self._used.add(found)
        return found

    def temporary(self) -> str:
        """Return a name for a value that is needed twice."""
        self.temporaries.append(self.name(f"t{len(self.temporaries) + 1}"))
        return self.temporaries[-1]

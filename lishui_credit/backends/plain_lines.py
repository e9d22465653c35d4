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
        self.lines.append(f"{self.layout.indent * self.depth}{text}{beside}")

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

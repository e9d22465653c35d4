"""How a language writes plain code: what `plain_expressions` and `plain_steps` ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from lishui_credit.backends.nulls_and_sizes import NOTHING, Held, Known
from lishui_credit.backends.recorder import Constant, Kind, Node
from lishui_credit.errors import CreditError
from lishui_credit.language import tr

BIND, PICK, OR, AND, NOT, COMPARE, SUM, PRODUCT, SIGN, ATOM = range(10)
"""What binds tighter has the larger rank."""


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of code, and how tightly it binds."""

    text: str
    rank: int = ATOM

    def at(self, rank: int) -> str:
        """Return the text where something that binds as tightly as `rank` is asked for."""
        return self.text if self.rank >= rank else f"({self.text})"


@dataclass(frozen=True, slots=True)
class Variable:
    """A column of the row at hand: how the code names it, and what is known of it."""

    text: str
    kind: Kind
    held: Held
    constant: bool = False  # the text is a literal


class Syntax(Protocol):
    """How a language writes what is decided here."""

    title: str
    null: str
    true: str
    false: str
    conjunction: str
    disjunction: str

    def big(self, size: int) -> bool:
        """Tell whether whole numbers of a size need another type than smaller ones."""

    def widened(self, text: str) -> str:
        """Return a small whole number in the type of large ones."""

    def narrowed(self, text: str) -> str:
        """Return a large whole number in the type of small ones."""

    def constant(self, value: Constant, kind: Kind, big: bool) -> Said:
        """Return a literal."""

    def is_null(self, text: str, outcome: bool) -> Said:
        """Test for null, or for its contrary."""

    def negation(self, said: Said) -> Said:
        """Return the contrary of a test that is never null."""

    def is_flag(self, text: str, outcome: bool) -> Said:
        """Test a flag that may be null for true, or for false."""

    def pick(self, test: Said, one: Said, other: Said) -> Said:
        """Return a choice of two."""

    def bind(self, name: str, said: Said) -> Said:
        """Return a value that is given a name where it stands."""

    def compared(self, left: str, sign: str, right: str) -> Said:
        """Return a comparison."""

    def minus(self, said: Said, big: bool) -> Said:
        """Return a whole number with the other sign."""

    def quotient(self, top: Said, down: Said, big: bool) -> Said:
        """Return a whole quotient, rounded down."""

    def divided(self, top: Said, down: Said) -> Said:
        """Return a quotient of doubles; by zero it is infinite, or NaN."""

    def among(self, text: str, values: list[str], outcome: bool) -> Said:
        """Test for one of several values, or for none of them."""

    def of_date(self, verb: str, text: str) -> Said:
        """Return year, month, day, or days since 1970-01-01 of a date."""

    def is_nan(self, text: str, outcome: bool) -> Said:
        """Test for NaN, or for its contrary."""

    def below(self, left: str, right: str) -> Said:
        """Tell whether a double stands before another where NaN is the last and equal to itself."""

    def same(self, left: str, right: str) -> Said:
        """Tell whether two doubles are equal where NaN equals NaN."""

    def checked(self, text: str, most: int, big: bool) -> Said:
        """Return a whole number that is refused if it is not between -most and most - 1."""

    def floated(self, text: str, kind: Kind) -> Said:
        """Return a whole number or a flag as a double."""

    def cut_off(self, text: str, big: bool) -> Said:
        """Return the whole part of a double; what has none stops the function."""

    def counted(self, text: str) -> Said:
        """Return a flag as 1 or 0."""

    def spelled(self, text: str, kind: Kind) -> Said:
        """Return a whole number or a flag as text."""

    def replaced(self, text: str, pattern: str, value: str) -> Said:
        """Return a text with the first match replaced."""


class Layout(Syntax, Protocol):
    """How a language writes statements."""

    indent: str

    def comment(self, text: str) -> str:
        """Return a comment to the end of the line."""

    def declared(self, names: list[str]) -> list[str]:
        """Return the lines that make names known before they have a value."""

    def let(self, name: str, text: str, first: bool) -> str:
        """Return a statement that gives a name its value, for the first time or again."""

    def opened(self, word: str, test: str) -> str:
        """Return the line that opens an ``if``, ``elif`` or ``else``."""

    def closed(self, last: bool) -> list[str]:
        """Return the lines that close a block; `last` where no ``elif`` or ``else`` follows."""

    def read(self, row: str, column: str, kind: Kind, big: bool) -> str:
        """Return a cell of a row that was given, null where it is not there."""

    def each(self, names: list[str], rows: str) -> str:
        """Return the line that opens a loop over rows that were kept."""

    def each_given(self, name: str, rows: str) -> str:
        """Return the line that opens a loop over rows that were given."""

    def breakable(self, line: str) -> tuple[str, str, str] | None:
        """Return a statement in three, of which the middle may be broken into lines; None if not."""

    def skip(self) -> str:
        """Return the statement that passes on to the next row."""

    def stored(self, texts: list[str]) -> str:
        """Return a row that is kept."""

    def new_list(self) -> str:
        """Return an empty list."""

    def new_row(self, texts: list[str]) -> str:
        """Return a row that is kept and can be changed."""

    def push(self, rows: str, row: str) -> str:
        """Return the statement that appends a row."""

    def new_map(self) -> str:
        """Return an empty mapping."""

    def key(self, parts: list[tuple[str, bool]]) -> str:
        """Return a key made of values; each with whether it is a large whole number."""

    def found(self, mapping: str, key: str) -> str:
        """Return what a mapping holds of a key, null where there is nothing."""

    def put(self, mapping: str, key: str, text: str) -> str:
        """Return the statement that keeps a value under a key."""

    def values(self, mapping: str) -> str:
        """Return the values of a mapping."""

    def result(self, pairs: list[tuple[str, str]]) -> list[str]:
        """Return the lines of a row as the user gets it, keyed by columns."""

    def returned(self, lines: list[str]) -> list[str]:
        """Return the lines that give back a result."""


def unprintable(verb: str, syntax: Syntax) -> CreditError:
    """Return the error that a language has no exact way for a verb."""
    return CreditError(
        tr(f"{syntax.title} has no exact way for it", f"{syntax.title} 无法准确表达"), verb
    )


@dataclass(frozen=True, slots=True)
class Here:
    """What is known and named at one place of the code; it holds only below that place."""

    known: Known = NOTHING
    bound: Mapping[Node, str] = field(default_factory=dict)

    def knowing(self, more: Known) -> Here:
        """Return the same place with more known."""
        return Here(self.known | more, self.bound)


START: Final = Here()

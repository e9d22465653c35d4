"""The data dictionary: what each column is called, holds and may hold.

A `Column` has an English id, a Chinese label, a type with a unit, allowed values and the headers
people write for it. The dictionary is data (``dictionary/*.toml``); `column` looks one up,
`dictionary` returns all. Turning a raw frame into these columns is `conform`'s work.

Inside the package numbers are integers: money in fen, rates in ten-thousandths, other numbers in
the column's own `scale`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from lishui_credit.errors import Problem
from lishui_credit.language import either, tr
from lishui_credit.tables.data_words import counted
from lishui_credit.tables.toml_documents import parse_document
from lishui_credit.tables.toml_places import Loc

ColumnType = Literal[
    "text",
    "uscc",
    "resident_id",
    "integer",
    "number",
    "money",
    "rate",
    "flag",
    "level",
    "date",
    "moment",
]
# uscc: 18 characters, GB 32100; resident_id: GB 11643; money: printed in yuan, held in fen; rate:
# printed as 0.9 or 90%, held in ten-thousandths; level: one of the column's values; moment: a day
# and a time of Beijing.
Table = Literal["subject", "bases", "events"]
Number = int | Decimal
Privacy = Literal["ordinary", "consent", "sensitive", "protected"]

NUMERIC: Final[frozenset[str]] = frozenset({"integer", "number", "money", "rate"})
_FIXED_SCALE: Final[dict[str, int]] = {"integer": 1, "money": 100, "rate": 10_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the dictionary."""

    id: str
    label_zh: str
    type: ColumnType
    table: Table = "subject"  # the file it belongs to
    label_en: str = ""
    unit: str = ""  # printed, for people
    scale: int = 1  # integers per printed unit of a ``number``
    minimum: Number | None = None  # in the printed unit; every numeric column has both
    maximum: Number | None = None
    # Where the median of a real file lies; outside it a wrong unit is suspected.
    typical: tuple[Number, Number] | None = None
    # Of a level: id to the Chinese words accepted for it, the label first.
    values: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    # Of a level: id to its English word.
    values_en: dict[str, str] = field(default_factory=dict, hash=False)
    aliases: tuple[str, ...] = ()  # other headers accepted
    # consent: only with the person's written consent; protected: never a model input by default
    privacy: Privacy = "ordinary"
    note: str = ""
    note_zh: str = ""

    @property
    def is_id(self) -> bool:
        """Whether it names a subject, a place or an event."""
        return self.type in ("uscc", "resident_id") or self.id.endswith("_id")

    @property
    def is_key(self) -> bool:
        """Whether it names a subject or a place, so that cells of several files are compared."""
        return self.is_id and self.id != "event_id"

    @property
    def is_code(self) -> bool:
        """Whether it holds one of a few codes, which many checks ask for."""
        return self.id == "code"

    @property
    def numeric(self) -> bool:
        """Whether it is held as a scaled integer."""
        return self.type in NUMERIC

    @property
    def spelled(self) -> dict[str, str]:
        """Every word that says a level of the column, with the level's id."""
        found = {name: name for name in self.values}
        for name, words in self.values.items():
            found |= dict.fromkeys((*words, self.values_en.get(name) or words[0]), name)
        return found

    @property
    def choices(self) -> tuple[str, ...]:
        """The words of its levels in the language in use; Chinese where no other is known."""
        named = self.values.items()
        return tuple(either(self.values_en.get(name, ""), words[0]) for name, words in named)

    @property
    def per_unit(self) -> int:
        """Integers per printed unit."""
        return _FIXED_SCALE.get(self.type, self.scale)

    @property
    def largest(self) -> int:
        """Largest absolute integer the column may hold."""
        ends: tuple[Number | None, ...] = (self.minimum, self.maximum)
        return max((abs(int(end * self.per_unit)) for end in ends if end is not None), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """The tables of a dictionary file."""

    columns: tuple[Column, ...]


@cache
def dictionary() -> dict[str, Column]:
    """Return every column of the package by id; raises `RubricError` for a file that is wrong."""
    found: dict[str, Column] = {}
    folder = files("lishui_credit") / "tables" / "dictionary"
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if path.name.endswith(".toml"):
            for row in read_columns(path.read_bytes(), f"dictionary/{path.name}", found):
                found[row.id] = row
    return found


def read_columns(data: bytes | str, name: str, known: Collection[str] = ()) -> tuple[Column, ...]:
    """Return the columns of a dictionary file; `known` are ids of other files."""
    document = parse_document(data, name)
    rows = document.tables.get("columns")
    if isinstance(rows, list):
        document.tables["columns"] = [_column(row) for row in rows]
    return document.make(_File, check=lambda file, _: _incomplete(file.columns, known)).columns


def _column(row: object) -> object:
    """Return a row whose single words are lists of one."""
    words = row.get("values") if isinstance(row, dict) else None
    if not isinstance(row, dict) or not isinstance(words, dict):
        return row
    listed = {key: [word] if isinstance(word, str) else word for key, word in words.items()}
    return {**row, "values": listed}


def _incomplete(columns: Sequence[Column], known: Collection[str]) -> Iterator[tuple[Loc, Problem]]:
    ids = set(known)
    for place, column in enumerate(columns):
        loc: Loc = ("columns", place)
        if column.id in ids:
            yield (*loc, "id"), Problem(tr("duplicate id", "id 重复"), column.id)
        ids.add(column.id)
        if column.numeric and (column.minimum is None or column.maximum is None):
            what = tr("a numeric column needs minimum and maximum", "数值列须写 minimum 与 maximum")
            yield loc, Problem(what)
        if column.type == "level" and not column.values:
            yield loc, Problem(tr("a level column needs values", "等级列须写 values"))
        if unlike := column.values.keys() ^ column.values_en.keys():
            what = tr(
                "values_en needs a word for each of its values, and no other",
                "values_en 须与 values 逐项对应",
            )
            yield (*loc, "values_en"), Problem(what, ", ".join(sorted(unlike)))


def column(column_id: str) -> Column:
    """Return one column of the dictionary; KeyError where there is none."""
    return dictionary()[column_id]


def called(name: str) -> str:
    """Return what people call a column; a name of no column as it is."""
    found = dictionary().get(name)
    if found is None:
        return name
    return either(found.label_en, found.label_zh)


def printed(column_id: str, value: object) -> str:
    """Return a held value as people print it: yuan, percent, the word of a level.

    Examples
    --------
    >>> printed("tax_amount", 120050), printed("tax_amount", None)
    ('1,200.5 yuan', '—')
    """
    if value is None:
        return "—"
    found = dictionary().get(column_id)
    if found is None:
        return str(value)
    if found.type == "flag":
        return tr("yes", "是") if value else tr("no", "否")
    if found.type == "level":
        words = found.values.get(str(value))
        return tr(found.values_en[str(value)], words[0]) if words else str(value)
    if isinstance(value, int) and found.numeric:
        exact = Decimal(value) / found.per_unit
        if found.type == "rate":
            return f"{(exact * 100).normalize():f}%"
        unit = tr("yuan", "元") if found.type == "money" else counted(found.unit, exact)
        grouped = found.id != "year" and found.type == "money"
        text = f"{exact.normalize():,f}" if grouped else f"{exact.normalize():f}"
        return f"{text} {unit}".rstrip()
    return str(value)

"""The data dictionary: what each column is called, holds and may hold.

A `Column` has an English id, a Chinese label, a type with a unit, allowed values and the headers
people write for it. The dictionary is data (``dictionary/*.toml``); `column` looks one up,
`dictionary` returns all. Turning a raw frame into these columns is `conform`'s work.

Inside the package numbers are integers: money in fen, rates in ten-thousandths, other numbers in
the column's own `scale`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

from lishui_credit.errors import Problem, RubricError
from lishui_credit.language import tr

ColumnType = Literal[
    "text", "uscc", "resident_id", "integer", "number", "money", "rate", "flag", "level", "date"
]
Table = Literal["subject", "bases", "events"]
Privacy = Literal["ordinary", "consent", "sensitive", "protected"]

NUMERIC: Final[frozenset[str]] = frozenset({"integer", "number", "money", "rate"})
_FIXED_SCALE: Final[dict[str, int]] = {"integer": 1, "money": 100, "rate": 10_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the dictionary.

    Parameters
    ----------
    id : str
        English identifier.
    label_zh : str
        Chinese header.
    type : str
        ``text``, ``uscc`` (18 characters, GB 32100), ``resident_id`` (GB 11643), ``integer``,
        ``number``, ``money`` (printed in yuan, held in fen), ``rate`` (printed as 0.9 or 90%, held
        in ten-thousandths), ``flag``, ``level`` (one of `values`), ``date``.
    table : {"subject", "bases", "events"}
        The file it belongs to.
    unit : str
        Printed unit, for people.
    scale : int
        Integers per printed unit of a ``number``.
    minimum, maximum : Decimal, optional
        Allowed range in the printed unit; every numeric column has both.
    typical : tuple of two Decimal, optional
        Range in which the median of a real file lies; outside it a wrong unit is suspected.
    values : dict of str to tuple of str
        For a level: id to the Chinese words accepted for it, the label first.
    aliases : tuple of str
        Other headers accepted.
    privacy : {"ordinary", "consent", "sensitive", "protected"}
        Consent: only with the person's written consent; protected: never a model input by default.
    note : str
        Remarks for the reader.
    """

    id: str
    label_zh: str
    type: ColumnType
    table: Table = "subject"
    label_en: str = ""
    unit: str = ""
    scale: int = 1
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    typical: tuple[Decimal, Decimal] | None = None
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    privacy: Privacy = "ordinary"
    note: str = ""

    @property
    def numeric(self) -> bool:
        """Whether it is held as a scaled integer."""
        return self.type in NUMERIC

    @property
    def per_unit(self) -> int:
        """Integers per printed unit."""
        return _FIXED_SCALE.get(self.type, self.scale)

    @property
    def largest(self) -> int:
        """Largest absolute integer the column may hold."""
        bounds = [abs(bound) for bound in (self.minimum, self.maximum) if bound is not None]
        return int(max(bounds, default=Decimal(0)) * self.per_unit)


_KEYS: Final[frozenset[str]] = frozenset(Column.__dataclass_fields__)


def _column(raw: dict[str, Any], where: str, problems: list[Problem]) -> Column | None:
    unknown = sorted(set(raw) - _KEYS)
    if unknown:
        problems.append(Problem("unknown keys", ", ".join(unknown), where=where))
        return None
    values = {
        key: (words,) if isinstance(words, str) else tuple(words)
        for key, words in raw.get("values", {}).items()
    }
    typical = raw.get("typical")
    column = Column(
        **{
            **raw,
            "values": values,
            "aliases": tuple(raw.get("aliases", ())),
            "typical": tuple(Decimal(bound) for bound in typical) if typical else None,
            "minimum": Decimal(raw["minimum"]) if "minimum" in raw else None,
            "maximum": Decimal(raw["maximum"]) if "maximum" in raw else None,
        }
    )
    if column.numeric and (column.minimum is None or column.maximum is None):
        problems.append(Problem("a numeric column needs minimum and maximum", where=where))
    if column.type == "level" and not column.values:
        problems.append(Problem("a level column needs values", where=where))
    return column


@cache
def dictionary() -> dict[str, Column]:
    """Return every column of the package by id.

    Returns
    -------
    dict of str to Column

    Raises
    ------
    RubricError
        If a dictionary file is wrong: all problems at once.

    Examples
    --------
    >>> dictionary()["county"].label_zh
    '县(市、区)'
    """
    problems: list[Problem] = []
    found: dict[str, Column] = {}
    folder = files("lishui_credit") / "tables" / "dictionary"
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not path.name.endswith(".toml"):
            continue
        raw = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        for place, row in enumerate(raw.get("columns", ()), start=1):
            where = f"dictionary/{path.name} columns[{place}] {row.get('id', '')}".rstrip()
            column = _column(row, where, problems)
            if column is None:
                continue
            if column.id in found:
                problems.append(Problem("the id stands twice", column.id, where=where))
            found[column.id] = column
    if problems:
        raise RubricError(problems)
    return found


def column(column_id: str) -> Column:
    """Return one column of the dictionary; KeyError where there is none."""
    return dictionary()[column_id]


def printed(column_id: str, value: object) -> str:
    """Return a held value as people print it: yuan, percent, the Chinese word of a level.

    Parameters
    ----------
    column_id : str
        Column of the dictionary.
    value : object
        As held: an integer of the column's unit, a bool, a date, an id; None is a dash.

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
        return words[0] if words else str(value)
    if isinstance(value, int) and found.numeric:
        exact = Decimal(value) / found.per_unit
        if found.type == "rate":
            return f"{(exact * 100).normalize():f}%"
        unit = tr("yuan", "元") if found.type == "money" else found.unit
        grouped = found.id != "year" and found.type == "money"
        text = f"{exact.normalize():,f}" if grouped else f"{exact.normalize():f}"
        return f"{text} {unit}".rstrip()
    return str(value)

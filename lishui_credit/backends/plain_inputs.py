"""What printed functions take, and how they refuse anything else: everything wrong at once.

Rows from outside are checked before they are read: a number that is no whole number, a key that is
nearly a known one, a word that the column does not have must not pass as "not known".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from lishui_credit.backends.javascript_code import literal
from lishui_credit.backends.nulls_and_sizes import MOST_ROWS, Held
from lishui_credit.backends.recorder import WHOLE, Kind
from lishui_credit.errors import Problem
from lishui_credit.language import spoken, tr

_CALLED: Final[dict[Kind, str]] = {
    "Boolean": "flag",
    "Date": "day",
    "Float64": "number",
    "String": "text",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One key of a row that a printed function takes."""

    name: str
    kind: Kind
    needed: bool = False  # the key must be there, though its value may be null
    filled: bool = False  # its value may not be null
    limits: tuple[int, int] | None = None  # of a whole number
    words: tuple[str, ...] = ()  # of a text that has only these

    @property
    def held(self) -> Held:
        """What is known of it once it was checked."""
        size = max(map(abs, self.limits)) if self.limits else 2**63 if self.kind in WHOLE else 0
        return Held(not self.filled, size)

    @property
    def called(self) -> str:
        """The kind of value, as the checks call it."""
        return _CALLED.get(self.kind, "whole")


def words() -> dict[str, str]:
    """Return what is said of every fault, in the language in use."""
    return {
        "row": tr("not a mapping of keys to values", "不是键值映射"),
        "rows": tr("not a list of rows", "不是行的列表"),
        "many": spoken(
            tr(f"more rows than sums are made for ({MOST_ROWS:,})", f"行数超过上限({MOST_ROWS:,})")
        ),
        "missing": tr(
            "the key is missing; null says that it is not known", "缺少该键;未知请写空值"
        ),
        "empty": tr("no {}", "缺少 {}"),  # the key
        "whole": tr("not a whole number", "不是整数"),
        "number": tr("not a number", "不是数值"),
        "flag": tr("neither true nor false", "不是真或假"),
        "text": tr("not a text", "不是文本"),
        "unreadable": tr(  # as intake says it
            "no readable value (correct the cell, or open the workbook and save it again)",
            "没有可读取的值(请更正该单元格,或打开工作簿后重新保存)",
        ),
        "day": tr("not a day (YYYY-MM-DD)", "不是日期(YYYY-MM-DD)"),
        "beyond": tr("beyond its limits", "超出范围"),
        "word": tr("not one of its words", "不在允许的取值内"),
        "unknown": tr("no such key, but one that is nearly it", "没有该键,但有近似的键"),
        "other": tr("of another subject", "属于其他主体"),
    }


def problems(faults: Iterable[Sequence[str]]) -> list[Problem]:
    """Return faults as printed functions list them (where, key, fault, found, hint) as problems."""
    said = words()
    return [
        Problem(said[fault].replace("{}", key), found, hint, " ".join(filter(None, (where, key))))
        for where, key, fault, found, hint in faults
    ]


def python_checks(
    inputs: Mapping[str, Sequence[Input]],
    known: Iterable[str],
    own: str,
    unreadable: str,
    empty: str,
) -> str:
    """Return the Python that checks rows: ``refuse_wrong(subject, events)`` and what it needs.

    Parameters
    ----------
    inputs : mapping of str to sequence of Input
        Of ``subject``, and of ``events`` where there are any.
    known : iterable of str
        Keys that are known elsewhere: one of these is no slip of a key that is asked.
    own : str
        Key of the subject that an event may repeat.
    unreadable : str
        Regular expression of texts that are no value.
    empty : str
        Regular expression of texts that say of a key which needs a value that there is none.
    """
    tables = "\n".join(
        f"{name.upper()} = {{\n{''.join(map(_python_row, listed))}}}"
        for name, listed in inputs.items()
    )
    said = "".join(f"    {fault!r}: {text!r},\n" for fault, text in words().items())
    fixed = (
        f"OWN = {own!r}\n"
        f"MOST_ROWS = {MOST_ROWS}\n"
        f"OTHERS = {tuple(_others(inputs, known))}  # known elsewhere, no slips of the keys above\n"
        f"UNREADABLE = re.compile({unreadable!r}, re.DOTALL)\n"
        f"EMPTY = re.compile({empty!r})\n"
        f"WORDS = {{\n{said}}}"
    )
    events = "" if "events" in inputs else "EVENTS = {}\n"
    quick = "\n\n\n".join(
        _python_readable(name, inputs.get(name, ())) for name in ("subject", "events")
    )
    return f"{tables}\n{events}{fixed}\n\n\n{quick}\n\n\n{_template('checks.py.txt')}"


def javascript_checks(
    inputs: Mapping[str, Sequence[Input]],
    known: Iterable[str],
    own: str,
    unreadable: str,
    empty: str,
) -> str:
    """Return the JavaScript that checks rows: ``refuseWrong(subject, events)`` and what it needs."""
    tables = "\n".join(
        f"const {name.upper()} = {{\n{''.join(map(_javascript_row, listed))}}};"
        for name, listed in inputs.items()
    )
    fixed = (
        f"const OWN = {literal(own)};\n"
        f"const MOST_ROWS = {MOST_ROWS};\n"
        f"const OTHERS = {literal(_others(inputs, known))}; // known elsewhere, no slips of the keys above\n"
        f"const UNREADABLE = new RegExp({literal(unreadable)}, 'su');\n"
        f"const EMPTY = new RegExp({literal(empty)}, 'u');\n"
        f"const WORDS = {literal(words(), indent=2)};"
    )
    events = "" if "events" in inputs else "const EVENTS = {};\n"
    return f"{tables}\n{events}{fixed}\n\n{_template('checks.js.txt')}"


def _others(inputs: Mapping[str, Sequence[Input]], known: Iterable[str]) -> list[str]:
    """Return the known names that the checks would take for slips."""
    asked = {row.name for listed in inputs.values() for row in listed}
    return sorted(
        name for name in known if name not in asked and any(_slip(name, key) for key in asked)
    )


@cache
def _slip(name: str, key: str) -> bool:
    """Tell whether the printed checks take a name for a slip of a key."""
    return bool(_checks()["_slip"](name, key))


@cache
def _checks() -> dict[str, Any]:
    space: dict[str, Any] = {}
    exec(_template("checks.py.txt"), space)
    return space


def _template(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _python_row(row: Input) -> str:
    limits = row.limits or (frozenset(row.words) and tuple(row.words)) or None
    return f"    {row.name!r}: ({row.called!r}, {row.needed}, {row.filled}, {limits!r}),\n"


def _python_readable(table: str, listed: Sequence[Input]) -> str:
    """Return the Python that tells quickly of most rows that the checks find nothing wrong."""
    tests = "\n        and ".join(map(_python_test, listed))
    return (
        f"def readable_{table}(row):\n"
        '    """Tell at once that every cell can be read; where not, _check_cells names what is wrong."""\n'
        + (
            f"    get = row.get\n    return (\n        {tests}\n    )"
            if tests
            else "    return True"
        )
    )


def _python_test(row: Input) -> str:
    """Return a test that no cell passes which the checks refuse; the few others go through these."""
    null = f"cell is None and {row.name!r} in row" if row.needed else "cell is None"
    fits = {
        "Boolean": "cell is False or cell is True",
        "Date": "_is_day(cell)",
        "Float64": "type(cell) is float",
        "String": "type(cell) is str and not UNREADABLE.match(cell)"
        + (" and not EMPTY.match(cell)" if row.filled else ""),
    }.get(row.kind, "type(cell) is int")
    if row.limits:
        fits += f" and {row.limits[0]} <= cell <= {row.limits[1]}"
    if row.words:
        fits = f"type(cell) is str and cell in {{{', '.join(map(repr, row.words))}}}"
    read = f"(cell := get({row.name!r}))"
    tests = fits if row.filled else f"{fits} or {null}"
    return f"({tests.replace('(cell)' if '(cell)' in fits else 'cell', read, 1)})"


def _javascript_row(row: Input) -> str:
    limits = list(row.limits or row.words) or None
    said = [row.called, row.needed, row.filled, limits]
    return f"  {literal(row.name)}: {literal(said)},\n"

"""A card as one function of one row: plain Python or plain JavaScript, no library needed.

The card's own expressions run over a recorded table, as for SQL (`card_sql`), and the printers write
down what they did. Rows are read before they are scored, for nobody else has read them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from lishui_credit.backends import recorder
from lishui_credit.backends.javascript_code import javascript_function, literal, script
from lishui_credit.backends.python_code import loaded, python_function
from lishui_credit.backends.python_code import module as python_module
from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import spoken, tr
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_sql import KINDS, card_said
from lishui_credit.version import __version__

_PYTHON: Final = '''

class WrongInput(ValueError):
    """What was given has no score; ``faults`` lists the key, the fault and what was found."""

    def __init__(self, faults):
        self.faults = faults
        lines = (f"{key}: {WORDS[fault]} {found}".rstrip() for key, fault, found in faults)
        super().__init__("\\n".join(lines))


def score(row):
    """Return the score of one row with every key of COLUMNS; None or NaN where not known."""
    try:
        found = points({name: READ[kind](row[name]) for name, kind in COLUMNS.items()})["score"]
    except (KeyError, TypeError, ValueError, OverflowError):
        found = None
    if found is None:
        raise WrongInput(list(_faults(row)))
    return found


def _number(cell):
    """Return a number as a double."""
    return None if cell is None else float(cell)


def _text(cell):
    """Return a category as a text."""
    if type(cell) is str:
        return cell
    if cell is None or cell != cell:
        return None
    if type(cell).__name__ in ("bool", "bool_"):  # also numpy's
        return "true" if cell else "false"
    return str(cell)


def _flag(cell):
    """Return a yes or a no as a text; a number as 1 or 0."""
    found = _text(cell)
    return found if found in (None, "true", "false") or isinstance(cell, str) else f"{float(cell):g}"


READ = {"number": _number, "flag": _flag, "text": _text}


def _faults(row):
    """Yield everything in a row that has no score: first what cannot be read, else what is unseen."""
    unread = False
    for name, kind in COLUMNS.items():
        try:
            cell = READ[kind](row[name])
        except KeyError:
            yield name, "absent", ""
        except (TypeError, ValueError, OverflowError):
            yield name, "number", repr(row[name])
        else:
            if not (kind == "number" and cell in (float("inf"), float("-inf"))):
                continue
            yield name, "infinite", repr(row[name])
        unread = True
    for name, levels in () if unread else LEVELS.items():
        cell = READ[COLUMNS[name]](row[name])
        if cell is not None and cell == cell and cell not in levels:
            yield name, "unseen", repr(row[name])
'''
_JAVASCRIPT: Final = r"""
const NUMBER = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i;

function read(cell, kind) {
  if (cell === null || cell === undefined || Number.isNaN(cell)) return null;
  const type = typeof cell;
  if (kind !== "number") return type === "object" ? undefined : String(cell);
  if (type === "string") return NUMBER.test(cell) ? Number(cell) : undefined;
  return ["number", "bigint", "boolean"].includes(type) ? Number(cell) : undefined;
}

// The score of one row with every key of COLUMNS; null or NaN where not known.
function score(row) {
  const subject = Object.create(null);
  const faults = [];
  for (const [name, kind] of COLUMNS) {
    if (!Object.hasOwn(row, name)) {
      faults.push([name, "absent", ""]);
      continue;
    }
    const cell = subject[name] = read(row[name], kind);
    const infinite = cell === Infinity || cell === -Infinity;
    if (cell === undefined) faults.push([name, kind === "number" ? kind : "text", String(row[name])]);
    if (infinite) faults.push([name, "infinite", String(row[name])]);
  }
  const found = faults.length > 0 ? null : points(subject)["score"];
  if (found !== null) return found;
  for (const [name, levels] of faults.length > 0 ? [] : LEVELS) {
    const cell = subject[name];
    const known = cell === null || levels.includes(cell);
    if (!known) faults.push([name, "unseen", String(row[name])]);
  }
  const lines = faults.map(([key, fault, cell]) => `${key}: ${WORDS[fault]} ${cell}`.trimEnd());
  throw Object.assign(new Error(lines.join("\n")), { faults });
}
"""


@dataclass(frozen=True, slots=True)
class PlainCard:
    """A card as a Python function of one row: no frame, no library, some microseconds.

    Printed, it says whether the card is approved.

    Parameters
    ----------
    source : str
        The text of the module, with its contract and remarks; it runs without this package.
    said : str
        Which card it is and whether it is approved.
    """

    source: str
    said: str
    _space: dict[str, Any] = field(repr=False, compare=False)

    def __repr__(self) -> str:
        """Return which card it is and whether it is approved."""
        return f"<{self.said}>"

    def __call__(self, row: Mapping[str, Any]) -> int:
        """Return the score of one row, in units of 1/`point_unit`.

        Parameters
        ----------
        row : mapping of str to value
            With every column of the card; None or NaN where missing.

        Raises
        ------
        SubjectError
            If columns are missing, the value of a number is not one or infinite, or a category is
            not in the sample and the policy is "raise": all of them at once.
        """
        try:
            found: int = self._space["score"](row)
        except self._space["WrongInput"] as wrong:
            raise SubjectError(_problem(*fault) for fault in wrong.faults) from None
        return found


def to_python(card: Card) -> PlainCard:
    """Return a card as a Python function of one row.

    Examples
    --------
    >>> import polars as pl
    >>> from lishui_credit.scorecards import Scorecard
    >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
    >>> card = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_
    >>> score = to_python(card)
    >>> score
    <scorecard: NOT APPROVED>
    >>> score({"late": 0}) == card.score(frame)[0], score({"late": None}) == score({"late": float("nan")})
    (True, True)
    """
    source = _printed(card, "python")
    return PlainCard(source, card_said(card), loaded(source, card.id or "card"))


def to_javascript(card: Card, *, module: bool = False) -> str:
    """Return a card as the text of one JavaScript function, ``score(row)``.

    Takes what `to_python` takes, and throws one Error with everything that is wrong. The text is a
    plain script that defines ``score``; with `module` an ES module that exports it.

    Examples
    --------
    >>> import polars as pl
    >>> from lishui_credit.scorecards import Scorecard
    >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
    >>> card = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_
    >>> to_javascript(card, module=True).splitlines()[-1]
    'export { score };'
    """
    return _printed(card, "javascript", exported=module)


def _words() -> dict[str, str]:
    """Return what is said of each fault, in the language in use."""
    return {
        "absent": tr("no value", "缺少取值"),
        "number": tr("not a number", "不是数字"),
        "text": tr("not a text", "不是文本"),
        "infinite": tr("infinite values", "有无穷大的值"),
        "unseen": tr("categories that are not in the sample", "样本中没有的类别取值"),
    }


def _problem(key: str, fault: str, found: str) -> Problem:
    if fault == "absent":
        return Problem(tr(f"no value for '{key}'", f"缺少“{key}”"))
    hint = tr("cap them or make them missing", "请截断或改为缺失") if fault == "infinite" else ""
    return Problem(_words()[fault], found, hint, key)


def _printed(
    card: Card, language: Literal["python", "javascript"], *, exported: bool = False
) -> str:
    """Return the text of ``score``."""
    rows = card.characteristics
    schema = {row.feature: KINDS[row.binning.type] for row in rows}
    table = recorder.source("subject", schema).select(card.expr(recorder))
    kinds = {
        row.feature: "number"
        if KINDS[row.binning.type] == "Float64"
        else "flag"
        if row.binning.flag
        else "text"
        for row in rows
    }
    pairs = zip(rows, card.tables, strict=True)
    levels = {
        row.feature: [level.value for level in table.levels]
        for row, table in pairs
        if row.binning.type != "number" and table.other is None
    }
    words = {fault: spoken(said) for fault, said in _words().items()}
    head = _head(card, kinds)
    if language == "python":
        text = python_function(table, name="points", sources={})
        constants = f"\n\nCOLUMNS = {kinds!r}\nLEVELS = {levels!r}\nWORDS = {words!r}\n"
        return python_module(head, f"{text}{constants}{_PYTHON}")
    text = javascript_function(table, name="points", sources={})
    named = {"COLUMNS": [*kinds.items()], "LEVELS": [*levels.items()], "WORDS": words}
    constants = "\n".join(f"const {name} = {literal(value)};" for name, value in named.items())
    return script(head, "score", f"{text}\n{constants}\n{_JAVASCRIPT}", module=exported)


def _head(card: Card, kinds: Mapping[str, str]) -> Iterator[str]:
    """Yield which card it is, and what the function takes."""
    yield card_said(card)
    yield f"lishui_credit {__version__}"
    yield tr(
        f"Scores are in units of 1/{card.point_unit} point.",
        f"分数以 1/{card.point_unit} 分为单位。",
    )
    told = {
        "number": tr("a number, or a text of one", "数字,或数字的文本"),
        "flag": tr("yes or no: a boolean, 0 and 1, or a text", "是/否:布尔、0 和 1,或文本"),
        "text": tr("a text", "文本"),
    }
    for name, kind in kinds.items():
        yield f"  {name!r}: {spoken(told[kind])}"

"""A change of the rules written down as an overlay: points, bounds, weights, cut-offs, repairs.

What is proposed is no law: every changed row says so in its clause, and its evidence is the weakest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from lishui_credit.errors import EditionError, Problem, refuse
from lishui_credit.language import tr
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.edition import FORMAT
from lishui_credit.rubrics.law.event_rules import Number
from lishui_credit.rubrics.law.rubric import Bound, Indicator, Rubric
from lishui_credit.tables.header_words import did_you_mean
from lishui_credit.tables.toml_documents import parse_document
from lishui_credit.tables.toml_values import toml_value
from lishui_credit.tables.write import replacing

Points = Mapping[str, Number | Mapping[int | str, Number]]
Bounds = Mapping[str, Mapping[int, Mapping[str, Bound]]]
Windows = Mapping[str, Mapping[int, Mapping[str, Number]]]
_NONE: Final[Mapping[str, Any]] = MappingProxyType({})
_ENDS: Final = ("at_least", "above", "below", "at_most")
_LOWER, _UPPER = frozenset({"at_least", "above"}), frozenset({"below", "at_most"})
_GIVES: Final = frozenset({"restore", "restore_percent"})
_WINDOW: Final = ("days_at_most", "restore", "restore_percent", "small_amount", "small_restore")


def reform_overlay(
    base: Rubric,
    *,
    title: str,
    start: date | None = None,
    points: Points = _NONE,
    bounds: Bounds = _NONE,
    weights: Mapping[str, int] = _NONE,
    cut_offs: Mapping[str, Number] = _NONE,
    dimensions: Mapping[str, Number] = _NONE,
    repairs: Windows = _NONE,
) -> str:
    """Return the text of an overlay that changes numbers of an edition.

    Parameters
    ----------
    base : Rubric
        A shipped edition.
    title : str
        What the change is called; the clause of every row it changes.
    start : date, optional
        First day on which it would be in force; the edition's own if None.
    points : mapping
        Row to its points: by place of a band, from 0, or by level; of a row without bands, one
        number: what an event takes off, or the most that a share gives. As printed.
    bounds : mapping
        Row to place of a band to its bounds: ``at_least``, ``above``, ``below``, ``at_most``.
    weights : mapping of str to int
        Row to percent; all rows' weights still add up to 100.
    cut_offs : mapping
        Grade to the points it asks for, as printed.
    dimensions : mapping
        Dimension to its printed total, where its rows add up to another one.
    repairs : mapping
        Repair to place of a window, from 0, to what it changes: ``days_at_most``, ``restore``,
        ``restore_percent``, ``small_amount``, ``small_restore``.

    Returns
    -------
    str
        TOML, read by ``--overlay``, ``lishui-credit reform`` and `catalog.check_file`.

    Raises
    ------
    EditionError
        For rows, bands, levels, grades, repairs and keys that the edition does not have: all at
        once.
    RubricError
        If the edition with the change is wrong, such as weights that do not add up to 100.

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> text = reform_overlay(
    ...     rubric("tax-credit@2018-04-01"), title="A from 95 points", cut_offs={"A": 95}
    ... )
    >>> print(text.splitlines()[1])
    overlay_of = "tax-credit@2018-04-01"
    """
    draft = _Draft(base, title)
    for row_id, asked in points.items():
        draft.points(row_id, asked)
    for row_id, places in bounds.items():
        draft.bounds(row_id, places)
    for row_id, weight in weights.items():
        if draft.known("indicators", row_id, "weights") and draft.weighted(row_id):
            draft.put("indicators", row_id, weight=weight)
    for grade, cut in cut_offs.items():
        if draft.known("grades", grade, "cut_offs"):
            draft.put("grades", grade, at_least=cut)
    for dimension, total in dimensions.items():
        if draft.known("dimensions", dimension, "dimensions"):
            draft.put("dimensions", dimension, points=total)
    for repair, windows in repairs.items():
        draft.windows(repair, windows)
    refuse(draft.problems, EditionError)
    text = draft.text(start)
    catalog.check_document(parse_document(text, "reform.toml"))
    return text


def write_overlay(text: str, path: Path | str) -> Rubric:
    """Write an overlay to a file, complete or not at all, and return the edition it makes."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")
    return catalog.check_file(Path(path))


class _Draft:
    """The rows changed so far, and what was asked that the edition does not have."""

    def __init__(self, base: Rubric, title: str) -> None:
        self.base, self.title = base, title
        self.problems: list[Problem] = []
        self.rows: dict[str, dict[str, dict[str, Any]]] = {}

    def known(self, table: str, row_id: str, where: str) -> bool:
        """Tell whether the edition has a row; else note that it has not."""
        ids = [row.id for row in getattr(self.base, table)]
        if row_id not in ids:
            what = tr(f"no such row in {table}", f"{table} 中没有该行")
            self.problems.append(Problem(what, row_id, did_you_mean([row_id], ids), where))
        return row_id in ids

    def weighted(self, row_id: str) -> bool:
        """Tell whether a row has a weight to change; else note that it has none."""
        has = self.base.indicator(row_id).weight is not None
        if not has:
            what = tr("the row has no weight", "该行没有权重")
            self.problems.append(Problem(what, row_id, where="weights"))
        return has

    def put(self, table: str, row_id: str, **keys: Any) -> None:
        """Note what a row says instead."""
        self.rows.setdefault(table, {}).setdefault(row_id, {}).update(keys)

    def lacks(self, where: str, row_id: str, found: object, known: Sequence[object]) -> None:
        """Note a band, level, window or key that a row does not have."""
        what = tr(f"{row_id} has no such part", f"{row_id} 没有该部分")
        hint = tr("it has: ", "现有:") + ", ".join(map(str, known))
        self.problems.append(Problem(what, str(found), hint, where))

    def bands(self, row: Indicator) -> list[dict[str, Any]]:
        """Return a row's bands as they stand now, changes included."""
        told = self.rows.get("indicators", {}).get(row.id, {}).get("bands")
        return told if told is not None else [_plain(band) for band in row.bands]

    def points(self, row_id: str, asked: Number | Mapping[int | str, Number]) -> None:
        """Change the points of a row."""
        if not self.known("indicators", row_id, "points"):
            return
        row = self.base.indicator(row_id)
        if not isinstance(asked, Mapping):
            if row.event is not None:
                event = _plain(replace(row.event, deduct=asked))
                self.put("indicators", row_id, event=event)
            elif row.max_points is not None and not row.bands and not row.levels:
                self.put("indicators", row_id, max_points=asked)
            else:
                self.lacks("points", row_id, asked, self.parts(row))
            return
        bands, levels = self.bands(row), dict(row.levels)
        for part, points in asked.items():
            if isinstance(part, int) and 0 <= part < len(bands):
                bands[part] = {**bands[part], "points": points}
            elif part in levels:
                levels[str(part)] = points
            else:
                self.lacks("points", row_id, part, self.parts(row))
        self.put("indicators", row_id, **({"bands": bands} if row.bands else {"levels": levels}))

    def parts(self, row: Indicator) -> list[object]:
        """Return what points of a row can be asked by."""
        return [*range(len(row.bands)), *row.levels]

    def bounds(self, row_id: str, places: Mapping[int, Mapping[str, Bound]]) -> None:
        """Change where the bands of a row begin and end."""
        if not self.known("indicators", row_id, "bounds"):
            return
        row = self.base.indicator(row_id)
        bands = self.bands(row)
        for place, ends in places.items():
            if not 0 <= place < len(bands):
                self.lacks("bounds", row_id, place, range(len(bands)))
                continue
            for end in ends:
                if end not in _ENDS:
                    self.lacks("bounds", row_id, end, _ENDS)
            bands[place] = _instead(_instead(bands[place], ends, _LOWER), ends, _UPPER)
        self.put("indicators", row_id, bands=bands)

    def windows(self, repair_id: str, asked: Mapping[int, Mapping[str, Number]]) -> None:
        """Change what a repair gives back, and until when."""
        if not self.known("repairs", repair_id, "repairs"):
            return
        repair = next(row for row in self.base.repairs if row.id == repair_id)
        windows = [_plain(window) for window in repair.windows]
        for place, keys in asked.items():
            if not 0 <= place < len(windows):
                self.lacks("repairs", repair_id, place, range(len(windows)))
                continue
            for key in keys:
                if key not in _WINDOW:
                    self.lacks("repairs", repair_id, key, _WINDOW)
            windows[place] = _instead(windows[place], keys, _GIVES)
        self.put("repairs", repair_id, windows=windows)

    def text(self, start: date | None) -> str:
        """Return the overlay as TOML."""
        clause = tr(f"proposed: {self.title}", f"拟议:{self.title}")
        lines = [
            f"format = {FORMAT}",
            f"overlay_of = {toml_value(f'{self.base.name}@{self.base.edition}')}",
            f"overlay_title = {toml_value(self.title)}",
        ]
        if start is not None:
            lines.append(f"in_force = {{ from = {start} }}")
        for table, rows in self.rows.items():
            for row_id, keys in rows.items():
                told = {"id": row_id, "clause": clause, "evidence": "placeholder", **keys}
                lines += ["", f"[[{table}]]"]
                lines += [f"{key} = {_printed(value)}" for key, value in told.items()]
        return "\n".join(lines) + "\n"


def _instead(
    row: dict[str, Any], keys: Mapping[str, Any], one_of: frozenset[str]
) -> dict[str, Any]:
    """Return a row with some keys changed; of keys that say the same thing the new one stays."""
    dropped = one_of - keys.keys() if one_of & keys.keys() else frozenset()
    return {**{name: value for name, value in row.items() if name not in dropped}, **keys}


def _plain(row: Any) -> dict[str, Any]:
    """Return a row of an edition as its file says it: what is left out there is left out here."""
    told = {}
    for entry in fields(row):
        value = getattr(row, entry.name)
        usual = entry.default if entry.default is not MISSING else None
        if value != usual and value not in ((), {}):
            told[entry.name] = _part(value)
    return told


def _part(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(value)
    if isinstance(value, tuple):
        return [_part(entry) for entry in value]
    return value


def _printed(value: Any) -> str:
    """Return a value as TOML; a long list with one entry a line."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + "".join(f"    {toml_value(entry)},\n" for entry in value) + "]"
    return toml_value(value)

"""Turn a checked edition file into a `Rubric`, and lay an overlay over its base.

A file is one edition, or an overlay: a file with ``overlay_of`` that changes rows of another. See
README.md in the folder above for the format and for how a clerk transcribes and signs off an
edition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from lishui_credit.citation import PLACE
from lishui_credit.errors import Problem, RubricError
from lishui_credit.language import tr
from lishui_credit.rubrics.law import checks
from lishui_credit.rubrics.law.rubric import TABLES, Rubric
from lishui_credit.rubrics.law.rule_hash import TOLD, rule_hash
from lishui_credit.tables.header_words import did_you_mean
from lishui_credit.tables.toml_documents import Document, read_document
from lishui_credit.tables.toml_places import Loc

FORMAT: Final = 1

Found = list[tuple[Loc, Problem]]
Further = Callable[[Rubric], Found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who signed a file off, and when."""

    by: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a file says of itself, beside the rubric."""

    format: int | None = None
    overlay_of: str = ""  # the base, as name@edition
    overlay_title: str = ""
    signed_off: Signature | None = None
    remove: dict[str, tuple[str, ...]] = field(default_factory=dict)  # ids of rows, by table


_HEAD: Final = frozenset(Head.__dataclass_fields__)


def lay_over(base: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """Return the base tables with an overlay's laid over them."""
    # Rows of `TABLES` are matched by id: keys given replace the base's, new ids are appended, ids
    # under ``remove`` go. Other top-level keys replace the base's; inner tables are merged, but for
    # ``source``: another document is another document, and rows of the base keep theirs. A status other than ``reconstructed`` ends
    # what the base lacked. A text told anew in one language loses the base's in the other.
    merged = _told(_of_own_source(base) if "source" in overlay else base, overlay)
    for table, ids in overlay.get("remove", {}).items():
        if table not in TABLES:
            continue
        merged[table] = [row for row in merged.get(table, []) if row.get("id") not in ids]
    if overlay.get("status", "reconstructed") != "reconstructed":
        merged.pop("lacking", None)
    for key, value in overlay.items():
        if key in _HEAD:
            continue
        if key in TABLES and _all_named(value):
            rows = {row["id"]: row for row in merged.get(key, [])}
            for row in value:
                rows[row["id"]] = _over(rows.get(row["id"], {}), row)
            merged[key] = list(rows.values())
        elif key != "source" and isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = {**_told(merged[key], value), **value}
            if key == "in_force" and "until" not in value and _ended(merged[key]):
                del merged[key]["until"]
        else:
            merged[key] = value
    return merged


def _ended(period: dict[str, Any]) -> bool:
    """Tell whether a period ends before it begins: its end is that of the base, long in the past."""
    start, until = period.get("from"), period.get("until")
    return type(start) is type(until) is date and until <= start


def _over(old: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with an overlay's keys over it; a row cited anew leaves where the old one stood."""
    if "clause" in row or "evidence" in row:
        old = {key: value for key, value in old.items() if key not in PLACE}
    return {**_told(old, row), **row}


def _told(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Return tables without the texts that `new` tells in the other language."""
    again = {f"{key}_zh" for key in new} | {key.removesuffix("_zh") for key in new}
    return {key: value for key, value in old.items() if key not in again & TOLD}


def _of_own_source(base: dict[str, Any]) -> dict[str, Any]:
    """Return tables whose rows name their source, so that an overlay's source is not taken for it."""
    parts = (base.get("id"), base.get("variant"), base.get("in_force", {}).get("from"))
    name = "-".join(str(part).replace("/", "-") for part in parts if part)
    source = {"id": name, **base.get("source", {})}
    named: dict[str, Any] = _naming(base, name)
    return {**named, "documents": [*base.get("documents", []), source]}


def _naming(part: Any, name: str) -> Any:
    """Return a part of an edition in which every row that names no document names one."""
    if isinstance(part, list):
        return [_naming(row, name) for row in part]
    if not isinstance(part, dict):
        return part
    told = {key: _naming(value, name) for key, value in part.items()}
    return {"document": name, **told} if "evidence" in part else told


def _all_named(rows: object) -> bool:
    """Tell whether rows can be matched by id; else `build` says which cannot."""
    return isinstance(rows, list) and all(isinstance(row, dict) and "id" in row for row in rows)


def head(document: Document) -> Head:
    """Return what a file says of itself; raises `RubricError`."""
    found = {key: value for key, value in document.tables.items() if key in _HEAD}
    return document.make(Head, found)


def build(
    document: Document,
    tables: dict[str, Any] | None = None,
    base: dict[str, Any] | None = None,
    further: Further | None = None,
) -> Rubric:
    """Return the checked rubric of a file, or of `tables`: the file laid over those of its `base`."""
    # `further` is asked of an edition in which the checks find nothing.
    raw = document.tables if tables is None else tables
    body = {key: value for key, value in raw.items() if key not in _HEAD}
    beside = _of_head(document)
    if base is not None and not beside:
        beside = list(_of_overlay(document, base))

    def check(made: Rubric, unread: frozenset[str]) -> Found:
        found = checks.check(made, unread)
        return found if found or unread or further is None else further(made)

    rubric = document.make(Rubric, body, beside, check)
    return replace(rubric, sha256=rule_hash(rubric))


def _of_head(document: Document) -> list[Problem]:
    """Return what is wrong with what a file says of itself."""
    try:
        version = head(document).format
    except RubricError as error:
        return list(error.problems)
    if version == FORMAT:
        return []
    what = tr("the file's format number is not known", "文件格式编号未知")
    found = "" if version is None else str(version)
    hint = tr(f"write format = {FORMAT} at the top", f"请在文件开头写 format = {FORMAT}")
    return [Problem(what, found, hint, document.at(("format",)))]


def _of_overlay(document: Document, base: dict[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with how a file lies over its base: rows twice, or missed, or no change."""
    told = False
    for table, rows in document.tables.items():
        if table not in TABLES or not _all_named(rows):
            continue
        ids = [row["id"] for row in rows]
        for place, name in enumerate(ids):
            if name in ids[:place]:
                told = True
                what = tr("the overlay has this row twice", "覆盖文件中该行出现两次")
                hint = tr("keep one of them", "请只保留一处")
                yield Problem(what, str(name), hint, document.at((table, place)))
    for table, removed in head(document).remove.items():
        known = [row.get("id") for row in base.get(table, [])] if table in TABLES else []
        for name in removed:
            if name not in known:
                told = True
                hint = did_you_mean([name], map(str, known))
                what = tr(f"no such row in {table} to remove", f"{table} 中没有要删除的行")
                yield Problem(what, name, hint, document.at(("remove",)))
    if not told and _bare(lay_over(base, document.tables)) == _bare(base):
        what = tr("the overlay changes nothing", "覆盖文件未作任何改动")
        hint = tr("leave it out, or enter what differs", "请去掉该文件,或填入不同之处")
        yield Problem(what, "", hint, document.at(("overlay_of",)))


def _bare(tables: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tables.items() if key not in _HEAD}


def read(path: Path | str) -> Rubric:
    """Read a file that is an edition of its own; raises `RubricError`."""
    document = read_document(Path(path))
    return build(document)

"""Which edition was in force on a date: the shipped editions, looked up by name and day.

Files lie in ``editions/<rubric-id>/[<variant>/]<first-day-in-force>.toml``. A name is a rubric id
(``tax-credit``), with a variant (``small-enterprise/abc``), and maybe pinned to an edition
(``tax-credit@2018-04-01``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from lishui_credit.errors import EditionError
from lishui_credit.language import tr
from lishui_credit.rubrics.law import edition as reader
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.toml_documents import Document, read_document


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One shipped edition file: rubric name, first day in force, path."""

    name: str
    start: date
    path: Path


@cache
def entries() -> tuple[Entry, ...]:
    """Return every shipped edition file, by name and day."""
    root = Path(str(files("lishui_credit") / "rubrics" / "law" / "editions"))
    found = [
        Entry(path.parent.relative_to(root).as_posix(), date.fromisoformat(path.stem), path)
        for path in root.rglob("*.toml")
    ]
    return tuple(sorted(found))


def names() -> tuple[str, ...]:
    """Return every rubric name shipped, variants included."""
    return tuple(dict.fromkeys(entry.name for entry in entries()))


def _of(name: str) -> list[Entry]:
    found = [entry for entry in entries() if entry.name == name]
    if not found:
        raise EditionError(
            tr("no such rubric", "没有该评价办法"),
            name,
            tr("known: ", "现有:") + ", ".join(names()),
        )
    return found


@cache
def load(path: Path) -> Rubric:
    """Read one shipped edition, laid over its base where it is an overlay."""
    parts = path.parts
    where = "/".join(parts[parts.index("editions") :]) if "editions" in parts else path.name
    return _built(read_document(path, name=where))


def _built(
    document: Document, title: str | None = None, further: reader.Further | None = None
) -> Rubric:
    """Return the rubric of a file; `title` names an overlay of the user."""
    merged, base = _merged(document)
    if title is not None:
        merged["overlays"] = [*merged.get("overlays", []), title]
    return reader.build(document, merged, base, further)


def _merged(document: Document) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return the tables of an edition, laid over its base where it is an overlay, and the base's."""
    if "overlay_of" not in document.tables:
        return dict(document.tables), None
    base, _ = _merged(read_document(_file(reader.head(document).overlay_of)))
    return reader.lay_over(base, document.tables), base


def _file(ref: str) -> Path:
    """Return the file of a base: the edition of that day, or the latest."""
    name, _, day = ref.partition("@")
    chosen = [entry for entry in _of(name) if not day or entry.start.isoformat() == day]
    if not chosen:
        raise EditionError(
            tr("the overlay's base is not an edition", "覆盖文件所依据的版本不存在"),
            ref,
            tr("known: ", "现有:") + ", ".join(f"{e.name}@{e.start}" for e in _of(name)),
        )
    return chosen[-1].path


def rubric(name: str, on: date | str | None = None, overlay: Path | str | None = None) -> Rubric:
    """Return the edition of a rubric in force on a day.

    Parameters
    ----------
    name : str
        Rubric id, maybe ``/variant``, maybe ``@edition``; with an edition `on` is ignored.
    on : date or ISO string, optional
        The day; today if None.
    overlay : path-like, optional
        A file with ``overlay_of`` to lay over the edition found.

    Returns
    -------
    Rubric

    Raises
    ------
    EditionError
        If there is no such rubric, or no edition of it in force on that day.
    RubricError
        If a file is wrong.

    Examples
    --------
    >>> rubric("tax-credit", on="2019-04-01").edition
    '2018-04-01'
    >>> rubric("tax-credit", on="2000-01-01")
    Traceback (most recent call last):
        ...
    lishui_credit.errors.EditionError: no edition of tax-credit in force on 2000-01-01 · found: ...
    """
    name, _, pinned = name.partition("@")
    found = _of(name)
    if pinned:
        chosen = [entry for entry in found if entry.start.isoformat() == pinned]
        wanted = pinned
    else:
        day = _day(on)
        wanted = day.isoformat()
        # Reading a file takes 10 ms: from the last that began by then, no further than the first hit.
        began = (entry for entry in reversed(found) if entry.start <= day)
        hit = next((entry for entry in began if day in load(entry.path).period), None)
        chosen = [] if hit is None else [hit]
    if not chosen:
        raise EditionError(
            tr(
                f"no edition of {name} in force on {wanted}",
                f"{wanted} 没有施行中的 {name} 版本",
            ),
            tr("editions: ", "现有版本:") + ", ".join(str(load(e.path).period) for e in found),
            tr(
                "choose a day in one of these periods with --on",
                "请用 --on 指定上述期间内的日期",
            ),
        )
    path = chosen[-1].path
    if overlay is None:
        return load(path)
    return with_overlay(f"{name}@{chosen[-1].start}", Path(overlay))


def with_overlay(base: str, overlay: Path) -> Rubric:
    """Return an edition with a user's overlay file laid over it."""
    document = read_document(overlay)
    head = reader.head(document)
    if head.overlay_of != base:
        raise EditionError(
            tr("the overlay belongs to another edition", "覆盖文件属于另一版本"),
            head.overlay_of or tr("no overlay_of", "缺少 overlay_of"),
            f'overlay_of = "{base}"',
            where=document.at(("overlay_of",)),
        )
    return _built(document, head.overlay_title or overlay.name)


def overlay_signature(overlay: Path) -> tuple[str, str, date | None]:
    """Return an overlay's title, and who signed it off and when: "" and None where nobody did."""
    head = reader.head(read_document(overlay))
    title, signed = head.overlay_title or overlay.name, head.signed_off
    return (title, "", None) if signed is None else (title, signed.by, signed.on)


def check_file(path: Path, further: reader.Further | None = None) -> Rubric:
    """Read a user's edition or overlay file as it would be used; `further` is asked of a sound one."""
    return check_document(read_document(path), further)


def check_document(document: Document, further: reader.Further | None = None) -> Rubric:
    """Return the rubric of a user's edition, or of an overlay laid over its base."""
    if "overlay_of" not in document.tables:
        return _built(document, further=further)
    return _built(document, reader.head(document).overlay_title or document.name, further)


def named_or_file(asked: str, on: date | str | None = None) -> Rubric:
    """Return an edition by its name, or the one of a file that ends in ``.toml``, overlays included.

    Examples
    --------
    >>> named_or_file("tax-credit@2018-04-01").edition
    '2018-04-01'
    """
    return check_file(Path(asked)) if asked.lower().endswith(".toml") else rubric(asked, on=on)


def for_period(name: str, period: int) -> Rubric:
    """Return the edition in force when a calendar year's results were due.

    Parameters
    ----------
    name : str
        Rubric name.
    period : int
        Year assessed.

    Raises
    ------
    EditionError
        If the rubric has no yearly cycle, or no edition was in force on the result day.

    Examples
    --------
    >>> for_period("tax-credit", 2018).edition
    '2018-04-01'
    """
    cycle = load(_of(name)[-1].path).cycle
    if cycle is None:
        raise EditionError(
            tr(f"{name} has no yearly cycle", f"{name} 没有年度周期"),
            hint=tr("give --on instead of --period", "请用 --on 代替 --period"),
        )
    return rubric(name, on=f"{period + 1}-{cycle.result_by}")


def _day(on: date | str | None) -> date:
    if on is None:
        return date.today()
    if isinstance(on, date):
        return on
    try:
        return date.fromisoformat(on)
    except ValueError:
        raise EditionError(tr("not a date", "不是日期"), on, "YYYY-MM-DD") from None

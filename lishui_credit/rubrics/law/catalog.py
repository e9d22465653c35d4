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

from lishui_credit.errors import EditionError, Problem
from lishui_credit.language import tr
from lishui_credit.rubrics.law import edition as reader
from lishui_credit.rubrics.law.rubric import Rubric


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
            Problem(
                tr("no such rubric", "没有该评价办法"),
                name,
                tr("known: ", "现有:") + ", ".join(names()),
            )
        )
    return found


@cache
def load(path: Path) -> Rubric:
    """Read one shipped edition, laid over its base where it is an overlay."""
    data = path.read_bytes()
    where = (
        "/".join(path.parts[path.parts.index("editions") :])
        if "editions" in path.parts
        else path.name
    )
    raw, lines = reader.parse(data.decode("utf-8-sig"), where)
    if "overlay_of" not in raw:
        return reader.build(raw, lines, where, reader.digest(data))
    texts, merged = _base(str(raw["overlay_of"]))
    return reader.build(reader.lay_over(merged, raw), lines, where, reader.digest(*texts, data))


def _base(ref: str) -> tuple[list[bytes], dict[str, Any]]:
    """Return the texts and merged tables of an edition, its own base included."""
    name, _, day = ref.partition("@")
    chosen = [entry for entry in _of(name) if not day or entry.start.isoformat() == day]
    if not chosen:
        raise EditionError(
            Problem(
                tr("the overlay's base is not an edition", "覆盖文件所依据的版本不存在"),
                ref,
                ", ".join(f"{entry.name}@{entry.start}" for entry in _of(name)),
            )
        )
    data = chosen[-1].path.read_bytes()
    raw, _ = reader.parse(data.decode("utf-8-sig"), chosen[-1].path.name)
    if "overlay_of" not in raw:
        return [data], raw
    texts, merged = _base(str(raw["overlay_of"]))
    return [*texts, data], reader.lay_over(merged, raw)


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
    >>> rubric("tax-credit", on="2010-01-01")
    Traceback (most recent call last):
        ...
    lishui_credit.errors.EditionError: no edition of tax-credit in force on 2010-01-01 · found: ...
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
            Problem(
                tr(
                    f"no edition of {name} in force on {wanted}",
                    f"{wanted} 没有施行中的 {name} 版本",
                ),
                tr("editions: ", "现有版本:") + ", ".join(str(load(e.path).period) for e in found),
                tr("give a day inside one of them with --on", "请用 --on 给出其中的日期"),
            )
        )
    path = chosen[-1].path
    if overlay is None:
        return load(path)
    return with_overlay(f"{name}@{chosen[-1].start}", Path(overlay))


def with_overlay(base: str, overlay: Path) -> Rubric:
    """Return an edition with a user's overlay file laid over it.

    Raises
    ------
    EditionError
        If the overlay names another edition as its base.
    RubricError
        If the result is not a sound edition.
    """
    data = overlay.read_bytes()
    raw, lines = reader.parse(data.decode("utf-8-sig"), overlay.name)
    named = str(raw.get("overlay_of", ""))
    if named != base:
        raise EditionError(
            Problem(
                tr("the overlay belongs to another edition", "覆盖文件属于另一版本"),
                named or tr("no overlay_of", "缺少 overlay_of"),
                f'overlay_of = "{base}"',
                where=overlay.name,
            )
        )
    texts, merged = _base(base)
    titles = [*merged.get("overlays", []), str(raw.get("overlay_title", overlay.name))]
    combined = {**reader.lay_over(merged, raw), "overlays": titles}
    return reader.build(combined, lines, overlay.name, reader.digest(*texts, data))


def check_file(path: Path) -> Rubric:
    """Read a user's edition or overlay file as it would be used.

    Raises
    ------
    RubricError
        Every mistake at once, by line.
    EditionError
        If an overlay names no known base.
    """
    if not path.exists():
        raise EditionError(Problem(tr("no such file", "没有这个文件"), where=str(path)))
    raw, _ = reader.parse(path.read_text(encoding="utf-8-sig"), path.name)
    if "overlay_of" in raw:
        return with_overlay(str(raw["overlay_of"]), path)
    return reader.read(path)


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
            Problem(
                tr(f"{name} has no yearly cycle", f"{name} 没有年度周期"),
                hint=tr("give --on instead of --period", "请用 --on 代替 --period"),
            )
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
        raise EditionError(Problem(tr("not a date", "不是日期"), on, "YYYY-MM-DD")) from None

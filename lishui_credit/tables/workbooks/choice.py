"""Which sheet of a workbook is read: the one asked for, else the visible one with a known header."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.tables import header_rows
from lishui_credit.tables.header_rows import IsHeader
from lishui_credit.tables.workbooks.sheet import Sheet, Workbook
from lishui_credit.tables.workbooks.tabs import Tab

_TOP: Final = 200  # rows of a sheet that are looked at before it is chosen

_ASKED: Final[ContextVar[Mapping[Path, str | int] | None]] = ContextVar("asked", default=None)


@contextmanager
def sheets_asked(sheets: Mapping[Path | str, str | int | None]) -> Iterator[None]:
    """Read the given sheet, by name or number, of each of these workbooks while the block runs."""
    mine = {Path(path).resolve(): name for path, name in sheets.items() if name is not None}
    before = _ASKED.set({**(_ASKED.get() or {}), **mine})
    try:
        yield
    finally:
        _ASKED.reset(before)


def asked(path: Path) -> str | int | None:
    """Return the sheet of a workbook that is asked for; None where none is."""
    return (_ASKED.get() or {}).get(path.resolve())


def chosen_sheet(
    path: Path, sheet: str | int | None = None, is_header: IsHeader | None = None
) -> tuple[Sheet, list[str]]:
    """Read one sheet of a workbook, and say what of it was left out; raises `SubjectError`."""
    book = Workbook(path)
    tab = _named(book, sheet) if sheet is not None else _matching(book, is_header)
    found = book.sheet(tab)
    notes = []
    if len(book.tabs) > 1:
        notes.append(tr(f"only sheet '{tab.name}' was read", f"只读取了工作表“{tab.name}”"))
    if tab.hidden:
        notes.append(tr(f"sheet '{tab.name}' is hidden", f"工作表“{tab.name}”为隐藏工作表"))
    if found.hidden_rows:
        notes.append(
            tr(
                f"{found.hidden_rows:,} hidden rows of sheet '{tab.name}' were read as well",
                f"工作表“{tab.name}”中隐藏的 {found.hidden_rows:,} 行也已读取",
            )
        )
    return found, notes


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _named(book: Workbook, sheet: str | int) -> Tab:
    """Return the sheet of a name, or of a number among the visible ones."""
    name = str(sheet)
    visible = [tab for tab in book.tabs if not tab.hidden]
    if isinstance(sheet, str):
        for tab in book.tabs:
            if tab.name == name:
                return tab
        same = [tab for tab in book.tabs if _plain(tab.name) == _plain(name)]
        if len(same) == 1:
            return same[0]
    if name.isascii() and name.isdigit() and 0 < int(name) <= len(visible):
        return visible[int(name) - 1]
    raise SubjectError(
        tr(f"no sheet '{name}'", f"没有工作表“{name}”"),
        _listed(visible),
        tr("give one of these names, or its number", "请写其中一个名称或序号"),
        where=book.path.name,
    )


def _listed(tabs: Sequence[Tab]) -> str:
    named = [tr(f"'{tab.name}'", f"“{tab.name}”") for tab in tabs]
    more = f", … ({len(named)})" if len(named) > 10 else ""
    return tr(", ", "、").join(named[:10]) + more


def _matching(book: Workbook, is_header: IsHeader | None) -> Tab:
    """Return the visible sheet whose header is known; raises where several match as well."""
    visible = [tab for tab in book.tabs if not tab.hidden]
    if not visible:
        raise SubjectError(
            tr("every sheet of the workbook is hidden", "工作簿的所有工作表都已隐藏"),
            _listed(book.tabs),
            tr("show the sheet, or name it: --sheet NAME", "请取消隐藏,或用 --sheet 名称 指定"),
            where=book.path.name,
        )
    if len(visible) == 1:
        return visible[0]
    tops = [_top(book, tab) for tab in visible]
    known = [_columns(rows, is_header) for rows in tops]
    if max(known) < 2:  # names of columns that nobody can know: the sheets that hold tables
        known = [_columns(rows, None) for rows in tops]
    # A sheet of another year may lack a column or two; a guide names few of them beside each other.
    least = max(2, max(known) / 2)
    matching = [tab for tab, count in zip(visible, known, strict=True) if count >= least]
    if len(matching) > 1:
        raise SubjectError(
            tr(
                "several sheets hold such a table, and only one is read",
                "有多个工作表都含有此类表格,一次只能读取一个",
            ),
            _listed(matching),
            tr(
                "name the one to read: --sheet NAME (of a second file --events-sheet, --bases-sheet, "
                "--targets-sheet)",
                "请指定要读取的一个:--sheet 名称(第二个文件用 --events-sheet、--bases-sheet、--targets-sheet)",
            ),
            where=book.path.name,
        )
    return matching[0] if matching else visible[0]


def _top(book: Workbook, tab: Tab) -> list[tuple[str | None, ...]]:
    frame = book.sheet(tab, _TOP).frame
    return [] if not frame.width else frame.rows()


def _columns(rows: Sequence[header_rows.Row], is_header: IsHeader | None) -> int:
    """Return how many columns of a sheet's header are known; 0 where no row stands below it."""
    header = header_rows.find(rows, is_header)
    if header is None or all(map(header_rows.is_blank, rows[header.last + 1 :])):
        return 0
    return header.known

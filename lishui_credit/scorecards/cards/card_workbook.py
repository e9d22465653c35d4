"""A card as an Excel workbook, as risk teams pass cards on; it reads back equal, or is refused.

Sheets for people hold the points, the bins, what was measured and what the card is for. One more
holds the card itself and a digest of every row of the others, so that a cell that was edited is
found and named: no sheet can say another thing than the card that scores.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lishui_credit.errors import ModelError, Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.reports.palette import FEWER_TO_MORE
from lishui_credit.scorecards.bins.binning import WOE
from lishui_credit.scorecards.cards import card_tables
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_file import from_json, load, to_json
from lishui_credit.scorecards.cards.crossed_points import (
    NOBODY,
    crossed_said,
    farthest,
    fit_heads,
    fit_rows,
    fit_said,
    grid,
    jointly_fitted,
)
from lishui_credit.scorecards.cards.crossed_table import CrossedTable
from lishui_credit.tables.workbooks.sheet import Workbook
from lishui_credit.tables.write import replacing, workbook

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook as Book
    from xlsxwriter.worksheet import Worksheet

SUFFIX: Final = ".xlsx"
_DATA: Final = "lishui_credit"  # the sheet that is read back
_FORMAT: Final = "lishui_credit/card-workbook/1"
_PIECE: Final = 30_000  # characters of a cell, of the 32,767 that Excel keeps
_SHOWN: Final = 12  # changed rows that an error names
_DIGITS: Final = 6  # of a figure on a sheet for people; the card keeps all
_SIGNS: Final = ("+General", "-General", "0")  # of a number above 0, below 0, of 0
_LEAST: Final = 10**-_DIGITS

Rows = Sequence[Sequence[Any]]


def write_workbook(card: Card, path: Path | str) -> Path:
    """Write a card as a workbook.

    Parameters
    ----------
    card : Card
        To write; whether it is approved is printed as it stands now.
    path : path-like
        ``.xlsx``; an earlier file is replaced when the new one is complete.

    Returns
    -------
    Path

    Raises
    ------
    SubjectError
        If the path does not end in ``.xlsx``.

    Examples
    --------
    >>> import tempfile
    >>> import polars as pl
    >>> from lishui_credit.scorecards import Scorecard
    >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
    >>> card = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_
    >>> with tempfile.TemporaryDirectory() as home:
    ...     read_workbook(write_workbook(card, f"{home}/card.xlsx")) == card
    True
    """
    path = Path(path)
    if path.suffix.lower() != SUFFIX:
        what = tr("a card is exported as .xlsx", "评分卡只能导出为 .xlsx")
        raise SubjectError(what, path.name)
    pages = _pages(card)
    with replacing(path) as draft, workbook(draft, {"strings_to_numbers": False}) as book:
        bold = book.add_format({"bold": True, "font_size": 13})
        head = book.add_format({"bold": True, "bg_color": "#1f3a5f", "font_color": "white"})
        figure = book.add_format({"num_format": "0.0000"})
        for name, (heads, rows) in pages.items():
            _fill(
                book.add_worksheet(name),
                [*_top(card), heads, *rows],
                len(_top(card)),
                bold,
                head,
                figure,
            )
        for name, table in zip(_of_crossed(card), card.crossed, strict=True):
            _shade(book, name, card, table, len(_top(card)) + 1)
        data = book.add_worksheet(_DATA)
        for place, row in enumerate(_data(card, pages)):
            for column, cell in enumerate(row):
                data.write_string(place, column, cell)
        data.protect()
    return path


def read_workbook(path: Path | str) -> Card:
    """Read the card of a workbook that `write_workbook` wrote.

    Parameters
    ----------
    path : path-like
        ``.xlsx``, saved again by any program, but not edited. Sheets may be added.

    Returns
    -------
    Card
        Not approved: an approval lies beside a ``scorecard.json``.

    Raises
    ------
    ModelError
        If it holds no card, or a cell is not as it was written: every row that differs is named.
    """
    path = Path(path)
    if not path.exists():
        raise ModelError(tr("no such file", "没有这个文件"), where=str(path))
    book = Workbook(path)
    sheets = {tab.name: tab for tab in book.tabs}
    if _DATA not in sheets:
        what = tr("the workbook holds no card", "工作簿中没有评分卡")
        hint = tr("write one with lishui-credit export", "请用 lishui-credit export 导出")
        raise ModelError(what, tr(f"no sheet {_DATA}", f"没有工作表 {_DATA}"), hint, path.name)
    told = [[_text(cell) for cell in row] for row in book.sheet(sheets[_DATA]).frame.rows()]
    lines: dict[str, str] = {}
    digests: dict[str, list[str]] = {}
    for kind, key, text in (row[:3] for row in told if len(row) >= 3):
        if kind == "json":
            lines[key] = lines.get(key, "") + text
        elif kind == "row":
            digests.setdefault(key, []).append(text)
    card = from_json("\n".join(lines.values()), where=path.name)
    problems: list[Problem] = []
    for name, expected in digests.items():
        rows = book.sheet(sheets[name]).frame.rows() if name in sheets else None
        problems += _unlike(f"{path.name} {name}", expected, rows)
    if not digests:
        problems.append(_changed(path.name, tr("no digests of its rows", "没有各行的校验值")))
    refuse(problems, ModelError)
    return card


def read_card(path: Path | str) -> Card:
    """Read a card from its folder, its ``scorecard.json`` or its workbook; see `load`."""
    return read_workbook(path) if Path(path).suffix.lower() == SUFFIX else load(path)


# ---- what the sheets say ----------------------------------------------------------------------


def _top(card: Card) -> list[list[str]]:
    """Return the lines above every table: which card, whether made up, whether approved."""
    title = card.title_zh or card.id or tr("Scorecard", "评分卡")
    name = f"{card.id} {card.provenance.get('version', '')}".strip()
    rows = [[f"{title} · {name}" if name else title]]
    if card.synthetic:
        made_up = "SYNTHETIC DATA: says nothing about real subjects"
        rows.append([tr(made_up, "合成数据:不代表任何真实主体")])
    return [*rows, [card.standing.said]]


def _pages(card: Card) -> dict[str, tuple[list[str], Rows]]:
    """Return the heads and rows of every sheet for people, by its name."""
    named = [tr("characteristic", "特征"), tr("column", "列")]
    told = [tr("what", "项目"), tr("value", "数值")]
    pages: dict[str, tuple[list[str], Rows]] = {
        **_of_bins(card, named),
        **_of_crossed(card),
        **_of_fit(card, named),
        tr("Validation", "验证"): (told, card_tables.measures(card).rows()),
        tr("Facts", "说明"): (told, card_tables.facts(card).rows()),
    }
    return {
        name: (heads, [list(map(_cell, row)) for row in rows])
        for name, (heads, rows) in pages.items()
    }


def _of_crossed(card: Card) -> dict[str, tuple[list[str], Rows]]:
    """Return a sheet per crossed table: bins of one characteristic down, of the other along the top."""
    return {
        tr(f"Crossed {number}", f"交叉表 {number}"): grid(card, table)
        for number, table in enumerate(card.crossed, 1)
    }


def _of_fit(card: Card, named: list[str]) -> dict[str, tuple[list[str], Rows]]:
    """Return the sheet of the regression; of a joint fit, how it did on rows held out."""
    if jointly_fitted(card):
        said = [fit_said(card), *(crossed_said(card)[:2] if card.crossed else ())]
        rows = [*fit_rows(card), *([text] for text in said)]
        return {tr("Joint fit", "联合拟合"): (fit_heads(), rows)}
    regression = [
        [
            item.label,
            item.feature,
            item.coefficient,
            item.error,
            "" if math.isnan(item.p_value) else f"{item.p_value:.3g}",
            item.binning.iv,
        ]
        for item in card.characteristics
    ]
    fitted = [tr("coefficient", "系数"), tr("standard error", "标准误"), "p", "IV"]
    return {tr("Regression", "回归"): ([*named, *fitted], regression)}


def _of_bins(card: Card, named: list[str]) -> dict[str, tuple[list[str], Rows]]:
    """Return the sheets of a row per bin: its points, and what the sample holds in it."""
    bins = [
        ([item.label, item.feature, row.said], row, mark)
        for item in card.characteristics
        for row, mark in zip(item.binning.bins, item.points, strict=True)
    ]
    base = [[tr("base points", "基础分"), "", "", card.printed(card.base_points)]]
    points = [
        *(base if card.base_points else []),
        *([*names, card.printed(mark)] for names, _, mark in bins),
    ]
    counted = [
        [*names, row.rows, row.goods, row.bads, row.bad_rate, row.woe, row.part]
        for names, row, _ in bins
    ]
    heads = [*named, tr("bin", "分箱")]
    figures = [tr("rows", "行数"), tr("goods", "好"), tr("bads", "坏"), tr("bad rate", "坏账率")]
    return {
        tr("Points", "评分表"): ([*heads, tr("points", "分值")], points),
        tr("Bins", "分箱"): ([*heads, *figures, WOE, "IV"], counted),
    }


def _cell(value: float | str | None) -> float | str:
    """Return a value as a cell shows it: figures to so many decimals, nothing where there is none."""
    if value is None or value != value:
        return ""
    return value if isinstance(value, str | int) else round(value, _DIGITS)


def _fill(
    sheet: Worksheet, rows: Rows, above: int, bold: Format, head: Format, figure: Format
) -> None:
    for place, row in enumerate(rows):
        style = bold if place == 0 else head if place == above else None
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(place, column, cell, style)
            else:
                whole = float(cell).is_integer()
                sheet.write_number(place, column, cell, None if whole else figure)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 2, 30)
    sheet.set_column(3, 8, 12)
    sheet.freeze_panes(above + 1, 0)


def _shade(book: Book, name: str, card: Card, table: CrossedTable, below: int) -> None:
    """Print signs of crossed points, brackets where nobody is, papers from dark to pale as points rise."""
    sheet = book.get_worksheet_by_name(name)
    left, right = NOBODY
    held, bare = (
        book.add_format({"num_format": ";".join(f"{a}{sign}{b}" for sign in _SIGNS), "border": 1})
        for a, b in (("", ""), (left, right))
    )
    marks = table.points
    for place, line in enumerate(marks):
        for column, mark in enumerate(line):
            style = held if table.held[place, column] else bare
            sheet.write_number(below + place, column + 1, card.printed(mark), style)
    low, middle, high = FEWER_TO_MORE
    most = farthest(card)
    sheet.conditional_format(below, 1, below + len(marks) - 1, len(marks[0]), {
        "type": "3_color_scale", "min_type": "num", "mid_type": "num", "max_type": "num",
        "min_value": -most, "mid_value": 0, "max_value": most,
        "min_color": low, "mid_color": middle, "max_color": high,
    })  # fmt: skip
    sheet.set_column(1, len(marks[0]), 14)
    sheet.freeze_panes(below, 1)


# ---- the sheet that is read back --------------------------------------------------------------


def _data(card: Card, pages: Mapping[str, tuple[list[str], Rows]]) -> Iterator[list[str]]:
    """Yield the rows of the sheet of data: the card's JSON by lines, a digest of every other row."""
    yield ["format", "", _FORMAT]
    yield [
        "note",
        "",
        tr("read back by lishui_credit; do not edit", "供 lishui_credit 读回,请勿改动"),
    ]
    for number, line in enumerate(to_json(card).splitlines(), 1):
        for start in range(0, len(line), _PIECE):
            yield ["json", str(number), line[start : start + _PIECE]]
    for name, (heads, rows) in pages.items():
        for row in [*_top(card), heads, *rows]:
            yield ["row", name, _digest(row)]


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)


def _digest(row: Sequence[Any]) -> str:
    """Return a digest of what a row says, whichever program saved it: numbers to 6 decimals."""
    cells = [_said(cell) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return hashlib.sha256("\x1f".join(cells).encode()).hexdigest()[:16]


def _said(cell: object) -> str:
    text = " ".join(_text(cell).split())
    try:
        number = float(text)
    except ValueError:
        return text
    return f"{number:.3g}" if 0 < abs(number) < _LEAST else f"{round(number, _DIGITS):.15g}"


def _unlike(where: str, expected: Sequence[str], rows: Rows | None) -> Iterator[Problem]:
    """Yield a problem for a sheet of which rows are not as they were written."""
    if rows is None:
        yield _changed(where, tr("the sheet is gone", "工作表不存在"))
        return
    blank = _digest([])
    pairs = zip_longest((_digest(row) for row in rows), expected, fillvalue=blank)
    places = [place for place, (now, before) in enumerate(pairs) if now != before]
    if places:
        first = places[0]
        cells = [_text(cell) for cell in rows[first]] if first < len(rows) else []
        named = ", ".join(str(place + 1) for place in places[:_SHOWN])
        more = " …" if len(places) > _SHOWN else ""
        text = " | ".join(cells)[:80]
        yield _changed(where, tr(f"rows {named}{more}: {text}", f"第 {named}{more} 行:{text}"))


def _changed(where: str, found: str) -> Problem:
    return Problem(
        tr(
            "the workbook was edited, so its card does not score",
            "工作簿被改动,其评分卡不得用于打分",
        ),
        found,
        tr(
            "export it again; a change that is meant is made in scorecard.json and sealed as a new "
            "version with seal_again",
            "请重新导出;确需修改的,请改 scorecard.json 并用 seal_again 另存为新版本",
        ),
        where,
    )

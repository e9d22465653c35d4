"""`edit_bins`: the bins of one characteristic edited in a notebook with a pointer or a keyboard.

The script beside this file draws a state and sends back what was asked for; every number in a state
comes from `BinEditor`. Nothing is loaded from a network.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import copy_context
from math import isfinite
from pathlib import Path
from typing import Any, Final

from lishui_credit.errors import CreditError, ModelError
from lishui_credit.language import spoken, tr
from lishui_credit.scorecards.bin_editor import BinEditor
from lishui_credit.scorecards.bins.binning import WOE, shown
from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.scorecards.hand_cost import HandCost
from lishui_credit.scorecards.scorecard import Scorecard
from lishui_credit.statistics.outcomes import Values
from lishui_credit.tables.frames import Frame

SCRIPT: Final = Path(__file__).with_suffix(".js")
_MOST_LEVELS: Final = 300  # drawn in one bin


def edit_bins(
    X: Frame,
    y: Values,
    feature: str,
    model: BinningProcess | Scorecard | None = None,
    sample_weight: Values | None = None,
) -> Any:
    """Return a notebook widget that edits the bins of one characteristic.

    Drag a cut point, or move it with the arrow keys; Delete merges the bins beside it, L locks a
    bin. Levels of a category are dragged, or chosen and moved, from group to group. "Rebin the
    rest" lets the optimiser bin what is not locked.

    Parameters
    ----------
    X, y, feature, model, sample_weight
        As for `BinEditor`, which states what the numbers mean.

    Returns
    -------
    anywidget.AnyWidget
        Displayed by a cell that ends on it. Its ``splits`` are the dictionary to paste into
        ``BinningProcess(splits=…)``; its ``editor`` is the `BinEditor` behind it.

    Raises
    ------
    ModelError
        Where the notebook extra is not installed; `BinEditor` does without it.

    Examples
    --------
    >>> import numpy as np, polars as pl
    >>> draw = np.random.default_rng(0)
    >>> age = draw.integers(18, 70, 4000)
    >>> bad = (draw.random(4000) < 0.5 - age / 200).astype(int)
    >>> widget = edit_bins(pl.DataFrame({"age": age}), bad, "age", BinningProcess(max_bins=3))
    >>> widget.editor.move(0, 25)
    >>> widget.splits["age"][0]
    25
    """
    return widget_of(BinEditor(X, y, feature, model, sample_weight))


def widget_of(editor: BinEditor) -> Any:
    """Return the widget that draws an editor."""
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise ModelError(
            tr(
                "the widget needs the package anywidget, which is not installed",
                "该控件需要 anywidget 包,尚未安装",
            ),
            hint=tr(
                "pip install 'lishui-credit[notebooks]'; BinEditor works without it",
                "pip install 'lishui-credit[notebooks]';也可直接使用 BinEditor",
            ),
        ) from error

    class BinEditorWidget(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
        """The bins of one characteristic, drawn."""

        _esm = SCRIPT
        state = traitlets.Dict().tag(sync=True)

        def __init__(self) -> None:
            """Draw the editor and listen to the page."""
            super().__init__(state=drawn(editor))
            self.editor = editor
            self._context = copy_context()  # messages come in another one, without its language
            self.on_msg(self._asked)

        @property
        def splits(self) -> dict[str, list[Any]]:
            """The bins as ``BinningProcess(splits=…)`` takes them."""
            return editor.splits

        def _asked(self, _: object, intent: Mapping[str, Any], buffers: object) -> None:
            self.state = self._context.run(answered, editor, intent)

    return BinEditorWidget()


def answered(editor: BinEditor, intent: Mapping[str, Any]) -> dict[str, Any]:
    """Do what a page asked for and return what it is to draw; a refusal is part of it, in words."""
    fault, card = "", None
    try:
        if intent.get("act") == "card":
            card = editor.card_cost
        else:
            _do(editor, intent)
    except CreditError as error:
        fault = str(error)
    return drawn(editor, fault=fault, card=card)


def _do(editor: BinEditor, intent: Mapping[str, Any]) -> None:
    match intent:
        case {"act": "place", "cut": int(cut), "to": int(to), "since": int(since)}:
            while editor.moves > since:  # one drag is one move
                editor.undo()
            _place(editor, cut, to)
        case {"act": "step", "cut": int(cut), "by": int(by)}:
            editor.step(cut, by)
        case {"act": "cut", "at": at}:
            editor.cut(at)
        case {"act": "merge", "bin": int(place)}:
            editor.merge(place)
        case {"act": "split", "bin": int(place)}:
            editor.split(place)
        case {"act": "lock", "bin": int(place)}:
            held = place in range(len(editor.locked)) and editor.locked[place]
            editor.lock(place, not held)
        case {"act": "regroup", "levels": list(levels), "bin": int(place)}:
            editor.regroup(levels, None if place < 0 else place)
        case {"act": "rebin" | "undo" | "reset" as name}:
            getattr(editor, name)()
        case _:
            raise ModelError(
                tr("the page asked for nothing known", "页面请求无法识别"), str(intent)
            )


def _place(editor: BinEditor, cut: int, to: int) -> None:
    """Move a cut point to a candidate by its number, or to the last one before its neighbour."""
    cuts = (float("-inf"), *editor.cuts, float("inf"))
    low, high = cuts[cut], cuts[cut + 2]
    free = [place for place, mark in enumerate(editor.candidates) if low < mark < high]
    if free:
        editor.move(cut, editor.candidates[min(free, key=lambda place: abs(place - to))])


def drawn(editor: BinEditor, *, fault: str = "", card: HandCost | None = None) -> dict[str, Any]:
    """Return everything a page draws, numbers as they are read: plain values, as JSON takes them."""
    marks = editor.candidates
    cuts = [
        {"said": shown(cut), "at": at, "near": sum(mark < cut for mark in marks)}
        for cut, at in zip(editor.cuts, editor.below, strict=True)
    ]
    pieces = editor.pieces()
    lost = [_lost(editor.cost, tr("against the optimal bins", "与最优分箱相比"))]
    if card is not None:
        lost.append(_lost(card, tr("whole card", "整张评分卡")))
    return {
        "title": editor.feature,
        "numeric": editor.numeric,
        "words": _words(),
        "marks": pieces["below"].to_list()[1:] if editor.numeric else [],
        "fine": pieces.select("below", "bad_rate").rows() if editor.numeric else [],
        "cuts": cuts,
        "bins": _rows(editor),
        "facts": [f"IV {editor.binning.iv:.4f}", *map(spoken, lost)],
        "remarks": [spoken(text) for text in editor.remarks],
        "splits": f"splits={editor.splits!r}",
        "card": editor.has_card,
        "moves": editor.moves,
        "fault": fault,
    }


def _rows(editor: BinEditor) -> list[dict[str, Any]]:
    """Return the bins, movable ones first, each with its numbers as text."""
    found = []
    levels: dict[int, list[Any]] = {}
    if not editor.numeric:
        for name, place, rows, rate in editor.pieces().iter_rows():
            levels.setdefault(place, []).append([name, f"{rows:,} · {_percent(rate)}"])
    ends = [0.0, *editor.below, 1.0]
    for row in editor.table().iter_rows(named=True):
        place = row["place"]
        own = levels.get(place, [])
        found.append(
            {
                "said": row["bin"],
                "moves": place is not None,
                "locked": bool(row["locked"]),
                "span": ends[place : place + 2] if editor.numeric and place is not None else [],
                "rate": row["bad_rate"],
                "cells": [
                    f"{row['rows']:,}",
                    _percent(row["share"]),
                    _percent(row["bad_rate"]),
                    f"{row[WOE]:.3f}" if isfinite(row[WOE]) else "∞",
                    f"{row['iv']:.4f}" if isfinite(row["iv"]) else "∞",
                    "—" if row["points"] is None else str(row["points"]),
                ],
                "levels": own[:_MOST_LEVELS],
                "more": max(len(own) - _MOST_LEVELS, 0),
            }
        )
    return found


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"


def _lost(cost: HandCost, whose: str) -> str:
    """Return a loss of likelihood in words: how much, and which share of what the bins tell."""
    if cost.loss is None:
        return tr(f"{whose}: no finite likelihood", f"{whose}:无有限的似然")
    share = "" if cost.share is None else f" ({abs(cost.share):.1%})"
    way = tr("gained", "增加") if round(cost.loss, 2) < 0 else tr("lost", "损失")
    return tr(
        f"{whose}: log-likelihood {way} {abs(cost.loss):.2f}{share}",
        f"{whose}:对数似然{way} {abs(cost.loss):.2f}{share}",
    )


def _words() -> dict[str, Any]:
    """Return the words of the page in the language in use."""
    return {
        "lang": tr("en", "zh-CN"),
        "heads": [
            tr("bin", "分箱"),
            tr("rows", "行数"),
            tr("share", "占比"),
            tr("bad rate", "坏账率"),
            "WoE",
            "IV",
            tr("points", "分值"),
            tr("change", "操作"),
        ],
        "name": tr("Bins of {}", "{} 的分箱"),
        "cut": tr("cut point {}", "分箱点 {}"),
        "lock": tr("lock", "锁定"),
        "locked": tr("locked", "已锁定"),
        "merge": tr("merge with next", "与下一箱合并"),
        "split": tr("split", "拆分"),
        "rebin": tr("Rebin the rest", "重新分箱（未锁定部分）"),
        "undo": tr("Undo", "撤销"),
        "reset": tr("Optimal bins", "恢复最优分箱"),
        "card": tr("Cost to the whole card", "计算整张评分卡的损失"),
        "at": tr("cut at value", "在此值切分"),
        "add": tr("Cut", "切分"),
        "move": tr("Move chosen levels to", "将所选取值移至"),
        "new": tr("a new bin", "新分箱"),
        "go": tr("Move", "移动"),
        "paste": tr("to paste", "可粘贴的设置"),
        "more": tr("and {} more", "另有 {} 个"),
        "help": tr(
            "Bars: bad rate of the finest pieces; lines: of the bins, thick red where locked. Drag a "
            "cut point, or: arrow keys move it, Page keys five places; Delete merges the bins beside "
            "it; L locks the bin before it, Shift+L the bin after it.",
            "浅色柱为细分段坏账率，横线为各分箱坏账率（锁定者为红色粗线）。拖动分箱点，或使用键盘：方向键移动，"
            "翻页键移动五格；Delete 合并两侧分箱；L 锁定左侧分箱，Shift+L 锁定右侧分箱。",
        ),
        "levels": tr(
            "Drag a level to another bin, or choose levels and move them.",
            "将取值拖到另一分箱，或选中取值后移动。",
        ),
        "row": tr(
            "On a row of the table: L locks, S splits, Delete merges with the next.",
            "在表格行上：L 锁定，S 拆分，Delete 与下一箱合并。",
        ),
    }

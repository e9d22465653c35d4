"""What a reader is told of points fitted jointly: crossed tables as grids, and how the fit did.

The model card, the workbook and the dashboard say it in the same words.
"""

from __future__ import annotations

from typing import Any

from lishui_credit.language import plural, tr
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.crossed_table import CrossedTable

NOBODY = ("(", ")")
"""Around points of a cell in which the sample has no row."""


def grid(card: Card, table: CrossedTable) -> tuple[list[str], list[list[Any]]]:
    """Return a crossed table as heads and rows: bins of the second characteristic along the top.

    The first cell of a row is a bin of the first characteristic, the others are printed points.
    """
    first, second = (card[name].label for name in table.features)
    marks = [[card.printed(mark) for mark in row] for row in table.points]
    lines = zip(table.first.bins, marks, strict=True)
    heads = [f"{first} ↓ · {second} →", *(row.said for row in table.second.bins)]
    return heads, [[row.said, *line] for row, line in lines]


def signed(card: Card, table: CrossedTable) -> list[list[str]]:
    """Return the points of every cell with their sign, in brackets where the sample has no row."""
    left, right = NOBODY
    lines = [[f"{card.printed(mark):+g}" if mark else "0" for mark in row] for row in table.points]
    return [
        [said if held else f"{left}{said}{right}" for said, held in zip(*line, strict=True)]
        for line in zip(lines, table.held.tolist(), strict=True)
    ]


def farthest(card: Card) -> float:
    """Return the printed points farthest from 0 in any crossed table, where papers are darkest and palest."""
    return max(1.0, *(float(card.printed(abs(row.matrix).max())) for row in card.crossed))


def crossed_said(card: Card) -> list[str]:
    """Return how crossed points are read, shared between two characteristics, and how many cells there are."""
    return [
        tr(
            "To the points of the two characteristics alone come the points of the cell in which their "
            "two bins meet. Points in brackets: the sample has no row there.",
            "在两项特征各自的分值之外,再加其两个分箱相交处单元格的分值。括号内的分值表示样本在该处没有数据。",
        ),
        tr(
            "Reasons and contributions share the points of a cell between its two characteristics: "
            "the average of its row belongs to the first, that of its column to the second, and what "
            "is left is halved; the first has the odd point. Both parts add up to the cell.",
            "在原因说明与分值构成中,单元格分值由两项特征分担:所在行的平均分归第一项特征,"
            "所在列的平均分归第二项特征,余数各半,奇数的一分归第一项;两部分之和即该单元格的分值。",
        ),
        cells_said(card),
    ]


def cells_said(card: Card) -> str:
    """Return how many cells of how many tables a reader must check."""
    crossed = len(card.crossed)
    single = sum(not card.only_crossed(name) for name in card.columns)
    return tr(
        f"A reader must check {card.cells} cells: {plural(single, 'one-way table')}, "
        f"{plural(crossed, 'crossed table')}.",
        f"须核对的单元格共 {card.cells} 个:单项分值表 {single} 张,交叉表 {crossed} 张。",
    )


def fit_said(card: Card) -> str:
    """Return why a card whose points were fitted jointly has no coefficients."""
    return tr(
        "Points of all tables were fitted together by penalised likelihood, so no characteristic has "
        f"a coefficient, a standard error or a p-value. {cells_said(card)} Tables were chosen on all "
        "rows and only their points are of other folds, so their figures on rows held out are too good, most "
        "in small samples, and do not show that they beat the WoE card, which was fitted anew in every "
        "fold: compare the two on a test sample.",
        f"各表分值由惩罚似然一并拟合,故没有系数、标准误与 p 值。{cells_said(card)}分值表由全部样本选出,"
        "仅分值未用留出样本,故其留出指标偏高,小样本尤甚,不足以说明其优于 WoE 评分卡(后者在每折中重新拟合):请用测试样本比较二者。",
    )


def fit_heads() -> list[str]:
    """Return the heads of `fit_rows`."""
    return [
        tr("tables", "分值表"),
        tr("number", "张数"),
        tr("log loss of rows held out", "留出样本对数损失"),
        tr("AUC of rows held out", "留出样本 AUC"),
    ]


def fit_rows(card: Card) -> list[list[Any]]:
    """Return how tables of a joint fit did on rows held out by its inner folds.

    One row for one-way tables, with crossed ones, and for a one-way table of every characteristic where
    the most tables asked for left some out: what that cap costs. The last row is a card of WoE times
    coefficients, fitted anew in every fold.
    """
    told = card.metrics.get("joint", {})
    words = {
        "one_way": tr("one-way tables", "单项分值表"),
        "crossed": tr("with crossed tables", "加交叉表"),
        "without_the_cap": tr(
            "one-way tables of all characteristics, without the cap on their number",
            "全部特征的单项分值表(不限张数)",
        ),
        "woe": tr("for comparison: WoE times a coefficient", "对照:WoE 乘以系数"),
    }
    found = {name: told[name] for name in words if told.get(name)}
    return [
        [words[name], *(row.get(key) for key in ("tables", "loss", "auc"))]
        for name, row in found.items()
    ]


def jointly_fitted(card: Card) -> bool:
    """Tell whether the points of a card were fitted jointly, and not as coefficients times WoE."""
    return "joint" in card.metrics or bool(card.crossed)

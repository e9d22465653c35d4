"""A crossed table of a card as a heat map: points in the cells, as they are, readable in grey print."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lishui_credit.figures.binning import short
from lishui_credit.figures.style import blank
from lishui_credit.language import tr
from lishui_credit.reports.palette import FEWER_TO_MORE, INK
from lishui_credit.scorecards.bins.binning import Binning
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.crossed_points import farthest, signed
from lishui_credit.scorecards.cards.crossed_table import CrossedTable


def crossed_plot(card: Card, table: CrossedTable) -> Any:
    """Return a crossed table of a card as a plotly figure.

    Rows are bins of the first characteristic, columns of the second; a rule parts missing values and
    codes from known ones. Points have their sign, and brackets where the sample has no row. All tables
    of a card have one scale of colours. Lines that are 0 throughout and have no row are left out.
    """
    sides = (table.first, table.second)
    across, down = (_lines(table, axis) for axis in (0, 1))
    names = [card[side.feature].label for side in sides]
    title = tr("Crossed points", "交叉分值")
    label = " × ".join(short(name, 30) for name in names)
    figure = blank(title, card.synthetic, 720, 210 + 36 * max(4, len(down)), label)
    marks, texts = table.matrix, np.array(signed(card, table), dtype=object)
    kept = np.ix_(down, across)
    low, middle, high = FEWER_TO_MORE
    most = farthest(card)
    figure.add_heatmap(
        z=(marks[kept] / card.point_unit).tolist(),
        text=texts[kept].tolist(),
        hovertext=_hover(card, table, texts)[kept].tolist(),
        hoverinfo="text",
        texttemplate="%{text}",
        textfont={"color": INK, "size": 11},
        zmin=-most,
        zmax=most,
        colorscale=[[0, low], [0.5, middle], [1, high]],
        xgap=2,
        ygap=2,
        showscale=False,  # every cell prints its points, and a phone needs the room
    )
    columns, rows = (
        [short(side.bins[place].said) for place in places]
        for side, places in zip(reversed(sides), (across, down), strict=True)
    )
    for side, places, axis in ((table.second, across, "x"), (table.first, down, "y")):
        _part(figure, side, places, axis)
    figure.update_layout(
        xaxis={
            "title": short(names[1], 60),
            "tickvals": list(range(len(columns))),
            "ticktext": columns,
            "autotickangles": [0, -45],
            "showgrid": False,
        },
        yaxis={
            "title": short(names[0], 40),
            "tickvals": list(range(len(rows))),
            "ticktext": rows,
            "autorange": "reversed",
            "automargin": True,
            "showgrid": False,
        },
    )
    return figure


def _lines(table: CrossedTable, axis: int) -> list[int]:
    """Return the columns (0) or rows (1) in which there is a row of the sample, or points other than 0."""
    told = table.held | (table.matrix != 0)
    return [int(place) for place in np.flatnonzero(told.any(axis=axis))]


def _part(figure: Any, side: Binning, places: list[int], axis: str) -> None:
    """Draw a rule between known values and the missing, codes and unseen after them."""
    known = sum(side.bins[place].kind in ("range", "levels") for place in places)
    if 0 < known < len(places):
        draw = figure.add_vline if axis == "x" else figure.add_hline
        draw(known - 0.5, line={"color": INK, "width": 2})


def _hover(card: Card, table: CrossedTable, texts: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return what is said of every cell: both bins whole, points, rows and the bad rate."""
    first, second = (card[name].label for name in table.features)
    said = [
        f"{first}: {one}<br>{second}: {other}<br>{tr('points', '分值')} {text}"
        + ("" if rows is None else f"<br>{tr('rows', '行数')} {rows:,.10g}")
        + ("" if rate is None else f"<br>{tr('bad rate', '坏账率')} {rate:.2%}")
        for (one, other, _, rows, rate), text in zip(
            table.table().iter_rows(), texts.ravel(), strict=True
        )
    ]
    return np.array(said, dtype=object).reshape(texts.shape)

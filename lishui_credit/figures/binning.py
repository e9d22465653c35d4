"""Binning tables and cards as plotly figures an analyst would show: drawn as they are, not computed.

Bars are rows, the line is the bad rate with its interval; words too long for an axis stand whole in
the hover text. Colours are Okabe and Ito's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from lishui_credit.figures.style import LEGEND, blank, rate_axis
from lishui_credit.figures.traces import line, marks, reach
from lishui_credit.language import tr
from lishui_credit.reports.palette import BLUE, GREEN, GREY, RED
from lishui_credit.scorecards.bins.binning import SHRUNKEN, WOE, Binning
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.tables.data_words import CROSSING

_LONGEST = 18
_BESIDE_A_MARK = 8  # pixels, so that a mark at zero stands clear of its row's name
_ROW = 40  # where the names of rows have a margin of their own
_PALE = "#9ECAE9"
_WAYS = {
    "up": ("bad rate rises", "坏账率上升"),
    "down": ("bad rate falls", "坏账率下降"),
    "peak": ("bad rate rises, then falls", "坏账率先升后降"),
    "valley": ("bad rate falls, then rises", "坏账率先降后升"),
    "none": ("no direction", "不限方向"),
}


def short(words: str, longest: int = _LONGEST) -> str:
    """Return words cut to a length, with an ellipsis where something is gone; a word stays whole if it can."""
    if len(words) <= longest:
        return words
    kept = words[: longest - 1]
    whole = kept.rpartition(" ")[0] if words[longest - 1] != " " else kept
    return f"{whole if 2 * len(whole) >= longest else kept}…"


def apart(
    labels: list[str], ids: list[str], longest: int = _LONGEST, beside: int = _LONGEST
) -> list[str]:
    """Return labels cut for an axis; those that the cut makes alike are cut to fit their id beside."""
    names = [short(label, longest) for label in labels]
    return [
        f"{short(label, beside)} ({id})" if names.count(name) > 1 else name
        for label, name, id in zip(labels, names, ids, strict=True)
    ]


def binned(binning: Binning) -> pl.DataFrame:
    """Return the binning table with the shares of all rows that `bin_plot` draws as bars."""
    whole = binning.total_goods + binning.total_bads
    return binning.table().with_columns(
        *((pl.col(column) / whole).alias(f"{column}_of_all") for column in ("goods", "bads"))
    )


def bin_plot(binning: Binning, *, label: str = "", synthetic: bool = False) -> Any:
    """Return one characteristic's bins as a plotly figure."""
    # Bars: goods and bads of every bin, stacked, as shares of all rows. Line, right axis:
    # the bad rate as observed with its 95% Wilson interval; open marks for categories: the shrunken
    # rate that WoE and points rest on. In the hover: the bin whole, rows, both rates, WoE, its part
    # of the information value.
    frame = binned(binning)
    way = tr(*_WAYS[binning.direction]) if binning.type == "number" else tr("levels", "类别")
    title = f"{short(label or binning.feature, 30)} · {way} · IV {binning.iv:.3f}"
    figure = blank(title, synthetic, 720, 440)
    places = list(range(frame.height))
    hover = _bin_words(frame)
    for column, name, colour in (
        ("goods", tr("goods", "好"), _PALE),
        ("bads", tr("bads", "坏"), RED),
    ):
        figure.add_bar(
            x=places,
            y=frame[f"{column}_of_all"].to_list(),
            name=name,
            marker={"color": colour},
            hovertext=hover,
            hoverinfo="text",
        )
    rates = frame["bad_rate"]
    line(
        figure,
        places,
        rates,
        tr("bad rate (95% interval)", "坏账率(95% 区间)"),
        BLUE,
        mode="lines+markers",
        error_y=reach(rates, frame["bad_rate_low"], frame["bad_rate_high"]),
        marker={"size": 8},
        hovertext=hover,
        hoverinfo="text+y",
        yaxis="y2",
    )
    if binning.type != "number":
        rest = tr("bad rate shrunken (WoE)", "收缩后坏账率(WoE)")
        seen: dict[str, Any] = {"size": 11, "hovertext": hover, "hoverinfo": "text", "yaxis": "y2"}
        marks(figure, places, frame[SHRUNKEN], rest, GREY, "diamond-open", **seen)
    figure.update_layout(
        barmode="stack",
        xaxis={
            "title": short(label or binning.feature, 60),
            "tickvals": places,
            "ticktext": [short(said) for said in frame["bin"]],
        },
        yaxis=rate_axis(tr("share of rows", "行数占比")),
        yaxis2=rate_axis(
            tr("bad rate", "坏账率"),
            overlaying="y",
            side="right",
            rangemode="tozero",
            tickmode="auto",
            showgrid=False,
        ),
        legend=LEGEND,
    )
    return figure


def _bin_words(frame: pl.DataFrame) -> list[str]:
    """Return what is said of every bin: the bin whole, its rows, both rates, WoE and part of the IV."""
    weight = pl.Series(frame[WOE]).to_list()
    observed, rest = tr("bad rate observed", "实际坏账率"), tr("shrunken", "收缩后")
    return [
        f"{said}<br>{tr('rows', '行数')} {rows:,}<br>{observed} {_share(rate)}, {rest} {_share(drawn)}"
        f"<br>{WOE} {woe:+.3f} [{low:+.3f}, {high:+.3f}]<br>IV {part:.4f}"
        for said, rows, rate, drawn, woe, low, high, part in zip(
            frame["bin"],
            frame["rows"],
            frame["bad_rate"],
            frame[SHRUNKEN],
            weight,
            frame["woe_low"],
            frame["woe_high"],
            frame["iv"],
            strict=True,
        )
    ]


def _share(rate: float | None) -> str:
    return "—" if rate is None else f"{rate:.2%}"


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a card as `points_plot` draws it: printed points of what the sample holds, and their mean."""

    name: str
    label: str
    said: list[str]
    marks: list[float]
    mean: float


def _tables(card: Card) -> list[_Table]:
    """Return the one-way tables of a card, then the crossed ones."""
    tables = [
        _Table(
            item.feature,
            item.label,
            [row.said for row, _ in item.held],
            [card.printed(mark) for _, mark in item.held],
            card.printed(item.mean),
        )
        for item in card.characteristics
        if not card.only_crossed(item.feature)
    ]
    for crossed in card.crossed:
        cells, held = crossed.table(), crossed.held.ravel()
        whole = cells.select(pl.concat_str("first_bin", "second_bin", separator=CROSSING))
        tables.append(
            _Table(
                crossed.name,
                card.label_of(crossed),
                whole.to_series().filter(pl.Series(held)).to_list(),
                [card.printed(mark) for mark in crossed.matrix.ravel()[held].tolist()],
                card.printed(crossed.mean),
            )
        )
    return tables


def points_plot(card: Card) -> Any:
    """Return the points of every characteristic and crossed table as a plotly figure: range and mean."""
    # Lines from the fewest to the most points a row of the sample could have, ticks at the
    # points of its bins or crossed cells, a mark at the sample's mean; the widest first.
    items = sorted(_tables(card), key=lambda item: min(item.marks) - max(item.marks))
    title = tr("Points per characteristic", "各特征分值")
    figure = blank(title, card.synthetic, 720, 120 + 34 * max(4, len(items)))
    lines: tuple[list[Any], list[Any]] = ([], [])
    ticks: tuple[list[Any], list[Any], list[str]] = ([], [], [])
    places = apart([item.label for item in items], [item.name for item in items])
    for item, name in zip(items, places, strict=True):
        lines[0].extend((min(item.marks), max(item.marks), None))
        lines[1].extend((name, name, None))
        for said, mark in zip(item.said, item.marks, strict=True):
            ticks[0].append(mark)
            ticks[1].append(name)
            ticks[2].append(f"{item.label}<br>{said}: {mark:g}")
    line(figure, *lines, tr("range", "范围"), GREY, hoverinfo="skip")
    seen: dict[str, Any] = {"size": 9, "hovertext": ticks[2], "hoverinfo": "text"}
    marks(figure, *ticks[:2], tr("bin", "箱"), BLUE, "line-ns-open", **seen)
    means = [item.mean for item in items]
    marks(figure, means, places, tr("mean", "均值"), RED, "diamond", size=9)
    figure.update_layout(xaxis={"title": tr("points", "分值")})
    figure.update_traces(cliponaxis=False)
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure


def side_by_side_plot(frame: pl.DataFrame, *, synthetic: bool = False) -> Any:
    """Return `validation.decreed.points_side_by_side` as a plotly figure, the edition's row order."""
    title = tr("Part of all points: decreed and learned", "占全部分值的比重:规定与学得")
    figure = blank(title, synthetic, 760, 160 + 34 * max(4, frame.height))
    places = apart(frame["label"].to_list(), frame["row"].to_list(), _ROW, _ROW)
    whole = [f"{label} ({row})" for label, row in zip(frame["label"], frame["row"], strict=True)]
    for column, name, colour, mark in (
        ("decreed", tr("decreed", "规定"), GREEN, "square"),
        ("learned", tr("learned", "学得"), BLUE, "circle"),
    ):
        seen: dict[str, Any] = {"hovertext": whole, "hoverinfo": "text+x+name"}
        marks(figure, frame[column], places, name, colour, mark, **seen)
    if frame["low"].null_count() == 0:
        learned = frame["learned"]
        ends = (pl.min_horizontal("low", "learned"), pl.max_horizontal("high", "learned"))
        figure.data[1].error_x = reach(learned, *frame.select(*ends).get_columns())
    figure.update_layout(
        xaxis=rate_axis(
            tr("part of the spread of points", "占分值离散度的比重"), rangemode="tozero"
        ),
        legend=LEGEND,
    )
    figure.update_traces(cliponaxis=False)
    figure.update_yaxes(autorange="reversed", automargin=True, ticklabelstandoff=_BESIDE_A_MARK)
    return figure

"""The tables of a `Validation` as plotly figures, for notebooks: drawn as they are, not computed.

Every series has its own dash or mark beside its colour. A figure whose table the validation does not
hold is a KeyError.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import polars as pl

from lishui_credit.figures.style import blank
from lishui_credit.language import Bilingual
from lishui_credit.reports.palette import BLUE, GREEN, GREY, RED
from lishui_credit.validation.report.axes import (
    BADS,
    BINS,
    CAP,
    CHANCE,
    DISTRIBUTION,
    GOODS,
    GRADE_RATES,
    PERFECT,
    RANKING,
    RELIABILITY,
    RIGHT,
    ROC,
    Axes,
)
from lishui_credit.validation.report.headings import WORDS
from lishui_credit.validation.report.validation import Validation

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def _figure(validation: Validation, table: str, axes: Axes, suffix: str = "") -> Figure:
    """Return a figure without traces, named after the table it is to show."""
    title = f"{validation.named_table(table).name}{suffix}"
    figure = blank(title, validation.synthetic, 620, 460)
    figure.update_layout(xaxis_title=str(axes.x), yaxis_title=str(axes.y))
    return figure


def _line(
    figure: Figure,
    x: Iterable[float],
    y: Iterable[float],
    name: Bilingual,
    colour: str,
    dash: str = "solid",
) -> None:
    line = {"color": colour, "dash": dash}
    figure.add_scatter(x=list(x), y=list(y), name=str(name), mode="lines", line=line)


def _points(figure: Figure, x: pl.Series, y: pl.Series, name: str, **reach: dict[str, Any]) -> None:
    marker = {"color": BLUE, "size": 9}
    figure.add_scatter(
        x=x.to_list(), y=y.to_list(), name=name, mode="markers", marker=marker, **reach
    )


def _reach(frame: pl.DataFrame, value: str) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": (frame["high"] - frame[value]).to_list(),
        "arrayminus": (frame[value] - frame["low"]).to_list(),
    }


def roc(validation: Validation) -> Figure:
    """Return the ROC curve."""
    frame = validation.table("roc")
    figure = _figure(validation, "roc", ROC)
    _line(figure, (0, 1), (0, 1), CHANCE, GREY, "dot")
    _line(figure, frame["goods_refused"], frame["bads_refused"], RANKING, BLUE)
    return figure


def cap(validation: Validation) -> Figure:
    """Return the CAP curve between chance and the perfect order."""
    frame = validation.table("cap")
    figure = _figure(validation, "cap", CAP)
    _line(figure, (0, 1), (0, 1), CHANCE, GREY, "dot")
    _line(figure, frame["subjects"], frame["perfect"], PERFECT, GREEN, "dash")
    _line(figure, frame["subjects"], frame["bads"], RANKING, BLUE)
    return figure


def score_distribution(validation: Validation) -> Figure:
    """Return the scores of both classes as steps."""
    frame = validation.table("distribution")
    figure = _figure(validation, "distribution", DISTRIBUTION)
    middle = (frame["score_from"] + frame["score_to"]) / 2
    for column, name, colour, dash in (
        ("goods", GOODS, BLUE, "solid"),
        ("bads", BADS, RED, "dash"),
    ):
        _line(figure, middle, frame[column], name, colour, dash)
    return figure.update_traces(line_shape="hvh")


def reliability(validation: Validation) -> Figure:
    """Return bad rates against mean PDs, with intervals."""
    frame = validation.table("reliability")
    figure = _figure(validation, "reliability", RELIABILITY)
    top = [0.0, float(frame["high"].to_numpy().max())]
    _line(figure, top, top, RIGHT, GREY, "dot")
    _points(figure, frame["pd"], frame["bad_rate"], str(BINS), error_y=_reach(frame, "bad_rate"))
    return figure


def grade_rates(validation: Validation) -> Figure:
    """Return the bad rate of each grade with its interval, best first."""
    frame = validation.table("grade_rates").filter(pl.col("subjects") > 0)
    figure = _figure(validation, "grade_rates", GRADE_RATES)
    _points(
        figure,
        frame["grade"],
        frame["bad_rate"],
        str(GRADE_RATES.y),
        error_y=_reach(frame, "bad_rate"),
    )
    return figure.update_xaxes(type="category")


def groups(validation: Validation, dimension: str, metric: str = "auc") -> Figure:
    """Return one metric of every group with its interval; groups too few are left out."""
    table = validation.table(f"group_{dimension}")
    frame = table.filter((pl.col("metric") == metric) & pl.col("value").is_not_null())
    word = WORDS.get(metric, Bilingual(metric, metric))
    axes = Axes(word, Bilingual(dimension, dimension))
    figure = _figure(validation, f"group_{dimension}", axes, f": {word}")
    _points(figure, frame["value"], frame["group"], str(word), error_x=_reach(frame, "value"))
    return figure.update_yaxes(type="category", autorange="reversed")

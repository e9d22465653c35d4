"""The tables of a `Validation` as plotly figures, for notebooks: drawn as they are, not computed.

Every series has its own dash or mark beside its colour. A figure whose table the validation does not
hold is a KeyError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from lishui_credit.figures.style import blank
from lishui_credit.figures.traces import line, marks, reach
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


def _interval(frame: pl.DataFrame, value: str) -> dict[str, Any]:
    return reach(frame[value], frame["low"], frame["high"])


def roc(validation: Validation) -> Figure:
    """Return the ROC curve."""
    frame = validation.table("roc")
    figure = _figure(validation, "roc", ROC)
    line(figure, (0, 1), (0, 1), CHANCE, GREY, "dot")
    line(figure, frame["goods_refused"], frame["bads_refused"], RANKING, BLUE, "solid")
    return figure


def cap(validation: Validation) -> Figure:
    """Return the CAP curve between chance and the perfect order."""
    frame = validation.table("cap")
    figure = _figure(validation, "cap", CAP)
    line(figure, (0, 1), (0, 1), CHANCE, GREY, "dot")
    line(figure, frame["subjects"], frame["perfect"], PERFECT, GREEN, "dash")
    line(figure, frame["subjects"], frame["bads"], RANKING, BLUE, "solid")
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
        line(figure, middle, frame[column], name, colour, dash)
    return figure.update_traces(line_shape="hvh")


def reliability(validation: Validation) -> Figure:
    """Return bad rates against mean PDs, with intervals."""
    frame = validation.table("reliability")
    figure = _figure(validation, "reliability", RELIABILITY)
    top = [0.0, float(frame["high"].to_numpy().max())]
    line(figure, top, top, RIGHT, GREY, "dot")
    ends = _interval(frame, "bad_rate")
    marks(figure, frame["pd"], frame["bad_rate"], BINS, BLUE, size=9, error_y=ends)
    return figure


def grade_rates(validation: Validation) -> Figure:
    """Return the bad rate of each grade with its interval, best first."""
    frame = validation.table("grade_rates").filter(pl.col("subjects") > 0)
    figure = _figure(validation, "grade_rates", GRADE_RATES)
    ends, name = _interval(frame, "bad_rate"), GRADE_RATES.y
    marks(figure, frame["grade"], frame["bad_rate"], name, BLUE, size=9, error_y=ends)
    return figure.update_xaxes(type="category")


def groups(validation: Validation, dimension: str, metric: str = "auc") -> Figure:
    """Return one metric of every group with its interval; groups too few are left out."""
    table = validation.table(f"group_{dimension}")
    frame = table.filter((pl.col("metric") == metric) & pl.col("value").is_not_null())
    word = WORDS.get(metric, Bilingual(metric, metric))
    axes = Axes(word, Bilingual(dimension, dimension))
    figure = _figure(validation, f"group_{dimension}", axes, f": {word}")
    ends = _interval(frame, "value")
    marks(figure, frame["value"], frame["group"], word, BLUE, size=9, error_x=ends)
    return figure.update_yaxes(type="category", autorange="reversed")

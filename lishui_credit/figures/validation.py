"""The tables of a `Validation` as plotly figures, for notebooks: drawn as they are, not computed.

Colours are Okabe and Ito's; every series also has its own dash or mark.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from lishui_credit.figures.style import BLUE, GREEN, GREY, RED, blank
from lishui_credit.language import tr
from lishui_credit.validation.report.validation import Validation


def _figure(title: str, x: str, y: str, validation: Validation, **axes: Any) -> Any:
    figure = blank(title, validation.synthetic, 620, 460)
    figure.update_layout(xaxis_title=x, yaxis_title=y)
    figure.update_layout(**axes)
    return figure


def _line(figure: Any, x: Any, y: Any, name: str, colour: str, dash: str = "solid") -> None:
    figure.add_scatter(
        x=list(x), y=list(y), name=name, mode="lines", line={"color": colour, "dash": dash}
    )


def roc(validation: Validation) -> Any:
    """Return the ROC curve of a validation as a plotly figure."""
    frame = validation.table("roc")
    figure = _figure(
        tr("ROC curve", "ROC 曲线"),
        tr("goods refused", "好样本被拒占比"),
        tr("bads refused", "坏样本被拒占比"),
        validation,
    )
    _line(figure, (0, 1), (0, 1), tr("chance", "随机"), GREY, "dot")
    _line(figure, frame["goods_refused"], frame["bads_refused"], tr("ranking", "本排序"), BLUE)
    return figure


def cap(validation: Validation) -> Any:
    """Return the CAP curve of a validation; KeyError where it has no ranking."""
    frame = validation.table("cap")
    figure = _figure(
        tr("CAP curve", "CAP 曲线"),
        tr("riskiest share of subjects", "风险最高的主体占比"),
        tr("share of bads", "坏样本占比"),
        validation,
    )
    _line(figure, (0, 1), (0, 1), tr("chance", "随机"), GREY, "dot")
    _line(figure, frame["subjects"], frame["perfect"], tr("perfect", "完美"), GREEN, "dash")
    _line(figure, frame["subjects"], frame["bads"], tr("ranking", "本排序"), BLUE)
    return figure


def score_distribution(validation: Validation) -> Any:
    """Return the scores of both classes as steps; KeyError where there is no ranking."""
    frame = validation.table("distribution")
    figure = _figure(
        tr("Scores by class", "好坏样本分数分布"),
        tr("score or PD", "分数或违约概率"),
        tr("share of the class", "类内占比"),
        validation,
    )
    middle = (frame["score_from"] + frame["score_to"]) / 2
    for column, name, colour, dash in (
        ("goods", tr("goods", "好"), BLUE, "solid"),
        ("bads", tr("bads", "坏"), RED, "dash"),
    ):
        figure.add_scatter(
            x=middle.to_list(),
            y=frame[column].to_list(),
            name=name,
            mode="lines",
            line={"color": colour, "dash": dash, "shape": "hvh"},
        )
    return figure


def _reach(frame: pl.DataFrame, value: str) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": (frame["high"] - frame[value]).to_list(),
        "arrayminus": (frame[value] - frame["low"]).to_list(),
    }


def reliability(validation: Validation) -> Any:
    """Return bad rates against mean PDs with intervals; KeyError where there are no PDs."""
    frame = validation.table("reliability")
    figure = _figure(
        tr("Reliability", "可靠性图"),
        tr("mean PD of the bin", "箱内平均违约概率"),
        tr("bad rate", "坏账率"),
        validation,
    )
    top = [0.0, float(frame["high"].to_numpy().max())]
    _line(figure, top, top, tr("right", "完全校准"), GREY, "dot")
    figure.add_scatter(
        x=frame["pd"].to_list(),
        y=frame["bad_rate"].to_list(),
        error_y=_reach(frame, "bad_rate"),
        name=tr("bin", "箱"),
        mode="markers",
        marker={"color": BLUE, "size": 9},
    )
    return figure


def grade_rates(validation: Validation) -> Any:
    """Return the bad rate of each grade with its interval, best first; KeyError without grades."""
    frame = validation.table("grade_rates").filter(pl.col("subjects") > 0)
    figure = _figure(
        tr("Bad rate per grade", "各等级坏账率"),
        tr("grade", "等级"),
        tr("bad rate", "坏账率"),
        validation,
    )
    figure.add_scatter(
        x=frame["grade"].to_list(),
        y=frame["bad_rate"].to_list(),
        error_y=_reach(frame, "bad_rate"),
        name=tr("bad rate", "坏账率"),
        mode="markers",
        marker={"color": BLUE, "size": 9},
    )
    figure.update_xaxes(type="category")
    return figure


def groups(validation: Validation, dimension: str, metric: str = "auc") -> Any:
    """Return one metric of every group with its interval; groups too few are left out."""
    table = validation.table(f"group_{dimension}")
    frame = table.filter((pl.col("metric") == metric) & pl.col("value").is_not_null())
    figure = _figure(f"{metric} · {dimension}", metric, dimension, validation)
    figure.add_scatter(
        x=frame["value"].to_list(),
        y=frame["group"].to_list(),
        error_x=_reach(frame, "value"),
        name=metric,
        mode="markers",
        marker={"color": BLUE, "size": 9},
    )
    figure.update_yaxes(type="category", autorange="reversed")
    return figure

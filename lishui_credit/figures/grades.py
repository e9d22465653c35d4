"""Grades of registers as plotly figures: spread, moves, evidence, one subject's explanation.

Drawn from the frames as they are. Grades run from pale (best) to dark, with their shares on the
bars; what rests on unverified rows is hatched, so that no meaning hangs on colour alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import polars as pl

from lishui_credit.citation import EVIDENCE, Evidence, is_weak
from lishui_credit.figures.binning import apart
from lishui_credit.figures.style import LEGEND, blank, rows_down
from lishui_credit.figures.traces import TEXT_OUTSIDE, line
from lishui_credit.language import tr
from lishui_credit.reports.palette import (
    BLUE,
    EDGE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PAPER,
    PURPLE,
    RED,
    SKY,
    ink_on,
)
from lishui_credit.tables.data_words import worded

if TYPE_CHECKING:
    from lishui_credit.rubrics.engine.explanation import Explanation

# From the best grade to the worst each is darker than the one before, so that a grey print keeps
# the order, and the worst is never the brightest; the statuses of the plan are coloured so too.
_LADDER = (
    "#EAF3F9", "#D2E4F0", "#B9D4E6", "#EFC97A", "#E2A75A", "#D98648", "#B94A26", "#8F2A10", "#5A1405",
)  # fmt: skip
_WITHOUT = PAPER
_LEAST_NAMED = 0.06  # of a bar's width: below it a share would not fit


def ladder(grades: int) -> list[str]:
    """Return a colour per grade, best (pale) to worst (dark)."""
    last = len(_LADDER) - 1
    if grades <= 1:
        return list(_LADDER[:grades])
    return [_LADDER[min(last, (place * last) // (grades - 1))] for place in range(grades)]


def with_evidence_names(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame whose column ``evidence`` holds the names of the levels; null stays."""
    said = {level: str(words) for level, words in EVIDENCE.items()}
    return frame.with_columns(pl.col("evidence").replace(said))


def distribution_bars(
    frame: pl.DataFrame, *, group: str = "group", label: str = "", synthetic: bool = False
) -> Any:
    """Return the shares of grades as stacked bars, one bar per county or year."""
    frame = worded(frame, group)
    names = frame[group].unique(maintain_order=True).to_list()
    title = tr("Grades", "等级分布")
    figure = blank(title, synthetic, 720, 190 + 36 * max(3, len(names)), label)
    steps = (
        frame.select("grade", "label", "outcome", "place")
        .group_by("grade", "label", "outcome", maintain_order=True)
        .agg(pl.col("place").max())
        .sort("place", maintain_order=True)
    )
    colours = iter(ladder(int(steps["grade"].is_not_null().sum())))
    parts = frame.partition_by("grade", "label", "outcome", as_dict=True)
    figure.add_traces(
        [
            _bars(parts[step], group, _WITHOUT if step[0] is None else next(colours))
            for step in steps.select("grade", "label", "outcome").iter_rows()
        ]
    )
    _stack(figure, names, tr("share of subjects", "主体占比"))
    return figure


def _bars(part: pl.DataFrame, group: str, colour: str) -> dict[str, Any]:
    """Return the bars of one grade; hatched those of none."""
    said, none = part["label"][0], part["grade"][0] is None
    return {
        "type": "bar",
        "y": part[group].to_list(),
        "x": part["share"].to_list(),
        "orientation": "h",
        "name": said,
        "marker": {
            "color": colour,
            "line": {"color": EDGE, "width": 0.5},
            "pattern": {"shape": "/" if none else "", "fgcolor": GREY},
        },
        "text": [f"{share:.0%}" if share >= _LEAST_NAMED else "" for share in part["share"]],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "insidetextfont": {"color": ink_on(colour)},
        "hovertext": [
            f"{place} · {said}<br>{count:,} ({share:.1%})"
            for place, count, share in zip(
                part[group], part["subjects"], part["share"], strict=True
            )
        ],
        "hoverinfo": "text",
    }


def _stack(figure: Any, names: list[str], title: str) -> None:
    """Lay bars of shares end to end, one row a name."""
    figure.update_layout(
        barmode="stack",
        xaxis={"title": title, "tickformat": ".3~%", "range": [0, 1]},
        legend={**LEGEND, "traceorder": "normal"},
    )
    rows_down(figure, names)


def migration_matrix(
    cells: pl.DataFrame,
    *,
    names: dict[str, str] | None = None,
    years: tuple[str, str] = ("", ""),
    editions: tuple[str, str] | None = None,
    label: str = "",
    synthetic: bool = False,
) -> Any:
    """Return who moved between two gradings: start grades as rows, end grades as columns.

    The gradings are of two `years`, or of one day by two `editions`.
    """
    grades = cells["from"].unique(maintain_order=True).to_list()
    said = [(names or {}).get(grade, grade) for grade in grades]
    rows = [cells.filter(pl.col("from") == grade) for grade in grades]
    title = tr("Moves between grades", "等级迁移")
    size = max(4, len(grades))
    figure = blank(title, synthetic, 640, 200 + 58 * size, label)
    many = len(grades) > 6
    figure.add_heatmap(
        z=[row["share"].to_list() for row in rows],
        x=said,
        y=said,
        text=[
            [_moved(count, share, many) for count, share in row["subjects", "share"].iter_rows()]
            for row in rows
        ],
        hovertext=[
            [
                f"{start} → {end}<br>{count:,}" + (f" ({share:.1%})" if share is not None else "")
                for end, count, share in zip(said, row["subjects"], row["share"], strict=True)
            ]
            for start, row in zip(said, rows, strict=True)
        ],
        hoverinfo="text",
        texttemplate="%{text}",
        zmin=0,
        zmax=1,
        colorscale=[[0, PAPER], [1, BLUE]],
        xgap=2,
        ygap=2,
        colorbar={"title": tr("of the row", "占本行"), "tickformat": ".3~%", "thickness": 12},
    )
    for place in range(len(grades)):
        low, high = place - 0.5, place + 0.5
        line = {"color": INK, "width": 2}
        figure.add_shape(type="rect", x0=low, x1=high, y0=low, y1=high, line=line)
    starts, ends = _ends(years, editions)
    figure.update_layout(
        xaxis={
            "title": ends,
            "type": "category",
            "side": "bottom",
        },
        yaxis={
            "title": starts,
            "type": "category",
            "autorange": "reversed",
            "automargin": True,
        },
    )
    return figure


def _ends(years: tuple[str, str], editions: tuple[str, str] | None) -> tuple[str, str]:
    """Return what the rows and the columns of a matrix are."""
    if editions is not None:
        old, new = (tr(f"grade by the edition of {day}", f"{day} 版等级") for day in editions)
        return old, new
    starts = f"{tr('grade at the start', '期初等级')} {years[0]}".rstrip()
    return starts, f"{tr('grade at the end', '期末等级')} {years[1]}".rstrip()


def _moved(count: int, share: float | None, many: bool) -> str:
    """Return what a cell of the matrix shows: nothing of nobody, no share where room is scarce."""
    if not count:
        return ""
    return f"{count:,}" if many or share is None else f"{count:,}<br>{share:.0%}"


def evidence_bars(
    frame: pl.DataFrame, *, group: str = "group", label: str = "", synthetic: bool = False
) -> Any:
    """Return what the points rest on, one bar per county or year; unverified levels are hatched."""
    frame = worded(frame, group)
    names = frame[group].unique(maintain_order=True).to_list()
    title = tr("What the points rest on", "得分的依据")
    figure = blank(title, synthetic, 720, 190 + 36 * max(3, len(names)), label)
    colours = dict(zip(get_args(Evidence), (BLUE, SKY, GREEN, ORANGE, RED, PURPLE), strict=True))
    for level in get_args(Evidence):
        part = frame.filter(pl.col("evidence") == level)
        if part.is_empty():
            continue
        weak = is_weak(level)
        figure.add_bar(
            y=part[group].to_list(),
            x=part["share"].to_list(),
            orientation="h",
            name=str(EVIDENCE[level]),
            marker={
                "color": colours[level],
                "pattern": {"shape": "/" if weak else "", "fgcolor": INK, "size": 5},
            },
            hovertext=[
                f"{place} · {EVIDENCE[level]}<br>" + ("—" if share is None else f"{share:.1%}")
                for place, share in part.select(group, "share").iter_rows()
            ],
            hoverinfo="text",
        )
    _stack(figure, names, tr("share of points given and taken", "占加减分值的比重"))
    return figure


def unverified_lines(frame: pl.DataFrame, *, label: str = "", synthetic: bool = False) -> Any:
    """Return the shares that rest on unverified rows, year by year."""
    title = tr("Resting on unverified rows", "依据未核实条款的占比")
    figure = blank(title, synthetic, 720, 380, label)
    for column, name, colour, dash, mark in (
        ("points_share", tr("points given and taken", "实际加减分值"), BLUE, "solid", "circle"),
        ("decided_share", tr("grades set by a rule", "直接判级的等级"), RED, "dash", "square"),
        ("movable_share", tr("points the edition can move", "版本可变动分值"), GREY, "dot", "x"),
    ):
        look: dict[str, Any] = {"mode": "lines+markers", "marker": {"symbol": mark, "size": 9}}
        line(figure, frame["year"], frame[column], name, colour, dash, **look, cliponaxis=False)
    figure.update_layout(
        xaxis={"dtick": 1, "tickformat": "d", "title": tr("year assessed", "评价年度")},
        yaxis={"tickformat": ".3~%", "rangemode": "tozero"},
        legend=LEGEND,
    )
    return figure


def explanation_bars(explanation: Explanation, *, synthetic: bool = False) -> Any:
    """Return one subject's points row by row, unverified rows hatched."""
    rows = [
        row
        for row in explanation.rows
        if row.state in ("scored", "missing") and (row.points not in ("", "0") or row.out_of)
    ]
    grade = explanation.grade_label or explanation.grade or "—"
    title = f"{explanation.subject} · {tr('grade', '等级')} {grade}"
    figure = blank(title, synthetic, 720, 170 + 30 * max(4, len(rows)))
    shown = apart([row.label for row in rows], [row.id for row in rows], 16, 10)
    hover = [
        f"{row.label}<br>{row.value or '—'}<br>{row.points or '—'}"
        + (f" / {row.out_of}" if row.out_of else "")
        + f"<br>{row.clause} · {EVIDENCE[row.evidence]}"
        for row in rows
    ]
    figure.add_bar(
        y=shown,
        x=[float(row.out_of) if row.out_of else 0.0 for row in rows],
        orientation="h",
        name=tr("maximum", "满分"),
        marker={"color": "#E5E5E5", "line": {"color": GREY, "width": 0.5}},
        hoverinfo="skip",
    )
    values = [float(row.points) if row.points else 0.0 for row in rows]
    for weak, name in (
        (False, tr("points", "得分")),
        (True, tr("points on an unverified row", "得分(条款未核实)")),
    ):
        places = [n for n, row in enumerate(rows) if is_weak(row.evidence) == weak]
        if not places:
            continue
        figure.add_bar(
            y=[shown[n] for n in places],
            x=[values[n] for n in places],
            orientation="h",
            name=name,
            marker={
                # one colour where one will do: a list of them leaves the legend without its hatch
                "color": BLUE
                if all(values[n] >= 0 for n in places)
                else [BLUE if values[n] >= 0 else RED for n in places],
                "pattern": {"shape": "/" if weak else "", "fgcolor": INK, "size": 5},
            },
            text=[rows[n].points or "×" for n in places],
            hovertext=[hover[n] for n in places],
            hoverinfo="text",
            **TEXT_OUTSIDE,
        )
    figure.update_layout(barmode="overlay", xaxis={"title": tr("points", "分值")}, legend=LEGEND)
    rows_down(figure, shown)
    return figure

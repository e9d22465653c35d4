"""What the charts of a page draw, read from what is sent to the browser, and the rows that hold it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from streamlit.testing.v1 import AppTest

from lishui_credit.figures.areas import short_value
from lishui_credit.plan.divisions import CITY, division
from lishui_credit.plan.status import STATUSES
from lishui_credit.validation.report.axes import CHANCE, RIGHT


def bare(text: str) -> str:
    return "".join(re.sub("<[^>]*>", "", text).split())


def name_of(spec: dict[str, Any]) -> str:
    """What a chart is called: the small lines below what it shows, or all but the loud word."""
    title = spec["layout"]["title"]["text"]
    small = re.findall("<span[^>]*>(.*?)</span>", title)
    return bare("".join(small)) or bare(title.rpartition("</b> · ")[2])


def number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def columns_of(frame: pl.DataFrame) -> tuple[Any, list[list[str]]]:
    """The numbers of a frame, rows by columns, and the texts of its rows: words, days, years."""
    numbers, texts = [np.full(frame.height, np.nan)], []
    for name, kind in frame.schema.items():
        if kind != pl.Date and not kind.is_nested():
            numbers.append(frame[name].cast(pl.Float64, strict=False).to_numpy())
        if kind.is_integer() or not (kind.is_numeric() or kind.is_nested()):
            texts.append([str(value) for value in frame[name].to_list()])
    return np.column_stack(numbers), texts


def marks_of(trace: dict[str, Any]) -> Iterator[tuple[Any, float, list[float]]]:
    """Every mark of a trace: its place on the other axis, its value, the ends of its interval."""
    if trace["type"] == "heatmap":
        for row in trace["z"]:
            yield from ((None, value, []) for value in row if value is not None)
        return
    x, y = trace.get("x") or [], trace.get("y") or []
    values, places, ends = (y, x, trace.get("error_y"))
    if all(number(value) is None for value in y) or trace.get("orientation") == "h":
        values, places, ends = (x, y, trace.get("error_x"))
    for at, (place, value) in enumerate(zip(places, values, strict=True)):
        if (held := number(value)) is not None:
            # a fall of a waterfall is drawn below the step before it
            held = abs(held) if trace["type"] == "waterfall" else held
            reach = [] if not ends else [
                held + sign * ends[side][at]
                for sign, side in ((1, "array"), (-1, "arrayminus"))
                if ends[side][at] is not None
            ]  # fmt: skip
            yield place, held, reach


def told(place: Any, text: str) -> bool:
    """Whether a text of a row is what an axis says, cut where it would be too long."""
    said = str(place).partition(" ▼ ")[0]
    return text == said or (len(said) > 1 and text.startswith(said.rstrip("…")))


def lacking(trace: dict[str, Any], frame: pl.DataFrame) -> list[Any]:
    """What of a trace no row of the table holds, by the unit that leaves least."""
    numbers, texts = columns_of(frame)
    marks = list(marks_of(trace))
    best: list[Any] = marks
    for power in (0, 2, 3, 4, 5, 6, 8):
        missed = [mark for mark in marks if not is_held(mark, 10.0**power, numbers, texts)]
        if len(missed) < len(best):
            best = missed
        if not missed:
            break
    return best


def is_held(
    mark: tuple[Any, float, list[float]], unit: float, numbers: Any, texts: list[list[str]]
) -> bool:
    """Whether one row holds a mark's value, its place where the table names places, and its ends."""
    place, value, ends = mark

    def rows_of(wanted: float) -> Any:
        return (np.abs(numbers - wanted) <= 1e-9 * np.maximum(1, np.abs(numbers))).any(axis=1)

    rows = np.logical_and.reduce([rows_of(wanted * unit) for wanted in (value, *ends)])
    if not rows.any():
        return False
    if (at := number(place)) is not None:
        counted = np.arange(len(rows)) == at  # the places of bins on an axis
        return bool((rows & (counted | rows_of(at))).any())
    named = np.zeros(len(rows), dtype=bool)
    for column in texts:
        named |= np.array([told(place, text) for text in column], dtype=bool)
    return bool((rows & named).any() or not named.any())


def is_guide(trace: dict[str, Any]) -> bool:
    """Whether a trace is no datum: an outline of the map, a legend's sample, a line of reference."""
    return (
        trace.get("fill") == "toself"
        or trace.get("x") == [None]
        or trace.get("name") in {str(CHANCE), str(RIGHT)}
    )


def worded(frame: pl.DataFrame) -> pl.DataFrame:
    """The table with what its words are in the language in use, and the middle of ranges."""
    if {"score_from", "score_to"} <= set(frame.columns):
        frame = frame.with_columns(middle=(pl.col("score_from") + pl.col("score_to")) / 2)
    if "adcode" in frame.columns:
        shorts = [division(code).short_zh for code in frame["adcode"]]
        frame = frame.with_columns(
            pl.Series("short", shorts),
            pl.Series("english", [division(code).name_en for code in frame["adcode"]]),
        )
    return frame


def unheld(app: AppTest) -> list[tuple[Any, ...]]:
    """What the charts of a page draw that no row of the table of their name holds."""
    offers = app.session_state["offers"] if "offers" in app.session_state else {}  # noqa: SIM401
    frames = {bare(title).removesuffix("…"): each.frame for title, each in offers.items()}
    found: list[tuple[Any, ...]] = []
    for chart in app.get("plotly_chart"):
        spec = json.loads(chart.proto.spec)
        name = name_of(spec)
        called = [title for title in frames if title == name[: max(len(title), 25)]]
        if not called:
            found.append((name, "no table of this name", list(frames)))
            continue
        frame = worded(frames[called[0]])
        data = [trace for trace in spec["data"] if not is_guide(trace)]
        mapped = any(trace.get("fill") == "toself" for trace in spec["data"])
        if mapped:
            found += [(name, said) for said in unsaid(spec, frame)]
        elif not any(True for trace in data for _ in marks_of(trace)):
            found.append((name, "draws nothing"))
        for trace in data:
            found += [(name, trace.get("name"), mark) for mark in lacking(trace, frame)]
    return found


def unsaid(spec: dict[str, Any], frame: pl.DataFrame) -> list[str]:
    """What a map should say of its table, of each county its status and value, and does not."""
    said = {bare(note["text"]) for note in spec["layout"]["annotations"]}
    missing = []
    for row in frame.filter(pl.col("adcode") != CITY).iter_rows(named=True):
        told = f"{STATUSES[row['status']].icon}{short_value(row['indicator'], row['value'])}"
        if not {f"{row['short']}{told}", f"{row['english']}{told}"} & said:
            missing.append(f"{row['english']}{told}")
    return missing

"""What the charts of the plan show, in one sentence each: where an area stands, which counties are off.

Said from rows of a progress frame, a league or companion series, as the chart draws them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from lishui_credit.figures.findings import went
from lishui_credit.language import dated, tr
from lishui_credit.plan.definitions import END, PlanIndicator, indicator
from lishui_credit.plan.divisions import CITY, counties, division
from lishui_credit.plan.sentences import printed
from lishui_credit.plan.status import STATUSES

_NAMED: Final = 4
"""Most counties that a sentence names one by one."""

_UNJUDGED: Final = ("cannot_tell", "no_baseline", "no_data")


def stands(found: dict[str, Any]) -> str:
    """Return where one area stands against what is due, and where it leads."""
    row, state = indicator(found["indicator"]), STATUSES[found["status"]]
    if found["value"] is None:
        return tr("No value has been observed", "尚无观测值")
    day = dated(found["period"])
    value = printed(row, found["value"], found["path"])
    if found["path"] is None:
        said = tr(f"{value} at {day}: {state.word}", f"{day}为{value}：{state.word}")
    else:
        due = printed(row, found["path"], found["value"])
        said = tr(
            f"{value} at {day}, {due} due: {state.word}",
            f"{day}为{value}，应达{due}：{state.word}",
        )
    if found["projected"] is not None and found["target"] is not None and found["period"] < END:
        goal = printed(row, found["target"], found["projected"])
        ahead = printed(row, found["projected"], found["target"])
        said += tr(f"; 2020 projected {ahead}, target {goal}", f"；2020年预测{ahead}，目标{goal}")
    return said


def _rows(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of counties of one indicator, in the order of their codes."""
    return [row for row in table.sort("adcode").iter_rows(named=True) if row["adcode"] != CITY]


def _short(codes: Sequence[str]) -> str:
    """Return counties by their short names; how many they are where they are many."""
    if len(codes) > _NAMED:
        return tr(f"{len(codes)} counties", f"{len(codes)}县")
    return tr(", ", "、").join(division(code).short for code in codes)


def _by_status(rows: Sequence[dict[str, Any]]) -> str:
    """Return counties by their status, the worst first."""
    groups = {name: [row["adcode"] for row in rows if row["status"] == name] for name in STATUSES}
    return tr(", ", "，").join(
        f"{_short(codes)}{tr(' ', '')}{STATUSES[name].word}"
        for name, codes in groups.items()
        if codes
    )


def where(table: pl.DataFrame) -> str:
    """Return which counties are off their paths on one indicator, and how many cannot be judged."""
    rows = _rows(table)
    held = {row["status"] for row in rows}
    off = [row for row in rows if STATUSES[row["status"]].off]
    every = len(counties())
    unjudged = every - sum(row["status"] not in _UNJUDGED for row in rows)
    if not rows:
        return ""
    if len(rows) == every and len(held) == 1:
        word = STATUSES[held.pop()].word
        return tr(f"All nine counties: {word}", f"九县（市、区）均{word}")
    if unjudged == every:
        return tr("No county can be judged", "各县（市、区）均无法判定")
    told = [tr("No county is off its path", "没有县（市、区）偏离进度")]
    if off:
        head = tr(f"{len(off)} of nine counties off: ", f"九县中{len(off)}县偏离进度：")
        if len(off) == every:
            head = tr("All nine counties off: ", "九县（市、区）均偏离进度：")
        told = [head + _by_status(off)]
    if unjudged:
        told.append(tr(f"{unjudged} cannot be judged", f"{unjudged}县无法判定"))
    return tr("; ", "；").join(told)


def widest_gap(table: pl.DataFrame) -> str:
    """Return which county is farthest below what is due, equal ones together."""
    rows = [row for row in _rows(table) if row["gap"] is not None]
    if not rows:
        return tr("Nothing is due that a county could be set against", "没有可对照的应达进度")
    # As `plan.standings` orders them: against what is due, and equal where floats hardly differ.
    gaps = {
        row["adcode"]: round(row["gap"] / row["path"] if row["path"] else row["gap"], 9)
        for row in rows
    }
    least = min(gaps.values())
    if least >= 0:
        return tr("No county is below what is due", "没有县（市、区）低于应达进度") + _silent(rows)
    first = [row for row in rows if gaps[row["adcode"]] == least]
    told = {_against(row) for row in first}
    names = (
        tr("all nine counties", "九县（市、区）并列")
        if len(first) == len(counties())
        else _short([row["adcode"] for row in first])
    )
    said = tr(f"Farthest below what is due: {names}", f"距应达进度最远：{names}")
    return said + (tr(", ", "，") + told.pop() if len(told) == 1 else "") + _silent(rows)


def _against(row: dict[str, Any]) -> str:
    plan = indicator(row["indicator"])
    value, due = (
        printed(plan, row["value"], row["path"]),
        printed(plan, row["path"], row["value"]),
    )
    word = STATUSES[row["status"]].word
    return tr(f"{value} where {due} was due ({word})", f"{value}，应达{due}（{word}）")


def _silent(rows: Sequence[dict[str, Any]]) -> str:
    """Return how many counties nothing can be said of."""
    left = len(counties()) - len(rows)
    return tr(f"; {left} cannot be compared", f"；{left}县无法比较") if left else ""


def places(league: pl.DataFrame, key: str) -> str:
    """Return which counties could be first and last beyond chance, or from where to where they reach."""
    if league.is_empty():
        return ""
    placed = league.filter(pl.col("place_from").is_not_null())
    if placed.is_empty():
        return _reach(league, indicator(key))
    first = placed.filter(pl.col("place_from") == 1)["adcode"].to_list()
    last = placed.filter(pl.col("place_to") == placed["place_to"].max())["adcode"].to_list()
    if len(first) == len(last) == placed.height:
        return tr("No two counties can be told apart", "各县（市、区）之间差异均不显著")
    return tr(
        f"Could be first: {_short(first)}; could be last: {_short(last)}",
        f"可能居首：{_short(first)}；可能居末：{_short(last)}",
    )


def _reach(league: pl.DataFrame, row: PlanIndicator) -> str:
    """Return the least and the greatest value of counties that cannot be placed."""

    def said(value: float) -> str:
        if row.kind == "doubling":
            return tr(f"{value:.2f} times", f"{value:.2f}倍")
        return printed(row, value)

    ends = float(league["value"].to_numpy().min()), float(league["value"].to_numpy().max())
    low, high = map(said, ends)
    if low == high:
        return tr(f"{low} in every county with a value", f"有数值的县均为{low}")
    least, most = (
        _short(league.filter(pl.col("value") == end)["adcode"].to_list()) for end in ends
    )
    return tr(
        f"Lowest {low} in {least}, highest {high} in {most}",
        f"{least}{low}最低，{most}{high}最高",
    )


def companions(frame: pl.DataFrame, names: dict[str, str]) -> str:
    """Return how the companion series that moved most went, from its first value to its last."""
    seen = frame.filter(pl.col("value").is_not_null()).sort("day", maintain_order=True)
    series = {str(key[0]): part for key, part in seen.group_by("companion", maintain_order=True)}
    if not series:
        return ""
    ends = {
        name: (part.row(0, named=True), part.row(-1, named=True)) for name, part in series.items()
    }
    name = max(ends, key=lambda one: abs(ends[one][1]["value"] - ends[one][0]["value"]))
    first, last = ends[name]
    called, years = names.get(name, name), (first["day"].year, last["day"].year)
    if first["day"] == last["day"]:
        until = dated(last["day"])
        return tr(
            f"{called}: {last['value']:.1f}% at {until}", f"{called}：{until}为{last['value']:.1f}%"
        )
    course = went(first["value"] / 100, last["value"] / 100)
    return tr(
        f"{called}: {course}, {years[0]} to {years[1]}",
        f"{years[0]}—{years[1]} 年，{called}{course}",
    )

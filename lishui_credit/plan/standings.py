"""Is each indicator on its path, where, since when, and what would it take from now on.

One row per indicator and area. Coverage is judged by the schedule, doubling by the growth ratio,
surveys by their interval first; the other method is printed beside and a disagreement is flagged.
"No baseline" is an answer: the plan publishes none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import polars as pl

from lishui_credit.language import dated, tr
from lishui_credit.plan.definitions import BASE, END, PlanIndicator, indicators
from lishui_credit.plan.divisions import CITY, areas
from lishui_credit.plan.methods import (
    elapsed,
    growth_class,
    growth_score,
    project,
    required_rate,
    schedule,
    schedule_class,
    survey_class,
    time_share,
)
from lishui_credit.plan.observed.observed_table import observed_table
from lishui_credit.plan.observed.table import MONTHS
from lishui_credit.plan.sentences import interval_lacking, printed
from lishui_credit.plan.status import STATUSES, disagree
from lishui_credit.plan.ways import Point, Way

WORST: Final = 3
"""Places of counties named beside the city; more counties where some share a place."""
_NO_VERDICT: Final = ("cannot_tell", "no_baseline", "no_data")

PROGRESS: Final = pl.Schema(
    {
        "indicator": pl.String(),
        "adcode": pl.String(),
        "base": pl.Float64(),
        "base_period": pl.Date(),
        "value": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "period": pl.Date(),
        "source": pl.String(),
        "synthetic": pl.Boolean(),
        "target": pl.Float64(),
        "target_basis": pl.String(),
        "path": pl.Float64(),
        "gap": pl.Float64(),
        "time_share": pl.Float64(),
        "done": pl.Float64(),
        "schedule": pl.Float64(),
        "schedule_class": pl.String(),
        "growth_ratio": pl.Float64(),
        "growth_class": pl.String(),
        "growth_score": pl.Float64(),
        "survey_class": pl.String(),
        "change": pl.Float64(),
        "change_significant": pl.Boolean(),
        "required_rate": pl.Float64(),
        "projected": pl.Float64(),
        "projected_low": pl.Float64(),
        "projected_high": pl.Float64(),
        "projection_points": pl.Int64(),
        "no_interval": pl.String(),
        "outlook": pl.String(),
        "status": pl.String(),
        "off_path_since": pl.Date(),
        "on_path_until": pl.Date(),
        "disagree": pl.Boolean(),
        "worst": pl.List(pl.String()),
        "behind": pl.List(pl.String()),
        "behind_places": pl.List(pl.Int64()),
        "note": pl.String(),
    }
)
"""Columns of a progress frame, one row per indicator and area.

``base`` (at 2015-12-31), ``value``, ``target``, ``path`` and ``gap`` (value less path at the day
observed) in the indicator's unit; ``target_basis`` plan, published or loaded; ``time_share`` tau and
``done`` P, 0 to 1; ``schedule`` S = P / tau; ``growth_ratio`` R; ``survey_class`` the interval against
the 2020 target; ``change`` since the observation a year earlier, ``change_significant`` for surveys;
``required_rate`` in units a year from the day observed, or growth a year (0.1 = 10%) for doubling;
``no_interval`` why the projection has no interval: ``line`` (the points lie on one) or ``step``;
``outlook`` the projection against the target: met, not_met, cannot_tell; ``off_path_since`` the last day
of the first observed period of the present unbroken run off the path, ``on_path_until`` that of the
observation before it (null where there is none); ``worst`` the counties in the first three places of
``behind``, all counties off their paths with the widest gap first; ``behind_places`` their places, equal
where their gaps are."""


def progress(
    frame: Any, at: date = END, *, targets: pl.DataFrame | None = None, level: float = 0.95
) -> pl.DataFrame:
    """Return where every indicator stands on a day, for the city and each county.

    Parameters
    ----------
    frame : ObservedTable, or any narwhals frame
        Observations (see `lishui_credit.plan.observed.table.SCHEMA`); of several revisions the last
        one counts, and the city is computed from its counties where all nine are there.
    at : date, default 2020-12-31
        Observations of periods that end later are left out. Schedules are taken at the day
        observed, not at this one.
    targets : polars.DataFrame, optional
        Yearly targets loaded for areas (`read_targets`): they take the place of the expected path;
        interpolated ones are that path already and change nothing.
    level : float, default 0.95
        Confidence of the projection.

    Returns
    -------
    polars.DataFrame
        Columns of `PROGRESS`, 12 indicators x 10 areas, in the order printed and by code.

    Raises
    ------
    SubjectError
        If the frame holds no observations.

    References
    ----------
    国家发展改革委, 发改规划〔2018〕238号 (mid-term evaluation); Statistics Canada in Open SDG, Progress
    Measurement Methodology; UN ESCAP, SDG progress assessment. Each formula in `methods`.

    Examples
    --------
    >>> rows = pl.DataFrame({"adcode": ["331102"] * 2, "period": [date(2015, 12, 31), date(2018, 12, 31)],
    ...     "numerator": [100, 140], "indicator": ["query_volume"] * 2, "frequency": ["year"] * 2})
    >>> found = progress(rows, date(2019, 3, 31)).filter(indicator="query_volume", adcode="331102")
    >>> found.select(pl.col("growth_ratio", "schedule").round(3), "status").row(0)
    (0.798, 0.667, 'behind')
    """
    rows = [_judged(*walked, at, level) for walked in _walked(frame, at, targets)]
    _name_worst(rows)
    return pl.DataFrame(rows, schema=PROGRESS)


def verdicts(frame: Any, at: date = END, *, targets: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return the status of every observation after 2015 up to a day, as it was on its own day.

    Parameters
    ----------
    frame, at, targets
        As of `progress`.

    Returns
    -------
    polars.DataFrame
        ``indicator``, ``adcode``, ``period``, ``status``, one row per observation; the last one of
        an indicator and area has the status that `progress` gives them.

    Examples
    --------
    >>> rows = pl.DataFrame({"indicator": ["website_rate"] * 3, "adcode": ["331100"] * 3,
    ...     "period": [BASE, date(2016, 6, 30), date(2016, 9, 30)], "frequency": ["quarter"] * 3,
    ...     "numerator": [0, 0, 4], "denominator": [10, 10, 10]})
    >>> verdicts(rows)["status"].to_list()
    ['far_behind', 'ahead']
    """
    rows = [
        (row.key, adcode, point.day, way.status(point))
        for row, adcode, way, points, _ in _walked(frame, at, targets)
        for point in points
        if point.day > BASE
    ]
    kinds = {"indicator": pl.String, "adcode": pl.String, "period": pl.Date, "status": pl.String}
    return pl.DataFrame(rows, schema=kinds, orient="row")


_Walked = tuple[PlanIndicator, str, Way, list[Point], list[dict[str, Any]]]


def _walked(frame: Any, at: date, targets: pl.DataFrame | None) -> Iterator[_Walked]:
    """Yield every indicator and area with its way, and its observations as points and records."""
    table = observed_table(frame, at).series
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    wanted = ("indicator", "adcode", "period", "value", "low", "high", "source", "synthetic")
    for record in table.select(wanted).iter_rows(named=True):
        groups.setdefault((record["indicator"], record["adcode"]), []).append(record)
    loaded = loaded_for(targets)
    for key, row in indicators().items():
        for area in areas():
            records = groups.get((key, area.adcode), [])
            points = [Point(r["period"], r["value"], r["low"], r["high"]) for r in records]
            base = next((point.value for point in points if point.day == BASE), None)
            years, basis = loaded.get((key, area.adcode), ({}, "plan"))
            target = years.get(END.year, row.target.level(base))
            yield row, area.adcode, Way(row, base, target, basis, years), points, records


def loaded_for(targets: pl.DataFrame | None) -> dict[tuple[str, str], tuple[dict[int, float], str]]:
    """Return the targets a file states, by indicator and area: levels by year, and their basis."""
    found: dict[tuple[str, str], tuple[dict[int, float], str]] = {}
    if targets is None:
        return found
    stated = targets.filter(pl.col("basis") != "interpolated").sort("year")
    for key, adcode, year, level, basis, _ in stated.iter_rows():
        years, _said = found.setdefault((key, adcode), ({}, basis))
        years[year] = level
    return found


def _judged(
    row: PlanIndicator,
    adcode: str,
    way: Way,
    points: Sequence[Point],
    records: Sequence[Mapping[str, Any]],
    at: date,
    level: float,
) -> dict[str, Any]:
    made: dict[str, Any] = dict.fromkeys(PROGRESS)
    made |= {"indicator": row.key, "adcode": adcode, "disagree": False, "note": ""}
    base, target = way.base, way.target
    made |= {"target": target, "target_basis": way.basis}
    if base is not None:
        made |= {"base": base, "base_period": BASE}
    after = [point for point in points if point.day > BASE]
    if not after:
        made |= {"status": "no_data", "note": tr("no observation after 2015", "2015年以后无观测")}
        if base is not None:
            stood = printed(row, base)
            made["note"] += tr(f"; value of 2015: {stood}", f";2015年基数为{stood}")
        return made
    last = after[-1]
    made |= {"value": last.value, "low": last.low, "high": last.high, "period": last.day}
    made |= {"source": records[-1]["source"], "synthetic": records[-1]["synthetic"]}
    made["time_share"] = time_share(last.day)
    made["status"] = way.status(last)
    made |= _since(way, after)
    made |= _change(row, points)
    expected = way.at(last.day)
    if expected is not None:
        made |= {"path": expected, "gap": last.value - expected}
    if row.kind == "survey" and last.low is not None and last.high is not None:
        made["survey_class"] = survey_class(last.low, last.high, float(row.target.value))
    if target is not None:
        geometric = row.path.kind == "geometric"
        made["required_rate"] = required_rate(last.value, target, last.day, geometric=geometric)
    if base is not None and target is not None:
        made |= _both_methods(way, last)
    made |= _projected(way, points, level)
    made["note"] = _note(way, made, at)
    return made


def _both_methods(way: Way, last: Point) -> dict[str, Any]:
    assert way.base is not None
    assert way.target is not None
    due = way.due(last.day)
    done, ratio = schedule(way.base, last.value, way.target, due)
    made: dict[str, Any] = {"done": done, "schedule": ratio}
    made["schedule_class"] = schedule_class(way.base, last.value, way.target, due)
    growth = way.growth(last)
    if growth is not None:
        reached = last.value >= way.target
        made["growth_ratio"] = growth
        made["growth_class"] = growth_class(growth, reached)
        made["growth_score"] = growth_score(growth, reached)
        made["disagree"] = disagree(made["schedule_class"], made["growth_class"])
    return made


def _since(way: Way, points: Sequence[Point]) -> dict[str, Any]:
    """The first period of the unbroken run off the path that lasts until the last observation."""
    # A period without an observation, or with one that cannot be judged, ends no run.
    since = None
    for point in reversed(points):
        status = way.status(point)
        if STATUSES[status].off:
            since = point.day
        elif since is None:
            break
        elif status not in _NO_VERDICT:
            return {"off_path_since": since, "on_path_until": point.day}
    return {"off_path_since": since}


def _change(row: PlanIndicator, points: Sequence[Point]) -> dict[str, Any]:
    """The change over the year before the last observation, and whether a survey can show it."""
    last = points[-1]
    before = [point for point in points if elapsed(last.day) - elapsed(point.day) >= 1]
    if not before:
        return {}
    then = before[-1]
    made: dict[str, Any] = {"change": last.value - then.value}
    ends = (last.low, last.high, then.low, then.high)
    if row.kind == "survey" and None not in ends:
        a, b, c, d = (float(end or 0) for end in ends)
        error = math.hypot(b - a, d - c) / 2  # half-widths add up as standard errors do
        made["change_significant"] = abs(made["change"]) > error if error else bool(made["change"])
    return made


def _projected(way: Way, points: Sequence[Point], level: float) -> dict[str, Any]:
    """The projection through the last observation of each year."""
    yearly = list({point.day.year: point for point in points if point.day >= BASE}.values())
    found = project(
        [point.day for point in yearly],
        [point.value for point in yearly],
        geometric=way.row.path.kind == "geometric",
        limits=way.row.limits,
        level=level,
        stepped=way.row.path.kind == "step",
    )
    if found is None:
        return {"projection_points": len(yearly)}
    made: dict[str, Any] = {
        "projected": found.value,
        "projected_low": found.low,
        "projected_high": found.high,
        "projection_points": found.points,
        "no_interval": found.no_interval,
    }
    if way.target is not None and found.low is not None and found.high is not None:
        made["outlook"] = survey_class(found.low, found.high, way.target)
    return made


def _note(way: Way, made: Mapping[str, Any], at: date) -> str:
    notes = []
    late = (elapsed(min(at, END)) - elapsed(made["period"])) * 12
    if late > MONTHS[way.row.frequency]:
        notes.append(
            tr(f"no observation after {(day := dated(made['period']))}", f"{day}之后无观测")
        )
    missed = STATUSES[made["status"]].off or made["status"] == "near"
    if missed and made["period"] >= END:
        notes.append(tr("the plan has ended and its target was not reached", "规划期满仍未达目标"))
    if made["status"] == "no_baseline" or way.base is None:
        notes.append(
            tr("no 2015 value: the plan publishes none", "无2015年数值:规划未公布基数")
            if way.base is None
            else tr("the base is zero: no growth is defined", "基数为零,增速无定义")
        )
    if made["projected"] is None:
        notes.append(
            tr("too few observations to project", "观测过少,不作预测")
            + f" ({made['projection_points']})"
        )
    if made["no_interval"] is not None:
        notes.append(interval_lacking(made["no_interval"]))
    if made["status"] == "cannot_tell":
        low, high = (printed(way.row, made[name]) for name in ("low", "high"))
        notes.append(
            tr(
                f"the value due lies within the interval, {low} to {high}",
                f"置信区间为{low}至{high},应达值在其中",
            )
        )
    if made["disagree"]:
        notes.append(tr("the two methods disagree", "两种方法结论不一致"))
    return tr("; ", ";").join(notes)


def _name_worst(rows: Sequence[dict[str, Any]]) -> None:
    """Write beside each city row the counties off their paths, the widest gap first."""
    for city in rows:
        if city["adcode"] != CITY:
            continue
        mine = [row for row in rows if row["indicator"] == city["indicator"]]
        off = [row for row in mine if row["adcode"] != CITY and STATUSES[row["status"]].off]
        reporting = [row for row in mine if row["status"] != "no_data"]
        if city["status"] == "no_data" and reporting:
            city["note"] = tr(
                f"no value for the whole city; {len(reporting)} counties have one",
                f"无全市数值,有{len(reporting)}个县(市、区)的数值",
            )
        gaps = {
            row["adcode"]: round(row["gap"] / row["path"] if row["path"] else row["gap"], 9)
            for row in off
        }
        city["behind"] = sorted(gaps, key=lambda code: (gaps[code], code))
        city["behind_places"] = [
            1 + sum(gap < gaps[code] for gap in gaps.values()) for code in city["behind"]
        ]
        placed = zip(city["behind"], city["behind_places"], strict=True)
        city["worst"] = [code for code, place in placed if place <= WORST]


def expected(
    table: pl.DataFrame, days: Sequence[date], *, targets: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return what is expected of every indicator and area of a progress frame on each of some days."""
    loaded = loaded_for(targets)
    rows = []
    wanted = ("indicator", "adcode", "base", "target", "target_basis")
    for key, adcode, base, target, basis in table.select(wanted).iter_rows():
        years, _ = loaded.get((key, adcode), ({}, basis))
        way = Way(indicators()[key], base, target, basis, years)
        if way.begins:
            expected_on = ((day, way.at(day)) for day in days)
            rows += [(key, adcode, day, level) for day, level in expected_on if level is not None]
    kinds = {"indicator": pl.String, "adcode": pl.String, "period": pl.Date, "path": pl.Float64}
    return pl.DataFrame(rows, schema=kinds, orient="row")

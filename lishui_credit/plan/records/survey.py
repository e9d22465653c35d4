"""Satisfaction from the answers of a survey stratified by county: rate, index, and their intervals.

Rate and index are two figures of the same answers and may lie ten points apart; the plan writes
满意度 and does not say which, so both are always given and named. All figures here are percent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Any, Final, Literal

import numpy as np
import polars as pl

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.plan.divisions import CITY, counties, division
from lishui_credit.plan.records.computed import Computed, check_period, left_out
from lishui_credit.plan.records.raking import Margins, Raking, rake
from lishui_credit.plan.records.survey_answers import (
    ANSWERS,
    PER_COUNTY,
    TOP_TWO,
    VALID,
    take_answers,
)
from lishui_credit.plan.records.survey_design import kish
from lishui_credit.statistics.outcomes import Floats
from lishui_credit.statistics.proportions import quantile, wilson

Weights = Literal["100_80_60_30_0", "100_75_50_25_0", "100_80_60_40_20"]
INDEX_WEIGHTS: Final[dict[Weights, tuple[int, ...]]] = {
    "100_80_60_30_0": (100, 80, 60, 30, 0),
    "100_75_50_25_0": (100, 75, 50, 25, 0),
    "100_80_60_40_20": (100, 80, 60, 40, 20),
}
"""Points of the five answers: the first seen in secondary sources, the others from memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey(Computed):
    """A survey's observations, its table by area, and how its weights were raked.

    Parameters
    ----------
    raking : Raking, optional
        None where answers were weighted by county only.
    """

    raking: Raking | None = None


def _interval(value: float, error: float, z: float) -> tuple[float, float]:
    return max(0.0, value - z * error), min(100.0, value + z * error)


def _stratified_error(
    weights: Floats, values: Floats, mean: float, strata: Floats, people: Floats | None
) -> float | None:
    """Return the linearised standard error of a weighted mean; None where a stratum has one answer."""
    # With one weight a stratum it is sqrt(sum W_h^2 (1 - n_h / N_h) s_h^2 / n_h), s_h^2
    # with n_h - 1.
    total, variance = weights.sum(), 0.0
    for stratum in np.unique(strata):
        own = strata == stratum
        size = int(own.sum())
        if size < 2:
            return None
        part = weights[own] * (values[own] - mean) / total
        drawn = 1 - size / people[int(stratum)] if people is not None else 1.0
        variance += max(drawn, 0.0) * size / (size - 1) * float(((part - part.mean()) ** 2).sum())
    return sqrt(variance)


def _figures(
    top: Floats,
    points: Floats,
    weights: Floats,
    strata: Floats,
    people: Floats | None,
    z: float,
    level: float,
) -> dict[str, float | None]:
    """Return rate and index of an area with their intervals; a county is one stratum."""
    size = len(top)
    rate = min(100 * float((weights * top).sum() / weights.sum()), 100.0)
    index = float((weights * points).sum() / weights.sum())
    error = _stratified_error(weights, 100 * top, rate, strata, people)
    index_error = _stratified_error(weights, points, index, strata, people)
    effect = kish(weights)
    low: float | None = None
    high: float | None = None
    if people is None or error == 0:  # of a county; or nobody differs, and no variance is seen
        effective = size / effect
        lows, highs = wilson([rate / 100 * effective], [effective], level)
        low, high = min(100 * float(lows[0]), rate), max(100 * float(highs[0]), rate)
    elif error is not None:
        low, high = _interval(rate, error, z)
    index_bounds = (None, None) if index_error is None else _interval(index, index_error, z)
    simple = sqrt(rate * (100 - rate) / (size - 1)) if size > 1 else 0.0
    return {
        "rate": rate,
        "rate_low": low,
        "rate_high": high,
        "rate_error": error,
        "index": index,
        "index_low": index_bounds[0],
        "index_high": index_bounds[1],
        "kish": effect,
        "design_effect": (error / simple) ** 2 if error is not None and simple > 0 else None,
    }


def satisfaction(
    answers: Any,
    indicator: str,
    period: date,
    *,
    populations: Mapping[str, int] | None = None,
    margins: Margins | None = None,
    cap: float | None = 5.0,
    index: Weights = "100_80_60_30_0",
    measure: Literal["rate", "index"] = "rate",
    level: float = 0.95,
    source: str = "",
) -> Survey:
    """Return satisfaction by county and for the city from one question's answers.

    City: p = sum W_h p_h with W_h the county's share of the population, Var(p) = sum W_h^2
    (1 - n_h / N_h) p_h (1 - p_h) / (n_h - 1), normal interval cut at 0 and 100 (Wilson's at the
    effective size where every answer is the same). County: Wilson's interval, at the effective
    size where weights are raked. With `margins`, base weights N_h / n_h are raked to them and to
    the counties; the variance is then linearised with the raked weights held fixed, which leans to
    the safe side.

    Parameters
    ----------
    answers : path-like or frame
        One row a respondent: ``respondent``, ``adcode``, the question's column (see
        `survey_answers.answers_table`; empty counts as refused), and the columns of `margins`.
    indicator : str
        Key of `survey_answers.QUESTIONS`.
    period : date
        Last day of the year asked about.
    populations : mapping of str to int, optional
        Adults by county; without it residents of all ages of the year (census, interpolated), said
        in the notes. All of these counties must have answers, or there is no city figure.
    margins : mapping, optional
        By column: people or shares by category.
    cap : float or None, default 5.0
        Largest raked weight as a multiple of the mean one; None trims nothing.
    index : str, default "100_80_60_30_0"
        Key of `INDEX_WEIGHTS`.
    measure : {"rate", "index"}
        Which of the two stands as the indicator's value; the other is its companion.
    level : float, default 0.95
        Confidence.
    source : str
        Who asked, and how.

    Returns
    -------
    Survey
        In percent: the indicator; companions ``.index`` (or ``.rate``) and ``.dont_know`` (share
        of all asked). Detail, one row an area: ``adcode``, ``asked``, ``valid``, ``dont_know``,
        ``refused``, the five answers' counts, ``rate`` with ``rate_low``, ``rate_high``,
        ``rate_error`` (standard error), ``index`` with its interval, ``kish``, ``design_effect``.

    Raises
    ------
    SubjectError
        If columns, answers, counties or margins are wrong, a respondent stands twice, nobody
        answered, or raking does not converge.

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd ed., Wiley, section 5.4 and theorem 5.5. Wilson (1927),
    JASA 22, 209-212. Särndal, Swensson and Wretman (1992), Model Assisted Survey Sampling,
    Springer, section 5.5 (linearisation). The rate of the top two as the meaning of 满意度 is a
    proposal: the plan, section 二(三), defines none.

    Examples
    --------
    >>> asked = pl.DataFrame({"respondent": range(8), "adcode": ["莲都区"] * 4 + ["青田县"] * 4,
    ...     "satisfaction_social": ["很满意", "很满意", "比较满意", "一般"] + ["很满意", "一般", "一般", "说不清"]})
    >>> found = satisfaction(asked, "satisfaction_social", date(2018, 12, 31),
    ...     populations={"331102": 60_000, "331121": 40_000})
    >>> round(found.of("satisfaction_social")["value"], 2)  # 0.6 * 3/4 + 0.4 * 1/3
    58.33
    """
    check_period(period, "year")
    _check_choices(index, measure, level)
    people = _people(populations, period)
    frame = take_answers(answers, indicator, tuple(margins or ()), people)
    valid = frame.filter(pl.col("answer").is_in(VALID))
    if valid.is_empty():
        raise SubjectError(
            tr("there is no valid answer", "没有有效答卷"),
            tr(f"{frame.height} asked", f"共 {frame.height} 份"),
            where=indicator,
        )
    codes = list(people)
    strata = valid["adcode"].replace_strict(codes, range(len(codes)), return_dtype=pl.Int64)
    places = strata.to_numpy()
    counts = np.bincount(places, minlength=len(codes))
    numbers = np.array([people[code] for code in codes], dtype=np.float64)
    weights = numbers[places] / counts[places]
    lacking = [code for code, count in zip(codes, counts, strict=True) if count == 0]
    raked = _raked(valid, weights, margins, cap, people, lacking)
    weights = raked.weights if raked is not None else weights
    points = valid["answer"].replace_strict(
        VALID, INDEX_WEIGHTS[index], return_dtype=pl.Float64
    )  # fmt: skip
    top = valid["answer"].is_in(TOP_TWO).to_numpy().astype(np.float64)
    rows = {code: _counted(frame.filter(pl.col("adcode") == code), code) for code in codes}
    whole = _counted(frame, CITY)
    z = quantile(level)
    for place, code in enumerate(codes):
        own = places == place
        if own.any():
            part = (top[own], points.to_numpy()[own], weights[own], places[own])
            rows[code] |= _figures(*part, None, z, level)
    if not lacking:
        whole |= _figures(top, points.to_numpy(), weights, places, numbers, z, level)
    table = pl.DataFrame([whole, *rows.values()], schema=_DETAIL, orient="row")
    notes = _notes(table, lacking, populations is None, raked, index)
    return Survey.of_rows(
        _rows(table, indicator, period, measure, raked is None),
        frame,
        frequency="year",
        source=source,
        detail=table,
        notes=notes,
        raking=raked,
    )


_FIGURES: Final = (
    "rate", "rate_low", "rate_high", "rate_error", "index", "index_low", "index_high", "kish",
    "design_effect",
)  # fmt: skip
_DETAIL: Final[dict[str, pl.DataType]] = {
    "adcode": pl.String(),
    **dict.fromkeys(("asked", "valid", "dont_know", "refused", *VALID), pl.Int64()),
    **dict.fromkeys(_FIGURES, pl.Float64()),
}


def _people(populations: Mapping[str, int] | None, period: date) -> dict[str, int]:
    """Return the people that each county stands for: the residents of the year where none are given."""
    if populations is None:
        return {row.adcode: round(row.population(period.year)) for row in counties()}
    wrong = [name for name, number in populations.items() if not number >= 1]
    if wrong:
        raise SubjectError(
            tr("must be 1 or more", "不得小于 1"), ", ".join(wrong), where="populations"
        )
    return dict(populations)


def _check_choices(index: str, measure: str, level: float) -> None:
    problems = []
    if index not in INDEX_WEIGHTS:
        found = ", ".join(INDEX_WEIGHTS)
        problems.append(Problem(tr("no such weights", "没有这组分值"), index, found, "index"))
    if measure not in ("rate", "index"):
        problems.append(
            Problem(tr("no such measure", "没有这种算法"), measure, "rate, index", "measure")
        )
    if not 0 < level < 1:
        problems.append(
            Problem(tr("must lie between 0 and 1", "须大于 0 且小于 1"), str(level), "", "level")
        )
    refuse(problems)


def _raked(
    valid: pl.DataFrame,
    weights: Floats,
    margins: Margins | None,
    cap: float | None,
    people: Mapping[str, int],
    lacking: list[str],
) -> Raking | None:
    if not margins:
        return None
    if lacking:
        raise SubjectError(
            tr(
                "cannot rake: counties without valid answers",
                "无法加权:有县(市、区)没有有效答卷",
            ),
            ", ".join(division(code).name for code in lacking),
            tr("leave the margins out to see the others", "不用边际分布可查看其余地区"),
        )
    total, everyone = sum(next(iter(margins.values())).values()), sum(people.values())
    counties = {code: number / everyone * total for code, number in people.items()}
    return rake(valid, {"adcode": counties, **margins}, start=weights, cap=cap)


def _counted(frame: pl.DataFrame, code: str) -> dict[str, Any]:
    answers = dict(frame["answer"].value_counts().iter_rows())
    counted = {name: answers.get(name, 0) for name in ANSWERS}
    valid = sum(counted[name] for name in VALID)
    return {"adcode": code, "asked": frame.height, "valid": valid, **counted}


def _rows(
    table: pl.DataFrame, indicator: str, period: date, measure: str, plain: bool
) -> list[dict[str, Any]]:
    rows = []
    for area in table.iter_rows(named=True):
        same = {"adcode": area["adcode"], "period": period}
        if area["rate"] is not None:
            counts = {}
            if plain and area["adcode"] != CITY:  # weighted figures are no ratio of two counts
                satisfied = sum(area[name] for name in TOP_TWO)
                counts = {"numerator": satisfied, "denominator": area["valid"]}
            for name in ("rate", "index"):
                figure = {
                    "indicator": indicator if name == measure else f"{indicator}.{name}",
                    "value": area[name],
                    "low": area[f"{name}_low"],
                    "high": area[f"{name}_high"],
                    "note": tr("top two of five", "前两档占比")
                    if name == "rate"
                    else tr("index", "指数"),
                }
                rows.append(same | figure | (counts if name == "rate" else {}))
        if area["asked"]:
            shares = {"numerator": area["dont_know"], "denominator": area["asked"]}
            value = 100 * area["dont_know"] / area["asked"]
            rows.append({"indicator": f"{indicator}.dont_know", "value": value} | same | shares)
    return rows


def _notes(
    table: pl.DataFrame, lacking: list[str], assumed: bool, raked: Raking | None, index: str
) -> list[str]:
    notes = [tr(f"index with weights {index}", f"指数分值 {index}")]
    whole = table.row(0, named=True)
    notes += left_out(
        whole["dont_know"], "answers 'don't know' are left out", "份回答“说不清”,不计入"
    )
    notes += left_out(whole["refused"], "sheets without an answer are left out", "份未作答,不计入")
    if lacking:
        names = tr(", ", "、").join(division(code).name for code in lacking)
        zh = f"不给出全市数值:{names}没有有效答卷"
        notes.append(tr(f"no value for the city: no valid answer from {names}", zh))
    single = table.filter(pl.col("valid") == 1)["adcode"].to_list()
    if single:
        names = tr(", ", "、").join(division(code).name for code in single)
        zh = f"不给出全市区间:{names}仅有一份有效答卷"
        notes.append(tr(f"no interval for the city: only one valid answer from {names}", zh))
    few = table.filter((pl.col("adcode") != CITY) & pl.col("valid").is_between(1, PER_COUNTY - 1))
    notes += left_out(
        few.height,
        f"counties have fewer than the proposed {PER_COUNTY} valid answers",
        f"个县(市、区)的有效答卷少于建议的 {PER_COUNTY} 份",
    )
    if assumed:
        notes.append(
            tr(
                "counties weighted by residents of all ages, not by adults",
                "县(市、区)按全部常住人口加权,而非成年人口",
            )
        )
    if raked is not None:
        notes.append(
            tr(
                f"raked in {raked.rounds} rounds, {raked.trimmed} weights trimmed,"
                f" largest gap {100 * raked.gap:.2f} points, design effect {raked.effect:.2f}",
                f"迭代加权 {raked.rounds} 轮,截断权重 {raked.trimmed} 个,"
                f"最大偏差 {100 * raked.gap:.2f} 个百分点,设计效应 {raked.effect:.2f}",
            )
        )
    return notes

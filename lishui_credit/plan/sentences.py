"""Progress in words: values as people print them, what needs attention, what changed.

Everything here is read from a progress frame; nothing is computed again.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from lishui_credit.language import dated, language, tr
from lishui_credit.plan.definitions import ATTRIBUTES, END, PlanIndicator, indicator, indicators
from lishui_credit.plan.divisions import CITY, counties, division
from lishui_credit.plan.status import STATUSES

_URGENCY: Final = {name: place for place, name in enumerate(STATUSES)}
_QUIET: Final = ("on_track", "ahead", "achieved")


def printed(row: PlanIndicator, value: float | None, beside: float | None = None) -> str:
    """Return a value of an indicator as people print it.

    Percent and money have one decimal, and up to three more where they would else read like the
    value beside them: what is short of its target is not rounded up to it. Money is in 万元 in
    Chinese; in English in million yuan, below one million in thousand yuan.

    Parameters
    ----------
    row : PlanIndicator
        Whose value it is.
    value : float or None
        In the unit of the indicator; None is printed as a dash.
    beside : float, optional
        What it is read against, in the same unit; for a share short of it, by default its target.

    Examples
    --------
    >>> from lishui_credit.language import set_language
    >>> from lishui_credit.plan.definitions import indicators
    >>> set_language("en"); printed(indicators()["website_rate"], 57.1)
    '57.1%'
    >>> money = indicators()["service_revenue"]
    >>> printed(money, 27_944_000), printed(money, 812_000), printed(money, 27_960_000, 28_010_000)
    ('27.9 million yuan', '812.0 thousand yuan', '27.96 million yuan')
    >>> set_language("zh"); printed(money, 27_944_000)
    '2,794.4万元'
    >>> set_language(None)
    """
    if value is None:
        return "—"
    if row.unit == "percent":
        if beside is None and value < row.target.value:
            beside = row.target.value
        return _apart(value, beside) + "%"
    if row.unit == "yuan":
        per, unit = yuan(abs(value))
        return _apart(value / per, beside and beside / per) + tr(" ", "") + unit
    return f"{value:,.0f}"


def yuan(largest: float) -> tuple[float, str]:
    """Return what money up to an amount is divided by to be printed, and the words of its unit."""
    if language() == "zh":
        return 10_000.0, "万元"
    return (1_000_000.0, "million yuan") if largest >= 999_950 else (1_000.0, "thousand yuan")


def _apart(value: float, beside: float | None) -> str:
    """Return a number with one decimal, or as many as tell it from another one that it differs from."""
    told = [f"{value:,.{places}f}" for places in (1, 2, 3, 4)]
    if beside is None or beside == value:
        return told[0]
    others = (f"{beside:,.{places}f}" for places in (1, 2, 3, 4))
    return next((mine for mine, other in zip(told, others, strict=True) if mine != other), told[-1])


def rate_printed(row: PlanIndicator, rate: float | None) -> str:
    """Return a required rate as people print it: points a year, or growth a year."""
    if rate is None:
        return "—"
    if row.path.kind == "geometric":
        return tr(f"{rate:+.1%} a year", f"年均增长 {rate:.1%}")
    return tr(f"{rate:+.1f} points a year", f"每年提高 {rate:.1f} 个百分点")


def interval_lacking(why: str) -> str:
    """Return why a projection has no interval."""
    if why == "line":
        return tr(
            "the yearly values lie on one line: the projection has no honest interval",
            "各年度值在一条直线上,预测无可信区间",
        )
    return tr(
        "the yearly values go through a step: the projection has no honest interval",
        "各年度值为阶跃变化,预测无可信区间",
    )


def since_said(found: dict[str, Any]) -> str:
    """Return since which observation a row is off its path, and when it last was on it."""
    day, before = dated(found["off_path_since"]), found["on_path_until"]
    if before is None:
        return tr(
            f"off its path since the observation of {day}, the first that can be judged",
            f"自{day}的观测(首个可判定的观测)起偏离进度",
        )
    return tr(
        f"off its path since the observation of {day}, last on it at {dated(before)}",
        f"自{day}的观测起偏离进度({dated(before)}尚未偏离)",
    )


def named_behind(found: dict[str, Any]) -> str:
    """Return the counties behind, most behind first, those of equal gaps as equal."""
    groups: dict[int, list[str]] = {}
    for code, place in zip(found["behind"] or (), found["behind_places"] or (), strict=False):
        groups.setdefault(place, []).append(division(code).name)
    if len(groups.get(1, ())) == len(counties()):
        return tr("all nine counties equally", "九个县(市、区)并列")
    equal = tr(" (equal)", "(并列)")
    return tr(", ", "、").join(
        tr(" = ", "=").join(names) + (equal if len(names) > 1 else "") for names in groups.values()
    )


def behind_said(found: dict[str, Any]) -> str:
    """Return every county off its path in words."""
    named = named_behind(found)
    return tr(
        f"counties off their paths, widest gap first: {named}", f"偏离的县(市、区)依次为:{named}"
    )


def headline(found: dict[str, Any]) -> str:
    """Return one row of a progress frame in few words: what, its status, its value against what was due."""
    row, state = indicator(found["indicator"]), STATUSES[found["status"]]
    said = f"{row.short}{tr(': ', ':')}{state.word}"
    if found["value"] is None or found["path"] is None:
        return said
    value, level = (
        printed(row, found["value"], found["path"]),
        printed(row, found["path"], found["value"]),
    )
    return said + tr(f", {value} where {level} was due", f",现值{value},应达{level}")


def sentence(found: dict[str, Any]) -> str:
    """Return one row of a progress frame in a sentence."""
    row, state = indicator(found["indicator"]), STATUSES[found["status"]]
    kind = ATTRIBUTES[row.attribute]
    parts = [f"{row.name}{tr(f' ({kind.en})', f'({kind.zh})')}{tr(': ', ':')}{state.word}"]
    if found["value"] is not None:
        value = printed(row, found["value"], found["target"])
        parts.append(tr(f"{value} at {(day := dated(found['period']))}", f"{day}为{value}"))
        if found["path"] is not None:
            level = printed(row, found["path"])
            parts.append(tr(f"expected {level}", f"应达{level}"))
        if found["off_path_since"] is not None:
            parts.append(since_said(found))
        if state.off and found["required_rate"] is not None:
            rate = rate_printed(row, found["required_rate"])
            parts.append(tr(f"required from now on: {rate}", f"今后须{rate}"))
        if found["status"] == "cannot_tell":
            low, high = printed(row, found["low"]), printed(row, found["high"])
            parts.append(tr(f"interval {low} to {high}", f"置信区间为{low}至{high}"))
        if found["status"] == "no_baseline" and found["target"] is not None:
            goal = printed(row, found["target"])
            left = max(found["target"] - found["value"], 0.0)
            parts.append(
                tr(
                    f"{left:.1f} points short of {goal} in 2020",
                    f"距2020年目标{goal}尚差{left:.1f}个百分点",
                )
            )
        if found["period"] >= END and (state.off or state.id == "near"):
            parts.append(
                tr("the plan has ended and its target was not reached", "规划期满仍未达目标")
            )
        if found["behind"]:
            parts.append(behind_said(found))
    elif found.get("note"):
        parts[0] += tr(f" ({found['note']})", f"({found['note']})")
    return tr(", ", ",").join(parts) + tr(".", "。")


def attention(table: pl.DataFrame, n: int = 3, adcode: str = CITY) -> pl.DataFrame:
    """Return the rows of an area that need attention most, each with a sentence.

    The worst status first, binding targets before expected ones before guidance, then as printed;
    what is on its path, ahead or achieved needs none.

    Parameters
    ----------
    table : polars.DataFrame
        From `lishui_credit.plan.standings.progress`.
    n : int, default 3
        At most so many.
    adcode : str
        Area.

    Returns
    -------
    polars.DataFrame
        ``indicator``, ``status``, ``sentence``; fewer than `n` rows where fewer need it.

    Examples
    --------
    >>> from lishui_credit.plan.standings import progress
    >>> attention(progress(pl.DataFrame(schema={"indicator": pl.String, "adcode": pl.String,
    ...     "period": pl.Date, "frequency": pl.String, "value": pl.Float64})))["status"].to_list()
    ['no_data', 'no_data', 'no_data']
    """
    known = list(indicators())
    ranks = {name: place for place, name in enumerate(ATTRIBUTES)}
    rows = [
        row
        for row in table.filter(pl.col("adcode") == adcode).iter_rows(named=True)
        if row["status"] not in _QUIET
    ]
    rows.sort(
        key=lambda row: (
            _URGENCY[row["status"]],
            ranks[indicator(row["indicator"]).attribute],
            known.index(row["indicator"]),
        )
    )
    said = [(row["indicator"], row["status"], sentence(row)) for row in rows[:n]]
    return pl.DataFrame(said, schema=["indicator", "status", "sentence"], orient="row")


def changes(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Return what changed between two progress frames.

    Parameters
    ----------
    before, now : polars.DataFrame
        From `lishui_credit.plan.standings.progress`, at two days or on what was known at two days.

    Returns
    -------
    polars.DataFrame
        ``indicator``, ``adcode``, ``value_before``, ``value``, ``status_before``, ``status`` and
        ``turned`` (better, worse or same, by the order of statuses), where value or status differ.
        To or from ``no_data``, ``no_baseline`` and ``cannot_tell`` nothing turns better or worse.

    Examples
    --------
    >>> rows = {"indicator": ["website_rate"], "adcode": ["331100"], "value": [50.0], "status": ["near"]}
    >>> later = pl.DataFrame(rows | {"value": [60.0], "status": ["ahead"]})
    >>> changes(pl.DataFrame(rows), later).select("value_before", "value", "turned").row(0)
    (50.0, 60.0, 'better')
    """
    order = ("missed", "reversed", "far_behind", "behind", "near", *_QUIET)
    rank = {name: place for place, name in enumerate(order)}
    wanted = ["indicator", "adcode", "value", "status"]
    then, new = (
        pl.col(name).replace_strict(rank, default=None, return_dtype=pl.Int64)
        for name in ("status_before", "status")
    )
    both = now.select(wanted).join(
        before.select(wanted), on=["indicator", "adcode"], suffix="_before", maintain_order="left"
    )
    differs = pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(f"{name}_before")) for name in ("value", "status")
    )
    turned = pl.when(new > then).then(pl.lit("better")).when(new < then).then(pl.lit("worse"))
    return both.filter(differs).select(
        "indicator", "adcode", "value_before", "value", "status_before", "status",
        turned.otherwise(pl.lit("same")).alias("turned"),
    )  # fmt: skip


_TURNED: Final = {"better": ("better", "转好"), "worse": ("worse", "转差"), "same": ("", "")}


def change_sentence(found: dict[str, Any]) -> str:
    """Return one row of `changes` in a sentence."""
    row = indicator(found["indicator"])
    then, now = printed(row, found["value_before"]), printed(row, found["value"])
    still = tr(f"{now}, hardly moved", f"{now},基本持平")
    said = f"{row.name}{tr(': ', ':')}" + (still if then == now else f"{then} → {now}")
    if found["status_before"] != found["status"]:
        old, new = (STATUSES[found[name]].word for name in ("status_before", "status"))
        en, zh = _TURNED[found["turned"]]
        word = tr(en, zh)
        said += tr(", ", ",") + f"{old} → {new}" + (tr(f" ({word})", f"({word})") if word else "")
    return said

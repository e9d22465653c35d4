"""Progress in words: values as people print them, what needs attention, what changed.

Everything here is read from a progress frame; nothing is computed again.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from lishui_credit.language import tr
from lishui_credit.plan.definitions import ATTRIBUTES, END, PlanIndicator, indicator, indicators
from lishui_credit.plan.divisions import CITY, counties, division
from lishui_credit.plan.status import STATUSES

_URGENCY: Final = {name: place for place, name in enumerate(STATUSES)}
_QUIET: Final = ("on_track", "ahead", "achieved")


def printed(row: PlanIndicator, value: float | None) -> str:
    """Return a value of an indicator as people print it."""
    if value is None:
        return "—"
    if row.unit == "percent":
        # what is short of the target must not be rounded up to it
        short = value < row.target.value
        places = (n for n in (1, 2, 3) if not short or round(value, n) < row.target.value)
        return f"{value:.{next(places, 4)}f} %"
    if row.unit == "yuan":
        return f"{value / 10_000:,.1f} " + tr("10k yuan", "万元")
    return f"{value:,.0f}"


def rate_printed(row: PlanIndicator, rate: float | None) -> str:
    """Return a required rate as people print it: points a year, or growth a year."""
    if rate is None:
        return "—"
    if row.path.kind == "geometric":
        return tr(f"{rate:+.1%} a year".replace("%", " %"), f"年均增长 {rate:.1%}")
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
    day, before = found["off_path_since"], found["on_path_until"]
    if before is None:
        return tr(
            f"off its path since the observation of {day}, the first that can be judged",
            f"自{day}的观测(首个可判定的观测)起偏离进度",
        )
    return tr(
        f"off its path since the observation of {day}, last on it at {before}",
        f"自{day}的观测起偏离进度({before}尚未偏离)",
    )


def named_behind(found: dict[str, Any], *, every: bool = False) -> str:
    """Return the counties behind, most behind first, those of equal gaps as equal."""
    named = found["behind"] if every else found["worst"]
    groups: dict[int, list[str]] = {}
    for code, place in zip(named or (), found["behind_places"] or (), strict=False):
        groups.setdefault(place, []).append(division(code).name)
    if len(groups.get(1, ())) == len(counties()):
        return tr("all nine counties equally", "九个县(市、区)并列")
    equal = tr(" (equal)", "(并列)")
    return tr(", ", "、").join(
        tr(" = ", "=").join(names) + (equal if len(names) > 1 else "") for names in groups.values()
    )


def sentence(found: dict[str, Any]) -> str:
    """Return one row of a progress frame in a sentence."""
    row, state = indicator(found["indicator"]), STATUSES[found["status"]]
    kind = ATTRIBUTES[row.attribute]
    parts = [f"{row.name}{tr(f' ({kind.en})', f'({kind.zh})')}{tr(': ', ':')}{state.word}"]
    if found["value"] is not None:
        value = printed(row, found["value"])
        parts.append(tr(f"{value} at {found['period']}", f"{found['period']}为{value}"))
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
        if found["worst"]:
            named = named_behind(found)
            parts.append(tr(f"most behind: {named}", f"最滞后:{named}"))
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

"""The overview of an area: a verdict in one sentence, and a row per indicator that tells where and since when.

Everything is read from a progress frame and its verdicts; nothing is judged again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Final

import polars as pl

from lishui_credit.language import dated, dated_month, plural, tr
from lishui_credit.plan.course import quarters
from lishui_credit.plan.definitions import ATTRIBUTES, BASE, PlanIndicator, indicators
from lishui_credit.plan.divisions import CITY, counties, division
from lishui_credit.plan.labels import interval_printed
from lishui_credit.plan.sentences import change_sentence, changes
from lishui_credit.plan.status import STATUSES, Status

_RHYTHM: Final = {
    "year": ("year", "年"),
    "quarter": ("quarter", "季"),
    "month": ("month", "个月"),
}
_NAMED: Final = 5
"""Most counties off their paths that are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewRow:
    """One indicator in one area.

    Parameters
    ----------
    row : PlanIndicator
    found : mapping
        Its row of the progress frame.
    quarters : tuple of (date, str)
        Every quarter of the plan up to the day asked for, with the status last observed by its end.
    observed : int
        Observations that could be judged.
    off : int
        Of them, those off the path.
    again : bool
        Whether one before the present run was off the path too.
    counties : tuple of (str, str)
        The nine counties by code, with their statuses; empty for a county.
    """

    row: PlanIndicator
    found: Mapping[str, Any]
    quarters: tuple[tuple[date, str], ...]
    observed: int
    off: int
    again: bool
    counties: tuple[tuple[str, str], ...]

    @property
    def state(self) -> Status:
        """The status on the day."""
        return STATUSES[self.found["status"]]

    @property
    def counties_off(self) -> tuple[str, ...]:
        """Codes of the counties off their paths."""
        return tuple(code for code, status in self.counties if STATUSES[status].off)

    def share(self, name: str) -> float | None:
        """Return a value of the row as a share of the 2020 target, 0 to 1."""
        value, target = self.found[name], self.found["target"]
        return None if value is None or not target else min(max(value / target, 0.0), 1.0)


def overview(
    table: pl.DataFrame, verdicts: pl.DataFrame, at: date, adcode: str = CITY
) -> tuple[OverviewRow, ...]:
    """Return the twelve indicators of an area: by attribute, inside it the worst first.

    Parameters
    ----------
    table : polars.DataFrame
        From `lishui_credit.plan.standings.progress`.
    verdicts : polars.DataFrame
        From `lishui_credit.plan.standings.verdicts`, of the same observations, day and targets.
    at : date
        Day asked for.
    adcode : str
        Area.

    Returns
    -------
    tuple of OverviewRow

    Examples
    --------
    >>> from lishui_credit.plan.standings import progress, verdicts
    >>> seen = pl.DataFrame({"indicator": ["website_rate"] * 2, "adcode": ["331100"] * 2,
    ...     "period": [BASE, date(2016, 6, 30)], "frequency": ["quarter"] * 2,
    ...     "numerator": [0, 0], "denominator": [10, 10]})
    >>> day = date(2016, 6, 30)
    >>> rows = overview(progress(seen, day), verdicts(seen, day), day)
    >>> rows[0].row.key, rows[0].state.id, [status for _, status in rows[0].quarters]
    ('website_rate', 'far_behind', ['no_data', 'far_behind'])
    """
    held = {(r["indicator"], r["adcode"]): r for r in table.iter_rows(named=True)}
    past: dict[str, list[tuple[date, str]]] = {key: [] for key in indicators()}
    for key, period, status in (
        verdicts.filter(pl.col("adcode") == adcode)
        .sort("period")
        .select("indicator", "period", "status")
        .iter_rows()
    ):
        past[key].append((period, status))
    days = [day for day in quarters() if BASE < day <= at]
    rows = []
    for key, row in indicators().items():
        judged = [
            status for _, status in past[key]
            if status not in ("cannot_tell", "no_baseline", "no_data")
        ]  # fmt: skip
        rows.append(
            OverviewRow(
                row=row,
                found=held[key, adcode],
                quarters=tuple((day, _by(past[key], day)) for day in days),
                observed=len(judged),
                off=sum(STATUSES[status].off for status in judged),
                again=any(
                    STATUSES[status].off and period < (held[key, adcode]["off_path_since"] or BASE)
                    for period, status in past[key]
                ),
                counties=tuple(
                    (area.adcode, held[key, area.adcode]["status"]) for area in counties()
                )
                if adcode == CITY
                else (),
            )
        )
    ranks, kinds = list(STATUSES), list(ATTRIBUTES)
    rows.sort(key=lambda r: (kinds.index(r.row.attribute), ranks.index(r.state.id)))
    return tuple(rows)


def _by(past: Sequence[tuple[date, str]], day: date) -> str:
    return next((status for period, status in reversed(past) if period <= day), "no_data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The headline of an overview: what comes before the bad news, the bad news, and what is off."""

    lead: str
    news: str
    named: str
    below: str

    def __str__(self) -> str:
        """Return the headline in one piece."""
        return f"{self.lead}{self.news}{self.named}"


def verdict(rows: Sequence[OverviewRow], at: date, adcode: str = CITY) -> Verdict:
    """Return what an overview says, in a headline and a line of counts below it."""
    off = [row for row in rows if row.state.off]
    place = "" if adcode == CITY else tr(f"{division(adcode).name}: ", f"{division(adcode).name}：")
    near, unknown, good = (
        sum(row.state.id in names for row in rows)
        for names in (
            ("near",),
            ("cannot_tell", "no_baseline", "no_data"),
            ("on_track", "ahead", "achieved"),
        )
    )
    parts = [
        tr(f"{near} near its path" if near == 1 else f"{near} near their paths", f"{near}项接近进度"),
        tr(f"{unknown} cannot be told", f"{unknown}项暂不能判定"),
        tr(f"{good} on the path or ahead", f"{good}项符合或超前"),
    ]  # fmt: skip
    told = [said for count, said in zip((near, unknown, good), parts, strict=True) if count]
    below = tr(
        f"As of {dated(at)}: {', '.join(told)}." if told else f"As of {dated(at)}.",
        f"截至{dated(at)}；{'另有' if off else ''}{'、'.join(told)}。" if told else f"截至{dated(at)}。",
    )  # fmt: skip
    if not off:
        known = len(rows) - unknown
        lead = tr(
            f"None of {known} judged indicators is off its path" if known else "No indicator can be judged yet",
            f"能判定的{known}项指标均未偏离进度" if known else "十二项指标均暂不能判定",
        )  # fmt: skip
        return Verdict(lead=place + lead, news="", named="", below=below)
    names = tr(", ", "、").join(row.row.short for row in off)
    return Verdict(
        lead=place + tr("", "十二项指标中"),
        news=tr(f"{len(off)} of 12 indicators {'is' if len(off) == 1 else 'are'} off the path", f"{len(off)}项偏离进度"),
        named=tr(f": {names}", f"：{names}"),
        below=below,
    )  # fmt: skip


def turned(before: pl.DataFrame, now: pl.DataFrame, adcode: str = CITY) -> list[str]:
    """Return in sentences whose status changed between two progress frames of an area, worse first."""
    moved = changes(before, now).filter(
        (pl.col("adcode") == adcode) & (pl.col("status") != pl.col("status_before"))
    )
    order = ("worse", "better", "same")
    rows = sorted(moved.iter_rows(named=True), key=lambda row: order.index(row["turned"]))
    return [change_sentence(row) for row in rows]


def gap_said(row: OverviewRow) -> str:
    """Return how far the value is from what is due, with its sign: points, or a share of what is due."""
    gap, path = row.found["gap"], row.found["path"]
    if gap is None or (row.row.unit != "percent" and not path):
        return ""
    points = row.row.unit == "percent"
    share = gap if points else 100 * gap / path
    # A gap is never rounded to none.
    digits = next((n for n in (1, 2, 3) if round(share, n)), 4) if share else 1
    said = f"{share:+.{digits}f}".replace("-", "−") if share else "0"
    return said + (tr(" points", "个百分点") if points else "%")


def since_said(row: OverviewRow) -> tuple[str, str]:
    """Return since when an indicator is off its path, and how many observations were; empty where it is not."""
    since = row.found["off_path_since"]
    if since is None:
        return "", ""
    en, zh = _RHYTHM[row.row.frequency]
    many = tr(
        f"{row.off} of {plural(row.observed, en)} off", f"{row.observed}{zh}中{row.off}{zh}偏离"
    )
    month = dated_month(since, short=True)
    begun = tr(f"since {month}", f"{month}起")
    return (tr(f"again {begun}", f"{begun}再度偏离") if row.again else begun), many


def unknown_said(row: OverviewRow) -> str:
    """Return why nothing can be said of an indicator; empty where it has a verdict."""
    found, status = row.found, row.state.id
    if status == "cannot_tell":
        reach = interval_printed(row.row, found["low"], found["high"])
        return tr(f"interval {reach} holds what is due", f"置信区间{reach}包含应达值")
    if status == "no_baseline":
        if found["base"] is None:
            return tr("no 2015 value to start from", "无2015年基数")
        return tr("the 2015 value is zero", "2015年基数为零")
    if status != "no_data":
        return ""
    there = sum(state != "no_data" for _, state in row.counties)
    if there:
        return tr(f"values of {there} of 9 counties only", f"仅有{there}县数值，缺全市数值")
    return tr("nothing observed since 2015", "2015年以后无观测")


def counties_said(row: OverviewRow) -> tuple[str, tuple[str, ...]]:
    """Return how many counties are off their paths, in words, and the codes of those to name after them.

    Where nearly all are off, the others are named.
    """
    off = row.counties_off
    if not off:
        unknown = {"no_data", "cannot_tell", "no_baseline"}
        judged = sum(status not in unknown for _, status in row.counties)
        if judged == len(row.counties):
            return tr("none off", "无偏离"), ()
        if not judged:
            return (tr("none can be judged", "均暂不能判定") if row.counties else ""), ()
        return tr(f"{judged} judged, none off", f"可判定的{judged}县无偏离"), ()
    if len(off) == len(row.counties):
        return tr("all nine off", "九县均偏离"), ()
    if len(off) > _NAMED:
        return tr(f"{len(off)} off, but not ", f"{len(off)}县偏离，除"), tuple(
            code for code, _ in row.counties if code not in off
        )
    return tr(f"{len(off)} off: ", f"{len(off)}县偏离："), off


def by_attribute(
    rows: Sequence[OverviewRow],
) -> list[tuple[str, list[OverviewRow]]]:
    """Return the rows of an overview under the word of their attribute."""
    groups = groupby(rows, key=lambda row: row.row.attribute)
    return [(str(ATTRIBUTES[name]), list(inside)) for name, inside in groups]

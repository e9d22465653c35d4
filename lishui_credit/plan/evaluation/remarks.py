"""The words of the mid-term evaluation: where the twelve stand, what the data do not say, both methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lishui_credit.language import tr
from lishui_credit.plan.definitions import PlanIndicator
from lishui_credit.plan.evaluation.grids import Cell, Grid, interval
from lishui_credit.plan.evaluation.mid_term import MidTerm
from lishui_credit.plan.methods import growth_class
from lishui_credit.plan.sentences import printed, rate_printed
from lishui_credit.plan.status import STATUSES, said


def warning(m: MidTerm) -> str:
    """Return what must stand above made-up data, in both languages; empty if all are reported."""
    if not m.synthetic:
        return ""
    share = "" if m.synthetic == m.total else f" ({m.synthetic:,} / {m.total:,})"
    return tr(
        f"SYNTHETIC DATA 合成数据{share}: made up by a program, no real value of Lishui; not for filing",
        f"合成数据 SYNTHETIC DATA{share}:由程序生成,并非丽水真实数据,不得作为正式材料报送",
    )


BLANK: Final = "_" * 24
"""A line for a person to write on."""


def about(m: MidTerm) -> list[tuple[str, str]]:
    """Return what the cover says: names and facts; what only the office knows is left blank."""
    known = str(m.known_on) if m.known_on else tr("the latest revision of each", "各观测最新修订")
    used = f"{m.total:,}"
    if m.synthetic:
        used += tr(f", of them synthetic {m.synthetic:,}", f",其中合成 {m.synthetic:,}")
    return [
        (tr("Period evaluated", "评估期间"), f"2016-01-01 – {m.at}"),
        (tr("Area", "评估地区"), m.area.name),
        (tr("Data as known on", "数据截至"), known),
        (tr("Observations used", "采用观测"), used),
        (tr("Digest of the data", "数据摘要"), f"SHA-256 {m.digest}"),
        (tr("Drawn up by", "编制单位"), BLANK),
        (tr("Document number", "文号"), BLANK),
        (tr("Date of issue", "印发日期"), BLANK),
    ]


def standing(m: MidTerm) -> str:
    """Return one paragraph: how many of the twelve are on their paths, near, off, not to be judged."""
    states = [now["status"] for _, now in m.mine()]
    good = sum(name in ("on_track", "ahead", "achieved") for name in states)
    off = sum(STATUSES[name].off for name in states)
    near = states.count("near")
    rest = len(states) - good - off - near
    return tr(
        f"On {m.at}, by the last observation of each, {good} of the plan's {len(states)} indicators in"
        f" {m.area.name} are on their paths, ahead or achieved, {near} near, {off} off; {rest} cannot be judged.",
        f"截至{m.at},按各指标最近一期观测,{m.area.name}{len(states)}项主要指标中,达标、超前或符合进度{good}项,"
        f"接近进度{near}项,偏离进度{off}项,暂无法判定{rest}项。",
    )


def remarks(m: MidTerm) -> list[str]:
    """Return what a reader must know of the data, in sentences."""
    rows = m.mine()
    told = [
        tr(
            "The plan prints names, 2020 values and attributes only: definitions, paths and owners are"
            " proposals, and 2015 values are those observed, not published ones.",
            "规划仅列出指标名称、2020年目标和属性;定义、路径、责任单位均为拟定,2015年基数为观测值,并非规划公布值。",
        )
    ]
    named = _listed(rows, lambda now: now["status"] == "no_baseline")
    if named:
        told.append(tr(f"Without a 2015 value: {named}.", f"缺2015年基数:{named}。"))
    named = _listed(rows, lambda now: now["status"] == "no_data")
    if named:
        told.append(tr(f"Without any observation: {named}.", f"无观测:{named}。"))
    named = _listed(rows, lambda now: now["disagree"])
    if named:
        told.append(tr(f"The two methods disagree on: {named}.", f"两种方法结论不一致:{named}。"))
    if m.missing.height:
        n = m.missing.height
        told.append(
            tr(
                f"Periods for which the city was not computed, a part being missing: {n} (annex 2).",
                f"因数据不全,有{n}个时期未汇总全市值(附件2)。",
            )
        )
    if m.reconciliation.height:
        n = m.reconciliation.height
        told.append(
            tr(
                f"Reported city values that do not add up from the counties: {n} (annex 2).",
                f"有{n}个上报全市值与县级汇总不符(附件2)。",
            )
        )
    if m.revisions.height:
        n = m.revisions.height
        told.append(
            tr(
                f"Observations revised after they were first recorded: {n} (annex 2).",
                f"有{n}条观测在首次记录后作过修订(附件2)。",
            )
        )
    return told


def _listed(rows: list[tuple[PlanIndicator, dict[str, Any]]], test: Any) -> str:
    return tr(", ", "、").join(row.short for row, now in rows if test(now))


def both_methods(m: MidTerm, row: PlanIndicator) -> Grid:
    """Return what each method says of one indicator, with the numbers put into its formula."""
    now = m.row(row.key)
    rows = [_schedule(row, now)]
    if row.kind != "coverage":
        rows.append(_growth(row, now))
    if row.kind == "survey":
        rows += _survey(row, now)
    rows += [_pace(row, now), _outlook(row, now)]
    return Grid(
        id=f"methods_{row.key}",
        title=tr(f"By each method, {m.area.name}", f"{m.area.name}各方法结论"),
        heads=(tr("method", "方法"), tr("numbers", "计算"), tr("result", "结果"), tr("conclusion", "结论")),
        rows=tuple(rows),
        note=tr("The two methods disagree: both stand.", "两种方法结论不一致,一并列出。") if now["disagree"] else "",
    )  # fmt: skip


def _schedule(row: PlanIndicator, now: Mapping[str, Any]) -> tuple[Cell, ...]:
    name = tr("schedule", "序时进度") + (
        tr(" (judges)", "(采用)") if row.kind == "coverage" else ""
    )
    if now["done"] is None:
        return name, tr("no 2015 value, or nothing left to gain", "缺基数,或基数已达目标"), "—", said(now["schedule_class"])  # fmt: skip
    base, value, target = (printed(row, now[k]) for k in ("base", "value", "target"))
    text = f"P = ({value} − {base}) / ({target} − {base}) = {now['done']:.2f};  τ = {now['time_share']:.2f}"
    ratio = "—" if now["schedule"] is None else f"S = {now['schedule']:.2f}"
    return name, text, ratio, said(now["schedule_class"])


def _growth(row: PlanIndicator, now: Mapping[str, Any]) -> tuple[Cell, ...]:
    name = tr("growth ratio", "增速比") + (
        tr(" (judges)", "(采用)") if row.kind == "doubling" else ""
    )
    ratio = now["growth_ratio"]
    if ratio is None:
        return name, tr("no growth is defined without a base above zero", "无大于零的基数,增速无定义"), "—", "—"  # fmt: skip
    years = 5 * now["time_share"]
    base, value, target = (printed(row, now[k]) for k in ("base", "value", "target"))
    text = f"[({value} / {base})^(1/{years:.2f}) − 1] / [({target} / {base})^(1/5) − 1]"
    told = said(now["growth_class"])
    plain = growth_class(ratio, False)
    if now["growth_class"] == "achieved" and plain != "on_track":
        told += f" ({said(plain)})"
    return name, text, f"R = {ratio:.2f}", told


def _survey(row: PlanIndicator, now: Mapping[str, Any]) -> list[tuple[Cell, ...]]:
    ends = interval(row, now["low"], now["high"]) or "—"
    beside = [
        (tr("interval (judges) against the path", "置信区间与应达值(采用)"), ends,
         tr("expected ", "应达") + printed(row, now["path"]), STATUSES[now["status"]].word),
        (tr("interval against 2020", "置信区间与2020年目标"), ends,
         tr("target ", "目标") + printed(row, now["target"]), said(now["survey_class"])),
    ]  # fmt: skip
    if now["change_significant"] is None or now["change"] is None:
        return [*beside]
    told = (
        tr("more than chance", "显著")
        if now["change_significant"]
        else tr("may be chance", "不显著")
    )
    change = tr(f"{now['change']:+.1f} points", f"{now['change']:+.1f} 个百分点")
    return [*beside, (tr("change in a year", "一年间变化"), "", change, told)]


def _pace(row: PlanIndicator, now: Mapping[str, Any]) -> tuple[Cell, ...]:
    span = "—" if now["period"] is None else f"{now['period']} – 2020-12-31"
    return (
        tr("needed from now on", "今后所需速度"),
        span,
        rate_printed(row, now["required_rate"]),
        "",
    )


def _outlook(row: PlanIndicator, now: Mapping[str, Any]) -> tuple[Cell, ...]:
    name = tr("projection to 2020", "2020年预测")
    n = now["projection_points"] or 0
    points = tr(f"{n} yearly points", f"{n}个年度点")
    if now["projected"] is None:
        return name, points, "—", tr("too few observations to project", "观测过少,不作预测")
    ends = interval(row, now["projected_low"], now["projected_high"])
    return name, points, f"{printed(row, now['projected'])} ({ends})", said(now["outlook"])

"""What a chart shows, in one sentence that stands above it; empty where nothing can be stated.

Said from the frame that the chart draws, so that words and marks cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from lishui_credit.figures.amounts import unit
from lishui_credit.figures.drift import moved_word
from lishui_credit.language import Bilingual, spoken, tr
from lishui_credit.tables.data_words import in_words
from lishui_credit.validation.groups import too_few


def _rate(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"


def went(old: float, new: float) -> str:
    """Return how a rate went, as it is printed."""
    before, after = _rate(old), _rate(new)
    if before == after:
        return tr(f"stays at {after}", f"保持 {after}")
    if new > old:
        return tr(f"rises from {before} to {after}", f"由 {before} 升至 {after}")
    return tr(f"falls from {before} to {after}", f"由 {before} 降至 {after}")


def _pair(compared: pl.DataFrame) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return the row that is tried and, where it is another cut-off, that in force."""
    rows = {row["what"]: row for row in compared.iter_rows(named=True)}
    tried, old = rows["tried"], rows.get("in force")
    return tried, None if old is None or old["cut_off"] == tried["cut_off"] else old


def trade(compared: pl.DataFrame) -> str:
    """Return what the cut-off tried does to approvals and to the bad rate."""
    tried, old = _pair(compared)
    approved, bad = tried["approval_rate"], tried["bad_rate_approved"]
    if bad is None:
        return tr(
            f"At {tried['cut_off']} nobody is approved", f"分数线 {tried['cut_off']}：无人获批准"
        )
    if old is None or old["bad_rate_approved"] is None:
        return tr(
            f"At {tried['cut_off']}, {_rate(approved)} are approved, of whom {_rate(bad)} go bad",
            f"分数线 {tried['cut_off']}：通过率 {_rate(approved)}，其中坏账率 {_rate(bad)}",
        )
    approvals = went(old["approval_rate"], approved)
    rate = went(old["bad_rate_approved"], bad)
    return tr(
        f"The approval rate {approvals}, the bad rate {rate}", f"通过率{approvals}，坏账率{rate}"
    )


def profit(
    compared: pl.DataFrame, swept: pl.DataFrame, *, currency: Bilingual | None = None
) -> str:
    """Return the profit of the cut-off tried beside that in force, or beside the most there is."""
    tried, old = _pair(compared)
    top = swept.filter(pl.col("cut_off").is_not_null()).sort("profit_fen").tail(1)
    other, at = (top["profit_fen"].item(), top["cut_off"].item()) if old is None else (
        old["profit_fen"], old["cut_off"],
    )  # fmt: skip
    money = unit([tried["profit_fen"], other], currency)
    now, then = money.said(tried["profit_fen"]), money.said(other)
    if old is None:
        if tried["cut_off"] == at:
            return tr(
                f"{at} earns the most: {now} {money.name}", f"{at} 利润最高：{now} {money.name}"
            )
        return tr(
            f"{tried['cut_off']} earns {now}, the most is {then} {money.name} at {at}",
            f"{tried['cut_off']} 的利润 {now}，最高 {then} {money.name}（{at}）",
        )
    return tr(
        f"{tried['cut_off']} earns {now} {money.name}, against {then} in force",
        f"{tried['cut_off']} 的利润 {now} {money.name}，现行 {then}",
    )


def swapped(table: pl.DataFrame) -> str:
    """Return how many leave and enter; empty where nobody does."""
    held = dict(table.select("set", "applicants").iter_rows())
    left, entered = held["swap_out"], held["swap_in"]
    if not left and not entered:
        return ""
    return tr(
        f"{left:,} lose their approval, {entered:,} gain one",
        f"{left:,} 笔不再批准，{entered:,} 笔新获批准",
    )


def swap_rates(table: pl.DataFrame) -> str:
    """Return the bad rates of those who move beside that of those who stay."""
    held = {name: rate for name, rate in table.select("set", "bad_rate").iter_rows() if rate}
    said = {
        "swap_out": tr("those who leave", "换出者"),
        "swap_in": tr("those who enter", "换入者"),
        "both": tr("those who stay", "保留者"),
    }
    parts = [f"{word} {_rate(held[name])}" for name, word in said.items() if name in held]
    if len(parts) < 2:
        return ""
    return tr("Bad rate: ", "坏账率：") + tr(", ", "，").join(parts)


def most_moved(affected: pl.DataFrame) -> str:
    """Return the group whose approval rate changes most; empty where none does."""
    rows = affected.filter(pl.col("change").is_not_null() & (pl.col("change") != 0))
    if rows.is_empty():
        return ""
    row = rows.sort(pl.col("change").abs()).tail(1).row(0, named=True)
    points = f"{100 * row['change']:+.1f}".replace("-", "−")
    name = in_words(str(row["group"]))
    return tr(f"{name} {points} points", f"{name} {points} 个百分点")


def by_group(affected: pl.DataFrame) -> str:
    """Return the group that is moved most and which stand below four fifths of the highest."""
    moved = most_moved(affected)
    below = affected.filter(pl.col("below_four_fifths").fill_null(False))["group"].to_list()
    parts = [tr(f"Moved most: {moved}", f"变化最大：{moved}")] if moved else [
        tr("No group's approval rate changes", "各组通过率均无变化")
    ]  # fmt: skip
    if below:
        named = tr(", ", "、").join(in_words(str(name)) for name in below)
        parts.append(tr(f"below 4/5: {named}", f"低于五分之四：{named}"))
    if few := few_named(affected, "subjects"):
        parts.append(few)
    return " · ".join(parts)


def few_named(table: pl.DataFrame, size: str) -> str:
    """Return which groups are too small for figures, with their sizes and the least number."""
    rows = table.filter(pl.col("needed").is_not_null())
    if rows.is_empty():
        return ""
    sizes = [(in_words(str(name)), count) for name, count in rows.select("group", size).iter_rows()]
    said = spoken(str(too_few(sizes, rows["needed"][0])))
    return tr(f"No rate where {said}", f"不作统计：{said}")


def over_years(frame: pl.DataFrame) -> str:
    """Return the grade whose share moved most between the first and the last year."""
    years = frame["year"].unique().sort().to_list()
    if len(years) < 2:
        return ""
    first, last = years[0], years[-1]
    graded = frame.filter(pl.col("grade").is_not_null())
    ends = (
        graded.filter(pl.col("year") == year).select("label", "share").rows_by_key("label")
        for year in (first, last)
    )
    before, after = ({name: held[0] for name, held in end.items()} for end in ends)
    both = [name for name in after if name in before]
    if not both:
        return ""
    name = max(both, key=lambda one: abs(after[one][0] - before[one][0]))
    moved = went(before[name][0], after[name][0])
    return tr(f"{name} {moved}, {first} to {last}", f"{first}—{last} 年，{name} {moved}")


def by_place(frame: pl.DataFrame) -> str:
    """Return where the share of the best grade is least and greatest."""
    graded = frame.filter(pl.col("grade").is_not_null())
    if graded.is_empty():
        return ""
    best = graded.filter(pl.col("place") == graded["place"].min()).sort("share")
    if best.height < 2:
        return ""
    low, high = best.row(0, named=True), best.row(-1, named=True)
    return tr(
        f"{high['label']}: from {_rate(low['share'])} in {in_words(low['group'])} to {_rate(high['share'])} in {in_words(high['group'])}",
        f"{high['label']}：{low['group']} {_rate(low['share'])} 最低，{high['group']} {_rate(high['share'])} 最高",
    )


def moves(summary: pl.DataFrame) -> str:
    """Return what share kept its grade, rose and fell; empty where nobody has both grades."""
    held = dict(summary.select("what", "subjects").iter_rows())
    of = held["same"] + held["better"] + held["worse"]
    if not of:
        return ""
    same, better, worse = (_rate(held[name] / of) for name in ("same", "better", "worse"))
    return tr(
        f"{same} keep their grade, {better} rise, {worse} fall",
        f"{same} 等级不变，{better} 上升，{worse} 下降",
    )


def resting(frame: pl.DataFrame) -> str:
    """Return how much of the points rests on unverified rows, by place."""
    weak = (
        frame.group_by("group", maintain_order=True)
        .agg(pl.col("share").filter(pl.col("weak")).sum())
        .sort("share", maintain_order=True)
    )
    if weak.is_empty():
        return ""
    low, high = weak.row(0, named=True), weak.row(-1, named=True)
    if not high["share"]:
        return tr("No points rest on unverified rows", "没有分值依据未核实条款")
    if weak.height == 1 or _rate(low["share"]) == _rate(high["share"]):
        share = _rate(high["share"])
        return tr(f"{share} of the points rest on unverified rows", f"{share} 的分值依据未核实条款")
    return tr(
        f"Unverified rows: {_rate(low['share'])} of the points in {in_words(low['group'])}, {_rate(high['share'])} in {in_words(high['group'])}",
        f"未核实条款占分值：{low['group']} {_rate(low['share'])}，{high['group']} {_rate(high['share'])}",
    )


def unverified(frame: pl.DataFrame) -> str:
    """Return how the share that rests on unverified rows went; empty where nothing rests on them."""
    said = {
        "points_share": tr("of the points", "加减分值"),
        "decided_share": tr("of the grades set by a rule", "直接判级"),
        "movable_share": tr("of the points the edition can move", "版本可变动分值"),
    }
    for column, words in said.items():
        told = frame.filter(pl.col(column).is_not_null()).sort("year")
        if told[column].fill_null(0).max():
            first, last = told.row(0, named=True), told.row(-1, named=True)
            if first["year"] == last["year"]:
                share = _rate(first[column])
                return tr(
                    f"The unverified share {words} is {share} in {first['year']}",
                    f"{first['year']} 年，{words}中未核实条款占比为 {share}",
                )
            moved = went(first[column], last[column])
            return tr(
                f"The unverified share {words} {moved}, {first['year']} to {last['year']}",
                f"{first['year']}—{last['year']} 年，{words}中未核实条款占比{moved}",
            )
    return ""


def nothing_unverified(frame: pl.DataFrame) -> str:
    """Return, in place of a chart of it, why there is no unverified share to draw."""
    if not (frame["graded"].fill_null(0) > 0).any():
        return tr("Nobody is graded here.", "此处没有已评级主体。")
    return tr(
        "In no year does a point or a grade rest on an unverified row.",
        "各年度均无分值或等级依据未核实条款。",
    )


def widest(points: pl.DataFrame) -> str:
    """Return the characteristic whose points reach farthest."""
    reach = (
        points.group_by("label", maintain_order=True)
        .agg((pl.col("points").max() - pl.col("points").min()).alias("reach"))
        .sort("reach", maintain_order=True)
    )
    if reach.is_empty():
        return ""
    label, wide = reach.row(-1)
    return tr(f"{label} moves a score most: {wide} points", f"{label}影响最大：相差 {wide} 分")


def bins(table: pl.DataFrame, label: str) -> str:
    """Return the bins of the least and of the greatest bad rate."""
    rows = table.filter(pl.col("bad_rate").is_not_null() & (pl.col("rows") > 0)).sort("bad_rate")
    if rows.height < 2:
        return ""
    low, high = rows.row(0, named=True), rows.row(-1, named=True)
    return tr(
        f"{label}: {_rate(low['bad_rate'])} bad at {low['bin']}, {_rate(high['bad_rate'])} at {high['bin']}",
        f"{label}：{low['bin']} 坏账率 {_rate(low['bad_rate'])}，{high['bin']} 为 {_rate(high['bad_rate'])}",
    )


def measured(lines: pl.DataFrame, id: str) -> str:
    """Return one figure of a validation as its report prints it, with its interval."""
    found = lines.filter(pl.col("id") == id)
    if found.is_empty():
        return ""
    name, value, interval = found.select("name", "value", "interval").row(0)
    return f"{name} {value}" + (tr(f" ({interval})", f"（{interval}）") if interval else "")


def calibrated(table: pl.DataFrame) -> str:
    """Return in how many bins the mean PD lies in the interval of the bad rate."""
    rows = table.filter(pl.col("low").is_not_null())
    if rows.is_empty():
        return ""
    inside = rows.filter(pl.col("pd").is_between("low", "high")).height
    return tr(
        f"The mean PD lies in the interval in {inside} of {rows.height} bins",
        f"{rows.height} 箱中有 {inside} 箱的平均违约概率在区间内",
    )


def graded(table: pl.DataFrame) -> str:
    """Return the bad rates of the first and the last grade."""
    rows = table.filter((pl.col("subjects") > 0) & pl.col("bad_rate").is_not_null())
    if rows.height < 2:
        return ""
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    return tr(
        f"Bad rate {_rate(first['bad_rate'])} in {first['grade']}, {_rate(last['bad_rate'])} in {last['grade']}",
        f"坏账率：{first['grade']} {_rate(first['bad_rate'])}，{last['grade']} {_rate(last['bad_rate'])}",
    )


def drifted(table: pl.DataFrame, what: str, names: Mapping[str, str] | None = None) -> str:
    """Return how many rows are not stable and which has moved most; `what` names the rows' column."""
    if table.is_empty():
        return ""
    moved = table.filter(pl.col("moved") != "stable").height
    row = table.sort("psi").row(-1, named=True)
    name = (names or {}).get(row[what], row[what])
    most = f"{name} {row['psi']:.3f} ({moved_word(row['moved'])})"
    return tr(
        f"{moved} of {table.height} not stable; the most: {most}",
        f"{table.height} 项中 {moved} 项未达稳定，最大：{most}",
    )


def over_periods(table: pl.DataFrame, metric: str, development: float | None) -> str:
    """Return a metric in the first and the last period, and at development."""
    rows = table.filter((pl.col("metric") == metric) & pl.col("value").is_not_null())
    if rows.is_empty():
        return ""
    ends = dict.fromkeys((rows.row(0, named=True)["period"], rows.row(-1, named=True)["period"]))
    held = dict(rows.select("period", "value").iter_rows())
    said = [f"{period} {held[period]:.3f}" for period in ends]
    if development is not None:
        said.append(f"{tr('at development', '建模时')} {development:.3f}")
    return f"{metric.upper()} " + tr(", ", "，").join(said)


def fewest(rows: pl.DataFrame) -> str:
    """Return on which row of an explanation most points are lost, equal ones together."""
    told = rows.with_columns(
        pl.col("points", "out_of").cast(pl.Float64, strict=False).fill_null(0.0)
    ).with_columns((pl.col("out_of") - pl.col("points")).alias("lost"))
    told = told.filter(pl.col("state").is_in(["scored", "missing"]))
    if told.is_empty():
        return ""
    most = float(told["lost"].to_numpy().max())
    if most <= 0:
        return tr("No row loses a point", "各项均未失分")
    first = told.filter(pl.col("lost") == most)
    names = tr(", ", "、").join(first["label"].head(3))
    if first.height > 3:
        names += tr(f" and {first.height - 3} more", f"等{first.height}项")
    return tr(f"Most points lost: {names}, {most:g}", f"失分最多：{names}，{most:g}分") + (
        tr(" each", "（各）") if first.height > 1 else ""
    )

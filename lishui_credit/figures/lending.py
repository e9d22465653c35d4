"""The cut-off laboratory as figures and words: what is tried against what is in force.

Drawn and said from the frames as they are; a marker shows where a cut-off stands on a curve, and
groups are marked by shape as well as colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from lishui_credit.figures import findings
from lishui_credit.figures.amounts import unit
from lishui_credit.figures.binning import short
from lishui_credit.figures.style import LEGEND, blank, rate_axis, rows_down
from lishui_credit.figures.traces import marks, reach
from lishui_credit.language import Bilingual, tr
from lishui_credit.reports.palette import BLUE, FAINT, GREY, PAPER, RED
from lishui_credit.tables.data_words import in_words

_MARK = {"size": 15, "line": {"color": PAPER, "width": 1}}
_WHAT = {"in force": ("in force", "现行"), "tried": ("tried", "试算")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One figure in words, and the lines that stand below it."""

    id: str
    name: str
    value: str
    lines: tuple[str, ...] = ()


def said_of(compared: pl.DataFrame, *, currency: Bilingual | None = None) -> list[Said]:
    """Return the figures of the cut-off that is tried, in words, beside those in force."""
    rows = {row["what"]: row for row in compared.iter_rows(named=True)}
    tried, old = rows["tried"], rows.get("in force")
    money = unit(
        [row[name] for row in rows.values() for name in ("realised_loss_fen", "profit_fen")],
        currency,
    )

    def count(value: Any) -> str:
        return f"{value:,}"

    def rate(value: Any) -> str:
        return "—" if value is None else f"{value:.1%}"

    told = []
    for column, name, say, suffix in (
        ("approved", tr("approved", "批准笔数"), count, ""),
        ("approval_rate", tr("approval rate", "通过率"), rate, ""),
        ("bad_rate_approved", tr("bad rate of the approved", "批准者坏账率"), rate, ""),
        ("bads", tr("bad loans approved", "批准的坏账笔数"), count, ""),
        ("realised_loss_fen", tr("credit loss", "信用损失"), money.said, f" {money.name}"),
        ("profit_fen", tr("profit", "利润"), money.said, f" {money.name}"),
    ):
        low, high = tried.get(f"{column}_low"), tried.get(f"{column}_high")
        lines = []
        if low is not None and high is not None:
            lines.append(tr("95 %: ", "95% 区间：") + f"{say(low)} – {say(high)}")
        if old is not None:
            lines.append(tr("in force: ", "现行：") + say(old[column]) + suffix)
        value = say(tried[column]) + suffix
        told.append(Said(id=column, name=name, value=value, lines=tuple(lines)))
    return told


def affected_said(swap: pl.DataFrame, affected: pl.DataFrame | None) -> Said:
    """Return who is affected: how many decisions change, which way, and the group moved most."""
    held = dict(swap.select("set", "applicants").iter_rows())
    left, entered = held["swap_out"], held["swap_in"]
    lines = [tr(f"{left:,} leave, {entered:,} enter", f"换出 {left:,}，换入 {entered:,}")]
    most = "" if affected is None else findings.most_moved(affected)
    if most:
        lines.append(tr(f"moved most: {most}", f"变化最大：{most}"))
    name = tr("decisions that change", "决定改变的笔数")
    return Said(id="affected", name=name, value=f"{left + entered:,}", lines=tuple(lines))


def percent(bp: int) -> str:
    """Return basis points as a percentage."""
    return f"{bp // 100}.{bp % 100:02d}%"


def steps(top: int, own: int, step: int = 10) -> list[int]:
    """Return rates to turn a dial through: every `step` basis points from 0, and the own one."""
    return sorted({*range(0, top + 1, step), own})


def marked(
    figure: Any,
    compared: pl.DataFrame,
    x: str,
    y: str,
    *,
    currency: Bilingual | None = None,
    of: Sequence[float | None] = (),
) -> Any:
    """Return a curve of a sweep with the cut-offs in force and tried marked on it."""
    money = unit(of, currency) if y.endswith("_fen") else None
    for what, colour, mark in (("in force", GREY, "square"), ("tried", RED, "star")):
        part = compared.filter(pl.col("what") == what)
        if part.is_empty():
            continue
        values = part[y].to_list()
        figure.add_scatter(
            x=part[x].to_list(),
            y=values if money is None else money.of(values),
            mode="markers",
            name=f"{tr(*_WHAT[what])}: {part['cut_off'].item()}",
            marker={**_MARK, "color": colour, "symbol": mark},
            cliponaxis=False,
        )
    return figure


def amounts_of(swept: pl.DataFrame) -> list[float | None]:
    """Return the amounts by which `cutoffs.profit_curve` chooses its unit, for `marked`."""
    frame = swept.filter(pl.col("cut_off").is_not_null())
    return [*frame["profit_fen"], *frame["profit_fen_low"], *frame["profit_fen_high"]]


def approvals_by_group(affected: pl.DataFrame, *, label: str = "", synthetic: bool = False) -> Any:
    """Return the approval rate of every group under the old policy and the new, with intervals."""
    frame = affected.filter(pl.col("old").is_not_null())
    title = tr("Who is affected", "谁受影响")
    figure = blank(title, synthetic, 680, 190 + 44 * max(3, frame.height), label)
    names = [
        short(in_words(str(group))) + (tr(" ▼ below 4/5", " ▼ 低于五分之四") if below else "")
        for group, below in frame.select("group", "below_four_fifths").iter_rows()
    ]
    figure.add_scatter(
        x=[
            value
            for pair in zip(frame["old"], frame["new"], strict=True)
            for value in (*pair, None)
        ],
        y=[place for name in names for place in (name, name, None)],
        mode="lines",
        line={"color": FAINT, "width": 6},
        hoverinfo="skip",
        showlegend=False,
    )
    for column, name, colour, mark in (
        ("old", tr("in force", "现行"), GREY, "square"),
        ("new", tr("tried", "试算"), BLUE, "diamond"),
    ):
        ends = reach(frame[column], frame[f"{column}_low"], frame[f"{column}_high"])
        rows = [f"{rows:,}" for rows in frame["subjects"]]
        more: dict[str, Any] = {"size": 11, "error_x": ends, "hovertext": rows}
        marks(figure, frame[column], names, name, colour, mark, **more)
    rate = tr("approval rate, 95% interval", "通过率(95% 区间)")
    figure.update_layout(xaxis=rate_axis(rate), legend=LEGEND)
    rows_down(figure, names)
    return figure

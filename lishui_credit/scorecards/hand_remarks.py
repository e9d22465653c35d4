"""What is said of bins that were set by hand: their direction, and what they do not keep."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from lishui_credit.language import Bilingual, tr
from lishui_credit.scorecards.bins.binning import Binning
from lishui_credit.scorecards.bins.constraints import KEEPS, Constraints, broken, direction_of

WAYS: Final = {
    "up": Bilingual("increasing", "递增"),
    "down": Bilingual("decreasing", "递减"),
    "peak": Bilingual("neither: it rises, then falls", "非单调:先升后降"),
    "valley": Bilingual("neither: it falls, then rises", "非单调:先降后升"),
    "none": Bilingual("neither increasing nor decreasing", "非单调"),
}
_ASKED: Final = {
    "up": Bilingual("increasing", "递增"),
    "down": Bilingual("decreasing", "递减"),
    "peak": Bilingual("rising, then falling", "先升后降"),
    "valley": Bilingual("falling, then rising", "先降后升"),
}


def remarks(found: Binning, asked: Constraints) -> tuple[str, ...]:
    """Return sentences on the direction of bins and on the settings that they do not keep."""
    rows = [row for row in found.bins if row.kind in ("range", "levels")]
    said = [_direction(found, asked)] if found.type == "number" else []
    empty = [row.said for row in rows if not row.rows]
    if empty:
        listed = "; ".join(empty)
        said.append(tr(f"no rows: {listed}", f"没有数据的分箱:{listed}"))
    pure = [row.said for row in rows if row.rows and not (row.goods and row.bads)]
    if pure:
        listed = "; ".join(pure)
        said.append(tr(f"only goods or only bads: {listed}", f"只有好样本或只有坏样本:{listed}"))
    if found.type != "number":  # groups have no order but that of their bad rates
        rows.sort(key=lambda row: row.woe)
    lost = broken(
        replace(asked, direction="none"),
        np.array([row.goods for row in rows]),
        np.array([row.bads for row in rows]),
        np.array([row.rows for row in rows], dtype=np.float64),
        found.total_goods,
        found.total_bads,
    )
    names = [name for name in lost if name != "direction"]
    if names:
        listed = ", ".join(f"{name}={getattr(asked, name):g}" for name in names)
        said.append(tr(f"settings not kept: {listed}", f"未满足的设置:{listed}"))
    return tuple(said)


def _direction(found: Binning, asked: Constraints) -> str:
    """Return which way the bad rate goes along the values, against the direction declared."""
    held = [row for row in found.bins if row.kind == "range" and row.rows]
    if len(held) < 2:
        return tr("one bin: the bad rate has no direction", "仅一个分箱:坏账率没有方向")
    way = direction_of(np.array([row.woe for row in held]))
    said = tr(f"bad rate along the values: {WAYS[way]}", f"坏账率随取值:{WAYS[way]}")
    declared = _ASKED.get(asked.direction)
    if declared is None:
        return said
    kept = way in KEEPS[asked.direction]
    against = (
        tr("as declared", "与声明一致")
        if kept
        else tr("AGAINST the direction declared", "与声明的方向相反或不符")
    )
    return tr(f"{said}; {against} ({declared})", f"{said};{against}({declared})")

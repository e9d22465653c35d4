"""The words, icon and order of each status: never a colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lishui_credit.language import Bilingual


@dataclass(frozen=True, slots=True)
class Status:
    """One answer to "is it on its path?"."""

    id: str
    name: Bilingual
    icon: str
    off: bool = False

    @property
    def word(self) -> str:
        """The word in the language in use."""
        return str(self.name)


STATUSES: Final[dict[str, Status]] = {
    row.id: row
    for row in (
        Status("missed", Bilingual("missed", "未完成"), "■", off=True),
        Status("reversed", Bilingual("reversed", "倒退"), "✕", off=True),
        Status("far_behind", Bilingual("far behind", "严重滞后"), "▼", off=True),
        Status("behind", Bilingual("behind", "滞后"), "▽", off=True),
        Status("near", Bilingual("near its path", "接近进度"), "◇"),
        Status("cannot_tell", Bilingual("cannot tell", "无法判定"), "?"),
        Status("no_baseline", Bilingual("no baseline", "无基数"), "○"),
        Status("no_data", Bilingual("no data", "无数据"), "—"),
        Status("on_track", Bilingual("on its path", "符合进度"), "△"),
        Status("ahead", Bilingual("ahead", "超前"), "▲"),
        Status("achieved", Bilingual("achieved", "已达标"), "✓"),
    )
}
"""Statuses by id, most urgent first. Off its path is what lies below ``near``.

``missed`` is a binding target that was not reached when the plan ended, however near it was."""

CLASSES: Final[dict[str, Bilingual]] = {
    "acceleration_needed": Bilingual("acceleration needed", "需加快"),
    "limited": Bilingual("limited progress", "进展有限"),
    "deterioration": Bilingual("deterioration", "恶化"),
    "met": Bilingual("met", "达标"),
    "not_met": Bilingual("not met", "未达标"),
}
"""Words of the classes of the growth ratio and of surveys that are no statuses."""

OF_GROWTH: Final[dict[str, str]] = {
    "achieved": "achieved",
    "on_track": "on_track",
    "acceleration_needed": "behind",
    "limited": "far_behind",
    "deterioration": "reversed",
}
"""Classes of the growth ratio as statuses."""

_VERDICT: Final[dict[str, str]] = {
    "achieved": "on",
    "ahead": "on",
    "on_track": "on",
    "near": "short",
    "behind": "short",
    "far_behind": "far",
    "reversed": "back",
}


def disagree(schedule: str, growth: str) -> bool:
    """Tell whether the schedule and the growth ratio judge differently."""
    return _VERDICT[schedule] != _VERDICT[OF_GROWTH[growth]]


def said(name: str | None) -> str:
    """Return a status or class in the language in use; a dash for none."""
    if name is None:
        return "—"
    return STATUSES[name].word if name in STATUSES else str(CLASSES[name])

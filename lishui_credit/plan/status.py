"""The words, icon and order of each status: never a colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lishui_credit.language import tr


@dataclass(frozen=True, slots=True)
class Status:
    """One answer to "is it on its path?"."""

    id: str
    zh: str
    en: str
    icon: str
    off: bool = False

    @property
    def word(self) -> str:
        """The word in the language in use."""
        return tr(self.en, self.zh)


STATUSES: Final[dict[str, Status]] = {
    row.id: row
    for row in (
        Status("reversed", "倒退", "reversed", "✕", off=True),
        Status("far_behind", "严重滞后", "far behind", "▼", off=True),
        Status("behind", "滞后", "behind", "▽", off=True),
        Status("near", "接近进度", "near its path", "◇"),
        Status("cannot_tell", "无法判定", "cannot tell", "?"),
        Status("no_baseline", "无基数", "no baseline", "○"),
        Status("no_data", "无数据", "no data", "—"),
        Status("on_track", "符合进度", "on its path", "△"),
        Status("ahead", "超前", "ahead", "▲"),
        Status("achieved", "已达标", "achieved", "✓"),
    )
}
"""Statuses by id, most urgent first. Off its path is what lies below ``near``."""

CLASSES: Final[dict[str, tuple[str, str]]] = {
    "acceleration_needed": ("需加快", "acceleration needed"),
    "limited": ("进展有限", "limited progress"),
    "deterioration": ("恶化", "deterioration"),
    "met": ("达标", "met"),
    "not_met": ("未达标", "not met"),
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
    if name in STATUSES:
        return STATUSES[name].word
    zh, en = CLASSES[name]
    return tr(en, zh)

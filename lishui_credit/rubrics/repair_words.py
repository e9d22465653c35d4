"""A repair in words: what correcting an event gives back, by how soon."""

from __future__ import annotations

from lishui_credit.language import plural, tr
from lishui_credit.rubrics.law.event_rules import RepairWindow


def window_said(window: RepairWindow) -> str:
    """Return what a correction gives back, by how soon, in one phrase."""
    when = []
    if window.days_at_most is not None:
        days = window.days_at_most
        when.append(tr(f"within {plural(days, 'day')}", f"{days} 日内"))
    if window.same_year:
        when.append(tr("in the same year", "当年内"))
    if window.next_year:
        when.append(tr("by the end of the next year", "次年年底前"))
    if window.restore is not None:
        back = tr(f"{plural(window.restore, 'point')} back", f"退回 {window.restore} 分")
    else:
        back = tr(f"{window.restore_percent}% back", f"退回 {window.restore_percent}%")
    small = ""
    if window.small_amount is not None:
        small = tr(
            f" ({window.small_restore} for up to {window.small_amount} yuan)",
            f"({window.small_amount} 元以下退回 {window.small_restore} 分)",
        )
    soon = tr(", ", "、").join(when) or tr("later", "此后")
    return tr(f"{soon}: {back}{small}", f"{soon}:{back}{small}")

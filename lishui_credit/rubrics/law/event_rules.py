"""What an edition says of dated events: what they cost, and what a repair gives back."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from lishui_credit.citation import Cited

Number = int | Decimal
Counting = Literal["per_tax_type", "per_occurrence", "per_month", "once"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Percent:
    """Extra points of an event: ``times`` times an amount over another, both on the event."""

    column: str
    over: str
    times: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What the wording of a row says of its events: an amount, or its share of another, in yuan."""

    column: str
    over: str | None = None
    at_least: Number | None = None
    below: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule:
    """How dated events of one code cost points."""

    code: str  # value of the event table's ``code``
    # The unit: each tax type each time; each row; each calendar month with at least one; once.
    count: Counting
    # Points lost per unit, above 0; left out where they are not known: the event is then known,
    # listed and costs nothing.
    deduct: Number | None = None
    percent: Percent | None = None  # added to `deduct`
    repair: str | None = None  # id of the `Repair` class that gives a share back
    limits: tuple[Limit, ...] = ()  # an event that breaks one belongs to another row
    formerly: tuple[str, ...] = ()  # codes the row had here before: told to a file that has one


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairWindow:
    """A length of delay, and the points or the percent of the deduction a correction in it restores."""

    days_at_most: int | None = None
    same_year: bool = False
    next_year: bool = False  # at the latest in the year after
    restore: Number | None = None
    restore_percent: int | None = None
    # `small_restore` points instead where ``tax_amount`` is at most `small_amount` yuan
    small_amount: Number | None = None
    small_restore: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair(Cited):
    """A class of repair (信用修复): windows by delay, of which the first that fits counts."""

    id: str
    label_zh: str
    measured_from: Literal["recorded_on", "due_on"]  # the delay runs to ``corrected_on``
    windows: tuple[RepairWindow, ...]
    # Each event row is one payment: what it restores is scaled by paid_amount / tax_amount.
    paid_share: bool = False
    label_en: str = ""
    note: str = ""
    note_zh: str = ""

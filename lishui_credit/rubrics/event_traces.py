"""One subject's events, each with what it costs and why: counted, repaired, exempt or out of reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Literal

import polars as pl

from lishui_credit.language import Bilingual, dated, tr
from lishui_credit.reports.layout import cut
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.engine.tally import weighed
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.data_words import in_words

Told = Literal[
    "counts",
    "repaired",
    "same unit",
    "same occurrence",
    "decides",
    "decides repaired",
    "exempt",
    "not known",
    "other year",
    "no points",
]

_WHY: Final[Mapping[str, Bilingual]] = {
    "counts": Bilingual("counts", "计入"),
    "repaired": Bilingual("costs nothing: repaired in full", "不扣分:已全部修复"),
    "same unit": Bilingual(
        "costs nothing more: another event of the same unit counts", "不另扣分:同一计扣单位已扣"
    ),
    "same occurrence": Bilingual(
        "further payment of the occurrence above", "同一事项的另一笔缴款,已并入上一行"
    ),
    "decides": Bilingual("decides the grade directly", "直接判级"),
    "decides repaired": Bilingual("direct grade, repaired", "直接判级事项,已修复"),
    "exempt": Bilingual("costs nothing: exempt", "不扣分:已豁免"),
    "not known": Bilingual(
        "costs nothing: recorded after the day of grading", "不扣分:记录日期晚于评级日"
    ),
    "other year": Bilingual("costs nothing: outside the year assessed", "不扣分:不在评价年度内"),
    "no points": Bilingual(
        "costs nothing: the edition counts no points for it", "不扣分:该版本未对此计分"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedEvent:
    """One event of a subject, and what the edition made of it; points in the edition's unit."""

    event_id: str
    code: str
    label: str
    clause: str
    told: Told
    occurred_on: date
    recorded_on: date | None = None
    corrected_on: date | None = None  # as known on the day of grading
    tax_type: str = ""
    deducted: int = 0
    restored: int = 0  # given back by the repair
    cost: int = 0  # what is left

    @property
    def counts(self) -> bool:
        """Whether it moved the points or the grade."""
        return self.told in ("counts", "decides")

    @property
    def why(self) -> str:
        """What the edition made of it, in words."""
        return str(_WHY[self.told])

    def as_dict(self, unit: int) -> dict[str, Any]:
        """Return it as plain data, points as printed."""
        points = {
            name: tables.printed(getattr(self, name), unit)
            for name in ("deducted", "restored", "cost")
        }
        return {**asdict(self), **points, "why": self.why}


def filled(events: pl.DataFrame, rubric: Rubric) -> pl.DataFrame:
    """Return events with every column the edition reads; those that are not at hand are null."""
    known = dictionary()
    return events.with_columns(
        pl.lit(None, dtype=compiled.dtype(known[name], pl)).alias(name)
        for name in event_rules.needed_columns(rubric)
        if name not in events.columns
    )


def trace(
    events: pl.DataFrame, rubric: Rubric, *, as_of: date, period: int | None
) -> tuple[TracedEvent, ...]:
    """Return one subject's events in order of their days, each with what it costs and why.

    `events` are conformed, of one subject, ``event_id`` never null (see `intake.events_of`).
    """
    numbered = filled(events, rubric).sort("occurred_on", "event_id").with_row_index("_place")
    counted = weighed(numbered.lazy(), rubric, as_of=as_of, period=period)
    by_place = {row["_place"]: row for row in counted.iter_rows(named=True)}
    labels = event_labels(rubric)
    bearing = _bearing(counted)
    found = []
    for row in numbered.iter_rows(named=True):
        weight = by_place.get(row["_place"], {})
        told = _told(row, weight, bearing, rubric, as_of)
        bears = told in ("counts", "repaired")
        deducted, cost = (weight.get(name) or 0 for name in ("_deduct", "_net"))
        label, clause = labels.get(row["code"], ("", ""))
        corrected = row["corrected_on"]
        found.append(
            TracedEvent(
                event_id=row["event_id"],
                code=row["code"],
                label=label,
                clause=clause,
                told=told,
                occurred_on=row["occurred_on"],
                recorded_on=row["recorded_on"],
                corrected_on=corrected if corrected is not None and corrected <= as_of else None,
                tax_type=row["tax_type"] or "",
                deducted=deducted if bears else 0,
                restored=deducted - cost if bears else 0,
                cost=cost if bears else 0,
            )
        )
    return tuple(found)


def event_labels(rubric: Rubric) -> dict[str, tuple[str, str]]:
    """Return the label and clause of every event code."""
    found = {row.event: (row_label(row), row.clause) for row in rubric.overrides if row.event}
    for row in rubric.indicators:
        if row.event is not None:
            found[row.event.code] = (row_label(row), row.clause)
    return found


def _bearing(counted: pl.DataFrame) -> dict[str, set[int]]:
    """Return the first event of every occurrence, and of every unit the one that costs most."""
    scored = counted.filter(pl.col("_deduct").is_not_null())
    unit = ["code", *event_rules.UNIT]
    first = scored.unique([*unit, "event_id"], keep="first", maintain_order=True)
    most = first.sort("_net", "_place", descending=[True, False]).unique(
        unit, keep="first", maintain_order=True
    )
    return {"occurrence": set(first["_place"]), "unit": set(most["_place"])}


def _told(
    row: Mapping[str, Any],
    weight: Mapping[str, Any],
    bearing: Mapping[str, set[int]],
    rubric: Rubric,
    as_of: date,
) -> Told:
    if not weight:
        if row["exempt"]:
            return "exempt"
        late = row["recorded_on"] is not None and row["recorded_on"] > as_of
        return "not known" if late else "other year"
    triggers = [rule.id for rule in event_rules.triggers(rubric) if rule.event == row["code"]]
    if any(weight[f"{compiled.EVENT_OPEN}{rule}"] for rule in triggers):
        return "decides"
    if triggers and weight["_deduct"] is None:
        return "decides repaired"
    if weight["_deduct"] is None:
        return "no points"
    if row["_place"] not in bearing["occurrence"]:
        return "same occurrence"
    if row["_place"] not in bearing["unit"]:
        return "same unit"
    return "counts" if weight["_net"] else "repaired"


FIELDS: Final = (
    "occurred_on", "event_id", "label", "tax_type", "deducted", "corrected_on", "restored", "cost", "why",
)  # fmt: skip
"""Fields of an event below each of its `heads`."""


def heads() -> tuple[str, ...]:
    """Return the heads of a table of events."""
    return (
        tr("date", "日期"),
        tr("document", "文书(事件编号)"),
        tr("event", "事项"),
        tr("tax", "税种"),
        tr("deducted", "扣分"),
        tr("repaired on", "修复日期"),
        tr("given back", "修复加分"),
        tr("cost", "净扣分"),
        tr("what it did", "说明"),
    )


def cells(event: TracedEvent, unit: int) -> tuple[str, ...]:
    """Return an event as cells of that table."""
    bears = event.told in ("counts", "repaired")

    def points(value: int) -> str:
        return tables.printed(value, unit) if bears else "—"

    share = ""
    if event.restored and event.deducted:
        share = f" ({100 * event.restored / event.deducted:.0f}%)"
    return (
        dated(event.occurred_on, short=True),
        event.event_id,
        cut(f"{event.code} {event.label}", 40),
        in_words(event.tax_type or "—"),
        points(event.deducted),
        dated(event.corrected_on, short=True),
        points(event.restored) + share,
        points(event.cost),
        event.why,
    )

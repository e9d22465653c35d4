"""Pass or fail per period, for a scheduler: which check, its p, the line it was held to.

Two checks, each with the promised chance of a false alarm per period: `population` (PSI of the score
and CSI of every column and crossed table at once) when scores come, `outcomes` (bad rate and AUC against what the
PDs promised, both at once) when they are known. A check that could not be made has no answer,
never a pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from lishui_credit.monitoring.ledger import OUTCOMES, SCORES, Ledger
from lishui_credit.monitoring.period_records import Rules

POPULATION: Final = "population"
FILE: Final = "verdict.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of one period.

    Parameters
    ----------
    period, check : str
        ``check`` is "population" or "outcomes".
    passes : bool, optional
        None where it could not be made yet.
    p : float, optional
        Of the whole family.
    beyond : tuple of str
        What lies beyond its line: columns and crossed tables, or "bad_rate", "auc".
    """

    period: str
    check: str
    passes: bool | None
    p: float | None = None
    beyond: tuple[str, ...] = ()


def checks(ledger: Ledger, rules: Rules, periods: Sequence[str]) -> list[Check]:
    """Return both checks of every period, by its latest records."""
    found = []
    for period in periods:
        scores = ledger.of(period, SCORES)[-1]
        found.append(_population(period, scores["stability"], rules))
        outcomes = ledger.of(period, OUTCOMES)
        found.append(_outcomes(period, outcomes[-1] if outcomes else None, rules))
    return found


def alarms(row: Mapping[str, Any], rules: Rules) -> bool:
    """Whether an index is beyond the family's line, and large enough to be told."""
    return bool(row["p_family"] <= rules.level and row["psi"] >= rules.least_psi)


def _population(period: str, rows: Sequence[Mapping[str, Any]], rules: Rules) -> Check:
    beyond = tuple(row["feature"] for row in rows if alarms(row, rules))
    least = min(row["p_family"] for row in rows)
    return Check(period=period, check=POPULATION, passes=not beyond, p=least, beyond=beyond)


def _outcomes(period: str, row: Mapping[str, Any] | None, rules: Rules) -> Check:
    if row is None:
        return Check(period=period, check=OUTCOMES, passes=None)
    passes = row["p_family"] > rules.level
    told = [
        name
        for name in ("bad_rate", "auc")
        if (value := row["observed"][name]) is not None
        and not row["expected"][f"{name}_low"] <= value <= row["expected"][f"{name}_high"]
    ]
    return Check(
        period=period,
        check=OUTCOMES,
        passes=passes,
        p=row["p_family"],
        beyond=() if passes else tuple(told),
    )


def verdict(ledger: Ledger, rules: Rules, periods: Sequence[str]) -> dict[str, Any]:
    """Return what ``verdict.json`` says of the periods of a run."""
    found = checks(ledger, rules, periods)
    failed = [row for row in found if row.passes is False]
    settings = ledger.settings
    return {
        "schema": "lishui_credit/watch-verdict/1",
        "passes": not failed,
        "exit_code": 1 if failed else 0,
        "card": settings["card"],
        "card_sha256": settings["card_sha256"],
        "synthetic": any(row.get("synthetic") for row in ledger.entries),
        "thresholds": {
            **asdict(rules),
            "family": {
                POPULATION: "PSI of the score and CSI of every column and crossed table, single-step max-T",
                OUTCOMES: "bad rate and AUC against the PDs, single-step max-T",
            },
        },
        "checks": [asdict(row) for row in found],
        "not_judged": [f"{row.period} {row.check}" for row in found if row.passes is None],
        "history_last": ledger.last,
    }

"""The plan's twelve indicators: definitions, observations, progress against the path to 2020.

Names are imported when first used: importing this folder loads no duckdb and no scipy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lishui_credit.plan.definitions import (
        Milestone,
        PlanIndicator,
        Target,
        indicator,
        indicators,
        milestones,
    )
    from lishui_credit.plan.divisions import Division, areas, counties, division
    from lishui_credit.plan.observations import SCHEMA
    from lishui_credit.plan.store import Store

_HOMES = {
    "Division": "divisions",
    "Milestone": "definitions",
    "PlanIndicator": "definitions",
    "SCHEMA": "observations",
    "Store": "store",
    "Target": "definitions",
    "areas": "divisions",
    "counties": "divisions",
    "division": "divisions",
    "indicator": "definitions",
    "indicators": "definitions",
    "milestones": "definitions",
}

__all__ = [
    "SCHEMA",
    "Division",
    "Milestone",
    "PlanIndicator",
    "Store",
    "Target",
    "areas",
    "counties",
    "division",
    "indicator",
    "indicators",
    "milestones",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'lishui_credit.plan' has no attribute '{name}'")
    return getattr(import_module(f"lishui_credit.plan.{home}"), name)

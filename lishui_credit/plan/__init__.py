"""The plan's twelve indicators: definitions, observations, progress against the path to 2020.

Names are imported when first used: importing this folder loads no duckdb and no scipy.
`progress` and `observations` are taken from the modules of the same name.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lishui_credit.plan.aggregate import with_city
    from lishui_credit.plan.definitions import (
        Milestone,
        PlanIndicator,
        Target,
        indicator,
        indicators,
        milestones,
    )
    from lishui_credit.plan.divisions import Division, areas, counties, division
    from lishui_credit.plan.intake import read_observations
    from lishui_credit.plan.observations import SCHEMA, latest
    from lishui_credit.plan.shapes import outlines
    from lishui_credit.plan.status import STATUSES
    from lishui_credit.plan.store import Store
    from lishui_credit.plan.targets import read_targets, yearly_targets

_HOMES = {
    "Division": "divisions",
    "Milestone": "definitions",
    "PlanIndicator": "definitions",
    "SCHEMA": "observations",
    "STATUSES": "status",
    "Store": "store",
    "Target": "definitions",
    "areas": "divisions",
    "counties": "divisions",
    "division": "divisions",
    "indicator": "definitions",
    "indicators": "definitions",
    "latest": "observations",
    "milestones": "definitions",
    "outlines": "shapes",
    "read_observations": "intake",
    "read_targets": "targets",
    "with_city": "aggregate",
    "yearly_targets": "targets",
}

__all__ = [
    "SCHEMA",
    "STATUSES",
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
    "latest",
    "milestones",
    "outlines",
    "read_observations",
    "read_targets",
    "with_city",
    "yearly_targets",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'lishui_credit.plan' has no attribute '{name}'")
    return getattr(import_module(f"lishui_credit.plan.{home}"), name)

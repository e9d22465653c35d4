"""The plan's twelve indicators: definitions, observations, progress against the path to 2020.

Names are imported when first used: importing this folder loads no duckdb and no scipy. `progress`
and `observations` share their names with their modules, which would take the names when another
module imports them, so they are bound here at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lishui_credit import first_use
from lishui_credit.plan.observed.table import observations
from lishui_credit.plan.standings import progress

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
    from lishui_credit.plan.evaluation.files import write_report
    from lishui_credit.plan.evaluation.mid_term import MidTerm, mid_term
    from lishui_credit.plan.observed.city import with_city
    from lishui_credit.plan.observed.reading import read_observations
    from lishui_credit.plan.observed.store import Store
    from lishui_credit.plan.observed.table import SCHEMA, latest
    from lishui_credit.plan.records.codes import code_coverage
    from lishui_credit.plan.records.collection import completeness
    from lishui_credit.plan.records.computed import Computed
    from lishui_credit.plan.records.lists import list_coverage
    from lishui_credit.plan.records.openings import client_rate, website_rate
    from lishui_credit.plan.records.publication_fields import compliance
    from lishui_credit.plan.records.publicity import concealment, double_publicity
    from lishui_credit.plan.records.raking import Raking, rake
    from lishui_credit.plan.records.revenue import service_revenue
    from lishui_credit.plan.records.survey import Survey, change, satisfaction
    from lishui_credit.plan.records.survey_design import allocation, answers_to_prove, sample_size
    from lishui_credit.plan.records.usage import query_volume
    from lishui_credit.plan.shapes import outlines
    from lishui_credit.plan.status import STATUSES
    from lishui_credit.plan.targets import read_targets, yearly_targets

_HOMES = {
    "Computed": "records.computed",
    "Division": "divisions",
    "MidTerm": "evaluation.mid_term",
    "Milestone": "definitions",
    "PlanIndicator": "definitions",
    "Raking": "records.raking",
    "SCHEMA": "observed.table",
    "STATUSES": "status",
    "Store": "observed.store",
    "Survey": "records.survey",
    "Target": "definitions",
    "allocation": "records.survey_design",
    "answers_to_prove": "records.survey_design",
    "areas": "divisions",
    "change": "records.survey",
    "client_rate": "records.openings",
    "code_coverage": "records.codes",
    "completeness": "records.collection",
    "compliance": "records.publication_fields",
    "concealment": "records.publicity",
    "counties": "divisions",
    "division": "divisions",
    "double_publicity": "records.publicity",
    "indicator": "definitions",
    "indicators": "definitions",
    "latest": "observed.table",
    "list_coverage": "records.lists",
    "mid_term": "evaluation.mid_term",
    "milestones": "definitions",
    "outlines": "shapes",
    "query_volume": "records.usage",
    "rake": "records.raking",
    "read_observations": "observed.reading",
    "read_targets": "targets",
    "sample_size": "records.survey_design",
    "satisfaction": "records.survey",
    "service_revenue": "records.revenue",
    "website_rate": "records.openings",
    "with_city": "observed.city",
    "write_report": "evaluation.files",
    "yearly_targets": "targets",
}

__all__ = [
    "SCHEMA",
    "STATUSES",
    "Computed",
    "Division",
    "MidTerm",
    "Milestone",
    "PlanIndicator",
    "Raking",
    "Store",
    "Survey",
    "Target",
    "allocation",
    "answers_to_prove",
    "areas",
    "change",
    "client_rate",
    "code_coverage",
    "completeness",
    "compliance",
    "concealment",
    "counties",
    "division",
    "double_publicity",
    "indicator",
    "indicators",
    "latest",
    "list_coverage",
    "mid_term",
    "milestones",
    "observations",
    "outlines",
    "progress",
    "query_volume",
    "rake",
    "read_observations",
    "read_targets",
    "sample_size",
    "satisfaction",
    "service_revenue",
    "website_rate",
    "with_city",
    "write_report",
    "yearly_targets",
]


__getattr__ = first_use.names(__name__, _HOMES)

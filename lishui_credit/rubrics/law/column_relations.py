"""What holds between columns whatever the edition: parts within wholes, one cause of last year's D."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Final

WITHIN: Final = (
    ("labourers", "family_members"),
    ("net_assets", "total_assets"),
    ("disposable_assets", "total_assets"),
    ("current_assets", "firm_assets"),
    ("current_liabilities", "firm_liabilities"),
    ("cash", "current_assets"),
    ("receivables", "current_assets"),
    ("inventory", "current_assets"),
    ("fixed_assets_net", "firm_assets"),
    ("credit_households", "households"),
    ("borrowers_without_arrears", "borrowers"),
    ("credit_villages", "villages"),
    ("credit_townships", "townships"),
    ("bad_loan_balance", "loan_balance"),
)
"""Columns of which the first is a part of the second."""

LAST_D: Final = ("prior_grade_direct", "prior_d_retained", "prior_d_by_score")
"""Causes of last year's D, of which at most one is true, and none without a D."""


def last_year_agrees(cells: Mapping[str, object]) -> bool:
    """Tell whether what is said of last year's grade agrees; an empty cell contradicts nothing."""
    causes = [name for name in LAST_D if cells.get(name) is True]
    grade, years = cells.get("prior_grade"), cells.get("consecutive_a_years")
    if any(combinations(causes, 2)) or (causes and grade not in (None, "D")):
        return False
    return not (isinstance(years, int) and years > 0 and grade not in (None, "A"))

"""What a bank does with a score: sweep cut-offs, count profit, set, defend and test a policy.

Names are imported when first used. Those that share a name with their module (`book`, `sweep`) are
bound here at once, or the module would take the name when another module imports it; they load
numpy and polars only.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lishui_credit.cutoffs.book import Book, book
from lishui_credit.cutoffs.sweep import sweep
from lishui_credit.cutoffs.terms import Terms

if TYPE_CHECKING:
    from lishui_credit.cutoffs.sweep import Best, best

_HOMES = {
    "Best": "sweep",
    "Break": "stress",
    "Emp": "profit_measure",
    "Joint": "stress",
    "Optimum": "optimise",
    "Policy": "policy",
    "Review": "optimise",
    "Shock": "stress",
    "affected": "affected",
    "arm_of": "power",
    "assign": "power",
    "best": "sweep",
    "best_policy": "optimise",
    "breaking_point": "stress",
    "decide": "decide",
    "emp_difference": "profit_measure",
    "expected_maximum_profit": "profit_measure",
    "exposure": "lines",
    "frontier": "affected",
    "jointly": "stress",
    "one_at_a_time": "stress",
    "read_policy": "policy_file",
    "swap": "swap",
    "two_cut_offs": "optimise",
}

__all__ = ["Best", "Book", "Terms", "best", "book", "sweep"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'lishui_credit.cutoffs' has no attribute '{name}'")
    return getattr(import_module(f"lishui_credit.cutoffs.{home}"), name)

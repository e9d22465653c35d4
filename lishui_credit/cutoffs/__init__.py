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
    from lishui_credit.cutoffs.laboratory import Laboratory, read_laboratory
    from lishui_credit.cutoffs.power import (
        Split,
        assign,
        detectable,
        detectable_mean,
        months_needed,
        power_of,
        split_size,
        split_size_of_means,
    )
    from lishui_credit.cutoffs.profit_measure import Emp, emp_difference, expected_maximum_profit
    from lishui_credit.cutoffs.stress import (
        Break,
        Joint,
        Shock,
        breaking_point,
        jointly,
        one_at_a_time,
    )
    from lishui_credit.cutoffs.sweep import Best, best

_HOMES = {
    "Best": "sweep",
    "Break": "stress",
    "Emp": "profit_measure",
    "Joint": "stress",
    "Laboratory": "laboratory",
    "Optimum": "optimise",
    "Policy": "policy",
    "Review": "optimise",
    "Shock": "stress",
    "Split": "power",
    "affected": "affected",
    "assign": "power",
    "best": "sweep",
    "best_policy": "optimise",
    "breaking_point": "stress",
    "decide": "decide",
    "detectable": "power",
    "detectable_mean": "power",
    "emp_difference": "profit_measure",
    "expected_maximum_profit": "profit_measure",
    "exposure": "lines",
    "frontier": "affected",
    "jointly": "stress",
    "months_needed": "power",
    "one_at_a_time": "stress",
    "power_of": "power",
    "read_laboratory": "laboratory",
    "read_policy": "policy",
    "split_size": "power",
    "split_size_of_means": "power",
    "swap": "swap",
    "two_cut_offs": "optimise",
}

__all__ = [
    "Best",
    "Book",
    "Break",
    "Emp",
    "Joint",
    "Laboratory",
    "Shock",
    "Split",
    "Terms",
    "assign",
    "best",
    "book",
    "breaking_point",
    "detectable",
    "detectable_mean",
    "emp_difference",
    "expected_maximum_profit",
    "jointly",
    "months_needed",
    "one_at_a_time",
    "power_of",
    "read_laboratory",
    "split_size",
    "split_size_of_means",
    "sweep",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'lishui_credit.cutoffs' has no attribute '{name}'")
    return getattr(import_module(f"lishui_credit.cutoffs.{home}"), name)

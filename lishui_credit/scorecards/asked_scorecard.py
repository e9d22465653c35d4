"""What is asked of a scorecard, checked before its fit: choices, ranges, kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from lishui_credit.errors import Problem
from lishui_credit.grades import GradeScale
from lishui_credit.language import tr
from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.scorecards.cards.scale import Odds
from lishui_credit.scorecards.joint.joint_points import JointPoints
from lishui_credit.scorecards.parameters import Within, wrong_parameters
from lishui_credit.scorecards.sample_faults import ASKED

_CHOICES: Final = {
    "scaling": ("pdo", "min_max"),
    "intercept": ("folded", "kept"),
    "selection": ("all", "forward", "l1"),
    "sign": ("constrain", "drop", "flag"),
    "faults": ASKED,
}
_RANGES: Final = {
    "pdo": Within(least=0, above=True),
    "base_score": Within(),
    "low": Within(),
    "high": Within(),
    "point_unit": Within(least=1, whole=True),
    "min_iv": Within(least=0),
    "max_correlation": Within(least=0, most=1, optional=True),
    "max_vif": Within(least=1, optional=True),
    "stop_p": Within(least=0, most=1),
    "ridge": Within(least=0),
}

_OF_WOE: Final = {
    "selection": "all",
    "sign": "constrain",
    "ridge": 1.0,
    "stop_p": 0.05,
    "max_correlation": None,
    "max_vif": None,
    "min_iv": 0.02,
}
"""Parameters of points that are a coefficient times WoE, and their defaults."""


_LATER: Final = {"points": None, "faults": ASKED[0]}
"""Settings that older cards do not hold, which said nothing of them: as these, they are not kept."""


def wrong_scorecard(asked: Mapping[str, Any]) -> list[Problem]:
    """Return everything that is wrong with the parameters of a scorecard, by name."""
    problems = wrong_parameters(asked, _RANGES, _CHOICES)
    problems += [
        Problem(what, repr(asked[name]), hint, name)
        for name, kind, what, hint in _kinds()
        if not isinstance(asked[name], kind)
    ]
    if asked["points"] is not None:
        problems += asked["points"].wrong() if isinstance(asked["points"], JointPoints) else []
        problems += [
            Problem(
                tr(
                    "it is of no effect where points are fitted jointly",
                    "联合拟合分值时该参数不起作用",
                ),
                repr(asked[name]),
                tr("leave it at its default, or leave points out", "请保持默认值,或不设 points"),
                name,
            )
            for name, default in _OF_WOE.items()
            if asked[name] != default
        ]
    if not problems and asked["scaling"] == "min_max" and not asked["low"] < asked["high"]:
        what = tr("low is not below high", "low 应小于 high")
        problems.append(Problem(what, f"{asked['low']:g}, {asked['high']:g}", where="low"))
    return problems


def _kinds() -> list[tuple[str, Any, str, str]]:
    """Return the parameters that must be of a kind: name, kind, what is said else, an example."""
    return [
        (
            "base_odds",
            Odds,
            tr(
                "base_odds must be Odds, so that their direction is clear",
                "base_odds 须为 Odds,以注明方向",
            ),
            "Odds(good=50, bad=1)",
        ),
        (
            "process",
            BinningProcess | None,
            tr("process must be a BinningProcess", "process 须为 BinningProcess"),
            "BinningProcess(max_bins=5)",
        ),
        (
            "points",
            JointPoints | None,
            tr("points must be JointPoints", "points 须为 JointPoints"),
            "JointPoints(tables=12, crossed=8)",
        ),
        (
            "grades",
            GradeScale | None,
            tr("grades must be a GradeScale", "grades 须为 GradeScale"),
            "build_scale(y, score=…).scale",
        ),
        (
            "protected",
            Mapping | None,
            tr("protected maps columns to reasons", "protected 须为列名到理由的映射"),
            '{"age": "…"}',
        ),
        (
            "labels",
            Mapping | None,
            tr("labels maps columns to Chinese names", "labels 须为列名到中文名称的映射"),
            '{"income": "收入"}',
        ),
    ]


def settings_told(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a scorecard and its bins as a card keeps them, without what it tells elsewhere."""
    elsewhere = ("process", "labels", "grades", "protected", "proxies_of", "n_jobs")
    found = {name: _plain(asked[name]) for name in sorted(asked) if name not in elsewhere}
    return {name: value for name, value in found.items() if _LATER.get(name, ...) != value}


def _plain(value: object) -> object:
    """Return a setting as JSON holds it."""
    if isinstance(value, Odds):
        return {"good": value.good, "bad": value.bad}
    if isinstance(value, JointPoints):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple | set):
        return [_plain(inner) for inner in value]
    return value.item() if isinstance(value, np.generic) else value

"""What ``fit`` is asked of the model: scale, bins, joint points, faults of the sample."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lishui_credit.commands.terminal import Parser, names_of
from lishui_credit.errors import ModelError, Problem, refuse
from lishui_credit.language import tr

if TYPE_CHECKING:
    from lishui_credit.scorecards import JointPoints, Odds
    from lishui_credit.scorecards.scorecard import Scorecard


def model_arguments(made: Parser) -> None:
    """Add the arguments of the model to ``fit``."""
    _scale_arguments(made)
    _bin_arguments(made)
    _faults_argument(made)
    _joint_arguments(made)


def _faults_argument(made: Parser) -> None:
    made.asks(
        "--faults",
        "near copies of rows and gaps that decide the outcome: told; together, which also keeps copies in"
        " one fold; off",
        "近似重复的行与决定结果的缺失:told 告知;together 另使近似行同折;off 不查",
        choices=("told", "together", "off"),
        default="told",
    )


def _scale_arguments(made: Parser) -> None:
    made.asks("--pdo", "points that double the odds", "好坏比翻倍所需分数", type=float, default=20)
    made.asks("--base-score", "score at the base odds", "基准分", type=float, default=600)
    made.asks("--base-odds", "base odds, good:bad", "基准好坏比,好:坏", default="50:1")
    made.asks(
        "--grades",
        "most grades of the master scale, 0 for none",
        "主标尺最多等级数,0 表示不设等级",
        type=int,
        default=8,
    )


def _bin_arguments(made: Parser) -> None:
    made.asks(
        "--max-bins", "most bins of a characteristic", "每个特征最多分箱数", type=int, default=8
    )
    made.asks(
        "--min-share", "least share of rows in a bin", "每箱最低样本占比", type=float, default=0.02
    )
    made.asks(
        "--min-iv",
        "least information value of a characteristic",
        "特征最低信息值(IV)",
        type=float,
        default=0.02,
    )
    made.asks(
        "--monotonic",
        "direction of the bad rate: auto, up, down, peak, valley, none",
        "坏账率随取值变化的方向:auto、up、down、peak、valley、none",
        action="append",
        default=[],
        metavar="COLUMN=up|down|…",
    )
    made.asks(
        "--special",
        "codes that get a bin of their own",
        "单独成箱的特殊代码",
        action="append",
        default=[],
        metavar="COLUMN=-9,-8",
    )
    made.asks(
        "--categorical",
        "columns of numbers that are categories, comma-separated",
        "以数字表示类别的列,逗号分隔",
        default="",
    )
    made.asks(
        "--selection",
        "how characteristics are selected",
        "特征筛选方法",
        choices=("all", "forward", "l1"),
        default="all",
    )


def _joint_arguments(made: Parser) -> None:
    made.asks(
        "--points",
        "woe: a coefficient times WoE; joint: points of all tables fitted together",
        "分值来源:woe 为系数乘以 WoE,joint 为各分值表联合拟合",
        choices=("woe", "joint"),
        default="woe",
    )
    made.asks(
        "--tables",
        "most one-way tables of --points joint (12)",
        "--points joint 的单项分值表最多张数(12)",
        type=int,
    )
    made.asks(
        "--crossed",
        "most crossed tables of --points joint, 0 for none (8)",
        "--points joint 的交叉表最多张数,0 表示不设(8)",
        type=int,
    )


# ---- command ----------------------------------------------------------------------------------


def _pairs(option: str, given: list[str]) -> dict[str, str]:
    wrong = [text for text in given if "=" not in text]
    if wrong:
        raise ModelError(
            Problem(tr(f"{option} needs COLUMN=…", f"{option} 须写成 列名=…"), text)
            for text in wrong
        )
    return dict(text.split("=", 1) for text in given)


def _codes(given: dict[str, str]) -> dict[str, list[float]]:
    try:
        return {name: [float(code) for code in names_of(text)] for name, text in given.items()}
    except ValueError as error:
        raise ModelError(tr("special codes are numbers", "特殊代码须为数字"), str(error)) from None


def _odds(text: str) -> Odds:
    from lishui_credit.scorecards import Odds

    good, _, bad = text.partition(":")
    try:
        return Odds(good=float(good), bad=float(bad or 1))
    except ValueError as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(tr("odds are good:bad", "好坏比须写成 好:坏"), text, "50:1") from None


def _joint(options: argparse.Namespace) -> JointPoints | None:
    from lishui_credit.scorecards import JointPoints

    most = {
        name: getattr(options, name)
        for name in ("tables", "crossed")
        if getattr(options, name) is not None
    }
    if options.points == "joint":
        return JointPoints(**most)
    refuse(
        (
            Problem(
                tr("it needs --points joint", "须与 --points joint 同用"),
                str(given),
                where=f"--{name}",
            )
            for name, given in most.items()
        ),
        ModelError,
    )
    return None


def asked_model(options: argparse.Namespace) -> Scorecard:
    """Return the scorecard that options of ``fit`` ask for."""
    from lishui_credit.scorecards import BinningProcess, Scorecard

    process = BinningProcess(
        max_bins=options.max_bins,
        min_share=options.min_share,
        monotonic=_pairs("--monotonic", options.monotonic) or None,
        special_codes=_codes(_pairs("--special", options.special)) or None,
        categorical=names_of(options.categorical) or None,
    )
    return Scorecard(
        process,
        pdo=options.pdo,
        base_score=options.base_score,
        base_odds=_odds(options.base_odds),
        min_iv=options.min_iv,
        selection=options.selection,
        points=_joint(options),
        protected=_pairs("--protected", options.protected) or None,
        proxies_of=names_of(options.proxies_of) or None,
        faults=options.faults,
    )

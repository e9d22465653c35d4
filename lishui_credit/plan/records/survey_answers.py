"""Answers of a satisfaction survey as they arrive: the plan's four questions and their scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.plan.records.raw_tables import AREA, RawTable, raw_column, take
from lishui_credit.plan.records.record_checks import wrong_rows

ANSWERS: Final[dict[str, tuple[str, ...]]] = {
    "very_satisfied": ("很满意", "非常满意", "5", "5.0"),
    "fairly_satisfied": ("比较满意", "较满意", "满意", "4", "4.0"),
    "neutral": ("一般", "3", "3.0"),
    "rather_dissatisfied": ("不太满意", "较不满意", "不满意", "2", "2.0"),
    "very_dissatisfied": ("很不满意", "非常不满意", "1", "1.0"),
    "dont_know": ("不了解/说不清", "不了解", "说不清", "不知道"),
    "refused": ("拒答", "拒绝回答"),
}
"""Answers by id, with the words and figures accepted for them; the last two are not valid ones."""

PER_COUNTY: Final = 400
"""Valid answers a county of the proposal: the city within 1.9 points, each county within 4.9."""

VALID: Final = tuple(ANSWERS)[:5]
TOP_TWO: Final = VALID[:2]

QUESTIONS: Final = {
    "satisfaction_government": "政务诚信满意度",
    "satisfaction_business": "商务诚信满意度",
    "satisfaction_social": "社会诚信满意度",
    "satisfaction_judicial": "司法公信满意度",
}
"""The plan's four questions: indicator and Chinese header."""


def answers_table(indicator: str, margins: tuple[str, ...] = ()) -> RawTable:
    """Return what a file of answers to one question must hold."""
    if indicator not in QUESTIONS:
        raise SubjectError(
            tr("not a survey indicator of the plan", "不是规划的调查指标"),
            indicator,
            ", ".join(QUESTIONS),
            "indicator",
        )
    known = {"sex": "性别", "age_band": "年龄段", "residence": "城乡"}
    return RawTable(
        id="answers",
        title_zh="调查答卷",
        gaps=(indicator, *margins),
        columns=(
            raw_column("respondent", "答卷编号"),
            AREA,
            raw_column(
                indicator,
                QUESTIONS[indicator],
                "level",
                values=ANSWERS,
                aliases=("answer", "回答"),
            ),
            *(raw_column(name, known.get(name, name)) for name in margins if name != "adcode"),
        ),
    )


def take_answers(
    answers: Any, indicator: str, margins: tuple[str, ...], populations: Mapping[str, int]
) -> pl.DataFrame:
    """Return the answers to one question, an empty one as refused, or everything wrong with them."""
    frame = take(answers, answers_table(indicator, margins)).rename({indicator: "answer"})
    twice = frame.filter(pl.col("respondent").is_duplicated()).height
    problems = wrong_rows(
        twice,
        tr("duplicate answer sheets", "答卷编号重复"),
        "respondent",
        tr("keep one row per respondent", "每份答卷保留一行"),
    )
    strange = sorted(set(frame["adcode"]) - set(populations))
    if strange:
        problems.append(
            Problem(
                tr("areas without a population weight", "没有人口权数的地区"),
                ", ".join(strange),
                tr("a survey is stratified by the nine counties", "调查按九个县(市、区)分层"),
                "adcode",
            )
        )
    refuse(problems)
    return frame.with_columns(pl.col("answer").fill_null("refused"))

"""Checks between columns that hold whatever the edition: parts within wholes, days in their order.

A row that breaks one of them contradicts itself, and intake rejects it rather than grade it. Sums
of several parts are not compared with their whole: in figures rounded to 万元 they may lawfully
exceed it by a unit, while one part never does.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from itertools import combinations
from typing import Any

from lishui_credit.errors import SubjectError
from lishui_credit.language import dated, tr
from lishui_credit.rubrics.law.column_relations import LAST_D, WITHIN
from lishui_credit.tables.columns import column
from lishui_credit.tables.conform import Rule


def parts(reads: Collection[str]) -> list[Rule]:
    """Return the rules that keep every part within its whole, of the columns an edition reads."""
    return [
        Rule(
            tr(
                f"{part} is more than {whole}",
                f"{column(part).label_zh}大于{column(whole).label_zh}",
            ),
            (part, whole),
            lambda small, large: small > large,
        )
        for part, whole in WITHIN
        if part in reads and whole in reads
    ]


def past_days(names: Collection[str], day: date) -> list[Rule]:
    """Return the rules that no day of `names` lies after the day of grading."""
    return [
        Rule(
            tr(
                f"{name} is after the day of grading, {dated(day)}",
                f"{column(name).label_zh}晚于评级日{dated(day)}",
            ),
            (name,),
            lambda cell: cell > day,
        )
        for name in names
    ]


def last_year(reads: Collection[str]) -> list[Rule]:
    """Return the rules that what is said of last year's grade agrees, of the columns an edition reads."""
    causes = [name for name in LAST_D if name in reads]
    rules = [
        Rule(
            tr(
                f"{name} is true, but prior_grade is not D",
                f"{column(name).label_zh}为是,但{column('prior_grade').label_zh}不是D级",
            ),
            ("prior_grade", name),
            lambda grade, cause: ~(grade == "D") & cause,
        )
        for name in causes
    ]
    rules += [
        Rule(
            tr(
                f"{one} and {other} are both true: a D has one cause",
                f"{column(one).label_zh}与{column(other).label_zh}同时为是:D级只有一个原因",
            ),
            (one, other),
            lambda first, second: first & second,
        )
        for one, other in combinations(causes, 2)
    ]
    if "consecutive_a_years" in reads:
        rules.append(
            Rule(
                tr(
                    "consecutive_a_years is above 0, but prior_grade is not A",
                    f"{column('consecutive_a_years').label_zh}大于0,"
                    f"但{column('prior_grade').label_zh}不是A级",
                ),
                ("prior_grade", "consecutive_a_years"),
                lambda grade, years: ~(grade == "A") & (years > 0),
            )
        )
    return rules


def happened(day: date, period: int | None) -> Rule:
    """Return the rule that no event counted, of the year assessed, lies after the day of grading."""

    def late(occurred: Any) -> Any:
        after = occurred > day
        return after if period is None else after & (occurred.dt.year() == period)

    reason = tr(f"after the day of grading, {dated(day)}", f"晚于评级日{dated(day)}")
    return Rule(reason, ("occurred_on",), late)


def refuse_early_grading(day: date, period: int | None) -> None:
    """Raise `SubjectError` for a day of grading that lies before the year assessed."""
    if period is not None and day.year < period:
        raise SubjectError(
            tr("the day of grading is before the year assessed", "评级日早于评价年度"),
            f"{dated(day)} < {period}",
            tr("give a later --as-of, or another --period", "请更正 --as-of 或 --period"),
        )

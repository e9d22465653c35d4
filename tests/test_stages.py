"""Which of several rules decides a grade, whatever their order in the file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations

import polars as pl
import pytest

from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Effect, Override, Rubric

TAX = catalog.rubric("tax-credit@2025-07-01")
FLAGS = ("under_three_years", "vat_zero_without_reason", "books_not_in_order")


def rule(column: str, order: int = 1, **effect: object) -> Override:
    return Override(
        id=f"{column}_rule",
        label_zh="规则",
        clause="第1条",
        evidence="placeholder",
        effect=Effect(**effect),
        missing="no",
        column=column,
        order=order,
    )


def decided(rules: tuple[Override, ...], *met: str) -> tuple[str | None, str]:
    """Grade and deciding rule of a firm with a full score and these flags."""
    rubric: Rubric = replace(TAX, overrides=rules)
    firm = {"uscc": "12331102398259791Y"} | {name: name in met for name in FLAGS}
    start = dict.fromkeys(("has_non_recurring_info", "payment_info_complete"), True)
    found = evaluate(pl.DataFrame([firm | start]), rubric, period=2025, as_of=date(2026, 4, 30))
    row: tuple[str | None, str] = found.collect().select("grade", "decided_by").row(0)
    return row


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_among_rules_of_one_order_the_worst_grade_wins(order: tuple[int, ...]) -> None:
    grades = ("B", "C", "D")
    rules = [rule(flag, set=grade) for flag, grade in zip(FLAGS, grades, strict=True)]
    listed = tuple(rules[place] for place in order)
    assert decided(listed, *FLAGS) == ("D", f"{FLAGS[2]}_rule")
    assert decided(listed, *FLAGS[:2]) == ("C", f"{FLAGS[1]}_rule")
    assert decided(listed, FLAGS[0]) == ("B", f"{FLAGS[0]}_rule")
    assert decided(listed) == ("A", "score")


@pytest.mark.parametrize("turned", [False, True])
def test_a_lower_order_decides_before_a_worse_grade(turned: bool) -> None:
    rules = (rule(FLAGS[0], order=1, set="B"), rule(FLAGS[1], order=2, set="D"))
    listed = rules[::-1] if turned else rules
    assert decided(listed, *FLAGS[:2]) == ("B", f"{FLAGS[0]}_rule")
    assert decided(listed, FLAGS[1]) == ("D", f"{FLAGS[1]}_rule")


@pytest.mark.parametrize("turned", [False, True])
def test_a_grade_that_is_set_wins_over_leaving_a_firm_ungraded(turned: bool) -> None:
    rules = (rule(FLAGS[0], not_graded=True), rule(FLAGS[1], set="B"))
    listed = rules[::-1] if turned else rules
    assert decided(listed, *FLAGS[:2]) == ("B", f"{FLAGS[1]}_rule")
    assert decided(listed, FLAGS[0]) == (None, f"not graded: {FLAGS[0]}_rule")


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_caps_the_lower_one_holds(turned: bool) -> None:
    rules = (rule(FLAGS[0], cap="B"), rule(FLAGS[1], cap="C"))
    listed = rules[::-1] if turned else rules
    assert decided(listed, *FLAGS[:2]) == ("C", f"{FLAGS[1]}_rule")
    assert decided(listed, FLAGS[0]) == ("B", f"{FLAGS[0]}_rule")

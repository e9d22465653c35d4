"""The clauses of a policy as tests, in the verbs of any engine: which one decides, what it says.

`decide` takes them in polars. Recorded, they are printed for databases and plain code; both say the
same because nothing else knows how a score meets a cut-off.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import and_
from typing import Any, Final, Generic, Literal, cast

import polars as pl

from lishui_credit.errors import PolicyError
from lishui_credit.expressions import E, Namespace, first_of, of_polars
from lishui_credit.language import tr
from lishui_credit.policies.clauses import sentences
from lishui_credit.policies.policy import (
    APPROVE,
    DECLINE,
    IN_NO_SEGMENT,
    NOT_A_GRADE,
    NOT_DECIDED,
    REFER,
    SCORE_INFINITE,
    SCORE_MISSING,
    Policy,
    Rule,
    clause,
)
from lishui_credit.scorecards.bins.binning import spellings

Held = Literal["whole", "double", "text", "flag"]
"""What a column holds; the type of the score makes its comparisons exact."""
_YES_NO: Final = spellings(["true", "false"])
"""Every spelling of yes and no, by the words a policy writes."""
_WHOLE: Final = re.compile("0|-?[1-9][0-9]*")
_INT64: Final = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class Arm(Generic[E]):
    """One step of a decision: whoever comes here and passes the test is decided so."""

    test: E | None  # None: whoever comes here
    decision: str
    clause: str


def arms(ns: Namespace[E], policy: Policy, held: Mapping[str, Held]) -> list[Arm[E]]:
    """Return the steps of a decision in their order; the last has no test.

    Parameters
    ----------
    ns : namespace
        Of the engine.
    policy : Policy
        What decides.
    held : mapping of str to {"whole", "double", "text", "flag"}
        What the policy's columns hold; grades are "text".

    Raises
    ------
    PolicyError
        If one clause of the policy would stand for two decisions.

    Examples
    --------
    >>> import polars as pl
    >>> from lishui_credit.policies.policy import Score
    >>> policy = Policy(id="a", version="1", title_zh="甲", author="b", kind="single",
    ...                 score=Score(column="s"), cut_off=600)
    >>> [(arm.decision, arm.clause) for arm in arms(pl, policy, {"s": "whole"})]
    [('not decided', 'score missing'), ('approve', 'policy: s >= 600'), ('decline', 'policy: s < 600')]
    """
    found = _unscored(ns, policy, held[policy.score.column])
    for rule in policy.rules:
        fits = _fits(ns, rule, held)
        for name, _ in rule.tests:
            missing = ns.col(name).is_null()
            if len(rule.tests) > 1:
                # Unless another test already rules the segment out, nobody knows whether it applies.
                missing = _known(fits).is_null() & missing
            found.append(Arm(missing, NOT_DECIDED, f"{name} missing"))
        for decision, cut in ((APPROVE, rule.approve), (REFER, rule.refer)):
            if cut is not None:
                good = _reaches(ns, policy, cut, held[policy.score.column])
                test = good if fits is None else fits & good
                found.append(Arm(test, decision, clause(policy, rule, decision)))
        found.append(Arm(fits, DECLINE, clause(policy, rule, DECLINE)))
    if found[-1].test is not None:
        found.append(Arm(None, NOT_DECIDED, IN_NO_SEGMENT))
    _refuse_twice(policy, found)
    return found


def _refuse_twice(policy: Policy, found: Sequence[Arm[E]]) -> None:
    decisions: dict[str, str] = {}
    for arm in found:
        if decisions.setdefault(arm.clause, arm.decision) != arm.decision:
            raise PolicyError(
                tr("one clause stands for two decisions", "同一条款对应两种决策"),
                f"{policy.id}@{policy.version}: {arm.clause}",
                tr("give every segment a name of its own", "请为各分段取不同的名称"),
            )


def decision(ns: Namespace[E], policy: Policy, held: Mapping[str, Held]) -> E:
    """Return the decision as one expression."""
    *tested, last = arms(ns, policy, held)
    pairs = ((arm.test, ns.lit(arm.decision)) for arm in tested if arm.test is not None)
    return first_of(ns, pairs, ns.lit(last.decision))


def chosen(ns: Namespace[E], steps: Sequence[Arm[E]]) -> E:
    """Return the number of the step that decides, from 0: no collation takes one for another."""
    *tested, last = range(len(steps))
    pairs = (
        (test, ns.lit(place, dtype=ns.Int32))
        for place in tested
        if (test := steps[place].test) is not None
    )
    return first_of(ns, pairs, ns.lit(last, dtype=ns.Int32))


def said(
    ns: Namespace[E], policy: Policy, steps: Sequence[Arm[E]], of: E, *, trial: bool
) -> list[E]:
    """Return the columns that follow from the step `chosen`: decision, clause, sentences, policy."""
    words = sentences(policy)
    return [
        listed(ns, of, [arm.decision for arm in steps]).alias("decision"),
        listed(ns, of, [arm.clause for arm in steps]).alias("decided_by"),
        listed(ns, of, [words[arm.clause].zh for arm in steps]).alias("decided_by_zh"),
        listed(ns, of, [words[arm.clause].en for arm in steps]).alias("decided_by_en"),
        ns.lit(trial, dtype=ns.Boolean).alias("trial"),
        ns.lit(f"{policy.id}@{policy.version}").alias("policy"),
        ns.lit(policy.sha256).alias("policy_sha256"),
    ]


def adverse(ns: Namespace[E], steps: Sequence[Arm[E]], of: E) -> E:
    """Return whether the step `chosen` refers or declines."""
    places = [place for place, arm in enumerate(steps) if arm.decision in (REFER, DECLINE)]
    return _any(ns, of, places)


def listed(ns: Namespace[E], of: E, texts: Sequence[str]) -> E:
    """Return the text of a number, which counts from 0; null of null."""
    if of_polars(ns):  # by one look-up a row
        number: Any = of
        found: Any = pl.lit(pl.Series(texts, dtype=pl.String)).gather(number)
        return cast("E", found)
    places: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        places.setdefault(text, []).append(place)
    pairs = ((_any(ns, of, some), ns.lit(text)) for text, some in places.items())
    return first_of(ns, pairs, ns.lit(None, dtype=ns.String))


def gap(ns: Namespace[E], policy: Policy, held: Mapping[str, Held]) -> E:
    """Return how far a score lies below approval, a grade in steps; null where none would do."""
    score = ns.col(policy.score.column)
    order = policy.score.order
    none = ns.lit(None, dtype=ns.Float64)
    if order:
        text = score.cast(ns.String)
        steps = ((text == ns.lit(name), _double(ns, place)) for place, name in enumerate(order))
        height = first_of(ns, steps, none)
    else:
        height = score.cast(ns.Float64)
    cases: list[tuple[E, E]] = []
    otherwise = none
    for rule in policy.rules:
        fits, short = _fits(ns, rule, held), none
        if rule.approve is not None:
            cut = rule.approve
            bound = _double(ns, order.index(cut) if isinstance(cut, str) else float(cut))
            lower = not order and policy.score.higher == "better"
            short = bound - height if lower else height - bound
        if fits is None:
            otherwise = short
        else:
            cases.append((fits, short))
    return first_of(ns, cases, otherwise)


def _double(ns: Namespace[E], number: float) -> E:
    return ns.lit(float(number), dtype=ns.Float64)


def _unscored(ns: Namespace[E], policy: Policy, kind: Held) -> list[Arm[E]]:
    """Return the steps that end where there is no score."""
    score = ns.col(policy.score.column)
    found = [Arm(score.is_null(), NOT_DECIDED, SCORE_MISSING)]
    if kind == "double":
        score, largest = score.cast(ns.Float64), sys.float_info.max
        found.append(Arm(score.is_nan(), NOT_DECIDED, SCORE_MISSING))
        infinite = (score > largest) | (score < -largest)
        found.append(Arm(infinite, NOT_DECIDED, SCORE_INFINITE))
    if policy.score.order:
        known = _any(ns, score.cast(ns.String), policy.score.order)
        found.append(Arm(~known, NOT_DECIDED, NOT_A_GRADE))
    return found


def _fits(ns: Namespace[E], rule: Rule, held: Mapping[str, Held]) -> E | None:
    """Return whether somebody is in a segment; None for a rule that takes everybody."""
    tests = [_holds(ns, ns.col(name), held[name], texts) for name, texts in rule.tests]
    return reduce(and_, tests) if tests else None


def _known(fits: E | None) -> E:
    assert fits is not None
    return fits


def _holds(ns: Namespace[E], cell: E, kind: Held, texts: Sequence[str]) -> E:
    """Return whether a cell, as text, is one that a segment lists; null where it is missing."""
    asked = [form for text in texts for form in _YES_NO.get(text, (text,))]
    if kind == "flag":
        yes, no = "true" in asked, "false" in asked
        if yes != no:
            return cell if yes else ~cell
        return cell | ~cell if yes else cell & ~cell
    if kind == "whole":
        whole = cell.cast(ns.Int64)
        numbers = [int(text) for text in asked if _WHOLE.fullmatch(text)]
        within = sorted(number for number in {*numbers} if number in _INT64)
        return _any(ns, whole, within) if within else whole < whole
    return _any(ns, cell.cast(ns.String), asked)


def _any(ns: Namespace[E], cell: E, values: Sequence[Any]) -> E:
    return cell == ns.lit(values[0]) if len(values) == 1 else cell.is_in(list(values))


def _reaches(ns: Namespace[E], policy: Policy, cut: int | Decimal | str, kind: Held) -> E:
    """Return whether a score is at least as good as a cut-off."""
    score = ns.col(policy.score.column)
    if isinstance(cut, str):
        good = policy.score.order[: policy.score.order.index(cut) + 1]
        return _any(ns, score.cast(ns.String), good)
    better = policy.score.higher == "better"
    if kind == "whole":
        bound = ns.lit(math.ceil(cut) if better else math.floor(cut), dtype=ns.Int64)
        score = score.cast(ns.Int64)
    else:
        bound, score = _double(ns, float(cut)), score.cast(ns.Float64)
    return score >= bound if better else score <= bound

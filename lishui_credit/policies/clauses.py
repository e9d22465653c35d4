"""What the clauses of a policy say to people, in Chinese and English, by labels and not by columns.

``decided_by`` names a clause for machines (``policy: 580 <= score < 600``); here is the sentence
that goes beside it. A column is called by the policy's own label, else by the data dictionary's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from lishui_credit.policies.policy import (
    APPROVE,
    DECLINE,
    IN_NO_SEGMENT,
    NOT_A_GRADE,
    REFER,
    SCORE_INFINITE,
    SCORE_MISSING,
    Policy,
    Rule,
    comparison,
    grades_of,
)
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.headers import normal, spellings

Both = tuple[str, str]
"""A text in Chinese and in English."""

_VERDICTS: Final[dict[str, Both]] = {
    APPROVE: ("通过", "approve"),
    REFER: ("转人工审核", "refer to a person"),
    DECLINE: ("拒绝", "decline"),
}
_YES_NO: Final[dict[str, Both]] = {"true": ("是", "yes"), "false": ("否", "no")}


@cache
def _spelled() -> dict[str, Both]:
    columns = dictionary().values()
    return {
        text: (row.label_zh, _inside(row.label_en or row.id.replace("_", " ")))
        for row in columns
        for text in spellings(row)
    }


def _inside(text: str) -> str:
    """Return a title as it stands inside a sentence; an abbreviation keeps its capitals."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def label(name: str) -> Both:
    """Return what people call a column, in Chinese and English.

    Parameters
    ----------
    name : str
        A column of the dictionary by any of its headers; another keeps its name, underscores read
        as spaces.

    Examples
    --------
    >>> label("county")[0], label("duration_in_month")
    ('县(市、区)', ('duration in month', 'duration in month'))
    """
    found = _spelled().get(normal(name))
    plain = name.replace("_", " ").strip()
    return found or (plain, plain)


def sentences(policy: Policy) -> Mapping[str, Both]:
    """Return every ``decided_by`` a policy can give, with its sentence in Chinese and English.

    Parameters
    ----------
    policy : Policy
        Whose clauses.

    Examples
    --------
    >>> from lishui_credit.policies.policy import Score
    >>> policy = Policy(id="a", version="1", title_zh="甲", author="b", kind="refer",
    ...                 score=Score(column="score"), approve_at_least=600, refer_at_least=580)
    >>> sentences(policy)["policy: 580 <= score < 600"]
    ('评分不低于580且低于600:转人工审核', 'score at least 580 and below 600: refer to a person')
    """
    zh, en = _score(policy)
    found = {
        SCORE_MISSING: (f"缺少{zh},未决策", f"the {en} is missing: not decided"),
        SCORE_INFINITE: (f"{zh}为无穷大,未决策", f"the {en} is infinite: not decided"),
        NOT_A_GRADE: (f"{zh}不在政策所列等级中,未决策",
                      f"the {en} is none the policy lists: not decided"),
        IN_NO_SEGMENT: ("不属于政策的任何分段,未决策",
                        "in no segment of the policy: not decided"),
    }  # fmt: skip
    for rule in policy.rules:
        for name, _ in rule.tests:
            of_zh, of_en = label(name)
            text = (
                f"缺少{of_zh},无法确定所属分段,未决策",
                f"{of_en} is missing, so the segment is not known: not decided",
            )
            found.setdefault(f"{name} missing", text)
        part = _part(rule)
        for decision, verdict in _VERDICTS.items():
            if (decision == APPROVE and rule.approve is None) or (
                decision == REFER and rule.refer is None
            ):
                continue
            told = _told(policy, rule, decision)
            found[f"{rule.id}: {comparison(policy, rule, decision)}"] = (
                f"{part[0]}{told[0]}:{verdict[0]}",
                f"{part[1]}{told[1]}: {verdict[1]}",
            )
    return found


def _score(policy: Policy) -> Both:
    """Return what the score is called: the policy's label, the dictionary's, or just so."""
    score = policy.score
    plain: Both = ("等级", "grade") if score.order else ("评分", "score")
    known = _spelled().get(normal(score.column), plain)
    return score.label_zh or known[0], score.label_en or known[1]


def _part(rule: Rule) -> Both:
    """Return whom a segment takes in: ``county: a or b; green: yes; ``."""
    zh, en = [], []
    for name, texts in rule.tests:
        of_zh, of_en = label(name)
        words = [_YES_NO.get(text, (text, text)) for text in texts]
        zh.append(f"{of_zh}为{'或'.join(word[0] for word in words)}")
        en.append(f"{of_en} {' or '.join(word[1] for word in words)}")
    if not zh:
        return "", ""
    return f"{'、'.join(zh)}者,", f"for {' and '.join(en)}, "


def _told(policy: Policy, rule: Rule, decision: str) -> Both:
    """Return a comparison in words."""
    zh, en = _score(policy)
    cuts = [cut for cut in (rule.approve, rule.refer) if cut is not None]
    if not cuts:
        return "该分段一律不通过", "nobody of this segment is approved"
    if policy.score.order:
        grades = grades_of(policy, rule, decision)
        return f"{zh}为{'、'.join(grades)}", f"{en} {' or '.join(grades)}"
    better = policy.score.higher == "better"
    at: Both = ("不低于", "at least") if better else ("不高于", "at most")
    beyond: Both = ("低于", "below") if better else ("高于", "above")
    if decision == DECLINE:
        return f"{zh}{beyond[0]}{cuts[-1]}", f"{en} {beyond[1]} {cuts[-1]}"
    if decision == APPROVE or rule.approve is None:
        return f"{zh}{at[0]}{cuts[0]}", f"{en} {at[1]} {cuts[0]}"
    return (
        f"{zh}{at[0]}{rule.refer}且{beyond[0]}{rule.approve}",
        f"{en} {at[1]} {rule.refer} and {beyond[1]} {rule.approve}",
    )

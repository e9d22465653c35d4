"""What the clauses of a policy say to people, in Chinese and English, by labels and not by columns.

``decided_by`` names a clause for machines (``policy: 580 <= score < 600``); here is the sentence
that goes beside it. A column is called by the policy's own label, else by the data dictionary's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from lishui_credit.language import Bilingual
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
    clause,
    grades_of,
)
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.header_words import normal
from lishui_credit.tables.headers import spellings

VERDICTS: Final = {
    APPROVE: Bilingual("approve", "通过"),
    REFER: Bilingual("refer to a person", "转人工审核"),
    DECLINE: Bilingual("decline", "拒绝"),
}
"""What people call the decisions."""
CONSTRAINTS: Final = {
    "approval_at_least_bp": Bilingual("approval rate at least", "通过率下限"),
    "bad_rate_at_most_bp": Bilingual("bad rate at most", "坏账率上限"),
    "referral_at_most_bp": Bilingual("referral rate at most", "转人工率上限"),
    "budget_fen": Bilingual("budget", "预算"),
}
"""What people call the constraints of a policy."""

_YES_NO: Final = {"true": Bilingual("yes", "是"), "false": Bilingual("no", "否")}


@cache
def _spelled() -> dict[str, Bilingual]:
    columns = dictionary().values()
    return {
        text: Bilingual(_inside(row.label_en), row.label_zh)
        for row in columns
        for text in spellings(row)
    }


def _inside(text: str) -> str:
    """Return a title as it stands inside a sentence; an abbreviation keeps its capitals."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def label(name: str) -> Bilingual:
    """Return what people call a column; one not in the dictionary by its own name.

    In English underscores are read as spaces; in Chinese the name stands in quotation marks.

    >>> label("county").zh, label("duration_in_month").en, label("pay_amt1").zh
    ('县(市、区)', 'duration in month', '“pay_amt1”')
    """
    found = _spelled().get(normal(name))
    own = name.strip()
    chinese = own if re.search(r"[\u4e00-\u9fff]", own) else f"“{own}”"
    return found or Bilingual(own.replace("_", " "), chinese)


def sentences(policy: Policy) -> Mapping[str, Bilingual]:
    """Return every ``decided_by`` a policy can give, with its sentence.

    >>> from lishui_credit.policies.policy import Score
    >>> policy = Policy(id="a", version="1", title_zh="甲", author="b", kind="refer",
    ...                 score=Score(column="score"), approve_at_least=600, refer_at_least=580)
    >>> sentences(policy)["policy: 580 <= score < 600"].en
    'score at least 580 and below 600: refer to a person'
    """
    score = _score(policy)
    found = {
        SCORE_MISSING: Bilingual(
            f"the {score.en} is missing: not decided", f"缺少{score.zh},未决策"
        ),
        SCORE_INFINITE: Bilingual(
            f"the {score.en} is infinite: not decided", f"{score.zh}为无穷大,未决策"
        ),
        NOT_A_GRADE: Bilingual(
            f"the {score.en} is none the policy lists: not decided",
            f"{score.zh}不在政策所列等级中,未决策",
        ),
        IN_NO_SEGMENT: Bilingual(
            "in no segment of the policy: not decided", "不属于政策的任何分段,未决策"
        ),
    }
    for rule in policy.rules:
        for name, _ in rule.tests:
            of = label(name)
            text = Bilingual(
                f"{of.en} is missing, so the segment is not known: not decided",
                f"缺少{of.zh},无法确定所属分段,未决策",
            )
            found.setdefault(f"{name} missing", text)
        part = _part(rule)
        for decision, verdict in VERDICTS.items():
            if (decision == APPROVE and rule.approve is None) or (
                decision == REFER and rule.refer is None
            ):
                continue
            told = _told(policy, rule, decision)
            found[clause(policy, rule, decision)] = Bilingual(
                f"{part.en}{told.en}: {verdict.en}", f"{part.zh}{told.zh}:{verdict.zh}"
            )
    return found


def _score(policy: Policy) -> Bilingual:
    """Return what the score is called: the policy's label, the dictionary's, or just so."""
    score = policy.score
    plain = Bilingual("grade", "等级") if score.order else Bilingual("score", "评分")
    known = _spelled().get(normal(score.column), plain)
    return Bilingual(score.label_en or known.en, score.label_zh or known.zh)


def _part(rule: Rule) -> Bilingual:
    """Return whom a segment takes in: ``for county a or b and green yes, ``."""
    zh, en = [], []
    for name, texts in rule.tests:
        of = label(name)
        words = [_YES_NO.get(text, Bilingual(text, text)) for text in texts]
        zh.append(f"{of.zh}为{'或'.join(word.zh for word in words)}")
        en.append(f"{of.en} {' or '.join(word.en for word in words)}")
    if not zh:
        return Bilingual("", "")
    return Bilingual(f"for {' and '.join(en)}, ", f"{'、'.join(zh)}者,")


def _told(policy: Policy, rule: Rule, decision: str) -> Bilingual:
    """Return a comparison in words."""
    score = _score(policy)
    cuts = [cut for cut in (rule.approve, rule.refer) if cut is not None]
    if not cuts:
        return Bilingual("nobody of this segment is approved", "该分段一律不通过")
    if policy.score.order:
        grades = grades_of(policy, rule, decision)
        return Bilingual(f"{score.en} {' or '.join(grades)}", f"{score.zh}为{'、'.join(grades)}")
    better = policy.score.higher == "better"
    at = Bilingual("at least", "不低于") if better else Bilingual("at most", "不高于")
    beyond = Bilingual("below", "低于") if better else Bilingual("above", "高于")
    if decision == DECLINE:
        return Bilingual(f"{score.en} {beyond.en} {cuts[-1]}", f"{score.zh}{beyond.zh}{cuts[-1]}")
    if decision == APPROVE or rule.approve is None:
        return Bilingual(f"{score.en} {at.en} {cuts[0]}", f"{score.zh}{at.zh}{cuts[0]}")
    return Bilingual(
        f"{score.en} {at.en} {rule.refer} and {beyond.en} {rule.approve}",
        f"{score.zh}{at.zh}{rule.refer}且{beyond.zh}{rule.approve}",
    )

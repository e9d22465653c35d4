"""What does not fit together in a policy: every mistake, with the place of each in its file.

A policy never names a protected attribute: neither as its score nor as what parts its segments.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from lishui_credit.errors import Problem
from lishui_credit.language import tr
from lishui_credit.policies.policy import FARTHEST, OWN, WHOLE, Policy, Segment, named
from lishui_credit.scorecards.protected import protected_as, protected_value
from lishui_credit.tables.headers import banned_as
from lishui_credit.tables.toml_places import Loc

_NAME: Final = re.compile(r"[\w][\w.-]*")
_HASH: Final = re.compile(r"[0-9a-f]{64}")


def check(policy: Policy, unread: frozenset[str] = frozenset()) -> Iterator[tuple[Loc, Problem]]:
    """Yield what does not fit together in a policy, with the place of each."""
    # Rows and keys with a mistake are not in the policy: a part that compares some of `unread`
    # would tell of what is only not readable.
    cuts = ("cut_off", "approve_at_least", "refer_at_least")
    compared = {
        _check_names: ("id", "version", "title_zh", "author"),
        _check_score: ("score",),
        _check_kind: ("kind", "segments", *cuts),
        _check_own_cuts: ("score", *cuts),
        _check_segments: ("score",),
        _check_order_of_segments: ("segments",),
        _check_constraints: ("constraints",),
        _check_approval: ("approved_by", "approved_on", "valid"),
    }
    for part, keys in compared.items():
        if unread.isdisjoint(keys):
            yield from part(policy)


def _check_names(policy: Policy) -> Iterator[tuple[Loc, Problem]]:
    for key in ("id", "version"):
        if not _NAME.fullmatch(getattr(policy, key)):
            hint = tr("letters, digits, dots and dashes", "请用字母、数字、点和连字符")
            yield _at((key,), "not a valid name", "名称不合规范", repr(getattr(policy, key)), hint)
    for key in ("title_zh", "author"):
        if not getattr(policy, key).strip():
            yield _at((key,), f"{key} is empty", f"{key} 为空")


def _check_own_cuts(policy: Policy) -> Iterator[tuple[Loc, Problem]]:
    yield from _check_cuts((), policy, policy)


def _check_segments(policy: Policy) -> Iterator[tuple[Loc, Problem]]:
    for place, row in enumerate(policy.segments):
        yield from _check_cuts(("segments", place), row, policy)
        yield from _check_where(("segments", place), row)


def _at(loc: Loc, en: str, zh: str, found: str = "", hint: str = "") -> tuple[Loc, Problem]:
    """Return a problem, in both languages, with its place."""
    return loc, Problem(tr(en, zh), found, hint)


def forbidden(column: str) -> Problem | None:
    """Return why a policy may not read a column; None where it may."""
    if banned_as(column):
        what = tr("a field no credit file may hold", "信用档案不得采集的信息")
    elif protected_as(column):
        what = tr("a policy may not use a protected attribute", "受保护属性不得进入信贷政策")
    else:
        return None
    hint = tr("measure it with affected(), never decide by it", "可用 affected() 衡量,不得据以决策")
    return Problem(what, column, hint)


def _check_score(policy: Policy) -> Iterator[tuple[Loc, Problem]]:
    score = policy.score
    loc: Loc = ("score", "column")
    if not score.column.strip():
        yield _at(loc, "score.column is empty", "未指明评分列")
    elif problem := forbidden(score.column):
        yield loc, problem
    twice = sorted({name for name in score.order if score.order.count(name) > 1})
    if twice or len(score.order) == 1:
        yield _at(
            ("score", "order"),
            "list every grade once, best first",
            "请从优到劣列出全部等级,不重复",
            ", ".join(twice or score.order),
        )
    if score.order and score.higher == "worse":
        yield _at(
            ("score", "higher"),
            "grades are listed best first; leave 'higher' out",
            "等级已按优劣排列,勿写 higher",
        )
    if score.sha256 and not _HASH.fullmatch(score.sha256):
        hint = tr("64 lower-case hexadecimal digits", "64 位小写十六进制")
        yield _at(("score", "sha256"), "not a SHA-256", "不是 SHA-256", score.sha256, hint)


def _check_kind(policy: Policy) -> Iterator[tuple[Loc, Problem]]:
    if policy.kind != "segments" and policy.segments:
        yield _at(
            ("segments",),
            "segments belong to kind = 'segments'",
            "分段只用于 kind = 'segments'",
            policy.kind,
        )
    if policy.kind == "segments" and not policy.segments:
        yield _at(("kind",), "no segment is given", "未给出分段", hint="[[segments]]")
    pair = policy.approve_at_least is not None or policy.refer_at_least is not None
    if policy.kind == "single" and (policy.cut_off is None or pair):
        yield _at(
            ("kind",),
            "kind = 'single' needs cut_off and no other",
            "kind = 'single' 须有且仅有 cut_off",
        )
    if policy.kind == "refer" and (policy.refer_at_least is None or policy.cut_off is not None):
        yield _at(
            ("kind",),
            "kind = 'refer' needs refer_at_least (and approve_at_least), no cut_off",
            "kind = 'refer' 须有 refer_at_least(及 approve_at_least),不用 cut_off",
        )


def _check_cuts(loc: Loc, row: Policy | Segment, policy: Policy) -> Iterator[tuple[Loc, Problem]]:
    pair = (row.approve_at_least, row.refer_at_least)
    given: list[int | Decimal | str] = [cut for cut in (row.cut_off, *pair) if cut is not None]
    whole = None not in pair
    if isinstance(row, Segment) and bool(given) == row.decline_all:
        what = (
            tr("decline_all excludes a cut-off", "decline_all 不与分数线并用")
            if given
            else tr("the segment has no cut-off", "该分段没有分数线")
        )
        yield loc, Problem(what)
    if (pair[0] is not None and pair[1] is None) or (
        row.cut_off is not None and pair != (None, None)
    ):
        yield _at(
            loc,
            "give cut_off alone, or approve_at_least with refer_at_least",
            "只给 cut_off,或同时给 approve_at_least 与 refer_at_least",
        )
    order = policy.score.order
    sound = True
    for cut in given:
        if order and cut not in order:
            sound = False
            found = tr("not a grade in score.order", "不在 score.order 所列等级中")
            yield loc, Problem(found, str(cut), ", ".join(order))
        elif not order and isinstance(cut, str):
            sound = False
            hint = tr(
                "a number; or list the grades in score.order", "请写数字,或在 score.order 列出等级"
            )
            yield _at(loc, "the cut-off is text", "分数线是文本", cut, hint)
        elif not isinstance(cut, str) and not -FARTHEST <= cut <= FARTHEST:
            yield _at(
                loc,
                "the cut-off is beyond 2 to the 53rd power",
                "分数线超出 2 的 53 次方",
                str(cut),
            )
    if sound and whole:
        approve, refer = (policy.place(cut) for cut in given[-2:])
        if approve <= refer:
            yield _at(
                loc,
                "approve_at_least must be stricter than refer_at_least",
                "approve_at_least 须严于 refer_at_least",
                f"{pair[0]}, {pair[1]}",
            )


def _check_where(loc: Loc, row: Segment) -> Iterator[tuple[Loc, Problem]]:
    if not row.where or any(value == () for value in row.where.values()):
        yield _at(
            (*loc, "where"),
            "the segment has no condition",
            "该分段未写任何条件",
            hint='where = { county = "…" }',
        )
    for name in row.where:
        if problem := forbidden(name):
            yield (*loc, "where"), problem
    for name, texts in row.tests:
        told = [text for text in texts if protected_value(text)]
        if told and not forbidden(name):
            yield _at(
                (*loc, "where"),
                "these are values of a protected attribute, whatever the column is called",
                "这些取值属于受保护属性,与列名无关",
                f"{name} = {', '.join(told)}",
                tr("a policy may not use a protected attribute", "受保护属性不得进入信贷政策"),
            )


def _check_order_of_segments(policy: Policy) -> Iterator[tuple[Loc, Problem]]:
    """Yield segments that an earlier, wider one leaves nobody to, and names that stand twice."""
    for (a, first), (b, second) in itertools.combinations(enumerate(policy.segments), 2):
        wide, narrow = dict(first.tests), dict(second.tests)
        if all(name in narrow and set(narrow[name]) <= set(texts) for name, texts in wide.items()):
            yield _at(
                ("segments", b),
                f"never applies: segment {a + 1} already covers all of it",
                f"永远不会适用:第 {a + 1} 个分段已全部涵盖",
                named(second.tests),
            )
        elif _name(first) == _name(second):
            yield _at(("segments", b), "the id is repeated", "编号重复", _name(second))
    for place, row in enumerate(policy.segments):
        if row.id == OWN:
            yield _at(
                ("segments", place),
                "this is the name of the policy's own cut-offs",
                "该名称留给政策自身的分数线",
                row.id,
            )


def _name(row: Segment) -> str:
    return row.id or named(row.tests)


def _check_constraints(policy: Policy) -> Iterator[tuple[Loc, Problem]]:
    limits = policy.constraints
    for key in ("approval_at_least_bp", "bad_rate_at_most_bp", "referral_at_most_bp"):
        value = getattr(limits, key)
        if value is not None and not 0 <= value <= WHOLE:
            yield _at(
                ("constraints", key),
                "a share must be 0 to 10000 basis points",
                "比例须为 0 至 10000 基点",
                str(value),
            )
    if limits.budget_fen is not None and limits.budget_fen < 0:
        yield _at(
            ("constraints", "budget_fen"),
            "the budget must not be negative",
            "预算不得为负",
            str(limits.budget_fen),
        )


def _check_approval(policy: Policy) -> Iterator[tuple[Loc, Problem]]:
    if bool(policy.approved_by.strip()) != (policy.approved_on is not None):
        yield _at(
            ("approved_by",),
            "an approval needs approved_by and approved_on",
            "批准须同时写明 approved_by 与 approved_on",
        )
    days = policy.valid
    if days is not None and days.until is not None and days.until <= days.start:
        yield _at(
            ("valid",),
            "valid.until must be after valid.from",
            "有效期终止日须晚于起始日",
            f"{days.start}, {days.until}",
        )

"""Who answers for a card, who approved it and until when: ``approval.toml`` beside the card's file.

The approval names the SHA-256 of ``scorecard.json``: a card that changes loses it. Whoever approves
neither made the card nor owns it, and a finding is closed by another than its owner (four eyes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal

from lishui_credit.errors import ModelError, Problem
from lishui_credit.language import Bilingual, dated, tr
from lishui_credit.tables.beside import sha256
from lishui_credit.tables.header_words import normal
from lishui_credit.tables.toml_documents import read_document
from lishui_credit.tables.toml_places import Loc
from lishui_credit.tables.write import replacing

APPROVAL: Final = "approval.toml"
_HASH: Final = re.compile(r"[0-9a-f]{64}")

State = Literal["unapproved", "pending", "approved", "expired", "void"]

_STATES: Final[dict[State, Bilingual]] = {
    "unapproved": Bilingual("NOT APPROVED", "未经审批"),
    "pending": Bilingual("NOT YET APPROVED", "尚未批准"),
    "approved": Bilingual("approved", "已批准"),
    "expired": Bilingual("NOT APPROVED: the approval has ended", "批准已到期"),
    "void": Bilingual("NOT APPROVED: the card is not the one approved", "评分卡与批准时不一致"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a validator found, who must settle it by when, and how it was closed."""

    id: str
    what: str
    owner: str
    found_on: date
    due: date
    blocks: bool  # whether the card may not be approved before it is closed
    closed_on: date | None = None
    closed_by: str = ""
    closure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who approved, from which day on, to which day inclusive, under which conditions."""

    approver: str
    on: date
    until: date
    conditions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """The file: the card's SHA-256, who owns and who made the card, findings, the signature."""

    card_sha256: str
    owner: str
    author: str
    findings: tuple[Finding, ...] = ()
    signature: Signature | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether a card is approved on a day, and what is open."""

    state: State = "unapproved"
    approval: Approval | None = None
    overdue: tuple[Finding, ...] = ()

    @property
    def approved(self) -> bool:
        """Whether the card is approved on that day."""
        return self.state == "approved"

    @property
    def said(self) -> str:
        """The standing in one line, as every place says it where the card scores."""
        line = str(_STATES[self.state])
        if self.approval is not None and (signed := self.approval.signature) is not None:
            line += tr(
                f", by {signed.approver} on {dated(signed.on)}, until {dated(signed.until)}",
                f",{signed.approver} 于 {dated(signed.on)} 批准,有效期至 {dated(signed.until)}",
            )
            if signed.conditions:
                line += tr(f"; conditions: {signed.conditions}", f";附条件:{signed.conditions}")
        if self.overdue:
            names = ", ".join(row.id for row in self.overdue)
            line += tr(f"; findings overdue: {names}", f";逾期未整改的问题:{names}")
        return " ".join(line.split())

    @property
    def record(self) -> str:
        """The standing as a manifest keeps it, in no language: the state, and of an approval by whom."""
        signed = self.approval.signature if self.approval is not None else None
        if not self.approved or signed is None:
            return self.state
        return f"{self.state}: {signed.approver}, {signed.on}/{signed.until}"


def standing_of(file: Path, today: date | None = None) -> Standing:
    """Return whether the card of a file is approved on a day; ModelError where it cannot be read."""
    path = file.with_name(APPROVAL)
    if not path.exists():
        return Standing()
    told = read_document(path, ModelError).make(Approval, check=_check)
    day = today or date.today()
    overdue = tuple(row for row in told.findings if row.closed_on is None and row.due < day)
    signed = told.signature
    state: State = "approved"
    if sha256(file) != told.card_sha256:
        state = "void"
    elif signed is None or day < signed.on:
        state = "pending"
    elif day > signed.until:
        state = "expired"
    return Standing(state=state, approval=told, overdue=overdue)


def write_form(file: Path) -> Path:
    """Write an empty ``approval.toml`` for the card of a file; ModelError where one is there."""
    path = file.with_name(APPROVAL)
    if path.exists():
        raise ModelError(
            tr("there is an approval already", "审批文件已存在"),
            hint=tr("edit it; it is never overwritten", "请直接编辑,不会覆盖"),
            where=str(path),
        )
    with replacing(path) as draft:
        draft.write_text(_FORM.format(digest=sha256(file)), encoding="utf-8")
    return path


_FORM: Final = """\
# 评分卡审批 / approval of the card beside this file; `lishui-credit models approval` checks it.
# 评分卡一经改动,批准即失效 / a card that changes loses its approval.
card_sha256 = "{digest}"
owner = ""    # 模型所有者 / who answers for the card
author = ""   # 开发者 / who fitted it

# 问题清单 / findings: one table each. blocks: 须在批准前关闭 / to be closed before approval.
# [[findings]]
# id = "F1"
# what = ""
# owner = ""
# found_on = 2026-01-05
# due = 2026-01-31
# blocks = true
# closed_on = 2026-01-20   # 关闭日
# closed_by = ""           # 复核人,不得为整改责任人 / not the owner of the finding
# closure = ""             # 整改结果 / how

# 批准 / the signature; the approver is neither owner nor author.
# [signature]
# approver = ""
# on = 2026-02-01
# until = 2027-01-31
# conditions = ""
"""


# ---- what does not fit together ---------------------------------------------------------------


def _check(told: Approval, unread: frozenset[str]) -> Iterator[tuple[Loc, Problem]]:
    if "card_sha256" not in unread and not _HASH.fullmatch(told.card_sha256):
        what = tr("not a SHA-256", "不是 SHA-256")
        hint = tr("that of scorecard.json, 64 digits", "scorecard.json 的 64 位哈希值")
        yield ("card_sha256",), Problem(what, told.card_sha256[:20], hint)
    for key in ("owner", "author") if told.signature is not None else ():
        if key not in unread and not normal(getattr(told, key)):
            yield _empty((key,), key)
    if not unread & {"findings"}:
        for place, row in enumerate(told.findings):
            yield from _check_finding(("findings", place), row)
            if any(row.id == other.id for other in told.findings[:place]):
                what = tr("two findings of one id", "问题编号重复")
                yield ("findings", place, "id"), Problem(what, row.id)
    if told.signature is not None and not unread & {"signature", "owner", "author"}:
        yield from _check_signature(told, told.signature)


def _check_finding(loc: Loc, row: Finding) -> Iterator[tuple[Loc, Problem]]:
    for key in ("id", "what", "owner"):
        if not normal(getattr(row, key)):
            yield _empty((*loc, key), key)
    if row.due < row.found_on:
        yield (
            (*loc, "due"),
            Problem(tr("due before it was found", "整改期限早于发现日"), str(row.due)),
        )
    told = {key: bool(getattr(row, key)) for key in ("closed_on", "closed_by", "closure")}
    if any(told.values()):
        for key in (key for key, given in told.items() if not given):
            yield _empty((*loc, key), key)
    if row.closed_on is not None and row.closed_on < row.found_on:
        what = tr("closed before it was found", "关闭日早于发现日")
        yield (*loc, "closed_on"), Problem(what, str(row.closed_on))
    if row.closed_by and normal(row.closed_by) == normal(row.owner):
        yield (*loc, "closed_by"), _four_eyes("closed_by", "owner", row.closed_by)


def _check_signature(told: Approval, signed: Signature) -> Iterator[tuple[Loc, Problem]]:
    if not normal(signed.approver):
        yield _empty(("signature", "approver"), "approver")
    for key in ("owner", "author"):
        if normal(signed.approver) and normal(signed.approver) == normal(getattr(told, key)):
            yield ("signature", "approver"), _four_eyes("approver", key, signed.approver)
    if signed.until < signed.on:
        what = tr("the approval ends before it begins", "批准的截止日早于起始日")
        yield ("signature", "until"), Problem(what, f"{signed.on} – {signed.until}")
    for place, row in enumerate(told.findings):
        if row.blocks and (row.closed_on is None or row.closed_on > signed.on):
            what = tr("approved while a finding that blocks was open", "批准时仍有须先关闭的问题")
            hint = tr("close it first, then sign", "请先关闭该问题再批准")
            yield ("findings", place), Problem(what, row.id, hint)


def _empty(loc: Loc, key: str) -> tuple[Loc, Problem]:
    return loc, Problem(tr(f"'{key}' is empty", f"'{key}' 为空"), hint=tr("name it", "请填写"))


def _four_eyes(key: str, other: str, name: str) -> Problem:
    return Problem(
        tr(
            f"four eyes: '{key}' is also '{other}'",
            f"须由不同的人复核:'{key}' 与 '{other}' 是同一人",
        ),
        name,
        tr("another person signs", "请由他人签署"),
    )

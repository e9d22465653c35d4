"""`Policy`: whose score decides, by which cut-offs, for whom, who approved it, until when.

A policy is plain data, compared by value and known by the hash of its content. `policy_file` reads
and writes its TOML, `policy_checks` says what does not fit together, `decide` applies it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal

from pydantic import ConfigDict, Strict, StrictBool, StrictInt, StrictStr

from lishui_credit.citation import Period
from lishui_credit.errors import PolicyError
from lishui_credit.language import dated, tr

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Cut = StrictInt | Annotated[Decimal, Strict()] | StrictStr
Value = StrictBool | StrictInt | StrictStr
Kind = Literal["single", "refer", "segments"]
Higher = Literal["better", "worse"]

WHOLE: Final = 10_000
"""Basis points in one."""

APPROVE: Final = "approve"
REFER: Final = "refer"
DECLINE: Final = "decline"
NOT_DECIDED: Final = "not decided"
DECISIONS: Final = (APPROVE, REFER, DECLINE, NOT_DECIDED)

SCORE_MISSING: Final = "score missing"
SCORE_INFINITE: Final = "score infinite"
NOT_A_GRADE: Final = "not a grade of the policy"
IN_NO_SEGMENT: Final = "in no segment"

OWN: Final = "policy"
"""The name of a policy's own cut-offs, beside those of its segments."""

_STRICT: Final = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The column a policy decides by.

    Parameters
    ----------
    column : str
        Its name: a number, or a grade where `order` is given.
    higher : {"better", "worse"}
        Which way it runs; a probability of default runs worse.
    order : tuple of str
        Grades, best first; empty for a number.
    source : str
        What made it: model and version, or rubric and edition.
    sha256 : str
        Hash of that model or edition; a file made by another is then refused.
    label_zh, label_en : str
        What people call it, in explanations.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    column: StrictStr
    higher: Higher = "better"
    order: tuple[StrictStr, ...] = ()
    source: StrictStr = ""
    sha256: StrictStr = ""
    label_zh: StrictStr = ""
    label_en: StrictStr = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Cut-offs of one part of the applicants.

    Parameters
    ----------
    where : mapping of str to value or tuple of values
        Columns and what they must hold, compared as text; all of them together.
    cut_off : number or str, optional
        Approve from here on (inclusive), decline beyond.
    approve_at_least, refer_at_least : number or str, optional
        Approve from the first on, refer to a person from the second on, decline beyond; "at least"
        reads "at least as good as". `refer_at_least` alone approves nobody outright.
    decline_all : bool
        Instead of a cut-off: nobody is approved.
    id : str
        Name; made of `where` if left out.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    where: dict[str, Value | tuple[Value, ...]]
    cut_off: Cut | None = None
    approve_at_least: Cut | None = None
    refer_at_least: Cut | None = None
    decline_all: StrictBool = False
    id: StrictStr = ""

    @property
    def tests(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Columns and the texts they may hold."""
        return tuple((name, _texts(value)) for name, value in self.where.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What the policy was chosen to keep; measured each time it is applied.

    Parameters
    ----------
    approval_at_least_bp, bad_rate_at_most_bp, referral_at_most_bp : int, optional
        Shares in basis points: approved of all decided, bad of the approved, referred of all
        decided.
    budget_fen : int, optional
        Most that may be lent, in fen.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    approval_at_least_bp: StrictInt | None = None
    bad_rate_at_most_bp: StrictInt | None = None
    budget_fen: StrictInt | None = None
    referral_at_most_bp: StrictInt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of a policy as it is applied: the first whose tests all hold decides."""

    id: str  # of the segment, or `OWN`
    tests: tuple[tuple[str, tuple[str, ...]], ...]  # columns and the texts they may hold
    approve: int | Decimal | str | None  # from here on; None approves nobody
    refer: int | Decimal | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of a lending policy, exactly as its file says it.

    Parameters
    ----------
    id, version, title_zh, title_en : str
        Name.
    score : Score
        What it decides by.
    kind : {"single", "refer", "segments"}
        One cut-off; accept, refer, decline; or either per segment, the first that fits.
    author, approved_by : str
        Who wrote it, who approved it; unapproved it is applied on trial only.
    approved_on : date, optional
        Day of approval.
    valid : Period, optional
        Days it may be applied, first day in, ``until`` out.
    cut_off, approve_at_least, refer_at_least : number or str, optional
        As in `Segment`. Of kind "segments": for whoever fits no segment; without it nobody is
        decided there.
    segments : tuple of Segment
        Of kind "segments".
    constraints : Constraints
        What it has to keep.
    why, evidence : str
        Reason, and what it rests on.

    Examples
    --------
    >>> from lishui_credit.policies.policy_file import parse
    >>> policy = parse('''
    ... id = "farm-loan"
    ... version = "1"
    ... title_zh = "农户贷款"
    ... author = "风险部"
    ... kind = "single"
    ... cut_off = 600
    ... score = { column = "score" }
    ... ''')
    >>> policy.cut_off, policy.sha256[:8], policy.lapse(date(2026, 1, 1))
    (600, '...', 'not approved')
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    id: StrictStr
    version: StrictStr
    title_zh: StrictStr
    title_en: StrictStr = ""
    score: Score
    kind: Kind
    author: StrictStr
    approved_by: StrictStr = ""
    approved_on: date | None = None
    valid: Period | None = None
    cut_off: Cut | None = None
    approve_at_least: Cut | None = None
    refer_at_least: Cut | None = None
    segments: tuple[Segment, ...] = ()
    constraints: Constraints = field(default_factory=Constraints)
    why: StrictStr = ""
    evidence: StrictStr = ""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Lines in the order they are tried."""
        found = [_rule(row, row.id or named(row.tests), row.tests) for row in self.segments]
        if any(
            cut is not None for cut in (self.cut_off, self.approve_at_least, self.refer_at_least)
        ):
            found.append(_rule(self, OWN, ()))
        return tuple(found)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns it reads: the score's and the segments'."""
        used = [name for row in self.segments for name in row.where]
        return tuple(dict.fromkeys([self.score.column, *used]))

    @property
    def sha256(self) -> str:
        """Hash of the content: comments, order of keys and spaces do not matter."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def canonical(self) -> str:
        """Return the content as one line of JSON, keys sorted, what is not said left out."""
        return json.dumps(content(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def lapse(self, on: date) -> str | None:
        """Return why the policy may not be applied on a day; None where it may."""
        if not self.approved_by or self.approved_on is None:
            return tr("not approved", "未经批准")
        if on < self.approved_on:
            return tr(f"not approved before {(day := dated(self.approved_on))}", f"{day}才获批准")
        if self.valid is not None and on not in self.valid:
            return tr(f"valid {self.valid.said} only", f"有效期为{self.valid.said}")
        return None

    def permit(self, on: date, *, trial: bool = False) -> None:
        """Raise PolicyError where the policy may not be applied on a day and is not on trial."""
        why = self.lapse(on)
        if why is not None and not trial:
            raise PolicyError(
                tr("the policy may not be applied", "该政策不得适用"),
                f"{self.id}@{self.version}: {why}",
                tr(
                    "get it approved, or apply it as a trial with --trial",
                    "请先批准,或用 --trial 试算",
                ),
            )

    def place(self, cut: int | Decimal | str) -> int | Decimal:
        """Return a cut-off as a number that rises with quality."""
        if isinstance(cut, str):
            return -self.score.order.index(cut)
        return cut if self.score.higher == "better" else -cut


def _texts(value: Value | tuple[Value, ...]) -> tuple[str, ...]:
    values = value if isinstance(value, tuple) else (value,)
    return tuple(sorted({str(v).lower() if isinstance(v, bool) else str(v) for v in values}))


def named(tests: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """Return tests as a name: ``county=莲都区, product=a|b``."""
    return ", ".join(f"{name}={'|'.join(texts)}" for name, texts in tests)


def _rule(row: Segment | Policy, name: str, tests: tuple[tuple[str, tuple[str, ...]], ...]) -> Rule:
    approve = row.cut_off if row.approve_at_least is None else row.approve_at_least
    return Rule(id=name, tests=tests, approve=approve, refer=row.refer_at_least)


def clause(policy: Policy, rule: Rule, decision: str) -> str:
    """Return what ``decided_by`` says where a rule decides so: its name and its comparison."""
    return f"{rule.id}: {comparison(policy, rule, decision)}"


def comparison(policy: Policy, rule: Rule, decision: str) -> str:
    """Return the comparison by which a rule decides so, such as ``580 <= score < 600``."""
    name, grades = policy.score.column, policy.score.order
    cuts = [cut for cut in (rule.approve, rule.refer) if cut is not None]
    if not cuts:
        return "decline_all"
    if grades:
        return f"{name} in {' '.join(grades_of(policy, rule, decision))}"
    at, beyond = (">=", "<") if policy.score.higher == "better" else ("<=", ">")
    if decision == DECLINE:
        return f"{name} {beyond} {cuts[-1]}"
    if decision == APPROVE or rule.approve is None:
        return f"{name} {at} {cuts[0]}"
    if policy.score.higher == "better":
        return f"{rule.refer} <= {name} < {rule.approve}"
    return f"{rule.approve} < {name} <= {rule.refer}"


def grades_of(policy: Policy, rule: Rule, decision: str) -> tuple[str, ...]:
    """Return the grades that a rule decides so, best first; see `comparison`."""
    grades = policy.score.order
    ends = [grades.index(str(cut)) + 1 for cut in (rule.approve, rule.refer) if cut is not None]
    if decision == DECLINE:
        return grades[ends[-1] :]
    if decision == REFER and rule.approve is not None:
        return grades[ends[0] : ends[1]]
    return grades[: ends[0]]


def content(noun: object) -> Any:
    """Return a noun of this module as plain data: only what is said, numbers exact."""
    if isinstance(noun, Segment):
        shown = {name: content(getattr(noun, name)) for name in said(noun) if name != "where"}
        return {"where": {name: list(texts) for name, texts in sorted(noun.tests)}, **shown}
    if isinstance(noun, Period):
        days = {"from": noun.start.isoformat()}
        return days if noun.until is None else {**days, "until": noun.until.isoformat()}
    if is_dataclass(noun) and not isinstance(noun, type):
        return {name: content(getattr(noun, name)) for name in said(noun)}
    if isinstance(noun, tuple):
        return [content(part) for part in noun]
    if isinstance(noun, Decimal):
        return f"{noun.normalize():f}"
    return noun.isoformat() if isinstance(noun, date) else noun


def said(noun: DataclassInstance) -> list[str]:
    """Return the fields of a noun that say something."""
    # By identity where a zero is meant: 0 equals False.
    return [
        part.name
        for part in fields(noun)
        if (value := getattr(noun, part.name)) is not None
        and value is not False
        and value not in ("", ())
        and value != Constraints()
    ]


FARTHEST: Final[float] = 2**53
"""Largest whole score: beyond it a float tells no two whole numbers apart."""

"""A lending policy as a small TOML file: whose score, which cut-offs, who approved it, until when.

`read_policy` turns a file into a `Policy` or raises one `PolicyError` that lists all its problems by line.
A policy never names a protected attribute: neither as its score nor as what parts its segments.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Strict, StrictBool, StrictInt, StrictStr, TypeAdapter, ValidationError

from lishui_credit.citation import Period
from lishui_credit.errors import PolicyError, Problem
from lishui_credit.language import tr
from lishui_credit.rubrics.edition import mistake
from lishui_credit.rubrics.lines import Lines
from lishui_credit.scorecards.protected import banned_as, protected_as

Cut = StrictInt | Annotated[Decimal, Strict()] | StrictStr
Value = StrictBool | StrictInt | StrictStr
Kind = Literal["single", "refer", "segments"]
Higher = Literal["better", "worse"]

WHOLE: Final = 10_000
"""Basis points in one."""

_STRICT: Final[dict[str, Any]] = {"extra": "forbid"}
_NAME: Final = re.compile(r"[\w][\w.-]*")
_LARGEST: Final[int] = 2**53  # beyond it a float score tells no two whole numbers apart
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_Loc = tuple[str | int, ...]


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
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    column: StrictStr
    higher: Higher = "better"
    order: tuple[StrictStr, ...] = ()
    source: StrictStr = ""
    sha256: StrictStr = ""


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
        reads "at least as good as".
    id : str
        Name; made of `where` if left out.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    where: dict[str, Value | tuple[Value, ...]]
    cut_off: Cut | None = None
    approve_at_least: Cut | None = None
    refer_at_least: Cut | None = None
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

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    approval_at_least_bp: StrictInt | None = None
    bad_rate_at_most_bp: StrictInt | None = None
    budget_fen: StrictInt | None = None
    referral_at_most_bp: StrictInt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of a policy as it is applied: the first whose tests hold decides.

    Parameters
    ----------
    id : str
        Segment, or ``"policy"``.
    tests : tuple of (str, tuple of str)
        Columns and the texts they may hold; empty holds for everybody.
    approve : number or str
        Approve from here on.
    refer : number or str, optional
        Refer from here on.
    """

    id: str
    tests: tuple[tuple[str, tuple[str, ...]], ...]
    approve: int | Decimal | str
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

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
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
        if self.cut_off is not None or self.approve_at_least is not None:
            found.append(_rule(self, "policy", ()))
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
            return tr(f"approved only on {self.approved_on}", f"{self.approved_on} 才获批准")
        if self.valid is not None and on not in self.valid:
            return tr(f"valid {self.valid} only", f"有效期为 {self.valid}")
        return None

    def place(self, cut: int | Decimal | str) -> int | Decimal:
        """Return a cut-off as a number that rises with quality."""
        if isinstance(cut, str):
            return -self.score.order.index(cut)
        return cut if self.score.higher == "better" else -cut


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, tuple) else (value,)
    return tuple(sorted({str(v).lower() if isinstance(v, bool) else str(v) for v in values}))


def named(tests: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """Return tests as a name.

    Examples
    --------
    >>> named((("county", ("莲都区",)), ("product", ("a", "b"))))
    'county=莲都区, product=a|b'
    """
    return ", ".join(f"{name}={'|'.join(texts)}" for name, texts in tests)


def _rule(row: Segment | Policy, name: str, tests: tuple[tuple[str, tuple[str, ...]], ...]) -> Rule:
    approve = row.cut_off if row.approve_at_least is None else row.approve_at_least
    assert approve is not None
    return Rule(id=name, tests=tests, approve=approve, refer=row.refer_at_least)


def content(noun: Any) -> Any:
    """Return a noun of this module as plain data: only what is said, numbers exact.

    Examples
    --------
    >>> content(Segment(where={"county": "a"}, cut_off=Decimal("0.10")))
    {'where': {'county': ['a']}, 'cut_off': '0.1'}
    """
    if isinstance(noun, Segment):
        shown = {name: content(getattr(noun, name)) for name in _said(noun) if name != "where"}
        return {"where": {name: list(texts) for name, texts in sorted(noun.tests)}, **shown}
    if isinstance(noun, Period):
        days = {"from": noun.start.isoformat()}
        return days if noun.until is None else {**days, "until": noun.until.isoformat()}
    if hasattr(noun, "__dataclass_fields__"):
        return {name: content(getattr(noun, name)) for name in _said(noun)}
    if isinstance(noun, tuple):
        return [content(part) for part in noun]
    if isinstance(noun, Decimal):
        return f"{noun.normalize():f}"
    return noun.isoformat() if isinstance(noun, date) else noun


def _said(noun: Any) -> list[str]:
    names = [part.name for part in fields(noun)]
    return [
        name
        for name in names
        if getattr(noun, name) not in (None, "", ()) and getattr(noun, name) != Constraints()
    ]


# ---- reading ----------------------------------------------------------------------------------


@cache
def _adapter() -> TypeAdapter[Policy]:
    return TypeAdapter(Policy)


@cache
def _keys() -> tuple[str, ...]:
    nouns = (Policy, Score, Segment, Constraints)
    return tuple(sorted({part.name for noun in nouns for part in fields(noun)} | {"from", "until"}))


def read_policy(path: Path | str) -> Policy:
    """Read and check a policy file.

    Parameters
    ----------
    path : path-like
        TOML in UTF-8.

    Returns
    -------
    Policy

    Raises
    ------
    PolicyError
        With every problem of the file, each by its line.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise PolicyError(Problem(tr("no such file", "没有这个文件"), where=str(path))) from None
    except (UnicodeDecodeError, IsADirectoryError) as error:
        raise PolicyError(
            Problem(tr("not a text in UTF-8", "不是 UTF-8 文本"), str(error), where=path.name)
        ) from None
    return parse(text, path.name)


def parse(text: str, where: str = "policy") -> Policy:
    """Turn the text of a policy file into a checked `Policy`.

    Parameters
    ----------
    text : str
        TOML.
    where : str
        Name shown in messages.

    Raises
    ------
    PolicyError
        For text that is no TOML, unknown or missing keys, values of the wrong type; then for what
        does not fit together: cut-offs that do not belong to the kind, are out of order or no
        grade of the order; segments that can never apply; protected or banned columns; rates
        outside 0 to 10,000; a validity that ends before it begins; half an approval.
    """
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        hint = tr("mend this line first", "请先改正这一行")
        raise PolicyError(
            Problem(tr("not valid TOML", "不是有效的 TOML"), str(error), hint, where)
        ) from None
    return build(raw, Lines(text), where)


def build(raw: Mapping[str, Any], lines: Lines, where: str) -> Policy:
    """Turn parsed tables into a checked `Policy`; see `parse`."""
    body = dict(raw)
    if isinstance(body.get("valid"), dict):
        # ``from`` is what a policy says and a word Python keeps for itself.
        body["valid"] = {{"from": "start"}.get(k, k): day for k, day in body["valid"].items()}
    try:
        policy = _adapter().validate_python(body)
    except ValidationError as error:
        found = [mistake(row, body, lines, where, _keys()) for row in _plain(error)]
        raise PolicyError(dict.fromkeys(found)) from None
    problems = [
        replace(problem, where=f"{where}{lines.at(loc, body)}") for loc, problem in check(policy)
    ]
    if problems:
        raise PolicyError(problems)
    return policy


def _plain(error: ValidationError) -> Iterator[dict[str, Any]]:
    """Yield each mistake once: of a key that may be several types, without naming the types."""
    for row in error.errors():
        loc = ["from" if part == "start" else part for part in row["loc"]]
        stray = row["type"] in ("unexpected_keyword_argument", "extra_forbidden")
        while not stray and isinstance(loc[-1], str) and loc[-1] not in _keys():
            loc.pop()
        union = len(loc) < len(row["loc"])
        message = tr("a number or a text", "须为数字或文本") if union else row["msg"]
        yield {**row, "loc": tuple(loc), "msg": message}


def from_content(data: Mapping[str, Any]) -> Policy:
    """Return the policy of a stored `content`, as a manifest keeps it.

    Raises
    ------
    PolicyError
        If it is no longer a policy.
    """
    body = json.loads(json.dumps(data), parse_float=Decimal)
    for row in [body, *body.get("segments", [])]:
        for name in ("cut_off", "approve_at_least", "refer_at_least"):
            if isinstance(row.get(name), str) and not body["score"].get("order"):
                row[name] = Decimal(row[name])
    for name in ("approved_on",):
        if isinstance(body.get(name), str):
            body[name] = date.fromisoformat(body[name])
    if "valid" in body:
        body["valid"] = {key: date.fromisoformat(day) for key, day in body["valid"].items()}
    return build(body, Lines(""), "policy")


# ---- checks -----------------------------------------------------------------------------------


def check(policy: Policy) -> Iterator[tuple[_Loc, Problem]]:
    """Yield what does not fit together in a policy, with the place of each."""
    for key in ("id", "version"):
        if not _NAME.fullmatch(getattr(policy, key)):
            hint = tr("letters, digits, dots and dashes", "请用字母、数字、点和连字符")
            yield (key,), Problem(tr("not a name", "不是名称"), repr(getattr(policy, key)), hint)
    for key in ("title_zh", "author"):
        if not getattr(policy, key).strip():
            yield (key,), Problem(tr(f"{key} is empty", f"{key} 为空"))
    yield from _check_score(policy.score)
    yield from _check_kind(policy)
    yield from _check_cuts((), policy, policy)
    for place, row in enumerate(policy.segments):
        yield from _check_cuts(("segments", place), row, policy)
        yield from _check_where(("segments", place), row)
    yield from _check_order_of_segments(policy)
    yield from _check_constraints(policy)
    yield from _check_approval(policy)


def forbidden(column: str) -> Problem | None:
    """Return why a policy may not read a column; None where it may.

    Examples
    --------
    >>> forbidden("sex").what, forbidden("county")
    ('a protected attribute enters no policy', None)
    """
    if banned_as(column):
        what = tr("a field no credit file may hold", "信用档案不得采集的信息")
    elif protected_as(column):
        what = tr("a protected attribute enters no policy", "受保护属性不得进入信贷政策")
    else:
        return None
    hint = tr("measure it with affected(), never decide by it", "可用 affected() 衡量,不得据以决策")
    return Problem(what, column, hint)


def _check_score(score: Score) -> Iterator[tuple[_Loc, Problem]]:
    loc: _Loc = ("score", "column")
    if not score.column.strip():
        yield loc, Problem(tr("the score has no column", "未指明评分列"))
    elif problem := forbidden(score.column):
        yield loc, problem
    twice = sorted({name for name in score.order if score.order.count(name) > 1})
    if twice or len(score.order) == 1:
        yield (
            ("score", "order"),
            Problem(
                tr("list every grade once, best first", "请从优到劣列出全部等级,不重复"),
                ", ".join(twice or score.order),
            ),
        )
    if score.order and score.higher == "worse":
        yield (
            ("score", "higher"),
            Problem(
                tr(
                    "grades are listed best first; leave 'higher' out",
                    "等级已按优劣排列,勿写 higher",
                )
            ),
        )
    if score.sha256 and not _HASH.fullmatch(score.sha256):
        hint = tr("64 lower-case hexadecimal digits", "64 位小写十六进制")
        yield ("score", "sha256"), Problem(tr("not a SHA-256", "不是 SHA-256"), score.sha256, hint)


def _check_kind(policy: Policy) -> Iterator[tuple[_Loc, Problem]]:
    if policy.kind != "segments" and policy.segments:
        yield (
            ("segments",),
            Problem(
                tr("segments belong to kind = 'segments'", "分段只用于 kind = 'segments'"),
                policy.kind,
            ),
        )
    if policy.kind == "segments" and not policy.segments:
        yield ("kind",), Problem(tr("no segment is given", "未给出分段"), hint="[[segments]]")
    pair = policy.approve_at_least is not None or policy.refer_at_least is not None
    if policy.kind == "single" and (policy.cut_off is None or pair):
        yield (
            ("kind",),
            Problem(
                tr(
                    "kind = 'single' needs cut_off and no other",
                    "kind = 'single' 须有且仅有 cut_off",
                )
            ),
        )
    if policy.kind == "refer" and (not pair or policy.cut_off is not None):
        yield (
            ("kind",),
            Problem(
                tr(
                    "kind = 'refer' needs approve_at_least and refer_at_least, no cut_off",
                    "kind = 'refer' 须有 approve_at_least 与 refer_at_least,不用 cut_off",
                )
            ),
        )


def _check_cuts(loc: _Loc, row: Policy | Segment, policy: Policy) -> Iterator[tuple[_Loc, Problem]]:
    pair = (row.approve_at_least, row.refer_at_least)
    given: list[int | Decimal | str] = [cut for cut in (row.cut_off, *pair) if cut is not None]
    whole = None not in pair
    if isinstance(row, Segment) and not given:
        yield loc, Problem(tr("the segment has no cut-off", "该分段没有分数线"))
    if (pair != (None, None) and not whole) or (row.cut_off is not None and pair != (None, None)):
        yield (
            loc,
            Problem(
                tr(
                    "give cut_off alone, or approve_at_least with refer_at_least",
                    "只给 cut_off,或同时给 approve_at_least 与 refer_at_least",
                )
            ),
        )
    order = policy.score.order
    sound = True
    for cut in given:
        if order and cut not in order:
            sound = False
            found = tr("no grade of the order", "不在等级顺序中")
            yield loc, Problem(found, str(cut), ", ".join(order))
        elif not order and isinstance(cut, str):
            sound = False
            hint = tr(
                "a number; or list the grades in score.order", "请写数字,或在 score.order 列出等级"
            )
            yield loc, Problem(tr("the cut-off is text", "分数线是文本"), cut, hint)
        elif not isinstance(cut, str) and not -_LARGEST <= cut <= _LARGEST:
            yield loc, Problem(tr("the cut-off is out of reach", "分数线过大"), str(cut))
    if sound and whole:
        approve, refer = (policy.place(cut) for cut in given[-2:])
        if approve <= refer:
            yield (
                loc,
                Problem(
                    tr(
                        "approve_at_least must ask for more than refer_at_least",
                        "approve_at_least 须严于 refer_at_least",
                    ),
                    f"{pair[0]}, {pair[1]}",
                ),
            )


def _check_where(loc: _Loc, row: Segment) -> Iterator[tuple[_Loc, Problem]]:
    if not row.where or any(value == () for value in row.where.values()):
        yield (
            (*loc, "where"),
            Problem(
                tr("the segment names nobody", "该分段未指明任何人"),
                hint='where = { county = "…" }',
            ),
        )
    for name in row.where:
        if problem := forbidden(name):
            yield (*loc, "where"), problem


def _check_order_of_segments(policy: Policy) -> Iterator[tuple[_Loc, Problem]]:
    """Yield segments that an earlier, wider one leaves nobody to, and names that stand twice."""
    for (a, first), (b, second) in itertools.combinations(enumerate(policy.segments), 2):
        wide, narrow = dict(first.tests), dict(second.tests)
        if all(name in narrow and set(narrow[name]) <= set(texts) for name, texts in wide.items()):
            yield (
                ("segments", b),
                Problem(
                    tr(
                        f"never applies: segment {a + 1} takes everybody first",
                        f"永远用不到:第 {a + 1} 个分段已先适用",
                    ),
                    named(second.tests),
                ),
            )
        elif first.id and first.id == second.id:
            yield ("segments", b), Problem(tr("the id stands twice", "编号重复"), second.id)


def _check_constraints(policy: Policy) -> Iterator[tuple[_Loc, Problem]]:
    limits = policy.constraints
    for key in ("approval_at_least_bp", "bad_rate_at_most_bp", "referral_at_most_bp"):
        value = getattr(limits, key)
        if value is not None and not 0 <= value <= WHOLE:
            yield (
                ("constraints", key),
                Problem(
                    tr(
                        "a share in basis points lies in 0 to 10000", "基点比例须在 0 到 10000 之间"
                    ),
                    str(value),
                ),
            )
    if limits.budget_fen is not None and limits.budget_fen < 0:
        yield (
            ("constraints", "budget_fen"),
            Problem(tr("a budget is not negative", "预算不得为负"), str(limits.budget_fen)),
        )


def _check_approval(policy: Policy) -> Iterator[tuple[_Loc, Problem]]:
    if bool(policy.approved_by.strip()) != (policy.approved_on is not None):
        yield (
            ("approved_by",),
            Problem(
                tr(
                    "an approval needs approved_by and approved_on",
                    "批准须同时写明 approved_by 与 approved_on",
                )
            ),
        )
    days = policy.valid
    if days is not None and days.until is not None and days.until <= days.start:
        yield (
            ("valid",),
            Problem(
                tr("valid until a day before it begins", "有效期止早于起"),
                f"{days.start}, {days.until}",
            ),
        )


# ---- writing ----------------------------------------------------------------------------------


def to_toml(policy: Policy) -> str:
    """Return a policy as the text of its file; `parse` gives the same policy back.

    Examples
    --------
    >>> made = Policy(id="a", version="1", title_zh="甲", author="b", kind="single",
    ...               score=Score(column="score"), cut_off=Decimal("0.5"))
    >>> parse(to_toml(made)) == made
    True
    """
    top, tables = [], []
    for name in _said(policy):
        value = getattr(policy, name)
        if name == "segments":
            for row in value:
                tables.append("\n[[segments]]")
                tables += [f"{key} = {_toml(getattr(row, key))}" for key in _said(row)]
        else:
            top.append(f"{name} = {_toml(value)}")
    return "\n".join([*top, *tables]) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, Period):
        until = "" if value.until is None else f", until = {value.until}"
        return f"{{ from = {value.start}{until} }}"
    if isinstance(value, Score | Constraints):
        value = {name: getattr(value, name) for name in _said(value)}
    if isinstance(value, Mapping):
        inner = (f"{json.dumps(k, ensure_ascii=False)} = {_toml(v)}" for k, v in value.items())
        return f"{{ {', '.join(inner)} }}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, Decimal):
        plain = f"{value:f}"
        return plain if "." in plain else f"{plain}.0"
    if isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)

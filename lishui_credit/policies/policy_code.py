"""A policy as one function of one applicant: plain Python or plain JavaScript, no library needed.

The builders of `decide` run over a recorded table, as for SQL (`policy_sql`), and the printers write
down what they did. What is given is checked before it is decided on, for nobody else has read it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

from lishui_credit.backends.javascript_code import javascript_function, script
from lishui_credit.backends.plain_inputs import (
    Input,
    javascript_checks,
    problems,
    python_checks,
)
from lishui_credit.backends.python_code import loaded, python_function
from lishui_credit.backends.python_code import module as python_module
from lishui_credit.errors import SubjectError, refuse
from lishui_credit.language import on_one_line, tr
from lishui_credit.policies.clause_tests import Held
from lishui_credit.policies.policy import FARTHEST, Policy
from lishui_credit.policies.recorded_policy import Asked, asked, reasons_said, title_of
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.scorecards.cards.card import POINTS, Card
from lishui_credit.tables.unreadable import BLANKS, PATTERN

MOST_POINTS: Final = 2**40
"""Largest absolute points of one code, in the card's units: sums of them stay exact in JavaScript."""
_ONE: Final = "subjects"
_BLANK: Final = f"^[{BLANKS}]*$"


@dataclass(frozen=True, slots=True)
class PlainPolicy:
    """A policy as a Python function of one applicant.

    Parameters
    ----------
    source : str
        The text of the module, with its contract; it runs without this package.
    policy : Policy
        The policy.
    on : date
        Day of the decision, fixed in the text.
    """

    source: str
    policy: Policy
    on: date
    _space: dict[str, Any] = field(repr=False, compare=False)

    def __repr__(self) -> str:
        """Return which policy it is, and why it is on trial where it is."""
        why = self.policy.lapse(self.on)
        return f"<{self.policy.id}@{self.policy.version}{'' if why is None else f': {why}'}>"

    def __call__(self, applicant: Mapping[str, Any]) -> dict[str, Any]:
        """Decide on one applicant.

        Parameters
        ----------
        applicant : mapping of str to value
            The id as a text, the score, the columns of the segments and, for reasons, the points;
            None where not known.

        Returns
        -------
        dict
            Every column of `decide`.

        Raises
        ------
        SubjectError
            If anything given cannot be read; everything wrong is named.
        """
        decided: dict[str, Any]
        try:
            decided = self._space["decide"](applicant)
        except self._space["WrongInput"] as wrong:
            raise SubjectError(problems(wrong.faults)) from None
        return decided


def to_python(
    policy: Policy,
    *,
    key: str = "id",
    types: Mapping[str, Held] | None = None,
    on: date | None = None,
    trial: bool = False,
    card: Card | None = None,
    rubric: Rubric | None = None,
    top: int = 4,
    keep: Collection[str] = (),
) -> PlainPolicy:
    """Return a policy as a Python function of one applicant.

    Parameters
    ----------
    policy : Policy
        What decides.
    key : str, default "id"
        Key of the id, a text.
    types, on, trial, card, rubric, top
        As for `policy_sql.to_sql`.
    keep : collection of str
        Further keys handed through as they are, such as ``synthetic``; None where absent.

    Returns
    -------
    PlainPolicy
        A function of a mapping. Of a score alone, a gap of 2 to the 46th power or more has no
        sentence.

    Raises
    ------
    PolicyError
        As `decide`; if losses of the card's or rubric's unit are no whole hundredths.
    SubjectError
        For types that do not fit the policy, names that begin with ``_``.
    CreditError
        If there is no exact way for a verb; it is named.

    Examples
    --------
    >>> from lishui_credit.policies.policy import Score
    >>> policy = Policy(id="a", version="1", title_zh="甲", author="b", kind="single",
    ...                 score=Score(column="score"), cut_off=600)
    >>> decide = to_python(policy, trial=True, top=0)
    >>> decide
    <a@1: not approved>
    >>> decide({"id": "x", "score": 600})["decision"], decide({"id": "y", "score": None})["decision"]
    ('approve', 'not decided')
    """
    record = asked(
        policy,
        key=key,
        types=types,
        on=on,
        trial=trial,
        card=card,
        rubric=rubric,
        top=top,
        keep=keep,
    )
    source = _printed(record, "python")
    return PlainPolicy(source, policy, record.day, loaded(source, f"{policy.id}@{policy.version}"))


def to_javascript(
    policy: Policy,
    *,
    key: str = "id",
    types: Mapping[str, Held] | None = None,
    on: date | None = None,
    trial: bool = False,
    card: Card | None = None,
    rubric: Rubric | None = None,
    top: int = 4,
    keep: Collection[str] = (),
    module: bool = False,
) -> str:
    """Return a policy as the text of one JavaScript function, ``decide(subject)``.

    Takes what `to_python` takes, and throws one Error with everything that is wrong. The text is a
    plain script that defines ``decide``; with `module` an ES module that exports it. A whole number
    must be one that JavaScript tells from its neighbours, below 2 to the 53rd power.

    Examples
    --------
    >>> from lishui_credit.policies.policy import Score
    >>> policy = Policy(id="a", version="1", title_zh="甲", author="b", kind="single",
    ...                 score=Score(column="score"), cut_off=600)
    >>> to_javascript(policy, trial=True, module=True).splitlines()[-1]
    'export { decide };'
    """
    record = asked(
        policy,
        key=key,
        types=types,
        on=on,
        trial=trial,
        card=card,
        rubric=rubric,
        top=top,
        keep=keep,
    )
    return _printed(record, "javascript", exported=module)


def _printed(
    record: Asked, language: Literal["python", "javascript"], *, exported: bool = False
) -> str:
    """Return the text of ``decide``, with the checks of what it is given."""
    refuse([*record.inner_names()])
    python = language == "python"
    inputs = [*_inputs(record, python)]
    checks = python_checks if python else javascript_checks
    function = python_function if python else javascript_function
    text = function(
        record.decided(_ONE),
        name="decide",
        sources={_ONE: {row.name: row.held for row in inputs}},
        one=_ONE,
        columns=record.labels,
        told=tr("Decide on one applicant.", "对一个申请作出决策。"),
        checks=checks({"subject": inputs}, record.keep, record.key, PATTERN, _BLANK),
        first="refuse_wrong(subject)" if python else "refuseWrong(subject, []);",
    )
    head = map(on_one_line, _head(record, inputs, "Python" if python else "JavaScript"))
    return python_module(head, text) if python else script(head, "decide", text, module=exported)


def _inputs(record: Asked, python: bool) -> Iterator[Input]:
    """Yield the keys that the function reads; each must be there, though it may be null."""
    # JavaScript does not tell 2**53 from the number after it.
    score = int(FARTHEST) if python else int(FARTHEST) - 1
    whole = (-(2**63), 2**63 - 1) if python else (-score, score)
    for name, kind in record.kinds.items():
        limits = None
        if kind == "Int64":
            limits = (-score, score) if name == record.policy.score.column else whole
            limits = limits if name in record.held else (-MOST_POINTS, MOST_POINTS)
        if name == record.key and kind == "Stored":
            yield Input(name=name, kind="String", needed=True, filled=True)
        elif kind != "Stored":
            yield Input(name=name, kind=kind, needed=True, limits=limits)


def _head(record: Asked, inputs: Collection[Input], title: str) -> Iterator[str]:
    """Yield what the function is, what is fixed in it, what it takes."""
    yield from title_of(record, title)
    yield ""
    yield tr("Keys, all of them; null where not known", "以下各键均须提供,未知为空值")
    losses = record.losses
    for row in inputs:
        said = f"{row.name}: {row.called}"
        if row.name == record.key:
            said += tr("; the id, not null", ";编号,不得为空")
        elif row.name == record.policy.score.column:
            said += tr("; the score", ";评分")
        elif losses is not None and row.name not in record.held and row.name.startswith(POINTS):
            unit = tr(f"in 1/{losses.unit} point", f"单位 1/{losses.unit} 分")
            said += f"; {losses.labels[row.name.removeprefix(POINTS)]}, {unit}"
        yield said + (f"; {row.limits[0]:,} .. {row.limits[1]:,}" if row.limits else "")
    for name in record.keep:
        yield f"{name}: " + tr("handed through", "原样带出")
    yield ""
    yield tr(
        "Whoever lacks a score or a segment is not decided, never declined.",
        "缺少评分或分段的申请一律“未决策”,不作拒绝。",
    )
    yield reasons_said(record)

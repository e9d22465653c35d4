"""A rubric as one function of one subject: plain Python or plain JavaScript, no library needed.

`evaluate` runs over recorded tables, as for SQL (`rubric_sql`), and the printers write down what it did.
Rows are checked before they are graded, for nobody else has read them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

from lishui_credit.backends import recorder
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
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.engine.evaluate import Evaluation, evaluate
from lishui_credit.rubrics.engine.explain import explain
from lishui_credit.rubrics.engine.explanation import Explanation
from lishui_credit.rubrics.engine.sql_frames import kinds_of
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.rubric_sql import NOT_ASKED, label_of, remarks, title_of
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.column_cells import EMPTY
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.unreadable import PATTERN

_FILLED: Final = ("code", "occurred_on", "event_id")
"""Keys of an event that may not be null."""


@dataclass(frozen=True, slots=True)
class PlainRubric:
    """An edition as a Python function of one subject.

    Parameters
    ----------
    source : str
        The text of the module, with its contract and remarks; it runs without this package.
    rubric : Rubric
        The edition.
    as_of : date
        Day of grading, fixed in the text.
    period : int or None
        Year assessed, fixed in the text.
    """

    source: str
    rubric: Rubric
    as_of: date
    period: int | None
    _space: dict[str, Any] = field(repr=False, compare=False)

    def __call__(
        self, subject: Mapping[str, Any], *, events: Sequence[Mapping[str, Any]] = ()
    ) -> dict[str, Any]:
        """Grade one subject.

        Parameters
        ----------
        subject : mapping
            Conformed values by column: whole numbers of the dictionary (fen, ten-thousandths), flags,
            levels, days as dates or as texts YYYY-MM-DD; None where not known.
        events : sequence of mapping
            Its events, likewise; the subject's id may be left out.

        Returns
        -------
        dict
            Every column of `Evaluation.frame`.

        Raises
        ------
        SubjectError
            If anything given cannot be read; everything wrong is named.
        """
        graded: dict[str, Any]
        try:
            graded = self._space["grade"](subject, events)
        except self._space["WrongInput"] as wrong:
            raise SubjectError(problems(wrong.faults)) from None
        return graded

    def explain(
        self, subject: Mapping[str, Any], *, events: Sequence[Mapping[str, Any]] = ()
    ) -> Explanation:
        """Grade one subject and return why: every row, value, points, clause, evidence."""
        return explain(self(subject, events=events), self.rubric)


def to_python(
    rubric: Rubric,
    *,
    period: int | None = None,
    as_of: date | None = None,
    labels: str | None = None,
    without: Collection[str] = NOT_ASKED,
) -> PlainRubric:
    """Return an edition as a Python function of one subject; see `Rubric.to_python`.

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> grade = to_python(rubric("credit-county", on="2021-04-01"))
    >>> "# SHA-256" in grade.source
    True
    """
    record = recorded(rubric, period, as_of, labels, without)
    source = printed(record, "python")
    space = loaded(source, f"{rubric.name}@{rubric.edition}")
    return PlainRubric(source, rubric, record.result.as_of, period, space)


def to_javascript(
    rubric: Rubric,
    *,
    period: int | None = None,
    as_of: date | None = None,
    labels: str | None = None,
    without: Collection[str] = NOT_ASKED,
    module: bool = False,
) -> str:
    """Return an edition as the text of a JavaScript function; see `Rubric.to_javascript`.

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> text = to_javascript(rubric("credit-county", on="2021-04-01"), module=True)
    >>> text.splitlines()[-1]
    'export { grade };'
    """
    record = recorded(rubric, period, as_of, labels, without)
    return printed(record, "javascript", exported=module)


@dataclass(frozen=True, slots=True)
class Record:
    """What `evaluate` wrote down of an edition, and what its function takes."""

    result: Evaluation[Any]
    labels: str | None
    inputs: dict[str, list[Input]]  # of the subject, and of events where the edition counts them


def recorded(
    rubric: Rubric,
    period: int | None,
    as_of: date | None,
    labels: str | None,
    without: Collection[str],
) -> Record:
    """Run `evaluate` over recorded tables; SubjectError if columns are left out that are needed."""
    people = compiled.needed_columns(rubric)
    happened = event_rules.needed_columns(rubric) if rubric.uses_events else ()
    refuse(
        [
            *lacking([name for name in people if people[name] and name in without], []),
            *lacking([name for name in without if name not in NOT_ASKED], [*people, *happened]),
            *lacking([name for name in _FILLED if name in happened and name in without], []),
        ]
    )
    kinds = kinds_of(name for name in people if name not in without)
    of_events = kinds_of(
        [rubric.subject_id, *(name for name in happened if name not in without)] if happened else ()
    )
    result = evaluate(
        recorder.source("subject", kinds),
        rubric,
        events=recorder.source("events", of_events) if of_events else None,
        period=period,
        as_of=as_of,
        labels=labels,
    )
    # A key that tells of an override must be there: never asked is not "no".
    told = {name for row in rubric.active_overrides for name in compiled.override_columns(row)}
    needed = {name for name in kinds if people[name] or name in told}
    own = rubric.subject_id
    inputs = {"subject": [_input(name, kinds[name], name in needed, name == own) for name in kinds]}
    if of_events:
        codes = tuple(event_rules.codes(rubric))
        inputs["events"] = [
            _input(name, kind, name in _FILLED, name in _FILLED, codes if name == "code" else ())
            for name, kind in of_events.items()
            if name != own
        ]
    return Record(result, labels, inputs)


def _input(
    name: str, kind: recorder.Kind, needed: bool, filled: bool, words: tuple[str, ...] = ()
) -> Input:
    column = dictionary()[name]
    limits = None
    if column.numeric:
        assert column.minimum is not None
        assert column.maximum is not None
        limits = (int(column.minimum * column.per_unit), int(column.maximum * column.per_unit))
    levels = tuple(column.values) if column.type == "level" else ()
    return Input(
        name=name, kind=kind, needed=needed, filled=filled, limits=limits, words=words or levels
    )


def printed(
    record: Record,
    language: Literal["python", "javascript"],
    *,
    checked: bool = True,
    exported: bool = False,
) -> str:
    """Return the text of ``grade``, with the checks of what it is given unless `checked` is false."""
    text = function_text(record, language, checked=checked)
    head = map(on_one_line, _head(record, language))
    if language == "python":
        return python_module(head, text)
    return script(head, "grade", text, module=exported)


def function_text(
    record: Record, language: Literal["python", "javascript"], *, checked: bool = False
) -> str:
    """Return the functions alone, the last of which is ``grade``; what is given is trusted unless `checked`."""
    rubric = record.result.rubric
    names, values = remarks(rubric)
    sources = {
        name: {row.name: row.held for row in listed} for name, listed in record.inputs.items()
    }
    python = language == "python"
    checks = python_checks if python else javascript_checks
    refusal = "refuse_wrong(subject, events)" if python else "refuseWrong(subject, events);"
    function = python_function if python else javascript_function
    return function(
        record.result.frame,
        name="grade",
        sources=sources,
        many=("events",),
        own=(rubric.subject_id,),
        columns=names,
        values=values,
        told=tr("Grade one subject and its events.", "对一个主体及其事件评级。"),
        checks=checks(record.inputs, dictionary(), rubric.subject_id, PATTERN, EMPTY)
        if checked
        else "",
        first=refusal if checked else "",
    )


def _head(record: Record, language: str) -> Iterator[str]:
    """Yield what the function is, what is fixed in it, what it takes."""
    result = record.result
    title = "Python" if language == "python" else "JavaScript"
    yield from title_of(result.rubric, title, result, record.labels)
    parts = {"subject": tr("Keys of the subject", "主体的键")}
    parts["events"] = tr("Keys of an event", "事件的键")
    for place, listed in record.inputs.items():
        yield ""
        yield parts[place]
        for row in listed:
            must = tr(", must be there", ",必填") if row.needed or row.filled else ""
            yield f"{row.name}: {row.called}{must}; {label_of(row.name)}"
    yield ""
    yield tr(
        "Values are those that intake passes on: whole numbers of the units above, null where not"
        " known. Each value is checked by itself; what intake checks between columns is not.",
        "取值与导入检查后的数据一致:整数按上列单位,未知为空。逐项核查单个取值;列与列之间的核查由导入完成。",
    )

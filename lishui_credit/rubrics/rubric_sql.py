"""A rubric where the data live: one commented SELECT that grades a table as `evaluate` does.

`evaluate` runs over recorded tables, and the printer writes down what it did. The head of the
statement says what is fixed in it, what the tables must be, and what nobody checks there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final

from lishui_credit.backends import recorder
from lishui_credit.backends.dialects import dialect_of
from lishui_credit.backends.dialects.dialect import Dialect, misnamed
from lishui_credit.backends.statement import headed, printed
from lishui_credit.citation import EVIDENCE
from lishui_credit.errors import Problem, refuse
from lishui_credit.language import dated, tr
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.engine.evaluate import Evaluation, evaluate
from lishui_credit.rubrics.engine.explain import weak_share
from lishui_credit.rubrics.engine.sql_frames import kinds_of
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import Amount, GradeRow, Indicator, Override, Rubric
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.columns import Column, called, dictionary
from lishui_credit.tables.data_words import counted
from lishui_credit.version import __version__

NOT_ASKED: Final = ("synthetic",)
"""Columns that a table need not have, though results carry them where it has."""
_OF_EVENTS: Final = ("code", "occurred_on", "event_id")


def to_sql(
    rubric: Rubric,
    dialect: str = "duckdb",
    *,
    table: str = "subjects",
    events: str | None = None,
    period: int | None = None,
    as_of: date | None = None,
    labels: str | None = None,
    without: Collection[str] = NOT_ASKED,
) -> str:
    """Return one SELECT that grades every row of a table by an edition.

    Parameters
    ----------
    rubric : Rubric
        The edition.
    dialect : str, default "duckdb"
        One of `backends.dialects.DIALECTS`.
    table : str, default "subjects"
        Table or view of subjects, one row each, as a query in that dialect names it.
    events : str, optional
        Table or view of events; needed where the edition counts events.
    period : int, optional
        Year assessed: only events of that year count.
    as_of : date, optional
        Day of grading, fixed in the text; the cycle's result day, or today, if None.
    labels : str, optional
        Label set for ``grade_label``.
    without : collection of str, default `NOT_ASKED`
        Columns that the tables do not have. An override rule that nothing tells about is left out,
        and the head of the statement names it.

    Returns
    -------
    str
        A comment and a SELECT with the columns of `Evaluation`: one row per subject, in no order.
        Points are integers of 1/`point_unit`, amounts fen.

    Raises
    ------
    EditionError
        If the edition is only an outline.
    SubjectError
        If columns that the edition needs are left out, or its table of events is not named; for a
        name of a table that the dialect cannot read; for an unknown label set.
    CreditError
        If the dialect is not known, or has no exact way for a verb; it is named.

    Notes
    -----
    The rows are not checked, as `intake` checks a file's: the statement's head is a contract, and
    whoever fills the tables keeps it.

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> text = to_sql(rubric("tax-credit", on="2021-04-01"), "postgres", events="events")
    >>> "-- SHA-256" in text, "OFFSET 0" in text
    (True, True)
    """
    target = dialect_of(dialect)
    people = compiled.needed_columns(rubric)
    happened = (
        (rubric.subject_id, *event_rules.needed_columns(rubric)) if rubric.uses_events else ()
    )
    refuse(
        [
            *lacking([name for name in people if people[name] and name in without], []),
            *_misnamed(rubric, target, table, events),
            *lacking([name for name in without if name not in NOT_ASKED], [*people, *happened]),
            *lacking([name for name in _OF_EVENTS if name in happened and name in without], []),
        ]
    )
    subject_kinds = kinds_of(name for name in people if name not in without)
    event_kinds = kinds_of(name for name in happened if name not in without)
    result = evaluate(
        recorder.source(table, subject_kinds),
        rubric,
        events=recorder.source(events, event_kinds) if events and event_kinds else None,
        period=period,
        as_of=as_of,
        labels=labels,
    )
    head = [
        *title_of(rubric, target.said, result, labels),
        *_contract(tr(f"Table {table}", f"表 {table}"), subject_kinds, target, rubric, people),
        *(
            _contract(tr(f"Table {events}", f"表 {events}"), event_kinds, target, rubric)
            if happened
            else ()
        ),
        *_rules(target, result),
    ]
    names, values = remarks(rubric)
    query = printed(result.frame, target, columns=names, values=values)
    return headed(head, query)


def _misnamed(rubric: Rubric, target: Dialect, table: str, events: str | None) -> Iterator[Problem]:
    """Yield what is wrong with the names of the tables."""
    for name in (table, *([events] if events else [])):
        yield from misnamed(name, target)
    if rubric.uses_events and events is None:
        yield Problem(
            tr(f"{rubric.name} counts events", f"{rubric.name} 按事件扣分"),
            tr("no table of events", "未给出事件表"),
            tr("name it with --events", "请用 --events 给出"),
        )


# ---- the head ---------------------------------------------------------------------------------


def title_of(
    rubric: Rubric, target: str, result: Evaluation[Any], labels: str | None
) -> Iterator[str]:
    """Yield what the statement is, and what is fixed in it."""
    every = tr("none: events of every year count", "未指定:各年度的事件均计入")
    period = str(result.period) if result.period else every if rubric.uses_events else "—"
    yield f"{rubric.title}: {rubric.name}@{rubric.edition} ({rubric.status})"
    yield str(rubric.source)
    yield f"SHA-256 {rubric.sha256}, lishui_credit {__version__}"
    yield tr(f"For {target}", f"适用于 {target}")
    yield tr(
        f"Day of grading: {dated(result.as_of)}. Year assessed: {period}."
        f" Label set: {labels or 'as printed'}. They are fixed here: print it again for others.",
        f"评级日:{dated(result.as_of)}。评价年度:{period}。等级标签组:{labels or '原文'}。"
        "以上均已写入语句,变更时须重新导出。",
    )
    yield tr(
        f"Points are integers of 1/{rubric.point_unit} point, amounts are in fen (1/100 yuan).",
        f"分值为整数,单位 1/{rubric.point_unit} 分;金额单位为分。",
    )
    if share := weak_share(rubric):
        yield tr(
            f"{share}% of the points this edition can move rest on evidence below 'secondary'.",
            f"该版本可变动分值中有 {share}% 的依据弱于“二手转述”。",
        )
    for row in result.unchecked:
        what = tr("NOT CHECKED, its columns are left out", "未核查,缺少所需列")
        yield f"{what}: {row.id} {row_label(row)}, {row.clause}"


def _contract(
    title: str,
    kinds: recorder.Schema,
    target: Dialect,
    rubric: Rubric,
    needed: dict[str, bool] | None = None,
) -> Iterator[str]:
    """Yield what the columns of a table must be."""
    keys = (rubric.subject_id,) if needed is not None else (rubric.subject_id, *_OF_EVENTS)
    yield ""
    yield title
    for name, kind in kinds.items():
        held = target.type(kind) + (" NOT NULL" if name in keys else "")
        held += " UNIQUE" if needed is not None and name in keys else ""
        yield f"{name}: {held}; {label_of(name)}"


def label_of(name: str) -> str:
    """Return what people call a column, and what its integers, levels or days stand for."""
    return f"{called(name)}{_unit(dictionary()[name])}"


def _unit(column: Column) -> str:
    """Return what the integers, levels or days of a column stand for."""
    if column.type == "level":
        return ": " + ", ".join(column.values)
    if not column.numeric:
        return ""
    unit = {
        "money": tr("fen", "分"),
        "rate": tr("1/10,000, so that 9,000 is 90%", "万分之一,9,000 即 90%"),
    }.get(column.type, counted(column.unit, Decimal(2)))
    if column.type == "number" and column.per_unit != 1:
        unit = f"1/{column.per_unit:,} {unit}"
    assert column.minimum is not None
    assert column.maximum is not None
    ends = (int(end * column.per_unit) for end in (column.minimum, column.maximum))
    limits = " .. ".join(f"{end:,}" for end in ends)
    return tr(" ", "") + f"({unit}, {limits})".replace("(, ", "(")


def _rules(target: Dialect, result: Evaluation[Any]) -> Iterator[str]:
    """Yield what holds for every column, and what is not checked."""
    yield ""
    yield tr(
        "Rows are not checked here: columns must hold what the lines above say, as intake would"
        " pass it on, and bases by area stand beside each subject. A null means not known.",
        "语句不核查数据:各列须符合以上约定(与导入检查通过后的数据一致),地区基数随主体列出;空值表示未知。",
    )
    yield (
        tr(
            "A subject whose event was rejected must not be graded on the rest: leave it out.",
            "有事件被拒收的主体不得按其余记录评级,请先剔除。",
        )
        if result.rubric.uses_events
        else ""
    )
    yield tr(
        "Text counts case, accents, width and trailing blanks. A day is a date of Beijing time:"
        " a timestamp must be cut to its day in Asia/Shanghai before.",
        "文本比较区分大小写、重音、全半角与尾部空格。日期按北京时间:时间戳须先按 Asia/Shanghai 取日期。",
    )
    yield from (*target.contract(), *target.checks())
    yield ""


# ---- beside the columns and the arms ----------------------------------------------------------


def remarks(rubric: Rubric) -> tuple[dict[str, str], dict[str, str]]:
    """Return what is said beside columns of a name, and beside texts that are compared or given."""
    names: dict[str, str] = {}
    values: dict[str, str] = {}
    for row in rubric.scoring:
        names[f"{compiled.POINTS}{row.id}"] = _told(row)
        if row.event is not None:
            values[row.event.code] = _told(row)
    for rule in rubric.active_overrides:
        values[rule.id] = _told(rule)
        for kind in (compiled.OVERRIDE, compiled.EVENT_OPEN, compiled.EVENT_REPAIRED):
            names[f"{kind}{rule.id}"] = _told(rule)
        if rule.event is not None:
            values.setdefault(rule.event, _told(rule))
    for grade in rubric.grades:
        names[f"{compiled.REQUIRES}{grade.id}"] = values[grade.id] = _told(grade)
    for amount in rubric.amounts:
        names[f"{amount.id}_fen"] = _told(amount)
    return names, values


def _told(row: Indicator | Override | GradeRow | Amount) -> str:
    """Return label, clause and evidence of a row."""
    return f"{row_label(row)}, {row.clause}, {EVIDENCE[row.evidence]}"

"""A policy where the data live: one commented SELECT that decides on a table as `decide` does.

The builders of `decide` run over a recorded table, and the printer writes down what they did. The
head of the statement says what is fixed in it, what the table must be, and what nobody checks there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date

from lishui_credit.backends import recorder
from lishui_credit.backends.dialects import dialect_of
from lishui_credit.backends.dialects.dialect import Dialect, misnamed, unsayable_names
from lishui_credit.backends.statement import headed, printed
from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.policies import clause_tests
from lishui_credit.policies.clause_tests import Held
from lishui_credit.policies.clauses import sentences
from lishui_credit.policies.decision_rows import STEP
from lishui_credit.policies.policy import Policy
from lishui_credit.policies.recorded_policy import Asked, asked, reasons_said, title_of
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.scorecards.cards.card import POINTS, Card


def to_sql(
    policy: Policy,
    dialect: str = "duckdb",
    *,
    table: str = "subjects",
    key: str = "id",
    types: Mapping[str, Held] | None = None,
    on: date | None = None,
    trial: bool = False,
    card: Card | None = None,
    rubric: Rubric | None = None,
    top: int = 4,
    keep: Collection[str] = (),
) -> str:
    """Return one SELECT that decides on every row of a table.

    Parameters
    ----------
    policy : Policy
        What decides.
    dialect : str, default "duckdb"
        One of `backends.dialects.DIALECTS`.
    table : str, default "subjects"
        Table or view of applicants, one row each, as a query in that dialect names it.
    key : str, default "id"
        Column of ids, handed through as it is.
    types : mapping of str to {"whole", "double", "text", "flag"}, optional
        What columns of the policy hold. Without it a number the policy decides by is "double", with a
        card or a rubric and whole cut-offs "whole"; a segment column holds what the policy's values are.
    on : date, optional
        Day of the decision, fixed in the text; today without it.
    trial : bool, default False
        Print a policy that is not approved or not valid on the day; head and rows then say so.
    card : Card, optional
        For reasons: the table holds its ``points__``, in its units.
    rubric : Rubric, optional
        For reasons: the table holds ``points__`` of the rows it scores, and ``decided_by``.
    top : int, default 4
        Reasons per applicant declined or referred; none at 0.
    keep : collection of str
        Further columns handed through, such as ``synthetic``.

    Returns
    -------
    str
        A comment and a SELECT with the columns of `decide`, one row per applicant, in no order. Of a
        score alone, a gap of 2 to the 46th power or more has no sentence.

    Raises
    ------
    PolicyError
        As `decide`; if losses of the card's or rubric's unit are no whole hundredths.
    SubjectError
        For types that do not fit the policy, names that the dialect cannot read.
    CreditError
        If the dialect is not known, or has no exact way for a verb; it is named.

    Examples
    --------
    >>> from lishui_credit.policies.policy import Score
    >>> policy = Policy(id="a", version="1", title_zh="甲", author="b", kind="single",
    ...                 score=Score(column="score"), cut_off=600)
    >>> text = to_sql(policy, "postgres", trial=True)
    >>> "-- SHA-256" in text, "/* policy: score >= 600: score at least 600: approve */" in text
    (True, True)
    """
    target = dialect_of(dialect)
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
    refuse(
        [
            *unsayable_names(record.kinds, target),
            *record.inner_names(),
            *_unsayable(policy, record.held, target),
            *misnamed(table, target),
        ]
    )
    text = printed(
        record.decided(table),
        target,
        columns=record.labels or None,
        arms={STEP: _arms(policy, record.held)},
    )
    head = [
        *title_of(record, target.said),
        *_contract(record, target, table),
        *_rules(record, target),
    ]
    return headed(head, text)


def _unsayable(policy: Policy, held: Mapping[str, Held], target: Dialect) -> Iterator[Problem]:
    """Yield every text of a policy that the database cannot compare."""
    compared = [(policy.score.column, policy.score.order)]
    compared += [test for rule in policy.rules for test in rule.tests if held[test[0]] == "text"]
    for name, texts in compared:
        for text in texts:
            why = target.wrong_text(text)
            if not text and target.empty_is_null:
                why = tr("an empty text is a null there", "该库中空文本即 NULL")
            if why:
                what = tr(
                    f"{target.title} cannot compare this text", f"{target.title} 无法比较该文本"
                )
                yield Problem(what, f"{text[:40]!r}: {why}", where=name)


def _arms(policy: Policy, held: Mapping[str, Held]) -> dict[int, str]:
    """Return what stands beside every step: its clause and its sentence."""
    words = sentences(policy)
    steps = clause_tests.arms(recorder, policy, held)
    return {place: f"{arm.clause}: {words[arm.clause]}" for place, arm in enumerate(steps)}


# ---- the head ---------------------------------------------------------------------------------


def _contract(record: Asked, target: Dialect, table: str) -> Iterator[str]:
    """Yield what the columns of the table must be."""
    policy, losses = record.policy, record.losses
    yield ""
    yield tr(f"Table {table}", f"表 {table}")
    for name, kind in record.kinds.items():
        if kind == "Stored":
            stored = tr("any type", "任意类型")
            yield f"{name}: {stored}" + (" NOT NULL UNIQUE" if name == record.key else "")
            continue
        said = f"{name}: {target.type(kind)}"
        if name == policy.score.column:
            said += {
                "Float64": tr(
                    " or decimal, not a float of 32 bits, whose 0.7 is another number; the score",
                    "或定点小数,不得为 32 位浮点数(其 0.7 是另一个数);评分",
                ),
                "Int64": tr(" within 2 to the 53rd power; the score", ",不超出 2 的 53 次方;评分"),
            }.get(kind, tr("; the grade", ";等级"))
        elif losses is not None and name.startswith(POINTS):
            label = losses.labels[name.removeprefix(POINTS)]
            unit = tr(f"in 1/{losses.unit} point", f"单位 1/{losses.unit} 分")
            said += f"; {label}, {unit}"
        yield said


def _rules(record: Asked, target: Dialect) -> Iterator[str]:
    """Yield what holds for every row, and where the reasons come from."""
    yield ""
    yield tr(
        "Rows are not checked here: the columns must hold what the lines above say. A null means not known,"
        " and whoever lacks a score or a segment is not decided, never declined.",
        "语句不核查数据:各列须符合以上约定。空值表示未知;缺少评分或分段的申请一律“未决策”,不作拒绝。",
    )
    if any(rule.tests for rule in record.policy.rules):
        yield tr(
            "Texts of segments count case, accents, width and trailing blanks.",
            "分段的文本比较区分大小写、重音、全半角与尾部空格。",
        )
    yield reasons_said(record)
    yield from (*target.contract(), *target.checks())
    yield ""

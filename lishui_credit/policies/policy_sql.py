"""A policy where the data live: one commented SELECT that decides on a table as `decide` does.

The builders of `decide` run over a recorded table, and the printer writes down what they did. The
head of the statement says what is fixed in it, what the table must be, and what nobody checks there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Final

from lishui_credit.backends import recorder
from lishui_credit.backends.dialects import dialect_of
from lishui_credit.backends.dialects.dialect import Dialect, misnamed, unsayable_names
from lishui_credit.backends.statement import printed
from lishui_credit.errors import Problem, refuse
from lishui_credit.language import dated, spoken, tr
from lishui_credit.policies import adverse_reasons, clause_tests
from lishui_credit.policies.adverse_reasons import Losses
from lishui_credit.policies.clause_tests import Held
from lishui_credit.policies.clauses import sentences
from lishui_credit.policies.decision_rows import STEP, decision_rows
from lishui_credit.policies.policy import Policy
from lishui_credit.policies.ranked_reasons import FARTHEST_TOLD, RULE
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.scorecards.cards.card import POINTS, Card
from lishui_credit.version import __version__

_KINDS: Final[dict[Held, recorder.Kind]] = {
    "whole": "Int64",
    "double": "Float64",
    "text": "String",
    "flag": "Boolean",
}
_DECIDED_BY: Final = "decided_by"
"""Column of a graded table: the override rule or the grade that decided."""


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
    day = date.today() if on is None else on
    policy.permit(day, trial=trial)
    target = dialect_of(dialect)
    held = _held(policy, types or {}, whole=card is not None or rubric is not None)
    losses = _losses(card, rubric) if top > 0 else None
    kinds: recorder.Schema = dict.fromkeys((key, *keep), "Stored")
    kinds |= {name: _KINDS[kind] for name, kind in held.items()}
    if losses is not None:
        kinds |= dict.fromkeys((f"{POINTS}{code}" for code in losses.best), "Int64")
        kinds |= {_DECIDED_BY: "String"} if losses.rules else {}
    names = [*unsayable_names(kinds, target), *_inner(kinds)]
    refuse([*names, *_unsayable(policy, held, target), *misnamed(table, target)])
    rows = _source(table, kinds)
    if losses is not None and losses.rules:
        rows = rows.with_columns(recorder.col(_DECIDED_BY).alias(RULE))
    query = decision_rows(
        recorder,
        rows,
        policy,
        held,
        key=recorder.col(key),
        trial=policy.lapse(day) is not None,
        losses=losses,
        top=top,
        kept=tuple(keep),
    )
    labels = {} if losses is None else losses.labels
    text = printed(
        query,
        target,
        columns={f"_key_{place}": str(labels[code]) for place, code in enumerate(losses.best)}
        if losses is not None
        else None,
        arms={STEP: _arms(policy, held)},
    )
    head = [
        *_title(policy, target, day),
        *_contract(policy, target, table, key, kinds, losses),
        *_rules(policy, target, losses, top),
    ]
    return "\n".join([*(_line(line) for line in head), f"{text};\n"])


def _held(policy: Policy, types: Mapping[str, Held], *, whole: bool) -> dict[str, Held]:
    """Return what the columns of a policy hold; SubjectError for types that do not fit it."""
    score = policy.score
    cuts = [cut for rule in policy.rules for cut in (rule.approve, rule.refer) if cut is not None]
    # A probability that a card gives beside its score has cut-offs with fractions.
    whole = whole and all(isinstance(cut, int) for cut in cuts)
    number: Held = "whole" if whole else "double"
    found: dict[str, Held] = {score.column: "text" if score.order else number}
    for name in policy.columns[1:]:
        values = [value for row in policy.segments for value in _values(row.where.get(name, ()))]
        kinds = {type(value) for value in values}
        found[name] = "flag" if kinds == {bool} else "whole" if kinds == {int} else "text"
    problems = []
    for name, asked in types.items():
        fit: tuple[Held, ...] = ("whole", "text", "flag")
        if name == score.column:
            fit = ("text",) if score.order else ("whole", "double")
        if name not in found:
            what = tr("the policy reads no such column", "政策不使用该列")
            problems.append(Problem(what, ", ".join(found), where=name))
        elif asked not in fit:
            what = tr("the policy cannot read that type there", "政策在该列不能使用此类型")
            problems.append(Problem(what, str(asked), ", ".join(fit), where=name))
    refuse(problems)
    return found | dict(types)


def _values(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _losses(card: Card | None, rubric: Rubric | None) -> Losses | None:
    if card is not None:
        return adverse_reasons.losses_of_card(card)
    if rubric is None:
        return None
    return adverse_reasons.losses_of_rubric(rubric, {f"{POINTS}{row.id}" for row in rubric.scoring})


def _inner(names: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for every column that has a name of the statement's own."""
    for name in names:
        if name.startswith("_"):
            what = tr("a name that begins so is used inside the statement", "该前缀为语句内部所用")
            yield Problem(what, name, tr("give the column another name", "请改用其他列名"))


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


def _source(table: str, kinds: recorder.Schema) -> recorder.Table:
    handed = {
        name: recorder.Node("read", kind, (), name)
        for name, kind in kinds.items()
        if kind == "Stored"
    }
    return recorder.Table("source", kinds, columns=handed, name=table)


def _arms(policy: Policy, held: Mapping[str, Held]) -> dict[int, str]:
    """Return what stands beside every step: its clause and its sentence."""
    words = sentences(policy)
    steps = clause_tests.arms(recorder, policy, held)
    return {place: f"{arm.clause}: {words[arm.clause]}" for place, arm in enumerate(steps)}


# ---- the head ---------------------------------------------------------------------------------


def _line(text: str) -> str:
    return f"-- {' '.join(spoken(text).split())}".rstrip() if text else "--"


def _title(policy: Policy, target: Dialect, day: date) -> Iterator[str]:
    """Yield which policy it is, who approved it, and what is fixed in the statement."""
    why = policy.lapse(day)
    if why is not None:
        yield tr(f"TRIAL, not a decision in force: {why}", f"试算,不是有效决定:{why}")
    yield f"{tr(policy.title_en, policy.title_zh) or policy.title_zh}: {policy.id}@{policy.version}"
    yield f"SHA-256 {policy.sha256}, lishui_credit {__version__}"
    if policy.approved_by:
        when = dated(policy.approved_on)
        yield tr(
            f"Approved by {policy.approved_by} on {when}. Written by {policy.author}.",
            f"批准人:{policy.approved_by},{when}。起草:{policy.author}。",
        )
    else:
        yield tr(f"NOT APPROVED. Written by {policy.author}.", f"未经批准。起草:{policy.author}。")
    always = tr("without end", "未定期限")
    yield tr("Valid: ", "有效期:") + (policy.valid.said if policy.valid else always)
    yield tr(
        f"Day of the decision: {dated(day)}, fixed here: print it again for another day.",
        f"决策日:{dated(day)},已写入语句,变更时须重新导出。",
    )
    if policy.score.source or policy.score.sha256:
        made = f"{policy.score.source} {policy.score.sha256}".strip()
        yield tr(f"The scores are those of {made}", f"评分来源:{made}")
    yield tr(f"For {target.said}", f"适用于 {target.said}")


def _contract(
    policy: Policy,
    target: Dialect,
    table: str,
    key: str,
    kinds: recorder.Schema,
    losses: Losses | None,
) -> Iterator[str]:
    """Yield what the columns of the table must be."""
    yield ""
    yield tr(f"Table {table}", f"表 {table}")
    for name, kind in kinds.items():
        if kind == "Stored":
            stored = tr("any type", "任意类型")
            yield f"{name}: {stored}" + (" NOT NULL UNIQUE" if name == key else "")
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


def _rules(policy: Policy, target: Dialect, losses: Losses | None, top: int) -> Iterator[str]:
    """Yield what holds for every row, and where the reasons come from."""
    yield ""
    yield tr(
        "Rows are not checked here: the columns must hold what the lines above say. A null means not known,"
        " and whoever lacks a score or a segment is not decided, never declined.",
        "语句不核查数据:各列须符合以上约定。空值表示未知;缺少评分或分段的申请一律“未决策”,不作拒绝。",
    )
    if any(rule.tests for rule in policy.rules):
        yield tr(
            "Texts of segments count case, accents, width and trailing blanks.",
            "分段的文本比较区分大小写、重音、全半角与尾部空格。",
        )
    if top < 1:
        yield tr("Reasons are left out.", "未输出原因。")
    elif losses is not None:
        yield tr(
            "Reasons are points below the most that a known value has, largest first.",
            "原因为低于已知取值最高分的失分,由大到小。",
        )
    else:
        yield tr(
            "Reasons are how far the score lies below approval: the statement knows no points. A gap of"
            f" {FARTHEST_TOLD:,} or more has no sentence.",
            f"原因为评分距通过线之差:语句不含各项得分。差额达 {FARTHEST_TOLD:,} 的没有文字说明。",
        )
    yield from (*target.contract(), *target.checks())
    yield ""

"""A policy over a recorded table: what it reads, and what `decide` does with that.

Statements for databases (`policy_sql`) and plain code (`policy_code`) are printed from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from lishui_credit.backends import recorder
from lishui_credit.errors import Problem, refuse
from lishui_credit.expressions import E, F, Namespace
from lishui_credit.language import dated, tr
from lishui_credit.policies import adverse_reasons
from lishui_credit.policies.adverse_reasons import Losses
from lishui_credit.policies.clause_tests import Held
from lishui_credit.policies.decision_rows import decision_rows
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
DECIDED_BY: Final = "decided_by"
"""Column of a graded table: the override rule or the grade that decided."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a printed policy, with everything that it reads."""

    policy: Policy
    day: date
    held: Mapping[str, Held]
    losses: Losses | None
    top: int
    key: str
    keep: tuple[str, ...]

    @property
    def kinds(self) -> recorder.Schema:
        """Columns and what each is read as; what is only handed through is ``Stored``."""
        found: recorder.Schema = dict.fromkeys((self.key, *self.keep), "Stored")
        found |= {name: _KINDS[kind] for name, kind in self.held.items()}
        if self.losses is not None:
            found |= dict.fromkeys((f"{POINTS}{code}" for code in self.losses.best), "Int64")
            found |= {DECIDED_BY: "String"} if self.losses.rules else {}
        return found

    @property
    def labels(self) -> dict[str, str]:
        """What stands over the steps that hold a loss: the label of its code."""
        if self.losses is None:
            return {}
        labels = self.losses.labels
        return {f"_key_{place}": str(labels[code]) for place, code in enumerate(self.losses.best)}

    def inner_names(self) -> Iterator[Problem]:
        """Yield a problem for every column that has a name of the printed text's own."""
        for name in self.kinds:
            if name.startswith("_"):
                what = tr("a name that begins so is used inside the text", "该前缀为内部所用")
                yield Problem(what, name, tr("give the column another name", "请改用其他列名"))

    def decided(self, table: str) -> recorder.Table:
        """Return what `decide` does with a table of that name, as a query."""
        kinds = self.kinds
        handed = {
            name: recorder.Node("read", kind, (), name)
            for name, kind in kinds.items()
            if kind == "Stored"
        }
        rows = recorder.Table("source", kinds, columns=handed, name=table)
        return self.decided_over(recorder, rows, recorder.col(self.key))

    def decided_over(self, ns: Namespace[E], rows: F, key: E) -> F:
        """Return what `decide` does with rows of an engine that have these columns."""
        if self.losses is not None and self.losses.rules:
            rows = rows.with_columns(ns.col(DECIDED_BY).alias(RULE))
        return decision_rows(
            ns,
            rows,
            self.policy,
            self.held,
            key=key,
            trial=self.policy.lapse(self.day) is not None,
            losses=self.losses,
            top=self.top,
            kept=self.keep,
        )


def asked(
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
) -> Asked:
    """Return what a policy reads and says on a day; the parameters are those of `policy_sql.to_sql`.

    Raises
    ------
    PolicyError
        If the policy may not be applied on the day and `trial` is false; if losses of the card's or
        rubric's unit are no whole hundredths.
    SubjectError
        For types that do not fit the policy.

    Examples
    --------
    >>> from lishui_credit.policies.policy import Score
    >>> policy = Policy(id="a", version="1", title_zh="甲", author="b", kind="single",
    ...                 score=Score(column="score"), cut_off=600)
    >>> asked(policy, trial=True).kinds
    {'id': 'Stored', 'score': 'Float64'}
    """
    day = date.today() if on is None else on
    policy.permit(day, trial=trial)
    held = _held(policy, types or {}, whole=card is not None or rubric is not None)
    losses = _losses(card, rubric) if top > 0 else None
    return Asked(policy, day, held, losses, top, key, tuple(keep))


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


# ---- the head ---------------------------------------------------------------------------------


def title_of(record: Asked, said: str) -> Iterator[str]:
    """Yield which policy it is, who approved it, and what is fixed in the text."""
    policy, day = record.policy, record.day
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
        f"决策日:{dated(day)},已写入文本,变更时须重新导出。",
    )
    if policy.score.source or policy.score.sha256:
        made = f"{policy.score.source} {policy.score.sha256}".strip()
        yield tr(f"The scores are those of {made}", f"评分来源:{made}")
    yield tr(f"For {said}", f"适用于 {said}")


def reasons_said(record: Asked) -> str:
    """Return where the reasons come from."""
    if record.top < 1:
        return tr("Reasons are left out.", "未输出原因。")
    if record.losses is not None:
        return tr(
            "Reasons are points below the most that a known value has, largest first.",
            "原因为低于已知取值最高分的失分,由大到小。",
        )
    return tr(
        "Reasons are how far the score lies below approval: no points are known here. A gap of"
        f" {FARTHEST_TOLD:,} or more has no sentence.",
        f"原因为评分距通过线之差:此处没有各项得分。差额达 {FARTHEST_TOLD:,} 的没有文字说明。",
    )

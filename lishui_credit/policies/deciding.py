"""Apply a policy to scores: approve, refer, decline, or not decided, and which clause said so.

Every applicant gets one row. A missing score is never a decline: it is "not decided", with the
reason. Comparisons are exact: whole scores against whole cut-offs; a written decimal against a
float score is the double nearest to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.policies import clause_tests
from lishui_credit.policies.adverse_reasons import reasons
from lishui_credit.policies.clause_tests import Held
from lishui_credit.policies.policy import DECLINE, FARTHEST, REFER, Policy
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.frames import as_polars
from lishui_credit.tables.free_columns import shortest

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame


def decide(
    frame: IntoFrame,
    policy: Policy,
    *,
    on: date | None = None,
    trial: bool = False,
    id: str | None = None,
    card: Card | None = None,
    rubric: Rubric | None = None,
    top: int = 4,
    labels: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Return the decision on every applicant, by which clause, and why.

    Parameters
    ----------
    frame : polars, pandas, pyarrow or any narwhals frame, shape (n, any)
        One row per applicant: the policy's score, the columns of its segments, an id.
    policy : Policy
        What decides.
    on : date, optional
        Day of the decision; today without it.
    trial : bool, default False
        Apply a policy that is not approved or not valid on the day; every row then says so.
    id : str, optional
        Column of ids. Without it: ``id``, else the only column that ends in ``_id`` or 编号,
        else rows are numbered.
    card : Card, optional
        For reasons: the card that scored the frame, which holds its columns or ``points__``.
    rubric : Rubric, optional
        For reasons: the edition that graded the frame.
    top : int, default 4
        Reasons per applicant declined or referred; none at 0.
    labels : mapping of str to str, optional
        Chinese names of the reason codes that the frame holds itself.

    Returns
    -------
    polars.DataFrame, shape (n, 9 + 4k)
        In the order of the frame: ``id`` (text), ``score``, ``decision`` ("approve", "refer",
        "decline", "not decided"), ``decided_by`` (segment and comparison, or why not decided) and
        ``decided_by_zh``, ``decided_by_en`` (the same in words, see `clauses`), ``trial``, ``policy`` (id@version), ``policy_sha256``; then ``reason_1`` (code),
        ``lost_1``, ``reason_1_zh``, ``reason_1_en`` and so on; with ``synthetic`` where the frame
        has it.

    Raises
    ------
    PolicyError
        If the policy may not be applied on the day and `trial` is false, or rests on a card that
        takes a protected attribute.
    SubjectError
        For a frame without rows, absent columns, ids that are missing or stand twice, a score of
        the wrong type.

    Examples
    --------
    >>> from lishui_credit.policies.policy import Score
    >>> policy = Policy(id="a", version="1", title_zh="甲", author="b", kind="refer",
    ...                 score=Score(column="score"), approve_at_least=600, refer_at_least=580)
    >>> people = pl.DataFrame({"id": ["x", "y", "z"], "score": [600, 580, None]})
    >>> decide(people, policy, trial=True).select("decision", "decided_by").rows()
    [('approve', 'policy: score >= 600'), ('refer', 'policy: 580 <= score < 600'),
     ('not decided', 'score missing')]
    """
    day = date.today() if on is None else on
    policy.permit(day, trial=trial)
    table = exact_scores(as_polars(frame), policy)
    if table.is_empty():
        raise SubjectError(
            tr("there is nobody to decide on: no rows", "没有可决策的申请:表中没有数据行"),
            hint=tr("was the right file or filter used?", "请核对文件或筛选条件"),
        )
    key = subject_column(table.columns, id)
    refuse(wrong_with(table, policy, key))
    ids = pl.int_range(1, table.height + 1, eager=True) if key is None else table[key]
    held = held_by(table.schema, policy)
    steps = clause_tests.arms(pl, policy, held)
    kept = [pl.col("synthetic")] if "synthetic" in table.columns else []
    short = clause_tests.gap(pl, policy, held) if top > 0 else pl.lit(None)
    found = (
        table.lazy()
        .with_columns(clause_tests.chosen(pl, steps).alias("_step"), short.alias("_gap"))
        .select(
            ids.cast(pl.String).alias("id"),
            pl.col(policy.score.column).alias("score"),
            *clause_tests.said(
                pl, policy, steps, pl.col("_step"), trial=policy.lapse(day) is not None
            ),
            *kept,
            "_gap",
        )
        .collect()
    )
    decided, gap = found.drop("_gap"), found["_gap"]
    if top < 1:
        return decided
    adverse = decided["decision"].is_in([REFER, DECLINE])
    found = reasons(
        table.filter(adverse), gap.filter(adverse), card=card, rubric=rubric, top=top, labels=labels
    ).sentences()
    numbered = decided.with_row_index("_row")
    places = numbered.filter(adverse).select("_row")
    return numbered.join(
        pl.concat([places, found], how="horizontal"), on="_row", how="left", maintain_order="left"
    ).drop("_row")


def exact_scores(table: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Return a table whose score compares with written cut-offs as the same score in a CSV does.

    Floats of 32 bits become the doubles their shortest decimals mean, decimals become doubles.

    >>> from lishui_credit.policies.policy import Score
    >>> policy = Policy(id="a", version="1", title_zh="甲", author="b", kind="single",
    ...                 score=Score(column="s"), cut_off=1)
    >>> exact_scores(pl.DataFrame({"s": pl.Series([0.7], dtype=pl.Float32)}), policy)["s"].item()
    0.7
    """
    name = policy.score.column
    if name not in table.columns or policy.score.order:
        return table
    score = shortest(table[name])
    return table.with_columns(score.cast(pl.Float64) if score.dtype.is_decimal() else score)


def subject_column(names: Iterable[str], given: str | None = None) -> str | None:
    """Return the column of ids: the one given, ``id``, or the only one ending in ``_id`` or 编号."""
    names = list(names)
    if given is not None or "id" in names:
        return given or "id"
    ends = [name for name in names if name.endswith(("_id", "编号"))]
    return ends[0] if len(ends) == 1 else None


def wrong_with(table: pl.DataFrame, policy: Policy, key: str | None) -> list[Problem]:
    """Return everything for which a policy cannot be applied to a frame; see `decide`."""
    problems = lacking(dict.fromkeys([*policy.columns, key or None]), table.columns)
    score = policy.score
    kinds = table.schema
    if score.column in kinds:
        kind = kinds[score.column]
        text = kind in (pl.String, pl.Categorical, pl.Enum)
        fits = text if score.order else (kind.is_integer() or kind.is_float() or kind == pl.Null)
        if not fits:
            asked = tr("grades", "等级") if score.order else tr("numbers", "数字")
            problems.append(
                Problem(
                    tr(f"the policy decides by {asked}", f"该政策按{asked}决策"),
                    str(kind),
                    where=score.column,
                )
            )
        elif kind.is_integer() and (table[score.column].cast(pl.Float64).abs() > FARTHEST).any():
            what = tr("a whole score beyond 2 to the 53rd power", "整数评分超出 2 的 53 次方")
            problems.append(
                Problem(what, hint=tr("is it an id?", "是否误用了编号列?"), where=score.column)
            )
    problems += [
        Problem(
            tr(
                "a segment column must hold text, whole numbers or yes/no",
                "分段列须为文本、整数或是/否",
            ),
            str(kinds[name]),
            where=name,
        )
        for name in policy.columns[1:]
        if name in kinds and not _tells(kinds[name])
    ]
    if key is not None and key in kinds:
        ids = table[key]
        if count := ids.null_count():
            problems.append(
                Problem(
                    tr("ids are missing", "编号缺失"), tr(f"{count} rows", f"{count} 行"), where=key
                )
            )
        twice = ids.drop_nulls().filter(ids.drop_nulls().is_duplicated())
        if len(twice):
            shown = ", ".join(str(v) for v in twice.unique(maintain_order=True).head(3))
            found = tr(f"{len(twice)} rows: {shown}", f"{len(twice)} 行:{shown}")
            problems.append(Problem(tr("ids are repeated", "编号重复"), found, where=key))
    return problems


def _tells(kind: pl.DataType) -> bool:
    return kind.is_integer() or kind in (pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Null)


def held_by(schema: pl.Schema, policy: Policy) -> dict[str, Held]:
    """Return what the columns of a policy hold in a frame; what compares as text is text."""
    found: dict[str, Held] = {}
    for name in policy.columns[1:]:
        kind = schema[name]
        whole = kind.is_integer() and kind not in (pl.UInt64, pl.Int128, pl.UInt128)
        found[name] = "flag" if kind == pl.Boolean else "whole" if whole else "text"
    score = policy.score
    whole = schema[score.column].is_integer()
    return found | {score.column: "text" if score.order else "whole" if whole else "double"}


def decision(policy: Policy, schema: pl.Schema) -> pl.Expr:
    """Return the decision on every row of a frame as an expression."""
    return clause_tests.decision(pl, policy, held_by(schema, policy))

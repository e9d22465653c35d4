"""Everything `decide` says of a row, over rows of any engine: decision, clause, sentences, reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lishui_credit.expressions import E, F, Namespace
from lishui_credit.policies import clause_tests, ranked_reasons
from lishui_credit.policies.adverse_reasons import Losses
from lishui_credit.policies.clause_tests import Held
from lishui_credit.policies.policy import Policy

STEP = "_step"


def decision_rows(
    ns: Namespace[E],
    rows: F,
    policy: Policy,
    held: Mapping[str, Held],
    *,
    key: E,
    trial: bool,
    losses: Losses | None = None,
    top: int = 4,
    kept: Sequence[str] = (),
) -> F:
    """Return the rows that `decide` returns, lazily.

    Parameters
    ----------
    ns : namespace
        Of the engine.
    rows : lazy frame or recorded table
        The policy's columns, the key, ``points__`` of every code of `losses`, and
        `ranked_reasons.RULE` where these have override rules.
    policy : Policy
        What decides.
    held : mapping of str to {"whole", "double", "text", "flag"}
        What the policy's columns hold.
    key : expression
        Ids.
    trial : bool
        Whether the policy is not in force on the day.
    losses : Losses, optional
        Points for reasons; without it they are of the score alone.
    top : int, default 4
        Reasons per applicant; none at 0.
    kept : sequence of str
        Columns handed through behind the hash of the policy.

    Examples
    --------
    >>> import polars as pl
    >>> from lishui_credit.policies.policy import Score
    >>> policy = Policy(id="a", version="1", title_zh="甲", author="b", kind="single",
    ...                 score=Score(column="score"), cut_off=600)
    >>> people = pl.LazyFrame({"id": ["x"], "score": [570]})
    >>> rows = decision_rows(pl, people, policy, {"score": "whole"}, key=pl.col("id"), trial=True)
    >>> rows.select("decision", "decided_by", "reason_1_en").collect().row(0)
    ('decline', 'policy: score < 600', 'score below the cut-off: 30 short of approval')
    """
    steps = clause_tests.arms(ns, policy, held)
    rows = rows.with_columns(clause_tests.chosen(ns, steps).alias(STEP))
    step = ns.col(STEP)
    reasons: list[E] = []
    if top > 0 and losses is not None:
        rows = ranked_reasons.ranked(ns, rows, losses, top)
        reasons = ranked_reasons.of_losses(ns, losses, top, clause_tests.adverse(ns, steps, step))
    elif top > 0:
        rows = ranked_reasons.short(ns, rows, clause_tests.gap(ns, policy, held))
        reasons = ranked_reasons.of_score(ns, clause_tests.adverse(ns, steps, step))
    return rows.select(
        key.alias("id"),
        ns.col(policy.score.column).alias("score"),
        *clause_tests.said(ns, policy, steps, step, trial=trial),
        *map(ns.col, kept),
        *reasons,
    )

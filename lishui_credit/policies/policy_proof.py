"""A policy's SQL proved where it will run: hostile applicants decided on there and by `decide`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import polars as pl

from lishui_credit.policies.adverse_reasons import GAP
from lishui_credit.policies.clause_tests import Held
from lishui_credit.policies.deciding import decide
from lishui_credit.policies.hostile_applicants import hostile_applicants
from lishui_credit.policies.policy import Policy
from lishui_credit.policies.policy_sql import to_sql
from lishui_credit.policies.ranked_reasons import FARTHEST_TOLD
from lishui_credit.policies.recorded_policy import asked
from lishui_credit.rubrics.cell_differences import Differences, compared, texts
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.users_database import Database, loaded
from lishui_credit.scorecards.cards.card import Card

_KEY: Final = "prove_row"
_WITHOUT_NAN: Final = ("mysql", "mariadb", "sqlite")
_WITHOUT_INFINITY: Final = ("mysql", "mariadb")


def prove_policy(
    base: Database,
    policy: Policy,
    dialect: str,
    *,
    rows: int,
    seed: int,
    types: Mapping[str, Held] | None = None,
    on: date | None = None,
    trial: bool = False,
    card: Card | None = None,
    rubric: Rubric | None = None,
    top: int = 4,
) -> Differences:
    """Decide on hostile applicants in a database by the printed statement, and compare with `decide`.

    Parameters
    ----------
    base : Database
        Where to run it; see `users_database.connected`.
    policy : Policy
        The policy.
    dialect : str
        As for `to_sql`.
    rows : int
        Applicants to compare.
    seed : int
        Of the applicants.
    types, on, trial, card, rubric, top
        As for `to_sql`.

    Returns
    -------
    Differences
        What was compared and what differs. A zero is a zero, whatever its sign; where the database
        holds no NaN or infinity, these scores are nulls.

    Raises
    ------
    PolicyError, SubjectError
        As `to_sql`.
    CreditError
        If the database makes no temporary tables, or does not run the statement.
    """
    record = asked(
        policy, key=_KEY, types=types, on=on, trial=trial, card=card, rubric=rubric, top=top
    )
    subjects = hostile_applicants(record, rows=rows, seed=seed)
    doubles = pl.col(pl.Float64)
    if dialect in _WITHOUT_NAN:
        subjects = subjects.with_columns(doubles.fill_nan(None))
    if dialect in _WITHOUT_INFINITY:
        subjects = subjects.with_columns(pl.when(~doubles.is_infinite()).then(doubles))
    expected = decide(
        subjects,
        policy,
        on=record.day,
        trial=trial,
        id=_KEY,
        card=card,
        rubric=rubric,
        top=top,
    )
    with loaded(base, {"subjects": subjects}) as names:
        statement = to_sql(
            policy,
            dialect,
            table=names["subjects"],
            key=_KEY,
            types=types,
            on=record.day,
            trial=trial,
            card=card,
            rubric=rubric,
            top=top,
        )
        found = base.run(statement)
    of_doubles = [name for name, kind in expected.schema.items() if kind == pl.Float64]
    one_zero = pl.col(of_doubles).replace({"-0.0": "0.0"})
    asked_for = texts(told(expected)).with_columns(one_zero)
    return compared(found.with_columns(one_zero), asked_for, "id")


def told(decided: pl.DataFrame) -> pl.DataFrame:
    """Return decisions as printed text tells them: a gap of a score from 2**46 on has no sentence.

    >>> gaps = {"reason_1": ["score_gap"], "lost_1": [2.0**46]}
    >>> told(pl.DataFrame(gaps | {"reason_1_zh": "甲", "reason_1_en": "a"})).row(0)
    ('score_gap', 70368744177664.0, None, None)
    """
    if "reason_1" not in decided.columns:
        return decided
    far = (pl.col("reason_1") == GAP) & (pl.col("lost_1") >= FARTHEST_TOLD)
    sides = [f"reason_1_{side}" for side in ("zh", "en")]
    return decided.with_columns(
        pl.when(~far.fill_null(False)).then(pl.col(side)).alias(side) for side in sides
    )

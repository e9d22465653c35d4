"""A policy proved where it will run: hostile applicants decided on there and by `decide`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final, Literal, TypeVar

import polars as pl

from lishui_credit.backends.cell_differences import Differences, compared, texts
from lishui_credit.backends.engines_here import ROW, WITHOUT_NAN, Answer
from lishui_credit.backends.local_databases import Frames
from lishui_credit.policies.adverse_reasons import GAP
from lishui_credit.policies.clause_tests import Held
from lishui_credit.policies.deciding import decide
from lishui_credit.policies.hostile_applicants import hostile_applicants
from lishui_credit.policies.policy import Policy
from lishui_credit.policies.policy_code import to_javascript, to_python
from lishui_credit.policies.policy_sql import to_sql
from lishui_credit.policies.ranked_reasons import FARTHEST_TOLD
from lishui_credit.policies.recorded_policy import Asked, asked
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.scorecards.cards.card import Card

_F = TypeVar("_F", pl.DataFrame, pl.LazyFrame)
_WITHOUT_INFINITY: Final = ("mysql", "mariadb")
_IN_A_DOUBLE: Final = 2**53  # from here on JavaScript does not tell whole numbers apart


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTrial:
    """A policy as the engines of a machine take it, and hostile applicants to decide on.

    A zero is a zero, whatever its sign; where a database holds no NaN or infinity, these scores are
    nulls.

    Parameters
    ----------
    policy : Policy
        The policy.
    rows : int
        Applicants to compare.
    seed : int
        Of the applicants.
    types, on, trial, card, rubric, top
        As for `policy_sql.to_sql`.
    """

    policy: Policy
    rows: int
    seed: int
    types: Mapping[str, Held] | None = None
    on: date | None = None
    trial: bool = False
    card: Card | None = None
    rubric: Rubric | None = None
    top: int = 4
    tables: ClassVar[tuple[str, ...]] = ("subjects",)
    function: ClassVar[str] = "decide"

    def differences(self, dialect: str, answer: Answer) -> Differences:
        """Return what differs from `decide`, over applicants whose cells the dialect holds."""
        subjects = hostile_applicants(self._asked, rows=self.rows, seed=self.seed)
        doubles = pl.col(pl.Float64)
        if dialect in WITHOUT_NAN:
            subjects = subjects.with_columns(doubles.fill_nan(None))
        if dialect in _WITHOUT_INFINITY:
            subjects = subjects.with_columns(pl.when(~doubles.is_infinite()).then(doubles))
        if dialect == "javascript":  # its function refuses the others, as its contract says
            whole = pl.col(pl.Int64)
            held = whole.is_between(1 - _IN_A_DOUBLE, _IN_A_DOUBLE - 1).fill_null(True)
            subjects = subjects.filter(pl.all_horizontal(True, held))
        expected = told(
            decide(
                subjects,
                self.policy,
                on=self.on,
                trial=self.trial,
                id=ROW,
                card=self.card,
                rubric=self.rubric,
                top=self.top,
            )
        )
        of_doubles = pl.col([name for name, kind in expected.schema.items() if kind == pl.Float64])
        found = answer({"subjects": subjects})
        if dialect == "javascript":  # it writes 5.0 as 5
            found = found.with_columns(of_doubles.cast(pl.Float64).cast(pl.String))
        one_zero = of_doubles.replace({"-0.0": "0.0"})
        return compared(found.with_columns(one_zero), texts(expected).with_columns(one_zero), "id")

    def lazily(self, frames: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
        """Return the decisions over a lazy frame."""
        return told(self._asked.decided_over(pl, frames["subjects"], pl.col(ROW)))

    def statement(self, dialect: str, tables: Mapping[str, str]) -> str:
        """Return the statement."""
        return to_sql(self.policy, dialect, table=tables["subjects"], **self._options)

    def code(self, language: Literal["python", "javascript"]) -> str:
        """Return plain code."""
        if language == "python":
            return to_python(self.policy, **self._options).source
        return to_javascript(self.policy, **self._options)

    def given(self, frames: Frames) -> list[Sequence[Any]]:
        """Return each applicant as what the function takes."""
        return [(row,) for row in frames["subjects"].iter_rows(named=True)]

    @property
    def _options(self) -> dict[str, Any]:
        return {
            "key": ROW,
            "types": self.types,
            "on": self.on,
            "trial": self.trial,
            "card": self.card,
            "rubric": self.rubric,
            "top": self.top,
        }

    @property
    def _asked(self) -> Asked:
        return asked(self.policy, **self._options)


def told(decided: _F) -> _F:
    """Return decisions as printed text tells them: a gap of a score from 2**46 on has no sentence.

    >>> gaps = {"reason_1": ["score_gap"], "lost_1": [2.0**46]}
    >>> told(pl.DataFrame(gaps | {"reason_1_zh": "甲", "reason_1_en": "a"})).row(0)
    ('score_gap', 70368744177664.0, None, None)
    """
    if "reason_1" not in decided.lazy().collect_schema():
        return decided
    far = (pl.col("reason_1") == GAP) & (pl.col("lost_1") >= FARTHEST_TOLD)
    sides = [f"reason_1_{side}" for side in ("zh", "en")]
    return decided.with_columns(
        pl.when(~far.fill_null(False)).then(pl.col(side)).alias(side) for side in sides
    )

"""A card as the engines of a machine take it, and made rows to try it on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, TypeVar

import polars as pl

from lishui_credit.backends.cell_differences import Differences, compared
from lishui_credit.backends.engines_here import ROW, WITHOUT_NAN, Answer
from lishui_credit.backends.local_databases import Frames
from lishui_credit.scorecards.cards.card import POINTS, Card
from lishui_credit.scorecards.cards.card_code import to_javascript, to_python
from lishui_credit.scorecards.cards.card_sql import to_sql

_F = TypeVar("_F", pl.DataFrame, pl.LazyFrame)
_PYTHON: Final = f'''

def scored(row):
    """Return the key and the score of a row, None where it has none."""
    try:
        found = score(row)
    except WrongInput:
        found = None
    return {{"{ROW}": row["{ROW}"], "score": found}}
'''
_JAVASCRIPT: Final = f"""
function scored(row) {{
  try {{
    return {{{ROW}: row.{ROW}, score: score(row)}};
  }} catch (error) {{
    if (error.faults === undefined) throw error;
    return {{{ROW}: row.{ROW}, score: null}};
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class CardTrial:
    """A card, and rows of its columns to score."""

    card: Card
    rows: pl.DataFrame
    tables: ClassVar[tuple[str, ...]] = ("subjects",)
    function: ClassVar[str] = "scored"

    def differences(self, dialect: str, answer: Answer) -> Differences:
        """Return what differs from the card's own points and score; plain code gives the score only."""
        rows = self.rows.fill_nan(None) if dialect in WITHOUT_NAN else self.rows
        subjects = rows.with_row_index(ROW).cast({ROW: pl.Int64})
        expected = self._scored(subjects)
        if dialect in ("python", "javascript"):
            expected = expected.select(ROW, "score")
        return compared(answer({"subjects": subjects}), expected, ROW)

    def lazily(self, frames: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
        """Return points and score over a lazy frame."""
        return self._scored(frames["subjects"])

    def statement(self, dialect: str, tables: Mapping[str, str]) -> str:
        """Return the statement, with the points of every characteristic."""
        return to_sql(self.card, dialect, table=tables["subjects"], key=ROW, contributions=True)

    def code(self, language: Literal["python", "javascript"]) -> str:
        """Return the card as plain code, with a function that says what a refused row has: no score."""
        if language == "python":
            return to_python(self.card).source + _PYTHON
        return to_javascript(self.card) + _JAVASCRIPT

    def given(self, frames: Frames) -> list[Sequence[Any]]:
        """Return each row as what the function takes."""
        return [(row,) for row in frames["subjects"].iter_rows(named=True)]

    def _scored(self, subjects: _F) -> _F:
        # The tables that the score adds up: where the card refuses unseen categories, they have no points.
        parts = [
            self.card.points_of(name, pl).alias(f"{POINTS}{name}") for name in self.card.columns
        ]
        return subjects.select(ROW, *parts, self.card.expr())

"""A card's SQL proved where it will run: hostile rows scored there and by the card, every cell compared."""

from __future__ import annotations

from typing import Final

import polars as pl

from lishui_credit.rubrics.cell_differences import Differences, compared
from lishui_credit.rubrics.users_database import Database, loaded
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_sql import to_sql
from lishui_credit.scorecards.cards.identities import hostile_rows

_KEY: Final = "prove_row"
_WITHOUT_NAN: Final = ("mysql", "mariadb", "sqlite")


def prove_card(base: Database, card: Card, dialect: str, *, rows: int, seed: int) -> Differences:
    """Score hostile rows in a database by the printed statement, and compare with the card.

    Parameters
    ----------
    base : Database
        Where to run it; see `users_database.connected`.
    card : Card
        The card.
    dialect : str
        As for `to_sql`.
    rows : int
        Rows to compare.
    seed : int
        Of the rows.

    Returns
    -------
    Differences
        What was compared and what differs.

    Raises
    ------
    CreditError
        If the database makes no temporary tables, or does not run the statement.
    """
    hostile = hostile_rows(card, rows=rows, seed=seed)
    if dialect in _WITHOUT_NAN:
        hostile = hostile.fill_nan(None)
    subjects = hostile.with_row_index(_KEY).cast({_KEY: pl.Int64})
    parts = [card.points_expr(name) for name in card.columns]
    expected = subjects.select(_KEY, *parts, card.expr())
    with loaded(base, {"subjects": subjects}) as names:
        statement = to_sql(card, dialect, table=names["subjects"], key=_KEY, contributions=True)
        return compared(base.run(statement), expected, _KEY)

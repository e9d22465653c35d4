"""What ``sql`` does with a card: print it as one statement for the database where the rows live."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lishui_credit.commands.terminal import Parser

if TYPE_CHECKING:
    from lishui_credit.scorecards.cards.card import Card

OPTIONS: Final = ("key", "contributions")


def add_arguments(made: Parser) -> None:
    """Add the options of a card that no other kind has."""
    made.asks(
        "--contributions",
        "of a card: also the points of every characteristic",
        "评分卡:同时输出各特征的分值",
        action="store_true",
        default=None,
    )


def is_card(name: str) -> bool:
    """Tell whether what a user names is a card: its file, its workbook, or a folder that holds one."""
    from lishui_credit.scorecards.cards.card_file import FILE

    path = Path(name)
    of_models = len(path.parts) > 2 and path.parts[0] == "models"
    return path.suffix.lower() in (".json", ".xlsx") or (path / FILE).exists() or of_models


def name_of(card: Card) -> str:
    """Return a card's id and version."""
    return f"{card.id}@{card.provenance.get('version', '')}".rstrip("@")


def card_statement(options: argparse.Namespace, path: str) -> dict[str, str]:
    """Return a card's id and version, its hash and its statement."""
    from lishui_credit.scorecards.cards.card_file import file_of
    from lishui_credit.scorecards.cards.card_sql import to_sql
    from lishui_credit.scorecards.cards.card_workbook import read_card
    from lishui_credit.tables.beside import sha256

    card = read_card(path)
    text = to_sql(
        card,
        options.dialect,
        table=options.table,
        key=options.key,
        contributions=bool(options.contributions),
    )
    return {
        "card": name_of(card),
        "sha256": sha256(file_of(path)),
        "sql": f"{text};\n",
    }

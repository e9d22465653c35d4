"""The folder the dashboard reads when nobody gives it data: built from a seed, all of it synthetic.

Names are imported when first used: importing this folder loads no duckdb and no model library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lishui_credit.board.build import build_board
    from lishui_credit.board.contents import Contents, open_board

_HOMES = {"Contents": "contents", "build_board": "build", "open_board": "contents"}

__all__ = ["Contents", "build_board", "open_board"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'lishui_credit.board' has no attribute '{name}'")
    return getattr(import_module(f"lishui_credit.board.{home}"), name)

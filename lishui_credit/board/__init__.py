"""The folder the dashboard reads when nobody gives it data: built from a seed, all of it synthetic.

Names are imported when first used: importing this folder loads no duckdb and no model library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lishui_credit import first_use

if TYPE_CHECKING:
    from lishui_credit.board.build import build_board
    from lishui_credit.board.contents import Contents, open_board

_HOMES = {"Contents": "contents", "build_board": "build", "open_board": "contents"}

__all__ = ["Contents", "build_board", "open_board"]


__getattr__ = first_use.names(__name__, _HOMES)

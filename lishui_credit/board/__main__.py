"""``python -m lishui_credit.board FOLDER``: build the board where it is not there yet."""

from __future__ import annotations

import sys
from pathlib import Path

from lishui_credit.board.build import build_board
from lishui_credit.board.contents import MANIFEST
from lishui_credit.errors import CreditError
from lishui_credit.language import tr


def main(words: list[str]) -> int:
    """Build the board and return an exit code."""
    if len(words) != 1:
        print(
            tr(
                "usage: python -m lishui_credit.board FOLDER",
                "用法：python -m lishui_credit.board 目录",
            )
        )
        return 2
    folder = Path(words[0])
    if (folder / MANIFEST).is_file():
        return 0
    print(
        tr(f"building the synthetic board in {folder}", f"正在 {folder} 生成合成数据看板"),
        flush=True,
    )
    try:
        build_board(folder)
    except CreditError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

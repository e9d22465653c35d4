"""Builds the board: each part writes its files into one new folder, which then takes its place.

A part is a function of a folder and a seed. `PARTS` names them in order; a part that is heavy to
import is only imported when it runs.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Final

from lishui_credit.board.contents import MANIFEST
from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.samples.registers import SEED
from lishui_credit.tables.write import replacing_folder
from lishui_credit.version import __version__

PARTS: Final = ("observations", "companions", "graded", "models", "lending")
"""Modules of this folder, each with ``write(folder, seed) -> dict`` of facts for the manifest."""


def build_board(folder: Path | str, *, seed: int = SEED, parts: tuple[str, ...] = PARTS) -> Path:
    """Build the synthetic board.

    Parameters
    ----------
    folder : path-like
        Takes the place of a board that is there, and of nothing else.
    seed : int
        The same seed makes the same data.
    parts : tuple of str
        Which parts to write.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    SubjectError
        If something stands there that is no board.

    Examples
    --------
    >>> import tempfile
    >>> room = tempfile.TemporaryDirectory()
    >>> made = build_board(f"{room.name}/board", parts=())
    >>> [path.name for path in made.iterdir()]
    ['board.json']
    >>> room.cleanup()
    """
    folder = Path(folder)
    if folder.exists() and not (folder / MANIFEST).is_file() and any(folder.iterdir()):
        raise SubjectError(
            tr("the folder holds something else", "该目录已有其他内容"),
            hint=tr("name another folder", "请另选目录"),
            where=str(folder),
        )
    with replacing_folder(folder) as draft:
        facts: dict[str, object] = {"synthetic": True, "seed": seed, "version": __version__}
        for part in parts:
            facts |= import_module(f"lishui_credit.board.{part}").write(draft, seed)
        (draft / MANIFEST).write_text(
            json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
    return folder

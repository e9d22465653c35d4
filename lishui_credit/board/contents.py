"""What a folder or file given to the dashboard holds: where its parts are, and what it says of itself.

A user's folder has the same names as the synthetic board; whatever is absent is simply not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from lishui_credit.errors import CreditError, SubjectError
from lishui_credit.language import tr
from lishui_credit.tables.json_nouns import parsed

MANIFEST: Final = "board.json"
"""File of facts about a board; a user's folder needs none."""

OBSERVATIONS: Final = ("observations.duckdb", "observations.parquet")
"""Names an observation store may have in a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Where the parts of a board are.

    Parameters
    ----------
    path : Path
        The folder or file given.
    observations : Path, optional
        Store or file of observations.
    companions : Path, optional
        Companion series of the twelve.
    targets : Path, optional
        Yearly targets of the areas.
    facts : dict
        Of the manifest; ``synthetic`` is true on the board that `build_board` makes, ``title_zh``
        and ``title_en`` are what a page calls the data.
    """

    path: Path
    observations: Path | None = None
    companions: Path | None = None
    targets: Path | None = None
    facts: dict[str, Any]

    @property
    def synthetic(self) -> bool:
        """Whether the manifest says that all of it is made up."""
        return self.facts.get("synthetic") is True

    @property
    def title(self) -> str:
        """What the manifest calls the data, ``title_en`` or ``title_zh``; empty where it is silent."""
        return str(self.facts.get(tr("title_en", "title_zh")) or "")

    @property
    def opens_at(self) -> date | None:
        """The day a page opens on, where the manifest names one."""
        told = self.facts.get("opens_at")
        return date.fromisoformat(told) if isinstance(told, str) else None

    def file(self, name: str) -> Path | None:
        """Return a file or folder of the board, None where it is absent or a single file was given.

        Parameters
        ----------
        name : str
            Relative to the folder.
        """
        found = self.path / name
        return found if self.path.is_dir() and found.exists() else None


def told_in(path: Path, error: type[CreditError]) -> Any:
    """Return what a JSON file of a board says, an empty object where there is no file."""
    try:
        return parsed(path.read_text(encoding="utf-8"), path.name, error) if path.is_file() else {}
    except UnicodeDecodeError:
        raise error(tr("not a text in UTF-8", "不是 UTF-8 文本"), where=path.name) from None


def open_board(path: Path | str) -> Contents:
    """Return what a folder or file holds.

    Parameters
    ----------
    path : path-like
        A folder with the names of the board, or one store or file of observations.

    Raises
    ------
    SubjectError
        If there is nothing, or the manifest is no JSON.

    Examples
    --------
    >>> open_board("no such place")
    Traceback (most recent call last):
    ...
    lishui_credit.errors.SubjectError: no such place: ...
    """
    path = Path(path)
    if path.is_file():
        return Contents(path=path, observations=path, facts={})
    if not path.is_dir():
        raise SubjectError(
            tr("no such file or folder", "没有这个文件或目录"),
            hint=tr("build the board with `make dashboard`", "请用 make dashboard 生成"),
            where=str(path),
        )
    facts = told_in(path / MANIFEST, SubjectError)
    named = {name: path / name for name in (*OBSERVATIONS, "companions.parquet", "targets.csv")}
    there = {name: place for name, place in named.items() if place.is_file()}
    store = next((there[name] for name in OBSERVATIONS if name in there), None)
    return Contents(
        path=path,
        observations=store,
        companions=there.get("companions.parquet"),
        targets=there.get("targets.csv"),
        facts=facts if isinstance(facts, dict) else {},
    )

"""The history of a watch: one JSON object per line, each naming the hash of the line before it.

Lines are only added. A line that was changed or taken out breaks the chain, and the verdict beside
the history names its last line, so that lines cut off the end are missed too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lishui_credit.errors import ModelError
from lishui_credit.language import tr
from lishui_credit.tables.json_nouns import parsed
from lishui_credit.tables.write import replacing

FILE: Final = "history.jsonl"
SETTINGS, SCORES, OUTCOMES = "settings", "scores", "outcomes"
KINDS: Final = (SETTINGS, SCORES, OUTCOMES)
_CHAIN: Final = ("line", "previous")
OF_WRITING: Final = (*_CHAIN, "file", "file_sha256", "unbound")
"""Keys that do not say what a period held, only where that was read; the rest must be the same."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """A history as it stands; `added` makes a longer one, nothing makes a shorter one.

    Parameters
    ----------
    entries : tuple of mapping
        Lines in their order.
    """

    entries: tuple[Mapping[str, Any], ...] = ()

    @property
    def last(self) -> str:
        """Hash of the last line, "" where there is none."""
        return _hash(self.entries[-1]) if self.entries else ""

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the watch was begun with; empty where it has not begun."""
        return self.entries[0] if self.entries else {}

    def of(self, period: str, kind: str) -> list[Mapping[str, Any]]:
        """Return the lines of a period, in their order."""
        return [row for row in self.entries if row.get("period") == period and row["kind"] == kind]

    @property
    def periods(self) -> list[str]:
        """Periods with scores, earliest first."""
        return sorted(row["period"] for row in self.entries if row["kind"] == SCORES)

    def added(self, entry: Mapping[str, Any]) -> Ledger:
        """Return the history with one more line."""
        told = {**entry, "line": len(self.entries) + 1, "previous": self.last}
        plain = json.loads(json.dumps(told, ensure_ascii=False, allow_nan=False))
        return Ledger((*self.entries, plain))

    def hashes(self) -> set[str]:
        """Return the hash of every line."""
        return {_hash(row) for row in self.entries}


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return the keys in which two lines say different things of a period; none if they agree."""
    first = json.loads(json.dumps(one))
    keys = (first.keys() | other.keys()) - set(OF_WRITING)
    return sorted(key for key in keys if first.get(key) != other.get(key))


def _text(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry, ensure_ascii=False, sort_keys=True, allow_nan=False)


def _hash(entry: Mapping[str, Any]) -> str:
    return hashlib.sha256(_text(entry).encode("utf-8")).hexdigest()


def read_ledger(folder: Path | str, last: str = "") -> Ledger:
    """Return the history of a folder, an empty one where there is none; ModelError where it was changed.

    `last` is the hash of a line that it must hold: what the verdict beside it was written after.
    """
    path = Path(folder) / FILE
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found = Ledger()
    for number, line in enumerate(lines, start=1):
        entry = parsed(line, f"{FILE}:{number}")
        whole = isinstance(entry, dict) and entry.get("kind") in KINDS
        if (
            not whole
            or (entry.get("line"), entry.get("previous")) != (number, found.last)
            or (entry["kind"] == SETTINGS) != (number == 1)
        ):
            raise _changed(path, number)
        found = Ledger((*found.entries, entry))
    if last and last not in found.hashes():
        raise _changed(path, len(lines) + 1)
    return found


def _changed(path: Path, line: int) -> ModelError:
    return ModelError(
        tr("the history was changed after it was written", "历史记录在写出后被改动"),
        tr(f"line {line}, or the one before it", f"第 {line} 行或其上一行"),
        tr("get the file back as it was written", "请取回原文件"),
        str(path),
    )


def write_ledger(ledger: Ledger, folder: Path | str, was: Ledger) -> None:
    """Write a history over the shorter one that it continues; ModelError if that is no longer there."""
    path = Path(folder) / FILE
    if read_ledger(folder).entries != was.entries:
        raise ModelError(
            tr("another run wrote the history meanwhile", "另一运行同时写入了历史记录"),
            hint=tr("run it again", "请重试"),
            where=str(path),
        )
    Path(folder).mkdir(parents=True, exist_ok=True)
    with replacing(path) as draft:
        draft.write_text("".join(f"{_text(row)}\n" for row in ledger.entries), encoding="utf-8")

"""A learned model as sealed JSON: a change is noticed; never pickled, never overwritten.

The text has sorted keys and a ``sha256`` over everything else in it, so that a changed character is
found when it is read. Writing takes a new path each time: a version once stored is not replaced.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lishui_credit.errors import ModelError
from lishui_credit.language import tr
from lishui_credit.tables.json_nouns import parsed


def seal(payload: dict[str, Any], path: str | os.PathLike[str] | None = None) -> str:
    """Return the payload as JSON text with its SHA-256 inside; also write it to a new path.

    Raises ModelError if a file is there already.
    """
    sealed = {**payload, "sha256": _digest(payload)}
    text = json.dumps(sealed, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n"
    if path is None:
        return text
    try:
        with Path(path).open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise ModelError(
            tr("a stored artefact is never overwritten", "已存的模型文件不会被覆盖"),
            hint=tr("give the new version a path of its own", "请为新版本另取路径"),
            where=str(path),
        ) from error
    return text


def parts_of(payload: Mapping[str, Any], rows: str = "indicators") -> dict[str, str]:
    """Return a digest of every key of a document, and of every row of one of its tables by id.

    >>> sorted(parts_of({"scale": 1, "indicators": [{"id": "late"}]}))
    ['indicators late', 'scale']
    """
    found = {key: _digest(value)[:16] for key, value in payload.items() if key != rows}
    return found | {f"{rows} {row['id']}": _digest(row)[:16] for row in payload.get(rows, ())}


def changed_parts(payload: Mapping[str, Any], sealed: Mapping[str, str]) -> list[str]:
    """Return the parts of a document that are not what was sealed, absent ones too."""
    now = parts_of(payload)
    names = dict.fromkeys([*sealed, *now])
    return [name for name in names if sealed.get(name) != now.get(name)]


def read_sealed(source: str | os.PathLike[str], kind: str) -> dict[str, Any]:
    """Return the payload of a sealed text (it begins with a brace) or file, checked.

    Raises ModelError if it is no JSON, another kind of artefact, or changed since it was sealed.
    """
    text, where = _text(source)
    found = parsed(text, where)
    if not isinstance(found, dict) or found.get("kind") != kind:
        other = found.get("kind") if isinstance(found, dict) else type(found).__name__
        raise ModelError(tr(f"it is not a {kind}", f"不是 {kind}"), str(other), where=where)
    seal_found = found.pop("sha256", None)
    if seal_found != _digest(found):
        raise ModelError(
            tr("the content has changed since it was sealed", "内容在封存后被改动"),
            hint=tr("get the original file again", "请重新取得原始文件"),
            where=where,
        )
    return found


def packages(*names: str) -> dict[str, str]:
    """Return the versions of installed packages by name, "" where one is not installed."""
    found = {}
    for name in sorted(names):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


def _digest(payload: Any) -> str:
    plain = json.dumps(
        payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return hashlib.sha256(plain.encode("utf-8")).hexdigest()


def _text(source: str | os.PathLike[str]) -> tuple[str, str]:
    if isinstance(source, str) and source.lstrip().startswith("{"):
        return source, ""
    return Path(source).read_text(encoding="utf-8"), str(source)

"""A learned thing as a JSON file that proves it is whole: sealed, never pickled, never overwritten.

The text has sorted keys and a ``sha256`` over everything else in it, so that a changed character is
found when it is read. Writing takes a new path each time: a version once stored is not replaced.
"""

from __future__ import annotations

import hashlib
import json
import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lishui_credit.errors import ModelError, Problem
from lishui_credit.language import tr


def seal(payload: dict[str, Any]) -> str:
    """Return the payload as JSON text with its SHA-256 inside.

    Examples
    --------
    >>> read_sealed(seal({"kind": "demo", "number": 0.1}), "demo")
    {'kind': 'demo', 'number': 0.1}
    >>> read_sealed(seal({"kind": "demo", "number": 0.1}).replace("0.1", "0.2"), "demo")
    Traceback (most recent call last):
    lishui_credit.errors.ModelError: the content is not what was sealed · hint: ...
    """
    sealed = {**payload, "sha256": _digest(payload)}
    return json.dumps(sealed, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n"


def read_sealed(source: str | os.PathLike[str], kind: str) -> dict[str, Any]:
    """Return the payload of a sealed text or file, checked.

    Parameters
    ----------
    source : str or path
        JSON text (it begins with a brace), or the path of a file that holds it.
    kind : str
        What must stand under ``kind``.

    Raises
    ------
    ModelError
        If it is no JSON, another kind of artefact, or changed since it was sealed.
    """
    text, where = _text(source)
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise ModelError(
            Problem(tr("it is not JSON", "不是 JSON"), str(error), where=where)
        ) from error
    if not isinstance(found, dict) or found.get("kind") != kind:
        other = found.get("kind") if isinstance(found, dict) else type(found).__name__
        raise ModelError(
            Problem(tr(f"it is not a {kind}", f"不是 {kind}"), str(other), where=where)
        )
    seal_found = found.pop("sha256", None)
    if seal_found != _digest(found):
        raise ModelError(
            Problem(
                tr("the content is not what was sealed", "内容与封存时不一致"),
                hint=tr("take the file from where it was written", "请重新取得原始文件"),
                where=where,
            )
        )
    return found


def store(text: str, path: str | os.PathLike[str]) -> None:
    """Write an artefact to a path where nothing stands yet.

    Raises
    ------
    ModelError
        If something stands there already.
    """
    try:
        with Path(path).open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise ModelError(
            Problem(
                tr("a stored artefact is never overwritten", "已存的模型文件不会被覆盖"),
                hint=tr("give a new version its own path", "请为新版本另取路径"),
                where=str(path),
            )
        ) from error


def packages(*names: str) -> dict[str, str]:
    """Return the versions of installed packages by name, "" where one is not installed."""
    found = {}
    for name in sorted(names):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


def _digest(payload: dict[str, Any]) -> str:
    plain = json.dumps(
        payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return hashlib.sha256(plain.encode("utf-8")).hexdigest()


def _text(source: str | os.PathLike[str]) -> tuple[str, str]:
    if isinstance(source, str) and source.lstrip().startswith("{"):
        return source, ""
    return Path(source).read_text(encoding="utf-8"), str(source)

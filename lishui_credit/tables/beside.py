"""What lies beside a file this package wrote: its manifest, which says the file's hash.

Every reader of a table looks here first, so that rows which a manifest was not written with are
refused whatever opens them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from lishui_credit.errors import ModelError
from lishui_credit.language import tr
from lishui_credit.tables.json_nouns import parsed

GRADES: Final = "grades"
SCORES: Final = "scores"


def sha256(path: Path | str) -> str:
    """Return the SHA-256 of a file's bytes; of a folder, of the list of its files with theirs."""
    if (folder := Path(path)).is_dir():
        return hashlib.sha256(listed(folder).encode()).hexdigest()
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def listed(folder: Path) -> str:
    """Return the files of a folder as ``sha256sum -c`` reads them, hidden ones left out."""
    files = (path for path in folder.rglob("*") if path.is_file())
    names = sorted(path.relative_to(folder).as_posix() for path in files)
    shown = (name for name in names if not any(p.startswith((".", "_")) for p in name.split("/")))
    return "".join(f"{sha256(folder / name)}  {name}\n" for name in shown)


def manifest_path(path: Path | str) -> Path:
    """Return where the manifest of an output lies."""
    path = Path(path)
    return path.with_name(path.name + ".manifest.json")


def told_beside(path: Path) -> Any:
    """Return what the manifest beside a file says; raises ValueError or OSError."""
    beside = manifest_path(path)
    return parsed(beside.read_text(encoding="utf-8"), beside.name)


def kind_of(raw: Mapping[str, Any]) -> str:
    """Return the kind a manifest names; those of earlier versions are known by their keys; "" if none."""
    for key, kind in (("rubric", GRADES), ("model_sha256", SCORES)):
        if "kind" not in raw and key in raw:
            return kind
    return str(raw.get("kind", ""))


def unbound(path: Path, found: str) -> ModelError:
    """Return the error for a file and a manifest that were not written together."""
    beside = manifest_path(path).name
    return ModelError(
        tr(
            f"the file and its manifest {beside} were not written together",
            f"文件与清单 {beside} 不是同一次写出",
        ),
        tr(f"not the same: {found}", f"不一致:{found}"),
        tr(
            "the file was changed, belongs to another manifest, or its writing was cut off: "
            "write it again",
            "文件被改动、清单属于其他文件,或写出时中断:请重新生成",
        ),
        where=path.name,
    )


def refuse_unbound(path: Path) -> None:
    """Raise ModelError where a manifest of ours lies beside a file and says another hash than its own.

    A manifest that cannot be read says nothing for the file, and is refused too.
    """
    if not manifest_path(path).exists():
        return
    try:
        raw = told_beside(path)
    except (ValueError, OSError) as error:
        raise unbound(path, str(error).partition("\n")[0][:100]) from None
    if not isinstance(raw, dict) or not kind_of(raw):
        return
    if not raw.get("output_sha256"):
        raise unbound(path, "output_sha256")
    if raw["output_sha256"] != sha256(path):
        raise unbound(path, "SHA-256")

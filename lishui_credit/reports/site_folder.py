"""A site as a folder: all its files, written whole or not at all, and what of it differs from another.

Whatever made it, a site has a list of the SHA-256 of every file, with its manifest beside it; a folder
that holds anything else is left alone.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import polars as pl

from lishui_credit import proof
from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.proof import Manifest, Stated
from lishui_credit.reports.reprints import SCHEMA, unlike
from lishui_credit.tables.beside import manifest_path, sha256
from lishui_credit.tables.write import replacing_folder

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

F = TypeVar("F", bound="DataclassInstance")

LIST: Final = "files.sha256"
"""The SHA-256 of every other file of a site, as ``sha256sum -c`` reads it; its manifest lies beside it."""

_LINE: Final = re.compile(r"([0-9a-f]{64})  ([\w./-]+)")


def write_site(made: Mapping[str, bytes], folder: Path, manifest: Manifest[F]) -> Manifest[F]:
    """Write every file of a site by its path, and publish its manifest; all of it or nothing.

    Raises
    ------
    SubjectError
        If the folder holds anything but a site of that kind.
    """

    def listed(draft: Path) -> Manifest[F]:
        draft.write_bytes(_list(made))
        return manifest

    check_folder(folder, manifest.kind.name)
    with replacing_folder(folder) as draft:
        for name, content in made.items():
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        written = proof.publish(draft / LIST, listed)
        check_folder(folder, manifest.kind.name)  # somebody may have put something there since
    return written


def check_folder(folder: Path, kind: str) -> None:
    """Raise `SubjectError` where a folder is there that holds anything but a site of a kind."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise SubjectError(tr("a file, not a folder", "这是文件,不是目录"), where=str(folder))
    there = set(_inside(folder))
    own = {LIST, manifest_path(Path(LIST)).name}
    if there >= own and proof.stated(folder / LIST).kind == kind:
        there -= own | set(_listed(folder))
    if there:
        named = sorted(there)
        more = tr(f" and {len(named) - 3} more", f" 等{len(named)}个") if len(named) > 3 else ""
        raise SubjectError(
            tr("the folder holds files that are not of a site", "该目录有不属于网站的文件"),
            ", ".join(named[:3]) + more,
            tr("name another folder, or move these files away", "请另选目录,或移走这些文件"),
            where=str(folder),
        )


def _list(made: Mapping[str, bytes]) -> bytes:
    lines = (f"{hashlib.sha256(made[name]).hexdigest()}  {name}\n" for name in sorted(made))
    return "".join(lines).encode()


def _inside(folder: Path) -> list[str]:
    """Return what lies in a folder: its files, and folders that hold nothing."""
    return [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not path.is_dir() or path.is_symlink() or not any(path.iterdir())
    ]


def _listed(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file that the list of a site names."""
    text = (folder / LIST).read_text(encoding="utf-8", errors="replace")
    found = (_LINE.fullmatch(line) for line in text.splitlines())
    return {line[2]: line[1] for line in found if line}


# ---- proof ------------------------------------------------------------------------------------


def compared(
    said: Stated, again: Manifest[Any], made: Mapping[str, bytes]
) -> tuple[dict[str, bool], pl.DataFrame]:
    """Return what of a site is as it is when made again: by name whether it is, and what differs."""
    folder = said.path.parent
    different = _unlike(folder, made, str(said.raw.get("package_version", "")))
    listed = _listed(folder)
    own = {name: sha256(folder / name) for name in listed if (folder / name).is_file()}
    checks = {
        "files": own == listed and listed.keys() == made.keys(),
        "site": different.is_empty(),
        **proof.words(said, again, but=("observations_sha256",)),
    }
    return checks, different


def _unlike(folder: Path, made: Mapping[str, bytes], version: str) -> pl.DataFrame:
    """Return what of a site differs from one made again: the file, as stored, as made again."""
    own = {LIST, manifest_path(Path(LIST)).name}
    found: list[tuple[str, str, str]] = []
    there = set(_inside(folder)) - own
    gone, strange = tr("not there", "缺失"), tr("not of this site", "不属于该网站")
    found += [(name, gone, "") for name in sorted(made.keys() - there)]
    found += [(name, strange, "") for name in sorted(there - made.keys())]
    with tempfile.TemporaryDirectory(prefix="lishui_credit_") as room:
        for name in sorted(made.keys() & there):
            if (folder / name).read_bytes() == made[name]:
                continue
            second = Path(room) / Path(name).name
            second.write_bytes(made[name])
            rows = unlike(folder / name, second, version).rows()
            found += [(f"{name} {place}".strip(), one, other) for place, one, other in rows]
    return pl.DataFrame(found, SCHEMA, orient="row")

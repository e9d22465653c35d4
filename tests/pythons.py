"""Prints every Python from 3.11 on that this machine has, one a version, for `make test-pythons`.

Looked for on the path, in pyenv and where uv keeps its own; what does not start is passed over.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

LEAST = (3, 11)
ASK = "import sys; print(sys.implementation.name == 'cpython', *sys.version_info[:3])"


def candidates() -> list[Path]:
    """Files that are called as an interpreter is, links resolved, each once."""
    home = Path.home()
    folders = [Path(folder) for folder in os.get_exec_path()]
    folders += (Path(os.environ.get("PYENV_ROOT", home / ".pyenv")) / "versions").glob("*/bin")
    folders += (home / ".local/share/uv/python").glob("*/bin")
    found = [path for folder in folders for path in sorted(folder.glob("python3.[0-9]*"))]
    named = [path for path in found if path.name.removeprefix("python3.").isdigit()]
    # A shim of pyenv is no interpreter, but a script that looks for one.
    return list(dict.fromkeys(path.resolve() for path in named if path.parent.name != "shims"))


def interpreters() -> dict[tuple[int, int], Path]:
    """The newest CPython of each minor version."""
    newest: dict[tuple[int, int], tuple[int, Path]] = {}
    for path in candidates():
        told = subprocess.run([path, "-c", ASK], capture_output=True, text=True, check=False)
        if told.returncode or not told.stdout.startswith("True"):
            continue
        major, minor, patch = (int(part) for part in told.stdout.split()[1:])
        if (major, minor) >= LEAST and patch >= newest.get((major, minor), (-1, path))[0]:
            newest[major, minor] = (patch, path)
    return {version: path for version, (_, path) in sorted(newest.items())}


if __name__ == "__main__":
    print(*interpreters().values(), sep="\n")

"""The one right to write a Parquet store, which has no lock of its own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr


def busy(found: str, where: str = "") -> Problem:
    """Return the problem that somebody else is writing the store."""
    what = tr("another program is writing the store", "另一程序正在写入数据库")
    return Problem(what, found, tr("try again when it is done", "请待其完成后重试"), where)


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the only right to write a Parquet store, which has no lock of its own."""
    # The right is the operating system's where it has one: that of a killed process ends
    # with it.
    lock = path.with_name(f".{path.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        held = _locked(lock)
    except (FileExistsError, BlockingIOError):
        raise SubjectError(busy(lock.name, path.name)) from None
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(held)


def _locked(lock: Path) -> int:
    """Return an open lock file that nobody else holds; the file alone is the lock without `fcntl`."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        return os.open(lock, os.O_CREAT | os.O_EXCL)
    while True:
        held = os.open(lock, os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(held), os.stat(lock)):
                    return held
        except BaseException:
            os.close(held)
            raise
        os.close(held)  # its holder removed it meanwhile: the next one is another file

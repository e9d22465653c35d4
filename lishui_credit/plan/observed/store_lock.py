"""Whose turn it is at a store: a moment's wait for others, then one message that says who is in the way.

DuckDB locks its file itself; a Parquet store has no lock of its own and gets one here.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr

if TYPE_CHECKING:
    import duckdb

WAIT: Final = 5.0
"""Seconds that a store is waited for. Our choice: a load of a county's return takes less than one."""
_PAUSE: Final = 0.1  # seconds between two attempts


def busy(name: str, waited: float, *, to_write: bool = False) -> Problem:
    """Return the problem that somebody else is at the store; only a reader knows that it is a writer."""
    what = tr("another program is writing the store", "另一程序正在写入数据库")
    hint = tr("try again when it is done", "请待其完成后重试")
    if to_write:
        what = tr(
            "another program has the store open, to read or to write it",
            "另一程序正打开该数据库(读取或写入)",
        )
        hint = tr("close it there, or try again later", "请在该程序中关闭,或稍后重试")
    return Problem(what, tr(f"waited {waited:g} s", f"已等待 {waited:g} 秒"), hint, name)


def no_store(path: Path, found: str) -> Problem:
    """Return the problem that a file is no store of observations."""
    return Problem(
        tr("not a store of observations", "不是观测数据库"),
        found,
        tr("make one with `lishui-credit plan load`", "请用 lishui-credit plan load 建立"),
        where=path.name,
    )


@contextlib.contextmanager
def connected(
    path: Path, *, read_only: bool = False, wait: float = WAIT
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Hold a connection to a DuckDB store, waited for where another program has it."""
    connection = _connection(path, read_only=read_only, wait=wait)
    try:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def _connection(path: Path, *, read_only: bool, wait: float) -> duckdb.DuckDBPyConnection:
    import duckdb

    end = time.monotonic() + wait
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only)
        except duckdb.Error as error:
            said = str(error).splitlines()[0]
            for name in (path.resolve(), path):  # a page shows this to whoever looks
                said = said.replace(str(name), path.name)
            # a connection error: this process holds it open in the other way, to read or to write
            held = "lock" in said.lower() or isinstance(error, duckdb.ConnectionException)
            if not held:
                raise SubjectError(no_store(path, said[:120])) from None
            if time.monotonic() >= end:
                raise SubjectError(busy(path.name, wait, to_write=not read_only)) from None
        time.sleep(_PAUSE)


@contextlib.contextmanager
def alone(path: Path, wait: float = WAIT) -> Iterator[None]:
    """Hold the only right to write a Parquet store, which has no lock of its own."""
    # The right is the operating system's where it has one: that of a killed process ends
    # with it.
    lock = path.with_name(f".{path.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + wait
    while True:
        try:
            held = _locked(lock)
            break
        except (FileExistsError, BlockingIOError):
            if time.monotonic() >= end:
                raise SubjectError(busy(path.name, wait)) from None
        time.sleep(_PAUSE)
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

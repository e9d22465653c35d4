"""What the processes of the tests share: a folder, made once, and a lock for what is put there."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest


def for_all_processes(factory: pytest.TempPathFactory) -> Path:
    """The folder of this run of the tests, the same in all its processes."""
    folder = factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@contextlib.contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold a lock that one process has at a time; others wait."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

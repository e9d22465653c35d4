"""Kernels that start in a moment: copies of one process that has read the libraries already.

Reading them takes longer than most notebooks. Copies share nothing with each other: each has its own
memory, environment and folder, as if it were started afresh.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

from jupyter_client.provisioning import LocalProvisioner

# What notebooks import of other packages; not polars, which starts threads that a copy would lack.
LIBRARIES = (
    "duckdb", "IPython.display", "ipykernel.ipkernel", "ipykernel.kernelapp", "lightgbm", "nbformat",
    "numpy", "plotly.graph_objects", "plotly.io._renderers", "scipy.optimize", "scipy.stats",
    "sklearn.linear_model", "sklearn.metrics", "sklearn.model_selection", "sqlglot",
)  # fmt: skip


class Original:
    """The process that is copied: it ends with the one that started it, and its copies with it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "notebooks.kernels"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        atexit.register(self.process.communicate)

    def answer(self, **question: Any) -> Any:
        """What it says to a question."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(question), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())


class Copy:
    """A kernel, with what `LocalProvisioner` asks of a `Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, original: Original, **told: Any) -> None:
        self.original = original
        self.pid: int = original.answer(**told)
        self.code: int | None = None

    def poll(self) -> int | None:
        """How it ended, None while it runs."""
        if self.code is None:
            self.code = self.original.answer(pid=self.pid)
        return self.code

    wait = poll  # it is asked for when the kernel has ended

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        if self.poll() is None:
            os.kill(self.pid, number)


class Copies(LocalProvisioner):
    """Starts kernels as copies of one process, which has the environment of the first."""

    original: ClassVar[Original | None] = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start a kernel; nothing of the command counts but what the kernel itself is told."""
        Copies.original = Copies.original or Original(kwargs["env"])
        told = {"told": cmd[cmd.index("-f") :], "env": kwargs["env"], "folder": str(kwargs["cwd"])}
        self.process = Copy(Copies.original, **told)
        self.pid = self.pgid = self.process.pid
        return self.connection_info


# ---- in the process that is copied --------------------------------------------------------------


def become_kernel(told: list[str], env: Mapping[str, str], folder: str) -> None:
    """Run a kernel in this process until it is told to end."""
    from ipykernel.kernelapp import IPKernelApp

    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    # The kernel ends where the process that it was copied from has ended.
    IPKernelApp.launch_instance(argv=[*told, f"--IPKernelApp.parent_handle={os.getppid()}"])


def main() -> None:
    """Read the libraries, then start a kernel, or tell how one ended, for each line that comes in."""
    sys.modules.setdefault("rfc3987_syntax", None)  # as in `run.py`
    with warnings.catch_warnings(record=True) as said:
        for name in LIBRARIES:
            importlib.import_module(name)
    if said:  # a notebook that imports the library itself would show it
        sys.exit("\n".join(map(str, said)))
    gc.freeze()  # what copies share is not walked through in each, which would make it their own
    for line in sys.stdin:
        question = json.loads(line)
        if "pid" in question:
            pid, status = os.waitpid(question["pid"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        elif not (answer := os.fork()):
            return become_kernel(**question)
        print(json.dumps(answer), flush=True)
    return None


if __name__ == "__main__":
    main()

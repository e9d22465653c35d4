"""What the tests of the dashboard share: the data it opens, built once, and the server."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.processes import alone, for_all_processes

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "dashboards" / "app.py"
PAGES = ("overview", "indicator", "counties", "grades", "models", "lending", "data")
LANGUAGES = ("zh", "en")
SCREENS = ROOT / "build" / "screens"

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
needs_browser = pytest.mark.skipif(
    BROWSER is None, reason="no chromium on this machine; `make browser` says how to get one"
)


@contextlib.contextmanager
def started_browser(*options: str) -> Iterator[Any]:
    """A Chromium whose tabs on one site share a process, with more options."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(
            executable_path=BROWSER, args=["--process-per-site", *options]
        )
        yield started
        started.close()


def scan_once() -> None:
    """Have Streamlit's `AppTest` look through all packages for components once, not for every page."""
    from streamlit.components.v2 import manifest_scanner

    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


# Loaded by Python itself when the server starts: notes every address that it asks for or connects
# to outside this machine, and refuses.
WATCH = """
import os, sys
def watch(event, args):
    if event == "socket.connect":
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host and host not in ("localhost", "::1", "0.0.0.0", "::") and not host.startswith("127."):
        with open(os.environ["OUTSIDE"], "a") as file:
            file.write(f"{event} {host}\\n")
        raise OSError(f"the tests allow no connection to {host}")
sys.addaudithook(watch)
"""


def has_chinese_font() -> bool:
    """Whether fontconfig knows a font for Chinese."""
    if shutil.which("fc-list") is None:
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False).stdout)


def built(factory: pytest.TempPathFactory) -> Path:
    """The synthetic data the dashboard opens by default, built once for all test processes."""
    from lishui_credit.board import build_board

    board = for_all_processes(factory) / "board"
    with alone(board.with_suffix(".lock")):
        if not board.exists():
            build_board(board)
    return board


@dataclass(frozen=True)
class Server:
    """A running dashboard: its address, its process, where it logs and what it asked outside."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    outside: Path

    def address(self, page: str, **choices: object) -> str:
        """The address of a page with its choices."""
        query = "&".join(f"{key}={value}" for key, value in choices.items())
        path = "" if page == "overview" else page
        return f"{self.url}/{path}?{query}"


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serve(data: Path, folder: Path, *options: str, port: int | None = None) -> Iterator[Server]:
    """The dashboard on a free port, as `make dashboard` starts it, with more options."""
    (folder / "watch").mkdir(parents=True, exist_ok=True)
    (folder / "watch" / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    outside, log, port = folder / "outside.txt", folder / "server.log", port or free_port()
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(folder / "watch"), str(ROOT)]),
        "OUTSIDE": str(outside),
        "LISHUI_CREDIT_DATA": str(data),
        "POLARS_MAX_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(APP),
        f"--server.port={port}",
        *options,
    ]
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=sink, stderr=subprocess.STDOUT
        )
    server = Server(f"http://127.0.0.1:{port}", process, log, outside)
    try:
        _wait_until_healthy(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_healthy(server: Server, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=1).close()
            return
        time.sleep(0.1)
    pytest.fail(f"the dashboard did not start:\n{server.log.read_text('utf-8')[-2000:]}")


# ---- words ------------------------------------------------------------------------------------

# A name of the code, or nothing, where a person should read a word.
KEY = re.compile(
    r"\b[a-z]+(?:_[a-z0-9]+)+\b|\b(?:NaN|nan|null|undefined|NaT)\b|(?:^|: |:)None\b(?! is)|\{[a-z_.]+\}|\[object \w+\]"
)
# Four English words in a row on a Chinese page: a sentence nobody translated.
ENGLISH = re.compile(r"(?:\b[A-Za-z]{2,}\b[ ,]+){3,}[A-Za-z]{2,}")
FILE = re.compile(r"\b[\w.-]+\.(?:parquet|csv|xlsx|duckdb|toml|json)\b")  # a file's name is data
CHINESE = re.compile(r"[\u3400-\u9fff]")


def untranslated(text: str, lang: str) -> list[str]:
    """What of a page's words is a key, or a sentence of the other language."""
    lines = [FILE.sub("", line).strip() for line in text.splitlines() if line.strip()]
    found = [key for line in lines for key in KEY.findall(line)]
    if lang == "zh":
        found += [line for line in lines if ENGLISH.search(line)]
    return found


# How a download is opened, by the kind that the page offers.
READERS: dict[str, tuple[str, Callable[[Path], pl.DataFrame]]] = {
    "CSV": (".csv", lambda path: pl.read_csv(path, infer_schema=False)),
    "Excel": (".xlsx", pl.read_excel),
    "Parquet": (".parquet", pl.read_parquet),
}
# Every page, and the views of a page that have tables of their own, with their choices.
VIEWS: dict[str, tuple[str, dict[str, str]]] = {
    **{page: (page, {}) for page in PAGES if page != "lending"},
    "validation": ("models", {"part": "validation"}),
    "drift": ("models", {"part": "drift", "later": "later"}),
    "lending": ("lending", {"approve": "590"}),
}

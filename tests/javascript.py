"""Runs printed JavaScript in Node, or in the browser of the dashboard tests where Node is absent."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest

NODE = shutil.which("node")
_READ = """
const told = {nan: NaN, inf: Infinity, "-inf": -Infinity};
const revived = (key, cell) => cell === null || typeof cell !== "object" ? cell
  : "$double" in cell ? told[cell.$double] : "$big" in cell ? BigInt(cell.$big) : cell;
const shown = (key, cell) => typeof cell === "bigint" ? {$big: String(cell)}
  : typeof cell === "number" && !Number.isFinite(cell) ? {$double: String(cell)} : cell;
"""


def run(function: str, given: Any) -> Any:
    """What a JavaScript function makes of a value; both pass as JSON.

    Doubles that JSON lacks pass as ``{"$double": "nan"}``, a BigInt passes as ``{"$big": "5"}``.
    """
    text = json.dumps(given)
    if NODE is not None:
        script = (
            f"{_READ}const given = JSON.parse(require('fs').readFileSync(0, 'utf8'), revived);"
            f"console.log(JSON.stringify(({function})(given), shown));"
        )
        # A script longer than a command line may be goes in before its data.
        loader = "const [length, rest] = [process.argv[1], require('fs').readFileSync(0, 'utf8')];"
        loader += (
            "const script = rest.slice(0, Number(length));"
            "require('fs').readFileSync = () => rest.slice(Number(length));"
            "new Function('require', 'console', script)(require, console);"
        )
        length = len(script.encode("utf-16-le")) // 2
        done = subprocess.run(
            [NODE, "-e", loader, str(length)],
            input=script + text,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)
    sync = pytest.importorskip("playwright.sync_api")
    from tests.dashboard import BROWSER

    if BROWSER is None:
        pytest.skip("neither Node nor a browser is here; `make browser` says how to get one")
    with sync.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER)
        page = browser.new_page()
        body = f"{_READ}return JSON.stringify(({function})(JSON.parse(text, revived)), shown);"
        found = page.evaluate(f"(text) => {{ {body} }}", text)
        browser.close()
    return json.loads(found)

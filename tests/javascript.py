"""Runs printed JavaScript in Node, or in the browser of the dashboard tests where Node is absent."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

NODE = shutil.which("node")
_READ = """
const told = {nan: NaN, inf: Infinity, "-inf": -Infinity};
// Each cell is looked at in place: a function that JSON itself calls for it takes several times as long.
const changed = (one, cell) => {
  if (cell === null || typeof cell !== "object") return one(cell);
  const found = one(cell);
  if (found === cell) for (const key in cell) {
    const own = cell[key], other = changed(one, own);
    if (other !== own) cell[key] = other;
  }
  return found;
};
const revived = (cell) => cell === null || typeof cell !== "object" ? cell
  : "$double" in cell ? told[cell.$double] : "$big" in cell ? BigInt(cell.$big) : cell;
const shown = (cell) => typeof cell === "bigint" ? {$big: String(cell)}
  : typeof cell === "number" && !Number.isFinite(cell) ? {$double: String(cell)} : cell;
"""


def run(function: str, given: Any) -> Any:
    """What a JavaScript function makes of a value; both pass as JSON.

    Doubles that JSON lacks pass as ``{"$double": "nan"}``, a BigInt passes as ``{"$big": "5"}``.
    """
    text = json.dumps(given)
    if NODE is not None:
        script = (
            f"{_READ}const given = changed(revived, JSON.parse(require('fs').readFileSync(0, 'utf8')));"
            f"console.log(JSON.stringify(changed(shown, ({function})(given))));"
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "printed.js"  # a command line has no room for it
            path.write_text(script, "utf-8")
            done = subprocess.run(
                [NODE, path],
                input=text,
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
        body = f"{_READ}const given = changed(revived, JSON.parse(text));"
        body += f"return JSON.stringify(changed(shown, ({function})(given)));"
        found = page.evaluate(f"(text) => {{ {body} }}", text)
        browser.close()
    return json.loads(found)

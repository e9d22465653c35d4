"""Printed JavaScript run in Node, where a machine has it."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

READ: Final = """
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
"""How cells that JSON lacks pass to and fro; see `passed` and `received`."""


def program() -> str | None:
    """Return where Node is, None where it is not on the PATH."""
    return shutil.which("node")


def passed(cell: Any) -> Any:
    """Return a cell as it passes to JavaScript; of lists and mappings, their cells.

    >>> passed([float("nan"), 2**60, date(2021, 4, 1)])
    [{'$double': 'nan'}, {'$big': '1152921504606846976'}, '2021-04-01']
    """
    if isinstance(cell, Mapping):
        return {name: passed(inner) for name, inner in cell.items()}
    if isinstance(cell, list | tuple):
        return [*map(passed, cell)]
    if isinstance(cell, float) and not math.isfinite(cell):
        return {"$double": str(cell)}
    if isinstance(cell, date):
        return cell.isoformat()
    return {"$big": str(cell)} if type(cell) is int and abs(cell) >= 2**53 else cell


def received(cell: Any) -> Any:
    """Return a cell that came back from JavaScript; of lists and mappings, their cells.

    >>> received([{"$double": "-Infinity"}, {"$big": "5"}, "a"])
    [-inf, 5, 'a']
    """
    if isinstance(cell, list):
        return [*map(received, cell)]
    if not isinstance(cell, dict):
        return cell
    if "$big" in cell:
        return int(cell["$big"])
    if "$double" in cell:
        return float(cell["$double"])
    return {name: received(inner) for name, inner in cell.items()}


def run(function: str, given: Any) -> Any:
    """Return what a JavaScript function makes of a value; both pass as JSON.

    Parameters
    ----------
    function : str
        An expression that is a function of one value.
    given : any
        What JSON holds, cells as `passed` gives them.

    Raises
    ------
    RuntimeError
        If Node is not there or stops; with the end of what it says.
    """
    script = (
        f"{READ}const given = changed(revived, JSON.parse(require('fs').readFileSync(0, 'utf8')));"
        f"console.log(JSON.stringify(changed(shown, ({function})(given))));"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "printed.js"  # a command line has no room for it
        path.write_text(script, "utf-8")
        done = subprocess.run(
            [program() or "node", path],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    return json.loads(done.stdout)

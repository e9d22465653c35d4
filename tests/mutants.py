"""Mutation testing: change the code in small ways and print how many changes a test notices.

`make mutants` runs mutmut (https://mutmut.readthedocs.io) on the modules that `mutants.toml` lists,
each against the tests named beside it and its own docstring examples, and fails where fewer than
95 % of a module's mutants are killed. `make mutants MODULES="chain woe"` runs these alone. What it
wrote stays in ``out/mutants/<module>``, where ``mutmut browse`` shows it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from contextlib import chdir
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
WORK = ROOT / "out" / "mutants"
PLAN = Path(__file__).with_suffix(".toml")
LEAST = 95  # percent
KILLED = ("killed", "timeout")
SETTINGS = {
    "HYPOTHESIS_PROFILE": "mutants",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # no test here needs one, and each costs every mutant
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one module's mutants."""

    made: int
    killed: int
    late: int  # of the killed: those that ran out of time
    equivalent: int
    survivors: list[str]  # one diff each
    stale: list[str]  # entries of the plan that fit no surviving mutant

    @property
    def share(self) -> float:
        """Percent killed of those that are not equivalent."""
        return 100 * self.killed / max(1, self.made - self.equivalent)


def plan() -> dict[str, Any]:
    """Return modules with their tests, and the mutants that change nothing."""
    return tomllib.loads(PLAN.read_text(encoding="utf-8"))


def prepared(module: dict[str, Any]) -> Path:
    """Lay out a folder for mutmut: links to what it copies, and its settings for one module."""
    place = WORK / Path(module["path"]).stem
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for name in ("lishui_credit", "tests", "data_samples"):
        (place / name).symlink_to(ROOT / name)
    own = {
        "only_mutate": [module["path"]],
        "pytest_add_cli_args_test_selection": [*module["tests"], module["path"]],
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in own.items()]
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    head = "[tool.mutmut]\n"
    assert head in settings
    text = settings.replace(head, head + "\n".join(lines) + "\n")
    (place / "pyproject.toml").write_text(text, encoding="utf-8")
    return place


def mutmut(place: Path, *words: str) -> str:
    """Run a command of mutmut in a folder and return what it printed."""
    run = subprocess.run(
        [Path(sys.executable).with_name("mutmut"), *words],
        cwd=place, env=os.environ | SETTINGS, text=True, capture_output=True,
    )  # fmt: skip
    if run.returncode:
        sys.exit(
            f"mutmut {words[0]} failed in {place}:\n{run.stdout[-4000:]}\n{run.stderr[-4000:]}"
        )
    return run.stdout


def function_of(name: str) -> str:
    """Return the function a mutant is of: ``a.b.x_f__mutmut_1`` and ``a.b.xǁClassǁf__mutmut_1``."""
    own = name.partition("__mutmut_")[0].rpartition(".")[2]
    return own.rpartition("ǁ")[2] if "ǁ" in own else own.removeprefix("x_")


def change(diff: str) -> tuple[str, str]:
    """Return what a diff takes out and puts in, each on one line."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    out, put = (
        " ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+"
    )
    return out, put


def alike(one: str, other: str) -> int:
    """Return how many characters two lines have in common from their start."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def core(out: str, put: str) -> tuple[str, str]:
    """Return the part in which two lines differ."""
    start = alike(out, put)
    out, put = out[start:], put[start:]
    end = alike(out[::-1], put[::-1])
    return out[: len(out) - end], put[: len(put) - end]


def tested(module: dict[str, Any], known: list[dict[str, Any]]) -> Outcome:
    """Run one module's mutants."""
    # `mutmut show` prints the same, in a process for each mutant
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    place = prepared(module)
    mutmut(place, "run", "--max-children", os.environ.get("JOBS", "2"))
    states = dict(re.findall(r"^ +(\S+): (.+)$", mutmut(place, "results", "--all", "true"), re.M))
    left = {
        (entry.get("function"), was, becomes): count
        for entry in known
        if entry["path"] == module["path"]
        for was, becomes, count in entry["changes"]
    }
    survivors = []
    for name in (name for name, state in states.items() if state not in KILLED):
        with chdir(place):
            diff = get_diff_for_mutant(name, path=module["path"])
        lines = change(diff)
        ways = [(of, *c) for of in (function_of(name), None) for c in (lines, core(*lines))]
        way = next((way for way in ways if left.get(way)), None)
        if way is None:
            survivors.append(diff)
        else:
            left[way] -= 1
    killed = sum(state in KILLED for state in states.values())
    late = sum(state == "timeout" for state in states.values())
    equivalent = len(states) - killed - len(survivors)
    stale = [f"{module['path']}: {way}, {n} of them" for way, n in left.items() if n]
    return Outcome(len(states), killed, late, equivalent, survivors, stale)


def main(names: list[str]) -> int:
    """Test the modules named, or all, and print a table."""
    asked = plan()
    modules = [m for m in asked["module"] if not names or Path(m["path"]).stem in names]
    found: dict[str, Outcome] = {}
    for module in modules:
        start = time.monotonic()
        one = found[module["path"]] = tested(module, asked.get("equivalent", []))
        for diff in one.survivors:
            print(diff)
        print(
            f"{module['path']}: {one.share:.1f} % in {time.monotonic() - start:.0f} s", flush=True
        )
    whole = Outcome(
        *(sum(getattr(one, name) for one in found.values()) for name in Outcome.__slots__[:4]),
        [], [],
    )  # fmt: skip
    print(f"\n{'killed':>8} {'of':>6} {'too long':>9} {'equivalent':>11}  module")
    for name, one in [*found.items(), ("all", whole)]:
        judged = one.made - one.equivalent
        print(f"{one.share:7.1f}% {judged:6} {one.late:9} {one.equivalent:11}  {name}")
    stale = [line for one in found.values() for line in one.stale]
    for line in stale:
        print(f"listed as equivalent, but killed or no longer made: {line}")
    return int(bool(stale) or any(one.share < LEAST for one in found.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The house rules that a reader of one file cannot see: floors, cycles, sizes, names, hosts.

Imports are read from the syntax tree, so those inside functions and under TYPE_CHECKING count too.
"""

import ast
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "lishui_credit"

# A module or folder of the package imports from its own floor or from below, never from above.
FLOORS = [
    {"errors", "language", "citation", "layout", "version", "first_use", "engine"},
    {"points", "grades", "identifiers", "proportions"},
    {"columns", "dictionary", "frames", "read", "headers", "cells", "conform", "write"}
    | {"unreadable", "workbooks"},
    {"rubrics", "scorecards"},
    {"validation", "records"},
    {"cutoffs", "plan"},
    {"figures", "samples"},
    {
        "__main__",
        "cli",
        "commands",
        "model_commands",
        "plan_commands",
        "policy_commands",
        "demo",
        "board",
        "messages",
    },
]
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

LONGEST_MODULE = 400  # lines of code: docstrings, comments and blank lines not counted
SPEAKING_ROOMS = {
    "cli",
    "commands",
    "model_commands",
    "plan_commands",
    "policy_commands",
    "demo",
    "board",
}
EMPTY_NAMES = {"util", "utils", "helper", "helpers", "manager", "managers"}
HEAVY_LIBRARIES = ("scipy", "sklearn", "lightgbm", "plotly", "sqlglot", "streamlit", "duckdb")

# Written in halves, so that this file does not contain what it looks for.
REGISTRY_HOSTS = (
    "py" + "pi.org",
    "python" + "hosted.org",
    "registry." + "npmjs",
    "npm" + "mirror",
    "conda" + ".anaconda.org",
    "deb" + ".debian.org",
    "pypi." + "tuna",
    "mirrors." + "aliyun",
)
MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:" + "wo" + "rk|" + "ro" + r"ot|home/\w+)/")


def _name_of(path: Path) -> str:
    """The dotted name of a module file, a package by its folder's name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_name_of(path): path for path in sorted((ROOT / PACKAGE).rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def _room(module: str) -> str:
    """The top-level module or folder a module belongs to; the package itself is its own room."""
    return module.split(".")[1] if "." in module else module


def _imports(module: str) -> Iterator[tuple[str, int]]:
    """Every import of a module, as a dotted name and its line; relative ones made absolute."""
    is_package = MODULES[module].name == "__init__.py"
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module.split(".")
                kept = len(parents) - node.level + is_package
                base = ".".join([*parents[:kept], *([base] if base else [])])
            for alias in node.names:
                yield f"{base}.{alias.name}", node.lineno


def _own_imports(module: str) -> Iterator[tuple[str, str, int]]:
    """Imports of the package's own modules: the module, the dotted name as written, the line."""
    for name, line in _imports(module):
        if name != PACKAGE and not name.startswith(f"{PACKAGE}."):
            continue
        target = name
        while target not in MODULES:
            target = target.rpartition(".")[0]
        yield target, name, line


def _committed_files() -> list[Path]:
    """What git tracks or would add; without git, every file that is not hidden or built."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0 and (ROOT / ".git").exists():
        names = listed.stdout.decode("utf-8").split("\0")
        return [ROOT / name for name in names if name and (ROOT / name).is_file()]
    built = {"site", "dist", "build", "uv.lock", "__pycache__"}
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and not any(
            part in built or (part.startswith(".") and part not in {".ci", ".gitignore"})
            for part in path.relative_to(ROOT).parts
        )
    ]


def _run(code: str) -> str:
    """What a fresh interpreter prints for a line of code, started beside the package."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_top_level_module_has_a_floor():
    rooms = {_room(name) for name in MODULES if name != PACKAGE}
    strangers = sorted(rooms - FLOOR_OF.keys())
    assert not strangers, f"{strangers} have no floor: add them to FLOORS, or find them a room"


def test_no_module_imports_from_a_floor_above_its_own():
    wrong = [
        f"{MODULES[module].relative_to(ROOT)}:{line}: {_room(module)} (floor {here})"
        f" imports {name} (floor {there})"
        for module in MODULES
        for target, name, line in _own_imports(module)
        if PACKAGE not in (module, target)
        if (here := FLOOR_OF.get(_room(module), 0)) < (there := FLOOR_OF.get(_room(target), 0))
    ]
    assert not wrong, "\n".join(wrong)


def test_inside_the_package_nothing_is_taken_from_its_front_door():
    wrong = [
        f"{MODULES[module].relative_to(ROOT)}:{line}: import {name} from the module that defines it"
        for module in MODULES
        for target, name, line in _own_imports(module)
        if target == PACKAGE != module
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("grain", ["module", "room"])
def test_imports_have_no_cycle(grain):
    graph: dict[str, set[str]] = {}
    for module in MODULES:
        here = module if grain == "module" else _room(module)
        below = graph.setdefault(here, set())
        for target, _, _ in _own_imports(module):
            there = target if grain == "module" else _room(target)
            if there not in (here, PACKAGE):
                below.add(there)
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail("import cycle: " + " <- ".join(error.args[1]))


def test_importing_the_package_loads_no_heavy_library():
    code = f"import sys, {PACKAGE}; print([m for m in {HEAVY_LIBRARIES} if m in sys.modules])"
    assert _run(code) == "[]"


def test_importing_the_command_line_loads_neither_polars_nor_pydantic():
    code = (
        f"import sys, {PACKAGE}.cli; print([m for m in ('polars', 'pydantic') if m in sys.modules])"
    )
    assert _run(code) == "[]"


def _lines_of_code(path: Path) -> int:
    source = path.read_text(encoding="utf-8")
    prose: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            first = node.body[0]
            prose.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return sum(
        1
        for number, line in enumerate(source.splitlines(), start=1)
        if number not in prose and line.strip() and not line.lstrip().startswith("#")
    )


def test_no_module_is_longer_than_one_sitting():
    lengths = {str(path.relative_to(ROOT)): _lines_of_code(path) for path in MODULES.values()}
    long = {name: length for name, length in lengths.items() if length > LONGEST_MODULE}
    assert not long, f"over {LONGEST_MODULE} lines of code, each wants to be two rooms: {long}"


def test_only_the_command_line_and_the_demo_print():
    wrong = [
        f"{MODULES[module].relative_to(ROOT)}:{node.lineno}"
        for module, tree in TREES.items()
        if _room(module) not in SPEAKING_ROOMS
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert not wrong, f"print() outside {sorted(SPEAKING_ROOMS)}: {wrong}"


def test_every_module_is_named_after_what_it_holds():
    empty = [
        name for name in MODULES if any(part.strip("_") in EMPTY_NAMES for part in name.split("."))
    ]
    assert not empty, f"say what is inside instead: {empty}"


def test_committed_files_name_no_registry_and_no_path_of_a_machine():
    wrong = []
    for path in _committed_files():
        data = path.read_bytes()
        if b"\0" in data:
            continue
        text = data.decode("utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            found = [host for host in REGISTRY_HOSTS if host in line]
            found += MACHINE_PATH.findall(line)
            if found:
                wrong.append(f"{path.relative_to(ROOT)}:{number}: {found}")
    assert not wrong, "\n".join(wrong)

"""The house rules that a reader of one file cannot see: floors, cycles, sizes, names, hosts.

Imports are read from the syntax tree, so those inside functions and under TYPE_CHECKING count too.
"""

import ast
import graphlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "lishui_credit"

# A module or folder of the package imports from its own floor or from below, never from above.
FLOORS = [
    {"errors", "expressions", "language", "citation", "version"},
    {"points", "grades", "backends"},
    {"tables", "statistics"},
    {"rubrics.law", "proof"},
    {"scorecards", "pricing", "reports", "rubrics.engine"},
    {"plan", "rubrics"},
    {"policies", "validation"},
    {"cutoffs", "models", "monitoring", "samples"},
    {"figures", "board"},
    {"commands", "__main__"},
]
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

LONGEST_MODULE = 300  # lines of code: docstrings, comments and blank lines not counted
LONGEST_FUNCTION = 60
MOST_IN_THE_ROOT = 10
# A section is named after what it lays out, which has a module of that name.
ROOMS_OF_SECTIONS = {"figures", "validation/sections", "commands", "board"}
SPEAKING_ROOMS = {"commands", "board"}
EMPTY_NAMES = {"util", "utils", "helper", "helpers", "manager", "managers"}
HEAVY_LIBRARIES = (
    *("scipy", "sklearn", "lightgbm", "plotly", "sqlglot", "streamlit", "duckdb"),
    *("anywidget", "traitlets", "ipywidgets"),
)

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
# One process reads the syntax of all modules, and no other does.
pytestmark = pytest.mark.xdist_group("architecture")


@cache
def _nodes(module: str) -> tuple[ast.AST, ...]:
    """Every node of a module's syntax tree."""
    return tuple(ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))))


def _room(module: str) -> str:
    """The room with a floor that a module stands in; the package itself is its own room."""
    if "." not in module:
        return module
    parts = module.split(".")[1:]
    inner = ".".join(parts[:2])
    return inner if inner in FLOOR_OF else parts[0]


def _imports(module: str) -> Iterator[tuple[str, int]]:
    """Every import of a module, as a dotted name and its line; relative ones made absolute."""
    is_package = MODULES[module].name == "__init__.py"
    for node in _nodes(module):
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


@cache
def _own_imports(module: str) -> tuple[tuple[str, str, int], ...]:
    """Imports of the package's own modules: the module, the dotted name as written, the line."""
    found = []
    for name, line in _imports(module):
        if name != PACKAGE and not name.startswith(f"{PACKAGE}."):
            continue
        target = name
        while target not in MODULES:
            target = target.rpartition(".")[0]
        found.append((target, name, line))
    return tuple(found)


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
    code = f"import sys, {PACKAGE}.commands.cli; print([m for m in ('polars', 'pydantic') if m in sys.modules])"
    assert _run(code) == "[]"


@cache
def _prose(module: str) -> set[int]:
    """The lines of docstrings."""
    prose: set[int] = set()
    for node in _nodes(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            first = node.body[0]
            prose.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return prose


def _lines_of_code(module: str, node: ast.FunctionDef | None = None) -> int:
    """Lines of a module, or of a function in it."""
    lines = MODULES[module].read_text(encoding="utf-8").splitlines()
    start, end = (node.lineno, node.end_lineno or node.lineno) if node else (1, len(lines))
    prose = _prose(module)
    return sum(
        1
        for number, line in enumerate(lines[start - 1 : end], start)
        if number not in prose and line.strip() and not line.lstrip().startswith("#")
    )


def test_no_module_is_longer_than_one_sitting():
    lengths = {module: _lines_of_code(module) for module in MODULES}
    long = {name: length for name, length in lengths.items() if length > LONGEST_MODULE}
    assert not long, f"over {LONGEST_MODULE} lines of code, each wants to be two rooms: {long}"


def test_no_function_is_longer_than_one_look():
    long = {
        f"{module}:{node.name}": length
        for module in MODULES
        for node in _nodes(module)
        if isinstance(node, ast.FunctionDef)
        and (length := _lines_of_code(module, node)) > LONGEST_FUNCTION
    }
    assert not long, f"over {LONGEST_FUNCTION} lines of code, each wants to be two: {long}"


def test_only_the_command_line_and_the_demo_print():
    wrong = [
        f"{MODULES[module].relative_to(ROOT)}:{node.lineno}"
        for module in MODULES
        if _room(module) not in SPEAKING_ROOMS
        for node in _nodes(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert not wrong, f"print() outside {sorted(SPEAKING_ROOMS)}: {wrong}"


def _public(face: Path) -> set[str]:
    """The names that the stub of a folder's face exports."""
    tree = ast.parse(face.read_text(encoding="utf-8"))
    return {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


FACES = {path.parent: _public(path) for path in sorted((ROOT / PACKAGE).rglob("__init__.pyi"))}


def test_the_root_holds_ten_modules_or_fewer():
    root = [path.name for path in (ROOT / PACKAGE).glob("*.py")]
    assert len(root) <= MOST_IN_THE_ROOT, root


def test_a_file_name_stands_once():
    """Save in a room of sections, each named after what it lays out: there once in the room."""
    seen: dict[str, list[str]] = {}
    for module, path in MODULES.items():
        room = str(path.parent.relative_to(ROOT / PACKAGE))
        if path.stem not in ("__init__", "__main__") and room not in ROOMS_OF_SECTIONS:
            seen.setdefault(path.name, []).append(module)
    twice = {name: modules for name, modules in seen.items() if len(modules) > 1}
    assert not twice, twice


def test_no_module_bears_the_name_of_a_function_that_its_folder_exports():
    wrong = [
        f"{folder.relative_to(ROOT)}: {name}"
        for folder, names in FACES.items()
        for name in sorted(names)
        if (folder / f"{name}.py").exists() and not _imports_module(folder / "__init__.pyi", name)
    ]
    assert not wrong, wrong


def _imports_module(face: Path, name: str) -> bool:
    """Whether a face exports a module itself: ``from . import households``."""
    tree = ast.parse(face.read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module is None
        and any(alias.name == name for alias in node.names)
        for node in tree.body
    )


def test_a_face_offers_what_its_stub_names():
    stubs = {".".join(path.relative_to(ROOT).parts): sorted(names) for path, names in FACES.items()}
    code = (
        "import importlib, json;"
        f"faces = {{name: importlib.import_module(name) for name in {sorted(stubs)}}};"
        "print(json.dumps({name: sorted(n for n in dir(face) if getattr(face, n) is not None)"
        " for name, face in faces.items()}))"
    )
    assert json.loads(_run(code)) == stubs


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

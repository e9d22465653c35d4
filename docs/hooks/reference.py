"""Makes the reference pages: one for each public name, at the anchor of its public path.

A *face* is the package, or a folder of it, whose `__init__` lists names in `__all__`. The faces are
read when the site is built, so a name that is added, moved or taken away needs no work here. Two more
kinds of module have a page: those that examples import from although no face exports them, and the
nouns that everything else is made of. The build fails if a public path has no anchor.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

PACKAGE = "lishui_credit"
ROOT = Path(__file__).resolve().parents[2]
NOUNS = ("points", "grades", "citation", "errors")
LARGEST = 300_000
"""Bytes of a page that a reader still gets at once."""

FENCE = re.compile(r"```python\n(.*?)```", re.S)


def faces() -> dict[str, tuple[str, ...]]:
    """Every folder that exports names, with the names, the package first."""
    sys.path.insert(0, str(ROOT))  # the site's environment does not hold the package
    package = importlib.import_module(PACKAGE)
    found = {PACKAGE: tuple(package.__all__)}
    for module in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."):
        if module.ispkg:
            names = getattr(importlib.import_module(module.name), "__all__", ())
            if names:
                found[module.name] = tuple(names)
    return found


def examples() -> Iterator[str]:
    """The code that notebooks, READMEs and these pages show."""
    for notebook in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                yield "".join(cell["source"])
    for page in sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")]):
        if "notebooks" not in page.parts:
            yield from FENCE.findall(page.read_text("utf-8"))


def taught(known: Mapping[str, tuple[str, ...]], exported: Collection[str] = ()) -> set[str]:
    """The modules that examples import names from although no face exports what they name.

    `known` has the names by face, `exported` the paths in whose place a face stands.
    """
    found = set()
    for code in examples():
        for node in ast.walk(ast.parse(code)):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(PACKAGE):
                continue
            for name in (alias.name for alias in node.names):
                path = f"{node.module}.{name}"
                if name in known.get(node.module, ()) or path in exported or path in known:
                    continue
                inner = ROOT / node.module.replace(".", "/") / name
                is_module = inner.with_suffix(".py").is_file() or inner.is_dir()
                found.add(path if is_module else node.module)
    return found


@dataclass
class Page:
    """One page: what it shows, and the public paths that must have an anchor on it."""

    title: str
    shown: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)


class Reference:
    """The pages of one build and where each public path stands."""

    def __init__(self) -> None:
        import griffe

        self.source: Any = griffe.load(PACKAGE, search_paths=[str(ROOT)])
        self.faces = faces()
        self.pages: dict[str, Page] = {}
        self.place: dict[str, str] = {}
        homes: dict[str, str] = {}
        for face, names in self.faces.items():
            for name in names:
                path = f"{face}.{name}"
                home = self.target(path).path
                if home in homes:  # two faces export it: one page, two anchors
                    uri = homes[home]
                    self.pages[uri].also.append(path)
                else:
                    uri = homes[home] = self.add(self.folder(face), name, path)
                self.place[path] = uri
        modules = taught(self.faces, homes) | {f"{PACKAGE}.{noun}" for noun in NOUNS}
        for path in sorted(modules - homes.keys()):
            self.place[path] = self.add(
                "reference/modules/", path.removeprefix(f"{PACKAGE}."), path
            )

    def add(self, folder: str, name: str, path: str) -> str:
        # Names that differ by case only (`Book`, `book`) share a page: some disks know no case.
        uri = f"{folder}{name.lower()}.md"
        self.pages.setdefault(uri, Page(name)).shown.append(path)
        return uri

    @staticmethod
    def folder(face: str) -> str:
        return "/".join(["reference", *face.split(".")[1:]]) + "/"

    def target(self, path: str) -> Any:
        """What stands behind a public path."""
        found = self.source[path.removeprefix(f"{PACKAGE}.")]
        return found.final_target if found.is_alias else found

    def summary(self, path: str) -> str:
        docstring = self.target(path).docstring
        text = docstring.value if docstring else ""
        return " ".join(text.split("\n\n")[0].split())

    # ---- what the pages say -------------------------------------------------------------------

    def text(self, page: Page) -> str:
        anchors = "\n".join(f"[](){{#{path}}}" for path in page.also)
        return "\n\n".join(
            [
                "---\ntitle: " + page.title + "\n---",
                anchors,
                *(f"::: {path}" for path in page.shown),
            ]
        )

    def index(self, face: str) -> str:
        lines = [f"# {face}", inspect.cleandoc(self.source_of(face).docstring.value), ""]
        lines += [f"```python\nimport {face}{' as lc' if face == PACKAGE else ''}\n```", ""]
        lines += ["| name | what it is or does |", "|---|---|"]
        for name in self.faces[face]:
            path = f"{face}.{name}"
            summary = self.summary(path).replace("|", "\\|")
            lines.append(f"| [`{name}`][{path}] | {summary} |")
        return "\n".join(lines)

    def modules(self) -> str:
        lines = [
            "# Further modules",
            "No folder exports these names; import them from their module. The examples use some,"
            " the others are the nouns that everything else is made of.",
            "",
            "| module | what it holds |",
            "|---|---|",
        ]
        for path, uri in self.place.items():
            if uri.startswith("reference/modules/"):
                lines.append(f"| [`{path}`][{path}] | {self.summary(path)} |")
        return "\n".join(lines)

    def source_of(self, face: str) -> Any:
        return self.source if face == PACKAGE else self.target(face)

    def files(self) -> dict[str, str]:
        """Every page to make, by its place in the site."""
        made = {uri: self.text(page) for uri, page in self.pages.items()}
        made |= {f"{self.folder(face)}index.md": self.index(face) for face in self.faces}
        made["reference/modules/index.md"] = self.modules()
        return made

    def nav(self) -> list[Any]:
        """The navigation: a section for each face, a page for each name in the face's order."""

        def section(folder: str) -> list[Any]:
            pages = [uri for uri in self.pages if uri.rpartition("/")[0] + "/" == folder]
            return [f"{folder}index.md", *({self.pages[uri].title: uri} for uri in pages)]

        nav = [f"{self.folder(PACKAGE)}index.md"]
        nav += [{face: section(self.folder(face))} for face in self.faces]
        nav[1][PACKAGE].pop(0)  # the reference opens on it
        return [*nav, {"further modules": section("reference/modules/")}]


def faults(site: Path, place: Mapping[str, str]) -> list[str]:
    """Public paths of a built site that have no anchor on their page, and pages that are too large."""
    wrong = []
    for path, uri in place.items():
        page = site / Path(uri).with_suffix(".html")
        if not page.is_file() or f'id="{path}"' not in page.read_text("utf-8"):
            wrong.append(f"{path}: no anchor in {page.relative_to(site)}")
    sizes = {page.relative_to(site): page.stat().st_size for page in sorted(site.rglob("*.html"))}
    return wrong + [f"{name}: {size:,} bytes" for name, size in sizes.items() if size > LARGEST]


# ---- what mkdocs calls --------------------------------------------------------------------------

_built: dict[str, Reference] = {}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill in the navigation where it says `Reference: reference/`."""
    made = _built["now"] = Reference()
    config.nav = [
        {"Reference": made.nav()} if "Reference" in entry else entry for entry in config.nav
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    from mkdocs.structure.files import File

    for uri, text in _built["now"].files().items():
        files.append(File.generated(config, uri, content=text))
    return files


def on_post_build(config: MkDocsConfig) -> None:
    """Fail where a public path has no anchor, or a page is too large."""
    from mkdocs.exceptions import PluginError

    wrong = faults(Path(config.site_dir), _built["now"].place)
    if wrong:
        raise PluginError("\n".join(wrong))

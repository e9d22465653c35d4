"""Puts the notebooks into the site where `make notebooks` has rendered them, and says so where not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "notebooks"
INDEX = "notebooks/index.md"


def titles() -> dict[str, str]:
    """The title of every notebook, as its first heading gives it, by the name of its file."""
    found = {}
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.py")):
        lines = path.read_text("utf-8").splitlines()
        found[path.stem] = next(line for line in lines if line.startswith("# # "))[4:]
    return found


def rendered(name: str) -> bool:
    """Whether a notebook has a page."""
    return (FOLDER / f"{name}.md").is_file()


def outdated(name: str) -> bool:
    """Whether a notebook was changed after its page was written."""
    page = FOLDER / f"{name}.md"
    return page.stat().st_mtime < (ROOT / "notebooks" / f"{name}.py").stat().st_mtime


def index() -> str:
    """The page that opens the section."""
    lines = [
        "# Notebooks",
        "Each notebook asks one question and answers it with the package. The notebooks on synthetic"
        " data say so in their first lines and on every figure. They are kept as text without outputs"
        " in `notebooks/`; `make notebooks` runs them and writes the pages listed here.",
        "",
        "| notebook | title |",
        "|---|---|",
    ]
    for name, title in titles().items():
        link = (
            f"[{title}]({name}.md)" if rendered(name) else f"{title} (not rendered in this build)"
        )
        lines.append(f"| {name[:2]} | {link} |")
    return "\n".join(lines)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill in the navigation where it says `Notebooks: notebooks/`."""
    pages = [name for name in titles() if rendered(name)]
    told = [
        f"{len(names)} of {len(titles())} notebooks {what}"
        for names, what in (
            ([name for name in titles() if not rendered(name)], "are not rendered"),
            ([name for name in pages if outdated(name)], "were changed since they were rendered"),
        )
        if names
    ]
    if told:
        print(f"{' and '.join(told)}; `make notebooks` renders them.", file=sys.stderr)
    entries = [
        INDEX,
        *({titles()[name].partition(":")[0]: f"notebooks/{name}.md"} for name in pages),
    ]
    config.nav = [{"Notebooks": entries} if "Notebooks" in entry else entry for entry in config.nav]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page that lists them."""
    from mkdocs.structure.files import File

    files.append(File.generated(config, INDEX, content=index()))
    return files

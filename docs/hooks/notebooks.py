"""Puts the notebooks into the site as they lie in `notebooks/`, with the outputs kept in them."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).resolve().parents[2]
INDEX = "notebooks/index.md"
PICTURE = "image/svg+xml"


def paths() -> list[Path]:
    """The notebooks, in their order."""
    return sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


@cache
def cells(path: Path) -> list[dict[str, Any]]:
    """The cells of a notebook."""
    return list(json.loads(path.read_text("utf-8"))["cells"])


def text(lines: list[str] | str) -> str:
    """A text of a notebook, which may keep it line by line."""
    return lines if isinstance(lines, str) else "".join(lines)


def titles() -> dict[str, str]:
    """The title of every notebook, as its first heading gives it, by the name of its file."""
    heads = {path.stem: text(cells(path)[0]["source"]).splitlines()[0] for path in paths()}
    return {name: head.removeprefix("# ") for name, head in heads.items()}


def page(path: Path) -> tuple[str, dict[str, str]]:
    """The Markdown page of a notebook, and the pictures on it by the names of their files."""
    pictures: dict[str, str] = {}
    parts = []
    for cell in cells(path):
        source = text(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if PICTURE in data:
                file = f"{path.stem}-{len(pictures) + 1}.svg"
                pictures[file] = text(data[PICTURE])
                told = text(data["text/plain"]).replace("<b>", "").replace("</b>", "")
                parts.append(f'<p><img src="{file}" alt="{escape(told)}"></p>')
            elif "text/html" in data:
                parts.append(text(data["text/html"]))
            else:
                parts.append(f"```text\n{text(output.get('text') or data['text/plain'])}\n```")
        if len(parts) == 1:
            parts.append(f"[The notebook itself]({path.name}), to open in JupyterLab.")
    return "\n\n".join([*parts, ""]), pictures


def index() -> str:
    """The page that opens the section."""
    lines = [
        "# Notebooks",
        "Each notebook asks one question and answers it with the package. The notebooks on synthetic"
        " data say so in their first lines and on every figure. They lie in `notebooks/` with their"
        " outputs: `make lab` opens them in JupyterLab, `make notebooks` runs them again. Start with the"
        " first; 07 is a template for your own data.",
        "",
        "| notebook | title |",
        "|---|---|",
        *(f"| {name[:2]} | [{title}]({name}.md) |" for name, title in titles().items()),
    ]
    return "\n".join(lines)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill in the navigation where it says `Notebooks: notebooks/`."""
    pages = [{title.partition(":")[0]: f"notebooks/{name}.md"} for name, title in titles().items()]
    config.nav = [
        {"Notebooks": [INDEX, *pages]} if "Notebooks" in entry else entry for entry in config.nav
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page that lists them, theirs, their pictures and themselves."""
    from mkdocs.structure.files import File

    made = {INDEX: index()}
    for path in paths():
        written, pictures = page(path)
        made |= {
            f"notebooks/{path.stem}.md": written,
            f"notebooks/{path.name}": path.read_text("utf-8"),
        }
        made |= {f"notebooks/{name}": drawing for name, drawing in pictures.items()}
    for name, content in made.items():
        files.append(File.generated(config, name, content=content))
    return files

"""Notebooks are kept as text without outputs; this runs them, and renders them for the documentation.

    python notebooks/render.py                 all, into docs/notebooks/
    python notebooks/render.py 01 05           those whose names start so

`make docs` then takes the pages into the site. They refer to no outside host: figures draw with
plotly.min.js, written once beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "notebooks"
OUT = ROOT / "docs" / "notebooks"
PLOTLY = "plotly.min.js"
FIGURE = "application/vnd.plotly.v1+json"
RENDERER = "plotly_mimetype"
QUIET = ("--log-level=ERROR",)
CONFIG = {"displaylogo": False, "responsive": True}


def paths() -> list[Path]:
    """The notebooks, in their order."""
    return sorted(HERE.glob("[0-9][0-9]_*.py"))


def executed(path: Path, *, seconds: int = 600) -> Any:
    """Read a notebook and run it in a kernel of the running interpreter, at the checkout's root."""
    import jupytext
    from jupyter_client.kernelspec import KernelSpec
    from nbclient import NotebookClient

    notebook = jupytext.read(path)
    client = NotebookClient(notebook, timeout=seconds, resources={"metadata": {"path": str(ROOT)}})
    client.create_kernel_manager()
    client.km._kernel_spec = KernelSpec(  # whatever kernels the machine has registered
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", *QUIET],
        language="python",
    )
    kept = {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.getenv("PYTHONPATH")])])}
    # One thread of matrix work, so that notebooks run side by side do not wait for each other.
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    client.execute(env={**os.environ, **threads, **kept, "PLOTLY_RENDERER": RENDERER})
    return notebook


def page(notebook: Any, name: str) -> tuple[str, str]:
    """The Markdown page of an executed notebook, and the script beside it that draws its figures."""
    from nbconvert import MarkdownExporter

    drawn = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if FIGURE in data:
                place = f"figure-{len(drawn) + 1}"
                found = json.dumps({**data.pop(FIGURE), "config": CONFIG}, ensure_ascii=False)
                drawn.append(f'Plotly.newPlot("{place}", {found});')
                data["text/html"] = f'<div id="{place}"></div>'
    text, _ = MarkdownExporter().from_notebook_node(notebook)
    scripts = [f'<script src="{file}"></script>' for file in (PLOTLY, f"{name}.js")]
    return "\n\n".join([text, *scripts, ""]), "\n".join([*drawn, ""])


def has_chinese_font() -> bool | None:
    """Whether a font with Chinese glyphs is installed; None where that cannot be asked."""
    try:
        found = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return bool(found.stdout.strip())


def main() -> None:
    import plotly.offline

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="how the names start; all if none")
    names = parser.parse_args().names
    if has_chinese_font() is False:
        print("No font with Chinese glyphs was found; a browser here will show boxes for them.")
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / PLOTLY).write_text(plotly.offline.get_plotlyjs(), encoding="utf-8")
    for path in paths():
        if names and not path.name.startswith(tuple(names)):
            continue
        began = time.perf_counter()
        text, script = page(executed(path), path.stem)
        target = OUT / f"{path.stem}.md"
        target.write_text(text, encoding="utf-8")
        target.with_suffix(".js").write_text(script, encoding="utf-8")
        print(f"{target.relative_to(ROOT)}  {time.perf_counter() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()

"""Runs the notebooks where they lie, and keeps with them what they print and draw.

    python notebooks/run.py                 all, in place
    python notebooks/run.py 01 05           those whose names start so

An output that says the same as the one kept, within the tolerances below, is left as it is: a second
run changes nothing. A figure is kept as plotly's own data, which JupyterLab draws, and as SVG for
whoever only reads. A browser of this machine draws the SVG, and only where the figure has changed.
"""

from __future__ import annotations

import argparse
import base64
import copy
import hashlib
import json
import math
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

# nbformat checks notebooks by jsonschema, which would read a grammar of web addresses that no notebook needs.
sys.modules.setdefault("rfc3987_syntax", None)

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "notebooks"
FIGURE = "application/vnd.plotly.v1+json"
PICTURE = "image/svg+xml"
WIDGET = "application/vnd.jupyter.widget-view+json"
DRAWN_FROM = "drawn_from"  # in an output's metadata: the digest of the figure the picture shows

RELATIVE = Decimal("1e-4")  # numbers with a fraction may differ by it, or by one in the last digit
WHOLE = Decimal("1e-6")  # whole numbers may differ by it: counts up to a million are equal
ABSOLUTE = 1e-6  # so may numbers of a figure near nothing
LONG = 100  # numbers of an array from which it is packed, as plotly packs numpy's

UNLICENSED = "unlicensed"  # tag of cells on data that has no licence to be shipped
PARAMETERS = "parameters"  # tag of the cell that names the files
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}


def paths() -> list[Path]:
    """The notebooks, in their order."""
    return sorted(HERE.glob("[0-9][0-9]_*.ipynb"))


def stored(path: Path) -> Any:
    """A notebook as it is kept."""
    import nbformat

    return nbformat.read(path, as_version=4)


def tagged(cell: Any, tag: str) -> bool:
    """Whether a cell has a tag."""
    return tag in cell.metadata.get("tags", [])


def unlicensed_here() -> bool:
    """Whether the data that the cells tagged so read are at hand."""
    shared = Path(os.environ.get("LISHUI_SHARED") or ROOT.parent / "shared")
    return all((shared / "data" / name).is_dir() for name in ("cumcm2020c_sme", "hmeq"))


def executed(notebook: Any, parameters: Mapping[str, Any] | None = None) -> Any:
    """Run a copy of a notebook in its folder, by the running interpreter.

    The cell tagged `parameters` ends with what is given for it, so that a run writes nowhere else.
    """
    from jupyter_client.kernelspec import KernelSpec
    from nbclient import NotebookClient

    from notebooks.kernels import Copies

    copied = copy.deepcopy(notebook)
    given = "".join(f"\n{name} = {value!r}" for name, value in (parameters or {}).items())
    for cell in copied.cells:
        if tagged(cell, PARAMETERS):
            cell.source += given
    client = NotebookClient(
        copied,
        timeout=600,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(HERE)}},
    )
    client.create_kernel_manager()
    client.km._kernel_spec = KernelSpec(  # whatever kernels the machine has registered
        argv=[
            *(sys.executable, "-m", "ipykernel_launcher"),
            *("-f", "{connection_file}", "--log-level=ERROR"),
        ],
        language="python",
    )
    client.km.provisioner = Copies(parent=client.km, kernel_spec=client.km.kernel_spec)
    here = os.pathsep.join([str(ROOT), *filter(None, [os.getenv("PYTHONPATH")])])
    # One thread of matrix work, so that notebooks run side by side do not wait for each other.
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    fixed = {"LC_ALL": "C.UTF-8", "PLOTLY_RENDERER": "plotly_mimetype", "PYTHONPATH": here}
    client.execute(env={**os.environ, **threads, **fixed})
    for cell, kept in zip(copied.cells, notebook.cells, strict=True):
        cell.source = kept.source
    return copied


def run(notebook: Any) -> Any:
    """Run a notebook as it is kept; whatever it writes goes to a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        made = executed(notebook, {"OUTPUT": folder})
    for out in figures(made):
        out.data[FIGURE]["data"] = packed(out.data[FIGURE]["data"])
        out.data["text/plain"] = out.data[FIGURE]["layout"]["title"]["text"]
    for cell in made.cells:
        for out in cell.get("outputs", []):
            if WIDGET in out.get("data", {}):  # it lives as long as its kernel
                out.data = {
                    "text/plain": "Run this cell: the editor stands here. 运行此单元格后，编辑器显示在此处。"
                }
    return made


# ---- the same, or not -------------------------------------------------------------------------

NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?")
RULES = re.compile(r"[─═┈┄]{2,}|\s+")  # as long as the widest number beside them


def near(old: str, new: str) -> bool:
    """Whether two printed numbers are the same within the tolerances."""
    if old == new:
        return True
    one, other = (Decimal(text.replace(",", "")) for text in (old, new))
    unit = max(int(number.as_tuple().exponent) for number in (one, other))
    apart, size = abs(one - other), max(abs(one), abs(other))
    if unit >= 0 and not re.search("[.eE]", old + new):
        return apart <= WHOLE * size
    return apart <= max(RELATIVE * size, Decimal(1).scaleb(unit))


def same_text(old: str, new: str) -> bool:
    """Whether two texts have the same words, and numbers that are near."""
    words = [RULES.sub(" ", NUMBER.sub("#", text)).strip() for text in (old, new)]
    numbers = [NUMBER.findall(text) for text in (old, new)]
    return words[0] == words[1] and all(map(near, *numbers))


def plain(part: Any) -> Any:
    """A part of a figure with its packed arrays as lists."""
    import numpy as np

    if isinstance(part, dict) and "bdata" in part:
        return np.frombuffer(base64.b64decode(part["bdata"]), dtype=part["dtype"]).tolist()
    return part


def packed(part: Any) -> Any:
    """A part of a figure with its long arrays of numbers packed, a line each in the file."""
    import numpy as np

    if isinstance(part, dict):
        return {key: packed(inner) for key, inner in part.items()}
    if not isinstance(part, list):
        return part
    if len(part) < LONG or {type(one) for one in part} - {int, float}:
        return [packed(inner) for inner in part]
    data = np.asarray(part, dtype="<f8").tobytes()
    return {"dtype": "f8", "bdata": base64.b64encode(data).decode()}


def same_figure(old: Any, new: Any) -> bool:
    """Whether two figures, or parts of them, show the same within the tolerances."""
    old, new = plain(old), plain(new)
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(same_figure(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same_figure, old, new))
    if isinstance(old, str) and isinstance(new, str):
        return same_text(old, new)
    kinds = {type(old), type(new)}
    if kinds <= {int, float}:
        return math.isclose(old, new, rel_tol=float(RELATIVE), abs_tol=ABSOLUTE)
    return len(kinds) == 1 and bool(old == new)


def same_output(old: Any, new: Any) -> bool:
    """Whether two outputs say the same; the picture is the figure's and is not looked at."""
    if old.output_type != new.output_type:
        return False
    if old.output_type == "stream":
        return old.name == new.name and same_text(old.text, new.text)
    if old.output_type == "error":
        return bool(old == new)
    one, other = ({k: v for k, v in out.data.items() if k != PICTURE} for out in (old, new))
    return one.keys() == other.keys() and all(
        (same_figure if kind == FIGURE else same_text)(one[kind], other[kind]) for kind in one
    )


def compared(cell: Any) -> bool:
    """Whether a cell's outputs can be told stale on this machine."""
    return cell.cell_type == "code" and (unlicensed_here() or not tagged(cell, UNLICENSED))


def stale(old: Any, new: Any) -> list[str]:
    """The cells of a run whose outputs are not those kept, by id, with the first that differs."""
    found = []
    for kept, cell in zip(old.cells, new.cells, strict=True):
        if not compared(cell):
            continue
        pairs = list(zip(kept.outputs, cell.outputs, strict=False))
        if len(kept.outputs) != len(cell.outputs):
            found.append(f"{cell.id}: {len(kept.outputs)} outputs kept, {len(cell.outputs)} made")
        elif differ := [pair for pair in pairs if not same_output(*pair)]:
            found.append(f"{cell.id}: kept {told(differ[0][0])}\nmade {told(differ[0][1])}")
    return found


def told(output: Any) -> str:
    """An output in short."""
    text = output.get("text") or output.get("data", {}).get("text/plain")
    return str(text or output)[:1500]


def settled(old: Any, new: Any) -> Any:
    """A run as it is kept: what says the same stays; nothing that changes from run to run."""
    for kept, cell in zip(old.cells, new.cells, strict=True):
        if cell.cell_type != "code":
            continue
        if not compared(cell):
            cell.outputs = kept.outputs
            continue
        same = len(kept.outputs) == len(cell.outputs)
        for place, (before, out) in enumerate(zip(kept.outputs, cell.outputs, strict=False)):
            if same and same_output(before, out):
                before.pop("execution_count", None)
                cell.outputs[place] = before
        for out in cell.outputs:
            if out.output_type == "execute_result":
                out.execution_count = cell.execution_count
    new.metadata.clear()
    new.metadata.update(METADATA)
    return new


# ---- pictures ---------------------------------------------------------------------------------


def digest(figure: Any) -> str:
    """What a figure's picture is known by; a formatter of notebooks may write a float's last digit anew."""
    read = json.loads(json.dumps(figure), parse_float=lambda text: f"{float(text):.9g}")
    return hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest()[:16]


def figures(notebook: Any) -> Iterator[Any]:
    """The outputs that are figures."""
    for cell in notebook.cells:
        yield from (out for out in cell.get("outputs", []) if FIGURE in out.get("data", {}))


def undrawn(notebook: Any) -> list[Any]:
    """The figures without a picture, or with that of an earlier figure."""
    return [
        out
        for out in figures(notebook)
        if PICTURE not in out.data or out.metadata.get(DRAWN_FROM) != digest(out.data[FIGURE])
    ]


def settled_picture(svg: str, name: str) -> str:
    """A picture with the name in place of plotly's random one, a mark to a line."""
    random = re.search(r'id="defs-(\w+)"', svg)
    named = svg.replace(random[1], name[:8]) if random else svg
    return re.sub(r">(?=<(?:g|path|text|rect)\b)", ">\n", named) + "\n"


@contextmanager
def pen() -> Iterator[Callable[[Any], str]]:
    """What draws a figure as SVG: plotly's own script in a browser of this machine."""
    from playwright.sync_api import sync_playwright
    from plotly.offline import get_plotlyjs

    from lishui_credit.reports.pdf import browser

    with sync_playwright() as player:
        started = player.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        page = started.new_page()
        page.add_script_tag(content=get_plotlyjs())
        drawing = """figure => Plotly.toImage(figure, {format: "svg",
            width: figure.layout.width || 900, height: figure.layout.height || 450})"""
        yield lambda figure: unquote(page.evaluate(drawing, figure).partition(",")[2])
        started.close()


def draw(notebook: Any, drawn: Callable[[Any], str]) -> None:
    """Give every figure the picture it lacks."""
    for out in undrawn(notebook):
        name = digest(out.data[FIGURE])
        out.data[PICTURE] = settled_picture(drawn(out.data[FIGURE]), name)
        out.metadata[DRAWN_FROM] = name


def keep(path: Path, notebook: Any) -> None:
    """Write a notebook in place of the one kept, whole or not at all."""
    import nbformat

    draft = path.with_suffix(".part")
    nbformat.write(notebook, draft)
    draft.replace(path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="how the names start; all if none")
    names = parser.parse_args().names
    made = {}
    for path in paths():
        if names and not path.name.startswith(tuple(names)):
            continue
        began = time.perf_counter()
        before = stored(path)
        made[path] = settled(before, run(before))
        print(f"{path.name}  {time.perf_counter() - began:.0f} s", flush=True)
    if not unlicensed_here():
        print(
            "Data without a licence are not here: outputs of the cells on them stay as they were."
        )
    if any(map(undrawn, made.values())):
        with pen() as drawn:
            for notebook in made.values():
                draw(notebook, drawn)
    for path, notebook in made.items():
        keep(path, notebook)
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())

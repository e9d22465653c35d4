"""A page printed to PDF by a Chromium that is on the machine; nothing is fetched, nothing installed.

Chromium counts no pages in a table of contents, so a page that has one is printed twice: the first
print says on which page each of its anchors lies.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.tables import containers
from lishui_credit.tables.write import replacing, room_told

BROWSERS: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
"""Names a Chromium goes by, in the order they are looked for on the path."""
PATIENCE: Final = 120
"""Seconds a print may take."""
ROOM: Final = 16 * 2**20
"""Bytes free below which a print that failed is taken for a full disk; a report takes a few million."""
_PLACE: Final = '<span class="at" data-at="{}"></span>'


def place(anchor: str) -> str:
    """Return where a contents line has its page number, in print."""
    return _PLACE.format(anchor)


def page_numbers(data: bytes) -> dict[str, int]:
    """Return the page, from 1, of every anchor that a PDF of Chromium is linked to by name."""
    bodies = re.findall(rb"(?m)^(\d+) 0 obj\n(.*?)endobj", data, re.DOTALL)
    objects = {int(number): body for number, body in bodies}
    catalog = next((body for body in objects.values() if b"/Type /Catalog" in body), b"")
    named, root = (re.search(key + rb" (\d+) 0 R", catalog) for key in (b"/Dests", b"/Pages"))
    if named is None or root is None:
        return {}
    pages: list[int] = []

    def walk(number: int) -> None:
        kids = re.search(rb"/Kids \[([^\]]*)\]", objects[number])
        if kids is None:
            pages.append(number)
            return
        for kid in re.findall(rb"(\d+) 0 R", kids[1]):
            walk(int(kid))

    walk(int(root[1]))
    order = {number: count for count, number in enumerate(pages, start=1)}
    targets = re.findall(rb"/(\S+) \[(\d+) 0 R", objects[int(named[1])])
    return {name.decode(): order[int(page)] for name, page in targets if int(page) in order}


def _numbered(html: str, data: bytes) -> str:
    """Return a page with the numbers of a print of it in its contents."""
    for anchor, number in page_numbers(data).items():
        line = place(anchor)
        html = html.replace(line, line.replace("></", f">{number}</"))
    return html


def browser() -> str:
    """Return the path of a Chromium, or refuse: the HTML can then be printed from any browser."""
    for name in BROWSERS:
        found = shutil.which(name)
        if found:
            return found
    raise SubjectError(
        tr("no Chromium to print the PDF with", "没有可用于生成 PDF 的 Chromium"),
        ", ".join(BROWSERS),
        tr(
            "install chromium and fonts-noto-cjk, or write .html and print it from a browser",
            "请安装 chromium 和 fonts-noto-cjk,或输出 .html 后用浏览器打印",
        ),
    )


def print_pdf(html: str, path: Path | str, *, program: str | None = None) -> Path:
    """Print a self-contained page to a PDF file, which is replaced only when the new one is complete."""
    program = program or browser()
    path = Path(path)
    with (
        room_told(Path(tempfile.gettempdir())),
        tempfile.TemporaryDirectory(prefix="report", ignore_cleanup_errors=True) as folder,
    ):
        made = _printed(program, Path(folder), html, path.name)
        if _PLACE.split("{}")[0] in html:
            made = _printed(program, Path(folder), _numbered(html, made.read_bytes()), path.name)
        with replacing(path) as draft:
            shutil.copyfile(made, draft)
    return path


def _printed(program: str, folder: Path, html: str, name: str) -> Path:
    """Print a page in a folder, or refuse; a full disk is told as such, for Chromium does not."""
    page, made = folder / "report.html", folder / "report.pdf"
    made.unlink(missing_ok=True)
    page.write_text(html, encoding="utf-8")
    said = _run(program, page, made)
    if made.is_file() and made.read_bytes().rstrip().endswith(b"%%EOF"):
        return made
    if shutil.disk_usage(folder).free < ROOM:
        raise containers.full(folder.parent)
    raise SubjectError(
        tr("Chromium printed no PDF", "Chromium 未能生成 PDF"),
        said,
        tr("write .html and print it from a browser", "请输出 .html 后用浏览器打印"),
        where=name,
    )


def _run(program: str, page: Path, made: Path) -> str:
    """Print, and return the last line the program said if it failed."""
    words = [
        program,
        "--headless",
        "--disable-gpu",
        "--disable-extensions",
        "--disable-background-networking",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--no-first-run",
        "--no-pdf-header-footer",
        "--generate-pdf-document-outline",
        f"--user-data-dir={page.parent / 'profile'}",
        f"--print-to-pdf={made}",
        page.as_uri(),
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.insert(1, "--no-sandbox")  # Chromium refuses to start as root with one
    told = page.with_suffix(".log")
    try:
        with told.open(
            "wb"
        ) as log:  # a file, not a pipe: a child that stays would hold the pipe open
            subprocess.run(words, stdout=log, stderr=log, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return tr(f"nothing after {PATIENCE} s", f"{PATIENCE} 秒内没有结果")
    except OSError as error:
        return str(error)
    lines = told.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return (lines[-1] if lines else "")[:200]

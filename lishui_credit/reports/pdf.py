"""A page printed to PDF by a Chromium that is on the machine; nothing is fetched, nothing installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.tables.write import replacing

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
    with tempfile.TemporaryDirectory(prefix="report", ignore_cleanup_errors=True) as folder:
        page, made = Path(folder) / "report.html", Path(folder) / "report.pdf"
        page.write_text(html, encoding="utf-8")
        said = _run(program, page, made)
        if not made.is_file() or not made.read_bytes().startswith(b"%PDF-"):
            raise SubjectError(
                tr("Chromium printed no PDF", "Chromium 未能生成 PDF"),
                said,
                tr("write .html and print it from a browser", "请输出 .html 后用浏览器打印"),
                where=path.name,
            )
        with replacing(path) as draft:
            shutil.copyfile(made, draft)
    return path


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

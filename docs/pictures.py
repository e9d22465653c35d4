"""Takes the pictures of the dashboard that README and documentation show; `make pictures` runs it.

The pages stand on the synthetic board and say so. It needs chromium and a Chinese font
(`make browser`) and writes docs/images/overview.en.png and overview.zh.png.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "images"
LARGEST = 300_000  # bytes; a reader on a slow line waits for the README
WINDOW = {"width": 1440, "height": 900}


def main() -> int:
    sys.path.insert(0, str(ROOT))
    from playwright.sync_api import sync_playwright

    from lishui_credit.board import build_board
    from tests.dashboard import BROWSER, has_chinese_font, serve
    from tests.test_dashboard_browser import QUIET

    if BROWSER is None or not has_chinese_font():
        print("No chromium or no Chinese font here; `make browser` installs both.", file=sys.stderr)
        return 2
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as player:
        folder = Path(name)
        build_board(folder / "board")
        browser = player.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        with serve(folder / "board", folder) as server:
            for language in ("en", "zh"):
                page = browser.new_page(viewport=WINDOW)
                page.goto(server.address("overview", lang=language))
                page.wait_for_function(QUIET, timeout=60_000)
                page.wait_for_timeout(1_000)  # the charts' last movement
                picture = OUT / f"overview.{language}.png"
                page.screenshot(path=picture)
                page.close()
                size = picture.stat().st_size
                print(f"{picture.relative_to(ROOT)}  {size:,} bytes")
                if size > LARGEST:
                    print(f"more than {LARGEST:,} bytes", file=sys.stderr)
                    return 1
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

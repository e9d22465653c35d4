"""What the dashboard costs: cold start, a rerun after a filter, memory, twenty sessions at once.

Observations are synthetic and seeded: ten years x ten areas x twelve indicators x every month, in a
DuckDB file. Sessions are opened by a client that speaks Streamlit's own protocol over the loopback
WebSocket, so that the figures are the server's and not a browser's. Where there is a chromium, what a
person waits for comes first: the first paint of every page, and when its headline stands. Everything
runs on one machine: client, browser and server share its cores.

    python benchmarks/dashboard.py                 chromium, then the server
    python benchmarks/dashboard.py --no-browser    the server
    python benchmarks/dashboard.py --only-browser --times 5
    python benchmarks/dashboard.py --sessions 50
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

PAGES = ("overview", "indicator", "counties", "grades", "models", "lending", "data")


def observations(years: range = range(2011, 2021)) -> pl.DataFrame:
    """Every indicator of every area at the end of every month, all of it made up."""
    from lishui_credit.plan import areas, indicators
    from lishui_credit.plan.observed.table import observations as conformed

    rng = np.random.default_rng(0)
    ends = [
        date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        for year in years
        for month in range(1, 13)
    ]
    keys, codes = list(indicators()), [area.adcode for area in areas()]
    frame = pl.DataFrame({"indicator": keys}).join(pl.DataFrame({"adcode": codes}), how="cross")
    frame = frame.join(pl.DataFrame({"period": ends}), how="cross")
    rise = np.tile(np.linspace(0.2, 0.9, len(ends)), len(keys) * len(codes))
    share = np.clip(rise + rng.normal(0, 0.01, frame.height), 0.01, 1)
    of, unit = (
        40_000,
        pl.col("indicator").replace_strict({key: row.unit for key, row in indicators().items()}),
    )
    return conformed(
        frame.with_columns(
            pl.Series("numerator", np.round(share * of).astype(np.int64)),
            pl.when(unit == "percent").then(pl.lit(of)).alias("denominator"),
            pl.lit("month").alias("frequency"),
            pl.lit("合成数据").alias("source"),
            pl.lit(True).alias("synthetic"),
        )
    )


def laid_out(folder: Path) -> Path:
    """The synthetic board with these observations in the place of its own."""
    from lishui_credit.board import build_board
    from lishui_credit.plan import Store

    board = build_board(folder / "board")
    store = board / "observations.duckdb"
    store.unlink()
    frame = observations()
    Store.open(store).add(
        frame, by="benchmark", reason="synthetic", now=datetime(2021, 1, 15, tzinfo=UTC)
    )
    print(f"{frame.height:,} observations, {store.stat().st_size / 1e6:.1f} MB on disk")
    return board


def memory(pid: int) -> float:
    """VmRSS of a process, in MB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(row.split()[1]) for row in status.splitlines() if row[:5] == "VmRSS") / 1024


def spent(pid: int) -> float:
    """Processor seconds of a process so far (Linux): what a busy machine does not distort."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def spread(seconds: Iterable[float]) -> str:
    """Median, 95th percentile and worst, in milliseconds."""
    ordered = sorted(seconds)
    late = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return (
        f"median {1e3 * statistics.median(ordered):6.0f} ms   95 % {1e3 * late:6.0f} ms"
        f"   worst {1e3 * ordered[-1]:6.0f} ms   ({len(ordered)} runs)"
    )


class Session:
    """One open page, as the server sees it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.query = "lang=zh"
        self.page = ""
        self.pages: dict[str, str] = {}
        self.widgets: dict[str, Any] = {}
        self.charts = 0
        self.failures: list[str] = []

    async def __aenter__(self) -> Session:
        import websockets

        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        self.socket = await websockets.connect(
            address, subprotocols=["streamlit"], max_size=None, origin=self.url
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()

    async def run(self, **chosen: str) -> float:
        """Run the page once, with choices by the keys of their fields; the seconds it took."""
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_script_hash = self.page
        for key, value in chosen.items():
            state = message.rerun_script.widget_states.widgets.add()
            state.id, state.string_value = self.widgets[key].id, value
        began = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        await self._finished()
        return time.perf_counter() - began

    async def _finished(self) -> None:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        self.charts = 0
        while True:
            message = ForwardMsg()
            message.ParseFromString(await self.socket.recv())
            kind = message.WhichOneof("type")
            if kind == "script_finished":
                return
            if kind == "navigation":
                self.pages = {
                    p.url_pathname: p.page_script_hash for p in message.navigation.app_pages
                }
            if kind != "delta" or message.delta.WhichOneof("type") != "new_element":
                continue
            element = message.delta.new_element
            name = element.WhichOneof("type")
            self.charts += name == "plotly_chart"
            if name == "exception":
                self.failures.append(element.exception.message)
            held = getattr(element, name)
            if name == "selectbox":
                self.widgets[held.id.rpartition("-")[2]] = held


async def reruns(
    url: str, page: str, times: int, pid: int
) -> tuple[float, float, dict[str, tuple[list[float], float]], int]:
    """First run in a new session, the same again, then each list of the page turned in its turn."""
    async with Session(url) as session:
        await session.run()
        session.page = "" if page == "overview" else session.pages[page]
        session.widgets.clear()
        first = await session.run()
        again = await session.run()
        turned = {}
        for key, field in dict(session.widgets).items():
            if len(field.options) > 1:
                before = spent(pid)
                options = itertools.islice(itertools.cycle(field.options), times)
                seconds = [await session.run(**{key: option}) for option in options]
                turned[key] = seconds, (spent(pid) - before) / times
        if session.failures:
            raise SystemExit(f"{page}: {session.failures}")
        return first, again, turned, session.charts


async def crowd(url: str, sessions: int, clicks: int, pause: float) -> tuple[list[float], ...]:
    """Many sessions that open the overview at once, then each turn its filter now and then."""
    rng = np.random.default_rng(1)
    opened: list[float] = []
    turned: list[float] = []

    async def person(waits: Any) -> None:
        async with Session(url) as session:
            opened.append(await session.run())
            key = next(k for k in session.widgets if k.startswith("choose_area"))
            options = session.widgets[key].options
            for click, wait in enumerate(waits):
                await asyncio.sleep(wait)
                turned.append(await session.run(**{key: options[(click + 1) % len(options)]}))
            if session.failures:
                raise SystemExit(str(session.failures))

    await asyncio.gather(*(person(rng.uniform(0, 2 * pause, clicks)) for _ in range(sessions)))
    return opened, turned


async def held(url: str, pid: int, sessions: int) -> tuple[float, float]:
    """Memory of the server before and while so many sessions stay open, in MB."""
    async with Session(url) as first:
        await first.run()
    before = memory(pid)
    open_ = [Session(url) for _ in range(sessions)]
    for session in open_:
        await session.__aenter__()
        await session.run()
    during = memory(pid)
    for session in open_:
        await session.__aexit__()
    return before, during


PAINTED = """() => {
  const first = performance.getEntriesByName('first-contentful-paint')[0];
  return first ? first.startTime : null;
}"""


def stands(page: Any, address: str) -> tuple[float, float]:
    """Milliseconds until a page paints anything, and until its headline row stands on the screen."""
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("h1", state="visible", timeout=120_000)
    stood = 1e3 * (time.perf_counter() - began)
    page.wait_for_function(PAINTED, timeout=120_000)
    return float(page.evaluate(PAINTED)), stood


def painted(url: str, path: str, times: int) -> dict[str, list[tuple[float, float]]]:
    """Every page at a desk, by an empty cache first and then again: first paint, and headline.

    The first of all is the server's first visitor too. Streamlit paints a frame before it has run
    the page, so that the first paint alone says nothing of the page.
    """
    from playwright.sync_api import sync_playwright

    found = {}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path)
        for name in PAGES:
            address = f"{url}/{'' if name == 'overview' else name}?lang=zh"
            # a context of its own has a cache of its own
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            page = context.new_page()
            found[name] = [stands(page, address) for _ in range(1 + times)]
            context.close()
        browser.close()
    return found


def print_painted(found: dict[str, list[tuple[float, float]]]) -> None:
    """A line a page: cold, then the median of warm ones."""
    print("in chromium, 1440 x 900: first contentful paint / headline stands, ms")
    for name, (cold, *warm) in found.items():
        paint, stood = (statistics.median(column) for column in zip(*warm, strict=True))
        print(
            f"{name:<10} cold {cold[0]:6.0f} / {cold[1]:6.0f}"
            f"   warm {paint:6.0f} / {stood:6.0f}   ({len(warm)} runs)"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--times", type=int, default=20, help="filters turned on each page")
    parser.add_argument("--no-browser", action="store_true", help="leave out what chromium paints")
    parser.add_argument("--only-browser", action="store_true", help="nothing but that")
    options = parser.parse_args()
    from tests.dashboard import BROWSER, serve

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        board = laid_out(folder)
        if BROWSER and not options.no_browser:
            began = time.perf_counter()
            with serve(board, folder / "cold") as server:
                healthy = time.perf_counter() - began
                load = os.getloadavg()[0]
                found = painted(server.url, BROWSER, options.times)
            print(f"cold start: server answers {healthy:.1f} s; load of the machine {load:.1f}")
            print_painted(found)
        if options.only_browser:
            return
        began = time.perf_counter()
        with serve(board, folder / "warm") as server:
            healthy = time.perf_counter() - began
            pid = server.process.pid
            print(f"server answers after {healthy:.1f} s; {memory(pid):.0f} MB before any page")
            before, during = asyncio.run(held(server.url, pid, options.sessions))
            print(
                f"memory: {before:.0f} MB with one session, {during:.0f} MB with {options.sessions} "
                f"sessions open: {(during - before) / options.sessions:.2f} MB a session"
            )
            for page in PAGES:
                first, again, turned, charts = asyncio.run(
                    reruns(server.url, page, options.times, pid)
                )
                print(
                    f"{page:<10}{charts:>3} charts   first {1e3 * first:6.0f} ms"
                    f"   same again {1e3 * again:5.0f} ms"
                )
                for key, (seconds, processor) in turned.items():
                    print(
                        f"    {key.removeprefix('choose_'):<16}{spread(seconds)}"
                        f"   processor {1e3 * processor:5.0f} ms a run"
                    )
            for pause in (0.0, 5.0):
                before = spent(pid)
                began = time.perf_counter()
                opened, turned = asyncio.run(crowd(server.url, options.sessions, 5, pause))
                busy = (spent(pid) - before) / (time.perf_counter() - began)
                print(
                    f"{options.sessions} sessions, a click every {pause:.0f} s each"
                    f" ({busy:.2f} of one core)"
                )
                print(f"  opening  {spread(opened)}")
                print(f"  filter   {spread(turned)}")
            print(f"memory afterwards {memory(pid):.0f} MB")


if __name__ == "__main__":
    main()

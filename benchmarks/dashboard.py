"""What the dashboard costs: cold start, a rerun after a filter, memory, twenty sessions at once.

Observations are synthetic and seeded: ten years x ten areas x twelve indicators x every month, in a
DuckDB file. Sessions are opened by a client that speaks Streamlit's own protocol over the loopback
WebSocket, so that the figures are the server's and not a browser's; `--browser` adds what a person
waits for in chromium. Everything runs on one machine: client and server share its cores.

    python benchmarks/dashboard.py                 the server
    python benchmarks/dashboard.py --browser       and chromium, cold start to first chart
    python benchmarks/dashboard.py --sessions 50
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

PAGES = ("overview", "indicator", "counties", "grades", "models", "lending", "data")


def memory(pid: int) -> float:
    """VmRSS of a process, in MB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(row.split()[1]) for row in status.splitlines() if row[:5] == "VmRSS") / 1024


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

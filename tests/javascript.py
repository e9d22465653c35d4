"""Runs printed JavaScript in Node, or in the browser of the dashboard tests where Node is absent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lishui_credit.backends import node

NODE = node.program()


def run(function: str, given: Any) -> Any:
    """What a JavaScript function makes of a value; both pass as JSON, see `node.passed`."""
    if NODE is not None:
        return node.run(function, given)
    pytest.importorskip("playwright.sync_api")
    from tests.dashboard import BROWSER, started_browser

    if BROWSER is None:
        pytest.skip("neither Node nor a browser is here; `make browser` says how to get one")
    with started_browser() as browser:
        page = browser.new_page()
        body = f"{node.READ}const given = changed(revived, JSON.parse(text));"
        body += f"return JSON.stringify(changed(shown, ({function})(given)));"
        found = page.evaluate(f"(text) => {{ {body} }}", json.dumps(given))
    return json.loads(found)

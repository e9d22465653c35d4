"""A login tried whole: a browser, the dashboard, and an OpenID Connect provider with an account and a
password. The provider is django-oauth-toolkit, on this machine; nothing of the login is stood in for.
"""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import pytest

pytest.importorskip("streamlit")
pytest.importorskip("duckdb")
pytest.importorskip("playwright")
pytest.importorskip("authlib", reason="Streamlit's login needs Authlib: streamlit[auth]")
pytest.importorskip("oauth2_provider", reason="no provider here: django-oauth-toolkit")

from tests.dashboard import ROOT, built, free_port, needs_browser, serve
from tests.openid_provider import CLIENT, EMAIL, PASSWORD

pytestmark = [needs_browser, pytest.mark.xdist_group("dashboard browser")]


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A provider that knows the dashboard on a port that is still free: its address, and the port."""
    folder, port, ours = tmp_path_factory.mktemp("provider"), free_port(), free_port()
    back = f"http://127.0.0.1:{ours}/oauth2callback"
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.openid_provider", folder, str(port), back],
        cwd=ROOT, stdout=log, stderr=log,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}/o/.well-known/openid-configuration"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(address, timeout=2).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "log").read_text("utf-8")
                time.sleep(0.1)
        yield address, ours
    finally:
        process.terminate()
        process.wait(10)
        log.close()


@pytest.fixture(params=["this account", "another account"])
def opened(
    request: pytest.FixtureRequest,
    provider: tuple[str, int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, str]]:
    """The dashboard behind that provider, and whom it admits."""
    folder = tmp_path_factory.mktemp("openid")
    address, port = provider
    admitted = EMAIL if request.param == "this account" else "other@lishui.example"
    secrets = folder / "secrets.toml"
    secrets.write_text(
        f'[auth]\nredirect_uri = "http://127.0.0.1:{port}/oauth2callback"\n'
        f'cookie_secret = "of a test, and long enough for one"\n'
        f'client_id = "{CLIENT}"\nclient_secret = "{PASSWORD}"\n'
        f'server_metadata_url = "{address}"\n[access]\nemails = ["{admitted}"]\n',
        encoding="utf-8",
    )
    with serve(
        built(tmp_path_factory), folder / "server", f"--secrets.files={secrets}", port=port
    ) as server:
        yield server.url, request.param


def test_a_person_logs_in_at_the_provider_sees_the_data_and_logs_out(browser, opened):
    url, who = opened
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    try:
        page.goto(f"{url}/?lang=en")
        page.get_by_role("heading", name="Sign in").wait_for()
        assert "Synthetic" not in page.inner_text("body")
        assert page.locator("table, .chip").count() == 0
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Username").fill("li.na")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Log in").click()
        page.get_by_text("Please enter a correct username and password").wait_for()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.locator("input[name=allow]").click()
        page.wait_for_url(f"{url}/**")
        if who == "another account":
            page.get_by_text("无权访问").wait_for()
            assert page.locator(".chip, table").count() == 0
        else:
            page.locator("table.lc-o").wait_for()
            page.reload()
            page.locator("table.lc-o").wait_for()
        page.get_by_role("button", name="退出登录").click()
        page.get_by_role("heading", name="请先登录").wait_for()
        page.goto(f"{url}/?lang=en")
        page.get_by_role("heading", name="Sign in").wait_for()
        assert page.locator("table, .chip").count() == 0
    finally:
        context.close()

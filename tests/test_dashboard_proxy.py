"""The dashboard behind the nginx file of docs/deploy.md, as it stands there: it works, whole, and
says to every browser what it may do with a page.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("streamlit")
pytest.importorskip("duckdb")
pytest.importorskip("playwright")

import streamlit

from lishui_credit.reports.html import ASKS, PRINTS, SPEAKS
from tests.dashboard import (
    ROOT,
    Server,
    built,
    free_port,
    needs_browser,
    serve,
    started_browser,
)
from tests.test_dashboard_browser import MENU, Visit

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
OPENSSL = shutil.which("openssl")
needs_nginx = pytest.mark.skipif(
    not (NGINX and OPENSSL), reason="no nginx or no openssl on this machine (Debian: nginx-light)"
)
pytestmark = pytest.mark.xdist_group("dashboard browser")
NAME = "credit.example.gov.cn"


DOCS = {name: (ROOT / "docs" / name).read_text("utf-8") for name in ("deploy.md", "zh/deploy.md")}


def sample(page: str) -> str:
    """The nginx file that a page of the documentation prints."""
    return re.findall(r"```nginx\n(.*?)```", DOCS[page], re.S)[0]


def settings(text: str) -> list[str]:
    """The lines of a configuration without its remarks."""
    return [line for raw in text.splitlines() if (line := re.sub(r"\s+#.*", "", raw).strip())]


def test_both_languages_print_one_file():
    assert settings(sample("deploy.md")) == settings(sample("zh/deploy.md"))


def test_the_policy_names_the_scripts_of_a_page_and_no_other():
    index = Path(streamlit.__file__).parent / "static" / "index.html"
    own = re.findall(r"<script>(.*?)</script>", index.read_text("utf-8"), re.S)
    named = re.findall(r"'sha256-([^']+)'", sample("deploy.md"))
    assert named == [
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for script in (*own, PRINTS, SPEAKS, ASKS)
    ]


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboard and nginx before it; the address is that of nginx."""
    folder, port = tmp_path_factory.mktemp("proxy"), free_port()
    key, certificate = folder / "credit.key", folder / "credit.pem"
    made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={NAME}"]
    subprocess.run(
        [OPENSSL, "req", *made, "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    shell = re.findall(r"streamlit run dashboards/app.py (--.*?)```", DOCS["deploy.md"], re.S)[0]
    options = shell.replace("\\\n", " ").split()
    with serve(built(tmp_path_factory), folder / "server", *options) as server:
        inside = (
            sample("deploy.md")
            .replace("/etc/ssl/credit", str(folder / "credit"))
            .replace("listen 443", f"listen 127.0.0.1:{port}")
            .replace("http://127.0.0.1:8501", server.url)
        )
        places = "".join(
            f"{kind}_temp_path {folder};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;"
            f"events {{}} http {{ access_log off; {places}\n{inside}\n}}"
        )
        process = subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf"])
        try:
            _wait(port, process, folder)
            yield Server(f"https://{NAME}:{port}", process, server.log, server.outside)
        finally:
            process.terminate()
            process.wait(10)


def _wait(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(100):
        if process.poll() is not None:
            break
        try:
            asked(f"https://127.0.0.1:{port}/", NAME)
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail((folder / "error.log").read_text("utf-8"))


def asked(url: str, name: str) -> tuple[int, dict[str, str]]:
    """What a server answers to whoever asks for it by a name: the code and the headers."""
    host, port = url.split("/")[2].split(":")
    trusting = ssl._create_unverified_context()
    with (
        socket.create_connection((host, int(port)), timeout=10) as bare,
        trusting.wrap_socket(bare, server_hostname=name) as safe,
    ):
        line = http.client.HTTPConnection(host)
        line.sock = safe
        line.request("GET", "/" + url.split("/", 3)[3], headers={"Host": name})
        answer = line.getresponse()
        answer.read()
        return answer.status, {key.lower(): value for key, value in answer.getheaders()}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with started_browser(
        f"--host-resolver-rules=MAP {NAME} 127.0.0.1", "--ignore-certificate-errors"
    ) as started:
        yield started


@needs_nginx
@needs_browser
def test_every_page_works_behind_it_and_the_browser_complains_of_nothing(proxied, browser):
    with Visit(browser, proxied, 1280) as visit:
        visit.open("overview", lang="zh")
        for page, title in MENU.items():
            if page != "overview":
                visit.turn(title)
            assert visit.page.locator("h1").count() == 1
            assert visit.complaints == [], page
            assert visit.page.evaluate("document.documentElement.lang") == "zh-CN"
        visit.press("语言", "English")
        visit.page.evaluate("window.print = () => { window.printed = true; }")
        visit.page.get_by_role("button", name="Print").click()
        assert visit.page.evaluate("window.printed")
        visit.upload("returns.csv", "指标,地区,期末\n黑名单覆盖率,丽水市,2018-12-31\n".encode())
        visit.page.get_by_text("Rows taken").or_(
            visit.page.get_by_test_id("stAlertContentError")
        ).first.wait_for()
        visit.open("counties", lang="zh")
        with visit.page.expect_download():
            chart = visit.page.get_by_test_id("stPlotlyChart").first
            chart.hover()
            chart.locator(".modebar-btn").first.click()
        visit.check_quiet()
    assert not proxied.outside.exists(), proxied.outside.read_text("utf-8")


@needs_nginx
def test_a_page_says_what_a_browser_may_do_with_it_and_keeps_its_inside(proxied):
    url = proxied.url.replace(NAME, "127.0.0.1")
    code, told = asked(f"{url}/", NAME)
    assert code == 200
    assert told["x-frame-options"] == "DENY"
    assert told["x-content-type-options"] == "nosniff"
    assert told["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in told["content-security-policy"]
    assert "unsafe-eval" not in told["content-security-policy"]
    assert re.fullmatch(r"nginx", told["server"])
    for inside in ("metrics", "metrics/", "metrics?families=x", "script-health-check", "agent/mcp"):
        assert asked(f"{url}/_stcore/{inside}", NAME)[0] == 404, inside
    assert asked(f"{url}//_stcore/./metrics", NAME)[0] == 404
    assert asked(f"{url}/_stcore/health", NAME)[0] == 200
    with pytest.raises(ssl.SSLError):
        asked(f"{url}/", "evil.example")

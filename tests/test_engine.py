"""How polars is set up: our own process only, and never against its owner."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lishui_credit.commands import cli, engine


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in engine.SETTINGS:
        monkeypatch.setenv(name, "to be restored")  # by monkeypatch, whatever a test leaves
        monkeypatch.delenv(name)


def test_the_command_line_sets_polars_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLARS_ROW_GROUP_PREFETCH_SIZE", "7")
    assert cli.main(["rubrics", "--json"]) == 0
    found = {name: os.environ[name] for name in engine.SETTINGS}
    assert found == {**engine.SETTINGS, "POLARS_ROW_GROUP_PREFETCH_SIZE": "7"}


def test_importing_the_package_sets_nothing() -> None:
    code = (
        "import os, lishui_credit.rubrics.grade_files, lishui_credit.commands.engine as engine; "
        "print([name for name in engine.SETTINGS if name in os.environ])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

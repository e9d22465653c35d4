"""Ctrl-C ends a run with 130 and one line, wherever it strikes, and leaves no draft behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lishui_credit.commands.interruption import guarded
from lishui_credit.language import set_language

EARLIER = Path(__file__).parent / "oracles" / "written_57c994c"
LINE = "lishui-credit: interrupted; files that were not complete were not written"

# Strikes twice, as an impatient hand does, where a function is called.
STRIKES = """
import builtins, importlib, os, signal, sys, time
def struck(of, name):
    true = getattr(of, name)
    def striking(*words, **named):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)
        return true(*words, **named)
    setattr(of, name, striking)
"""
PLACES = {
    "imports": """
class Strikes:
    def find_spec(self, name, path=None, target=None):
        if name == "polars":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Strikes())
""",
    "imports that wrap what they catch": """
class Strikes:
    def find_spec(self, name, path=None, target=None):
        if name == "pydantic":
            try:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(1)
            except BaseException as error:
                raise ImportError("damaged") from error
sys.meta_path.insert(0, Strikes())
""",
    "the pool of threads": """
from lishui_credit import proof
struck(proof, "hashes")
""",
    "writing": """
from lishui_credit.rubrics import grade_files
struck(grade_files, "_counted")
""",
    "the two files": "struck(os, 'replace')",
}


@pytest.mark.skipif(os.name == "nt", reason="a process there is interrupted by its console")
@pytest.mark.parametrize("place", PLACES)
def test_an_interrupt_ends_in_one_line_and_leaves_nothing(tmp_path: Path, place: str):
    shutil.copy(EARLIER / "firms.csv", tmp_path / "firms.csv")
    output = tmp_path / "out" / "graded.csv"
    words = ["grade", "small-enterprise", tmp_path / "firms.csv", "--on", "2016-06-30"]
    code = f"{STRIKES}{PLACES[place]}\nfrom lishui_credit.__main__ import main\nsys.exit(main())"
    ran = subprocess.run(
        [sys.executable, "-c", code, *map(str, words), "-o", str(output), "--lang", "en"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert ran.returncode == 130, ran.stderr
    said = [line for line in ran.stderr.splitlines() if not line.startswith("…")]
    assert said == [LINE]
    assert not output.parent.exists() or list(output.parent.iterdir()) == []


def test_a_run_inside_another_process_gives_the_interrupt_back(capsys: pytest.CaptureFixture[str]):
    before = signal.getsignal(signal.SIGINT)

    def struck() -> int:
        signal.raise_signal(signal.SIGINT)
        return 0

    set_language("zh")
    assert guarded(struck) == 130
    set_language(None)
    assert capsys.readouterr().err == "lishui-credit：已中断，未完成的文件没有写出\n"
    assert signal.getsignal(signal.SIGINT) is before
    assert guarded(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        guarded(lambda: 1 // 0)

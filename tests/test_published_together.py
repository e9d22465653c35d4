"""An output and its manifest: both new, both old, or refused; drafts, links and full disks."""

from __future__ import annotations

import errno
import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import lishui_credit as lc
from lishui_credit import proof
from lishui_credit.commands.cli import main
from lishui_credit.errors import CreditError, ModelError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.models import score_file
from lishui_credit.policies import decision_files
from lishui_credit.policies.explanations import explain
from lishui_credit.policies.policy_file import parse
from lishui_credit.policies.score_files import read_scores
from lishui_credit.rubrics import stored_grades
from lishui_credit.scorecards import seal_again
from lishui_credit.tables import write

EARLIER = Path(__file__).parent / "oracles" / "written_57c994c"
DAY = "2016-06-30"
KINDS = ["csv", "parquet", "xlsx"]
Run = Callable[..., tuple[int, str, str]]

# Runs command lines that die, as by kill -9, before or after the n-th file takes its place: each in a
# copy of this process, which has loaded what they need and computed nothing.
KILLED = """
import json, os, sys
from lishui_credit.commands.cli import main
from lishui_credit.rubrics import grade_files
def run(step, after, words):
    replace, seen = os.replace, 0
    def dying(old, new):
        nonlocal seen
        seen += 1
        if seen == step and after == "before":
            os._exit(9)
        replace(old, new)
        if seen == step:
            os._exit(9)
    os.replace = dying
    return main(words)
for line in sys.stdin:
    if (copy := os.fork()) == 0:
        os._exit(run(*json.loads(line)))
    print(os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def killed() -> Iterator[Callable[[int, str, list[object]], int]]:
    """Runs a command line that dies at a step, and returns its exit code."""
    with subprocess.Popen(
        [sys.executable, "-c", KILLED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as job:
        assert job.stdin is not None
        assert job.stdout is not None
        into, out = job.stdin, job.stdout

        def call(step: int, after: str, words: list[object]) -> int:
            print(json.dumps([step, after, [*map(str, words)]]), file=into, flush=True)
            return int(out.readline())

        yield call


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Inputs of an earlier run, in a folder that may be written to."""
    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("firms.csv", "policy.toml", "scores.parquet", "applicants.csv", "scorecard.json"):
        shutil.copy(EARLIER / name, folder / name)
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        return (code, *capsys.readouterr())

    return call


def graded(folder: Path, output: Path, rows: int = 12) -> None:
    firms = pl.read_csv(EARLIER / "firms.csv", infer_schema=False).head(rows)
    firms.write_csv(folder / "firms.csv")
    rubric = lc.rubric("small-enterprise", on=DAY)
    lc.grade(rubric, folder / "firms.csv", output, as_of=date.fromisoformat(DAY))


def drafts(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.startswith(".lishui-draft-")]


# ---- together or not at all ---------------------------------------------------------------------


@pytest.mark.parametrize(("step", "after"), [(1, "before"), (1, "after"), (2, "after")])
@pytest.mark.parametrize(("kind", "first"), [("csv", True), ("csv", False), ("parquet", False)])
def test_a_killed_run_leaves_the_old_pair_the_new_pair_or_a_refusal(
    files: Path,
    kind: str,
    step: int,
    after: str,
    first: bool,
    killed: Callable[[int, str, list[object]], int],
    monkeypatch: pytest.MonkeyPatch,
):
    output = files / f"graded.{kind}"
    if not first:
        graded(files, output, rows=5)
        shutil.copy(EARLIER / "firms.csv", files / "firms.csv")
    words = ["grade", "small-enterprise", files / "firms.csv", "--on", DAY, "-o", output]
    assert killed(step, after, words) == 9
    try:
        stored = stored_grades.read(output)
    except ModelError:
        assert (step, after) == (1, "after") or first
    else:
        rows = stored.frame.collect().height
        assert rows == sum(stored.manifest.facts.grades.values())
        assert rows == (12 if (step, after) == (2, "after") else 5)
    monkeypatch.setattr(write, "_BORN", time.time() + 60)  # as a run that begins now
    graded(files, output, rows=7)
    assert stored_grades.read(output).frame.collect().height == 7
    assert drafts(files) == []
    assert lc.verify(output).holds


def test_a_failure_between_the_two_puts_the_old_manifest_back(
    files: Path, monkeypatch: pytest.MonkeyPatch
):
    output, fresh = files / "graded.csv", files / "fresh.csv"
    graded(files, output, rows=5)
    before = output.read_bytes(), proof.manifest_path(output).read_bytes()
    replace = os.replace

    def failing(old: Path, new: Path) -> None:
        if Path(new) in (output, fresh):
            raise PermissionError(errno.EACCES, "held by another program", str(new))
        replace(old, new)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(SubjectError, match="access to the file is denied"):
        graded(files, output)
    with pytest.raises(SubjectError, match="access"):
        graded(files, fresh)
    assert (output.read_bytes(), proof.manifest_path(output).read_bytes()) == before
    assert not fresh.exists()
    assert not proof.manifest_path(fresh).exists()
    assert drafts(files) == []


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_no_reader_takes_rows_with_the_manifest_of_others(run: Run, files: Path, kind: str):
    output, other = files / f"a.{kind}", files / f"b.{kind}"
    graded(files, output, rows=5)
    graded(files, other)
    shutil.copy(proof.manifest_path(output), proof.manifest_path(other))
    what = "not written together"
    with pytest.raises(ModelError, match=what):
        stored_grades.read(other)
    code, _, err = run("explain", other, "913311990000000003")
    assert code == 2
    assert what in err
    assert "write it again" in err
    rules = (EARLIER / "policy_by_grade.toml").read_text(encoding="utf-8")
    with pytest.raises(ModelError, match=what):
        read_scores(other, parse(rules))
    code, _, err = run("areas", other, "--loans", files / "firms.csv", "-o", files / "areas.csv")
    assert code == 2
    assert what in err
    set_language("zh")
    with pytest.raises(ModelError, match="不是同一次写出"):
        stored_grades.read(other)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_scores_and_decisions_are_not_read_with_the_manifest_of_others(files: Path, kind: str):
    made = [files / f"{name}.{kind}" for name in ("a", "b")]
    card = seal_again(files / "scorecard.json", files / "sealed", "written before cards were")
    for output, rows in zip(made, (5, 12), strict=True):
        people = pl.read_csv(EARLIER / "applicants.csv", infer_schema=False).head(rows)
        people.write_csv(files / "applicants.csv")
        score_file(card, files / "applicants.csv", output)
    shutil.copy(*map(proof.manifest_path, made))
    rules = parse((files / "policy.toml").read_text(encoding="utf-8"))
    with pytest.raises(ModelError, match="not written together"):
        read_scores(made[1], rules)
    decided = [files / f"d{number}.{kind}" for number in (1, 2)]
    for number, output in enumerate(decided):
        on = date(2026, 3, 1 + number)
        decision_files.decide_file(files / "policy.toml", files / "scores.parquet", output, on=on)
    shutil.copy(*map(proof.manifest_path, decided))
    if kind == "csv" and decided[0].read_bytes() == decided[1].read_bytes():
        return  # the same rows: the manifest is as true of one as of the other
    with pytest.raises(ModelError, match="not written together"):
        explain(decided[1], "A000")


def test_a_manifest_without_a_hash_belongs_to_no_file(files: Path):
    output = files / "graded.parquet"
    graded(files, output)
    beside = proof.manifest_path(output)
    whole = json.loads(beside.read_text(encoding="utf-8"))
    for lie in (
        {**whole, "output_sha256": ""},
        {k: v for k, v in whole.items() if "output" not in k},
    ):
        beside.write_text(json.dumps(lie), encoding="utf-8")
        for reader in (stored_grades.read, lc.verify):
            with pytest.raises(ModelError, match="output_sha256"):
                reader(output)


def test_verify_refuses_the_manifest_of_another_file_and_names_words_its_footer_denies(files: Path):
    output, other = files / "a.parquet", files / "b.parquet"
    graded(files, output, rows=5)
    graded(files, other)
    mine, its = proof.manifest_path(output), proof.manifest_path(other)
    kept = its.read_text(encoding="utf-8")
    shutil.copy(mine, its)
    with pytest.raises(ModelError, match="not the same: inputs"):
        lc.verify(other)
    its.write_text(kept.replace('"strict": false', '"strict": true'), encoding="utf-8")
    assert "not written together" not in str(lc.verify(other).checks)
    its.write_text(kept.replace('"title_zh": "', '"title_zh": "新'), encoding="utf-8")
    assert not lc.verify(other).checks["footer"]
    with pytest.raises(ModelError, match="title_zh"):
        stored_grades.read(other)


# ---- drafts, links ------------------------------------------------------------------------------


def test_drafts_of_ended_runs_are_swept_and_nobody_elses(files: Path):
    mark, machine = write._MARK, write._machine()
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                           capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
    running = os.getppid()
    old = [f"{mark}{machine}-{ended}-a.csv", f"{mark}{machine}-{os.getpid()}-b.json"]
    kept = [
        f"{mark}{machine}-{running}-c.csv",  # of a run that goes on
        f"{mark}00000000-{ended}-d.csv",  # of another machine
        f"{mark}{machine}-word-e.csv",
        f".graded.{ended}.csv",
        "lishui-draft.csv",
    ]
    for name in (*old, *kept):
        (files / name).write_text("x", encoding="utf-8")
        os.utime(files / name, (1, 1))
    young = files / f"{mark}{machine}-{ended}-f.csv"  # as old as this run: of a child of it
    young.write_text("x", encoding="utf-8")
    os.utime(young, (time.time() + 60, time.time() + 60))
    with write.replacing(files / "a.txt") as draft:
        draft.write_text("a", encoding="utf-8")
    left = {path.name for path in files.iterdir()}
    assert not left & set(old)
    assert {*kept, young.name} <= left


@pytest.mark.parametrize("kind", KINDS)
def test_an_output_that_is_a_link_keeps_its_link(files: Path, tmp_path: Path, kind: str):
    shelf = tmp_path / "shelf" / "deep"
    shelf.mkdir(parents=True)
    link, target = files / f"graded.{kind}", shelf / f"of_2016.{kind}"
    link.symlink_to(target)  # to nothing yet
    for rows in (5, 12):
        graded(files, link, rows=rows)
        assert link.is_symlink()
        assert target.is_file()
        assert not target.is_symlink()
        assert stored_grades.read(link).frame.collect().height == rows
        assert lc.verify(link).holds
    assert drafts(shelf) == drafts(files) == []


def test_a_manifest_that_is_a_link_keeps_its_link(files: Path, tmp_path: Path):
    output = files / "graded.csv"
    beside = proof.manifest_path(output)
    beside.symlink_to(tmp_path / "kept.json")
    graded(files, output)
    assert beside.is_symlink()
    assert lc.verify(output).holds


def test_a_folder_that_is_a_link_is_written_through(files: Path, tmp_path: Path):
    (tmp_path / "door").symlink_to(files, target_is_directory=True)
    output = tmp_path / "door" / "graded.csv"
    graded(files, output)
    assert lc.verify(output).holds
    assert lc.verify(files / "graded.csv").holds


# ---- full disks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_is_told_with_the_name_of_the_output(
    run: Run, files: Path, kind: str, monkeypatch: pytest.MonkeyPatch
):
    output = files / f"graded.{kind}"
    graded(files, output, rows=5)
    before = output.read_bytes()
    full = OSError(errno.ENOSPC, "No space left on device")

    def fails(*_: object, **__: object) -> None:
        raise full

    if kind == "xlsx":
        monkeypatch.setattr(Path, "write_bytes", fails)
    else:
        monkeypatch.setattr(pl.LazyFrame, f"sink_{kind}", fails)
    words = ["grade", "small-enterprise", files / "firms.csv", "--on", DAY, "-o", output]
    code, _, err = run(*words)
    monkeypatch.undo()
    assert code == 2
    assert "lishui-credit: not done" in err.splitlines()
    assert f"{output}: the disk is full" in err
    assert "draft" not in err
    assert "Traceback" not in err
    assert output.read_bytes() == before
    assert drafts(files) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only some systems have a full disk")
def test_a_workbook_on_a_full_disk_complains_once_and_leaves_no_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with (
        pytest.raises(OSError, match="No space left"),
        write.workbook(Path("/dev/full")) as book,
    ):
        book.add_worksheet().write(0, 0, "x")
    gc.collect()  # what a library complains of then fails the test
    assert list(tmp_path.iterdir()) == []


def test_every_problem_of_writing_is_an_error_of_ours(files: Path):
    with pytest.raises(CreditError, match="folder, not a file"):
        graded(files, files)

"""Every reader refuses rows that the manifest beside them was not written with, in every format."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest

import lishui_credit as lc
from lishui_credit import proof
from lishui_credit.board import holdings
from lishui_credit.commands.cli import main
from lishui_credit.cutoffs.laboratory import read_laboratory
from lishui_credit.errors import CreditError
from lishui_credit.language import set_language
from lishui_credit.models import score_file
from lishui_credit.policies import decision_files
from lishui_credit.policies.score_files import read_scores
from lishui_credit.rubrics import area_files, grounds, histories, stored_grades
from lishui_credit.samples import households as synthetic
from lishui_credit.scorecards import seal_again
from tests import laboratories

EARLIER = Path(__file__).parent / "oracles" / "written_57c994c"
PACKAGE = Path(lc.__file__).parent
FORMATS = ["csv", "parquet", "xlsx"]
UNBOUND = "not written together"


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Inputs of an earlier run, in a folder that may be written to."""
    folder = Path(shutil.copytree(EARLIER, tmp_path / "files"))
    seal_again(folder / "scorecard.json", folder / "sealed", "written before cards were sealed")
    return folder


def graded(folder: Path, kind: str) -> Path:
    output = folder / f"new_graded.{kind}"
    rubric = lc.rubric("small-enterprise", on="2016-06-30")
    lc.grade(rubric, folder / "firms.csv", output, as_of=date(2016, 6, 30))
    return output


def scored(folder: Path, kind: str) -> Path:
    output = folder / f"new_scores.{kind}"
    score_file(folder / "sealed", folder / "applicants.csv", output, keep=["applicant_id", "bad"])
    return output


def decided(folder: Path, kind: str) -> Path:
    output = folder / f"new_decided.{kind}"
    policy, scores = folder / "policy.toml", folder / "scores.parquet"
    decision_files.decide_file(policy, scores, output, on=date(2026, 3, 1))
    return output


def households(folder: Path) -> Path:
    """Graded households of two villages."""
    frames = {
        "homes": synthetic.households(40, seed=1, year=2018),
        "bases": synthetic.county_bases(2018),
    }
    for name, frame in frames.items():
        frame.write_csv(folder / f"{name}.csv")
    output, day = folder / "homes_graded.csv", date(2019, 6, 30)
    rubric = lc.rubric("farmer-household", on=day)
    lc.grade(rubric, folder / "homes.csv", output, bases=folder / "bases.csv", as_of=day)
    return output


def new_rows(output: Path) -> None:
    """Leave a row out of a file, its manifest as it was: new rows with an old manifest."""
    if output.suffix == ".parquet":
        footer = {proof.KEY: pl.read_parquet_metadata(output)[proof.KEY]}
        pl.read_parquet(output).head(-1).write_parquet(output, metadata=footer)
    elif output.suffix == ".csv":
        lines = output.read_text(encoding="utf-8").splitlines()
        output.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    else:
        pl.read_excel(output, infer_schema_length=0).head(-1).write_excel(output)


def said_by(*words: object) -> str:
    """What a command that must fail says."""
    from contextlib import redirect_stderr
    from io import StringIO

    told = StringIO()
    with redirect_stderr(told):
        code = main([str(word) for word in words])
    assert code == 2, words
    return told.getvalue()


def raised(read: Callable[[], object]) -> str:
    with pytest.raises(CreditError) as told:
        read()
    return str(told.value)


def laboratory(folder: Path, output: Path) -> None:
    """A laboratory whose loans are a written file."""
    home = folder / "board" / "lending"
    laboratories.put(home)
    text = (home / "laboratory.toml").read_text(encoding="utf-8")
    text = text.replace("loans.csv", str(output))
    (home / "laboratory.toml").write_text(text, encoding="utf-8")
    read_laboratory(home / "laboratory.toml")


READERS: dict[str, tuple[Callable[[Path, str], Path], Callable[[Path, Path], str]]] = {
    "explain": (graded, lambda _, o: said_by("explain", o, "913311990000000003")),
    "grounds": (graded, lambda _, o: raised(lambda: grounds.grounds(o, "913311990000000003"))),
    "history": (graded, lambda _, o: said_by("history", "913311990000000003", o)),
    "histories": (
        graded,
        lambda _, o: raised(lambda: histories.subject_history("913311990000000003", [o])),
    ),
    "board": (graded, lambda f, o: raised(lambda: stored_grades.read(on_board(f, o)))),
    "areas": (
        graded,
        lambda f, o: said_by(
            "areas", o, "--loans", f / "firms.csv", "-o", f / "x.csv", "--credit-grades", "AAA"
        ),
    ),
    "area files": (
        graded,
        lambda f, o: raised(
            lambda: area_files.grade_areas(o, f / "firms.csv", credit_grades=("AAA",))
        ),
    ),
    "decide a graded file": (
        graded,
        lambda f, o: said_by("decide", f / "policy_by_grade.toml", o, "-o", f / "x.csv", "--trial"),
    ),
    "grade": (
        graded,
        lambda f, o: said_by(
            "grade", "small-enterprise", o, "--as-of", "2016-06-30", "-o", f / "x.csv"
        ),
    ),
    "compare": (
        graded,
        lambda f, o: said_by("compare", "tax-credit", "2016-06-30", "2018-06-30", o),
    ),
    "engine intake": (
        graded,
        lambda _, o: raised(
            lambda: lc.intake(
                lc.rubric("small-enterprise", on="2016-06-30"), o, as_of=date(2016, 6, 30)
            )
        ),
    ),
    "lenders' figures": (
        scored,
        lambda f, o: said_by(
            "areas", households(f), "--loans", o, "-o", f / "x.csv", "--credit-grades", "tier1"
        ),
    ),
    "decide": (
        scored,
        lambda f, o: said_by("decide", f / "policy.toml", o, "-o", f / "x.csv", "--trial"),
    ),
    "policy compare": (
        scored,
        lambda f, o: said_by("policy", "compare", f / "policy.toml", f / "policy.toml", o),
    ),
    "scores of a laboratory": (
        scored,
        lambda f, o: raised(lambda: laboratory(f, o)),
    ),
    "scores of a policy": (
        scored,
        lambda f, o: raised(lambda: read_scores(o, laboratories.policy())),
    ),
    "fit": (scored, lambda f, o: said_by("fit", o, "-o", f / "models" / "m" / "1")),
    "validate": (scored, lambda f, o: said_by("validate", f / "sealed", o)),
    "score": (scored, lambda f, o: said_by("score", f / "sealed", o, "-o", f / "x.csv")),
    "plan check": (scored, lambda f, o: said_by("plan", "check", o)),
    "plan load": (
        scored,
        lambda f, o: said_by(
            "plan", "load", o, "--data", f / "s.duckdb", "--by", "x", "--reason", "y"
        ),
    ),
    "policy explain": (decided, lambda _, o: said_by("policy", "explain", o, "A001")),
}


def on_board(folder: Path, output: Path) -> Path:
    """Where a board finds a graded file that was put into it with its manifest."""
    home = folder / "board" / "graded" / "small-enterprise"
    home.mkdir(parents=True)
    for path in (output, proof.manifest_path(output)):
        shutil.copy(path, home / path.name.replace(output.stem, "2016"))
    (found,) = holdings.graded_files(folder / "board")["small-enterprise"].values()
    return found


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("reader", READERS)
def test_new_rows_with_an_old_manifest_are_refused(files: Path, reader: str, kind: str):
    make, ask = READERS[reader]
    output = make(files, kind)
    new_rows(output)
    assert UNBOUND in ask(files, output)


@pytest.mark.parametrize("kind", FORMATS)
def test_rows_whose_manifest_was_cut_short_or_names_no_hash_are_refused(files: Path, kind: str):
    output = scored(files, kind)
    beside = proof.manifest_path(output)
    whole = json.loads(beside.read_text(encoding="utf-8"))
    for text in (
        beside.read_text(encoding="utf-8")[:40],
        json.dumps({**whole, "output_sha256": ""}),
    ):
        beside.write_text(text, encoding="utf-8")
        assert UNBOUND in said_by("fit", output, "-o", files / "models" / "m" / "1")


@pytest.mark.parametrize("made", [graded, scored, decided])
def test_rows_as_written_are_read_by_every_door(files: Path, made: Callable[[Path, str], Path]):
    from lishui_credit.tables.read import read

    for kind in FORMATS:
        assert read(made(files, kind)).frame.collect().height


@pytest.mark.parametrize(
    ("made", "name"), [(graded, "grades"), (scored, "scores"), (decided, "decisions")]
)
def test_a_sheet_is_named_by_what_it_holds_and_found_by_its_name(
    files: Path, made: Callable[[Path, str], Path], name: str
):
    from lishui_credit.tables.read import read

    output = made(files, "xlsx")
    assert openpyxl.load_workbook(output).sheetnames == [name]
    assert read(output, sheet=name).frame.collect().height
    assert lc.verify(output).holds


def test_a_json_of_somebody_else_beside_a_table_is_no_manifest(files: Path):
    table = files / "applicants.csv"
    (files / "applicants.csv.manifest.json").write_text('{"name": "open data"}', encoding="utf-8")
    output = files / "s.csv"
    assert score_file(files / "sealed", table, output).facts.rows


def test_no_room_reads_a_table_past_the_door():
    """Polars' own readers stand in `tables`, and where a file is the room's own and no output."""
    own = {
        "proof.py": {"read_parquet_metadata"},  # of the footer
        "plan/observed/rejections.py": {"read_csv", "read_parquet"},  # beside its own store
        "plan/companion_series.py": {"read_parquet"},  # a file of its own, with its columns checked
        "plan/observed/store.py": {"read_parquet", "read_parquet_schema"},  # the store itself
        "commands/demo.py": {"read_csv", "read_parquet"},  # what it has just written
        "backends/local_databases.py": {"read_parquet"},  # an answer that ClickHouse gives as bytes
        "rubrics/event_prints.py": {"scan_parquet", "read_parquet_metadata"},  # a file of its own
        "rubrics/renewed_rows.py": {"scan_parquet"},  # after `Stated.manifest`
        "rubrics/stored_grades.py": {"scan_parquet"},  # a folder whose files are listed with hashes
    }
    bound = {  # after `Stated.manifest`, or to say what differs
        "rubrics/compared_cells.py",
        "rubrics/grade_files.py",
        "rubrics/stored_grades.py",
        "rubrics/area_files.py",
        "models/scoring.py",
        "policies/score_files.py",
    }
    found: dict[str, set[str]] = {}
    unasked = set()
    for path in PACKAGE.rglob("*.py"):
        name, text = path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8")
        code = re.sub(r'"""[\s\S]*?"""', "", text)
        if name.startswith("tables/"):
            continue
        if used := set(re.findall(r"pl\.((?:read|scan)_(?!database)\w+)\(", code)):
            found[name] = used
        if "scan_written(" in code or "stored_rows(" in code:
            unasked.add(name)
    assert found == own
    assert unasked - {"policies/decision_files.py", "policies/explanations.py"} == bound

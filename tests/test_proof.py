"""One manifest and one verification for every kind of file, those of the first commits included."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import lishui_credit as lc
from lishui_credit import proof
from lishui_credit.commands.cli import main
from lishui_credit.errors import ModelError, PolicyError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.models import score_file
from lishui_credit.policies import decision_files
from lishui_credit.policies.explanations import explain
from lishui_credit.policies.policy_file import parse
from lishui_credit.policies.score_files import read_scores
from lishui_credit.rubrics import stored_grades
from lishui_credit.scorecards import seal_again
from lishui_credit.tables.beside import sha256

EARLIER = Path(__file__).parent / "oracles" / "written_57c994c"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _english() -> object:
    set_language("en")
    yield
    set_language(None)


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """Files that the code of 57c994c wrote, in a folder that may be written to."""
    return Path(shutil.copytree(EARLIER, tmp_path / "earlier"))


@pytest.fixture
def sealed(earlier: Path) -> Path:
    """The card of 57c994c, which was not sealed then."""
    return seal_again(earlier / "scorecard.json", earlier / "sealed", "written before cards were")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        return (code, *capsys.readouterr())

    return call


def failed(path: Path) -> list[str]:
    return [name for name, same in lc.verify(path).checks.items() if not same]


# ---- files of earlier code ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("graded.csv", 12),
        ("graded.parquet", 12),
        ("decided.csv", 12),
        ("decided.parquet", 12),
        ("decided_by_grade.csv", 12),
    ],
)
def test_a_file_of_earlier_code_is_proved_again(earlier: Path, name: str, rows: int):
    found = lc.verify(earlier / name)
    assert found.holds, (found.checks, found.different)
    assert found.subjects == rows


@pytest.mark.parametrize("name", ["graded.parquet", "decided.parquet"])
def test_a_footer_alone_proves_a_file_of_earlier_code(earlier: Path, name: str):
    proof.manifest_path(earlier / name).unlink()
    assert lc.verify(earlier / name).holds


def test_files_of_earlier_code_are_read_and_explained(run: Run, earlier: Path):
    stored = stored_grades.read(earlier / "graded.parquet")
    assert stored.manifest.facts.as_of == date(2016, 6, 30)
    assert stored.manifest.facts.counts["graded"] == 12
    firm = stored.frame.select(stored.rubric.subject_id).first().collect().item()
    code, out, _ = run("explain", earlier / "graded.csv", firm)
    assert code == 0
    assert firm in out
    told = explain(earlier / "decided.csv", "A000")
    assert told.decision == "refer"
    assert told.as_dict()["clause_en"] == ("score at least 480 and below 520: refer to a person")
    assert [code for code, _ in told.reasons] == ["months", "own_funds"]


def test_a_changed_decision_of_earlier_code_is_found(earlier: Path):
    output = earlier / "decided.csv"
    text = output.read_text(encoding="utf-8-sig")
    output.write_text(text.replace(",refer,", ",approve,", 1), encoding="utf-8-sig")
    assert failed(output) == ["output", "decisions"]


def test_scores_of_earlier_code_are_held_to_the_card_a_policy_names(earlier: Path):
    text = (earlier / "policy.toml").read_text(encoding="utf-8")
    made = proof.stated(earlier / "scores.parquet").raw["model_sha256"]
    for digest, refused in ((made, False), ("0" * 64, True)):
        head = 'score = { column = "score"'
        rules = parse(text.replace(head, f'{head}, sha256 = "{digest}"'))
        if refused:
            with pytest.raises(PolicyError, match="another model or edition"):
                read_scores(earlier / "scores.parquet", rules)
        else:
            assert read_scores(earlier / "scores.parquet", rules).notes == ()


def test_scores_of_earlier_code_ask_to_be_scored_again(run: Run, earlier: Path):
    code, _, err = run("verify", earlier / "scores.parquet")
    assert code == 2
    assert "score the file again" in err


def test_new_manifests_keep_every_key_of_earlier_ones(earlier: Path, tmp_path: Path):
    rubric = lc.rubric("small-enterprise", on="2016-06-30")
    day = date(2016, 6, 30)
    made = lc.grade(rubric, earlier / "firms.csv", tmp_path / "graded.csv", as_of=day)
    new = json.loads(made.json())
    old = json.loads(proof.manifest_path(earlier / "graded.csv").read_text(encoding="utf-8"))
    assert new.keys() - old.keys() == {
        "kind", "missing_columns", "empty_overrides", "strict",
    }  # fmt: skip
    assert {key: new[key] for key in ("counts", "grades", "output_sha256", "as_of", "notes")} == {
        key: old[key] for key in ("counts", "grades", "output_sha256", "as_of", "notes")
    }
    decided = decision_files.decide_file(
        earlier / "policy.toml",
        earlier / "scores.parquet",
        tmp_path / "decided.csv",
        on=date(2026, 3, 1),
    )
    new = json.loads(decided.json())
    old = json.loads(proof.manifest_path(earlier / "decided.csv").read_text(encoding="utf-8"))
    assert new.keys() == old.keys()
    assert {**new, "manifest": None, "inputs": None} == {**old, "manifest": None, "inputs": None}


# ---- scores -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["parquet", "csv", "xlsx"])
def test_a_scored_file_proves_itself_and_names_what_changed(
    run: Run, earlier: Path, sealed: Path, kind: str
):
    output = earlier / "out" / f"scores.{kind}"
    words = ["score", sealed, earlier / "applicants.csv", "--reasons", 2]
    code, out, _ = run(*words, "-o", output, "--json")
    assert code == 0
    told = json.loads(out)
    assert told["rows"] == told["inputs"]["subjects"]["rows"] == 12
    assert told["model_sha256"] == told["inputs"]["card"]["sha256"]
    assert told["synthetic"] is True
    assert told["output"] == str(output)
    code, out, _ = run("verify", output)
    assert (code, out.splitlines()[0]) == (0, "verified: 12 rows")
    text = (earlier / "applicants.csv").read_text(encoding="utf-8")
    first = text.splitlines()[1]
    lower = first.replace("A000,", "A999,")
    (earlier / "applicants.csv").write_text(text.replace(first, lower), encoding="utf-8")
    verdict = lc.verify(output)
    assert [name for name, same in verdict.checks.items() if not same] == [
        "input subjects",
        "scores",
    ]
    assert verdict.different["_row"].to_list() == [1]


def hashed_again(output: Path, manifest: proof.Manifest[Any]) -> None:
    """Put a manifest beside an output that says its hash as it stands now."""
    whole = replace(manifest, output_sha256=sha256(output))
    proof.manifest_path(output).write_text(whole.json() + "\n", encoding="utf-8")


def test_a_score_that_was_changed_and_hashed_again_is_found(earlier: Path, sealed: Path):
    output = earlier / "again.parquet"
    made = score_file(sealed, earlier / "applicants.csv", output)
    table = pl.read_parquet(output)
    better = pl.when(pl.int_range(pl.len()) == 3).then(999).otherwise("score")
    table.with_columns(better.cast(table.schema["score"]).alias("score")).write_parquet(output)
    hashed_again(output, made)
    assert failed(output) == ["scores"]
    pl.read_parquet(output).drop("pd").write_parquet(output)
    hashed_again(output, made)
    assert failed(output) == ["columns", "scores"]


def test_scoring_never_takes_the_place_of_an_input(run: Run, earlier: Path, sealed: Path):
    card, people = sealed, earlier / "applicants.csv"
    before = people.read_bytes()
    code, _, err = run("score", card, people, "-o", people)
    assert code == 2
    assert "overwrite an input" in err
    assert people.read_bytes() == before


# ---- plan reports -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["html", "xlsx"])
def test_a_plan_report_proves_itself_and_names_what_changed(run: Run, tmp_path: Path, kind: str):
    data = tmp_path / "observations.csv"
    sample = Path(__file__).parents[1] / "data_samples" / "plan_observations.csv"
    shutil.copy(sample, data)
    output = tmp_path / f"report.{kind}"
    words = ["plan", "report", "--data", data, "--at", "2018-06-30", "-o", output, "--json"]
    code, out, _ = run(*words)
    assert code == 0
    told = json.loads(out)
    assert (told["report"], told["at"], told["synthetic"]) == (str(output), "2018-06-30", True)
    assert told["inputs"]["data"]["path"] == "observations.csv"
    set_language("zh")  # the language of the words does not matter
    assert failed(output) == []
    text = data.read_text(encoding="utf-8-sig")
    lines = text.splitlines()
    place = next(n for n, line in enumerate(lines) if ",2018Q2," in line or "2018-06-30" in line)
    del lines[place]
    data.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    assert failed(output) == ["input data", "observations", "figures", "report"]
    data.unlink()
    with pytest.raises(ModelError, match="data"):
        lc.verify(output)


def test_a_report_on_the_sample_needs_no_input(run: Run, tmp_path: Path):
    output = tmp_path / "report.html"
    assert run("plan", "report", "--at", "2018-06-30", "-o", output)[0] == 0
    assert lc.verify(output).holds
    output.write_text(output.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert failed(output) == ["output"]


# ---- manifests ----------------------------------------------------------------------------------


def test_a_manifest_is_read_once_on_the_way_to_a_decision(
    earlier: Path, monkeypatch: pytest.MonkeyPatch
):
    opened: list[Path] = []
    read_text = Path.read_text

    def counted(path: Path, *args: object, **named: object) -> str:
        if path.name.endswith(".manifest.json"):
            opened.append(path)
        return read_text(path, *args, **named)

    monkeypatch.setattr(Path, "read_text", counted)
    decision_files.decide_file(
        earlier / "policy_by_grade.toml",
        earlier / "graded.csv",
        earlier / "new.csv",
        on=date(2026, 3, 1),
    )
    assert [path.name for path in opened] == ["graded.csv.manifest.json"]


def test_a_file_without_a_manifest_and_an_absent_one_are_told_apart(run: Run, earlier: Path):
    code, _, err = run("verify", earlier / "firms.csv")
    assert code == 2
    assert "not a file this package wrote: no readable manifest" in err
    code, _, err = run("verify", earlier / "nowhere.csv")
    assert code == 2
    assert "no such file" in err


def test_scores_with_a_damaged_manifest_are_refused(earlier: Path):
    beside = proof.manifest_path(earlier / "graded.csv")
    beside.write_text("{", encoding="utf-8")
    rules = parse((earlier / "policy_by_grade.toml").read_text(encoding="utf-8"))
    with pytest.raises(ModelError, match="no readable manifest"):
        read_scores(earlier / "graded.csv", rules)


@pytest.mark.parametrize(
    ("lie", "key"),
    [({"as_of": "soon"}, "as_of"), ({"counts": 5}, "counts"), ({"inputs": {}}, "inputs: subjects")],
)
def test_a_manifest_names_the_keys_that_are_wrong(earlier: Path, lie: dict[str, object], key: str):
    beside = proof.manifest_path(earlier / "graded.csv")
    whole = json.loads(beside.read_text(encoding="utf-8"))
    beside.write_text(json.dumps({**whole, **lie}), encoding="utf-8")
    with pytest.raises(ModelError, match=f"not a graded file: no readable manifest.*found: {key}"):
        stored_grades.read(earlier / "graded.csv")


# ---- rejected rows ------------------------------------------------------------------------------


def test_rejected_rows_are_counted_in_the_singular_and_in_the_plural(run: Run, earlier: Path):
    firms = pl.read_csv(earlier / "firms.csv", infer_schema=False)
    for rows, said in ((1, "1 row rejected; nothing was graded"), (2, "2 rows rejected")):
        bad = pl.when(pl.int_range(pl.len()) < rows).then(pl.lit("x")).otherwise("firm_assets")
        firms.with_columns(bad.alias("firm_assets")).write_csv(earlier / "bad.csv")
        job = ["grade", "small-enterprise", earlier / "bad.csv", "--on", "2016-06-30"]
        code, _, err = run(*job, "-o", earlier / "g.csv")
        assert code == 2, err
        assert said in err


def test_grading_stops_where_every_row_is_rejected(earlier: Path):
    firms = pl.read_csv(earlier / "firms.csv", infer_schema=False)
    twice = pl.concat([firms.head(1), firms.head(1)])
    twice.write_csv(earlier / "twice.csv")
    rubric = lc.rubric("small-enterprise", on="2016-06-30")
    with pytest.raises(SubjectError, match="2 rows rejected; nothing was graded"):
        lc.grade(rubric, earlier / "twice.csv", earlier / "g.csv", skip_rejected=True)
    assert not (earlier / "g.csv").exists()

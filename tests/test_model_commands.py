"""fit, score and validate as typed: what they write, what they refuse."""

import hashlib
import html
import json
import re
import shlex
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import docx
import numpy as np
import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.errors import CreditError
from lishui_credit.language import set_language
from lishui_credit.models import fit_file, validate_file
from lishui_credit.scorecards import BinningProcess, Scorecard, load
from lishui_credit.validation import Validation, validate
from lishui_credit.validation.report.conclusion import conclusion
from lishui_credit.validation.report.stored import read_validation
from tests.models import DATA, mixed, mixed_process

GERMAN = str(DATA / "german_credit.parquet")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A card of German credit, fitted by the command."""
    made = tmp_path_factory.mktemp("models") / "german" / "1"
    words = ["fit", GERMAN, "--target", "bad", "-o", str(made), "--by", "housing", "--lang", "en"]
    assert main([*words, "--label", "default", "--title", "德国信用", "--folds", "3"]) == 0
    return made


def test_a_fit_leaves_a_card_a_model_card_and_a_validation(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [
        "card.md",
        "scorecard.json",
        "scorecard.json.manifest.json",
        "validation.html",
    ]
    card = load(folder)
    assert card.id == "german"
    assert card.provenance["label"] == "default"
    assert sum(card.provenance["scores"].values()) == 1000
    assert 0.74 < card.metrics["out_of_fold"]["auc"] < 0.82
    assert not card.synthetic
    of_groups = card.metrics["out_of_fold_by_group"]["housing"]
    assert sum(row["rows"] for row in of_groups.values()) == 1000
    assert "out_of_fold_by_group housing rent auc" in (folder / "card.md").read_text("utf-8")
    page = (folder / "validation.html").read_text(encoding="utf-8")
    assert "out of fold" in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_a_version_is_never_fitted_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / "scorecard.json").read_bytes()
    assert main(["fit", GERMAN, "-o", str(folder), "--lang", "en"]) == 2
    assert "never overwritten" in capsys.readouterr().err
    assert (folder / "scorecard.json").read_bytes() == before


def test_scores_of_a_file_are_those_of_the_card(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "scores.parquet"
    words = ["score", str(folder), GERMAN, "-o", str(out), "--keep", "bad", "--reasons", "2"]
    assert main(words) == 0
    found = pl.read_parquet(out)
    assert found.columns == [
        "bad",
        "score",
        "pd",
        "grade",
        "reason_1",
        "lost_1",
        "found_1",
        "better_1",
        "reason_2",
        "lost_2",
        "found_2",
        "better_2",
    ]
    assert found["score"].to_list() == load(folder).score(pl.read_parquet(GERMAN)).to_list()
    facts = json.loads(pl.read_parquet_metadata(out)["lishui_credit"])
    assert len(facts["model_sha256"]) == 64


def test_a_later_file_is_judged_by_group_against_the_sample(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later = pl.read_parquet(GERMAN).sample(fraction=0.8, seed=1)
    later.write_csv(tmp_path / "later.csv")
    report = tmp_path / "report.html"
    words = [
        "validate",
        str(folder),
        str(tmp_path / "later.csv"),
        "--by",
        "housing",
        "--lang",
        "en",
    ]
    assert main([*words, "-o", str(report)]) == 0
    said = capsys.readouterr().out
    for word in ("AUC", "PSI", "Calibration"):
        assert word in said
    page = report.read_text(encoding="utf-8")
    for word in ("housing", "for free", "rent", "own"):
        assert word in page
    assert main([*words, "--json", "--cut-off", "500"]) == 0
    json.loads(capsys.readouterr().out)


def test_synthetic_rows_make_a_synthetic_card(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame, bad = mixed(1500)
    table = frame.with_columns(bad=pl.Series(bad), synthetic=True)
    table.write_parquet(tmp_path / "a.parquet")
    made = tmp_path / "m" / "1"
    words = ["fit", str(tmp_path / "a.parquet"), "-o", str(made), "--folds", "2", "--lang", "en"]
    assert main([*words, "--special", "months=-9", "--categorical", "kind"]) == 0
    assert "SYNTHETIC" in capsys.readouterr().out
    assert load(made).synthetic
    assert "Synthetic data" in (made / "card.md").read_text(encoding="utf-8")
    assert "synthetic" in (made / "validation.html").read_text(encoding="utf-8").lower()
    assert "synthetic" not in load(made).columns


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--target", "badd"], "bad"),
        (["--base-odds", "fifty"], "good:bad"),
        (["--protected", "age_in_years"], "COLUMN="),
        (["--protected", "age_in_years="], "reason"),
        (["--monotonic", "ages=up"], "ages"),
        (["--special", "credit_amount=x"], "numbers"),
        (["--by", "county"], "county"),
    ],
)
def test_bad_words_leave_one_clear_message_and_nothing_written(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "m" / "1"
    assert main(["fit", GERMAN, "-o", str(made), "--lang", "en", *words]) == 2
    assert said in capsys.readouterr().err
    assert not made.exists()


def test_a_warning_is_one_line_without_the_place_in_the_code(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    some = pl.when(pl.int_range(pl.len()) < 900).then(pl.lit("castle")).otherwise("housing")
    table = pl.read_parquet(GERMAN).with_columns(housing=some)
    table.write_parquet(tmp_path / "new.parquet")
    out = str(tmp_path / "s.csv")
    assert (
        main(["score", str(folder), str(tmp_path / "new.parquet"), "-o", out, "--lang", "en"]) == 0
    )
    said = [line for line in capsys.readouterr().err.splitlines() if "castle" in line]
    assert len(said) == 1
    assert said[0].startswith("warning: categories that are not in the sample")
    Path(out).unlink()
    table.with_columns(housing=pl.lit("castle")).write_parquet(tmp_path / "new.parquet")
    assert main(["score", str(folder), str(tmp_path / "new.parquet"), "-o", out]) == 2
    assert not Path(out).exists()


def test_bad_samples_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame, bad = mixed(300)
    cases = {
        "only one class": frame.with_columns(bad=pl.lit(0)),
        "0 and 1": frame.with_columns(bad=pl.Series(bad + 1)),
        "infinite": frame.with_columns(income=pl.lit(np.inf), bad=pl.Series(bad)),
        "date": frame.with_columns(day=pl.lit("2019-04-01").str.to_date(), bad=pl.Series(bad)),
    }
    for said, table in cases.items():
        table.write_parquet(tmp_path / "a.parquet")
        words = ["fit", str(tmp_path / "a.parquet"), "-o", str(tmp_path / "m"), "--lang", "en"]
        assert main(words) == 2, said
        assert said in capsys.readouterr().err


def test_a_card_whose_columns_are_absent_names_them_all(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pl.read_parquet(GERMAN).rename({"housing": "hausing"}).drop("purpose")
    table.write_parquet(tmp_path / "new.parquet")
    out = tmp_path / "s.parquet"
    words = ["score", str(folder), str(tmp_path / "new.parquet"), "-o", str(out), "--lang", "en"]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "hausing" in said
    assert "purpose" in said
    assert not out.exists()


# ---- the development sample, and what a report carries -------------------------------------------


def judged(folder: Path, rows: pl.DataFrame, path: Path) -> Validation:
    getattr(rows, {".csv": "write_csv", ".parquet": "write_parquet"}[path.suffix])(path)
    return validate_file(folder, path)


def test_the_development_sample_is_known_in_any_file_and_order(
    folder: Path, tmp_path: Path
) -> None:
    rows = pl.read_parquet(GERMAN)
    assert validate_file(folder, GERMAN).particulars.seen
    shuffled = rows.sample(fraction=1, shuffle=True, seed=1)
    assert judged(folder, shuffled, tmp_path / "a.csv").particulars.seen
    fewer = shuffled.select([*load(folder).columns, "bad"]).cast({"credit_amount": pl.Float32})
    assert judged(folder, fewer, tmp_path / "b.parquet").particulars.seen


def test_other_rows_are_not_taken_for_the_sample(folder: Path, tmp_path: Path) -> None:
    rows = pl.read_parquet(GERMAN)
    place = pl.int_range(pl.len())
    for name, other in {
        "one less": rows[1:],
        "one twice": pl.concat([rows[1:], rows[1:2]]),
        "one value": rows.with_columns(
            credit_amount=pl.when(place == 7).then(1).otherwise("credit_amount")
        ),
        "one outcome": rows.with_columns(
            bad=pl.when(place == 7).then(1 - pl.col("bad")).otherwise("bad")
        ),
        "outcomes moved": rows.with_columns(bad=pl.col("bad").reverse()),
    }.items():
        assert not judged(folder, other, tmp_path / f"{name}.parquet").particulars.seen, name


def test_a_flag_in_any_spelling_is_the_same_sample(tmp_path: Path) -> None:
    frame, bad = mixed(1500)
    card = Scorecard(mixed_process()).fit(frame, bad).card_
    assert "owns" in card.columns
    words = pl.when("owns").then(pl.lit("Yes")).otherwise(pl.lit("no"))
    assert card.saw(frame.with_columns(owns=words)[::-1], bad[::-1])
    assert not card.saw(frame.with_columns(owns=~pl.col("owns")), bad)
    assert not replace(card, provenance={}).saw(frame, bad)


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_on_the_development_sample_the_report_says_so_first_and_praises_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], spoken: str
) -> None:
    words = ["validate", str(folder), GERMAN, "--lang", spoken]
    assert main([*words, "-o", str(tmp_path / "r.html")]) == 0
    said = {"en": "DEVELOPMENT SAMPLE", "zh": "建模样本"}[spoken]
    assert said in capsys.readouterr().out.splitlines()[0]
    page = (tmp_path / "r.html").read_text("utf-8")
    assert page.index(said) < page.index("<h1>")
    found = validate_file(folder, GERMAN)
    assert {line.standing for part in found.sections for line in part.lines} <= {
        "note",
        "bad",
        "watch",
    }
    with pytest.raises(KeyError):
        found.line("auc_fall")
    assert found.line("auc").verdict.en.startswith("on the rows fitted only")
    assert conclusion(found).en.startswith("None: rows that the card was fitted on")


def test_rows_kept_apart_are_judged(folder: Path, tmp_path: Path) -> None:
    found = judged(folder, pl.read_parquet(GERMAN)[:600], tmp_path / "some.parquet")
    assert found.line("auc").standing == "good"
    assert found.line("auc_fall").value is not None


def test_validate_in_python_knows_the_sample_of_its_model() -> None:
    frame, bad = mixed(1500)
    model = Scorecard(mixed_process()).fit(frame, bad)
    assert validate(bad, model=model, features=frame).particulars.seen
    assert validate(bad, model=model.card_, features=frame).line("auc").standing == "note"
    assert not validate(bad[:900], model=model, features=frame[:900]).particulars.seen


def test_the_example_of_the_documentation_validates_on_rows_the_card_has_not_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data_samples").symlink_to(DATA)
    monkeypatch.chdir(tmp_path)
    for page in ("docs/index.md", "docs/zh/index.md"):
        text = (DATA.parent / page).read_text("utf-8")
        lines = next(
            block for block in text.split("```console") if "lishui-credit validate" in block
        )
        for line in re.findall(r"^\$ (.+)$", lines.split("```")[0], re.MULTILINE):
            words = shlex.split(line)
            if words[0] == "python":
                exec(words[2], {})
            else:
                assert main([*words[1:], "--lang", "en"]) == 0
        assert "DEVELOPMENT SAMPLE" not in capsys.readouterr().out
        rows = [pl.read_parquet(name) for name in ("fitted.parquet", "unseen.parquet")]
        assert rows[0].join(rows[1], on=rows[0].columns, how="semi").is_empty()
        shutil.rmtree("models")


def test_a_fitted_card_has_grades_whose_pds_are_tested(folder: Path, tmp_path: Path) -> None:
    card = load(folder)
    assert card.grades is not None
    assert 3 <= len(card.grades.grades) <= 8
    found = judged(folder, pl.read_parquet(GERMAN)[:600], tmp_path / "some.parquet")
    tested = found.table("grade_tests")
    ids = [grade.id for grade in card.grades.grades]
    assert tested["grade"].drop_nulls().to_list() == ids
    assert tested["p_jeffreys"].null_count() == 0
    page = (folder / "validation.html").read_text("utf-8")
    assert "p Jeffreys" in page
    assert "The grades were built on these out-of-fold scores" in page


def test_without_grades_or_where_none_can_be_told_apart_the_card_has_none(tmp_path: Path) -> None:
    frame, bad = mixed(600)
    frame.with_columns(bad=pl.Series(bad)).write_parquet(tmp_path / "a.parquet")
    made = fit_file(tmp_path / "a.parquet", tmp_path / "m" / "1", folds=2, grades=0)
    assert made.card.grades is None
    rows = pl.DataFrame(
        {"late": [0] * 60 + [1] * 60, "bad": [0] * 56 + [1] * 4 + [0] * 50 + [1] * 10}
    )
    rows.write_parquet(tmp_path / "b.parquet")
    model = Scorecard(BinningProcess(min_bads=1), min_iv=0)
    set_language("en")
    made = fit_file(tmp_path / "b.parquet", tmp_path / "m" / "2", folds=2, model=model)
    set_language(None)
    assert made.card.grades is None
    assert "told apart" in made.card.provenance["no_grades"]


def test_a_report_carries_day_hashes_owner_conclusion_and_findings(
    folder: Path, tmp_path: Path
) -> None:
    later = tmp_path / "later.parquet"
    shift = (pl.col("bad") == 1) | (pl.int_range(pl.len()) % 3 == 0)
    pl.read_parquet(GERMAN).with_columns(bad=shift.cast(pl.Int8)).write_parquet(later)
    words = ["validate", str(folder), str(later), "--owner", "风险部 张三", "--on", "2026-11-30"]
    for ending in ("html", "json", "docx"):
        assert main([*words, "--lang", "en", "-o", str(tmp_path / f"r.{ending}")]) == 0
    hashes = [
        hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / "scorecard.json", later)
    ]
    data = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert data["particulars"] == {
        "made_on": "2026-11-30", "card": "german/1", "card_sha256": hashes[0],
        "file": "later.parquet", "file_sha256": hashes[1], "owner": "风险部 张三", "seen": False,
    }  # fmt: skip
    assert data["conclusion"]["en"].startswith("Not confirmed. Failed: ")
    assert data["findings"][0]["standing"] == "bad"
    assert data["findings"][0]["signed_by"] == ""
    assert "in_the_large" in [row["id"] for row in data["findings"]]
    set_language("en")
    read = read_validation(tmp_path / "r.json")
    assert read.conclusion == data["conclusion"]["en"]
    assert read.particulars.made_on == date(2026, 11, 30)
    made = docx.Document(str(tmp_path / "r.docx"))
    texts = [part.text for part in made.paragraphs]
    cells = [cell.text for grid in made.tables for row in grid.rows for cell in row.cells]
    page = html.unescape((tmp_path / "r.html").read_text("utf-8"))
    for word in ("30 November 2026", *hashes, "风险部 张三", "signature", "approved by"):
        assert word in cells, word
        assert word in page, word
    assert read.conclusion in texts
    assert read.conclusion in page
    assert "Calibration in the large (log-odds)" in cells
    main([*words, "--lang", "en", "-o", str(tmp_path / "again.docx")])
    assert (tmp_path / "again.docx").read_bytes() == (tmp_path / "r.docx").read_bytes()
    set_language(None)


def test_a_report_of_an_unwilling_disk_leaves_the_earlier_one(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = judged(folder, pl.read_parquet(GERMAN)[:600], tmp_path / "some.parquet")
    target = found.write(tmp_path / "r.json")
    before = target.read_bytes()

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(CreditError):
        found.write(target)
    assert target.read_bytes() == before


def test_a_validation_stored_before_reports_had_particulars_is_read(
    folder: Path, tmp_path: Path
) -> None:
    found = judged(folder, pl.read_parquet(GERMAN)[:600], tmp_path / "some.parquet")
    data = json.loads(found.to_json())
    for later in ("particulars", "conclusion", "findings"):
        del data[later]
    (tmp_path / "old.json").write_text(json.dumps(data), "utf-8")
    read = read_validation(tmp_path / "old.json")
    assert read.particulars.made_on is None
    assert read.conclusion == found.conclusion


def test_conclusions_name_what_failed_what_to_watch_or_nothing() -> None:
    draw = np.random.default_rng(3)
    risk = 1 / (1 + np.exp(-draw.normal(-1, 1.2, 4000)))
    y = (draw.random(4000) < risk).astype(int)
    set_language("en")
    try:
        assert validate(y, pd=risk).conclusion.startswith("Confirmed: every figure judged passes")
        low = validate(y, pd=risk / 2)
        assert "Calibration in the large (log-odds)" in low.conclusion
        assert low.findings[0].standing == "bad"
        halves = ["worse" if bad > 0.4 else "better" for bad in draw.random(4000)]
        watched = validate(y, pd=risk, grades=halves, grade_order=["better", "worse"])
        assert watched.findings[0].standing in ("bad", "watch")
    finally:
        set_language(None)

"""fit, score and validate as typed: what they write, what they refuse."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.scorecards import load
from tests.models import DATA, mixed

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
    assert found.columns == ["bad", "score", "pd", "reason_1", "lost_1", "reason_2", "lost_2"]
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

"""The cards that lie in models/: whole, proved, made again; listed and held side by side."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from lishui_credit import proof
from lishui_credit.commands.cli import main
from lishui_credit.commands.verification import verify
from lishui_credit.language import set_language
from lishui_credit.models.card_changes import changed_points, changes
from lishui_credit.models.recipes import KIND
from lishui_credit.models.shelf import shelf
from lishui_credit.scorecards import Scorecard, load
from lishui_credit.scorecards.cards.card import Card
from tests.models import DATA, mixed, mixed_process

MODELS = DATA.parent / "models"
NAMES = (
    "environment-credit/1", "farmer-household/1", "german/1", "german/2", "polish/1",
    "small-enterprise/1", "taiwan/1", "tax-credit/1",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_models", MODELS / "make.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made  # where dataclasses look for its names
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize("name", NAMES)
def test_every_card_is_whole_and_nobody_has_approved_it(name: str) -> None:
    folder = MODELS / name
    card = load(folder)
    said = proof.stated(folder / "scorecard.json")
    recipe = said.manifest(KIND).facts  # bound to the card by its hash
    sample = said.manifest(KIND).files(said.path)["sample"].resolve()
    assert sample.is_relative_to(DATA.parent)
    assert proof.sha256(sample) == card.provenance["file_sha256"]
    assert f"{recipe.model}/{recipe.version}" == name
    assert card.synthetic == (sample.parent.name == "samples")
    page = (folder / "card.md").read_text("utf-8")
    assert ("**合成数据。**" in page) == card.synthetic
    assert ("合成数据" in card.title_zh) == card.synthetic
    assert "**未经审批**" in page
    assert not card.standing.approved
    assert card.metrics["out_of_fold"]["auc_95"]


def test_the_shelf_holds_these_cards_and_no_other() -> None:
    assert [row.name for row in shelf(MODELS)] == list(NAMES)
    page = (MODELS / "README.md").read_text("utf-8")
    assert all(f"`{name}`" in page for name in NAMES)


@pytest.mark.parametrize("name", ["german/1", "farmer-household/1"])
def test_a_card_is_proved_by_fitting_it_again(name: str) -> None:
    verdict = verify(MODELS / name)
    assert verdict.holds, verdict.checks
    assert verdict.subjects == load(MODELS / name).provenance["sample_rows"]


@pytest.mark.parametrize("name", ["german/1", "tax-credit/1"])
def test_a_card_and_its_sample_are_made_again_byte_for_byte(name: str, tmp_path: Path) -> None:
    fitted_by = load(MODELS / name).provenance["packages"]
    if fitted_by != {name: version(name) for name in fitted_by}:
        pytest.skip("other versions of polars or numpy than those of the lock")
    make = maker()
    for made, place in make.make([name], tmp_path):
        assert make.files_of(made) == make.files_of(place), place


@pytest.mark.parametrize("kernel", ["Prescott", "Haswell"])
def test_a_card_is_the_same_on_a_processor_of_another_kind(kernel: str, tmp_path: Path) -> None:
    text = (
        "import sys, pathlib; from tests.test_shelf import maker; "
        "print(*maker().make(['german/1'], pathlib.Path(sys.argv[1])))"
    )
    made = tmp_path / "models" / "german" / "1"
    subprocess.run(
        [sys.executable, "-c", text, tmp_path],
        env=os.environ | {"OPENBLAS_CORETYPE": kernel},
        cwd=MODELS.parent,
        check=True,
        capture_output=True,
    )
    make = maker()
    [(here, _)] = make.make(["german/1"], tmp_path / "here")
    assert make.files_of(made) == make.files_of(here)


def test_the_rows_of_a_synthetic_sample_are_those_of_its_seed() -> None:
    make = maker()
    kept = pl.read_parquet(MODELS / "samples" / "environment-credit.parquet")
    assert make.sample_of("environment-credit").equals(kept)
    assert kept["synthetic"].all()


def test_the_list_says_data_day_auc_and_standing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--folder", str(MODELS), "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["german/1"]["data"] == "german_credit.parquet"
    assert rows["german/1"]["rows"] == 1000
    assert rows["german/1"]["fitted_on"] == "2026-11-30"
    assert rows["german/1"]["standing"] == "unapproved"
    assert rows["tax-credit/1"]["synthetic"] is True
    assert main(["models", "--folder", str(MODELS), "--lang", "en"]) == 0
    said = capsys.readouterr().out
    line = next(line for line in said.splitlines() if line.startswith("german/1"))
    low, high = rows["german/1"]["auc_95"].split(" .. ")
    assert f"{rows['german/1']['auc']:.4f} ({low}–{high})" in line
    assert "NOT APPROVED" in line
    assert said.count("SYNTHETIC") == 4


def test_a_card_that_cannot_be_read_is_listed_as_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("german/1", "german/2"):
        shutil.copytree(MODELS / name, tmp_path / name)
    file = tmp_path / "german" / "2" / "scorecard.json"
    file.write_text(file.read_text("utf-8").replace('"points": 4', '"points": 5', 1), "utf-8")
    assert main(["models", "--folder", str(tmp_path), "--lang", "en"]) == 1
    said = capsys.readouterr().out
    assert "CANNOT BE READ" in said
    assert "edited after it was sealed" in said
    assert main(["models", "--folder", str(tmp_path / "none"), "--lang", "en"]) == 2


def test_a_comparison_names_settings_points_and_movers(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["models", "compare", "german/1", "german/2", "--folder", str(MODELS)]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    changed = {row["what"]: (row["before"], row["after"]) for row in told["settings"]}
    assert changed["settings selection"] == ("all", "forward")
    assert changed["settings max_bins"] == ("8", "5")
    assert not [what for what in changed if "fingerprint" in what]  # of one sample both times
    assert told["left"] == ["property"]
    moves = told["moves"]
    old, new = (load(MODELS / name) for name in ("german/1", "german/2"))
    rows = pl.read_parquet(DATA / "german_credit.parquet")
    change = new.score(rows) - old.score(rows)
    assert (moves["up"], moves["down"]) == (int((change > 0).sum()), int((change < 0).sum()))
    assert sum(row["subjects"] for row in moves["migration"]) == moves["rows"] == 1000
    assert moves["sample_of_a_fit"] is True
    assert main([*words, "--lang", "en"]) == 0
    assert "flatters" in capsys.readouterr().out


def card_of(**settings: int) -> Card:
    frame, bad = mixed(2500)
    process = mixed_process()
    process.set_params(**settings)
    return Scorecard(process, min_iv=0).fit(frame, bad).card_


def test_pieces_hold_every_value_whose_points_changed() -> None:
    """Each row's points of both cards, against the piece that its value falls in."""
    old, new = card_of(), card_of(max_bins=3)
    frame, _ = mixed(2500)
    told = changed_points(old, new)
    before, after = old.contributions(frame), new.contributions(frame)
    for name in {*old.columns} & {*new.columns}:
        pairs = {*zip(before[f"points__{name}"], after[f"points__{name}"], strict=True)}
        differ = {(float(low), float(high)) for low, high in pairs if low != high}
        rows = told.filter(feature=name)
        listed = {*zip(rows["before"], rows["after"], strict=True)}
        assert differ <= listed, name
    months = told.filter(feature="months")
    assert not months.is_empty()
    cuts = {*old["months"].binning.cuts, *new["months"].binning.cuts}
    assert months["bin"].n_unique() <= len(cuts) + 3


def test_the_same_card_changes_nothing_and_moves_nobody(tmp_path: Path) -> None:
    card = card_of()
    frame, bad = mixed(300, seed=1)
    frame.with_columns(bad=pl.Series(bad)).write_parquet(tmp_path / "a.parquet")
    found = changes(card, replace(card), tmp_path / "a.parquet", "bad")
    assert found.points.is_empty()
    assert found.settings.is_empty()
    assert (found.moves.up, found.moves.down, found.moves.known) == (0, 0, False)


def test_points_of_one_bin_are_found_with_the_change_of_the_intercept_taken_off() -> None:
    card = card_of()
    item = card["income"]
    raised = replace(item, points=(item.points[0] + 7, *item.points[1:]))
    others = [raised if row is item else row for row in card.characteristics]
    told = changed_points(card, replace(card, characteristics=tuple(others)))
    assert told["beyond"].to_list() == [7.0]
    assert told["bin"].to_list() == [item.binning.bins[0].said]
    shifted = [
        replace(row, points=tuple(m + 2 for m in row.points)) for row in card.characteristics
    ]
    factor = card.scale.factor
    lifted = replace(
        card,
        characteristics=tuple(shifted),
        intercept=card.intercept + 2 * len(shifted) / factor,
    )
    assert changed_points(card, lifted)["beyond"].abs().max() < 1e-6

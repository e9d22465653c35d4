"""A card is proved by fitting it again: what the proof finds, and what it does not hold against it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from lishui_credit.commands.verification import verify
from lishui_credit.errors import ModelError
from lishui_credit.models import fit_file
from lishui_credit.models.recipes import Recipe, settings_of
from lishui_credit.scorecards import Odds, Scorecard, load, seal_again
from tests.models import mixed, mixed_process


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A card of made-up rows, fitted with settings of every kind."""
    home = tmp_path_factory.mktemp("shelf")
    frame, bad = mixed(1500)
    table = frame.with_columns(bad=pl.Series(bad), synthetic=True, county=pl.lit("莲都区"))
    table.write_parquet(home / "sample.parquet")
    model = Scorecard(mixed_process(), base_odds=Odds(20, 1), selection="forward")
    folder = home / "models" / "mixed" / "1"
    words = {"title_zh": "演示", "intended": "演示", "label": "十二个月内违约"}
    by, out = ["owns"], ["county"]
    fit_file(home / "sample.parquet", folder, model=model, folds=2, by=by, leave_out=out, **words)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it, with its sample, that a test may change."""
    for path in (*made.iterdir(), made.parents[2] / "sample.parquet"):
        copy = tmp_path / path.relative_to(made.parents[2])
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return tmp_path / "models" / "mixed" / "1"


def wrong(folder: Path) -> set[str]:
    return {name for name, same in verify(folder).checks.items() if not same}


def bind(folder: Path, change: Callable[[dict[str, object]], None]) -> None:
    """Change the manifest, and bind it to the card as it is now."""
    path = folder / "scorecard.json.manifest.json"
    told = json.loads(path.read_text("utf-8"))
    told["output_sha256"] = hashlib.sha256((folder / "scorecard.json").read_bytes()).hexdigest()
    change(told)
    path.write_text(json.dumps(told), encoding="utf-8")


def test_a_card_fitted_again_from_its_own_words_is_the_same(made: Path) -> None:
    verdict = verify(made)
    assert verdict.holds, verdict.checks
    assert verdict.subjects == 1500
    assert {"bins and points", "figures", "words", "card.md drawn again"} <= verdict.checks.keys()


def test_the_settings_of_a_card_read_back_are_those_of_its_fit(made: Path) -> None:
    recipe = Recipe(model="mixed", version="1", fitted_on="2026-11-30", language="en", target="bad")
    model = settings_of(load(made), recipe)
    assert (model.base_odds, model.selection) == (Odds(20, 1), "forward")
    assert model.process is not None
    assert model.process.special_codes == {"months": {-9.0: "no record"}}
    assert model.process.categorical == ["kind"]


def test_points_that_no_fit_gives_are_found_though_they_are_sealed(
    folder: Path, tmp_path: Path
) -> None:
    text = (folder / "scorecard.json").read_text("utf-8")
    points = load(folder).characteristics[0].points[0]
    (folder / "scorecard.json").write_text(
        text.replace(f'"points": {points},', f'"points": {points + 9},', 1), encoding="utf-8"
    )
    again = seal_again(folder, tmp_path / "other" / "1", "a better look")
    (folder / "scorecard.json").write_bytes(again.read_bytes())
    bind(folder, lambda told: None)
    verdict = verify(folder)
    assert not verdict.checks["bins and points"]
    assert str(points + 9) in verdict.different["stored"].to_list()


def test_a_changed_page_and_a_page_that_is_gone_are_found(folder: Path) -> None:
    page = folder / "validation.html"
    page.write_text(page.read_text("utf-8").replace("AUC", "AUC!", 1), encoding="utf-8")
    (folder / "card.md").unlink()
    assert {"validation.html", "card.md"} <= wrong(folder)


def test_another_sample_is_found_and_an_absent_one_is_an_error(folder: Path) -> None:
    sample = folder.parents[2] / "sample.parquet"
    pl.read_parquet(sample).head(1400).write_parquet(sample)
    assert {"input sample", "bins and points"} <= wrong(folder)
    sample.unlink()
    with pytest.raises(ModelError, match=r"gone|不存在"):
        verify(folder)


def test_a_recipe_that_gives_another_card_is_found(folder: Path) -> None:
    bind(folder, lambda told: told.update(leave_out=["county", "income"]))
    assert "bins and points" in wrong(folder)


def test_a_card_without_its_manifest_is_no_card_that_can_be_proved(folder: Path) -> None:
    (folder / "scorecard.json.manifest.json").unlink()
    with pytest.raises(ModelError, match="manifest"):
        verify(folder)

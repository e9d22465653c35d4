"""The proof of a card: fitted again from its sample by its recipe, and every value compared."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from lishui_credit import proof
from lishui_credit.language import tr
from lishui_credit.models.card_values import values
from lishui_credit.models.fitting import pages_of
from lishui_credit.models.recipes import KIND, cooked, settings_of
from lishui_credit.proof import Progress, Stated, Verdict
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_file import load
from lishui_credit.scorecards.sample_files import read_sample
from lishui_credit.tables.beside import sha256

_NEAR: Final = 1e-9  # of a figure: its last bits depend on the processor
_PARTS: Final = {
    **dict.fromkeys(
        ("indicators", "crossed", "base_points", "intercept", "scale"), "bins and points"
    ),
    **dict.fromkeys(("metrics", "provenance"), "figures"),
}


def verified(said: Stated, progress: Progress) -> Verdict:
    """Fit a card again from its sample and compare: bins, points, figures, pages.

    Bins, counts and points are the same exactly, figures to nine digits. Pages are drawn again where
    the packages are those of the fit.
    """
    manifest = said.manifest(KIND, bound=False)
    recipe = manifest.facts

    def again(files: Mapping[str, Path]) -> Verdict:
        stored = load(said.path)
        sample = read_sample(files["sample"], recipe.target, leave_out=recipe.leave_out)
        rows = sample.outcome.len() + sample.without_outcome
        card, validation = proof.spoken(
            "zh" if recipe.language == "zh" else "en",
            lambda: cooked(recipe, files["sample"], sample, settings_of(stored, recipe), progress),
        )
        drawn = proof.spoken(
            "zh" if recipe.language == "zh" else "en", lambda: pages_of(card, recipe, validation)
        )
        checks, different = _compared(stored, card)
        pages = {name: _of(said.path.with_name(name)) for name in drawn}
        checks |= {name: pages[name] == digest for name, digest in recipe.pages.items()}
        if _same_packages(stored, card):
            checks |= {
                tr(f"{name} drawn again", f"{name} 重绘"): pages[name]
                == hashlib.sha256(page).hexdigest()
                for name, page in drawn.items()
            }
        told = replace(recipe, model=stored.id, version=str(stored.provenance["version"]))
        rerun = replace(
            manifest,
            facts=told,
            inputs=manifest.inputs_again(sample=rows),
            synthetic=card.synthetic,
        )
        checks |= proof.words(said, rerun)
        return Verdict(checks=checks, subjects=rows, different=different)

    return proof.verify(said, manifest, again, progress)


def _of(path: Path) -> str:
    return sha256(path) if path.exists() else ""


def _compared(stored: Card, again: Card) -> tuple[dict[str, bool], pl.DataFrame]:
    """Return whether each part of two cards is the same, and the values that are not."""
    first, second = values(stored), values(again)
    # a fingerprint is polars' own, and another version of it may count otherwise
    free = {"packages"} if _same_packages(stored, again) else {"packages", "sample_fingerprint"}
    places = [place for place in {**first, **second} if free.isdisjoint(place)]
    unlike = [
        place
        for place in places
        if place not in first or place not in second or not _same(first[place], second[place])
    ]
    wrong = {_PARTS.get(place[0], "words") for place in unlike}
    checks = {part: part not in wrong for part in (*dict.fromkeys(_PARTS.values()), "words")}
    rows = [(" ".join(row), str(first.get(row)), str(second.get(row))) for row in unlike]
    schema = dict.fromkeys(("place", "stored", "fitted again"), pl.String)
    return checks, pl.DataFrame(rows, schema=schema, orient="row")


def _same_packages(stored: Card, again: Card) -> bool:
    return bool(stored.provenance["packages"] == again.provenance["packages"])


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_NEAR, abs_tol=1e-12)
    return bool(one == other)

"""How a card was fitted from a file, in full: what `fit` was told, so that it can be done again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from lishui_credit import proof
from lishui_credit.language import Bilingual, tr
from lishui_credit.proof import Kind
from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.scale import Odds
from lishui_credit.scorecards.folds import out_of_fold
from lishui_credit.scorecards.sample_files import MADE_UP, Sample
from lishui_credit.scorecards.scorecard import Scorecard
from lishui_credit.statistics.logistic import expit
from lishui_credit.statistics.outcomes import Floats
from lishui_credit.tables.beside import sha256
from lishui_credit.validation.report.settings import ValidationSettings
from lishui_credit.validation.report.validate import validate
from lishui_credit.validation.report.validation import Validation

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a fit was told beside its sample and the settings that the card holds itself."""

    model: str  # id of the card
    version: str
    fitted_on: str  # the day, as 2026-11-30
    language: str  # of the card's words and its pages
    target: str
    leave_out: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    folds: int = 5
    seed: int = 0
    title_zh: str = ""
    intended: str = ""
    population: str = ""
    label: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)  # Chinese, of columns of the sample
    pages: Mapping[str, str] = field(default_factory=dict)  # SHA-256 of the pages beside the card


KIND: Final = Kind(proof.CARD, Recipe, Bilingual("a fitted card", "拟合的评分卡"), ("sample",))


def cooked(
    recipe: Recipe, path: Path, sample: Sample, model: Scorecard, progress: Progress
) -> tuple[Card, Validation]:
    """Return the card that a recipe gives on a sample, and its validation out of fold."""
    sample.must_hold(*recipe.leave_out, *recipe.by)
    inputs = sample.frame.drop(*recipe.leave_out, MADE_UP, strict=False)
    progress(tr("fitting", "拟合"))
    fitted = Scorecard(**{**model.get_params(deep=False), "labels": dict(recipe.labels)})
    fitted.fit(inputs, sample.outcome)
    progress(tr("judging out of fold", "折外验证"))
    line = _unseen_line(fitted, inputs, sample.outcome, recipe)
    title, folds = recipe.title_zh or recipe.model, recipe.folds
    validation = _judged(
        fitted.card_, sample, line, recipe,
        title=tr(f"{title}: out of fold, {folds} folds", f"{title}:{folds} 折折外验证"),
    )  # fmt: skip
    provenance = {
        "file": path.name,
        "file_sha256": sha256(path),
        "target": recipe.target,
        "rows_without_outcome": sample.without_outcome,
        "version": recipe.version,
        **({"label": recipe.label} if recipe.label else {}),
        "scores": _counted(fitted.card_.score(inputs)),
    }
    measured = {name: _rounded(validation, name) for name in ("auc", "ks", "brier")}
    auc = validation.line("auc")
    interval = {} if auc.low is None else {"auc_95": f"{auc.low:.4f} .. {auc.high:.4f}"}
    metrics = {"out_of_fold": {"folds": folds, "seed": recipe.seed, **measured, **interval}}
    card = replace(
        fitted.card_,
        id=recipe.model,
        title_zh=recipe.title_zh,
        synthetic=sample.synthetic,
        provenance={**fitted.card_.provenance, **provenance},
        metrics={**fitted.card_.metrics, **metrics, **_of_groups(validation, recipe.by)},
    )
    return card, validation


def settings_of(card: Card) -> Scorecard:
    """Return the settings that a stored card was fitted with, as a model to fit."""
    told = dict(card.settings)
    process: dict[str, Any] = {
        part.name: told.pop(part.name) for part in fields(BinningProcess) if part.name in told
    }
    if process.get("special_codes"):  # JSON has texts for keys
        process["special_codes"] = {
            name: {_code(code): said for code, said in codes.items()}
            if isinstance(codes, Mapping)
            else codes
            for name, codes in process["special_codes"].items()
        }
    told["base_odds"] = Odds(**told["base_odds"])
    return Scorecard(
        BinningProcess(**process),
        **told,
        protected=dict(card.protected) or None,
        grades=card.grades,
    )


def _code(text: str) -> float:
    """Return a code as it was given: a whole number stays one, so that it is written as it was."""
    return int(text) if text.removeprefix("-").isdecimal() else float(text)


def _unseen_line(
    fitted: Scorecard, inputs: pl.DataFrame, outcome: pl.Series, recipe: Recipe
) -> Floats:
    """Return the log-odds of good of rows by cards that had not seen them."""
    quiet = Scorecard(**fitted.get_params(deep=False))
    process = fitted.process_.get_params(deep=False)
    # a level that only one fold holds is unseen in the other cards: no reason to warn or to stop
    quiet.process = type(fitted.process_)(**{**process, "unseen": "neutral"})
    return -out_of_fold(quiet, inputs, outcome, folds=recipe.folds, seed=recipe.seed)


def _judged(card: Card, sample: Sample, line: Floats, recipe: Recipe, *, title: str) -> Validation:
    return validate(
        sample.outcome.cast(pl.Int8).to_numpy(),
        score=line * card.scale.factor + card.scale.offset,
        pd=expit(-line),
        groups={name: sample.frame[name].cast(pl.String) for name in recipe.by},
        settings=ValidationSettings(seed=recipe.seed),
        title=title,
        synthetic=sample.synthetic,
    )


def _counted(scores: pl.Series) -> dict[str, int]:
    counted = scores.value_counts().sort("score")
    return {str(score): int(rows) for score, rows in counted.iter_rows()}


def _of_groups(validation: Validation, by: Sequence[str]) -> dict[str, Any]:
    """Return what the model card says of every group: rows, bad rate, AUC with its interval."""
    found: dict[str, Any] = {}
    for name in by:
        table = validation.table(f"group_{name}").filter(pl.col("metric") == "auc")
        found[name] = {
            str(row["group"]): {
                "rows": row["subjects"],
                "auc": "" if row["value"] is None else round(row["value"], 4),
                "auc_95": "" if row["low"] is None else f"{row['low']:.4f} .. {row['high']:.4f}",
                "bad_rate": "" if row["bad_rate"] is None else round(row["bad_rate"], 4),
                **({"note": row["note"]} if row["note"] else {}),
            }
            for row in table.iter_rows(named=True)
        }
    return {"out_of_fold_by_group": found} if found else {}


def _rounded(validation: Validation, name: str) -> float | None:
    value = validation.line(name).value
    return None if value is None else round(float(value), 6)

"""How a card was fitted from a file, in full: what `fit` was told, so that it can be done again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from lishui_credit import proof
from lishui_credit.errors import SubjectError
from lishui_credit.language import Bilingual, tr
from lishui_credit.proof import Kind
from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_file import to_json
from lishui_credit.scorecards.cards.master_scale import build_scale
from lishui_credit.scorecards.cards.scale import Odds
from lishui_credit.scorecards.folds import out_of_fold
from lishui_credit.scorecards.joint.joint_points import JointPoints
from lishui_credit.scorecards.sample_faults import ARTEFACTS, COPIES
from lishui_credit.scorecards.sample_files import MADE_UP, Sample
from lishui_credit.scorecards.scorecard import Scorecard
from lishui_credit.statistics.logistic import expit
from lishui_credit.statistics.outcomes import Floats, Values
from lishui_credit.tables.beside import sha256
from lishui_credit.validation.discrimination import auc
from lishui_credit.validation.groups import TOO_FEW, crossed, parts_of
from lishui_credit.validation.report.outline import Records
from lishui_credit.validation.report.particulars import Particulars
from lishui_credit.validation.report.settings import ValidationSettings
from lishui_credit.validation.report.validate import validate
from lishui_credit.validation.report.validation import Validation

Progress = Callable[[str], None]

_BUILT_HERE: Final = Bilingual(
    "The grades were built on these out-of-fold scores: that they order bad rates here is no evidence; "
    "later data must show it.",
    "等级由本报告的折外分数建立,在此次序成立不作为证据,须由后期数据检验。",
)


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
    owner: str = ""
    grades: int = 0  # most grades of the scale built here; 0 where the settings hold one, or none
    labels: Mapping[str, str] = field(default_factory=dict)  # Chinese, of columns of the sample
    pages: Mapping[str, str] = field(default_factory=dict)  # SHA-256 of the pages beside the card


KIND: Final = Kind(proof.CARD, Recipe, Bilingual("a fitted card", "拟合的评分卡"), ("sample",))


def cooked(
    recipe: Recipe, path: Path, sample: Sample, model: Scorecard, progress: Progress
) -> tuple[Card, Validation]:
    """Return the card that a recipe gives on a sample, and its validation out of fold."""
    names = sample.frame.columns
    sample.must_hold(*recipe.leave_out, *(part for by in recipe.by for part in parts_of(by, names)))
    inputs = sample.frame.drop(*recipe.leave_out, MADE_UP, strict=False)
    progress(tr("fitting", "拟合"))
    fitted = Scorecard(**{**model.get_params(deep=False), "labels": dict(recipe.labels)})
    fitted.fit(inputs, sample.outcome)
    progress(tr("judging out of fold", "折外验证"))
    watched = list(fitted.proxies_of or ())
    line, copies = _unseen_lines(fitted, inputs.drop(watched), sample.outcome, recipe)
    scored, ungraded = _graded(fitted.card_, sample.outcome, line, recipe.grades)
    title = recipe.title_zh or recipe.model
    validation = _judged(
        scored, sample, line, recipe, watched, _looked_at(fitted, inputs),
        title=tr(f"{title}: out of fold, {recipe.folds} folds", f"{title}:{recipe.folds} 折折外验证"),
    )  # fmt: skip
    told = {"label": recipe.label, "owner": recipe.owner, "no_grades": ungraded}
    provenance = {
        "file": path.name,
        "file_sha256": sha256(path),
        "target": recipe.target,
        "rows_without_outcome": sample.without_outcome,
        "version": recipe.version,
        **{name: words for name, words in told.items() if words},
        "scores": _counted(scored.score(inputs)),
    }
    card = replace(
        scored,
        id=recipe.model,
        title_zh=recipe.title_zh,
        synthetic=sample.synthetic,
        provenance={**scored.provenance, **provenance},
        metrics={**scored.metrics, **_measured(validation, recipe), **copies},
    )
    return card, _signed(validation, card, recipe, built_here=scored is not fitted.card_)


def settings_of(card: Card, recipe: Recipe) -> Scorecard:
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
    if told.get("points") is not None:
        told["points"] = JointPoints(**told["points"])
    watched = dict.fromkeys(row["attribute"] for row in card.metrics.get("proxies", ()))
    return Scorecard(
        BinningProcess(**process),
        **told,
        protected=dict(card.protected) or None,
        proxies_of=list(watched) or None,
        grades=None if recipe.grades else card.grades,
    )


def _code(text: str) -> float:
    """Return a code as it was given: a whole number stays one, so that it is written as it was."""
    return int(text) if text.removeprefix("-").isdecimal() else float(text)


def _unseen_lines(
    fitted: Scorecard, inputs: pl.DataFrame, outcome: pl.Series, recipe: Recipe
) -> tuple[Floats, dict[str, Any]]:
    """Return the log-odds of good of rows by cards that had not seen them, and what copies do to them.

    Where the sample holds copies, a second round keeps them in one fold; by the settings of the model
    it gives the log-odds, else the first.
    """
    quiet = Scorecard(**{**fitted.get_params(deep=False), "proxies_of": None})
    process = fitted.process_.get_params(deep=False)
    # a level that only one fold holds is unseen in the other cards: no reason to warn or to stop
    quiet.process = type(fitted.process_)(**{**process, "unseen": "neutral"})

    def unseen(groups: Values | None) -> Floats:
        return -out_of_fold(
            quiet, inputs, outcome, folds=recipe.folds, seed=recipe.seed, groups=groups
        )

    apart = unseen(None)
    if fitted.copies_ is None:
        return apart, {}
    together = unseen(fitted.copies_.groups)
    bad = outcome.cast(pl.Float64).to_numpy()
    areas = {"auc_apart": auc(bad, -apart).value, "auc_together": auc(bad, -together).value}
    kept = fitted.card_.metrics[COPIES] | {name: round(area, 6) for name, area in areas.items()}
    return together if fitted.faults == "together" else apart, {COPIES: kept}


def _looked_at(fitted: Scorecard, inputs: pl.DataFrame) -> Records | None:
    """Return the rows in which the fit found faults; None where it found none."""
    if not {COPIES, ARTEFACTS} & fitted.card_.metrics.keys():
        return None
    return Records(
        inputs=inputs.select(list(fitted.process_.binnings_)),
        codes=fitted.process_.special_codes,
    )


def _graded(card: Card, outcome: pl.Series, line: Floats, most: int) -> tuple[Card, str]:
    """Return a card with a master scale built on unseen scores, or the reason why it has none."""
    if not most:
        return card, ""
    points = np.round(_points(card, line) * card.point_unit).astype(np.int64)
    try:
        scale = build_scale(outcome.cast(pl.Int8), score=points, max_grades=most)
    except SubjectError as error:
        return card, str(error)
    return replace(card, grades=scale.scale), ""


def _points(card: Card, line: Floats) -> Floats:
    """Return log-odds of good as points, not rounded."""
    return line * card.scale.factor + card.scale.offset


def _judged(
    card: Card,
    sample: Sample,
    line: Floats,
    recipe: Recipe,
    watched: Sequence[str],
    records: Records | None,
    *,
    title: str,
) -> Validation:
    score, grades = _points(card, line), None
    if card.grades is not None:
        grades = card.grade(pl.Series(np.round(score * card.point_unit).astype(np.int64)))
    return validate(
        sample.outcome.cast(pl.Int8).to_numpy(),
        score=score,
        grades=grades,
        grade_order=None if card.grades is None else [row.id for row in card.grades.grades],
        pd=expit(-line),
        groups={name: crossed(sample.frame, name) for name in recipe.by},
        features=sample.frame.select(card.columns) if watched else None,
        records=records,
        proxies_of={name: sample.frame[name] for name in watched},
        settings=ValidationSettings(seed=recipe.seed),
        title=title,
        synthetic=sample.synthetic,
    )


def _signed(validation: Validation, card: Card, recipe: Recipe, *, built_here: bool) -> Validation:
    """Return a validation with the particulars of the card as stored, and where its grades come from."""
    told = card.provenance
    particulars = Particulars(
        made_on=date.fromisoformat(recipe.fitted_on),
        card=f"{card.id}/{recipe.version}",
        card_sha256=hashlib.sha256(to_json(card).encode()).hexdigest(),
        file=told["file"],
        file_sha256=told["file_sha256"],
        owner=recipe.owner,
    )
    remarks = [*validation.remarks, *([_BUILT_HERE] if built_here else [])]
    if COPIES in card.metrics:
        remarks.append(_with_copies(card))
    return replace(validation, particulars=particulars, remarks=tuple(remarks))


def _with_copies(card: Card) -> Bilingual:
    """Return what AUC falls to where near copies are kept in one fold, and which figures are here."""
    found = card.metrics[COPIES]
    apart, together = f"{found['auc_apart']:.4f}", f"{found['auc_together']:.4f}"
    kept = card.settings.get("faults") == "together"
    return Bilingual(
        f"The sample holds near copies: AUC is {apart} where folds part them, {together} where they are kept"
        f" in one fold; this report is of folds that {'keep them together' if kept else 'part them'}.",
        f"样本含近似重复:拆入不同折时 AUC 为 {apart},同折时为 {together};"
        f"本报告按{'同折' if kept else '拆开'}计算。",
    )


def _measured(validation: Validation, recipe: Recipe) -> dict[str, Any]:
    """Return what the card keeps of its out-of-fold validation."""
    found = {name: _rounded(validation, name) for name in ("auc", "ks", "brier")}
    auc = validation.line("auc")
    interval = {} if auc.low is None else {"auc_95": f"{auc.low:.4f} .. {auc.high:.4f}"}
    whole = {"folds": recipe.folds, "seed": recipe.seed, **found, **interval}
    return {"out_of_fold": whole, **_of_groups(validation, recipe.by)}


def _counted(scores: pl.Series) -> dict[str, int]:
    counted = scores.value_counts().sort("score")
    return {str(score): int(rows) for score, rows in counted.iter_rows()}


def _of_groups(validation: Validation, by: Sequence[str]) -> dict[str, Any]:
    """Return what the model card says of every group: rows, bad rate, AUC with its interval."""
    found: dict[str, Any] = {}
    least = validation.settings.min_rows
    for name in by:
        table = validation.table(f"group_{name}").filter(pl.col("metric") == "auc")
        found[name] = {
            str(row["group"]): {
                "rows": row["subjects"],
                "auc": "" if row["value"] is None else round(row["value"], 4),
                "auc_95": "" if row["low"] is None else f"{row['low']:.4f} .. {row['high']:.4f}",
                "bad_rate": "" if row["bad_rate"] is None else round(row["bad_rate"], 4),
                **({"note": row["note"]} if row["note"] else {}),
                **({"needed": least} if row["note"] == TOO_FEW else {}),
            }
            for row in table.iter_rows(named=True)
        }
    return {"out_of_fold_by_group": found} if found else {}


def _rounded(validation: Validation, name: str) -> float | None:
    value = validation.line(name).value
    return None if value is None else round(float(value), 6)

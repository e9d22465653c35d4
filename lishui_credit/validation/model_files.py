"""From a file to a fitted and judged card in a folder; from a card and a later file to a report.

A card is fitted on every row and judged on scores of rows it had not seen: out of fold. What the
judging of a later file needs of the sample (how many rows had which score, how many fell in which
bin) is kept in the card, so that the sample itself need not be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from lishui_credit.errors import ModelError, Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_file import FILE, load, save
from lishui_credit.scorecards.cards.model_card import model_card
from lishui_credit.scorecards.features import features
from lishui_credit.scorecards.folds import out_of_fold
from lishui_credit.scorecards.sample_files import read_sample
from lishui_credit.scorecards.scorecard import Scorecard
from lishui_credit.statistics.logistic import expit
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.read import sha256
from lishui_credit.validation.groups import by_group
from lishui_credit.validation.report.validate import validate
from lishui_credit.validation.report.validation import Validation

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A card fitted from a file.

    Parameters
    ----------
    card : Card
        As written.
    folder : Path
        With ``scorecard.json``, ``card.md`` and ``validation.html``.
    validation : Validation
        Of scores out of fold.
    """

    card: Card
    folder: Path
    validation: Validation


def fit_file(
    path: Path | str,
    folder: Path | str,
    *,
    target: str = "bad",
    model: Scorecard | None = None,
    leave_out: Sequence[str] = (),
    by: Sequence[str] = (),
    folds: int = 5,
    seed: int = 0,
    title_zh: str = "",
    intended: str = "",
    population: str = "",
    label: str = "",
    progress: Progress = lambda step: None,
) -> Fitted:
    """Fit a card from a file and write it, its model card and its validation.

    Parameters
    ----------
    path : path-like
        ``.parquet``, ``.csv`` or ``.xlsx``.
    folder : path-like
        ``models/<id>/<version>``; must not hold a card yet.
    target : str, default "bad"
        Column of the outcome: 1 bad, 0 good.
    model : Scorecard, optional
        Settings; ``Scorecard()`` if None.
    leave_out : sequence of str
        Columns that are no features, such as ids; ``synthetic`` always is none.
    by : sequence of str
        Columns to split every metric by; they may be protected ones, and are no inputs for that.
    folds, seed : int, default 5, 0
        Of the out-of-fold scores.
    title_zh, intended, population, label : str
        For the model card: name, use, on whom, what counts as bad and within how long.
    progress : callable
        Told the name of each step.

    Returns
    -------
    Fitted

    Raises
    ------
    SubjectError
        For bad data.
    ModelError
        If the folder holds a card already.

    Notes
    -----
    Cost: `folds` + 1 fits.
    """
    folder = Path(folder)
    if (folder / FILE).exists():
        raise ModelError(
            Problem(
                tr("the version exists and is never overwritten", "该版本已存在,不得覆盖"),
                str(folder / FILE),
                tr("give a new version folder", "请使用新的版本目录"),
            )
        )
    progress(tr("reading", "读取"))
    sample = read_sample(path, target)
    table, outcome = sample.frame, sample.outcome
    synthetic = _is_synthetic(table)
    gone = [name for name in leave_out if name not in table.columns]
    gone += [name for name in by if name not in table.columns]
    if gone:
        raise SubjectError(
            Problem(tr("no such column", "没有这一列"), name, ", ".join(table.columns[:12]))
            for name in gone
        )
    inputs = features(table.drop({*leave_out, *_no_features(table)}))
    known = dictionary()
    labels = {name: known[name].label_zh for name in inputs.columns if name in known}
    progress(tr("fitting", "拟合"))
    chosen = Scorecard(**(model if model is not None else Scorecard()).get_params(deep=False))
    chosen.labels = {**labels, **(chosen.labels or {})}
    fitted = chosen.fit(inputs, outcome)
    progress(tr("judging out of fold", "折外验证"))
    quiet = Scorecard(**fitted.get_params(deep=False))
    process = fitted.process_.get_params(deep=False)
    quiet.process = type(fitted.process_)(**{**process, "unseen": "neutral"})
    line = -out_of_fold(quiet, inputs, outcome, folds=folds, seed=seed)
    scale = fitted.card_.scale
    validation = validate(
        outcome.cast(pl.Int8).to_numpy(),
        score=line * scale.factor + scale.offset,
        pd=expit(-line),
        groups={name: table[name].cast(pl.String) for name in by},
        title=tr(
            f"{title_zh or folder.parent.name}: out of fold, {folds} folds",
            f"{title_zh or folder.parent.name}:{folds} 折折外验证",
        ),
        synthetic=synthetic,
        seed=seed,
    )
    card = replace(
        fitted.card_,
        id=folder.parent.name,
        title_zh=title_zh,
        synthetic=synthetic,
        provenance={
            **fitted.card_.provenance,
            "file": Path(path).name,
            "file_sha256": sha256(path),
            "target": target,
            "rows_without_outcome": sample.without_outcome,
            "version": folder.name,
            **({"label": label} if label else {}),
            "scores": _counted(fitted.card_.score(inputs)),
        },
        metrics={
            **fitted.card_.metrics,
            "out_of_fold": {
                "folds": folds,
                "seed": seed,
                **{name: _line(validation, name) for name in ("auc", "ks", "brier")},
            },
            **_of_groups(outcome, line, {name: table[name] for name in by}, seed),
        },
    )
    progress(tr("writing", "写出"))
    save(card, folder, card__md=model_card(card, intended=intended, population=population))
    validation.write(folder / "validation.html")
    return Fitted(card=card, folder=folder, validation=validation)


def validate_file(
    model: Path | str,
    path: Path | str,
    *,
    target: str | None = None,
    by: Sequence[str] = (),
    period: str | None = None,
    cut_off: float | None = None,
    seed: int = 0,
) -> Validation:
    """Judge a stored card on a later file.

    Parameters
    ----------
    model : path-like
        Folder of the card.
    path : path-like
        Later rows with outcomes.
    target : str, optional
        Column of the outcome; the one the card was fitted on if None.
    by : sequence of str
        Columns to split every metric by.
    period : str, optional
        Column of periods.
    cut_off : float, optional
        Lowest score approved, in printed points.
    seed : int, default 0
        Of bootstraps.

    Returns
    -------
    Validation
        Discrimination, calibration, grades if the card has them, stability against the sample,
        periods, groups.
    """
    card = load(model)
    sample = read_sample(path, target or str(card.provenance.get("target", "bad")))
    table, outcome = sample.frame, sample.outcome
    absent = [name for name in (*by, *([period] if period else [])) if name not in table.columns]
    if absent:
        raise SubjectError(
            Problem(tr("no such column", "没有这一列"), name, ", ".join(table.columns[:12]))
            for name in absent
        )
    scores = card.score(table)
    counted: Mapping[str, int] = card.provenance.get("scores", {})
    known = np.repeat([int(score) for score in counted], list(counted.values()))
    before, now = bins_before_and_now(card, table)
    first = card.metrics.get("out_of_fold", {})
    return validate(
        outcome.cast(pl.Int8).to_numpy(),
        score=scores.to_numpy() / card.point_unit,
        pd=card.pd(scores),
        features=now if counted else None,
        reference=before if counted else None,
        reference_score=known / card.point_unit if len(known) else None,
        grades=card.grade(scores) if card.grades is not None else None,
        grade_order=[row.id for row in card.grades.grades] if card.grades is not None else None,
        groups={name: table[name].cast(pl.String) for name in by},
        periods=table[period].cast(pl.String) if period else None,
        cut_off=cut_off,
        initial_auc=first.get("auc"),
        title=f"{card.title_zh or card.id} · {Path(path).name}",
        synthetic=card.synthetic or _is_synthetic(table),
        seed=seed,
    )


def bins_before_and_now(card: Card, table: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return every characteristic's bins of the sample and of a frame, as labels.

    The sample's rows are rebuilt column by column from the counts the card keeps: each column is
    right, the rows are not subjects.
    """
    now = features(table, card.columns)
    before: dict[str, list[str]] = {}
    current: dict[str, Any] = {}
    for item in card.characteristics:
        names = [row.said for row in item.binning.bins]
        before[item.feature] = np.repeat(names, [row.rows for row in item.binning.bins]).tolist()
        places = now.select(item.binning.index().expr(pl)).to_series()
        current[item.feature] = pl.Series(np.asarray(names)[places.to_numpy()].tolist())
    return pl.DataFrame(before), pl.DataFrame(current)


def _no_features(table: pl.DataFrame) -> list[str]:
    return [name for name in ("synthetic",) if name in table.columns]


def _is_synthetic(table: pl.DataFrame) -> bool:
    for name in _no_features(table):
        said = table[name].cast(pl.String).str.to_lowercase()
        if said.is_in(["true", "1", "是"]).any():
            return True
    return False


def _counted(scores: pl.Series) -> dict[str, int]:
    counted = scores.value_counts().sort("score")
    return {str(score): int(rows) for score, rows in counted.iter_rows()}


def _of_groups(
    outcome: pl.Series, line: Any, groups: Mapping[str, pl.Series], seed: int
) -> dict[str, Any]:
    """Return what the model card says of every group: rows, bad rate, AUC with its interval."""
    found: dict[str, Any] = {}
    for name, labels in groups.items():
        table = by_group(
            outcome.cast(pl.Int8).to_numpy(), labels.cast(pl.String), "auc", -line, seed=seed
        )
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


def _line(validation: Validation, name: str) -> float | None:
    value = validation.line(name).value
    return None if value is None else round(float(value), 6)

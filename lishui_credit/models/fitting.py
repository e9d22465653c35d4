"""A card fitted from a file, judged out of fold, and written into a new folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import Bilingual, tr
from lishui_credit.models.label_files import read_labels
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_file import new_version, save
from lishui_credit.scorecards.cards.master_scale import build_scale
from lishui_credit.scorecards.cards.model_card import model_card
from lishui_credit.scorecards.folds import out_of_fold
from lishui_credit.scorecards.sample_files import MADE_UP, Sample, read_sample
from lishui_credit.scorecards.scorecard import Scorecard
from lishui_credit.statistics.logistic import expit
from lishui_credit.statistics.outcomes import Floats
from lishui_credit.tables.beside import sha256
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
class Fitted:
    """A card fitted from a file and written.

    Parameters
    ----------
    card : Card
        As written.
    folder : Path
        Holds ``scorecard.json``, ``card.md`` and ``validation.html``.
    validation : Validation
        Of the out-of-fold scores.
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
    labels: Path | str | None = None,
    grades: int = 8,
    owner: str = "",
    on: date | None = None,
    progress: Progress = lambda step: None,
) -> Fitted:
    """Fit a card from a file and write it with its model card and its validation.

    The card is fitted on every row and judged on scores of rows it had not seen: out of fold.

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
        Columns that are no features, such as ids; ``synthetic`` never is one.
    by : sequence of str
        Columns to split every metric by. Protected columns may be named here; that does not make
        them inputs.
    folds, seed : int, default 5 and 0
        Of the out-of-fold scores.
    title_zh, intended, population, label : str
        For the model card: its name, its use, the subjects it is for, what counts as bad and
        within how long.
    labels : path-like, optional
        Chinese names of columns, two columns ``column`` and ``label``; reasons use them. Those of the
        data dictionary are used by themselves.
    grades : int, default 8
        Most grades of the master scale, built on the out-of-fold scores, so that every grade's PD can
        be tested; 0 for none. A `model` that has grades keeps them. Where no two grades can be told
        apart the card has none, and says so.
    owner : str, default ""
        Who answers for the card; every report on it says so.
    on : date, optional
        Day of the validation report; today if None.
    progress : callable
        Told the name of each step.

    Returns
    -------
    Fitted

    Raises
    ------
    SubjectError
        If the file cannot be read, or lacks a column that is named.
    ModelError
        If the folder holds a card already.

    Notes
    -----
    Cost: `folds` + 1 fits.

    Examples
    --------
    >>> import tempfile
    >>> bad = [0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0]
    >>> rows = pl.DataFrame({"months_late": [0, 1, 2, 3] * 60, "bad": bad * 15})
    >>> home = tempfile.TemporaryDirectory()
    >>> rows.write_parquet(f"{home.name}/sample.parquet")
    >>> made = fit_file(f"{home.name}/sample.parquet", f"{home.name}/late/1", folds=2)
    >>> made.card.columns, sorted(path.name for path in made.folder.iterdir())
    (['months_late'], ['card.md', 'scorecard.json', 'validation.html'])
    >>> home.cleanup()
    """
    folder = new_version(folder)
    progress(tr("reading", "读取"))
    sample = read_sample(path, target, leave_out=leave_out)
    sample.must_hold(*leave_out, *by)
    called = read_labels(labels, [*sample.frame.columns, target]) if labels is not None else {}
    inputs = sample.frame.drop(*leave_out, MADE_UP, strict=False)
    progress(tr("fitting", "拟合"))
    fitted = _fitted(model or Scorecard(), inputs, sample.outcome, called)
    progress(tr("judging out of fold", "折外验证"))
    line = _unseen_line(fitted, inputs, sample.outcome, folds, seed)
    scored, ungraded = _graded(fitted.card_, sample.outcome, line, grades)
    validation = _judged(
        scored, sample, line, by, seed,
        title=tr(
            f"{title_zh or folder.parent.name}: out of fold, {folds} folds",
            f"{title_zh or folder.parent.name}:{folds} 折折外验证",
        ),
    )  # fmt: skip
    told = _origin(path, target, sample, label=label, owner=owner, no_grades=ungraded)
    told |= {"version": folder.name, "scores": _counted(scored.score(inputs))}
    card = replace(
        scored,
        id=folder.parent.name,
        title_zh=title_zh,
        synthetic=sample.synthetic,
        provenance={**scored.provenance, **told},
        metrics={**scored.metrics, **_measured(validation, folds, seed, by)},
    )
    progress(tr("writing", "写出"))
    stored = save(card, folder, card__md=model_card(card, intended=intended, population=population))
    built_here = scored is not fitted.card_
    validation = _signed(validation, card, stored, on or date.today(), built_here=built_here)
    validation.write(folder / "validation.html")
    return Fitted(card=card, folder=folder, validation=validation)


def _origin(path: Path | str, target: str, sample: Sample, **words: str) -> dict[str, Any]:
    """Return where a card's sample comes from, and those words that were given."""
    return {
        "file": Path(path).name,
        "file_sha256": sha256(path),
        "target": target,
        "rows_without_outcome": sample.without_outcome,
        **{name: said for name, said in words.items() if said},
    }


def _measured(validation: Validation, folds: int, seed: int, by: Sequence[str]) -> dict[str, Any]:
    """Return what the card keeps of its out-of-fold validation."""
    found = {name: _rounded(validation, name) for name in ("auc", "ks", "brier")}
    whole = {"out_of_fold": {"folds": folds, "seed": seed, **found}}
    return {**whole, **_of_groups(validation, by)}


def _signed(
    validation: Validation, card: Card, stored: Path, on: date, *, built_here: bool
) -> Validation:
    """Return a validation with the particulars of the card as stored, and where its grades come from."""
    told = card.provenance
    particulars = Particulars(
        made_on=on,
        card=f"{card.id}/{told['version']}",
        card_sha256=sha256(stored),
        file=told["file"],
        file_sha256=told["file_sha256"],
        owner=told.get("owner", ""),
    )
    remarks = (*validation.remarks, *([_BUILT_HERE] if built_here else []))
    return replace(validation, particulars=particulars, remarks=remarks)


def _fitted(
    model: Scorecard, inputs: pl.DataFrame, outcome: pl.Series, labels: Mapping[str, str]
) -> Scorecard:
    """Return a card of the same settings fitted, with labels of a file over its own."""
    chosen = Scorecard(**model.get_params(deep=False))
    chosen.labels = {**(chosen.labels or {}), **labels}
    return chosen.fit(inputs, outcome)


def _unseen_line(
    fitted: Scorecard, inputs: pl.DataFrame, outcome: pl.Series, folds: int, seed: int
) -> Floats:
    """Return the log-odds of good of rows by cards that had not seen them."""
    quiet = Scorecard(**fitted.get_params(deep=False))
    process = fitted.process_.get_params(deep=False)
    # a level that only one fold holds is unseen in the other cards: no reason to warn or to stop
    quiet.process = type(fitted.process_)(**{**process, "unseen": "neutral"})
    return -out_of_fold(quiet, inputs, outcome, folds=folds, seed=seed)


def _graded(card: Card, outcome: pl.Series, line: Floats, most: int) -> tuple[Card, str]:
    """Return a card with a master scale built on unseen scores, or the reason why it has none."""
    if card.grades is not None or not most:
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
    card: Card, sample: Sample, line: Floats, by: Sequence[str], seed: int, *, title: str
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
        groups={name: sample.frame[name].cast(pl.String) for name in by},
        settings=ValidationSettings(seed=seed),
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

"""A card fitted from a file, judged out of fold, and written into a new folder."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from lishui_credit import proof
from lishui_credit.language import language, tr
from lishui_credit.models.label_files import read_labels
from lishui_credit.models.recipes import KIND, Progress, Recipe, cooked
from lishui_credit.proof import Manifest
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_file import FILE, new_version, to_json
from lishui_credit.scorecards.cards.model_card import model_card
from lishui_credit.scorecards.sample_files import read_sample
from lishui_credit.scorecards.scorecard import Scorecard
from lishui_credit.tables.write import replacing
from lishui_credit.validation.report.validation import Validation


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A card fitted from a file and written.

    Parameters
    ----------
    card : Card
        As written.
    folder : Path
        Holds ``scorecard.json`` with its manifest, ``card.md`` and ``validation.html``.
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

    The card is fitted on every row and judged on scores of rows it had not seen: out of fold. Its
    manifest says how it was fitted, so that `verify` can fit it again.

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
        Columns to split every metric by; joined by ``*`` they are crossed (``"sex*county"``).
        Protected columns may be named here; that does not make them inputs.
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
        Day of the fit and of its report; today if None.
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
    >>> import polars as pl
    >>> bad = [0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0]
    >>> rows = pl.DataFrame({"months_late": [0, 1, 2, 3] * 60, "bad": bad * 15})
    >>> home = tempfile.TemporaryDirectory()
    >>> rows.write_parquet(f"{home.name}/sample.parquet")
    >>> made = fit_file(f"{home.name}/sample.parquet", f"{home.name}/late/1", folds=2)
    >>> made.card.columns, sorted(path.name for path in made.folder.iterdir())
    (['months_late'], ['card.md', 'scorecard.json', 'scorecard.json.manifest.json', 'validation.html'])
    >>> home.cleanup()
    """
    folder, model = new_version(folder), model or Scorecard()
    progress(tr("reading", "读取"))
    path, sample = Path(path), read_sample(path, target, leave_out=leave_out)
    called = read_labels(labels, [*sample.frame.columns, target]) if labels is not None else {}
    recipe = Recipe(
        model=folder.parent.name,
        version=folder.name,
        fitted_on=str(on or date.today()),
        language=language(),
        target=target,
        leave_out=tuple(leave_out),
        by=tuple(by),
        folds=folds,
        seed=seed,
        title_zh=title_zh,
        intended=intended,
        population=population,
        label=label,
        owner=owner,
        grades=0 if model.grades is not None else grades,
        labels={**(model.labels or {}), **called},
    )
    card, validation = cooked(recipe, path, sample, model, progress)
    progress(tr("writing", "写出"))
    rows = sample.outcome.len() + sample.without_outcome
    _written(folder, recipe, path, rows, card, pages_of(card, recipe, validation))
    return Fitted(card=card, folder=folder, validation=validation)


def pages_of(card: Card, recipe: Recipe, validation: Validation) -> dict[str, bytes]:
    """Return the pages beside a card by their names: its model card and its validation."""
    told = model_card(card, intended=recipe.intended, population=recipe.population)
    with tempfile.TemporaryDirectory(prefix="lishui_credit_") as room:
        page = validation.write(Path(room) / "validation.html").read_bytes()
    return {"card.md": told.encode(), "validation.html": page}


def _written(
    folder: Path, recipe: Recipe, path: Path, rows: int, card: Card, pages: Mapping[str, bytes]
) -> None:
    """Write the pages, then the card and its manifest together."""
    for name, page in pages.items():
        with replacing(folder / name) as draft:
            draft.write_bytes(page)
    digests = {name: hashlib.sha256(page).hexdigest() for name, page in pages.items()}
    output = folder / FILE
    manifest = Manifest(
        kind=KIND,
        facts=replace(recipe, pages=digests),
        inputs=proof.input_files({"sample": path}, output, {"sample": rows}),
        synthetic=card.synthetic,
    )

    def made(draft: Path) -> Manifest[Recipe]:
        draft.write_text(to_json(card), encoding="utf-8")
        return manifest

    proof.publish(output, made)

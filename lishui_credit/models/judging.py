"""A stored card judged on a later file.

What the judging needs of the sample (how many rows had which score, how many fell in which bin) is
kept in the card, so that the sample itself need not be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from lishui_credit.monitoring.card_cells import bin_cells, bin_places
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_file import file_of
from lishui_credit.scorecards.cards.card_workbook import read_card
from lishui_credit.scorecards.features import features
from lishui_credit.scorecards.sample_files import read_sample
from lishui_credit.tables.beside import sha256
from lishui_credit.validation.groups import crossed, parts_of
from lishui_credit.validation.report.outline import Records
from lishui_credit.validation.report.particulars import Particulars
from lishui_credit.validation.report.settings import ValidationSettings
from lishui_credit.validation.report.validate import validate
from lishui_credit.validation.report.validation import Validation


def validate_file(
    model: Path | str,
    path: Path | str,
    *,
    target: str | None = None,
    by: Sequence[str] = (),
    proxies_of: Sequence[str] = (),
    period: str | None = None,
    training: Path | str | None = None,
    cut_off: float | None = None,
    seed: int = 0,
    owner: str = "",
    on: date | None = None,
) -> Validation:
    """Judge a stored card on a later file.

    Parameters
    ----------
    model : path-like
        Folder of the card, its ``scorecard.json`` or its workbook.
    path : path-like
        Later rows with outcomes: ``.parquet``, ``.csv`` or ``.xlsx``.
    target : str, optional
        Column of the outcome; the one the card was fitted on if None.
    by : sequence of str
        Columns to split every metric by; joined by ``*`` they are crossed (``"sex*county"``).
    proxies_of : sequence of str
        Columns of protected attributes: which characteristics tell them is measured.
    period : str, optional
        Column of periods.
    training : path-like, optional
        File that the card was fitted on: rows that have a near copy in it are counted.
    cut_off : float, optional
        Lowest score approved, in printed points.
    seed : int, default 0
        Of every bootstrap.
    owner : str, default ""
        Who answers for the card; the owner named at the fit if empty.
    on : date, optional
        Day of the report; today if None.

    Returns
    -------
    Validation
        Discrimination, calibration, grades if the card has them, stability against the sample,
        periods, groups, near copies and recording artefacts. If the rows are the sample that the card
        was fitted on (the file, or the same rows in another), it says so first and judges nothing to be
        good.

    Raises
    ------
    ModelError
        If the folder holds no card, or one that cannot be read.
    SubjectError
        If the file cannot be read, or lacks a column that is named or that the card reads.

    Examples
    --------
    >>> import tempfile
    >>> from lishui_credit.models import fit_file
    >>> bad = [0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0]
    >>> rows = pl.DataFrame({"months_late": [0, 1, 2, 3] * 60, "bad": bad * 15})
    >>> home = tempfile.TemporaryDirectory()
    >>> rows.write_parquet(f"{home.name}/sample.parquet")
    >>> made = fit_file(f"{home.name}/sample.parquet", f"{home.name}/late/1", folds=2)
    >>> rows.head(160).write_parquet(f"{home.name}/later.parquet")
    >>> found = validate_file(made.folder, f"{home.name}/later.parquet")
    >>> found.line("auc").standing, found.particulars.seen
    ('good', False)
    >>> validate_file(made.folder, f"{home.name}/sample.parquet").particulars.seen
    True
    >>> home.cleanup()
    """
    card = read_card(model)
    outcome = target or str(card.provenance.get("target", "bad"))
    more = [*proxies_of, *([period] if period else [])]
    named = [part for name in by for part in (name, *parts_of(name, ()))]
    sample = read_sample(path, outcome, only=[*card.columns, *named, *more])
    asked = [part for name in by for part in parts_of(name, sample.frame.columns)]
    sample.must_hold(*asked, *more)
    table = sample.frame
    rows = features(table, card.columns)
    scores = card.scored(rows)
    counted: Mapping[str, int] = card.provenance.get("scores", {})
    known = np.repeat([int(score) for score in counted], list(counted.values()))
    before, now = bins_before_and_now(card, rows)
    settings = ValidationSettings(
        cut_off=cut_off, initial_auc=card.metrics.get("out_of_fold", {}).get("auc"), seed=seed
    )
    y = sample.outcome.cast(pl.Int8).to_numpy()
    told, hashed = card.provenance, sha256(path)
    particulars = Particulars(
        made_on=on or date.today(),
        card="/".join(part for part in (card.id, str(told.get("version", ""))) if part),
        card_sha256=sha256(file_of(model)),
        file=Path(path).name,
        file_sha256=hashed,
        owner=owner or str(told.get("owner", "")),
        seen=hashed == told.get("file_sha256") or card.saw(rows, y),
    )
    return validate(
        y,
        score=scores.to_numpy() / card.point_unit,
        pd=card.pd(scores),
        features=now if counted or proxies_of else None,
        reference=before if counted else None,
        reference_score=known / card.point_unit if len(known) else None,
        grades=card.grade(scores) if card.grades is not None else None,
        grade_order=[row.id for row in card.grades.grades] if card.grades is not None else None,
        groups={name: crossed(table, name) for name in by},
        proxies_of={name: table[name] for name in proxies_of},
        periods=table[period].cast(pl.String) if period else None,
        records=_records(card, rows, training),
        settings=settings,
        title=f"{card.title_zh or card.id} · {Path(path).name}",
        synthetic=card.synthetic or sample.synthetic,
        particulars=particulars,
    )


def _records(card: Card, rows: pl.DataFrame, training: Path | str | None) -> Records:
    """Return the rows as they came, with those of the training file where it is given."""
    codes = {
        name: [float(code) for code in held]
        for name, held in (card.settings.get("special_codes") or {}).items()
        if name in rows.columns
    }
    if training is None:
        return Records(inputs=rows, codes=codes)
    before = read_sample(training, str(card.provenance.get("target", "bad")), only=card.columns)
    return Records(
        inputs=rows,
        training=features(before.frame, card.columns),
        training_outcome=before.outcome.cast(pl.Int8),
        codes=codes,
    )


def bins_before_and_now(card: Card, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return bins, and cells of crossed tables, of the sample and of rows read by `features`, as labels.

    The sample's rows are rebuilt column by column from the counts the card keeps: each column is
    right, the rows are not subjects. Weights of cells are rounded to so many rows.
    """
    before: dict[str, list[str]] = {}
    current: dict[str, list[str]] = {}
    whole = sum(row.rows for row in card.characteristics[0].binning.bins)
    for name, cells in bin_cells(card, bin_places(card, rows)).items():
        ends = np.rint(whole * np.cumsum(cells.before) / cells.before.sum()).astype(int)
        before[name] = np.repeat(cells.names, np.diff(ends, prepend=0)).tolist()
        current[name] = np.asarray(cells.names)[cells.places].tolist()
    return pl.DataFrame(before), pl.DataFrame(current)

"""Points a regulation decrees beside points learned from outcomes, row by row.

A card fitted to what the rows of an edition read (`readings`) has the edition's own rows as its
characteristics. Each side's points are then set in proportion to that side's whole, so that two
scales can be laid side by side (`points_side_by_side`). Two parts are given. Of the range: the
distance from the fewest to the most points any subject has in the row, over the sum of these
distances. Of the spread: the same with the standard deviation of the points over the subjects, which
counts a row in which nobody differs as nothing. A row whose decreed part of the spread lies above
the interval of its learned part is overweighted, as far as these outcomes tell.

Parts of the spread leave out that rows move together: they compare two sets of points on the same
subjects and do not split a variance. Overrides are no points and are not compared. Give cards of
every row, without stepwise selection: it leaves out rows that repeat others, by chance one or the
other, and then the intervals of the learned parts are too short.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine.evaluate import Evaluation
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import Indicator
from lishui_credit.scorecards.cards.card import POINTS, Card
from lishui_credit.scorecards.folds import fresh
from lishui_credit.scorecards.scorecard import Scorecard
from lishui_credit.statistics.outcomes import Floats, Values, checked
from lishui_credit.statistics.proportions import quantile
from lishui_credit.tables.columns import dictionary

START: Final = "start"

_ID: Final = "subject"


def readings(evaluation: Evaluation[pl.LazyFrame]) -> pl.DataFrame:
    """Return what every scoring row of an edition reads, one column per row, beside the subject's id.

    A ratio is divided, a level stays text, a number is in its printed unit; null if a value is missing or
    a ratio undefined. Rows that count events or follow a formula have no single value: they hold the
    points given, in printed points.
    """
    frame = evaluation.collect()
    rubric = evaluation.rubric
    known = {row.id: row for row in rubric.scoring}
    ids = [name.removeprefix(compiled.POINTS) for name in evaluation.points_columns]
    unit = 1 if rubric.aggregate == "weighted" else rubric.point_unit
    parts = [_reading(name, known.get(name), unit).alias(name) for name in ids]
    return frame.select(rubric.subject_id, *parts)


def _reading(name: str, row: Indicator | None, unit: int) -> pl.Expr:
    points = pl.col(f"{compiled.POINTS}{name}") / unit
    if row is None or row.event is not None or row.formula is not None:
        return points
    if row.column is None and not row.mix:
        return points
    if row.column is not None and row.over is None and not dictionary()[row.column].numeric:
        return pl.col(row.column).cast(pl.String)
    whole: pl.Expr = pl.lit(0.0)
    for term in tables.value(row.column, row.over, row.mix).terms:
        share = pl.col(term.column) * float(term.weight) / term.per_unit
        if term.over is not None:
            below = pl.when(pl.col(term.over) > 0).then(pl.col(term.over))
            share = share * term.over_per_unit / below
        whole = whole + share
    return whole


def refitted(
    model: Scorecard,
    X: pl.DataFrame,
    y: Values,
    *,
    repeats: int = 40,
    seed: int = 0,
) -> tuple[Card, ...]:
    """Return cards of the same settings fitted to bootstrap samples, goods and bads drawn apart (Efron and Tibshirani 1993, chapter 6)."""
    outcome = checked(y).y
    draw = np.random.default_rng(seed)
    sides = [np.flatnonzero(outcome == side) for side in (0, 1)]
    found = []
    for _ in range(repeats):
        rows = np.concatenate([side[draw.integers(0, len(side), len(side))] for side in sides])
        found.append(fresh(model).fit(X[rows], outcome[rows].astype(np.int8)).card_)
    return tuple(found)


def points_side_by_side(
    evaluation: Evaluation[pl.LazyFrame],
    card: Card,
    *,
    refits: Sequence[Card] = (),
    level: float = 0.95,
) -> pl.DataFrame:
    """Return each row's part of the decreed points beside its part of the learned ones.

    One row per row of the edition with differing points on either side: ``row``, ``label``,
    ``decreed_range``, ``learned_range``, ``decreed``, ``learned`` (parts of the spread, 0 to 1), ``low``,
    ``high`` (interval of the learned part: its standard error over `refits`, Efron and Tibshirani 1993,
    chapter 12, cut off at 0 and 1), ``weighs`` ("over" and "under" if the decreed part lies outside the
    interval, "alike", null without refits). Subjects that lack points in a row are not counted.
    """
    rubric = evaluation.rubric
    read = readings(evaluation).rename({rubric.subject_id: _ID})
    decreed = evaluation.collect().select(
        pl.col(rubric.subject_id).alias(_ID), *evaluation.points_columns
    )
    ids = [name for name in read.columns if name != _ID]
    strange = [name for name in card.columns if name not in ids]
    if strange:
        raise SubjectError(
            tr(
                "the card reads columns that are not rows of the edition",
                "评分卡的特征不是该版本的指标",
            ),
            ", ".join(strange),
            ", ".join(ids),
        )
    whole = decreed.drop_nulls()
    if whole.is_empty():
        raise SubjectError(tr("no subject has points in every row", "没有主体在全部指标上都有得分"))
    read = whole.select(_ID).join(read, on=_ID, how="left", maintain_order="left")
    marks = whole.select(f"{compiled.POINTS}{name}" for name in ids).to_numpy().astype(np.float64)
    learned = _points(card, read, ids)
    parts = _part(learned.std(axis=0))
    reach = None
    if len(refits) > 1:
        repeated = np.array([_part(_points(one, read, ids).std(axis=0)) for one in refits])
        reach = quantile(level) * repeated.std(axis=0, ddof=1)
    labels = {row.id: row_label(row) for row in rubric.scoring}
    frame = pl.DataFrame(
        {
            "row": ids,
            "label": [labels.get(name, tr("start score", "起评分")) for name in ids],
            "decreed_range": _part(np.ptp(marks, axis=0)),
            "learned_range": _part(np.ptp(learned, axis=0)),
            "decreed": _part(marks.std(axis=0)),
            "learned": parts,
            "low": None if reach is None else np.maximum(parts - reach, 0.0),
            "high": None if reach is None else np.minimum(parts + reach, 1.0),
        },
        schema_overrides={"low": pl.Float64, "high": pl.Float64},
    )
    differs = (pl.col("decreed_range") > 0) | (pl.col("learned_range") > 0)
    return frame.with_columns(_weighs().alias("weighs")).filter(differs)


def _weighs() -> pl.Expr:
    """Return on which side of the learned interval the decreed part lies; null without an interval."""
    return (
        pl.when(pl.col("low").is_null())
        .then(None)
        .when(pl.col("decreed") > pl.col("high"))
        .then(pl.lit("over"))
        .when(pl.col("decreed") < pl.col("low"))
        .then(pl.lit("under"))
        .otherwise(pl.lit("alike"))
    )


def _points(card: Card, read: pl.DataFrame, ids: list[str]) -> Floats:
    """Return the learned points of every row, shape (n, rows); zero if the card has none."""
    found = card.contributions(read.select(card.columns))
    columns = [
        found[f"{POINTS}{name}"].cast(pl.Float64).to_numpy()
        if name in card.columns
        else np.zeros(read.height)
        for name in ids
    ]
    return np.column_stack(columns)


def _part(values: Floats) -> Floats:
    """Return numbers over their sum."""
    total = float(values.sum())
    return values / total if total > 0 else values


def in_words(frame: pl.DataFrame) -> list[str]:
    """Return a sentence for every row that is over- or underweighted, largest difference first."""
    found = frame.filter(pl.col("weighs").is_in(["over", "under"])).sort(
        (pl.col("decreed") - pl.col("learned")).abs(), descending=True
    )
    said = []
    for row in found.iter_rows(named=True):
        over = row["weighs"] == "over"
        decreed, learned, low, high = (
            f"{100 * row[name]:.0f}" for name in ("decreed", "learned", "low", "high")
        )
        said.append(
            tr(
                f"{row['label']} is {'over' if over else 'under'}weighted: {decreed}% of the"
                f" decreed points' spread, {learned}% of the learned ({low} to {high}%).",
                f"{row['label']} 权重{'偏高' if over else '偏低'}:占规定分值离散度的 {decreed}%,"
                f"占学得分值的 {learned}%({low}% 至 {high}%)。",
            )
        )
    return said

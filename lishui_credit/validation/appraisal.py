"""What the points of a published rubric are worth against outcomes: one study, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from textwrap import wrap

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine.evaluate import Evaluation
from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.scorecards.calibrate import Calibrated
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.reasons import Way, what_would_it_take
from lishui_credit.scorecards.challenger import Challenger
from lishui_credit.scorecards.comparison import Comparison, compare
from lishui_credit.scorecards.folds import out_of_fold
from lishui_credit.scorecards.scorecard import Scorecard
from lishui_credit.statistics.outcomes import Floats
from lishui_credit.validation.decreed import in_words, points_side_by_side, readings, refitted
from lishui_credit.validation.order_of_grades import GradeOrder, grade_order
from lishui_credit.validation.report.settings import ValidationSettings
from lishui_credit.validation.report.validate import validate
from lishui_credit.validation.report.validation import Validation


@dataclass(frozen=True, kw_only=True)
class Appraisal:
    """A published rubric against outcomes: its order, its rows beside learned points, what they cost.

    A step is computed when it is first asked for, and kept. Subjects without a grade, without points
    or without an outcome are left out of every step.

    Parameters
    ----------
    graded : Evaluation
        Graded subjects.
    outcomes : polars.DataFrame
        The subject's id and `target`: 1 bad, 0 good, null unknown.
    target : str, default "default_12m"
        Column of the outcome.
    title, title_zh : str
        Of the report and of the learned card.
    labels : mapping of str to str
        Chinese names of rows that the rubric's own labels do not name.
    by : str, default "county"
        Column to validate by.
    synthetic : bool, default False
        Whether the subjects are made up.
    repeats : int, default 30
        Refits to resampled subjects, 2 or more.

    Examples
    --------
    >>> from datetime import date
    >>> import lishui_credit as lc
    >>> from lishui_credit.samples import environment
    >>> raw = environment.environmental_records(600)
    >>> rubric = lc.rubric("environment-credit", on="2016-06-30")
    >>> taken = lc.intake(rubric, raw, as_of=date(2016, 6, 30))
    >>> graded = lc.evaluate(taken.subjects, rubric, as_of=date(2016, 6, 30))
    >>> study = Appraisal(graded=graded, outcomes=raw, synthetic=True)
    >>> study.order.table.columns[:2]
    ['grade', 'subjects']
    """

    graded: Evaluation[pl.LazyFrame]
    outcomes: pl.DataFrame
    target: str = "default_12m"
    title: str = ""
    title_zh: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    by: str = "county"
    synthetic: bool = False
    repeats: int = 30

    @cached_property
    def data(self) -> pl.DataFrame:
        """Subjects that have a grade, points and an outcome, with what every row of the rubric reads."""
        key = self.graded.rubric.subject_id
        known = self.outcomes.select(key, self.target).drop_nulls()
        return (
            self.graded.grades()
            .collect()
            .join(readings(self.graded), on=key, maintain_order="left")
            .join(known, on=key, maintain_order="left")
            .filter(pl.col("outcome") == compiled.GRADED, pl.col("earned").is_not_null())
        )

    @cached_property
    def y(self) -> NDArray[np.int8]:
        """The outcomes, shape (n,): 1 bad, 0 good."""
        return self.data[self.target].cast(pl.Int8).to_numpy()

    @cached_property
    def features(self) -> pl.DataFrame:
        """What every row of the rubric reads, shape (n, rows)."""
        return self.data.select(readings(self.graded).columns[1:])

    @property
    def grades(self) -> list[str]:
        """Ids of the grades, best first."""
        return [grade.id for grade in self.graded.rubric.grades]

    @cached_property
    def names(self) -> dict[str, str]:
        """Chinese names of the rows."""
        return {row.id: row.label_zh for row in self.graded.rubric.scoring} | dict(self.labels)

    @cached_property
    def order(self) -> GradeOrder:
        """Whether worse grades hold more bads."""
        return grade_order(self.y, self.data["grade"], order=self.grades)

    @cached_property
    def template(self) -> Scorecard:
        """Settings of the learned card: four bins a row, rows that tell nothing alone left out."""
        process = BinningProcess(max_bins=4, unseen="neutral")
        return Scorecard(process, min_iv=0.05, labels=self.names)

    @cached_property
    def model(self) -> Scorecard:
        """The learned card's model, fitted to every subject."""
        from sklearn.base import clone

        fresh: Scorecard = clone(self.template)
        return fresh.fit(self.features, self.y)

    @cached_property
    def card(self) -> Card:
        """The learned card."""
        return replace(self.model.card, synthetic=self.synthetic, title_zh=self.title_zh)

    @property
    def left_out(self) -> dict[str, str]:
        """Rows that are not in the card, by name, and why; rows in which nobody differs are not told."""
        values = self.features
        return {
            self.names[name]: str(why)
            for name, why in self.card.dropped.items()
            if values[name].n_unique() > 1
        }

    @cached_property
    def beside(self) -> pl.DataFrame:
        """Decreed and learned points side by side, the learned ones with intervals of refits."""
        refits = refitted(self.template, self.features, self.y, repeats=self.repeats)
        return points_side_by_side(self.graded, self.card, refits=refits)

    @cached_property
    def calibrated(self) -> Calibrated:
        """The learned card with a score out of fold for every subject."""
        return Calibrated(self.template).fit(self.features, self.y)

    @cached_property
    def trees(self) -> Floats:
        """Scores of boosted trees out of fold, held to the card's directions; more is riskier."""
        challenger = Challenger(
            monotonic=self.model.process_.directions_,
            protected=self.template.protected,
            settings="four leaves",
            max_rounds=300,
            patience=40,
        )
        return out_of_fold(challenger, self.features, self.y)

    @cached_property
    def given_up(self) -> Comparison:
        """What the form of a card gives up against boosted trees, both out of fold."""
        return compare(self.calibrated.out_of_fold_, self.trees, self.y, resamples=1000)

    @cached_property
    def against_points(self) -> Comparison:
        """What learning the points gains over the decreed ones."""
        decreed = -self.data["earned"].to_numpy()
        return compare(decreed, self.calibrated.out_of_fold_, self.y, resamples=1000)

    @cached_property
    def report(self) -> Validation:
        """The validation of the learned card, out of fold, and of the published grades."""
        risk = self.calibrated.out_of_fold_
        return validate(
            self.y,
            score=[self.card.scale.score(-value) for value in risk],
            pd=self.calibrated.calibrator_.probability(risk),
            grades=self.data["grade"],
            grade_order=self.grades,
            groups={self.by: self.data[self.by]},
            settings=ValidationSettings(repeats=100),
            title=self.title,
            synthetic=self.synthetic,
        )

    def row(self, subject: str) -> pl.DataFrame:
        """Return what the rows of the rubric read of one subject, shape (1, rows)."""
        chosen = pl.col(self.graded.rubric.subject_id) == subject
        return self.data.filter(chosen).select(self.features.columns)

    def cut_off(self, share: float) -> int:
        """Return the score that all but a share of the subjects reach."""
        return int(self.card.score(self.features).quantile(share) or 0)

    def way(self, subject: str, can_change: Sequence[str], cut_off: int) -> Way:
        """Return the cheapest way of a subject to a score; rows the card lacks are passed over."""
        rows = [name for name in can_change if name in self.card.columns]
        return what_would_it_take(self.card, self.row(subject).row(0, named=True), cut_off, rows)

    def findings(self) -> list[str]:
        """Return the study in a few lines: order, points, form, calibration, groups."""
        rates, names = self.order.table["bad_rate"], self.order.table["grade"]
        groups = self.report.table(f"group_{self.by}").filter(
            (pl.col("metric") == "auc") & pl.col("value").is_not_null()
        )
        whole = self.given_up.card
        apart = groups.filter((pl.col("low") > whole) | (pl.col("high") < whole))["group"].to_list()
        worst = groups.sort("value").row(0, named=True)
        learned, trees, slope = self.against_points, self.given_up, self.report.line("slope")
        told = "beyond chance" if learned.low > 0 or learned.high < 0 else "within chance"
        return [
            *(["SYNTHETIC DATA (合成数据)"] if self.synthetic else []),
            f"1. Order: default runs from {rates[0]:.1%} in {names[0]} to {rates[-1]:.1%}",
            f"   in {names[-1]}; neighbours out of order: {self.order.inversions}.",
            f"2. Points: learning them changes AUC by {learned.difference:+.3f}, {told}.",
            *(
                part
                for line in in_words(self.beside)
                for part in wrap(f"- {line}", 90, initial_indent="   ", subsequent_indent="     ")
            ),
            f"3. Form: trees in place of points change AUC by {trees.difference:+.3f};",
            f"   a gain from them is {'beyond chance' if trees.low > 0 else 'not shown'}.",
            f"4. Calibration: slope {slope.value:.2f} ({slope.low:.2f} to {slope.high:.2f}).",
            f"5. By {self.by}: lowest AUC {worst['value']:.3f} in {worst['group']};",
            f"   interval apart from the whole: {'、'.join(apart) or 'none'}.",
        ]

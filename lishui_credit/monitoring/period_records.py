"""What is written of one period: its scores when they come, its outcomes when they are known."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.monitoring.card_cells import SCORE, bin_cells, sample_counts, score_cells
from lishui_credit.monitoring.expected_performance import Calibration, Prospect
from lishui_credit.monitoring.joint_chance import chance_lines
from lishui_credit.monitoring.ledger import OUTCOMES, SCORES
from lishui_credit.monitoring.monthly_files import OPENED, OUTCOME, SUBJECT, Month
from lishui_credit.monitoring.months import last_month
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.validation.discrimination import auc
from lishui_credit.validation.migrations import migration

DIGITS: Final = 10
"""Decimals of the figures kept; more depend on the processor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is judged, fixed when a watch begins.

    Parameters
    ----------
    level : float
        Chance of a false alarm per check and period, in (0, 1).
    least_psi : float
        Index below which a shift beyond chance is no alarm, at least 0.
    cut_off : float, optional
        Lowest score approved, in printed points.
    """

    level: float = 0.05
    least_psi: float = 0.0
    cut_off: float | None = None


@dataclass(frozen=True, slots=True)
class Recorder:
    """A card and the rules, from which records of periods are made."""

    card: Card
    rules: Rules
    calibration: Calibration

    @classmethod
    def of(cls, card: Card, rules: Rules) -> Recorder:
        """Return the recorder of a card that says how its sample scored."""
        return cls(card, rules, Calibration.of_card(card, sample_counts(card)))

    def scores(self, month: Month, before: Month | None) -> dict[str, Any]:
        """Return the record of a period's scores; migration from the month before, if it is given."""
        columns = {SCORE: score_cells(self.card, month.scores)}
        columns |= bin_cells(self.card, month.places)
        table = chance_lines(columns, level=self.rules.level)
        return _kept(
            {
                "kind": SCORES,
                **self._about(month),
                "stability": table.to_dicts(),
                "grades": self._by_grade(month.scores),
                "approved": self._approved(month.scores),
                "expected": self._expected(month.scores),
                "groups": [
                    {
                        "column": column,
                        "group": group,
                        "rows": int(here.sum()),
                        "approved": self._approved(month.scores[here]),
                        "expected": self._expected(month.scores[here]),
                    }
                    for column, group, here in _groups(month.rows)
                ],
                "migration": self._migration(before, month),
            }
        )

    def outcomes(self, month: Month) -> dict[str, Any] | None:
        """Return the record of a period's outcomes, None where none is known yet."""
        known = np.isfinite(month.outcome)
        if not known.any():
            return None
        scores, outcome = month.scores[known], month.outcome[known]
        passed = self._passed(scores)
        return _kept(
            {
                "kind": OUTCOMES,
                **self._about(month),
                "known": len(outcome),
                "bads": int(outcome.sum()),
                **self._judged(scores, outcome, family=True),
                "approved_known": None if passed is None else int(passed.sum()),
                "approved_bads": None if passed is None else int(outcome[passed].sum()),
                "grades_known": self._by_grade(scores),
                "grades_bads": self._by_grade(scores[outcome == 1]),
                "groups": [
                    {
                        "column": column,
                        "group": group,
                        "known": int((here & known).sum()),
                        "bads": int(month.outcome[here & known].sum()),
                        **self._judged(month.scores[here & known], month.outcome[here & known]),
                    }
                    for column, group, here in _groups(month.rows)
                    if (here & known).any()
                ],
                "vintages": vintages(month),
            }
        )

    def _about(self, month: Month) -> dict[str, Any]:
        return {
            "period": month.period,
            "file": month.file,
            "file_sha256": month.file_sha256,
            "lacking": list(month.lacking),
            "unbound": month.unbound,
            "synthetic": month.synthetic,
            "rows": month.rows.height,
            "rows_sha256": fingerprint(month),
        }

    def _prospect(self, scores: NDArray[np.int64]) -> Prospect:
        return Prospect.of(self.card, self.calibration, scores, level=self.rules.level)

    def _expected(self, scores: NDArray[np.int64]) -> dict[str, Any]:
        return asdict(self._prospect(scores).expected)

    def _judged(
        self, scores: NDArray[np.int64], outcome: NDArray[np.float64], *, family: bool = False
    ) -> dict[str, Any]:
        """Return what outcomes show beside what their own rows had promised; of a group without p."""
        prospect = self._prospect(scores)
        held = prospect.against(scores, outcome)
        both = 0 < outcome.sum() < len(outcome)
        area = auc(outcome, -scores.astype(np.float64)) if both else None
        shown = {
            "bad_rate": held.bad_rate,
            "auc": held.auc,
            "auc_low": area.low if area else None,
            "auc_high": area.high if area else None,
        }
        tests = {
            "p_bad_rate": held.p_bad_rate,
            "p_auc": held.p_auc,
            "p_family": held.p_family,
        }
        return {
            "expected": asdict(prospect.expected),
            "observed": shown,
            **(tests if family else {}),
        }

    def _passed(self, scores: NDArray[np.int64]) -> NDArray[np.bool_] | None:
        if self.rules.cut_off is None:
            return None
        found: NDArray[np.bool_] = scores >= self.rules.cut_off * self.card.point_unit
        return found

    def _approved(self, scores: NDArray[np.int64]) -> int | None:
        passed = self._passed(scores)
        return None if passed is None else int(passed.sum())

    def _grade_of(self, scores: NDArray[np.int64]) -> pl.Series:
        return self.card.grade(pl.Series(SCORE, scores, dtype=pl.Int64))

    def _by_grade(self, scores: NDArray[np.int64]) -> dict[str, int] | None:
        """Return rows by grade, best first; None of a card without grades."""
        if self.card.grades is None:
            return None
        counted = dict(self._grade_of(scores).value_counts().iter_rows())
        return {row.id: int(counted.get(row.id, 0)) for row in self.card.grades.grades}

    def _migration(self, before: Month | None, month: Month) -> dict[str, Any] | None:
        """Return where subjects of the month before went, and how many came or left."""
        if before is None or self.card.grades is None or SUBJECT not in month.rows.columns:
            return None
        first, second = (
            held.rows.select(SUBJECT).with_columns(self._grade_of(held.scores).alias("grade"))
            for held in (before, month)
        )
        both = first.join(second, on=SUBJECT, how="inner", suffix="_now")
        order = [row.id for row in self.card.grades.grades]
        if both.is_empty():
            counts = np.zeros((len(order), len(order)))
        else:
            counts = migration(both["grade"], both["grade_now"], order=order).counts
        return {
            "from": before.period,
            "both": both.height,
            "left": first.height - both.height,
            "came": second.height - both.height,
            "grades": order,
            "counts": counts.astype(int).tolist(),
        }


def _groups(rows: pl.DataFrame) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Yield every group: its column, its label ("" where it is missing), whether each row is in it."""
    for name in rows.columns:
        if name.startswith("by_"):
            column = rows[name].fill_null("")
            for label in column.unique().sort():
                yield name.removeprefix("by_"), label, (column == label).to_numpy()


def vintages(month: Month) -> list[dict[str, Any]]:
    """Return bads by quarter of opening and months on book at the end of the period.

    Returns
    -------
    list of dict
        ``cohort`` (2025Q1; "" where the day is missing), ``months_on_book`` (from, to), ``known``,
        ``bads``; empty where the files name no day of opening.
    """
    rows = month.rows.filter(pl.col(OUTCOME).is_not_null())
    if rows[OPENED].null_count() == rows.height:
        return []
    year, place = (pl.col(OPENED) - 1) // 12, (pl.col(OPENED) - 1) % 12
    cohort = pl.concat_str(year, pl.lit("Q"), place // 3 + 1)
    age = last_month(month.period) - pl.col(OPENED)
    return (
        rows.group_by(cohort.fill_null("").alias("cohort"))
        .agg(
            age.min().alias("youngest"),
            age.max().alias("oldest"),
            pl.len().alias("known"),
            pl.col(OUTCOME).sum().cast(pl.Int64).alias("bads"),
        )
        .sort("cohort")
        .to_dicts()
    )


def fingerprint(month: Month) -> str:
    """Return a hash of all that a record of scores rests on, whatever the order of the rows."""
    table = month.rows.drop(OUTCOME).with_columns(
        pl.Series(f"bin_{name}", where) for name, where in month.places.items()
    )
    text = table.sort(table.columns).write_csv()
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _kept(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with its figures rounded."""
    return {key: _rounded(value) for key, value in record.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, Mapping):
        return _kept(value)
    return [_rounded(held) for held in value] if isinstance(value, list) else value

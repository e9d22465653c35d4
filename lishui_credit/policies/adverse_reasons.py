"""Why an applicant was declined or referred: reason codes with a sentence in Chinese and English.

Reasons come from what the file holds, best first: reason codes already in it; points per
characteristic and the card; points per indicator and the rubric. Where it holds a score only, the
reason is how far the score lies below the cut-off, and nothing is made up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import PolicyError, refuse
from lishui_credit.language import Bilingual, tr
from lishui_credit.policies.clauses import label
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.rubric import Indicator, Override, Rubric
from lishui_credit.scorecards.cards.card import POINTS, Card
from lishui_credit.scorecards.cards.reasons import largest, reason_codes
from lishui_credit.statistics.refusals import lacking

GAP: Final = "score_gap"
"""The reason where only the score is known."""

NOBODY: Final = "segment_closed"
"""The reason where the policy approves nobody of the segment outright."""


OF_SCORE: Final = {
    GAP: Bilingual("score below the cut-off", "评分未达通过线"),
    NOBODY: Bilingual("nobody of this segment is approved outright", "该类申请不直接通过"),
}
"""What the reasons of a score are called."""
_SHORT: Final = {
    "score": (Bilingual("", "距通过线差 "), Bilingual(" short of approval", "")),
    "": (Bilingual("", "距最高分差 "), Bilingual(" points below the most there is", " 分")),
}
"""What stands before and after the figure of a reason, by the source of the reasons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What a card or a rubric measures points against, and what its codes are called."""

    best: Mapping[str, int]  # most units of each code, in the order of the card or the edition
    unit: int  # units per printed point
    labels: Mapping[str, Bilingual]
    rules: tuple[str, ...] = field(
        default=()
    )  # override rules, of which one that decided stands first


@dataclass(frozen=True, slots=True)
class Reasons:
    """Reason codes of n rows, what each code is called, and where they come from."""

    codes: pl.DataFrame
    """``reason_1`` (code), ``lost_1`` (printed points below the maximum; null where an override rule
    decided) and so on, shape (n, 2k)."""
    labels: Mapping[str, Bilingual]
    source: str  # "file", "card", "rubric" or "score"

    def sentences(self) -> pl.DataFrame:
        """Return the codes with ``reason_1_zh``, ``reason_1_en`` and so on beside each."""
        before, after = beside(self.source)
        columns: list[pl.Expr] = []
        for place in range(1, len(self.codes.columns) // 2 + 1):
            code, lost = pl.col(f"reason_{place}"), pl.col(f"lost_{place}")
            columns += [code, lost]
            for side, colon in (("zh", ":"), ("en", ": ")):
                names = {key: getattr(both, side) for key, both in self.labels.items()}
                words = [pl.lit(colon + getattr(before, side)), printed(lost)]
                figure = pl.concat_str(*words, pl.lit(getattr(after, side))).fill_null("")
                told = pl.concat_str(code.replace(names), figure)
                columns.append(told.alias(f"reason_{place}_{side}"))
        return self.codes.select(columns)


def beside(source: str) -> tuple[Bilingual, Bilingual]:
    """Return what stands before and after the figure of a reason, by the source of the reasons."""
    return _SHORT.get(source, _SHORT[""])


def printed(number: pl.Expr) -> pl.Expr:
    """Return numbers as text, whole ones without a point, others with two digits at most."""
    short = number.round(2)
    whole = short.cast(pl.Int64, strict=False)
    return pl.when(short == whole).then(whole.cast(pl.String)).otherwise(short.cast(pl.String))


def reasons(
    rows: pl.DataFrame,
    gap: pl.Series,
    *,
    card: Card | None = None,
    rubric: Rubric | None = None,
    top: int = 4,
    labels: Mapping[str, str] | None = None,
) -> Reasons:
    """Return why rows were declined or referred, at most `top` reasons a row, largest first.

    `labels` are Chinese names of codes that the file itself holds.
    """
    # `gap` is how far each score lies below approval in its own unit, a grade in steps; null where the
    # policy approves nobody outright. Four reasons are the most that US Regulation B asks for, 12 CFR
    # 1002.9(b)(2) and its commentary.
    if card is not None:
        return _of_card(rows, card, top)
    if rubric is not None:
        return _of_rubric(rows, rubric, top)
    places = [n for n in range(1, top + 1) if {f"reason_{n}", f"lost_{n}"} <= set(rows.columns)]
    if places:
        named = rows.select(
            kept
            for n in places
            for kept in (
                pl.col(f"reason_{n}").cast(pl.String),
                pl.col(f"lost_{n}").cast(pl.Float64, strict=False),
            )
        )
        told = {str(code) for n in places for code in named[f"reason_{n}"].unique().drop_nulls()}
        known = labels or {}
        return Reasons(
            named, {code: _called(code, known.get(code, ""), "") for code in told}, "file"
        )
    codes = pl.DataFrame([gap.cast(pl.Float64).alias("lost_1")]).select(
        pl.when(pl.col("lost_1").is_null())
        .then(pl.lit(NOBODY))
        .otherwise(pl.lit(GAP))
        .alias("reason_1"),
        "lost_1",
    )
    return Reasons(codes, OF_SCORE, "score")


def _called(code: str, zh: str, en: str) -> Bilingual:
    """Return a name in both languages; where only the column's own is given, see `label`."""
    known = label(code)
    return Bilingual(
        en if en not in ("", code) else known.en, zh if zh not in ("", code) else known.zh
    )


def losses_of_card(card: Card) -> Losses:
    """Return what the points of a card are measured against; PolicyError if it takes a protected attribute."""
    if card.protected:
        raise PolicyError(
            tr(
                "the card uses protected attributes; no policy may rest on it",
                "该评分卡使用受保护属性,不得作为信贷政策的依据",
            ),
            ", ".join(card.protected),
            tr("fit one without them", "请重新拟合不含这些属性的评分卡"),
        )
    rows = card.characteristics
    return Losses(
        best={row.feature: card.best_known(row.feature) for row in rows},
        unit=card.point_unit,
        labels={row.feature: _called(row.feature, row.label_zh, row.label_en) for row in rows},
    )


def losses_of_rubric(rubric: Rubric, held: Collection[str]) -> Losses:
    """Return what points of a rubric are measured against, of the rows whose points are held."""
    named: list[Indicator | Override] = [*rubric.scoring, *rubric.overrides]
    return Losses(
        best={
            row.id: tables.best(rubric, row)
            for row in rubric.scoring
            if f"{compiled.POINTS}{row.id}" in held
        },
        unit=rubric.point_unit,
        labels={row.id: _called(row.id, row.label_zh, row.label_en) for row in named},
        rules=tuple(row.id for row in rubric.overrides),
    )


def _of_card(rows: pl.DataFrame, card: Card, top: int) -> Reasons:
    known = losses_of_card(card)
    held = [f"{POINTS}{name}" for name in card.columns]
    if set(held) <= set(rows.columns):
        best = np.array([*known.best.values()], dtype=np.float64)
        lost = (best - _matrix(rows, held)) / known.unit
        return Reasons(largest(card.columns, lost, top), known.labels, "card")
    said = tr("score with --keep, or decide without a card", "打分时用 --keep 保留,或不给评分卡")
    refuse(lacking(card.columns, rows.columns, hint=said))
    codes = reason_codes(card, rows, top=top)
    return Reasons(codes.select("^(reason|lost)_[0-9]+$"), known.labels, "card")


def _of_rubric(rows: pl.DataFrame, rubric: Rubric, top: int) -> Reasons:
    """Return points lost per indicator; an override rule that decided stands first."""
    known = losses_of_rubric(rubric, rows.columns)
    best = np.array([*known.best.values()], dtype=np.float64)
    matrix = _matrix(rows, [f"{compiled.POINTS}{name}" for name in known.best])
    # A point withheld is not a point lost.
    lost = np.where(np.isnan(matrix), 0.0, best - matrix) / known.unit
    labels = known.labels
    codes = largest([*known.best], lost, top)
    if "decided_by" not in rows.columns:
        return Reasons(codes, labels, "rubric")
    rule = pl.col("_rule").is_in(known.rules)
    shifted: list[pl.Expr] = []
    for place in range(1, len(codes.columns) // 2 + 1):
        for part, first in (("reason", pl.col("_rule")), ("lost", pl.lit(None, pl.Float64))):
            earlier = first if place == 1 else pl.col(f"{part}_{place - 1}")
            own = pl.col(f"{part}_{place}")
            shifted.append(pl.when(rule).then(earlier).otherwise(own).alias(f"{part}_{place}"))
    return Reasons(
        codes.with_columns(rows["decided_by"].cast(pl.String).alias("_rule")).select(shifted),
        labels,
        "rubric",
    )


def _matrix(rows: pl.DataFrame, names: list[str]) -> NDArray[np.float64]:
    return rows.select(pl.col(name).cast(pl.Float64) for name in names).to_numpy()

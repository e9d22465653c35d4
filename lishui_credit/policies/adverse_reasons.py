"""Why an applicant was declined or referred: reason codes with a sentence in Chinese and English.

Reasons come from what the file holds, best first: reason codes already in it; points per
characteristic and the card; points per indicator and the rubric. Where it holds a score only, the
reason is how far the score lies below the cut-off, and nothing is made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from lishui_credit.errors import PolicyError, Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.policies.clauses import label
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.scorecards.cards.card import POINTS, Card
from lishui_credit.scorecards.cards.reasons import largest, reason_codes

GAP: Final = "score_gap"
"""The reason where only the score is known."""

NOBODY: Final = "segment_closed"
"""The reason where the policy approves nobody of the segment outright."""


@dataclass(frozen=True, slots=True)
class Reasons:
    """Reason codes of some rows, and what each code is called.

    Parameters
    ----------
    codes : polars.DataFrame, shape (n, 2k)
        ``reason_1`` (code), ``lost_1`` (printed points below the most there is; null where a rule
        decided past the points) and so on.
    labels : mapping of str to (str, str)
        Code to its name in Chinese and in English.
    source : str
        Where the reasons come from: "file", "card", "rubric" or "score".
    """

    codes: pl.DataFrame
    labels: Mapping[str, tuple[str, str]]
    source: str

    def sentences(self) -> pl.DataFrame:
        """Return the codes with ``reason_1_zh``, ``reason_1_en`` and so on beside each."""
        columns: list[pl.Expr] = []
        for place in range(1, len(self.codes.columns) // 2 + 1):
            code, lost = pl.col(f"reason_{place}"), pl.col(f"lost_{place}")
            columns += [code, lost]
            for side, name, words in (
                (0, "zh", ("距最高分差 ", " 分")),
                (1, "en", ("", " points below the most there is")),
            ):
                if self.source == "score":
                    words = ("距通过线差 ", "") if name == "zh" else ("", " short of approval")
                label = code.replace({key: pair[side] for key, pair in self.labels.items()})
                colon = pl.lit(":" if name == "zh" else ": ")
                figure = pl.concat_str(
                    colon, pl.lit(words[0]), printed(lost), pl.lit(words[1])
                ).fill_null("")
                columns.append(pl.concat_str(label, figure).alias(f"reason_{place}_{name}"))
        return self.codes.select(columns)


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
) -> Reasons:
    """Return why rows are not approved.

    Parameters
    ----------
    rows : polars.DataFrame, shape (n, any)
        Applicants declined or referred.
    gap : polars.Series of shape (n,)
        How far each score lies below approval, in its own unit; steps for a grade; null where the
        policy approves nobody outright.
    card : Card, optional
        Of a scored file that holds the card's columns or ``points__`` columns.
    rubric : Rubric, optional
        Of a graded file.
    top : int, default 4
        Reasons per row.

    Returns
    -------
    Reasons

    Raises
    ------
    PolicyError
        If the card takes a protected attribute.
    SubjectError
        If a card is given and the rows hold neither its columns nor its points.

    References
    ----------
    US Regulation B, 12 CFR 1002.9(b)(2), and its commentary: the principal reasons, not likely
    more than four.

    Examples
    --------
    >>> found = reasons(pl.DataFrame({"score": [580]}), pl.Series([20]))
    >>> found.sentences().row(0)
    ('score_gap', 20.0, '评分未达通过线:距通过线差 20', 'score below the cut-off: 20 short of approval')
    """
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
        return Reasons(named, {code: label(code) for code in told}, "file")
    codes = pl.DataFrame([gap.cast(pl.Float64).alias("lost_1")]).select(
        pl.when(pl.col("lost_1").is_null())
        .then(pl.lit(NOBODY))
        .otherwise(pl.lit(GAP))
        .alias("reason_1"),
        "lost_1",
    )
    labels = {
        GAP: ("评分未达通过线", "score below the cut-off"),
        NOBODY: ("该类申请不直接通过", "nobody of this segment is approved outright"),
    }
    return Reasons(codes, labels, "score")


def called(code: str, zh: str, en: str) -> tuple[str, str]:
    """Return a name in Chinese and English; where none is given but the column's, see `label`.

    Examples
    --------
    >>> called("income", "家庭收入", ""), called("pay_0", "pay_0", "")
    (('家庭收入', 'income'), ('pay 0', 'pay 0'))
    """
    known = label(code)
    return (
        zh if zh not in ("", code) else known[0],
        en if en not in ("", code) else known[1],
    )


def _of_card(rows: pl.DataFrame, card: Card, top: int) -> Reasons:
    if card.protected:
        raise PolicyError(
            Problem(
                tr(
                    "the card takes protected attributes; no policy may rest on it",
                    "该评分卡使用受保护属性,不得作为信贷政策的依据",
                ),
                ", ".join(card.protected),
                tr("fit one without them", "请重新拟合不含这些属性的评分卡"),
            )
        )
    labels = {
        row.feature: called(row.feature, row.label_zh, row.label_en) for row in card.characteristics
    }
    held = [f"{POINTS}{name}" for name in card.columns]
    if set(held) <= set(rows.columns):
        best = np.array([row.best for row in card.characteristics])
        lost = (best - _matrix(rows, held)) / card.point_unit
        return Reasons(largest(card.columns, lost, top), labels, "card")
    absent = [name for name in card.columns if name not in rows.columns]
    if absent:
        raise SubjectError(
            Problem(
                tr("the file lacks what the card reads", "文件缺少评分卡所需的列"),
                ", ".join(absent),
                tr(
                    "score with --keep, or decide without a card",
                    "打分时用 --keep 保留,或不给评分卡",
                ),
            )
        )
    return Reasons(reason_codes(card, rows, top=top).drop("score"), labels, "card")


def _of_rubric(rows: pl.DataFrame, rubric: Rubric, top: int) -> Reasons:
    """Return points lost per indicator; a rule that decided past the points stands first."""
    scoring = [row for row in rubric.scoring if f"{compiled.POINTS}{row.id}" in rows.columns]
    labels = {row.id: (row.label_zh, row.label_en or label(row.id)[1]) for row in rubric.scoring}
    labels |= {row.id: (row.label_zh, row.label_en or label(row.id)[1]) for row in rubric.overrides}
    best = np.array([tables.best(rubric, row) for row in scoring], dtype=np.float64)
    matrix = _matrix(rows, [f"{compiled.POINTS}{row.id}" for row in scoring])
    # A point withheld is not a point lost.
    lost = np.where(np.isnan(matrix), 0.0, best - matrix) / rubric.point_unit
    codes = largest([row.id for row in scoring], lost, top)
    if "decided_by" not in rows.columns:
        return Reasons(codes, labels, "rubric")
    known = [row.id for row in rubric.overrides]
    rule = pl.col("_rule").is_in(known)
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


def _matrix(rows: pl.DataFrame, names: list[str]) -> Any:
    return rows.select(pl.col(name).cast(pl.Float64) for name in names).to_numpy()

"""What a model card says, as frames: facts, points, regression, what was left out, measures.

`model_card` writes the same for reading as a page; frames are for whoever draws, sorts or exports.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from lishui_credit.language import tr
from lishui_credit.scorecards.bins.binning import shown
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.tables.columns import dictionary


def named(card: Card) -> Card:
    """Return a card whose characteristics have names in both languages, from the data dictionary.

    Parameters
    ----------
    card : Card
        Its own names stay; a column the dictionary does not know is left as it is.

    Examples
    --------
    >>> from lishui_credit.scorecards import Scorecard
    >>> frame = pl.DataFrame({"net_income": [0] * 50 + [1] * 50})
    >>> card = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_
    >>> named(card).characteristics[0].label_zh
    '上年纯收入'
    """
    known = dictionary()

    def english(feature: str, own: str) -> str:
        told = known[feature].label_en or feature.replace("_", " ")
        return told if own in ("", feature) else own

    return replace(
        card,
        characteristics=tuple(
            replace(
                item,
                label_zh=item.label_zh or known[item.feature].label_zh,
                label_en=english(item.feature, item.label_en),
            )
            if item.feature in known
            else item
            for item in card.characteristics
        ),
    )


def facts(card: Card, *, intended: str = "", population: str = "") -> pl.DataFrame:
    """Return what a reader needs before trusting a card, two columns of text.

    Parameters
    ----------
    card : Card
        The card.
    intended, population : str
        In the owner's words.

    Returns
    -------
    polars.DataFrame
        ``what``, ``value``, in the language in use: use, limits of use, sample, outcome, scale,
        protected attributes, file and version.

    Examples
    --------
    >>> from lishui_credit.scorecards import Scorecard
    >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
    >>> card = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_
    >>> facts(card, intended="a test").row(0)
    ('...', 'a test')
    """
    unsaid = tr("not stated by the owner", "模型所有者未说明")
    told = card.provenance
    low, high = card.range
    odds = card.scale.base_odds
    rows = [
        (tr("intended use", "用途"), intended or unsaid),
        (
            tr("not for", "不得用于"),
            tr(
                "behaviour other than credit; decisions without a person who can be asked; "
                "populations unlike the sample",
                "信用以外的行为评分;无人可申诉的决定;与样本不同的人群",
            ),
        ),
        (tr("population", "样本"), population or unsaid),
        (
            tr("rows, of them bad", "行数,其中违约"),
            f"{told.get('sample_rows', 0):,}, {told.get('sample_bads', 0):,}",
        ),
        (tr("outcome", "好坏定义"), str(told.get("label", told.get("target", unsaid)))),
        (
            tr("base score", "基准分"),
            tr(
                f"{card.scale.base_score:g} at {odds.good:g} good to {odds.bad:g} bad",
                f"好坏比 {odds.good:g}:{odds.bad:g} 时 {card.scale.base_score:g} 分",
            ),
        ),
        (
            tr("points that double the odds", "好坏比翻倍所需分数"),
            f"{card.scale.pdo:g}",
        ),
        (tr("scores possible", "可能的分数"), f"{card.printed(low):g} – {card.printed(high):g}"),
        (
            tr("protected attributes taken", "使用的受保护属性"),
            ", ".join(f"{name} ({why})" for name, why in card.protected.items())
            or tr("none", "无"),
        ),
        (
            tr("left out, and why", "未入选及原因"),
            "; ".join(f"{name}: {why}" for name, why in card.dropped.items()) or tr("none", "无"),
        ),
        (tr("file", "样本文件"), str(told.get("file", ""))),
        ("SHA-256", str(told.get("file_sha256", ""))),
        (tr("version", "版本"), str(told.get("version", ""))),
    ]
    return pl.DataFrame(
        [row for row in rows if row[1]],
        schema={"what": pl.String, "value": pl.String},
        orient="row",
    )


def points(card: Card) -> pl.DataFrame:
    """Return the whole points table, one row per bin.

    Returns
    -------
    polars.DataFrame
        ``feature``, ``label``, ``bin``, ``points`` (as printed), ``rows``, ``bad_rate`` (0 to 1,
        null of nobody), ``woe``, ``iv`` (the bin's part).
    """
    return pl.DataFrame(
        [
            (
                item.feature,
                item.label,
                row.said,
                float(card.printed(mark)),
                row.rows,
                row.bad_rate,
                row.woe,
                row.part,
            )
            for item in card.characteristics
            for row, mark in zip(item.binning.bins, item.points, strict=True)
        ],
        schema={
            "feature": pl.String,
            "label": pl.String,
            "bin": pl.String,
            "points": pl.Float64,
            "rows": pl.Int64,
            "bad_rate": pl.Float64,
            "woe": pl.Float64,
            "iv": pl.Float64,
        },
        orient="row",
    )


def regression(card: Card) -> pl.DataFrame:
    """Return what the regression found, one row per characteristic.

    Returns
    -------
    polars.DataFrame
        ``feature``, ``label``, ``coefficient`` on the WoE, ``error``, ``p`` (null where a card has
        none), ``iv``, ``direction`` of the bad rate, ``least`` and ``most`` points a row of the
        sample could have.
    """
    return pl.DataFrame(
        [
            (
                item.feature,
                item.label,
                item.coefficient,
                item.error,
                item.p_value,
                item.binning.iv,
                item.binning.direction,
                float(card.printed(item.worst)),
                float(card.printed(item.best)),
            )
            for item in card.characteristics
        ],
        schema={
            "feature": pl.String,
            "label": pl.String,
            "coefficient": pl.Float64,
            "error": pl.Float64,
            "p": pl.Float64,
            "iv": pl.Float64,
            "direction": pl.String,
            "least": pl.Float64,
            "most": pl.Float64,
        },
        orient="row",
    ).fill_nan(None)


def measures(card: Card) -> pl.DataFrame:
    """Return what was measured when the card was fitted, one row per figure.

    Returns
    -------
    polars.DataFrame
        ``what`` (the path of its name), ``value`` (text).
    """
    rows: list[tuple[str, str]] = []

    def note(prefix: str, value: Any) -> None:
        if isinstance(value, Mapping):
            for name, inner in value.items():
                note(f"{prefix} {name}".strip(), inner)
        else:
            rows.append(
                (prefix, shown(round(value, 6)) if isinstance(value, float) else str(value))
            )

    note("", card.metrics)
    return pl.DataFrame(rows, schema={"what": pl.String, "value": pl.String}, orient="row")

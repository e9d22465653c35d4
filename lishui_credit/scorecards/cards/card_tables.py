"""What a model card says, as frames: facts, points, regression, what was left out, measures.

`model_card` writes them as a page; frames are for whoever draws, sorts or exports.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from lishui_credit.language import tr
from lishui_credit.scorecards.bins.binning import SHRUNKEN, WOE, shown
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.crossed_table import BETWEEN
from lishui_credit.scorecards.copied_rows import copies_said
from lishui_credit.scorecards.proxy_features import SCHEMA
from lishui_credit.scorecards.sample_faults import ARTEFACTS, COPIES, artefact_said
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.data_words import CROSSING, in_words


def named(card: Card) -> Card:
    """Return a card whose characteristics are named in both languages, from the data dictionary."""
    known = dictionary()

    def english(feature: str, own: str) -> str:
        told = known[feature].label_en
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


def use_rows(card: Card, intended: str, population: str) -> list[tuple[str, str]]:
    """Return what a card is for, not for and made from, in the owner's words where there are any."""
    unsaid = tr("not stated by the owner", "模型所有者未说明")
    told = card.provenance
    rows, bads = told.get("sample_rows", 0), told.get("sample_bads", 0)
    outcome = in_words(str(told.get("label", unsaid)))
    if "label" not in told and "target" in told:
        outcome = tr(f"column {told['target']}, {unsaid}", f"{told['target']} 列,{unsaid}")
    return [
        (tr("intended use", "用途"), intended or unsaid),
        (
            tr("not for", "不得用于"),
            tr(
                "behaviour other than credit; decisions without a person to appeal to; "
                "populations unlike the sample",
                "信用以外的行为评分;无人可申诉的决定;与样本不同的人群",
            ),
        ),
        (tr("population", "样本"), population or unsaid),
        (tr("rows", "行数"), tr(f"{rows:,}, of them {bads:,} bad", f"{rows:,},其中违约 {bads:,}")),
        (tr("outcome", "好坏定义"), outcome),
    ]


def scale_rows(card: Card) -> list[tuple[str, str]]:
    """Return how the points of a card are scaled."""
    low, high = card.range
    odds = card.scale.base_odds
    return [
        (
            tr("base score", "基准分"),
            tr(
                f"{card.scale.base_score:g} at {odds.good:g} good to {odds.bad:g} bad",
                f"好坏比 {odds.good:g}:{odds.bad:g} 时 {card.scale.base_score:g} 分",
            ),
        ),
        (tr("points that double the odds (pdo)", "好坏比翻倍所需分数(pdo)"), f"{card.scale.pdo:g}"),
        (tr("possible scores", "可能的分数"), f"{card.printed(low):g} – {card.printed(high):g}"),
    ]


def facts(card: Card, *, intended: str = "", population: str = "") -> pl.DataFrame:
    """Return what a reader needs before trusting a card: ``what`` and ``value``, as text."""
    told = card.provenance
    rows = [
        *use_rows(card, intended, population),
        *scale_rows(card),
        (
            tr("protected attributes used", "使用的受保护属性"),
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
    """Return the whole points table, one row per bin, then one per cell of crossed tables.

    Points are as printed, ``iv`` is the bin's part, the bad rate is as observed and null where nobody
    is, ``bad_rate_shrunken`` the one that the WoE stands for, ``mean`` the sample's points on the
    characteristic.
    """
    means = {item.feature: float(card.printed(item.mean)) for item in card.characteristics}
    parts = [row.part for item in card.characteristics for row in item.binning.bins]
    single = card.table().select(
        "feature",
        "label",
        "bin",
        pl.col("points").cast(pl.Float64),
        pl.col("rows").cast(pl.Int64),
        "bad_rate",
        SHRUNKEN,
        pl.col(WOE).cast(pl.Float64).alias("woe"),
        pl.Series("iv", parts, dtype=pl.Float64),
        pl.col("feature").replace_strict(means, return_dtype=pl.Float64).alias("mean"),
    )
    if not card.crossed:
        return single
    means = {row.name: float(card.printed(row.mean)) for row in card.crossed}
    crossed = card.crossed_table().select(
        pl.concat_str("first", "second", separator=BETWEEN).alias("feature"),
        "label",
        pl.concat_str("first_bin", "second_bin", separator=CROSSING).alias("bin"),
        pl.col("points").cast(pl.Float64),
        pl.col("rows").round().cast(pl.Int64),
        "bad_rate",
    )
    mean = pl.col("feature").replace_strict(means, return_dtype=pl.Float64).alias("mean")
    return pl.concat([single, crossed.with_columns(mean)], how="diagonal")


def regression(card: Card) -> pl.DataFrame:
    """Return what the regression found, one row per characteristic, null where a card has none.

    ``least`` and ``most`` are the points that a row of the sample can have.
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
            **dict.fromkeys(("coefficient", "error", "p", "iv"), pl.Float64),
            "direction": pl.String,
            "least": pl.Float64,
            "most": pl.Float64,
        },
        orient="row",
    ).fill_nan(None)


def proxies_found(card: Card) -> pl.DataFrame:
    """Return what the fit measured of proxies, as `proxy_features.proxies` gives it; empty where nothing was asked."""
    return pl.DataFrame(card.metrics.get("proxies", []), schema=SCHEMA)


def faults_found(card: Card) -> list[tuple[str, str]]:
    """Return what the fit found wrong with its sample: the kind, and what was found, in words."""
    copies, artefacts = card.metrics.get(COPIES), card.metrics.get(ARTEFACTS, ())
    rows = [] if copies is None else [(tr("near copies", "近似重复"), str(copies_said(copies)))]
    kind = tr("recording artefact?", "疑似记录痕迹")
    return rows + [(kind, str(artefact_said(row))) for row in artefacts]


def measures(card: Card) -> pl.DataFrame:
    """Return what was measured at the fit, one row per figure: ``what``, the path of its name, and ``value``.

    Proxies have a frame of their own, see `proxies_found`; so have faults, see `faults_found`.
    """
    rows: list[tuple[str, str]] = []

    def note(prefix: str, value: object) -> None:
        if isinstance(value, Mapping):
            for name, inner in value.items():
                note(f"{prefix} {in_words(str(name))}".strip(), inner)
        else:
            rows.append(
                (prefix, shown(round(value, 6)) if isinstance(value, float) else str(value))
            )

    elsewhere = ("proxies", COPIES, ARTEFACTS)
    note("", {name: value for name, value in card.metrics.items() if name not in elsewhere})
    return pl.DataFrame(rows, schema={"what": pl.String, "value": pl.String}, orient="row")

"""The section about parts of the sample: every metric by group, and treatment at the cut-off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

import numpy as np
import polars as pl

from lishui_credit.language import Bilingual
from lishui_credit.scorecards.proxy_features import PROXY, PROXY_FROM, TOGETHER, proxies
from lishui_credit.statistics.outcomes import Estimate, Floats
from lishui_credit.validation.groups import RANK_METRICS, TOO_FEW, by_group, too_few
from lishui_credit.validation.report.findings import Line, Table, Verdict, line, says
from lishui_credit.validation.report.outline import Given, Outline, Part
from lishui_credit.validation.treatment import FOUR_FIFTHS, fairness

METRICS: Final = ("auc", "ks", "h", "brier", "gap", "ece")

_GAPS: Final = {
    "goods_refused": (
        "refusal_gap",
        Bilingual("largest difference in goods refused", "好客户被拒率最大差距"),
    ),
    "bads_approved": (
        "error_gap",
        Bilingual("largest difference in bads approved", "坏客户通过率最大差距"),
    ),
}
"""Columns of `fairness` whose widest gap between groups is a figure: its id and its name."""


def _parts(given: Given) -> Iterator[Part]:
    risk, chosen = given.risk, given.settings
    for attribute in given.proxies_of:
        yield Part(
            f"proxies_{attribute}",
            Bilingual(f"Proxies of {attribute}", f"{attribute}的代理特征"),
            partial(_proxies, given, attribute),
        )
    if risk is None:
        return
    for dimension, labels in given.groups.items():
        yield Part(
            f"group_{dimension}",
            Bilingual(f"Metrics by {dimension}", f"按{dimension}的指标"),
            partial(_metrics, given, dimension, labels),
        )
        if chosen.cut_off is not None:
            line_ = chosen.cut_off if given.score is not None else -chosen.cut_off
            yield Part(
                f"fairness_{dimension}",
                Bilingual(f"Treatment by {dimension}", f"按{dimension}的待遇"),
                partial(_treatment, given, dimension, labels, -risk, line_),
            )


GROUPS = Outline(
    "groups",
    Bilingual(
        "Groups: does it hold for every group, and are they treated alike?",
        "分组:各组是否均成立、是否一视同仁?",
    ),
    _parts,
)


def _proxies(given: Given, attribute: str) -> Iterator[Line | Table]:
    """Yield which features tell a protected attribute that is no input, out of fold."""
    chosen, features = given.settings, given.features
    if features is None:
        return
    table = proxies(
        features,
        {attribute: given.proxies_of[attribute]},
        min_rows=chosen.min_rows,
        repeats=chosen.repeats,
        seed=chosen.seed,
        level=chosen.level,
    ).drop("attribute")
    name = Bilingual(
        f"{attribute}: AUC of the feature that tells it best", f"{attribute}:最强推断特征的 AUC"
    )
    source = "Feldman et al. (2015), section 4"
    best = table.row(0, named=True)
    if best["auc"] is None:
        least = chosen.min_rows
        verdict = says(
            "watch",
            f"not measured: no two groups of {least} rows",
            f"未检测:不足两个 {least} 行以上的组",
        )
        yield Line(
            id=f"proxies_{attribute}", name=name, value=None,
            verdict=verdict.words, standing=verdict.standing, source=source,
        )  # fmt: skip
        return
    found = table.filter(note=PROXY)["feature"].to_list()
    together = Bilingual("all together", "全部特征")
    said = [
        [word if one == TOGETHER else one for one in found] for word in (together.en, together.zh)
    ]
    verdict = (
        says(
            "watch",
            f"told by {', '.join(said[0])} (lower end from {PROXY_FROM:g} on)",
            f"可由{'、'.join(said[1])}推断(下限不低于 {PROXY_FROM:g})",
        )
        if found
        else says("good", f"no lower end from {PROXY_FROM:g} on", f"下限均低于 {PROXY_FROM:g}")
    )
    area = Estimate(best["auc"], best["low"], best["high"], chosen.level)
    yield line(f"proxies_{attribute}", name, area, verdict, source=source)
    yield Table(
        f"proxies_{attribute}",
        Bilingual(
            f"How well each feature tells {attribute}, out of fold",
            f"各特征对{attribute}的推断能力(折外)",
        ),
        table,
        source,
    )


def metrics_of(given: Given, labels: pl.Series, names: Sequence[str]) -> pl.DataFrame:
    """Return a long frame: every metric that can be computed, of every label."""
    chosen, parts = given.settings, []
    for name in names:
        of = given.risk if name in RANK_METRICS else given.pd
        if of is None:
            continue
        table = by_group(
            given.y,
            labels,
            name,
            of,
            min_rows=chosen.min_rows,
            repeats=chosen.repeats,
            seed=chosen.seed,
            level=chosen.level,
        )
        parts.append(table.select(pl.lit(name).alias("metric"), pl.all()))
    return pl.concat(parts)


def _metrics(given: Given, dimension: str, labels: pl.Series) -> Iterator[Line | Table]:
    table = metrics_of(given, labels, METRICS)
    few = table.filter((pl.col("metric") == "auc") & (pl.col("note") == TOO_FEW))
    if len(few):
        sizes = few.select("group", "subjects").iter_rows()
        yield line(
            f"few_{dimension}",
            Bilingual(
                f"{dimension}: groups with too few rows for figures",
                f"{dimension}:样本过少、不作统计的组数",
            ),
            float(len(few)),
            Verdict("note", too_few(sizes, given.settings.min_rows)),
            unit="count",
        )
    yield Table(
        f"group_{dimension}",
        Bilingual(f"Metrics by {dimension}", f"按{dimension}的指标"),
        table,
        "Davison and Hinkley (1997), bootstrap within group",
    )


def _treatment(
    given: Given, dimension: str, labels: pl.Series, score: Floats, cut_off: float
) -> Iterator[Line | Table]:
    chosen = given.settings
    table = fairness(given.y, score, labels, cut_off, min_rows=chosen.min_rows, level=chosen.level)
    yield from _differences(dimension, table.filter(pl.col("approval").is_not_null()))
    yield Table(
        f"fairness_{dimension}",
        Bilingual(f"Treatment by {dimension} at the cut-off", f"按{dimension}在临界分下的待遇"),
        table,
        "EEOC (1978); Hardt, Price and Srebro (2016); Newcombe (1998)",
    )


def _differences(dimension: str, shown: pl.DataFrame) -> Iterator[Line]:
    """Yield how far groups lie apart, where two or more are shown and somebody is approved."""
    if len(shown) < 2 or shown["ratio"].null_count():
        return
    worst = shown.sort("ratio").row(0, named=True)
    yield line(
        f"four_fifths_{dimension}",
        Bilingual(
            f"{dimension}: lowest approval rate divided by the highest",
            f"{dimension}:最低与最高通过率之比",
        ),
        worst["ratio"],
        says("bad", f"below four fifths ({worst['group']})", f"低于五分之四({worst['group']})")
        if worst["ratio"] < FOUR_FIFTHS
        else says(
            "good", f"not below four fifths ({worst['group']})", f"不低于五分之四({worst['group']})"
        ),
        source="EEOC (1978), 29 CFR 1607.4 D",
    )
    for column, (id, name) in _GAPS.items():
        values = shown[column].drop_nulls().to_numpy()
        if len(values) > 1:
            yield line(
                f"{id}_{dimension}",
                Bilingual(f"{dimension}: {name.en}", f"{dimension}:{name.zh}"),
                float(np.ptp(values)),
                source="Hardt, Price and Srebro (2016)",
                unit="rate",
            )
